"""The numbers of the statistics, against counters of their own over raw records."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.casework.audit import canonical
from lambdas.casework.clock import japanese_day
from lambdas.casework.records import CaseFile
from lambdas.casework.statistics import (
    Counted,
    Figures,
    NotAPeriodError,
    Period,
    count,
    facts,
    true_report,
    volumes,
)
from lambdas.casework.statistics.counting import CellKey
from lambdas.casework.statistics.definitions import Measure, definitions
from lambdas.casework.statistics.periods import fiscal_year, last_day
from lambdas.casework.statistics.publication import Mark
from lambdas.casework.statistics.volumes import spread
from tests.unit.casefile import case, household, noon, record, transition
from tests.unit.statistics_brute import by_hand, minutes_by_hand
from tests.unit.statistics_histories import histories

TODAY = date(2028, 1, 1)
KINDS = {"elderly": "01"}


def counted(*cases: CaseFile, period: str = "2026", today: date = TODAY, **more: Any) -> Counted:
    kept = [facts(c) for c in cases]
    return count(kept, Period(period), today=today, agency_kinds=KINDS, **more)


def number(found: Counted, *key: str, period: str | None = None) -> float | None:
    cell = found.cell(CellKey(*key), period or found.period.text)
    assert cell is not None
    return cell.value


def received(day: str, *records: Any, **changes: Any) -> CaseFile:
    data = {"consentVersion": "consent", "receivedAt": day, "receivingAgencyId": "elderly"}
    return case(record("intake", {**data, "route": "01"}), *records, **changes)


# Against the counter by hand


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(0, 14),
    st.lists(st.dates(date(2026, 3, 25), date(2027, 4, 5)), max_size=4),
)
def test_every_indicator_is_what_a_count_by_hand_gives(
    seed: int, size: int, advice: list[date]
) -> None:
    cases = histories(seed, size)
    days = [d.isoformat() for d in advice]
    for text in ("2026", "2026-04", "2027-03", "2026-12", "2025", "2027-04"):
        period = Period(text)
        found = counted(*cases, period=text, advice=days)
        expected = by_hand(cases, period.first.isoformat(), period.last.isoformat(), days)
        manual = {k for k, d in definitions().indicators.items() if d.measure is Measure.MANUAL}
        got = {
            tuple(key): cells[text].value
            for key, cells in found.rows.items()
            if key.indicator not in manual and cells[text].value
        }
        assert got == {row: n for row, n in expected.items() if n}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_a_year_has_the_same_months_as_the_months_themselves(seed: int) -> None:
    cases = histories(seed, 10)
    year = counted(*cases)
    for month in Period("2026").months:
        alone = counted(*cases, period=month)
        for key, cells in alone.rows.items():
            assert year.rows[key][month].value == cells[month].value, key


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_what_adds_up_adds_up(seed: int) -> None:
    """Counts over months; parts of a division; what was there, came and went."""
    cases = histories(seed, 12)
    found = counted(*cases)
    known = definitions()
    for indicator in known.indicators.values():
        total = found.cell(CellKey(indicator.id), "2026")
        assert total is not None
        if indicator.measure is Measure.COUNT:
            months = [number(found, indicator.id, period=m) or 0 for m in Period("2026").months]
            assert total.value == sum(months)
        if indicator.measure in (Measure.COUNT, Measure.PERSONS, Measure.STOCK):
            for name in indicator.breakdowns:
                if known.breakdowns[name].multiple:
                    continue
                codes = known.breakdowns[name].codes
                parts = [number(found, indicator.id, name, code) or 0 for code in codes]
                assert sum(parts) == total.value, (indicator.id, name)
    before = number(counted(*cases, period="2025"), "continuing") or 0
    came = number(found, "multi.received") or 0
    went = (number(found, "closed") or 0) + (number(found, "closed.early") or 0)
    assert before + came - went == number(found, "continuing")


def test_facts_are_small_plain_json_and_name_nobody_by_name() -> None:
    cases = histories(7, 200)
    for one in cases:
        kept = canonical(facts(one))
        assert facts(one) == facts(one)
        assert "甲".encode() not in kept
        assert "農園".encode() not in kept
        assert len(kept) < 6000


# Periods


def test_a_fiscal_year_is_from_april_to_march_in_japan() -> None:
    assert Period("2026").months[0] == "2026-04"
    assert Period("2026").months[-1] == "2027-03"
    assert Period("2026").last == date(2027, 3, 31)
    assert Period("2027-03").year == Period("2026")
    assert Period("2026-04").year == Period("2026")
    assert last_day("2028-02") == date(2028, 2, 29)
    # 15:00 UTC is midnight in Japan: the first day of the fiscal year there.
    assert fiscal_year(japanese_day(datetime(2026, 3, 31, 15, 0, tzinfo=UTC))) == 2026
    assert fiscal_year(japanese_day(datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC))) == 2025


@pytest.mark.parametrize("text", ["", "26", "2026-13", "2026-00", "2026-4", "2026-04-01", "1999"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(NotAPeriodError):
        Period(text)


def test_a_record_counts_by_its_own_day_and_not_by_the_day_it_was_saved() -> None:
    late = received("2026-03-31", household(), created_at=noon(date(2026, 6, 1)))
    assert number(counted(late, period="2025"), "multi.received") == 1
    assert number(counted(late), "multi.received") == 0


def test_what_ends_on_the_last_day_of_a_month_does_not_go_on() -> None:
    ended = received("2026-04-10", transition("closed", noon(date(2026, 4, 30)), "assessing"))
    goes_on = received("2026-04-10", transition("closed", noon(date(2026, 5, 1)), "assessing"))
    found = counted(ended, goes_on)
    assert number(found, "continuing", period="2026-04") == 1
    assert number(found, "continuing", period="2026-05") == 0
    assert number(found, "closed", period="2026-04") == 1


def test_months_to_come_have_no_numbers() -> None:
    found = counted(received("2026-04-10"), today=date(2026, 5, 20))
    report = true_report(found)
    key = CellKey("multi.received")
    assert report.value(key, "2026-04").number == 1
    assert report.value(key, "2026-05").number == 0
    assert report.value(key, "2026-06").mark is Mark.NOT_YET
    assert number(found, "continuing") == 1


# Persons and episodes


def test_a_reopened_case_is_a_new_episode_of_the_same_person() -> None:
    again = received(
        "2026-04-10",
        transition("closed", noon(date(2026, 6, 1)), "assessing"),
        transition("received", noon(date(2026, 9, 1)), "closed"),
    )
    found = counted(again)
    assert number(found, "multi.received") == 2
    assert number(found, "multi.received.persons") == 1
    assert number(found, "multi.received", period="2026-09") == 1
    assert number(found, "continuing", period="2026-07") == 0
    assert number(found, "continuing") == 1


def test_two_cases_of_one_person_are_one_person() -> None:
    found = counted(received("2026-04-10", case_id="A"), received("2026-05-10", case_id="B"))
    assert number(found, "multi.received") == 2
    assert number(found, "multi.received.persons") == 1
    assert number(found, "multi.received.persons", period="2026-05") == 1


def test_a_suspended_case_goes_on_as_suspended() -> None:
    paused = received(
        "2026-04-10",
        transition("suspended", noon(date(2026, 5, 31)), "supporting"),
        transition("supporting", noon(date(2026, 7, 31)), "suspended"),
    )
    found = counted(paused)
    by_month = [
        number(found, "continuing", "standing", "suspended", period=m)
        for m in ("2026-04", "2026-05", "2026-06", "2026-07")
    ]
    assert by_month == [0, 1, 1, 0]
    assert number(found, "suspended") == 1


def test_pauses_that_were_entered_out_of_order_count_by_their_days() -> None:
    late, early = noon(date(2026, 11, 1)), noon(date(2026, 12, 1))
    paused = received(
        "2026-04-10",
        transition("suspended", late, "supporting", date="2026-09-15"),
        transition("supporting", late + timedelta(hours=1), "suspended", date="2026-11-15"),
        transition("suspended", early, "supporting", date="2026-05-15"),
        transition("supporting", early + timedelta(hours=1), "suspended", date="2026-07-15"),
    )
    found = counted(paused)
    months = Period("2026").months
    by_month = [number(found, "continuing", "standing", "suspended", period=m) for m in months]
    assert by_month == [0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    active = [number(found, "continuing", "standing", "active", period=m) for m in months]
    assert active == [1 - (n or 0) for n in by_month]


# Codes


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["36"], {"15": 1}),
        (["15", "36"], {"15": 1}),
        (["15"], {"15": 1}),
        (["36", "09"], {"15": 1, "09": 1}),
        (["31"], {"none": 1}),
        (["50", "99"], {"99": 1}),
    ],
)
def test_hikikomori_counts_as_isolation_in_the_konkyu_statistics(
    codes: list[str], expected: dict[str, int]
) -> None:
    issues = record("issues", {"issues": [{"code": c} for c in codes]})
    found = counted(received("2026-04-10", issues))
    got = {
        key.code: cells["2026"].value
        for key, cells in found.rows.items()
        if key[:2] == ("multi.received", "issue-konkyu") and cells["2026"].value
    }
    assert got == expected
    own = {code for code in codes if number(found, "multi.received", "issue", code) == 1}
    assert own == set(codes)


@pytest.mark.parametrize(
    ("birth", "day", "band"),
    [
        ({"y": 2016, "m": 4, "d": 2}, "2026-04-01", "00"),
        ({"y": 2016, "m": 4, "d": 1}, "2026-04-01", "10"),
        ({"y": 1936, "m": None, "d": None}, "2026-04-01", "90"),
        ({"y": 1900, "m": 1, "d": 1}, "2026-04-01", "90"),
        ({"y": None, "m": None, "d": None}, "2026-04-01", "unknown"),
        ({"y": 2030, "m": 1, "d": 1}, "2026-04-01", "unknown"),
    ],
)
def test_ages_are_those_of_the_day_of_receipt(birth: Any, day: str, band: str) -> None:
    found = counted(received(day, household(birthDate=birth)))
    assert number(found, "multi.received", "age", band) == 1


# Conferences


def _part(meeting: str, day: str, *agencies: str) -> Any:
    data = {
        "meetingId": meeting,
        "kind": "shien",
        "basis": "106-6",
        "date": day,
        "minutes": 20,
        "attendees": [{"agencyId": a, "name": f"{a}の人"} for a in agencies],
    }
    return record("conference", data, at=noon(date.fromisoformat(day)))


def test_conferences_have_real_and_running_numbers() -> None:
    """Two cases in one meeting, one of them again a month later."""
    first = received(
        "2026-04-01",
        _part("m1", "2026-05-10", "office", "npo"),
        _part("m2", "2026-06-10", "npo"),
        case_id="A",
    )
    second = received("2026-04-01", _part("m1", "2026-05-10", "office", "elderly"), case_id="B")
    found = counted(first, second)
    assert number(found, "shien.meetings") == 2
    assert number(found, "shien.cases") == 2
    assert number(found, "shien.handled") == 3
    assert number(found, "shien.agencies") == 3
    assert number(found, "shien.attended") == 4
    assert number(found, "shien.cases", period="2026-06") == 1
    assert number(found, "juso.meetings") == 0


# Figures entered by hand


def test_figures_by_hand_become_a_year_as_their_definition_says() -> None:
    entered = Figures(
        {
            "2026-04": {
                "inclusive": [
                    {"field": "elderly", "cases": 10, "persons": 8},
                    {"field": "child", "cases": 2},
                ],
                "community": {"places": 3, "participants": 40},
            },
            "2026-06": {
                "inclusive": [{"field": "elderly", "cases": 5, "persons": 5}],
                "community": {"places": 4, "participants": 60},
            },
        }
    )
    found = counted(figures=entered)
    assert number(found, "inclusive.received") == 17
    assert number(found, "inclusive.received", "field", "elderly") == 15
    assert number(found, "inclusive.received", "field", "poverty") is None
    assert number(found, "inclusive.persons") is None  # months of persons do not add up
    assert number(found, "inclusive.persons", period="2026-04") == 8
    assert number(found, "community.places") == 4
    assert number(found, "community.participants") == 100
    own = Figures({**entered.entered, "2026": {"inclusive": [{"field": "elderly", "persons": 11}]}})
    assert number(counted(figures=own), "inclusive.persons") == 11
    assert number(counted(figures=own), "inclusive.received") == 17


# Minutes


def test_minutes_are_described_as_excel_does() -> None:
    found = spread({10: 1, 20: 1, 30: 1, 40: 1})
    assert found is not None
    assert (found.lower, found.median, found.upper) == (17.5, 25.0, 32.5)
    assert (found.least, found.most, found.records, found.total) == (10, 40, 4, 100)
    assert spread({}) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_minutes_come_from_the_records_and_hide_small_groups_of_staff(seed: int) -> None:
    cases = histories(seed, 8)
    for text in ("2026", "2026-12"):
        period = Period(text)
        all_ = next(
            v for v in volumes([facts(c) for c in cases], period) if v.group.id == "progress"
        )
        expected = list(minutes_by_hand(cases, period.months))
        if len({staff for _, staff in expected}) < 3:
            assert all_.spread is None
            assert all_.too_few_staff == bool(expected)
        else:
            assert all_.spread is not None
            assert all_.spread.records == len(expected)
            assert all_.spread.total == sum(minutes for minutes, _ in expected)
            values = sorted(minutes for minutes, _ in expected)
            half = len(values) // 2
            middle = values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
            assert all_.spread.median == middle


# Definitions


def test_every_indicator_of_the_domain_is_there_and_says_what_it_is() -> None:
    known = definitions()
    assert {i.group for i in known.indicators.values()} == set(known.groups)
    for indicator in known.indicators.values():
        assert indicator.title, indicator.id
        assert indicator.definition.endswith("。"), indicator.id
        assert indicator.unit in known.units, indicator.id
        assert indicator.source in ("own knowledge, medium", "project proposal"), indicator.id
        assert set(indicator.breakdowns) <= set(known.breakdowns), indicator.id
        assert indicator.unpublished <= set(indicator.breakdowns), indicator.id
        assert (indicator.manual is not None) == (indicator.measure is Measure.MANUAL)
    for breakdown in known.breakdowns.values():
        assert breakdown.codes, breakdown.id
        assert breakdown.missing in (None, *breakdown.codes), breakdown.id
        assert breakdown.source in (None, *known.breakdowns), breakdown.id
