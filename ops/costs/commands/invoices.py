"""`soudan cost invoice`: what goes out to a municipality."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from lambdas.casework.clock import JST
from ops.costs.allocation import STANDARD, read_rule
from ops.costs.commands.app import (
    AsJson,
    Force,
    app,
    new_file,
    out,
    print_json,
    says_what_is_wrong,
)
from ops.costs.commands.bills import DEFAULT_TAGS, LedgerFile, RateText, RuleFile, TagKey, reading
from ops.costs.fleet import municipality_name
from ops.costs.inputs import InputError, amount_of, month_of
from ops.costs.invoice.invoice import cloud_cost, make_invoice, plain, read_issuer, write_pdf
from ops.costs.invoice.tariff import UNITS, read_tariff

_PERIODS = ("once", "month", "year")


@app.command()
@says_what_is_wrong
def invoice(
    code: Annotated[str, typer.Argument(help="請求する団体の全国地方公共団体コード")],
    month: Annotated[str, typer.Option(help="月(例 2026-10)")],
    offer: Annotated[Path, typer.Option(help="提案のファイル(YAML)", exists=True)],
    issuer: Annotated[Path, typer.Option(help="請求者のファイル(YAML)", exists=True)],
    number: Annotated[str, typer.Option(help="請求書番号")],
    to: Annotated[Path, typer.Option(help="作るファイル(.pdf)")],
    count: Annotated[
        list[str] | None, typer.Option(help="数量(例 user=20、case=12。何度でも)")
    ] = None,
    period: Annotated[
        list[str] | None, typer.Option(help="請求する料金の期間(once、month、year。既定 month)")
    ] = None,
    bill: Annotated[
        list[str] | None, typer.Option("--bill", help="実費を請求する提案だけ: 請求の明細")
    ] = None,
    fleet: Annotated[
        Path | None, typer.Option(help="実費を請求する提案だけ: 団体の一覧", exists=True)
    ] = None,
    ledger: LedgerFile = None,
    rule: RuleFile = STANDARD,
    rate: RateText = None,
    tenant_tag: TagKey = DEFAULT_TAGS["tenant"],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """提案の料金から請求書(PDF)を作ります。実費を請求する提案では、配分の計算を付けます。"""
    day, target = month_of(month, "--month"), new_file(to, force=force)
    recipient = municipality_name(code)
    counts = _counts(count or [])
    periods = period or ["month"]
    if not set(periods) <= set(_PERIODS):
        raise InputError("--period は once、month、year から選んでください。")
    if bool(bill) != bool(fleet):
        raise InputError("--bill と --fleet は一緒に指定してください。")
    cloud = None
    if bill and fleet:
        with reading(
            bills=bill, fleet=fleet, ledger=ledger, rule=read_rule(rule), rate=rate,
            tenant_tag=tenant_tag,
        ) as read:  # fmt: skip
            cloud = cloud_cost(read.allocation, code, day)
    made = make_invoice(
        read_tariff(offer), read_issuer(issuer), number=number,
        issued_on=datetime.now(JST).date(), month=day, recipient=recipient, counts=counts,
        periods=periods, rate=amount_of(rate, "--rate") if rate else None, cloud=cloud,
    )  # fmt: skip
    write_pdf(target, made)
    if as_json:
        print_json(plain(made))
    else:
        out.print(f"{to} を作りました。{recipient} 御中 {made.total:,} 円(税込)", soft_wrap=True)


def _counts(written: list[str]) -> dict[str, Decimal]:
    counts = {}
    for text in written:
        unit, sign, number = text.partition("=")
        if not sign or unit not in UNITS:
            raise InputError("--count は user=20 のように書いてください(user、case、GB、agency)。")
        counts[unit] = amount_of(number, "--count")
    return counts
