"""What a month's report says: amounts by municipality, vendor, service or case, and what to expect.

All yen amounts of one table sum to the month's bill. Cost per case is an average of a municipality;
no line of a single case exists here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import sqrt
from statistics import fmean, median

from ops.costs.allocation import NOBODY, UNIT, Allocation, round_to_sum
from ops.costs.book import BookError, price_book
from ops.costs.estimate import yen
from ops.costs.fleet import Member
from ops.costs.inputs import InputError, next_month
from ops.costs.ledger import Ledger
from ops.costs.pricing_rules import ALARM, KEY, WAF_RULE, WEB_ACL

UNALLOCATED = "未配分"
FEWEST_MONTHS = 3
# A prediction interval of 95 % under a normal spread of the months around their line.
_SPREAD = 1.96
# What is named as unusual: by this part and this many yen off the median of the months before.
_UNUSUAL_PART, _UNUSUAL_YEN = 0.3, 100
_MOST_UNUSUAL = 20
_MOST_MONTHS = 12


class By(StrEnum):
    TENANT = "tenant"
    VENDOR = "vendor"
    SERVICE = "service"
    CASE = "case"


@dataclass(frozen=True, kw_only=True)
class ReportRow:
    """`share`: of the month's yen. `cases`: those open in the month, None when not known."""

    key: str
    name: str
    amount: Decimal
    yen: int
    cases: int | None = None
    yen_per_case: int | None = None


@dataclass(frozen=True, kw_only=True)
class TrendMonth:
    """A month's yen by what it is made of; the parts sum to `yen`."""

    month: date
    yen: int
    fixed: int
    variable: int
    credits: int
    tax: int


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Yen of the coming month, and between which amounts it should lie."""

    month: date
    yen: int
    low: int
    high: int
    from_months: int


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """A municipality whose month is unusual; `reasons` say what it comes from (Japanese)."""

    key: str
    name: str
    yen: int
    usual: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """`total` is in the bill's currency, `yen` what is charged of it altogether."""

    month: date
    by: By
    currency: str
    rate: Decimal
    rate_note: str
    rule: str
    total: Decimal
    yen: int
    rows: tuple[ReportRow, ...]
    trend: tuple[TrendMonth, ...]
    forecast: Forecast | None
    anomalies: tuple[Anomaly, ...]
    checks: tuple[str, ...]
    findings: tuple[str, ...]


def make_report(
    allocation: Allocation, members: Sequence[Member], ledger: Ledger, *,
    month: date, by: By, rate_note: str,
) -> Report:  # fmt: skip
    """Raises InputError when the bill has no such month."""
    months = [m for m in allocation.months() if m <= month][-_MOST_MONTHS:]
    if month not in months:
        there = "、".join(f"{m:%Y-%m}" for m in allocation.months())
        raise InputError(f"請求に {month:%Y-%m} がありません。あるのは {there} です。")
    names = {member.code: member for member in members}
    amounts, charged = allocation.amounts(month), allocation.yen(month)
    rows = _rows(allocation, names, ledger, month, by, amounts, charged)
    trend = [_trend(allocation, m) for m in months]
    total = sum(amounts.values(), Decimal(0))
    billed = allocation.bill.one("SELECT sum(amount) FROM bill WHERE month = ?", [month])[0]
    same = total == billed and sum(row.yen for row in rows) == yen(billed * allocation.rate)
    return Report(
        month=month,
        by=by,
        currency=allocation.bill.currency,
        rate=allocation.rate,
        rate_note=rate_note,
        rule=f"{allocation.rule.title}({allocation.rule.id}、公表 {allocation.rule.published})",
        total=total,
        yen=sum(charged.values()),
        rows=tuple(rows),
        trend=tuple(trend),
        forecast=forecast(next_month(month), [one.yen for one in trend]),
        anomalies=tuple(_anomalies(allocation, names, ledger, months)),
        checks=(
            f"請求 {billed:,.10f} {allocation.bill.currency} = 配分の合計 {total:,.10f}、"
            f"円の合計 {sum(row.yen for row in rows):,} 円({'一致' if same else '不一致'})",
        ),
        findings=tuple(str(finding) for finding in allocation.bill.findings),
    )


