"""Who sees what of a case, on which basis and until when (DOMAIN §4.2, §4.10 L1–L9).

Nothing is decided here: for everybody who is registered, `access.may_read` is asked about every
kind of matter there may be in the case, now and at every later moment at which an answer may
change. What is told is told out of the facts that the asker may read; what rests on a record that
is hidden from them (a decision, a 支援会議 they did not attend) does not show.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from lambdas.casework.access import (
    CORE_ROLES,
    Action,
    Actor,
    Basis,
    DataClass,
    Matter,
    Period,
    Role,
    Situation,
    decide_case,
    may_read,
)
from lambdas.casework.clock import JST, japanese_day
from lambdas.casework.forms import form
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.showing import Reader, matter_of, singled_out

_DAY = timedelta(days=1)
# What is confined is told of where it was given; the compartment has its named holders.
_USUAL = (
    DataClass.CONTACT,
    DataClass.HOUSEHOLD,
    DataClass.SPECIAL_CARE,
    DataClass.PROGRESS,
    DataClass.SEALED,
)
# The property without which nothing can be told of what a record opens.
_TELLING = {
    "consent": "classes",
    "sharing-grant": "basis",
    "conference": "attendees",
    "emergency-access": "staffId",
    "disclosure-access": "staffId",
    "sealed-holders": "staffIds",
    "assignment": "staffIds",
    "members": "members",
}


@dataclass(frozen=True, kw_only=True)
class Who:
    """Staff of one agency in one role; `staff_id` None: whoever works there in that role."""

    agency_id: str
    role: Role
    staff_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What somebody sees of certain persons' data on one basis.

    `first` None: already; a day: from then on. `last` None: no end is set. `tax`: data on tax are
    among it. `task`: only the task that a meeting gave to the agency, until it is done.
    """

    who: Who
    basis: Basis
    persons: frozenset[str]
    classes: frozenset[int]
    tax: bool
    first: date | None
    last: date | None
    task: bool = False


@dataclass(frozen=True, kw_only=True)
class _Run:
    """On which basis something is seen, from when to when."""

    basis: Basis
    first: date | None
    last: date | None


def sights(case: CaseFile, staff: Iterable[Actor], reader: Reader) -> tuple[Sight, ...]:
    """Who sees what of a case now or later, as far as the reader may be told."""
    return _sights(case, staff, reader, _as_told(case, reader))


def lost(
    case: CaseFile, staff: Iterable[Actor], reader: Reader, consent_id: str
) -> tuple[tuple[Sight, ...], frozenset[str]]:
    """What would no longer be seen if this consent were withdrawn now, and the agencies of which
    nobody would know of the case any more."""
    staff = tuple(staff)
    facts = _as_told(case, reader)
    consents = (
        replace(c, withdrawn=c.withdrawn or c.consent_id == consent_id) for c in facts.consents
    )
    without = replace(facts, consents=tuple(consents))
    kept = {part for s in _sights(case, staff, reader, without) for part in _parts(s)}
    gone = [
        (sight, {part for part in _parts(sight) if part not in kept})
        for sight in _sights(case, staff, reader, facts)
    ]

    def knowing(facts: Situation) -> frozenset[str]:
        return frozenset(
            a.agency_id
            for a in staff
            if decide_case(a, Action.READ_CASE, facts, reader.now).allowed
        )

    return (
        tuple(
            replace(
                sight,
                persons=frozenset(p for _, p, _ in parts),
                classes=frozenset(c for _, _, c in parts if c),
                tax=any(c == 0 for _, _, c in parts),
            )
            for sight, parts in gone
            if parts
        ),
        knowing(facts) - knowing(without),
    )


def _parts(sight: Sight) -> Iterator[tuple[Who, str, int]]:
    """A sight taken apart: who, of whom, which class (0: tax). On which basis is not asked."""
    for person in sight.persons:
        yield from ((sight.who, person, c) for c in sight.classes)
        if sight.tax:
            yield sight.who, person, 0


