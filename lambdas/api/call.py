"""One request from its raw event to its answer: what every route has in common.

`operation` declares a route once; the router, the request checks and schemas/openapi.json are all
taken from that declaration.
"""

import json
import logging
import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any

import jsonschema_rs
from chalice.app import Blueprint, Request, Response

from lambdas.api.cognito import BusyError
from lambdas.api.identity import identify
from lambdas.api.problems import CONTENT_TYPE, Problem, field_error
from lambdas.casework.access import Actor
from lambdas.casework.audit import canonical, sha256_hex
from lambdas.casework.forms import SCHEMAS, FieldError, schema_errors, strings
from lambdas.casework.text import has_unstorable_characters
from lambdas.store.faults import busy_when_turned_away
from lambdas.store.repository import KeyReusedError, StoreBusyError

MAX_BODY_BYTES = 256 * 1024
# The part of a file that one request or reply carries. The gateway hands it over in base64, a
# third longer, and Lambda takes and answers with at most 6 MB.
MAX_CONTENT_BYTES = 4 * 1024 * 1024
CONTENT_MEDIA_TYPE = "application/octet-stream"
# Lambda answers with at most 6 MB; the margin is for the envelope and its escaping.
MAX_REPLY_BYTES = 4 * 1024 * 1024

_log = logging.getLogger("soudan")

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}

# Their words must not stand in an address.
_READ_BY_POST = frozenset({"/search", "/persons/candidates", "/incidents/extent"})
_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
# No form is deeper than a few levels; checkers of schemas give up at a few hundred.
_MOST_DEPTH = 32
_ETAG = re.compile(r'"(\d{1,9})"')


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The declaration of one route, for the router and for OpenAPI.

    `body` and `reply` name definitions of schemas/api.json; `media` are types of text that may be
    answered in place of JSON; `takes_content` and `gives_content`: the body is part of a file, as
    `application/octet-stream`; `gives_file`: the answer is a whole file, as such content;
    `problems` are the slugs that this route may answer beside those
    that every route may.
    """

    method: str
    path: str
    summary: str
    status: int
    reply: str | None
    body: str | None = None
    public: bool = False
    idempotent: bool = False
    if_match: bool = False
    etag: bool = False
    takes_content: bool = False
    gives_content: bool = False
    gives_file: bool = False
    query: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether the route changes records; signing in and searching do not."""
        reads = self.method == "GET" or self.path in _READ_BY_POST
        return not (reads or self.path.startswith("/auth/"))


OPERATIONS: list[Operation] = []


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A successful answer. `body` is JSON, bytes, or text when a `Content-Type` header says so."""

    body: Any = None
    status: int | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request whose form has been checked; who and what it is comes on demand."""

    request: Request
    operation: Operation
    now: datetime

    @cached_property
    def body(self) -> Any:
        """The JSON object sent, valid by the operation's schema. Raises Problem."""
        return _checked_body(self.request, self.operation)

    @cached_property
    def content(self) -> bytes:
        """The bytes sent. Raises Problem."""
        return _checked_content(self.request)

    @cached_property
    def actor(self) -> Actor:
        """Who asks, as the register knows them now. Raises Problem."""
        return identify(self.request.context, self.now)

    @property
    def sub(self) -> str:
        """The login that the token proves."""
        return str(self.request.context["authorizer"]["claims"]["sub"])

    @property
    def request_id(self) -> str:
        return str(self.request.context.get("requestId", ""))

    @property
    def source_ip(self) -> str:
        return str(self.request.context.get("identity", {}).get("sourceIp", ""))

    @property
    def user_agent(self) -> str:
        return str(self.request.headers.get("user-agent", ""))[:200]

    def query(self, name: str) -> str | None:
        parameters: Mapping[str, str] = self.request.query_params or {}
        return parameters.get(name)

    def page_size(self, *, default: int, most: int) -> int:
        """The `limit` of a list. Raises Problem."""
        text = self.query("limit") or str(default)
        if not (re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= most):
            raise Problem("bad-query")
        return int(text)

    def if_match(self) -> int:
        """The revision that the caller last read. Raises Problem."""
        match = _ETAG.fullmatch(self.request.headers.get("if-match", ""))
        if match is None:
            raise Problem("if-match-required")
        return int(match[1])

    def idempotency_key(self) -> str | None:
        """The caller's key for this attempt, if they gave one. Raises Problem."""
        key: str | None = self.request.headers.get("idempotency-key")
        if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
            raise Problem("idempotency-key-required")
        return key

    def required_idempotency_key(self) -> str:
        """The caller's key for this attempt. Raises Problem."""
        key = self.idempotency_key()
        if key is None:
            raise Problem("idempotency-key-required")
        return key

    def request_sha256(self) -> str:
        """Identifies what the request asks for, so that a reused key is noticed."""
        precondition = self.request.headers.get("if-match", "")
        return sha256_hex(canonical([precondition, self.body]))


Handler = Callable[..., Reply]


