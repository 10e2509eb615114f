"""Drafts: what the one who asks has typed and not saved yet (`store/drafts.py`)."""

import re
from datetime import timedelta
from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem
from lambdas.api.settings import terms
from lambdas.api.tenant import keys, repository, tenant
from lambdas.api.trail import event
from lambdas.casework import forms, sealed
from lambdas.casework.access import Basis, Decision
from lambdas.casework.my_number import contains_my_number
from lambdas.store import drafts
from lambdas.store.drafts import Draft, Place

routes = Blueprint(__name__)

_OWN = Decision(basis=Basis.OWN_ACCOUNT)
_CONTENT = ("formVersion", "baseRevision", "data", "removed", "about")
_DRAFT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@operation(
    routes,
    Operation(
        method="GET",
        path="/drafts",
        summary="自分の書きかけの一覧(新しい順。本文はない)",
        status=200,
        reply="DraftList",
    ),
)
def list_drafts(call: Call) -> Reply:
    # Names of forms and case numbers that the person chose, no record: it leaves no event.
    return Reply(body={"items": [_body(draft) for draft in drafts.of(call.actor, call.now)]})


@operation(
    routes,
    Operation(
        method="GET",
        path="/drafts/{draft_id}",
        summary="自分の書きかけ",
        status=200,
        reply="Draft",
        problems=("nothing-to-show",),
    ),
)
def read_draft(call: Call, draft_id: str) -> Reply:
    found = drafts.opened(
        keys(), call.actor, _checked_id(draft_id), lg_code=tenant().lg_code, now=call.now
    )
    if found is None:
        raise Problem("nothing-to-show")
    draft, content = found
    case_id = draft.place.case_id
    repository().record_event(
        subject=f"CASE#{case_id}" if case_id else f"STAFF#{call.actor.staff_id}",
        event=event(call, "read-draft", _OWN, case_id=case_id),
    )
    return Reply(body={**_body(draft), **content})


@operation(
    routes,
    Operation(
        method="PUT",
        path="/drafts/{draft_id}",
        summary="書きかけを預ける(自分だけが読める。設定の日数で消える)",
        status=200,
        reply="DraftHead",
        body="DraftText",
        problems=("nothing-to-show", "invalid-record", "my-number-suspected"),
    ),
)
def keep_draft(call: Call, draft_id: str) -> Reply:
    sent = call.body
    # The compartment keeps its texts itself.
    if sent["form"] == sealed.FORM or sent["form"] not in forms.form_names():
        raise Problem("nothing-to-show")
    if any(contains_my_number(text) for _, text in forms.strings(sent["data"])):
        raise Problem("my-number-suspected", errors=[])
    place = Place(case_id=sent["caseId"], form=sent["form"], record_id=sent["recordId"])
    content = {name: sent[name] for name in _CONTENT}
    kept = drafts.keep(
        keys(),
        call.actor,
        _checked_id(draft_id),
        place,
        content,
        lg_code=tenant().lg_code,
        now=call.now,
        until=call.now + timedelta(days=terms().draft_days),
    )
    return Reply(body=_body(kept))


@operation(
    routes,
    Operation(
        method="DELETE",
        path="/drafts/{draft_id}",
        summary="書きかけを捨てる",
        status=204,
        reply=None,
        problems=("nothing-to-show",),
    ),
)
def drop_draft(call: Call, draft_id: str) -> Reply:
    drafts.drop(call.actor, _checked_id(draft_id))
    return Reply()


def _checked_id(draft_id: str) -> str:
    if not _DRAFT_ID.fullmatch(draft_id):
        raise Problem("nothing-to-show")
    return draft_id


def _body(draft: Draft) -> dict[str, Any]:
    return {
        "draftId": draft.draft_id,
        "caseId": draft.place.case_id,
        "form": draft.place.form,
        "recordId": draft.place.record_id,
        "savedAt": draft.saved_at,
    }
