"""A tenant taken back in time, over moto.

moto, like the local cloud, copies a table as it is when a restoration is asked for; so it is asked
for at the moment, and the work goes on afterwards: the copy is then what DynamoDB would restore.
Versions of files are moto's own.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from lambdas.casework.clock import japanese_day, to_iso
from lambdas.exchange.handler import handle
from lambdas.jobs.seals import Seals, seal_until
from lambdas.store import models
from tests.unit.exchanged import REGION, Tenants, allow_export
from tests.unit.in_process import FILES, InProcess, new_key
from tests.unit.made_files import pdf
from tests.unit.test_files_api import attach
from tests.unit.test_manage_api import change, outcomes
from tests.unit.test_meetings_api import Table, day, version
from tests.unit.test_sharing_api import shared

RESTORE = "20261201T000000Z-0123abcd"
RESTORED = {"SOUDAN_RECORDS_TABLE": "t-records-r1", "SOUDAN_AUDIT_TABLE": "t-audit-r1"}


class Town:
    """A tenant whose staff work on while it is being restored."""

    def __init__(self, here: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
        self.here = here
        self.table = Table(here)
        self.tenants = Tenants(monkeypatch)
        self._monkeypatch = monkeypatch
        for name, value in (
            ("SOUDAN_SEALS_BUCKET", "t-seals"),
            ("SOUDAN_RESTORED_RECORDS", RESTORED["SOUDAN_RECORDS_TABLE"]),
            ("SOUDAN_RESTORED_AUDIT", RESTORED["SOUDAN_AUDIT_TABLE"]),
        ):
            monkeypatch.setenv(name, value)
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        self.s3 = boto3.client("s3", region_name=REGION)
        for table in ("t-records", "t-audit"):
            arn = self.dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
            self.dynamodb.tag_resource(
                ResourceArn=arn, Tags=[{"Key": "municipality-code", "Value": "122041"}]
            )

    def ask(self, task: str, **more: Any) -> dict[str, Any]:
        """`restoreId` may be another's."""
        answer = handle({"restoreId": RESTORE, **more, "task": f"restore-{task}"}, None)
        # Every task leaves the models where it bound them; the api goes on with its own tables.
        models.bind(records_table="t-records", audit_table="t-audit", region=REGION)
        return answer

    def begin(self) -> str:
        """The moment: everything before it is in the restored tables, nothing after."""
        to = to_iso(datetime.now(UTC))
        answer = self.ask("begin", to=to, orderedBy="試験")
        assert answer["ready"], answer
        return to

    def end_membership(self, case: str) -> None:
        members = self.table.call("kanri1", "GET", f"/cases/{case}/records/members")
        rows = [
            {**row, "to": day()} if row["agencyId"] == "npo" else row
            for row in members.json["data"]["members"]
        ]
        saved = self.table.call(
            "kanri1",
            "PUT",
            f"/cases/{case}/records/members",
            {"formVersion": version("members"), "data": {"members": rows}},
            **{"if-match": members.headers["etag"], **new_key()},
        )
        assert saved.status == 200, saved.text

    def close(self, case: str) -> None:
        self.table.add(case, "screening", {"date": day(), "result": "1"})
        for to in ("screened", "closed-info"):
            body = {"to": to, "reason": "情報提供で終わった"}
            moved = self.table.call("kanri1", "POST", f"/cases/{case}/transitions", body)
            assert moved.status == 201, moved.text

    def dispose(self, case: str) -> None:
        with self._monkeypatch.context() as patched:
            patched.setattr("lambdas.casework.duties.retention.Keeping.due", lambda *_: True)
            made = self.table.call("kanri1", "POST", "/disposals", {"cases": [case]})
            assert made.status == 201, made.text
            place = f"/disposals/{made.json['disposalId']}"
            for login, act in (("kanri2", "approve"), ("kanri1", "carry-out")):
                done = self.table.call(login, "POST", f"{place}/{act}", {})
                assert done.status == 200, done.text
        assert done.json["left"] == []

    @contextmanager
    def restored(self) -> Iterator[None]:
        """The api on the restored tables, as after an upgrade."""
        from lambdas.api import tenant

        def clear() -> None:
            for kept in (tenant.tenant, tenant.repository, tenant.compartment):
                kept.cache_clear()
            tenant.repository()

        before = {name: os.environ[name] for name in RESTORED}
        for name, value in RESTORED.items():
            self._monkeypatch.setenv(name, value)
        clear()
        try:
            yield
        finally:
            for name, value in before.items():
                self._monkeypatch.setenv(name, value)
            clear()


