"""Cases and their forms."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem, field_error, refuse_my_number
from lambdas.api.tenant import repository, tenant
from lambdas.api.trail import event
from lambdas.casework import audit, forms
from lambdas.casework.access import (
    Action,
    Actor,
    Decision,
    Role,
    decide,
    decide_case,
    may_lift_protection,
)
from lambdas.casework.case_id import is_case_id, new_case_id
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.records import (
    Agency,
    CaseFile,
    FormRecord,
    ListRow,
    Source,
    is_protected,
    members_of_new_case,
)
from lambdas.store.repository import (
    AlreadyImportedError,
    CaseIdTakenError,
    Request,
    Saved,
    StaleError,
    data_text,
)

routes = Blueprint(__name__)

_FORM = "intake"
_FIRST_STATE = "received"
_DRAWS = 3
_EVENT_KEY = re.compile(r"[0-9T:.-]{26}Z#[0-9a-f]{32}")


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases",
        summary="自分の機関が加わっているケースの一覧(受付日の新しい順)",
        status=200,
        reply="CasePage",
        query=("limit", "cursor"),
        problems=("bad-query", "not-permitted"),
    ),
)
def list_cases(call: Call) -> Reply:
    decision = decide(call.actor, Action.LIST_CASES, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    cursor = call.query("cursor")
    if cursor is not None and not _is_cursor(cursor):
        raise Problem("bad-query")
    page = repository().list_cases(
        agency_id=call.actor.agency_id,
        limit=call.page_size(default=50, most=100),
        cursor=cursor,
    )
    decided = [
        (row, decide_case(call.actor, Action.READ_CASE, (row.membership,), call.now))
        for row in page.items
    ]
    shown = [(row, on_row) for row, on_row in decided if on_row.allowed]
    ids = [row.case_id for row, _ in shown]
    classes = frozenset().union(*(d.classes for _, d in shown))
    repository().record_event(
        subject="LIST",
        event=event(call, "list-cases", decision, classes=classes, extra={"cases": ids}),
    )
    current = forms.form(_FORM, forms.form_versions(_FORM)[-1])
    items = [_row_body(row, d, current) for row, d in shown]
    return Reply(body={"items": items, "nextCursor": page.next_cursor})


@operation(
    routes,
    Operation(
        method="POST",
        path="/cases",
        summary="相談を受け付ける(ケースと相談受付・申込票の初版を作る)",
        status=201,
        reply="Case",
        body="NewCase",
        idempotent=True,
        etag=True,
        problems=(
            "not-permitted",
            "invalid-record",
            "my-number-suspected",
            "already-imported",
            "idempotency-key-reused",
        ),
    ),
)
def create_case(call: Call) -> Reply:
    decision = decide(call.actor, Action.CREATE_CASE, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    request = _request(call, call.required_idempotency_key(), "new")
    agencies = repository().agencies()
    form, statements = _checked(call)
    receiving = _receiving_agency(call.actor, call.body["data"], agencies)
    source = _source(call)
    today = japanese_day(call.now)
    intake = _record(call, form, revision=1, before={})
    for _ in range(_DRAWS):
        case_id = new_case_id(lg_code=tenant().lg_code, received_on=today, pick=secrets.choice)
        case = CaseFile(
            case_id=case_id,
            state=_FIRST_STATE,
            consent_version=intake.data["consentVersion"],
            created_at=call.now,
            chain_seq=0,
            chain_hash=audit.GENESIS,
            was_protected=is_protected(intake.data),
            members=members_of_new_case(receiving=receiving, register=agencies, since=today),
            forms={_FORM: intake},
        )
        written = _write_event(call, "create-case", decision, case, form, intake, statements)
        try:
            saved = repository().create_case(case, event=written, source=source, request=request)
        except CaseIdTakenError:
            continue
        except AlreadyImportedError as imported:
            raise Problem(
                "already-imported", caseId=imported.case_id, sameContent=imported.same_content
            ) from imported
        if saved.replayed:
            case = _open(call, saved.case_id, Action.READ_CASE)[0]
        else:
            case = replace(case, chain_seq=1)
        return Reply(
            body=_case_body(call, case),
            headers={"ETag": f'"{saved.revision}"', "Location": f"cases/{case.case_id}"},
        )
    raise Problem("try-again", headers={"Retry-After": "1"})


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}",
        summary="ケース(加わる機関、様式の版)",
        status=200,
        reply="Case",
        etag=True,
        problems=("nothing-to-show",),
    ),
)
def read_case(call: Call, case_id: str) -> Reply:
    case, decision = _open(call, case_id, Action.READ_CASE)
    _record_read(call, "read-case", decision, case, classes=frozenset())
    return Reply(body=_case_body(call, case), headers={"ETag": f'"{case.chain_seq}"'})


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/forms/intake",
        summary="相談受付・申込票(現在の版)",
        status=200,
        reply="FormRecord",
        etag=True,
        problems=("nothing-to-show",),
    ),
)
def read_intake(call: Call, case_id: str) -> Reply:
    case, decision = _open(call, case_id, Action.READ_CASE)
    record = case.forms[_FORM]
    return _form_reply(call, "read-form", decision, case, record)


@operation(
    routes,
    Operation(
        method="PUT",
        path="/cases/{case_id}/forms/intake",
        summary="相談受付・申込票を保存する(新しい版を加える)",
        status=200,
        reply="FormRecord",
        body="FormSave",
        if_match=True,
        etag=True,
        problems=(
            "nothing-to-show",
            "changed-by-other",
            "invalid-record",
            "my-number-suspected",
            "idempotency-key-required",
            "idempotency-key-reused",
        ),
    ),
)
def save_intake(call: Call, case_id: str) -> Reply:
    expected = call.if_match()
    key = call.idempotency_key()
    request = _request(call, key, case_id) if key else None
    case, decision = _open(call, case_id, Action.WRITE_FORM)
    form, statements = _checked(call)
    before = case.forms[_FORM].data
    if call.body["data"]["receivingAgencyId"] != before["receivingAgencyId"]:
        _refuse_record("/receivingAgencyId", "receiving-agency-fixed")
    lifted = is_protected(before) and not is_protected(call.body["data"])
    if lifted and not may_lift_protection(call.actor):
        _refuse_record("/addressProtection", "municipality-only")

    def make(opened: CaseFile) -> tuple[FormRecord, Mapping[str, Any]]:
        record = _record(call, form, revision=expected + 1, before=opened.forms[_FORM].data)
        return record, _write_event(call, "write-form", decision, opened, form, record, statements)

    try:
        saved = repository().save_form(case, expected_revision=expected, make=make, request=request)
    except StaleError as stale:
        raise Problem(
            "changed-by-other",
            headers={"ETag": f'"{stale.current_revision}"'},
            currentRevision=stale.current_revision,
        ) from stale
    if saved.replayed:
        # What the first attempt saved, as it may be seen now.
        return _revision_reply(call, decision, case, _saved_record(saved))
    record = _record(call, form, revision=saved.revision, before=before)
    return Reply(body=_form_body(record, record.data), headers={"ETag": f'"{record.revision}"'})


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/forms/intake/revisions",
        summary="相談受付・申込票の版の一覧(新しい順)",
        status=200,
        reply="RevisionList",
        problems=("nothing-to-show",),
    ),
)
def read_revisions(call: Call, case_id: str) -> Reply:
    case, decision = _open(call, case_id, Action.READ_CASE)
    revisions = repository().revisions(case.case_id, _FORM)
    _record_read(call, "read-revisions", decision, case, classes=frozenset(), form=_FORM)
    items = [
        {
            "revision": record.revision,
            "formVersion": record.version,
            "savedAt": to_iso(record.saved_at),
            "savedBy": _author(record),
            "changed": list(record.changed),
        }
        for record in revisions
    ]
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/forms/intake/revisions/{number}",
        summary="相談受付・申込票の以前の版",
        status=200,
        reply="FormRecord",
        etag=True,
        problems=("nothing-to-show",),
    ),
)
def read_revision(call: Call, case_id: str, number: str) -> Reply:
    case, decision = _open(call, case_id, Action.READ_CASE)
    record = None
    if number.isascii() and number.isdigit() and len(number) <= 8:
        record = repository().revision(case.case_id, _FORM, int(number))
    if record is None:
        raise Problem("nothing-to-show")
    return _revision_reply(call, decision, case, record)


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/audit",
        summary="だれが見て、変えたか(新しい順)",
        status=200,
        reply="AuditPage",
        query=("limit", "cursor"),
        problems=("nothing-to-show", "bad-query"),
    ),
)
def read_audit(call: Call, case_id: str) -> Reply:
    limit = call.page_size(default=50, most=100)
    cursor = call.query("cursor")
    if cursor is not None and not _EVENT_KEY.fullmatch(cursor):
        raise Problem("bad-query")
    case, decision = _open(call, case_id, Action.READ_AUDIT)
    page = repository().case_events(case.case_id, limit=limit, cursor=cursor)
    _record_read(call, "read-audit", decision, case, classes=frozenset())
    return Reply(
        body={"items": [_event_body(e) for e in page.items], "nextCursor": page.next_cursor}
    )


def _open(call: Call, case_id: str, action: Action) -> tuple[CaseFile, Decision]:
    """The case and the decision to let the actor act on it.

    A case that is missing and one the actor may not see answer alike (DOMAIN §4.10, words); the
    refusal is recorded where there is a case to record it on.
    """
    case = repository().open_case(case_id) if is_case_id(case_id) else None
    memberships = case.memberships if case else ()
    decision = decide_case(call.actor, action, memberships, call.now)
    if case is None or not decision.allowed:
        # Both cost the same calls, so that time does not tell them apart either.
        repository().record_event(
            subject=f"CASE#{case.case_id}" if case else "MISSING",
            event=event(call, action.value, decision, case_id=case.case_id if case else None),
        )
        raise Problem("nothing-to-show")
    return case, decision


def _record_read(
    call: Call,
    action: str,
    decision: Decision,
    case: CaseFile,
    *,
    classes: frozenset[int],
    form: str | None = None,
    revision: int | None = None,
) -> None:
    record = {"form": form, "revision": revision} if form else None
    repository().record_event(
        subject=f"CASE#{case.case_id}",
        event=event(call, action, decision, case_id=case.case_id, record=record, classes=classes),
    )


def _form_reply(
    call: Call, action: str, decision: Decision, case: CaseFile, record: FormRecord
) -> Reply:
    """A form as far as the actor may see it, recorded before it leaves."""
    form = forms.form(record.form, record.version)
    shown = forms.visible(form, record.data, decision.classes)
    _record_read(
        call,
        action,
        decision,
        case,
        classes=forms.classes_of(form, shown),
        form=record.form,
        revision=record.revision,
    )
    return Reply(body=_form_body(record, shown), headers={"ETag": f'"{record.revision}"'})


def _revision_reply(call: Call, decision: Decision, case: CaseFile, record: FormRecord) -> Reply:
    """An earlier revision; one from before an address became one to protect is shown without."""
    if case.was_protected and record.revision < case.forms[_FORM].revision:
        form = forms.form(record.form, record.version)
        record = replace(record, data=forms.without_protected(form, record.data))
    return _form_reply(call, "read-revision", decision, case, record)


def _saved_record(saved: Saved) -> FormRecord:
    record = repository().revision(saved.case_id, _FORM, saved.revision)
    if record is None:
        raise RuntimeError("an idempotency record names a revision that does not exist")
    return record


def _record(
    call: Call, form: forms.Form, *, revision: int, before: Mapping[str, Any]
) -> FormRecord:
    """The revision that this request asks for."""
    data = call.body["data"]
    return FormRecord(
        form=form.form,
        version=form.version,
        revision=revision,
        data=data,
        saved_at=call.now,
        staff_id=call.actor.staff_id,
        staff_name=call.actor.display_name,
        agency_name=call.actor.agency_name,
        changed=forms.changed_pointers(before, data),
    )


def _write_event(
    call: Call,
    action: str,
    decision: Decision,
    case: CaseFile,
    form: forms.Form,
    record: FormRecord,
    statements: list[dict[str, str]],
) -> dict[str, Any]:
    """The event of a write: a link of the case's chain, with the hash of what was written."""
    return event(
        call,
        action,
        decision,
        case_id=case.case_id,
        record={"form": record.form, "revision": record.revision},
        classes=forms.classes_of(form, record.data),
        extra={
            "seq": case.chain_seq + 1,
            "prev": case.chain_hash,
            "contentSha256": audit.sha256_hex(data_text(record.data).encode()),
            **({"notMyNumber": statements} if statements else {}),
        },
    )


