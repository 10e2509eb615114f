"""`decide` over its whole small model: every role, action, membership and period."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from lambdas.casework.access import (
    Action,
    Actor,
    Basis,
    MemberKind,
    Membership,
    Role,
    decide,
    decide_case,
)

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
OWN, OTHER = "own", "other"

PERIODS = {
    "open": (TODAY - DAY, None),
    "first day": (TODAY, None),
    "last day": (TODAY - DAY, TODAY),
    "over": (TODAY - 9 * DAY, TODAY - DAY),
    "not yet": (TODAY + DAY, None),
}
LIVE = {"open", "first day", "last day"}


def actor(role: Role, period: str = "open") -> Actor:
    first, last = PERIODS[period]
    return Actor(
        staff_id="s",
        display_name="n",
        role=role,
        agency_id=OWN,
        agency_name="a",
        valid_from=first,
        valid_to=last,
    )


def member(agency: str, period: str = "open") -> Membership:
    first, last = PERIODS[period]
    return Membership(agency_id=agency, kind=MemberKind.RECEIVING, valid_from=first, valid_to=last)


CASE_ACTIONS = (Action.READ_CASE, Action.WRITE_FORM, Action.READ_AUDIT)


@pytest.mark.parametrize(
    ("role", "period", "membership", "action"),
    list(product(Role, PERIODS, [*PERIODS, "none"], CASE_ACTIONS)),
)
def test_the_whole_table_of_a_case(
    role: Role, period: str, membership: str, action: Action
) -> None:
    """Said once more in other words than the code: who may do what with a case."""
    others = (member(OTHER),)
    memberships = others if membership == "none" else (member(OWN, membership), *others)
    decision = decide_case(actor(role, period), action, memberships, NOW)
    registered, belongs = period in LIVE, membership in LIVE
    expected = registered and (
        (role is Role.MANAGER)
        or (role is Role.AUDITOR and action is Action.READ_AUDIT)
        or (role is Role.OFFICER and belongs)
        or (role in (Role.COORDINATOR, Role.AGENCY) and belongs and action is not Action.READ_AUDIT)
        or (role is Role.COMMISSIONER and belongs and action is Action.READ_CASE)
    )
    assert decision.allowed == expected
    assert (decision.basis is not None) == expected
    assert expected or not decision.classes
    if role is Role.COMMISSIONER:
        assert decision.classes <= {1}
    if role is Role.AUDITOR:
        assert not decision.classes
    assert 6 not in decision.classes


def test_a_case_without_memberships_is_seen_by_nobody() -> None:
    """That is how a missing case is asked for: it must answer like one that may not be seen."""
    for role, action in product(Role, CASE_ACTIONS):
        assert not decide_case(actor(role), action, (), NOW).allowed


@pytest.mark.parametrize("action", [a for a in Action if a not in CASE_ACTIONS])
def test_what_concerns_no_case(action: Action) -> None:
    allowed = {role for role in Role if decide(actor(role), action, NOW).allowed}
    expected = {
        Action.READ_REGISTERS: set(Role),
        Action.LIST_CASES: set(Role) - {Role.AUDITOR},
        Action.CREATE_CASE: {Role.MANAGER, Role.OFFICER, Role.COORDINATOR, Role.AGENCY},
        Action.MANAGE_STAFF: {Role.MANAGER},
    }
    assert allowed == expected[action]
    for role, period in product(Role, set(PERIODS) - LIVE):
        assert not decide(actor(role, period), action, NOW).allowed


@pytest.mark.parametrize("action", CASE_ACTIONS)
def test_a_case_action_without_a_case_is_denied(action: Action) -> None:
    assert not any(decide(actor(role), action, NOW).allowed for role in Role)


def test_the_day_is_the_japanese_one() -> None:
    """At 15:00 UTC the next day begins in Japan, and a period that ended is over."""
    ends = Membership(
        agency_id=OWN, kind=MemberKind.RECEIVING, valid_from=TODAY - DAY, valid_to=TODAY
    )
    reader = actor(Role.AGENCY)
    before = datetime(2026, 11, 23, 14, 59, tzinfo=UTC)
    assert decide_case(reader, Action.READ_CASE, (ends,), before).allowed
    after = before + timedelta(minutes=1)
    assert not decide_case(reader, Action.READ_CASE, (ends,), after).allowed


def test_every_basis_has_a_label() -> None:
    from lambdas.casework.forms import labels

    assert {b.value for b in Basis} == labels("access-basis").keys()
    assert {r.value for r in Role} == labels("role").keys()
