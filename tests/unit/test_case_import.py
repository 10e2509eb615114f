"""A つなぐシート comes in row by row: wholly or not at all, never twice, never on trust."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from lambdas.casework import forms
from lambdas.casework.my_number import check_digit
from ops.api_client import SignInError
from ops.cases import cells, cli
from ops.cases.importer import ATTEMPTS, ImportStoppedError, Report, import_rows, registers
from ops.cases.reader import RefusedRow, Row, read_workbook
from ops.cases.sheet import CASE_COLUMNS, CASES, HOUSEHOLD, HOUSEHOLD_COLUMNS, Column, Kind
from ops.cases.workbook import MOST_ROWS, UnreadableError, open_workbook
from ops.cases.writer import SheetCase, write_workbook
from ops.demo.households import DEMO_DATE, agency_names, demo_tenant

DEMO = demo_tenant(lg_code="122041", today=DEMO_DATE)
AGENCIES = {name: agency_id for agency_id, name in agency_names(DEMO.agencies).items()}
Cells = dict[str, Any]

# A row as a clerk writes it, complete, without consent.
PLAIN: Cells = {
    "管理番号": "A-1",
    "受付日": "令和8年5月11日",
    "受付者": "相談 花子",
    "相談経路": "本人(来所)",
    "氏名": "練習 太郎",
    "介護": "◎",
    "緊急性": "中",
    "同意区分": "同意なし",
    "同意が得られない理由": "まだ会えていない",
}
CONSENTED: Cells = {
    **PLAIN,
    "同意区分": "同意あり",
    "同意が得られない理由": None,
    "同意日": "R8.5.11",
    "説明者": "相談 花子",
    "同意の方法": "書面(署名)",
    "証跡": "同意書つづり 1番",
}


def column_of(heading: str, columns: Sequence[Column] = CASE_COLUMNS) -> int:
    """The index of a heading, exact or abbreviated."""
    fitting = [i for i, c in enumerate(columns, 1) if c.heading.startswith(heading)]
    exact = [i for i in fitting if columns[i - 1].heading == heading]
    return (exact or fitting)[0]


def sheet_file(
    tmp_path: Path,
    *rows: Cells,
    members: tuple[Cells, ...] = (),
    change: Callable[[Workbook], None] | None = None,
) -> Path:
    """A workbook with the sheet's headings and these rows."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, columns, content in (
        (CASES, CASE_COLUMNS, rows),
        (HOUSEHOLD, HOUSEHOLD_COLUMNS, members),
    ):
        sheet = book.create_sheet(name)
        sheet.append([column.heading for column in columns])
        for number, row in enumerate(content, 2):
            for heading, value in row.items():
                sheet.cell(row=number, column=column_of(heading, columns), value=value)
    if change:
        change(book)
    path = tmp_path / "sheet.xlsx"
    book.save(path)
    return path


def read(path: Path) -> list[Row | RefusedRow]:
    return read_workbook(path, agencies=AGENCIES, own_agency="municipality")


def accepted(tmp_path: Path, *rows: Cells, **more: Any) -> Row:
    (row,) = read(sheet_file(tmp_path, *rows, **more))
    assert isinstance(row, Row), row
    return row


def refused(tmp_path: Path, *rows: Cells, **more: Any) -> dict[str, str]:
    """Heading → what is wrong, of a workbook with a single refused row."""
    (row,) = read(sheet_file(tmp_path, *rows, **more))
    assert isinstance(row, RefusedRow)
    return {fault.place.heading: fault.wrong for fault in row.faults}


# --- what is written comes back ------------------------------------------------------------------

NOT_ON_THE_SHEET = {"receivedTime", "visitor", "involvedAgencies", "email"}


def on_the_sheet(data: Mapping[str, Any]) -> dict[str, Any]:
    """The items of an intake sheet that the workbook has a column for."""
    kept = {key: value for key, value in data.items() if key not in NOT_ON_THE_SHEET}
    kept["urgency"] = {k: v for k, v in data["urgency"].items() if k != "reasons"}
    if "consent" in data:
        absent = {"application", "rulesGiven", "capacityNote", "explainedOn"}
        kept["consent"] = {k: v for k, v in data["consent"].items() if k not in absent}
    return kept


