"""The life of a tenant over moto: every command, cut off after every step, ends where an
undisturbed one does; what would lose records is refused."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.manifest import load
from ops.exchange import bundle
from ops.live import LiveTenant
from ops.paths import ROOT
from ops.tenants.life import commands, doors
from ops.tenants.life.changes import changes
from ops.tenants.life.engine import Command, LifeError, World, run
from ops.tenants.life.probes import Fault, recovery_faults
from ops.tenants.life.registry import Registry, RegistryError
from tests import good_requests
from tests.unit.exchanged import REGION, Tenants, allow_export
from tests.unit.in_process import InProcess
from tests.unit.test_every_route import caller

TENANT = "122041-local"


class Gateway:
    """API Gateway as far as the doors need it: a policy counts from the next deployment only."""

    def __init__(self, policy: Any) -> None:
        self.written = policy
        self.deployed = policy

    def get_rest_api(self, **_: str) -> dict[str, str]:
        # As AWS gives it: the inside of a JSON string.
        return {"policy": json.dumps(json.dumps(self.written))[1:-1]}

    def update_rest_api(self, *, patchOperations: Any, **_: str) -> None:  # noqa: N803
        (patch,) = patchOperations
        assert (patch["op"], patch["path"]) == ("replace", "/policy")
        self.written = json.loads(patch["value"])

    def create_deployment(self, **_: str) -> None:
        self.deployed = self.written


class Functions:
    """Lambda as far as the environment of functions goes."""

    def __init__(self) -> None:
        self.variables: dict[str, dict[str, str]] = {"t-api": {"A": "1"}, "t-exchange": {"B": "2"}}

    def get_function_configuration(self, *, FunctionName: str) -> Any:  # noqa: N803
        return {"Environment": {"Variables": dict(self.variables[FunctionName])}}

    def update_function_configuration(self, *, FunctionName: str, Environment: Any) -> None:  # noqa: N803
        self.variables[FunctionName] = Environment["Variables"]

    def get_waiter(self, _: str) -> Any:
        return self

    def wait(self, **_: str) -> None: ...


class Crash(BaseException):
    """What no code of ours catches: the machine went away."""


class Place:
    """A tenant whose doors, functions and key are moto's, and the vendor's registry."""

    def __init__(self, tenants: Tenants, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        self.home = home
        self.deployed = 0
        self.tenants = tenants
        self._client("dynamodb").create_table(
            TableName="registry",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        self.registry = Registry(self._client("dynamodb"), "registry")
        kms = self._client("kms")
        arn = os.environ["SOUDAN_KEY_ARN"]
        self.key_id = arn.rpartition("/")[2]
        kms.create_alias(AliasName="alias/soudan-122041-local", TargetKeyId=self.key_id)
        signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        self.signer = (kms, signing["KeyMetadata"]["KeyId"])
        self.policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "execute-api:Invoke",
                    "Resource": "execute-api:/*",
                    "Condition": {"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8"]}},
                }
            ],
        }
        self.fakes = {"apigateway": Gateway(self.policy), "lambda": Functions()}
        self.live = LiveTenant(
            manifest=load(ROOT / "tenants" / "122041-demo.yaml"),
            outputs={
                "ApiId": "api1",
                "JobsFunction": "t-jobs",
                "ExchangeFunction": "t-exchange",
                "KeyAlias": "alias/soudan-122041-local",
            },
            url="http://example.invalid/",
            cloud=None,
        )
        monkeypatch.setattr(bundle, "ask", self._ask)
        monkeypatch.setattr(bundle, "_download", self._download)
        monkeypatch.setattr(commands, "verify", lambda _: (["door"], []))
        monkeypatch.setattr(LiveTenant, "client", lambda _, service: self._client(service))

    def world(self, after_step: Callable[[str], None] = lambda _: None, **asked: Any) -> World:
        def deploy() -> None:
            self.deployed += 1

        return World(
            tenant=TENANT,
            registry=self.registry,
            live=lambda: self.live,
            deploy=deploy,
            say=lambda _: None,
            evidence=self.home / "evidence",
            ordered_by="試験",
            release="r1",
            asked={"out": self.home / "bundle", "signer": self.signer, **asked},
            after_step=after_step,
        )

    def state(self) -> dict[str, Any]:
        """What a command has left, without times and random numbers."""
        entry = self.registry.entry(TENANT)
        policies = doors.policies(self.live)
        return {
            "state": entry.state,
            "operation": entry.operation,
            "facts": sorted(entry.facts),
            "doors": entry.facts.get("doors"),
            "policies": policies,
            "key": doors.key_state(self.live),
            "readOnly": doors.is_read_only(self.live),
            "evidence": len(list((self.home / "evidence").glob("*.json"))),
            "events": sum(e["event"] == "finished" for e in self.registry.history(TENANT)),
        }

    def _client(self, service: str) -> Any:
        if service in ("apigateway", "lambda"):
            return self.fakes[service]
        return boto3.client(service, region_name=REGION)

    def _ask(self, _: LiveTenant, task: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.tenants.run("a", **task)
        if "refused" in answer:
            raise bundle.ExchangeError(answer["refused"])
        return answer

    def _download(self, _: Any, link: str, target: Path) -> None:
        key = link.partition("?")[0].partition("amazonaws.com/")[2]
        target.parent.mkdir(parents=True, exist_ok=True)
        content = self.tenants.s3.get_object(Bucket="t-files", Key=key)["Body"].read()
        target.write_bytes(content)


@pytest.fixture
def place(here: InProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    made = Place(Tenants(monkeypatch), monkeypatch, tmp_path)
    good_requests.build(caller(here))
    allow_export(here)
    return made


def crashing(at: int) -> Callable[[str], None]:
    counted = iter(range(1, 1000))

    def crash(_: str) -> None:
        if next(counted) == at:
            raise Crash

    return crash


def to_the_end(place: Place, command: Command, crash_at: int | None = None, **asked: Any) -> bool:
    """Runs a command, cut off once if wished; whether it was."""
    if crash_at is not None:
        try:
            run(command, place.world(crashing(crash_at), **asked))
        except Crash:
            run(command, place.world(**asked))
            return True
        return False
    run(command, place.world(**asked))
    return False


def script(place: Place) -> list[tuple[Command, dict[str, Any]]]:
    """Every command of a life in order; `asked` that depends on what was done is filled later."""
    handed, confirmed, closed, scheduled, _ = commands.OFFBOARD
    return [
        (commands.DEPLOY, {}),
        (commands.SUSPEND, {}),
        (commands.RESUME, {}),
        (commands.UPGRADE, {}),
        (handed, {}),
        (confirmed, {"confirm": "?", "hold_days": 0}),
        (closed, {}),
        (scheduled, {}),
    ]


def asked_of(place: Place, asked: dict[str, Any]) -> dict[str, Any]:
    if asked.get("confirm") == "?":
        return {**asked, "confirm": place.registry.entry(TENANT).facts["manifestSha256"]}
    return asked


def test_an_undisturbed_life(place: Place) -> None:
    undisturbed = []
    for command, asked in script(place):
        run(command, place.world(**asked_of(place, asked)))
        undisturbed.append(place.state())
    assert [s["state"] for s in undisturbed] == [
        "active", "suspended", "active", "active", "exported", "held", "closed", "erasing",
    ]  # fmt: skip
    assert undisturbed[1]["key"] == "Disabled" and undisturbed[-1]["key"] == "PendingDeletion"
    assert undisturbed[2]["policies"] == {"api1": place.policy}


@pytest.mark.parametrize("crash_at", range(1, 10))
def test_a_life_with_a_crash_in_every_command(crash_at: int, place: Place) -> None:
    """The same crash point in each command of a whole life; the undisturbed states are asserted
    above and again here."""
    hit = []
    for command, asked in script(place):
        given = asked_of(place, asked)
        hit.append(to_the_end(place, command, crash_at, **given))
        state = place.state()
        assert state["state"] == command.ends
        assert state["operation"] is None
        closed = command.ends in ("suspended", "closed", "erasing")
        assert doors.are_closed(place.live) == closed
        assert place.fakes["apigateway"].deployed == place.fakes["apigateway"].written
        if not closed:
            assert list(state["policies"].values()) == [place.policy]
        assert state["key"] == {
            "suspended": "Disabled", "closed": "Disabled", "erasing": "PendingDeletion",
        }.get(command.ends, "Enabled")  # fmt: skip
    assert state["events"] == state["evidence"] == len(script(place))
    assert any(hit)


def test_the_walk_to_erasure_waits_for_people(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed, confirmed, closed, scheduled, erased = commands.OFFBOARD
    run(commands.DEPLOY, place.world())
    run(handed, place.world())
    assert doors.is_read_only(place.live)
    digest = hashlib.sha256((place.home / "bundle" / "manifest.json").read_bytes()).hexdigest()
    assert (place.home / "bundle" / "manifest.sig").is_file()
    bundle.check_files(place.home / "bundle")
    for wrong in (None, "0" * 64):
        with pytest.raises(LifeError, match="ハッシュ"):
            run(confirmed, place.world(confirm=wrong))
    run(confirmed, place.world(confirm=digest, hold_days=3))
    with pytest.raises(LifeError, match="保管"):
        run(closed, place.world())
    assert doors.key_state(place.live) == "Enabled"
    later = datetime.now(UTC) + timedelta(days=4)
    monkeypatch.setattr(World, "now", property(lambda _: later))
    run(closed, place.world())
    entry = run(scheduled, place.world())
    certificate = entry.facts["certificate"]
    assert certificate["handedOver"]["manifestSha256"] == digest
    assert any("35 日" in line for line in certificate["persists"])
    with pytest.raises(LifeError, match="まだ消えていません"):
        run(erased, place.world())


def test_another_command_waits_for_the_one_under_way(place: Place) -> None:
    run(commands.DEPLOY, place.world())
    with pytest.raises(Crash):
        run(commands.SUSPEND, place.world(crashing(2)))
    with pytest.raises(RegistryError, match="suspend の途中"):
        run(commands.UPGRADE, place.world())
    run(commands.SUSPEND, place.world())
    with pytest.raises(RegistryError, match="引渡し済み"):
        run(commands.OFFBOARD[1], place.world(confirm="0"))
    assert run(commands.SUSPEND, place.world()).state == "suspended"


def test_what_did_not_stand_the_probes_is_deployed_anew_once_it_is_repaired(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(probe="door", text="画面が開きません", runbook="#")
    monkeypatch.setattr(commands, "verify", lambda _: (["door"], [fault]))
    with pytest.raises(LifeError, match="画面が開きません"):
        run(commands.DEPLOY, place.world())
    # Unrepaired it is only probed again; by a new release or new settings it is deployed.
    with pytest.raises(LifeError):
        run(commands.DEPLOY, place.world())
    assert place.deployed == 1
    with pytest.raises(LifeError):
        run(commands.DEPLOY, dataclasses.replace(place.world(), settings="s2"))
    assert place.deployed == 2
    monkeypatch.setattr(commands, "verify", lambda _: (["door"], []))
    entry = run(commands.DEPLOY, dataclasses.replace(place.world(), settings="s2", release="r2"))
    assert place.deployed == 3
    assert (entry.facts["release"], entry.facts["settings"]) == ("r2", "s2")


def test_two_operators_at_once(place: Place) -> None:
    entry = place.registry.entry(TENANT)
    place.registry.begin(entry, "deploy", "a")
    with pytest.raises(RegistryError, match="同時に"):
        place.registry.begin(entry, "deploy", "b")


def test_a_key_that_could_not_be_enabled_again_is_not_disabled(place: Place) -> None:
    run(commands.DEPLOY, place.world())
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "kms:DisableKey", "Resource": "*"}
        ],
    }
    boto3.client("kms", region_name=REGION).put_key_policy(
        KeyId=place.key_id, PolicyName="default", Policy=json.dumps(policy)
    )
    with pytest.raises(LifeError, match="停止できません"):
        run(commands.SUSPEND, place.world())
    assert doors.key_state(place.live) == "Enabled" and not doors.are_closed(place.live)


def test_nothing_is_written_while_a_tenant_is_read_only(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = here.create()
    monkeypatch.setenv("SOUDAN_READ_ONLY", "1")
    assert here.read(case_id).status == 200
    assert here.request("kanri1", "POST", "/search", json_body={"q": "試験"}).status == 200
    refused = here.save(case_id, 1, name="別の名")
    assert (refused.status, refused.problem) == (403, "read-only")
    assert here.read(case_id).json["revision"] == 1


def _table(**properties: Any) -> dict[str, Any]:
    return {
        "Resources": {
            "T": {
                "Type": "AWS::DynamoDB::Table",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {"TableName": "a", "KeySchema": [1], **properties},
            },
            "F": {"Type": "AWS::Lambda::Function", "Properties": {}},
        }
    }


def test_what_would_lose_records_comes_first_and_is_named() -> None:
    before = _table()
    assert changes(before, before) == []
    assert [c.kind for c in changes(before, _table(BillingMode="x"))] == ["change"]
    assert [c.kind for c in changes(before, _table(TableName="b"))] == ["lost", "change"]
    assert [c.kind for c in changes(before, {"Resources": {}})] == ["lost", "remove"]
    unprotected = json.loads(json.dumps(before).replace('"DeletionPolicy": "Retain", ', ""))
    assert changes(before, unprotected)[0].why == "DeletionPolicy がなくなる"
    assert {c.kind for c in changes({}, before)} == {"add"}


def test_missing_recovery_and_expiry_are_told(here: InProcess) -> None:
    """On AWS and moto; the emulator's CloudFormation sets neither."""
    outputs = {"RecordsTable": "t-records", "AuditTable": "t-audit"}
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    assert len(list(recovery_faults(dynamodb, outputs))) == 3
    for table in outputs.values():
        dynamodb.update_continuous_backups(
            TableName=table,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
    ttl = {"Enabled": True, "AttributeName": "expiresAt"}
    dynamodb.update_time_to_live(TableName="t-records", TimeToLiveSpecification=ttl)
    assert list(recovery_faults(dynamodb, outputs)) == []
