"""The time a paper takes, and how large it is. The goal is a second each.

The function runs in this process over moto; the time inside AWS calls is taken off. The first
paper of a fresh process, imports included, is measured apart.
"""

import os
import statistics
import subprocess
import sys
import time
from typing import Any

import pytest

from bench.record import keep
from bench.request import watch_aws_calls
from ops.local import assets
from tests.good_requests import day
from tests.unit.in_process import InProcess, start
from tests.unit.printing import Printer, add_record, full_case

RUNS = 7
GOAL_MS = 1000
# More than a case of two years has.
PROGRESS_RECORDS = 60
CASE_PAPERS = (
    *("referral", "intake-consent", "assessment", "plan", "progress", "evaluation"),
    *("handover", "consent"),
)
BLANK_PAPERS = ("assessment", "kit-bylaw", "secrecy-pledge")
# A process that has imported nothing: what a cold function does before its first page.
_FIRST = """
import time
started = time.perf_counter()
from datetime import UTC, datetime
from lambdas.papers.app import app
from lambdas.papers import glyphs
from lambdas.papers.catalogue import papers
from lambdas.papers.pdf import pdf
data = dict(
    paper="x", title="守秘誓約書", municipality="船橋市", printed=None, watermark=False,
    sample=False, copies=1, case=None, heading=[], sheets=[], notes=[],
)
check = glyphs.Check.of(glyphs.FONTS)
data = {**check.texts(data), "fonts": [f.family for f in check.known], "variants": {}}
pdf(papers()["secrecy-pledge"].file, data, fonts=glyphs.FONTS, now=datetime.now(UTC))
print(time.perf_counter() - started)
"""


def main() -> None:
    from lambdas.papers import glyphs
    from lambdas.papers.app import app

    glyphs.FONTS = assets.fonts()
    with pytest.MonkeyPatch.context() as patch:
        running = start(patch)
        here = next(running)
        here.printer = app
        result = _measured(here, watch_aws_calls(patch))
        next(running, None)
    first = [_first() for _ in range(5)]
    keep(
        "papers",
        "python -m bench papers",
        {
            "runs": RUNS,
            "goal_ms": GOAL_MS,
            "progress_records": PROGRESS_RECORDS,
            "first_of_a_process_ms": round(statistics.median(first) * 1000),
            "papers": result,
        },
    )


def _measured(here: InProcess, inside: list[float]) -> dict[str, Any]:
    case_id, _, _ = full_case(here)
    for number in range(PROGRESS_RECORDS - 1):
        text = f"{number} 回目。" + "玄関先で話した。次の訪問を約束した。" * 10
        data = {"date": day(-2), "method": "02", "counterpart": "subject", "facts": text}
        add_record(here, case_id, "progress", {**data, "sharedWith": "own"})
    printer = Printer(here=here)
    wanted = [
        *((name, name, {"case": case_id}) for name in CASE_PAPERS),
        *((f"{name} (blank)", name, {}) for name in BLANK_PAPERS),
        *((f"{n} (xlsx)", n, {"case": case_id, "as": "xlsx"}) for n in ("assessment", "progress")),
    ]
    return {label: _timed(printer, name, query, inside) for label, name, query in wanted}


def _timed(
    printer: Printer, name: str, query: dict[str, str], inside: list[float]
) -> dict[str, Any]:
    taken = []
    for _ in range(RUNS):
        inside[0] = 0.0
        started = time.perf_counter()
        answer = printer.get("kanri1", name, **query)
        taken.append(time.perf_counter() - started - inside[0])
        assert answer.status == 200, answer.text
    return {
        "own_ms_median": round(statistics.median(taken) * 1000),
        "own_ms_slowest": round(max(taken) * 1000),
        "kilobytes": round(len(answer.content) / 1000),
    }


def _first() -> float:
    function = assets.build("host") / "papers"
    done = subprocess.run(
        # The function as it is packed, under the base interpreter, as in bench/cold_start.py.
        [sys._base_executable, "-s", "-c", _FIRST],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(function),
            "AWS_REGION": "ap-northeast-1",
        },
        cwd=function,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
