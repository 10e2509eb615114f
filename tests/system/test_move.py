"""A tenant's life in the local cloud: probed, suspended and resumed, moved from one vendor's stack
to another's with every byte, and closed."""

import base64
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from typer.testing import CliRunner

from lambdas.casework.clock import japanese_day
from lambdas.exchange.lines import NOT_MOVED, WRAPPED_TYPES
from ops.cli import app
from ops.live import LiveTenant, find
from ops.local.cloud import LocalCloud
from ops.local.deploy import deploy
from ops.offers.conformance import exchange
from tests.running import HOME, MANIFESTS, PORT, RunningTenant, body, intake
from tests.system.test_files import sent
from tests.unit.made_files import png

OTHER_ACCOUNT = "999999000001"
VENDOR = 'vendor: {name}\nenvironment: local\naccount: "{account}"\nregion: ap-northeast-1\n'


@pytest.fixture(scope="module", autouse=True)
def cloud() -> Iterator[LocalCloud]:
    """The commands find the tests' own cloud."""
    with pytest.MonkeyPatch.context() as patch:
        cloud = LocalCloud(home=HOME, port=PORT)
        for module in ("ops.live", "ops.vendors.place", "ops.tenants.life.cli"):
            patch.setattr(f"{module}.the_cloud", lambda: cloud)
        patch.setattr("ops.tenants.life.cli.EVIDENCE", HOME / "evidence")
        yield cloud


def soudan(*words: str | Path, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if "--json" in words and code == 0 else done.output


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory, tenant: RunningTenant) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("vendors")
    files = {}
    for name, account in (("soudan-demo", "122041000001"), ("other", OTHER_ACCOUNT)):
        files[name] = home / f"{name}.yaml"
        files[name].write_text(VENDOR.format(name=name, account=account), "utf-8")
        soudan("vendor", "deploy", files[name], "--json")
        soudan("vendor", "deploy", files[name], "--json")
    return files


@pytest.fixture(scope="module")
def demo(vendors: dict[str, Path]) -> tuple[str | Path, ...]:
    """Options of every command on the demo tenant."""
    return ("--vendor-file", vendors["soudan-demo"], "--ordered-by", "試験", "--json")


@pytest.fixture(scope="module")
def deployed(tenant: RunningTenant, demo: tuple[str | Path, ...]) -> Path:
    """The demo tenant, entered in the registry by the command that deploys it."""
    answer = soudan("tenant", "deploy", MANIFESTS["funabashi"], *demo)
    assert answer["state"] == "active"
    return MANIFESTS["funabashi"]


def test_a_live_tenant_has_no_fault(deployed: Path) -> None:
    answer = soudan("tenant", "verify", deployed, "--json")
    assert answer["faults"] == [] and len(answer["probes"]) == 9


def test_each_fault_is_told_in_one_line(deployed: Path, tenant: RunningTenant) -> None:
    live = tenant.live
    dynamodb, events = live.client("dynamodb"), live.client("events")
    table = live.outputs["RecordsTable"]
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    events.disable_rule(Name="soudan-122041-local-key-state")
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "vendor", "Value": "nobody"}])
    told = soudan("tenant", "verify", deployed, code=1)
    assert "鍵が止められたときの知らせが止まっています" in told
    assert f"表 {table} の請求用タグが、設定ファイルと違います" in told
    events.enable_rule(Name="soudan-122041-local-key-state")
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "vendor", "Value": "soudan-demo"}])
    soudan("tenant", "verify", deployed)


def test_a_tenant_is_suspended_and_resumed(
    deployed: Path, demo: tuple[str | Path, ...], tenant: RunningTenant
) -> None:
    assert soudan("tenant", "suspend", deployed, *demo)["state"] == "suspended"
    told = soudan("tenant", "verify", deployed, code=1)
    assert "入口が閉じられています" in told and "状態 Disabled" in told
    assert soudan("tenant", "resume", deployed, *demo)["state"] == "active"
    assert tenant.client("kanri1").request("GET", "cases").status_code == 200


