"""The only place that decides who may do what (DOMAIN §2.6, §4.2, §4.10). Default: deny.

Every allowed act names its basis, and the basis goes into the audit trail. The role, agency and
period of the actor are read from the store at each request, and the facts of a case are taken
from its records at each request, so that a transfer, a withdrawal or the end of a contract acts
on the next one (DOMAIN L3). Lists, search, statistics, exports and notices ask here too.

Three questions are answered:

* `decide` — an act that concerns no single case;
* `decide_case` — may the actor know of a case, read its log?
* `may_read` / `may_write` — one part of one record: a data class, about certain persons.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from lambdas.casework.clock import japanese_day

# 緊急閲覧 lasts three hours at most, whatever its record says.
EMERGENCY_HOURS = 3


class Role(StrEnum):
    """Roles of DOMAIN §4.2; labels in schemas/codes/role. The vendor has none."""

    MANAGER = "manager"
    OFFICER = "officer"
    COORDINATOR = "coordinator"
    AGENCY = "agency"
    COMMISSIONER = "commissioner"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What an actor wants to do, apart from reading and writing records."""

    LIST_CASES = "list-cases"
    CREATE_CASE = "create-case"
    READ_CASE = "read-case"
    READ_AUDIT = "read-audit"
    MANAGE_STAFF = "manage-staff"
    READ_REGISTERS = "read-registers"
    READ_STATISTICS = "read-statistics"
    REPORT_STATISTICS = "report-statistics"
    MANAGE_SETTINGS = "manage-settings"
    HANDLE_DISCLOSURE = "handle-disclosure"
    HANDLE_RETENTION = "handle-retention"
    READ_LEDGER = "read-ledger"
    REVIEW_EMERGENCIES = "review-emergencies"
    READ_MATRIX = "read-matrix"


class Basis(StrEnum):
    """Why an act was allowed; labels in schemas/codes/access-basis.

    The last group are the bases that a `sharing-grant` may name (DOMAIN §2.6, L5).
    """

    MUNICIPAL_DUTY = "municipal-duty"
    OUTSOURCING = "outsourcing"
    CASE_MEMBER = "case-member"
    OWN_RECORD = "own-record"
    CONSENT = "consent"
    SHIEN_KAIGI = "shien-kaigi-106-6"
    NAMED_HOLDER = "named-holder"
    EMERGENCY_ACCESS = "emergency-access"
    DISCLOSURE_DUTY = "disclosure-duty"
    AUDIT_DUTY = "audit-duty"
    OWN_ACCOUNT = "own-account"

    KONKYU_9 = "konkyu-9"
    SEIHO_27_3 = "seiho-27-3"
    YOTAIKYO_25_2 = "yotaikyo-25-2"
    CHIIKI_CARE = "chiiki-care-115-48"
    KODOKU = "kodoku-kyogikai"
    APPI_69_1 = "appi-69-1"
    APPI_69_2_2 = "appi-69-2-2"
    APPI_69_2_3 = "appi-69-2-3"
    APPI_69_2_4 = "appi-69-2-4"
    APPI_WITHIN_PURPOSE = "appi-within-purpose"


# Conferences with a duty of secrecy of their own: what was given there stays there (L2).
CONFERENCE_BASES = frozenset(
    {
        Basis.SHIEN_KAIGI,
        Basis.KONKYU_9,
        Basis.SEIHO_27_3,
        Basis.YOTAIKYO_25_2,
        Basis.CHIIKI_CARE,
        Basis.KODOKU,
    }
)
# What a grant may rest on. Conferences share by attendance, not by grant.
GRANT_BASES = frozenset(
    {
        Basis.APPI_69_1,
        Basis.APPI_69_2_2,
        Basis.APPI_69_2_3,
        Basis.APPI_69_2_4,
        Basis.APPI_WITHIN_PURPOSE,
    }
)


class MemberKind(StrEnum):
    """Why an agency belongs to a case."""

    MUNICIPALITY = "municipality"
    COORDINATOR = "coordinator"
    RECEIVING = "receiving"
    PARTICIPANT = "participant"


