"""Made-up bills as FOCUS 1.2 Parquet: for the tests, the benchmark and for trying the commands.

Every figure follows from the seed alone. Usage is priced by the price book, so that a ledger made
beside it agrees; shared, untagged, credit, refund and tax lines are mixed in.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from infra.manifest import SCHEMAS
from ops.costs.bill.services import SERVICES
from ops.costs.book import price_book
from ops.costs.inputs import next_month

REGION = "ap-northeast-1"
PAYER = "999999999999"
# Usage type of the price book → mean quantity of a tenant's month, and whether it comes each day.
USAGE: Mapping[tuple[str, str], tuple[float, bool]] = {
    ("AWSKMS", "customer managed key"): (1, False),
    ("AWSKMS", "requests"): (4500, True),
    ("AmazonDynamoDB", "on-demand read request unit"): (300000, True),
    ("AmazonDynamoDB", "on-demand write request unit"): (90000, True),
    ("AmazonDynamoDB", "standard storage"): (0.4, True),
    ("AmazonDynamoDB", "infrequent access write request unit"): (100000, True),
    ("AmazonDynamoDB", "infrequent access storage"): (1.1, True),
    ("AmazonDynamoDB", "point-in-time recovery"): (1.5, True),
    ("AWSLambda", "requests"): (60000, True),
    ("AWSLambda", "duration arm64"): (4000, True),
    ("AmazonApiGateway", "REST requests"): (60000, True),
    ("AmazonCognito", "Lite"): (45, False),
    ("AmazonS3", "standard storage"): (0.3, True),
    ("AmazonS3", "PUT requests"): (60, True),
    ("AmazonS3", "GET requests"): (120, True),
    ("AmazonCloudWatch", "log ingestion"): (0.05, True),
    ("AmazonCloudWatch", "log storage"): (0.1, True),
    ("AmazonCloudWatch", "standard alarm"): (2, True),
    ("AWSDataTransfer", "out to internet"): (0.2, True),
}


@dataclass(frozen=True, kw_only=True)
class Made:
    """What was written. `rows` in all bills; `fleet` and `ledger` are the files beside them."""

    bills: tuple[Path, ...]
    fleet: Path
    ledger: Path
    rows: int


def make(
    directory: Path,
    *,
    tenants: int,
    first: date,
    months: int,
    lines_per_day: int = 1,
    seed: int = 2026,
) -> Made:
    """Writes one FOCUS file per month, a fleet and a ledger file. `lines_per_day`: into how many
    lines each daily usage is cut (more rows, the same sum)."""
    (directory / "bills").mkdir(parents=True, exist_ok=True)
    codes = _codes(tenants)
    _write_fleet(directory / "fleet.csv", codes, first)
    connection = duckdb.connect(config={"threads": 2})
    _tenants(connection, codes, seed)
    _usage(connection)
    month, bills, rows = first, [], 0
    for _ in range(months):
        path = directory / "bills" / f"focus-{month:%Y-%m}.parquet"
        rows += _write_month(connection, path, month, lines_per_day, seed)
        bills.append(path)
        month = next_month(month)
    _write_ledger(connection, directory / "ledger.jsonl", first, months, seed)
    return Made(
        bills=tuple(bills),
        fleet=directory / "fleet.csv",
        ledger=directory / "ledger.jsonl",
        rows=rows,
    )


def _codes(count: int) -> list[str]:
    with (SCHEMAS / "municipalities.csv").open(encoding="utf-8", newline="") as lines:
        return [row["lgcode"] for row, _ in zip(csv.DictReader(lines), range(count), strict=False)]


def _write_fleet(path: Path, codes: Sequence[str], first: date) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "vendor", "account", "from", "to"])
        for number, code in enumerate(codes):
            writer.writerow([code, f"vendor-{number % 3 + 1}", f"{code}000001", first, ""])


def _tenants(connection: duckdb.DuckDBPyConnection, codes: Sequence[str], seed: int) -> None:
    connection.execute(
        "CREATE TABLE tenant AS SELECT code, number, 'vendor-' || (number % 3 + 1) AS vendor,"
        " 0.2 + (hash(code || $seed) % 10000) / 5000.0 AS size"
        " FROM (SELECT unnest($codes) AS code, unnest(range(len($codes))) AS number)",
        {"codes": list(codes), "seed": str(seed)},
    )


def _usage(connection: duckdb.DuckDBPyConnection) -> None:
    book = price_book(REGION)
    rows = []
    for row, (mean, daily) in USAGE.items():
        price, service = book[row], SERVICES[row[0]]
        fixed = not daily or row[1] == "standard alarm"
        rows.append(
            (
                *row,
                service.name,
                service.category,
                price.usage_type,
                float(price.each),
                mean,
                daily,
                fixed,
            )
        )
    connection.execute(
        "CREATE TABLE usage (service VARCHAR, item VARCHAR, name VARCHAR, category VARCHAR,"
        " usage_type VARCHAR, each DOUBLE, mean DOUBLE, daily BOOLEAN, fixed BOOLEAN)"
    )
    connection.executemany("INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


# A tenant's quantity of a month; key-months, users and alarms do not vary with its size.
_QUANTITY = """
    CASE WHEN fixed THEN mean ELSE
      mean * size * (0.8 + (hash(code || usage_type || service || $month || $seed) % 1000) / 2500.0)
    END
