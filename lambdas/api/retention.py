"""The end of a case: what is due, the proposal, the second person's approval, the erasure and its
certificate (DOMAIN §4.10 L16, L20)."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.books import is_folder_cursor
from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.incidents import is_case_cursor
from lambdas.api.opened import request_of, saved_by, write_event
from lambdas.api.problems import Problem, field_error, refuse_my_number
from lambdas.api.settings import settings
from lambdas.api.tenant import files, repository, tenant
from lambdas.api.trail import event
from lambdas.casework import audit, forms
from lambdas.casework.access import Action, Decision, decide
from lambdas.casework.case_id import is_case_id
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.duties.retention import Keeping, keeping
from lambdas.casework.records import CLOSED_STATES, CaseFile, Folder, FormRecord, new_id
from lambdas.store.erasure import begin, finish
from lambdas.store.repository import Written

routes = Blueprint(__name__)

_KIND = "DISPOSAL"
_ID = "record"
# Point-in-time recovery and old versions of files reach back this far (Ruling 10).
BACKUP_DAYS = 35


@operation(
    routes,
    Operation(
        method="GET",
        path="/retention",
        summary="終わったケースの保存期間(管理者)",
        status=200,
        reply="RetentionPage",
        query=("limit", "cursor"),
        problems=("not-permitted", "bad-query"),
    ),
)
def list_retention(call: Call) -> Reply:
    decision = _manager(call)
    limit, cursor = call.page_size(default=50, most=100), call.query("cursor")
    if cursor is not None and not is_case_cursor(cursor):
        raise Problem("bad-query")
    page = repository().list_cases(agency_id=call.actor.agency_id, limit=limit, cursor=cursor)
    today = japanese_day(call.now)
    items = []
    for row in page.items:
        case = repository().open_case(row.case_id) if row.state in CLOSED_STATES else None
        if case is not None:
            items.append(_keeping_body(case, keeping(case, settings().retention_years), today))
    repository().record_event(
        subject="LIST",
        event=event(
            call, "list-retention", decision, extra={"cases": [i["caseId"] for i in items]}
        ),
    )
    return Reply(body={"items": items, "nextCursor": page.next_cursor})


@operation(
    routes,
    Operation(
        method="POST",
        path="/disposals",
        summary="廃棄を提案する(管理者)",
        status=201,
        reply="Disposal",
        body="DisposalProposal",
        idempotent=True,
        problems=("not-permitted", "invalid-record", "not-due", "idempotency-key-reused"),
    ),
)
def propose(call: Call) -> Reply:
    decision = _manager(call)
    key = call.required_idempotency_key()
    cases = call.body["cases"]
    not_due = [case_id for case_id in cases if not _is_due(call, case_id)]
    if not_due:
        raise Problem("not-due", cases=not_due)
    data = {
        "cases": cases,
        "proposedBy": call.actor.staff_id,
        "proposedOn": japanese_day(call.now).isoformat(),
    }
    version = forms.form_versions("disposal")[-1]
    record = FormRecord(
        form="disposal",
        record_id=_ID,
        version=version,
        revision=1,
        data=data,
        created_at=call.now,
        contributors=frozenset({call.actor.agency_id}),
        changed=forms.changed_pointers({}, data),
        **saved_by(call),
    )
    folder = Folder(
        kind=_KIND,
        folder_id=new_id("r", secrets.choice),
        created_at=call.now,
        chain_seq=0,
        chain_hash=audit.GENESIS,
        records={_ID: record},
    )
    told = write_event(
        call, "propose-disposal", folder.key, 0, audit.GENESIS, (record,), basis=decision.basis
    )
    saved = repository().create_folder(folder, event=told, request=request_of(call, key, "new"))
    if saved.replayed:
        folder = repository().open_folder(_KIND, saved.folder_id) or folder
    return Reply(body=_body(folder))


@operation(
    routes,
    Operation(
        method="GET",
        path="/disposals",
        summary="廃棄の提案の一覧(管理者。新しい順)",
        status=200,
        reply="DisposalPage",
        query=("limit", "cursor"),
        problems=("not-permitted", "bad-query"),
    ),
)
def list_disposals(call: Call) -> Reply:
    decision = _manager(call)
    limit, cursor = call.page_size(default=20, most=100), call.query("cursor")
    if cursor is not None and not is_folder_cursor(cursor):
        raise Problem("bad-query")
    page = repository().list_folders(_KIND, limit=limit, cursor=cursor)
    repository().record_event(
        subject="LIST",
        event=event(call, "list-disposals", decision, extra={"disposals": list(page.items)}),
    )
    found = (repository().open_folder(_KIND, disposal_id) for disposal_id in page.items)
    items = [_body(folder) for folder in found if folder is not None]
    return Reply(body={"items": items, "nextCursor": page.next_cursor})


@operation(
    routes,
    Operation(
        method="GET",
        path="/disposals/{disposal_id}",
        summary="廃棄の提案・承認・証明(管理者)",
        status=200,
        reply="Disposal",
        problems=("not-permitted", "nothing-to-show"),
    ),
)
def read_disposal(call: Call, disposal_id: str) -> Reply:
    folder, decision = opened_disposal(call, disposal_id)
    repository().record_event(subject=folder.key, event=event(call, "read-form", decision))
    return Reply(body=_body(folder))


def opened_disposal(call: Call, disposal_id: str) -> tuple[Folder, Decision]:
    """A disposal, for the municipality's managers. Raises Problem."""
    decision = _manager(call)
    return _open(disposal_id), decision


