"""The Excel report by its layout, the CSV, the baseline sheet; and hostile files of each kind."""

import csv
import io
import itertools
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from lambdas.api.statistics import row_body, volume_body
from lambdas.casework.statistics import Period, count, facts, published, true_report, volumes
from lambdas.casework.statistics.definitions import definitions
from lambdas.casework.statistics.publication import Mark
from lambdas.casework.statistics.text import MARKS, NOTES, csv_text, harmless
from lambdas.papers import report_layout as layout
from lambdas.papers.report import effect, write_report
from ops.cases.workbook import UnreadableError
from ops.statistics import baseline, cli
from ops.statistics.baseline import BaselineError, kinds, read_sheet, write_sheet
from ops.statistics.working_days import holidays, is_working_day, working_days
from tests.unit.statistics_histories import histories

TODAY = date(2030, 1, 1)


def api_json(seed: int, *, publication: bool = False) -> dict[str, Any]:
    kept = [facts(c) for c in histories(seed, 40)]
    period = Period("2026")
    counted = count(kept, period, today=TODAY, agency_kinds={"elderly": "01"})
    report = published(counted, period=period, today=TODAY) if publication else true_report(counted)
    return {
        "period": "2026",
        "for": "publication" if publication else "report",
        "definitions": "1.0.0",
        "rows": [row_body(r) for r in report.rows],
        "notes": {m.value: {"sign": MARKS[m], "text": NOTES[m]} for m in Mark},
        "volumes": None if publication else [volume_body(v) for v in volumes(kept, period)],
        "firstRecordOn": "2026-01-05",
    }


# The layout


def test_the_default_layout_shows_every_number_once() -> None:
    found = layout.read()
    shown = [(n.indicator, n.breakdown, n.code, n.period) for s in found.sheets for n in s.numbers]
    known = definitions()
    periods = ["year", *(f"{m:02d}" for m in range(1, 13))]
    expected = [
        (i.id, name, code, p)
        for i in known.indicators.values()
        for name, code in [
            (None, None),
            *((b, c) for b in i.breakdowns for c in known.breakdowns[b].codes),
        ]
        for p in periods
    ]
    assert sorted(map(str, shown)) == sorted(map(str, expected))


@pytest.mark.parametrize("publication", [False, True])
def test_every_number_of_the_report_stands_where_the_layout_says(
    tmp_path: Path, publication: bool
) -> None:
    report = api_json(5, publication=publication)
    file = tmp_path / "report.xlsx"
    shape = layout.read()
    write_report(file, report, shape, municipality="見本市", baseline=None)
    book = load_workbook(file)
    rows = {(r["indicator"], r["breakdown"], r["code"]): r for r in report["rows"]}
    seen = 0
    for sheet in shape.sheets:
        for number in sheet.numbers:
            row = rows[number.indicator, number.breakdown, number.code]
            period = layout.month_of(number.period, Period("2026"))
            got = book[sheet.name][number.cell].value
            if mark := row["marks"].get(period):
                assert got == MARKS[Mark(mark)]
            else:
                assert got == row["values"][period]
                assert isinstance(got, int | float)
            seen += 1
    assert seen > 3000
    assert book.worksheets[0]["A1"].value.startswith("見本市 2026年度")
    assert ("効果の測定" in book.sheetnames) is not publication


def test_a_layout_of_its_own_puts_numbers_anywhere(tmp_path: Path) -> None:
    own = {
        "title": "様式第1号",
        "indicators": "1.0.0",
        "sheets": [
            {
                "name": "第1号",
                "texts": [{"cell": "b2", "text": "=1+1"}],
                "cells": [{"cell": "D9", "indicator": "multi.received", "period": "year"}],
            }
        ],
    }
    file = tmp_path / "own.xlsx"
    report = api_json(5)
    write_report(file, report, layout.check(own), municipality="見本市", baseline=None)
    sheet = load_workbook(file)["第1号"]
    row = next(r for r in report["rows"] if (r["indicator"], r["code"]) == ("multi.received", None))
    assert sheet["D9"].value == row["values"]["2026"]
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=1+1", "s")


