"""What is to be done and by when: worked out from the records of a case, never kept beside them.

A task ends when a record says so: an evaluation, a newer consent, `done` on a role. Nothing here
depends on the clock but which of the tasks are shown already, so that they can be worked out when
a case is saved and filtered when a list is read.

A task is shown to those whose work it is, and to them only if they may see the records it comes
from (`visible`): a due date alone would tell of a meeting or of a birthday. Texts are data, in
schemas/tasks.json, and hold nothing of a person.
"""

import json
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from lambdas.casework.access import (
    CORE_ROLES,
    MUNICIPAL_ROLES,
    Actor,
    Basis,
    Confinement,
    Matter,
    Role,
    Situation,
)
from lambdas.casework.age import ADULT, attained, born_between
from lambdas.casework.clock import from_iso, japanese_day
from lambdas.casework.forms import SCHEMAS, form
from lambdas.casework.life import MULTI_AGENCY, EpisodeFile, episodes
from lambdas.casework.records import CLOSED_STATES, FIRST_STATE, Agency, CaseFile, FormRecord
from lambdas.casework.showing import Reader, matter_of
from lambdas.casework.situation import PAPERS_AFTER
from lambdas.casework.wareki import NotADateError, PartialDate


class Kind(StrEnum):
    """Kinds of tasks; their texts are in schemas/tasks.json."""

    SCREENING = "screening"
    RESCREENING = "rescreening"
    EVALUATION = "evaluation"
    WATCH_REVIEW = "watch-review"
    CONSENT_END = "consent-end"
    CONSENT_REVIEW = "consent-review"
    CONSENT_AT_18 = "consent-at-18"
    PAPERS = "papers"
    MINUTES = "minutes"
    PLAN_ITEM = "plan-item"
    MEETING_ITEM = "meeting-item"
    NEXT_ACTION = "next-action"
    INFORMATION_REQUEST = "information-request"
    FOLLOW_UP = "follow-up"
    EMERGENCY_REVIEW = "emergency-review"
    CONTRACT = "contract"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Terms that a municipality may set; presets of DOMAIN §4.10 in schemas/tasks.json.

    `notice_days`: how long before its day a task is shown; `item_notice_days`: the same for what
    one agency has taken on, `contract_notice_days` for contracts.
    """

    screening_days: int
    evaluation_months: int
    watching_months: int
    review_months: int
    minutes_days: int
    answer_days: int
    emergency_review_days: int
    notice_days: int
    item_notice_days: int
    contract_notice_days: int

    @property
    def mark(self) -> str:
        """Tells terms from others, for what was counted by them."""
        return "-".join(map(str, astuple(self)))


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a task comes from: a property of a record, where it names its person that person's
    part of it."""

    record_id: str
    property: str
    person_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to be done.

    `due`: the last day for it (JST). `shown_from`: the day from which it is shown. `agency_id`:
    the agency that took it on; None leaves it to the municipality and the programme, there to
    `staff_ids` where somebody is named as in charge. `sources`: the first is where it is done;
    all of them must be visible to whoever is shown the task. `item_id`: the row of a role table.
    `person_id`: whose consent it is about.
    """

    kind: Kind
    due: date
    shown_from: date
    sources: tuple[Source, ...] = ()
    agency_id: str | None = None
    staff_ids: tuple[str, ...] = ()
    item_id: str | None = None
    person_id: str | None = None

    @property
    def record_id(self) -> str | None:
        """The record where the task is done; None for what concerns no case."""
        return self.sources[0].record_id if self.sources else None

    @property
    def text(self) -> str:
        """What is to be done, in Japanese, with nothing of a person."""
        return str(_texts()["texts"][self.kind])


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A task with what the law asks of its sources: enough to decide who is shown it."""

    task: Task
    matters: tuple[Matter, ...]


@cache
def preset_terms() -> Terms:
    """The terms of a municipality that has set none."""
    preset = _texts()["terms"]
    names = {f.name: _camel(f.name) for f in fields(Terms)}
    return Terms(**{name: int(preset[key]) for name, key in names.items()})


