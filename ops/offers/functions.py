"""The list of functions that offers are compared by (schemas/functions.json)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from infra.manifest import SCHEMAS


@dataclass(frozen=True, kw_only=True)
class Function:
    """One row. `kind`: required, optional or not-built. `policy`: sentences of the policy.
    `how`: api, exchange, inspection or none; `check` says what is looked at."""

    id: str
    title: str
    kind: str
    policy: Sequence[str]
    how: str
    check: str


@dataclass(frozen=True, kw_only=True)
class FunctionList:
    """`classes`, `checks` and `sentences` hold the words for the codes of a Function."""

    version: str
    functions: Mapping[str, Function]
    classes: Mapping[str, str]
    checks: Mapping[str, str]
    sentences: Mapping[str, str]


@cache
def function_list() -> FunctionList:
    """The list as it lies in schemas/."""
    tree = json.loads((SCHEMAS / "functions.json").read_text("utf-8"))
    return FunctionList(
        version=tree["version"],
        functions={
            row["id"]: Function(
                id=row["id"],
                title=row["title"],
                kind=row["class"],
                policy=tuple(row["policy"]),
                how=row["check"]["how"],
                check=row["check"]["what"],
            )
            for row in tree["functions"]
        },
        classes=tree["classes"],
        checks=tree["checks"],
        sentences=tree["sentences"],
    )