def _one_sheet(**sheet: Any) -> dict[str, Any]:
    return {"title": "t", "indicators": "1.0.0", "sheets": [{"name": "s", **sheet}]}


RECEIVED = {"cell": "B5", "indicator": "multi.received", "period": "year"}


@pytest.mark.parametrize(
    ("plain", "fault"),
    [
        ([], "全体"),
        ({}, "「title」がありません"),
        (_one_sheet(name=""), "sheets[0].name"),
        (_one_sheet(name="a/b"), "sheets[0].name"),
        (_one_sheet(name="記号の説明"), "自動で付く"),
        (_one_sheet(extra=1), "「extra」という項目は使えません"),
        (_one_sheet(cells=[{**RECEIVED, "indicator": "multi.recieved"}]), "項目番号がありません"),
        (_one_sheet(cells=[{**RECEIVED, "breakdown": "standing", "code": "x"}]), "age"),
        (_one_sheet(cells=[{**RECEIVED, "breakdown": "route", "code": "77"}]), "その code"),
        (_one_sheet(cells=[{**RECEIVED, "breakdown": "route"}]), "その code"),
        (_one_sheet(cells=[{**RECEIVED, "code": "01"}]), "breakdown も要ります"),
        (_one_sheet(cells=[{**RECEIVED, "period": "13"}]), "sheets[0].cells[0].period"),
        (_one_sheet(cells=[{**RECEIVED, "cell": "5B"}]), "sheets[0].cells[0].cell"),
        (_one_sheet(cells=[{**RECEIVED, "cell": "ZZZ9"}]), "列の外"),
        (_one_sheet(cells=[{**RECEIVED, "cell": "A9999"}]), "5000行"),
        (_one_sheet(cells=[RECEIVED, RECEIVED]), "2つのもの"),
        (_one_sheet(cells=[{**RECEIVED, "cell": "b5"}, RECEIVED]), "2つのもの"),
        (_one_sheet(texts=[{"cell": "A1", "text": "{password}"}]), "municipality"),
        (_one_sheet(texts=[{"cell": "A1", "text": "\x07"}]), "texts[0].text"),
        (_one_sheet(rows=[{"row": 1, "indicator": "closed"}]), "columns も"),
        (
            {
                "title": "t",
                "indicators": "1.0.0",
                "sheets": [{"name": "A"}, {"name": "a"}],
            },
            "同じ名前のシート",
        ),
        ({"title": "t", "indicators": "9.0.0", "sheets": [{"name": "A"}]}, "indicators"),
    ],
)
def test_what_is_wrong_in_a_layout_is_said_at_its_place(plain: Any, fault: str) -> None:
    with pytest.raises(layout.LayoutError) as told:
        layout.check(plain)
    assert any(fault in f for f in told.value.faults), told.value.faults
    assert all(f.endswith("。") for f in told.value.faults)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b"\xff\xfe\x00",
        b"1" * (layout.MOST_BYTES + 1),
        b"9" * 10_000,
    ],
)
def test_a_hostile_layout_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "layout.json"
    file.write_bytes(content)
    with pytest.raises(layout.LayoutError):
        layout.read(file)


def test_a_layout_with_thousands_of_faults_names_the_first(tmp_path: Path) -> None:
    cells = [{**RECEIVED, "cell": f"A{n}", "indicator": "x"} for n in range(1, 5000)]
    with pytest.raises(layout.LayoutError) as told:
        layout.check(_one_sheet(cells=cells))
    assert len(told.value.faults) == layout.MOST_FAULTS + 1


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["title", "indicators", "sheets", "name", "cells", "rows"]), inner
            )
        ),
        max_leaves=20,
    )
)
def test_no_json_breaks_the_check(plain: Any) -> None:
    try:
        layout.check(json.loads(json.dumps(plain)))
    except layout.LayoutError as error:
        assert error.faults


# CSV


