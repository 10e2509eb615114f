"""Our own rules on a tenant's templates, for what cdk-nag cannot see.

A rule is a small function named by what it forbids; its docstring's first line is the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.policy.template import Template, as_list, resources, statements, strings
from lambdas.api.public import PUBLIC_ROUTES

REGIONS = frozenset({"ap-northeast-1", "ap-northeast-3"})
MAX_RESOURCES = 400

# Resource types that appear on a bill, or whose children do: each must carry the billing tags.
TAGGED: frozenset[str] = frozenset(
    {
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::CloudWatch::Alarm",
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::Table",
        "AWS::Events::Rule",
        "AWS::IAM::Role",
        "AWS::KMS::Key",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::WAFv2::WebACL",
    }
)
# What cannot be tagged, and why its cost is not lost by it.
UNTAGGABLE: Mapping[str, str] = {
    "AWS::ApiGateway::Deployment": "無料。APIの一部",
    "AWS::ApiGateway::GatewayResponse": "無料。APIの一部",
    "AWS::Cognito::UserPoolClient": "無料。利用者の料金はユーザープールに付く",
    "AWS::KMS::Alias": "無料。鍵の別名",
    "AWS::Lambda::Permission": "無料。関数の一部",
    "AWS::S3::BucketPolicy": "無料。バケットの一部",
    "AWS::SNS::Subscription": "無料。送信の料金はトピックに付く",
    "AWS::SNS::TopicPolicy": "無料。トピックの一部",
    "AWS::WAFv2::WebACLAssociation": "無料。料金は web ACL に付く",
}
STATEFUL: frozenset[str] = frozenset(
    {
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
    }
)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a template is judged against: the tenant's tags and region."""

    tags: Mapping[str, str]
    region: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One breach. `resource` is a logical id, or "" for the whole template."""

    rule: str
    resource: str
    message: str


Check = Callable[[Template, Expected], Iterator[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    id: str
    reason: str
    check: Check


def billable_without_tags(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """The payer splits the bill by tag: a cost without its tag falls on somebody else."""
    for logical_id, kind, properties in resources(template):
        if kind in UNTAGGABLE:
            continue
        if kind not in TAGGED:
            yield logical_id, f"{kind} は請求タグの要否が決まっていません"
            continue
        found = tags_of(properties)
        missing = [key for key, value in expected.tags.items() if found.get(key) != value]
        if missing:
            yield logical_id, f"請求タグがないか値が違います: {', '.join(missing)}"


def tags_of(properties: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a resource, whichever way its type writes them."""
    written = properties.get("Tags", properties.get("UserPoolTags", []))
    if isinstance(written, Mapping):
        return dict(written)
    return {tag["Key"]: tag["Value"] for tag in written}


_REGION = re.compile(r"\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us)-(?:gov-)?[a-z]+-[1-9]\b")


