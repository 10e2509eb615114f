"""The law of sharing over random histories of a case.

A history is a sequence of records as the store would hold them. After each step every person asks
for every part of every record; `judge` answers from the raw records, rule by rule, and the code
must name one of its bases, or none where there is none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.casework.access import (
    Action,
    Actor,
    Basis,
    Confinement,
    MemberKind,
    Period,
    Role,
    Situation,
    decide_case,
    may_read,
    may_write_form,
)
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.forms import Form, check, form
from lambdas.casework.records import CLOSED_STATES, CaseFile, FormRecord
from lambdas.casework.showing import Reader, matter_of
from lambdas.casework.situation import dump, load, situation
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    NPO,
    OFFICE,
    START,
    SUBJECT,
    actor,
    case,
    member,
    members,
    record,
)

MOTHER, CHILD = "p-000000000002", "p-000000000003"
PERSONS = (SUBJECT, MOTHER, CHILD)
LEDGER = [{"personId": SUBJECT, "isSubject": True}, {"personId": MOTHER, "relation": "06"}]
AGENCIES = (ELDERLY, NPO, COUNCIL)
OUTSIDE = (Role.AGENCY, Role.COMMISSIONER)
MUNICIPAL = (Role.MANAGER, Role.OFFICER)
TEXTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "tax": 2}


def staff(name: str, role: Role, agency: str) -> Actor:
    return actor(role, agency, staff_id=name, contract=None)


STAFF = {
    person.staff_id: person
    for person in (
        staff("manager", Role.MANAGER, OFFICE),
        staff("officer", Role.OFFICER, OFFICE),
        staff("officer-2", Role.OFFICER, OFFICE),
        staff("programme", Role.COORDINATOR, COUNCIL),
        # The successor of the programme's contract, should there be one.
        staff("programme-2", Role.COORDINATOR, NPO),
        staff("elderly", Role.AGENCY, ELDERLY),
        staff("npo", Role.AGENCY, NPO),
        # Another section of the agency that runs the programme.
        staff("council", Role.AGENCY, COUNCIL),
        staff("commissioner", Role.COMMISSIONER, ELDERLY),
        staff("auditor", Role.AUDITOR, OFFICE),
    )
}


def text_form(name: str) -> Form:
    """A form with a text of every class and one from tax records."""
    return replace(
        form("intake", "1.0.0"),
        form=name,
        classes=dict(TEXTS),
        about={"two": "household"},
        tax=frozenset({"tax"}),
    )


FORMS = {name: text_form(name) for name in ("progress", "assessment-living", "conference")}


# What a form asks for and the law does not look at.
REST: Mapping[str, Mapping[str, Any]] = {
    "consent": {
        "purpose": "支援に加わる機関の間で共有するため",
        "explainer": "相談 花子",
        "explainedOn": "2026-04-01",
        "method": "01",
        "date": "2026-04-01",
        "evidence": "同意書原本",
    },
    "consent-withdrawal": {"receivedBy": "相談 花子"},
    "sharing-grant": {"purpose": "支援のため", "decidedBy": "課長"},
    "grant-revocation": {"reason": "必要がなくなった", "date": "2026-04-01"},
    "release": {"reason": "支援に必要", "decidedBy": "課長", "date": "2026-04-01"},
    "conflict-of-interest": {"declaredBy": "manager", "date": "2026-04-01"},
    "conflict-end": {"reason": "異動", "date": "2026-04-01"},
    "transition": {"date": "2026-04-01"},
    "emergency-access": {"reason": "安否の確認"},
    "disclosure-access": {"requestId": "r-000000000000"},
}


@dataclass
class History:
    """A case, the municipality's contracts and the time."""

    now: datetime = START
    file: CaseFile = field(
        default_factory=lambda: case(
            record("household", {"persons": LEDGER}, about={"": ()}),
            members(member(ELDERLY), member(NPO)),
        )
    )
    contracts: dict[str, Period] = field(
        default_factory=lambda: {COUNCIL: Period(first=date(2020, 4, 1))}
    )
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def day(self) -> date:
        return japanese_day(self.now)

    def add(self, name: str, data: Mapping[str, Any], **fields: Any) -> FormRecord:
        new_id = f"r-{next(self.ids):012d}"
        made = record(
            name,
            {**REST.get(name, {}), **data},
            at=self.now,
            **{"record_id": new_id, "about": {"": (SUBJECT,)}} | fields,
        )
        self.file = self.file.with_records(made)
        # No two records of a case are saved in the same instant.
        self.now += timedelta(seconds=1)
        return made

    def of(self, name: str, index: int) -> FormRecord | None:
        found = self.file.of(name)
        return found[index % len(found)] if found else None

    def rewrite(self, name: str, data: Mapping[str, Any]) -> None:
        before = self.file.records[name]
        self.file = self.file.with_records(
            replace(before, data=data, revision=before.revision + 1, saved_at=self.now)
        )

    def people(self) -> Iterator[Actor]:
        for person in STAFF.values():
            yield replace(person, contract=self.contracts.get(person.agency_id))

    def texts(self) -> tuple[FormRecord, ...]:
        return tuple(r for r in self.file.records.values() if r.form in FORMS)


