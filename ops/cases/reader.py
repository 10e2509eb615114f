"""Reading a つなぐシート workbook into intake sheets, row by row. Nothing is sent from here."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from lambdas.casework import forms
from ops.cases import cells
from ops.cases.sheet import (
    CASE_COLUMNS,
    CASES,
    CONCERNS,
    CONTROL,
    FORM_VERSION,
    HOUSEHOLD,
    HOUSEHOLD_COLUMNS,
    ORIGINAL_CONCERNS,
    Column,
    Kind,
    codes_by_label,
    how_to_write,
    plain,
)
from ops.cases.workbook import UnreadableError, open_workbook

Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A cell as a clerk finds it. An empty heading is the row as a whole."""

    sheet: str
    row: int
    heading: str = ""
    letter: str = ""

    def __str__(self) -> str:
        column = f" {self.letter}列" if self.letter else ""
        heading = f"「{self.heading}」" if self.heading else ""
        return f"シート「{self.sheet}」{self.row}行{column}{heading}"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong at a place and how to write it; never what was written."""

    place: Place
    wrong: str
    write: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row that can be sent.

    source_id: 管理番号, or a hash of the content where there is none. data: the intake sheet.
    places: JSON pointer in `data` → the cell it came from. notices: what the clerk should know.
    """

    sheet: str
    row: int
    source_id: str
    data: Data
    places: Mapping[str, Place] = field(repr=False)
    notices: tuple[str, ...] = ()

    @property
    def content_sha256(self) -> str:
        return _sha256(self.data)

    def fault(self, pointer: str, wrong: str) -> Fault:
        """A fault that the server found at a pointer of `data`."""
        return _fault(_place_of(pointer, self.places, row=self.row), wrong)


@dataclass(frozen=True, kw_only=True)
class RefusedRow:
    """A row of which nothing is sent."""

    sheet: str
    row: int
    faults: tuple[Fault, ...]


def read_workbook(
    path: Path, *, agencies: Mapping[str, str], own_agency: str
) -> list[Row | RefusedRow]:
    """Every row that is not empty, in the order of the sheet, checked against the form.

    agencies: name → agency id; own_agency: the id that stands for an empty 受付機関.
    Raises UnreadableError when nothing of the file can be taken.
    """
    book = open_workbook(path)
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if CASES not in sheets:
        raise UnreadableError(
            f"シート「{CASES}」がありません。"
            "`soudan case template` で作ったひな形に書き写してください。"
        )
    known = {plain(name): agency for name, agency in agencies.items()}
    lines = _lines(sheets[CASES], (*CASE_COLUMNS, *ORIGINAL_CONCERNS), known)
    members: dict[str, list[_Line]] = {}
    if HOUSEHOLD in sheets:
        for line in _lines(sheets[HOUSEHOLD], HOUSEHOLD_COLUMNS, known):
            members.setdefault(line.control_number, []).append(line)
    without_number = members.pop("", [])
    numbers = Counter(line.control_number for line in lines if line.control_number)
    rows: list[Row | RefusedRow] = []
    for line in lines:
        if numbers[line.control_number] > 1:
            line.refuse(CONTROL, "同じ管理番号の行がほかにもあります。")
        rows.append(_judge(line, members.pop(line.control_number, []), own_agency=own_agency))
    for line in (*without_number, *(orphan for family in members.values() for orphan in family)):
        line.refuse(CONTROL, f"シート「{CASES}」に同じ管理番号の行がありません。")
        rows.append(RefusedRow(sheet=line.sheet, row=line.row, faults=tuple(line.faults)))
    return rows


@dataclass(kw_only=True)
class _Line:
    """One row while it is read. values: pointer → value; letters: heading → column letter."""

    sheet: str
    row: int
    letters: Mapping[str, str]
    control_number: str = ""
    values: Data = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.control_number or self.values or self.faults)

    def place(self, heading: str) -> Place:
        letter = self.letters.get(heading, "")
        return Place(sheet=self.sheet, row=self.row, heading=heading, letter=letter)

    def put(self, column: Column, pointer: str, value: Any) -> None:
        self.values[pointer] = value
        self.places[pointer] = self.place(column.heading)

    def refuse(self, heading: str, wrong: str) -> None:
        self.faults.append(_fault(self.place(heading), wrong))


def _lines(sheet: Worksheet, columns: Sequence[Column], agencies: Mapping[str, str]) -> list[_Line]:
    found = _headings(sheet, columns)
    letters = {column.heading: get_column_letter(index) for index, column in found.items()}
    merged = {
        (row, index)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for index in range(area.min_col, area.max_col + 1)
    }
    lines = []
    for row, across in enumerate(sheet.iter_rows(min_row=2), 2):
        line = _Line(sheet=sheet.title, row=row, letters=letters)
        for index, cell in enumerate(across, 1):
            letter = get_column_letter(index)
            if (row, index) in merged:
                place = Place(sheet=sheet.title, row=row, letter=letter)
                line.faults.append(_fault(place, "セルが結合されています。結合を解除します。"))
            elif index in found:
                _read_cell(line, found[index], cell, agencies)
            elif _content(cell) is not None:
                place = Place(sheet=sheet.title, row=row, letter=letter)
                line.faults.append(_fault(place, "見出しのない列に記入があります。"))
        if not line.is_empty:
            lines.append(line)
    return lines


