"""`soudan`: the one command line for vendors and operations (texts in Japanese)."""

import os

import typer

from ops.audit.cli import app as audit
from ops.cases.cli import app as cases
from ops.local.cli import app as local
from ops.paths import BIN
from ops.registers.cli import app as registers
from ops.tenants.cli import app as tenants

app = typer.Typer(
    name="soudan",
    help="相談記録プラットフォームの運用コマンドです。",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
app.add_typer(tenants, name="tenant")
app.add_typer(registers, name="register")
app.add_typer(cases, name="case")
app.add_typer(audit, name="audit")
app.add_typer(local, name="local")


@app.callback()
def root() -> None:
    """相談記録プラットフォームの運用コマンドです。"""


def main() -> None:
    # The CDK runs on the Node that was installed with us, whatever else the machine has.
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    app()
