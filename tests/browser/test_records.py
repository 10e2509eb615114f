"""Writing: errors, numbers that look like a 個人番号, the keyboard, double clicks."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.desk import Desk

MY_NUMBER = "123456789018"


def test_the_error_summary_takes_the_focus_and_its_links_lead_to_the_fields(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.start_case()
    desk.save()
    summary = page.get_by_role("alert").filter(has_text="か所を確かめてください")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_count(5)
    summary.get_by_role("button", name="氏名").click()
    expect(desk.field("name")).to_be_focused()
    assert desk.field("name").get_attribute("aria-invalid") == "true"
    described = desk.field("name").get_attribute("aria-describedby") or ""
    assert "root_name__error" in described
    # A remark goes when what it was about has changed.
    desk.field("name").fill("神田")
    expect(summary.get_by_role("listitem")).to_have_count(4)
    page.get_by_role("radio", name="本人同意あり").check()
    desk.save()
    expect(summary.get_by_role("button", name="説明者")).to_be_visible()


def test_the_consent_variant_is_asked_for_and_saved(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.start_case()
    desk.fill_case("佐藤 同意")
    page.get_by_role("radio", name="本人同意あり").check()
    expect(desk.field("noConsentReason")).to_have_count(0)
    expect(page.get_by_text("いまの選び方では保存されない欄があります")).to_be_visible()
    desk.field("consent_explainer").fill("山﨑")
    desk.field("consent_date").get_by_role("button", name="今日").click()
    page.get_by_role("radio", name="書面(署名)").check()
    desk.field("consent_evidence").fill("書庫 3-12")
    desk.save()
    desk.saved()
    data = desk.intake(page.url.rpartition("/")[2])["data"]
    assert data["consentVersion"] == "consent"
    assert "noConsentReason" not in data


def test_a_number_like_a_my_number_is_refused_until_stated_otherwise(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.start_case()
    desk.fill_case("田中 番号")
    text = f"番号は{MY_NUMBER}と話す。"
    desk.field("chiefComplaint").fill(text)
    desk.save()
    notice = page.get_by_role("region", name="個人番号")
    expect(notice).to_be_focused()
    expect(desk.field("chiefComplaint")).to_have_value(text)
    notice.get_by_role("button", name="個人番号ではないので保存する").click()
    expect(notice.get_by_text("理由を記入してください")).to_be_visible()
    notice.get_by_role("textbox").fill("介護保険の事業所番号と枝番")
    notice.get_by_role("button", name="個人番号ではないので保存する").click()
    desk.saved()
    assert desk.intake(page.url.rpartition("/")[2])["data"]["chiefComplaint"] == text


def test_the_keyboard_alone_is_enough(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.start_case()
    page.locator("h1").focus()
    tab_to(page, "[name=root_consentVersion]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    tab_to(page, "#root_route")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#root_name")
    page.keyboard.insert_text("鍵盤 太郎")
    tab_to(page, "#root_topConcern input")
    page.keyboard.press("Space")
    tab_to(page, "[name=root_urgency_level]")
    page.keyboard.press("Space")
    tab_to(page, "#root_noConsentReason")
    page.keyboard.insert_text("まだ会えていない。")
    page.keyboard.press("Control+s")
    desk.saved()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the tab key never reaches {selector}")


def test_a_double_click_saves_once(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    case_id = desk.new_case("二重 押子")
    desk.edit()
    desk.field("wishes").fill("一度だけ")
    desk.page.get_by_role("button", name="保存する", exact=True).dblclick()
    desk.saved()
    assert desk.intake(case_id)["revision"] == 2


def test_a_hundred_thousand_characters_stay_on_screen(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    desk.start_case()
    desk.fill_case("長文 太郎")
    text = "あ" * 100_000
    desk.field("chiefComplaint").fill(text)
    desk.save()
    summary = desk.page.get_by_role("alert").filter(has_text="か所を確かめてください")
    expect(summary.get_by_role("button", name="主訴")).to_be_visible()
    expect(desk.field("chiefComplaint")).to_have_value(text)


def test_a_case_that_is_not_there_and_one_not_for_me_look_alike(
    desk_of: Callable[[str], Desk],
) -> None:
    case_id = desk_of("manager").new_case("他課 花子")
    desk = desk_of("agency")
    texts = []
    for wanted in (case_id, "122041-2026-000000-0"):
        desk.open(f"#/cases/{wanted}")
        alert = desk.page.get_by_role("alert").filter(has_text="表示できる記録がありません")
        expect(alert).to_be_visible()
        texts.append(alert.inner_text())
        alert.get_by_role("link", name="ケース一覧に戻る").click()
        desk.at_list()
    assert texts[0] == texts[1]


def test_only_what_one_may_do_with_a_case_is_offered(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("権限 太郎")
    case = desk.api("GET", f"cases/{case_id}")["body"]
    assert case["can"]["readAudit"]
    assert all(r["mayWrite"] for r in case["records"] if r["form"] == "intake")
    only_reading = {
        **case,
        "can": {"readAudit": False, "addForms": [], "openSealed": [], "attach": False},
        "records": [{**r, "mayWrite": False} for r in case["records"]],
    }
    expect(page.get_by_role("link", name="だれが見て、変えたか")).to_be_visible()
    expect(page.get_by_role("button", name="編集する")).to_be_visible()
    page.route(f"**/cases/{case_id}", lambda route: route.fulfill(json=only_reading))
    page.reload()
    expect(page.get_by_role("button", name="印刷（PDF）")).to_be_visible()
    expect(page.get_by_role("link", name="だれが見て、変えたか")).to_have_count(0)
    expect(page.get_by_role("button", name="編集する")).to_have_count(0)
    desk.open(f"#/cases/{case_id}/audit")
    expect(page.get_by_text("表示できる記録がありません")).to_be_visible()


def test_an_auditor_opens_the_trail_of_a_case_by_its_number(
    desk_of: Callable[[str], Desk],
) -> None:
    case_id = desk_of("manager").new_case("監査 対象")
    desk = desk_of("auditor")
    page = desk.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    number = page.get_by_label("ケース番号")
    number.fill("山田")
    desk.press("記録を開く")
    expect(page.get_by_text("ケース番号を確かめてください")).to_be_visible()
    # As it may come from paper: full-width, small letters.
    number.fill(f" {case_id.lower().replace('-', '－')}")
    desk.press("記録を開く")
    expect(page.get_by_role("cell").first).to_be_visible()
    assert page.url.endswith(f"#/cases/{case_id}/audit")
    assert [url for url in asked if "/cases/" in url and not url.endswith("/audit")] == []
    expect(page.get_by_text("監査 対象")).to_have_count(0)
    desk.open("#/cases/122041-2026-000000-0/audit")
    expect(page.get_by_text("表示できる記録がありません")).to_be_visible()
    page.get_by_role("link", name="ケース一覧に戻る").click()
    expect(number).to_be_visible()


def test_leaving_with_unsaved_text_asks_first(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.new_case("離席 太郎")
    desk.edit()
    desk.field("wishes").fill("まだ保存していない")
    # Another tab of the same case is no leaving: the text waits.
    page.get_by_role("link", name="これまでの版").click()
    page.get_by_role("link", name="相談受付・申込票").click()
    expect(desk.field("wishes")).to_have_value("まだ保存していない")
    asked = "!dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    assert page.evaluate(asked)
    page.get_by_role("link", name="ケース", exact=True).click()
    dialog = page.get_by_role("dialog", name="保存していない入力があります")
    dialog.get_by_role("button", name="編集を続ける").click()
    expect(desk.field("wishes")).to_have_value("まだ保存していない")
    page.go_back()
    dialog.get_by_role("button", name="入力を消して離れる").click()
    expect(dialog).to_have_count(0)
    expect(desk.field("wishes")).to_have_count(0)
    assert not page.evaluate(asked)
