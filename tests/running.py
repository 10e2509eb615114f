"""Tenants that run: deployed by the real CDK into a local cloud of the tests' own."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ops.api_client import TenantClient, TotpSource
from ops.live import LiveTenant, find
from ops.local import assets
from ops.local.cloud import LocalCloud
from ops.local.deploy import deploy
from ops.local.seed import accounts_file, seed
from ops.paths import LOCAL, ROOT
from ops.registers.register import NewStaff, register

PORT = int(os.environ.get("SOUDAN_TEST_PORT", "4588"))
HOME = LOCAL / "test" / str(PORT)
MANIFESTS = {
    "funabashi": ROOT / "tenants" / "122041-demo.yaml",
    "katori": ROOT / "tenants" / "122360-demo.yaml",
}

# One source of codes per secret: the service takes each code once.
_factors: dict[str, TotpSource] = {}


@dataclass(frozen=True, kw_only=True)
class Account:
    """An enrolled demo account."""

    login_id: str
    role: str
    agency_id: str
    password: str
    totp_secret: str


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """A registered person who has not signed in yet."""

    login_id: str
    temporary_password: str


@dataclass
class RunningTenant:
    """A deployed tenant with its demo staff. `url` is its root, as a browser opens it."""

    live: LiveTenant
    accounts: list[Account]
    _clients: dict[str, TenantClient] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.live.url

    def account(self, role: str) -> Account:
        return next(a for a in self.accounts if a.role == role)

    def login(self, login_id: str) -> Account:
        return next(a for a in self.accounts if a.login_id == login_id)

    def totp(self, account: Account) -> str:
        """A code that was not used before; it may wait for the next one."""
        return factor(account.totp_secret).code()

    def client(self, login_id: str) -> TenantClient:
        """A signed-in client, kept for the whole session."""
        if login_id not in self._clients:
            account = self.login(login_id)
            client = self.anonymous()
            client.sign_in(login_id, account.password, factor(account.totp_secret).code)
            self._clients[login_id] = client
        client = self._clients[login_id]
        client.refresh()
        return client

    def anonymous(self) -> TenantClient:
        return TenantClient(self.live.url)

    def new_account(
        self, role: str, *, agency_id: str = "municipality", valid_to: date | None = None
    ) -> NewAccount:
        """Registers a person of their own, so that a test disturbs no other."""
        name = f"t{secrets.token_hex(4)}"
        person = NewStaff(
            staff_id=f"staff-{name}",
            login_id=name,
            display_name=f"試験 {name}",
            role=role,
            agency_id=agency_id,
            valid_from=date(2026, 4, 1),
            valid_to=valid_to,
        )
        made = register(self.live, agencies=[], staff=[person], ordered_by="test")
        return NewAccount(login_id=name, temporary_password=made.passwords[name])


def factor(secret: str) -> TotpSource:
    return _factors.setdefault(secret, TotpSource(secret))


def run_tenants() -> Iterator[dict[str, RunningTenant]]:
    """Two tenants in a fresh cloud of the tests' own, stopped at the end."""
    cloud = LocalCloud(home=HOME, port=PORT)
    cloud.stop()
    shutil.rmtree(HOME, ignore_errors=True)
    cloud.start()
    try:
        assets.build("host")
        deploy(cloud, list(MANIFESTS.values()), say=lambda _: None)
        yield {name: _seeded(cloud, manifest) for name, manifest in MANIFESTS.items()}
    finally:
        cloud.stop()


def _seeded(cloud: LocalCloud, manifest: Path) -> RunningTenant:
    live = find(manifest, cloud)
    kept: dict[str, Any] = seed(live, accounts_file(HOME, manifest), say=lambda _: None)
    accounts = [
        Account(
            login_id=a["loginId"],
            role=a["role"],
            agency_id=a["agencyId"],
            password=a["password"],
            totp_secret=a["totpSecret"],
        )
        for a in kept["accounts"]
    ]
    return RunningTenant(live=live, accounts=accounts)


def intake(name: str = "試験 太郎", **changes: Any) -> dict[str, Any]:
    """A small valid intake record (no-consent variant) that `changes` alter."""
    data = {
        "consentVersion": "no-consent",
        "receivedAt": "2026-06-01",
        "receivingAgencyId": "municipality",
        "receivedBy": "担当 三奈",
        "route": "01",
        "name": name,
        "concerns": ["03"],
        "topConcern": "03",
        "urgency": {"level": "2"},
        "noConsentReason": "まだ説明していない。",
    }
    return {key: value for key, value in {**data, **changes}.items() if value is not None}


def body(data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return json.loads(json.dumps({"formVersion": "1.0.0", "data": data, **more}))
