"""What requests take of the database: request units and bytes, by the sizes of the real items.

The API runs in this process over moto, which does not count capacity; it is worked out from what
each call read and wrote, as DynamoDB bills it: 4 KB to a read unit (half when the read may be
stale), 1 KB to a write unit, twice that in a transaction, and one write more for each index entry
that changes. The figures feed `ops/costs/workload.json`.
"""

import gzip
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import botocore.client
import pytest

from bench.casework import _progress
from bench.record import keep
from tests.running import body, intake
from tests.unit.in_process import AUDIT, REGION, Answer, InProcess, new_key, start
from tests.unit.in_process import RECORDS as TABLE

RECORDS = 12
CASES = 50
# What an index keeps of an item: all, or named attributes beside the keys.
_INDEXED = {"agencyKey": None, "day": ("pk", "sk", "day", "dayKey", "hash")}


class Meter:
    """Units of the calls since `reset`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.read = 0.0
        self.written: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.audit_bytes = self.audit_index_bytes = 0

    def count(self, operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        self.calls[operation] += 1
        half = 1.0 if asked.get("ConsistentRead") else 0.5
        match operation:
            case "GetItem":
                self.read += half * _blocks(_size(answer.get("Item", {})), 4096)
            case "Query" | "Scan":
                size = sum(_size(item) for item in answer["Items"])
                self.read += half * _blocks(size, 4096)
            case "BatchGetItem":
                for items in answer["Responses"].values():
                    self.read += half * sum(_blocks(_size(item), 4096) for item in items)
            case "PutItem":
                self._write(asked["TableName"], asked["Item"], 1)
            case "UpdateItem" | "DeleteItem":
                self.written[asked["TableName"]] += 1
            case "TransactWriteItems":
                for step in asked["TransactItems"]:
                    for kind, what in step.items():
                        if kind == "Put":
                            self._write(what["TableName"], what["Item"], 2)
                        else:
                            self.written[what["TableName"]] += 2

    def _write(self, table: str, item: Mapping[str, Any], times: int) -> None:
        self.written[table] += times * _blocks(_size(item), 1024)
        for key, kept in _INDEXED.items():
            if key in item:
                entry = item if kept is None else {n: v for n, v in item.items() if n in kept}
                self.written[table] += _blocks(_size(entry), 1024)
                if table == AUDIT:
                    self.audit_bytes += _size(item)
                    self.audit_index_bytes += _size(entry)


def main() -> None:
    with pytest.MonkeyPatch.context() as patch:
        running = start(patch)
        here = next(running)
        meter = Meter()
        original = botocore.client.BaseClient._make_api_call

        def metered(self: Any, operation: str, parameters: Any) -> Any:
            answer = original(self, operation, parameters)
            if self.meta.service_model.service_name == "dynamodb":
                meter.count(operation, parameters, answer)
            return answer

        patch.setattr(botocore.client.BaseClient, "_make_api_call", metered)
        case_id = here.create(chiefComplaint="家賃が払えない。" * 40)
        for _ in range(CASES - 1):
            here.create()
        meter.reset()
        for n in range(RECORDS):
            _add(here, case_id, n)
        kept = _bytes_of_a_case(case_id)
        revision = 1

        def save() -> Answer:
            nonlocal revision
            revision += 1
            return here.save(case_id, revision - 1, wishes=f"{revision} 回目")

        requests: dict[str, Callable[[], Answer]] = {
            "who am I": lambda: here.request("kanri1", "GET", "/me"),
            "list of cases": lambda: here.request("kanri1", "GET", "/cases"),
            "open a case": lambda: here.request("kanri1", "GET", f"/cases/{case_id}"),
            "open a form": lambda: here.read(case_id),
            "page of records": lambda: here.request("kanri1", "GET", f"/cases/{case_id}/records"),
            "what waits": lambda: here.request("kanri1", "GET", "/tasks"),
            "save a form": save,
            "add a record": lambda: _add(here, case_id, 99),
            "create a case": lambda: here.request(
                "kanri1", "POST", "/cases", json_body=body(intake()), headers=new_key()
            ),
        }
        result = {name: _measure(call, meter) for name, call in requests.items()}
        next(running, None)
    keep(
        "capacity",
        "python -m bench capacity",
        {
            "records_in_the_case": RECORDS,
            "cases": CASES,
            "kept_bytes_per_case": kept,
            "requests": result,
        },
    )


def _add(here: InProcess, case_id: str, n: int) -> Answer:
    record = _progress(f"{n} 回目の訪問。" + "暮らしの様子を聞いた。" * 20)
    return here.request(
        "kanri1", "POST", f"/cases/{case_id}/records", json_body=record, headers=new_key()
    )


def _measure(call: Callable[[], Answer], meter: Meter) -> dict[str, Any]:
    meter.reset()
    answer = call()
    assert answer.status in (200, 201), answer.text
    return {
        "read_units": meter.read,
        "write_units_records": meter.written[TABLE],
        "write_units_audit": meter.written[AUDIT],
        "calls": dict(meter.calls),
        "reply_bytes_gzip": len(gzip.compress(answer.content)),
        "audit_bytes": meter.audit_bytes,
        "audit_index_bytes": meter.audit_index_bytes,
    }


def _bytes_of_a_case(case_id: str) -> int:
    """Of the records table, with its index, after one intake and the progress records."""
    client = boto3.client("dynamodb", region_name=REGION)
    items = [
        item
        for page in client.get_paginator("scan").paginate(TableName=TABLE)
        for item in page["Items"]
        if case_id in item["pk"]["S"]
    ]
    return sum(_size(item) * (2 if "agencyKey" in item else 1) + 100 for item in items)


def _blocks(size: int, block: int) -> int:
    return max(1, math.ceil(size / block))


def _size(item: Mapping[str, Any]) -> int:
    """Bytes of an item as DynamoDB counts them: names and values."""
    total = 0
    for name, value in item.items():
        ((kind, content),) = value.items()
        total += len(name.encode())
        if kind in ("S", "N"):
            total += len(content.encode())
        elif kind == "B":
            total += len(content)
        elif kind in ("BOOL", "NULL"):
            total += 1
        else:
            total += len(json.dumps(content, default=str).encode())
    return total


if __name__ == "__main__":
    main()
