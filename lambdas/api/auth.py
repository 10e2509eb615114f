"""Sign-in: password, then always a TOTP code. Nobody gets a token without a verified factor.

The browser never sees Cognito's session or access token: it holds a random handle for the step it
is at, the ID token in memory, and the refresh token in a cookie that scripts cannot read.
"""

import base64
import json
import secrets
from contextlib import suppress
from functools import cache
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.cognito import Challenge, Cognito, PasswordPolicyError, RefusedError, Tokens
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository, tenant
from lambdas.api.trail import event, refused_login
from lambdas.casework.access import Basis, Decision, Role, is_registered
from lambdas.casework.clock import japanese_day
from lambdas.casework.passwords import temporary_password
from lambdas.casework.records import StaffMember
from lambdas.store import sign_in as steps
from lambdas.store.registers import signed_in
from lambdas.store.sign_in import Step

routes = Blueprint(__name__)

COOKIE = "__Host-soudan-refresh"
_COOKIE_SECONDS = 12 * 3600
_OWN = Decision(basis=Basis.OWN_ACCOUNT)
_REFUSED = Decision(basis=None)
_STEP_PROBLEMS = ("code-wrong", "sign-in-expired", "wrong-origin", "not-registered")


def _step_operation(path: str, summary: str, body: str, *problems: str) -> Operation:
    return Operation(
        method="POST",
        path=path,
        summary=summary,
        status=200,
        reply="Step",
        body=body,
        public=True,
        problems=(*_STEP_PROBLEMS, "invalid-record", *problems),
    )


@operation(
    routes,
    _step_operation(
        "/auth/sign-in",
        "利用者IDとパスワードでサインインを始める",
        "SignInRequest",
        "sign-in-failed",
        "too-many-attempts",
    ),
)
def sign_in(call: Call) -> Reply:
    _same_origin(call)
    login_id = call.body["loginId"]
    _take_turn(call, login_id)
    try:
        outcome = cognito().password(login_id, call.body["password"])
        user = cognito().user(login_id)
    except RefusedError:
        repository().record_event(subject="SIGN-IN", event=refused_login(call, login_id))
        raise Problem("sign-in-failed") from None
    member = _registered(call, user.sub)
    if isinstance(outcome, Challenge) and outcome.name == "NEW_PASSWORD_REQUIRED":
        step = Step(next="new_password", login_id=login_id, sub=user.sub, session=outcome.session)
        return _next(call, step)
    return _after_password(call, member, outcome, has_factor=user.has_factor)


@operation(
    routes,
    _step_operation(
        "/auth/new-password", "最初のパスワードを変える", "NewPasswordRequest", "password-policy"
    ),
)
def new_password(call: Call) -> Reply:
    step = _take(call, "new_password")
    challenge = Challenge(name="NEW_PASSWORD_REQUIRED", session=step.session or "")
    try:
        outcome = cognito().respond(
            step.login_id, challenge, {"NEW_PASSWORD": call.body["newPassword"]}
        )
    except PasswordPolicyError:
        raise Problem("password-policy") from None
    except RefusedError:
        raise Problem("sign-in-expired") from None
    steps.end_step(call.body["state"])
    user = cognito().user(step.login_id)
    return _after_password(call, _registered(call, user.sub), outcome, has_factor=user.has_factor)


@operation(routes, _step_operation("/auth/totp-setup", "認証アプリを登録する", "CodeRequest"))
def totp_setup(call: Call) -> Reply:
    step = _take(call, "totp_setup")
    member = _registered(call, step.sub)
    code = call.body["code"]
    try:
        if step.access_token:
            cognito().verify_factor({"AccessToken": step.access_token}, code)
            cognito().use_factor(step.login_id)
            tokens = _refreshed(step)
        else:
            session = cognito().verify_factor({"Session": step.session or ""}, code)
            challenge = Challenge(name="MFA_SETUP", session=session or step.session or "")
            outcome = cognito().respond(step.login_id, challenge, {})
            cognito().use_factor(step.login_id)
            if isinstance(outcome, Challenge):
                raise Problem("sign-in-expired")
            tokens = outcome
    except RefusedError:
        raise Problem("code-wrong") from None
    steps.use_code(step.sub, code, call.now)
    return _done(call, member, tokens, "enrol-factor")


