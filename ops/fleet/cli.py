"""`soudan fleet …`: many tenants at once, and the proof that none reaches another."""

import itertools
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from infra.faults import MissingAssetError
from infra.manifest import Manifest, load_all
from ops.fleet.waves import Rollout, Turn, roll_out, waves
from ops.live import NotDeployedError, find
from ops.local import assets
from ops.local.cloud import CloudError, the_cloud
from ops.local.deploy import bootstrap, synth_tenants
from ops.tenants.life import commands
from ops.tenants.life.cli import (
    EVIDENCE,
    OrderedBy,
    VendorFile,
    place_of,
    planned,
    platform_of,
    say,
    settings_of,
    tenant_name,
    told,
    world_of,
)
from ops.tenants.life.engine import STATES, LifeError, run
from ops.tenants.life.probes import code_of
from ops.tenants.life.probes import verify as probe

app = typer.Typer(help="多くの環境をまとめて扱います。", no_args_is_help=True)

Files = Annotated[
    list[Path], typer.Argument(help="テナントの設定ファイル(最初のものを先に試します)")
]
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]
Size = Annotated[int, typer.Option(help="1つの波の数", min=1)]
AtOnce = Annotated[int, typer.Option(help="同時に配備する数", min=1, max=10)]

One = tuple[Path, Manifest]
T = TypeVar("T")


