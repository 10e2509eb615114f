"""`soudan local …`: the local cloud and its demo tenant."""

import json
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ops.api_client import SignInError, TotpSource
from ops.live import NotDeployedError, find
from ops.local import assets
from ops.local.cloud import CloudError, the_cloud
from ops.local.deploy import deploy
from ops.local.seed import accounts_file, seed
from ops.paths import ROOT
from ops.registers.register import RegistrationError

app = typer.Typer(
    help="手元のクラウド(この機械の中だけで動く試用環境)を扱います。", no_args_is_help=True
)

DEMO = ROOT / "tenants" / "122041-demo.yaml"

# Below the home of the local cloud: its program, and the clouds of tests and measurements.
_NO_DATA = frozenset({"ministack", "test", "bench"})

_progress = Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]
Manifest = Annotated[Path, typer.Argument(help="テナントの設定ファイル", exists=True)]


def _say(text: str) -> None:
    _progress.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}")


@app.command()
def up(
    manifest: Manifest = DEMO,
    as_json: AsJson = False,
) -> None:
    """起動し、配備し、練習用のデータを入れて、画面のアドレスと利用者を表示します。

    何度実行してもよく、済んでいることは繰り返しません。
    """
    cloud = the_cloud()
    try:
        if not cloud.is_up():
            _say("手元のクラウドを起動しています")
        cloud.start()
        _say("関数のプログラムを用意しています")
        assets.build("host")
        deploy(cloud, [manifest], say=_say)
        kept = accounts_file(cloud.home, manifest)
        before = kept.read_bytes() if kept.is_file() else None
        known = seed(find(manifest, cloud), kept, say=_say)
        if kept.read_bytes() != before:
            # State is written at an orderly stop only: this makes what was entered survive a crash.
            _say("ここまでの状態を保存しています")
            cloud.stop()
            cloud.start()
    except (CloudError, NotDeployedError, SignInError, RegistrationError) as error:
        _progress.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(known, ensure_ascii=False))
        return
    _show(known)


@app.command()
def down(as_json: AsJson = False) -> None:
    """止めます。データは残ります。"""
    try:
        the_cloud().stop()
    except CloudError as error:
        _progress.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error
    _say("手元のクラウドを止めました(データは残っています)")
    if as_json:
        typer.echo(json.dumps({"running": False}))


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="確認せずに消す")] = False,
    as_json: AsJson = False,
) -> None:
    """手元のクラウドを止め、そのデータをすべて消します。"""
    cloud = the_cloud()
    if not yes:
        typer.confirm(f"{cloud.home} のデータをすべて消します。よろしいですか?", abort=True)
    cloud.stop()
    for path in cloud.home.iterdir() if cloud.home.is_dir() else ():
        if path.name not in _NO_DATA:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    _say("手元のデータを消しました")
    if as_json:
        typer.echo(json.dumps({"running": False, "deleted": str(cloud.home)}))


@app.command()
def code(
    login_id: Annotated[str, typer.Argument(help="利用者ID")],
    manifest: Annotated[Path, typer.Option(help="テナントの設定ファイル")] = DEMO,
    as_json: AsJson = False,
) -> None:
    """練習用の利用者の、いまの確認コード(6桁)を表示します。"""
    kept = accounts_file(the_cloud().home, manifest)
    accounts = json.loads(kept.read_text())["accounts"] if kept.is_file() else []
    account = next((a for a in accounts if a["loginId"] == login_id), None)
    if account is None:
        _progress.print(f"[red]{login_id} という練習用の利用者はいません。[/red]")
        raise typer.Exit(1)
    current = TotpSource(account["totpSecret"]).code()
    typer.echo(json.dumps({"loginId": login_id, "code": current}) if as_json else current)


def _show(known: dict[str, object]) -> None:
    console = Console()
    console.print(f"\n画面: [bold]{known['url']}[/bold]\n")
    table = Table("利用者ID", "氏名", "役割", "パスワード", title="練習用の利用者")
    for account in known["accounts"]:  # type: ignore[attr-defined]  # JSON
        table.add_row(
            account["loginId"], account["displayName"], account["role"], account["password"]
        )
    console.print(table)
    console.print("確認コード(6桁): [bold].venv/bin/soudan local code 利用者ID[/bold]\n")
