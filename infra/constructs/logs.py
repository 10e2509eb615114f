"""Log groups of the functions and of the doors, under the tenant's key."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.names import FUNCTIONS, Names


class TenantLogs(Construct):
    """They stand in the data stack, so that replacing the app keeps them. `days`: retention."""

    def __init__(
        self, scope: Construct, id: str, *, names: Names, key: kms.IKey, days: int
    ) -> None:
        super().__init__(scope, id)
        groups = {"Access": names.access_log_group} | {
            function.capitalize(): names.function_log_group(function) for function in FUNCTIONS
        }
        for group_id, name in groups.items():
            logs.CfnLogGroup(
                self,
                group_id,
                log_group_name=name,
                retention_in_days=days,
                kms_key_id=key.key_arn,
            ).apply_removal_policy(RemovalPolicy.RETAIN)
