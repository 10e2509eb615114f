"""No tenant's policy or reference reaches another tenant's resource, pair by pair."""

import copy
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.names import names_of
from infra.policy.isolation import (
    Resolved,
    TenantTemplates,
    Unresolved,
    crossings,
    intersect,
    matches,
    meets,
    open_to_anyone,
    permitted,
    resolve,
    usable,
)
from ops.fleet.isolation import AssemblyError, isolation_of
from tests.infra.conftest import Tenant


@pytest.fixture(scope="module")
def resolved(tenants: dict[str, Tenant]) -> dict[str, Resolved]:
    return {name: resolve(tenant.templates) for name, tenant in tenants.items()}


@pytest.fixture(scope="module")
def neighbours(resolved: dict[str, Resolved]) -> tuple[Resolved, Resolved]:
    """Two tenants in one account: only names keep them apart."""
    first, second = resolved["122041-demo"], resolved["122360-demo"]
    assert first.account == second.account
    return first, second


def test_no_tenant_reaches_another(resolved: dict[str, Resolved]) -> None:
    for pair in itertools.combinations(resolved.values(), 2):
        assert crossings(pair) == []
    assert crossings(list(resolved.values())) == []


def test_no_policy_admits_callers_without_saying_whose(resolved: dict[str, Resolved]) -> None:
    for tenant in resolved.values():
        assert open_to_anyone(tenant) == []


def test_every_identifier_of_a_tenant_belongs_to_it_alone(resolved: dict[str, Resolved]) -> None:
    for one, other in itertools.combinations(resolved.values(), 2):
        assert not one.arns & other.arns
        assert not one.names & other.names
    # tables, buckets, key and alias, pool, functions, roles, logs, API, topic, alarms, rules
    assert all(len(tenant.arns) >= 20 for tenant in resolved.values())


def _app(tenant: Resolved) -> dict[str, Any]:
    return copy.deepcopy(dict(tenant.templates["App"]))


def _with_app(tenant: Resolved, app: dict[str, Any]) -> Resolved:
    return Resolved(
        name=tenant.name,
        account=tenant.account,
        templates={"Data": tenant.templates["Data"], "App": app},
        arns=tenant.arns,
        names=tenant.names,
    )


