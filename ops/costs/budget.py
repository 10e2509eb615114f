"""A budget for one municipality as a CloudFormation template: the option beside the tenant's stack.

It warns and does nothing else. It stands in the payer's account, who alone sees the whole bill.
"""

from decimal import Decimal
from typing import Any

from infra.manifest import SYSTEM, Manifest

# Part of the month's amount, and whether it is what was spent or what the provider foresees.
_WARNINGS = ((80, "ACTUAL"), (100, "FORECASTED"))


def budget_template(manifest: Manifest, usd: Decimal) -> dict[str, Any]:
    """The template for a monthly budget by the municipality's tag."""
    key = next(k for k, v in manifest.tags.items() if v == manifest.lg_code)
    name = f"{SYSTEM}-{manifest.lg_code}-{manifest.environment}"
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Soudan {manifest.lg_code} {manifest.environment}: monthly budget",
        "Resources": {
            "Budget": {
                "Type": "AWS::Budgets::Budget",
                "Properties": {
                    "Budget": {
                        "BudgetName": name,
                        "BudgetType": "COST",
                        "TimeUnit": "MONTHLY",
                        "BudgetLimit": {"Amount": float(usd), "Unit": "USD"},
                        "CostFilters": {"TagKeyValue": [f"user:{key}${manifest.lg_code}"]},
                    },
                    "NotificationsWithSubscribers": [
                        {
                            "Notification": {
                                "NotificationType": kind,
                                "ComparisonOperator": "GREATER_THAN",
                                "Threshold": percent,
                                "ThresholdType": "PERCENTAGE",
                            },
                            "Subscribers": [
                                {"SubscriptionType": "EMAIL", "Address": manifest.alarm_email}
                            ],
                        }
                        for percent, kind in _WARNINGS
                    ],
                },
            }
        },
    }
