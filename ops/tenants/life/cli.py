"""`soudan tenant …`: the commands of a tenant's life, on the vendor's registry."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from rich.console import Console
from rich.table import Table

from infra.faults import MissingAssetError
from infra.manifest import Manifest, ManifestError, load
from infra.names import stage_id
from infra.policy.template import Template
from lambdas.exchange import sealing
from ops.exchange import bundle
from ops.exchange.bundle import ExchangeError
from ops.live import NotDeployedError, aws_client, find, same_account
from ops.local import assets
from ops.local.cloud import CloudError, LocalCloud, the_cloud
from ops.local.deploy import deploy_assembly, synth_tenants
from ops.paths import ROOT
from ops.registers.register import RegistrationError, login_for
from ops.tenants.life import commands
from ops.tenants.life.changes import Change, changes
from ops.tenants.life.engine import STATES, Command, LifeError, World, run
from ops.tenants.life.probes import emergency_note, utc_now
from ops.tenants.life.probes import verify as probe
from ops.tenants.life.registry import Registry, RegistryError
from ops.vendors.place import VendorError, VendorPlace, vendor_file

app = typer.Typer()

# Of a vendor whose operators share a disk, the variable names the place there.
EVIDENCE = Path(os.environ.get("SOUDAN_EVIDENCE", ROOT / "evidence"))

_progress = Console(stderr=True)
File = Annotated[Path, typer.Argument(help="テナントの設定ファイル")]
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]
OrderedBy = Annotated[str, typer.Option(help="依頼した人(登録簿と証跡に残ります)")]
VendorFile = Annotated[
    Path | None, typer.Option("--vendor-file", help="事業者の設定ファイル(既定: vendors/名前.yaml)")
]
Directory = Annotated[Path, typer.Argument(help="引渡し用データのフォルダー")]

_CREDENTIALS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)


def tenant_name(manifest: Manifest) -> str:
    return f"{manifest.lg_code}-{manifest.environment}"


def say(text: str) -> None:
    _progress.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}")


@contextmanager
def told() -> Iterator[None]:
    """What cannot be done, in words and with exit code 1."""
    try:
        yield
    except (
        ManifestError, NotDeployedError, RegistrationError, CloudError, LifeError, RegistryError,
        VendorError, ExchangeError, MissingAssetError,
    ) as error:  # fmt: skip
        _progress.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except (ClientError, BotoCoreError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        text = (
            "資格情報の期限が切れているか、正しくありません。入れ直してから、"
            "同じコマンドで続きから行ってください。"
            if code in _CREDENTIALS
            else f"AWS が応じません({code or type(error).__name__})。"
            "直してから、同じコマンドで続きから行ってください。"
        )
        _progress.print(text, style="red", markup=False)
        raise typer.Exit(1) from error


def place_of(manifest: Manifest, file: Path | None) -> VendorPlace:
    place = VendorPlace(file or vendor_file(manifest.vendor))
    if place.vendor.vendor != manifest.vendor:
        raise VendorError(
            f"設定ファイルの事業者は {manifest.vendor} ですが、"
            f"登録簿は {place.vendor.vendor} のものです。"
        )
    return place


def world_of(
    file: Path,
    manifest: Manifest,
    registry: Registry,
    ordered_by: str,
    asked: Mapping[str, Any],
    *,
    tell: Callable[[str], None] = say,
    log: Path | None = None,
    assembly: Path | None = None,
) -> World:
    """What the steps of a command on one tenant work on. `log`: where the CDK's output goes;
    `assembly`: where the tenant was synthesised already."""
    name = tenant_name(manifest)
    return World(
        tenant=name,
        registry=registry,
        live=lambda: find(file),
        deploy=lambda: deploy_file(file, manifest, log, tell, assembly),
        say=tell,
        release=assets.release(),
        settings=settings_of(file, manifest),
        evidence=EVIDENCE / name,
        ordered_by=ordered_by,
        asked=asked,
    )


def settings_of(file: Path, manifest: Manifest) -> str:
    """A digest of what a tenant has of its own: manifest and layouts."""
    layouts = ROOT / manifest.papers_layouts if manifest.papers_layouts else None
    own = sorted(p for p in layouts.rglob("*") if p.is_file()) if layouts else []
    digest = hashlib.sha256(file.read_bytes())
    for path in own:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def deploy_file(
    file: Path,
    manifest: Manifest,
    log: Path | None = None,
    tell: Callable[[str], None] = say,
    assembly: Path | None = None,
) -> None:
    """Builds what is to be deployed and deploys it, unless something that holds records would be
    lost. `assembly`: where it was synthesised already. Raises LifeError, CloudError,
    NotDeployedError."""
    refuse_expired(manifest)
    cloud = the_cloud() if manifest.environment == "local" else None
    if cloud is None:
        same_account(manifest)
    with tempfile.TemporaryDirectory() as directory:
        if assembly is None:
            assembly = Path(directory)
            assets.build(platform_of(manifest))
            synth_tenants(cloud, [file], assembly, log=log)
        # Judged as it is deployed, and synthesised by the CDK's own process: a kernel in ours
        # would grow with every tenant, and takes no two threads.
        found = compared_with_live(manifest, cloud, templates_of(manifest, assembly))
        lost = [change for change in found if change.kind == "lost"]
        if lost:
            told_of = "\n".join(f"  {c.type} {c.resource}: {c.why}" for c in lost)
            raise LifeError(
                "記録を持つものが失われる変更です。配備していません。設定ファイルかソフトウェアを"
                f"元に戻してください。\n{told_of}"
            )
        deploy_assembly(cloud, [file], assembly, say=tell, log=log)


def platform_of(manifest: Manifest) -> str:
    """For which platform a tenant's functions are built: one of assets.PLATFORMS."""
    return "host" if manifest.environment == "local" else "aarch64"


