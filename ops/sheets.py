"""Cells of workbooks that we write: numbers as numbers, texts as texts, never as formulas."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

Value = str | int | float | Decimal | None


def put(cell: Any, value: Value) -> None:
    """One value; an empty cell for None."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


def write_table(
    sheet: Worksheet,
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
    widths: Sequence[int],
    *,
    first: int = 1,
) -> int:
    """Headings in row `first` and what follows; returns the next free row."""
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True), 1):
        cell = sheet.cell(row=first, column=column)
        put(cell, heading)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = width
    number = first
    for number, row in enumerate(rows, first + 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(row=number, column=column)
            put(cell, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(value, int | Decimal):
                cell.number_format = "#,##0"
    return number + 1
