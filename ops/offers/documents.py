"""A comparison as an HTML page and as a workbook."""

from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ops.offers.comparison import SIGNS, Comparison, rates
from ops.reports.html import GAP, page
from ops.sheets import Value, write_table

CONFIDENCES = {
    "published": "公開の価格を読んだ",
    "quote": "見積書",
    "calculated": "計算",
    "unverified": "要確認",
}


def html(found: Comparison) -> str:
    """One page that needs nothing else."""
    return page(
        "offers/comparison.html.j2",
        found=found,
        gap=GAP,
        percents=_percents(found),
        signs=SIGNS,
        rates=rates(),
        confidences=CONFIDENCES,
    )


def write_workbook(path: Path, found: Comparison) -> None:
    """Sheets: costs, functions, words, sources. An unknown amount is the word 不明."""
    book = Workbook()
    costs: Worksheet = book.worksheets[0]
    costs.title = "費用"
    percents = _percents(found)
    headings = [
        *("規模", "提案", "1年あたり(円)", "1件あたり(円)", f"{found.years}年の合計(円)"),
        *("分かる分(円)", "合計 低(円)", "合計 高(円)", "為替 低(円)", "為替 高(円)"),
        *("導入(円)", "回線(円)", "やめるとき(円)"),
        *(f"現在価値 {percent}%(円)" for percent in percents),
        *("職員の時間 導入", "職員の時間 毎年", "注意"),
    ]
    write_table(
        costs, headings, _cost_rows(found, percents), [16, 36, *[15] * (len(headings) - 3), 50]
    )
    costs.freeze_panes = "C2"
    functions = book.create_sheet("機能")
    names = [f"{offer.mark}{offer.product}" for offer in found.offers]
    row = write_table(
        functions,
        ["番号", "機能", "区分", *names],
        found.function_rows(),
        [8, 44, 10, *[24] * len(names)],
    )
    functions.freeze_panes = "D2"
    write_table(functions, ["記号", "意味"], SIGNS.items(), [8, 44], first=row + 1)
    write_table(
        book.create_sheet("ちがい"),
        ["提案", "説明"],
        [[name, w] for o, name in zip(found.offers, names, strict=True) for w in found.words[o.id]],
        [36, 100],
    )
    write_table(
        book.create_sheet("出典"),
        ["提案", "数字", "出典", "確かさ"],
        [
            [name, line.name, line.source, CONFIDENCES[line.confidence]]
            for offer, name in zip(found.offers, names, strict=True)
            for line in offer.lines
        ]
        + [["共通", key, r.source, CONFIDENCES[r.confidence]] for key, r in rates().items()],
        [36, 36, 80, 18],
    )
    book.save(path)


def _percents(found: Comparison) -> list[Decimal]:
    return list(next(iter(next(iter(found.costs.values())).values())).present)


def _cost_rows(found: Comparison, percents: list[Decimal]) -> list[list[Value]]:
    rows: list[list[Value]] = []
    for profile in found.profiles:
        for offer in found.offers:
            cost = found.costs[profile.id][offer.id]
            name = f"{offer.mark}{offer.product}"
            if cost.refusal:
                rows.append([profile.name, name, *[GAP] * (13 + len(percents)), cost.refusal])
                continue
            values = [cost.per_year, cost.per_case(profile.cases), cost.total, cost.known]
            values += [*cost.band, *cost.exchange, cost.introduction, cost.network, cost.leaving]
            values += [*(cost.present[p] for p in percents), cost.hours_once, cost.hours_per_year]
            told = f"不明な項目: {'、'.join(cost.gaps)}" if cost.gaps else ""
            rows.append([profile.name, name, *(GAP if v is None else v for v in values), told])
    return rows