def _as_told(case: CaseFile, reader: Reader) -> Situation:
    """The facts of the case that the reader may read. Fewer facts open less: whatever is shown by
    them is so, and what they do not show is not told."""

    def tells(record: FormRecord) -> bool:
        shown = reader.show(form(record.form, record.version), record)
        return _TELLING[record.form] in shown.data

    seen = {r.record_id for r in case.records.values() if r.form in _TELLING and tells(r)}
    facts = reader.situation
    own = reader.actor.agency_id
    timed = {
        name: tuple(
            access
            for access, record in zip(getattr(facts, attribute), case.of(name), strict=True)
            if record.record_id in seen
        )
        for name, attribute in (
            ("emergency-access", "emergencies"),
            ("disclosure-access", "disclosures"),
        )
    }
    return replace(
        facts,
        memberships=tuple(m for m in facts.memberships if "members" in seen or m.agency_id == own),
        consents=tuple(c for c in facts.consents if c.consent_id in seen),
        grants=tuple(g for g in facts.grants if g.grant_id in seen),
        meetings=tuple(m for m in facts.meetings if m.record_id in seen),
        holders=facts.holders if "sealed-holders" in seen else frozenset(),
        emergencies=timed["emergency-access"],
        disclosures=timed["disclosure-access"],
    )


def _sights(
    case: CaseFile, staff: Iterable[Actor], reader: Reader, facts: Situation
) -> tuple[Sight, ...]:
    persons = _persons(reader, facts)
    written = _written(case, reader, facts)
    found: list[Sight] = []
    of_colleagues: dict[tuple[str, Role], set[tuple[object, ...]]] = {}
    # Whoever works somewhere first: of persons only what they see beyond that is told.
    for who, actor in _whoever(staff, facts):
        kept = _seen_by(actor, facts, persons, written, reader.now)
        shared = of_colleagues.setdefault((who.agency_id, who.role), set())
        for key, parts in kept.items():
            new = {part for part in parts if (key, part) not in shared}
            if who.staff_id is None:
                shared |= {(key, part) for part in parts}
            found.extend(_sight(who, key, new))
    return tuple(found)


def _sight(who: Who, key: tuple[_Run, bool], parts: set[tuple[str, int]]) -> Iterator[Sight]:
    """The parts (person, class) that are seen on one basis, persons of the same classes told
    together."""
    run, task = key
    classes: dict[str, set[int]] = {}
    for person, class_ in parts:
        classes.setdefault(person, set()).add(class_)
    for same in {frozenset(c) for c in classes.values()}:
        yield Sight(
            who=who,
            basis=run.basis,
            persons=frozenset(p for p, c in classes.items() if c == same),
            classes=same - {0},
            tax=0 in same,
            first=run.first,
            last=run.last,
            task=task,
        )


def _whoever(staff: Iterable[Actor], facts: Situation) -> Iterator[tuple[Who, Actor]]:
    """For every agency and role somebody who works there, named by nobody; then each person whom
    a record of the case names."""
    named = facts.in_charge | facts.conflicts | facts.holders
    named = named.union(
        *(m.attendees for m in facts.meetings),
        (access.staff_id for access in (*facts.emergencies, *facts.disclosures)),
    )
    groups: dict[Who, Actor] = {}
    persons = []
    for actor in staff:
        who = Who(agency_id=actor.agency_id, role=actor.role)
        known = groups.get(who, actor)
        ends = (known.valid_to, actor.valid_to)
        groups[who] = replace(
            actor,
            staff_id="",
            valid_from=min(known.valid_from, actor.valid_from),
            valid_to=None if None in ends else max(day for day in ends if day),
        )
        if actor.staff_id in named:
            persons.append((replace(who, staff_id=actor.staff_id), actor))
    return iter([*groups.items(), *persons])


