"""Our own rules: each passes a tenant as it is built, and finds the breach it is named by."""

import copy
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from infra.app import new_app
from infra.policy.gates import OwnRules
from infra.policy.rules import RULES, TAGGED, UNTAGGABLE, Expected, judge, untaggable
from tests.infra.conftest import VARIANTS, Tenant

Template = dict[str, Any]


def _first(template: Template, kind: str) -> dict[str, Any]:
    return next(r for r in template["Resources"].values() if r["Type"] == kind)


def _properties(template: Template, kind: str) -> dict[str, Any]:
    return _first(template, kind)["Properties"]


def _drop_tags(template: Template) -> None:
    _properties(template, "AWS::Lambda::Function")["Tags"].pop()


def _tag_of_another(template: Template) -> None:
    _properties(template, "AWS::ApiGateway::Stage")["Tags"][0]["Value"] = "122041"


def _unjudged_type(template: Template) -> None:
    template["Resources"]["New"] = {"Type": "AWS::EC2::NatGateway", "Properties": {}}


def _other_region(template: Template) -> None:
    _properties(template, "AWS::Lambda::Function")["Environment"]["Variables"]["A"] = "us-east-1"


def _log_without_key(template: Template) -> None:
    template["Resources"]["Log"] = {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"RetentionInDays": 30, "Tags": _tags(template)},
    }


def _tags(template: Template) -> list[dict[str, str]]:
    return _properties(template, "AWS::Lambda::Function")["Tags"]


def _api_without_policy(template: Template) -> None:
    for resource in template["Resources"].values():
        resource["Properties"].pop("Policy", None)


def _private_api_open(template: Template) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            resource["Properties"]["Policy"]["Statement"] = [
                statement
                for statement in resource["Properties"]["Policy"]["Statement"]
                if statement["Effect"] == "Allow"
            ]


def _paths(template: Template) -> dict[str, Any]:
    paths: dict[str, Any] = _properties(template, "AWS::ApiGateway::RestApi")["Body"]["paths"]
    return paths


def _open_route(template: Template) -> None:
    _paths(template)["/cases"]["get"]["security"] = []


def _route_with_nothing_said(template: Template) -> None:
    del _paths(template)["/cases"]["get"]["security"]


def _route_with_another_scheme(template: Template) -> None:
    _paths(template)["/cases"]["get"]["security"].append({"api_key": []})


def _route_outside_the_document(template: Template) -> None:
    template["Resources"]["Open"] = {"Type": "AWS::ApiGateway::Method", "Properties": {}}


def _cached_tokens(template: Template) -> None:
    body = _properties(template, "AWS::ApiGateway::RestApi")["Body"]
    scheme = body["components"]["securitySchemes"]["staff"]
    scheme["x-amazon-apigateway-authorizer"]["authorizerResultTtlInSeconds"] = 300


def _in_vpc(template: Template) -> None:
    _properties(template, "AWS::Lambda::Function")["VpcConfig"] = {"SubnetIds": ["subnet-1"]}


def _table(template: Template, **properties: Any) -> None:
    template["Resources"]["Table"] = {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "DeletionProtectionEnabled": True,
            "PointInTimeRecoverySpecification": {"RecoveryPeriodInDays": 35},
            "SSESpecification": {"KMSMasterKeyId": "key"},
            "Tags": _tags(template),
        }
        | properties,
    }


def _table_deletable(template: Template) -> None:
    _table(template)
    template["Resources"]["Table"]["DeletionPolicy"] = "Delete"


def _table_unprotected(template: Template) -> None:
    _table(template, DeletionProtectionEnabled=False)


def _table_short_recovery(template: Template) -> None:
    _table(template, PointInTimeRecoverySpecification={"RecoveryPeriodInDays": 7})


