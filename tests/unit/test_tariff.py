"""The tariff engine against closed forms and against a twin that counts unit by unit."""

import copy
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ops.offers.definition import OFFERS, parse
from ops.offers.tariff import (
    TariffError,
    Terms,
    Workload,
    bill,
    bills,
    present_value,
    shared_out,
    workloads,
)
from tests.unit.tariff_brute import year_totals

BASE: dict[str, Any] = {
    "id": "x",
    "kind": "sample",
    "vendor": "v",
    "product": "p",
    "version": "1",
    "doors": ["closed"],
    "billing": {"cloud": "vendor", "exchange": "vendor"},
    "tax": {"included": False, "rate": 10},
    "valid": {"from": "2026-04-01", "to": "2027-03-31"},
    "prices": [],
    "functions": {},
    "serviceLevels": {"support": "s"},
    "dataLocation": "d",
    "export": {"formats": [], "complete": "yes"},
    "exit": {"terms": "t"},
}


def line(**changes: Any) -> dict[str, Any]:
    made = {
        "id": "a",
        "item": "base",
        "name": "n",
        "unit": "flat",
        "period": "month",
        "section": "use",
        "source": "s",
        "confidence": "unverified",
    }
    return made | changes


def offer(tree: dict[str, Any]) -> Any:
    out = io.StringIO()
    YAML(typ="safe").dump(tree, out)
    return parse(out.getvalue().encode(), file="x.yaml")


def tree(*prices: dict[str, Any], **more: Any) -> dict[str, Any]:
    return copy.deepcopy(BASE) | {"prices": list(prices)} | more


def town(**changes: Any) -> Workload:
    made = {"cases": 12, "users": 20, "agencies": 6, "gb_per_year": Decimal("0.7")} | changes
    return Workload(id="t", name="t", **made)


def test_closed_form_of_a_monthly_fee_with_tax() -> None:
    years = bill(offer(tree(line(amount=100000))), town(), Terms(years=5))
    assert [year.total for year in years] == [Decimal(1320000)] * 5


def test_single_sums_fall_in_the_first_year_and_leaving_in_the_last() -> None:
    made = offer(
        tree(
            line(id="s", item="setup", period="once", amount=1000),
            line(id="e", item="exit", period="once", amount=300),
            tax={"included": True, "rate": 10},
        )
    )
    assert [year.total for year in bill(made, town(), Terms(years=3))] == [1000, 0, 300]
    assert [year.total for year in bill(made, town(), Terms(years=1))] == [1300]


def test_an_unpublished_price_is_a_gap_and_never_nought() -> None:
    made = offer(tree(line(amount=100), line(id="b", item="network", amount=None)))
    (first, *_) = bill(made, town(), Terms())
    assert first.total is None
    assert first.known == 1320
    assert first.of("network") is None
    assert first.of("base") == 1200


def test_a_workload_outside_a_tier_table_is_refused() -> None:
    tiers = {"mode": "package", "steps": [{"upTo": 10, "amount": 5}]}
    made = offer(tree(line(unit="user", tiers=tiers)))
    assert bill(made, town(users=10), Terms())[0].total == 66
    with pytest.raises(TariffError, match="段階表は 10 まで"):
        bill(made, town(users=11), Terms())


@pytest.mark.parametrize(
    ("mode", "yen"), [("graduated", 10 * 100 + 15 * 80), ("volume", 25 * 80), ("package", 80)]
)
def test_tiers(mode: str, yen: int) -> None:
    tiers = {"mode": mode, "steps": [{"upTo": 10, "amount": 100}, {"upTo": None, "amount": 80}]}
    made = offer(
        tree(line(unit="user", period="year", tiers=tiers), tax={"included": True, "rate": 10})
    )
    assert bill(made, town(users=25), Terms(years=1))[0].total == yen


def test_joint_use_is_shared_out_to_the_yen_and_refused_without_a_price() -> None:
    prices = line(period="year", amount=1000, charge="contract")
    free_of_tax = {"included": True, "rate": 10}
    made = offer(tree(prices, jointUse={"split": "equal"}, tax=free_of_tax))
    shares = [years[0].total for years in bills(made, [town()] * 3, Terms(years=1))]
    assert shares == [334, 333, 333]
    by_cases = offer(tree(prices, jointUse={"split": "cases"}, tax=free_of_tax))
    towns = [town(cases=1), town(cases=3)]
    assert [years[0].total for years in bills(by_cases, towns, Terms(years=1))] == [250, 750]
    with pytest.raises(TariffError, match="共同で使う料金がありません"):
        bills(offer(tree(line(amount=1))), [town()] * 2, Terms())