def templates_of(manifest: Manifest, assembly: Path) -> dict[str, Template]:
    """A tenant's templates of a cloud assembly by stack name."""
    inside = assembly / f"assembly-{stage_id(manifest)}"
    artifacts = json.loads((inside / "manifest.json").read_text("utf-8"))["artifacts"]
    return {
        artifact["properties"]["stackName"]: json.loads(
            (inside / artifact["properties"]["templateFile"]).read_text("utf-8")
        )
        for artifact in artifacts.values()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def refuse_expired(manifest: Manifest) -> None:
    """Nothing is deployed with an approval that is over. Raises LifeError."""
    access = manifest.emergency
    if access is not None and access.is_over(utc_now()):
        raise LifeError(
            f"緊急用の役割の期限({access.until})が過ぎています。設定ファイルの "
            "emergencyAccess: を消すか、改めて承認を受けて書き直してください。"
        )


def planned(manifest: Manifest) -> list[Change]:
    """What a deployment would change of a tenant that is there; all is new where none is. Raises
    NotDeployedError for credentials of another account."""
    # The CDK takes seconds to load.
    from ops.tenants.synthesis import synthesise

    refuse_expired(manifest)
    cloud = the_cloud() if manifest.environment == "local" else None
    if cloud is None:
        same_account(manifest)
    with tempfile.TemporaryDirectory() as directory:
        (tenant,) = synthesise([manifest], Path(directory), builtin_validation=False)
    return compared_with_live(manifest, cloud, tenant.stacks)


def compared_with_live(
    manifest: Manifest, cloud: LocalCloud | None, stacks: Mapping[str, Template]
) -> list[Change]:
    """How templates by stack name differ from what is deployed, what would be lost first."""
    formation = aws_client(manifest, "cloudformation", cloud)
    found: list[Change] = []
    for stack, template in stacks.items():
        try:
            body = formation.get_template(StackName=stack, TemplateStage="Original")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            found += changes({}, template)
            continue
        before = body["TemplateBody"]
        found += changes(json.loads(before) if isinstance(before, str) else before, template)
    order = ("lost", "remove", "change", "add")
    return sorted(found, key=lambda c: order.index(c.kind))


def _run(
    command: Command,
    file: Path,
    vendor: Path | None,
    ordered_by: str,
    *,
    as_json: bool,
    **asked: Any,
) -> None:
    with told():
        manifest = load(file)
        place = place_of(manifest, vendor)
        asked["signer"] = (place.client("kms"), place.vendor.signing_key)
        world = world_of(file, manifest, place.registry(), ordered_by, asked)
        entry = run(command, world)
    _tell(entry.tenant, entry.state, entry.facts, as_json=as_json)


def _tell(tenant: str, state: str, facts: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        shown = {name: value for name, value in facts.items() if name != "doors"}
        typer.echo(
            json.dumps({"tenant": tenant, "state": state, "facts": shown}, ensure_ascii=False)
        )
    else:
        typer.echo(f"{tenant}: {STATES[state]}")


@app.command()
def deploy(
    file: File, ordered_by: OrderedBy, vendor_file: VendorFile = None, as_json: AsJson = False
) -> None:
    """新しい環境を配備し、確かめます。途中で止まっても、同じコマンドで続きから行えます。"""
    _run(commands.DEPLOY, file, vendor_file, ordered_by, as_json=as_json)


@app.command()
def upgrade(
    file: File, ordered_by: OrderedBy, vendor_file: VendorFile = None, as_json: AsJson = False
) -> None:
    """新しい設定とソフトウェアにします。記録を持つものが失われる変更は、行わずに断ります。"""
    with told():
        for change in planned(load(file)):
            if change.kind != "add":
                say(f"{_CHANGES[change.kind]}: {change.type} {change.resource} {change.why}")
    _run(commands.UPGRADE, file, vendor_file, ordered_by, as_json=as_json)


_CHANGES = {"lost": "失われる", "remove": "取り除く", "change": "変える", "add": "加える"}


@app.command()
def suspend(
    file: File, ordered_by: OrderedBy, vendor_file: VendorFile = None, as_json: AsJson = False
) -> None:
    """入口を閉じ、鍵を止めます。7日以内に再開してください。"""
    _run(commands.SUSPEND, file, vendor_file, ordered_by, as_json=as_json)


@app.command()
def resume(
    file: File, ordered_by: OrderedBy, vendor_file: VendorFile = None, as_json: AsJson = False
) -> None:
    """止めた環境を再開します。"""
    _run(commands.RESUME, file, vendor_file, ordered_by, as_json=as_json)


@app.command()
def offboard(
    file: File,
    ordered_by: OrderedBy,
    out: Annotated[Path, typer.Option(help="引渡し用データを受け取るフォルダー")],
    confirm: Annotated[
        str | None, typer.Option(help="自治体が確認した、目録のハッシュ(64文字)")
    ] = None,
    hold_days: Annotated[int, typer.Option(help="確認のあと保管する日数", min=0, max=365)] = 30,
    vendor_file: VendorFile = None,
    as_json: AsJson = False,
) -> None:
    """環境を終えます: 読み取り専用 → 引渡し → 確認 → 保管 → 鍵の停止 → 消去の予定 → 証明。

    人の確認や日を待つところで止まります。そのつど同じコマンドで次に進みます。
    """
    with told():
        manifest = load(file)
        entry = place_of(manifest, vendor_file).registry().entry(tenant_name(manifest))
        part = next((c for c in commands.OFFBOARD if entry.state in c.begins), None)
        if part is None and entry.state != "erased":
            raise RegistryError(f"{entry.tenant} は {STATES[entry.state]} です。終了できません。")
    if part is None:
        _tell(entry.tenant, entry.state, entry.facts, as_json=as_json)
        return
    _run(
        part, file, vendor_file, ordered_by, as_json=as_json,
        out=out, confirm=confirm, hold_days=hold_days,
    )  # fmt: skip


@app.command()
def verify(file: File, as_json: AsJson = False) -> None:
    """動いている環境を確かめ、異常を1行ずつ示します。終了コード 0: 異常なし、1: 異常あり"""
    with told():
        tenant = find(file)
        made, faults = probe(tenant)
        note = emergency_note(tenant, utc_now())
    if as_json:
        answer = {"probes": made, "faults": [asdict(f) for f in faults], "note": note}
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        if note:
            typer.echo(f"知らせ: {note}")
        for fault in faults:
            typer.echo(f"異常: {fault.text} → {fault.runbook}")
        if not faults:
            typer.echo(f"異常はありません(確かめたこと: {'、'.join(made)})。")
    if faults:
        raise typer.Exit(1)


@app.command(name="list")
def list_(
    vendor_file: Annotated[Path, typer.Option("--vendor-file", help="事業者の設定ファイル")],
    as_json: AsJson = False,
) -> None:
    """登録簿の環境と、その状態を示します。"""
    with told():
        entries = VendorPlace(vendor_file).registry().entries()
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {
                        "tenant": e.tenant,
                        "state": e.state,
                        "updatedAt": e.updated_at,
                        "underWay": e.operation and e.operation.command,
                    }
                    for e in entries
                ],
                ensure_ascii=False,
            )
        )
        return
    table = Table("環境", "状態", "途中の操作", "最後の変更")
    for e in entries:
        table.add_row(
            e.tenant, STATES[e.state], e.operation.command if e.operation else "", e.updated_at
        )
    Console().print(table)


