"""A door: one REST API in front of the tenant's functions, for the Internet or a closed network."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aws_cdk import Size, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.constructs.gateway_responses import GATEWAY_PROBLEMS
from infra.manifest import InternetDoor, PrivateDoor
from infra.names import STAGE_NAME, Names
from infra.policy.gates import acknowledge
from infra.routes import Routes, under

# Sign-in is where passwords are guessed: a few per second are enough for a whole town hall.
SIGN_IN_PREFIX = "/auth/"
SIGN_IN_RATE, SIGN_IN_BURST = 5, 10
COMPRESS_FROM_BYTES = 1024
# Parts of files, both ways; any other type stays text (`*/*` would turn JSON into base64).
CONTENT_MEDIA_TYPE = "application/octet-stream"
# The name of the security scheme: a token of the tenant's own pool.
STAFF = "staff"
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
# Which route, how it went and how long: no address, no token, no person.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "apiId": "$context.apiId",
    "route": "$context.resourcePath",
    "method": "$context.httpMethod",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "bytes": "$context.responseLength",
}


class TenantApi(Construct):
    """REST API from one OpenAPI document with every route; its resource policy is the door's.

    A resource and a method per route would be some 200 resources and two thirds of the time that a
    tenant's synthesis takes (docs/decisions/0024).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        door: InternetDoor | PrivateDoor,
        routes: Routes,
        functions: Mapping[str, lambda_.IFunction],
        user_pool_arn: str,
        rate: int,
        burst: int,
    ) -> None:
        super().__init__(scope, id)
        private = isinstance(door, PrivateDoor)
        self.name = names.api("Private" if private else "Internet")
        self.api = apigateway.SpecRestApi(
            self,
            "Api",
            rest_api_name=self.name,
            api_definition=apigateway.ApiDefinition.from_inline(
                _document(self.name, routes, functions, user_pool_arn)
            ),
            # What the document no longer names is gone, as with resources of its own.
            mode=apigateway.RestApiMode.OVERWRITE,
            fail_on_warnings=True,
            policy=_policy(door),
            endpoint_configuration=_endpoint(self, door),
            # The role that lets gateways log belongs to the account: tenants would fight over it.
            cloud_watch_role=False,
            binary_media_types=[CONTENT_MEDIA_TYPE],
            min_compression_size=Size.bytes(COMPRESS_FROM_BYTES),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE_NAME,
                throttling_rate_limit=rate,
                throttling_burst_limit=burst,
                method_options={
                    f"{route.path}/{route.method}": apigateway.MethodDeploymentOptions(
                        throttling_rate_limit=SIGN_IN_RATE, throttling_burst_limit=SIGN_IN_BURST
                    )
                    for route in under(routes, SIGN_IN_PREFIX)
                },
                access_log_destination=apigateway.LogGroupLogDestination(
                    logs.LogGroup.from_log_group_name(self, "AccessLog", names.access_log_group)
                ),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
                # Execution logs hold headers and bodies: never.
                logging_level=apigateway.MethodLoggingLevel.OFF,
                data_trace_enabled=False,
            ),
        )
        acknowledge(
            self.api,
            {
                "AwsSolutions-APIG2": "Every body is checked in the function against the schema "
                "version it names, with messages the staff understand.",
                "AwsSolutions-APIG6": "Execution logs hold headers and bodies; the access log has "
                "ids only.",
                "Serverless-APIGWXrayEnabled": "Traces would hold paths with case numbers; route "
                "and latency stand in the access log.",
            }
            | (
                {}
                if isinstance(door, InternetDoor) and door.waf != "none"
                else {
                    "AwsSolutions-APIG3": "A web ACL costs more than the rest of a small tenant "
                    "together; the door admits named networks only, or the manifest asks for one."
                }
            ),
        )
        # The L2's own output would say the address a second time.
        self.api.node.try_remove_child("Endpoint")
        # One permission for the whole API: one per method would outgrow the function's policy.
        for function in functions.values():
            function.add_permission(
                f"{self.name}-door",
                principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
                source_arn=self.api.arn_for_execute_api(),
            )
        self._add_problems()
        if isinstance(door, InternetDoor) and door.waf != "none":
            self._add_waf(names, door.waf)

    def _add_problems(self) -> None:
        for problem in GATEWAY_PROBLEMS:
            self.api.add_gateway_response(
                problem.kind.replace("_", " ").title().replace(" ", ""),
                type=apigateway.ResponseType.of(problem.kind),
                status_code=None if problem.status is None else str(problem.status),
                response_headers=problem.headers,
                # The key must be this type, whatever the header then says.
                templates={"application/json": problem.body},
            )

    def _add_waf(self, names: Names, waf: str) -> None:
        arn = waf if waf.startswith("arn:") else _own_web_acl(self, names).attr_arn
        wafv2.CfnWebACLAssociation(
            self,
            "WafAssociation",
            resource_arn=self.api.deployment_stage.stage_arn,
            web_acl_arn=arn,
        )


