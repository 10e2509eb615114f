"""支援会議 and 重層的支援会議: the case's part of a meeting with its own basis, what is asked for
in its name (106条の6第3項), and the meeting itself (DOMAIN §1.2, L1, L2, L9)."""

from datetime import date

from lambdas.casework.access import (
    CORE_ROLES,
    MUNICIPAL_ROLES,
    Actor,
    DataClass,
    MemberKind,
    Period,
)
from lambdas.casework.records import FormRecord
from lambdas.casework.rules.context import (
    Context,
    Data,
    Found,
    error,
    fixed,
    in_order,
    not_future,
    unique,
    written,
)
from lambdas.casework.rules.household import running_agencies
from lambdas.casework.rules.sharing import stood_on, withdrawn_by
from lambdas.casework.situation import PAPERS_AFTER, PAPERS_BEFORE

SHIEN, JUSO = "shien", "juso"
ART_106_6 = "106-6"
# What may be laid before a meeting: no minutes, nothing of the compartment.
_PAPERS = frozenset(range(DataClass.CONTACT, DataClass.CONFERENCE))
_COMPARTMENT = frozenset({"sealed", "sealed-holders"})
# The kind of agency that is the municipality's own office.
_OFFICE = "30"
_WITHDREW = "07"


def conference(context: Context) -> Found:
    data = context.data
    # A later change of basis would open what was kept, or keep what was open.
    yield from fixed(context, "meetingId", "kind", "basis")
    yield from _basis(context)
    yield from _attendees(context)
    yield from _papers(context)
    yield from _roles(context)
    if "planJudgement" in data and not (data["kind"] == JUSO and data.get("planId")):
        yield error("/planJudgement", "judgement-of-plan")


def _basis(context: Context) -> Found:
    data = context.data
    on = date.fromisoformat(data["date"])
    secret = data["basis"] == ART_106_6
    if secret is not (data["kind"] == SHIEN):
        yield error("/basis", "basis-of-kind")
    if secret:
        if not context.by_municipality:
            yield error("/basis", "shien-by-municipality")
        if _refused(context, on) and not written(data, "watchReason"):
            yield error("/watchReason", "watch-reason")
    elif _is_tabled(context) and _needs_consent(context) and not stood_on(context, on):
        yield error("/basis", "consent-of-subject")


def _needs_consent(context: Context) -> bool:
    """A 重層的支援会議 always; another meeting as soon as somebody attends who works neither for
    the office nor for the programme of this case."""
    running = running_agencies(context)
    outside = any(row.get("agencyId") not in running for _, row in context.rows("attendees"))
    return outside or context.data["kind"] == JUSO


def _is_tabled(context: Context) -> bool:
    """Whether this save lays the case before the meeting, before more people, or on another day.
    Minutes of a meeting that was lawful are written after a withdrawal too."""
    moved = context.before is None or context.data["date"] != context.old("date")
    return moved or any(True for _ in context.new_rows("attendees"))


def _refused(context: Context, on: date) -> bool:
    """Whether the 本人 had withdrawn by that day, or left the programme of their own wish, and had
    not consented again (L1)."""
    facts = context.facts
    mine = {c.consent_id for c in facts.consents if c.person_id == facts.subject}
    left = any(
        r.data.get("reason") == _WITHDREW and r.data["date"] <= on.isoformat()
        for r in context.file.of("closure")
    )
    withdrew = bool(mine & withdrawn_by(context, on))
    return (withdrew or left) and not stood_on(context, on)


def _attendees(context: Context) -> Found:
    """Access is per attending person (L9): who attends is known, works where it says, has
    undertaken secrecy, and stands in for another only from the day on."""
    on = date.fromisoformat(context.data["date"])
    seen = set()
    for at, row in context.rows("attendees"):
        staff_id = row.get("staffId")
        if staff_id is not None and staff_id in seen:
            yield error(f"{at}/staffId", "duplicate")
        seen.add(staff_id)
    for at, row in context.new_rows("attendees"):
        if "staffId" in row:
            yield from _person(context, at, row, on)
        if context.data["basis"] == ART_106_6:
            yield from _pledge(context, at, row, on)
        if row.get("deputyFor") and context.today < on:
            yield error(f"{at}/deputyFor", "deputy-on-the-day")


def _person(context: Context, at: str, row: Data, on: date) -> Found:
    actor = context.staff_register.get(row["staffId"])
    if actor is None or not _registered(actor, on):
        yield error(f"{at}/staffId", "unknown-staff")
    elif actor.agency_id != row.get("agencyId"):
        yield error(f"{at}/agencyId", "staff-of-other-agency")
    elif actor.staff_id in context.facts.conflicts:
        yield error(f"{at}/staffId", "cannot-attend")


