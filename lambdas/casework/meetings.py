"""Meetings over several cases: who knows of one, what is on its agenda for whom, which papers lie
before whom; and what the 本人 may be told of who sees what (DOMAIN §1.2, §4.10 L1, L2, L9).

A meeting is a folder with two records: the meeting itself, which says nothing of any case, and
the agenda, whose cases each hold their own `conference` record with its own basis. What belongs
to a case is decided by the case alone, by the same functions as everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from lambdas.casework.access import (
    MUNICIPAL_ROLES,
    Action,
    Actor,
    Basis,
    Decision,
    Meeting,
    Role,
    Situation,
    decide,
    decide_case,
    may_write_form,
)
from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import Form, form
from lambdas.casework.records import CaseFile, Folder, FormRecord
from lambdas.casework.showing import Reader, Shown
from lambdas.casework.situation import situation

KIND = "MEETING"
# Ids of the records of the folder; they are also their forms.
MEETING, AGENDA = "meeting", "agenda"

# What whoever attends is told of the meeting as a whole. Its kinds and who else is invited would
# tell of cases that are not theirs.
_FOR_GUESTS = ("title", "date", "from", "to", "place", "online", "convenedBy")


@dataclass(frozen=True, kw_only=True)
class Item:
    """A case on the agenda, as one actor sees it: the case's record of the meeting."""

    case: CaseFile
    record: FormRecord
    shown: Shown
    decision: Decision
    attends: bool


def agenda_of(folder: Folder) -> tuple[str, ...]:
    """Ids of the cases on the agenda, in the order they were put on it."""
    record = folder.records.get(AGENDA)
    return tuple(record.data["cases"]) if record else ()


def conference_of(case: CaseFile, meeting_id: str) -> FormRecord | None:
    """The case's record of a meeting."""
    return next((r for r in case.of("conference") if r.data["meetingId"] == meeting_id), None)


def convenes(actor: Actor, meeting: FormRecord, now: datetime) -> Basis | None:
    """The basis on which the actor runs this meeting: the office or the programme that convened
    it, and the managers of the municipality."""
    if not may_write_form(actor, MEETING, now):
        return None
    if actor.role is not Role.MANAGER and actor.agency_id not in meeting.contributors:
        return None
    own = actor.role in MUNICIPAL_ROLES or actor.office
    return Basis.MUNICIPAL_DUTY if own else Basis.OUTSOURCING


def is_invited(actor: Actor, meeting: FormRecord, now: datetime) -> bool:
    """Whether the actor is called to the meeting in person."""
    at_work = decide(actor, Action.LIST_CASES, now).allowed
    return at_work and any(
        row.get("staffId") == actor.staff_id for row in meeting.data.get("invited") or ()
    )


def item(case: CaseFile | None, meeting_id: str, actor: Actor, now: datetime) -> Item | None:
    """A case on the agenda, if the actor may know of the case and of its part in the meeting: an
    agency that shares a case by consent learns nothing of a 支援会議 on it."""
    record = conference_of(case, meeting_id) if case else None
    if case is None or record is None:
        return None
    facts = situation(case)
    decision = decide_case(actor, Action.READ_CASE, facts, now)
    shown = Reader(actor=actor, situation=facts, now=now).show(_form(record), record)
    if not (decision.allowed and shown.bases):
        return None
    attends = actor.staff_id in _part(facts, record).attendees
    return Item(case=case, record=record, shown=shown, decision=decision, attends=attends)


def told(actor: Actor, meeting: FormRecord, now: datetime) -> Mapping[str, object]:
    """What of the meeting itself is shown to whoever knows of it."""
    if convenes(actor, meeting, now):
        return meeting.data
    return {name: meeting.data[name] for name in _FOR_GUESTS if name in meeting.data}


