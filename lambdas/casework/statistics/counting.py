"""From the facts of all cases to the numbers of a period. Pure, and in one pass.

Everything is counted in its month; a fiscal year is put together from its months, so that they
agree: sums of counts, unions of what counts once, the last word about a person.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from lambdas.casework.statistics.definitions import (
    Code,
    Definitions,
    Indicator,
    Measure,
    definitions,
)
from lambdas.casework.statistics.facts import CaseFacts, Day, EpisodeFacts, MeetingFacts, PlanFacts
from lambdas.casework.statistics.figures import Figures
from lambdas.casework.statistics.periods import Month, Period

Codes = Mapping[str, tuple[Code, ...]]
Span = tuple[int, ...]
"""Months of a tally, by their places."""
_NO_CODES: Codes = {}
# The end of a support, apart from the ends right after the screening.
_ENDED = "closed"
_ACTIVE: Codes = {"standing": ("active",)}
_SUSPENDED: Codes = {"standing": ("suspended",)}
_ADVICE_ONLY = "advice-only"


class CellKey(NamedTuple):
    """A row of a report: an indicator as a whole, or one code of one of its breakdowns."""

    indicator: str
    breakdown: str | None = None
    code: Code | None = None


@dataclass(slots=True)
class Cell:
    """A number (None where there is nothing to count) and the persons it is about, by whom its
    publication is judged. They are kept where something is published: of the whole period, and
    of the months of counts."""

    value: float | None = 0
    persons: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The true numbers of a fiscal year or month: row → period → cell."""

    period: Period
    periods: tuple[str, ...]
    rows: Mapping[CellKey, Mapping[str, Cell]]

    def cell(self, key: CellKey, period: str) -> Cell | None:
        return self.rows[key].get(period)


def count(
    facts: Iterable[CaseFacts],
    period: Period,
    *,
    today: date,
    agency_kinds: Mapping[str, str],
    advice: Iterable[Day] = (),
    figures: Figures | None = None,
) -> Counted:
    """The numbers of a period; of a fiscal year with those of its months.

    `agency_kinds`: agency id → code of agency-kind, from the register. `advice`: days of the
    advice records. Months that begin after `today` have no numbers.
    """
    begun = tuple(m for m in period.months if f"{m}-01" <= today.isoformat())
    tally = _Tally(definitions(), begun)
    for case in facts:
        _count_case(tally, case, agency_kinds)
    for number, day in enumerate(advice):
        # It names nobody: each stands for one, as if for a person of its own.
        tally.count("advice", day, f"advice {number}", {"advice-source": ("advice",)})
    return _counted(tally, period, figures)


