"""Meetings on the screens: convened, laid cases before, shown on the wall, written down, closed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, expect

from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import form_versions
from tests.browser.desk import Desk
from tests.browser.test_accessible import check

# Who pledges on the screen below is nobody whom another test lets pledge.
HOUKATSU, KOMOREBI = "包括 五月", "木漏 六実"


def day(offset: int = 0) -> str:
    return (japanese_day(datetime.now(UTC)) + timedelta(days=offset)).isoformat()


def version(form: str) -> str:
    return form_versions(form)[-1]


def use(desk: Desk, part: str, used: bool = True) -> None:
    """The town uses a part of the screens that it may do without, or puts it away."""
    kept = desk.api("GET", "settings")["body"]
    document = kept["document"]
    switches = {**document.get("switches", {}), part: used}
    body = {"document": {**document, "switches": switches}}
    assert desk.api("PUT", "settings", body, f'"{kept["revision"]}"')["status"] == 200
    desk.page.reload()
    expect(desk.page.get_by_role("heading", level=1)).to_be_visible()


def convene(desk: Desk, title: str, date: str, *invited: dict[str, str]) -> str:
    """A meeting made behind the screens; its number."""
    data: dict[str, Any] = {"title": title, "date": date, "kinds": ["shien", "juso"]}
    if invited:
        data["invited"] = list(invited)
    answer = desk.api("POST", "meetings", {"formVersion": version("meeting"), "data": data})
    assert answer["status"] == 201, answer
    return str(answer["body"]["meetingId"])


def lay(desk: Desk, meeting: str, case_id: str, **changes: Any) -> Any:
    data = {
        "kind": "shien",
        "basis": "106-6",
        "attendees": [
            {"staffId": "staff-kanri1", "agencyId": "municipality", "name": "管理 一子"},
            {
                "staffId": "staff-houkatsu1",
                "agencyId": "elderly",
                "name": HOUKATSU,
                "pledgedOn": day(-9),
            },
        ],
        **changes,
    }
    body = {"caseId": case_id, "formVersion": version("conference"), "data": data}
    answer = desk.api("POST", f"meetings/{meeting}/cases", body)
    assert answer["status"] == 201, answer
    return answer["body"]


INVITED = {"staffId": "staff-houkatsu1", "agencyId": "elderly", "name": HOUKATSU}


def told(desk: Desk) -> Locator:
    return desk.page.get_by_role("status")


def test_a_meeting_is_convened_and_a_case_laid_before_those_who_pledged(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("会議 太郎")
    page.get_by_role("link", name="会議", exact=True).click()
    expect(page.get_by_role("heading", name="これからの会議")).to_be_visible()
    check(desk)
    page.get_by_role("link", name="新しい会議").click()
    expect(page.get_by_role("heading", name="新しい会議")).to_be_visible()
    # What is missing is said where it is missing, and nothing is saved.
    desk.save()
    expect(page.get_by_role("alert").filter(has_text="か所")).to_be_visible()
    check(desk)
    desk.field("title").fill("六月の定例会議")
    page.get_by_role("button", name="今日", exact=True).click()
    page.get_by_role("checkbox", name="支援会議", exact=True).check()
    desk.save()
    expect(page.get_by_text("まだだれも招集していません")).to_be_visible()
    meeting = page.url.rpartition("/")[2]
    assert page.title() == "会議 | 相談記録"
    check(desk)

    # Who is called, by agency; and somebody without a login.
    page.get_by_role("link", name="招集する人・守秘の誓約").click()
    page.get_by_role("checkbox", name=KOMOREBI).check()
    desk.press("この人を加える")
    expect(page.get_by_text("氏名を書き、機関を選んでください。")).to_be_visible()
    page.get_by_label("氏名").fill("校長 九重")
    page.get_by_label("機関", exact=True).select_option("npo")
    desk.press("この人を加える")
    expect(page.get_by_role("checkbox", name="校長 九重")).to_be_checked()
    check(desk)
    desk.save()
    expect(told(desk).filter(has_text="招集する人を保存しました")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=KOMOREBI)).to_contain_text(
        "誓約の記録がありません"
    )

    # A 支援会議 is laid before nobody from outside who has not pledged: the answer says who.
    page.get_by_role("link", name="議題に加える").click()
    desk.press("議題に加える")
    expect(page.get_by_role("alert")).to_contain_text("ケースを選んでください")
    check(desk)
    page.get_by_label("一覧にないときは、ケース番号").fill(case_id.lower())
    page.get_by_role("radio", name="支援会議").first.check()
    page.get_by_label("議題（話し合いたいこと）").fill("見守りの分担")
    desk.press("議題に加える")
    refused = page.get_by_role("alert").filter(has_text="記入内容を確かめてください")
    expect(refused).to_contain_text(f"{KOMOREBI}：市町村の外からの出席者には")
    expect(refused).to_contain_text("校長 九重：")
    check(desk)
    page.get_by_role("checkbox", name="校長 九重").uncheck()

    # What was typed is asked about before it is left behind; then the pledge is recorded once.
    page.get_by_role("link", name="守秘の誓約を記録する").click()
    desk.press("入力を消して離れる")
    desk.press(f"{KOMOREBI}の誓約を記録する")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="今日", exact=True).first.click()
    dialog.get_by_role("button", name="保存する", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("に誓約（終わりの日なし）").first).to_be_visible()

    page.get_by_role("link", name="議題に戻る").click()
    page.get_by_role("link", name="議題に加える").click()
    page.get_by_label("一覧にないときは、ケース番号").fill(case_id)
    page.get_by_role("radio", name="支援会議").first.check()
    page.get_by_role("checkbox", name="校長 九重").uncheck()
    page.get_by_label("議題（話し合いたいこと）").fill("見守りの分担")
    page.get_by_role("button", name="議題に加える", exact=True).dblclick()
    expect(told(desk).filter(has_text="議題に加えました")).to_be_visible()
    card = page.get_by_role("article").filter(has_text="会議 太郎")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("本人の同意がなくても話し合えます")
    expect(card).to_contain_text("見守りの分担")
    check(desk)
    agenda = desk.api("GET", f"meetings/{meeting}")["body"]["agenda"]
    assert [row["caseId"] for row in agenda] == [case_id]
    attending = agenda[0]["data"]["attendees"]
    assert [row.get("pledgedOn") for row in attending] == [None, day()]

    # Once more the same case: it is said to be there, with the way to its minutes.
    page.get_by_role("link", name="議題に加える").click()
    page.get_by_label("一覧にないときは、ケース番号").fill(case_id)
    page.get_by_role("radio", name="支援会議").first.check()
    page.get_by_role("checkbox", name="校長 九重").uncheck()
    desk.press("議題に加える")
    expect(page.get_by_role("alert").filter(has_text="すでに議題にあります")).to_be_visible()
    page.get_by_role("link", name="このケースの会議録を開く").click()
    desk.press("入力を消して離れる")
    expect(page.get_by_role("heading", name="会議録：会議 太郎")).to_be_visible()


def test_decisions_become_tasks_and_papers_are_closed(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("役割 花子")
    meeting = convene(desk, "役割の会議", day(), INVITED)
    lay(desk, meeting, case_id)
    desk.open(f"#/meetings/{meeting}")
    page.get_by_role("link", name="会議録を書く・読む").click()
    desk.edit()
    page.get_by_text("決めたこと", exact=True).click()
    desk.field("policy").fill("二週間ごとに訪ねる。")
    page.get_by_role("button", name="役割分担を追加").click()
    desk.field("roles_0_agencyId").select_option("elderly")
    desk.field("roles_0_task").fill("玄関先で様子を確かめる。")
    page.locator("#root_roles_0_due__era").locator("xpath=ancestor::*[@class='date']").get_by_role(
        "button", name="今日"
    ).click()
    check(desk)
    desk.save()
    desk.saved()
    page.get_by_role("link", name="議題に戻る").click()
    row = page.get_by_role("row").filter(has_text="玄関先で様子を確かめる。")
    expect(row).to_contain_text("地域包括支援センター")
    expect(row).to_contain_text("まだ")

    # It waits for the person who was there, under 今日; and the papers of the case for them alone.
    guest = desk_of("agency")
    guest.page.get_by_role("link", name="今日").click()
    guest.page.get_by_role("link", name="役割の会議").click()
    expect(guest.page.get_by_role("heading", name="議題")).to_be_visible()
    card = guest.page.get_by_role("article").filter(has_text=case_id)
    expect(card).to_contain_text("玄関先で様子を確かめる。")
    # The name was not laid before them.
    expect(guest.page.get_by_text("役割 花子")).to_have_count(0)
    expect(guest.page.get_by_role("link", name="議題に加える")).to_have_count(0)
    check(guest)
    card.get_by_role("link", name="資料を見る").click()
    expect(guest.page.get_by_text("表示できる記録がありません")).to_be_visible()
    check(guest)
    desk_tasks = guest.api("GET", "tasks")["body"]["items"]
    assert case_id in [part["caseId"] for part in desk_tasks]

    page.get_by_role("button", name="資料を回収して閉じる").click()
    check(desk)
    page.get_by_role("button", name="回収したので閉じる").dblclick()
    expect(told(desk).filter(has_text="資料を閉じました")).to_be_visible()
    expect(page.get_by_text("閲覧も閉じています")).to_be_visible()
    kept = desk.api("GET", f"meetings/{meeting}")["body"]["agenda"][0]
    assert (kept["data"]["papersTo"], kept["data"]["papersCollected"]) == (day(), True)
    assert kept["revision"] == 3


def test_a_paper_is_read_by_who_attends_while_it_lies_open(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    case_id = desk.new_case("資料 次郎")
    data = {
        "date": day(),
        "method": "02",
        "counterpart": "subject",
        "facts": "玄関先で話した。",
        "sharedWith": "own",
    }
    body = {"form": "progress", "formVersion": version("progress"), "data": data}
    paper = desk.api("POST", f"cases/{case_id}/records", body)["body"]["recordId"]
    meeting = convene(desk, "資料の会議", day(2))
    lay(desk, meeting, case_id, papers=[{"recordId": paper, "classes": ["4"]}])
    guest = desk_of("agency")
    guest.open(f"#/meetings/{meeting}")
    guest.page.get_by_role("link", name="資料を見る").click()
    expect(guest.page.get_by_text("玄関先で話した。")).to_be_visible()
    check(guest)
    # The term is explained at hand, by keyboard too; Escape shuts it.
    term = guest.page.get_by_role("button", name="資料の閲覧期限")
    term.focus()
    guest.page.keyboard.press("Enter")
    expect(guest.page.get_by_role("note", name="資料の閲覧期限の説明")).to_be_visible()
    check(guest)
    guest.page.keyboard.press("Escape")
    expect(guest.page.get_by_role("note")).to_have_count(0)


def test_nothing_on_the_wall_tells_who_it_is(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    first, second = desk.new_case("投影 三郎"), desk.new_case("投影 四郎")
    meeting = convene(desk, "映す会議", day(1))
    lay(
        desk,
        meeting,
        first,
        agenda="三郎さんの見守り",
        roles=[
            {"itemId": "a", "agencyId": "npo", "task": "三郎さんに電話する", "due": day(9)},
        ],
    )
    lay(desk, meeting, second)
    use(desk, "projectorView", used=False)
    desk.open(f"#/meetings/{meeting}")
    expect(page.get_by_role("heading", name="議題")).to_be_visible()
    expect(page.get_by_role("button", name="映す（氏名なし）")).to_have_count(0)
    use(desk, "projectorView")
    page.get_by_role("button", name="映す（氏名なし）").focus()
    page.keyboard.press("Enter")
    wall = page.get_by_role("dialog", name="映す画面（氏名なし）")
    expect(wall.get_by_role("heading", name="事例1")).to_be_visible()
    shown = wall.inner_text()
    for word in ("三郎", "四郎", "投影", HOUKATSU, "管理 一子", "こもれび", first, second):
        assert word not in shown, word
    size = wall.get_by_role("heading", name="事例1").evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    assert size >= 60
    check(desk)
    page.keyboard.press("ArrowRight")
    expect(wall.get_by_role("heading", name="事例2")).to_be_visible()
    wall.get_by_role("checkbox", name="ケース番号で示す").check()
    expect(wall.get_by_role("heading", name=second)).to_be_visible()
    page.keyboard.press("Escape")
    expect(wall).to_have_count(0)
    expect(page.get_by_role("button", name="映す（氏名なし）")).to_be_focused()


def test_a_case_moves_to_the_meeting_on_consent_once_there_is_one(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("移行 五郎")
    here, there = convene(desk, "支援の会議", day()), convene(desk, "重層の会議", day(), INVITED)
    lay(desk, here, case_id)
    desk.open(f"#/meetings/{here}")
    page.get_by_role("button", name="同意が得られたら").click()
    target = page.get_by_role("link", name="重層の会議")
    desk.seek(target)
    check(desk)
    target.click()
    expect(page.get_by_role("radio", name="重層的支援会議")).to_be_checked()
    desk.press("議題に加える")
    refused = page.get_by_role("alert").filter(has_text="開催日に本人の情報共有の同意がありません")
    expect(refused).to_be_visible()
    expect(page.get_by_role("link", name="同意の説明と記録をする")).to_have_attribute(
        "href", f"#/cases/{case_id}/sharing/consent"
    )
    check(desk)
    household = desk.api("GET", f"cases/{case_id}/records/household")["body"]["data"]
    consent = {
        "personId": household["persons"][0]["personId"],
        "kinds": ["sharing", "meeting"],
        "agencyRoles": ["participant"],
        "classes": ["1", "2", "5"],
        "purpose": "支援のため",
        "explainer": "管理 一子",
        "explainedOn": day(),
        "method": "01",
        "date": day(),
        "from": day(),
        "evidence": "同意書の綴り",
    }
    body = {"form": "consent", "formVersion": version("consent"), "data": consent}
    assert desk.api("POST", f"cases/{case_id}/records", body)["status"] == 201
    desk.press("議題に加える")
    expect(told(desk).filter(has_text="議題に加えました")).to_be_visible()
    card = page.get_by_role("article").filter(has_text="移行 五郎")
    expect(card).to_contain_text("本人が情報の共有に同意しているので")
    moved = desk.api("GET", f"meetings/{there}")["body"]["agenda"][0]["data"]
    assert (moved["kind"], moved["basis"]) == ("juso", "consent")


def test_two_people_change_one_meeting(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    meeting = convene(desk, "ふたりで直す会議", day(3))
    desk.open(f"#/meetings/{meeting}/edit")
    desk.field("place").fill("第一会議室")
    data = {"title": "ふたりで直す会議", "date": day(4), "kinds": ["juso"]}
    put = {"formVersion": version("meeting"), "data": data}
    assert desk.api("PUT", f"meetings/{meeting}", put, '"1"')["status"] == 200
    desk.save()
    expect(page.get_by_role("dialog", name="ほかの人が先に保存しました")).to_be_visible()
    desk.press("この内容で保存する")
    expect(told(desk).filter(has_text="会議を直しました")).to_be_visible()
    kept = desk.api("GET", f"meetings/{meeting}")["body"]["data"]
    assert (kept["date"], kept["place"]) == (day(4), "第一会議室")


def test_who_is_not_called_sees_no_meeting(desk_of: Callable[[str], Desk]) -> None:
    manager = desk_of("manager")
    meeting = convene(manager, "知られない会議", day(5))
    desk = desk_of("commissioner")
    page = desk.page
    page.get_by_role("link", name="会議", exact=True).click()
    expect(page.get_by_text("あなたが出席する会議の予定はありません")).to_be_visible()
    expect(page.get_by_role("link", name="新しい会議")).to_have_count(0)
    check(desk)
    desk.open(f"#/meetings/{meeting}")
    expect(page.get_by_role("alert")).to_contain_text("表示できる記録がありません")
    desk.open("#/meetings/new")
    expect(page.get_by_role("heading", name="表示できる記録がありません")).to_be_visible()
