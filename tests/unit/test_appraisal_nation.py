"""The nation: identities that hold for every draw, and a twin that counts town by town."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from ops.appraisal import assumptions, nation
from ops.appraisal.nation import (
    PARTIES,
    SIZE_CLASSES,
    Nation,
    designs,
    municipalities,
    patterns,
    present_value,
    simulate,
    world,
)
from ops.cli import app
from ops.offers.definition import OFFERS, load
from ops.offers.tariff import Terms, bill, bills, with_tax

TOWN = assumptions.read("assumptions.csv")
NATION = assumptions.read("nation.csv")
OFFER = load(OFFERS / "soudan-reference.yaml")
ADOPTION = [10, 50, 200, 473, 1741]


@pytest.fixture(scope="module")
def whole() -> Nation:
    return simulate(OFFER, TOWN, NATION, adoption=ADOPTION, years=5, draws=100, seed=3)


def test_the_municipalities_are_all_there() -> None:
    places = municipalities()
    assert len(places) == 1741
    assert sum(place.population for place in places) == 124_330_690
    assert {place.size_class for place in places} == set(SIZE_CLASSES)
    populations = [place.population for place in places]
    assert populations == sorted(populations, reverse=True)


def test_no_yen_is_counted_twice(whole: Nation) -> None:
    """What all parties gain together is the benefit less everything used up."""
    assert len(whole.scenarios) == len(ADOPTION) * len(patterns()) * len(designs())
    for scenario in whole.scenarios:
        flows = scenario.flows
        together = sum(flows.gain(party) for party in PARTIES)
        assert np.allclose(together, flows.benefit - flows.total)
        assert (flows.coordination <= flows.state + flows.own + 1e-6).all()
        assert all((part >= 0).all() for part in vars(flows).values())


def test_the_least_is_the_least(whole: Nation) -> None:
    for adopters, best in whole.best.items():
        totals = [
            s.flows.total.sum(axis=0).mean() for s in whole.scenarios if s.adopters == adopters
        ]
        assert best.flows.total.sum(axis=0).mean() == min(totals)
        assert len(totals) == 9


def test_the_tables_add_up_to_the_whole(whole: Nation) -> None:
    last = whole.best[1741]
    for table in (whole.by_prefecture, whole.by_size):
        assert sum(group.municipalities for group in table) == 1741
        assert sum(group.adopters for group in table) == 1741
        assert sum(group.gaining for group in table) == whole.gaining
        benefit = sum(group.benefit for group in table)
        assert benefit == pytest.approx(last.flows.benefit[0].mean(), rel=1e-9)
    assert len(whole.by_prefecture) == 47
    assert whole.by_prefecture[0].name == "北海道"
    villages = next(group for group in whole.by_size if group.name == "村")
    assert villages.gaining < villages.adopters / 10


def test_the_same_seed_gives_the_same_nation(whole: Nation) -> None:
    again = simulate(OFFER, TOWN, NATION, adoption=ADOPTION, years=5, draws=100, seed=3)
    for one, other in zip(whole.scenarios, again.scenarios, strict=True):
        assert (one.flows.total == other.flows.total).all()


def test_cases_follow_the_population_on_average() -> None:
    here = world(municipalities(), TOWN, NATION, draws=400, seed=5)
    rate = sum(float(v) for v in (6, 12, 24)) / 3
    expected = 124_330_690 / 100_000 * rate
    # Draws share one national rate, whose mean over 400 draws strays by about 1.5 %.
    assert here.cases.sum(axis=0).mean() == pytest.approx(expected, rel=0.06)
    per_draw = here.cases.sum(axis=0) / here.value["cases-per-100k"] / 1243.3069
    assert per_draw.mean() == pytest.approx(1, rel=0.02)


def test_a_small_nation_equals_the_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    places = tuple(municipalities()[n] for n in (3, 40, 41, 300, 301, 900, 1700))
    places = tuple(replace(p, prefecture="甲" if n % 2 else "乙") for n, p in enumerate(places))
    monkeypatch.setattr(nation, "municipalities", lambda: places)
    years, draws = 3, 6
    found = nation.simulate(OFFER, TOWN, NATION, adoption=[4, 7], years=years, draws=draws, seed=9)
    here = world(places, TOWN, NATION, draws=draws, seed=9)
    for scenario in found.scenarios:
        fees, lines = _bills(here, places, scenario, years)
        for number in range(draws):
            value = {name: float(row[number]) for name, row in here.value.items()}
            twin = _draw(here, places, scenario, value, number, fees, lines, years)
            flows = scenario.flows
            for name, yen in twin.items():
                got = getattr(flows, name)[:, number].sum()
                assert got == pytest.approx(yen, rel=1e-9), (scenario.pattern.id, name)


def _members(places, scenario):  # type: ignore[no-untyped-def]
    groups: list[list[int]] = []
    for number, place in enumerate(places[: scenario.adopters]):
        size = scenario.pattern.size
        for group in groups:
            room = size == 0 or len(group) < size
            if size != 1 and places[group[0]].prefecture == place.prefecture and room:
                group.append(number)
                break
        else:
            groups.append([number])
    return groups


def _bills(here, places, scenario, years):  # type: ignore[no-untyped-def]
    fees = lines = 0.0
    for group in _members(places, scenario):
        for billed in bills(OFFER, [here.towns[n] for n in group], Terms(years=years)):
            network = sum(float(with_tax(OFFER, year.of("network"))) for year in billed)
            fees += float(sum(year.total for year in billed)) - network
            lines += network
    return fees, lines


def _draw(here, places, scenario, value, number, fees, lines, years):  # type: ignore[no-untyped-def]
    joint = scenario.pattern.size != 1
    contracts = len(_members(places, scenario))
    assert contracts == scenario.contracts
    share = value["share-regular"]
    wage = share * value["wage-regular"] + (1 - share) * value["wage-other"]
    benefit = once = yearly = 0.0
    for place in range(scenario.adopters):
        town = here.towns[place]
        cases = float(here.cases[place, number])
        benefit += cases * value["hours-per-case"] * value["reduction"] * wage * years
        for line in OFFER.own_hours:
            hours = float(line.hours.mid)  # type: ignore[union-attr]
            hours *= {"flat": 1, "user": town.users, "case": town.cases}[line.unit]
            if line.period == "year":
                yearly += hours * years
            elif joint and line.id in ("bylaw", "it-review", "contract"):
                once += hours * value["shared-paperwork"]
            else:
                once += hours
        once += value["agree-hours"] + (value["joint-hours"] if joint else 0)
    if joint:
        once += value["group-hours"] * (scenario.adopters - contracts)
    state = value["state-once"] + years * value["state-yearly"]
    low, mid, high = scenario.design.cloud
    u = float(here.cloud[number])
    turn = (mid - low) / (high - low)
    cloud = (
        low + (u * (high - low) * (mid - low)) ** 0.5
        if u < turn
        else high - ((1 - u) * (high - low) * (high - mid)) ** 0.5
    )
    vendor = value["vendors"] * (value["vendor-once"] + years * value["vendor-yearly"])
    vendor += 12 * years * (cloud * scenario.adopters + scenario.design.shared * value["vendors"])
    vendor += years * scenario.design.hours * scenario.adopters * value["vendor-wage"]
    return {
        "benefit": benefit,
        "state": state,
        "vendor": vendor,
        "own": (once + yearly) * wage,
        "network": lines,
        "fees": fees,
        "coordination": once * wage + state,
    }


def test_a_town_alone_pays_what_its_tariff_says(whole: Nation) -> None:
    here = world(municipalities(), TOWN, NATION, draws=100, seed=3)
    alone = next(s for s in whole.scenarios if s.adopters == 50 and s.pattern.id == "alone")
    yen = sum(
        float(year.total or 0) for town in here.towns[:50] for year in bill(OFFER, town, Terms())
    )
    paid = alone.flows.fees[:, 0].sum() + alone.flows.network[:, 0].sum()
    assert paid == pytest.approx(yen, rel=1e-12)


def test_present_value_is_the_geometric_sum() -> None:
    from decimal import Decimal

    yearly = np.full((5, 1), 100.0)
    q = 1 / 1.04
    assert present_value(yearly, Decimal(4))[0] == pytest.approx(100 * (1 - q**5) / (1 - q))


def run(*args: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["appraise", "nation", "--date", "2026-11-28", *args])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--adoption", "10,x"), "コンマ"),
        (("--adoption", "0"), "1 から 1,741"),
        (("--adoption", "1742"), "1 から 1,741"),
        (("--adoption", ""), "コンマ"),
        (("--draws", "1"), "--draws"),
        (("--offer", str(OFFERS / "alternative-package.yaml")), "公表されていない"),
    ],
)
def test_impossible_requests_say_what_to_write(args: tuple[str, ...], says: str) -> None:
    code, _, told = run(*args)
    assert code == 2
    assert says in told.replace("\n", "")


def test_the_command_for_machines(tmp_path) -> None:  # type: ignore[no-untyped-def]
    page = tmp_path / "n.html"
    code, out, _ = run("--adoption", "10,473", "--draws", "100", "--json", "--report", str(page))
    assert code == 0
    tree = json.loads(out)
    assert {s["adopters"] for s in tree["scenarios"]} == {10, 473}
    assert sum(s["least"] for s in tree["scenarios"]) == 2
    text = page.read_text("utf-8")
    for word in ("調整コスト", "市区町村", "都道府県別", "北海道", "総務省", "要確認"):
        assert word in text
