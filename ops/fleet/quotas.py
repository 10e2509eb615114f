"""How many tenants fit into one account and region, by AWS's default quotas (quotas.csv). None of
the figures is verified against an account; many can be raised on request."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.fleet.synthesis import Outcome

_STACKS_OF_A_TENANT = 2


@dataclass(frozen=True, kw_only=True)
class Quota:
    """`used`: of the whole fleet in one account; `tenants`: how many of the largest fit; `accounts`
    that it forces by itself."""

    service: str
    quota: str
    default: int
    adjustable: bool
    confidence: str
    used: int
    tenants: int
    accounts: int


def quotas(outcomes: Sequence[Outcome]) -> list[Quota]:
    """Every quota that a tenant counts against, the tightest first."""
    each = [_counted(outcome) for outcome in outcomes]
    with (Path(__file__).with_name("quotas.csv")).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = []
    for row in rows:
        counts = [kinds[row["resource_type"]] for kinds in each]
        if not (largest := max(counts, default=0)):
            continue
        default = int(row["default"])
        fitting = default // largest
        found.append(
            Quota(
                service=row["service"],
                quota=row["quota"],
                default=default,
                adjustable=row["adjustable"] == "yes",
                confidence=row["confidence"],
                used=sum(counts),
                tenants=fitting,
                accounts=-(-sum(1 for count in counts if count) // fitting),
            )
        )
    return sorted(found, key=lambda quota: (quota.tenants, quota.service))


def accounts_forced(found: Sequence[Quota]) -> int:
    """How many accounts the tightest default quota forces."""
    return max((quota.accounts for quota in found), default=1)


def _counted(outcome: Outcome) -> Mapping[str, int]:
    kinds = Counter(outcome.kinds)
    kinds["AWS::CloudFormation::Stack"] = _STACKS_OF_A_TENANT
    kinds.update(outcome.doors)
    return kinds
