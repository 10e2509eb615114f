"""Conditions by which somebody lists cases, kept under a name of their own."""

import json

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import refuse_my_number
from lambdas.casework.forms import strings
from lambdas.store import models

routes = Blueprint(__name__)

_ITEM = "FILTERS"


@operation(
    routes,
    Operation(
        method="GET",
        path="/me/filters",
        summary="自分が残した絞り込みの条件",
        status=200,
        reply="FilterList",
    ),
)
def read_filters(call: Call) -> Reply:
    try:
        kept = models.Filters.get(_partition(call), _ITEM, consistent_read=True)
    except models.Filters.DoesNotExist:
        return Reply(body={"items": []})
    return Reply(body={"items": json.loads(kept.items)})


@operation(
    routes,
    Operation(
        method="PUT",
        path="/me/filters",
        summary="絞り込みの条件を残す(前の一覧に代わる)",
        status=200,
        reply="FilterList",
        body="FilterList",
        problems=("invalid-record",),
    ),
)
def keep_filters(call: Call) -> Reply:
    items = call.body["items"]
    refuse_my_number({f"/items{pointer}": text for pointer, text in strings(items)})
    models.Filters(_partition(call), _ITEM, items=json.dumps(items, ensure_ascii=False)).save()
    return Reply(body={"items": items})


def _partition(call: Call) -> str:
    return f"PREFERENCES#{call.actor.staff_id}"
