"""Who has seen what: the report per person, the ledger of provisions, and what a leak has touched.

All three are read off the trail and the records; nothing is kept twice.
"""

import time
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.opened import open_case, record_read
from lambdas.api.problems import Problem, field_error
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import forms
from lambdas.casework.access import Action, Basis, decide
from lambdas.casework.clock import japanese_day
from lambdas.casework.duties import incident, ledger
from lambdas.casework.records import CaseFile

routes = Blueprint(__name__)

# The gateway waits for 29 seconds; what is not done by then is asked for again.
_SECONDS = 15
_MOST_DAYS = 366


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/persons/{person_id}/accesses",
        summary="ある人の記録をだれが見たか(for=person は本人に渡すもの)",
        status=200,
        reply="AccessReport",
        query=("for",),
        problems=("nothing-to-show", "bad-query"),
    ),
)
def read_accesses(call: Call, case_id: str, person_id: str) -> Reply:
    audience = call.query("for") or "office"
    if audience not in ("office", "person"):
        raise Problem("bad-query")
    here = open_case(call, case_id, Action.READ_AUDIT)
    if person_id not in {p["personId"] for p in here.case.persons}:
        raise Problem("nothing-to-show")
    record_read(call, here, "read-accesses", {})
    items = [
        _access_body(happened)
        for happened in repository().every_case_event(here.case.case_id)
        if _concerns(happened, here.case, person_id)
        # What was given at a 支援会議 never shows on the person's own papers (DOMAIN L2).
        and not (audience == "person" and _of_conference(happened, here.case))
    ]
    return Reply(body={"personId": person_id, "for": audience, "items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/ledger",
        summary="提供の記録(主管課・監査)",
        status=200,
        reply="LedgerPage",
        query=("limit", "cursor"),
        problems=("not-permitted", "bad-query"),
    ),
)
def read_ledger(call: Call) -> Reply:
    decision = decide(call.actor, Action.READ_LEDGER, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    limit, cursor = call.page_size(default=50, most=100), call.query("cursor")
    if cursor is not None and not is_case_cursor(cursor):
        raise Problem("bad-query")
    page = repository().list_cases(agency_id=call.actor.agency_id, limit=limit, cursor=cursor)
    items = []
    for row in page.items:
        case = repository().open_case(row.case_id)
        if case is not None and not _conflicted(call, case):
            items += [_provision_body(entry, case) for entry in ledger.provisions(case)]
    repository().record_event(
        subject="LIST",
        event=event(
            call,
            "read-ledger",
            decision,
            extra={"cases": sorted({item["caseId"] for item in items})},
        ),
    )
    return Reply(body={"items": items, "nextCursor": page.next_cursor})


@operation(
    routes,
    Operation(
        method="POST",
        path="/incidents/extent",
        summary="漏えい等の影響範囲(だれが・いつからいつまで見たものか。主管課)",
        status=200,
        reply="IncidentExtent",
        body="IncidentQuery",
        problems=("not-permitted", "invalid-record"),
    ),
)
def read_extent(call: Call) -> Reply:
    decision = decide(call.actor, Action.HANDLE_DISCLOSURE, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    body = call.body
    first, last = _days(call)
    begun = time.monotonic()
    events: list[Mapping[str, Any]] = []
    day = first
    while day <= last and time.monotonic() - begun < _SECONDS:
        events += repository().events_of_day(day)
        day += timedelta(days=1)
    found = incident.touched(
        events,
        staff_ids=frozenset(body.get("staffIds", ())),
        agency_ids=frozenset(body.get("agencyIds", ())),
    )
    items = [_touched_body(one) for one in found]
    duty = incident.duty(
        found,
        sum(len(item["persons"]) for item in items),
        date.fromisoformat(body["learnedOn"]),
        abuse=body["abuse"],
    )
    repository().record_event(
        subject="LIST",
        event=event(
            call,
            "read-extent",
            decision,
            extra={"cases": [item["caseId"] for item in items]},
        ),
    )
    return Reply(
        body={
            "from": first.isoformat(),
            # Shorter than asked for when the time was up: ask again from the next day.
            "to": (day - timedelta(days=1)).isoformat(),
            "complete": day > last,
            "items": items,
            "persons": sum(len(item["persons"]) for item in items),
            "report": duty.report,
            "reason": duty.reason,
            "firstReportBy": duty.first_report_by.isoformat(),
            "fullReportBy": duty.full_report_by.isoformat(),
        }
    )


def is_case_cursor(text: str) -> bool:
    """Whether `text` looks like the cursor of a list of cases."""
    return len(text) <= 60 and text[:10].count("-") == 2 and text[10:11] == "#"


def _days(call: Call) -> tuple[date, date]:
    try:
        first, last = (date.fromisoformat(call.body[name]) for name in ("from", "to"))
        date.fromisoformat(call.body["learnedOn"])
    except ValueError:
        _refuse("/from", "format")
    if last < first or last - first > timedelta(days=_MOST_DAYS):
        _refuse("/to", "period-over")
    return first, min(last, japanese_day(call.now))


def _refuse(pointer: str, code: str) -> NoReturn:
    error = forms.FieldError(pointer=pointer, code=code)
    raise Problem("invalid-record", errors=[field_error(error, below="")])


def _conflicted(call: Call, case: CaseFile) -> bool:
    ended = {r.data["conflictId"] for r in case.of("conflict-end")}
    return any(
        r.data["staffId"] == call.actor.staff_id and r.record_id not in ended
        for r in case.of("conflict-of-interest")
    )


def _concerns(happened: Mapping[str, Any], case: CaseFile, person_id: str) -> bool:
    """Whether an event showed or changed something about the person. A record that names nobody
    is about the whole household."""
    if happened["result"] != "done":
        return False
    ids = _record_ids(happened)
    if not ids:
        return happened["action"] in ("read-case", "read-audit")
    return any(
        not record.about.get("") or any(person_id in persons for persons in record.about.values())
        for record_id in ids
        if (record := case.records.get(record_id)) is not None
    )


def _of_conference(happened: Mapping[str, Any], case: CaseFile) -> bool:
    if Basis.SHIEN_KAIGI.value in (happened["basis"], *(happened.get("bases") or ())):
        return True
    records = [case.records.get(i) for i in _record_ids(happened)]
    return any(r is not None and r.confined is not None for r in records)


def _record_ids(happened: Mapping[str, Any]) -> set[str]:
    ids = set(happened.get("records") or ())
    ids |= {written["recordId"] for written in happened.get("written") or ()}
    record = happened.get("record") or {}
    return ids | ({record["recordId"]} if "recordId" in record else set())


def _access_body(happened: Mapping[str, Any]) -> dict[str, Any]:
    labels, basis = forms.labels("audit-action"), happened["basis"]
    return {
        "at": happened["at"],
        "actionLabel": labels.get(happened["action"], happened["action"]),
        "actorName": happened["actor"]["name"],
        "agencyName": happened["actor"]["agencyName"],
        "basis": basis,
        "basisLabel": forms.labels("access-basis").get(basis),
        "classes": happened["classes"],
    }


def _provision_body(entry: ledger.Provision, case: CaseFile) -> dict[str, Any]:
    names = {p["personId"]: p.get("name", "") for p in case.persons}
    return {
        "caseId": entry.case_id,
        "recordId": entry.record_id,
        "date": entry.day,
        "until": entry.until,
        "basis": entry.basis,
        "basisLabel": forms.labels("access-basis").get(entry.basis),
        "recipients": [case.agency_names.get(r, r) for r in entry.recipients],
        "purpose": entry.purpose,
        "classes": list(entry.classes),
        "persons": [names[p] for p in entry.persons if p in names],
        "way": entry.way,
        "decidedBy": entry.decided_by,
        "secret": entry.secret,
    }


def _touched_body(one: incident.Touched) -> dict[str, Any]:
    case = repository().open_case(one.case_id)
    persons = case.persons if case else ()
    return {
        "caseId": one.case_id,
        "persons": [{"personId": p["personId"], "name": p.get("name")} for p in persons],
        "events": one.events,
        "first": one.first,
        "last": one.last,
        "records": [
            {"recordId": r, "form": case.records[r].form if case and r in case.records else None}
            for r in one.records
        ],
        "classes": list(one.classes),
        "actions": [forms.labels("audit-action").get(a, a) for a in one.actions],
    }
