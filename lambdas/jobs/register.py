"""Entering agencies and staff into the registers, on the vendor's order.

The vendor creates a login in Cognito but cannot write to a table under the tenant's key; this runs
inside the tenant, leaves an event for each entry, and never changes one that is there.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pynamodb.connection import Connection
from pynamodb.transactions import TransactWrite

from lambdas.casework import audit
from lambdas.casework.access import MemberKind, Role
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.my_number import contains_my_number
from lambdas.casework.registers import ID, may_hold
from lambdas.casework.text import has_unstorable_characters
from lambdas.store import models

_MOST_NAME = 100


class RefusedEntry(Exception):  # noqa: N818  # an answer, not a failure
    """An entry that cannot be made; the code keys the Japanese text of the command line."""


def register(
    *,
    agencies: Sequence[Mapping[str, Any]],
    staff: Sequence[Mapping[str, Any]],
    ordered_by: str,
    now: datetime,
    region: str,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Enters what is not there yet.

    `agencies`: `{agencyId, name, kind, memberKind?, contractFrom?, contractTo?}` (the contract by
    which it runs the programme); `staff`: `{sub, staffId, loginId,
    displayName, role, agencyId, validFrom, validTo?}`, whose agency must be registered. Everything
    is checked before anything is written; a dry run ends there and needs no `sub`.
    Returns `{entered, present, refused}`: ids, and `[{id, reason}]` when nothing was done.
    """
    there = {i.agency_id: i for i in models.AgencyEntry.query("AGENCIES", consistent_read=True)}
    people = [i for i in models.Record.by_agency.query("STAFF") if isinstance(i, models.StaffEntry)]
    refused = []
    entries: list[tuple[str, models.Record, bool]] = []
    for given in agencies:
        try:
            agency = _agency(given)
        except RefusedEntry as reason:
            refused.append({"id": str(given.get("agencyId")), "reason": str(reason)})
            continue
        entries.append((agency.agency_id, agency, agency.agency_id in there))
        there.setdefault(agency.agency_id, agency)
    for given in staff:
        try:
            person, known = _staff(given, there, people)
        except RefusedEntry as reason:
            refused.append({"id": str(given.get("staffId")), "reason": str(reason)})
            continue
        entries.append((person.staff_id, person, known))
        people.append(person)
    if refused:
        return {"entered": [], "present": [], "refused": refused}
    fresh = [(entry_id, entry) for entry_id, entry, known in entries if not known]
    if not dry_run:
        connection = Connection(region=region)
        for _, entry in fresh:
            with TransactWrite(connection=connection) as write:
                write.save(entry, condition=models.Record.pk.does_not_exist())
                write.save(
                    _event(entry, ordered_by, now),
                    condition=models.AuditItem.pk.does_not_exist(),
                )
    return {
        "entered": [entry_id for entry_id, _ in fresh],
        "present": [entry_id for entry_id, _, known in entries if known],
        "refused": [],
    }


def _agency(given: Mapping[str, Any]) -> models.AgencyEntry:
    agency_id, member_kind = _checked_id(given["agencyId"]), given.get("memberKind")
    return models.AgencyEntry(
        "AGENCIES",
        agency_id,
        agency_id=agency_id,
        name=_checked_name(given["name"]),
        kind=given["kind"],
        member_kind=MemberKind(member_kind).value if member_kind else None,
        contract_from=_checked_day(given.get("contractFrom")),
        contract_to=_checked_day(given.get("contractTo")),
    )


def _staff(
    given: Mapping[str, Any],
    agencies: Mapping[str, models.AgencyEntry],
    people: Sequence[models.StaffEntry],
) -> tuple[models.StaffEntry, bool]:
    """The entry, and whether the person is registered already."""
    staff_id, login_id = _checked_id(given["staffId"]), _checked_id(given["loginId"])
    agency = agencies.get(given["agencyId"])
    if agency is None:
        raise RefusedEntry("unknown-agency")
    try:
        role = Role(given["role"])
        first = date.fromisoformat(given["validFrom"])
        last = date.fromisoformat(given["validTo"]) if given.get("validTo") else None
    except ValueError:
        raise RefusedEntry("bad-value") from None
    if not may_hold(role, MemberKind(agency.member_kind) if agency.member_kind else None):
        raise RefusedEntry("municipal-role")
    if last is not None and last < first:
        raise RefusedEntry("period-over")
    same = [p for p in people if p.staff_id == staff_id or p.login_id == login_id]
    if any((p.staff_id, p.login_id) != (staff_id, login_id) for p in same):
        raise RefusedEntry("id-taken")
    entry = models.StaffEntry(
        f"STAFF#{given.get('sub')}",
        "STAFF",
        agency_key="STAFF",
        list_key=staff_id,
        staff_id=staff_id,
        login_id=login_id,
        display_name=_checked_name(given["displayName"]),
        role=role.value,
        agency_id=agency.agency_id,
        agency_name=agency.name,
        valid_from=first.isoformat(),
        valid_to=last.isoformat() if last else None,
    )
    return entry, bool(same)


def _checked_id(text: str) -> str:
    if not ID.fullmatch(text):
        raise RefusedEntry("bad-id")
    return text


def _checked_day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        raise RefusedEntry("bad-value") from None


def _checked_name(text: str) -> str:
    if (
        not text.strip()
        or len(text) > _MOST_NAME
        or has_unstorable_characters(text, multiline=False)
        or contains_my_number(text)
    ):
        raise RefusedEntry("bad-name")
    return text


def _event(entry: models.Record, ordered_by: str, now: datetime) -> models.AuditItem:
    """What was entered by whose order; of a person also the role, which is what matters later."""
    event: dict[str, Any] = {
        "id": uuid.uuid4().hex,
        "at": to_iso(now),
        "action": "register",
        "orderedBy": ordered_by,
    }
    if isinstance(entry, models.StaffEntry):
        event |= {"staffId": entry.staff_id, "role": entry.role, "agencyId": entry.agency_id}
        event["sub"] = entry.pk.removeprefix("STAFF#")
    elif isinstance(entry, models.AgencyEntry):
        event |= {"agencyId": entry.agency_id, "memberKind": entry.member_kind}
        event |= {"contractFrom": entry.contract_from, "contractTo": entry.contract_to}
    key = f"{event['at']}#{event['id']}"
    return models.AuditItem(
        "REGISTER",
        key,
        day=japanese_day(now).isoformat(),
        day_key=key,
        hash=audit.event_hash(event),
        event=audit.canonical(event).decode(),
    )
