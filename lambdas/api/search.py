"""Finding past cases, similar cases and persons, within what the caller may see.

What is looked for may be personal data: it comes in a body, never in an address, and the trail
keeps of it only how much it was and a hash that is worth nothing outside its own event.
"""

import base64
import binascii
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.opened import form_of, open_case, record_read, visible_record
from lambdas.api.problems import Problem, field_error, refuse_my_number
from lambdas.api.settings import terms
from lambdas.api.tenant import repository, tenant
from lambdas.api.trail import event
from lambdas.casework import forms
from lambdas.casework.access import Action, Decision, decide
from lambdas.casework.audit import canonical, sha256_hex
from lambdas.casework.forms import FieldError
from lambdas.casework.persons import REASON_TEXT, candidates, cases_of, genogram
from lambdas.casework.records import PERSON_ID, FormRecord, listed
from lambdas.casework.search.catalogue import RecordKey, View
from lambdas.casework.search.content import texts_of
from lambdas.casework.search.query import (
    LONGEST_WORD,
    MOST_COUNTED,
    MOST_WORDS,
    Query,
    Rank,
    TooManyWordsError,
    WordTooLongError,
    search,
    words_of,
)
from lambdas.casework.search.similar import similar
from lambdas.casework.search.snippets import Snippet, snippets
from lambdas.casework.showing import Reader
from lambdas.store.index import SearchIndex
from lambdas.store.repository import Repository

routes = Blueprint(__name__)

# Records of a case that a result names, and extracts of each.
_RECORDS_SHOWN = 3
_PAGE = 20
# What of a household ledger's row a list of candidates shows.
_TOLD = ("name", "nameKana", "birthDate", "sex")

Records = Mapping[tuple[str, str], FormRecord]


@operation(
    routes,
    Operation(
        method="POST",
        path="/search",
        summary="過去のケースを探す(言葉・コード・日付・状態・機関)",
        status=200,
        reply="SearchResult",
        body="SearchRequest",
        problems=("not-permitted", "invalid-record", "bad-query"),
    ),
)
def search_cases(call: Call) -> Reply:
    decision = _permitted(call)
    query = _query(call)
    view = _view(call)
    found = search(
        view, query, limit=call.body.get("limit", _PAGE), after=_rank(call.body.get("cursor"))
    )
    wanted = {hit.case_id: hit.records[:_RECORDS_SHOWN] for hit in found.hits}
    records = _read(call, (r for keys in wanted.values() for r in keys), wanted)
    items = [
        {**row, "records": [_hit_body(call, view, records, query, key) for key in wanted[case_id]]}
        for case_id in wanted
        if (row := _row(call, view, case_id, records)) is not None
    ]
    _record(
        call,
        "search",
        decision,
        [item["caseId"] for item in items],
        asked={"words": list(query.words)},
        extra={
            "words": len(query.words),
            "codes": sorted(query.codes),
            "state": query.state,
            "from": query.first,
            "to": query.last,
            "total": found.total,
        },
    )
    cursor = _cursor(found.hits[-1].rank) if found.more else None
    return Reply(
        body={
            "total": found.total,
            "totalIsLeast": found.total == MOST_COUNTED,
            "items": items,
            "nextCursor": cursor,
        }
    )


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/similar",
        summary="似ているケースと、似ている点",
        status=200,
        reply="SimilarCases",
        problems=("nothing-to-show",),
    ),
)
def similar_cases(call: Call, case_id: str) -> Reply:
    here = open_case(call, case_id)
    texts = [
        text
        for record in here.case.records.values()
        for name, value in here.reader.show(form_of(record), record).data.items()
        for text in texts_of(form_of(record), value, f"/{name}")
    ]
    view = _view(call)
    needed = terms().similar_closed_cases
    compared = similar(
        view,
        case_id,
        texts,
        {agency.agency_id: agency.kind for agency in repository().agencies()},
        needs_closed=needed,
    )
    records = _read(call, (), [s.case_id for s in compared.items])
    items = [
        {
            **row,
            "score": one.score,
            "factors": [
                {"kind": f.kind.value, "key": f.key, "text": f.text, "weight": f.weight}
                for f in one.factors
            ],
        }
        for one in compared.items
        if (row := _row(call, view, one.case_id, records)) is not None
    ]
    repository().record_event(
        subject=here.case.key,
        event=event(
            call,
            "similar-cases",
            here.decision,
            case_id=case_id,
            extra={"cases": [item["caseId"] for item in items]},
        ),
    )
    return Reply(body={"enough": compared.enough, "closedCasesNeeded": needed, "items": items})


