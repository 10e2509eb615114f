"""What of a record an actor is shown, property by property, by `access.may_read`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lambdas.casework.access import (
    Actor,
    Basis,
    Matter,
    Situation,
    may_read,
    may_write,
)
from lambdas.casework.forms import Form, without_protected
from lambdas.casework.records import FormRecord

_NONE: frozenset[Basis] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The visible part of a record, the data classes in it and the bases it rests on."""

    data: Mapping[str, Any]
    classes: frozenset[int]
    bases: frozenset[Basis]


@dataclass
class Reader:
    """One actor's view of one case at one moment; remembers its decisions, since the records of a
    case ask the same few questions again and again."""

    actor: Actor
    situation: Situation
    now: datetime
    _decided: dict[tuple[object, ...], Basis | None] = field(default_factory=dict)
    _singled_out: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._singled_out = singled_out(self.situation)

    def basis(self, matter: Matter) -> Basis | None:
        """`access.may_read`, remembered."""
        single = not matter.record_id or matter.record_id in self._singled_out
        # Every field of the matter but, mostly, the record: a tuple costs a tenth of a copy.
        key = (
            matter.record_id if single else "",
            matter.data_class,
            matter.persons,
            matter.contributors,
            matter.confined,
            matter.shared,
            matter.tax_data,
            matter.task,
        )
        if key not in self._decided:
            self._decided[key] = may_read(self.actor, self.situation, matter, self.now)
        return self._decided[key]

    def show(self, form: Form, record: FormRecord, *, current: FormRecord | None = None) -> Shown:
        """The properties of a record that the actor may read. Each is shown only if every person
        it is about may be (L4); a property without a mark is not shown.

        `current`: the record as it stands, where `record` is an earlier revision of it. Whom it
        is about, where it was given and with whom it is shared hold for every revision: what was
        put right there later closes the earlier text as well.
        """
        data: dict[str, Any] = {}
        classes, bases = set(), set[Basis]()
        for name, value in self._showable(form, record).items():
            shown, found = self._property(form, record, name, value, current or record)
            if found:
                data[name] = shown
                classes.add(form.class_of(name, record.data))
                bases |= found
        return Shown(data=data, classes=frozenset(classes), bases=frozenset(bases))

    def may_see(self, form: Form, record: FormRecord) -> bool:
        """Whether there is anything of the record to show."""
        return any(
            self._property(form, record, name, value, record)[1]
            for name, value in self._showable(form, record).items()
        )

    def _showable(self, form: Form, record: FormRecord) -> Mapping[str, Any]:
        """What anyone can be shown at all: nothing of the compartment, which a route of its own
        opens, and no address while somebody of the case must keep theirs secret."""
        if form.form == "sealed":
            return {}
        return without_protected(form, record.data) if self.situation.protected else record.data

    def _property(
        self, form: Form, record: FormRecord, name: str, value: Any, current: FormRecord
    ) -> tuple[Any, frozenset[Basis]]:
        """What is shown of a property, and on which bases; on none, nothing is shown."""
        if form.about.get(name) == "row" and value and isinstance(value, list):
            return self._rows(form, record, name, value, current)
        persons = _together(_persons(form, record, name), _persons(form, current, name))
        matter = self._matter(form, record, name, persons, current)
        basis = self.basis(matter)
        if basis is None and form.form == "conference" and name == "roles" and value:
            return self._own_tasks(matter, value)
        return value, frozenset({basis}) if basis else _NONE

    def _matter(
        self,
        form: Form,
        record: FormRecord,
        name: str,
        persons: frozenset[str],
        current: FormRecord,
    ) -> Matter:
        matter = matter_of(form, current, name, persons, self.situation)
        if record is current:
            return matter
        return replace(matter, data_class=max(matter.data_class, form.class_of(name, record.data)))

    def _rows(
        self, form: Form, record: FormRecord, name: str, rows: list[Any], current: FormRecord
    ) -> tuple[list[Any], frozenset[Basis]]:
        """Rows that name their person are shown person by person, without gaps. Whom the author
        names for the property as a whole, each row is about as well."""
        named = [frozenset(r.about[name]) for r in (record, current) if name in r.about]
        kept, bases = [], set[Basis]()
        for row in rows:
            person = row.get("personId")
            persons = frozenset({person}) if person else frozenset[str]()
            for others in named:
                persons = _together(persons, others)
            basis = self.basis(self._matter(form, record, name, persons, current))
            if basis is not None:
                kept.append(row)
                bases.add(basis)
        return kept, frozenset(bases)

    def _own_tasks(self, matter: Matter, rows: list[Any]) -> tuple[list[Any], frozenset[Basis]]:
        """The tasks that a meeting gave to the actor's agency and that are not done: they outlive
        its papers for the person who attended (L9)."""
        basis = self.basis(replace(matter, task=True))
        agency = self.actor.agency_id
        kept = [r for r in rows if r.get("agencyId") == agency and not r.get("done")]
        return kept, frozenset({basis}) if basis and kept else _NONE


def singled_out(situation: Situation) -> frozenset[str]:
    """The records at which `may_read` looks one by one: meetings, their papers, releases and
    grants name them; nothing else does."""
    meetings, grants = situation.meetings, situation.grants
    return situation.released.union(
        (m.record_id for m in meetings),
        (record_id for m in meetings for record_id in m.papers),
        (record_id for g in grants for record_id in g.records),
    )


def matter_of(
    form: Form, record: FormRecord, name: str, persons: frozenset[str], situation: Situation
) -> Matter:
    """What the law asks about one property of a record."""
    return Matter(
        record_id=record.record_id,
        data_class=form.class_of(name, record.data),
        persons=persons,
        contributors=record.contributors,
        confined=record.confined,
        shared=_shared(record, situation),
        tax_data=name in form.tax,
    )


def may_change(
    actor: Actor,
    situation: Situation,
    form: Form,
    record: FormRecord,
    name: str,
    now: datetime,
    *,
    new: bool,
) -> Basis | None:
    """The basis on which the actor may write this property."""
    matter = matter_of(form, record, name, _persons(form, record, name), situation)
    return may_write(actor, situation, form.form, matter, now, new=new)


def changed_properties(before: FormRecord, after: FormRecord) -> frozenset[str]:
    """Properties that differ between two revisions, in what they hold or in whom they are about:
    to say that a text is about fewer persons opens it, and is a change of it."""
    return frozenset(
        name
        for name in {**before.data, **after.data}
        if before.data.get(name) != after.data.get(name)
        or before.persons_of(name) != after.persons_of(name)
    )


def _persons(form: Form, record: FormRecord, name: str) -> frozenset[str]:
    """Whom a property is about; empty: the whole household."""
    return frozenset() if form.about.get(name) == "household" else record.persons_of(name)


def _together(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    return some | others if some and others else frozenset()


def _shared(record: FormRecord, situation: Situation) -> frozenset[str] | None:
    """Agencies that the author of a record shared it with; None where its form asks nobody.

    Those who wrote part of it are not kept from it. A 引継書 is written for its recipient.
    """
    data = record.data
    match record.form, data.get("sharedWith"):
        case "handover", _:
            return record.contributors | {str(data.get("agencyId"))}
        case "progress" | "attachment", "members":
            return record.contributors | {m.agency_id for m in situation.memberships}
        case "progress" | "attachment", "list":
            return record.contributors | frozenset(data.get("sharedAgencies") or ())
        case ("progress", _) | ("attachment", "own"):
            return record.contributors
        case _:
            return None
