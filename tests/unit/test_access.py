"""The law of sharing over its small model: every role, data class and situation.

`expected` says the law once more in other words than the code: as the matrix of DOMAIN §4.2,
corrected by §4.10, over the names of situations. The code answers over the facts built from them.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import combinations, product
from typing import Any

import pytest

from lambdas.casework.access import (
    BOOK_READERS,
    CONFERENCE_BASES,
    GRANT_BASES,
    WRITERS,
    Action,
    Actor,
    Basis,
    Confinement,
    Consent,
    Grant,
    Matter,
    Meeting,
    MemberKind,
    Membership,
    Period,
    Role,
    Situation,
    TimedAccess,
    decide,
    decide_case,
    has_live_consent,
    may_read,
    may_read_book,
    may_write,
    may_write_form,
)
from lambdas.casework.forms import form as form_of
from lambdas.casework.forms import form_names, form_versions, labels

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ME, COLLEAGUE = "me", "colleague"
MINE, THEIRS = "mine", "theirs"
ONE, TWO = "p-one", "p-two"
RECORD = "r-this"

# --- The model: what may differ, each with the name of what it may be -------------------------

DIMENSIONS: Mapping[str, tuple[Any, ...]] = {
    "role": tuple(Role),
    "data_class": (1, 2, 3, 4, 5, 6),
    "registered": ("yes", "over", "not yet"),
    "contract": ("live", "none", "over", "not yet", "office"),
    "member": (
        "participant",
        "receiving",
        "coordinator",
        "municipality",
        "ended",
        "not yet",
        "none",
        "participant, once the programme",
    ),
    "wrote": ("they", "we", "both"),
    "shared": ("unasked", "with us", "not with us"),
    "about": ("one", "two", "household"),
    "consent": (
        "none",
        "named",
        "by role",
        "undated",
        "with tax",
        "expired",
        "future",
        "withdrawn",
        "lapsed",
        "other person",
        "other class",
        "other agency",
    ),
    "second": ("none", "consents", "granted"),
    "grant": (
        "none",
        "live",
        "household",
        "this record",
        "other record",
        "ended",
        "future",
        "revoked",
        "other person",
        "other class",
        "other agency",
        "conference basis",
        "within purpose",
    ),
    "place": (
        "ordinary",
        "given",
        "released",
        "laid",
        "laid, other class",
        "given elsewhere",
        "given elsewhere, released",
        "our 106-6 minutes",
        "our juso minutes",
    ),
    "attends": ("no", "in window", "after", "before", "colleague"),
    "juso": ("no", "attends"),
    "task": (False, True),
    "charge": ("office", "me", "other"),
    "conflict": ("no", "mine", "colleague's"),
    "holder": ("no", "me", "colleague"),
    "emergency": ("none", "live", "over", "too long", "colleague's"),
    "disclosure": ("none", "live", "for two", "over", "colleague's"),
    "case": ("open", "closed"),
    "tax": (False, True),
}
BASE = {name: values[0] for name, values in DIMENSIONS.items()}


# --- What the law says of it ----------------------------------------------------------------

# Columns of DOMAIN §4.2, classes 1–6. A all, assigned, C consented, own own or shared by its
# author, attended, named holders, - none. 支援会議 (K) opens by attendance, whatever the role.
MATRIX = {
    Role.MANAGER: ("A", "A", "A", "A", "A", "named"),
    Role.OFFICER: ("A", "A", "assigned", "A", "A", "named"),
    Role.COORDINATOR: ("assigned", "assigned", "assigned", "assigned", "attended", "named"),
    Role.AGENCY: ("C", "C", "C", "own", "attended", "-"),
    Role.COMMISSIONER: ("C", "-", "-", "-", "attended", "-"),
    Role.AUDITOR: ("-", "-", "-", "-", "-", "-"),
}
MUNICIPAL = {Role.MANAGER, Role.OFFICER}
OUTSIDE = {Role.AGENCY, Role.COMMISSIONER}
LIVE_MEMBER = {
    "participant",
    "receiving",
    "coordinator",
    "municipality",
    "participant, once the programme",
}
GIVEN_AT_OURS = {"given", "released", "our 106-6 minutes"}
KEPT = {"given", "our 106-6 minutes", "given elsewhere", "given elsewhere, released"}
CONFINED = KEPT | {"released"}


def expected(p: Mapping[str, Any]) -> Basis | None:
    """The basis that the law gives, or None."""
    if shut_out(p) or p["role"] is Role.AUDITOR:
        return None
    if p["data_class"] == 6:
        return Basis.NAMED_HOLDER if p["holder"] == "me" and duty(p) else None
    grounds = [
        (by_office(p), {"kept"}),
        (by_programme(p), set()),
        (as_outsider(p), set()),
        (in_conference(p), {"kept"}),
        (emergency(p) if p["data_class"] != 5 and p["place"] not in CONFINED else None, set()),
        (disclosure(p), {"kept"}),
    ]
    open_ = (basis for basis, opens in grounds if p["place"] not in KEPT or "kept" in opens)
    return next((basis for basis in open_ if basis), None)


def shut_out(p: Mapping[str, Any]) -> bool:
    contractor = p["role"] is Role.COORDINATOR
    return (
        p["registered"] != "yes"
        or p["conflict"] == "mine"
        or (contractor and p["contract"] not in ("live", "office"))
    )


def duty(p: Mapping[str, Any]) -> Basis | None:
    """Who works on the case because the municipality, or its contract, says so."""
    office = Basis.MUNICIPAL_DUTY
    return {
        Role.MANAGER: office,
        Role.OFFICER: office if p["member"] in LIVE_MEMBER else None,
        Role.COORDINATOR: None
        if p["charge"] == "other"
        else office
        if p["contract"] == "office" and p["member"] in LIVE_MEMBER
        else Basis.OUTSOURCING
        if p["contract"] == "live" and p["member"] == "coordinator"
        else None,
    }.get(p["role"])


def by_office(p: Mapping[str, Any]) -> Basis | None:
    if p["role"] not in MUNICIPAL:
        return None
    assigned = MATRIX[p["role"]][p["data_class"] - 1] == "assigned"
    return None if assigned and p["charge"] == "other" else duty(p)


def by_programme(p: Mapping[str, Any]) -> Basis | None:
    if p["role"] is not Role.COORDINATOR:
        return None
    attended = MATRIX[p["role"]][p["data_class"] - 1] == "attended"
    return None if attended and not was_there(p) else duty(p)


def was_there(p: Mapping[str, Any]) -> bool:
    there = p["place"] == "our juso minutes" and p["juso"] == "attends"
    return there or (
        p["place"] == "our 106-6 minutes" and p["attends"] in ("in window", "after", "before")
    )


def as_outsider(p: Mapping[str, Any]) -> Basis | None:
    belongs = p["member"] in LIVE_MEMBER - {"coordinator"}
    token = MATRIX[p["role"]][p["data_class"] - 1]
    if p["role"] not in OUTSIDE or not belongs:
        return None
    for_itself = p["member"] in ("participant", "receiving")
    if p["role"] is Role.AGENCY and p["wrote"] == "we" and p["data_class"] != 5 and for_itself:
        return Basis.OWN_RECORD
    if token == "-" or (token == "attended" and not was_there(p)):
        return None
    one = consent_of_one(p) or grant_on(p, "one")
    two = (Basis.CONSENT if second_consents(p) else None) or grant_on(p, "two")
    asked = {one} if p["about"] == "one" else {one, two}
    if None in asked:
        return None
    others = sorted(b for b in asked if b and b is not Basis.CONSENT)
    return others[0] if others else Basis.CONSENT


def shared_with_us(p: Mapping[str, Any]) -> bool:
    return p["shared"] == "with us" or (p["shared"] == "unasked" and p["data_class"] != 4)


def consent_of_one(p: Mapping[str, Any]) -> Basis | None:
    by_role = {"participant", "receiving", "participant, once the programme"}
    live = {
        "named": not p["tax"],
        "with tax": True,
        "by role": not p["tax"] and p["member"] in by_role,
        "undated": not p["tax"] and p["case"] == "open",
    }.get(p["consent"], False)
    return Basis.CONSENT if live and shared_with_us(p) else None


def one_consents_to_somebody(p: Mapping[str, Any]) -> bool:
    dated = p["consent"] in ("named", "by role", "with tax", "other agency")
    return dated or (p["consent"] == "undated" and p["case"] == "open")


def second_consents(p: Mapping[str, Any]) -> bool:
    """The second person's consent, when they give one, covers everything, tax data too."""
    return p["second"] == "consents" and shared_with_us(p)


