"""The life of a case: one table of transitions, each with who may make it and what it needs.

From DOMAIN §1.3 (the state machine there is a proposal of this project) with the transitions that
daily work also needs; why each was added is in docs/decisions/0012. A transition is a write-once
record of the form `transition`; nothing else changes the state of a case, and nothing changes it
by itself: neither a withdrawal of consent nor a death (DOMAIN L1, L8).

Texts that staff read are data, in schemas/transitions.json; names of states are the code list
`case-state`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache, cached_property
from typing import Any

from lambdas.casework.access import (
    CORE_ROLES,
    MUNICIPAL_ROLES,
    Actor,
    MemberKind,
    Role,
    Situation,
    is_live,
    may_write_form,
)
from lambdas.casework.clock import JST, japanese_day
from lambdas.casework.forms import SCHEMAS, labels
from lambdas.casework.records import CLOSED_STATES, FIRST_STATE, CaseFile, FormRecord
from lambdas.casework.situation import situation

# Reasons of closure that say the support came to its end as planned (01 goals reached, 02 handed
# to the lead agency). They fit no case that ends before support began, as little as 09 does: the
# end of watching.
_ENDED_AS_PLANNED = frozenset({"01", "02"})
_NOT_EARLY = _ENDED_AS_PLANNED | {"09"}
_HANDED_TO_LEAD = "02"
# The programme of a plan that the conference judges and the municipality decides.
MULTI_AGENCY = "multi-agency"

Refs = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing that a transition lacks; `code` keys its text in schemas/transitions.json."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Option:
    """A transition that the table knows from where a case stands.

    `label`: what the act is called. `missing`: what stands in its way, apart from the reason that
    whoever makes it must give (`needs_reason`).
    """

    to: str
    label: str
    needs_reason: bool
    missing: tuple[Missing, ...]


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One time that a person was in the programme: from receipt or re-opening to an end.

    `first`, `last`: instants of saving (UTC), which say what belongs to it. `opened_on`,
    `closed_on`: the days the records name. `last` and `closed_on` are None while it runs.
    """

    number: int
    first: datetime
    opened_on: date
    last: datetime | None = None
    closed_on: date | None = None


@dataclass(frozen=True)
class EpisodeFile:
    """The records of a case's current episode: an earlier one's papers prove nothing in it."""

    case: CaseFile

    @cached_property
    def records(self) -> tuple[FormRecord, ...]:
        return current_episode_records(self.case)

    def of(self, form: str) -> list[FormRecord]:
        """The episode's records of a form, in order of their event and then of their entry."""
        return sorted((r for r in self.records if r.form == form), key=_occurred)

    def latest(self, form: str) -> FormRecord | None:
        found = self.of(form)
        return found[-1] if found else None

    @cached_property
    def plan(self) -> FormRecord | None:
        """The plan that the case stands on: the newest multi-agency plan, or where there is none
        the newest plan of another programme."""
        plans = self.of("plan")
        main = [p for p in plans if p.data["programme"] == MULTI_AGENCY]
        return next(reversed(main or plans), None)

    def decisions(self, plan: FormRecord) -> list[FormRecord]:
        """The municipality's decisions on a plan, the last one last."""
        return [d for d in self.of("decision") if d.data["planId"] == plan.record_id]


