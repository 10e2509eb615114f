"""What a screen leaves behind: no personal data in the address, the title, the browser's storage,
the console, the requests' addresses, or the clipboard."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.test_meetings import convene, day, lay

NAME, WORDS, WISH = "痕跡 残子", "雪の夜に灯りが消えていた", "鍵を替えてほしい"

# Notes whatever a script puts on the clipboard, by either way there is.
WATCH_CLIPBOARD = """
  window.copied = [];
  for (const way of ['write', 'writeText']) {
    navigator.clipboard[way] = async (what) => { window.copied.push(String(what)); };
  }
  const real = document.execCommand.bind(document);
  document.execCommand = (command, ...rest) => {
    if (['copy', 'cut'].includes(command)) window.copied.push(command);
    return real(command, ...rest);
  };
  document.addEventListener('copy', () => window.copied.push('copy'));
"""


def test_no_screen_leaves_a_trace_of_a_person(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    staff = desk.api("GET", "me")["body"]["displayName"]
    personal = (*NAME.split(), WORDS, WISH, staff, *staff.split())
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(unquote(request.url)))
    page.add_init_script(WATCH_CLIPBOARD)
    page.reload()
    desk.at_list()
    case_id = desk.new_case(NAME)
    desk.edit()
    desk.field("chiefComplaint").fill(WORDS)
    desk.save()
    desk.saved()
    meeting = convene(desk, "灯りの会議", day())
    lay(desk, meeting, case_id, agenda=WORDS)

    def traceless(where: str) -> None:
        # What a screen does late is judged with the next one.
        kept = _kept(desk)
        told = {
            "address": unquote(page.url),
            "title": page.title(),
            "history": str(page.evaluate("JSON.stringify(history.state)")),
            "window": str(page.evaluate("window.name")),
            "clipboard": str(page.evaluate("window.copied.join()")),
            **{f"request {at}": url for at, url in enumerate(asked)},
            **{f"console {at}": text for at, text in enumerate(said)},
        }
        for place, text in told.items():
            for word in personal:
                assert word not in text, (where, place, text)
        assert told["clipboard"] == "", where
        assert kept == [0, 0, "", [], [], []], where
        asked.clear()

    case = f"#/cases/{case_id}"
    for place, shown in (
        ("#/today", page.get_by_role("heading", name="これからの仕事")),
        ("#/", page.get_by_text("件を表示しています")),
        (case, page.get_by_text(WORDS).locator("visible=true")),
        (f"{case}/steps", page.get_by_role("heading", name="次に進む")),
        (f"{case}/household", page.get_by_role("list", name="ジェノグラムの内容")),
        (f"{case}/progress", page.get_by_text("経過の記録はまだありません")),
        (f"{case}/plan", page.get_by_text("表示できるプランはまだありません")),
        (f"{case}/sharing", page.get_by_role("heading", name="だれが、何を")),
        (f"{case}/records", page.get_by_role("table")),
        (f"{case}/files", page.get_by_text("表示できるファイルはまだありません")),
        (f"{case}/history/1", page.get_by_text("（読むだけ）")),
        (f"{case}/audit", page.get_by_role("cell").first),
        (f"#/meetings/{meeting}", page.get_by_text(WORDS)),
        (
            f"#/meetings/{meeting}/minutes/{case_id}",
            page.get_by_text(WORDS).locator("visible=true"),
        ),
        (f"#/meetings/{meeting}/people", page.get_by_role("heading", name="招集する人")),
        ("#/manage/staff", page.get_by_role("cell").first),
        ("#/manage/ledger", page.get_by_role("heading", level=1)),
        ("#/write", page.get_by_label("だれについて書きますか")),
    ):
        desk.open(place)
        expect(shown.first).to_be_visible()
        traceless(place)

    # While one searches, narrows and writes.
    page.get_by_label("だれについて書きますか").fill(NAME)
    expect(page.get_by_role("status")).to_contain_text("件のケースがあります")
    traceless("finding the case to write about")
    desk.open("#/")
    page.get_by_label("言葉で探す").fill(WORDS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="見つかったケース")).to_contain_text(NAME)
    traceless("searching")
    desk.open(f"{case}/begin/plan")
    expect(page.get_by_role("button", name="保存する", exact=True)).to_be_visible()
    traceless("similar cases")
    desk.open(f"{case}/progress/new")
    desk.field("facts").fill(WISH)
    expect(page.get_by_text("に下書きを預けました")).to_be_visible()
    traceless("writing")
    # The page goes for good and its text is nowhere in the browser.
    desk.press("やめる")
    desk.press("入力を消して離れる")
    expect(page.get_by_role("link", name="経過を記録する")).to_be_visible()
    traceless("throwing away")
    with page.expect_download() as download:
        desk.open(case)
        page.get_by_role("button", name="印刷（PDF）").first.click()
    assert not any(word in download.value.suggested_filename for word in personal)
    traceless("printing")


def _kept(desk: Desk) -> list[Any]:
    """What lies in each of the browser's stores that a script can fill."""
    kept: list[Any] = desk.page.evaluate(
        """async () => {
          const files = [];
          const root = await navigator.storage.getDirectory();
          for await (const name of root.keys()) files.push(name);
          return [localStorage.length, sessionStorage.length, document.cookie,
            (await indexedDB.databases()).map((d) => d.name), await caches.keys(), files];
        }"""
    )
    return kept
