"""The life of a case: the ways on from where it stands, the step itself, and what is to be done."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.opened import (
    Opened,
    check_data,
    form_of,
    open_case,
    record_body,
    request_of,
    saved_by,
    write,
)
from lambdas.api.problems import Problem, field_error, refuse_my_number
from lambdas.api.settings import terms
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import forms, life, tasks
from lambdas.casework.access import (
    MUNICIPAL_ROLES,
    Action,
    decide,
    may_write_form,
)
from lambdas.casework.case_id import is_case_id
from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import FieldError
from lambdas.casework.records import FormRecord, new_id
from lambdas.casework.showing import may_change
from lambdas.store.tasks import list_tasks, visible_of

routes = Blueprint(__name__)


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/transitions",
        summary="ケースをどこへ進められるか、そのために何が足りないか",
        status=200,
        reply="TransitionList",
        problems=("nothing-to-show", "not-permitted"),
    ),
)
def read_transitions(call: Call, case_id: str) -> Reply:
    here = open_case(call, case_id)
    _permit(call, here)
    repository().record_event(
        subject=here.case.key,
        event=event(call, "read-transitions", here.decision, case_id=here.case.case_id),
    )
    states = forms.labels("case-state")
    episode = life.episodes(here.case)[-1]
    return Reply(
        body={
            "state": here.case.state,
            "stateLabel": states[here.case.state],
            "episode": episode.number,
            "episodeFrom": episode.opened_on.isoformat(),
            "earliestDate": life.earliest_day(here.case).isoformat(),
            "items": [
                {
                    "to": option.to,
                    "toLabel": states[option.to],
                    "label": option.label,
                    "needsReason": option.needs_reason,
                    "missing": _missing(option.missing),
                }
                for option in life.possible(here.case, call.actor, call.now)
            ],
        }
    )


@operation(
    routes,
    Operation(
        method="POST",
        path="/cases/{case_id}/transitions",
        summary="ケースを進める",
        status=201,
        reply="Record",
        body="NewTransition",
        idempotent=True,
        etag=True,
        problems=(
            "nothing-to-show",
            "not-permitted",
            "transition-not-possible",
            "invalid-record",
            "idempotency-key-reused",
        ),
    ),
)
def make_transition(call: Call, case_id: str) -> Reply:
    key = call.required_idempotency_key()
    to = call.body["to"]
    if to not in forms.labels("case-state"):
        _refuse("/to", "not-in-list")
    texts = {name: call.body.get(name) for name in ("reason", "approvedBy")}
    refuse_my_number({f"/{name}": text for name, text in texts.items() if text})
    here = open_case(call, case_id)
    _permit(call, here)
    form = _form()
    record_id = new_id("r", secrets.choice)

    def make(now_open: Opened) -> tuple[FormRecord, ...]:
        case = now_open.case
        judgement = life.judge(case, to, call.actor, call.now, texts["reason"])
        if judgement.missing:
            raise Problem("transition-not-possible", missing=_missing(judgement.missing))
        on = _date(call, now_open)
        data = life.transition_data(case, to, judgement, on=on, **texts)
        check_data(form, data)
        # What a conference's records prove is kept where they are kept (L2).
        kept = (case.records[ref].confined for ref in judgement.refs)
        record = replace(
            _new_record(call, now_open, form),
            record_id=record_id,
            data=data,
            confined=next((confined for confined in kept if confined), None),
        )
        return (record,)

    saved, after = write(
        call,
        here,
        make,
        action="make-transition",
        basis=here.decision.basis,
        request=request_of(call, key, case_id),
    )
    record = after.case.records[saved.record_id]
    shown = after.reader.show(form_of(record), record)
    headers = {"ETag": '"1"', "Location": f"records/{saved.record_id}"}
    return Reply(body=record_body(record, shown), headers=headers)


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/tasks",
        summary="ケースのこれからの仕事(期限の近い順)",
        status=200,
        reply="TaskList",
        problems=("nothing-to-show",),
    ),
)
def read_tasks(call: Call, case_id: str) -> Reply:
    here = open_case(call, case_id)
    kept = tasks.entries(here.case, here.situation, terms().of_tasks)
    shown = tasks.visible(kept, here.reader)
    repository().record_event(
        subject=here.case.key,
        event=event(
            call,
            "read-tasks",
            here.decision,
            case_id=here.case.case_id,
            classes=_classes(shown),
        ),
    )
    return Reply(body={"items": [_task_body(call, entry.task) for entry in shown]})


@operation(
    routes,
    Operation(
        method="GET",
        path="/tasks",
        summary="自分の機関のケースのこれからの仕事(期限の近いケースから)",
        status=200,
        reply="TaskPage",
        query=("limit", "cursor"),
        problems=("bad-query", "not-permitted"),
    ),
)
def read_all_tasks(call: Call) -> Reply:
    decision = decide(call.actor, Action.LIST_CASES, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    limit, cursor = call.page_size(default=50, most=100), call.query("cursor")
    if cursor is not None and not is_case_id(cursor):
        raise Problem("bad-query")
    counted_by = terms().of_tasks
    shown, more = _first_page_to_show(call, counted_by, limit, cursor)
    general = _contracts(call, counted_by) if cursor is None else ()
    repository().record_event(
        subject="LIST",
        event=event(
            call,
            "list-tasks",
            decision,
            classes=_classes(entry for _, part in shown for entry in part),
            extra={"cases": [case_id for case_id, _ in shown]},
        ),
    )
    return Reply(
        body={
            "items": [
                {"caseId": case_id, "tasks": [_task_body(call, entry.task) for entry in part]}
                for case_id, part in shown
            ],
            "general": [_task_body(call, task) for task in general],
            "nextCursor": shown[-1][0] if more and shown else None,
        }
    )


Part = tuple[str, tuple[tasks.Entry, ...]]


def _first_page_to_show(
    call: Call, counted_by: tasks.Terms, limit: int, cursor: str | None
) -> tuple[list[Part], bool]:
    """The next page that holds something for the caller, and whether more follow. The cursor they
    get is a case that they saw, never one that was left out."""
    while True:
        page = list_tasks(call.actor.agency_id, limit=limit, after=cursor)
        if page is None:
            raise Problem("bad-query")
        parts = (
            (row.case_id, visible_of(repository(), row, call.actor, call.now, counted_by))
            for row in page.items
        )
        shown = [(case_id, part) for case_id, part in parts if part]
        cursor = page.next_cursor
        if shown or cursor is None:
            return shown, cursor is not None


def _contracts(call: Call, counted_by: tasks.Terms) -> tuple[tasks.Task, ...]:
    """What concerns no single case, for the municipality's own users."""
    if call.actor.role not in MUNICIPAL_ROLES:
        return ()
    return tasks.contract_tasks(repository().agencies(), call.now, counted_by)


