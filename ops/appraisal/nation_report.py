"""The nation's simulation as a paper, and for machines."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from ops.appraisal.assumptions import CONFIDENCES, Assumptions
from ops.appraisal.nation import (
    PARTIES,
    PERCENTILES,
    Flows,
    Group,
    Nation,
    Scenario,
    designs,
    discount_percents,
    present_value,
)
from ops.appraisal.simulation import Floats
from ops.offers.definition import Offer
from ops.reports.paper import Answer, Bars, Heading, Items, Paper, Table, Text

SOURCE = (
    "出典：総務省「住民基本台帳に基づく人口、人口動態及び世帯数（令和7年1月1日現在）」、"
    "総務省統計局「令和2年国勢調査 人口等基本集計」（e-Stat）を加工して作成"
)
_MILLION = 1_000_000


def report(found: Nation, offer: Offer, town: Assumptions, nation: Assumptions, day: date) -> Paper:
    """Who gains and who pays, what is least, the tables, and what it all rests on."""
    return Paper(
        title="全国の導入の効果と調整コスト",
        subtitle=f"{offer.mark}{offer.product} の料金による {found.years} 年間の試算",
        day=day,
        pages=[_summary(found), _scenarios(found), _tables(found), _annex(found, town, nation)],
        foot=SOURCE,
    )


def _summary(found: Nation) -> list[Answer | Heading | Text | Table | Bars | Items]:
    best = found.best
    rows, reasons = [], []
    for adopters, scenario in best.items():
        flows = scenario.flows
        net = _over(flows, lambda f: f.benefit - f.total)
        chance = float((net > 0).mean())
        rows.append(
            [
                f"{adopters:,} 団体",
                f"{scenario.pattern.name}・{scenario.design.name}",
                _million(_over(flows, lambda f: f.benefit).mean()),
                _million(_over(flows, lambda f: f.total).mean()),
                _million(_over(flows, lambda f: f.coordination).mean()),
                _million(net.mean()),
                f"{chance:.0%}",
            ]
        )
        reasons.append(f"{adopters:,} 団体: 便益が総費用を上回る確率 {chance:.0%}")
    largest = best[max(best)]
    return [
        Answer(
            label="総費用が最も小さい組合せ:",
            text=f"{largest.pattern.name}・{largest.design.name}({largest.adopters:,} 団体の場合)",
            reasons=[
                *reasons,
                f"{largest.adopters:,} 団体のうち、自団体の便益が支払いと手間を上回るのは "
                f"{found.gaining:,} 団体",
            ],
        ),
        Heading(text="1 導入する団体の数と、国・地方を通じた費用と便益"),
        Table(
            caption=f"{found.years}年間の平均(百万円)。人口の多い団体から導入する場合",
            headings=[
                "団体数", "総費用が最小の組合せ", "便益", "総費用", "うち調整コスト", "差",
                "便益が上回る確率",
            ],
            rows=rows,
            texts=2,
            widths=(1, 3),
        ),
        Text(
            text="便益は時間の効果で、歳出は減りません。利用料は市区町村から事業者に移るお金で、"
            "総費用には入れていません(同じ円を2度数えません)。",
            note=True,
        ),
        Heading(text="2 だれが得て、だれが払うか"),
        Table(
            caption=f"{found.years}年間の増減(百万円、平均と5%点・95%点)",
            headings=["団体数", *(f"{word}" for word in PARTIES.values()), "利用料の動き"],
            rows=[
                [
                    f"{adopters:,} 団体",
                    *(_band(_over(s.flows, _gain_of(party))) for party in PARTIES),
                    _million(_over(s.flows, lambda f: f.fees).mean()),
                ]
                for adopters, s in best.items()
            ],
        ),
        Bars(
            caption=f"{largest.adopters:,} 団体の場合の増減({found.years}年間、線が0円)",
            rows=[_bar(word, _over(largest.flows, _gain_of(party)))
                  for party, word in PARTIES.items()],
        ),
        Table(
            caption="差(便益−総費用)の現在価値(百万円、平均)",
            headings=["団体数", *(f"{percent}%" for percent in discount_percents())],
            rows=[
                [
                    f"{adopters:,} 団体",
                    *(
                        _million(
                            present_value(s.flows.benefit - s.flows.total, percent).mean()
                        )
                        for percent in discount_percents()
                    ),
                ]
                for adopters, s in best.items()
            ],
        ),
    ]  # fmt: skip


def _scenarios(found: Nation) -> list[Heading | Text | Table]:
    return [
        Heading(text="3 共同利用のしかたと、環境の分け方"),
        Table(
            caption=f"{found.years}年間の平均(百万円)",
            headings=[
                "団体数", "共同利用", "環境", "契約の数", "国", "事業者", "市区町村",
                "総費用", "利用料",
            ],
            rows=[_scenario_row(scenario, found) for scenario in found.scenarios],
            texts=3,
            widths=(2, 6, 7),
            small=True,
        ),
        Text(
            text="市区町村は、職員の手間と回線です(利用料を除く)。1つの環境を分け合う方法は費用が小さく見えますが、団体ごとの鍵と分離が弱くなり、"
            "その損失は金額に入れていません。",
            note=True,
        ),
    ]  # fmt: skip


def _scenario_row(scenario: Scenario, found: Nation) -> list[str]:
    flows = scenario.flows
    least = found.best[scenario.adopters] is scenario
    return [
        f"{scenario.adopters:,}",
        scenario.pattern.name + ("(最小)" if least else ""),
        scenario.design.name,
        f"{scenario.contracts:,}",
        *(
            _million(_over(flows, pick).mean())
            for pick in (
                lambda f: f.state,
                lambda f: f.vendor,
                lambda f: f.own + f.network,
                lambda f: f.total,
                lambda f: f.fees,
            )
        ),
    ]


def _tables(found: Nation) -> list[Heading | Table]:
    headings = ["区分", "団体", "導入", "ケース(年)", "便益", "支払いと手間", "差", "得になる団体"]
    return [
        Heading(text="4 規模別と都道府県別(年平均、百万円)"),
        Table(
            caption="規模別",
            headings=headings,
            rows=[_group_row(group) for group in found.by_size],
            small=True,
        ),
        Table(
            caption="都道府県別",
            headings=headings,
            rows=[_group_row(group) for group in found.by_prefecture],
            small=True,
        ),
    ]


def _group_row(group: Group) -> list[str]:
    return [
        group.name,
        f"{group.municipalities:,}",
        f"{group.adopters:,}",
        f"{group.cases:,.0f}",
        _million(group.benefit),
        _million(group.cost),
        _million(group.benefit - group.cost),
        f"{group.gaining:,}",
    ]


def _annex(found: Nation, town: Assumptions, nation: Assumptions) -> list[Heading | Text | Table]:
    return [
        Heading(text="付録 仮定と出典"),
        Text(
            text=f"{found.draws:,} 回の試行(乱数の種 {found.seed})。ケース数は人口に全国の割合を"
            "掛け、団体ごとのちがいと年ごとのばらつき(ポアソン分布)を加えています。"
        ),
        Table(
            caption="仮定",
            headings=["仮定", "出典", "確かさ", "低", "中", "高"],
            rows=[
                [
                    row.name,
                    row.source,
                    CONFIDENCES[row.confidence],
                    f"{row.low:,}",
                    f"{row.mid:,}",
                    f"{row.high:,}",
                ]
                for row in {**town, **nation}.values()
            ],
            texts=3,
            widths=(3, 5, 1),
            small=True,
        ),
        Table(
            caption="環境の分け方",
            headings=["分け方", "出典", "月額 低・中・高(円)", "共通(円/月)", "手間(時間/年)"],
            rows=[
                [
                    d.name,
                    d.source,
                    "・".join(f"{v:,.0f}" for v in d.cloud),
                    f"{d.shared:,.0f}",
                    f"{d.hours:,.0f}",
                ]
                for d in designs()
            ],
            texts=2,
            small=True,
        ),
    ]


def as_json(found: Nation) -> dict[str, Any]:
    """Yen over all years (totals) or a year (groups)."""
    return {
        "years": found.years,
        "draws": found.draws,
        "seed": found.seed,
        "scenarios": [
            {
                "adopters": s.adopters,
                "pattern": s.pattern.id,
                "design": s.design.id,
                "contracts": s.contracts,
                "least": found.best[s.adopters] is s,
                **{name: _percentiles(_over(s.flows, pick)) for name, pick in _PICKS.items()},
                "gain": {party: _percentiles(_over(s.flows, _gain_of(party))) for party in PARTIES},
            }
            for s in found.scenarios
        ],
        "by_size": [vars(group) for group in found.by_size],
        "by_prefecture": [vars(group) for group in found.by_prefecture],
        "gaining": found.gaining,
        "source": SOURCE,
    }


_PICKS: dict[str, Callable[[Flows], Floats]] = {
    "benefit": lambda f: f.benefit,
    "state": lambda f: f.state,
    "vendor": lambda f: f.vendor,
    "municipalities": lambda f: f.own + f.network,
    "coordination": lambda f: f.coordination,
    "fees": lambda f: f.fees,
    "total": lambda f: f.total,
    "net": lambda f: f.benefit - f.total,
}


def _gain_of(party: str) -> Callable[[Flows], Floats]:
    return lambda flows: flows.gain(party)


def _over(flows: Flows, pick: Callable[[Flows], Floats]) -> Floats:
    """Sum over the years, per draw."""
    found: Floats = pick(flows).sum(axis=0)
    return found


def _percentiles(values: Floats) -> dict[str, int]:
    points = np.percentile(values, PERCENTILES)
    return {"mean": round(float(values.mean()))} | {
        f"p{percent}": round(float(v)) for percent, v in zip(PERCENTILES, points, strict=True)
    }


def _band(values: Floats) -> str:
    found = _percentiles(values)
    return f"{_million(found['mean'])}({_million(found['p5'])}〜{_million(found['p95'])})"


def _bar(name: str, values: Floats) -> tuple[str, float, float, str]:
    found = _percentiles(values)
    told = f"{_million(found['p5'])}〜{_million(found['p95'])} 百万円"
    return name, float(found["p5"]), float(found["p95"]), told


def _million(yen: float) -> str:
    return f"{round(yen / _MILLION):,}".replace("-", "△")
