"""A case opened for one request, and the writing of its records: what every route of a case
has in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from lambdas.api.call import Call
from lambdas.api.problems import Problem, field_error, refuse_my_number
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import forms, rules
from lambdas.casework.access import (
    MUNICIPAL_ROLES,
    Action,
    Basis,
    Decision,
    Situation,
    decide_case,
)
from lambdas.casework.case_id import is_case_id
from lambdas.casework.clock import to_iso
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.showing import Reader, Shown
from lambdas.casework.situation import situation
from lambdas.store.repository import Put, Request, Saved, StaleError, Written, written_entry


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A case the actor may know of, and how they see it."""

    case: CaseFile
    situation: Situation
    reader: Reader
    decision: Decision


def open_case(call: Call, case_id: str, action: Action = Action.READ_CASE) -> Opened:
    """The case and the decision to let the actor act on it.

    A case that is missing and one the actor may not know of answer alike (DOMAIN §4.10, words);
    the refusal is recorded where there is a case to record it on. Raises Problem.
    """
    case = repository().open_case(case_id) if is_case_id(case_id) else None
    facts = situation(case) if case else None
    decision = decide_case(call.actor, action, facts, call.now)
    if case is None or facts is None or not decision.allowed:
        # Both cost the same calls, so that time does not tell them apart either.
        repository().record_event(
            subject=case.key if case else "MISSING",
            event=event(call, action.value, decision, case_id=case.case_id if case else None),
        )
        raise Problem("nothing-to-show")
    return opened(call, case, decision)


def open_for_emergency(call: Call, case_id: str) -> Opened:
    """A case that somebody of the municipality declares an emergency for (緊急閲覧): they need not
    know it yet, unless a conflict of interest shuts them out. Raises Problem."""
    case = repository().open_case(case_id) if is_case_id(case_id) else None
    shut = case is None or call.actor.staff_id in situation(case).conflicts
    if case is None or shut or call.actor.role not in MUNICIPAL_ROLES:
        return open_case(call, case_id)
    return opened(call, case, Decision(basis=Basis.EMERGENCY_ACCESS))


def opened(call: Call, case: CaseFile, decision: Decision) -> Opened:
    """The case as the actor sees it."""
    facts = situation(case)
    reader = Reader(actor=call.actor, situation=facts, now=call.now)
    return Opened(case=case, situation=facts, reader=reader, decision=decision)


def visible_record(call: Call, here: Opened, record_id: str) -> tuple[FormRecord, Shown]:
    """A record of the case and the part of it that the actor may see; a record of which nothing
    may be seen is answered like one that is missing. Raises Problem."""
    record = here.case.records.get(record_id)
    shown = here.reader.show(form_of(record), record) if record else None
    if record is None or shown is None or not shown.bases:
        repository().record_event(
            subject=here.case.key,
            event=event(
                call,
                "read-form",
                Decision(basis=None),
                case_id=here.case.case_id,
                record={"recordId": record_id} if record else None,
            ),
        )
        raise Problem("nothing-to-show")
    return record, shown


def form_of(record: FormRecord) -> forms.Form:
    """The version of the form that the record was written under."""
    return forms.form(record.form, record.version)


