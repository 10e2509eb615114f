"""What a tenant's templates must say, above all what the local cloud does not enforce."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.constructs.gateway_responses import GATEWAY_PROBLEMS
from infra.names import FUNCTIONS
from infra.policy.rules import STATEFUL
from tests.infra.conftest import ROOT, ROUTES, SCANNER, SENDER, Tenant

Template = dict[str, Any]


def _all(template: Template, kind: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in template["Resources"].values() if r["Type"] == kind]


def _one(template: Template, kind: str) -> dict[str, Any]:
    (found,) = _all(template, kind)
    return found


# --- sign-in -------------------------------------------------------------------------------------


def test_the_pool_demands_totp_and_admits_no_self_sign_up(tenants: dict[str, Tenant]) -> None:
    for tenant in tenants.values():
        pool = _one(tenant.data, "AWS::Cognito::UserPool")
        assert pool["MfaConfiguration"] == "ON"
        assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
        assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
        assert pool["DeletionProtection"] == "ACTIVE"
        assert pool["AccountRecoverySetting"]["RecoveryMechanisms"] == [
            {"Name": "admin_only", "Priority": 1}
        ]
        policy = pool["Policies"]["PasswordPolicy"]
        assert policy["MinimumLength"] >= 12
        assert all(
            policy[f"Require{kind}"] for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols")
        )


def test_the_client_opens_sessions_only_through_the_api(tenants: dict[str, Tenant]) -> None:
    for tenant in tenants.values():
        client = _one(tenant.data, "AWS::Cognito::UserPoolClient")
        assert client["ExplicitAuthFlows"] == [
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
        ]
        assert client["AllowedOAuthFlowsUserPoolClient"] is False
        assert client["WriteAttributes"] == ["locale"]
        assert client["PreventUserExistenceErrors"] == "ENABLED"
        assert client["EnableTokenRevocation"] is True
        assert client["TokenValidityUnits"] == {
            "AccessToken": "minutes",
            "IdToken": "minutes",
            "RefreshToken": "minutes",
        }
        validity = (client["IdTokenValidity"], client["AccessTokenValidity"])
        assert validity == (10, 10)
        assert client["RefreshTokenValidity"] == 12 * 60


# --- the key -------------------------------------------------------------------------------------

READING = {
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:CreateGrant",
    "kms:ReEncryptTo",
}


def _key_statements(tenant: Tenant) -> dict[str, dict[str, Any]]:
    key = _one(tenant.data, "AWS::KMS::Key")
    return {statement["Sid"]: statement for statement in key["KeyPolicy"]["Statement"]}


def test_the_account_administers_the_key_without_reading(production: Tenant) -> None:
    actions = set(_key_statements(production)["AccountAdministersWithoutReading"]["Action"])
    assert not actions & READING
    assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"} <= actions


def test_every_use_of_the_key_names_who_and_through_what(production: Tenant) -> None:
    for sid, statement in _key_statements(production).items():
        if sid == "AccountAdministersWithoutReading":
            continue
        condition = statement["Condition"]
        if sid == "LogsOfThisTenant":
            groups = condition["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]
            assert all("soudan-232386-production" in group for group in groups)
            assert statement["Principal"] == {"Service": "logs.ap-northeast-1.amazonaws.com"}
        else:
            assert "aws:PrincipalArn" in condition["ArnEquals"]
            if sid == "ApiSealsTheCompartment":
                assert condition["ArnEquals"]["aws:PrincipalArn"].endswith("-production-api")
                assert condition["StringEquals"] == {
                    "kms:EncryptionContext:purpose": ["sealed", "draft"],
                    "kms:EncryptionContext:lgCode": "232386",
                }
                assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
                continue
            if sid == "ExchangeMovesTheCompartment":
                assert condition["ArnEquals"]["aws:PrincipalArn"].endswith("-production-exchange")
                assert condition["StringEquals"] == {
                    "kms:EncryptionContext:purpose": "sealed",
                    "kms:EncryptionContext:lgCode": "232386",
                }
                continue
            assert re.fullmatch(
                r"(dynamodb|s3)\.ap-northeast-1\.amazonaws\.com",
                condition["StringEquals"]["kms:ViaService"],
            )


def test_every_log_group_is_in_the_key_policy(production: Tenant) -> None:
    allowed = _key_statements(production)["LogsOfThisTenant"]["Condition"]["ArnEquals"]
    groups = [group["LogGroupName"] for group in _all(production.data, "AWS::Logs::LogGroup")]
    assert sorted(arn.split(":log-group:")[1] for arn in allowed.popitem()[1]) == sorted(groups)
    used = {f["LoggingConfig"]["LogGroup"] for f in _all(production.app, "AWS::Lambda::Function")}
    assert used < set(groups)


def test_the_key_rotates_as_the_manifest_says(production: Tenant) -> None:
    key = _one(production.data, "AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    assert key["RotationPeriodInDays"] == 2560


# --- the stores ----------------------------------------------------------------------------------


def test_only_transient_items_can_expire(production: Tenant) -> None:
    tables = {table["TableName"]: table for table in _all(production.data, "AWS::DynamoDB::Table")}
    records, audit = (tables[f"soudan-232386-production-{name}"] for name in ("records", "audit"))
    assert records["TimeToLiveSpecification"]["AttributeName"] == "expiresAt"
    assert "TimeToLiveSpecification" not in audit
    (by_agency,), (by_day,) = (t["GlobalSecondaryIndexes"] for t in (records, audit))
    assert (by_agency["IndexName"], by_day["IndexName"]) == ("byAgency", "byDay")
    assert by_agency["Projection"] == {"ProjectionType": "ALL"}
    assert by_day["Projection"] == {"NonKeyAttributes": ["hash"], "ProjectionType": "INCLUDE"}


def test_buckets_are_private_and_refuse_plain_http(tenants: dict[str, Tenant]) -> None:
    for tenant in tenants.values():
        for bucket in _all(tenant.data, "AWS::S3::Bucket"):
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        policies = _all(tenant.data, "AWS::S3::BucketPolicy")
        assert len(policies) == 2
        for policy in policies:
            (statement,) = policy["PolicyDocument"]["Statement"]
            assert statement["Effect"] == "Deny"
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_seals_are_locked_and_in_production_by_nobody_to_be_undone(
    tenants: dict[str, Tenant],
) -> None:
    for name, mode in (("232386-sample", "COMPLIANCE"), ("122041-demo", "GOVERNANCE")):
        (seals,) = (
            bucket
            for bucket in _all(tenants[name].data, "AWS::S3::Bucket")
            if bucket.get("ObjectLockEnabled")
        )
        retention = seals["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        assert retention["Mode"] == mode
        assert retention["Days"] >= 5 * 365


def test_stateful_logical_ids_are_the_committed_ones(tenants: dict[str, Tenant]) -> None:
    """A changed id replaces the resource: its records would stay behind under the old one."""
    committed = json.loads((ROOT / "infra" / "stateful_ids.json").read_text("utf-8"))
    for tenant in tenants.values():
        found = {
            logical_id: resource["Type"]
            for template in (tenant.data, *tenant.behind_doors)
            for logical_id, resource in template["Resources"].items()
            if resource["Type"] in STATEFUL
        }
        assert found == committed
        assert found.keys() <= tenant.data["Resources"].keys()


# --- the doors -----------------------------------------------------------------------------------


def _at_doors(tenant: Tenant, kind: str) -> list[dict[str, Any]]:
    return [found for template in tenant.behind_doors for found in _all(template, kind)]


def _apis(tenant: Tenant) -> dict[str, dict[str, Any]]:
    return {
        api["EndpointConfiguration"]["Types"][0]: api
        for api in _at_doors(tenant, "AWS::ApiGateway::RestApi")
    }


def _denied(api: dict[str, Any]) -> list[Any]:
    return [s["Condition"] for s in api["Policy"]["Statement"] if s["Effect"] == "Deny"]


def test_each_door_refuses_who_comes_another_way(tenants: dict[str, Tenant]) -> None:
    apis = _apis(tenants["232386-sample"])
    assert apis.keys() == {"REGIONAL", "PRIVATE"}
    assert _denied(apis["REGIONAL"]) == [
        {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.32/28"]}}
    ]
    assert _denied(apis["PRIVATE"]) == [
        {"StringNotEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d4e5f60718"]}}
    ]
    assert apis["PRIVATE"]["EndpointConfiguration"]["VpcEndpointIds"] == ["vpce-0a1b2c3d4e5f60718"]
    assert _apis(tenants["closed"]).keys() == {"PRIVATE"}
    assert _apis(tenants["122041-demo"]).keys() == {"REGIONAL"}
    assert len(_all(tenants["waf"].app, "AWS::WAFv2::WebACLAssociation")) == 1


def _operations(tenant: Tenant) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """Every route of every door, with what the gateway is told of it."""
    return [
        ((method.upper(), path), operation)
        for api in _at_doors(tenant, "AWS::ApiGateway::RestApi")
        for path, methods in api["Body"]["paths"].items()
        for method, operation in methods.items()
    ]


def test_all_but_sign_in_and_the_user_interface_needs_a_token(tenants: dict[str, Tenant]) -> None:
    public = {(route.method, route.path) for route in ROUTES if route.public}
    for tenant in tenants.values():
        doors = _at_doors(tenant, "AWS::ApiGateway::RestApi")
        operations = _operations(tenant)
        assert len(operations) == len(doors) * len(ROUTES)
        assert {route for route, about in operations if not about["security"]} == public
        guarded = [about for route, about in operations if route not in public]
        assert all(about["security"] == [{"staff": []}] for about in guarded)
        for door in doors:
            scheme = door["Body"]["components"]["securitySchemes"]["staff"]
            authorizer = scheme["x-amazon-apigateway-authorizer"]
            assert scheme["x-amazon-apigateway-authtype"] == authorizer["type"]
            assert authorizer["type"] == "cognito_user_pools"
            assert len(authorizer["providerARNs"]) == 1
            assert authorizer["authorizerResultTtlInSeconds"] == 0
            assert door["Mode"] == "overwrite" and door["FailOnWarnings"] is True


def test_the_gateway_may_call_the_functions_behind_it_and_no_other_may(production: Tenant) -> None:
    for template in production.behind_doors:
        allowed = _all(template, "AWS::Lambda::Permission")
        by_door = [p for p in allowed if p["Principal"] == "apigateway.amazonaws.com"]
        assert len(by_door) == 2
        assert all("execute-api" in json.dumps(p["SourceArn"]) for p in by_door)


def test_sign_in_has_its_own_throttle(production: Tenant) -> None:
    for stage in _at_doors(production, "AWS::ApiGateway::Stage"):
        settings = {(s["HttpMethod"], s["ResourcePath"]): s for s in stage["MethodSettings"]}
        sign_in = settings["POST", "/~1auth~1sign-in"]
        assert sign_in["ThrottlingRateLimit"] < settings["*", "/*"]["ThrottlingRateLimit"] == 20


def test_the_access_log_holds_ids_only(production: Tenant) -> None:
    for stage in _at_doors(production, "AWS::ApiGateway::Stage"):
        written = set(json.loads(stage["AccessLogSetting"]["Format"]).values())
        assert written == {
            "$context.requestId",
            "$context.apiId",
            "$context.resourcePath",
            "$context.httpMethod",
            "$context.status",
            "$context.responseLatency",
            "$context.responseLength",
        }
        assert "PRIVATE_PATH" not in written


def test_the_gateways_own_answers_are_problem_details(production: Tenant) -> None:
    responses = _at_doors(production, "AWS::ApiGateway::GatewayResponse")
    assert len(responses) == 2 * len(GATEWAY_PROBLEMS)
    for response in responses:
        body = json.loads(response["ResponseTemplates"]["application/json"])
        assert body["type"].startswith("urn:soudan:problem:")
        assert re.search(r"[ぁ-ん]", body["detail"])
        headers = response["ResponseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        if "StatusCode" in response:
            assert body["status"] == int(response["StatusCode"])


def test_one_permission_serves_the_whole_api(production: Tenant) -> None:
    """A permission per method outgrows Lambda's 20 KB policy at about 60 methods."""
    permissions = _at_doors(production, "AWS::Lambda::Permission")
    invoked_by = [permission["Principal"] for permission in permissions]
    # Two doors, and two functions behind each.
    assert invoked_by.count("apigateway.amazonaws.com") == 2 * 2
    assert invoked_by.count("events.amazonaws.com") == 1


