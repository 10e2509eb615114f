"""Sign-in at the deployed API.

What AWS enforces and the emulator does not (the MFA_SETUP challenge, the lock-out of Cognito's
own, password policy) is shown in tests/unit/test_sign_in.py against moto and stubs.
"""

import uuid

import pyotp
import pytest

from tests.system.test_cases import problem

PASSWORD = "Atarashii-2026!"
COOKIE = "__Host-soudan-refresh"


def post(client, path: str, body: dict, **headers: str):
    return client.request("POST", f"auth/{path}", json=body, headers=headers)


@pytest.fixture
def newcomer(tenant):
    return tenant.new_account("officer")


def test_a_first_sign_in_sets_a_password_and_a_factor_before_any_token(tenant, newcomer):
    client = tenant.anonymous()
    step = post(
        client,
        "sign-in",
        {"loginId": newcomer.login_id, "password": newcomer.temporary_password},
    ).json()
    assert step["next"] == "new_password"
    assert "idToken" not in step
    step = post(client, "new-password", {"state": step["state"], "newPassword": PASSWORD}).json()
    assert step["next"] == "totp_setup"
    assert "idToken" not in step
    assert step["secret"] in step["otpauthUri"]
    wrong = post(client, "totp-setup", {"state": step["state"], "code": "000000"})
    problem(wrong, 401, "code-wrong")
    code = pyotp.TOTP(step["secret"]).now()
    done = post(client, "totp-setup", {"state": step["state"], "code": code})
    assert done.json()["next"] == "done"
    cookie = done.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert "accessToken" not in done.text
    assert "AccessToken" not in done.text
    # The handle has done its part.
    again = post(client, "totp-setup", {"state": step["state"], "code": code})
    problem(again, 410, "sign-in-expired")


def test_a_step_cannot_be_skipped(tenant, newcomer):
    client = tenant.anonymous()
    step = post(
        client,
        "sign-in",
        {"loginId": newcomer.login_id, "password": newcomer.temporary_password},
    ).json()
    for path, body in (
        ("totp", {"code": "123456"}),
        ("totp-setup", {"code": "123456"}),
        ("recover", {"recoveryCode": "aaaaa-bbbbb"}),
    ):
        problem(post(client, path, {"state": step["state"], **body}), 410, "sign-in-expired")
    unknown = "A" * 43
    problem(post(client, "totp", {"state": unknown, "code": "123456"}), 410, "sign-in-expired")


def test_an_unknown_login_and_a_wrong_password_answer_alike(tenant):
    client = tenant.anonymous()
    unknown = post(client, "sign-in", {"loginId": f"x{uuid.uuid4().hex[:6]}", "password": "x"})
    wrong = post(client, "sign-in", {"loginId": "komorebi1", "password": "x"})
    problem(unknown, 401, "sign-in-failed")
    assert unknown.content == wrong.content


def test_after_five_failures_a_login_waits_and_the_right_password_does_not_help(tenant, newcomer):
    client = tenant.anonymous()
    for _ in range(5):
        problem(
            post(client, "sign-in", {"loginId": newcomer.login_id, "password": "wrong"}),
            401,
            "sign-in-failed",
        )
    for login in (newcomer.login_id, newcomer.login_id.upper()):
        answer = post(
            client, "sign-in", {"loginId": login, "password": newcomer.temporary_password}
        )
        details = problem(answer, 429, "too-many-attempts")
        assert 0 < details["retryAfterSeconds"] <= 60
        assert answer.headers["retry-after"] == str(details["retryAfterSeconds"])


def test_five_wrong_codes_end_the_attempt(tenant):
    account = tenant.login("komorebi1")
    client = tenant.anonymous()
    step = post(
        client, "sign-in", {"loginId": account.login_id, "password": account.password}
    ).json()
    assert step["next"] == "totp"
    good = {str(pyotp.TOTP(account.totp_secret).at(offset * 30)) for offset in range(3)}
    codes = [f"{n:06d}" for n in range(20) if f"{n:06d}" not in good][:5]
    for code in codes:
        problem(post(client, "totp", {"state": step["state"], "code": code}), 401, "code-wrong")
    sixth = post(client, "totp", {"state": step["state"], "code": tenant.totp(account)})
    problem(sixth, 410, "sign-in-expired")


def test_a_code_works_once(tenant):
    account = tenant.login("kanri2")
    code = tenant.totp(account)
    client = tenant.anonymous()
    for expected in (200, 401):
        step = post(
            client, "sign-in", {"loginId": account.login_id, "password": account.password}
        ).json()
        answer = post(client, "totp", {"state": step["state"], "code": code})
        assert answer.status_code == expected, answer.text


