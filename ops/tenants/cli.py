"""`soudan tenant …`: manifests written, judged and planned."""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from infra.manifest import Manifest, ManifestError, load, load_all, parse
from infra.policy.rules import untaggable
from infra.policy.template import resources
from infra.written import Problem, whole
from ops.costs.book import Price
from ops.costs.floor import YEARS, Floor, floor_of
from ops.costs.pricing_rules import UnpricedError
from ops.paths import ROOT
from ops.problems import print_problems
from ops.tenants.life.cli import app as life
from ops.tenants.life.probes import utc_now
from ops.tenants.life.status_cli import app as life_status
from ops.tenants.template import manifest_text

app = typer.Typer(
    help="自治体ごとの環境の設定ファイルを作り、確かめ、見積もります。", no_args_is_help=True
)

app.add_typer(life)
app.add_typer(life_status)

_out = Console()
_err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]


class Environment(StrEnum):
    PRODUCTION = "production"
    VERIFICATION = "verification"
    LOCAL = "local"


class Region(StrEnum):
    TOKYO = "ap-northeast-1"
    OSAKA = "ap-northeast-3"


class Isolation(StrEnum):
    STACK = "stack"
    ACCOUNT = "account"


@app.command()
def new(
    code: Annotated[str, typer.Argument(help="全国地方公共団体コード(検査数字を含む6桁)")],
    vendor: Annotated[str, typer.Option(help="事業者の短い名前(英小文字・数字・ハイフン)")],
    offer: Annotated[str, typer.Option(help="提供プランの短い名前(英小文字・数字・ハイフン)")],
    environment: Annotated[Environment, typer.Option(help="環境の種別")] = Environment.LOCAL,
    account: Annotated[str, typer.Option(help="AWSアカウント番号(12桁)")] = "122041000001",
    region: Annotated[Region, typer.Option(help="リージョン")] = Region.TOKYO,
    isolation: Annotated[Isolation, typer.Option(help="団体間の分離方式")] = Isolation.STACK,
    cidr: Annotated[
        list[str] | None,
        typer.Option(help="インターネット側の入口で許すアドレスの範囲(何度でも)"),
    ] = None,
    vpce: Annotated[
        list[str] | None, typer.Option(help="閉域側の入口のVPCエンドポイント(何度でも)")
    ] = None,
    email: Annotated[str, typer.Option(help="異常の知らせ先")] = "operation@example.jp",
    out: Annotated[
        Path | None, typer.Option(help="書き込むファイル(既定: tenants/コード-種別.yaml)")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="すでにあるファイルを書き直す")] = False,
) -> None:
    """設定ファイルを、説明つきで新しく書きます。誤りのある設定は書きません。"""
    path = out or ROOT / "tenants" / f"{code}-{environment}.yaml"
    if path.exists() and not force:
        _err.print(
            f"{path} はすでにあります。書き直すときは --force を付けてください。", soft_wrap=True
        )
        raise typer.Exit(1)
    cidrs = cidr or (["127.0.0.0/8", "::1/128"] if environment is Environment.LOCAL else [])
    text = manifest_text(
        code=code,
        vendor=vendor,
        offer=offer,
        environment=environment,
        account=account,
        region=region,
        isolation=isolation,
        cidrs=cidrs,
        endpoints=vpce or [],
        email=email,
    )
    if not cidrs and not vpce:
        _err.print("入口がありません。--cidr か --vpce を1つ以上指定してください。")
        raise typer.Exit(1)
    try:
        parse(text.encode("utf-8"), file=str(path))
    except ManifestError as error:
        print_problems(_err, error)
        raise typer.Exit(1) from error
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        _err.print(
            f"{path} に書き込めません。フォルダーがあるか、書き込めるかを確かめてください。",
            soft_wrap=True,
            markup=False,
        )
        raise typer.Exit(1) from error
    _out.print(f"{path} を書きました。", soft_wrap=True)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="設定ファイル(いくつでも)")],
    as_json: AsJson = False,
) -> None:
    """設定ファイルを1つずつ、また互いに照らして確かめます。誤りがあれば終了コードは1です。"""
    try:
        manifests = load_all(files)
        _refuse_expired(zip(files, manifests, strict=True))
    except ManifestError as error:
        if as_json:
            _print_json({"ok": False, "problems": [asdict(one) for one in error.problems]})
        else:
            print_problems(_err, error)
        raise typer.Exit(1) from error
    if as_json:
        _print_json({"ok": True, "problems": []})
        return
    for path, manifest in zip(files, manifests, strict=True):
        _out.print(
            f"{path}: {manifest.municipality}({manifest.environment})に誤りはありません。",
            soft_wrap=True,
        )


def _refuse_expired(manifests: Iterable[tuple[Path, Manifest]]) -> None:
    """An approval that is over is no approval. Reading a manifest asks no clock, so that two
    syntheses are equal; here somebody looks at it today. Raises ManifestError."""
    problems: list[Problem] = [
        whole(
            str(path),
            f"緊急用の役割の期限({manifest.emergency.until})が過ぎています。",
            "emergencyAccess: を消すか、改めて承認を受けて書き直してください。",
        )
        for path, manifest in manifests
        if manifest.emergency is not None and manifest.emergency.is_over(utc_now())
    ]
    if problems:
        raise ManifestError(problems)


