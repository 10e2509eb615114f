"""Disclosure of a person's own records (個人情報保護法76条以下, DOMAIN §4.3, §4.10 L15).

The system proposes masks; an officer of the municipality decides them. Each mask names the item
of 78条1項 it rests on, and what is masked is not in what leaves: neither its characters nor its
length. Grounds are proposals [要確認], never a legal judgement of the system.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from lambdas.casework.access import RECORD_CLASSES, DataClass
from lambdas.casework.forms import Form, form, property_schema, strings
from lambdas.casework.records import CaseFile, FormRecord

MASK = "■■■"
# What runs the case and no information about the person: nothing to disclose in it.
_MACHINERY = frozenset(
    {
        "assignment",
        "conflict-of-interest",
        "conflict-end",
        "disclosure-access",
        "disclosure-masks",
        "legal-hold",
        "legal-hold-end",
        "sealed",
        "sealed-holders",
    }
)
# Whoever reported or brought the matter may come to harm when the person learns it.
_INFORMANTS = frozenset(
    {
        ("emergency-report", "informant"),
        ("intake", "visitor"),
        ("intake", "referrer"),
        ("phone-memo", "caller"),
    }
)

DECISION_DAYS = 30
EXTENSION_DAYS = 30
CORRECTION_WITHIN_DAYS = 90


class Ground(StrEnum):
    """Items of 78条1項, and 81条 (存否応答拒否). Labels in schemas/codes/disclosure-ground."""

    HARM_TO_REQUESTER = "78-1-1"
    THIRD_PERSON = "78-1-2"
    CORPORATION = "78-1-3"
    PUBLIC_SAFETY = "78-1-5"
    DELIBERATION = "78-1-6"
    OPERATIONS = "78-1-7"


@dataclass(frozen=True, kw_only=True)
class Mask:
    """Code points `start` to `end` (exclusive) of a passage that do not leave."""

    start: int
    end: int
    ground: Ground


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One text of one record, with the masks on it. `pointer` (RFC 6901) within the data."""

    record_id: str
    revision: int
    form: str
    pointer: str
    title: str
    text: str
    masks: tuple[Mask, ...] = ()

    @property
    def key(self) -> str:
        """Identifies the passage within its case."""
        return f"{self.record_id}{self.pointer}"


def proposal(
    case: CaseFile, person_id: str, *, by_representative: bool = False
) -> tuple[Passage, ...]:
    """Everything the case holds about a person, conference minutes included, with the masks that
    the system proposes: other persons, those who reported, what was given at a 支援会議, and for a
    legal representative's request what may harm the child (78条1項1号)."""
    names = _others_names(case, person_id)
    found = []
    for record in sorted(case.records.values(), key=lambda r: (r.created_at, r.record_id)):
        if record.form in _MACHINERY:
            continue
        written = form(record.form, record.version)
        for pointer, text in _texts(written, record, person_id):
            title = _title(written, pointer)
            masks = _masks(
                written, record, pointer, text, person_id, names, by_representative, case
            )
            found.append(
                Passage(
                    record_id=record.record_id,
                    revision=record.revision,
                    form=record.form,
                    pointer=pointer,
                    title=title,
                    text=text,
                    masks=masks,
                )
            )
    return tuple(found)


def decided(passage: Passage, masks: Sequence[Mask]) -> Passage:
    """The passage with the officer's masks in place of the proposed ones.

    Raises ValueError for a mask outside the text or over another one.
    """
    ordered = sorted(masks, key=lambda m: m.start)
    last = 0
    for mask in ordered:
        if not (last <= mask.start < mask.end <= len(passage.text)):
            raise ValueError(passage.key)
        last = mask.end
    return Passage(**{**vars(passage), "masks": tuple(ordered)})


def rendered(passage: Passage) -> str:
    """What leaves: every mask is the same three squares, whatever lies under it."""
    parts, last = [], 0
    for mask in passage.masks:
        parts += [passage.text[last : mask.start], MASK]
        last = mask.end
    return "".join([*parts, passage.text[last:]])


def grounds(passages: Iterable[Passage]) -> tuple[Ground, ...]:
    """The items of 78条1項 that the letter names."""
    return tuple(sorted({mask.ground for p in passages for mask in p.masks}))


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """Days of a request [要確認: the municipality's 条例 may shorten them]."""

    decide_by: date
    correct_until: date | None


def clocks(
    received: date, *, extended: bool, disclosed: date | None, days: int = DECISION_DAYS
) -> Clocks:
    """Until when the municipality decides (83条: 30 days, once 30 more), and until when the
    person may ask for correction or suspension of use (90条, 98条: 90 days after disclosure)."""
    term = days + (EXTENSION_DAYS if extended else 0)
    return Clocks(
        decide_by=received + timedelta(days=term),
        correct_until=disclosed and disclosed + timedelta(days=CORRECTION_WITHIN_DAYS),
    )


