"""What a case is made of, apart from how it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from lambdas.casework.access import Actor, MemberKind, Membership


@dataclass(frozen=True, kw_only=True)
class Agency:
    """An agency of the register. `kind` is a code of schemas/codes/agency-kind.

    `member_kind` is set for the municipality's own office and for the agency that runs the
    multi-agency programme: both belong to every new case.
    """

    agency_id: str
    name: str
    kind: str
    member_kind: MemberKind | None


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """A person of the register with the login that proves who they are (`sub` is Cognito's).

    `sessions_from`: ID tokens made before this instant (epoch seconds) are no longer taken.
    """

    actor: Actor
    login_id: str
    sub: str
    sessions_from: int


@dataclass(frozen=True, kw_only=True)
class CaseMember:
    """A membership with the name to show."""

    membership: Membership
    agency_name: str


@dataclass(frozen=True, kw_only=True)
class FormRecord:
    """One revision of a form of a case."""

    form: str
    version: str
    revision: int
    data: Mapping[str, Any]
    saved_at: datetime
    staff_id: str
    staff_name: str
    agency_name: str
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CaseFile:
    """A case as one read brings it: head, members, the current state of its forms."""

    case_id: str
    state: str
    consent_version: str
    created_at: datetime
    chain_seq: int
    chain_hash: str
    # Once an address had to be protected, earlier revisions never show one again.
    was_protected: bool
    members: tuple[CaseMember, ...]
    forms: Mapping[str, FormRecord]

    def with_form(self, record: FormRecord) -> "CaseFile":
        """The case with a new revision of one of its forms."""
        protected = self.was_protected or is_protected(record.data)
        return replace(self, forms={**self.forms, record.form: record}, was_protected=protected)

    @property
    def receiving_agency_name(self) -> str | None:
        """Name of the agency that received the case, which is one of its members."""
        receiving = self.forms["intake"].data["receivingAgencyId"]
        return next(
            (m.agency_name for m in self.members if m.membership.agency_id == receiving), None
        )

    @property
    def memberships(self) -> tuple[Membership, ...]:
        return tuple(m.membership for m in self.members)


def is_protected(intake: Mapping[str, Any]) -> bool:
    """True when the form says that the address must be kept secret (支援措置)."""
    return intake.get("addressProtection") == "yes"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where an imported record came from: a row of another system of the importing agency."""

    agency_id: str
    system: str
    id: str
    content_sha256: str


def members_of_new_case(
    *, receiving: Agency, register: tuple[Agency, ...], since: date
) -> tuple[CaseMember, ...]:
    """Who belongs to a case when it is received: the agency that received it, the municipality's
    office and the agency of the multi-agency programme (DOMAIN §4.10, defaults)."""
    standing = [(a, a.member_kind) for a in register if a.member_kind is not None]
    if receiving.agency_id not in {a.agency_id for a, _ in standing}:
        standing.append((receiving, MemberKind.RECEIVING))
    return tuple(
        CaseMember(
            membership=Membership(
                agency_id=agency.agency_id, kind=kind, valid_from=since, valid_to=None
            ),
            agency_name=agency.name,
        )
        for agency, kind in standing
    )


# What a list shows of the intake form, each shown only where its data class may be.
LISTED_PROPERTIES = (
    "consentVersion",
    "name",
    "nameKana",
    "receivedAt",
    "receivingAgencyId",
    "topConcern",
    "urgency",
)


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """What a list shows of a case: a copy on each member, so that a list page is one Query."""

    case_id: str
    state: str
    updated_at: datetime
    receiving_agency_name: str | None
    intake: Mapping[str, Any]
    membership: Membership


def listed(intake: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an intake record that lists show; of the urgency only its level."""
    part = {key: intake[key] for key in LISTED_PROPERTIES if key in intake}
    if "urgency" in part:
        part["urgency"] = {"level": part["urgency"]["level"]}
    return part
