"""Logins and register entries of a tenant, as the vendor makes them for a municipality."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lambdas.casework.passwords import temporary_password
from ops.live import LiveTenant


class RegistrationError(Exception):
    """The tenant refused a registration; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class NewAgency:
    """`kind` is a code of schemas/codes/agency-kind; `member_kind` is set for the municipality's
    office and the agency of the multi-agency programme."""

    agency_id: str
    name: str
    kind: str
    member_kind: str | None = None


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


def register(
    tenant: LiveTenant, *, agencies: Sequence[NewAgency], staff: Sequence[NewStaff], ordered_by: str
) -> dict[str, str]:
    """Makes logins and enters agencies and staff; what is there already stays as it is.

    Returns login → temporary password of the logins that are new. Raises RegistrationError.
    """
    cognito = tenant.client("cognito-idp")
    pool = tenant.outputs["UserPoolId"]
    passwords: dict[str, str] = {}
    subs = {}
    for person in staff:
        sub = _sub(cognito, pool, person.login_id)
        if sub is None:
            passwords[person.login_id] = temporary_password(secrets.choice)
            sub = _create(cognito, pool, person.login_id, passwords[person.login_id])
        subs[person.staff_id] = sub
    invoke_job(
        tenant,
        {
            "task": "register",
            "orderedBy": ordered_by,
            "agencies": [
                {
                    "agencyId": agency.agency_id,
                    "name": agency.name,
                    "kind": agency.kind,
                    "memberKind": agency.member_kind,
                }
                for agency in agencies
            ],
            "staff": [
                {
                    "sub": subs[person.staff_id],
                    "staffId": person.staff_id,
                    "loginId": person.login_id,
                    "displayName": person.display_name,
                    "role": person.role,
                    "agencyId": person.agency_id,
                    "validFrom": person.valid_from.isoformat(),
                    "validTo": person.valid_to.isoformat() if person.valid_to else None,
                }
                for person in staff
            ],
        },
    )
    return passwords


def start_over(tenant: LiveTenant, login_id: str) -> str:
    """Takes a login back to its first sign-in; the new temporary password."""
    cognito = tenant.client("cognito-idp")
    login = {"UserPoolId": tenant.outputs["UserPoolId"], "Username": login_id}
    password = temporary_password(secrets.choice)
    cognito.admin_set_user_password(**login, Password=password, Permanent=False)
    cognito.admin_set_user_mfa_preference(**login, SoftwareTokenMfaSettings={"Enabled": False})
    return password


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
