"""The search index as it lies in the tenant's own table, and reading it into memory.

| item        | pk               | sk                              |
|-------------|------------------|---------------------------------|
| IndexPart   | INDEX#<shard>    | <caseId>#<page>.<part>          |
| IndexChange | CHANGES#<day>    | <at>#<caseId>#<seq>      (TTL)  |

A write puts the pages that hold its records, the facts of its case and one mark of the change, in
its own transaction: their number does not depend on how many cases there are. A process reads all
parts once and then, before each search, the marks since the last one (docs/decisions/0014).
"""

import gc
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.transactions import TransactWrite

from lambdas.casework.clock import to_iso
from lambdas.casework.records import CaseFile
from lambdas.casework.search.catalogue import Catalogue
from lambdas.casework.search.content import (
    CaseFacts,
    Page,
    case_facts,
    pack_facts,
    pack_page,
    pages,
    unpack_facts,
    unpack_page,
)
from lambdas.store import models
from lambdas.store.repository import ANY, Put

# A partition gives 12 MB/s: few enough to be asked one by one, enough to be read side by side.
SHARDS = 4
_FACTS = "facts"
# DynamoDB's items end at 400 KB.
_PART_BYTES = 350_000
# A write names the time at which its request began, and lands before its request ends (29 s).
_OVERLAP = timedelta(seconds=60)
_KEPT_MARKS = timedelta(days=3)
# A process that has not looked for so long reads everything anew.
_OLDEST = timedelta(days=1)
_TRIES = 3
_REPAIRED_AT_ONCE = 90  # of the 100 that a transaction may hold


class IndexPart(models.Record, discriminator="index"):
    """A part of a page of the index or of the facts of a case; `parts`: how many it has."""

    parts = NumberAttribute()
    content = BinaryAttribute(legacy_encoding=False)


class IndexChange(models.Record, discriminator="index-change"):
    """That a case has changed."""

    case_id = UnicodeAttribute(attr_name="caseId")
    expires_at = NumberAttribute(attr_name="expiresAt")


Key = tuple[str, str]


def beside(before: CaseFile | None, after: CaseFile) -> tuple[Put, ...]:
    """What a save of the case puts into the index, for its transaction; `before` is None for a new
    case."""
    # Of a save that comes too late no record is new; its transaction says so.
    saved_at = max(r.saved_at for r in after.records.values())
    return (
        *(Put(f"index:{part.sk}", part, ANY) for part in parts(after, before)),
        Put("index:change", change(after.case_id, saved_at, after.chain_seq), ANY),
    )


def parts(case: CaseFile, before: CaseFile | None = None) -> list[IndexPart]:
    """What the index holds of a case; where it is given as it was before, only what has changed."""
    return [
        *(
            part
            for page in pages(case, before)
            for part in _parts(case.case_id, f"{page.number:04d}", pack_page(page))
        ),
        *_parts(case.case_id, _FACTS, pack_facts(case_facts(case))),
    ]


def change(case_id: str, at: datetime, seq: int) -> IndexChange:
    """The mark of a change, or of the disposal of a case."""
    return IndexChange(
        f"CHANGES#{to_iso(at)[:10]}",
        f"{to_iso(at)}#{case_id}#{seq}",
        case_id=case_id,
        expires_at=int((at + _KEPT_MARKS).timestamp()),
    )


def items_of(case_id: str) -> Iterator[models.Record]:
    """Everything that the index holds of a case, for its disposal, which must leave a `change`."""
    yield from _stored(case_id)


def _parts(case_id: str, name: str, content: bytes) -> list[IndexPart]:
    cut = [content[at : at + _PART_BYTES] for at in range(0, len(content), _PART_BYTES)]
    return [
        IndexPart(_partition(case_id), f"{case_id}#{name}.{n:02d}", parts=len(cut), content=piece)
        for n, piece in enumerate(cut)
    ]


def _partition(case_id: str) -> str:
    return f"INDEX#{zlib.crc32(case_id.encode()) % SHARDS}"


def _stored(case_id: str) -> list[IndexPart]:
    found = IndexPart.query(
        _partition(case_id), IndexPart.sk.startswith(f"{case_id}#"), consistent_read=True
    )
    return list(found)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """A part as read: the name of what it is a part of, its number and how many there are."""

    name: str
    number: int
    parts: int
    content: bytes


def _piece(sk: str, parts: int, content: bytes) -> _Piece:
    name, _, number = sk.partition("#")[2].partition(".")
    return _Piece(name=name, number=int(number), parts=parts, content=content)


def _assembled(pieces: Iterable[_Piece]) -> tuple[CaseFacts, list[Page]] | None:
    """The case of these pieces; None when some were read before a write and some after it."""
    whole: dict[str, bytes] = {}
    for name, same in groupby(pieces, key=lambda p: p.name):
        found = list(same)
        used = found[: found[0].parts]  # a page that has shrunk leaves parts behind
        if len(used) < found[0].parts or any(p.parts != found[0].parts for p in used):
            return None
        whole[name] = b"".join(p.content for p in used)
    if _FACTS not in whole:
        return None
    try:
        facts = unpack_facts(whole.pop(_FACTS))
        read = [unpack_page(int(name), packed) for name, packed in sorted(whole.items())]
    except (zlib.error, ValueError):
        return None  # parts of two writes, or none that was written by us
    if tuple(page.stamp for page in read) != facts.stamps:
        return None
    return facts, read


