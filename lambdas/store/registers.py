"""Changes of the registers of agencies and staff, each one transaction with its event.

Entries carry a revision: a change names the one it was decided on, so that of two managers the
second one is told.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from pynamodb.expressions.condition import Condition

from lambdas.casework.records import Agency, StaffMember
from lambdas.store import models
from lambdas.store.repository import (
    NEW,
    Event,
    Put,
    Repository,
    Request,
    StoreBusyError,
    event_item,
)

_REPEATED_HOURS = 24
# DynamoDB takes a hundred items in a transaction.
_AT_ONCE = 90


def signed_in(member: StaffMember, day: date) -> None:
    """Keeps the day of the last sign-in; once a day."""
    if member.last_sign_in == day:
        return
    models.StaffEntry(f"STAFF#{member.sub}", "STAFF").update(
        actions=[models.StaffEntry.last_sign_in.set(day.isoformat())],
        condition=models.Record.pk.exists(),
    )


def add_staff(
    repository: Repository, member: StaffMember, *, event: Event, request: Request, now: datetime
) -> None:
    """Enters a person who has a login already. Raises StoreBusyError."""
    actor = member.actor
    entry = models.StaffEntry(
        f"STAFF#{member.sub}",
        "STAFF",
        agency_key="STAFF",
        list_key=actor.staff_id,
        staff_id=actor.staff_id,
        login_id=member.login_id,
        display_name=actor.display_name,
        role=actor.role.value,
        agency_id=actor.agency_id,
        agency_name=actor.agency_name,
        valid_from=actor.valid_from.isoformat(),
        valid_to=_text(actor.valid_to),
    )
    _commit(
        repository,
        Put("staff", entry, NEW),
        Put("event", event_item(f"STAFF#{actor.staff_id}", event)),
        Put("idempotency", _repeated(request, actor.staff_id, now)),
    )


def change_staff(repository: Repository, member: StaffMember, *, event: Event) -> bool:
    """Puts the person's entry as `member` has it, on the revision that it names; False when
    somebody else was first."""
    try:
        entry = models.StaffEntry.get(f"STAFF#{member.sub}", "STAFF", consistent_read=True)
    except models.StaffEntry.DoesNotExist:
        return False  # given a new login meanwhile
    actor = member.actor
    entry.display_name = actor.display_name
    entry.role = actor.role.value
    entry.agency_id = actor.agency_id
    entry.agency_name = actor.agency_name
    entry.valid_to = _text(actor.valid_to)
    entry.confirmed_on = _text(member.confirmed_on)
    entry.revision = member.revision + 1
    return _changed(
        repository,
        [
            Put("staff", entry, _unchanged(models.StaffEntry, member.revision)),
            Put("event", event_item(f"STAFF#{actor.staff_id}", event)),
        ],
    )


def add_agency(
    repository: Repository, agency: Agency, *, event: Event, request: Request, now: datetime
) -> None:
    """Enters an agency. Raises StoreBusyError."""
    entry = models.AgencyEntry("AGENCIES", agency.agency_id, **_described(agency))
    _commit(
        repository,
        Put("agency", entry, NEW),
        Put("event", event_item("REGISTER", event)),
        Put("idempotency", _repeated(request, agency.agency_id, now)),
    )


def change_agency(repository: Repository, agency: Agency, *, event: Event) -> bool:
    """Puts name, kind and end as `agency` has them, on the revision that it names; False when
    somebody else was first. Its staff carry the new name from then on."""
    entry = models.AgencyEntry.get("AGENCIES", agency.agency_id, consistent_read=True)
    for name, value in _described(agency).items():
        setattr(entry, name, value)
    entry.revision = agency.revision + 1
    people = [
        replace(m, actor=replace(m.actor, agency_name=agency.name))
        for m in repository.staff()
        if m.actor.agency_id == agency.agency_id and m.actor.agency_name != agency.name
    ]
    puts = [_renamed(member) for member in people]
    # The agency itself goes last: what breaks off before is taken up by asking again.
    while len(puts) > _AT_ONCE:
        if not _changed(repository, puts[:_AT_ONCE]):
            raise StoreBusyError
        puts = puts[_AT_ONCE:]
    return _changed(
        repository,
        [
            Put("agency", entry, _unchanged(models.AgencyEntry, agency.revision)),
            Put("event", event_item("REGISTER", event)),
            *puts,
        ],
    )


def _renamed(member: StaffMember) -> Put:
    entry = models.StaffEntry.get(f"STAFF#{member.sub}", "STAFF", consistent_read=True)
    entry.agency_name = member.actor.agency_name
    return Put(member.sub, entry, _unchanged(models.StaffEntry, int(entry.revision or 0)))


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _described(agency: Agency) -> Mapping[str, Any]:
    return {
        "agency_id": agency.agency_id,
        "name": agency.name,
        "kind": agency.kind,
        "member_kind": agency.member_kind and agency.member_kind.value,
        "valid_to": _text(agency.last),
    }


def _unchanged(
    model: type[models.StaffEntry] | type[models.AgencyEntry], revision: int
) -> Condition:
    never = model.revision.does_not_exist()
    same: Condition = models.Record.pk.exists() & (
        model.revision == revision if revision else never
    )
    return same


def _repeated(request: Request, entry_id: str, now: datetime) -> models.Idempotency:
    """What lets `Repository.outcome` answer the same request again."""
    return models.Idempotency(
        f"IDEM#{request.staff_id}#{request.key}",
        request.path,
        request_sha256=request.sha256,
        folder_id=entry_id,
        record_id=entry_id,
        revision=1,
        expires_at=int((now + timedelta(hours=_REPEATED_HOURS)).timestamp()),
    )


def _commit(repository: Repository, *puts: Put) -> None:
    if repository.commit(puts):
        raise StoreBusyError


def _changed(repository: Repository, puts: list[Put]) -> bool:
    failed = repository.commit(puts)
    if "busy" in failed:
        raise StoreBusyError
    return not failed