@app.command()
def plan(
    file: Annotated[Path, typer.Argument(help="設定ファイル")],
    as_json: AsJson = False,
) -> None:
    """作られるものと、だれも使わない月にもかかる料金(月額の下限)を示します。"""
    # The CDK takes seconds to load: only this command pays for it.
    from ops.tenants.synthesis import synthesise

    try:
        manifest = load(file)
        _refuse_expired([(file, manifest)])
        with tempfile.TemporaryDirectory() as directory, _err.status("組み立てています…"):
            (tenant,) = synthesise([manifest], Path(directory))
        floor = floor_of(
            tenant.stacks, region=manifest.region, rotation_days=manifest.key_rotation_days
        )
    except ManifestError as error:
        print_problems(_err, error)
        raise typer.Exit(1) from error
    except UnpricedError as error:
        _err.print(str(error), soft_wrap=True)
        raise typer.Exit(1) from error
    counts = {
        stack: dict(sorted(Counter(kind for _, kind, _ in resources(template)).items()))
        for stack, template in tenant.stacks.items()
    }
    without_tags = {k: w for t in tenant.stacks.values() for k, w in untaggable(t).items()}
    if as_json:
        _print_json(_plan_json(manifest, counts, without_tags, floor))
        return
    _out.print(
        f"{manifest.municipality}({manifest.lg_code})"
        f" {manifest.environment} / {manifest.account} / {manifest.region}"
    )
    _print_counts(counts)
    _out.print("請求用のタグを付けられないもの:")
    for kind, why in without_tags.items():
        _out.print(f"  {kind}: {why}")
    _print_floor(floor)
    if (access := manifest.emergency) is not None:
        _out.print(
            f"緊急用の役割: 記録を読める役割が {access.until} まで開きます"
            f"(承認 {access.approved_on}、{access.approved_by}。使える人 "
            f"{len(access.principals)}。知らせ先 {access.notify})。",
            markup=False,
        )
    if manifest.private is not None:
        _out.print("閉域側のVPCエンドポイントは事業者の各環境で共用し、ここには含みません。")


def _plan_json(
    manifest: Manifest,
    counts: dict[str, dict[str, int]],
    without_tags: dict[str, str],
    floor: Floor,
) -> dict[str, Any]:
    return {
        "municipality": {"code": manifest.lg_code, "name": manifest.municipality},
        "environment": manifest.environment,
        "account": manifest.account,
        "region": manifest.region,
        "tags": dict(manifest.tags),
        "resources": counts,
        "untaggable": without_tags,
        "emergencyAccess": manifest.emergency
        and {**asdict(manifest.emergency), "closesAt": manifest.emergency.closes_at},
        "floor": {
            "currency": "USD",
            "perMonth": floor.usd,
            "perMonthByYear": [floor.usd_in_year(year) for year in range(1, YEARS + 1)],
            "lines": [
                asdict(line) | {"usd": line.usd, "verified": line.price.verified}
                for line in floor.lines
            ],
            "byUsage": dict(floor.by_usage),
            "unverified": [asdict(price) for price in floor.unverified],
        },
    }


def _print_counts(counts: dict[str, dict[str, int]]) -> None:
    table = Table("スタック", "種類", "数", title="作られるもの")
    table.columns[2].justify = "right"
    for stack, kinds in counts.items():
        for number, (kind, count) in enumerate(kinds.items()):
            table.add_row(stack if number == 0 else "", kind, str(count))
        table.add_section()
    _out.print(table)


def _print_floor(floor: Floor) -> None:
    table = Table(
        "資源", "価格表の行", "単価", "数", "月額", "確かさ", title="月額の下限(米ドル、1年目)"
    )
    for column in (2, 3, 4):
        table.columns[column].justify = "right"
    for line in floor.lines:
        table.add_row(
            line.resource,
            f"{line.price.service} / {line.price.item}",
            str(line.price.usd),
            str(line.quantity),
            f"{line.usd:.2f}",
            _confidence(line.price),
        )
    table.add_section()
    table.add_row("合計", "", "", "", f"{floor.usd:.2f}", "")
    _out.print(table)
    years = "、".join(f"{year}年目 {floor.usd_in_year(year):.2f}" for year in range(1, YEARS + 1))
    _out.print(f"鍵の更新({floor.rotation_days}日ごと)を見込んだ月額の平均: {years}")
    _out.print("このほかに使った分だけかかるもの:")
    for kind, what in floor.by_usage.items():
        _out.print(f"  {kind}: {what}")
    _out.print("無料枠(アカウントごと)は数えていません。税は含みません。")
    for price in floor.unverified:
        _out.print(f"要確認: {price.service} / {price.item}(出典: {price.confidence})")


def _confidence(price: Price) -> str:
    return f"確認 {price.as_of}" if price.verified else "要確認"


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_number)
    sys.stdout.write("\n")


def _number(value: Decimal | date) -> float | str:
    return float(value) if isinstance(value, Decimal) else value.isoformat()
