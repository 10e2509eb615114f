"""schemas/openapi.json, generated from the routes' declarations.

    python -m ops.openapi

writes it; a test fails when the committed file is not what this makes.
"""

import json
import re
from typing import Any

import lambdas.api.app  # noqa: F401  # importing the application declares its operations
from lambdas.api.call import OPERATIONS, Operation
from lambdas.api.problems import CONTENT_TYPE, texts
from ops.paths import ROOT

FILE = ROOT / "schemas" / "openapi.json"

_PARAMETER = re.compile(r"{([a-z_]+)}")
_KEY = {"type": "string", "pattern": "^[A-Za-z0-9-]{8,64}$"}
_IF_MATCH = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
_QUERY = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
    "cursor": {"type": "string", "maxLength": 100},
}
# What any route may answer, by what it asks for.
_ALWAYS = ("internal", "try-again", "too-many-requests", "wrong-place", "outcome-unknown")
_WITH_TOKEN = ("sign-in-required", "not-registered")
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
    return listed


def _responses(declared: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": declared.summary}
    if declared.reply:
        success["content"] = {"application/json": {"schema": _reference(declared.reply)}}
    if declared.etag:
        success["headers"] = {"ETag": {"schema": {"type": "string"}}}
    slugs = {
        *_ALWAYS,
        *declared.problems,
        *(() if declared.public else _WITH_TOKEN),
        *(_WITH_BODY if declared.body else ()),
        *(("if-match-required",) if declared.if_match else ()),
        *(("idempotency-key-required",) if declared.idempotent else ()),
    }
    by_status: dict[int, list[str]] = {}
    for slug in sorted(slugs):
        by_status.setdefault(texts()[slug]["status"], []).append(slug)
    responses: dict[str, Any] = {str(declared.status): success}
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
