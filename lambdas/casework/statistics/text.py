"""A report as CSV for Excel: UTF-8 with a byte order mark, CRLF, and no cell that runs."""

import csv
import io
from collections.abc import Iterable, Iterator

from lambdas.casework.statistics.counting import CellKey
from lambdas.casework.statistics.definitions import definitions
from lambdas.casework.statistics.periods import Period
from lambdas.casework.statistics.publication import Mark, Report, Value
from lambdas.casework.statistics.volumes import FEWEST_STAFF, Volume

BOM = "\ufeff"
MARKS = {
    Mark.SUPPRESSED: "×",
    Mark.NOT_PUBLISHED: "-",
    Mark.NOT_ENTERED: "未入力",
    Mark.NOTHING: "該当なし",
    Mark.NOT_YET: "…",
}
NOTES = {
    Mark.SUPPRESSED: "人数の少ない数と、引き算でそれが分かる数を伏せています。",
    Mark.NOT_PUBLISHED: "公表用には出さない数です。",
    Mark.NOT_ENTERED: "手で入力する数で、まだ入力がありません。",
    Mark.NOTHING: "平均や割合のもとになる記録がありません。",
    Mark.NOT_YET: "まだ数がない期間です。公表用の年度の数は、翌年度の6月1日から出ます。",
}
_HEADINGS = ("分類", "項目番号", "項目", "内訳", "区分コード", "区分", "単位")
_VOLUME_HEADINGS = (
    "区分",
    "数えたもの",
    "件数",
    "合計(分)",
    "最小",
    "25%",
    "中央",
    "75%",
    "最大",
    "1ケースの平均(分)",
)


def csv_text(report: Report, volumes: Iterable[Volume] | None = None) -> str:
    """The report with a column per period, then what the marks mean, then the volumes."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    for line in _lines(report, volumes):
        writer.writerow(
            [cell if isinstance(cell, int | float) else harmless(cell) for cell in line]
        )
    return out.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text != "-" else text


def shown(value: Value) -> float | str:
    """A value as a cell shows it: whole numbers whole, marks as signs."""
    if value.number is None:
        return MARKS[value.mark or Mark.NOTHING]
    return int(value.number) if value.number == int(value.number) else value.number


def names(key: CellKey) -> tuple[str, str, str, str, str, str, str]:
    """What stands before the numbers of a row, in the order of the headings."""
    known = definitions()
    indicator = known.indicators[key.indicator]
    breakdown = known.breakdowns[key.breakdown] if key.breakdown else None
    return (
        known.groups[indicator.group],
        indicator.id,
        indicator.title,
        breakdown.title if breakdown else "",
        key.code or "",
        breakdown.codes[key.code] if breakdown and key.code else "",
        # The parts of a percentage are the things themselves.
        "件" if breakdown and indicator.unit == "%" else indicator.unit,
    )


def _lines(report: Report, volumes: Iterable[Volume] | None) -> Iterator[list[float | str]]:
    kind = "公表用(少ない数を伏せたもの)" if report.publication else "報告用(実数。公表しない)"
    yield [f"{report.period.label} 実績 {kind}"]
    yield [*_HEADINGS, *(Period(p).label for p in report.periods)]
    marks: set[Mark] = set()
    for row in report.rows:
        yield [*names(row.key), *(shown(row.values[p]) for p in report.periods)]
        marks.update(v.mark for v in row.values.values() if v.mark)
    yield []
    for mark in Mark:
        if mark in marks:
            yield [MARKS[mark], NOTES[mark]]
    if volumes is not None:
        yield []
        yield [
            "業務にかかった時間の実測(記録にある時間。職員ごとの数はなく、"
            f"関わった職員が{FEWEST_STAFF}人未満の区分は出しません)"
        ]
        yield [*_VOLUME_HEADINGS]
        for volume in volumes:
            yield [volume.group.title, volume.group.counted, *_spread(volume)]


def _spread(volume: Volume) -> list[float | str]:
    found = volume.spread
    if found is None:
        return ["職員が少ないため出しません" if volume.too_few_staff else "未測定"]
    return [
        found.records,
        found.total,
        found.least,
        found.lower,
        found.median,
        found.upper,
        found.most,
        volume.per_case or 0.0,
    ]