def test_the_demo_households_survive_the_workbook_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "demo.xlsx"
    cases = [SheetCase(control_number=i.control_number, data=i.data) for i in DEMO.intakes]
    write_workbook(path, cases, agencies=agency_names(DEMO.agencies))
    rows = read(path)
    assert len(rows) == 24
    for row, intake in zip(rows, DEMO.intakes, strict=True):
        assert isinstance(row, Row), row
        assert row.data == on_the_sheet(intake.data)
        assert row.data.get("name", "").encode() == intake.data.get("name", "").encode()
        assert row.source_id == intake.control_number
        assert row.notices == ()


NAMES = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"), exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=50,
).filter(lambda n: n not in ("匿名", "不詳", "不明") and n.strip() == n and "_x" not in n)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.lists(NAMES, min_size=20, max_size=20))
def test_any_name_survives_the_workbook(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "name.xlsx"
    data = DEMO.intakes[1].data
    write_workbook(
        path,
        [SheetCase(control_number=str(n), data={**data, "name": x}) for n, x in enumerate(names)],
    )
    index = column_of("氏名")
    written = load_workbook(path)[CASES].iter_rows(min_row=2, min_col=index, max_col=index)
    assert [row[0].value for row in written] == names


def test_a_text_that_looks_like_a_formula_is_written_and_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "formula.xlsx"
    data = {**DEMO.intakes[1].data, "wishes": '=HYPERLINK("http://example.invalid","x")'}
    write_workbook(path, [SheetCase(control_number="1", data=data)])
    cell_types = {c.data_type for row in load_workbook(path)[CASES].iter_rows() for c in row}
    assert "f" not in cell_types


def test_the_template_offers_the_code_lists_and_explains_every_column(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    write_workbook(path, agencies=agency_names(DEMO.agencies))
    assert read(path) == []
    book = load_workbook(path)
    offered = {str(rule.sqref) for rule in book[CASES].data_validations.dataValidation}
    chosen = [c for c in CASE_COLUMNS if c.kind in (Kind.CODE, Kind.MARK, Kind.AGENCY)]
    assert len(offered) == len(chosen)
    explained = {row[1].value for row in book["記入のしかた"].iter_rows()}
    unmarked = {c.heading for c in CASE_COLUMNS if c.pointer != "/concerns"}
    assert unmarked | {c.heading for c in HOUSEHOLD_COLUMNS} <= explained


# --- the ways clerks write -----------------------------------------------------------------------


def test_a_row_as_a_clerk_writes_it_becomes_an_intake_sheet(tmp_path: Path) -> None:
    row = accepted(
        tmp_path,
        {
            **CONSENTED,
            "受付機関": "NPO法人 こもれび（練習用）",
            "性別": "女",
            "生年月日": "昭和４０年３月",
            "住所を秘匿": "無",
            "郵便番号": "２７３０００５",
            "住所": "千葉県船橋市本町９９９９番地",
            "電話(携帯)": "０９０ー００００ー０００１",
            "世帯人数": "３人",
            "病気や健康、障害": "〇",
        },
    )
    assert row.data == {
        "receivedAt": "2026-05-11",
        "receivingAgencyId": "npo",
        "receivedBy": "相談 花子",
        "route": "01",
        "name": "練習 太郎",
        "sex": "2",
        "birthDate": {"y": 1965, "m": 3, "d": None},
        "addressProtection": "no",
        "address": {"postalCode": "273-0005", "full": "千葉県船橋市本町９９９９番地"},
        "phones": [{"kind": "02", "number": "090-0000-0001"}],
        "householdSize": 3,
        "concerns": ["01", "12"],
        "topConcern": "12",
        "urgency": {"level": "2"},
        "consentVersion": "consent",
        "consent": {
            "date": "2026-05-11",
            "explainer": "相談 花子",
            "method": "01",
            "evidence": "同意書つづり 1番",
        },
    }


def test_an_empty_receiving_agency_is_the_importing_one(tmp_path: Path) -> None:
    assert accepted(tmp_path, PLAIN).data["receivingAgencyId"] == "municipality"


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (9012345678, "09012345678"),
        (9012345678.0, "09012345678"),
        ("９０１２３４５６７８", "09012345678"),
        (474361234, "0474361234"),
        ("047－000－0001", "047-000-0001"),
    ],
)
def test_a_telephone_number_gets_its_zero_back(tmp_path: Path, content: Any, number: str) -> None:
    row = accepted(tmp_path, {**PLAIN, "電話(自宅)": content})
    assert row.data["phones"] == [{"kind": "01", "number": number}]
    assert len(row.notices) == (0 if "-" in number else 1)


