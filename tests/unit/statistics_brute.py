"""Counters written a second time, straight over the raw records, period by period, as a clerk
would count by hand. They share nothing with lambdas/casework/statistics but the ids."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from lambdas.casework.records import CaseFile, FormRecord

ENDS = ("closed", "closed-info", "referred", "advice-only")
KONKYU = {f"{n:02d}" for n in range(1, 27)} | {"99"}

Number = float | None
Row = tuple[str, str | None, str | None]


def by_hand(
    cases: Sequence[CaseFile], first: str, last: str, advice: Sequence[str]
) -> dict[Row, Number]:
    """Every number of the days `first` to `last` (ISO, both included) that is not zero or none;
    `last` is also the day of stocks."""
    found: dict[Row, Number] = {}

    def inside(day: str | None) -> bool:
        return day is not None and first <= day <= last

    def put(row: Row, number: Number) -> None:
        if number:
            found[row] = number

    def things(
        name: str, all_: Sequence[Any], splits: Mapping[str, Callable[[Any], Any]] | None = None
    ) -> None:
        put((name, None, None), len(all_))
        for split, code_of in (splits or {}).items():
            codes: list[str] = []
            for thing in all_:
                code = code_of(thing)
                codes += sorted(set(code)) if isinstance(code, list | set) else [code]
            for code in set(codes):
                put((name, split, code), codes.count(code))

    runs = [run for c in cases for run in episodes_of(c)]
    received = [r for r in runs if inside(r["start"])]
    intake: dict[str, Callable[[Any], Any]] = {
        "consent": lambda r: r["case"].intake.data["consentVersion"],
        "route": lambda r: r["case"].intake.data["route"],
        "referrer": lambda r: referrer(r["case"]),
        "age": age,
        "sex": lambda r: subject(r["case"]).get("sex") or r["case"].intake.data.get("sex", "9"),
        "household-type": lambda r: (
            r["case"].records["household"].data.get("householdType")
            or r["case"].intake.data.get("householdType", "98")
        ),
        "issue": lambda r: issue_codes(r["case"]) or ["none"],
        "issue-konkyu": lambda r: (
            {"15" if c == "36" else c for c in issue_codes(r["case"])} & KONKYU or ["none"]
        ),
    }
    things("multi.received", received, intake)
    newest = {
        p: max(
            (r for r in received if r["person"] == p),
            key=lambda r: (r["start"], order(intake, r)),
        )
        for p in {r["person"] for r in received}
    }
    split = {name: intake[name] for name in ("age", "sex")}
    things("multi.received.persons", list(newest.values()), split)

    screenings = [
        str(s.data["result"]) for c in cases for s in c.of("screening") if inside(s.data["date"])
    ] + [
        str(c.intake.data["screening"])
        for c in cases
        if not c.of("screening")
        and "screening" in c.intake.data
        and inside(c.intake.data["receivedAt"])
    ]
    things("multi.screening", screenings, {"screening": lambda code: code})

    for kind in ("shien", "juso", "other"):
        sat = [
            (c, r)
            for c in cases
            for r in c.of("conference")
            if inside(r.data["date"]) and meeting_kind(r) == kind
        ]
        met = {r.data["meetingId"] for _, r in sat}
        put((f"{kind}.meetings", None, None), len(met))
        put((f"{kind}.cases", None, None), len({c.case_id for c, _ in sat}))
        put(
            (f"{kind}.handled", None, None), len({(r.data["meetingId"], c.case_id) for c, r in sat})
        )
        came = {
            (r.data["meetingId"], a.get("agencyId") or a["agencyName"].replace(" ", ""))
            for _, r in sat
            for a in r.data["attendees"]
        }
        put((f"{kind}.agencies", None, None), len({agency for _, agency in came}))
        put((f"{kind}.attended", None, None), len(came))

    plans = [(run, p) for run in runs for p in run["records"] if p.form == "plan"]
    main = [x for x in plans if x[1].data["programme"] == "multi-agency"]
    firsts = {
        min(
            (p for r, p in main if r is run),
            key=lambda p: (p.data["createdOn"], p.created_at, p.record_id),
        ).record_id
        for run in runs
        if any(r is run for r, _ in main)
    }
    made = [p for _, p in main if inside(p.data["createdOn"])]
    order_split: dict[str, Callable[[Any], Any]] = {
        "plan-order": lambda p: "first" if p.record_id in firsts else "again"
    }
    things("plan.created", made, order_split)
    named = [p for p in made if p.data["roles"] and all(has_bearer(r) for r in p.data["roles"])]
    if made:
        put(("quality.roles", None, None), round(100 * len(named) / len(made), 1))
        put(("quality.roles", "roles", "named"), len(named))
        put(("quality.roles", "roles", "unnamed"), len(made) - len(named))
    decisions = [d for c in cases for d in c.of("decision") if inside(d.data["date"])]
    things("plan.decided", [d for d in decisions if d.data["result"] == "decided"])
    evaluations = [e for c in cases for e in c.of("evaluation") if inside(e.data["date"])]
    things("evaluation.done", evaluations, {"judgement": lambda e: e.data["judgement"]})

    ended = [r for r in runs if inside(r["end"])]
    closed = [r for r in ended if r["ended_as"] == "closed"]
    things("closed", closed, {"end-reason": closing_reason})
    put(("closed.persons", None, None), len({r["person"] for r in closed}))
    early = [r for r in ended if r["ended_as"] != "closed"]
    things("closed.early", early, {"early-end": lambda r: r["ended_as"]})
    helped = [r["ended_as"] for r in ended if r["ended_as"] == "advice-only"]
    helped += ["advice" for day in advice if inside(day)]
    things("advice", helped, {"advice-source": lambda source: source})
    pauses = [
        t
        for c in cases
        for t in c.of("transition")
        if t.data["to"] == "suspended" and inside(t.data["date"])
    ]
    things("suspended", pauses)
    going = [r for r in runs if r["start"] <= last and (r["end"] is None or r["end"] > last)]
    standing: dict[str, Callable[[Any], Any]] = {
        "standing": lambda r: "suspended" if paused(r, last) else "active"
    }
    things("continuing", going, standing)
    put(("continuing.persons", None, None), len({r["person"] for r in going}))

    mean(found, "time.closure", [gap(r["start"], r["end"]) for r in closed])
    planned = []
    responses = []
    for run in runs:
        days = [p.data["createdOn"] for r, p in main if r is run]
        if days and inside(min(days)):
            planned.append(max(0, gap(run["start"], min(days))))
        contacts = [
            p.data["date"]
            for p in run["records"]
            if p.form == "progress" and p.data["method"] != "10" and p.data["date"] >= run["start"]
        ]
        if contacts and inside(min(contacts)):
            responses.append(gap(run["start"], min(contacts)))
    mean(found, "time.plan", planned)
    mean(found, "quality.first-response", responses)

    reaching = [
        (c, p) for c in cases for p in c.of("progress") if reaches(p) and inside(p.data["date"])
    ]
    things("outreach.contacts", reaching, {"method": lambda x: x[1].data["method"]})
    # Of two contacts on one day the one after consent counts.
    last_seen = [
        "after" if newest_contact[1] else "before"
        for person in {c.subject for c, _ in reaching}
        for newest_contact in [
            max(
                (p.data["date"], agreed(c, p.data["date"]))
                for c, p in reaching
                if c.subject == person
            )
        ]
    ]
    things("outreach.persons", last_seen, {"outreach-consent": lambda when: when})
    put(
        ("outreach.connected", None, None),
        len(
            {
                c.subject
                for c in cases
                for e in c.of("evaluation")
                if inside(e.data["date"])
                and "31" in e.data.get("changes", ())
                and (
                    any(reaches(p) and p.data["date"] <= e.data["date"] for p in c.of("progress"))
                    or any(
                        p.data["programme"] == "outreach" and p.data["createdOn"] <= e.data["date"]
                        for p in c.of("plan")
                    )
                )
            }
        ),
    )

    joining = [p for c in cases for p in c.of("plan") if p.data["programme"] == "participation"]
    things("participation.plans", [p for p in joining if inside(p.data["createdOn"])])
    matched = [p for p in joining if inside(p.data["participation"].get("matchedOn"))]
    things("participation.matched", matched)
    hosts = {h.replace(" ", "") for p in matched for h in p.data["participation"]["hosts"]}
    put(("participation.hosts", None, None), len(hosts))
    settled = [p for p in joining if inside(p.data["participation"].get("settledOn"))]
    things("participation.settled", settled)
    active = {
        c.subject
        for c in cases
        for p in c.of("plan")
        if p.data["programme"] == "participation"
        and p.data["from"] <= last
        and p.data.get("to", "9999") >= first
    }
    put(("participation.persons", None, None), len(active))
    return found


def episodes_of(case: CaseFile) -> list[dict[str, Any]]:
    """Receipt or re-opening to an end, by walking through the transitions as they were saved."""
    runs: list[dict[str, Any]] = []
    moves = sorted(case.of("transition"), key=lambda t: t.created_at)
    run: dict[str, Any] | None = {"start": case.intake.data["receivedAt"], "since": None}
    for move in moves:
        to, day = move.data["to"], move.data["date"]
        if run is not None and to in ENDS:
            runs.append(
                {**run, "end": max(day, run["start"]), "ended_as": to, "until": move.created_at}
            )
            run = None
        elif run is None and to not in ENDS:
            run = {"start": day, "since": move.created_at}
    if run is not None:
        runs.append({**run, "end": None, "ended_as": None, "until": None})
    for number, run in enumerate(runs):
        following = runs[number + 1]["since"] if number + 1 < len(runs) else None
        run |= {
            "case": case,
            "person": case.subject,
            "records": [
                r
                for r in sorted(case.records.values(), key=lambda r: r.created_at)
                if (number == 0 or r.created_at >= run["since"])
                and (following is None or r.created_at < following)
            ],
        }
    return runs


def order(intake: Mapping[str, Callable[[Any], Any]], run: dict[str, Any]) -> tuple[Any, ...]:
    """Of two receipts on one day the one whose codes come later counts."""
    return (intake["age"](run), intake["sex"](run))


def subject(case: CaseFile) -> Mapping[str, Any]:
    return next(p for p in case.persons if p.get("isSubject"))


def referrer(case: CaseFile) -> str:
    given = case.intake.data.get("referrer")
    if given is None:
        return "none"
    if "agencyKind" in given:
        return str(given["agencyKind"])
    return "01"  # the only registered agency of the histories is a 地域包括支援センター


def issue_codes(case: CaseFile) -> list[str]:
    issues = case.records.get("issues")
    return sorted({i["code"] for i in issues.data["issues"]}) if issues else []


def age(run: dict[str, Any]) -> str:
    case = run["case"]
    birth = subject(case).get("birthDate") or case.intake.data.get("birthDate")
    if birth is None or birth["y"] is None:
        return "unknown"
    day = date.fromisoformat(run["start"])
    if (birth["y"], birth["m"] or 1, birth["d"] or 1) > (day.year, day.month, day.day):
        return "unknown"
    years = 0
    while (birth["y"] + years + 1, birth["m"] or 1, birth["d"] or 1) <= (
        day.year,
        day.month,
        day.day,
    ):
        years += 1
    return "90" if years >= 90 else f"{years // 10}0"


def meeting_kind(record: FormRecord) -> str:
    if record.data["basis"] == "106-6":
        return "shien"
    return "juso" if record.data["kind"] == "juso" else "other"


def has_bearer(role: Mapping[str, Any]) -> bool:
    return bool(role.get("agencyId")) or bool(role.get("personName"))


def closing_reason(run: dict[str, Any]) -> str:
    closures = [r for r in run["records"] if r.form == "closure"]
    return str(closures[-1].data["reason"]) if closures else "unknown"


def paused(run: dict[str, Any], day: str) -> bool:
    """Whether the case was suspended at the end of a day, by the days of its transitions."""
    moves = [r for r in run["records"] if r.form == "transition"]
    for number, move in enumerate(moves):
        if move.data["to"] != "suspended":
            continue
        later = moves[number + 1].data["date"] if number + 1 < len(moves) else "9999"
        if move.data["date"] <= day < max(later, move.data["date"]):
            return True
    return False


def reaches(record: FormRecord) -> bool:
    return record.data.get("programme") == "outreach" or "07" in record.data.get("support", ())


def agreed(case: CaseFile, day: str) -> bool:
    mine = [c for c in case.of("consent") if c.data["personId"] == case.subject]
    if not mine:
        intake = case.intake.data
        if intake["consentVersion"] != "consent":
            return False
        return bool(intake.get("consent", {}).get("date", intake["receivedAt"]) <= day)
    ended = {w.data["consentId"]: w.data["date"] for w in case.of("consent-withdrawal")}
    return any(
        c.data["from"] <= day <= c.data.get("to", "9999")
        and ended.get(c.record_id, "9999") > day
        and any(kind in ("application", "sharing") for kind in c.data["kinds"])
        for c in mine
    )


def gap(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def mean(found: dict[Row, Number], name: str, days: Sequence[int]) -> None:
    if days:
        found[name, None, None] = round(sum(days) / len(days), 1)


def minutes_by_hand(cases: Sequence[CaseFile], months: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Minutes of the progress records of these months, with who wrote them."""
    for case in cases:
        for record in case.of("progress"):
            if record.data["date"][:7] in months and "minutes" in record.data:
                yield record.data["minutes"], record.staff_id