@operation(
    routes,
    Operation(
        method="POST",
        path="/disposals/{disposal_id}/approve",
        summary="廃棄を承認する(提案した人とは別の管理者、または紙の決裁の番号と日付)",
        status=200,
        reply="Disposal",
        body="DisposalApproval",
        problems=(
            "not-permitted",
            "nothing-to-show",
            "invalid-record",
            "second-person-needed",
            "already-decided",
        ),
    ),
)
def approve(call: Call, disposal_id: str) -> Reply:
    decision = _manager(call)
    ringi, ringi_on = call.body.get("ringi"), call.body.get("ringiOn")
    if (ringi is None) != (ringi_on is None):
        _refuse("/ringiOn" if ringi_on is None else "/ringi", "required")
    if ringi is not None:
        refuse_my_number({"/ringi": ringi})
        try:
            day = date.fromisoformat(ringi_on)
        except ValueError:
            _refuse("/ringiOn", "format")
        if day > japanese_day(call.now):
            _refuse("/ringiOn", "future-date")
    folder = _open(disposal_id)

    def make(opened: Folder) -> Written:
        data = opened.records[_ID].data
        if "approvedBy" in data:
            raise Problem("already-decided")
        # A town with one manager brings the number of its paper decision (L20).
        if data["proposedBy"] == call.actor.staff_id and ringi is None:
            raise Problem("second-person-needed")
        paper = {"ringi": ringi, "ringiOn": ringi_on} if ringi else {}
        approved = {
            "approvedBy": call.actor.staff_id,
            "approvedOn": japanese_day(call.now).isoformat(),
        }
        return _next(call, opened, {**data, **approved, **paper}, "approve-disposal", decision)

    return Reply(body=_saved(folder, make))


@operation(
    routes,
    Operation(
        method="POST",
        path="/disposals/{disposal_id}/carry-out",
        summary="承認された廃棄を実行し、証明を残す(一度に数件ずつ。残りがあればもう一度)",
        status=200,
        reply="Disposal",
        body="Empty",
        problems=(
            "not-permitted",
            "nothing-to-show",
            "invalid-record",
            "not-approved",
            "not-due",
        ),
    ),
)
def carry_out(call: Call, disposal_id: str) -> Reply:
    """Erases the next cases of an approved disposal, and writes down what was erased.

    What was interrupted is taken up again: a case that is not on the certificate yet is gone
    through once more.
    """
    decision = _manager(call)
    folder = _open(disposal_id)
    data = folder.records[_ID].data
    if "approvedBy" not in data:
        raise Problem("not-approved")
    done = {entry["caseId"] for entry in data.get("done", ())}
    for case_id in [c for c in data["cases"] if c not in done][:_AT_ONCE]:
        entry = _erase(call, decision, case_id)

        def make(opened: Folder, entry: Mapping[str, Any] = entry) -> Written:
            before = opened.records[_ID].data
            after = {**before, "done": [*before.get("done", ()), entry]}
            return _next(call, opened, after, "carry-out-disposal", decision)

        _saved(folder, make)
        folder = _open(disposal_id)
    return Reply(body=_body(folder))


