"""Offers side by side: every function with its evidence, every tariff on the same workloads.

The order is that of no price and no name: the municipality's present way first, then a shuffle that
the day of the comparison decides, which no vendor knows when it writes its offer.
"""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ops.offers.definition import LEVELS, Offer
from ops.offers.functions import function_list
from ops.offers.results import FAILED, PASSED, Result
from ops.offers.tariff import (
    YEN,
    TariffError,
    Terms,
    Workload,
    Year,
    bill,
    counted,
    present_value,
    with_tax,
)

PROVEN, DECLARED, PARTLY, MISSING, UNKNOWN = "○実証", "○申告", "△", "×", "?"
SIGNS = {
    PROVEN: "適合試験に合格した(署名つきの結果がある)",
    DECLARED: "事業者の申告だけで、試験をしていない",
    PARTLY: "一部だけ、または別料金",
    MISSING: "ない、または試験で不合格",
    UNKNOWN: "書かれていない",
}
_CURRENT = "paper"
_INTRODUCTION = ("setup", "migration", "training")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A rate with where it comes from."""

    value: Decimal
    source: str
    confidence: str


@cache
def rates() -> Mapping[str, Rate]:
    """Exchange rates (yen per US dollar) and discount rates (percent), rates.csv."""
    with Path(__file__).with_name("rates.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["id"]: Rate(
                value=Decimal(row["value"]), source=row["source"], confidence=row["confidence"]
            )
            for row in csv.DictReader(lines)
        }


def dollar(level: str) -> Decimal:
    """Yen per US dollar at low, mid or high."""
    return rates()[f"yen-per-dollar-{level}"].value


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One offer's word on one function, and the note beside it."""

    sign: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One offer on one workload over `years`; yen with tax, None where a price is not published.

    `by_year`, `known` (what is known of the years together), `band` and `exchange` (total at low
    and high prices, at low and high dollar), `present` (discount percent → present value of the
    total), hours of the municipality's own staff. `refusal`: why there is nothing, "" when there
    is.
    """

    by_year: tuple[Decimal | None, ...] = ()
    known: Decimal = Decimal(0)
    band: tuple[Decimal | None, Decimal | None] = (None, None)
    exchange: tuple[Decimal | None, Decimal | None] = (None, None)
    present: Mapping[Decimal, Decimal | None]
    introduction: Decimal | None = None
    network: Decimal | None = None
    leaving: Decimal | None = None
    hours_once: Decimal | None = None
    hours_per_year: Decimal | None = None
    gaps: tuple[str, ...] = ()
    refusal: str = ""

    @property
    def total(self) -> Decimal | None:
        return _sum(self.by_year) if self.by_year else None

    @property
    def per_year(self) -> Decimal | None:
        return None if self.total is None else _yen(self.total / len(self.by_year))

    def per_case(self, cases: int) -> Decimal | None:
        """Yen per new case over all years; None without a total or without cases."""
        if self.total is None or not cases:
            return None
        return _yen(self.total / (len(self.by_year) * cases))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`cells`: function → offer → cell; `costs`: workload → offer → cost; `words`: offer → what
    sets it apart, in Japanese."""

    day: date
    years: int
    offers: tuple[Offer, ...]
    profiles: tuple[Workload, ...]
    cells: Mapping[str, Mapping[str, Cell]]
    costs: Mapping[str, Mapping[str, Cost]]
    words: Mapping[str, tuple[str, ...]]
    results: Mapping[str, Result]

    def only(
        self, needs: Sequence[str], door: str | None
    ) -> "tuple[Comparison, tuple[Offer, ...]]":
        """The offers that have these functions, in part at least, and this door; and the others."""

        def fits(offer: Offer) -> bool:
            signs = [self.cells[number][offer.id].sign for number in needs]
            return not {MISSING, UNKNOWN} & set(signs) and door in (None, *offer.doors)

        kept = tuple(offer for offer in self.offers if fits(offer))
        left_out = tuple(offer for offer in self.offers if offer not in kept)
        return replace(self, offers=kept), left_out

    def function_rows(self) -> list[list[str]]:
        """Number, title, class and one sign with its note per offer."""
        known = function_list()
        return [
            [number, function.title, known.classes[function.kind]]
            + [_joined(self.cells[number][offer.id]) for offer in self.offers]
            for number, function in known.functions.items()
        ]


def compare(
    offers: Sequence[Offer],
    profiles: Sequence[Workload],
    *,
    years: int,
    day: date,
    results: Sequence[Result] = (),
) -> Comparison:
    """All offers on all workloads. Results belong to an offer by its id and version."""
    by_offer = {result.offer: result for result in results}
    matched = {
        offer.id: by_offer[offer.id]
        for offer in offers
        if offer.id in by_offer and by_offer[offer.id].version == offer.version
    }
    ordered = tuple(sorted(offers, key=lambda offer: _place(offer, day)))
    costs = {
        profile.id: {offer.id: cost_of(offer, profile, years) for offer in ordered}
        for profile in profiles
    }
    cells = {
        number: {offer.id: _cell(offer, number, matched.get(offer.id)) for offer in ordered}
        for number in function_list().functions
    }
    return Comparison(
        day=day,
        years=years,
        offers=ordered,
        profiles=tuple(profiles),
        cells=cells,
        costs=costs,
        words={offer.id: _words(offer, cells, profiles, costs) for offer in ordered},
        results=matched,
    )