@app.command()
def history(file: File, vendor_file: VendorFile = None, as_json: AsJson = False) -> None:
    """環境に起きたことを、古い順に示します。"""
    with told():
        manifest = load(file)
        events = place_of(manifest, vendor_file).registry().history(tenant_name(manifest))
    if as_json:
        typer.echo(json.dumps(events, ensure_ascii=False))
        return
    for event in events:
        step = f" {event['step']}" if "step" in event else ""
        typer.echo(
            f"{event['at'][:19]} {event['command']} {event['event']}{step} "
            f"→ {STATES[event['state']]}({event['orderedBy']})"
        )


@app.command(name="export")
def export_(
    file: File,
    out: Annotated[Path, typer.Option(help="引渡し用データを受け取るフォルダー")],
    ordered_by: OrderedBy,
    bundle_id: Annotated[
        str | None, typer.Option("--bundle", help="途中で止まった引渡し用データの番号")
    ] = None,
    vendor_file: VendorFile = None,
    as_json: AsJson = False,
) -> None:
    """引渡し用データを作り、受け取り、署名します。自治体が設定で認めているときだけできます。"""
    with told():
        manifest = load(file)
        place = place_of(manifest, vendor_file)
        live = find(file)
        chosen = bundle_id or bundle.new_bundle_id(manifest.lg_code)
        say(f"番号 {chosen}(途中で止まったら --bundle に指定してください)")
        task = {"task": "export", "bundleId": chosen, "orderedBy": ordered_by}
        answer = bundle.run_to_end(live, task, say)
        digest = bundle.fetch(live, chosen, out)
        bundle.sign(out, place.client("kms"), place.vendor.signing_key)
    _tell_bundle(answer, digest, as_json=as_json)


