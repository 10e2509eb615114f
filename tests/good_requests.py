"""A small world and one good request for every route that writes.

The same table serves two tests: what happens when a call to AWS fails in the middle of a request
(tests/unit/test_every_route.py), and what happens when a good request has gone wrong in one place
(tests/system/test_fuzz.py).
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import form_versions
from tests.running import body, intake
from tests.unit.made_files import pdf

OCTETS = "application/octet-stream"
MADE_UP_ID = "0000000000000000"
MADE_UP_DRAFT = "00000000-0000-4000-8000-000000000000"


class Caller(Protocol):
    """Sends one request as one of the staff and gives the answer's JSON (None without a body);
    raises when the answer is no success."""

    def __call__(
        self,
        login: str,
        method: str,
        path: str,
        *,
        sent: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any: ...


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def match(revision: int) -> dict[str, str]:
    return {"If-Match": f'"{revision}"', **key()}


def day(days: int = 0) -> str:
    return (japanese_day(datetime.now(UTC)) + timedelta(days=days)).isoformat()


def versioned(form: str, data: Any) -> dict[str, Any]:
    return {"formVersion": form_versions(form)[-1], "data": data}


def progress(facts: str = "玄関先で話した。") -> dict[str, Any]:
    return {
        "date": day(),
        "method": "02",
        "counterpart": "subject",
        "facts": facts,
        "sharedWith": "own",
    }


def meeting(title: str = "定例会議") -> dict[str, Any]:
    return {"title": title, "date": day(3), "kinds": ["juso"]}


def memo(content: str = "電話で聞いた。") -> dict[str, Any]:
    return {"date": day(), "content": content, "takenBy": "担当 三奈"}


def conference() -> dict[str, Any]:
    return {
        "kind": "shien",
        "basis": "106-6",
        "attendees": [
            {
                "staffId": "staff-kanri1",
                "agencyId": "municipality",
                "agencyName": "地域福祉課",
                "name": "担当 三奈",
                "pledgedOn": "2026-04-01",
            }
        ],
    }


def sealed(person_id: str) -> dict[str, Any]:
    return {"personId": person_id, "phones": [{"number": "047-999-0000"}]}


@dataclass(frozen=True, kw_only=True)
class World:
    """What is there: the values that path parameters may take."""

    case_id: str
    other_case_id: str
    person_id: str
    record_id: str
    meeting_id: str
    memo_id: str
    request_id: str
    upload_id: str
    finished_upload_id: str
    file_id: str
    passages: tuple[Mapping[str, Any], ...] = ()

    @property
    def parameters(self) -> Mapping[str, tuple[str, ...]]:
        """Values of path parameters, by name, that lead to something that is there."""
        return {
            "case_id": (self.case_id, self.other_case_id),
            "person_id": (self.person_id,),
            "record_id": (self.record_id, "intake", "household"),
            "meeting_id": (self.meeting_id,),
            "entry_id": (self.memo_id, self.request_id),
            "request_id": (self.request_id,),
            "upload_id": (self.upload_id, self.finished_upload_id),
            "file_id": (self.file_id,),
            "book": ("phone-memo", "advice", "resource", "disclosure-request"),
            "form": ("intake", "progress", "plan"),
            "version": ("1.0.0",),
            "name": ("route", "issue"),
            "number": ("1", "2"),
            "notice_id": (MADE_UP_ID,),
            "staff_id": (MADE_UP_ID,),
            "disposal_id": (MADE_UP_ID,),
            "paper": ("plan", "intake-no-consent", "kit-bylaw"),
            "agency_id": (MADE_UP_ID,),
        }


def build(call: Caller) -> World:
    """Two cases, one of them of a protected person and full, and something in every book."""

    def post(login: str, path: str, sent: Any) -> Any:
        return call(login, "POST", path, sent=sent, headers=key())

    def record(case_id: str, form: str, data: Any) -> str:
        made = post("kanri1", f"/cases/{case_id}/records", {"form": form, **versioned(form, data)})
        return str(made["recordId"])

    first = body(intake("試験 一葉", addressProtection="yes", chiefComplaint="働きたい。"))
    case_id, other = (
        str(post("kanri1", "/cases", sent)["caseId"]) for sent in (first, body(intake("試験 二葉")))
    )
    household = call("kanri1", "GET", f"/cases/{case_id}/records/household")["data"]
    person_id = str(household["persons"][0]["personId"])
    record_id = record(case_id, "progress", progress())
    record(case_id, "screening", {"date": day(), "result": "6"})
    record(case_id, "sealed-holders", {"staffIds": ["staff-kanri1"]})
    call(
        "kanri1",
        "PUT",
        f"/cases/{case_id}/sealed/{person_id}",
        sent=versioned("sealed", sealed(person_id)),
        headers=match(0),
    )
    meeting_id = str(post("kanri1", "/meetings", versioned("meeting", meeting()))["meetingId"])
    memo_id = str(post("kanri1", "/books/phone-memo", versioned("phone-memo", memo()))["entryId"])
    asked = {
        "kind": "disclosure",
        "requester": "self",
        "receivedOn": day(),
        "name": "試験 一葉",
        "identityChecked": "運転免許証",
        "staffId": "staff-kanri1",
    }
    sent = versioned("disclosure-request", asked)
    request_id = str(post("kanri1", "/books/disclosure-request", sent)["entryId"])
    opened = {"caseId": case_id, "personId": person_id}
    post("kanri1", f"/disclosures/{request_id}/cases", opened)
    proposal = call("kanri1", "GET", f"/disclosures/{request_id}/cases/{case_id}")
    uploads = []
    for parts in (0, 1, 1):
        begun = post("kanri1", f"/cases/{other}/files", {"data": file()})
        uploads.append(str(begun["uploadId"]))
        if parts:
            part = f"/uploads/{uploads[-1]}/parts/1"
            call("kanri1", "PUT", part, content=pdf(), headers={"Content-Type": OCTETS})
    attached = call("kanri1", "POST", f"/uploads/{uploads[2]}/complete", sent={})
    return World(
        case_id=case_id,
        other_case_id=other,
        person_id=person_id,
        record_id=record_id,
        meeting_id=meeting_id,
        memo_id=memo_id,
        request_id=request_id,
        upload_id=uploads[0],
        finished_upload_id=uploads[1],
        file_id=str(attached["data"]["fileId"]),
        passages=tuple(
            {k: p[k] for k in ("recordId", "revision", "pointer", "masks")}
            for p in proposal["passages"]
        ),
    )


def file() -> dict[str, Any]:
    content = pdf()
    digest = hashlib.sha256(content).hexdigest()
    return {"name": "資料.pdf", "bytes": len(content), "sha256": digest, "class": "2"}


@dataclass(frozen=True, kw_only=True)
class Good:
    """A request that succeeds in the world."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content: bytes | None = None
    revision: int | None = None
    login: str = "kanri1"

    def path(self, template: str) -> str:
        return template.format_map(self.parameters)


