"""`soudan vendor …`: the vendor's registry, signing key and dashboard."""

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from rich.console import Console

from ops.local.cloud import CloudError
from ops.vendors.place import VendorError, VendorPlace

app = typer.Typer(help="事業者の登録簿、署名の鍵、監視の画面を扱います。", no_args_is_help=True)

_progress = Console(stderr=True)
File = Annotated[Path, typer.Argument(help="事業者の設定ファイル")]
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]


@app.command()
def deploy(file: File, as_json: AsJson = False) -> None:
    """登録簿、署名の鍵、監視の画面を配備します。何度実行してもかまいません。"""
    try:
        place = VendorPlace(file)
        place.deploy(_progress.print)
    except (VendorError, CloudError) as error:
        _fail(error)
    table = place.vendor.registry
    typer.echo(json.dumps({"registry": table}) if as_json else f"登録簿 {table} を用意しました。")


@app.command(name="public-key")
def public_key(file: File, as_json: AsJson = False) -> None:
    """引渡し用データの署名を確かめる公開鍵(PEM)を示します。受け取る人に別の方法で渡します。"""
    try:
        place = VendorPlace(file)
        der = place.client("kms").get_public_key(KeyId=place.vendor.signing_key)["PublicKey"]
    except (VendorError, ClientError, BotoCoreError) as error:
        _fail(error)
    pem = load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = pem.decode()
    typer.echo(json.dumps({"publicKey": text}) if as_json else text, nl=False)


def _fail(error: Exception) -> NoReturn:
    _progress.print(str(error), style="red", markup=False)
    raise typer.Exit(1) from error