def _headings(sheet: Worksheet, columns: Sequence[Column]) -> Mapping[int, Column]:
    """Column index → column. What is unknown, doubled or missing refuses the whole sheet."""
    if any(area.min_row == 1 for area in sheet.merged_cells.ranges):
        raise UnreadableError(
            f"シート「{sheet.title}」の見出し(1行目)が結合されています。結合を解除してください。"
        )
    by_heading = {plain(column.heading): column for column in columns}
    found: dict[int, Column] = {}
    problems = []
    for index, cell in enumerate(next(sheet.iter_rows(min_row=1, max_row=1), ()), 1):
        content = _content(cell)
        if content is None:
            continue
        column = by_heading.get(plain(str(content)))
        # The heading itself is not repeated: without a header row it would be somebody's data.
        if column is None:
            problems.append(f"{get_column_letter(index)}列の見出しは様式にありません")
        elif column in found.values():
            problems.append(f"{get_column_letter(index)}列の見出しが重なっています")
        else:
            found[index] = column
    problems += [
        f"見出し「{column.heading}」がありません"
        for column in columns
        if column.needed and column not in found.values()
    ]
    if problems:
        raise UnreadableError(
            f"シート「{sheet.title}」の見出し(1行目)が様式と違います: {'。'.join(problems)}。"
            "`soudan case template` で作ったひな形の見出しに直してください。"
        )
    return found


def _content(cell: Cell | MergedCell) -> Any:
    value = cell.value
    return (value.strip() or None) if isinstance(value, str) else value


def _read_cell(
    line: _Line, column: Column, cell: Cell | MergedCell, agencies: Mapping[str, str]
) -> None:
    content = _content(cell)
    if content is None:
        return
    try:
        if cell.data_type == "f":
            raise cells.CellError("数式が入っています。値だけを貼り付けます。")
        if cell.data_type == "e":
            raise cells.CellError("Excel のエラー値です。")
        _READ.get(column.kind, _read_value)(line, column, content, agencies)
    except cells.CellError as error:
        line.refuse(column.heading, str(error))


def _read_value(line: _Line, column: Column, content: Any, _: Mapping[str, str]) -> None:
    line.put(column, column.pointer, cells.READERS[column.kind](content))


def _read_control(line: _Line, column: Column, content: Any, _: Mapping[str, str]) -> None:
    line.control_number = cells.control_number(content)


def _read_code(line: _Line, column: Column, content: Any, _: Mapping[str, str]) -> None:
    line.put(column, column.pointer, cells.one_of(content, codes_by_label(column.code)))


def _read_agency(line: _Line, column: Column, content: Any, agencies: Mapping[str, str]) -> None:
    line.put(column, column.pointer, cells.one_of(content, agencies))


def _read_name(line: _Line, column: Column, content: Any, _: Mapping[str, str]) -> None:
    name = cells.text(content)
    status = {"匿名": "anonymous", "不詳": "unknown", "不明": "unknown"}.get(plain(name))
    line.put(column, "/nameStatus" if status else "/name", status or name)


def _read_mark(line: _Line, column: Column, content: Any, _: Mapping[str, str]) -> None:
    mark = cells.mark(content)
    if not mark:
        return
    marked = line.values.get("/concerns", [])
    line.put(column, "/concerns", sorted({*marked, column.code}))
    if column.note:
        line.notes.append(column.note)
    if mark == "◎":
        if "/topConcern" in line.values:
            raise cells.CellError("◎が二つ以上あります。")
        line.put(column, "/topConcern", column.code)


def _read_phone(line: _Line, column: Column, content: Any, _: Mapping[str, str]) -> None:
    number, lost_zero = cells.phone(content)
    if lost_zero:
        line.notices.append(f"「{column.heading}」の先頭に 0 を補います。番号を確かめてください。")
    if not column.code:
        line.put(column, column.pointer, number)
        return
    phones = line.values.setdefault("/phones", [])
    line.places[f"/phones/{len(phones)}"] = line.place(column.heading)
    phones.append({"kind": column.code, "number": number})


_READ = {
    Kind.CONTROL: _read_control,
    Kind.CODE: _read_code,
    Kind.AGENCY: _read_agency,
    Kind.NAME: _read_name,
    Kind.MARK: _read_mark,
    Kind.PHONE: _read_phone,
}