def operation(blueprint: Blueprint, declared: Operation) -> Callable[[Handler], Handler]:
    """Registers a handler `(call, **path parameters) -> Reply` for a route."""
    OPERATIONS.append(declared)

    def register(handler: Handler) -> Handler:
        def route(**parameters: str) -> Response:
            request = blueprint.current_request
            try:
                with _store_errors():
                    call = Call(request=request, operation=declared, now=datetime.now(UTC))
                    # Who asks is settled before what they sent is looked at, and both before
                    # anything is done.
                    _ = None if declared.public else call.actor
                    if os.environ.get("SOUDAN_READ_ONLY") == "1" and declared.writes:
                        raise Problem("read-only")
                    _ = call.body if declared.body else None
                    _ = call.content if declared.takes_content else None
                    if declared.gives_content or declared.gives_file:
                        _check_accept(request)
                    return _respond(declared, handler(call, **parameters))
            except Problem as problem:
                return problem_response(problem)
            except Exception as error:
                # Not the message: it may repeat what was sent. Where it happened is enough.
                frames = traceback.extract_tb(error.__traceback__)[-8:]
                place = " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames))
                request_id = request.context.get("requestId", "")
                _log.error("%s %s at %s", request_id, type(error).__name__, place)
                return problem_response(Problem("internal", requestId=request_id))

        route.__name__ = handler.__name__
        # Media types are judged with the body, whose answer is a problem document.
        blueprint.route(
            declared.path, methods=[declared.method], name=handler.__name__, content_types=["*/*"]
        )(route)
        return handler

    return register


def problem_response(problem: Problem) -> Response:
    headers: dict[str, Any] = {
        **SECURITY_HEADERS,
        "Content-Type": CONTENT_TYPE,
        **problem.headers,
    }
    body = json.dumps(problem.body(), ensure_ascii=False)
    return Response(body=body, status_code=problem.status, headers=headers)


def _respond(declared: Operation, reply: Reply) -> Response:
    headers = {**SECURITY_HEADERS, **reply.headers}
    body = reply.body
    if body is None:
        body = ""
    elif isinstance(body, bytes):
        headers["Content-Type"] = CONTENT_MEDIA_TYPE
        if len(body) > MAX_CONTENT_BYTES:
            raise RuntimeError("reply too large for Lambda")
    elif not isinstance(body, str):
        headers["Content-Type"] = "application/json"
        body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if (
        isinstance(body, str)
        and len(body) > MAX_REPLY_BYTES // 4
        and len(body.encode()) > MAX_REPLY_BYTES
    ):
        raise RuntimeError("reply too large for Lambda")
    return Response(body=body, status_code=reply.status or declared.status, headers=headers)


def _checked_body(request: Request, declared: Operation) -> Any:
    if _media_type(request) != "application/json":
        raise Problem("unsupported-media-type")
    sent = request.raw_body
    raw = sent.encode() if isinstance(sent, str) else sent
    if len(raw) > MAX_BODY_BYTES:
        raise Problem("too-large")
    body = parse_json(raw)
    errors = [
        *schema_errors(_body_validator(declared.body), body),
        # Strings inside `data` are judged with their form, which knows the multi-line fields.
        *(
            FieldError(pointer=pointer, code="unstorable-characters")
            for pointer, text in strings(body)
            if not pointer.startswith("/data/") and has_unstorable_characters(text, multiline=False)
        ),
    ]
    if errors:
        raise Problem("invalid-record", errors=[field_error(e, below="") for e in errors])
    return body


def _checked_content(request: Request) -> bytes:
    if _media_type(request) != CONTENT_MEDIA_TYPE:
        raise Problem("unsupported-content-type")
    try:
        sent = request.raw_body
    except ValueError as error:
        raise Problem("malformed") from error
    raw = sent.encode() if isinstance(sent, str) else sent
    if len(raw) > MAX_CONTENT_BYTES:
        raise Problem("part-too-large")
    return raw


def _check_accept(request: Request) -> None:
    # The gateway hands bytes on as bytes only to who asks for this type by name.
    if CONTENT_MEDIA_TYPE not in str(request.headers.get("accept", "")).lower():
        raise Problem("not-acceptable")


def _media_type(request: Request) -> str:
    text = str(request.headers.get("content-type", ""))
    return text.partition(";")[0].strip().lower()


def parse_json(raw: bytes) -> Any:
    """A JSON object, strictly: UTF-8, no NaN or Infinity, no name twice, no lone surrogates, no
    depth or numbers that the store could not keep. Raises Problem."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_bounded,
        )
        canonical(value)  # lone surrogates cannot be encoded
        if _depth(value) > _MOST_DEPTH:
            raise ValueError("too deep")
    except (ValueError, RecursionError) as error:
        raise Problem("malformed") from error
    if not isinstance(value, dict):
        raise Problem("malformed")
    return value


def _depth(value: Any) -> int:
    """Levels of nesting; as deep as the parser itself goes."""
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("name given twice")
    return value


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return number


def _bounded(text: str) -> int:
    if len(text) > 15:
        raise ValueError("number out of range")
    return int(text)


@cache
def _api_schema() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SCHEMAS / "api.json").read_text("utf-8"))
    return content


@cache
def _body_validator(name: str | None) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**_api_schema(), "$ref": f"#/$defs/{name}"})


@contextmanager
def _store_errors() -> Iterator[None]:
    """What the store refuses, as the problem that any route answers with."""
    try:
        with busy_when_turned_away():
            yield
    except (StoreBusyError, BusyError) as error:
        raise Problem("try-again", headers={"Retry-After": "2"}) from error
    except KeyReusedError as error:
        raise Problem("idempotency-key-reused") from error
