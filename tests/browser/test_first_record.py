"""From a slip of paper to a saved record: what a new member of staff does on the first day."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.desk import Desk

# A variation selector, a character outside the basic plane, compatibility ideographs that
# normalising would change, and a long foreign name.
NAME = "葛\U000e0100城 \U00020bb7子 髙\ufa11\ufa19"
OTHER_NAME = "Nguyễn Thị Minh Khai Alexandra van der Berg"


def test_a_new_person_enrols_writes_meets_a_conflict_and_finds_everything_again(
    open_desk: Callable[..., Desk], desk_of: Callable[[str], Desk], tenant: Any
) -> None:
    account = tenant.new_account("manager")
    desk = open_desk()
    page = desk.page
    desk.open()
    desk.enrol(account.login_id, account.temporary_password)
    desk.at_list()

    desk.start_case()
    desk.fill_case(NAME)
    born = desk.field("birthDate")
    born.get_by_role("combobox").select_option("昭和")
    born.get_by_role("textbox").nth(0).fill("64")
    born.get_by_role("textbox").nth(1).fill("1")
    page.locator("summary", has_text="世帯").click()
    page.get_by_role("button", name="世帯構成を追加").click()
    desk.field("household_0_name").fill(OTHER_NAME)
    desk.field("household_0_age").fill("８２")
    desk.save()
    desk.saved()
    case_id = page.url.rpartition("/")[2]
    expect(page.get_by_text("昭和64年・平成元年1月（日不明）")).to_be_visible()

    desk.edit()
    desk.field("chiefComplaint").fill("自分が聞いた言葉")
    desk.field("wishes").fill("自宅で暮らしたい")
    other = desk_of("manager")
    other.write_behind(case_id, chiefComplaint="別の職員が聞いた言葉", sex="2")
    desk.save()
    dialog = page.get_by_role("dialog", name="ほかの人が先に保存しました")
    complaint = dialog.get_by_role("group", name="主訴")
    expect(complaint).to_contain_text("自分が聞いた言葉")
    expect(complaint).to_contain_text("別の職員が聞いた言葉")
    complaint.get_by_role("radio", name="相手が保存した内容").check()
    dialog.get_by_role("button", name="この内容で保存する").click()
    desk.saved()

    # What gave way is still here and one click from coming back.
    expect(page.get_by_text("自分が聞いた言葉")).to_be_visible()
    page.get_by_role("button", name="この欄に戻して編集する").click()
    expect(desk.field("chiefComplaint")).to_have_value("自分が聞いた言葉")
    desk.save()
    desk.saved()

    page.reload()
    expect(page.get_by_text("自分が聞いた言葉")).to_be_visible()
    data = desk.intake(case_id)["data"]
    assert data["name"] == NAME
    assert data["household"] == [{"name": OTHER_NAME, "age": 82}]
    assert data["birthDate"] == {"y": 1989, "m": 1, "d": None}
    assert data["topConcern"] == "12"
    assert data["wishes"] == "自宅で暮らしたい"
    assert data["sex"] == "2"
    assert "phones" not in data
    assert "email" not in data

    page.get_by_role("link", name="これまでの版").click()
    expect(page.get_by_role("link", name="第4版")).to_be_visible()
    page.get_by_role("link", name="第1版").click()
    expect(page.get_by_text("（読むだけ）")).to_be_visible()
    expect(page.get_by_text(NAME).locator("visible=true")).to_be_visible()
    page.get_by_role("link", name="だれが見て、変えたか").click()
    expect(page.get_by_role("cell").first).to_be_visible()

    page.get_by_role("link", name="ケース", exact=True).click()
    expect(page.get_by_role("link", name=NAME).first).to_be_visible()
    desk.stores_nothing()
    assert NAME not in page.title()


def test_nothing_personal_stands_in_address_or_title(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    desk.new_case("山﨑 𠮷男")
    assert "山" not in desk.page.title()
    assert desk.page.url.isascii()
    assert "%" not in desk.page.url
