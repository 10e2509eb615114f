"""The facts of a case as its records tell them, one example for each choice of law."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from lambdas.casework.access import Basis, Confinement, Meeting, Period, has_live_consent
from lambdas.casework.clock import japanese_day
from lambdas.casework.records import CLOSED_STATES, CaseFile, FormRecord
from lambdas.casework.situation import dump, load, situation
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    MOTHER,
    NPO,
    OFFICE,
    START,
    SUBJECT,
    case,
    consent,
    record,
    transition,
)

HOUR = timedelta(hours=1)
OURS = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id="m-1")
ELSEWHERE = Confinement(basis=Basis.YOTAIKYO_25_2, meeting_id=None)


def stands(opened: CaseFile, at: datetime = START + 9 * HOUR) -> bool:
    """Whether the consent of the 本人 is live, before and after the facts are written down."""
    facts = situation(opened)
    assert load(dump(facts)) == facts
    return has_live_consent(facts, SUBJECT, japanese_day(at))


def closing(hours: int, to: str = "closed") -> FormRecord:
    return transition(to, START + hours * HOUR)


def reopening(hours: int) -> FormRecord:
    return transition("received", START + hours * HOUR, before="closed")


UNTIL = {"to": "2026-12-31"}


@pytest.mark.parametrize("to", sorted(CLOSED_STATES))
def test_an_undated_consent_ends_with_the_case_and_stays_ended(to: str) -> None:
    given = consent(START)
    assert stands(case(given))
    assert not stands(case(given, closing(1, to)))
    assert not stands(case(given, closing(1, to), reopening(2)))


def test_a_dated_consent_runs_to_its_day_through_closing_and_re_opening() -> None:
    given = consent(START, **UNTIL)
    assert stands(case(given, closing(1)))
    assert stands(case(given, closing(1), reopening(2)))
    assert not stands(case(given), START + timedelta(days=365))


def test_of_several_closings_the_last_one_counts() -> None:
    between = consent(START + 3 * HOUR)
    assert stands(case(closing(1), reopening(2), between))
    assert not stands(case(closing(1), reopening(2), between, closing(4)))
    assert not stands(case(closing(1), reopening(2), between, closing(4), reopening(5)))
    assert stands(
        case(closing(1), reopening(2), closing(4), reopening(5), consent(START + 6 * HOUR))
    )


def test_a_consent_of_the_very_instant_of_the_closing_ends_with_it() -> None:
    assert not stands(case(consent(START + HOUR), closing(1), reopening(2)))


def test_a_consent_recorded_while_the_case_is_closed_begins_with_the_re_opening() -> None:
    meanwhile = consent(START + 2 * HOUR)
    assert not stands(case(closing(1), meanwhile))
    assert stands(case(closing(1), meanwhile, reopening(3)))


def test_a_consent_waits_for_its_first_day() -> None:
    later = consent(START, **{"from": "2026-05-01"})
    assert not stands(case(later))
    assert stands(case(later), datetime(2026, 4, 30, 15, tzinfo=START.tzinfo))


def test_a_withdrawal_acts_at_once_and_on_the_consent_it_names() -> None:
    given = consent(START)
    withdrawal = {"receivedBy": "職員", "date": "2099-01-01", "consentId": given.record_id}
    assert not stands(case(given, record("consent-withdrawal", withdrawal)))
    elsewhere = {**withdrawal, "consentId": "r-000000000xyz"}
    assert stands(case(given, record("consent-withdrawal", elsewhere)))


@pytest.mark.parametrize(
    ("counterpart", "conflict", "counts"),
    [("no", "no", True), ("yes", "no", False), ("no", "yes", False), ("unknown", "no", False)],
)
def test_nobody_consents_for_a_person_they_may_stand_against(
    counterpart: str, conflict: str, counts: bool
) -> None:
    proxy = {"kind": "03", "isCounterpart": counterpart, "conflictOfInterest": conflict}
    assert stands(case(consent(START, method="04", proxy=proxy))) == counts


def test_an_application_or_research_shares_nothing() -> None:
    assert not stands(case(consent(START, kinds=["application", "meeting", "research"])))


def test_no_consent_and_no_grant_reaches_the_compartment_nor_a_grant_the_minutes() -> None:
    every = ["1", "2", "3", "4", "5", "6"]
    grant = {
        "basis": "appi-69-2-4",
        "agencyId": NPO,
        "classes": every,
        "from": "2026-04-01",
        "to": "2026-12-31",
    }
    facts = situation(case(consent(START, classes=every), record("sharing-grant", grant)))
    assert facts.consents[0].classes == {1, 2, 3, 4, 5}
    assert facts.grants[0].classes == {1, 2, 3, 4}


def minutes(**changes: Any) -> FormRecord:
    data = {
        "meetingId": "m-1",
        "kind": "shien",
        "basis": "106-6",
        "date": "2026-04-10",
        "attendees": [{"staffId": "one"}, {"name": "登録のない人"}],
    }
    return record("conference", {**data, **changes}, record_id="r-000000000c0f", confined=OURS)


def meeting(held: FormRecord) -> Meeting:
    (found,) = situation(case(held)).meetings
    return found


def test_papers_are_open_from_a_week_before_to_two_weeks_after() -> None:
    assert meeting(minutes()).window == Period(first=date(2026, 4, 3), last=date(2026, 4, 24))
    dated = minutes(papersFrom="2026-04-09", papersTo="2026-04-11")
    assert meeting(dated).window == Period(first=date(2026, 4, 9), last=date(2026, 4, 11))


def test_who_attends_is_who_is_named_by_their_registration() -> None:
    assert meeting(minutes()).attendees == {"one"}


def test_a_meeting_is_a_secret_one_only_if_it_was_kept_as_one() -> None:
    assert meeting(minutes()).secret
    assert not meeting(minutes(basis="consent")).secret
    assert not meeting(replace(minutes(), confined=None)).secret
    assert not meeting(minutes(meetingId="m-2")).secret


def test_agencies_with_a_task_that_is_not_done() -> None:
    roles = [
        {"itemId": "1", "task": "訪問", "agencyId": ELDERLY},
        {"itemId": "2", "task": "配食", "agencyId": NPO, "done": "2026-04-12"},
        {"itemId": "3", "task": "声かけ", "personName": "近所の人"},
    ]
    assert meeting(minutes(roles=roles)).tasked == {ELDERLY}


@pytest.mark.parametrize(
    ("given", "named", "released"),
    [
        (OURS, "m-1", True),
        (OURS, "m-2", False),
        (replace(OURS, meeting_id=None), "m-1", True),
        (ELSEWHERE, "m-1", False),
        (None, "m-1", False),
    ],
)
def test_a_release_names_the_record_and_our_own_meeting(
    given: Confinement | None, named: str, released: bool
) -> None:
    text = replace(record("progress", {"facts": "x"}), confined=given)
    release = record("release", {"meetingId": named, "recordId": text.record_id})
    facts = situation(case(text, release))
    assert facts.released == ({text.record_id} if released else frozenset())
    missing = record("release", {"meetingId": "m-1", "recordId": "r-000000000xyz"})
    assert not situation(case(missing)).released


def test_agencies_that_alone_wrote_something_they_may_read() -> None:
    mine = record("progress", {"facts": "x"}, agency_id=NPO)
    assert situation(case(mine)).own_records == {OFFICE, NPO}
    shared = replace(mine, contributors=frozenset({NPO, COUNCIL}))
    assert situation(case(shared)).own_records == {OFFICE}
    kept = replace(mine, confined=OURS)
    release = record("release", {"meetingId": "m-1", "recordId": mine.record_id})
    assert situation(case(kept)).own_records == {OFFICE}
    assert situation(case(kept, release)).own_records == {OFFICE, NPO}
    declared = record("conflict-of-interest", {"staffId": "one"}, agency_id=NPO)
    assert situation(case(declared)).own_records == {OFFICE}


def test_two_declarations_need_two_ends() -> None:
    first, second = (record("conflict-of-interest", {"staffId": "one"}) for _ in range(2))
    end = record("conflict-end", {"conflictId": first.record_id})
    assert situation(case(first, second, end)).conflicts == {"one"}
    other_end = record("conflict-end", {"conflictId": second.record_id})
    assert not situation(case(first, second, end, other_end)).conflicts


def test_the_household_is_everyone_who_was_ever_named() -> None:
    alone = record("household", {"persons": [{"personId": SUBJECT, "isSubject": True}]})
    assert situation(case(alone)).persons == {SUBJECT}
    about_her = record("progress", {"facts": "x"}, about={"facts": (MOTHER,), "": (SUBJECT,)})
    assert situation(case(alone, about_her)).persons == {SUBJECT, MOTHER}
    her_consent = replace(consent(START, MOTHER), about={})
    assert situation(case(alone, her_consent)).persons == {SUBJECT, MOTHER}


def test_who_is_in_charge_and_who_holds_the_compartment() -> None:
    facts = situation(case())
    assert (facts.in_charge, facts.holders) == (frozenset(), frozenset())
    named = case(
        record("assignment", {"staffIds": ["one"]}), record("sealed-holders", {"staffIds": ["two"]})
    )
    assert (situation(named).in_charge, situation(named).holders) == ({"one"}, {"two"})