def tasks(case: CaseFile, now: datetime, terms: Terms) -> tuple[Task, ...]:
    """What there is to do in a case, the most urgent first, whoever may see it."""
    day = japanese_day(now)
    return tuple(t for t in all_tasks(case, terms) if t.shown_from <= day)


def all_tasks(case: CaseFile, terms: Terms) -> tuple[Task, ...]:
    """The tasks of a case as its records stand, those of later days too."""
    file = EpisodeFile(case)
    found = [
        *_meetings(case, terms),
        *_emergencies(case, terms),
        *(_follow_up(file, terms) if case.state in CLOSED_STATES else _open(file, terms)),
    ]
    staff = _in_charge(case)
    found = [t if t.agency_id else replace(t, staff_ids=staff) for t in found]
    return tuple(sorted(found, key=_urgency))


def contract_tasks(agencies: Iterable[Agency], now: datetime, terms: Terms) -> tuple[Task, ...]:
    """Contracts for the programme that end soon or have ended: the municipality's own task."""
    day = japanese_day(now)
    ends = ((a.agency_id, a.contract.last) for a in agencies if a.contract and a.contract.last)
    found = (
        _task(Kind.CONTRACT, last, terms.contract_notice_days, agency_id=agency_id)
        for agency_id, last in ends
    )
    return tuple(sorted((t for t in found if t.shown_from <= day), key=_urgency))


def visible_tasks(case: CaseFile, reader: Reader, terms: Terms) -> tuple[Task, ...]:
    """The tasks of a case that this reader is shown today."""
    kept = entries(case, reader.situation, terms)
    return tuple(entry.task for entry in visible(kept, reader))


def entries(case: CaseFile, facts: Situation, terms: Terms) -> tuple[Entry, ...]:
    """The tasks of a case, each with what decides who is shown it; `facts` are the case's own."""

    def matter(source: Source) -> Matter:
        record = case.records[source.record_id]
        shape = form(record.form, record.version)
        if source.person_id is not None:
            persons = frozenset({source.person_id})
        elif shape.about.get(source.property) == "household":
            persons = frozenset()
        else:
            persons = record.persons_of(source.property)
        return matter_of(shape, record, source.property, persons, facts)

    return tuple(
        Entry(task=task, matters=tuple(map(matter, task.sources)))
        for task in all_tasks(case, terms)
    )


def visible(kept: Iterable[Entry], reader: Reader) -> tuple[Entry, ...]:
    """Those of these tasks that are shown to this reader today: to whom the work falls, and who
    may see where it comes from."""
    day = japanese_day(reader.now)
    return tuple(
        entry
        for entry in kept
        if entry.task.shown_from <= day
        and _falls_to(entry.task, reader.actor)
        and all(_may_see(reader, entry.task, matter) for matter in entry.matters)
    )


def dump(kept: Iterable[Entry]) -> str:
    """Entries as JSON text, for a list row; `load` gives them back. What many tasks share (the
    rows of one table) is written once."""
    matters: dict[Matter, int] = {}
    rows = []
    for entry in kept:
        numbers = [matters.setdefault(m, len(matters)) for m in entry.matters]
        rows.append([_plain(entry.task), numbers])
    plain = {"matters": [_plain(m) for m in matters], "tasks": rows}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> tuple[Entry, ...]:
    """The entries that `dump` wrote."""
    plain = json.loads(text)
    matters = [_matter(m) for m in plain["matters"]]
    return tuple(
        Entry(task=_loaded(task), matters=tuple(matters[n] for n in numbers))
        for task, numbers in plain["tasks"]
    )


def _open(file: EpisodeFile, terms: Terms) -> Iterator[Task]:
    """The tasks of a case that is not closed."""
    case = file.case
    match case.state:
        case "received":
            yield _screening(case, terms)
        case "watching":
            yield from _watching(file, terms)
        case "supporting" | "evaluating":
            yield from _evaluation(file, terms)
    yield from _consents(case, terms)
    yield from _plan_items(file, terms)
    for meeting in case.of("conference"):
        yield from _items(Kind.MEETING_ITEM, meeting, terms)
    yield from _next_actions(case, terms)
    yield from _requests(case, terms)


