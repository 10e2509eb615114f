"""The tenant's own key: every table, bucket and log group of the tenant lies under it."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.manifest import EmergencyAccess
from infra.names import EMERGENCY, FUNCTIONS, Names

# All a caller does with a key through DynamoDB or S3, written out: no wildcard action anywhere.
USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
# What seals and opens the confidential compartment and drafts, straight with the key.
SEAL = ("kms:Decrypt", "kms:GenerateDataKey")
# What opens data keys for the municipality's own key, and takes in those of another tenant.
MOVE = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext")
# Administration leaves out USE and CreateGrant: who runs the account does not read the records.
ADMINISTER = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)


class TenantKey(Construct):
    """Customer key with rotation; `rotation_days` decides its price (one dollar per rotation)."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        rotation_days: int,
        emergency: EmergencyAccess | None,
    ) -> None:
        super().__init__(scope, id)
        self.key = kms.Key(
            self,
            "Key",
            alias=names.key_alias.removeprefix("alias/"),
            description=f"{names.prefix}: records, audit, files, seals and logs",
            enable_key_rotation=True,
            rotation_period=Duration.days(rotation_days),
            pending_window=Duration.days(30),
            removal_policy=RemovalPolicy.RETAIN,
            policy=_policy(names, emergency),
        )


# The function that prints opens no file.
WITH_FILES = ("api", "jobs", "exchange")


def _policy(names: Names, emergency: EmergencyAccess | None) -> iam.PolicyDocument:
    account = iam.AccountPrincipal(names.account)
    dynamodb = f"dynamodb.{names.region}.amazonaws.com"
    s3 = f"s3.{names.region}.amazonaws.com"
    reading = [_emergency(names, emergency, dynamodb)] if emergency else []
    return iam.PolicyDocument(
        statements=[
            _statement("AccountAdministersWithoutReading", account, ADMINISTER),
            # Roles are named by condition, not as principals: KMS refuses a policy that names a
            # role which does not exist yet, and the functions come with the second stack.
            _statement(
                "FunctionsThroughDynamoDB",
                account,
                USE,
                {
                    "ArnEquals": {"aws:PrincipalArn": [names.role_arn(f) for f in FUNCTIONS]},
                    "StringEquals": {"kms:ViaService": dynamodb},
                },
            ),
            _statement(
                "FunctionsThroughS3",
                account,
                ("kms:Decrypt", "kms:GenerateDataKey"),
                {
                    "ArnEquals": {"aws:PrincipalArn": [names.role_arn(f) for f in WITH_FILES]},
                    "StringEquals": {"kms:ViaService": s3},
                },
            ),
            # Not through a service: the API alone, and only for data keys bound to this purpose.
            _statement(
                "ApiSealsTheCompartment",
                account,
                SEAL,
                {
                    "ArnEquals": {"aws:PrincipalArn": names.role_arn("api")},
                    "StringEquals": sealed_context(names, "sealed", "draft"),
                },
            ),
            # A bundle for another vendor: what was sealed leaves under the municipality's key.
            _statement(
                "ExchangeMovesTheCompartment",
                account,
                MOVE,
                {
                    "ArnEquals": {"aws:PrincipalArn": names.role_arn("exchange")},
                    "StringEquals": sealed_context(names, "sealed"),
                },
            ),
            *reading,
            # DynamoDB takes its grant on the key from whoever creates the table.
            _statement(
                "DeploymentCreatesTables",
                account,
                (*USE, "kms:CreateGrant"),
                {
                    "ArnEquals": {"aws:PrincipalArn": names.deployment_role_arn},
                    "StringEquals": {"kms:ViaService": dynamodb},
                },
            ),
            # And from whoever restores one: the tenant's own function, never a person.
            _statement(
                "ExchangeRestoresTables",
                account,
                ("kms:CreateGrant",),
                {
                    "ArnEquals": {"aws:PrincipalArn": names.role_arn("exchange")},
                    "StringEquals": {"kms:ViaService": dynamodb},
                    "Bool": {"kms:GrantIsForAWSResource": "true"},
                },
            ),
            # The CDK adds nothing for CloudWatch Logs; without this the log groups do not deploy.
            _statement(
                "LogsOfThisTenant",
                iam.ServicePrincipal(f"logs.{names.region}.amazonaws.com"),
                USE,
                {
                    "ArnEquals": {
                        "kms:EncryptionContext:aws:logs:arn": [
                            names.log_group_arn(group)
                            for group in (
                                names.access_log_group,
                                *(names.function_log_group(f) for f in FUNCTIONS),
                            )
                        ]
                    }
                },
            ),
        ]
    )


def _emergency(names: Names, emergency: EmergencyAccess, dynamodb: str) -> iam.PolicyStatement:
    """Tables alone, until the approval ends; no file, and nothing of the sealed compartment."""
    return _statement(
        "EmergencyReadsTables",
        iam.AccountPrincipal(names.account),
        ("kms:Decrypt", "kms:DescribeKey"),
        {
            "ArnEquals": {"aws:PrincipalArn": names.role_arn(EMERGENCY)},
            "StringEquals": {"kms:ViaService": dynamodb},
            "DateLessThan": {"aws:CurrentTime": emergency.closes_at},
        },
    )


def sealed_context(names: Names, *purposes: str) -> dict[str, str | list[str]]:
    """The condition on the encryption context of data keys: "sealed" of the confidential
    compartment, "draft" of what somebody has typed and not saved."""
    return {
        "kms:EncryptionContext:purpose": purposes[0] if len(purposes) == 1 else list(purposes),
        "kms:EncryptionContext:lgCode": names.lg_code,
    }


def _statement(
    sid: str,
    principal: iam.IPrincipal,
    actions: tuple[str, ...],
    conditions: Mapping[str, Mapping[str, str | list[str]]] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        principals=[principal],
        actions=list(actions),
        resources=["*"],
        conditions=conditions,
    )
