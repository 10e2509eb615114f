"""The page that a municipality sees: plain words, nothing of resources, and no fault hidden."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.manifest import load
from ops.live import LiveTenant
from ops.paths import ROOT
from ops.registers.register import RegistrationError
from ops.tenants.life import status as module
from ops.tenants.life.probes import Fault
from ops.tenants.life.registry import Entry
from ops.tenants.life.status import Status, as_html, as_json, status_of

NOW = datetime(2026, 12, 1, 3, 5, tzinfo=UTC)
DEMO = load(ROOT / "tenants" / "122041-demo.yaml")
TRAIL = {"problemCount": 0, "lastSeal": "2026-11-30"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A status of a tenant on AWS whose probes and trail answer as told."""

    def ask(
        *faulty: str, trail: Any = TRAIL, state: str = "active", there: bool = True, **facts: Any
    ) -> Status:
        faults = [
            Fault(probe=name, text="表 soudan-122041-records が悪い", runbook="#")
            for name in faulty
        ]
        monkeypatch.setattr(module, "verify", lambda _, only: (list(only), faults))

        def answer(*_: Any) -> Any:
            if isinstance(trail, Exception):
                raise trail
            return trail

        monkeypatch.setattr(module, "invoke_job", answer)
        live = LiveTenant(manifest=DEMO, outputs={"Version": "9.9"}, url="", cloud=None)
        entry = Entry(tenant="122041-local", state=state, version=1, updated_at="", facts=facts)
        return status_of(DEMO, entry, live if there else None, now=NOW)

    return ask


def test_all_is_well(asked: Any) -> None:
    found = asked(deployedAt="2026-11-20T01:00:00+00:00")
    assert found.summary == "works" and found.last_seal == date(2026, 11, 30)
    html = as_html(found)
    assert "2026年12月1日 12時05分" in html and "2026年11月20日 10時00分" in html
    assert "35日前までの、どの時点にも戻せます" in html and "異常</td>" not in html
    assert html.count("正常</td>") == len(found.lines) == 7
    assert "予定はありません。" in html


@pytest.mark.parametrize(
    ("probe", "summary"),
    [("door", "down"), ("key", "down"), ("functions", "down"), ("sign-in", "partly"),
     ("backup", "partly"), ("alarms", "partly")],
)  # fmt: skip
def test_each_fault_is_told_without_names_of_resources(
    probe: str, summary: str, asked: Any
) -> None:
    found = asked(probe)
    assert found.summary == summary
    html = as_html(found)
    assert html.count("異常</td>") == 1
    assert "soudan-122041" not in html and DEMO.account not in html
    assert DEMO.alarm_email not in html


def test_a_trail_with_faults_or_that_cannot_be_asked_is_told(asked: Any) -> None:
    found = asked(trail={"problemCount": 2, "lastSeal": None})
    assert found.summary == "partly" and "まだありません" in as_html(found)
    found = asked(trail=RegistrationError("x"))
    assert found.summary == "partly" and "いま確かめられません。" in as_html(found)
    assert as_json(found)["lastSeal"] is None


def test_what_is_stopped_on_purpose_is_told_as_that(asked: Any) -> None:
    found = asked("door", "key", state="suspended")
    html = as_html(found)
    assert found.summary == "stopped" and "止めてあります(停止中)。" in html
    assert "異常</td>" not in html and html.count("停止中</td>") == 2


def test_nothing_deployed_is_no_tenant_that_works(asked: Any) -> None:
    found = asked(state="new", there=False)
    assert found.summary == "down" and "確かめていません" in as_html(found)


def test_maintenance_is_shown_until_it_is_over_and_its_words_are_escaped(asked: Any) -> None:
    def one(day: int, text: str) -> dict[str, str]:
        return {
            "begins": f"2026-12-{day:02}T22:00:00+09:00",
            "ends": f"2026-12-{day:02}T23:00:00+09:00",
            "text": text,
        }

    over = one(1, "終わった") | {"begins": "2026-11-30T22:00:00+09:00",
                             "ends": "2026-11-30T23:00:00+09:00"}  # fmt: skip
    html = as_html(asked(maintenance=[one(9, "後の"), one(3, "<b>先の"), over]))
    assert "終わった" not in html and "&lt;b&gt;先の" in html
    assert html.index("12月3日 22時00分") < html.index("12月9日 22時00分")


def test_the_page_asks_for_nothing(asked: Any, tmp_path: Path) -> None:
    html = as_html(asked())
    assert "<script" not in html and "http" not in html