@dataclass
class SearchIndex:
    """The catalogue of a tenant in this process, brought up to date before each use."""

    region: str
    # How a case is opened; a case that the index does not tell rightly is made of its records.
    open_case: Callable[[str], CaseFile | None]
    catalogue: Catalogue = field(default_factory=Catalogue)
    _since: datetime | None = None
    # Keys of marks that have been acted on and may be read again.
    _seen: set[str] = field(default_factory=set)

    def fresh(self, now: datetime) -> Catalogue:
        """The catalogue with everything that was written before this call: one Query, and one
        more for each case that has changed."""
        if self._since is None or now - self._since > _OLDEST:
            self._load(now)
        since = self._since or now
        marks = list(self._marks(since, now))
        changed = {mark.case_id for mark in marks if mark.sk not in self._seen}
        for case_id in sorted(changed):
            self._read(case_id)
        self._since = max(since, now - _OVERLAP)
        self._seen = {mark.sk for mark in marks if mark.sk >= to_iso(self._since)}
        return self.catalogue

    def _load(self, now: datetime) -> None:
        """Reads every case. One that is written to meanwhile is read again by its mark.

        The collector of garbage would go through all of it again and again, while it is read and
        for as long as this process lives.
        """
        self.catalogue, self._seen = Catalogue(), set()
        gc.unfreeze()
        gc.disable()
        try:
            client = Connection(region=self.region).client
            with ThreadPoolExecutor(max_workers=SHARDS) as pool:
                for shard in [pool.submit(_shard, client, n) for n in range(SHARDS)]:
                    for case_id, pieces in shard.result():
                        found = _assembled(pieces) or self._consistent(case_id)
                        if found is not None:
                            self.catalogue.put(*found)
        finally:
            gc.enable()
        gc.freeze()
        self._since = now - _OVERLAP

    def _marks(self, since: datetime, now: datetime) -> Iterator[IndexChange]:
        day, last = since.date(), (now + _OVERLAP).date()
        while day <= last:
            yield from IndexChange.query(
                f"CHANGES#{day.isoformat()}",
                IndexChange.sk >= to_iso(since),
                consistent_read=True,
            )
            day += timedelta(days=1)

    def _read(self, case_id: str) -> None:
        found = self._consistent(case_id)
        if found is None:
            self.catalogue.remove(case_id)
        else:
            self.catalogue.put(*found)

    def _consistent(self, case_id: str) -> tuple[CaseFacts, list[Page]] | None:
        """A case as one write left it; None when there is none."""
        for _ in range(_TRIES):
            stored = _stored(case_id)
            if not stored:
                return None
            found = _whole(stored)
            if found is not None:
                return found
        case = self.open_case(case_id)
        return None if case is None else (case_facts(case), list(pages(case)))


def _whole(stored: Iterable[IndexPart]) -> tuple[CaseFacts, list[Page]] | None:
    return _assembled(_piece(i.sk, int(i.parts), i.content) for i in stored)


def _shard(client: Any, number: int) -> list[tuple[str, list[_Piece]]]:
    """Every case of a partition. Without the models, whose objects cost more than the reading."""
    table = models.Record.Meta.table_name
    asked: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": f"INDEX#{number}"}},
        "ProjectionExpression": "sk, parts, content",
        "ConsistentRead": True,
    }
    found: list[tuple[str, list[_Piece]]] = []
    while True:
        answer = client.query(**asked)
        for item in answer["Items"]:
            sk = item["sk"]["S"]
            case_id = sk.partition("#")[0]
            if not found or found[-1][0] != case_id:
                found.append((case_id, []))
            found[-1][1].append(_piece(sk, int(item["parts"]["N"]), item["content"]["B"]))
        if "LastEvaluatedKey" not in answer:
            return found
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


# Verification and repair


def differs(case: CaseFile) -> bool:
    """Whether the index tells anything else of a case than its records do."""
    return _whole(_stored(case.case_id)) != (case_facts(case), list(pages(case)))


def repair(case: CaseFile, now: datetime, *, region: str) -> None:
    """Puts what the records of a case make of it in place of what the index holds; refused by the
    store when the case has been written to since it was read."""
    made = parts(case)
    kept = {(i.pk, i.sk) for i in made}
    gone = [i for i in _stored(case.case_id) if (i.pk, i.sk) not in kept]
    # The facts come last: until then the pages do not fit them, and nobody reads a half.
    acts = [("delete", item) for item in gone] + [("save", item) for item in made]
    for start in range(0, len(acts), _REPAIRED_AT_ONCE):
        with TransactWrite(connection=Connection(region=region)) as transaction:
            transaction.condition_check(
                models.Head, case.key, "HEAD", condition=models.Head.chain_seq == case.chain_seq
            )
            for act, item in acts[start : start + _REPAIRED_AT_ONCE]:
                getattr(transaction, act)(item)
            transaction.save(change(case.case_id, now, case.chain_seq))


def remove_orphan(case_id: str, now: datetime, *, region: str) -> None:
    """Takes out of the index what it holds of a case that is not there; refused by the store when
    it is."""
    with TransactWrite(connection=Connection(region=region)) as transaction:
        transaction.condition_check(
            models.Head, f"CASE#{case_id}", "HEAD", condition=models.Head.pk.does_not_exist()
        )
        for item in _stored(case_id):
            transaction.delete(item)
        transaction.save(change(case_id, now, 0))


def case_ids() -> frozenset[str]:
    """Every case that there is."""
    heads = models.Head.scan(models.Head.pk.startswith("CASE#"), consistent_read=True)
    return frozenset(head.folder_id for head in heads)


def indexed_cases(*, region: str) -> frozenset[str]:
    """Every case of which the index holds something."""
    client = Connection(region=region).client
    return frozenset(case_id for n in range(SHARDS) for case_id, _ in _shard(client, n))
