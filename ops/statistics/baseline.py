"""The baseline sheet: what two weeks of work took before this system was used.

A reduction is said to be measured only against such a sheet (DOMAIN §4.10): ten working days in a
row, all before the first record, the same kinds of work that the records measure afterwards.
Members of staff are numbers that the office gives out; names have no place in it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from lambdas.casework import wareki
from lambdas.casework.statistics.definitions import VERSION, definitions
from lambdas.casework.statistics.volumes import FEWEST_STAFF, Spread, spread
from ops.cases.cells import CellError, full_date, text
from ops.cases.workbook import MOST_ROWS, open_workbook
from ops.statistics.working_days import is_working_day, working_days

DAYS = 10
HELP, DATES, WORK, MARK = "記入のしかた", "対象日", "作業", "様式"
_MARK_TEXT = f"soudan-baseline {VERSION}"
_DATE_HEADINGS = ("日付", "記入の状況")
_WORK_HEADINGS = ("日付", "記入者の番号", "作業の種類", "時間(分)")
_DONE, _NO_WORK = "記入済", "作業なし"
_MOST_MINUTES, _MOST_STAFF = 1440, 999
MOST_FAULTS = 100

_RULES = (
    "事前の作業時間の記録(2週間)",
    "この仕組みを使い始める前の、連続する10開庁日の作業時間を書きます。",
    "「対象日」シートの日ごとに、記入が終わったら「記入済」、作業がなかったら「作業なし」を選びます。",
    "「作業」シートに、相談対応1回・会議1回をひとつの行で書きます。記録を書く時間も含めます。",
    "記入者は、市区町村の担当が割り振る番号(1から999)で書きます。氏名は書きません。",
    "会議は、1つのケースに使った時間を書きます。出席者ごとには書きません。",
    "本人や家族の情報は、どこにも書きません。見出しは変えず、数式は使いません。",
)


class BaselineError(Exception):
    """A sheet that cannot be taken; `faults` name the cells, and say what to write (Japanese)."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, kw_only=True)
