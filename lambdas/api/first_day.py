"""The first day of a municipality: what is done is seen in the data, nothing is ticked off."""

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework.access import Action, Decision, MemberKind, Role, decide
from lambdas.casework.records import Agency
from lambdas.store import first_day as store
from lambdas.store import settings as kept_settings
from lambdas.store.repository import Put, StoreBusyError, event_item

routes = Blueprint(__name__)


@operation(
    routes,
    Operation(
        method="GET",
        path="/first-day",
        summary="はじめの一日にすること(済んだかどうかは登録と記録から分かる。管理者)",
        status=200,
        reply="FirstDay",
        problems=("not-permitted",),
    ),
)
def read_first_day(call: Call) -> Reply:
    _manager(call)
    agencies, staff = repository().agencies(), repository().staff()
    others = [m for m in staff if m.actor.staff_id != call.actor.staff_id]
    cases = repository().list_cases(agency_id=call.actor.agency_id, limit=1, cursor=None)
    steps = {
        "agencies": any(a.member_kind is not MemberKind.MUNICIPALITY for a in agencies),
        "contract": not any(_lacks_contract(a) for a in agencies),
        "second-manager": any(m.actor.role is Role.MANAGER for m in others),
        "staff": any(m.actor.role is not Role.MANAGER for m in others),
        "settings": kept_settings.settings().revision > 0,
        "first-case": bool(cases.items),
    }
    return Reply(
        body={
            "steps": [{"step": step, "done": done} for step, done in steps.items()],
            "dismissed": store.is_dismissed(call.actor.staff_id),
        }
    )


@operation(
    routes,
    Operation(
        method="POST",
        path="/first-day",
        summary="はじめの一日の案内を、自分には出さないようにする(管理者)",
        status=204,
        reply=None,
        body="Empty",
        idempotent=True,
        problems=("not-permitted", "invalid-record"),
    ),
)
def dismiss(call: Call) -> Reply:
    decision = _manager(call)
    # Doing it twice is the same as once.
    call.required_idempotency_key()
    told = event(call, "dismiss-first-day", decision)
    puts = [
        store.dismissal_put(call.actor.staff_id, call.now),
        Put("event", event_item(f"STAFF#{call.actor.staff_id}", told)),
    ]
    if repository().commit(puts):
        raise StoreBusyError
    return Reply()


def _manager(call: Call) -> Decision:
    decision = decide(call.actor, Action.MANAGE_STAFF, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    return decision


def _lacks_contract(agency: Agency) -> bool:
    """Without the period of its contract the staff of such an agency see nothing (DOMAIN L10)."""
    return agency.member_kind is MemberKind.COORDINATOR and agency.contract is None