def grant_on(p: Mapping[str, Any], person: str) -> Basis | None:
    if p["tax"] or p["data_class"] == 5:
        return None
    if p["grant"] == "this record" and person == "one":
        return Basis.APPI_69_2_4
    if not shared_with_us(p):
        return None
    # The purpose stands beside a consent, to whomever it is, never in its place (L5).
    if p["grant"] == "within purpose" and person == "one" and one_consents_to_somebody(p):
        return Basis.APPI_WITHIN_PURPOSE
    covers = {"live": {"one"}, "household": {"one", "two"}}.get(p["grant"], set())
    if person in covers:
        return Basis.APPI_69_2_4
    return Basis.APPI_69_1 if person == "two" and p["second"] == "granted" else None


def in_conference(p: Mapping[str, Any]) -> Basis | None:
    """支援会議: what was given there and its papers, to those who attend, while papers are open;
    an open task of theirs for longer. Tax data need a consent that names them."""
    opened = p["attends"] == "in window" and p["place"] in GIVEN_AT_OURS | {"laid"}
    task = p["task"] and p["attends"] in ("in window", "after") and p["place"] in GIVEN_AT_OURS
    return Basis.SHIEN_KAIGI if (opened or task) and not p["tax"] else None


def emergency(p: Mapping[str, Any]) -> Basis | None:
    return Basis.EMERGENCY_ACCESS if p["role"] in MUNICIPAL and p["emergency"] == "live" else None


