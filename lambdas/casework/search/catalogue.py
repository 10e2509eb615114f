"""The index of a whole tenant in memory, and what one actor sees of it.

Words are found in two steps: the signatures of the pages rule most cases out, the texts of the
rest are read. Nothing is found, counted or weighed beyond what the actor sees: a `View` is the
only way to ask.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import compress

from lambdas.casework.access import (
    CORE_ROLES,
    Action,
    Actor,
    Basis,
    Matter,
    Situation,
    decide_case,
)
from lambdas.casework.clock import japanese_day
from lambdas.casework.search.content import (
    SIGNATURE_BYTES,
    CaseFacts,
    Facet,
    Page,
    Segment,
    bits_of,
    matters,
)
from lambdas.casework.showing import Reader, singled_out
from lambdas.casework.situation import load

# Actors whose view is kept from one request to the next.
_KEPT_VIEWS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordKey:
    """A record as results name it. `saved_at` is UTC ISO text."""

    case_id: str
    record_id: str
    form: str
    saved_at: str


# A text of a record: the number of the index page that it lies in, that of its record, both within
# the case, and the text itself. Plain, since a search goes through thousands of them.
Text = tuple[int, int, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """All of a case that one decision opens or closes. Records are numbered within the case."""

    matter: Matter
    task_of: str | None
    of_intake: bool
    records: tuple[int, ...]
    texts: tuple[Text, ...]
    codes: frozenset[str]
    dates: tuple[tuple[int, str], ...]
    facets: tuple[Facet, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseEntry:
    """A case in the index. `signatures`: places of those of its pages. `timed`: staff with an
    access that ends within a day."""

    case_id: str
    state: str
    situation: Situation
    records: tuple[RecordKey, ...]
    groups: tuple[Group, ...]
    signatures: tuple[int, ...]
    timed: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What an actor sees of one case: the groups that are open to them; its state, if that is;
    when something that they see was last saved (UTC ISO text)."""

    entry: CaseEntry
    groups: tuple[Group, ...]
    texts: tuple[Text, ...]
    codes: frozenset[str]
    state: str | None
    latest: str

    def holds(self, word: str, flags: bytes, among: frozenset[int] | None) -> bool:
        """Whether a text that the actor sees holds a word (a search key), of all records or of
        some; `flags` are the catalogue's for the word."""
        pages = [n for n, place in enumerate(self.entry.signatures) if flags[place]]
        if pages:
            for page, record, text in self.texts:
                if page in pages and (among is None or record in among) and word in text:
                    return True
        return False

    def holding(self, word: str) -> frozenset[int]:
        """The records that hold a word (a search key)."""
        return frozenset(record for _, record, text in self.texts if word in text)

    def dated(self, first: str, last: str) -> frozenset[int]:
        """The records whose date the actor sees and which lie in a time (days, included)."""
        return frozenset(
            number for group in self.groups for number, day in group.dates if first <= day <= last
        )


