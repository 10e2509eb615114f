"""Registering a new tenant's agencies and people: what is there stays, nothing half-done."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.jobs.register import register
from lambdas.store import models
from tests.unit.in_process import REGION, InProcess

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def person(**changes: Any) -> dict[str, Any]:
    return {
        "sub": "sub-new",
        "staffId": "staff-new",
        "loginId": "new",
        "displayName": "新しい 人",
        "role": "officer",
        "agencyId": "municipality",
        "validFrom": "2026-04-01",
        **changes,
    }


def run(
    *staff: dict[str, Any], agencies: tuple[dict[str, Any], ...] = (), dry_run: bool = False
) -> dict[str, Any]:
    return register(
        agencies=agencies,
        staff=staff,
        ordered_by="依頼者",
        now=NOW,
        region=REGION,
        dry_run=dry_run,
    )


def size() -> tuple[int, int]:
    return sum(1 for _ in models.Record.scan()), sum(1 for _ in models.AuditItem.scan())


def test_a_registered_person_is_let_in_and_the_event_names_the_role(here: InProcess) -> None:
    assert here.request("new", "GET", "/me").problem == "not-registered"
    assert run(person()) == {"entered": ["staff-new"], "present": [], "refused": []}
    assert here.request("new", "GET", "/me").json["displayName"] == "新しい 人"
    events = [json.loads(i.event) for i in models.AuditItem.query("REGISTER")]
    assert [(e["staffId"], e["role"], e["orderedBy"]) for e in events] == [
        ("staff-new", "officer", "依頼者")
    ]


def test_running_again_changes_nothing(here: InProcess) -> None:
    run(person())
    before = size()
    assert run(person(displayName="別の名前", role="manager"))["present"] == ["staff-new"]
    assert size() == before
    assert here.request("new", "GET", "/me").json["displayName"] == "新しい 人"


def test_a_dry_run_writes_nothing(here: InProcess) -> None:
    before = size()
    assert run(person(), dry_run=True)["entered"] == ["staff-new"]
    assert size() == before


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"role": "owner"}, "bad-value"),
        ({"agencyId": "nobody"}, "unknown-agency"),
        ({"validFrom": "2026-02-30"}, "bad-value"),
        ({"validTo": "2020-01-01"}, "period-over"),
        ({"role": "manager", "agencyId": "npo"}, "municipal-role"),
        ({"role": "officer", "agencyId": "council"}, "municipal-role"),
        ({"role": "auditor", "agencyId": "elderly"}, "municipal-role"),
        ({"displayName": "  "}, "bad-name"),
        ({"displayName": "改\n行"}, "bad-name"),
        ({"staffId": "staff-kanri1"}, "id-taken"),
        ({"loginId": "kanri1"}, "id-taken"),
        ({"loginId": "a b"}, "bad-id"),
    ],
)
def test_a_wrong_entry_stops_everything_before_anything_is_written(
    here: InProcess, wrong: dict[str, Any], reason: str
) -> None:
    before = size()
    agency = {"agencyId": "extra", "name": "追加", "kind": "26"}
    first = person(sub="sub-first", staffId="first", loginId="first")
    outcome = run(first, person(**wrong), agencies=(agency,))
    assert outcome["entered"] == []
    assert [r["reason"] for r in outcome["refused"]] == [reason]
    assert size() == before


def test_two_people_of_one_batch_cannot_share_an_id(here: InProcess) -> None:
    twice = run(person(), person(sub="sub-other", loginId="other"))
    assert [r["reason"] for r in twice["refused"]] == ["id-taken"]


def test_every_reason_has_a_text(here: InProcess) -> None:
    import re
    from pathlib import Path

    from ops.registers.register import _REASONS

    source = Path("lambdas/jobs/register.py").read_text("utf-8")
    assert set(re.findall(r'RefusedEntry\("([a-z-]+)"\)', source)) == _REASONS.keys()
