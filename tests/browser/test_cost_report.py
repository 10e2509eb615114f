"""The cost report as its reader opens it: a file on disk, with nothing loaded from anywhere."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from ops.cli import app as soudan
from ops.costs.synthetic import make
from tests.browser.desk import Desk, Watch
from tests.browser.test_accessible import check


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("costs")
    made = make(directory, tenants=12, first=date(2026, 4, 1), months=7)
    page = directory / "report.html"
    result = CliRunner().invoke(
        soudan,
        [
            "cost", "report", "--month", "2026-10", "--bill", str(directory / "bills"),
            "--fleet", str(made.fleet), "--ledger", str(made.ledger), "--rate", "150.25",
            "--to", str(page),
        ],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return page


@pytest.fixture
def opened(browser: Browser, report: Path) -> Iterator[Page]:
    page = browser.new_page(locale="ja-JP")
    watch = Watch(page, own=report.as_uri())
    page.goto(report.as_uri())
    yield page
    page.close()
    watch.verify()


def test_the_charts_say_in_words_what_they_show_and_stand_beside_their_tables(
    opened: Page,
) -> None:
    expect(opened.get_by_role("heading", level=1)).to_contain_text("2026年10月")
    charts = opened.get_by_role("img")
    expect(charts).to_have_count(3)
    expect(charts.nth(0)).to_have_attribute("aria-label", re.compile("10月 [0-9,]+ 円"))
    # Seven months of three parts each, every one as tall as its share of the highest.
    bars = charts.nth(0).locator("rect")
    expect(bars).to_have_count(21)
    heights = [float(bars.nth(n).get_attribute("height") or 0) for n in range(21)]
    assert all(height >= 0 for height in heights)
    assert max(sum(heights[n : n + 3]) for n in range(0, 21, 3)) == pytest.approx(216, abs=1)
    expect(opened.get_by_text("(一致)")).to_be_visible()
    expect(opened.get_by_role("row", name="合計")).to_be_visible()


def test_no_violation_and_no_sideways_scrolling(opened: Page) -> None:
    check(Desk(page=opened, tenant=None))