PREFIX = "arn:aws:dynamodb:ap-northeast-1:122041000001:table/"


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:dynamodb:*:*:table/*",
        f"{PREFIX}soudan-*",
        f"{PREFIX}soudan-122360-local-records",
        f"{PREFIX}soudan-122360-local-records/index/byAgency",
        f"{PREFIX}soudan-122???-local-audit",
        "arn:aws:s3:::soudan-122360-local-files-122041000001-ap-northeast-1/exports/a.zip",
        "arn:aws:s3:::*-files-*/exports/*",
        "arn:aws:iam::122041000001:role/soudan-122360-local-api",
        "arn:*",
    ],
)
def test_a_policy_that_reaches_the_neighbour_is_found(
    resource: str, neighbours: tuple[Resolved, Resolved]
) -> None:
    first, second = neighbours
    app = _app(first)
    role = next(r for r in app["Resources"].values() if r["Type"] == "AWS::IAM::Role")
    role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"] = resource
    found = crossings([_with_app(first, app), second])
    assert {(crossing.tenant, crossing.owner) for crossing in found} == {(first.name, second.name)}


def test_a_reference_outside_policies_is_found_too(neighbours: tuple[Resolved, Resolved]) -> None:
    first, second = neighbours
    app = _app(first)
    function = next(r for r in app["Resources"].values() if r["Type"] == "AWS::Lambda::Function")
    variables = function["Properties"]["Environment"]["Variables"]
    variables["SOUDAN_RECORDS_TABLE"] = "soudan-122360-local-records"
    assert [crossing.reached for crossing in crossings([_with_app(first, app), second])] == [
        "soudan-122360-local-records"
    ]


def test_an_authoriser_of_the_neighbours_pool_is_found(
    neighbours: tuple[Resolved, Resolved],
) -> None:
    first, second = neighbours
    app = _app(first)
    api = next(r for r in app["Resources"].values() if r["Type"] == "AWS::ApiGateway::RestApi")
    scheme = api["Properties"]["Body"]["components"]["securitySchemes"]["staff"]
    pool = next(arn for arn in second.arns if ":userpool/" in arn)
    scheme["x-amazon-apigateway-authorizer"]["providerARNs"] = [pool]
    assert crossings([_with_app(first, app), second])


@pytest.mark.parametrize("principal", ["arn:aws:iam::232386000001:root", "232386000001"])
def test_another_tenants_account_as_a_principal_is_found(
    principal: str, resolved: dict[str, Resolved]
) -> None:
    tenant = resolved["122041-demo"]
    app = _app(tenant)
    topic = next(r for r in app["Resources"].values() if r["Type"] == "AWS::SNS::TopicPolicy")
    topic["Properties"]["PolicyDocument"]["Statement"][0]["Principal"] = {"AWS": principal}
    (found,) = crossings([_with_app(tenant, app), resolved["232386-sample"]])
    assert found.reached == principal


def test_a_permission_without_source_is_found(neighbours: tuple[Resolved, Resolved]) -> None:
    first, _ = neighbours
    app = _app(first)
    for resource in app["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Permission":
            resource["Properties"].pop("SourceArn")
    assert open_to_anyone(_with_app(first, app))


def test_what_cannot_be_resolved_is_an_error_not_a_pass(production: Tenant) -> None:
    app = copy.deepcopy(production.app)
    app["Resources"]["Odd"] = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"TopicName": {"Fn::If": ["Condition", "a", "b"]}},
    }
    templates = production.templates
    with pytest.raises(Unresolved):
        resolve(
            TenantTemplates(
                name=templates.name,
                account=templates.account,
                region=templates.region,
                stacks={"Data": production.data, "App": app},
            )
        )


def test_nothing_unresolved_is_left(resolved: dict[str, Resolved]) -> None:
    for tenant in resolved.values():
        text = json.dumps(tenant.templates)
        assert '"Fn::' not in text
        assert '"Ref":' not in text


def test_functions_may_do_only_what_they_need(
    tenants: dict[str, Tenant], resolved: dict[str, Resolved]
) -> None:
    tenant = resolved["232386-sample"]
    names = names_of(tenants["232386-sample"].manifest)
    records, audit = names.table_arn(names.records_table), names.table_arn(names.audit_table)
    seals, files = names.bucket_arn(names.seals_bucket), names.bucket_arn(names.files_bucket)
    api, jobs = names.function("api"), names.function("jobs")

    assert permitted(tenant, role=api, resource=audit) == {
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
    }
    assert permitted(tenant, role=api, resource=f"{audit}/index/byDay") == {"dynamodb:Query"}
    assert permitted(tenant, role=api, resource=f"{records}/index/byAgency") == {"dynamodb:Query"}
    assert permitted(tenant, role=api, resource=f"{seals}/seals/2026-04-01.json") == set()
    assert permitted(tenant, role=api, resource=f"{files}/exports/a.zip") == set()
    for prefix in ("files", "quarantine"):
        assert permitted(tenant, role=api, resource=f"{files}/{prefix}/a/b") == {
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:PutObject",
        }
        assert permitted(tenant, role=jobs, resource=f"{files}/{prefix}/a/b") == set()
    assert "dynamodb:Scan" not in permitted(tenant, role=api, resource=records)
    # The nightly job seals, meters and verifies; it enters agencies and staff on order.
    assert permitted(tenant, role=jobs, resource=records) == {
        "dynamodb:DescribeTable",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
    }
    assert permitted(tenant, role=jobs, resource=audit) == {
        "dynamodb:BatchGetItem",
        "dynamodb:DescribeTable",
        "dynamodb:PutItem",
        "dynamodb:Scan",
    }
    assert permitted(tenant, role=jobs, resource=f"{audit}/index/byDay") == {"dynamodb:Query"}
    assert permitted(tenant, role=jobs, resource=f"{seals}/seals/a") == {
        "s3:GetObject",
        "s3:PutObject",
    }
    assert permitted(tenant, role=jobs, resource=f"{seals}/other") == set()
    # What prints reads, and writes nothing but the event that it has read.
    papers = names.function("papers")
    assert permitted(tenant, role=papers, resource=records) == {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
    }
    assert permitted(tenant, role=papers, resource=audit) == {"dynamodb:PutItem"}
    assert permitted(tenant, role=papers, resource=f"{audit}/index/byDay") == set()
    assert permitted(tenant, role=papers, resource=f"{files}/files/a/b") == set()
    # The exchange reads everything and adds what comes in; it takes from the register alone.
    exchange = names.function("exchange")
    looks = {
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:ListTagsOfResource",
        "dynamodb:RestoreTableToPointInTime",
    }
    reads = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"} | looks
    assert permitted(tenant, role=exchange, resource=audit) == reads
    moves = {"dynamodb:DeleteItem", "dynamodb:Query"}
    assert permitted(tenant, role=exchange, resource=records) == reads | moves
    assert permitted(tenant, role=exchange, resource=records, request={}) == reads | {
        "dynamodb:Query"
    }
    takes = {"s3:GetObject", "s3:PutObject"}
    for prefix in ("exports", "imports"):
        assert permitted(tenant, role=exchange, resource=f"{files}/{prefix}/a") == takes
    # Versions of a moment, and the files of a case that is erased again.
    assert permitted(tenant, role=exchange, resource=f"{files}/files/a") == takes | {
        "s3:DeleteObject",
        "s3:GetObjectVersion",
    }
    # It may take away the tables that it restores beside those in use, and no other.
    beside = names.restored
    for used, made in (
        (records, names.table_arn(beside.records_table)),
        (audit, names.table_arn(beside.audit_table)),
    ):
        assert "dynamodb:DeleteTable" in permitted(tenant, role=exchange, resource=made)
        for concern in ("api", "jobs", "papers"):
            role = names.function(concern)
            assert permitted(tenant, role=role, resource=made) == set()
            assert "dynamodb:DeleteTable" not in permitted(tenant, role=role, resource=used)
        assert "dynamodb:DeleteTable" not in permitted(tenant, role=exchange, resource=used)
    assert permitted(tenant, role=exchange, resource=f"{files}/quarantine/a") == set()


def test_the_compartment_is_sealed_by_the_api_of_its_own_municipality_alone(
    tenants: dict[str, Tenant], resolved: dict[str, Resolved]
) -> None:
    tenant = resolved["232386-sample"]
    names = names_of(tenants["232386-sample"].manifest)
    api, jobs = names.role_arn("api"), names.role_arn("jobs")
    papers = names.role_arn("papers")

    def context(**values: str) -> dict[str, str]:
        return {f"kms:EncryptionContext:{key}": value for key, value in values.items()}

    sealed = context(purpose="sealed", lgCode="232386", caseId="c", personId="p")
    draft = context(purpose="draft", lgCode="232386", staffId="s")
    for own in (sealed, draft):
        assert usable(tenant, role_arn=api, request=own) == {"kms:Decrypt", "kms:GenerateDataKey"}
    for refused in (
        {},
        context(lgCode="232386"),
        context(purpose="sealed"),
        context(purpose="sealed", lgCode="122041"),
        context(purpose="other", lgCode="232386"),
    ):
        assert usable(tenant, role_arn=api, request=refused) == set()
    assert usable(tenant, role_arn=jobs, request=sealed) == set()
    assert usable(tenant, role_arn=papers, request=sealed) == set()
    # The exchange opens no text for anybody: it moves data keys under the municipality's own key.
    exchange = names.role_arn("exchange")
    assert usable(tenant, role_arn=exchange, request=sealed) == {
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKeyWithoutPlaintext",
    }
    assert usable(tenant, role_arn=exchange, request=context(purpose="sealed")) == set()
    assert usable(tenant, role_arn=f"arn:aws:iam::{names.account}:root", request=sealed) == set()
    # The neighbour's role may do nothing with this key, whatever it says.
    neighbour = names_of(tenants["122041-demo"].manifest).role_arn("api")
    assert usable(tenant, role_arn=neighbour, request=sealed) == set()
    # Through DynamoDB the table's own context stands; the compartment's is not needed there.
    through = {"kms:ViaService": "dynamodb.ap-northeast-1.amazonaws.com"}
    assert "kms:Decrypt" in usable(tenant, role_arn=api, request=through)


def test_a_condition_that_is_not_understood_is_an_error() -> None:
    statement = {"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-04-01T00:00:00Z"}}}
    with pytest.raises(Unresolved):
        meets(statement, {"aws:CurrentTime": "2026-03-01T00:00:00Z"})


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a*", "*b", True),
        ("a*c", "ab*", True),
        ("abc", "abc", True),
        ("abc", "abd", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a*", "b*", False),
        ("*", "", True),
        ("", "", True),
        ("", "?", False),
        ("a*b*c", "a*c*b", False),
        ("a*b*c", "a*c*b*", True),
    ],
)
def test_patterns_intersect(left: str, right: str, expected: bool) -> None:
    assert intersect(left, right) is expected
    assert intersect(right, left) is expected


def test_patterns_intersect_as_every_short_string_says() -> None:
    alphabet = "ab*?"
    words = [
        "".join(word) for size in range(4) for word in itertools.product(alphabet, repeat=size)
    ]
    # Strings up to 5 letters are enough: a star can always be filled by three letters or fewer.
    texts = ["".join(word) for size in range(6) for word in itertools.product("ab", repeat=size)]
    accepted = {word: {text for text in texts if matches(word, text)} for word in words}
    for left, right in itertools.combinations_with_replacement(words, 2):
        assert intersect(left, right) is bool(accepted[left] & accepted[right]), (left, right)


def test_the_report_of_an_assembly_tells_what_was_compared(
    tenants: dict[str, Tenant], tmp_path: Path
) -> None:
    """Read back from the files that a synthesis has written."""
    home = tenants["122041-demo"].app_file.parents[1]
    report = isolation_of([home])
    content = report.content()
    assert len(content["tenants"]) == len(tenants) and content["findings"] == []
    assert content["pairs"] == len(tenants) * (len(tenants) - 1)
    said = {"AWS::IAM::Role", "AWS::KMS::Key", "AWS::S3::BucketPolicy", "AWS::ApiGateway::RestApi",
            "AWS::SNS::TopicPolicy"}  # fmt: skip
    assert set(content["compared"]["policyStatements"]) == said
    direct = crossings([resolve(tenant.templates) for tenant in tenants.values()])
    assert list(report.crossings) == direct == []

    # One that reaches its neighbour's table is found in a copy.
    copied = tmp_path / "cdk.out"
    shutil.copytree(home, copied)
    file = copied / tenants["122041-demo"].app_file.relative_to(home)
    text = file.read_text("utf-8")
    assert "table/soudan-122041-local-audit" in text
    file.write_text(
        text.replace("table/soudan-122041-local-audit", "table/soudan-122360-local-audit"), "utf-8"
    )
    assert {c.owner for c in isolation_of([copied]).crossings} == {"122360-local"}
    with pytest.raises(AssemblyError, match="2度"):
        isolation_of([home, copied])
    with pytest.raises(AssemblyError, match="make synth"):
        isolation_of([tmp_path])