def _rows(
    allocation: Allocation,
    names: dict[str, Member],
    ledger: Ledger,
    month: date,
    by: By,
    amounts: dict[str, Decimal],
    charged: dict[str, int],
) -> list[ReportRow]:
    match by:
        case By.TENANT:
            return [
                _with_cases(_tenant_row(code, names, amounts, charged), ledger, month)
                for code in sorted(charged)
            ]
        case By.CASE:
            rows = [
                _with_cases(_tenant_row(code, names, amounts, charged), ledger, month)
                for code in sorted(charged)
            ]
            return sorted(rows, key=lambda row: (-(row.yen_per_case or 0), row.key))
        case By.VENDOR:
            sums: dict[str, tuple[Decimal, int]] = defaultdict(lambda: (Decimal(0), 0))
            for code, amount in amounts.items():
                vendor = names[code].vendor if code in names else NOBODY
                before = sums[vendor]
                sums[vendor] = (before[0] + amount, before[1] + charged[code])
            return [
                ReportRow(key=vendor, name=vendor or UNALLOCATED, amount=amount, yen=whole)
                for vendor, (amount, whole) in sorted(sums.items())
            ]
        case By.SERVICE:
            found = allocation.bill.connection.execute(
                "SELECT service, sum(units) FROM allocated WHERE month = ? GROUP BY 1 ORDER BY 1",
                [month],
            ).fetchall()
            scale = 10**6
            rate = int(allocation.rate * scale)
            whole = round_to_sum(
                [int(units) * rate for _, units in found], UNIT * scale, sum(charged.values())
            )
            return [
                ReportRow(key=name, name=name, amount=Decimal(int(units)) / UNIT, yen=amount)
                for (name, units), amount in zip(found, whole, strict=True)
            ]


def _tenant_row(
    code: str, names: dict[str, Member], amounts: dict[str, Decimal], charged: dict[str, int]
) -> ReportRow:
    name = names[code].name if code in names else UNALLOCATED
    return ReportRow(key=code, name=name, amount=amounts[code], yen=charged[code])


def _with_cases(row: ReportRow, ledger: Ledger, month: date) -> ReportRow:
    entry = ledger.get((row.key, month))
    if entry is None:
        return row
    cases = entry.open_cases
    return ReportRow(
        key=row.key,
        name=row.name,
        amount=row.amount,
        yen=row.yen,
        cases=cases,
        yen_per_case=yen(Decimal(row.yen) / cases) if cases else None,
    )


def _fixed_usage() -> list[str]:
    """Usage types that are paid for being there: keys, alarms, web ACLs."""
    try:
        book = price_book("ap-northeast-1")
    except BookError:
        return []
    return [
        f"{row[0]}/{book[row].usage_type}" for row in (KEY, ALARM, WEB_ACL, WAF_RULE) if row in book
    ]


def _trend(allocation: Allocation, month: date) -> TrendMonth:
    fixed, variable, credits, tax = allocation.bill.one(
        "SELECT"
        " coalesce(sum(amount) FILTER (category = 'usage' AND (tenant IS NULL"
        "   OR list_contains($fixed, service_code || '/' || usage_type))), 0),"
        " coalesce(sum(amount) FILTER (category = 'usage' AND tenant IS NOT NULL"
        "   AND NOT coalesce(list_contains($fixed, service_code || '/' || usage_type), false)), 0),"
        " coalesce(sum(amount) FILTER (category IN ('credit', 'refund', 'adjustment')), 0),"
        " coalesce(sum(amount) FILTER (category = 'tax'), 0)"
        " FROM bill WHERE month = $month",
        {"fixed": _fixed_usage(), "month": month},
    )
    scale = 10**6
    rate = int(allocation.rate * scale)
    parts = [int(part * UNIT) * rate for part in (fixed, variable, credits, tax)]
    total = sum(allocation.yen(month).values())
    whole = round_to_sum(parts, UNIT * scale, total)
    return TrendMonth(
        month=month, yen=total, fixed=whole[0], variable=whole[1], credits=whole[2], tax=whole[3]
    )


