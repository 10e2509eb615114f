"""What the gateway itself answers, before any function runs: RFC 9457 problem details with the
texts of schemas/problems.json, the same that the functions answer with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_TEXTS = Path(__file__).resolve().parents[2] / "schemas" / "problems.json"
_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class GatewayProblem:
    """One gateway response. `kind`: API Gateway developer guide, "Gateway response types".

    `own_status`: the gateway keeps the status that it has chosen itself.
    """

    kind: str
    slug: str
    own_status: bool = False

    @property
    def status(self) -> int | None:
        return None if self.own_status else int(_texts()[self.slug]["status"])

    @property
    def headers(self) -> dict[str, str]:
        """Values are literals in API Gateway's notation, quoted twice."""
        headers = {
            "Content-Type": "'application/problem+json'",
            "Cache-Control": "'no-store'",
        }
        if self.slug in ("too-many-requests", "try-again"):
            headers["Retry-After"] = f"'{_RETRY_AFTER_SECONDS}'"
        return headers

    @property
    def body(self) -> str:
        """JSON text without non-ASCII bytes: a template passes through several encoders."""
        text = _texts()[self.slug]
        problem: dict[str, Any] = {
            "type": f"urn:soudan:problem:{self.slug}",
            "title": text["title"],
            "detail": text["detail"],
        }
        if self.status is not None:
            problem["status"] = self.status
        return json.dumps(problem, ensure_ascii=True)


GATEWAY_PROBLEMS: tuple[GatewayProblem, ...] = (
    GatewayProblem(kind="UNAUTHORIZED", slug="sign-in-required"),
    GatewayProblem(kind="EXPIRED_TOKEN", slug="sign-in-required"),
    GatewayProblem(kind="ACCESS_DENIED", slug="wrong-place"),
    GatewayProblem(kind="WAF_FILTERED", slug="wrong-place"),
    # The gateway's name for a path or method it does not know.
    GatewayProblem(kind="MISSING_AUTHENTICATION_TOKEN", slug="not-found"),
    GatewayProblem(kind="RESOURCE_NOT_FOUND", slug="not-found"),
    GatewayProblem(kind="REQUEST_TOO_LARGE", slug="too-large"),
    GatewayProblem(kind="UNSUPPORTED_MEDIA_TYPE", slug="unsupported-media-type"),
    GatewayProblem(kind="THROTTLED", slug="too-many-requests"),
    GatewayProblem(kind="QUOTA_EXCEEDED", slug="too-many-requests"),
    # Whether the write was done is not known: the same Idempotency-Key makes asking again safe.
    GatewayProblem(kind="INTEGRATION_TIMEOUT", slug="outcome-unknown"),
    GatewayProblem(kind="INTEGRATION_FAILURE", slug="outcome-unknown"),
    GatewayProblem(kind="DEFAULT_4XX", slug="malformed", own_status=True),
    GatewayProblem(kind="DEFAULT_5XX", slug="outcome-unknown", own_status=True),
)


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(_TEXTS.read_text("utf-8"))
    return texts
