"""Answers that refuse, get lost or never come; two tabs, the back button, impatient fingers,
strange text: nothing typed is lost, nothing is saved twice, and the page says what to do."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.desk import Desk
from tests.browser.test_meetings import day
from tests.running import body, intake

TEXT = "三日ぶりに雨戸が開いていた。"
STAYS = "入力した内容はこの画面に残っています。"


def made(desk: Desk, name: str) -> str:
    """A case behind the screens; its number."""
    answer = desk.api("POST", "cases", body(intake(name)))
    assert answer["status"] == 201, answer
    return str(answer["body"]["caseId"])


def contacts(desk: Desk, case_id: str) -> list[dict[str, Any]]:
    """Every record of progress of the case, as saved."""
    listed = desk.api("GET", f"cases/{case_id}/records?form=progress")["body"]["items"]
    return [item["data"] for item in listed]


def begin_contact(desk: Desk, case_id: str) -> Locator:
    """The field in which a contact is written down."""
    desk.open(f"#/cases/{case_id}/progress/new")
    facts = desk.field("facts")
    expect(facts).to_be_focused()
    return facts


def problem(slug: str, status: int, title: str, detail: str) -> dict[str, Any]:
    said = {"type": f"urn:soudan:problem:{slug}", "status": status, "title": title}
    return {
        "status": status,
        "content_type": "application/problem+json",
        "body": json.dumps({**said, "detail": detail, "requestId": "r-1"}, ensure_ascii=False),
    }


# What stands at the border, and what the person at the screen is told to do about it. What comes
# from the gateway or a proxy on the way is no answer of ours: bare words, or a page.
REFUSALS: tuple[tuple[dict[str, Any], str, str], ...] = (
    (
        problem("too-many-requests", 429, "混み合っています", "少し待ってください。")
        | {"headers": {"Retry-After": "90"}},
        "操作が続いたため",
        "2分ほど待ってから、もう一度お試しください。",
    ),
    (
        problem("internal", 500, "処理できませんでした", "システムの不具合です。"),
        "いまは処理できません",
        "受付番号：r-1",
    ),
    (
        problem("try-again", 503, "混み合っています", "保存していません。"),
        "いまは処理できません",
        "しばらく待ってから、もう一度お試しください。",
    ),
    # A disk that is full, a proxy that finds nobody behind it.
    (
        {"status": 507, "content_type": "text/html", "body": "<h1>Insufficient Storage</h1>"},
        "いまは処理できません",
        "しばらく待ってから、もう一度お試しください。",
    ),
    (
        {"status": 502, "content_type": "text/html", "body": "<h1>Bad Gateway</h1>"},
        "いまは処理できません",
        "しばらく待ってから、もう一度お試しください。",
    ),
    (
        {"status": 413, "content_type": "text/html", "body": "<h1>Too Large</h1>"},
        "内容が大きすぎます",
        "いくつかの記録に分けて",
    ),
    (
        problem("too-large", 413, "内容が大きすぎます", "長い文章は分けて記録してください。"),
        "内容が大きすぎます",
        "長い文章は分けて記録してください。",
    ),
)


def test_whatever_refuses_the_text_stays_and_is_saved_once_in_the_end(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = made(desk, "拒否 太郎")
    facts = begin_contact(desk, case_id)
    facts.fill(TEXT)
    answers = [answer for answer, _, _ in REFUSALS]
    keys: list[str | None] = []

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        keys.append(route.request.headers.get("idempotency-key"))
        if answers:
            route.fulfill(**answers.pop(0))
        else:
            route.fallback()

    page.route(f"**/cases/{case_id}/records", refuse)
    told = page.locator(".save-bar-text")
    button = "保存する"
    for _, what, then in REFUSALS:
        desk.press(button)
        expect(told).to_contain_text(what)
        expect(told).to_contain_text(then)
        expect(told).to_contain_text(STAYS)
        expect(facts).to_have_value(TEXT)
        # No word of the machine's own language reaches the screen.
        assert not any(word in told.inner_text() for word in ("<h1>", "Error", "undefined"))
        button = "もう一度保存する"
    desk.press(button)
    desk.saved()
    assert [c["facts"] for c in contacts(desk, case_id)] == [TEXT]
    # All of it was one attempt, by its key.
    assert len(keys) == len(REFUSALS) + 1
    assert len(set(keys)) == 1


def lose_answer(page: Page, method: str, ending: str) -> None:
    """The server does its part of the next such request, and goes before its answer arrives."""
    page.evaluate(
        """([method, ending]) => {
          const real = window.fetch;
          window.fetch = async (place, options) => {
            const wanted = options.method === method && String(place).endsWith(ending);
            const answer = await real(place, options);
            if (!wanted) return answer;
            window.fetch = real;
            await answer.text();
            window.lost = answer.status;
            throw new TypeError('lost');
          };
        }""",
        [method, ending],
    )


def test_a_server_that_goes_in_the_middle_of_saving_saves_once(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = made(desk, "再起 花子")
    gone = page.get_by_text("サーバーにつながりません")

    # A new record.
    begin_contact(desk, case_id).fill(TEXT)
    lose_answer(page, "POST", "/records")
    desk.save()
    expect(gone).to_be_visible()
    desk.press("もう一度保存する")
    desk.saved()
    assert page.evaluate("window.lost") == 201
    assert [c["facts"] for c in contacts(desk, case_id)] == [TEXT]

    # The next revision of one.
    page.get_by_role("list", name="支援の経過").get_by_role("link").first.click()
    desk.edit()
    expect(desk.field("facts")).to_have_value(TEXT)
    desk.field("facts").fill(f"{TEXT}声がした。")
    record_id = page.url.rpartition("/")[2]
    lose_answer(page, "PUT", f"/records/{record_id}")
    desk.save()
    expect(gone).to_be_visible()
    desk.press("もう一度保存する")
    desk.saved()
    kept = desk.api("GET", f"cases/{case_id}/records/{record_id}")["body"]
    assert (kept["revision"], kept["data"]["facts"]) == (2, f"{TEXT}声がした。")

    # A step of the case.
    screened = {"form": "screening", **body({"date": day(), "result": "6"})}
    assert desk.api("POST", f"cases/{case_id}/records", screened)["status"] == 201
    desk.open(f"#/cases/{case_id}/steps")
    page.reload()
    lose_answer(page, "POST", "/transitions")
    desk.press("スクリーニングを終える")
    expect(gone).to_be_visible()
    desk.press("スクリーニングを終える")
    expect(page.locator(".case-head").filter(has_text="スクリーニング済")).to_be_visible()
    moved = desk.api("GET", f"cases/{case_id}/records?form=transition")["body"]["items"]
    assert len(moved) == 1

    # A meeting, and a case laid before it.
    page.get_by_role("link", name="会議", exact=True).click()
    page.get_by_role("link", name="新しい会議").first.click()
    expect(page.get_by_role("heading", name="新しい会議")).to_be_visible()
    title = f"途切れる会議 {case_id}"
    desk.field("title").fill(title)
    page.get_by_role("button", name="今日", exact=True).click()
    page.get_by_role("checkbox", name="支援会議", exact=True).check()
    lose_answer(page, "POST", "meetings")
    desk.save()
    expect(gone).to_be_visible()
    desk.press("もう一度保存する")
    expect(page.get_by_text("まだだれも招集していません")).to_be_visible()
    page.get_by_role("link", name="議題に加える").click()
    page.get_by_label("一覧にないときは、ケース番号").fill(case_id)
    page.get_by_role("radio", name="支援会議").first.check()
    page.get_by_label("議題（話し合いたいこと）").fill(TEXT)
    lose_answer(page, "POST", "/cases")
    lay = page.get_by_role("button", name="議題に加える", exact=True)
    lay.click()
    expect(gone).to_be_visible()
    expect(page.get_by_label("議題（話し合いたいこと）")).to_have_value(TEXT)
    lay.click()
    expect(page.get_by_role("status").filter(has_text="議題に加えました")).to_be_visible()
    meetings = desk.api("GET", "meetings?when=coming")["body"]["items"]
    assert [m["data"]["title"] for m in meetings if m["data"]["title"] == title] == [title]
    minutes = desk.api("GET", f"cases/{case_id}/records?form=conference")["body"]["items"]
    assert len(minutes) == 1


def test_a_token_that_ends_in_the_middle_of_saving_is_renewed_unseen(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = made(desk, "期限 切子")
    begin_contact(desk, case_id).fill(TEXT)
    keys: list[str | None] = []

    def expired_once(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) == 1:
            route.fulfill(**problem("sign-in-required", 401, "サインインが必要です", ""))
        else:
            route.fallback()

    page.route(f"**/cases/{case_id}/records", expired_once)
    desk.save()
    desk.saved()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert [c["facts"] for c in contacts(desk, case_id)] == [TEXT]


def test_two_tabs_of_one_person_lose_neither_text(desk_of: Callable[[str], Desk]) -> None:
    first = desk_of("manager")
    case_id = made(first, "二枚 太郎")
    second = desk_of("manager")
    for desk, text in ((first, "一枚目の文"), (second, "二枚目の文")):
        desk.open(f"#/cases/{case_id}")
        desk.edit()
        expect(desk.page.get_by_role("button", name="保存する", exact=True)).to_be_visible()
        desk.field("wishes").fill(text)
    first.save()
    first.saved()
    second.save()
    dialog = second.page.get_by_role("dialog", name="ほかの人が先に保存しました")
    expect(dialog).to_contain_text("一枚目の文")
    expect(dialog).to_contain_text("二枚目の文")
    dialog.get_by_role("radio", name="自分").first.check()
    dialog.get_by_role("button", name="この内容で保存する").click()
    second.saved()
    record = first.intake(case_id)
    assert (record["revision"], record["data"]["wishes"]) == (3, "二枚目の文")
    earlier = first.api("GET", f"cases/{case_id}/records/intake/revisions/2")["body"]
    assert earlier["data"]["wishes"] == "一枚目の文"


def test_the_back_button_asks_and_what_was_typed_waits(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = made(desk, "戻る 花子")
    desk.open(f"#/cases/{case_id}/progress")
    page.get_by_role("link", name="経過を記録する").click()
    facts = desk.field("facts")
    expect(facts).to_be_focused()
    facts.fill(TEXT)
    page.go_back()
    dialog = page.get_by_role("dialog", name="保存していない入力があります")
    dialog.get_by_role("button", name="編集を続ける").click()
    expect(facts).to_have_value(TEXT)
    assert page.url.endswith("/progress/new")
    expect(page.get_by_text("に下書きを預けました")).to_be_visible()
    page.go_back()
    dialog.get_by_role("button", name="下書きを残して離れる").click()
    page.get_by_role("link", name="経過を記録する").click()
    desk.press("続きから書く")
    expect(facts).to_have_value(TEXT)
    # Back after saving leads to no form that would save it again.
    page.get_by_role("button", name="保存する", exact=True).dblclick()
    desk.saved()
    page.go_back()
    expect(page.get_by_role("navigation", name="このケースの画面")).to_be_visible()
    page.reload()
    assert [c["facts"] for c in contacts(desk, case_id)] == [TEXT]


def test_a_hundred_thousand_characters_pasted_stay_and_say_what_to_do(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = made(desk, "長文 花子")
    facts = begin_contact(desk, case_id)
    long = "雨" * 100_000
    # As a paste arrives: all at once, in the field that has the focus.
    page.keyboard.insert_text(long)
    # Too much for a draft too: that is said, and nothing is cut off.
    expect(page.get_by_text("いまは下書きを預けられません")).to_be_visible()
    page.keyboard.press("Control+s")
    summary = page.get_by_role("alert").filter(has_text="か所を確かめてください")
    expect(summary).to_contain_text("10000字までにしてください")
    assert facts.evaluate("e => e.value.length") == len(long)
    facts.fill(long[:2_000])
    desk.save()
    desk.saved()
    assert [c["facts"] for c in contacts(desk, case_id)] == [long[:2_000]]


def test_a_name_of_emoji_and_rare_signs_comes_back_as_it_was_typed(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    name = "👨‍👩‍👧‍👦 髙𠮷 🇯🇵❤️ á"
    case_id = desk.new_case(name)
    assert desk.intake(case_id)["data"]["name"] == name
    desk.open("#/")
    link = page.locator(f'main a[href="#/cases/{case_id}"]')
    desk.seek(link)
    assert link.inner_text() == name
    assert name not in page.title()