def disclosure(p: Mapping[str, Any]) -> Basis | None:
    concerned = {"live": True, "for two": p["about"] != "one"}.get(p["disclosure"], False)
    return Basis.DISCLOSURE_DUTY if p["role"] in MUNICIPAL and concerned else None


# --- The same, as facts for the code ----------------------------------------------------------


def period(first: int, last: int | None = None) -> Period:
    """Days from today."""
    return Period(first=TODAY + first * DAY, last=None if last is None else TODAY + last * DAY)


@cache
def actor(role: Role, registered: str = "yes", contract: str = "live") -> Actor:
    registration = {"yes": period(-9), "over": period(-9, -1), "not yet": period(1)}[registered]
    return Actor(
        staff_id=ME,
        display_name="職員",
        role=role,
        agency_id=MINE,
        agency_name="機関",
        valid_from=registration.first,
        valid_to=registration.last,
        contract={
            "live": period(-9, 0),
            "over": period(-9, -1),
            "not yet": period(1),
        }.get(contract),
        office=contract == "office",
    )


@cache
def memberships(member: str) -> tuple[Membership, ...]:
    rows = {
        "none": (),
        "ended": (("participant", period(-9, -1)),),
        "not yet": (("participant", period(1)),),
        "participant, once the programme": (
            ("coordinator", period(-9, -2)),
            ("participant", period(-1)),
        ),
    }.get(member, ((member, period(0, 0)),))
    return (
        Membership(
            agency_id=THEIRS, kind=MemberKind.PARTICIPANT, valid_from=TODAY - DAY, valid_to=None
        ),
        *(
            Membership(
                agency_id=MINE, kind=MemberKind(kind), valid_from=when.first, valid_to=when.last
            )
            for kind, when in rows
        ),
    )


@cache
def consents(consent: str, second: str, data_class: int) -> tuple[Consent, ...]:
    def given(person: str = ONE, **changes: Any) -> Consent:
        preset: dict[str, Any] = {
            "consent_id": "r-consent",
            "person_id": person,
            "agencies": frozenset({MINE}),
            "agency_kinds": frozenset(),
            "classes": frozenset({data_class}),
            "tax_data": False,
            "period": period(-1, 0),
            "withdrawn": False,
        }
        return Consent(**preset | changes)

    by_role = frozenset({MemberKind.PARTICIPANT, MemberKind.RECEIVING, MemberKind.COORDINATOR})
    first = {
        "none": None,
        "named": given(),
        "by role": given(agencies=frozenset(), agency_kinds=by_role),
        "undated": given(period=period(-1)),
        "with tax": given(tax_data=True),
        "expired": given(period=period(-9, -1)),
        "future": given(period=period(1)),
        "withdrawn": given(withdrawn=True),
        "lapsed": given(period=period(-1), lapsed=True),
        "other person": given("p-nobody"),
        "other class": given(classes=frozenset(range(1, 7)) - {data_class}),
        "other agency": given(agencies=frozenset({THEIRS})),
    }[consent]
    other = given(TWO, tax_data=True) if second == "consents" else None
    return tuple(c for c in (first, other) if c is not None)


@cache
def grants(grant: str, second: str, data_class: int) -> tuple[Grant, ...]:
    def given(basis: Basis = Basis.APPI_69_2_4, **changes: Any) -> Grant:
        preset: dict[str, Any] = {
            "grant_id": "r-grant",
            "basis": basis,
            "agency_id": MINE,
            "persons": frozenset({ONE}),
            "classes": frozenset({data_class}),
            "records": frozenset(),
            "period": period(-1, 0),
            "revoked": False,
        }
        return Grant(**preset | changes)

    first = {
        "none": None,
        "live": given(),
        "household": given(persons=frozenset()),
        "this record": given(records=frozenset({RECORD})),
        "other record": given(records=frozenset({"r-other"})),
        "ended": given(period=period(-9, -1)),
        "future": given(period=period(1, 9)),
        "revoked": given(revoked=True),
        "other person": given(persons=frozenset({"p-nobody"})),
        "other class": given(classes=frozenset(range(1, 7)) - {data_class}),
        "other agency": given(agency_id=THEIRS),
        "conference basis": given(Basis.YOTAIKYO_25_2),
        "within purpose": given(Basis.APPI_WITHIN_PURPOSE),
    }[grant]
    other = given(Basis.APPI_69_1, persons=frozenset({TWO})) if second == "granted" else None
    return tuple(g for g in (first, other) if g is not None)


