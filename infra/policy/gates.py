"""The gates every synthesis passes: cdk-nag's packs and our own rules. A breach stops it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import IPolicyValidationPlugin
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct

from infra.policy.rules import RULES, Expected, judge


def add_gates(app: cdk.App, expected: Mapping[str, Expected]) -> None:
    """`expected`: by template file name, what each stack of the app is judged against."""
    cdk.Validations.of(app).add_plugins(
        AwsSolutionsChecks(app), ServerlessChecks(app), OwnRules(expected)
    )


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings of cdk-nag on this construct: rule id → why it does not hold here."""
    cdk.Validations.of(construct).acknowledge(
        *[cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items()]
    )


@jsii.implements(IPolicyValidationPlugin)
class OwnRules:
    """infra/policy/rules.py as a validation plugin of the CDK."""

    def __init__(self, expected: Mapping[str, Expected]) -> None:
        self._expected = expected

    @property
    def name(self) -> str:
        return "soudan"

    @property
    def version(self) -> str:
        return "1"

    @property
    def rule_ids(self) -> list[str]:
        return [rule.id for rule in RULES]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        violations = [
            cdk.PolicyViolation(
                rule_name=finding.rule,
                description=finding.message,
                severity="error",
                violating_resources=[
                    cdk.PolicyViolatingResource(
                        resource_logical_id=finding.resource, template_path=path, locations=[]
                    )
                ],
            )
            for path in context.template_paths
            for finding in judge(
                json.loads(Path(path).read_text("utf-8")), self._expected[Path(path).name]
            )
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)
