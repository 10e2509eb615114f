"""How long the report takes that no tenant reaches another: bench/results/isolation.json.

python -m bench.isolation [COUNT]        (default: 1741, every municipality)

The first three tenants, one for each set of doors, are synthesised with every gate. Templates of
the others are these with code, account and name replaced, as a synthesis would write them: what is
measured reads and compares templates, whoever wrote them.
"""

import json
import os
import resource
import shutil
import sys
from pathlib import Path

from bench.record import keep
from infra.manifest import Manifest
from infra.names import stage_id
from ops.fleet.isolation import isolation_of
from ops.fleet.japan import all_japan
from ops.paths import LOCAL
from ops.tenants.synthesis import synthesise

HOME = LOCAL / "bench-isolation"
KINDS = 3


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1741
    manifests = all_japan(count)
    shutil.rmtree(HOME, ignore_errors=True)
    out = HOME / "cdk.out"
    try:
        synthesise(manifests[:KINDS], HOME, builtin_validation=False)
        for number, manifest in enumerate(manifests[KINDS:], start=KINDS):
            _written(out, manifests[number % KINDS], manifest)
        size = sum(file.stat().st_size for file in out.glob("assembly-*/*.template.json"))
        before = _cpu_seconds()
        report = isolation_of([out])
        cpu = _cpu_seconds() - before
    finally:
        shutil.rmtree(HOME, ignore_errors=True)
    content = report.content()
    if len(content["tenants"]) != count or content["findings"]:
        sys.exit(f"{len(content['tenants'])} tenants, findings: {content['findings'][:3]}")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    keep(
        "isolation",
        f"python -m bench.isolation {count}",
        {
            "what": "reading, resolving and comparing templates; synthesis is not in it",
            "tenants": count,
            "synthesised": KINDS,
            "pairs": content["pairs"],
            "texts": content["compared"]["texts"],
            "identifiers": content["compared"]["identifiers"],
            "template_mb": round(size / 1e6),
            "seconds": content["seconds"],
            # A clock also measures what else the machine does.
            "cpu_seconds": round(cpu, 1),
            "load_average": [round(value, 1) for value in os.getloadavg()],
            "largest_worker_mb": round(children.ru_maxrss / 1024),
            "own_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "workers": 2,
        },
    )


def _cpu_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _written(out: Path, sample: Manifest, manifest: Manifest) -> None:
    """A tenant's part of the assembly, made from a sample's."""
    source, target = (out / f"assembly-{stage_id(m)}" for m in (sample, manifest))
    target.mkdir()
    replaced = (
        (sample.lg_code, manifest.lg_code),
        (sample.account, manifest.account),
        (sample.municipality, manifest.municipality),
        # As JSON may write it.
        (json.dumps(sample.municipality)[1:-1], json.dumps(manifest.municipality)[1:-1]),
    )
    for file in (source / "manifest.json", *source.glob("*.template.json")):
        text = file.read_text("utf-8")
        for old, new in replaced:
            text = text.replace(old, new)
        name = file.name.replace(sample.lg_code, manifest.lg_code)
        (target / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
