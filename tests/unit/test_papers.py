"""Every paper is printed and its text read back: what is on it, for whom, in which glyphs."""

import json
import shutil
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from lambdas.casework import forms
from lambdas.casework.statistics.periods import fiscal_year
from lambdas.store import models
from tests.good_requests import build, conference, day, match, sealed, versioned
from tests.unit.in_process import InProcess, new_key
from tests.unit.printing import ADDRESS, HOSTILE, NAME, Printer, Read, add_record, change, full_case
from tests.unit.test_duties import Later, ended
from tests.unit.test_every_route import caller

FAMILIES = ("BIZUDGothic", "NotoSansJP", "NotoSans", "NotoEmoji")


@pytest.fixture
def printer(here: InProcess, monkeypatch: pytest.MonkeyPatch) -> Printer:
    from lambdas.papers import glyphs
    from lambdas.papers.app import app
    from ops.local.assets import fonts

    monkeypatch.setattr(glyphs, "FONTS", fonts())
    here.printer = app
    return Printer(here=here)


def check_accessible(read: Read, title: str) -> None:
    """PDF/UA-1 by its marks: tagged, in Japanese, with a title that is shown; its own fonts."""
    assert "<pdfuaid:part>1</pdfuaid:part>" in read.xmp
    assert read.catalog["/MarkInfo"]["/Marked"] == True  # noqa: E712  # pypdf's own boolean
    assert read.catalog["/Lang"] == "ja-JP"
    assert read.catalog["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert read.title == title
    assert "/StructTreeRoot" in read.catalog
    assert read.fonts
    assert all(font.startswith(FAMILIES) for font in read.fonts), read.fonts


def events(case_id: str) -> list[dict[str, Any]]:
    found = (json.loads(i.event) for i in models.AuditItem.scan() if hasattr(i, "event"))
    return [e for e in found if e.get("case") == case_id and e["action"] == "print-paper"]


# --- papers of a case -----------------------------------------------------------------------------


def test_every_paper_of_a_case_says_what_its_records_say(printer: Printer) -> None:
    case_id, _, _ = full_case(printer.here)
    expected = {
        "referral": (
            1,
            ("つなぐシート", "居場所につなぐ。", "NPO法人", ADDRESS, "葛\U000e0100西 一郎"),
        ),
        "intake-consent": (2, ("本人同意あり", NAME, "昭和40年3月2日", "■女性", "書庫A-1")),
        "assessment": (
            4,
            (
                "シート1",
                "■親と成人の子",
                "■持家",
                "簿記",
                "家計から整える。",
                "アセスメントシート4",
            ),
        ),
        "plan": (2, ("■多機関協働事業", "安心して暮らす。", "家計相談", "支援決定")),
        "progress": (1, ("玄関先で話した。", "落ち着いている。", "訪問", "地域福祉課")),
        "evaluation": (1, ("■一部達成", "就労の準備", "プラン兼事業等利用申込書(令和")),
        "handover": (1, ("引継書", "経過の要約。", "NPO法人")),
        "consent": (1, ("■関係機関との情報共有", "NPO法人", "撤回できます")),
        "consent-receipt": (1, ("ご本人の控え", "支援のため", "撤回")),
    }
    for paper, (pages, texts) in expected.items():
        read = printer.pdf("kanri1", paper, case=case_id)
        title = printer.get("kanri1", paper, case=case_id).headers["content-disposition"]
        assert title == f'attachment; filename="{case_id}-{paper}.pdf"'
        assert len(read.pages) == pages, (paper, len(read.pages))
        assert read.says(case_id)
        for text in texts:
            assert read.says(text), (paper, text, read.text)
        # Who printed it, when: on every page.
        assert all("地域福祉課 氏名 kanri1 令和" in page for page in read.pages), paper
        check_accessible(read, _title(printer, paper))


def test_each_page_has_its_number(printer: Printer) -> None:
    case_id, _, _ = full_case(printer.here)
    pages = printer.pdf("kanri1", "assessment", case=case_id).pages
    assert ["1 / 4" in pages[0], "4 / 4" in pages[3]] == [True, True]


def test_the_intake_form_is_printed_in_the_version_that_the_record_has(printer: Printer) -> None:
    case_id = printer.here.create()
    for asked in ("intake-consent", "intake-no-consent"):
        read = printer.pdf("kanri1", asked, case=case_id)
        assert read.says("本人同意なし・支援会議用")
        assert read.says("まだ説明していない。")


def test_text_of_a_record_is_never_markup(printer: Printer) -> None:
    case_id, _, _ = full_case(printer.here)
    for paper in ("referral", "intake-consent", "progress"):
        assert printer.pdf("kanri1", paper, case=case_id).says(HOSTILE), paper


def test_a_paper_prints_the_record_that_is_named(printer: Printer) -> None:
    case_id, _, records = full_case(printer.here)
    first = records["handover"]
    add_record(
        printer.here, case_id, "handover", {"agencyId": "elderly", "date": day(), "open": "鍵"}
    )
    assert printer.pdf("kanri1", "handover", case=case_id).says("鍵")
    read = printer.pdf("kanri1", "handover", case=case_id, record=first)
    assert read.says("経過の要約。")
    assert not read.says("地域包括支援センター")
    for record in (records["plan"], "r-000000000000"):
        answer = printer.get("kanri1", "handover", case=case_id, record=record)
        assert answer.problem == "nothing-to-show"


def test_a_withdrawal_is_printed(printer: Printer) -> None:
    case_id, _, records = full_case(printer.here)
    withdrawn = {
        "consentId": records["consent"],
        "date": day(),
        "reason": "考え直したい。",
        "receivedBy": "担当 三奈",
        "method": "03",
    }
    add_record(printer.here, case_id, "consent-withdrawal", withdrawn)
    read = printer.pdf("kanri1", "consent-withdrawal", case=case_id)
    assert read.says("考え直したい。")
    check_accessible(read, "同意の撤回書")


def test_what_is_asked_of_other_papers_is_refused(printer: Printer) -> None:
    case_id, person, _ = full_case(printer.here)
    for paper, query, problem in (
        ("nothing", {}, "not-found"),
        ("consent-receipt", {}, "bad-query"),
        ("plan", {"meeting": "m"}, "bad-query"),
        ("plan", {"case": case_id, "request": "r"}, "bad-query"),
        ("secrecy-pledge", {"case": case_id}, "bad-query"),
        ("plan", {"case": case_id, "as": "docx"}, "bad-query"),
        ("handover", {"case": case_id, "as": "xlsx"}, "bad-query"),
        ("plan", {"case": case_id, "record": "../x"}, "bad-query"),
        ("plan", {"case": case_id, "person": "x"}, "bad-query"),
        ("conference", {"case": case_id, "copies": "41"}, "bad-query"),
        ("plan", {"case": "122041-2026-000000-0"}, "nothing-to-show"),
        ("plan", {"case": "x"}, "nothing-to-show"),
        ("conference", {"case": case_id, "person": person}, "nothing-to-show"),
    ):
        assert printer.get("kanri1", paper, **query).problem == problem, (paper, query)
    bare = printer.here.request("kanri1", "GET", "/prints/plan")
    assert bare.problem == "not-acceptable"


# --- who prints what ------------------------------------------------------------------------------


def test_what_one_may_not_see_is_not_on_the_paper(printer: Printer) -> None:
    case_id, person, _ = full_case(printer.here)
    narrow = {
        "personId": person,
        "kinds": ["sharing"],
        "agencies": ["elderly"],
        "classes": ["1", "2"],
        "purpose": "支援のため",
        "explainer": "担当 三奈",
        "explainedOn": day(),
        "method": "01",
        "date": day(),
        "from": day(),
        "evidence": "書庫A-3",
    }
    add_record(printer.here, case_id, "consent", narrow)
    members = printer.here.request("kanri1", "GET", f"/cases/{case_id}/records/members").json
    rows = [
        *members["data"]["members"],
        *({"agencyId": a, "kind": "participant", "from": day()} for a in ("npo", "elderly")),
    ]
    change(printer.here, case_id, "members", members=rows)
    wide = printer.pdf("komorebi1", "plan", case=case_id)
    assert wide.says("安心して暮らす。")
    # Class 3 is not in the consent: the goal is blank, what is in class 2 stands.
    read = printer.pdf("houkatsu1", "plan", case=case_id)
    assert read.says("家計相談")
    assert not read.says("安心して暮らす。")
    assert read.says("空欄は、記入がないとは限りません")
    assert all("地域包括支援センター 氏名 houkatsu1" in page for page in read.pages)
    # Progress is class 4.
    assert printer.get("houkatsu1", "progress", case=case_id).problem == "nothing-to-show"
    assert not printer.pdf("houkatsu1", "intake-consent", case=case_id).says(HOSTILE)


def test_who_knows_nothing_of_the_case_gets_the_same_answer_as_for_none(printer: Printer) -> None:
    case_id, _, _ = full_case(printer.here)
    there = printer.get("komorebi1", "plan", case=case_id)
    missing = printer.get("komorebi1", "plan", case="122041-2026-000000-0")
    assert there.status == missing.status == 404
    assert there.text == missing.text
    denied = [e for e in events_of_all() if e["case"] == case_id and e["result"] == "denied"]
    assert denied[-1]["actor"]["staffId"] == "staff-komorebi1"


def events_of_all() -> list[dict[str, Any]]:
    return sorted(
        (json.loads(i.event) for i in models.AuditItem.scan() if getattr(i, "event", None)),
        key=lambda e: e["at"],
    )


def test_printing_is_in_the_trail_with_its_basis_and_what_it_showed(printer: Printer) -> None:
    case_id, _, records = full_case(printer.here)
    printer.pdf("chousei1", "plan", case=case_id)
    (event,) = events(case_id)
    assert event["actor"]["staffId"] == "staff-chousei1"
    assert event["basis"] in ("outsourcing", "case-member", "municipal-duty", "consent")
    assert event["paper"] == "plan"
    assert event["as"] == "pdf"
    assert records["plan"] in event["records"]
    assert 3 in event["classes"]
    told = printer.here.request("kanri1", "GET", f"/cases/{case_id}/audit").json["items"]
    assert "印刷した" in [e["actionLabel"] for e in told]
    assert printer.here.verify()["problems"] == []


def test_an_address_to_protect_is_on_no_paper(printer: Printer) -> None:
    case_id, person, _ = full_case(printer.here)
    assert printer.pdf("kanri1", "referral", case=case_id).says(ADDRESS)
    here = printer.here
    change(here, case_id, "intake", addressProtection="yes", address=None)
    add_record(here, case_id, "sealed-holders", {"staffIds": ["staff-kanri1"]})
    hidden = {**sealed(person), "addresses": [{"full": "避難先町9番地"}]}
    done = here.request(
        "kanri1",
        "PUT",
        f"/cases/{case_id}/sealed/{person}",
        json_body=versioned("sealed", hidden),
        headers={k.lower(): v for k, v in match(0).items()},
    )
    assert done.status == 200, done.text
    listed = here.request("kanri1", "GET", "/prints").json["items"]
    for paper in (p for p in listed if p["of"] == "case"):
        answer = printer.get("kanri1", paper["paper"], case=case_id)
        if answer.status == 200:
            read = Read.of(answer.content)
            for secret in (ADDRESS, "避難先町", "047-999-0000"):
                assert not read.says(secret), (paper["paper"], secret)
        if paper["excel"]:
            book = printer.get("kanri1", paper["paper"], case=case_id, **{"as": "xlsx"})
            assert book.status == 200, book.text
            assert ADDRESS not in cells(book.content)
    assert printer.pdf("kanri1", "referral", case=case_id).says("居場所につなぐ。")


def test_papers_of_a_conference_are_numbered_and_stay_with_who_runs_it(printer: Printer) -> None:
    here = printer.here
    world = build(caller(here))
    held = {
        **conference(),
        "agenda": "見守りの方法",
        "sharedInformation": "支援会議だけの話",
        "policy": "週に一度訪ねる。",
        "attendees": [
            *conference()["attendees"],
            {
                "staffId": "staff-komorebi1",
                "agencyId": "npo",
                "name": "氏名 komorebi1",
                "pledgedOn": "2026-04-01",
            },
        ],
    }
    laid = here.request(
        "kanri1",
        "POST",
        f"/meetings/{world.meeting_id}/cases",
        json_body={"caseId": world.case_id, **versioned("conference", held)},
        headers=new_key(),
    )
    assert laid.status == 201, laid.text
    read = printer.pdf("kanri1", "conference", case=world.case_id, copies="3")
    assert len(read.pages) == 6
    for copy in range(3):
        for page in read.pages[copy * 2 : copy * 2 + 2]:
            assert f"資料番号 {copy + 1} / 3" in page
            assert "会議後に回収" in page
    assert read.says("支援会議だけの話")
    assert read.says("週に一度訪ねる。")
    assert read.pages[0].count("氏名 komorebi1") == 1
    check_accessible(read, "会議の資料と記録")
    # Who attends reads it on the screen, while it lies open, and prints nothing of it.
    shown = here.request(
        "komorebi1", "GET", f"/cases/{world.case_id}/records/{laid.json['recordId']}"
    )
    assert shown.status == 200
    assert printer.get("komorebi1", "conference", case=world.case_id).problem == "not-permitted"

    asked = {
        "meetingId": world.meeting_id,
        "agencyId": "elderly",
        "date": day(),
        "items": "サービスの利用の状況",
        "legalBasis": "社会福祉法106条の6第3項",
        "dueOn": day(14),
    }
    add_record(here, world.case_id, "information-request", asked)
    letter = printer.pdf("kanri1", "cooperation-request", case=world.case_id)
    for text in (
        "地域包括支援センター御中",
        "サービスの利用の状況",
        "106条の6第3項",
        world.case_id,
    ):
        assert letter.says(text), text
    assert not letter.says("試験 一葉")

    invitation = printer.pdf("kanri1", "invitation", meeting=world.meeting_id)
    assert invitation.says("定例会議の開催について")
    for secret in ("試験 一葉", world.case_id, "支援会議だけの話", "shien"):
        assert not invitation.says(secret)
    check_accessible(invitation, "会議の開催通知")
    outside = printer.get("minsei1", "invitation", meeting=world.meeting_id)
    assert outside.problem == "nothing-to-show"


# --- disclosure, disposal, sign-up ----------------------------------------------------------------


def test_the_copy_that_is_disclosed_has_nothing_under_its_masks(printer: Printer) -> None:
    here = printer.here
    world = build(caller(here))
    place = f"/disclosures/{world.request_id}/cases/{world.case_id}"
    query = {"request": world.request_id, "case": world.case_id}
    assert printer.get("kanri1", "disclosure-copy", **query).problem == "not-decided"
    proposal = here.request("kanri1", "GET", place).json["passages"]
    chosen = next(p for p in proposal if "働きたい" in p["text"])
    masks = [{"start": 0, "end": 2, "ground": "78-1-2"}]
    sent = [
        {
            **{k: p[k] for k in ("recordId", "revision", "pointer")},
            "masks": masks if p is chosen else p["masks"],
        }
        for p in proposal
    ]
    saved = here.request(
        "kanri1",
        "PUT",
        f"{place}/masks",
        json_body={"passages": sent},
        headers={k.lower(): v for k, v in match(0).items()},
    )
    assert saved.status == 200, saved.text
    answer = printer.get("kanri1", "disclosure-copy", **query)
    assert answer.status == 200, answer.text
    read = Read.of(answer.content)
    assert read.says("■■■たい。")
    assert "働きたい".encode("utf-16-be") not in answer.content
    assert "働き" not in read.text
    check_accessible(read, "開示する保有個人情報の写し")
    assert printer.get("kanri2", "disclosure-copy", **query).problem == "not-permitted"


def test_letters_on_none_and_on_no_answer_differ_in_nothing(printer: Printer) -> None:
    here = printer.here
    world = build(caller(here))
    assert printer.get("kanri1", "disclosure-letter", request=world.request_id).problem == (
        "not-decided"
    )
    entry = f"/books/disclosure-request/{world.request_id}"
    told = []
    for revision, result in enumerate(("none", "no-answer"), start=1):
        before = here.request("kanri1", "GET", entry).json
        data = {**before["data"], "result": result, "decidedOn": day()}
        saved = here.request(
            "kanri1",
            "PUT",
            entry,
            json_body=versioned("disclosure-request", data),
            headers={k.lower(): v for k, v in match(revision).items()},
        )
        assert saved.status == 200, saved.text
        read = printer.pdf("kanri1", "disclosure-letter", request=world.request_id)
        assert read.says("試験 一葉 様")
        told.append([p.split("印刷:")[0] for p in read.pages])
    assert told[0] == told[1]
    assert printer.get("chousei1", "disclosure-letter", request=world.request_id).problem == (
        "nothing-to-show"
    )


def test_the_certificate_of_a_disposal_names_until_when_backups_keep_it(
    printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = printer.here
    case_id = ended(here)
    monkeypatch.setattr("lambdas.api.call.datetime", Later)
    made = here.request(
        "kanri1", "POST", "/disposals", json_body={"cases": [case_id]}, headers=new_key()
    )
    disposal = made.json["disposalId"]
    asked = {"disposal": disposal}
    assert printer.get("kanri1", "disposal-certificate", **asked).problem == "nothing-to-show"
    here.request("kanri2", "POST", f"/disposals/{disposal}/approve", json_body={})
    here.request("kanri1", "POST", f"/disposals/{disposal}/carry-out", json_body={})
    read = printer.pdf("kanri1", "disposal-certificate", **asked)
    for text in (case_id, "令和22年6月5日", "氏名 kanri2"):
        assert read.says(text), (text, read.text)
    assert printer.get("tantou1", "disposal-certificate", **asked).problem == "not-permitted"


def test_a_new_user_gets_a_slip_without_a_password(printer: Printer) -> None:
    read = printer.pdf("kanri1", "sign-up", staff="staff-komorebi1")
    for text in (
        "氏名 komorebi1",
        "NPO法人",
        "https://soudan.example/v1/",
        "komorebi1",
        "認証アプリ",
    ):
        assert read.says(text), (text, read.text)
    for login, staff, problem in (
        ("tantou1", "staff-komorebi1", "not-permitted"),
        ("kanri1", "nobody", "nothing-to-show"),
    ):
        assert printer.get(login, "sign-up", staff=staff).problem == problem


# --- statistics -----------------------------------------------------------------------------------


def test_the_statistics_are_a_workbook_of_the_numbers_that_the_api_tells(printer: Printer) -> None:
    full_case(printer.here)
    year = str(fiscal_year(date.fromisoformat(day())))
    asked = {"as": "xlsx", "period": year, "for": "report"}
    answer = printer.get("kanri1", "statistics", **asked)
    assert answer.status == 200, answer.text
    book = load_workbook(BytesIO(answer.content))
    told = printer.here.request(
        "kanri1", "GET", "/statistics", query={"period": year, "for": "report"}
    ).json
    assert told["rows"]
    new = next(r for r in told["rows"] if r["title"] == "新規相談受付件数")
    assert new["values"][year] == 1
    rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    assert any(new["title"] in row and 1 in row for row in rows)
    assert "効果の測定" in book.sheetnames
    # Who may not know the true numbers gets those that may be published, and the measure of no one.
    published = printer.get("kansa1", "statistics", **{**asked, "for": "publication"})
    assert "効果の測定" not in load_workbook(BytesIO(published.content)).sheetnames
    for login, changes, problem in (
        ("kansa1", {}, "not-permitted"),
        ("minsei1", {"for": "publication"}, "not-permitted"),
        ("kanri1", {"period": f"{year}-05"}, "bad-period"),
        ("kanri1", {"for": "me"}, "bad-period"),
        ("kanri1", {"as": "pdf"}, "bad-query"),
        ("kanri1", {"case": "122041-2026-000000-0"}, "bad-query"),
    ):
        assert printer.get(login, "statistics", **{**asked, **changes}).problem == problem
    kept = [json.loads(i.event) for i in models.AuditItem.scan() if hasattr(i, "event")]
    assert [e["format"] for e in kept if e["action"] == "read-statistics"].count("xlsx") >= 2


def test_the_municipality_s_own_layout_of_the_statistics_is_used(
    printer: Printer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = {
        "title": "わが町の様式",
        "indicators": "1.0.0",
        "sheets": [{"name": "わが町", "texts": [{"cell": "B2", "text": "{municipality} {use}"}]}],
    }
    (tmp_path / "statistics.json").write_text(json.dumps(own), "utf-8")
    monkeypatch.setattr("lambdas.papers.statistics.OWN", tmp_path)
    answer = printer.get("kanri1", "statistics", **{"as": "xlsx", "for": "publication"})
    assert answer.status == 200, answer.text
    sheet = load_workbook(BytesIO(answer.content))["わが町"]
    assert str(sheet["B2"].value).endswith("公表用")


# --- forms to fill in, start kit ------------------------------------------------------------------


def test_every_blank_form_and_example_is_printed(printer: Printer) -> None:
    listed = printer.here.request("minsei1", "GET", "/prints").json["items"]
    assert {"conference", "cooperation-request"}.isdisjoint(p["paper"] for p in listed)
    listed = printer.here.request("kanri1", "GET", "/prints").json["items"]
    assert sum(p["sample"] for p in listed) == 5
    pages = {"referral": 1, "assessment": 4, "plan": 2, "conference": 2, "consent": 1}
    for paper in (p for p in listed if p["blank"]):
        read = printer.pdf("kanri1", paper["paper"])
        check_accessible(read, paper["title"])
        assert paper["sample"] == read.says("参考例"), paper["paper"]
        assert len(read.pages) == pages.get(paper["paper"], len(read.pages)), paper["paper"]
        # Nobody's: neither who printed it nor anything filled in.
        assert not read.says("kanri1")
        assert "■" not in read.text, paper["paper"]
    for paper in ("referral", "assessment", "plan", "progress", "evaluation", "intake-consent"):
        assert printer.get("kanri1", paper, **{"as": "xlsx"}).status == 200


def test_a_form_is_printed_under_the_names_that_the_municipality_gave(printer: Printer) -> None:
    document = {
        "preset": "minimal",
        "forms": {
            "intake": {"fields": {"/wishes": {"title": "ご本人の願い"}, "/email": {"shown": False}}}
        },
    }
    saved = printer.here.request(
        "kanri1",
        "PUT",
        "/settings",
        json_body={"document": document},
        headers={"if-match": '"0"'},
    )
    assert saved.status == 200, saved.text
    read = printer.pdf("kanri1", "intake-consent")
    assert read.says("ご本人の願い")
    assert not read.says("メールアドレス")


# --- glyphs ---------------------------------------------------------------------------------------

# 𬂛 and a variant of 辻 that no font has; a 外字 of somebody's own.
RARE, NO_VARIANT, OWN = "\U0002c09b", "辻\U000e01ef", "\ue001"


@pytest.mark.parametrize(
    ("name", "told", "written"),
    [
        (f"{RARE}田", "U+2C09B", "〔U+2C09B〕田"),
        (f"{NO_VARIANT}村", "U+E01EF", "辻〔U+E01EF〕村"),
        (f"{OWN}木", "U+E001", "〔U+E001〕木"),
    ],
)
def test_a_character_that_no_font_has_is_named_and_never_a_box(
    printer: Printer, name: str, told: str, written: str
) -> None:
    case_id = printer.here.create(name=name)
    refused = printer.get("kanri1", "intake-no-consent", case=case_id)
    assert refused.problem == "glyph-missing"
    messages = [e["message"] for e in refused.json["errors"]]
    assert f"氏名: {told} の字形がありません。" in messages
    # Field and number, nothing of the record itself.
    assert name not in refused.text
    assert name[0] not in "".join(messages)
    event = events(case_id)[-1]
    assert event["refused"] == "glyph-missing"
    read = printer.pdf("kanri1", "intake-no-consent", case=case_id, unprintable="notation")
    assert read.says(written)
    assert read.says("手書きで補ってください")
    assert NO_VARIANT not in read.text


@pytest.mark.parametrize(
    "name",
    [
        *(NAME, "葛\U000e0100飾", "辻\U000e0100", "辻\U000e0101", "\U0002000b", "㐂"),
        *("Nguyen Thi Hong", "Ольга", "😀", "ﾔﾏﾀﾞ", "が", "㈱①"),
    ],
)
def test_rare_kanji_variants_and_other_scripts_are_read_back(printer: Printer, name: str) -> None:
    from lambdas.papers import glyphs

    check = glyphs.Check.of(glyphs.FONTS)
    if check.texts(name) != name:
        pytest.fail(f"{name} has no glyph: {check.missing}")
    case_id = printer.here.create(name=name)
    read = printer.pdf("kanri1", "intake-no-consent", case=case_id)
    assert read.says(name), read.text


def test_every_word_of_forms_codes_and_layouts_has_its_glyphs(printer: Printer) -> None:
    from lambdas.papers import glyphs
    from lambdas.papers.pdf import LAYOUTS

    check = glyphs.Check.of(glyphs.FONTS)
    for name in forms.form_names():
        check.texts(json.loads(json.dumps(forms.bundled(name, forms.form_versions(name)[-1]))))
    for file in LAYOUTS.glob("*.*"):
        check.texts(file.read_text("utf-8"))
    assert check.missing == []


# --- Excel ----------------------------------------------------------------------------------------


def cells(content: bytes) -> str:
    book = load_workbook(BytesIO(content))
    return "\n".join(
        str(cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    )


def test_workbooks_hold_the_same_and_no_formula(printer: Printer) -> None:
    case_id, _, _ = full_case(printer.here)
    change(printer.here, case_id, "intake", wishes='=HYPERLINK("http://x")', chiefComplaint="+1")
    expected = {
        "referral": ("つなぐシート", "居場所につなぐ。"),
        "intake-consent": (NAME, '=HYPERLINK("http://x")', "昭和40年3月2日"),
        "assessment": ("家計から整える。", "簿記"),
        "plan": ("家計相談", "安心して暮らす。"),
        "evaluation": ("一部達成", "就労の準備"),
        "progress": ("玄関先で話した。", "落ち着いている。"),
    }
    for paper, texts in expected.items():
        answer = printer.get("kanri1", paper, case=case_id, **{"as": "xlsx"})
        assert answer.status == 200, answer.text
        assert answer.headers["content-disposition"].endswith(f'{case_id}-{paper}.xlsx"')
        book = load_workbook(BytesIO(answer.content))
        assert all(
            cell.data_type != "f"
            for sheet in book.worksheets
            for row in sheet.iter_rows()
            for cell in row
        )
        assert "氏名 kanri1" in book.worksheets[0].oddFooter.left.text
        for text in texts:
            assert text in cells(answer.content), (paper, text)
    assert len(load_workbook(BytesIO(answer.content)).worksheets) == 1


def test_agencies_outside_take_no_workbook(printer: Printer) -> None:
    case_id, _, _ = full_case(printer.here)
    for login in ("komorebi1", "houkatsu1", "minsei1"):
        answer = printer.get(login, "plan", case=case_id, **{"as": "xlsx"})
        assert answer.problem == "not-permitted"
        listed = printer.here.request(login, "GET", "/prints").json["items"]
        # Published numbers are no case, and stand in no list of who may not read them.
        assert [p["paper"] for p in listed if p["excel"]] == (
            [] if login == "minsei1" else ["statistics"]
        )


# --- a municipality's own layout ------------------------------------------------------------------


def test_a_municipality_replaces_a_layout_by_files_alone(
    printer: Printer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lambdas.papers import catalogue, pdf

    layouts = tmp_path / "layouts"
    shutil.copytree(pdf.LAYOUTS, layouts)
    own = layouts / "own"
    own.mkdir()
    (own / "papers.json").write_text(
        json.dumps(
            {"papers": [{"name": "handover", "title": "つなぎ書", "layout": "our-handover"}]}
        )
    )
    (own / "our-handover.typ").write_text(
        '#import "../common.typ": *\n#show: paper\n= 本市の様式 #data.title\n'
        "#for sheet in data.sheets { sections(sheet) }\n"
    )
    monkeypatch.setattr(pdf, "LAYOUTS", layouts)
    monkeypatch.setattr(catalogue, "LAYOUTS", layouts)
    monkeypatch.setattr(catalogue, "OWN", own)
    catalogue.papers.cache_clear()
    pdf._compiler.cache_clear()
    try:
        case_id, _, _ = full_case(printer.here)
        read = printer.pdf("kanri1", "handover", case=case_id)
        assert read.says("本市の様式 つなぎ書")
        assert read.says("経過の要約。")
        assert printer.pdf("kanri1", "evaluation", case=case_id).says("評価シート")
    finally:
        catalogue.papers.cache_clear()
        pdf._compiler.cache_clear()


def test_a_layout_that_is_wrong_is_told_without_what_was_to_be_printed(
    printer: Printer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import typst

    case_id, _, _ = full_case(printer.here)

    def broken(*_: Any, **__: Any) -> bytes:
        raise typst.TypstError(f"cannot set {NAME}", "")

    monkeypatch.setattr("lambdas.papers.routes.pdf", broken)
    answer = printer.get("kanri1", "plan", case=case_id)
    assert answer.problem == "internal"
    assert NAME not in answer.text + caplog.text


def _title(printer: Printer, paper: str) -> str:
    listed = printer.here.request("kanri1", "GET", "/prints").json["items"]
    return str(next(p["title"] for p in listed if p["paper"] == paper))


def test_a_printed_moment_is_japanese_time() -> None:
    from lambdas.papers.values import moment

    assert moment(datetime(2026, 12, 31, 15, 4, tzinfo=UTC)) == "令和9年1月1日 0時04分"
