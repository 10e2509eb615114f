"""Whether the one who asks is told by e-mail, once a day, how much waits for them."""

from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem
from lambdas.api.tenant import tenant
from lambdas.store import digests

routes = Blueprint(__name__)


@operation(
    routes,
    Operation(
        method="GET",
        path="/me/digest",
        summary="件数を知らせるメールを受け取るか",
        status=200,
        reply="Digest",
    ),
)
def read_digest(call: Call) -> Reply:
    return Reply(body=_body(digests.address_of(call.sub)))


@operation(
    routes,
    Operation(
        method="PUT",
        path="/me/digest",
        summary="件数を知らせるメールを受け取る、やめる(address が null)",
        status=200,
        reply="Digest",
        body="DigestAddress",
        problems=("not-permitted", "invalid-record"),
    ),
)
def keep_digest(call: Call) -> Reply:
    address = call.body["address"]
    if not tenant().digest and address is not None:
        raise Problem("not-permitted")
    digests.keep(call.sub, call.actor.staff_id, address)
    return Reply(body=_body(address))


def _body(address: str | None) -> dict[str, Any]:
    return {"offered": tenant().digest, "address": address}
