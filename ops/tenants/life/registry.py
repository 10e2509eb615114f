"""What a vendor knows of its tenants: a state each, the operation under way, and what happened.

The registry says what was last done; whether it is so is asked of the tenant (`verify`). It holds
names of municipalities and of operators, and nothing of any case.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

NEW = "new"
_STATE = "STATE"


class RegistryError(Exception):
    """The registry does not allow this now; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A command under way: the steps `done`, with what each has noted for those after it."""

    id: str
    command: str
    ordered_by: str
    begun_at: str
    done: tuple[str, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A tenant. `facts` are what later commands need: the doors' policies while they are closed,
    the bundle that was handed over, days."""

    tenant: str
    state: str
    version: int
    updated_at: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    operation: Operation | None = None


class Registry:
    """The vendor's table. Every change is conditional on the version that was read."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def entry(self, tenant: str) -> Entry:
        """What is known of a tenant; state NEW where nothing is."""
        found = self._dynamodb.get_item(
            TableName=self._table, Key=_key(tenant, _STATE), ConsistentRead=True
        )
        if "Item" not in found:
            return Entry(tenant=tenant, state=NEW, version=0, updated_at="")
        return _entry(tenant, json.loads(found["Item"]["content"]["S"]))

    def entries(self) -> list[Entry]:
        """All tenants, by name."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :state",
            ExpressionAttributeValues={":state": {"S": _STATE}},
        )
        items = [item for page in pages for item in page["Items"]]
        found = [
            _entry(i["pk"]["S"].removeprefix("TENANT#"), json.loads(i["content"]["S"]))
            for i in items
        ]
        return sorted(found, key=lambda entry: entry.tenant)

    def history(self, tenant: str) -> list[dict[str, Any]]:
        """What happened to a tenant, oldest first."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :event)",
            ExpressionAttributeValues={
                ":pk": {"S": f"TENANT#{tenant}"},
                ":event": {"S": "EVENT#"},
            },
            ConsistentRead=True,
        )
        return [json.loads(i["content"]["S"]) for page in pages for i in page["Items"]]

    def begin(self, entry: Entry, command: str, ordered_by: str) -> Entry:
        """Begins a command, or takes up the one that was cut off. Raises RegistryError while
        another is under way."""
        if entry.operation is not None:
            if entry.operation.command != command:
                raise RegistryError(
                    f"{entry.tenant} では {entry.operation.command} の途中です。先に "
                    f"`soudan tenant {entry.operation.command}` を最後まで行ってください。"
                )
            return entry
        now = _now()
        operation = Operation(
            id=uuid.uuid4().hex[:12], command=command, ordered_by=ordered_by, begun_at=now
        )
        return self._put(entry, now, operation=operation, event={"event": "begun"})

    def step_done(self, entry: Entry, step: str, note: Mapping[str, Any]) -> Entry:
        operation = _under_way(entry)
        after = Operation(
            id=operation.id,
            command=operation.command,
            ordered_by=operation.ordered_by,
            begun_at=operation.begun_at,
            done=(*(one for one in operation.done if one != step), step),
            notes={**operation.notes, **note},
        )
        return self._put(entry, _now(), operation=after, event={"event": "step", "step": step})

    def finish(
        self, entry: Entry, state: str, facts: Mapping[str, Any], *, event: str = "finished"
    ) -> Entry:
        """Ends the command: the tenant is in `state` now. `event`: how it ended."""
        kept = {name: v for name, v in {**entry.facts, **facts}.items() if v is not None}
        now = _now()
        return self._put(
            entry, now, state=state, facts=kept, operation=None, event={"event": event}
        )

    def _put(self, entry: Entry, now: str, *, event: Mapping[str, Any], **changes: Any) -> Entry:
        after = Entry(
            tenant=entry.tenant,
            state=changes.get("state", entry.state),
            version=entry.version + 1,
            updated_at=now,
            facts=changes.get("facts", entry.facts),
            operation=changes["operation"],
        )
        operation = after.operation or _under_way(entry)
        told = {
            "at": now,
            "operation": operation.id,
            "command": operation.command,
            "orderedBy": operation.ordered_by,
            "state": after.state,
            **event,
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if entry.version:
            condition = {
                "ConditionExpression": "version = :before",
                "ExpressionAttributeValues": {":before": {"N": str(entry.version)}},
            }
        state_item = {
            **_key(entry.tenant, _STATE),
            "version": {"N": str(after.version)},
            "content": {"S": json.dumps(_plain(after), ensure_ascii=False, sort_keys=True)},
        }
        event_item = {
            **_key(entry.tenant, f"EVENT#{now}#{after.version:08d}"),
            "content": {"S": json.dumps(told, ensure_ascii=False, sort_keys=True)},
        }
        try:
            self._dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": self._table, "Item": state_item, **condition}},
                    {"Put": {"TableName": self._table, "Item": event_item}},
                ]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "TransactionCanceledException":
                raise RegistryError(
                    f"{entry.tenant} に、ほかの人が同時に操作しています。"
                    "終わるのを待って、やり直してください。"
                ) from error
            raise
        return after


def _key(tenant: str, sort: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"TENANT#{tenant}"}, "sk": {"S": sort}}


def _under_way(entry: Entry) -> Operation:
    if entry.operation is None:
        raise RegistryError(f"{entry.tenant} で行っている操作はありません。")
    return entry.operation


def _plain(entry: Entry) -> dict[str, Any]:
    operation = entry.operation
    return {
        "state": entry.state,
        "version": entry.version,
        "updatedAt": entry.updated_at,
        "facts": dict(entry.facts),
        "operation": operation and {**vars(operation), "done": list(operation.done)},
    }


def _entry(tenant: str, plain: Mapping[str, Any]) -> Entry:
    operation = plain["operation"]
    return Entry(
        tenant=tenant,
        state=plain["state"],
        version=plain["version"],
        updated_at=plain["updatedAt"],
        facts=plain["facts"],
        operation=operation and Operation(**{**operation, "done": tuple(operation["done"])}),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
