"""Signing in from the command line, as a member of a municipality's staff."""

import json
from pathlib import Path

import typer

from ops.api_client import TenantClient, TotpSource
from ops.live import LiveTenant
from ops.local.seed import accounts_file


def sign_in(client: TenantClient, live: LiveTenant, manifest: Path, user: str | None) -> None:
    """With the kept demo account of a local tenant, else with what the person types.

    Raises SignInError.
    """
    if live.cloud is not None:
        kept = accounts_file(live.cloud.home, manifest)
        accounts = json.loads(kept.read_text("utf-8"))["accounts"] if kept.is_file() else []
        account = next((a for a in accounts if user in (None, a["loginId"])), None)
        if account is not None:
            code = TotpSource(account["totpSecret"]).code
            client.sign_in(account["loginId"], account["password"], code)
            return
    login_id = user or str(typer.prompt("利用者ID", err=True))
    password = str(typer.prompt("パスワード", hide_input=True, err=True))
    client.sign_in(login_id, password, lambda: str(typer.prompt("確認コード(6桁)", err=True)))
