"""`soudan tenant status` and `announce`: what a municipality is told of its tenant."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infra.manifest import load
from lambdas.casework.clock import JST
from ops.live import NotDeployedError, find
from ops.tenants.life.cli import AsJson, File, OrderedBy, VendorFile, place_of, tenant_name, told
from ops.tenants.life.engine import LifeError
from ops.tenants.life.status import as_html, as_json, planned_maintenance, status_of

app = typer.Typer()

_AT = ["%Y-%m-%dT%H:%M"]


@app.command()
def status(
    file: File,
    html: Annotated[Path, typer.Option(help="書くファイル(自治体に渡すページ)")],
    vendor_file: VendorFile = None,
    json_: AsJson = False,
) -> None:
    """自治体に見せる状態のページを作ります。動いている環境に尋ねます。個人情報は含みません。

    終了コード 0: 使える、または予定どおり止めてある、1: 異常がある
    """
    with told():
        manifest = load(file)
        entry = place_of(manifest, vendor_file).registry().entry(tenant_name(manifest))
        try:
            tenant = find(file)
        except NotDeployedError:
            # Where one should be, wrong credentials must not be told as a tenant that is down.
            if entry.state not in ("new", "erased"):
                raise
            tenant = None
        found = status_of(manifest, entry, tenant, now=datetime.now(UTC))
        try:
            html.write_text(as_html(found), "utf-8")
        except OSError as error:
            raise LifeError(f"{html} に書き込めません。") from error
    typer.echo(
        json.dumps(as_json(found), ensure_ascii=False)
        if json_
        else f"{found.municipality}: {found.sentence}{html} を書きました。"
    )
    if found.summary in ("partly", "down"):
        raise typer.Exit(1)


@app.command()
def announce(
    file: File,
    ordered_by: OrderedBy,
    begins: Annotated[
        datetime | None, typer.Option(help="始まり(日本時間)", formats=_AT, metavar="日時")
    ] = None,
    ends: Annotated[
        datetime | None, typer.Option(help="終わり(日本時間)", formats=_AT, metavar="日時")
    ] = None,
    text: Annotated[str, typer.Option(help="自治体に伝える文(個人の氏名は書かない)")] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="予定した保守をすべて取り消す")
    ] = False,
    vendor_file: VendorFile = None,
    json_: AsJson = False,
) -> None:
    """予定する保守を登録簿に書きます。終わるまで、状態のページに載ります。"""
    with told():
        manifest = load(file)
        registry = place_of(manifest, vendor_file).registry()
        entry = registry.entry(tenant_name(manifest))
        kept = [] if withdraw else planned_maintenance(entry, datetime.now(UTC))
        plain = [
            {"begins": m.begins.isoformat(), "ends": m.ends.isoformat(), "text": m.text}
            for m in kept
        ]
        if not withdraw:
            if begins is None or ends is None or not 1 <= len(text) <= 200 or begins >= ends:
                raise LifeError(
                    "--begins、それより後の --ends、--text(200文字まで)を指定してください。"
                )
            one = {
                "begins": begins.replace(tzinfo=JST).isoformat(),
                "ends": ends.replace(tzinfo=JST).isoformat(),
                "text": text,
            }
            # Said twice, it is one.
            plain += [] if one in plain else [one]
        begun = registry.begin(entry, "announce", ordered_by)
        registry.finish(begun, begun.state, {"maintenance": plain or None})
    typer.echo(
        json.dumps({"tenant": entry.tenant, "maintenance": plain}, ensure_ascii=False)
        if json_
        else f"{entry.tenant}: 予定する保守 {len(plain)} 件"
    )
