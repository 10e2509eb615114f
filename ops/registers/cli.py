"""`soudan register …`: the first agencies and people of a new tenant."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from infra.manifest import ManifestError
from lambdas.casework.clock import JST
from lambdas.casework.forms import labels
from ops.live import NotDeployedError, find
from ops.registers.register import NewAgency, NewStaff, Outcome, RegistrationError, register

app = typer.Typer(help="テナントに機関と利用者を登録します。", no_args_is_help=True)

_THERE = "{} はすでに登録されています。何も変えていません。"
_progress = Console(stderr=True)
Tenant = Annotated[Path, typer.Option(help="テナントの設定ファイル", exists=True)]
OrderedBy = Annotated[str, typer.Option(help="依頼した人(監査の記録に残ります)")]
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]
Id = Annotated[str, typer.Argument(help="半角の英小文字・数字・ハイフン", metavar="ID")]


def _choices(code_list: str) -> str:
    return "、".join(f"{code}={label}" for code, label in labels(code_list).items())


@app.command()
def agency(
    agency_id: Id,
    tenant: Tenant,
    name: Annotated[str, typer.Option(help="機関の名称")],
    kind: Annotated[str, typer.Option(help=f"機関種別: {_choices('agency-kind')}")],
    ordered_by: OrderedBy,
    every_case: Annotated[
        str | None,
        typer.Option(
            help="すべてのケースに加わる機関だけ指定する: municipality=主管課、"
            "coordinator=多機関協働事業者"
        ),
    ] = None,
    contract_from: Annotated[
        datetime | None,
        typer.Option(
            help="多機関協働事業の委託契約の始まり(委託のときは必ず。なければケースは見えない)",
            formats=["%Y-%m-%d"],
        ),
    ] = None,
    contract_to: Annotated[
        datetime | None, typer.Option(help="委託契約の終わり", formats=["%Y-%m-%d"])
    ] = None,
    as_json: AsJson = False,
) -> None:
    """機関を登録します。すでにある機関は変えません。"""
    _known(kind, "agency-kind", "--kind")
    if every_case not in (None, "municipality", "coordinator"):
        _fail("--every-case には municipality か coordinator を指定してください。")
    made = NewAgency(
        agency_id=agency_id,
        name=name,
        kind=kind,
        member_kind=every_case,
        contract_from=contract_from.date() if contract_from else None,
        contract_to=contract_to.date() if contract_to else None,
    )
    entered = bool(_register(tenant, [made], [], ordered_by).entered)
    if as_json:
        typer.echo(json.dumps({"agencyId": agency_id, "entered": entered}))
    else:
        typer.echo(f"登録しました: {agency_id}" if entered else _THERE.format(agency_id))


@app.command()
def staff(
    login_id: Id,
    tenant: Tenant,
    name: Annotated[str, typer.Option(help="氏名")],
    role: Annotated[str, typer.Option(help=f"役割: {_choices('role')}")],
    agency_id: Annotated[str, typer.Option("--agency", help="機関のID")],
    ordered_by: OrderedBy,
    valid_to: Annotated[
        datetime | None, typer.Option(help="利用期間の終わり", formats=["%Y-%m-%d"])
    ] = None,
    as_json: AsJson = False,
) -> None:
    """利用者を登録し、最初のパスワードを一度だけ表示します。

    本人は最初のサインインでパスワードを変え、認証アプリを登録します。
    """
    _known(role, "role", "--role")
    person = NewStaff(
        staff_id=f"staff-{login_id}",
        login_id=login_id,
        display_name=name,
        role=role,
        agency_id=agency_id,
        valid_from=_today(),
        valid_to=valid_to.date() if valid_to else None,
    )
    outcome = _register(tenant, [], [person], ordered_by)
    password = outcome.passwords.get(login_id)
    if as_json:
        typer.echo(json.dumps({"loginId": login_id, "temporaryPassword": password}))
    elif password is None:
        typer.echo(_THERE.format(login_id))
    else:
        typer.echo(
            f"登録しました: {login_id}\n最初のパスワード(本人に手渡してください): {password}"
        )


def _register(
    tenant: Path, agencies: list[NewAgency], people: list[NewStaff], ordered_by: str
) -> Outcome:
    try:
        return register(find(tenant), agencies=agencies, staff=people, ordered_by=ordered_by)
    except (ManifestError, NotDeployedError, RegistrationError) as error:
        _fail(str(error))


def _known(code: str, code_list: str, option: str) -> None:
    if code not in labels(code_list):
        _fail(f"{option} は次のどれかで指定してください: {_choices(code_list)}")


def _fail(text: str) -> NoReturn:
    _progress.print(f"[red]{text}[/red]")
    raise typer.Exit(1)


def _today() -> date:
    return datetime.now(JST).date()
