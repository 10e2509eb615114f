"""The appraisal against closed forms, a twin, and the promises that it makes to a town."""

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from lambdas.casework.statistics.periods import fiscal_year
from lambdas.casework.statistics.volumes import spread
from ops.appraisal import assumptions, survey
from ops.appraisal.decision import ANSWERS, Appraisal, appraise
from ops.appraisal.measured import in_place_of, measured
from ops.appraisal.model import (
    GapError,
    Town,
    balance,
    break_even_cases,
    break_even_fee,
    break_even_partners,
    cases_per_ten_thousand,
    factors,
    literal_factors,
    spending,
    switching_values,
    tornado,
    wage,
)
from ops.appraisal.report import report
from ops.appraisal.simulation import simulate, triangular, uniforms
from ops.cli import app
from ops.offers.definition import OFFERS, load
from ops.offers.tariff import TariffError
from ops.reports.paper import as_html, as_pdf
from ops.statistics.baseline import Baseline, Task
from tests.good_requests import day, progress
from tests.unit.appraisal_brute import draw, triangular_moments
from tests.unit.in_process import InProcess, new_key

ASSUMED = assumptions.read("assumptions.csv")
OFFER = load(OFFERS / "soudan-reference.yaml")
SAMPLE = load(OFFERS / "sample-municipal-saas.yaml")
DAY = date(2026, 11, 28)


def town(**changes: Any) -> Town:
    made = {
        "code": "122041",
        "name": "船橋市",
        "cases": 12,
        "users": 20,
        "agencies": 7,
        "offer": OFFER,
        "years": 5,
    }
    return Town(**(made | changes))


def appraised(**changes: Any) -> Appraisal:
    return appraise(town(**changes), ASSUMED, first_year=2027, draws=10_000, seed=1)


# --- closed forms ------------------------------------------------------------------------------


def test_the_policys_formula_by_hand() -> None:
    """DOMAIN §5.2, scenario S: 8 users, 5 cases × 40 h, 30 %, ¥4,000 → ¥240,000 a year."""
    rows = dict(ASSUMED)
    for name, value in (
        ("hours-per-case", 40), ("reduction", "0.3"), ("wage-regular", 4000),
        ("wage-other", 4000),
    ):  # fmt: skip
        rows[name] = rows[name].known(Decimal(value), "", "stated")
    found = factors(town(cases=5, users=8), rows, "mid")
    assert found.users * found.hours == 200
    assert found.saved_hours == 60
    assert found.yen == 240_000
    literal = literal_factors(town(cases=5, users=8), rows, "mid")
    assert literal.yen == 8 * 1860 * Decimal("0.3") * 4000


def test_cost_by_hand() -> None:
    found = balance(town(), ASSUMED)
    yearly = 12 * (18000 + 1500 + 3000) * Decimal("1.1")
    assert found.spent == yearly + Decimal(154000 + 33000) / 5
    once = 40 + 30 + 16 + 30 + 3 * 20
    assert found.own == (Decimal(once) / 5 + 12 + 3 * 12) * 3100
    assert wage(ASSUMED, "mid") == 3100


def test_the_sections_of_the_budget_add_up_every_year() -> None:
    for offer in (OFFER, SAMPLE):
        for fee in (None, Decimal(33333)):
            for cases, users in ((0, 1), (5, 8), (33, 41), (80, 120)):
                for year in spending(town(offer=offer, cases=cases, users=users, fee=fee), ASSUMED):
                    assert sum(year.sections.values()) == year.total


def test_a_fee_takes_the_place_of_the_running_prices_alone() -> None:
    found = spending(town(fee=Decimal(100_000)), ASSUMED)
    network = 12 * 3000 * Decimal("1.1")
    assert [y.total for y in found] == [
        1_200_000 + network + extra for extra in (154_000, 0, 0, 0, 33_000)
    ]


@given(st.integers(0, 200), st.integers(1, 150))
@settings(max_examples=40)
def test_break_evens_are_where_the_net_turns(cases: int, users: int) -> None:
    here = town(cases=cases, users=users)
    fewest = break_even_cases(here, ASSUMED)
    if fewest is not None:
        assert balance(replace(here, cases=fewest), ASSUMED).net >= 0
        if fewest:
            assert balance(replace(here, cases=fewest - 1), ASSUMED).net < 0
    fee = break_even_fee(here, ASSUMED)
    if fee is None:
        assert balance(replace(here, fee=Decimal(0)), ASSUMED).net < 0
    else:
        assert balance(replace(here, fee=Decimal(fee)), ASSUMED).net >= 0
        assert balance(replace(here, fee=Decimal(fee + 1)), ASSUMED).net < 0