def _registered(actor: Actor, on: date) -> bool:
    return Period(first=actor.valid_from, last=actor.valid_to).holds(on)


def _pledge(context: Context, at: str, row: Data, on: date) -> Found:
    """Members from outside the municipality have pledged secrecy before papers open to them."""
    yield from not_future(context, row, "appointedOn", "pledgedOn", at=at)
    pledged = row.get("pledgedOn")
    if pledged is None:
        if not _of_municipality(context, row):
            yield error(f"{at}/pledgedOn", "pledge")
    elif pledged > on.isoformat():
        yield error(f"{at}/pledgedOn", "pledge-before")


def _of_municipality(context: Context, row: Data) -> bool:
    agency = context.agency_register.get(row.get("agencyId", ""))
    return agency is not None and (
        agency.member_kind is MemberKind.MUNICIPALITY or agency.kind == _OFFICE
    )


def _stands(context: Context, name: str) -> bool:
    """Whether a day is as the revision before had it, for a meeting of the same day."""
    before = context.before.data if context.before else {}
    return all(before.get(n) == context.data.get(n) for n in ("date", name))


def _papers(context: Context) -> Found:
    data = context.data
    on = date.fromisoformat(data["date"])
    first, last = data.get("papersFrom"), data.get("papersTo")
    early, late = context.papers_before, context.papers_after
    # What was decided under an earlier term of the municipality stands, within the law's bounds.
    if _stands(context, "papersFrom"):
        early = PAPERS_BEFORE
    if _stands(context, "papersTo"):
        late = PAPERS_AFTER
    if first and date.fromisoformat(first) < on - early:
        yield error("/papersFrom", "papers-too-early", early.days)
    if last and date.fromisoformat(last) > on + late:
        yield error("/papersTo", "papers-too-long", late.days)
    yield from unique(context, "papers", "recordId")
    for at, row in context.rows("papers"):
        yield from _paper(context, at, row)
        for index, class_ in enumerate(row["classes"]):
            if int(class_) not in _PAPERS:
                yield error(f"{at}/classes/{index}", "class-no-paper")


def _paper(context: Context, at: str, row: Data) -> Found:
    record = context.file.records.get(row["recordId"])
    if record is None or record.form in _COMPARTMENT:
        yield error(f"{at}/recordId", "unknown-record")
    elif not _may_be_laid(context, record):
        # Others than the municipality are not told that there is such a record.
        code = "kept-by-conference" if context.by_municipality else "unknown-record"
        yield error(f"{at}/recordId", code)


def _may_be_laid(context: Context, record: FormRecord) -> bool:
    """What another conference keeps is not laid before this one (L2)."""
    kept = record.confined
    if kept is None or record.record_id in context.facts.released:
        return True
    here = bool(kept.meeting_id == context.data["meetingId"])
    return here and context.data["basis"] == ART_106_6


def _roles(context: Context) -> Found:
    yield from unique(context, "roles", "itemId")
    for at, row in context.new_rows("roles"):
        yield from not_future(context, row, "done", at=at)
        if row["due"] < context.data["date"]:
            yield error(f"{at}/due", "out-of-order")


def information_request(context: Context) -> Found:
    """協力依頼: at a 支援会議 of this case; an answer or a refusal comes with what it needs."""
    data = context.data
    if not context.by_municipality:
        yield error("", "municipality-decides")
    if "meetingId" in data and data["meetingId"] not in {
        r.data["meetingId"] for r in context.file.of("conference") if r.data["basis"] == ART_106_6
    }:
        yield error("/meetingId", "unknown-meeting")
    answer = str(data.get("answer"))
    needed: dict[str, tuple[str, ...]] = {
        "answered": ("answeredOn", "answerText"),
        "refused": ("answeredOn", "refusalReason"),
    }
    for name in needed.get(answer, ()):
        if not written(data, name):
            yield error(f"/{name}", "required")
    if answer not in needed and "answeredOn" in data:
        yield error("/answeredOn", "not-allowed-here")


def meeting(context: Context) -> Found:
    """The meeting over all its cases. It has no basis of its own: each case brings one (§1.2). Nor
    does it name them: the agenda is kept apart, and made by laying cases before the meeting."""
    data = context.data
    if data.get("cases"):
        yield error("/cases", "agenda-by-cases")
    if SHIEN in data.get("kinds", ()) and context.actor.role not in MUNICIPAL_ROLES:
        yield error("/kinds", "shien-by-municipality")
    if context.actor.role not in CORE_ROLES:
        yield error("", "municipality-decides")
    yield from in_order(data, ("from", "to"))
    for at, row in context.new_rows("invited"):
        if "staffId" in row:
            actor = context.staff_register.get(row["staffId"])
            if actor is None or actor.agency_id != row.get("agencyId", actor.agency_id):
                yield error(f"{at}/staffId", "unknown-staff")
