"""What a tenant will cost: its synthesised template × the workload model × the price book.

Every resource of the template is a line: priced, or free with the reason. Months are worked out one
by one from the start of operation, since storage grows and the key rotates.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from infra.policy.template import Template, resources
from ops.costs.book import FreeTier, Price, Rate, Row, Tax
from ops.costs.floor import MONTHS_PER_YEAR, YEARS, priced, rotations
from ops.costs.pricing_rules import FIXED, FREE, KEY, USED, Share, check
from ops.costs.workload import Workload

STAGE = "AWS::ApiGateway::Stage"
APRIL = 4


@dataclass(frozen=True, kw_only=True)
class Line:
    """A resource's monthly cost by one price row. `kept`: paid in a month without use too.

    Of a free resource `price` is None and `what` is the reason; it stands for `quantity` of them.
    """

    stack: str
    resource: str
    type: str
    price: Price | None
    quantity: Decimal
    what: str
    kept: bool

    @property
    def usd(self) -> Decimal:
        return self.price.each * self.quantity if self.price else Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Year:
    """The cost of twelve months of operation, or of a fiscal year (April to March, with as many
    `months` as fall into it). Yen amounts are whole yen; `jpy` includes the tax."""

    label: str
    months: int
    usd: Decimal
    jpy_before_tax: int
    tax: int

    @property
    def jpy(self) -> int:
        return self.jpy_before_tax + self.tax


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """`start`: the first month of operation (its first day)."""

    stacks: Mapping[str, Template]
    book: Mapping[Row, Price]
    free: Mapping[Row, FreeTier]
    load: Workload
    rotation_days: int
    rate: Rate
    tax: Tax
    start: date

    @cached_property
    def lines(self) -> list[Line]:
        """The average month of the first year."""
        months = [self.lines_of(month) for month in range(MONTHS_PER_YEAR)]
        return [
            replace(same[0], quantity=sum(line.quantity for line in same) / MONTHS_PER_YEAR)
            for same in zip(*months, strict=True)
        ]

    @property
    def monthly_usd(self) -> Decimal:
        """The average month of the first year, at list prices without free tiers."""
        return _sum(self.lines)

    @property
    def idle_monthly_usd(self) -> Decimal:
        """A month in which nobody uses the tenant, with what the first year keeps on average."""
        return self._average(idle=True)

    @property
    def monthly_usd_with_free_tiers(self) -> Decimal:
        """The same month for a tenant that has the account's free tiers to itself."""
        return self.usd_of(self.lines, with_free_tiers=True)

    @property
    def monthly_jpy(self) -> int:
        """The average month of the first year in yen, tax included."""
        before = yen(self.monthly_usd * self.rate.jpy)
        return before + yen(before * self.tax.percent / 100)

    @cached_property
    def years(self) -> list[Year]:
        """Years 1 to 5 of operation."""
        return [
            self._year(f"{year}年目", range((year - 1) * MONTHS_PER_YEAR, year * MONTHS_PER_YEAR))
            for year in range(1, YEARS + 1)
        ]

    @cached_property
    def fiscal_years(self) -> list[Year]:
        """The same five years cut at each 1 April: five or six, the outer ones may be parts."""
        cut: dict[int, list[int]] = defaultdict(list)
        for month in range(YEARS * MONTHS_PER_YEAR):
            cut[fiscal_year(self._day(month))].append(month)
        return [self._year(f"{year}年度", months) for year, months in cut.items()]

    def lines_of(self, month: int, *, idle: bool = False) -> list[Line]:
        """The lines of month 0, 1, … since the start. Raises UnpricedError."""
        load = replace(self.load, month=month, idle=idle)
        return [*self._priced_lines(load), *self._free_lines()]

    def usd_of(self, lines: list[Line], *, with_free_tiers: bool) -> Decimal:
        """The sum of lines; a free tier is taken off once per price row."""
        if not with_free_tiers:
            return _sum(lines)
        quantities: dict[Row, Decimal] = defaultdict(Decimal)
        for line in lines:
            if line.price:
                quantities[line.price.row] += line.quantity
        return sum(
            (
                max(Decimal(0), quantity - (self.free[row].quantity if row in self.free else 0))
                * self.book[row].each
                for row, quantity in quantities.items()
            ),
            Decimal(0),
        )

    @cached_property
    def _found(self) -> list[tuple[str, str, str, Mapping[str, object]]]:
        found = [
            (stack, logical_id, kind, properties)
            for stack, template in self.stacks.items()
            for logical_id, kind, properties in resources(template)
        ]
        for _, logical_id, kind, properties in found:
            check(kind, logical_id, properties)
        return found

    def _priced_lines(self, load: Workload) -> Iterator[Line]:
        doors = sum(kind == STAGE for _, _, kind, _ in self._found)
        share = Share(load=load, doors=max(1, doors))
        for stack, logical_id, kind, properties in self._found:
            for row, quantity in FIXED[kind](properties) if kind in FIXED else ():
                charged = 1 + rotations(load.month, self.rotation_days) if row == KEY else 1
                yield Line(
                    stack=stack,
                    resource=logical_id,
                    type=kind,
                    price=priced(self.book, row),
                    quantity=Decimal(quantity * charged),
                    what="固定",
                    kept=True,
                )
            for used in USED[kind](properties, share) if kind in USED else ():
                yield Line(
                    stack=stack,
                    resource=logical_id,
                    type=kind,
                    price=priced(self.book, used.row),
                    quantity=used.amount,
                    what=used.what,
                    kept=used.kept,
                )

    def _free_lines(self) -> Iterator[Line]:
        counted = Counter((stack, kind) for stack, _, kind, _ in self._found if kind in FREE)
        for (stack, kind), count in counted.items():
            yield Line(
                stack=stack,
                resource="",
                type=kind,
                price=None,
                quantity=Decimal(count),
                what=FREE[kind],
                kept=True,
            )

    def _average(self, *, idle: bool) -> Decimal:
        months = range(MONTHS_PER_YEAR)
        total = sum((_sum(self.lines_of(month, idle=idle)) for month in months), Decimal(0))
        return total / MONTHS_PER_YEAR

    @cached_property
    def _usd_by_month(self) -> list[Decimal]:
        return [_sum(self.lines_of(month)) for month in range(YEARS * MONTHS_PER_YEAR)]

    def _year(self, label: str, months: list[int] | range) -> Year:
        # Rounded month by month, as bills are.
        before = [yen(self._usd_by_month[month] * self.rate.jpy) for month in months]
        return Year(
            label=label,
            months=len(months),
            usd=sum((self._usd_by_month[month] for month in months), Decimal(0)),
            jpy_before_tax=sum(before),
            tax=sum(yen(amount * self.tax.percent / 100) for amount in before),
        )

    def _day(self, month: int) -> date:
        years, months = divmod(self.start.month - 1 + month, MONTHS_PER_YEAR)
        return date(self.start.year + years, months + 1, 1)


def fiscal_year(day: date) -> int:
    """The Japanese fiscal year, which begins on 1 April."""
    return day.year if day.month >= APRIL else day.year - 1


def yen(amount: Decimal) -> int:
    """Whole yen, half up."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _sum(lines: list[Line]) -> Decimal:
    return sum((line.usd for line in lines), Decimal(0))
