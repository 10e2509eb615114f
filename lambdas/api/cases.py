"""Cases: the list, a new one, its table of contents, its log."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.opened import (
    Opened,
    author,
    check_data,
    check_my_number,
    checked_form,
    form_of,
    open_case,
    opened,
    record_read,
    refuse_field,
    request_of,
    saved_by,
    write_event,
)
from lambdas.api.problems import Problem
from lambdas.api.records import forms_to_add, newest_first, writable
from lambdas.api.sealed import persons_to_open
from lambdas.api.settings import terms
from lambdas.api.tenant import repository, tenant
from lambdas.api.trail import event
from lambdas.casework import audit, forms
from lambdas.casework.access import (
    CORE_ROLES,
    Action,
    Actor,
    Basis,
    Role,
    decide,
    decide_case,
    may_write_form,
)
from lambdas.casework.case_id import is_case_id, new_case_id
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.records import (
    FIRST_STATE,
    Agency,
    CaseFile,
    FormRecord,
    ListRow,
    Source,
    consent_of_intake,
    household_of_new_case,
    is_protected,
    members_of_new_case,
    new_id,
)
from lambdas.casework.showing import Reader, Shown
from lambdas.casework.situation import load
from lambdas.store.repository import AlreadyImportedError, CaseIdTakenError
from lambdas.store.tasks import tasks_of, visible_of

routes = Blueprint(__name__)

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
        query=("limit", "cursor", "tasks"),
        problems=("bad-query", "not-permitted"),
    ),
)
def list_cases(call: Call) -> Reply:
    decision = decide(call.actor, Action.LIST_CASES, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    cursor, wanted = call.query("cursor"), call.query("tasks")
    if (cursor is not None and not _is_cursor(cursor)) or wanted not in (None, "next"):
        raise Problem("bad-query")
    page = repository().list_cases(
        agency_id=call.actor.agency_id,
        limit=call.page_size(default=50, most=100),
        cursor=cursor,
    )
    shown = [(row, part) for row in page.items if (part := _row_part(call, row)) is not None]
    ids = [row.case_id for row, _ in shown]
    repository().record_event(
        subject="LIST",
        event=event(
            call,
            "list-cases",
            decision,
            classes=frozenset().union(*(part.classes for _, part in shown)),
            extra={"cases": ids},
        ),
    )
    # The next day of each case costs one BatchGetItem: lists that show it ask for it.
    nearest = _nearest(call, ids) if wanted else {}
    items = [{**_row_body(call, row, part), **nearest.get(row.case_id, {})} for row, part in shown]
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
    request = request_of(call, call.required_idempotency_key(), "new")
    agencies = repository().agencies()
    form = checked_form(call, "intake")
    data = call.body["data"]
    check_data(form, data)
    today = japanese_day(call.now)
    if data["receivedAt"] > today.isoformat():
        refuse_field("/receivedAt", "future-date")
    statements = check_my_number(call, form, data)
    receiving = _receiving_agency(call.actor, data, agencies)
    source = _source(call)
    subject = new_id("p", secrets.choice)
    members = members_of_new_case(receiving=receiving.agency_id, register=agencies, since=today)
    records = (
        _first(call, "intake", form.version, data, subject),
        _first(call, "household", None, household_of_new_case(data, subject), subject),
        _first(call, "members", None, {"members": members}, subject),
        *_consents(call, data, subject),
    )
    for _ in range(_DRAWS):
        case = CaseFile(
            case_id=new_case_id(lg_code=tenant().lg_code, received_on=today, pick=secrets.choice),
            state=FIRST_STATE,
            created_at=call.now,
            chain_seq=0,
            chain_hash=audit.GENESIS,
            was_protected=is_protected(data),
            records={record.record_id: record for record in records},
            agency_names={agency.agency_id: agency.name for agency in agencies},
        )
        written = write_event(
            call,
            "create-case",
            case.key,
            case.chain_seq,
            case.chain_hash,
            records,
            basis=decision.basis,
            case_id=case.case_id,
            extra={"notMyNumber": statements} if statements else None,
        )
        try:
            saved = repository().create_case(case, event=written, source=source, request=request)
        except CaseIdTakenError:
            continue
        except AlreadyImportedError as imported:
            raise Problem(
                "already-imported", caseId=imported.case_id, sameContent=imported.same_content
            ) from imported
        if saved.replayed:
            here = open_case(call, saved.folder_id)
        else:
            here = opened(call, replace(case, chain_seq=1), decision)
        return Reply(
            body=_case_body(call, here),
            headers={
                "ETag": f'"{saved.revision}"',
                "Location": f"cases/{here.case.case_id}",
            },
        )
    raise Problem("try-again", headers={"Retry-After": "1"})


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}",
        summary="ケース(加わる機関、記録の目次)",
        status=200,
        reply="Case",
        problems=("nothing-to-show",),
    ),
)
def read_case(call: Call, case_id: str) -> Reply:
    here = open_case(call, case_id)
    body = _case_body(call, here)
    record_read(call, here, "read-case", {})
    return Reply(body=body)


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
    here = open_case(call, case_id, Action.READ_AUDIT)
    page = repository().case_events(here.case.case_id, limit=limit, cursor=cursor)
    record_read(call, here, "read-audit", {})
    return Reply(
        body={"items": [_event_body(e) for e in page.items], "nextCursor": page.next_cursor}
    )


def _consents(call: Call, intake: Mapping[str, Any], subject: str) -> tuple[FormRecord, ...]:
    """The 申込・同意欄 of the first intake form, as the record of consent that it is."""
    given = consent_of_intake(intake, subject)
    if given is None:
        return ()
    record = _first(call, "consent", None, given, subject)
    return (replace(record, record_id=new_id("r", secrets.choice)),)


def _first(
    call: Call, name: str, version: str | None, data: Mapping[str, Any], subject: str
) -> FormRecord:
    """The first revision of a record that a new case begins with."""
    return FormRecord(
        form=name,
        record_id=name,
        version=version or forms.form_versions(name)[-1],
        revision=1,
        data=data,
        created_at=call.now,
        about={"": (subject,)},
        contributors=frozenset({call.actor.agency_id}),
        changed=forms.changed_pointers({}, data),
        **saved_by(call),
    )


def _receiving_agency(actor: Actor, data: Mapping[str, Any], agencies: Iterable[Agency]) -> Agency:
    """The agency that received the case. Only the municipality and the agency of the programme
    may record what another agency received. Raises Problem."""
    agency = next((a for a in agencies if a.agency_id == data["receivingAgencyId"]), None)
    if agency is None:
        refuse_field("/receivingAgencyId", "unknown-agency")
    if agency.last is not None and agency.last.isoformat() < data["receivedAt"]:
        refuse_field("/receivingAgencyId", "agency-over")
    if actor.role is Role.AGENCY and agency.agency_id != actor.agency_id:
        refuse_field("/receivingAgencyId", "not-own-agency")
    return agency


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


def _is_cursor(text: str) -> bool:
    day, _, case_id = text.partition("#")
    return len(day) == 10 and is_case_id(case_id)


def _case_body(call: Call, here: Opened) -> dict[str, Any]:
    """The case as far as the actor may know it: what is hidden leaves no gap and no count."""
    case, actor, facts = here.case, call.actor, here.situation
    seen = [r for r in newest_first(here) if here.reader.may_see(form_of(r), r)]
    intake, members = (
        here.reader.show(form_of(r), r) for r in (case.intake, case.records["members"])
    )
    return {
        "can": {
            "readAudit": decide_case(actor, Action.READ_AUDIT, facts, call.now).allowed,
            "addForms": forms_to_add(call, here),
            "openSealed": persons_to_open(call, here),
            "attach": may_write_form(actor, "attachment", call.now),
        },
        "caseId": case.case_id,
        **_state_body(actor, case.state, intake),
        **({"consentVersion": case.consent_version} if "consentVersion" in intake.data else {}),
        "createdAt": to_iso(case.created_at),
        "members": [
            {
                "agencyId": member.agency_id,
                "agencyName": case.agency_names.get(member.agency_id, ""),
                "role": member.kind.value,
                "from": member.valid_from.isoformat(),
                "to": member.valid_to and member.valid_to.isoformat(),
            }
            for member in case.memberships
            if members.bases or member.agency_id == actor.agency_id
        ],
        "records": [
            {
                "form": record.form,
                "recordId": record.record_id,
                "title": form_of(record).title,
                "formVersion": record.version,
                "revision": record.revision,
                "createdAt": to_iso(record.created_at),
                "updatedAt": to_iso(record.saved_at),
                "updatedBy": author(record),
                "mayWrite": writable(call, here, record),
            }
            for record in seen
        ],
    }


def _state_body(actor: Actor, state: str, intake: Shown) -> dict[str, str]:
    """The state, for those who run the case and those whom the 本人 lets see it: to others it
    would tell that a 支援会議 is held."""
    if actor.role not in CORE_ROLES and Basis.CONSENT not in intake.bases:
        return {}
    return {"state": state, "stateLabel": forms.labels("case-state")[state]}


def _row_part(call: Call, row: ListRow) -> Shown | None:
    """What of a list row the actor may see, by the same decisions as the case itself."""
    facts = load(row.situation)
    if not decide_case(call.actor, Action.READ_CASE, facts, call.now).allowed:
        return None
    reader = Reader(actor=call.actor, situation=facts, now=call.now)
    return reader.show(form_of(row.intake), row.intake)


def _nearest(call: Call, case_ids: list[str]) -> dict[str, dict[str, Any]]:
    """The most urgent of the tasks that the caller is shown, by case."""
    rows = tasks_of(call.actor.agency_id, case_ids)
    counted_by = terms().of_tasks
    found = {
        case_id: visible_of(repository(), row, call.actor, call.now, counted_by)
        for case_id, row in rows.items()
    }
    return {
        case_id: {"next": {"due": entries[0].task.due.isoformat(), "text": entries[0].task.text}}
        for case_id, entries in found.items()
        if entries
    }


def _row_body(call: Call, row: ListRow, part: Shown) -> dict[str, Any]:
    actor = call.actor
    shown = dict(part.data)
    urgency = shown.pop("urgency", {}).get("level")
    core = actor.role in CORE_ROLES
    return {
        "caseId": row.case_id,
        **_state_body(actor, row.state, part),
        # When something hidden was written is hidden as well.
        **({"updatedAt": to_iso(row.updated_at)} if core else {}),
        **({"receivingAgencyName": row.receiving_agency_name} if part.bases else {}),
        **shown,
        **({"urgency": urgency} if urgency else {}),
        **_lead_body(call, row),
    }


def _lead_body(call: Call, row: ListRow) -> dict[str, Any]:
    if row.lead is None:
        return {}
    reader = Reader(actor=call.actor, situation=load(row.situation), now=call.now)
    seen = reader.show(form_of(row.lead), row.lead).data
    return {"leadAgencyName": row.lead_agency_name} if "leadAgencyId" in seen else {}


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
