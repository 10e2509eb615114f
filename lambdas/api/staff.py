"""Managers enter and change people of the register: by invitation, one at a time, or many at once
when offices change in April; and confirm that entries are still needed (棚卸し)."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NoReturn

from chalice.app import Blueprint

from lambdas.api.auth import cognito, start_login_anew
from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.cognito import RefusedError
from lambdas.api.opened import request_of
from lambdas.api.problems import Problem, field_error, messages, refuse_my_number
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import forms
from lambdas.casework.access import Action, Actor, Decision, Role, decide
from lambdas.casework.clock import japanese_day
from lambdas.casework.my_number import contains_my_number
from lambdas.casework.passwords import temporary_password
from lambdas.casework.records import Agency, StaffMember, new_id
from lambdas.casework.registers import managers_on, may_hold
from lambdas.casework.text import has_unstorable_characters
from lambdas.store.registers import add_staff, change_staff

routes = Blueprint(__name__)


class RefusedChangeError(Exception):
    """A change that cannot be made: the code of schemas/messages.json and its field."""

    def __init__(self, pointer: str, code: str) -> None:
        super().__init__(code)
        self.pointer = pointer
        self.code = code


@operation(
    routes,
    Operation(
        method="POST",
        path="/staff",
        summary="利用者を登録し、最初のサインインに使う仮パスワードを作る(管理者)",
        status=201,
        reply="Invitation",
        body="NewStaff",
        idempotent=True,
        problems=(
            "not-permitted",
            "invalid-record",
            "idempotency-key-reused",
        ),
    ),
)
def invite(call: Call) -> Reply:
    """The login is made first: without its entry in the register it opens nothing. A repeated
    request is answered with a new temporary password, since the first one is kept nowhere."""
    decision = _manager(call)
    request = request_of(call, call.required_idempotency_key(), "new")
    body = call.body
    login_id, password = body["loginId"], temporary_password(secrets.choice)
    before = repository().outcome(request)
    people = repository().staff()
    if before is not None:
        member = next((m for m in people if m.actor.staff_id == before.folder_id), None)
        if member is None or member.last_sign_in is not None:
            _refuse("/loginId", "login-taken")
        start_login_anew(call, member, password)
        return _invited(member.actor.staff_id, login_id, password)
    refuse_my_number({f"/{name}": body[name] for name in ("displayName", "loginId")})
    _check_name("/displayName", body["displayName"])
    agency = _agency(body["agencyId"])
    role = Role(body["role"])
    first, last = _day(body, "validFrom"), _day(body, "validTo")
    if first is None:
        _refuse("/validFrom", "format")
    try:
        _check(role, agency, first, last)
    except RefusedChangeError as refused:
        _refuse(refused.pointer, refused.code)
    if any(m.login_id.lower() == login_id.lower() for m in people):
        _refuse("/loginId", "login-taken")
    actor = Actor(
        staff_id=new_id("s", secrets.choice),
        display_name=body["displayName"],
        role=role,
        agency_id=agency.agency_id,
        agency_name=agency.name,
        valid_from=first,
        valid_to=last,
    )
    told = event(call, "invite-staff", decision, extra=_told(actor))
    member = StaffMember(
        actor=actor,
        login_id=login_id,
        sub=cognito().start_anew(_free(login_id), password),
        sessions_from=0,
    )
    add_staff(repository(), member, event=told, request=request, now=call.now)
    return _invited(actor.staff_id, login_id, password)


@operation(
    routes,
    Operation(
        method="POST",
        path="/staff-changes",
        summary="利用者の役割・機関・期間をまとめて変え、登録を確認する(管理者。一人ずつ結果を答える)",
        status=200,
        reply="StaffChanged",
        body="StaffChanges",
        idempotent=True,
        problems=("not-permitted", "invalid-record"),
    ),
)
def change_many(call: Call) -> Reply:
    """Each person is a transaction of its own: one who cannot be changed stops nobody else. A
    preview answers in the same way and changes nothing. Asked again, what is so already is told
    as done, so that a lost answer costs nothing."""
    decision = _manager(call)
    call.required_idempotency_key()
    preview = call.body["preview"]
    people = {m.actor.staff_id: m for m in repository().staff()}
    agencies = {a.agency_id: a for a in repository().agencies()}
    items = []
    for change in call.body["changes"]:
        item = {"staffId": change["staffId"], "outcome": "same", "code": None, "text": None}
        items.append(item)
        try:
            member = people.get(change["staffId"])
            if member is None:
                raise RefusedChangeError("/staffId", "unknown-staff")
            after = _changed(call, member, change, agencies)
            if after == member:
                continue
            # Confirming is said of the entry as it is now; so is everything else.
            if change["revision"] != member.revision:
                raise RefusedChangeError("/revision", "changed-by-other")
            _keep_a_manager(call, people, after)
            if not preview and not change_staff(
                repository(), after, event=_event(call, decision, member, after)
            ):
                raise RefusedChangeError("/revision", "changed-by-other")
            people[after.actor.staff_id] = replace(after, revision=member.revision + 1)
            item["outcome"] = "would-change" if preview else "changed"
        except RefusedChangeError as refused:
            text = messages()[refused.code]
            item |= {"outcome": "refused", "code": refused.code, "text": text}
    return Reply(body={"items": items})


def _changed(
    call: Call, member: StaffMember, change: Mapping[str, Any], agencies: Mapping[str, Agency]
) -> StaffMember:
    """The person as the change has them. Raises RefusedChangeError."""
    actor = member.actor
    agency = agencies.get(change.get("agencyId", actor.agency_id))
    if agency is None:
        raise RefusedChangeError("/agencyId", "unknown-agency")
    role = Role(change.get("role", actor.role.value))
    last = actor.valid_to
    if "validTo" in change:
        try:
            last = date.fromisoformat(change["validTo"]) if change["validTo"] else None
        except ValueError:
            raise RefusedChangeError("/validTo", "format") from None
    name = change.get("displayName", actor.display_name)
    if (
        not name.strip()
        or has_unstorable_characters(name, multiline=False)
        or contains_my_number(name)
    ):
        raise RefusedChangeError("/displayName", "unstorable-characters")
    _check(role, agency, actor.valid_from, last)
    return replace(
        member,
        actor=replace(
            actor,
            display_name=name,
            role=role,
            agency_id=agency.agency_id,
            agency_name=agency.name,
            valid_to=last,
        ),
        confirmed_on=japanese_day(call.now) if change.get("confirm") else member.confirmed_on,
    )


def _check(role: Role, agency: Agency, first: date, last: date | None) -> None:
    """What must hold of every entry. Raises RefusedChangeError."""
    if not may_hold(role, agency.member_kind):
        raise RefusedChangeError("/role", "municipal-role")
    if last is not None and last < first:
        raise RefusedChangeError("/validTo", "period-over")
    if agency.last is not None and (last is None or last > agency.last):
        raise RefusedChangeError("/validTo", "agency-ends-first")


def _keep_a_manager(call: Call, people: Mapping[str, StaffMember], after: StaffMember) -> None:
    """Somebody must be there tomorrow who can undo this. Raises RefusedChangeError."""
    tomorrow = japanese_day(call.now) + timedelta(days=1)
    before = managers_on(people.values(), tomorrow)
    left = managers_on({**people, after.actor.staff_id: after}.values(), tomorrow)
    if before and not left:
        raise RefusedChangeError("/role", "last-manager")


def _event(
    call: Call, decision: Decision, before: StaffMember, after: StaffMember
) -> dict[str, Any]:
    """What was changed, from what to what; of a name only that it was changed."""
    old, new = _told(before.actor), _told(after.actor)
    changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if before.actor.display_name != after.actor.display_name:
        changed["displayName"] = []
    action = "change-staff" if changed else "confirm-staff"
    staff_id = after.actor.staff_id
    return event(
        call,
        action,
        decision,
        extra={
            "staffId": staff_id,
            "changed": changed,
            "confirmed": before.confirmed_on != after.confirmed_on,
        },
    )


def _told(actor: Actor) -> dict[str, Any]:
    return {
        "staffId": actor.staff_id,
        "role": actor.role.value,
        "agencyId": actor.agency_id,
        "validFrom": actor.valid_from.isoformat(),
        "validTo": actor.valid_to and actor.valid_to.isoformat(),
    }


def _free(login_id: str) -> str:
    """The login, where nobody of the register has it; one that a broken attempt left behind may
    be made anew. Raises Problem."""
    try:
        user = cognito().user(login_id)
    except RefusedError:
        return login_id
    if repository().staff_by_sub(user.sub) is not None:
        _refuse("/loginId", "login-taken")
    return login_id


def _invited(staff_id: str, login_id: str, password: str) -> Reply:
    return Reply(body={"staffId": staff_id, "loginId": login_id, "temporaryPassword": password})


def _agency(agency_id: str) -> Agency:
    agency = repository().agency(agency_id)
    if agency is None:
        _refuse("/agencyId", "unknown-agency")
    return agency


def _check_name(pointer: str, name: str) -> None:
    if has_unstorable_characters(name, multiline=False):
        _refuse(pointer, "unstorable-characters")


def _day(body: Mapping[str, Any], name: str) -> date | None:
    try:
        return date.fromisoformat(body[name]) if body[name] else None
    except ValueError:
        _refuse(f"/{name}", "format")


def _manager(call: Call) -> Decision:
    decision = decide(call.actor, Action.MANAGE_STAFF, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    return decision


def _refuse(pointer: str, code: str) -> NoReturn:
    error = forms.FieldError(pointer=pointer, code=code)
    raise Problem("invalid-record", errors=[field_error(error, below="")])