@cache
def meetings(
    place: str, attends: str, juso: str, task: bool, data_class: int
) -> tuple[Meeting, ...]:
    def held(record_id: str, meeting_id: str, staff: set[str], **changes: Any) -> Meeting:
        preset: dict[str, Any] = {
            "secret": True,
            "window": period(-1, 0),
            "papers": {},
            "tasked": frozenset({MINE}) if task else frozenset(),
        }
        return Meeting(
            record_id=record_id,
            meeting_id=meeting_id,
            attendees=frozenset(staff),
            **preset | changes,
        )

    there = {"no": set[str](), "colleague": {COLLEAGUE}}.get(attends, {ME, COLLEAGUE})
    window = {"after": period(-9, -1), "before": period(1, 9)}.get(attends, period(-1, 0))
    other_class = frozenset(range(1, 6)) - {data_class}
    papers = {
        "laid": {RECORD: frozenset({data_class})},
        "laid, other class": {RECORD: other_class},
        # What another conference gave is no paper of ours, whoever lays it.
        "given elsewhere": {RECORD: frozenset({data_class})},
    }.get(place, {})
    return (
        held(
            RECORD if place == "our 106-6 minutes" else "r-shien",
            "m-shien",
            there,
            window=window,
            papers=papers,
        ),
        held(
            RECORD if place == "our juso minutes" else "r-juso",
            "m-juso",
            {ME} if juso == "attends" else {COLLEAGUE},
            secret=False,
            papers={RECORD: frozenset({data_class})},
            tasked=frozenset(),
        ),
    )


@cache
def timed(name: str, disclosing: bool) -> tuple[TimedAccess, ...]:
    def lasting(first: float, last: float, staff: str = ME, person: str = ONE) -> TimedAccess:
        return TimedAccess(
            staff_id=staff,
            first=NOW + first * HOUR,
            last=NOW + last * HOUR,
            person_id=person if disclosing else None,
        )

    return {
        "none": (),
        "live": (lasting(-2, 1),),
        "for two": (lasting(-2, 1, person=TWO),),
        "over": (lasting(-2, 0),),
        # Its record says five hours; three are over.
        "too long": (lasting(-3, 2),),
        "colleague's": (lasting(-2, 1, COLLEAGUE),),
    }[name]


def situation_of(p: Mapping[str, Any]) -> Situation:
    return Situation(
        case_id="K7QM-2T9X-4RBD",
        closed=p["case"] == "closed",
        subject=ONE,
        persons=frozenset({ONE, TWO}),
        memberships=memberships(p["member"]),
        own_records=frozenset({MINE})
        if p["wrote"] == "we" and p["place"] not in KEPT
        else frozenset(),
        in_charge={
            "office": frozenset[str](),
            "me": frozenset({ME}),
            "other": frozenset({COLLEAGUE}),
        }[p["charge"]],
        consents=consents(p["consent"], p["second"], p["data_class"]),
        grants=grants(p["grant"], p["second"], p["data_class"]),
        meetings=meetings(p["place"], p["attends"], p["juso"], p["task"], p["data_class"]),
        released=frozenset({RECORD}) if "released" in p["place"] else frozenset(),
        conflicts={
            "no": frozenset[str](),
            "mine": frozenset({ME}),
            "colleague's": frozenset({COLLEAGUE}),
        }[p["conflict"]],
        holders={
            "no": frozenset[str](),
            "me": frozenset({ME}),
            "colleague": frozenset({COLLEAGUE}),
        }[p["holder"]],
        emergencies=timed(p["emergency"], False),
        disclosures=timed(p["disclosure"], True),
    )


@cache
def matter(
    data_class: int, about: str, wrote: str, place: str, shared: str, tax: bool, task: bool
) -> Matter:
    ours = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id="m-shien")
    return Matter(
        record_id=RECORD,
        data_class=data_class,
        persons={"one": {ONE}, "two": {ONE, TWO}}.get(about, frozenset())
        and frozenset({"one": {ONE}, "two": {ONE, TWO}}[about]),
        contributors=frozenset({"we": {MINE}, "they": {THEIRS}, "both": {MINE, THEIRS}}[wrote]),
        confined=ours
        if place in GIVEN_AT_OURS
        else Confinement(basis=Basis.YOTAIKYO_25_2, meeting_id=None)
        if place in CONFINED
        else None,
        shared={
            "unasked": None,
            "with us": frozenset({MINE, THEIRS}),
            "not with us": frozenset({THEIRS}),
        }[shared],
        tax_data=tax,
        task=task,
    )


def matter_of(p: Mapping[str, Any]) -> Matter:
    names = ("data_class", "about", "wrote", "place", "shared", "tax", "task")
    return matter(*(p[name] for name in names))


def actor_of(p: Mapping[str, Any]) -> Actor:
    return actor(p["role"], p["registered"], p["contract"])


def point(**changes: Any) -> dict[str, Any]:
    return BASE | changes


def every(*names: str) -> dict[str, tuple[Any, ...]]:
    return {name: DIMENSIONS[name] for name in names}