@pytest.fixture
def town(here: InProcess, monkeypatch: pytest.MonkeyPatch) -> Town:
    return Town(here, monkeypatch)


def content(text: str) -> bytes:
    return pdf() + f"\n%{text}\n".encode()


def test_what_ended_since_does_not_come_back(town: Town) -> None:
    here, table = town.here, town.table
    withdrawn, ended, disposed, shut = (here.create() for _ in range(4))
    consent = shared(table, withdrawn)
    shared(table, ended)
    town.close(disposed)
    assert attach(here, disposed, pdf()).status == 201
    kept = attach(here, withdrawn, pdf())
    assert kept.status == 201
    assert table.call("komorebi1", "GET", f"/cases/{withdrawn}").status == 200
    # S3 counts whole seconds: what follows lies in another one.
    time.sleep(1.1)
    to = town.begin()

    table.add(
        withdrawn, "consent-withdrawal", {"consentId": consent, "date": day(), "receivedBy": "職"}
    )
    town.end_membership(ended)
    town.dispose(disposed)
    table.add(
        shut, "conflict-of-interest", {"staffId": "staff-tantou1", "declaredBy": "manager",
                                       "date": day()},
    )  # fmt: skip
    lost = here.create()
    assert here.save(shut, 1, wishes="戻すと失われる").status == 200
    leaving = {"staffId": "staff-houkatsu1", "revision": 0, "validTo": day(-1)}
    assert outcomes(change(here, leaving)) == [("changed", None)]
    contract = {"from": "2026-04-01", "to": day(-1), "scope": "全", "number": "1",
                "subcontracting": "forbidden"}  # fmt: skip
    done = here.request("kanri1", "PUT", "/agencies/council/contract", json_body=contract)
    assert done.status == 200, done.text
    assert here.verify()["problems"] == []

    assert town.ask("attach")["differences"] == []
    before = town.ask("verify", at=to)
    assert before["problems"] == []
    # Restored and not replayed, the tables would let everybody in again.
    with town.restored():
        assert table.call("komorebi1", "GET", f"/cases/{withdrawn}").status == 200
        assert table.call("kanri1", "GET", f"/cases/{disposed}").status == 200
        assert table.call("houkatsu1", "GET", "/cases").status == 200
        # This look is an event of its own in the restored trail.

    report = town.ask("replay", to=to, orderedBy="試験", forUse=False)
    assert (report["disposals"], report["withdrawals"], report["memberships"]) == (1, 1, 1)
    assert (report["staff"], report["contracts"]) == (1, 1)
    assert report["to_enter"][shut] == ["intake"]
    assert report["eventsTakenOver"] > 10
    assert town.ask("verify")["problems"] == []
    with town.restored():
        assert table.call("komorebi1", "GET", f"/cases/{withdrawn}").status == 404
        assert table.call("kanri1", "GET", f"/cases/{withdrawn}").status == 200
        assert table.call("kanri1", "GET", f"/cases/{disposed}").status == 404
        assert not list(models.Record.query(f"CASE#{disposed}"))
        assert table.call("kanri1", "GET", f"/cases/{lost}").status == 404
        assert table.call("tantou1", "GET", f"/cases/{shut}").status == 404
        assert table.call("houkatsu1", "GET", "/cases").status == 403
        assert table.call("chousei1", "GET", f"/cases/{shut}").status == 404
        rows = table.call("kanri1", "GET", f"/cases/{ended}/records/members").json["data"]
        assert [r["to"] for r in rows["members"] if r["agencyId"] == "npo"] == [day()]
        # The lists and the trail's page follow.
        listed = table.call("komorebi1", "GET", "/cases").json["items"]
        assert withdrawn not in [row["caseId"] for row in listed]
        trail = table.call("kanri1", "GET", f"/cases/{withdrawn}/audit").json["items"]
        assert "restore-records" in [e["action"] for e in trail]
        # Work goes on, over the lost revision too.
        assert here.save(shut, 1, wishes="入れ直した").status == 200
        assert here.verify()["problems"] == []
    # The drill has touched nothing that is in use.
    assert here.verify()["problems"] == []
    assert table.call("kanri1", "GET", f"/cases/{lost}").status == 200