def _judge(line: _Line, family: Sequence[_Line], *, own_agency: str) -> Row | RefusedRow:
    """The line as an intake sheet, or everything that is wrong with it and its household."""
    values = {"/receivingAgencyId": own_agency, **line.values}
    if line.notes:
        noted = [values["/concernsNote"]] if "/concernsNote" in values else []
        values["/concernsNote"] = "、".join([*noted, *line.notes])
    values, notices = _provable(values)
    places = dict(line.places)
    if family:
        values["/household"] = [_nested(member.values) for member in family]
    for index, member in enumerate(family):
        places |= {f"/household/{index}{p}": place for p, place in member.places.items()}
        places[f"/household/{index}"] = Place(sheet=member.sheet, row=member.row)
    data = _nested(values)
    faults = [*line.faults, *(fault for member in family for fault in member.faults)]
    # A cell that could not be read is missing from the data: it is named once, not twice.
    named = {fault.place for fault in faults}
    errors = forms.check(forms.form("intake", FORM_VERSION), data)
    for error in errors:
        # Inside a part that may not be there at all, nothing more is asked for.
        if any(error.pointer.startswith(f"{other.pointer}/") for other in errors):
            continue
        place = _place_of(error.pointer, places, row=line.row, letters=line.letters)
        if place not in named:
            faults.append(_fault(place, error.hint or _message(error)))
    if faults:
        return RefusedRow(sheet=line.sheet, row=line.row, faults=tuple(faults))
    return Row(
        sheet=line.sheet,
        row=line.row,
        source_id=line.control_number or f"row-{_sha256(data)[:32]}",
        data=data,
        places=places,
        notices=(*line.notices, *notices),
    )


_PROOF = {
    "/consent/date": "同意日",
    "/consent/explainer": "説明者",
    "/consent/method": "同意の方法",
    "/consent/evidence": "証跡",
}


def _provable(values: Data) -> tuple[Data, tuple[str, ...]]:
    """「同意あり」 that cannot be shown comes in as 同意なし (DOMAIN §4.10), with a notice."""
    missing = "・".join(name for pointer, name in _PROOF.items() if pointer not in values)
    if values.get("/consentVersion") != "consent" or not missing:
        return values, ()
    labels = forms.labels("consent-method")
    kept = "、".join(
        f"{name}: {labels.get(values[pointer], values[pointer])}"
        for pointer, name in _PROOF.items()
        if pointer in values
    )
    reason = (
        f"取込元の表では「同意あり」でしたが、{missing}の記載がないため、"
        "同意なしとして取り込みました。" + (f"({kept})" if kept else "")
    )
    given = [values["/noConsentReason"]] if "/noConsentReason" in values else []
    without = {p: value for p, value in values.items() if not p.startswith("/consent/")}
    without["/consentVersion"] = "no-consent"
    without["/noConsentReason"] = "\n".join([*given, reason])
    return without, (
        f"「同意あり」ですが{missing}の記載がないため、本人同意なしとして取り込みます。",
    )


def _nested(values: Mapping[str, Any]) -> Data:
    data: Data = {}
    for pointer, value in values.items():
        *parents, last = pointer.split("/")[1:]
        node = data
        for step in parents:
            node = node.setdefault(step, {})
        node[last] = value
    return data


def _place_of(
    pointer: str,
    places: Mapping[str, Place],
    *,
    row: int,
    letters: Mapping[str, str] | None = None,
) -> Place:
    """The cell of the pointer, or of what encloses it, or of what it encloses, or its column."""
    near = pointer
    while near:
        if near in places:
            return places[near]
        near = near.rpartition("/")[0]
    for other, place in places.items():
        if other.startswith(f"{pointer}/"):
            return place
    column = next((c for c in CASE_COLUMNS if pointer and c.pointer.startswith(pointer)), None)
    if column is None:
        return Place(sheet=CASES, row=row)
    if column.kind is Kind.MARK:
        return Place(sheet=CASES, row=row, heading=CONCERNS)
    letter = (letters or {}).get(column.heading, "")
    return Place(sheet=CASES, row=row, heading=column.heading, letter=letter)


def _fault(place: Place, wrong: str) -> Fault:
    columns = HOUSEHOLD_COLUMNS if place.sheet == HOUSEHOLD else CASE_COLUMNS
    fitting = (c for c in columns if c.heading == place.heading)
    if place.heading == CONCERNS:
        fitting = (c for c in columns if c.kind is Kind.MARK)
    column = next(fitting, None)
    return Fault(place=place, wrong=wrong, write=how_to_write(column) if column else "")


def _message(error: forms.FieldError) -> str:
    template = _messages().get(error.code, _messages()["other"])
    return template.format(limit=error.limit)


@cache
def _messages() -> Mapping[str, str]:
    content: Mapping[str, str] = json.loads((forms.SCHEMAS / "messages.json").read_text("utf-8"))
    return content


def _sha256(data: Mapping[str, Any]) -> str:
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
