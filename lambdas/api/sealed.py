"""The confidential compartment of a person (DV等支援措置), for the holders whom a manager named.

To everyone else both routes answer like a missing record, with the same calls, whether or not
anything is sealed. What is sealed stands in no event, no idempotency record and no error.
"""

from dataclasses import replace
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.opened import (
    Opened,
    author,
    check_data,
    check_my_number,
    checked_form,
    open_case,
    refuse_field,
    request_of,
    saved_by,
    write,
)
from lambdas.api.problems import Problem
from lambdas.api.tenant import compartment, repository
from lambdas.api.trail import event
from lambdas.casework import forms, sealed
from lambdas.casework.access import Basis, DataClass, Decision, Matter, may_read, may_write
from lambdas.casework.clock import to_iso
from lambdas.casework.records import FormRecord
from lambdas.store.keys import DataKey
from lambdas.store.repository import Put
from lambdas.store.sealed import seal, unseal

routes = Blueprint(__name__)


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/sealed/{person_id}",
        summary="秘匿区画の記録(管理者が名前を挙げた人だけ)",
        status=200,
        reply="SealedRecord",
        etag=True,
        problems=("nothing-to-show",),
    ),
)
def read_sealed(call: Call, case_id: str, person_id: str) -> Reply:
    here = open_case(call, case_id)
    basis = _admit(call, here, person_id, "read-sealed")
    record = here.case.records.get(sealed.record_id(person_id))
    named, reply = None, _empty(person_id)
    if record is not None:
        named = {"form": record.form, "recordId": record.record_id, "revision": record.revision}
        reply = _reply(record, _kept_key(call, here, person_id, "read-sealed"))
    repository().record_event(
        subject=here.case.key,
        event=event(
            call,
            "read-sealed",
            Decision(basis=basis),
            case_id=here.case.case_id,
            record=named,
            classes=frozenset({DataClass.SEALED}),
        ),
    )
    return reply


@operation(
    routes,
    Operation(
        method="PUT",
        path="/cases/{case_id}/sealed/{person_id}",
        summary='秘匿区画の記録を保存する(最初は If-Match に "0")',
        status=200,
        reply="SealedRecord",
        body="SealedSave",
        idempotent=True,
        if_match=True,
        etag=True,
        problems=(
            "nothing-to-show",
            "changed-by-other",
            "invalid-record",
            "my-number-suspected",
            "idempotency-key-reused",
        ),
    ),
)
def save_sealed(call: Call, case_id: str, person_id: str) -> Reply:
    expected = call.if_match()
    idempotency_key = call.required_idempotency_key()
    here = open_case(call, case_id)
    basis = _admit(call, here, person_id, "write-sealed", writes=True)
    form = checked_form(call, sealed.FORM)
    data = call.body["data"]
    check_data(form, data)
    content: dict[str, Any] = {"data": data}
    # The reason is a person's text: it is sealed with what it is about, not put into the trail.
    if statements := check_my_number(call, form, data):
        content["notMyNumber"] = statements
    if data["personId"] != person_id:
        refuse_field("/personId", "not-this-person")
    if person_id not in here.case.protected_persons:
        refuse_field("/personId", "protection-first")
    record_id = sealed.record_id(person_id)
    is_new = record_id not in here.case.records
    if is_new:
        key = compartment().new_key(here.case.case_id, person_id)
    else:
        key = _kept_key(call, here, person_id, "write-sealed")

    def make(now_open: Opened) -> tuple[FormRecord, ...]:
        if _basis(call, now_open, person_id, writes=True) is None:
            raise Problem("nothing-to-show")
        before = now_open.case.records.get(record_id)
        if before is None and expected:
            raise Problem("changed-by-other", headers={"ETag": '"0"'}, currentRevision=0)
        agencies = before.contributors if before else frozenset[str]()
        revision = expected + 1
        return (
            FormRecord(
                form=form.form,
                record_id=record_id,
                version=form.version,
                revision=revision,
                data=seal(key, content, revision=revision, version=form.version),
                created_at=before.created_at if before else call.now,
                about={"": (person_id,)},
                contributors=agencies | {call.actor.agency_id},
                **saved_by(call),
            ),
        )

    def also(now_open: Opened, _: tuple[FormRecord, ...]) -> tuple[Put, ...]:
        return compartment().beside_sealed(
            now_open.case.case_id, person_id, key, new=is_new, data=data, at=call.now
        )

    request = request_of(call, idempotency_key, f"{case_id} {person_id}")
    saved, after = write(
        call,
        here,
        make,
        action="write-sealed",
        basis=basis,
        # Not a plain hash: who may read the table could find a short address by trying.
        request=replace(request, sha256=compartment().keyed(request.sha256)),
        expected={record_id: expected},
        also=also,
    )
    record = after.case.records[record_id]
    if record.revision != saved.revision:
        earlier = repository().revision(here.case.key, record_id, saved.revision)
        record = earlier or record
    return _reply(record, key)


def persons_to_open(call: Call, here: Opened) -> list[str]:
    """The protected persons of a case whose compartment the actor may open, whether or not
    anything is in it; none for everyone who is no holder."""
    return [p for p in sorted(here.case.protected_persons) if _basis(call, here, p) is not None]


def _admit(call: Call, here: Opened, person_id: str, action: str, *, writes: bool = False) -> Basis:
    """The basis on which the actor may open the compartment of a person of the case. Decided
    before anything of it is looked for. Raises Problem."""
    basis = _basis(call, here, person_id, writes=writes)
    if basis is None:
        _refuse(call, here, action)
    return basis


def _basis(call: Call, here: Opened, person_id: str, *, writes: bool = False) -> Basis | None:
    if all(p["personId"] != person_id for p in here.case.persons):
        return None
    matter = Matter(
        record_id=sealed.record_id(person_id),
        data_class=DataClass.SEALED,
        persons=frozenset({person_id}),
        contributors=frozenset(),
    )
    if writes:
        facts = here.situation
        return may_write(call.actor, facts, sealed.FORM, matter, call.now, new=True)
    return may_read(call.actor, here.situation, matter, call.now)


def _refuse(call: Call, here: Opened, action: str) -> NoReturn:
    repository().record_event(
        subject=here.case.key,
        event=event(call, action, Decision(basis=None), case_id=here.case.case_id),
    )
    raise Problem("nothing-to-show")


def _kept_key(call: Call, here: Opened, person_id: str, action: str) -> DataKey:
    """The key of what is sealed; once it is erased there is nothing to show. Raises Problem."""
    key = compartment().key(here.case.case_id, person_id)
    if key is None:
        _refuse(call, here, action)
    return key


def _empty(person_id: str) -> Reply:
    """A compartment in which nothing has been saved yet."""
    body = {
        "formVersion": forms.form_versions(sealed.FORM)[-1],
        "revision": 0,
        "data": {"personId": person_id},
        "updatedAt": None,
        "updatedBy": None,
    }
    return Reply(body=body, headers={"ETag": '"0"'})


def _reply(record: FormRecord, key: DataKey) -> Reply:
    body = {
        "formVersion": record.version,
        "revision": record.revision,
        "data": unseal(key, record)["data"],
        "updatedAt": to_iso(record.saved_at),
        "updatedBy": author(record),
    }
    return Reply(body=body, headers={"ETag": f'"{record.revision}"'})
