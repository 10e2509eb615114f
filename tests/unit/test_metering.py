"""Metering: a day is counted from its trail; late, repeated or missed it comes to the same."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.clock import japanese_day
from lambdas.jobs.metering import count, ledger, meter_until
from lambdas.store import metering, models
from tests.unit.in_process import REGION, InProcess

events = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.uuids().map(str),
            "requestId": st.sampled_from(["a", "b", "c", ""]),
            "action": st.sampled_from(["sign-in", "open-case", "save-record"]),
            "actor": st.one_of(
                st.none(), st.sampled_from(["s1", "s2"]).map(lambda s: {"staffId": s})
            ),
        },
        optional={"seq": st.integers(1, 9)},
    )
)


@given(events, st.randoms())
def test_the_order_of_events_decides_nothing(
    found: list[dict[str, Any]], rng: random.Random
) -> None:
    counted = count(found)
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert count(shuffled) == counted
    assert counted["writes"] <= counted["requests"] <= len(found)


def _use(here: InProcess) -> None:
    case_id = here.create()
    here.read(case_id)
    here.read(case_id, "tantou1")
    here.request("kanri1", "GET", "/cases")


def _today() -> Any:
    from datetime import UTC, datetime

    return japanese_day(datetime.now(UTC))


def test_requests_and_people_are_those_of_the_trail(here: InProcess) -> None:
    _use(here)
    day = _today()
    assert day.isoformat() in meter_until(day, region=REGION)
    counts = metering.days_of(f"{day:%Y-%m}")[day.isoformat()]
    assert (counts["requests"], counts["writes"]) == (4, 1)
    assert counts["staff"] == ["staff-kanri1", "staff-tantou1"]
    told = ledger(f"{day:%Y-%m}", region=REGION)
    assert (told["requests"], told["staff"], told["cases"], told["openCases"]) == (4, 2, 1, 1)
    # Two people's minutes would say what each of them did.
    assert told["minutes"] is None
    assert "staff-" not in json.dumps(told)


def test_a_repeated_night_changes_nothing_and_a_late_event_is_counted(here: InProcess) -> None:
    _use(here)
    day = _today()
    meter_until(day, region=REGION)
    before = metering.days_of(f"{day:%Y-%m}")
    meter_until(day, region=REGION)
    assert metering.days_of(f"{day:%Y-%m}") == before
    here.request("kanri1", "GET", "/cases")
    meter_until(day + timedelta(days=1), region=REGION)
    after = metering.days_of(f"{day:%Y-%m}")[day.isoformat()]
    assert after["requests"] == before[day.isoformat()]["requests"] + 1
    # How much was kept is what was known that night.
    assert after["auditBytes"] == before[day.isoformat()]["auditBytes"]


def test_missed_nights_are_made_up_for_and_old_days_left_alone(here: InProcess) -> None:
    _use(here)
    day = _today()
    later = day + timedelta(days=10)
    assert day.isoformat() in meter_until(later, region=REGION)
    assert len(meter_until(later, region=REGION)) == 3
    assert metering.days_of(f"{day:%Y-%m}")[day.isoformat()]["requests"] == 4


def test_a_crash_between_two_days_is_made_up_for(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(here)
    day = _today()
    kept = models.MeterDay.save
    calls = 0

    def fails(self: models.MeterDay, *args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise RuntimeError("gone")
        return kept(self, *args, **more)

    monkeypatch.setattr(models.MeterDay, "save", fails)
    with pytest.raises(RuntimeError):
        meter_until(day, region=REGION)
    assert day.isoformat() in meter_until(day, region=REGION)
    assert ledger(f"{day:%Y-%m}", region=REGION)["requests"] == 4


def test_what_is_no_month_is_refused(here: InProcess) -> None:
    with pytest.raises(ValueError, match="month"):
        ledger("2026-13", region=REGION)
