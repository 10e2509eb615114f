"""`soudan policy …`: what the running rules let whom see and do."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lambdas.casework.policy_matrix import legend, markdown, sections

app = typer.Typer(help="動いている規則を確かめます。", no_args_is_help=True)

# How docs/policy-matrix.md is made again.
RENEW = "soudan policy matrix --markdown > docs/policy-matrix.md"


@app.callback()
def root() -> None:
    """動いている規則を確かめます。"""


@app.command()
def matrix(
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="docs/policy-matrix.md の形で出力する")
    ] = False,
) -> None:
    """だれが(役割)、何を(情報区分)、どんなときに(状況)見られるかを、規則そのものから作ります。"""
    if as_markdown:
        typer.echo(markdown(RENEW), nl=False)
        return
    console = Console()
    console.print(_table("印と区分", ("印", "意味"), legend()))
    for section in sections():
        rows = [(label, *cells) for label, cells in section.rows]
        console.print(_table(section.title, section.columns, rows))


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", show_lines=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