def test_dates_and_numbers_that_excel_stored_as_such_are_read(tmp_path: Path) -> None:
    row = accepted(
        tmp_path,
        {
            **PLAIN,
            "管理番号": 12.0,
            "受付日": datetime(2026, 5, 11),  # noqa: DTZ001 - Excel knows no zones
            "生年月日": date(1965, 3, 2),
            "世帯人数": 3.0,
        },
    )
    assert row.source_id == "12"
    assert row.data["receivedAt"] == "2026-05-11"
    assert row.data["birthDate"] == {"y": 1965, "m": 3, "d": 2}
    assert row.data["householdSize"] == 3


def test_a_postal_code_gets_its_zeros_back() -> None:
    assert cells.postal_code(600001) == "060-0001"
    assert cells.postal_code("〒273-0005") == "273-0005"


@pytest.mark.parametrize(("written", "status"), [("匿名", "anonymous"), ("不詳", "unknown")])
def test_a_person_without_a_name_is_received(tmp_path: Path, written: str, status: str) -> None:
    row = accepted(tmp_path, {**PLAIN, "氏名": written})
    assert row.data["nameStatus"] == status
    assert "name" not in row.data


def test_the_headings_of_the_original_sheet_are_understood_and_their_words_kept(
    tmp_path: Path,
) -> None:
    def rename(book: Workbook) -> None:
        index = column_of("債務")
        book[CASES].cell(row=1, column=index, value="権利擁護（後見制度など）")
        book[CASES].cell(row=2, column=index, value="☑")

    row = accepted(tmp_path, PLAIN, change=rename)
    assert row.data["concerns"] == ["12", "99"]
    assert row.data["concernsNote"] == "権利擁護(後見制度など)"


def test_household_members_stand_on_their_own_sheet(tmp_path: Path) -> None:
    members = (
        {"管理番号": "A-1", "氏名": "練習 一", "続柄": "母", "年齢": "８３歳", "同居": "同居"},
        {"管理番号": "A-1", "氏名": "練習 二", "備考": "2行の\n備考"},
    )
    row = accepted(tmp_path, PLAIN, members=members)
    assert row.data["household"] == [
        {"name": "練習 一", "relation": "06", "age": 83, "cohabitation": "1"},
        {"name": "練習 二", "note": "2行の\n備考"},
    ]


def test_empty_rows_are_passed_over(tmp_path: Path) -> None:
    rows = read(sheet_file(tmp_path, PLAIN, {"氏名": "   "}, {}, {**PLAIN, "管理番号": "A-2"}))
    assert [row.row for row in rows] == [2, 5]


def test_a_row_without_a_control_number_is_known_by_its_content(tmp_path: Path) -> None:
    row = accepted(tmp_path, {**PLAIN, "管理番号": None})
    assert row.source_id == accepted(tmp_path, {**PLAIN, "管理番号": None}).source_id
    assert row.source_id.startswith("row-")
    other = accepted(tmp_path, {**PLAIN, "管理番号": None, "氏名": "別人"})
    assert other.source_id != row.source_id


# --- consent -------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["同意日", "説明者", "同意の方法", "証跡"])
def test_consent_that_cannot_be_shown_comes_in_as_no_consent(tmp_path: Path, missing: str) -> None:
    row = accepted(tmp_path, {**CONSENTED, missing: None})
    assert row.data["consentVersion"] == "no-consent"
    assert "consent" not in row.data
    assert f"{missing}の記載がない" in row.data["noConsentReason"]
    assert any(missing in notice for notice in row.notices)


def test_what_was_written_about_such_a_consent_is_kept_in_the_record_only(tmp_path: Path) -> None:
    row = accepted(tmp_path, {**CONSENTED, "証跡": None, "同意が得られない理由": "書面は後日"})
    assert row.data["noConsentReason"].startswith("書面は後日\n")
    assert "説明者: 相談 花子" in row.data["noConsentReason"]
    assert "書面(署名)" in row.data["noConsentReason"]
    assert not any("相談 花子" in notice for notice in row.notices)


def test_consent_marked_as_missing_but_described_is_refused(tmp_path: Path) -> None:
    assert set(refused(tmp_path, {**PLAIN, "同意日": "R8.5.11"})) == {"同意日"}


