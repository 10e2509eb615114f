"""Cases built in memory for tests of the casework rules: no store, no clock."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from lambdas.casework.access import Actor, Confinement, Period, Role
from lambdas.casework.clock import JST, japanese_day
from lambdas.casework.records import FIRST_STATE, CaseFile, FormRecord

SUBJECT, MOTHER = "p-000000000001", "p-000000000002"
OFFICE, COUNCIL, ELDERLY, NPO = "municipality", "council", "elderly", "npo"
AGENCY_NAMES = {
    OFFICE: "地域福祉課",
    COUNCIL: "社会福祉協議会",
    ELDERLY: "地域包括支援センター",
    NPO: "NPO法人",
}
START = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
SINGLETONS = frozenset({"intake", "household", "members", "issues", "assignment", "sealed-holders"})

_numbers = count(1)


def actor(role: Role = Role.MANAGER, agency_id: str | None = None, **changes: Any) -> Actor:
    """A member of staff of the agency where people of this role work."""
    home = {Role.COORDINATOR: COUNCIL, Role.AGENCY: ELDERLY, Role.COMMISSIONER: ELDERLY}
    agency = agency_id or home.get(role, OFFICE)
    fields: dict[str, Any] = {
        "staff_id": f"staff-{role.value}",
        "display_name": "職員",
        "role": role,
        "agency_id": agency,
        "agency_name": AGENCY_NAMES[agency],
        "valid_from": date(2020, 4, 1),
        "valid_to": None,
        "contract": Period(first=date(2020, 4, 1)) if role is Role.COORDINATOR else None,
    }
    return Actor(**fields | changes)


def noon(day: date) -> datetime:
    """Noon of a Japanese day."""
    return datetime.combine(day, time(12), tzinfo=JST).astimezone(UTC)


def record(
    form: str,
    data: Mapping[str, Any],
    *,
    record_id: str | None = None,
    at: datetime = START,
    saved_at: datetime | None = None,
    agency_id: str = OFFICE,
    staff_id: str = "staff-manager",
    revision: int = 1,
    about: Mapping[str, tuple[str, ...]] | None = None,
    contributors: frozenset[str] | None = None,
    confined: Confinement | None = None,
    version: str = "1.0.0",
) -> FormRecord:
    """A record of a form, about the 本人, first saved `at`. What it holds is not checked."""
    if record_id is None:
        record_id = form if form in SINGLETONS else f"r-{next(_numbers):012d}"
    return FormRecord(
        form=form,
        record_id=record_id,
        version=version,
        revision=revision,
        data=data,
        saved_at=saved_at or at,
        created_at=at,
        staff_id=staff_id,
        staff_name="職員",
        agency_id=agency_id,
        agency_name=AGENCY_NAMES[agency_id],
        about={"": (SUBJECT,)} if about is None else about,
        contributors=frozenset({agency_id}) if contributors is None else contributors,
        confined=confined,
    )


def household(**subject: Any) -> FormRecord:
    """本人 (with the given properties) and the mother."""
    persons = [
        {"personId": SUBJECT, "isSubject": True, "relation": "self", **subject},
        {"personId": MOTHER, "relation": "06"},
    ]
    return record("household", {"persons": persons}, about={"": ()})


def members(*rows: Mapping[str, Any]) -> FormRecord:
    """The office and the council, and the rows given."""
    standing = [
        {"agencyId": OFFICE, "kind": "municipality", "from": "2020-04-01"},
        {"agencyId": COUNCIL, "kind": "coordinator", "from": "2020-04-01"},
    ]
    return record("members", {"members": [*standing, *rows]}, about={"": ()})


def member(agency_id: str, kind: str = "participant", **changes: Any) -> dict[str, Any]:
    return {"agencyId": agency_id, "kind": kind, "from": "2020-04-01", **changes}


def consent(
    at: datetime, person_id: str = SUBJECT, *, record_id: str | None = None, **changes: Any
) -> FormRecord:
    """A consent to sharing with every agency of the case, without an end."""
    data = {
        "personId": person_id,
        "kinds": ["application", "sharing", "meeting"],
        "agencyRoles": ["municipality", "coordinator", "receiving", "participant"],
        "classes": ["1", "2", "3", "4", "5"],
        "date": japanese_day(at).isoformat(),
        "from": japanese_day(at).isoformat(),
        "method": "01",
        **changes,
    }
    about = {"": (person_id,)}
    return record("consent", data, at=at, record_id=record_id, about=about)


def transition(to: str, at: datetime, before: str = FIRST_STATE, **changes: Any) -> FormRecord:
    data = {"from": before, "to": to, "date": japanese_day(at).isoformat(), **changes}
    return record("transition", data, at=at)


def case(*records: FormRecord, state: str | None = None, **changes: Any) -> CaseFile:
    """A case of these records in their order; intake, household and members are added where they
    are not given. `state` is taken from the last transition unless named."""
    given = {r.form for r in records}
    preset = (
        record(
            "intake",
            {"consentVersion": "consent", "receivedAt": "2026-04-01", "receivingAgencyId": OFFICE},
        ),
        household(),
        members(),
    )
    fields: dict[str, Any] = {
        "case_id": "K7QM-2T9X-4RBD",
        "state": FIRST_STATE,
        "created_at": START,
        "chain_seq": 1,
        "chain_hash": "0" * 64,
        "was_protected": False,
        "records": {},
        "agency_names": AGENCY_NAMES,
    }
    built = CaseFile(**fields | changes).with_records(
        *(r for r in preset if r.form not in given), *records
    )
    return built if state is None else CaseFile(**{**vars(built), "state": state})


def later(at: datetime, **units: float) -> datetime:
    return at + timedelta(**units)
