"""Households, agencies of a case, plans, progress, decisions, closures, and what is exceptional:
what a careful user would expect to be told (DOMAIN §1.3, §2, §4.10 L4, L8, L10–L12)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework import rules
from lambdas.casework.access import MUNICIPAL_ROLES, Actor, MemberKind, Role
from lambdas.casework.clock import to_iso
from lambdas.casework.records import Agency, CaseFile, FormRecord
from lambdas.casework.situation import situation
from tests.unit import casefile, rulebook
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    MOTHER,
    NPO,
    OFFICE,
    SUBJECT,
    actor,
    later,
    member,
    record,
)
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
    OTHER_MANAGER,
    PLAN,
    PROGRESS,
    TODAY,
    Refused,
    emergency,
    form_of,
    juso,
    plan,
    progress,
    refused,
    standing_case,
)

STRANGER, BABY = "p-00000000000z", "p-00000000000b"

# Household


def persons(*rows: Mapping[str, Any], **subject: Any) -> dict[str, Any]:
    me = {"personId": SUBJECT, "isSubject": True, **subject}
    return household(me, {"personId": MOTHER}, *rows)


def household(*rows: Mapping[str, Any]) -> dict[str, Any]:
    """Everybody but the 本人 is something to them."""
    return {"persons": [r if r.get("isSubject") else {"relation": "16", **r} for r in rows]}


LEDGER = record("household", persons())


def ledger(data: Mapping[str, Any]) -> Refused:
    return refused("household", data, standing_case(LEDGER), before=LEDGER)


@pytest.mark.parametrize(
    "data",
    [
        persons(),
        persons({"personId": BABY, "birthDate": {"y": 2026, "m": 11, "d": 23}}),
        persons({"personId": BABY, "kinOf": [{"personId": MOTHER, "kind": "parent"}]}),
        persons({"personId": BABY, "from": "2026-04-01", "to": "2026-04-01"}),
        persons(deceasedOn="2026-11-23", birthDate={"y": 1965, "m": None, "d": None}),
        # Born and died in the same year, of which no more is known.
        persons(deceasedOn="1965-01-01", birthDate={"y": 1965, "m": None, "d": None}),
        persons() | {"conditions": [{"personId": MOTHER, "health": "2"}]},
    ],
)
def test_a_ledger_of_the_household(data: dict[str, Any]) -> None:
    assert ledger(data) == set()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (household({"personId": SUBJECT}, {"personId": MOTHER}), ("/persons", "one-subject")),
        (persons({"personId": BABY, "isSubject": True}), ("/persons", "one-subject")),
        (
            household({"personId": SUBJECT}, {"personId": MOTHER, "isSubject": True}),
            ("/persons/1/isSubject", "subject-fixed"),
        ),
        (
            household({"personId": SUBJECT, "isSubject": True}),
            ("/persons", "person-removed"),
        ),
        (persons({"personId": MOTHER}), ("/persons/2/personId", "duplicate")),
        (
            persons({"personId": BABY, "kinOf": [{"personId": STRANGER, "kind": "parent"}]}),
            ("/persons/2/kinOf/0/personId", "unknown-person"),
        ),
        (
            persons({"personId": BABY, "kinOf": [{"personId": BABY, "kind": "sibling"}]}),
            ("/persons/2/kinOf/0/personId", "unknown-person"),
        ),
        (
            persons({"personId": BABY, "from": "2026-04-02", "to": "2026-04-01"}),
            ("/persons/2/to", "out-of-order"),
        ),
        (persons(deceasedOn="2026-11-24"), ("/persons/0/deceasedOn", "future-date")),
        (
            persons(deceasedOn="1965-03-01", birthDate={"y": 1965, "m": 3, "d": 2}),
            ("/persons/0/deceasedOn", "out-of-order"),
        ),
        (
            persons(birthDate={"y": 2026, "m": 11, "d": 24}),
            ("/persons/0/birthDate", "future-date"),
        ),
        (
            persons(birthDate={"y": 2025, "m": 2, "d": 29}),
            ("/persons/0/birthDate", "no-such-day"),
        ),
        (
            persons() | {"conditions": [{"personId": STRANGER, "health": "2"}]},
            ("/conditions/0/personId", "unknown-person"),
        ),
    ],
)
def test_what_no_ledger_says(data: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in ledger(data)


IDS = st.lists(
    st.sampled_from([SUBJECT, MOTHER, BABY, STRANGER]), min_size=1, max_size=5, unique=True
)


@given(IDS, IDS, st.sampled_from([SUBJECT, MOTHER, BABY]))
def test_nobody_is_ever_struck_off_and_the_subject_stays(
    first: list[str], then: list[str], subject: str
) -> None:
    def rows(ids: Iterable[str]) -> dict[str, Any]:
        return household(*({"personId": i, "isSubject": i == subject} for i in ids))

    before = record("household", rows({*first, subject}))
    found = refused("household", rows(then), casefile.case(before), before=before)
    assert (not found) is ({*first, subject} <= set(then))


def test_whoever_has_left_or_died_is_still_of_the_whole_household() -> None:
    """A record about all of them stays closed to whom one of them did not consent (L4, L8)."""
    gone = {"personId": BABY, "to": "2026-05-01", "deceasedOn": "2026-05-01"}
    assert ledger(persons(gone)) == set()
    facts = situation(standing_case(record("household", persons(gone))))
    assert facts.persons == {SUBJECT, MOTHER, BABY}


@pytest.mark.parametrize("form", ["assessment-living", "assessment-income", "assessment-issues"])
def test_sheets_are_of_persons_of_the_ledger_and_of_days_that_were(form: str) -> None:
    sheet = {"personId": MOTHER, "date": "2026-11-23"}
    assert refused(form, sheet) == set()
    expected = {("/personId", "unknown-person"), ("/date", "future-date")}
    assert refused(form, {"personId": STRANGER, "date": "2026-11-24"}) == expected


def test_a_row_is_about_a_person_of_the_ledger() -> None:
    rows = [{"issueId": "k1", "code": "07", "personId": MOTHER}, {"issueId": "k2", "code": "09"}]
    assert refused("issues", {"issues": rows}) == set()
    rows.append({"issueId": "k1", "code": "09", "personId": STRANGER})
    assert refused("issues", {"issues": rows}) == {
        ("/issues/2/issueId", "duplicate"),
        ("/issues/2/personId", "unknown-person"),
    }


# Whom a record is about


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({}, set()),
        ({"": []}, set()),
        ({"": [SUBJECT, MOTHER], "facts": [MOTHER]}, set()),
        ({"": [STRANGER]}, {("//0", "unknown-person")}),
        ({"facts": [SUBJECT, STRANGER]}, {("/facts/1", "unknown-person")}),
        ({"no/such": [SUBJECT]}, {("/no~1such", "unknown-field")}),
    ],
)
def test_a_text_is_about_persons_of_the_ledger(
    about: dict[str, list[str]], expected: Refused
) -> None:
    found = rules.about_refusals(standing_case(), form_of("progress"), progress(), about)
    assert {(e.pointer, e.code) for e in found} == expected


@pytest.mark.parametrize(
    ("about", "refusal"),
    [
        ({"": [MOTHER]}, set()),
        ({"": []}, set()),
        ({"": [SUBJECT, MOTHER]}, set()),
        ({"": [SUBJECT]}, {"about-own-person"}),
        ({"": [MOTHER], "healthNote": [SUBJECT]}, {"about-own-person", "unknown-field"}),
    ],
)
def test_what_a_form_holds_on_one_person_is_about_this_person(
    about: dict[str, list[str]], refusal: set[str]
) -> None:
    """Else one person's consent would open the sheet of another (L4)."""
    sheet = {"personId": MOTHER, "date": "2026-11-23"}
    found = rules.about_refusals(standing_case(), form_of("assessment-living"), sheet, about)
    assert {e.code for e in found} == refusal


