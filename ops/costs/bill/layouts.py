"""The forms a bill comes in, and the SQL that turns each into our lines.

The SQL is written once and runs on DuckDB and on Athena; the few words in which the two differ are
in `Dialect`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A line's amount is kept with ten decimals, as the provider writes it: up to 99,999,999 per line,
# exact, and summed in 38 digits.
AMOUNT = "DECIMAL(18, 10)"


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """`json`: a value of a JSON object; `map_value`: one of a map, NULL when it is not there;
    `places`: columns that say in which file and row a line stands; `hidden`: how one of them is
    asked for where `*` leaves it out."""

    name: str
    json: str
    map_value: str
    timestamp: str
    places: tuple[str, ...]
    hidden: str = ""


DUCKDB = Dialect(
    name="duckdb",
    json="json_extract_string({column}, '$.\"{key}\"')",
    map_value="{column}['{key}']",
    timestamp="try_cast({column} AS TIMESTAMP)",
    places=("filename", "file_row_number"),
)
ATHENA = Dialect(
    name="athena",
    json="json_extract_scalar({column}, '$[\"{key}\"]')",
    map_value="element_at({column}, '{key}')",
    timestamp="try_cast({column} AS timestamp)",
    places=("filename",),
    hidden=', "$path" AS filename',
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A form of bill. `required` columns must be there, `optional` ones count as NULL.

    `columns`: our name → expression over the bill's columns. `tags`: the column of tags, in which
    `tag_prefixes` may stand before a key.
    """

    name: str
    required: Sequence[str]
    optional: Sequence[str]
    columns: Mapping[str, str]
    tags: str
    tag_prefixes: Sequence[str]
    known_categories: Sequence[str]


_FOCUS_CATEGORY = """CASE
  WHEN ChargeCategory = 'Tax' THEN 'tax'
  WHEN ChargeCategory = 'Credit' THEN 'credit'
  WHEN ChargeClass = 'Correction' THEN 'refund'
  WHEN ChargeCategory = 'Adjustment' THEN 'adjustment'
  ELSE 'usage' END"""

FOCUS = Layout(
    name="FOCUS 1.2",
    required=(
        "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart",
        "BillingPeriodEnd", "ChargeCategory", "ChargeClass", "ChargePeriodStart",
        "ChargePeriodEnd", "ServiceName", "SubAccountId", "Tags",
    ),
    optional=(
        "RegionId", "ResourceId", "PricingQuantity", "ListUnitPrice", "SkuMeter", "x_UsageType",
        "x_ServiceCode",
    ),
    columns={
        "period_start": "BillingPeriodStart",
        "period_end": "BillingPeriodEnd",
        "charge_start": "ChargePeriodStart",
        "payer": "BillingAccountId",
        "account": "SubAccountId",
        "region": "RegionId",
        "service": "ServiceName",
        "service_code": "x_ServiceCode",
        "usage_type": "coalesce(x_UsageType, SkuMeter)",
        "raw_category": "ChargeCategory",
        "category": _FOCUS_CATEGORY,
        "currency": "BillingCurrency",
        "resource": "ResourceId",
        "amount": "BilledCost",
        "quantity": "PricingQuantity",
    },
    tags="Tags",
    tag_prefixes=("", "user:"),
    known_categories=("Usage", "Purchase", "Tax", "Credit", "Adjustment"),
)  # fmt: skip

_CUR_CATEGORY = """CASE line_item_line_item_type
  WHEN 'Tax' THEN 'tax' WHEN 'Credit' THEN 'credit' WHEN 'Refund' THEN 'refund'
  ELSE 'usage' END"""

CUR_2 = Layout(
    name="CUR 2.0",
    required=(
        "bill_billing_period_start_date", "bill_billing_period_end_date", "bill_payer_account_id",
        "line_item_usage_account_id", "line_item_usage_start_date", "line_item_line_item_type",
        "line_item_product_code", "line_item_unblended_cost", "line_item_currency_code",
        "line_item_usage_type", "resource_tags",
    ),
    optional=(
        "product_region_code", "line_item_resource_id", "line_item_usage_amount",
    ),
    columns={
        "period_start": "bill_billing_period_start_date",
        "period_end": "bill_billing_period_end_date",
        "charge_start": "line_item_usage_start_date",
        "payer": "bill_payer_account_id",
        "account": "line_item_usage_account_id",
        "region": "product_region_code",
        "service": "line_item_product_code",
        "service_code": "line_item_product_code",
        "usage_type": "line_item_usage_type",
        "raw_category": "line_item_line_item_type",
        "category": _CUR_CATEGORY,
        "currency": "line_item_currency_code",
        "resource": "line_item_resource_id",
        "amount": "line_item_unblended_cost",
        "quantity": "line_item_usage_amount",
    },
    tags="resource_tags",
    tag_prefixes=("", "user_", "user:"),
    known_categories=(
        "Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation",
        "SavingsPlanUpfrontFee", "SavingsPlanRecurringFee", "Fee", "RIFee", "Tax", "Credit",
        "Refund", "BundledDiscount", "EdpDiscount", "PrivateRateDiscount", "Discount",
    ),
)  # fmt: skip