def points(**dimensions: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """Every combination of these values; what is not named stands as in BASE."""
    for values in product(*dimensions.values()):
        yield BASE | dict(zip(dimensions, values, strict=True))


def check(p: Mapping[str, Any]) -> Basis | None:
    facts = situation_of(p)
    answer = may_read(actor_of(p), facts, matter_of(p), NOW)
    assert answer is expected(p), differing(p)
    # Whoever may read a part may know of the case.
    if answer is not None:
        assert decide_case(actor_of(p), Action.READ_CASE, facts, NOW).allowed, differing(p)
    return answer


def differing(p: Mapping[str, Any]) -> dict[str, Any]:
    return {name: p[name] for name in p if p[name] != BASE[name] or name in ("role", "data_class")}


# --- The walk -----------------------------------------------------------------------------------

# Every combination of what belongs together; what is not named stands as in BASE.
WALKS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "duty": every("registered", "contract", "member", "charge", "conflict", "holder"),
    "consent": every("member", "consent", "second", "about", "case"),
    "tax": every("consent", "grant", "second", "about", "tax"),
    "grant": every("grant", "second", "about", "shared", "member"),
    "consent and grant": every("consent", "grant", "second", "about", "shared"),
    "own record": every("member", "wrote", "shared", "place") | {"consent": ("none", "named")},
    "conference": every("place", "attends", "task", "juso", "consent", "tax"),
    "conference and duty": every("place", "attends", "contract", "charge")
    | {"member": ("none", "coordinator", "municipality")},
    "exceptions": every("emergency", "disclosure", "place", "about", "charge"),
}


@pytest.mark.parametrize("walk", WALKS)
def test_every_situation(walk: str) -> None:
    answers = {check(p) for p in points(**every("role", "data_class"), **WALKS[walk])}
    assert None in answers and len(answers) > 1


def test_every_two_departures_from_a_consented_case_and_from_an_unconsented_one() -> None:
    """What no walk combines is combined here two by two, for each role."""
    rest = [name for name in DIMENSIONS if name not in ("role", "data_class")]
    for role, data_class, consent in product(Role, (1, 3, 4, 5), ("none", "named")):
        base = point(role=role, data_class=data_class, consent=consent, shared="with us")
        for pair in combinations(rest, 2):
            for values in product(*every(*pair).values()):
                check(base | dict(zip(pair, values, strict=True)))


def test_random_points_of_the_whole_model() -> None:
    draw = random.Random(1066)  # noqa: S311  # a sample, the same at each run
    answers = {
        check({name: draw.choice(values) for name, values in DIMENSIONS.items()})
        for _ in range(30_000)
    }
    assert answers >= {
        None,
        Basis.MUNICIPAL_DUTY,
        Basis.OUTSOURCING,
        Basis.OWN_RECORD,
        Basis.CONSENT,
        Basis.SHIEN_KAIGI,
        Basis.NAMED_HOLDER,
        Basis.EMERGENCY_ACCESS,
        Basis.DISCLOSURE_DUTY,
        Basis.APPI_69_1,
        Basis.APPI_69_2_4,
    }


@pytest.mark.parametrize("data_class", [-1, 0, 7, 8])
def test_what_is_in_no_class_is_shown_to_nobody(data_class: int) -> None:
    draw = random.Random(69)  # noqa: S311
    for _ in range(3_000):
        p = {name: draw.choice(values) for name, values in DIMENSIONS.items()}
        strange = replace(matter_of(p), data_class=data_class)
        assert may_read(actor_of(p), situation_of(p), strange, NOW) is None


# --- What concerns the case as a whole ---------------------------------------------------------


def known(p: Mapping[str, Any]) -> Basis | None:
    """Why the actor may know of the case: some part of it, of whomever, could be open to them."""
    if shut_out(p) or p["role"] is Role.AUDITOR:
        return None
    agency = p["role"] is Role.AGENCY
    belongs = p["role"] in OUTSIDE and p["member"] in LIVE_MEMBER - {"coordinator"}
    for_itself = p["member"] in ("participant", "receiving")
    live = {"named", "with tax", "other person"} | ({"undated"} if p["case"] == "open" else set())
    live |= {"by role"} if p["member"].startswith(("participant", "receiving")) else set()
    granted = {"live", "household", "this record", "other record", "other person"}
    # The class that is asked for is 1: all that 民生委員 ever read, but minutes where they were.
    was_at_one = p["attends"] in ("in window", "after", "before")
    other = {"other class"} if agency else set()
    minutes = {"other class"} if was_at_one else set()
    grounds = {
        duty(p): True,
        Basis.OWN_RECORD: belongs and agency and for_itself and p["wrote"] == "we",
        Basis.CONSENT: belongs and p["consent"] in live | other | minutes,
        Basis.APPI_69_2_4: belongs and p["grant"] in granted | other,
        Basis.APPI_WITHIN_PURPOSE: belongs
        and p["grant"] == "within purpose"
        and one_consents_to_somebody(p),
        Basis.SHIEN_KAIGI: p["attends"] == "in window" or (p["task"] and p["attends"] == "after"),
        Basis.EMERGENCY_ACCESS: bool(emergency(p)),
        Basis.DISCLOSURE_DUTY: p["role"] in MUNICIPAL and p["disclosure"] in ("live", "for two"),
    }
    return next((basis for basis, holds in grounds.items() if basis and holds), None)


KNOWN_WALKS = (
    every("member", "wrote", "consent", "attends", "case"),
    every("member", "grant", "attends", "task"),
    every("registered", "contract", "member", "conflict", "charge", "attends"),
    every("member", "emergency", "disclosure", "charge"),
)


