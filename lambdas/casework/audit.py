"""The audit trail's arithmetic: canonical events, the chain of a case's writes, the day's seal.

Writes of a case are chained in their own transaction. Reads are not (a chain would make readers
wait for each other); they are covered, with the writes, by a Merkle root over the whole day that
is chained to the day before and kept where no API role can write.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

GENESIS = "0" * 64


def canonical(value: Any) -> bytes:
    """One byte string per JSON value: sorted keys, no white space, UTF-8."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def event_hash(event: Mapping[str, Any]) -> str:
    """Hash of an event; a chained event carries `prev` inside, which makes it a link."""
    return sha256_hex(canonical(event))


def chain_errors(
    events: Sequence[Mapping[str, Any]], *, head_seq: int, head_hash: str
) -> list[str]:
    """What is wrong with a case's chain. `events` are in order of their `seq` (1, 2, …)."""
    errors = []
    previous = GENESIS
    for expected, event in enumerate(events, start=1):
        if event.get("seq") != expected:
            errors.append(f"missing or repeated event: expected {expected}, got {event.get('seq')}")
            break
        if event.get("prev") != previous:
            errors.append(f"event {expected} does not follow the one before it")
        previous = event_hash(event)
    if not errors and (len(events), previous) != (head_seq, head_hash):
        errors.append(f"the head names event {head_seq}, the trail ends at {len(events)}")
    return errors


def merkle_root(hashes: Iterable[str]) -> str:
    """Merkle root (RFC 6962 tree) over hex hashes in their order; `GENESIS` for none."""
    leaves = [hashlib.sha256(b"\x00" + bytes.fromhex(h)).digest() for h in hashes]
    if not leaves:
        return GENESIS
    while len(leaves) > 1:
        # An odd node moves up unchanged, as in RFC 6962.
        pairs = [leaves[i : i + 2] for i in range(0, len(leaves), 2)]
        leaves = [
            hashlib.sha256(b"\x01" + pair[0] + pair[1]).digest() if len(pair) == 2 else pair[0]
            for pair in pairs
        ]
    return leaves[0].hex()


def make_seal(*, day: str, hashes: Sequence[str], previous_seal: str) -> dict[str, Any]:
    """The seal of one day (JST, `YYYY-MM-DD`). `previous_seal` is the hash of the seal before."""
    return {
        "day": day,
        "count": len(hashes),
        "root": merkle_root(hashes),
        "previousSeal": previous_seal,
    }