class DataClass:
    """Sensitivity classes of DOMAIN §4.2 (`x-sensitivity` in the schemas)."""

    CONTACT = 1
    HOUSEHOLD = 2
    SPECIAL_CARE = 3
    PROGRESS = 4
    CONFERENCE = 5
    SEALED = 6


RECORD_CLASSES = frozenset(range(DataClass.CONTACT, DataClass.SEALED))
ALL_CLASSES = RECORD_CLASSES | {DataClass.SEALED}

MUNICIPAL_ROLES = frozenset({Role.MANAGER, Role.OFFICER})
CORE_ROLES = MUNICIPAL_ROLES | {Role.COORDINATOR}
TEAM_ROLES = CORE_ROLES | {Role.AGENCY}
OUTSIDE_ROLES = frozenset({Role.AGENCY, Role.COMMISSIONER})


@dataclass(frozen=True, kw_only=True)
class Period:
    """Days, both included; `last` None is open."""

    first: date
    last: date | None = None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A member of staff as the tenant's register knows them at this moment.

    `contract` is the period of the agency's contract for the multi-agency programme, where it
    is run by contract (DOMAIN L10); None where there is none. `office` says that the agency is
    the municipality's own.
    """

    staff_id: str
    display_name: str
    role: Role
    agency_id: str
    agency_name: str
    valid_from: date
    valid_to: date | None
    contract: Period | None = None
    office: bool = False


@dataclass(frozen=True, kw_only=True)
class Membership:
    """An agency's part in one case, with its period (both days included)."""

    agency_id: str
    kind: MemberKind
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A person's consent to sharing, as it stands: agencies by name or by role × data classes.

    `withdrawn`: acts at once, whatever date the withdrawal bears. Without `period.last` it ends
    when the case is closed (L7); `lapsed` says that a closing after it did so, for good.
    """

    consent_id: str
    person_id: str
    agencies: frozenset[str]
    agency_kinds: frozenset[MemberKind]
    classes: frozenset[int]
    tax_data: bool
    period: Period
    withdrawn: bool
    lapsed: bool = False


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A sharing that the municipality decided on a basis of law other than consent.

    `persons` empty: the whole household. `records` empty: every record of the classes.
    """

    grant_id: str
    basis: Basis
    agency_id: str
    persons: frozenset[str]
    classes: frozenset[int]
    records: frozenset[str]
    period: Period
    revoked: bool


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """The case's part of one meeting: who attends in person, and until when papers are open.

    `record_id`: the record of form `conference`. `secret`: a 支援会議 (106条の6). `papers`: record
    → data classes laid before it. `tasked`: agencies that have yet to do a task given there.
    """

    record_id: str
    meeting_id: str
    secret: bool
    attendees: frozenset[str]
    window: Period
    papers: Mapping[str, frozenset[int]]
    tasked: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class TimedAccess:
    """緊急閲覧, or a disclosure officer's access (`person_id` set): who, from, until (UTC)."""

    staff_id: str
    first: datetime
    last: datetime
    person_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What the law needs to know of a case; a pure function of its records (`situation.py`).

    `persons`: everyone whom the household ledger or a record names. `own_records`: agencies that
    alone wrote some record that no conference keeps. `in_charge`: staff named as in charge; empty
    leaves it to the whole office. `released`: records given at a 支援会議 that the municipality
    released by name.
    """

    case_id: str
    closed: bool
    subject: str
    persons: frozenset[str]
    memberships: tuple[Membership, ...]
    own_records: frozenset[str]
    in_charge: frozenset[str] = frozenset()
    consents: tuple[Consent, ...] = ()
    grants: tuple[Grant, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    released: frozenset[str] = frozenset()
    conflicts: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()
    emergencies: tuple[TimedAccess, ...] = ()
    disclosures: tuple[TimedAccess, ...] = ()
    # Somebody's address must be kept secret: what is marked `x-protected` is shown to nobody.
    protected: bool = False


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """Where a record was given: a conference whose secrecy keeps it there. `meeting_id` None is a
    conference that is not recorded here (要対協, 困窮9条 …)."""

    basis: Basis
    meeting_id: str | None


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One part of one record: a data class, about certain persons (empty: the whole household).

    `contributors`: agencies that have saved a revision. `shared`: agencies its author shared it
    with; None where its form asks nobody. `task`: a task that a meeting gave to the actor's own
    agency and that is not done.
    """

    record_id: str
    data_class: int
    persons: frozenset[str]
    contributors: frozenset[str]
    confined: Confinement | None = None
    shared: frozenset[str] | None = None
    tax_data: bool = False
    task: bool = False


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The answer: on which basis, and which data classes may be shown or written."""

    basis: Basis | None
    classes: frozenset[int] = field(default=frozenset())

    @property
    def allowed(self) -> bool:
        return self.basis is not None


DENIED = Decision(basis=None)

# Who may do what concerns no single case. A role that is not named may not.
_GENERAL: Mapping[Action, tuple[frozenset[Role], Basis]] = {
    Action.READ_REGISTERS: (frozenset(Role), Basis.OWN_ACCOUNT),
    Action.LIST_CASES: (TEAM_ROLES | {Role.COMMISSIONER}, Basis.CASE_MEMBER),
    Action.CREATE_CASE: (TEAM_ROLES, Basis.CASE_MEMBER),
    Action.MANAGE_STAFF: (frozenset({Role.MANAGER}), Basis.MUNICIPAL_DUTY),
    Action.READ_STATISTICS: (TEAM_ROLES | {Role.AUDITOR}, Basis.OWN_ACCOUNT),
    Action.REPORT_STATISTICS: (MUNICIPAL_ROLES, Basis.MUNICIPAL_DUTY),
    Action.MANAGE_SETTINGS: (frozenset({Role.MANAGER}), Basis.MUNICIPAL_DUTY),
    Action.HANDLE_DISCLOSURE: (MUNICIPAL_ROLES, Basis.MUNICIPAL_DUTY),
    Action.HANDLE_RETENTION: (frozenset({Role.MANAGER}), Basis.MUNICIPAL_DUTY),
    Action.READ_LEDGER: (MUNICIPAL_ROLES | {Role.AUDITOR}, Basis.MUNICIPAL_DUTY),
    Action.REVIEW_EMERGENCIES: (frozenset({Role.MANAGER}), Basis.MUNICIPAL_DUTY),
    Action.READ_MATRIX: (MUNICIPAL_ROLES | {Role.AUDITOR}, Basis.OWN_ACCOUNT),
}

_EVERYONE = TEAM_ROLES | {Role.COMMISSIONER}
_MANAGER = frozenset({Role.MANAGER})

# Which roles may write a form at all. A form that is not named here is written by nobody through
# the general routes. 支援決定, 共有の決定 and 支援会議 are acts of the municipality (§1.3, L9).
WRITERS: Mapping[str, frozenset[Role]] = {
    "intake": TEAM_ROLES,
    "household": CORE_ROLES,
    "members": CORE_ROLES,
    "assignment": CORE_ROLES,
    "referral": TEAM_ROLES,
    "screening": CORE_ROLES,
    "assessment-household": TEAM_ROLES,
    "assessment-living": TEAM_ROLES,
    "assessment-income": TEAM_ROLES,
    "assessment-issues": TEAM_ROLES,
    "issues": CORE_ROLES,
    "plan": CORE_ROLES,
    "progress": TEAM_ROLES,
    "conference": CORE_ROLES,
    "decision": MUNICIPAL_ROLES,
    "evaluation": CORE_ROLES,
    "closure": CORE_ROLES,
    "handover": CORE_ROLES,
    "consent": CORE_ROLES,
    # Whoever hears a withdrawal must be able to make it act.
    "consent-withdrawal": TEAM_ROLES,
    "sharing-grant": MUNICIPAL_ROLES,
    "grant-revocation": MUNICIPAL_ROLES,
    "release": MUNICIPAL_ROLES,
    "transition": CORE_ROLES,
    "conflict-of-interest": _EVERYONE,
    "conflict-end": _MANAGER,
    "emergency-access": MUNICIPAL_ROLES,
    "emergency-review": _MANAGER,
    "information-request": MUNICIPAL_ROLES,
    "emergency-report": TEAM_ROLES,
    "attachment": TEAM_ROLES,
    "sealed": CORE_ROLES,
    "sealed-holders": _MANAGER,
    "meeting": CORE_ROLES,
    "phone-memo": TEAM_ROLES,
    "advice": CORE_ROLES,
    "resource": CORE_ROLES,
    "pledge": CORE_ROLES,
    "manual-figures": MUNICIPAL_ROLES,
    "provision": CORE_ROLES,
    "legal-hold": MUNICIPAL_ROLES,
    "legal-hold-end": _MANAGER,
    "disclosure-request": MUNICIPAL_ROLES,
    "disclosure-access": MUNICIPAL_ROLES,
    "disclosure-masks": MUNICIPAL_ROLES,
    "disposal": _MANAGER,
}


# Records outside cases (books): who reads them. A memo is read by its own agency too.
BOOK_READERS: Mapping[str, frozenset[Role]] = {
    "phone-memo": CORE_ROLES,
    "advice": CORE_ROLES,
    "resource": TEAM_ROLES | {Role.COMMISSIONER},
    "manual-figures": MUNICIPAL_ROLES,
    "disclosure-request": MUNICIPAL_ROLES,
    # Who lays a case before people must know that they have pledged secrecy.
    "pledge": CORE_ROLES,
}


def is_registered(actor: Actor, now: datetime) -> bool:
    """True within the period of the actor's registration."""
    return Period(first=actor.valid_from, last=actor.valid_to).holds(japanese_day(now))


