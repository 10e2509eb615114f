"""The appraisal of one municipality: all figures, and the answer that follows from them.

The answer is worked out from probabilities and break-evens alone; its thresholds are rows of the
assumptions. It never says that a town ought to adopt anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from ops.appraisal.assumptions import Assumptions
from ops.appraisal.model import (
    Balance,
    Bar,
    Factors,
    Spending,
    Switch,
    Town,
    balance,
    break_even_cases,
    break_even_fee,
    break_even_partners,
    cases_per_ten_thousand,
    factors,
    literal_factors,
    own_time,
    shared_with,
    spending,
    switching_values,
    tornado,
)
from ops.appraisal.simulation import Draws, Floats, simulate, uniforms
from ops.offers.tariff import TariffError

ADOPT, JOINT, WIDEN, WAIT, PAPER = "adopt", "joint", "widen", "wait", "paper"
ANSWERS = {
    ADOPT: "導入",
    JOINT: "近隣と共同で導入",
    WIDEN: "対象を広げて導入",
    WAIT: "見送り",
    PAPER: "現行を継続",
}
LEVELS = ("low", "mid", "high")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The same town in a contract of `towns`, itself included. `priced`: by the offer's own joint
    prices; otherwise the given fee is shared out, which only says from where on it would pay."""

    towns: int
    probability: float
    balance: Balance
    priced: bool


@dataclass(frozen=True, kw_only=True)
class Wider:
    """The same town with more kinds of cases kept in the platform."""

    cases: int
    probability: float
    balance: Balance


@dataclass(frozen=True, kw_only=True)
class Appraisal:
    """Everything that the report shows. Yen a year are means over the years of the contract;
    `balances`, `factors` and `literal` are by level; `wider` and an entry of `shared` are missing
    where the offer has no price for them."""

    town: Town
    assumed: Assumptions
    first_year: int
    recommendation: str
    reconsider_year: int | None
    reasons: tuple[str, ...]
    balances: dict[str, Balance]
    factors: dict[str, Factors]
    literal: dict[str, Factors]
    spending: dict[str, tuple[Spending, ...]]
    own_once: Decimal
    own_yearly: Decimal
    draws: Draws
    seed: int
    cases_break_even: int | None
    fee_break_even: int | None
    partners_break_even: int | None
    cases_per_ten_thousand: Decimal | None
    switches: tuple[Switch, ...]
    tornado: tuple[Bar, ...]
    shared: tuple[Shared, ...]
    wider: Wider | None

    @property
    def answer(self) -> str:
        """The answer in words, with the year of another look where there is one."""
        words = ANSWERS[self.recommendation]
        if self.reconsider_year is not None:
            words += f"({fiscal_year(self.reconsider_year)}に再検討)"
        return words


def fiscal_year(year: int) -> str:
    """令和 as the finance office writes it."""
    return f"令和{'元' if year == 2019 else year - 2018}年度"


def appraise(
    town: Town,
    assumed: Assumptions,
    *,
    first_year: int,
    draws: int,
    seed: int,
    wider_cases: int | None = None,
) -> Appraisal:
    """`first_year`: the fiscal year in which the contract would begin. `wider_cases`: new cases a
    year if more kinds are kept; by default the assumption's factor. Raises GapError, TariffError.
    """
    drawn = uniforms(seed, draws)
    balances = {level: balance(town, assumed, level) for level in LEVELS}
    found = simulate(town, assumed, drawn)
    shared = _shared(town, assumed, drawn)
    if wider_cases is None:
        wider_cases = round(town.cases * assumed["widened-factor"].mid)
    wider = _wider(replace(town, cases=wider_cases), assumed, drawn)
    recommendation, reasons = _decide(town, assumed, balances, found, shared, wider)
    times = own_time(town, assumed, "mid")
    return Appraisal(
        town=town,
        assumed=assumed,
        first_year=first_year,
        recommendation=recommendation,
        # Another look is of use when the price is open again: in the year after the offer ends.
        reconsider_year=_year_after(town) if recommendation == WAIT else None,
        reasons=tuple(reasons),
        balances=balances,
        factors={level: factors(town, assumed, level) for level in LEVELS},
        literal={level: literal_factors(town, assumed, level) for level in LEVELS},
        spending={level: spending(town, assumed, level, level) for level in LEVELS},
        own_once=times.once,
        own_yearly=times.yearly,
        draws=found,
        seed=seed,
        cases_break_even=break_even_cases(town, assumed),
        fee_break_even=break_even_fee(town, assumed),
        partners_break_even=break_even_partners(town, assumed),
        cases_per_ten_thousand=cases_per_ten_thousand(town, assumed),
        switches=switching_values(town, assumed),
        tornado=tornado(town, assumed),
        shared=shared,
        wider=wider,
    )


