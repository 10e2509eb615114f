"""Events of the audit trail, made from a request (DOMAIN §4.4).

An event names who, where, what, on which basis and with what result; it holds no content of a
record, only the classes and a hash.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from lambdas.api.call import Call
from lambdas.casework.access import Actor, Decision
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
        "id": uuid.uuid4().hex,
        "at": to_iso(call.now),
        "action": action,
        "actor": {
            "staffId": who.staff_id,
            "name": who.display_name,
            "agencyId": who.agency_id,
            "agencyName": who.agency_name,
            "role": who.role.value,
        },
        "where": {"ip": call.source_ip, "device": call.user_agent},
        "requestId": call.request_id,
        "basis": decision.basis.value if decision.basis else None,
        "result": "done" if decision.allowed else "denied",
        "case": case_id,
        "record": dict(record) if record else None,
        "classes": sorted(decision.classes if classes is None else classes),
        **(extra or {}),
    }
