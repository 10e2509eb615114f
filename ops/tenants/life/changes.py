"""What a deployment would change, the destructive first. What holds records is never replaced or
taken out by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.policy.rules import STATEFUL
from infra.policy.template import Template

# A change of these makes CloudFormation put a new, empty resource in place of the old one.
_REPLACING: Mapping[str, frozenset[str]] = {
    "AWS::Cognito::UserPool": frozenset(
        {"AliasAttributes", "UsernameAttributes", "UsernameConfiguration"}
    ),
    "AWS::DynamoDB::Table": frozenset({"KeySchema", "LocalSecondaryIndexes", "TableName"}),
    "AWS::KMS::Key": frozenset({"KeySpec", "KeyUsage", "MultiRegion"}),
    "AWS::Logs::LogGroup": frozenset({"LogGroupName"}),
    "AWS::S3::Bucket": frozenset({"BucketName"}),
}
# These can be changed in place, but never back to what protects.
_PROTECTING = ("DeletionPolicy", "UpdateReplacePolicy")


@dataclass(frozen=True, kw_only=True, order=True)
class Change:
    """`kind`: "lost" (a stateful resource would go or be replaced), "remove", "change", "add"."""

    kind: str
    resource: str
    type: str
    why: str = ""


_ORDER = ("lost", "remove", "change", "add")


def changes(before: Template, after: Template) -> list[Change]:
    """Every resource that differs, what would be lost first."""
    old, new = before.get("Resources", {}), after.get("Resources", {})
    found = [
        *(_removed(name, old[name]) for name in old.keys() - new.keys()),
        *(c for name in old.keys() & new.keys() for c in _changed(name, old[name], new[name])),
        *(
            Change(kind="add", resource=name, type=new[name]["Type"])
            for name in new.keys() - old.keys()
        ),
    ]
    return sorted(found, key=lambda c: (_ORDER.index(c.kind), c.type, c.resource))


def _removed(name: str, resource: Mapping[str, Any]) -> Change:
    kind = "lost" if resource["Type"] in STATEFUL else "remove"
    return Change(kind=kind, resource=name, type=resource["Type"], why="なくなる")


def _changed(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    kind = old["Type"]
    if kind in STATEFUL:
        if kind != new["Type"]:
            yield Change(kind="lost", resource=name, type=kind, why="別の種類になる")
            return
        before, after = old.get("Properties", {}), new.get("Properties", {})
        for key in sorted(_REPLACING[kind]):
            if before.get(key) != after.get(key):
                yield Change(
                    kind="lost", resource=name, type=kind, why=f"{key} が変わり作り直される"
                )
        for policy in _PROTECTING:
            if old.get(policy) == "Retain" != new.get(policy):
                yield Change(kind="lost", resource=name, type=kind, why=f"{policy} がなくなる")
    if _without_metadata(old) != _without_metadata(new):
        yield Change(kind="change", resource=name, type=kind)


def _without_metadata(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "Metadata"}
