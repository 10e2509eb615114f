"""The town's report: what a head of section takes into a budget meeting, on four pages.

Money spent, money no longer spent and time are three blocks that are never added up into one
another (DOMAIN §4.10): time saved is not money saved.
"""

import csv
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from ops.appraisal.assumptions import CONFIDENCES, HERE
from ops.appraisal.decision import LEVELS, Appraisal, fiscal_year
from ops.appraisal.model import Balance, Factors, Spending, Town
from ops.appraisal.simulation import PERCENTILES
from ops.offers.definition import OwnHours
from ops.offers.documents import CONFIDENCES as PRICE_CONFIDENCES
from ops.offers.tariff import SECTIONS, YEN
from ops.reports.html import GAP, yen
from ops.reports.paper import Answer, Bars, Heading, Items, Paper, Table, Text

_NAMES = {"low": "低位", "mid": "中位", "high": "高位"}
_CLOUD = {
    "vendor": "クラウド利用料は事業者の利用料に含みます",
    "state": "クラウド利用料は国が請求し、その見込み額を歳出に入れています",
    "none": "クラウドを使いません",
}
_EXCHANGE = {
    "vendor": "為替の変動は事業者が負担します",
    "municipality": "為替の変動は市区町村が負担し、幅に入れています",
    "none": "為替の影響を受けません",
}


def report(found: Appraisal, day: date) -> Paper:
    """Four pages: money, time, from which numbers on, annex."""
    town = found.town
    offer = town.offer
    return Paper(
        title="相談記録プラットフォームの導入の検討",
        subtitle=f"{town.name}({town.code}) {offer.mark}{offer.product} {offer.version}",
        day=day,
        pages=[_money(found), _time(found), _numbers(found), _annex(found)],
        foot=f"{town.name} 予算の検討資料。仮定と出典は付録。「要確認」は確かめていない数字です。",
    )


def _money(found: Appraisal) -> list[Heading | Text | Answer | Table | Items]:
    town, offer = found.town, found.town.offer
    spent = found.spending["mid"]
    years = [fiscal_year(found.first_year + n) for n in range(town.years)]
    headings = ["区分", *years, "計"]
    names = [n for n in SECTIONS if any(n in year.sections for year in spent)]
    rows = [[SECTIONS[n], *_row([y.sections.get(n, Decimal(0)) for y in spent])] for n in names]
    rows.append(["歳出の増(計)", *_row([year.total for year in spent])])
    ended = [town.ended] * town.years
    net = [year.total - town.ended for year in spent]
    later = sum((year.total for year in spent[1:]), Decimal(0))
    per_case = (
        "ケースがないため計算できません"
        if not town.cases
        else yen(_whole(found.balances["mid"].spent / town.cases))
    )
    per_fee = found.cases_per_ten_thousand
    fee = "。毎月の料金は指定の金額に置き換えています" if town.fee is not None else ""
    return [
        Answer(label="試算の答え:", text=found.answer, reasons=found.reasons),
        Heading(text=f"1 歳出の増({town.years}か年度、中位、税込み)"),
        Table(caption="節ごとの歳出", headings=headings, rows=rows),
        Heading(text="2 歳出の減(なくなる支払いだけ)"),
        Table(caption="なくなる支払い", headings=headings, rows=[["歳出の減", *_row(ended)]]),
        Table(
            caption="差引(すべて一般財源。交付金は見込んでいません)",
            headings=headings,
            rows=[["一般財源", *_row(net)]],
        ),
        Heading(text="3 予算の見方"),
        Items(
            items=[
                f"債務負担行為額の目安(2年目以後の歳出): {yen(later)}",
                f"1件あたりの歳出(年 {town.cases} 件、年平均): {per_case}",
                "月1万円ごとに、時間の効果で釣り合うケース数: "
                + ("ありません(1件の手間が効果を上回ります)" if per_fee is None
                   else f"年 {_plain(per_fee)} 件"),
                f"{_CLOUD[offer.cloud]}。{_EXCHANGE[offer.exchange]}{fee}。",
                f"金額の有効期間は {offer.valid_to.isoformat()} までです。",
                "随意契約によることができる額(市町村: その他 100万円、物件の借入れ 80万円、"
                "2025年4月から。要確認)は、団体の規則で確かめてください。",
            ]
        ),
        Table(
            caption="歳出の幅(年平均、税込み)",
            headings=["区分", "料金が低いとき", "中位", "料金が高いとき"],
            rows=[["歳出の増", *(_yen(_average(found.spending[level])) for level in LEVELS)]],
        ),
        Text(
            text="時間が減っても歳出は減りません。時間の効果は4に分けて示し、"
            "ここには足していません。",
            note=True,
        ),
    ]  # fmt: skip


