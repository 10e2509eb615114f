"""The law of taking a tenant back in time, over any history cut anywhere: what had ended stays
ended. The reference is the case as it really was at the end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.access import Situation, is_live
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.restoration import MADE_AGAIN, replayed
from lambdas.casework.situation import situation
from lambdas.store.repository import written_entry
from tests.unit.casefile import (
    ELDERLY,
    MOTHER,
    NPO,
    START,
    SUBJECT,
    case,
    consent,
    member,
    members,
    record,
    transition,
)

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
AGENCIES = (ELDERLY, NPO)
STAFF = ("s-1", "s-2", "s-3")


def base() -> CaseFile:
    """Two agencies, two consents, a grant, two holders: something for every kind of ending."""
    return case(
        members(member(ELDERLY), member(NPO)),
        consent(START, SUBJECT, record_id="r-consent00001"),
        consent(START, MOTHER, record_id="r-consent00002", to="2027-03-31"),
        grant("r-grant0000001"),
        record("sealed-holders", {"staffIds": ["s-1", "s-2"]}),
    )


def grant(record_id: str) -> FormRecord:
    data = {
        "basis": "appi-69-1",
        "agencyId": NPO,
        "classes": ["2"],
        "from": "2026-04-01",
        "to": "2027-03-31",
    }
    return record("sharing-grant", data, record_id=record_id)


Write = Callable[[CaseFile, datetime], FormRecord | None]


def _next(before: FormRecord, data: dict[str, Any], at: datetime) -> FormRecord:
    return replace(before, revision=before.revision + 1, data=data, saved_at=at)


def _give(person: str) -> Write:
    return lambda _, at: consent(at, person)


def _withdraw(which: int) -> Write:
    def make(now: CaseFile, at: datetime) -> FormRecord | None:
        consents = now.of("consent")
        data = {"consentId": consents[which % len(consents)].record_id, "date": "2026-05-01"}
        return record("consent-withdrawal", data, at=at)

    return make


def _revoke(now: CaseFile, at: datetime) -> FormRecord | None:
    grants = now.of("sharing-grant")
    return record(
        "grant-revocation", {"grantId": grants[-1].record_id, "date": "2026-05-01"}, at=at
    )


def _rows(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Write:
    def make(now: CaseFile, at: datetime) -> FormRecord | None:
        before = now.records["members"]
        rows = change([dict(row) for row in before.data["members"]])
        return _next(before, {"members": rows}, at)

    return make


def _end(agency: str, on: str) -> Write:
    return _rows(lambda rows: [{**r, "to": on} if r["agencyId"] == agency else r for r in rows])


def _remove(agency: str) -> Write:
    return _rows(lambda rows: [r for r in rows if r["agencyId"] != agency])


def _join(agency: str) -> Write:
    return _rows(lambda rows: [*rows, member(agency, **{"from": "2026-05-01"})])


def _move(agency: str) -> Write:
    """Its first day is corrected, and its last one set."""
    return _rows(
        lambda rows: [
            {**r, "from": "2026-02-01", "to": "2026-03-01"} if r["agencyId"] == agency else r
            for r in rows
        ]
    )


def _declare(staff_id: str) -> Write:
    data = {"staffId": staff_id, "declaredBy": "manager", "date": "2026-05-01"}
    return lambda _, at: record("conflict-of-interest", data, at=at)


def _end_conflict(now: CaseFile, at: datetime) -> FormRecord | None:
    conflicts = now.of("conflict-of-interest")
    if not conflicts:
        return None
    return record("conflict-end", {"conflictId": conflicts[-1].record_id}, at=at)


def _hold(*staff_ids: str) -> Write:
    return lambda now, at: _next(now.records["sealed-holders"], {"staffIds": list(staff_ids)}, at)


def _move_to(state: str) -> Write:
    return lambda now, at: transition(state, at, before=now.state)


def _protect(now: CaseFile, at: datetime) -> FormRecord | None:
    before = now.records["household"]
    persons = [
        {**p, "protection": "yes"} if p["personId"] == MOTHER else dict(p)
        for p in before.data["persons"]
    ]
    return _next(before, {"persons": persons}, at)


WRITES: tuple[Write, ...] = (
    _give(SUBJECT),
    _give(MOTHER),
    _withdraw(0),
    _withdraw(1),
    _withdraw(2),
    _revoke,
    *(_end(agency, on) for agency in AGENCIES for on in ("2026-04-30", "2026-07-01")),
    *(_remove(agency) for agency in AGENCIES),
    *(_join(agency) for agency in AGENCIES),
    *(_move(agency) for agency in AGENCIES),
    *(_declare(staff_id) for staff_id in STAFF),
    _end_conflict,
    _hold("s-1"),
    _hold("s-2", "s-3"),
    _hold("s-3"),
    _move_to("closed"),
    _move_to("advice-only"),
    _move_to("screened"),
    _protect,
    lambda _, at: record("progress", {"date": "2026-05-01"}, at=at),
)


def lived(writes: list[Write]) -> tuple[list[CaseFile], list[dict[str, Any]]]:
    """The case after each write, and the events as the API makes them."""
    states, events = [base()], []
    for number, make in enumerate(writes):
        at = START + timedelta(days=1, hours=number)
        made = make(states[-1], at)
        if made is None:
            continue
        states.append(states[-1].with_records(made))
        events.append(
            {
                "at": to_iso(at),
                "action": "create-record",
                "actor": {"staffId": "s-9", "name": "職員", "agencyId": "municipality"},
                "written": [written_entry(made)],
            }
        )
    return states, events


def law_is_kept(truth: Situation, restored: Situation) -> None:
    live_then = {c.consent_id for c in truth.consents if is_live(c, truth, TODAY)}
    live_now = {c.consent_id for c in restored.consents if is_live(c, restored, TODAY)}
    assert live_now <= live_then
    granted = {g.grant_id for g in truth.grants if not g.revoked}
    assert {g.grant_id for g in restored.grants if not g.revoked} <= granted
    assert _active(restored) <= _active(truth)
    assert truth.conflicts <= restored.conflicts
    assert restored.holders <= truth.holders
    assert restored.protected or not truth.protected


def _active(facts: Situation) -> set[tuple[str, str]]:
    return {
        (m.agency_id, m.kind.value)
        for m in facts.memberships
        if m.valid_from <= TODAY and (m.valid_to is None or m.valid_to >= TODAY)
    }


@given(writes=st.lists(st.sampled_from(WRITES), max_size=12), cut=st.integers(0, 12))
def test_what_had_ended_stays_ended(writes: list[Write], cut: int) -> None:
    states, events = lived(writes)
    at = min(cut, len(events))
    again = replayed(states[at], events[at:], NOW)
    restored = states[at].with_records(*again)
    law_is_kept(situation(states[-1]), situation(restored))
    # Nothing is ended that nobody had ended: an empty loss changes nothing at all.
    if at == len(events):
        assert again == ()


@given(writes=st.lists(st.sampled_from(WRITES), max_size=12), cut=st.integers(0, 12))
def test_events_of_an_earlier_version_end_more_and_never_less(
    writes: list[Write], cut: int
) -> None:
    """They do not name what they ended. Of holders, protection and closing they say nothing that
    could be made again; the report names the form, and a person enters it."""
    states, events = lived(writes)
    at = min(cut, len(events))
    for event in events:
        for written in event["written"]:
            written.pop("ends", None)
    again = replayed(states[at], events[at:], NOW)
    restored = situation(states[at].with_records(*again))
    truth = situation(states[-1])
    withdrawn = {c.consent_id for c in truth.consents if c.withdrawn}
    assert not {c.consent_id for c in restored.consents if not c.withdrawn} & withdrawn
    assert {g.grant_id for g in restored.grants if not g.revoked} <= {
        g.grant_id for g in truth.grants if not g.revoked
    }
    assert _active(restored) <= _active(truth) | {("municipality", "municipality")}
    assert restored.holders <= truth.holders
    # Whatever was not made again is among the forms that the report asks people for.
    assert {"transition", "household", "progress"}.isdisjoint(MADE_AGAIN)


def test_the_reference_would_notice_a_missing_replay() -> None:
    """The law above is not empty: without the replay each kind of ending breaks it."""
    for make in (
        _withdraw(0), _revoke, _end(NPO, "2026-04-30"), _remove(ELDERLY), _declare("s-1"),
        _hold("s-2"), _move_to("closed"), _protect,
    ):  # fmt: skip
        states, _ = lived([make])
        with pytest.raises(AssertionError):
            law_is_kept(situation(states[-1]), situation(states[0]))


def test_what_is_made_again_says_where_it_comes_from() -> None:
    states, events = lived([_withdraw(0)])
    (again,) = replayed(states[0], events, NOW)
    (real,) = states[-1].of("consent-withdrawal")
    assert again.record_id == real.record_id
    assert again.data["consentId"] == real.data["consentId"]
    assert again.data["receivedBy"] == "職員"
    assert "監査の記録" in again.data["reason"]
    assert again.data["date"] == japanese_day(START + timedelta(days=1)).isoformat()
