"""The records of a case: one set of routes for every form."""

import json
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import MAX_REPLY_BYTES, Call, Operation, Reply, operation
from lambdas.api.opened import (
    Opened,
    author,
    check_data,
    check_my_number,
    checked_form,
    form_of,
    obey_rules,
    open_case,
    open_for_emergency,
    record_body,
    record_read,
    refuse_field,
    refuse_fields,
    request_of,
    saved_by,
    visible_record,
    write,
)
from lambdas.api.problems import Problem, field_error
from lambdas.api.settings import settings, terms
from lambdas.api.tenant import repository
from lambdas.casework import forms, rules, sealed
from lambdas.casework.access import (
    CONFERENCE_BASES,
    Basis,
    Confinement,
    may_lift_protection,
    may_write_form,
)
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.meetings import with_paper_window
from lambdas.casework.migrations import NoMigrationError, brought_to
from lambdas.casework.records import (
    PERSON_ID,
    FormRecord,
    is_protected,
    is_record_id,
    new_id,
    protects,
)
from lambdas.casework.showing import Shown, changed_properties, may_change
from lambdas.store.repository import Put, Request

routes = Blueprint(__name__)

# Forms that routes of their own write: a change of state has guards, the compartment its key,
# a file its content.
_OWN_ROUTES = frozenset({"transition", "sealed", "attachment", "disclosure-access"})
# Written with something else: the agenda of a meeting, a request for disclosure.
_WITH_OTHERS = frozenset({"conference", "disclosure-masks"})


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/records",
        summary="ケースの記録(様式(いくつかはコンマで区切る)・機関・人・プランの役割で絞り込み、新しい順)",
        status=200,
        reply="RecordPage",
        query=("form", "agency", "person", "planItem", "limit", "cursor"),
        problems=("nothing-to-show", "bad-query"),
    ),
)
def list_records(call: Call, case_id: str) -> Reply:
    """What narrows the list is judged by what the caller is shown: it tells nothing more."""
    limit, cursor, wanted = (
        call.page_size(default=50, most=100),
        call.query("cursor"),
        call.query("form"),
    )
    named = None if wanted is None else frozenset(wanted.split(","))
    if named is not None and not named <= set(forms.form_names()):
        raise Problem("bad-query")
    if cursor is not None and not is_record_id(cursor):
        raise Problem("bad-query")
    _check_narrowing(call)
    here = open_case(call, case_id)
    records = [r for r in newest_first(here) if named is None or r.form in named]
    if cursor is not None:
        ids = [r.record_id for r in records]
        if cursor not in ids:
            raise Problem("bad-query")
        records = records[ids.index(cursor) + 1 :]
    page: dict[str, dict[str, Any]] = {}
    shown = {}
    size, more = 0, False
    for record in records:
        part = here.reader.show(form_of(record), record)
        if not part.bases or not _is_wanted(call, record, part):
            continue
        body = record_body(record, part)
        # A page ends before Lambda's limit as well.
        size += len(json.dumps(body, ensure_ascii=False).encode())
        if len(page) == limit or size > MAX_REPLY_BYTES // 2:
            more = True
            break
        page[record.record_id], shown[record.record_id] = body, part
    record_read(call, here, "read-records", shown)
    cursor = list(page)[-1] if more and page else None
    return Reply(body={"items": list(page.values()), "nextCursor": cursor})


@operation(
    routes,
    Operation(
        method="POST",
        path="/cases/{case_id}/records",
        summary="ケースに記録を加える",
        status=201,
        reply="Record",
        body="NewRecord",
        idempotent=True,
        etag=True,
        problems=(
            "nothing-to-show",
            "not-permitted",
            "invalid-record",
            "my-number-suspected",
            "record-exists",
            "idempotency-key-reused",
        ),
    ),
)
def create_record(call: Call, case_id: str) -> Reply:
    key = call.required_idempotency_key()
    name = call.body["form"]
    if name in _OWN_ROUTES or not may_write_form(call.actor, name, call.now):
        raise Problem("not-permitted")
    here = (open_for_emergency if name == "emergency-access" else open_case)(call, case_id)
    form = checked_form(call, name)
    if not form.of_case:
        raise Problem("not-permitted")
    return add_record(call, here, form, call.body["data"], request_of(call, key, case_id))