# Agencies of the case

ROWS = (
    {"agencyId": OFFICE, "kind": "municipality", "from": "2026-04-01"},
    {"agencyId": COUNCIL, "kind": "coordinator", "from": "2026-04-01"},
    {"agencyId": ELDERLY, "kind": "receiving", "from": "2026-04-01"},
    {"agencyId": NPO, "kind": "participant", "from": "2026-04-01", "to": "2026-06-30"},
    {"agencyId": NPO, "kind": "participant", "from": "2026-08-01"},
)
MEMBERS = record("members", {"members": list(ROWS)})


def agencies(*rows: Mapping[str, Any], by: Actor = MANAGER) -> Refused:
    case = standing_case(MEMBERS)
    return refused("members", {"members": list(rows)}, case, before=MEMBERS, by=by)


def changed(index: int, **changes: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in ROWS]
    rows[index] |= changes
    return rows


@pytest.mark.parametrize("by", [MANAGER, OFFICER, COORDINATOR])
def test_participants_join_and_leave(by: Actor) -> None:
    joined = member("kind-14", **{"from": "2026-11-23"})
    assert agencies(*ROWS, by=by) == set()
    assert agencies(*ROWS, joined, by=by) == set()
    assert agencies(*changed(4, to="2026-12-31", reason="役割を終えた"), by=by) == set()
    # Whoever received the case may take part in it as well.
    assert agencies(*ROWS, member(ELDERLY, **{"from": "2026-11-23"}), by=by) == set()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (ROWS[1:], ("/members", "member-removed")),
        (ROWS[:4], ("/members", "member-removed")),
        # To rewrite a row is to delete it and to add another.
        (changed(4, **{"from": "2026-09-01"}), ("/members", "member-removed")),
        (changed(0, to="2026-12-31"), ("/members/0/to", "member-fixed")),
        (changed(3, to=None), ("/members/3/to", "member-ended")),
        (changed(3, to="2026-07-31"), ("/members/3/to", "member-ended")),
        (changed(4, to="2026-07-31"), ("/members/4/to", "out-of-order")),
        ([*ROWS, member("nobody")], ("/members/5/agencyId", "unknown-agency")),
        ([*ROWS, member("kind-14", "receiving")], ("/members/5/kind", "member-kind-fixed")),
        ([*ROWS, member("kind-30", "municipality")], ("/members/5/kind", "member-kind-fixed")),
        (
            [*ROWS, member(NPO, **{"from": "2026-10-01"})],
            ("/members/5/from", "period-overlap"),
        ),
        (
            [*ROWS, member(NPO, **{"from": "2026-06-30", "to": "2026-07-10"})],
            ("/members/5/from", "period-overlap"),
        ),
    ],
)
def test_the_agencies_of_a_case_are_never_rewritten(
    rows: Iterable[Mapping[str, Any]], expected: tuple[str, str]
) -> None:
    found = agencies(*({k: v for k, v in r.items() if v is not None} for r in rows))
    assert expected in found


