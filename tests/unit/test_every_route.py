"""Every route that writes, with each of its calls to AWS failing in turn: all of it is there, or
nothing; and the routes that change the whole tenant, asked wrongly by who may use them."""

import copy
import json
import random
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.store import models
from ops.openapi import document
from tests import fuzzing, good_requests
from tests.good_requests import GOOD, GOOD_OF_THE_REGISTERS, OCTETS, World
from tests.unit.in_process import Answer, InProcess

_MOST_CALLS = 60
_SPOILT = 60
_CONTRACT = {
    "from": "2026-04-01",
    "to": "2027-03-31",
    "scope": "多機関協働事業",
    "number": "委7-12",
    "subcontracting": "forbidden",
}
_GOOD = {**GOOD, **GOOD_OF_THE_REGISTERS}
_OF_THE_TENANT: Mapping[tuple[str, str], tuple[dict[str, str], Any, int | None]] = {
    ("PUT", "/settings"): (
        {},
        {
            "document": {
                "preset": "minimal",
                "terms": {"paperDaysBefore": 3},
                "forms": {"intake": {"fields": {"/wishes": {"title": "願い"}}}},
                "meetings": {"shien": "まるごと会議"},
                "switches": {"emergencyAccess": True},
            }
        },
        0,
    ),
    ("PUT", "/agencies/{agency_id}/contract"): ({"agency_id": "council"}, _CONTRACT, None),
    ("POST", "/agencies/{agency_id}/takeover"): (
        {"agency_id": "npo"},
        {"from": "council", "on": "2026-07-01"},
        None,
    ),
    ("POST", "/agencies"): ({}, {"name": "相談所", "kind": "03", "runsProgramme": True}, None),
    ("PUT", "/agencies/{agency_id}"): (
        {"agency_id": "npo"},
        {"name": "NPO法人こもれび", "kind": "26", "runsProgramme": False},
        0,
    ),
    ("POST", "/staff-changes"): (
        {},
        {
            "preview": False,
            "changes": [
                {"staffId": "staff-tantou1", "revision": 0, "validTo": "2027-03-31"},
                {"staffId": "staff-houkatsu1", "revision": 0, "agencyId": "npo", "role": "agency"},
            ],
        },
        None,
    ),
    ("POST", "/disposals"): ({}, {"cases": ["122041-2026-000000-0"]}, None),
}


def caller(here: InProcess) -> good_requests.Caller:
    def call(
        login: str,
        method: str,
        path: str,
        *,
        sent: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        answer = here.request(login, method, path, json_body=sent, content=content, headers=lowered)
        assert answer.status < 300, answer.text
        return json.loads(answer.text) if answer.text else None

    return call


def send(here: InProcess, world: World, route: tuple[str, str], key: str) -> Answer:
    good = _GOOD[route](world)
    headers = {"idempotency-key": key}
    if good.revision is not None:
        headers["if-match"] = f'"{good.revision}"'
    if good.content is not None:
        headers["content-type"] = OCTETS
    return here.request(
        good.login,
        route[0],
        good.path(route[1]),
        json_body=good.body,
        content=good.content,
        headers=headers,
    )


def stored() -> list[str]:
    """Everything in the records table. A file without its record is reached by no route
    (docs/decisions/0016)."""
    items = models.Record.scan()
    return sorted(json.dumps(i.serialize(), default=repr, sort_keys=True) for i in items)


@pytest.mark.parametrize("route", sorted(_GOOD), ids=" ".join)
def test_a_crash_between_any_two_calls_leaves_all_or_nothing(
    route: tuple[str, str], here: InProcess
) -> None:
    world = good_requests.build(caller(here))
    for broken in range(1, _MOST_CALLS):
        made = 0

        def fail(operation: str, broken: int = broken) -> None:
            nonlocal made
            made += 1
            if made == broken:
                raise EndpointConnectionError(endpoint_url="test")

        before, key = stored(), str(uuid.uuid4())
        here.before_call = fail
        answer = send(here, world, route, key)
        here.before_call = lambda _: None
        if made < broken:
            break
        assert answer.status in (500, 503) or answer.status < 300, answer.text
        after = stored()
        if answer.status >= 500 and after != before:
            # All of it was written and only the answer was lost: asked again it writes no more.
            answer = send(here, world, route, key)
            assert answer.status < 300, answer.text
            assert stored() == after
        if after != before:
            break
    else:
        pytest.fail("the request makes more calls than were tried")
    assert answer.status < 300, answer.text
    assert here.verify()["problems"] == []


@pytest.mark.parametrize("route", sorted(_OF_THE_TENANT), ids=" ".join)
def test_the_tenants_own_routes_answer_as_documented(
    route: tuple[str, str], here: InProcess
) -> None:
    here.create()
    method, path = route
    parameters, body, revision = _OF_THE_TENANT[route]
    told = document()["paths"][path][method.lower()]["responses"]
    statuses = set()
    for number in range(_SPOILT):
        by = random.Random(number)  # noqa: S311  # no secret
        sent = fuzzing.spoilt(copy.deepcopy(body), by) if number else body
        headers = {"idempotency-key": str(uuid.uuid4())}
        if revision is not None:
            headers["if-match"] = f'"{by.choice((revision, 1, 2, 9))}"' if number else '"0"'
        answer = here.request(
            "kanri1", method, path.format_map(parameters), json_body=sent, headers=headers
        )
        statuses.add(answer.status)
        assert str(answer.status) in told, (sent, answer.text)
        assert answer.status < 500, (sent, answer.text)
    assert len(statuses) > 1
    assert here.verify()["problems"] == []
