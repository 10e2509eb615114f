"""Small helpers to read a synthesised template, which is plain JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]
Statement = Mapping[str, Any]

# Where a resource type keeps its policies. A "document" is a policy as such; a "permission" is
# Lambda's own one-statement form.
_DOCUMENTS: Mapping[str, tuple[str, ...]] = {
    "AWS::ApiGateway::RestApi": ("Policy",),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
    "AWS::IAM::Policy": ("PolicyDocument",),
    "AWS::IAM::Role": ("AssumeRolePolicyDocument",),
    "AWS::KMS::Key": ("KeyPolicy",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
}


def resources(template: Template) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(logical id, type, properties) of every resource."""
    for logical_id, resource in template.get("Resources", {}).items():
        yield logical_id, resource["Type"], resource.get("Properties", {})


def statements(template: Template) -> Iterator[tuple[str, str, Statement]]:
    """(logical id, type, statement) of every policy in the template."""
    for logical_id, kind, properties in resources(template):
        documents = [properties[name] for name in _DOCUMENTS.get(kind, ()) if name in properties]
        if kind == "AWS::IAM::Role":
            documents += [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        for document in documents:
            for statement in as_list(document["Statement"]):
                yield logical_id, kind, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def strings(value: Any) -> Iterator[str]:
    """Every string inside a JSON value, keys included: conditions keep names in keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
