"""The CDK app: `cdk synth -c manifests=tenants/a.yaml,tenants/b.yaml` (default: all of tenants/).

Context `assets` names another directory of built functions than `.build`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import aws_cdk as cdk

from infra.assets import BUILD
from infra.faults import MissingAssetError
from infra.manifest import Manifest, ManifestError, load_all
from infra.policy.gates import add_gates
from infra.policy.rules import Expected
from infra.routes import Routes, routes_of_the_api
from infra.stage import TenantStage

ROOT = Path(__file__).resolve().parents[1]

# Feature flags stand here and not in cdk.json, which only the CDK's command line reads: tests, the
# plan and the fleet's synthesis must give the same templates.
CONTEXT = {
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/core:validateAgainstDefaultRules": True,
}


def new_app(outdir: Path | None = None, *, builtin_validation: bool = True) -> cdk.App:
    """An empty app; `outdir` defaults to where the CDK's command line wants the templates.

    `builtin_validation`: the CDK's own check of every template, which dominates synthesis.
    """
    return cdk.App(
        context=CONTEXT,
        outdir=None if outdir is None else str(outdir),
        builtin_cloud_formation_validation=builtin_validation,
    )


def add_tenants(
    app: cdk.App, *, manifests: Iterable[Manifest], routes: Routes, build: Path = BUILD
) -> list[TenantStage]:
    """One stage per manifest, in the order given, with the gates that every synthesis passes."""
    stages = [
        TenantStage(app, manifest=manifest, routes=routes, build=build) for manifest in manifests
    ]
    add_gates(
        app,
        {
            stack.template_file: Expected(tags=stage.manifest.tags, region=stage.manifest.region)
            for stage in stages
            for stack in stage.stacks
        },
    )
    return stages


def _manifest_paths(app: cdk.App) -> list[Path]:
    named: str | None = app.node.try_get_context("manifests")
    if named:
        return [Path(name) for name in named.split(",")]
    return sorted((ROOT / "tenants").glob("*.yaml"))


def main() -> None:
    app = new_app()
    try:
        add_tenants(
            app,
            manifests=load_all(_manifest_paths(app)),
            routes=routes_of_the_api(),
            build=Path(app.node.try_get_context("assets") or BUILD),
        )
    except (ManifestError, MissingAssetError) as error:
        sys.exit(str(error))
    app.synth()


if __name__ == "__main__":
    main()