def test_switching_values_bring_the_net_to_nought() -> None:
    here = town(cases=8)
    assert balance(here, ASSUMED).net < 0
    for switch in switching_values(town(cases=9), ASSUMED):
        if switch.value is None:
            continue
        row = ASSUMED[switch.id].known(switch.value, "", "stated")
        assert abs(balance(town(cases=9), {**ASSUMED, switch.id: row}).net) < Decimal("0.01")


def test_the_tornado_moves_one_assumption_at_a_time() -> None:
    bars = tornado(town(), ASSUMED)
    widths = [bar.width for bar in bars]
    assert widths == sorted(widths, reverse=True)
    hours = next(b for b in bars if b.name.startswith("1件にかかる"))
    per_hour = 12 * Decimal("0.3") * 3100
    assert hours.high - hours.low == (100 - 25) * per_hour


def test_cases_for_each_ten_thousand_yen() -> None:
    """A case saves 60 × 0.3 × 3,100 and costs 3 × 3,100 of double entry."""
    found = cases_per_ten_thousand(town(), ASSUMED)
    assert found == Decimal(120_000) / (60 * Decimal("0.3") * 3100 - 3 * 3100)


def test_joint_use_costs_less_until_it_pays_or_has_no_price() -> None:
    here = town(offer=SAMPLE, cases=60, users=80)
    towns = break_even_partners(here, ASSUMED)
    alone = balance(here, ASSUMED).net
    assert towns is not None
    assert (towns == 1) == (alone >= 0)
    no_price = replace(here, offer=replace(SAMPLE, split=None), cases=5, users=8)
    assert break_even_partners(no_price, ASSUMED) is None


# --- the draws ---------------------------------------------------------------------------------


@pytest.mark.parametrize("band", [(0, 3, 10), (1, 1, 5), (2, 8, 8), (4, 4, 4)])
def test_triangular_draws_have_the_closed_moments(band: tuple[float, float, float]) -> None:
    uniform = (np.arange(200_000) + 0.5) / 200_000
    found = triangular(uniform, *band)
    mean, deviation = triangular_moments(*band)
    assert abs(found.mean() - mean) < 1e-4
    assert abs(found.std() - deviation) < 1e-3
    assert found.min() >= band[0]
    assert found.max() <= band[2]


@pytest.mark.parametrize("offer", [OFFER, SAMPLE])
@pytest.mark.parametrize(("cases", "users"), [(5, 8), (12, 20), (17, 33)])
def test_the_draws_equal_the_twin(offer: Any, cases: int, users: int) -> None:
    here = town(offer=offer, cases=cases, users=users, ended=Decimal(12_345))
    drawn = uniforms(7, 40)
    found = simulate(here, ASSUMED, drawn)
    for number in range(40):
        uniform = {name: float(row[number]) for name, row in drawn.items()}
        benefit, cost = draw(here, ASSUMED, uniform)
        assert found.benefit[number] == pytest.approx(benefit, rel=1e-9)
        assert found.cost[number] == pytest.approx(cost, rel=1e-9)


def test_the_same_seed_gives_the_same_answer_and_the_mean_is_the_products() -> None:
    one, other = appraised(), appraised()
    assert (one.draws.benefit == other.draws.benefit).all()
    assert one.draws.probability == other.draws.probability
    means = {n: sum(float(v) for v in (r.low, r.mid, r.high)) / 3 for n, r in ASSUMED.items()}
    a_wage = (
        means["share-regular"] * means["wage-regular"]
        + (1 - means["share-regular"]) * means["wage-other"]
    )
    expected = 12 * means["cases-factor"] * means["hours-per-case"] * means["reduction"] * a_wage
    big = simulate(town(), ASSUMED, uniforms(3, 400_000))
    assert big.benefit.mean() == pytest.approx(expected, rel=0.004)


# --- the answer --------------------------------------------------------------------------------


