"""One synthesis for all tests of the infrastructure: samples and variants, with dummy functions."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.app import add_tenants, new_app
from infra.manifest import Manifest, load_all, parse
from infra.names import FUNCTIONS
from infra.policy.isolation import TenantTemplates
from infra.routes import Route
from infra.stage import TenantStage

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / "tenants" / "232386-sample.yaml").read_text("utf-8")

SCANNER = "arn:aws:lambda:ap-northeast-3:999999999999:function:vendor-scanner"
SENDER = "no-reply@example.jp"

ROUTES = tuple(
    sorted(
        Route(
            path=path,
            method=method,
            public=public,
            function="papers" if path.startswith("/prints") else "api",
        )
        for path, method, public in (
            ("/", "GET", True),
            ("/assets/{name}", "GET", True),
            ("/auth/sign-in", "POST", True),
            ("/auth/totp", "POST", True),
            ("/me", "GET", False),
            ("/cases", "GET", False),
            ("/cases", "POST", False),
            ("/cases/{caseId}", "GET", False),
            ("/cases/{caseId}/records/intake", "PUT", False),
            ("/prints/{paper}", "GET", False),
        )
    )
)


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A synthesised tenant, with its templates and where those of every tenant lie. `doors` are the
    stacks of a second door."""

    manifest: Manifest
    data: dict[str, Any]
    app: dict[str, Any]
    doors: tuple[dict[str, Any], ...]
    data_file: Path
    app_file: Path

    @property
    def behind_doors(self) -> tuple[dict[str, Any], ...]:
        """The templates that hold an API."""
        return (self.app, *self.doors)

    @property
    def templates(self) -> TenantTemplates:
        return TenantTemplates(
            name=f"{self.manifest.lg_code}-{self.manifest.environment}",
            account=self.manifest.account,
            region=self.manifest.region,
            stacks={
                "Data": self.data,
                "App": self.app,
                **{f"Door{number}": door for number, door in enumerate(self.doors)},
            },
        )


def variant(*changes: tuple[str, str]) -> Manifest:
    """The production sample with texts replaced."""
    text = SAMPLE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return parse(text.encode(), file="variant.yaml")


VARIANTS = {
    "waf": variant(
        ('"232386"', '"282014"'),
        ("長久手市", "姫路市"),
        ("waf: none", "waf: own"),
        ("ap-northeast-1", "ap-northeast-3"),
        (
            "alarms:\n",
            f"scanner:\n  functionArn: {SCANNER}\ndigest:\n  sender: {SENDER}\nalarms:\n",
        ),
    ),
    "closed": variant(
        ('"232386"', '"312029"'),
        ("長久手市", "米子市"),
        (
            '  internet:\n    allowedCidrs: ["203.0.113.0/24", "198.51.100.32/28"]\n'
            "    waf: none\n",
            "",
        ),
        ("production", "verification"),
    ),
}


# A neighbour in one account of the local samples, whose municipality has approved the role.
VARIANTS["emergency"] = parse(
    (
        (ROOT / "tenants" / "122360-demo.yaml")
        .read_text("utf-8")
        .replace('"122360"', '"122076"')
        .replace("香取市", "松戸市")
        + """
emergencyAccess:
  approvedBy: 福祉部長(福総第123号)
  approvedOn: "2026-12-01"
  until: "2026-12-07"
  reason: 画面が動かない間の記録の確認
  principals: ["arn:aws:iam::122041000001:user/unyou-1"]
  notify: fukushi@example.jp
restored:
  generation: 2
"""
    ).encode(),
    file="emergency.yaml",
)


def fake_build(directory: Path) -> Path:
    """Functions of one line each, laid out as the real build does."""
    for platform in ("lambda-host", "lambda-aarch64"):
        for concern in FUNCTIONS:
            target = directory / platform / concern
            target.mkdir(parents=True)
            (target / "handler.py").write_text("def handle(event, context): ...\n")
    return directory


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_build(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def add(build: Path) -> Callable[[cdk.App, list[Manifest]], list[TenantStage]]:
    return lambda app, manifests: add_tenants(app, manifests=manifests, routes=ROUTES, build=build)


@pytest.fixture(scope="session")
def tenants(
    tmp_path_factory: pytest.TempPathFactory,
    add: Callable[[cdk.App, list[Manifest]], list[TenantStage]],
) -> dict[str, Tenant]:
    """By sample file name, and by the names of VARIANTS. The gates have passed all of them."""
    paths = sorted((ROOT / "tenants").glob("*.yaml"))
    manifests = dict(zip([path.stem for path in paths], load_all(paths), strict=True)) | VARIANTS
    app = new_app(tmp_path_factory.mktemp("cdk.out"))
    stages = add(app, list(manifests.values()))
    app.synth()
    return {
        name: _tenant(manifest, stage)
        for (name, manifest), stage in zip(manifests.items(), stages, strict=True)
    }


def _tenant(manifest: Manifest, stage: TenantStage) -> Tenant:
    directory = Path(stage.synth().directory)
    data, app, *doors = (directory / stack.template_file for stack in stage.stacks)
    return Tenant(
        manifest=manifest,
        data=json.loads(data.read_text("utf-8")),
        app=json.loads(app.read_text("utf-8")),
        doors=tuple(json.loads(door.read_text("utf-8")) for door in doors),
        data_file=data,
        app_file=app,
    )


@pytest.fixture(scope="session")
def production(tenants: dict[str, Tenant]) -> Tenant:
    return tenants["232386-sample"]
