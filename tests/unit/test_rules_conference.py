"""支援会議 and 重層的支援会議: basis per case, who attends, what is laid before whom, until when
(社会福祉法106条の6, DOMAIN §1.2, §4.10 L1, L2, L9)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.access import (
    CONFERENCE_BASES,
    MUNICIPAL_ROLES,
    Actor,
    Basis,
    Confinement,
    Matter,
    Role,
    may_read,
)
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.situation import situation
from tests.unit import casefile
from tests.unit.casefile import COUNCIL, ELDERLY, NPO, OFFICE, SUBJECT, actor, later, record
from tests.unit.rulebook import (
    CONSENT,
    COORDINATOR,
    HELPER,
    LEFT,
    MANAGER,
    MEETING,
    NOW,
    NURSE,
    OFFICER,
    PLAN,
    PROGRESS,
    TODAY,
    attendee,
    juso,
    refused,
    shien,
    standing_case,
)

KEPT_HERE = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=MEETING)
PLEDGED = "2026-04-01"


def withdrawn(on: str = "2026-11-10") -> FormRecord:
    data = {"consentId": CONSENT, "date": on, "reason": "気が変わった"}
    return record("consent-withdrawal", data, at=later(NOW, days=-13))


def unconsented() -> CaseFile:
    other = {"kinds": ["application"]}
    return standing_case(casefile.consent(later(NOW, days=-60), record_id=CONSENT, **other))


# Basis per case


def test_a_shien_kaigi_needs_no_consent_and_a_juso_kaigi_does() -> None:
    assert refused("conference", shien(), unconsented(), confined=KEPT_HERE) == set()
    assert refused("conference", juso()) == set()
    assert refused("conference", juso(), unconsented()) == {("/basis", "consent-of-subject")}


@pytest.mark.parametrize("by", [COORDINATOR, actor(Role.COORDINATOR, OFFICE, office=True)])
def test_only_users_of_the_municipality_open_a_shien_kaigi(by: Actor) -> None:
    assert refused("conference", shien(), by=by) == {("/basis", "shien-by-municipality")}
    assert refused("conference", juso(), by=by) == set()


@pytest.mark.parametrize("role", sorted(MUNICIPAL_ROLES))
def test_every_user_of_the_municipality_may(role: Role) -> None:
    assert refused("conference", shien(), by=actor(role)) == set()


@pytest.mark.parametrize("kind", ["shien", "juso", "individual", "internal"])
@pytest.mark.parametrize("basis", ["106-6", "consent"])
def test_article_106_6_is_the_basis_of_a_shien_kaigi_and_of_nothing_else(
    kind: str, basis: str
) -> None:
    data = shien(kind=kind, basis=basis)
    wrong = (kind == "shien") is not (basis == "106-6")
    assert (("/basis", "basis-of-kind") in refused("conference", data)) is wrong


@pytest.mark.parametrize("kind", ["individual", "internal"])
def test_the_office_and_the_programme_talk_without_a_consent_but_with_nobody_else(
    kind: str,
) -> None:
    staff = [attendee(MANAGER), attendee(COORDINATOR)]
    inside = shien(kind=kind, basis="consent", attendees=staff)
    assert refused("conference", inside, unconsented()) == set()
    for guest in (attendee(NURSE), {"name": "大家"}):
        data = inside | {"attendees": [*staff, guest]}
        assert refused("conference", data, unconsented()) == {("/basis", "consent-of-subject")}
        assert refused("conference", data) == set()


@pytest.mark.parametrize("name", ["basis", "kind", "meetingId"])
def test_what_a_meeting_was_cannot_be_changed_afterwards(name: str) -> None:
    before = record("conference", juso(), confined=None)
    other = {"basis": "106-6", "kind": "internal", "meetingId": "m-other"}[name]
    found = refused("conference", juso() | {name: other}, standing_case(before), before=before)
    assert (f"/{name}", "fixed-after-save") in found


@pytest.mark.parametrize(
    ("held", "ended", "expected"),
    [
        ("2026-11-09", "2026-11-10", set()),
        # The withdrawal ends the sharing on its day.
        ("2026-11-10", "2026-11-10", {("/basis", "consent-of-subject")}),
        ("2026-11-22", "2026-11-10", {("/basis", "consent-of-subject")}),
        # Whatever day it bears, it acts at once on what is still to come.
        ("2026-11-23", "2026-11-23", {("/basis", "consent-of-subject")}),
        ("2026-11-26", "2026-11-20", {("/basis", "consent-of-subject")}),
        # Before the consent was given.
        ("2026-09-20", "2026-11-10", {("/basis", "consent-of-subject")}),
    ],
)
def test_the_consent_stands_on_the_day_of_the_meeting(
    held: str, ended: str, expected: set[tuple[str, str]]
) -> None:
    data = juso(roles=None) | {"date": held}
    assert refused("conference", data, standing_case(withdrawn(ended))) == expected


def test_minutes_of_a_lawful_meeting_are_written_after_the_withdrawal_too() -> None:
    before = record("conference", juso())
    case = standing_case(before, withdrawn("2026-11-23"))
    minutes = juso() | {"discussion": "議論の内容"}
    assert refused("conference", minutes, case, before=before) == set()
    moved = minutes | {"date": "2026-11-26"}
    assert refused("conference", moved, case, before=before) == {("/basis", "consent-of-subject")}
    # Nor is it laid before more people than were there.
    planned = record("conference", juso() | {"date": "2026-11-26"})
    joined = {**planned.data, "attendees": [*planned.data["attendees"], attendee(HELPER)]}
    found = refused("conference", joined, standing_case(planned, withdrawn()), before=planned)
    assert found == {("/basis", "consent-of-subject")}


def test_a_consent_without_an_end_ends_with_its_episode() -> None:
    closing = casefile.transition("closed", later(NOW, days=-30), before="received")
    again = casefile.transition("received", later(NOW, days=-20), before="closed")
    case = standing_case(closing, again)
    expected = {("/basis", "consent-of-subject")}
    assert refused("conference", juso(), case) == expected
    assert refused("conference", juso(roles=None) | {"date": "2026-10-01"}, case) == set()
    renewed = casefile.consent(later(NOW, days=-19))
    assert refused("conference", juso(), case.with_records(renewed)) == set()


# A wish not to be shared weighs


@pytest.mark.parametrize("reason", [None, " ", "生命の危険が迫っており、意思より安全を優先した。"])
def test_who_has_withdrawn_is_tabled_only_with_a_written_reason(reason: str | None) -> None:
    """L1."""
    weighed = bool(reason and reason.strip())
    data = shien(watchReason=reason)
    expected = set() if weighed else {("/watchReason", "watch-reason")}
    assert refused("conference", data, standing_case(withdrawn())) == expected


def test_who_left_the_programme_of_their_own_wish_too() -> None:
    closure = {"date": "2026-11-01", "reason": "07", "noLeadReason": "本人の希望"}
    case = standing_case(record("closure", closure), withdrawn())
    assert ("/watchReason", "watch-reason") in refused("conference", shien(), case)
    left = replace(unconsented(), records={**unconsented().records})
    left = left.with_records(record("closure", closure))
    assert refused("conference", shien(), left) == {("/watchReason", "watch-reason")}
    for other in ("04", "08"):
        moved = unconsented().with_records(record("closure", closure | {"reason": other}))
        assert refused("conference", shien(), moved) == set()


def test_no_reason_is_asked_for_where_nobody_refused() -> None:
    """A later withdrawal does not reach back, a new consent takes it away."""
    assert refused("conference", shien(), unconsented()) == set()
    before_it = shien(attendees=[attendee(MANAGER)], papers=None) | {"date": "2026-11-09"}
    assert refused("conference", before_it, standing_case(withdrawn())) == set()
    again = standing_case(withdrawn(), casefile.consent(later(NOW, days=-5)))
    assert refused("conference", shien(), again) == set()


# Who attends


def with_guest(who: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return shien(attendees=[attendee(MANAGER), who], **changes)


@pytest.mark.parametrize(
    ("guest", "expected"),
    [
        (attendee(NURSE, pledgedOn=PLEDGED, appointedOn=PLEDGED), set()),
        (attendee(COORDINATOR, pledgedOn=PLEDGED), set()),
        # The municipality's own staff are bound by their office.
        (attendee(OFFICER), set()),
        # Whoever has no login gets the papers on paper, and is bound all the same.
        ({"agencyName": "自治会", "name": "会長", "pledgedOn": PLEDGED}, set()),
        ({"agencyName": "自治会", "name": "会長"}, {("/attendees/1/pledgedOn", "pledge")}),
        (attendee(NURSE), {("/attendees/1/pledgedOn", "pledge")}),
        (attendee(COORDINATOR), {("/attendees/1/pledgedOn", "pledge")}),
        (
            attendee(NURSE, pledgedOn="2026-11-24"),
            {("/attendees/1/pledgedOn", "future-date")},
        ),
        (
            attendee(NURSE, pledgedOn=PLEDGED, appointedOn="2026-11-24"),
            {("/attendees/1/appointedOn", "future-date")},
        ),
        (
            attendee(NURSE, pledgedOn=PLEDGED, staffId="staff-nobody"),
            {("/attendees/1/staffId", "unknown-staff")},
        ),
        (attendee(LEFT, pledgedOn=PLEDGED), {("/attendees/1/staffId", "unknown-staff")}),
        (
            attendee(NURSE, pledgedOn=PLEDGED, agencyId=NPO),
            {("/attendees/1/agencyId", "staff-of-other-agency")},
        ),
        (
            attendee(NURSE, pledgedOn=PLEDGED, agencyId="nobody"),
            {
                ("/attendees/1/agencyId", "unknown-agency"),
                ("/attendees/1/agencyId", "staff-of-other-agency"),
            },
        ),
        # Access is per person: nobody is at a meeting twice.
        (attendee(MANAGER), {("/attendees/1/staffId", "duplicate")}),
    ],
)
def test_who_attends_a_shien_kaigi(guest: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert refused("conference", with_guest(guest)) == expected


def test_secrecy_is_pledged_by_the_day_of_the_meeting() -> None:
    held = with_guest(attendee(NURSE, pledgedOn="2026-11-21"), papers=None)
    late = held | {"date": "2026-11-20"}
    assert refused("conference", held | {"date": "2026-11-21"}) == set()
    assert refused("conference", late) == {("/attendees/1/pledgedOn", "pledge-before")}


def test_no_pledge_is_asked_for_at_a_juso_kaigi() -> None:
    assert refused("conference", juso(attendees=[attendee(HELPER)])) == set()


@pytest.mark.parametrize(("days", "allowed"), [(-2, True), (0, True), (1, False), (7, False)])
def test_deputies_are_named_on_the_day(days: int, allowed: bool) -> None:
    """Not before: papers are open from 7 days before to whoever attends (L9)."""
    guest = attendee(NURSE, pledgedOn=PLEDGED, deputyFor="所長")
    data = with_guest(guest, papers=None) | {"date": (TODAY + timedelta(days=days)).isoformat()}
    expected = set() if allowed else {("/attendees/1/deputyFor", "deputy-on-the-day")}
    assert refused("conference", data) == expected


def test_a_declared_conflict_of_interest_keeps_from_the_table() -> None:
    declared = record(
        "conflict-of-interest",
        {"staffId": NURSE.staff_id, "declaredBy": "self", "date": "2026-11-01"},
    )
    found = refused("conference", shien(), standing_case(declared))
    assert found == {("/attendees/1/staffId", "cannot-attend")}


def test_what_was_true_at_the_meeting_stays_in_its_minutes() -> None:
    """Somebody has left since: the row that was saved then is not judged again."""
    row = attendee(LEFT, pledgedOn=PLEDGED)
    before = record("conference", with_guest(row), confined=KEPT_HERE)
    case = standing_case(before)
    after = with_guest(row) | {"discussion": "議論の内容"}
    assert refused("conference", after, case, before=before) == set()
    found = refused("conference", with_guest(row | {"name": "別名"}), case, before=before)
    assert found == {("/attendees/1/staffId", "unknown-staff")}


# Papers


@pytest.mark.parametrize(
    ("papers", "expected"),
    [
        ([{"recordId": PROGRESS, "classes": ["1", "2", "3", "4"]}], set()),
        ([{"recordId": PLAN, "classes": ["2"]}, {"recordId": PROGRESS, "classes": ["4"]}], set()),
        (
            [{"recordId": "r-000000000000", "classes": ["4"]}],
            {("/papers/0/recordId", "unknown-record")},
        ),
        (
            [{"recordId": PROGRESS, "classes": ["4"]}, {"recordId": PROGRESS, "classes": ["2"]}],
            {("/papers/1/recordId", "duplicate")},
        ),
    ],
)
def test_what_is_laid_before_a_meeting(
    papers: list[dict[str, Any]], expected: set[tuple[str, str]]
) -> None:
    assert refused("conference", shien(papers=papers)) == expected


@pytest.mark.parametrize("form", ["sealed", "sealed-holders"])
def test_the_compartment_is_never_a_paper(form: str) -> None:
    sealed = record(form, {}, record_id="r-sealed000001")
    data = shien(papers=[{"recordId": "r-sealed000001", "classes": ["1"]}])
    found = refused("conference", data, standing_case(sealed))
    assert found == {("/papers/0/recordId", "unknown-record")}


def confined_paper(basis: Basis, meeting_id: str | None) -> CaseFile:
    kept = Confinement(basis=basis, meeting_id=meeting_id)
    return standing_case(record("progress", {}, record_id=PROGRESS, confined=kept))


@pytest.mark.parametrize("basis", sorted(CONFERENCE_BASES))
@pytest.mark.parametrize("meeting_id", ["m-other", None])
def test_what_another_conference_gave_is_not_laid_before_this_one(
    basis: Basis, meeting_id: str | None
) -> None:
    """L2. And who is not of the municipality learns nothing of it."""
    case = confined_paper(basis, meeting_id)
    pointer = "/papers/0/recordId"
    assert refused("conference", shien(), case) == {(pointer, "kept-by-conference")}
    papers = {"papers": shien()["papers"]}
    found = refused("conference", juso() | papers, case, by=COORDINATOR)
    assert found == {(pointer, "unknown-record")}


def test_what_was_given_at_this_shien_kaigi_is_and_what_was_released() -> None:
    assert refused("conference", shien(), confined_paper(Basis.SHIEN_KAIGI, MEETING)) == set()
    other = confined_paper(Basis.SHIEN_KAIGI, "m-other")
    release = {"recordId": PROGRESS, "meetingId": "m-other", "date": "2026-11-20"}
    released = other.with_records(record("release", release))
    assert refused("conference", shien(), released) == set()
    # By no change of kind does a meeting on consent take what a 支援会議 of the same name keeps.
    papers = {"papers": shien()["papers"]}
    found = refused("conference", juso() | papers, confined_paper(Basis.SHIEN_KAIGI, MEETING))
    assert found == {("/papers/0/recordId", "kept-by-conference")}


DAYS = st.integers(-40, 40).map(lambda n: timedelta(days=n))


@given(DAYS, DAYS, st.integers(-30, 30).map(lambda n: timedelta(days=n)))
def test_papers_are_open_at_most_from_7_days_before_to_14_after(
    first: timedelta, last: timedelta, held: timedelta
) -> None:
    day = TODAY + held
    data = shien() | {
        "date": day.isoformat(),
        "papersFrom": (day + first).isoformat(),
        "papersTo": (day + last).isoformat(),
    }
    found = refused("conference", data)
    allowed = timedelta(days=-7) <= first <= last <= timedelta(days=14)
    assert (not found) is allowed
    if not found:
        window = (
            situation(standing_case(record("conference", data, confined=KEPT_HERE)))
            .meetings[0]
            .window
        )
        assert window.first >= day - timedelta(days=7)
        assert window.last is not None
        assert window.last <= day + timedelta(days=14)


# Tasks, plan, answers


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"due": "2026-11-22"}, set()),
        ({"due": "2026-11-21"}, {("/roles/0/due", "out-of-order")}),
        ({"agencyId": "nobody"}, {("/roles/0/agencyId", "unknown-agency")}),
        ({"done": "2026-11-24"}, {("/roles/0/done", "future-date")}),
        ({"done": "2026-11-23"}, set()),
    ],
)
def test_tasks_have_a_day_and_somebody_to_do_them(
    changes: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    data = juso()
    data["roles"] = [data["roles"][0] | changes]
    assert refused("conference", data) == expected


def test_tasks_are_told_apart() -> None:
    data = juso()
    data["roles"] = data["roles"] * 2
    assert refused("conference", data) == {("/roles/1/itemId", "duplicate")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"planId": "r-000000000000"}, ("/planId", "unknown-record")),
        ({"planId": PROGRESS}, ("/planId", "unknown-record")),
        ({"planId": None}, ("/planJudgement", "judgement-of-plan")),
        ({"nextOn": "2026-11-21"}, ("/nextOn", "out-of-order")),
        ({"from": "15:00", "to": "14:00"}, ("/to", "out-of-order")),
    ],
)
def test_what_minutes_refer_to_exists_and_is_in_order(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    data = {k: v for k, v in (juso() | changes).items() if v is not None}
    assert refused("conference", data) == {expected}


def test_only_a_juso_kaigi_judges_a_plan() -> None:
    data = shien(planId=PLAN, planJudgement="appropriate")
    assert refused("conference", data) == {("/planJudgement", "judgement-of-plan")}


def request(**changes: Any) -> dict[str, Any]:
    return {
        "meetingId": MEETING,
        "agencyId": ELDERLY,
        "date": "2026-11-20",
        "items": "通院の状況",
        "legalBasis": "106-6-3",
        "dueOn": "2026-12-04",
    } | changes


HELD = record("conference", shien(), confined=KEPT_HERE)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"answer": "none"}, set()),
        ({"answer": "answered", "answeredOn": "2026-11-22", "answerText": "月1回"}, set()),
        ({"answer": "refused", "answeredOn": "2026-11-22", "refusalReason": "時間がない"}, set()),
        (
            {"answer": "answered"},
            {("/answeredOn", "required"), ("/answerText", "required")},
        ),
        (
            {"answer": "refused", "answeredOn": "2026-11-22"},
            {("/refusalReason", "required")},
        ),
        (
            {"answer": "refused", "answeredOn": "2026-11-19", "refusalReason": "時間がない"},
            {("/answeredOn", "out-of-order")},
        ),
        (
            {"answer": "refused", "answeredOn": "2026-11-24", "refusalReason": "時間がない"},
            {("/answeredOn", "future-date")},
        ),
        ({"answeredOn": "2026-11-22"}, {("/answeredOn", "not-allowed-here")}),
        ({"meetingId": "m-other"}, {("/meetingId", "unknown-meeting")}),
        ({"dueOn": "2026-11-19"}, {("/dueOn", "out-of-order")}),
        ({"agencyId": "nobody"}, {("/agencyId", "unknown-agency")}),
    ],
)
def test_request_for_cooperation_and_its_answer(
    changes: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert refused("information-request", request(**changes), standing_case(HELD)) == expected


def test_request_for_cooperation_rests_on_a_shien_kaigi_of_the_municipality() -> None:
    consented = standing_case(record("conference", juso()))
    found = refused("information-request", request(), consented)
    assert found == {("/meetingId", "unknown-meeting")}
    found = refused("information-request", request(), standing_case(HELD), by=COORDINATOR)
    assert found == {("", "municipality-decides")}


# The meeting itself, over all cases


def meeting(**changes: Any) -> dict[str, Any]:
    return {
        "title": "11月の定例会議",
        "date": "2026-12-03",
        "from": "13:30",
        "to": "15:00",
        "kinds": ["juso"],
        "invited": [{"staffId": NURSE.staff_id, "agencyId": ELDERLY}],
    } | changes


@pytest.mark.parametrize(
    ("changes", "by", "expected"),
    [
        ({}, COORDINATOR, set()),
        ({"kinds": ["shien", "juso"]}, OFFICER, set()),
        ({"kinds": ["shien", "juso"]}, COORDINATOR, {("/kinds", "shien-by-municipality")}),
        ({"to": "13:00"}, MANAGER, {("/to", "out-of-order")}),
        ({"cases": ["K7QM-2T9X-4RBD"]}, MANAGER, {("/cases", "agenda-by-cases")}),
        (
            {"invited": [{"staffId": "staff-nobody", "agencyId": ELDERLY}]},
            MANAGER,
            {("/invited/0/staffId", "unknown-staff")},
        ),
        (
            {"invited": [{"staffId": NURSE.staff_id, "agencyId": NPO}]},
            MANAGER,
            {("/invited/0/staffId", "unknown-staff")},
        ),
        (
            {"invited": [{"agencyId": "nobody"}]},
            MANAGER,
            {("/invited/0/agencyId", "unknown-agency")},
        ),
    ],
)
def test_a_meeting(changes: dict[str, Any], by: Actor, expected: set[tuple[str, str]]) -> None:
    assert refused("meeting", meeting(**changes), by=by) == expected


# What the rules let through opens nothing beyond the persons who attend


@given(
    st.sets(st.sampled_from([NURSE, HELPER, COORDINATOR, OFFICER]), min_size=1),
    st.sets(st.sampled_from("1234"), min_size=1),
    st.integers(-30, 30),
)
def test_whoever_reads_an_unconsented_case_sits_at_its_table(
    guests: set[Actor], classes: set[str], days: int
) -> None:
    held = TODAY + timedelta(days=days)
    data = shien(
        attendees=[
            attendee(g, pledgedOn=PLEDGED) for g in sorted(guests, key=lambda g: g.staff_id)
        ],
        papers=[{"recordId": PROGRESS, "classes": sorted(classes)}],
    ) | {"date": held.isoformat()}
    case = unconsented()
    assert refused("conference", data, case) == set()
    facts = situation(case.with_records(record("conference", data, confined=KEPT_HERE)))
    for who in (NURSE, HELPER):
        for data_class in range(1, 7):
            basis = may_read(
                who,
                facts,
                Matter(
                    record_id=PROGRESS,
                    data_class=data_class,
                    persons=frozenset({SUBJECT}),
                    contributors=frozenset({OFFICE}),
                ),
                NOW,
            )
            window = held - timedelta(days=7) <= TODAY <= held + timedelta(days=14)
            laid = str(data_class) in classes
            assert (basis is not None) is (who in guests and laid and window)


def test_the_register_of_the_tests_has_everyone_where_they_say() -> None:
    assert (NURSE.agency_id, HELPER.agency_id, COORDINATOR.agency_id) == (ELDERLY, NPO, COUNCIL)
    assert LEFT.valid_to is not None
    assert LEFT.valid_to < date.fromisoformat(shien()["date"])
