"""Forms, code lists, agencies: what every signed-in user needs to fill in a form; and the
contract by which an agency runs the multi-agency programme."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.opened import Opened, open_case, request_of, saved_by, write
from lambdas.api.problems import Problem, field_error, refuse_my_number
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import forms
from lambdas.casework.access import Action, Decision, MemberKind, Period, Situation, decide
from lambdas.casework.records import Agency, FormRecord, new_id
from lambdas.casework.registers import stays
from lambdas.casework.situation import load
from lambdas.casework.text import has_unstorable_characters
from lambdas.store import registers as store

routes = Blueprint(__name__)

# A published version never changes, so that the browser may keep it.
_UNCHANGING = {"Cache-Control": "private, max-age=86400"}


@operation(
    routes,
    Operation(method="GET", path="/forms", summary="様式の一覧", status=200, reply="FormList"),
)
def list_forms(call: Call) -> Reply:
    items = [
        {
            "form": name,
            "version": version,
            "title": forms.form(name, version).title,
            "current": version == forms.form_versions(name)[-1],
        }
        for name in forms.form_names()
        for version in forms.form_versions(name)
    ]
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/forms/{form}/{version}",
        summary="様式の JSON Schema(コード表を含む)",
        status=200,
        reply="JsonSchema",
        problems=("not-found",),
    ),
)
def read_form(call: Call, form: str, version: str) -> Reply:
    try:
        return Reply(body=forms.bundled(form, version), headers=_UNCHANGING)
    except forms.UnknownFormError:
        raise Problem("not-found") from None


@operation(
    routes,
    Operation(method="GET", path="/codes", summary="コード表の一覧", status=200, reply="CodeLists"),
)
def list_codes(call: Call) -> Reply:
    items = [
        {"list": name, "version": version, "title": forms.code_list(name, version)["title"]}
        for name, versions in forms.code_lists().items()
        for version in versions
    ]
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/codes/{name}/{version}",
        summary="コード表の JSON Schema",
        status=200,
        reply="JsonSchema",
        problems=("not-found",),
    ),
)
def read_codes(call: Call, name: str, version: str) -> Reply:
    try:
        return Reply(body=forms.code_list(name, version), headers=_UNCHANGING)
    except forms.UnknownFormError:
        raise Problem("not-found") from None


@operation(
    routes,
    Operation(
        method="GET", path="/agencies", summary="登録のある機関", status=200, reply="AgencyList"
    ),
)
def list_agencies(call: Call) -> Reply:
    labels = forms.labels("agency-kind")
    items = [
        {
            "agencyId": a.agency_id,
            "name": a.name,
            "kind": a.kind,
            "kindLabel": labels[a.kind],
            "memberKind": a.member_kind and a.member_kind.value,
            "contract": a.contract
            and {
                "from": a.contract.first.isoformat(),
                "to": a.contract.last and a.contract.last.isoformat(),
            },
            "to": a.last and a.last.isoformat(),
            "revision": a.revision,
        }
        for a in repository().agencies()
    ]
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="POST",
        path="/agencies",
        summary="機関を登録する(管理者)",
        status=201,
        reply="AgencyEntered",
        body="AgencyDescription",
        idempotent=True,
        problems=("not-permitted", "invalid-record", "idempotency-key-reused"),
    ),
)
def add_agency(call: Call) -> Reply:
    decision = _manager(call)
    request = request_of(call, call.required_idempotency_key(), "new")
    before = repository().outcome(request)
    if before is not None:
        return Reply(body={"agencyId": before.folder_id})
    agency = _described(call, new_id("a", secrets.choice))
    told = event(call, "add-agency", decision, extra={"agencyId": agency.agency_id})
    store.add_agency(repository(), agency, event=told, request=request, now=call.now)
    return Reply(body={"agencyId": agency.agency_id})


@operation(
    routes,
    Operation(
        method="PUT",
        path="/agencies/{agency_id}",
        summary="機関の名前・種別・役割・終わりの日を変える(管理者)",
        status=200,
        reply="AgencyEntered",
        body="AgencyDescription",
        if_match=True,
        problems=("not-permitted", "not-found", "invalid-record", "changed-by-other"),
    ),
)
def change_agency(call: Call, agency_id: str) -> Reply:
    decision = _manager(call)
    expected = call.if_match()
    before = repository().agency(agency_id)
    if before is None:
        raise Problem("not-found")
    after = _described(call, agency_id, before)
    if after == before:
        return Reply(body={"agencyId": agency_id})
    told = event(call, "change-agency", decision, extra={"agencyId": agency_id})
    changed = store.change_agency(repository(), replace(after, revision=expected), event=told)
    if not changed:
        raise Problem("changed-by-other", currentRevision=before.revision)
    return Reply(body={"agencyId": agency_id})


def _described(call: Call, agency_id: str, before: Agency | None = None) -> Agency:
    """The agency as the body describes it. Raises Problem.

    The municipality's own office stays it, and none is made here: its staff may hold the
    municipal roles.
    """
    name, kind, runs = call.body["name"], call.body["kind"], call.body["runsProgramme"]
    refuse_my_number({"/name": name})
    if has_unstorable_characters(name, multiline=False):
        _refuse("/name", "unstorable-characters")
    if kind not in forms.labels("agency-kind"):
        _refuse("/kind", "not-in-list")
    if any(a.name == name and a.agency_id != agency_id for a in repository().agencies()):
        _refuse("/name", "agency-name-taken")
    member_kind = MemberKind.COORDINATOR if runs else None
    if before is not None and before.member_kind is MemberKind.MUNICIPALITY:
        member_kind = before.member_kind
    return Agency(
        agency_id=agency_id,
        name=name,
        kind=kind,
        member_kind=member_kind,
        contract=before.contract if before else None,
        last=_last(call, before),
        revision=before.revision if before else 0,
    )


def _last(call: Call, before: Agency | None) -> date | None:
    """The last day that the body names, or the one there was. Raises Problem."""
    if "to" not in call.body:
        return before.last if before else None
    if call.body["to"] is None:
        return None
    last = _day(call, "to")
    if before is None:
        return last
    why = stays(before, last, repository().staff(), _cases_of(before.agency_id))
    if why is not None:
        _refuse("/to", why)
    return last


def _cases_of(agency_id: str) -> Iterator[Situation]:
    """The facts of every case in which the agency has a row."""
    cursor: str | None = None
    while True:
        page = repository().list_cases(agency_id=agency_id, limit=100, cursor=cursor)
        yield from (load(row.situation) for row in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


@operation(
    routes,
    Operation(
        method="PUT",
        path="/agencies/{agency_id}/contract",
        summary="多機関協働事業の委託契約を登録する(管理者。期間が過ぎると、その機関は見られなくなる)",
        status=200,
        reply="Contract",
        body="Contract",
        problems=("not-permitted", "not-found", "invalid-record", "my-number-suspected"),
    ),
)
def set_contract(call: Call, agency_id: str) -> Reply:
    decision = _manager(call)
    terms = {key: call.body[key] for key in ("scope", "number", "subcontracting")}
    refuse_my_number({f"/{key}": text for key, text in terms.items()})
    first = _day(call, "from")
    last = _day(call, "to") if call.body["to"] is not None else None
    if last is not None and last < first:
        _refuse("/to", "period-over")
    told = event(
        call,
        "set-contract",
        decision,
        extra={"agencyId": agency_id, "contract": dict(call.body)},
    )
    period = Period(first=first, last=last)
    if not repository().set_contract(agency_id, period, terms, event=told):
        raise Problem("not-found")
    return Reply(body=call.body)


@operation(
    routes,
    Operation(
        method="POST",
        path="/agencies/{agency_id}/takeover",
        summary="多機関協働事業を、前の受託機関から引き継ぐ(管理者。進行中のケースに加わる)",
        status=200,
        reply="Takeover",
        body="TakeoverRequest",
        problems=("not-permitted", "not-found", "invalid-record"),
    ),
)
def take_over(call: Call, agency_id: str) -> Reply:
    """The successor becomes the programme's agency in every case of its predecessor (DOMAIN L10).

    One transaction a case, so that it can be asked for again when the time was too short: cases
    that were handed over are left alone. Records stay where they are; they are the town's.
    """
    _manager(call)
    known = {a.agency_id for a in repository().agencies()}
    before, since = call.body["from"], _day(call, "on")
    if agency_id not in known or before not in known or before == agency_id:
        raise Problem("not-found")
    done, left = 0, False
    cursor: str | None = None
    while True:
        page = repository().list_cases(agency_id=before, limit=50, cursor=cursor)
        for row in page.items:
            if done == _TAKEOVERS:
                left = True
                break
            done += _hand_over(call, row.case_id, before, agency_id, since)
        cursor = page.next_cursor
        if left or cursor is None:
            return Reply(body={"handedOver": done, "more": left})


# About a tenth of a second each; the gateway waits for 29 seconds.
_TAKEOVERS = 100


def _hand_over(call: Call, case_id: str, before: str, after: str, since: date) -> int:
    """Moves the programme's part in one case; 0 when there is nothing to move."""
    here = open_case(call, case_id)
    if not _rows_to_move(here, before):
        return 0

    def make(now_open: Opened) -> tuple[FormRecord, ...]:
        record = now_open.case.records["members"]
        rows: list[dict[str, Any]] = [dict(row) for row in record.data["members"]]
        for place in _rows_to_move(now_open, before):
            rows[place]["to"] = (since - timedelta(days=1)).isoformat()
        kind = MemberKind.COORDINATOR.value
        rows.append({"agencyId": after, "kind": kind, "from": since.isoformat()})
        return (
            replace(
                record,
                revision=record.revision + 1,
                data={**record.data, "members": rows},
                contributors=record.contributors | {call.actor.agency_id},
                changed=("/members",),
                **saved_by(call),
            ),
        )

    write(call, here, make, action="hand-over", basis=here.decision.basis, request=None)
    return 1


def _rows_to_move(here: Opened, agency_id: str) -> list[int]:
    return [
        place
        for place, row in enumerate(here.case.records["members"].data["members"])
        if row["agencyId"] == agency_id
        and row["kind"] == MemberKind.COORDINATOR.value
        and "to" not in row
    ]


def _manager(call: Call) -> Decision:
    decision = decide(call.actor, Action.MANAGE_SETTINGS, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    return decision


def _day(call: Call, name: str) -> date:
    """A day of the body. Raises Problem."""
    try:
        return date.fromisoformat(call.body[name])
    except ValueError:
        _refuse(f"/{name}", "format")


def _refuse(pointer: str, code: str) -> NoReturn:
    error = forms.FieldError(pointer=pointer, code=code)
    raise Problem("invalid-record", errors=[field_error(error, below="")])
