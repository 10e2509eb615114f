"""`soudan cost estimate` and `coverage`: what the templates of tenants say about cost."""

import tempfile
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from infra.manifest import Manifest, load, load_all
from lambdas.casework.clock import JST
from ops.costs.book import consumption_tax, exchange_rate, free_tiers, price_book, warnings
from ops.costs.budget import budget_template
from ops.costs.commands.app import (
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
from ops.costs.coverage import Coverage, cover
from ops.costs.estimate import Estimate, Line
from ops.costs.inputs import InputError, amount_of, month_of
from ops.costs.options import OPTIONS
from ops.costs.workload import MODEL, Workload, read_model


class Profile(StrEnum):
    SMALL = "small"
    MIDDLE = "middle"
    LARGE = "large"


@app.command()
@says_what_is_wrong
def estimate(
    tenant: Annotated[Path, typer.Option(help="自治体の設定ファイル", exists=True)],
    profile: Annotated[
        Profile | None, typer.Option(help="使い方の型(small、middle、large)")
    ] = None,
    cases: Annotated[int | None, typer.Option(help="1年の新しいケースの数", min=0)] = None,
    staff: Annotated[int | None, typer.Option(help="使う職員の数", min=0)] = None,
    requests: Annotated[
        int | None, typer.Option(help="1か月の要求の数(省略: ケースと職員の数から)", min=0)
    ] = None,
    start: Annotated[str | None, typer.Option(help="使い始める月(例 2027-04。省略: 今月)")] = None,
    model: Annotated[Path, typer.Option(help="使い方の想定のファイル", exists=True)] = MODEL,
    as_json: AsJson = False,
) -> None:
    """環境の月額を、作られるもの・使い方の想定・価格表から見積もります。"""
    today = datetime.now(JST).date()
    begin = month_of(start, "--start") if start else today.replace(day=1)
    found = read_model(model)
    if profile is not None:
        given = found.profiles[profile]
        if (cases, staff, requests) != (None, None, None):
            raise InputError("--profile と --cases・--staff・--requests は一緒に使えません。")
        load_ = Workload.of(found, **given)
    elif cases is not None and staff is not None:
        load_ = Workload.of(found, cases=cases, staff=staff, requests=requests)
    else:
        raise InputError("--profile か、--cases と --staff を指定してください。")
    made = estimate_of(load(tenant), load_, begin)
    if as_json:
        print_json(_json(made, today))
    else:
        _show(made, today)


def estimate_of(manifest: Manifest, workload: Workload, start: date) -> Estimate:
    """The estimate of a manifest's tenant. Raises BookError, UnpricedError."""
    return Estimate(
        stacks=stacks_of([manifest])[0],
        book=price_book(manifest.region, start),
        free=free_tiers(),
        load=workload,
        rotation_days=manifest.key_rotation_days,
        rate=exchange_rate(start),
        tax=consumption_tax(start),
        start=start,
    )


def stacks_of(manifests: list[Manifest]) -> list[dict[str, Any]]:
    """The templates of tenants. The CDK takes seconds to load: only who needs them pays for it."""
    from ops.tenants.synthesis import synthesise

    with tempfile.TemporaryDirectory() as directory, screen.status("組み立てています…"):
        made = synthesise(manifests, Path(directory), builtin_validation=False)
    return [dict(tenant.stacks) for tenant in made]


def _warnings(made: Estimate, today: date) -> list[str]:
    used = {line.price for line in made.lines if line.price is not None}
    return warnings([*used, made.rate, made.tax], today)


def _json(made: Estimate, today: date) -> dict[str, Any]:
    load_ = made.load
    return {
        "workload": {
            "model": load_.model.id,
            "cases": load_.cases,
            "staff": load_.staff,
            "requests": load_.requests,
            "unverifiedAssumptions": load_.model.unverified,
        },
        "monthly_usd": made.monthly_usd,
        "idle_monthly_usd": made.idle_monthly_usd,
        "monthly_usd_with_free_tiers": made.monthly_usd_with_free_tiers,
        "monthly_jpy": made.monthly_jpy,
        "exchange_rate": asdict(made.rate),
        "tax": asdict(made.tax),
        "years": [asdict(year) | {"jpy": year.jpy} for year in made.years],
        "fiscal_years": [asdict(year) | {"jpy": year.jpy} for year in made.fiscal_years],
        "lines": [
            {
                "stack": line.stack,
                "resource": line.resource,
                "type": line.type,
                "price": asdict(line.price) if line.price else None,
                "quantity": line.quantity,
                "what": line.what,
                "usd": line.usd,
                "without_use": line.kept,
            }
            for line in made.lines
        ],
        "options": [asdict(option) for option in OPTIONS],
        "warnings": _warnings(made, today),
    }


def _show(made: Estimate, today: date) -> None:
    load_ = made.load
    out.print(
        f"ケース 年{load_.cases}件、職員 {load_.staff}人、要求 月{load_.requests:,}回"
        f"(使い方の想定 {load_.model.id})"
    )
    table = Table("資源", "価格表の行", "単価", "数量", "月額", title="1年目の平均の月額(米ドル)")
    for column in (2, 3, 4):
        table.columns[column].justify = "right"
    for line in sorted(made.lines, key=lambda line: -line.usd):
        table.add_row(*_cells(line))
    out.print(table)
    out.print(
        f"月額 {made.monthly_usd:.2f} ドル(無料枠を1団体で使えるなら "
        f"{made.monthly_usd_with_free_tiers:.2f} ドル)、"
        f"だれも使わない月は {made.idle_monthly_usd:.2f} ドル"
    )
    out.print(
        f"税込みの月額 {made.monthly_jpy:,} 円"
        f"(1ドル {made.rate.jpy} 円、消費税 {made.tax.percent}%)"
    )
    years = Table("期間", "月数", "米ドル", "税抜き(円)", "消費税(円)", "税込み(円)")
    for column in range(1, 6):
        years.columns[column].justify = "right"
    for year in [*made.years, *made.fiscal_years]:
        years.add_row(
            year.label,
            str(year.months),
            f"{year.usd:.2f}",
            f"{year.jpy_before_tax:,}",
            f"{year.tax:,}",
            f"{year.jpy:,}",
        )
    out.print(years)
    out.print("ここに含まない選択肢:")
    for option in OPTIONS:
        out.print(f"  {option.name}: {option.price}", soft_wrap=True)
    for warning in _warnings(made, today):
        out.print(warning, soft_wrap=True)
    out.print(
        f"確かめていない想定: {len(load_.model.unverified)} 件"
        "(値と出典は使い方の想定のファイルにあります)",
        soft_wrap=True,
    )


def _cells(line: Line) -> tuple[str, ...]:
    if line.price is None:
        return line.type, f"無料({line.what})", "", f"{line.quantity} 個", "0"
    return (
        line.resource,
        f"{line.price.item}: {line.what}",
        f"{line.price.usd} / {line.price.unit}",
        f"{line.quantity:,.4f}".rstrip("0").rstrip("."),
        f"{line.usd:.4f}",
    )


@app.command()
@says_what_is_wrong
def coverage(
    files: Annotated[list[Path], typer.Argument(help="自治体の設定ファイル(いくつでも)")],
    as_json: AsJson = False,
) -> None:
    """請求用のタグが付くもの、付けられないものと、その費用の行き先を示します。"""
    manifests = list(load_all(files))
    found = cover(list(zip(manifests, stacks_of(manifests), strict=True)))
    if as_json:
        print_json([asdict(one) | {"share": one.share} for one in found])
        return
    out.print(_coverage_table(found))


def _coverage_table(found: list[Coverage]) -> Table:
    table = Table("種類", "料金", "数", "タグあり", "付かないものの費用の行き先")
    for column in (2, 3):
        table.columns[column].justify = "right"
    for one in found:
        table.add_row(
            one.type, "あり" if one.billable else "なし", str(one.count), str(one.tagged), one.rule
        )
    return table


@app.command()
@says_what_is_wrong
def budget(
    tenant: Annotated[Path, typer.Option(help="自治体の設定ファイル", exists=True)],
    usd: Annotated[str, typer.Option(help="1か月の予算(米ドル、例 3.00)")],
    to: Annotated[Path, typer.Option(help="書き出す雛形(JSON)")],
    force: Force = False,
) -> None:
    """タグ別の予算の知らせ(選択肢)の雛形を書きます。請求を受けるアカウントに配備します。"""
    made = budget_template(load(tenant), amount_of(usd, "--usd"))
    new_file(to, force=force).write_text(json_text(made), "utf-8")
    option = next(option for option in OPTIONS if option.id == "budget-by-tag")
    out.print(f"{to} を書きました。料金: {option.price}", soft_wrap=True)
