"""A paper as a workbook: the same items, one below the other, to work on or to file."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

from lambdas.papers.sheets import Item

_COLUMNS = 6
_LABEL_WIDTH, _WIDTH = 22, 18
# Sheets of a workbook are named by what Excel allows.
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_MOST_NAME = 31
_TOP = Alignment(vertical="top", wrap_text=True)
_SHADE = PatternFill("solid", fgColor="ECECEC")
_LINE = Side(style="thin", color="808080")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def workbook(data: Mapping[str, Any]) -> bytes:
    """The paper's data (paper.py) as an .xlsx file."""
    book = Workbook()
    del book[book.sheetnames[0]]
    book.properties.title = data["title"]
    book.properties.creator = data["municipality"]
    book.properties.language = "ja"
    if "list" in data:
        _begin(book, data["title"], data).table(data["list"])
    for sheet in data["sheets"]:
        page = _begin(book, sheet["title"], data)
        for section in sheet["sections"]:
            page.section(section["title"])
            for item in section["items"]:
                page.item(item)
    for page_sheet in book.worksheets[-1:]:
        page_sheet.append([])
        for note in data["notes"]:
            page_sheet.append([note])
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


class _Page:
    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._row = sheet.max_row

    def section(self, title: str) -> None:
        (cell,) = self._write([title])
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="D7D7D7")
        self._across(cell, first=1)

    def item(self, item: Item, *, depth: int = 0) -> None:
        label = "　" * depth + item["label"]
        match item["kind"]:
            case "group":
                self._entry(label, "")
                for inner in item["items"]:
                    self.item(inner, depth=depth + 1)
            case "cards":
                for place, card in enumerate(item["cards"]):
                    self._entry(f"{label} {place + 1}", "")
                    for inner in card:
                        self.item(inner, depth=depth + 1)
            case "table":
                self._entry(label, "")
                self.table(item)
            case _:
                self._entry(label, item["text"])

    def table(self, table: Mapping[str, Any]) -> None:
        """A table with its heading, below what is there."""
        for cell in self._write(table["columns"]):
            cell.fill, cell.font = _SHADE, Font(bold=True)
        for row in table["rows"]:
            self._write(row)

    def _entry(self, label: str, text: str) -> None:
        name, value = self._write([label, text])
        name.fill = _SHADE
        self._across(value, first=2)
        # Excel does not fit merged rows to their text by itself.
        lines = sum(1 + len(line) // (_WIDTH * 2) for line in text.split("\n"))
        self._sheet.row_dimensions[value.row].height = 15.0 * min(lines, 27)

    def _write(self, texts: Sequence[str]) -> list[Cell]:
        self._row += 1
        return list(self._cells(texts))

    def _cells(self, texts: Sequence[str]) -> Iterator[Cell]:
        for place, text in enumerate(texts):
            cell: Any = self._sheet.cell(row=self._row, column=place + 1)
            _set(cell, text)
            cell.alignment, cell.border = _TOP, _BOX
            yield cell

    def _across(self, cell: Cell, *, first: int) -> None:
        self._sheet.merge_cells(
            start_row=cell.row, end_row=cell.row, start_column=first, end_column=_COLUMNS
        )


def _begin(book: Workbook, title: str, data: Mapping[str, Any]) -> _Page:
    sheet = book.create_sheet(title.translate(_FORBIDDEN)[:_MOST_NAME])
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if "list" in data else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.right.text = "&P / &N"
    if data["printed"]:
        by = data["printed"]
        sheet.oddFooter.left.text = f"出力: {by['agency']} {by['name']} {by['at']}".replace(
            "&", "&&"
        )
    for place in range(1, _COLUMNS + 1):
        width = _LABEL_WIDTH if place == 1 else _WIDTH
        sheet.column_dimensions[sheet.cell(row=1, column=place).column_letter].width = width
    _set(sheet.cell(row=1, column=1), title)
    sheet.cell(row=1, column=1).font = Font(bold=True, size=14)
    case = [["ケース番号", data["case"]]] if data["case"] else []
    for row, (label, text) in enumerate([*case, *data["heading"]], start=2):
        _set(sheet.cell(row=row, column=1), label)
        _set(sheet.cell(row=row, column=2), text)
    return _Page(sheet)


def _set(cell: Any, text: str) -> None:
    """A text as text: one that begins like a formula is not one."""
    cell.value = text
    if text:
        cell.data_type = "s"
