"""What the commands have in common: the application, its screens, its way to fail."""

import json
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console

from infra.manifest import ManifestError
from ops.costs.allocation import RuleError
from ops.costs.bill.findings import BillError
from ops.costs.book import BookError
from ops.costs.fleet import FleetError
from ops.costs.inputs import InputError
from ops.costs.invoice.tariff import OfferError
from ops.costs.ledger import LedgerError
from ops.costs.pricing_rules import UnpricedError
from ops.costs.workload import WorkloadError

app = typer.Typer(help="環境の費用を見積もり、計り、請求と突き合わせます。", no_args_is_help=True)

OK, WRONG, UNUSABLE = 0, 1, 2

out = Console()
screen = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]
Force = Annotated[bool, typer.Option("--force", help="同じ名前のファイルがあれば書き換える")]

Given = ParamSpec("Given")
# Errors whose text is for the person at the command line.
_SAID = (
    BillError,
    BookError,
    FleetError,
    OfferError,
    InputError,
    LedgerError,
    ManifestError,
    RuleError,
    UnpricedError,
    WorkloadError,
)


def says_what_is_wrong(command: Callable[Given, None]) -> Callable[Given, None]:
    """Ends a command with the text of an error that is for people, and code 2."""

    @wraps(command)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except _SAID as error:
            screen.print(str(error), soft_wrap=True, markup=False, highlight=False)
            raise typer.Exit(UNUSABLE) from error

    return run


def print_json(value: Any) -> None:
    sys.stdout.write(json_text(value))


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case date():
            return value.isoformat()
    raise TypeError(type(value).__name__)


def new_file(path: Path, *, force: bool) -> Path:
    """Raises InputError when the file is there, or could not be written."""
    if path.exists() and not force:
        raise InputError(f"{path} はすでにあります。書き換えるときは --force を付けてください。")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} がありません。フォルダーを作ってから実行してください。")
    return path
