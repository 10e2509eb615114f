"""What an offer costs a municipality on a workload: exact yen, year by year.

Amounts are `Decimal` throughout. A year's lines are summed, tax is added (or is in them), and the
sum is cut to the yen below once a year; nothing is rounded before. What is charged per contract is
shared out in whole yen by largest remainder, so that the shares add up to the contract's amount.
A line whose amount is not published is a gap: the year's total is then unknown, never smaller.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path

from ops.offers.definition import Amount, Discount, Offer, Price
from ops.offers.functions import function_list

MONTHS_PER_YEAR = 12
YEN = Decimal(1)
SECTIONS = {
    "commission": "委託料",
    "use": "使用料及び賃借料",
    "service": "役務費",
    "supplies": "需用費",
}


class TariffError(Exception):
    """A workload that the offer has no price for; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a municipality does in a year: new cases, users, agencies; gigabytes added a year."""

    id: str
    name: str
    cases: int
    users: int
    agencies: int
    gb_per_year: Decimal

    def quantity(self, unit: str, year: int) -> Decimal:
        """How many of a unit in year 1, 2 …; what is stored grows with each year."""
        if unit == "GB":
            return self.gb_per_year * year
        return Decimal(
            {"flat": 1, "user": self.users, "case": self.cases, "agency": self.agencies}[unit]
        )


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A contract's length, the level read from bands (low, mid, high) and yen per US dollar."""

    years: int = 5
    level: str = "mid"
    yen_per_dollar: Decimal = Decimal(150)


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One line in one year for one municipality, as the offer counts tax. None: not published."""

    price: Price
    yen: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Year:
    """A municipality's year. `total` is with tax, in whole yen; None when a line is a gap, and
    `known` is then what is known of it."""

    charges: tuple[Charge, ...]
    known: Decimal
    total: Decimal | None

    def of(self, *items: str) -> Decimal | None:
        """The exact sum of some items, as the offer counts tax; None with a gap among them."""
        found = [c.yen for c in self.charges if c.price.item in items]
        if any(yen is None for yen in found):
            return None
        return sum((yen for yen in found if yen is not None), Decimal(0))


@cache
def workloads() -> Mapping[str, Workload]:
    """The common workloads that every tariff is run on (workloads.csv beside this file)."""
    path = Path(__file__).with_name("workloads.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            row["id"]: Workload(
                id=row["id"],
                name=row["name"],
                cases=int(row["cases"]),
                users=int(row["users"]),
                agencies=int(row["agencies"]),
                gb_per_year=Decimal(row["gb_per_year"]),
            )
            for row in csv.DictReader(lines)
        }


def bills(offer: Offer, towns: Sequence[Workload], terms: Terms) -> tuple[tuple[Year, ...], ...]:
    """Each town's years under one contract of all of them. Raises TariffError."""
    if len(towns) > 1 and offer.split is None:
        raise TariffError(
            f"{offer.product} には複数の市区町村が共同で使う料金がありません。"
            "1つの市区町村で計算してください。"
        )
    per_town: list[list[Year]] = [[] for _ in towns]
    for number in range(1, terms.years + 1):
        lines: list[list[Charge]] = [[] for _ in towns]
        for price in offer.prices:
            if not (due(price, number, terms.years) and counted(offer, price)):
                continue
            for place, yen in enumerate(_shares(offer, price, towns, number, terms)):
                lines[place].append(Charge(price=price, yen=yen))
        for place, charges in enumerate(lines):
            per_town[place].append(_year(offer, charges))
    return tuple(tuple(years) for years in per_town)


def bill(offer: Offer, town: Workload, terms: Terms) -> tuple[Year, ...]:
    """The years of a town that has a contract of its own. Raises TariffError."""
    return bills(offer, [town], terms)[0]


def due(price: Price, year: int, years: int) -> bool:
    """Whether a line falls in year 1, 2 …: leaving is paid in the last, other single sums in the
    first."""
    if price.period != "once":
        return True
    return year == (years if price.item == "exit" else 1)


def counted(offer: Offer, price: Price) -> bool:
    """Whether a line is in the comparison: what is priced apart is so only if a required function
    needs it, so that nobody looks cheap by taking a needed function out of the price."""
    if price.item != "option":
        return True
    return any(
        said.price == price.id and function_list().functions[number].kind == "required"
        for number, said in offer.functions.items()
    )


