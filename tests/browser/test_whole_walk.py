"""One household from つなぐシート to hand-over, walked by three people of three agencies on the
screens alone: what each of them does, what each may and may not see at every turn, and every paper
that can be printed of it, read back.

The steps build on each other and run in the order in which they stand here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.desk import Desk, Watch
from tests.browser.rooms import a_desk, a_room
from tests.browser.test_manage_duties import new_case, record
from tests.browser.test_meetings import day
from tests.unit.printing import Read, squeezed

TOWN, COUNCIL, NPO = "地域福祉課", "みなと社会福祉協議会", "NPO法人こもれび"
OFFICER, COORDINATOR, WORKER = "担当 三奈", "調整 四郎", "木漏 六実"
MOTHER, SON = "歩道 はる江", "歩道 渡"
NOTHING = "表示できる記録がありません"

# What each of them wrote, in words that stand nowhere else.
COMPLAINT = "家賃の督促が届いて眠れないと話す。"
REFERRAL = "住まいの相談は団体だけでは支えきれない。"
SCREENED = "家計と介護と長男の孤立が重なる。"
LIVING = "退去を求める通知が二通ある。"
AUNT = "叔母の静江"
TASK_AT_MEETING = "週に一度、玄関先で声をかける。"
VISIT_OF_TOWN = "役場の窓口で家賃の相談をした。"
VISIT_OF_COUNCIL = "貸付の申請書を一緒に書いた。"
VISIT_OF_NPO = "昼食会に初めて顔を出した。"
GOAL = "住まいを失わずに二人で暮らす。"
ROLE_OF_NPO = "昼食会に誘い、帰りに様子を聞く。"
SUMMARY = "家賃の分納が決まり、滞納がなくなった。"

# The town's and the council's sheets, with what stands on them.
HOME = "アセスメントシート2 住まい・健康・障害・介護"
WHOLE = "アセスメントシート1 基本・世帯"
ASSESSED = (
    *(WHOLE, HOME, "アセスメントシート3 収入・家計・就労・教育"),
    *("アセスメントシート4 課題と特性・整理", "スクリーニング"),
)
# What whoever attended the 支援会議 reads of it while its papers lie open.
MET = (HOME, "会議記録", "協力依頼(支援会議)", "状態の変更")
# What the NPO brought in with the case, and keeps as its own.
OWN = ("相談受付・申込票", "つなぐシート", "加わる機関")


@dataclass
class Walk:
    """The desks and what the walk has made so far. `head`: whoever runs the town's office, for
    what is hers alone (the town's forms, its staff, its disposals)."""

    head: Desk
    town: Desk
    council: Desk
    npo: Desk
    case_id: str = ""
    shien: str = ""
    juso: str = ""
    consents: list[str] = field(default_factory=list)
    # Paper → what was read of it; papers whose workbook was read too.
    printed: dict[str, Read] = field(default_factory=dict)
    books: set[str] = field(default_factory=set)
    offered: dict[str, dict[str, Any]] = field(default_factory=dict)
    found: list[Desk] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def step(self, name: str, *, after: str | None = None) -> None:
        """Steps stand on each other: one whose ground is missing says so."""
        assert after is None or after in self.done, f"step '{after}' did not come to its end"
        self.name = name

    def reached(self) -> None:
        self.done.append(self.name)

    def prints(self, desk: Desk) -> dict[str, dict[str, Any]]:
        """Every paper there is, by its name."""
        if not self.offered:
            items = desk.api("GET", "prints")["body"]["items"]
            self.offered = {item["paper"]: item for item in items}
        return self.offered


@pytest.fixture(scope="module")
def walk(browser: Browser, tenant: Any) -> Iterator[Walk]:
    """Three people, each at a browser of their own, signed in, in a town that uses every form."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def at(login: str) -> Desk:
        room = a_room(browser)
        desk, watch = a_desk(room, tenant)
        opened.append((room, watch))
        desk.open()
        desk.sign_in(tenant.login(login))
        desk.at_list()
        return desk

    head = at("kanri1")
    before = head.api("GET", "settings")["body"]["document"]
    page = head.page
    head.open("#/manage/settings")
    page.get_by_role("radio", name="すべての様式").check()
    head.press("設定を保存する")
    expect(page.get_by_role("status").filter(has_text="設定を保存しました")).to_be_visible()
    yield Walk(head=head, town=at("tantou1"), council=at("chousei1"), npo=at("komorebi1"))
    # Other tests live in the same town.
    revision = head.api("GET", "settings")["body"]["revision"]
    answer = head.api("PUT", "settings", {"document": before}, f'"{revision}"')
    for room, watch in opened:
        room.close()
        watch.verify()
    assert answer["status"] == 200, answer


# --- at a form


def today(desk: Desk, *paths: str) -> None:
    for path in paths:
        desk.field(path).get_by_role("button", name="今日", exact=True).click()


def on(desk: Desk, path: str, date: str) -> None:
    """Writes a day as a person does: era, year, month, day."""
    box = desk.field(path)
    box.get_by_role("combobox").select_option("西暦")
    for at, part in enumerate(date.split("-")):
        box.get_by_role("textbox").nth(at).fill(str(int(part)))


def pick(desk: Desk, path: str, label: str) -> None:
    desk.field(path).get_by_role("radio", name=label, exact=True).check()


def tick(desk: Desk, path: str, *labels: str) -> None:
    for label in labels:
        box = desk.field(path).get_by_role("checkbox", name=re.compile(f"^{re.escape(label)}"))
        box.check()


def write(desk: Desk, **texts: str) -> None:
    for path, text in texts.items():
        desk.field(path).fill(text)


def choose(desk: Desk, path: str, label: str) -> None:
    """Chooses from a list the entry whose name begins so."""
    box = desk.field(path)
    wanted = box.locator("option").filter(has_text=label).first
    box.select_option(str(wanted.get_attribute("value")))


# --- about a case


def tab(desk: Desk, walk: Walk, name: str) -> None:
    """Goes to a part of the case by its menu; from anywhere else, by the list first."""
    menu = desk.page.get_by_role("navigation", name="このケースの画面")
    if menu.count() == 0:
        find_case(desk, walk)
    menu.get_by_role("link", name=name, exact=True).click()
    expect(menu.get_by_role("link", name=name, exact=True)).to_have_attribute(
        "aria-current", "page"
    )


def to_list(desk: Desk) -> None:
    """The list as it stands now: read anew by coming from elsewhere."""
    page = desk.page
    page.get_by_role("link", name="今日", exact=True).click()
    expect(page.get_by_role("heading", name="今日", exact=True)).to_be_visible()
    page.get_by_role("link", name="ケース", exact=True).click()
    desk.at_list()


def find_case(desk: Desk, walk: Walk) -> None:
    """Opens the case as it stands now: from the list the first time, later by its address."""
    page = desk.page
    if desk in walk.found:
        page.get_by_role("link", name="会議", exact=True).click()
        expect(page.get_by_role("heading", name="会議", level=1)).to_be_visible()
        desk.open(f"#/cases/{walk.case_id}")
    else:
        to_list(desk)
        link = page.locator(f'main a[href="#/cases/{walk.case_id}"]').first
        desk.seek(link)
        link.click()
        walk.found.append(desk)
    expect(page.get_by_role("navigation", name="このケースの画面")).to_be_visible()


def begin(desk: Desk, walk: Walk, title: str) -> None:
    """Begins a record by the list of what may be added."""
    tab(desk, walk, "すべての記録")
    page = desk.page
    page.get_by_text("記録を加える", exact=True).click()
    page.locator(".add-record-list").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, level=2)).to_be_visible()


def open_record(desk: Desk, walk: Walk, title: str) -> None:
    tab(desk, walk, "すべての記録")
    desk.page.get_by_role("table").get_by_role("link", name=title, exact=True).first.click()
    expect(desk.page.get_by_role("heading", name=title, level=2, exact=True).first).to_be_visible()


def edit(desk: Desk) -> None:
    """Opens the record on the screen for writing, and waits until its form is there."""
    desk.edit()
    expect(desk.page.get_by_role("button", name="保存する", exact=True)).to_be_visible()


def saved(desk: Desk) -> None:
    desk.save()
    desk.saved()


def advance(desk: Desk, walk: Walk, act: str, state: str) -> None:
    """Leads the case on, where its state says what is next."""
    tab(desk, walk, "進み具合")
    desk.page.get_by_role("button", name=act, exact=True).click()
    expect(desk.page.locator(".case-head").filter(has_text=state)).to_be_visible()


def sees(desk: Desk, walk: Walk, *titles: str) -> None:
    """Exactly these kinds of records stand in the table of contents of the case."""
    find_case(desk, walk)
    tab(desk, walk, "すべての記録")
    table = desk.page.get_by_role("table")
    expect(table.get_by_role("rowheader").first).to_be_visible()
    assert set(table.get_by_role("rowheader").all_inner_texts()) == set(titles)


def shows(desk: Desk, walk: Walk, title: str, text: str, *, but_not: str | None = None) -> None:
    find_case(desk, walk)
    open_record(desk, walk, title)
    record = desk.page.locator("main")
    expect(record).to_contain_text(text)
    if but_not is not None:
        expect(record).not_to_contain_text(but_not)


# --- at the printer


def take(
    walk: Walk,
    desk: Desk,
    paper: str,
    *says: str,
    label: str = "印刷（PDF）",
    spoken: str | None = None,
) -> None:
    """Prints what the screen offers, reads it back, and its workbook where there is one. `spoken`:
    what the button says aloud, where that is not the paper's title."""
    print_of = walk.prints(desk)[paper]
    title = print_of["title"]
    button = f"{spoken or title}：{label}"
    content = saved_by(desk, button, copies=print_of["copies"] and bool(says))
    read = Read.of(content)
    assert read.title == title
    for text in says:
        assert read.says(text), (paper, text, read.text)
    walk.printed[paper] = read
    if print_of["excel"] and says:
        cells = workbook(saved_by(desk, f"{title}：Excel", copies=False))
        for text in says:
            assert squeezed(text) in cells, (paper, text, cells)
        walk.books.add(paper)


def saved_by(desk: Desk, button: str, *, copies: bool) -> bytes:
    page = desk.page
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
        if copies:
            # As many as sit at the table, each with its number.
            page.get_by_label("部数").fill("2")
            page.get_by_role("dialog").get_by_role("button", name="印刷する").click()
    return Path(download.value.path()).read_bytes()


def workbook(content: bytes) -> str:
    """All texts of a workbook without spaces."""
    sheets = load_workbook(BytesIO(content)).worksheets
    cells = (c for sheet in sheets for row in sheet.iter_rows(values_only=True) for c in row)
    return squeezed("".join(str(cell) for cell in cells if cell is not None))


# --- the walk


def test_an_npo_takes_the_household_in_and_writes_a_tsunagu_sheet(walk: Walk) -> None:
    walk.step("intake")
    desk = walk.npo
    page = desk.page
    page.get_by_role("link", name="新しい相談").click()
    expect(page.get_by_role("button", name="保存する", exact=True)).to_be_visible()
    desk.fill_case(MOTHER)
    write(desk, chiefComplaint=COMPLAINT, householdSize="2")
    page.get_by_role("button", name="世帯構成を追加").click()
    write(desk, household_0_name=SON, household_0_age="52")
    choose(desk, "household_0_relation", "子")
    saved(desk)
    walk.case_id = page.url.rpartition("/")[2]

    begin(desk, walk, "つなぐシート")
    today(desk, "date")
    choose(desk, "toAgencyId", TOWN)
    write(desk, reason=REFERRAL, writtenBy=WORKER)
    saved(desk)
    walk.reached()


def test_the_town_screens_and_assesses_what_the_npo_may_not_read(walk: Walk) -> None:
    walk.step("assessed", after="intake")
    desk = walk.town
    page = desk.page
    # It waits for the town under 今日, by itself.
    page.get_by_role("link", name="今日", exact=True).click()
    card = page.get_by_role("article", name=walk.case_id)
    desk.seek(card)
    expect(card).to_contain_text("スクリーニングをしてください")
    card.get_by_role("link", name=MOTHER).click()
    open_record(desk, walk, "つなぐシート")
    expect(page.get_by_text(REFERRAL)).to_be_visible()

    # The son stands on the intake form; the town enters him in the ledger of the household. From
    # then on it is the town's record, no longer what the NPO alone wrote.
    open_record(desk, walk, "世帯の台帳")
    edit(desk)
    page.get_by_role("button", name="世帯の人を追加").click()
    write(desk, persons_1_name=SON)
    choose(desk, "persons_1_relation", "子")
    saved(desk)

    begin(desk, walk, "スクリーニング")
    today(desk, "date")
    pick(desk, "result", "同意に向けて継続")
    write(desk, reasons=SCREENED)
    saved(desk)
    advance(desk, walk, "スクリーニングを終える", "スクリーニング済")

    begin(desk, walk, WHOLE)
    today(desk, "date")
    write(desk, assessedBy=OFFICER)
    desk.field("keyPersons")
    page.get_by_role("button", name="キーパーソンを追加").click()
    write(desk, keyPersons_0_name=AUNT)
    saved(desk)
    begin(desk, walk, HOME)
    choose(desk, "personId", MOTHER)
    today(desk, "date")
    write(desk, rent="41000", housingNote=LIVING)
    saved(desk)
    sheet = f"#{page.url.partition('#')[2]}"
    begin(desk, walk, "アセスメントシート4 課題と特性・整理")
    choose(desk, "personId", MOTHER)
    today(desk, "date")
    write(desk, summary=SCREENED)
    saved(desk)
    # The third sheet is the council's, which runs the programme for the town.
    council = walk.council
    find_case(council, walk)
    begin(council, walk, "アセスメントシート3 収入・家計・就労・教育")
    choose(council, "personId", MOTHER)
    today(council, "date")
    write(council, qualifications="調理師")
    saved(council)

    npo = walk.npo
    sees(npo, walk, *OWN)
    # Who has the address of a record that is not theirs reads what anybody reads.
    npo.open(sheet)
    expect(npo.page.locator("main")).to_contain_text(NOTHING)
    expect(npo.page.locator("main")).not_to_contain_text(LIVING)
    walk.reached()


def convene(walk: Walk, title: str, kind: str, *people: str) -> str:
    """The town convenes a meeting of today and calls people to it; its number."""
    desk = walk.town
    page = desk.page
    page.get_by_role("link", name="会議", exact=True).click()
    page.get_by_role("link", name="新しい会議").first.click()
    expect(page.get_by_role("heading", name="新しい会議")).to_be_visible()
    expect(page.get_by_role("button", name="保存する", exact=True)).to_be_visible()
    write(desk, title=title, place="第一会議室")
    today(desk, "date")
    tick(desk, "kinds", kind)
    desk.save()
    expect(page.get_by_text("まだだれも招集していません")).to_be_visible()
    meeting = page.url.rpartition("/")[2]
    page.get_by_role("link", name="招集する人・守秘の誓約").click()
    for person in people:
        page.get_by_role("checkbox", name=person).check()
    desk.save()
    expect(page.get_by_role("status").filter(has_text="招集する人を保存しました")).to_be_visible()
    for person in people:
        expect(page.get_by_role("listitem").filter(has_text=person)).to_be_visible()
    return meeting


def lay(walk: Walk, kind: str, agenda: str) -> None:
    """Lays the case before the meeting on the screen."""
    desk = walk.town
    page = desk.page
    page.get_by_role("link", name="議題に加える").click()
    page.get_by_label("一覧にないときは、ケース番号").fill(walk.case_id)
    page.get_by_role("radio", name=kind).first.check()
    page.get_by_label("議題（話し合いたいこと）").fill(agenda)
    page.get_by_role("button", name="議題に加える", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="議題に加えました")).to_be_visible()