class Task:
    """The minutes of one kind of work, and how many members of staff they are of."""

    spread: Spread
    staff: int


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A valid sheet. `tasks`: volume group → what it took; kinds without a row are not there."""

    first: date
    last: date
    definitions: str
    tasks: Mapping[str, Task]


def kinds() -> Mapping[str, str]:
    """The kinds of work that a sheet has: volume group → label. What is only a sum of others, or
    counts those who attend, cannot be written down as one piece of work."""
    return {
        v.id: v.title for v in definitions().volumes if v.methods or v.id.startswith("conference/")
    }


def write_sheet(path: Path, first: date) -> tuple[date, ...]:
    """An empty sheet for the ten working days from `first` on, which are returned."""
    days = working_days(first, DAYS)
    book = Workbook()
    _write_help(book.worksheets[0])
    dates = _table(book, DATES, _DATE_HEADINGS, (16, 20))
    for row, day in enumerate(days, 2):
        _set(dates, row, 1, day.isoformat())
    _choice(dates, "B", f'"{_DONE},{_NO_WORK}"', DAYS + 1)
    work = _table(book, WORK, _WORK_HEADINGS, (16, 16, 40, 12))
    _choice(work, "A", f"'{DATES}'!$A$2:$A${DAYS + 1}", MOST_ROWS)
    mark: Worksheet = book.create_sheet(MARK)
    mark.sheet_state = "hidden"
    _set(mark, 1, 1, _MARK_TEXT)
    for row, label in enumerate(kinds().values(), 2):
        _set(mark, row, 1, label)
    _choice(work, "C", f"'{MARK}'!$A$2:$A${len(kinds()) + 1}", MOST_ROWS)
    book.active = 1
    book.save(path)
    return days


def read_sheet(path: Path, *, today: date, first_record: date | None = None) -> Baseline:
    """The sheet that staff filled in.

    `first_record`: the day of the first record of the municipality, when there is one. Raises
    BaselineError with everything that is wrong, and UnreadableError of ops.cases.workbook.
    """
    book = open_workbook(path)
    missing = [name for name in (DATES, WORK, MARK) if name not in book.sheetnames]
    if missing:
        raise BaselineError(
            [f"シート「{name}」がありません。配られた様式に書いてください。" for name in missing]
        )
    if _content(book[MARK].cell(row=1, column=1)) != _MARK_TEXT:
        raise BaselineError(
            [
                "様式の版が違います。`soudan statistics baseline-sheet` で作り直した様式に"
                "書いてください。"
            ]
        )
    faults: list[str] = []
    _check_headings(book[DATES], _DATE_HEADINGS, faults)
    _check_headings(book[WORK], _WORK_HEADINGS, faults)
    if faults:
        raise BaselineError(faults)
    states = _read_dates(book[DATES], faults)
    rows = list(_read_work(book[WORK], states, faults))
    _check_days(states, rows, faults)
    if not faults:
        _check_period(sorted(states), today, first_record, faults)
    if faults:
        more = len(faults) - MOST_FAULTS
        raise BaselineError(
            faults[:MOST_FAULTS] + ([f"ほかに{more}か所あります。"] if more > 0 else [])
        )
    return Baseline(first=min(states), last=max(states), definitions=VERSION, tasks=_tasks(rows))


@dataclass(frozen=True, kw_only=True)
class _Work:
    row: int
    day: date
    staff: int
    kind: str
    minutes: int


def _read_dates(sheet: Worksheet, faults: list[str]) -> dict[date, str]:
    """Day → what its state says."""
    states: dict[date, str] = {}
    for row in range(2, sheet.max_row + 1):
        cells = [sheet.cell(row=row, column=column) for column in (1, 2)]
        if all(_content(c) is None for c in cells):
            continue
        day = _read(cells[0], _DATE_HEADINGS[0], _day, faults)
        state = _read(cells[1], _DATE_HEADINGS[1], _state, faults)
        if day is None or state is None:
            continue
        if day in states:
            faults.append(f"{_place(cells[0], _DATE_HEADINGS[0])}: 同じ日が2回あります。")
        states[day] = state
    return states


def _read_work(sheet: Worksheet, states: Mapping[date, str], faults: list[str]) -> Iterator[_Work]:
    readers = (_day, _staff, _kind, _minutes)
    for row in range(2, sheet.max_row + 1):
        cells = [sheet.cell(row=row, column=column) for column in range(1, 5)]
        if all(_content(c) is None for c in cells):
            continue
        day, staff, kind, minutes = (
            _read(cell, heading, reader, faults)
            for cell, heading, reader in zip(cells, _WORK_HEADINGS, readers, strict=True)
        )
        if day is not None and states and day not in states:
            faults.append(
                f"{_place(cells[0], _WORK_HEADINGS[0])}: 「{DATES}」シートにない日付です。"
            )
        if None not in (day, staff, kind, minutes):
            yield _Work(row=row, day=day, staff=staff, kind=kind, minutes=minutes)


def _check_headings(sheet: Worksheet, headings: Sequence[str], faults: list[str]) -> None:
    for column, heading in enumerate(headings, 1):
        cell = sheet.cell(row=1, column=column)
        if _content(cell) != heading:
            faults.append(f"{_place(cell, heading)}: 見出しを「{heading}」に戻してください。")


def _check_days(states: Mapping[date, str], rows: Sequence[_Work], faults: list[str]) -> None:
    worked = Counter(row.day for row in rows)
    for day, state in states.items():
        if state == _DONE and not worked[day]:
            faults.append(
                f"シート「{DATES}」{day.isoformat()}: 「{_DONE}」ですが、「{WORK}」シートに"
                f"この日の行がありません。作業がなかった日は「{_NO_WORK}」にしてください。"
            )
        if state == _NO_WORK and worked[day]:
            faults.append(
                f"シート「{DATES}」{day.isoformat()}: 「{_NO_WORK}」ですが、「{WORK}」シートに"
                f"この日の行があります。「{_DONE}」にしてください。"
            )
    if not rows and not faults:
        faults.append(f"シート「{WORK}」: 記入された行がありません。")


def _check_period(
    days: Sequence[date], today: date, first_record: date | None, faults: list[str]
) -> None:
    if len(days) != DAYS:
        faults.append(f"シート「{DATES}」: {DAYS}日ちょうどにしてください(今は{len(days)}日)。")
    faults += [
        f"シート「{DATES}」{day.isoformat()}: 土日・祝日・年末年始は対象日にできません。"
        for day in days
        if not is_working_day(day)
    ]
    if not faults and tuple(days) != working_days(days[0], DAYS):
        faults.append(f"シート「{DATES}」: 間の開庁日を飛ばさず、連続する{DAYS}日にしてください。")
    if days[-1] > today:
        faults.append(
            f"シート「{DATES}」: これからの日があります。終わってから読み込んでください。"
        )
    if first_record is not None and days[-1] >= first_record:
        faults.append(
            f"シート「{DATES}」: 使い始めの日({first_record.isoformat()})より前の日だけが、"
            "事前の記録になります。"
        )


def _tasks(rows: Sequence[_Work]) -> dict[str, Task]:
    minutes: dict[str, Counter[int]] = defaultdict(Counter)
    staff: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        for kind in (row.kind, *(["progress"] if row.kind.startswith("progress/") else [])):
            minutes[kind][row.minutes] += 1
            staff[kind].add(row.staff)
    return {
        kind: Task(spread=found, staff=len(staff[kind]))
        for kind, times in minutes.items()
        if (found := spread(times))
    }


# Cells


def _read(cell: Any, heading: str, reader: Any, faults: list[str]) -> Any:
    """The value of a cell, or None with a fault. No fault repeats what was written."""
    try:
        if cell.data_type == "f":
            raise CellError("数式は使えません。値を書いてください。")
        if cell.data_type == "e":
            raise CellError("エラーの値です。書き直してください。")
        content = _content(cell)
        if content is None:
            raise CellError("空欄です。書いてください。")
        return reader(content)
    except CellError as error:
        faults.append(f"{_place(cell, heading)}: {error}")
        return None


def _place(cell: Cell | MergedCell, heading: str) -> str:
    title = cell.parent.title if cell.parent else ""
    return f"シート「{title}」{cell.row}行 {get_column_letter(cell.column or 1)}列({heading})"


def _content(cell: Any) -> Any:
    value = cell.value
    return None if value is None or (isinstance(value, str) and not value.strip()) else value


def _day(content: Any) -> date:
    if isinstance(content, datetime) and (content.hour or content.minute or content.second):
        raise CellError("時刻の付いた日付です。日付だけを書いてください。")
    try:
        return date.fromisoformat(full_date(content))
    except (ValueError, wareki.NotADateError) as error:
        raise CellError("日付として読めません。2026-04-01 のように書いてください。") from error


def _state(content: Any) -> str:
    state = text(content).strip()
    if state not in (_DONE, _NO_WORK):
        raise CellError(f"「{_DONE}」か「{_NO_WORK}」を選んでください。")
    return state


def _staff(content: Any) -> int:
    return _integer(content, _MOST_STAFF, "市区町村の担当が割り振った番号")


def _minutes(content: Any) -> int:
    return _integer(content, _MOST_MINUTES, "分を表す整数")


def _integer(content: Any, most: int, what: str) -> int:
    wrong = CellError(f"1から{most}までの{what}で書いてください。")
    if isinstance(content, bool) or not isinstance(content, int | float | str):
        raise wrong
    written = str(int(content)) if isinstance(content, float) and content.is_integer() else content
    plain = str(written).strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 4 and 1 <= int(plain) <= most):
        raise wrong
    return int(plain)


def _kind(content: Any) -> str:
    label = text(content).strip()
    found = next((key for key, title in kinds().items() if title == label), None)
    if found is None:
        raise CellError("一覧から作業の種類を選んでください。")
    return found


def _write_help(sheet: Worksheet) -> None:
    sheet.title = HELP
    for row, rule in enumerate(_RULES, 1):
        _set(sheet, row, 1, rule)
    for row, (heading, label) in enumerate(
        (("作業の種類", "含むもの"), *((title, _what(key)) for key, title in kinds().items())),
        len(_RULES) + 2,
    ):
        _set(sheet, row, 1, heading)
        _set(sheet, row, 2, label)
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width = 60
    sheet.column_dimensions["B"].width = 60


def _what(kind: str) -> str:
    group = next(v for v in definitions().volumes if v.id == kind)
    return f"{group.counted}。{FEWEST_STAFF}人未満の職員しか書いていない種類は、比べません。"


def _table(
    book: Workbook, name: str, headings: Sequence[str], widths: Sequence[float]
) -> Worksheet:
    sheet: Worksheet = book.create_sheet(name)
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True), 1):
        _set(sheet, 1, column, heading)
        cell = sheet.cell(row=1, column=column)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="D9E6F2")
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    return sheet


def _choice(sheet: Worksheet, letter: str, formula: str, last: int) -> None:
    rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=True)
    rule.add(f"{letter}2:{letter}{last}")
    sheet.add_data_validation(rule)


def _set(sheet: Worksheet, row: int, column: int, content: str) -> None:
    cell = sheet.cell(row=row, column=column)
    cell.value = content
    cell.data_type = "s"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
