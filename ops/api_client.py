"""A client of a tenant's public API, signed in as a member of staff."""

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pyotp

_COOKIE = "__Host-soudan-refresh"
_CODE_TRIES = 3


class SignInError(Exception):
    """The sign-in did not come to its end; the text says what to do (Japanese)."""


class TotpSource:
    """Codes of one secret, never the same twice: the service takes each code once.

    A second code within half a minute is the one of the next period, which the allowance for
    clocks that go wrong lets pass.
    """

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._totp = pyotp.TOTP(secret)
        self._last = 0

    def code(self) -> str:
        now = int(time.time()) // 30
        period = max(now, self._last + 1)
        if period > now + 1:
            time.sleep(30 * (period - 1) - time.time() + 0.2)
        self._last = period
        return self._totp.generate_otp(period)


class TenantClient:
    """Requests to one tenant. `url` is its root with a slash at the end."""

    def __init__(self, url: str, *, timeout: float = 30) -> None:
        parts = urlsplit(url)
        self.url = url
        headers = {}
        base = url
        if parts.hostname and parts.hostname.endswith(".localhost"):
            # Browsers resolve such names to the loopback, other resolvers often do not.
            headers["Host"] = parts.netloc
            base = f"{parts.scheme}://127.0.0.1:{parts.port}{parts.path}"
        self._http = httpx.Client(base_url=base, headers=headers, timeout=timeout)
        self.id_token: str | None = None
        self.refresh_token: str | None = None

    def __enter__(self) -> "TenantClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """One request, with the ID token when there is one. `path` has no slash in front."""
        sent = dict(headers or {})
        if self.id_token:
            sent.setdefault("Authorization", self.id_token)
        if json is not None:
            more["json"] = json
        return self._http.request(method, path, headers=sent, **more)

    def create_case(self, body: Mapping[str, Any], idempotency_key: str) -> httpx.Response:
        return self.request(
            "POST", "cases", json=body, headers={"Idempotency-Key": idempotency_key}
        )

    def save_intake(
        self, case_id: str, body: Mapping[str, Any], *, revision: int, key: str | None = None
    ) -> httpx.Response:
        headers = {"If-Match": f'"{revision}"', "Idempotency-Key": key or str(uuid.uuid4())}
        return self.request("PUT", f"cases/{case_id}/records/intake", json=body, headers=headers)

    def sign_in(self, login_id: str, password: str, code: Callable[[], str]) -> None:
        """Signs in an enrolled person; `code` is asked again when a code was refused, as one
        that was used a moment ago is. Raises SignInError."""
        step = self._step("sign-in", {"loginId": login_id, "password": password})
        if step["next"] != "totp":
            raise SignInError(
                "この利用者はまだ登録が終わっていません。画面からサインインして、"
                "パスワードの変更と認証アプリの登録を済ませてください。"
            )
        for attempt in range(_CODE_TRIES):
            try:
                self._finish(self._step("totp", {"state": step["state"], "code": code()}))
            except SignInError:
                if attempt == _CODE_TRIES - 1:
                    raise
            else:
                return

    def enrol(self, login_id: str, temporary_password: str, new_password: str) -> TotpSource:
        """Goes through a first sign-in: new password, new TOTP factor, whose codes it returns.

        Raises SignInError.
        """
        step = self._step("sign-in", {"loginId": login_id, "password": temporary_password})
        if step["next"] == "new_password":
            step = self._step("new-password", {"state": step["state"], "newPassword": new_password})
        if step["next"] != "totp_setup":
            raise SignInError("この利用者の認証アプリは、すでに登録されています。")
        factor = TotpSource(str(step["secret"]))
        self._finish(self._step("totp-setup", {"state": step["state"], "code": factor.code()}))
        return factor

    def refresh(self) -> None:
        """A new ID token. Raises SignInError."""
        answer = self.request(
            "POST", "auth/refresh", json={}, headers={"Cookie": f"{_COOKIE}={self.refresh_token}"}
        )
        if not answer.is_success:
            raise SignInError(_text(answer))
        self.id_token = answer.json()["idToken"]

    def _step(self, name: str, body: Mapping[str, str]) -> dict[str, Any]:
        answer = self._http.post(f"auth/{name}", json=body)
        if not answer.is_success:
            raise SignInError(_text(answer))
        # Kept by hand: the cookie is `Secure`, and the local cloud speaks plain HTTP.
        if _COOKIE in answer.cookies:
            self.refresh_token = answer.cookies[_COOKIE]
        self._http.cookies.clear()
        step: dict[str, Any] = answer.json()
        return step

    def _finish(self, step: Mapping[str, Any]) -> None:
        if step["next"] != "done":
            raise SignInError("サインインが終わりませんでした。もう一度お試しください。")
        self.id_token = step["idToken"]


def _text(answer: httpx.Response) -> str:
    """What a problem says, as one line."""
    try:
        problem = answer.json()
        return f"{problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"相手のシステムが {answer.status_code} を返しました。"
