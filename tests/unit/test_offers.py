"""Offers: right ones become a value, faults are named with place and cure; side by side."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from infra.manifest import SCHEMAS
from infra.written import Problem
from ops.cli import app
from ops.offers import documents
from ops.offers.comparison import DECLARED, MISSING, PROVEN, as_json, compare
from ops.offers.definition import OFFERS, OfferError, load, load_all, parse
from ops.offers.form import form_text
from ops.offers.functions import function_list
from ops.offers.results import (
    FAILED,
    NOT_TESTABLE,
    PASSED,
    SUITE_VERSION,
    TRUSTED,
    Outcome,
    Result,
    ResultError,
    new_key,
    read,
    signed,
)
from ops.offers.tariff import workloads

SAMPLE = (OFFERS / "sample-municipal-saas.yaml").read_text("utf-8")
DAY = date(2026, 11, 28)


def problems(text: str, today: date | None = None) -> tuple[Problem, ...]:
    with pytest.raises(OfferError) as caught:
        parse(text.encode(), file="a.yaml", today=today)
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert old in SAMPLE, old
    return SAMPLE.replace(old, new, 1)


def line_of(needle: str) -> int:
    return SAMPLE[: SAMPLE.index(needle)].count("\n") + 1


def test_the_function_list_is_whole() -> None:
    known = function_list()
    assert list(known.functions) == [f"F{number:02}" for number in range(1, 67)]
    for function in known.functions.values():
        assert function.kind in known.classes
        assert function.policy
        assert set(function.policy) <= set(known.sentences)
        assert function.check
        assert function.how in known.checks
        assert (function.how == "none") == (function.kind == "not-built")


def test_the_offers_we_ship_are_right_and_marked() -> None:
    offers = load_all(sorted(OFFERS.glob("*.yaml")), today=DAY)
    assert [o.kind for o in offers].count("offer") == 1
    assert {o.mark for o in offers if o.kind != "offer"} == {"【見本・架空】", "【代替手段】"}
    for offer in offers:
        assert all(line.source and line.confidence for line in offer.lines)


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("    unit: flat\n", "", "  - id: setup", "unit"),
        ("    period: once\n", "", "  - id: setup", "period"),
        ("tax: {included: false, rate: 10}\n", "", "id: sample", "tax"),
        ("valid: {from: 2026-04-01, to: 2027-03-31}\n", "", "id: sample", "valid"),
        ("amount: 800000", "amount: -800000", "amount: 800000", "0以上"),
        ("amount: 800000", "amount: 八十万", "amount: 800000", "未公表なら null"),
        ("amount: 800000", "amount: {low: 3, mid: 2, high: 9}", "amount: 800000", "小さい順"),
        ("rate: 10}", "rate: 110}", "tax:", "税率"),
        ("to: 2027-03-31", "to: 2025-03-31", "valid:", "以後の日"),
        ("to: 2027-03-31", "to: 2027-02-30", "valid:", "ある日付"),
        ("F66: included", "F77: included", "F66:", "F01 から F66"),
        ("F01: included", "F01: perhaps", "F01:", "included / partial"),
        ("F01: included", "F01: {status: option}", "F01:", "item: option"),
        ("{upTo: 100, amount: 600}", "{upTo: 20, amount: 600}", "{upTo: 100", "小さい順"),
        ("{upTo: 20, amount: 800}", "{upTo: null, amount: 800}", "{upTo: 20", "最後に1つ"),
        ("jointUse: {split: equal}\n", "", "    charge: contract", "split: equal"),
        ("prices: [base, users]", "prices: [base, nobody]", "    prices: [base", "setup"),
        ("    item: user\n", "    item: users\n", "    item: user\n", "base / user"),
        ("  cloud: state", "  cloud: vendor", "  - id: cloud", "2度数えない"),
        ("  exchange: municipality", "  exchange: vendor", "  - id: cloud", "exchange"),
        ("  - id: training", "  - id: setup", "  - id: setup", "2度"),
        ("    confidence: unverified\n", "", "  - id: setup", "confidence"),
        ("prices:\n", "prices: &a\n", "id: sample", ""),
    ],
)
def test_a_fault_is_named_with_its_place_and_cure(old: str, new: str, at: str, says: str) -> None:
    if not says:
        parse(changed(old, new).encode(), file="a.yaml")  # an anchor alone does no harm
        return
    found = problems(changed(old, new))
    assert any(says in p.write + p.wrong for p in found), found
    assert all(p.file == "a.yaml" and p.write for p in found)
    near = line_of(at)
    assert any(abs(p.line - near) <= 12 for p in found), (found, near)


def test_an_offer_out_of_date_is_refused() -> None:
    parse(SAMPLE.encode(), file="a.yaml", today=DAY)
    (found,) = problems(SAMPLE, date(2027, 4, 1))
    assert found.line == line_of("valid:")
    assert "新しい金額" in found.write


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_words(raw: bytes) -> None:
    with pytest.raises(OfferError):
        parse(raw, file="a.yaml")


@given(st.data())
def test_any_line_taken_out_is_read_or_refused_with_words(data: st.DataObject) -> None:
    lines = SAMPLE.splitlines(keepends=True)
    number = data.draw(st.integers(0, len(lines) - 1))
    text = "".join(lines[:number] + lines[number + 1 :])
    try:
        parse(text.encode(), file="a.yaml")
    except OfferError as error:
        assert all(p.write and p.line >= 1 for p in error.problems)


# --- side by side ------------------------------------------------------------------------------


def result(**changes: str) -> Result:
    outcomes = {
        number: Outcome(outcome=changes.get(number, PASSED), detail="")
        for number in function_list().functions
    }
    return Result(
        suite=SUITE_VERSION,
        functions=function_list().version,
        offer="soudan-reference",
        version="0.1.0",
        day=DAY,
        environment="試験",
        outcomes=outcomes,
    )


def everything(day: date = DAY, results: tuple[Result, ...] = ()) -> object:
    offers = load_all(sorted(OFFERS.glob("*.yaml")), today=DAY)
    return compare(offers, list(workloads().values()), years=5, day=day, results=results)


def test_a_cell_without_a_run_is_weaker_and_a_failed_run_is_none() -> None:
    cells = compare_cells(everything())
    assert cells["F01"]["soudan-reference"] == DECLARED
    cells = compare_cells(everything(results=(result(F09="failed", F30=NOT_TESTABLE),)))
    assert cells["F01"]["soudan-reference"] == PROVEN
    assert cells["F09"]["soudan-reference"] == MISSING
    assert cells["F30"]["soudan-reference"] == DECLARED
    assert cells["F01"]["sample-municipal-saas"] == DECLARED


def compare_cells(found: object) -> dict[str, dict[str, str]]:
    return {
        number: {offer: cell.sign for offer, cell in cells.items()}
        for number, cells in found.cells.items()  # type: ignore[attr-defined]
    }


def test_the_order_is_the_present_way_and_then_the_days_own() -> None:
    orders = {
        tuple(offer.id for offer in everything(date(2026, 11, day)).offers)  # type: ignore[attr-defined]
        for day in range(1, 29)
    }
    assert {order[0] for order in orders} == {"paper"}
    assert len({order[1] for order in orders}) > 3


def test_gaps_are_gaps_everywhere(tmp_path: Path) -> None:
    found = everything()
    tree = as_json(found)  # type: ignore[arg-type]
    package = tree["costs"]["cases-5"]["offers"]["package"]
    assert package["total"] is None
    assert package["perCase"] is None
    assert package["presentValue"] == {"4": None, "2": None, "1": None}
    assert "移行" in package["gaps"]
    assert package["knownTotal"] > 0
    page = documents.html(found)  # type: ignore[arg-type]
    assert "不明" in page
    assert "要確認" in page
    assert "【見本・架空】" in page
    documents.write_workbook(tmp_path / "a.xlsx", found)  # type: ignore[arg-type]
    rows = list(load_workbook(tmp_path / "a.xlsx")["費用"].values)
    row = next(r for r in rows if "専用パッケージ" in str(r[1]) and r[0].startswith("年5件"))
    assert row[2] == row[4] == "不明"
    assert row[5] == package["knownTotal"]


def test_every_workload_and_discount_rate_is_there() -> None:
    tree = as_json(everything())  # type: ignore[arg-type]
    assert [c["cases"] for c in tree["costs"].values()] == [3, 5, 12, 30, 60, 80]
    users = [c["users"] for c in tree["costs"].values()]
    assert (min(users), max(users)) == (8, 120)
    ours = tree["costs"]["cases-12"]["offers"]["soudan-reference"]
    # By hand: 60 users' package of 18,000 and 1,500 and 3,000 a month; 140,000 and 30,000 once.
    running = 12 * (18000 + 1500 + 3000) * 110 // 100
    assert ours["byYear"] == [running + 154000, running, running, running, running + 33000]
    assert ours["total"] == sum(ours["byYear"])
    assert ours["perCase"] == round(Decimal(ours["total"]) / 60)
    assert ours["introduction"] == 154000
    assert ours["network"] == 5 * 12 * 3000 * 110 // 100
    sample = tree["costs"]["cases-12"]["offers"]["sample-municipal-saas"]
    spread = sample["totalAtHighDollar"] - sample["totalAtLowDollar"]
    assert abs(spread - 25 * 12 * 5 * (160 - 139) * 1.1) < 5


# --- signed results ----------------------------------------------------------------------------


def test_a_signed_result_is_read_and_a_changed_one_is_not(tmp_path: Path) -> None:
    public = new_key(tmp_path / "k.pem")
    assert (tmp_path / "k.pem").stat().st_mode & 0o077 == 0
    text = signed(result(F09="failed"), tmp_path / "k.pem")
    file = tmp_path / "r.json"
    file.write_text(text, "utf-8")
    assert read(file, [public]).outcomes["F09"].outcome == "failed"
    file.write_text(text.replace('"failed"', '"passed"'), "utf-8")
    with pytest.raises(ResultError, match="書き換えられて"):
        read(file, [public])
    file.write_text(text, "utf-8")
    stranger = new_key(tmp_path / "other.pem")
    with pytest.raises(ResultError, match="信頼する鍵"):
        read(file, [stranger])
    with pytest.raises(ResultError, match="信頼する鍵"):
        read(file, [])
    for broken in ("", "{}", "[]", text.replace('"F09"', '"F99"'), text[:-40]):
        file.write_text(broken, "utf-8")
        with pytest.raises(ResultError):
            read(file, [public])


def test_the_result_that_we_ship_is_ours_and_is_in_the_comparison() -> None:
    (file,) = TRUSTED.glob("*.json")
    found = read(file, TRUSTED.glob("*.pem"))
    assert found.count(FAILED) == 0
    assert found.count(PASSED) == sum(f.how == "api" for f in function_list().functions.values())
    assert "手元のクラウド" in found.environment
    code, out, _ = run("compare", "--profile", "cases-5", "--json", "--date", "2026-11-28")
    assert code == 0
    tree = json.loads(out)
    ours = next(o for o in tree["offers"] if o["id"] == "soudan-reference")
    assert ours["conformance"]["passed"] == found.count(PASSED)
    assert tree["functions"]["F09"]["soudan-reference"]["sign"] == PROVEN
    assert tree["functions"]["F09"]["sample-municipal-saas"]["sign"] == DECLARED


def test_a_result_of_another_suite_does_not_count(tmp_path: Path) -> None:
    public = new_key(tmp_path / "k.pem")
    old = Result(**{**vars(result()), "suite": "0.9.0"})
    (tmp_path / "r.json").write_text(signed(old, tmp_path / "k.pem"), "utf-8")
    with pytest.raises(ResultError, match="別の版"):
        read(tmp_path / "r.json", [public])


# --- the form and the filter -------------------------------------------------------------------


def test_the_form_has_every_item_and_is_told_what_it_lacks(tmp_path: Path) -> None:
    text = form_text()
    schema = json.loads((SCHEMAS / "offer.schema.json").read_text("utf-8"))
    for key in schema["properties"]:
        assert re.search(rf"^{key}:", text, re.M), key
    for key in schema["$defs"]["price"]["properties"]:
        assert re.search(rf"^ +{key}:", text, re.M), key
    assert text.count(": unknown  # ") == 66
    file = tmp_path / "new.yaml"
    assert run("new", str(file))[0] == 0
    assert run("new", str(file))[0] == 2
    found = problems(text)
    assert {"vendor", "tax.included", "prices.0.unit", "valid.from"} <= {
        re.sub(r"^「(.*?)」.*", r"\1", p.wrong) for p in found
    }


def test_the_filter_keeps_offers_that_have_what_is_needed() -> None:
    every = everything()
    found, left_out = every.only(["F09", "F32"], "closed")  # type: ignore[attr-defined]
    kept = {offer.id for offer in found.offers}
    assert "soudan-reference" in kept
    assert {"paper", "care-network", "low-code"} <= {offer.id for offer in left_out}
    assert set(as_json(found)["functions"]["F01"]) == kept
    code, out, told = run(
        "compare", "--needs", "F32", "--door", "closed", "--profile", "cases-5", "--json",
        "--date", "2026-11-28",
    )  # fmt: skip
    assert code == 0
    assert "paper" not in json.loads(out)["functions"]["F01"]
    assert "紙と表計算" in told


# --- the command -------------------------------------------------------------------------------


def run(*args: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["offer", *args])
    return done.exit_code, done.stdout, done.stderr


def test_check_says_file_and_line(tmp_path: Path) -> None:
    assert run("check", "--date", "2026-11-28")[0] == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text(changed("    unit: flat\n", ""), "utf-8")
    code, _, told = run("check", str(bad), "--date", "2026-11-28")
    assert code == 1
    assert re.search(r"bad\.yaml:\d+:\d+", told.replace("\n", ""))
    assert "→" in told
    code, out, _ = run("check", str(bad), "--json", "--date", "2026-11-28")
    assert code == 1
    assert json.loads(out)["problems"][0]["line"] > 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("compare", "--profile", "cases-7"), "cases-12"),
        (("compare", "--date", "いつか"), "2026-11-28"),
        (("compare", "--out", "a.doc"), ".xlsx"),
        (("compare", "--needs", "F99"), "F01 から"),
        (("compare", "--needs", "F45", "--date", "2026-11-28", "--door", "internet"), "減らして"),
        (("compare", "--door", "裏口"), "closed か"),
        (("compare", "--date", "2030-01-01"), "新しい金額"),
        (("compare", "/no/such/file.yaml"), "場所を確かめて"),
        (("verify", "/no/such/file.json"), "読めません"),
    ],
)
def test_bad_requests_say_what_to_do(args: tuple[str, ...], says: str) -> None:
    code, _, told = run(*args)
    assert code == 2
    assert says in told.replace("\n", "")


def test_compare_writes_all_four(tmp_path: Path) -> None:
    day = ("--date", "2026-11-28")
    code, out, _ = run("compare", "--profile", "cases-5", "--json", *day)
    assert code == 0
    assert list(json.loads(out)["costs"]) == ["cases-5"]
    for name in ("a.html", "a.xlsx", "a.json"):
        file = tmp_path / name
        assert run("compare", "--profile", "cases-5", "--out", str(file), *day)[0] == 0
        assert file.stat().st_size > 1000
        assert run("compare", "--profile", "cases-5", "--out", str(file), *day)[0] == 2


def test_the_same_offer_twice_is_refused() -> None:
    path = OFFERS / "soudan-reference.yaml"
    with pytest.raises(OfferError, match="別のファイルにも"):
        load_all([path, path])
    assert load(path).id == "soudan-reference"