def test_family_is_no_proxy(tmp_path: Path) -> None:
    row = {**CONSENTED, "同意の方法": "代理(法定代理人等)", "代理人の区分": "妻"}
    assert set(refused(tmp_path, row)) == {"代理人の区分", "代理人の氏名"}


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "heading"),
    [
        ({"受付日": None}, "受付日"),
        ({"受付日": "令和8年5月"}, "受付日"),
        ({"受付日": "昭和65年5月1日"}, "受付日"),
        ({"受付日": 46153}, "受付日"),
        ({"生年月日": "40年ごろ"}, "生年月日"),
        ({"受付機関": "知らない機関"}, "受付機関"),
        ({"相談経路": "なんとなく"}, "相談経路"),
        ({"介護": None}, "お困りごと"),
        ({"介護": "すこし"}, "介護"),
        ({"住まい": "◎"}, "介護"),
        ({"緊急性": None}, "緊急性"),
        ({"同意区分": None}, "同意区分"),
        ({"同意が得られない理由": None}, "同意が得られない理由"),
        ({"氏名": None}, "氏名"),
        ({"氏名": True}, "氏名"),
        ({"氏名": "あ" * 101}, "氏名"),
        ({"氏名": "二\n行"}, "氏名"),
        ({"住所": "本町9999番地"}, "住所を秘匿する必要"),
        ({"住所": "本町9999番地", "住所を秘匿": "有"}, "住所"),
        ({"建物名": date(2026, 3, 1), "住所を秘匿": "無"}, "建物名・部屋番号"),
        ({"郵便番号": "273"}, "郵便番号"),
        ({"電話(自宅)": "12"}, "電話(自宅)"),
        ({"世帯人数": "大勢"}, "世帯人数"),
        ({"世帯人数": 0}, "世帯人数"),
        ({"本人・家族の希望": "=1+1"}, "本人・家族の希望"),
    ],
)
def test_a_row_is_refused_with_its_column_and_never_its_content(
    tmp_path: Path, change: Cells, heading: str
) -> None:
    (row,) = read(sheet_file(tmp_path, {**PLAIN, **change}))
    assert isinstance(row, RefusedRow)
    fault = next(f for f in row.faults if f.place.heading == heading)
    assert (fault.place.sheet, fault.place.row) == (CASES, 2)
    assert fault.wrong
    assert fault.write
    told = "".join(f"{f.place}{f.wrong}{f.write}" for f in row.faults)
    for secret in ("練習 太郎", "本町", "すこし", "なんとなく", "知らない", "大勢", "40年ごろ"):
        assert secret not in told


def test_a_fault_names_the_column_letter(tmp_path: Path) -> None:
    (row,) = read(sheet_file(tmp_path, {**PLAIN, "受付日": "きのう"}))
    assert isinstance(row, RefusedRow)
    assert str(row.faults[0].place) == "シート「相談」2行 B列「受付日」"
    assert len(row.faults) == 1


def test_a_fault_in_the_household_refuses_the_whole_case(tmp_path: Path) -> None:
    members = ({"管理番号": "A-1", "氏名": "練習 一", "年齢": "たぶん80"},)
    (row,) = read(sheet_file(tmp_path, PLAIN, members=members))
    assert isinstance(row, RefusedRow)
    (fault,) = row.faults
    assert (fault.place.sheet, fault.place.row, fault.place.heading) == (HOUSEHOLD, 2, "年齢")


def test_a_protected_family_keeps_no_school(tmp_path: Path) -> None:
    members = ({"管理番号": "A-1", "氏名": "練習 一", "職業・学校": "架空小学校"},)
    assert set(refused(tmp_path, {**PLAIN, "住所を秘匿": "有"}, members=members)) == {"職業・学校"}


def test_a_member_of_no_case_is_refused(tmp_path: Path) -> None:
    members = ({"管理番号": "B-9", "氏名": "練習 一"}, {"氏名": "練習 二"})
    rows = read(sheet_file(tmp_path, PLAIN, members=members))
    assert [(row.sheet, type(row)) for row in rows] == [
        (CASES, Row),
        (HOUSEHOLD, RefusedRow),
        (HOUSEHOLD, RefusedRow),
    ]


def test_a_control_number_used_twice_is_refused_both_times(tmp_path: Path) -> None:
    rows = read(sheet_file(tmp_path, PLAIN, {**PLAIN, "氏名": "別人"}))
    assert all(isinstance(row, RefusedRow) for row in rows)


