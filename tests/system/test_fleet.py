"""A fleet in the local cloud, by the commands an operator types: waves, one tenant broken on
purpose, a crash in the middle, what is told of all. Twenty tenants: bench/fleet.py."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.manifest import municipalities
from ops.live import find
from ops.local import assets
from ops.local.cloud import ACCOUNT, LocalCloud
from ops.paths import BIN, LOCAL, ROOT
from ops.tenants.template import manifest_text
from tests.running import PORT

OTHER_ACCOUNT = "999999000001"
# Below what git leaves alone; a manifest's path may hold no dot.
LAYOUTS = ROOT / "evidence" / f"test-layouts-{PORT}"
CODES = list(municipalities())[:4]


def manifest(home: Path, code: str, *, account: str = ACCOUNT, more: str = "") -> Path:
    text = manifest_text(
        code=code, vendor="soudan-demo", offer="reference", environment="local", account=account,
        region="ap-northeast-1", isolation="stack", cidrs=["127.0.0.0/8"], endpoints=[],
        email="operation@example.jp",
    )  # fmt: skip
    file = home / f"{code}-{account}.yaml"
    file.write_text(text + more, "utf-8")
    return file


class Fleet:
    """Four tenants of one vendor in a cloud of their own."""

    def __init__(self, cloud: LocalCloud, home: Path) -> None:
        self.cloud = cloud
        self.evidence = home / "evidence"
        self.vendor = ROOT / "vendors" / "soudan-demo.yaml"
        layouts = f"papers:\n  layouts: {LAYOUTS.relative_to(ROOT)}\n"
        self.files = [
            manifest(home, code, more=layouts if code == CODES[-1] else "") for code in CODES
        ]

    def begin(self, *words: str | Path, **more: Any) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "SOUDAN_CLOUD_PORT": str(self.cloud.port),
            "SOUDAN_EVIDENCE": str(self.evidence),
        }
        return subprocess.Popen(
            [str(BIN / "soudan"), *map(str, words)], env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
        )  # fmt: skip

    def soudan(self, *words: str | Path, code: int = 0) -> Any:
        process = self.begin(*words)
        out, err = process.communicate()
        assert process.returncode == code, out + err
        return json.loads(out) if "--json" in words else out

    def deploy(self, *files: Path, code: int = 0, size: int = 10) -> Any:
        return self.soudan(*self.words(*files, size=size), code=code)

    def words(self, *files: Path, size: int = 10) -> list[str | Path]:
        words: list[str | Path] = ["fleet", "deploy", *files, "--ordered-by", "試験"]
        return [*words, "--size", str(size), "--json"]

    def log(self, at: int) -> str:
        return (self.evidence / f"{CODES[at]}-local" / "cdk.log").read_text("utf-8")

    def states(self) -> dict[str, tuple[str, str | None]]:
        found = self.soudan("tenant", "list", "--vendor-file", self.vendor, "--json")
        return {one["tenant"]: (one["state"], one["underWay"]) for one in found}


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def names(*at: int) -> list[str]:
    return [f"{CODES[one]}-local" for one in at]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    cloud = LocalCloud(home=LOCAL / "test" / f"{PORT}-fleet", port=PORT + 2)
    cloud.stop()
    shutil.rmtree(cloud.home, ignore_errors=True)
    shutil.rmtree(LAYOUTS, ignore_errors=True)
    assets.build("host")
    cloud.start()
    try:
        made = Fleet(cloud, tmp_path_factory.mktemp("fleet"))
        made.soudan("vendor", "deploy", made.vendor)
        yield made
    finally:
        cloud.stop()
        shutil.rmtree(cloud.home, ignore_errors=True)
        shutil.rmtree(LAYOUTS, ignore_errors=True)


@pytest.fixture(scope="module")
def broken(fleet: Fleet) -> Any:
    """What the first run comes to: the last tenant's manifest names a folder that is not there."""
    process = fleet.begin("fleet", "plan", *fleet.files, "--json")
    out, err = process.communicate()
    assert process.returncode == 1, out + err
    planned = json.loads(out)
    assert [one["wave"] for one in planned] == [1, 2, 2, 2]
    assert all(one["add"] > 30 and not one["lost"] for one in planned[:3]), planned
    assert "帳票の体裁のフォルダー" in planned[3]["error"]
    return fleet.deploy(*fleet.files, code=1)


