"""One person at one page: signing in, filling in, saving, in the words of the screens."""

import time
from typing import Any

import pyotp
from playwright.sync_api import Locator, Page, expect

PASSWORD = "Hanami-2026-shiken!"
_used_codes: dict[str, str] = {}


class Watch:
    """What the page did that it must not do."""

    def __init__(self, page: Page, *, own: str) -> None:
        self.faults: list[str] = []
        # The tenant's root, with or without its last slash.
        self._own = own.rstrip("/")
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        # The browser itself notes every refused request (401, 412, 422); pages write nothing.
        if message.text.startswith("Failed to load resource"):
            return
        if message.type in {"error", "warning", "log", "info"}:
            self.faults.append(f"console {message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self._own, "data:")):
            self.faults.append(f"request to {request.url}")

    def verify(self) -> None:
        assert self.faults == [], self.faults


def unused_code(login_id: str, secret: str) -> str:
    """A code that was not used yet: each is taken once, the next one comes within 30 seconds."""
    totp = pyotp.TOTP(secret)
    while (code := totp.now()) == _used_codes.get(login_id):
        time.sleep(1)
    _used_codes[login_id] = code
    return code


class Desk:
    def __init__(self, *, page: Page, tenant: Any) -> None:
        self.page = page
        self.tenant = tenant

    # --- sign-in

    def open(self, place: str = "") -> None:
        self.page.goto(self.tenant.url + place)

    def give_password(self, login_id: str, password: str) -> None:
        self.page.get_by_label("利用者ID").fill(login_id)
        self.page.get_by_label("パスワード").fill(password)
        self.press("次へ")

    def give_code(self, code: str, button: str = "サインイン") -> None:
        self.page.get_by_label("確認コード").fill(code)
        self.press(button)

    def sign_in(self, account: Any) -> None:
        self.give_password(account.login_id, account.password)
        # Somebody else may have used this half-minute's code already: then the next one.
        for _ in range(3):
            with self.page.expect_response("**/auth/totp") as answer:
                self.give_code(self.tenant.totp(account))
            if answer.value.ok:
                return

    def enrol(self, login_id: str, temporary_password: str, password: str = PASSWORD) -> str:
        """From the slip of paper to the case list; returns the secret of the new factor."""
        self.give_password(login_id, temporary_password)
        self.choose_password(password)
        return self.set_up_factor(login_id)

    def choose_password(self, password: str) -> None:
        self.page.get_by_label("新しいパスワード", exact=False).first.fill(password)
        self.page.get_by_label("新しいパスワード（もう一度）").fill(password)
        self.press("このパスワードにする")

    def set_up_factor(self, login_id: str) -> str:
        expect(self.page.get_by_role("img", name="認証アプリに登録するため")).to_be_visible()
        self.page.get_by_text("スマートフォンを使えない").click()
        secret = self.page.locator("dd.secret").inner_text().replace(" ", "").replace("\n", "")
        self.give_code(unused_code(login_id, secret), "登録する")
        return secret

    def at_list(self) -> None:
        expect(self.page.get_by_role("heading", name="ケース一覧")).to_be_visible()

    def seek(self, wanted: Locator) -> None:
        """Fetches further pages of a list until `wanted` stands in it."""
        # While a page is on its way the button is named otherwise.
        more = self.page.get_by_role("button", name="さらに表示", exact=True)
        while True:
            expect(wanted.or_(more).first).to_be_visible()
            if wanted.count():
                return
            more.click()

    # --- records

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def field(self, path: str) -> Locator:
        """A control of the record form, by its path in the record: `household_0_name`. Whoever
        looks for one that is folded away unfolds it."""
        found = self.page.locator(f"#root_{path}")
        if found.count():
            found.evaluate(
                "(e) => {while ((e = e.parentElement?.closest('details'))) e.open = true}"
            )
        return found

    def start_case(self) -> None:
        self.open("#/cases/new")
        expect(self.page.get_by_role("button", name="保存する", exact=True)).to_be_visible()

    def fill_case(self, name: str) -> None:
        """What must be filled in, without consent."""
        self.page.get_by_role("radio", name="本人同意なし").first.check()
        self.field("route").select_option("06")
        self.field("name").fill(name)
        self.page.get_by_role("checkbox", name="収入・生活費").check()
        self.page.get_by_role("checkbox", name="介護").check()
        self.page.get_by_role("button", name="「介護」を").click()
        self.page.get_by_role("radio", name="高", exact=True).check()
        self.field("noConsentReason").fill("本人にまだ会えていない。")

    def save(self) -> None:
        self.press("保存する")

    def saved(self) -> None:
        done = self.page.get_by_role("status").filter(has_text="保存しました")
        expect(done).to_be_visible()

    def new_case(self, name: str) -> str:
        """Creates and saves a case; returns its id."""
        self.start_case()
        self.fill_case(name)
        self.save()
        self.saved()
        return self.page.url.rpartition("/")[2]

    def edit(self) -> None:
        self.press("編集する")

    def focus_text(self) -> str:
        return str(self.page.evaluate("document.activeElement.textContent"))

    # --- behind the screens

    def api(self, method: str, path: str, body: Any = None, if_match: str | None = None) -> Any:
        """A call of the API as this person, from this page, past the screens."""
        return self.page.evaluate(
            """async ({method, path, body, ifMatch}) => {
              const at = (p) => new URL(p, document.baseURI);
              const json = {'Content-Type': 'application/json'};
              const renewed = await fetch(at('auth/refresh'),
                {method: 'POST', headers: json, body: '{}'});
              const {idToken} = await renewed.json();
              const headers = {...json, Authorization: idToken,
                'Idempotency-Key': crypto.randomUUID()};
              if (ifMatch) headers['If-Match'] = ifMatch;
              const answer = await fetch(at(path),
                {method, headers, body: body === null ? undefined : JSON.stringify(body)});
              return {status: answer.status, body: await answer.json()};
            }""",
            {"method": method, "path": path, "body": body, "ifMatch": if_match},
        )

    def intake(self, case_id: str) -> Any:
        return self.api("GET", f"cases/{case_id}/records/intake")["body"]

    def write_behind(self, case_id: str, **changes: Any) -> None:
        """Saves a new revision of the intake form through the API."""
        record = self.intake(case_id)
        answer = self.api(
            "PUT",
            f"cases/{case_id}/records/intake",
            {"formVersion": record["formVersion"], "data": {**record["data"], **changes}},
            f'"{record["revision"]}"',
        )
        assert answer["status"] == 200, answer

    def stores_nothing(self) -> None:
        kept = self.page.evaluate(
            """async () => [localStorage.length, sessionStorage.length, document.cookie,
              (await indexedDB.databases()).length, (await caches.keys()).length]"""
        )
        assert kept == [0, 0, "", 0, 0]