# --- What may happen ----------------------------------------------------------------------------

Step = tuple[str, Mapping[str, Any]]

INDEX = st.integers(0, 5)
SOME_STAFF = st.lists(st.sampled_from(sorted(STAFF)), unique=True, max_size=5)
SOME_PERSONS = st.sampled_from([[SUBJECT], [SUBJECT], [MOTHER], [SUBJECT, MOTHER], [CHILD], []])
SOME_CLASSES = st.lists(st.sampled_from("12345"), unique=True, min_size=1, max_size=5)
WIDE_CLASSES = st.one_of(*[st.just(list("12345"))] * 3, SOME_CLASSES)
KINDS = ("municipality", "coordinator", "receiving", "participant")
CONFERENCES = ("yotaikyo-25-2", "konkyu-9")
DAYS = st.integers(-10, 20)


def step(name: str, **fields: Any) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), st.fixed_dictionaries(fields))


STEPS: dict[str, st.SearchStrategy[Step]] = {
    "wait": step("wait", days=st.integers(0, 9), hours=st.integers(0, 23)),
    "person": step("person", index=st.integers(0, 2), change=st.sampled_from(["to", "deceasedOn"])),
    "strike off": step("strike off", index=st.integers(1, 2)),
    "join": step("join", agency=st.sampled_from(AGENCIES), kind=st.sampled_from(KINDS[1:])),
    "leave": step("leave", index=INDEX),
    "consent": step(
        "consent",
        person=st.sampled_from(PERSONS),
        agencies=st.sampled_from([list(AGENCIES), [ELDERLY, NPO], [NPO], []]),
        roles=st.sampled_from([list(KINDS), ["participant"], ["receiving", "coordinator"], []]),
        classes=WIDE_CLASSES,
        first=st.sampled_from([0, 0, 0, -5, 5]),
        last=st.sampled_from([None, None, 3, 30]),
        tax=st.booleans(),
        kinds=st.sampled_from([["sharing"]] * 4 + [["sharing", "meeting"], ["research"]]),
        proxy=st.sampled_from([None] * 4 + [("no", "no"), ("yes", "no"), ("no", "unknown")]),
    ),
    "withdraw": step("withdraw", index=INDEX, other_case=st.booleans()),
    "grant": step(
        "grant",
        basis=st.sampled_from(
            ["appi-69-1", "appi-69-2-4", "appi-within-purpose", "konkyu-9", "consent"]
        ),
        agency=st.sampled_from(AGENCIES),
        persons=SOME_PERSONS,
        classes=WIDE_CLASSES,
        text=st.one_of(st.none(), INDEX),
        first=st.sampled_from([0, 0, 5]),
        last=st.sampled_from([0, 9]),
    ),
    "revoke": step("revoke", index=INDEX),
    "meet": step(
        "meet",
        secret=st.booleans(),
        attendees=SOME_STAFF,
        held=DAYS,
        papers=st.lists(st.tuples(INDEX, SOME_CLASSES), max_size=2),
        dated=st.booleans(),
        task=st.sampled_from([None, *AGENCIES]),
        persons=SOME_PERSONS,
    ),
    "rebase": step("rebase", index=INDEX),
    "do the tasks": step("do the tasks", index=INDEX),
    "release": step("release", index=INDEX, wrong_meeting=st.booleans()),
    "declare": step("declare", staff=st.sampled_from(sorted(STAFF))),
    "end declaration": step("end declaration", index=INDEX),
    "close": step("close", to=st.sampled_from(sorted(CLOSED_STATES))),
    "re-open": step("re-open"),
    "end contract": step("end contract", agency=st.sampled_from([COUNCIL, NPO])),
    "start contract": step("start contract", agency=st.sampled_from([COUNCIL, NPO])),
    "assign": step("assign", staff=SOME_STAFF),
    "hold": step("hold", staff=SOME_STAFF),
    "emergency": step(
        "emergency", staff=st.sampled_from(sorted(STAFF)), hours=st.sampled_from([1, 3, 72])
    ),
    "disclose": step(
        "disclose", staff=st.sampled_from(sorted(STAFF)), person=st.sampled_from(PERSONS)
    ),
    "write": step(
        "write",
        form=st.sampled_from(["progress", "assessment-living"]),
        agency=st.sampled_from([OFFICE, *AGENCIES]),
        persons=SOME_PERSONS,
        shared=st.sampled_from(["own", "members", "list"]),
        listed=st.lists(st.sampled_from(AGENCIES), unique=True, max_size=2),
        given=st.sampled_from([None, None, "ours", *CONFERENCES]),
        meeting=INDEX,
    ),
    "edit": step("edit", index=INDEX, agency=st.sampled_from([OFFICE, *AGENCIES])),
}


