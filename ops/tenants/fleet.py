"""Many tenants' templates in one run: sharded over processes, with every gate on every tenant."""

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from infra.manifest import Manifest
from infra.policy.isolation import Crossing, TenantTemplates, crossings, resolve
from ops.tenants.synthesis import Synthesised, synthesise

# Each process has a CDK kernel of its own, which forgets nothing: it grows with its tenants.
WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class FleetStats:
    """One run. `seconds` by the clock, `cpu_seconds` of all processes together.

    `max_rss_mb`: the largest single process, Node included.
    """

    tenants: int
    workers: int
    seconds: float
    cpu_seconds: float
    isolation_seconds: float
    max_rss_mb: float
    resources: int
    crossings: tuple[Crossing, ...]


def synth_many(manifests: Sequence[Manifest], *, workers: int = WORKERS) -> FleetStats:
    """Synthesise all, gates included, and compare all with each other.

    cdk-nag and our own rules judge every tenant; the CDK's built-in check of template shapes and
    cfn-lint belong to one tenant per shape, which the tests see to. Raises RuntimeError when a
    gate fails.
    """
    started, cpu = time.perf_counter(), _cpu_seconds()
    shards = [list(manifests[number::workers]) for number in range(workers)]
    # A fresh interpreter per shard: a forked one would share its parent's kernel.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        tenants = [tenant for shard in pool.map(_synth_shard, shards) for tenant in shard]
    seconds, cpu = time.perf_counter() - started, _cpu_seconds() - cpu
    started = time.perf_counter()
    found = crossings([resolve(_templates(tenant)) for tenant in tenants])
    return FleetStats(
        tenants=len(tenants),
        workers=workers,
        seconds=seconds,
        cpu_seconds=cpu,
        isolation_seconds=time.perf_counter() - started,
        max_rss_mb=_max_rss_mb(),
        resources=sum(
            len(template["Resources"]) for tenant in tenants for template in tenant.stacks.values()
        ),
        crossings=tuple(found),
    )


def _synth_shard(manifests: Sequence[Manifest]) -> list[Synthesised]:
    with tempfile.TemporaryDirectory() as directory:
        return synthesise(manifests, Path(directory), builtin_validation=False)


def _templates(tenant: Synthesised) -> TenantTemplates:
    manifest = tenant.manifest
    return TenantTemplates(
        name=f"{manifest.lg_code}-{manifest.environment}",
        account=manifest.account,
        region=manifest.region,
        stacks=tenant.stacks,
    )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _max_rss_mb() -> float:
    """Of the largest finished descendant; kilobytes on Linux, bytes on macOS."""
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return largest / (1024 * 1024 if sys.platform == "darwin" else 1024)