def _time(found: Appraisal) -> list[Heading | Text | Table]:
    reduction = found.assumed["reduction"]
    told = (
        "削減割合は実測です。"
        if reduction.confidence == "measured"
        else "削減割合は未測定です。導入の前に2週間の記録(soudan statistics baseline-sheet)を"
        "取ると、実測に置き換えられます。"
    )
    return [
        Heading(text="4 時間の効果(歳出は減らない、参考)"),
        Text(
            text="便益=利用職員数×職員1人あたりの年間業務時間数×業務時間削減割合×時間単価"
            "(共通化推進方針の式)。低位・中位・高位は、すべての仮定を同時に低・中・高にした値です。"
        ),
        Table(
            caption="本システムが関わる業務の時間で読んだ場合(この試算の基準)",
            headings=["区分", "低位", "中位", "高位"],
            rows=_factor_rows(found.factors),
        ),
        Table(
            caption="1年の全業務時間で読んだ場合(式の文字どおりの読み方。参考)",
            headings=["区分", "低位", "中位", "高位"],
            rows=_factor_rows(found.literal),
        ),
        Text(
            text=f"{told} 全業務時間で読むと、相談と関わりのない時間まで減ることになるため、"
            "判断には使っていません。",
            note=True,
        ),
        Heading(text="5 職員がかける時間(費用として数える)"),
        Table(
            caption="条例・審査・契約・研修・二重入力など",
            headings=["区分", "時間(中位)"],
            rows=[
                *(_own_row(line, found.town) for line in found.town.offer.own_hours),
                ["計 導入のとき(1回)", f"{_plain(found.own_once)} 時間"],
                ["計 毎年", f"{_plain(found.own_yearly)} 時間"],
            ],
        ),
        Table(
            caption="便益と費用(年平均)",
            headings=["区分", "低位", "中位", "高位"],
            rows=_balance_rows(found.balances),
        ),
        Text(
            text="低位は便益が低く費用が高い場合、高位はその逆です。歳出と時間は性質が違い、"
            "便益と費用の比は社会全体で見たときの目安です。",
            note=True,
        ),
        Heading(text="6 金額で表さない効果(足し合わせない)"),
        Table(
            caption="導入の前と後に確かめること",
            headings=["効果", "確かめ方"],
            rows=[[row["name"], row["how"]] for row in _effects()],
            texts=2,
        ),
    ]


def _numbers(found: Appraisal) -> list[Heading | Text | Table | Bars | Items]:
    town = found.town
    cases, fee, towns = found.cases_break_even, found.fee_break_even, found.partners_break_even
    items = [
        f"年 {cases} 件から(利用者数はそのまま)" if cases is not None
        else "年 2,000 件まで増えても釣り合いません",
        f"月 {fee:,}円(税込み)まで(ほかの条件はそのまま)" if fee is not None
        else "毎月の料金が0円でも釣り合いません",
        "単独でも釣り合います" if towns == 1
        else f"同じ規模の {towns} 団体での共同利用から" if towns is not None
        else "50団体までの共同利用では釣り合わないか、共同利用の料金がありません",
    ]  # fmt: skip
    shared = [
        [
            f"{one.towns} 団体",
            f"{one.probability:.0%}",
            _yen(one.balance.benefit),
            _yen(one.balance.cost),
            "提案の料金" if one.priced else "指定の月額を分け合う仮定",
        ]
        for one in found.shared
    ]
    if found.wider is not None:
        wider = found.wider
        shared.append(
            [
                f"対象を広げて年 {wider.cases} 件",
                f"{wider.probability:.0%}",
                _yen(wider.balance.benefit),
                _yen(wider.balance.cost),
                "単独",
            ]
        )
    return [
        Heading(text="7 どの数字から釣り合うか(中位)"),
        Items(items=items),
        Table(
            caption="1つの仮定だけを動かしたとき、便益と費用が釣り合う値",
            headings=["仮定", "釣り合う値", "低位", "中位", "高位", "幅の中にあるか"],
            rows=[
                [
                    s.name,
                    _plain(s.value) if s.value is not None else "なし",
                    _plain(s.low),
                    _plain(s.mid),
                    _plain(s.high),
                    "ある" if s.reached else "ない",
                ]
                for s in found.switches
            ],
        ),
        Text(
            text="「なし」は、中位がすでに釣り合っているか、その仮定だけでは釣り合わないことを示します。",
            note=True,
        ),
        Bars(
            caption="仮定を低位・高位にしたときの、便益と費用の差(年、中央の線が0円)",
            rows=[
                (b.name, float(b.low), float(b.high), f"{_yen(b.low)}〜{_yen(b.high)}")
                for b in found.tornado
            ],
        ),
        Heading(text="8 共同利用と、対象を広げた場合"),
        Table(
            caption=f"単独の確率は {found.draws.probability:.0%}",
            headings=["場合", "便益が費用を上回る確率", "便益(年)", "費用(年)", "料金"],
            rows=shared,
        ),
        Text(
            text=f"共同利用の相手は、{town.name}と同じ件数・利用者数の団体とみています。",
            note=True,
        ),
    ]