def _texts(written: Form, record: FormRecord, person_id: str) -> Iterator[tuple[str, str]]:
    """Texts of the record that concern the person: not those about others alone, never the
    sealed compartment, whose letters would tell where somebody is."""
    for name, value in record.data.items():
        if written.classes.get(name, DataClass.SEALED) not in RECORD_CLASSES:
            continue
        persons = record.persons_of(name)
        if persons and person_id not in persons:
            continue
        for pointer, text in strings(value, f"/{name}"):
            schema = property_schema(written, pointer)
            if "x-choices" not in schema and not schema.get("x-protected"):
                yield pointer, _label(schema, text)


def _masks(
    written: Form,
    record: FormRecord,
    pointer: str,
    text: str,
    person_id: str,
    names: Sequence[str],
    by_representative: bool,
    case: CaseFile,
) -> tuple[Mask, ...]:
    name = pointer.split("/")[1]
    whole = Mask(start=0, end=len(text), ground=Ground.THIRD_PERSON)
    if not text:
        return ()
    if record.confined is not None:
        return (Mask(start=0, end=len(text), ground=Ground.OPERATIONS),)
    if (record.form, name) in _INFORMANTS:
        return (whole,)
    if written.about.get(name) in ("row", "household") and not _own_row(record, pointer, person_id):
        return (whole,)
    persons = record.persons_of(name)
    if not persons and len(case.persons) > 1:
        # About the whole household: an officer reads it before it leaves.
        return (whole,)
    if by_representative and written.classes[name] >= DataClass.SPECIAL_CARE:
        return (Mask(start=0, end=len(text), ground=Ground.HARM_TO_REQUESTER),)
    return tuple(_named(text, names))


def _own_row(record: FormRecord, pointer: str, person_id: str) -> bool:
    steps = pointer.split("/")
    value: Any = record.data.get(steps[1])
    if isinstance(value, list) and len(steps) > 2:
        row = value[int(steps[2])]
        return isinstance(row, Mapping) and row.get("personId") == person_id
    return False


def _others_names(case: CaseFile, person_id: str) -> tuple[str, ...]:
    """Names of the other persons of the household and of the intake form's rows, and their parts,
    longest first, so that a surname does not break up a full name."""
    rows = [
        *(p for p in case.persons if p["personId"] != person_id),
        *case.intake.data.get("household", ()),
    ]
    own = {
        part
        for p in case.persons
        if p["personId"] == person_id
        for key in ("name", "nameKana")
        for part in _parts(p.get(key, ""))
    }
    names = {
        part for row in rows for key in ("name", "nameKana") for part in _parts(row.get(key, ""))
    }
    # A surname the family shares names the requester as well.
    return tuple(sorted(names - own, key=lambda n: (-len(n), n)))


def _parts(name: str) -> Iterator[str]:
    yield from (part for part in {name, *name.split()} if len(part) > 1)


def _named(text: str, names: Sequence[str]) -> Iterator[Mask]:
    taken = [False] * len(text)
    for name in names:
        start = text.find(name)
        while start >= 0:
            end = start + len(name)
            if not any(taken[start:end]):
                taken[start:end] = [True] * len(name)
            start = text.find(name, end)
    place = 0
    for masked, run in groupby(taken):
        end = place + len(list(run))
        if masked:
            yield Mask(start=place, end=end, ground=Ground.THIRD_PERSON)
        place = end


def _title(written: Form, pointer: str) -> str:
    steps = pointer.split("/")
    titles = [
        property_schema(written, "/".join(steps[: n + 1])).get("title")
        for n in range(1, len(steps))
        if not steps[n].isdecimal()
    ]
    return " / ".join(str(title) for title in titles if title)


def _label(schema: Mapping[str, Any], text: str) -> str:
    """The label of a code, else the text itself."""
    return next((str(c["title"]) for c in schema.get("oneOf", ()) if c["const"] == text), text)


# Whether nothing is held or nothing may be said is told by the same words (81条): whoever compares
# two letters must not learn which of the two it was.
_NOTHING = (
    "請求のあった保有個人情報については、開示しないことと決定しました。",
    "開示しない理由: 請求のあった保有個人情報は、保有していないか、"
    "その存否を答えること自体が不開示情報を開示することになります(要確認)。",
)


def letter(result: str, found: Sequence[Ground], labels: Mapping[str, str]) -> tuple[str, ...]:
    """The sentences of the decision that differ from case to case; `labels` of
    schemas/codes/disclosure-ground. `none` and `no-answer` are one text, character by character.

    Raises KeyError for a result that is no decision on disclosure.
    """
    named = tuple(f"開示しない部分の根拠: 個人情報保護法78条1項 {labels[g]}" for g in found)
    texts: Mapping[str, tuple[str, ...]] = {
        "full": ("請求のあった保有個人情報の全部を開示することと決定しました。",),
        "partial": ("請求のあった保有個人情報の一部を開示することと決定しました。", *named),
        "refused": ("請求のあった保有個人情報を開示しないことと決定しました。", *named),
        "none": _NOTHING,
        "no-answer": _NOTHING,
    }
    return texts[result]