@pytest.fixture(scope="module")
def whole(fleet: Fleet, broken: Any) -> Fleet:
    """All four, after the repair, by the same command."""
    LAYOUTS.mkdir(parents=True)
    answer = fleet.deploy(*fleet.files)
    assert sorted(answer["verified"]) == names(0, 1, 2, 3) and answer["failed"] == []
    return fleet


def test_a_broken_tenant_is_reported_and_the_others_are_verified(broken: Any, fleet: Fleet) -> None:
    assert broken["verified"] == names(0, 1, 2) and broken["waiting"] == []
    (failed,) = broken["failed"]
    assert failed["tenant"] == names(3)[0]
    # The reason in words, and where its own log is.
    assert "帳票の体裁のフォルダー" in failed["error"]
    assert str(fleet.evidence / failed["tenant"] / "cdk.log") in failed["error"]
    assert "帳票の体裁のフォルダー" in fleet.log(3)
    assert all("確認済み" in fleet.log(at) for at in (0, 1, 2))
    assert fleet.states()[names(3)[0]] == ("new", "deploy")


def test_the_same_command_goes_on_after_the_repair_and_then_has_nothing_to_do(
    whole: Fleet,
) -> None:
    assert set(whole.states().values()) == {("active", None)}
    found = whole.soudan("fleet", "verify", *whole.files, "--json")
    assert found == {name: [] for name in names(0, 1, 2, 3)}
    before = [whole.log(at) for at in range(4)]
    assert whole.deploy(*whole.files)["verified"] == names(0, 1, 2, 3)
    assert [whole.log(at) for at in range(4)] == before
    for name in names(0, 1, 2, 3):
        (evidence,) = (whole.evidence / name).glob("*-deploy-*.json")
        assert json.loads(evidence.read_text("utf-8"))["to"] == "active"


