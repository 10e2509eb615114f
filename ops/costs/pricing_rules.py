"""Resource type → rows of the price book and quantities a month.

`FIXED` is paid although nobody uses the tenant, `USED` by what is kept and done, `FREE` never, with
the reason. A type in none of them is an error: a forgotten price must never look like a free one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.names import FUNCTIONS
from ops.costs.book import Row
from ops.costs.workload import GIGABYTE, Workload

KEY: Row = ("AWSKMS", "customer managed key")
ALARM: Row = ("AmazonCloudWatch", "standard alarm")
WEB_ACL: Row = ("AWSWAF", "web ACL")
WAF_RULE: Row = ("AWSWAF", "rule")

Properties = Mapping[str, Any]
Quantities = Iterator[tuple[Row, int]]


class UnpricedError(Exception):
    """A resource has no price rule, or is set up in a way the rules do not know (Japanese text)."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a rule needs beside the resource itself. `doors`: stages that share the requests."""

    load: Workload
    doors: int


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """So much of a price row a month, in what a bill counts. `kept`: paid without use too."""

    row: Row
    amount: Decimal
    what: str
    kept: bool = False


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
# Billed by use alone, with what is counted.
BY_USAGE: Mapping[str, str] = {
    "AWS::ApiGateway::Stage": "要求の数、送った量",
    "AWS::Cognito::UserPool": "その月にサインインした人数",
    "AWS::DynamoDB::Table": "読み書きの数、保存量、時点復元の量",
    "AWS::Lambda::Function": "実行の数と時間",
    "AWS::Logs::LogGroup": "取り込んだ量、保存量",
    "AWS::S3::Bucket": "保存量、読み書きの数",
    "AWS::SNS::Topic": "送った知らせの数",
}
FREE: Mapping[str, str] = {
    "AWS::ApiGateway::Deployment": "料金は要求の数に含まれる",
    "AWS::ApiGateway::GatewayResponse": "料金は要求の数に含まれる",
    "AWS::ApiGateway::RestApi": "料金はステージの要求の数に付く",
    "AWS::Cognito::UserPoolClient": "料金は利用者の数に付く",
    "AWS::Events::Rule": "決まった時刻の起動と AWS 自身の出来事は料金がかからない",
    "AWS::IAM::Role": "IAM に料金はない",
    "AWS::KMS::Alias": "料金は鍵に付く",
    "AWS::Lambda::Permission": "料金は関数の実行に付く",
    "AWS::S3::BucketPolicy": "料金は保存量と読み書きに付く",
    "AWS::SNS::Subscription": "料金は送った知らせの数に付く",
    "AWS::SNS::TopicPolicy": "料金は送った知らせの数に付く",
    "AWS::WAFv2::WebACLAssociation": "料金は web ACL に付く",
}
# Settings that give a type billed by use a fixed price.
FIXED_AFTER_ALL: Mapping[str, Callable[[Properties], bool]] = {
    "AWS::ApiGateway::Stage": lambda properties: bool(properties.get("CacheClusterEnabled")),
    "AWS::DynamoDB::Table": lambda properties: properties["BillingMode"] != "PAY_PER_REQUEST",
    "AWS::Lambda::Function": lambda properties: "SnapStart" in properties,
}

_PLANS = {"LITE": "Lite", "ESSENTIALS": "Essentials", "PLUS": "Plus"}
_DURATIONS = {"arm64": "duration arm64", "x86_64": "duration x86_64"}


def _stage(_: Properties, share: Share) -> Iterator[Quantity]:
    load = share.load
    yield _quantity(
        "AmazonApiGateway", "REST requests", load.requests_made / share.doors, "要求の数"
    )
    yield _quantity(
        "AWSDataTransfer", "out to internet", load.reply_gigabytes / share.doors, "送った量(GB)"
    )


def _pool(properties: Properties, share: Share) -> Iterator[Quantity]:
    plan = _PLANS[properties["UserPoolTier"]]
    yield _quantity("AmazonCognito", plan, share.load.active_staff, "サインインした人数")


def _table(properties: Properties, share: Share) -> Iterator[Quantity]:
    """The records table is read at every request; the audit table grows by every request."""
    load = share.load
    audit = _concern(properties, "TableName", ("records", "audit")) == "audit"
    standard = properties.get("TableClass", "STANDARD") == "STANDARD"
    size = load.audit_gigabytes if audit else load.record_gigabytes
    reads = load.nights if audit else load.read_units
    writes = load.audit_write_units if audit else load.record_write_units
    read, write, storage = (
        ("on-demand read request unit", "on-demand write request unit", "standard storage")
        if standard
        else (
            "infrequent access read request unit",
            "infrequent access write request unit",
            "infrequent access storage",
        )
    )
    yield _quantity("AmazonDynamoDB", read, reads, "読込単位", kept=audit)
    yield _quantity("AmazonDynamoDB", write, writes, "書込単位")
    yield _quantity("AmazonDynamoDB", storage, size, "保存量(GB)", kept=True)
    recovery = properties.get("PointInTimeRecoverySpecification", {})
    if recovery.get("PointInTimeRecoveryEnabled"):
        yield _quantity(
            "AmazonDynamoDB", "point-in-time recovery", size, "時点復元の量(GB)", kept=True
        )