@dataclass(frozen=True)
class Asked(EpisodeFile):
    """What a guard looks at: the case as it stands, judged at one moment."""

    now: datetime
    reason: str | None

    @cached_property
    def situation(self) -> Situation:
        return situation(self.case)

    @cached_property
    def day(self) -> date:
        return japanese_day(self.now)

    def held(self, record: FormRecord) -> bool:
        """Whether the meeting of a conference record has taken place."""
        return date.fromisoformat(record.data["date"]) <= self.day


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A condition of a transition. `check` gives the ids of the records that prove it, or what is
    missing. `values` fills the text of schemas/transitions.json that describes it."""

    name: str
    check: Callable[[Asked], Refs | Missing]
    values: Callable[[], Mapping[str, str]] = dict

    @property
    def description(self) -> str:
        return str(_texts()["guards"][self.name]).format(**self.values())


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One row of the table: who may lead a case from one state to another, and what it takes."""

    before: str
    to: str
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()

    @property
    def label(self) -> str:
        return str(_texts()["labels"][self.before][self.to])

    @property
    def needs_reason(self) -> bool:
        return REASON_GIVEN in self.guards


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Whether a transition may be made: what is missing, else the records that prove its guards."""

    missing: tuple[Missing, ...]
    refs: Refs = ()


def _screening_recorded(asked: Asked) -> Refs | Missing:
    return _known(asked.latest("screening"), "screening")


def _screening_fits(*results: str) -> Guard:
    """The newest screening came to one of these results (codes of the list `screening`)."""

    def values() -> Mapping[str, str]:
        return {"results": _quoted((labels("screening")[code] for code in results), "か")}

    def check(asked: Asked) -> Refs | Missing:
        newest = asked.latest("screening")
        if newest is None or newest.data["result"] not in results:
            return _missing("screening-result", **values())
        return (newest.record_id,)

    return Guard(name="screening-fits", check=check, values=values)


def _shien_meeting_held(asked: Asked) -> Refs | Missing:
    return _known(_newest_shien(asked), "shien-meeting")


def _refusal_weighed(asked: Asked) -> Refs | Missing:
    """Who has withdrawn is watched only with a written reason that weighs it (L1)."""
    subject = asked.situation.subject
    withdrew = any(c.withdrawn and c.person_id == subject for c in asked.situation.consents)
    meeting = _newest_shien(asked)
    if not withdrew or _live_consents(asked) or meeting is None:
        return ()
    if not meeting.data.get("watchReason"):
        return _missing("watch-reason")
    return (meeting.record_id,)


def _consent_live(asked: Asked) -> Refs | Missing:
    return _live_consents(asked) or _missing("consent")


def _plan_drafted(asked: Asked) -> Refs | Missing:
    """A plan that has not been decided yet: after an evaluation, a new one."""
    plan = asked.plan
    if plan is None:
        return _missing("plan")
    if any(d.data["result"] == "decided" for d in asked.decisions(plan)):
        return _missing("plan-new")
    return (plan.record_id,)


def _conference_approved(asked: Asked) -> Refs | Missing:
    """The last 重層的支援会議 that judged this plan found it appropriate, or asked for a revision
    that was saved at the meeting or after it."""
    plan = asked.plan
    if plan is None:
        return _missing("plan")
    meetings = [
        r
        for r in asked.of("conference")
        if r.data["kind"] == "juso"
        and r.data["basis"] == "consent"
        and r.data.get("planId") == plan.record_id
        and asked.held(r)
    ]
    if not meetings:
        return _missing("conference")
    meeting = meetings[-1]
    match meeting.data.get("planJudgement"):
        case "appropriate":
            return (meeting.record_id,)
        case "revise" if plan.revision > 1 and plan.saved_at >= _began(meeting):
            return (meeting.record_id,)
        case "revise":
            return _missing("conference-revision")
        case "returned":
            return _missing("conference-returned")
        case _:
            return _missing("conference-judgement")


def _decided_by_municipality(asked: Asked) -> Refs | Missing:
    """The municipality decided to support by this plan; never the agency that runs the programme
    for it (§1.3)."""
    plan = asked.plan
    decisions = asked.decisions(plan) if plan else []
    if not decisions:
        return _missing("decision")
    decision = decisions[-1]
    if decision.agency_id not in _municipal_agencies(asked.case):
        return _missing("decision-by-other")
    if decision.data["result"] != "decided":
        return _missing("decision-not-decided")
    return (decision.record_id,)


def _evaluation_judged(judgement: str) -> Guard:
    def values() -> Mapping[str, str]:
        return {"judgement": labels("judgement")[judgement]}

    def check(asked: Asked) -> Refs | Missing:
        evaluation = _evaluation(asked)
        if evaluation is None:
            return _missing("evaluation")
        if evaluation.data["judgement"] != judgement:
            return _missing("evaluation-judgement", **values())
        return (evaluation.record_id,)

    return Guard(name="evaluation-judged", check=check, values=values)


def _closing_confirmed(asked: Asked) -> Refs | Missing:
    """Support ends by an evaluation that a meeting confirmed. Any kind of meeting will do: where
    the consent was withdrawn, a 重層的支援会議 may not take the case any more."""
    judged = _evaluation_judged("closing").check(asked)
    evaluation = _evaluation(asked)
    if isinstance(judged, Missing) or evaluation is None:
        return judged
    meeting_id = evaluation.data.get("confirmedAtMeetingId")
    for meeting in asked.of("conference"):
        if meeting.data["meetingId"] == meeting_id and asked.held(meeting):
            return (*judged, meeting.record_id)
    return _missing("evaluation-meeting")


def _closure_recorded(asked: Asked) -> Refs | Missing:
    """A closure record with its 主担当機関 or a reason code. Where support ended as planned, a lead
    goes on accompanying the person, or it is written why none does."""
    closure = asked.latest("closure")
    if closure is None:
        return _missing("closure")
    data, reason = closure.data, closure.data["reason"]
    excused = bool(data.get("noLeadReason")) and reason != _HANDED_TO_LEAD
    if reason in _ENDED_AS_PLANNED and not data.get("leadAgencyId") and not excused:
        return _missing("closure-lead")
    return (closure.record_id,)


def _closure_fits_early(asked: Asked) -> Refs | Missing:
    closure = asked.latest("closure")
    if closure is not None and closure.data["reason"] in _NOT_EARLY:
        fitting = (text for code, text in labels("end-reason").items() if code not in _NOT_EARLY)
        return _missing("closure-early", reasons=_quoted(fitting, "、"))
    return ()


def _reason_given(asked: Asked) -> Refs | Missing:
    return () if asked.reason and asked.reason.strip() else _missing("reason")


SCREENING_RECORDED = Guard(name="screening-recorded", check=_screening_recorded)
SHIEN_MEETING_HELD = Guard(name="shien-meeting-held", check=_shien_meeting_held)
REFUSAL_WEIGHED = Guard(name="refusal-weighed", check=_refusal_weighed)
CONSENT_LIVE = Guard(name="consent-live", check=_consent_live)
PLAN_DRAFTED = Guard(name="plan-drafted", check=_plan_drafted)
CONFERENCE_APPROVED = Guard(name="conference-approved", check=_conference_approved)
DECIDED_BY_MUNICIPALITY = Guard(name="decided-by-municipality", check=_decided_by_municipality)
CLOSING_CONFIRMED = Guard(name="closing-confirmed", check=_closing_confirmed)
CLOSURE_RECORDED = Guard(name="closure-recorded", check=_closure_recorded)
CLOSURE_FITS_EARLY = Guard(name="closure-fits-early", check=_closure_fits_early)
REASON_GIVEN = Guard(name="reason-given", check=_reason_given)


def _table() -> tuple[Transition, ...]:
    def row(before: str, to: str, roles: frozenset[Role], *guards: Guard) -> Transition:
        return Transition(before=before, to=to, roles=roles, guards=guards)

    core, town = CORE_ROLES, MUNICIPAL_ROLES
    early_end = (CLOSURE_RECORDED, CLOSURE_FITS_EARLY)
    end_of_support = (CLOSURE_RECORDED, CLOSING_CONFIRMED)
    watch = (SHIEN_MEETING_HELD, REFUSAL_WEIGHED)
    decision = (CONSENT_LIVE, CONFERENCE_APPROVED, DECIDED_BY_MUNICIPALITY)
    return (
        row("received", "screened", core, SCREENING_RECORDED),
        row("screened", "closed-info", core, _screening_fits("1")),
        row("screened", "referred", core, _screening_fits("2")),
        row("screened", "advice-only", core, _screening_fits("3")),
        row("screened", "watching", town, _screening_fits("4", "5"), *watch),
        row("screened", "assessing", core, _screening_fits("5", "6")),
        row("screened", "closed", core, _screening_fits("9"), *early_end),
        row("watching", "assessing", core, CONSENT_LIVE),
        row("watching", "closed", town, CLOSURE_RECORDED),
        row("assessing", "plan-draft", core),
        row("assessing", "watching", town, *watch, REASON_GIVEN),
        row("assessing", "closed", core, *early_end),
        row("plan-draft", "in-conference", core, CONSENT_LIVE, PLAN_DRAFTED),
        row("plan-draft", "closed", core, *early_end),
        row("in-conference", "plan-draft", core, REASON_GIVEN),
        row("in-conference", "decided", town, *decision),
        row("in-conference", "closed", core, *early_end),
        row("decided", "supporting", core),
        row("decided", "closed", core, *early_end),
        row("supporting", "evaluating", core),
        row("supporting", "suspended", core, REASON_GIVEN),
        row("supporting", "closed", core, *end_of_support),
        row("evaluating", "supporting", core, _evaluation_judged("continue")),
        row("evaluating", "plan-draft", core, _evaluation_judged("replan")),
        row("evaluating", "suspended", core, REASON_GIVEN),
        row("evaluating", "closed", core, *end_of_support),
        row("suspended", "supporting", core, CONSENT_LIVE),
        row("suspended", "watching", town, *watch, REASON_GIVEN),
        row("suspended", "closed", core, *end_of_support),
        *(row(ended, FIRST_STATE, core, REASON_GIVEN) for ended in sorted(CLOSED_STATES)),
    )


# The table. Only users of the municipality open the watching state (L9), end it, and decide.
TRANSITIONS = _table()


def judge(case: CaseFile, to: str, actor: Actor, now: datetime, reason: str | None) -> Judgement:
    """Whether the actor may lead the case to a state now, with the records that prove it.

    Whoever may not make the transition at all is told that alone: what else is missing would tell
    them of meetings and consents.
    """
    if not may_write_form(actor, "transition", now):
        return Judgement(missing=(_missing("role-core"),))
    row = next((t for t in TRANSITIONS if (t.before, t.to) == (case.state, to)), None)
    if row is None:
        states = labels("case-state")
        before, after = states[case.state], states[to]
        return Judgement(missing=(_missing("no-such-transition", before=before, after=after),))
    return _judge(row, actor, Asked(case, now, reason))


def _judge(row: Transition, actor: Actor, asked: Asked) -> Judgement:
    if actor.role not in row.roles:
        return Judgement(missing=(_missing("role-municipality"),))
    found = [guard.check(asked) for guard in row.guards]
    missing = tuple(answer for answer in found if isinstance(answer, Missing))
    refs = dict.fromkeys(ref for a in found if not isinstance(a, Missing) for ref in a)
    return Judgement(missing=missing, refs=() if missing else tuple(refs))


def refusals(
    case: CaseFile, to: str, actor: Actor, now: datetime, reason: str | None
) -> tuple[Missing, ...]:
    """Everything that stands in the way of a transition; empty when it may be made."""
    return judge(case, to, actor, now, reason).missing


def possible(case: CaseFile, actor: Actor, now: datetime) -> tuple[Option, ...]:
    """The transitions from where the case stands, each with what is missing, for screens. Empty
    for those who make none."""
    if not may_write_form(actor, "transition", now):
        return ()
    # Given in the same breath: the reason is asked for when the transition is made.
    asked = Asked(case, now, reason="-")
    return tuple(
        Option(
            to=row.to,
            label=row.label,
            needs_reason=row.needs_reason,
            missing=_judge(row, actor, asked).missing,
        )
        for row in TRANSITIONS
        if row.before == case.state
    )


def transition_data(
    case: CaseFile, to: str, judgement: Judgement, *, on: date, **noted: str | None
) -> dict[str, Any]:
    """The record of a transition that was found possible. `on`: its day; `noted`: `reason`, and
    `approvedBy`, the number and date of a paper decision (L20)."""
    data = {"from": case.state, "to": to, "date": on.isoformat(), "refs": list(judgement.refs)}
    return data | {key: text for key, text in noted.items() if text}


def earliest_day(case: CaseFile) -> date:
    """The first day that the next transition may bear: never before the one that led here."""
    made = case.of("transition")
    return date.fromisoformat(made[-1].data["date"] if made else case.intake.data["receivedAt"])


def episodes(case: CaseFile) -> tuple[Episode, ...]:
    """The episodes of a case, oldest first, counted from its transitions. The case stays the same
    person's, with one number."""
    opened_on = date.fromisoformat(case.intake.data["receivedAt"])
    found = [Episode(number=1, first=case.created_at, opened_on=opened_on)]
    for record in case.of("transition"):
        at, on = record.created_at, date.fromisoformat(record.data["date"])
        if record.data["to"] in CLOSED_STATES:
            found[-1] = replace(found[-1], last=at, closed_on=on)
        elif record.data["from"] in CLOSED_STATES:
            found.append(Episode(number=len(found) + 1, first=at, opened_on=on))
    return tuple(found)


