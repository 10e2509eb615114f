"""The signed-in person, and the register of staff."""

import secrets
from typing import Any

from chalice.app import Blueprint

from lambdas.api.auth import start_login_anew
from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem, refuse_my_number
from lambdas.api.settings import terms
from lambdas.api.tenant import repository, tenant
from lambdas.api.trail import event
from lambdas.casework import forms
from lambdas.casework.access import Action, Basis, Decision, decide, is_registered, may_write_form
from lambdas.casework.passwords import temporary_password
from lambdas.store import sign_in as steps
from lambdas.store.repository import Put, StoreBusyError, event_item

routes = Blueprint(__name__)

_RECOVERY_CODES = 10
# Records outside cases that are written by themselves; requests for disclosure have their own way.
_BOOKS = ("phone-memo", "advice", "resource", "manual-figures")
# What the screens ask before they offer an entry.
_MAY = {
    "createCase": Action.CREATE_CASE,
    "listCases": Action.LIST_CASES,
    "manageStaff": Action.MANAGE_STAFF,
    "manageSettings": Action.MANAGE_SETTINGS,
    "readStatistics": Action.READ_STATISTICS,
    "reportStatistics": Action.REPORT_STATISTICS,
    "readLedger": Action.READ_LEDGER,
    "handleDisclosure": Action.HANDLE_DISCLOSURE,
    "handleRetention": Action.HANDLE_RETENTION,
    "reviewEmergencies": Action.REVIEW_EMERGENCIES,
    "readMatrix": Action.READ_MATRIX,
}


@operation(
    routes,
    Operation(method="GET", path="/me", summary="サインインしている人", status=200, reply="Me"),
)
def read_me(call: Call) -> Reply:
    actor = call.actor
    can: dict[str, Any] = {
        name: decide(actor, action, call.now).allowed for name, action in _MAY.items()
    }
    can["writeBooks"] = [book for book in _BOOKS if may_write_form(actor, book, call.now)]
    can["convene"] = may_write_form(actor, "meeting", call.now)
    sub = call.sub
    return Reply(
        body={
            "staffId": actor.staff_id,
            "displayName": actor.display_name,
            "role": actor.role.value,
            "roleLabel": forms.labels("role")[actor.role.value],
            "agencyId": actor.agency_id,
            "agencyName": actor.agency_name,
            "municipality": {"code": tenant().lg_code, "name": tenant().municipality},
            "validTo": actor.valid_to and actor.valid_to.isoformat(),
            "recoveryCodesLeft": steps.recovery_codes_left(sub) if can["manageStaff"] else 0,
            "idleMinutes": terms().idle_minutes,
            "can": can,
        }
    )


@operation(
    routes,
    Operation(
        method="POST",
        path="/me/recovery-codes",
        summary="回復コードを発行する(管理者。前のコードは使えなくなる)",
        status=201,
        reply="RecoveryCodes",
        body="Empty",
        idempotent=True,
        problems=("not-permitted", "invalid-record"),
    ),
)
def issue_recovery_codes(call: Call) -> Reply:
    decision = _manager(call)
    # Shown once and kept as hashes only: a repeated request cannot be answered with the first
    # codes again, so it makes new ones, which is safe.
    call.required_idempotency_key()
    codes = [_recovery_code() for _ in range(_RECOVERY_CODES)]
    issued = event(call, "issue-recovery-codes", decision)
    puts = [
        steps.recovery_put(call.sub, codes),
        Put("event", event_item(f"STAFF#{call.actor.staff_id}", issued)),
    ]
    if repository().commit(puts):
        raise StoreBusyError
    return Reply(body={"codes": codes})


@operation(
    routes,
    Operation(
        method="GET",
        path="/staff",
        summary="利用者の一覧(管理者)",
        status=200,
        reply="StaffList",
        problems=("not-permitted",),
    ),
)
def list_staff(call: Call) -> Reply:
    decision = _manager(call)
    labels = forms.labels("role")
    items = [
        {
            "staffId": member.actor.staff_id,
            "displayName": member.actor.display_name,
            "loginId": member.login_id,
            "role": member.actor.role.value,
            "roleLabel": labels[member.actor.role.value],
            "agencyId": member.actor.agency_id,
            "agencyName": member.actor.agency_name,
            "validFrom": member.actor.valid_from.isoformat(),
            "validTo": member.actor.valid_to and member.actor.valid_to.isoformat(),
            "lastSignInOn": member.last_sign_in and member.last_sign_in.isoformat(),
            "confirmedOn": member.confirmed_on and member.confirmed_on.isoformat(),
            "revision": member.revision,
        }
        for member in repository().staff()
    ]
    _record(call, "read-staff", decision, call.actor.staff_id)
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/colleagues",
        summary="会議に呼ぶことのできる人(利用登録のある職員の氏名と機関)",
        status=200,
        reply="ColleagueList",
        problems=("not-permitted",),
    ),
)
def list_colleagues(call: Call) -> Reply:
    """Names and agencies alone, for whoever convenes meetings and names those in charge: whom one
    cannot name, one cannot let read in person (DOMAIN L9)."""
    if not may_write_form(call.actor, "conference", call.now):
        raise Problem("not-permitted")
    items = [
        {
            "staffId": member.actor.staff_id,
            "displayName": member.actor.display_name,
            "agencyId": member.actor.agency_id,
            "agencyName": member.actor.agency_name,
        }
        for member in repository().staff()
        if is_registered(member.actor, call.now)
    ]
    _record(call, "read-staff", Decision(basis=Basis.OWN_ACCOUNT), call.actor.staff_id)
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="POST",
        path="/staff/{staff_id}/factor-reset",
        summary="認証アプリをなくした人に再発行する(管理者。自分にはできない)",
        status=201,
        reply="TemporaryPassword",
        body="FactorResetRequest",
        idempotent=True,
        problems=("not-permitted", "not-found", "own-factor", "invalid-record"),
    ),
)
def reset_factor(call: Call, staff_id: str) -> Reply:
    decision = _manager(call)
    call.required_idempotency_key()
    refuse_my_number({"/reason": call.body["reason"]})
    if staff_id == call.actor.staff_id:
        raise Problem("own-factor")
    member = next((m for m in repository().staff() if m.actor.staff_id == staff_id), None)
    if member is None:
        raise Problem("not-found")
    password = temporary_password(secrets.choice)
    # Recorded first: a reset that nobody could trace must not happen.
    _record(call, "reset-factor", decision, staff_id, reason=call.body["reason"])
    # The old login goes, and with it every session: whoever holds the lost device is out at once.
    start_login_anew(call, member, password)
    return Reply(body={"loginId": member.login_id, "temporaryPassword": password})


def _manager(call: Call) -> Decision:
    decision = decide(call.actor, Action.MANAGE_STAFF, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    return decision


def _record(call: Call, action: str, decision: Decision, staff_id: str, **more: str) -> None:
    repository().record_event(
        subject=f"STAFF#{staff_id}", event=event(call, action, decision, extra=more)
    )


def _recovery_code() -> str:
    letters = [secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10)]
    return "".join(letters[:5]) + "-" + "".join(letters[5:])
