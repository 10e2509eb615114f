"""The policy's formula and the cost of an offer, for one municipality, in exact decimals.

便益 = 利用職員数 × 職員1人あたりの年間業務時間数 × 業務時間削減割合 × 時間単価
(the policy of 2025-06-02, 2(2)ア). The hours have two readings: those on tasks that the platform
touches (cases × hours per case, shared by the users), which the appraisal goes by, and all hours of
a year, shown beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from ops.appraisal.assumptions import Assumptions
from ops.offers.comparison import dollar, own_hours
from ops.offers.definition import Offer
from ops.offers.tariff import (
    MONTHS_PER_YEAR,
    SECTIONS,
    YEN,
    Charge,
    TariffError,
    Terms,
    Workload,
    Year,
    bills,
    with_tax,
)

# What `fee` stands for instead of the offer's own lines; lines and single sums stay.
RUNNING = frozenset({"base", "user", "case", "storage", "cloud", "support", "option"})
_FEE_SECTION = "use"


class GapError(Exception):
    """The offer does not say what it costs; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Town:
    """A municipality and what it asks about. `fee`: yen a month with tax, instead of the offer's
    running prices. `ended`: yen a year of bills that end. `partners`: municipalities that share
    the contract, all like this one."""

    code: str
    name: str
    cases: int
    users: int
    agencies: int
    offer: Offer
    years: int
    fee: Decimal | None = None
    ended: Decimal = Decimal(0)
    partners: int = 0

    def workload(self, assumed: Assumptions) -> Workload:
        """What the offer's prices are asked for."""
        return Workload(
            id=self.code,
            name=self.name,
            cases=self.cases,
            users=self.users,
            agencies=self.agencies,
            gb_per_year=self.cases * assumed["gb-per-case"].mid,
        )


# --- benefit -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Factors:
    """The formula's factors. `hours`: of a user in a year."""

    users: int
    hours: Decimal
    reduction: Decimal
    wage: Decimal

    @property
    def saved_hours(self) -> Decimal:
        """Hours a year of all users together."""
        return self.users * self.hours * self.reduction

    @property
    def yen(self) -> Decimal:
        """The benefit in yen a year."""
        return self.saved_hours * self.wage


def wage(assumed: Assumptions, level: str) -> Decimal:
    """Yen an hour of those who use it, regular staff and others in their proportion."""
    share = assumed["share-regular"].at(level)
    return share * assumed["wage-regular"].at(level) + (1 - share) * assumed["wage-other"].at(level)


def factors(town: Town, assumed: Assumptions, level: str) -> Factors:
    """The formula on the hours that the platform touches."""
    touched = town.cases * assumed["cases-factor"].at(level) * assumed["hours-per-case"].at(level)
    return Factors(
        users=town.users,
        hours=touched / town.users,
        reduction=assumed["reduction"].at(level),
        wage=wage(assumed, level),
    )


def literal_factors(town: Town, assumed: Assumptions, level: str) -> Factors:
    """The formula on all hours of a year, as its words may also be read."""
    return replace(factors(town, assumed, level), hours=assumed["full-hours"].at(level))


# --- cost --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What the budget pays in one year, with tax, whole yen. `sections`: 節 → yen, adding up."""

    total: Decimal
    sections: Mapping[str, Decimal]


def spending(
    town: Town, assumed: Assumptions, level: str = "mid", dollars: str = "mid"
) -> tuple[Spending, ...]:
    """Year by year. Raises GapError and TariffError."""
    here = town.workload(assumed)
    terms = Terms(years=town.years, level=level, yen_per_dollar=dollar(dollars))
    years = bills(town.offer, [here] * (1 + town.partners), terms)[0]
    return tuple(_spent(town, year) for year in years)


def _spent(town: Town, year: Year) -> Spending:
    charges = [c for c in year.charges if not (town.fee is not None and _replaced(c))]
    gaps = [c.price.name for c in charges if c.yen is None]
    if gaps:
        raise GapError(
            f"{town.offer.product} は金額が公表されていない項目({'、'.join(dict.fromkeys(gaps))})が"
            "あるため、試算できません。見積りを取り、提案のファイルの amount に書いてください。"
        )
    exact = dict.fromkeys(SECTIONS, Decimal(0))
    for charge in charges:
        exact[charge.price.section] += charge.yen or Decimal(0)
    total = with_tax(town.offer, sum(exact.values(), Decimal(0)))
    if not town.offer.tax_included:
        exact = {name: yen * (100 + town.offer.tax_rate) / 100 for name, yen in exact.items()}
    sections = _whole_parts(exact, total)
    fee = MONTHS_PER_YEAR * (town.fee or Decimal(0))
    sections[_FEE_SECTION] += fee
    return Spending(
        total=total + fee, sections={name: yen for name, yen in sections.items() if yen}
    )


