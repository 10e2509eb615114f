"""Small bills for the tests, written line by line."""

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ops.costs.allocation import Allocation, Rule, allocate, read_rule
from ops.costs.bill.files import collect
from ops.costs.bill.layouts import FOCUS
from ops.costs.bill.reader import Bill, read_bills
from ops.costs.fleet import Member
from ops.costs.inputs import next_month
from ops.costs.ledger import Entry

OCTOBER = date(2026, 10, 1)
TAGS = {"tenant": "municipality-code", "vendor": "vendor"}
EQUAL = Path(__file__).resolve().parents[2] / "ops/costs/rules/equal.yaml"


@dataclass(frozen=True, kw_only=True)
class BillLine:
    cost: str = "1"
    code: str | None = None
    category: str = "Usage"
    klass: str = ""
    service: str = "Amazon DynamoDB"
    service_code: str = "AmazonDynamoDB"
    usage_type: str = "APN1-WriteRequestUnits"
    quantity: str = "1"
    month: date = OCTOBER
    day: int = 1
    currency: str = "USD"
    account: str = "999999999999"
    region: str = "ap-northeast-1"
    resource: str = ""
    tag_key: str = "municipality-code"

    def row(self) -> dict[str, str]:
        start = self.month.replace(day=self.day)
        return {
            "BilledCost": self.cost,
            "ListCost": self.cost,
            "BillingAccountId": "999999999999",
            "BillingCurrency": self.currency,
            "BillingPeriodStart": f"{self.month} 00:00:00",
            "BillingPeriodEnd": f"{next_month(self.month)} 00:00:00",
            "ChargeCategory": self.category,
            "ChargeClass": self.klass,
            "ChargePeriodStart": f"{start} 00:00:00",
            "ChargePeriodEnd": f"{start} 23:59:59",
            "ServiceName": self.service,
            "SubAccountId": self.account,
            "Tags": json.dumps({self.tag_key: self.code} if self.code else {}, ensure_ascii=False),
            "RegionId": self.region,
            "ResourceId": self.resource,
            "PricingQuantity": self.quantity,
            "x_UsageType": self.usage_type,
            "x_ServiceCode": self.service_code,
        }


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    opened: Any = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(directory: Path, *lines: BillLine) -> Bill:
    """A bill of these lines, by way of a CSV file."""
    path = write_csv(directory / "bill.csv", [line.row() for line in lines])
    return read_files(path)


def read_files(*paths: Path) -> Bill:
    return read_bills(collect([str(path) for path in paths], paths[0].parent), TAGS)


def member(code: str, **changes: Any) -> Member:
    return Member(
        **{
            "code": code,
            "name": f"団体{code}",
            "vendor": "vendor-1",
            "account": "",
            "first": date(2026, 4, 1),
            "last": None,
            "population": 1000,
            **changes,
        }
    )


def entry(code: str, month: date = OCTOBER, days: int = 31, **quantities: str) -> Entry:
    """`quantities`: REST=10 stands for the requests."""
    requests = int(quantities.pop("REST", "0"))
    return Entry(
        code=code,
        month=month,
        days=days,
        requests=requests,
        cases=1,
        open_cases=4,
        staff=5,
        minutes=60,
        quantities={name: Decimal(value) for name, value in quantities.items()},
    )


def share(
    bill: Bill,
    *members: Member,
    rule: Rule | None = None,
    ledger: Sequence[Entry] = (),
    rate: str = "150",
) -> Allocation:
    return allocate(
        bill,
        rule or read_rule(EQUAL),
        members,
        {(one.code, one.month): one for one in ledger},
        rate=Decimal(rate),
    )


REQUIRED = FOCUS.required
