"""What a live tenant has measured, in place of assumptions: cases, hours per case, reduction.

Only sums leave the tenant (DOMAIN §4.10, L18): the report's counts and its minutes by kind of work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lambdas.casework.statistics.volumes import FEWEST_STAFF
from ops.appraisal.assumptions import MEASURED, Assumptions
from ops.statistics.baseline import Baseline

_RECEIVED = "multi.received"
# All minutes of records, and the minutes of everybody who sat in a meeting.
_ALL_WORK = ("progress", "attendance")
_MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`cases`: new in the year; `hours_per_case` and `reduction` None where nothing was measured,
    or by too few people to be told."""

    year: str
    cases: int
    hours_per_case: Decimal | None
    reduction: Decimal | None


def measured(report: Mapping[str, Any], baseline: Baseline | None) -> Measured:
    """From the JSON of `GET /statistics` for a fiscal year, for report."""
    year = str(report["period"])
    cases = next(
        int(row["values"][year])
        for row in report["rows"]
        if row["indicator"] == _RECEIVED and not row["breakdown"]
    )
    volumes = {volume["id"]: volume for volume in report["volumes"] or ()}
    totals = [
        volumes[name]["spread"]["total"]
        for name in _ALL_WORK
        if name in volumes and volumes[name]["spread"]
    ]
    hours = Decimal(sum(totals)) / _MINUTES / cases if cases and totals else None
    return Measured(
        year=year,
        cases=cases,
        hours_per_case=hours,
        reduction=_reduction(volumes, baseline),
    )


def _reduction(volumes: Mapping[str, Any], baseline: Baseline | None) -> Decimal | None:
    """Minutes less per piece of work, each kind by how often it is done now; a kind counts only
    where both sides were measured by at least three members of staff."""
    before = now = Decimal(0)
    for kind, task in baseline.tasks.items() if baseline else ():
        volume = volumes.get(kind)
        if volume is None or volume["spread"] is None or task.staff < FEWEST_STAFF:
            continue
        spread = volume["spread"]
        before += Decimal(task.spread.total) / task.spread.records * spread["records"]
        now += Decimal(spread["total"])
    return (before - now) / before if before else None


def in_place_of(assumed: Assumptions, found: Measured) -> Assumptions:
    """The assumptions with what was measured; a reduction below nought counts as none."""
    source = f"実測({found.year}年度の実績)"
    rows = dict(assumed)
    if found.hours_per_case is not None:
        rows["hours-per-case"] = rows["hours-per-case"].known(
            found.hours_per_case, source, MEASURED
        )
    if found.reduction is not None:
        rows["reduction"] = rows["reduction"].known(
            max(found.reduction, Decimal(0)), f"{source}と事前の記録", MEASURED
        )
    return rows
