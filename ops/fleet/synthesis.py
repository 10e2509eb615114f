"""Many tenants' templates in one run: sharded over processes, with every gate on every tenant.

A process has a CDK kernel of its own, which forgets nothing: it serves a few dozen tenants and
ends. Only what the comparison of tenants needs comes back from it, so that memory does not grow
with the size of the templates.
"""

import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from infra.manifest import Manifest
from infra.policy.isolation import (
    Compared,
    Crossing,
    TenantTemplates,
    compared,
    crossings_between,
    open_to_anyone,
    resolve,
)
from infra.policy.template import resources
from ops.tenants.synthesis import Synthesised, synthesise

WORKERS = 2
CHUNK = 60


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What remains of one tenant: what it is compared by, its resources by type (its APIs also by
    kind of endpoint), its faults."""

    compared: Compared
    kinds: Counter[str]
    doors: Counter[str]
    open: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FleetStats:
    """One run. `seconds` by the clock, `cpu_seconds` of all processes together.

    `max_rss_mb`: an upper bound of what was in memory at once: this process, and for each worker
    twice the largest process there was, as each has a Node beside it.
    """

    outcomes: tuple[Outcome, ...]
    workers: int
    seconds: float
    cpu_seconds: float
    isolation_seconds: float
    max_rss_mb: float
    crossings: tuple[Crossing, ...]

    @property
    def tenants(self) -> int:
        return len(self.outcomes)

    @property
    def resources(self) -> int:
        return sum(outcome.kinds.total() for outcome in self.outcomes)

    @property
    def pairs(self) -> int:
        """Ordered pairs of tenants: each one's templates against the other's resources."""
        return self.tenants * (self.tenants - 1)

    @property
    def texts(self) -> int:
        """Texts of templates that were looked up among all tenants' identifiers."""
        return sum(len(outcome.compared.places) for outcome in self.outcomes)

    @property
    def identifiers(self) -> int:
        return sum(len(o.compared.arns) + len(o.compared.names) for o in self.outcomes)

    @property
    def findings(self) -> list[str]:
        """Whatever should not be, one line each."""
        reached = [
            f"{c.tenant} {c.place}: {c.text} → {c.owner} {c.reached}" for c in self.crossings
        ]
        return [*reached, *(fault for outcome in self.outcomes for fault in outcome.open)]


def synth_many(
    manifests: Sequence[Manifest],
    *,
    workers: int = WORKERS,
    say: Callable[[int], None] = lambda _: None,
) -> FleetStats:
    """Synthesise all, gates included, and compare all with each other; `say` hears how many are
    done.

    cdk-nag and our own rules judge every tenant; the CDK's built-in check of template shapes and
    cfn-lint belong to one tenant per shape, which the tests see to. Raises RuntimeError when a
    gate fails.
    """
    started, cpu = time.perf_counter(), _cpu_seconds()
    size = min(CHUNK, -(-len(manifests) // workers))
    chunks = [list(manifests[at : at + size]) for at in range(0, len(manifests), size)]
    outcomes: list[Outcome] = []
    # A fresh interpreter per chunk: a forked one would share its parent's kernel.
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        for done in as_completed([pool.submit(_synth_chunk, chunk) for chunk in chunks]):
            outcomes += done.result()
            say(len(outcomes))
    outcomes.sort(key=lambda outcome: outcome.compared.name)
    seconds, cpu = time.perf_counter() - started, _cpu_seconds() - cpu
    started = time.perf_counter()
    found = crossings_between([outcome.compared for outcome in outcomes])
    return FleetStats(
        outcomes=tuple(outcomes),
        workers=workers,
        seconds=seconds,
        cpu_seconds=cpu,
        isolation_seconds=time.perf_counter() - started,
        max_rss_mb=_rss_mb(resource.RUSAGE_SELF) + workers * _rss_mb(resource.RUSAGE_CHILDREN) * 2,
        crossings=tuple(found),
    )


def _synth_chunk(manifests: Sequence[Manifest]) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as directory:
        tenants = synthesise(manifests, Path(directory), builtin_validation=False)
    return [outcome_of(tenant) for tenant in tenants]


def outcome_of(tenant: Synthesised) -> Outcome:
    manifest = tenant.manifest
    resolved = resolve(
        TenantTemplates(
            name=f"{manifest.lg_code}-{manifest.environment}",
            account=manifest.account,
            region=manifest.region,
            stacks=tenant.stacks,
        )
    )
    return Outcome(
        compared=compared(resolved),
        kinds=Counter(kind for t in tenant.stacks.values() for _, kind, _ in resources(t)),
        doors=Counter(
            f"{kind}/{properties['EndpointConfiguration']['Types'][0]}"
            for template in tenant.stacks.values()
            for _, kind, properties in resources(template)
            if kind == "AWS::ApiGateway::RestApi"
        ),
        open=tuple(open_to_anyone(resolved)),
    )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rss_mb(who: int) -> float:
    """Largest of a process (kilobytes on Linux, bytes on macOS): of the children, the largest
    finished descendant, Node included."""
    largest = resource.getrusage(who).ru_maxrss
    return largest / (1024 * 1024 if sys.platform == "darwin" else 1024)