def minutes(walk: Walk) -> None:
    walk.town.page.get_by_role("link", name="会議録を書く・読む").click()
    edit(walk.town)


def to_agenda(desk: Desk) -> None:
    desk.page.get_by_role("link", name="議題に戻る").click()
    expect(desk.page.get_by_role("heading", name="議題", exact=True)).to_be_visible()


def test_a_shien_kaigi_shares_without_consent_with_those_who_pledged(walk: Walk) -> None:
    walk.step("shien", after="assessed")
    desk, npo = walk.town, walk.npo
    page = desk.page
    walk.shien = convene(walk, "歩道家の支援会議", "支援会議", WORKER, COORDINATOR)
    page.get_by_role("link", name="招集する人・守秘の誓約").click()
    for person in (WORKER, COORDINATOR):
        desk.press(f"{person}の誓約を記録する")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="今日", exact=True).first.click()
        dialog.get_by_role("button", name="保存する", exact=True).click()
        expect(dialog).to_have_count(0)
    to_agenda(desk)
    lay(walk, "支援会議", "同意を得るまで、だれがどう見守るか")
    minutes(walk)
    write(desk, policy="まず住まいを守る。")
    page.get_by_role("button", name="役割分担を追加").click()
    choose(desk, "roles_0_agencyId", NPO)
    write(desk, roles_0_task=TASK_AT_MEETING)
    today(desk, "roles_0_due")
    desk.field("papers")
    page.get_by_role("button", name="資料にした記録を追加").click()
    choose(desk, "papers_0_recordId", "アセスメントシート2")
    tick(desk, "papers_0_classes", "世帯・課題・アセスメント", "要配慮の情報")
    saved(desk)

    # The NPO reads there what it may read nowhere else.
    page = npo.page
    page.get_by_role("link", name="今日", exact=True).click()
    page.locator(f'a[href="#/meetings/{walk.shien}"]').click()
    card = page.get_by_role("article").filter(has_text=walk.case_id)
    expect(card).to_contain_text(TASK_AT_MEETING)
    card.get_by_role("link", name="資料を見る").click()
    paper = page.get_by_role("article", name="アセスメントシート2")
    expect(paper).to_contain_text(LIVING)
    # Whose names it may not read here are people of the household, never numbers of the store.
    expect(paper).to_contain_text("世帯の人")
    sees(npo, walk, *OWN, HOME, "会議記録")
    walk.reached()


