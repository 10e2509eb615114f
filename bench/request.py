"""What one request costs in our own code, and which calls it makes.

The API runs in this process over moto; the time inside AWS calls is taken off. Counts are exact,
times are medians.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import botocore.client
import pytest

from bench.record import keep
from tests.unit.in_process import Answer, InProcess, start

RUNS = 60


def main() -> None:
    with pytest.MonkeyPatch.context() as patch:
        running = start(patch)
        here = next(running)
        inside = watch_aws_calls(patch)
        case_id = here.create(chiefComplaint="家賃が払えない。" * 100)
        for _ in range(49):
            here.create()
        revision = 1

        def save() -> Answer:
            nonlocal revision
            answer = here.save(
                case_id, revision, wishes=f"{revision} 回目", chiefComplaint="長" * 900
            )
            revision += 1
            return answer

        requests: dict[str, Callable[[], Answer]] = {
            "open a case": lambda: here.request("kanri1", "GET", f"/cases/{case_id}"),
            "open the intake form": lambda: here.read(case_id),
            "save the intake form": save,
            "list page of 50": lambda: here.request("kanri1", "GET", "/cases"),
            "create a case": lambda: _create(here),
        }
        result = {name: _measure(here, call, inside) for name, call in requests.items()}
        next(running, None)
    keep("request", "python -m bench request", {"runs": RUNS, "requests": result})


def _create(here: InProcess) -> Answer:
    from tests.running import body, intake
    from tests.unit.in_process import new_key

    return here.request("kanri1", "POST", "/cases", json_body=body(intake()), headers=new_key())


def watch_aws_calls(patch: pytest.MonkeyPatch) -> list[float]:
    """The running sum of seconds spent inside AWS calls, as its one element."""
    inside = [0.0]
    original = botocore.client.BaseClient._make_api_call

    def timed(self: Any, operation: str, parameters: Any) -> Any:
        started = time.perf_counter()
        try:
            return original(self, operation, parameters)
        finally:
            inside[0] += time.perf_counter() - started

    patch.setattr(botocore.client.BaseClient, "_make_api_call", timed)
    return inside


def _measure(here: InProcess, call: Callable[[], Answer], inside: list[float]) -> dict[str, Any]:
    own = []
    for _ in range(RUNS):
        inside[0] = 0.0
        started = time.perf_counter()
        answer = call()
        own.append(time.perf_counter() - started - inside[0])
        assert answer.status in (200, 201), answer.text
    return {"own_ms_median": round(statistics.median(own) * 1000, 2), "calls": list(here.calls)}


if __name__ == "__main__":
    main()