def _replaced(charge: Charge) -> bool:
    return charge.price.item in RUNNING and charge.price.period != "once"


def _whole_parts(exact: Mapping[str, Decimal], total: Decimal) -> dict[str, Decimal]:
    """Parts cut to the yen, the missing yen given to those that lost most."""
    parts = {name: yen.quantize(YEN, ROUND_FLOOR) for name, yen in exact.items()}
    short = int(total - sum(parts.values(), Decimal(0)))
    for name in sorted(exact, key=lambda n: parts[n] - exact[n])[:short]:
        parts[name] += 1
    return parts


@dataclass(frozen=True, kw_only=True)
class OwnTime:
    """Hours of the town's own staff: once at the beginning, and each year."""

    once: Decimal
    yearly: Decimal


def own_time(town: Town, assumed: Assumptions, level: str) -> OwnTime:
    """Introduction, running and double entry; with partners the agreement among them too."""
    here = town.workload(assumed)
    once = own_hours(town.offer, here, "once", level)
    yearly = own_hours(town.offer, here, "year", level)
    if once is None or yearly is None:
        raise GapError(
            f"{town.offer.product} は職員の時間が分からないため、試算できません。"
            "提案のファイルの ownHours に書いてください。"
        )
    if town.partners:
        once += assumed["joint-hours"].at(level)
    return OwnTime(once=once, yearly=yearly)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Benefit and cost in yen a year, the mean over the years; `hours` saved a year.

    The benefit is time, plus bills that end; the cost is money spent, plus time of own staff.
    """

    time: Decimal
    ended: Decimal
    spent: Decimal
    own: Decimal
    hours: Decimal

    @property
    def benefit(self) -> Decimal:
        return self.time + self.ended

    @property
    def cost(self) -> Decimal:
        return self.spent + self.own

    @property
    def net(self) -> Decimal:
        return self.benefit - self.cost


def balance(town: Town, assumed: Assumptions, level: str = "mid") -> Balance:
    """At "low" everything goes badly: low benefit, high cost; at "high" the other way round."""
    against = {"low": "high", "mid": "mid", "high": "low"}[level]
    benefit = factors(town, assumed, level)
    spent = spending(town, assumed, against, against)
    own = own_time(town, assumed, against)
    hours_per_year = own.once / town.years + own.yearly
    return Balance(
        time=benefit.yen,
        ended=town.ended,
        spent=mean([year.total for year in spent]),
        # One wage for hours saved and hours spent, or the same hour would be worth two sums.
        own=hours_per_year * benefit.wage,
        hours=benefit.saved_hours,
    )


def mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


# --- from which numbers on ---------------------------------------------------------------------

MOST_CASES = 2000
MOST_PARTNERS = 49


def break_even_cases(town: Town, assumed: Assumptions) -> int | None:
    """The fewest new cases a year at which the middle benefit reaches the middle cost, users as
    they are; None when up to 2,000 do not, or when the
    offer's price list ends before.

    A cost that grows with cases may cross more than once; the first crossing on a doubling ladder
    is narrowed down.
    """

    def pays(cases: int) -> bool:
        return balance(replace(town, cases=cases), assumed).net >= 0

    below, top = -1, 0
    try:
        while not pays(top):
            below, top = top, max(1, top * 2)
            if top > MOST_CASES:
                return None
    except TariffError:
        return None
    while top - below > 1:
        middle = (below + top) // 2
        below, top = (below, middle) if pays(middle) else (middle, top)
    return top


def break_even_fee(town: Town, assumed: Assumptions) -> int | None:
    """The highest monthly fee with tax, instead of the running prices, at which the middle benefit
    still reaches the middle cost; None when even nothing would be too much."""
    free = balance(replace(town, fee=Decimal(0)), assumed)
    yen = (free.net / MONTHS_PER_YEAR).quantize(YEN, ROUND_FLOOR)
    return int(yen) if yen >= 0 else None


def break_even_partners(town: Town, assumed: Assumptions) -> int | None:
    """The fewest municipalities like this one, itself included, that together reach the middle
    break-even: by the offer's joint prices, or by sharing `fee` among them where that is given.
    None when up to 50 do not, or when the offer has no joint prices."""
    for partners in range(MOST_PARTNERS + 1):
        shared = shared_with(town, partners)
        if shared is None:
            return None
        try:
            pays = balance(shared, assumed).net >= 0
        except TariffError:
            return None
        if pays:
            return partners + 1
    return None


def shared_with(town: Town, partners: int) -> Town | None:
    """The same town in a joint contract; None where nothing is known of joint prices."""
    if town.fee is not None:
        alone = replace(town, fee=town.fee / (partners + 1))
        return replace(alone, partners=partners) if town.offer.split else alone
    if partners and town.offer.split is None:
        return None
    return replace(town, partners=partners)


def cases_per_ten_thousand(town: Town, assumed: Assumptions) -> Decimal | None:
    """New cases a year that make up for each 10,000 yen a month; None when a case costs more time
    than it saves."""
    none, one = (balance(replace(town, cases=n, fee=Decimal(0)), assumed) for n in (0, 1))
    per_case = one.net - none.net
    return Decimal(10000 * MONTHS_PER_YEAR) / per_case if per_case > 0 else None


@dataclass(frozen=True, kw_only=True)
class Switch:
    """At which value of one assumption the middle net is nought, all others at their middle; None
    when no value does it. `reached`: whether the value lies between its low and high."""

    id: str
    name: str
    unit: str
    value: Decimal | None
    low: Decimal
    mid: Decimal
    high: Decimal

    @property
    def reached(self) -> bool:
        return self.value is not None and self.low <= self.value <= self.high


def switching_values(town: Town, assumed: Assumptions) -> tuple[Switch, ...]:
    """In the formula's own factors the net is linear, so that two points give its nought."""
    found = []
    for name in ("hours-per-case", "reduction", "cases-factor", "wage-regular", "wage-other"):
        row = assumed[name]
        nets = [
            balance(town, {**assumed, name: row.known(Decimal(v), "", row.confidence)}).net
            for v in (0, 1)
        ]
        slope = nets[1] - nets[0]
        value = -nets[0] / slope if slope > 0 and nets[0] < 0 else None
        found.append(
            Switch(
                id=name,
                name=row.name,
                unit=row.unit,
                value=value,
                low=row.low,
                mid=row.mid,
                high=row.high,
            )
        )
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar of the tornado: the net in yen a year with one assumption at its low and high."""

    name: str
    low: Decimal
    high: Decimal

    @property
    def width(self) -> Decimal:
        return abs(self.high - self.low)


def tornado(town: Town, assumed: Assumptions) -> tuple[Bar, ...]:
    """Widest first; all others at their middle. Prices and own hours move as one each."""
    middle = balance(town, assumed)
    bars = []
    for name in ("hours-per-case", "reduction", "cases-factor", "wage-regular", "wage-other",
                 "share-regular"):  # fmt: skip
        row = assumed[name]
        low, high = (
            balance(town, {**assumed, name: row.known(v, "", row.confidence)}).net
            for v in (row.low, row.high)
        )
        bars.append(Bar(name=row.name, low=low, high=high))
    prices = [
        middle.net + middle.spent - mean([y.total for y in spending(town, assumed, level)])
        for level in ("low", "high")
    ]
    bars.append(Bar(name="料金の幅", low=prices[0], high=prices[1]))
    rates = [
        middle.net + middle.spent - mean([y.total for y in spending(town, assumed, "mid", level)])
        for level in ("low", "high")
    ]
    bars.append(Bar(name="為替", low=rates[0], high=rates[1]))
    price_of_hour = wage(assumed, "mid")
    own = []
    for level in ("low", "high"):
        time = own_time(town, assumed, level)
        own.append(middle.net + middle.own - (time.once / town.years + time.yearly) * price_of_hour)
    bars.append(Bar(name="職員が導入と運用にかける時間", low=own[0], high=own[1]))
    return tuple(sorted((b for b in bars if b.width), key=lambda b: -b.width))
