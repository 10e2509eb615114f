"""What the gateway itself answers, before any function runs: RFC 9457 problem details."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GatewayProblem:
    """One gateway response. `status` None keeps the status the gateway has chosen."""

    kind: str
    status: int | None
    slug: str
    title: str
    detail: str
    retry_after: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Values are literals in API Gateway's notation, quoted twice."""
        headers = {
            "Content-Type": "'application/problem+json'",
            "Cache-Control": "'no-store'",
        }
        return headers | ({"Retry-After": "'5'"} if self.retry_after else {})

    @property
    def body(self) -> str:
        """JSON text without non-ASCII bytes: a template passes through several encoders."""
        problem: dict[str, str | int] = {
            "type": f"urn:soudan:problem:{self.slug}",
            "title": self.title,
            "detail": self.detail,
        }
        if self.status is not None:
            problem["status"] = self.status
        return json.dumps(problem, ensure_ascii=True)


_AGAIN = "時間をおいて、もう一度お試しください。入力した内容は画面に残っています。"
_DENIED = "この場所からは利用できません。所属の管理者に確かめてください。"
_BROKEN = "処理できませんでした"

# Kinds: API Gateway developer guide, "Gateway response types".
GATEWAY_PROBLEMS: tuple[GatewayProblem, ...] = (
    GatewayProblem(
        kind="UNAUTHORIZED",
        status=401,
        slug="sign-in-required",
        title="サインインが必要です",
        detail="もう一度サインインしてください。入力した内容は画面に残っています。",
    ),
    GatewayProblem(
        kind="EXPIRED_TOKEN",
        status=401,
        slug="sign-in-required",
        title="サインインが必要です",
        detail="もう一度サインインしてください。入力した内容は画面に残っています。",
    ),
    GatewayProblem(
        kind="ACCESS_DENIED", status=403, slug="denied", title="利用できません", detail=_DENIED
    ),
    GatewayProblem(
        kind="WAF_FILTERED", status=403, slug="denied", title="利用できません", detail=_DENIED
    ),
    # The gateway's name for a path or method it does not know.
    GatewayProblem(
        kind="MISSING_AUTHENTICATION_TOKEN",
        status=404,
        slug="not-found",
        title="見つかりません",
        detail="アドレスを確かめてください。",
    ),
    GatewayProblem(
        kind="RESOURCE_NOT_FOUND",
        status=404,
        slug="not-found",
        title="見つかりません",
        detail="アドレスを確かめてください。",
    ),
    GatewayProblem(
        kind="REQUEST_TOO_LARGE",
        status=413,
        slug="too-large",
        title="送る内容が大きすぎます",
        detail="内容を分けて保存してください。",
    ),
    GatewayProblem(
        kind="UNSUPPORTED_MEDIA_TYPE",
        status=415,
        slug="unsupported-media-type",
        title="この形式は受け付けていません",
        detail="JSON(application/json)で送ってください。",
    ),
    GatewayProblem(
        kind="THROTTLED",
        status=429,
        slug="too-many-requests",
        title="混み合っています",
        detail=_AGAIN,
        retry_after=True,
    ),
    GatewayProblem(
        kind="QUOTA_EXCEEDED",
        status=429,
        slug="too-many-requests",
        title="混み合っています",
        detail=_AGAIN,
        retry_after=True,
    ),
    GatewayProblem(
        kind="INTEGRATION_TIMEOUT",
        status=504,
        slug="try-again",
        title="時間内に終わりませんでした",
        detail=_AGAIN,
        retry_after=True,
    ),
    GatewayProblem(
        kind="INTEGRATION_FAILURE",
        status=502,
        slug="try-again",
        title=_BROKEN,
        detail=_AGAIN,
        retry_after=True,
    ),
    GatewayProblem(
        kind="DEFAULT_4XX",
        status=None,
        slug="malformed",
        title="要求を読み取れません",
        detail="画面を開き直して、もう一度お試しください。",
    ),
    GatewayProblem(
        kind="DEFAULT_5XX",
        status=None,
        slug="try-again",
        title=_BROKEN,
        detail=_AGAIN,
        retry_after=True,
    ),
)