def test_a_manifest_that_would_replace_a_table_is_refused(
    deployed: Path, demo: tuple[str | Path, ...]
) -> None:
    """A release whose template names the table otherwise."""
    from ops.local.deploy import synth_tenants

    def renamed(*given: Any, log: Path | None = None) -> None:
        synth_tenants(*given, log=log)
        (file,) = given[2].glob("assembly-*/*Data*.template.json")
        text = file.read_text("utf-8")
        named = '"TableName": "soudan-122041-local-records"'
        assert named in text
        file.write_text(text.replace(named, named[:-1] + '-2"'), "utf-8")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ops.tenants.life.cli.synth_tenants", renamed)
        told = soudan("tenant", "upgrade", deployed, *demo, code=1)
    assert "TableName が変わり作り直される" in told
    assert soudan("tenant", "upgrade", deployed, *demo)["state"] == "active"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The municipality's own key: the private half as a file at its desk, and the public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    file = tmp_path_factory.mktemp("town") / "private.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return file, base64.b64encode(der).decode()


@pytest.fixture(scope="module")
def allowed(tenant: RunningTenant, town: tuple[Path, str]) -> None:
    """Work in the tenant, and the manager's word that it may be handed over."""
    manager = tenant.client("kanri1")
    made = manager.create_case(body(intake("試験 移転")), str(uuid.uuid4())).json()
    assert sent(manager, made["caseId"], png(2, 2), "写真.png").status_code == 201
    until = japanese_day(datetime.now(UTC)) + timedelta(days=1)
    now = manager.request("GET", "settings")
    document = {
        **now.json()["document"],
        "exchange": {"exportUntil": until.isoformat(), "publicKey": town[1]},
    }
    headers = {"If-Match": now.headers["ETag"], "Idempotency-Key": str(uuid.uuid4())}
    saved = manager.request("PUT", "settings", json={"document": document}, headers=headers)
    assert saved.status_code == 200, saved.text


def items(live: LiveTenant, table: str) -> list[str]:
    """What a table holds, without what is not moved, what wraps keys, and logins."""
    pages = live.client("dynamodb").get_paginator("scan").paginate(TableName=live.outputs[table])
    kept = []
    for item in (item for page in pages for item in page["Items"]):
        kind = item.get("cls", {}).get("S")
        if kind in NOT_MOVED or item["pk"]["S"] == "TENANT":
            continue
        if kind == "staff":
            item["pk"] = {"S": item["staffId"]["S"]}
        if kind in WRAPPED_TYPES:
            del item["wrapped"]
        if "SS" in item.get("changed", {}):
            item["changed"]["SS"].sort()
        kept.append(json.dumps(item, sort_keys=True, default=repr))
    return sorted(kept)


def objects(live: LiveTenant, bucket: str, prefix: str) -> dict[str, bytes]:
    s3 = live.client("s3")
    found = s3.list_objects_v2(Bucket=live.outputs[bucket], Prefix=prefix).get("Contents", ())
    return {
        o["Key"]: s3.get_object(Bucket=live.outputs[bucket], Key=o["Key"])["Body"].read()
        for o in found
    }


