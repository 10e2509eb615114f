"""The tenant's records as they lie in the table, read without the application's store."""

import json
from datetime import datetime
from typing import Any

from lambdas.casework.records import CaseFile, FormRecord
from tests.running import RunningTenant


def scan(tenant: RunningTenant, output: str) -> list[dict[str, Any]]:
    """Every item of a table, in DynamoDB's own notation."""
    items: list[dict[str, Any]] = []
    pages = tenant.live.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=tenant.live.outputs[output]):
        items += page["Items"]
    return items


def cases_of(tenant: RunningTenant) -> list[CaseFile]:
    """Every case, put together from the raw items."""
    items = [i for i in scan(tenant, "RecordsTable") if i["pk"]["S"].startswith("CASE#")]
    heads = {i["pk"]["S"]: i for i in items if i["sk"]["S"] == "HEAD"}
    return [_case(head, [i for i in items if i["pk"]["S"] == pk]) for pk, head in heads.items()]


def _case(head: dict[str, Any], items: list[dict[str, Any]]) -> CaseFile:
    records = [_record(i) for i in items if i["sk"]["S"].startswith("REC#")]
    return CaseFile(
        case_id=head["folderId"]["S"],
        state=head["state"]["S"],
        created_at=datetime.fromisoformat(head["createdAt"]["S"]),
        chain_seq=int(head["chainSeq"]["N"]),
        chain_hash=head["chainHash"]["S"],
        was_protected=False,
        records={r.record_id: r for r in records},
        agency_names={},
    )


def _record(item: dict[str, Any]) -> FormRecord:
    envelope = json.loads(item["envelope"]["S"])
    return FormRecord(
        form=item["form"]["S"],
        record_id=item["recordId"]["S"],
        version=item["formVersion"]["S"],
        revision=int(item["revision"]["N"]),
        data=json.loads(item["data"]["S"]),
        saved_at=datetime.fromisoformat(item["savedAt"]["S"]),
        created_at=datetime.fromisoformat(envelope["createdAt"]),
        staff_id=item["staffId"]["S"],
        staff_name="",
        agency_id=item["agencyId"]["S"],
        agency_name="",
    )