@app.command()
def simulate(
    all_japan: Annotated[
        bool, typer.Option("--all-japan", help="全国の市区町村(1,741団体)")
    ] = False,
    files: Annotated[list[Path] | None, typer.Argument(help="テナントの設定ファイル")] = None,
    limit: Annotated[int | None, typer.Option(help="最初のいくつかだけ", min=1)] = None,
    per_account: Annotated[int, typer.Option(help="1アカウントに置く数", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """環境の雛形を組み立て、すべての検査を行い、互いに届かないことを確かめます。

    何も配備しません。AWS の割当て(既定値)から、必要なアカウントの数も示します。
    終了コード 0: 異常なし、1: 異常あり
    """
    # The CDK takes seconds to load.
    from ops.fleet.japan import all_japan as every
    from ops.fleet.quotas import accounts_forced, quotas
    from ops.fleet.synthesis import synth_many

    with told():
        chosen = files or []
        manifests = every(limit, per_account=per_account) if all_japan else load_all(chosen)
    if not manifests:
        say("設定ファイルか --all-japan を指定してください。")
        raise typer.Exit(1)
    try:
        stats = synth_many(manifests, say=lambda done: say(f"{done} / {len(manifests)}"))
    except RuntimeError as error:
        say(f"検査に通らない環境があります。\n{error}")
        raise typer.Exit(1) from error
    found = quotas(stats.outcomes)
    content = {
        "tenants": stats.tenants,
        "seconds": round(stats.seconds + stats.isolation_seconds, 1),
        "max_rss_mb": round(stats.max_rss_mb),
        "findings": stats.findings,
        "cpu_seconds": round(stats.cpu_seconds, 1),
        "workers": stats.workers,
        "resources": stats.resources,
        "isolation": {
            "seconds": round(stats.isolation_seconds, 1),
            "pairs": stats.pairs,
            "texts": stats.texts,
            "identifiers": stats.identifiers,
        },
        "quotas": [asdict(quota) for quota in found],
        "accounts": accounts_forced(found),
    }
    if as_json:
        typer.echo(json.dumps(content, ensure_ascii=False))
    else:
        _show(content, found)
    if stats.findings:
        raise typer.Exit(1)


def _show(content: dict[str, Any], found: Sequence[Any]) -> None:
    isolation = content["isolation"]
    typer.echo(
        f"{content['tenants']} 環境、資源 {content['resources']}、{content['seconds']} 秒、"
        f"メモリー {content['max_rss_mb']} MB 以下"
    )
    typer.echo(
        f"組 {isolation['pairs']} について、雛形の文字列 {isolation['texts']} を、"
        f"資源の名前 {isolation['identifiers']} と照らしました({isolation['seconds']} 秒)。"
    )
    for finding in content["findings"]:
        typer.echo(f"異常: {finding}")
    if not content["findings"]:
        typer.echo("ほかの環境に届くものはありません。")
    table = Table("サービス", "割当て", "既定値", "入る環境の数", "要るアカウント", "確かさ")
    for quota in found:
        table.add_row(
            quota.service, quota.quota, str(quota.default), str(quota.tenants),
            str(quota.accounts), quota.confidence,
        )  # fmt: skip
    Console().print(table)
    typer.echo(f"既定の割当てのままなら、少なくとも {content['accounts']} アカウントが要ります。")


@app.command()
def isolation(
    files: Annotated[list[Path] | None, typer.Argument(help="テナントの設定ファイル")] = None,
    assembly: Annotated[
        list[Path] | None,
        typer.Option(help="組み立て済みのフォルダー(cdk.out、何度でも)。設定ファイルの代わり"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="報告(JSON)を書くファイル")] = None,
    as_json: AsJson = False,
) -> None:
    """環境の雛形を組ごとに照らし、互いの資源に届くものがないことを報告します。何も配備しません。

    終了コード 0: 届くものはない、1: ある
    """
    # The CDK takes seconds to load.
    from infra.policy.isolation import Unresolved
    from ops.fleet.isolation import AssemblyError, isolation_of
    from ops.tenants.synthesis import synthesise

    try:
        with told(), tempfile.TemporaryDirectory() as directory:
            homes = list(assembly or [])
            if files:
                synthesise(load_all(files), Path(directory), builtin_validation=False)
                homes.append(Path(directory) / "cdk.out")
            found = isolation_of(homes, say=lambda done: say(f"{done} 環境を読みました"))
    except (AssemblyError, Unresolved, RuntimeError) as error:
        say(f"照らせません。{error}")
        raise typer.Exit(1) from error
    content = found.content()
    text = json.dumps(content, ensure_ascii=False, indent=1)
    if out is not None:
        with told():
            try:
                out.write_text(text + "\n", "utf-8")
            except OSError as error:
                raise LifeError(f"{out} に書き込めません。") from error
    if as_json:
        typer.echo(text)
    else:
        compared, seconds = content["compared"], content["seconds"]
        typer.echo(
            f"{len(content['tenants'])} 環境、{content['pairs']} 組。"
            f"雛形の文字列 {compared['texts']} を、"
            f"資源の名前 {compared['identifiers']} と照らしました"
            f"(読む {seconds['reading']} 秒、照らす {seconds['comparing']} 秒)。"
        )
        for kind, count in compared["policyStatements"].items():
            typer.echo(f"  方針の文 {kind}: {count}")
        for excluded in content["excluded"]:
            typer.echo(f"対象外: {excluded}")
        for finding in content["findings"]:
            typer.echo(f"異常: {finding}")
        if not content["findings"]:
            typer.echo("ほかの環境に届くものはありません。")
    if content["findings"]:
        raise typer.Exit(1)


@app.command()
def plan(
    files: Files, size: Size = 10, vendor_file: VendorFile = None, as_json: AsJson = False
) -> None:
    """どの順に、何が変わるかを示します。記録を持つものが失われる環境を先に示します。"""
    with told():
        chosen = list(zip(files, load_all(files), strict=True))
        found: list[dict[str, Any]] = []
        for number, wave in enumerate(waves(chosen, size=size), start=1):
            for _, manifest in wave:
                place_of(manifest, vendor_file)
                row: dict[str, Any] = {"tenant": tenant_name(manifest), "wave": number}
                try:
                    kinds = [change.kind for change in planned(manifest)]
                except (MissingAssetError, RuntimeError) as error:
                    # A tenant that cannot be synthesised hides no other's changes.
                    kinds = []
                    row["error"] = str(error)
                found.append(
                    row | {kind: kinds.count(kind) for kind in ("lost", "remove", "change", "add")}
                )
    found.sort(key=lambda one: -one["lost"])
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        table = Table("環境", "波", "失われる", "取り除く", "変える", "加える")
        for one in found:
            names = ("tenant", "wave", "lost", "remove", "change", "add")
            table.add_row(*(str(one[name]) for name in names))
        Console().print(table)
        for one in found:
            if "error" in one:
                typer.echo(f"組み立てられない: {one['tenant']}: {one['error']}")
    if any(one["lost"] or "error" in one for one in found):
        raise typer.Exit(1)


@app.command()
def deploy(
    files: Files,
    ordered_by: OrderedBy,
    size: Size = 10,
    at_once: AtOnce = 2,
    vendor_file: VendorFile = None,
    as_json: AsJson = False,
) -> None:
    """最初の1つを試し、次からは波ごとに配備し、確かめます。失敗があれば、次の波に進みません。

    直してから同じコマンドを実行すると、済んでいない環境から続けます。停止中や終了の手続き中の環境は
    配備せずに残し、最後に示します。
    """
    with told():
        chosen = list(zip(files, load_all(files), strict=True))
        for platform in sorted({platform_of(manifest) for _, manifest in chosen}):
            assets.build(platform)
        open_, done_before, left_out = _sorted_out(chosen, vendor_file)
        # Beforehand: of two tenants of a new account, both would else do it at once.
        for account, region in sorted({(m.account, m.region) for _, m in open_ if _is_local(m)}):
            bootstrap(the_cloud(), account, region, say=say)
    rollout = _rolled_out(open_, ordered_by, vendor_file, size=size, at_once=at_once)
    content: dict[str, list[Any]] = {
        "verified": done_before
        + [tenant_name(t.tenant[1]) for t in rollout.turns if t.error is None],
        "failed": [{"tenant": tenant_name(t.tenant[1]), "error": t.error} for t in rollout.failed],
        "waiting": [tenant_name(manifest) for _, manifest in rollout.waiting],
        "leftOut": left_out,
    }
    if as_json:
        typer.echo(json.dumps(content, ensure_ascii=False))
    else:
        counts = {name: len(found) for name, found in content.items()}
        typer.echo(
            f"確認済み {counts['verified']}、失敗 {counts['failed']}、未着手 {counts['waiting']}"
        )
        for one in rollout.failed:
            typer.echo(f"失敗: {tenant_name(one.tenant[1])}: {one.error}")
        for left in left_out:
            typer.echo(f"対象外: {left['tenant']}({STATES[left['state']]})")
    if rollout.failed:
        raise typer.Exit(1)


def _sorted_out(
    chosen: Sequence[One], vendor_file: Path | None
) -> tuple[list[One], list[str], list[dict[str, str]]]:
    """Those that do not have this release and their settings yet, the names of those that do, and
    those that are suspended or on their way out."""
    release = assets.release()
    open_: list[One] = []
    done: list[str] = []
    left_out: list[dict[str, str]] = []
    for file, manifest in chosen:
        name = tenant_name(manifest)
        entry = place_of(manifest, vendor_file).registry().entry(name)
        has = (entry.facts.get("release"), entry.facts.get("settings"))
        if entry.state not in ("new", "active"):
            left_out.append({"tenant": name, "state": entry.state})
        elif entry.operation is None and has == (release, settings_of(file, manifest)):
            done.append(name)
        else:
            open_.append((file, manifest))
    return open_, done, left_out


def _rolled_out(
    open_: Sequence[One], ordered_by: str, vendor_file: Path | None, *, size: int, at_once: int
) -> Rollout[One]:
    done = itertools.count(1)

    with tempfile.TemporaryDirectory() as directory:
        assemblies: dict[str, Path] = {}

        def prepare(wave: Sequence[One]) -> None:
            assemblies.clear()
            assemblies.update(_synthesised(wave, Path(tempfile.mkdtemp(dir=directory))))

        def act(one: One) -> str | None:
            name = tenant_name(one[1])
            error = _turn(one, ordered_by, vendor_file, assemblies.get(name))
            say(f"{next(done)}/{len(open_)} {name}: {error or '確認済み'}")
            return error

        def heard(number: int, count: int, turns: Sequence[Turn[One]]) -> None:
            failed = sum(turn.error is not None for turn in turns)
            say(f"波 {number}/{count}: 確認済み {len(turns) - failed}、失敗 {failed}")

        return roll_out(
            open_, act, size=size, at_once=at_once, say=heard, prepare=prepare
        )  # fmt: skip


def _synthesised(wave: Sequence[One], home: Path) -> dict[str, Path]:
    """One assembly for a whole wave, as most of a synthesis is not for any tenant. None of a wave
    that cannot be synthesised together: then each tries alone, and the one at fault stops no
    other."""
    found: dict[str, Path] = {}
    for local in sorted({_is_local(manifest) for _, manifest in wave}):
        part = [(file, manifest) for file, manifest in wave if _is_local(manifest) == local]
        assembly = home / ("local" if local else "aws")
        try:
            synth_tenants(the_cloud() if local else None, [file for file, _ in part], assembly)
        except CloudError:
            say("この波はまとめて組み立てられません。1つずつ組み立てます。")
        else:
            found |= {tenant_name(manifest): assembly for _, manifest in part}
    return found


def _turn(one: One, ordered_by: str, vendor_file: Path | None, assembly: Path | None) -> str | None:
    """Deploys or upgrades one tenant; in words what went wrong. Its log stands beside its
    evidence."""
    file, manifest = one
    name = tenant_name(manifest)
    log = EVIDENCE / name / "cdk.log"

    def tell(text: str) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as lines:
            lines.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {text}\n")

    try:
        registry = place_of(manifest, vendor_file).registry()
        entry = registry.entry(name)
        under_way = entry.operation.command if entry.operation else None
        fresh = entry.state == "new" or under_way == "deploy"
        command = commands.DEPLOY if fresh else commands.UPGRADE
        run(
            command,
            world_of(
                file, manifest, registry, ordered_by, {}, tell=tell, log=log, assembly=assembly
            ),
        )
    except Exception as error:  # whatever one tenant comes to, others are told of
        kind = type(error).__name__
        if isinstance(error, ClientError | BotoCoreError):
            told_of = f"AWS が応じません({kind})"
        else:
            told_of = str(error) or kind
        tell(told_of)
        return f"{told_of.splitlines()[0]}(記録: {log})"
    tell("確認済み")
    return None


def _is_local(manifest: Manifest) -> bool:
    return manifest.environment == "local"


@app.command()
def verify(files: Files, at_once: AtOnce = 4, as_json: AsJson = False) -> None:
    """動いている環境を1つずつ確かめます。終了コード 0: 異常なし、1: 異常あり"""

    def faults(one: One) -> list[str]:
        try:
            _, found = probe(find(one[0]))
        except (LifeError, NotDeployedError) as error:
            return [str(error)]
        return [f"{fault.text} → {fault.runbook}" for fault in found]

    with told():
        chosen = list(zip(files, load_all(files), strict=True))
        found = dict(
            zip((tenant_name(m) for _, m in chosen), _each(faults, chosen, at_once), strict=True)
        )
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        for name, texts in found.items():
            typer.echo(f"{name}: {'異常なし' if not texts else ''}")
            for text in texts:
                typer.echo(f"  異常: {text}")
    if any(found.values()):
        raise typer.Exit(1)


def _each(act: Callable[[One], T], chosen: Sequence[One], at_once: int) -> list[T]:
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(act, chosen))


@app.command()
def report(
    files: Files, vendor_file: VendorFile = None, at_once: AtOnce = 4, as_json: AsJson = False
) -> None:
    """各環境の状態と、いま動いている版、控えと鍵の異常を示します。版がそろっているかが分かります。

    版・控え・鍵は、登録簿ではなく環境そのものに尋ねます。
    終了コード 0: そろっていて異常なし、1: それ以外
    """
    with told():
        chosen = list(zip(files, load_all(files), strict=True))
        rows = _each(lambda one: _row(one, vendor_file), chosen, at_once)
    there = [row for row in rows if row["state"] != "new"]
    # The same source makes other code for the local cloud than for AWS.
    codes = {(_is_local(m), row["code"]) for (_, m), row in zip(chosen, rows, strict=True)}
    platforms = {local for local, code in codes if code}
    same = len({(row["version"], row["release"]) for row in there}) <= 1
    same = same and sum(code is not None for _, code in codes) == len(platforms)
    healthy = all(not row["backup"] and not row["key"] for row in there)
    if as_json:
        content = {
            "tenants": rows,
            "sameRelease": same,
            "healthy": healthy,
            # The emulator knows no recovery to a time: nobody should read it as being on.
            "recoveryNotAsked": [
                tenant_name(manifest) for _, manifest in chosen if _is_local(manifest)
            ],
        }
        typer.echo(json.dumps(content, ensure_ascii=False))
    else:
        _show_report(rows, same=same, local=any(_is_local(manifest) for _, manifest in chosen))
    if not (same and healthy):
        raise typer.Exit(1)


def _row(one: One, vendor_file: Path | None) -> dict[str, Any]:
    """What the registry says of a tenant, and what the tenant itself says."""
    file, manifest = one
    entry = place_of(manifest, vendor_file).registry().entry(tenant_name(manifest))
    row: dict[str, Any] = {
        "tenant": entry.tenant,
        "municipality": manifest.municipality,
        "state": entry.state,
        "release": entry.facts.get("release"),
        "deployedAt": entry.facts.get("deployedAt"),
        "verifiedAt": entry.facts.get("verifiedAt"),
        "underWay": entry.operation and entry.operation.command,
        "version": None,
        "code": None,
        "backup": [],
        "key": [],
    }
    try:
        live = find(file)
        row |= {"version": live.outputs.get("Version"), "code": code_of(live)}
        _, faults = probe(live, ("backup", "key"))
    except NotDeployedError as error:
        return row if entry.state == "new" else {**row, "backup": [str(error)]}
    except (ClientError, BotoCoreError) as error:
        return {**row, "backup": [f"確かめられません({type(error).__name__})"]}
    for fault in faults:
        row[fault.probe].append(fault.text)
    return row


def _show_report(rows: Sequence[Mapping[str, Any]], *, same: bool, local: bool) -> None:
    table = Table("環境", "自治体", "状態", "版", "ソース", "動いている中身", "配備した時", "途中")
    for row in rows:
        table.add_row(
            row["tenant"], row["municipality"], STATES[str(row["state"])], row["version"] or "",
            row["release"] or "", row["code"] or "", row["deployedAt"] or "", row["underWay"] or "",
        )  # fmt: skip
    Console().print(table)
    typer.echo("版はそろっています。" if same else "版がそろっていません。")
    faults = [(row["tenant"], text) for row in rows for text in (*row["backup"], *row["key"])]
    for tenant, text in faults:
        typer.echo(f"異常: {tenant}: {text}")
    if not faults:
        typer.echo("控えと鍵に異常はありません。")
    if local:
        typer.echo("手元のクラウドの環境では、時点復元を確かめていません。")