def test_a_contract_passes_on_by_the_municipality_alone() -> None:
    """L10: the successor is the agency that the register names for the programme."""
    successor = member("successor", "coordinator", **{"from": "2027-04-01"})
    rows = [*changed(1, to="2027-03-31"), successor]
    entry = Agency(agency_id="successor", name="次の受託者", kind="27", member_kind=None)
    named = replace(entry, member_kind=MemberKind.COORDINATOR)
    for by, agency, expected in (
        (MANAGER, named, set()),
        (OFFICER, named, set()),
        (MANAGER, entry, {("/members/5/agencyId", "not-the-programme")}),
        (
            COORDINATOR,
            named,
            {("/members/1/to", "member-fixed"), ("/members/5/kind", "member-kind-fixed")},
        ),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rulebook, "AGENCIES", (*rulebook.AGENCIES, agency))
            assert agencies(*rows, by=by) == expected


SPANS = st.tuples(
    st.integers(0, 30), st.one_of(st.none(), st.integers(0, 30)), st.sampled_from([ELDERLY, NPO])
)


@given(st.lists(SPANS, max_size=4))
def test_no_agency_takes_part_twice_on_one_day(spans: list[tuple[int, int | None, str]]) -> None:
    """Said by counting days."""
    first = date(2026, 10, 1)
    rows, days = [], []
    for start, length, agency_id in spans:
        begins = first + timedelta(days=start)
        ends = begins + timedelta(days=length) if length is not None else None
        row = member(agency_id, **{"from": begins.isoformat()})
        rows.append(row | ({"to": ends.isoformat()} if ends else {}))
        last = length if length is not None else 100
        days.append({(agency_id, begins + timedelta(days=n)) for n in range(last + 1)})
    before = record("members", {"members": list(ROWS[:2])})
    data = {"members": [*ROWS[:2], *rows]}
    found = refused("members", data, standing_case(before), before=before)
    assert (not found) is (len(set().union(*days)) == sum(map(len, days)))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"staffIds": [MANAGER.staff_id, COORDINATOR.staff_id]}, set()),
        ({"staffIds": [], "leadAgencyId": ELDERLY}, set()),
        ({"staffIds": ["staff-nobody"]}, {("/staffIds/0", "unknown-staff")}),
        ({"staffIds": [LEFT.staff_id]}, {("/staffIds/0", "unknown-staff")}),
        ({"staffIds": [NURSE.staff_id]}, {("/staffIds/0", "staff-not-in-charge")}),
        ({"staffIds": [], "leadAgencyId": NPO}, {("/leadAgencyId", "not-a-member")}),
        (
            {"staffIds": [], "leadAgencyId": "nobody"},
            {("/leadAgencyId", "not-a-member"), ("/leadAgencyId", "unknown-agency")},
        ),
    ],
)
def test_who_is_in_charge(data: dict[str, Any], expected: Refused) -> None:
    assert refused("assignment", data) == expected


