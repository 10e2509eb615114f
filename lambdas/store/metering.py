"""The days that were metered, in the tenant's own table; and how much its tables hold."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from pynamodb.connection import Connection

from lambdas.store import models
from lambdas.store.repository import Repository

Counts = Mapping[str, Any]


def days_of(month: str) -> dict[str, dict[str, Any]]:
    """Day → counts of a month (`2026-10`)."""
    found = models.MeterDay.query(f"METER#{month}", consistent_read=True)
    return {item.sk: json.loads(item.counts) for item in found}


def keep_day(day: date, counts: Counts) -> None:
    """Puts a day's counts in place of those that may be there."""
    models.MeterDay(
        f"METER#{day:%Y-%m}", day.isoformat(), counts=json.dumps(counts, sort_keys=True)
    ).save()


def events_of_day(day: date, *, region: str) -> list[Mapping[str, Any]]:
    return Repository(region=region).events_of_day(day)


def stored_bytes(*, region: str) -> dict[str, int]:
    """Bytes of the tables with their indexes, as DynamoDB last counted them (some hours ago)."""
    # The client's own methods come at run time; its type names the calls of PynamoDB only.
    client: Any = Connection(region=region).client
    tables = {
        "recordBytes": models.Record.Meta.table_name,
        "auditBytes": models.AuditItem.Meta.table_name,
    }
    sizes = {}
    for name, table in tables.items():
        told = client.describe_table(TableName=table)["Table"]
        indexes = told.get("GlobalSecondaryIndexes", [])
        sizes[name] = int(told.get("TableSizeBytes", 0)) + sum(
            int(index.get("IndexSizeBytes", 0)) for index in indexes
        )
    return sizes
