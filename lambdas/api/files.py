"""Attachments of a case: sent in parts, judged when they are complete, handed out by ranges.

Neither 20 MB nor a link to the bucket fits a closed network (Ruling 8), so both ways lead through
the API. Until a file is judged clean no record names it and no route reads it.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from chalice.app import Blueprint

from lambdas.api.call import MAX_CONTENT_BYTES, Call, Operation, Reply, operation
from lambdas.api.opened import (
    Opened,
    check_data,
    check_my_number,
    form_of,
    open_case,
    record_body,
    record_read,
    refuse_field,
    saved_by,
    visible_record,
    write,
)
from lambdas.api.problems import Problem, field_error, refuse_my_number
from lambdas.api.records import about_of, check_rules, confinement_of, permit
from lambdas.api.tenant import files, judge, repository
from lambdas.api.trail import event
from lambdas.casework import forms
from lambdas.casework.access import (
    Basis,
    Confinement,
    Decision,
    may_write_form,
)
from lambdas.casework.clock import to_iso
from lambdas.casework.records import CaseFile, FormRecord, new_id
from lambdas.casework.showing import may_change
from lambdas.store.files import MalwareError, NotJudgedError, Upload, begin, expiry, find

if TYPE_CHECKING:
    from lambdas.casework.files.outcome import Examined

routes = Blueprint(__name__)

FORM = "attachment"
PART_BYTES = MAX_CONTENT_BYTES
_UPLOAD_ID = re.compile(r"f-[0-9a-f]{20}")
_PART = re.compile(r"[1-9][0-9]?")
_RANGE = re.compile(r"bytes=([0-9]{0,9})-([0-9]{0,9})")
# Where statements about the content point to: it is no property of the record.
_CONTENT = "/content"
_BUSY_SECONDS = "15"

_CONTENT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@operation(
    routes,
    Operation(
        method="POST",
        path="/cases/{case_id}/files",
        summary="ファイルの添付を始める",
        status=201,
        reply="Upload",
        body="NewFile",
        idempotent=True,
        problems=(
            "nothing-to-show",
            "not-permitted",
            "invalid-record",
            "file-refused",
            "my-number-suspected",
            "idempotency-key-reused",
        ),
    ),
)
def begin_file(call: Call, case_id: str) -> Reply:
    key = call.required_idempotency_key()
    _check_role(call)
    here = open_case(call, case_id)
    sent = call.body["data"]
    _check_declared(sent)
    upload_id = _upload_id(call, case_id, key)
    texts = {name: sent[name] for name in ("name", "description") if name in sent}
    statements = check_my_number(call, _form(), texts)
    upload = Upload(
        upload_id=upload_id,
        case_id=case_id,
        staff_id=call.actor.staff_id,
        declared={
            "data": sent,
            "about": about_of(call, here, _form(), sent, None),
            "basis": call.body.get("received", {}).get("basis"),
            "meeting": call.body.get("received", {}).get("meetingId"),
            "confined": confinement_of(call, FORM, sent) is not None,
            "statements": statements,
        },
        expires_at=expiry(call.now),
    )
    # Everything but the content is judged before anybody sends 20 MB.
    record = _record(call, upload, {**sent, **_PROVISIONAL, "fileId": upload_id})
    _check_record(call, here, record)
    begin(upload, request_sha256=call.request_sha256())
    return Reply(
        body={
            "uploadId": upload_id,
            "partBytes": PART_BYTES,
            "parts": _part_count(upload),
            "expiresAt": to_iso(datetime.fromtimestamp(upload.expires_at, UTC)),
        }
    )


@operation(
    routes,
    Operation(
        method="PUT",
        path="/uploads/{upload_id}/parts/{number}",
        summary="ファイルの一部を送る(送り直してもよい)",
        status=204,
        reply=None,
        takes_content=True,
        problems=("no-upload", "wrong-part"),
    ),
)
def put_part(call: Call, upload_id: str, number: str) -> Reply:
    upload = _own_upload(call, upload_id)
    count = _part_count(upload)
    if not _PART.fullmatch(number) or int(number) > count:
        raise Problem("wrong-part", expectedBytes=0)
    if len(call.content) != (expected := _part_bytes(upload, int(number))):
        raise Problem("wrong-part", expectedBytes=expected)
    files().put_part(upload_id, int(number), call.content)
    return Reply()


@operation(
    routes,
    Operation(
        method="POST",
        path="/uploads/{upload_id}/complete",
        summary="ファイルを送り終え、検査して添付する",
        status=201,
        reply="Record",
        body="FileCompletion",
        etag=True,
        problems=(
            "no-upload",
            "nothing-to-show",
            "not-permitted",
            "parts-missing",
            "file-altered",
            "file-refused",
            "file-in-quarantine",
            "invalid-record",
            "my-number-suspected",
        ),
    ),
)
def complete_file(call: Call, upload_id: str) -> Reply:
    upload = _own_upload(call, upload_id)
    _check_role(call)
    here = open_case(call, upload.case_id)
    if attached := _attached(here.case, upload_id):
        # A repetition: the first attempt has done everything.
        return _record_reply(here, attached)
    content = _joined(upload)
    examined = _examined(call, here, upload, content)
    statement = _check_content(call, here, upload, examined)
    _ask_judge(call, here, upload, content)
    data = {
        **upload.declared["data"],
        "name": _stored_name(upload, examined),
        "fileId": upload_id,
        "mediaType": examined.kind.media_type,
        "state": "clean",
        **({"addressFound": True} if _reads_like_an_address(examined) else {}),
    }
    record = _record(call, upload, data)
    files().put(upload.case_id, upload_id, content)

    def make(now_open: Opened) -> tuple[FormRecord, ...]:
        if _attached(now_open.case, upload_id):
            raise _AlreadyAttachedError
        _check_record(call, now_open, record)
        return (record,)

    try:
        _, after = write(
            call,
            here,
            make,
            action="attach-file",
            basis=_write_basis(call, here, record),
            request=None,
            extra=statement,
        )
    except _AlreadyAttachedError:
        # Two requests to complete at once: the other one was first.
        after = open_case(call, upload.case_id)
    files().discard(upload_id)
    return _record_reply(after, _attached(after.case, upload_id) or record)


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/files/{file_id}",
        summary="添付ファイルの内容(4 MB までの範囲)",
        status=200,
        reply=None,
        gives_content=True,
        problems=("nothing-to-show",),
    ),
)
def read_file(call: Call, case_id: str, file_id: str) -> Reply:
    here = open_case(call, case_id)
    attached = _attached(here.case, file_id)
    record, shown = visible_record(call, here, attached.record_id if attached else file_id)
    # A file is one thing: it is handed out to who may see its whole record.
    if shown.data.keys() != record.data.keys() or not _may_open(call, here, record):
        repository().record_event(
            subject=here.case.key,
            event=event(
                call,
                "download-file",
                Decision(basis=None),
                case_id=case_id,
                record={"form": FORM, "recordId": record.record_id},
            ),
        )
        raise Problem("nothing-to-show")
    size = int(record.data["bytes"])
    first, last, whole = _range(call.request.headers.get("range"), size)
    content = files().read(case_id, file_id, first, last)
    record_read(call, here, "download-file", {record.record_id: shown})
    return Reply(
        body=content,
        status=200 if whole else 206,
        headers={
            "Content-Disposition": _disposition(record.data["name"]),
            "Content-Security-Policy": _CONTENT_POLICY,
            "Accept-Ranges": "bytes",
            **({} if whole else {"Content-Range": f"bytes {first}-{last}/{size}"}),
        },
    )


class _AlreadyAttachedError(Exception):
    """Another request has completed the same upload in between."""


# What is known of a file only when it is complete; any value that the form takes.
_PROVISIONAL = {"mediaType": "application/pdf", "state": "clean"}


def _form() -> forms.Form:
    return forms.form(FORM, forms.form_versions(FORM)[-1])


def _upload_id(call: Call, case_id: str, key: str) -> str:
    """The same for a repeated request, and the id of the file; nobody is let in by knowing it."""
    text = "\n".join((call.actor.staff_id, case_id, key))
    return f"f-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def _check_role(call: Call) -> None:
    if not may_write_form(call.actor, FORM, call.now):
        raise Problem("not-permitted")


def _check_declared(sent: Mapping[str, Any]) -> None:
    from lambdas.casework.files.names import is_file_name
    from lambdas.casework.files.outcome import MAX_BYTES

    if not is_file_name(sent["name"]):
        refuse_field("/name", "file-name")
    if not 0 < sent["bytes"] <= MAX_BYTES:
        _refuse_file("/data/bytes", "file-too-large" if sent["bytes"] else "file-empty")


def _check_record(call: Call, here: Opened, record: FormRecord) -> None:
    """Refuses a record that may not be written in the case as it stands. Raises Problem."""
    form, data = form_of(record), record.data
    check_data(form, data)
    permit(call, here, form, record, data, new=True)
    other = here.case.records.get(data.get("attachedTo", ""))
    if "attachedTo" in data and not (other and here.reader.may_see(form_of(other), other)):
        refuse_field("/attachedTo", "unknown-record")
    check_rules(call, here, form, data, None, record.confined)


def _record(call: Call, upload: Upload, data: Mapping[str, Any]) -> FormRecord:
    declared = upload.declared
    confined = None
    if declared["confined"]:
        confined = Confinement(basis=Basis(declared["basis"]), meeting_id=declared["meeting"])
    return FormRecord(
        form=FORM,
        record_id=new_id("r", secrets.choice),
        version=_form().version,
        revision=1,
        data=data,
        created_at=call.now,
        about={name: tuple(persons) for name, persons in declared["about"].items()},
        contributors=frozenset({call.actor.agency_id}),
        confined=confined,
        source_basis=declared["basis"],
        changed=forms.changed_pointers({}, data),
        **saved_by(call),
    )


def _write_basis(call: Call, here: Opened, record: FormRecord) -> Basis | None:
    form = form_of(record)
    return may_change(call.actor, here.situation, form, record, "name", call.now, new=True)


def _own_upload(call: Call, upload_id: str) -> Upload:
    """The actor's own upload, while it lasts. Raises Problem."""
    upload = None
    if _UPLOAD_ID.fullmatch(upload_id):
        upload = find(upload_id, staff_id=call.actor.staff_id, now=call.now)
    if upload is None:
        raise Problem("no-upload")
    return upload


