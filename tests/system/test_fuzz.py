"""Every route of the deployed tenant, asked everything: no answer is a failure of the server, and
none is of a kind that schemas/openapi.json does not tell of.

Left out, because other tests live on the same tenant, and why:

* Settings, registers, contracts, takeovers, new factors: one success changes the tenant for
  everybody. They are asked here by those who are refused, and by those who may in
  tests/unit/test_every_route.py.
* Sign-in: wrong passwords lock an account; the names are made up. Sign-out and refresh are asked
  without the cookie of anybody.
* Disposals: of made-up ids only. What they erase is gone.
"""

import random
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, Phase, settings

from ops.openapi import document
from tests import fuzzing
from tests.good_requests import GOOD, World, build
from tests.running import RunningTenant

# Drawn requests of each operation, beside the boundaries of its schema; and spoilt good ones.
DRAWN, SPOILT = 10, 12
LOGINS = ("kanri1", "houkatsu1", "chousei1", "minsei1", "kansa1")
# Who may open most is asked most.
_WEIGHTS = (8, 2, 2, 1, 1)
_REFUSED = ("houkatsu1", "minsei1", "kansa1")
_CHANGES_THE_TENANT = frozenset(
    {
        ("PUT", "/settings"),
        ("PUT", "/agencies/{agency_id}/contract"),
        ("POST", "/agencies/{agency_id}/takeover"),
        ("POST", "/agencies"),
        ("PUT", "/agencies/{agency_id}"),
        ("POST", "/staff"),
        ("POST", "/staff-changes"),
        ("POST", "/staff/{staff_id}/factor-reset"),
    }
)
SCHEMA = fuzzing.schema(document())
ASKED: Counter[tuple[str, int]] = Counter()


class Asker:
    """Sends the requests, as one of the staff or as nobody, and judges the answers."""

    def __init__(self, tenant: RunningTenant) -> None:
        parts = urlsplit(tenant.url)
        self.base = f"http://127.0.0.1:{parts.port}{parts.path.rstrip('/')}"
        self.host = parts.netloc
        self.tenant = tenant
        self.session = requests.Session()
        self.world: World = build(self.good)

    def good(
        self,
        login: str,
        method: str,
        path: str,
        *,
        sent: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """As `good_requests.Caller`."""
        more = {} if content is None else {"content": content}
        client = self.tenant.client(login)
        answer = client.request(method, path.lstrip("/"), json=sent, headers=headers, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def ask(self, case: Any, login: str | None) -> int:
        """Raises schemathesis' FailureGroup for an answer that may not be."""
        headers = {"Host": self.host}
        if login is not None:
            headers["Authorization"] = str(self.tenant.client(login).id_token)
        answer = case.call(base_url=self.base, headers=headers, session=self.session)
        ASKED[case.operation.label, answer.status_code] += 1
        case.validate_response(answer, checks=fuzzing.CHECKS)
        return int(answer.status_code)


@pytest.fixture(scope="module")
def asker(tenant: RunningTenant) -> Asker:
    return Asker(tenant)


def asks(case: Any, by: random.Random) -> str | None:
    route = case.method.upper(), case.operation.path
    if route in _CHANGES_THE_TENANT:
        return by.choice(_REFUSED)
    if by.random() < 0.05:
        return None
    return by.choices(LOGINS, _WEIGHTS)[0]


def harmless(case: Any, by: random.Random) -> None:
    """No account of other tests is locked."""
    if case.operation.path != "/auth/sign-in" or not isinstance(case.body, dict):
        return
    if isinstance(case.body.get("loginId"), str) and case.body["loginId"]:
        case.body["loginId"] = f"nobody-{by.getrandbits(32):x}"


@SCHEMA.parametrize()
@settings(
    max_examples=DRAWN,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_any_request_gets_an_answer_that_is_documented(case: Any, asker: Asker) -> None:
    by = fuzzing.chance(case)
    fuzzing.aim(case, asker.world, by)
    harmless(case, by)
    asker.ask(case, asks(case, by))


@pytest.mark.parametrize(("method", "path"), sorted(GOOD), ids=" ".join)
def test_a_good_request_gone_wrong_in_one_place_is_answered_as_documented(
    method: str, path: str, asker: Asker
) -> None:
    for number in range(SPOILT):
        case = fuzzing.good_case(SCHEMA[path][method], asker.world)
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
        if number and isinstance(case.body, dict):
            case.body = fuzzing.spoilt(case.body, random.Random(number))  # noqa: S311
        asker.ask(case, "kanri1")


@pytest.mark.parametrize("path", ["me", "cases", "cases/x", "auth/sign-in", "nowhere", "a/b/c/d"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_what_no_route_has_is_refused_by_the_gateway(asker: Asker, method: str, path: str) -> None:
    if method.lower() in document()["paths"].get(f"/{path}", {}):
        return
    answer = asker.tenant.client("kanri1").request(method, path)
    assert 400 <= answer.status_code < 500
    if method != "HEAD":
        assert answer.json()["status"] == answer.status_code


def test_every_operation_was_asked_and_most_were_reached() -> None:
    """So that the above does not pass by meeting a 404 at every door."""
    asked = {label for label, _ in ASKED}
    operations = {
        f"{method.upper()} {path}"
        for path, methods in document()["paths"].items()
        for method in methods
    }
    assert operations <= asked
    reached = {label for label, status in ASKED if status < 300}
    assert len(reached) > len(operations) * 2 // 3, sorted(operations - reached)
    print(sum(ASKED.values()), "requests of", len(asked), "operations")  # noqa: T201