def forecast(month: date, history: Sequence[int]) -> Forecast | None:
    """A line through the months and how far they lie off it; None with too few months."""
    count = len(history)
    if count < FEWEST_MONTHS:
        return None
    times = range(count)
    middle, level = fmean(times), fmean(history)
    spread = sum((t - middle) ** 2 for t in times)
    slope = sum((t - middle) * (y - level) for t, y in zip(times, history, strict=True)) / spread
    expected = level + slope * (count - middle)
    residual = sum(
        (y - level - slope * (t - middle)) ** 2 for t, y in zip(times, history, strict=True)
    )
    deviation = sqrt(residual / (count - 2)) if count > 2 else 0.0
    margin = _SPREAD * deviation * sqrt(1 + 1 / count + (count - middle) ** 2 / spread)
    return Forecast(
        month=month,
        yen=max(0, round(expected)),
        low=max(0, round(expected - margin)),
        high=max(0, round(expected + margin)),
        from_months=count,
    )


def _anomalies(
    allocation: Allocation, names: dict[str, Member], ledger: Ledger, months: Sequence[date]
) -> list[Anomaly]:
    """Municipalities whose last month is far off the median of their months before."""
    *before, month = months
    if len(before) < FEWEST_MONTHS:
        return []
    history: dict[str, list[int]] = defaultdict(list)
    for earlier in before:
        for code, amount in allocation.yen(earlier).items():
            history[code].append(amount)
    found = []
    for code, amount in allocation.yen(month).items():
        past = history.get(code, [])
        if len(past) < FEWEST_MONTHS:
            continue
        usual = round(median(past))
        off = abs(amount - usual)
        if off <= max(_UNUSUAL_YEN, _UNUSUAL_PART * abs(usual)):
            continue
        found.append((off, code, amount, usual))
    found.sort(key=lambda one: (-one[0], one[1]))
    return [
        Anomaly(
            key=code,
            name=names[code].name if code in names else UNALLOCATED,
            yen=amount,
            usual=usual,
            reasons=tuple(_reasons(allocation, ledger, code, before, month)),
        )
        for _, code, amount, usual in found[:_MOST_UNUSUAL]
    ]


def _reasons(
    allocation: Allocation, ledger: Ledger, code: str, before: Sequence[date], month: date
) -> list[str]:
    """The services that changed most, and the counts that changed with them."""
    now = _by_service(allocation, code, month)
    past = [_by_service(allocation, code, earlier) for earlier in before]
    changes = {
        service: now.get(service, Decimal(0))
        - Decimal(median([one.get(service, Decimal(0)) for one in past]))
        for service in {*now, *(name for one in past for name in one)}
    }
    largest = sorted(changes.items(), key=lambda change: (-abs(change[1]), change[0]))[:2]
    reasons = [
        f"{service} {yen(change * allocation.rate):+,} 円" for service, change in largest if change
    ]
    entry = ledger.get((code, month))
    earlier = [ledger[code, m] for m in before if (code, m) in ledger]
    if entry and earlier:
        for row, label in (
            ("AmazonApiGateway/REST requests", "要求の数"),
            ("AmazonCognito/Lite", "サインインした人数"),
        ):
            usual = median([float(one.quantities.get(row, 0)) for one in earlier])
            this = float(entry.quantities.get(row, 0))
            if usual and abs(this - usual) > 0.1 * usual:
                reasons.append(f"{label} {usual:,.0f} → {this:,.0f}")
    else:
        reasons.append("計量の記録がないため、使い方の変化は分かりません")
    return reasons


def _by_service(allocation: Allocation, code: str, month: date) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for _, service, _, amount in allocation.components(code, month):
        sums[service] += amount
    return sums