def _permit(call: Call, here: Opened) -> None:
    """Refuses those who lead no case on: a list of what is missing would tell them of meetings
    and consents. Raises Problem."""
    record = _new_record(call, here, form := _form())
    works = may_change(call.actor, here.situation, form, record, "to", call.now, new=True)
    if works is None or not may_write_form(call.actor, form.form, call.now):
        raise Problem("not-permitted")


def _form() -> forms.Form:
    return forms.form("transition", forms.form_versions("transition")[-1])


def _new_record(call: Call, here: Opened, form: forms.Form) -> FormRecord:
    return FormRecord(
        form=form.form,
        record_id="",
        version=form.version,
        revision=1,
        data={},
        created_at=call.now,
        about={"": (here.case.subject,)},
        contributors=frozenset({call.actor.agency_id}),
        **saved_by(call),
    )


def _date(call: Call, here: Opened) -> date:
    """The day of the transition: as sent, else today. Raises Problem."""
    today = japanese_day(call.now)
    try:
        on = date.fromisoformat(call.body.get("date", today.isoformat()))
    except ValueError:
        _refuse("/date", "format")
    if on > today:
        _refuse("/date", "future-date")
    if on < life.earliest_day(here.case):
        _refuse("/date", "before-last-transition")
    return on


def _refuse(pointer: str, code: str) -> NoReturn:
    error = field_error(FieldError(pointer=pointer, code=code), below="")
    raise Problem("invalid-record", errors=[error])


def _missing(found: Iterable[life.Missing]) -> list[dict[str, str]]:
    return [{"code": m.code, "text": m.text} for m in found]


def _classes(shown: Iterable[tasks.Entry]) -> frozenset[int]:
    return frozenset(matter.data_class for entry in shown for matter in entry.matters)


def _task_body(call: Call, task: tasks.Task) -> dict[str, Any]:
    return {
        "kind": task.kind.value,
        "text": task.text,
        "due": task.due.isoformat(),
        "overdue": task.due < japanese_day(call.now),
        "recordId": task.record_id,
        "itemId": task.item_id,
        "personId": task.person_id,
        "agencyId": task.agency_id,
        "staffIds": list(task.staff_ids),
    }
