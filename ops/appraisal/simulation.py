"""Monte Carlo: every assumption drawn between its low and high, seeded, all draws at once.

Each row is a triangular distribution on (low, mid, high), drawn by its inverse from one uniform
number; rows are independent, an offer's prices move together, and so do the own hours. One draw
holds for all years of the contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ops.appraisal.assumptions import Assumption, Assumptions
from ops.appraisal.model import Town, mean, own_time, spending

Floats = NDArray[np.float64]

LEAST_DRAWS, MOST_DRAWS = 1_000, 1_000_000
PERCENTILES = (5, 25, 50, 75, 95)
DRAWN = (
    "hours-per-case",
    "reduction",
    "wage-regular",
    "wage-other",
    "share-regular",
    "cases-factor",
)
_PRICE, _DOLLAR, _OWN = "price", "dollar", "own"
_ASKED = 13


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Yen a year of each draw: benefit and cost, bills that end counted as benefit."""

    benefit: Floats
    cost: Floats

    @property
    def probability(self) -> float:
        """That the benefit exceeds the cost."""
        return float(np.mean(self.benefit > self.cost))

    def ratio(self) -> Mapping[int, float | None]:
        """Percentiles of benefit ÷ cost; None where nothing is spent in some draw."""
        if not (self.cost > 0).all():
            return dict.fromkeys(PERCENTILES)
        found = np.percentile(self.benefit / self.cost, PERCENTILES)
        return {percent: float(v) for percent, v in zip(PERCENTILES, found, strict=True)}

    def net(self) -> Mapping[int, float]:
        """Percentiles of benefit − cost."""
        found = np.percentile(self.benefit - self.cost, PERCENTILES)
        return {percent: float(v) for percent, v in zip(PERCENTILES, found, strict=True)}


def triangular(uniform: Floats, low: Floats | float, mid: Floats | float, high: Floats | float) -> (
    Floats
):  # fmt: skip
    """The inverse of the triangular distribution; a band of no width gives its one value."""
    low, mid, high = (np.asarray(v, dtype=np.float64) for v in (low, mid, high))
    width = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.where(width > 0, (mid - low) / np.where(width > 0, width, 1), 0.5)
        rising = low + np.sqrt(uniform * width * (mid - low))
        falling = high - np.sqrt((1 - uniform) * width * (high - mid))
    found: Floats = np.where(uniform < turn, rising, falling)
    return found


def uniforms(seed: int, draws: int) -> dict[str, Floats]:
    """One row of uniform numbers per thing that is drawn; the same seed gives the same rows."""
    generator = np.random.default_rng(seed)
    names = (*DRAWN, _PRICE, _DOLLAR, _OWN)
    return dict(zip(names, generator.random((len(names), draws)), strict=True))


def simulate(town: Town, assumed: Assumptions, drawn: Mapping[str, Floats]) -> Draws:
    """All draws of one town. Raises GapError and TariffError."""
    value = {name: _row(drawn[name], assumed[name]) for name in DRAWN}
    wage = (
        value["share-regular"] * value["wage-regular"]
        + (1 - value["share-regular"]) * value["wage-other"]
    )
    cases = town.cases * value["cases-factor"]
    benefit = cases * value["hours-per-case"] * value["reduction"] * wage + float(town.ended)
    return Draws(benefit=benefit, cost=_costs(town, assumed, drawn, cases, wage))


def _costs(
    town: Town, assumed: Assumptions, drawn: Mapping[str, Floats], cases: Floats, wage: Floats
) -> Floats:
    """Prices and hours are asked at some whole numbers of cases, and read between them on a line:
    exactly where few cases are possible or nothing is tiered by cases."""
    whole = np.rint(cases)
    numbers = np.unique(np.rint(np.linspace(whole.min(), whole.max(), _ASKED)))
    rows = [_points(replace(town, cases=int(number)), assumed) for number in numbers]
    table = np.array(rows, dtype=np.float64)
    low, mid, high, cheap, dear, own_low, own_mid, own_high = (
        np.interp(whole, numbers, column) for column in table.T
    )
    prices = triangular(drawn[_PRICE], low, mid, high)
    exchange = triangular(drawn[_DOLLAR], cheap - mid, np.zeros_like(mid), dear - mid)
    own = triangular(drawn[_OWN], own_low, own_mid, own_high)
    total: Floats = prices + exchange + own * wage
    return total


def _points(town: Town, assumed: Assumptions) -> list[float]:
    """Spending a year at low, mid, high prices and low, high dollar; own hours a year."""
    levels = [("low", "mid"), ("mid", "mid"), ("high", "mid"), ("mid", "low"), ("mid", "high")]
    spent = [mean([y.total for y in spending(town, assumed, *level)]) for level in levels]
    times = [own_time(town, assumed, level) for level in ("low", "mid", "high")]
    hours = [time.once / town.years + time.yearly for time in times]
    return [float(value) for value in (*spent, *hours)]


def _row(uniform: Floats, row: Assumption) -> Floats:
    return triangular(uniform, *(float(Decimal(v)) for v in (row.low, row.mid, row.high)))
