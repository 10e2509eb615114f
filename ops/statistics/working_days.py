"""Days on which a municipal office works: no Saturdays, Sundays, holidays (国民の祝日に関する法律,
as in force since 2022; own knowledge, high) or days from 29 December to 3 January."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

_DAY = timedelta(days=1)
_FIXED = ((1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23))
# Month and how many-th Monday.
_MONDAYS = ((1, 2), (7, 3), (9, 3), (10, 2))
# The equinoxes are announced each February; these are the astronomers' means, right until 2099.
_SPRING, _AUTUMN = 20.8431, 23.2488


def is_working_day(day: date) -> bool:
    """Whether offices are open on a day."""
    new_year = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and not new_year and day not in holidays(day.year)


def working_days(first: date, number: int) -> tuple[date, ...]:
    """So many working days, from the first one that is not before `first`."""
    found: list[date] = []
    day = first
    while len(found) < number:
        if is_working_day(day):
            found.append(day)
        day += _DAY
    return tuple(found)


@cache
def holidays(year: int) -> frozenset[date]:
    """The holidays of a year, with their substitutes (3条2項) and days between two (3条3項)."""
    days = {date(year, month, day) for month, day in _FIXED}
    days |= {_monday(year, month, number) for month, number in _MONDAYS}
    days |= {date(year, 3, _equinox(year, _SPRING)), date(year, 9, _equinox(year, _AUTUMN))}
    return frozenset(days | set(_substitutes(days)) | set(_between(days)))


def _substitutes(days: set[date]) -> Iterator[date]:
    for day in days:
        if day.weekday() == 6:
            while day in days:
                day += _DAY
            yield day


def _between(days: set[date]) -> Iterator[date]:
    for day in days:
        between = day + _DAY
        if between not in days and between + _DAY in days:
            yield between


def _monday(year: int, month: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7 + 7 * (number - 1))


def _equinox(year: int, mean: float) -> int:
    since = year - 1980
    return int(mean + 0.242194 * since) - since // 4
