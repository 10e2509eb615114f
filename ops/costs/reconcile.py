"""Estimate, ledger and bill of a municipality's month side by side, every difference explained.

    estimate + (ledger − estimate)           how it was really used
             + what the provider counted otherwise, price changes, free tiers
             + its share of untagged costs, credits, refunds, tax
             = the bill, after allocation

What the provider counted and the ledger did not is the rest: it must stay under 1 %.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ops.costs.allocation import Allocation
from ops.costs.book import Price, Row
from ops.costs.estimate import Line
from ops.costs.ledger import Ledger

MOST_REST = Decimal("0.01")
_NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One reason why the sums differ. `rest`: it explains nothing."""

    id: str
    label: str
    amount: Decimal
    note: str = ""
    rest: bool = False


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """A municipality's month in the bill's currency. The steps lead from the estimate (or from
    nothing) to `billed`, exactly."""

    code: str
    estimate: Decimal | None
    metered: Decimal | None
    billed: Decimal
    steps: tuple[Step, ...]

    @property
    def rest(self) -> Decimal:
        return sum((step.amount for step in self.steps if step.rest), _NOTHING)

    @property
    def rest_percent(self) -> Decimal:
        return abs(self.rest) / abs(self.billed) * 100 if self.billed else Decimal(bool(self.rest))

    @property
    def explained(self) -> bool:
        return self.rest_percent < MOST_REST * 100

    def plain(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "estimate": self.estimate,
            "metered": self.metered,
            "billed": self.billed,
            "steps": [vars(step) for step in self.steps],
            "rest": self.rest,
            "restPercent": self.rest_percent,
            "explained": self.explained,
        }


@dataclass(frozen=True, kw_only=True)
class _Charged:
    """What the bill says of one usage type of a municipality."""

    service: str
    usage_type: str
    amount: Decimal
    quantity: Decimal
    free: Decimal


def reconcile_all(
    allocation: Allocation,
    ledger: Ledger,
    month: date,
    book: Mapping[Row, Price],
    estimated: tuple[str, Sequence[Line]] | None = None,
) -> list[Reconciled]:
    """Every municipality of the month, by code. `estimated`: a code and its estimate's lines."""
    usage = _usage(allocation, month)
    billed = allocation.amounts(month)
    only = estimated[0] if estimated else None
    return [
        _reconcile(
            code,
            allocation.components(code, month),
            usage[code],
            ledger.get((code, month)),
            billed[code],
            book,
            estimated[1] if estimated else None,
        )
        for code in sorted(billed)
        if code and (only is None or code == only)
    ]


def _usage(allocation: Allocation, month: date) -> dict[str, list[_Charged]]:
    rows = allocation.bill.connection.execute(
        "SELECT tenant, coalesce(service_code, service), coalesce(usage_type, ''), sum(amount),"
        " coalesce(sum(quantity), 0), coalesce(sum(free_quantity), 0)"
        " FROM classified WHERE month = ? AND state = 'direct' AND category = 'usage'"
        " GROUP BY ALL ORDER BY ALL",
        [month],
    ).fetchall()
    found: dict[str, list[_Charged]] = defaultdict(list)
    for code, service, usage_type, amount, quantity, free in rows:
        found[code].append(
            _Charged(
                service=service, usage_type=usage_type, amount=amount, quantity=quantity, free=free
            )
        )
    return found


def _reconcile(
    code: str,
    components: Sequence[tuple[str, str, str, Decimal]],
    usage: Sequence[_Charged],
    entry: Any,
    billed: Decimal,
    book: Mapping[Row, Price],
    lines: Sequence[Line] | None,
) -> Reconciled:
    by_type = {(p.service, p.usage_type): p for p in book.values() if p.usage_type}
    metered: Mapping[str, Decimal] = entry.quantities if entry else {}
    counted, free, price_change, unknown = _NOTHING, _NOTHING, _NOTHING, _NOTHING
    changed, strange, seen = [], [], set()
    for charged in usage:
        price = by_type.get((charged.service, charged.usage_type))
        if price is None:
            unknown += charged.amount
            strange.append(f"{charged.service} {charged.usage_type}")
            continue
        name = "/".join(price.row)
        seen.add(name)
        counted += (charged.quantity - metered.get(name, _NOTHING)) * price.each
        free -= charged.free * price.each
        difference = charged.amount - (charged.quantity - charged.free) * price.each
        price_change += difference
        # Lines are kept with ten decimals: less than that is rounding, no change of price.
        if abs(difference) > abs(charged.amount) / 1000 + Decimal("0.000001"):
            changed.append(f"{price.service} / {price.item}")
    ledger_sum = _NOTHING
    for name, quantity in metered.items():
        service, _, item = name.partition("/")
        if (service, item) not in book:
            continue
        ledger_sum += quantity * book[service, item].each
        if name not in seen:
            counted -= quantity * book[service, item].each
    parts = _parts(components)
    estimate = sum((line.usd for line in lines), _NOTHING) if lines is not None else None
    steps = []
    if estimate is not None:
        steps.append(
            Step(
                id="usage-model",
                label="使い方の想定との差(計量 − 見積もり)",
                amount=ledger_sum - estimate,
                note=_largest(lines or (), metered, book),
            )
        )
    else:
        steps.append(Step(id="metered", label="計量 × 価格表", amount=ledger_sum))
    direct = sum((charged.amount for charged in usage), _NOTHING)
    known = ledger_sum + counted + free + price_change + unknown
    steps += [
        Step(id="free-tier", label="無料枠", amount=free),
        Step(
            id="price-change",
            label="価格表との単価の違い",
            amount=price_change + (direct - known),
            note="、".join(changed),
        ),
        Step(id="untagged", label="タグなし・共用の費用の配分", amount=parts["shared"]),
        Step(id="credit", label="クレジット", amount=parts["credit"]),
        Step(id="refund", label="返金・訂正・調整", amount=parts["refund"]),
        Step(id="tax", label="税", amount=parts["tax"]),
        Step(id="counted", label="数え方の違い(請求 − 計量)", amount=counted, rest=True),
        Step(
            id="not-metered",
            label="計量にない使用",
            amount=unknown,
            note="、".join(strange),
            rest=True,
        ),
    ]
    return Reconciled(
        code=code,
        estimate=estimate,
        metered=ledger_sum if entry else None,
        billed=billed,
        steps=tuple(steps),
    )


def _parts(components: Sequence[tuple[str, str, str, Decimal]]) -> dict[str, Decimal]:
    parts = dict.fromkeys(("shared", "credit", "refund", "tax", "direct"), _NOTHING)
    for kind, _, category, amount in components:
        if category in ("credit", "tax"):
            parts[category] += amount
        elif category in ("refund", "adjustment"):
            parts["refund"] += amount
        else:
            parts["direct" if kind == "direct" else "shared"] += amount
    return parts


def _largest(
    lines: Sequence[Line], metered: Mapping[str, Decimal], book: Mapping[Row, Price]
) -> str:
    """The three price rows in which use and estimate differ most."""
    planned: dict[Row, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.price is not None:
            planned[line.price.row] += line.usd
    used = {
        (service, item): quantity * book[service, item].each
        for name, quantity in metered.items()
        for service, _, item in [name.partition("/")]
        if (service, item) in book
    }
    differences = {
        row: used.get(row, _NOTHING) - planned.get(row, _NOTHING) for row in {*planned, *used}
    }
    largest = sorted(differences.items(), key=lambda one: (-abs(one[1]), one[0]))[:3]
    return "、".join(f"{row[1]} {amount:+.4f}" for row, amount in largest)
