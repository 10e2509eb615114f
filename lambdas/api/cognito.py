"""What sign-in asks of Cognito, and what it answers, in our words.

Tokens are had only through the Admin calls, which need this function's role; the app client allows
no other way in. Cognito's word that a factor is set up is taken from AdminGetUser alone, whichever
way the password was answered (Ruling 3).
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_FACTOR = "SOFTWARE_TOKEN_MFA"


class RefusedError(Exception):
    """Wrong login, password, code or token; which of them is not told."""


class BusyError(Exception):
    """Cognito is asked too often; the caller may try again."""


class PasswordPolicyError(Exception):
    """The new password does not meet the pool's policy."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    id_token: str
    access_token: str
    refresh_token: str | None
    expires_in: int


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """What Cognito wants next: `NEW_PASSWORD_REQUIRED`, `MFA_SETUP`, `SOFTWARE_TOKEN_MFA`."""

    name: str
    session: str


@dataclass(frozen=True, kw_only=True)
class User:
    sub: str
    has_factor: bool


class Cognito:
    """One user pool, one app client."""

    def __init__(self, *, region: str, user_pool_id: str, client_id: str) -> None:
        self._region = region
        self._pool = user_pool_id
        self._client_id = client_id

    @cached_property
    def _idp(self) -> "CognitoIdentityProviderClient":
        import botocore.session

        session: Any = botocore.session.get_session()
        client: CognitoIdentityProviderClient = session.create_client(
            "cognito-idp", region_name=self._region
        )
        return client

    def user(self, login_id: str) -> User:
        """Raises RefusedError."""
        with _refusals():
            answer = self._idp.admin_get_user(UserPoolId=self._pool, Username=login_id)
        attributes = {a["Name"]: a.get("Value", "") for a in answer["UserAttributes"]}
        return User(
            sub=attributes["sub"], has_factor=_FACTOR in answer.get("UserMFASettingList", [])
        )

    def password(self, login_id: str, password: str) -> Tokens | Challenge:
        """Raises RefusedError."""
        with _refusals():
            answer = self._idp.admin_initiate_auth(
                UserPoolId=self._pool,
                ClientId=self._client_id,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": login_id, "PASSWORD": password},
            )
        return _outcome(answer)

    def respond(
        self, login_id: str, challenge: Challenge, responses: dict[str, str]
    ) -> Tokens | Challenge:
        """Raises RefusedError, PasswordPolicyError."""
        with _refusals():
            answer = self._idp.admin_respond_to_auth_challenge(
                UserPoolId=self._pool,
                ClientId=self._client_id,
                ChallengeName=challenge.name,  # type: ignore[arg-type]  # a Literal of the stubs
                Session=challenge.session,
                ChallengeResponses={"USERNAME": login_id, **responses},
            )
        return _outcome(answer)

    def new_factor(self, proof: dict[str, str]) -> tuple[str, str | None]:
        """A new TOTP secret (Base32) for `{"Session": …}` or `{"AccessToken": …}`, and the session
        to go on with."""
        with _refusals():
            answer = self._idp.associate_software_token(**proof)
        return answer["SecretCode"], answer.get("Session")

    def verify_factor(self, proof: dict[str, str], code: str) -> str | None:
        """Proves the new factor; the session to go on with. Raises RefusedError."""
        with _refusals():
            answer = self._idp.verify_software_token(**proof, UserCode=code)
        if answer.get("Status") != "SUCCESS":
            raise RefusedError
        return answer.get("Session")

    def use_factor(self, login_id: str) -> None:
        """Makes the proved factor the one that is asked for."""
        self._idp.admin_set_user_mfa_preference(
            UserPoolId=self._pool,
            Username=login_id,
            SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
        )

    def refresh(self, refresh_token: str) -> Tokens:
        """Raises RefusedError."""
        with _refusals():
            answer = self._idp.admin_initiate_auth(
                UserPoolId=self._pool,
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        outcome = _outcome(answer)
        if isinstance(outcome, Challenge):
            raise RefusedError
        return outcome

    def revoke(self, refresh_token: str) -> None:
        """Ends a session. Raises RefusedError."""
        with _refusals():
            self._idp.revoke_token(Token=refresh_token, ClientId=self._client_id)

    def start_anew(self, login_id: str, temporary_password: str) -> str:
        """Deletes the login and makes it again, with a password to be changed; its new `sub`.

        Cognito never forgets a TOTP factor otherwise: AdminSetUserMFAPreference "doesn't reset an
        existing TOTP MFA for a user". All sessions end with the old login.
        """
        with suppress(self._idp.exceptions.UserNotFoundException):
            self._idp.admin_delete_user(UserPoolId=self._pool, Username=login_id)
        made = self._idp.admin_create_user(
            UserPoolId=self._pool,
            Username=login_id,
            TemporaryPassword=temporary_password,
            MessageAction="SUPPRESS",
        )
        return next(a["Value"] for a in made["User"]["Attributes"] if a["Name"] == "sub")


class _refusals:  # noqa: N801  # used like a function
    """Turns Cognito's refusals into ours; every other error goes on as it is."""

    _REFUSED = frozenset(
        {
            "NotAuthorizedException",
            "UserNotFoundException",
            "UserNotConfirmedException",
            "PasswordResetRequiredException",
            "CodeMismatchException",
            "ExpiredCodeException",
            "EnableSoftwareTokenMFAException",
            "InvalidParameterException",
            "UnsupportedTokenTypeException",
            "SoftwareTokenMFANotFoundException",
        }
    )

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, ClientError):
            return
        code = error.response["Error"]["Code"]
        if code == "InvalidPasswordException":
            raise PasswordPolicyError from None
        if code in self._REFUSED:
            raise RefusedError from None
        if code in ("TooManyRequestsException", "LimitExceededException"):
            raise BusyError from None


def _outcome(answer: Any) -> Tokens | Challenge:
    if answer.get("AuthenticationResult"):
        result = answer["AuthenticationResult"]
        return Tokens(
            id_token=result["IdToken"],
            access_token=result["AccessToken"],
            refresh_token=result.get("RefreshToken"),
            expires_in=result["ExpiresIn"],
        )
    return Challenge(name=answer["ChallengeName"], session=answer["Session"])