def happen(history: History, what: str, a: Mapping[str, Any]) -> None:
    """Makes one step of a history. A step that finds nothing to act on does nothing."""
    day = history.day
    match what:
        case "wait":
            history.now += timedelta(days=a["days"], hours=a["hours"])
        case "person":
            rows = [dict(p) for p in history.file.persons]
            rows[a["index"] % len(rows)][a["change"]] = day.isoformat()
            history.rewrite("household", {"persons": rows})
        case "strike off":
            rows = [p for p in history.file.persons if p["personId"] != PERSONS[a["index"]]]
            history.rewrite("household", {"persons": rows})
        case "join":
            rows = history.file.records["members"].data["members"]
            row = member(a["agency"], a["kind"], **{"from": day.isoformat()})
            history.rewrite("members", {"members": [*rows, row]})
        case "leave":
            rows = [dict(r) for r in history.file.records["members"].data["members"]]
            rows[a["index"] % len(rows)]["to"] = (day - timedelta(days=1)).isoformat()
            history.rewrite("members", {"members": rows})
        case "consent":
            history.add("consent", consent_data(a, day), about={"": (a["person"],)})
        case "withdraw":
            consent = history.of("consent", a["index"])
            if consent:
                named = "r-elsewhere000" if a["other_case"] else consent.record_id
                history.add("consent-withdrawal", {"consentId": named, "date": day.isoformat()})
        case "grant":
            history.add("sharing-grant", grant_data(a, day, history.texts()))
        case "revoke":
            if grant := history.of("sharing-grant", a["index"]):
                history.add("grant-revocation", {"grantId": grant.record_id})
        case "meet":
            meet(history, a)
        case "rebase":
            # A 重層的支援会議 that is called a 支援会議 afterwards opens nothing.
            if meeting := history.of("conference", a["index"]):
                change(history, meeting, meeting.agency_id, basis="106-6")
        case "do the tasks":
            if meeting := history.of("conference", a["index"]):
                done = [{**row, "done": day.isoformat()} for row in meeting.data["roles"]]
                change(history, meeting, meeting.agency_id, roles=done)
        case "release":
            kept = [r for r in history.texts() if r.confined]
            if kept:
                released = kept[a["index"] % len(kept)]
                at = released.confined.meeting_id if released.confined else None
                meeting_id = "m-wrong" if a["wrong_meeting"] or at is None else at
                data = {"meetingId": meeting_id, "recordId": released.record_id}
                history.add("release", data)
        case "declare":
            history.add("conflict-of-interest", {"staffId": a["staff"]})
        case "end declaration":
            if declared := history.of("conflict-of-interest", a["index"]):
                history.add("conflict-end", {"conflictId": declared.record_id})
        case "close":
            history.add("transition", {"from": history.file.state, "to": a["to"]})
        case "re-open":
            history.add("transition", {"from": history.file.state, "to": "received"})
        case "end contract":
            if a["agency"] in history.contracts:
                first = history.contracts[a["agency"]].first
                history.contracts[a["agency"]] = Period(first=first, last=day - timedelta(days=1))
        case "start contract":
            history.contracts[a["agency"]] = Period(first=day)
        case "assign":
            history.add("assignment", {"staffIds": a["staff"]}, record_id="assignment")
        case "hold":
            history.add("sealed-holders", {"staffIds": a["staff"]}, record_id="sealed-holders")
        case "emergency" | "disclose":
            hours = a.get("hours", 24)
            data = {
                "staffId": a["staff"],
                "from": to_iso(history.now),
                "to": to_iso(history.now + timedelta(hours=hours)),
            }
            if what == "disclose":
                data["personId"] = a["person"]
            history.add("emergency-access" if "hours" in a else "disclosure-access", data)
        case "write":
            write(history, a)
        case "edit":
            texts = history.texts()
            if texts:
                change(history, texts[a["index"] % len(texts)], a["agency"])
        case unknown:
            raise LookupError(unknown)


def consent_data(a: Mapping[str, Any], day: date) -> dict[str, Any]:
    data: dict[str, Any] = {
        "personId": a["person"],
        "kinds": a["kinds"],
        **({"agencies": a["agencies"]} if a["agencies"] else {}),
        **({"agencyRoles": a["roles"]} if a["roles"] else {}),
        "classes": a["classes"],
        "taxData": a["tax"],
        "from": (day + timedelta(days=a["first"])).isoformat(),
    }
    if a["last"] is not None:
        data["to"] = (day + timedelta(days=a["first"] + a["last"])).isoformat()
    if a["proxy"]:
        data["method"] = "04"
        data["proxy"] = {
            "kind": "03",
            "name": "後見 太郎",
            "evidence": "登記事項証明書",
            "isCounterpart": a["proxy"][0],
            "conflictOfInterest": a["proxy"][1],
        }
    return data