def test_a_session_is_renewed_by_its_cookie_and_ends_with_sign_out(tenant, newcomer):
    client = tenant.anonymous()
    client.enrol(newcomer.login_id, newcomer.temporary_password, PASSWORD)
    cookie = f"{COOKIE}={client.refresh_token}"
    renewed = post(client, "refresh", {}, Cookie=cookie)
    assert renewed.status_code == 200
    assert renewed.json().keys() == {"idToken", "expiresIn"}
    assert renewed.json()["expiresIn"] == 600
    out = post(client, "sign-out", {}, Cookie=cookie)
    assert out.status_code == 204
    assert "Max-Age=0" in out.headers["set-cookie"]
    problem(post(client, "refresh", {}, Cookie=cookie), 401, "sign-in-required")
    problem(post(client, "refresh", {}), 401, "sign-in-required")
    problem(post(client, "refresh", {}, Cookie=f"{COOKIE}=broken"), 401, "sign-in-required")


def test_another_sites_page_cannot_use_the_session(tenant):
    client = tenant.client("tantou1")
    cookie = f"{COOKIE}={client.refresh_token}"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        problem(post(client, "refresh", {}, Cookie=cookie, **headers), 403, "wrong-origin")


def test_a_manager_issues_a_lost_factor_anew_for_another_but_not_for_themselves(tenant, newcomer):
    person = tenant.anonymous()
    person.enrol(newcomer.login_id, newcomer.temporary_password, PASSWORD)
    manager = tenant.client("kanri1")

    def reset(client, staff_id: str):
        return client.request(
            "POST",
            f"staff/{staff_id}/factor-reset",
            json={"reason": "スマートフォンの紛失"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )

    problem(reset(manager, "staff-kanri1"), 422, "own-factor")
    problem(reset(manager, "staff-nobody"), 404, "not-found")
    problem(reset(tenant.client("tantou1"), f"staff-{newcomer.login_id}"), 403, "not-permitted")
    answer = reset(manager, f"staff-{newcomer.login_id}")
    assert answer.status_code == 201
    # The session that was open is over at once, and the old password too.
    problem(person.request("GET", "me"), 403, "not-registered")
    cookie = f"{COOKIE}={person.refresh_token}"
    assert post(person, "refresh", {}, Cookie=cookie).status_code in (401, 403)
    problem(
        post(person, "sign-in", {"loginId": newcomer.login_id, "password": PASSWORD}),
        401,
        "sign-in-failed",
    )
    given = answer.json()
    person.enrol(given["loginId"], given["temporaryPassword"], "Mata-Atarashii-26!")
    assert person.request("GET", "me").status_code == 200


def test_a_manager_without_a_factor_gets_back_in_with_a_recovery_code(tenant):
    person = tenant.new_account("manager")
    client = tenant.anonymous()
    client.enrol(person.login_id, person.temporary_password, PASSWORD)
    issued = client.request(
        "POST", "me/recovery-codes", json={}, headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    codes = issued.json()["codes"]
    assert len(set(codes)) == 10
    assert client.request("GET", "me").json()["recoveryCodesLeft"] == 10

    def to_the_code(password: str = PASSWORD) -> dict:
        return post(client, "sign-in", {"loginId": person.login_id, "password": password}).json()

    step = to_the_code()
    wrong = post(client, "recover", {"state": step["state"], "recoveryCode": "aaaaa-bbbbb"})
    problem(wrong, 401, "code-wrong")
    used = post(client, "recover", {"state": step["state"], "recoveryCode": codes[0].upper()})
    assert used.json()["next"] == "new_password"
    # The old login is gone with its sessions, and with them the factor that was lost.
    problem(client.request("GET", "me"), 403, "not-registered")
    cookie = f"{COOKIE}={client.refresh_token}"
    assert post(client, "refresh", {}, Cookie=cookie).status_code in (401, 403)
    step = post(
        client, "new-password", {"state": used.json()["state"], "newPassword": PASSWORD}
    ).json()
    assert step["next"] == "totp_setup"
    code = pyotp.TOTP(step["secret"]).now()
    done = post(client, "totp-setup", {"state": step["state"], "code": code})
    assert done.json()["next"] == "done"
    client.id_token = done.json()["idToken"]
    assert client.request("GET", "me").json()["recoveryCodesLeft"] == 9
    step = to_the_code()
    again = post(client, "recover", {"state": step["state"], "recoveryCode": codes[0]})
    problem(again, 401, "code-wrong")


def test_recovery_codes_are_for_managers(tenant):
    answer = tenant.client("tantou1").request(
        "POST", "me/recovery-codes", json={}, headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    problem(answer, 403, "not-permitted")
