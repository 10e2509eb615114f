"""`soudan drill restore` over moto, with the tenant's own function behind it: every step, cut off
after each, ends as an undisturbed one does."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas.exchange.handler import handle
from lambdas.store import models
from ops.exchange import bundle
from ops.tenants.life import commands, doors, drill
from ops.tenants.life.drill import DRILL
from ops.tenants.life.engine import LifeError, run
from ops.tenants.life.registry import RegistryError
from tests.unit.exchanged import REGION, Tenants
from tests.unit.in_process import InProcess
from tests.unit.test_meetings_api import Table, day
from tests.unit.test_restore import RESTORED
from tests.unit.test_sharing_api import shared
from tests.unit.test_tenant_life import TENANT, Crash, Place


class Site(Place):
    """A place whose tables can be recovered, as the stack makes them."""

    def __init__(self, here: InProcess, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        super().__init__(Tenants(monkeypatch), monkeypatch, home)
        self.here = here
        monkeypatch.setenv("SOUDAN_SEALS_BUCKET", "t-seals")
        monkeypatch.setenv("SOUDAN_RESTORED_RECORDS", RESTORED["SOUDAN_RECORDS_TABLE"])
        monkeypatch.setenv("SOUDAN_RESTORED_AUDIT", RESTORED["SOUDAN_AUDIT_TABLE"])
        self.live.outputs.update(RecordsTable="t-records", AuditTable="t-audit")
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        for name in ("t-records", "t-audit"):
            self.dynamodb.update_continuous_backups(
                TableName=name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            )
        # moto says that only the present can be had; DynamoDB names a time some minutes ago.
        monkeypatch.setattr(drill, "latest_restorable", lambda _: None)
        run(commands.DEPLOY, self.world())

    def _ask(self, _: Any, task: Any) -> dict[str, Any]:
        answer = handle(task, None)
        models.bind(records_table="t-records", audit_table="t-audit", region=REGION)
        if "refused" in answer:
            raise bundle.ExchangeError(bundle._REFUSALS[answer["refused"]])
        return answer

    def tables(self) -> list[str]:
        return sorted(t for t in self.dynamodb.list_tables()["TableNames"] if t.startswith("t-"))


@pytest.fixture
def site(here: InProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Site:
    return Site(here, monkeypatch, tmp_path)


def test_a_drill_is_measured_recorded_and_leaves_nothing(site: Site) -> None:
    site.here.create()
    entry = run(DRILL, site.world(pause=0))
    last = entry.facts["lastDrill"]
    assert entry.state == "active"
    assert last["rtoSeconds"] >= 0 and last["rpoSeconds"] is None
    assert last["replayed"]["writes"] == 0
    assert site.tables() == ["t-audit", "t-records"]
    assert not doors.is_read_only(site.live)
    (evidence,) = (site.home / "evidence").glob("*-drill-*.json")
    assert '"restoredTo"' in evidence.read_text("utf-8")
    events = [e["event"] for e in site.registry.history(TENANT) if e["command"] == "drill"]
    assert (events[0], events[-1], events.count("step")) == ("begun", "finished", 11)
    # The order stands in the municipality's own trail too.
    begun = [i for i in models.AuditItem.query("TENANT") if "restore-begin" in i.event]
    assert len(begun) == 1 and "試験" in begun[0].event
    assert site.here.verify()["problems"] == []


def test_a_drill_that_crashes_after_every_step_ends_all_the_same(site: Site) -> None:
    """Cut off once at each point, before and after the note: twenty-three times in one drill."""
    site.here.create()
    crashed: set[str] = set()

    def crash_once(point: str) -> None:
        if point not in crashed:
            crashed.add(point)
            raise Crash

    while True:
        try:
            entry = run(DRILL, site.world(crash_once, pause=0))
            break
        except Crash:
            continue
    assert len(crashed) == 2 * len(DRILL.steps) + 1
    assert (entry.operation, entry.state) == (None, "active")
    assert site.tables() == ["t-audit", "t-records"]
    assert len(list((site.home / "evidence").glob("*-drill-*.json"))) == 1
    assert entry.facts["lastDrill"]["replayed"]["writes"] == 0


# Before the copies are made, while they are, after the replay was done and not yet noted.
@pytest.mark.parametrize(("point", "lost"), [("begin:done", 1), ("replay:done", 0)])
def test_what_is_done_while_the_machine_is_away(point: str, lost: int, site: Site) -> None:
    """A withdrawal after the copy and before the replay stays one; the drill goes on from there."""
    case = site.here.create()
    table = Table(site.here)
    consent = shared(table, case)

    def crash(at: str) -> None:
        if at == point:
            raise Crash

    with pytest.raises(Crash):
        run(DRILL, site.world(crash, pause=0, for_use=True))
    if lost:
        withdrawal = {"consentId": consent, "date": day(), "receivedBy": "職員"}
        table.add(case, "consent-withdrawal", withdrawal)
    run(DRILL, site.world(pause=0, for_use=True))
    assert site.tables() == ["t-audit", "t-audit-r1", "t-records", "t-records-r1"]
    assert doors.is_read_only(site.live)
    models.bind(records_table="t-records-r1", audit_table="t-audit-r1", region=REGION)
    items = models.Record.query(f"CASE#{case}")
    forms = [item.form for item in items if isinstance(item, models.RecordHead)]
    assert forms.count("consent-withdrawal") == lost


def test_what_was_restored_for_use_stays_until_it_is_asked_for(site: Site) -> None:
    site.here.create()
    entry = run(DRILL, site.world(pause=0, for_use=True))
    assert entry.facts["lastDrill"]["generation"] == 1
    with pytest.raises(bundle.ExchangeError, match="保護された表"):
        drill.give_up(site.registry, TENANT, site.live, even_for_use=False)
    with pytest.raises(bundle.ExchangeError, match="ほかの復元の表"):
        run(DRILL, site.world(pause=0))
    # The drill that was refused is still under way: another command waits for it.
    with pytest.raises(RegistryError, match="drill の途中"):
        run(commands.SUSPEND, site.world())
    # Giving it up frees the registry and leaves the other's tables.
    assert drill.give_up(site.registry, TENANT, site.live, even_for_use=True) == []
    assert "t-records-r1" in site.tables() and doors.is_read_only(site.live)
    assert site.registry.history(TENANT)[-1]["event"] == "given-up"
    gone = drill.give_up(site.registry, TENANT, site.live, even_for_use=True)
    assert len(gone) == 2 and not doors.is_read_only(site.live)


def test_a_restoration_for_use_can_be_given_up(site: Site) -> None:
    site.here.create()
    run(DRILL, site.world(pause=0, for_use=True))
    gone = drill.give_up(site.registry, TENANT, site.live, even_for_use=True)
    assert sorted(gone) == ["t-audit-r1", "t-records-r1"]
    assert not doors.is_read_only(site.live)
    assert site.tables() == ["t-audit", "t-records"]
    assert run(DRILL, site.world(pause=0)).operation is None


def test_a_damaged_record_stops_the_drill_before_anybody_gets_in(site: Site) -> None:
    case = site.here.create()
    place = {"pk": {"S": f"CASE#{case}"}, "sk": {"S": "REC#intake"}}
    head = site.dynamodb.get_item(TableName="t-records", Key=place)["Item"]
    site.dynamodb.put_item(
        TableName="t-records", Item={**head, "data": {"S": head["data"]["S"] + " "}}
    )
    with pytest.raises(LifeError, match="監査の記録と合いません"):
        run(DRILL, site.world(pause=0))
    site.dynamodb.put_item(TableName="t-records", Item=head)
    with pytest.raises(LifeError, match="監査の記録と合いません"):
        run(DRILL, site.world(pause=0))
    # It is given up, and the registry is free for other commands.
    assert len(drill.give_up(site.registry, TENANT, site.live, even_for_use=False)) == 2
    entry = site.registry.entry(TENANT)
    assert (entry.operation, entry.state) == (None, "active")
    assert run(DRILL, site.world(pause=0)).facts["lastDrill"]["replayed"]["writes"] == 0


def test_a_moment_that_cannot_be_had_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    with pytest.raises(LifeError, match="まだ来ていない"):
        run(DRILL, site.world(pause=0, to=now + timedelta(days=1)))
    monkeypatch.setattr(drill, "latest_restorable", lambda _: now - timedelta(minutes=5))
    with pytest.raises(LifeError, match="戻せるのは"):
        run(DRILL, site.world(pause=0, to=now - timedelta(minutes=1)))
    assert site.tables() == ["t-audit", "t-records"]


def test_recovery_that_is_off_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    site.dynamodb.update_continuous_backups(
        TableName="t-audit", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )

    class Tenant:
        cloud = None
        outputs = {"RecordsTable": "t-records", "AuditTable": "t-audit"}  # noqa: RUF012

        def client(self, service: str) -> Any:
            return boto3.client(service, region_name=REGION)

    with pytest.raises(LifeError, match="t-audit の時点復元が止まっています"):
        drill.latest_restorable(Tenant())  # type: ignore[arg-type]
