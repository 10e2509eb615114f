"""Opening a case with 300 progress records (in this process over moto: calls and own time), and
twenty writers on one case of a deployed tenant: no lost update, no broken chain."""

import random
import statistics
import threading
import time
import uuid
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bench.record import keep
from bench.request import watch_aws_calls
from lambdas.api.tenant import repository
from lambdas.casework.forms import form_versions
from lambdas.store import models
from lambdas.store.repository import _record_item
from ops.registers.register import invoke_job
from tests.running import body, intake, run_tenants
from tests.unit.in_process import InProcess, start

RECORDS, RUNS = 300, 15
WRITERS, WRITES = 20, 50
# So long at most, while the token lives: what was asked by then is counted.
SECONDS = 540
FORM = "progress"


def main() -> None:
    keep(
        "casework",
        "python -m bench casework",
        {"opening": _opening(), "writers": _writers()},
    )


def _progress(text: str) -> dict[str, Any]:
    data = {
        "date": "2026-06-02",
        "method": "02",
        "counterpart": "subject",
        "facts": text,
        "sharedWith": "own",
    }
    return {"form": FORM, "formVersion": form_versions(FORM)[-1], "data": data}


def _opening() -> dict[str, Any]:
    """Own time (AWS calls taken off) and calls of opening a long case, and of a page of it."""
    with pytest.MonkeyPatch.context() as patch:
        running = start(patch)
        here = next(running)
        inside = watch_aws_calls(patch)
        case_id = here.create()
        _fill(case_id)
        result = {
            name: _timed(here, path, query, inside)
            for name, path, query in (
                ("table of contents", f"/cases/{case_id}", None),
                ("page of 50 records", f"/cases/{case_id}/records", {"form": FORM}),
                ("page of 100 records", f"/cases/{case_id}/records", {"limit": "100"}),
            )
        }
        next(running, None)
    return {"records": RECORDS, "runs": RUNS, "requests": result}


def _fill(case_id: str) -> None:
    """Puts the records under the case as they lie in the table; through the API it would be moto's
    transactions that are measured, which copy the whole table each time."""
    case = repository().open_case(case_id)
    assert case is not None
    for n in range(RECORDS):
        text = f"{n} 回目の訪問。" + "暮らしの様子を聞いた。" * 30
        record = replace(
            case.intake,
            form=FORM,
            record_id=f"r-{n:012d}",
            version=form_versions(FORM)[-1],
            data=_progress(text)["data"],
        )
        _record_item(models.RecordHead, case.key, record).save()


def _timed(
    here: InProcess, path: str, query: dict[str, str] | None, inside: list[float]
) -> dict[str, Any]:
    own = []
    for _ in range(RUNS):
        before, begun = inside[0], time.perf_counter()
        assert here.request("kanri1", "GET", path, query=query).status == 200
        own.append(time.perf_counter() - begun - (inside[0] - before))
    return {
        "own_ms_median": round(statistics.median(own) * 1000, 2),
        "calls": list(here.calls),
    }


def _writers() -> dict[str, Any]:
    """Twenty people who each add fifty records to one case at once, trying again when told to."""
    running = run_tenants()
    tenant = next(running)["funabashi"]
    made = tenant.client("kanri1").create_case(body(intake("書込 多人数")), str(uuid.uuid4()))
    case_id = made.json()["caseId"]
    token = tenant.client("kanri1").id_token
    answers: Counter[int] = Counter()
    lock = threading.Lock()
    written: list[str] = []

    def work(writer: int) -> None:
        client = tenant.anonymous()
        client.id_token = token
        for n in range(WRITES):
            if time.perf_counter() - begun > SECONDS:
                return
            key = str(uuid.uuid4())
            while True:
                try:
                    answer = client.request(
                        "POST",
                        f"cases/{case_id}/records",
                        json=_progress(f"{writer}-{n}"),
                        headers={"Idempotency-Key": key},
                    )
                    status = answer.status_code
                except httpx.TimeoutException:
                    # As behind the gateway after 29 s: asked again with the same key.
                    status = 504
                with lock:
                    answers[status] += 1
                if status == 201:
                    written.append(f"{writer}-{n}")
                    break
                # The gateway's word for a function that took too long is 502 here, 504 on AWS.
                if status not in (429, 502, 503, 504):
                    raise RuntimeError(answer.text)
                time.sleep(random.uniform(1, 5))  # no secret

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(w,)) for w in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    texts: set[str] = set()
    cursor: str | None = None
    while True:
        page = (
            tenant.client("kanri1")
            .request(
                "GET",
                f"cases/{case_id}/records",
                params={"form": FORM, "limit": 100, **({"cursor": cursor} if cursor else {})},
            )
            .json()
        )
        texts |= {r["data"]["facts"] for r in page["items"]}
        cursor = page["nextCursor"]
        if cursor is None:
            break
    problems = invoke_job(tenant.live, {"task": "verify"})["problemCount"]
    next(running, None)
    return {
        "writers": WRITERS,
        "asked_for": WRITERS * WRITES,
        "acknowledged": len(written),
        "lost": len(set(written) - texts),
        "kept": len(texts),
        "answers": dict(answers),
        "trail_problems": problems,
        "seconds": round(seconds, 1),
    }


if __name__ == "__main__":
    main()
