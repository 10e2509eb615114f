"""`soudan cost prices …`: two books compared, the provider's list taken over."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from lambdas.casework.clock import JST
from ops.costs.book import all_prices, diff, holding, write_prices
from ops.costs.commands.app import (
    AsJson,
    Force,
    app,
    new_file,
    out,
    print_json,
    says_what_is_wrong,
)
from ops.costs.importer import import_list

prices = typer.Typer(help="価格表を比べ、提供者の料金表を取り込みます。", no_args_is_help=True)
app.add_typer(prices, name="prices")


@prices.command("diff")
@says_what_is_wrong
def compare(
    before: Annotated[Path, typer.Argument(help="前の価格表(CSV)", exists=True, dir_okay=False)],
    after: Annotated[Path, typer.Argument(help="後の価格表(CSV)", exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """2つの価格表の、単価の違う行と、片方にしかない行を示します。"""
    books = [
        holding(all_prices(path), None, key=lambda price: price.row) for path in (before, after)
    ]
    changes = diff(*books)
    if as_json:
        print_json(
            [
                {
                    "service": change.row[0],
                    "item": change.row[1],
                    "before": change.before.usd if change.before else None,
                    "after": change.after.usd if change.after else None,
                    "percent": change.percent,
                }
                for change in changes
            ]
        )
        return
    table = Table("行", "前", "後", "変化", "出典", title="単価の違い(米ドル)")
    for change in changes:
        table.add_row(
            " / ".join(change.row),
            f"{change.before.usd} / {change.before.unit}" if change.before else "なし",
            f"{change.after.usd} / {change.after.unit}" if change.after else "なし",
            "" if change.percent is None else f"{change.percent:+.1f}%",
            change.after.source if change.after else "",
        )
    out.print(table if changes else "単価の違いはありません。")


@prices.command("import")
@says_what_is_wrong
def take_over(
    file: Annotated[
        Path,
        typer.Argument(help="提供者の料金表ファイル(JSON か CSV)", exists=True, dir_okay=False),
    ],
    book: Annotated[Path, typer.Option(help="今の価格表(CSV)", exists=True, dir_okay=False)],
    to: Annotated[Path, typer.Option(help="書き出す価格表(CSV)")],
    force: Force = False,
) -> None:
    """提供者の料金表から、価格表にある行の単価を取り込み、日付つきの新しい行にします。"""
    target = new_file(to, force=force)
    taken = import_list(file, all_prices(book), read_on=datetime.now(JST).date())
    write_prices(target, taken.prices)
    out.print(f"{to} を書きました。新しい行は {len(taken.added)} 件です。", soft_wrap=True)
    for price in taken.added:
        out.print(
            f"  {price.service} / {price.item}: {price.usd} / {price.unit}"
            f"({price.valid_from} から)",
            soft_wrap=True,
        )
    for usage_type in taken.missing:
        out.print(f"料金表にない使用の種類: {usage_type}(前の行のままです)", soft_wrap=True)
    for usage_type in taken.ambiguous:
        out.print(
            f"単価が2つ以上ある使用の種類: {usage_type}(前の行のままです。手で確かめてください)",
            soft_wrap=True,
        )