def test_the_csv_holds_every_number_and_nothing_runs() -> None:
    kept = [facts(c) for c in histories(5, 40)]
    period = Period("2026")
    counted = count(kept, period, today=TODAY, agency_kinds={})
    report = true_report(counted)
    text = csv_text(report, volumes(kept, period))
    assert text.encode().startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    by_key = {(line[1], line[3], line[4]): line for line in lines if len(line) == 7 + 13}
    known = definitions()
    for row in report.rows:
        title = known.breakdowns[row.key.breakdown].title if row.key.breakdown else ""
        line = by_key[row.key.indicator, title, row.key.code or ""]
        for value, got in zip(row.values.values(), line[7:], strict=True):
            if value.mark:
                assert got == MARKS[value.mark]
            else:
                assert float(got) == value.number
    for line in lines:
        assert not any(cell[:1] in ("=", "+", "@", "\t", "\r") for cell in line)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_text_that_would_run_is_disarmed(text: str) -> None:
    assert harmless(text) == f"'{text}"


# Working days


def test_holidays_are_those_of_the_law() -> None:
    in_2026 = "0101 0112 0211 0223 0320 0429 0503 0504 0505 0506 0720 0811 0921 0922 0923 1012"
    in_2026 += " 1103 1123"
    in_2025 = "0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0721 0811 0915 0923 1013"
    in_2025 += " 1103 1123 1124"
    assert sorted(d.strftime("%m%d") for d in holidays(2026)) == in_2026.split()
    assert sorted(d.strftime("%m%d") for d in holidays(2025)) == in_2025.split()
    assert not is_working_day(date(2026, 12, 29))
    assert is_working_day(date(2026, 12, 28))
    assert working_days(date(2026, 9, 18), 3) == (
        date(2026, 9, 18),
        date(2026, 9, 24),
        date(2026, 9, 25),
    )


# The baseline sheet

FIRST = date(2026, 3, 2)


def filled(tmp_path: Path, changes: Any = None) -> Path:
    """A sheet with three members of staff at work on each of its days."""
    file = tmp_path / "baseline.xlsx"
    days = write_sheet(file, FIRST)
    book = load_workbook(file)
    labels = kinds()
    work = book[baseline.WORK]
    row = 2
    for index, day in enumerate(days):
        book[baseline.DATES].cell(row=index + 2, column=2).value = "記入済"
        for staff in (1, 2, 3):
            line = (day, staff, labels["progress/visit"], 60 + index)
            for column, value in enumerate(line, 1):
                work.cell(row=row, column=column).value = value
            row += 1
    line = (days[0], 1, labels["conference/shien"], 45)
    for column, value in enumerate(line, 1):
        work.cell(row=row, column=column).value = value
    if changes:
        changes(book)
    book.save(file)
    return file


def test_a_filled_sheet_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = read_sheet(filled(tmp_path), today=TODAY, first_record=date(2026, 4, 1))
    assert (found.first, found.last) == (FIRST, date(2026, 3, 13))
    visits = found.tasks["progress/visit"]
    assert visits.staff == 3
    assert (visits.spread.records, visits.spread.least, visits.spread.most) == (30, 60, 69)
    assert found.tasks["progress"].spread.total == visits.spread.total
    assert found.tasks["conference/shien"].staff == 1
    assert "progress/contact" not in found.tasks


def test_an_empty_sheet_is_no_baseline(tmp_path: Path) -> None:
    file = tmp_path / "empty.xlsx"
    write_sheet(file, FIRST)
    with pytest.raises(BaselineError) as told:
        read_sheet(file, today=TODAY)
    assert any("B列(記入の状況): 空欄です" in f for f in told.value.faults)


def _set(sheet: str, cell: str, value: Any) -> Any:
    def change(book: Any) -> None:
        book[sheet][cell].value = value

    return change


def _drop_day(book: Any) -> None:
    book["対象日"]["A11"].value = None
    book["対象日"]["B11"].value = None
    for row in range(29, 32):
        for column in range(1, 5):
            book["作業"].cell(row=row, column=column).value = None


def _shift_last_day(book: Any) -> None:
    later = date(2026, 3, 16)
    book["対象日"]["A11"].value = later.isoformat()
    for row in range(29, 32):
        book["作業"].cell(row=row, column=1).value = later