@app.command(name="import")
def import_(
    file: File,
    directory: Directory,
    ordered_by: OrderedBy,
    signer: Annotated[Path, typer.Option(help="渡した事業者の公開鍵(PEM)", exists=True)],
    handed: Annotated[
        Path | None,
        typer.Option(help="自治体が hand-over で作ったファイル(秘匿区画を開くため)"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """引渡し用データを、だれも使っていない環境に取り込みます。

    書く前にすべてを確かめ、最後に件数と要約を照らします。途中で止まっても続きから行えます。
    """
    with told():
        bundle.check_signature(directory, signer)
        about = bundle.check_files(directory)
        live = find(file)
        say("引渡し用データを送っています")
        digest = bundle.send(live, directory, about["bundleId"])
        task = {
            "task": "import",
            "bundleId": about["bundleId"],
            "manifestSha256": digest,
            "orderedBy": ordered_by,
            "handed": handed.read_text("ascii").strip() if handed else None,
        }
        answer = bundle.run_to_end(live, task, say)
        if answer["differences"]:
            lines = "\n".join(
                f"  {d['type']}: 目録 {d['bundle']}、環境 {d['tenant']}"
                for d in answer["differences"]
            )
            raise ExchangeError(f"取り込んだ内容が目録と合いません。\n{lines}")
    _tell_bundle(answer, digest, as_json=as_json)


@app.command(name="re-enrol")
def re_enrol(
    file: File,
    ordered_by: OrderedBy,
    out: Annotated[
        Path, typer.Option(help="最初のパスワードを書くファイル(本人に手渡したら消してください)")
    ],
    as_json: AsJson = False,
) -> None:
    """取り込んだ職員のログインを作ります。職員番号は変わりません。本人は認証アプリを登録し直します。"""
    with told():
        live = find(file)
        out.touch(mode=0o600)
        waiting = bundle.ask(live, {"task": "staff"})["staff"]
        for person in waiting:
            sub, password = login_for(live, person["loginId"])
            with out.open("a", encoding="utf-8") as file_:
                file_.write(f"{person['loginId']}\t{password}\n")
            logins = [{"staffId": person["staffId"], "sub": sub}]
            bundle.ask(live, {"task": "logins", "logins": logins, "orderedBy": ordered_by})
    if as_json:
        typer.echo(json.dumps({"enrolled": len(waiting)}))
    else:
        typer.echo(f"{len(waiting)} 人のログインを作りました。パスワードは {out} にあります。")


@app.command(name="receive-key")
def receive_key(file: File, as_json: AsJson = False) -> None:
    """取り込む環境の公開鍵を示します。自治体が hand-over で使います。"""
    with told():
        key = bundle.ask(find(file), {"task": "receive-key"})["publicKey"]
    typer.echo(json.dumps({"publicKey": key}) if as_json else key)


@app.command(name="hand-over")
def hand_over(
    directory: Directory,
    private_key: Annotated[Path, typer.Option(help="自治体の秘密鍵(PEM)", exists=True)],
    to: Annotated[str, typer.Option(help="取り込む環境の公開鍵(receive-key の結果)")],
    out: Annotated[Path, typer.Option(help="書くファイル")],
    as_json: AsJson = False,
) -> None:
    """自治体の職員が使います。秘匿区画の鍵を、取り込む環境でだけ開ける形に包み直します。

    秘密鍵はこの機械から出ません。
    """
    with told():
        try:
            key = load_pem_private_key(private_key.read_bytes(), password=None)
            sealed = json.loads((directory / bundle.SEALED_KEY).read_bytes())
            if not isinstance(key, RSAPrivateKey):
                raise ValueError("not RSA")
            wrapped = sealing.wrap_for(to, sealing.open_with(key, sealed["wrapped"]))
        except (OSError, ValueError, TypeError, KeyError, sealing.SealError) as error:
            raise ExchangeError(
                "秘匿区画の鍵を包み直せません。秘密鍵、引渡し用データ、取り込む環境の公開鍵を"
                "確かめてください。"
            ) from error
        out.write_text(wrapped, "ascii")
    typer.echo(json.dumps({"file": str(out)}) if as_json else f"{out} を書きました。")


def _tell_bundle(answer: Mapping[str, Any], digest: str, *, as_json: bool) -> None:
    if as_json:
        kept = {k: answer[k] for k in ("bundleId", "counts", "maxRssMb")}
        typer.echo(json.dumps({**kept, "manifestSha256": digest}, ensure_ascii=False))
        return
    for kind, count in answer["counts"].items():
        typer.echo(f"  {kind}: {count}")
    typer.echo(f"番号 {answer['bundleId']}\n目録のハッシュ {digest}")
