"""What wakes the operator: two alarms and a rule on the key, to one topic.

Alarms are billed per metric they look at, so each looks at as few as it can. A failing or
throttled api function shows as 5xx at the gateway; only the nightly job needs its own.

Whoever is woken reads which tenant it is and where it is written what to do.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.names import STAGE_NAME, Names
from infra.policy.gates import acknowledge

_RUNBOOKS = "docs/operations/runbooks.md"
# What an alarm says (Japanese), and the heading of its runbook.
_TEXTS = {
    "api-5xx": ("要求が失敗しています。", "要求の失敗"),
    "jobs-errors": ("夜間の処理が失敗しました。", "夜間の処理"),
    "key-state": ("鍵が止められたか、削除が予定されました。", "鍵"),
}


def alarm_text(alarm: str, tenant: str) -> str:
    """What the operator reads: tenant, what is the matter, runbook. No personal data."""
    matter, heading = _TEXTS[alarm]
    return f"{tenant}: {matter}手順書: {_RUNBOOKS}#{heading}"


class TenantAlarms(Construct):
    """Topic, alarms `api-5xx` and `jobs-errors`, and the rule `key-state`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        tenant: str,
        email: str,
        api_names: Sequence[str],
        jobs: lambda_.IFunction,
        key_arn: str,
    ) -> None:
        super().__init__(scope, id)
        # Not under the tenant's key: the message that the key is off could not be sent then.
        # It holds names of alarms, no personal data.
        self.topic = sns.Topic(self, "Topic", topic_name=names.alarm_topic, enforce_ssl=True)
        operator = sns.Subscription(
            self,
            "Operator",
            topic=self.topic,
            protocol=sns.SubscriptionProtocol.EMAIL,
            endpoint=email,
        )
        acknowledge(
            operator,
            {
                "Serverless-SNSRedrivePolicy": "SNS retries e-mail itself; the alarm's state stays "
                "on the console whatever becomes of the mail."
            },
        )
        self._alarm(
            "Api5xx",
            f"{names.prefix}-api-5xx",
            alarm_text("api-5xx", tenant),
            _sum_of([_api_5xx(name) for name in api_names]),
            datapoints=2,
            periods=3,
        )
        self._alarm(
            "JobsErrors",
            f"{names.prefix}-jobs-errors",
            alarm_text("jobs-errors", tenant),
            jobs.metric_errors(period=Duration.hours(1), statistic="Sum"),
            datapoints=1,
            periods=1,
        )
        self._watch_key(names, alarm_text("key-state", tenant), key_arn)

    def _alarm(
        self,
        id: str,
        name: str,
        text: str,
        metric: cloudwatch.IMetric,
        *,
        datapoints: int,
        periods: int,
    ) -> None:
        cloudwatch.Alarm(
            self,
            id,
            alarm_name=name,
            alarm_description=text,
            metric=metric,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            datapoints_to_alarm=datapoints,
            evaluation_periods=periods,
            # Nobody works at night: no request is no fault.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        ).add_alarm_action(actions.SnsAction(self.topic))

    def _watch_key(self, names: Names, text: str, key_arn: str) -> None:
        """KMS has no metric of a key's state; its own log tells who turns it off."""
        rule = events.Rule(
            self,
            "KeyState",
            rule_name=f"{names.prefix}-key-state",
            event_pattern=events.EventPattern(
                source=["aws.kms"],
                detail_type=["AWS API Call via CloudTrail"],
                detail={
                    "eventName": ["DisableKey", "ScheduleKeyDeletion"],
                    "resources": {"ARN": [key_arn]},
                },
            ),
            # Not the event itself: it names who did it, and is no text for a mail.
            targets=[
                targets.SnsTopic(
                    self.topic,
                    message=events.RuleTargetInput.from_text(
                        f"{text}({events.EventField.from_path('$.detail.eventName')}、"
                        f"{events.EventField.time})"
                    ),
                )
            ],
        )
        acknowledge(
            rule,
            {
                "Serverless-EventBusDLQ": "EventBridge retries for a day; a queue nobody reads "
                "would not tell the operator more."
            },
        )


def _api_5xx(name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/ApiGateway",
        metric_name="5XXError",
        dimensions_map={"ApiName": name, "Stage": STAGE_NAME},
        period=Duration.minutes(5),
        statistic="Sum",
    )


def _sum_of(metrics: Sequence[cloudwatch.Metric]) -> cloudwatch.IMetric:
    if len(metrics) == 1:
        return metrics[0]
    return cloudwatch.MathExpression(
        expression="+".join(f"FILL(m{number},0)" for number in range(len(metrics))),
        using_metrics={f"m{number}": metric for number, metric in enumerate(metrics)},
        period=Duration.minutes(5),
    )