class _Tally:
    """What has been counted so far, month by month. Rows are numbered: this is the inner loop."""

    def __init__(self, known: Definitions, months: tuple[Month, ...]) -> None:
        self.known = known
        self.months = months
        self.month = {m: n for n, m in enumerate(months)}
        self.row = {key: number for number, key in enumerate(_rows(known))}
        size, span = len(self.row), range(len(months))
        self.counts = [[0] * len(months) for _ in range(size)]
        self.persons: list[set[str]] = [set() for _ in range(size)]
        totals = {i.id: self.row[CellKey(i.id)] for i in known.indicators.values()}
        self.total = totals
        self.month_persons: dict[int, list[set[str]]] = {
            row: [set() for _ in span] for row in totals.values()
        }
        self.keys: dict[int, list[set[str]]] = {
            row: [set() for _ in span] for row in totals.values()
        }
        # Person → the last day in the month, and the rows it counts in.
        self.latest: dict[int, list[dict[str, tuple[Day, tuple[int, ...]]]]] = {
            row: [{} for _ in span] for row in totals.values()
        }
        self.days = [[0] * len(months) for _ in range(size)]
        # Of each indicator: its breakdowns, and whose codes each of them takes.
        self._by = {
            i.id: tuple((name, known.breakdowns[name].source or name) for name in i.breakdowns)
            for i in known.indicators.values()
        }
        self._alone: dict[str, tuple[int, ...]] = {i: (row,) for i, row in totals.items()}
        self._placed: dict[tuple[str, str, tuple[Code, ...]], tuple[int, ...]] = {}

    def count(self, indicator: str, day: Day, person: str, codes: Codes = _NO_CODES) -> None:
        """One more thing about a person."""
        month = self.month.get(day[:7])
        if month is None:
            return
        rows = self.rows_of(indicator, codes)
        self.month_persons[rows[0]][month].add(person)
        for row in rows:
            self.counts[row][month] += 1
            self.persons[row].add(person)

    def once(self, indicator: str, day: Day, person: str, keys: Iterable[str]) -> None:
        """Things that count once in a period, however often they come."""
        month = self.month.get(day[:7])
        if month is not None:
            total = self.total[indicator]
            self.persons[total].add(person)
            self.keys[total][month].update(keys)

    def someone(self, indicator: str, day: Day, person: str, codes: Codes = _NO_CODES) -> None:
        """A person who counts once in a period, in the codes of the last time."""
        month = self.month.get(day[:7])
        if month is None:
            return
        found = (day, self.rows_of(indicator, codes))
        latest = self.latest[found[1][0]][month]
        if person not in latest or latest[person] < found:
            latest[person] = found

    def took(self, indicator: str, day: Day, person: str, days: int) -> None:
        """Days of which the mean is asked."""
        month = self.month.get(day[:7])
        if month is not None:
            total = self.total[indicator]
            self.persons[total].add(person)
            self.counts[total][month] += 1
            self.days[total][month] += days

    def stand(self, person: str, span: range, standing: Codes) -> None:
        """An episode that goes on at the end of each of these months."""
        rows = self.rows_of("continuing", standing)
        latest = self.latest[self.total["continuing.persons"]]
        seen = ("", self._alone["continuing.persons"])
        for row in rows:
            counts = self.counts[row]
            for month in span:
                counts[month] += 1
        for month in span:
            latest[month][person] = seen

    def rows_of(self, indicator: str, codes: Codes) -> tuple[int, ...]:
        """The rows in which something with these codes counts: the whole, and its parts."""
        found = self._alone[indicator]
        for name, source in self._by[indicator]:
            place = (indicator, name, codes.get(source, ()))
            rows = self._placed.get(place)
            if rows is None:
                placed = self.known.breakdowns[name].place(place[2])
                rows = tuple([self.row[CellKey(indicator, name, code)] for code in placed])
                self._placed[place] = rows
            found += rows
        return found


def _rows(known: Definitions) -> list[CellKey]:
    return [
        key
        for indicator in known.indicators.values()
        for key in (
            CellKey(indicator.id),
            *(
                CellKey(indicator.id, name, code)
                for name in indicator.breakdowns
                for code in known.breakdowns[name].codes
            ),
        )
    ]


# From the tally to the numbers


def _counted(tally: _Tally, period: Period, figures: Figures | None) -> Counted:
    """The numbers; what there is nothing of is a zero, a mean of nothing is none."""
    periods = (period.text, *period.months) if period.is_year else period.months
    rows: dict[CellKey, dict[str, Cell]] = {}
    for indicator in tally.known.indicators.values():
        keys = [key for key in tally.row if key.indicator == indicator.id]
        if indicator.measure is Measure.MANUAL:
            for key in keys:
                rows[key] = {
                    p: Cell(figures.value(indicator, key.code, Period(p)) if figures else None)
                    for p in periods
                }
            continue
        spans: dict[str, Span] = {m: (n,) for n, m in enumerate(tally.months)}
        if period.is_year and tally.months:
            spans[period.text] = tuple(range(len(tally.months)))
        for p in periods:
            if p in spans:
                cells = _cells(tally, indicator, keys, spans[p])
                for key, cell in zip(keys, cells, strict=True):
                    rows.setdefault(key, {})[p] = cell
        for key in keys:
            rows.setdefault(key, {})
    return Counted(period=period, periods=periods, rows=rows)


