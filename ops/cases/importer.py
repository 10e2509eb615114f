"""Sending the rows of a workbook to a tenant's API, so that each is saved wholly or not at all.

A row is known to the server by its source id: sending it again adds nothing, so an import that
broke off is simply run again.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import httpx

from ops.api_client import SignInError
from ops.cases.reader import Fault, Place, RefusedRow, Row
from ops.cases.sheet import FORM_VERSION

SYSTEM = "tsunagu-excel"
ATTEMPTS = 5
LONGEST_WAIT = 60.0


class Reply(Protocol):
    """What is used of an HTTP response."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def json(self) -> Any: ...


class Client(Protocol):
    """A signed-in user of one tenant (`ops.api_client.TenantClient`).

    Raises httpx.RequestError when a request may not have arrived; `refresh` raises SignInError.
    """

    def request(self, method: str, path: str) -> Reply: ...
    def create_case(self, body: Mapping[str, Any], idempotency_key: str) -> Reply: ...
    def refresh(self) -> None: ...


class ImportStoppedError(Exception):
    """Nothing more can be sent; the text says in Japanese why."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A row that became a case."""

    row: Row
    case_id: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """A row that had been imported before; what stands in the file now is not saved."""

    row: Row
    case_id: str | None
    same_content: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of every row. stopped: why the import broke off; unsent: rows not settled."""

    saved: tuple[Saved, ...] = ()
    known: tuple[Known, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    unsent: tuple[Row, ...] = ()
    stopped: str | None = None

    @property
    def changed(self) -> tuple[Known, ...]:
        """Rows whose content differs from what was imported before."""
        return tuple(known for known in self.known if not known.same_content)


@dataclass(frozen=True, kw_only=True)
class Registers:
    """What reading a sheet needs from the tenant: agency name → id, and the user's own agency."""

    agencies: Mapping[str, str]
    own_agency: str


def registers(client: Client) -> Registers:
    """Ask the tenant for its agencies and for who is signed in. Raises ImportStoppedError."""
    agencies, me = (_get(client, path) for path in ("agencies", "me"))
    return Registers(
        agencies={item["name"]: item["agencyId"] for item in agencies["items"]},
        own_agency=me["agencyId"],
    )


def import_rows(
    client: Client,
    rows: Iterable[Row | RefusedRow],
    *,
    after_each: Callable[[], None] = lambda: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Send every readable row, one by one, and tell what became of each.

    Breaks off when the tenant cannot be reached or lets the user do nothing.
    """
    outcomes: list[Saved | Known | RefusedRow | Row] = []
    stopped: str | None = None
    for row in rows:
        if isinstance(row, RefusedRow) or stopped is not None:
            outcomes.append(row)
        else:
            try:
                outcomes.append(_send(client, row, sleep=sleep))
            except ImportStoppedError as error:
                stopped = str(error)
                outcomes.append(row)
        after_each()
    return Report(
        saved=tuple(o for o in outcomes if isinstance(o, Saved)),
        known=tuple(o for o in outcomes if isinstance(o, Known)),
        refused=tuple(o for o in outcomes if isinstance(o, RefusedRow)),
        unsent=tuple(o for o in outcomes if isinstance(o, Row)),
        stopped=stopped,
    )


def _send(
    client: Client, row: Row, *, sleep: Callable[[float], None]
) -> Saved | Known | RefusedRow:
    """One row. The key is the same for every attempt, so that a lost reply saves nothing twice."""
    body = {
        "formVersion": FORM_VERSION,
        "data": row.data,
        "source": {
            "system": SYSTEM,
            "id": row.source_id,
            "contentSha256": row.content_sha256,
        },
    }
    reply = _patiently(client, body, key=str(uuid4()), sleep=sleep)
    answer = _content(reply)
    match reply.status_code:
        case 201:
            return Saved(row=row, case_id=str(answer.get("caseId", "")))
        case 409 if _slug(answer) == "already-imported":
            return Known(
                row=row,
                case_id=answer.get("caseId"),
                same_content=bool(answer.get("sameContent")),
            )
        case 400 | 409 | 413 | 422:
            return RefusedRow(sheet=row.sheet, row=row.row, faults=_faults(row, answer))
        case _:
            raise ImportStoppedError(_told(answer, reply.status_code))


def _patiently(
    client: Client, body: Mapping[str, Any], *, key: str, sleep: Callable[[float], None]
) -> Reply:
    """Create the case, again after 429, 503, lost connections and an ID token that ran out."""
    refreshed = False
    for wait in (*(2.0**n for n in range(ATTEMPTS - 1)), None):
        try:
            reply = client.create_case(body, key)
            if reply.status_code == 401 and not refreshed:
                refreshed = True
                client.refresh()
                reply = client.create_case(body, key)
        except httpx.RequestError as error:
            if wait is None:
                raise ImportStoppedError("通信が途切れました。") from error
        except SignInError as error:
            raise ImportStoppedError(str(error)) from error
        else:
            if wait is None or reply.status_code not in (429, 503):
                return reply
            asked = reply.headers.get("Retry-After", "")
            wait = float(asked) if asked.isdecimal() else wait
        sleep(min(wait, LONGEST_WAIT))
    raise AssertionError("the last attempt returns or raises")


def _faults(row: Row, problem: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The server's refusal, told by sheet, row and column."""
    if _slug(problem) == "my-number-suspected":
        # Only a person at the screen may state that a number is none (DOMAIN L19).
        return tuple(
            Fault(
                place=row.fault(_pointer(error), "").place,
                wrong="個人番号(マイナンバー)と思われる12桁の数字があります。",
                write="番号を消します。個人番号でないときは、この相談を画面から登録します。",
            )
            for error in problem.get("errors", ())
        )
    found = tuple(
        row.fault(_pointer(error), error.get("message", "")) for error in problem.get("errors", ())
    )
    whole = Place(sheet=row.sheet, row=row.row)
    return found or (Fault(place=whole, wrong=_told(problem, None), write=""),)


def _pointer(error: Mapping[str, Any]) -> str:
    return str(error.get("pointer", "")).removeprefix("/data")


def _get(client: Client, path: str) -> Any:
    try:
        reply = client.request("GET", path)
    except httpx.RequestError as error:
        raise ImportStoppedError("接続できません。") from error
    if reply.status_code != 200:
        raise ImportStoppedError(_told(_content(reply), reply.status_code))
    return reply.json()


def _content(reply: Reply) -> Mapping[str, Any]:
    """The JSON object of a reply; a gateway's own error page counts as an empty one."""
    try:
        content = reply.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _slug(problem: Mapping[str, Any]) -> str:
    return str(problem.get("type", "")).rpartition(":")[2]


def _told(problem: Mapping[str, Any], status: int | None) -> str:
    told = "。".join(
        str(problem[key]).rstrip("。") for key in ("title", "detail") if key in problem
    )
    return f"{told}。" if told else f"サーバーが処理できませんでした(HTTP {status})。"
