"""Disclosure of a person's own records: the officer's timed access, the proposal with its masks,
the decided masks, what leaves, the letter. The request itself is a record of the book
`disclosure-request` (lambdas/api/books.py)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.books import open_entry
from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.opened import Opened, open_case, record_read, request_of, saved_by, write
from lambdas.api.problems import Problem, field_error
from lambdas.api.settings import terms
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import forms
from lambdas.casework.access import Basis, Decision
from lambdas.casework.clock import JST, to_iso
from lambdas.casework.duties import disclosure
from lambdas.casework.records import CaseFile, FormRecord, new_id
from lambdas.casework.situation import situation
from lambdas.store.disclosures import link_put, linked_cases

routes = Blueprint(__name__)

_BOOK = "disclosure-request"


@operation(
    routes,
    Operation(
        method="POST",
        path="/disclosures/{request_id}/cases",
        summary="開示請求の対象のケースと人を決め、担当者が期限まで読めるようにする",
        status=201,
        reply="DisclosureAccess",
        body="DisclosureCase",
        idempotent=True,
        problems=("nothing-to-show", "not-permitted", "invalid-record", "idempotency-key-reused"),
    ),
)
def open_for_request(call: Call, request_id: str) -> Reply:
    key = call.required_idempotency_key()
    asked = _request(call, request_id)
    here = open_case(call, call.body["caseId"])
    person_id = call.body["personId"]
    if person_id not in {p["personId"] for p in here.case.persons}:
        _refuse("/personId", "unknown-person")
    until = _clocks(asked).decide_by
    access = {
        "requestId": request_id,
        "staffId": asked["staffId"],
        "personId": person_id,
        "from": to_iso(call.now),
        "to": to_iso(datetime.combine(until + timedelta(days=1), time(), JST).astimezone(UTC)),
    }
    if access["to"] <= access["from"]:
        raise Problem("not-permitted")
    record_id = new_id("r", secrets.choice)

    def make(_: Opened) -> tuple[FormRecord, ...]:
        return (_first_revision(call, "disclosure-access", record_id, access, person_id),)

    saved, _ = write(
        call,
        here,
        make,
        action="open-for-disclosure",
        basis=here.decision.basis,
        request=request_of(call, key, f"{request_id} {here.case.case_id}"),
        also=lambda opened, _: (link_put(request_id, opened.case.case_id),),
    )
    return Reply(
        body={"caseId": here.case.case_id, "recordId": saved.record_id, "until": access["to"]}
    )


@operation(
    routes,
    Operation(
        method="GET",
        path="/disclosures/{request_id}",
        summary="開示請求の期限と、請求のために開いたケース",
        status=200,
        reply="DisclosureState",
        problems=("nothing-to-show",),
    ),
)
def read_state(call: Call, request_id: str) -> Reply:
    asked = _request(call, request_id)
    found = []
    for case_id in linked_cases(request_id):
        case = repository().open_case(case_id)
        if case is None or call.actor.staff_id in situation(case).conflicts:
            continue
        masks = _masks_of(case, request_id)
        found += [
            {
                "caseId": case_id,
                "personId": access.data["personId"],
                "staffId": access.data["staffId"],
                "until": access.data["to"],
                "open": access.data["from"] <= to_iso(call.now) < access.data["to"],
                "decided": masks is not None,
            }
            for access in case.of("disclosure-access")
            if access.data["requestId"] == request_id
        ]
    repository().record_event(
        subject=f"BOOK-{_BOOK.upper()}#{request_id}",
        event=event(
            call,
            "read-disclosure",
            Decision(basis=Basis.MUNICIPAL_DUTY),
            extra={"cases": sorted({item["caseId"] for item in found})},
        ),
    )
    times = _clocks(asked)
    return Reply(
        body={
            "decideBy": times.decide_by.isoformat(),
            "correctUntil": times.correct_until and times.correct_until.isoformat(),
            "cases": found,
        }
    )


@operation(
    routes,
    Operation(
        method="GET",
        path="/disclosures/{request_id}/cases/{case_id}",
        summary="開示する範囲の案(墨塗りの提案と根拠。担当者)",
        status=200,
        reply="DisclosureProposal",
        problems=("nothing-to-show", "not-permitted"),
    ),
)
def read_proposal(call: Call, request_id: str, case_id: str) -> Reply:
    asked, here, access = _opened(call, request_id, case_id)
    passages = _passages(here, asked, access)
    kept = _masks_record(here, request_id)
    return Reply(
        body={
            "personId": access["personId"],
            "decided": kept is not None,
            "revision": kept.revision if kept else 0,
            "passages": [_passage_body(p) for p in _with_kept(passages, kept)],
        }
    )


@operation(
    routes,
    Operation(
        method="PUT",
        path="/disclosures/{request_id}/cases/{case_id}/masks",
        summary="開示しない部分を決める(担当者)",
        status=200,
        reply="DisclosureProposal",
        body="DisclosureMasks",
        if_match=True,
        problems=("nothing-to-show", "not-permitted", "invalid-record", "changed-by-other"),
    ),
)
def save_masks(call: Call, request_id: str, case_id: str) -> Reply:
    expected = call.if_match()
    asked, here, access = _opened(call, request_id, case_id)
    passages = {p.key: p for p in _passages(here, asked, access)}
    for place, sent in enumerate(call.body["passages"]):
        passage = passages.get(f"{sent['recordId']}{sent['pointer']}")
        if passage is None or passage.revision != sent["revision"]:
            _refuse(f"/passages/{place}", "unknown-passage")
        try:
            disclosure.decided(passage, _masks(sent["masks"]))
        except ValueError:
            _refuse(f"/passages/{place}/masks", "mask-outside")
    missing = passages.keys() - {f"{s['recordId']}{s['pointer']}" for s in call.body["passages"]}
    if missing:
        # Whoever decides has seen every passage: one that was left out would leave unmasked.
        _refuse("/passages", "passages-missing")
    data = {
        "requestId": request_id,
        "personId": access["personId"],
        "passages": call.body["passages"],
    }
    kept = _masks_record(here, request_id)
    record_id = kept.record_id if kept else new_id("r", secrets.choice)
    if (kept.revision if kept else 0) != expected:
        raise Problem("changed-by-other", currentRevision=kept.revision if kept else 0)

    def make(now_open: Opened) -> tuple[FormRecord, ...]:
        before = now_open.case.records.get(record_id)
        made = _first_revision(call, "disclosure-masks", record_id, data, access["personId"])
        if before is not None:
            made = replace(made, revision=expected + 1, created_at=before.created_at)
        return (made,)

    _, after = write(
        call,
        here,
        make,
        action="decide-masks",
        basis=Basis.DISCLOSURE_DUTY,
        request=None,
        expected={record_id: expected} if kept else None,
    )
    decided = _with_kept(list(passages.values()), _masks_record(after, request_id))
    return Reply(
        body={
            "personId": access["personId"],
            "decided": True,
            "revision": expected + 1,
            "passages": [_passage_body(p) for p in decided],
        }
    )


@operation(
    routes,
    Operation(
        method="GET",
        path="/disclosures/{request_id}/cases/{case_id}/extract",
        summary="開示する写し(墨塗りの下の文字を含まない)",
        status=200,
        reply="DisclosureExtract",
        problems=("nothing-to-show", "not-permitted", "not-decided"),
    ),
)
def read_extract(call: Call, request_id: str, case_id: str) -> Reply:
    return Reply(body=decided_extract(call, request_id, case_id)[1])


def decided_extract(call: Call, request_id: str, case_id: str) -> tuple[Opened, dict[str, Any]]:
    """The case and the copy that leaves, with what is decided to be masked taken out of it.
    Raises Problem."""
    asked, here, access = _opened(call, request_id, case_id)
    kept = _masks_record(here, request_id)
    if kept is None:
        raise Problem("not-decided")
    passages = _with_kept(_passages(here, asked, access), kept)
    stale = {p.key for p in passages} != {
        f"{s['recordId']}{s['pointer']}" for s in kept.data["passages"]
    } or any(
        p.revision != s["revision"]
        for p in passages
        for s in kept.data["passages"]
        if p.key == f"{s['recordId']}{s['pointer']}"
    )
    if stale:
        # Something was written since the masks were decided; nobody has looked at it yet.
        raise Problem("not-decided")
    labels = forms.labels("disclosure-ground")
    return here, {
        "items": [
            {
                "form": forms.form(p.form, forms.form_versions(p.form)[-1]).title,
                "title": p.title,
                "text": disclosure.rendered(p),
                "grounds": sorted({labels[m.ground] for m in p.masks}),
            }
            for p in passages
        ],
        "grounds": [labels[g] for g in disclosure.grounds(passages)],
    }


@operation(
    routes,
    Operation(
        method="GET",
        path="/disclosures/{request_id}/letter",
        summary="決定通知の文(不存在と存否応答拒否は同じ文)",
        status=200,
        reply="DisclosureLetter",
        query=("grounds",),
        problems=("nothing-to-show", "bad-query", "not-decided"),
    ),
)
def read_letter(call: Call, request_id: str) -> Reply:
    found = decision_letter(call, request_id)
    correct_until = found.times.correct_until
    return Reply(
        body={
            "sentences": list(found.sentences),
            "decideBy": found.times.decide_by.isoformat(),
            "correctUntil": correct_until and correct_until.isoformat(),
        }
    )


@dataclass(frozen=True, kw_only=True)
class DecisionLetter:
    """What the letter on a request says. `subject`: of whose trail its events are."""

    asked: Mapping[str, Any]
    sentences: tuple[str, ...]
    times: disclosure.Clocks
    subject: str


def decision_letter(call: Call, request_id: str) -> DecisionLetter:
    """The sentences of the decision, with the grounds that the query names; its event is put.
    Raises Problem."""
    asked, subject = _request(call, request_id), f"BOOK-{_BOOK.upper()}#{request_id}"
    repository().record_event(
        subject=subject,
        event=event(call, "read-letter", Decision(basis=Basis.MUNICIPAL_DUTY)),
    )
    result = asked.get("result")
    try:
        found = [disclosure.Ground(g) for g in (call.query("grounds") or "").split(",") if g]
    except ValueError:
        raise Problem("bad-query") from None
    try:
        sentences = disclosure.letter(str(result), found, forms.labels("disclosure-ground"))
    except KeyError:
        raise Problem("not-decided") from None
    return DecisionLetter(
        asked=asked, sentences=tuple(sentences), times=_clocks(asked), subject=subject
    )


def _request(call: Call, request_id: str) -> Mapping[str, Any]:
    folder, _ = open_entry(call, _BOOK, request_id)
    return folder.records["record"].data


def _opened(
    call: Call, request_id: str, case_id: str
) -> tuple[Mapping[str, Any], Opened, Mapping[str, Any]]:
    """The request, the case, and the timed access of the officer who asks. Raises Problem."""
    asked = _request(call, request_id)
    here = open_case(call, case_id)
    access = next(
        (
            r.data
            for r in reversed(here.case.of("disclosure-access"))
            if r.data["requestId"] == request_id
            and r.data["staffId"] == call.actor.staff_id
            and r.data["from"] <= to_iso(call.now) < r.data["to"]
        ),
        None,
    )
    if access is None:
        raise Problem("not-permitted")
    readable = {
        r.record_id: here.reader.show(forms.form(r.form, r.version), r)
        for r in here.case.records.values()
    }
    record_read(
        call,
        here,
        "read-disclosure",
        {key: shown for key, shown in readable.items() if shown.bases},
    )
    return asked, here, access


def _passages(
    here: Opened, asked: Mapping[str, Any], access: Mapping[str, Any]
) -> list[disclosure.Passage]:
    """The proposal, of what the officer may read."""
    found = disclosure.proposal(
        here.case,
        access["personId"],
        by_representative=asked["requester"] == "legal-representative",
    )
    readable = {
        (r.record_id, name)
        for r in here.case.records.values()
        for name in here.reader.show(forms.form(r.form, r.version), r).data
    }
    return [p for p in found if (p.record_id, forms.top_level(p.pointer)) in readable]


def _with_kept(
    passages: list[disclosure.Passage], kept: FormRecord | None
) -> list[disclosure.Passage]:
    """The passages with the decided masks where there are any for this very revision."""
    if kept is None:
        return passages
    masks = {
        (f"{s['recordId']}{s['pointer']}", s["revision"]): _masks(s["masks"])
        for s in kept.data["passages"]
    }
    return [
        disclosure.decided(p, masks[p.key, p.revision]) if (p.key, p.revision) in masks else p
        for p in passages
    ]


def _masks_record(here: Opened, request_id: str) -> FormRecord | None:
    return _masks_of(here.case, request_id)


def _masks_of(case: CaseFile, request_id: str) -> FormRecord | None:
    return next((r for r in case.of("disclosure-masks") if r.data["requestId"] == request_id), None)


def _masks(sent: list[Mapping[str, Any]]) -> list[disclosure.Mask]:
    return [
        disclosure.Mask(start=m["start"], end=m["end"], ground=disclosure.Ground(m["ground"]))
        for m in sent
    ]


def _clocks(asked: Mapping[str, Any]) -> disclosure.Clocks:
    disclosed = asked.get("disclosedOn")
    return disclosure.clocks(
        date.fromisoformat(asked["receivedOn"]),
        extended=asked.get("extended") == "yes",
        disclosed=date.fromisoformat(disclosed) if disclosed else None,
        days=terms().disclosure_days,
    )


def _first_revision(
    call: Call, form: str, record_id: str, data: Mapping[str, Any], person_id: str
) -> FormRecord:
    return FormRecord(
        form=form,
        record_id=record_id,
        version=forms.form_versions(form)[-1],
        revision=1,
        data=data,
        created_at=call.now,
        about={"": (person_id,)},
        contributors=frozenset({call.actor.agency_id}),
        changed=forms.changed_pointers({}, data),
        **saved_by(call),
    )


def _passage_body(passage: disclosure.Passage) -> dict[str, Any]:
    return {
        "recordId": passage.record_id,
        "revision": passage.revision,
        "formTitle": forms.form(passage.form, forms.form_versions(passage.form)[-1]).title,
        "pointer": passage.pointer,
        "title": passage.title,
        "text": passage.text,
        "masks": [
            {"start": m.start, "end": m.end, "ground": m.ground.value} for m in passage.masks
        ],
    }


def _refuse(pointer: str, code: str) -> NoReturn:
    error = forms.FieldError(pointer=pointer, code=code)
    raise Problem("invalid-record", errors=[field_error(error, below="")])
