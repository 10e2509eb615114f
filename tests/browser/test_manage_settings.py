"""管理: what the town sets for itself, the numbers, and the rules as they run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.test_accessible import check
from tests.browser.test_manage_registers import row_of


@pytest.fixture
def settings_kept(desk_of: Callable[[str], Desk]) -> Iterator[Desk]:
    """The settings are put back afterwards: other tests live on the same tenant."""
    desk = desk_of("manager")
    before = desk.api("GET", "settings")["body"]["document"]
    yield desk
    revision = desk.api("GET", "settings")["body"]["revision"]
    answer = desk.api("PUT", "settings", {"document": before}, f'"{revision}"')
    assert answer["status"] == 200, answer


def test_settings_are_checked_saved_and_seen_on_the_forms(settings_kept: Desk) -> None:
    desk = settings_kept
    page = desk.page
    desk.open("#/manage/settings")
    days = page.get_by_label("開示請求の決定まで(日)")
    expect(days).to_be_visible()
    page.get_by_role("heading", name="様式と項目").or_(page.get_by_text("様式と項目")).first.click()
    check(desk)
    days.fill("31")
    desk.press("設定を保存する")
    expect(page.get_by_role("alert").first).to_contain_text("30 以下")
    expect(days).to_have_attribute("aria-invalid", "true")
    days.fill("15")
    page.get_by_label("重層的支援会議").fill("まるごと会議")
    intake = page.locator("details", has=page.get_by_text("相談受付・申込票", exact=True)).last
    intake.locator("summary").click()
    intake.get_by_role("button", name="項目を開く").click()
    intake.get_by_role("checkbox", name="本人・家族の希望", exact=True).uncheck()
    intake.get_by_role("textbox", name="「主訴(本人の言葉)」の呼び名").fill("ご本人の言葉")
    check(desk)
    page.get_by_role("button", name="設定を保存する").dblclick()
    expect(page.get_by_role("status").filter(has_text="設定を保存しました")).to_be_visible()
    kept = desk.api("GET", "settings")["body"]
    assert kept["document"]["terms"] == {"disclosureDays": 15}
    assert kept["document"]["meetings"] == {"juso": "まるごと会議"}
    desk.start_case()
    expect(page.get_by_text("ご本人の言葉")).to_have_count(1)
    expect(desk.field("wishes")).to_have_count(0)


def test_two_managers_change_the_settings(settings_kept: Desk) -> None:
    desk = settings_kept
    page = desk.page
    desk.open("#/manage/settings")
    page.get_by_label("支援会議", exact=True).fill("つながる会議")
    now = desk.api("GET", "settings")["body"]
    theirs = {**now["document"], "terms": {"noticeDays": 20}}
    desk.api("PUT", "settings", {"document": theirs}, f'"{now["revision"]}"')
    desk.press("設定を保存する")
    expect(page.get_by_text("ほかの人が先に設定を変えました")).to_be_visible()
    expect(page.get_by_label("支援会議", exact=True)).to_have_value("つながる会議")
    check(desk)
    desk.press("この内容で保存し直す")
    expect(page.get_by_role("status").filter(has_text="設定を保存しました")).to_be_visible()


def test_what_is_not_saved_is_asked_about(settings_kept: Desk) -> None:
    desk = settings_kept
    page = desk.page
    desk.open("#/manage/settings")
    page.get_by_label("支援会議", exact=True).fill("消える会議")
    page.get_by_role("link", name="ケース", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("消えます")
    desk.press("編集を続ける")
    expect(page.get_by_label("支援会議", exact=True)).to_have_value("消える会議")
    page.get_by_role("link", name="ケース", exact=True).click()
    desk.press("入力を消して離れる")
    desk.at_list()


def test_numbers_as_charts_with_their_tables_and_a_file(
    desk_of: Callable[[str], Desk], tmp_path: Path
) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/statistics")
    year = page.get_by_label("年度").input_value()
    told = desk.api("GET", f"statistics?period={year}&for=report")["body"]
    row = next(r for r in told["rows"] if r["indicator"] == "new" or "新規相談" in r["title"])
    number = f"{row['values'][year]:,}"
    expect(row_of(page, row["title"]).first).to_contain_text(number)
    page.get_by_text(f"{row['title']}の内訳").click()
    figure = page.get_by_role("figure").filter(has_text=f"{row['title']}（月ごと")
    chart = figure.locator("svg.chart")
    expect(chart).to_be_visible()
    # The chart says nothing to a screen reader that its table does not say.
    assert chart.get_attribute("aria-hidden") == "true"
    shown = [text for text in chart.locator("text").all_text_contents() if not text.endswith("月")]
    table = page.get_by_role("table", name=f"{row['title']}（月ごと）")
    assert shown == table.get_by_role("cell").all_inner_texts()
    check(desk)
    with page.expect_download() as saved:
        desk.press("ファイルに保存する（CSV）")
    file = tmp_path / "statistics.csv"
    saved.value.save_as(file)
    content = file.read_bytes()
    assert content.startswith("\ufeff".encode())
    assert not content.startswith("\ufeff\ufeff".encode())
    assert row["title"] in content.decode("utf-8-sig")

    # The same numbers as a workbook, in numbers.
    with page.expect_download() as saved:
        desk.press("Excelで保存する")
    assert saved.value.suggested_filename == f"jisseki-{year}-report.xlsx"
    book = tmp_path / "statistics.xlsx"
    saved.value.save_as(book)
    rows = [
        cells
        for sheet in load_workbook(book)
        for cells in sheet.iter_rows(values_only=True)
        if row["title"] in cells
    ]
    assert any(row["values"][year] in cells for cells in rows), rows


def test_what_is_published_withholds_small_numbers_in_chart_and_table(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("auditor")
    page = desk.page
    desk.open("#/manage/statistics")
    expect(page.get_by_label("使いみち").get_by_role("option")).to_have_count(1)
    year = page.get_by_label("年度").input_value()
    told = desk.api("GET", f"statistics?period={year}&for=publication")["body"]
    withheld = [r for r in told["rows"] if r["marks"].get(year)]
    assert withheld
    for one in withheld:
        assert one["values"][year] is None
    expect(page.get_by_text("人数の少ない数").first).to_be_visible()
    check(desk)


def test_the_matrix_is_shown_to_the_auditor(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("auditor")
    page = desk.page
    desk.open("#/manage/matrix")
    page.get_by_text("ケースによらない操作").click()
    told: Any = desk.api("GET", "policy-matrix")["body"]["sections"][-1]
    for row in told["rows"]:
        cells = row_of(page, row["label"]).last.get_by_role("cell").all_inner_texts()
        assert cells == row["cells"]
    check(desk)