def decide(actor: Actor, action: Action, now: datetime) -> Decision:
    """May the actor do something that concerns no single case?"""
    roles, basis = _GENERAL.get(action, (frozenset(), Basis.OWN_ACCOUNT))
    own_account = action is Action.READ_REGISTERS and is_registered(actor, now)
    if actor.role not in roles or not (own_account or _at_work(actor, now)):
        return DENIED
    if actor.role is Role.AUDITOR and action is Action.READ_LEDGER:
        basis = Basis.AUDIT_DUTY
    if action is Action.CREATE_CASE:
        return Decision(basis=basis, classes=RECORD_CLASSES - {DataClass.CONFERENCE})
    return Decision(basis=basis)


def may_write_form(actor: Actor, form: str, now: datetime) -> bool:
    """Whether the actor's role writes this form at all, in whatever case."""
    return actor.role in WRITERS.get(form, frozenset()) and _at_work(actor, now)


def decide_case(
    actor: Actor, action: Action, situation: Situation | None, now: datetime
) -> Decision:
    """May the actor know of this case (READ_CASE), or read who saw and changed it (READ_AUDIT)?

    A missing case is given as None, so that it is answered like one the actor may not know of.
    """
    if situation is None or _shut_out(actor, situation, now):
        return DENIED
    match action:
        case Action.READ_AUDIT if actor.role is Role.AUDITOR:
            return Decision(basis=Basis.AUDIT_DUTY)
        case Action.READ_AUDIT:
            return Decision(basis=_municipal(actor, situation, japanese_day(now)))
        case Action.READ_CASE:
            return Decision(basis=_knows(actor, situation, now))
        case _:
            return DENIED


