"""Sign-in as AWS does it where the emulator is looser: the MFA_SETUP session, refused passwords,
and no token for anybody without a verified factor, whichever way Cognito answers (Ruling 3)."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.api import auth
from lambdas.api.cognito import Cognito
from lambdas.casework.lockout import wait_seconds
from tests.unit.in_process import Answer, InProcess

TOKENS = {
    "AuthenticationResult": {
        "IdToken": "the-id-token",
        "AccessToken": "the-access-token",
        "RefreshToken": "the-refresh-token",
        "ExpiresIn": 600,
    }
}
SECRET = "JBSWY3DPEHPK3PXP"


def challenge(name: str) -> dict[str, str]:
    return {"ChallengeName": name, "Session": f"session-of-{name}"}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "personal text"}}, "x")


class Pool:
    """Answers of Cognito, one per operation; every call is noted."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.has_factor = False

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self.calls.append((operation, parameters))
            if operation == "admin_get_user":
                factors = ["SOFTWARE_TOKEN_MFA"] if self.has_factor else []
                return {
                    "UserAttributes": [{"Name": "sub", "Value": "sub-kanri1"}],
                    "UserMFASettingList": factors,
                }
            if operation == "admin_set_user_mfa_preference":
                self.has_factor = parameters["SoftwareTokenMfaSettings"]["Enabled"]
                return {}
            answer = self.answers[operation]
            answer = answer.pop(0) if isinstance(answer, list) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def against(here: InProcess, monkeypatch: pytest.MonkeyPatch) -> Callable[[Pool], InProcess]:
    def use(pool: Pool) -> InProcess:
        client = Cognito(region="ap-northeast-1", user_pool_id="p", client_id="c")
        client.__dict__["_idp"] = pool
        monkeypatch.setattr(auth, "cognito", lambda: client)
        return here

    return use


def post(here: InProcess, path: str, body: dict[str, Any], **headers: str) -> Answer:
    return here.request(None, "POST", f"/auth/{path}", json_body=body, headers=headers)


def sign_in(here: InProcess) -> Answer:
    return post(here, "sign-in", {"loginId": "kanri1", "password": "x"})


def no_token(answer: Answer) -> None:
    assert "the-id-token" not in answer.text
    assert "the-access-token" not in answer.text
    assert "set-cookie" not in answer.headers


def test_aws_way_the_factor_is_set_up_by_session_before_any_token(against: Any) -> None:
    pool = Pool(
        admin_initiate_auth=challenge("NEW_PASSWORD_REQUIRED"),
        admin_respond_to_auth_challenge=[challenge("MFA_SETUP"), TOKENS],
        associate_software_token={"SecretCode": SECRET, "Session": "s2"},
        verify_software_token={"Status": "SUCCESS", "Session": "s3"},
    )
    here = against(pool)
    step = sign_in(here).json
    assert step["next"] == "new_password"
    answer = post(here, "new-password", {"state": step["state"], "newPassword": "y"})
    no_token(answer)
    step = answer.json
    assert (step["next"], step["secret"]) == ("totp_setup", SECRET)
    done = post(here, "totp-setup", {"state": step["state"], "code": "123456"})
    assert done.json == {"next": "done", "idToken": "the-id-token", "expiresIn": 600}
    sessions = {name: p.get("Session") for name, p in pool.calls if "Session" in p}
    assert sessions["associate_software_token"] == "session-of-MFA_SETUP"
    assert sessions["verify_software_token"] == "s2"
    assert sessions["admin_respond_to_auth_challenge"] == "s3"


def test_tokens_that_cognito_hands_out_without_a_factor_stay_here(against: Any) -> None:
    pool = Pool(
        admin_initiate_auth=[TOKENS, TOKENS],
        associate_software_token={"SecretCode": SECRET},
        verify_software_token={"Status": "SUCCESS"},
    )
    here = against(pool)
    answer = sign_in(here)
    no_token(answer)
    assert answer.json["next"] == "totp_setup"
    done = post(here, "totp-setup", {"state": answer.json["state"], "code": "123456"})
    assert done.json["next"] == "done"


def test_tokens_without_a_code_are_refused_to_who_has_a_factor(against: Any) -> None:
    """As a pool would answer whose MFA was switched off behind our back."""
    pool = Pool(admin_initiate_auth=TOKENS)
    pool.has_factor = True
    answer = sign_in(against(pool))
    no_token(answer)
    assert answer.problem == "sign-in-expired"


