"""What a rule is given, and the checks that many forms have in common.

A rule runs on data that already fit their form, and only says what the form cannot: whether what
is named exists, whether days are in order, whether the law allows it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from lambdas.casework.access import MUNICIPAL_ROLES, Actor, Confinement, Situation
from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import FieldError, Form, Pointer
from lambdas.casework.records import Agency, CaseFile, FormRecord, StaffMember
from lambdas.casework.situation import PAPERS_AFTER, PAPERS_BEFORE, situation

Data = Mapping[str, Any]
Found = Iterator[FieldError]


@dataclass(frozen=True, kw_only=True)
class Context:
    """A record about to be saved.

    `case` is None for a record outside cases; `before` is the revision it replaces; the registers
    are read only by rules that ask for them. `confined`: the conference it was given at.
    `emergency_access`: the municipality's setting that allows 緊急閲覧, off by default (L12).
    `papers_before`, `papers_after`: its terms of how long papers of a meeting lie open (L9).
    """

    case: CaseFile | None
    form: Form
    data: Data
    before: FormRecord | None
    actor: Actor
    agencies: Callable[[], tuple[Agency, ...]]
    staff: Callable[[], tuple[StaffMember, ...]]
    now: datetime
    confined: Confinement | None = None
    emergency_access: bool = False
    papers_before: timedelta = PAPERS_BEFORE
    papers_after: timedelta = PAPERS_AFTER

    @cached_property
    def today(self) -> date:
        return japanese_day(self.now)

    @property
    def file(self) -> CaseFile:
        """The case of a form that belongs to one."""
        if self.case is None:
            raise ValueError(f"{self.form.form} belongs to a case")
        return self.case

    @cached_property
    def facts(self) -> Situation:
        return situation(self.file)

    @cached_property
    def persons(self) -> Mapping[str, Data]:
        """The rows of the household ledger by person."""
        return {p["personId"]: p for p in self.file.persons}

    @cached_property
    def agency_register(self) -> Mapping[str, Agency]:
        return {a.agency_id: a for a in self.agencies()}

    @cached_property
    def staff_register(self) -> Mapping[str, Actor]:
        return {s.actor.staff_id: s.actor for s in self.staff()}

    @property
    def by_municipality(self) -> bool:
        """Whether a user of the municipality's office saves it."""
        return self.actor.role in MUNICIPAL_ROLES

    def old(self, name: str) -> Any:
        """What the property held in the revision that is replaced."""
        return self.before.data.get(name) if self.before else None

    def named(self, name: str, form: str) -> FormRecord | None:
        """The record of a form that a property names, where there is one."""
        record = self.file.records.get(self.data[name])
        return record if record is not None and record.form == form else None

    def rows(self, name: str) -> Iterator[tuple[Pointer, Data]]:
        """The rows of a list with their pointers."""
        for index, row in enumerate(self.data.get(name) or ()):
            yield f"/{name}/{index}", row

    def new_rows(self, name: str) -> Iterator[tuple[Pointer, Data]]:
        """The rows that the revision before did not hold just so. What was true when it was saved
        is not judged again: people move on, and minutes stay as they were."""
        known = self.old(name) or ()
        return ((at, row) for at, row in self.rows(name) if row not in known)

    def new_items(self, name: str) -> Iterator[tuple[Pointer, str]]:
        """The items of a list of ids that the revision before did not hold."""
        known = self.old(name) or ()
        for index, item in enumerate(self.data.get(name) or ()):
            if item not in known:
                yield f"/{name}/{index}", item


def error(pointer: Pointer, code: str, limit: int | None = None) -> FieldError:
    return FieldError(pointer=pointer, code=code, limit=limit)


def day(data: Data, name: str) -> date | None:
    """A property that holds a day, if it is filled."""
    text = data.get(name)
    return date.fromisoformat(text) if text else None


def not_future(context: Context, data: Data, *names: str, at: Pointer = "") -> Found:
    """Days of what has happened."""
    for name in names:
        if (when := day(data, name)) and when > context.today:
            yield error(f"{at}/{name}", "future-date")


def in_order(data: Data, *pairs: tuple[str, str], at: Pointer = "") -> Found:
    """Days or times of which the second is never before the first (both as ISO text)."""
    for first, last in pairs:
        if data.get(first) and data.get(last) and data[last] < data[first]:
            yield error(f"{at}/{last}", "out-of-order")


def unique(context: Context, rows: str, key: str) -> Found:
    """Rows that other records refer to by `key`."""
    seen = set()
    for pointer, row in context.rows(rows):
        if row.get(key) in seen:
            yield error(f"{pointer}/{key}", "duplicate")
        seen.add(row.get(key))


def written(data: Data, name: str) -> bool:
    """Whether a text says something."""
    return bool(str(data.get(name) or "").strip())


def fixed(context: Context, *names: str) -> Found:
    """Properties that keep what their first revision said."""
    if context.before is not None:
        for name in names:
            if context.data.get(name) != context.old(name):
                yield error(f"/{name}", "fixed-after-save")


def is_member(facts: Situation, agency_id: str, on: date) -> bool:
    """Whether an agency belongs to the case on a day."""
    return any(
        m.agency_id == agency_id and m.valid_from <= on and (m.valid_to is None or on <= m.valid_to)
        for m in facts.memberships
    )
