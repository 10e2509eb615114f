"""A lost factor: another manager gives a new one, or a recovery code of one's own does."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.desk import PASSWORD, Desk


def test_a_manager_gives_a_new_factor_to_another_person(
    open_desk: Callable[..., Desk], desk_of: Callable[[str], Desk], tenant: Any
) -> None:
    account = tenant.new_account("officer")
    lost = open_desk()
    lost.open()
    lost.enrol(account.login_id, account.temporary_password)
    lost.at_list()
    lost.press("サインアウト")

    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/staff")
    row = page.get_by_role("row").filter(has_text=account.login_id)
    row.get_by_role("button", name="再発行").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="再発行する").click()
    expect(dialog.get_by_text("理由を記入してください")).to_be_visible()
    dialog.get_by_label("再発行の理由").fill("スマートフォンをなくしたため")
    dialog.get_by_role("button", name="再発行する").click()
    temporary = dialog.locator("dd.secret").inner_text()
    expect(dialog.get_by_text("必ず細断して廃棄")).to_be_visible()
    prints_alone(page, "再発行の控え")
    dialog.get_by_role("button", name="控えたので閉じる").click()
    expect(page.get_by_text(temporary)).to_have_count(0)

    expect(lost.page.get_by_label("利用者ID")).to_be_visible()
    lost.enrol(account.login_id, temporary, "Momiji-2026-atarashii!")
    lost.at_list()


def test_a_recovery_code_lets_a_manager_set_up_a_new_factor(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("manager")
    desk = open_desk()
    page = desk.page
    desk.open()
    desk.enrol(account.login_id, account.temporary_password)
    desk.at_list()
    page.get_by_role("link", name="管理", exact=True).click()
    page.get_by_role("link", name="職員", exact=True).click()
    desk.press("回復コードを作る")
    desk.press("作る")
    shown = page.locator("li.secret")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    prints_alone(page, "回復コードの控え")
    desk.press("控えたので閉じる")
    expect(page.get_by_text("残り：10個")).to_be_visible()
    desk.press("サインアウト")

    expect(page.get_by_label("利用者ID")).to_be_visible()
    desk.give_password(account.login_id, PASSWORD)
    desk.press("認証アプリを使えない（なくした）")
    page.get_by_label("回復コード", exact=True).fill(codes[0])
    desk.press("回復コードで進む")
    desk.choose_password("Momiji-2026-atarashii!")
    desk.set_up_factor(account.login_id)
    desk.at_list()
    page.get_by_role("link", name="管理", exact=True).click()
    page.get_by_role("link", name="職員", exact=True).click()
    expect(page.get_by_text("残り：9個")).to_be_visible()


def prints_alone(page: Page, title: str) -> None:
    dialog = page.get_by_role("dialog")
    slip = dialog.locator(".slip")
    page.emulate_media(media="print")
    expect(slip.get_by_text(title, exact=True)).to_be_visible()
    expect(slip.locator(".secret").first).to_be_visible()
    # What is seen and belongs neither to the slip nor to what it stands in.
    around = page.evaluate(
        """() => [...document.body.querySelectorAll(':not(:has(.slip), .slip, .slip *)')]
          .filter((one) => one.checkVisibility()).map((one) => one.outerHTML)"""
    )
    assert around == []
    backdrop = "(one) => getComputedStyle(one, '::backdrop').display"
    assert dialog.evaluate(backdrop) == "none"
    page.emulate_media(media="screen")
    expect(dialog.get_by_role("button", name="控えたので閉じる")).to_be_visible()
