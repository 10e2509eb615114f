"""What operators do with a deployed tenant: import, seal, verify."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.casework.clock import japanese_day
from ops.cases.importer import import_rows, registers
from ops.cases.reader import read_workbook
from ops.cases.writer import SheetCase, write_workbook
from ops.demo.households import DEMO_DATE, demo_tenant
from ops.registers.register import RegistrationError, invoke_job
from tests.running import body, intake


def test_the_sheet_of_the_demo_that_was_entered_before_adds_nothing(tenant, tmp_path):
    """The seed and the sheet are the same cases: a real file, read back through the real API."""
    demo = demo_tenant(lg_code="122041", today=DEMO_DATE)
    sheet = tmp_path / "tsunagu.xlsx"
    cases = [SheetCase(control_number=i.control_number, data=i.data) for i in demo.intakes]
    write_workbook(sheet, cases, agencies={a.agency_id: a.name for a in demo.agencies})
    report = _import(tenant, sheet)
    assert len(report.known) == 24
    assert not report.saved
    assert not report.refused
    assert not report.changed


def test_new_rows_come_in_once_and_a_bad_row_stops_no_other(tenant, tmp_path):
    names = {"municipality": "地域福祉課(練習用)"}
    good = intake("取込 良子")
    cases = [
        SheetCase(control_number=f"新-{uuid.uuid4().hex[:6]}", data=good),
        SheetCase(
            control_number=f"新-{uuid.uuid4().hex[:6]}",
            data=intake("取込 悪子", chiefComplaint="番号は 123456789018"),
        ),
    ]
    sheet = tmp_path / "tsunagu.xlsx"
    write_workbook(sheet, cases, agencies=names)
    first = _import(tenant, sheet)
    assert (len(first.saved), len(first.refused)) == (1, 1)
    assert "123456789018" not in str(first.refused)
    again = _import(tenant, sheet)
    assert (len(again.saved), len(again.known), len(again.refused)) == (0, 1, 1)


def _import(tenant, sheet):
    client = tenant.client("kanri1")
    known = registers(client)
    rows = read_workbook(sheet, agencies=known.agencies, own_agency=known.own_agency)
    return import_rows(client, rows)


def test_the_trail_verifies_and_a_changed_byte_in_the_table_is_found(tenant):
    case_id = tenant.client("kanri1").create_case(body(intake("検証 用")), str(uuid.uuid4()))
    case_id = case_id.json()["caseId"]
    answer = invoke_job(tenant.live, {"task": "verify"})
    assert answer["problems"] == []
    assert answer["events"] > 24
    dynamodb = tenant.live.client("dynamodb")
    where = {
        "TableName": tenant.live.outputs["RecordsTable"],
        "Key": {"pk": {"S": f"REV#CASE#{case_id}#intake"}, "sk": {"S": "00000001"}},
    }
    kept = dynamodb.get_item(**where)["Item"]["data"]["S"]

    def write(data: str) -> None:
        dynamodb.update_item(
            **where,
            UpdateExpression="SET #d = :d",
            ExpressionAttributeNames={"#d": "data"},
            ExpressionAttributeValues={":d": {"S": data}},
        )

    write(kept.replace("検証", "検査"))
    try:
        found = invoke_job(tenant.live, {"task": "verify"})["problems"]
        assert [(p["kind"], p["where"]) for p in found] == [("content", f"CASE#{case_id}")]
        assert "検" not in json.dumps(found, ensure_ascii=False)
    finally:
        write(kept)
    assert invoke_job(tenant.live, {"task": "verify"})["problems"] == []


def test_the_nightly_job_seals_each_day_once(tenant):
    # Another test of this tenant may have had the night's work done before.
    invoke_job(tenant.live, {"task": "seal"})
    assert invoke_job(tenant.live, {"task": "seal"})["sealed"] == []
    answer = invoke_job(tenant.live, {"task": "verify"})
    assert answer["problems"] == []
    yesterday = japanese_day(datetime.now(UTC)) - timedelta(days=1)
    assert answer["lastSeal"] == yesterday.isoformat()


def test_an_unknown_task_is_refused(tenant):
    with pytest.raises(RegistrationError, match="失敗しました"):
        invoke_job(tenant.live, {"task": "read-everything"})