@operation(
    routes,
    Operation(
        method="POST",
        path="/persons/candidates",
        summary="同じ人かもしれない人(確かめるのは人、まとめることはしない)",
        status=200,
        reply="PersonCandidates",
        body="PersonDescription",
        problems=("not-permitted", "invalid-record"),
    ),
)
def find_persons(call: Call) -> Reply:
    decision = _permitted(call, Action.CREATE_CASE)
    described = {name: value for name, value in call.body.items() if name != "without"}
    refuse_my_number(dict(forms.strings(described)))
    view = _view(call)
    found = candidates(view, described, without=frozenset(call.body.get("without", ())))
    case_ids = sorted({case_id for one in found for case_id in one.cases})
    records = _read(call, (), case_ids, "household")
    items = [
        {
            "personId": one.person_id,
            "score": one.score,
            "reasons": [{"reason": r.value, "text": REASON_TEXT[r]} for r in one.reasons],
            "cases": list(one.cases),
            "person": _person(call, view, records, one.person_id, one.cases),
        }
        for one in found
    ]
    _record(
        call,
        "find-persons",
        decision,
        case_ids,
        asked=described,
        extra={"persons": [one.person_id for one in found]},
    )
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/persons/{person_id}/cases",
        summary="同じ人のケース(世帯の台帳に同じ番号で載っているもの)",
        status=200,
        reply="PersonCases",
        problems=("nothing-to-show", "not-permitted"),
    ),
)
def person_cases(call: Call, person_id: str) -> Reply:
    decision = _permitted(call)
    view = _view(call)
    case_ids = cases_of(view, person_id) if PERSON_ID.fullmatch(person_id) else ()
    records = _read(call, (), case_ids)
    items = [row for c in case_ids if (row := _row(call, view, c, records)) is not None]
    if not items:
        # Somebody whom nobody knows and somebody whom the caller does not see answer alike.
        _record(call, "list-person-cases", Decision(basis=None), [], asked={"person": person_id})
        raise Problem("nothing-to-show")
    _record(
        call,
        "list-person-cases",
        decision,
        [item["caseId"] for item in items],
        asked={"person": person_id},
        extra={"persons": [person_id]},
    )
    items.sort(key=lambda row: (row.get("receivedAt", ""), row["caseId"]), reverse=True)
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/genogram",
        summary="世帯の人とその関係(ジェノグラムの元になる資料)",
        status=200,
        reply="Genogram",
        problems=("nothing-to-show",),
    ),
)
def read_genogram(call: Call, case_id: str) -> Reply:
    here = open_case(call, case_id)
    _, shown = visible_record(call, here, "household")
    drawn = genogram(shown.data.get("persons", ()))
    record_read(call, here, "read-form", {"household": shown})
    return Reply(
        body={
            "nodes": [
                {
                    "personId": node.person_id,
                    "label": node.label,
                    "relation": node.relation,
                    "isSubject": node.is_subject,
                    "sex": node.sex,
                    "birthDate": node.birth,
                    "deceased": node.deceased,
                    "cohabitation": node.cohabiting,
                    "left": node.left,
                }
                for node in drawn.nodes
            ],
            "edges": [
                {"kind": e.kind, "from": e.source, "to": e.target, "derived": e.derived}
                for e in drawn.edges
            ],
        }
    )


@cache
def _index(store: Repository) -> SearchIndex:
    """The index of this process; it lives as long as the repository over the same tables."""
    return SearchIndex(region=tenant().region, open_case=store.open_case)


def _view(call: Call) -> View:
    """What the caller sees of the index, with everything written before this call."""
    return _index(repository()).fresh(call.now).view(call.actor, call.now)


