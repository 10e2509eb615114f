"""Consent on the screens: explained, recorded, signed for, withdrawn; and who sees what by it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.desk import Desk
from tests.browser.test_accessible import check
from tests.browser.test_meetings import convene, day, lay, use, version

ELDERLY = "なぎさ地域包括支援センター(練習用)"


def join(desk: Desk, case_id: str, agency: str = "elderly") -> None:
    """Makes an agency take part in a case, behind the screens."""
    path = f"cases/{case_id}/records/members"
    members = desk.api("GET", path)["body"]
    rows = [
        *members["data"]["members"],
        {"agencyId": agency, "kind": "participant", "from": day()},
    ]
    body = {"formVersion": version("members"), "data": {"members": rows}}
    assert desk.api("PUT", path, body, f'"{members["revision"]}"')["status"] == 200


def consent(desk: Desk, case_id: str, **changes: Any) -> str:
    """A consent of the 本人 made behind the screens; its number."""
    household = desk.api("GET", f"cases/{case_id}/records/household")["body"]["data"]
    data = {
        "personId": household["persons"][0]["personId"],
        "kinds": ["sharing"],
        "agencies": ["elderly"],
        "classes": ["1", "2"],
        "purpose": "住まいのことを一緒に考えるため",
        "explainer": "管理 一子",
        "explainedOn": day(),
        "method": "01",
        "date": day(),
        "from": day(),
        "evidence": "同意書の綴り",
        **changes,
    }
    body = {"form": "consent", "formVersion": version("consent"), "data": data}
    answer = desk.api("POST", f"cases/{case_id}/records", body)
    assert answer["status"] == 201, answer
    return str(answer["body"]["recordId"])


def lines(desk: Desk, agency: str) -> Locator:
    table = desk.page.get_by_role("region", name="だれが、何を").get_by_role("row")
    return table.filter(has_text=agency)


def test_a_consent_is_explained_recorded_and_signed_for(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("説明 花子")
    join(desk, case_id)
    page.get_by_role("link", name="同意・だれが見られるか").click()
    expect(page.get_by_text("表示できる同意の記録はまだありません")).to_be_visible()
    expect(lines(desk, "地域福祉課").first).to_be_visible()
    check(desk)
    page.get_by_role("link", name="同意の説明・記録").click()
    # Nothing is explained before it is complete; what lacks is said at its place.
    page.get_by_role("checkbox", name="関係機関との情報共有").check()
    desk.press("本人に見せる画面を開く")
    expect(page.get_by_role("alert").filter(has_text="か所")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("機関の立場を選んでください")
    check(desk)
    desk.field("personId").select_option(label="説明 花子（本人）")
    page.get_by_role("checkbox", name=ELDERLY).check()
    page.get_by_role("checkbox", name="氏名・連絡先").check()
    desk.field("purpose").fill("住まいのことを一緒に考えるため")
    page.get_by_role("button", name="本人に見せる画面を開く").focus()
    page.keyboard.press("Enter")
    shown = page.get_by_role("dialog", name="情報を共有することについて")
    for words in (
        ELDERLY,
        "お名前、住所、電話番号など",
        "住まいのことを一緒に考えるため",
        "支援が終わるまで",
        "いつでもやめられます",
        "同意しなくても、困ることはありません",
        "病気、障害",
    ):
        expect(shown).to_contain_text(words)
    # It begins at its beginning, in large letters, and names no other case.
    expect(shown.get_by_text("だれが見るのか", exact=True)).to_be_in_viewport()
    size = shown.get_by_text("だれが見るのか", exact=True).evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    assert size >= 20
    check(desk)
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    desk.press("同意が得られなかった")
    expect(page.get_by_role("region", name="同意が得られなかったとき")).to_be_focused()
    check(desk)

    desk.press("同意が得られた：記録へ進む")
    expect(page.get_by_role("heading", name="2. 同意を記録する")).to_be_visible()
    # What was agreed to is typed text: leaving asks first.
    page.get_by_role("link", name="すべての記録").click()
    desk.press("編集を続ける")
    desk.save()
    expect(page.get_by_role("alert").filter(has_text="か所")).to_be_visible()
    check(desk)
    desk.field("explainer").fill("管理 一子")
    for today in page.get_by_role("button", name="今日", exact=True).all():
        today.click()
    page.get_by_role("radio", name="電子").check()
    desk.field("evidence").fill("このシステムの署名")
    page.get_by_role("button", name="保存する", exact=True).dblclick()
    slip = page.get_by_role("region", name="情報の共有についての同意の控え")
    expect(slip).to_contain_text("説明 花子")
    expect(slip).to_contain_text("住まいのことを一緒に考えるため")
    check(desk)
    (kept,) = desk.api("GET", f"cases/{case_id}/records?form=consent")["body"]["items"]
    assert kept["data"]["agencies"] == ["elderly"]
    assert page.url.endswith(f"/sharing/{kept['recordId']}")

    # Where the town does without drawing, paper is what there is.
    expect(page.get_by_text("紙の署名の写しを添付する").first).to_be_visible()
    expect(page.get_by_role("button", name="画面に署名してもらう")).to_have_count(0)
    use(desk, "tabletSignature")

    # The signature: an empty one is no signature; a drawn one is a file of the case.
    desk.press("画面に署名してもらう")
    pad = page.get_by_role("dialog", name="ここに署名してください")
    desk.press("この署名を添付する")
    expect(pad.get_by_role("alert")).to_contain_text("まだ何も書かれていません")
    check(desk)
    box = pad.get_by_role("img").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 120, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="この署名を添付する").dblclick()
    expect(page.get_by_role("status").filter(has_text="署名を添付しました")).to_be_visible()
    (file,) = desk.api("GET", f"cases/{case_id}/records?form=attachment")["body"]["items"]
    assert file["data"]["attachedTo"] == kept["recordId"]
    assert (file["data"]["mediaType"], file["data"]["class"]) == ("image/png", "2")

    # When printed, the receipt is all that is printed.
    page.emulate_media(media="print")
    expect(slip).to_be_visible()
    expect(page.get_by_role("navigation", name="主な画面")).to_be_hidden()
    expect(page.get_by_text(case_id)).to_be_hidden()
    page.emulate_media(media="screen")

    page.get_by_role("link", name="だれが見られるかに戻る").click()
    row = lines(desk, ELDERLY).filter(has_text="関係機関")
    expect(row).to_contain_text("説明 花子（本人）")
    expect(row).to_contain_text("氏名・連絡先")
    expect(row).to_contain_text("支援が終わるまで")
    check(desk)


def test_a_withdrawal_names_who_loses_what_and_acts_at_once(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("撤回 太郎")
    join(desk, case_id)
    consent_id = consent(desk, case_id)
    other = desk_of("agency")
    other.open(f"#/cases/{case_id}")
    expect(other.page.get_by_text("撤回 太郎").first).to_be_visible()

    desk.open(f"#/cases/{case_id}/sharing")
    page.get_by_role("link", name="控え・署名・撤回").click()
    desk.press("撤回の申出を受けた")
    # A day before the consent is refused where it stands; nothing is withdrawn by it.
    desk.press("止まる共有を確かめる")
    expect(page.get_by_role("alert").filter(has_text="か所")).to_be_visible()
    check(desk)
    desk.field("date__era").select_option("西暦")
    for part, value in (("年", "2020"), ("月", "4"), ("日", "1")):
        page.get_by_label(part, exact=True).fill(value)
    desk.press("止まる共有を確かめる")
    dialog = page.get_by_role("dialog", name="この共有が止まります")
    desk.press("撤回を記録し、共有を止める")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("alert").filter(has_text="撤回の日")).to_be_visible()
    assert other.api("GET", f"cases/{case_id}")["status"] == 200

    page.get_by_role("button", name="今日", exact=True).click()
    desk.field("reason").fill("もう見せたくない。")
    desk.press("止まる共有を確かめる")
    lost = dialog.get_by_role("list", name="見られなくなるもの").get_by_role("listitem")
    # 民生委員 of the same agency see names alone by it, and lose these.
    expect(lost).to_have_count(2)
    staff = lost.filter(has_text="関係機関")
    expect(staff).to_contain_text(ELDERLY)
    expect(staff).to_contain_text("氏名・連絡先、世帯・課題・アセスメント")
    expect(lost.filter(has_text="民生委員")).to_contain_text("氏名・連絡先")
    expect(dialog).to_contain_text("このケースがあることも見えなくなります")
    check(desk)
    page.get_by_role("button", name="撤回を記録し、共有を止める").dblclick()
    expect(page.get_by_role("status").filter(has_text="共有を止めました")).to_be_visible()
    expect(page.get_by_role("heading", name="の同意（撤回")).to_be_visible()
    expect(page.get_by_role("button", name="撤回の申出を受けた")).to_have_count(0)
    check(desk)
    withdrawals = desk.api("GET", f"cases/{case_id}/records?form=consent-withdrawal")["body"]
    (withdrawn,) = withdrawals["items"]
    assert withdrawn["data"]["consentId"] == consent_id
    assert (withdrawn["data"]["date"], withdrawn["data"]["reason"]) == (day(), "もう見せたくない。")

    # The other agency, whose page lies open, sees nothing any more at its next step.
    assert other.api("GET", f"cases/{case_id}")["status"] == 404
    other.page.get_by_role("link", name="同意・だれが見られるか").click()
    expect(other.page.get_by_role("alert")).to_contain_text("表示できる記録がありません")
    page.get_by_role("link", name="だれが見られるかに戻る").click()
    expect(lines(desk, "地域福祉課").first).to_be_visible()
    expect(lines(desk, ELDERLY)).to_have_count(0)


def test_an_agency_hears_a_withdrawal_and_records_it_by_keyboard(
    desk_of: Callable[[str], Desk],
) -> None:
    manager = desk_of("manager")
    case_id = manager.new_case("聞取 次郎")
    join(manager, case_id)
    consent_id = consent(manager, case_id)
    desk = desk_of("agency")
    page = desk.page
    desk.open(f"#/cases/{case_id}/sharing/{consent_id}")
    withdraw = page.get_by_role("button", name="撤回の申出を受けた")
    expect(withdraw).to_be_visible()
    # Its own line is told; who else sees what is not this agency's to know.
    check(desk)
    withdraw.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="今日", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="止まる共有を確かめる").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="この共有が止まります")
    expect(dialog).to_contain_text(ELDERLY)
    page.get_by_role("button", name="撤回を記録し、共有を止める").focus()
    page.keyboard.press("Enter")
    # With it the agency itself has lost the case.
    expect(page.get_by_role("alert").first).to_contain_text("表示できる記録がありません")
    assert manager.api("GET", f"cases/{case_id}/sharing")["body"]["liveConsents"] == []


def test_a_shien_kaigi_stands_among_who_sees_what_and_on_no_receipt(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = desk.new_case("会議 見世")
    consent_id = consent(desk, case_id, agencies=["npo"])
    lay(desk, convene(desk, "見守りの会議", day()), case_id)
    desk.open(f"#/cases/{case_id}/sharing")
    row = lines(desk, ELDERLY)
    expect(row).to_contain_text("包括 五月")
    expect(row).to_contain_text("会議の記録")
    expect(row).to_contain_text("まで")
    row.get_by_role("button", name="支援会議への出席").click()
    expect(page.get_by_role("note", name="支援会議の説明")).to_be_visible()
    check(desk)
    desk.open(f"#/cases/{case_id}/sharing/{consent_id}")
    slip = page.get_by_role("region", name="情報の共有についての同意の控え")
    expect(slip).to_contain_text("NPO法人こもれび")
    expect(slip).not_to_contain_text("支援会議")
    expect(slip).not_to_contain_text(ELDERLY)
    # The programme was not there: it is not told who was.
    coordinator = desk_of("coordinator")
    coordinator.open(f"#/cases/{case_id}/sharing")
    expect(lines(coordinator, "みなと社会福祉協議会").first).to_be_visible()
    expect(lines(coordinator, ELDERLY)).to_have_count(0)