def add_record(
    call: Call,
    here: Opened,
    form: forms.Form,
    data: Mapping[str, Any],
    request: Request,
    *,
    also: Callable[[Opened, tuple[FormRecord, ...]], tuple[Put, ...]] | None = None,
) -> Reply:
    """Adds a record of a form to a case, as the body of the call says whom it is about and where
    it was given; `also`: what goes into the same transaction. Raises Problem."""
    name = form.form
    check_data(form, data)
    data = _filled_in(name, data, None)
    statements = check_my_number(call, form, data)
    record_id = name if form.singleton else new_id("r", secrets.choice)
    confined = confinement_of(call, name, data)

    def make(now_open: Opened) -> tuple[FormRecord, ...]:
        if form.singleton and record_id in now_open.case.records:
            raise Problem("record-exists")
        record = FormRecord(
            form=name,
            record_id=record_id,
            version=form.version,
            revision=1,
            data=data,
            created_at=call.now,
            about=about_of(call, now_open, form, data, None),
            contributors=frozenset({call.actor.agency_id}),
            confined=confined,
            source_basis=call.body.get("received", {}).get("basis"),
            changed=forms.changed_pointers({}, data),
            **saved_by(call),
        )
        permit(call, now_open, form, record, data, new=True)
        check_rules(call, now_open, form, data, None, confined)
        return (record,)

    saved, after = write(
        call,
        here,
        make,
        action="create-record",
        basis=write_basis(call, here, form, data, record_id),
        request=request,
        also=also,
        extra={"notMyNumber": statements} if statements else None,
    )
    return _saved_reply(call, after, saved.record_id, saved.revision)


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/records/{record_id}",
        summary="記録(現在の版。formVersion を指定すると、その版の様式に移した形で返す)",
        status=200,
        reply="Record",
        etag=True,
        query=("formVersion",),
        problems=("nothing-to-show", "bad-query"),
    ),
)
def read_record(call: Call, case_id: str, record_id: str) -> Reply:
    """The record as it was written, or as who goes on writing it under a later version of its
    form finds it."""
    here = open_case(call, case_id)
    record, shown = visible_record(call, here, record_id)
    version = call.query("formVersion")
    if version is not None:
        try:
            record = brought_to(record, version)
        except (forms.UnknownFormError, NoMigrationError):
            raise Problem("bad-query") from None
        shown = here.reader.show(form_of(record), record)
    record_read(call, here, "read-form", {record_id: shown})
    return Reply(body=record_body(record, shown), headers={"ETag": f'"{record.revision}"'})


