"""管理: duties under the data-protection law, from the screens."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from lambdas.casework.forms import form_versions
from tests.browser.desk import Desk
from tests.browser.test_accessible import check
from tests.browser.test_manage_registers import heading, row_of
from tests.browser.test_manage_settings import settings_kept  # noqa: F401  # a fixture
from tests.browser.test_papers import downloaded
from tests.good_requests import day
from tests.running import body, intake
from tests.unit.printing import Read


def new_case(desk: Desk, **changes: Any) -> str:
    name = f"試験 {secrets.token_hex(4)}"
    answer = desk.api("POST", "cases", body(intake(name, **changes)))
    assert answer["status"] == 201, answer
    return str(answer["body"]["caseId"])


def record(desk: Desk, case_id: str, form: str, data: Any) -> dict[str, Any]:
    sent = {"form": form, "formVersion": form_versions(form)[-1], "data": data}
    answer = desk.api("POST", f"cases/{case_id}/records", sent)
    assert answer["status"] == 201, answer
    return dict(answer["body"])


def test_the_ledger_shows_provisions_and_gives_them_as_a_file(
    desk_of: Callable[[str], Desk], tmp_path: Path
) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = new_case(desk)
    purpose = f"受診の調整 {secrets.token_hex(3)}"
    given = {
        "date": day(),
        "basis": "appi-69-2-4",
        "recipient": "=市民病院",
        "purpose": purpose,
        "classes": ["1", "2"],
        "way": "電話",
        "decidedBy": "課長",
    }
    record(desk, case_id, "provision", given)
    desk.open("#/manage/ledger")
    desk.seek(row_of(page, purpose))
    expect(row_of(page, purpose)).to_contain_text("電話・課長")
    check(desk)
    with page.expect_download() as saved:
        desk.press("ファイルに保存する（CSV）")
    file = tmp_path / "ledger.csv"
    saved.value.save_as(file)
    text = file.read_text("utf-8-sig")
    assert purpose in text
    # No spreadsheet takes it for a formula.
    assert '"\'=市民病院"' in text
    auditor = desk_of("auditor")
    auditor.open("#/manage/ledger")
    heading(auditor.page, "提供の記録")


def test_a_request_for_disclosure_from_intake_to_the_letter(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("manager")
    page = desk.page
    complaint = "葛󠄀飾の𠮷田さんが怖い。働きたい。"
    case_id = new_case(desk, chiefComplaint=complaint)
    desk.open("#/manage/disclosure")
    page.get_by_role("link", name="請求を受け付ける").click()
    heading(page, "請求を受け付ける")
    desk.save()
    expect(page.get_by_role("alert").filter(has_text="か所")).to_be_visible()
    check(desk)
    page.get_by_role("radio", name="開示請求").check()
    page.get_by_role("radio", name="本人", exact=True).check()
    page.get_by_role("group", name="受け付けた日").get_by_role("button", name="今日").click()
    desk.field("name").fill("試験 請求")
    desk.field("identityChecked").fill("運転免許証")
    me = desk.api("GET", "me")["body"]
    desk.field("staffId").select_option(me["staffId"])
    desk.save()
    heading(page, "開示請求の記録")
    expect(page.get_by_text("まだケースを開いていません")).to_be_visible()
    check(desk)
    page.get_by_label("氏名またはケース番号").fill(case_id)
    desk.press("探す")
    desk.press("この人のケースを開く")
    expect(page.get_by_role("alert")).to_contain_text("対象の人を選んで")
    page.get_by_label("対象の人", exact=False).last.select_option(index=1)
    page.get_by_role("button", name="この人のケースを開く").dblclick()
    row = row_of(page, case_id)
    expect(row).to_have_count(1)
    row.get_by_role("link", name="墨塗りを決める").click()
    heading(page, "墨塗りを決める")

    passage = page.get_by_role("group", name="主訴")
    expect(passage).to_be_visible()
    field = passage.get_by_role("textbox")
    # By the keyboard: 𠮷 and the variation selector are one and two code points.
    field.focus()
    passage.get_by_role("button", name="選んだ文字を墨塗りにする").click()
    expect(passage.get_by_role("alert")).to_contain_text("選んでください")
    field.evaluate("f => f.setSelectionRange(f.value.indexOf('𠮷'), f.value.indexOf('が'))")
    passage.get_by_label("新しい墨塗りの根拠").select_option("78-1-2")
    passage.get_by_role("button", name="選んだ文字を墨塗りにする").press("Enter")
    expect(passage.locator(".masked")).to_contain_text("葛󠄀飾の■■■が怖い。働きたい。")
    check(desk)
    page.get_by_role("button", name="この墨塗りに決める").dblclick()
    expect(page.get_by_text("開示しない部分を決めました")).to_be_visible()
    desk.press("決めた写しを見る")
    copy = page.get_by_role("region", name="開示する写し")
    expect(copy).to_contain_text("葛󠄀飾の■■■が怖い。働きたい。")
    expect(copy).not_to_contain_text("𠮷田")
    expect(copy).to_contain_text("2号")
    check(desk)
    pdf = downloaded(page, "開示する保有個人情報の写し：写し（PDF）")
    assert pdf.suggested_filename == f"{case_id}-disclosure-copy.pdf"
    read = Read.of(Path(pdf.path()).read_bytes())
    assert read.says("■■■が怖い。働きたい。")
    assert "𠮷田" not in read.text

    page.get_by_role("link", name="請求に戻る").click()
    expect(row_of(page, case_id)).to_contain_text("決めました")
    desk.edit()
    desk.field("result").select_option(label="部分開示")
    desk.save()
    expect(page.get_by_role("status").filter(has_text="保存しました")).to_be_visible()
    desk.press("決定通知の文を作る")
    letter = page.get_by_role("region", name="決定通知の文")
    expect(letter).to_contain_text("開示")
    expect(letter).to_contain_text("2号")
    check(desk)
    pdf = downloaded(page, "保有個人情報の開示に係る決定通知書：決定通知書（PDF）")
    # The name of who asks stands on the letter, not in a list of downloads.
    assert pdf.suggested_filename == "disclosure-letter.pdf"
    read = Read.of(Path(pdf.path()).read_bytes())
    assert read.says("試験 請求")
    assert read.says("2号")
    colleague = desk_of("officer")
    colleague.open(page.url.partition("#")[1] + page.url.partition("#")[2])
    expect(row_of(colleague.page, case_id)).to_contain_text("担当する職員だけ")


def test_a_case_is_held_released_and_disposed_of(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = new_case(desk, receivedAt="2018-05-01")
    screening = {"date": "2018-05-02", "result": "1"}
    record(desk, case_id, "screening", screening)
    for to in ("screened", "closed-info"):
        sent = {"to": to, "date": "2018-05-03", "reason": "情報提供で終わった"}
        answer = desk.api("POST", f"cases/{case_id}/transitions", sent)
        assert answer["status"] == 201, answer
    desk.open("#/manage/retention")
    desk.seek(row_of(page, case_id))
    expect(row_of(page, case_id)).to_contain_text("保存期間が過ぎました")
    check(desk)
    dialog = page.get_by_role("dialog")
    row_of(page, case_id).get_by_role("button", name="廃棄を止める").click()
    dialog.get_by_role("button", name="止める", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("理由を選んで")
    dialog.get_by_label("理由").select_option("audit")
    dialog.get_by_role("button", name="止める", exact=True).dblclick()
    expect(page.get_by_text("廃棄を止めました")).to_be_visible()
    desk.seek(row_of(page, case_id))
    row_of(page, case_id).get_by_role("button", name="止めるのをやめる").click()
    dialog.get_by_label("止めている記録").select_option(index=1)
    dialog.get_by_label("理由").fill("監査が終わった")
    check(desk)
    dialog.get_by_role("button", name="やめることを記録する").click()
    expect(page.get_by_text("廃棄を止めるのをやめました")).to_be_visible()

    desk.seek(row_of(page, case_id))
    desk.press("選んだケースの廃棄を提案する")
    expect(page.get_by_role("alert")).to_contain_text("選んでください")
    page.get_by_role("checkbox", name=case_id).check()
    desk.press("選んだケースの廃棄を提案する")
    dialog.get_by_role("button", name="提案する").dblclick()
    proposals = page.get_by_role("table", name="廃棄の提案と証明")
    expect(proposals.get_by_role("button", name="承認")).to_have_count(1)
    proposals.get_by_role("button", name="承認").click()
    dialog.get_by_role("button", name="承認する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("決裁番号")
    dialog.get_by_label("決裁番号").fill("福第12号")
    dialog.get_by_label("決裁の日").fill(day())
    dialog.get_by_role("button", name="承認する").click()
    expect(page.get_by_text("廃棄を承認しました")).to_be_visible()
    proposals.get_by_role("button", name="廃棄", exact=True).click()
    check(desk)
    sure = dialog.get_by_role("button", name="元に戻せないことを確かめて、廃棄する")
    sure.click()
    expect(dialog.get_by_role("alert")).to_contain_text("「廃棄」と記入")
    dialog.get_by_label("確かめのため").fill("廃棄")
    sure.click()
    expect(page.get_by_text("廃棄し、証明を記録しました")).to_be_visible()
    proposals.get_by_role("button", name="証明").click()
    expect(page.get_by_role("region", name="廃棄の証明")).to_contain_text(case_id)
    check(desk)
    pdf = downloaded(page, "廃棄の証明書：証明書（PDF）")
    assert pdf.suggested_filename == "disposal-certificate.pdf"
    read = Read.of(Path(pdf.path()).read_bytes())
    assert read.says(case_id)
    assert read.says("福第12号")
    assert desk.api("GET", f"cases/{case_id}")["status"] == 404


def test_what_a_leak_touched_and_the_pack(desk_of: Callable[[str], Desk], tmp_path: Path) -> None:
    desk = desk_of("manager")
    page = desk.page
    case_id = new_case(desk)
    desk.api("GET", f"cases/{case_id}/records/intake")
    me = desk.api("GET", "me")["body"]
    desk.open("#/manage/incident")
    desk.press("影響の範囲を調べる")
    expect(page.get_by_role("alert")).to_contain_text("調べ始める日")
    check(desk)
    page.get_by_label("調べ始める日").fill(day(-1))
    page.get_by_label("だれの利用者IDか").select_option(me["staffId"])
    page.get_by_role("checkbox", name="不正の目的").check()
    page.get_by_role("button", name="影響の範囲を調べる").dblclick()
    expect(row_of(page, case_id)).to_be_visible()
    expect(page.get_by_text("報告の対象と考えられます")).to_be_visible()
    page.get_by_label("概要").fill("端末を電車に置き忘れた。")
    check(desk)
    with page.expect_download() as saved:
        desk.press("報告の下書きを保存する")
    report = tmp_path / "report.txt"
    saved.value.save_as(report)
    text = report.read_text("utf-8-sig")
    assert "端末を電車に置き忘れた。" in text
    assert "不正の目的" in text
    with page.expect_download() as saved:
        desk.press("本人の一覧を保存する（CSV）")
    persons = tmp_path / "persons.csv"
    saved.value.save_as(persons)
    assert case_id in persons.read_text("utf-8-sig")
    page.get_by_role("link", name="ケース", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("消えます")
    desk.press("入力を消して離れる")


def test_an_emergency_use_is_reviewed(
    settings_kept: Desk,  # noqa: F811
    desk_of: Callable[[str], Desk],
) -> None:
    desk = settings_kept
    page = desk.page
    case_id = new_case(desk)
    now = desk.api("GET", "settings")["body"]
    document = {**now["document"], "switches": {"emergencyAccess": True}}
    desk.api("PUT", "settings", {"document": document}, f'"{now["revision"]}"')
    officer = desk_of("officer")
    start = datetime.now(UTC)
    used = {
        "staffId": officer.api("GET", "me")["body"]["staffId"],
        "reason": "夜間に安否を確かめるため",
        "from": start.isoformat(timespec="seconds"),
        "to": (start + timedelta(hours=1)).isoformat(timespec="seconds"),
    }
    record(officer, case_id, "emergency-access", used)
    desk.open("#/manage/emergencies")
    row = row_of(page, case_id)
    expect(row).to_contain_text("夜間に安否を確かめるため")
    check(desk)
    row.get_by_role("button", name="確かめる").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="記録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("結果を選んで")
    check(desk)
    dialog.get_by_label("結果").select_option("proper")
    dialog.get_by_label("補足").fill("電話の記録と合っていた。")
    dialog.get_by_role("button", name="記録する").dblclick()
    expect(page.get_by_text("確認を記録しました")).to_be_visible()
    expect(row_of(page, case_id)).to_have_count(0)
    reviews = desk.api("GET", f"cases/{case_id}/records?form=emergency-review")["body"]["items"]
    assert len(reviews) == 1
