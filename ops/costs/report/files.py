"""A report as CSV, Excel and JSON."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ops.costs.report.figures import By, Report

BY_WORDS = {
    By.TENANT: "団体",
    By.VENDOR: "事業者",
    By.SERVICE: "サービス",
    By.CASE: "団体(ケースあたり)",
}


def columns(report: Report) -> list[str]:
    heads = ["コード", BY_WORDS[report.by], f"金額({report.currency})", "円"]
    return [*heads, "支援中のケース", "ケースあたりの円(平均)"] if _has_cases(report) else heads


def cells(report: Report) -> list[list[Any]]:
    """The rows of the main table, and their sum."""
    rows: list[list[Any]] = []
    for row in report.rows:
        line: list[Any] = [row.key, row.name, row.amount, row.yen]
        if _has_cases(report):
            line += [_or_dash(row.cases), _or_dash(row.yen_per_case)]
        rows.append(line)
    total: list[Any] = ["", "合計", report.total, report.yen]
    return [*rows, [*total, "", ""] if _has_cases(report) else total]


def _has_cases(report: Report) -> bool:
    return report.by in (By.TENANT, By.CASE)


def _or_dash(value: int | None) -> Any:
    return "―" if value is None else value


def csv_text(report: Report) -> str:
    """With a byte order mark, so that Excel reads it as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns(report))
    for row in cells(report):
        writer.writerow([inert(value) for value in row])
    return "\ufeff" + text.getvalue()


def as_json(report: Report) -> dict[str, Any]:
    return asdict(report) | {
        "month": f"{report.month:%Y-%m}",
        "by": report.by.value,
        "total": str(report.total),
        "rate": str(report.rate),
        "rows": [asdict(row) | {"amount": str(row.amount)} for row in report.rows],
        "trend": [asdict(one) | {"month": f"{one.month:%Y-%m}"} for one in report.trend],
    }


def write_workbook(path: Path, report: Report) -> None:
    """Sheets: the table, the months, what is unusual, the checks."""
    book = Workbook()
    main = book.worksheets[0]
    main.title = f"{report.month:%Y-%m}"
    _fill(main, columns(report), cells(report))
    trend = book.create_sheet("推移")
    _fill(
        trend,
        ["月", "円", "固定", "従量", "クレジット・返金", "税"],
        [
            [f"{one.month:%Y-%m}", one.yen, one.fixed, one.variable, one.credits, one.tax]
            for one in report.trend
        ],
    )
    unusual = book.create_sheet("ふだんと違う月")
    _fill(
        unusual,
        ["コード", "団体", "円", "ふだんの円", "理由"],
        [
            [one.key, one.name, one.yen, one.usual, "、".join(one.reasons)]
            for one in report.anomalies
        ],
    )
    checks = book.create_sheet("確認")
    _fill(
        checks,
        ["確認したこと・注意"],
        [
            [f"1{report.currency} = {report.rate} 円({report.rate_note})"],
            [f"配分の決まり: {report.rule}"],
            *([line] for line in (*report.checks, *report.findings)),
        ],
    )
    book.save(path)


def _fill(sheet: Worksheet, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    sheet.append(list(heads))
    for row in rows:
        sheet.append([inert(value) for value in row])
    for number, head in enumerate(heads, start=1):
        sheet.cell(row=1, column=number).font = Font(bold=True)
        longest = max([len(head), *(len(str(row[number - 1])) for row in rows[:200])])
        sheet.column_dimensions[get_column_letter(number)].width = min(80, 4 + 2 * longest)
    for cells_ in sheet.iter_rows(min_row=2):
        for cell in cells_:
            if isinstance(cell.value, int):
                cell.number_format = "#,##0"
    sheet.freeze_panes = "A2"


def inert(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is made plain; bills hold foreign words."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
