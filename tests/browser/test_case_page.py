"""The page of a case: household, course of support, plan and roles, files, the sealed compartment,
whom a text is about, what was copied, revisions side by side."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser import casepage
from tests.browser.desk import Desk
from tests.browser.test_accessible import check
from tests.unit.made_files import chunk, docx, eicar, pdf, png

PART = 4 * 1024 * 1024


def agencies(desk: Desk) -> list[Any]:
    listed: list[Any] = desk.api("GET", "agencies")["body"]["items"]
    return listed


def test_the_household_is_drawn_and_said(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("世帯 花子")
    desk.open(f"#/cases/{case_id}/household")
    expect(page.get_by_text("載っているのは一人です")).to_be_visible()
    check(desk)
    subject = casepage.with_family(desk, case_id)
    npo = agencies(desk)[-1]
    casepage.add(
        desk,
        case_id,
        "assessment-household",
        {
            "date": "2026-06-01",
            "ties": [
                {"partner": "釣り仲間", "personId": casepage.SON, "tie": "close"},
                {"partner": "隣の家", "personId": subject, "tie": "strained"},
                {"partner": "職場", "tie": "cut"},
                {"partner": npo["name"], "agencyId": npo["agencyId"], "tie": "distant"},
            ],
            "relations": [{"personId": casepage.FORMER, "tie": "cut"}],
        },
    )
    page.reload()
    drawn = page.get_by_role("img", name="ジェノグラム")
    expect(drawn).to_be_visible()
    said = page.get_by_role("list", name="ジェノグラムの内容")
    expect(said).to_contain_text("世帯 ハル（母）：女性、昭和23年2月3日生まれ")
    expect(said).to_contain_text("離別した夫婦です")
    expect(said).to_contain_text("別世 次郎は、世帯 太一の親です。")
    ties = page.get_by_role("list", name="エコマップの内容")
    expect(ties).to_contain_text("世帯 花子と隣の家：葛藤がある。")
    expect(ties).to_contain_text("世帯 花子と別世 次郎（その他）：断絶。")
    check(desk)


def test_somebody_of_another_case_may_be_the_same_and_nobody_is_merged(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    first, second = desk.new_case("同名 花代"), desk.new_case("同名 花代")
    desk.open(f"#/cases/{second}/household")
    desk.press("同じ人かもしれない人を探す")
    card = page.get_by_role("article", name="同名 花代")
    expect(card).to_contain_text("氏名が同じ")
    expect(card.get_by_role("link", name=first)).to_have_attribute("href", f"#/cases/{first}")
    check(desk)
    persons = [
        desk.api("GET", f"cases/{case_id}/records/household")["body"]["data"]["persons"][0]
        for case_id in (first, second)
    ]
    assert persons[0]["personId"] != persons[1]["personId"]
    # Nobody without a name in common is found.
    alone = desk.new_case("独り 三千世")
    desk.open(f"#/cases/{alone}/household")
    desk.press("同じ人かもしれない人を探す")
    expect(page.get_by_text("見つかりませんでした")).to_be_visible()


def test_the_course_of_support_is_narrowed_and_shows_turning_points(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("経過 春子")
    subject = casepage.with_family(desk, case_id)
    casepage.add(desk, case_id, "plan", casepage.plan())
    note = casepage.progress
    casepage.add(desk, case_id, "progress", note("本人と話した。"), about={"": [subject]})
    casepage.add(desk, case_id, "progress", note("母と話した。"), about={"": [casepage.MOTHER]})
    of_row = note("世帯で家計の話をした。", planItemId="row-1")
    casepage.add(desk, case_id, "progress", of_row, about={"": []})
    other = desk_of("coordinator")
    casepage.add(other, case_id, "progress", note("社協が話した。"), about={"": [subject]})

    desk.open(f"#/cases/{case_id}/progress")
    page.reload()
    entries = page.get_by_role("list", name="支援の経過").locator("> .card")
    expect(entries).to_have_count(4)
    expect(entries.filter(has_text="母と話した。")).to_contain_text("世帯 ハルについて")
    expect(entries.filter(has_text="家計の話")).to_contain_text("世帯全体について")
    turning = page.get_by_role("listitem").filter(has_text="節目")
    expect(turning.get_by_role("link", name="プラン兼事業等利用申込書")).to_be_visible()
    # Which plan it was stands beside its title.
    expect(turning.filter(has_text="第1回")).to_contain_text("令和8年6月1日から")
    page.get_by_role("heading", name="絞り込む・並べる").click()
    page.get_by_label("書いた機関").select_option(
        label=other.api("GET", "me")["body"]["agencyName"]
    )
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("社協が話した。")
    expect(turning).to_have_count(0)
    check(desk)
    page.get_by_label("書いた機関").select_option("")
    page.get_by_label("だれについての記録か").select_option(label="世帯 ハル")
    expect(entries).to_have_count(2)
    page.get_by_label("プランの役割").select_option(label="1 家計の相談をする")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("家計の話をした。")
    page.get_by_label("書いた機関").select_option(index=1)
    page.get_by_label("だれについての記録か").select_option(label="別世 次郎")
    desk.press("絞り込みをやめる")
    expect(entries).to_have_count(4)

    # Another case in the same course of time, where there is one that is shown.
    second = desk.new_case("経過 夏子")
    casepage.add(desk, second, "progress", note("別のケースで話した。"))
    desk.open(f"#/cases/{case_id}/progress")
    page.get_by_role("heading", name="絞り込む・並べる").click()
    beside = page.get_by_label("並べて見るほかのケース")
    for wrong, said in (
        ("山田", "ケース番号を確かめてください"),
        (case_id, "もう並んでいます"),
        ("122041-2026-000000-0", "表示できる記録がありません"),
    ):
        beside.fill(wrong)
        page.keyboard.press("Enter")
        expect(page.get_by_text(said)).to_be_visible()
    beside.fill(second)
    page.keyboard.press("Enter")
    expect(entries).to_have_count(5)
    expect(entries.first).to_contain_text(f"ケース {second}")
    expect(entries.last).to_contain_text(f"ケース {case_id}")
    check(desk)
    page.get_by_role("button", name=f"{second}を外す").click()
    expect(entries).to_have_count(4)


def test_the_role_board_says_what_is_late_and_records_what_is_done(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("役割 夏子")
    desk.open(f"#/cases/{case_id}/plan")
    expect(page.get_by_text("表示できるプランはまだありません")).to_be_visible()
    check(desk)
    agency = agencies(desk)[0]
    roles = casepage.plan()["roles"]
    sent = casepage.plan(roles=[{**role, "agencyId": agency["agencyId"]} for role in roles])
    plan_id = casepage.add(desk, case_id, "plan", sent)
    page.reload()
    late = page.get_by_role("row").filter(has_text="通院に付き添う")
    expect(late).to_contain_text("日過ぎています")
    expect(late).to_contain_text(agency["name"])
    expect(page.get_by_text("期限を過ぎた役割が1件あります")).to_be_visible()
    check(desk)
    page.get_by_role("button", name="「通院に付き添う」を済みにする").focus()
    page.keyboard.press("Enter")
    expect(late).to_contain_text("済み（")
    expect(page.get_by_text("期限を過ぎた役割")).to_have_count(0)

    def done() -> list[Any]:
        kept = desk.api("GET", f"cases/{case_id}/records/{plan_id}")["body"]["data"]["roles"]
        return [role.get("done") is not None for role in kept]

    assert done() == [False, True]
    # Somebody saved in between: nothing is overwritten, and the board is asked for anew.
    casepage.save(desk, case_id, plan_id, createdBy="別の人")
    page.get_by_role("button", name="「通院に付き添う」をまだに戻す").click()
    expect(page.get_by_role("alert")).to_contain_text("ほかの人が先に保存しました")
    desk.press("もう一度試す")
    page.get_by_role("button", name="「通院に付き添う」をまだに戻す").click()
    expect(late).to_contain_text("日過ぎています")
    assert done() == [False, False]


def test_similar_cases_stand_beside_the_plan_while_one_writes_it(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id, other = desk.new_case("類似 秋子"), desk.new_case("類似 冬子")
    desk.open(f"#/cases/{case_id}/begin/plan")
    beside = page.get_by_role("complementary", name="似ているケース")
    expect(beside).to_contain_text("終わったケースがまだ少ないため")
    found = {
        "enough": True,
        "closedCasesNeeded": 0,
        "items": [
            {
                "caseId": other,
                "name": "類似 冬子",
                "stateLabel": "受付",
                "score": 0.6,
                "factors": [
                    {"kind": "concern", "key": "12", "text": "相談内容が同じ:介護", "weight": 0.4},
                    {"kind": "word", "key": "家計", "text": "同じ言葉がある:家計", "weight": 0.2},
                ],
            }
        ],
    }
    page.route("**/similar", lambda route: route.fulfill(json=found))
    desk.field("createdBy").fill("書きかけ")
    page.get_by_role("heading", name="似ているケース").click()
    desk.open("#/")
    desk.press("入力を消して離れる")
    desk.open(f"#/cases/{case_id}/begin/plan")
    expect(beside).to_contain_text("相談内容が同じ:介護")
    expect(beside).to_contain_text("同じ言葉がある:家計")
    desk.field("createdBy").fill("書きかけ")
    check(desk)
    with page.context.expect_page() as opened:
        beside.get_by_role("link", name="類似 冬子").click()
    expect(opened.value.get_by_text(other)).to_be_visible()
    opened.value.close()
    expect(desk.field("createdBy")).to_have_value("書きかけ")
    # Any other form has nothing beside it.
    desk.open(f"#/cases/{case_id}/begin/screening")
    desk.press("入力を消して離れる")
    expect(page.get_by_role("heading", name="スクリーニング")).to_be_visible()
    expect(beside).to_have_count(0)


def attach(desk: Desk, name: str, content: bytes, data_class: str = "世帯・課題") -> None:
    desk.page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    desk.page.get_by_role("radio", name=data_class).check()
    desk.press("添付する")


def test_a_file_goes_in_by_parts_and_comes_back_whole(
    desk_of: Callable[[str], Desk], tmp_path: Path
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("添付 一子")
    casepage.with_family(desk, case_id)
    desk.open(f"#/cases/{case_id}/files")
    expect(page.get_by_text("表示できるファイルはまだありません")).to_be_visible()
    check(desk)
    filler = random.Random(1).randbytes(PART + 70_000)  # noqa: S311  # any bytes
    content = png(2, 2, chunk(b"teSt", filler))

    # The second part fails once: what has arrived is not sent again.
    sent: list[str] = []
    broken = [True]

    def part(route: Route) -> None:
        number = route.request.url.rpartition("/")[2]
        sent.append(number)
        if number == "2" and broken:
            broken.clear()
            route.abort()
        else:
            route.continue_()

    page.route("**/uploads/*/parts/*", part)
    page.get_by_role("group", name="だれについての記録か").get_by_label("世帯 太一").check()
    attach(desk, "写真.png", content)
    expect(page.get_by_role("alert")).to_contain_text("つながりません")
    check(desk)
    desk.press("続きから送る")
    row = page.get_by_role("row").filter(has_text="写真.png")
    expect(row).to_contain_text("検査済み")
    expect(row).to_contain_text("世帯・課題・アセスメント")
    expect(row).to_contain_text("添付 一子（本人）、世帯 太一")
    assert sent == ["1", "2", "2"]
    check(desk)
    with page.expect_download() as coming:
        page.get_by_role("button", name="「写真.png」を保存する").click()
    assert coming.value.suggested_filename == "写真.png"
    coming.value.save_as(tmp_path / "back.png")
    assert (tmp_path / "back.png").read_bytes() == content


def test_what_cannot_be_attached_is_said_clearly(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("拒否 二子")
    desk.open(f"#/cases/{case_id}/files")
    desk.press("添付する")
    expect(page.get_by_text("ファイルを選んでください。")).to_be_visible()
    expect(page.get_by_text("情報の区分を選んでください。")).to_be_visible()
    check(desk)
    requests: list[str] = []
    page.on("request", lambda r: requests.append(r.url) if r.method == "POST" else None)
    attach(desk, "集計.csv", b"a,b")
    expect(page.get_by_text("この種類のファイルは受け付けられません")).to_be_visible()
    attach(desk, "空.pdf", b"")
    expect(page.get_by_text("中身のないファイルです")).to_be_visible()
    assert [url for url in requests if "files" in url] == []
    attach(desk, "報告.docx", docx("x", **{"word/a.bin": eicar()}))
    expect(page.get_by_role("alert")).to_contain_text("ウイルスの疑い")
    attach(desk, "番号.pdf", pdf(b"BT /F1 12 Tf (123456789018) Tj ET"))
    asked = page.get_by_role("region", name="個人番号")
    expect(asked).to_contain_text("1")
    asked.get_by_role("button", name="個人番号ではないので添付する").click()
    expect(asked.get_by_text("理由を記入してください。")).to_be_visible()
    check(desk)
    asked.get_by_label("個人番号ではない理由").fill("事業所番号と枝番")
    asked.get_by_role("button", name="個人番号ではないので添付する").click()
    expect(page.get_by_role("row").filter(has_text="番号.pdf")).to_be_visible()


def test_sending_can_be_stopped_and_a_file_waits_in_quarantine(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("隔離 三子")
    desk.open(f"#/cases/{case_id}/files")
    # Neither answered nor refused: the part is on its way for as long as somebody waits.
    page.route("**/uploads/*/parts/*", lambda _: None)
    attach(desk, "書類.pdf", pdf())
    page.get_by_role("link", name="すべての記録").click()
    desk.press("ここに残る")
    desk.press("送るのを止める")
    expect(page.get_by_text("送るのを止めました")).to_be_visible()
    page.unroute("**/uploads/*/parts/*")
    answer = {"type": "urn:soudan:problem:file-in-quarantine", "status": 503}
    media = "application/problem+json"
    page.route(
        "**/complete", lambda route: route.fulfill(status=503, json=answer, content_type=media)
    )
    desk.press("もう一度送る")
    expect(page.get_by_text("隔離してあり、だれにも見えません")).to_be_visible()
    check(desk)
    assert desk.api("GET", f"cases/{case_id}/records?form=attachment")["body"]["items"] == []
    page.unroute("**/complete")
    desk.press("もう一度確かめる")
    expect(page.get_by_role("row").filter(has_text="書類.pdf")).to_be_visible()


def test_the_compartment_opens_to_holders_after_a_warning(desk_of: Callable[[str], Desk]) -> None:
    manager = desk_of("manager")
    case_id = manager.new_case("秘匿 四子")
    manager.write_behind(case_id, addressProtection="yes")
    officer = desk_of("officer")
    holder = officer.api("GET", "me")["body"]["staffId"]
    casepage.add(manager, case_id, "sealed-holders", {"staffIds": [holder]})
    # Whoever is no holder, managers included, is offered nothing.
    manager.open(f"#/cases/{case_id}/sealed")
    expect(manager.page.get_by_text("表示できる記録がありません")).to_be_visible()
    expect(manager.page.get_by_role("link", name="秘匿区画")).to_have_count(0)

    page = officer.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    officer.open(f"#/cases/{case_id}")
    page.get_by_role("link", name="秘匿区画").click()
    expect(page.get_by_text("まわりに画面を見る人がいないこと")).to_be_visible()
    check(officer)
    # Nothing is fetched before somebody opens it.
    assert [url for url in asked if "/sealed/" in url] == []
    page.get_by_role("button", name="秘匿 四子（本人）の秘匿区画を開く").click()
    expect(page.get_by_text("まだ何も書かれていません")).to_be_visible()
    officer.press("秘匿区画に書く")
    page.get_by_role("button", name="勤務先を追加").click()
    officer.field("workplaces_0_name").fill("株式会社よふね水産")
    check(officer)
    officer.save()
    officer.saved()
    expect(page.get_by_text("株式会社よふね水産")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_text("株式会社よふね水産")).to_be_hidden()
    expect(page.get_by_text("秘匿区画は印刷できません")).to_be_visible()
    page.emulate_media(media="screen")
    officer.press("秘匿区画を閉じる")
    expect(page.get_by_text("株式会社よふね水産")).to_have_count(0)
    for tab in ("すべての記録", "支援の経過", "ファイル"):
        page.get_by_role("link", name=tab).click()
        expect(page.get_by_text("株式会社よふね水産")).to_have_count(0)
    officer.stores_nothing()


def test_in_an_emergency_the_office_looks_with_a_reason(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    settings = desk.api("GET", "settings")["body"]
    missing = "#/cases/122041-2026-000000-0"
    on = {**settings, "switches": {**settings["switches"], "emergencyAccess": True}}
    off = {**settings, "switches": {**settings["switches"], "emergencyAccess": False}}
    shown = [off]
    page.route("**/settings", lambda route: route.fulfill(json=shown[0]))
    desk.open(missing)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("表示できる記録がありません")
    expect(page.get_by_text("緊急閲覧をする")).to_have_count(0)
    shown[0] = on
    page.reload()
    page.get_by_role("heading", name="緊急閲覧をする").click()
    desk.press("理由を残して、3時間だけ見る")
    expect(page.get_by_text("理由を記入してください。")).to_be_visible()
    check(desk)
    page.get_by_label("理由").fill("命にかかわる連絡があった。")
    desk.press("理由を残して、3時間だけ見る")
    # A case that is not there answers as one that is not for this person.
    expect(page.get_by_role("alert")).to_have_count(2)


@pytest.fixture
def emergencies(desk_of: Callable[[str], Desk]) -> Iterator[None]:
    """The town allows 緊急閲覧, as long as the test lasts."""
    desk = desk_of("manager")
    before = desk.api("GET", "settings")["body"]

    def switch(document: Any) -> None:
        revision = desk.api("GET", "settings")["body"]["revision"]
        saved = desk.api("PUT", "settings", {"document": document}, f'"{revision}"')
        assert saved["status"] == 200, saved

    document = before["document"]
    switches = {**document.get("switches", {}), "emergencyAccess": True}
    switch({**document, "switches": switches})
    yield
    switch(document)


@pytest.mark.usefixtures("emergencies")
def test_who_is_not_in_charge_sees_the_rest_for_three_hours(
    desk_of: Callable[[str], Desk],
) -> None:
    manager, desk = desk_of("manager"), desk_of("officer")
    case_id = manager.new_case("緊急 四子")
    manager.write_behind(case_id, wishes="秘めた希望")
    in_charge = manager.api("GET", "me")["body"]["staffId"]
    casepage.add(manager, case_id, "assignment", {"staffIds": [in_charge]})
    page = desk.page
    page.reload()
    desk.open(f"#/cases/{case_id}")
    expect(page.get_by_text("緊急 四子").first).to_be_visible()
    expect(page.get_by_text("秘めた希望")).to_have_count(0)
    page.get_by_role("link", name="すべての記録").click()
    page.get_by_text("記録を加える").click()
    expect(page.locator(".add-record-list").get_by_role("link", name="緊急閲覧")).to_have_count(0)
    page.get_by_role("heading", name="緊急閲覧をする").click()
    check(desk)
    page.get_by_label("理由").fill("命にかかわる連絡があった。")
    desk.press("理由を残して、3時間だけ見る")
    expect(page.get_by_role("table").get_by_role("link", name="緊急閲覧")).to_be_visible()
    page.get_by_role("link", name="相談受付・申込票").first.click()
    expect(page.get_by_text("秘めた希望")).to_be_visible()


def test_whom_a_text_is_about_is_chosen_by_keyboard(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("対象 五子")
    subject = casepage.with_family(desk, case_id)
    desk.open(f"#/cases/{case_id}/progress")
    page.get_by_role("link", name="経過を記録する").click()
    expect(desk.field("facts")).to_be_focused()
    chips = page.get_by_role("group", name="だれについての記録か")
    expect(chips.get_by_label("対象 五子（本人）")).to_be_checked()
    check(desk)
    chips.get_by_label("対象 五子（本人）").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(chips.get_by_label("世帯 ハル")).to_be_checked()
    desk.field("facts").focus()
    page.keyboard.insert_text("親子で来た。")
    page.keyboard.press("Control+s")
    desk.saved()

    def about() -> Any:
        return desk.api("GET", f"cases/{case_id}/records?form=progress")["body"]["items"][0][
            "about"
        ]

    assert about() == {"": [subject, casepage.MOTHER]}
    page.get_by_role("list", name="支援の経過").get_by_role("link").first.click()
    desk.edit()
    chips.get_by_label("世帯全体").check()
    expect(chips.get_by_label("世帯 ハル")).not_to_be_checked()
    expect(page.get_by_text("保存していない入力があります")).to_be_visible()
    desk.save()
    desk.saved()
    assert about() == {"": []}
    expect(page.get_by_text("だれについての記録か：世帯全体")).to_be_visible()


def test_an_assessment_begins_with_the_last_one_and_is_confirmed(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("写し 六子")
    sheet = {"date": "2026-06-01", "householdType": "01", "neighbourhood": "自治会に入っている。"}
    casepage.add(desk, case_id, "assessment-household", sheet)
    desk.open(f"#/cases/{case_id}/begin/assessment-household")
    page.reload()
    page.get_by_role("button", name="の内容を写して始める").click()
    expect(page.get_by_text("まだ確かめていない欄が2あります")).to_be_visible()
    expect(desk.field("neighbourhood")).to_have_value("自治会に入っている。")
    expect(page.get_by_text("前回から写した内容です。")).to_have_count(2)
    check(desk)
    page.get_by_role("button", name="今日", exact=True).click()
    desk.save()
    summary = page.get_by_role("alert").filter(has_text="か所を確かめてください")
    expect(summary.get_by_role("listitem")).to_have_count(2)
    # Changed is as good as confirmed.
    desk.field("neighbourhood").fill("自治会をやめた。")
    expect(summary.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_text("まだ確かめていない欄が1あります")).to_be_visible()
    desk.press("すべて確かめた（このままでよい）")
    expect(page.get_by_text("まだ確かめていない欄")).to_have_count(0)
    desk.save()
    desk.saved()
    path = f"cases/{case_id}/records?form=assessment-household"
    newest = desk.api("GET", path)["body"]["items"][0]["data"]
    assert newest["neighbourhood"] == "自治会をやめた。"
    assert newest["householdType"] == "01"
    assert newest["date"] != "2026-06-01"


def test_an_earlier_revision_stands_beside_the_current_one(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("並べ 七子")
    desk.write_behind(case_id, wishes="働きたい。", name="並べ 七代")
    desk.open(f"#/cases/{case_id}/history/1")
    desk.press("いまの版と並べて見る")
    expect(page.get_by_text("違うところが2欄あります。")).to_be_visible()
    name = page.get_by_role("article", name="氏名")
    expect(name).to_contain_text("変わった")
    expect(name).to_contain_text("並べ 七子")
    expect(name).to_contain_text("並べ 七代")
    expect(page.get_by_role("article", name="本人・家族の希望")).to_contain_text("あとから加わった")
    expect(page.get_by_role("article", name="受付経路")).to_have_count(0)
    check(desk)
    desk.press("同じ欄も見る")
    expect(page.get_by_role("article").filter(has_text="同じ").first).to_be_visible()
    desk.press("違う欄だけを見る")
    expect(page.get_by_role("article")).to_have_count(2)
    desk.press("この版だけを見る")
    expect(page.get_by_role("article")).to_have_count(0)


def test_a_new_intake_shows_at_first_only_what_must_be_filled_in(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.start_case()
    labels = page.locator(".record-form .field-label:visible")
    for variant in ("本人同意あり", "本人同意なし"):
        page.get_by_role("radio", name=variant).first.check()
        shown = labels.all_inner_texts()
        assert 0 < len(shown) <= 12, shown
        assert [text for text in shown if "必須" not in text] == []
    # The rest is folded, and a click away.
    expect(page.locator("#root_chiefComplaint")).to_be_hidden()
    page.get_by_role("heading", name="相談の内容（ほかの欄）").click()
    expect(page.locator("#root_chiefComplaint")).to_be_visible()
    check(desk)


def test_the_four_sheets_of_the_assessment_are_folded_by_theme(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("四枚 八子")
    for sheet, folded in (("household", 3), ("living", 5), ("income", 3), ("issues", 3)):
        desk.open(f"#/cases/{case_id}/begin/assessment-{sheet}")
        expect(page.get_by_role("heading", name="基本", exact=True)).to_be_visible()
        sections = page.locator(".record-form details.section")
        expect(sections).to_have_count(folded)
        assert page.locator(".record-form details.section[open]").count() == 0
