"""The floor price: what a tenant costs per month although nobody uses it.

Read from the synthesised template, resource by resource, against dated price rows
(`pricing_rules.py`). Free tiers are per account and are not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from infra.policy.template import Template, resources
from ops.costs.book import BookError, Price, Row, price_book
from ops.costs.pricing_rules import BY_USAGE, FIXED, KEY, UnpricedError, check

MONTHS_PER_YEAR = 12
YEARS = 5
# After two rotations KMS charges no more for further ones.
ROTATIONS_CHARGED = 2


@dataclass(frozen=True, kw_only=True)
class FloorLine:
    """One resource's fixed price in USD per month, in the first year."""

    stack: str
    resource: str
    type: str
    price: Price
    quantity: Decimal

    @property
    def usd(self) -> Decimal:
        return self.price.usd * self.quantity


@dataclass(frozen=True, kw_only=True)
class Floor:
    """`lines`: what has a fixed price; `by_usage`: types billed by use alone, with what counts."""

    lines: tuple[FloorLine, ...]
    by_usage: Mapping[str, str]
    rotation_days: int

    @property
    def usd(self) -> Decimal:
        return sum((line.usd for line in self.lines), Decimal(0))

    @property
    def unverified(self) -> tuple[Price, ...]:
        return tuple({line.price for line in self.lines if not line.price.verified})

    def usd_in_year(self, year: int) -> Decimal:
        """Average USD per month in year 1, 2 … of operation, with the key's rotations."""
        keys = sum((line.usd for line in self.lines if line.price.row == KEY), Decimal(0))
        first_month = (year - 1) * MONTHS_PER_YEAR
        rotated = sum(
            rotations(month, self.rotation_days)
            for month in range(first_month, first_month + MONTHS_PER_YEAR)
        )
        return self.usd + keys * rotated / MONTHS_PER_YEAR


def rotations(month: int, rotation_days: int) -> int:
    """Rotations that are charged beside the key itself in month 0, 1, … since the start."""
    return min(ROTATIONS_CHARGED, month * 365 // (MONTHS_PER_YEAR * rotation_days))


def floor_of(
    stacks: Mapping[str, Template], *, region: str, rotation_days: int, on: date | None = None
) -> Floor:
    """The fixed monthly price of a tenant's stacks by the prices of a day (None: the latest).

    Raises UnpricedError.
    """
    try:
        book = price_book(region, on)
    except BookError as error:
        raise UnpricedError(str(error)) from error
    lines = []
    used = set()
    for stack, template in stacks.items():
        for logical_id, kind, properties in resources(template):
            check(kind, logical_id, properties)
            used.add(kind)
            for row, quantity in FIXED[kind](properties) if kind in FIXED else ():
                lines.append(
                    FloorLine(
                        stack=stack,
                        resource=logical_id,
                        type=kind,
                        price=priced(book, row),
                        quantity=Decimal(quantity),
                    )
                )
    return Floor(
        lines=tuple(lines),
        by_usage={kind: what for kind, what in BY_USAGE.items() if kind in used},
        rotation_days=rotation_days,
    )


def priced(book: Mapping[Row, Price], row: Row) -> Price:
    """The price of a row. Raises UnpricedError."""
    if row not in book:
        raise UnpricedError(f"価格表に {row[0]} / {row[1]} がありません。")
    return book[row]