def _checked(call: Call) -> tuple[forms.Form, list[dict[str, str]]]:
    """The form that the body names, after its record was checked against it, and the statements
    that a number is no My Number. Raises Problem."""
    try:
        form = forms.form(_FORM, call.body["formVersion"])
    except forms.UnknownFormError:
        unknown = forms.FieldError(pointer="/formVersion", code="unknown-version")
        raise Problem("invalid-record", errors=[field_error(unknown, below="")]) from None
    data = call.body["data"]
    found = list(forms.check(form, data))
    received = data.get("receivedAt")
    if not found and received > japanese_day(call.now).isoformat():
        found.append(forms.FieldError(pointer="/receivedAt", code="future-date"))
    if found:
        raise Problem("invalid-record", errors=[field_error(e, below="/data") for e in found])
    statements = call.body.get("notMyNumber", [])
    if statements and "source" in call.body:
        # An import cannot know what a number is; a person looks at the row (DOMAIN L19).
        not_here = forms.FieldError(pointer="/notMyNumber", code="not-allowed-here")
        raise Problem("invalid-record", errors=[field_error(not_here, below="")])
    refuse_my_number(
        {f"/notMyNumber/{n}/reason": s["reason"] for n, s in enumerate(statements)}
        | {"/source/id": call.body.get("source", {}).get("id", "")}
    )
    stated = {s["pointer"]: s["reason"] for s in statements}
    suspects = forms.my_number_suspects(form, data)
    open_suspects = [p for p in suspects if p not in stated]
    if open_suspects:
        raise Problem(
            "my-number-suspected",
            errors=[
                field_error(forms.FieldError(pointer=p, code="my-number"), below="/data")
                for p in open_suspects
            ],
        )
    # The reason is a person's text: it is kept in the trail, which is as protected as the record.
    return form, [{"pointer": p, "reason": stated[p]} for p in suspects]


