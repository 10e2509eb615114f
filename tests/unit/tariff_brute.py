"""A tariff worked out a second time, unit by unit and month by month, in fractions."""

from fractions import Fraction
from typing import Any

Tree = dict[str, Any]


def year_totals(tree: Tree, town: dict[str, Any], years: int, towns: int = 1) -> list[int | None]:
    """Whole yen with tax, per year, of the first of `towns` equal towns; None with a gap."""
    return [_year(tree, town, number, years, towns) for number in range(1, years + 1)]


def _year(tree: Tree, town: dict[str, Any], number: int, years: int, towns: int) -> int | None:
    total = Fraction(0)
    for price in tree["prices"]:
        if price["period"] == "once" and number != (years if price["item"] == "exit" else 1):
            continue
        quantity = Fraction(
            {
                "flat": 1,
                "user": town["users"],
                "case": town["cases"],
                "agency": town["agencies"],
                "GB": Fraction(town["gb"]) * number,
            }[price["unit"]]
        )
        shared = price.get("charge") == "contract" and towns > 1
        if shared and price["unit"] != "flat":
            quantity *= towns
        line = _line(tree, price, quantity, town, years, towns)
        if line is None:
            return None
        if shared:
            whole = round(line)
            line = Fraction(whole // towns + (1 if whole % towns else 0))
        total += line
    if not tree["tax"]["included"]:
        total += total * tree["tax"]["rate"] / 100
    return int(total // 1)


def _line(
    tree: Tree, price: Tree, quantity: Fraction, town: dict[str, Any], years: int, towns: int
) -> Fraction | None:
    quantity = max(quantity, Fraction(price.get("minimum", 0)))
    quantity = max(quantity - price.get("included", 0), Fraction(0))
    months = 12 if price["period"] == "month" else 1
    total = Fraction(0)
    for _ in range(months):
        one = _once(price, quantity)
        if one is None:
            return None
        total += one
    for discount in tree.get("discounts", []):
        when = discount["when"]
        if (
            price["id"] in discount["prices"]
            and when.get("municipalities", 0) <= towns
            and when.get("years", 0) <= years
            and when.get("users", 0) <= town["users"] * towns
        ):
            total -= total * discount["percent"] / 100
    return total


def _once(price: Tree, quantity: Fraction) -> Fraction | None:
    if quantity == 0:
        return Fraction(0)
    if "amount" in price:
        return None if price["amount"] is None else Fraction(str(price["amount"])) * quantity
    steps = price["tiers"]["steps"]
    mode = price["tiers"]["mode"]
    if mode != "graduated":
        step = next(s for s in steps if s["upTo"] is None or s["upTo"] >= quantity)
        return Fraction(str(step["amount"])) * (1 if mode == "package" else quantity)
    total, left, at = Fraction(0), quantity, Fraction(0)
    while left > 0:  # unit by unit, the last may be a part of one
        step = next(s for s in steps if s["upTo"] is None or s["upTo"] > at)
        part = min(left, Fraction(1))
        total += Fraction(str(step["amount"])) * part
        at, left = at + part, left - part
    return total
