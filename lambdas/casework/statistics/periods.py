"""Months and fiscal years. Days of records are Japanese calendar days, so that comparing them is
all the time zone there is; an instant becomes a day through `clock.japanese_day` alone."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

_TEXT = re.compile(r"(20\d{2})(?:-(0[1-9]|1[0-2]))?")
_FIRST_MONTH = 4

Month = str
"""`2026-05`."""


class NotAPeriodError(ValueError):
    """The text names no fiscal year or month."""


@dataclass(frozen=True)
class Period:
    """A fiscal year (`2026`: April 2026 to March 2027) or a month (`2026-05`)."""

    text: str

    def __post_init__(self) -> None:
        if not _TEXT.fullmatch(self.text):
            raise NotAPeriodError(self.text)

    @property
    def is_year(self) -> bool:
        return len(self.text) == 4

    @cached_property
    def months(self) -> tuple[Month, ...]:
        """The months in it, in order."""
        if not self.is_year:
            return (self.text,)
        year = int(self.text)
        return tuple(f"{year + (n > 12)}-{(n - 1) % 12 + 1:02d}" for n in range(_FIRST_MONTH, 16))

    @property
    def year(self) -> "Period":
        """The fiscal year it is, or lies in."""
        return self if self.is_year else Period(str(fiscal_year(self.first)))

    @property
    def first(self) -> date:
        return date.fromisoformat(f"{self.months[0]}-01")

    @property
    def last(self) -> date:
        return last_day(self.months[-1])

    @property
    def label(self) -> str:
        """As staff read it: 令和の年度 is left to the reader's form."""
        if self.is_year:
            return f"{self.text}年度"
        return f"{self.first.year}年{self.first.month}月"


def fiscal_year(day: date) -> int:
    """The fiscal year (from 1 April) a day lies in."""
    return day.year - (day.month < _FIRST_MONTH)


def last_day(month: Month) -> date:
    """The last day of a month."""
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
