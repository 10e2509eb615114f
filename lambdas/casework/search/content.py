"""What of a record is indexed: its segments, by the persons and data class they are shown by.

A segment is what one decision of `access.may_read` opens or closes as a whole. It carries the
search key of its text, its codes, its dates and whom it names; the law of it stays in the record's
envelope (authors, sharing, confinement), from which the same `Matter` is built as for showing it.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import pairwise
from json import dumps, loads
from sys import intern
from typing import Any

from lambdas.casework import forms
from lambdas.casework.access import Basis, Confinement, DataClass, Matter, Situation
from lambdas.casework.audit import canonical
from lambdas.casework.clock import to_iso
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.search.folding import fold, fold_address, fold_name
from lambdas.casework.showing import matter_of
from lambdas.casework.situation import dump, situation

# Code lists by which cases are found and compared; their labels are found as words too.
CODED = frozenset({"issue", "concern", "household-type", "end-reason", "change", "support-kind"})

# A page has a signature: one of 32,768 bits for each pair of neighbouring characters in its texts.
# A page of eight records has some 1,800 pairs, so that one in twenty bits is set.
SIGNATURE_BYTES = 4096
_PLACES = 32_749  # the largest prime below 32,768

# Records in one item of the index, in order of their beginning.
PAGE_RECORDS = 8
# DynamoDB's items end at 400 KB.
PART_BYTES = 350_000

_ID_NAME = re.compile(r"(?:^id|Ids?)$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# What `access` asks of a record's content itself: with whom its author shared it.
_SHARING = ("sharedWith", "sharedAgencies", "agencyId")


@dataclass(frozen=True, kw_only=True, slots=True)
class Facet:
    """One thing known of a person: `kind` is id, name, kana, birth (`1950-03-XX`), address."""

    person_id: str
    kind: str
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A part of a record that is shown or hidden as a whole.

    `name`: a property that stands for the segment's class. `task_of`: the agency of a task given
    at a conference, while it is open (L9). `codes`: `list:code`, and `agency:<id>`.
    """

    name: str
    persons: tuple[str, ...]
    task_of: str | None
    text: str
    codes: tuple[str, ...]
    dates: tuple[str, ...]
    facets: tuple[Facet, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Indexed:
    """A record as the index keeps it: `record` has its envelope and, as data, only what tells with
    whom it is shared. `saved_at`: UTC ISO text."""

    record: FormRecord
    saved_at: str
    segments: tuple[Segment, ...]


def indexed(record: FormRecord, *, protected: bool, subject: str) -> Indexed:
    """What the index keeps of a record. `protected`: the case has held an address to protect, and
    nothing that tells where a person lives, works or learns is indexed."""
    form = forms.form(record.form, record.version)
    # In the order in which it is stored: what is indexed must not depend on who made the object.
    data = loads(canonical(record.data))
    if protected:
        data = forms.without_protected(form, data)
    found: dict[tuple[int, bool, tuple[str, ...], str | None], list[_Part]] = {}
    for name, value in data.items():
        data_class = form.classes.get(name, DataClass.SEALED)
        if data_class == DataClass.SEALED:
            continue
        for persons, task_of, part in _parts(form, record, name, value):
            key = (data_class, name in form.tax, tuple(sorted(persons)), task_of)
            found.setdefault(key, []).append(
                _Part(name=name, value=part, pointer=_pointer(name, value, part))
            )
    return Indexed(
        record=_envelope(
            form=record.form,
            record_id=record.record_id,
            version=record.version,
            revision=record.revision,
            data={name: record.data[name] for name in _SHARING if name in record.data},
            contributors=record.contributors,
            confined=record.confined,
        ),
        saved_at=to_iso(record.saved_at),
        segments=tuple(
            _segment(form, record, subject, persons, task_of, parts)
            for (_, _, persons, task_of), parts in found.items()
        ),
    )


_NO_TIME = datetime.min.replace(tzinfo=UTC)


def _envelope(**kept: Any) -> FormRecord:
    """A record without what the law does not ask for."""
    return FormRecord(
        saved_at=_NO_TIME,
        created_at=_NO_TIME,
        staff_id="",
        staff_name="",
        agency_id="",
        agency_name="",
        **kept,
    )


def matters(kept: Indexed, facts: Situation) -> Iterator[tuple[Segment, Matter]]:
    """Each segment with what the law asks about it, exactly as when the record is shown."""
    form = forms.form(kept.record.form, kept.record.version)
    for segment in kept.segments:
        yield (
            segment,
            matter_of(form, kept.record, segment.name, _set(segment.persons), facts),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    name: str
    value: Any
    pointer: str


def _parts(
    form: forms.Form, record: FormRecord, name: str, value: Any
) -> Iterator[tuple[frozenset[str], str | None, Any]]:
    """A property, cut where `showing.Reader` cuts it: rows that name their person, and the tasks
    of a conference; with the persons it is about and the agency of the task."""
    about = form.about.get(name)
    if about == "row" and value and isinstance(value, list):
        for row in value:
            person = row.get("personId")
            yield frozenset({person} if person else ()), None, row
        return
    persons = frozenset[str]() if about == "household" else record.persons_of(name)
    if form.form == "conference" and name == "roles" and isinstance(value, list):
        for row in value:
            yield persons, None if row.get("done") else row.get("agencyId"), row
        return
    yield persons, None, value


def _pointer(name: str, value: Any, part: Any) -> str:
    return f"/{name}" if part is value else f"/{name}/0"


def _segment(
    form: forms.Form,
    record: FormRecord,
    subject: str,
    persons: tuple[str, ...],
    task_of: str | None,
    parts: Sequence[_Part],
) -> Segment:
    texts: list[str] = []
    codes: list[str] = []
    dates: list[str] = []
    facets: list[Facet] = []
    for part in parts:
        for text in texts_of(form, part.value, part.pointer):
            texts.append(fold(text))
        for pointer, value in forms.strings(part.value, part.pointer):
            use = _use(form, pointer)
            if use.coded:
                codes.append(f"{use.coded}:{value}")
            elif use.agency:
                codes.append(f"agency:{value}")
        if part.name in ("date", "receivedAt") and isinstance(part.value, str):
            dates.append(part.value)
        facets.extend(_facets(record, subject, part))
    return Segment(
        name=parts[0].name,
        persons=persons,
        task_of=task_of,
        text="\n".join(filter(None, texts)),
        codes=tuple(sorted(set(codes))),
        dates=tuple(d for d in dates if _DATE.fullmatch(d)),
        facets=tuple(dict.fromkeys(facets)),
    )


def texts_of(form: forms.Form, value: Any, pointer: str) -> Iterator[str]:
    """What of a property is found as words: free texts, and the labels of the codes by which cases
    are compared. No ids, dates or other codes."""
    for place, text in forms.strings(value, pointer):
        use = _use(form, place)
        if use.text:
            yield text
        elif use.coded:
            yield forms.labels(use.coded).get(text, "")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Use:
    """What the strings at one place of a form are."""

    text: bool = False
    agency: bool = False
    coded: str | None = None


def _use(form: forms.Form, pointer: str) -> _Use:
    return _use_of(form.form, form.version, re.sub(r"/\d+(?=/|$)", "/0", pointer))


@cache
def _use_of(form: str, version: str, pointer: str) -> _Use:
    """What is true of one row is true of all: `pointer` has 0 for every index."""
    schema = forms.property_schema(forms.form(form, version), pointer)
    name = next((s for s in reversed(pointer.split("/")) if s and not s.isdigit()), "")
    identity = str(schema.get("$id", ""))
    if identity.startswith("urn:soudan:codes:"):
        listed = identity.split(":")[3]
        return _Use(coded=listed if listed in CODED else None)
    if schema.get("x-choices") == "agencies" or re.fullmatch("[a-zA-Z]*[aA]genc(yId|ies)", name):
        return _Use(agency=True)
    return _Use(
        text=not _ID_NAME.search(name) and forms.is_free_text(schema) and "enum" not in schema
    )


def _facets(record: FormRecord, subject: str, part: _Part) -> Iterator[Facet]:
    """What a part tells of persons: rows of the household ledger, and the intake form on the
    本人."""
    if record.form == "household" and part.name == "persons" and isinstance(part.value, Mapping):
        row = part.value
        person = str(row.get("personId", ""))
        yield Facet(person_id=person, kind="id", key=person)
        yield from facets_of(person, row)
    elif record.form == "intake":
        yield from facets_of(subject, {part.name: part.value})


def facets_of(person_id: str, row: Mapping[str, Any]) -> Iterator[Facet]:
    """The facets of a person whose properties are named as on the intake form."""
    for name, kind in (("name", "name"), ("nameAlternative", "name"), ("nameKana", "kana")):
        if isinstance(row.get(name), str) and (key := fold_name(row[name])):
            yield Facet(person_id=person_id, kind=kind, key=key)
    if isinstance(row.get("birthDate"), Mapping) and (key := birth_key(row["birthDate"])):
        yield Facet(person_id=person_id, kind="birth", key=key)
    if isinstance(row.get("address"), Mapping):
        address = row["address"]
        key = fold_address(f"{address.get('full', '')}{address.get('building', '')}")
        if key:
            yield Facet(person_id=person_id, kind="address", key=key)


def birth_key(birth: Mapping[str, Any]) -> str:
    """A partial date as `1950-03-XX`; empty when nothing is known."""
    if not isinstance(birth.get("y"), int):
        return ""
    month, day = (
        f"{birth[part]:02d}" if isinstance(birth.get(part), int) else "XX" for part in ("m", "d")
    )
    return f"{birth['y']:04d}-{month}-{day}"


def signature(texts: Iterable[str]) -> bytes:
    """A bit for each character and for each pair of neighbours: what lacks a word's bits lacks the
    word."""
    flags = bytearray(8 * SIGNATURE_BYTES)
    own = list(texts)
    for character in set().union(*own):
        flags[_place("", character)] = 1
    for first, second in set().union(*map(pairwise, own)):
        flags[_place(first, second)] = 1
    return int(flags.translate(_DIGITS), 2).to_bytes(SIGNATURE_BYTES, "big")


_DIGITS = bytes([ord("0"), ord("1")]) + bytes(254)


def bits_of(word: str) -> tuple[tuple[int, int], ...]:
    """Where the signature of a text that holds this word has bits: byte and mask."""
    pairs = pairwise(word) if len(word) > 1 else [("", word)] if word else []
    places = {_place(first, second) for first, second in pairs}
    return tuple((place >> 3, 0x80 >> (place & 7)) for place in sorted(places))


def _place(first: str, second: str) -> int:
    return (ord(first or "\0") * 2741 + ord(second)) % _PLACES


# How the index is laid out in items


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some records of a case, as stored together. `stamp` is another with each change of one."""

    number: int
    stamp: int
    signature: bytes
    records: tuple[Indexed, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseFacts:
    """What the index keeps of a case beside its records. `stamps`: of its pages, in order, so that
    a reader notices a case of which it got some items before a write and some after it."""

    case_id: str
    state: str
    situation: str
    stamps: tuple[int, ...]


def case_facts(case: CaseFile) -> CaseFacts:
    return CaseFacts(
        case_id=case.case_id,
        state=case.state,
        situation=dump(situation(case)),
        stamps=tuple(_stamp(page) for page in paged(case.records.values())),
    )


def pages(case: CaseFile, before: CaseFile | None = None) -> tuple[Page, ...]:
    """The pages of a case; where it is given as it was before, only those that have changed, whose
    number does not depend on how long the case is.

    Where an address became one to protect, the pages that hold what tells where somebody is have
    changed as well, so that nothing of it stays in any.
    """
    known = [_contents(page) for page in paged(before.records.values())] if before else []
    newly_protected = before is not None and case.was_protected and not before.was_protected
    return tuple(
        _page(case, number, page)
        for number, page in enumerate(paged(case.records.values()))
        if number >= len(known)
        or _contents(page) != known[number]
        or (newly_protected and any(_tells_where(r) for r in page))
    )


def _page(case: CaseFile, number: int, page: Sequence[FormRecord]) -> Page:
    records = tuple(indexed(r, protected=case.was_protected, subject=case.subject) for r in page)
    texts = (segment.text for kept in records for segment in kept.segments)
    return Page(number=number, stamp=_stamp(page), signature=signature(texts), records=records)


def _tells_where(record: FormRecord) -> bool:
    form = forms.form(record.form, record.version)
    return form.protects and bool(forms.without_protected(form, record.data) != record.data)


def paged(records: Iterable[FormRecord]) -> list[tuple[FormRecord, ...]]:
    """Records in order of their beginning, a few to a page."""
    ordered = sorted(records, key=lambda r: (r.created_at, r.record_id))
    return [
        tuple(ordered[start : start + PAGE_RECORDS])
        for start in range(0, len(ordered), PAGE_RECORDS)
    ]


def _contents(page: Sequence[FormRecord]) -> tuple[tuple[str, int], ...]:
    return tuple((r.record_id, r.revision) for r in page)


def _stamp(page: Sequence[FormRecord]) -> int:
    return zlib.crc32(" ".join(f"{r}:{n}" for r, n in _contents(page)).encode())


def pack_page(page: Page) -> bytes:
    """A page as stored; `unpack_page` gives it back."""
    plain = [page.stamp, [_plain(kept) for kept in page.records]]
    text = dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return zlib.compress(page.signature + text, 6)


def unpack_page(number: int, packed: bytes) -> Page:
    """Raises ValueError, zlib.error for what was not packed as a page."""
    raw = zlib.decompress(packed)
    stamp, records = loads(raw[SIGNATURE_BYTES:])
    return Page(
        number=number,
        stamp=stamp,
        signature=raw[:SIGNATURE_BYTES],
        records=tuple(_indexed(plain) for plain in records),
    )


def pack_facts(facts: CaseFacts) -> bytes:
    """The facts of a case as stored; `unpack_facts` gives them back."""
    plain = [facts.case_id, facts.state, facts.situation, facts.stamps]
    return zlib.compress(dumps(plain, ensure_ascii=False).encode(), 6)


def unpack_facts(packed: bytes) -> CaseFacts:
    case_id, state, facts, stamps = loads(zlib.decompress(packed))
    return CaseFacts(case_id=case_id, state=state, situation=facts, stamps=tuple(stamps))


@lru_cache(maxsize=1 << 14)
def _set(values: tuple[str, ...]) -> frozenset[str]:
    """One object for equal sets: a tenant's cases name the same few agencies."""
    return frozenset(values)


def _plain(kept: Indexed) -> list[Any]:
    record = kept.record
    confined = record.confined
    return [
        record.form,
        record.record_id,
        record.version,
        record.revision,
        dict(record.data),
        kept.saved_at,
        sorted(record.contributors),
        confined and [confined.basis.value, confined.meeting_id],
        [
            [
                s.name,
                s.persons,
                s.task_of,
                s.text,
                s.codes,
                s.dates,
                [[f.person_id, f.kind, f.key] for f in s.facets],
            ]
            for s in kept.segments
        ],
    ]


def _indexed(plain: Sequence[Any]) -> Indexed:
    form, record_id, version, revision, data, saved_at, contributors, confined, segments = plain
    return Indexed(
        record=_envelope(
            form=intern(form),
            record_id=record_id,
            version=intern(version),
            revision=revision,
            data=data,
            contributors=_set(tuple(contributors)),
            confined=confined and Confinement(basis=Basis(confined[0]), meeting_id=confined[1]),
        ),
        saved_at=saved_at,
        segments=tuple(
            Segment(
                name=intern(name),
                persons=tuple(persons),
                task_of=task_of,
                text=text,
                codes=tuple(map(intern, codes)),
                dates=tuple(dates),
                facets=tuple(
                    Facet(person_id=person_id, kind=intern(kind), key=key)
                    for person_id, kind, key in facets
                ),
            )
            for name, persons, task_of, text, codes, dates, facets in segments
        ),
    )
