"""Shutting a tenant: its doors, its key, its writing. Each can be done again and taken back."""

import json
from collections.abc import Mapping
from typing import Any

from infra.names import STAGE_NAME
from ops.live import LiveTenant

_DENY = {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke"}
_READ_ONLY = "SOUDAN_READ_ONLY"


def api_ids(tenant: LiveTenant) -> list[str]:
    return [tenant.outputs[name] for name in ("ApiId", "ApiIdPrivate") if name in tenant.outputs]


def policies(tenant: LiveTenant) -> dict[str, dict[str, Any]]:
    """The resource policy of each door, by the API's id."""
    gateway = tenant.client("apigateway")
    return {i: _policy(gateway.get_rest_api(restApiId=i).get("policy")) for i in api_ids(tenant)}


def are_closed(tenant: LiveTenant) -> bool:
    return all(
        any(_is_denial(s) for s in policy.get("Statement", []))
        for policy in policies(tenant).values()
    )


def close(tenant: LiveTenant) -> dict[str, dict[str, Any]]:
    """Denies everybody at every door; what the policies were before, to open them again."""
    before = {}
    for api_id, policy in policies(tenant).items():
        kept = [s for s in policy.get("Statement", []) if not _is_denial(s)]
        before[api_id] = {"Version": "2012-10-17", **policy, "Statement": kept}
        closed = {**before[api_id], "Statement": [*kept, {**_DENY, "Resource": "execute-api:/*"}]}
        _put_policy(tenant, api_id, closed)
    return before


def reopen(tenant: LiveTenant, before: Mapping[str, Mapping[str, Any]]) -> None:
    for api_id, policy in before.items():
        _put_policy(tenant, api_id, policy)


def key_id(tenant: LiveTenant) -> str:
    described = tenant.client("kms").describe_key(KeyId=tenant.outputs["KeyAlias"])
    return str(described["KeyMetadata"]["KeyId"])


def key_state(tenant: LiveTenant) -> str:
    """KMS's word for it: Enabled, Disabled, PendingDeletion …"""
    described = tenant.client("kms").describe_key(KeyId=tenant.outputs["KeyAlias"])
    return str(described["KeyMetadata"]["KeyState"])


def can_be_enabled_again(tenant: LiveTenant) -> bool:
    """Whether the key's own policy lets this account enable it, which nothing else could."""
    kms = tenant.client("kms")
    policy = json.loads(kms.get_key_policy(KeyId=key_id(tenant), PolicyName="default")["Policy"])
    return any(
        statement["Effect"] == "Allow"
        and any(action in ("kms:EnableKey", "kms:*") for action in _listed(statement["Action"]))
        for statement in _listed(policy["Statement"])
    )


def set_read_only(tenant: LiveTenant, *, on: bool) -> None:
    """Tells the functions that nothing may be written, or that it may again."""
    client = tenant.client("lambda")
    for function in (_api_function(tenant), tenant.outputs["ExchangeFunction"]):
        variables = _variables(client, function)
        if (variables.get(_READ_ONLY) == "1") == on:
            continue
        variables.pop(_READ_ONLY, None)
        client.update_function_configuration(
            FunctionName=function,
            Environment={"Variables": {**variables, **({_READ_ONLY: "1"} if on else {})}},
        )
        client.get_waiter("function_updated_v2").wait(FunctionName=function)


def is_read_only(tenant: LiveTenant) -> bool:
    client = tenant.client("lambda")
    return _variables(client, _api_function(tenant)).get(_READ_ONLY) == "1"


def _variables(client: Any, function: str) -> dict[str, str]:
    found = client.get_function_configuration(FunctionName=function)
    return dict(found.get("Environment", {}).get("Variables", {}))


def _api_function(tenant: LiveTenant) -> str:
    return tenant.outputs["JobsFunction"].removesuffix("-jobs") + "-api"


def _put_policy(tenant: LiveTenant, api_id: str, policy: Mapping[str, Any]) -> None:
    """A policy counts only from the next deployment of its stage."""
    gateway = tenant.client("apigateway")
    gateway.update_rest_api(
        restApiId=api_id,
        patchOperations=[{"op": "replace", "path": "/policy", "value": json.dumps(policy)}],
    )
    gateway.create_deployment(restApiId=api_id, stageName=STAGE_NAME)


def _policy(text: Any) -> dict[str, Any]:
    if not text:
        return {}
    if isinstance(text, dict):
        return text
    try:
        read: dict[str, Any] = json.loads(text)
    except ValueError:
        # API Gateway gives it as the inside of a JSON string.
        read = json.loads(json.loads(f'"{text}"'))
    return read


def _is_denial(statement: Mapping[str, Any]) -> bool:
    return statement["Effect"] == "Deny" and "Condition" not in statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
