"""Tenants' templates without a build: placeholders stand where the functions' code goes.

Prices, policies and gates do not depend on the code, so a plan needs no `make assets`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.app import add_tenants, new_app
from infra.manifest import Manifest
from infra.names import FUNCTIONS
from infra.policy.template import Template
from infra.routes import routes_of_the_api


@dataclass(frozen=True, kw_only=True)
class Synthesised:
    """One tenant's templates by stack name ("Soudan-122041-local-Data", "…-App")."""

    manifest: Manifest
    stacks: Mapping[str, Template]


def synthesise(
    manifests: Sequence[Manifest], directory: Path, *, builtin_validation: bool = True
) -> list[Synthesised]:
    """Writes the cloud assembly to `directory/cdk.out`; raises RuntimeError when a gate fails.

    `builtin_validation`: the CDK's own check of template shapes, which costs as much as all the
    rest; a fleet needs it once per shape only.
    """
    app = new_app(directory / "cdk.out", builtin_validation=builtin_validation)
    stages = add_tenants(
        app,
        manifests=manifests,
        routes=routes_of_the_api(),
        build=_placeholders(directory / "placeholders"),
    )
    app.synth()
    return [
        Synthesised(
            manifest=stage.manifest,
            stacks={
                stack.stack_name: _read(Path(stage.synth().directory) / stack.template_file)
                for stack in stage.stacks
            },
        )
        for stage in stages
    ]


def _read(path: Path) -> dict[str, Any]:
    template: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return template


def _placeholders(build: Path) -> Path:
    for platform in ("lambda-host", "lambda-aarch64"):
        for function in FUNCTIONS:
            target = build / platform / function
            target.mkdir(parents=True, exist_ok=True)
            (target / "placeholder").touch()
    return build
