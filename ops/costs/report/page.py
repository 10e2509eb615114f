"""A report as one HTML page: no script, nothing loaded from anywhere, charts drawn as SVG.

Each chart says in words what it shows, and its numbers stand in a table below it.
"""

from collections.abc import Sequence
from html import escape

from ops.costs.report.figures import By, Report, ReportRow, TrendMonth
from ops.costs.report.files import BY_WORDS, cells, columns

_WIDTH, _HEIGHT = 720, 260
_LEFT, _BOTTOM, _TOP = 84, 30, 14
_MOST_BARS = 15

# Four fills that differ in lightness too, so that they can be told apart without colour.
_PARTS = (
    ("fixed", "固定", "p1"),
    ("variable", "従量", "p2"),
    ("tax", "税", "p3"),
)

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: #1a1a1c; background: #fff;
  font: 1rem/1.7 "Noto Sans JP", "Noto Sans CJK JP", sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
figure { margin: 1rem 0; } figcaption { margin-bottom: .5rem; }
svg { width: 100%; height: auto; }
svg.key { width: 12px; } svg text { font-size: 12px; fill: #1a1a1c; }
.p1 { fill: #00118f; } .p2 { fill: #4979f5; } .p3 { fill: #c5d7fb; }
.range { fill: #e6e6e6; stroke: #626264; } .line { stroke: #626264; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: 100%; }
th, td { border-bottom: 1px solid #949497; padding: .3rem .6rem; text-align: left; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:last-child.total { font-weight: bold; }
.big { font-size: 1.5rem; font-weight: bold; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dd { margin: 0; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } }
"""


def html_page(report: Report) -> str:
    month = f"{report.month.year}年{report.month.month}月"
    title = f"クラウド利用の費用 {month}({BY_WORDS[report.by]}別)"
    return f"""<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p class="big">{report.yen:,} 円</p>
<dl>
<dt>請求</dt><dd>{report.total:,.2f} {escape(report.currency)}</dd>
<dt>換算</dt><dd>1{escape(report.currency)} = {report.rate} 円({escape(report.rate_note)})</dd>
<dt>配分の決まり</dt><dd>{escape(report.rule)}</dd>
</dl>
<h2>合計の確認</h2>
{_list(report.checks)}
<h2>月ごとの推移</h2>
{_trend_chart(report.trend)}
{_trend_table(report.trend)}
<h2>翌月の見込み</h2>
{_forecast(report)}
<h2>{escape(BY_WORDS[report.by])}別の内訳</h2>
{_bars(report)}
{_main_table(report)}
<h2>ふだんと違うところ</h2>
{_anomalies(report)}
<h2>注意すること</h2>
{_list(report.findings) if report.findings else "<p>明細に注意することはありません。</p>"}
</main>
</body>
</html>
"""


def _trend_chart(trend: Sequence[TrendMonth]) -> str:
    """Stacked columns; credits and refunds are below nothing and stand in the table only."""
    heights = [one.fixed + one.variable + one.tax for one in trend]
    top = max([1, *heights])
    step = (_WIDTH - _LEFT) / max(1, len(trend))
    plot = _HEIGHT - _BOTTOM - _TOP
    shapes = []
    for number, one in enumerate(trend):
        x, y = _LEFT + step * number + step * 0.15, float(_HEIGHT - _BOTTOM)
        for name, _, style in _PARTS:
            height = max(0, getattr(one, name)) / top * plot
            y -= height
            shapes.append(
                f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{step * 0.7:.1f}"'
                f' height="{height:.1f}"/>'
            )
        shapes.append(
            f'<text x="{x + step * 0.35:.1f}" y="{_HEIGHT - 10}" text-anchor="middle">'
            f"{one.month.month}月</text>"
        )
    shapes.append(_axis(top))
    words = "、".join(f"{one.month.month}月 {one.yen:,} 円" for one in trend)
    legend = " ".join(
        f'<svg class="key" viewBox="0 0 12 12" aria-hidden="true">'
        f'<rect class="{style}" width="12" height="12"/></svg> {label}'
        for _, label, style in _PARTS
    )
    return _figure(f"固定・従量・税の積み上げ。{legend}", f"月ごとの費用。{words}", "".join(shapes))


def _axis(top: int) -> str:
    marks = []
    for part in (0.0, 0.5, 1.0):
        y = _HEIGHT - _BOTTOM - part * (_HEIGHT - _BOTTOM - _TOP)
        marks.append(
            f'<line class="line" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{round(top * part):,}</text>'
        )
    return "".join(marks)


def _trend_table(trend: Sequence[TrendMonth]) -> str:
    heads = ["月", "円", "固定(共用を含む)", "従量", "クレジット・返金", "税"]
    rows = [
        [
            f"{one.month:%Y-%m}",
            *map(_shown, (one.yen, one.fixed, one.variable, one.credits, one.tax)),
        ]
        for one in trend
    ]
    return _table(heads, rows, name="月ごとの推移の表", numbers_from=1)


def _main_table(report: Report) -> str:
    rows = [[_shown(value) for value in row] for row in cells(report)]
    return _table(columns(report), rows, name="内訳の表", numbers_from=2, total=True)


def _forecast(report: Report) -> str:
    found = report.forecast
    if found is None:
        return "<p>月が少ないため、見込みは示しません(3か月分から示します)。</p>"
    top = max(1, found.high, report.yen)
    scale = (_WIDTH - _LEFT) / top
    low, high, mid = (_LEFT + value * scale for value in (found.low, found.high, found.yen))
    shapes = (
        f'<rect class="p2" x="{_LEFT}" y="16" width="{report.yen * scale:.1f}" height="22"/>'
        f'<text x="0" y="32">今月</text>'
        f'<rect class="range" x="{low:.1f}" y="56" width="{max(1.0, high - low):.1f}" height="22"/>'
        f'<rect class="p1" x="{mid - 2:.1f}" y="52" width="4" height="30"/>'
        f'<text x="0" y="72">翌月</text>'
    )
    words = (
        f"{found.month.month}月は {found.yen:,} 円の見込み"
        f"(およそ {found.low:,} 円から {found.high:,} 円)。"
        f"{found.from_months}か月の傾きと、ばらつきから計算した幅です。"
    )
    return _figure(words, words, shapes, height=96)


def _bars(report: Report) -> str:
    largest = sorted(report.rows, key=lambda row: (-_measure(report, row), row.key))[:_MOST_BARS]
    top = max([1, *(_measure(report, row) for row in largest)])
    step, left = 22, 190
    shapes = []
    for number, row in enumerate(largest):
        y = number * step + 4
        width = max(0, _measure(report, row)) / top * (_WIDTH - left - 90)
        shapes.append(
            f'<text x="{left - 6}" y="{y + 13}" text-anchor="end">{escape(row.name[:16])}</text>'
            f'<rect class="p1" x="{left}" y="{y}" width="{width:.1f}" height="16"/>'
            f'<text x="{left + width + 6:.1f}" y="{y + 13}">{_measure(report, row):,}</text>'
        )
    what = "ケースあたりの円(平均)" if report.by is By.CASE else "円"
    caption = f"{what}の大きい順に{len(largest)}件"
    return _figure(caption, caption, "".join(shapes), height=len(largest) * step + 8)


def _measure(report: Report, row: ReportRow) -> int:
    return (row.yen_per_case or 0) if report.by is By.CASE else row.yen


def _anomalies(report: Report) -> str:
    if not report.anomalies:
        return "<p>これまでの月と比べて大きく違う団体はありません。</p>"
    return _table(
        ["団体", "円", "ふだんの円", "理由"],
        [
            [one.name, _shown(one.yen), _shown(one.usual), "、".join(one.reasons)]
            for one in report.anomalies
        ],
        name="ふだんと違うところの表",
        numbers_from=1,
        numbers_to=3,
    )


def _figure(caption: str, label: str, shapes: str, height: int = _HEIGHT) -> str:
    return (
        f"<figure><figcaption>{caption}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{shapes}</svg></figure>"
    )


def _table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    name: str,
    numbers_from: int,
    numbers_to: int | None = None,
    total: bool = False,
) -> str:
    end = len(heads) if numbers_to is None else numbers_to

    def side(number: int) -> str:
        return ' class="n"' if numbers_from <= number < end else ""

    head = "".join(f'<th scope="col"{side(n)}>{escape(h)}</th>' for n, h in enumerate(heads))
    body = "".join(
        f"<tr{' class=total' if total and number == len(rows) - 1 else ''}>"
        + "".join(f"<td{side(n)}>{escape(cell)}</td>" for n, cell in enumerate(row))
        + "</tr>"
        for number, row in enumerate(rows)
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _shown(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4f}" if hasattr(value, "quantize") else str(value)