def test_who_was_in_charge_is_not_judged_again() -> None:
    before = record("assignment", {"staffIds": [LEFT.staff_id], "leadAgencyId": NPO})
    data = before.data | {"staffIds": [LEFT.staff_id, OFFICER.staff_id]}
    assert refused("assignment", data, standing_case(before), before=before) == set()


# Plan, progress, decision, evaluation, closure


def role(**changes: Any) -> dict[str, Any]:
    return {"itemId": "a2", "agencyId": ELDERLY, "support": "同行", "due": "2026-12-31"} | changes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"planNumber": 1}, {("/planNumber", "duplicate")}),
        ({"planNumber": 1, "programme": "outreach"}, set()),
        ({"createdOn": "2026-11-24"}, {("/createdOn", "future-date")}),
        ({"to": "2026-10-19"}, {("/to", "out-of-order")}),
        ({"nextEvaluationOn": "2026-10-19"}, {("/nextEvaluationOn", "out-of-order")}),
        ({"leadAgencyId": "nobody"}, {("/leadAgencyId", "unknown-agency")}),
        ({"roles": [role(), role()]}, {("/roles/1/itemId", "duplicate")}),
        ({"roles": [role(agencyId="nobody")]}, {("/roles/0/agencyId", "unknown-agency")}),
        ({"roles": [role(agencyId=None, familyRole="見守る")]}, set()),
        ({"roles": [role(due="2026-10-19")]}, {("/roles/0/due", "out-of-order")}),
        ({"roles": [role(**{"from": "2027-01-01"})]}, {("/roles/0/due", "out-of-order")}),
        ({"roles": [role(done="2026-11-24")]}, {("/roles/0/done", "future-date")}),
        ({"roles": [role(issueId="k1")]}, {("/roles/0/issueId", "unknown-issue")}),
        ({"roles": [role(issueId="k1")], "issues": [{"issueId": "k1", "text": "住まい"}]}, set()),
        (
            {"participation": {"matchedOn": "2026-11-02", "settledOn": "2026-11-01"}},
            {("/participation/settledOn", "out-of-order")},
        ),
        (
            {"application": {"date": "2026-11-24"}},
            {("/application/date", "future-date")},
        ),
    ],
)
def test_a_plan(changes: dict[str, Any], expected: Refused) -> None:
    data = plan(**{"planNumber": 2} | changes)
    data["roles"] = [{k: v for k, v in r.items() if v is not None} for r in data["roles"]]
    assert refused("plan", data) == expected


