"""Events of the audit trail, made from a request (DOMAIN §4.4).

An event names who, where, what, on which basis and with what result; it holds no content of a
record, only the classes and a hash.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from lambdas.api.call import Call
from lambdas.casework.access import Actor, Decision
from lambdas.casework.audit import sha256_hex
from lambdas.casework.clock import to_iso


def event(
    call: Call,
    action: str,
    decision: Decision,
    *,
    case_id: str | None = None,
    record: Mapping[str, Any] | None = None,
    classes: frozenset[int] | None = None,
    actor: Actor | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An event. `actor` is given only where no token has proved one yet (sign-in);
    `extra` is what belongs to this kind of event alone."""
    who = actor or call.actor
    return {
        **_happening(call, action),
        "actor": {
            "staffId": who.staff_id,
            "name": who.display_name,
            "agencyId": who.agency_id,
            "agencyName": who.agency_name,
            "role": who.role.value,
        },
        "basis": decision.basis.value if decision.basis else None,
        "result": "done" if decision.allowed else "denied",
        "case": case_id,
        "record": dict(record) if record else None,
        "classes": sorted(decision.classes if classes is None else classes),
        **(extra or {}),
    }


def refused_login(call: Call, login_id: str) -> dict[str, Any]:
    """The event of a password that was refused. Whether there is such a login is not looked up,
    and what was typed into its field is kept as a hash: it may be the password."""
    return {
        **_happening(call, "sign-in-failed"),
        "result": "denied",
        "login": sha256_hex(login_id.lower().encode()),
    }


def _happening(call: Call, action: str) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "at": to_iso(call.now),
        "action": action,
        "where": {"ip": call.source_ip, "device": call.user_agent},
        "requestId": call.request_id,
    }