def _screening(case: CaseFile, terms: Terms) -> Task:
    """A case that was received, or received again, has yet to be screened."""
    episode = episodes(case)[-1]
    due = episode.opened_on + timedelta(days=terms.screening_days)
    if episode.number == 1:
        return _task(Kind.SCREENING, due, terms.screening_days, _of(case.intake, "receivedAt"))
    reopened = [t for t in case.of("transition") if t.data["to"] == FIRST_STATE][-1]
    return _task(Kind.RESCREENING, due, terms.screening_days, _of(reopened, "to"))


def _watching(file: EpisodeFile, terms: Terms) -> Iterator[Task]:
    """From the last 支援会議, or from the day the watching began where that is later."""
    entered = [t for t in file.of("transition") if t.data["to"] == "watching"]
    meetings = [r for r in file.of("conference") if r.data["kind"] == "shien"]
    if entered:
        last = max(_day(r, "date") for r in [entered[-1], *meetings])
        due = _months_after(last, terms.watching_months)
        yield _task(Kind.WATCH_REVIEW, due, terms.notice_days, _of(entered[-1], "to"))


def _evaluation(file: EpisodeFile, terms: Terms) -> Iterator[Task]:
    """On the day the plan names; once that was evaluated, an interval after it. An evaluation
    within the time of notice is the one that the plan meant, even if it came some days early."""
    plan, last = file.plan, file.latest("evaluation")
    if plan is None:
        return
    due = _day(plan, "nextEvaluationOn")
    if last is not None and _day(last, "date") >= due - timedelta(days=terms.notice_days):
        due = _months_after(_day(last, "date"), terms.evaluation_months)
    yield _task(Kind.EVALUATION, due, terms.notice_days, _of(plan, "nextEvaluationOn"))


def _consents(case: CaseFile, terms: Terms) -> Iterator[Task]:
    """For every consent that stands and that no newer one of the person takes the place of."""
    standing = _standing_consents(case)
    born = {person["personId"]: _born(person) for person in case.persons}
    for consent in standing:
        if any(_takes_place_of(newer, consent) for newer in standing):
            continue
        data = consent.data
        person_id = str(data["personId"])
        given, end = _day(consent, "date"), _day(consent, "to") if data.get("to") else None
        if end is not None:
            yield _task(
                Kind.CONSENT_END, end, terms.notice_days, _of(consent, "to"), person_id=person_id
            )
        review = _months_after(given, terms.review_months)
        if end is None or review < end:
            yield _task(
                *(Kind.CONSENT_REVIEW, review, terms.notice_days, _of(consent, "date")),
                person_id=person_id,
            )
        birth = born.get(person_id)
        if birth is None:
            continue
        # Where the birth date is not known to the day: as soon as the person may be of age.
        first, last = (attained(day, ADULT) for day in birth)
        of_age = max(first, given)
        if given <= last and (end is None or of_age <= end):
            household = case.records["household"]
            yield _task(
                *(Kind.CONSENT_AT_18, of_age, terms.notice_days, _of(consent, "personId")),
                Source(record_id=household.record_id, property="persons", person_id=person_id),
                person_id=person_id,
            )


def _born(person: Mapping[str, Any]) -> tuple[date, date] | None:
    """When a person of the household ledger may have been born."""
    try:
        return born_between(PartialDate(**person.get("birthDate", {})))
    except NotADateError:  # 29 February of a common year, which the form alone lets through
        return None


def _standing_consents(case: CaseFile) -> list[FormRecord]:
    """Consents that were not withdrawn and, where they have no end, not ended by a closing (L7)."""
    withdrawn = {r.data["consentId"] for r in case.of("consent-withdrawal")}
    closings = [t.created_at for t in case.of("transition") if t.data["to"] in CLOSED_STATES]
    closed = max(closings, default=None)
    return [
        c
        for c in case.of("consent")
        if c.record_id not in withdrawn
        and (c.data.get("to") or closed is None or c.created_at > closed)
    ]