def _receiving_agency(actor: Actor, data: Mapping[str, Any], agencies: Iterable[Agency]) -> Agency:
    """The agency that received the case. Only the municipality and the agency of the programme
    may record what another agency received. Raises Problem."""
    agency = next((a for a in agencies if a.agency_id == data["receivingAgencyId"]), None)
    if agency is None:
        _refuse_record("/receivingAgencyId", "unknown-agency")
    if actor.role is Role.AGENCY and agency.agency_id != actor.agency_id:
        _refuse_record("/receivingAgencyId", "not-own-agency")
    return agency


def _refuse_record(pointer: str, code: str) -> NoReturn:
    error = forms.FieldError(pointer=pointer, code=code)
    raise Problem("invalid-record", errors=[field_error(error, below="/data")])


def _source(call: Call) -> Source | None:
    given = call.body.get("source")
    if given is None:
        return None
    return Source(
        agency_id=call.actor.agency_id,
        system=given["system"],
        id=given["id"],
        content_sha256=given["contentSha256"],
    )


def _request(call: Call, key: str, target: str) -> Request:
    """`target` is the case that is written to: a key used on another case is another request."""
    return Request(
        staff_id=call.actor.staff_id,
        path=f"{call.operation.method} {call.operation.path} {target}",
        key=key,
        sha256=call.request_sha256(),
    )


