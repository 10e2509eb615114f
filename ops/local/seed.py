"""The demo data of a local tenant, brought in the way real data comes in: logins, first sign-ins
and records all through the deployed API."""

import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lambdas.casework.passwords import temporary_password
from ops.api_client import TenantClient, TotpSource
from ops.cases.importer import SYSTEM
from ops.cases.reader import Row, read_workbook
from ops.cases.writer import SheetCase, write_workbook
from ops.demo.households import DEMO_DATE, DemoTenant, demo_tenant
from ops.live import LiveTenant
from ops.local.cloud import CloudError
from ops.registers.register import NewAgency, NewStaff, register

_PROGRAMME_AGENCY_KIND = "27"
_VALID_FROM = date(2026, 4, 1)
_IMPORTER = "kanri1"


def accounts_file(home: Path, manifest_file: Path) -> Path:
    """Where the demo accounts of a tenant are kept, readable by their owner only."""
    return home / "tenants" / f"{manifest_file.stem}.json"


def seed(tenant: LiveTenant, kept: Path, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Registers the demo staff, goes through their first sign-in, and enters the households.

    What is there already stays. Returns what `kept` then holds: `{url, accounts: [{loginId,
    displayName, role, agencyName, password, totpSecret}]}`. Raises CloudError.
    """
    demo = demo_tenant(lg_code=tenant.manifest.lg_code, today=DEMO_DATE)
    known: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {"accounts": []}
    pool = tenant.outputs["UserPoolId"]
    if known.get("userPoolId") != pool:
        # Another pool: the emulator lost its state before it could write it, or was reset.
        known = {"accounts": [], "userPoolId": pool}
    known["url"] = tenant.url
    accounts = {account["loginId"]: account for account in known["accounts"]}
    factors = {login: TotpSource(a["totpSecret"]) for login, a in accounts.items()}
    say("利用者を登録しています")
    passwords = _register(tenant, demo)
    with TenantClient(tenant.url) as client:
        for person in demo.staff:
            if person.login_id in accounts and person.login_id not in passwords:
                continue
            # A login without a note of its own is left from a run that was cut off.
            first = passwords.get(person.login_id) or _start_over(tenant, person.login_id)
            password = temporary_password(secrets.choice)
            factor = client.enrol(person.login_id, first, password)
            factors[person.login_id] = factor
            accounts[person.login_id] = {
                "loginId": person.login_id,
                "displayName": person.display_name,
                "role": person.role,
                "agencyId": person.agency_id,
                "password": password,
                "totpSecret": factor.secret,
            }
            known["accounts"] = list(accounts.values())
            _write_private(kept, known)
        say("練習用のケースを登録しています")
        if not known.get("seeded"):
            _enter_cases(client, demo, accounts[_IMPORTER]["password"], factors[_IMPORTER])
            known["seeded"] = True
    _write_private(kept, known)
    return known


def _register(tenant: LiveTenant, demo: DemoTenant) -> Mapping[str, str]:
    municipality = next(s.agency_id for s in demo.staff if s.role == "manager")

    def member_kind(agency_id: str, kind: str) -> str | None:
        if agency_id == municipality:
            return "municipality"
        return "coordinator" if kind == _PROGRAMME_AGENCY_KIND else None

    return register(
        tenant,
        agencies=[
            NewAgency(
                agency_id=a.agency_id,
                name=a.name,
                kind=a.kind,
                member_kind=member_kind(a.agency_id, a.kind),
                contract_from=_VALID_FROM if a.kind == _PROGRAMME_AGENCY_KIND else None,
            )
            for a in demo.agencies
        ],
        staff=[
            NewStaff(
                staff_id=s.staff_id,
                login_id=s.login_id,
                display_name=s.display_name,
                role=s.role,
                agency_id=s.agency_id,
                valid_from=_VALID_FROM,
            )
            for s in demo.staff
        ],
        ordered_by="demo",
    ).passwords


def _start_over(tenant: LiveTenant, login_id: str) -> str:
    """Takes a login back to its first sign-in, which the emulator allows and Cognito does not."""
    cognito = tenant.client("cognito-idp")
    login = {"UserPoolId": tenant.outputs["UserPoolId"], "Username": login_id}
    password = temporary_password(secrets.choice)
    cognito.admin_set_user_password(**login, Password=password, Permanent=False)
    cognito.admin_set_user_mfa_preference(**login, SoftwareTokenMfaSettings={"Enabled": False})
    return password


def _enter_cases(client: TenantClient, demo: DemoTenant, password: str, factor: TotpSource) -> None:
    client.sign_in(_IMPORTER, password, factor.code)
    rows = _sheet_rows(demo)
    for intake in demo.intakes:
        row = rows[intake.control_number]
        body = {
            "formVersion": "1.0.0",
            "data": intake.data,
            # As the row of the sheet would come in: neither a run that was cut off nor the import
            # of the demo's own sheet enters a case twice.
            "source": {
                "system": SYSTEM,
                "id": row.source_id,
                "contentSha256": row.content_sha256,
            },
        }
        answer = client.create_case(body, str(uuid.uuid4()))
        if answer.status_code not in (201, 409):
            raise CloudError(
                f"練習用のケース {intake.control_number} を登録できませんでした: {answer.text}"
            )


def _sheet_rows(demo: DemoTenant) -> dict[str, Row]:
    """The demo's cases as rows of a つなぐシート, by control number."""
    names = {a.agency_id: a.name for a in demo.agencies}
    with TemporaryDirectory() as directory:
        sheet = Path(directory) / "sheet.xlsx"
        cases = [SheetCase(control_number=i.control_number, data=i.data) for i in demo.intakes]
        write_workbook(sheet, cases, agencies=names)
        own = next(s.agency_id for s in demo.staff if s.login_id == _IMPORTER)
        rows = read_workbook(
            sheet, agencies={name: agency for agency, name in names.items()}, own_agency=own
        )
    return {row.source_id: row for row in rows if isinstance(row, Row)}


def _write_private(file: Path, content: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(content, ensure_ascii=False, indent=1))
    part.replace(file)
