"""Papers from the screens: what is downloaded, under which name, and what stops it."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Download, Page, expect

from tests.browser.desk import Desk
from tests.browser.test_accessible import check
from tests.browser.test_meetings import HOUKATSU, INVITED, convene, day, lay
from tests.unit.printing import Read

# A kanji of Unicode's extension E that no font of the papers has.
RARE = "\U0002c09b"


def downloaded(page: Page, button: str) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return download.value


def test_a_record_is_printed_from_its_screen(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.start_case()
    desk.fill_case("印刷 花子")
    desk.save()
    desk.saved()
    case_id = page.url.rpartition("/")[2]
    title = "相談受付・申込票(本人同意なし・支援会議用)"
    pdf = downloaded(page, f"{title}：印刷（PDF）")
    # Nobody's name stands in a list of downloads.
    assert pdf.suggested_filename == f"{case_id}-intake-no-consent.pdf"
    read = Read.of(Path(pdf.path()).read_bytes())
    assert read.says("印刷 花子")
    assert read.title == title
    book = downloaded(page, f"{title}：Excel")
    assert book.suggested_filename == f"{case_id}-intake-no-consent.xlsx"
    check(desk)


def test_a_character_without_a_glyph_is_named_before_it_is_printed(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.start_case()
    desk.fill_case(f"{RARE}田 花子")
    desk.save()
    desk.saved()
    page.get_by_role("button", name="印刷（PDF）").click()
    dialog = page.get_by_role("dialog", name="印刷できない文字があります")
    expect(dialog).to_contain_text("氏名: U+2C09B の字形がありません。")
    check(desk)
    with page.expect_download() as download:
        dialog.get_by_role("button", name="番号を記して印刷する").click()
    assert Read.of(Path(download.value.path()).read_bytes()).says("〔U+2C09B〕田 花子")
    expect(dialog).to_have_count(0)


def test_blank_forms_and_examples_have_a_page(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("coordinator")
    page = desk.page
    page.get_by_role("link", name="様式・参考例").click()
    expect(page.get_by_role("heading", name="参考例", exact=True)).to_be_visible()
    check(desk)
    pdf = downloaded(page, "支援会議 設置運営要綱：PDF")
    assert pdf.suggested_filename == "kit-bylaw.pdf"
    assert Read.of(Path(pdf.path()).read_bytes()).says("参考例")
    downloaded(page, "プラン兼事業等利用申込書：Excel")


def test_a_meeting_is_announced_without_any_case_or_person(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("通知 花子")
    meeting = convene(desk, "七月の定例会議", day(7), INVITED)
    lay(desk, meeting, case_id)
    desk.open(f"#/meetings/{meeting}")
    expect(page.get_by_role("link", name="通知 花子")).to_be_visible()
    check(desk)
    pdf = downloaded(page, "会議の開催通知：開催通知（PDF）")
    assert pdf.suggested_filename == "invitation.pdf"
    read = Read.of(Path(pdf.path()).read_bytes())
    assert read.says("七月の定例会議")
    for personal in ("通知 花子", case_id, HOUKATSU):
        assert not read.says(personal)


def test_a_print_that_does_not_come_says_what_to_do(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    page.get_by_role("link", name="様式・参考例").click()
    page.route("**/prints/secrecy-pledge**", lambda route: route.abort())
    page.get_by_role("button", name="守秘誓約書：PDF", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("サーバーにつながりません")
