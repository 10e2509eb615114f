"""Retention and disposal, disclosure with masks and letters, the ledger, the extent of a leak."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.duties import disclosure, incident
from lambdas.casework.duties.disclosure import Ground, Mask, Passage
from lambdas.casework.duties.ledger import provisions
from lambdas.casework.duties.retention import keeping
from lambdas.casework.forms import labels
from lambdas.store import models
from tests.unit.casefile import ELDERLY, MOTHER, SUBJECT, case, record
from tests.unit.in_process import InProcess, new_key
from tests.unit.test_records import add, added, consented, progress, read

YEARS = {"case": 5, "conference": 7, "ledger": 3, "register": 1, "disclosure": 5}


def closed(on: str, *more: Any) -> Any:
    data = {"from": "received", "to": "closed", "date": on}
    return case(record("transition", data), *more, state="closed")


@pytest.mark.parametrize(
    ("closed_on", "starts", "until"),
    [
        # 年度 ends on 31 March; the clock starts on the 1 April after it (DOMAIN L16).
        ("2026-04-01", "2027-04-01", "2032-03-31"),
        ("2026-11-23", "2027-04-01", "2032-03-31"),
        ("2027-03-31", "2027-04-01", "2032-03-31"),
        ("2027-04-01", "2028-04-01", "2033-03-31"),
        ("2028-02-29", "2028-04-01", "2033-03-31"),
    ],
)
def test_the_clock_starts_after_the_fiscal_year_of_closure(
    closed_on: str, starts: str, until: str
) -> None:
    kept = keeping(closed(closed_on), YEARS)
    assert kept.starts == date.fromisoformat(starts)
    assert kept.until == date.fromisoformat(until)
    assert not kept.due(date.fromisoformat(until))
    assert kept.due(date.fromisoformat(until).replace(month=4, day=1))


def test_the_longest_class_of_what_the_case_holds_decides() -> None:
    conference = record(
        "conference",
        {
            "meetingId": "r-000000000000",
            "kind": "juso",
            "basis": "consent",
            "date": "2026-05-01",
            "attendees": [],
        },
    )
    assert keeping(closed("2026-11-23", conference), YEARS).until == date(2034, 3, 31)


def test_a_running_or_held_case_is_never_due() -> None:
    far = date(2099, 1, 1)
    assert not keeping(case(), YEARS).due(far)
    hold = record("legal-hold", {"reason": "appeal", "date": "2027-01-01"})
    assert not keeping(closed("2026-11-23", hold), YEARS).due(far)
    ended = record(
        "legal-hold-end", {"holdId": hold.record_id, "reason": "裁決", "date": "2028-01-01"}
    )
    assert keeping(closed("2026-11-23", hold, ended), YEARS).due(far)


# Disclosure


def test_names_of_others_are_proposed_to_be_masked_and_leave_no_character() -> None:
    name = "試験 花子"
    persons = [
        {"personId": SUBJECT, "isSubject": True, "name": "試験 太郎"},
        {"personId": MOTHER, "name": name},
    ]
    there = case(
        record("household", {"persons": persons}),
        record("progress", progress(facts=f"{name}さんが怒鳴ったと本人が話した。")),
    )
    passage = next(p for p in disclosure.proposal(there, SUBJECT) if p.pointer == "/facts")
    assert [m.ground for m in passage.masks] == [Ground.THIRD_PERSON]
    shown = disclosure.rendered(passage)
    assert name not in shown
    assert name.split()[-1] not in shown
    assert "本人が話した" in shown


def test_what_was_given_at_a_conference_and_who_reported_are_masked_whole() -> None:
    from lambdas.casework.access import Basis, Confinement

    given_there = record(
        "progress",
        progress(facts="会議で聞いたこと"),
        confined=Confinement(basis=Basis.SHIEN_KAIGI, meeting_id="r-000000000000"),
    )
    report = record(
        "emergency-report",
        {
            "date": "2026-05-01",
            "time": "10:00",
            "law": "other",
            "recipient": "警察",
            "content": "通報した",
            "informant": "隣の家の人",
        },
    )
    found = {p.key: p for p in disclosure.proposal(case(given_there, report), SUBJECT)}
    facts = found[f"{given_there.record_id}/facts"]
    assert disclosure.rendered(facts) == disclosure.MASK
    assert facts.masks[0].ground is Ground.OPERATIONS
    # The informant is in the sealed class: not even proposed.
    assert not any("隣の家の人" in p.text for p in found.values())


def test_a_representatives_request_proposes_what_may_harm_the_child() -> None:
    there = case(
        record(
            "emergency-report",
            {
                "date": "2026-05-01",
                "time": "10:00",
                "law": "child-abuse",
                "recipient": "児童相談所",
                "content": "本人が話したこと",
            },
        )
    )
    own = disclosure.proposal(there, SUBJECT)
    by_parent = disclosure.proposal(there, SUBJECT, by_representative=True)
    content = next(p for p in by_parent if p.pointer == "/content")
    assert [m.ground for m in content.masks] == [Ground.HARM_TO_REQUESTER]
    assert next(p for p in own if p.pointer == "/content").masks == ()


@given(
    text=st.text(min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=8, unique=True),
)
def test_nothing_under_a_mask_leaves(text: str, cuts: list[int]) -> None:
    """What is rendered is what lies outside the masks, and three squares for each of them."""
    places = sorted(c for c in cuts if c <= len(text))
    masks = [
        Mask(start=a, end=b, ground=Ground.THIRD_PERSON)
        for a, b in zip(places[::2], places[1::2], strict=False)
        if a < b
    ]
    passage = Passage(
        record_id="r", revision=1, form="progress", pointer="/facts", title="", text=text
    )
    shown = disclosure.rendered(disclosure.decided(passage, masks))
    kept = text
    for mask in reversed(masks):
        kept = kept[: mask.start] + disclosure.MASK + kept[mask.end :]
    assert shown == kept


@pytest.mark.parametrize("bad", [[(0, 9)], [(0, 2), (1, 3)], [(2, 2)], [(-1, 1)]])
def test_masks_outside_the_text_or_over_each_other_are_refused(bad: Any) -> None:
    passage = Passage(
        record_id="r", revision=1, form="progress", pointer="/facts", title="", text="四文字だ"
    )
    with pytest.raises(ValueError, match="r/facts"):
        disclosure.decided(
            passage, [Mask(start=a, end=b, ground=Ground.THIRD_PERSON) for a, b in bad]
        )


def test_letters_do_not_tell_a_missing_record_from_one_that_may_not_be_named() -> None:
    words = labels("disclosure-ground")
    assert disclosure.letter("none", (), words) == disclosure.letter(
        "no-answer", (Ground.HARM_TO_REQUESTER,), words
    )
    assert {g.value for g in Ground} == words.keys()


def test_the_clocks_of_a_request() -> None:
    received = date(2026, 11, 1)
    first = disclosure.clocks(received, extended=False, disclosed=None)
    assert first.decide_by == date(2026, 12, 1)
    assert disclosure.clocks(received, extended=True, disclosed=None).decide_by == date(
        2026, 12, 31
    )
    after = disclosure.clocks(received, extended=False, disclosed=date(2026, 12, 1))
    assert after.correct_until == date(2027, 3, 1)


def request_of(here: InProcess, **changes: Any) -> str:
    data = {
        "kind": "disclosure",
        "requester": "self",
        "receivedOn": datetime.now(UTC).date().isoformat(),
        "name": "試験 太郎",
        "identityChecked": "運転免許証",
        "staffId": "staff-tantou1",
        **changes,
    }
    answer = here.request(
        "kanri1",
        "POST",
        "/books/disclosure-request",
        json_body={"formVersion": "1.0.0", "data": data},
        headers=new_key(),
    )
    assert answer.status == 201, answer.text
    return str(answer.json["entryId"])


def test_an_officer_decides_masks_and_what_leaves_holds_nothing_of_them(here: InProcess) -> None:
    case_id = here.create(chiefComplaint="母に殴られたと話した。")
    subject = read(here, case_id, "household").json["data"]["persons"][0]["personId"]
    asked = request_of(here)
    opened = here.request(
        "kanri1",
        "POST",
        f"/disclosures/{asked}/cases",
        json_body={"caseId": case_id, "personId": subject},
        headers=new_key(),
    )
    assert opened.status == 201, opened.text
    place = f"/disclosures/{asked}/cases/{case_id}"
    # Another member of the office is not the officer of this request.
    assert here.request("kanri1", "GET", place).problem == "not-permitted"
    assert here.request("houkatsu1", "GET", place).problem == "nothing-to-show"
    proposal = here.request("tantou1", "GET", place).json
    assert not proposal["decided"]
    assert here.request("tantou1", "GET", f"{place}/extract").problem == "not-decided"
    passages = [
        {k: p[k] for k in ("recordId", "revision", "pointer", "masks")}
        for p in proposal["passages"]
    ]
    complaint = next(p for p in passages if p["pointer"] == "/chiefComplaint")
    complaint["masks"] = [{"start": 0, "end": 6, "ground": "78-1-2"}]

    def decide(sent: Any, revision: int = 0) -> Any:
        return here.request(
            "tantou1",
            "PUT",
            f"{place}/masks",
            json_body={"passages": sent},
            headers={"if-match": f'"{revision}"'},
        )

    # What was left out would leave unseen.
    assert decide(passages[1:]).json["errors"][0]["code"] == "passages-missing"
    assert decide(passages).status == 200
    assert decide(passages).problem == "changed-by-other"
    extract = here.request("tantou1", "GET", f"{place}/extract")
    assert "母に殴ら" not in extract.text
    assert "と話した。" in extract.text
    assert extract.json["grounds"] == [labels("disclosure-ground")["78-1-2"]]
    # A text that changes afterwards must be looked at again.
    data = read(here, case_id, "intake").json["data"]
    version = read(here, case_id, "intake").json["formVersion"]
    assert (
        here.request(
            "kanri1",
            "PUT",
            f"/cases/{case_id}/records/intake",
            json_body={"formVersion": version, "data": {**data, "chiefComplaint": "別の文"}},
            headers={"if-match": '"1"', **new_key()},
        ).status
        == 200
    )
    assert here.request("tantou1", "GET", f"{place}/extract").problem == "not-decided"
    assert here.verify()["problems"] == []


# Ledger and extent


def test_the_ledger_names_every_provision_with_its_basis() -> None:
    consent = record(
        "consent",
        {
            "personId": SUBJECT,
            "kinds": ["sharing"],
            "agencies": [ELDERLY],
            "classes": ["1", "2"],
            "purpose": "支援",
            "explainer": "担当",
            "date": "2026-05-01",
            "from": "2026-05-01",
        },
    )
    withdrawal = record(
        "consent-withdrawal",
        {"consentId": consent.record_id, "date": "2026-06-01", "receivedBy": "担当"},
    )
    meeting = record(
        "conference",
        {
            "meetingId": "r-000000000000",
            "kind": "shien",
            "basis": "106-6",
            "date": "2026-05-10",
            "attendees": [{"agencyId": ELDERLY, "name": "包括 一美"}],
            "papers": [{"recordId": "intake", "classes": ["1"]}],
        },
    )
    first, second = provisions(case(consent, withdrawal, meeting))
    assert (first.basis, first.recipients, first.until) == ("consent", (ELDERLY,), "2026-06-01")
    assert (second.basis, second.secret) == ("shien-kaigi-106-6", True)
    assert second.classes == (1, 5)


def test_the_extent_of_a_leak_names_cases_people_and_classes(here: InProcess) -> None:
    mine, other = here.create(chiefComplaint="病気の話"), here.create(name="別 人")
    read(here, mine, "intake", "tantou1")
    today = datetime.now(UTC).date()

    def extent(login: str = "kanri1", **more: Any) -> Any:
        body = {
            "from": today.replace(day=1).isoformat(),
            "to": today.replace(year=today.year + 1, day=1).isoformat(),
            "learnedOn": today.isoformat(),
            "abuse": False,
            **more,
        }
        return here.request(login, "POST", "/incidents/extent", json_body=body)

    answer = extent(staffIds=["staff-tantou1"])
    assert answer.status == 200, answer.text
    assert [i["caseId"] for i in answer.json["items"]] == [mine]
    assert answer.json["items"][0]["persons"][0]["name"] == "試験 太郎"
    # 要配慮個人情報 of one person suffices.
    assert answer.json["report"]
    assert answer.json["complete"]
    everyone = {i["caseId"] for i in extent().json["items"]}
    assert {mine, other} <= everyone
    for login in ("houkatsu1", "kansa1", "chousei1"):
        assert extent(login).problem == "not-permitted"


def test_a_refused_attempt_and_another_actor_have_touched_nothing() -> None:
    event = {
        "at": "2026-05-01T00:00:00.000000Z",
        "action": "read-form",
        "case": "C",
        "actor": {"staffId": "a", "agencyId": "x"},
        "classes": [1],
        "record": None,
    }
    found = incident.touched(
        [{**event, "result": "denied"}, {**event, "result": "done"}],
        staff_ids=frozenset({"a"}),
    )
    assert [t.events for t in found] == [1]
    assert incident.touched([{**event, "result": "done"}], staff_ids=frozenset({"b"})) == ()
    assert not incident.duty(found, 1, date(2026, 5, 1), abuse=False).report
    assert incident.duty(found, 101, date(2026, 5, 1), abuse=False).report
    assert incident.duty((), 0, date(2026, 5, 1), abuse=True).full_report_by == date(2026, 6, 30)


def test_who_has_seen_my_record_leaves_conferences_out_of_the_persons_own_paper(
    here: InProcess,
) -> None:
    case_id = consented(here, receivingAgencyId="elderly")
    read(here, case_id, "intake", "houkatsu1")
    subject = read(here, case_id, "household").json["data"]["persons"][0]["personId"]
    secret = added(
        here,
        case_id,
        "referral",
        {"date": "2026-06-02", "toAgencyId": "npo", "reason": "他の会議で聞いた"},
        received={"basis": "yotaikyo-25-2"},
    )
    read(here, case_id, secret)
    path = f"/cases/{case_id}/persons/{subject}/accesses"
    office = here.request("kanri1", "GET", path).json["items"]
    own = here.request("kanri1", "GET", path, query={"for": "person"}).json["items"]
    assert "氏名 houkatsu1" in {i["actorName"] for i in own}
    assert len(office) > len(own)
    assert here.request("houkatsu1", "GET", path).problem == "nothing-to-show"


# Disposal


class Later(datetime):
    """A clock that stands in the year the records are due."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime(2040, 5, 1, 3, 0, tzinfo=UTC)


