"""Meetings over several cases: whoever convenes one lays cases before it, each with its own basis;
whoever attends finds the meeting, their cases and their papers here, and nothing of the others."""

import re
import secrets
from collections.abc import Iterator, Mapping
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
    obey_rules,
    open_case,
    opened,
    record_body,
    record_read,
    request_of,
    saved_by,
    write_event,
)
from lambdas.api.problems import Problem
from lambdas.api.records import add_record, writable
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import audit, forms, meetings
from lambdas.casework.access import Action, Basis, Decision, decide, may_write_form
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.meetings import AGENDA, KIND, MEETING, Item
from lambdas.casework.records import Folder, FormRecord, new_id
from lambdas.store.repository import Put, StaleError, Written, folder_puts

routes = Blueprint(__name__)

# Parts of the list, as bounds of the store.
_WHEN = {"coming": "since", "held": "before"}
_CURSOR = re.compile(r"[0-9T: -]{17}[0-9T:.Z-]{27}#m-[0-9a-z]{12}")
_CHANGES = ("not-permitted", "invalid-record", "my-number-suspected", "idempotency-key-reused")


@operation(
    routes,
    Operation(
        method="GET",
        path="/meetings",
        summary="自分が開く、または出席する会議(開催日の遅い順。これからの会議は早い順)",
        status=200,
        reply="MeetingPage",
        query=("when", "limit", "cursor"),
        problems=("not-permitted", "bad-query"),
    ),
)
def list_meetings(call: Call) -> Reply:
    decision = decide(call.actor, Action.LIST_CASES, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    limit, cursor = call.page_size(default=20, most=50), call.query("cursor")
    when = call.query("when")
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise Problem("bad-query")
    if when not in (None, *_WHEN):
        raise Problem("bad-query")
    today = japanese_day(call.now).isoformat()
    bounds = {_WHEN[when]: today} if when else {}
    # Pages are filled up: a short page, or a cursor that names a meeting one may not know of,
    # would tell of it.
    shown = []
    for folder in _folders(limit, cursor, bounds):
        if _basis(call, folder):
            shown.append(folder)
        if len(shown) > limit:
            break
    page = shown[:limit]
    repository().record_event(
        subject="LIST",
        event=event(
            call, "list-meetings", decision, extra={"meetings": [f.folder_id for f in page]}
        ),
    )
    last = page[-1] if len(shown) > limit else None
    return Reply(
        body={
            "items": [_head(call, folder) for folder in page],
            "nextCursor": last and last.list_key,
        }
    )


@operation(
    routes,
    Operation(
        method="POST",
        path="/meetings",
        summary="会議を開く(議題のケースは後から加える)",
        status=201,
        reply="Meeting",
        body="MeetingSave",
        idempotent=True,
        etag=True,
        problems=_CHANGES,
    ),
)
def convene(call: Call) -> Reply:
    key = call.required_idempotency_key()
    if not may_write_form(call.actor, MEETING, call.now):
        raise Problem("not-permitted")
    form, data, statements = _checked(call, None)
    record = FormRecord(
        form=MEETING,
        record_id=MEETING,
        version=form.version,
        revision=1,
        data=data,
        created_at=call.now,
        contributors=frozenset({call.actor.agency_id}),
        changed=forms.changed_pointers({}, data),
        **saved_by(call),
    )
    folder = Folder(
        kind=KIND,
        folder_id=new_id("m", secrets.choice),
        created_at=call.now,
        chain_seq=0,
        chain_hash=audit.GENESIS,
        records={MEETING: record},
    )
    written = _event(call, "create-meeting", folder, record, statements)
    saved = repository().create_folder(folder, event=written, request=request_of(call, key, KIND))
    if saved.replayed:
        folder = repository().open_folder(KIND, saved.folder_id) or folder
    return _reply(call, folder)


@operation(
    routes,
    Operation(
        method="GET",
        path="/meetings/{meeting_id}",
        summary="会議と、自分が知ることのできる議題",
        status=200,
        reply="Meeting",
        etag=True,
        problems=("nothing-to-show",),
    ),
)
def read_meeting(call: Call, meeting_id: str) -> Reply:
    folder, basis = open_meeting(call, meeting_id)
    repository().record_event(
        subject=folder.key, event=event(call, "read-meeting", Decision(basis=basis))
    )
    return _reply(call, folder)


@operation(
    routes,
    Operation(
        method="PUT",
        path="/meetings/{meeting_id}",
        summary="会議の日時・場所・招集などを直す",
        status=200,
        reply="Meeting",
        body="MeetingSave",
        if_match=True,
        etag=True,
        problems=("nothing-to-show", "changed-by-other", "idempotency-key-required", *_CHANGES),
    ),
)
def change_meeting(call: Call, meeting_id: str) -> Reply:
    expected = call.if_match()
    key = call.idempotency_key()
    folder, _ = open_meeting(call, meeting_id)
    if not meetings.convenes(call.actor, folder.records[MEETING], call.now):
        raise Problem("not-permitted")
    form, data, statements = _checked(call, folder.records[MEETING])

    def make(now_open: Folder) -> Written:
        record = _next(call, now_open.records[MEETING], data, form.version, expected + 1)
        return Written(
            records=(record,),
            event=_event(call, "change-meeting", now_open, record, statements),
        )

    try:
        repository().save_folder(
            folder,
            make=make,
            request=request_of(call, key, meeting_id) if key else None,
            expected={MEETING: expected},
        )
    except StaleError as stale:
        raise Problem(
            "changed-by-other",
            headers={"ETag": f'"{stale.current_revision}"'},
            currentRevision=stale.current_revision,
        ) from stale
    return _reply(call, repository().open_folder(KIND, meeting_id) or folder)


@operation(
    routes,
    Operation(
        method="POST",
        path="/meetings/{meeting_id}/cases",
        summary="ケースを議題に加える(ケースごとの会議記録を、その法的根拠とともに作る)",
        status=201,
        reply="Record",
        body="NewAgendaCase",
        idempotent=True,
        etag=True,
        problems=("nothing-to-show", "already-on-agenda", *_CHANGES),
    ),
)
def lay_case(call: Call, meeting_id: str) -> Reply:
    """The case's record of the meeting and the line of the agenda, in one transaction."""
    key = call.required_idempotency_key()
    folder, _ = open_meeting(call, meeting_id)
    if not may_write_form(call.actor, "conference", call.now):
        raise Problem("not-permitted")
    here = open_case(call, call.body["caseId"])
    form = checked_form(call, "conference")
    given = folder.records[MEETING].data
    preset = {name: given[name] for name in ("date", "from", "to", "place") if name in given}
    data = {**preset, **call.body["data"], "meetingId": meeting_id}

    def on_agenda(now_open: Opened, _: tuple[FormRecord, ...]) -> tuple[Put, ...]:
        if meetings.conference_of(now_open.case, meeting_id):
            raise Problem("already-on-agenda")
        current = repository().open_folder(KIND, meeting_id) or folder
        record = _agenda(call, current, now_open.case.case_id)
        return folder_puts(current, record, _event(call, "lay-case", current, record, []))

    request = request_of(call, key, f"{meeting_id} {here.case.case_id}")
    return add_record(call, here, form, data, request, also=on_agenda)


@operation(
    routes,
    Operation(
        method="GET",
        path="/meetings/{meeting_id}/cases/{case_id}/papers",
        summary="自分に示された会議の資料(閲覧期間の間)",
        status=200,
        reply="PaperList",
        problems=("nothing-to-show",),
    ),
)
def read_papers(call: Call, meeting_id: str, case_id: str) -> Reply:
    here = open_case(call, case_id)
    found = meetings.papers(here.case, meeting_id, call.actor, call.now)
    if not found:
        repository().record_event(
            subject=here.case.key,
            event=event(call, "read-papers", Decision(basis=None), case_id=here.case.case_id),
        )
        raise Problem("nothing-to-show")
    record_read(call, here, "read-papers", {key: shown for key, (_, shown) in found.items()})
    return Reply(
        body={
            "items": [
                {"title": form_of(paper).title, **record_body(paper, shown)}
                for paper, shown in found.values()
            ]
        }
    )


def _folders(limit: int, cursor: str | None, bounds: Mapping[str, str]) -> Iterator[Folder]:
    """The municipality's meetings by their days, within the bounds that the store takes."""
    while True:
        page = repository().list_folders(KIND, limit=limit, cursor=cursor, **bounds)
        for folder_id in page.items:
            folder = repository().open_folder(KIND, folder_id)
            if folder is not None:
                yield folder
        cursor = page.next_cursor
        if cursor is None:
            return


def _basis(call: Call, folder: Folder) -> Basis | None:
    """Why the actor may know of the meeting: they convene it, are invited, or attend one of its
    cases."""
    meeting = folder.records[MEETING]
    convening = meetings.convenes(call.actor, meeting, call.now)
    if convening or meetings.is_invited(call.actor, meeting, call.now):
        return convening or Basis.OWN_ACCOUNT
    return next((i.decision.basis for i in _items(call, folder) if i.attends), None)


def _items(call: Call, folder: Folder) -> Iterator[Item]:
    """The cases on the agenda that the actor may know of."""
    for case_id in meetings.agenda_of(folder):
        case = repository().open_case(case_id)
        found = meetings.item(case, folder.folder_id, call.actor, call.now)
        if found is not None:
            yield found


def open_meeting(call: Call, meeting_id: str) -> tuple[Folder, Basis]:
    """A meeting that is missing and one that the actor may not know of answer alike. Raises
    Problem."""
    folder = repository().open_folder(KIND, meeting_id) if len(meeting_id) <= 40 else None
    basis = _basis(call, folder) if folder else None
    if folder is None or basis is None:
        repository().record_event(
            subject=folder.key if folder else "MISSING",
            event=event(call, "read-meeting", Decision(basis=None)),
        )
        raise Problem("nothing-to-show")
    return folder, basis


def _checked(
    call: Call, before: FormRecord | None
) -> tuple[forms.Form, Mapping[str, Any], list[dict[str, str]]]:
    """The meeting that was sent, checked. Raises Problem."""
    form = checked_form(call, MEETING)
    data = call.body["data"]
    check_data(form, data)
    obey_rules(call, form, data, before)
    return form, data, check_my_number(call, form, data)


def _next(
    call: Call, before: FormRecord, data: Mapping[str, Any], version: str, revision: int
) -> FormRecord:
    """The next revision. Who convenes a meeting is not changed by who writes to it."""
    return replace(
        before,
        version=version,
        revision=revision,
        data=data,
        changed=forms.changed_pointers(before.data, data),
        **saved_by(call),
    )


def _agenda(call: Call, folder: Folder, case_id: str) -> FormRecord:
    """The agenda with one more case, as a record of its own: the revision of the meeting would
    tell how many cases there are."""
    version = forms.form_versions(AGENDA)[-1]
    before = folder.records.get(AGENDA)
    cases = [*meetings.agenda_of(folder), case_id]
    if before is not None:
        return _next(call, before, {"cases": cases}, version, before.revision + 1)
    return FormRecord(
        form=AGENDA,
        record_id=AGENDA,
        version=version,
        revision=1,
        data={"cases": cases},
        created_at=call.now,
        contributors=folder.records[MEETING].contributors,
        changed=("/cases",),
        **saved_by(call),
    )


def _event(
    call: Call, action: str, folder: Folder, record: FormRecord, statements: list[dict[str, str]]
) -> dict[str, Any]:
    return write_event(
        call,
        action,
        folder.key,
        folder.chain_seq,
        folder.chain_hash,
        (record,),
        basis=meetings.convenes(call.actor, folder.records[MEETING], call.now) or Basis.OWN_ACCOUNT,
        extra={"notMyNumber": statements} if statements else None,
    )


def _reply(call: Call, folder: Folder) -> Reply:
    """The meeting with the agenda as far as the actor may know it; what is read of a case goes
    into the log of this case before the body leaves."""
    agenda = []
    for item in _items(call, folder):
        here = opened(call, item.case, item.decision)
        intake = item.case.intake
        who = here.reader.show(form_of(intake), replace(intake, data=_name_of(intake)))
        read = {item.record.record_id: item.shown, **({intake.record_id: who} if who.data else {})}
        record_read(call, here, "read-meeting", read)
        agenda.append(
            {
                "caseId": item.case.case_id,
                **who.data,
                "recordId": item.record.record_id,
                "formVersion": item.record.version,
                "revision": item.record.revision,
                "attends": item.attends,
                "mayWrite": writable(call, here, item.record),
                "data": item.shown.data,
            }
        )
    meeting = folder.records[MEETING]
    etag = {}
    if meetings.convenes(call.actor, meeting, call.now):
        etag = {"ETag": f'"{meeting.revision}"'}
    return Reply(body={**_head(call, folder), "agenda": agenda}, headers=etag)


def _name_of(intake: FormRecord) -> Mapping[str, Any]:
    """By which a case on the agenda is known to those who may know its name."""
    return {name: intake.data[name] for name in ("name",) if name in intake.data}


def _head(call: Call, folder: Folder) -> dict[str, Any]:
    meeting = folder.records[MEETING]
    convening = meetings.convenes(call.actor, meeting, call.now) is not None
    return {
        "meetingId": folder.folder_id,
        "convening": convening,
        "formVersion": meeting.version,
        **(_written(meeting) if convening else {}),
        "data": meetings.told(call.actor, meeting, call.now),
    }


def _written(meeting: FormRecord) -> dict[str, Any]:
    return {
        "revision": meeting.revision,
        "updatedAt": to_iso(meeting.saved_at),
        "updatedBy": author(meeting),
    }
