"""All municipalities at once: what adoption costs and brings the State, vendors and municipalities.

Who adopts: the largest first, since they have most cases. Caseloads follow from the population, a
national rate and a municipality's own deviation. A fee is money that changes hands: it is what
municipalities pay and vendors earn, and is in no total (no yen twice).
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from infra.manifest import SCHEMAS
from ops.appraisal.assumptions import HERE, Assumptions
from ops.appraisal.model import GapError
from ops.appraisal.simulation import DRAWN, Floats, triangular
from ops.offers.comparison import rates
from ops.offers.definition import Offer
from ops.offers.tariff import MONTHS_PER_YEAR, Terms, Workload, Year, bills, with_tax

PARTIES = {"state": "国", "vendors": "事業者", "municipalities": "市区町村"}
PERCENTILES = (5, 50, 95)
_PAPERWORK = frozenset({"bylaw", "it-review", "contract"})
_NATIONAL = (
    "cases-per-100k",
    "town-spread",
    "state-once",
    "state-yearly",
    "vendors",
    "vendor-once",
    "vendor-yearly",
    "vendor-wage",
    "agree-hours",
    "shared-paperwork",
    "joint-hours",
    "group-hours",
)
SIZE_CLASSES = ("政令市", "特別区", "中核市", "市(10万人以上)", "市(10万人未満)", "町", "村")
_LARGE_CITY = 100_000


@dataclass(frozen=True, kw_only=True)
class Municipality:
    """A row of schemas/municipalities.csv (residents of 1 January 2025)."""

    code: str
    prefecture: str
    name: str
    size_class: str
    population: int


@dataclass(frozen=True, kw_only=True)
class Design:
    """How tenants are kept apart; yen a month per tenant and per vendor, vendor's hours a year."""

    id: str
    name: str
    cloud: tuple[float, float, float]
    shared: float
    hours: float
    source: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """How many municipalities of a prefecture share a contract; 0: all that adopt."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Flows:
    """Yen, one row per year and one column per draw. `fees` go from municipalities to vendors; all
    others are used up. `coordination` is the part of `own` and `state` that agreeing costs."""

    benefit: Floats
    state: Floats
    vendor: Floats
    network: Floats
    own: Floats
    fees: Floats
    coordination: Floats

    @property
    def total(self) -> Floats:
        """Everything used up by anybody."""
        return self.state + self.vendor + self.network + self.own

    def gain(self, party: str) -> Floats:
        """What a party has more (or, negative, less) than without any adoption."""
        if party == "state":
            return -self.state
        if party == "vendors":
            return self.fees - self.vendor
        return self.benefit - self.fees - self.network - self.own


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One number of adopters under one sharing pattern and one tenant design."""

    adopters: int
    pattern: Pattern
    design: Design
    flows: Flows
    contracts: int


@dataclass(frozen=True, kw_only=True)
class Group:
    """A row of the table by prefecture or size class; yen a year, means over the draws.
    `gaining`: municipalities whose benefit exceeds what they pay and do themselves."""

    name: str
    municipalities: int
    adopters: int
    cases: float
    benefit: float
    cost: float
    gaining: int


@dataclass(frozen=True, kw_only=True)
class Nation:
    """`best`: adopters → the scenario of least mean total cost. The tables are of the last and
    largest adoption under its best scenario; `gaining` counts its municipalities that gain."""

    years: int
    draws: int
    seed: int
    scenarios: tuple[Scenario, ...]
    best: Mapping[int, Scenario]
    by_prefecture: tuple[Group, ...]
    by_size: tuple[Group, ...]
    gaining: int


def municipalities() -> tuple[Municipality, ...]:
    """All, the most populous first; ties by code."""
    with (SCHEMAS / "municipalities.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            Municipality(
                code=row["lgcode"],
                prefecture=row["prefecture"],
                name=row["municipality"],
                size_class=_size_class(row["type"], int(row["population"])),
                population=int(row["population"]),
            )
            for row in csv.DictReader(lines)
        ]
    return tuple(sorted(rows, key=lambda m: (-m.population, m.code)))