def test_a_my_number_as_control_number_is_never_sent(tmp_path: Path) -> None:
    number = "12345678901" + str(check_digit("12345678901"))
    assert set(refused(tmp_path, {**PLAIN, "管理番号": number})) == {"管理番号"}


def test_merged_cells_refuse_their_rows(tmp_path: Path) -> None:
    rows = ({**PLAIN, "管理番号": "A-1"}, {**PLAIN, "管理番号": "A-2"}, PLAIN | {"管理番号": "A-3"})
    path = sheet_file(tmp_path, *rows, change=lambda b: b[CASES].merge_cells("D2:D3"))
    assert [type(row) for row in read(path)] == [RefusedRow, RefusedRow, Row]


def test_a_note_outside_the_columns_is_not_lost_silently(tmp_path: Path) -> None:
    outside = len(CASE_COLUMNS) + 1

    def scribble(book: Workbook) -> None:
        book[CASES].cell(row=2, column=outside, value="欄外のメモ")

    (row,) = read(sheet_file(tmp_path, PLAIN, change=scribble))
    assert isinstance(row, RefusedRow)


# --- files that cannot be taken ------------------------------------------------------------------


def headings(change: Callable[[Worksheet], Any]) -> Callable[[Workbook], None]:
    return lambda book: change(book[CASES])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (headings(lambda s: s.cell(row=1, column=3, value="秘密の見出し")), "C列"),
        (headings(lambda s: s.cell(row=1, column=3, value="受付日")), "重なって"),
        (headings(lambda s: s.delete_cols(column_of("緊急性"))), "「緊急性」がありません"),
        (headings(lambda s: s.merge_cells("B1:C1")), "結合"),
        (headings(lambda s: s.merged_cells.add("A2:XFD1048576")), "範囲が大きすぎ"),
        (headings(lambda s: s.delete_rows(1)), "見出し"),
        (lambda book: book.remove(book[CASES]), "「相談」がありません"),
        (headings(lambda s: s.cell(row=MOST_ROWS + 1, column=1, value="x")), "大きすぎ"),
    ],
)
def test_a_workbook_of_another_layout_is_refused_as_a_whole(
    tmp_path: Path, change: Callable[[Workbook], None], told: str
) -> None:
    with pytest.raises(UnreadableError, match=told) as refusal:
        read(sheet_file(tmp_path, PLAIN, change=change))
    assert "秘密" not in str(refusal.value)
    assert "練習" not in str(refusal.value)