def _year_after(town: Town) -> int:
    end = town.offer.valid_to
    return (end.year if end.month >= 4 else end.year - 1) + 1


def _shared(town: Town, assumed: Assumptions, drawn: Mapping[str, Floats]) -> tuple[Shared, ...]:
    made: list[Shared] = []
    for partners in range(1, int(assumed["most-partners"].mid) + 1):
        joint = shared_with(town, partners)
        if joint is None:
            break
        try:
            made.append(
                Shared(
                    towns=partners + 1,
                    probability=simulate(joint, assumed, drawn).probability,
                    balance=balance(joint, assumed),
                    priced=town.fee is None,
                )
            )
        except TariffError:  # together they are more than the offer has a price for
            break
    return tuple(made)


def _wider(town: Town, assumed: Assumptions, drawn: Mapping[str, Floats]) -> Wider | None:
    try:
        return Wider(
            cases=town.cases,
            probability=simulate(town, assumed, drawn).probability,
            balance=balance(town, assumed),
        )
    except TariffError:
        return None


def _decide(
    town: Town,
    assumed: Assumptions,
    balances: dict[str, Balance],
    draws: Draws,
    shared: tuple[Shared, ...],
    wider: Wider | None,
) -> tuple[str, list[str]]:
    enough, some = assumed["adopt-probability"].mid, assumed["wait-probability"].mid
    middle = balances["mid"]
    chance = draws.probability
    reasons = [
        f"便益が費用を上回る確率は {chance:.0%} です"
        f"(中位の便益 年{_yen(middle.benefit)}、費用 年{_yen(middle.cost)})。"
    ]

    def pays(probability: float, of: Balance) -> bool:
        return Decimal(probability) >= enough and of.net >= 0

    if pays(chance, middle):
        reasons.append(f"確率が目安の {enough:.0%} 以上で、中位の便益が費用を上回ります。")
        return ADOPT, reasons
    if Decimal(chance) < enough:
        reasons.append(f"単独では、確率が目安の {enough:.0%} に届きません。")
    else:
        reasons.append("単独では、中位の便益が費用に届きません。")
    joint = next((s for s in shared if s.priced and pays(s.probability, s.balance)), None)
    if joint is not None:
        reasons.append(
            f"同じ規模の {joint.towns} 団体の共同利用なら、確率は {joint.probability:.0%}、"
            f"費用は年{_yen(joint.balance.cost)}になります。"
        )
        return JOINT, reasons
    if not any(s.priced for s in shared):
        reasons.append("この料金には、共同利用の金額がありません。")
    if wider is not None and pays(wider.probability, wider.balance):
        reasons.append(
            f"対象を広げて年 {wider.cases} 件にすれば、確率は {wider.probability:.0%} になります。"
        )
        return WIDEN, reasons
    if wider is not None:
        reasons.append(
            f"対象を広げて年 {wider.cases} 件にしても、確率は {wider.probability:.0%} です。"
        )
    if Decimal(chance) >= some:
        reasons.append(
            f"確率は {some:.0%} 以上あるため、金額の有効期間が終わる年度の次に、"
            "実測の件数と時間で計算し直す余地があります。"
        )
        return WAIT, reasons
    reasons.append(
        f"確率が {some:.0%} に届かないため、今のやり方を続けるほうが費用は小さくなります。"
    )
    return PAPER, reasons


def _yen(value: Decimal) -> str:
    return f"{int(value):,}円"
