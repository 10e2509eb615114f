"""Who asks. The token proves a `sub` and nothing else; the rest is read from the register."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from lambdas.api.problems import Problem
from lambdas.api.tenant import repository, tenant
from lambdas.casework.access import Actor, MemberKind, Role, is_registered
from lambdas.casework.records import Agency


def identify(context: Mapping[str, Any], now: datetime) -> Actor:
    """The actor behind a request that the gateway's authoriser let through.

    Demands an ID token of this tenant's own app client (the authoriser lets any token of the pool
    pass), then reads role, agency, period, and the programme's contract where the role rests on
    one (DOMAIN L3, L10). Raises Problem.
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
    if member.actor.role is Role.COORDINATOR:
        return with_contract(member.actor, repository().agency(member.actor.agency_id))
    return member.actor


def with_contract(actor: Actor, agency: Agency | None) -> Actor:
    """The actor with what their agency's entry in the register lets them do: the staff of the
    programme work under its contract, or are the office's own (L10)."""
    if agency is None or actor.role is not Role.COORDINATOR:
        return actor
    office = agency.member_kind is MemberKind.MUNICIPALITY
    return replace(actor, contract=agency.contract, office=office)
