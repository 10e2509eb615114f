"""`soudan offer …`: offers judged, set side by side, and put to the test."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
from rich.console import Console
from rich.table import Table

from lambdas.casework.clock import JST
from ops.api_client import SignInError
from ops.offers import documents, results
from ops.offers.comparison import SIGNS, Comparison, as_json, compare
from ops.offers.conformance.suite import run
from ops.offers.conformance.system import AccountsError, HttpSystem, read_accounts
from ops.offers.definition import OFFERS, OfferError, load_all
from ops.offers.form import form_text
from ops.offers.functions import function_list
from ops.offers.tariff import Workload, workloads
from ops.problems import print_problems
from ops.reports.html import yen

app = typer.Typer(help="事業者の提案を確かめ、並べて比べ、適合を試験します。", no_args_is_help=True)

UNUSABLE, REFUSED = 2, 3
_REFERENCE = OFFERS / "soudan-reference.yaml"

_out = Console()
_err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]
Force = Annotated[bool, typer.Option("--force", help="同じ名前のファイルがあれば書き換える")]
Files = Annotated[list[Path] | None, typer.Argument(help="提案のファイル(省略: offers/ のすべて)")]
Day = Annotated[str | None, typer.Option("--date", help="この日に有効な金額かを調べる(省略: 今日)")]
Trust = Annotated[
    list[Path] | None,
    typer.Option(help="信頼する公開鍵(省略: offers/conformance/ の .pem)"),
]


@app.command()
def check(files: Files = None, day: Day = None, as_json_: AsJson = False) -> None:
    """提案のファイルを確かめます。誤りがあれば、場所と直し方を示し、終了コードは1です。"""
    chosen = _files(files)
    try:
        offers = load_all(chosen, today=_day(day))
    except OfferError as error:
        if as_json_:
            typer.echo(_text({"ok": False, "problems": [asdict(p) for p in error.problems]}))
        else:
            print_problems(_err, error)
        raise typer.Exit(1) from error
    if as_json_:
        typer.echo(_text({"ok": True, "problems": []}))
        return
    for path, offer in zip(chosen, offers, strict=True):
        told = f"(要確認の数字 {len(offer.unverified)} 行)" if offer.unverified else ""
        _out.print(
            f"{path}: {offer.mark}{offer.product} に誤りはありません{told}。",
            soft_wrap=True,
            markup=False,
        )


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="作るファイル(.yaml)")], force: Force = False
) -> None:
    """提案を書く用紙を作ります。項目と書き方は schemas/offer.schema.json のとおりです。"""
    _may_write(file, (".yaml",), force=force)
    try:
        file.write_text(form_text(), "utf-8")
    except OSError:
        _fail([f"{file} に書き込めません。フォルダーを確かめてください。"])
    typer.echo(f"{file} を作りました。")


@app.command()
def functions(as_json_: AsJson = False) -> None:
    """機能の一覧と、方針のどの文によるか、どう確かめるかを表示します。"""
    known = function_list()
    if as_json_:
        typer.echo(_text({n: asdict(f) for n, f in known.functions.items()}))
        return
    table = Table("番号", "機能", "区分", "方針", "確かめ方")
    for number, function in known.functions.items():
        kind, how = known.classes[function.kind], known.checks[function.how]
        policy = " ".join(function.policy)
        table.add_row(number, function.title, kind, policy, f"{how}: {function.check}")
    _out.print(table)


@app.command("compare")
def compare_(
    files: Files = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(help="規模(cases-3、cases-12 など。何度でも。省略: すべて)"),
    ] = None,
    years: Annotated[int, typer.Option(help="年数", min=1, max=20)] = 5,
    needs: Annotated[
        list[str] | None,
        typer.Option(help="要る機能の番号。ないか分からない提案を除く(何度でも)"),
    ] = None,
    door: Annotated[
        str | None, typer.Option(help="要る入口(closed=閉域、internet)。使えない提案を除く")
    ] = None,
    result: Annotated[
        list[Path] | None,
        typer.Option(help="適合試験の結果(省略: offers/conformance/ の .json)"),
    ] = None,
    trust: Trust = None,
    out: Annotated[Path | None, typer.Option(help="作るファイル(.html、.xlsx、.json)")] = None,
    day: Day = None,
    as_json_: AsJson = False,
    force: Force = False,
) -> None:
    """提案を、同じ仕事の量で並べて比べます。分からない金額は「不明」で、0円とは数えません。

    終了コード

    0: 比べた

    2: ファイルか指定が使えない
    """
    today = _day(day)
    if out is not None:
        _may_write(out, (".html", ".xlsx", ".json"), force=force)
    _known_needs(needs, door)
    found = _compared(_files(files), _profiles(profile), years, today, result, trust)
    found, left_out = found.only(needs or (), door)
    for offer in left_out:
        _err.print(f"条件に合わないため除きました: {offer.mark}{offer.product}", markup=False)
    if not found.offers:
        _fail(["条件に合う提案がありません。--needs か --door を減らしてください。"])
    if out is not None:
        _write(out, found)
    if as_json_:
        typer.echo(_text(as_json(found)))
    elif out is None:
        _print(found)


@app.command()
def key(
    file: Annotated[Path, typer.Argument(help="作る鍵のファイル(.pem)")],
) -> None:
    """適合試験の結果に署名する鍵を作ります。公開鍵は、結果を受け取る人に渡します。"""
    try:
        public = results.new_key(file)
    except FileExistsError:
        _fail([f"{file} はすでにあります。別の名前にしてください。"])
    except OSError:
        _fail([f"{file} に書き込めません。フォルダーを確かめてください。"])
    typer.echo(f"{file} と {public} を作りました。{file} は人に渡さないでください。")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="適合試験の結果(.json)")],
    trust: Trust = None,
    as_json_: AsJson = False,
) -> None:
    """適合試験の結果の署名を確かめます。書き換えられていれば拒みます(終了コード2)。"""
    try:
        found = results.read(file, _trusted(trust))
    except results.ResultError as error:
        _fail([str(error)])
    if as_json_:
        outcomes = {n: asdict(one) for n, one in found.outcomes.items()}
        typer.echo(_text({"offer": found.offer, "version": found.version, "outcomes": outcomes}))
        return
    _print_result(found)


@app.command()
def conformance(
    url: Annotated[str, typer.Option(help="動いているシステムのアドレス(最後は /)")],
    accounts: Annotated[
        Path, typer.Option("--as", help="利用者の一覧(.json。手元の試用環境では .local にある)")
    ],
    key_file: Annotated[
        Path, typer.Option("--key", help="結果に署名する鍵(soudan offer key で作る)")
    ],
    out: Annotated[Path, typer.Option(help="作る結果のファイル(.json)")],
    offer: Annotated[Path, typer.Option(help="どの提案の製品か")] = OFFERS
    / "soudan-reference.yaml",
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="製品が書き出した引渡し用データのフォルダー。指定すると、データ移行も試験する",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    environment: Annotated[str, typer.Option(help="試験をした環境の説明(結果に書く)")] = "検証環境",
    force: Force = False,
) -> None:
    """動いているシステムを、標準APIを通して機能ごとに試験し、結果に署名します。

    架空のケースを書き込みます。検証環境で実行し、本番では実行しないでください。

    終了コード

    0: 不合格がない

    1: 不合格がある(結果は書く)

    2: 指定かファイルが使えない

    3: システムに入れない
    """
    _may_write(out, (".json",), force=force)
    try:
        (of,) = load_all([offer], today=_day(None))
        people = read_accounts(accounts)
        with HttpSystem(url, people) as system, _err.status("試験しています…") as status:
            found = run(
                system,
                offer=of.id,
                version=of.version,
                environment=environment,
                day=_day(None),
                bundle=bundle,
                say=status.update,
            )
        out.write_text(results.signed(found, key_file), "utf-8")
    except OfferError as error:
        print_problems(_err, error)
        raise typer.Exit(UNUSABLE) from error
    except (AccountsError, results.ResultError) as error:
        _fail([str(error)])
    except SignInError as error:
        _fail([str(error)], REFUSED)
    except (httpx.RequestError, httpx.InvalidURL):
        _fail([f"{url} に接続できません。アドレスを確かめてください。"], REFUSED)
    except OSError:
        _fail([f"{out} に書き込めません。フォルダーを確かめてください。"])
    _print_result(found)
    raise typer.Exit(1 if found.count(results.FAILED) else 0)


def _print_result(found: results.Result) -> None:
    _out.print(
        f"{found.offer} {found.version}、{found.day.isoformat()}、試験の版 {found.suite}、"
        f"{found.environment}",
        markup=False,
        soft_wrap=True,
    )
    table = Table("番号", "機能", "結果", "説明")
    for number, one in found.outcomes.items():
        title = function_list().functions[number].title
        table.add_row(number, title, results.OUTCOMES[one.outcome], one.detail)
    _out.print(table)
    counts = "、".join(f"{word} {found.count(o)}" for o, word in results.OUTCOMES.items())
    _out.print(counts)


# --- shared ------------------------------------------------------------------------------------


def _files(files: Sequence[Path] | None) -> list[Path]:
    return list(files) if files else sorted(OFFERS.glob("*.yaml"))


def _profiles(names: Sequence[str] | None) -> list[Workload]:
    known = workloads()
    unknown = [name for name in names or () if name not in known and name != "all"]
    if unknown:
        _fail([f"{unknown[0]} という規模はありません。次のどれかです: all、{'、'.join(known)}"])
    if not names or "all" in names:
        return list(known.values())
    return [known[name] for name in dict.fromkeys(names)]


def _known_needs(needs: Sequence[str] | None, door: str | None) -> None:
    unknown = [need for need in needs or () if need not in function_list().functions]
    if unknown:
        _fail([f"{unknown[0]} という機能はありません。F01 から F66 までの番号を書いてください。"])
    if door not in (None, "closed", "internet"):
        _fail(["--door は closed か internet にしてください。"])


def _compared(
    files: list[Path],
    profiles: list[Workload],
    years: int,
    today: date,
    result: Sequence[Path] | None,
    trust: Sequence[Path] | None,
) -> Comparison:
    try:
        offers = load_all(files, today=today)
        kept = list(result) if result else sorted(results.TRUSTED.glob("*.json"))
        read = [results.read(one, _trusted(trust)) for one in kept]
    except OfferError as error:
        print_problems(_err, error)
        raise typer.Exit(UNUSABLE) from error
    except results.ResultError as error:
        _fail([str(error)])
    return compare(offers, profiles, years=years, day=today, results=read)


def _trusted(trust: Sequence[Path] | None) -> list[Path]:
    return list(trust) if trust else sorted(results.TRUSTED.glob("*.pem"))


def _write(out: Path, found: Comparison) -> None:
    try:
        if out.suffix == ".xlsx":
            documents.write_workbook(out, found)
        elif out.suffix == ".html":
            out.write_text(documents.html(found), "utf-8")
        else:
            out.write_text(_text(as_json(found)) + "\n", "utf-8")
    except OSError:
        _fail([f"{out} に書き込めません。フォルダーを確かめてください。"])
    typer.echo(f"{out} を作りました。", err=True)


def _print(found: Comparison) -> None:
    for profile in found.profiles:
        table = Table(
            "提案", "1年あたり", "1件あたり", f"{found.years}年の合計", "職員の時間", "不明な項目",
            title=f"{profile.name}(税込み)", title_justify="left",
        )  # fmt: skip
        for column in table.columns:
            column.overflow = "fold"
        for offer in found.offers:
            cost = found.costs[profile.id][offer.id]
            if cost.refusal:
                table.add_row(f"{offer.mark}{offer.product}", cost.refusal)
                continue
            total = yen(cost.total, f"不明(分かる分 {yen(cost.known)})")
            hours = f"導入 {cost.hours_once}、毎年 {cost.hours_per_year}"
            table.add_row(
                f"{offer.mark}{offer.product}",
                yen(cost.per_year),
                yen(cost.per_case(profile.cases)),
                total,
                hours,
                "、".join(cost.gaps),
            )
        _out.print(table)
    table = Table("番号", "機能", "区分", *map(str, range(1, len(found.offers) + 1)))
    table.columns[1].overflow = "fold"
    for number, function in function_list().functions.items():
        signs = [found.cells[number][offer.id].sign for offer in found.offers]
        kind = function_list().classes[function.kind]
        table.add_row(number, function.title, kind, *signs)
    _out.print(table)
    for sign, meaning in SIGNS.items():
        _out.print(f"{sign}: {meaning}", markup=False)
    for place, offer in enumerate(found.offers, 1):
        _out.print(f"{place} {offer.mark}{offer.product}", style="bold", markup=False)
        for word in found.words[offer.id]:
            _out.print(f"  {word}", markup=False, soft_wrap=True)
    _out.print("並び順は、現行の次に、作成日で決まる無作為の順です。")


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(JST).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        _fail(["--date は 2026-11-28 のように書いてください。"])


def _may_write(out: Path, endings: Sequence[str], *, force: bool) -> None:
    if out.suffix.lower() not in endings:
        _fail([f"ファイルの名前を {'、'.join(endings)} のどれかで終わらせてください。"])
    if out.exists() and not force:
        _fail([f"{out} はすでにあります。書き換えるときは --force を付けてください。"])


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _fail(lines: Sequence[str], code: int = UNUSABLE) -> NoReturn:
    for line in lines:
        _err.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