def _takes_place_of(newer: FormRecord, older: FormRecord) -> bool:
    """Whether a newer consent of the same person reaches as far as the older one, and longer."""
    new, old = newer.data, older.data
    wider = all(
        set(old.get(part, ())) <= set(new.get(part, ()))
        for part in ("kinds", "agencies", "agencyRoles", "classes")
    )
    longer = not new.get("to") or not old.get("to") or new["to"] > old["to"]
    return (
        newer.created_at > older.created_at
        and new["personId"] == old["personId"]
        and wider
        and longer
        and bool(new.get("taxData")) >= bool(old.get("taxData"))
    )


def _plan_items(file: EpisodeFile, terms: Terms) -> Iterator[Task]:
    """What agencies took on in the multi-agency plan that was decided last, and in the newest
    plans of the other programmes."""
    newest: dict[str, FormRecord] = {}
    for plan in file.of("plan"):
        programme = plan.data["programme"]
        decided = any(d.data["result"] == "decided" for d in file.decisions(plan))
        if decided or programme != MULTI_AGENCY:
            newest[programme] = plan
    for plan in newest.values():
        yield from _items(Kind.PLAN_ITEM, plan, terms)


def _items(kind: Kind, record: FormRecord, terms: Terms) -> Iterator[Task]:
    """The rows of a role table that have a day and are not done."""
    for row in record.data.get("roles") or ():
        if row.get("due") and not row.get("done"):
            due = date.fromisoformat(row["due"])
            yield _task(
                *(kind, due, terms.item_notice_days, _of(record, "roles")),
                agency_id=row.get("agencyId"),
                item_id=row["itemId"],
            )


def _meetings(case: CaseFile, terms: Terms) -> Iterator[Task]:
    """Papers to collect and minutes to approve, after the case is closed as well."""
    for meeting in case.of("conference"):
        data, held = meeting.data, _day(meeting, "date")
        if data.get("papers") and not data.get("papersCollected"):
            end = _day(meeting, "papersTo") if data.get("papersTo") else held + PAPERS_AFTER
            yield _task(Kind.PAPERS, end, (end - held).days, _of(meeting, "papers"))
        if not data.get("approvedBy"):
            due = held + timedelta(days=terms.minutes_days)
            yield _task(Kind.MINUTES, due, terms.minutes_days, _of(meeting, "approvedBy"))


def _next_actions(case: CaseFile, terms: Terms) -> Iterator[Task]:
    """The next step that each agency wrote down last; its next record takes the place of it."""
    newest: dict[str, FormRecord] = {}
    for record in sorted(case.of("progress"), key=lambda r: (r.data["date"], r.created_at)):
        newest[record.agency_id] = record
    for agency_id, record in newest.items():
        if record.data.get("nextDue"):
            yield _task(
                *(Kind.NEXT_ACTION, _day(record, "nextDue"), terms.item_notice_days),
                _of(record, "nextAction"),
                agency_id=agency_id,
            )


def _requests(case: CaseFile, terms: Terms) -> Iterator[Task]:
    """協力依頼 (106条の6第3項) to which nothing is noted, not even that no answer came."""
    for request in case.of("information-request"):
        data = request.data
        if data.get("answer"):
            continue
        asked = _day(request, "date")
        due = asked + timedelta(days=terms.answer_days)
        if data.get("dueOn"):
            due = _day(request, "dueOn")
        yield _task(Kind.INFORMATION_REQUEST, due, (due - asked).days, _of(request, "items"))


def _follow_up(file: EpisodeFile, terms: Terms) -> Iterator[Task]:
    """The day named at the closure, until somebody writes how the person is."""
    closure = file.latest("closure")
    if closure is None or not closure.data.get("followUpOn"):
        return
    if any(r.created_at > closure.created_at for r in file.of("progress")):
        return
    yield _task(
        *(Kind.FOLLOW_UP, _day(closure, "followUpOn"), terms.notice_days),
        _of(closure, "followUpOn"),
        agency_id=closure.data.get("leadAgencyId"),
    )


