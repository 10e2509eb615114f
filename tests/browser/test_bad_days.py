"""Sessions that end, servers that go, people who change places: no text is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.desk import PASSWORD, Desk, unused_code


def test_a_session_that_ends_while_typing_loses_nothing(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    account = tenant.new_account("officer")
    desk = open_desk()
    page = desk.page
    page.clock.install()
    desk.open()
    secret = desk.enrol(account.login_id, account.temporary_password)
    desk.at_list()
    case_id = desk.new_case("時間 切子")
    desk.edit()
    desk.field("wishes").fill("途中まで書いた文")

    # The cookie is gone and the token's ten minutes pass.
    page.context.clear_cookies()
    page.clock.fast_forward("11:00")
    dialog = page.get_by_role("dialog", name="もう一度サインインしてください")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    desk.give_password(account.login_id, PASSWORD)
    desk.give_code(unused_code(account.login_id, secret))
    expect(dialog).to_have_count(0)
    expect(desk.field("wishes")).to_have_value("途中まで書いた文")
    desk.save()
    desk.saved()
    assert desk.intake(case_id)["data"]["wishes"] == "途中まで書いた文"
    desk.stores_nothing()

    # Thirty minutes without a touch: the screen is covered, the session over.
    desk.edit()
    desk.field("wishes").fill("離席の前の文")
    # Two minutes before, a warning that any key takes away.
    warning = page.get_by_text("まもなく画面を隠します")
    page.clock.fast_forward("28:30")
    expect(warning).to_be_visible()
    page.keyboard.press("Shift")
    expect(warning).to_have_count(0)
    page.clock.fast_forward("31:00")
    expect(dialog).to_contain_text("30分のあいだ操作がなかった")
    expect(desk.field("wishes")).to_have_value("離席の前の文")


def test_another_person_signing_in_does_not_see_the_former_persons_screen(
    open_desk: Callable[..., Desk], tenant: Any
) -> None:
    first, second = tenant.new_account("officer"), tenant.new_account("agency")
    desk = open_desk()
    page = desk.page
    page.clock.install()
    desk.open()
    desk.enrol(first.login_id, first.temporary_password)
    desk.at_list()
    desk.new_case("前任 花子")
    desk.edit()
    desk.field("wishes").fill("前任者だけの文")
    page.context.clear_cookies()
    page.clock.fast_forward("11:00")
    expect(page.get_by_role("dialog")).to_be_visible()
    desk.enrol(second.login_id, second.temporary_password)
    desk.at_list()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("前任者だけの文")).to_have_count(0)
    expect(desk.field("wishes")).to_have_count(0)


def test_a_server_that_is_gone_or_busy_keeps_the_text_and_can_be_tried_again(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("不通 太郎")
    desk.edit()
    desk.field("wishes").fill("消えない文")
    keys: list[str | None] = []

    def gone(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        route.abort()

    def busy(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        route.fulfill(
            status=503,
            headers={"Retry-After": "20", "Content-Type": "application/problem+json"},
            body='{"type":"urn:soudan:problem:try-again","title":"","status":503,"detail":""}',
        )

    place = f"**/cases/{case_id}/records/intake"
    page.route(place, gone)
    desk.save()
    expect(page.get_by_text("サーバーにつながりません")).to_be_visible()
    page.unroute(place)
    page.route(place, busy)
    desk.press("もう一度保存する")
    expect(page.get_by_text("20秒ほど待ってから")).to_be_visible()
    expect(desk.field("wishes")).to_have_value("消えない文")
    page.unroute(place)
    desk.press("もう一度保存する")
    desk.saved()
    # The same content is the same attempt: the server could not save it twice.
    assert len(set(keys)) == 1
    assert desk.intake(case_id)["revision"] == 2


@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("written_on", [False, True])
def test_an_answer_that_got_lost_is_no_second_case(
    desk_of: Callable[[str], Desk], *, written_on: bool, unknown: bool
) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.start_case()
    desk.fill_case("応答 消失")
    # The server does its part; the answer never arrives, or the gateway gave up waiting for it.
    page.evaluate(
        """(unknown) => {
          const real = window.fetch;
          window.fetch = async (place, options) => {
            const answer = await real(place, options);
            if (options.method !== 'POST' || !String(place).endsWith('/cases')) return answer;
            window.created = (await answer.json()).caseId;
            window.fetch = real;
            if (!unknown) throw new TypeError('lost');
            const type = 'urn:soudan:problem:outcome-unknown';
            return new Response(JSON.stringify({type, status: 504}), {status: 504});
          };
        }""",
        unknown,
    )
    desk.save()
    said = "応答がありませんでした" if unknown else "サーバーにつながりません"
    expect(page.get_by_text(f"保存できたか確かめられません。{said}")).to_be_visible()
    if written_on:
        desk.field("wishes").fill("書き足した文")
    desk.press("もう一度保存する")
    desk.saved()
    created = page.evaluate("window.created")
    assert page.url.endswith(created)
    record = desk.intake(created)
    assert record["revision"] == (2 if written_on else 1)
    assert record["data"].get("wishes") == ("書き足した文" if written_on else None)


def test_a_list_that_does_not_load_says_so_and_can_be_tried_again(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    page.route("**/cases?*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("サーバーにつながりません")
    page.unroute("**/cases?*")
    desk.press("もう一度試す")
    expect(page.get_by_text("件を表示しています")).to_be_visible()


def test_keeping_all_of_the_others_words_still_keeps_mine_on_screen(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("競合 太郎")
    desk.edit()
    desk.field("wishes").fill("自分の文")
    desk_of("officer").write_behind(case_id, wishes="相手の文")
    desk.save()
    desk.press("保存せずに編集に戻る")
    expect(desk.field("wishes")).to_have_value("自分の文")
    desk.save()
    desk.press("すべて相手の内容にする")
    desk.press("この内容で保存する")
    expect(page.get_by_text("相手が保存した内容のままにしました")).to_be_visible()
    expect(page.get_by_text("自分の文")).to_be_visible()
    assert desk.intake(case_id)["revision"] == 2
