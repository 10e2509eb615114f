"""管理: agencies and staff, the first day, who may open what."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.test_accessible import check
from tests.browser.test_manage import prints_alone
from tests.browser.test_papers import downloaded
from tests.unit.printing import Read

PARTS = (
    "staff",
    "agencies",
    "april",
    "stocktaking",
    "settings",
    "statistics",
    "ledger",
    "disclosure",
    "retention",
    "incident",
    "emergencies",
    "matrix",
)
OPEN_TO = {
    "manager": set(PARTS),
    "officer": {"statistics", "ledger", "disclosure", "incident", "matrix"},
    "coordinator": {"statistics"},
    "auditor": {"statistics", "ledger", "matrix"},
    "commissioner": set(),
}


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def row_of(page: Page, text: str) -> Any:
    return page.get_by_role("row").filter(has_text=text)


@pytest.mark.parametrize("role", sorted(OPEN_TO))
def test_each_role_opens_what_the_api_lets_it(desk_of: Callable[[str], Desk], role: str) -> None:
    desk = desk_of(role)
    page = desk.page
    entry = page.get_by_role("link", name="管理", exact=True)
    expect(entry).to_have_count(1 if OPEN_TO[role] else 0)
    denied = page.get_by_role("heading", name="表示できる記録がありません", level=1)
    for part in PARTS:
        desk.open(f"#/manage/{part}")
        if part in OPEN_TO[role]:
            expect(page.get_by_role("navigation", name="現在の場所")).to_be_visible()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(denied).to_have_count(0)
        else:
            expect(denied).to_be_visible()
    desk.open("#/manage/nonsense")
    expect(denied).to_be_visible()


@pytest.fixture
def without_contract(desk_of: Callable[[str], Desk]) -> Iterator[None]:
    """Something is left to do on this tenant's first day: a contractor without a contract."""
    desk = desk_of("manager")
    described = {"name": f"受託者{secrets.token_hex(3)}", "kind": "27", "runsProgramme": True}
    made = desk.api("POST", "agencies", described)
    assert made["status"] == 201, made
    yield
    path = f"agencies/{made['body']['agencyId']}"
    answer = desk.api("PUT", path, {**described, "runsProgramme": False}, '"0"')
    assert answer["status"] == 200, answer


