"""The lists of tasks: one row per case and agency, written with the case and read in one Query."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from lambdas.casework.access import Action, Actor, MemberKind, Situation, decide_case
from lambdas.casework.presets import settings as settings_of
from lambdas.casework.records import CaseFile
from lambdas.casework.showing import Reader
from lambdas.casework.situation import dump as dump_situation
from lambdas.casework.situation import load as load_situation
from lambdas.casework.situation import situation
from lambdas.casework.tasks import Entry, Terms, dump, entries, load, visible
from lambdas.store import models
from lambdas.store.repository import ANY, Page, Put, Repository
from lambdas.store.settings import settings

# Agencies whose staff do the duties of a case. Others are told of what they took on themselves.
_ON_DUTY = frozenset({MemberKind.MUNICIPALITY, MemberKind.COORDINATOR})
# A row names the terms it was counted by, so that it costs nothing but a read of the case when
# somebody else has just changed them.
_TERMS_KEPT_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A case in a list of tasks, as its row brings it: for `tasks.load` and `situation.load`."""

    case_id: str
    tasks: str
    situation: str
    terms: str


class TaskRows:
    """Keeps the rows with every save of a case. The municipality's terms are kept for a while."""

    def __init__(self) -> None:
        self._terms: Terms | None = None
        self._read_at = 0.0

    def beside(self, before: CaseFile | None, after: CaseFile) -> tuple[Put, ...]:
        """The rows that a save of the case changes, for its transaction; `before` is None for a
        new case."""
        terms = self._current_terms()
        old_facts, old_tasks = _stand(before, terms) if before else (None, ())
        facts, tasks = _stand(after, terms)
        if (old_facts, old_tasks) == (facts, tasks):
            return ()
        known = _agencies(old_facts, old_tasks) if old_facts else frozenset()
        rows = _rows(facts, tasks, terms)
        # A row that has nothing left to say leaves its list; the item stays for the next task.
        emptied = (
            models.TaskRow(after.key, f"TASKS#{gone}", tasks=dump(()), situation="", terms="")
            for gone in sorted(known - _agencies(facts, tasks))
        )
        return tuple(Put(row.sk, row, ANY) for row in (*rows, *emptied))

    def _current_terms(self) -> Terms:
        now = monotonic()
        if self._terms is None or now - self._read_at > _TERMS_KEPT_SECONDS:
            self._terms = settings_of(settings().document).terms.of_tasks
            self._read_at = now
        return self._terms


def list_tasks(agency_id: str, *, limit: int, after: str | None) -> Page[Listed] | None:
    """An agency's cases with tasks, the most urgent first: one Query of its own index.

    `after`: the case that the page before ended with; None is answered when it has left the list
    meanwhile. A case number tells nothing that a due date would.
    """
    key = f"TASKS#{agency_id}"
    start = _position(after, key) if after is not None else None
    if after is not None and start is None:
        return None
    found = models.Record.by_agency.query(
        key,
        limit=limit,
        page_size=limit,
        last_evaluated_key=start,
        attributes_to_get=["pk", "cls", "tasks", "situation", "terms"],
    )
    items = tuple(_listed(row) for row in found if isinstance(row, models.TaskRow))
    last = found.last_evaluated_key
    return Page(items=items, next_cursor=last["pk"]["S"].removeprefix("CASE#") if last else None)


def visible_of(
    repository: Repository, row: Listed, actor: Actor, now: datetime, counted_by: Terms
) -> tuple[Entry, ...]:
    """What of a row the actor is shown, by the same decisions as the case itself. A row that was
    counted by other terms than today's is counted anew."""
    facts = load_situation(row.situation)
    if not decide_case(actor, Action.READ_CASE, facts, now).allowed:
        return ()
    reader = Reader(actor=actor, situation=facts, now=now)
    if row.terms == counted_by.mark:
        return visible(load(row.tasks), reader)
    case = repository.open_case(row.case_id)
    return visible(entries(case, facts, counted_by), reader) if case else ()


def tasks_of(agency_id: str, case_ids: Iterable[str]) -> dict[str, Listed]:
    """The same rows of these cases, by case: one BatchGetItem for each hundred. Cases without any
    task are left out."""
    keys = [(f"CASE#{case_id}", f"TASKS#{agency_id}") for case_id in case_ids]
    rows = (row for row in models.TaskRow.batch_get(keys) if row.list_key is not None)
    return {listed.case_id: listed for listed in map(_listed, rows)}


def _listed(row: models.TaskRow) -> Listed:
    return Listed(
        case_id=row.pk.removeprefix("CASE#"),
        tasks=row.tasks,
        situation=row.situation,
        terms=row.terms,
    )


def _position(case_id: str, key: str) -> dict[str, dict[str, str]] | None:
    """Where a case stands in an agency's list."""
    try:
        row = models.TaskRow.get(f"CASE#{case_id}", key, consistent_read=True)
    except models.TaskRow.DoesNotExist:
        return None
    if row.list_key is None:
        return None
    names = {"pk": row.pk, "sk": row.sk, "agencyKey": key, "listKey": row.list_key}
    return {name: {"S": value} for name, value in names.items()}


def _stand(case: CaseFile, terms: Terms) -> tuple[Situation, tuple[Entry, ...]]:
    """All that the rows of a case are made of."""
    facts = situation(case)
    return facts, entries(case, facts, terms)


def _agencies(facts: Situation, found: tuple[Entry, ...]) -> frozenset[str]:
    """The agencies that have something to do in a case."""
    named = frozenset(e.task.agency_id for e in found if e.task.agency_id)
    return named | _on_duty(facts) if found else frozenset()


def _on_duty(facts: Situation) -> frozenset[str]:
    return frozenset(m.agency_id for m in facts.memberships if m.kind in _ON_DUTY)


def _rows(facts: Situation, found: tuple[Entry, ...], terms: Terms) -> Iterator[models.TaskRow]:
    judged_by, everything, on_duty = dump_situation(facts), dump(found), _on_duty(facts)
    for agency_id in sorted(_agencies(facts, found)):
        mine = found if agency_id in on_duty else _taken_on(found, agency_id)
        yield models.TaskRow(
            f"CASE#{facts.case_id}",
            f"TASKS#{agency_id}",
            agency_key=f"TASKS#{agency_id}",
            list_key=f"{mine[0].task.due.isoformat()}#{facts.case_id}",
            tasks=everything if mine is found else dump(mine),
            situation=judged_by,
            terms=terms.mark,
        )


def _taken_on(found: tuple[Entry, ...], agency_id: str) -> tuple[Entry, ...]:
    return tuple(e for e in found if e.task.agency_id == agency_id)
