"""Random cases, and a reader that answers a search by opening every case: no index, no keys, only
what `Reader` shows."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lambdas.casework import forms
from lambdas.casework.access import (
    CORE_ROLES,
    Action,
    Actor,
    Basis,
    Confinement,
    Role,
    decide_case,
)
from lambdas.casework.clock import to_iso
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.search.catalogue import Catalogue
from lambdas.casework.search.content import case_facts, pages
from lambdas.casework.search.folding import fold
from lambdas.casework.showing import Reader, Shown
from lambdas.casework.situation import situation
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    MOTHER,
    NPO,
    OFFICE,
    START,
    SUBJECT,
    actor,
    case,
    consent,
    member,
    members,
    record,
    transition,
)

WORDS = ("家賃", "滞納", "家賃滞納", "認知症", "デイサービス", "でいさーびす", "配食", "夜", "8050")
SENTENCES = (
    "家賃を滞納している。",
    "家賃滞納が三か月続く。",
    "認知症の疑いがあり、夜に出歩く。",
    "ﾃﾞｲｻｰﾋﾞｽの見学。",
    "デイサービスを休みがち。",
    "配食サービスを始めた。夜間は不在。",
    "８０５０の世帯で、家\n賃は母の年金から払う。",
    "とくに変わりない。" * 40 + "配食の件は次回。",
)
NAMES = ("髙橋 花子", "高橋花子", "渡邉 次郎", "渡辺 次郎", "佐藤 一")
KANAS = ("たかはし はなこ", "タカハシハナコ", "わたなべ じろう", "さとう はじめ")
ADDRESSES = ("船橋市湊町二丁目10番25号", "船橋市湊町2-10-25", "船橋市本町1-1")
DAYS = tuple(START + timedelta(days=n) for n in (0, 5, 40))
NOW = START + timedelta(days=45, hours=3)

ACTORS = (
    actor(Role.MANAGER),
    actor(Role.OFFICER),
    actor(Role.OFFICER, staff_id="officer-2"),
    actor(Role.COORDINATOR),
    actor(Role.AGENCY, ELDERLY),
    actor(Role.AGENCY, NPO, staff_id="npo-1"),
    actor(Role.COMMISSIONER, ELDERLY),
    actor(Role.AUDITOR),
)
STAFF = tuple(a.staff_id for a in ACTORS)


def random_case(pick: random.Random, number: int) -> CaseFile:
    """A case with a random history; persons may be those of other cases as well."""
    return _Making(pick, number).made()


@dataclass
class _Making:
    pick: random.Random
    number: int

    def made(self) -> CaseFile:
        pick = self.pick
        rows = [
            member(agency, pick.choice(("participant", "receiving")))
            for agency in (ELDERLY, NPO)
            if pick.random() < 0.7
        ]
        office = pick.random() < 0.8
        standing = members(*rows)
        if not office:
            standing = replace(standing, data={"members": standing.data["members"][1:]})
        made = case(
            self._intake(),
            self._household(),
            standing,
            *(self._record() for _ in range(pick.randrange(12))),
            case_id=f"122041-2026-CASE{self.number:02d}-X",
        )
        return replace(made, created_at=START)

    def _text(self) -> str:
        return "".join(self.pick.choices(SENTENCES, k=self.pick.randint(1, 3)))

    def _envelope(self) -> dict[str, Any]:
        pick = self.pick
        agency = pick.choice((OFFICE, COUNCIL, ELDERLY, NPO))
        about: tuple[str, ...] = pick.choice(
            ((SUBJECT,), (SUBJECT,), (MOTHER,), (SUBJECT, MOTHER), ())
        )
        confined = None
        if pick.random() < 0.1:
            confined = Confinement(basis=Basis.YOTAIKYO_25_2, meeting_id=None)
        at = pick.choice(DAYS)
        return {
            "at": at,
            "saved_at": at + timedelta(minutes=pick.randrange(600)),
            "agency_id": agency,
            "about": {"": about},
            "contributors": frozenset({agency, pick.choice((agency, OFFICE))}),
            "confined": confined,
        }

    def _person(self, person_id: str, **fixed: Any) -> dict[str, Any]:
        pick = self.pick
        row = {
            "personId": person_id,
            "name": pick.choice(NAMES),
            "nameKana": pick.choice(KANAS),
            "birthDate": {
                "y": pick.choice((1950, 1951)),
                "m": 3,
                "d": pick.choice((None, 2, 12)),
            },
            "workplaceOrSchool": "配食の会社",
            **fixed,
        }
        return {k: v for k, v in row.items() if k == "personId" or pick.random() < 0.8}

    def _household(self) -> FormRecord:
        rows = [
            {**self._person(SUBJECT), "isSubject": True},
            self._person(MOTHER, relation="06"),
        ]
        data = {"persons": rows, "householdType": self.pick.choice(("01", "04"))}
        return record("household", data, about={"": ()})

    def _intake(self) -> FormRecord:
        pick = self.pick
        protected = pick.random() < 0.2
        data: dict[str, Any] = {
            "consentVersion": "consent",
            "receivedAt": pick.choice(DAYS).date().isoformat(),
            "receivingAgencyId": pick.choice((OFFICE, ELDERLY)),
            "name": pick.choice(NAMES),
            "nameKana": pick.choice(KANAS),
            "concerns": pick.sample(["02", "12", "13"], 2),
            "chiefComplaint": self._text(),
            "address": {"full": pick.choice(ADDRESSES)},
            **({"addressProtection": "yes"} if protected else {}),
        }
        return record("intake", data, **{**self._envelope(), "confined": None})

    def _record(self) -> FormRecord:
        pick = self.pick
        envelope = self._envelope()
        at, day = envelope["at"], envelope["at"].date().isoformat()
        match pick.randrange(11):
            case 0 | 1 | 2:
                shared = pick.choice(("own", "members", "list"))
                data = {
                    "date": day,
                    "facts": self._text(),
                    "sharedWith": shared,
                    **({"sharedAgencies": [ELDERLY]} if shared == "list" else {}),
                }
                return record("progress", data, **envelope)
            case 3 | 4:
                return consent(
                    at,
                    pick.choice((SUBJECT, MOTHER)),
                    classes=pick.sample(list("12345"), 4),
                    taxData=pick.random() < 0.5,
                )
            case 5 | 6:
                return self._conference(envelope, day)
            case 7:
                row = {
                    "issueId": "r-00000000000a",
                    "personId": pick.choice((SUBJECT, MOTHER)),
                    "code": pick.choice(("31", "33", "36")),
                    "background": self._text(),
                }
                return record("issues", {"issues": [row], "familyView": self._text()}, **envelope)
            case 8:
                data = {
                    "staffId": pick.choice(STAFF),
                    "reason": self._text(),
                    "from": to_iso(NOW - timedelta(hours=pick.choice((1, 5)))),
                    "to": to_iso(NOW + timedelta(hours=1)),
                }
                return record("emergency-access", data, **{**envelope, "confined": None})
            case 9:
                data = {"staffId": pick.choice(STAFF), "date": day, "declaredBy": "self"}
                return record("conflict-of-interest", data, **envelope)
            case _:
                return transition(pick.choice(("intake", "support", "closed")), at)

    def _conference(self, envelope: Mapping[str, Any], day: str) -> FormRecord:
        pick = self.pick
        meeting = f"m-{pick.randrange(3)}"
        secret = pick.random() < 0.6
        data = {
            "meetingId": meeting,
            "kind": "shien" if secret else "juso",
            "basis": "106-6" if secret else "consent",
            "date": day,
            "attendees": [{"staffId": s, "agencyId": OFFICE} for s in pick.sample(STAFF, 4)],
            "discussion": self._text(),
            "roles": [
                {"itemId": "a", "agencyId": pick.choice((ELDERLY, NPO)), "task": self._text()},
                {"itemId": "b", "agencyId": ELDERLY, "task": self._text(), "done": day},
            ],
        }
        kept = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=meeting)
        return record("conference", data, **{**envelope, "confined": kept if secret else None})


def catalogue_of(cases: Iterable[CaseFile]) -> Catalogue:
    made = Catalogue()
    for one in cases:
        put(made, one)
    return made


def put(catalogue: Catalogue, one: CaseFile) -> None:
    catalogue.put(case_facts(one), pages(one))


# The reader without an index


@dataclass(frozen=True, kw_only=True)
class Read:
    """What an actor is shown of a case."""

    file: CaseFile
    shown: Mapping[str, Shown]

    @property
    def state(self) -> str | None:
        return self.file.state


def read_all(cases: Iterable[CaseFile], who: Actor, now: datetime) -> list[Read]:
    """Opens every case, one after the other, and shows every record of it."""
    found = []
    for one in cases:
        facts = situation(one)
        if not decide_case(who, Action.READ_CASE, facts, now).allowed:
            continue
        reader = Reader(actor=who, situation=facts, now=now)
        shown = {}
        for record_id, kept in one.records.items():
            form = forms.form(kept.form, kept.version)
            if one.was_protected:
                kept = replace(kept, data=forms.without_protected(form, kept.data))
            part = reader.show(form, kept)
            if part.bases:
                shown[record_id] = part
        if shown:
            found.append(Read(file=one, shown=shown))
    return found


def leaves(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Every string of a value with what it is: text, or the code list it is of, or nothing."""
    while "$ref" in schema:
        reference = schema["$ref"]
        if reference.startswith("#"):
            schema = root["$defs"][reference.rpartition("/")[2]]
        else:
            schema = {"list": reference.split(":")[3]}
    if isinstance(value, str):
        if "list" in schema:
            yield schema["list"], value
        elif "format" not in schema and "enum" not in schema and "x-choices" not in schema:
            yield "text", value
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, schema["items"], root)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not name.endswith(("Id", "Ids")):
                yield from leaves(inner, schema["properties"][name], root)