LAYOUTS = (FOCUS, CUR_2)


def layout_of(columns: Sequence[str]) -> Layout | None:
    """Which form has most of these columns; None when no form has even half of what it needs."""
    there = set(columns)

    def share(layout: Layout) -> float:
        return len(there & set(layout.required)) / len(layout.required)

    best = max(LAYOUTS, key=share)
    return best if share(best) >= 0.5 else None


def lines_sql(
    layout: Layout,
    source: str,
    *,
    there: Sequence[str],
    tag_keys: Mapping[str, str],
    tags_are_map: bool,
    dialect: Dialect,
    keep_tags: bool = False,
) -> str:
    """SELECT of our lines from `source`. `tag_keys`: our name → the tag's key.

    With `keep_tags` (JSON tags) the raw tags stay one column, to be taken apart after grouping.
    """
    missing = [name for name in layout.optional if name not in there]
    padding = "".join(f", CAST(NULL AS VARCHAR) AS {name}" for name in missing)
    padded = f"(SELECT *{dialect.hidden}{padding} FROM {source}) AS bill"
    amounts = {"amount", "quantity"}
    stamps = {"period_start", "period_end", "charge_start"}
    parts = []
    for name, expression in layout.columns.items():
        if name in amounts:
            parts.append(f"try_cast({expression} AS {AMOUNT}) AS {name}")
        elif name in stamps:
            parts.append(f"{dialect.timestamp.format(column=expression)} AS {name}")
        else:
            parts.append(f"{expression} AS {name}")
    # What the bill itself says, to see whether the cast lost anything.
    parts.append(f"{layout.columns['amount']} AS raw_amount")
    if keep_tags:
        parts.append(f"{layout.tags} AS tags")
    else:
        parts.extend(
            f"{tag_sql(layout, key, layout.tags, is_map=tags_are_map, dialect=dialect)} AS {name}"
            for name, key in tag_keys.items()
        )
    parts.extend(dialect.places)
    return f"SELECT {', '.join(parts)} FROM {padded}"


def tag_sql(layout: Layout, key: str, column: str, *, is_map: bool, dialect: Dialect) -> str:
    """The value of a tag, whichever of the layout's prefixes its key carries; NULL without one."""
    how = dialect.map_value if is_map else dialect.json
    found = [how.format(column=column, key=_spelled(prefix, key)) for prefix in layout.tag_prefixes]
    return f"coalesce({', '.join(found)}, NULL)"


def _spelled(prefix: str, key: str) -> str:
    # CUR 2.0 writes `user_` keys in lower case with underscores.
    key = key.replace("'", "''").replace('"', "")
    return f"{prefix}{key.lower().replace('-', '_') if prefix == 'user_' else key}"


# One row per month, account, region, service, kind of charge, tags and usage type: small, and all
# that reports, allocation and reconciliation need.
GROUP_COLUMNS = (
    "filename", "period_start", "payer", "account", "region", "service", "service_code",
    "usage_type", "raw_category", "category", "currency",
)  # fmt: skip


def grouped_sql(lines: str, tag_columns: Sequence[str]) -> str:
    columns = ", ".join([*GROUP_COLUMNS, *tag_columns])
    groups = ", ".join(str(n + 1) for n in range(len(GROUP_COLUMNS) + len(tag_columns)))
    return f"""SELECT {columns},
  sum(amount) AS amount, sum(quantity) AS quantity,
  sum(CASE WHEN amount = 0 THEN quantity END) AS free_quantity,
  sum(try_cast(raw_amount AS DOUBLE)) AS written_amount,
  count(*) AS line_count,
  sum(CASE WHEN amount IS NULL OR period_start IS NULL OR charge_start IS NULL
      THEN 1 ELSE 0 END) AS broken,
  sum(CASE WHEN amount < 0 AND category = 'usage' THEN 1 ELSE 0 END) AS negative,
  sum(CASE WHEN charge_start < period_start OR charge_start >= period_end
      THEN 1 ELSE 0 END) AS outside
FROM ({lines}) AS line
GROUP BY {groups}"""