def may_read(actor: Actor, situation: Situation, matter: Matter, now: datetime) -> Basis | None:
    """The basis on which the actor may read this part of this record; None: they may not.

    The order matters: what closes (registration, contract, conflict of interest, the sealed
    compartment, a conference's secrecy) is judged before what opens.
    """
    if _shut_out(actor, situation, now) or actor.role is Role.AUDITOR:
        return None
    day = japanese_day(now)
    if matter.data_class == DataClass.SEALED:
        return _as_holder(actor, situation, day)
    if matter.data_class not in RECORD_CLASSES:
        return None
    if _kept_by_conference(situation, matter):
        return (
            _at_office(actor, situation, matter, day)
            or _attending(actor, situation, matter, day)
            or _disclosing(actor, situation, matter, now)
        )
    return (
        _on_duty(actor, situation, matter, day)
        or _as_agency(actor, situation, matter, day)
        or _attending(actor, situation, matter, day)
        or _in_emergency(actor, situation, matter, now)
        or _disclosing(actor, situation, matter, now)
    )


def may_write(
    actor: Actor, situation: Situation, form: str, matter: Matter, now: datetime, *, new: bool
) -> Basis | None:
    """The basis on which the actor may write this part of a record of `form`.

    A new record asks only whether the actor works on the case. A change asks whether they may
    read what they change, on duty or because nobody else wrote it: who may only look
    (緊急閲覧, attendance, consent) changes nothing.
    """
    if not may_write_form(actor, form, now) or actor.staff_id in situation.conflicts:
        return None
    day = japanese_day(now)
    if matter.data_class == DataClass.SEALED:
        return _as_holder(actor, situation, day)
    match form:
        case "conflict-of-interest":
            return _knows(actor, situation, now)
        case "emergency-access":
            # It is for those of the municipality who do not work on the case (L12).
            return Basis.MUNICIPAL_DUTY
        case "conference" if matter.confined and actor.role not in MUNICIPAL_ROLES:
            # Who attends a 支援会議, and which papers are open until when, opens records (L9).
            return None
    duty = _municipal(actor, situation, day) or _programme(actor, situation, day)
    member = actor.role is Role.AGENCY and _capacities(actor, situation, day)
    working = duty or (Basis.OWN_RECORD if member else None)
    if new or working is None:
        return working
    reading = may_read(actor, situation, matter, now)
    if duty is not None and reading is duty:
        return duty
    alone = matter.contributors == {actor.agency_id}
    return Basis.OWN_RECORD if alone and reading is not None else None


