"""The HTML reports as a head of section opens them: axe, 320 px, nothing fetched, nothing run."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ops.appraisal import assumptions
from ops.appraisal.decision import appraise
from ops.appraisal.model import Town
from ops.appraisal.nation import simulate
from ops.appraisal.nation_report import report as nation_report
from ops.appraisal.report import report
from ops.offers import documents
from ops.offers.comparison import compare
from ops.offers.definition import OFFERS, load, load_all
from ops.offers.tariff import workloads
from ops.reports.paper import as_html
from ops.tenants.life.status import Line, Maintenance, Status
from ops.tenants.life.status import as_html as state_as_html
from tests.browser.desk import Desk
from tests.browser.test_accessible import check

DAY = date(2026, 11, 28)
ROWS = assumptions.read("assumptions.csv")
OURS = load(OFFERS / "soudan-reference.yaml")


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Any:
    """Opens a report from a file and watches that it asks for nothing."""
    room = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    said: list[str] = []

    def open_(html: str) -> Page:
        file = tmp_path / "report.html"
        file.write_text(html, "utf-8")
        page = room.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(file.as_uri())
        return page

    yield open_
    room.close()
    assert {Path(url).name for url in asked} == {"report.html"}
    assert said == []


def town(**changes: Any) -> Town:
    made = {"code": "122041", "name": "船橋市", "cases": 5, "users": 8, "agencies": 3,
            "offer": OURS, "years": 5}  # fmt: skip
    return Town(**(made | changes))


def test_the_towns_report(opened: Any) -> None:
    found = appraise(town(fee=Decimal(100_000)), ROWS, first_year=2027, draws=10_000, seed=1)
    page = opened(as_html(report(found, DAY)))
    expect(page.locator(".answer strong")).to_have_text("現行を継続")
    for heading in ("1 歳出の増", "2 歳出の減", "4 時間の効果", "7 どの数字から釣り合うか"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_text(f"年 {found.cases_break_even} 件から")).to_be_visible()
    expect(page.get_by_role("img")).to_be_visible()
    money = page.get_by_role("region", name="節ごとの歳出")
    expect(money.get_by_role("columnheader", name="令和9年度")).to_be_visible()
    money.focus()
    expect(money).to_be_focused()
    check(Desk(page=page, tenant=None))  # type: ignore[arg-type]


def test_the_report_of_a_large_city_shows_the_probability(opened: Any) -> None:
    found = appraise(town(cases=80, users=120), ROWS, first_year=2027, draws=10_000, seed=1)
    page = opened(as_html(report(found, DAY)))
    expect(page.locator(".answer")).to_contain_text(f"{found.draws.probability:.0%}")
    check(Desk(page=page, tenant=None))  # type: ignore[arg-type]


def test_the_comparison(opened: Any) -> None:
    offers = load_all(sorted(OFFERS.glob("*.yaml")), today=DAY)
    found = compare(offers, list(workloads().values()), years=5, day=DAY)
    page = opened(documents.html(found))
    small = page.get_by_role("region", name="年5件・8人の費用")
    row = small.get_by_role("row").filter(has_text="専用パッケージ")
    expect(row).to_contain_text("不明")
    expect(row.get_by_role("cell", name="0円", exact=True)).to_have_count(0)
    for offer in found.offers:
        expect(page.get_by_role("heading", name=offer.product)).to_contain_text(offer.mark)
    check(Desk(page=page, tenant=None))  # type: ignore[arg-type]


def test_the_nations_report(opened: Any) -> None:
    nation_rows = assumptions.read("nation.csv")
    found = simulate(OURS, ROWS, nation_rows, adoption=[10, 1741], years=5, draws=100, seed=1)
    page = opened(as_html(nation_report(found, OURS, ROWS, nation_rows, DAY)))
    table = page.get_by_role("region", name="都道府県別", exact=True)
    expect(table.get_by_role("row")).to_have_count(48)
    check(Desk(page=page, tenant=None))  # type: ignore[arg-type]


def test_the_state_of_a_tenant(opened: Any) -> None:
    lines = [
        Line(title=title, well=well, text=f"{title}の説明です。" * 3)
        for title, well in (("画面", True), ("暗号の鍵", False), ("控え", None))
    ]
    at = datetime(2026, 12, 1, 3, 5, tzinfo=UTC)
    found = Status(
        municipality="船橋市", code="122041", environment="production", vendor="soudan-demo",
        summary="down", state="稼働中", asked_at=at, deployed_at=at, version="0.1.0",
        last_seal=DAY, lines=lines,
        maintenance=[Maintenance(begins=at, ends=at, text="更新のため止まります。" * 5)],
    )  # fmt: skip
    page = opened(state_as_html(found))
    expect(page.locator(".answer")).to_contain_text("使えないところがあります")
    table = page.get_by_role("region", name="確かめたこと")
    expect(table.get_by_role("row").filter(has_text="暗号の鍵")).to_contain_text("異常")
    expect(table.get_by_role("row").filter(has_text="控え")).to_contain_text("確かめていない")
    table.focus()
    expect(table).to_be_focused()
    check(Desk(page=page, tenant=None))  # type: ignore[arg-type]
