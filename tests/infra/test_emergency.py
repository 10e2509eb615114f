"""The emergency role: only by the municipality's approval, only so long, and never unseen."""

from typing import Any

import pytest

from infra.names import names_of
from infra.policy.isolation import Resolved, crossings, meets, permitted, resolve, usable
from infra.policy.template import as_list
from tests.infra.conftest import Tenant

PERSON = "arn:aws:iam::122041000001:user/unyou-1"
IN_TIME, TOO_LATE = "2026-12-07T14:59:59Z", "2026-12-07T15:00:00Z"
DYNAMODB = "dynamodb.ap-northeast-1.amazonaws.com"


@pytest.fixture(scope="module")
def approved(tenants: dict[str, Tenant]) -> Tenant:
    return tenants["emergency"]


@pytest.fixture(scope="module")
def resolved(approved: Tenant) -> Resolved:
    return resolve(approved.templates)


def _all(tenant: Resolved, kind: str) -> dict[str, dict[str, Any]]:
    return {
        logical_id: resource["Properties"]
        for template in tenant.templates.values()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def _role(tenant: Resolved) -> dict[str, Any]:
    (role,) = (
        r
        for r in _all(tenant, "AWS::IAM::Role").values()
        if r["RoleName"] == "soudan-122076-local-emergency"
    )
    return role


def test_without_an_approval_nothing_of_it_is_there(tenants: dict[str, Tenant]) -> None:
    for name, tenant in tenants.items():
        text = str([tenant.data, tenant.app])
        assert ("mergency" in text) == (name == "emergency"), name


def test_who_may_take_it_up_and_until_when(resolved: Resolved) -> None:
    role = _role(resolved)
    assert role["MaxSessionDuration"] == 3600
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRole"
    assert as_list(trust["Principal"]["AWS"]) == [PERSON]
    condition = trust["Condition"]
    assert condition["Bool"] == {"aws:MultiFactorAuthPresent": "true"}
    assert condition["StringEquals"] == {"aws:RequestedRegion": "ap-northeast-1"}
    assert condition["DateLessThan"] == {"aws:CurrentTime": TOO_LATE}


def test_it_reads_its_own_tables_and_changes_nothing(approved: Tenant, resolved: Resolved) -> None:
    names = names_of(approved.manifest)
    reads = {f"dynamodb:{verb}" for verb in ("BatchGetItem", "GetItem", "Query", "Scan")}
    for table in (names.table_arn(names.records_table), names.table_arn(names.audit_table)):
        for request, expected in (
            ({"aws:CurrentTime": IN_TIME}, reads),
            ({"aws:CurrentTime": TOO_LATE}, set()),
            ({}, set()),
        ):
            found = permitted(
                resolved, role=names.function("emergency"), resource=table, request=request
            )
            assert found == expected
    for bucket in (names.files_bucket, names.seals_bucket):
        for key in ("files/a/b", "exports/a", "seals/2026-12-01.json"):
            arn = f"{names.bucket_arn(bucket)}/{key}"
            assert permitted(resolved, role=names.function("emergency"), resource=arn) == set()


def test_the_key_opens_tables_to_it_alone_and_only_in_time(
    approved: Tenant, resolved: Resolved
) -> None:
    names = names_of(approved.manifest)
    role = names.role_arn("emergency")

    def use(role_arn: str = role, **request: str) -> set[str]:
        return usable(
            resolved,
            role_arn=role_arn,
            request={key.replace("_", ":"): value for key, value in request.items()},
        )

    in_time = {"aws_CurrentTime": IN_TIME, "kms_ViaService": DYNAMODB}
    assert use(**in_time) == {"kms:Decrypt", "kms:DescribeKey"}
    assert use(**{**in_time, "aws_CurrentTime": TOO_LATE}) == set()
    assert use(aws_CurrentTime=IN_TIME) == set()
    assert use(**{**in_time, "kms_ViaService": "s3.ap-northeast-1.amazonaws.com"}) == set()
    # The sealed compartment stays shut: no context of it helps, through the service or not.
    sealed = {
        "kms_EncryptionContext:purpose": "sealed",
        "kms_EncryptionContext:lgCode": "122076",
        "aws_CurrentTime": IN_TIME,
    }
    assert use(**sealed) == set()
    assert use(role_arn=PERSON, **in_time) == set()


def test_taking_it_up_is_told_to_the_municipality_and_the_operator(resolved: Resolved) -> None:
    (topic_id,) = (
        logical_id
        for logical_id, topic in _all(resolved, "AWS::SNS::Topic").items()
        if topic["TopicName"] == "soudan-122076-local-emergency-used"
    )
    arn = "arn:aws:sns:ap-northeast-1:122041000001:soudan-122076-local-emergency-used"
    assert topic_id
    told = {
        s["Endpoint"]
        for s in _all(resolved, "AWS::SNS::Subscription").values()
        if s["TopicArn"] == arn
    }
    assert told == {"fukushi@example.jp", "operation@example.jp"}
    (rule,) = (
        r
        for r in _all(resolved, "AWS::Events::Rule").values()
        if r["Name"] == "soudan-122076-local-emergency-used"
    )
    # AssumeRole only reads, in the eyes of CloudTrail: an ordinary rule might not see it.
    assert rule["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert rule["EventPattern"] == {
        "source": ["aws.sts"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventName": ["AssumeRole"],
            "requestParameters": {
                "roleArn": ["arn:aws:iam::122041000001:role/soudan-122076-local-emergency"]
            },
        },
    }
    assert [t["Arn"] for t in rule["Targets"]] == [arn]


def test_neighbours_in_the_account_are_not_reached(tenants: dict[str, Tenant]) -> None:
    mine = resolve(tenants["emergency"].templates)
    neighbour = resolve(tenants["122041-demo"].templates)
    assert mine.account == neighbour.account
    assert crossings([mine, neighbour]) == []
    role = _role(mine)
    policy = role["Policies"][0]["PolicyDocument"]["Statement"][0]
    policy["Resource"] = ["arn:aws:dynamodb:*:122041000001:table/soudan-*-records"]
    assert {c.owner for c in crossings([mine, neighbour])} == {neighbour.name}
    trust = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert not meets(trust, {"aws:CurrentTime": IN_TIME})