def may_read_book(
    actor: Actor, form: str, contributors: frozenset[str], now: datetime
) -> Basis | None:
    """The basis on which the actor may read a record outside cases; None: they may not.

    What a contractor may read ends with its contract (L10).
    """
    if not _at_work(actor, now):
        return None
    if actor.role in BOOK_READERS.get(form, frozenset()):
        if actor.role in OUTSIDE_ROLES:
            return Basis.OWN_ACCOUNT
        contractor = actor.role is Role.COORDINATOR and not actor.office
        return Basis.OUTSOURCING if contractor else Basis.MUNICIPAL_DUTY
    own = actor.role is Role.AGENCY and contributors == {actor.agency_id}
    return Basis.OWN_RECORD if own and form == "phone-memo" else None


def may_lift_protection(actor: Actor) -> bool:
    """Whether the actor may say that an address need no longer be kept secret: the municipality
    grants 支援措置 and ends them."""
    return actor.role in MUNICIPAL_ROLES


def is_live(consent: Consent, situation: Situation, day: date) -> bool:
    """Whether a consent stands on this day."""
    ended = consent.lapsed or (situation.closed and consent.period.last is None)
    return not consent.withdrawn and not ended and consent.period.holds(day)


def has_live_consent(
    situation: Situation, person_id: str, day: date, *, agency_id: str | None = None
) -> bool:
    """Whether this person's consent to sharing stands, with anyone or with one member agency."""
    kinds = _kinds(situation, agency_id, day)
    return any(
        c.person_id == person_id
        and is_live(c, situation, day)
        and (agency_id is None or agency_id in c.agencies or bool(c.agency_kinds & kinds))
        for c in situation.consents
    )


def _shut_out(actor: Actor, situation: Situation, now: datetime) -> bool:
    """What no basis overcomes: no registration, no contract, a declared conflict of interest."""
    return actor.staff_id in situation.conflicts or not _at_work(actor, now)


def _at_work(actor: Actor, now: datetime) -> bool:
    """Registered and, for the staff of a contractor, under contract: everything they hold they
    hold through it, attendance at a 支援会議 as well (L10)."""
    if actor.role is Role.COORDINATOR and not actor.office:
        under_contract = actor.contract is not None and actor.contract.holds(japanese_day(now))
        return under_contract and is_registered(actor, now)
    return is_registered(actor, now)


