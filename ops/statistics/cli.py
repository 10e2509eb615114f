"""`soudan statistics …`: the report as Excel or CSV, and the baseline sheet."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console

from infra.manifest import ManifestError
from lambdas.casework.clock import JST
from lambdas.casework.statistics.definitions import definitions
from lambdas.casework.statistics.periods import NotAPeriodError, Period
from lambdas.papers import report_layout as layouts
from lambdas.papers.report import write_report
from ops.api_client import SignInError, TenantClient
from ops.cases.workbook import UnreadableError
from ops.live import NotDeployedError, find
from ops.signing_in import sign_in
from ops.statistics.baseline import Baseline, BaselineError, read_sheet, write_sheet

app = typer.Typer(help="実績の集計と、効果の測定の記録を扱います。", no_args_is_help=True)

UNUSABLE, REFUSED = 2, 3

_screen = Console(stderr=True)
Force = Annotated[bool, typer.Option("--force", help="同じ名前のファイルがあれば書き換える")]
Use = Annotated[str, typer.Option("--for", help="publication(公表用)か report(報告用の実数)")]


@app.command()
def report(
    file: Annotated[Path, typer.Argument(help="作るファイル(.xlsx か .csv)")],
    tenant: Annotated[Path, typer.Option(help="自治体の設定ファイル")],
    year: Annotated[str, typer.Option(help="年度(例 2026)")],
    use: Use = "report",
    layout: Annotated[Path | None, typer.Option(help="配置ファイル(省略: 標準の配置)")] = None,
    baseline: Annotated[Path | None, typer.Option(help="記入済みの事前の記録(.xlsx)")] = None,
    user: Annotated[
        str | None,
        typer.Option(help="利用者ID(省略: 練習用の管理者、ほかは入力を求める)"),
    ] = None,
    force: Force = False,
) -> None:
    """年度の実績を Excel か CSV に書き出します。

    終了コード

    0: 書き出した

    2: ファイルか設定が使えない

    3: サインインできない、または許可されていない
    """
    if file.suffix.lower() not in (".xlsx", ".csv"):
        _fail(["ファイルの名前を .xlsx か .csv で終わらせてください。"], UNUSABLE)
    _refuse_to_overwrite(file, force=force)
    _check_year(year)
    if use not in ("publication", "report"):
        _fail(["--for は publication か report にしてください。"], UNUSABLE)
    try:
        shape = layouts.read(layout) if layout else layouts.read()
        live = find(tenant)
        with TenantClient(live.url) as client:
            sign_in(client, live, tenant, user)
            if file.suffix.lower() == ".csv":
                file.write_bytes(_asked(client, year, use, "csv").content)
            else:
                found = _asked(client, year, use, "json").json()
                before = _baseline(baseline, found["firstRecordOn"])
                write_report(
                    file,
                    found,
                    shape,
                    municipality=live.manifest.municipality,
                    baseline=before,
                )
    except layouts.LayoutError as error:
        _fail(["配置ファイルを直してください。", *error.faults], UNUSABLE)
    except BaselineError as error:
        _fail(["事前の記録を直してください。", *error.faults], UNUSABLE)
    except (UnreadableError, ManifestError, NotDeployedError) as error:
        _fail([str(error)], UNUSABLE)
    except SignInError as error:
        _fail([str(error)], REFUSED)
    except httpx.RequestError:
        _fail(["自治体の環境に接続できません。"], REFUSED)
    except OSError:
        _fail([f"{file} に書き込めません。フォルダーを確かめてください。"], UNUSABLE)
    typer.echo(f"{file} を作りました。")


@app.command("baseline-sheet")
def baseline_sheet(
    file: Annotated[Path, typer.Argument(help="作るファイル(.xlsx)")],
    first: Annotated[str, typer.Option("--from", help="最初の日(例 2026-04-06)")],
    force: Force = False,
) -> None:
    """使い始める前の2週間(10開庁日)の作業時間を書く様式を作ります。"""
    _refuse_to_overwrite(file, force=force)
    try:
        days = write_sheet(file, date.fromisoformat(first))
    except ValueError:
        _fail(["--from は 2026-04-06 のように書いてください。"], UNUSABLE)
    except OSError:
        _fail([f"{file} に書き込めません。フォルダーを確かめてください。"], UNUSABLE)
    typer.echo(f"{file} を作りました({days[0].isoformat()} から {days[-1].isoformat()} まで)。")


@app.command("baseline-read")
def baseline_read(
    file: Annotated[Path, typer.Argument(help="記入済みの様式(.xlsx)")],
    first_record: Annotated[
        str | None, typer.Option(help="使い始めの日(例 2026-05-01)。これより前かを調べる")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")] = False,
) -> None:
    """記入済みの事前の記録を調べます。"""
    try:
        since = date.fromisoformat(first_record) if first_record else None
    except ValueError:
        _fail(["--first-record は 2026-05-01 のように書いてください。"], UNUSABLE)
    try:
        found = read_sheet(file, today=_today(), first_record=since)
    except BaselineError as error:
        _fail(error.faults, UNUSABLE)
    except UnreadableError as error:
        _fail([str(error)], UNUSABLE)
    if as_json:
        typer.echo(json.dumps(_machine(found), ensure_ascii=False, indent=1))
        return
    typer.echo(f"{found.first.isoformat()} から {found.last.isoformat()} までの10開庁日")
    titles = {v.id: v.title for v in definitions().volumes}
    for kind, task in found.tasks.items():
        typer.echo(
            f"{titles[kind]}: {task.spread.records}件、中央 {task.spread.median:g}分、"
            f"{task.spread.lower:g}〜{task.spread.upper:g}分"
        )


@app.command()
def layout(
    file: Annotated[Path, typer.Argument(help="作る配置ファイル(.json)")], force: Force = False
) -> None:
    """標準の配置ファイルの写しを作ります。書き換えて report の --layout に渡します。"""
    _refuse_to_overwrite(file, force=force)
    try:
        file.write_bytes(layouts.DEFAULT.read_bytes())
    except OSError:
        _fail([f"{file} に書き込めません。フォルダーを確かめてください。"], UNUSABLE)
    typer.echo(f"{file} を作りました。")


@app.command("layout-check")
def layout_check(file: Annotated[Path, typer.Argument(help="配置ファイル(.json)")]) -> None:
    """配置ファイルの誤りを調べます。"""
    try:
        found = layouts.read(file)
    except layouts.LayoutError as error:
        _fail(error.faults, UNUSABLE)
    typer.echo(f"使えます({len(found.sheets)}シート)。")


@app.command()
def indicators() -> None:
    """集計項目の番号と定義を表示します。"""
    known = definitions()
    for indicator in known.indicators.values():
        manual = "(手入力)" if indicator.manual else ""
        typer.echo(f"{indicator.id}\t{indicator.title}{manual}\t{indicator.definition}")
        for name in indicator.breakdowns:
            codes = "、".join(f"{c} {t}" for c, t in known.breakdowns[name].codes.items())
            typer.echo(f"\t{name}\t{codes}")


def _asked(client: TenantClient, year: str, use: str, form: str) -> httpx.Response:
    answer = client.request(
        "GET", "statistics", params={"period": year, "for": use, "format": form}
    )
    if not answer.is_success:
        try:
            problem = answer.json()
            told = f"{problem['title']}: {problem['detail']}"
        except (ValueError, KeyError, TypeError):
            told = f"相手のシステムが {answer.status_code} を返しました。"
        _fail([told], REFUSED)
    return answer


def _baseline(file: Path | None, first_record: str | None) -> Baseline | None:
    if file is None:
        return None
    since = date.fromisoformat(first_record) if first_record else None
    return read_sheet(file, today=_today(), first_record=since)


def _check_year(year: str) -> None:
    try:
        if Period(year).is_year:
            return
    except NotAPeriodError:
        pass
    _fail(["--year は年度を 2026 のように4桁で書いてください。"], UNUSABLE)


def _machine(found: Baseline) -> dict[str, Any]:
    return {
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "definitions": found.definitions,
        "tasks": {kind: {**vars(task.spread)} for kind, task in found.tasks.items()},
    }


def _today() -> date:
    return datetime.now(JST).date()


def _refuse_to_overwrite(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        _fail([f"{file} はすでにあります。書き換えるときは --force を付けてください。"], UNUSABLE)


def _fail(lines: Sequence[str], code: int) -> NoReturn:
    for line in lines:
        _screen.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
