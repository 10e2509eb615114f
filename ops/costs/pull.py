"""The ledger from the tenants themselves: each is asked for its own counts; none writes to us.

What the tenant cannot count itself (capacity, run time, log bytes) is read from the provider's
metrics where the operator may; without them the own counts stand alone.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.constructs.functions import MEMORY_MB
from infra.constructs.tables import AUDIT_INDEX, RECORDS_INDEX
from infra.names import FUNCTIONS, STAGE_NAME, Names, names_of
from lambdas.casework.clock import JST
from ops.costs.inputs import next_month
from ops.costs.ledger import Entry, parse_entry
from ops.live import LiveTenant
from ops.registers.register import invoke_job

DAY_SECONDS = 86_400
REQUESTS = "AmazonApiGateway/REST requests"
_GIGABYTE = Decimal(2**30)

Dimensions = Mapping[str, str]


def pull(live: LiveTenant, month: date, fixed: Mapping[str, Decimal]) -> tuple[Entry, bool]:
    """A tenant's month, and whether the provider's metrics could be read.

    `fixed`: what is paid for being there, from the template. Raises LedgerError,
    RegistrationError.
    """
    own = invoke_job(live, {"task": "ledger", "month": f"{month:%Y-%m}"})
    metered: dict[str, Decimal] = {}
    try:
        metered = dict(_metered(live, month))
        could = True
    except (ClientError, BotoCoreError):
        could = False
    quantities = {name: Decimal(str(value)) for name, value in own["quantities"].items()}
    quantities[REQUESTS] = Decimal(own["requests"])
    plan = live.manifest.cognito_plan.capitalize()
    quantities[f"AmazonCognito/{plan}"] = Decimal(own["staff"])
    quantities |= {name: value for name, value in metered.items() if value}
    quantities |= dict(fixed)
    entry = parse_entry(
        own
        | {
            "code": live.manifest.lg_code,
            "quantities": {name: float(value) for name, value in quantities.items()},
        }
    )
    return entry, could


def _metered(live: LiveTenant, month: date) -> Iterator[tuple[str, Decimal]]:
    names = names_of(live.manifest)
    client = live.client("cloudwatch")

    def total(namespace: str, metric: str, dimensions: Dimensions, how: str = "Sum") -> Decimal:
        return _total(client, namespace, metric, dimensions, month, how)

    doors = [
        f"{names.prefix}-{door}"
        for door, there in (
            ("internet", live.manifest.internet),
            ("private", live.manifest.private),
        )
        if there is not None
    ]
    yield (
        REQUESTS,
        sum(
            (
                total("AWS/ApiGateway", "Count", {"ApiName": door, "Stage": STAGE_NAME})
                for door in doors
            ),
            Decimal(0),
        ),
    )
    functions = [{"FunctionName": names.function(concern)} for concern in FUNCTIONS]
    yield "AWSLambda/requests", _sum(total("AWS/Lambda", "Invocations", f) for f in functions)
    milliseconds = _sum(total("AWS/Lambda", "Duration", f) for f in functions)
    yield "AWSLambda/duration arm64", milliseconds / 1000 * MEMORY_MB / 1024
    yield from _capacity(total, names)
    groups = [names.access_log_group, *(names.function_log_group(f) for f in FUNCTIONS)]
    logged = _sum(total("AWS/Logs", "IncomingBytes", {"LogGroupName": group}) for group in groups)
    yield "AmazonCloudWatch/log ingestion", logged / _GIGABYTE
    kept = _sum(
        total(
            "AWS/S3",
            "BucketSizeBytes",
            {"BucketName": bucket, "StorageType": "StandardStorage"},
            "Average",
        )
        for bucket in (names.files_bucket, names.seals_bucket)
    )
    yield "AmazonS3/standard storage", kept / _GIGABYTE


def _capacity(total: Any, names: Names) -> Iterator[tuple[str, Decimal]]:
    for table, index, kind in (
        (names.records_table, RECORDS_INDEX, "on-demand"),
        (names.audit_table, AUDIT_INDEX, "infrequent access"),
    ):
        for metric, unit in (("Read", "read"), ("Write", "write")):
            places = ({"TableName": table}, {"TableName": table, "GlobalSecondaryIndexName": index})
            yield (
                f"AmazonDynamoDB/{kind} {unit} request unit",
                _sum(
                    total("AWS/DynamoDB", f"Consumed{metric}CapacityUnits", place)
                    for place in places
                ),
            )


def _sum(numbers: Iterator[Decimal]) -> Decimal:
    return sum(numbers, Decimal(0))


def _total(
    client: Any, namespace: str, metric: str, dimensions: Dimensions, month: date, how: str
) -> Decimal:
    """The sum (or the average) of a metric over the days of a month in Japan."""
    found = client.get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=_midnight(month),
        EndTime=_midnight(next_month(month)),
        Period=DAY_SECONDS,
        Statistics=[how],
    )["Datapoints"]
    values = [Decimal(str(point[how])) for point in found]
    if not values:
        return Decimal(0)
    total = sum(values, Decimal(0))
    return total if how == "Sum" else total / len(values)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JST).astimezone(UTC)