def consent(walk: Walk, person: str, *, shown: str) -> None:
    """The town explains the sharing to a person, who agrees; `shown` is said on the page that the
    person looks at."""
    desk = walk.town
    page = desk.page
    tab(desk, walk, "同意・だれが見られるか")
    page.get_by_role("link", name="同意の説明・記録").click()
    choose(desk, "personId", person)
    tick(desk, "kinds", "関係機関との情報共有", "会議での情報提供")
    tick(desk, "agencies", NPO)
    tick(
        desk,
        "classes",
        *("氏名・連絡先", "世帯・課題・アセスメント", "要配慮の情報", "支援経過"),
    )
    write(desk, purpose="住まいと暮らしを一緒に立て直すため")
    desk.press("本人に見せる画面を開く")
    explained = page.get_by_role("dialog", name="情報を共有することについて")
    expect(explained).to_contain_text(shown)
    expect(explained).to_contain_text(NPO)
    desk.press("説明を終える")
    desk.press("同意が得られた：記録へ進む")
    write(desk, explainer=OFFICER, evidence="同意書の綴り 7")
    today(desk, "explainedOn", "date", "from")
    pick(desk, "method", "書面(署名)")
    desk.save()
    slip = page.get_by_role("region", name="情報の共有についての同意の控え")
    expect(slip).to_contain_text(person)
    walk.consents.append(page.url.rpartition("/")[2])


