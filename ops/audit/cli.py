"""`soudan audit …`: is the trail of who saw and changed what whole?"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from infra.manifest import ManifestError
from ops.live import LiveTenant, NotDeployedError, find
from ops.registers.register import RegistrationError, invoke_job

app = typer.Typer(help="閲覧・変更の記録(監査証跡)を検証します。", no_args_is_help=True)

_progress = Console(stderr=True)
Tenant = Annotated[Path, typer.Option(help="テナントの設定ファイル", exists=True)]
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]

_KINDS = {
    "event": "記録が書き換えられています",
    "chain": "記録のつながりが切れています",
    "content": "様式の内容が記録と合いません",
    "seal": "日ごとの封印が合いません",
}


@app.command()
def verify(tenant: Tenant, as_json: AsJson = False) -> None:
    """変更の記録のつながり、様式の内容、日ごとの封印を確かめます。

    検証はテナントの中で行い、件数とケース番号だけを受け取ります。運用の担当者が相談の記録を
    読むことはありません。終了コード 0: 異常なし、1: 異常あり、2: 検証できない
    """
    answer = _run(tenant, "verify")
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(
            f"記録 {answer['events']} 件、ケース {answer['cases']} 件、封印 {answer['seals']} 日分"
            f"(最後 {answer['lastSeal'] or 'なし'})、まだ封印されていない記録 "
            f"{answer['unsealed']} 件"
        )
        for problem in answer["problems"]:
            typer.echo(f"異常: {_KINDS[problem['kind']]}: {problem['where']} ({problem['text']})")
        if not answer["problems"]:
            typer.echo("異常はありません。")
    if answer["problems"]:
        raise typer.Exit(1)


@app.command()
def seal(tenant: Tenant, as_json: AsJson = False) -> None:
    """昨日までの、まだ封印していない日を封印します(毎晩の自動実行と同じ処理です)。"""
    answer = _run(tenant, "seal")
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        typer.echo("封印した日: " + ("、".join(answer["sealed"]) or "なし"))


def _run(manifest: Path, task: str) -> dict[str, Any]:
    try:
        live: LiveTenant = find(manifest)
        return invoke_job(live, {"task": task})
    except (ManifestError, NotDeployedError, RegistrationError) as error:
        _progress.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error
