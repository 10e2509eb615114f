"""The audit trail as the nightly job and the verification read it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lambdas.store import models
from lambdas.store.repository import stored_sha256


@dataclass(frozen=True, kw_only=True)
class KeptEvent:
    """An event as it lies in the table: its partition, the hash beside it, the event itself."""

    subject: str
    day: str
    key: str
    hash: str
    event: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ChainHead:
    """Where a folder's head says that its chain stands; `subject` is its partition. `disposed`:
    nothing of the folder is left (erased, or lost in a restoration); here its chain ended."""

    subject: str
    seq: int
    hash: str
    disposed: bool = False


@dataclass(frozen=True, kw_only=True)
class Content:
    """Hash of a revision's content (`head` false) or of the current record (`head` true)."""

    subject: str
    record_id: str
    revision: int
    sha256: str
    head: bool


def hashes_of_day(day: date) -> list[str]:
    """Hashes of a day's events in the order of their keys: the leaves of its seal."""
    return [item.hash for item in models.AuditItem.by_day.query(day.isoformat())]


def all_events() -> Iterator[KeptEvent]:
    """The whole trail, in no order."""
    for item in models.AuditItem.scan(consistent_read=True):
        yield KeptEvent(
            subject=item.pk,
            day=item.day,
            key=item.day_key,
            hash=item.hash,
            event=json.loads(item.event),
        )


def records() -> Iterator[ChainHead | Content]:
    """What the records table holds that the trail must agree with."""
    for item in models.Record.scan(consistent_read=True):
        if isinstance(item, models.Head):
            yield ChainHead(subject=item.pk, seq=int(item.chain_seq), hash=item.chain_hash)
        elif isinstance(item, models.Disposed):
            yield ChainHead(
                subject=item.pk.removeprefix("DISPOSED#"),
                seq=int(item.chain_seq),
                hash=item.chain_hash,
                disposed=True,
            )
        elif isinstance(item, models.Lost):
            yield ChainHead(
                subject=item.pk.removeprefix("LOST#"),
                seq=int(item.chain_seq),
                hash=item.chain_hash,
                disposed=True,
            )
        elif isinstance(item, models.RecordState):
            head = isinstance(item, models.RecordHead)
            subject = item.pk
            if not head:
                subject = item.pk.removeprefix("REV#").removesuffix(f"#{item.record_id}")
            yield Content(
                subject=subject,
                record_id=item.record_id,
                revision=int(item.revision),
                sha256=stored_sha256(item.data, item.envelope),
                head=head,
            )