def _seen_by(
    actor: Actor,
    facts: Situation,
    persons: frozenset[str],
    written: frozenset[tuple[Matter, bool]],
    now: datetime,
) -> Mapping[tuple[_Run, bool], set[tuple[str, int]]]:
    """What one actor sees: basis and time → (person, class). Usual records are told of by a
    record that everybody shares; what is written, where it opens more than these do."""
    moments = _moments(actor, facts, now)
    kept: dict[tuple[_Run, bool], set[tuple[str, int]]] = {}
    usual: set[tuple[str, int]] = set()
    shared = frozenset({actor.agency_id})
    for person in persons:
        for class_, tax in (*((c, False) for c in _USUAL), (DataClass.HOUSEHOLD, True)):
            matter = Matter(
                record_id="",
                data_class=class_,
                persons=frozenset({person}),
                contributors=frozenset(),
                shared=shared if class_ == DataClass.PROGRESS else None,
                tax_data=tax,
            )
            if run := _run(actor, facts, matter, moments):
                part = (person, 0 if tax else class_)
                kept.setdefault((run, False), set()).add(part)
                if run.first is None:
                    usual.add(part)
    for matter, task in written:
        about = (matter.persons or facts.persons) & persons
        parts = {(person, matter.data_class) for person in about}
        covered = matter.confined is None and parts <= usual
        if covered or (task and not _is_tasked(actor, facts, matter)):
            continue
        if run := _run(actor, facts, matter, moments):
            kept.setdefault((run, task), set()).update(parts)
    return kept


def _is_tasked(actor: Actor, facts: Situation, matter: Matter) -> bool:
    """Whether a meeting gave the actor's agency a task that is not done."""
    return any(
        m.record_id == matter.record_id and actor.agency_id in m.tasked for m in facts.meetings
    )


def _run(
    actor: Actor, facts: Situation, matter: Matter, moments: tuple[datetime, ...]
) -> _Run | None:
    """The first stretch of time in which the matter is seen on one basis."""
    answers = [may_read(actor, facts, matter, at) for at in moments]
    begins = next((at for at, basis in enumerate(answers) if basis), None)
    if begins is None:
        return None
    basis = answers[begins] or Basis.OWN_ACCOUNT
    ends = next((at for at in range(begins, len(answers)) if answers[at] is not basis), None)
    return _Run(
        basis=basis,
        first=japanese_day(moments[begins]) if begins else None,
        last=None if ends is None else japanese_day(moments[ends] - timedelta(microseconds=1)),
    )


def _moments(actor: Actor, facts: Situation, now: datetime) -> tuple[datetime, ...]:
    """Now, and every later moment at which an answer may change."""
    periods = [
        Period(first=actor.valid_from, last=actor.valid_to),
        *(c.period for c in facts.consents),
        *(g.period for g in facts.grants),
        *(m.window for m in facts.meetings),
        *(Period(first=m.valid_from, last=m.valid_to) for m in facts.memberships),
        *([actor.contract] if actor.contract else []),
    ]
    days = {p.first for p in periods} | {p.last + _DAY for p in periods if p.last}
    timed = (*facts.emergencies, *facts.disclosures)
    moments = {datetime.combine(day, time(), tzinfo=JST) for day in days}
    moments |= {at for access in timed for at in (access.first, access.last)}
    return (now, *sorted(at for at in moments if at > now))


def _persons(reader: Reader, facts: Situation) -> frozenset[str]:
    """The persons of the household whom the reader may know of."""
    if reader.actor.role in CORE_ROLES:
        return facts.persons
    return frozenset(
        person
        for person in facts.persons
        for class_ in (DataClass.CONTACT, DataClass.HOUSEHOLD)
        if reader.basis(
            Matter(
                record_id="",
                data_class=class_,
                persons=frozenset({person}),
                contributors=frozenset(),
            )
        )
    )


def _written(case: CaseFile, reader: Reader, facts: Situation) -> frozenset[tuple[Matter, bool]]:
    """What the law asks about each property of the records that the reader may see, and of the
    tasks given at meetings; the same question only once."""
    singled = singled_out(facts)
    found: set[tuple[Matter, bool]] = set()
    for record in case.records.values():
        shape = form(record.form, record.version)
        for name in reader.show(shape, record).data:
            persons = (
                frozenset() if shape.about.get(name) == "household" else record.persons_of(name)
            )
            matter = matter_of(shape, record, name, persons, facts)
            if record.record_id not in singled:
                matter = replace(matter, record_id="")
            found.add((matter, False))
            if record.form == "conference" and name == "roles":
                found.add((replace(matter, task=True), True))
    return frozenset(found)
