"""Where sign-ins stand, failed tries, used codes, recovery codes. All but the last have a TTL."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.condition import Condition

from lambdas.casework.lockout import wait_seconds
from lambdas.store import models
from lambdas.store.repository import ANY, Put

_STEP_MINUTES = 5
_STEP_TRIES = 5
_TRIES_HOURS = 24
# A TOTP code is good for its 30 seconds and, with clock drift, the ones beside it.
_CODE_SECONDS = 180


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a sign-in that is under way waits for, kept here and not in the browser."""

    next: str
    login_id: str
    sub: str
    session: str | None = None
    access_token: str | None = None
    refresh_token: str | None = None


def keep_step(step: Step, now: datetime) -> str:
    """Keeps a step; the random handle under which `take_try` finds it for five minutes."""
    handle = secrets.token_urlsafe(32)
    models.SignInStep(
        f"STEP#{handle}",
        "STEP",
        next=step.next,
        login_id=step.login_id,
        sub=step.sub,
        session=step.session,
        access_token=step.access_token,
        refresh_token=step.refresh_token,
        tries=0,
        expires_at=_after(now, timedelta(minutes=_STEP_MINUTES)),
    ).save()
    return handle


def take_try(handle: str, now: datetime) -> Step | None:
    """The step of a handle, counting one try; None when it is unknown, over, or tried too often."""
    item = models.SignInStep(f"STEP#{handle}", "STEP")
    try:
        item.update(
            actions=[models.SignInStep.tries.add(1)],
            condition=(models.SignInStep.tries < _STEP_TRIES)
            & (models.SignInStep.expires_at > int(now.timestamp())),
        )
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return None
        raise
    return Step(
        next=item.next,
        login_id=item.login_id,
        sub=item.sub,
        session=item.session,
        access_token=item.access_token,
        refresh_token=item.refresh_token,
    )


def end_step(handle: str) -> None:
    """Forgets a step that has done its part, so that a handle works once."""
    models.SignInStep(f"STEP#{handle}", "STEP").delete()


def take_turn(login_id: str, now: datetime) -> int:
    """Counts one try of a login, known or not, as failed; the seconds to wait when it may not be
    made yet. Of several tries at the same time one is let through."""
    key = _tries_key(login_id)
    try:
        tries = models.SignInTries.get(*key, consistent_read=True)
        failures, last_at = int(tries.failures), int(tries.last_at)
        unchanged: Condition = models.SignInTries.failures == failures
    except models.SignInTries.DoesNotExist:
        failures, last_at = 0, 0
        unchanged = models.Record.pk.does_not_exist()
    wait = last_at + wait_seconds(failures) - int(now.timestamp())
    if wait > 0:
        return wait
    # Put whole: an update would make an item without its class, which no export knows.
    counted = models.SignInTries(
        *key,
        failures=failures + 1,
        last_at=int(now.timestamp()),
        expires_at=_after(now, timedelta(hours=_TRIES_HOURS)),
    )
    try:
        counted.save(condition=unchanged)
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return 1
        raise
    return 0


def forget_failures(login_id: str) -> None:
    """After a sign-in that went all the way."""
    models.SignInTries(*_tries_key(login_id)).delete()


def use_code(sub: str, code: str, now: datetime) -> bool:
    """True the first time a code is used by a person; a code seen on a screen works no second
    time (RFC 6238 §5.2)."""
    digest = hashlib.sha256(f"{sub}:{code}".encode()).hexdigest()
    used = models.UsedCode(
        f"CODE#{sub}#{digest}", "CODE", expires_at=_after(now, timedelta(seconds=_CODE_SECONDS))
    )
    fresh = models.Record.pk.does_not_exist() | (models.UsedCode.expires_at < int(now.timestamp()))
    try:
        used.save(condition=fresh)
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def recovery_put(sub: str, codes: Iterable[str]) -> Put:
    """The hashes of a manager's recovery codes, in place of the ones before."""
    salt = secrets.token_hex(16)
    hashes = {_recovery_hash(salt, code) for code in codes}
    item = models.Recovery(f"STAFF#{sub}", "RECOVERY", salt=salt, code_hashes=hashes)
    return Put("codes", item, ANY)


def recovery_codes_left(sub: str) -> int:
    try:
        kept = models.Recovery.get(f"STAFF#{sub}", "RECOVERY")
    except models.Recovery.DoesNotExist:
        return 0
    return len(kept.code_hashes or ())


def use_recovery_code(sub: str, code: str) -> bool:
    """True when the code was one of the person's; it works once."""
    try:
        kept = models.Recovery.get(f"STAFF#{sub}", "RECOVERY", consistent_read=True)
    except models.Recovery.DoesNotExist:
        return False
    digest = _recovery_hash(kept.salt, code)
    try:
        kept.update(
            actions=[models.Recovery.code_hashes.delete({digest})],
            condition=models.Recovery.code_hashes.contains(digest),
        )
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _recovery_hash(salt: str, code: str) -> str:
    # Slow on purpose: a code is short enough to be tried out by whoever gets at the hashes.
    plain = code.replace("-", "").lower().encode()
    return hashlib.scrypt(plain, salt=bytes.fromhex(salt), n=2**13, r=8, p=1).hex()


def _tries_key(login_id: str) -> tuple[str, str]:
    # Hashed, since people mistype their password into the field for the login.
    return f"TRIES#{hashlib.sha256(login_id.lower().encode()).hexdigest()}", "TRIES"


def _after(now: datetime, span: timedelta) -> int:
    return int((now + span).timestamp())
