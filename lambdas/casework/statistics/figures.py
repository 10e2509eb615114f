"""Figures that no record holds and that are entered by hand (form `manual-figures`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.casework.statistics.definitions import Indicator, ManualEntry
from lambdas.casework.statistics.periods import Period


@dataclass(frozen=True)
class Figures:
    """Period (`2026` or `2026-05`) → data of its form."""

    entered: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, entries: Iterable[Mapping[str, Any]]) -> "Figures":
        """Of the entries of the book, the oldest first: the last one of a period counts."""
        return cls({str(entry["period"]): entry for entry in entries})

    def value(self, indicator: Indicator, code: str | None, period: Period) -> float | None:
        """What was entered; None where nothing was. A figure of the year itself goes before what
        its months say."""
        entry = indicator.manual
        if entry is None:
            return None
        own = self._one(entry, code, period.text)
        if own is not None or not period.is_year or entry.year == "own":
            return own
        months = [v for m in period.months if (v := self._one(entry, code, m)) is not None]
        if not months:
            return None
        return sum(months) if entry.year == "sum" else months[-1]

    def _one(self, entry: ManualEntry, code: str | None, period: str) -> float | None:
        """Of one form: the number, or over its fields the sum of those that were filled."""
        part = self.entered.get(period, {}).get(entry.property)
        if part is None:
            return None
        if isinstance(part, Mapping):
            value = part.get(entry.field)
            return None if value is None else float(value)
        values = [
            float(row[entry.field])
            for row in part
            if entry.field in row and code in (None, row["field"])
        ]
        return sum(values) if values else None
