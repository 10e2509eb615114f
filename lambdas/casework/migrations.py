"""From one version of a form to the next.

A record stays what it was: it is kept and shown by the version it was written under, for ever.
Only whoever goes on writing it brings it to the current version, and what that changes is listed
here, one pure function for each step between two neighbouring versions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from lambdas.casework.forms import UnknownFormError, form_versions, labels
from lambdas.casework.records import FormRecord

Data = Mapping[str, Any]
Step = Callable[[Data], dict[str, Any]]


class NoMigrationError(ValueError):
    """No way leads from one version of the form to the other."""


def migrate(form: str, data: Data, before: str, after: str) -> dict[str, Any]:
    """`data`, a valid record of version `before`, as a record of version `after` or of the same.

    Raises UnknownFormError for a form or version that does not exist, NoMigrationError for an
    older version and for a step that is not listed.
    """
    versions = form_versions(form)
    if not {before, after} <= set(versions):
        raise UnknownFormError(form)
    path = versions[versions.index(before) : versions.index(after) + 1]
    if not path:
        raise NoMigrationError(f"{form} {before} {after}")
    return run(MIGRATIONS, form, data, path)


def brought_to(record: FormRecord, version: str) -> FormRecord:
    """The record as whoever goes on writing it under `version` finds it; the record itself where
    that is its own. Raises as `migrate`."""
    if record.version == version:
        return record
    data = migrate(record.form, record.data, record.version, version)
    return replace(record, version=version, data=data)


def run(
    steps: Mapping[tuple[str, str, str], Step], form: str, data: Data, path: Iterable[str]
) -> dict[str, Any]:
    """`data` led along a path of versions. Raises NoMigrationError for a missing step."""
    before, *rest = path
    migrated = dict(data)
    for after in rest:
        step = steps.get((form, before, after))
        if step is None:
            raise NoMigrationError(f"{form} {before} {after}")
        migrated, before = step(migrated), after
    return migrated


def _intake_1_1(data: Data) -> dict[str, Any]:
    """Special care (class 3) stood within properties of class 2, which decide alone who is shown
    what they hold. It has properties of its own from 1.1.0 on; the lists lose nothing else."""
    household, household_note = _apart(data.get("household"), _relative)
    agencies, agencies_note = _apart(data.get("involvedAgencies"), _agency)
    consent = dict(data.get("consent") or {})
    changed = {
        "household": household,
        "householdNote": household_note,
        "involvedAgencies": agencies,
        "involvedAgenciesNote": agencies_note,
        "consentScope": consent.pop("scope", None),
        "capacityNote": consent.pop("capacityNote", None),
        "consent": consent,
    }
    return {key: value for key, value in {**data, **changed}.items() if value or key not in changed}


def _apart(
    rows: list[Data] | None, name_of: Callable[[int, Data], str]
) -> tuple[list[dict[str, Any]], str]:
    """Rows without their notes (one that held nothing else goes), and the notes as one text, each
    under the name of its row."""
    kept, notes = [], []
    for number, row in enumerate(rows or (), start=1):
        rest = {key: value for key, value in row.items() if key != "note"}
        if rest:
            kept.append(rest)
        if "note" in row:
            notes.append(f"{name_of(number, rest)}：{row['note']}")
    return kept, "\n".join(notes)


def _relative(number: int, row: Data) -> str:
    relation = labels("relation").get(row.get("relation", ""), "")
    return str(row.get("name") or relation or f"世帯員・家族{number}")


def _agency(number: int, row: Data) -> str:
    kind = labels("agency-kind").get(row.get("agencyKind", ""), "")
    return str(row.get("agencyName") or kind or f"機関{number}")


# Every step between two neighbouring versions of a form; a test fails where one is missing.
MIGRATIONS: Mapping[tuple[str, str, str], Step] = {
    ("intake", "1.0.0", "1.1.0"): _intake_1_1,
}
