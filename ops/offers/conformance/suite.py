"""A run of the suite: every function of the list gets an outcome."""

import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx

from ops.api_client import SignInError
from ops.offers.conformance import exchange
from ops.offers.conformance.checks import AT_THE_END, CHECKS, Check
from ops.offers.conformance.story import FailedError, NotTestableError, Story
from ops.offers.conformance.system import System
from ops.offers.functions import function_list
from ops.offers.results import (
    FAILED,
    NOT_TESTABLE,
    PASSED,
    SUITE_VERSION,
    Outcome,
    Result,
)

_WHY_NOT = {
    "exchange": "データ移行の束が指定されていない(--bundle)",
    "inspection": "人が見て確かめる",
    "none": "作らないと決めた機能",
}


def run(
    system: System,
    *,
    offer: str,
    version: str,
    environment: str,
    day: date,
    bundle: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Result:
    """All checks on a running system. It writes invented cases: never run it where real ones are.

    `environment`: in words, where this was. `bundle`: an exported bundle of the system, unpacked as
    `soudan tenant export` leaves it. Raises httpx.RequestError, SignInError when the system
    cannot be reached at all.
    """
    known = function_list()
    outcomes = {
        number: Outcome(outcome=NOT_TESTABLE, detail=_WHY_NOT[function.how])
        for number, function in known.functions.items()
        if number not in CHECKS
    }
    story = Story(system=system, mark=f"試験{secrets.token_hex(4)}")
    # One request first: a system that is not there at all is no failed function.
    system.request(None, "GET", "/me")
    for number, check in CHECKS.items():
        say(f"{number} {known.functions[number].title}")
        outcomes[number] = tried(check, story)
    if bundle is not None:
        for number in (n for n, f in known.functions.items() if f.how == "exchange"):
            say(f"{number} {known.functions[number].title}")
            outcomes[number] = tried(lambda _: exchange.bundle(bundle), story)
    for number, check in AT_THE_END.items():
        if outcomes[number].outcome == PASSED:
            outcomes[number] = tried(check, story)
    return Result(
        suite=SUITE_VERSION,
        functions=known.version,
        offer=offer,
        version=version,
        day=day,
        environment=environment,
        outcomes=dict(sorted(outcomes.items())),
    )


def tried(check: Check, story: Story) -> Outcome:
    """What one check finds."""
    try:
        check(story)
    except NotTestableError as error:
        return Outcome(outcome=NOT_TESTABLE, detail=str(error))
    except FailedError as error:
        return Outcome(outcome=FAILED, detail=str(error))
    except (httpx.RequestError, SignInError):
        return Outcome(outcome=FAILED, detail="応答がない")
    except (KeyError, TypeError, IndexError, AttributeError, ValueError):
        # An answer that is not of the standard API's form.
        return Outcome(outcome=FAILED, detail="応答の形が標準APIと違う")
    return Outcome(outcome=PASSED, detail="")
