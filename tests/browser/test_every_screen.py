"""Every screen that an address leads to: none is left out, axe finds nothing, 320 px and text twice
as large need no scrolling sideways."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser import casepage
from tests.browser.desk import Desk
from tests.browser.test_accessible import check
from tests.browser.test_meetings import convene, day, lay, version
from tests.browser.test_writing import offer

SOURCES = Path(__file__).resolve().parents[2] / "web" / "src"
NOTHING = "表示できる記録がありません"

# Kind of route, then what it takes beside that: the address, and what stands there.
SCREENS: dict[str, tuple[str, str]] = {
    "today": ("#/today", "これからの仕事"),
    "cases": ("#/", "件を表示しています"),
    "new-case": ("#/cases/new", "受付"),
    "case/intake": ("#/cases/{case}", "編集する"),
    "case/steps": ("#/cases/{case}/steps", "次に進む"),
    "case/household": ("#/cases/{case}/household", "ジェノグラム"),
    "case/progress": ("#/cases/{case}/progress", "経過を記録する"),
    "case/progress begun": ("#/cases/{case}/progress/new", "保存する"),
    "case/plan": ("#/cases/{case}/plan", "役割分担"),
    "case/sharing": ("#/cases/{case}/sharing", "だれが、何を"),
    "case/sharing begun": ("#/cases/{case}/sharing/consent", "1. 範囲を決めて"),
    "case/sharing one": ("#/cases/{case}/sharing/{consent}", "同意の控え"),
    "case/records": ("#/cases/{case}/records", "記録を加える"),
    "case/records one": ("#/cases/{case}/records/{plan}", "プラン兼事業等利用申込書"),
    "case/records begun": ("#/cases/{case}/begin/evaluation", "保存する"),
    "case/files": ("#/cases/{case}/files", "添付する"),
    # Whoever holds no key to the compartment meets the same words as everywhere.
    "case/sealed": ("#/cases/{case}/sealed", NOTHING),
    "case/history": ("#/cases/{case}/history", "第1版"),
    "case/history one": ("#/cases/{case}/history/1", "（読むだけ）"),
    "case/audit": ("#/cases/{case}/audit", "だれが見て、変えたか"),
    "write": ("#/write", "だれについて書きますか"),
    "books": ("#/books/phone-memo", "電話メモ"),
    "books begun": ("#/books/phone-memo/new", "保存する"),
    "meetings": ("#/meetings", "これからの会議"),
    "new-meeting": ("#/meetings/new", "保存する"),
    "meeting/agenda": ("#/meetings/{meeting}", "議題"),
    "meeting/edit": ("#/meetings/{meeting}/edit", "保存する"),
    "meeting/people": ("#/meetings/{meeting}/people", "招集する人"),
    "meeting/lay": ("#/meetings/{meeting}/lay", "議題に加える"),
    "meeting/minutes": ("#/meetings/{meeting}/minutes/{case}", "会議録："),
    "meeting/papers": ("#/meetings/{meeting}/papers/{case}", "会議の資料"),
    "manage": ("#/manage", "職員"),
    "manage/staff": ("#/manage/staff", "再発行"),
    "manage/agencies": ("#/manage/agencies", "こもれび"),
    "manage/april": ("#/manage/april", "異動"),
    "manage/stocktaking": ("#/manage/stocktaking", "棚卸し"),
    "manage/settings": ("#/manage/settings", "設定を保存する"),
    "manage/statistics": ("#/manage/statistics", "年度"),
    "manage/ledger": ("#/manage/ledger", "提供の記録"),
    "manage/disclosure": ("#/manage/disclosure", "請求を受け付ける"),
    "manage/disclosure one": ("#/manage/disclosure/{request}", "開示請求の記録"),
    "manage/disclosure case": ("#/manage/disclosure/{request}/{case}", "墨塗りを決める"),
    "manage/retention": ("#/manage/retention", "廃棄"),
    "manage/incident": ("#/manage/incident", "影響の範囲を調べる"),
    "manage/emergencies": ("#/manage/emergencies", "緊急閲覧"),
    "manage/matrix": ("#/manage/matrix", "だれが何を見られるか"),
    "papers": ("#/papers", "参考例"),
    "nowhere": ("#/nowhere", NOTHING),
}


def known_routes() -> set[str]:
    """Every route that the screens' own sources name."""
    router = (SOURCES / "router.ts").read_text("utf-8")
    places = set(re.findall(r"readonly at: '([a-z-]+)'", router))

    def union(name: str) -> set[str]:
        found = re.search(rf"export type {name} =(.*?);", router, re.DOTALL)
        assert found is not None, name
        return set(re.findall(r"'([a-z-]+)'", found[1]))

    parts = set(
        re.findall(r"part: '([a-z]+)'", (SOURCES / "screens/manage/parts.ts").read_text("utf-8"))
    )
    assert len(parts) >= 10
    return (
        places - {"case", "meeting"}
        | {f"case/{tab}" for tab in union("CaseTab")}
        | {f"meeting/{part}" for part in union("MeetingPart")}
        | {f"manage/{part}" for part in parts}
    )


