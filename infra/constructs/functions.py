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

from infra.constructs.files import EXPORTS_PREFIX, IMPORTS_PREFIX, QUARANTINE_PREFIX
from infra.constructs.key import MOVE, SEAL, USE, sealed_context
from infra.constructs.tables import AUDIT_INDEX, RECORDS_INDEX
from infra.names import Names
from infra.policy.gates import acknowledge

MEMORY_MB = 1024
# Below API Gateway's 29 seconds, so that the function's own answer still reaches the browser.
API_SECONDS = 28
JOBS_SECONDS = 600
EXCHANGE_SECONDS = 900
# 00:30 in Japan: the day to be sealed has just ended.
SEAL_HOUR_UTC, SEAL_MINUTE = "15", "30"
# 07:30 in Japan, Monday to Friday there.
DIGEST_HOUR_UTC, DIGEST_MINUTE, DIGEST_DAYS_UTC = "22", "30", "SUN-THU"
SEALS_PREFIX = "seals/"
FILES_PREFIXES = ("files/", QUARANTINE_PREFIX)
EXCHANGE_PREFIXES = ("files/", EXPORTS_PREFIX, IMPORTS_PREFIX)


@dataclass(frozen=True, kw_only=True)
class Stores:
    """What the functions work on, as values of the data stack."""

    key_arn: str
    user_pool_arn: str
    user_pool_id: str
    client_id: str


