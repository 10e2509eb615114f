"""`soudan cost ledger …`: the tenants' own counts fetched into one file."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from infra.manifest import load_all
from infra.policy.template import resources
from ops.costs.commands.app import WRONG, app, out, says_what_is_wrong, screen
from ops.costs.commands.estimates import stacks_of
from ops.costs.inputs import month_of
from ops.costs.ledger import keep, read_ledger, write_ledger
from ops.costs.pricing_rules import FIXED
from ops.live import NotDeployedError, find
from ops.registers.register import RegistrationError

ledger = typer.Typer(help="各環境が自分で数えた量を集めます。", no_args_is_help=True)
app.add_typer(ledger, name="ledger")


@ledger.command("pull")
@says_what_is_wrong
def fetch(
    tenants: Annotated[list[Path], typer.Argument(help="自治体の設定ファイル(いくつでも)")],
    month: Annotated[str, typer.Option(help="月(例 2026-10)")],
    to: Annotated[Path, typer.Option(help="計量の記録のファイル(あれば書き足す)")],
) -> None:
    """各環境から月の計量を受け取り、1つのファイルにまとめます。何度行っても二重になりません。

    終了コード 0: すべて受け取った、1: 受け取れない環境があった(受け取れた分は書いた)
    """
    # It knows the names of the stack, and the CDK takes seconds to load.
    from ops.costs.pull import pull

    day = month_of(month, "--month")
    manifests = list(load_all(tenants))
    found = read_ledger(to if to.exists() else None)
    missing = 0
    for path, manifest, stacks in zip(tenants, manifests, stacks_of(manifests), strict=True):
        fixed: dict[str, Decimal] = defaultdict(Decimal)
        for template in stacks.values():
            for _, kind, properties in resources(template):
                for row, quantity in FIXED[kind](properties) if kind in FIXED else ():
                    fixed["/".join(row)] += quantity
        try:
            entry, metrics = pull(find(path), day, fixed)
        except (NotDeployedError, RegistrationError) as error:
            screen.print(str(error), soft_wrap=True, markup=False)
            missing += 1
            continue
        keep(found, entry)
        note = "" if metrics else "。提供者の指標は読めないため、自分で数えた量だけです"
        whole = "" if entry.complete else f"。まだ {entry.days} 日分です"
        out.print(
            f"{manifest.municipality}: 要求 {entry.requests:,}、職員 {entry.staff} 人、"
            f"支援中のケース {entry.open_cases} 件{whole}{note}",
            soft_wrap=True,
        )
    write_ledger(to, found.values())
    if missing:
        raise typer.Exit(WRONG)