def contents(read: Read, record_id: str) -> tuple[list[str], set[str], set[str]]:
    """Folded texts, codes and dates of what is shown of a record."""
    kept = read.file.records[record_id]
    schema = forms.form(kept.form, kept.version).schema
    texts, codes, dates = [], set(), set()
    for name, value in read.shown[record_id].data.items():
        for kind, text in leaves(value, schema["properties"][name], schema):
            if kind == "text":
                texts.append(fold(text))
            elif kind in (
                "issue",
                "concern",
                "household-type",
                "end-reason",
                "change",
                "support-kind",
            ):
                codes.add(f"{kind}:{text}")
                texts.append(fold(forms.labels(kind)[text]))
        if name in ("date", "receivedAt"):
            dates.add(value)
        codes |= {f"agency:{a}" for a in agencies(name, value)}
    return texts, codes, dates


def agencies(name: str, value: Any) -> set[str]:
    """Ids of agencies in a value."""
    if isinstance(value, str):
        return {value} if name.lower().endswith(("agencyid", "agencies")) else set()
    if isinstance(value, list):
        return {a for inner in value for a in agencies(name, inner)}
    if isinstance(value, dict):
        return {a for key, inner in value.items() for a in agencies(key, inner)}
    return set()


def state_shown(read: Read, who: Actor) -> str | None:
    intake = read.shown.get("intake")
    consented = intake is not None and Basis.CONSENT in intake.bases
    return read.file.state if who.role in CORE_ROLES or consented else None


def search_without_index(
    cases: Iterable[CaseFile],
    who: Actor,
    now: datetime,
    *,
    words: tuple[str, ...],
    codes: frozenset[str],
    state: str | None,
    first: str | None,
    last: str | None,
) -> dict[str, dict[str, set[str]]]:
    """Case → word → records that hold it, for the cases that have everything asked for."""
    found = {}
    for read in read_all(cases, who, now):
        parts = {r: contents(read, r) for r in read.shown}
        if not codes <= set().union(*(c for _, c, _ in parts.values())):
            continue
        if state is not None and state != state_shown(read, who):
            continue
        dated = {
            r: p
            for r, p in parts.items()
            if (first is None and last is None)
            or any((first or "") <= d <= (last or "9999") for d in p[2])
        }
        if not dated:
            continue
        by_word = {
            fold(w): {r for r, p in dated.items() if any(fold(w) in t for t in p[0])} for w in words
        }
        if all(by_word.values()):
            found[read.file.case_id] = by_word
    return found
