"""The role by which somebody of the vendor reads records in an emergency.

It exists only where the manifest holds the municipality's approval, closes by itself when that
ends, and each attempt to take it up is told to the municipality and the operator.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.tables import AUDIT_INDEX, RECORDS_INDEX
from infra.manifest import EmergencyAccess
from infra.names import EMERGENCY, Names
from infra.policy.gates import acknowledge

SESSION = Duration.hours(1)
_READ = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]


class EmergencyRole(Construct):
    """The role, and the rule and topic that tell of its use."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        access: EmergencyAccess,
        key_arn: str,
        operator_email: str,
    ) -> None:
        super().__init__(scope, id)
        role = iam.Role(
            self,
            "Role",
            role_name=names.function(EMERGENCY),
            # No text of a person: descriptions are read by whoever may list roles.
            description=f"Reads records until {access.until}; approved beforehand",
            max_session_duration=SESSION,
            assumed_by=iam.PrincipalWithConditions(
                iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in access.principals)),
                {
                    "Bool": {"aws:MultiFactorAuthPresent": "true"},
                    "DateLessThan": {"aws:CurrentTime": access.closes_at},
                    # Asked elsewhere, the call would stand in another region's events, unseen.
                    "StringEquals": {"aws:RequestedRegion": names.region},
                },
            ),
            inline_policies={"read": _policy(names, key_arn, access.closes_at)},
        )
        self._tell_of_use(names, role, (access.notify, operator_email))

    def _tell_of_use(self, names: Names, role: iam.Role, addresses: tuple[str, ...]) -> None:
        # Apart from the alarms: the municipality is told of this, not of every failed request.
        topic = sns.Topic(self, "Topic", topic_name=names.emergency_topic, enforce_ssl=True)
        for number, address in enumerate(dict.fromkeys(addresses)):
            told = sns.Subscription(
                self,
                f"Told{number}",
                topic=topic,
                protocol=sns.SubscriptionProtocol.EMAIL,
                endpoint=address,
            )
            acknowledge(
                told,
                {"Serverless-SNSRedrivePolicy": "SNS retries e-mail itself; CloudTrail keeps it."},
            )
        rule = events.Rule(
            self,
            "Used",
            rule_name=f"{names.prefix}-emergency-used",
            description="Somebody takes up the emergency role, or tries to",
            # Refused attempts stand in the same events, with an error code.
            event_pattern=events.EventPattern(
                source=["aws.sts"],
                detail_type=["AWS API Call via CloudTrail"],
                detail={
                    "eventName": ["AssumeRole"],
                    "requestParameters": {"roleArn": [names.role_arn(EMERGENCY)]},
                },
            ),
            targets=[targets.SnsTopic(topic)],
        )
        # CloudTrail counts AssumeRole among the events that only read; a rule sees those only so.
        cast(
            events.CfnRule, rule.node.default_child
        ).state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
        acknowledge(
            rule,
            {
                "Serverless-EventBusDLQ": "EventBridge retries for a day, and CloudTrail keeps the "
                "call whatever becomes of the message."
            },
        )


def _policy(names: Names, key_arn: str, closes_at: str) -> iam.PolicyDocument:
    records, audit = names.table_arn(names.records_table), names.table_arn(names.audit_table)
    # A session that was begun in time ends with the approval too.
    in_time = {"DateLessThan": {"aws:CurrentTime": closes_at}}
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                sid="ReadTables",
                actions=_READ,
                resources=[
                    records,
                    f"{records}/index/{RECORDS_INDEX}",
                    audit,
                    f"{audit}/index/{AUDIT_INDEX}",
                ],
                conditions=in_time,
            ),
            iam.PolicyStatement(
                sid="KeyThroughDynamodb",
                actions=["kms:Decrypt", "kms:DescribeKey"],
                resources=[key_arn],
                conditions={
                    **in_time,
                    "StringEquals": {"kms:ViaService": f"dynamodb.{names.region}.amazonaws.com"},
                },
            ),
        ]
    )
