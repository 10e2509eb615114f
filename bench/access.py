"""What one decision on reading costs, in a case with 5 consents, 3 meetings and 3 grants.

The mix: staff of every role ask for texts of every class that are ordinary, about two persons,
about the whole household, given at a 支援会議, or laid before one. Median and 95th percentile over
single calls of `access.may_read`, and the same through a `Reader`, which remembers.
"""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from bench.record import keep
from lambdas.casework.access import (
    RECORD_CLASSES,
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
    may_read,
)
from lambdas.casework.showing import Reader
from lambdas.casework.situation import dump, load

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
TODAY = date(2026, 6, 1)
YEAR = Period(first=TODAY - timedelta(days=30), last=TODAY + timedelta(days=335))
PERSONS = tuple(f"p-{n}" for n in range(4))
AGENCIES = ("office", "council", "elderly", "npo")
TARGET_US = 20
RUNS = 20


def main() -> None:
    facts, asked = situation(), questions()
    text = dump(facts)
    result = {
        "may_read": measured(lambda who, what: may_read(who, facts, what, NOW), asked),
        "reader": through_readers(facts, asked),
        "situation": {
            "dump_us_median": microseconds(lambda: dump(facts)),
            "load_us_median": microseconds(lambda: load.__wrapped__(text)),
            "bytes": len(text.encode()),
        },
    }
    keep(
        "access",
        "python -m bench access",
        {"target_us_median": TARGET_US, "questions": len(asked), **result},
    )


def situation() -> Situation:
    return Situation(
        case_id="K7QM-2T9X-4RBD",
        closed=False,
        subject=PERSONS[0],
        persons=frozenset(PERSONS),
        memberships=tuple(
            Membership(agency_id=agency, kind=kind, valid_from=YEAR.first, valid_to=None)
            for agency, kind in zip(
                AGENCIES,
                (
                    MemberKind.MUNICIPALITY,
                    MemberKind.COORDINATOR,
                    MemberKind.RECEIVING,
                    MemberKind.PARTICIPANT,
                ),
                strict=True,
            )
        ),
        own_records=frozenset({"elderly"}),
        in_charge=frozenset({"officer", "coordinator"}),
        consents=tuple(
            Consent(
                consent_id=f"consent-{n}",
                person_id=PERSONS[n % len(PERSONS)],
                agencies=frozenset({"elderly"}) if n % 2 else frozenset(),
                agency_kinds=frozenset({MemberKind.PARTICIPANT, MemberKind.RECEIVING}),
                classes=RECORD_CLASSES if n else frozenset({1, 2}),
                tax_data=False,
                period=YEAR,
                withdrawn=n == 1,
            )
            for n in range(5)
        ),
        grants=tuple(
            Grant(
                grant_id=f"grant-{n}",
                basis=Basis.APPI_69_2_4,
                agency_id=AGENCIES[n + 1],
                persons=frozenset({PERSONS[1]}),
                classes=frozenset({1, 2, 3}),
                records=frozenset({"r-3"}) if n == 2 else frozenset(),
                period=YEAR,
                revoked=n == 0,
            )
            for n in range(3)
        ),
        meetings=tuple(
            Meeting(
                record_id=f"minutes-{n}",
                meeting_id=f"meeting-{n}",
                secret=n != 1,
                attendees=frozenset({"officer", "coordinator", "agency"}),
                window=Period(first=TODAY - timedelta(days=30 * n), last=TODAY),
                papers={"r-1": frozenset({2, 3})},
            )
            for n in range(3)
        ),
    )


def questions() -> list[tuple[Actor, Matter]]:
    homes = {Role.COORDINATOR: "council", Role.AGENCY: "elderly", Role.COMMISSIONER: "npo"}
    people = [
        Actor(
            staff_id=role.value,
            display_name="",
            role=role,
            agency_id=homes.get(role, "office"),
            agency_name="",
            valid_from=YEAR.first,
            valid_to=None,
            contract=YEAR if role is Role.COORDINATOR else None,
        )
        for role in Role
    ]
    given = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id="meeting-0")
    asked = [
        (
            who,
            Matter(
                record_id=f"r-{n}",
                data_class=data_class,
                persons=frozenset(PERSONS[: n % 3]),
                contributors=frozenset({AGENCIES[n % 4]}),
                confined=given if n == 5 else None,
                shared=frozenset(AGENCIES) if data_class == 4 else None,
            ),
        )
        for who in people
        for n in range(6)
        for data_class in range(1, 7)
    ]
    # What ends at a closed door is cheap: agencies ask as often as everybody else together.
    agency = [(who, what) for who, what in asked if who.role is Role.AGENCY]
    asked += agency * 4
    random.Random(0).shuffle(asked)
    return asked


def measured(
    decide: Callable[[Actor, Matter], Basis | None], asked: list[tuple[Actor, Matter]]
) -> dict[str, float | int]:
    took, allowed = [], 0
    for _ in range(RUNS):
        for who, what in asked:
            started = time.perf_counter_ns()
            basis = decide(who, what)
            took.append((time.perf_counter_ns() - started) / 1000)
            allowed += basis is not None
    return {
        "us_median": round(statistics.median(took), 2),
        "us_p95": round(statistics.quantiles(took, n=20)[-1], 2),
        "allowed_share": round(allowed / len(took), 2),
    }


def through_readers(facts: Situation, asked: list[tuple[Actor, Matter]]) -> dict[str, float | int]:
    readers = {who.staff_id: Reader(actor=who, situation=facts, now=NOW) for who, _ in asked}
    return measured(lambda who, what: readers[who.staff_id].basis(what), asked)


def microseconds(call: Callable[[], object]) -> float:
    took = []
    for _ in range(500):
        started = time.perf_counter_ns()
        call()
        took.append((time.perf_counter_ns() - started) / 1000)
    return round(statistics.median(took), 1)


if __name__ == "__main__":
    main()