def with_paper_window(
    data: Mapping[str, Any], earlier: Mapping[str, Any] | None, *, before: int, after: int
) -> dict[str, Any]:
    """A case's record of a meeting with the days (JST) on which its papers lie open: so many
    before and after the meeting, by the municipality's terms as they are now, where it names none.
    Days that were only counted move with the meeting; `earlier`: the revision it replaces."""

    def window(of: Mapping[str, Any]) -> dict[str, str]:
        held = date.fromisoformat(of["date"])
        return {
            "papersFrom": (held - timedelta(days=before)).isoformat(),
            "papersTo": (held + timedelta(days=after)).isoformat(),
        }

    counted = window(earlier) if earlier else {}
    named = {name: value for name, value in data.items() if counted.get(name) != value}
    return {**window(data), **named}


def papers(
    case: CaseFile, meeting_id: str, actor: Actor, now: datetime
) -> Mapping[str, tuple[FormRecord, Shown]]:
    """The papers laid before the actor at this meeting, while they are open: record → the part of
    it that was laid and that the law lets the actor read. In person: the agency gets nothing."""
    record, facts = conference_of(case, meeting_id), situation(case)
    if record is None:
        return {}
    part = _part(facts, record)
    if actor.staff_id not in part.attendees or not part.window.holds(japanese_day(now)):
        return {}
    reader = Reader(actor=actor, situation=facts, now=now)
    found = {}
    for record_id, classes in part.papers.items():
        paper = case.records.get(record_id)
        if paper is not None:
            shown = reader.show(_form(paper), _laid(paper, classes))
            if shown.bases:
                found[record_id] = (paper, shown)
    return found


def _laid(paper: FormRecord, classes: frozenset[int]) -> FormRecord:
    """The part of a record that was laid before a meeting."""
    marks = _form(paper).classes
    data = {name: value for name, value in paper.data.items() if marks.get(name) in classes}
    return replace(paper, data=data)


def _part(facts: Situation, record: FormRecord) -> Meeting:
    return next(m for m in facts.meetings if m.record_id == record.record_id)


def _form(record: FormRecord) -> Form:
    return form(record.form, record.version)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One line of what the 本人, or another person of the household, may be told of who sees what
    of theirs: with whom, which data classes, on which basis, from when to when (days, ISO)."""

    basis: Basis
    agencies: frozenset[str]
    roles: frozenset[str]
    classes: frozenset[int]
    purpose: str
    first: str
    last: str | None
    ended_on: str | None = None


def receipts(case: CaseFile, person_id: str) -> tuple[Receipt, ...]:
    """Who sees what of a person's data, as it may be told to this person: what they consented to
    and what the municipality decided to share on another basis of law.

    Never what was given at a 支援会議 or at another conference with a secrecy of its own, nor that
    there was one (L2): no such record is looked at, and a decision that names such records alone
    is not told.
    """
    withdrawn = {r.data["consentId"]: r.data["date"] for r in case.of("consent-withdrawal")}
    revoked = {r.data["grantId"]: r.data["date"] for r in case.of("grant-revocation")}
    consented = (
        Receipt(
            basis=Basis.CONSENT,
            agencies=frozenset(r.data.get("agencies", ())),
            roles=frozenset(r.data.get("agencyRoles", ())),
            classes=frozenset(int(c) for c in r.data["classes"]),
            purpose=r.data["purpose"],
            first=r.data["from"],
            last=r.data.get("to"),
            ended_on=withdrawn.get(r.record_id),
        )
        for r in case.of("consent")
        if r.data["personId"] == person_id and "sharing" in r.data["kinds"]
    )
    granted = (
        Receipt(
            basis=Basis(r.data["basis"]),
            agencies=frozenset({r.data["agencyId"]}),
            roles=frozenset(),
            classes=frozenset(int(c) for c in r.data["classes"]),
            purpose=r.data["purpose"],
            first=r.data["from"],
            last=r.data["to"],
            ended_on=revoked.get(r.record_id),
        )
        for r in case.of("sharing-grant")
        if person_id in (r.data.get("personIds") or (person_id,)) and _is_told(case, r)
    )
    return (*consented, *granted)


def _is_told(case: CaseFile, grant: FormRecord) -> bool:
    """A release may put what a conference gave into a decision; it stays untold all the same."""
    named = [case.records[i] for i in grant.data.get("recordIds") or () if i in case.records]
    return not named or any(r.confined is None for r in named)
