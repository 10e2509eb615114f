"""記録する: what is typed outlives the browser, and leads back to where it was typed."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.desk import PASSWORD, Desk, unused_code
from tests.browser.test_accessible import check
from tests.browser.test_meetings import HOUKATSU, INVITED, convene, day

TEXT = "長男が玄関に出た。\nまた来てよいと言う。"


def kept(desk: Desk) -> None:
    expect(desk.page.get_by_text("に下書きを預けました")).to_be_visible()


def drafts(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.api("GET", "drafts")["body"]["items"])


def test_a_browser_that_is_closed_while_one_writes_loses_nothing(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("officer")
    first = open_desk()
    first.open()
    secret = first.enrol(account.login_id, account.temporary_password)
    first.at_list()
    case_id = first.new_case("下書 一子")
    first.open(f"#/cases/{case_id}/progress/new")
    first.field("facts").fill(TEXT)
    kept(first)
    first.stores_nothing()
    first.page.close(run_before_unload=False)

    # Another browser, another day: it waits on the first screen and on the one to write from.
    desk = open_desk()
    page = desk.page
    desk.open("#/write")
    desk.give_password(account.login_id, PASSWORD)
    desk.give_code(unused_code(account.login_id, secret))
    expect(page.get_by_role("heading", name="書きかけの記録")).to_be_visible()
    check(desk)
    page.get_by_role("link", name="今日").click()
    page.get_by_role("link", name="支援経過記録").first.click()
    expect(desk.field("facts")).to_have_value("")
    desk.press("続きから書く")
    expect(desk.field("facts")).to_have_value(TEXT)
    desk.save()
    desk.saved()
    expect(page.get_by_text("また来てよいと言う。")).to_be_visible()
    assert len(desk.api("GET", f"cases/{case_id}/records?form=progress")["body"]["items"]) == 1
    desk.open("#/write")
    expect(page.get_by_role("heading", name="支援の経過を書く")).to_be_visible()
    expect(page.get_by_role("heading", name="書きかけの記録")).to_have_count(0)


def test_the_last_key_before_saving_or_leaving_counts(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("下書 六子")
    new = f"#/cases/{case_id}/progress/new"
    desk.open(f"#/cases/{case_id}/progress")
    desk.open(new)
    expect(desk.field("facts")).to_be_focused()
    page.keyboard.type("玄関で話した")
    page.keyboard.press("Control+s")
    desk.saved()
    (made,) = desk.api("GET", f"cases/{case_id}/records?form=progress")["body"]["items"]
    assert made["data"]["facts"] == "玄関で話した"
    desk.open(new)
    expect(desk.field("facts")).to_be_focused()
    page.keyboard.type("書")
    page.evaluate("history.back()")
    desk.press("編集を続ける")
    expect(desk.field("facts")).to_have_value("書")
    desk.press("やめる")
    desk.press("入力を消して離れる")


def test_a_draft_of_an_older_revision_comes_up_as_a_conflict(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("下書 二子")
    desk.edit()
    desk.field("wishes").fill("自分の書きかけ")
    kept(desk)
    page.get_by_role("link", name="今日").click()
    desk.press("下書きを残して離れる")
    expect(page.get_by_role("heading", name="これからの仕事")).to_be_visible()
    desk.write_behind(case_id, wishes="同僚の文", noConsentReason="同僚の理由")

    desk.open(f"#/cases/{case_id}")
    desk.press("続きから書く")
    expect(desk.field("wishes")).to_have_value("自分の書きかけ")
    desk.save()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("同僚の文")
    expect(dialog).to_contain_text("自分の書きかけ")
    dialog.get_by_role("radio", name="自分").first.check()
    dialog.get_by_role("button", name="この内容で保存する").click()
    desk.saved()
    saved = desk.intake(case_id)["data"]
    assert (saved["wishes"], saved["noConsentReason"]) == ("自分の書きかけ", "同僚の理由")
    assert [d for d in drafts(desk) if d["caseId"] == case_id] == []


def test_a_draft_is_thrown_away_only_by_its_writer_saying_so(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("下書 三子")
    desk.open(f"#/cases/{case_id}/progress/new")
    desk.field("facts").fill("要らない文")
    kept(desk)
    desk.press("やめる")
    desk.press("入力を消して離れる")
    expect(page.get_by_role("link", name="経過を記録する")).to_be_visible()
    page.get_by_role("link", name="経過を記録する").click()
    expect(desk.field("facts")).to_have_value("")
    expect(page.get_by_text("の書きかけがあります")).to_have_count(0)
    assert [d for d in drafts(desk) if d["caseId"] == case_id] == []


def offer(desk: Desk, *forms: str) -> None:
    """The town uses these forms too."""
    settings = desk.api("GET", "settings")["body"]
    document = settings["document"]
    shown = {**document.get("forms", {}), **{form: {"shown": True} for form in forms}}
    answer = desk.api(
        "PUT",
        "settings",
        {"document": {**document, "forms": shown}},
        f'"{settings["revision"]}"',
    )
    assert answer["status"] == 200, answer


def test_a_number_that_may_be_a_my_number_is_kept_nowhere(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    case_id = desk.new_case("下書 四子")
    desk.open(f"#/cases/{case_id}/progress/new")
    desk.field("facts").fill("番号は 123456789018 だという。")
    expect(desk.page.get_by_text("下書きは預けていません")).to_be_visible()
    assert [d for d in drafts(desk) if d["caseId"] == case_id] == []
    desk.press("やめる")
    expect(desk.page.get_by_text("入力した内容は消えます")).to_be_visible()
    desk.press("入力を消して離れる")


def test_a_line_that_is_cut_is_said_and_the_text_goes_up_when_it_is_back(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("下書 五子")
    desk.open(f"#/cases/{case_id}/progress/new")
    page.route("**/drafts/*", lambda route: route.abort())
    desk.field("facts").fill("電波の悪い所で")
    expect(page.get_by_text("いまは下書きを預けられません")).to_be_visible()
    page.unroute("**/drafts/*")
    desk.field("facts").press_sequentially("書いた")
    kept(desk)
    at = next(d["draftId"] for d in drafts(desk) if d["caseId"] == case_id)
    assert desk.api("GET", f"drafts/{at}")["body"]["data"]["facts"] == "電波の悪い所で書いた"
    desk.save()
    desk.saved()


def test_one_finds_the_case_to_write_about_by_typing(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.new_case("絞込 花子")
    desk.open()
    page.get_by_role("link", name="記録する").click()
    desk.page.get_by_label("だれについて書きますか").fill("絞込花")
    expect(page.get_by_role("status")).to_have_text("1件のケースがあります。")
    check(desk)
    page.get_by_role("link", name="絞込 花子").click()
    expect(desk.field("facts")).to_be_focused()


def test_a_telephone_memo_becomes_the_progress_of_a_case(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("電話 太郎")
    offer(desk, "phone-memo")
    desk.open()
    page.reload()
    desk.open("#/write")
    page.get_by_role("link", name="電話メモを書く").click()
    desk.field("content").fill("隣の人から、夜に物音がすると電話。")
    check(desk)
    kept(desk)
    desk.save()
    expect(page.get_by_role("heading", name="ケースの経過にする")).to_be_visible()
    check(desk)
    page.get_by_label("ケース番号").fill("まちがい")
    desk.press("経過に入れる")
    expect(page.get_by_text("ケース番号を入力してください")).to_be_visible()
    page.get_by_label("ケース番号").fill("122041-2026-000000-0")
    desk.press("経過に入れる")
    expect(page.get_by_text("表示できる記録がありません")).to_be_visible()
    page.get_by_label("ケース番号").fill(case_id)
    desk.press("経過に入れる")
    expect(page.get_by_role("heading", name="支援経過記録")).to_be_visible()
    expect(page.get_by_text("隣の人から、夜に物音がすると電話。")).to_be_visible()
    desk.open("#/books/phone-memo")
    expect(page.get_by_text("隣の人から、夜に物音がすると電話。").first).to_be_visible()
    check(desk)


def test_what_an_agency_may_not_write_is_not_offered(desk_of: Callable[[str], Desk]) -> None:
    offer(desk_of("manager"), "phone-memo", "advice")
    desk = desk_of("agency")
    desk.open("#/write")
    expect(desk.page.get_by_role("link", name="電話メモを書く")).to_be_visible()
    expect(desk.page.get_by_text("助言・後方支援")).to_have_count(0)
    desk.open("#/books/advice/new")
    expect(desk.page.get_by_text("表示できる記録がありません")).to_be_visible()


def test_the_list_of_drafts_is_asked_for_once_a_page(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("下書 六子")
    desk.open(f"#/cases/{case_id}/progress/new")
    desk.field("facts").fill("電車の中で")
    kept(desk)
    page.get_by_role("link", name="今日").click()
    desk.press("下書きを残して離れる")
    expect(page.get_by_role("heading", name="これからの仕事")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.method) if r.url.endswith("/drafts") else None)
    # The intake form stays open behind the other records of the case.
    desk.open(f"#/cases/{case_id}")
    expect(page.get_by_role("button", name="編集する")).to_be_visible()
    page.get_by_role("link", name="すべての記録").click()
    page.get_by_role("table").get_by_role("link", name="世帯").click()
    expect(page.get_by_role("link", name="この記録のこれまでの版")).to_be_visible()
    expect(page.get_by_role("button", name="編集する").first).to_be_visible()
    places = 2
    assert len(asked) <= places, asked
    # What was kept meanwhile is offered where it was typed.
    desk.open(f"#/cases/{case_id}/progress/new")
    expect(page.get_by_text("の書きかけがあります")).to_be_visible()
    desk.press("続きから書く")
    expect(desk.field("facts")).to_have_value("電車の中で")
    desk.save()
    desk.saved()


def test_what_is_typed_for_a_meeting_outlives_the_browser(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("manager")
    first = open_desk()
    first.open()
    secret = first.enrol(account.login_id, account.temporary_password)
    first.at_list()
    case_id = first.new_case("下書 七子")
    meeting = convene(first, "八月の定例会議", day(9), INVITED)
    first.open("#/meetings/new")
    first.field("title").fill("九月の臨時会議")
    kept(first)
    first.page.get_by_role("link", name="今日").click()
    first.press("下書きを残して離れる")
    expect(first.page.get_by_role("link", name="会議の日時・場所")).to_be_visible()
    first.open(f"#/meetings/{meeting}/lay")
    first.page.get_by_label("ケース", exact=False).first.select_option(case_id)
    first.page.get_by_role("radio", name="支援会議", exact=False).first.check()
    first.page.get_by_role("checkbox", name=HOUKATSU).uncheck()
    first.page.get_by_label("議題（話し合いたいこと）").fill("住まいをどうするか。")
    kept(first)
    check(first)
    first.stores_nothing()
    first.page.close(run_before_unload=False)

    desk = open_desk()
    page = desk.page
    desk.open("#/write")
    desk.give_password(account.login_id, PASSWORD)
    desk.give_code(unused_code(account.login_id, secret))
    page.get_by_role("link", name="会議の議題").click()
    desk.press("続きから書く")
    expect(page.get_by_label("議題（話し合いたいこと）")).to_have_value("住まいをどうするか。")
    expect(page.get_by_role("checkbox", name=HOUKATSU)).not_to_be_checked()
    check(desk)
    page.get_by_role("button", name="議題に加える").click()
    expect(page.get_by_text("議題に加えました")).to_be_visible()
    expect(page.get_by_text("住まいをどうするか。")).to_be_visible()

    desk.open("#/write")
    expect(page.get_by_role("link", name="会議の議題")).to_have_count(0)
    page.get_by_role("link", name="会議の日時・場所").click()
    desk.press("続きから書く")
    expect(desk.field("title")).to_have_value("九月の臨時会議")
    page.get_by_role("button", name="今日", exact=True).click()
    page.get_by_role("checkbox", name="支援会議", exact=True).check()
    desk.save()
    expect(page.get_by_text("まだだれも招集していません")).to_be_visible()
    assert drafts(desk) == []
