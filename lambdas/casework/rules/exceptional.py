"""緊急閲覧 and its review (L12), declarations of a conflict of interest (L11)."""

from datetime import datetime, timedelta

from lambdas.casework.access import EMERGENCY_HOURS, MUNICIPAL_ROLES, Role
from lambdas.casework.clock import from_iso
from lambdas.casework.rules.context import Context, Found, error, written

# A browser's clock and the way of the request may be this much off.
_NOW = timedelta(minutes=5)


def emergency_access(context: Context) -> Found:
    """Only where the municipality allows it, for oneself, from now, for three hours at most; never
    for outside agencies."""
    data = context.data
    if not context.emergency_access or context.actor.role not in MUNICIPAL_ROLES:
        yield error("", "emergency-off")
    if data["staffId"] != context.actor.staff_id:
        yield error("/staffId", "only-oneself")
    first, last = _instant(data["from"]), _instant(data["to"])
    if first is None or abs(first - context.now) > _NOW:
        yield error("/from", "from-now")
    if last is None:
        yield error("/to", "format")
    elif first is None:
        return
    elif last <= first:
        yield error("/to", "out-of-order")
    elif last - first > timedelta(hours=EMERGENCY_HOURS):
        yield error("/to", "emergency-too-long", EMERGENCY_HOURS)


def _instant(text: str) -> datetime | None:
    """An instant as its reader will read it; None where it would not (a leap second, no zone)."""
    try:
        instant = from_iso(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def emergency_review(context: Context) -> Found:
    """Another manager looks at it. Where there is none, the note names the paper decision (L20)."""
    access = context.named("accessId", "emergency-access")
    own = access is not None and access.data["staffId"] == context.actor.staff_id
    if own and not written(context.data, "note"):
        yield error("/note", "review-by-other")


def conflict_of_interest(context: Context) -> Found:
    """Everyone declares their own, a manager anyone's."""
    data = context.data
    own = data["staffId"] == context.actor.staff_id
    if data["declaredBy"] == "self" and not own:
        yield error("/staffId", "only-oneself")
    elif data["declaredBy"] == "manager" and context.actor.role is not Role.MANAGER:
        yield error("/declaredBy", "manager-only")
    elif not own and data["staffId"] not in context.staff_register:
        yield error("/staffId", "unknown-staff")


def conflict_end(context: Context) -> Found:
    """Nobody ends their own."""
    conflict = context.named("conflictId", "conflict-of-interest")
    if conflict is not None and conflict.data["staffId"] == context.actor.staff_id:
        yield error("/conflictId", "by-other-manager")
