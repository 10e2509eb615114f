"""Who asks. The token proves a `sub` and nothing else; the rest is read from the register."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas.api.problems import Problem
from lambdas.api.tenant import repository, tenant
from lambdas.casework.access import Actor, is_registered


def identify(context: Mapping[str, Any], now: datetime) -> Actor:
    """The actor behind a request that the gateway's authoriser let through.

    Demands an ID token of this tenant's own app client (the authoriser lets any token of the pool
    pass), then reads role, agency and period (DOMAIN L3). Raises Problem.
    """
    claims = (context.get("authorizer") or {}).get("claims") or {}
    if claims.get("token_use") != "id" or claims.get("aud") != tenant().client_id:
        raise Problem("sign-in-required")
    member = repository().staff_by_sub(str(claims["sub"]))
    if member is None or not is_registered(member.actor, now):
        raise Problem("not-registered")
    # `auth_time`, since the gateway turns `iat` and `exp` into dates as text; it also stays that of
    # the sign-in when a token is renewed.
    signed_in_at = str(claims.get("auth_time", ""))
    if not signed_in_at.isdecimal() or int(signed_in_at) < member.sessions_from:
        raise Problem("sign-in-required")
    return member.actor
