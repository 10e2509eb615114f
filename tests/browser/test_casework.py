"""A case led on from its receipt on the screens: what is missing, records of any form, the course
of support, and what waits today."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.casepage import add
from tests.browser.desk import Desk
from tests.browser.test_accessible import check
from tests.browser.test_consent import ELDERLY, consent, join
from tests.browser.test_meetings import day


def test_what_is_missing_is_named_recorded_and_lets_the_case_go_on(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("進行 太郎")
    page.get_by_role("link", name="進み具合").click()
    missing = page.get_by_role("listitem").filter(has_text="スクリーニングの記録がありません")
    expect(missing).to_be_visible()
    check(desk)
    missing.get_by_role("link", name="記録する").click()
    expect(page.get_by_role("heading", name="スクリーニング")).to_be_visible()
    desk.save()
    expect(page.get_by_role("alert").filter(has_text="か所")).to_be_visible()
    page.get_by_role("button", name="今日", exact=True).click()
    page.get_by_role("radio", name="多機関協働で継続支援").check()
    check(desk)
    desk.save()
    desk.saved()
    expect(page.get_by_text("多機関協働で継続支援")).to_be_visible()

    page.get_by_role("link", name="進み具合").click()
    page.get_by_role("button", name="スクリーニングを終える").click()
    expect(page.locator(".case-head").filter(has_text="スクリーニング済")).to_be_visible()
    assert desk.api("GET", f"cases/{case_id}")["body"]["state"] == "screened"

    # The screening is edited on, and its first revision stays to be read.
    page.get_by_role("link", name="すべての記録").click()
    check(desk)
    page.get_by_role("table").get_by_role("link", name="スクリーニング").click()
    desk.edit()
    desk.field("reasons").fill("家計と介護が重なる。")
    desk.save()
    desk.saved()
    page.get_by_role("link", name="この記録のこれまでの版").click()
    page.get_by_role("link", name="第1版").click()
    expect(page.get_by_text("（読むだけ）")).to_be_visible()
    expect(page.get_by_text("家計と介護が重なる。")).to_have_count(0)
    check(desk)


def test_progress_is_written_with_few_keys_and_read_as_a_timeline(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("経過 花子")
    page.get_by_role("link", name="支援の経過").click()
    expect(page.get_by_text("経過の記録はまだありません")).to_be_visible()
    page.get_by_role("link", name="経過を記録する").focus()
    page.keyboard.press("Enter")
    expect(desk.field("facts")).to_be_focused()
    check(desk)
    desk.field("facts").focus()
    page.keyboard.insert_text("玄関先で本人と話した。\n食事はとれている。")
    page.keyboard.press("Control+s")
    desk.saved()
    entry = page.get_by_role("list", name="支援の経過").get_by_role("listitem")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("食事はとれている。")
    expect(entry).to_contain_text("訪問")
    check(desk)
    # The next one begins where the last one ended.
    entry.get_by_role("link").click()
    desk.edit()
    desk.field("method").select_option("04")
    desk.save()
    desk.saved()
    page.get_by_role("link", name="支援の経過").click()
    page.get_by_role("link", name="経過を記録する").click()
    expect(desk.field("method")).to_have_value("04")
    # Leaving asks before what was typed is lost; whoever stays finds it.
    desk.field("facts").fill("書きかけ")
    page.get_by_role("link", name="すべての記録").click()
    desk.press("編集を続ける")
    expect(desk.field("facts")).to_have_value("書きかけ")
    page.get_by_role("link", name="すべての記録").click()
    desk.press("入力を消して離れる")
    expect(page.get_by_role("table").get_by_role("link", name="支援経過記録")).to_have_count(1)
    records = desk.api("GET", f"cases/{case_id}/records?form=progress")["body"]["items"]
    assert [r["data"]["method"] for r in records] == ["04"]


ELSEWHERE = "となりの町の相談室(練習用)"
COUNT_KEYS = """() => {
  window.keys = [];
  window.addEventListener('keydown', (e) => window.keys.push(e.key), true);
}"""


def test_progress_goes_to_whom_a_consent_covers_unless_the_writer_says_otherwise(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("共有 花子")
    entered = {"name": ELSEWHERE, "kind": "99", "runsProgramme": False}
    assert desk.api("POST", "agencies", entered)["status"] == 201
    join(desk, case_id)
    join(desk, case_id, "npo")
    # A consent that leaves the course of support out opens none of it.
    consent(desk, case_id, agencies=["npo"], classes=["1", "2"])
    given = consent(desk, case_id, classes=["1", "2", "4"])
    page.get_by_role("link", name="支援の経過").click()
    page.evaluate(COUNT_KEYS)
    page.get_by_role("link", name="経過を記録する").focus()
    page.keyboard.press("Enter")
    expect(desk.field("facts")).to_be_focused()
    chip = page.locator("summary").filter(has_text="共有先")
    expect(chip).to_contain_text(f"共有先：{ELDERLY}")
    expect(page.get_by_role("radio", name="選んだ機関まで")).to_be_hidden()
    expect(page.get_by_label("判断・所見")).to_be_hidden()
    expect(page.get_by_label("今後の対応")).to_be_hidden()
    check(desk)
    page.keyboard.insert_text("民生委員の紹介で訪ねた。")
    page.keyboard.press("Control+s")
    desk.saved()
    assert len(page.evaluate("window.keys")) <= 6, page.evaluate("window.keys")

    # By keyboard: the line opens, another agency of the case is added, then nobody.
    page.get_by_role("link", name="経過を記録する").click()
    expect(desk.field("facts")).to_be_focused()
    page.keyboard.insert_text("家の中の様子。")
    chip.focus()
    page.keyboard.press("Enter")
    boxes = page.get_by_role("group", name="共有する機関").get_by_role("checkbox")
    expect(boxes.and_(page.get_by_role("checkbox", name=ELDERLY))).to_be_checked()
    # Agencies of the town that have no part in the case are not offered.
    expect(page.get_by_role("checkbox", name=ELSEWHERE)).to_have_count(0)
    check(desk)
    page.get_by_role("radio", name="自分の機関").focus()
    page.keyboard.press("Space")
    expect(boxes).to_have_count(0)
    expect(chip).to_contain_text("共有先：自分の機関")
    page.keyboard.press("Control+s")
    desk.saved()
    saved = desk.api("GET", f"cases/{case_id}/records?form=progress")["body"]["items"]
    assert [(r["data"]["sharedWith"], r["data"].get("sharedAgencies")) for r in saved] == [
        ("own", None),
        ("list", ["elderly"]),
    ]
    assert {r["data"]["counterpart"] for r in saved} == {"subject"}

    # Once it is withdrawn, nobody is preset any more.
    said = {"consentId": given, "date": day(), "receivedBy": "管理 一子"}
    add(desk, case_id, "consent-withdrawal", said)
    page.get_by_role("link", name="経過を記録する").click()
    expect(chip).to_contain_text("共有先：自分の機関")


def test_rows_that_others_point_to_get_their_numbers_by_themselves(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("番号 一郎")
    desk.open(f"#/cases/{case_id}/begin/issues")
    page.get_by_role("button", name="課題を追加").click()
    expect(page.get_by_text("行の番号")).to_have_count(0)
    desk.field("issues_0_code").select_option("09")
    # A person of the household is chosen by name.
    desk.field("issues_0_personId").select_option(label="番号 一郎（本人）")
    desk.save()
    desk.saved()
    (issue,) = desk.api("GET", f"cases/{case_id}/records/issues")["body"]["data"]["issues"]
    assert issue["issueId"]
    assert issue["personId"].startswith("p-")
    expect(page.get_by_text("番号 一郎（本人）")).to_be_visible()
    # It is for other records to point to: nobody reads it, on the screen or on paper.
    expect(page.get_by_text(issue["issueId"])).to_have_count(0)
    expect(page.get_by_text("行の番号")).to_have_count(0)


def test_today_shows_what_waits_and_leads_to_it(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("今日 次郎")
    page.get_by_role("link", name="今日").click()
    expect(page.get_by_role("heading", name="今日")).to_be_visible()
    expect(page.get_by_text("スクリーニングをしてください").first).to_be_visible()
    card = page.get_by_role("article", name=case_id)
    desk.seek(card)
    check(desk)
    card.get_by_role("link", name="今日 次郎").click()
    expect(page.get_by_role("heading", name="これからの仕事")).to_be_visible()
    assert page.title() == "ケース | 相談記録"


def test_only_what_one_may_write_is_offered(desk_of: Callable[[str], Desk]) -> None:
    """The contractor is offered no decision and no change of state that is the municipality's."""
    manager = desk_of("manager")
    case_id = manager.new_case("権限 三郎")
    desk = desk_of("coordinator")
    page = desk.page
    desk.open(f"#/cases/{case_id}/records")
    page.get_by_text("記録を加える").click()
    offered = page.locator(".add-record-list")
    expect(offered.get_by_role("link", name="支援経過記録")).to_be_visible()
    expect(offered.get_by_role("link", name="支援決定")).to_have_count(0)
    desk.open(f"#/cases/{case_id}/begin/decision")
    expect(page.get_by_text("表示できる記録がありません")).to_be_visible()
    manager.open(f"#/cases/{case_id}/records")
    manager.page.get_by_text("記録を加える").click()
    expect(
        manager.page.locator(".add-record-list").get_by_role("link", name="支援決定")
    ).to_be_visible()