def test_five_cases_at_a_hundred_thousand_a_month_are_not_adopted_by_the_numbers() -> None:
    found = appraised(cases=5, users=8, fee=Decimal(100_000))
    assert found.recommendation in ("paper", "wait")
    assert found.draws.probability < 0.01
    assert found.balances["mid"].net < 0
    # From which numbers on it would be: the same town with these is worth it in the middle.
    assert found.cases_break_even is not None
    assert balance(replace(found.town, cases=found.cases_break_even), ASSUMED).net >= 0
    assert found.fee_break_even is not None
    assert balance(replace(found.town, fee=Decimal(found.fee_break_even)), ASSUMED).net >= 0
    # No rule knows of five cases: with much dearer hours the same town gets another answer.
    rows = dict(ASSUMED)
    rows["hours-per-case"] = rows["hours-per-case"].known(Decimal(2000), "", "stated")
    assert appraise(found.town, rows, first_year=2027, draws=2000, seed=1).recommendation == "adopt"


def test_every_answer_can_come_and_follows_from_the_probability() -> None:
    answers = {
        (cases, offer.id, fee): appraised(offer=offer, cases=cases, users=users, fee=fee)
        for offer in (OFFER, SAMPLE)
        for fee in (None, Decimal(30_000))
        for cases, users in ((3, 8), (5, 8), (6, 8), (12, 20), (30, 40), (60, 80), (80, 120))
    }
    for found in answers.values():
        pays = found.draws.probability >= 0.7 and found.balances["mid"].net >= 0
        assert (found.recommendation == "adopt") == pays
        if found.recommendation == "paper":
            assert found.draws.probability < 0.2
        if found.recommendation == "wait":
            assert found.draws.probability >= 0.2
            assert found.reconsider_year == 2027
            assert "令和9年度に再検討" in found.answer
        if found.recommendation == "joint":
            assert any(s.priced and s.probability >= 0.7 for s in found.shared)
        assert found.answer.split("(")[0] in ANSWERS.values()
        assert "べき" not in found.answer + "".join(found.reasons)
    assert {a.recommendation for a in answers.values()} >= {"adopt", "joint", "widen", "paper"}


def test_wait_comes_with_its_year() -> None:
    rows = dict(ASSUMED)
    rows["widened-factor"] = rows["widened-factor"].known(Decimal(1), "", "stated")
    found = appraise(town(cases=9, users=12), rows, first_year=2027, draws=5000, seed=1)
    assert found.recommendation == "wait"
    assert found.answer == "見送り(令和9年度に再検討)"


def test_a_large_city_is_told_its_probability() -> None:
    found = appraised(cases=80, users=120)
    assert found.recommendation == "adopt"
    assert 0.7 <= found.draws.probability < 1


def test_more_cost_never_helps() -> None:
    chances = [
        appraised(cases=30, users=40, fee=Decimal(fee)).draws.probability
        for fee in (0, 20_000, 60_000, 150_000, 400_000)
    ]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.5 > chances[-1]


def test_an_offer_with_gaps_is_not_appraised() -> None:
    package = load(OFFERS / "alternative-package.yaml")
    with pytest.raises(GapError, match="移行"):
        appraised(offer=package)


def test_where_the_price_list_ends_the_appraisal_says_so_or_leaves_it_out() -> None:
    found = appraised(cases=5, users=6_000)
    assert len(found.shared) == 2  # four such towns are more than the list has a price for
    assert found.partners_break_even is None
    with pytest.raises(TariffError, match="段階表は 20000 まで"):
        appraised(cases=5, users=20_001)


# --- the report --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"cases": 5, "users": 8, "fee": Decimal(100_000)},
        {"cases": 80, "users": 120},
        {"cases": 0, "users": 1},
        {"cases": 60, "users": 80, "offer": SAMPLE},
    ],
)
def test_the_report_is_four_pages_in_the_words_of_the_finance_office(changes: Any) -> None:
    found = appraised(**changes)
    paper = report(found, DAY)
    pdf = as_pdf(paper)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 4 or b"/Count 4" in pdf
    page = as_html(paper)
    for word in ("歳出の増", "歳出の減", "時間の効果", "債務負担行為額", "一般財源", "委託料",
                 "使用料及び賃借料", "低位", "付録A", "要確認", "未測定"):  # fmt: skip
        assert word in page, word
    assert page.index("歳出の増") < page.index("歳出の減") < page.index("時間の効果")
    assert page.index("低位") < page.index("付録A")
    assert "べき" not in page
    assert "令和9年度" in page
    assert "<script" not in page
    assert "http" not in page


def test_names_in_a_report_are_text(tmp_path: Path) -> None:
    nasty = replace(OFFER, product="<b>&#x41; #panic() \\ $x$ *y*")
    paper = report(appraised(offer=nasty), DAY)
    assert "<b>&#x41;" not in as_html(paper)
    assert as_pdf(paper).startswith(b"%PDF-")


# --- measured ----------------------------------------------------------------------------------