def test_a_plan_works_on_issues_of_the_case_and_keeps_its_number() -> None:
    table = record("issues", {"issues": [{"issueId": "k1", "code": "07"}]})
    before = record("plan", plan(), record_id=PLAN)
    data = plan(roles=[role(issueId="k1")])
    assert refused("plan", data, standing_case(table, before), before=before) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"date": "2026-11-24"}, {("/date", "future-date")}),
        ({"nextDue": "2026-11-02"}, {("/nextDue", "out-of-order")}),
        ({"sharedWith": "members"}, set()),
        ({"sharedWith": "list", "sharedAgencies": [ELDERLY]}, set()),
        ({"sharedWith": "list"}, {("/sharedAgencies", "required")}),
        ({"sharedAgencies": [ELDERLY]}, {("/sharedAgencies", "not-allowed-here")}),
        (
            {"sharedWith": "list", "sharedAgencies": [ELDERLY, NPO]},
            {("/sharedAgencies/1", "not-a-member")},
        ),
        (
            {"sharedWith": "list", "sharedAgencies": ["nobody"]},
            {("/sharedAgencies/0", "unknown-agency")},
        ),
        ({"planItemId": "a1"}, set()),
        ({"planItemId": "z9"}, {("/planItemId", "unknown-item")}),
        # Over midnight.
        ({"from": "23:30", "to": "00:15"}, set()),
    ],
)
def test_progress(changes: dict[str, Any], expected: Refused) -> None:
    assert refused("progress", progress(**changes)) == expected


def test_outside_agencies_learn_nothing_of_members_and_plans_from_a_refusal() -> None:
    for shared in (ELDERLY, NPO):
        for item in ("a1", "z9"):
            data = progress(sharedWith="list", sharedAgencies=[shared], planItemId=item)
            assert refused("progress", data, by=HELPER) == set()


@pytest.mark.parametrize("minutes", [-1, 1441, 7.5])
def test_minutes_are_of_one_day(minutes: float) -> None:
    with pytest.raises(AssertionError, match="/minutes"):
        refused("progress", progress(minutes=minutes))


def decision(**changes: Any) -> dict[str, Any]:
    return {
        "planId": PLAN,
        "result": "decided",
        "date": "2026-11-20",
        "decidedBy": "地域福祉課長",
    } | changes


@pytest.mark.parametrize(
    ("changes", "by", "expected"),
    [
        ({}, OFFICER, set()),
        ({"result": "not-decided", "reason": "本人の意向の確認が要る"}, MANAGER, set()),
        ({"result": "not-decided"}, MANAGER, {("/reason", "reason-required")}),
        ({"planId": "r-000000000000"}, MANAGER, {("/planId", "unknown-record")}),
        ({"planId": PROGRESS}, MANAGER, {("/planId", "unknown-record")}),
        ({"date": "2026-11-24"}, MANAGER, {("/date", "future-date")}),
        ({"date": "2026-10-19"}, MANAGER, {("/date", "out-of-order")}),
        ({}, COORDINATOR, {("", "municipality-decides")}),
        (
            {},
            actor(Role.COORDINATOR, OFFICE, office=True),
            {("", "municipality-decides")},
        ),
    ],
)
def test_decision_to_support_is_an_act_of_the_municipality(
    changes: dict[str, Any], by: Actor, expected: Refused
) -> None:
    assert refused("decision", decision(**changes), by=by) == expected


