"""Issues, plans, progress, decision, evaluation, closure, hand-over, emergency report."""

from lambdas.casework.access import CORE_ROLES
from lambdas.casework.clock import JST
from lambdas.casework.rules.context import (
    Context,
    Found,
    error,
    in_order,
    is_member,
    not_future,
    unique,
    written,
)

_HANDED_TO_LEAD = "02"


def issues(context: Context) -> Found:
    yield from unique(context, "issues", "issueId")


def plan(context: Context) -> Found:
    """The table of roles: each a task of an agency of the register, or of the family."""
    yield from unique(context, "roles", "itemId")
    number = context.data["planNumber"]
    own = context.before.record_id if context.before else None
    if any(
        p.data["planNumber"] == number
        and p.data["programme"] == context.data["programme"]
        and p.record_id != own
        for p in context.file.of("plan")
    ):
        yield error("/planNumber", "duplicate")
    known = _issues(context)
    for at, row in context.new_rows("roles"):
        yield from not_future(context, row, "done", at=at)
        if row.get("issueId") and row["issueId"] not in known:
            yield error(f"{at}/issueId", "unknown-issue")
        if row.get("due") and row["due"] < (row.get("from") or context.data["from"]):
            yield error(f"{at}/due", "out-of-order")
    yield from not_future(context, context.data.get("application") or {}, "date", at="/application")
    taken_part = context.data.get("participation") or {}
    yield from in_order(taken_part, ("matchedOn", "settledOn"), at="/participation")


def _issues(context: Context) -> frozenset[str]:
    """The issues that a plan may work on: its own list and the case's (課題整理表)."""
    table = context.file.records.get("issues")
    rows = [*(context.data.get("issues") or ()), *(table.data["issues"] if table else ())]
    return frozenset(row["issueId"] for row in rows if "issueId" in row)


def progress(context: Context) -> Found:
    """Whom it is shared with belongs to the case. Agencies outside the office are told neither
    who does nor which plans there are."""
    data, core = context.data, context.actor.role in CORE_ROLES
    listed = data.get("sharedWith") == "list"
    if listed and not data.get("sharedAgencies"):
        yield error("/sharedAgencies", "required")
    elif not listed and data.get("sharedAgencies"):
        yield error("/sharedAgencies", "not-allowed-here")
    for pointer, agency_id in context.new_items("sharedAgencies"):
        unknown = agency_id not in context.agency_register
        if core and not (unknown or is_member(context.facts, agency_id, context.today)):
            yield error(pointer, "not-a-member")
    item = data.get("planItemId")
    if core and item and item != context.old("planItemId") and item not in _plan_items(context):
        yield error("/planItemId", "unknown-item")


def _plan_items(context: Context) -> frozenset[str]:
    return frozenset(
        row["itemId"] for p in context.file.of("plan") for row in p.data.get("roles", ())
    )


def decision(context: Context) -> Found:
    """支援決定 is the municipality's own act (§1.3); a plan is decided once."""
    data = context.data
    if not context.by_municipality:
        yield error("", "municipality-decides")
    if data["result"] == "not-decided" and not written(data, "reason"):
        yield error("/reason", "reason-required")
    if any(
        d.data["planId"] == data["planId"] and d.data["result"] == "decided"
        for d in context.file.of("decision")
    ):
        yield error("/planId", "already-done")
    yield from _after_plan(context)


def evaluation(context: Context) -> Found:
    data = context.data
    closing = data["judgement"] == "closing"
    if closing and not data.get("endReason"):
        yield error("/endReason", "required")
    elif not closing and data.get("endReason"):
        yield error("/endReason", "not-allowed-here")
    confirmed = data.get("confirmedAtMeetingId")
    if confirmed and confirmed not in {r.data["meetingId"] for r in context.file.of("conference")}:
        yield error("/confirmedAtMeetingId", "unknown-meeting")
    yield from _after_plan(context)


def _after_plan(context: Context) -> Found:
    named = context.named("planId", "plan")
    if named is not None and context.data["date"] < named.data["createdOn"]:
        yield error("/date", "out-of-order")


def closure(context: Context) -> Found:
    """A case ends with a lead agency, or with the reason why there is none (§1.3)."""
    data = context.data
    if data.get("leadAgencyId") and data.get("noLeadReason"):
        yield error("/noLeadReason", "not-allowed-here")
    elif not (data.get("leadAgencyId") or written(data, "noLeadReason")):
        yield error("/leadAgencyId", "lead-or-reason")
    elif data["reason"] == _HANDED_TO_LEAD and not data.get("leadAgencyId"):
        yield error("/leadAgencyId", "lead-of-handover")


def emergency_report(context: Context) -> Found:
    """通報 has happened: neither the day nor its time is to come."""
    data = context.data
    at = context.now.astimezone(JST)
    if data["date"] == at.date().isoformat() and data["time"] > at.strftime("%H:%M"):
        yield error("/time", "future-time")
