"""The layout of the Excel report: a JSON file that says which number stands in which cell.

A municipality can give its own in place of schemas/statistics/layout/1.0.0.json; what is wrong in
it is said in Japanese, at its place in the file.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_from_string

from lambdas.casework.forms import SCHEMAS
from lambdas.casework.statistics.definitions import definitions
from lambdas.casework.statistics.periods import Period

FOLDER = SCHEMAS / "statistics" / "layout"
DEFAULT = FOLDER / "1.0.0.json"
# Sheets that every report gets besides those of the layout.
SIGNS, EFFECT = "記号の説明", "効果の測定"
RESERVED = frozenset({SIGNS, EFFECT})
MOST_BYTES = 1024 * 1024
MOST_FAULTS = 50
_MOST_COLUMN, _MOST_ROW = 200, 5000
_YEAR = "year"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDERS = frozenset({"municipality", "period", "use"})

Json = Any


class LayoutError(Exception):
    """A layout that cannot be used; `faults` are Japanese sentences that name the place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, kw_only=True)
class Number:
    """A cell that shows a number. `period`: `year`, or the month of the fiscal year as `04`."""

    cell: str
    indicator: str
    breakdown: str | None
    code: str | None
    period: str


@dataclass(frozen=True, kw_only=True)
class Text:
    """A cell that shows a text; with {municipality}, {period}, {use} filled in."""

    cell: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    name: str
    widths: Mapping[str, float]
    texts: tuple[Text, ...]
    numbers: tuple[Number, ...]


@dataclass(frozen=True, kw_only=True)
class Layout:
    title: str
    sheets: tuple[Sheet, ...]


