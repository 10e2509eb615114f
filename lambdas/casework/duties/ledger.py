"""提供の記録: what of a case was provided to whom, on which basis, for what, by which way.

A safety measure of the municipality, not a statutory ledger (DOMAIN §4.10 L14). Every entry is
read off the records that made the provision; `provision` records are those made outside the
system (a telephone call to the police).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.casework.access import Basis
from lambdas.casework.records import CaseFile, FormRecord

_BY_SYSTEM = "このシステムでの閲覧"


@dataclass(frozen=True, kw_only=True)
class Provision:
    """One provision. `classes`: data classes; `persons`: ids, empty for the whole household;
    `secret`: given at a 支援会議, which the person's own papers never show (L2)."""

    case_id: str
    record_id: str
    day: str
    until: str | None
    basis: str
    recipients: tuple[str, ...]
    purpose: str
    classes: tuple[int, ...]
    persons: tuple[str, ...]
    way: str
    decided_by: str
    secret: bool


def provisions(case: CaseFile) -> tuple[Provision, ...]:
    """Every provision of a case, in order of its day."""
    return tuple(sorted(_all(case), key=lambda p: (p.day, p.record_id)))


def _all(case: CaseFile) -> Iterator[Provision]:
    ended = {r.data["consentId"]: r.data["date"] for r in case.of("consent-withdrawal")}
    ended |= {r.data["grantId"]: r.data["date"] for r in case.of("grant-revocation")}
    for record in case.of("consent"):
        if "sharing" in record.data["kinds"]:
            yield _of_consent(case, record, ended)
    for record in case.of("sharing-grant"):
        yield _of_grant(case, record, ended)
    for record in case.of("conference"):
        yield _of_conference(case, record)
    for record in case.of("provision"):
        yield _outside(case, record)


def _of_consent(case: CaseFile, record: FormRecord, ended: dict[str, str]) -> Provision:
    data = record.data
    kinds = set(data.get("agencyRoles", ()))
    named = set(data.get("agencies", ()))
    named |= {m.agency_id for m in case.memberships if m.kind.value in kinds}
    return Provision(
        case_id=case.case_id,
        record_id=record.record_id,
        day=data["from"],
        until=ended.get(record.record_id, data.get("to")),
        basis=Basis.CONSENT.value,
        recipients=tuple(sorted(named)),
        purpose=data["purpose"],
        classes=_classes(data),
        persons=(data["personId"],),
        way=_BY_SYSTEM,
        decided_by=data["explainer"],
        secret=False,
    )


def _of_grant(case: CaseFile, record: FormRecord, ended: dict[str, str]) -> Provision:
    data = record.data
    return Provision(
        case_id=case.case_id,
        record_id=record.record_id,
        day=data["from"],
        until=ended.get(record.record_id, data["to"]),
        basis=data["basis"],
        recipients=(data["agencyId"],),
        purpose=data["purpose"],
        classes=_classes(data),
        persons=tuple(data.get("personIds", ())),
        way=_BY_SYSTEM,
        decided_by=data["decidedBy"],
        secret=False,
    )


def _of_conference(case: CaseFile, record: FormRecord) -> Provision:
    data = record.data
    secret = data["basis"] == "106-6"
    laid = {int(c) for paper in data.get("papers", ()) for c in paper["classes"]}
    return Provision(
        case_id=case.case_id,
        record_id=record.record_id,
        day=data["date"],
        until=data.get("papersTo"),
        basis=Basis.SHIEN_KAIGI.value if secret else Basis.CONSENT.value,
        recipients=tuple(sorted({a["agencyId"] for a in data["attendees"] if "agencyId" in a})),
        purpose="支援会議での情報の交換と支援体制の検討" if secret else "重層的支援会議での協議",
        classes=tuple(sorted(laid | {5})),
        persons=tuple(record.about.get("", ())),
        way="会議での説明と資料の閲覧",
        decided_by=data.get("chair", ""),
        secret=secret,
    )


def _outside(case: CaseFile, record: FormRecord) -> Provision:
    data = record.data
    return Provision(
        case_id=case.case_id,
        record_id=record.record_id,
        day=data["date"],
        until=None,
        basis=data["basis"],
        recipients=(data.get("agencyId") or data["recipient"],),
        purpose=data["purpose"],
        classes=_classes(data),
        persons=tuple(data.get("personIds", ())),
        way=data["way"],
        decided_by=data["decidedBy"],
        secret=False,
    )


def _classes(data: Any) -> tuple[int, ...]:
    return tuple(sorted(int(code) for code in data["classes"]))
