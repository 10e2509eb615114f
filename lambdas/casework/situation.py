"""The facts the law asks of a case, worked out from its records and nowhere else.

`situation` is a pure function of a case; `dump` and `load` keep it as one JSON text on list rows
and in the search index, so that lists and search decide by the same facts as the record itself.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from lambdas.casework.access import (
    RECORD_CLASSES,
    Basis,
    Confinement,
    Consent,
    DataClass,
    Grant,
    Meeting,
    MemberKind,
    Membership,
    Period,
    Situation,
    TimedAccess,
)
from lambdas.casework.clock import from_iso, to_iso
from lambdas.casework.records import CLOSED_STATES, CaseFile, FormRecord

# Papers of a 支援会議 are open from 7 days before it to 14 days after (L9); a conference record
# may name other days, the tenant's settings the preset of its form.
PAPERS_BEFORE = timedelta(days=7)
PAPERS_AFTER = timedelta(days=14)


def situation(case: CaseFile) -> Situation:
    """What the law needs to know of this case as its records stand."""
    withdrawn = {r.data["consentId"] for r in case.of("consent-withdrawal")}
    revoked = {r.data["grantId"] for r in case.of("grant-revocation")}
    ended_conflicts = {r.data["conflictId"] for r in case.of("conflict-end")}
    closings = [r.created_at for r in case.of("transition") if r.data["to"] in CLOSED_STATES]
    released = frozenset(r.data["recordId"] for r in case.of("release") if _releases(case, r))
    assignment = case.records.get("assignment")
    holders = case.records.get("sealed-holders")
    return Situation(
        case_id=case.case_id,
        closed=case.state in CLOSED_STATES,
        subject=case.subject,
        persons=_persons(case),
        memberships=case.memberships,
        own_records=_sole_authors(case, released),
        in_charge=frozenset(assignment.data.get("staffIds", ())) if assignment else frozenset(),
        consents=tuple(
            _consent(r, withdrawn=r.record_id in withdrawn, closed_at=max(closings, default=None))
            for r in case.of("consent")
            if "sharing" in r.data["kinds"] and _may_consent(r.data.get("proxy"))
        ),
        grants=tuple(_grant(r, revoked=r.record_id in revoked) for r in case.of("sharing-grant")),
        meetings=tuple(_meeting(r) for r in case.of("conference")),
        released=released,
        conflicts=frozenset(
            r.data["staffId"]
            for r in case.of("conflict-of-interest")
            if r.record_id not in ended_conflicts
        ),
        holders=frozenset(holders.data["staffIds"]) if holders else frozenset(),
        emergencies=tuple(_access(r) for r in case.of("emergency-access")),
        disclosures=tuple(_access(r) for r in case.of("disclosure-access")),
        protected=bool(case.protected_persons),
    )


def _persons(case: CaseFile) -> frozenset[str]:
    """Whoever the ledger or a record names: the whole household stays the whole household when
    somebody leaves it, dies, or is struck off the ledger (L4, L8)."""
    ledger = frozenset(p["personId"] for p in case.persons)
    named = (ids for r in case.records.values() for ids in r.about.values())
    return ledger.union(*named, (r.data["personId"] for r in case.of("consent")))


def _sole_authors(case: CaseFile, released: frozenset[str]) -> frozenset[str]:
    return frozenset(
        next(iter(r.contributors))
        for r in case.records.values()
        if len(r.contributors) == 1
        and (r.confined is None or r.record_id in released)
        # Who declares a conflict of interest has nothing to read for it.
        and r.form != "conflict-of-interest"
    )


def _may_consent(proxy: Mapping[str, Any] | None) -> bool:
    """Nobody consents for a person against whom they stand, or may stand (L6)."""
    against = ("isCounterpart", "conflictOfInterest")
    return proxy is None or all(proxy.get(question) == "no" for question in against)


def _releases(case: CaseFile, release: FormRecord) -> bool:
    """Whether a release names a record and the 支援会議 where it was given (L2)."""
    record = case.records.get(release.data["recordId"])
    given = record.confined if record else None
    return (
        given is not None
        and given.basis is Basis.SHIEN_KAIGI
        and given.meeting_id in (None, release.data["meetingId"])
    )


def _consent(record: FormRecord, *, withdrawn: bool, closed_at: datetime | None) -> Consent:
    """`closed_at`: when the case was last closed. What was consented before without an end ended
    then, and a re-opened case does not bring it back (L7)."""
    data = record.data
    period = _period(data)
    closed_since = closed_at is not None and record.created_at <= closed_at
    return Consent(
        consent_id=record.record_id,
        person_id=data["personId"],
        agencies=frozenset(data.get("agencies", ())),
        agency_kinds=frozenset(MemberKind(k) for k in data.get("agencyRoles", ())),
        # The sealed compartment opens to named holders, whatever a consent says.
        classes=_classes(data["classes"]) & RECORD_CLASSES,
        tax_data=data.get("taxData") is True,
        period=period,
        withdrawn=withdrawn,
        lapsed=closed_since and period.last is None,
    )


def _grant(record: FormRecord, *, revoked: bool) -> Grant:
    data = record.data
    return Grant(
        grant_id=record.record_id,
        basis=Basis(data["basis"]),
        agency_id=data["agencyId"],
        persons=frozenset(data.get("personIds", ())),
        classes=_classes(data["classes"]) & (RECORD_CLASSES - {DataClass.CONFERENCE}),
        records=frozenset(data.get("recordIds", ())),
        period=_period(data),
        revoked=revoked,
    )


def _meeting(record: FormRecord) -> Meeting:
    """A meeting is a 支援会議 only where its record was kept as one from the start: no later
    change of its basis opens anything (L9)."""
    data = record.data
    kept = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=data["meetingId"])
    held = date.fromisoformat(data["date"])
    first, last = data.get("papersFrom"), data.get("papersTo")
    return Meeting(
        record_id=record.record_id,
        meeting_id=data["meetingId"],
        secret=data["basis"] == "106-6" and record.confined == kept,
        attendees=frozenset(a["staffId"] for a in data["attendees"] if "staffId" in a),
        window=Period(
            first=date.fromisoformat(first) if first else held - PAPERS_BEFORE,
            last=date.fromisoformat(last) if last else held + PAPERS_AFTER,
        ),
        papers={
            p["recordId"]: _classes(p["classes"]) & RECORD_CLASSES for p in data.get("papers", ())
        },
        tasked=frozenset(
            role["agencyId"]
            for role in data.get("roles", ())
            if "agencyId" in role and not role.get("done")
        ),
    )


def _access(record: FormRecord) -> TimedAccess:
    data = record.data
    return TimedAccess(
        staff_id=data["staffId"],
        first=from_iso(data["from"]),
        last=from_iso(data["to"]),
        person_id=data.get("personId"),
    )


def _classes(codes: Iterable[int | str]) -> frozenset[int]:
    return frozenset(int(code) for code in codes)


def _period(data: Mapping[str, Any]) -> Period:
    return Period(
        first=date.fromisoformat(data["from"]),
        last=date.fromisoformat(data["to"]) if data.get("to") else None,
    )


def dump(facts: Situation) -> str:
    """A situation as JSON text; `load` gives it back."""
    return json.dumps(_plain(vars(facts)), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return to_iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return _plain(vars(value)) if hasattr(value, "__dataclass_fields__") else value


@lru_cache(maxsize=4096)
def load(text: str) -> Situation:
    """The situation that `dump` wrote. Kept by its text: most rows of a list do not change."""
    plain = json.loads(text)
    return Situation(
        case_id=plain["case_id"],
        closed=plain["closed"],
        subject=plain["subject"],
        persons=frozenset(plain["persons"]),
        memberships=tuple(
            Membership(
                agency_id=m["agency_id"],
                kind=MemberKind(m["kind"]),
                valid_from=date.fromisoformat(m["valid_from"]),
                valid_to=date.fromisoformat(m["valid_to"]) if m["valid_to"] else None,
            )
            for m in plain["memberships"]
        ),
        own_records=frozenset(plain["own_records"]),
        in_charge=frozenset(plain["in_charge"]),
        consents=tuple(
            Consent(
                consent_id=c["consent_id"],
                person_id=c["person_id"],
                agencies=frozenset(c["agencies"]),
                agency_kinds=frozenset(MemberKind(k) for k in c["agency_kinds"]),
                classes=frozenset(c["classes"]),
                tax_data=c["tax_data"],
                period=_loaded_period(c["period"]),
                withdrawn=c["withdrawn"],
                lapsed=c["lapsed"],
            )
            for c in plain["consents"]
        ),
        grants=tuple(
            Grant(
                grant_id=g["grant_id"],
                basis=Basis(g["basis"]),
                agency_id=g["agency_id"],
                persons=frozenset(g["persons"]),
                classes=frozenset(g["classes"]),
                records=frozenset(g["records"]),
                period=_loaded_period(g["period"]),
                revoked=g["revoked"],
            )
            for g in plain["grants"]
        ),
        meetings=tuple(
            Meeting(
                record_id=m["record_id"],
                meeting_id=m["meeting_id"],
                secret=m["secret"],
                attendees=frozenset(m["attendees"]),
                window=_loaded_period(m["window"]),
                papers={key: frozenset(value) for key, value in m["papers"].items()},
                tasked=frozenset(m["tasked"]),
            )
            for m in plain["meetings"]
        ),
        released=frozenset(plain["released"]),
        conflicts=frozenset(plain["conflicts"]),
        holders=frozenset(plain["holders"]),
        emergencies=tuple(_loaded_access(a) for a in plain["emergencies"]),
        disclosures=tuple(_loaded_access(a) for a in plain["disclosures"]),
        protected=plain["protected"],
    )


def _loaded_period(plain: Mapping[str, Any]) -> Period:
    return Period(
        first=date.fromisoformat(plain["first"]),
        last=date.fromisoformat(plain["last"]) if plain["last"] else None,
    )


def _loaded_access(plain: Mapping[str, Any]) -> TimedAccess:
    return TimedAccess(
        staff_id=plain["staff_id"],
        first=from_iso(plain["first"]),
        last=from_iso(plain["last"]),
        person_id=plain["person_id"],
    )
