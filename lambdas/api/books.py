"""Records outside cases: telephone memos, advice to agencies, social resources, figures that are
entered by hand. Each is a folder of its own with one record, its revisions and its chain."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.opened import (
    author,
    check_data,
    check_my_number,
    checked_form,
    form_of,
    obey_rules,
    open_case,
    refuse_field,
    request_of,
    saved_by,
    write_event,
)
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import audit, forms
from lambdas.casework.access import (
    BOOK_READERS,
    WRITERS,
    Basis,
    DataClass,
    Decision,
    Matter,
    may_read_book,
    may_write,
    may_write_form,
)
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.records import Folder, FormRecord, new_id
from lambdas.store.repository import StaleError, Written, folder_puts

routes = Blueprint(__name__)

_BOOKS = frozenset(BOOK_READERS)
_ID = "record"
_MEMOS = "phone-memo"


@operation(
    routes,
    Operation(
        method="GET",
        path="/books/{book}",
        summary="ケースの外の記録(電話メモ、助言・後方支援、社会資源など。新しい順)",
        status=200,
        reply="BookPage",
        query=("limit", "cursor"),
        problems=("not-found", "bad-query"),
    ),
)
def list_book(call: Call, book: str) -> Reply:
    _known(book)
    limit, cursor = call.page_size(default=50, most=100), call.query("cursor")
    if cursor is not None and not is_folder_cursor(cursor):
        raise Problem("bad-query")
    page = repository().list_folders(_kind(book), limit=limit, cursor=cursor)
    shown = []
    bases: set[Basis] = set()
    for folder_id in page.items:
        folder = repository().open_folder(_kind(book), folder_id)
        record = folder and folder.records[_ID]
        basis = record and may_read_book(call.actor, book, record.contributors, call.now)
        if folder and record and basis:
            bases.add(basis)
            shown.append((folder_id, record))
    repository().record_event(
        subject="LIST",
        event=event(
            call,
            "list-book",
            Decision(basis=min(bases, default=Basis.OWN_ACCOUNT)),
            extra={"book": book, "entries": [folder_id for folder_id, _ in shown]},
        ),
    )
    return Reply(
        body={
            "items": [_body(folder_id, record) for folder_id, record in shown],
            "nextCursor": page.next_cursor,
        }
    )


@operation(
    routes,
    Operation(
        method="POST",
        path="/books/{book}",
        summary="ケースの外の記録を加える",
        status=201,
        reply="BookEntry",
        body="NewBookEntry",
        idempotent=True,
        etag=True,
        problems=(
            "not-found",
            "not-permitted",
            "invalid-record",
            "my-number-suspected",
            "idempotency-key-reused",
        ),
    ),
)
def add_entry(call: Call, book: str) -> Reply:
    _known(book)
    key = call.required_idempotency_key()
    if not _may_write(call, book):
        raise Problem("not-permitted")
    form = checked_form(call, book)
    data = call.body["data"]
    statements = _checked(call, form, data, None)
    record = FormRecord(
        form=book,
        record_id=_ID,
        version=form.version,
        revision=1,
        data=data,
        created_at=call.now,
        contributors=frozenset({call.actor.agency_id}),
        changed=forms.changed_pointers({}, data),
        **saved_by(call),
    )
    folder = Folder(
        kind=_kind(book),
        folder_id=new_id("r", secrets.choice),
        created_at=call.now,
        chain_seq=0,
        chain_hash=audit.GENESIS,
        records={_ID: record},
    )
    written = _event(call, "create-record", folder, record, statements)
    saved = repository().create_folder(folder, event=written, request=request_of(call, key, book))
    if saved.replayed:
        folder = repository().open_folder(_kind(book), saved.folder_id) or folder
    return _reply(saved.folder_id, folder.records[_ID])


@operation(
    routes,
    Operation(
        method="GET",
        path="/books/{book}/{entry_id}",
        summary="ケースの外の記録(現在の版)",
        status=200,
        reply="BookEntry",
        etag=True,
        problems=("not-found", "nothing-to-show"),
    ),
)
def read_entry(call: Call, book: str, entry_id: str) -> Reply:
    folder, basis = open_entry(call, book, entry_id)
    record = folder.records[_ID]
    repository().record_event(
        subject=folder.key,
        event=event(
            call,
            "read-form",
            Decision(basis=basis),
            record={"form": book, "recordId": _ID, "revision": record.revision},
        ),
    )
    return _reply(entry_id, record)


@operation(
    routes,
    Operation(
        method="PUT",
        path="/books/{book}/{entry_id}",
        summary="ケースの外の記録を保存する(新しい版を加える)",
        status=200,
        reply="BookEntry",
        body="NewBookEntry",
        if_match=True,
        etag=True,
        problems=(
            "not-found",
            "nothing-to-show",
            "not-permitted",
            "changed-by-other",
            "invalid-record",
            "my-number-suspected",
            "idempotency-key-required",
            "idempotency-key-reused",
        ),
    ),
)
def save_entry(call: Call, book: str, entry_id: str) -> Reply:
    expected = call.if_match()
    key = call.idempotency_key()
    folder, _ = open_entry(call, book, entry_id)
    if not _may_write(call, book):
        raise Problem("not-permitted")
    form = checked_form(call, book)
    data = call.body["data"]
    before = folder.records[_ID]
    if book == _MEMOS and data.get("attachedCaseId") != before.data.get("attachedCaseId"):
        refuse_field("/attachedCaseId", "not-permitted-here")
    statements = _checked(call, form, data, before)

    def make(opened: Folder) -> Written:
        record = _next(call, opened.records[_ID], data, expected + 1, form.version)
        return Written(
            records=(record,), event=_event(call, "write-form", opened, record, statements)
        )

    try:
        saved = repository().save_folder(
            folder,
            make=make,
            request=request_of(call, key, f"{book} {entry_id}") if key else None,
            expected={_ID: expected},
        )
    except StaleError as stale:
        raise Problem(
            "changed-by-other",
            headers={"ETag": f'"{stale.current_revision}"'},
            currentRevision=stale.current_revision,
        ) from stale
    record = repository().revision(folder.key, _ID, saved.revision)
    if record is None:
        raise RuntimeError("a save names a revision that does not exist")
    return _reply(entry_id, record)


@operation(
    routes,
    Operation(
        method="POST",
        path="/books/{book}/{entry_id}/attach",
        summary="電話メモをケースの経過記録にする",
        status=201,
        reply="Attached",
        body="AttachMemo",
        idempotent=True,
        problems=(
            "nothing-to-show",
            "not-permitted",
            "invalid-record",
            "already-attached",
            "idempotency-key-reused",
            "not-found",
        ),
    ),
)
def attach_memo(call: Call, book: str, entry_id: str) -> Reply:
    """The memo becomes a progress record of the case, and says so itself, in one transaction."""
    if book != _MEMOS:
        raise Problem("not-found")
    key = call.required_idempotency_key()
    folder, _ = open_entry(call, _MEMOS, entry_id)
    here = open_case(call, call.body["caseId"])
    record_id = new_id("r", secrets.choice)
    form = forms.form("progress", forms.form_versions("progress")[-1])
    matter = Matter(
        record_id=record_id,
        data_class=DataClass.PROGRESS,
        persons=frozenset({here.case.subject}),
        contributors=frozenset({call.actor.agency_id}),
    )
    basis = may_write(call.actor, here.situation, "progress", matter, call.now, new=True)
    if basis is None:
        raise Problem("not-permitted")

    def make(case: Any) -> Written:
        memo_folder = repository().open_folder(_kind(_MEMOS), entry_id) or folder
        memo = memo_folder.records[_ID]
        if "attachedCaseId" in memo.data:
            raise Problem("already-attached")
        progress = FormRecord(
            form="progress",
            record_id=record_id,
            version=form.version,
            revision=1,
            data=progress_of_memo(memo.data),
            created_at=call.now,
            about={"": (case.subject,)},
            contributors=frozenset({call.actor.agency_id}),
            changed=(),
            **saved_by(call),
        )
        check_data(form, progress.data)
        attached = _next(
            call,
            memo,
            {**memo.data, "attachedCaseId": case.case_id},
            memo.revision + 1,
            memo.version,
        )
        memo_event = _event(call, "attach-memo", memo_folder, attached, [])
        return Written(
            records=(progress,),
            event=write_event(
                call,
                "create-record",
                case.key,
                case.chain_seq,
                case.chain_hash,
                (progress,),
                basis=basis,
                case_id=case.case_id,
            ),
            also=folder_puts(memo_folder, attached, memo_event),
        )

    saved = repository().save(
        here.case, make=make, request=request_of(call, key, f"{entry_id} {here.case.case_id}")
    )
    return Reply(body={"caseId": here.case.case_id, "recordId": saved.record_id})


def progress_of_memo(memo: Mapping[str, Any]) -> dict[str, Any]:
    """The progress record that a telephone memo becomes; it is its author agency's own until it
    is shared."""
    minutes = {"from": memo["time"]} if "time" in memo else {}
    caller = {"counterpartNote": memo["caller"]} if "caller" in memo else {}
    return {
        "date": memo["date"],
        **minutes,
        "method": "04",
        "counterpart": "other",
        **caller,
        "facts": memo["content"],
        **({"nextAction": memo["followUp"]} if "followUp" in memo else {}),
        "sharedWith": "own",
    }


def is_folder_cursor(text: str) -> bool:
    """Whether `text` looks like the cursor of a list of folders."""
    at, _, folder_id = text.partition("#")
    return len(at) == 27 and 0 < len(folder_id) <= 40 and text.isascii()


def _known(book: str) -> None:
    if book not in _BOOKS or book not in forms.form_names():
        raise Problem("not-found")


def _kind(book: str) -> str:
    return f"BOOK-{book.upper()}"


def open_entry(call: Call, book: str, entry_id: str) -> tuple[Folder, Basis]:
    """A record outside cases that the actor may read. Raises Problem."""
    _known(book)
    folder = repository().open_folder(_kind(book), entry_id) if len(entry_id) <= 40 else None
    basis = None
    if folder is not None:
        contributors = folder.records[_ID].contributors
        basis = may_read_book(call.actor, book, contributors, call.now)
    if folder is None or basis is None:
        repository().record_event(
            subject=folder.key if folder else "MISSING",
            event=event(call, "read-form", Decision(basis=None)),
        )
        raise Problem("nothing-to-show")
    return folder, basis


def _may_write(call: Call, book: str) -> bool:
    """Whether the actor may write into a book; a contractor while its contract lasts."""
    if not may_write_form(call.actor, book, call.now):
        return False
    own = frozenset({call.actor.agency_id})
    return (
        call.actor.role in WRITERS[book]
        and may_read_book(call.actor, book, own, call.now) is not None
    )


def _checked(
    call: Call, form: forms.Form, data: Mapping[str, Any], before: FormRecord | None
) -> list[dict[str, str]]:
    check_data(form, data)
    if data.get("date", "") > japanese_day(call.now).isoformat():
        refuse_field("/date", "future-date")
    if before is None and "attachedCaseId" in data:
        refuse_field("/attachedCaseId", "not-permitted-here")
    obey_rules(call, form, data, before)
    return check_my_number(call, form, data)


def _next(
    call: Call, before: FormRecord, data: Mapping[str, Any], revision: int, version: str
) -> FormRecord:
    return replace(
        before,
        version=version,
        revision=revision,
        data=data,
        contributors=before.contributors | {call.actor.agency_id},
        changed=forms.changed_pointers(before.data, data),
        **saved_by(call),
    )


def _event(
    call: Call,
    action: str,
    folder: Folder,
    record: FormRecord,
    statements: list[dict[str, str]],
) -> dict[str, Any]:
    basis = may_read_book(call.actor, record.form, record.contributors, call.now)
    return write_event(
        call,
        action,
        folder.key,
        folder.chain_seq,
        folder.chain_hash,
        (record,),
        basis=basis,
        extra={"notMyNumber": statements} if statements else None,
    )


def _reply(entry_id: str, record: FormRecord) -> Reply:
    return Reply(body=_body(entry_id, record), headers={"ETag": f'"{record.revision}"'})


def _body(entry_id: str, record: FormRecord) -> dict[str, Any]:
    return {
        "entryId": entry_id,
        "form": record.form,
        "title": form_of(record).title,
        "formVersion": record.version,
        "revision": record.revision,
        "data": record.data,
        "createdAt": to_iso(record.created_at),
        "updatedAt": to_iso(record.saved_at),
        "updatedBy": author(record),
    }