def told(minutes: dict[str, dict[int, int]], cases: int = 10) -> dict[str, Any]:
    return {
        "period": "2026",
        "rows": [
            {"indicator": "multi.received", "breakdown": None, "values": {"2026": cases}},
            {"indicator": "multi.received", "breakdown": "route", "values": {"2026": 3}},
        ],
        "volumes": [
            {"id": name, "spread": vars(spread(each)) if each else None, "tooFewStaff": False}
            for name, each in minutes.items()
        ],
    }


def test_what_a_tenant_measured_takes_the_place_of_the_assumptions() -> None:
    report_ = told({"progress": {30: 40}, "attendance": {600: 1}, "progress/visit": {30: 20}})
    before = Baseline(
        first=DAY,
        last=DAY,
        definitions="1",
        tasks={"progress/visit": Task(spread=spread({40: 5}), staff=3)},  # type: ignore[arg-type]
    )
    found = measured(report_, before)
    assert found.cases == 10
    assert found.hours_per_case == Decimal(30 * 40 + 600) / 60 / 10
    assert found.reduction == Decimal("0.25")
    rows = in_place_of(ASSUMED, found)
    assert rows["reduction"].low == rows["reduction"].high == Decimal("0.25")
    assert rows["reduction"].confidence == "measured"
    two = Baseline(
        first=DAY,
        last=DAY,
        definitions="1",
        tasks={"progress/visit": Task(spread=spread({40: 5}), staff=2)},  # type: ignore[arg-type]
    )
    assert measured(report_, two).reduction is None
    assert measured(told({"progress": {}}, 0), None).hours_per_case is None
    assert in_place_of(ASSUMED, measured(told({}), None)) == ASSUMED


def test_measured_reads_what_a_tenant_answers(here: InProcess) -> None:
    for name in ("試験 一葉", "試験 二葉"):
        here.create(name=name, receivedAt=day())
    sent = {"form": "progress", "formVersion": "1.0.0", "data": progress() | {"minutes": 90}}
    case_id = here.create(name="試験 三葉", receivedAt=day())
    made = here.request(
        "kanri1", "POST", f"/cases/{case_id}/records", json_body=sent, headers=new_key()
    )
    assert made.status == 201, made.text
    year = str(fiscal_year(date.fromisoformat(day())))
    answer = here.request("kanri1", "GET", "/statistics", query={"period": year, "for": "report"})
    assert answer.status == 200
    found = measured(answer.json, None)
    assert (found.year, found.cases, found.reduction) == (year, 3, None)
    # One member of staff alone is never told.
    assert found.hours_per_case is None


# --- the survey --------------------------------------------------------------------------------


def filled(path: Path, **answers: Any) -> Path:
    survey.write(path, "122041", "船橋市")
    book = load_workbook(path)
    rows = {q.id: 5 + n for n, q in enumerate(survey.QUESTIONS)}
    for key, value in {"cases": 7, "users": 11, **answers}.items():
        book["調査票"].cell(row=rows[key.replace("_", "-")], column=2).value = value
    book.save(path)
    return path


def test_the_survey_comes_back(tmp_path: Path) -> None:
    found = survey.read(
        filled(tmp_path / "s.xlsx", ended=120000, wider=20, need_1="F09", need_2="F01",
               fee_10000="利用したい", fee_100000="利用しない", blockers="回線がない"),
        "122041",
    )  # fmt: skip
    assert (found.cases, found.users, found.wider, found.ended) == (7, 11, 20, 120000)
    assert found.needs == ("F09", "F01")
    assert found.wants == {10000: "利用したい", 100000: "利用しない"}
    assert found.others["blockers"] == "回線がない"
    assert found.agencies is None


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"cases": None}, "必ず書いて"),
        ({"cases": -3}, "整数で"),
        ({"cases": "多い"}, "整数で"),
        ({"cases": "=1+1"}, "数式"),
        ({"users": 0}, "1 から"),
        ({"network": "光"}, "次のどれか"),
        ({"need_1": "F99"}, "F01 から"),
        ({"need_1": "F01", "need_2": "F01"}, "2度"),
        ({"code": "122360"}, "122360 のもの"),
        ({"blockers": "あ" * 501}, "500字"),
    ],
)
def test_a_wrong_answer_is_named_with_its_cell(
    tmp_path: Path, answers: dict[str, Any], says: str
) -> None:
    with pytest.raises(survey.SurveyError) as caught:
        survey.read(filled(tmp_path / "s.xlsx", **answers), "122041")
    assert any(says in fault and "調査票" in fault for fault in caught.value.faults)


