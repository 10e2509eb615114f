"""The life of a case: the whole table walked, each guard's finer points, random histories."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain, combinations, pairwise, product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.casework import life
from lambdas.casework.access import CORE_ROLES, MUNICIPAL_ROLES, Basis, Confinement, Role
from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import SCHEMAS, labels
from lambdas.casework.records import CLOSED_STATES, CaseFile, FormRecord
from ops import life_of_a_case
from tests.unit import casefile
from tests.unit.casefile import COUNCIL, OFFICE, SUBJECT, actor, case, consent, later, record

STATES = tuple(labels("case-state"))
DAY = date(2026, 9, 15)
NOW = casefile.noon(DAY)
WEEK_AGO = later(NOW, days=-7)

# DOMAIN §1.3 as it stands there, by hand: the table must hold all of it …
DOMAIN_EDGES = {
    ("received", "screened"),
    ("screened", "closed-info"),
    ("screened", "referred"),
    ("screened", "advice-only"),
    ("screened", "watching"),
    ("screened", "assessing"),
    ("watching", "assessing"),
    ("watching", "closed"),
    ("assessing", "plan-draft"),
    ("plan-draft", "in-conference"),
    ("in-conference", "decided"),
    ("decided", "supporting"),
    ("supporting", "evaluating"),
    ("evaluating", "plan-draft"),
    ("evaluating", "closed"),
    ("evaluating", "suspended"),
    ("suspended", "supporting"),
    *((ended, "received") for ended in ("closed", "closed-info", "referred", "advice-only")),
}
# … and no more than this (docs/decisions/0012 says why).
ADDED_EDGES = {
    ("screened", "closed"),
    ("assessing", "watching"),
    ("assessing", "closed"),
    ("plan-draft", "closed"),
    ("in-conference", "plan-draft"),
    ("in-conference", "closed"),
    ("decided", "closed"),
    ("supporting", "suspended"),
    ("supporting", "closed"),
    ("evaluating", "supporting"),
    ("suspended", "watching"),
    ("suspended", "closed"),
}
# What each guard says when nothing of what it looks for is there.
CODES = {
    "screening-recorded": "screening",
    "screening-fits": "screening-result",
    "shien-meeting-held": "shien-meeting",
    "refusal-weighed": "watch-reason",
    "consent-live": "consent",
    "plan-drafted": "plan",
    "conference-approved": "conference",
    "decided-by-municipality": "decision",
    "evaluation-judged": "evaluation",
    "closing-confirmed": "evaluation",
    "closure-recorded": "closure",
    "closure-fits-early": "closure-early",
    "reason-given": "reason",
}
# What a guard is silent about while the record that it would judge is missing altogether.
JUDGES = {"refusal-weighed": "shien-meeting-held", "closure-fits-early": "closure-recorded"}


def screening(at: datetime, result: str) -> FormRecord:
    return record("screening", {"date": _day(at), "result": result}, at=at)


def plan(at: datetime, programme: str = "multi-agency") -> FormRecord:
    return record("plan", {"programme": programme, "createdOn": _day(at)}, at=at)


def conference(at: datetime, kind: str = "juso", **changes: Any) -> FormRecord:
    basis = "106-6" if kind == "shien" else "consent"
    data = {"kind": kind, "basis": basis, "date": _day(at), "meetingId": "m-1", "attendees": []}
    data |= changes
    kept = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id=data["meetingId"])
    return record("conference", data, at=at, confined=kept if kind == "shien" else None)


def decision(at: datetime, of: FormRecord, agency_id: str = OFFICE, **changes: Any) -> FormRecord:
    data = {"planId": of.record_id, "result": "decided", "date": _day(at), **changes}
    return record("decision", data, at=at, agency_id=agency_id)


def evaluation(at: datetime, judgement: str, **changes: Any) -> FormRecord:
    data = {"date": _day(at), "judgement": judgement, **changes}
    return record("evaluation", data, at=at)


def closure(at: datetime, reason: str = "08", **changes: Any) -> FormRecord:
    return record("closure", {"date": _day(at), "reason": reason, **changes}, at=at)


def withdrawal(at: datetime, of: FormRecord) -> FormRecord:
    return record("consent-withdrawal", {"consentId": of.record_id, "date": _day(at)}, at=at)


def codes(missing: Iterable[life.Missing]) -> list[str]:
    return [m.code for m in missing]


def refused(
    of: CaseFile, to: str, role: Role = Role.MANAGER, reason: str | None = None
) -> list[str]:
    return codes(life.refusals(of, to, actor(role), NOW, reason))


def _day(at: datetime) -> str:
    return japanese_day(at).isoformat()


# The table


def test_table_holds_the_domain_reference_and_what_was_added_and_nothing_else() -> None:
    edges = [(t.before, t.to) for t in life.TRANSITIONS]
    assert len(edges) == len(set(edges))
    assert set(edges) == DOMAIN_EDGES | ADDED_EDGES


def test_every_state_is_reached_and_none_but_an_end_is_without_a_way_to_an_end() -> None:
    reached, ending = {"received"}, set(CLOSED_STATES)
    for _ in STATES:
        reached |= {t.to for t in life.TRANSITIONS if t.before in reached}
        ending |= {t.before for t in life.TRANSITIONS if t.to in ending}
    assert reached == ending == set(STATES)


def test_texts_belong_to_the_table_and_are_all_used() -> None:
    texts = json.loads((SCHEMAS / "transitions.json").read_text("utf-8"))
    labelled = {(before, to) for before, row in texts["labels"].items() for to in row}
    assert labelled == {(t.before, t.to) for t in life.TRANSITIONS}
    assert set(texts["guards"]) == {g.name for t in life.TRANSITIONS for g in t.guards}
    assert set(CODES) == set(texts["guards"])
    for row in life.TRANSITIONS:
        assert row.label
        assert "{" not in "".join(g.description for g in row.guards)


def test_committed_description_is_current() -> None:
    assert life_of_a_case.FILE.read_text("utf-8") == life_of_a_case.document()


def subsets(names: tuple[str, ...]) -> Iterator[frozenset[str]]:
    sizes = range(len(names) + 1)
    return map(frozenset, chain.from_iterable(combinations(names, n) for n in sizes))


def standing(row: life.Transition, fulfilled: frozenset[str]) -> CaseFile:
    """A case before a transition in which exactly these guards are fulfilled."""
    has: Callable[[str], bool] = fulfilled.__contains__
    withdrawn = consent(later(WEEK_AGO, days=-1))
    records = [withdrawn, withdrawal(WEEK_AGO, withdrawn)]
    if has("screening-recorded"):
        records.append(screening(WEEK_AGO, "6"))
    if has("screening-fits"):
        wanted = {"closed-info": "1", "referred": "2", "advice-only": "3", "watching": "4"}
        wanted |= {"assessing": "6", "closed": "9"}
        records.append(screening(WEEK_AGO, wanted[row.to]))
    elif "screening-fits" in {g.name for g in row.guards}:
        records.append(screening(WEEK_AGO, "1" if row.to != "closed-info" else "2"))
    if has("shien-meeting-held"):
        reason = {"watchReason": "安否が確かめられないため"} if has("refusal-weighed") else {}
        records.append(conference(WEEK_AGO, "shien", **reason))
    if has("consent-live"):
        records.append(consent(WEEK_AGO))
    drafted = plan(WEEK_AGO)
    if has("plan-drafted") or row.to == "decided":
        records.append(drafted)
    if has("conference-approved"):
        judged = {"planId": drafted.record_id, "planJudgement": "appropriate"}
        records.append(conference(later(WEEK_AGO, days=1), **judged))
    if has("decided-by-municipality"):
        records.append(decision(later(WEEK_AGO, days=2), drafted))
    if has("evaluation-judged"):
        judgement = {"supporting": "continue", "plan-draft": "replan"}[row.to]
        records.append(evaluation(WEEK_AGO, judgement))
    if has("closing-confirmed"):
        records.append(conference(WEEK_AGO, meetingId="m-end"))
        records.append(evaluation(WEEK_AGO, "closing", confirmedAtMeetingId="m-end"))
    if has("closure-recorded"):
        early = "closure-fits-early" not in {g.name for g in row.guards} or has(
            "closure-fits-early"
        )
        records.append(closure(WEEK_AGO, "08" if early else "09"))
    return case(*records, state=row.before)


@pytest.mark.parametrize("row", life.TRANSITIONS, ids=lambda t: f"{t.before}>{t.to}")
def test_every_transition_with_every_combination_of_guards_and_roles(row: life.Transition) -> None:
    names = tuple(g.name for g in row.guards)
    for fulfilled, role in product(subsets(names), Role):
        subject = standing(row, fulfilled)
        reason = "本人と話し合ったため" if "reason-given" in fulfilled else " "
        judgement = life.judge(subject, row.to, actor(role), NOW, reason)
        if role not in CORE_ROLES:
            expected = ["role-core"]
        elif role not in row.roles:
            expected = ["role-municipality"]
        else:
            lacking = [name for name in names if name not in fulfilled]
            expected = [CODES[n] for n in lacking if n not in JUDGES or JUDGES[n] in fulfilled]
        assert codes(judgement.missing) == expected, (fulfilled, role)
        assert all("{" not in m.text for m in judgement.missing)
        if judgement.missing:
            assert judgement.refs == ()
        else:
            proving = [n for n in names if n != "reason-given"]
            assert bool(judgement.refs) == bool(proving)
            assert set(judgement.refs) <= set(subject.records)


def test_pairs_outside_the_table_are_impossible_for_everyone_whatever_is_recorded() -> None:
    edges = {(t.before, t.to) for t in life.TRANSITIONS}
    everything = frozenset(CODES) - {"screening-fits", "evaluation-judged"}
    proved = standing(life.Transition(before="decided", to="decided", roles=CORE_ROLES), everything)
    for before, to, role in product(STATES, STATES, Role):
        if (before, to) in edges:
            continue
        answer = refused(replace(proved, state=before), to, role, "理由")
        assert answer == (["no-such-transition"] if role in CORE_ROLES else ["role-core"])


def test_watching_and_deciding_are_the_municipalitys_alone() -> None:
    town = {(t.before, t.to) for t in life.TRANSITIONS if t.roles == MUNICIPAL_ROLES}
    assert town == {
        ("screened", "watching"),
        ("assessing", "watching"),
        ("suspended", "watching"),
        ("watching", "closed"),
        ("in-conference", "decided"),
    }
    assert all(t.roles in (MUNICIPAL_ROLES, CORE_ROLES) for t in life.TRANSITIONS)


def test_whoever_may_not_make_a_transition_learns_of_no_meeting_and_no_consent() -> None:
    row = next(t for t in life.TRANSITIONS if t.to == "watching")
    subject = standing(row, frozenset())
    assert refused(subject, "watching", Role.COORDINATOR) == ["role-municipality"]
    options = {o.to: o for o in life.possible(subject, actor(Role.COORDINATOR), NOW)}
    assert codes(options["watching"].missing) == ["role-municipality"]


def test_registration_that_has_ended_makes_no_transition() -> None:
    gone = actor(Role.MANAGER, valid_to=DAY - timedelta(days=1))
    assert codes(life.refusals(case(), "screened", gone, NOW, None)) == ["role-core"]
    assert life.possible(case(), gone, NOW) == ()


def test_options_are_the_rows_of_the_state_with_what_is_missing_but_the_reason() -> None:
    for state, role in product(STATES, Role):
        options = life.possible(case(state=state), actor(role), NOW)
        rows = [t for t in life.TRANSITIONS if t.before == state]
        assert [(o.to, o.label) for o in options] == (
            [(t.to, t.label) for t in rows] if role in CORE_ROLES else []
        )
        for option, row in zip(options, rows, strict=False):
            asked = refused(case(state=state), row.to, role, "理由")
            assert codes(option.missing) == asked
            assert option.needs_reason == ("reason-given" in {g.name for g in row.guards})


# The guards' finer points


def test_the_newest_screening_counts_by_its_day() -> None:
    newer, older = screening(WEEK_AGO, "6"), screening(later(WEEK_AGO, days=-3), "1")
    typed_in_late = replace(older, created_at=NOW, saved_at=NOW)
    subject = case(newer, typed_in_late, state="screened")
    assert refused(subject, "assessing") == []
    assert refused(subject, "closed-info") == ["screening-result"]


def test_screening_result_is_named_in_japanese() -> None:
    (missing,) = life.refusals(case(state="screened"), "referred", actor(), NOW, None)
    assert "他の制度・専門機関で対応可能、つなぐ" in missing.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "juso"}, "shien-meeting"),
        ({"kind": "internal"}, "shien-meeting"),
        # A basis that was written in later makes no 支援会議 of it.
        ({"kind": "internal", "basis": "106-6"}, "shien-meeting"),
        ({"basis": "consent"}, "shien-meeting"),
        ({"date": (DAY + timedelta(days=1)).isoformat()}, "shien-meeting"),
        ({"date": DAY.isoformat()}, None),
    ],
)
def test_watching_needs_a_meeting_under_the_act_that_was_held(
    changes: dict[str, str], code: str | None
) -> None:
    meeting = conference(WEEK_AGO, **{"kind": "shien"} | changes)
    subject = case(screening(WEEK_AGO, "4"), meeting, state="screened")
    assert refused(subject, "watching") == ([code] if code else [])


def test_who_has_withdrawn_is_watched_with_a_written_reason_unless_consent_came_again() -> None:
    given = consent(later(WEEK_AGO, days=-1))
    meeting = conference(later(WEEK_AGO, days=1), "shien")
    records = [screening(WEEK_AGO, "5"), given, withdrawal(WEEK_AGO, given), meeting]
    assert refused(case(*records, state="screened"), "watching") == ["watch-reason"]
    again = [*records, consent(NOW)]
    assert refused(case(*again, state="screened"), "watching") == []


@pytest.mark.parametrize(
    ("person", "changes", "live"),
    [
        (SUBJECT, {}, True),
        (casefile.MOTHER, {}, False),
        (SUBJECT, {"kinds": ["application", "meeting"]}, False),
        (SUBJECT, {"from": (DAY + timedelta(days=1)).isoformat()}, False),
        (SUBJECT, {"from": DAY.isoformat(), "to": DAY.isoformat()}, True),
        (SUBJECT, {"to": (DAY - timedelta(days=1)).isoformat()}, False),
    ],
)
def test_conference_needs_the_persons_own_live_consent_to_sharing(
    person: str, changes: dict[str, Any], live: bool
) -> None:
    subject = case(consent(WEEK_AGO, person, **changes), plan(WEEK_AGO), state="plan-draft")
    assert refused(subject, "in-conference") == ([] if live else ["consent"])


def test_withdrawal_moves_no_state_and_closes_the_way_to_the_conference_at_once() -> None:
    given = consent(WEEK_AGO)
    before = case(given, plan(WEEK_AGO), state="plan-draft")
    # A withdrawal acts at once, whatever date it bears (L1).
    dated = withdrawal(later(NOW, days=30), given)
    after = before.with_records(dated)
    assert refused(before, "in-conference") == []
    assert after.state == before.state
    assert refused(after, "in-conference") == ["consent"]


def in_conference(*more: FormRecord, of: FormRecord) -> CaseFile:
    return case(consent(WEEK_AGO), of, *more, state="in-conference")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"kind": "individual"}, "conference"),
        ({"kind": "shien", "basis": "106-6"}, "conference"),
        ({"basis": "106-6"}, "conference"),
        ({"planId": "r-another00000"}, "conference"),
        ({"date": (DAY + timedelta(days=1)).isoformat()}, "conference"),
        ({"planJudgement": None}, "conference-judgement"),
        ({"planJudgement": "returned"}, "conference-returned"),
        ({"planJudgement": "revise"}, "conference-revision"),
    ],
)
def test_decision_needs_a_conference_that_found_this_plan_appropriate(
    changes: dict[str, Any], code: str | None
) -> None:
    drafted = plan(WEEK_AGO)
    judged = {"planId": drafted.record_id, "planJudgement": "appropriate"} | changes
    meeting = conference(later(WEEK_AGO, days=1), **judged)
    subject = in_conference(meeting, decision(NOW, drafted), of=drafted)
    assert refused(subject, "decided") == ([code] if code else [])


@pytest.mark.parametrize(
    ("saved", "enough"),
    [
        (timedelta(minutes=-1), False),  # the version that was laid before the meeting
        (timedelta(0), True),
        (timedelta(days=2), True),
    ],
)
def test_a_plan_to_be_revised_must_be_saved_after_the_meeting_began(
    saved: timedelta, enough: bool
) -> None:
    drafted = plan(WEEK_AGO)
    held = later(WEEK_AGO, days=1)  # noon in Japan
    judged = {"planId": drafted.record_id, "planJudgement": "revise", "from": "12:00"}
    revised = replace(drafted, revision=2, saved_at=held + saved)
    subject = in_conference(conference(held, **judged), decision(NOW, drafted), of=revised)
    assert refused(subject, "decided") == ([] if enough else ["conference-revision"])


def test_the_last_conference_counts() -> None:
    drafted = plan(WEEK_AGO)
    meetings = [
        conference(later(WEEK_AGO, days=n), planId=drafted.record_id, planJudgement=judgement)
        for n, judgement in enumerate(("returned", "appropriate"))
    ]
    decided = decision(NOW, drafted)
    assert refused(in_conference(*meetings, decided, of=drafted), "decided") == []
    worse = conference(NOW, planId=drafted.record_id, planJudgement="returned")
    subject = in_conference(*meetings, worse, decided, of=drafted)
    assert refused(subject, "decided") == ["conference-returned"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"agency_id": COUNCIL}, "decision-by-other"),
        ({"result": "not-decided"}, "decision-not-decided"),
        ({"planId": "r-another00000"}, "decision"),
    ],
)
def test_decision_is_the_municipalitys_for_this_plan(
    changes: dict[str, Any], code: str | None
) -> None:
    drafted = plan(WEEK_AGO)
    judged = {"planId": drafted.record_id, "planJudgement": "appropriate"}
    subject = in_conference(
        conference(WEEK_AGO, **judged), decision(NOW, drafted, **changes), of=drafted
    )
    assert refused(subject, "decided") == ([code] if code else [])


def test_a_plan_of_outreach_does_not_take_the_place_of_the_multi_agency_plan() -> None:
    main, outreach = plan(WEEK_AGO), plan(NOW, "outreach")
    subject = case(consent(WEEK_AGO), main, outreach, state="plan-draft")
    assert life.judge(subject, "in-conference", actor(), NOW, None).refs[-1] == main.record_id
    alone = case(consent(WEEK_AGO), outreach, state="plan-draft")
    assert life.judge(alone, "in-conference", actor(), NOW, None).refs[-1] == outreach.record_id


def test_replan_needs_a_new_plan() -> None:
    first = plan(later(WEEK_AGO, days=-100))
    subject = case(
        consent(later(WEEK_AGO, days=-101)),
        first,
        decision(later(WEEK_AGO, days=-90), first),
        state="plan-draft",
    )
    assert refused(subject, "in-conference") == ["plan-new"]
    assert refused(subject.with_records(plan(NOW)), "in-conference") == []


def test_an_evaluation_carries_one_transition() -> None:
    judged = evaluation(WEEK_AGO, "continue")
    subject = case(judged, state="evaluating")
    assert refused(subject, "supporting") == []
    gone_on = subject.with_records(
        casefile.transition("supporting", later(WEEK_AGO, days=1), "evaluating"),
        casefile.transition("evaluating", later(WEEK_AGO, days=2), "supporting"),
    )
    assert gone_on.state == "evaluating"
    assert refused(gone_on, "supporting") == ["evaluation"]
    again = gone_on.with_records(evaluation(NOW, "replan"))
    assert refused(again, "supporting") == ["evaluation-judgement"]
    assert refused(again, "plan-draft") == []


@pytest.mark.parametrize("before", ["supporting", "evaluating", "suspended"])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"judgement": "continue"}, "evaluation-judgement"),
        ({"confirmedAtMeetingId": None}, "evaluation-meeting"),
        ({"confirmedAtMeetingId": "m-unknown"}, "evaluation-meeting"),
        ({"confirmedAtMeetingId": "m-tomorrow"}, "evaluation-meeting"),
    ],
)
def test_support_ends_by_an_evaluation_that_a_meeting_confirmed(
    before: str, changes: dict[str, Any], code: str | None
) -> None:
    judged = {"judgement": "closing", "confirmedAtMeetingId": "m-1"} | changes
    subject = case(
        conference(WEEK_AGO),
        conference(later(NOW, days=1), meetingId="m-tomorrow"),
        evaluation(WEEK_AGO, **judged),
        closure(NOW),
        state=before,
    )
    assert refused(subject, "closed") == ([code] if code else [])


@pytest.mark.parametrize(
    ("reason", "changes", "code"),
    [
        ("01", {}, "closure-lead"),
        ("01", {"leadAgencyId": COUNCIL}, None),
        ("01", {"noLeadReason": "本人が自分で続けられるため"}, None),
        ("02", {}, "closure-lead"),
        ("02", {"noLeadReason": "なし"}, "closure-lead"),
        ("02", {"leadAgencyId": COUNCIL}, None),
        ("05", {}, None),
        ("09", {}, None),
    ],
)
def test_closure_names_a_lead_agency_or_a_reason(
    reason: str, changes: dict[str, str], code: str | None
) -> None:
    subject = case(closure(NOW, reason, **changes), state="watching")
    assert refused(subject, "closed") == ([code] if code else [])


@pytest.mark.parametrize(
    "before", ["screened", "assessing", "plan-draft", "in-conference", "decided"]
)
def test_before_support_a_case_ends_for_a_reason_that_fits(before: str) -> None:
    for reason in labels("end-reason"):
        subject = case(
            screening(WEEK_AGO, "9"), closure(NOW, reason, leadAgencyId=COUNCIL), state=before
        )
        unfit = reason in {"01", "02", "09"}
        assert refused(subject, "closed") == (["closure-early"] if unfit else [])


# Episodes


def test_reopening_begins_an_episode_in_which_nothing_old_counts() -> None:
    at = [later(NOW, days=-30 + n) for n in range(10)]
    first = case(
        screening(at[0], "1"),
        casefile.transition("screened", at[1], "received"),
        casefile.transition("closed-info", at[2], "screened"),
        created_at=later(at[0], days=-1),
    )
    (only,) = life.episodes(first)
    assert (only.number, only.last, only.closed_on) == (1, at[2], japanese_day(at[2]))
    again = first.with_records(casefile.transition("received", at[4], "closed-info"))
    old, new = life.episodes(again)
    assert old == only
    assert (new.number, new.first, new.opened_on) == (2, at[4], japanese_day(at[4]))
    assert (new.last, new.closed_on) == (None, None)
    assert again.case_id == first.case_id and again.subject == first.subject
    assert refused(first, "received") == ["reason"]
    assert refused(again, "screened") == ["screening"]
    held = {r.form for r in life.current_episode_records(again)}
    assert held == {"transition", "intake", "household", "members"}
    fresh = again.with_records(screening(at[5], "6"))
    assert refused(fresh, "screened") == []


def test_an_episode_is_dated_by_the_records_and_not_by_their_entry() -> None:
    intake = record("intake", {"receivedAt": "2026-02-03"}, at=NOW)
    ended = casefile.transition("closed-info", NOW, "screened", date="2026-03-31")
    (only,) = life.episodes(case(intake, ended))
    assert (only.opened_on, only.closed_on) == (date(2026, 2, 3), date(2026, 3, 31))


def test_next_transition_is_never_dated_before_the_last() -> None:
    assert life.earliest_day(case()) == date(2026, 4, 1)
    moved = case(casefile.transition("screened", WEEK_AGO, date="2026-05-02"))
    assert life.earliest_day(moved) == date(2026, 5, 2)


def test_a_transition_names_what_proves_it() -> None:
    judged = screening(WEEK_AGO, "6")
    subject = case(judged)
    judgement = life.judge(subject, "screened", actor(), NOW, None)
    data = life.transition_data(
        subject, "screened", judgement, on=DAY, reason=None, approvedBy="地福第12号 2026-09-14"
    )
    assert data == {
        "from": "received",
        "to": "screened",
        "date": "2026-09-15",
        "refs": [judged.record_id],
        "approvedBy": "地福第12号 2026-09-14",
    }


# Random histories


@dataclass
class Walk:
    """A case that people work on; each accepted transition is kept with who made it and with the
    case as it was."""

    now: datetime
    case: CaseFile
    made: list[tuple[CaseFile, str, Role, datetime]] = field(default_factory=list)

    def save(self, *records: FormRecord) -> None:
        self.case = self.case.with_records(*records)

    def newest(self, form: str) -> FormRecord | None:
        return self.case.latest(form)

    def move(self, to: str, role: Role, reason: str | None) -> None:
        judgement = life.judge(self.case, to, actor(role), self.now, reason)
        if judgement.missing:
            return
        self.made.append((self.case, to, role, self.now))
        data = life.transition_data(
            self.case, to, judgement, on=japanese_day(self.now), reason=reason
        )
        self.save(record("transition", data, at=self.now))


def work(walk: Walk, kind: str, pick: Callable[[list[Any]], Any]) -> None:
    """Somebody saves a record, sensible or not."""
    now = walk.now
    some_plan = walk.newest("plan")
    match kind:
        case "screening":
            walk.save(screening(now, pick(["1", "2", "3", "4", "5", "6", "6", "9"])))
        case "consent":
            ends = pick([None, None, _day(later(now, days=pick([1, 40])))])
            walk.save(consent(now, pick([SUBJECT, SUBJECT, casefile.MOTHER]), to=ends))
        case "withdrawal" if given := walk.newest("consent"):
            walk.save(withdrawal(now, given))
        case "plan":
            walk.save(plan(now))
        case "revision" if some_plan:
            revision = some_plan.revision + 1
            walk.save(replace(some_plan, revision=revision, saved_at=now))
        case "shien":
            walk.save(conference(now, "shien", watchReason=pick([None, "安否のため"])))
        case "juso":
            judgement = pick(["appropriate", "appropriate", "revise", "returned"])
            judged = {"planId": some_plan.record_id if some_plan else None}
            walk.save(conference(now, planJudgement=judgement, **judged))
        case "decision" if some_plan:
            result = pick(["decided", "decided", "decided", "not-decided"])
            walk.save(
                decision(now, some_plan, pick([OFFICE, OFFICE, OFFICE, COUNCIL]), result=result)
            )
        case "evaluation":
            judgement = pick(["continue", "replan", "closing"])
            walk.save(evaluation(now, judgement, confirmedAtMeetingId=pick(["m-1", "m-1", None])))
        case "closure":
            walk.save(closure(now, pick(["01", "08", "08"]), leadAgencyId=pick([None, COUNCIL])))


KINDS = (
    *("screening", "consent", "withdrawal", "plan", "revision"),
    *("shien", "juso", "decision", "evaluation", "closure"),
)
# What people save with a transition in mind, by its guards.
WANTED = {
    "screening-recorded": "screening",
    "shien-meeting-held": "shien",
    "consent-live": "consent",
    "plan-drafted": "plan",
    "conference-approved": "juso",
    "decided-by-municipality": "decision",
    "evaluation-judged": "evaluation",
    "closing-confirmed": "evaluation",
    "closure-recorded": "closure",
}


def walk_of(seed: int) -> Walk:
    chance = Random(seed)  # noqa: S311  # a test
    walk = Walk(now=NOW, case=case(created_at=later(NOW, days=-1)))
    for _ in range(chance.randint(5, 40)):
        ways = [t for t in life.TRANSITIONS if t.before == walk.case.state]
        onward = [t for t in ways if t.to not in CLOSED_STATES] or ways
        meant = chance.choice(onward if chance.random() < 0.7 else ways)
        steps = [WANTED[g.name] for g in meant.guards if g.name in WANTED]
        steps = [step for step in [*steps, f">{meant.to}"] if chance.random() < 0.9]
        if chance.random() < 0.3:
            steps = [chance.choice([*KINDS, *(f">{state}" for state in STATES)]), *steps]
        for step in steps:
            walk.now = later(walk.now, days=chance.choice([0, 0, 0, 1, 30]), minutes=1)
            if step.startswith(">"):
                role = chance.choice([*[Role.MANAGER] * 9, *Role])
                walk.move(step[1:], role, chance.choice(["理由", "理由", "理由", None]))
            else:
                work(walk, step, chance.choice)
    return walk


# Seeds and not drawn steps: drawn ones cluster at the first choices and get nowhere.
walks = st.integers(0, 2**32).map(walk_of)


def started(of: CaseFile) -> datetime:
    """When the episode began, told from the raw records."""
    reopened = [r.created_at for r in of.of("transition") if r.data["to"] == "received"]
    return max(reopened, default=of.created_at)


def oracle(of: CaseFile, to: str, role: Role, now: datetime) -> None:
    """What must have been there, by a plain reading of DOMAIN §1.3 and L1, L7, L9."""
    began, today = started(of), _day(now)
    mine = {form: [r for r in of.of(form) if r.created_at >= began] for form in CODES_OF_FORMS}
    closings = [r.created_at for r in of.of("transition") if r.data["to"] in CLOSED_STATES]
    closed = max(closings, default=later(of.created_at, days=-1))
    withdrawn = {r.data["consentId"] for r in of.of("consent-withdrawal")}
    consented = [
        c
        for c in of.of("consent")
        if c.data["personId"] == SUBJECT
        and c.record_id not in withdrawn
        and c.data["from"] <= today
        and (today <= c.data["to"] if c.data["to"] else c.created_at > closed)
    ]
    assert (of.state, to) in DOMAIN_EDGES | ADDED_EDGES
    assert role in CORE_ROLES
    match to:
        case "screened":
            assert mine["screening"]
        case "closed-info" | "referred" | "advice-only":
            order = {"closed-info": "1", "referred": "2", "advice-only": "3"}
            assert mine["screening"][-1].data["result"] == order[to]
        case "watching":
            assert role in {Role.MANAGER, Role.OFFICER}
            assert any(m.data["basis"] == "106-6" for m in mine["conference"])
        case "in-conference":
            assert consented and mine["plan"]
        case "decided":
            assert role in {Role.MANAGER, Role.OFFICER}
            assert consented
            last = mine["plan"][-1].record_id
            decisions = [d for d in mine["decision"] if d.data["planId"] == last]
            assert decisions[-1].data["result"] == "decided"
            assert decisions[-1].agency_id == OFFICE
            judged = [m for m in mine["conference"] if m.data.get("planId") == last]
            assert judged[-1].data["planJudgement"] in {"appropriate", "revise"}
        case "closed":
            assert mine["closure"]
            if of.state in {"supporting", "evaluating", "suspended"}:
                assert mine["evaluation"][-1].data["judgement"] == "closing"
            if of.state == "watching":
                assert role in {Role.MANAGER, Role.OFFICER}
        case "assessing" if of.state == "watching":
            assert consented
        case "supporting" if of.state == "suspended":
            assert consented


CODES_OF_FORMS = ("screening", "conference", "plan", "decision", "evaluation", "closure")


@settings(max_examples=80, deadline=None)
@given(walks)
def test_no_history_is_reached_without_its_guards(walk: Walk) -> None:
    for before, to, role, now in walk.made:
        oracle(before, to, role, now)


@settings(max_examples=60, deadline=None)
@given(walks)
def test_state_is_what_the_transition_records_say_and_nothing_else_moves_it(walk: Walk) -> None:
    state, reopened = "received", 0
    made = walk.case.of("transition")
    assert len(made) == len(walk.made)
    for moved in made:
        assert moved.data["from"] == state
        reopened += state in CLOSED_STATES
        state = moved.data["to"]
        assert set(moved.data["refs"]) <= set(walk.case.records)
    assert walk.case.state == state
    without = [r for r in walk.case.records.values() if r.form != "transition"]
    assert case(*without).state == "received"
    runs = life.episodes(walk.case)
    assert [e.number for e in runs] == list(range(1, reopened + 2))
    assert all(a.last and a.last <= b.first for a, b in pairwise(runs))
    assert (runs[-1].last is None) == (state not in CLOSED_STATES)


def test_walks_take_every_transition() -> None:
    """The walks above would prove nothing if they stayed near the beginning."""
    taken = {(before.state, to) for seed in range(300) for before, to, _, _ in walk_of(seed).made}
    assert taken == DOMAIN_EDGES | ADDED_EDGES
