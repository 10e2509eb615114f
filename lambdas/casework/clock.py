"""Dates as Japan counts them. Instants are UTC everywhere; days and fiscal years are JST."""

from datetime import UTC, date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")


def to_iso(instant: datetime) -> str:
    """`2026-11-23T08:15:30.123456Z`: UTC, fixed width, so that text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """The instant that `to_iso` wrote."""
    return datetime.fromisoformat(text)


def japanese_day(instant: datetime) -> date:
    """The calendar day in Japan at `instant`."""
    return instant.astimezone(JST).date()