def test_a_plan_is_decided_once_but_may_be_after_a_refusal() -> None:
    once = standing_case(record("decision", decision()))
    assert refused("decision", decision(), once) == {("/planId", "already-done")}
    refusal = record("decision", decision(result="not-decided", reason="理由"))
    assert refused("decision", decision(), standing_case(refusal)) == set()


def evaluation(**changes: Any) -> dict[str, Any]:
    return {
        "date": "2026-11-22",
        "planId": PLAN,
        "achievement": "achieved",
        "judgement": "closing",
        "endReason": "01",
    } | changes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"confirmedAtMeetingId": MEETING}, set()),
        ({"confirmedAtMeetingId": "m-other"}, {("/confirmedAtMeetingId", "unknown-meeting")}),
        ({"endReason": None}, {("/endReason", "required")}),
        ({"judgement": "continue"}, {("/endReason", "not-allowed-here")}),
        ({"judgement": "continue", "endReason": None}, set()),
        ({"planId": CONSENT}, {("/planId", "unknown-record")}),
        ({"date": "2026-11-24"}, {("/date", "future-date")}),
        ({"date": "2026-10-19"}, {("/date", "out-of-order")}),
        (
            {"handover": {"agencyId": "nobody"}},
            {("/handover/agencyId", "unknown-agency")},
        ),
    ],
)
def test_an_evaluation(changes: dict[str, Any], expected: Refused) -> None:
    data = {k: v for k, v in evaluation(**changes).items() if v is not None}
    assert refused("evaluation", data, standing_case(record("conference", juso()))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"leadAgencyId": ELDERLY}, set()),
        ({"noLeadReason": "転出先の市に引き継いだ"}, set()),
        ({"leadAgencyId": ELDERLY, "followUpOn": "2027-01-10"}, set()),
        ({}, {("/leadAgencyId", "lead-or-reason")}),
        ({"reason": "02", "noLeadReason": "理由"}, {("/leadAgencyId", "lead-of-handover")}),
        ({"reason": "02", "leadAgencyId": ELDERLY}, set()),
        (
            {"leadAgencyId": ELDERLY, "noLeadReason": "理由"},
            {("/noLeadReason", "not-allowed-here")},
        ),
        ({"leadAgencyId": "nobody"}, {("/leadAgencyId", "unknown-agency")}),
        (
            {"leadAgencyId": ELDERLY, "followUpOn": "2026-11-19"},
            {("/followUpOn", "out-of-order")},
        ),
        ({"leadAgencyId": ELDERLY, "date": "2026-11-24"}, {("/date", "future-date")}),
    ],
)
def test_a_case_ends_with_a_lead_or_with_a_reason(
    changes: dict[str, Any], expected: Refused
) -> None:
    assert refused("closure", {"date": "2026-11-20", "reason": "04"} | changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"agencyId": "nobody"}, {("/agencyId", "unknown-agency")}),
        ({"date": "2026-11-24"}, {("/date", "future-date")}),
        ({"explainedOn": "2026-11-24"}, {("/explainedOn", "future-date")}),
    ],
)
def test_a_handover(changes: dict[str, Any], expected: Refused) -> None:
    assert refused("handover", {"agencyId": ELDERLY, "date": "2026-11-23"} | changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # Noon in UTC+9 is now.
        ({"time": "12:00"}, set()),
        ({"time": "12:01"}, {("/time", "future-time")}),
        ({"date": "2026-11-22", "time": "23:59"}, set()),
        ({"date": "2026-11-24"}, {("/date", "future-date")}),
    ],
)
def test_a_emergency_report_has_happened(changes: dict[str, Any], expected: Refused) -> None:
    data = {
        "date": "2026-11-23",
        "time": "09:10",
        "law": "elder-abuse",
        "recipient": "高齢福祉課",
        "content": "あざを見つけた。",
    } | changes
    assert refused("emergency-report", data) == expected


