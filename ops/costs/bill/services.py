"""The services of a bill: the provider's code for each, its name on bills and FOCUS category."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Service:
    name: str
    category: str


SERVICES: Mapping[str, Service] = {
    "AWSBackup": Service(name="AWS Backup", category="Storage"),
    "AWSBudgets": Service(name="AWS Budgets", category="Management and Governance"),
    "AWSCloudTrail": Service(name="AWS CloudTrail", category="Management and Governance"),
    "AWSCostExplorer": Service(name="AWS Cost Explorer", category="Management and Governance"),
    "AWSDataTransfer": Service(name="AWS Data Transfer", category="Networking"),
    "AWSKMS": Service(name="AWS Key Management Service", category="Security"),
    "AWSLambda": Service(name="AWS Lambda", category="Compute"),
    "AWSSecretsManager": Service(name="AWS Secrets Manager", category="Security"),
    "AWSWAF": Service(name="AWS WAF", category="Security"),
    "AmazonApiGateway": Service(name="Amazon API Gateway", category="Integration"),
    "AmazonCloudFront": Service(name="Amazon CloudFront", category="Networking"),
    "AmazonCloudWatch": Service(name="AmazonCloudWatch", category="Management and Governance"),
    "AmazonCognito": Service(name="Amazon Cognito", category="Identity"),
    "AmazonDynamoDB": Service(name="Amazon DynamoDB", category="Databases"),
    "AmazonS3": Service(name="Amazon Simple Storage Service", category="Storage"),
    "AmazonSNS": Service(name="Amazon Simple Notification Service", category="Integration"),
    "AmazonVPC": Service(name="Amazon Virtual Private Cloud", category="Networking"),
}
CATEGORY_OF_NAME: Mapping[str, str] = {s.name: s.category for s in SERVICES.values()}