def _place(offer: Offer, day: date) -> tuple[bool, str]:
    shuffled = hashlib.sha256(f"{day.isoformat()}:{offer.id}".encode()).hexdigest()
    return offer.id != _CURRENT, shuffled


def _cell(offer: Offer, number: str, result: Result | None) -> Cell:
    said = offer.functions[number]
    tested = result.outcomes[number] if result else None
    if tested is not None and tested.outcome == FAILED and said.status != "missing":
        return Cell(sign=MISSING, note="試験で不合格")
    if said.status == "included":
        proven = tested is not None and tested.outcome == PASSED
        return Cell(sign=PROVEN if proven else DECLARED, note=said.note)
    if said.status == "option":
        name = next(p.name for p in offer.prices if p.id == said.price)
        return Cell(sign=PARTLY, note=f"別料金: {name}")
    signs = {"partial": PARTLY, "missing": MISSING, "unknown": UNKNOWN}
    return Cell(sign=signs[said.status], note=said.note)


def _joined(cell: Cell) -> str:
    return f"{cell.sign} {cell.note}".strip()


def cost_of(offer: Offer, profile: Workload, years: int) -> Cost:
    """One offer on one workload; a workload outside a tier table is told as a refusal."""
    percents = [rate.value for name, rate in rates().items() if name.startswith("discount-")]
    try:
        bands = {level: _billed(offer, profile, years, level, "mid") for level in LEVELS}
        dollars = [_billed(offer, profile, years, "mid", level) for level in ("low", "high")]
    except TariffError as error:
        return Cost(present=dict.fromkeys(percents), refusal=str(error))
    middle = bands["mid"]
    by_year = tuple(year.total for year in middle)
    complete = [yen for yen in by_year if yen is not None]
    return Cost(
        by_year=by_year,
        known=sum((year.known for year in middle), Decimal(0)),
        band=(_total(bands["low"]), _total(bands["high"])),
        exchange=(_total(dollars[0]), _total(dollars[1])),
        present={
            percent: present_value(complete, percent) if len(complete) == years else None
            for percent in percents
        },
        introduction=_of(offer, middle[:1], *_INTRODUCTION),
        network=_of(offer, middle, "network"),
        leaving=_of(offer, middle[-1:], "exit"),
        hours_once=own_hours(offer, profile, "once", "mid"),
        hours_per_year=own_hours(offer, profile, "year", "mid"),
        gaps=tuple(
            dict.fromkeys(c.price.name for year in middle for c in year.charges if c.yen is None)
        ),
    )


def own_hours(offer: Offer, profile: Workload, period: str, level: str) -> Decimal | None:
    """Hours of the municipality's own staff, once or a year; None when a line is unknown."""
    hours = Decimal(0)
    for line in offer.own_hours:
        if line.period != period:
            continue
        if line.hours is None:
            return None
        hours += line.hours.at(level) * profile.quantity(line.unit, 1)
    return hours


def _billed(
    offer: Offer, profile: Workload, years: int, level: str, dollars: str
) -> tuple[Year, ...]:
    terms = Terms(years=years, level=level, yen_per_dollar=dollar(dollars))
    return bill(offer, profile, terms)


def _of(offer: Offer, years: Sequence[Year], *items: str) -> Decimal | None:
    found = _sum([year.of(*items) for year in years])
    return None if found is None else with_tax(offer, found)


def _total(years: Sequence[Year]) -> Decimal | None:
    return _sum([year.total for year in years])


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def _yen(value: Decimal) -> Decimal:
    return value.quantize(YEN, ROUND_HALF_EVEN)


# --- words -------------------------------------------------------------------------------------


def _words(
    offer: Offer,
    cells: Mapping[str, Mapping[str, Cell]],
    profiles: Sequence[Workload],
    costs: Mapping[str, Mapping[str, Cost]],
) -> tuple[str, ...]:
    return (
        *_function_words(offer, cells),
        *_cost_words(offer, profiles, costs),
        *_term_words(offer),
    )


