"""Verification of the audit trail: chains, contents and seals, from the tables themselves.

It runs inside the tenant and answers with numbers and case numbers only, so that the vendor's
staff learn whether the trail is whole without reading a record. Registers are covered by no hash
yet.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lambdas.casework import audit
from lambdas.casework.clock import from_iso, japanese_day
from lambdas.store.trail import ChainHead, Content, KeptEvent

_MOST_TOLD = 1000
# The night's job has until the next one to be made up for.
_SEALED_WITHIN = timedelta(days=2)

Event = Mapping[str, Any]
Tell = Callable[[str, str, str], None]


@dataclass(frozen=True, kw_only=True)
class Records:
    """What the records table held when the verification began at `read_at` (UTC, ISO)."""

    read_at: str
    items: Sequence[ChainHead | Content]


def verify(
    *, records: Records, events: Iterable[KeptEvent], seals: Mapping[str, bytes]
) -> dict[str, Any]:
    """Everything that does not fit together.

    `{events, cases, seals, lastSeal, unsealed, problemCount, problems: [{kind, where, text}]}`,
    of the problems the first thousand. `unsealed` counts the events of days without a seal yet,
    which only their chain protects so far. The records are read first: what is written while the
    events are read is newer than `read_at` and no fault.
    """
    problems: list[dict[str, str]] = []

    def tell(kind: str, where: str, text: str) -> None:
        problems.append({"kind": kind, "where": where, "text": text})

    count = 0
    chains: dict[str, list[Event]] = defaultdict(list)
    days: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item in events:
        count += 1
        days[item.day].append((item.key, item.hash))
        if fault := _misplaced(item):
            tell("event", item.subject, f"event {item.key} {fault}")
        if "seq" in item.event:
            chains[item.subject].append(item.event)
    found = [i for i in records.items if isinstance(i, ChainHead)]
    # Where an erasure was interrupted, a head may still be there: its end is what counts.
    heads = {i.subject: i for i in sorted(found, key=lambda h: h.disposed)}
    _check_chains(heads, chains, records.read_at, tell)
    _check_contents(heads, chains, records, tell)
    _check_seals(seals, days, records.read_at, tell)
    return {
        "events": count,
        "cases": sum(subject.startswith("CASE#") for subject in heads),
        "seals": len(seals),
        "lastSeal": max(seals, default=None),
        "unsealed": sum(len(kept) for day, kept in days.items() if day not in seals),
        "problemCount": len(problems),
        # Lambda answers with at most 6 MB.
        "problems": problems[:_MOST_TOLD],
    }


def _misplaced(item: KeptEvent) -> str | None:
    """Why an event is not what it was when it was written."""
    event = item.event
    if audit.event_hash(event) != item.hash:
        return "was changed"
    if item.key != f"{event['at']}#{event['id']}":
        return "stands under another time"
    if item.day != japanese_day(from_iso(event["at"])).isoformat():
        return "stands under another day"
    case_id = event.get("case")
    if case_id is not None and item.subject != f"CASE#{case_id}":
        return "stands under another subject"
    return None


def _check_chains(
    heads: Mapping[str, ChainHead],
    chains: dict[str, list[Event]],
    read_at: str,
    tell: Tell,
) -> None:
    for subject, chain in chains.items():
        chain.sort(key=lambda e: int(e["seq"]))
        if subject not in heads and any(e["at"] < read_at for e in chain):
            tell("chain", subject, "there is a trail but no record")
    for subject, head in heads.items():
        chain = chains.get(subject, [])
        while len(chain) > head.seq and chain[-1]["at"] >= read_at:
            chain.pop()  # written after the head was read
        for text in audit.chain_errors(chain, head_seq=head.seq, head_hash=head.hash):
            tell("chain", subject, text)


def _check_contents(
    heads: Mapping[str, ChainHead],
    chains: Mapping[str, list[Event]],
    records: Records,
    tell: Tell,
) -> None:
    """Each revision is what its event says, and the current form what the last one says."""
    revisions: dict[tuple[str, str, int], Content] = {}
    current: dict[tuple[str, str], Content] = {}
    for item in records.items:
        if isinstance(item, Content):
            if item.head:
                current[item.subject, item.record_id] = item
            else:
                revisions[item.subject, item.record_id, item.revision] = item
    for subject, head in heads.items():
        if head.disposed:
            continue  # what is left of it has no event any more, and is told below
        last: dict[str, Mapping[str, Any]] = {}
        for written in _standing(chains.get(subject, [])):
            record_id, number = written["recordId"], written["revision"]
            last[record_id] = written
            kept = revisions.pop((subject, record_id, number), None)
            if kept is None:
                tell("content", subject, f"{record_id} revision {number} is missing")
            elif kept.sha256 != written["contentSha256"]:
                tell("content", subject, f"{record_id} revision {number} was changed")
        for record_id, written in last.items():
            now = current.pop((subject, record_id), None)
            said = (written["revision"], written["contentSha256"])
            if now is None or (now.revision, now.sha256) != said:
                tell("content", subject, f"the current {record_id} is not the last revision")
    for subject, record_id, number in revisions:
        tell("content", subject, f"{record_id} revision {number} has no event")
    for subject, record_id in current:
        tell("content", subject, f"the current {record_id} has no event")


def _standing(chain: Sequence[Event]) -> list[Mapping[str, Any]]:
    """What the writes of a chain have left, in order: not what a later restoration names as lost
    (`lost`), which stood in the table once and went with its taking back in time."""
    lost: Counter[tuple[str, int, str]] = Counter()
    standing = []
    for event in reversed(chain):
        for written in reversed(event["written"]):
            key = (written["recordId"], int(written["revision"]), written["contentSha256"])
            if lost[key]:
                lost[key] -= 1
            else:
                standing.append(written)
        for gone in event.get("lost", ()):
            lost[gone["recordId"], int(gone["revision"]), gone["contentSha256"]] += 1
    return standing[::-1]


def _check_seals(
    seals: Mapping[str, bytes],
    days: Mapping[str, list[tuple[str, str]]],
    read_at: str,
    tell: Tell,
) -> None:
    previous = audit.GENESIS
    for day in sorted(seals):
        seal = json.loads(seals[day])
        if seal["previousSeal"] != previous:
            tell("seal", day, "the seal does not follow the one before it")
        leaves = [digest for _, digest in sorted(days.get(day, []))]
        if (seal["count"], seal["root"]) != (len(leaves), audit.merkle_root(leaves)):
            tell("seal", day, f"sealed {seal['count']} events, found {len(leaves)} or others")
        previous = audit.sha256_hex(seals[day])
    due = (japanese_day(from_iso(read_at)) - _SEALED_WITHIN).isoformat()
    for day in sorted(days):
        if day not in seals and day <= due:
            tell("seal", day, "the day has no seal")