def _is_cursor(text: str) -> bool:
    day, _, case_id = text.partition("#")
    return len(day) == 10 and is_case_id(case_id)


def _author(record: FormRecord) -> dict[str, str]:
    return {
        "staffId": record.staff_id,
        "displayName": record.staff_name,
        "agencyName": record.agency_name,
    }


def _form_body(record: FormRecord, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "form": record.form,
        "formVersion": record.version,
        "revision": record.revision,
        "data": data,
        "updatedAt": to_iso(record.saved_at),
        "updatedBy": _author(record),
    }


def _case_body(call: Call, case: CaseFile) -> dict[str, Any]:
    def may(action: Action) -> bool:
        return decide_case(call.actor, action, case.memberships, call.now).allowed

    return {
        "can": {"writeForm": may(Action.WRITE_FORM), "readAudit": may(Action.READ_AUDIT)},
        "caseId": case.case_id,
        "state": case.state,
        "stateLabel": forms.labels("case-state")[case.state],
        "consentVersion": case.consent_version,
        "createdAt": to_iso(case.created_at),
        "version": case.chain_seq,
        "members": [
            {
                "agencyId": member.membership.agency_id,
                "agencyName": member.agency_name,
                "role": member.membership.kind.value,
                "from": member.membership.valid_from.isoformat(),
                "to": member.membership.valid_to and member.membership.valid_to.isoformat(),
            }
            for member in case.members
        ],
        "forms": [
            {
                "form": record.form,
                "formVersion": record.version,
                "revision": record.revision,
                "updatedAt": to_iso(record.saved_at),
                "updatedBy": _author(record),
            }
            for record in case.forms.values()
        ],
    }


def _row_body(row: ListRow, decision: Decision, current: forms.Form) -> dict[str, Any]:
    """A list row, each property only where its class may be shown."""
    shown = forms.visible(current, row.intake, decision.classes)
    urgency = shown.pop("urgency", {}).get("level")
    return {
        "caseId": row.case_id,
        "state": row.state,
        "stateLabel": forms.labels("case-state")[row.state],
        "updatedAt": to_iso(row.updated_at),
        "receivingAgencyName": row.receiving_agency_name,
        **shown,
        **({"urgency": urgency} if urgency else {}),
    }


def _event_body(happened: Mapping[str, Any]) -> dict[str, Any]:
    basis = happened["basis"]
    return {
        "at": happened["at"],
        "action": happened["action"],
        "actionLabel": forms.labels("audit-action").get(happened["action"], happened["action"]),
        "actorName": happened["actor"]["name"],
        "agencyName": happened["actor"]["agencyName"],
        "role": happened["actor"]["role"],
        "basis": basis,
        "basisLabel": forms.labels("access-basis").get(basis),
        "record": happened["record"],
        "classes": happened["classes"],
        "result": happened["result"],
    }
