"""What is published gives no hidden number away, not even to somebody who knows the rules."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.casework.statistics import Counted, Figures, Period, count, facts, published
from lambdas.casework.statistics.counting import Cell, CellKey
from lambdas.casework.statistics.definitions import Measure, Publish, definitions
from lambdas.casework.statistics.publication import (
    FEWEST,
    Mark,
    Part,
    Report,
    hidden_parts,
    opens_on,
    true_report,
)
from tests.unit.statistics_histories import histories

LATER = date(2030, 1, 1)
YEAR = Period("2026")


# One total and its parts: every small table there is


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


def _hidden(numbers: Sequence[int]) -> frozenset[int]:
    return hidden_parts([Part(n, n) for n in numbers])


def _seen(numbers: Sequence[int]) -> tuple[int | None, ...]:
    hidden = _hidden(numbers)
    return tuple(None if place in hidden else n for place, n in enumerate(numbers))


@pytest.mark.parametrize(
    ("parts", "most"), [(2, 40), (3, 24), (4, 17), (5, 14), (6, 12), (7, 10), (8, 9)]
)
def test_whoever_knows_the_rules_finds_two_values_for_every_hidden_part(
    parts: int, most: int
) -> None:
    """For every total that is shown: all tables that look alike are laid together, and no hidden
    part has the same value in all of them."""
    for total in range(FEWEST, most + 1):
        alike: dict[tuple[int | None, ...], list[set[int]]] = defaultdict(
            lambda: [set() for _ in range(parts)]
        )
        for table in _compositions(total, parts):
            for values, number in zip(alike[_seen(table)], table, strict=True):
                values.add(number)
        for seen, values in alike.items():
            for shown, possible in zip(seen, values, strict=True):
                assert shown is not None or len(possible) >= 2, (total, seen, values)


@pytest.mark.parametrize("parts", [2, 3, 4, 5])
def test_a_part_under_five_never_shows_and_a_zero_does_where_it_may(parts: int) -> None:
    for total in range(FEWEST, 14):
        for table in _compositions(total, parts):
            seen = _seen(table)
            assert all(n is None or n == 0 or n >= FEWEST for n in seen)
            if all(n == 0 or n >= FEWEST for n in table):
                assert seen == table


def test_the_partner_is_the_last_shown_part_whatever_its_size() -> None:
    assert _seen((30, 25, 2, 0)) == (30, None, None, 0)
    assert _seen((5, 90, 2, 0, 8)) == (5, 90, None, 0, None)
    assert _seen((30, 3, 2, 0)) == (None, None, None, 0)
    assert _seen((3, 2, 4)) == (None, None, None)
    assert _seen((1, 5, 0, 9)) == (None, 5, 0, None)
    # The least that can hide: shown next to a zero it would be plain.
    assert _seen((1, 5, 0)) == (None, None, None)


def test_few_persons_hide_many_things() -> None:
    """40 visits to one person are about one person."""
    assert hidden_parts([Part(40, 1), Part(30, 12), Part(0, 0)]) == {0, 1}
    assert hidden_parts([Part(40, 9), Part(30, 12)]) == frozenset()


# Whole publications


def _published(counted: Counted, period: str = "2026", today: date = LATER) -> Report:
    return published(counted, period=Period(period), today=today)


def _counted(seed: int, size: int) -> Counted:
    kept = [facts(case) for case in histories(seed, size)]
    entered = Figures(
        {"2026": {"inclusive": [{"field": "elderly", "cases": 3}, {"field": "child", "cases": 9}]}}
    )
    return count(kept, YEAR, today=LATER, agency_kinds={"elderly": "01"}, figures=entered)


def _divisions(indicator: str) -> Iterator[list[tuple[CellKey, str]]]:
    """The ways in which a total of the year is divided in a publication."""
    known = definitions()
    declared = known.indicators[indicator]
    for name in declared.breakdowns:
        if not known.breakdowns[name].multiple and name not in declared.unpublished:
            codes = known.breakdowns[name].codes
            yield [(CellKey(indicator, name, code), "2026") for code in codes]
    if declared.publish is Publish.MONTHS:
        yield [(CellKey(indicator), month) for month in YEAR.months]


def _others(parts: Sequence[Part]) -> Iterator[tuple[Part, ...]]:
    """Tables of the same total: one thing about another person moved, or two parts swapped."""
    for one, other in itertools.permutations(range(len(parts)), 2):
        moved = list(parts)
        moved[one], moved[other] = moved[other], moved[one]
        yield tuple(moved)
        if parts[one].number > 0:
            for fewer in {parts[one].persons, parts[one].persons - 1}:
                for more in {parts[other].persons, parts[other].persons + 1}:
                    taken = Part(parts[one].number - 1, fewer)
                    given_ = Part(parts[other].number + 1, more)
                    if _possible(taken) and _possible(given_):
                        moved = list(parts)
                        moved[one], moved[other] = taken, given_
                        yield tuple(moved)


def _possible(part: Part) -> bool:
    return (part.number == 0) == (part.persons == 0) and 0 <= part.persons <= part.number


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_another_table_with_the_same_publication_exists_for_every_hidden_cell(
    seed: int, size: int
) -> None:
    """On real reports, too large to walk through: for each hidden part whose total shows, another
    possible table looks the same and has another number there."""
    counted = _counted(seed, size)
    report = _published(counted)
    for indicator in definitions().indicators.values():
        if indicator.publish is Publish.NO:
            continue
        total = report.value(CellKey(indicator.id), "2026")
        for division in _divisions(indicator.id):
            marks = [report.value(*place).mark for place in division]
            if total.mark is Mark.SUPPRESSED and indicator.measure is not Measure.SHARE:
                assert set(marks) == {Mark.SUPPRESSED}
                continue
            parts = [_part(counted, indicator.id, place) for place in division]
            hidden = frozenset(n for n, mark in enumerate(marks) if mark is Mark.SUPPRESSED)
            others = [o for o in _others(parts) if hidden_parts(o) == hidden]
            same = [
                o
                for o in others
                if all(n in hidden or o[n].number == p.number for n, p in enumerate(parts))
            ]
            for place in hidden:
                if indicator.measure is not Measure.SHARE or sum(p.persons for p in parts) >= 5:
                    assert any(o[place].number != parts[place].number for o in same)


def _part(counted: Counted, indicator: str, place: tuple[CellKey, str]) -> Part:
    cell = counted.cell(*place) or Cell()
    number = int(cell.value or 0)
    manual = definitions().indicators[indicator].measure is Measure.MANUAL
    return Part(number, number if manual else len(cell.persons))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 80))
def test_nothing_about_fewer_than_five_persons_leaves(seed: int, size: int) -> None:
    counted = _counted(seed, size)
    report = _published(counted)
    known = definitions()
    for row in report.rows:
        indicator = known.indicators[row.key.indicator]
        for period, value in row.values.items():
            cell = counted.cell(row.key, period)
            if value.number and cell is not None and indicator.measure is not Measure.MANUAL:
                assert len(cell.persons) >= FEWEST
                assert value.number == cell.value
            if indicator.publish is Publish.NO:
                assert value.number is None
    assert report.value(CellKey("inclusive.received", "field", "elderly"), "2026").number is None
    assert report.value(CellKey("inclusive.received", "field", "child"), "2026").number is None
    assert report.value(CellKey("inclusive.received"), "2026").number == 12


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_a_month_is_published_as_its_year_shows_it(seed: int, size: int) -> None:
    counted = _counted(seed, size)
    year = _published(counted)
    for month in ("2026-04", "2026-12", "2027-03"):
        alone = _published(counted, month)
        assert alone.periods == (month,)
        for row in alone.rows:
            assert row.values[month] == year.value(row.key, month)
            assert row.key.breakdown is None or row.values[month].number is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_no_two_published_numbers_are_bound_to_each_other(seed: int) -> None:
    """What identities of the true numbers would give away is not published: who goes on (came less
    went), the ends after screening, real next to running numbers of cases."""
    report = _published(_counted(seed, 40))
    never = {
        "continuing",
        "continuing.persons",
        "closed.early",
        "closed.persons",
        "multi.screening",
        "shien.cases",
        "juso.cases",
        "other.cases",
    }
    numbers = {r.key.indicator for r in report.rows for v in r.values.values() if v.number}
    assert not numbers & never
    none = [r for r in report.rows if r.key[1:] == ("issue", "none")]
    assert none
    assert all(v.mark is Mark.NOT_PUBLISHED for r in none for v in r.values.values())
    konkyu = [r for r in report.rows if r.key.breakdown == "issue-konkyu"]
    assert konkyu
    assert all(v.number is None for r in konkyu for v in r.values.values())


def test_a_year_opens_when_it_can_no_longer_change_under_its_readers() -> None:
    counted = _counted(3, 60)
    assert opens_on(YEAR) == date(2027, 6, 1)
    before = _published(counted, today=date(2027, 5, 31))
    assert {v.number for r in before.rows for v in r.values.values()} == {None}
    assert before.value(CellKey("multi.received"), "2026").mark is Mark.NOT_YET
    assert (
        _published(counted, today=date(2027, 6, 1)).value(CellKey("multi.received"), "2026").number
    )
    # A month of the year is in the same boat, however long ago it was.
    month = _published(counted, "2026-04", today=date(2027, 5, 31))
    assert month.value(CellKey("multi.received"), "2026-04").mark is Mark.NOT_YET


def test_a_publication_asks_for_its_whole_year() -> None:
    alone = count([], Period("2026-05"), today=LATER, agency_kinds={})
    with pytest.raises(ValueError, match="whole fiscal year"):
        published(alone, period=Period("2026-05"), today=LATER)


def test_the_report_to_the_state_holds_true_numbers() -> None:
    counted = _counted(11, 25)
    report = true_report(counted)
    assert not report.publication
    for row in report.rows:
        for period, value in row.values.items():
            cell = counted.cell(row.key, period)
            assert cell is not None
            assert value.number == cell.value
    assert any(0 < (v.number or 0) < FEWEST for r in report.rows for v in r.values.values())
