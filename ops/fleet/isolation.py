"""The report that no tenant reaches another, from templates as they were synthesised.

A process reads and resolves a share of the tenants and gives back only what a comparison needs;
the comparison itself is one pass over an index of all.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from infra.policy.isolation import (
    Compared,
    Crossing,
    TenantTemplates,
    compared,
    crossings_between,
    open_to_anyone,
    resolve,
)
from infra.policy.template import resources, statements

WORKERS = 2
CHUNK = 100
# Who is an administrator of the account by the CDK's own rules, and is not judged here.
EXCLUDED = (
    "CDK の bootstrap が作るロール(配備、ファイルの発行、CloudFormation の実行): 管理者です",
    "アカウントの管理者と、緊急のロール",
)


class AssemblyError(Exception):
    """No cloud assembly of tenants; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What remains of one tenant: what it is compared by, its resources and the statements of its
    policies by type, and what it leaves open to anyone."""

    compared: Compared
    resources: Counter[str]
    policies: Counter[str]
    open: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Seconds by the clock: reading and resolving, and comparing."""

    parts: tuple[Part, ...]
    crossings: tuple[Crossing, ...]
    reading_seconds: float
    comparing_seconds: float

    @property
    def findings(self) -> list[str]:
        """Whatever should not be, one line each."""
        reached = [
            f"{c.tenant} {c.place}: {c.text} → {c.owner} {c.reached}" for c in self.crossings
        ]
        return [*reached, *(f"{p.compared.name} {one}" for p in self.parts for one in p.open)]

    def content(self) -> dict[str, Any]:
        """The report: what was compared, what was left out, what was found."""
        tenants = len(self.parts)
        return {
            "tenants": [part.compared.name for part in self.parts],
            "pairs": tenants * (tenants - 1),
            "compared": {
                "texts": sum(len(part.compared.places) for part in self.parts),
                "identifiers": sum(
                    len(p.compared.arns) + len(p.compared.names) for p in self.parts
                ),
                "resources": _sum(part.resources for part in self.parts),
                "policyStatements": _sum(part.policies for part in self.parts),
            },
            "excluded": list(EXCLUDED),
            "findings": self.findings,
            "seconds": {
                "reading": round(self.reading_seconds, 1),
                "comparing": round(self.comparing_seconds, 1),
            },
        }


def _sum(counters: Iterator[Counter[str]] | Any) -> dict[str, int]:
    return dict(sorted(sum(counters, Counter[str]()).items()))


def isolation_of(
    assemblies: Sequence[Path],
    *,
    workers: int = WORKERS,
    say: Callable[[int], None] = lambda _: None,
) -> Report:
    """Compares every tenant of cloud assemblies (`cdk.out`) with every other; `say` hears how many
    are read. Raises AssemblyError, and infra's Unresolved where a proof would have a hole."""
    stages = [stage for home in assemblies for stage in _stages(home)]
    if len(stages) < 2:
        raise AssemblyError("比べるには、2つ以上の環境が要ります。")
    started = time.perf_counter()
    size = min(CHUNK, -(-len(stages) // workers))
    chunks = [stages[at : at + size] for at in range(0, len(stages), size)]
    parts: list[Part] = []
    if len(chunks) < 2 or len(stages) < CHUNK:
        # Not worth other processes, which take seconds to begin.
        parts += _read(stages)
        say(len(parts))
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for done in pool.map(_read, chunks):
                parts += done
                say(len(parts))
    parts.sort(key=lambda part: part.compared.name)
    names = Counter(part.compared.name for part in parts)
    if twice := [name for name, count in names.items() if count > 1]:
        raise AssemblyError(f"同じ環境が2度あります: {'、'.join(twice)}")
    reading, started = time.perf_counter() - started, time.perf_counter()
    found = crossings_between([part.compared for part in parts])
    return Report(
        parts=tuple(parts),
        crossings=tuple(found),
        reading_seconds=reading,
        comparing_seconds=time.perf_counter() - started,
    )


def _stages(home: Path) -> list[Path]:
    found = sorted(
        Path(entry.path)
        for entry in os.scandir(home)
        if entry.is_dir() and entry.name.startswith("assembly-Soudan-")
    ) if home.is_dir() else []  # fmt: skip
    if not found:
        raise AssemblyError(
            f"{home} に、組み立てた環境がありません。"
            "`make synth` が書く cdk.out などを指定してください。"
        )
    return found


def _read(stages: Sequence[Path]) -> list[Part]:
    return [_part(templates_of_stage(stage)) for stage in stages]


def templates_of_stage(stage: Path) -> TenantTemplates:
    """One tenant's templates from its part of a cloud assembly."""
    artifacts = json.loads((stage / "manifest.json").read_text("utf-8"))["artifacts"]
    stacks = [a for a in artifacts.values() if a["type"] == "aws:cloudformation:stack"]
    # "aws://account/region"
    (place,) = {artifact["environment"] for artifact in stacks}
    account, region = place.removeprefix("aws://").split("/")
    return TenantTemplates(
        name=stage.name.removeprefix("assembly-Soudan-"),
        account=account,
        region=region,
        stacks={
            artifact["properties"]["stackName"]: json.loads(
                (stage / artifact["properties"]["templateFile"]).read_text("utf-8")
            )
            for artifact in stacks
        },
    )


def _part(tenant: TenantTemplates) -> Part:
    resolved = resolve(tenant)
    templates = resolved.templates.values()
    return Part(
        compared=compared(resolved),
        resources=Counter(kind for t in templates for _, kind, _ in resources(t)),
        policies=Counter(kind for t in templates for _, kind, _ in statements(t)),
        open=tuple(open_to_anyone(resolved)),
    )