def test_consent_of_each_person_opens_what_is_about_them(walk: Walk) -> None:
    walk.step("consented", after="shien")
    desk, npo = walk.town, walk.npo
    page = desk.page
    begin(desk, walk, "協力依頼(支援会議)")
    choose(desk, "agencyId", NPO)
    desk.field("meetingId").select_option(walk.shien)
    today(desk, "date")
    write(desk, items="昼食会での様子", legalBasis="社会福祉法第106条の6第2項")
    saved(desk)
    advance(desk, walk, "支援会議で見守りを始める", "見守り")
    # Nobody goes on to the assessment without a consent: the screen says so and offers the way.
    expect(page.get_by_text("有効な本人の情報共有の同意がありません").first).to_be_visible()
    # The paper of the form without consent, before it becomes the one with it.
    tab(desk, walk, "相談受付・申込票")
    take(walk, desk, "intake-no-consent", COMPLAINT)

    consent(walk, MOTHER, shown="いつでもやめられます")
    sees(npo, walk, *OWN, *MET, *ASSESSED, "世帯の台帳", "同意")
    # What is about her alone is open; nothing of her son, nor what is about the whole household.
    shows(npo, walk, "世帯の台帳", MOTHER, but_not=SON)
    shows(npo, walk, "アセスメントシート4 課題と特性・整理", SCREENED)
    shows(npo, walk, WHOLE, "アセスメントの日", but_not=AUNT)
    consent(walk, SON, shown="同意しなくても、困ることはありません")
    shows(npo, walk, "世帯の台帳", SON)
    shows(npo, walk, WHOLE, AUNT)
    walk.reached()


