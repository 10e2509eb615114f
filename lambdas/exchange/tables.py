"""The tenant's tables, item by item in DynamoDB's own notation: nothing is built from an item that
is only moved."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import botocore.session

from lambdas.exchange.lines import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# DynamoDB's limits of a transaction are 100 items and 4 MB; an item in its notation counts less.
_MOST_ITEMS = 100
_MOST_BYTES = 2_500_000


class Tables:
    """Records and audit trail of one tenant."""

    def __init__(self, *, records: str, audit: str, region: str) -> None:
        session: Any = botocore.session.get_session()
        self._client: DynamoDBClient = session.create_client("dynamodb", region_name=region)
        self.records = records
        self.audit = audit

    def pages(
        self, table: str, cursor: Any = None
    ) -> Iterator[tuple[list[Item], Mapping[str, Any] | None]]:
        """A table page by page (1 MB each), with the cursor behind each page."""
        while True:
            start = {"ExclusiveStartKey": cursor} if cursor else {}
            page: Any = self._client.scan(TableName=table, ConsistentRead=True, **start)
            cursor = page.get("LastEvaluatedKey")
            yield page["Items"], cursor
            if cursor is None:
                return

    def put(self, table: str, items: Iterable[tuple[Mapping[str, Any], int]]) -> None:
        """Puts items, each with its size, where nothing else is: what is there already must be
        the same event. `items` of the records table replace what an earlier try has put."""
        chunk: list[Mapping[str, Any]] = []
        size = 0
        for item, item_bytes in items:
            if chunk and (len(chunk) == _MOST_ITEMS or size + item_bytes > _MOST_BYTES):
                self._transact(table, chunk)
                chunk, size = [], 0
            chunk.append(item)
            size += item_bytes
        if chunk:
            self._transact(table, chunk)

    def _transact(self, table: str, items: list[Mapping[str, Any]]) -> None:
        puts: list[Any] = []
        for item in items:
            put: dict[str, Any] = {"TableName": table, "Item": item}
            if table == self.audit:
                # The trail only grows: an event may be put again, never another in its place.
                put |= {
                    "ConditionExpression": "attribute_not_exists(pk) OR #hash = :hash",
                    "ExpressionAttributeNames": {"#hash": "hash"},
                    "ExpressionAttributeValues": {":hash": item["hash"]},
                }
            puts.append({"Put": put})
        self._client.transact_write_items(TransactItems=puts)