Make = Callable[[World], Good]

GOOD: Mapping[tuple[str, str], Make] = {
    ("POST", "/cases"): lambda w: Good(body=body(intake("試験 三葉"))),
    ("POST", "/cases/{case_id}/records"): lambda w: Good(
        parameters={"case_id": w.case_id},
        body={"form": "progress", **versioned("progress", progress())},
    ),
    ("PUT", "/cases/{case_id}/records/{record_id}"): lambda w: Good(
        parameters={"case_id": w.case_id, "record_id": w.record_id},
        body=versioned("progress", progress("電話で話した。")),
        revision=1,
    ),
    ("PUT", "/cases/{case_id}/sealed/{person_id}"): lambda w: Good(
        parameters={"case_id": w.case_id, "person_id": w.person_id},
        body=versioned("sealed", {**sealed(w.person_id), "note": "新しい電話"}),
        revision=1,
    ),
    ("POST", "/cases/{case_id}/transitions"): lambda w: Good(
        parameters={"case_id": w.case_id}, body={"to": "screened"}
    ),
    ("POST", "/cases/{case_id}/files"): lambda w: Good(
        parameters={"case_id": w.other_case_id}, body={"data": file()}
    ),
    ("PUT", "/uploads/{upload_id}/parts/{number}"): lambda w: Good(
        parameters={"upload_id": w.upload_id, "number": "1"}, content=pdf()
    ),
    ("POST", "/uploads/{upload_id}/complete"): lambda w: Good(
        parameters={"upload_id": w.finished_upload_id}, body={}
    ),
    ("POST", "/meetings"): lambda w: Good(body=versioned("meeting", meeting("臨時会議"))),
    ("PUT", "/meetings/{meeting_id}"): lambda w: Good(
        parameters={"meeting_id": w.meeting_id},
        body=versioned("meeting", meeting("名を変えた会議")),
        revision=1,
    ),
    ("POST", "/meetings/{meeting_id}/cases"): lambda w: Good(
        parameters={"meeting_id": w.meeting_id},
        body={"caseId": w.case_id, **versioned("conference", conference())},
    ),
    ("POST", "/books/{book}"): lambda w: Good(
        parameters={"book": "phone-memo"}, body=versioned("phone-memo", memo())
    ),
    ("PUT", "/books/{book}/{entry_id}"): lambda w: Good(
        parameters={"book": "phone-memo", "entry_id": w.memo_id},
        body=versioned("phone-memo", memo("もう一度聞いた。")),
        revision=1,
    ),
    ("POST", "/books/{book}/{entry_id}/attach"): lambda w: Good(
        parameters={"book": "phone-memo", "entry_id": w.memo_id}, body={"caseId": w.case_id}
    ),
    ("POST", "/disclosures/{request_id}/cases"): lambda w: Good(
        parameters={"request_id": w.request_id},
        body={"caseId": w.case_id, "personId": w.person_id},
    ),
    ("PUT", "/disclosures/{request_id}/cases/{case_id}/masks"): lambda w: Good(
        parameters={"request_id": w.request_id, "case_id": w.case_id},
        body={"passages": list(w.passages)},
        revision=0,
    ),
    ("PUT", "/drafts/{draft_id}"): lambda w: Good(
        parameters={"draft_id": MADE_UP_DRAFT},
        body={
            "caseId": w.case_id,
            "form": "progress",
            "recordId": None,
            "formVersion": form_versions("progress")[-1],
            "baseRevision": None,
            "data": {"facts": "書きかけの文。\n二行目。"},
            "removed": [],
            "about": None,
        },
    ),
    ("DELETE", "/drafts/{draft_id}"): lambda w: Good(parameters={"draft_id": MADE_UP_DRAFT}),
    ("PUT", "/me/digest"): lambda w: Good(body={"address": None}),
    ("PUT", "/me/filters"): lambda w: Good(
        body={"items": [{"name": "支援中の家計", "conditions": {"state": "supporting"}}]}
    ),
    ("POST", "/me/recovery-codes"): lambda w: Good(body={}),
    ("POST", "/search"): lambda w: Good(body={"q": "働きたい"}),
    ("POST", "/persons/candidates"): lambda w: Good(body={"name": "試験 一葉"}),
    ("POST", "/incidents/extent"): lambda w: Good(
        body={"from": day(-3), "to": day(), "learnedOn": day(), "abuse": True}
    ),
}

# Those that change the tenant for everybody: not asked wrongly where other tests live on it.
GOOD_OF_THE_REGISTERS: Mapping[tuple[str, str], Make] = {
    ("POST", "/agencies"): lambda w: Good(
        body={"name": "障害者相談センター", "kind": "03", "runsProgramme": False}
    ),
    ("PUT", "/agencies/{agency_id}"): lambda w: Good(
        parameters={"agency_id": "npo"},
        body={"name": "NPO法人こもれび", "kind": "26", "runsProgramme": False},
        revision=0,
    ),
    ("POST", "/staff-changes"): lambda w: Good(
        body={
            "preview": False,
            "changes": [{"staffId": "staff-houkatsu1", "revision": 0, "agencyId": "npo"}],
        }
    ),
    ("POST", "/first-day"): lambda w: Good(body={}),
}