@pytest.mark.parametrize("name", ["SMS_MFA", "EMAIL_OTP", "SELECT_MFA_TYPE", "SOFTWARE_TOKEN_MFA"])
def test_any_other_challenge_gives_nothing(against: Any, name: str) -> None:
    answer = sign_in(against(Pool(admin_initiate_auth=challenge(name))))
    no_token(answer)
    assert answer.problem == "sign-in-expired"


def test_no_token_leaves_while_cognito_shows_no_factor(against: Any) -> None:
    pool = Pool(
        admin_initiate_auth=challenge("SOFTWARE_TOKEN_MFA"),
        admin_respond_to_auth_challenge=TOKENS,
    )
    pool.has_factor = True
    here = against(pool)
    step = sign_in(here).json
    assert step["next"] == "totp"
    pool.has_factor = False
    answer = post(here, "totp", {"state": step["state"], "code": "123456"})
    no_token(answer)
    assert answer.problem == "sign-in-expired"


def test_the_challenge_is_ours_and_not_the_clients(against: Any) -> None:
    here = against(Pool(admin_initiate_auth=challenge("NEW_PASSWORD_REQUIRED")))
    state = sign_in(here).json["state"]
    for path, more in (
        ("totp-setup", {"code": "123456"}),
        ("totp", {"code": "123456"}),
        ("recover", {"recoveryCode": "aaaaa-aaaaa"}),
    ):
        assert post(here, path, {"state": state, **more}).problem == "sign-in-expired"
    named = post(here, "totp", {"state": state, "code": "1" * 6, "challengeName": "MFA_SETUP"})
    assert named.problem == "invalid-record"


@pytest.mark.parametrize(
    "code",
    ["NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException"],
)
def test_every_refusal_of_a_password_reads_the_same(against: Any, code: str) -> None:
    answer = sign_in(against(Pool(admin_initiate_auth=refusal(code))))
    assert (answer.status, answer.problem) == (401, "sign-in-failed")
    assert "personal text" not in answer.text


def test_a_refused_password_is_in_the_trail_without_what_was_typed(against: Any) -> None:
    from lambdas.store import models

    here = against(Pool(admin_initiate_auth=refusal("NotAuthorizedException")))
    post(here, "sign-in", {"loginId": "himitsu-no-password", "password": "x"})
    events = [item.event for item in models.AuditItem.query("SIGN-IN")]
    assert len(events) == 1
    assert '"sign-in-failed"' in events[0]
    assert "himitsu" not in events[0]


def test_a_password_against_the_policy_can_be_tried_again(against: Any) -> None:
    pool = Pool(
        admin_initiate_auth=challenge("NEW_PASSWORD_REQUIRED"),
        admin_respond_to_auth_challenge=[
            refusal("InvalidPasswordException"),
            challenge("MFA_SETUP"),
        ],
        associate_software_token={"SecretCode": SECRET, "Session": "s2"},
    )
    here = against(pool)
    body = {"state": sign_in(here).json["state"], "newPassword": "short"}
    assert post(here, "new-password", body).problem == "password-policy"
    assert post(here, "new-password", body).json["next"] == "totp_setup"


def test_a_person_outside_the_register_gets_no_further_than_the_password(
    against: Any, here: InProcess
) -> None:
    from lambdas.store import models

    models.StaffEntry.get("STAFF#sub-kanri1", "STAFF").delete()
    answer = sign_in(against(Pool(admin_initiate_auth=challenge("SOFTWARE_TOKEN_MFA"))))
    assert answer.problem == "not-registered"


def test_an_error_of_cognito_is_no_refusal(against: Any) -> None:
    answer = sign_in(against(Pool(admin_initiate_auth=refusal("InternalErrorException"))))
    assert (answer.status, answer.problem) == (500, "internal")
    assert "personal text" not in answer.text


def test_what_was_counted_is_forgotten_after_a_sign_in(against: Any) -> None:
    pool = Pool(
        admin_initiate_auth=challenge("SOFTWARE_TOKEN_MFA"),
        admin_respond_to_auth_challenge=TOKENS,
    )
    pool.has_factor = True
    here = against(pool)
    for number in range(7):
        step = sign_in(here)
        assert step.status == 200
        code = f"{number:06d}"
        assert post(here, "totp", {"state": step.json["state"], "code": code}).status == 200


@given(st.integers(0, 1000))
def test_the_wait_grows_and_ends(failures: int) -> None:
    assert wait_seconds(failures) <= wait_seconds(failures + 1) <= 900
    assert (wait_seconds(failures) == 0) == (failures < 5)
