"""How long and how large the synthesis of many tenants is: bench/results/synth.json.

python -m bench.synth [COUNT …]        (default: 50 100 200)
"""

import dataclasses
import itertools
import json
import platform
import sys
from pathlib import Path

from infra.manifest import Manifest, load, municipalities
from ops.fleet.synthesis import synth_many
from ops.paths import ROOT

RESULTS = Path(__file__).resolve().parent / "results" / "synth.json"
COUNTS = (50, 100, 200)


def fleet(count: int) -> list[Manifest]:
    """The first municipalities of the list, set up like the production sample."""
    sample = load(ROOT / "tenants" / "232386-sample.yaml")
    return [
        dataclasses.replace(
            sample,
            lg_code=code,
            municipality=name,
            account=f"{number:012d}",
            tags={**sample.tags, "municipality-code": code},
        )
        for number, (code, name) in enumerate(list(municipalities().items())[:count], start=1)
    ]


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or COUNTS
    runs = []
    for count in counts:
        stats = synth_many(fleet(count))
        if stats.crossings:
            sys.exit(f"tenants reach each other: {stats.crossings[:3]}")
        run = {
            "tenants": stats.tenants,
            "workers": stats.workers,
            "seconds": round(stats.seconds, 1),
            "cpuSeconds": round(stats.cpu_seconds, 1),
            "isolationSeconds": round(stats.isolation_seconds, 1),
            "maxRssMb": round(stats.max_rss_mb),
            "resources": stats.resources,
        }
        print(run, flush=True)
        runs.append(run)
    result = {
        "what": "synthesis of tenants with two doors, all gates, compared with each other",
        "python": platform.python_version(),
        "runs": runs,
    }
    if len(runs) > 1:
        # Slopes, so that what a run costs before its first tenant does not blur them; processor
        # time, because a clock also measures what else the machine does.
        spans = list(itertools.pairwise(runs))
        result["cpuSecondsPerFurtherTenant"] = [_slope("cpuSeconds", *span) for span in spans]
        result["mbPerFurtherTenant"] = [_slope("maxRssMb", *span) for span in spans]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _slope(what: str, first: dict[str, float], second: dict[str, float]) -> float:
    return round((second[what] - first[what]) / (second["tenants"] - first["tenants"]), 3)


if __name__ == "__main__":
    main()
