"""The same grouping on Athena, for bills that outgrow one machine: only the sums come back."""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ops.costs.bill.findings import BillError, whole_file
from ops.costs.bill.layouts import ATHENA, LAYOUTS, grouped_sql, layout_of, lines_sql
from ops.costs.bill.reader import Bill, check_groups, make_table, open_connection

_TABLE = re.compile(r"[A-Za-z0-9_]{1,128}\.[A-Za-z0-9_]{1,128}")
_WAIT_SECONDS, _MOST_WAITS = 1.0, 900
_TYPES = {
    "filename": "VARCHAR", "period_start": "TIMESTAMP", "payer": "VARCHAR", "account": "VARCHAR",
    "region": "VARCHAR", "service": "VARCHAR", "service_code": "VARCHAR", "usage_type": "VARCHAR",
    "raw_category": "VARCHAR", "category": "VARCHAR", "currency": "VARCHAR",
    "amount": "DECIMAL(38, 10)", "quantity": "DECIMAL(38, 10)",
    "free_quantity": "DECIMAL(38, 10)", "written_amount": "DOUBLE", "line_count": "HUGEINT",
    "broken": "HUGEINT", "negative": "HUGEINT", "outside": "HUGEINT",
}  # fmt: skip


def grouping(table: str, columns: Mapping[str, str], tag_keys: Mapping[str, str]) -> str:
    """The SQL for a table of a bill with these columns (name → type). Raises BillError."""
    names = {name.lower(): name for name in columns}
    layout = layout_of([_spelled(name) for name in names])
    if layout is None or not set(layout.required) <= {_spelled(name) for name in names}:
        raise BillError([whole_file("unknown-form", "請求の明細の表ではありません。", table)])
    is_map = columns[names[layout.tags.lower()]].lower().startswith("map")
    lines = lines_sql(
        layout,
        table,
        there=[_spelled(name) for name in names],
        tag_keys=tag_keys,
        tags_are_map=is_map,
        dialect=ATHENA,
    )
    return grouped_sql(lines, list(tag_keys))


def read_table(
    table: str, tag_keys: Mapping[str, str], *, workgroup: str, client: Any = None
) -> Bill:
    """Groups a table's lines on Athena into a `Bill`. Raises BillError."""
    if not _TABLE.fullmatch(table):
        raise BillError(
            [whole_file("bad-table", "表は データベース.表 の形で書いてください。", table)]
        )
    if client is None:
        import boto3

        client = boto3.client("athena")
    database, name = table.split(".")
    found = client.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=database, TableName=name
    )["TableMetadata"]
    columns = {column["Name"]: column["Type"] for column in found["Columns"]}
    rows = list(_rows(client, grouping(table, columns, tag_keys), workgroup))
    connection = open_connection()
    _load(connection, rows, tag_keys)
    bill = Bill(connection=connection, tag_keys=tag_keys)
    check_groups(bill)
    return bill


def _spelled(lower: str) -> str:
    """Athena writes names in lower case; SQL does not mind, our lists of columns do."""
    for layout in LAYOUTS:
        for name in (*layout.required, *layout.optional):
            if name.lower() == lower:
                return name
    return lower


def _rows(client: Any, sql: str, workgroup: str) -> Iterator[dict[str, str | None]]:
    query = client.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]
    for _ in range(_MOST_WAITS):
        status = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(_WAIT_SECONDS)
    if status["State"] != "SUCCEEDED":
        reason = status.get("StateChangeReason", status["State"])
        raise BillError(
            [whole_file("athena", f"Athena の集計が終わりませんでした: {reason}", sql[:80])]
        )
    names: list[str] | None = None
    for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=query):
        for row in page["ResultSet"]["Rows"]:
            values = [cell.get("VarCharValue") for cell in row["Data"]]
            if names is None:
                names = [str(value) for value in values]
            else:
                yield dict(zip(names, values, strict=True))


def _load(connection: Any, rows: list[dict[str, str | None]], tag_keys: Mapping[str, str]) -> None:
    types = _TYPES | dict.fromkeys(tag_keys, "VARCHAR")
    columns = ", ".join(
        f"CAST(unnest(CAST(${name} AS VARCHAR[])) AS {kind}) AS {name}"
        for name, kind in types.items()
    )
    make_table(connection, f"SELECT {columns}", {n: [row.get(n) for row in rows] for n in types})
