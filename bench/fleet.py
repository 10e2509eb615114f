"""Many tenants into the local cloud in waves, one of them broken on purpose, by the commands an
operator types: bench/results/fleet.json.

python -m bench.fleet [COUNT]        (default: 20)
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.record import keep
from infra.manifest import municipalities
from ops.local import assets
from ops.local.cloud import ACCOUNT, LocalCloud
from ops.paths import BIN, LOCAL, ROOT
from ops.tenants.template import manifest_text

HOME = LOCAL / "bench-fleet"
PORT = int(os.environ.get("SOUDAN_TEST_PORT", "4597"))
WAVE = 5
AT_ONCE = 2
COUNT = 20
# Below what git leaves alone; a manifest's path may hold no dot.
LAYOUTS = ROOT / "evidence" / "bench-fleet-layouts"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    cloud = LocalCloud(home=HOME, port=PORT)
    cloud.stop()
    shutil.rmtree(HOME, ignore_errors=True)
    assets.build("host")
    cloud.start()
    shutil.rmtree(LAYOUTS, ignore_errors=True)
    files = _manifests(count)
    try:
        soudan("vendor", "deploy", ROOT / "vendors" / "soudan-demo.yaml", "--json")
        words = ["fleet", "deploy", *files, "--ordered-by", "bench", "--json"]
        words += ["--size", str(WAVE), "--at-once", str(AT_ONCE)]
        broken, seconds = _timed(*words, code=1)
        # The repair: the folder that the manifest names.
        LAYOUTS.mkdir(parents=True)
        repaired, repair_seconds = _timed(*words)
        nothing, nothing_seconds = _timed(*words)
        checked, verify_seconds = _timed("fleet", "verify", *files, "--json")
        report, report_seconds = _timed("fleet", "report", *files, "--json")
    finally:
        cloud.stop()
        shutil.rmtree(HOME, ignore_errors=True)
        shutil.rmtree(LAYOUTS, ignore_errors=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    keep(
        "fleet",
        f"python -m bench.fleet {count}",
        {
            "tenants": count,
            "waves": [1, *_sizes(count - 1)],
            "at_once": AT_ONCE,
            "seconds": seconds,
            "verified": len(broken["verified"]),
            "failed": broken["failed"],
            "waiting": broken["waiting"],
            "repair": {"seconds": repair_seconds, "verified": len(repaired["verified"])},
            "again": {"seconds": nothing_seconds, "verified": len(nothing["verified"])},
            "verify": {"seconds": verify_seconds, "faults": sum(map(len, checked.values()))},
            "report": {"seconds": report_seconds, "sameRelease": report["sameRelease"]},
            "largest_process_mb": round(used.ru_maxrss / 1024),
            "load_average": [round(value, 1) for value in os.getloadavg()],
        },
    )


def _sizes(rest: int) -> list[int]:
    return [min(WAVE, rest - at) for at in range(0, rest, WAVE)]


def _manifests(count: int) -> list[Path]:
    """The first municipalities of the list; the last names a folder that is not there."""
    files = []
    for code in list(municipalities())[:count]:
        text = manifest_text(
            code=code, vendor="soudan-demo", offer="reference", environment="local",
            account=ACCOUNT, region="ap-northeast-1", isolation="stack",
            cidrs=["127.0.0.0/8"], endpoints=[], email="operation@example.jp",
        )  # fmt: skip
        files.append(HOME / f"{code}-local.yaml")
        files[-1].write_text(text, "utf-8")
    with files[-1].open("a", encoding="utf-8") as last:
        last.write(f"papers:\n  layouts: {LAYOUTS.relative_to(ROOT)}\n")
    return files


def _timed(*words: str | Path, code: int = 0) -> tuple[Any, float]:
    started = time.perf_counter()
    answer = soudan(*words, code=code)
    return answer, round(time.perf_counter() - started, 1)


def soudan(*words: str | Path, code: int = 0) -> Any:
    environment = {
        **os.environ,
        "SOUDAN_CLOUD_PORT": str(PORT),
        "SOUDAN_EVIDENCE": str(HOME / "evidence"),
    }
    done = subprocess.run(
        [str(BIN / "soudan"), *map(str, words)],
        stdout=subprocess.PIPE, env=environment, check=False,
    )  # fmt: skip
    if done.returncode != code:
        sys.exit(f"soudan {words[0]} {words[1]}: exit {done.returncode}, not {code}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
