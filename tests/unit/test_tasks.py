"""Tasks: what falls due when, over days of Japan, ends of months and leap days; who is shown it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework import tasks as t
from lambdas.casework.access import Actor, Basis, Confinement, Period, Role
from lambdas.casework.age import attained, born_between
from lambdas.casework.clock import to_iso
from lambdas.casework.forms import SCHEMAS
from lambdas.casework.records import Agency, CaseFile, FormRecord
from lambdas.casework.showing import Reader
from lambdas.casework.situation import situation
from lambdas.casework.tasks import Kind, Task
from lambdas.casework.wareki import PartialDate
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    MOTHER,
    NPO,
    OFFICE,
    SUBJECT,
    actor,
    case,
    consent,
    household,
    later,
    member,
    members,
    noon,
    record,
    transition,
)

TERMS = t.preset_terms()
DAY = date(2026, 9, 15)
NOW = noon(DAY)


def of_kind(found: Iterable[Task], *kinds: Kind) -> list[Task]:
    return [task for task in found if task.kind in kinds]


def due(of: CaseFile, kind: Kind) -> list[date]:
    return [task.due for task in of_kind(t.all_tasks(of, TERMS), kind)]


def plan(at: datetime, **changes: Any) -> FormRecord:
    data = {
        "programme": "multi-agency",
        "nextEvaluationOn": "2026-09-30",
        "createdOn": "2026-06-01",
    }
    return record("plan", data | changes, at=at)


def decided(at: datetime, of: FormRecord) -> FormRecord:
    data = {"planId": of.record_id, "result": "decided", "date": "2026-06-10"}
    return record("decision", data, at=at)


def evaluation(day: str) -> FormRecord:
    return record("evaluation", {"date": day, "judgement": "continue"}, at=NOW)


def conference(day: str, kind: str = "juso", **changes: Any) -> FormRecord:
    data = {
        "kind": kind,
        "basis": "106-6" if kind == "shien" else "consent",
        "date": day,
        "meetingId": "m-1",
        "attendees": [],
        "approvedBy": "課長",
    }
    return record("conference", data | changes, at=NOW)


# Terms and texts


def test_terms_are_the_presets_of_the_domain_reference() -> None:
    assert (TERMS.evaluation_months, TERMS.watching_months) == (3, 3)
    assert (TERMS.notice_days, TERMS.review_months) == (30, 12)


def test_every_kind_has_a_text_and_every_text_a_kind() -> None:
    texts = json.loads((SCHEMAS / "tasks.json").read_text("utf-8"))["texts"]
    assert set(texts) == {kind.value for kind in Kind}
    assert all(
        Task(kind=k, due=DAY, shown_from=DAY).text.endswith(("。", "。(要確認)")) for k in Kind
    )


# Days


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (datetime(2026, 8, 30, 14, 59, 59, tzinfo=UTC), False),  # 23:59:59 in Japan
        (datetime(2026, 8, 30, 15, 0, tzinfo=UTC), True),  # the next day there
    ],
)
def test_a_task_appears_with_its_day_in_japan(now: datetime, shown: bool) -> None:
    subject = case(plan(NOW), state="supporting")  # 30 September, shown for 30 days
    assert bool(of_kind(t.tasks(subject, now, TERMS), Kind.EVALUATION)) == shown


@pytest.mark.parametrize(
    ("held", "next_"),
    [
        ("2026-11-30", date(2027, 2, 28)),
        ("2027-11-30", date(2028, 2, 29)),
        ("2027-11-29", date(2028, 2, 29)),
        ("2026-12-31", date(2027, 3, 31)),  # over the turn of the calendar year
        ("2027-02-15", date(2027, 5, 15)),  # … and of the fiscal year
        ("2027-01-31", date(2027, 4, 30)),
    ],
)
def test_three_months_end_on_the_same_day_or_the_last_of_the_month(held: str, next_: date) -> None:
    watching = transition("watching", NOW, "screened")
    assert due(case(watching, conference(held, "shien")), Kind.WATCH_REVIEW) == [next_]


@given(st.dates(date(1900, 1, 1), date(2150, 12, 31)), st.integers(1, 30))
def test_months_after_agree_with_a_count_by_hand(day: date, months: int) -> None:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    last = next(d for d in range(31, 27, -1) if _exists(year, month, d))
    expected = date(year, month, min(day.day, last))
    watching = transition("watching", NOW, "screened", date=day.isoformat())
    terms = replace(TERMS, watching_months=months)
    (task,) = of_kind(t.all_tasks(case(watching), terms), Kind.WATCH_REVIEW)
    assert task.due == expected


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("birth", "years", "day"),
    [
        (date(2008, 9, 16), 18, date(2026, 9, 15)),
        (date(2008, 4, 1), 18, date(2026, 3, 31)),  # of the old school year
        (date(2008, 4, 2), 18, date(2026, 4, 1)),
        (date(2008, 1, 1), 18, date(2025, 12, 31)),
        (date(2008, 2, 29), 18, date(2026, 2, 28)),
        (date(2008, 2, 29), 20, date(2028, 2, 28)),
        (date(2008, 3, 1), 18, date(2026, 2, 28)),
        (date(2006, 3, 1), 18, date(2024, 2, 29)),
    ],
)
def test_an_age_is_attained_at_the_end_of_the_day_before_the_birthday(
    birth: date, years: int, day: date
) -> None:
    assert attained(birth, years) == day


@pytest.mark.parametrize(
    ("birth", "days"),
    [
        (PartialDate(y=2008, m=9, d=16), (date(2008, 9, 16), date(2008, 9, 16))),
        (PartialDate(y=2008, m=2), (date(2008, 2, 1), date(2008, 2, 29))),
        (PartialDate(y=2008), (date(2008, 1, 1), date(2008, 12, 31))),
        (PartialDate(), None),
    ],
)
def test_what_a_birth_date_may_mean(birth: PartialDate, days: tuple[date, date] | None) -> None:
    assert born_between(birth) == days


# Screening and watching


def test_a_new_case_is_to_be_screened_and_one_received_again_as_well() -> None:
    assert due(case(), Kind.SCREENING) == [date(2026, 4, 8)]
    again = case(
        transition("screened", later(NOW, days=-9)),
        transition("closed-info", later(NOW, days=-8), "screened"),
        transition("received", NOW, "closed-info", date="2026-03-31"),
    )
    assert due(again, Kind.SCREENING) == []
    assert due(again, Kind.RESCREENING) == [date(2026, 4, 7)]
    for state in ("screened", "assessing", "closed"):
        assert of_kind(t.all_tasks(case(state=state), TERMS), Kind.SCREENING) == []


def test_watching_is_looked_at_again_from_its_last_meeting() -> None:
    entered = transition("watching", NOW, "screened", date="2026-05-20")
    before, after = conference("2026-05-10", "shien"), conference("2026-08-01", "shien")
    other = conference("2026-09-01", "internal")
    assert due(case(before, entered), Kind.WATCH_REVIEW) == [date(2026, 8, 20)]
    assert due(case(before, entered, after, other), Kind.WATCH_REVIEW) == [date(2026, 11, 1)]
    left = case(before, entered, transition("assessing", NOW, "watching"))
    assert due(left, Kind.WATCH_REVIEW) == []


# Evaluation


@pytest.mark.parametrize(
    ("evaluated", "expected"),
    [
        ([], date(2026, 9, 30)),
        (["2026-08-30"], date(2026, 9, 30)),  # too early to be the one that was meant
        (["2026-08-31"], date(2026, 11, 30)),
        (["2026-09-30"], date(2026, 12, 30)),
        (["2026-09-30", "2026-12-20"], date(2027, 3, 20)),
    ],
)
def test_next_evaluation_is_the_plans_day_then_every_three_months(
    evaluated: list[str], expected: date
) -> None:
    subject = case(plan(NOW), *map(evaluation, evaluated))
    for state in ("supporting", "evaluating"):
        assert due(replace(subject, state=state), Kind.EVALUATION) == [expected]
    for state in ("decided", "suspended", "closed", "assessing"):
        assert due(replace(subject, state=state), Kind.EVALUATION) == []


# Consent


def test_a_dated_consent_warns_thirty_days_ahead() -> None:
    given_ = consent(NOW, to="2027-03-31")
    (task,) = of_kind(t.all_tasks(case(given_), TERMS), Kind.CONSENT_END)
    assert (task.due, task.shown_from) == (date(2027, 3, 31), date(2027, 3, 1))
    assert (task.record_id, task.person_id) == (given_.record_id, SUBJECT)
    before = noon(date(2027, 2, 28))
    assert of_kind(t.tasks(case(given_), before, TERMS), Kind.CONSENT_END) == []
    assert of_kind(t.tasks(case(given_), later(before, days=1), TERMS), Kind.CONSENT_END) == [task]


def test_a_consent_is_reviewed_after_a_year_unless_it_ends_before() -> None:
    leap = consent(NOW, date="2028-02-29")
    assert due(case(leap), Kind.CONSENT_REVIEW) == [date(2029, 2, 28)]
    short = consent(NOW, date="2026-09-15", to="2027-09-15")
    assert due(case(short), Kind.CONSENT_REVIEW) == []
    long = consent(NOW, date="2026-09-15", to="2027-09-16")
    assert due(case(long), Kind.CONSENT_REVIEW) == [date(2027, 9, 15)]


@pytest.mark.parametrize(
    ("newer", "takes_place"),
    [
        ({}, True),
        ({"to": "2028-03-31"}, True),
        ({"to": "2027-03-31"}, False),  # no longer than the first
        ({"classes": ["1", "2", "3"]}, False),
        ({"agencyRoles": ["municipality"]}, False),
        ({"kinds": ["sharing"]}, False),
        ({"agencies": [NPO]}, True),
    ],
)
def test_a_newer_consent_that_reaches_as_far_takes_the_place_of_the_older(
    newer: dict[str, Any], takes_place: bool
) -> None:
    first = consent(NOW, to="2027-03-31")
    subject = case(first, consent(later(NOW, days=1), **newer))
    ends = {task.record_id for task in of_kind(t.all_tasks(subject, TERMS), Kind.CONSENT_END)}
    assert (first.record_id not in ends) == takes_place
    other = case(first, consent(later(NOW, days=1), MOTHER, **newer))
    assert first.record_id in {task.record_id for task in t.all_tasks(other, TERMS)}


def test_the_newest_word_counts_even_where_an_older_one_reaches_further() -> None:
    newer = consent(later(NOW, days=1), to="2027-03-31", kinds=["sharing"])
    subject = case(consent(NOW), newer)
    assert due(subject, Kind.CONSENT_END) == [date(2027, 3, 31)]


def test_what_ended_asks_for_nothing() -> None:
    dated, open_ = consent(NOW, to="2027-03-31"), consent(NOW)
    withdrawn = [
        record("consent-withdrawal", {"consentId": c.record_id}, at=NOW) for c in (dated, open_)
    ]
    kinds = (Kind.CONSENT_END, Kind.CONSENT_REVIEW)
    assert of_kind(t.all_tasks(case(dated, open_, *withdrawn), TERMS), *kinds) == []
    # L7: what has no end ended when the case was closed; what has one goes on.
    closed = case(dated, open_, transition("closed", later(NOW, days=1), "watching"))
    assert of_kind(t.all_tasks(closed, TERMS), *kinds) == []
    again = closed.with_records(transition("received", later(NOW, days=2), "closed"))
    assert {task.record_id for task in of_kind(t.all_tasks(again, TERMS), *kinds)} == {
        dated.record_id
    }


@pytest.mark.parametrize(
    ("birth", "given_on", "expected"),
    [
        ({"y": 2009, "m": 4, "d": 1}, "2026-09-15", [date(2027, 3, 31)]),
        ({"y": 2009, "m": 2, "d": None}, "2026-09-15", [date(2027, 1, 31)]),
        ({"y": 2009, "m": None, "d": None}, "2026-09-15", [date(2026, 12, 31)]),
        # Perhaps of age already: it is asked at once.
        ({"y": 2008, "m": None, "d": None}, "2026-09-15", [date(2026, 9, 15)]),
        ({"y": 2008, "m": 9, "d": 16}, "2026-09-15", [date(2026, 9, 15)]),
        ({"y": 2008, "m": 9, "d": 15}, "2026-09-15", []),
        ({"y": 1960, "m": 1, "d": 1}, "2026-09-15", []),
        ({"y": None, "m": None, "d": None}, "2026-09-15", []),
        ({"y": 2009, "m": 2, "d": 29}, "2026-09-15", []),  # no day at all
    ],
)
def test_who_consented_as_a_minor_is_asked_again_at_18(
    birth: dict[str, int | None], given_on: str, expected: list[date]
) -> None:
    subject = case(household(birthDate=birth), consent(NOW, date=given_on))
    assert due(subject, Kind.CONSENT_AT_18) == expected
    assert due(case(household(), consent(NOW, date=given_on)), Kind.CONSENT_AT_18) == []


def test_consent_at_18_is_not_asked_of_a_consent_that_ends_before() -> None:
    born = household(birthDate={"y": 2009, "m": 4, "d": 1})
    assert due(case(born, consent(NOW, to="2027-03-30")), Kind.CONSENT_AT_18) == []
    assert due(case(born, consent(NOW, to="2027-03-31")), Kind.CONSENT_AT_18) != []


def test_consent_given_anew_as_an_adult_is_not_asked_again() -> None:
    born = household(birthDate={"y": 2009, "m": 4, "d": 1})
    anew = consent(later(NOW, days=200), date="2027-04-01")
    assert due(case(born, consent(NOW), anew), Kind.CONSENT_AT_18) == []


# Meetings


def test_papers_are_collected_when_their_window_ends_even_in_a_closed_case() -> None:
    papers = [{"recordId": "intake", "classes": ["1"]}]
    usual = conference("2026-09-10", papers=papers)
    set_ = conference("2026-09-10", papers=papers, papersTo="2026-09-12")
    none = conference("2026-09-10")
    done = conference("2026-09-10", papers=papers, papersCollected=True)
    for state in ("in-conference", "closed"):
        subject = case(usual, set_, none, done, state=state)
        assert due(subject, Kind.PAPERS) == [date(2026, 9, 12), date(2026, 9, 24)]


def test_minutes_are_approved_in_time_and_not_asked_for_before_the_meeting() -> None:
    subject = case(conference("2026-09-16", approvedBy=None))
    (task,) = of_kind(t.all_tasks(subject, TERMS), Kind.MINUTES)
    assert (task.due, task.shown_from) == (date(2026, 9, 30), date(2026, 9, 16))
    assert due(case(conference("2026-09-16")), Kind.MINUTES) == []


def item(agency_id: str, day: str | None, **changes: Any) -> dict[str, Any]:
    return {"itemId": f"i-{agency_id}", "agencyId": agency_id, "due": day} | changes


def test_items_of_a_meeting_fall_to_their_agency_until_they_are_done() -> None:
    meeting = conference(
        *("2026-09-10", "shien"),
        roles=[
            item(ELDERLY, "2026-10-01", task="訪問する"),
            item(NPO, "2026-09-20"),
            item(COUNCIL, "2026-09-12", done="2026-09-11"),
        ],
    )
    found = of_kind(t.all_tasks(case(meeting), TERMS), Kind.MEETING_ITEM)
    assert [(task.agency_id, task.item_id, task.due) for task in found] == [
        (NPO, "i-npo", date(2026, 9, 20)),
        (ELDERLY, "i-elderly", date(2026, 10, 1)),
    ]
    assert {(task.record_id, task.sources[0].property) for task in found} == {
        (meeting.record_id, "roles")
    }
    # Long after the papers of the meeting were closed they are still there.
    assert (
        of_kind(t.tasks(case(meeting), noon(date(2027, 5, 1)), TERMS), Kind.MEETING_ITEM) == found
    )
    assert due(case(meeting, state="closed"), Kind.MEETING_ITEM) == []


def test_items_come_from_the_plan_that_was_decided_last() -> None:
    first = plan(NOW, roles=[item(ELDERLY, "2026-10-01")])
    draft = plan(later(NOW, days=2), roles=[item(NPO, "2026-12-01")])
    outreach = plan(NOW, programme="outreach", roles=[item(COUNCIL, "2026-11-01")])
    undated = plan(NOW, programme="participation", roles=[item(COUNCIL, None)])
    subject = case(first, decided(later(NOW, days=1), first), draft, outreach, undated)
    assert due(subject, Kind.PLAN_ITEM) == [date(2026, 10, 1), date(2026, 11, 1)]
    replanned = subject.with_records(decided(later(NOW, days=3), draft))
    assert due(replanned, Kind.PLAN_ITEM) == [date(2026, 11, 1), date(2026, 12, 1)]
    assert due(replace(replanned, state="closed"), Kind.PLAN_ITEM) == []


# Other work


def test_the_last_next_step_of_each_agency_counts() -> None:
    def progress(day: str, agency_id: str, next_due: str | None) -> FormRecord:
        data = {"date": day, "nextAction": "連絡する", "nextDue": next_due}
        return record("progress", data, at=NOW, agency_id=agency_id)

    subject = case(
        progress("2026-09-01", ELDERLY, "2026-09-08"),
        progress("2026-09-07", ELDERLY, "2026-09-21"),
        progress("2026-09-02", NPO, "2026-09-09"),
        progress("2026-09-09", NPO, None),
        progress("2026-09-01", COUNCIL, "2026-09-30"),
    )
    found = of_kind(t.all_tasks(subject, TERMS), Kind.NEXT_ACTION)
    assert [(task.agency_id, task.due) for task in found] == [
        (ELDERLY, date(2026, 9, 21)),
        (COUNCIL, date(2026, 9, 30)),
    ]


def test_requests_are_followed_until_an_answer_or_its_lack_is_noted() -> None:
    def request(**changes: Any) -> FormRecord:
        return record("information-request", {"date": "2026-09-10"} | changes, at=NOW)

    assert due(case(request()), Kind.INFORMATION_REQUEST) == [date(2026, 9, 24)]
    dated = request(dueOn="2026-09-17")
    assert due(case(dated), Kind.INFORMATION_REQUEST) == [date(2026, 9, 17)]
    for answer in ("answered", "refused", "none"):
        assert due(case(request(answer=answer)), Kind.INFORMATION_REQUEST) == []


def test_emergency_access_is_reviewed_by_its_day_in_japan() -> None:
    at = datetime(2026, 9, 14, 15, 30, tzinfo=UTC)  # 00:30 on the 15th in Japan
    access = record("emergency-access", {"staffId": "staff-officer", "from": to_iso(at)}, at=at)
    assert due(case(access), Kind.EMERGENCY_REVIEW) == [date(2026, 9, 22)]
    assert due(case(access, state="closed"), Kind.EMERGENCY_REVIEW) == [date(2026, 9, 22)]
    review = record("emergency-review", {"accessId": access.record_id}, at=NOW)
    assert due(case(access, review), Kind.EMERGENCY_REVIEW) == []


def test_after_closing_the_day_of_the_follow_up_stands_until_somebody_wrote() -> None:
    data = {"date": "2026-09-15", "reason": "01", "leadAgencyId": ELDERLY}
    closure = record("closure", data | {"followUpOn": "2026-12-15"}, at=NOW)
    subject = case(closure, state="closed")
    (task,) = t.all_tasks(subject, TERMS)
    assert (task.kind, task.due, task.agency_id) == (Kind.FOLLOW_UP, date(2026, 12, 15), ELDERLY)
    before = record("progress", {"date": "2026-09-01"}, at=later(NOW, days=-1))
    assert t.all_tasks(subject.with_records(before), TERMS) == (task,)
    seen = record("progress", {"date": "2026-12-10"}, at=later(NOW, days=80))
    assert t.all_tasks(subject.with_records(seen), TERMS) == ()
    without = record("closure", data, at=NOW)
    assert t.all_tasks(case(without, state="closed"), TERMS) == ()


def test_contracts_that_end_are_told_ninety_days_ahead() -> None:
    def agency(agency_id: str, last: date | None) -> Agency:
        contract = Period(first=date(2026, 4, 1), last=last)
        return Agency(agency_id=agency_id, name="", kind="27", member_kind=None, contract=contract)

    own = Agency(agency_id=OFFICE, name="", kind="30", member_kind=None)
    register = [agency(COUNCIL, date(2027, 3, 31)), agency(NPO, None), own]
    eve, day = noon(date(2026, 12, 30)), noon(date(2026, 12, 31))
    assert t.contract_tasks(register, eve, TERMS) == ()
    (task,) = t.contract_tasks(register, day, TERMS)
    assert (task.kind, task.agency_id, task.due) == (Kind.CONTRACT, COUNCIL, date(2027, 3, 31))
    assert t.contract_tasks(register, noon(date(2027, 6, 1)), TERMS) == (task,)


def test_duties_fall_to_those_named_as_in_charge_and_items_to_their_agency() -> None:
    assignment = record("assignment", {"staffIds": ["staff-tantou1"]})
    meeting = conference("2026-09-10", approvedBy=None, roles=[item(NPO, "2026-09-20")])
    found = t.all_tasks(case(assignment, meeting), TERMS)
    assert {task.kind: task.staff_ids for task in found} == {
        Kind.SCREENING: ("staff-tantou1",),
        Kind.MINUTES: ("staff-tantou1",),
        Kind.MEETING_ITEM: (),
    }


def test_the_most_urgent_comes_first() -> None:
    subject = case(
        conference("2026-09-10", approvedBy=None),
        consent(NOW, to="2026-05-01"),
        conference("2026-01-10", approvedBy=None),
    )
    found = [task.due for task in t.all_tasks(subject, TERMS)]
    assert found == sorted(found)
    assert len(found) == 4


def test_texts_and_tasks_hold_nothing_of_a_person() -> None:
    secret = "佐藤花子"
    meeting = conference("2026-09-10", roles=[item(NPO, "2026-09-20", task=secret)])
    subject = case(household(name=secret), meeting, consent(NOW, note=secret))
    found = t.all_tasks(subject, TERMS)
    assert found
    assert secret not in repr(found) + "".join(task.text for task in found)


def test_days_of_notice() -> None:
    for task in t.all_tasks(case(consent(NOW, to="2027-01-01")), TERMS):
        assert task.due - task.shown_from <= timedelta(days=30)


# Who is shown a task


HELD = date(2026, 9, 10)
LONG_AFTER = noon(date(2027, 5, 1))
ATTENDEE = actor(Role.AGENCY, staff_id="staff-houkatsu1")


def shown(of: CaseFile, who: Actor, now: datetime = NOW) -> list[Task]:
    return list(t.visible_tasks(of, Reader(actor=who, situation=situation(of), now=now), TERMS))


def entries(of: CaseFile) -> tuple[t.Entry, ...]:
    return t.entries(of, situation(of), TERMS)


def kinds(of: CaseFile, who: Actor, now: datetime = NOW) -> set[Kind]:
    return {task.kind for task in shown(of, who, now)}


def secret_meeting(*rows: dict[str, Any], **changes: Any) -> FormRecord:
    held = conference(
        *(HELD.isoformat(), "shien"),
        roles=list(rows),
        attendees=[{"staffId": ATTENDEE.staff_id, "agencyName": "包括", "name": "職員"}],
        **changes,
    )
    kept = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id="m-1")
    return replace(held, confined=kept)


def test_a_task_given_at_a_shien_meeting_outlives_its_papers_for_the_one_who_attended() -> None:
    own, others = item(ELDERLY, "2026-09-20"), item(NPO, "2026-09-20")
    subject = case(members(member(ELDERLY), member(NPO)), secret_meeting(own, others))
    for now in (NOW, LONG_AFTER):
        assert [task.item_id for task in shown(subject, ATTENDEE, now)] == ["i-elderly"]
    # In person: nobody else of the agency, nor an agency that was not there.
    assert shown(subject, actor(Role.AGENCY, staff_id="staff-other")) == []
    assert shown(subject, actor(Role.AGENCY, NPO)) == []
    assert shown(subject, actor(Role.COMMISSIONER)) == []
    done = case(members(member(ELDERLY)), secret_meeting(own | {"done": "2026-09-12"}))
    assert shown(done, ATTENDEE) == []


def test_the_contractor_learns_of_no_meeting_that_it_did_not_attend() -> None:
    papers = [{"recordId": "intake", "classes": ["1"]}]
    meeting = secret_meeting(item(COUNCIL, "2026-09-20"), papers=papers, approvedBy=None)
    subject = case(transition("watching", NOW), meeting)
    secret = {Kind.PAPERS, Kind.MINUTES, Kind.MEETING_ITEM}
    assert secret <= kinds(subject, actor(Role.MANAGER))
    assert kinds(subject, actor(Role.COORDINATOR)) == set()


def test_after_the_papers_the_contractor_who_attended_keeps_its_own_items_alone() -> None:
    contractor = actor(Role.COORDINATOR, staff_id=ATTENDEE.staff_id)
    papers = [{"recordId": "intake", "classes": ["1"]}]
    meeting = secret_meeting(
        item(COUNCIL, "2026-09-20"), item(NPO, "2026-09-20"), papers=papers, approvedBy=None
    )
    subject = case(transition("watching", NOW), meeting)
    during = {Kind.PAPERS, Kind.MINUTES, Kind.MEETING_ITEM}
    assert kinds(subject, contractor) == during
    assert [task.item_id for task in shown(subject, contractor, LONG_AFTER)] == ["i-council"]


def test_an_agency_is_shown_what_it_took_on_while_the_person_consents() -> None:
    drafted = plan(
        NOW, roles=[item(ELDERLY, "2026-09-20", support="訪問"), item(NPO, "2026-09-21")]
    )
    given_ = consent(NOW, to="2026-09-30")
    people = members(member(ELDERLY), member(NPO))
    subject = case(people, given_, drafted, decided(NOW, drafted), state="supporting")
    assert [task.item_id for task in shown(subject, ATTENDEE)] == ["i-elderly"]
    everything = {Kind.PLAN_ITEM, Kind.EVALUATION, Kind.CONSENT_END}
    for role in (Role.MANAGER, Role.OFFICER, Role.COORDINATOR):
        assert kinds(subject, actor(role)) == everything
    withdrawn = subject.with_records(
        record("consent-withdrawal", {"consentId": given_.record_id}, at=NOW)
    )
    assert shown(withdrawn, ATTENDEE) == []
    assert shown(subject, ATTENDEE, noon(date(2026, 10, 1))) == []


def test_an_agencys_own_next_step_is_its_own() -> None:
    data = {
        "date": "2026-09-01",
        "nextAction": "連絡",
        "nextDue": "2026-09-20",
        "sharedWith": "own",
    }
    written = record("progress", data, at=NOW, agency_id=ELDERLY)
    subject = case(members(member(ELDERLY), member(NPO)), written, state="supporting")
    assert kinds(subject, ATTENDEE) == {Kind.NEXT_ACTION}
    assert kinds(subject, actor(Role.AGENCY, NPO)) == set()
    assert kinds(subject, actor(Role.MANAGER)) == {Kind.NEXT_ACTION}


def test_emergency_access_is_reviewed_by_managers_and_nobody_else() -> None:
    data = {"staffId": "staff-officer", "reason": "安否", "from": to_iso(NOW), "to": to_iso(NOW)}
    subject = case(record("emergency-access", data, at=NOW), state="supporting")
    assert kinds(subject, actor(Role.MANAGER)) == {Kind.EMERGENCY_REVIEW}
    for role in (Role.OFFICER, Role.COORDINATOR, Role.AUDITOR):
        assert kinds(subject, actor(role)) == set()


def test_a_conflict_of_interest_hides_every_task() -> None:
    who = actor(Role.OFFICER)
    declared = record("conflict-of-interest", {"staffId": who.staff_id, "declaredBy": "self"})
    assert kinds(case(), who) == {Kind.SCREENING}
    assert shown(case(declared), who) == []


def test_a_consent_at_18_is_shown_only_with_the_birth_date_it_tells() -> None:
    born = household(birthDate={"y": 2008, "m": 9, "d": 20})
    kept = [e for e in entries(case(born, consent(NOW))) if e.task.kind is Kind.CONSENT_AT_18]
    (entry,) = kept
    assert [m.record_id for m in entry.matters] == [entry.task.record_id, "household"]
    assert {m.persons for m in entry.matters} == {frozenset({SUBJECT})}


def test_what_a_list_row_keeps_says_the_same_as_the_case_itself() -> None:
    drafted = plan(NOW, roles=[item(ELDERLY, "2026-09-20"), item(NPO, "2026-09-21")])
    subject = case(
        members(member(ELDERLY)),
        household(birthDate={"y": 2008, "m": 9, "d": 20}),
        consent(NOW, to="2026-10-01"),
        drafted,
        decided(NOW, drafted),
        secret_meeting(item(ELDERLY, "2026-09-20"), approvedBy=None),
        record("progress", {"date": "2026-09-01", "nextDue": "2026-09-20", "sharedWith": "own"}),
        record("assignment", {"staffIds": ["staff-tantou1"]}),
        state="supporting",
    )
    kept = entries(subject)
    text = t.dump(kept)
    assert t.load(text) == kept
    assert t.dump(t.load(text)) == text
    for role in Role:
        who = replace(actor(role), staff_id=ATTENDEE.staff_id)
        reader = Reader(actor=who, situation=situation(subject), now=NOW)
        told = [e.task for e in t.visible(t.load(text), reader)]
        assert told == list(t.visible_tasks(subject, reader, TERMS))


def test_thirty_items_of_one_plan_are_kept_small() -> None:
    rows = [item(ELDERLY, "2026-09-20", itemId=f"i-{n}") for n in range(30)]
    drafted = plan(NOW, roles=rows)
    kept = entries(case(drafted, decided(NOW, drafted), state="supporting"))
    assert len(kept) == 31
    assert len(t.dump(kept).encode()) < 8 * 1024