def record_read(
    call: Call,
    here: Opened,
    action: str,
    shown: Mapping[str, Shown],
    *,
    revision: int | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Puts the event of a read before its body leaves: which records, which data classes, and on
    which bases. `shown`: record id → what of it is shown; `extra`: what belongs to this kind of
    read alone."""
    bases = sorted({b for s in shown.values() for b in s.bases})
    record = None
    if len(shown) == 1:
        (record_id,) = shown
        read = here.case.records[record_id]
        record = {
            "form": read.form,
            "recordId": record_id,
            "revision": revision or read.revision,
        }
    repository().record_event(
        subject=here.case.key,
        event=event(
            call,
            action,
            Decision(basis=bases[0] if bases else here.decision.basis),
            case_id=here.case.case_id,
            record=record,
            classes=frozenset().union(*(s.classes for s in shown.values())),
            extra={
                "bases": [basis.value for basis in bases],
                **({"records": sorted(shown)} if len(shown) > 1 else {}),
                **(extra or {}),
            },
        ),
    )


def write(
    call: Call,
    here: Opened,
    make: Callable[[Opened], tuple[FormRecord, ...]],
    *,
    action: str,
    basis: Basis | None,
    request: Request | None,
    expected: Mapping[str, int] | None = None,
    also: Callable[[Opened, tuple[FormRecord, ...]], tuple[Put, ...]] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> tuple[Saved, Opened]:
    """Saves the records that `make` builds on the case as just read, with their chained event.

    `make` may be called again, when others wrote to the case in between; it raises Problem when
    the case has changed so that the write may no longer be made. Returns what came of it and the
    case after it. Raises Problem.
    """
    after: list[CaseFile] = [here.case]

    def build(case: CaseFile) -> Written:
        now_open = opened(call, case, here.decision)
        records = make(now_open)
        after[0] = case.with_records(*records)
        return Written(
            records=records,
            event=write_event(
                call,
                action,
                case.key,
                case.chain_seq,
                case.chain_hash,
                records,
                basis=basis,
                case_id=case.case_id,
                extra=extra,
            ),
            also=also(now_open, records) if also else (),
        )

    try:
        saved = repository().save(here.case, make=build, request=request, expected=expected)
    except StaleError as stale:
        raise Problem(
            "changed-by-other",
            headers={"ETag": f'"{stale.current_revision}"'},
            currentRevision=stale.current_revision,
        ) from stale
    except Problem:
        # A repeated request meets what its own first attempt has made: that is its answer.
        first = repository().outcome(request) if request else None
        if first is None:
            raise
        saved = first
    case = after[0]
    if saved.replayed:
        case = repository().open_case(here.case.case_id) or here.case
    return saved, opened(call, case, here.decision)


def write_event(
    call: Call,
    action: str,
    subject: str,
    chain_seq: int,
    chain_hash: str,
    records: tuple[FormRecord, ...],
    *,
    basis: Basis | None,
    case_id: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The event of a write: a link of the chain, with the hash of everything that was written.

    The first record is the one the write is about.
    """
    first = records[0]
    return event(
        call,
        action,
        Decision(basis=basis),
        case_id=case_id,
        record={"form": first.form, "recordId": first.record_id, "revision": first.revision},
        classes=frozenset().union(*(forms.classes_of(form_of(r), r.data) for r in records)),
        extra={
            "seq": chain_seq + 1,
            "prev": chain_hash,
            "subject": subject,
            "written": [written_entry(r) for r in records],
            **(extra or {}),
        },
    )


def checked_form(call: Call, name: str) -> forms.Form:
    """The version of the form that the body names. Raises Problem."""
    try:
        return forms.form(name, call.body["formVersion"])
    except forms.UnknownFormError:
        unknown = forms.FieldError(pointer="/formVersion", code="unknown-version")
        raise Problem("invalid-record", errors=[field_error(unknown, below="")]) from None


def check_data(form: forms.Form, data: Mapping[str, Any]) -> None:
    """Refuses what does not fit the form. Raises Problem."""
    found = forms.check(form, data)
    if found:
        refuse_fields(found)


def obey_rules(
    call: Call,
    form: forms.Form,
    data: Mapping[str, Any],
    before: FormRecord | None,
    *,
    case: CaseFile | None = None,
    **more: Any,
) -> None:
    """Refuses what breaks a rule of the form; `more` as of `rules.Context`. Raises Problem."""
    found = rules.refusals(
        rules.Context(
            case=case,
            form=form,
            data=data,
            before=before,
            actor=call.actor,
            agencies=repository().agencies,
            staff=repository().staff,
            now=call.now,
            **more,
        )
    )
    if found:
        refuse_fields(found)


def check_my_number(call: Call, form: forms.Form, data: Mapping[str, Any]) -> list[dict[str, str]]:
    """Refuses what may be a My Number unless a person stated that it is none (DOMAIN L19);
    returns those statements, which go into the trail. Raises Problem."""
    statements = call.body.get("notMyNumber", [])
    if statements and "source" in call.body:
        # An import cannot know what a number is; a person looks at the row.
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
    return [{"pointer": p, "reason": stated[p]} for p in suspects]


def refuse_fields(errors: tuple[forms.FieldError, ...]) -> NoReturn:
    """Refuses a record at its fields. Raises Problem."""
    raise Problem("invalid-record", errors=[field_error(e, below="/data") for e in errors])


def refuse_field(pointer: str, code: str) -> NoReturn:
    """Refuses a record at one field. Raises Problem."""
    refuse_fields((forms.FieldError(pointer=pointer, code=code),))


def request_of(call: Call, key: str, target: str) -> Request:
    """`target` is what is written to: a key used on another one is another request."""
    return Request(
        staff_id=call.actor.staff_id,
        path=f"{call.operation.method} {call.operation.path} {target}",
        key=key,
        sha256=call.request_sha256(),
    )


def record_body(record: FormRecord, shown: Shown) -> dict[str, Any]:
    """A record as the API answers with it."""
    return {
        "form": record.form,
        "recordId": record.record_id,
        "formVersion": record.version,
        "revision": record.revision,
        "data": shown.data,
        "about": {
            name: list(persons)
            for name, persons in record.about.items()
            if name == "" or name in shown.data
        },
        "basis": record.source_basis,
        "createdAt": to_iso(record.created_at),
        "updatedAt": to_iso(record.saved_at),
        "updatedBy": author(record),
    }


def author(record: FormRecord) -> dict[str, str]:
    """Who saved a revision."""
    return {
        "staffId": record.staff_id,
        "displayName": record.staff_name,
        "agencyName": record.agency_name,
    }


def saved_by(call: Call) -> dict[str, Any]:
    """Who saves a revision, and when: the part of a `FormRecord` that is the same in every form."""
    return {
        "saved_at": call.now,
        "staff_id": call.actor.staff_id,
        "staff_name": call.actor.display_name,
        "agency_id": call.actor.agency_id,
        "agency_name": call.actor.agency_name,
    }
