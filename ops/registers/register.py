"""Logins and register entries of a tenant, as the vendor makes them for a municipality."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lambdas.casework.passwords import temporary_password
from ops.live import LiveTenant

# What the tenant's function refuses (lambdas/jobs/register.py), said to the operator.
_REASONS = {
    "unknown-agency": "この機関は登録されていません。先に機関を登録してください。",
    "municipal-role": "この役割にできるのは、市町村の主管課の人だけです。",
    "period-over": "利用期間の終わりが、始まりより前です。",
    "id-taken": "この利用者ID(または職員番号)は、別の人が使っています。",
    "bad-id": "ID は半角の英数字とハイフンで、60文字以内で書いてください。",
    "bad-name": "名前を100文字以内で書いてください。",
    "bad-value": "役割か日付が正しくありません。",
}


class RegistrationError(Exception):
    """The tenant refused a registration; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class NewAgency:
    """`kind` is a code of schemas/codes/agency-kind; `member_kind` is set for the municipality's
    office and the agency of the multi-agency programme, the contract's days for an agency that
    runs the programme by contract (without one it sees no case)."""

    agency_id: str
    name: str
    kind: str
    member_kind: str | None = None
    contract_from: date | None = None
    contract_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class NewStaff:
    """A person to be registered; `role` is a code of schemas/codes/role."""

    staff_id: str
    login_id: str
    display_name: str
    role: str
    agency_id: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Ids that were `entered` or were `present` already; login → temporary password of the logins
    that were made."""

    entered: tuple[str, ...]
    present: tuple[str, ...]
    passwords: Mapping[str, str]


def register(
    tenant: LiveTenant, *, agencies: Sequence[NewAgency], staff: Sequence[NewStaff], ordered_by: str
) -> Outcome:
    """Makes logins and enters agencies and staff; what is there already stays as it is.

    Everything is checked inside the tenant before a login is made; a login is taken back when its
    entry fails after all, since nobody would know its password. Raises RegistrationError.
    """
    task = {
        "task": "register",
        "orderedBy": ordered_by,
        "agencies": [_agency(agency) for agency in agencies],
    }
    people = {person.login_id: _person(person) for person in staff}
    checked = _run(tenant, {**task, "staff": list(people.values()), "dryRun": True})
    cognito, pool = tenant.client("cognito-idp"), tenant.outputs["UserPoolId"]
    passwords: dict[str, str] = {}
    try:
        for login_id, person in people.items():
            sub = _sub(cognito, pool, login_id)
            if sub is None:
                passwords[login_id] = temporary_password(secrets.choice)
                sub = _create(cognito, pool, login_id, passwords[login_id])
            elif person["staffId"] in checked["entered"]:
                raise RegistrationError(
                    f"{login_id} のログインは利用者プールにありますが、名簿にありません。"
                    "利用者プールから消して、やり直してください。"
                )
            person["sub"] = sub
        done = _run(tenant, {**task, "staff": list(people.values())})
    except BaseException:
        for login_id in passwords:
            cognito.admin_delete_user(UserPoolId=pool, Username=login_id)
        raise
    return Outcome(
        entered=tuple(done["entered"]), present=tuple(done["present"]), passwords=passwords
    )


def login_for(tenant: LiveTenant, login_id: str) -> tuple[str, str]:
    """A login of the tenant's pool and its new temporary password: made, or, where a try that was
    cut off has left one, given another password. `(sub, password)`."""
    cognito, pool = tenant.client("cognito-idp"), tenant.outputs["UserPoolId"]
    password = temporary_password(secrets.choice)
    sub = _sub(cognito, pool, login_id)
    if sub is None:
        return _create(cognito, pool, login_id, password), password
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=login_id, Password=password, Permanent=False
    )
    return sub, password


def _run(tenant: LiveTenant, task: Mapping[str, Any]) -> dict[str, Any]:
    answer = invoke_job(tenant, task)
    if answer["refused"]:
        raise RegistrationError(
            "何も登録していません。\n"
            + "\n".join(f"{r['id']}: {_REASONS[r['reason']]}" for r in answer["refused"])
        )
    return answer


def _agency(agency: NewAgency) -> dict[str, Any]:
    return {
        "agencyId": agency.agency_id,
        "name": agency.name,
        "kind": agency.kind,
        "memberKind": agency.member_kind,
        "contractFrom": agency.contract_from and agency.contract_from.isoformat(),
        "contractTo": agency.contract_to and agency.contract_to.isoformat(),
    }


def _person(person: NewStaff) -> dict[str, Any]:
    return {
        "staffId": person.staff_id,
        "loginId": person.login_id,
        "displayName": person.display_name,
        "role": person.role,
        "agencyId": person.agency_id,
        "validFrom": person.valid_from.isoformat(),
        "validTo": person.valid_to.isoformat() if person.valid_to else None,
    }


def invoke_job(tenant: LiveTenant, task: Mapping[str, Any]) -> dict[str, Any]:
    """Runs a task of the tenant's jobs function and waits for its answer.

    Raises RegistrationError with the kind of error only: its text may repeat what was sent.
    """
    answer = tenant.client("lambda").invoke(
        FunctionName=tenant.outputs["JobsFunction"], Payload=json.dumps(task).encode()
    )
    content: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        kind = content.get("errorType", "Error")
        raise RegistrationError(f"処理 {task['task']} が失敗しました({kind})。")
    return content


def _sub(cognito: Any, pool: str, login_id: str) -> str | None:
    try:
        user = cognito.admin_get_user(UserPoolId=pool, Username=login_id)
    except cognito.exceptions.UserNotFoundException:
        return None
    return _attribute(user["UserAttributes"])


def _create(cognito: Any, pool: str, login_id: str, password: str) -> str:
    made = cognito.admin_create_user(
        UserPoolId=pool, Username=login_id, TemporaryPassword=password, MessageAction="SUPPRESS"
    )
    return _attribute(made["User"]["Attributes"])


def _attribute(attributes: Sequence[Mapping[str, str]]) -> str:
    return next(a["Value"] for a in attributes if a["Name"] == "sub")