# A case of some hundred records takes about two seconds.
_AT_ONCE = 5


def _erase(call: Call, decision: Decision, case_id: str) -> dict[str, Any]:
    case = repository().open_case(case_id)
    if case is not None:
        # A hold or a re-opening since the approval stops it.
        if not keeping(case, settings().retention_years).due(japanese_day(call.now)):
            raise Problem("not-due", cases=[case_id])
        last = event(
            call,
            "dispose-case",
            decision,
            case_id=case_id,
            classes=frozenset(),
            extra={
                "seq": case.chain_seq + 1,
                "prev": case.chain_hash,
                "subject": case.key,
                "written": [],
            },
        )
        begin(case, event=last, now=call.now, region=tenant().region)
    extent = finish(case_id, files=files())
    if extent is None:
        raise Problem("not-due", cases=[case_id])
    until = japanese_day(call.now) + timedelta(days=BACKUP_DAYS)
    return {
        "caseId": case_id,
        "at": to_iso(call.now),
        **asdict(extent),
        "backupsUntil": until.isoformat(),
    }


def _is_due(call: Call, case_id: str) -> bool:
    case = repository().open_case(case_id) if is_case_id(case_id) else None
    if case is None:
        return False
    return keeping(case, settings().retention_years).due(japanese_day(call.now))


def _manager(call: Call) -> Decision:
    decision = decide(call.actor, Action.HANDLE_RETENTION, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    return decision


def _open(disposal_id: str) -> Folder:
    folder = repository().open_folder(_KIND, disposal_id) if len(disposal_id) <= 40 else None
    if folder is None:
        raise Problem("nothing-to-show")
    return folder


def _next(
    call: Call, opened: Folder, data: Mapping[str, Any], action: str, decision: Decision
) -> Written:
    before = opened.records[_ID]
    record = replace(
        before,
        revision=before.revision + 1,
        data=data,
        contributors=before.contributors | {call.actor.agency_id},
        changed=forms.changed_pointers(before.data, data),
        **saved_by(call),
    )
    told = write_event(
        call,
        action,
        opened.key,
        opened.chain_seq,
        opened.chain_hash,
        (record,),
        basis=decision.basis,
    )
    return Written(records=(record,), event=told)


def _saved(folder: Folder, make: Any) -> dict[str, Any]:
    repository().save_folder(folder, make=make, request=None)
    return _body(_open(folder.folder_id))


def _refuse(pointer: str, code: str) -> NoReturn:
    error = forms.FieldError(pointer=pointer, code=code)
    raise Problem("invalid-record", errors=[field_error(error, below="")])


def _keeping_body(case: CaseFile, kept: Keeping, today: date) -> dict[str, Any]:
    return {
        "caseId": case.case_id,
        "closedOn": kept.closed_on and kept.closed_on.isoformat(),
        "keptFrom": kept.starts and kept.starts.isoformat(),
        "keptUntil": kept.until and kept.until.isoformat(),
        "held": bool(kept.holds),
        "due": kept.due(today),
    }


def _body(folder: Folder) -> dict[str, Any]:
    data = folder.records[_ID].data
    done = {entry["caseId"] for entry in data.get("done", ())}
    return {
        "disposalId": folder.folder_id,
        **{k: v for k, v in data.items() if k != "done"},
        "done": list(data.get("done", ())),
        "left": [case_id for case_id in data["cases"] if case_id not in done],
    }
