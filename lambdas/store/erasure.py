"""Erasing a case for good.

One transaction takes the head away and leaves an item that says where the chain ended: from then
on nobody opens the case, and what is still there is removed step by step, the keys of its
confidential compartment first. An interrupted erasure is taken up again from that item. The trail
stays: it holds no content, and the verification still finds a cut or changed one.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol

from pynamodb.connection import Connection
from pynamodb.transactions import TransactWrite

from lambdas.casework.audit import event_hash
from lambdas.casework.clock import from_iso, to_iso
from lambdas.casework.records import CaseFile
from lambdas.store import index, models
from lambdas.store.repository import Event, event_item


@dataclass(frozen=True, kw_only=True)
class Extent:
    """What there was of a case when its erasure began: records, their revisions, attached files,
    and keys of the confidential compartment."""

    records: int
    revisions: int
    files: int
    keys: int


def begin(case: CaseFile, *, event: Event, now: datetime, region: str) -> None:
    """Takes a case away from everyone. `event` is the last link of its chain (`dispose-case`).

    Raises TransactWriteError when somebody wrote to the case meanwhile.
    """
    tombstone = _tombstone(case, event, now)
    head = models.Head(case.key, "HEAD")
    with TransactWrite(connection=Connection(region=region)) as write:
        write.save(tombstone, condition=models.Record.pk.does_not_exist())
        write.save(event_item(case.key, event), condition=models.AuditItem.pk.does_not_exist())
        write.delete(head, condition=models.Head.chain_seq == case.chain_seq)


def begin_again(case: CaseFile, *, event: Event, region: str) -> None:
    """The same of a case that came back with an earlier state of the tables: `event` stands in the
    trail already, as its last link."""
    head = models.Head(case.key, "HEAD")
    with TransactWrite(connection=Connection(region=region)) as write:
        write.save(
            _tombstone(case, event, from_iso(event["at"])),
            condition=models.Record.pk.does_not_exist(),
        )
        write.delete(head, condition=models.Head.chain_seq == case.chain_seq)


def _tombstone(case: CaseFile, event: Event, now: datetime) -> models.Disposed:
    sealed = models.Record.query(f"SEALED#{case.case_id}", consistent_read=True)
    extent = Extent(
        records=len(case.records),
        revisions=sum(r.revision for r in case.records.values()),
        files=len(case.of("attachment")),
        keys=sum(isinstance(item, models.SealedKey) for item in sealed),
    )
    return models.Disposed(
        f"DISPOSED#{case.key}",
        "DISPOSED",
        chain_seq=event["seq"],
        chain_hash=event_hash(event),
        disposed_at=to_iso(now),
        extent=json.dumps(asdict(extent)),
    )


class CaseFiles(Protocol):
    """Where the files of cases lie."""

    def erase_case(self, case_id: str) -> int: ...


def finish(case_id: str, *, files: CaseFiles) -> Extent | None:
    """Removes everything that is left of a case whose erasure has begun, as often as it takes;
    what there was of it. None when no erasure has begun."""
    key = f"CASE#{case_id}"
    try:
        tombstone = models.Disposed.get(f"DISPOSED#{key}", "DISPOSED", consistent_read=True)
    except models.Disposed.DoesNotExist:
        return None
    _delete(models.Record.query(f"SEALED#{case_id}", consistent_read=True))
    files.erase_case(case_id)
    for item in list(models.Record.query(key, consistent_read=True)):
        if isinstance(item, models.RecordHead):
            # The record goes after its revisions, which only it names.
            revisions = f"REV#{key}#{item.record_id}"
            _delete(models.Record.query(revisions, consistent_read=True))
        item.delete()
    _delete(index.items_of(case_id))
    # Only now does a running search forget the case: before, it would have read it once more.
    disposed_at = from_iso(tombstone.disposed_at)
    index.change(case_id, disposed_at, int(tombstone.chain_seq)).save()
    return Extent(**json.loads(tombstone.extent))


def _delete(items: Iterable[models.Record]) -> None:
    for item in list(items):
        item.delete()