def grant_data(a: Mapping[str, Any], day: date, texts: tuple[FormRecord, ...]) -> dict[str, Any]:
    first = day + timedelta(days=a["first"])
    data: dict[str, Any] = {
        "basis": a["basis"],
        "agencyId": a["agency"],
        "personIds": a["persons"],
        "classes": a["classes"],
        "from": first.isoformat(),
        "to": (first + timedelta(days=a["last"])).isoformat(),
    }
    if a["text"] is not None and texts:
        data["recordIds"] = [texts[a["text"] % len(texts)].record_id]
    return data


def meet(history: History, a: Mapping[str, Any]) -> None:
    texts = history.texts()
    held = history.day + timedelta(days=a["held"])
    number = len(history.file.of("conference"))
    data: dict[str, Any] = {
        **dict.fromkeys(TEXTS, "会議"),
        "meetingId": f"m-{number}",
        "kind": "shien" if a["secret"] else "juso",
        "basis": "106-6" if a["secret"] else "consent",
        "date": held.isoformat(),
        "attendees": [{"staffId": s} for s in a["attendees"]] + [{"name": "登録のない人"}],
        "roles": [{"itemId": "1", "task": "訪問", "agencyId": a["task"], "due": held.isoformat()}]
        if a["task"]
        else [],
    }
    if texts:
        data["papers"] = [
            {"recordId": texts[index % len(texts)].record_id, "classes": classes}
            for index, classes in a["papers"]
        ]
    if a["dated"]:
        data["papersFrom"] = (held - timedelta(days=1)).isoformat()
        data["papersTo"] = held.isoformat()
    ours = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=data["meetingId"])
    history.add(
        "conference",
        data,
        about={"": tuple(a["persons"])},
        confined=ours if a["secret"] else None,
    )


def write(history: History, a: Mapping[str, Any]) -> None:
    confined = None
    if a["given"] == "ours":
        meeting = history.of("conference", a["meeting"])
        meeting_id = meeting.data["meetingId"] if meeting else None
        confined = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=meeting_id)
    elif a["given"]:
        confined = Confinement(basis=Basis(a["given"]), meeting_id=None)
    data = {
        **dict.fromkeys(TEXTS, "記録"),
        "sharedWith": a["shared"],
        "sharedAgencies": a["listed"],
    }
    history.add(
        a["form"],
        data,
        agency_id=a["agency"],
        about={"": tuple(a["persons"])},
        confined=confined,
    )


def change(history: History, before: FormRecord, agency_id: str, **data: Any) -> None:
    after = replace(
        before,
        data={**before.data, **data},
        revision=before.revision + 1,
        contributors=before.contributors | {agency_id},
    )
    history.file = history.file.with_records(after)


def some(*names: str, least: int, most: int) -> st.SearchStrategy[list[Step]]:
    steps = st.one_of(*(STEPS[name] for name in names))
    return st.lists(steps, min_size=least, max_size=most)


# Texts and grounds to read them first: what most of the law is about. Then anything, more of them
# as well.
HISTORIES = st.tuples(
    some("write", "meet", least=2, most=4),
    some("consent", "grant", least=2, most=5),
    some("write", "meet", least=1, most=2),
    some(*STEPS, "consent", "grant", "meet", "write", "release", least=6, most=20),
).map(lambda parts: [step for part in parts for step in part])


def played(steps: Iterable[Step]) -> Iterator[History]:
    """The history after each of its steps."""
    history = History()
    for what, fields in steps:
        happen(history, what, fields)
        yield history


def at_end(steps: Iterable[Step]) -> History:
    history = History()
    for what, fields in steps:
        happen(history, what, fields)
    return history


# --- The judge: one function per rule, over raw records -----------------------------------------


