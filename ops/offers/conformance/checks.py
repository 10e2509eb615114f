"""The checks, in the order in which one household needs them. Each belongs to one function.

A check raises FailedError with what it saw, or NotTestableError where the system cannot be asked.
The texts name no person and no number of a case: they go into a signed result.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ops.offers.conformance.story import (
    ADDRESS,
    DENIAL,
    KANA,
    NAME,
    SECRET,
    FailedError,
    Story,
    day,
    denied,
    expect,
    today,
)
from ops.offers.conformance.system import (
    AUDITOR,
    COORDINATOR,
    MEMBER,
    OFFICE,
    OFFICER,
    PARTS,
    RECEIVER,
)

Check = Callable[[Story], None]

_MY_NUMBER = "123456789018"  # with a right check digit
_YEAR = str(today().year if today().month >= 4 else today().year - 1)


# --- before any case ---------------------------------------------------------------------------


def mfa(story: Story) -> None:
    denied_ = story.ask(None, "GET", "/cases")
    expect(denied_.status in (401, 403), f"サインインなしの要求に {denied_.status} を返した")
    answer = story.system.password_alone(OFFICE)
    body = answer.json if isinstance(answer.json, dict) else {}
    expect(
        "idToken" not in body and body.get("next") in ("totp", "totp_setup", "new_password"),
        "パスワードだけで利用できた",
    )


def registers(story: Story) -> None:
    agencies = story.get(OFFICE, "/agencies")["items"]
    expect(len(agencies) >= 2, "機関が登録されていない")
    staff = {one["staffId"] for one in story.get(OFFICE, "/staff")["items"]}
    expect(story.me(OFFICE)["staffId"] in staff, "利用者の一覧に管理者がいない")
    denied(story.ask(MEMBER, "GET", "/staff"), "管理者でない人の、利用者の一覧の要求")


def settings(story: Story) -> None:
    kept = story.get(OFFICE, "/settings")
    answer = story.ask(
        MEMBER,
        "PUT",
        "/settings",
        {"document": kept["document"]},
        {"If-Match": f'"{kept["revision"]}"'},
    )
    expect(answer.status == 403, f"管理者でない人の設定の変更に {answer.status} を返した")


def api(story: Story) -> None:
    for path, kind in (("/forms", "form"), ("/codes", "list")):
        listed = story.get(OFFICE, path)["items"]
        expect(bool(listed), f"{path} が空")
        first = listed[0]
        schema = story.get(OFFICE, f"{path}/{first[kind]}/{first['version']}")
        expect("$id" in schema and "title" in schema, f"{path} が JSON Schema でない")


# --- the case ----------------------------------------------------------------------------------


def intake(story: Story) -> None:
    version = story.version("intake")
    anonymous = _intake(story) | {"nameStatus": "anonymous"}
    del anonymous["name"], anonymous["nameKana"]
    made = story.post(RECEIVER, "/cases", {"formVersion": version, "data": anonymous})
    kept = story.get(RECEIVER, f"/cases/{made['caseId']}/records/intake")["data"]
    expect(kept.get("nameStatus") == "anonymous", "匿名の受付が保存されない")
    named = _intake(story)
    made = story.post(RECEIVER, "/cases", {"formVersion": version, "data": named})
    story.kept["case"] = str(made["caseId"])
    kept = story.record(RECEIVER, "intake")["data"]
    changed = [key for key, value in named.items() if kept.get(key) != value]
    expect(not changed, f"登録した内容と違うものが返った: {'、'.join(changed)}")
    persons = story.record(OFFICE, "household")["data"]["persons"]
    story.kept["subject"] = persons[0]["personId"]


def _intake(story: Story) -> dict[str, Any]:
    return {
        "consentVersion": "no-consent",
        "receivedAt": day(),
        "receivingAgencyId": story.me(RECEIVER)["agencyId"],
        "receivedBy": story.me(RECEIVER)["displayName"],
        "route": "01",
        "name": NAME,
        "nameKana": KANA,
        "concerns": ["03"],
        "topConcern": "03",
        "urgency": {"level": "2"},
        "addressProtection": "yes",
        "chiefComplaint": f"相談の言葉 {story.mark}",
        "noConsentReason": "まだ説明していない。",
    }


def names(story: Story) -> None:
    kept = story.record(OFFICE, "intake")["data"].get("name")
    expect(kept == NAME, "氏名の文字が変わった")


def my_number(story: Story) -> None:
    sent = _progress(f"番号は {_MY_NUMBER} です。")
    answer = story.ask(
        OFFICE,
        "POST",
        f"{story.case}/records",
        {"form": "progress", "formVersion": story.version("progress"), "data": sent},
    )
    expect(answer.status == 422, f"検査数字の合う12桁の番号に {answer.status} を返した")
    expect(_MY_NUMBER not in answer.text, "番号が応答にそのまま入っている")


def candidates(story: Story) -> None:
    subject = story.need("subject", "F01")
    found = story.post(OFFICE, "/persons/candidates", {"name": NAME, "nameKana": KANA}, 200)
    expect(subject in {one["personId"] for one in found["items"]}, "同じ氏名の人が候補に出ない")
    again = story.record(OFFICE, "household")["data"]["persons"]
    expect(again[0]["personId"] == subject, "候補を見ただけで人の番号が変わった")
    hidden = story.ask(MEMBER, "POST", "/persons/candidates", {"name": NAME, "nameKana": KANA})
    expect(subject not in hidden.text, "ケースに加わっていない機関に候補として現れた")


def household(story: Story) -> None:
    kept = story.record(OFFICE, "household")["data"]
    mother = {
        "personId": f"p-{story.mark[-8:]}0000",
        "relation": "06",
        "name": "適合試験 母",
        "sex": "2",
        "cohabitation": "1",
    }
    story.change(OFFICE, "household", persons=[*kept["persons"], mother])
    persons = story.record(OFFICE, "household")["data"]["persons"]
    added = [p for p in persons if p.get("name") == mother["name"]]
    expect(len(added) == 1, "加えた世帯員が読めない")
    expect(
        all(added[0].get(key) == value for key, value in mother.items()),
        "世帯員の続柄か同居の有無が違う",
    )


def genogram(story: Story) -> None:
    found = story.get(OFFICE, f"{story.case}/genogram")
    expect(len(found["nodes"]) >= 1, "世帯の人が現れない")
    expect(any(node["isSubject"] for node in found["nodes"]), "本人が分からない")


def default_deny(story: Story) -> None:
    """Before any consent: two agencies that do not take part, an auditor, and a made-up number."""
    for part in (MEMBER, AUDITOR):
        for path in (story.case, f"{story.case}/records/intake", f"{story.case}/records"):
            answer = story.ask(part, "GET", path)
            expect(answer.status == 404, f"権限のない人({PARTS[part]})に {answer.status} を返した")
            expect(DENIAL in answer.text, "権限のない人への文が決まった文でない")
    real = story.ask(MEMBER, "GET", story.case)
    kept = story.need("case", "F01")
    unreal = story.ask(MEMBER, "GET", f"/cases/{kept[:-1]}{'X' if kept[-1] != 'X' else 'Y'}")
    expect(
        (real.status, _title(real.text, kept)) == (unreal.status, _title(unreal.text, kept)),
        "あるケースとないケースとで応答が違い、存在が分かる",
    )


def _title(text: str, case: str) -> str:
    return text.replace(case, "").replace(case[:-1], "")[:60]


def sealed(story: Story) -> None:
    subject = story.need("subject", "F01")
    holder = story.me(OFFICER)["staffId"]
    story.add(OFFICE, "sealed-holders", {"staffIds": [holder]})
    path = f"{story.case}/sealed/{subject}"
    put = story.ask(
        OFFICER,
        "PUT",
        path,
        {
            "formVersion": story.version("sealed"),
            "data": {"personId": subject, "addresses": [{"full": ADDRESS}]},
        },
        {"If-Match": '"0"'},
    )
    expect(put.status == 200, f"秘匿区画の保存が {put.status} を返した")
    expect(ADDRESS in story.ask(OFFICER, "GET", path).text, "名前を挙げた人が読めない")
    story.kept["sealed"] = path
    for part in PARTS:
        if part != OFFICER:
            denied(story.ask(part, "GET", path), f"名前のない人({PARTS[part]})の秘匿区画の要求")
    sealed_stays_sealed(story)


def sealed_stays_sealed(story: Story) -> None:
    """The address in no other answer so far; asked again at the end of the run."""
    path = story.need("sealed", "F32")
    for part in PARTS:
        for seen in (story.case, f"{story.case}/records?limit=100", "/cases", "/tasks"):
            story.ask(part, "GET", seen)
    for who, seen, text in story.heard:
        if not (who == OFFICER and seen == path):
            expect(ADDRESS not in text, "秘匿した住所がほかの応答に現れた")


def screening(story: Story) -> None:
    story.add(COORDINATOR, "screening", {"date": day(), "result": "4"})
    story.moved(COORDINATOR, "screened")
    found = story.get(OFFICE, f"{story.case}/transitions")
    expect(found["state"] == "screened", "スクリーニングの後の状態が違う")


def shien_meeting(story: Story) -> None:
    refused = story.move(COORDINATOR, "watching")
    expect(refused.status >= 400, "市町村でない者が支援会議による見守りへ進められた")
    note = story.add(OFFICE, "progress", _progress("会議の資料にする記録。", shared="own"))
    meeting_id, record_id = story.meeting(
        OFFICE,
        "shien",
        {
            "basis": "106-6",
            "attendees": [story.attendee(OFFICE), story.attendee(MEMBER)],
            "sharedInformation": SECRET,
            "papers": [{"recordId": note, "classes": ["4"]}],
        },
    )
    story.kept |= {"note": note, "meeting": meeting_id, "secret": record_id}
    for part in (OFFICE, MEMBER):
        expect(story.sees(part, record_id), f"出席者({PARTS[part]})が会議の記録を読めない")
    for part in (RECEIVER, COORDINATOR, AUDITOR):
        expect(
            not story.sees(part, record_id),
            f"出席していない人({PARTS[part]})が支援会議の記録を読めた",
        )
    refused = story.ask(
        COORDINATOR,
        "POST",
        f"/meetings/{meeting_id}/cases",
        {"caseId": story.need("case", "F01"), "formVersion": "1.0.0", "data": {}},
    )
    expect(refused.status >= 400, "受託者が支援会議に議題を加えられた")
    story.moved(OFFICE, "watching")


def papers(story: Story) -> None:
    meeting_id = story.need("meeting", "F11")
    path = f"/meetings/{meeting_id}{story.case}/papers"
    listed = story.get(MEMBER, path)["items"]
    expect(
        [one["recordId"] for one in listed] == [story.need("note", "F11")],
        "出席者に、示した資料だけが届かない",
    )
    denied(story.ask(RECEIVER, "GET", path), "出席していない人の資料の要求")


def basis(story: Story) -> None:
    """What was shared at the meeting stays there, and nothing is shared without a basis."""
    expect(story.sees(MEMBER, story.need("note", "F11")), "会議の根拠で示した資料が読めない")
    expect(not story.sees(MEMBER, "intake"), "会議に示していない記録まで出席者に見えた")
    bad = {
        "basis": "APPI69_2_3",
        "agencyId": story.me(MEMBER)["agencyId"],
        "classes": ["1"],
        "decidedBy": "課長",
        "from": day(),
        "to": day(30),
    }
    answer = story.ask(
        OFFICE,
        "POST",
        f"{story.case}/records",
        {"form": "sharing-grant", "formVersion": story.version("sharing-grant"), "data": bad},
    )
    expect(answer.status >= 400, "目的のない共有が保存された")


def consent(story: Story) -> None:
    subject = story.need("subject", "F01")
    story.need("secret", "F11")
    members = story.record(OFFICE, "members")["data"]["members"]
    joining = {"agencyId": story.me(MEMBER)["agencyId"], "kind": "participant", "from": day()}
    story.change(OFFICE, "members", members=[*members, joining])
    expect(not story.sees(MEMBER, "household"), "同意の前に、加わっただけの機関が世帯を読めた")
    expect(not story.sees(MEMBER, "intake"), "同意の前に、加わっただけの機関が受付票を読めた")
    given = {
        "personId": subject,
        "kinds": ["application", "sharing", "meeting"],
        "agencyRoles": ["municipality", "coordinator", "receiving", "participant"],
        "classes": ["1", "2", "4", "5"],
        "purpose": "世帯の支援のため",
        "explainer": story.me(OFFICER)["displayName"],
        "explainedOn": day(),
        "method": "01",
        "date": day(),
        "from": day(),
        "evidence": f"適合試験の同意書 {story.mark}",
    }
    given_id = story.add(OFFICE, "consent", given)
    seen = story.ask(MEMBER, "GET", f"{story.case}/records/intake")
    expect(seen.status == 200, "同意の範囲にある機関が読めない")
    expect(story.mark not in seen.text, "同意の範囲にない情報区分(3)まで読めた")
    expect(not story.sees(RECEIVER, story.kept["secret"]), "同意により支援会議の話まで読めた")
    withdrawal = {"consentId": given_id, "date": day(), "receivedBy": "受付"}
    story.add(RECEIVER, "consent-withdrawal", withdrawal)
    expect(not story.sees(MEMBER, "intake"), "撤回の後も、次の要求で読めた")
    expect(story.sees(OFFICE, "intake"), "撤回により主管課の記録まで失われた")
    story.kept["consent"] = story.add(OFFICE, "consent", {**given, "evidence": "再び得た同意書"})
    expect(story.sees(MEMBER, "intake"), "再び得た同意で読めない")
    story.moved(OFFICE, "assessing")


def assessment(story: Story) -> None:
    subject = story.need("subject", "F01")
    sheets: dict[str, dict[str, Any]] = {
        "assessment-household": {"marital": "1"},
        "assessment-living": {"personId": subject, "housing": "01"},
        "assessment-income": {"personId": subject, "work": "04"},
        "assessment-issues": {"personId": subject, "summary": "まとめ"},
    }
    for form, data in sheets.items():
        sheets[form] = {"date": day(), **data}
        story.kept[form] = story.add(COORDINATOR, form, sheets[form])
    story.change(COORDINATOR, story.kept["assessment-living"], housing="02")
    story.revisions_kept(COORDINATOR, story.kept["assessment-living"], "housing", "01")
    now = story.record(COORDINATOR, story.kept["assessment-living"])
    expect(now["data"]["housing"] == "02" and now["revision"] == 2, "書き直した内容が読めない")


def issues(story: Story) -> None:
    listed = [
        {"issueId": "i1", "code": "36", "weight": "main", "priority": 1},
        {"issueId": "i2", "code": "31", "priority": 2},
    ]
    answer = story.ask(COORDINATOR, "GET", f"{story.case}/records/issues")
    if answer.status == 200:
        story.change(COORDINATOR, "issues", issues=listed)
        kept = story.record(COORDINATOR, "issues")
    else:
        kept = story.record(COORDINATOR, story.add(COORDINATOR, "issues", {"issues": listed}))
    ranked = [(one["code"], one["priority"]) for one in kept["data"]["issues"]]
    expect(ranked == [("36", 1), ("31", 2)], "課題の優先順位が読めない")


def plan(story: Story) -> None:
    story.need("consent", "F09")
    story.moved(COORDINATOR, "plan-draft")
    made = {
        "programme": "multi-agency",
        "planNumber": 1,
        "createdOn": day(),
        "goals": "最初の目標",
        "roles": [
            {
                "itemId": "i-1",
                "support": "週一回の訪問",
                "agencyId": story.me(MEMBER)["agencyId"],
                # Near enough for any period of notice.
                "due": day(1),
            }
        ],
        "leadAgencyId": story.me(COORDINATOR)["agencyId"],
        "from": day(),
        "to": day(180),
        "nextEvaluationOn": day(90),
    }
    plan_id = story.add(COORDINATOR, "plan", made)
    story.change(COORDINATOR, plan_id, goals="直した目標")
    story.revisions_kept(COORDINATOR, plan_id, "goals", "最初の目標")
    expect(story.record(COORDINATOR, plan_id)["revision"] == 2, "プランの版が増えない")
    story.kept["plan"] = plan_id


def juso_meeting(story: Story) -> None:
    plan_id = story.need("plan", "F14")
    story.moved(COORDINATOR, "in-conference")
    _, record_id = story.meeting(
        COORDINATOR,
        "juso",
        {
            "basis": "consent",
            "attendees": [story.attendee(OFFICE), story.attendee(COORDINATOR)],
            "planId": plan_id,
            "planJudgement": "appropriate",
        },
    )
    kept = story.record(OFFICE, record_id)["data"]
    expect(kept.get("planJudgement") == "appropriate", "プランの適切性が残らない")
    expect(len(kept["attendees"]) == 2, "出席者が残らない")
    story.kept["juso"] = record_id


def decision(story: Story) -> None:
    story.need("juso", "F12")
    made = {
        "planId": story.need("plan", "F14"),
        "result": "decided",
        "date": day(),
        "decidedBy": "課長",
    }
    answer = story.ask(
        COORDINATOR,
        "POST",
        f"{story.case}/records",
        {"form": "decision", "formVersion": story.version("decision"), "data": made},
    )
    expect(answer.status == 403, f"受託者の支援決定の登録に {answer.status} を返した")
    story.kept["decision"] = story.add(OFFICER, "decision", made)
    story.moved(OFFICER, "decided", approvedBy=f"適合試験 {story.mark}")
    story.moved(COORDINATOR, "supporting")


def tasks(story: Story) -> None:
    plan_id = story.need("plan", "F14")
    found = story.get(COORDINATOR, f"{story.case}/tasks")["items"]
    due = {one["due"] for one in found if one["recordId"] == plan_id}
    expect(day(1) in due, "役割分担の期限が、これからの仕事に現れない")


def progress(story: Story) -> None:
    story.need("decision", "F15")
    told = _progress(f"居場所の話をした {story.mark}", opinion="様子は落ち着いている。")
    record_id = story.add(MEMBER, "progress", told)
    story.change(MEMBER, record_id, facts="書き直した事実")
    story.revisions_kept(MEMBER, record_id, "facts", told["facts"])
    kept = story.record(MEMBER, record_id)["data"]
    expect(kept["facts"] == "書き直した事実", "書き直した事実が読めない")
    expect(kept.get("minutes") == 40, "所要時間が残らない")
    expect(kept.get("opinion") == told["opinion"], "所見が事実と分かれて残らない")
    story.change(MEMBER, record_id, facts=told["facts"])
    story.kept["progress"] = record_id


def _progress(facts: str, *, shared: str = "members", opinion: str = "") -> dict[str, Any]:
    made = {
        "date": day(),
        "minutes": 40,
        "method": "02",
        "counterpart": "subject",
        "facts": facts,
        "sharedWith": shared,
    }
    return made | ({"opinion": opinion} if opinion else {})


def timeline(story: Story) -> None:
    newest = story.need("progress", "F17")
    page = story.get(OFFICE, f"{story.case}/records?form=progress&limit=100")["items"]
    expect(bool(page) and {one["form"] for one in page} == {"progress"}, "様式で絞れない")
    expect(page[0]["recordId"] == newest, "新しい順に並ばない")


def search(story: Story) -> None:
    case = story.need("case", "F01")
    asked = {"q": story.mark}
    # The other agency has something to find only once it has written a record of its own.
    for part in (OFFICE, MEMBER) if "progress" in story.kept else (OFFICE,):
        found = story.post(part, "/search", asked, 200)
        expect(
            case in {one["caseId"] for one in found["items"]},
            f"権限のある人({PARTS[part]})の検索で見つからない",
        )
    hidden = story.ask(AUDITOR, "POST", "/search", asked)
    expect(case not in hidden.text, "権限のない人の検索で見つかった")
    address = story.ask(OFFICE, "POST", "/search", {"q": ADDRESS[7:11]})
    expect(case not in address.text, "秘匿した住所の言葉で見つかった")
    story.get(OFFICE, f"{story.case}/similar")


def lists(story: Story) -> None:
    case = story.need("case", "F01")
    listed = story.get(OFFICE, "/cases")["items"]
    expect(case in {one["caseId"] for one in listed}, "ケース一覧に現れない")
    waiting = story.get(COORDINATOR, "/tasks")["items"]
    expect(any(one["caseId"] == case for one in waiting), "自分の機関の期限に現れない")


def outside(story: Story) -> None:
    """A case in which the agency takes no part, made for this."""
    version = story.version("intake")
    office = story.me(OFFICE)["agencyId"]
    made = story.post(
        OFFICE,
        "/cases",
        {"formVersion": version, "data": _intake(story) | {"receivingAgencyId": office}},
    )
    other = str(made["caseId"])
    expect(
        other not in story.ask(MEMBER, "GET", "/cases?limit=100").text,
        "加わっていないケースが一覧に出た",
    )
    denied(story.ask(MEMBER, "GET", f"/cases/{other}"), "加わっていないケースの要求")
    story.kept["other"] = other


def trail(story: Story) -> None:
    story.need("progress", "F17")
    events = story.get(OFFICE, f"{story.case}/audit?limit=100")["items"]
    name = story.me(MEMBER)["displayName"]
    seen = [one for one in events if one["actorName"] == name]
    expect(bool(seen), "別の機関の閲覧と保存が記録されていない")
    expect(all(one["at"] and one["action"] for one in seen), "いつ・何をしたかが記録にない")
    expect(any(one["basis"] for one in seen), "閲覧の根拠が記録にない")
    denied(story.ask(MEMBER, "GET", f"{story.case}/audit"), "権限のない人の閲覧履歴の要求")


def provisions(story: Story) -> None:
    case = story.need("case", "F01")
    story.need("consent", "F09")
    found = story.get(OFFICE, "/ledger?limit=100")["items"]
    mine = [one for one in found if one["caseId"] == case]
    expect(bool(mine), "提供の記録に現れない")
    expect(all(one["basis"] and one["purpose"] for one in mine), "根拠か目的が記録にない")
    denied(story.ask(MEMBER, "GET", "/ledger"), "権限のない人の提供の記録の要求")


def disclosure(story: Story) -> None:
    asked = {
        "kind": "disclosure",
        "requester": "self",
        "receivedOn": day(),
        "name": NAME,
        "identityChecked": "運転免許証",
        "staffId": story.me(OFFICE)["staffId"],
    }
    sent = {"formVersion": story.version("disclosure-request"), "data": asked}
    request = story.post(OFFICE, "/books/disclosure-request", sent)["entryId"]
    subject = story.need("subject", "F01")
    case = story.need("case", "F01")
    story.post(OFFICE, f"/disclosures/{request}/cases", {"caseId": case, "personId": subject})
    proposal = story.get(OFFICE, f"/disclosures/{request}/cases/{case}")
    expect(bool(proposal["passages"]), "開示の対象が出ない")
    denied(
        story.ask(MEMBER, "GET", f"/disclosures/{request}/cases/{case}"),
        "担当でない人の開示の対象の要求",
    )


def leak(story: Story) -> None:
    case = story.need("case", "F01")
    story.need("progress", "F17")
    asked = {
        "from": day(-1),
        "to": day(),
        "learnedOn": day(),
        "abuse": True,
        "staffIds": [story.me(MEMBER)["staffId"]],
    }
    found = story.post(OFFICE, "/incidents/extent", asked, 200)
    expect(case in {one["caseId"] for one in found["items"]}, "見たケースが範囲に現れない")
    denied(story.ask(MEMBER, "POST", "/incidents/extent", asked), "権限のない人の範囲の要求")


def notices(story: Story) -> None:
    story.need("consent", "F09")
    for part in PARTS:
        answer = story.ask(part, "GET", "/notices")
        expect(answer.status in (200, 403), f"お知らせが {answer.status} を返した")
        for word in (NAME, "適合試験 母", ADDRESS, SECRET):
            expect(word not in answer.text, "お知らせに個人情報が入っている")


def resources(story: Story) -> None:
    sent = {
        "formVersion": story.version("resource"),
        "data": {"name": f"適合試験の居場所 {story.mark}", "kind": "01"},
    }
    made = story.post(OFFICE, "/books/resource", sent)["entryId"]
    listed = story.get(OFFICE, "/books/resource?limit=100")["items"]
    expect(made in {one["entryId"] for one in listed}, "登録した社会資源が一覧にない")


def versions(story: Story) -> None:
    kept = story.record(OFFICE, "intake")
    expect(kept["formVersion"] == story.version("intake"), "記録に様式の版が示されない")
    answer = story.ask(OFFICE, "GET", f"{story.case}/records/intake?formVersion=99.0.0")
    expect(answer.status >= 400, "ない版の様式で返した")


def evaluation(story: Story) -> None:
    story.need("progress", "F17")
    story.moved(COORDINATOR, "evaluating")
    meeting_id, _ = story.meeting(
        COORDINATOR,
        "juso",
        {
            "basis": "consent",
            "attendees": [story.attendee(OFFICE), story.attendee(COORDINATOR)],
        },
    )
    made = {
        "date": day(),
        "planId": story.need("plan", "F14"),
        "achievement": "achieved",
        "judgement": "closing",
        "endReason": "02",
        "confirmedAtMeetingId": meeting_id,
    }
    record_id = story.add(COORDINATOR, "evaluation", made)
    kept = story.record(OFFICE, record_id)["data"]
    expect(kept["judgement"] == "closing", "評価の判定が残らない")
    story.kept["evaluation"] = record_id


def closure(story: Story) -> None:
    story.need("evaluation", "F19")
    lead = story.me(RECEIVER)["agencyId"]
    story.add(COORDINATOR, "closure", {"date": day(), "reason": "02", "leadAgencyId": lead})
    story.add(COORDINATOR, "handover", {"agencyId": lead, "date": day(), "summary": "要約"})
    story.moved(OFFICER, "closed")
    expect(story.get(OFFICE, story.case)["state"] == "closed", "ケースが終わらない")
    expect(not story.sees(MEMBER, "intake"), "終わったケースを、同意の根拠で読めた")
    story.kept["closed"] = True


def retention(story: Story) -> None:
    story.need("closed", "F20")
    found = story.get(OFFICE, "/retention?limit=100")["items"]
    mine = [one for one in found if one["caseId"] == story.need("case", "F01")]
    expect(bool(mine) and bool(mine[0]["keptUntil"]), "終わったケースの保存期間が示されない")
    denied(story.ask(MEMBER, "GET", "/retention"), "権限のない人の保存期間の要求")


def statistics(story: Story) -> None:
    before = _received(story)
    version = story.version("intake")
    data = _intake(story) | {"receivingAgencyId": story.me(OFFICE)["agencyId"]}
    story.post(OFFICE, "/cases", {"formVersion": version, "data": data})
    expect(_received(story) == before + 1, "1件受け付けても、新規の件数が1件増えない")
    denied(
        story.ask(MEMBER, "GET", f"/statistics?period={_YEAR}&for=report"),
        "権限のない人の実数の要求",
    )
    true = _numbers(story.get(OFFICE, f"/statistics?period={_YEAR}&for=report"))
    public = _numbers(story.get(OFFICE, f"/statistics?period={_YEAR}&for=publication"))
    # The rules hide a total about fewer than five persons; a count of pieces is not one.
    small = [
        key
        for key, number in public.items()
        if key[0] == "multi.received.persons" and not key[1] and number and number < 5
    ]
    expect(not small, "公表用に、5人に満たない実人数がそのまま出た")
    expect(len(public) <= len(true), "公表用のほうが項目が多い")


def _received(story: Story) -> float:
    found = _numbers(story.get(OFFICE, f"/statistics?period={_YEAR}&for=report"))
    if ("multi.received", "", "") not in found:
        raise FailedError("新規相談受付件数がない")
    return found["multi.received", "", ""]


def _numbers(report: Mapping[str, Any]) -> dict[tuple[str, str, str], float]:
    """Indicator, breakdown, code → the year's number, where one is shown."""
    return {
        (row["indicator"], row["breakdown"] or "", row["code"] or ""): row["values"][_YEAR]
        for row in report["rows"]
        if isinstance(row["values"].get(_YEAR), int | float) and _YEAR not in row["marks"]
    }


CHECKS: Mapping[str, Check] = {
    "F46": mfa,
    "F40": registers,
    "F41": settings,
    "F44": api,
    "F01": intake,
    "F53": names,
    "F39": my_number,
    "F04": candidates,
    "F05": household,
    "F06": genogram,
    "F30": default_deny,
    "F32": sealed,
    "F03": screening,
    "F11": shien_meeting,
    "F13": papers,
    "F10": basis,
    "F09": consent,
    "F07": assessment,
    "F08": issues,
    "F14": plan,
    "F12": juso_meeting,
    "F15": decision,
    "F16": tasks,
    "F17": progress,
    "F18": timeline,
    "F22": search,
    "F21": lists,
    "F31": outside,
    "F34": trail,
    "F35": provisions,
    "F36": disclosure,
    "F37": leak,
    "F56": notices,
    "F58": resources,
    "F66": versions,
    "F19": evaluation,
    "F20": closure,
    "F38": retention,
    "F26": statistics,
}
# Asked once more when all else is done, for the same function.
AT_THE_END: Mapping[str, Check] = {"F32": sealed_stays_sealed}