def _document(
    name: str, routes: Routes, functions: Mapping[str, lambda_.IFunction], user_pool_arn: str
) -> dict[str, Any]:
    """The routes in API Gateway's OpenAPI dialect: who answers, and who must show a token."""
    stack = Stack.of(next(iter(functions.values())))
    integrations = {
        concern: {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": stack.format_arn(
                service="apigateway",
                account="lambda",
                resource="path/2015-03-31/functions",
                resource_name=f"{function.function_arn}/invocations",
            ),
        }
        for concern, function in functions.items()
    }
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for route in routes:
        named = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _PATH_PARAMETER.findall(route.path)
        ]
        paths[route.path][route.method.lower()] = {
            **({"parameters": named} if named else {}),
            "responses": {},
            "security": [] if route.public else [{STAFF: []}],
            "x-amazon-apigateway-integration": integrations[route.function],
        }
    return {
        "openapi": "3.0.1",
        "info": {"title": name, "version": "1"},
        "paths": paths,
        "components": {
            "securitySchemes": {
                STAFF: {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authtype": "cognito_user_pools",
                    "x-amazon-apigateway-authorizer": {
                        "type": "cognito_user_pools",
                        "providerARNs": [user_pool_arn],
                        # An expired token is expired at once, not when a cache lets go of it.
                        "authorizerResultTtlInSeconds": 0,
                    },
                }
            }
        },
    }


def _endpoint(
    scope: Construct, door: InternetDoor | PrivateDoor
) -> apigateway.EndpointConfiguration:
    if isinstance(door, InternetDoor):
        return apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL])
    return apigateway.EndpointConfiguration(
        types=[apigateway.EndpointType.PRIVATE],
        vpc_endpoints=[
            ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
                scope, f"Endpoint{number}", vpc_endpoint_id=endpoint, port=443
            )
            for number, endpoint in enumerate(door.vpc_endpoint_ids)
        ],
    )


def _policy(door: InternetDoor | PrivateDoor) -> iam.PolicyDocument:
    """Whoever comes another way than the door's is denied, with a token or without."""
    statements = [_invoke(iam.Effect.ALLOW)]
    if isinstance(door, PrivateDoor):
        statements.append(
            _invoke(
                iam.Effect.DENY,
                {"StringNotEquals": {"aws:SourceVpce": list(door.vpc_endpoint_ids)}},
            )
        )
    elif door.allowed_cidrs:
        statements.append(
            _invoke(iam.Effect.DENY, {"NotIpAddress": {"aws:SourceIp": list(door.allowed_cidrs)}})
        )
    return iam.PolicyDocument(statements=statements)


def _invoke(
    effect: iam.Effect, conditions: dict[str, dict[str, list[str]]] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        effect=effect,
        principals=[iam.AnyPrincipal()],
        actions=["execute-api:Invoke"],
        resources=["execute-api:/*"],
        conditions=conditions,
    )


def _own_web_acl(scope: Construct, names: Names) -> wafv2.CfnWebACL:
    """Two rules: AWS's common rule set, and a limit per address. Seven dollars a month."""

    def visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
        return wafv2.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True,
            metric_name=f"{names.prefix}-{name}",
            # Samples would show what people typed.
            sampled_requests_enabled=False,
        )

    return wafv2.CfnWebACL(
        scope,
        "Waf",
        name=names.prefix,
        scope="REGIONAL",
        default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
        visibility_config=visible("waf"),
        rules=[
            wafv2.CfnWebACL.RuleProperty(
                name="common",
                priority=0,
                override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
                statement=wafv2.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                        vendor_name="AWS",
                        name="AWSManagedRulesCommonRuleSet",
                        rule_action_overrides=[
                            # It blocks bodies above 8 KB: a long consultation is longer.
                            wafv2.CfnWebACL.RuleActionOverrideProperty(
                                name="SizeRestrictions_BODY",
                                action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={}),
                            )
                        ],
                    )
                ),
                visibility_config=visible("common"),
            ),
            wafv2.CfnWebACL.RuleProperty(
                name="per-address",
                priority=1,
                action=wafv2.CfnWebACL.RuleActionProperty(block={}),
                statement=wafv2.CfnWebACL.StatementProperty(
                    rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                        aggregate_key_type="IP", limit=6000
                    )
                ),
                visibility_config=visible("per-address"),
            ),
        ],
    )