# --- files ---------------------------------------------------------------------------------------


def _statements_of(tenant: Tenant, role: str) -> dict[str, dict[str, Any]]:
    (found,) = (r for r in _all(tenant.app, "AWS::IAM::Role") if r["RoleName"].endswith(role))
    return {
        statement["Sid"]: statement
        for policy in found["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    }


def _files_bucket(tenant: Tenant) -> dict[str, Any]:
    (bucket,) = (b for b in _all(tenant.data, "AWS::S3::Bucket") if "-files-" in b["BucketName"])
    return bucket


def test_only_bytes_of_files_are_binary_at_the_door(tenants: dict[str, Tenant]) -> None:
    """With `*/*` the gateway would turn JSON into base64."""
    for tenant in tenants.values():
        for api in _at_doors(tenant, "AWS::ApiGateway::RestApi"):
            assert api["BinaryMediaTypes"] == ["application/octet-stream"]


def test_the_api_reaches_files_and_quarantine_and_nothing_else_in_the_bucket(
    tenants: dict[str, Tenant],
) -> None:
    for tenant in tenants.values():
        bucket = _files_bucket(tenant)["BucketName"]
        statements = _statements_of(tenant, "-api")
        objects, listed = statements["FilesOfCases"], statements["ListFilesOfACase"]
        prefixes = [f"arn:aws:s3:::{bucket}/{name}/*" for name in ("files", "quarantine")]
        assert objects["Resource"] == prefixes
        assert set(objects["Action"]) == {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}
        assert (listed["Action"], listed["Resource"]) == ("s3:ListBucket", f"arn:aws:s3:::{bucket}")
        assert listed["Condition"] == {"StringLike": {"s3:prefix": ["files/*", "quarantine/*"]}}
        # No other statement names a bucket: exports and seals are not the API's.
        others = [s for sid, s in statements.items() if sid not in (objects["Sid"], listed["Sid"])]
        assert "arn:aws:s3" not in json.dumps(others)
        through = statements["KeyThroughS3"]
        assert set(through["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
        region = tenant.manifest.region
        assert through["Condition"]["StringEquals"] == {
            "kms:ViaService": f"s3.{region}.amazonaws.com"
        }


def test_functions_with_files_and_nobody_else_use_the_key_through_s3(production: Tenant) -> None:
    statement = _key_statements(production)["FunctionsThroughS3"]
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert statement["Condition"]["ArnEquals"]["aws:PrincipalArn"] == [
        f"arn:aws:iam::232386000001:role/soudan-232386-production-{name}"
        for name in ("api", "jobs", "exchange")
    ]


def test_quarantine_expires_and_files_do_not(production: Tenant) -> None:
    rules = {
        rule["Id"]: rule for rule in _files_bucket(production)["LifecycleConfiguration"]["Rules"]
    }
    quarantine = rules["quarantine"]
    assert quarantine["Prefix"] == "quarantine/"
    assert quarantine["ExpirationInDays"] == 1
    assert quarantine["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    # Whatever expires is named by its prefix, and no prefix is that of the files.
    expiring = [rule for rule in rules.values() if "ExpirationInDays" in rule]
    assert sorted(rule["Prefix"] for rule in expiring) == ["exports/", "imports/", "quarantine/"]


def test_a_scanner_is_called_where_the_manifest_names_one(tenants: dict[str, Tenant]) -> None:
    for name, tenant in tenants.items():
        statements = _statements_of(tenant, "-api")
        (api,) = (
            f
            for f in _all(tenant.app, "AWS::Lambda::Function")
            if f["FunctionName"].endswith("-api")
        )
        variables = api["Environment"]["Variables"]
        if name == "waf":
            assert statements["ScanFiles"]["Action"] == "lambda:InvokeFunction"
            assert statements["ScanFiles"]["Resource"] == variables["SOUDAN_SCANNER"] == SCANNER
        else:
            assert "ScanFiles" not in statements
            assert "SOUDAN_SCANNER" not in variables


def test_counts_are_sent_where_the_manifest_names_a_sender(tenants: dict[str, Tenant]) -> None:
    for name, tenant in tenants.items():
        jobs = _statements_of(tenant, "-jobs")
        rules = {r["Name"]: r for r in _all(tenant.app, "AWS::Events::Rule") if "Name" in r}
        morning = [rule for name, rule in rules.items() if name.endswith("-digest")]
        functions = {f["FunctionName"]: f for f in _all(tenant.app, "AWS::Lambda::Function")}
        told = [f["Environment"]["Variables"] for f in functions.values()]
        if name == "waf":
            send = jobs["SendCounts"]
            assert send["Action"] == "ses:SendEmail"
            assert send["Resource"].endswith(":identity/example.jp")
            assert send["Condition"] == {"StringEquals": {"ses:FromAddress": SENDER}}
            assert morning[0]["ScheduleExpression"] == "cron(30 22 ? * SUN-THU *)"
            assert any("SOUDAN_DIGEST" in variables for variables in told)
        else:
            assert not any("DIGEST" in key for variables in told for key in variables)
            assert (morning, "SendCounts" in jobs) == ([], False)


# --- functions and alarms ------------------------------------------------------------------------


def test_functions_are_arm64_on_python_3_14_with_their_settings(production: Tenant) -> None:
    functions = {f["FunctionName"]: f for f in _all(production.app, "AWS::Lambda::Function")}
    assert len(functions) == len(FUNCTIONS)
    for function in functions.values():
        assert function["Architectures"] == ["arm64"]
        assert function["Runtime"] == "python3.14"
        reserved = {"AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "_HANDLER", "TZ"}
        assert not reserved & function["Environment"]["Variables"].keys()
    api = functions["soudan-232386-production-api"]
    assert api["Timeout"] < 29
    assert "SOUDAN_SEALS_BUCKET" not in api["Environment"]["Variables"]


def test_papers_are_printed_by_a_function_of_their_own(production: Tenant) -> None:
    methods = [
        about["x-amazon-apigateway-integration"]["uri"]
        for (method, _), about in _operations(production)
        if method == "GET" and about["security"]
    ]
    # By its name from the door's own stack, by reference beside it.
    own = ("FunctionsPapers", "function:soudan-232386-production-papers")
    printing = [uri for uri in methods if any(name in json.dumps(uri) for name in own)]
    assert len(printing) == 2
    assert len(methods) > len(printing)
    functions = {f["FunctionName"]: f for f in _all(production.app, "AWS::Lambda::Function")}
    papers = functions["soudan-232386-production-papers"]
    assert papers["Timeout"] < 29
    assert papers["Handler"] == "lambdas.papers.app.app"


def test_each_alarm_names_tenant_and_runbook(tenants: dict[str, Tenant]) -> None:
    """And the heading that it names is there. A text holds neither ARN nor who did something."""
    guide = (ROOT / "docs" / "operations" / "runbooks.md").read_text("utf-8")
    headings = set(re.findall(r"^## (.+)$", guide, re.MULTILINE))
    for tenant in tenants.values():
        manifest = tenant.manifest
        texts = [a["AlarmDescription"] for a in _all(tenant.app, "AWS::CloudWatch::Alarm")]
        for rule in _all(tenant.app, "AWS::Events::Rule"):
            for target in rule["Targets"]:
                if "InputTransformer" in target:
                    texts.append(target["InputTransformer"]["InputTemplate"])
                    assert set(target["InputTransformer"]["InputPathsMap"].values()) == {
                        "$.detail.eventName", "$.time",
                    }  # fmt: skip
        assert len(texts) == 3
        for text in texts:
            assert f"{manifest.municipality}({manifest.lg_code} {manifest.environment})" in text
            (named,) = re.findall(r"docs/operations/runbooks\.md#([^\s(\"]+)", text)
            assert named in headings


def test_alarms_look_at_as_few_metrics_as_they_can(tenants: dict[str, Tenant]) -> None:
    """Each metric of an alarm is billed."""
    for name, metrics in (("122041-demo", 2), ("232386-sample", 3)):
        alarms = _all(tenants[name].app, "AWS::CloudWatch::Alarm")
        assert len(alarms) == 2
        looked_at = sum(
            1 if "MetricName" in alarm else sum("MetricStat" in m for m in alarm["Metrics"])
            for alarm in alarms
        )
        assert looked_at == metrics


def test_who_turns_off_the_key_is_told_over_a_topic_that_does_not_need_it(
    production: Tenant,
) -> None:
    (rule,) = (r for r in _all(production.app, "AWS::Events::Rule") if "EventPattern" in r)
    assert rule["EventPattern"]["detail"]["eventName"] == ["DisableKey", "ScheduleKeyDeletion"]
    assert "KmsMasterKeyId" not in _one(production.app, "AWS::SNS::Topic")


@pytest.mark.parametrize("value", ["operation@example.jp"])
def test_no_address_is_in_a_tag_or_an_identifier(value: str, production: Tenant) -> None:
    template = json.loads(Path(production.app_file).read_text("utf-8"))
    for logical_id, resource in template["Resources"].items():
        assert "operation" not in logical_id.lower()
        assert value not in json.dumps(resource["Properties"].get("Tags", []))