def _annex(found: Appraisal) -> list[Heading | Text | Table]:
    ratio, net = found.draws.ratio(), found.draws.net()
    offer = found.town.offer
    count = len(found.draws.benefit)
    return [
        Heading(text="付録A 多数の試行による確率"),
        Text(
            text=f"すべての仮定を幅の中で無作為に動かした {count:,} 回の試行"
            f"(乱数の種 {found.seed})。便益が費用を上回る確率は {found.draws.probability:.1%}。"
        ),
        Table(
            caption="試行の分布",
            headings=["区分", *(f"{percent}%点" for percent in PERCENTILES)],
            rows=[
                ["便益÷費用", *(_ratio(ratio[percent]) for percent in PERCENTILES)],
                ["便益−費用(年)", *(_yen(Decimal(net[percent])) for percent in PERCENTILES)],
            ],
        ),
        Heading(text="付録B 仮定と出典"),
        Table(
            caption="仮定",
            headings=["仮定", "出典", "確かさ", "低", "中", "高"],
            rows=[
                [
                    row.name,
                    row.source,
                    CONFIDENCES[row.confidence],
                    _plain(row.low),
                    _plain(row.mid),
                    _plain(row.high),
                ]
                for row in found.assumed.values()
            ],
            texts=3,
            widths=(3, 6, 1),
            small=True,
        ),
        Table(
            caption=f"{offer.mark}{offer.product} の数字",
            headings=["数字", "出典", "確かさ"],
            rows=[
                [line.name, line.source, PRICE_CONFIDENCES[line.confidence]] for line in offer.lines
            ],
            texts=3,
            widths=(3, 6, 1),
            small=True,
        ),
    ]


def _factor_rows(by_level: Mapping[str, Factors]) -> list[list[str]]:
    found = [by_level[level] for level in LEVELS]
    return [
        ["利用職員数(人)", *(str(one.users) for one in found)],
        ["1人あたりの年間業務時間数", *(_plain(one.hours) for one in found)],
        ["業務時間削減割合", *(_plain(one.reduction) for one in found)],
        ["時間単価", *(_yen(one.wage) for one in found)],
        ["減る時間(年)", *(f"{_plain(one.saved_hours)} 時間" for one in found)],
        ["便益(年)", *(_yen(one.yen) for one in found)],
    ]


def _balance_rows(by_level: Mapping[str, Balance]) -> list[list[str]]:
    found = [by_level[level] for level in LEVELS]
    return [
        ["時間の効果", *(_yen(one.time) for one in found)],
        ["なくなる支払い", *(_yen(one.ended) for one in found)],
        ["便益", *(_yen(one.benefit) for one in found)],
        ["歳出の増", *(_yen(one.spent) for one in found)],
        ["職員がかける時間", *(_yen(one.own) for one in found)],
        ["費用", *(_yen(one.cost) for one in found)],
        ["差", *(_yen(one.net) for one in found)],
        ["便益÷費用", *(_ratio(float(one.benefit / one.cost) if one.cost else None)
                     for one in found)],
    ]  # fmt: skip


def _own_row(line: OwnHours, town: Town) -> list[str]:
    times = {"flat": 1, "user": town.users, "case": town.cases}[line.unit]
    hours = line.hours.mid * times if line.hours else None
    when = {"once": "1回", "year": "毎年"}[line.period]
    return [f"{line.name}({when})", GAP if hours is None else f"{_plain(hours)} 時間"]


def _effects() -> list[dict[str, str]]:
    with (HERE / "effects.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _average(years: tuple[Spending, ...]) -> Decimal:
    return sum((year.total for year in years), Decimal(0)) / len(years)


def _row(values: list[Decimal]) -> list[str]:
    return [*(_yen(value) for value in values), _yen(sum(values, Decimal(0)))]


def _yen(value: Decimal) -> str:
    return yen(_whole(value))


def _whole(value: Decimal) -> Decimal:
    return value.quantize(YEN, ROUND_HALF_EVEN)


def _plain(value: Decimal) -> str:
    """Up to three digits behind the point, without trailing noughts."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def _ratio(value: float | None) -> str:
    return "計算できません" if value is None else f"{value:.2f}"
