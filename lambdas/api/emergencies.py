"""緊急閲覧 that waits for a manager's review (DOMAIN L12); the review is a record of the case."""

from collections.abc import Iterator
from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem
from lambdas.api.settings import terms
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import tasks
from lambdas.casework.access import Action, decide
from lambdas.casework.records import CaseFile
from lambdas.casework.tasks import Kind
from lambdas.store.tasks import list_tasks, visible_of

routes = Blueprint(__name__)


@operation(
    routes,
    Operation(
        method="GET",
        path="/emergency-uses",
        summary="まだ確かめていない緊急閲覧(管理者)",
        status=200,
        reply="EmergencyUses",
        problems=("not-permitted",),
    ),
)
def list_open_uses(call: Call) -> Reply:
    decision = decide(call.actor, Action.REVIEW_EMERGENCIES, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    items = [item for case, entries in _cases(call) for item in _open_uses(case, entries)]
    repository().record_event(
        subject="LIST",
        event=event(
            call,
            "list-emergencies",
            decision,
            extra={"cases": sorted({item["caseId"] for item in items})},
        ),
    )
    return Reply(body={"items": items})


def _cases(call: Call) -> Iterator[tuple[CaseFile, tuple[tasks.Entry, ...]]]:
    """Cases with a use that waits, found by the tasks that it makes."""
    counted_by, cursor = terms().of_tasks, None
    while True:
        page = list_tasks(call.actor.agency_id, limit=100, after=cursor)
        for row in page.items if page else ():
            waiting = tuple(
                entry
                for entry in visible_of(repository(), row, call.actor, call.now, counted_by)
                if entry.task.kind is Kind.EMERGENCY_REVIEW
            )
            case = repository().open_case(row.case_id) if waiting else None
            if case is not None:
                yield case, waiting
        cursor = page.next_cursor if page else None
        if cursor is None:
            return


def _open_uses(case: CaseFile, entries: tuple[tasks.Entry, ...]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        access = case.records.get(entry.task.record_id or "")
        if access is not None:
            yield {
                "caseId": case.case_id,
                "accessId": access.record_id,
                "staffId": access.data["staffId"],
                "staffName": access.staff_name,
                "agencyName": access.agency_name,
                "from": access.data["from"],
                "to": access.data["to"],
                "reason": access.data["reason"],
                "reviewBy": entry.task.due.isoformat(),
            }