def test_a_tenant_moves_to_another_vendors_stack_with_every_byte(
    deployed: Path,
    demo: tuple[str | Path, ...],
    tenant: RunningTenant,
    vendors: dict[str, Path],
    town: tuple[Path, str],
    allowed: None,
    cloud: LocalCloud,
    tmp_path: Path,
) -> None:
    soudan("audit", "seal", "--tenant", deployed)
    out = tmp_path / "bundle"
    made = soudan("tenant", "export", deployed, "--out", out, *demo)
    assert made["counts"]["attachment"] >= 1 and made["counts"]["seal"] >= 1
    exchange.bundle(out)  # as the suite for any vendor's system judges it
    signer = tmp_path / "signer.pem"
    public = soudan("vendor", "public-key", vendors["soudan-demo"], "--json")["publicKey"]
    signer.write_text(public)

    theirs = tmp_path / "122041-other.yaml"
    text = MANIFESTS["funabashi"].read_text("utf-8")
    text = text.replace("vendor: soudan-demo", "vendor: other")
    theirs.write_text(text.replace("122041000001", OTHER_ACCOUNT), "utf-8")
    deploy(cloud, [theirs], say=lambda _: None)
    receive = soudan("tenant", "receive-key", theirs, "--json")["publicKey"]
    handed = tmp_path / "handed"
    soudan(
        "tenant", "hand-over", out, "--private-key", town[0], "--to", receive, "--out", handed
    )  # fmt: skip
    words: list[str | Path] = ["tenant", "import", theirs, out, "--ordered-by", "試験"]
    words += ["--signer", signer]
    assert "hand-over" in soudan(*words, code=1)
    done = soudan(*words, "--handed", handed, "--json")
    assert done["counts"] == made["counts"]

    moved = find(theirs, cloud)
    assert moved.manifest.account != tenant.live.manifest.account
    for table in ("RecordsTable", "AuditTable"):
        before, after = items(tenant.live, table), items(moved, table)
        # Whoever looked at the old tenant since then is in its trail alone.
        assert set(after) <= set(before)
        if table == "RecordsTable":
            assert after == before
    for bucket, prefix in (("FilesBucket", "files/"), ("SealsBucket", "seals/")):
        assert objects(tenant.live, bucket, prefix) == objects(moved, bucket, prefix)
    answer = soudan("audit", "verify", "--tenant", theirs, "--json")
    assert answer["problems"] == [] and answer["events"] > 0

    # The staff sign in to the new tenant with new passwords under their old numbers. Its API
    # answers 404 here: the emulator serves the APIs of one account.
    passwords = tmp_path / "passwords.tsv"
    enrolled = soudan(
        "tenant", "re-enrol", theirs, "--out", passwords, "--ordered-by", "試験", "--json"
    )  # fmt: skip
    assert enrolled["enrolled"] == len(passwords.read_text("utf-8").splitlines()) >= 8
    assert soudan(
        "tenant", "re-enrol", theirs, "--out", passwords, "--ordered-by", "試験", "--json"
    ) == {"enrolled": 0}  # fmt: skip

    (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes() + b" ")
    assert "署名" in soudan(*words, "--handed", handed, code=1)


def test_a_tenant_is_closed_with_a_certificate(
    demo: tuple[str | Path, ...], vendors: dict[str, Path], cloud: LocalCloud, tmp_path: Path
) -> None:
    """Not the demo tenant, which other tests go on with: one of its own."""
    theirs = tmp_path / "122173-demo.yaml"
    text = MANIFESTS["funabashi"].read_text("utf-8").replace('"122041"', '"122173"')
    theirs.write_text(text.replace("船橋市", "柏市"), "utf-8")
    out = tmp_path / "bundle"
    assert soudan("tenant", "deploy", theirs, *demo)["state"] == "active"
    walk: tuple[str | Path, ...] = ("tenant", "offboard", theirs, "--out", out, *demo)
    assert "自治体がデータの引渡しを認めていません" in soudan(*walk, code=1)
    live = find(theirs, cloud)
    until = japanese_day(datetime.now(UTC)) + timedelta(days=1)
    allowed = {"preset": "minimal", "exchange": {"exportUntil": until.isoformat()}}
    live.client("dynamodb").put_item(
        TableName=live.outputs["RecordsTable"],
        Item={
            "pk": {"S": "SETTINGS"},
            "sk": {"S": "SETTINGS"},
            "cls": {"S": "settings"},
            "document": {"S": json.dumps(allowed, sort_keys=True, separators=(",", ":"))},
            "revision": {"N": "1"},
        },
    )
    facts = soudan(*walk)["facts"]
    assert (
        soudan(*walk, "--confirm", facts["manifestSha256"], "--hold-days", "0")["state"] == "held"
    )
    assert soudan(*walk)["state"] == "closed"
    answer = soudan(*walk)
    assert answer["state"] == "erasing"
    assert answer["facts"]["certificate"]["municipality"] == "柏市"
    history = soudan("tenant", "history", theirs, "--vendor-file", vendors["soudan-demo"], "--json")
    assert [e["state"] for e in history if e["event"] == "finished"] == [
        "active", "exported", "held", "closed", "erasing",
    ]  # fmt: skip
    listed = soudan("tenant", "list", "--vendor-file", vendors["soudan-demo"], "--json")
    assert {e["tenant"]: e["state"] for e in listed}["122173-local"] == "erasing"
