"""A restore in the local cloud, by the commands: a drill, and one for use while work goes on.

The emulator copies a table as it is when it is asked; what is written afterwards is what a
restoration to that moment loses.
"""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.live import find
from ops.local.cloud import LocalCloud
from ops.tenants.life import drill
from ops.tenants.life.cli import place_of, world_of
from ops.tenants.life.engine import run
from tests.running import HOME, MANIFESTS, PORT, RunningTenant, _seeded, body, intake
from tests.system.test_files import sent
from tests.system.test_move import VENDOR, soudan
from tests.unit.made_files import png

CODE = "122190"


@pytest.fixture(scope="module", autouse=True)
def cloud(tenant: RunningTenant) -> Iterator[LocalCloud]:
    """The commands find the tests' own cloud."""
    with pytest.MonkeyPatch.context() as patch:
        cloud = LocalCloud(home=HOME, port=PORT)
        for module in ("ops.live", "ops.vendors.place", "ops.tenants.life.cli"):
            patch.setattr(f"{module}.the_cloud", lambda: cloud)
        patch.setattr("ops.tenants.life.cli.EVIDENCE", HOME / "evidence")
        yield cloud


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory, cloud: LocalCloud) -> Path:
    file = tmp_path_factory.mktemp("vendors") / "soudan-demo.yaml"
    file.write_text(VENDOR.format(name="soudan-demo", account="122041000001"), "utf-8")
    soudan("vendor", "deploy", file, "--json")
    return file


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory, vendor: Path) -> Path:
    """A tenant of its own: after this its tables are others."""
    file = tmp_path_factory.mktemp("tenants") / f"{CODE}-demo.yaml"
    text = MANIFESTS["funabashi"].read_text("utf-8").replace('"122041"', f'"{CODE}"')
    file.write_text(text.replace("船橋市", "市原市"), "utf-8")
    made = soudan(
        "tenant", "deploy", file, "--vendor-file", vendor, "--ordered-by", "試験", "--json"
    )
    assert made["state"] == "active"
    return file


@pytest.fixture(scope="module")
def town(manifest: Path, cloud: LocalCloud) -> RunningTenant:
    return _seeded(cloud, manifest)


def add(town: RunningTenant, case: str, form: str, data: dict[str, Any]) -> None:
    answer = town.client("kanri1").request(
        "POST",
        f"cases/{case}/records",
        json={"form": form, "formVersion": "1.0.0", "data": data},
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status_code == 201, answer.text


def new_case(town: RunningTenant, name: str) -> str:
    made = town.client("kanri1").create_case(body(intake(name)), str(uuid.uuid4()))
    return str(made.json()["caseId"])


def test_a_drill_is_made_while_staff_work_and_leaves_nothing(
    town: RunningTenant, manifest: Path, vendor: Path
) -> None:
    case = new_case(town, "訓練 前")
    assert sent(town.client("kanri1"), case, png(2, 2), "写真.png").status_code == 201
    words = ("--vendor-file", vendor, "--ordered-by", "試験", "--json")
    last = soudan("drill", "restore", manifest, *words)
    assert last["files"] == {"checked": 1, "putBack": 0, "missing": 0, "firstMissing": []}
    assert last["rtoSeconds"] > 0 and last["rpoSeconds"] is None
    # What the emulator does not do is said.
    assert last["toAMoment"] is False
    listed = soudan("drill", "list", manifest, "--vendor-file", vendor, "--json")
    assert [d["event"] for d in listed["drills"]] == ["begun", "finished"]
    assert "今の写し" in soudan("drill", "list", manifest, "--vendor-file", vendor)
    tables = town.live.client("dynamodb").list_tables()["TableNames"]
    assert sorted(t for t in tables if CODE in t) == [
        f"soudan-{CODE}-local-audit", f"soudan-{CODE}-local-records",
    ]  # fmt: skip
    assert town.client("kanri1").request("GET", f"cases/{case}").status_code == 200
    assert soudan("tenant", "verify", manifest, "--json")["faults"] == []


def test_a_tenant_goes_over_to_restored_tables_and_nothing_ended_comes_back(
    town: RunningTenant, manifest: Path, vendor: Path, cloud: LocalCloud
) -> None:
    case = new_case(town, "復元 前")
    officer = town.client("tantou1")
    assert officer.request("GET", f"cases/{case}").status_code == 200
    staff_id = officer.request("GET", "me").json()["staffId"]
    later: list[str] = []

    def work_on(step: str) -> None:
        if step != "begin:done":
            return
        later.append(new_case(town, "復元 後"))
        conflict = {"staffId": staff_id, "declaredBy": "manager", "date": "2026-12-01"}
        add(town, case, "conflict-of-interest", conflict)

    registry = place_of(town.live.manifest, vendor).registry()
    asked = {"to": None, "for_use": True, "pause": 1}
    world = world_of(manifest, town.live.manifest, registry, "試験", asked)
    # Writing is stopped before the copy; here it must go on, so that something is lost.
    stopping = drill.DRILL.steps[1]
    going_on = replace(stopping, act=lambda *_: {})
    steps = tuple(going_on if s is stopping else s for s in drill.DRILL.steps)
    entry = run(replace(drill.DRILL, steps=steps), replace(world, after_step=work_on))
    last = entry.facts["lastDrill"]
    assert (last["generation"], last["replayed"]["lost_folders"]) == (1, 1)
    assert last["replayed"]["other_ends"] == 1
    assert officer.request("GET", f"cases/{case}").status_code == 404

    text = manifest.read_text("utf-8")
    manifest.write_text(f"{text}restored:\n  generation: 1\n", "utf-8")
    words = ("--vendor-file", vendor, "--ordered-by", "試験", "--json")
    assert soudan("tenant", "upgrade", manifest, *words)["state"] == "active"
    assert soudan("tenant", "verify", manifest, "--json")["faults"] == []
    moved = find(manifest, cloud)
    assert moved.outputs["RecordsTable"] == f"soudan-{CODE}-local-records-r1"
    answer = soudan("audit", "verify", "--tenant", manifest, "--json")
    assert answer["problems"] == []

    # Everybody signs in anew.
    town._clients.clear()
    manager, officer = town.client("kanri1"), town.client("tantou1")
    assert manager.request("GET", f"cases/{case}").status_code == 200
    assert officer.request("GET", f"cases/{case}").status_code == 404
    assert manager.request("GET", f"cases/{later[0]}").status_code == 404
    trail = manager.request("GET", f"cases/{case}/audit").json()["items"]
    assert "restore-records" in [e["action"] for e in trail]
    assert new_case(town, "復元 続き")
    # The tables before stay, protected, for a person to decide on.
    old = moved.client("dynamodb").describe_table(TableName=f"soudan-{CODE}-local-records")
    assert old["Table"]["DeletionProtectionEnabled"] is True
    # And another drill goes on from here.
    assert soudan("drill", "restore", manifest, *words)["replayed"]["writes"] == 0
