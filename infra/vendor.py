"""The vendor's own small stack: the registry of its tenants, its signing key, its dashboard.

One per vendor, in an account that holds no tenant's records. Tenants never write to it; the
command line does, with the operator's credentials.
"""

from __future__ import annotations

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.tags import tag_everything
from infra.names import PITR_DAYS, Vendor


class VendorStack(Stack):
    """Table `registry` (pk, sk), key `signing` (ECC P-256), dashboard of all tenants' alarms."""

    def __init__(self, scope: Construct, *, vendor: Vendor) -> None:
        super().__init__(
            scope,
            vendor.stack,
            stack_name=vendor.stack,
            env=Environment(account=vendor.account, region=vendor.region),
            description=f"Soudan vendor {vendor.vendor}: registry, signing key, dashboard",
            analytics_reporting=False,
        )
        dynamodb.Table(
            self,
            "Registry",
            table_name=vendor.registry,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True, recovery_period_in_days=PITR_DAYS
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        kms.Key(
            self,
            "Signing",
            alias=vendor.signing_key.removeprefix("alias/"),
            description=f"{vendor.vendor}: signs manifests of bundles and evidence",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self._dashboard(vendor)
        CfnOutput(self, "RegistryTable", value=vendor.registry)
        CfnOutput(self, "SigningKey", value=vendor.signing_key)
        tag_everything(self, {"vendor": vendor.vendor, "system": "soudan"})

    def _dashboard(self, vendor: Vendor) -> None:
        """By search, not by tenant: a new tenant is on it without a change, and one dashboard is
        paid for however many there are."""

        def found(title: str, search: str, statistic: str) -> cloudwatch.GraphWidget:
            expression = f"SEARCH('{search}', '{statistic}', 300)"
            return cloudwatch.GraphWidget(
                title=title,
                width=12,
                left=[cloudwatch.MathExpression(expression=expression, label="")],
            )

        api = '{AWS/ApiGateway,ApiName,Stage} ApiName="soudan-"'
        functions = '{AWS/Lambda,FunctionName} FunctionName="soudan-"'
        tables = '{AWS/DynamoDB,TableName} TableName="soudan-"'
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"soudan-vendor-{vendor.vendor}",
            widgets=[
                [
                    found("5xx", f'{api} MetricName="5XXError"', "Sum"),
                    found("Latency", f'{api} MetricName="Latency"', "p95"),
                ],
                [
                    found("Errors", f'{functions} MetricName="Errors"', "Sum"),
                    found("Throttles", f'{tables} MetricName="ThrottledRequests"', "Sum"),
                ],
            ],
        )
