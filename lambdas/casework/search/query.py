"""Searching: cases in which the caller may see every word and everything else asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lambdas.casework.search.catalogue import RecordKey, Seen, View
from lambdas.casework.search.folding import fold

MOST_WORDS = 8
LONGEST_WORD = 60
# Nobody reads further; counting on would only cost time.
MOST_COUNTED = 500

_WORD = re.compile(r"[\"“”]([^\"“”]*)[\"“”]?|([^\s\"“”]+)")


class WordTooLongError(ValueError):
    """A word is longer than what is looked for as one."""


class TooManyWordsError(ValueError):
    """More words than are looked for at once."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is asked for; everything named must be there.

    `words` are search keys. `first` and `last` (days, both included) ask for records of that time:
    words are then looked for in these records only. `codes` are `issue:36`, `agency:<id>` …
    """

    words: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()
    state: str | None = None
    first: str | None = None
    last: str | None = None

    @property
    def dated(self) -> bool:
        return self.first is not None or self.last is not None


# When something that the caller sees of a case was last saved (UTC ISO text), and the case.
Rank = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A case that was found. `records`: those in which words were found, newest first."""

    case_id: str
    rank: Rank
    records: tuple[RecordKey, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """One page of hits, newest first. `total` counts the hits, none of them hidden, up to
    MOST_COUNTED: there may be more."""

    total: int
    hits: tuple[Hit, ...]
    more: bool


def words_of(text: str) -> tuple[str, ...]:
    """The words of what somebody typed, as search keys: parted by spaces, kept together between
    quotation marks. Raises WordTooLongError, TooManyWordsError."""
    keys = (fold(quoted or bare) for quoted, bare in _WORD.findall(text))
    words = tuple(dict.fromkeys(filter(None, keys)))
    if any(len(word) > LONGEST_WORD for word in words):
        raise WordTooLongError
    if len(words) > MOST_WORDS:
        raise TooManyWordsError
    return words


def search(view: View, query: Query, *, limit: int, after: Rank | None = None) -> Found:
    """The cases that have everything asked for; those in which something was last saved first.

    No weight by the rareness of a word: every hit has every word, so it would change little, and a
    number that is never computed cannot tell of cases that the caller does not see.
    """
    total, page = 0, list[Rank]()
    for case_id in _matching(view, query):
        total += total < MOST_COUNTED
        rank = view.cases[case_id].latest, case_id
        if after is None or rank < after:
            page.append(rank)
        if len(page) > limit and total == MOST_COUNTED:
            break
    hits = (
        Hit(case_id=rank[1], rank=rank, records=_records(view.cases[rank[1]], query))
        for rank in page[:limit]
    )
    return Found(total=total, hits=tuple(hits), more=len(page) > limit)


def _matching(view: View, query: Query) -> Iterator[str]:
    """The cases that have everything asked for, newest first."""
    catalogue = view.catalogue
    flags = {word: catalogue.flags(word) for word in query.words}
    # The word that fewest pages may hold says where to look, and is looked for first.
    words = sorted(query.words, key=lambda word: flags[word].count(1))
    among = catalogue.cases_of(flags[words[0]]) if words else view.cases
    for case_id in view.newest_first():
        if case_id not in among:
            continue
        seen = view.cases[case_id]
        if not (query.codes <= seen.codes and query.state in (None, seen.state)):
            continue
        dated = _dated(seen, query) if query.dated else None
        if dated != _NO_RECORD and all(seen.holds(w, flags[w], dated) for w in words):
            yield case_id


_NO_RECORD: frozenset[int] = frozenset()


def _dated(seen: Seen, query: Query) -> frozenset[int]:
    return seen.dated(query.first or "", query.last or "9999")


def _records(seen: Seen, query: Query) -> tuple[RecordKey, ...]:
    """The records that hold one of the words; without words, those of the time asked for."""
    found = frozenset[int]().union(*(seen.holding(word) for word in query.words))
    if query.dated:
        dated = _dated(seen, query)
        found = found & dated if query.words else dated
    keys = (seen.entry.records[n] for n in found)
    return tuple(sorted(keys, key=lambda k: (k.saved_at, k.record_id), reverse=True))
