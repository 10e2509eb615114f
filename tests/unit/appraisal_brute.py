"""An appraisal worked out a second time: one draw after the other, in plain Python floats."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ops.appraisal.model import Town, own_time, spending

ROWS = ("hours-per-case", "reduction", "wage-regular", "wage-other", "share-regular")


def inverse(u: float, low: float, mid: float, high: float) -> float:
    """Of the triangular distribution, by bisection of its cumulative function."""
    if high <= low:
        return low

    def cumulative(x: float) -> float:
        if x <= mid:
            return (x - low) ** 2 / ((high - low) * (mid - low)) if mid > low else 0.0
        return 1 - (high - x) ** 2 / ((high - low) * (high - mid))

    below, above = low, high
    for _ in range(200):
        half = (below + above) / 2
        below, above = (half, above) if cumulative(half) < u else (below, half)
    return (below + above) / 2


def draw(
    town: Town, assumed: Mapping[str, Any], uniform: Mapping[str, float]
) -> tuple[float, float]:
    """Benefit and cost, yen a year, of one draw."""

    def value(name: str) -> float:
        row = assumed[name]
        return inverse(uniform[name], float(row.low), float(row.mid), float(row.high))

    share = value("share-regular")
    wage = share * value("wage-regular") + (1 - share) * value("wage-other")
    cases = town.cases * value("cases-factor")
    benefit = cases * value("hours-per-case") * value("reduction") * wage + float(town.ended)
    # numpy rounds halves to even, and so does Python.
    here = replace(town, cases=round(cases))

    def spent(level: str, dollars: str) -> float:
        return float(sum(y.total for y in spending(here, assumed, level, dollars))) / town.years

    def hours(level: str) -> float:
        time = own_time(here, assumed, level)
        return float(time.once) / town.years + float(time.yearly)

    middle = spent("mid", "mid")
    cost = inverse(uniform["price"], spent("low", "mid"), middle, spent("high", "mid"))
    cost += inverse(
        uniform["dollar"], spent("mid", "low") - middle, 0.0, spent("mid", "high") - middle
    )
    cost += inverse(uniform["own"], hours("low"), hours("mid"), hours("high")) * wage
    return benefit, cost


def triangular_moments(low: float, mid: float, high: float) -> tuple[float, float]:
    """Mean and standard deviation, closed forms."""
    mean = (low + mid + high) / 3
    square = low**2 + mid**2 + high**2 - low * mid - low * high - mid * high
    return mean, math.sqrt(square / 18)