def _size_class(kind: str, population: int) -> str:
    if kind != "市":
        return kind
    return "市(10万人以上)" if population >= _LARGE_CITY else "市(10万人未満)"


def designs() -> tuple[Design, ...]:
    """designs.csv"""
    return tuple(
        Design(
            id=row["id"],
            name=row["name"],
            cloud=(
                float(row["cloud_month_low"]),
                float(row["cloud_month_mid"]),
                float(row["cloud_month_high"]),
            ),
            shared=float(row["shared_month"]),
            hours=float(row["hours_year"]),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in _csv("designs.csv")
    )


def patterns() -> tuple[Pattern, ...]:
    """patterns.csv"""
    return tuple(
        Pattern(id=row["id"], name=row["name"], size=int(row["size"]))
        for row in _csv("patterns.csv")
    )


def _csv(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


# --- the simulation ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class World:
    """What all scenarios share. `cases`: municipality × draw; `value`: assumption → draws;
    `towns`: the workload of each, from its expected cases; `per_case`: yen saved by a case;
    `cloud`: a uniform number, where between its low and high a price of the cloud lies."""

    places: tuple[Municipality, ...]
    towns: tuple[Workload, ...]
    cases: Floats
    value: Mapping[str, Floats]
    wage: Floats
    per_case: Floats
    cloud: Floats


def world(
    places: Sequence[Municipality],
    town: Assumptions,
    nation: Assumptions,
    *,
    draws: int,
    seed: int,
) -> World:
    """Draws everything once, so that scenarios differ by what they do and not by luck."""
    generator = np.random.default_rng(seed)
    rows = {name: town[name] for name in DRAWN if name != "cases-factor"}
    rows |= {name: nation[name] for name in _NATIONAL}
    value = {
        name: triangular(generator.random(draws), float(r.low), float(r.mid), float(r.high))
        for name, r in rows.items()
    }
    population = np.array([place.population for place in places], dtype=np.float64)
    spread = value["town-spread"]
    # Log-normal with mean 1, so that deviations cancel out over the country.
    own = np.exp(generator.standard_normal((len(places), draws)) * spread - spread**2 / 2)
    expected = population[:, None] / 100_000 * value["cases-per-100k"] * own
    cases = generator.poisson(expected).astype(np.float64)
    wage = (
        value["share-regular"] * value["wage-regular"]
        + (1 - value["share-regular"]) * value["wage-other"]
    )
    return World(
        places=tuple(places),
        towns=tuple(_workload(place, town, nation) for place in places),
        cases=cases,
        value=value,
        wage=wage,
        per_case=value["hours-per-case"] * value["reduction"] * wage,
        cloud=generator.random(draws),
    )


def _workload(place: Municipality, town: Assumptions, nation: Assumptions) -> Workload:
    cases = round(place.population * nation["cases-per-100k"].mid / 100_000)
    users = round(nation["users-base"].mid + cases * nation["users-per-case"].mid)
    return Workload(
        id=place.code,
        name=place.name,
        cases=cases,
        users=users,
        agencies=max(1, round(users / town["users-per-agency"].mid)),
        gb_per_year=cases * town["gb-per-case"].mid,
    )


@dataclass(frozen=True, kw_only=True)
class Paid:
    """What adopters pay under one pattern, yen with tax: fees to vendors and lines to others, one
    row per year and one column per municipality."""

    fees: Floats
    lines: Floats
    contracts: int


def simulate(
    offer: Offer,
    town: Assumptions,
    nation: Assumptions,
    *,
    adoption: Sequence[int],
    years: int,
    draws: int,
    seed: int,
) -> Nation:
    """All scenarios. `adoption`: numbers of municipalities. Raises TariffError, GapError."""
    here = world(municipalities(), town, nation, draws=draws, seed=seed)
    brought = np.cumsum(here.cases, axis=0)[np.array(adoption) - 1] * here.per_case
    scenarios = []
    paid: dict[tuple[int, str], Paid] = {}
    for adopters, benefit in zip(adoption, brought, strict=True):
        for pattern in patterns():
            paid[adopters, pattern.id] = _paid(offer, here, adopters, pattern, years)
            for design in designs():
                bought = paid[adopters, pattern.id]
                scenarios.append(
                    Scenario(
                        adopters=adopters,
                        pattern=pattern,
                        design=design,
                        flows=_flows(offer, here, benefit, pattern, design, bought),
                        contracts=bought.contracts,
                    )
                )
    best = {
        adopters: min(
            (s for s in scenarios if s.adopters == adopters),
            key=lambda s: float(s.flows.total.sum(axis=0).mean()),
        )
        for adopters in adoption
    }
    last = best[max(adoption)]
    net = _net_of_each(offer, here, last.pattern, paid[last.adopters, last.pattern.id])
    return Nation(
        years=years,
        draws=draws,
        seed=seed,
        scenarios=tuple(scenarios),
        best=best,
        by_prefecture=_table(here, net, lambda place: place.prefecture),
        by_size=_table(here, net, lambda place: place.size_class, SIZE_CLASSES),
        gaining=int((net[0] > net[1]).sum()),
    )


def _paid(offer: Offer, here: World, adopters: int, pattern: Pattern, years: int) -> Paid:
    groups = _groups(here.places[:adopters], pattern)
    fees, lines = np.zeros((years, adopters)), np.zeros((years, adopters))
    known: dict[tuple[Workload, ...], list[tuple[Floats, Floats]]] = {}
    for members in groups:
        # Many small towns are alike: they are billed once.
        towns = tuple(replace(here.towns[place], id="", name="") for place in members)
        if towns not in known:
            known[towns] = [
                _split(offer, years_) for years_ in bills(offer, towns, Terms(years=years))
            ]
        for place, (fee, line) in zip(members, known[towns], strict=True):
            fees[:, place], lines[:, place] = fee, line
    return Paid(fees=fees, lines=lines, contracts=len(groups))


def _split(offer: Offer, years: Sequence[Year]) -> tuple[Floats, Floats]:
    """A municipality's bill by year: what its vendor earns, and what goes to others."""
    fees, lines = [], []
    for year in years:
        network = year.of("network")
        if year.total is None or network is None:
            raise GapError(
                f"{offer.product} は金額が公表されていない項目があるため、試算できません。"
                "金額の分かる提案を --offer で指定してください。"
            )
        lines.append(float(with_tax(offer, network)))
        fees.append(float(year.total) - lines[-1])
    return np.array(fees), np.array(lines)


def _groups(places: Sequence[Municipality], pattern: Pattern) -> list[list[int]]:
    """Places by prefecture, cut into contracts; neighbours in rank share, for want of a map."""
    if pattern.size == 1:
        return [[place] for place in range(len(places))]
    by_prefecture: dict[str, list[int]] = defaultdict(list)
    for number, place in enumerate(places):
        by_prefecture[place.prefecture].append(number)
    return [
        members[start : start + (pattern.size or len(members))]
        for members in by_prefecture.values()
        for start in range(0, len(members), pattern.size or len(members))
    ]


def _flows(
    offer: Offer, here: World, benefit: Floats, pattern: Pattern, design: Design, paid: Paid
) -> Flows:
    """`benefit`: yen a year per draw."""
    years, adopters = paid.fees.shape
    value, shape = here.value, (years, len(benefit))
    first = np.zeros((years, 1))
    first[0] = 1
    state = first * value["state-once"] + value["state-yearly"]
    cloud = triangular(here.cloud, *design.cloud) * adopters + design.shared * value["vendors"]
    vendor = (
        value["vendors"] * (first * value["vendor-once"] + value["vendor-yearly"])
        + cloud * MONTHS_PER_YEAR
        + design.hours * adopters * value["vendor-wage"]
    )
    once, yearly = _hours(offer, here.towns[:adopters], pattern, paid.contracts)
    coordination = sum(
        (hours.sum() * value.get(name, 1.0) for name, hours in once.items()), np.zeros(shape[1])
    )
    return Flows(
        benefit=np.broadcast_to(benefit, shape),
        state=state,
        vendor=vendor,
        network=np.broadcast_to(paid.lines.sum(axis=1)[:, None], shape),
        own=(first * coordination + yearly.sum()) * here.wage,
        fees=np.broadcast_to(paid.fees.sum(axis=1)[:, None], shape),
        coordination=first * coordination * here.wage + state,
    )


def _hours(
    offer: Offer, towns: Sequence[Workload], pattern: Pattern, contracts: int
) -> tuple[dict[str, Floats], Floats]:
    """Hours of each adopter's own staff: once, by the assumption that multiplies them ("" for
    none), and each year."""
    count = len(towns)
    none = np.zeros(count)
    quantity = {
        "flat": np.ones(count),
        "user": np.array([town.users for town in towns], dtype=np.float64),
        "case": np.array([town.cases for town in towns], dtype=np.float64),
    }
    joint = pattern.size != 1
    once = {"": none.copy(), "shared-paperwork": none.copy(), "agree-hours": np.ones(count)}
    yearly = none.copy()
    for line in offer.own_hours:
        hours = (float(line.hours.mid) if line.hours else 0.0) * quantity[line.unit]
        if line.period == "year":
            yearly += hours
        else:
            once["shared-paperwork" if joint and line.id in _PAPERWORK else ""] += hours
    if joint:
        once["joint-hours"] = np.ones(count)
        once["group-hours"] = np.full(count, (count - contracts) / count)
    return once, yearly


# --- the tables --------------------------------------------------------------------------------


def _net_of_each(offer: Offer, here: World, pattern: Pattern, paid: Paid) -> tuple[Floats, Floats]:
    """Each adopter's mean benefit and mean cost a year: fee, line and own hours."""
    years, count = paid.fees.shape
    benefit: Floats = here.cases[:count] @ here.per_case / len(here.per_case)
    once, hours = _hours(offer, here.towns[:count], pattern, paid.contracts)
    for name, each in once.items():
        # An hour and its wage are drawn apart, so that the mean of the product is that of both.
        hours = hours + each * (float(here.value[name].mean()) if name else 1.0) / years
    paid_a_year = (paid.fees + paid.lines).sum(axis=0) / years
    return benefit, paid_a_year + hours * float(here.wage.mean())


def _table(
    here: World,
    net: tuple[Floats, Floats],
    key: Callable[[Municipality], str],
    order: Sequence[str] = (),
) -> tuple[Group, ...]:
    """`order`: the names in their order; without it prefectures stand by code."""
    benefit, cost = net
    mean_cases = here.cases[: len(benefit)].mean(axis=1)
    members: dict[str, list[int]] = {}
    for number, place in sorted(enumerate(here.places), key=lambda one: one[1].code):
        members.setdefault(key(place), []).append(number)
    found = []
    for name in order or members:
        everyone = members.get(name, [])
        adopting = [number for number in everyone if number < len(benefit)]
        found.append(
            Group(
                name=name,
                municipalities=len(everyone),
                adopters=len(adopting),
                cases=float(mean_cases[adopting].sum()),
                benefit=float(benefit[adopting].sum()),
                cost=float(cost[adopting].sum()),
                gaining=int((benefit[adopting] > cost[adopting]).sum()),
            )
        )
    return tuple(found)


def present_value(by_year: Floats, percent: Decimal) -> Floats:
    """Yen of the first year per draw; that year itself is not discounted."""
    factors = (1 + float(percent) / 100) ** -np.arange(len(by_year), dtype=np.float64)
    found: Floats = factors @ by_year
    return found


def discount_percents() -> tuple[Decimal, ...]:
    """4, 2 and 1 (rates.csv)."""
    return tuple(r.value for name, r in rates().items() if name.startswith("discount-"))
