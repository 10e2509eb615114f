"""Minutes that records and meetings took, as volumes with their spread: never per person, never
per member of staff, and nothing about a group of fewer than three of them (DOMAIN L18)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lambdas.casework.statistics.definitions import VolumeGroup, definitions
from lambdas.casework.statistics.facts import CaseFacts, Day
from lambdas.casework.statistics.periods import Period

FEWEST_STAFF = 3


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How minutes lie: quartiles as Excel's QUARTILE.INC gives them, so that staff can check."""

    records: int
    total: int
    least: int
    lower: float
    median: float
    upper: float
    most: int


@dataclass(frozen=True, kw_only=True)
class Volume:
    """What one group of records took in a period. `spread` and `per_case` (mean minutes of the
    cases that have such a record) are None where fewer than three members of staff took part."""

    group: VolumeGroup
    spread: Spread | None
    per_case: float | None
    too_few_staff: bool


class Measuring:
    """Collects the minutes of a period from cases that pass by one after another, so that nobody
    has to hold all of them. `since`: the Japanese day of the first save of all."""

    def __init__(self, period: Period) -> None:
        groups = [group.id for group in definitions().volumes]
        self.since: Day | None = None
        self._months = period.months
        self._minutes: dict[str, Counter[int]] = {group: Counter() for group in groups}
        self._staff: dict[str, set[str]] = {group: set() for group in groups}
        self._cases: Counter[str] = Counter()

    def passing(self, facts: Iterable[CaseFacts]) -> Iterator[CaseFacts]:
        """The same cases, each looked at on its way."""
        for case in facts:
            self._add(case)
            yield case

    def volumes(self) -> tuple[Volume, ...]:
        """The measured volumes, group by group; a group without records has no spread."""
        return tuple(
            _volume(
                group,
                self._minutes[group.id],
                self._cases[group.id],
                len(self._staff[group.id]),
            )
            for group in definitions().volumes
        )

    def _add(self, case: CaseFacts) -> None:
        self.since = case["since"] if self.since is None else min(self.since, case["since"])
        touched = set()
        for month in self._months:
            for group, minutes in case["minutes"].get(month, {}).items():
                touched.add(group)
                for value, records in minutes.items():
                    self._minutes[group][int(value)] += records
            for group, ids in case["staff"].get(month, {}).items():
                self._staff[group].update(ids)
        self._cases.update(touched)


def volumes(facts: Iterable[CaseFacts], period: Period) -> tuple[Volume, ...]:
    """The measured volumes of a period."""
    measuring = Measuring(period)
    for _ in measuring.passing(facts):
        pass
    return measuring.volumes()


def spread(minutes: Mapping[int, int]) -> Spread | None:
    """The spread of minutes given as value → how often; None of nothing."""
    records = sum(minutes.values())
    if not records:
        return None
    ordered = sorted(minutes.items())
    return Spread(
        records=records,
        total=sum(value * times for value, times in ordered),
        least=ordered[0][0],
        lower=_quantile(ordered, (records - 1) * 0.25),
        median=_quantile(ordered, (records - 1) * 0.5),
        upper=_quantile(ordered, (records - 1) * 0.75),
        most=ordered[-1][0],
    )


def _volume(group: VolumeGroup, minutes: Counter[int], cases: int, staff: int) -> Volume:
    found = spread(minutes)
    few = found is not None and staff < FEWEST_STAFF
    shown = None if few else found
    return Volume(
        group=group,
        spread=shown,
        per_case=round(shown.total / cases, 1) if shown else None,
        too_few_staff=few,
    )


def _quantile(ordered: list[tuple[int, int]], place: float) -> float:
    """The value at a place (from 0) of the values in order, between two of them in proportion."""
    lower, part = int(place), place - int(place)
    below = _at(ordered, lower)
    return below + part * (_at(ordered, lower + 1) - below) if part else float(below)


def _at(ordered: list[tuple[int, int]], place: int) -> int:
    for value, times in ordered:
        if place < times:
            return value
        place -= times
    raise IndexError(place)
