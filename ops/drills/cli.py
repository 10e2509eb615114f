"""`soudan drill …`: restoring a tenant's tables and files to a moment, as a drill or for use."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from infra.manifest import load
from ops.live import find
from ops.tenants.life.cli import (
    AsJson,
    File,
    OrderedBy,
    VendorFile,
    place_of,
    tenant_name,
    told,
    world_of,
)
from ops.tenants.life.drill import DRILL, give_up
from ops.tenants.life.engine import LifeError, run
from ops.tenants.life.registry import Entry

app = typer.Typer(
    help="復元の訓練と、本当の復元を行います。", no_args_is_help=True, add_completion=False
)


_ENDS = {"begun": "始めた", "finished": "終えた", "given-up": "取りやめた"}


@app.command()
def restore(
    file: File,
    ordered_by: OrderedBy,
    to: Annotated[
        str | None,
        typer.Option(help="戻す時点(2026-12-01T10:00:00+09:00 のように。省くと、戻せる最後の時点)"),
    ] = None,
    for_use: Annotated[
        bool,
        typer.Option(
            "--for-use",
            help="訓練でなく、使うために復元する(書き込みを止め、復元した表を残す)",
        ),
    ] = False,
    vendor_file: VendorFile = None,
    as_json: AsJson = False,
) -> None:
    """表とファイルを過去の時点に戻し、監査の記録と照らし、かかった時間を測ります。

    使っている表には触れません。訓練では、終わると復元した表を消します。
    """
    with told():
        manifest = load(file)
        asked = {"to": _moment(to), "for_use": for_use}
        registry = place_of(manifest, vendor_file).registry()
        entry = run(DRILL, world_of(file, manifest, registry, ordered_by, asked))
    _tell(entry, as_json=as_json)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise LifeError("戻す時点は 2026-12-01T10:00:00+09:00 のように、時差つきで書いてください。")
    return found


@app.command(name="list")
def list_(file: File, vendor_file: VendorFile = None, as_json: AsJson = False) -> None:
    """これまでに行った復元と訓練、最後の結果を示します。"""
    with told():
        manifest = load(file)
        registry = place_of(manifest, vendor_file).registry()
        name = tenant_name(manifest)
        entry, events = registry.entry(name), registry.history(name)
    done = [
        {k: e[k] for k in ("at", "operation", "orderedBy", "event")}
        for e in events
        if e["command"] == DRILL.name and e["event"] in _ENDS
    ]
    last = entry.facts.get("lastDrill")
    under_way = entry.operation is not None and entry.operation.command == DRILL.name
    if as_json:
        answer = {"drills": done, "last": last, "underWay": under_way}
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    for event in done:
        typer.echo(f"{event['at'][:19]} {_ENDS[event['event']]}({event['orderedBy']})")
    if not done:
        typer.echo("まだ行っていません。")
    if under_way:
        typer.echo("途中です。同じ restore で続きから行えます。")
    if last:
        typer.echo(_summary(last))


@app.command()
def clear(
    file: File,
    even_for_use: Annotated[
        bool, typer.Option("--even-for-use", help="使うために復元し、まだ切り替えていない表も消す")
    ] = False,
    vendor_file: VendorFile = None,
    as_json: AsJson = False,
) -> None:
    """残っている復元の表を消し、途中の復元を取りやめます。使っている表は消せません。"""
    with told():
        manifest = load(file)
        registry = place_of(manifest, vendor_file).registry()
        gone = give_up(registry, tenant_name(manifest), find(file), even_for_use=even_for_use)
    if as_json:
        typer.echo(json.dumps({"cleared": gone}))
    else:
        typer.echo(f"消した表: {'、'.join(gone) or 'なし'}")


def _tell(entry: Entry, *, as_json: bool) -> None:
    last = entry.facts["lastDrill"]
    if as_json:
        typer.echo(json.dumps({"tenant": entry.tenant, **last}, ensure_ascii=False))
    else:
        typer.echo(_summary(last))


def _summary(last: dict[str, Any]) -> str:
    replayed, files = last["replayed"], last["files"]
    rpo = last["rpoSeconds"]
    lines = [
        f"戻した時点: {last['restoredTo']}",
        f"復旧にかかった時間(RTO): {last['rtoSeconds']} 秒",
        "失われる時間(RPO): " + (f"{rpo} 秒" if rpo is not None else "ここでは測れません"),
        f"失われた書き込み: {replayed['writes']} 件",
        f"終わったままにした: 廃棄 {replayed['disposals']}、撤回 {replayed['withdrawals']}、"
        f"参加の終了 {replayed['memberships']}、職員 {replayed['staff']}、"
        f"委託 {replayed['contracts']}、ほか {replayed['other_ends']}",
        f"添付ファイル: 確かめた {files['checked']}、戻した {files['putBack']}、"
        f"見つからない {files['missing']}",
    ]
    if not last["toAMoment"]:
        lines.append(
            "手元のクラウドは、どの時点を頼んでも今の写しを返します。過去の時点への復元は、"
            "ここでは示されていません。"
        )
    for case_id, forms in replayed["to_enter"].items():
        lines.append(f"入れ直しが要る: {case_id}({'、'.join(forms)})")
    if last.get("generation"):
        lines.append(f"切替え: 設定ファイルに restored: generation: {last['generation']}")
    return "\n".join(lines)
