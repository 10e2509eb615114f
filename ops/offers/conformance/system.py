"""The system under test: people of its staff, and one request as one of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import httpx

from ops.api_client import TenantClient, TotpSource

_MOST_BYTES = 1024 * 1024
# Who plays which part, by the role and the order of the accounts.
OFFICE, OFFICER, COORDINATOR, RECEIVER, MEMBER, AUDITOR = (
    "office",
    "officer",
    "coordinator",
    "receiver",
    "member",
    "auditor",
)
PARTS = {
    OFFICE: "主管課の管理者(manager)",
    OFFICER: "主管課の担当(officer)",
    COORDINATOR: "多機関協働事業者(coordinator)",
    RECEIVER: "相談を受ける機関(agency)",
    MEMBER: "別の機関(agency)",
    AUDITOR: "監査(auditor)",
}


class AccountsError(Exception):
    """The people of the system are not all there; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the system answered. `text` as it came."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body, or None when it is no JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class System(Protocol):
    """A running system. `part` is one of PARTS, or None for nobody signed in."""

    def request(
        self,
        part: str | None,
        method: str,
        path: str,
        *,
        sent: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request; `path` begins with a slash. Raises httpx.RequestError."""
        ...

    def password_alone(self, part: str) -> Reply:
        """The answer to a sign-in with the right password and nothing else."""
        ...


@dataclass(frozen=True, kw_only=True)
class Account:
    """How one of the staff signs in."""

    login_id: str
    role: str
    agency_id: str
    password: str
    totp_secret: str


def read_accounts(path: Path) -> dict[str, Account]:
    """Part → account, from a file `{accounts: [{loginId, role, agencyId, password, totpSecret}]}`
    as `soudan local up` keeps it. Raises AccountsError."""
    try:
        raw = path.read_bytes()
        if len(raw) > _MOST_BYTES:
            raise ValueError
        accounts = [
            Account(
                login_id=str(one["loginId"]),
                role=str(one["role"]),
                agency_id=str(one["agencyId"]),
                password=str(one["password"]),
                totp_secret=str(one["totpSecret"]),
            )
            for one in json.loads(raw)["accounts"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AccountsError(
            f"{path} を利用者の一覧として読めません。accounts に loginId、role、agencyId、"
            "password、totpSecret を書いた JSON を指定してください。"
        ) from error
    return parts_of(accounts)


def parts_of(accounts: Sequence[Account]) -> dict[str, Account]:
    """Two agencies that receive are needed, so that one can be kept out. Raises AccountsError."""
    by_role: dict[str, list[Account]] = {}
    for account in accounts:
        by_role.setdefault(account.role, []).append(account)
    agencies = by_role.get("agency", [])
    others = [a for a in agencies if a.agency_id != agencies[0].agency_id]
    found = {
        OFFICE: by_role.get("manager", []),
        OFFICER: by_role.get("officer", []),
        COORDINATOR: by_role.get("coordinator", []),
        RECEIVER: agencies,
        MEMBER: others,
        AUDITOR: by_role.get("auditor", []),
    }
    missing = [PARTS[part] for part, who in found.items() if not who]
    if missing:
        raise AccountsError(f"利用者の一覧に、次の人がいません: {'、'.join(missing)}")
    return {part: who[0] for part, who in found.items()}


class HttpSystem:
    """A system behind a URL, everybody signed in once. Raises SignInError, httpx.RequestError."""

    def __init__(self, url: str, accounts: Mapping[str, Account]) -> None:
        self._url = url
        self._accounts = accounts
        self._clients: dict[str | None, TenantClient] = {None: TenantClient(url)}
        for part, account in accounts.items():
            client = TenantClient(url)
            self._clients[part] = client
            code = TotpSource(account.totp_secret).code
            client.sign_in(account.login_id, account.password, code)

    def __enter__(self) -> "HttpSystem":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in self._clients.values():
            client.__exit__(kind, error, trace)

    def request(
        self,
        part: str | None,
        method: str,
        path: str,
        *,
        sent: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        client = self._clients[part]
        answer = _reply(client.request(method, path[1:], json=sent, headers=headers))
        if answer.status == 401 and part is not None:
            # An ID token lives ten minutes, a slow run takes longer.
            client.refresh()
            answer = _reply(client.request(method, path[1:], json=sent, headers=headers))
        return answer

    def password_alone(self, part: str) -> Reply:
        account = self._accounts[part]
        body = {"loginId": account.login_id, "password": account.password}
        return self.request(None, "POST", "/auth/sign-in", sent=body)


def _reply(answer: httpx.Response) -> Reply:
    return Reply(
        status=answer.status_code,
        text=answer.text,
        headers={key.lower(): value for key, value in answer.headers.items()},
    )
