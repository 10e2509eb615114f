"""`soudan`: the one command line for vendors and operations (texts in Japanese)."""

import typer

app = typer.Typer(
    name="soudan",
    help="相談記録プラットフォームの運用コマンドです。",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def root() -> None:
    """相談記録プラットフォームの運用コマンドです。"""


def main() -> None:
    app()
