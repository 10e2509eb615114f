"""The Cost Explorer API: one grouped query for all municipalities, since each page costs USD 0.01.

The API groups by two things at most: the tag of the municipality and the kind of record (usage,
tax, credit, refund). Services and usage types need an export.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ops.costs.bill.findings import BillError, Finding, Place, whole_file
from ops.costs.bill.layouts import AMOUNT
from ops.costs.bill.reader import Bill, check_groups, make_table, open_connection
from ops.costs.inputs import next_month

SOURCE = "Cost Explorer"
_CATEGORIES = {"Tax": "tax", "Credit": "credit", "Refund": "refund"}
_METRIC = "UnblendedCost"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The bill, and how many pages it took."""

    bill: Bill
    pages: int


def ask(first: date, last: date, tag_keys: Mapping[str, str], *, client: Any = None) -> Asked:
    """The months `first` to `last` (their first days), by the tag `tenant`. Raises BillError."""
    if client is None:
        import boto3

        client = boto3.client("ce", region_name="us-east-1")
    query: dict[str, Any] = {
        "TimePeriod": {"Start": first.isoformat(), "End": next_month(last).isoformat()},
        "Granularity": "MONTHLY",
        "Metrics": [_METRIC],
        "GroupBy": [
            {"Type": "TAG", "Key": tag_keys["tenant"]},
            {"Type": "DIMENSION", "Key": "RECORD_TYPE"},
        ],
    }
    pages, rows, estimated = 0, [], False
    while True:
        answer = client.get_cost_and_usage(**query)
        pages += 1
        for period in answer["ResultsByTime"]:
            estimated = estimated or bool(period.get("Estimated"))
            rows += [_row(period, group, tag_keys["tenant"]) for group in period.get("Groups", [])]
        if not (token := answer.get("NextPageToken")):
            break
        query["NextPageToken"] = token
    if not rows:
        raise BillError([whole_file("empty", "明細が1行もありません。", SOURCE)])
    bill = _load(rows, tag_keys)
    if estimated:
        bill.findings.append(
            Finding(
                code="estimated",
                text="まだ確定していない月があります。金額は変わることがあります。",
                count=1,
                places=(Place(file=SOURCE, row=0),),
            )
        )
    return Asked(bill=bill, pages=pages)


def _row(period: Mapping[str, Any], group: Mapping[str, Any], key: str) -> dict[str, Any]:
    tag, kind = group["Keys"]
    cost = group["Metrics"][_METRIC]
    try:
        amount = Decimal(cost["Amount"])
    except InvalidOperation as error:
        raise BillError([whole_file("broken-amount", "金額が読めません。", SOURCE)]) from error
    return {
        "period_start": f"{period['TimePeriod']['Start']} 00:00:00",
        # `key$value`; nothing after the sign: no such tag.
        "tenant": tag.removeprefix(f"{key}$") or None,
        "raw_category": kind,
        "category": _CATEGORIES.get(kind, "usage"),
        "currency": cost["Unit"],
        # Ten decimals, as in exports; the API itself writes more.
        "amount": str(round(amount, 10)),
    }


def _load(rows: list[dict[str, Any]], tag_keys: Mapping[str, str]) -> Bill:
    connection = open_connection()
    names = ("period_start", "tenant", "raw_category", "category", "currency", "amount")
    values = {name: [row[name] for row in rows] for name in names}
    empty = "".join(f", CAST(NULL AS VARCHAR) AS {name}" for name in tag_keys if name != "tenant")
    make_table(
        connection,
        f"SELECT CAST(unnest($period_start) AS TIMESTAMP) AS period_start,"
        " unnest($tenant::VARCHAR[]) AS tenant, unnest($raw_category) AS raw_category,"
        " unnest($category) AS category, unnest($currency) AS currency,"
        f" CAST(unnest($amount) AS {AMOUNT}) AS amount, CAST(unnest($amount) AS DOUBLE)"
        f" AS written_amount, '{SOURCE}' AS filename, NULL::VARCHAR AS payer,"
        " NULL::VARCHAR AS account, NULL::VARCHAR AS region, '(すべて)' AS service,"
        " NULL::VARCHAR AS service_code, NULL::VARCHAR AS usage_type,"
        f" NULL::{AMOUNT} AS quantity,"
        f" NULL::{AMOUNT} AS free_quantity, 1::HUGEINT AS line_count, 0::HUGEINT AS broken,"
        f" 0::HUGEINT AS negative, 0::HUGEINT AS outside{empty}",
        values,
    )
    bill = Bill(connection=connection, tag_keys=tag_keys)
    check_groups(bill)
    return bill