def read(path: Path = DEFAULT) -> Layout:
    """The layout in a file. Raises LayoutError."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise LayoutError(["配置ファイルを開けません。場所と名前を確かめてください。"]) from error
    if len(content) > MOST_BYTES:
        raise LayoutError([f"配置ファイルが大きすぎます({MOST_BYTES // 2**20} MB まで)。"])
    try:
        plain = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_refuse
        )
    except UnicodeDecodeError as error:
        raise LayoutError(["配置ファイルの文字コードを UTF-8 にしてください。"]) from error
    except json.JSONDecodeError as error:
        raise LayoutError(
            [f"配置ファイルが JSON として読めません({error.lineno}行{error.colno}文字目)。"]
        ) from error
    except (ValueError, RecursionError) as error:
        raise LayoutError(
            ["配置ファイルに、同じ名前の項目、深すぎる入れ子、または数でない値があります。"]
        ) from error
    return check(plain)


def check(plain: Json) -> Layout:
    """The layout that a JSON value describes. Raises LayoutError."""
    faults = list(_form_faults(plain))
    if not faults:
        faults = list(_meaning_faults(plain))
    if faults:
        more = len(faults) - MOST_FAULTS
        raise LayoutError(
            faults[:MOST_FAULTS] + ([f"ほかに{more}か所あります。"] if more > 0 else [])
        )
    return Layout(title=plain["title"], sheets=tuple(_sheet(s) for s in plain["sheets"]))


def month_of(period: str, year: Period) -> str:
    """The period of a report that `year` or `04` names in a fiscal year."""
    if period == _YEAR:
        return year.text
    return next(m for m in year.months if m.endswith(f"-{period}"))


def _sheet(plain: Mapping[str, Json]) -> Sheet:
    return Sheet(
        name=plain["name"],
        widths={column.upper(): float(w) for column, w in plain.get("widths", {}).items()},
        texts=tuple(Text(cell=t["cell"].upper(), text=t["text"]) for t in plain.get("texts", ())),
        numbers=tuple(number for number, _ in _numbers(plain, "")),
    )


def _numbers(plain: Mapping[str, Json], at: str) -> Iterator[tuple[Number, str]]:
    """Every number of a sheet with its place in the file: where a row meets a column, and those
    that stand alone."""
    for index, row in enumerate(plain.get("rows", ())):
        for column in plain.get("columns", ()):
            cell = f"{column['column'].upper()}{row['row']}"
            yield _number(row, cell, column["period"]), f"{at}rows[{index}]"
    for index, alone in enumerate(plain.get("cells", ())):
        yield _number(alone, alone["cell"].upper(), alone["period"]), f"{at}cells[{index}]"


def _number(plain: Mapping[str, Json], cell: str, period: str) -> Number:
    return Number(
        cell=cell,
        indicator=plain["indicator"],
        breakdown=plain.get("breakdown"),
        code=plain.get("code"),
        period=period,
    )


def _form_faults(plain: Json) -> Iterator[str]:
    for error in _validator().iter_errors(plain):
        place = "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path
        ).lstrip(".")
        yield f"{place or '全体'}: {_wrong(error)}"


def _wrong(error: jsonschema_rs.ValidationError) -> str:
    kind = error.kind.as_dict()
    match error.kind.name:
        case "required":
            return f"「{kind['property']}」がありません。"
        case "additionalProperties":
            return f"「{kind['unexpected'][0][:30]}」という項目は使えません。"
        case "type":
            return "値の種類(文字・数・並び)が違います。"
        case "pattern" | "enum" | "anyOf" | "oneOf":
            return (
                "書き方が違います。期間は year か 04 のような2桁の月、列は A、"
                "セルは B5 のように書きます。"
            )
        case "maxItems" | "maxLength" | "maximum" | "maxProperties":
            return "多すぎるか、長すぎるか、大きすぎます。"
        case "minItems" | "minLength" | "minimum" | "exclusiveMinimum":
            return "空か、小さすぎます。"
        case _:
            return "使えない値です。"


def _meaning_faults(plain: Mapping[str, Json]) -> Iterator[str]:
    names = Counter(sheet["name"].casefold() for sheet in plain["sheets"])
    for index, sheet in enumerate(plain["sheets"]):
        at = f"sheets[{index}]"
        if sheet["name"] in RESERVED:
            yield f"{at}.name: 「{sheet['name']}」は、自動で付くシートの名前です。"
        if names[sheet["name"].casefold()] > 1:
            yield f"{at}.name: 同じ名前のシートがあります。"
        if sheet.get("rows") and not sheet.get("columns"):
            yield f"{at}: rows を書くときは columns も書いてください。"
        yield from _text_faults(sheet, at)
        taken: Counter[str] = Counter(t["cell"].upper() for t in sheet.get("texts", ()))
        for number, place in _numbers(sheet, f"{at}."):
            taken[number.cell] += 1
            if fault := _unknown(number):
                yield f"{place}: {fault}"
        for cell in taken:
            column, row = coordinate_from_string(cell)
            if row > _MOST_ROW or column_index_from_string(column) > _MOST_COLUMN:
                yield f"{at}: セル {cell} は、{_MOST_ROW}行・{_MOST_COLUMN}列の外です。"
        for cell, times in taken.items():
            if times > 1:
                yield f"{at}: セル {cell} に{times}つのものを書こうとしています。"


def _text_faults(sheet: Mapping[str, Json], at: str) -> Iterator[str]:
    for index, text in enumerate(sheet.get("texts", ())):
        unknown = set(_PLACEHOLDER.findall(text["text"])) - _PLACEHOLDERS
        if unknown:
            yield (
                f"{at}.texts[{index}]: {{ }} の中に書けるのは "
                f"{'、'.join(sorted(_PLACEHOLDERS))} だけです。"
            )


def _unknown(number: Number) -> str | None:
    known = definitions()
    indicator = known.indicators.get(number.indicator)
    if indicator is None:
        return "indicator の項目番号がありません。`soudan statistics indicators` で一覧が出ます。"
    if number.breakdown is None:
        return None if number.code is None else "code には breakdown も要ります。"
    if number.breakdown not in indicator.breakdowns:
        choices = "、".join(indicator.breakdowns) or "なし"
        return f"この項目に、その breakdown はありません(あるもの: {choices})。"
    if number.code not in known.breakdowns[number.breakdown].codes:
        return "その breakdown に、その code はありません。"
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("name given twice")
    return value


def _refuse(constant: str) -> float:
    raise ValueError(constant)


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    schema = json.loads((FOLDER / "layout.schema.json").read_text("utf-8"))
    return jsonschema_rs.Draft202012Validator(schema)
