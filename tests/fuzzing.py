"""Requests of every kind for every operation of schemas/openapi.json, and what an answer must be.

Schemathesis makes the requests: good ones, each boundary of each schema, and wrong ones. Most of
them would end at the first 404 or 403; `aim` leads part of them on to something that is there, in
the name of somebody who may. Everything is drawn from fixed seeds.
"""

import copy
import json
import random
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.config import (
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi import checks

from tests.good_requests import GOOD, OCTETS, World

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
# What belongs in no field: other types, bounds, characters of no use, words of other languages.
_ODD: Sequence[Any] = (
    None,
    True,
    0,
    -1,
    10**14,
    1.5,
    "",
    " ",
    "x",
    "0",
    "\x00",
    "長" * 300,
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "p-000000000000",
    "r-000000000000",
    "__proto__",
    "/~0~1",
    "{{7*7}}",
    "' OR 1=1 --",
    "\u202e\u2028",
    [],
    [None],
    {},
    {"": ""},
    [[[[]]]],
)


def schema(document: Mapping[str, Any]) -> Any:
    """The document as schemathesis reads it. Methods that no route has are the gateway's to
    refuse, and tried on their own."""
    phases = PhasesConfig(coverage=CoveragePhaseConfig(unexpected_methods=set()))
    project = ProjectConfig(
        phases=phases, generation=GenerationConfig(with_security_parameters=False)
    )
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    return schemathesis.openapi.from_dict(dict(document), config=config)


def chance(case: Any) -> random.Random:
    """The same for the same request."""
    shape = (case.method, case.path, dict(case.path_parameters or {}), case.query, case.body)
    return random.Random(crc32(repr(shape).encode()))  # noqa: S311  # no secret


def aim(case: Any, world: World, by: random.Random, *, often: float = 0.8) -> None:
    """Puts what is there in place of most path parameters; mostly what belongs together."""
    together = by.random() < often
    for name in dict(case.path_parameters or {}):
        known = world.parameters.get(name)
        if known and (together or by.random() < often):
            case.path_parameters[name] = known[0] if together else by.choice(known)
    if by.random() < often:
        _head(case, by)


def _head(case: Any, by: random.Random) -> None:
    """Headers without which most requests would end before anything is looked at."""
    headers = {p.name for p in case.operation.headers}
    if "Idempotency-Key" in headers:
        case.headers["Idempotency-Key"] = str(uuid.UUID(int=by.getrandbits(128)))
    if "If-Match" in headers:
        case.headers["If-Match"] = f'"{by.randrange(4)}"'
    if "Range" in headers:
        case.headers["Accept"] = OCTETS


def good_case(operation: Any, world: World) -> Any:
    """The good request of an operation, as a case of schemathesis."""
    good = GOOD[operation.method.upper(), operation.path](world)
    headers = {} if good.revision is None else {"If-Match": f'"{good.revision}"'}
    return operation.Case(
        path_parameters=dict(good.parameters),
        headers=headers,
        body=good.content if good.content is not None else copy.deepcopy(good.body),
        media_type=OCTETS if good.content is not None else "application/json",
    )


def spoilt(body: Any, by: random.Random) -> Any:
    """The body with one thing in it taken away, doubled, or put in another's place."""
    body = copy.deepcopy(body)
    places = list(_places(body))
    if not places:
        return by.choice(_ODD)
    holder, step = by.choice(places)
    match by.randrange(8):
        case 0:
            del holder[step]
        case 1 if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[step]))
        case 1:
            holder[f"{step}x"] = copy.deepcopy(holder[step])
        case 2:
            other, at = by.choice(places)
            holder[step] = json.loads(json.dumps(other[at]))
        case _:
            holder[step] = by.choice(_ODD)
    return body


def _places(value: Any) -> Any:
    """Every holder and the step to something in it."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in steps:
        yield value, step
        if isinstance(inner, dict | list):
            yield from _places(inner)