def test_the_plan_is_made_judged_and_decided(walk: Walk) -> None:
    walk.step("decided", after="consented")
    desk, council = walk.town, walk.council
    # The form that came in without consent is now the one with it.
    tab(desk, walk, "相談受付・申込票")
    edit(desk)
    pick(desk, "consentVersion", "本人同意あり")
    write(desk, consent_explainer=OFFICER, consent_evidence="同意書の綴り 7")
    today(desk, "consent_date")
    pick(desk, "consent_method", "書面(署名)")
    saved(desk)
    advance(desk, walk, "本人の同意を得て、アセスメントを始める", "アセスメント")
    advance(desk, walk, "プラン案の作成に進む", "プラン")

    # The council, which runs the programme, writes the plan with its board of roles.
    find_case(council, walk)
    tab(council, walk, "プランと役割")
    council.page.get_by_role("link", name="プランを書く").click()
    expect(council.page.get_by_role("button", name="保存する", exact=True)).to_be_visible()
    pick(council, "programme", "多機関協働事業")
    write(council, planNumber="1", goals=GOAL)
    today(council, "createdOn", "from")
    on(council, "to", day(180))
    on(council, "nextEvaluationOn", day(90))
    for at, (agency, support) in enumerate(
        ((NPO, ROLE_OF_NPO), (COUNCIL, "貸付の申請を手伝う。"), (TOWN, "家賃の分納を家主と話す。"))
    ):
        council.field("roles")
        council.page.get_by_role("button", name="支援内容と役割分担を追加").click()
        choose(council, f"roles_{at}_agencyId", agency)
        write(council, **{f"roles_{at}_support": support})
        on(council, f"roles_{at}_due", day(30 + at))
    saved(council)
    advance(council, walk, "重層的支援会議にかける", "会議")

    walk.juso = convene(walk, "歩道家の重層的支援会議", "重層的支援会議", WORKER, COORDINATOR)
    lay(walk, "重層的支援会議", "プランの適切性")
    minutes(walk)
    choose(desk, "planId", "プラン兼事業等利用申込書")
    pick(desk, "planJudgement", "適切")
    write(desk, policy="分納と昼食会を柱にする。")
    saved(desk)

    find_case(desk, walk)
    begin(desk, walk, "支援決定")
    choose(desk, "planId", "プラン兼事業等利用申込書")
    pick(desk, "result", "決定")
    today(desk, "date")
    write(desk, decidedBy="地域福祉課長", ringi="福第31号")
    saved(desk)
    advance(desk, walk, "支援決定とする", "決定")
    advance(desk, walk, "支援を始める", "支援中")
    walk.reached()