class TenantFunctions(Construct):
    """`api` answers requests, `papers` those that print; `jobs` seals and meters the day before,
    every night; `exchange` writes the tenant out for another vendor or takes such a bundle in, when
    an operator asks."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        stores: Stores,
        environment: Mapping[str, str],
        scanner: str | None,
        digest_sender: str | None,
        api_code: lambda_.Code,
        jobs_code: lambda_.Code,
        papers_code: lambda_.Code,
        exchange_code: lambda_.Code,
    ) -> None:
        super().__init__(scope, id)
        common = {
            **environment,
            "SOUDAN_RECORDS_TABLE": names.records_table,
            "SOUDAN_AUDIT_TABLE": names.audit_table,
        }
        serving = common | {
            "SOUDAN_USER_POOL_ID": stores.user_pool_id,
            "SOUDAN_CLIENT_ID": stores.client_id,
            "SOUDAN_FILES_BUCKET": names.files_bucket,
            "SOUDAN_KEY_ARN": stores.key_arn,
        }
        self.api = self._function(
            "Api",
            "api",
            names=names,
            code=api_code,
            handler="lambdas.api.app.app",
            seconds=API_SECONDS,
            environment=serving
            | ({"SOUDAN_SCANNER": scanner} if scanner else {})
            | ({"SOUDAN_DIGEST": "on"} if digest_sender else {}),
            statements=_api_statements(names, stores, scanner),
            wildcards=dict.fromkeys(
                _files_arns(names, FILES_PREFIXES),
                "One object per file or part of one, under this prefix only.",
            ),
        )
        self.papers = self._function(
            "Papers",
            "papers",
            names=names,
            code=papers_code,
            handler="lambdas.papers.app.app",
            seconds=API_SECONDS,
            environment=serving,
            statements=_papers_statements(names, stores),
        )
        self.jobs = self._function(
            "Jobs",
            "jobs",
            names=names,
            code=jobs_code,
            handler="lambdas.jobs.handler.handle",
            seconds=JOBS_SECONDS,
            environment=common
            | {"SOUDAN_SEALS_BUCKET": names.seals_bucket}
            | ({"SOUDAN_DIGEST_SENDER": digest_sender} if digest_sender else {}),
            statements=[
                *_jobs_statements(names, stores),
                *(_digest_statements(names, digest_sender) if digest_sender else ()),
            ],
            wildcards={
                f"{names.bucket_arn(names.seals_bucket)}/{SEALS_PREFIX}*": "One object per day, "
                "under this prefix only."
            },
        )
        self.exchange = self._function(
            "Exchange",
            "exchange",
            names=names,
            code=exchange_code,
            handler="lambdas.exchange.handler.handle",
            seconds=EXCHANGE_SECONDS,
            environment=common
            | {
                "SOUDAN_FILES_BUCKET": names.files_bucket,
                "SOUDAN_SEALS_BUCKET": names.seals_bucket,
                "SOUDAN_KEY_ARN": stores.key_arn,
                "SOUDAN_RESTORED_RECORDS": names.restored.records_table,
                "SOUDAN_RESTORED_AUDIT": names.restored.audit_table,
            },
            statements=[*_exchange_statements(names, stores), *_restore_statements(names, stores)],
            wildcards=dict.fromkeys(
                [
                    *_files_arns(names, EXCHANGE_PREFIXES),
                    f"{names.bucket_arn(names.seals_bucket)}/{SEALS_PREFIX}*",
                ],
                "One object per file of the bundle, attached file or day, under this prefix only.",
            ),
        )
        nightly = events.Rule(
            self,
            "SealEveryNight",
            rule_name=f"{names.prefix}-seal",
            schedule=events.Schedule.cron(hour=SEAL_HOUR_UTC, minute=SEAL_MINUTE),
            targets=[
                targets.LambdaFunction(
                    self.jobs, event=events.RuleTargetInput.from_object({"task": task})
                )
                # Apart, so that neither keeps the other from its work.
                for task in ("seal", "meter")
            ],
        )
        if digest_sender:
            self._digest_every_morning(names)
        acknowledge(
            nightly,
            {
                "Serverless-EventBusDLQ": "The rule fires again the next night, and the job seals "
                "and meters every day that it missed."
            },
        )

    def _digest_every_morning(self, names: Names) -> None:
        morning = events.Rule(
            self,
            "DigestEveryMorning",
            rule_name=f"{names.prefix}-digest",
            schedule=events.Schedule.cron(
                hour=DIGEST_HOUR_UTC, minute=DIGEST_MINUTE, week_day=DIGEST_DAYS_UTC
            ),
            targets=[
                targets.LambdaFunction(
                    self.jobs,
                    event=events.RuleTargetInput.from_object({"task": "digest"}),
                    # A letter that did not go out today is not sent twice instead.
                    retry_attempts=0,
                )
            ],
        )
        acknowledge(
            morning,
            {"Serverless-EventBusDLQ": "The next morning's count takes the place of a lost one."},
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


def _files_arns(names: Names, prefixes: tuple[str, ...]) -> list[str]:
    return [f"{names.bucket_arn(names.files_bucket)}/{prefix}*" for prefix in prefixes]


def _api_statements(names: Names, stores: Stores, scanner: str | None) -> list[iam.PolicyStatement]:
    records = names.table_arn(names.records_table)
    # The municipality's scanner reads a file by a link; it is only called from here.
    scanning = [_allow("ScanFiles", ["lambda:InvokeFunction"], [scanner])] if scanner else []
    return [
        *scanning,
        _allow(
            "FilesOfCases",
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            _files_arns(names, FILES_PREFIXES),
        ),
        _allow(
            "ListFilesOfACase",
            ["s3:ListBucket"],
            [names.bucket_arn(names.files_bucket)],
            {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in FILES_PREFIXES]}},
        ),
        _key_through("s3", ["kms:Decrypt", "kms:GenerateDataKey"], names, stores),
        _allow(
            "Records",
            [
                "dynamodb:BatchGetItem",
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
            ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query"],
            [names.table_arn(names.audit_table)],
        ),
        # What a leak has touched is found day by day.
        _allow(
            "EventsOfADay",
            ["dynamodb:Query"],
            [f"{names.table_arn(names.audit_table)}/index/{AUDIT_INDEX}"],
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
        _allow(
            "SealTheCompartment",
            list(SEAL),
            [stores.key_arn],
            {"StringEquals": sealed_context(names, "sealed", "draft")},
        ),
    ]


def _papers_statements(names: Names, stores: Stores) -> list[iam.PolicyStatement]:
    """It reads, and writes nothing but the event that it has read."""
    records, audit = names.table_arn(names.records_table), names.table_arn(names.audit_table)
    return [
        _allow(
            "ReadRecords",
            ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
            [records],
        ),
        _allow("Registers", ["dynamodb:Query"], [f"{records}/index/{RECORDS_INDEX}"]),
        _allow("RecordTheReading", ["dynamodb:PutItem"], [audit]),
        _key_through("dynamodb", list(USE), names, stores),
    ]


def _jobs_statements(names: Names, stores: Stores) -> list[iam.PolicyStatement]:
    records, audit = names.table_arn(names.records_table), names.table_arn(names.audit_table)
    seals = names.bucket_arn(names.seals_bucket)
    return [
        _allow("ReadTheDay", ["dynamodb:Query"], [f"{audit}/index/{AUDIT_INDEX}"]),
        # Metering counts the day's events, and asks how much the tables hold.
        _allow("CountTheDay", ["dynamodb:BatchGetItem"], [audit]),
        _allow("SizeOfTables", ["dynamodb:DescribeTable"], [records, audit]),
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


def _digest_statements(names: Names, sender: str) -> list[iam.PolicyStatement]:
    domain = sender.rpartition("@")[2]
    return [
        _allow(
            "ReadWhatWaits",
            ["dynamodb:GetItem"],
            [names.table_arn(names.records_table)],
        ),
        _allow(
            "SendCounts",
            ["ses:SendEmail"],
            [f"arn:aws:ses:{names.region}:{names.account}:identity/{domain}"],
            {"StringEquals": {"ses:FromAddress": sender}},
        ),
    ]


def _exchange_statements(names: Names, stores: Stores) -> list[iam.PolicyStatement]:
    """It reads everything and adds what comes in; of the staff register alone it takes away."""
    records, audit = names.table_arn(names.records_table), names.table_arn(names.audit_table)
    files, seals = names.bucket_arn(names.files_bucket), names.bucket_arn(names.seals_bucket)
    return [
        _allow("ReadTables", ["dynamodb:GetItem", "dynamodb:Scan"], [records, audit]),
        _allow("FillTables", ["dynamodb:PutItem"], [records, audit]),
        # The staff register goes from numbers to the logins that are made here.
        _allow("ReadRegister", ["dynamodb:Query"], [records]),
        _allow(
            "MoveRegister",
            ["dynamodb:DeleteItem"],
            [records],
            {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "STAFF#*"}},
        ),
        _allow("Bundle", ["s3:GetObject", "s3:PutObject"], _files_arns(names, EXCHANGE_PREFIXES)),
        _allow("Seals", ["s3:GetObject", "s3:PutObject"], [f"{seals}/{SEALS_PREFIX}*"]),
        _allow("FindFiles", ["s3:ListBucket"], [files, seals]),
        _key_through("dynamodb", list(USE), names, stores),
        _key_through("s3", ["kms:Decrypt", "kms:GenerateDataKey"], names, stores),
        _allow(
            "MoveTheCompartment",
            list(MOVE),
            [stores.key_arn],
            {"StringEquals": sealed_context(names, "sealed")},
        ),
    ]


def _restore_statements(names: Names, stores: Stores) -> list[iam.PolicyStatement]:
    """Tables restored beside those in use, by the tenant's own function: DynamoDB asks of whoever
    restores a table that they may read it, so no person does."""
    sources = [names.table_arn(names.records_table), names.table_arn(names.audit_table)]
    beside = names.restored
    targets = [beside.table_arn(beside.records_table), beside.table_arn(beside.audit_table)]
    indexes = [f"{targets[0]}/index/{RECORDS_INDEX}", f"{targets[1]}/index/{AUDIT_INDEX}"]
    files = names.bucket_arn(names.files_bucket)
    return [
        _allow("RestoreTables", ["dynamodb:RestoreTableToPointInTime"], [*sources, *targets]),
        _allow(
            "LookAtTables",
            [
                "dynamodb:DescribeContinuousBackups",
                "dynamodb:DescribeTable",
                "dynamodb:DescribeTimeToLive",
                "dynamodb:ListTagsOfResource",
            ],
            [*sources, *targets],
        ),
        _allow(
            "FillAndAttachRestoredTables",
            [
                "dynamodb:BatchGetItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:DeleteItem",
                "dynamodb:DeleteTable",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:Scan",
                "dynamodb:TagResource",
                "dynamodb:UpdateContinuousBackups",
                "dynamodb:UpdateItem",
                "dynamodb:UpdateTable",
                "dynamodb:UpdateTimeToLive",
            ],
            targets,
        ),
        _allow("ReadRestoredIndexes", ["dynamodb:Query"], indexes),
        _allow("TakeOverTheLastEvents", ["dynamodb:Query"], [f"{sources[1]}/index/{AUDIT_INDEX}"]),
        # Files of a moment are versions; those of a case that is erased again go.
        _allow("VersionsOfFiles", ["s3:GetObjectVersion"], [f"{files}/files/*"]),
        _allow("FindVersions", ["s3:ListBucketVersions"], [files]),
        _allow(
            "EraseFilesAgain",
            ["s3:DeleteObject"],
            [f"{files}/files/*", f"{files}/{EXPORTS_PREFIX}restore.json"],
        ),
        # DynamoDB takes its grant on the key from whoever restores the table.
        _allow(
            "GrantTheKeyToRestoredTables",
            ["kms:CreateGrant"],
            [stores.key_arn],
            {"StringEquals": {"kms:ViaService": f"dynamodb.{names.region}.amazonaws.com"}},
        ),
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
    conditions: Mapping[str, Mapping[str, str | list[str]]] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources, conditions=conditions)