def test_no_route_is_left_out_of_the_screens_below() -> None:
    assert known_routes() == {kind.partition(" ")[0] for kind in SCREENS}


def test_no_screen_has_a_violation_or_scrolls_sideways(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    found = _world(desk)
    faults: list[str] = []
    for kind, (address, shown) in SCREENS.items():
        desk.open(address.format(**found))
        # A form that is begun asks before it is left only where something was typed.
        expect(
            page.locator("main").get_by_text(shown).locator("visible=true").first
        ).to_be_visible()
        expect(page.get_by_text("読み込んでいます")).to_have_count(0)
        try:
            check(desk)
            _twice_as_large(desk)
        except AssertionError as error:
            faults.append(f"{kind}: {error}")
    assert faults == []


def _twice_as_large(desk: Desk) -> None:
    """As somebody has it who set the browser's own text size to twice the usual."""
    page = desk.page
    browser = page.context.new_cdp_session(page)
    size = "parseFloat(getComputedStyle(document.querySelector('main h1')).fontSize)"
    before = page.evaluate(size)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    assert page.evaluate(size) >= 1.5 * before
    wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          [...document.querySelectorAll('body *')]
            .filter((e) => e.getBoundingClientRect().right > innerWidth)
            .map((e) => e.outerHTML.slice(0, 200))"""
    )
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
    browser.detach()
    assert wide == []


def _world(desk: Desk) -> dict[str, str]:
    """A case with a record behind every screen; what the addresses name."""
    offer(desk, "phone-memo")
    case_id = desk.new_case("全画面 花子")
    subject = casepage.with_family(desk, case_id)
    plan = casepage.add(desk, case_id, "plan", casepage.plan())
    note = casepage.add(desk, case_id, "progress", casepage.progress("本人と話した。"))
    given = {
        "personId": subject,
        "kinds": ["sharing"],
        "agencies": ["npo"],
        "classes": ["1", "2"],
        "purpose": "住まいのことを一緒に考えるため",
        "explainer": "管理 一子",
        "explainedOn": day(),
        "method": "01",
        "date": day(),
        "from": day(),
        "evidence": "同意書の綴り",
    }
    consent = casepage.add(desk, case_id, "consent", given)
    meeting = convene(desk, "全画面の会議", day())
    lay(desk, meeting, case_id, papers=[{"recordId": note, "classes": ["4"]}])
    asked: dict[str, Any] = {
        "kind": "disclosure",
        "requester": "self",
        "receivedOn": day(),
        "name": "全画面 花子",
        "identityChecked": "運転免許証",
        "staffId": desk.api("GET", "me")["body"]["staffId"],
    }
    sent = {"formVersion": version("disclosure-request"), "data": asked}
    made = desk.api("POST", "books/disclosure-request", sent)
    assert made["status"] == 201, made
    request = str(made["body"]["entryId"])
    opened = {"caseId": case_id, "personId": subject}
    answer = desk.api("POST", f"disclosures/{request}/cases", opened)
    assert answer["status"] in (200, 201), answer
    return {
        "case": case_id,
        "plan": plan,
        "consent": consent,
        "meeting": meeting,
        "request": request,
    }