def _function_words(offer: Offer, cells: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    needed = [f.id for f in function_list().functions.values() if f.kind == "required"]
    signs = [cells[number][offer.id].sign for number in needed]
    words = [
        f"必須の機能 {len(needed)} のうち、試験で確かめたもの {signs.count(PROVEN)}、"
        f"申告だけのもの {signs.count(DECLARED)}、一部か別料金 {signs.count(PARTLY)}、"
        f"ないもの {signs.count(MISSING)}、書かれていないもの {signs.count(UNKNOWN)}。"
    ]
    lacking = [n for n, sign in zip(needed, signs, strict=True) if sign == MISSING]
    if lacking:
        words.append(f"ない必須の機能: {'、'.join(lacking)}。")
    return words


def _cost_words(
    offer: Offer, profiles: Sequence[Workload], costs: Mapping[str, Mapping[str, Cost]]
) -> list[str]:
    words = []
    here = [(profile, costs[profile.id][offer.id]) for profile in profiles]
    known = [(p, c.per_case(p.cases)) for p, c in here if c.per_case(p.cases) is not None]
    if len(known) > 1:
        (small, first), (large, last) = known[0], known[-1]
        words.append(f"1件あたりは {small.name} で {first:,}円、{large.name} で {last:,}円。")
    gaps = tuple(dict.fromkeys(gap for _, cost in here for gap in cost.gaps))
    if gaps:
        words.append(f"金額が公表されていない項目があり、合計は分かりません: {'、'.join(gaps)}。")
    words.extend(f"{profile.name}: {cost.refusal}" for profile, cost in here if cost.refusal)
    return words


def _term_words(offer: Offer) -> list[str]:
    clouds = {
        "vendor": "クラウド利用料は事業者の利用料に含みます",
        "state": "クラウド利用料は国が請求し、見込み額を足してあります",
        "none": "クラウドを使いません",
    }
    exchanges = {
        "vendor": "為替の変動は事業者が負担します",
        "municipality": "為替の変動は市区町村が負担します",
        "none": "為替の影響を受けません",
    }
    words = [f"{clouds[offer.cloud]}。{exchanges[offer.exchange]}。"]
    joint = "共同利用の料金があります" if offer.split else "共同利用の料金はありません"
    words.append(
        f"{joint}。閉域の入口は{'使えます' if 'closed' in offer.doors else '使えません'}。"
    )
    apart = [p.name for p in offer.prices if p.item == "option" and not counted(offer, p)]
    if apart:
        words.append(f"費用に入れていない別料金(必須の機能に要らないもの): {'、'.join(apart)}。")
    count = len(offer.unverified)
    if count:
        words.append(f"要確認の数字が {count} 行あります。")
    return words


# --- for machines ------------------------------------------------------------------------------


def as_json(found: Comparison) -> dict[str, Any]:
    """Everything that the table holds. Yen as whole numbers; null is a gap, never nought."""
    return {
        "date": found.day.isoformat(),
        "years": found.years,
        "functionList": function_list().version,
        "signs": SIGNS,
        "offers": [
            {
                "id": offer.id,
                "kind": offer.kind,
                "mark": offer.mark,
                "vendor": offer.vendor,
                "product": offer.product,
                "version": offer.version,
                "doors": offer.doors,
                "validTo": offer.valid_to.isoformat(),
                "unverified": offer.unverified,
                "figures": [
                    {"name": p.name, "source": p.source, "confidence": p.confidence}
                    for p in offer.lines
                ],
                "words": found.words[offer.id],
                "conformance": _result_json(found.results.get(offer.id)),
            }
            for offer in found.offers
        ],
        "functions": {
            number: {
                offer.id: {"sign": cells[offer.id].sign, "note": cells[offer.id].note}
                for offer in found.offers
            }
            for number, cells in found.cells.items()
        },
        "costs": {
            profile.id: {
                "name": profile.name,
                "cases": profile.cases,
                "users": profile.users,
                "offers": {
                    offer.id: _cost_json(found.costs[profile.id][offer.id], profile.cases)
                    for offer in found.offers
                },
            }
            for profile in found.profiles
        },
        "rates": {
            name: {"value": str(r.value), "source": r.source, "confidence": r.confidence}
            for name, r in rates().items()
        },
    }


def _result_json(result: Result | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "suite": result.suite,
        "date": result.day.isoformat(),
        "environment": result.environment,
        "passed": result.count(PASSED),
        "failed": result.count(FAILED),
        "notTestable": len(result.outcomes) - result.count(PASSED) - result.count(FAILED),
    }


def _cost_json(cost: Cost, cases: int) -> dict[str, Any]:
    return {
        "refusal": cost.refusal or None,
        "byYear": [_whole(yen) for yen in cost.by_year],
        "total": _whole(cost.total),
        "knownTotal": _whole(cost.known),
        "perYear": _whole(cost.per_year),
        "perCase": _whole(cost.per_case(cases)),
        "totalLow": _whole(cost.band[0]),
        "totalHigh": _whole(cost.band[1]),
        "totalAtLowDollar": _whole(cost.exchange[0]),
        "totalAtHighDollar": _whole(cost.exchange[1]),
        "presentValue": {str(percent): _whole(yen) for percent, yen in cost.present.items()},
        "introduction": _whole(cost.introduction),
        "network": _whole(cost.network),
        "leaving": _whole(cost.leaving),
        "ownHoursOnce": _number(cost.hours_once),
        "ownHoursPerYear": _number(cost.hours_per_year),
        "gaps": cost.gaps,
    }


def _whole(yen: Decimal | None) -> int | None:
    return None if yen is None else int(yen)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
