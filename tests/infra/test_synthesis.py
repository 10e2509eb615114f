"""Synthesis looks nothing up, comes out the same each time, and passes cfn-lint."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT, Tenant

# Looks at no clock, no environment, no network, no account.
FORBIDDEN_MODULES = {"boto3", "botocore", "datetime", "httpx", "random", "secrets", "socket"} | {
    "time",
    "urllib",
    "uuid",
}
FORBIDDEN_NAMES = {"environ", "from_lookup", "getenv", "value_from_lookup"}

NO_NETWORK = """
import socket, sys
def refused(*args, **kwargs):
    raise OSError("network at synthesis")
socket.socket.connect = socket.getaddrinfo = refused
from infra.app import main
main()
"""
# The CDK itself runs in Node: close that way out too.
NO_NETWORK_IN_NODE = """
require("net").Socket.prototype.connect = () => { throw new Error("network at synthesis") }
require("dns").lookup = () => { throw new Error("network at synthesis") }
"""


@pytest.fixture(scope="module")
def two_outputs(tmp_path_factory: pytest.TempPathFactory, build: Path) -> list[Path]:
    """The real app with its real routes, in two processes, without credentials or network."""
    directory = tmp_path_factory.mktemp("twice")
    blocker = directory / "no-network.cjs"
    blocker.write_text(NO_NETWORK_IN_NODE)
    outputs = [directory / "one", directory / "two"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", NO_NETWORK],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(directory),
                "PYTHONHASHSEED": seed,
                "NODE_OPTIONS": f"--require={blocker}",
                # The CDK's own check takes half the time and judges the fixture `tenants` already.
                "CDK_VALIDATION": "false",
                "CDK_OUTDIR": str(output),
                "CDK_CONTEXT_JSON": json.dumps(
                    {"assets": str(build), "manifests": "tenants/232386-sample.yaml"}
                ),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for seed, output in zip(("1", "2"), outputs, strict=True)
    ]
    for process in processes:
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    return outputs


def test_two_syntheses_are_equal_byte_for_byte(two_outputs: list[Path]) -> None:
    first, second = (
        {
            path.relative_to(output): path.read_bytes()
            for path in sorted(output.rglob("*"))
            if path.is_file()
        }
        for output in two_outputs
    )
    assert first.keys() == second.keys()
    assert [str(path) for path in first if first[path] != second[path]] == []
    assert sum(path.name.endswith(".template.json") for path in first) == 3


def test_the_code_asset_is_named_by_its_content(
    two_outputs: list[Path], build: Path, tmp_path: Path
) -> None:
    """Else every build would upload and deploy what has not changed."""
    import aws_cdk as cdk

    from infra.assets import function_code
    from tests.infra.conftest import fake_build

    hashes = []
    for number, directory in enumerate((build, fake_build(tmp_path / "again"))):
        for path in directory.rglob("*.py"):
            os.utime(path, (number * 1000, number * 1000))
        stack = cdk.Stack(cdk.App(), "S")
        code = function_code(concern="api", environment="local", build=directory)
        hashes.append(code.bind(stack).s3_location.object_key)
    assert hashes[0] == hashes[1]


def test_own_layouts_are_packed_with_the_function_that_prints(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aws_cdk as cdk

    from infra import assets

    layouts = tmp_path / "town" / "layouts"
    layouts.mkdir(parents=True)
    (layouts / "plan.typ").write_text("own")
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    out = tmp_path / "cdk.out"
    stack = cdk.Stack(cdk.App(outdir=str(out)), "S")
    assets.papers_code("town/layouts", "production", build).bind(stack)
    packed = list(out.rglob("own/plan.typ"))
    assert [path.read_text() for path in packed] == ["own"]
    assert (packed[0].parents[4] / "handler.py").is_file()
    with pytest.raises(assets.MissingAssetError, match="town/none"):
        assets.papers_code("town/none", "production", build)


def test_no_source_looks_anything_up() -> None:
    for path in sorted((ROOT / "infra").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = {
                ast.Import: lambda n: {alias.name.split(".")[0] for alias in n.names},
                ast.ImportFrom: lambda n: {(n.module or "").split(".")[0]},
            }.get(type(node), lambda n: set())(node)
            assert not named & FORBIDDEN_MODULES, path
            assert getattr(node, "attr", None) not in FORBIDDEN_NAMES, path
            assert getattr(node, "id", None) not in FORBIDDEN_NAMES, path


def test_cfn_lint_finds_no_error(tenants: dict[str, Tenant]) -> None:
    """On the tenant that has everything; others differ in names, or lack a part."""
    files = [
        file
        for name in ("waf", "emergency")
        for file in (tenants[name].data_file, tenants[name].app_file)
    ]
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--format", "json", "--", *files],
        capture_output=True,
        check=False,
    )
    found = json.loads(done.stdout or "[]")
    errors = [
        f"{f['Filename']}: {f['Rule']['Id']} {f['Location']['Path']} {f['Message']}"
        for f in found
        if f["Level"] == "Error"
    ]
    assert errors == []