def test_a_run_that_is_killed_is_taken_up_where_it_was(whole: Fleet) -> None:
    for file in whole.files[:2]:
        change(file, "logDays: 365", "logDays: 731")
    told = whole.log(0).count("cdk deploy")
    process = whole.begin(*whole.words(*whole.files), start_new_session=True)
    while whole.log(0).count("== ") and whole.log(0).count("cdk deploy") == told:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    # As when the machine goes away: with everything that the command has started.
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert whole.states()[names(0)[0]] == ("active", "upgrade")
    report = whole.soudan("fleet", "report", *whole.files, "--json")
    assert report["tenants"][0]["underWay"] == "upgrade"
    answer = whole.deploy(*whole.files)
    assert sorted(answer["verified"]) == names(0, 1, 2, 3)
    assert set(whole.states().values()) == {("active", None)}
    logs = whole.cloud.client("logs")
    for code in CODES[:2]:
        group = f"/aws/lambda/soudan-{code}-local-api"
        (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        assert found["retentionInDays"] == 731


def test_what_does_not_stand_the_probes_stops_the_waves_after_it(whole: Fleet) -> None:
    events = whole.cloud.client("events")
    for file in whole.files[1:3]:
        change(file, "rate: 20", "rate: 30")
    events.disable_rule(Name=f"soudan-{CODES[1]}-local-key-state")
    answer = whole.deploy(*whole.files[1:3], code=1, size=1)
    (failed,) = answer["failed"]
    assert failed["tenant"] == names(1)[0] and answer["waiting"] == names(2)
    assert "鍵が止められたときの知らせが止まっています" in whole.log(1)
    events.enable_rule(Name=f"soudan-{CODES[1]}-local-key-state")
    assert sorted(whole.deploy(*whole.files[1:3], size=1)["verified"]) == names(1, 2)


def test_a_suspended_tenant_is_left_out_and_shown(whole: Fleet) -> None:
    file = whole.files[2]
    whole.soudan("tenant", "suspend", file, "--ordered-by", "試験")
    change(file, "rate: 30", "rate: 40")
    assert whole.deploy(*whole.files)["leftOut"] == [{"tenant": names(2)[0], "state": "suspended"}]
    report = whole.soudan("fleet", "report", *whole.files, "--json", code=1)
    assert report["tenants"][2]["key"] == ["鍵が使えません(状態 Disabled)"]
    assert not report["healthy"]
    page = whole.evidence / "status.html"
    told = whole.soudan("tenant", "status", file, "--html", page)
    assert "止めてあります(停止中)" in told and "停止中" in page.read_text("utf-8")
    whole.soudan("tenant", "resume", file, "--ordered-by", "試験")
    assert whole.deploy(*whole.files)["leftOut"] == []


def test_the_report_shows_one_release_and_finds_another_code(whole: Fleet) -> None:
    report = whole.soudan("fleet", "report", *whole.files, "--json")
    assert report["sameRelease"] and report["healthy"]
    rows = report["tenants"]
    assert {(row["version"], row["release"]) for row in rows} == {("0.1.0", assets.release())}
    assert len({row["code"] for row in rows}) == 1
    # The emulator's CloudFormation turns no recovery on: nobody is to read that it is.
    assert report["recoveryNotAsked"] == names(0, 1, 2, 3)
    assert "時点復元を確かめていません" in whole.soudan("fleet", "report", *whole.files)

    client, function = whole.cloud.client("lambda"), f"soudan-{CODES[2]}-local-jobs"
    other = client.get_function_configuration(FunctionName=f"soudan-{CODES[2]}-local-api")
    changed = client.update_function_code(FunctionName=function, ZipFile=_zip())
    assert changed["CodeSha256"] != other["CodeSha256"]
    report = whole.soudan("fleet", "report", *whole.files, "--json", code=1)
    assert not report["sameRelease"]
    assert len({row["code"] for row in report["tenants"]}) == 2


def _zip() -> bytes:
    import io
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("x.py", "")
    return made.getvalue()


def test_the_municipality_sees_its_state(whole: Fleet) -> None:
    file, page = whole.files[0], whole.evidence / "status.html"
    whole.soudan(
        "tenant", "announce", file, "--begins", "2099-12-10T22:00", "--ends", "2099-12-10T23:30",
        "--text", "更新のため止まります。", "--ordered-by", "試験",
    )  # fmt: skip
    found = whole.soudan("tenant", "status", file, "--html", page, "--json")
    assert found["summary"] == "works" and found["version"] == "0.1.0"
    # Recovery to a time is not asked for in the local cloud, and is not told to be on.
    assert {line["title"] for line in found["lines"] if line["well"] is None} == {"控え"}
    html = page.read_text("utf-8")
    assert "使えます。異常はありません。" in html
    assert "2099年12月10日 22時00分 から 2099年12月10日 23時30分 まで" in html
    assert "soudan-0" not in html and ACCOUNT not in html
    cleared = whole.soudan(
        "tenant", "announce", file, "--withdraw", "--ordered-by", "試験", "--json"
    )
    assert cleared["maintenance"] == []


def test_a_tenant_of_another_account_is_deployed_there(whole: Fleet, tmp_path: Path) -> None:
    """One registry, several accounts. Its door answers 404 here: the emulator serves the APIs of
    one account. So the probes say so, and the rest of them pass."""
    file = manifest(tmp_path, "122360", account=OTHER_ACCOUNT)
    (failed,) = whole.deploy(file, code=1)["failed"]
    assert failed["tenant"] == "122360-local"
    log = (whole.evidence / "122360-local" / "cdk.log").read_text("utf-8")
    assert "画面が開きません(応答 404)" in log
    live = find(file, whole.cloud)
    for account, there in ((OTHER_ACCOUNT, True), (ACCOUNT, False)):
        tables = whole.cloud.client("dynamodb", account).list_tables()["TableNames"]
        assert (live.outputs["RecordsTable"] in tables) == there