@pytest.mark.parametrize("walk", KNOWN_WALKS)
def test_who_may_know_of_a_case(walk: Mapping[str, tuple[Any, ...]]) -> None:
    for p in points(**every("role"), **walk):
        decision = decide_case(actor_of(p), Action.READ_CASE, situation_of(p), NOW)
        assert decision.basis is known(p), differing(p)


def test_a_commissioner_does_not_know_of_a_case_in_which_nothing_is_theirs() -> None:
    p = point(role=Role.COMMISSIONER, data_class=2, consent="named")
    assert not decide_case(actor_of(p), Action.READ_CASE, situation_of(p), NOW).allowed
    p["data_class"] = 1
    assert decide_case(actor_of(p), Action.READ_CASE, situation_of(p), NOW).basis is Basis.CONSENT


def test_who_reads_the_log_of_a_case() -> None:
    for p in points(**every("role", "registered", "member", "conflict", "attends", "emergency")):
        decision = decide_case(actor_of(p), Action.READ_AUDIT, situation_of(p), NOW)
        audit = {
            Role.AUDITOR: Basis.AUDIT_DUTY,
            Role.MANAGER: Basis.MUNICIPAL_DUTY,
            Role.OFFICER: duty(p),
        }.get(p["role"])
        assert decision.basis is (None if shut_out(p) else audit), differing(p)
        assert not decision.classes


@pytest.mark.parametrize("action", Action)
def test_a_missing_case_is_answered_like_a_hidden_one(action: Action) -> None:
    assert not any(decide_case(actor(role), action, None, NOW).allowed for role in Role)


def test_other_actions_are_not_asked_of_a_case() -> None:
    p = point(role=Role.MANAGER)
    for action in set(Action) - {Action.READ_CASE, Action.READ_AUDIT}:
        assert not decide_case(actor_of(p), action, situation_of(p), NOW).allowed


MANAGER, OFFICER = Role.MANAGER, Role.OFFICER
TEAM = {MANAGER, OFFICER, Role.COORDINATOR, Role.AGENCY}


@pytest.mark.parametrize("action", Action)
def test_what_concerns_no_case(action: Action) -> None:
    allowed = {role for role in Role if decide(actor(role), action, NOW).allowed}
    wanted = {
        Action.READ_REGISTERS: set(Role),
        Action.LIST_CASES: set(Role) - {Role.AUDITOR},
        Action.CREATE_CASE: TEAM,
        Action.MANAGE_STAFF: {MANAGER},
        Action.READ_STATISTICS: TEAM | {Role.AUDITOR},
        Action.REPORT_STATISTICS: {MANAGER, OFFICER},
        Action.MANAGE_SETTINGS: {MANAGER},
        Action.HANDLE_DISCLOSURE: {MANAGER, OFFICER},
        Action.HANDLE_RETENTION: {MANAGER},
        Action.READ_LEDGER: {MANAGER, OFFICER, Role.AUDITOR},
        Action.REVIEW_EMERGENCIES: {MANAGER},
        Action.READ_MATRIX: {MANAGER, OFFICER, Role.AUDITOR},
    }
    assert allowed == wanted.get(action, set())
    for role, registered in product(Role, ("over", "not yet")):
        assert not decide(actor(role, registered), action, NOW).allowed


def test_a_contractor_without_contract_keeps_the_own_account_alone() -> None:
    for contract, action in product(("none", "over", "not yet"), Action):
        decision = decide(actor(Role.COORDINATOR, contract=contract), action, NOW)
        assert decision.allowed == (action is Action.READ_REGISTERS)


def test_a_new_case_holds_neither_minutes_nor_the_compartment() -> None:
    assert decide(actor(Role.AGENCY), Action.CREATE_CASE, NOW).classes == {1, 2, 3, 4}


# --- Writing ------------------------------------------------------------------------------------

# Who may write, by law or by who does the step in DOMAIN §1.3. Spelled out, so that a change of
# the table is made twice, on purpose.
MUNICIPALITY_ALONE = {
    "decision",  # 支援決定 (§1.3 step 10)
    "sharing-grant",  # 69条: the town provides
    "grant-revocation",
    "release",  # L2
    "emergency-access",  # L12
    "information-request",  # 106条の6第3項
    "manual-figures",  # what the town reports
    "legal-hold",
    "disclosure-request",  # §4.10 L15: the town answers
    "disclosure-access",
    "disclosure-masks",
}
MANAGERS_ALONE = {
    "sealed-holders",
    "conflict-end",
    "emergency-review",
    "legal-hold-end",
    "disposal",
}
AGENCIES_TOO = {
    "intake",
    "referral",
    "assessment-household",
    "assessment-living",
    "assessment-income",
    "assessment-issues",
    "progress",
    "consent-withdrawal",
    "conflict-of-interest",
    "emergency-report",
    "attachment",
    "phone-memo",
}
# A contract is entered by the vendor's registration, by the town's order; a case comes on the
# agenda of a meeting with its own record of form `conference`.
NOT_BY_GENERAL_ROUTES = {"contract", "agenda"}


def test_every_form_says_who_writes_it() -> None:
    forms = set(form_names())
    assert forms <= WRITERS.keys() | NOT_BY_GENERAL_ROUTES, (
        "DOMAIN §1.3 と §4.10 に照らして、だれが書く様式かを決めて加えてください。"
    )
    assert not WRITERS.keys() & NOT_BY_GENERAL_ROUTES


