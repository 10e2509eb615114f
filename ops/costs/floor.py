"""The floor price: what a tenant costs per month although nobody uses it.

Read from the synthesised template, resource by resource, against dated price rows. A resource type
without a rule is an error: a forgotten price must never look like a free one. Free tiers are per
account and are not counted.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from infra.policy.template import Template, resources

PRICES = Path(__file__).resolve().parent / "prices"
MONTHS_PER_YEAR = 12
YEARS = 5
# After two rotations KMS charges no more for further ones.
ROTATIONS_CHARGED = 2
VERIFIED = "price-list quote"

Row = tuple[str, str]
KEY: Row = ("AWSKMS", "customer managed key")
ALARM: Row = ("AmazonCloudWatch", "standard alarm")
WEB_ACL: Row = ("AWSWAF", "web ACL")
WAF_RULE: Row = ("AWSWAF", "rule")


class UnpricedError(Exception):
    """A resource has no price rule, or is set up in a way the rules do not know (Japanese text)."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """A row of the price book. `usd` per `unit`; `as_of` as written there, "" when unknown."""

    service: str
    item: str
    unit: str
    usd: Decimal
    as_of: str
    confidence: str
    note: str

    @property
    def verified(self) -> bool:
        return self.confidence == VERIFIED


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
        keys = sum((line.usd for line in self.lines if _is_key(line)), Decimal(0))
        first_month = (year - 1) * MONTHS_PER_YEAR
        rotated = sum(
            min(ROTATIONS_CHARGED, month * 365 // (MONTHS_PER_YEAR * self.rotation_days))
            for month in range(first_month, first_month + MONTHS_PER_YEAR)
        )
        return self.usd + keys * rotated / MONTHS_PER_YEAR


def _is_key(line: FloorLine) -> bool:
    return (line.price.service, line.price.item) == KEY


def price_book(region: str) -> dict[Row, Price]:
    """The prices of a region. Raises UnpricedError when there is no book for it."""
    path = PRICES / f"aws_{region}.csv"
    if not path.is_file():
        raise UnpricedError(
            f"{region} の価格表がありません。{path.name} を用意してから見積もってください。"
        )
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            (row["service"], row["item"]): Price(
                service=row["service"],
                item=row["item"],
                unit=row["unit"],
                usd=Decimal(row["usd"]),
                as_of=row["as_of"],
                confidence=row["confidence"],
                note=row["note"],
            )
            for row in csv.DictReader(lines)
        }


def floor_of(stacks: Mapping[str, Template], *, region: str, rotation_days: int) -> Floor:
    """The fixed monthly price of a tenant's stacks. Raises UnpricedError."""
    book = price_book(region)
    found = [
        (stack, logical_id, kind, properties)
        for stack, template in stacks.items()
        for logical_id, kind, properties in resources(template)
    ]
    lines = [
        FloorLine(
            stack=stack,
            resource=logical_id,
            type=kind,
            price=_priced(book, row),
            quantity=Decimal(quantity),
        )
        for stack, logical_id, kind, properties in found
        if kind in FIXED
        for row, quantity in FIXED[kind](properties)
    ]
    for _, logical_id, kind, properties in found:
        if kind not in FIXED and kind not in BY_USAGE:
            raise UnpricedError(f"{kind}({logical_id})の料金の決まりがありません。")
        if kind in _FIXED_AFTER_ALL and _FIXED_AFTER_ALL[kind](properties):
            raise UnpricedError(
                f"{kind}({logical_id})は、使わなくても料金がかかる設定になっています。"
            )
    used = {kind for _, _, kind, _ in found}
    return Floor(
        lines=tuple(lines),
        by_usage={kind: what for kind, what in BY_USAGE.items() if kind in used and what},
        rotation_days=rotation_days,
    )


def _priced(book: Mapping[Row, Price], row: Row) -> Price:
    if row not in book:
        raise UnpricedError(f"価格表に {row[0]} / {row[1]} がありません。")
    return book[row]


# --- rules: resource type → rows of the price book and quantities per month ----------------------

Properties = Mapping[str, Any]
Quantities = Iterator[tuple[Row, int]]


def _key(_: Properties) -> Quantities:
    yield KEY, 1


def _alarm(properties: Properties) -> Quantities:
    """An alarm is billed per metric it looks at; an expression over them costs nothing more."""
    metrics: Sequence[Properties] = properties.get("Metrics", [])
    yield ALARM, sum("MetricStat" in metric for metric in metrics) or 1


def _web_acl(properties: Properties) -> Quantities:
    yield WEB_ACL, 1
    yield WAF_RULE, len(properties["Rules"])


FIXED: Mapping[str, Callable[[Properties], Quantities]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::KMS::Key": _key,
    "AWS::WAFv2::WebACL": _web_acl,
}
# Billed by use alone, with what is counted; "" where nothing is ever billed.
BY_USAGE: Mapping[str, str] = {
    "AWS::ApiGateway::Authorizer": "",
    "AWS::ApiGateway::Deployment": "",
    "AWS::ApiGateway::GatewayResponse": "",
    "AWS::ApiGateway::Method": "",
    "AWS::ApiGateway::Resource": "",
    "AWS::ApiGateway::RestApi": "",
    "AWS::ApiGateway::Stage": "要求の数、送った量",
    "AWS::Cognito::UserPool": "その月にサインインした人数",
    "AWS::Cognito::UserPoolClient": "",
    "AWS::DynamoDB::Table": "読み書きの数、保存量、時点復元の量",
    "AWS::Events::Rule": "",
    "AWS::IAM::Role": "",
    "AWS::KMS::Alias": "",
    "AWS::Lambda::Function": "実行の数と時間",
    "AWS::Lambda::Permission": "",
    "AWS::Logs::LogGroup": "取り込んだ量、保存量",
    "AWS::S3::Bucket": "保存量、読み書きの数",
    "AWS::S3::BucketPolicy": "",
    "AWS::SNS::Subscription": "",
    "AWS::SNS::Topic": "送った知らせの数",
    "AWS::SNS::TopicPolicy": "",
    "AWS::WAFv2::WebACLAssociation": "",
}
# Settings that give a type billed by use a fixed price.
_FIXED_AFTER_ALL: Mapping[str, Callable[[Properties], bool]] = {
    "AWS::ApiGateway::Stage": lambda properties: bool(properties.get("CacheClusterEnabled")),
    "AWS::DynamoDB::Table": lambda properties: properties["BillingMode"] != "PAY_PER_REQUEST",
    "AWS::Lambda::Function": lambda properties: "SnapStart" in properties,
}
