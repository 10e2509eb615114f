"""Registering a new tenant's agencies and people: what is there stays, nothing half-done."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.jobs.register import register
from lambdas.store import models
from tests.unit.in_process import InProcess

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


def run(*staff: dict[str, Any], agencies: tuple[dict[str, Any], ...] = ()) -> dict[str, list[str]]:
    return register(agencies=agencies, staff=staff, ordered_by="依頼者", now=NOW)


def size() -> tuple[int, int]:
    return sum(1 for _ in models.Record.scan()), sum(1 for _ in models.AuditItem.scan())


def test_a_registered_person_is_let_in_and_leaves_an_event(here: InProcess) -> None:
    assert here.request("new", "GET", "/me").problem == "not-registered"
    assert run(person()) == {"entered": ["staff-new"], "present": []}
    assert here.request("new", "GET", "/me").json["displayName"] == "新しい 人"
    assert models.AuditItem.count("REGISTER") == 1


def test_running_again_changes_nothing(here: InProcess) -> None:
    run(person())
    before = size()
    assert run(person(displayName="別の名前", role="manager"))["present"] == ["staff-new"]
    assert size() == before
    assert here.request("new", "GET", "/me").json["displayName"] == "新しい 人"


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "owner"},
        {"agencyId": "nobody"},
        {"validFrom": "2026-02-30"},
        {"role": "manager", "agencyId": "npo"},
        {"role": "officer", "agencyId": "council"},
        {"role": "auditor", "agencyId": "elderly"},
    ],
)
def test_a_wrong_entry_stops_everything_before_anything_is_written(
    here: InProcess, wrong: dict[str, Any]
) -> None:
    before = size()
    agency = {"agencyId": "extra", "name": "追加", "kind": "26"}
    with pytest.raises((ValueError, KeyError)):
        run(person(sub="sub-first", staffId="first"), person(**wrong), agencies=(agency,))
    assert size() == before
