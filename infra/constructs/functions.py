"""The tenant's functions, each with its own role that names what it does, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.key import USE
from infra.constructs.tables import AUDIT_INDEX, RECORDS_INDEX
from infra.names import Names
from infra.policy.gates import acknowledge

MEMORY_MB = 1024
# Below API Gateway's 29 seconds, so that the function's own answer still reaches the browser.
API_SECONDS = 28
JOBS_SECONDS = 600
# 00:30 in Japan: the day to be sealed has just ended.
SEAL_HOUR_UTC, SEAL_MINUTE = "15", "30"
SEALS_PREFIX = "seals/"


@dataclass(frozen=True, kw_only=True)
class Stores:
    """What the functions work on, as values of the data stack."""

    key_arn: str
    user_pool_arn: str
    user_pool_id: str
    client_id: str


class TenantFunctions(Construct):
    """`api` answers requests; `jobs` seals the day before, every night."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        stores: Stores,
        environment: Mapping[str, str],
        api_code: lambda_.Code,
        jobs_code: lambda_.Code,
    ) -> None:
        super().__init__(scope, id)
        common = {
            **environment,
            "SOUDAN_RECORDS_TABLE": names.records_table,
            "SOUDAN_AUDIT_TABLE": names.audit_table,
        }
        self.api = self._function(
            "Api",
            "api",
            names=names,
            code=api_code,
            handler="lambdas.api.app.app",
            seconds=API_SECONDS,
            environment=common
            | {
                "SOUDAN_USER_POOL_ID": stores.user_pool_id,
                "SOUDAN_CLIENT_ID": stores.client_id,
            },
            statements=_api_statements(names, stores),
        )
        self.jobs = self._function(
            "Jobs",
            "jobs",
            names=names,
            code=jobs_code,
            handler="lambdas.jobs.handler.handle",
            seconds=JOBS_SECONDS,
            environment=common | {"SOUDAN_SEALS_BUCKET": names.seals_bucket},
            statements=_jobs_statements(names, stores),
            wildcards={
                f"{names.bucket_arn(names.seals_bucket)}/{SEALS_PREFIX}*": "One object per day, "
                "under this prefix only."
            },
        )
        nightly = events.Rule(
            self,
            "SealEveryNight",
            rule_name=f"{names.prefix}-seal",
            schedule=events.Schedule.cron(hour=SEAL_HOUR_UTC, minute=SEAL_MINUTE),
            targets=[
                targets.LambdaFunction(
                    self.jobs, event=events.RuleTargetInput.from_object({"task": "seal"})
                )
            ],
        )
        acknowledge(
            nightly,
            {
                "Serverless-EventBusDLQ": "The rule fires again the next night, and the job seals "
                "every day that has no seal yet."
            },
        )

    def _function(
        self,
        id: str,
        concern: str,
        *,
        names: Names,
        code: lambda_.Code,
        handler: str,
        seconds: int,
        environment: dict[str, str],
        statements: list[iam.PolicyStatement],
        wildcards: Mapping[str, str] = MappingProxyType({}),
    ) -> lambda_.Function:
        log_group = names.function_log_group(concern)
        role = iam.Role(
            self,
            f"{id}Role",
            role_name=names.function(concern),
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            # Instead of AWS's managed policy, which may write to every log group of the account.
            inline_policies={
                "work": iam.PolicyDocument(
                    statements=[
                        *statements,
                        _allow(
                            "WriteOwnLog",
                            ["logs:CreateLogStream", "logs:PutLogEvents"],
                            [f"{names.log_group_arn(log_group)}:*"],
                        ),
                    ]
                )
            },
        )
        function = lambda_.Function(
            self,
            id,
            function_name=names.function(concern),
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=code,
            handler=handler,
            memory_size=MEMORY_MB,
            timeout=Duration.seconds(seconds),
            # Immutable: the L2 would otherwise add grants of its own making.
            role=role.without_policy_updates(),
            log_group=logs.LogGroup.from_log_group_name(self, f"{id}Log", log_group),
            environment=environment,
        )
        own_streams = {
            f"{names.log_group_arn(log_group)}:*": "The log streams of the function's own group; "
            "their names are made at run time."
        }
        acknowledge(
            role,
            {
                f"AwsSolutions-IAM5[Resource::{resource}]": reason
                for resource, reason in {**own_streams, **wildcards}.items()
            },
        )
        acknowledge(
            function,
            {
                "Serverless-LambdaDLQ": "Requests are answered in place, and a night that was not "
                "sealed is sealed by the next; its failure raises the alarm jobs-errors.",
                "Serverless-LambdaTracing": "Traces would hold paths with case numbers; route and "
                "latency stand in the access log.",
            },
        )
        return function


def _api_statements(names: Names, stores: Stores) -> list[iam.PolicyStatement]:
    records = names.table_arn(names.records_table)
    return [
        _allow(
            "Records",
            [
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            [records],
        ),
        _allow("ListsOfAnAgency", ["dynamodb:Query"], [f"{records}/index/{RECORDS_INDEX}"]),
        # The log of who saw and changed what only grows: no update, no deletion.
        _allow(
            "AuditGrows",
            ["dynamodb:PutItem", "dynamodb:Query"],
            [names.table_arn(names.audit_table)],
        ),
        _allow(
            "StaffSignIn",
            [
                "cognito-idp:AdminGetUser",
                "cognito-idp:AdminInitiateAuth",
                "cognito-idp:AdminRespondToAuthChallenge",
                "cognito-idp:AdminSetUserMFAPreference",
                "cognito-idp:AdminCreateUser",
                "cognito-idp:AdminDeleteUser",
            ],
            [stores.user_pool_arn],
        ),
        _key_through("dynamodb", list(USE), names, stores),
    ]


def _jobs_statements(names: Names, stores: Stores) -> list[iam.PolicyStatement]:
    records, audit = names.table_arn(names.records_table), names.table_arn(names.audit_table)
    seals = names.bucket_arn(names.seals_bucket)
    return [
        _allow("ReadTheDay", ["dynamodb:Query"], [f"{audit}/index/{AUDIT_INDEX}"]),
        # The verification reads both tables whole, on demand.
        _allow("VerifyTheTrail", ["dynamodb:Scan"], [records, audit]),
        # The registers of a new tenant, and an event for each entry.
        _allow("Register", ["dynamodb:Query", "dynamodb:PutItem"], [records]),
        _allow("FindStaff", ["dynamodb:Query"], [f"{records}/index/{RECORDS_INDEX}"]),
        _allow("RecordRegistration", ["dynamodb:PutItem"], [audit]),
        _allow("SealTheDay", ["s3:GetObject", "s3:PutObject"], [f"{seals}/{SEALS_PREFIX}*"]),
        _allow(
            "FindTheLastSeal",
            ["s3:ListBucket"],
            [seals],
            {"StringLike": {"s3:prefix": f"{SEALS_PREFIX}*"}},
        ),
        _key_through("dynamodb", list(USE), names, stores),
        _key_through("s3", ["kms:Decrypt", "kms:GenerateDataKey"], names, stores),
    ]


def _key_through(
    service: str, actions: list[str], names: Names, stores: Stores
) -> iam.PolicyStatement:
    return _allow(
        f"KeyThrough{service.capitalize()}",
        actions,
        [stores.key_arn],
        {"StringEquals": {"kms:ViaService": f"{service}.{names.region}.amazonaws.com"}},
    )


def _allow(
    sid: str,
    actions: list[str],
    resources: list[str],
    conditions: dict[str, dict[str, str]] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources, conditions=conditions)
