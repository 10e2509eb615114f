"""The two tables. Records change under conditions; the audit table only grows."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.names import PITR_DAYS, TTL_ATTRIBUTE, Names

RECORDS_INDEX = "byAgency"
AUDIT_INDEX = "byDay"


class TenantTables(Construct):
    """`records` (pk, sk; index byAgency) and `audit` (pk, sk; index byDay with the hashes)."""

    def __init__(self, scope: Construct, id: str, *, names: Names, key: kms.IKey) -> None:
        super().__init__(scope, id)
        self.records = self._table("Records", names.records_table, key, ttl=TTL_ATTRIBUTE)
        self.records.add_global_secondary_index(
            index_name=RECORDS_INDEX,
            partition_key=_text("agencyKey"),
            sort_key=_text("listKey"),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        # Written once, read when somebody asks, kept for years: storage at two fifths of the price
        # for writes a quarter dearer (docs/decisions/0021-costs.md).
        self.audit = self._table(
            "Audit",
            names.audit_table,
            key,
            table_class=dynamodb.TableClass.STANDARD_INFREQUENT_ACCESS,
        )
        self.audit.add_global_secondary_index(
            index_name=AUDIT_INDEX,
            partition_key=_text("day"),
            sort_key=_text("dayKey"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["hash"],
        )

    def _table(
        self,
        id: str,
        name: str,
        key: kms.IKey,
        *,
        ttl: str | None = None,
        table_class: dynamodb.TableClass | None = None,
    ) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            id,
            table_name=name,
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            table_class=table_class,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True, recovery_period_in_days=PITR_DAYS
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
            time_to_live_attribute=ttl,
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
