"""What of the numbers may leave the municipality (docs/decisions/0015-statistics.md).

The unit is the fiscal year: its totals, their breakdowns, and their months are published together
or not at all, so that no later table can be subtracted from an earlier one. Every table is one
total that is divided once, by a breakdown or by months; two breakdowns are never crossed.

For one division of a total:

1. A total about fewer than `FEWEST` persons hides with everything below it.
2. A part about fewer than `FEWEST` persons hides. A zero is shown.
3. Where one hides, the last part that would be shown hides too, so that the hidden sum is not
   the one hidden part. Which one it is follows from the order of the list alone, never from the
   numbers: the smallest or the largest would tell more than it hides.
4. Where there is no such part, or where the hidden ones could only be one each and the least that
   rule 3 can hide, the division hides as a whole.

Parts of which one thing may have several (課題) add up to nothing: rules 1 and 2 are enough, as
long as it is not said how many things have none.

Whoever knows the rules and reads everything that is published still finds at least two possible
values for every hidden part (tests/unit/test_statistics_publication.py walks all small tables).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lambdas.casework.statistics.counting import Cell, CellKey, Counted
from lambdas.casework.statistics.definitions import (
    Breakdown,
    Indicator,
    Measure,
    Publish,
    definitions,
)
from lambdas.casework.statistics.periods import Period

FEWEST = 5
# What is entered late is in by then; a year that opens earlier would change under its readers.
_OPENS_MONTH, _OPENS_DAY = 6, 1


class Mark(StrEnum):
    """Why there is no number."""

    SUPPRESSED = "suppressed"
    NOT_PUBLISHED = "not-published"
    NOT_ENTERED = "not-entered"
    NOTHING = "nothing"
    NOT_YET = "not-yet"


@dataclass(frozen=True)
class Value:
    """A number, or why there is none."""

    number: float | None
    mark: Mark | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    key: CellKey
    values: Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The numbers of a period as they may be shown: row by row, per period."""

    period: Period
    periods: tuple[str, ...]
    publication: bool
    rows: tuple[Row, ...]

    def value(self, key: CellKey, period: str) -> Value:
        return next(r for r in self.rows if r.key == key).values[period]


@dataclass(frozen=True)
class Part:
    """One part of a total: how many there are, and how many persons they are about."""

    number: float
    persons: int

    @property
    def hides(self) -> bool:
        return self.number > 0 and self.persons < FEWEST


def true_report(counted: Counted) -> Report:
    """The report to the prefecture and the State: true numbers (DOMAIN L17)."""
    return Report(
        period=counted.period,
        periods=counted.periods,
        publication=False,
        rows=tuple(
            Row(key=key, values={p: _true(key, cells.get(p)) for p in counted.periods})
            for key, cells in counted.rows.items()
        ),
    )


def opens_on(year: Period) -> date:
    """The day from which a fiscal year may be published."""
    return date(int(year.text) + 1, _OPENS_MONTH, _OPENS_DAY)


def published(counted: Counted, *, period: Period, today: date) -> Report:
    """The publishable version of a period, from the true numbers of its whole fiscal year."""
    if not counted.period.is_year or period.year != counted.period:
        raise ValueError("a publication is judged from its whole fiscal year")
    periods = (period.text, *period.months) if period.is_year else period.months
    hidden = _hidden(counted)
    open_ = today >= opens_on(period.year)
    rows = []
    for key, cells in counted.rows.items():
        values = {}
        for p in periods:
            if not _is_published(key, Period(p)):
                values[p] = Value(None, Mark.NOT_PUBLISHED)
            elif not open_:
                values[p] = Value(None, Mark.NOT_YET)
            elif (key, p) in hidden:
                values[p] = Value(None, Mark.SUPPRESSED)
            else:
                values[p] = _true(key, cells.get(p))
        rows.append(Row(key=key, values=values))
    return Report(period=period, periods=periods, publication=True, rows=tuple(rows))


def hidden_parts(parts: Sequence[Part]) -> frozenset[int]:
    """Which parts of a shown total hide, by their places (rules 2 to 4)."""
    small = {place for place, part in enumerate(parts) if part.hides}
    if not small:
        return frozenset()
    everything = frozenset(range(len(parts)))
    shown = [place for place, part in enumerate(parts) if part.persons >= FEWEST]
    if not shown:
        return everything
    partner = shown[-1]
    least = all(parts[p].number == 1 for p in small) and parts[partner].number == FEWEST
    return everything if least else frozenset({*small, partner})


def _hidden(counted: Counted) -> set[tuple[CellKey, str]]:
    """Every cell of a fiscal year that hides."""
    known = definitions()
    year = counted.period
    found: set[tuple[CellKey, str]] = set()
    for indicator in known.indicators.values():
        total = CellKey(indicator.id)
        months = [(total, m) for m in year.months]
        divisions = [
            [(CellKey(indicator.id, b.id, code), year.text) for code in b.codes]
            for name in indicator.breakdowns
            if not (b := known.breakdowns[name]).multiple
        ]
        if indicator.publish is Publish.MONTHS:
            divisions.append(months)
        multiple = [
            (CellKey(indicator.id, b.id, code), year.text)
            for name in indicator.breakdowns
            if (b := known.breakdowns[name]).multiple
            for code in b.codes
        ]
        if _part(counted, indicator, (total, year.text)).hides:
            found |= {(total, year.text), *months, *multiple}
            found.update(cell for division in divisions for cell in division)
            continue
        for division in divisions:
            parts = [_part(counted, indicator, cell) for cell in division]
            found |= {division[place] for place in hidden_parts(parts)}
        found |= {cell for cell in multiple if _part(counted, indicator, cell).hides}
        if indicator.measure is Measure.SHARE and any(d[0] in found for d in divisions):
            # The percentage of a published number of plans is its parts.
            found.add((total, year.text))
    return found


def _part(counted: Counted, indicator: Indicator, place: tuple[CellKey, str]) -> Part:
    cell = counted.cell(*place) or Cell(value=0)
    number = cell.value or 0
    if indicator.measure in (Measure.SHARE, Measure.AVERAGE) and place[0].breakdown is None:
        # A mean or a percentage of no days, or nought per cent, is still about its persons.
        number = len(cell.persons)
    if indicator.measure is Measure.MANUAL:
        # Nobody knows whom a figure entered by hand is about: as many as it says.
        return Part(number, int(number) if indicator.unit in _OF_PEOPLE else FEWEST)
    return Part(number, len(cell.persons))


# Units of figures entered by hand that are about people; places and agencies are not.
_OF_PEOPLE = frozenset({"件", "人", "延べ人"})


def _is_published(key: CellKey, period: Period) -> bool:
    indicator = definitions().indicators[key.indicator]
    if indicator.publish is Publish.NO or key.breakdown in indicator.unpublished:
        return False
    breakdown = _breakdown(key)
    if breakdown is not None and breakdown.multiple and key.code == breakdown.missing:
        # With it, everything else would have at least one code: a floor under a hidden number.
        return False
    whole = key.breakdown is None
    return period.is_year or (whole and indicator.publish is Publish.MONTHS)


def _breakdown(key: CellKey) -> Breakdown | None:
    return definitions().breakdowns[key.breakdown] if key.breakdown else None


def _true(key: CellKey, cell: Cell | None) -> Value:
    if cell is None:
        return Value(None, Mark.NOT_YET)
    if cell.value is not None:
        return Value(cell.value)
    manual = definitions().indicators[key.indicator].measure is Measure.MANUAL
    return Value(None, Mark.NOT_ENTERED if manual else Mark.NOTHING)