@operation(
    routes,
    Operation(
        method="PUT",
        path="/cases/{case_id}/records/{record_id}",
        summary="記録を保存する(新しい版を加える)",
        status=200,
        reply="Record",
        body="RecordSave",
        if_match=True,
        etag=True,
        problems=(
            "nothing-to-show",
            "not-permitted",
            "changed-by-other",
            "write-once",
            "invalid-record",
            "my-number-suspected",
            "idempotency-key-required",
            "idempotency-key-reused",
        ),
    ),
)
def save_record(call: Call, case_id: str, record_id: str) -> Reply:
    expected = call.if_match()
    key = call.idempotency_key()
    here = open_case(call, case_id)
    found, _ = visible_record(call, here, record_id)
    if found.form in _OWN_ROUTES or not may_write_form(call.actor, found.form, call.now):
        raise Problem("not-permitted")
    form = checked_form(call, found.form)
    if form.write_once:
        raise Problem("write-once")
    statements: list[dict[str, str]] = []

    def make(now_open: Opened) -> tuple[FormRecord, ...]:
        before = now_open.case.records[record_id]
        if expected < before.revision:
            # The store answers it: a repetition with its first outcome, all else as stale.
            return (replace(before, revision=expected + 1),)
        stored, before = before, _brought_to(before, form)
        asked = _carried_over(now_open, before, call.body["data"])
        check_data(form, asked)
        data = _filled_in(found.form, asked, before.data)
        statements[:] = check_my_number(call, form, data)
        record = replace(
            before,
            version=form.version,
            revision=expected + 1,
            data=data,
            about=about_of(call, now_open, form, data, before),
            contributors=before.contributors | {call.actor.agency_id},
            changed=forms.changed_pointers(stored.data, data),
            **saved_by(call),
        )
        permit(call, now_open, form, before, changed_properties(before, record), new=False)
        check_rules(call, now_open, form, data, before, before.confined)
        return (record,)

    saved, after = write(
        call,
        here,
        make,
        action="write-form",
        basis=write_basis(call, here, form, found.data, record_id),
        request=request_of(call, key, f"{case_id} {record_id}") if key else None,
        expected={record_id: expected},
        extra={"notMyNumber": statements} if statements else None,
    )
    return _saved_reply(call, after, record_id, saved.revision)


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/records/{record_id}/revisions",
        summary="記録の版の一覧(新しい順)",
        status=200,
        reply="RevisionList",
        problems=("nothing-to-show",),
    ),
)
def read_revisions(call: Call, case_id: str, record_id: str) -> Reply:
    here = open_case(call, case_id)
    _, shown = visible_record(call, here, record_id)
    record_read(call, here, "read-revisions", {record_id: shown})
    items = [
        {
            "revision": r.revision,
            "formVersion": r.version,
            "savedAt": to_iso(r.saved_at),
            "savedBy": author(r),
            # A property that is hidden is not said to have changed either.
            "changed": [
                p for p in r.changed if forms.top_level(p) in _visible_names(here, record_id, r)
            ],
        }
        for r in repository().revisions(here.case.key, record_id)
    ]
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/records/{record_id}/revisions/{number}",
        summary="記録の以前の版",
        status=200,
        reply="Record",
        etag=True,
        problems=("nothing-to-show",),
    ),
)
def read_revision(call: Call, case_id: str, record_id: str, number: str) -> Reply:
    here = open_case(call, case_id)
    visible_record(call, here, record_id)
    if not (number.isascii() and number.isdigit() and len(number) <= 8):
        raise Problem("nothing-to-show")
    return _revision_reply(call, here, record_id, int(number))


def forms_to_add(call: Call, here: Opened) -> list[str]:
    """The forms of which the actor may add a record to the case, by role; the law looks at the
    record itself when it is saved, and the municipality's settings leave some of them out."""
    return [
        name
        for name in forms.form_names()
        if name not in _OWN_ROUTES | _WITH_OTHERS
        and may_write_form(call.actor, name, call.now)
        and (form := forms.form(name, forms.form_versions(name)[-1])).of_case
        and not (form.singleton and name in here.case.records)
    ]


def writable(call: Call, here: Opened, record: FormRecord) -> bool:
    """Whether the actor may go on writing something of the record."""
    form = form_of(record)
    return (
        record.form not in _OWN_ROUTES
        and not form.write_once
        and may_write_form(call.actor, record.form, call.now)
        and any(
            may_change(call.actor, here.situation, form, record, name, call.now, new=False)
            for name in record.data
            if name in form.classes
        )
    )


def newest_first(here: Opened) -> list[FormRecord]:
    """The records of a case, the latest begun first."""
    return sorted(
        here.case.records.values(), key=lambda r: (r.created_at, r.record_id), reverse=True
    )


_NARROWING = {
    "agency": re.compile(r".{1,60}"),
    "person": PERSON_ID,
    "planItem": re.compile(r"[0-9A-Za-z-]{1,40}"),
}


def _check_narrowing(call: Call) -> None:
    """Refuses what can be no agency, person or row of a plan. Raises Problem."""
    for name, pattern in _NARROWING.items():
        value = call.query(name)
        if value is not None and not pattern.fullmatch(value):
            raise Problem("bad-query")