def test_done_twice_it_does_nothing_more(town: Town) -> None:
    case = town.here.create()
    consent = shared(town.table, case)
    to = town.begin()
    withdrawal = {"consentId": consent, "date": day(), "receivedBy": "職員"}
    town.table.add(case, "consent-withdrawal", withdrawal)
    made = town.here.create()
    first = town.ask("replay", to=to, orderedBy="試験", forUse=False)
    kept = town.tenants.items("t-records-r1"), town.tenants.items("t-audit-r1")
    second = town.ask("replay", to=to, orderedBy="試験", forUse=False)
    assert (first["withdrawals"], first["lost_folders"]) == (1, 1)
    # It tells of the same work, done by the first.
    ignored = ("eventsTakenOver", "maxRssMb")
    assert second["eventsTakenOver"] == 0
    assert {k: v for k, v in first.items() if k not in ignored} == {
        k: v for k, v in second.items() if k not in ignored
    }
    # Sessions end at the second of the replay.
    again = town.tenants.items("t-audit-r1")
    assert again == kept[1]
    assert [i for i in town.tenants.items("t-records-r1") if '"STAFF"' not in i] == [
        i for i in kept[0] if '"STAFF"' not in i
    ]
    assert made


def test_a_second_restoration_goes_on_from_the_first(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trail of a case that was taken back twice, with a lost restoration in between."""
    case = town.here.create()
    consent = shared(town.table, case)
    to = town.begin()
    # As it will be needed for the second time: the same moment, kept aside.
    for table in ("records", "audit"):
        town.dynamodb.restore_table_to_point_in_time(
            SourceTableName=f"t-{table}", TargetTableName=f"kept-{table}",
            UseLatestRestorableTime=True,
        )  # fmt: skip
    withdrawal = {"consentId": consent, "date": day(), "receivedBy": "職員"}
    town.table.add(case, "consent-withdrawal", withdrawal)
    town.ask("replay", to=to, orderedBy="試験", forUse=False)
    with town.restored():
        assert town.here.save(case, 1, wishes="一度目のあと").status == 200
    monkeypatch.setenv("SOUDAN_RECORDS_TABLE", "t-records-r1")
    monkeypatch.setenv("SOUDAN_AUDIT_TABLE", "t-audit-r1")
    monkeypatch.setenv("SOUDAN_RESTORED_RECORDS", "kept-records")
    monkeypatch.setenv("SOUDAN_RESTORED_AUDIT", "kept-audit")
    second = "20261202T000000Z-0123abcd"
    town.s3.put_object(
        Bucket=FILES, Key="exports/restore.json", Body=json.dumps({"id": second}).encode()
    )
    report = town.ask("replay", restoreId=second, to=to, orderedBy="試験", forUse=False)
    assert report["withdrawals"] == 1
    assert town.ask("verify", restoreId=second)["problems"] == []


def test_a_broken_trail_stops_it(town: Town) -> None:
    case = town.here.create()
    to = town.begin()
    for revision in (1, 2):
        assert town.here.save(case, revision, wishes=f"{revision}").status == 200
    # One link is gone from the trail in use.
    events = [e for e in models.AuditItem.query(f"CASE#{case}") if '"seq":2' in e.event]
    assert len(events) == 1
    events[0].delete()
    answer = town.ask("replay", to=to, orderedBy="試験", forUse=False)
    assert answer == {"refused": "restore-gap", "where": case}


def test_a_changed_record_is_found_before_anybody_gets_in(town: Town) -> None:
    case = town.here.create()
    to = town.begin()
    head = town.dynamodb.get_item(
        TableName="t-records-r1", Key={"pk": {"S": f"CASE#{case}"}, "sk": {"S": "REC#intake"}}
    )["Item"]
    head["data"]["S"] = head["data"]["S"].replace("船橋", "舟橋") + " "
    town.dynamodb.put_item(TableName="t-records-r1", Item=head)
    answer = town.ask("verify", at=to)
    assert answer["problemCount"] == 1
    assert answer["problems"][0]["where"] == f"CASE#{case}"


def test_seals_of_days_since_still_hold(town: Town) -> None:
    """The trail is never taken back: the day of the loss is sealed with its lost events."""
    case = town.here.create()
    to = town.begin()
    assert town.here.save(case, 1, wishes="失われる").status == 200
    seals = Seals(bucket="t-seals", region=REGION)
    seal_until(seals, japanese_day(datetime.now(UTC)))
    town.ask("replay", to=to, orderedBy="試験", forUse=False)
    # The replay's own events are newer than a seal made on the same day; those of the seal are
    # all there.
    problems = town.ask("verify")["problems"]
    assert [p["kind"] for p in problems] == ["seal"]
    sealed = json.loads(next(iter(seals.all().values())))
    kept = [i for i in town.tenants.items("t-audit-r1") if "restore-records" not in i]
    assert sealed["count"] == len(kept)


def test_files_come_back_as_they_were(town: Town) -> None:
    case, other = town.here.create(), town.here.create()
    first, second = (attach(town.here, case, pdf()).json["data"] for _ in range(2))
    gone = attach(town.here, other, pdf()).json["data"]
    town.close(other)
    time.sleep(1.1)
    to = town.begin()
    time.sleep(1.1)
    keys = [f"files/{case}/{data['fileId']}" for data in (first, second)]
    town.s3.put_object(Bucket=FILES, Key=keys[0], Body=b"overwritten")
    town.s3.delete_object(Bucket=FILES, Key=keys[1])
    town.dispose(other)
    assert attach(town.here, case, pdf()).status == 201
    town.ask("replay", to=to, orderedBy="試験", forUse=True)
    looked = town.ask("files", to=to, after="", forUse=False)
    assert (looked["checked"], looked["putBack"], looked["missing"]) == (2, 0, [])
    assert town.s3.get_object(Bucket=FILES, Key=keys[0])["Body"].read() == b"overwritten"
    used = town.ask("files", to=to, after="", forUse=True)
    assert (used["checked"], used["putBack"], used["done"]) == (2, 2, True)
    for key, data in zip(keys, (first, second), strict=True):
        body = town.s3.get_object(Bucket=FILES, Key=key)["Body"].read()
        assert hashlib.sha256(body).hexdigest() == data["sha256"]
    # The disposed case's file does not come back.
    found = town.s3.list_objects_v2(Bucket=FILES, Prefix=f"files/{other}/")
    assert gone and "Contents" not in found
    # And what no version holds any more is named.
    for version_ in town.s3.list_object_versions(Bucket=FILES, Prefix=keys[0])["Versions"]:
        town.s3.delete_object(Bucket=FILES, Key=keys[0], VersionId=version_["VersionId"])
    assert town.ask("files", to=to, after="", forUse=True)["missing"] == [keys[0]]


def test_restored_tables_are_what_the_ones_in_use_are(town: Town) -> None:
    town.here.create()
    town.begin()
    # What DynamoDB leaves out of a restoration.
    arn = town.dynamodb.describe_table(TableName="t-records-r1")["Table"]["TableArn"]
    assert town.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    for _ in range(2):
        assert town.ask("attach")["differences"] == []
    table = town.dynamodb.describe_table(TableName="t-records-r1")["Table"]
    assert table["DeletionProtectionEnabled"] is True
    tags = town.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "municipality-code", "Value": "122041"}]
    ttl = town.dynamodb.describe_time_to_live(TableName="t-records-r1")
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "expiresAt"
    for name in RESTORED.values():
        kept = town.dynamodb.describe_continuous_backups(TableName=name)
        recovery = kept["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_tables_of_another_restoration_are_not_touched(town: Town) -> None:
    town.here.create()
    town.begin()
    other = {"restoreId": "20261201T000001Z-0123abcd", "orderedBy": "試験", "to": day()}
    for task in ("begin", "attach", "replay", "verify"):
        answer = handle({"task": f"restore-{task}", **other, "to": to_iso(datetime.now(UTC))}, None)
        assert answer["refused"] == "restore-left-over", task
    theirs = {"restoreId": other["restoreId"], "drill": True}
    cleared = handle({"task": "restore-clear", **theirs}, None)
    assert cleared["cleared"] == []
    models.bind(records_table="t-records", audit_table="t-audit", region=REGION)
    town.ask("attach")
    assert town.ask("clear")["refused"] == "restore-in-use"
    assert sorted(town.ask("clear", drill=True)["cleared"]) == ["t-audit-r1", "t-records-r1"]
    assert town.ask("cleared")["left"] == []
    assert "t-records" in town.dynamodb.list_tables()["TableNames"]
    answer = handle({"task": "restore-begin", **other, "to": None}, None)
    assert answer["ready"]


@pytest.mark.parametrize("moment", ["きのう", "2026-12-01", "2026-12-01T10:00:00"])
def test_a_moment_without_its_zone_is_refused(town: Town, moment: str) -> None:
    assert town.ask("begin", to=moment, orderedBy="試験")["refused"] == "restore-time"


def test_a_restored_tenant_can_move_on(town: Town) -> None:
    """A bundle of a tenant that was taken back is taken in: its lost writes are accounted for."""
    case = town.here.create()
    allow_export(town.here)
    to = town.begin()
    assert town.here.save(case, 1, wishes="失われる").status == 200
    lost = town.here.create()
    town.ask("replay", to=to, orderedBy="試験", forUse=False)
    tenants = town.tenants
    tenants._a |= RESTORED
    tenants.export()
    assert tenants.bring_in(tenants.bundle())["differences"] == []
    assert f"LOST#CASE#{lost}" in json.dumps(tenants.items("b-records"))
