"""`soudan tenant verify` on the emergency role: what is there must be what was approved."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.manifest import EmergencyAccess, load
from ops.live import LiveTenant
from ops.paths import ROOT
from ops.tenants.life.probes import emergency_faults, emergency_note

ACCESS = EmergencyAccess(
    approved_by="福祉部長(福総第123号)",
    approved_on="2026-12-01",
    until="2026-12-07",
    reason="画面が動かない間の記録の確認",
    principals=("arn:aws:iam::122041000001:user/unyou-1",),
    notify="fukushi@example.jp",
)
ROLE = RULE = "soudan-122041-local-emergency"
IN_TIME, OVER = "2026-12-03T00:00:00Z", "2026-12-07T15:00:00Z"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield


def tenant(access: EmergencyAccess | None) -> LiveTenant:
    manifest = load(ROOT / "tenants" / "122041-demo.yaml")
    return LiveTenant(manifest=replace(manifest, emergency=access), outputs={}, url="", cloud=None)


def faults(access: EmergencyAccess | None, now: str = IN_TIME) -> list[str]:
    return list(emergency_faults(tenant(access), now))


def make_role(closes_at: str = OVER) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": ACCESS.principals[0]},
                "Action": "sts:AssumeRole",
                "Condition": {"DateLessThan": {"aws:CurrentTime": closes_at}},
            }
        ],
    }
    boto3.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
    boto3.client("events", region_name="ap-northeast-1").put_rule(
        Name=f"{RULE}-used", EventPattern=json.dumps({"source": ["aws.sts"]})
    )


def test_neither_role_nor_approval_is_no_fault() -> None:
    assert faults(None) == []
    assert emergency_note(tenant(None), IN_TIME) is None


def test_a_role_without_an_approval_is_told() -> None:
    make_role()
    (told,) = faults(None)
    assert "承認のない緊急用の役割" in told


def test_a_role_as_approved_is_a_note_and_no_fault() -> None:
    make_role()
    assert faults(ACCESS) == []
    assert "2026-12-07 まで開いています" in str(emergency_note(tenant(ACCESS), IN_TIME))


def test_a_role_that_is_over_is_told_until_it_is_gone() -> None:
    make_role()
    (told,) = faults(ACCESS, OVER)
    assert "期限(2026-12-07)が過ぎています" in told
    assert emergency_note(tenant(ACCESS), OVER) is None


def test_an_approved_role_that_is_missing_or_open_longer_is_told() -> None:
    (missing,) = faults(ACCESS)
    assert "がありません" in missing
    make_role("2027-12-07T15:00:00Z")
    (longer,) = faults(ACCESS)
    assert "承認された日(2026-12-07)と違います" in longer


def test_a_silenced_alarm_is_told() -> None:
    make_role()
    boto3.client("events", region_name="ap-northeast-1").disable_rule(Name=f"{RULE}-used")
    (told,) = faults(ACCESS)
    assert "知らせが止まっています" in told