def test_who_writes_a_form() -> None:
    core = {MANAGER, OFFICER, Role.COORDINATOR}
    for form, roles in WRITERS.items():
        if form in MUNICIPALITY_ALONE:
            assert roles == {MANAGER, OFFICER}, form
        elif form in MANAGERS_ALONE:
            assert roles == {MANAGER}, form
        elif form in AGENCIES_TOO:
            assert core | {Role.AGENCY} <= roles, form
        else:
            assert roles == core, form
        assert Role.AUDITOR not in roles
        assert Role.COMMISSIONER not in roles or form == "conflict-of-interest"


def writes(form: str, *, new: bool, **changes: Any) -> Basis | None:
    p = point(**changes)
    return may_write(actor_of(p), situation_of(p), form, matter_of(p), NOW, new=new)


WRITE_WALK = every("role", "member", "charge", "wrote") | {
    "registered": ("yes", "over"),
    "contract": ("live", "none", "office"),
    "conflict": ("no", "mine"),
    "place": ("ordinary", "given", "laid", "our 106-6 minutes", "our juso minutes"),
}


def test_a_form_that_is_not_in_the_table_is_written_by_nobody() -> None:
    assert not any(may_write_form(actor(role), "no-such-form", NOW) for role in Role)


@pytest.mark.parametrize("form", ["progress", "conference", "decision"])
@pytest.mark.parametrize("data_class", [1, 3, 5])
def test_who_writes_what(form: str, data_class: int) -> None:
    """New: who works on the case. A change: who reads it on duty, or alone wrote it."""
    fixed = {"data_class": (data_class,), "attends": ("in window",), "emergency": ("live",)}
    for p in points(**fixed, **WRITE_WALK):
        asked = (actor_of(p), situation_of(p), form, matter_of(p), NOW)
        member = p["role"] is Role.AGENCY and p["member"] in LIVE_MEMBER - {"coordinator"}
        works = duty(p) or (Basis.OWN_RECORD if member else None)
        kept_minutes = form == "conference" and p["place"] in CONFINED
        barred = (
            shut_out(p)
            or p["role"] not in WRITERS.get(form, set())
            or (kept_minutes and p["role"] not in MUNICIPAL)
        )
        assert may_write(*asked, new=True) is (None if barred else works), differing(p)
        reads = expected(p)
        changes = duty(p) if duty(p) and reads is duty(p) else None
        if changes is None and works and p["wrote"] == "we" and reads:
            changes = Basis.OWN_RECORD
        assert may_write(*asked, new=False) is (None if barred else changes), differing(p)


def test_looking_in_an_emergency_changes_nothing() -> None:
    for form, member in product(("progress", "intake"), ("none", "municipality")):
        looking = {
            "role": OFFICER,
            "member": member,
            "data_class": 3,
            "charge": "other",
            "emergency": "live",
        }
        assert expected(point(**looking)) is Basis.EMERGENCY_ACCESS
        assert writes(form, new=False, **looking) is None


def test_an_officer_outside_the_case_may_ask_for_emergency_access_but_writes_nothing_else() -> None:
    outside = {"role": OFFICER, "member": "none", "data_class": 4}
    assert writes("emergency-access", new=True, **outside) is Basis.MUNICIPAL_DUTY
    assert writes("progress", new=True, **outside) is None
    for role in set(Role) - {MANAGER, OFFICER}:
        assert writes("emergency-access", new=True, role=role, data_class=4) is None
    assert writes("emergency-access", new=True, **outside, conflict="mine") is None


def test_a_conflict_is_declared_by_whoever_knows_of_the_case() -> None:
    assert writes("conflict-of-interest", new=True, role=Role.COMMISSIONER, consent="named")
    assert not writes("conflict-of-interest", new=True, role=Role.COMMISSIONER)
    assert not writes("conflict-of-interest", new=True, role=Role.AUDITOR, consent="named")


def test_the_compartment_is_written_by_its_holders() -> None:
    for role, holder, member in product(Role, DIMENSIONS["holder"], DIMENSIONS["member"]):
        p = {"role": role, "holder": holder, "member": member, "data_class": 6}
        for new in (True, False):
            answer = writes("sealed", new=new, **p)
            allowed = role in (MANAGER, OFFICER, Role.COORDINATOR) and expected(point(**p))
            assert answer is (Basis.NAMED_HOLDER if allowed else None)


# --- Records outside cases ----------------------------------------------------------------------