def _emergencies(case: CaseFile, terms: Terms) -> Iterator[Task]:
    """緊急閲覧 that no manager has reviewed."""
    reviewed = {r.data["accessId"] for r in case.of("emergency-review")}
    for access in case.of("emergency-access"):
        if access.record_id not in reviewed:
            day = japanese_day(from_iso(access.data["from"]))
            due = day + timedelta(days=terms.emergency_review_days)
            days = terms.emergency_review_days
            yield _task(Kind.EMERGENCY_REVIEW, due, days, _of(access, "reason"))


# Whose work a task is, apart from the agency it names.
_FALLS_TO: Mapping[Kind, frozenset[Role]] = {
    Kind.EMERGENCY_REVIEW: frozenset({Role.MANAGER}),
    Kind.INFORMATION_REQUEST: MUNICIPAL_ROLES,
    Kind.WATCH_REVIEW: MUNICIPAL_ROLES,
    Kind.CONTRACT: MUNICIPAL_ROLES,
}


def _falls_to(task: Task, actor: Actor) -> bool:
    """Whether a task is the actor's to do or to watch over: their agency's own, or a duty of
    their role."""
    own = task.agency_id == actor.agency_id and task.kind is not Kind.CONTRACT
    return own or actor.role in _FALLS_TO.get(task.kind, CORE_ROLES)


def _may_see(reader: Reader, task: Task, matter: Matter) -> bool:
    # A task given at a 支援会議 outlives its papers for the one who attended and has yet to do it.
    mine = task.kind is Kind.MEETING_ITEM and task.agency_id == reader.actor.agency_id
    return reader.basis(replace(matter, task=mine)) is not None


def _task(kind: Kind, due: date, notice: int, *sources: Source, **named: Any) -> Task:
    shown_from = due - timedelta(days=notice)
    return Task(kind=kind, due=due, shown_from=shown_from, sources=sources, **named)


def _urgency(task: Task) -> tuple[date, str, str, str]:
    return task.due, task.kind.value, task.record_id or "", task.item_id or ""


def _of(record: FormRecord, property_: str) -> Source:
    return Source(record_id=record.record_id, property=property_)


def _day(record: FormRecord, property_: str) -> date:
    return date.fromisoformat(record.data[property_])


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last (民法143条2項)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _in_charge(case: CaseFile) -> tuple[str, ...]:
    assignment = case.records.get("assignment")
    return tuple(assignment.data.get("staffIds", ())) if assignment else ()


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(inner) for key, inner in value.items() if inner is not None}
        case frozenset():
            return sorted(value)
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case date():
            return value.isoformat()
        case Task() | Source() | Matter() | Confinement():
            return _plain(vars(value))
        case _:
            return value


def _loaded(plain: Mapping[str, Any]) -> Task:
    return Task(
        kind=Kind(plain["kind"]),
        due=date.fromisoformat(plain["due"]),
        shown_from=date.fromisoformat(plain["shown_from"]),
        sources=tuple(Source(**s) for s in plain["sources"]),
        agency_id=plain.get("agency_id"),
        staff_ids=tuple(plain["staff_ids"]),
        item_id=plain.get("item_id"),
        person_id=plain.get("person_id"),
    )


def _matter(plain: Mapping[str, Any]) -> Matter:
    confined, shared = plain.get("confined"), plain.get("shared")
    return Matter(
        record_id=plain["record_id"],
        data_class=plain["data_class"],
        persons=frozenset(plain["persons"]),
        contributors=frozenset(plain["contributors"]),
        confined=confined
        and Confinement(basis=Basis(confined["basis"]), meeting_id=confined.get("meeting_id")),
        shared=None if shared is None else frozenset(shared),
        tax_data=plain["tax_data"],
        task=plain["task"],
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


@cache
def _texts() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads((SCHEMAS / "tasks.json").read_text("utf-8"))
    return content
