"""Who knows of a meeting, what is on its agenda for whom, which papers lie before whom; and what
the 本人 is told (DOMAIN §1.2, §4.10 L1, L2, L9)."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework import audit, meetings
from lambdas.casework.access import Actor, Basis, Confinement, Period, Role
from lambdas.casework.records import CaseFile, Folder, FormRecord
from tests.unit import casefile
from tests.unit.casefile import COUNCIL, ELDERLY, MOTHER, NPO, OFFICE, SUBJECT, actor, later, record
from tests.unit.rulebook import (
    CONSENT,
    COORDINATOR,
    HELPER,
    MANAGER,
    MEETING,
    NOW,
    NURSE,
    OFFICER,
    PLAN,
    PROGRESS,
    TODAY,
    attendee,
    grant,
    juso,
    progress,
    shien,
    standing_case,
)

KEPT = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=MEETING)
COMMISSIONER, AUDITOR = actor(Role.COMMISSIONER), actor(Role.AUDITOR)


def meeting(by: str = OFFICE, **changes: Any) -> FormRecord:
    data = {
        "title": "11月の定例会議",
        "date": "2026-11-26",
        "kinds": ["shien", "juso"],
        "invited": [{"staffId": HELPER.staff_id, "agencyId": NPO}, {"name": "自治会長"}],
    }
    return record("meeting", data | changes, record_id="meeting", agency_id=by)


def unconsented(*records: FormRecord) -> CaseFile:
    """A case that nobody but the office and the programme may know of."""
    none = casefile.consent(later(NOW, days=-60), record_id=CONSENT, kinds=["application"])
    household = casefile.household()
    return standing_case(none, household, *records)


def secret(**changes: Any) -> FormRecord:
    data = shien(**changes)
    return record("conference", data, confined=KEPT, at=later(NOW, days=-1))


# Who convenes


@pytest.mark.parametrize(
    ("who", "by", "basis"),
    [
        (MANAGER, OFFICE, Basis.MUNICIPAL_DUTY),
        (MANAGER, COUNCIL, Basis.MUNICIPAL_DUTY),
        (OFFICER, OFFICE, Basis.MUNICIPAL_DUTY),
        (OFFICER, COUNCIL, None),
        (COORDINATOR, COUNCIL, Basis.OUTSOURCING),
        (COORDINATOR, OFFICE, None),
        (actor(Role.COORDINATOR, OFFICE, office=True, contract=None), OFFICE, Basis.MUNICIPAL_DUTY),
        # Its contract has ended (L10).
        (
            actor(
                Role.COORDINATOR, contract=Period(first=date(2026, 4, 1), last=date(2026, 11, 22))
            ),
            COUNCIL,
            None,
        ),
        (actor(Role.OFFICER, valid_to=date(2026, 11, 22)), OFFICE, None),
        (NURSE, ELDERLY, None),
        (COMMISSIONER, ELDERLY, None),
        (AUDITOR, OFFICE, None),
    ],
)
def test_the_office_or_the_programme_that_convened_a_meeting_runs_it(
    who: Actor, by: str, basis: Basis | None
) -> None:
    assert meetings.convenes(who, meeting(by), NOW) is basis


def test_whoever_is_invited_knows_of_the_meeting_and_of_nothing_in_it() -> None:
    assert meetings.is_invited(HELPER, meeting(), NOW)
    assert not meetings.is_invited(NURSE, meeting(), NOW)
    gone = actor(Role.AGENCY, NPO, staff_id=HELPER.staff_id, valid_to=date(2026, 11, 22))
    assert not meetings.is_invited(gone, meeting(), NOW)
    assert meetings.item(unconsented(secret()), MEETING, HELPER, NOW) is None


@pytest.mark.parametrize("who", [HELPER, NURSE, COORDINATOR, COMMISSIONER])
def test_guests_are_told_neither_the_kinds_nor_who_else_comes(who: Actor) -> None:
    """A kind or a name would tell of cases that are not theirs."""
    assert dict(meetings.told(who, meeting(), NOW)) == {
        "title": "11月の定例会議",
        "date": "2026-11-26",
    }
    assert meetings.told(MANAGER, meeting(), NOW) == meeting().data


# The agenda


@pytest.mark.parametrize(
    ("who", "sees", "attends"),
    [
        (MANAGER, True, True),
        (OFFICER, True, False),
        (NURSE, True, True),
        # Works on the case every day, and still was not at this table.
        (COORDINATOR, False, False),
        (HELPER, False, False),
        (actor(Role.AGENCY, staff_id="staff-colleague"), False, False),
        (COMMISSIONER, False, False),
        (AUDITOR, False, False),
    ],
)
def test_a_secret_conference_is_on_the_agenda_of_the_office_and_of_those_who_attend(
    who: Actor, sees: bool, attends: bool
) -> None:
    for case in (unconsented(secret()), standing_case(secret())):
        found = meetings.item(case, MEETING, who, NOW)
        assert (found is not None) is sees
        assert (found is not None and found.attends) is attends


def test_an_agency_that_shares_the_case_by_consent_learns_of_no_secret_conference() -> None:
    """NURSE may read the case, and does not attend."""
    case = standing_case(secret(attendees=[attendee(MANAGER)]))
    assert meetings.item(case, MEETING, NURSE, NOW) is None
    consented = standing_case(record("conference", juso()))
    assert meetings.item(consented, MEETING, NURSE, NOW) is not None
    assert meetings.item(consented, MEETING, HELPER, NOW) is None


def test_a_withdrawal_or_a_conflict_of_interest_takes_the_case_from_the_agenda() -> None:
    case = standing_case(record("conference", juso()))
    withdrawal = {"consentId": CONSENT, "date": "2026-11-23", "receivedBy": "職員"}
    withdrawn = case.with_records(record("consent-withdrawal", withdrawal))
    assert meetings.item(withdrawn, MEETING, NURSE, NOW) is None
    declared = {"staffId": MANAGER.staff_id, "declaredBy": "self", "date": "2026-11-23"}
    conflicted = case.with_records(record("conflict-of-interest", declared))
    assert meetings.item(conflicted, MEETING, MANAGER, NOW) is None
    assert meetings.item(conflicted, MEETING, OFFICER, NOW) is not None


def test_neither_a_missing_case_nor_another_meeting_is_on_the_agenda() -> None:
    assert meetings.item(None, MEETING, MANAGER, NOW) is None
    assert meetings.item(standing_case(), MEETING, MANAGER, NOW) is None
    assert meetings.item(standing_case(secret()), "m-other", MANAGER, NOW) is None


def test_the_agenda_is_a_record_of_its_own() -> None:
    folder = Folder(
        kind=meetings.KIND,
        folder_id=MEETING,
        created_at=NOW,
        chain_seq=0,
        chain_hash=audit.GENESIS,
        records={"meeting": meeting()},
    )
    assert meetings.agenda_of(folder) == ()
    agenda = record("agenda", {"cases": ["K1", "K2"]}, record_id="agenda")
    assert meetings.agenda_of(folder.with_records(agenda)) == ("K1", "K2")


# Papers

LAID = [
    {"recordId": PROGRESS, "classes": ["4"]},
    {"recordId": PLAN, "classes": ["2"]},
    {"recordId": "r-gone00000000", "classes": ["2"]},
]


@pytest.mark.parametrize("days", range(-20, 25))
@pytest.mark.parametrize("who", [NURSE, HELPER, MANAGER, OFFICER, COORDINATOR])
def test_papers_lie_before_the_persons_who_attend_from_7_days_before_to_14_after(
    days: int, who: Actor
) -> None:
    held = (TODAY - timedelta(days=days)).isoformat()
    case = unconsented(secret(date=held, papers=LAID))
    found = meetings.papers(case, MEETING, who, NOW)
    assert bool(found) is (who in (NURSE, MANAGER) and -7 <= days <= 14)
    assert not found or set(found) == {PROGRESS, PLAN}


def test_of_a_paper_the_classes_are_read_that_were_laid_and_no_more() -> None:
    """Whoever may read more on another basis does so elsewhere."""
    written = progress(facts="訪ねた。", opinion="見守りが要る。")
    paper = record("progress", written, record_id=PROGRESS)
    table = [{"recordId": PROGRESS, "classes": ["4"]}]
    for case in (
        unconsented(paper, secret(papers=table)),
        standing_case(paper, secret(papers=table)),
    ):
        for who in (NURSE, MANAGER):
            _, shown = meetings.papers(case, MEETING, who, NOW)[PROGRESS]
            assert shown.classes == {4}
            assert shown.data["facts"] == "訪ねた。"
    contact = [{"recordId": PROGRESS, "classes": ["1", "2"]}]
    assert meetings.papers(unconsented(paper, secret(papers=contact)), MEETING, MANAGER, NOW) == {}


def test_what_another_conference_keeps_shows_nothing_even_if_it_lies_there() -> None:
    """The rules refuse such a paper; a record that says so all the same opens nothing (L2)."""
    for basis, meeting_id in product([Basis.YOTAIKYO_25_2, Basis.SHIEN_KAIGI], [None, "m-other"]):
        kept = record(
            "progress",
            progress(),
            record_id=PROGRESS,
            confined=Confinement(basis=basis, meeting_id=meeting_id),
        )
        case = unconsented(kept, secret())
        assert meetings.papers(case, MEETING, NURSE, NOW) == {}


def test_papers_of_a_conference_on_consent_are_read_while_the_consent_stands() -> None:
    shared = record("progress", progress(sharedWith="members"), record_id=PROGRESS)
    table = {"papers": [{"recordId": PROGRESS, "classes": ["4"]}]}
    case = standing_case(shared, record("conference", juso(**table)))
    assert set(meetings.papers(case, MEETING, NURSE, NOW)) == {PROGRESS}
    withdrawal = {"consentId": CONSENT, "date": "2026-11-23", "receivedBy": "職員"}
    withdrawn = case.with_records(record("consent-withdrawal", withdrawal))
    assert meetings.papers(withdrawn, MEETING, NURSE, NOW) == {}


# What the 本人 is told


def test_a_person_is_told_what_they_consented_to_and_what_was_decided_for_them() -> None:
    granted = record("sharing-grant", grant(), record_id="r-grant0000001")
    hers_alone = grant(personIds=[MOTHER], basis="appi-69-2-4")
    other = record("sharing-grant", hers_alone, at=later(NOW, days=-2))
    all_of_them = grant(basis="appi-69-2-4")
    del all_of_them["personIds"]
    revoked = {"grantId": "r-grant0000001", "date": "2026-11-23", "reason": "理由"}
    withdrawal = {"consentId": CONSENT, "date": "2026-11-22", "receivedBy": "職員"}
    agreed = casefile.consent(
        later(NOW, days=-60), record_id=CONSENT, agencies=[NPO], purpose="支援のため"
    )
    case = standing_case(
        agreed,
        granted,
        other,
        record("sharing-grant", all_of_them, at=later(NOW, days=-1)),
        record("grant-revocation", revoked),
        record("consent-withdrawal", withdrawal),
    )
    mine = meetings.receipts(case, SUBJECT)
    assert [(r.basis, r.ended_on) for r in mine] == [
        (Basis.CONSENT, "2026-11-22"),
        (Basis.APPI_69_1, "2026-11-23"),
        (Basis.APPI_69_2_4, None),
    ]
    assert mine[0].agencies == {NPO}
    assert mine[0].roles == {"municipality", "coordinator", "receiving", "participant"}
    assert mine[0].classes == {1, 2, 3, 4, 5}
    assert (mine[1].first, mine[1].last) == ("2026-11-23", "2027-03-31")
    hers = [(r.basis, r.agencies) for r in meetings.receipts(case, MOTHER)]
    assert hers == [(Basis.APPI_69_2_4, {ELDERLY})] * 2


def test_an_application_or_a_study_shares_nothing() -> None:
    case = standing_case(
        casefile.consent(NOW, record_id=CONSENT, kinds=["application", "research"], purpose="")
    )
    assert meetings.receipts(case, SUBJECT) == ()


SECRETS = st.lists(
    st.sampled_from(["conference", "progress", "release", "information-request", "grant"]),
    max_size=6,
)


@given(SECRETS, st.sampled_from([SUBJECT, MOTHER]))
def test_nothing_of_a_secret_conference_is_ever_told(what: list[str], person: str) -> None:
    """Whatever is given, asked for, released or then shared of it: the receipts stay the same
    (L2)."""
    agreed = casefile.consent(later(NOW, days=-60), record_id=CONSENT, purpose="支援のため")
    case = standing_case(agreed, record("sharing-grant", grant()))
    before = meetings.receipts(case, person)
    kept = record("progress", progress(), record_id="r-kept00000001", confined=KEPT)
    made: Mapping[str, FormRecord] = {
        "conference": secret(),
        "progress": kept,
        "release": record("release", {"recordId": kept.record_id, "meetingId": MEETING}),
        "information-request": record("information-request", {"agencyId": NPO}, confined=KEPT),
        "grant": record(
            "sharing-grant", grant(recordIds=[kept.record_id]), record_id="r-secret000001"
        ),
    }
    case = case.with_records(kept, *(made[name] for name in what))
    assert meetings.receipts(case, person) == before


def test_a_decision_on_other_records_as_well_is_told() -> None:
    """Which records it names is not part of the receipt."""
    kept = record("progress", progress(), record_id="r-kept00000001", confined=KEPT)
    agreed = casefile.consent(later(NOW, days=-60), record_id=CONSENT, purpose="支援のため")
    both = record("sharing-grant", grant(recordIds=[kept.record_id, PLAN]))
    case = standing_case(agreed, kept, both)
    assert [r.basis for r in meetings.receipts(case, SUBJECT)] == [Basis.CONSENT, Basis.APPI_69_1]
