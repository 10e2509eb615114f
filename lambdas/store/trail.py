"""The audit trail as the nightly job and the verification read it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lambdas.casework.audit import sha256_hex
from lambdas.store import models


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
    """Where a case's head says that its chain stands."""

    case_id: str
    seq: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Content:
    """Hash of a revision's content (`head` false) or of the current form (`head` true)."""

    case_id: str
    form: str
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
        if isinstance(item, models.CaseHead):
            yield ChainHead(case_id=item.case_id, seq=int(item.chain_seq), hash=item.chain_hash)
        elif isinstance(item, models.FormState):
            yield Content(
                case_id=item.pk.split("#")[1],
                form=item.form,
                revision=int(item.revision),
                sha256=sha256_hex(item.data.encode()),
                head=isinstance(item, models.FormHead),
            )
