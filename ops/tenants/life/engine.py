"""Steps of a command, each done once and noted: who runs the command again goes on where it
stopped, whatever stopped it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.live import LiveTenant
from ops.tenants.life.registry import Entry, Registry, RegistryError

Notes = Mapping[str, Any]


class LifeError(Exception):
    """A step that cannot be done now; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `act` may be done twice with the same outcome; it gives notes for later steps.

    `stale` says of a step that was done that it must be done again: what it was done with has been
    repaired since.
    """

    name: str
    title: str
    act: Callable[["World", Notes], Notes]
    stale: Callable[["World", Notes], bool] = lambda _, __: False


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command of the life cycle: from which states it may be begun, and where it leads. `facts`
    picks what the registry keeps of the notes; None takes a fact away."""

    name: str
    title: str
    begins: frozenset[str]
    ends: str
    steps: Sequence[Step]
    facts: Callable[[Notes], Mapping[str, Any]] = lambda _: {}


@dataclass(frozen=True, kw_only=True)
class World:
    """What steps work on. `asked` holds the options of the command line; `live` finds the tenant
    anew, since a step may just have deployed it."""

    tenant: str
    registry: Registry
    live: Callable[[], LiveTenant]
    deploy: Callable[[], None]
    say: Callable[[str], None]
    evidence: Path
    ordered_by: str
    asked: Mapping[str, Any]
    # Which source is deployed: a digest of all that goes into every tenant.
    release: str
    # Of this tenant's own: a digest of its manifest and layouts.
    settings: str = ""
    # For tests: called after each step, and may raise as a crash would.
    after_step: Callable[[str], None] = lambda _: None

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)


def run(command: Command, world: World) -> Entry:
    """Begins the command or goes on with it. Raises LifeError, RegistryError, and what steps raise
    when AWS does."""
    entry = world.registry.entry(world.tenant)
    if entry.operation is None and entry.state not in command.begins:
        if entry.state == command.ends:
            world.say(f"{world.tenant} はすでに {STATES[entry.state]} です。")
            return entry
        allowed = "、".join(STATES[s] for s in sorted(command.begins))
        raise RegistryError(
            f"{world.tenant} は {STATES[entry.state]} です。{command.title}ができるのは "
            f"{allowed} のときだけです。"
        )
    entry = world.registry.begin(entry, command.name, world.ordered_by)
    for step in command.steps:
        operation = entry.operation
        assert operation is not None
        if step.name in operation.done and not step.stale(world, operation.notes):
            continue
        world.say(step.title)
        note = step.act(world, {**entry.facts, **operation.notes})
        world.after_step(f"{step.name}:done")
        entry = world.registry.step_done(entry, step.name, note)
        world.after_step(f"{step.name}:noted")
    operation = entry.operation
    assert operation is not None
    facts = command.facts(operation.notes)
    _write_evidence(world, entry, command)
    world.after_step("evidence")
    return world.registry.finish(entry, command.ends, facts)


def _write_evidence(world: World, entry: Entry, command: Command) -> None:
    """What was done, for the file of the municipality: written from the registry's notes, so that
    writing it again gives the same."""
    operation = entry.operation
    assert operation is not None
    content = {
        "tenant": entry.tenant,
        "command": operation.command,
        "title": command.title,
        "operation": operation.id,
        "orderedBy": operation.ordered_by,
        "begunAt": operation.begun_at,
        "from": entry.state,
        "to": command.ends,
        "steps": [
            {"step": step.name, "title": step.title}
            for step in command.steps
            if step.name in operation.done
        ],
        "notes": dict(operation.notes),
    }
    world.evidence.mkdir(parents=True, exist_ok=True)
    file = world.evidence / f"{operation.begun_at[:10]}-{operation.command}-{operation.id}.json"
    file.write_text(
        json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


STATES: Mapping[str, str] = {
    "new": "未配備",
    "active": "稼働中",
    "suspended": "停止中",
    "exported": "データ引渡し済み(確認待ち)",
    "held": "終了待ち(保管期間中)",
    "closed": "鍵停止",
    "erasing": "消去の予定日待ち",
    "erased": "消去済み",
}