@operation(routes, _step_operation("/auth/totp", "確認コードを入力する", "CodeRequest"))
def totp(call: Call) -> Reply:
    step = _take(call, "totp")
    member = _registered(call, step.sub)
    code = call.body["code"]
    if not steps.use_code(step.sub, code, call.now):
        raise Problem("code-wrong")
    challenge = Challenge(name="SOFTWARE_TOKEN_MFA", session=step.session or "")
    try:
        outcome = cognito().respond(step.login_id, challenge, {"SOFTWARE_TOKEN_MFA_CODE": code})
    except RefusedError:
        _record(call, member, "sign-in-failed", _REFUSED)
        raise Problem("code-wrong") from None
    if isinstance(outcome, Challenge):
        raise Problem("sign-in-expired")
    return _done(call, member, outcome, "sign-in")


@operation(
    routes,
    _step_operation(
        "/auth/recover", "回復コードで認証アプリを登録し直す(管理者)", "RecoverRequest"
    ),
)
def recover(call: Call) -> Reply:
    step = _take(call, "totp")
    member = _registered(call, step.sub)
    if member.actor.role is not Role.MANAGER or not steps.use_recovery_code(
        step.sub, call.body["recoveryCode"]
    ):
        _record(call, member, "sign-in-failed", _REFUSED)
        raise Problem("code-wrong")
    _record(call, member, "use-recovery-code", _OWN)
    password = temporary_password(secrets.choice)
    sub = start_login_anew(call, member, password)
    steps.end_step(call.body["state"])
    outcome = cognito().password(step.login_id, password)
    if not isinstance(outcome, Challenge) or outcome.name != "NEW_PASSWORD_REQUIRED":
        raise Problem("sign-in-expired")
    # From here on it is a first sign-in: a new password, then a new factor.
    anew = Step(next="new_password", login_id=step.login_id, sub=sub, session=outcome.session)
    return _next(call, anew)


@operation(
    routes,
    Operation(
        method="POST",
        path="/auth/refresh",
        summary="サインインの有効時間を延ばす",
        status=200,
        reply="Tokens",
        body="Empty",
        public=True,
        problems=("sign-in-required", "wrong-origin", "invalid-record"),
    ),
)
def refresh(call: Call) -> Reply:
    _same_origin(call)
    token = _cookie(call)
    if token is None:
        raise Problem("sign-in-required")
    over = Problem("sign-in-required", headers={"Set-Cookie": _set_cookie("", 0)})
    try:
        tokens = cognito().refresh(token)
        user = cognito().user(_login_of(tokens.id_token))
    except RefusedError:
        raise over from None
    if not user.has_factor:
        raise over
    _registered(call, user.sub)
    return Reply(body={"idToken": tokens.id_token, "expiresIn": tokens.expires_in})


@operation(
    routes,
    Operation(
        method="POST",
        path="/auth/sign-out",
        summary="サインアウトする",
        status=204,
        reply=None,
        body="Empty",
        public=True,
        problems=("wrong-origin", "invalid-record"),
    ),
)
def sign_out(call: Call) -> Reply:
    _same_origin(call)
    token = _cookie(call)
    if token is not None:
        # A session that is over already is what was asked for.
        with suppress(RefusedError):
            cognito().revoke(token)
    return Reply(headers={"Set-Cookie": _set_cookie("", 0)})


def _after_password(
    call: Call, member: StaffMember, outcome: Tokens | Challenge, *, has_factor: bool
) -> Reply:
    """The step after a right password. Only AdminGetUser's word on the factor counts: an answer
    with tokens leads to the set-up as well, since no factor was asked for."""
    login_id, sub = member.login_id, member.sub
    if isinstance(outcome, Challenge) and outcome.name == "SOFTWARE_TOKEN_MFA" and has_factor:
        return _next(call, Step(next="totp", login_id=login_id, sub=sub, session=outcome.session))
    if has_factor:
        raise Problem("sign-in-expired")
    if isinstance(outcome, Tokens):
        secret, _ = cognito().new_factor({"AccessToken": outcome.access_token})
        step = Step(
            next="totp_setup",
            login_id=login_id,
            sub=sub,
            access_token=outcome.access_token,
            refresh_token=outcome.refresh_token,
        )
    elif outcome.name == "MFA_SETUP":
        secret, session = cognito().new_factor({"Session": outcome.session})
        step = Step(
            next="totp_setup", login_id=login_id, sub=sub, session=session or outcome.session
        )
    else:
        raise Problem("sign-in-expired")
    issuer = quote(f"相談記録 {tenant().municipality}")
    uri = f"otpauth://totp/{issuer}:{quote(login_id)}?secret={secret}&issuer={issuer}"
    return _next(call, step, secret=secret, otpauthUri=uri)


