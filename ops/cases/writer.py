"""Writing the つなぐシート workbook: the empty template, or one filled with cases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from lambdas.casework import forms, wareki
from ops.cases.sheet import (
    CASE_COLUMNS,
    CASES,
    CHOICES,
    HELP,
    HOUSEHOLD,
    HOUSEHOLD_COLUMNS,
    Column,
    Kind,
    how_to_write,
)
from ops.cases.workbook import MOST_ROWS

_TOP = Alignment(wrap_text=True, vertical="top")
_RULES = (
    "つなぐシート(取込用)の記入のしかた",
    "「相談」シートに、ひとつの相談をひとつの行で書きます。世帯員は「世帯員」シートに書きます。",
    "見出しは変えないでください。セルの結合と数式は使えません。",
    "個人番号(マイナンバー)は書けません。書いてある行は取り込まれません。",
    "住所を秘匿する必要があるときは、住所や居場所の分かることを、どの欄にも書かないでください。",
)


@dataclass(frozen=True, kw_only=True)
class SheetCase:
    """A case as it goes into a workbook: 管理番号 and an intake sheet."""

    control_number: str
    data: Mapping[str, Any]


def write_workbook(
    path: Path, cases: Iterable[SheetCase] = (), *, agencies: Mapping[str, str] | None = None
) -> None:
    """Write the sheet's items of `cases`; without cases, the empty template.

    agencies: agency id → name, for 受付機関. What the sheet has no column for is left out.
    """
    names = agencies or {}
    book = Workbook()
    _write_help(book.worksheets[0])
    choices: Worksheet = book.create_sheet(CHOICES)
    choices.sheet_state = "hidden"
    lists = _write_choices(choices, agencies=list(names.values()))
    sheet = _table(book, CASES, CASE_COLUMNS, lists)
    household = _table(book, HOUSEHOLD, HOUSEHOLD_COLUMNS, lists)
    for case in cases:
        shown = {**case.data, "receivingAgencyId": names.get(case.data["receivingAgencyId"], "")}
        _append(sheet, case.control_number, CASE_COLUMNS, shown)
        for member in case.data.get("household", ()):
            _append(household, case.control_number, HOUSEHOLD_COLUMNS, member)
    book.active = 2
    book.save(path)


def _write_help(sheet: Worksheet) -> None:
    sheet.title = HELP
    lines = [(rule,) for rule in _RULES] + [(), ("シート", "見出し", "書き方")]
    marks = [c.heading for c in CASE_COLUMNS if c.kind is Kind.MARK]
    for name, columns in ((CASES, CASE_COLUMNS), (HOUSEHOLD, HOUSEHOLD_COLUMNS)):
        for column in columns:
            if column.heading == marks[0]:
                lines.append((name, f"{marks[0]} から {marks[-1]} まで", how_to_write(column)))
            elif column.heading not in marks:
                lines.append((name, column.heading, how_to_write(column)))
    for row, line in enumerate(lines, 1):
        for index, text in enumerate(line, 1):
            _set(sheet, row, index, text)
    sheet["A1"].font = Font(bold=True, size=14)
    for letter, width in zip("ABC", (12, 40, 80), strict=True):
        sheet.column_dimensions[letter].width = width


def _write_choices(sheet: Worksheet, *, agencies: Sequence[str]) -> Mapping[str, str]:
    """List name → the range of its labels, for the drop-down lists."""
    columns = (*CASE_COLUMNS, *HOUSEHOLD_COLUMNS)
    lists = {c.code: list(forms.labels(c.code).values()) for c in columns if c.kind is Kind.CODE}
    lists |= {"mark": ["○", "◎"], "agency": list(agencies)}
    ranges = {}
    for index, (name, labels) in enumerate(lists.items(), 1):
        letter = get_column_letter(index)
        for row, label in enumerate(labels, 1):
            _set(sheet, row, index, label)
        if labels:
            ranges[name] = f"'{CHOICES}'!${letter}$1:${letter}${len(labels)}"
    return ranges


def _table(
    book: Workbook, name: str, columns: Sequence[Column], lists: Mapping[str, str]
) -> Worksheet:
    sheet: Worksheet = book.create_sheet(name)
    for index, column in enumerate(columns, 1):
        letter = get_column_letter(index)
        _set(sheet, 1, index, column.heading)
        cell = sheet.cell(row=1, column=index)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="D9E6F2")
        sheet.column_dimensions[letter].width = column.width
        # As text, or Excel turns 3-1 into a date and drops the leading zero of a telephone number.
        sheet.column_dimensions[letter].number_format = "@"
        of_kind = {Kind.MARK: "mark", Kind.AGENCY: "agency", Kind.CODE: column.code}
        choice = of_kind.get(column.kind, "")
        if choice in lists:
            # A warning only: the reader also knows short forms such as 男 and 同意あり.
            rule = DataValidation(
                type="list", formula1=lists[choice], allow_blank=True, errorStyle="warning"
            )
            rule.add(f"{letter}2:{letter}{MOST_ROWS}")
            sheet.add_data_validation(rule)
    sheet.freeze_panes = "B2"
    return sheet


def _append(
    sheet: Worksheet, control_number: str, columns: Sequence[Column], data: Mapping[str, Any]
) -> None:
    row = sheet.max_row + 1
    _set(sheet, row, 1, control_number)
    for index, column in enumerate(columns[1:], 2):
        if text := _written(column, data):
            _set(sheet, row, index, text)


def _set(sheet: Worksheet, row: int, index: int, text: str) -> None:
    """Put a text, never a formula: a note that begins with = must not run at the reader's."""
    cell = sheet.cell(row=row, column=index)
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = _TOP


def _written(column: Column, data: Mapping[str, Any]) -> str:
    value: Any = data
    for step in column.pointer.split("/")[1:]:
        value = value.get(step) if value is not None else None
    match column.kind:
        case Kind.NAME if value is None:
            return {"anonymous": "匿名", "unknown": "不詳"}[data["nameStatus"]]
        case Kind.MARK if column.code not in value:
            return ""
        case Kind.MARK:
            return "◎" if data.get("topConcern") == column.code else "○"
        case Kind.PHONE if column.code:
            return next((p["number"] for p in value or () if p.get("kind") == column.code), "")
        case _ if value is None:
            return ""
        case Kind.CODE:
            return forms.labels(column.code)[value]
        case Kind.DATE:
            return wareki.format_wareki(wareki.parse(value))
        case Kind.PARTIAL_DATE:
            return wareki.format_wareki(wareki.PartialDate(**value))
        case _:
            return str(value)
