"""The Excel report: the numbers of the API in the cells of a layout, and what the signs mean."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from lambdas.casework.statistics.periods import Period
from lambdas.casework.statistics.volumes import FEWEST_STAFF, Spread
from lambdas.papers.report_layout import EFFECT, SIGNS, Layout, month_of

Report = Mapping[str, Any]
"""The JSON of `GET /statistics` for a fiscal year."""


class Task(Protocol):
    """The minutes of one kind of work before, and how many members of staff they are of."""

    @property
    def spread(self) -> Spread: ...
    @property
    def staff(self) -> int: ...


class Baseline(Protocol):
    """What two weeks of work took before (ops/statistics/baseline.py reads the sheet)."""

    @property
    def first(self) -> date: ...
    @property
    def last(self) -> date: ...
    @property
    def tasks(self) -> Mapping[str, Task]: ...


NOT_MEASURED = "未測定"
_USES = {"publication": "公表用", "report": "報告用・公表しない"}
_EFFECT_HEADINGS = (
    "区分",
    "数えたもの",
    "事前 件数",
    "事前 中央(分)",
    "事前 25%〜75%",
    "事前 最小〜最大",
    "今 件数",
    "今 中央(分)",
    "今 25%〜75%",
    "今 最小〜最大",
    "今 1ケースの平均(分)",
    "1件の平均の減り",
)


def write_report(
    target: Path | BinaryIO,
    report: Report,
    layout: Layout,
    *,
    municipality: str,
    baseline: Baseline | None,
) -> None:
    """Writes the workbook into a file. The measurement of effects is for the municipality's own
    report only."""
    year = Period(report["period"])
    cells = {(r["indicator"], r["breakdown"], r["code"]): r for r in report["rows"]}
    words = {
        "municipality": municipality,
        "period": year.label,
        "use": _USES[report["for"]],
    }
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in layout.sheets:
        page: Worksheet = book.create_sheet(sheet.name)
        for column, width in sheet.widths.items():
            page.column_dimensions[column].width = width
        for text in sheet.texts:
            _set(page, text.cell, _filled(text.text, words))
        for number in sheet.numbers:
            row = cells[number.indicator, number.breakdown, number.code]
            _set(page, number.cell, _shown(row, month_of(number.period, year), report["notes"]))
    if report["volumes"] is not None:
        _write_effect(book.create_sheet(EFFECT), report, baseline)
    _write_signs(book.create_sheet(SIGNS), report)
    book.save(target)


def effect(volume: Mapping[str, Any], baseline: Baseline | None) -> list[float | str]:
    """What a volume took before and takes now. A reduction is a number only where both sides were
    measured, by the same kinds of work, by at least three members of staff each."""
    now = volume["spread"]
    after: list[float | str] = [NOT_MEASURED, "", "", ""]
    if volume["tooFewStaff"]:
        after[0] = f"職員が{FEWEST_STAFF}人未満"
    elif now is not None:
        after = _measured(now)
    task = baseline.tasks.get(volume["id"]) if baseline else None
    before: list[float | str] = [NOT_MEASURED, "", "", ""]
    if task is not None and task.staff < FEWEST_STAFF:
        before[0] = f"職員が{FEWEST_STAFF}人未満"
    elif task is not None:
        before = _measured(vars(task.spread))
    reduction: float | str = NOT_MEASURED
    if task is not None and now is not None and isinstance(before[0], int):
        was, is_ = task.spread.total / task.spread.records, now["total"] / now["records"]
        reduction = round((was - is_) / was, 3)
    per_case = "" if volume["perCase"] is None else volume["perCase"]
    return [volume["title"], volume["counted"], *before, *after, per_case, reduction]


def _measured(spread: Mapping[str, Any]) -> list[float | str]:
    return [
        spread["records"],
        spread["median"],
        f"{spread['lower']:g}〜{spread['upper']:g}",
        f"{spread['least']}〜{spread['most']}",
    ]


def _write_effect(sheet: Worksheet, report: Report, baseline: Baseline | None) -> None:
    notes = [
        "記録と会議にかかった時間の実測です。時間が減っても歳出が減るとは限りません。"
        "職員の評価には使いません。",
        (
            f"事前の記録: {baseline.first.isoformat()} から {baseline.last.isoformat()} まで"
            "の10開庁日"
            if baseline
            else f"事前の記録(使い始める前の2週間)がないため、減りは「{NOT_MEASURED}」です。"
        ),
    ]
    for row, note in enumerate(notes, 1):
        _set(sheet, f"A{row}", note)
    for column, heading in enumerate(_EFFECT_HEADINGS, 1):
        cell = sheet.cell(row=4, column=column)
        cell.value, cell.font = heading, Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = 34 if column <= 2 else 16
    for row, volume in enumerate(report["volumes"], 5):
        for column, value in enumerate(effect(volume, baseline), 1):
            cell = sheet.cell(row=row, column=column)
            _put(cell, value)
            if column == len(_EFFECT_HEADINGS) and isinstance(value, float):
                cell.number_format = "0.0%"


def _write_signs(sheet: Worksheet, report: Report) -> None:
    used = {mark for row in report["rows"] for mark in row["marks"].values()}
    lines = [("記号", "意味")] + [
        (note["sign"], note["text"]) for mark, note in report["notes"].items() if mark in used
    ]
    lines.append(("集計項目の版", report["definitions"]))
    for row, line in enumerate(lines, 1):
        for column, text in enumerate(line, 1):
            _put(sheet.cell(row=row, column=column), text)
    sheet.column_dimensions["A"].width = 16
    sheet.column_dimensions["B"].width = 80


def _shown(row: Mapping[str, Any], period: str, notes: Mapping[str, Any]) -> float | str:
    mark = row["marks"].get(period)
    if mark is not None:
        return str(notes[mark]["sign"])
    number = row["values"][period]
    return int(number) if number == int(number) else float(number)


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


def _set(sheet: Worksheet, place: str, value: float | str) -> None:
    _put(sheet[place], value)


def _put(cell: Any, value: float | str) -> None:
    """Numbers as numbers; texts as texts, never as formulas."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