@dataclass
class Judge:
    """All bases on which a person may read a text, from the records themselves."""

    history: History
    who: Actor
    what: FormRecord
    name: str

    def bases(self) -> set[Basis]:
        if self.barred() or self.who.role is Role.AUDITOR:
            return set()
        if TEXTS[self.name] == 6:
            named = self.who.staff_id in self.listed("sealed-holders")
            return {Basis.NAMED_HOLDER} if named and self.on_the_case() else set()
        found = self.by_office() | self.by_meeting() | self.by_disclosure()
        if not self.kept():
            found |= self.by_programme() | self.as_outsider() | self.in_emergency()
        return found

    # What closes.

    def barred(self) -> bool:
        ended = {r.data["conflictId"] for r in self.records("conflict-end")}
        conflict = any(
            r.data["staffId"] == self.who.staff_id and r.record_id not in ended
            for r in self.records("conflict-of-interest")
        )
        contract = self.history.contracts.get(self.who.agency_id)
        without = contract is None or not self.within(contract.first, contract.last)
        return conflict or (self.who.role is Role.COORDINATOR and without)

    def kept(self) -> bool:
        given = self.what.confined
        if given is None:
            return False
        released = any(
            r.data["recordId"] == self.what.record_id
            and given.meeting_id in (r.data["meetingId"], None)
            for r in self.records("release")
        )
        return given.basis is not Basis.SHIEN_KAIGI or not released

    # What opens.

    def on_the_case(self) -> bool:
        role = self.who.role
        if role is Role.MANAGER:
            return True
        if role is Role.OFFICER:
            return bool(self.kinds())
        return role is Role.COORDINATOR and "coordinator" in self.kinds() and self.in_charge()

    def by_office(self) -> set[Basis]:
        officer = self.who.role is Role.OFFICER
        barred = officer and TEXTS[self.name] == 3 and not self.in_charge()
        open_ = self.who.role in MUNICIPAL and self.on_the_case() and not barred
        return {Basis.MUNICIPAL_DUTY} if open_ else set()

    def by_programme(self) -> set[Basis]:
        open_ = self.who.role is Role.COORDINATOR and self.on_the_case() and self.was_there()
        return {Basis.OUTSOURCING} if open_ else set()

    def as_outsider(self) -> set[Basis]:
        kinds = self.kinds() - {"coordinator"}
        class_ = TEXTS[self.name]
        if self.who.role not in OUTSIDE or not kinds:
            return set()
        found = set()
        runs_it = {"municipality", "coordinator"} & {r["kind"] for r in self.rows()}
        alone = self.what.contributors == {self.who.agency_id}
        if self.who.role is Role.AGENCY and alone and class_ != 5 and not runs_it:
            found.add(Basis.OWN_RECORD)
        if self.who.role is Role.COMMISSIONER and class_ not in (1, 5):
            return found
        if not self.was_there():
            return found
        persons = set(self.what.about[""])
        if self.name == "two" or not persons:
            persons = self.whole_household()
        each = [self.consents(p, kinds) | self.grants(p) for p in persons]
        if all(each):
            found |= set().union(*each)
        return found

    def whole_household(self) -> set[str]:
        """Everyone that was ever named, struck off the ledger or not."""
        named = {p["personId"] for p in self.history.file.persons}
        for r in self.history.file.records.values():
            named.update(*r.about.values())
        return named

    def consents(self, person: str, kinds: set[str]) -> set[Basis]:
        found = any(
            str(TEXTS[self.name]) in c["classes"]
            and self.is_named(c, kinds)
            and (self.name != "tax" or c["taxData"])
            for c in self.live_consents(person)
        )
        return {Basis.CONSENT} if found and self.author_shares() else set()

    def is_named(self, c: Mapping[str, Any], kinds: set[str]) -> bool:
        by_role = kinds & set(c.get("agencyRoles", ()))
        return self.who.agency_id in c.get("agencies", ()) or bool(by_role)

    def live_consents(self, person: str) -> list[Mapping[str, Any]]:
        withdrawn = {r.data["consentId"] for r in self.records("consent-withdrawal")}
        return [
            c
            for r in self.records("consent")
            if (c := r.data)["personId"] == person
            and "sharing" in c["kinds"]
            and all(
                c.get("proxy", {}).get(question, "no") == "no"
                for question in ("isCounterpart", "conflictOfInterest")
            )
            and r.record_id not in withdrawn
            and c["from"] <= self.today()
            and (self.today() <= c["to"] if "to" in c else not self.closed_since(r))
        ]

    def closed_since(self, consent: FormRecord) -> bool:
        closings = [
            r.created_at for r in self.records("transition") if r.data["to"] in CLOSED_STATES
        ]
        closed_now = self.history.file.state in CLOSED_STATES
        return closed_now or any(at >= consent.created_at for at in closings)

    def grants(self, person: str) -> set[Basis]:
        revoked = {r.data["grantId"] for r in self.records("grant-revocation")}
        if self.name == "tax" or TEXTS[self.name] == 5:
            return set()
        return {
            Basis(g["basis"])
            for r in self.records("sharing-grant")
            if (g := r.data)["basis"].startswith("appi-")
            and r.record_id not in revoked
            and g["agencyId"] == self.who.agency_id
            and str(TEXTS[self.name]) in g["classes"]
            and g["from"] <= self.today() <= g["to"]
            and (not g["personIds"] or person in g["personIds"])
            and (g["basis"] != "appi-within-purpose" or self.beside_consents(g))
            and (
                self.what.record_id in g["recordIds"]
                if g.get("recordIds")
                else self.author_shares()
            )
        }

    def beside_consents(self, g: Mapping[str, Any]) -> bool:
        """Everybody concerned consents, to somebody, to what the grant opens (L5)."""
        opened = set(g["classes"]) & set("1234")
        return all(
            any(opened <= set(c["classes"]) for c in self.live_consents(person))
            for person in set(g["personIds"]) or self.whole_household()
        )

    def author_shares(self) -> bool:
        if self.what.form != "progress":
            return TEXTS[self.name] != 4
        if self.who.agency_id in self.what.contributors:
            return True
        if self.what.data["sharedWith"] == "members":
            return bool(self.rows())
        listed = self.who.agency_id in self.what.data["sharedAgencies"]
        return self.what.data["sharedWith"] == "list" and listed

    def was_there(self) -> bool:
        """Of a class that only those read who were at the meeting."""
        if TEXTS[self.name] != 5:
            return True
        return self.what.form == "conference" and self.attends(self.what)

    def by_meeting(self) -> set[Basis]:
        given = self.what.confined
        for meeting in self.records("conference"):
            m = meeting.data
            held_as_one = meeting.confined is not None and m["basis"] == "106-6"
            if not held_as_one or not self.attends(meeting) or self.name == "tax":
                continue
            held = date.fromisoformat(m["date"])
            first = date.fromisoformat(m.get("papersFrom", str(held - timedelta(days=7))))
            last = date.fromisoformat(m.get("papersTo", str(held + timedelta(days=14))))
            here = given is not None and given.meeting_id == m["meetingId"]
            laid = given is None and any(
                p["recordId"] == self.what.record_id and str(TEXTS[self.name]) in p["classes"]
                for p in self.last_papers(meeting)
            )
            if self.within(first, last) and (here or laid):
                return {Basis.SHIEN_KAIGI}
        return set()

    def last_papers(self, meeting: FormRecord) -> list[Mapping[str, Any]]:
        """A record that is listed twice is laid with the classes of the last row."""
        rows = {p["recordId"]: p for p in meeting.data.get("papers", ())}
        return list(rows.values())

    def in_emergency(self) -> set[Basis]:
        now = to_iso(self.history.now)
        for r in self.records("emergency-access"):
            longest = to_iso(r.created_at + timedelta(hours=3))
            live = r.data["from"] <= now < min(r.data["to"], longest)
            mine = r.data["staffId"] == self.who.staff_id and self.who.role in MUNICIPAL
            if live and mine and TEXTS[self.name] != 5 and self.what.confined is None:
                return {Basis.EMERGENCY_ACCESS}
        return set()

    def by_disclosure(self) -> set[Basis]:
        persons = set(self.what.about[""])
        if self.name == "two" or not persons:
            persons = self.whole_household()
        now = to_iso(self.history.now)
        for r in self.records("disclosure-access"):
            live = r.data["from"] <= now < r.data["to"]
            mine = r.data["staffId"] == self.who.staff_id and self.who.role in MUNICIPAL
            if live and mine and r.data["personId"] in persons:
                return {Basis.DISCLOSURE_DUTY}
        return set()

    # Words of the rules above.

    def records(self, name: str) -> list[FormRecord]:
        return [r for r in self.history.file.records.values() if r.form == name]

    def rows(self) -> list[Mapping[str, Any]]:
        rows = self.history.file.records["members"].data["members"]
        return [row for row in rows if row["agencyId"] == self.who.agency_id]

    def kinds(self) -> set[str]:
        today = self.today()
        return {
            row["kind"]
            for row in self.rows()
            if row["from"] <= today and today <= row.get("to", "9999")
        }

    def listed(self, name: str) -> list[str]:
        found = self.history.file.records.get(name)
        return list(found.data["staffIds"]) if found else []

    def in_charge(self) -> bool:
        named = self.listed("assignment")
        return not named or self.who.staff_id in named

    def attends(self, meeting: FormRecord) -> bool:
        return any(a.get("staffId") == self.who.staff_id for a in meeting.data["attendees"])

    def today(self) -> str:
        return self.history.day.isoformat()

    def within(self, first: date, last: date | None) -> bool:
        return first <= self.history.day and (last is None or self.history.day <= last)


