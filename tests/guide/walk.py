"""The way through the screens that the staff guide describes: a new member of staff of the
municipality, from the slip with a first password to the hand-over of a case. Everybody is made up.

Each step is taken as the guide says it, by the words on the screens; what would only make it longer
(a colleague's records, the same kind of form once more) is entered through the API.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.casepage import add, save
from tests.browser.desk import PASSWORD, Desk, unused_code
from tests.browser.test_consent import join
from tests.browser.test_meetings import day
from tests.guide.camera import HEIGHT, WIDTH, Camera

NAME, TOWN = "見本 さくら", "地域福祉課(練習用)"
PERSON, MOTHER = "例田 花代", "例田 静"
COUNCIL, ELDERLY = "みなと社会福祉協議会(練習用)", "なぎさ地域包括支援センター(練習用)"
SAID = (
    "母の介護が始まってから仕事を休みがちになり、先月から家賃が払えていない。夜も母に呼ばれて眠れず、"
    "だれに何を相談すればよいか分からない。"
)
FACTS = (
    "自宅を訪問し、本人と玄関先で30分話した。家賃は2か月分が遅れている。母は居間で横になっており、"
    "昼食はとれていた。次は社会福祉協議会の担当と一緒に訪ねることを約束した。"
)


@dataclass(kw_only=True)
class Walk:
    """One walk. `open_desk` opens a page in a browser of its own; `login_id` is not used yet."""

    open_desk: Callable[..., Desk]
    tenant: Any
    camera: Camera
    login_id: str = "sakura"

    def go(self) -> None:
        # Both sit before a window of the pictures' size.
        window = {"viewport": {"width": WIDTH, "height": HEIGHT}}
        self.manager = self.open_desk(**window)
        self.manager.open()
        self.manager.sign_in(self.tenant.account("manager"))
        self.manager.at_list()
        self._all_forms()
        password = self._invited()
        self.desk = self.open_desk(**window)
        # Minutes of waiting pass at once, where the guide shows what comes after them.
        self.desk.page.clock.install()
        self._first_sign_in(password)
        self._begins_a_case()
        self._finds_and_waits()
        self._writes_progress()
        self._household_and_assessment()
        self._consent()
        self._refers()
        self._plans()
        self._meets()
        self._supports_and_hands_over()
        self._papers()
        self._bad_moments()
        self._managers()

    # --- what every step uses

    @property
    def page(self) -> Page:
        return self.desk.page

    def shot(self, name: str, **how: Any) -> None:
        self.camera.take(self.page, name, **how)

    def link(self, name: str, page: Page | None = None) -> Locator:
        return (page or self.page).get_by_role("link", name=name, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=True).first

    def tab(self, name: str) -> None:
        tabs = self.page.get_by_role("navigation", name="このケースの画面")
        tabs.get_by_role("link", name=name, exact=True).click()

    def saved(self) -> None:
        self.desk.save()
        self.desk.saved()

    def today_in(self, field: str) -> None:
        """Presses 「今日」 beside a day of the form."""
        box = self.page.locator(f"#root_{field}__era")
        box.locator("xpath=ancestor::*[@class='date']").get_by_role("button", name="今日").click()

    def move(self, name: str) -> None:
        """Leads the case on: its next steps, the one that is named."""
        self.tab("進み具合")
        expect(self.heading("次に進む")).to_be_visible()
        self.button(name).click()

    def moved(self, state: str) -> None:
        expect(self.page.locator(".case-head").filter(has_text=state)).to_be_visible()

    # --- the first day

    def _all_forms(self) -> None:
        """The town uses what the guide shows: every form, the signature and the wall."""
        kept = self.manager.api("GET", "settings")["body"]
        body = {"document": {**kept["document"], "preset": "standard"}}
        assert self.manager.api("PUT", "settings", body, f'"{kept["revision"]}"')["status"] == 200
        self.manager.page.reload()
        self.manager.at_list()

    def _invited(self) -> str:
        """The slip that a manager hands over; returns the temporary password."""
        page = self.manager.page
        self.manager.open("#/manage/staff")
        self.manager.press("職員を招待する")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("氏名").fill(NAME)
        dialog.get_by_label("利用者ID").fill(self.login_id)
        dialog.get_by_label("機関").select_option(label=TOWN)
        dialog.get_by_label("役割").select_option("officer")
        dialog.get_by_role("button", name="登録する").click()
        expect(dialog.get_by_role("heading", name="職員を登録しました")).to_be_visible()
        # Nobody's address and nobody's password.
        self.camera.take(
            page,
            "slip",
            instead={
                dialog.locator("dt:text-is('開くアドレス') + dd"): "https://soudan.example.jp/",
                dialog.locator("dd.secret"): "Kari-2026-mihon",
            },
        )
        temporary = dialog.locator("dd.secret").inner_text()
        dialog.get_by_role("button", name="控えたので閉じる").click()
        expect(dialog).to_have_count(0)
        return temporary

    def _first_sign_in(self, temporary: str) -> None:
        page, desk = self.page, self.desk
        desk.open()
        page.get_by_label("利用者ID").fill(self.login_id)
        page.get_by_label("パスワード").fill(temporary)
        self.shot("sign-in", ring=self.button("次へ"))
        desk.press("次へ")
        page.get_by_label("新しいパスワード", exact=False).first.fill(PASSWORD)
        page.get_by_label("新しいパスワード（もう一度）").fill(PASSWORD)
        self.shot("new-password", ring=self.button("このパスワードにする"))
        desk.press("このパスワードにする")
        expect(page.get_by_role("img", name="認証アプリに登録するため")).to_be_visible()
        self.shot("factor")
        page.get_by_text("スマートフォンを使えない").click()
        self.secret = page.locator("dd.secret").inner_text().replace(" ", "").replace("\n", "")
        desk.give_code(unused_code(self.login_id, self.secret), "登録する")
        desk.at_list()
        expect(page.get_by_text("件を表示しています")).to_be_visible()
        self.shot("cases", ring=page.get_by_role("navigation", name="主な画面"))

    # --- a consultation comes in

    def _begins_a_case(self) -> None:
        page, desk = self.page, self.desk
        self.link("新しい相談").click()
        expect(self.button("保存する")).to_be_visible()
        self.shot("new-case")
        desk.save()
        faults = page.get_by_role("alert").filter(has_text="か所")
        expect(faults).to_be_visible()
        self.shot("faults", at=faults)
        desk.fill_case(PERSON)
        for folded in page.locator("details.section > summary").all():
            folded.click()
        desk.field("nameKana").fill("れいだ はなよ")
        desk.field("chiefComplaint").fill(SAID)
        desk.field("householdSize").fill("2")
        self.saved()
        self.case_id = page.url.rpartition("/")[2]
        self.shot("case-saved")
        self.tab("進み具合")
        missing = page.get_by_role("listitem").filter(has_text="スクリーニングの記録がありません")
        self.shot("steps", ring=missing.get_by_role("link", name="記録する"))
        missing.get_by_role("link", name="記録する").click()
        expect(self.heading("スクリーニング")).to_be_visible()
        self.button("今日").click()
        page.get_by_role("radio", name="多機関協働で継続支援").check()
        desk.field("reasons").fill("介護と家計の困りごとが重なり、一つの機関では支えきれない。")
        self.shot("screening", at=self.heading("スクリーニング"))
        self.saved()
        self.tab("進み具合")
        forward = self.button("スクリーニングを終える")
        self.shot("forward", ring=forward, at=self.heading("次に進む"))
        forward.click()
        self.moved("スクリーニング済")

    def _finds_and_waits(self) -> None:
        page = self.page
        self.link("今日").click()
        expect(self.heading("これからの仕事（期限の近いケースから）")).to_be_visible()
        expect(page.get_by_role("article").first).to_be_visible()
        self.shot("today")
        self.link("ケース").click()
        page.get_by_label("言葉で探す").fill("家賃")
        page.keyboard.press("Enter")
        found = page.get_by_role("list", name="見つかったケース").get_by_role("listitem")
        mine = found.filter(has_text=self.case_id)
        expect(mine).to_be_visible()
        self.shot("search")
        mine.get_by_role("link", name=PERSON).click()
        self.moved("スクリーニング済")

    # --- writing

    def _writes_progress(self) -> None:
        page, desk = self.page, self.desk
        self.link("記録する").click()
        page.get_by_label("だれについて書きますか").fill("れいだ")
        mine = page.get_by_role("listitem").filter(has_text=self.case_id).get_by_role("link")
        self.shot("write", ring=mine)
        mine.click()
        expect(desk.field("facts")).to_be_focused()
        page.keyboard.insert_text(FACTS)
        expect(page.get_by_text("に下書きを預けました")).to_be_visible()
        self.shot("progress-write", ring=desk.field("facts"))
        page.keyboard.press("Control+s")
        desk.saved()
        entries = page.get_by_role("list", name="支援の経過").get_by_role("listitem")
        expect(entries.filter(has_text="玄関先で30分話した")).to_be_visible()
        self.shot("progress")

    def _household_and_assessment(self) -> None:
        page, desk = self.page, self.desk
        rows = desk.api("GET", f"cases/{self.case_id}/records/household")["body"]["data"]
        self.person = str(rows["persons"][0]["personId"])
        born = {"y": 1976, "m": 5, "d": None}
        mother = {
            "personId": "p-00000000000m",
            "name": MOTHER,
            "relation": "06",
            "sex": "2",
            "cohabitation": "1",
            "birthDate": {"y": 1948, "m": 2, "d": 3},
        }
        persons = [{**rows["persons"][0], "sex": "2", "birthDate": born}, mother]
        save(desk, self.case_id, "household", persons=persons)
        self.move("アセスメントを始める")
        self.moved("アセスメント中")
        self.tab("すべての記録")
        page.get_by_text("記録を加える").click()
        sheet = self.link("アセスメントシート1 基本・世帯")
        self.shot("records", ring=sheet)
        sheet.click()
        expect(self.button("保存する")).to_be_visible()
        self.button("今日").first.click()
        desk.field("assessedBy").fill(NAME)
        desk.field("neighbourhood").fill("隣の人が、ときどき母に声をかけてくれる。")
        self.shot("assessment", at=page.get_by_role("heading", level=2).first)
        self.saved()
        ties = [
            {"partner": "隣の人", "personId": "p-00000000000m", "tie": "close"},
            {"partner": "職場", "personId": self.person, "tie": "strained"},
            {"partner": ELDERLY, "agencyId": "elderly", "tie": "distant"},
        ]
        done = desk.api("GET", f"cases/{self.case_id}")["body"]["records"]
        made = next(r["recordId"] for r in done if r["form"] == "assessment-household")
        save(desk, self.case_id, made, ties=ties)
        self.tab("世帯")
        expect(page.get_by_role("list", name="エコマップの内容")).to_be_visible()
        self.shot("household", at=page.get_by_role("navigation", name="このケースの画面"))
        self.shot("ecomap", at=page.get_by_role("heading", name="エコマップ（世帯とつながり）"))

    def _consent(self) -> None:
        page, desk = self.page, self.desk
        join(desk, self.case_id, "elderly")
        self.tab("同意・だれが見られるか")
        page.get_by_role("link", name="同意の説明・記録").click()
        desk.field("personId").select_option(label=f"{PERSON}（本人）")
        for choice in ("関係機関との情報共有", "会議での情報提供", "支援に加わる機関"):
            page.get_by_role("checkbox", name=choice).first.check()
        for choice in ("氏名・連絡先", "世帯・課題・アセスメント", "会議の記録"):
            page.get_by_role("checkbox", name=choice).last.check()
        desk.field("purpose").fill("介護と暮らしのことを、いっしょに考えるため")
        show = self.button("本人に見せる画面を開く")
        self.shot("consent", at=page.get_by_role("heading", level=2).first)
        show.click()
        shown = page.get_by_role("dialog", name="情報を共有することについて")
        expect(shown).to_be_visible()
        shown.evaluate("(one) => one.scrollTo(0, 0)")
        self.shot("explain")
        page.keyboard.press("Escape")
        desk.press("同意が得られた：記録へ進む")
        expect(page.get_by_role("heading", name="2. 同意を記録する")).to_be_visible()
        desk.field("explainer").fill(NAME)
        for today in page.get_by_role("button", name="今日", exact=True).all():
            today.click()
        page.get_by_role("radio", name="電子").check()
        desk.field("evidence").fill("このシステムの署名")
        self.shot("consent-record", at=page.get_by_role("heading", level=2).first)
        desk.save()
        slip = page.get_by_role("region", name="情報の共有についての同意の控え")
        expect(slip).to_be_visible()
        desk.press("画面に署名してもらう")
        pad = page.get_by_role("dialog", name="ここに署名してください")
        box = pad.get_by_role("img").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 60, box["y"] + 90)
        page.mouse.down()
        for right, down in ((90, 40), (120, 110), (160, 60), (210, 100), (260, 50), (330, 95)):
            page.mouse.move(box["x"] + 60 + right, box["y"] + down, steps=6)
        page.mouse.up()
        self.shot("signature")
        desk.press("この署名を添付する")
        expect(page.get_by_role("status").filter(has_text="署名を添付しました")).to_be_visible()
        self.shot("receipt")
        self.link("だれが見られるかに戻る").click()
        expect(page.get_by_role("region", name="だれが、何を")).to_be_visible()
        self.shot("sharing")

    def _refers(self) -> None:
        page, desk = self.page, self.desk
        self.tab("すべての記録")
        page.get_by_text("記録を加える").click()
        self.link("つなぐシート").click()
        expect(self.heading("つなぐシート")).to_be_visible()
        self.button("今日").first.click()
        desk.field("writtenBy").fill(NAME)
        desk.field("toAgencyId").select_option(label=ELDERLY)
        desk.field("reason").fill("母の介護の負担が大きいため、介護の相談につなぐ。")
        self.shot("referral", at=self.heading("つなぐシート"))
        self.saved()
        self.shot("referral-print", ring=page.get_by_role("button", name="印刷（PDF）"))

    def _plans(self) -> None:
        page, desk = self.page, self.desk
        self.move("プラン案の作成に進む")
        self.moved("プラン案の作成中")
        self.tab("プランと役割")
        page.get_by_role("link", name="プランを書く").click()
        expect(desk.field("programme")).to_be_visible()
        expect(page.get_by_role("heading", name="似ているケース")).to_be_visible()
        desk.field("goals").fill("母が安心して過ごし、花代さんが仕事を続けられる。")
        self.shot("plan-write", at=page.get_by_role("heading", level=2).first)
        desk.press("やめる")
        desk.press("入力を消して離れる")
        roles = [
            ("介護保険の更新と、日中に通える所の見学", "elderly", 30),
            ("家計の相談と、家賃の支払いの相談", "council", 14),
            ("二週間に一度の訪問", "municipality", 60),
        ]
        self.plan = add(
            desk,
            self.case_id,
            "plan",
            {
                "programme": "multi-agency",
                "planNumber": 1,
                "createdOn": day(),
                "goals": "母が安心して過ごし、花代さんが仕事を続けられる。",
                "roles": [
                    {"itemId": f"row-{at}", "support": what, "agencyId": who, "due": day(due)}
                    for at, (what, who, due) in enumerate(roles)
                ],
                "from": day(),
                "to": day(180),
                "nextEvaluationOn": day(90),
            },
        )
        page.reload()
        self.tab("プランと役割")
        expect(page.get_by_role("heading", name="役割分担")).to_be_visible()
        self.shot("plan")
        self.move("重層的支援会議にかける")
        self.moved("重層的支援会議で協議中")

    # --- the meeting, the decision

    def _meets(self) -> None:
        page, desk = self.page, self.desk
        self.link("会議").click()
        page.get_by_role("link", name="新しい会議").click()
        desk.field("title").fill("重層的支援会議(定例)")
        self.button("今日").click()
        page.get_by_role("checkbox", name="重層的支援会議", exact=True).check()
        desk.save()
        page.get_by_role("link", name="招集する人・守秘の誓約").click()
        for name in ("包括 五月", "調整 四郎"):
            page.get_by_role("checkbox", name=name).check()
        self.shot("meeting-people")
        desk.save()
        expect(
            page.get_by_role("status").filter(has_text="招集する人を保存しました")
        ).to_be_visible()
        meeting = page.url.rpartition("/meetings/")[2].partition("/")[0]
        page.get_by_role("link", name="議題に加える").click()
        page.get_by_label("一覧にないときは、ケース番号").fill(self.case_id)
        page.get_by_role("radio", name="重層的支援会議").first.check()
        page.get_by_label("議題（話し合いたいこと）").fill("プランの適切性と役割分担")
        self.shot("meeting-lay", at=page.get_by_label("一覧にないときは、ケース番号"), below=120)
        desk.press("議題に加える")
        expect(page.get_by_role("status").filter(has_text="議題に加えました")).to_be_visible()
        expect(page.get_by_role("article").filter(has_text=self.case_id)).to_be_visible()
        self.shot("meeting", at=self.heading("議題"), below=180)
        desk.press("映す（氏名なし）")
        wall = page.get_by_role("dialog", name="映す画面（氏名なし）")
        expect(wall.get_by_role("heading", name="事例1")).to_be_visible()
        self.shot("wall")
        page.keyboard.press("Escape")
        page.get_by_role("link", name="会議録を書く・読む").click()
        desk.edit()
        page.get_by_text("決めたこと", exact=True).click()
        desk.field("policy").fill("介護の負担を軽くしながら、家計を立て直す。")
        desk.field("planId").select_option(index=1)
        page.get_by_role("radio", name="適切", exact=True).check()
        self.shot("minutes", at=page.get_by_text("決めたこと", exact=True))
        self.saved()
        assert meeting.startswith("m-")
        self.meeting = meeting
        decided = {"planId": self.plan, "result": "decided", "date": day(), "decidedBy": "課長"}
        add(desk, self.case_id, "decision", decided)
        desk.open(f"#/cases/{self.case_id}/steps")
        self.moved("重層的支援会議で協議中")
        self.shot("decided", at=self.heading("次に進む"), ring=self.button("支援決定とする"))
        self.button("支援決定とする").click()
        self.moved("支援決定済")
        self.move("支援を始める")
        self.moved("支援中")

    def _supports_and_hands_over(self) -> None:
        page, desk = self.page, self.desk
        self.move("評価を始める")
        self.moved("評価中")
        self.tab("すべての記録")
        page.get_by_text("記録を加える").click()
        self.link("評価シート").click()
        expect(self.heading("評価シート")).to_be_visible()
        self.button("今日").first.click()
        desk.field("planId").select_option(index=1)
        page.get_by_role("radio", name="達成", exact=True).first.check()
        page.get_by_role("radio", name="終結", exact=True).check()
        desk.field("endReason").select_option(label="役割分担が成立し主担当へ移行")
        self.shot("evaluation", at=self.heading("評価シート"))
        desk.field("confirmedAtMeetingId").select_option(index=1)
        self.saved()
        self.tab("すべての記録")
        page.get_by_text("記録を加える").click()
        self.link("引継書").click()
        expect(self.heading("引継書")).to_be_visible()
        desk.field("agencyId").select_option(label=ELDERLY)
        self.button("今日").first.click()
        desk.field("summary").fill(
            "介護保険のサービスが始まり、家賃の滞納は解消した。今後は地域包括支援センターが"
            "主に関わり、三か月後に様子を確かめる。"
        )
        self.shot("handover", at=self.heading("引継書"))
        self.saved()
        closed = {"date": day(), "reason": "02", "leadAgencyId": "elderly"}
        add(desk, self.case_id, "closure", closed)
        page.reload()
        self.tab("進み具合")
        self.shot("closing", at=self.heading("次に進む"), ring=self.button("終結する"))
        self.button("終結する").click()
        self.moved("終結")

    def _papers(self) -> None:
        page = self.page
        self.tab("だれが見て、変えたか")
        expect(page.get_by_role("cell").first).to_be_visible()
        self.shot("audit")
        page.get_by_role("link", name="様式・参考例").click()
        expect(page.get_by_role("heading", name="参考例", exact=True)).to_be_visible()
        self.shot("papers")

    # --- what goes wrong

    def _bad_moments(self) -> None:
        page, desk = self.page, self.desk
        case_id = desk.new_case("例本 太一")
        desk.edit()
        desk.field("chiefComplaint").fill("番号は 123456789018 と書いてあった。")
        desk.save()
        notice = page.get_by_role("region", name="個人番号")
        expect(notice).to_be_visible()
        self.shot("my-number", at=notice)
        desk.field("chiefComplaint").fill("仕事が見つからず、家にいる時間が長い。")
        self.manager.write_behind(case_id, chiefComplaint="仕事を探しているが見つからない。")
        desk.save()
        dialog = page.get_by_role("dialog", name="ほかの人が先に保存しました")
        expect(dialog).to_be_visible()
        self.shot("conflict")
        dialog.get_by_role("radio", name="自分").first.check()
        desk.press("この内容で保存する")
        desk.saved()

        desk.edit()
        desk.field("wishes").fill("働きながら、家族と暮らしたい。")
        place = f"**/cases/{case_id}/records/intake"
        page.route(place, _gone)
        desk.save()
        gone = page.get_by_text("サーバーにつながりません")
        expect(gone).to_be_visible()
        self.shot("unreachable", at=desk.field("wishes"), below=200)
        page.unroute(place)
        desk.press("もう一度保存する")
        desk.saved()

        self.tab("支援の経過")
        page.get_by_role("link", name="経過を記録する").click()
        desk.field("facts").fill("ハローワークに行くことを")
        expect(page.get_by_text("に下書きを預けました")).to_be_visible()
        self.link("今日").click()
        self.shot("leaving")
        desk.press("下書きを残して離れる")
        draft = self.heading("書きかけの記録")
        expect(draft).to_be_visible()
        self.shot("draft", ring=page.get_by_role("link", name="支援経過記録").first)
        page.get_by_role("link", name="支援経過記録").first.click()
        self.shot("draft-offer", ring=self.button("続きから書く"))
        desk.press("続きから書く")
        expect(desk.field("facts")).to_have_value("ハローワークに行くことを")
        page.clock.fast_forward("28:30")
        warning = page.get_by_text("まもなく画面を隠します")
        expect(warning).to_be_visible()
        self.shot("idle-warning")
        page.clock.fast_forward("31:00")
        again = page.get_by_role("dialog", name="もう一度サインインしてください")
        expect(again).to_be_visible()
        self.shot("sign-in-again")
        desk.give_password(self.login_id, PASSWORD)
        desk.give_code(unused_code(self.login_id, self.secret))
        expect(again).to_have_count(0)
        self.saved()

        desk.open("#/cases/122041-2026-000000-0")
        expect(page.get_by_text("表示できる記録がありません").first).to_be_visible()
        self.shot("nothing")

    # --- 管理

    def _managers(self) -> None:
        page = self.manager.page
        self.manager.open("#/manage")
        expect(page.get_by_role("heading", name="管理", level=1)).to_be_visible()
        self.camera.take(page, "manage")
        for part, title in (
            ("staff", "職員"),
            ("agencies", "機関と委託契約"),
            ("statistics", "実績の集計"),
        ):
            self.manager.open(f"#/manage/{part}")
            expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
            expect(page.get_by_role("cell").first).to_be_visible()
            self.camera.take(page, f"manage-{part}")
        self._signs_out()

    def _signs_out(self) -> None:
        self.desk.open("#/today")
        expect(self.heading("これからの仕事（期限の近いケースから）")).to_be_visible()
        self.desk.press("サインアウト")
        expect(self.page.get_by_label("利用者ID")).to_be_visible()


def _gone(route: Route) -> None:
    route.abort()