# 緊急閲覧, its review, conflicts of interest


@pytest.mark.parametrize("by", [MANAGER, OFFICER])
def test_emergency_access_from_now_for_three_hours_for_oneself(by: Actor) -> None:
    data = emergency(staffId=by.staff_id)
    assert refused("emergency-access", data, by=by, emergency_access=True) == set()


def test_emergency_access_is_off_unless_the_municipality_turned_it_on() -> None:
    assert refused("emergency-access", emergency()) == {("", "emergency-off")}


@pytest.mark.parametrize("role_", sorted(set(Role) - MUNICIPAL_ROLES))
def test_emergency_access_is_never_for_others_than_the_municipality(role_: Role) -> None:
    by = actor(role_)
    found = refused(
        "emergency-access", emergency(staffId=by.staff_id), by=by, emergency_access=True
    )
    assert found == {("", "emergency-off")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"staffId": OFFICER.staff_id}, {("/staffId", "only-oneself")}),
        ({"to": to_iso(later(NOW, hours=3, seconds=1))}, {("/to", "emergency-too-long")}),
        ({"to": to_iso(NOW)}, {("/to", "out-of-order")}),
        ({"to": to_iso(later(NOW, hours=-1))}, {("/to", "out-of-order")}),
        ({"from": to_iso(later(NOW, minutes=6))}, {("/from", "from-now")}),
        (
            {"from": to_iso(later(NOW, hours=-2))},
            {("/from", "from-now"), ("/to", "emergency-too-long")},
        ),
        # A leap second is an instant to the form, and none to Python.
        ({"from": "2026-06-30T23:59:60Z"}, {("/from", "from-now")}),
        ({"to": "2026-06-30T23:59:60Z"}, {("/to", "format")}),
        ({"to": "2026-11-23T14:59:00+09:00"}, set()),
        ({"to": "2026-11-23T15:01:00+09:00"}, {("/to", "emergency-too-long")}),
    ],
)
def test_no_emergency_access_for_others_later_or_longer(
    changes: dict[str, Any], expected: Refused
) -> None:
    assert refused("emergency-access", emergency(**changes), emergency_access=True) == expected


def looked(by: Actor) -> CaseFile:
    data = emergency(staffId=by.staff_id)
    return standing_case(record("emergency-access", data, record_id="r-access000001"))


def test_another_manager_reviews_a_emergency_access() -> None:
    data = {"accessId": "r-access000001", "reviewedBy": "課長", "result": "proper"}
    assert refused("emergency-review", data, looked(OFFICER)) == set()
    assert refused("emergency-review", data, looked(MANAGER)) == {("/note", "review-by-other")}
    assert refused("emergency-review", data, looked(MANAGER), by=OTHER_MANAGER) == set()
    # A town with one manager has the paper decision (L20).
    noted = data | {"note": "令和8年11月25日 福第123号"}
    assert refused("emergency-review", noted, looked(MANAGER)) == set()
    unknown = data | {"accessId": CONSENT}
    assert refused("emergency-review", unknown) == {("/accessId", "unknown-record")}
    first = record("emergency-review", data | {"result": "pending"})
    again = looked(OFFICER).with_records(first)
    assert refused("emergency-review", data, again) == {("/accessId", "already-done")}
    assert refused("emergency-review", data, again, before=first) == set()


def declared(who: Actor, by: str = "self") -> dict[str, Any]:
    return {"staffId": who.staff_id, "declaredBy": by, "date": "2026-11-23"}


