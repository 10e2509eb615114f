"""Every screen: no violation found by axe (WCAG 2.2 AA), and no sideways scrolling at 320 px."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.desk import Desk

AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# A button that is free again fades from grey to its colour: half-way its contrast is nobody's.
SETTLED = """async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  await frame();
  const ends = document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ends.map((one) => one.finished));
}"""


def check(desk: Desk) -> None:
    page = desk.page
    # It stays with the document: half a megabyte to read once and not for every state of a screen.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8") + "; undefined")
    page.evaluate(SETTLED)
    found = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
        ".then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(' '))]))",
        RULES,
    )
    assert found == []
    size = page.viewport_size
    assert size is not None
    for width in (320, size["width"]):
        page.set_viewport_size({"width": width, "height": size["height"]})
        wide = page.evaluate(
            """(width) => document.documentElement.scrollWidth <= width ? [] :
              [...document.querySelectorAll('main *')]
                .filter((e) => e.getBoundingClientRect().right > width)
                .map((e) => e.outerHTML.slice(0, 200))""",
            width,
        )
        assert wide == [], width


def test_the_screens_before_the_sign_in(open_desk: Callable[..., Desk], tenant: Any) -> None:
    account = tenant.new_account("manager")
    desk = open_desk()
    page = desk.page
    desk.open()
    expect(page.get_by_label("利用者ID")).to_be_visible()
    check(desk)
    desk.give_password(account.login_id, "chigau")
    expect(page.get_by_role("alert")).to_be_visible()
    check(desk)
    desk.give_password(account.login_id, account.temporary_password)
    expect(page.get_by_label("新しいパスワード（もう一度）")).to_be_visible()
    check(desk)
    page.get_by_label("新しいパスワード").first.fill("Hanami-2026-shiken!")
    page.get_by_label("新しいパスワード（もう一度）").fill("Hanami-2026-shiken!")
    desk.press("このパスワードにする")
    page.get_by_text("スマートフォンを使えない").click()
    expect(page.get_by_role("heading", name="登録用の控え")).to_be_visible()
    check(desk)


def test_the_screens_of_a_case(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    expect(page.get_by_text("件を表示しています")).to_be_visible()
    check(desk)
    desk.start_case()
    desk.save()
    expect(page.get_by_role("alert").filter(has_text="か所")).to_be_visible()
    page.get_by_role("radio", name="本人同意なし").first.check()
    for summary in page.locator("details.section > summary").all():
        summary.click()
    for add in page.get_by_role("button", name="を追加").all():
        add.click()
    check(desk)
    desk.fill_case("検査 太郎")
    desk.field("chiefComplaint").fill("123456789018")
    desk.save()
    expect(page.get_by_role("region", name="個人番号")).to_be_visible()
    check(desk)
    desk.field("chiefComplaint").fill("番号は消した")
    desk.save()
    desk.saved()
    check(desk)
    case_id = page.url.rpartition("/")[2]
    desk.edit()
    desk.field("wishes").fill("自分")
    desk_of("officer").write_behind(case_id, wishes="相手", sex="1")
    desk.save()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(desk)
    desk.press("この内容で保存する")
    desk.saved()
    page.get_by_role("link", name="これまでの版").click()
    expect(page.get_by_role("link", name="第1版")).to_be_visible()
    check(desk)
    page.get_by_role("link", name="第1版").click()
    expect(page.get_by_text("（読むだけ）")).to_be_visible()
    check(desk)
    page.get_by_role("link", name="だれが見て、変えたか").click()
    expect(page.get_by_role("cell").first).to_be_visible()
    check(desk)


def test_the_screens_of_managers_and_of_those_who_see_nothing(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    desk.open("#/manage/staff")
    expect(page.get_by_role("cell").first).to_be_visible()
    check(desk)
    page.get_by_role("row").get_by_role("button", name="再発行").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(desk)
    desk.press("やめる")
    desk.press("回復コードを作る")
    check(desk)
    desk.press("やめる")
    desk.open("#/nowhere")
    expect(page.get_by_role("heading", name="表示できる記録がありません")).to_be_visible()
    check(desk)
    desk_of("auditor").at_list()
    check(desk_of("auditor"))
