"""The operations guides, walked: every command in them is run as it is written, from the first line
to the last, in a cloud of its own. What waits for people or days, another test runs (ELSEWHERE).
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from ops.local import assets
from ops.local.cloud import LocalCloud
from ops.paths import LOCAL, ROOT
from tests.running import PORT
from tests.unit.test_operations_docs import ELSEWHERE, commands, path_of

# A tenant is deployed by the guide of its life, and needed by the others.
FIRST = "tenant-life.md"
OSV = {
    "id": "MADE-UP-1",
    "modified": "2026-11-01T00:00:00Z",
    "affected": [
        {"package": {"ecosystem": ecosystem, "name": "made-up"}, "versions": ["1.0.0"]}
        for ecosystem in ("PyPI", "npm")
    ],
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """An operator's desk: a directory in which the guides' relative places are what they say."""
    home = tmp_path_factory.mktemp("desk")
    cloud = LocalCloud(home=LOCAL / "test" / f"{PORT}-guides", port=PORT + 3)
    cloud.stop()
    shutil.rmtree(cloud.home, ignore_errors=True)
    assets.build("host")
    cloud.start()
    # Not links: some commands write there.
    shutil.copytree(ROOT / "tenants", home / "tenants")
    shutil.copytree(ROOT / "vendors", home / "vendors")
    (home / ".venv").symlink_to(ROOT / ".venv")
    (home / "osv").mkdir()
    (home / "osv" / "made-up.json").write_text(json.dumps(OSV), "utf-8")
    environment = {
        **os.environ,
        "SOUDAN_CLOUD_PORT": str(cloud.port),
        "SOUDAN_EVIDENCE": str(home / "evidence"),
    }
    try:
        yield {"cwd": home, "env": environment}
    finally:
        cloud.stop()
        shutil.rmtree(cloud.home, ignore_errors=True)


def walked() -> list[tuple[str, str]]:
    found = sorted(commands(), key=lambda one: one[0] != FIRST)
    return [(guide, line) for guide, line in found if path_of(line) not in ELSEWHERE]


def test_every_command_of_the_guides_in_their_order(desk: dict[str, Any]) -> None:
    """One test: each command builds on those before it."""
    done: list[str] = []
    suspended = False
    for guide, line in walked():
        words = line.replace("FILE", "tenants/122041-demo.yaml")
        if path_of(line) == "tenant new":
            # Beside the desk's other manifests, not in the checkout.
            words += " --out tenants/122041-production.yaml"
        if "--all-japan" in line:
            # All of it is a matter of minutes: bench/synth.py.
            words += " --limit 3"
        if path_of(line) == "tenant resume":
            suspended = False
        elif suspended and not line.startswith(("tenant history", "tenant list")):
            # A runbook names what to do in different troubles: between them the tenant goes on.
            run("tenant resume tenants/122041-demo.yaml --ordered-by 依頼者", desk)
            suspended = False
        if path_of(line) == "tenant suspend":
            suspended = True
        run(words, desk, said=f"{guide}: {line}")
        done.append(path_of(line))
    assert len(done) > 30
    home = desk["cwd"]
    assert "使えます" in (home / "status.html").read_text("utf-8")
    assert json.loads((home / "sbom.json").read_text("utf-8"))["bomFormat"] == "CycloneDX"
    found = json.loads((home / "vulnerabilities.json").read_text("utf-8"))
    assert found["verdict"] == "nothing-found"
    assert json.loads((home / "isolation.json").read_text("utf-8"))["findings"] == []


def run(words: str, desk: dict[str, Any], said: str = "") -> None:
    command = f".venv/bin/soudan {words}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, **desk)
    assert done.returncode == 0, f"{said or words}\n{done.stdout}\n{done.stderr}"