def _kinds(situation: Situation, agency_id: str | None, day: date) -> frozenset[MemberKind]:
    """In which capacities an agency belongs to the case on this day."""
    return frozenset(
        m.kind
        for m in situation.memberships
        if m.agency_id == agency_id
        and m.valid_from <= day
        and (m.valid_to is None or day <= m.valid_to)
    )


def _capacities(actor: Actor, situation: Situation, day: date) -> frozenset[MemberKind]:
    """In which capacities the actor works on the case. The programme is its own staff's alone:
    others of the same agency hold no part of it."""
    kinds = _kinds(situation, actor.agency_id, day)
    return kinds - {MemberKind.COORDINATOR} if actor.role in OUTSIDE_ROLES else kinds


def _municipal(actor: Actor, situation: Situation, day: date) -> Basis | None:
    """The municipality's office: managers for every case, officers for those of their office."""
    if actor.role is Role.MANAGER:
        return Basis.MUNICIPAL_DUTY
    if actor.role is Role.OFFICER and _capacities(actor, situation, day):
        return Basis.MUNICIPAL_DUTY
    return None


def _programme(actor: Actor, situation: Situation, day: date) -> Basis | None:
    """Staff of the multi-agency programme: the office's own, or a contractor's (L10)."""
    if actor.role is not Role.COORDINATOR or not _in_charge(actor, situation):
        return None
    kinds = _capacities(actor, situation, day)
    if actor.office:
        return Basis.MUNICIPAL_DUTY if kinds else None
    return Basis.OUTSOURCING if MemberKind.COORDINATOR in kinds else None


def _in_charge(actor: Actor, situation: Situation) -> bool:
    return not situation.in_charge or actor.staff_id in situation.in_charge


def _at_office(actor: Actor, situation: Situation, matter: Matter, day: date) -> Basis | None:
    """Columns 主管課 of the matrix in DOMAIN §4.2: an officer reads class 3 when in charge."""
    special = matter.data_class == DataClass.SPECIAL_CARE and actor.role is Role.OFFICER
    if special and not _in_charge(actor, situation):
        return None
    return _municipal(actor, situation, day)


def _on_duty(actor: Actor, situation: Situation, matter: Matter, day: date) -> Basis | None:
    """Columns 主管課 and 多機関協働事業者 of the matrix in DOMAIN §4.2."""
    if actor.role is not Role.COORDINATOR:
        return _at_office(actor, situation, matter, day)
    if matter.data_class == DataClass.CONFERENCE and not _attended(actor, situation, matter):
        return None
    return _programme(actor, situation, day)


def _as_agency(actor: Actor, situation: Situation, matter: Matter, day: date) -> Basis | None:
    """An agency outside the office: what it wrote itself, what persons consented to, what the
    municipality granted on a basis of law."""
    if actor.role not in OUTSIDE_ROLES:
        return None
    kinds = _capacities(actor, situation, day)
    if not kinds:
        return None
    if _wrote_it(actor, situation, matter):
        return Basis.OWN_RECORD
    # The minutes of a conference are read by those who were there; 民生委員 need no more than
    # name and contact otherwise.
    if matter.data_class == DataClass.CONFERENCE:
        if not _attended(actor, situation, matter):
            return None
    elif actor.role is Role.COMMISSIONER and matter.data_class != DataClass.CONTACT:
        return None
    # Every person it is about must be covered (L4); the log names what is not a consent.
    bases = {
        _consented(actor, situation, person, kinds, matter, day)
        or _granted(actor, situation, person, matter, day)
        for person in matter.persons or situation.persons
    }
    found = {basis for basis in bases if basis is not None}
    return min(found - {Basis.CONSENT} or found) if found and found == bases else None


def _wrote_it(actor: Actor, situation: Situation, matter: Matter) -> bool:
    """Whether the actor's agency alone wrote it, for itself: what the office or the programme
    wrote is the town's, and no other staff of the same agency reads it for that reason."""
    return (
        actor.role is Role.AGENCY
        and matter.contributors == {actor.agency_id}
        and matter.data_class != DataClass.CONFERENCE
        and not _runs_case(actor, situation)
    )


