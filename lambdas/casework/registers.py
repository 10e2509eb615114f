"""Rules of the registers of agencies and staff, whoever enters or changes them."""

import re
from collections.abc import Iterable
from datetime import date

from lambdas.casework.access import MemberKind, Role, Situation
from lambdas.casework.records import Agency, StaffMember

# Roles that decide for, or watch over, the whole municipality (DOMAIN §4.2).
MUNICIPAL = frozenset({Role.MANAGER, Role.OFFICER, Role.AUDITOR})
ID = re.compile(r"[A-Za-z0-9._-]{1,60}")


def may_hold(role: Role, member_kind: MemberKind | None) -> bool:
    """Whether staff of such an agency may have the role: municipal roles are the office's own."""
    return role not in MUNICIPAL or member_kind is MemberKind.MUNICIPALITY


def managers_on(staff: Iterable[StaffMember], day: date) -> frozenset[str]:
    """Staff ids of those who are managers on a day."""
    return frozenset(
        m.actor.staff_id
        for m in staff
        if m.actor.role is Role.MANAGER
        and m.actor.valid_from <= day
        and (m.actor.valid_to is None or day <= m.actor.valid_to)
    )


def stays(
    agency: Agency, last: date, staff: Iterable[StaffMember], cases: Iterable[Situation]
) -> str | None:
    """Why an agency cannot end with a day, as a code of schemas/messages.json; None: it can.

    Whoever works there would go on seeing what they see, and a case would count on somebody who is
    not there any more: both end first. `cases`: those in which the agency has a row.
    """
    if agency.member_kind is MemberKind.MUNICIPALITY:
        return "office-stays"
    if any(
        m.actor.agency_id == agency.agency_id
        and (m.actor.valid_to is None or m.actor.valid_to > last)
        for m in staff
    ):
        return "agency-has-staff"
    if any(
        m.agency_id == agency.agency_id and (m.valid_to is None or m.valid_to > last)
        for facts in cases
        if not facts.closed
        for m in facts.memberships
    ):
        return "agency-has-cases"
    return None