def report(desk: Desk, walk: Walk, text: str, *, shared: str | None = None) -> None:
    """Writes down a contact by the shortest way; `shared`: with whom, where not as offered."""
    find_case(desk, walk)
    tab(desk, walk, "支援の経過")
    desk.page.get_by_role("link", name="経過を記録する").click()
    expect(desk.field("facts")).to_be_focused()
    write(desk, facts=text)
    if shared is not None:
        pick(desk, "sharedWith", shared)
    saved(desk)


def test_each_agency_writes_and_sees_what_was_shared_with_it(walk: Walk) -> None:
    walk.step("supported", after="decided")
    report(walk.town, walk, VISIT_OF_TOWN, shared="自分の機関(と主管課・多機関協働)まで")
    report(walk.council, walk, VISIT_OF_COUNCIL, shared="支援に加わる機関まで")
    report(walk.npo, walk, VISIT_OF_NPO, shared="自分の機関(と主管課・多機関協働)まで")
    entries = walk.npo.page.get_by_role("list", name="支援の経過")
    expect(entries).to_contain_text(VISIT_OF_NPO)
    expect(entries).to_contain_text(VISIT_OF_COUNCIL)
    expect(entries).not_to_contain_text(VISIT_OF_TOWN)
    for desk in (walk.town, walk.council):
        find_case(desk, walk)
        tab(desk, walk, "支援の経過")
        entries = desk.page.get_by_role("list", name="支援の経過")
        for text in (VISIT_OF_TOWN, VISIT_OF_COUNCIL, VISIT_OF_NPO):
            expect(entries).to_contain_text(text)
    # The NPO's own role stands on its board; marking it is the core's.
    tab(walk.npo, walk, "プランと役割")
    row = walk.npo.page.get_by_role("row").filter(has_text=ROLE_OF_NPO)
    expect(row).to_contain_text(NPO)
    tab(walk.council, walk, "プランと役割")
    walk.council.page.get_by_role("button", name=f"「{ROLE_OF_NPO}」を済みにする").click()
    done = walk.council.page.get_by_role("row").filter(has_text=ROLE_OF_NPO)
    expect(done).to_contain_text("済み（")
    walk.reached()


def test_a_withdrawal_takes_the_sight_and_a_new_consent_gives_it_back(walk: Walk) -> None:
    walk.step("withdrawn", after="supported")
    desk, npo = walk.town, walk.npo
    page = desk.page
    find_case(desk, walk)
    tab(desk, walk, "同意・だれが見られるか")
    card = page.get_by_role("article").filter(has_text=MOTHER)
    card.get_by_role("link", name="控え・署名・撤回").click()
    desk.press("撤回の申出を受けた")
    today(desk, "date")
    write(desk, reason="昼食会の人には見せたくない。")
    desk.press("止まる共有を確かめる")
    dialog = page.get_by_role("dialog", name="この共有が止まります")
    expect(dialog.get_by_role("list", name="見られなくなるもの")).to_contain_text(NPO)
    desk.press("撤回を記録し、共有を止める")
    expect(page.get_by_role("status").filter(has_text="共有を止めました")).to_be_visible()

    # What is about her is gone at once; what is about her son, what the NPO wrote itself and what
    # lies open from the meeting stays.
    still = ("つなぐシート", "加わる機関", "支援経過記録", "世帯の台帳", "同意")
    sees(npo, walk, *still, *MET)
    shows(npo, walk, "世帯の台帳", SON, but_not=MOTHER)
    find_case(npo, walk)
    tab(npo, walk, "支援の経過")
    entries = npo.page.get_by_role("list", name="支援の経過")
    expect(entries).to_contain_text(VISIT_OF_NPO)
    expect(entries).not_to_contain_text(VISIT_OF_COUNCIL)
    # Who runs the programme for the town works on: its duty is no consent.
    find_case(walk.council, walk)
    tab(walk.council, walk, "支援の経過")
    council = walk.council.page.get_by_role("list", name="支援の経過")
    expect(council).to_contain_text(VISIT_OF_NPO)

    consent(walk, MOTHER, shown=NPO)
    find_case(npo, walk)
    tab(npo, walk, "支援の経過")
    expect(entries).to_contain_text(VISIT_OF_COUNCIL)
    walk.reached()


