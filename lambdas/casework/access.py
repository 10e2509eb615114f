"""The only place that decides who may do what (DOMAIN §4.2, §4.10). Default: deny.

Every allowed act names its basis, and the basis goes into the audit trail. The role, agency and
period of the actor are read from the store at each request, so that a transfer or the end of a
membership acts on the next one (DOMAIN L3).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lambdas.casework.clock import japanese_day


class Role(StrEnum):
    """Roles of DOMAIN §4.2; labels in schemas/codes/role."""

    MANAGER = "manager"
    OFFICER = "officer"
    COORDINATOR = "coordinator"
    AGENCY = "agency"
    COMMISSIONER = "commissioner"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What an actor wants to do."""

    LIST_CASES = "list-cases"
    CREATE_CASE = "create-case"
    READ_CASE = "read-case"
    WRITE_FORM = "write-form"
    READ_AUDIT = "read-audit"
    MANAGE_STAFF = "manage-staff"
    READ_REGISTERS = "read-registers"


class Basis(StrEnum):
    """Why an act was allowed; labels in schemas/codes/access-basis."""

    MUNICIPAL_DUTY = "municipal-duty"
    CASE_MEMBER = "case-member"
    AUDIT_DUTY = "audit-duty"
    OWN_ACCOUNT = "own-account"


class MemberKind(StrEnum):
    """Why an agency belongs to a case."""

    MUNICIPALITY = "municipality"
    COORDINATOR = "coordinator"
    RECEIVING = "receiving"


class DataClass:
    """Sensitivity classes of DOMAIN §4.2 (`x-sensitivity` in the schemas)."""

    CONTACT = 1
    HOUSEHOLD = 2
    SPECIAL_CARE = 3
    PROGRESS = 4
    CONFERENCE = 5
    SEALED = 6


# The sealed compartment (6) is opened to named holders only, which comes with its own store.
_RECORD_CLASSES = frozenset({DataClass.CONTACT, DataClass.HOUSEHOLD, DataClass.SPECIAL_CARE})


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A member of staff as the tenant's register knows them at this moment."""

    staff_id: str
    display_name: str
    role: Role
    agency_id: str
    agency_name: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, kw_only=True)
class Membership:
    """An agency's part in one case, with its period (both days included)."""

    agency_id: str
    kind: MemberKind
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The answer: on which basis, and which data classes may be shown or written."""

    basis: Basis | None
    classes: frozenset[int] = frozenset()

    @property
    def allowed(self) -> bool:
        return self.basis is not None


DENIED = Decision(basis=None)

_CREATORS = frozenset({Role.MANAGER, Role.OFFICER, Role.COORDINATOR, Role.AGENCY})
_LISTERS = _CREATORS | {Role.COMMISSIONER}


def is_registered(actor: Actor, now: datetime) -> bool:
    """True within the period of the actor's registration."""
    return _within(actor.valid_from, actor.valid_to, japanese_day(now))


def decide(actor: Actor, action: Action, now: datetime) -> Decision:
    """May the actor do something that concerns no single case?"""
    if not is_registered(actor, now):
        return DENIED
    match action:
        case Action.READ_REGISTERS:
            return Decision(basis=Basis.OWN_ACCOUNT)
        case Action.LIST_CASES if actor.role in _LISTERS:
            return Decision(basis=Basis.CASE_MEMBER)
        case Action.CREATE_CASE if actor.role in _CREATORS:
            return Decision(basis=Basis.CASE_MEMBER, classes=_RECORD_CLASSES)
        case Action.MANAGE_STAFF if actor.role is Role.MANAGER:
            return Decision(basis=Basis.MUNICIPAL_DUTY)
        case _:
            return DENIED


def decide_case(
    actor: Actor, action: Action, memberships: tuple[Membership, ...], now: datetime
) -> Decision:
    """May the actor do something with the case that has these memberships?

    A case nobody may know of is given as no memberships, so that a missing case and a case the
    actor may not see are answered alike.
    """
    if not memberships or not is_registered(actor, now):
        return DENIED
    today = japanese_day(now)
    own = [
        m
        for m in memberships
        if m.agency_id == actor.agency_id and _within(m.valid_from, m.valid_to, today)
    ]
    match action, actor.role:
        case Action.READ_AUDIT, Role.AUDITOR:
            return Decision(basis=Basis.AUDIT_DUTY)
        case Action.READ_AUDIT, Role.MANAGER:
            return Decision(basis=Basis.MUNICIPAL_DUTY)
        case Action.READ_AUDIT, Role.OFFICER if own:
            return Decision(basis=Basis.MUNICIPAL_DUTY)
        case ((Action.READ_CASE | Action.WRITE_FORM), Role.MANAGER):
            return Decision(basis=Basis.MUNICIPAL_DUTY, classes=_RECORD_CLASSES)
        case ((Action.READ_CASE | Action.WRITE_FORM), Role.OFFICER) if own:
            return Decision(basis=Basis.MUNICIPAL_DUTY, classes=_RECORD_CLASSES)
        case ((Action.READ_CASE | Action.WRITE_FORM), (Role.COORDINATOR | Role.AGENCY)) if own:
            return Decision(basis=Basis.CASE_MEMBER, classes=_RECORD_CLASSES)
        case Action.READ_CASE, Role.COMMISSIONER if own:
            return Decision(basis=Basis.CASE_MEMBER, classes=frozenset({DataClass.CONTACT}))
        case _:
            return DENIED


def may_lift_protection(actor: Actor) -> bool:
    """Whether the actor may say that an address need no longer be kept secret: the municipality
    grants 支援措置 and ends them."""
    return actor.role in (Role.MANAGER, Role.OFFICER)


def _within(first: date, last: date | None, day: date) -> bool:
    return first <= day and (last is None or day <= last)