def region_outside_japan(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """Records may lie in Tokyo and Osaka only (DOMAIN §4.5)."""
    if expected.region not in REGIONS:
        yield "", f"リージョン {expected.region} は認められていません"
    for logical_id, _, properties in resources(template):
        named = {region for text in strings(properties) for region in _REGION.findall(text)}
        if other := sorted(named - {expected.region}):
            yield logical_id, f"ほかのリージョンを指しています: {', '.join(other)}"


def log_group_without_key(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """Logs lie under the tenant's key like everything else, and end on a day."""
    for logical_id, kind, properties in resources(template):
        if kind == "AWS::Logs::LogGroup":
            if "KmsKeyId" not in properties:
                yield logical_id, "ロググループに鍵がありません"
            if "RetentionInDays" not in properties:
                yield logical_id, "ロググループに保存日数がありません"


def api_without_door(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """Without a resource policy a private API refuses all and a public one admits all."""
    for logical_id, kind, properties in resources(template):
        if kind != "AWS::ApiGateway::RestApi":
            continue
        if "Policy" not in properties:
            yield logical_id, "APIに入口の制限(リソースポリシー)がありません"
            continue
        endpoint = properties.get("EndpointConfiguration", {})
        if "PRIVATE" not in endpoint.get("Types", []):
            continue
        if not endpoint.get("VpcEndpointIds"):
            yield logical_id, "閉域のAPIにVPCエンドポイントがありません"
        if not any(
            statement["Effect"] == "Deny"
            and statement.get("Condition", {}).get("StringNotEquals", {}).get("aws:SourceVpce")
            for statement in as_list(properties["Policy"]["Statement"])
        ):
            yield logical_id, "閉域のAPIがVPCエンドポイント以外からの接続を拒んでいません"


def route_without_token(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """The gateway asks for a token of the tenant's own pool, at every route but the public ones."""
    for logical_id, kind, properties in resources(template):
        if kind == "AWS::ApiGateway::Method":
            yield logical_id, "経路がAPIの文書の外にあります"
        if kind != "AWS::ApiGateway::RestApi":
            continue
        document = properties.get("Body", {"paths": {}})
        guards = _guards(document)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                route, asked = (method.upper(), path), operation.get("security", [])
                if asked and all(requirement.keys() <= guards for requirement in asked):
                    continue
                if asked or route not in PUBLIC_ROUTES:
                    yield logical_id, f"{' '.join(route)} が職員のトークンを求めていません"


def _guards(document: Mapping[str, Any]) -> set[str]:
    """The document's security schemes that a token of a user pool alone satisfies, each time."""
    return {
        name
        for name, scheme in document.get("components", {}).get("securitySchemes", {}).items()
        if (authorizer := scheme.get("x-amazon-apigateway-authorizer", {}))
        and authorizer["type"] == "cognito_user_pools"
        and len(authorizer["providerARNs"]) == 1
        and authorizer["authorizerResultTtlInSeconds"] == 0
    }


def lambda_in_vpc(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """A function in a VPC needs NAT gateways: a hundred dollars a month for nothing."""
    for logical_id, kind, properties in resources(template):
        if kind == "AWS::Lambda::Function" and "VpcConfig" in properties:
            yield logical_id, "関数をVPCに置いています"


def stateful_without_protection(
    template: Template, expected: Expected
) -> Iterator[tuple[str, str]]:
    """What holds records outlives its stack, and is not deleted by one wrong call."""
    for logical_id, resource in template.get("Resources", {}).items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind not in STATEFUL:
            continue
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(policy) != "Retain":
                yield logical_id, f"{policy} が Retain ではありません"
        yield from ((logical_id, fault) for fault in _unprotected(kind, properties))


def _unprotected(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    if kind == "AWS::DynamoDB::Table":
        if properties.get("DeletionProtectionEnabled") is not True:
            yield "表に削除の保護がありません"
        recovery = properties.get("PointInTimeRecoverySpecification", {})
        if recovery.get("RecoveryPeriodInDays") != 35:
            yield "表に35日の時点復元がありません"
        if "KMSMasterKeyId" not in properties.get("SSESpecification", {}):
            yield "表に鍵がありません"
    if kind == "AWS::S3::Bucket":
        if properties.get("VersioningConfiguration", {}).get("Status") != "Enabled":
            yield "バケットに版管理がありません"
        encryption = properties.get("BucketEncryption", {})
        if not any("KMSMasterKeyID" in text for text in strings(encryption)):
            yield "バケットに鍵がありません"
    if kind == "AWS::Cognito::UserPool" and properties.get("DeletionProtection") != "ACTIVE":
        yield "ユーザープールに削除の保護がありません"


def wildcard_action(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """An action not written out grows with every service AWS adds."""
    for logical_id, _, statement in statements(template):
        if statement["Effect"] != "Allow":
            continue
        if "NotAction" in statement:
            yield logical_id, "NotAction で許しています"
        wild = [action for action in as_list(statement.get("Action", [])) if "*" in action]
        if wild:
            yield logical_id, f"ワイルドカードの操作を許しています: {', '.join(wild)}"


def too_many_resources(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """CloudFormation ends at 500 resources; at 400 there is still time to split."""
    count = len(template.get("Resources", {}))
    if count > MAX_RESOURCES:
        yield "", f"資源が {count} 個あります(上限 {MAX_RESOURCES})"


def gateway_that_logs_bodies(template: Template, expected: Expected) -> Iterator[tuple[str, str]]:
    """Execution logs hold what people typed; the account's log role is not a tenant's to set."""
    for logical_id, kind, properties in resources(template):
        if kind == "AWS::ApiGateway::Account":
            yield logical_id, "アカウント全体のログ設定を1つの環境が変えています"
        if kind != "AWS::ApiGateway::Stage":
            continue
        for setting in properties.get("MethodSettings", []):
            if setting.get("DataTraceEnabled") or setting.get("LoggingLevel", "OFF") != "OFF":
                yield logical_id, "APIの実行ログに本文が残ります"
                break


RULES: tuple[Rule, ...] = tuple(
    Rule(
        id=check.__name__.replace("_", "-"),
        reason=(check.__doc__ or "").splitlines()[0],
        check=check,
    )
    for check in (
        billable_without_tags,
        region_outside_japan,
        log_group_without_key,
        api_without_door,
        route_without_token,
        lambda_in_vpc,
        stateful_without_protection,
        wildcard_action,
        too_many_resources,
        gateway_that_logs_bodies,
    )
)


def judge(template: Template, expected: Expected) -> list[Finding]:
    """All breaches of all rules in one template."""
    return [
        Finding(rule=rule.id, resource=resource, message=message)
        for rule in RULES
        for resource, message in rule.check(template, expected)
    ]


def untaggable(template: Template) -> dict[str, str]:
    """Resource types of the template that carry no tags, with what becomes of their cost."""
    return {kind: UNTAGGABLE[kind] for _, kind, _ in resources(template) if kind in UNTAGGABLE}
