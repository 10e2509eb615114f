"""Random histories of many cases for the tests of the statistics: back-dated, re-opened, at the
edges of months and fiscal years."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from lambdas.casework.records import CaseFile, FormRecord
from tests.unit.casefile import case, consent, record, transition

ISSUES = ("01", "09", "15", "36", "36", "31", "50", "99")
PERSONS = tuple(f"p-{n:012d}" for n in range(1, 9))
# Days at the edges of months and fiscal years, and some inside.
EDGES = tuple(
    date.fromisoformat(day)
    for day in (
        "2025-12-31",
        "2026-03-30",
        "2026-03-31",
        "2026-04-01",
        "2026-04-02",
        "2026-04-30",
        "2026-05-01",
        "2026-07-15",
        "2026-12-31",
        "2027-01-01",
        "2027-02-28",
        "2027-03-31",
        "2027-04-01",
    )
)
# What may follow a state, loosely: more than the table of transitions lets through.
FOLLOWING = {
    "received": ("screened",),
    "screened": ("assessing", "watching", "closed-info", "referred", "advice-only", "closed"),
    "watching": ("assessing", "closed"),
    "assessing": ("supporting", "closed"),
    "supporting": ("suspended", "evaluating", "closed"),
    "suspended": ("supporting", "watching", "closed"),
    "evaluating": ("supporting", "suspended", "closed"),
    "closed": ("received",),
    "closed-info": ("received",),
    "referred": ("received",),
    "advice-only": ("received",),
}


def histories(seed: int, size: int) -> list[CaseFile]:
    """As many cases as `size`, the same ones for the same seed."""
    rng = Random(seed)  # noqa: S311  # no secret
    return [history(rng, number) for number in range(size)]


def history(rng: Random, number: int) -> CaseFile:
    """One case; several may be of one person."""
    person = rng.choice(PERSONS)
    born = rng.choice(
        (None, {"y": 1990, "m": 4, "d": 1}, {"y": 1936, "m": None, "d": None}, _born(rng))
    )
    row: dict[str, Any] = {"personId": person, "isSubject": True, "relation": "self"}
    if born is not None:
        row["birthDate"] = born
    if rng.random() < 0.8:
        row["sex"] = rng.choice(("1", "2", "4"))
    clock = datetime(2026, 1, 5, tzinfo=UTC)
    received = _day(rng)
    intake: dict[str, Any] = {
        "consentVersion": rng.choice(("consent", "no-consent")),
        "receivedAt": received.isoformat(),
        "receivingAgencyId": "elderly",
        "route": rng.choice(("01", "06", "99")),
    }
    if rng.random() < 0.4:
        intake["referrer"] = rng.choice(
            ({"agencyKind": "09"}, {"agencyId": "elderly"}, {"agencyKind": "11", "tel": "0"})
        )
    if rng.random() < 0.5:
        intake["householdType"] = rng.choice(("01", "04"))
    if rng.random() < 0.3:
        intake["screening"] = rng.choice(("1", "6"))
    if intake["consentVersion"] == "consent" and rng.random() < 0.5:
        intake["consent"] = {"date": _day(rng).isoformat()}
    records: list[FormRecord] = [
        record("intake", intake, at=clock),
        record("household", {"persons": [row]}, at=clock),
    ]
    if rng.random() < 0.7:
        codes = [rng.choice(ISSUES) for _ in range(rng.randrange(4))]
        records.append(record("issues", {"issues": [{"code": c} for c in codes]}, at=clock))
    state = "received"
    for _ in range(rng.randrange(14)):
        clock += timedelta(hours=rng.randrange(1, 400))
        if rng.random() < 0.4:
            to = rng.choice(FOLLOWING[state])
            if to == "closed" and rng.random() < 0.8:
                reason = {"date": _day(rng).isoformat(), "reason": rng.choice(("01", "04"))}
                records.append(record("closure", reason, at=clock))
                clock += timedelta(minutes=1)
            records.append(transition(to, clock, state, date=_day(rng).isoformat()))
            state = to
        else:
            records.append(_event(rng, clock, person, records))
    return case(*records, case_id=f"CASE-{number:04d}", created_at=records[0].created_at)


def _event(rng: Random, at: datetime, person: str, so_far: list[FormRecord]) -> FormRecord:
    day = _day(rng).isoformat()
    consents = [r for r in so_far if r.form == "consent"]
    match rng.randrange(9):
        case 0:
            return record("screening", {"date": day, "result": rng.choice("136")}, at=at)
        case 1:
            roles = [rng.choice(({"agencyId": "npo"}, {"personName": "甲"}, {"support": "乙"}))]
            data = {
                "programme": rng.choice(("multi-agency", "multi-agency", "outreach")),
                "createdOn": day,
                "from": day,
                "roles": roles * rng.randrange(3),
            }
            return record("plan", data, at=at)
        case 2:
            hosts = rng.sample(("青空農園", "青空 農園", "図書館"), rng.randrange(3))
            part: dict[str, Any] = {"hosts": hosts}
            if rng.random() < 0.6:
                part["matchedOn"] = _day(rng).isoformat()
            if rng.random() < 0.4:
                part["settledOn"] = _day(rng).isoformat()
            data = {
                "programme": "participation",
                "createdOn": day,
                "from": day,
                "roles": [],
                "participation": part,
            }
            if rng.random() < 0.6:
                data["to"] = max(day, _day(rng).isoformat())
            return record("plan", data, at=at)
        case 3:
            meeting = rng.randrange(4)
            data = {
                "meetingId": f"m-{meeting}",
                "kind": rng.choice(("shien", "juso", "individual")),
                "basis": rng.choice(("106-6", "consent")),
                "date": day,
                "minutes": 30,
                "attendees": [
                    rng.choice(
                        (
                            {"agencyId": "npo", "name": "甲"},
                            {"agencyId": "elderly", "name": "乙"},
                            {"agencyName": "こども 食堂", "name": "丙"},
                            {"agencyName": "こども食堂", "name": "丁"},
                        )
                    )
                    for _ in range(rng.randrange(4))
                ],
            }
            return record("conference", data, at=at)
        case 4:
            result = rng.choice(("decided", "not-decided"))
            return record("decision", {"planId": "r-1", "result": result, "date": day}, at=at)
        case 5:
            changes = rng.sample(("31", "07", "98"), rng.randrange(3))
            judgement = rng.choice(("closing", "continue"))
            data = {"date": day, "judgement": judgement, "changes": changes}
            return record("evaluation", data, at=at)
        case 6 if consents and rng.random() < 0.5:
            ended = {"consentId": rng.choice(consents).record_id, "date": day}
            return record("consent-withdrawal", ended, at=at)
        case 6:
            changes_ = {"from": day, "kinds": [rng.choice(("application", "meeting"))]}
            if rng.random() < 0.3:
                changes_["to"] = max(day, _day(rng).isoformat())
            return consent(at, rng.choice((person, "p-000000000099")), **changes_)
        case _:
            data = {"date": day, "method": rng.choice(("02", "04", "10"))}
            if rng.random() < 0.5:
                data["programme"] = "outreach"
            elif rng.random() < 0.3:
                data["support"] = ["07", "01"]
            if rng.random() < 0.8:
                data["minutes"] = rng.randrange(5, 180, 5)
            staff = f"staff-{rng.randrange(4)}"
            return record("progress", data, at=at, staff_id=staff)


def _day(rng: Random) -> date:
    return rng.choice(EDGES) + timedelta(days=rng.choice((0, 0, 0, 1, -1)))


def _born(rng: Random) -> dict[str, int]:
    born = rng.choice(EDGES)
    return {"y": born.year - rng.randrange(0, 99), "m": born.month, "d": min(born.day, 28)}