def test_who_reads_a_record_outside_cases() -> None:
    readers = {
        "phone-memo": {MANAGER, OFFICER, Role.COORDINATOR},
        "advice": {MANAGER, OFFICER, Role.COORDINATOR},
        "resource": set(Role) - {Role.AUDITOR},
        "manual-figures": {MANAGER, OFFICER},
        "disclosure-request": {MANAGER, OFFICER},
        "pledge": {MANAGER, OFFICER, Role.COORDINATOR},
    }
    assert readers.keys() == BOOK_READERS.keys()
    for p in points(**every("role", "registered", "contract", "wrote")):
        contributors = matter_of(p).contributors
        for form in (*readers, "no-such-form"):
            role = p["role"]
            basis = None
            if role in readers.get(form, set()):
                contractor = role is Role.COORDINATOR and p["contract"] == "live"
                municipal = Basis.OUTSOURCING if contractor else Basis.MUNICIPAL_DUTY
                basis = Basis.OWN_ACCOUNT if role in OUTSIDE else municipal
            elif form == "phone-memo" and role is Role.AGENCY and p["wrote"] == "we":
                basis = Basis.OWN_RECORD
            answer = may_read_book(actor_of(p), form, contributors, NOW)
            assert answer is (None if shut_out(p) else basis), (form, differing(p))


# --- Single rules, as sentences -----------------------------------------------------------------


def test_the_outsourced_provider_never_decides_support() -> None:
    contractor = actor(Role.COORDINATOR)
    for form in MUNICIPALITY_ALONE | MANAGERS_ALONE:
        assert not may_write_form(contractor, form, NOW)


def test_a_consent_by_role_follows_the_role_to_the_next_agency() -> None:
    facts = situation_of(point(member="receiving", consent="by role"))
    assert has_live_consent(facts, ONE, TODAY, agency_id=MINE)
    assert not has_live_consent(facts, TWO, TODAY)
    assert not has_live_consent(facts, ONE, TODAY, agency_id="not-a-member")
    assert has_live_consent(facts, ONE, TODAY)
    assert not has_live_consent(facts, ONE, TODAY + DAY)


def test_the_day_is_the_japanese_one() -> None:
    """At 15:00 UTC the next day begins in Japan, and a period that ended is over."""
    p = point(role=Role.AGENCY, data_class=1, consent="named")
    before = datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC)
    asked = (actor_of(p), situation_of(p), matter_of(p))
    assert may_read(*asked, before) is Basis.CONSENT
    assert may_read(*asked, before + timedelta(seconds=1)) is None


def test_emergency_access_ends_to_the_second() -> None:
    p = point(role=OFFICER, member="none", data_class=2, emergency="live")
    asked = (actor_of(p), situation_of(p), matter_of(p))
    assert may_read(*asked, NOW + HOUR - timedelta(seconds=1)) is Basis.EMERGENCY_ACCESS
    assert may_read(*asked, NOW + HOUR) is None
    assert may_read(*asked, NOW - 2 * HOUR - timedelta(seconds=1)) is None


# --- Forms --------------------------------------------------------------------------------------

# What tells that a 支援会議 was held, who was granted what, and who looked or declared what. A
# consent opens classes 1–3 to agencies; 4 only where an author shares it, 5 to who was there.
NOT_FOR_AGENCIES = {
    "transition",
    "provision",
    "sharing-grant",
    "grant-revocation",
    "release",
    "information-request",
    "emergency-report",
    "emergency-access",
    "emergency-review",
    "conflict-of-interest",
    "conflict-end",
    "conference",
    "sealed-holders",
    "legal-hold",
    "legal-hold-end",
    "disclosure-access",
    "disclosure-masks",
}


@pytest.mark.parametrize("name", sorted(NOT_FOR_AGENCIES))
def test_what_tells_of_a_conference_or_a_control_is_opened_by_no_consent(name: str) -> None:
    for version in form_versions(name):
        assert min(form_of(name, version).classes.values()) >= 4, name


def test_nothing_inside_a_property_is_more_sensitive_than_the_property() -> None:
    """Properties are shown or hidden whole: what they hold is never of a higher class, and a tax
    record inside makes a tax record of the whole."""
    for name in form_names():
        for version in form_versions(name):
            schema = form_of(name, version).schema
            for key, property_ in schema["properties"].items():
                marks = list(marked(property_))
                assert max(m["x-sensitivity"] for m in marks) == property_["x-sensitivity"], key
                assert property_.get("x-tax") or not any(m.get("x-tax") for m in marks), key


def marked(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every part of a schema that bears a mark of sensitivity."""
    if isinstance(node, Mapping):
        if "x-sensitivity" in node:
            yield node
        for inner in node.values():
            yield from marked(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from marked(inner)


# --- Labels -------------------------------------------------------------------------------------


def test_every_basis_and_role_has_a_label() -> None:
    assert {b.value for b in Basis} == labels("access-basis").keys()
    assert {r.value for r in Role} == labels("role").keys()


def test_a_basis_whose_article_was_not_read_says_so() -> None:
    """DOMAIN §4.10: what is own knowledge is shown as 要確認 (§1.2 says which were read)."""
    marked = {code for code, label in labels("access-basis").items() if "要確認" in label}
    assert marked == {Basis.YOTAIKYO_25_2, Basis.CHIIKI_CARE}


def test_a_grant_never_rests_on_a_conference_or_on_an_emergency() -> None:
    assert not GRANT_BASES & CONFERENCE_BASES
    assert Basis.EMERGENCY_ACCESS not in GRANT_BASES
    assert Basis.CONSENT not in GRANT_BASES