def _permitted(call: Call, action: Action = Action.LIST_CASES) -> Decision:
    decision = decide(call.actor, action, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    return decision


def _query(call: Call) -> Query:
    """What the body asks for. Raises Problem."""
    body = call.body
    refuse_my_number({"/q": body.get("q", "")})
    codes = set()
    for name, listed_in in (
        ("issue", "issue"),
        ("concern", "concern"),
        ("householdType", "household-type"),
    ):
        if name in body:
            _check_code(f"/{name}", listed_in, body[name])
            codes.add(f"{listed_in}:{body[name]}")
    if "state" in body:
        _check_code("/state", "case-state", body["state"])
    if "agency" in body:
        codes.add(f"agency:{body['agency']}")
    try:
        words = words_of(body.get("q", ""))
    except WordTooLongError:
        _refuse("/q", "word-too-long", LONGEST_WORD)
    except TooManyWordsError:
        _refuse("/q", "too-many-words", MOST_WORDS)
    return Query(
        words=words,
        codes=frozenset(codes),
        state=body.get("state"),
        first=body.get("from"),
        last=body.get("to"),
    )


def _check_code(pointer: str, listed_in: str, code: str) -> None:
    if code not in forms.labels(listed_in):
        _refuse(pointer, "not-in-list")


def _refuse(pointer: str, code: str, limit: int | None = None) -> NoReturn:
    error = FieldError(pointer=pointer, code=code, limit=limit)
    raise Problem("invalid-record", errors=[field_error(error, below="")])


def _cursor(rank: Rank) -> str:
    return base64.urlsafe_b64encode(canonical(list(rank))).decode()


def _rank(cursor: str | None) -> Rank | None:
    """Where the page before ended. Raises Problem."""
    if cursor is None:
        return None
    try:
        latest, case_id = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise Problem("bad-query") from error
    if not (isinstance(latest, str) and isinstance(case_id, str)):
        raise Problem("bad-query")
    return latest, case_id


def _read(
    call: Call, keys: Iterable[RecordKey], cases: Iterable[str], form: str = "intake"
) -> Records:
    """These records as they stand, and the record `form` of each case."""
    wanted = {(case_id, form): None for case_id in cases}
    wanted |= {(key.case_id, key.record_id): None for key in keys}
    return repository().current_records(wanted)


def _reader(call: Call, view: View, case_id: str) -> Reader:
    situation = view.cases[case_id].entry.situation
    return Reader(actor=call.actor, situation=situation, now=call.now)


def _row(call: Call, view: View, case_id: str, records: Records) -> dict[str, Any] | None:
    """A case as lists show it; None when it was disposed of meanwhile."""
    intake = records.get((case_id, "intake"))
    if intake is None:
        return None
    seen = view.cases[case_id]
    part = _reader(call, view, case_id).show(
        form_of(intake), replace(intake, data=listed(intake.data))
    )
    shown = dict(part.data)
    urgency = shown.pop("urgency", {}).get("level")
    return {
        "caseId": case_id,
        **(
            {"state": seen.state, "stateLabel": forms.labels("case-state")[seen.state]}
            if seen.state is not None
            else {}
        ),
        **shown,
        **({"urgency": urgency} if urgency else {}),
    }


def _hit_body(
    call: Call, view: View, records: Records, query: Query, key: RecordKey
) -> dict[str, Any]:
    """A record in which something was found, with extracts of what the caller is shown of it."""
    record = records.get((key.case_id, key.record_id))
    found: tuple[Snippet, ...] = ()
    title = key.form
    if record is not None:
        form = form_of(record)
        title = form.title
        shown = _reader(call, view, key.case_id).show(form, record)
        found = snippets(form, shown.data, query.words)
    return {
        "recordId": key.record_id,
        "form": key.form,
        "title": title,
        "savedAt": key.saved_at,
        "snippets": [
            {
                "property": snippet.property,
                "title": snippet.title,
                "text": snippet.text,
                "marks": [{"start": start, "end": end} for start, end in snippet.marks],
            }
            for snippet in found
        ],
    }


def _person(
    call: Call, view: View, records: Records, person_id: str, cases: Iterable[str]
) -> dict[str, Any]:
    """What tells a person from others, from the ledgers that the caller is shown."""
    told: dict[str, Any] = {}
    for case_id in cases:
        household = records.get((case_id, "household"))
        if household is None:
            continue
        shown = _reader(call, view, case_id).show(form_of(household), household).data
        for row in shown.get("persons", ()):
            if row.get("personId") == person_id:
                told |= {name: row[name] for name in _TOLD if name in row}
    return told


def _record(
    call: Call,
    action: str,
    decision: Decision,
    cases: Collection[str],
    *,
    asked: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Puts the event of a search before its answer leaves. What was asked is kept as a hash bound
    to this request: it can be confirmed, and compared with nothing else."""
    repository().record_event(
        subject="LIST",
        event=event(
            call,
            action,
            decision,
            extra={
                "cases": list(cases),
                "asked": sha256_hex(canonical([call.request_id, dict(asked)])),
                **(extra or {}),
            },
        ),
    )