def _runs_case(actor: Actor, situation: Situation) -> bool:
    """Whether the actor's agency is, or ever was, the office or the programme of the case."""
    return any(
        m.agency_id == actor.agency_id
        and m.kind in (MemberKind.MUNICIPALITY, MemberKind.COORDINATOR)
        for m in situation.memberships
    )


def _withheld(actor: Actor, matter: Matter) -> bool:
    """A record goes no further than its author shared it; what is of class 4 (支援経過) is shared
    only where its author said so (matrix: 共有指定)."""
    if matter.shared is None:
        return matter.data_class == DataClass.PROGRESS
    return actor.agency_id not in matter.shared


def _consented(
    actor: Actor,
    situation: Situation,
    person_id: str,
    kinds: frozenset[MemberKind],
    matter: Matter,
    day: date,
) -> Basis | None:
    if _withheld(actor, matter):
        return None
    for consent in situation.consents:
        if (
            consent.person_id == person_id
            and matter.data_class in consent.classes
            and (actor.agency_id in consent.agencies or not consent.agency_kinds.isdisjoint(kinds))
            and (consent.tax_data or not matter.tax_data)
            and is_live(consent, situation, day)
        ):
            return Basis.CONSENT
    return None


def _granted(
    actor: Actor, situation: Situation, person_id: str, matter: Matter, day: date
) -> Basis | None:
    # 地方税法22条: tax data need a consent that names them (L5). Minutes are not granted.
    if matter.tax_data or matter.data_class == DataClass.CONFERENCE:
        return None
    for grant in situation.grants:
        named = matter.record_id in grant.records
        if (
            _is_usable(grant, actor, situation, day)
            and matter.data_class in grant.classes
            and (not grant.persons or person_id in grant.persons)
            # A decision on this very record is the municipality's own word on sharing it.
            and (named or not (grant.records or _withheld(actor, matter)))
        ):
            return grant.basis
    return None


def _is_usable(grant: Grant, actor: Actor, situation: Situation, day: date) -> bool:
    return (
        grant.agency_id == actor.agency_id
        and grant.basis in GRANT_BASES
        and not grant.revoked
        and grant.period.holds(day)
        and (grant.basis is not Basis.APPI_WITHIN_PURPOSE or _all_consent(grant, situation, day))
    )


def _all_consent(grant: Grant, situation: Situation, day: date) -> bool:
    """The purpose never stands in for the consent (L5): it adds a recipient to what everybody
    concerned consents to, and ends with the first withdrawal."""
    return all(
        any(
            c.person_id == person and grant.classes <= c.classes and is_live(c, situation, day)
            for c in situation.consents
        )
        for person in grant.persons or situation.persons
    )


def _attended(actor: Actor, situation: Situation, matter: Matter) -> bool:
    """Whether the matter belongs to the record of a meeting that the actor attended."""
    return any(
        m.record_id == matter.record_id and actor.staff_id in m.attendees
        for m in situation.meetings
    )


def _kept_by_conference(situation: Situation, matter: Matter) -> bool:
    """What was given at a conference stays there; the municipality releases by name what was
    given at its own 支援会議, and nothing of another conference (L2)."""
    if matter.confined is None:
        return False
    own = matter.confined.basis is Basis.SHIEN_KAIGI
    return not (own and matter.record_id in situation.released)


def _attending(actor: Actor, situation: Situation, matter: Matter, day: date) -> Basis | None:
    """A person who attends a 支援会議 reads what was given there and the papers laid before it,
    while its papers are open (106条の6, L9). In person: the agency gets nothing. A task given
    there is read by the one who has yet to do it. Tax data need a consent that names them."""
    if matter.tax_data:
        return None
    given_at = matter.confined.meeting_id if matter.confined else None
    for meeting in situation.meetings:
        if not meeting.secret or actor.staff_id not in meeting.attendees:
            continue
        if matter.task and given_at == meeting.meeting_id and meeting.window.first <= day:
            return Basis.SHIEN_KAIGI
        if not meeting.window.holds(day):
            continue
        laid = matter.data_class in meeting.papers.get(matter.record_id, frozenset())
        if given_at == meeting.meeting_id or (laid and matter.confined is None):
            return Basis.SHIEN_KAIGI
    return None