# --- assumptions -------------------------------------------------------------------------------

HEAD = "id,name,low,mid,high,unit,source,confidence\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1行目"),
        ("a,b\n", "1行目"),
        (HEAD + "reduction,r,0.5,0.3,0.6,割合,s,unverified\n", ":2:"),
        (HEAD + "reduction,r,-1,0,0.6,割合,s,unverified\n", ":2:"),
        (HEAD + "reduction,r,0,0.3,1.6,割合,s,unverified\n", "割合"),
        (HEAD + "reduction,r,0,x,1,割合,s,unverified\n", ":2:"),
        (HEAD + "reduction,r,0,NaN,1,割合,s,unverified\n", ":2:"),
        (HEAD + "reduction,r,0,0.3,1,割合,,unverified\n", "出典"),
        (HEAD + "nothing,r,0,0.3,1,割合,s,unverified\n", "仮定はありません"),
    ],
)
def test_wrong_assumptions_are_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(assumptions.AssumptionError, match=says):
        assumptions.read("assumptions.csv", file)


def test_every_assumption_has_a_source() -> None:
    for name in ("assumptions.csv", "nation.csv"):
        for row in assumptions.read(name).values():
            assert row.source
            assert row.confidence in assumptions.CONFIDENCES


# --- the command -------------------------------------------------------------------------------


def run(*args: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["appraise", *args, "--date", "2026-11-28"])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_for_machines() -> None:
    code, out, _ = run(
        "municipality", "122041", "--cases", "5", "--staff", "20", "--fee-per-month", "100000",
        "--json",
    )  # fmt: skip
    assert code == 0
    found = json.loads(out)
    assert found["recommendation"] in ("wait", "paper")
    for key in (
        "probability_benefit_exceeds_cost",
        "benefit_jpy_per_year",
        "cost_jpy_per_year",
        "break_even_cases_per_year",
        "break_even_jpy_per_month",
    ):
        assert key in found
    assert found["draws"] >= 10_000
    assert found["benefit_jpy_per_year"] < found["cost_jpy_per_year"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("122042", "--cases", "5", "--staff", "8"), "122041(船橋市)"),
        (("120006", "--cases", "5", "--staff", "8"), "一覧にありません"),
        (("船橋市", "--cases", "5", "--staff", "8"), "6桁"),
        (("122041",), "--cases"),
        (("122041", "--cases", "-5", "--staff", "8"), "--cases は 0 から"),
        (("122041", "--cases", "5", "--staff", "0"), "--staff は 1 から"),
        (("122041", "--cases", "5", "--staff", "8", "--fee-per-month", "-1"), "0 から"),
        (("122041", "--cases", "5", "--staff", "8", "--fee-per-month", "1.5"), "整数"),
        (("122041", "--cases", "5", "--staff", "8", "--reduction", "30"), "0 から 1"),
        (("122041", "--cases", "5", "--staff", "8", "--hours-per-case", "nan"), "0 から"),
        (("122041", "--cases", "5", "--staff", "8", "--draws", "5"), "--draws"),
        (("122041", "--cases", "5", "--staff", "8", "--years", "0"), "--years"),
        (("122041", "--cases", "9", "--staff", "8", "--widened-cases", "3"), "--widened-cases"),
        (("122041", "--cases", "5", "--staff", "8", "--report", "a.doc"), ".pdf"),
        (("122041", "--cases", "5", "--staff", "8", "--offer", "/no/such.yaml"), "場所を確かめ"),
    ],
)
def test_impossible_requests_say_what_to_write(args: tuple[str, ...], says: str) -> None:
    code, _, said = run("municipality", *args)
    assert code == 2
    assert says in said.replace("\n", "")


def test_the_command_writes_reports_and_surveys(tmp_path: Path) -> None:
    sheet = tmp_path / "s.xlsx"
    assert run("municipality", "122041", "--survey", str(sheet))[0] == 0
    filled(sheet, cases=30, users=40)
    html, pdf = tmp_path / "r.html", tmp_path / "r.pdf"
    code, out, _ = run(
        "municipality", "122041", "--survey", str(sheet), "--report", str(html), "--report",
        str(pdf), "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["cases_per_year"] == 30
    assert "船橋市" in html.read_text("utf-8")
    assert pdf.read_bytes().startswith(b"%PDF-")
    again = run("municipality", "122041", "--survey", str(sheet), "--report", str(html))
    assert again[0] == 2