@pytest.mark.parametrize(
    ("data", "by", "expected"),
    [
        (declared(NURSE), NURSE, set()),
        (declared(MANAGER), MANAGER, set()),
        (declared(NURSE, "manager"), MANAGER, set()),
        (declared(HELPER), NURSE, {("/staffId", "only-oneself")}),
        (declared(NURSE, "manager"), OFFICER, {("/declaredBy", "manager-only")}),
        (declared(NURSE) | {"date": "2026-11-24"}, NURSE, {("/date", "future-date")}),
        (
            declared(NURSE, "manager") | {"staffId": "staff-nobody"},
            MANAGER,
            {("/staffId", "unknown-staff")},
        ),
    ],
)
def test_a_conflict_of_interest_is_declared_by_oneself_or_by_a_manager(
    data: dict[str, Any], by: Actor, expected: Refused
) -> None:
    assert refused("conflict-of-interest", data, by=by) == expected


def test_nobody_ends_their_own_conflict_of_interest() -> None:
    conflict = record("conflict-of-interest", declared(MANAGER), record_id="r-conflict0001")
    data = {"conflictId": "r-conflict0001", "reason": "異動した", "date": "2026-11-23"}
    case = standing_case(conflict)
    assert refused("conflict-end", data, case) == {("/conflictId", "by-other-manager")}
    assert refused("conflict-end", data, case, by=OTHER_MANAGER) == set()
    ended = case.with_records(record("conflict-end", data))
    found = refused("conflict-end", data, ended, by=OTHER_MANAGER)
    assert found == {("/conflictId", "already-done")}


# All forms


def test_whatever_a_form_chooses_from_a_register_is_in_it() -> None:
    sheet = {
        "date": "2026-11-23",
        "participants": [{"agencyId": ELDERLY}, {"agencyId": "nobody"}],
        "ties": [{"personId": MOTHER}, {"personId": STRANGER}],
    }
    expected = {
        ("/participants/1/agencyId", "unknown-agency"),
        ("/ties/1/personId", "unknown-person"),
    }
    assert _found("assessment-household", sheet, rulebook.AGENCIES) == expected
    # An agency may be taken from the register: what named it before still does.
    before = record("assessment-household", sheet)
    assert _found("assessment-household", sheet, rulebook.AGENCIES, before) == set()
    assert _found("advice", {"agencyId": "nobody"}, rulebook.AGENCIES) == {
        ("/agencyId", "unknown-agency")
    }


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("screening", {"date": "2026-11-24", "result": "6"}),
        ("referral", {"date": "2026-11-24"}),
        ("assessment-household", {"date": "2026-11-24"}),
    ],
)
def test_nothing_has_happened_tomorrow(form: str, data: dict[str, Any]) -> None:
    assert ("/date", "future-date") in _found(form, data)


def _found(
    form: str,
    data: Mapping[str, Any],
    register: tuple[Agency, ...] | None = None,
    before: FormRecord | None = None,
) -> Refused:
    context = rules.Context(
        case=standing_case(),
        form=form_of(form),
        data=data,
        before=before,
        actor=MANAGER,
        agencies=_unread if register is None else lambda: register,
        staff=_unread,
        now=NOW,
    )
    return {(e.pointer, e.code) for e in rules.refusals(context)}


def _unread() -> tuple[Any, ...]:
    raise AssertionError("a register is read only where a rule needs it")


@pytest.mark.parametrize(
    ("form", "data"),
    [("household", persons()), ("issues", {"issues": []}), ("progress", progress())],
)
def test_registers_are_read_only_where_they_are_needed(form: str, data: dict[str, Any]) -> None:
    assert _found(form, data) == set()


WRITE_ONCE: tuple[tuple[str, Callable[[], dict[str, Any]]], ...] = (
    ("consent", rulebook.consent),
    ("sharing-grant", rulebook.grant),
    ("decision", decision),
    ("emergency-access", emergency),
    ("conflict-of-interest", lambda: declared(MANAGER)),
)


@pytest.mark.parametrize(("form", "data"), WRITE_ONCE)
def test_what_is_written_once_is_ended_by_another_record(
    form: str, data: Callable[[], dict[str, Any]]
) -> None:
    before = record(form, data())
    assert ("", "terms-fixed") in refused(form, data(), before=before, emergency_access=True)
    assert TODAY.isoformat() == "2026-11-23"