def _as_holder(actor: Actor, situation: Situation, day: date) -> Basis | None:
    """The sealed compartment: named holders of the office or of the programme, nobody else."""
    if actor.staff_id not in situation.holders:
        return None
    works = _municipal(actor, situation, day) or _programme(actor, situation, day)
    return Basis.NAMED_HOLDER if works else None


def _in_emergency(
    actor: Actor, situation: Situation, matter: Matter, now: datetime
) -> Basis | None:
    """緊急閲覧: never conferences, nor (judged before) the compartment (L12)."""
    open_to_it = matter.data_class != DataClass.CONFERENCE and matter.confined is None
    return _emergency(actor, situation, now) if open_to_it else None


def _emergency(actor: Actor, situation: Situation, now: datetime) -> Basis | None:
    """A live 緊急閲覧 of the municipality's own staff."""
    live = actor.role in MUNICIPAL_ROLES and any(
        e.staff_id == actor.staff_id
        and e.first <= now < min(e.last, e.first + timedelta(hours=EMERGENCY_HOURS))
        for e in situation.emergencies
    )
    return Basis.EMERGENCY_ACCESS if live else None


def _disclosing(
    actor: Actor, situation: Situation, matter: Matter | None, now: datetime
) -> Basis | None:
    """The actor handles a disclosure request, conference minutes included (L15), of a person this
    matter is about; of anyone, where no matter is given."""
    if actor.role not in MUNICIPAL_ROLES:
        return None
    persons = situation.persons if matter is None else matter.persons or situation.persons
    live = any(
        d.staff_id == actor.staff_id and d.first <= now < d.last and d.person_id in persons
        for d in situation.disclosures
    )
    return Basis.DISCLOSURE_DUTY if live else None


def _knows(actor: Actor, situation: Situation, now: datetime) -> Basis | None:
    """Why the actor may know of the case: the same grounds on which parts of it are read."""
    if actor.role is Role.AUDITOR:
        return None
    day = japanese_day(now)
    return (
        _municipal(actor, situation, day)
        or _programme(actor, situation, day)
        or _knows_as_agency(actor, situation, day)
        or _knows_as_attendee(actor, situation, day)
        or _emergency(actor, situation, now)
        or _disclosing(actor, situation, None, now)
    )


def _knows_as_agency(actor: Actor, situation: Situation, day: date) -> Basis | None:
    kinds = _capacities(actor, situation, day)
    if actor.role not in OUTSIDE_ROLES or not kinds:
        return None
    agency = actor.agency_id
    wrote = actor.role is Role.AGENCY and agency in situation.own_records
    if wrote and not _runs_case(actor, situation):
        return Basis.OWN_RECORD
    attends = any(actor.staff_id in m.attendees for m in situation.meetings)
    granted = (
        frozenset({DataClass.CONTACT})
        if actor.role is Role.COMMISSIONER
        else RECORD_CLASSES - {DataClass.CONFERENCE}
    )
    consented = granted | {DataClass.CONFERENCE} if attends else granted
    for consent in situation.consents:
        named = agency in consent.agencies or not consent.agency_kinds.isdisjoint(kinds)
        if named and consent.classes & consented and is_live(consent, situation, day):
            return Basis.CONSENT
    return next(
        (
            g.basis
            for g in situation.grants
            if _is_usable(g, actor, situation, day) and g.classes & granted
        ),
        None,
    )


def _knows_as_attendee(actor: Actor, situation: Situation, day: date) -> Basis | None:
    known = any(
        m.secret
        and actor.staff_id in m.attendees
        and (m.window.holds(day) or (actor.agency_id in m.tasked and m.window.first <= day))
        for m in situation.meetings
    )
    return Basis.SHIEN_KAIGI if known else None
