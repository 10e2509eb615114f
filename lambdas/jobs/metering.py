"""Metering: what the tenant did, counted from its own trail every night.

A day's counts follow from its events alone, so counting again comes to the same and a missed night
is made up for. Who was active is kept inside the tenant; the ledger says how many.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from lambdas.casework.statistics import CaseFacts
from lambdas.store import metering, statistics

VERSION = 1
# The index by day may lag: the last days are counted again each night.
_AGAIN = 3
# As far back a night makes up for what was missed.
_BACK = 62
# Minutes of fewer people than this would be one person's (DOMAIN L18).
_FEWEST_STAFF = 3
_GIGABYTE = 2**30


def meter_until(last: date, *, region: str) -> list[str]:
    """Counts the last days, and every day of two months that was not counted; the days counted."""
    days = [last - timedelta(days=back) for back in range(_BACK)][::-1]
    there: dict[str, dict[str, Any]] = {}
    for month in sorted({f"{day:%Y-%m}" for day in days}):
        there |= metering.days_of(month)
    sizes = metering.stored_bytes(region=region)
    counted = []
    for day in days:
        known = there.get(day.isoformat())
        if known is not None and (last - day).days >= _AGAIN:
            continue
        counts = count(metering.events_of_day(day, region=region))
        # How much is kept is known of this night only; a day counted again keeps what it knew.
        kept = known or (sizes if day == last else {})
        counts |= {name: kept[name] for name in sizes if name in kept}
        if counts != known:
            metering.keep_day(day, counts)
        counted.append(day.isoformat())
    return counted


def count(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`{requests, writes, signIns, staff}` of a day's events, in whatever order they come.

    A request may leave several events; a write is one whose event is a link of a chain.
    """
    requests = {str(event.get("requestId") or event["id"]) for event in events}
    writes = {str(event.get("requestId") or event["id"]) for event in events if "seq" in event}
    staff = {
        str(actor["staffId"])
        for event in events
        if isinstance(actor := event.get("actor"), dict) and actor.get("staffId")
    }
    return {
        "requests": len(requests),
        "writes": len(writes),
        "signIns": sum(event.get("action") == "sign-in" for event in events),
        "staff": sorted(staff),
    }


def ledger(month: str, *, region: str) -> dict[str, Any]:
    """The month for the vendor's ledger: numbers only, no person, no case.

    Raises ValueError for what is no month.
    """
    first = date.fromisoformat(f"{month}-01")
    days = metering.days_of(month)
    cases = list(_cases(statistics.every_fact(region), month, first))
    minutes, writers = _minutes(statistics.every_fact(region), month)
    staff = {person for counts in days.values() for person in counts["staff"]}
    return {
        "v": VERSION,
        "month": month,
        "days": len(days),
        "requests": sum(counts["requests"] for counts in days.values()),
        "writes": sum(counts["writes"] for counts in days.values()),
        "cases": sum(new for new, _ in cases),
        "openCases": sum(open_ for _, open_ in cases),
        "staff": len(staff),
        "minutes": minutes if writers >= _FEWEST_STAFF else None,
        "quantities": {
            "AmazonDynamoDB/standard storage": _average(days, "recordBytes"),
            "AmazonDynamoDB/infrequent access storage": _average(days, "auditBytes"),
            "AmazonDynamoDB/point-in-time recovery": _average(days, "recordBytes", "auditBytes"),
        },
    }


def _cases(found: Iterator[CaseFacts], month: str, first: date) -> Iterator[tuple[bool, bool]]:
    """For each case: began to be kept here in the month, was open at some time of it."""
    start, after = first.isoformat(), f"{month}-99"
    for case in found:
        open_ = any(
            episode["start"] <= after and (episode["to"] is None or episode["to"] >= start)
            for episode in case["episodes"]
        )
        yield case["since"].startswith(month), open_


def _minutes(found: Iterator[CaseFacts], month: str) -> tuple[int, int]:
    """Minutes of support in the month, and of how many people they are."""
    total, people = 0, set()
    for case in found:
        for spread in case["minutes"].get(month, {}).values():
            total += sum(int(value) * records for value, records in spread.items())
        for group in case["staff"].get(month, {}).values():
            people.update(group)
    return total, len(people)


def _average(days: Mapping[str, Mapping[str, Any]], *names: str) -> float:
    """Gigabytes on the average of the days on which they are known."""
    known = [counts for counts in days.values() if all(name in counts for name in names)]
    if not known:
        return 0.0
    total: int = sum(counts[name] for counts in known for name in names)
    return round(total / len(known) / _GIGABYTE, 10)
