"""Verification of the audit trail: chains, contents and seals, from the tables themselves.

It runs inside the tenant and answers with numbers and case numbers only, so that the vendor's
staff learn whether the trail is whole without reading a record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from lambdas.casework import audit
from lambdas.jobs.seals import parse
from lambdas.store.trail import ChainHead, Content, KeptEvent

_MOST_TOLD = 1000


def verify(
    *,
    events: Iterable[KeptEvent],
    records: Iterable[ChainHead | Content],
    seals: Mapping[str, bytes],
) -> dict[str, Any]:
    """Everything that does not fit together.

    `{events, cases, seals, lastSeal, unsealed, problemCount, problems: [{kind, where, text}]}`,
    of the problems the first thousand. `unsealed` counts the events of days without a seal yet,
    which only their chain protects so far.
    """
    problems: list[dict[str, str]] = []

    def problem(kind: str, where: str, text: str) -> None:
        problems.append({"kind": kind, "where": where, "text": text})

    kept = list(events)
    chains: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    days: dict[str, list[KeptEvent]] = defaultdict(list)
    for item in kept:
        days[item.day].append(item)
        if audit.event_hash(item.event) != item.hash:
            problem("event", item.subject, f"event {item.key} was changed")
        if "seq" in item.event:
            chains[item.subject.removeprefix("CASE#")].append(item.event)

    heads: dict[str, ChainHead] = {}
    contents: dict[tuple[str, str, int], Content] = {}
    current: list[Content] = []
    for record in records:
        if isinstance(record, ChainHead):
            heads[record.case_id] = record
        elif record.head:
            current.append(record)
        else:
            contents[record.case_id, record.form, record.revision] = record

    for case_id in sorted(heads.keys() | chains.keys()):
        head = heads.get(case_id)
        if head is None:
            problem("chain", case_id, "the case has a trail but no record")
            continue
        ordered = sorted(chains[case_id], key=lambda e: int(e["seq"]))
        for text in audit.chain_errors(ordered, head_seq=head.seq, head_hash=head.hash):
            problem("chain", case_id, text)
        for event in ordered:
            key = (case_id, event["record"]["form"], event["record"]["revision"])
            written = contents.pop(key, None)
            if written is None:
                problem("content", case_id, f"{key[1]} revision {key[2]} is missing")
            elif written.sha256 != event["contentSha256"]:
                problem("content", case_id, f"{key[1]} revision {key[2]} was changed")
            for now in current:
                if (now.case_id, now.form, now.revision) == key and (
                    now.sha256 != event["contentSha256"]
                ):
                    problem("content", case_id, f"the current {key[1]} was changed")
    for case_id, form, revision in contents:
        problem("content", case_id, f"{form} revision {revision} has no event")

    _check_seals(seals, days, problem)
    last = max(seals, default="")
    return {
        "events": len(kept),
        "cases": len(heads),
        "seals": len(seals),
        "lastSeal": last or None,
        "unsealed": sum(item.day not in seals for item in kept),
        "problemCount": len(problems),
        # Lambda answers with at most 6 MB.
        "problems": problems[:_MOST_TOLD],
    }


def _check_seals(
    seals: Mapping[str, bytes], days: Mapping[str, list[KeptEvent]], problem: Any
) -> None:
    previous = audit.GENESIS
    for day in sorted(seals):
        seal = parse(seals[day])
        if seal["previousSeal"] != previous:
            problem("seal", day, "the seal does not follow the one before it")
        leaves = [item.hash for item in sorted(days.get(day, []), key=lambda i: i.key)]
        if (seal["count"], seal["root"]) != (len(leaves), audit.merkle_root(leaves)):
            problem("seal", day, f"sealed {seal['count']} events, found {len(leaves)} or others")
        previous = audit.sha256_hex(seals[day])