def _is_wanted(call: Call, record: FormRecord, part: Shown) -> bool:
    """Whether a record is of the agency that saved it last, about the person (or the whole
    household, where nobody is named), and on the row of a plan that the query asks for."""
    agency, person, item = (call.query(name) for name in ("agency", "person", "planItem"))
    about = record.about.get("", ())
    return (
        agency in (None, record.agency_id)
        and (person is None or not about or person in about)
        and item in (None, part.data.get("planItemId"))
    )


def _revision_reply(call: Call, here: Opened, record_id: str, number: int) -> Reply:
    """An earlier revision, as far as its own persons and today's law allow; one from before an
    address became one to protect is shown without it."""
    record = repository().revision(here.case.key, record_id, number)
    if record is None:
        raise Problem("nothing-to-show")
    current = here.case.records[record_id]
    form = form_of(record)
    if here.case.was_protected and number < current.revision:
        record = replace(record, data=sealed.shielded(form, record.data))
    shown = here.reader.show(form, record, current=current)
    if not shown.bases:
        raise Problem("nothing-to-show")
    record_read(call, here, "read-revision", {record_id: shown}, revision=number)
    return Reply(body=record_body(record, shown), headers={"ETag": f'"{number}"'})


def _saved_reply(call: Call, after: Opened, record_id: str, revision: int) -> Reply:
    """What was saved, as the one who saved it may see it; a repeated request is answered with the
    revision that its first attempt made."""
    current = after.case.records[record_id]
    if current.revision != revision:
        return _revision_reply(call, after, record_id, revision)
    shown = after.reader.show(form_of(current), current)
    return Reply(
        body=record_body(current, shown),
        headers={
            "ETag": f'"{revision}"',
            **({"Location": f"records/{record_id}"} if call.operation.status == 201 else {}),
        },
    )


def _visible_names(here: Opened, record_id: str, revision: FormRecord) -> frozenset[str]:
    """Properties of a record that the actor may see, whether or not they are filled."""
    current = here.case.records[record_id]
    form = forms.form(revision.form, revision.version)
    full = replace(current, data=dict.fromkeys(form.classes))
    return frozenset(here.reader.show(form, full).data)