def packed(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name.replace("__", "/").replace("_xml", ".xml"), part)
    return content.getvalue()


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><worksheet>&a;</worksheet>'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空"),
        ("受付日,氏名\n".encode("cp932"), "CSV"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, r"\.xls"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "パスワード",
        ),
        (b"PK\x03\x04broken", "壊れて"),
        (packed(hello_xml=b"<x/>"), "Excel ブック"),
        (packed(xl__workbook_xml=b"<not-a-workbook"), "壊れて"),
        (packed(xl__workbook_xml=b"0" * 60_000_000), "大きすぎ"),
        (packed(xl__workbook_xml=LAUGHS), "記述"),
        (b"0" * (10 * 2**20 + 1), "大きすぎ"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_in_plain_words(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=told):
        open_workbook(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="開けません"):
        open_workbook(tmp_path / "none.xlsx")


@pytest.mark.parametrize("cut", [30, 300, 3000, -30])
def test_a_damaged_workbook_never_crashes_the_reader(tmp_path: Path, cut: int) -> None:
    path = sheet_file(tmp_path, PLAIN)
    content = path.read_bytes()
    path.write_bytes(content[:cut] + b"\xff" * 20 + content[cut:][20:])
    try:
        read(path)
    except UnreadableError as refusal:
        assert str(refusal)


# --- sending -------------------------------------------------------------------------------------


class FakeReply:
    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        self.status_code = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self._body = body

    def json(self) -> Any:
        if self._body is None:
            raise ValueError("no JSON")
        return self._body


def problem(slug: str, status: int, **more: Any) -> FakeReply:
    body = {"type": f"urn:soudan:problem:{slug}", "title": "題", "detail": "説明。", **more}
    return FakeReply(status, body)


class FakeTenant:
    """Keeps the contract of POST /cases: idempotency keys, source ids, refusals."""

    def __init__(self, *events: FakeReply | Exception) -> None:
        self.events = list(events)  # what happens instead of the next answers
        self.cases: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.bodies: list[Mapping[str, Any]] = []
        self.sent_keys: list[str] = []
        self.refreshed = 0
        self.lose_replies = 0

    def request(self, method: str, path: str) -> FakeReply:
        assert method == "GET"
        if self.events:
            return self._event()
        items = [{"agencyId": i, "name": n, "kind": "30"} for n, i in AGENCIES.items()]
        answers = {"agencies": {"items": items}, "me": {"agencyId": "municipality"}}
        return FakeReply(200, answers[path])

    def create_case(self, body: Mapping[str, Any], idempotency_key: str) -> FakeReply:
        self.bodies.append(body)
        self.sent_keys.append(idempotency_key)
        if self.events:
            return self._event()
        reply = self._create(body, idempotency_key)
        if self.lose_replies:
            self.lose_replies -= 1
            raise httpx.ReadTimeout("lost")
        return reply

    def refresh(self) -> None:
        self.refreshed += 1

    def _event(self) -> FakeReply:
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return event

    def _create(self, body: Mapping[str, Any], key: str) -> FakeReply:
        assert set(body) == {"formVersion", "data", "source"}
        source = body["source"]
        assert source["system"] == "tsunagu-excel"
        if key in self.keys:
            return FakeReply(201, {"caseId": self.keys[key]})
        if forms.my_number_suspects(FORM, body["data"]):
            pointer = "/data" + forms.my_number_suspects(FORM, body["data"])[0]
            return problem("my-number-suspected", 422, errors=[{"pointer": pointer}])
        assert forms.check(FORM, body["data"]) == ()
        if source["id"] in self.cases:
            same = self.cases[source["id"]] == source["contentSha256"]
            return problem("already-imported", 409, caseId="C-1", sameContent=same)
        self.cases[source["id"]] = source["contentSha256"]
        self.keys[key] = f"C-{len(self.cases)}"
        return FakeReply(201, {"caseId": self.keys[key]})


FORM = forms.form("intake", "1.0.0")


def run(tenant: FakeTenant, rows: list[Row | RefusedRow]) -> tuple[Report, list[float]]:
    waits: list[float] = []
    return import_rows(tenant, rows, sleep=waits.append), waits


@pytest.fixture
def demo_rows(tmp_path: Path) -> list[Row | RefusedRow]:
    path = tmp_path / "demo.xlsx"
    cases = [SheetCase(control_number=i.control_number, data=i.data) for i in DEMO.intakes]
    write_workbook(path, cases, agencies=agency_names(DEMO.agencies))
    return read(path)


def test_running_it_twice_adds_nothing(demo_rows: list[Row | RefusedRow]) -> None:
    tenant = FakeTenant()
    first, _ = run(tenant, demo_rows)
    again, _ = run(tenant, demo_rows)
    assert (len(first.saved), len(first.known), len(first.refused)) == (24, 0, 0)
    assert (len(again.saved), len(again.known), len(again.refused)) == (0, 24, 0)
    assert again.changed == ()
    assert len(tenant.cases) == 24


def test_a_row_that_changed_since_is_told_and_not_saved(tmp_path: Path) -> None:
    tenant = FakeTenant()
    run(tenant, [accepted(tmp_path, PLAIN)])
    before = dict(tenant.cases)
    report, _ = run(tenant, [accepted(tmp_path, {**PLAIN, "緊急性": "高"})])
    assert [known.case_id for known in report.changed] == ["C-1"]
    assert tenant.cases == before


def test_a_busy_server_is_asked_again_as_late_as_it_wishes(tmp_path: Path) -> None:
    tenant = FakeTenant(problem("try-again", 503), FakeReply(429, None, Retry_After="7"))
    report, waits = run(tenant, [accepted(tmp_path, PLAIN)])
    assert len(report.saved) == 1
    assert waits == [1.0, 7.0]
    assert len(set(tenant.sent_keys)) == 1


def test_a_lost_reply_saves_nothing_twice(tmp_path: Path) -> None:
    tenant = FakeTenant()
    tenant.lose_replies = 1
    report, _ = run(tenant, [accepted(tmp_path, PLAIN)])
    assert len(report.saved) == 1
    assert len(tenant.cases) == 1


def test_a_broken_line_stops_the_import_and_the_next_run_goes_on(
    demo_rows: list[Row | RefusedRow],
) -> None:
    tenant = FakeTenant()
    first, _ = run(tenant, demo_rows[:10])
    tenant.events = [httpx.ConnectError("down")] * ATTEMPTS
    broken, waits = run(tenant, demo_rows[10:])
    assert broken.stopped is not None
    assert len(broken.unsent) == 14
    assert waits == [1.0, 2.0, 4.0, 8.0]
    rest, _ = run(tenant, demo_rows)
    assert (len(rest.known), len(rest.saved)) == (len(first.saved), 14)


def test_a_reply_lost_for_good_is_found_by_the_next_run(tmp_path: Path) -> None:
    tenant = FakeTenant()
    tenant.lose_replies = ATTEMPTS
    report, _ = run(tenant, [accepted(tmp_path, PLAIN)])
    assert report.stopped is not None
    again, _ = run(tenant, [accepted(tmp_path, PLAIN)])
    assert [known.same_content for known in again.known] == [True]


def test_a_my_number_is_refused_and_no_import_can_overrule_it(tmp_path: Path) -> None:
    number = "12345678901" + str(check_digit("12345678901"))
    tenant = FakeTenant()
    report, _ = run(tenant, [accepted(tmp_path, {**PLAIN, "本人・家族の希望": f"番号 {number}"})])
    (refusal,) = report.refused
    assert refusal.faults[0].place.heading == "本人・家族の希望"
    assert "画面から" in refusal.faults[0].write
    assert number not in str(refusal)
    assert all("notMyNumber" not in body for body in tenant.bodies)
    assert tenant.cases == {}


def test_the_servers_refusal_is_told_by_row_and_column_and_the_next_row_is_sent(
    tmp_path: Path,
) -> None:
    errors = [{"pointer": "/data/receivedAt", "code": "future-date", "message": "今日より後です。"}]
    tenant = FakeTenant(problem("invalid-record", 422, errors=errors))
    rows = read(sheet_file(tmp_path, PLAIN, {**PLAIN, "管理番号": "A-2"}))
    report, _ = run(tenant, rows)
    (refusal,) = report.refused
    (fault,) = refusal.faults
    assert (fault.place.row, fault.place.letter, fault.wrong) == (2, "B", "今日より後です。")
    assert len(report.saved) == 1


@pytest.mark.parametrize("status", [400, 413])
def test_a_refusal_without_fields_concerns_the_row(tmp_path: Path, status: int) -> None:
    report, _ = run(FakeTenant(problem("too-large", status)), [accepted(tmp_path, PLAIN)])
    assert report.refused[0].faults[0].wrong == "題。説明。"


@pytest.mark.parametrize("status", [403, 404, 500, 502])
def test_what_concerns_no_single_row_stops_the_import(tmp_path: Path, status: int) -> None:
    rows = read(sheet_file(tmp_path, PLAIN, {**PLAIN, "管理番号": "A-2"}))
    report, _ = run(FakeTenant(FakeReply(status)), rows)
    assert str(status) in (report.stopped or "")
    assert len(report.unsent) == 2


def test_a_token_that_runs_out_is_renewed_once(tmp_path: Path) -> None:
    tenant = FakeTenant(problem("sign-in-required", 401))
    report, _ = run(tenant, [accepted(tmp_path, PLAIN)])
    assert (len(report.saved), tenant.refreshed) == (1, 1)
    tenant = FakeTenant(*[problem("sign-in-required", 401)] * 2)
    report, _ = run(tenant, [accepted(tmp_path, PLAIN)])
    assert report.stopped is not None


def test_a_session_that_cannot_be_renewed_stops_the_import(tmp_path: Path) -> None:
    class Ended(FakeTenant):
        def refresh(self) -> None:
            raise SignInError("サインインが必要です")

    tenant = Ended(problem("sign-in-required", 401))
    report, _ = run(tenant, [accepted(tmp_path, PLAIN)])
    assert report.stopped == "サインインが必要です"


def test_the_registers_come_from_the_tenant_or_nothing_starts() -> None:
    known = registers(FakeTenant())
    assert known.agencies == AGENCIES
    assert known.own_agency == "municipality"
    with pytest.raises(ImportStoppedError):
        registers(FakeTenant(httpx.ConnectError("down")))
    with pytest.raises(ImportStoppedError, match="題"):
        registers(FakeTenant(problem("not-permitted", 403)))


# --- the command line ----------------------------------------------------------------------------


class FakeTenantClient(FakeTenant):
    def __enter__(self) -> "FakeTenantClient":
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> tuple[FakeTenantClient, Callable[..., Any]]:
    """`soudan case` against one fake tenant."""
    tenant = FakeTenantClient()

    class Live:
        url = "http://127.0.0.1/"

    monkeypatch.setattr(cli, "find", lambda _: Live())
    monkeypatch.setattr(cli, "TenantClient", lambda _: tenant)
    monkeypatch.setattr(cli, "sign_in", lambda *_: None)
    return tenant, lambda *words: CliRunner().invoke(cli.app, [str(word) for word in words])


def test_the_demo_file_is_imported_once(tmp_path: Path, command: Any) -> None:
    tenant, invoke = command
    file = tmp_path / "demo.xlsx"
    assert invoke("demo-file", file).exit_code == 0
    first = invoke("import", file, "--tenant", "m.yaml", "--json")
    assert first.exit_code == 0, first.output
    assert len(json.loads(first.stdout)["saved"]) == 24
    again = json.loads(invoke("import", file, "--tenant", "m.yaml", "--json").stdout)
    assert (len(again["saved"]), len(again["alreadyImported"])) == (0, 24)
    assert len(tenant.cases) == 24


def test_a_dry_run_saves_nothing(tmp_path: Path, command: Any) -> None:
    tenant, invoke = command
    file = sheet_file(tmp_path, PLAIN, {**PLAIN, "管理番号": "A-2", "緊急性": "至急"})
    result = invoke("import", file, "--tenant", "m.yaml", "--dry-run")
    assert result.exit_code == cli.SOME_NOT
    assert "取り込める行 1件" in result.stdout
    assert tenant.bodies == []


def test_the_exit_code_tells_what_became_of_the_file(tmp_path: Path, command: Any) -> None:
    tenant, invoke = command
    file = sheet_file(tmp_path, {**PLAIN, "受付日": "きのう"})
    refusal = invoke("import", file, "--tenant", "m.yaml")
    assert refusal.exit_code == cli.SOME_NOT
    assert "シート「相談」2行 B列「受付日」" in refusal.stdout
    assert "きのう" not in refusal.output
    file = sheet_file(tmp_path, PLAIN)
    assert invoke("import", file, "--tenant", "m.yaml").exit_code == cli.ALL_IN
    file = sheet_file(tmp_path, {**PLAIN, "緊急性": "高"})
    changed = invoke("import", file, "--tenant", "m.yaml")
    assert changed.exit_code == cli.SOME_NOT
    assert "内容が変わった行 1件" in changed.stdout
    tenant.events = [FakeReply(500)]
    broken = invoke("import", file, "--tenant", "m.yaml")
    assert broken.exit_code == cli.BROKEN_OFF
    file.write_bytes(b"a,b\n")
    assert invoke("import", file, "--tenant", "m.yaml").exit_code == cli.UNUSABLE


def test_a_downgraded_consent_is_in_the_report(tmp_path: Path, command: Any) -> None:
    _, invoke = command
    file = sheet_file(tmp_path, {**CONSENTED, "証跡": None})
    result = invoke("import", file, "--tenant", "m.yaml")
    assert result.exit_code == cli.ALL_IN
    assert "本人同意なしとして取り込みます" in result.stdout


def test_a_file_is_never_overwritten_by_accident(tmp_path: Path, command: Any) -> None:
    _, invoke = command
    file = tmp_path / "sheet.xlsx"
    assert invoke("template", file).exit_code == 0
    assert invoke("template", file).exit_code == cli.UNUSABLE
    assert invoke("template", file, "--force").exit_code == 0
    assert invoke("demo-file", file, "--force", "--lg-code", "999999").exit_code == cli.UNUSABLE


@pytest.mark.parametrize("name", ["template", "demo-file"])
def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, command: Any, name: str) -> None:
    _, invoke = command
    file = tmp_path / "nodir" / "x.xlsx"
    result = invoke(name, file)
    assert result.exit_code == cli.UNUSABLE
    assert result.output == (
        f"{file} に書き込めません。フォルダーがあるか、書き込めるかを確かめてください。\n"
    )


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--json",)])
def test_an_empty_template_is_no_success(
    tmp_path: Path, command: Any, more: tuple[str, ...]
) -> None:
    tenant, invoke = command
    file = tmp_path / "empty.xlsx"
    invoke("template", file)
    result = invoke("import", file, "--tenant", "m.yaml", *more)
    assert result.exit_code == cli.UNUSABLE
    assert "シート「相談」に記入された行がありません" in result.output
    assert tenant.bodies == []