def ended(here: InProcess) -> str:
    case_id = here.create(chiefComplaint="消えるはずの言葉")
    added(here, case_id, "progress", progress(facts="消えるはずの経過"))
    added(here, case_id, "screening", {"date": "2026-06-02", "result": "1"})
    for to in ("screened", "closed-info"):
        moved = here.request(
            "kanri1",
            "POST",
            f"/cases/{case_id}/transitions",
            json_body={"to": to, "reason": "情報提供で終わった"},
            headers=new_key(),
        )
        assert moved.status == 201, moved.text
    return case_id


def test_a_case_is_erased_with_a_second_persons_approval_and_a_certificate(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id, other = ended(here), here.create()

    def propose(cases: list[str], login: str = "kanri1") -> Any:
        return here.request(
            login, "POST", "/disposals", json_body={"cases": cases}, headers=new_key()
        )

    assert propose([case_id]).problem == "not-due"
    monkeypatch.setattr("lambdas.api.call.datetime", Later)
    due = here.request("kanri1", "GET", "/retention").json["items"]
    assert [(i["caseId"], i["due"]) for i in due] == [(case_id, True)]
    assert propose([other]).problem == "not-due"
    for login in ("tantou1", "chousei1", "kansa1"):
        assert propose([case_id], login).problem == "not-permitted"
    made = propose([case_id])
    assert made.status == 201, made.text
    place = f"/disposals/{made.json['disposalId']}"

    def post(act: str, body: Any, login: str = "kanri1") -> Any:
        return here.request(login, "POST", f"{place}/{act}", json_body=body)

    assert post("carry-out", {}).problem == "not-approved"
    assert post("approve", {}).problem == "second-person-needed"
    assert post("approve", {}, "kanri2").status == 200
    assert post("approve", {}, "kanri2").problem == "already-decided"
    done = post("carry-out", {})
    assert done.status == 200, done.text
    certificate = done.json["done"][0]
    assert certificate["caseId"] == case_id
    assert certificate["records"] >= 6
    assert certificate["backupsUntil"] == "2040-06-05"
    assert done.json["left"] == []
    assert here.request("kanri1", "GET", f"/cases/{case_id}").problem == "nothing-to-show"
    kept = json.dumps(
        [i.serialize() for i in models.Record.scan()]
        + [i.serialize() for i in models.AuditItem.scan()],
        ensure_ascii=False,
        default=str,
    )
    assert "消えるはずの" not in kept
    # The trail stays and still verifies; the other case is untouched.
    assert here.verify()["problems"] == []
    assert read(here, other, "intake").status == 200


def test_a_hold_after_the_approval_stops_the_erasure(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = ended(here)
    monkeypatch.setattr("lambdas.api.call.datetime", Later)
    made = here.request(
        "kanri1", "POST", "/disposals", json_body={"cases": [case_id]}, headers=new_key()
    )
    place = f"/disposals/{made.json['disposalId']}"
    # One manager and a paper decision: its number and date count as the second person (L20).
    approved = here.request(
        "kanri1",
        "POST",
        f"{place}/approve",
        json_body={"ringi": "地福第12号", "ringiOn": "2040-04-30"},
    )
    assert approved.status == 200, approved.text
    added(here, case_id, "legal-hold", {"reason": "appeal", "date": "2040-05-01"})
    stopped = here.request("kanri1", "POST", f"{place}/carry-out", json_body={})
    assert stopped.problem == "not-due"
    assert read(here, case_id, "intake").status == 200


def test_an_interrupted_erasure_is_taken_up_again(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import EndpointConnectionError

    case_id = ended(here)
    monkeypatch.setattr("lambdas.api.call.datetime", Later)
    made = here.request(
        "kanri1", "POST", "/disposals", json_body={"cases": [case_id]}, headers=new_key()
    )
    place = f"/disposals/{made.json['disposalId']}"
    here.request("kanri2", "POST", f"{place}/approve", json_body={})
    for broken in range(4, 40, 5):
        made_calls = 0

        def fail(operation: str, broken: int = broken) -> None:
            nonlocal made_calls
            made_calls += 1
            if made_calls == broken:
                raise EndpointConnectionError(endpoint_url="test")

        here.before_call = fail
        here.request("kanri1", "POST", f"{place}/carry-out", json_body={})
        here.before_call = lambda _: None
    done = here.request("kanri1", "POST", f"{place}/carry-out", json_body={})
    assert done.status == 200, done.text
    assert done.json["left"] == []
    assert not list(models.Record.query(f"CASE#{case_id}"))
    assert here.verify()["problems"] == []


def test_a_memo_becomes_a_progress_record_once(here: InProcess) -> None:
    case_id = here.create()
    memo = {"date": "2026-06-02", "content": "電話で聞いた。", "takenBy": "担当 三奈"}
    made = here.request(
        "houkatsu1",
        "POST",
        "/books/phone-memo",
        json_body={"formVersion": "1.0.0", "data": memo},
        headers=new_key(),
    )
    assert made.status == 201, made.text
    entry = made.json["entryId"]
    assert (
        here.request("komorebi1", "GET", f"/books/phone-memo/{entry}").problem == "nothing-to-show"
    )
    attach = {"caseId": case_id}
    place = f"/books/phone-memo/{entry}/attach"
    done = here.request("kanri1", "POST", place, json_body=attach, headers=new_key())
    assert done.status == 201, done.text
    kept = read(here, case_id, done.json["recordId"]).json["data"]
    assert kept["facts"] == "電話で聞いた。"
    again = here.request("kanri1", "POST", place, json_body=attach, headers=new_key())
    assert again.problem == "already-attached"
    assert here.verify()["problems"] == []


def test_settings_are_the_managers_and_keep_the_law(here: InProcess) -> None:
    first = here.request("houkatsu1", "GET", "/settings")
    assert first.json["document"] == {"preset": "minimal"}

    def save(document: Any, revision: int, login: str = "kanri1") -> Any:
        return here.request(
            login,
            "PUT",
            "/settings",
            json_body={"document": document},
            headers={"if-match": f'"{revision}"'},
        )

    assert save({"preset": "standard"}, 0, "tantou1").problem == "not-permitted"
    assert save({"preset": "standard"}, 0).status == 200
    assert save({"preset": "minimal"}, 0).problem == "changed-by-other"
    hidden = {"preset": "standard", "forms": {"intake": {"hidden": ["/receivedAt"]}}}
    refused = save(hidden, 1)
    assert refused.problem == "invalid-record"


def test_emergency_access_is_off_until_the_municipality_turns_it_on(here: InProcess) -> None:
    from lambdas.casework.clock import to_iso

    case_id = here.create(wishes="秘めた希望")
    added(here, case_id, "assignment", {"staffIds": ["staff-kanri2"]})
    assert "wishes" not in read(here, case_id, "intake", "tantou1").json["data"]

    def declare(login: str = "tantou1", hours: int = 3) -> Any:
        now = datetime.now(UTC)
        from datetime import timedelta

        data = {
            "staffId": f"staff-{login}",
            "reason": "夜間に本人の安全を確かめるため",
            "from": to_iso(now),
            "to": to_iso(now + timedelta(hours=hours)),
        }
        return add(here, case_id, "emergency-access", data, login)

    assert declare().problem == "invalid-record"
    document = {"preset": "minimal", "switches": {"emergencyAccess": True}}
    assert (
        here.request(
            "kanri1",
            "PUT",
            "/settings",
            json_body={"document": document},
            headers={"if-match": '"0"'},
        ).status
        == 200
    )
    assert declare("houkatsu1").problem in ("not-permitted", "nothing-to-show")
    assert declare(hours=4).problem == "invalid-record"
    assert declare().status == 201
    assert read(here, case_id, "intake", "tantou1").json["data"]["wishes"] == "秘めた希望"