@dataclass
class Catalogue:
    """The cases of a tenant.

    The signatures of their pages are kept column by column: byte n of all pages in one string. A
    place that a page has left is empty until another takes it.
    """

    cases: dict[str, CaseEntry] = field(default_factory=dict)
    _columns: list[bytearray] = field(
        default_factory=lambda: [bytearray() for _ in range(SIGNATURE_BYTES)]
    )
    # Signatures of the newest pages, not yet laid out in columns.
    _pending: bytearray = field(default_factory=bytearray)
    # Which case a place is of.
    _owners: list[str] = field(default_factory=list)
    _free: list[int] = field(default_factory=list)
    # Cases in the order in which they changed.
    _changes: list[str] = field(default_factory=list)
    _views: "OrderedDict[tuple[Actor, date], View]" = field(default_factory=OrderedDict)

    def put(self, facts: CaseFacts, pages: Iterable[Page]) -> None:
        """Puts a case as it stands now, in place of what was there."""
        self.remove(facts.case_id)
        situation = load(facts.situation)
        alone = singled_out(situation)
        records: list[RecordKey] = []
        signatures: list[int] = []
        gathered: dict[tuple[Matter, str | None, bool], _Gathering] = {}
        for page in pages:
            signatures.append(self._keep(page.signature, facts.case_id))
            for kept in page.records:
                record, number = kept.record, len(records)
                records.append(
                    RecordKey(
                        case_id=facts.case_id,
                        record_id=record.record_id,
                        form=record.form,
                        saved_at=kept.saved_at,
                    )
                )
                for segment, matter in matters(kept, situation):
                    if matter.record_id not in alone:
                        matter = replace(matter, record_id="")
                    key = (matter, segment.task_of, record.form == "intake")
                    gathered.setdefault(key, _Gathering()).add(page.number, number, segment)
        self.cases[facts.case_id] = CaseEntry(
            case_id=facts.case_id,
            state=facts.state,
            situation=situation,
            records=tuple(records),
            groups=tuple(gathering.group(*key) for key, gathering in gathered.items()),
            signatures=tuple(signatures),
            timed=frozenset(a.staff_id for a in (*situation.emergencies, *situation.disclosures)),
        )

    def remove(self, case_id: str) -> None:
        """Takes a case out."""
        entry = self.cases.pop(case_id, None)
        for place in entry.signatures if entry else ():
            self._write(place, _EMPTY)
            self._free.append(place)
        self._changes.append(case_id)

    def view(self, actor: Actor, now: datetime) -> "View":
        """What the actor sees at this moment. Kept for as long as the actor's registration and the
        Japanese day are the same; cases that have changed since are judged again, and those to
        which someone has access by the hour are judged each time."""
        key = (actor, japanese_day(now))
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = View(catalogue=self, actor=actor)
            while len(self._views) > _KEPT_VIEWS:
                self._views.popitem(last=False)
        self._views.move_to_end(key)
        view.bring_up_to_date(now)
        return view

    def flags(self, word: str) -> bytes:
        """For the place of each page 1 where its signature has all the bits of a word, else 0:
        the pages that may hold it, seen or not."""
        self._lay_out()
        left = int.from_bytes(b"\1" * len(self._owners), "little")
        for byte, mask in bits_of(word):
            left &= int.from_bytes(self._columns[byte].translate(_FLAGS[mask]), "little")
        return left.to_bytes(len(self._owners), "little")

    def cases_of(self, flags: bytes) -> set[str]:
        """The cases of the pages that are flagged."""
        return set(compress(self._owners, flags))

    def changed_since(self, position: int) -> tuple[Iterable[str], int]:
        """Cases that changed after a position of the list of changes, and the position now."""
        return dict.fromkeys(self._changes[position:]), len(self._changes)

    def _keep(self, signature: bytes, case_id: str) -> int:
        if self._free:
            place = self._free.pop()
            self._write(place, signature)
            self._owners[place] = case_id
            return place
        self._pending += signature
        self._owners.append(case_id)
        if len(self._pending) >= _LAID_OUT_AT_ONCE * SIGNATURE_BYTES:
            self._lay_out()
        return len(self._owners) - 1

    def _write(self, place: int, signature: bytes) -> None:
        self._lay_out()
        for column, byte in zip(self._columns, signature, strict=True):
            column[place] = byte

    def _lay_out(self) -> None:
        if self._pending:
            for n, column in enumerate(self._columns):
                column += self._pending[n::SIGNATURE_BYTES]
            self._pending.clear()


# Few enough to lie in the processor's cache while they are turned.
_LAID_OUT_AT_ONCE = 128
_EMPTY = bytes(SIGNATURE_BYTES)
# For each bit of a byte: byte → 1 where the bit is set, else 0.
_FLAGS: Mapping[int, bytes] = {
    mask: bytes(int(bool(byte & mask)) for byte in range(256))
    for mask in (1 << n for n in range(8))
}


@dataclass(slots=True)
class _Gathering:
    """What goes into a group."""

    records: list[int] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    dates: list[tuple[int, str]] = field(default_factory=list)
    facets: list[Facet] = field(default_factory=list)

    def add(self, page: int, number: int, segment: Segment) -> None:
        self.records.append(number)
        if segment.text:
            self.texts.append((page, number, segment.text))
        self.codes.update(segment.codes)
        self.dates.extend((number, day) for day in segment.dates)
        self.facets.extend(segment.facets)

    def group(self, matter: Matter, task_of: str | None, of_intake: bool) -> Group:
        return Group(
            matter=matter,
            task_of=task_of,
            of_intake=of_intake,
            records=tuple(dict.fromkeys(self.records)),
            texts=tuple(self.texts),
            codes=frozenset(self.codes),
            dates=tuple(self.dates),
            facets=tuple(self.facets),
        )


