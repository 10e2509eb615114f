"""schemas/openapi.json, generated from the routes' declarations.

    python -m ops.openapi

writes it; a test fails when the committed file is not what this makes.
"""

import json
import re
from typing import Any

import lambdas.api.app
import lambdas.papers.app  # noqa: F401  # importing the applications declares their operations
from lambdas.api.call import CONTENT_MEDIA_TYPE, OPERATIONS, Operation
from lambdas.api.problems import CONTENT_TYPE, texts
from ops.paths import ROOT

FILE = ROOT / "schemas" / "openapi.json"

_PARAMETER = re.compile(r"{([a-z_]+)}")
_KEY = {"type": "string", "pattern": "^[A-Za-z0-9-]{8,64}$"}
_CONTENT = {CONTENT_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}
_RANGE = {"type": "string", "maxLength": 40}
_IF_MATCH = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
_QUERY = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
    "cursor": {"type": "string", "maxLength": 100},
    "grounds": {"type": "string", "maxLength": 60},
    "for": {"type": "string", "pattern": "^[a-z]{1,20}$"},
    "tasks": {"type": "string", "enum": ["next"]},
    "when": {"type": "string", "enum": ["coming", "held"]},
    "without": {"type": "string", "pattern": "^r-[0-9a-z]{12}$"},
    "format": {"type": "string", "enum": ["json", "csv"], "default": "json"},
    "period": {"type": "string", "pattern": "^20[0-9]{2}(-(0[1-9]|1[0-2]))?$"},
    "form": {"type": "string", "pattern": "^[a-z][a-z-]{2,39}$"},
    "as": {"type": "string", "enum": ["pdf", "xlsx"], "default": "pdf"},
    "unprintable": {"type": "string", "enum": ["notation"]},
    **{
        name: {"type": "string", "maxLength": 64}
        for name in ("case", "meeting", "request", "disposal", "staff")
    },
    "record": {"type": "string", "pattern": "^(r-[0-9a-z]{12}|[a-z][a-z-]{2,39})$"},
    "person": {"type": "string", "pattern": "^p-[0-9a-z]{12}$"},
    "copies": {"type": "integer", "minimum": 1, "maximum": 40, "default": 1},
    "agency": {"type": "string", "minLength": 1, "maxLength": 60},
    "planItem": {"type": "string", "pattern": "^[0-9A-Za-z-]{1,40}$"},
    "formVersion": {"type": "string", "pattern": "^[0-9]{1,3}(\\.[0-9]{1,3}){2}$"},
}
# What any route may answer, by what it asks for.
_ALWAYS = ("internal", "try-again", "too-many-requests", "wrong-place", "outcome-unknown")
_WITH_TOKEN = ("sign-in-required", "not-registered")
_WITH_CONTENT = ("malformed", "part-too-large", "unsupported-content-type")
_WITH_BODY = ("malformed", "too-large", "unsupported-media-type")


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 description of the tenant's API."""
    api = json.loads((ROOT / "schemas" / "api.json").read_text("utf-8"))
    paths: dict[str, dict[str, Any]] = {}
    for operation in sorted(OPERATIONS, key=lambda o: (o.path, o.method)):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "相談記録プラットフォーム API",
            "version": api["$id"].rpartition(":")[2],
            "description": "市町村ごとに独立した相談記録プラットフォームの API です。",
        },
        "servers": [{"url": "./"}],
        "paths": paths,
        "components": {
            "schemas": _local(api["$defs"]),
            "securitySchemes": {
                "idToken": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "Amazon Cognito の ID トークン(10分間有効)",
                }
            },
        },
    }


def _operation(declared: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{declared.method.lower()}{declared.path}".replace("/", "-"),
        "summary": declared.summary,
        "security": [] if declared.public else [{"idToken": []}],
        "parameters": _parameters(declared),
        "responses": _responses(declared),
    }
    if declared.body:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(declared.body)}},
        }
    if declared.takes_content:
        described["requestBody"] = {"required": True, "content": _CONTENT}
    return described


def _parameters(declared: Operation) -> list[dict[str, Any]]:
    def parameter(place: str, name: str, schema: Any, *, required: bool) -> dict[str, Any]:
        return {"in": place, "name": name, "required": required, "schema": schema}

    listed = [
        parameter("path", name, {"type": "string"}, required=True)
        for name in _PARAMETER.findall(declared.path)
    ]
    listed += [parameter("query", n, _QUERY[n], required=False) for n in declared.query]
    if declared.idempotent:
        listed.append(parameter("header", "Idempotency-Key", _KEY, required=True))
    if declared.if_match:
        listed.append(parameter("header", "If-Match", _IF_MATCH, required=True))
        listed.append(parameter("header", "Idempotency-Key", _KEY, required=False))
    if declared.gives_content:
        listed.append(parameter("header", "Range", _RANGE, required=False))
    return listed


def _responses(declared: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": declared.summary}
    if declared.reply:
        success["content"] = {
            "application/json": {"schema": _reference(declared.reply)},
            **{media: {"schema": {"type": "string"}} for media in declared.media},
        }
    if declared.etag:
        success["headers"] = {"ETag": {"schema": {"type": "string"}}}
    slugs = {
        *_ALWAYS,
        *declared.problems,
        *(() if declared.public else _WITH_TOKEN),
        *(_WITH_BODY if declared.body else ()),
        *(_WITH_CONTENT if declared.takes_content else ()),
        *(("not-acceptable", "range-not-satisfiable") if declared.gives_content else ()),
        *(("not-acceptable",) if declared.gives_file else ()),
        *(("if-match-required",) if declared.if_match else ()),
        *(("read-only",) if declared.writes else ()),
        *(("idempotency-key-required",) if declared.idempotent else ()),
    }
    by_status: dict[int, list[str]] = {}
    for slug in sorted(slugs):
        by_status.setdefault(texts()[slug]["status"], []).append(slug)
    responses: dict[str, Any] = {str(declared.status): success}
    if declared.gives_file:
        success["content"] = _CONTENT
    if declared.gives_content:
        success["content"] = _CONTENT
        responses["206"] = success
    for status, names in sorted(by_status.items()):
        titles = "、".join(f"{texts()[slug]['title']}({slug})" for slug in names)
        responses[str(status)] = {
            "description": titles,
            "content": {CONTENT_TYPE: {"schema": _reference("Problem")}},
        }
    return responses


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _local(node: Any) -> Any:
    """The definitions with their references turned to where OpenAPI keeps schemas."""
    text = json.dumps(node, ensure_ascii=False)
    return json.loads(text.replace('"#/$defs/', '"#/components/schemas/'))


def text() -> str:
    """The file's content."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