def test_the_case_is_evaluated_closed_and_handed_over(walk: Walk) -> None:
    walk.step("closed", after="withdrawn")
    desk, council = walk.town, walk.council
    closing = convene(walk, "歩道家の終結を確かめる会議", "重層的支援会議", WORKER, COORDINATOR)
    lay(walk, "重層的支援会議", "終結の確認")
    minutes(walk)
    pick(desk, "closing", "終結とする")
    saved(desk)

    find_case(council, walk)
    advance(council, walk, "評価を始める", "評価")
    begin(council, walk, "評価シート")
    today(council, "date")
    choose(council, "planId", "プラン兼事業等利用申込書")
    pick(council, "achievement", "達成")
    write(council, remaining="長男の外出はこれから。")
    pick(council, "judgement", "終結")
    choose(council, "endReason", "役割分担が成立し主担当へ移行")
    council.field("confirmedAtMeetingId").select_option(closing)
    saved(council)

    find_case(desk, walk)
    begin(desk, walk, "終結記録")
    today(desk, "date")
    choose(desk, "reason", "役割分担が成立し主担当へ移行")
    choose(desk, "leadAgencyId", NPO)
    write(desk, summary=SUMMARY)
    saved(desk)
    begin(desk, walk, "引継書")
    choose(desk, "agencyId", NPO)
    today(desk, "date")
    write(desk, personName=WORKER, summary=SUMMARY, cautions="朝の電話は避ける。")
    saved(desk)
    shows(walk.npo, walk, "引継書", SUMMARY)
    advance(desk, walk, "終結する", "終結")
    # A consent without an end of its own ends with the support.
    sees(walk.npo, walk, "つなぐシート", "加わる機関", "支援経過記録", *MET)
    walk.reached()


def test_every_paper_of_the_household_is_printed_and_read_back(walk: Walk) -> None:
    walk.step("printed", after="closed")
    desk = walk.town
    page = desk.page
    find_case(desk, walk)
    take(walk, desk, "intake-consent", MOTHER, COMPLAINT)
    for title, paper, *says in (
        ("つなぐシート", "referral", REFERRAL, MOTHER),
        (WHOLE, "assessment", AUNT, LIVING, SCREENED, "調理師"),
        ("プラン兼事業等利用申込書", "plan", GOAL, ROLE_OF_NPO),
        ("評価シート", "evaluation", "長男の外出はこれから。"),
        ("引継書", "handover", SUMMARY, "朝の電話は避ける。"),
        ("協力依頼(支援会議)", "cooperation-request", "昼食会での様子"),
        ("同意の撤回", "consent-withdrawal", MOTHER),
    ):
        open_record(desk, walk, title)
        take(walk, desk, paper, *says)
    open_record(desk, walk, "同意")
    take(walk, desk, "consent", NPO, label="個人情報の共有に関する同意書（PDF）")
    take(walk, desk, "consent-receipt", NPO, label="同意の控え(本人用)（PDF）")
    open_record(desk, walk, "会議記録")
    take(walk, desk, "conference", walk.case_id)
    tab(desk, walk, "支援の経過")
    take(walk, desk, "progress", VISIT_OF_TOWN, VISIT_OF_COUNCIL, VISIT_OF_NPO)
    page.get_by_role("link", name="会議", exact=True).click()
    page.locator(f'a[href="#/meetings/{walk.juso}"]').click()
    take(walk, desk, "invitation", "第一会議室", label="開催通知（PDF）")
    assert not walk.printed["invitation"].says(MOTHER)
    # Who took part reads the papers and takes no workbook away.
    find_case(walk.npo, walk)
    open_record(walk.npo, walk, "つなぐシート")
    expect(walk.npo.page.get_by_role("button", name="つなぐシート：印刷（PDF）")).to_be_visible()
    expect(walk.npo.page.get_by_role("button", name="つなぐシート：Excel")).to_have_count(0)
    walk.reached()