def present_value(yen_by_year: Sequence[Decimal], percent: Decimal) -> Decimal:
    """Yen of the first fiscal year, which itself is not discounted; cut to the yen below."""
    factor = 1 + percent / 100
    total = sum((yen / factor**n for n, yen in enumerate(yen_by_year)), Decimal(0))
    return total.quantize(YEN, ROUND_FLOOR)


def with_tax(offer: Offer, yen: Decimal) -> Decimal:
    """A sum as the offer counts tax → with tax, cut to the yen below."""
    if not offer.tax_included:
        yen = yen * (100 + offer.tax_rate) / 100
    return yen.quantize(YEN, ROUND_FLOOR)


def _year(offer: Offer, charges: Sequence[Charge]) -> Year:
    known = with_tax(offer, sum((c.yen for c in charges if c.yen is not None), Decimal(0)))
    complete = all(c.yen is not None for c in charges)
    return Year(charges=tuple(charges), known=known, total=known if complete else None)


def _shares(
    offer: Offer, price: Price, towns: Sequence[Workload], year: int, terms: Terms
) -> list[Decimal | None]:
    if price.charge == "municipality":
        quantities = [town.quantity(price.unit, year) for town in towns]
        return [_amount(offer, price, quantity, towns, terms) for quantity in quantities]
    if price.unit == "flat":
        quantity = Decimal(1)
    else:
        quantity = sum((town.quantity(price.unit, year) for town in towns), Decimal(0))
    whole = _amount(offer, price, quantity, towns, terms)
    if whole is None or len(towns) == 1:
        return [whole] * len(towns)
    weights = [{"equal": 1, "users": t.users, "cases": t.cases}[str(offer.split)] for t in towns]
    return list(shared_out(whole, weights))


def shared_out(yen: Decimal, weights: Sequence[int]) -> Iterator[Decimal]:
    """Whole yen by largest remainder, ties to the earlier; the shares add up to `yen` rounded to
    the yen. Without any weight all are alike."""
    whole = int(yen.quantize(YEN, ROUND_HALF_EVEN))
    weights = weights if any(weights) else [1] * len(weights)
    total = sum(weights)
    floors = [whole * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: -(whole * weights[n] % total))
    more = set(order[: whole - sum(floors)])
    return (Decimal(floor + (n in more)) for n, floor in enumerate(floors))


def _amount(
    offer: Offer, price: Price, quantity: Decimal, towns: Sequence[Workload], terms: Terms
) -> Decimal | None:
    """One line's yen a year for a quantity, discounts taken off."""
    charged = max(quantity, Decimal(price.minimum)) - price.included
    once = _for_quantity(price, max(charged, Decimal(0)), terms.level)
    if once is None:
        return None
    times = MONTHS_PER_YEAR if price.period == "month" else 1
    yen = once * times * (terms.yen_per_dollar if price.currency == "USD" else 1)
    for discount in offer.discounts:
        if price.id in discount.prices and _granted(discount, towns, terms):
            yen = yen * (100 - discount.percent) / 100
    return yen


def _granted(discount: Discount, towns: Sequence[Workload], terms: Terms) -> bool:
    return (
        len(towns) >= discount.municipalities
        and terms.years >= discount.years
        and sum(town.users for town in towns) >= discount.users
    )


def _for_quantity(price: Price, quantity: Decimal, level: str) -> Decimal | None:
    if not price.mode:
        return _times(price.amount, quantity, level)
    if quantity == 0:
        return Decimal(0)
    last = price.steps[-1].up_to
    if last is not None and quantity > last:
        raise TariffError(
            f"「{price.name}」の段階表は {last} までで、{quantity:f} の料金がありません。"
            "事業者に料金を確かめ、段階を足してください。"
        )
    reached = next(s for s in price.steps if s.up_to is None or quantity <= s.up_to)
    if price.mode == "package":
        return _times(reached.amount, Decimal(1), level)
    if price.mode == "volume":
        return _times(reached.amount, quantity, level)
    total, below = Decimal(0), Decimal(0)
    for step in price.steps:
        top = quantity if step.up_to is None else min(quantity, Decimal(step.up_to))
        part = _times(step.amount, top - below, level)
        if part is None:
            return None
        total, below = total + part, top
        if top == quantity:
            break
    return total


def _times(amount: Amount | None, quantity: Decimal, level: str) -> Decimal | None:
    """A quantity of nothing costs nothing, whatever the price."""
    if quantity == 0:
        return Decimal(0)
    return None if amount is None else amount.at(level) * quantity