def _onto_a_holiday(book: Any) -> None:
    holiday = date(2026, 3, 20)
    book["対象日"]["A11"].value = holiday.isoformat()
    for row in range(29, 32):
        book["作業"].cell(row=row, column=1).value = holiday


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_set("作業", "D3", "1時間"), "シート「作業」3行 D列(時間(分)): 1から1440まで"),
        (_set("作業", "D3", 0), "シート「作業」3行 D列"),
        (_set("作業", "D3", 1441), "シート「作業」3行 D列"),
        (_set("作業", "D3", 30.5), "シート「作業」3行 D列"),
        (_set("作業", "D3", True), "シート「作業」3行 D列"),
        (_set("作業", "D3", "=1+1"), "数式は使えません"),
        (_set("作業", "D3", None), "シート「作業」3行 D列(時間(分)): 空欄です"),
        (_set("作業", "B4", "山田花子"), "シート「作業」4行 B列(記入者の番号): 1から999まで"),
        (_set("作業", "B4", 10**18), "シート「作業」4行 B列"),
        (_set("作業", "C5", "雑談"), "シート「作業」5行 C列(作業の種類): 一覧から"),
        (_set("作業", "A6", "あした"), "シート「作業」6行 A列(日付)"),
        (_set("作業", "A6", date(2026, 5, 1)), "「対象日」シートにない日付"),
        (_set("作業", "A1", "日"), "見出しを「日付」に"),
        (_set("対象日", "B2", "だいたい"), "「記入済」か「作業なし」"),
        (_set("対象日", "B2", "作業なし"), "この日の行があります"),
        (_set("対象日", "A3", "2026-03-02"), "同じ日が2回"),
        (_set("様式", "A1", "soudan-baseline 0.9.0"), "様式の版が違います"),
        (_drop_day, "10日ちょうどに"),
        (_shift_last_day, "開庁日を飛ばさず"),
        (_onto_a_holiday, "土日・祝日"),
        (lambda book: book.remove(book["作業"]), "シート「作業」がありません"),
        (lambda book: book["作業"].merge_cells("A2:D40"), "空欄です"),
    ],
)
def test_each_fault_of_a_sheet_is_named_at_its_cell(
    tmp_path: Path, change: Any, fault: str
) -> None:
    with pytest.raises(BaselineError) as told:
        read_sheet(filled(tmp_path, change), today=TODAY)
    assert any(fault in f for f in told.value.faults), told.value.faults
    assert not any("山田" in f or "雑談" in f for f in told.value.faults)


def test_a_day_without_work_is_marked_and_not_forgotten(tmp_path: Path) -> None:
    def forget(book: Any) -> None:
        for row in range(2, 5):
            for column in range(1, 5):
                book["作業"].cell(row=row, column=column).value = None
        for column in range(1, 5):
            book["作業"].cell(row=32, column=column).value = None

    with pytest.raises(BaselineError, match="「記入済」ですが"):
        read_sheet(filled(tmp_path, forget), today=TODAY)

    def mark(book: Any) -> None:
        forget(book)
        book["対象日"]["B2"].value = "作業なし"

    assert read_sheet(filled(tmp_path, mark), today=TODAY).first == FIRST


@pytest.mark.parametrize("start", [date(2026, 3, 2), date(2026, 3, 13)])
def test_a_baseline_lies_before_the_first_record(tmp_path: Path, start: date) -> None:
    file = filled(tmp_path)
    with pytest.raises(BaselineError, match="使い始めの日"):
        read_sheet(file, today=TODAY, first_record=start)
    assert read_sheet(file, today=TODAY, first_record=date(2026, 3, 14))
    with pytest.raises(BaselineError, match="これからの日"):
        read_sheet(file, today=date(2026, 3, 12))