# --- The properties -----------------------------------------------------------------------------


def answer(history: History, facts: Situation, who: Actor, what: FormRecord, name: str) -> Any:
    form_ = FORMS[what.form]
    persons = frozenset[str]() if name == "two" else what.persons_of(name)
    return may_read(who, facts, matter_of(form_, what, name, persons, facts), history.now)


def answers(history: History, facts: Situation) -> dict[tuple[str, str, str], Basis | None]:
    return {
        (who.staff_id, what.record_id, name): answer(history, facts, who, what, name)
        for who in history.people()
        for what in history.texts()
        for name in TEXTS
    }


def opened(history: History) -> set[tuple[str, str, str]]:
    found = answers(history, situation(history.file))
    return {asked for asked, basis in found.items() if basis is not None}


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_every_answer_is_the_judges(steps: list[Step]) -> None:
    for history in played(steps):
        facts = situation(history.file)
        people = {p.staff_id: p for p in history.people()}
        for (who, what, name), basis in answers(history, facts).items():
            lawful = Judge(history, people[who], history.file.records[what], name).bases()
            asked = (who, what, name, basis, lawful)
            assert (basis in lawful) if lawful else (basis is None), asked
            if basis is not None:
                known = decide_case(people[who], Action.READ_CASE, facts, history.now)
                assert known.allowed, asked


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_what_a_conference_gave_stays_with_those_who_attended(steps: list[Step]) -> None:
    """Consents, grants and memberships make no difference to it."""
    history = at_end(steps)
    kept = [
        r
        for r in history.texts()
        if r.confined and r.record_id not in situation(history.file).released
    ]
    bare = replace(
        situation(history.file), consents=(), grants=(), own_records=frozenset(), emergencies=()
    )
    for what in kept:
        for who in history.people():
            for name in TEXTS:
                basis = answer(history, situation(history.file), who, what, name)
                assert basis is answer(history, bare, who, what, name)
                attended = any(
                    a.get("staffId") == who.staff_id
                    for m in history.file.of("conference")
                    for a in m.data["attendees"]
                )
                if basis is not None and who.role not in MUNICIPAL and TEXTS[name] != 6:
                    assert basis is Basis.SHIEN_KAIGI and attended


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_taking_a_ground_away_never_opens_anything(steps: list[Step]) -> None:
    history = at_end(steps)
    before = opened(history)
    for removed in history.file.records.values():
        grounds = ("consent", "sharing-grant", "release", "emergency-access", "disclosure-access")
        if removed.form in grounds:
            rest = {k: r for k, r in history.file.records.items() if k != removed.record_id}
            less = replace(history, file=replace(history.file, records=rest))
            if removed.form == "consent":
                # It also names a person of the household, who stays: the signature alone goes.
                unsigned = replace(removed, data={**removed.data, "kinds": ["application"]})
                less = replace(history, file=history.file.with_records(unsigned))
            assert opened(less) <= before
        if removed.form == "conference":
            alone = replace(removed, data={**removed.data, "attendees": []})
            assert opened(replace(history, file=history.file.with_records(alone))) <= before
    rows = history.file.records["members"].data["members"]
    yesterday = (history.day - timedelta(days=1)).isoformat()
    for index, row in enumerate(rows):
        fewer = [*rows[:index], {**row, "to": yesterday}, *rows[index + 1 :]]
        ended = History(now=history.now, file=history.file, contracts=history.contracts)
        ended.rewrite("members", {"members": fewer})
        assert opened(ended) <= before


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.sampled_from(sorted(STAFF)))
def test_a_declared_conflict_blocks_whoever_it_is(steps: list[Step], who: str) -> None:
    history = at_end(steps)
    before = opened(history)
    history.add("conflict-of-interest", {"staffId": who})
    assert opened(history) == {asked for asked in before if asked[0] != who}
    person = next(p for p in history.people() if p.staff_id == who)
    for action in Action:
        assert not decide_case(person, action, situation(history.file), history.now).allowed


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_deaths_and_departures_change_nothing(steps: list[Step]) -> None:
    history = at_end(steps)
    before = opened(history)
    for index, change in ((0, "deceasedOn"), (1, "deceasedOn"), (1, "to")):
        happen(history, "person", {"index": index, "change": change})
    assert opened(history) == before


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_withdrawal_acts_on_the_next_request(steps: list[Step]) -> None:
    history = at_end(steps)
    for consent in history.file.of("consent"):
        history.add("consent-withdrawal", {"consentId": consent.record_id, "date": "2099-01-01"})
    assert Basis.CONSENT not in answers(history, situation(history.file)).values()


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_closing_ends_undated_consents_for_good(steps: list[Step]) -> None:
    history = at_end(steps)
    happen(history, "close", {"to": "closed"})
    closed = opened(history)
    happen(history, "re-open", {})
    assert opened(history) == closed
    dated = {c.record_id for c in history.file.of("consent") if "to" in c.data}
    alive = {c.consent_id for c in situation(history.file).consents if not c.lapsed}
    assert alive <= dated


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_the_contractor_loses_everything_with_its_contract(steps: list[Step]) -> None:
    history = at_end(steps)
    history.contracts.clear()
    assert not [asked for asked in opened(history) if asked[0] in ("programme", "programme-2")]
    for who in history.people():
        if who.role is Role.COORDINATOR:
            assert not may_write_form(who, "progress", history.now)
            assert not may_write_form(who, "decision", history.now)


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_a_successor_of_the_contract_takes_over_without_a_new_consent(steps: list[Step]) -> None:
    """With contract and membership in hand; minutes and what was given at conferences stay with
    those who were there."""
    history = at_end(steps)
    for name in ("assignment", "sealed-holders"):
        history.add(name, {"staffIds": []}, record_id=name)
    rows = [
        r for r in history.file.records["members"].data["members"] if r["kind"] != "coordinator"
    ]
    for agency, loser, winner in (
        (COUNCIL, "programme-2", "programme"),
        (NPO, "programme", "programme-2"),
    ):
        history.contracts.clear()
        history.contracts[agency] = Period(first=history.day)
        row = member(agency, "coordinator", **{"from": history.day.isoformat()})
        history.rewrite("members", {"members": [*rows, row]})
        blocked = situation(history.file).conflicts
        seen = opened(history)
        assert not [asked for asked in seen if asked[0] == loser]
        for what in history.texts():
            for name in ("one", "two", "three", "four", "tax"):
                free = what.confined is None and winner not in blocked
                assert not free or (winner, what.record_id, name) in seen


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_auditors_read_the_log_and_no_record(steps: list[Step]) -> None:
    history = at_end(steps)
    facts = situation(history.file)
    auditor = next(p for p in history.people() if p.role is Role.AUDITOR)
    assert not [asked for asked in opened(history) if asked[0] == auditor.staff_id]
    log = decide_case(auditor, Action.READ_AUDIT, facts, history.now)
    assert log.allowed == (auditor.staff_id not in facts.conflicts)
    assert not decide_case(auditor, Action.READ_CASE, facts, history.now).allowed


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_facts_survive_their_way_through_text(steps: list[Step]) -> None:
    for history in played(steps):
        facts = situation(history.file)
        assert load(dump(facts)) == facts
        assert dump(load(dump(facts))) == dump(facts)


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_a_reader_remembers_what_the_law_says(steps: list[Step]) -> None:
    """One reader over all texts, in both orders, against a decision made afresh for each."""
    history = at_end(steps)
    facts = situation(history.file)
    for who in history.people():
        reader = Reader(actor=who, situation=facts, now=history.now)
        for what in (*history.texts(), *reversed(history.texts())):
            form_ = FORMS[what.form]
            for name in TEXTS:
                persons = frozenset[str]() if name == "two" else what.persons_of(name)
                matter = matter_of(form_, what, name, persons, facts)
                assert reader.basis(matter) is may_read(who, facts, matter, history.now)
            shown = reader.show(form_, replace(what, data=dict.fromkeys(TEXTS, "文")))
            assert set(shown.data) <= set(TEXTS)
            for name in TEXTS:
                basis = answer(history, facts, who, what, name)
                if what.form != "progress":
                    assert (name in shown.data) == (basis is not None)


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_the_records_of_a_history_fit_their_forms(steps: list[Step]) -> None:
    """What the law reads is what the forms hold: the same names, the same codes."""
    history = at_end(steps)
    for made in history.file.records.values():
        if made.form not in ("intake", "progress", "assessment-living"):
            data = {name: value for name, value in made.data.items() if name not in TEXTS}
            assert check(form(made.form, made.version), data) == (), (made.form, data)


