"""Notices to the one who asks. They hold no personal data: case numbers and what to look at."""

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import forms
from lambdas.casework.access import Basis, Decision
from lambdas.store import notices
from lambdas.store.notices import Conflict
from lambdas.store.repository import Put, StoreBusyError, event_item

routes = Blueprint(__name__)

_OWN = Decision(basis=Basis.OWN_ACCOUNT)


@operation(
    routes,
    Operation(
        method="GET",
        path="/notices",
        summary="自分へのお知らせ(新しい順)",
        status=200,
        reply="NoticeList",
    ),
)
def list_notices(call: Call) -> Reply:
    found = notices.conflicts(call.actor, call.now)
    cases = {c for n in found for c in (n.case_id, n.other_case) if c is not None}
    repository().record_event(
        subject=_subject(call),
        event=event(call, "read-notices", _OWN, extra={"cases": sorted(cases)}),
    )
    return Reply(body={"items": [_body(notice) for notice in found]})


@operation(
    routes,
    Operation(
        method="POST",
        path="/notices/{notice_id}/read",
        summary="お知らせを確認済みにする",
        status=204,
        reply=None,
        body="Empty",
        idempotent=True,
        problems=("nothing-to-show", "invalid-record"),
    ),
)
def mark_notice_read(call: Call, notice_id: str) -> Reply:
    # The key is asked for as with every POST; doing it twice is the same as once.
    call.required_idempotency_key()
    found = notices.conflicts(call.actor, call.now)
    notice = next((n for n in found if n.notice_id == notice_id), None)
    if notice is None:
        raise Problem("nothing-to-show")
    happened = event(call, "mark-notice-read", _OWN, extra={"cases": [notice.case_id]})
    event_put = Put("event", event_item(_subject(call), happened))
    if repository().commit([notices.read_put(call.actor, notice_id, call.now), event_put]):
        raise StoreBusyError
    return Reply()


def _subject(call: Call) -> str:
    return f"STAFF#{call.actor.staff_id}"


def _body(notice: Conflict) -> dict[str, str | None]:
    found = notice.found
    kind = f"conflict-{found.meeting.value}" + ("" if found.certain else "-possible")
    return {
        "noticeId": notice.notice_id,
        "kind": kind,
        "text": forms.labels("notice")[kind],
        "caseId": notice.case_id,
        "otherCaseId": notice.other_case,
        "since": found.at,
        "readAt": notice.read_at,
    }