def test_foreign_currency_follows_the_rate() -> None:
    dollars = line(period="year", amount="2.5", currency="USD")
    made = offer(tree(dollars, billing={"cloud": "vendor", "exchange": "municipality"}))
    for rate in (139, 150, 160):
        terms = Terms(years=1, yen_per_dollar=Decimal(rate))
        assert bill(made, town(), terms)[0].total == int(Decimal("2.75") * rate)


@pytest.mark.parametrize("percent", [0, 1, 2, 4])
def test_present_value_is_the_geometric_sum(percent: int) -> None:
    rate = Decimal(percent) / 100
    sum_ = (Decimal(5) if not rate else (1 - (1 + rate) ** -5) / (1 - 1 / (1 + rate))) * Decimal(
        1000000
    )
    assert present_value([Decimal(1000000)] * 5, Decimal(percent)) == int(sum_)


@given(
    st.integers(0, 10**9),
    st.lists(st.integers(0, 500), min_size=1, max_size=12),
)
def test_shares_add_up_and_none_is_a_yen_off(yen: int, weights: list[int]) -> None:
    shares = list(shared_out(Decimal(yen), weights))
    assert sum(shares) == yen
    total = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        exact = yen * weight / total if total else yen / len(weights)
        assert abs(float(share) - exact) < 1 + 1e-6 * yen


amounts = st.one_of(
    st.integers(0, 10**6),
    st.decimals(0, 10**5, places=2, allow_nan=False).map(lambda d: f"{d:f}"),
)


@st.composite
def prices(draw: Any, number: int) -> dict[str, Any]:
    unit = draw(st.sampled_from(["flat", "user", "case", "GB", "agency"]))
    period = "year" if unit == "case" else draw(st.sampled_from(["once", "month", "year"]))
    item = "exit" if period == "once" and draw(st.booleans()) else "base"
    made = line(id=f"p{number}", item=item, unit=unit, period=period)
    made["charge"] = draw(st.sampled_from(["municipality", "contract"]))
    if draw(st.booleans()):
        made["amount"] = draw(st.one_of(st.none(), amounts))
    else:
        tops = draw(st.lists(st.integers(1, 200), max_size=4, unique=True))
        steps = [{"upTo": top, "amount": draw(amounts)} for top in sorted(tops)]
        steps.append({"upTo": None, "amount": draw(amounts)})
        mode = draw(st.sampled_from(["graduated", "volume", "package"]))
        made["tiers"] = {"mode": mode, "steps": steps}
    made["included"] = draw(st.integers(0, 15))
    made["minimum"] = draw(st.integers(0, 15))
    return made


@st.composite
def trees(draw: Any) -> dict[str, Any]:
    made = tree(
        *(draw(prices(number)) for number in range(draw(st.integers(1, 4)))),
        tax={"included": draw(st.booleans()), "rate": draw(st.sampled_from([0, 8, 10]))},
        jointUse={"split": "equal"},
    )
    made["discounts"] = [
        {
            "id": f"d{number}",
            "name": "d",
            "percent": draw(st.integers(1, 100)),
            "prices": [made["prices"][0]["id"]],
            "when": {
                "municipalities": draw(st.integers(0, 4)),
                "years": draw(st.integers(0, 6)),
                "users": draw(st.integers(0, 60)),
            },
            "source": "s",
            "confidence": "unverified",
        }
        for number in range(draw(st.integers(0, 2)))
    ]
    return made


@settings(max_examples=250)
@given(
    trees(), st.integers(0, 90), st.integers(0, 130), st.integers(0, 30), st.integers(1, 6),
    st.integers(1, 5),
)  # fmt: skip
def test_any_tariff_equals_the_twin(
    made: dict[str, Any], cases: int, users: int, agencies: int, years: int, towns: int
) -> None:
    here = town(cases=cases, users=users, agencies=agencies, gb_per_year=Decimal("0.7"))
    numbers = {"cases": cases, "users": users, "agencies": agencies, "gb": "0.7"}
    found = bills(offer(made), [here] * towns, Terms(years=years))[0]
    assert [year.total for year in found] == year_totals(made, numbers, years, towns)


def test_every_offer_that_we_ship_has_a_price_for_every_workload() -> None:
    for path in OFFERS.glob("*.yaml"):
        for workload in workloads().values():
            assert len(bill(parse(path.read_bytes(), file=str(path)), workload, Terms())) == 5