def _part_count(upload: Upload) -> int:
    return -(-int(upload.declared["data"]["bytes"]) // PART_BYTES)


def _part_bytes(upload: Upload, number: int) -> int:
    return min(PART_BYTES, int(upload.declared["data"]["bytes"]) - (number - 1) * PART_BYTES)


def _attached(case: CaseFile, file_id: str) -> FormRecord | None:
    return next((r for r in case.of(FORM) if r.data["fileId"] == file_id), None)


def _record_reply(here: Opened, record: FormRecord) -> Reply:
    shown = here.reader.show(form_of(record), record)
    return Reply(body=record_body(record, shown), headers={"ETag": f'"{record.revision}"'})


# --- judging --------------------------------------------------------------------------------------


def _joined(upload: Upload) -> bytes:
    """The file as it was declared. Raises Problem."""
    count = _part_count(upload)
    come = files().parts(upload.upload_id)
    missing = [n for n in range(1, count + 1) if come.get(n) != _part_bytes(upload, n)]
    if missing:
        raise Problem("parts-missing", missingParts=missing)
    content = files().joined(upload.upload_id, count)
    if hashlib.sha256(content).hexdigest() != upload.declared["data"]["sha256"]:
        raise Problem("file-altered")
    return content


def _examined(call: Call, here: Opened, upload: Upload, content: bytes) -> "Examined":
    """What the file is. Raises Problem when it is not taken; it is then gone at once."""
    # Imported by the first file: no other request waits for it.
    from lambdas.casework.files.judgement import examine
    from lambdas.casework.files.outcome import RefusedError

    try:
        return examine(content)
    except RefusedError as refused:
        _record_refusal(call, here, upload, refused.code)
        files().discard(upload.upload_id)
        raise _file_problem(_CONTENT, refused.code) from refused


def _check_content(
    call: Call, here: Opened, upload: Upload, examined: "Examined"
) -> dict[str, Any] | None:
    """Refuses a My Number unless a person stated that it is none, and an address where one must
    be kept secret. The statements go into the trail. Raises Problem."""
    from lambdas.casework.files.judgement import my_number_places

    if here.situation.protected and _reads_like_an_address(examined):
        _record_refusal(call, here, upload, "file-address")
        _refuse_file(_CONTENT, "file-address")
    given = call.body.get("notMyNumber", [])
    refuse_my_number({f"/notMyNumber/{n}/reason": s["reason"] for n, s in enumerate(given)})
    statements = list(upload.declared["statements"])
    places = my_number_places(examined.pieces)
    if places:
        stated = [
            {"pointer": _CONTENT, "reason": s["reason"]} for s in given if s["pointer"] == _CONTENT
        ]
        if not stated:
            _record_refusal(call, here, upload, "my-number")
            _refuse_number(places)
        statements += stated
    return {"notMyNumber": statements} if statements else None


def _ask_judge(call: Call, here: Opened, upload: Upload, content: bytes) -> None:
    """Waits for the municipality's scanner, where there is one. Raises Problem."""
    try:
        judge()(files(), upload.upload_id, content)
    except NotJudgedError as error:
        raise Problem("file-in-quarantine", headers={"Retry-After": _BUSY_SECONDS}) from error
    except MalwareError as error:
        _record_refusal(call, here, upload, "file-malware")
        files().discard(upload.upload_id)
        raise _file_problem(_CONTENT, "file-malware") from error


def _reads_like_an_address(examined: "Examined") -> bool:
    from lambdas.casework.sealed import reads_like_an_address

    return any(reads_like_an_address(piece.text) for piece in examined.pieces)


def _stored_name(upload: Upload, examined: "Examined") -> str:
    from lambdas.casework.files.names import name_for

    return name_for(upload.declared["data"]["name"], examined.kind)


def _record_refusal(call: Call, here: Opened, upload: Upload, code: str) -> None:
    """Puts the event of a refused file before its answer leaves: who, which file by its hash, and
    why; no name."""
    repository().record_event(
        subject=here.case.key,
        event=event(
            call,
            "refuse-file",
            Decision(basis=None),
            case_id=upload.case_id,
            extra={"reason": code, "fileSha256": upload.declared["data"]["sha256"]},
        ),
    )


def _refuse_file(pointer: str, code: str) -> NoReturn:
    raise _file_problem(pointer, code)


def _file_problem(pointer: str, code: str) -> Problem:
    error = forms.FieldError(pointer=pointer, code=code)
    return Problem("file-refused", errors=[field_error(error, below="")])


def _refuse_number(places: tuple[str, ...]) -> NoReturn:
    """Says where, for the person to look there; never what stands there."""
    error = field_error(forms.FieldError(pointer=_CONTENT, code="my-number"), below="")
    raise Problem(
        "my-number-suspected",
        errors=[{**error, "message": f"{place}: {error['message']}"} for place in places],
    )


# --- handing out ----------------------------------------------------------------------------------


def _may_open(call: Call, here: Opened, record: FormRecord) -> bool:
    """A file with an address is closed while somebody of the case must keep theirs secret, but to
    those who may know it."""
    if record.data["state"] != "clean":
        return False
    known = call.actor.staff_id in here.situation.holders
    return known or not (here.situation.protected and record.data.get("addressFound"))


def _range(header: str | None, size: int) -> tuple[int, int, bool]:
    """First and last byte, and whether that is an answer without a range (RFC 9110, 14). A range
    that is too long is answered with its first part. Raises Problem."""
    if header is None and size <= PART_BYTES:
        return 0, size - 1, True
    match = _RANGE.fullmatch(header or "")
    if match is None or match[0] == "bytes=-":
        _refuse_range(size)
    if not match[1]:
        first, last = max(0, size - int(match[2])), size - 1
    else:
        first, last = int(match[1]), min(int(match[2] or size), size - 1)
    if first > last:
        _refuse_range(size)
    return first, min(last, first + PART_BYTES - 1), False


def _refuse_range(size: int) -> NoReturn:
    raise Problem("range-not-satisfiable", headers={"Content-Range": f"bytes */{size}"})


def _disposition(name: str) -> str:
    """Always to be saved, never shown in the browser; the name by RFC 6266 and RFC 8187."""
    extension = name.rpartition(".")[2]
    return (
        f"attachment; filename=\"attachment.{extension}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