def test_consent_is_recorded_with_its_agencies_and_marks(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("同意 由美")
    desk.open(f"#/cases/{case_id}/begin/consent")
    desk.field("personId").select_option(label="同意 由美（本人）")
    page.get_by_role("checkbox", name="関係機関との情報共有").check()
    page.get_by_role("checkbox", name="みなと社会福祉協議会").first.check()
    page.get_by_role("checkbox", name="氏名・連絡先").check()
    page.get_by_role("checkbox", name="はい").check()
    desk.field("purpose").fill("支援の相談をするため。")
    desk.field("explainer").fill("管理 一子")
    for today in page.get_by_role("button", name="今日", exact=True).all():
        today.click()
    page.get_by_role("radio", name="口頭(記録あり)").check()
    desk.field("evidence").fill("面談記録")
    check(desk)
    desk.save()
    desk.saved()
    expect(page.get_by_text("みなと社会福祉協議会(練習用)").first).to_be_visible()
    kept = desk.api("GET", f"cases/{case_id}/records?form=consent")["body"]["items"][0]["data"]
    assert kept["taxData"] is True
    assert kept["agencies"]
    # Its terms cannot be changed once it is given: nothing to edit is offered.
    expect(page.get_by_role("button", name="編集する")).to_have_count(0)


def test_words_lead_to_the_cases_that_hold_them(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("検索 花子")
    desk.edit()
    desk.field("chiefComplaint").fill("近くの田んぼの水路が気になって𠮷日の晩も眠れない。")
    desk.save()
    desk.saved()
    page.get_by_role("link", name="ケース", exact=True).click()
    page.get_by_label("言葉で探す").fill("水路 眠れない")
    page.keyboard.press("Enter")
    found = page.get_by_role("list", name="見つかったケース").get_by_role("listitem")
    expect(found).to_have_count(1)
    expect(found.get_by_role("link", name="検索 花子")).to_have_attribute(
        "href", f"#/cases/{case_id}"
    )
    expect(found.locator("mark").first).to_have_text("水路")
    assert "水路" not in page.url
    check(desk)
    page.get_by_label("言葉で探す").fill("どこにもない言葉")
    desk.press("探す")
    expect(page.get_by_text("表示できる記録がありません")).to_be_visible()
    desk.press("一覧に戻る")
    expect(page.get_by_text("件を表示しています")).to_be_visible()


def test_conditions_are_kept_under_a_name_and_list_again_with_one_press(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("officer")
    page = desk.page
    case_id = desk.new_case("条件 花子")
    desk.open()
    row = page.get_by_role("row").filter(has_text="条件 花子")
    expect(row).to_contain_text("スクリーニングをしてください")
    expect(row).to_contain_text("未定（受付：地域福祉課(練習用)）")
    page.get_by_text("条件で絞り込む").click()
    page.get_by_label("状態").select_option(label="受付済")
    page.get_by_label("受付日（から）").fill("2026-12-31")
    page.get_by_label("受付日（まで）").fill("2026-01-01")
    desk.press("この条件で探す")
    expect(page.get_by_text("「から」と同じ日か、あとの日")).to_be_visible()
    check(desk)
    page.get_by_label("受付日（から）").fill("2026-01-01")
    page.get_by_label("受付日（まで）").fill("")
    page.get_by_label("この条件に付ける名前").fill("ことしの受付")
    desk.press("条件を残す")
    kept = page.get_by_role("list", name="残した条件")
    expect(kept.get_by_role("listitem")).to_have_count(1)

    # Another day, another browser page: one press.
    desk.open("#/today")
    page.reload()
    page.get_by_role("link", name="ケース", exact=True).click()
    kept.get_by_role("button", name="ことしの受付", exact=True).click()
    expect(page.get_by_text("見つかりました。")).to_be_visible()
    found = page.get_by_role("list", name="見つかったケース").get_by_role("link", name="条件 花子")
    desk.seek(found)
    found.click()
    expect(page.get_by_text(case_id)).to_be_visible()
    desk.open()
    page.get_by_role("button", name="条件「ことしの受付」を消す").click()
    expect(kept).to_have_count(0)
