"""What a case is made of, apart from how it is stored.

A case is its records: consent, meetings, declarations and changes of state are records too, with
revisions and authors, and whatever the law asks of a case is worked out from them
(`situation.py`). Nothing is kept twice.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from lambdas.casework.access import Actor, Confinement, MemberKind, Membership, Period
from lambdas.casework.clock import to_iso

FIRST_STATE = "received"
# States in which an episode is over; what was consented without an end ends with it (L7).
CLOSED_STATES = frozenset({"closed", "closed-info", "referred", "advice-only"})

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RECORD_ID = re.compile(r"r-[0-9a-z]{12}|[a-z][a-z-]{2,39}")
PERSON_ID = re.compile(r"p-[0-9a-z]{12}")


@dataclass(frozen=True, kw_only=True)
class Agency:
    """An agency of the register. `kind` is a code of schemas/codes/agency-kind.

    `member_kind` is set for the municipality's own office and for the agency that runs the
    multi-agency programme: both belong to every new case. `contract` is the period of the
    programme's contract, for an agency that runs it by contract (DOMAIN L10). `last`: the last day
    of an agency that takes part no more; its name stays with what it wrote.
    """

    agency_id: str
    name: str
    kind: str
    member_kind: MemberKind | None
    contract: Period | None = None
    last: date | None = None
    revision: int = 0

    def is_over(self, day: date) -> bool:
        """Whether the agency takes no part any more on a day."""
        return self.last is not None and self.last < day


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """A person of the register with the login that proves who they are (`sub` is Cognito's).

    `sessions_from`: ID tokens made before this instant (epoch seconds) are no longer taken.
    `last_sign_in`, `confirmed_on`: days (JST); None where there was none yet.
    """

    actor: Actor
    login_id: str
    sub: str
    sessions_from: int
    revision: int = 0
    last_sign_in: date | None = None
    confirmed_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class FormRecord:
    """One revision of one record of a case or of another folder.

    `about`: property → ids of the persons it is about, under "" for all other properties; an
    empty tuple is the whole household (DOMAIN L4). `contributors`: agencies that have saved a
    revision. `confined`: the conference it was given at (L2). `source_basis`: on which basis its
    content came in (L5).
    """

    form: str
    record_id: str
    version: str
    revision: int
    data: Mapping[str, Any]
    saved_at: datetime
    created_at: datetime
    staff_id: str
    staff_name: str
    agency_id: str
    agency_name: str
    about: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    contributors: frozenset[str] = frozenset()
    confined: Confinement | None = None
    source_basis: str | None = None
    changed: tuple[str, ...] = ()

    def persons_of(self, property_: str) -> frozenset[str]:
        """Whom a property is about; empty: the whole household."""
        return frozenset(self.about.get(property_, self.about.get("", ())))


@dataclass(frozen=True, kw_only=True)
class Folder:
    """What holds records outside a case: a meeting, a memo, an entry of a register."""

    kind: str
    folder_id: str
    created_at: datetime
    chain_seq: int
    chain_hash: str
    records: Mapping[str, FormRecord]

    @property
    def key(self) -> str:
        """Its partition, which is also the subject of its audit events."""
        return f"{self.kind}#{self.folder_id}"

    @property
    def list_key(self) -> str:
        """Its place in the list of its kind: a meeting stands under its day, all else under the
        moment it was made."""
        made = to_iso(self.created_at)
        meeting = self.records.get("meeting")
        if meeting is None:
            return f"{made}#{self.folder_id}"
        begins = f"{meeting.data['date']}T{meeting.data.get('from', '00:00')}"
        return f"{begins} {made}#{self.folder_id}"

    def with_records(self, *changed: FormRecord) -> "Folder":
        """The folder after these revisions were saved."""
        return replace(self, records={**self.records, **{r.record_id: r for r in changed}})


@dataclass(frozen=True, kw_only=True)
class CaseFile:
    """A case as one read brings it: head and the current state of every record."""

    case_id: str
    state: str
    created_at: datetime
    chain_seq: int
    chain_hash: str
    # Once an address had to be protected, earlier revisions never show one again.
    was_protected: bool
    records: Mapping[str, FormRecord]
    agency_names: Mapping[str, str]

    @property
    def key(self) -> str:
        """Its partition, which is also the subject of its audit events."""
        return f"CASE#{self.case_id}"

    @property
    def intake(self) -> FormRecord:
        return self.records["intake"]

    @property
    def consent_version(self) -> str:
        return str(self.intake.data["consentVersion"])

    def of(self, form: str) -> tuple[FormRecord, ...]:
        """The records of a form, oldest first."""
        found = (r for r in self.records.values() if r.form == form)
        return tuple(sorted(found, key=lambda r: (r.created_at, r.record_id)))

    def latest(self, form: str) -> FormRecord | None:
        """The newest record of a form."""
        found = self.of(form)
        return found[-1] if found else None

    def with_records(self, *changed: FormRecord) -> "CaseFile":
        """The case after these revisions were saved."""
        state, protected = self.state, self.was_protected
        for record in changed:
            if record.form == "transition":
                state = str(record.data["to"])
            protected = protected or protects(record.form, record.data)
        return replace(
            self,
            state=state,
            was_protected=protected,
            records={**self.records, **{r.record_id: r for r in changed}},
        )

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """The agencies of the case with their periods, as the record `members` says."""
        return tuple(
            Membership(
                agency_id=row["agencyId"],
                kind=MemberKind(row["kind"]),
                valid_from=date.fromisoformat(row["from"]),
                valid_to=date.fromisoformat(row["to"]) if row.get("to") else None,
            )
            for row in self.records["members"].data["members"]
        )

    @property
    def subject(self) -> str:
        """Id of the 本人."""
        return str(next(p["personId"] for p in self.persons if p.get("isSubject")))

    @property
    def persons(self) -> tuple[Mapping[str, Any], ...]:
        """The rows of the household ledger, past members too."""
        return tuple(self.records["household"].data["persons"])

    @property
    def protected_persons(self) -> frozenset[str]:
        """Ids of those whose address must be kept secret (支援措置), as the records stand."""
        rows = {p["personId"] for p in self.persons if p.get("protection") == "yes"}
        return frozenset(rows | ({self.subject} if is_protected(self.intake.data) else set()))


def new_id(prefix: str, pick: Any) -> str:
    """`r-` or `p-` and twelve random characters; `pick` returns one of the text it is given."""
    return f"{prefix}-" + "".join(pick(_ALPHABET) for _ in range(12))


def is_record_id(text: str) -> bool:
    """True when `text` has the form of a record's id (random, or a singleton form's name)."""
    return bool(_RECORD_ID.fullmatch(text))


def is_protected(intake: Mapping[str, Any]) -> bool:
    """True when the form says that the address must be kept secret (支援措置)."""
    return intake.get("addressProtection") == "yes"


def protects(form: str, data: Mapping[str, Any]) -> bool:
    """True when a record says that somebody's address must be kept secret."""
    match form:
        case "intake":
            return is_protected(data)
        case "household":
            return any(row.get("protection") == "yes" for row in data["persons"])
        case _:
            return False


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """A case as its list row brings it: the listed part of the intake form as a record; the record
    that names the lead agency, with nothing else, where there is one; and the facts by which they
    are judged (`situation.load`)."""

    case_id: str
    state: str
    updated_at: datetime
    receiving_agency_name: str | None
    intake: FormRecord
    lead: FormRecord | None
    lead_agency_name: str | None
    situation: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where an imported record came from: a row of another system of the importing agency."""

    agency_id: str
    system: str
    id: str
    content_sha256: str


def members_of_new_case(
    *, receiving: str, register: Iterable[Agency], since: date
) -> list[dict[str, str]]:
    """Rows of the record `members` of a new case: the agency that received it, the municipality's
    office and the agency of the multi-agency programme (DOMAIN §4.10, defaults)."""
    standing = {
        a.agency_id: a.member_kind.value
        for a in register
        if a.member_kind is not None and not a.is_over(since)
    }
    standing.setdefault(receiving, MemberKind.RECEIVING.value)
    return [
        {"agencyId": agency_id, "kind": kind, "from": since.isoformat()}
        for agency_id, kind in standing.items()
    ]


def household_of_new_case(intake: Mapping[str, Any], person_id: str) -> dict[str, Any]:
    """The household ledger of a new case: the 本人 as the intake form names them. Others are
    entered when somebody knows who they are: a row of the intake form is no person yet."""
    kept = ("name", "nameKana", "nameStatus", "sex", "birthDate")
    subject = {key: intake[key] for key in kept if key in intake}
    return {"persons": [{"personId": person_id, "isSubject": True, **subject}]}


def consent_of_intake(intake: Mapping[str, Any], person_id: str) -> dict[str, Any] | None:
    """The consent that the 申込・同意欄 of a first intake form is, as a record of form `consent`;
    None where it is none, or where somebody signed for the 本人: a proxy is examined on the form
    for it (L6).

    It reaches the agencies of the case by their role, and the classes 氏名・連絡先 and 世帯・課題
    only: sensitive data needs a consent that names it (DOMAIN §4.2, row 3).
    """
    given = intake.get("consent", {})
    if intake["consentVersion"] != "consent" or "proxyKind" in given or "proxyName" in given:
        return None
    applied = ["application"] if given.get("application") == "yes" else []
    return {
        "personId": person_id,
        "kinds": [*applied, "sharing"],
        "agencyRoles": ["municipality", "coordinator", "receiving"],
        "classes": ["1", "2"],
        "purpose": "相談受付・申込票の申込・同意欄による、支援に加わる機関の間の情報共有",
        "explainer": given["explainer"],
        "explainedOn": given.get("explainedOn", given["date"]),
        "method": given["method"],
        "date": given["date"],
        "from": given["date"],
        "evidence": given["evidence"],
    }


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


def listed(intake: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an intake record that lists show; of the urgency only its level."""
    part = {key: intake[key] for key in LISTED_PROPERTIES if key in intake}
    if "urgency" in part:
        part["urgency"] = {"level": part["urgency"]["level"]}
    return part