def test_what_is_asked_for_later_is_disclosed_disposed_of_and_printed(walk: Walk) -> None:
    """She asks for what is kept about her; an old case is disposed of; somebody new comes."""
    walk.step("later", after="closed")
    desk, head = walk.town, walk.head
    page = desk.page
    desk.open("#/manage/disclosure")
    page.get_by_role("link", name="請求を受け付ける").click()
    expect(page.get_by_role("button", name="保存する", exact=True)).to_be_visible()
    pick(desk, "kind", "開示請求")
    pick(desk, "requester", "本人")
    today(desk, "receivedOn")
    write(desk, name=MOTHER, identityChecked="運転免許証")
    choose(desk, "staffId", OFFICER)
    desk.save()
    expect(page.get_by_role("heading", name="開示請求の記録")).to_be_visible()
    page.get_by_label("氏名またはケース番号").fill(walk.case_id)
    desk.press("探す")
    page.get_by_role("combobox", name="対象の人").last.select_option(index=1)
    desk.press("この人のケースを開く")
    row = page.get_by_role("row").filter(has_text=walk.case_id)
    row.get_by_role("link", name="墨塗りを決める").click()
    desk.press("この墨塗りに決める")
    expect(page.get_by_text("開示しない部分を決めました")).to_be_visible()
    desk.press("決めた写しを見る")
    expect(page.get_by_role("region", name="開示する写し")).to_contain_text(COMPLAINT)
    take(walk, desk, "disclosure-copy", COMPLAINT, label="写し（PDF）")
    page.get_by_role("link", name="請求に戻る").click()
    edit(desk)
    choose(desk, "result", "開示")
    today(desk, "decidedOn")
    saved(desk)
    desk.press("決定通知の文を作る")
    expect(page.get_by_role("region", name="決定通知の文")).to_contain_text("開示")
    take(walk, desk, "disclosure-letter", MOTHER, label="決定通知書（PDF）")

    # The office's own papers: an old case whose time is over, and the slip for a new colleague.
    old = ended_long_ago(head)
    page = head.page
    head.open("#/manage/retention")
    box = page.get_by_role("checkbox", name=old)
    head.seek(box)
    box.check()
    head.press("選んだケースの廃棄を提案する")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="提案する").click()
    # The newest proposal stands first.
    proposals = page.get_by_role("table", name="廃棄の提案と証明")
    proposals.get_by_role("button", name="承認", exact=True).first.click()
    dialog.get_by_label("決裁番号").fill("福第12号")
    dialog.get_by_label("決裁の日").fill(day())
    dialog.get_by_role("button", name="承認する").click()
    expect(page.get_by_text("廃棄を承認しました")).to_be_visible()
    proposals.get_by_role("button", name="廃棄", exact=True).first.click()
    dialog.get_by_label("確かめのため").fill("廃棄")
    dialog.get_by_role("button", name="元に戻せないことを確かめて、廃棄する").click()
    expect(page.get_by_text("廃棄し、証明を記録しました")).to_be_visible()
    proposals.get_by_role("button", name="証明", exact=True).first.click()
    expect(page.get_by_role("region", name="廃棄の証明")).to_contain_text(old)
    take(walk, head, "disposal-certificate", old, label="証明書（PDF）")
    head.open("#/manage/staff")
    slip = f"{WORKER}への利用者登録のご案内"
    take(walk, head, "sign-up", WORKER, "komorebi1", spoken=slip)

    # The year's numbers, as a workbook alone: the rows that the screen shows.
    head.open("#/manage/statistics")
    rows = page.get_by_role("table").first.get_by_role("rowheader")
    expect(rows.first).to_be_visible()
    cells = workbook(saved_by(head, "Excelで保存する", copies=False))
    assert squeezed(rows.first.inner_text()) in cells
    walk.books.add("statistics")

    # Forms to fill in by hand and examples for the town's own rules.
    page.get_by_role("link", name="様式・参考例").click()
    expect(page.get_by_role("heading", name="参考例", exact=True)).to_be_visible()
    for paper, told in (
        *(("secrecy-pledge", "誓約"), ("kit-bylaw", "参考例"), ("kit-consent", "参考例")),
        *(("kit-memorandum", "参考例"), ("kit-contract-clauses", "参考例")),
        ("kit-file-register", "参考例"),
    ):
        take(walk, head, paper, told, label="PDF")
    walk.reached()


def ended_long_ago(head: Desk) -> str:
    """A case as it came in from the town's former system, whose time of keeping is over."""
    case_id = new_case(head, receivedAt="2018-05-01")
    record(head, case_id, "screening", {"date": "2018-05-02", "result": "1"})
    for to in ("screened", "closed-info"):
        sent = {"to": to, "date": "2018-05-03", "reason": "情報提供で終わった"}
        answer = head.api("POST", f"cases/{case_id}/transitions", sent)
        assert answer["status"] == 201, answer
    return case_id


def test_no_paper_was_left_out(walk: Walk) -> None:
    walk.step("complete", after="later")
    assert "printed" in walk.done
    papers = walk.prints(walk.head)
    sheets = {name for name, paper in papers.items() if paper["of"] != "statistics"}
    assert set(walk.printed) == sheets
    assert walk.books == {name for name, paper in papers.items() if paper["excel"]}