def current_episode_records(case: CaseFile) -> tuple[FormRecord, ...]:
    """The records of the current episode, oldest first: what was entered since it began, and what
    a case has only one of."""
    began = episodes(case)[-1].first
    mine = (r for r in case.records.values() if r.created_at >= began or r.record_id == r.form)
    return tuple(sorted(mine, key=lambda r: (r.created_at, r.record_id)))


def _occurred(record: FormRecord) -> tuple[str, datetime, str]:
    day = record.data.get("date") or record.data.get("createdOn") or ""
    return str(day), record.created_at, record.record_id


def _newest_shien(asked: Asked) -> FormRecord | None:
    """The last 支援会議 that was held, one whose record was kept as such from the start."""
    secret = {m.record_id for m in asked.situation.meetings if m.secret}
    held = (r for r in asked.of("conference") if r.record_id in secret and asked.held(r))
    return max(held, key=_occurred, default=None)


def _live_consents(asked: Asked) -> Refs:
    """The consents of the 本人 to sharing that stand today."""
    facts = asked.situation
    return tuple(
        c.consent_id
        for c in facts.consents
        if c.person_id == facts.subject and is_live(c, facts, asked.day)
    )


def _municipal_agencies(case: CaseFile) -> frozenset[str]:
    return frozenset(m.agency_id for m in case.memberships if m.kind is MemberKind.MUNICIPALITY)


def _evaluation(asked: Asked) -> FormRecord | None:
    """The newest evaluation that nothing has followed from yet: entered since the case last left
    the state of evaluation."""
    left = [r.created_at for r in asked.of("transition") if r.data["from"] == "evaluating"]
    fresh = [e for e in asked.of("evaluation") if not left or e.created_at > max(left)]
    return fresh[-1] if fresh else None


def _began(meeting: FormRecord) -> datetime:
    """When a meeting began; where no time is noted, the beginning of its day."""
    begin = time.fromisoformat(meeting.data.get("from") or "00:00")
    return datetime.combine(date.fromisoformat(meeting.data["date"]), begin, tzinfo=JST)


def _known(record: FormRecord | None, code: str) -> Refs | Missing:
    return _missing(code) if record is None else (record.record_id,)


def _missing(code: str, **values: str) -> Missing:
    return Missing(code=code, text=str(_texts()["missing"][code]).format(**values))


def _quoted(names: Iterable[str], separator: str) -> str:
    return separator.join(f"「{name}」" for name in names)


@cache
def _texts() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads((SCHEMAS / "transitions.json").read_text("utf-8"))
    return content
