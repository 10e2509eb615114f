"""Entering agencies and staff into the registers, on the vendor's order.

The vendor creates a login in Cognito but cannot write to a table under the tenant's key; this runs
inside the tenant, leaves an event for each entry, and never changes one that is there.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from lambdas.casework import audit
from lambdas.casework.access import MemberKind, Role
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.store import models

# Roles that decide for, or watch over, the whole municipality (DOMAIN §4.2).
_MUNICIPAL = frozenset({Role.MANAGER, Role.OFFICER, Role.AUDITOR})


def register(
    *,
    agencies: Sequence[Mapping[str, Any]],
    staff: Sequence[Mapping[str, Any]],
    ordered_by: str,
    now: datetime,
) -> dict[str, list[str]]:
    """Enters what is not there yet.

    `agencies`: `{agencyId, name, kind, memberKind?}`; `staff`: `{sub, staffId, loginId,
    displayName, role, agencyId, validFrom, validTo?}`, whose agency must be registered.
    Returns the ids `entered` and `present`. Raises ValueError or KeyError for a bad entry, before
    anything is written.
    """
    entries = [_agency(a) for a in agencies]
    known = {e.agency_id: e for e in [*entries, *models.AgencyEntry.query("AGENCIES")]}
    people = [_staff(s, known) for s in staff]
    outcome: dict[str, list[str]] = {"entered": [], "present": []}
    for entry, entry_id in [
        *((e, e.agency_id) for e in entries),
        *((p, p.staff_id) for p in people),
    ]:
        if models.Record.count(entry.pk, models.Record.sk == entry.sk):
            outcome["present"].append(entry_id)
            continue
        _record(entry_id, ordered_by, now)
        entry.save(condition=models.Record.pk.does_not_exist())
        outcome["entered"].append(entry_id)
    return outcome


def _agency(given: Mapping[str, Any]) -> models.AgencyEntry:
    member_kind = given.get("memberKind")
    return models.AgencyEntry(
        "AGENCIES",
        given["agencyId"],
        agency_id=given["agencyId"],
        name=given["name"],
        kind=given["kind"],
        member_kind=MemberKind(member_kind).value if member_kind else None,
    )


def _staff(
    given: Mapping[str, Any], agencies: Mapping[str, models.AgencyEntry]
) -> models.StaffEntry:
    role, agency = Role(given["role"]), agencies[given["agencyId"]]
    if role in _MUNICIPAL and agency.member_kind != MemberKind.MUNICIPALITY:
        raise ValueError(f"{role.value} belongs to the municipality's own office")
    valid_to = given.get("validTo")
    return models.StaffEntry(
        f"STAFF#{given['sub']}",
        "STAFF",
        agency_key="STAFF",
        list_key=given["staffId"],
        staff_id=given["staffId"],
        login_id=given["loginId"],
        display_name=given["displayName"],
        role=role.value,
        agency_id=agency.agency_id,
        agency_name=agency.name,
        valid_from=date.fromisoformat(given["validFrom"]).isoformat(),
        valid_to=date.fromisoformat(valid_to).isoformat() if valid_to else None,
    )


def _record(entry_id: str, ordered_by: str, now: datetime) -> None:
    event = {
        "id": uuid.uuid4().hex,
        "at": to_iso(now),
        "action": "register",
        "orderedBy": ordered_by,
        "entry": entry_id,
    }
    models.AuditItem(
        "REGISTER",
        f"{event['at']}#{event['id']}",
        day=japanese_day(now).isoformat(),
        day_key=f"{event['at']}#{event['id']}",
        hash=audit.event_hash(event),
        event=audit.canonical(event).decode(),
    ).save(condition=models.AuditItem.pk.does_not_exist())
