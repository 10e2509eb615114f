"""What the statistics need to know of a case: small, plain JSON, a pure function of its records.

Everything counts by its own date, whenever it was saved; the episodes are those of `life.py`. The
facts name the 本人 by their id, agencies and hosts by id or by a hash of their name, staff only as
the set of those who wrote in a month, which no figure is kept by (DOMAIN L18).
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, TypedDict

from lambdas.casework.clock import japanese_day
from lambdas.casework.life import Episode, episodes
from lambdas.casework.records import CLOSED_STATES, CaseFile, FormRecord
from lambdas.casework.statistics.definitions import definitions

# Facts of another make are not counted but made again.
FACTS_VERSION = 1

_OUTREACH, _PARTICIPATION, _MAIN = "outreach", "participation", "multi-agency"
_OUTREACH_SUPPORT = "07"
_CONNECTED = "31"
_INTERNAL_TALK = "10"

Day = str
"""`2026-05-31`."""
Month = str
Spread = dict[str, dict[str, int]]
"""Volume group → minutes (as text) → number of records."""


class EpisodeFacts(TypedDict):
    """One time in the programme. `to`, `end`, `reason` are None while it runs; `suspended` are
    days from–until, the last one None while it lasts."""

    start: Day
    age: str
    to: Day | None
    end: str | None
    reason: str | None
    suspended: list[list[Day | None]]
    contact: Day | None
    plan: Day | None


class MeetingFacts(TypedDict):
    id: str
    kind: str
    date: Day
    agencies: list[str]


class PlanFacts(TypedDict):
    programme: str
    date: Day
    first: bool
    named: bool
    start: Day
    to: Day | None
    matched: Day | None
    settled: Day | None
    hosts: list[str]


class CaseFacts(TypedDict):
    """The facts of one case. `since`: the Japanese day of its first save, which is when the use of
    this system began for it. `outreach`: day, method, whether the person had agreed by then."""

    v: int
    case: str
    since: Day
    person: str
    consent: str
    route: str
    referrer: str
    sex: str
    household: str
    issues: list[str]
    episodes: list[EpisodeFacts]
    screenings: list[list[str]]
    meetings: list[MeetingFacts]
    plans: list[PlanFacts]
    decisions: list[Day]
    evaluations: list[list[str]]
    outreach: list[list[Any]]
    connected: list[Day]
    minutes: dict[Month, Spread]
    staff: dict[Month, dict[str, list[str]]]


def facts(case: CaseFile) -> CaseFacts:
    """The facts of a case, as its records stand."""
    intake = case.intake.data
    subject = next(p for p in case.persons if p.get("isSubject"))
    household = case.records["household"].data
    issues = case.records.get("issues")
    outreach = _outreach(case)
    minutes, staff = _minutes(case)
    return CaseFacts(
        v=FACTS_VERSION,
        case=case.case_id,
        since=japanese_day(min(r.created_at for r in case.records.values())).isoformat(),
        person=case.subject,
        consent=str(intake.get("consentVersion", "")),
        route=str(intake.get("route", "")),
        referrer=_referrer(intake.get("referrer", {})),
        sex=str(subject.get("sex") or intake.get("sex") or ""),
        household=str(household.get("householdType") or intake.get("householdType") or ""),
        issues=sorted({str(i["code"]) for i in issues.data.get("issues", ()) if "code" in i})
        if issues
        else [],
        episodes=_episodes(case, subject.get("birthDate") or intake.get("birthDate")),
        screenings=_screenings(case),
        meetings=[_meeting(r) for r in case.of("conference")],
        plans=_plans(case),
        decisions=[r.data["date"] for r in case.of("decision") if r.data["result"] == "decided"],
        evaluations=[
            [r.data["date"], str(r.data.get("judgement", ""))] for r in case.of("evaluation")
        ],
        outreach=outreach,
        connected=_connected(case, outreach),
        minutes=minutes,
        staff=staff,
    )


def _referrer(referrer: Mapping[str, Any]) -> str:
    """The kind of agency that referred; where only its entry in the register is given,
    `agency:<id>`, whose kind the register knows."""
    if kind := referrer.get("agencyKind"):
        return str(kind)
    return f"agency:{referrer['agencyId']}" if referrer.get("agencyId") else ""


def _episodes(case: CaseFile, birth: Mapping[str, Any] | None) -> list[EpisodeFacts]:
    return [
        EpisodeFacts(
            start=(start := episode.opened_on.isoformat()),
            age=_age_band(birth, episode.opened_on),
            # An end that was dated before the beginning counts on the day of the beginning, so
            # that what began less what ended is what goes on.
            to=max(start, episode.closed_on.isoformat()) if episode.closed_on else None,
            end=_end(mine),
            reason=_reason(mine),
            suspended=_suspensions(mine),
            contact=min(
                (
                    r.data["date"]
                    for r in mine
                    if r.form == "progress"
                    and r.data["date"] >= start
                    and r.data.get("method") != _INTERNAL_TALK
                ),
                default=None,
            ),
            plan=min((r.data["createdOn"] for r in mine if _is_main_plan(r)), default=None),
        )
        for episode, mine in _by_episode(case)
    ]


def _by_episode(case: CaseFile) -> Iterator[tuple[Episode, list[FormRecord]]]:
    """Each episode with the records entered in it, oldest first; what was entered before the
    first one belongs to it."""
    found = episodes(case)
    ends = [following.first for following in found[1:]]
    records = sorted(case.records.values(), key=lambda r: (r.created_at, r.record_id))
    for number, episode in enumerate(found):
        yield (
            episode,
            [
                r
                for r in records
                if (number == 0 or r.created_at >= episode.first)
                and (number == len(ends) or r.created_at < ends[number])
            ],
        )


def _end(records: list[FormRecord]) -> str | None:
    """The end state that an episode came to; its last transition is the one into it."""
    transitions = [r for r in records if r.form == "transition"]
    state = str(transitions[-1].data["to"]) if transitions else ""
    return state if state in CLOSED_STATES else None


def _reason(records: list[FormRecord]) -> str | None:
    closures = [r for r in records if r.form == "closure"]
    return str(closures[-1].data["reason"]) if closures else None


def _suspensions(records: list[FormRecord]) -> list[list[Day | None]]:
    found: list[list[Day | None]] = []
    for record in records:
        if record.form != "transition":
            continue
        if found and found[-1][1] is None:
            found[-1][1] = max(str(found[-1][0]), record.data["date"])
        if record.data["to"] == "suspended":
            found.append([record.data["date"], None])
    return found


def _age_band(birth: Mapping[str, Any] | None, day: date) -> str:
    """The decade of the age on a day; of a date that is known in part, its earliest day."""
    if not birth or birth.get("y") is None:
        return ""
    born = (birth.get("m") or 1, birth.get("d") or 1)
    age = day.year - int(birth["y"]) - ((day.month, day.day) < born)
    return f"{min(age // 10, 9)}0" if age >= 0 else ""


def _screenings(case: CaseFile) -> list[list[str]]:
    found = [[r.data["date"], str(r.data["result"])] for r in case.of("screening")]
    intake = case.intake.data
    if not found and intake.get("screening"):
        found = [[intake["receivedAt"], str(intake["screening"])]]
    return found


def _meeting(record: FormRecord) -> MeetingFacts:
    data = record.data
    agencies = {_organisation(a.get("agencyId"), a.get("agencyName")) for a in data["attendees"]}
    return MeetingFacts(
        id=str(data["meetingId"]),
        kind=_kind(data),
        date=data["date"],
        agencies=sorted(agencies - {""}),
    )


def _kind(conference: Mapping[str, Any]) -> str:
    """The meeting by its legal basis, which counts and not its name (DOMAIN §1.2)."""
    if conference["basis"] == "106-6":
        return "shien"
    return "juso" if conference["kind"] == "juso" else "other"


def _plans(case: CaseFile) -> list[PlanFacts]:
    found = []
    for _, records in _by_episode(case):
        plans = sorted(
            (r for r in records if r.form == "plan"),
            key=lambda r: (r.data["createdOn"], r.created_at, r.record_id),
        )
        first = next((r.record_id for r in plans if _is_main_plan(r)), None)
        found += [_plan(r, first=r.record_id == first) for r in plans]
    return found


def _plan(record: FormRecord, *, first: bool) -> PlanFacts:
    data = record.data
    part = data.get("participation", {})
    roles = data.get("roles", ())
    return PlanFacts(
        programme=str(data["programme"]),
        date=data["createdOn"],
        first=first,
        named=bool(roles) and all(r.get("agencyId") or r.get("personName") for r in roles),
        start=data.get("from") or data["createdOn"],
        to=data.get("to"),
        matched=part.get("matchedOn"),
        settled=part.get("settledOn"),
        hosts=sorted({_host(h) for h in part.get("hosts", ())} - {""}),
    )


def _is_main_plan(record: FormRecord) -> bool:
    return record.form == "plan" and record.data["programme"] == _MAIN


def _host(host: Any) -> str:
    if isinstance(host, str):
        return _organisation(None, host)
    return _organisation(host.get("resourceId") or host.get("agencyId"), host.get("name"))


def _organisation(id_: str | None, name: str | None) -> str:
    """What tells organisations apart: the id, or else a hash of the name as people write it."""
    if id_:
        return str(id_)
    plain = "".join(unicodedata.normalize("NFKC", name or "").split()).casefold()
    return f"#{hashlib.sha256(plain.encode()).hexdigest()[:12]}" if plain else ""


def _outreach(case: CaseFile) -> list[list[Any]]:
    return sorted(
        [r.data["date"], str(r.data.get("method", "")), _agreed(case, r.data["date"])]
        for r in case.of("progress")
        if _is_outreach(r)
    )


def _is_outreach(record: FormRecord) -> bool:
    data = record.data
    return data.get("programme") == _OUTREACH or _OUTREACH_SUPPORT in data.get("support", ())


def _agreed(case: CaseFile, day: Day) -> bool:
    """Whether the 本人 had agreed to the support or to sharing on this day: by a consent that was
    in force, or by the intake form where no consent record was made yet."""
    withdrawn = {r.data["consentId"]: r.data["date"] for r in case.of("consent-withdrawal")}
    consents = [r for r in case.of("consent") if r.data["personId"] == case.subject]
    if not consents:
        intake = case.intake.data
        signed = intake.get("consent", {}).get("date") or intake["receivedAt"]
        return intake.get("consentVersion") == "consent" and signed <= day
    return any(
        r.data["from"] <= day
        and not (r.data.get("to") and r.data["to"] < day)
        and not (r.record_id in withdrawn and withdrawn[r.record_id] <= day)
        and {"application", "sharing"} & set(r.data["kinds"])
        for r in consents
    )


def _connected(case: CaseFile, outreach: list[list[Any]]) -> list[Day]:
    begun = [contact[0] for contact in outreach] + [
        r.data["createdOn"] for r in case.of("plan") if r.data["programme"] == _OUTREACH
    ]
    return [
        r.data["date"]
        for r in case.of("evaluation")
        if _CONNECTED in r.data.get("changes", ()) and any(day <= r.data["date"] for day in begun)
    ]


def _minutes(
    case: CaseFile,
) -> tuple[dict[Month, Spread], dict[Month, dict[str, list[str]]]]:
    """Minutes per month and volume group, and apart from them who wrote there."""
    minutes: dict[Month, Spread] = defaultdict(dict)
    staff: dict[Month, dict[str, set[str]]] = defaultdict(dict)
    for record in (*case.of("progress"), *case.of("conference")):
        spent = record.data.get("minutes")
        if spent is None:
            continue
        month = record.data["date"][:7]
        for group, value in _volumes(record, int(spent)):
            spread = minutes[month].setdefault(group, {})
            spread[str(value)] = spread.get(str(value), 0) + 1
            staff[month].setdefault(group, set()).update(_whose_time(record))
    return (
        dict(minutes),
        {m: {g: sorted(ids) for g, ids in groups.items()} for m, groups in staff.items()},
    )


def _whose_time(record: FormRecord) -> Iterator[str]:
    """Whose time the minutes are: those who attended, or the one who wrote the record."""
    attendees = record.data["attendees"] if record.form == "conference" else ()
    if not attendees:
        yield record.staff_id
    for person in attendees:
        yield person.get("staffId") or _organisation(None, person.get("name")) or record.staff_id


def _volumes(record: FormRecord, spent: int) -> Iterator[tuple[str, int]]:
    if record.form == "progress":
        yield "progress", spent
        for group in _groups_of_methods().get(record.data.get("method", ""), ()):
            yield group, spent
    else:
        yield f"conference/{_kind(record.data)}", spent
        yield "attendance", spent * len(record.data["attendees"])


@cache
def _groups_of_methods() -> Mapping[str, tuple[str, ...]]:
    """Method → the volume groups that it is in."""
    groups = definitions().volumes
    methods = {method for group in groups for method in group.methods}
    return {m: tuple(group.id for group in groups if m in group.methods) for m in methods}
