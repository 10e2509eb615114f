"""Notices to one member of staff, found anew each time they are asked for.

A conflict around a protected person is a notice to the named holders of that person's case alone
(DOMAIN L13). It is worked out from the marks that records leave (`casework/counterparts.py`) when a
holder asks, and by who is a holder at that moment: nothing of it happens while others write, and
nothing of it is stored but that a notice has been read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lambdas.casework import counterparts
from lambdas.casework.access import (
    Action,
    Actor,
    DataClass,
    Matter,
    Situation,
    decide_case,
    may_read,
)
from lambdas.casework.audit import sha256_hex
from lambdas.casework.clock import to_iso
from lambdas.casework.counterparts import Found, Mark, Trace
from lambdas.store import models
from lambdas.store.facts import facts_of
from lambdas.store.repository import ANY, Put
from lambdas.store.sealed import marks_of, partition, trace_of


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A protected person of `case_id` and the 相手方 meet. `other_case`: where, if it is another
    case and the reader may know of it. `at`, `read_at`: UTC ISO text."""

    notice_id: str
    case_id: str
    other_case: str | None
    found: Found
    read_at: str | None


@dataclass(frozen=True, kw_only=True)
class _Compartment:
    """What lies beside the sealed records of one case: person → marks of the 相手方 and since
    when, and the traces of everyone whom the case names."""

    counterparts: Mapping[str, tuple[frozenset[Mark], str]]
    traces: tuple[Trace, ...]


def conflicts(actor: Actor, now: datetime) -> tuple[Conflict, ...]:
    """The conflicts that this actor is to know of now, the latest first."""
    held = _held(actor, now)
    if not held:
        return ()
    found = [(case_id, person, f) for case_id in held for person, f in _found(case_id)]
    others = frozenset(f.case_id for _, _, f in found)
    known = facts_of(actor, others)
    read = _read(actor.staff_id)
    notices = []
    for case_id, person_id, conflict in found:
        other = conflict.case_id if conflict.case_id != case_id else None
        facts = known.get(conflict.case_id)
        knows = decide_case(actor, Action.READ_CASE, facts, now).allowed
        parts = (actor.staff_id, case_id, person_id, conflict.case_id, conflict.meeting.value)
        notice_id = sha256_hex("#".join(parts).encode())[:32]
        notices.append(
            Conflict(
                notice_id=notice_id,
                case_id=case_id,
                other_case=other if knows else None,
                found=conflict,
                read_at=read.get(notice_id),
            )
        )
    return tuple(sorted(notices, key=lambda n: (n.found.at, n.notice_id), reverse=True))


def read_put(actor: Actor, notice_id: str, now: datetime) -> Put:
    """Keeps that a notice has been read."""
    item = models.NoticeRead(f"NOTICE#{actor.staff_id}", notice_id, read_at=to_iso(now))
    return Put("notice", item, ANY)


def _held(actor: Actor, now: datetime) -> list[str]:
    """The cases whose compartment the actor may open: named once, and a holder still."""
    named = models.Record.by_agency.query(f"HOLDER#{actor.staff_id}")
    facts = facts_of(actor, (item.list_key for item in named))
    return sorted(case_id for case_id, f in facts.items() if _is_holder(actor, f, now))


def _is_holder(actor: Actor, facts: Situation, now: datetime) -> bool:
    nobody = frozenset[str]()
    matter = Matter(record_id="", data_class=DataClass.SEALED, persons=nobody, contributors=nobody)
    return may_read(actor, facts, matter, now) is not None


def _found(case_id: str) -> list[tuple[str, Found]]:
    """What is found around each protected person of a case."""
    here = _compartment(case_id)
    found = []
    for person_id, (marks, since) in here.counterparts.items():
        own = {t.mark.key for t in here.traces if t.person_id == person_id}
        keys = own | {m.key for m in marks}
        traces = {*here.traces, *(t for key in sorted(keys) for t in _bearing(key))}
        found += [
            (person_id, f)
            for f in counterparts.found(
                case_id=case_id,
                person_id=person_id,
                counterparts=marks,
                since=since,
                traces=traces,
            )
        ]
    return found


def _compartment(case_id: str) -> _Compartment:
    items = list(models.Record.query(partition(case_id), consistent_read=True))
    return _Compartment(
        counterparts={
            item.sk.removeprefix("COUNTERPARTS#"): (marks_of(item), item.saved_at)
            for item in items
            if isinstance(item, models.Counterparts)
        },
        traces=tuple(trace_of(i) for i in items if isinstance(i, models.NameTrace)),
    )


def _bearing(key: str) -> list[Trace]:
    """The traces of all cases that bear a key."""
    items = models.Record.by_agency.query(f"TRACE#{key}")
    return [trace_of(item) for item in items if isinstance(item, models.NameTrace)]


def _read(staff_id: str) -> dict[str, str]:
    items = models.Record.query(f"NOTICE#{staff_id}", consistent_read=True)
    return {item.sk: item.read_at for item in items if isinstance(item, models.NoticeRead)}