@pytest.mark.parametrize("kind", ["empty", "text", "old", "bomb", "entity"])
def test_a_hostile_workbook_is_refused(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "bad.xlsx"
    match kind:
        case "empty":
            file.write_bytes(b"")
        case "text":
            file.write_text("日付,分", encoding="utf-8")
        case "old":
            file.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512)
        case "bomb":
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
                package.writestr("xl/workbook.xml", b"0" * 30_000_000)
        case _:
            with zipfile.ZipFile(file, "w") as package:
                package.writestr("xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>')
    with pytest.raises(UnreadableError):
        read_sheet(file, today=TODAY)


# The measurement


def _measured(total: int, records: int) -> dict[str, Any]:
    spread = {"records": records, "total": total, "least": 1, "most": 99}
    return {
        "id": "progress/visit",
        "title": "訪問・同行",
        "counted": "経過記録1件の所要時間(分)",
        "tooFewStaff": False,
        "perCase": 12.5,
        "spread": {**spread, "lower": 10.0, "median": 20.0, "upper": 30.0},
    }


def test_without_a_baseline_nothing_is_measured() -> None:
    line = effect(_measured(400, 10), None)
    assert line[-1] == "未測定"
    assert line[2] == "未測定"


def test_a_reduction_is_measured_against_the_same_work(tmp_path: Path) -> None:
    before = read_sheet(filled(tmp_path), today=TODAY)
    was = before.tasks["progress/visit"].spread
    line = effect(_measured(400, 10), before)
    assert line[-1] == round(1 - 40 / (was.total / was.records), 3)
    # One member of staff at the meetings of the baseline: not shown, not measured.
    meeting = {**_measured(400, 10), "id": "conference/shien"}
    assert effect(meeting, before)[-1] == "未測定"
    assert effect(meeting, before)[2] == "職員が3人未満"
    other = {**_measured(400, 10), "id": "progress/contact"}
    assert effect(other, before)[-1] == "未測定"
    few = {**_measured(0, 0), "spread": None, "tooFewStaff": True, "perCase": None}
    assert effect(few, before)[-1] == "未測定"


def test_the_days_of_a_sheet_are_the_next_ten_working_days(tmp_path: Path) -> None:
    days = write_sheet(tmp_path / "a.xlsx", date(2026, 4, 25))
    assert len(days) == 10
    assert days[0] == date(2026, 4, 27)
    assert days[-1] == date(2026, 5, 14)
    assert all(b - a < timedelta(days=8) for a, b in itertools.pairwise(days))


# The command line


class _Answer:
    def __init__(self, status: int, body: Any) -> None:
        self.is_success = status == 200
        self.status_code = status
        self.content = body if isinstance(body, bytes) else b""
        self._body = body

    def json(self) -> Any:
        return self._body


class _Tenant:
    """A tenant that answers `GET statistics` with what it is given."""

    def __init__(self, answer: _Answer) -> None:
        self.answer = answer
        self.asked: list[dict[str, str]] = []

    def __call__(self, _: str) -> "_Tenant":
        return self

    def __enter__(self) -> "_Tenant":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def request(self, method: str, path: str, *, params: dict[str, str]) -> _Answer:
        assert (method, path) == ("GET", "statistics")
        self.asked.append(params)
        return self.answer


@pytest.fixture
def soudan(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`soudan statistics …` against a tenant that gives one answer."""

    class Live:
        url = "http://127.0.0.1/"
        manifest = type("Manifest", (), {"municipality": "見本市"})

    def run(answer: _Answer, *words: object) -> tuple[Any, _Tenant]:
        tenant = _Tenant(answer)
        monkeypatch.setattr(cli, "find", lambda _: Live())
        monkeypatch.setattr(cli, "TenantClient", tenant)
        monkeypatch.setattr(cli, "sign_in", lambda *_: None)
        return CliRunner().invoke(cli.app, [str(word) for word in words]), tenant

    return run


def test_the_command_writes_the_report_of_a_year(soudan: Any, tmp_path: Path) -> None:
    file = tmp_path / "r.xlsx"
    answer = _Answer(200, api_json(5))
    words = ("report", file, "--tenant", "t.yaml", "--year", "2026")
    done, tenant = soudan(answer, *words)
    assert done.exit_code == 0, done.output
    assert tenant.asked == [{"period": "2026", "for": "report", "format": "json"}]
    assert load_workbook(file)["効果の測定"]["L5"].value == "未測定"
    again, _ = soudan(answer, *words)
    assert again.exit_code == cli.UNUSABLE
    assert "--force" in again.output


def test_the_baseline_must_lie_before_the_tenant_s_first_record(
    soudan: Any, tmp_path: Path
) -> None:
    sheet, file = filled(tmp_path), tmp_path / "r.xlsx"
    words = ("report", file, "--tenant", "t.yaml", "--year", "2026", "--baseline", sheet)
    late, _ = soudan(_Answer(200, api_json(5)), *words)
    assert late.exit_code == cli.UNUSABLE
    assert "使い始めの日(2026-01-05)" in late.output
    assert not file.exists()
    done, _ = soudan(_Answer(200, {**api_json(5), "firstRecordOn": "2026-04-01"}), *words)
    assert done.exit_code == 0, done.output
    assert "2026-03-02 から 2026-03-13" in load_workbook(file)["効果の測定"]["A2"].value


def test_the_csv_is_kept_byte_for_byte(soudan: Any, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    content = "\ufeff年度\r\n".encode()
    words = ("report", file, "--tenant", "t.yaml", "--year", "2026", "--for", "publication")
    done, tenant = soudan(_Answer(200, content), *words)
    assert done.exit_code == 0, done.output
    assert file.read_bytes() == content
    assert tenant.asked[0]["for"] == "publication"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("r.pdf", "--year", "2026"), ".xlsx か .csv"),
        (("r.xlsx", "--year", "2026-05"), "--year"),
        (("r.xlsx", "--year", "令和8"), "--year"),
        (("r.xlsx", "--year", "2026", "--for", "all"), "--for"),
        (("r.xlsx", "--year", "2026", "--layout", "none.json"), "配置ファイル"),
    ],
)
def test_what_cannot_be_written_is_said_before_anybody_signs_in(
    soudan: Any, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    file = tmp_path / words[0]
    done, tenant = soudan(
        _Answer(200, api_json(5)), "report", file, "--tenant", "t.yaml", *words[1:]
    )
    assert done.exit_code == cli.UNUSABLE
    assert told in done.output
    assert not tenant.asked


def test_a_refusal_of_the_tenant_is_told(soudan: Any, tmp_path: Path) -> None:
    problem = {"title": "この操作はできません", "detail": "管理者に相談してください。"}
    file = tmp_path / "r.xlsx"
    done, _ = soudan(_Answer(403, problem), "report", file, "--tenant", "t", "--year", "2026")
    assert done.exit_code == cli.REFUSED
    assert "この操作はできません" in done.output
    assert not file.exists()


def test_sheet_and_layout_go_out_and_come_back(tmp_path: Path) -> None:
    run = CliRunner()
    empty = run.invoke(
        cli.app, ["baseline-sheet", str(tmp_path / "b.xlsx"), "--from", "2026-03-02"]
    )
    assert "2026-03-02 から 2026-03-13" in empty.output
    sheet = filled(tmp_path)
    read = run.invoke(cli.app, ["baseline-read", str(sheet), "--json"])
    assert json.loads(read.output)["tasks"]["progress/visit"]["records"] == 30
    late = run.invoke(cli.app, ["baseline-read", str(sheet), "--first-record", "2026-03-01"])
    assert late.exit_code == cli.UNUSABLE
    own = tmp_path / "layout.json"
    assert run.invoke(cli.app, ["layout", str(own)]).exit_code == 0
    assert "使えます" in run.invoke(cli.app, ["layout-check", str(own)]).output
    own.write_text(own.read_text("utf-8").replace("multi.received", "multi.recieved"), "utf-8")
    wrong = run.invoke(cli.app, ["layout-check", str(own)])
    assert wrong.exit_code == cli.UNUSABLE
    assert "rows[" in wrong.output
    assert "multi.received" in run.invoke(cli.app, ["indicators"]).output