def _filled_in(
    name: str, data: Mapping[str, Any], earlier: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """The record with what the municipality's terms say where its writer said nothing."""
    if name != "conference":
        return data
    kept = terms()
    return with_paper_window(
        data, earlier, before=kept.paper_days_before, after=kept.paper_days_after
    )


def _brought_to(record: FormRecord, form: forms.Form) -> FormRecord:
    """The record under the version it is saved under, which is never an older one."""
    try:
        return brought_to(record, form.version)
    except NoMigrationError:
        older = forms.FieldError(pointer="/formVersion", code="older-version")
        raise Problem("invalid-record", errors=[field_error(older, below="")]) from None


def _carried_over(here: Opened, before: FormRecord, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The record that is asked for, with what its writer cannot see left as it is. Whoever sends
    something for a part they cannot see whole is refused. Raises Problem."""
    form = form_of(before)
    shown = here.reader.show(form, before).data
    everyone, kept = before.data, before.data
    if here.situation.protected:
        everyone = forms.without_protected(form, before.data)
    if protects(form.form, sent):
        # The record that says so itself lets go of what must be kept secret from now on.
        kept = forms.without_protected(form, before.data)
    if here.situation.protected or protects(form.form, sent):
        # Judged by what was sent alone: a guess that agrees with what is hidden is refused too.
        typed = sealed.revealing(form, sent)
        if typed:
            refuse_fields(typed)
    data = dict(sent)
    for name, value in kept.items():
        sees = name in shown and shown[name] == everyone.get(name)
        if sees and sent.get(name) != shown[name]:
            continue
        if name in sent and sent[name] != shown.get(name):
            refuse_field(f"/{name}", "not-permitted-here")
        data[name] = value
    return data


def permit(
    call: Call,
    here: Opened,
    form: forms.Form,
    record: FormRecord,
    changed: Collection[str],
    *,
    new: bool,
) -> None:
    """Refuses what the actor may not write; a save that changes nothing still makes them one of
    those who wrote the record. Raises Problem."""
    written = changed or record.data
    refused = [
        name
        for name in written
        if name in form.classes
        and may_change(call.actor, here.situation, form, record, name, call.now, new=new) is None
    ]
    if refused and len(refused) == len(written):
        raise Problem("not-permitted")
    if refused and changed:
        refuse_fields(
            tuple(
                forms.FieldError(pointer=f"/{name}", code="not-permitted-here") for name in refused
            )
        )


def write_basis(
    call: Call, here: Opened, form: forms.Form, data: Mapping[str, Any], record_id: str
) -> Basis | None:
    """The basis that the event of a write names: that of its first permitted property."""
    before = here.case.records.get(record_id)
    record = before or FormRecord(
        form=form.form,
        record_id=record_id,
        version=form.version,
        revision=1,
        data=data,
        created_at=call.now,
        contributors=frozenset({call.actor.agency_id}),
        **saved_by(call),
    )
    bases = (
        may_change(call.actor, here.situation, form, record, name, call.now, new=before is None)
        for name in data
    )
    return next((b for b in bases if b is not None), here.decision.basis)


def about_of(
    call: Call,
    here: Opened,
    form: forms.Form,
    data: Mapping[str, Any],
    before: FormRecord | None,
) -> dict[str, tuple[str, ...]]:
    """Whom the record is about: as sent, as before, or preset (L4): the person the form is for,
    else the 本人. Raises Problem."""
    sent = call.body.get("about")
    if sent is not None:
        about = {name: tuple(persons) for name, persons in sent.items()}
    elif before is not None:
        about = dict(before.about)
    else:
        about = {"": (str(data.get("personId", here.case.subject)),)}
    found = rules.about_refusals(here.case, form, data, about)
    if found:
        raise Problem("invalid-record", errors=[field_error(e, below="/about") for e in found])
    return about


def confinement_of(call: Call, form: str, data: Mapping[str, Any]) -> Confinement | None:
    """The conference whose secrecy keeps the record: a 支援会議 itself, what was asked for in
    its name (106条の6第3項), and what the writer says was given at a conference (L2, L5)."""
    if form == "conference" and data["basis"] == "106-6":
        return Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=data["meetingId"])
    if form == "information-request" and "meetingId" in data:
        return Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=data["meetingId"])
    received = call.body.get("received")
    if received is None:
        return None
    basis = next((b for b in CONFERENCE_BASES if b.value == received["basis"]), None)
    return Confinement(basis=basis, meeting_id=received.get("meetingId")) if basis else None


def check_rules(
    call: Call,
    here: Opened,
    form: forms.Form,
    data: Mapping[str, Any],
    before: FormRecord | None,
    confined: Confinement | None,
) -> None:
    """What the law and common sense ask of the record beyond its form. Raises Problem."""
    if form.form == "intake" and before is not None:
        _check_intake(call, data, before)
    obey_rules(
        call, form, data, before, case=here.case, confined=confined, **_set_by_town(form.form)
    )


def _set_by_town(form: str) -> dict[str, Any]:
    """What the rules of a form ask of the municipality's settings, read only for these forms."""
    match form:
        case "emergency-access":
            return {"emergency_access": settings().switches.emergency_access}
        case "conference":
            kept = terms()
            return {
                "papers_before": timedelta(days=kept.paper_days_before),
                "papers_after": timedelta(days=kept.paper_days_after),
            }
        case _:
            return {}


def _check_intake(call: Call, data: Mapping[str, Any], before: FormRecord) -> None:
    if data["receivedAt"] > japanese_day(call.now).isoformat():
        refuse_field("/receivedAt", "future-date")
    if data["receivingAgencyId"] != before.data["receivingAgencyId"]:
        refuse_field("/receivingAgencyId", "receiving-agency-fixed")
    lifted = is_protected(before.data) and not is_protected(data)
    if lifted and not may_lift_protection(call.actor):
        refuse_field("/addressProtection", "municipality-only")