def _wildcard(template: Template) -> None:
    role = _properties(template, "AWS::IAM::Role")
    role["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] = "dynamodb:*"


def _not_action(template: Template) -> None:
    statement = _properties(template, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]
    statement["Statement"][0]["NotAction"] = "iam:PassRole"


def _four_hundred_more(template: Template) -> None:
    for number in range(400):
        template["Resources"][f"R{number}"] = {"Type": "AWS::ApiGateway::GatewayResponse"}


def _body_logged(template: Template) -> None:
    _properties(template, "AWS::ApiGateway::Stage")["MethodSettings"][0]["DataTraceEnabled"] = True


def _account_logging(template: Template) -> None:
    template["Resources"]["Account"] = {"Type": "AWS::ApiGateway::Account", "Properties": {}}


BREACHES: list[tuple[str, Callable[[Template], None]]] = [
    ("billable-without-tags", _drop_tags),
    ("billable-without-tags", _tag_of_another),
    ("billable-without-tags", _unjudged_type),
    ("region-outside-japan", _other_region),
    ("log-group-without-key", _log_without_key),
    ("api-without-door", _api_without_policy),
    ("api-without-door", _private_api_open),
    ("route-without-token", _open_route),
    ("route-without-token", _route_with_nothing_said),
    ("route-without-token", _route_with_another_scheme),
    ("route-without-token", _route_outside_the_document),
    ("route-without-token", _cached_tokens),
    ("lambda-in-vpc", _in_vpc),
    ("stateful-without-protection", _table_deletable),
    ("stateful-without-protection", _table_unprotected),
    ("stateful-without-protection", _table_short_recovery),
    ("wildcard-action", _wildcard),
    ("wildcard-action", _not_action),
    ("too-many-resources", _four_hundred_more),
    ("gateway-that-logs-bodies", _body_logged),
    ("gateway-that-logs-bodies", _account_logging),
]


def _expected(tenant: Tenant) -> Expected:
    return Expected(tags=tenant.manifest.tags, region=tenant.manifest.region)


def test_every_tenant_complies(tenants: dict[str, Tenant]) -> None:
    for tenant in tenants.values():
        for template in (tenant.data, *tenant.behind_doors):
            assert judge(template, _expected(tenant)) == []


@pytest.mark.parametrize(
    ("rule", "breach"), BREACHES, ids=[breach.__name__.strip("_") for _, breach in BREACHES]
)
def test_the_rule_finds_its_breach(
    rule: str, breach: Callable[[Template], None], production: Tenant
) -> None:
    (door,) = production.doors
    template = copy.deepcopy(door if breach is _private_api_open else production.app)
    breach(template)
    assert rule in {finding.rule for finding in judge(template, _expected(production))}


def test_every_rule_has_a_breach_and_a_reason() -> None:
    assert {rule.id for rule in RULES} == {rule for rule, _ in BREACHES}
    assert all(len(rule.reason) > 20 for rule in RULES)


def test_a_region_outside_the_list_is_refused_even_when_nothing_names_it() -> None:
    findings = judge({"Resources": {}}, Expected(tags={}, region="us-east-1"))
    assert [finding.rule for finding in findings] == ["region-outside-japan"]


def test_what_cannot_be_tagged_is_listed_with_what_becomes_of_its_cost(production: Tenant) -> None:
    listed = untaggable(production.app)
    assert "AWS::ApiGateway::GatewayResponse" in listed
    assert all(listed.values())
    assert not TAGGED & UNTAGGABLE.keys()


def test_a_missing_tag_fails_the_synthesis(add: Callable[..., Any], tmp_path: Any) -> None:
    app = new_app(tmp_path)
    stage = add(app, [VARIANTS["closed"]])[0]
    cdk.Tags.of(stage.data).remove("vendor", priority=300)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = (tmp_path / "validation-report.json").read_text("utf-8")
    assert "billable-without-tags" in report


def test_a_finding_of_cdk_nag_fails_the_synthesis(add: Callable[..., Any], tmp_path: Any) -> None:
    app = new_app(tmp_path)
    stage = add(app, [VARIANTS["closed"]])[0]
    s3.Bucket(stage.data, "Bare")
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-S10" in (tmp_path / "validation-report.json").read_text("utf-8")


def test_a_stack_that_belongs_to_no_tenant_fails_the_synthesis(tmp_path: Any) -> None:
    """The gate closes when it does not know what to judge against."""
    app = new_app(tmp_path, builtin_validation=False)
    s3.CfnBucket(cdk.Stack(app, "Stray"), "Bucket")
    cdk.Validations.of(app).add_plugins(OwnRules({}))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
