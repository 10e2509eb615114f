"""Noticing that a protected person and the 相手方 meet in the records (DOMAIN §4.3, L13).

People are compared by name and date of birth without either standing in plain text: each name
becomes a keyed hash (`Mark`), under a secret of the tenant that only its key opens. Whoever saves a
record leaves the marks of the people it names, whether or not anybody looks for them; the named
holders of a protected person find them when they ask for their notices. So nothing that a writer
does, sees or waits for depends on a match.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lambdas.casework.clock import to_iso
from lambdas.casework.forms import FieldError
from lambdas.casework.records import FormRecord
from lambdas.casework.search.folding import fold_name

# Kana that people write for one another.
_KANA = str.maketrans("づぢゐゑを", "ずじいえお")
_VOICED = "\u3099\u309a"
# One transaction of the store takes a hundred items; the marks share it with all else.
MOST_NEW_NAMES = 60
_NAMES = ("name", "nameKana", "nameAlternative")


class Meeting(StrEnum):
    """How near the two stand in the records; nearest first."""

    HOUSEHOLD = "household"
    CASE = "case"
    MUNICIPALITY = "municipality"


@dataclass(frozen=True, kw_only=True, order=True)
class Mark:
    """One name of a person as a keyed hash, with keyed hashes of the parts of the date of birth
    (year, month, day; empty where it is not known)."""

    key: str
    birth: tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Trace:
    """That a record of a case names somebody. `form`: `household` or `intake`; `person_id` only
    where the record says who of the household it is. `at`: when it was saved (UTC ISO)."""

    case_id: str
    form: str
    person_id: str | None
    mark: Mark
    at: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """A protected person and their 相手方 meet in the records of `case_id`. `certain`: name and
    whole date of birth agree. `at`: since when it could be seen."""

    case_id: str
    meeting: Meeting
    certain: bool
    at: str


def fold(name: str) -> str:
    """A name as it is compared: as in search, and without accents, with words of Latin letters in
    order, since given and family name change places."""
    split = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name))
    bare = (c for c in split if c in _VOICED or unicodedata.category(c) != "Mn")
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", "".join(bare)))
    folded = [fold_name(word).translate(_KANA) for word in words]
    return "".join(sorted(folded) if all(word.isascii() for word in folded) else folded)


def refusals(
    form: str, data: Mapping[str, Any], before: FormRecord | None
) -> tuple[FieldError, ...]:
    """Refuses more new names in one save than one transaction can mark."""
    if form != "household":
        return ()
    known = set(_names(before.data) if before else ())
    if len(set(_names(data)) - known) <= MOST_NEW_NAMES:
        return ()
    return (FieldError(pointer="/persons", code="too-many-names", limit=MOST_NEW_NAMES),)


def _names(ledger: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for row in ledger["persons"]:
        yield from ((row["personId"], row[field]) for field in _NAMES if row.get(field))


def counterparts(secret: bytes, sealed: Mapping[str, Any]) -> frozenset[Mark]:
    """Marks of the 相手方 that a sealed record names."""
    rows = sealed.get("counterparts", ())
    return frozenset(mark for row in rows for mark in _marks(secret, row, row.get("birthDate")))


def traces(secret: bytes, case_id: str, record: FormRecord, subject: str) -> frozenset[Trace]:
    """Whom a record of a case names: the household ledger and the intake form (本人, family and
    visitor) name people. `subject`: id of the 本人."""
    data = record.data
    named: list[tuple[str | None, Mapping[str, Any], Any]] = []
    if record.form == "household":
        named = [(row["personId"], row, row.get("birthDate")) for row in data["persons"]]
    elif record.form == "intake":
        named = [(subject, data, data.get("birthDate"))]
        named += [
            (None, row, None) for row in (*data.get("household", ()), data.get("visitor", {}))
        ]
    return frozenset(
        Trace(
            case_id=case_id,
            form=record.form,
            person_id=person_id,
            mark=mark,
            at=to_iso(record.saved_at),
        )
        for person_id, row, birth in named
        for mark in _marks(secret, row, birth)
    )


def found(
    *,
    case_id: str,
    person_id: str,
    counterparts: Collection[Mark],
    since: str,
    traces: Iterable[Trace],
) -> tuple[Found, ...]:
    """Where the 相手方 of a protected person of a case are recorded, nearest first: the strongest
    finding of each case.

    `traces`: all of the case itself, and those of other cases that bear a name of a counterpart or
    of the protected person. `since`: when the 相手方 were entered.
    """
    in_case: dict[str, list[Trace]] = {}
    for trace in traces:
        in_case.setdefault(trace.case_id, []).append(trace)
    own = {t.mark for t in in_case.get(case_id, ()) if t.person_id == person_id}
    strongest = []
    for where, there in in_case.items():
        # Whoever is named like their own 相手方 has not met them yet.
        others = [t for t in there if (where, t.person_id) != (case_id, person_id)]
        person = [t for t, _ in _agreeing(there, own)]
        meetings = [
            _meeting(trace, [t for t in person if t.mark != trace.mark], certain, since)
            for trace, certain in _agreeing(others, counterparts)
        ]
        strongest += sorted(meetings, key=_strength)[:1]
    return tuple(sorted(strongest, key=lambda f: (_strength(f), f.case_id)))


def _meeting(counterpart: Trace, person: Collection[Trace], certain: bool, since: str) -> Found:
    """The 相手方 in a case, and the traces of the protected person there."""
    meeting = Meeting.MUNICIPALITY
    if person:
        in_ledger = counterpart.form == "household" and any(t.form == "household" for t in person)
        meeting = Meeting.HOUSEHOLD if in_ledger else Meeting.CASE
    at = max(since, counterpart.at, min((t.at for t in person), default=""))
    return Found(case_id=counterpart.case_id, meeting=meeting, certain=certain, at=at)


def _strength(found: Found) -> tuple[int, bool, str]:
    return (list(Meeting).index(found.meeting), not found.certain, found.at)


def _agreeing(traces: Iterable[Trace], marks: Collection[Mark]) -> Iterator[tuple[Trace, bool]]:
    """The traces that bear one of the marks, and whether the whole date of birth agrees too."""
    for trace in traces:
        agreed = [a for mark in marks if (a := _agreement(trace.mark, mark)) is not None]
        if agreed:
            yield trace, any(agreed)


def _agreement(one: Mark, other: Mark) -> bool | None:
    """Whether two marks are certainly one person's; None when they are not. A part of the date of
    birth that either leaves open speaks neither for nor against."""
    if one.key != other.key:
        return None
    known = [(a, b) for a, b in zip(one.birth, other.birth, strict=True) if a and b]
    if any(a != b for a, b in known):
        return None
    return len(known) == len(one.birth)


def _marks(
    secret: bytes, row: Mapping[str, Any], birth: Mapping[str, int | None] | None
) -> Iterator[Mark]:
    """A mark for each name of a row. Kana and name are compared with each other too: where only
    the sound of a name is known, people type it as the name."""
    folded = {fold(row[field]) for field in _NAMES if row.get(field)} - {""}
    for name in sorted(folded):
        key = _keyed(secret, "name", name)
        parts = ((part, (birth or {}).get(part)) for part in ("y", "m", "d"))
        hashed = ("" if n is None else _keyed(secret, key, f"{part}{n}") for part, n in parts)
        year, month, day = hashed
        yield Mark(key=key, birth=(year, month, day))


def _keyed(secret: bytes, *parts: str) -> str:
    text = "\0".join(parts)
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:40]
