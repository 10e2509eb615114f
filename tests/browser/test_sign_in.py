"""Getting in, and what is said when it fails."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route, expect

from tests.browser.desk import PASSWORD, Desk, unused_code


def test_a_wrong_password_says_nothing_about_which_was_wrong(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("agency")
    desk = open_desk()
    desk.open()
    said = []
    for login_id in (account.login_id, "nobody-of-this-name"):
        desk.give_password(login_id, "Machigai-2026!x")
        alert = desk.page.get_by_role("alert")
        expect(alert).to_be_visible()
        said.append(alert.inner_text())
        expect(desk.page.get_by_label("利用者ID")).to_have_value(login_id)
    assert said[0] == said[1]


def test_empty_fields_are_marked_each(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk()
    desk.open()
    fields = [desk.page.get_by_label(label) for label in ("利用者ID", "パスワード")]
    desk.press("次へ")
    for field in fields:
        expect(field).to_have_attribute("aria-invalid", "true")
    fields[0].fill("dareka")
    expect(fields[0]).not_to_have_attribute("aria-invalid", "true")
    expect(fields[1]).to_have_attribute("aria-invalid", "true")


def test_many_wrong_passwords_are_answered_with_how_long_to_wait(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("agency")
    desk = open_desk()
    page = desk.page
    desk.open()
    waiting = page.get_by_role("alert").filter(has_text="ほど待ってから")
    for _ in range(12):
        with page.expect_response("**/auth/sign-in"):
            desk.give_password(account.login_id, "Machigai-2026!x")
        expect(page.get_by_role("alert")).to_be_visible()
        if waiting.is_visible():
            break
    expect(waiting).to_be_visible()
    expect(page.get_by_label("利用者ID")).to_have_value(account.login_id)


def test_a_wrong_code_can_be_repeated_and_a_weak_password_is_explained(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("agency")
    desk = open_desk()
    page = desk.page
    desk.open()
    desk.give_password(account.login_id, account.temporary_password)
    page.get_by_label("新しいパスワード").first.fill(PASSWORD)
    page.get_by_label("新しいパスワード（もう一度）").fill(f"{PASSWORD}x")
    desk.press("このパスワードにする")
    expect(page.get_by_text("2つの欄に同じパスワードを")).to_be_visible()
    # The local cloud takes any password: the refusal is the page's part of it only.
    page.route("**/auth/new-password", refuse_password)
    page.get_by_label("新しいパスワード（もう一度）").fill(PASSWORD)
    desk.press("このパスワードにする")
    expect(page.get_by_role("alert")).to_contain_text("このパスワードは使えません")
    page.unroute("**/auth/new-password")
    page.get_by_label("新しいパスワード").first.fill(PASSWORD)
    page.get_by_label("新しいパスワード（もう一度）").fill(PASSWORD)
    desk.press("このパスワードにする")

    expect(page.get_by_role("img", name="認証アプリに登録するため")).to_be_visible()
    page.get_by_text("スマートフォンを使えない").click()
    secret = page.locator("dd.secret").inner_text().replace(" ", "").replace("\n", "")
    desk.give_code("12", "登録する")
    expect(page.get_by_text("6桁の数字を入力してください")).to_be_visible()
    right = unused_code(account.login_id, secret)
    desk.give_code("000000" if right != "000000" else "111111", "登録する")
    expect(page.get_by_role("alert")).to_be_visible()
    desk.give_code(right, "登録する")
    desk.at_list()


def refuse_password(route: Route) -> None:
    route.fulfill(
        status=422,
        headers={"Content-Type": "application/problem+json"},
        body='{"type":"urn:soudan:problem:password-policy","title":"このパスワードは使えません",'
        '"status":422,"detail":"12文字以上で入れてください。"}',
    )


def test_the_slip_for_a_token_prints_alone(open_desk: Callable[..., Desk], tenant: Any) -> None:
    account = tenant.new_account("agency")
    desk = open_desk()
    page = desk.page
    desk.open()
    desk.give_password(account.login_id, account.temporary_password)
    page.get_by_label("新しいパスワード").first.fill(PASSWORD)
    page.get_by_label("新しいパスワード（もう一度）").fill(PASSWORD)
    desk.press("このパスワードにする")
    page.get_by_text("スマートフォンを使えない").click()
    expect(page.get_by_text("必ず細断して廃棄")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="登録用の控え")).to_be_visible()
    expect(page.get_by_label("確認コード")).to_be_hidden()


def test_signing_out_ends_the_session_in_the_browser(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("officer")
    desk = open_desk()
    desk.open()
    desk.enrol(account.login_id, account.temporary_password)
    desk.at_list()
    desk.press("サインアウト")
    expect(desk.page.get_by_label("利用者ID")).to_be_visible()
    desk.page.reload()
    expect(desk.page.get_by_label("利用者ID")).to_be_visible()


def test_the_address_without_its_last_slash_leads_to_the_same_page(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    desk = open_desk()
    desk.page.goto(tenant.url.rstrip("/"))
    expect(desk.page.get_by_label("利用者ID")).to_be_visible()
    assert desk.page.url.partition("#")[0] == tenant.url