def test_the_first_day_leads_on_and_is_put_away(
    without_contract: None, open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("manager")
    desk = open_desk()
    page = desk.page
    desk.open()
    desk.enrol(account.login_id, account.temporary_password)
    desk.at_list()
    page.get_by_role("link", name="管理", exact=True).click()
    guide = page.get_by_role("region", name="はじめの一日")
    expect(guide.get_by_text("つが済んでいます")).to_be_visible()
    check(desk)
    guide.get_by_role("link", name="職員を招待する").click()
    heading(page, "職員")
    page.go_back()
    guide.get_by_role("button", name="この案内を閉じる").click()
    expect(page.get_by_text("はじめの案内を閉じました")).to_be_focused()
    expect(guide).to_have_count(0)
    page.reload()
    heading(page, "管理")
    expect(page.get_by_role("link", name="職員", exact=True)).to_be_visible()
    expect(guide).to_have_count(0)


def test_a_person_is_invited_signs_in_and_is_changed(
    open_desk: Callable[..., Desk], desk_of: Callable[[str], Desk]
) -> None:
    login = f"shin{secrets.token_hex(3)}"
    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/staff")
    desk.press("職員を招待する")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="登録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("氏名を記入してください")
    check(desk)
    dialog.get_by_label("氏名").fill("新任 👩‍💼 𠮷田")
    dialog.get_by_label("利用者ID").fill("kanri1")
    dialog.get_by_label("機関").select_option(label="NPO法人こもれび(練習用)")
    dialog.get_by_label("役割").select_option("officer")
    dialog.get_by_role("button", name="登録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("主管課の人だけです")
    dialog.get_by_label("役割").select_option("agency")
    dialog.get_by_role("button", name="登録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("この利用者IDは使われています")
    dialog.get_by_label("利用者ID").fill(login)
    # Twice: one person, one slip.
    dialog.get_by_role("button", name="登録する").dblclick()
    expect(dialog.get_by_role("heading", name="職員を登録しました")).to_be_visible()
    check(desk)
    temporary = dialog.locator("dd.secret").inner_text()
    prints_alone(page, "利用登録の控え")
    slip = downloaded(page, "利用者登録のご案内：ご案内（PDF）")
    # Who prints it is named, who is invited is not, in a list of downloads.
    assert slip.suggested_filename == "sign-up.pdf"
    read = Read.of(Path(slip.path()).read_bytes())
    assert read.says(login)
    assert not read.says(temporary)
    dialog.get_by_role("button", name="控えたので閉じる").click()
    expect(row_of(page, login)).to_have_count(1)
    later = downloaded(page, "新任 👩‍💼 𠮷田への利用者登録のご案内：印刷（PDF）")
    assert Read.of(Path(later.path()).read_bytes()).says(login)
    expect(page.get_by_text(temporary)).to_have_count(0)

    person = open_desk()
    person.open()
    person.enrol(login, temporary)
    person.at_list()
    expect(person.page.get_by_text("NPO法人こもれび(練習用)・関係機関")).to_be_visible()

    row_of(page, login).get_by_role("button", name="変更").click()
    dialog.get_by_label("終わりの日").fill("2026-04-01")
    dialog.get_by_role("button", name="変える").click()
    expect(dialog.get_by_role("alert")).to_contain_text("始まりの日より後に")
    dialog.get_by_label("終わりの日").fill("2030-03-31")
    dialog.get_by_label("機関").select_option(label="なぎさ地域包括支援センター(練習用)")
    dialog.get_by_role("button", name="変える").click()
    expect(page.get_by_role("status").filter(has_text="登録を変えました")).to_be_visible()
    expect(row_of(page, login)).to_contain_text("令和12年3月31日")
    person.page.reload()
    expect(person.page.get_by_text("なぎさ地域包括支援センター(練習用)・関係機関")).to_be_visible()


def test_two_managers_change_one_person(desk_of: Callable[[str], Desk], tenant: Any) -> None:
    account = tenant.new_account("agency", agency_id="npo")
    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/staff")
    row_of(page, account.login_id).get_by_role("button", name="変更").click()
    change = {"staffId": f"staff-{account.login_id}", "revision": 0, "validTo": "2029-03-31"}
    body = {"preview": False, "changes": [change]}
    assert desk.api("POST", "staff-changes", body)["status"] == 200
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("氏名").fill("別の 名前")
    dialog.get_by_role("button", name="変える").click()
    expect(dialog.get_by_role("alert")).to_contain_text("ほかの人が先に変えました")
    expect(dialog.get_by_label("氏名")).to_have_value("別の 名前")


def test_april_many_move_and_one_cannot(desk_of: Callable[[str], Desk], tenant: Any) -> None:
    accounts = [tenant.new_account("agency", agency_id="npo") for _ in range(3)]
    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/april")
    expect(page.get_by_role("checkbox", name=f"試験 {accounts[0].login_id}")).to_be_visible()
    check(desk)
    desk.press("登録する前に確かめる")
    expect(page.get_by_role("alert")).to_contain_text("異動する人を選び")
    for account in accounts[:2]:
        # By the keyboard alone.
        page.get_by_role("checkbox", name=f"試験 {account.login_id}").focus()
        page.keyboard.press("Space")
    page.get_by_label("終わりの日").fill("2030-03-31")
    desk.press("選んだ人に当てはめる")
    expect(page.get_by_text("2人の異動を用意しています")).to_be_visible()
    page.get_by_role("checkbox", name=f"試験 {accounts[2].login_id}").check()
    page.get_by_label("終わりの日").fill("")
    page.get_by_label("新しい役割").select_option("officer")
    desk.press("選んだ人に当てはめる")
    desk.press("登録する前に確かめる")
    expect(page.get_by_role("heading", name="登録する前の確認")).to_be_focused()
    expect(row_of(page, accounts[2].login_id)).to_contain_text("主管課の人だけです")
    check(desk)
    page.get_by_role("button", name="2人の異動を登録する").dblclick()
    expect(page.get_by_role("heading", name="登録した結果")).to_be_visible()
    for account in accounts[:2]:
        expect(row_of(page, account.login_id)).to_contain_text("変えました")
    expect(row_of(page, accounts[2].login_id)).to_contain_text("変えられません")
    desk.press("残りを直す")
    expect(page.get_by_text("1人の異動を用意しています")).to_be_visible()
    # What was prepared is not lost without a question.
    page.get_by_role("link", name="管理", exact=True).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("消えます")
    desk.press("入力を消して離れる")
    heading(page, "管理")


def test_stocktaking_confirms_one_and_ends_another(
    desk_of: Callable[[str], Desk], tenant: Any
) -> None:
    kept, ended = (tenant.new_account("agency", agency_id="npo") for _ in range(2))
    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/stocktaking")
    expect(row_of(page, kept.login_id)).to_contain_text("記録なし")
    check(desk)
    desk.press("選んだとおりに記録する")
    expect(page.get_by_role("alert")).to_contain_text("選んでください")
    page.get_by_label(f"試験 {kept.login_id}の登録").select_option("keep")
    page.get_by_label(f"試験 {ended.login_id}の登録").select_option("end")
    desk.press("選んだとおりに記録する")
    expect(page.get_by_text("棚卸しを記録しました")).to_be_visible()
    expect(row_of(page, ended.login_id)).to_contain_text("変えました")
    desk.press("一覧に戻る")
    page.get_by_label("並べる人").select_option("all")
    expect(row_of(page, kept.login_id)).not_to_contain_text("まだ")
    expect(row_of(page, ended.login_id)).to_have_count(0)


def test_agencies_are_entered_renamed_and_given_a_contract(desk_of: Callable[[str], Desk]) -> None:
    name = f"相談所{secrets.token_hex(3)}"
    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/agencies")
    expect(row_of(page, "NPO法人こもれび(練習用)")).to_be_visible()
    check(desk)
    desk.press("機関を登録する")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="登録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("名前を記入してください")
    dialog.get_by_label("名前").fill(name)
    dialog.get_by_label("種別").select_option("03")
    dialog.get_by_role("button", name="登録する").dblclick()
    expect(row_of(page, name)).to_have_count(1)
    row_of(page, name).get_by_role("button", name="変更").click()
    dialog.get_by_role("checkbox", name="多機関協働事業を受託している").check()
    dialog.get_by_role("button", name="変える").click()
    expect(row_of(page, name)).to_contain_text("期間の登録がありません")
    row_of(page, name).get_by_role("button", name="契約").click()
    dialog.get_by_label("始まりの日").fill("2026-04-01")
    dialog.get_by_label("終わりの日").fill("2026-03-31")
    dialog.get_by_label("契約番号").fill("委8-1")
    dialog.get_by_role("button", name="登録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("始まりの日より後に")
    dialog.get_by_label("終わりの日").fill("2027-03-31")
    dialog.get_by_role("button", name="登録する").click()
    expect(row_of(page, name)).to_contain_text("令和8年4月1日〜令和9年3月31日")
    # Taken back, so that it joins no case of other tests.
    row_of(page, name).get_by_role("button", name="変更").click()
    dialog.get_by_role("checkbox", name="多機関協働事業を受託している").uncheck()
    dialog.get_by_role("button", name="変える").click()
    expect(row_of(page, name)).to_contain_text("なし")


def test_an_agency_ends_once_nobody_works_there(desk_of: Callable[[str], Desk]) -> None:
    name = f"閉じる相談所{secrets.token_hex(3)}"
    desk = desk_of("manager")
    page = desk.page
    entered = {"name": name, "kind": "03", "runsProgramme": False}
    made = desk.api("POST", "agencies", entered)
    assert made["status"] == 201, made
    person = {
        "displayName": "閉所 一人",
        "loginId": f"heisho{secrets.token_hex(3)}",
        "role": "agency",
        "agencyId": made["body"]["agencyId"],
        "validFrom": "2026-04-01",
        "validTo": None,
    }
    invited = desk.api("POST", "staff", person)
    assert invited["status"] == 201, invited
    desk.open("#/manage/agencies")
    # The screens keep the register; what was entered behind them comes with the next loading.
    page.reload()
    row_of(page, name).get_by_role("button", name="変更").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("終わりの日").fill("2026-05-31")
    dialog.get_by_role("button", name="変える").click()
    expect(dialog.get_by_role("alert")).to_contain_text("登録のある職員がいます")
    check(desk)
    gone = {"staffId": invited["body"]["staffId"], "revision": 0, "validTo": "2026-05-31"}
    ended = desk.api("POST", "staff-changes", {"preview": False, "changes": [gone]})
    assert ended["body"]["items"][0]["outcome"] == "changed", ended
    dialog.get_by_role("button", name="変える").click()
    expect(page.get_by_text("機関の登録を変えました")).to_be_visible()
    expect(row_of(page, name)).to_contain_text("令和8年5月31日まで")
    # Nobody new can be entered there.
    desk.open("#/manage/staff")
    desk.press("職員を招待する")
    expect(dialog.get_by_label("機関").get_by_role("option", name="NPO法人")).to_have_count(1)
    expect(dialog.get_by_label("機関").get_by_role("option", name=name)).to_have_count(0)


def test_without_a_line_the_screen_says_so_and_goes_on(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/agencies")
    desk.press("機関を登録する")
    dialog = page.get_by_role("dialog")
    name = f"窓口{secrets.token_hex(3)}"
    dialog.get_by_label("名前").fill(name)
    dialog.get_by_label("種別").select_option("99")
    page.route("**/agencies", lambda route: route.abort())
    dialog.get_by_role("button", name="登録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("サーバーにつながりません")
    page.unroute("**/agencies")
    dialog.get_by_role("button", name="登録する").click()
    expect(row_of(page, name)).to_have_count(1)