def _function(properties: Properties, share: Share) -> Iterator[Quantity]:
    load = share.load
    name = _concern(properties, "FunctionName", FUNCTIONS)
    memory = Decimal(properties["MemorySize"]) / 1024
    runs, seconds = _runs(name, load)
    kept = name == "jobs"
    duration = _DURATIONS[properties["Architectures"][0]]
    yield _quantity("AWSLambda", "requests", runs, "実行の数", kept=kept)
    yield _quantity("AWSLambda", duration, seconds * memory, "実行の時間(GB秒)", kept=kept)


def _runs(function: str, load: Workload) -> tuple[Decimal, Decimal]:
    """How often a function runs a month, and for how many seconds together."""
    match function:
        case "api":
            return load.requests_made, load.api_seconds
        case "jobs":
            return load.nights, load.nights * load.model["jobSecondsPerNight"]
        case "papers":
            return load.papers, load.papers * load.model["paperMilliseconds"] / 1000
        case _:
            # The exchange runs when a tenant moves: no month's cost, but that of leaving.
            return Decimal(0), Decimal(0)


def _log_group(properties: Properties, share: Share) -> Iterator[Quantity]:
    name = _concern(properties, "LogGroupName", ("access", *FUNCTIONS))
    load, days = share.load, int(properties["RetentionInDays"])
    if name not in ("access", "api"):
        runs, _ = _runs(name, load)
        written = runs * load.model["functionLogBytes"] / GIGABYTE
        kept = written * days / load.model["daysPerMonth"] * load.model["logCompression"]
    else:
        per_request = "accessLogBytes" if name == "access" else "functionLogBytes"
        written = load.log_gigabytes(per_request)
        kept = load.kept_log_gigabytes(per_request, days)
    yield _quantity(
        "AmazonCloudWatch", "log ingestion", written, "取り込んだ量(GB)", kept=name == "jobs"
    )
    yield _quantity("AmazonCloudWatch", "log storage", kept, "保存量(GB)", kept=True)


def _bucket(properties: Properties, share: Share) -> Iterator[Quantity]:
    load = share.load
    seals = _concern(properties, "BucketName", ("files", "seals")) == "seals"
    size = load.nights * load.month * 300 / GIGABYTE if seals else load.file_gigabytes
    put = load.nights if seals else load.files_written
    yield _quantity("AmazonS3", "standard storage", size, "保存量(GB)", kept=True)
    yield _quantity("AmazonS3", "PUT requests", put, "書込みの数", kept=seals)
    yield _quantity("AmazonS3", "GET requests", put * 2, "読出しの数", kept=seals)


def _topic(_: Properties, share: Share) -> Iterator[Quantity]:
    mails = Decimal(0) if share.load.idle else share.load.model["alarmMails"]
    yield _quantity("AmazonSNS", "e-mail notifications", mails, "知らせの数")


def _key_use(_: Properties, share: Share) -> Iterator[Quantity]:
    yield _quantity("AWSKMS", "requests", share.load.key_requests, "鍵の呼出し", kept=True)


def _inspected(_: Properties, share: Share) -> Iterator[Quantity]:
    yield _quantity("AWSWAF", "requests", share.load.requests_made / share.doors, "検査した要求")


USED: Mapping[str, Callable[[Properties, Share], Iterator[Quantity]]] = {
    "AWS::ApiGateway::Stage": _stage,
    "AWS::Cognito::UserPool": _pool,
    "AWS::DynamoDB::Table": _table,
    "AWS::KMS::Key": _key_use,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Topic": _topic,
    "AWS::WAFv2::WebACL": _inspected,
}


def check(kind: str, logical_id: str, properties: Properties) -> None:
    """Raises UnpricedError for a type without a rule and for settings the rules do not know."""
    if kind not in FIXED and kind not in BY_USAGE and kind not in FREE:
        raise UnpricedError(f"{kind}({logical_id})の料金の決まりがありません。")
    if kind in FIXED_AFTER_ALL and FIXED_AFTER_ALL[kind](properties):
        raise UnpricedError(f"{kind}({logical_id})は、使わなくても料金がかかる設定になっています。")


def _quantity(
    service: str, item: str, amount: Decimal, what: str, *, kept: bool = False
) -> Quantity:
    return Quantity(row=(service, item), amount=amount, what=what, kept=kept)


def _concern(properties: Properties, name: str, known: Sequence[str]) -> str:
    """Which of the tenant's tables, functions, … this is, by its name."""
    written = str(properties.get(name, ""))
    for concern in known:
        if concern in written.replace("/", "-").split("-"):
            return concern
    raise UnpricedError(
        f"{written} の使われ方の決まりがありません(知っているのは {'、'.join(known)})。"
    )
