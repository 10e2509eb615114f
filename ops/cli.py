"""`soudan`: the one command line for vendors and operations (texts in Japanese)."""

import os

import typer

from ops.appraisal.cli import app as appraisal
from ops.audit.cli import app as audit
from ops.cases.cli import app as cases
from ops.costs.cli import app as costs
from ops.drills.cli import app as drills
from ops.fleet.cli import app as fleet
from ops.local.cli import app as local
from ops.offers.cli import app as offers
from ops.paths import BIN
from ops.policy.cli import app as policy
from ops.registers.cli import app as registers
from ops.releases.cli import app as releases
from ops.statistics.cli import app as statistics
from ops.tenants.cli import app as tenants
from ops.vendors.cli import app as vendors

app = typer.Typer(
    name="soudan",
    help="相談記録プラットフォームの運用コマンドです。",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
app.add_typer(tenants, name="tenant")
app.add_typer(vendors, name="vendor")
app.add_typer(fleet, name="fleet")
app.add_typer(drills, name="drill")
app.add_typer(releases, name="release")
app.add_typer(registers, name="register")
app.add_typer(cases, name="case")
app.add_typer(statistics, name="statistics")
app.add_typer(costs, name="cost")
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")
app.add_typer(offers, name="offer")
app.add_typer(appraisal, name="appraise")
app.add_typer(local, name="local")


@app.callback()
def root() -> None:
    """相談記録プラットフォームの運用コマンドです。"""


def main() -> None:
    # The CDK runs on the Node that was installed with us, whatever else the machine has.
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    app()