@dataclass
class People:
    """Persons by what is known of them, over one actor's view only.

    `facets`: person → case → what it tells of them. `by_key`: key of look-up → person and case.
    """

    facets: dict[str, dict[str, tuple[Facet, ...]]] = field(default_factory=dict)
    by_key: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)
    _of_case: dict[str, tuple[Facet, ...]] = field(default_factory=dict)

    def put(self, case_id: str, seen: Seen | None) -> None:
        """Puts what a case tells of persons in place of what it told before."""
        for facet in self._of_case.pop(case_id, ()):
            named = self.facets.get(facet.person_id, {})
            named.pop(case_id, None)
            if not named:
                self.facets.pop(facet.person_id, None)
            for key in block_keys(facet.kind, facet.key):
                self.by_key.get(key, set()).discard((facet.person_id, case_id))
        if seen is None:
            return
        found = tuple(dict.fromkeys(f for group in seen.groups for f in group.facets))
        if found:
            self._of_case[case_id] = found
        for facet in found:
            named = self.facets.setdefault(facet.person_id, {})
            named[case_id] = (*named.get(case_id, ()), facet)
            for key in block_keys(facet.kind, facet.key):
                self.by_key.setdefault(key, set()).add((facet.person_id, case_id))


def block_keys(kind: str, key: str) -> tuple[tuple[str, str], ...]:
    """Under which keys somebody is looked up: a reading by its beginning, a date by its year and
    by its month and day, anything else as a whole."""
    match kind:
        case "kana":
            return (("kana", key[:2]),)
        case "birth":
            year, rest = key[:4], key[5:]
            return (("birth", year), *((("birth", rest),) if "XX" not in rest else ()))
        case "id":
            return ()
        case _:
            return ((kind, key),)


@dataclass
class View:
    """What one actor sees of the catalogue on one day."""

    catalogue: Catalogue
    actor: Actor
    cases: dict[str, Seen] = field(default_factory=dict)
    _position: int = 0
    _timed: set[str] = field(default_factory=set)
    _order: list[str] | None = None
    _people: People = field(default_factory=People)
    # Cases whose persons have yet to be brought up to date.
    _stale: set[str] = field(default_factory=set)

    def bring_up_to_date(self, now: datetime) -> None:
        """Judges again every case that changed, and every case with an access by the hour."""
        changed, self._position = self.catalogue.changed_since(self._position)
        for case_id in {*changed, *self._timed}:
            self._judge(case_id, now)
            self._order = None

    def newest_first(self) -> list[str]:
        """The cases that the actor sees; those in which something they see was last saved first."""
        if self._order is None:
            seen = self.cases
            self._order = sorted(seen, key=lambda c: (seen[c].latest, c), reverse=True)
        return self._order

    @property
    def people(self) -> People:
        """Everyone the actor sees, by what is known of them."""
        for case_id in self._stale:
            self._people.put(case_id, self.cases.get(case_id))
        self._stale.clear()
        return self._people

    def _judge(self, case_id: str, now: datetime) -> None:
        self._stale.add(case_id)
        self._timed.discard(case_id)
        self.cases.pop(case_id, None)
        entry = self.catalogue.cases.get(case_id)
        if entry is None:
            return
        if self.actor.staff_id in entry.timed:
            self._timed.add(case_id)
        opened = _open_groups(self.actor, entry, now)
        if not opened:
            return
        stated = self.actor.role in CORE_ROLES or any(
            group.of_intake and basis is Basis.CONSENT for group, basis in opened
        )
        self.cases[case_id] = Seen(
            entry=entry,
            groups=tuple(group for group, _ in opened),
            texts=tuple(text for group, _ in opened for text in group.texts),
            codes=frozenset().union(*(group.codes for group, _ in opened)),
            state=entry.state if stated else None,
            latest=max(entry.records[n].saved_at for group, _ in opened for n in group.records),
        )


def _open_groups(actor: Actor, entry: CaseEntry, now: datetime) -> tuple[tuple[Group, Basis], ...]:
    """What of a case the actor sees when they open it, and on which basis."""
    if not decide_case(actor, Action.READ_CASE, entry.situation, now).allowed:
        return ()
    reader = Reader(actor=actor, situation=entry.situation, now=now)
    found = []
    for group in entry.groups:
        basis = reader.basis(group.matter)
        if basis is None and group.task_of == actor.agency_id:
            basis = reader.basis(replace(group.matter, task=True))
        if basis is not None:
            found.append((group, basis))
    return tuple(found)
