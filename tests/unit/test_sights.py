"""Who sees what of a case: told by the rules themselves, and by nothing that the asker may not
read."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from lambdas.casework.access import Actor, Basis, Confinement, Matter, Period, Role, may_read
from lambdas.casework.clock import japanese_day
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.showing import Reader
from lambdas.casework.sights import Sight, lost, sights
from lambdas.casework.situation import situation
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    MOTHER,
    NPO,
    START,
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
)

NOW = later(START, days=10)
TODAY = japanese_day(NOW)
OFFICE_MANAGER = actor(Role.MANAGER)
COORDINATOR = actor(Role.COORDINATOR)
ELDERLY_STAFF = actor(Role.AGENCY, ELDERLY, staff_id="staff-elderly")
ELDERLY_OTHER = actor(Role.AGENCY, ELDERLY, staff_id="staff-elderly2")
NPO_STAFF = actor(Role.AGENCY, NPO, staff_id="staff-npo")
STAFF = (OFFICE_MANAGER, COORDINATOR, ELDERLY_STAFF, ELDERLY_OTHER, NPO_STAFF)


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def told(
    file: CaseFile, asker: Actor = OFFICE_MANAGER, staff: Iterable[Actor] = STAFF
) -> tuple[Sight, ...]:
    return sights(file, staff, reader(file, asker))


def reader(file: CaseFile, asker: Actor) -> Reader:
    return Reader(actor=asker, situation=situation(file), now=NOW)


def of(found: Iterable[Sight], agency_id: str) -> list[tuple[Any, ...]]:
    """Basis, persons, classes, last day and the person of each line of an agency."""
    return sorted(
        (
            s.basis.value,
            tuple(sorted(s.persons)),
            tuple(sorted(s.classes)),
            s.first and s.first.isoformat(),
            s.last and s.last.isoformat(),
            s.who.staff_id,
        )
        for s in found
        if s.who.agency_id == agency_id
    )


def shien(**changes: Any) -> FormRecord:
    """A 支援会議 that somebody of the NPO attends."""
    data = {
        "meetingId": "m-000000000001",
        "kind": "shien",
        "basis": "106-6",
        "date": day(0),
        "attendees": [{"staffId": NPO_STAFF.staff_id, "agencyId": NPO}],
        **changes,
    }
    kept = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id="m-000000000001")
    return record("conference", data, record_id="r-00000000shie", confined=kept)


def test_a_consent_is_told_by_agency_person_class_and_end() -> None:
    file = case(
        members(member(ELDERLY)),
        consent(START, agencies=[ELDERLY], agencyRoles=[], classes=["1", "2"], to=day(30)),
    )
    assert of(told(file), ELDERLY) == [("consent", (SUBJECT,), (1, 2), None, day(30), None)]
    assert of(told(file), NPO) == []


def test_the_office_sees_the_household_on_duty_without_an_end() -> None:
    lines = of(told(case()), "municipality")
    assert ("municipal-duty", (SUBJECT, MOTHER), (1, 2, 3, 4), None, None, None) in lines


def test_what_begins_later_is_told_with_its_day() -> None:
    file = case(
        members(member(ELDERLY)),
        consent(START, agencies=[ELDERLY], agencyRoles=[], classes=["1"], **{"from": day(5)}),
    )
    assert of(told(file), ELDERLY) == [("consent", (SUBJECT,), (1,), day(5), None, None)]


def test_a_membership_that_ends_ends_what_rests_on_it() -> None:
    file = case(
        members(member(ELDERLY, to=day(3))),
        consent(START, agencies=[ELDERLY], agencyRoles=[], classes=["1"], to=day(30)),
    )
    assert of(told(file), ELDERLY) == [("consent", (SUBJECT,), (1,), None, day(3), None)]


def test_the_staff_of_a_contractor_see_until_the_contract_ends() -> None:
    contract = Period(first=date(2020, 4, 1), last=TODAY + timedelta(days=50))
    contractor = actor(Role.COORDINATOR, contract=contract)
    lines = of(told(case(), staff=(contractor,)), COUNCIL)
    assert {(line[0], line[4]) for line in lines} == {("outsourcing", day(50))}


def test_who_attends_a_shien_kaigi_is_told_in_person_and_until_the_papers_close() -> None:
    paper = record(
        "progress",
        {"date": day(-1), "facts": "話した。", "sharedWith": "own"},
        record_id="r-00000000prog",
    )
    laid = {"papers": [{"recordId": paper.record_id, "classes": ["4"]}]}
    file = case(shien(**laid), paper)
    lines = of(told(file), NPO)
    assert lines == [("shien-kaigi-106-6", (SUBJECT,), (4, 5), None, day(14), NPO_STAFF.staff_id)]
    # Who did not attend it is not told of it, be it the programme itself.
    assert of(told(file, COORDINATOR), NPO) == []


def test_a_task_given_there_outlives_the_papers() -> None:
    role = {"itemId": "a", "agencyId": NPO, "task": "訪ねる", "due": day(40)}
    found = [s for s in told(case(shien(roles=[role]))) if s.who.agency_id == NPO]
    assert [
        (s.task, s.last and s.last.isoformat()) for s in sorted(found, key=lambda s: s.task)
    ] == [
        (False, day(14)),
        (True, None),
    ]
    done = {**role, "done": day(0)}
    assert not any(s.task for s in told(case(shien(roles=[done]))))
    # Of another agency that attends, no task is told.
    other = {**role, "agencyId": ELDERLY}
    assert not any(s.task for s in told(case(shien(roles=[other]))))


def test_a_decision_of_the_office_is_told_to_the_office_alone() -> None:
    grant = record(
        "sharing-grant",
        {
            "basis": "appi-69-1",
            "agencyId": ELDERLY,
            "classes": ["1"],
            "purpose": "法令による",
            "decidedBy": "課長",
            "from": day(-1),
            "to": day(20),
        },
    )
    file = case(members(member(ELDERLY)), grant)
    assert of(told(file), ELDERLY) == [("appi-69-1", (SUBJECT, MOTHER), (1,), None, day(20), None)]
    assert of(told(file, COORDINATOR), ELDERLY) == []


def test_an_agency_is_told_of_what_it_may_read_and_of_nobody_else_in_the_household() -> None:
    both = consent(START, agencies=[ELDERLY, NPO], agencyRoles=[], classes=["1", "2"])
    mothers = consent(START, MOTHER, agencies=[NPO], agencyRoles=[], classes=["1", "2"])
    file = case(household(), members(member(ELDERLY), member(NPO)), both, mothers)
    seen = told(file, ELDERLY_STAFF)
    assert of(seen, ELDERLY) == [("consent", (SUBJECT,), (1, 2), None, None, None)]
    assert all(MOTHER not in s.persons for s in seen)
    # The whole of it, to the office.
    assert of(told(file), NPO) == [("consent", (SUBJECT, MOTHER), (1, 2), None, None, None)]


def test_a_withdrawal_is_told_by_what_it_ends_and_by_what_stays() -> None:
    given = consent(
        START,
        agencies=[ELDERLY, NPO],
        agencyRoles=[],
        classes=["1", "2"],
        record_id="r-000000000con",
    )
    wider = consent(START, agencies=[NPO], agencyRoles=[], classes=["1"])
    file = case(members(member(ELDERLY), member(NPO)), given, wider)
    gone, forgetting = lost(file, STAFF, reader(file, OFFICE_MANAGER), "r-000000000con")
    assert of(gone, ELDERLY) == [("consent", (SUBJECT,), (1, 2), None, None, None)]
    # The other consent keeps what it names.
    assert of(gone, NPO) == [("consent", (SUBJECT,), (2,), None, None, None)]
    assert forgetting == {ELDERLY}


def test_an_agency_keeps_what_it_wrote_itself() -> None:
    given = consent(
        START, agencies=[ELDERLY], agencyRoles=[], classes=["1"], record_id="r-000000000con"
    )
    own = record(
        "progress",
        {"date": day(-1), "facts": "話した。", "sharedWith": "own"},
        agency_id=ELDERLY,
        staff_id=ELDERLY_STAFF.staff_id,
    )
    file = case(members(member(ELDERLY)), given, own)
    assert ("own-record", (SUBJECT,), (4,), None, None, None) in of(told(file), ELDERLY)
    gone, forgetting = lost(file, STAFF, reader(file, OFFICE_MANAGER), "r-000000000con")
    assert of(gone, ELDERLY) == [("consent", (SUBJECT,), (1,), None, None, None)]
    assert forgetting == frozenset()


def test_every_line_is_what_the_rules_answer() -> None:
    """Each class that a line names is shown by `may_read` on the day before the line's last day,
    and no longer after it."""
    file = case(
        members(member(ELDERLY)),
        consent(START, agencies=[ELDERLY], agencyRoles=[], classes=["1", "2"], to=day(7)),
    )
    facts = situation(file)
    for line in told(file):
        if line.who.agency_id != ELDERLY or line.last is None:
            continue
        for class_ in line.classes:
            matter = Matter(
                record_id="",
                data_class=class_,
                persons=line.persons,
                contributors=frozenset(),
            )
            at = noon(line.last)
            assert may_read(ELDERLY_STAFF, facts, matter, at) is line.basis
            assert may_read(ELDERLY_STAFF, facts, matter, later(at, days=1)) is None