def _cells(tally: _Tally, indicator: Indicator, keys: list[CellKey], span: Span) -> list[Cell]:
    """The cells of an indicator over some months: the whole first, then its parts."""
    total = tally.total[indicator.id]
    rows = [tally.row[key] for key in keys]
    value: float | None
    whole = len(span) == len(tally.months)
    match indicator.measure:
        case Measure.DISTINCT:
            value = len(set().union(*(tally.keys[total][month] for month in span)))
            return [Cell(value, tally.persons[total] if whole else set())]
        case Measure.PERSONS:
            return _of_persons(tally.latest[total], rows, span)
        case Measure.STOCK_PERSONS:
            return _of_persons(tally.latest[total], rows, span[-1:])
        case Measure.AVERAGE:
            things = sum(tally.counts[total][month] for month in span)
            days = sum(tally.days[total][month] for month in span)
            mean = round(days / things, 1) if things else None
            return [Cell(mean, tally.persons[total] if whole else set())]
        case Measure.STOCK:
            span = span[-1:]
        case _:
            pass
    cells = [
        Cell(
            sum(tally.counts[row][month] for month in span),
            tally.persons[row] if whole else set(),
        )
        for row in rows
    ]
    if not whole:
        cells[0].persons = tally.month_persons[total][span[0]]
    if indicator.measure is Measure.SHARE:
        # The whole becomes a percentage of its first part; the parts stay numbers of things.
        all_of_them, first = cells[0].value, cells[1].value
        cells[0].value = round(100 * (first or 0) / all_of_them, 1) if all_of_them else None
    return cells


def _of_persons(
    latest: list[dict[str, tuple[Day, tuple[int, ...]]]], rows: list[int], span: Span
) -> list[Cell]:
    """Persons once each; the months come in order, so that the last word is the latest."""
    last: dict[str, tuple[int, ...]] = {}
    for month in span:
        for person, (_, counted_in) in latest[month].items():
            last[person] = counted_in
    persons: dict[int, set[str]] = {row: set() for row in rows}
    for person, counted_in in last.items():
        for row in counted_in:
            persons[row].add(person)
    return [Cell(len(persons[row]), persons[row]) for row in rows]


# What a case counts for


def _count_case(tally: _Tally, case: CaseFacts, agency_kinds: Mapping[str, str]) -> None:
    person = case["person"]
    for episode in case["episodes"]:
        _count_episode(tally, case, episode, agency_kinds)
    for meeting in case["meetings"]:
        _count_meeting(tally, case, meeting)
    for plan in case["plans"]:
        _count_plan(tally, person, plan)
    for day, result in case["screenings"]:
        tally.count("multi.screening", day, person, {"screening": (result,)})
    for day in case["decisions"]:
        tally.count("plan.decided", day, person)
    for day, judgement in case["evaluations"]:
        tally.count("evaluation.done", day, person, {"judgement": (judgement,)})
    for day, method, agreed in case["outreach"]:
        tally.count("outreach.contacts", day, person, {"method": (method,)})
        when = "after" if agreed else "before"
        tally.someone("outreach.persons", day, person, {"outreach-consent": (when,)})
    for day in case["connected"]:
        tally.someone("outreach.connected", day, person)


