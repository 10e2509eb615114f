"""After a restoration the functions work on the restored tables, and no stack replaces a table."""

import json

from infra.names import names_of
from infra.policy.isolation import permitted, resolve
from tests.infra.conftest import Tenant


def test_the_functions_name_the_restored_tables_and_the_next_ones(
    tenants: dict[str, Tenant],
) -> None:
    tenant = tenants["emergency"]
    prefix = "soudan-122076-local"
    functions = {
        r["Properties"]["FunctionName"]: r["Properties"]["Environment"]["Variables"]
        for r in tenant.app["Resources"].values()
        if r["Type"] == "AWS::Lambda::Function"
    }
    for variables in functions.values():
        assert variables["SOUDAN_RECORDS_TABLE"] == f"{prefix}-records-r2"
        assert variables["SOUDAN_AUDIT_TABLE"] == f"{prefix}-audit-r2"
    exchange = functions[f"{prefix}-exchange"]
    assert exchange["SOUDAN_RESTORED_RECORDS"] == f"{prefix}-records-r3"
    assert tenant.app["Outputs"]["RecordsTable"]["Value"] == f"{prefix}-records-r2"
    # The tables of the stack keep their names: a changed name would replace them.
    made = {
        r["Properties"]["TableName"]
        for r in tenant.data["Resources"].values()
        if r["Type"] == "AWS::DynamoDB::Table"
    }
    assert made == {f"{prefix}-records", f"{prefix}-audit"}
    resolved = resolve(tenant.templates)
    names = names_of(tenant.manifest)
    old = names.first
    for role in ("api", "jobs", "papers", "exchange"):
        for table in (old.records_table, old.audit_table):
            arn = names.table_arn(table)
            assert permitted(resolved, role=names.function(role), resource=arn) == set()


def test_only_the_tenants_own_function_restores(tenants: dict[str, Tenant]) -> None:
    for name, tenant in tenants.items():
        holders = {
            r["Properties"]["RoleName"].rpartition("-")[2]
            for r in tenant.app["Resources"].values()
            if r["Type"] == "AWS::IAM::Role"
            and "RestoreTableToPointInTime" in json.dumps(r["Properties"])
        }
        assert holders == {"exchange"}, name
        key = next(r for r in tenant.data["Resources"].values() if r["Type"] == "AWS::KMS::Key")
        grants = [
            s["Sid"]
            for s in key["Properties"]["KeyPolicy"]["Statement"]
            if "kms:CreateGrant" in s["Action"]
        ]
        assert grants == ["DeploymentCreatesTables", "ExchangeRestoresTables"]