def test_a_history_can_hold_everything_it_is_made_of() -> None:
    """Each kind of step does what its name says, so that the properties above are about it."""
    history = at_end(
        [
            ("start contract", {"agency": COUNCIL}),
            ("join", {"agency": ELDERLY, "kind": "participant"}),
            (
                "consent",
                {
                    "person": SUBJECT,
                    "agencies": [],
                    "roles": ["participant"],
                    "classes": list("12345"),
                    "first": 0,
                    "last": None,
                    "tax": True,
                    "kinds": ["sharing"],
                    "proxy": None,
                },
            ),
            (
                "write",
                {
                    "form": "progress",
                    "agency": OFFICE,
                    "persons": [SUBJECT],
                    "shared": "members",
                    "listed": [],
                    "given": None,
                    "meeting": 0,
                },
            ),
            ("hold", {"staff": ["officer"]}),
            ("declare", {"staff": "officer-2"}),
        ]
    )
    text = history.texts()[0].record_id
    seen = {(who, name) for who, what, name in opened(history) if what == text}
    assert {name for who, name in seen if who == "elderly"} == {"one", "three", "four", "tax"}
    assert {name for who, name in seen if who == "commissioner"} == {"one"}
    assert {name for who, name in seen if who == "officer"} == set(TEXTS)
    assert {name for who, name in seen if who == "programme"} == set(TEXTS) - {"five", "six"}
    assert not [name for who, name in seen if who == "officer-2"]
    assert {MemberKind(kind) for kind in KINDS} == set(MemberKind)