"""


def _write_month(
    connection: duckdb.DuckDBPyConnection, path: Path, month: date, cuts: int, seed: int
) -> int:
    end = next_month(month)
    days = (end - month).days
    sql = f"""
    WITH used AS (
      SELECT *, {_QUANTITY} AS quantity FROM tenant, usage
    ), cut AS (
      SELECT *, d AS day, quantity / (CASE WHEN daily THEN {days} * {cuts} ELSE 1 END) AS part
      FROM used, range({days}) AS days(d), range({cuts}) AS cuts(c)
      WHERE daily OR (d = 0 AND c = 0)
    ), direct AS (
      SELECT code, vendor, service, name, category, usage_type, each, part,
        CAST($month AS DATE) + CAST(day AS INTEGER) AS day, 'Usage' AS charge, '' AS class,
        round(part * each, 10) AS cost
      FROM cut
    ), shared AS (
      SELECT '' AS code, '' AS vendor, 'AmazonVPC' AS service,
        'Amazon Virtual Private Cloud' AS name, 'Networking' AS category,
        'APN1-VpcEndpoint-Hours' AS usage_type, 0.014 AS each, 24.0 * 2 AS part,
        CAST($month AS DATE) + CAST(d AS INTEGER) AS day, 'Usage' AS charge, '' AS class,
        round(0.014 * 48, 10) AS cost FROM range({days}) AS days(d)
    ), credit AS (
      SELECT '', '', 'AWSLambda', 'AWS Lambda', 'Compute', '', 0, 0, CAST($month AS DATE),
        'Credit', '', -1.5
      UNION ALL
      SELECT code, vendor, 'AmazonDynamoDB', 'Amazon DynamoDB', 'Databases', '', 0, 0,
        CAST($month AS DATE), 'Usage', 'Correction', -0.0123456789 FROM tenant WHERE number % 50 = 0
    ), charged AS (
      SELECT * FROM direct UNION ALL SELECT * FROM shared UNION ALL SELECT * FROM credit
    ), taxed AS (
      SELECT * FROM charged UNION ALL
      SELECT '', '', 'Tax', 'Tax', 'Other', '', 0, 0, CAST($month AS DATE), 'Tax', '',
        round(sum(cost) * 0.1, 10) FROM charged
    )
    SELECT
      '{PAYER}' AS BillingAccountId, 'Soudan' AS BillingAccountName, 'USD' AS BillingCurrency,
      CAST($month AS TIMESTAMP) AS BillingPeriodStart, CAST($end AS TIMESTAMP) AS BillingPeriodEnd,
      CAST(day AS TIMESTAMP) AS ChargePeriodStart,
      CAST(day + 1 AS TIMESTAMP) AS ChargePeriodEnd,
      charge AS ChargeCategory, nullif(class, '') AS ChargeClass, 'Usage-Based' AS ChargeFrequency,
      cost AS BilledCost, cost AS EffectiveCost, cost AS ListCost, cost AS ContractedCost,
      each AS ListUnitPrice, part AS PricingQuantity, part AS ConsumedQuantity,
      'AWS' AS ProviderName, 'AWS' AS PublisherName, 'AWS' AS InvoiceIssuerName,
      CASE WHEN code = '' THEN '{PAYER}' ELSE code || '000001' END AS SubAccountId,
      '{REGION}' AS RegionId, name AS ServiceName, category AS ServiceCategory,
      CASE WHEN code <> '' THEN 'arn:aws:' || service || ':soudan-' || code END AS ResourceId,
      nullif(usage_type, '') AS x_UsageType, service AS x_ServiceCode,
      CASE WHEN code = '' THEN '{{}}' ELSE
        '{{"municipality-code":"' || code || '","vendor":"' || vendor
        || '","system":"soudan","environment":"production","offer":"reference"}}'
      END AS Tags
    FROM taxed
    """
    connection.execute(
        f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)",
        {"month": month.isoformat(), "end": end.isoformat(), "seed": str(seed)},
    )
    found = connection.execute(f"SELECT count(*) FROM read_parquet('{path}')").fetchone()
    assert found is not None
    return int(found[0])


def _write_ledger(
    connection: duckdb.DuckDBPyConnection, path: Path, first: date, months: int, seed: int
) -> None:
    """What the tenants would have metered of the same use, a month a line."""
    with path.open("w", encoding="utf-8") as file:
        month = first
        for _ in range(months):
            rows = connection.execute(
                f"SELECT code, map(list(service || '/' || item), list({_QUANTITY}))"
                " FROM tenant, usage GROUP BY code ORDER BY code",
                {"month": month.isoformat(), "seed": str(seed)},
            ).fetchall()
            for code, used in rows:
                entry = {
                    "v": 1,
                    "code": code,
                    "month": f"{month:%Y-%m}",
                    "days": (next_month(month) - month).days,
                    "requests": int(used["AmazonApiGateway/REST requests"]),
                    "cases": 1 + int(code) % 4,
                    "openCases": 5 + int(code) % 9,
                    "staff": int(used["AmazonCognito/Lite"]),
                    "minutes": 60 * (1 + int(code) % 40),
                    "quantities": {name: round(value, 10) for name, value in used.items()},
                }
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            month = next_month(month)