def _next(call: Call, step: Step, **more: str) -> Reply:
    return Reply(body={"next": step.next, "state": steps.keep_step(step, call.now), **more})


def _take(call: Call, expected: str) -> Step:
    """The step that a handle names, if it waits for this. Raises Problem."""
    _same_origin(call)
    step = steps.take_try(call.body["state"], call.now)
    if step is None or step.next != expected:
        raise Problem("sign-in-expired")
    return step


def _refreshed(step: Step) -> Tokens:
    """Tokens made after the factor was set up, in place of those from before."""
    tokens = cognito().refresh(step.refresh_token or "")
    return Tokens(
        id_token=tokens.id_token,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or step.refresh_token,
        expires_in=tokens.expires_in,
    )


def _done(call: Call, member: StaffMember, tokens: Tokens, action: str) -> Reply:
    """Hands out tokens, the one place that does, once Cognito shows a verified factor."""
    if not cognito().user(member.login_id).has_factor:
        raise Problem("sign-in-expired")
    steps.end_step(call.body["state"])
    steps.forget_failures(member.login_id)
    _record(call, member, action, _OWN)
    signed_in(member, japanese_day(call.now))
    return Reply(
        body={"next": "done", "idToken": tokens.id_token, "expiresIn": tokens.expires_in},
        headers={"Set-Cookie": _set_cookie(tokens.refresh_token or "", _COOKIE_SECONDS)},
    )


def start_login_anew(call: Call, member: StaffMember, password: str) -> str:
    """Gives a person a new login of the same name, without a factor and with this password; the
    register follows. Repeating it after a crash in between is safe. The new `sub`."""
    sub = cognito().start_anew(member.login_id, password)
    repository().move_staff(member, sub, call.now)
    return sub


def _login_of(id_token: str) -> str:
    """The login in a token that Cognito has just handed us; nothing is taken on its word."""
    payload = id_token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["cognito:username"])


def _registered(call: Call, sub: str) -> StaffMember:
    member = repository().staff_by_sub(sub)
    if member is None or not is_registered(member.actor, call.now):
        raise Problem("not-registered")
    return member


def _record(call: Call, member: StaffMember, action: str, decision: Decision) -> None:
    repository().record_event(
        subject=f"STAFF#{member.actor.staff_id}",
        event=event(call, action, decision, actor=member.actor),
    )


def _take_turn(call: Call, login_id: str) -> None:
    """Counts a try as failed before it is made, so that many tries at once count too."""
    seconds = steps.take_turn(login_id, call.now)
    if seconds > 0:
        raise Problem(
            "too-many-attempts", headers={"Retry-After": str(seconds)}, retryAfterSeconds=seconds
        )


def _same_origin(call: Call) -> None:
    """A browser names the page that posts; other clients name none. Raises Problem."""
    origin = call.request.headers.get("origin")
    site = call.request.headers.get("sec-fetch-site", "same-origin")
    host = call.request.headers.get("host", "")
    ours = (f"https://{host}", f"http://{host}")
    if site == "cross-site" or (origin is not None and origin not in ours):
        raise Problem("wrong-origin")


def _cookie(call: Call) -> str | None:
    try:
        jar = SimpleCookie(call.request.headers.get("cookie", ""))
    except CookieError:
        return None
    morsel = jar.get(COOKIE)
    return morsel.value if morsel and morsel.value else None


def _set_cookie(value: str, seconds: int) -> str:
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict"


@cache
def cognito() -> Cognito:
    """This tenant's pool; the client outlives a request."""
    here = tenant()
    return Cognito(region=here.region, user_pool_id=here.user_pool_id, client_id=here.client_id)
