"""`soudan cost allocate`, `report`, `reconcile`: bills read, shared out, shown and explained."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.manifest import load
from ops.costs.allocation import STANDARD, Allocation, Rule, allocate, partition, read_rule
from ops.costs.bill import athena, cost_explorer
from ops.costs.bill.files import collect
from ops.costs.bill.reader import Bill, read_bills
from ops.costs.book import exchange_rate, price_book
from ops.costs.commands.app import (
    WRONG,
    AsJson,
    Force,
    app,
    json_text,
    new_file,
    out,
    print_json,
    says_what_is_wrong,
    screen,
)
from ops.costs.commands.estimates import Profile, estimate_of
from ops.costs.fleet import Member, read_fleet
from ops.costs.focus_output import write_focus
from ops.costs.inputs import InputError, amount_of, month_of, months_before
from ops.costs.ledger import Entry, read_ledger
from ops.costs.reconcile import MOST_REST, Reconciled, reconcile_all
from ops.costs.report.figures import By, Report, make_report
from ops.costs.report.files import BY_WORDS, as_json, cells, columns, csv_text, write_workbook
from ops.costs.report.page import html_page
from ops.costs.synthetic import make as make_example
from ops.costs.workload import Workload, read_model

YEN = "JPY"
DEFAULT_TAGS = {"tenant": "municipality-code", "vendor": "vendor"}


class Engine(StrEnum):
    DUCKDB = "duckdb"
    ATHENA = "athena"
    COST_EXPLORER = "cost-explorer"


Bills = Annotated[
    list[str], typer.Option("--bill", help="請求の明細のファイル、フォルダー、s3://…(何度でも)")
]
Fleet = Annotated[
    Path, typer.Option(help="団体の一覧(CSV)か、設定ファイルのフォルダー", exists=True)
]
LedgerFile = Annotated[
    Path | None, typer.Option("--ledger", help="計量の記録(soudan cost ledger pull が作る)")
]
RuleFile = Annotated[Path, typer.Option("--rule", help="配分の決まり", exists=True)]
RateText = Annotated[
    str | None, typer.Option("--rate", help="1ドルの円(請求元が示す率。省略: 計画値)")
]
TagKey = Annotated[str, typer.Option("--tenant-tag", help="団体コードのタグのキー")]
EngineName = Annotated[Engine, typer.Option("--engine", help="集計する場所")]
Database = Annotated[str | None, typer.Option("--table", help="Athena の表(データベース.表)")]
Workgroup = Annotated[str, typer.Option("--workgroup", help="Athena のワークグループ")]


@dataclass(frozen=True, kw_only=True)
class Read:
    """Everything a report or a reconciliation looks at."""

    allocation: Allocation
    members: list[Member]
    ledger: dict[tuple[str, date], Entry]
    rate: Decimal
    rate_note: str

    @property
    def bill(self) -> Bill:
        return self.allocation.bill


@contextmanager
def reading(
    *,
    bills: list[str],
    fleet: Path,
    ledger: Path | None,
    rule: Rule,
    rate: str | None,
    tenant_tag: str,
    engine: Engine = Engine.DUCKDB,
    table: str | None = None,
    workgroup: str = "primary",
    month: date | None = None,
) -> Iterator[Read]:
    """Reads and allocates; files from S3 are gone when it ends."""
    members = read_fleet(fleet)
    entries = read_ledger(ledger)
    tags = DEFAULT_TAGS | {"tenant": tenant_tag}
    with tempfile.TemporaryDirectory() as cache:
        if engine is Engine.ATHENA:
            if not table:
                raise InputError(
                    "--engine athena には --table データベース.表 を指定してください。"
                )
            bill = athena.read_table(table, tags, workgroup=workgroup)
        elif engine is Engine.COST_EXPLORER:
            if month is None:
                raise InputError("--engine cost-explorer は soudan cost report で使います。")
            asked = cost_explorer.ask(months_before(month, _ASKED_MONTHS)[0], month, tags)
            screen.print(f"Cost Explorer に {asked.pages} 頁を問い合わせました(1頁 0.01 ドル)。")
            bill = asked.bill
        else:
            bill = read_bills(collect(bills, Path(cache)), tags)
        number, note = _rate(bill, rate)
        yield Read(
            allocation=allocate(bill, rule, members, entries, rate=number),
            members=members,
            ledger=entries,
            rate=number,
            rate_note=note,
        )


def _rate(bill: Bill, given: str | None) -> tuple[Decimal, str]:
    if bill.currency == YEN:
        if given is not None:
            raise InputError("請求は円です。--rate は使えません。")
        return Decimal(1), "円の請求"
    if given is not None:
        return amount_of(given, "--rate"), "指定した率"
    last = bill.one("SELECT max(month) FROM bill")[0]
    planned = exchange_rate(last, bill.currency)
    return planned.jpy, f"{planned.source}(要確認)"


@app.command("allocate")
@says_what_is_wrong
def allocate_(
    bill: Bills,
    fleet: Fleet,
    to: Annotated[Path, typer.Option(help="書き出すファイル(FOCUS 1.2 の Parquet)")],
    ledger: LedgerFile = None,
    rule: RuleFile = STANDARD,
    rate: RateText = None,
    tenant_tag: TagKey = DEFAULT_TAGS["tenant"],
    issuer: Annotated[str, typer.Option(help="配分した費用を請求する者")] = "事業者",
    engine: EngineName = Engine.DUCKDB,
    table: Database = None,
    workgroup: Workgroup = "primary",
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """請求を団体に配分し、FOCUS 1.2 の明細として書き出します。合計は請求と必ず一致します。"""
    target = new_file(to, force=force)
    with reading(
        bills=bill, fleet=fleet, ledger=ledger, rule=read_rule(rule), rate=rate,
        tenant_tag=tenant_tag, engine=engine, table=table, workgroup=workgroup,
    ) as read:  # fmt: skip
        rows = write_focus(target, read.allocation, issuer=issuer)
        if as_json:
            print_json(
                {
                    "rows": rows,
                    "currency": read.bill.currency,
                    "total": str(read.bill.total),
                    "partition": [p | {"amount": str(p["amount"])} for p in partition(read.bill)],
                    "yen": {
                        f"{month:%Y-%m}": read.allocation.yen(month)
                        for month in read.allocation.months()
                    },
                    "findings": [str(finding) for finding in read.bill.findings],
                }
            )
            return
        show_partition(read)
        show_findings(read.bill)
        out.print(f"{to} に {rows:,} 行を書きました。", soft_wrap=True)


def show_partition(read: Read) -> None:
    """The bill taken apart, and the check that the parts sum to it."""
    table = Table("月", "区分", "団体", "金額", title=f"請求の内訳({read.bill.currency})")
    table.columns[3].justify = "right"
    parts: dict[tuple[date, str, str], Decimal] = {}
    for part in partition(read.bill):
        key = (part["month"], part["category"], part["state"])
        parts[key] = parts.get(key, Decimal(0)) + part["amount"]
    for (month, category, state), amount in parts.items():
        table.add_row(f"{month:%Y-%m}", CATEGORIES[category], STATES[state], f"{amount:,.10f}")
    out.print(table)
    show_sums(read)


def show_sums(read: Read) -> None:
    parts = sum((part["amount"] for part in partition(read.bill)), Decimal(0))
    given = sum(
        (sum(read.allocation.amounts(m).values(), Decimal(0)) for m in read.allocation.months()),
        Decimal(0),
    )
    same = parts == given == read.bill.total
    out.print(
        f"合計の確認: 請求 {read.bill.total:,.10f}、内訳 {parts:,.10f}、配分 {given:,.10f}"
        f"({'一致' if same else '不一致'})、明細 {read.bill.line_count:,} 行",
        soft_wrap=True,
    )


def show_findings(bill: Bill) -> None:
    for finding in bill.findings:
        screen.print(f"注意: {finding}", soft_wrap=True, markup=False, highlight=False)


CATEGORIES = {
    "usage": "使用",
    "tax": "税",
    "credit": "クレジット",
    "refund": "返金・訂正",
    "adjustment": "調整",
}
_MOST_SHOWN = 10
# Enough for the trend and the forecast; they fit one page for a few hundred municipalities.
_ASKED_MONTHS = 6
STATES = {"direct": "団体が決まるもの", "untagged": "タグなし", "unknown": "知らない団体"}
_WRITERS = {".csv", ".xlsx", ".json", ".html"}


@app.command()
@says_what_is_wrong
def report(
    month: Annotated[str, typer.Option(help="月(例 2026-10)")],
    fleet: Fleet,
    bill: Annotated[
        list[str] | None, typer.Option("--bill", help="請求の明細のファイル、フォルダー、s3://…")
    ] = None,
    by: Annotated[By, typer.Option(help="何ごとに示すか")] = By.TENANT,
    to: Annotated[
        list[Path] | None, typer.Option(help="書き出すファイル(.csv .xlsx .json .html、何度でも)")
    ] = None,
    ledger: LedgerFile = None,
    rule: RuleFile = STANDARD,
    rate: RateText = None,
    tenant_tag: TagKey = DEFAULT_TAGS["tenant"],
    engine: EngineName = Engine.DUCKDB,
    table: Database = None,
    workgroup: Workgroup = "primary",
    force: Force = False,
    as_json_: AsJson = False,
) -> None:
    """月の費用を、団体・事業者・サービス・ケースあたりの平均で示します。"""
    day = month_of(month, "--month")
    if engine is Engine.DUCKDB and not bill:
        raise InputError("--bill に請求の明細を指定してください。")
    targets = [new_file(path, force=force) for path in to or []]
    for path in targets:
        if path.suffix not in _WRITERS:
            raise InputError(
                f"{path} の名前を {'、'.join(sorted(_WRITERS))} で終わらせてください。"
            )
    with reading(
        bills=bill or [], fleet=fleet, ledger=ledger, rule=read_rule(rule), rate=rate,
        tenant_tag=tenant_tag, engine=engine, table=table, workgroup=workgroup, month=day,
    ) as read:  # fmt: skip
        made = make_report(
            read.allocation, read.members, read.ledger,
            month=day, by=by, rate_note=read.rate_note,
        )  # fmt: skip
        for path in targets:
            _write(path, made)
            screen.print(f"{path} を作りました。", soft_wrap=True)
        if as_json_:
            print_json(as_json(made))
        elif not targets:
            _show(made)
            show_findings(read.bill)


@app.command()
@says_what_is_wrong
def example(
    to: Annotated[Path, typer.Argument(help="書き出すフォルダー")],
    tenants: Annotated[int, typer.Option(help="団体の数", min=1, max=1741)] = 200,
    first: Annotated[str, typer.Option(help="最初の月")] = "2026-04",
    months: Annotated[int, typer.Option(help="月の数", min=1, max=60)] = 12,
) -> None:
    """試すための架空の請求・団体の一覧・計量の記録を作ります。"""
    made = make_example(to, tenants=tenants, first=month_of(first, "--first"), months=months)
    out.print(
        f"{to} に架空の請求 {made.rows:,} 行(bills/)、fleet.csv、ledger.jsonl を作りました。",
        soft_wrap=True,
    )


def _write(path: Path, made: Report) -> None:
    match path.suffix:
        case ".csv":
            path.write_text(csv_text(made), "utf-8", newline="")
        case ".xlsx":
            write_workbook(path, made)
        case ".json":
            path.write_text(json_text(as_json(made)), "utf-8")
        case ".html":
            path.write_text(html_page(made), "utf-8")


def _show(made: Report) -> None:
    table = Table(*columns(made), title=f"{made.month:%Y-%m} の費用({BY_WORDS[made.by]}別)")
    for column in range(2, len(table.columns)):
        table.columns[column].justify = "right"
    for row in cells(made):
        table.add_row(*(f"{v:,}" if isinstance(v, int) else str(v) for v in row))
    out.print(table)
    out.print(f"1{made.currency} = {made.rate} 円({made.rate_note})、配分の決まり: {made.rule}")
    for check in made.checks:
        out.print(f"合計の確認: {check}", soft_wrap=True)
    if made.forecast:
        out.print(
            f"翌月の見込み {made.forecast.yen:,} 円"
            f"({made.forecast.low:,} 円から {made.forecast.high:,} 円)"
        )
    for one in made.anomalies:
        out.print(
            f"ふだんと違う: {one.name} {one.yen:,} 円(ふだん {one.usual:,} 円)"
            f" {'、'.join(one.reasons)}",
            soft_wrap=True,
        )


@app.command()
@says_what_is_wrong
def reconcile(
    month: Annotated[str, typer.Option(help="月(例 2026-10)")],
    bill: Bills,
    fleet: Fleet,
    ledger: Annotated[Path, typer.Option("--ledger", help="計量の記録", exists=True)],
    tenant: Annotated[
        Path | None,
        typer.Option(help="見積もる設定ファイル(省略: 見積もりを並べない)", exists=True),
    ] = None,
    profile: Annotated[Profile, typer.Option(help="見積もりの使い方の型")] = Profile.SMALL,
    start: Annotated[
        str | None, typer.Option(help="使い始めた月(例 2026-04。省略: その月)")
    ] = None,
    rule: RuleFile = STANDARD,
    rate: RateText = None,
    tenant_tag: TagKey = DEFAULT_TAGS["tenant"],
    as_json_: AsJson = False,
) -> None:
    """見積もり・計量・請求を並べ、差を1つずつ説明します。説明できない残りが1%以上なら終了コードは1です。"""
    day = month_of(month, "--month")
    with reading(
        bills=bill, fleet=fleet, ledger=ledger, rule=read_rule(rule), rate=rate,
        tenant_tag=tenant_tag,
    ) as read:  # fmt: skip
        if day not in read.allocation.months():
            raise InputError(f"請求に {month} がありません。")
        estimated = None
        if tenant is not None:
            begun = month_of(start, "--start") if start else day
            model = read_model()
            made = estimate_of(load(tenant), Workload.of(model, **model.profiles[profile]), begun)
            passed = (day.year - begun.year) * 12 + day.month - begun.month
            if passed < 0:
                raise InputError("--start が --month より後です。")
            estimated = (load(tenant).lg_code, made.lines_of(passed))
        found = reconcile_all(
            read.allocation, read.ledger, day, price_book("ap-northeast-1", day), estimated
        )
        if as_json_:
            print_json([one.plain() for one in found])
        else:
            _show_reconciled(found, read)
        if any(not one.explained for one in found):
            raise typer.Exit(WRONG)


def _show_reconciled(found: list[Reconciled], read: Read) -> None:
    names = {member.code: member.name for member in read.members}
    for one in found if len(found) <= _MOST_SHOWN else [r for r in found if not r.explained]:
        table = Table("", read.bill.currency, title=f"{names.get(one.code, '未配分')}({one.code})")
        table.columns[1].justify = "right"
        if one.estimate is not None:
            table.add_row("見積もり", f"{one.estimate:,.6f}")
        for step in one.steps:
            table.add_row(step.label, f"{step.amount:+,.6f}")
            if step.note:
                table.add_row(f"  {step.note}", "")
        table.add_row("請求(配分の後)", f"{one.billed:,.6f}")
        table.add_row("説明できない残り", f"{one.rest:+,.6f}({one.rest_percent:.2f}%)")
        out.print(table)
    wrong = sum(not one.explained for one in found)
    out.print(
        f"{len(found)} 団体のうち {len(found) - wrong} 団体は、残りが {MOST_REST * 100}% 未満です。"
    )
    show_sums(read)
    show_findings(read.bill)