def _count_episode(
    tally: _Tally, case: CaseFacts, episode: EpisodeFacts, agency_kinds: Mapping[str, str]
) -> None:
    person, start, to = case["person"], episode["start"], episode["to"]
    if start[:7] in tally.month:
        codes = _codes(case, episode, agency_kinds)
        tally.count("multi.received", start, person, codes)
        tally.someone("multi.received.persons", start, person, codes)
    if to is not None and episode["end"] == _ENDED:
        reason = episode["reason"]
        tally.count("closed", to, person, {"end-reason": (reason,) if reason else ()})
        tally.someone("closed.persons", to, person)
        tally.took("time.closure", to, person, _days(start, to))
    elif to is not None:
        end = str(episode["end"])
        tally.count("closed.early", to, person, {"early-end": (end,)})
        if end == _ADVICE_ONLY:
            tally.count("advice", to, person, {"advice-source": (end,)})
    for first, _ in episode["suspended"]:
        tally.count("suspended", str(first), person)
    if plan := episode["plan"]:
        tally.took("time.plan", plan, person, _days(start, plan))
    if contact := episode["contact"]:
        tally.took("quality.first-response", contact, person, _days(start, contact))
    _count_standing(tally, episode, person)


def _codes(case: CaseFacts, episode: EpisodeFacts, agency_kinds: Mapping[str, str]) -> Codes:
    referrer = case["referrer"]
    if referrer.startswith("agency:"):
        referrer = agency_kinds.get(referrer.removeprefix("agency:"), "99")
    return {
        "consent": (case["consent"],),
        "route": (case["route"],),
        "referrer": (referrer,),
        "age": (episode["age"],),
        "sex": (case["sex"],),
        "household-type": (case["household"],),
        "issue": tuple(case["issues"]),
    }


def _count_standing(tally: _Tally, episode: EpisodeFacts, person: str) -> None:
    """At the end of each month: whether the episode goes on, and how."""
    first = _months_before(tally, episode["start"])
    last = _months_before(tally, episode["to"])
    begun = first
    for since, until in sorted(episode["suspended"], key=lambda pause: str(pause[0])):
        # What lies between two pauses goes on as usual.
        pause = range(
            max(begun, _months_before(tally, since)), min(last, _months_before(tally, until))
        )
        if pause:
            tally.stand(person, range(begun, pause.start), _ACTIVE)
            tally.stand(person, pause, _SUSPENDED)
            begun = pause.stop
    tally.stand(person, range(begun, last), _ACTIVE)


def _months_before(tally: _Tally, day: Day | None) -> int:
    """How many of the months end before a day: at the end of the next one it has come. A day that
    has not come yet (None) is after all of them."""
    return len(tally.months) if day is None else bisect_left(tally.months, day[:7])


def _count_meeting(tally: _Tally, case: CaseFacts, meeting: MeetingFacts) -> None:
    kind, day, number, person = meeting["kind"], meeting["date"], meeting["id"], case["person"]
    agencies = meeting["agencies"]
    tally.once(f"{kind}.meetings", day, person, (number,))
    tally.once(f"{kind}.cases", day, person, (case["case"],))
    tally.once(f"{kind}.handled", day, person, (f"{number} {case['case']}",))
    tally.once(f"{kind}.agencies", day, person, agencies)
    tally.once(f"{kind}.attended", day, person, [f"{number} {agency}" for agency in agencies])


def _count_plan(tally: _Tally, person: str, plan: PlanFacts) -> None:
    day = plan["date"]
    match plan["programme"]:
        case "multi-agency":
            order = "first" if plan["first"] else "again"
            named = "named" if plan["named"] else "unnamed"
            tally.count("plan.created", day, person, {"plan-order": (order,)})
            tally.count("quality.roles", day, person, {"roles": (named,)})
        case "participation":
            tally.count("participation.plans", day, person)
            if matched := plan["matched"]:
                tally.count("participation.matched", matched, person)
                tally.once("participation.hosts", matched, person, plan["hosts"])
            if settled := plan["settled"]:
                tally.count("participation.settled", settled, person)
            for month in tally.months:
                if plan["start"] <= f"{month}-31" and (plan["to"] or "9999") >= f"{month}-01":
                    tally.someone("participation.persons", f"{month}-01", person)


def _days(first: Day, last: Day) -> int:
    """Days between; nothing takes less than none."""
    return max(0, (date.fromisoformat(last) - date.fromisoformat(first)).days)
