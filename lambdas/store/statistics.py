"""The facts of every case for the statistics: one row per case, written with the case and read
through the index without opening any case; and the books that statistics read."""

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, cast

from lambdas.casework.records import CaseFile
from lambdas.casework.statistics import FACTS_VERSION, CaseFacts, facts
from lambdas.store import models
from lambdas.store.repository import ANY, Put, Repository

_KEY = "FACTS"
_BATCH = 100  # of one BatchGetItem


def beside(before: CaseFile | None, after: CaseFile) -> tuple[Put, ...]:
    """The row of a case for the transaction that saves it; nothing when its facts stay."""
    packed = _packed(facts(after))
    if before is not None and packed == _packed(facts(before)):
        return ()
    row = models.StatisticsRow(
        after.key, "FACTS", agency_key=_KEY, list_key=after.case_id, facts=packed
    )
    return (Put("facts", row, ANY),)


def all_facts(repository: Repository) -> Iterator[CaseFacts]:
    """The facts of every case of the municipality: pages of one Query. Rows that an earlier
    version of the program wrote are worked out again from their case."""
    found = models.Record.by_agency.query(_KEY, attributes_to_get=["pk", "cls", "facts"])
    for row in found:
        if not isinstance(row, models.StatisticsRow):
            continue
        kept = cast(CaseFacts, json.loads(zlib.decompress(row.facts)))
        if kept["v"] == FACTS_VERSION:
            yield kept
        elif case := repository.open_case(row.pk.removeprefix("CASE#")):
            yield facts(case)


def every_fact(region: str) -> Iterator[CaseFacts]:
    """The facts of every case, for the jobs."""
    return all_facts(Repository(region=region))


def book_entries(book: str) -> list[Mapping[str, Any]]:
    """What the entries of a book say now, the oldest first (`api/books.py` keeps one record per
    entry)."""
    kind = f"BOOK-{book.upper()}"
    heads = [
        (head.list_key, head.pk)
        for head in models.Record.by_agency.query(
            f"FOLDERS#{kind}", attributes_to_get=["pk", "cls", "listKey"]
        )
    ]
    data: dict[str, Mapping[str, Any]] = {}
    keys = [(pk, "REC#record") for _, pk in heads]
    for start in range(0, len(keys), _BATCH):
        for item in models.RecordHead.batch_get(
            keys[start : start + _BATCH], attributes_to_get=["pk", "cls", "data"]
        ):
            data[item.pk] = json.loads(item.data)
    return [data[pk] for _, pk in sorted(heads) if pk in data]


def _packed(found: CaseFacts) -> bytes:
    return zlib.compress(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())
