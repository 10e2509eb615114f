"""`soudan case …`: bringing cases in from a つなぐシート."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from infra.manifest import ManifestError
from ops.api_client import SignInError, TenantClient
from ops.cases.importer import (
    ImportStoppedError,
    Report,
    import_rows,
    registers,
)
from ops.cases.reader import RefusedRow, Row, read_workbook
from ops.cases.sheet import CASES
from ops.cases.workbook import UnreadableError, open_workbook
from ops.cases.writer import SheetCase, write_workbook
from ops.demo.households import DEMO_DATE, FUNABASHI, agency_names, demo_tenant
from ops.live import NotDeployedError, find
from ops.signing_in import sign_in

app = typer.Typer(help="ケース(相談の記録)を取り込みます。", no_args_is_help=True)

ALL_IN, SOME_NOT, UNUSABLE, BROKEN_OFF = 0, 1, 2, 3

_progress = Console(stderr=True)
Force = Annotated[bool, typer.Option("--force", help="同じ名前のファイルがあれば書き換える")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="つなぐシート(.xlsx)")],
    tenant: Annotated[Path, typer.Option(help="テナントの設定ファイル")],
    user: Annotated[
        str | None,
        typer.Option(help="取り込む人の利用者ID(省略: 練習用の管理者、ほかは入力を求める)"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="調べるだけで、何も保存しない")
    ] = False,
) -> None:
    """つなぐシートを1行ずつ取り込みます。同じ行を二度取り込むことはありません。

    終了コード

    0: すべて取り込まれている

    1: 取り込まなかった行か、前回の取込から内容が変わった行がある

    2: ファイルか設定が使えない

    3: 途中で止まった(もう一度実行すると続きから取り込みます)
    """
    try:
        open_workbook(file)  # before anybody is asked for a password
        live = find(tenant)
        with TenantClient(live.url) as client:
            sign_in(client, live, tenant, user)
            known = registers(client)
            rows = read_workbook(file, agencies=known.agencies, own_agency=known.own_agency)
            if not rows:
                raise UnreadableError(
                    f"シート「{CASES}」に記入された行がありません。2行目から書いてください。"
                )
            report = _checked(rows) if dry_run else _imported(client, rows)
    except (UnreadableError, ManifestError, NotDeployedError) as error:
        _fail(str(error), UNUSABLE)
    except (ImportStoppedError, SignInError) as error:
        _fail(f"何も取り込んでいません。{error}", BROKEN_OFF)
    except httpx.RequestError:
        _fail("何も取り込んでいません。テナントに接続できません。", BROKEN_OFF)
    if as_json:
        typer.echo(json.dumps(_machine(report, dry_run=dry_run), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(_told(report, dry_run=dry_run)))
    raise typer.Exit(_exit_code(report))


@app.command()
def template(
    file: Annotated[Path, typer.Argument(help="作るファイル(.xlsx)")], force: Force = False
) -> None:
    """つなぐシートの空のひな形を作ります。"""
    _refuse_to_overwrite(file, force=force)
    _write(file)
    typer.echo(f"{file} を作りました。")


@app.command("demo-file")
def demo_file(
    file: Annotated[Path, typer.Argument(help="作るファイル(.xlsx)")],
    lg_code: Annotated[str, typer.Option(help="全国地方公共団体コード(6桁)")] = FUNABASHI,
    force: Force = False,
) -> None:
    """練習用の24世帯を書いたつなぐシートを作ります(すべて架空です)。"""
    _refuse_to_overwrite(file, force=force)
    try:
        demo = demo_tenant(lg_code=lg_code, today=DEMO_DATE)
    except KeyError:
        _fail("この番号の市区町村はありません。検査数字を含む6桁で書いてください。", UNUSABLE)
    cases = [SheetCase(control_number=i.control_number, data=i.data) for i in demo.intakes]
    _write(file, cases, agencies=agency_names(demo.agencies))
    typer.echo(f"{file} を作りました({len(cases)}件)。")


def _imported(client: TenantClient, rows: Sequence[Row | RefusedRow]) -> Report:
    columns = (TextColumn("取り込んでいます"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=_progress) as progress:
        task = progress.add_task("", total=len(rows))
        return import_rows(client, rows, after_each=lambda: progress.advance(task))


def _checked(rows: Sequence[Row | RefusedRow]) -> Report:
    return Report(
        unsent=tuple(row for row in rows if isinstance(row, Row)),
        refused=tuple(row for row in rows if isinstance(row, RefusedRow)),
    )


def _exit_code(report: Report) -> int:
    if report.stopped is not None:
        return BROKEN_OFF
    return SOME_NOT if report.refused or report.changed else ALL_IN


def _told(report: Report, *, dry_run: bool) -> list[str]:
    """The report for a clerk; it names places, never what stands there."""
    if dry_run:
        lines = [f"取り込める行 {len(report.unsent)}件(調べただけで、保存していません)"]
    else:
        lines = [f"取り込んだ行 {len(report.saved)}件"]
        if report.known:
            lines.append(f"すでに取り込まれていた行 {len(report.known)}件")
    lines.append(f"取り込まなかった行 {len(report.refused)}件")
    for refused in report.refused:
        lines += [f"  {f.place}: {f.wrong} {f.write}".rstrip() for f in refused.faults]
    if report.changed:
        lines.append(
            f"前回の取込から内容が変わった行 {len(report.changed)}件"
            "(今の内容は保存していません。画面でケースを開いて直してください)"
        )
        lines += [
            f"  シート「{known.row.sheet}」{known.row.row}行 {known.case_id or ''}".rstrip()
            for known in report.changed
        ]
    rows = (*(saved.row for saved in report.saved), *report.unsent)
    notices = [
        f"  シート「{row.sheet}」{row.row}行: {text}" for row in rows for text in row.notices
    ]
    if notices:
        lines += ["お知らせ", *notices]
    if report.stopped is not None:
        lines.append(
            f"途中で止まりました: {report.stopped}まだの行 {len(report.unsent)}件。"
            "もう一度実行すると、続きから取り込みます(同じ行が二度入ることはありません)。"
        )
    return lines


def _machine(report: Report, *, dry_run: bool) -> Mapping[str, Any]:
    """The report for machines: the same, with rows by number and case ids."""
    return {
        "dryRun": dry_run,
        "saved": [
            {"row": s.row.row, "caseId": s.case_id, "notices": s.row.notices} for s in report.saved
        ],
        "alreadyImported": [
            {"row": k.row.row, "caseId": k.case_id, "sameContent": k.same_content}
            for k in report.known
        ],
        "refused": [
            {
                "sheet": refused.sheet,
                "row": refused.row,
                "faults": [
                    {
                        "sheet": f.place.sheet,
                        "row": f.place.row,
                        "column": f.place.letter,
                        "heading": f.place.heading,
                        "wrong": f.wrong,
                        "write": f.write,
                    }
                    for f in refused.faults
                ],
            }
            for refused in report.refused
        ],
        "notSent": [{"row": row.row, "notices": row.notices} for row in report.unsent],
        "stopped": report.stopped,
    }


def _write(
    file: Path, cases: Sequence[SheetCase] = (), *, agencies: Mapping[str, str] | None = None
) -> None:
    try:
        write_workbook(file, cases, agencies=agencies)
    except OSError:
        _fail(
            f"{file} に書き込めません。フォルダーがあるか、書き込めるかを確かめてください。",
            UNUSABLE,
        )


def _refuse_to_overwrite(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        _fail(f"{file} はすでにあります。書き換えるときは --force を付けてください。", UNUSABLE)


def _fail(text: str, code: int) -> NoReturn:
    _progress.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
