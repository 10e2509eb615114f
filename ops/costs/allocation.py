"""A bill shared out among the municipalities: to the last fraction of a cent, then to the yen.

Direct costs go by tag or account; what is shared goes by a published rule. Everything is counted in
whole units (10⁻¹⁰ of the bill's currency, then yen) and shared by the largest remainder, so that
parts sum to the whole always. Equal remainders go by code: the order of lines does not matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ops.costs.bill.reader import Bill
from ops.costs.fleet import Member
from ops.costs.ledger import Ledger

RULES = Path(__file__).resolve().parent / "rules"
STANDARD = RULES / "standard.yaml"
UNIT = 10**10
# Weights of a month are whole parts of this.
WHOLE = 10**12
_RATE_UNIT = 10**6
# Whoever bears what no rule gives to a municipality.
NOBODY = ""

# The tenant's own count of its requests; other words name a quantity of the ledger.
REQUESTS = "requests"

_DESTINATIONS = ("shared", "proportional", "unallocated")
_WEIGHTS = ("equal", "population", "metered")


class RuleError(Exception):
    """A rule, or what it needs, is missing or wrong; the text says what (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A published rule. `destinations`: untagged, unknown, credit, refund, adjustment, tax → where
    such lines go when they name no municipality."""

    id: str
    title: str
    published: str
    direct: tuple[str, ...]
    weights: Mapping[str, int]
    metered: str
    destinations: Mapping[str, str]


def read_rule(path: Path = STANDARD) -> Rule:
    """Raises RuleError."""
    try:
        read = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        rule = Rule(
            id=str(read["id"]),
            title=str(read["title"]),
            published=str(read["published"]),
            direct=tuple(read["direct"]),
            weights={name: int(read["weights"][name]) for name in _WEIGHTS},
            metered=str(read["metered"]),
            destinations={
                name: str(read[name])
                for name in ("untagged", "unknown", "credit", "refund", "adjustment", "tax")
            },
        )
    except (OSError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise RuleError(
            f"配分の決まり {path} を読めません({type(error).__name__}: {error})。"
        ) from error
    if sum(rule.weights.values()) != 100 or min(rule.weights.values()) < 0:
        raise RuleError(f"配分の決まり {path} の weights の合計を100にしてください。")
    if not set(rule.direct) <= {"tag", "account"}:
        raise RuleError(f"配分の決まり {path} の direct は tag と account から選んでください。")
    for name, destination in rule.destinations.items():
        if destination not in _DESTINATIONS:
            raise RuleError(
                f"配分の決まり {path} の {name} は {'、'.join(_DESTINATIONS)} から選んでください。"
            )
    return rule


def round_to_sum(numerators: Sequence[int], denominator: int, total: int) -> list[int]:
    """Whole numbers near `numerator / denominator` that sum to `total`, by the largest remainder.

    `total` must be the sum rounded up or down. Equal remainders: the earlier comes first.
    """
    parts = [divmod(numerator, denominator) for numerator in numerators]
    left = total - sum(whole for whole, _ in parts)
    if not 0 <= left <= len(parts):
        raise ValueError("the total is not the sum, rounded")
    first = sorted(range(len(parts)), key=lambda n: (-parts[n][1], n))[:left]
    raised = set(first)
    return [whole + (n in raised) for n, (whole, _) in enumerate(parts)]


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole parts by weights that are not negative and not all zero."""
    return round_to_sum([total * weight for weight in weights], sum(weights), total)


def weights_of(
    rule: Rule, members: Sequence[Member], month: date, ledger: Ledger
) -> dict[str, int]:
    """Code → whole parts of `WHOLE` for a month; {} when nobody was there.

    Raises RuleError when the rule weighs what was not metered.
    """
    # By code, so that the order in which they are listed decides nothing.
    there = sorted((m for m in members if m.days_in(month)), key=lambda member: member.code)
    if not there:
        return {}
    measures = {
        "equal": [member.days_in(month) for member in there],
        "population": [member.population * member.days_in(month) for member in there],
        "metered": [_metered(rule, member, month, ledger) for member in there],
    }
    parts = [0] * len(there)
    for name, measure in measures.items():
        if not rule.weights[name]:
            continue
        if not sum(measure):
            raise RuleError(
                f"{month:%Y-%m} の計量の記録({rule.metered})がないため、"
                f"配分の決まり {rule.id} を使えません。--ledger を指定するか、"
                "計量を使わない決まりを --rule で指定してください。"
            )
        for n, part in enumerate(apportion(WHOLE * rule.weights[name] // 100, measure)):
            parts[n] += part
    return {member.code: part for member, part in zip(there, parts, strict=True)}


def _metered(rule: Rule, member: Member, month: date, ledger: Ledger) -> int:
    entry = ledger.get((member.code, month))
    if entry and rule.metered == REQUESTS:
        return entry.requests
    return int(entry.quantities.get(rule.metered, Decimal(0)) * _RATE_UNIT) if entry else 0


# --- in SQL: bills have a hundred thousand of such sums ------------------------------------------

# Shares each pool out by the weights of its month, in whole units, by the largest remainder.
_SPREAD = """
SELECT month, tenant, service, category, 'KIND' AS kind, units + CASE WHEN place <= left_over
  THEN 1 ELSE 0 END AS units
FROM (
  SELECT *, pool - sum(units) OVER (PARTITION BY month, service, category) AS left_over,
    row_number() OVER (
      PARTITION BY month, service, category ORDER BY remainder DESC, tenant) AS place
  FROM (
    SELECT *, (share - remainder) // whole AS units FROM (
      SELECT *, ((share % whole) + whole) % whole AS remainder FROM (
        SELECT pool.month, weight.tenant, pool.service, pool.category,
          pool.units AS pool, pool.units * weight.part AS share, weight.whole AS whole
        FROM POOLS AS pool JOIN WEIGHTS AS weight USING (month)
      )
    )
  )
)
WHERE units <> 0 OR place <= left_over
"""


@dataclass
class Allocation:
    """A bill shared out: tables `allocated` (month, tenant, service, category, kind, units of
    10⁻¹⁰) and `charged` (month, tenant, yen) of the bill's connection. `kind`: direct, shared,
    proportional, unallocated. `tenant` is "" for what nobody is charged."""

    bill: Bill
    rule: Rule
    members: Sequence[Member]
    rate: Decimal

    def amounts(self, month: date) -> dict[str, Decimal]:
        """Code → amount in the bill's currency."""
        rows = self.bill.connection.execute(
            "SELECT tenant, sum(units) FROM allocated WHERE month = ? GROUP BY 1", [month]
        ).fetchall()
        return {code: Decimal(int(units)) / UNIT for code, units in rows}

    def yen(self, month: date) -> dict[str, int]:
        """Code → whole yen."""
        rows = self.bill.connection.execute(
            "SELECT tenant, yen FROM charged WHERE month = ?", [month]
        ).fetchall()
        return {code: int(amount) for code, amount in rows}

    def months(self) -> list[date]:
        rows = self.bill.connection.execute("SELECT DISTINCT month FROM bill ORDER BY 1").fetchall()
        return [row[0] for row in rows]

    def components(self, code: str, month: date) -> list[tuple[str, str, str, Decimal]]:
        """(kind, service, category, amount) of a municipality's month."""
        rows = self.bill.connection.execute(
            "SELECT kind, service, category, sum(units) FROM allocated"
            " WHERE tenant = ? AND month = ? GROUP BY ALL ORDER BY ALL",
            [code, month],
        ).fetchall()
        return [
            (kind, service, category, Decimal(int(u)) / UNIT) for kind, service, category, u in rows
        ]


def allocate(
    bill: Bill, rule: Rule, members: Sequence[Member], ledger: Ledger, *, rate: Decimal
) -> Allocation:
    """Shares the bill out. `rate`: yen for one unit of the bill's currency (1 for a bill in yen).

    Adds what it could not place to the bill's findings. Raises RuleError.
    """
    connection = bill.connection
    _fleet_table(bill, members)
    _classify(bill, rule)
    _name_strangers(bill)
    connection.execute(
        "CREATE OR REPLACE TABLE allocated AS"
        " SELECT month, tenant, service, category,"
        "   CASE destination WHEN 'direct' THEN 'direct' ELSE 'unallocated' END AS kind,"
        "   sum(units) AS units"
        " FROM classified WHERE destination IN ('direct', 'unallocated') GROUP BY ALL"
    )
    _weight_table(bill, rule, members, ledger)
    _spread(bill, "shared", "pool_weight")
    # What is shared in proportion, tax first of all, looks at what each bears before it.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE base AS SELECT month, tenant,"
        "   greatest(sum(units), 0)::HUGEINT AS part FROM allocated GROUP BY ALL"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE base_weight AS"
        " SELECT *, sum(part) OVER (PARTITION BY month)::HUGEINT AS whole FROM base"
    )
    _spread(bill, "proportional", "base_weight")
    _keep_the_rest(bill)
    _charge(bill, rate)
    return Allocation(bill=bill, rule=rule, members=members, rate=rate)


def _fleet_table(bill: Bill, members: Sequence[Member]) -> None:
    bill.connection.execute(
        "CREATE OR REPLACE TEMP TABLE fleet AS SELECT unnest($codes) AS code,"
        " unnest($accounts) AS account, unnest($first) AS first, unnest($last) AS last,"
        " unnest($vendors) AS vendor",
        {
            "codes": [member.code for member in members],
            "accounts": [member.account or None for member in members],
            "first": [member.first for member in members],
            "last": [member.last or date.max for member in members],
            "vendors": [member.vendor for member in members],
        },
    )


def _classify(bill: Bill, rule: Rule) -> None:
    by_tag = "tagged.code" if "tag" in rule.direct else "NULL"
    by_account = "owner.code" if "account" in rule.direct else "NULL"
    # A tag that names somebody unknown is not overruled by the account: nothing is guessed.
    known = f"CASE WHEN bill.tenant IS NULL THEN {by_account} ELSE {by_tag} END"
    destinations = {name: f"'{destination}'" for name, destination in rule.destinations.items()}
    bill.connection.execute(
        f"CREATE OR REPLACE TABLE classified AS SELECT month, account, region, service,"
        f"   service_code,"
        f"   usage_type, category, tag, coalesce(code, '') AS tenant, state,"
        f"   CASE WHEN state = 'direct' THEN 'direct'"
        f"     WHEN category = 'tax' THEN {destinations['tax']}"
        f"     WHEN state = 'unknown' THEN {destinations['unknown']}"
        f"     WHEN category = 'credit' THEN {destinations['credit']}"
        f"     WHEN category = 'refund' THEN {destinations['refund']}"
        f"     WHEN category = 'adjustment' THEN {destinations['adjustment']}"
        f"     ELSE {destinations['untagged']} END AS destination,"
        f"   sum(amount) AS amount, CAST(sum(amount) * {UNIT} AS HUGEINT) AS units,"
        f"   sum(quantity) AS quantity, sum(free_quantity) AS free_quantity"
        f" FROM (SELECT bill.*, bill.tenant AS tag, {known} AS code,"
        f"   CASE WHEN {known} IS NOT NULL THEN 'direct' WHEN bill.tenant IS NULL THEN 'untagged'"
        f"     ELSE 'unknown' END AS state"
        f"   FROM bill LEFT JOIN fleet AS tagged ON tagged.code = bill.tenant"
        f"   LEFT JOIN fleet AS owner ON owner.account = bill.account)"
        f" GROUP BY ALL"
    )


def _name_strangers(bill: Bill) -> None:
    """Tags of nobody, and costs of municipalities outside their time."""
    strangers = bill.connection.execute(
        "SELECT tag FROM classified WHERE state = 'unknown' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    for (tag,) in strangers[:20]:
        why = "コードではなく日本語です" if not str(tag).isascii() else "団体の一覧にありません"
        bill.find("unknown-tenant", f"タグの値「{tag}」は{why}。", "tenant = ?", [tag])
    outside = bill.connection.execute(
        "SELECT DISTINCT code, month FROM classified JOIN fleet ON code = tenant"
        " WHERE state = 'direct' AND (last < month OR first >= month + INTERVAL 1 MONTH)"
        " ORDER BY 2, 1"
    ).fetchall()
    for code, month in outside[:20]:
        bill.find(
            "outside-membership",
            f"{code} は {month:%Y-%m} には団体の一覧の期間の外ですが、費用があります。",
            "tenant = ? AND date_trunc('month', period_start) = ?",
            [code, month],
        )


def _weight_table(bill: Bill, rule: Rule, members: Sequence[Member], ledger: Ledger) -> None:
    needed = bill.connection.execute(
        "SELECT DISTINCT month FROM classified WHERE destination = 'shared' ORDER BY 1"
    ).fetchall()
    months: list[date] = []
    tenants: list[str] = []
    parts: list[int] = []
    for (month,) in needed:
        for code, part in weights_of(rule, members, month, ledger).items():
            months.append(month)
            tenants.append(code)
            parts.append(part)
    bill.connection.execute(
        "CREATE OR REPLACE TEMP TABLE pool_weight AS SELECT unnest($months::DATE[]) AS month,"
        " unnest($tenants::VARCHAR[]) AS tenant, unnest($parts::BIGINT[])::HUGEINT AS part,"
        f" {WHOLE}::HUGEINT AS whole",
        {"months": months, "tenants": tenants, "parts": parts},
    )


def _spread(bill: Bill, destination: str, weights: str) -> None:
    bill.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE pool_{destination} AS"
        f" SELECT month, service, category, sum(units)::HUGEINT AS units"
        f" FROM classified WHERE destination = '{destination}' GROUP BY ALL"
    )
    spread = (
        _SPREAD.replace("KIND", destination)
        .replace("POOLS", f"pool_{destination}")
        .replace("WEIGHTS", f"(SELECT * FROM {weights} WHERE whole > 0 AND part > 0)")
    )
    bill.connection.execute(f"INSERT INTO allocated {spread}")


def _keep_the_rest(bill: Bill) -> None:
    """Pools of a month in which there was nobody to bear them stay with nobody."""
    for destination in ("shared", "proportional"):
        bill.connection.execute(
            f"INSERT INTO allocated SELECT month, '{NOBODY}', service, category, 'unallocated',"
            f" units FROM pool_{destination} AS pool WHERE NOT EXISTS (SELECT 1 FROM allocated"
            f" WHERE allocated.month = pool.month AND kind = '{destination}')"
        )


def _charge(bill: Bill, rate: Decimal) -> None:
    """Yen for each: the month's total rounded half up, its parts by the largest remainder."""
    scaled = int(rate * _RATE_UNIT)
    if scaled != rate * _RATE_UNIT:
        raise RuleError("為替の率は小数6桁までにしてください。")
    whole = UNIT * _RATE_UNIT
    bill.connection.execute(
        f"""CREATE OR REPLACE TABLE charged AS
        SELECT month, tenant, (floor_yen + CASE WHEN place <= left_over THEN 1 ELSE 0 END)::BIGINT
          AS yen
        FROM (
          SELECT *, total - sum(floor_yen) OVER (PARTITION BY month) AS left_over,
            row_number() OVER (PARTITION BY month ORDER BY remainder DESC, tenant) AS place
          FROM (
            SELECT *, (scaled - remainder) // {whole}::HUGEINT AS floor_yen,
              ((2 * month_scaled + {whole}::HUGEINT)
                - (((2 * month_scaled + {whole}::HUGEINT) % {2 * whole}::HUGEINT)
                   + {2 * whole}::HUGEINT) % {2 * whole}::HUGEINT) // {2 * whole}::HUGEINT AS total
            FROM (
              SELECT *, ((scaled % {whole}::HUGEINT) + {whole}::HUGEINT) % {whole}::HUGEINT
                AS remainder, sum(scaled) OVER (PARTITION BY month)::HUGEINT AS month_scaled
              FROM (
                SELECT month, tenant, sum(units)::HUGEINT * {scaled}::HUGEINT AS scaled
                FROM allocated GROUP BY ALL
              )
            )
          )
        )"""
    )


def partition(bill: Bill, month: date | None = None) -> list[dict[str, Any]]:
    """The bill taken apart: month, region, kind of charge and state, with amounts that sum to it.

    `state`: direct, untagged or unknown. Needs `allocate` to have classified the lines.
    """
    where = "" if month is None else "WHERE month = $month"
    rows = bill.connection.execute(
        f"SELECT month, coalesce(region, ''), category, state, sum(amount) FROM classified {where}"
        " GROUP BY ALL ORDER BY ALL",
        {} if month is None else {"month": month},
    ).fetchall()
    return [
        {"month": m, "region": region, "category": category, "state": state, "amount": amount}
        for m, region, category, state, amount in rows
    ]
