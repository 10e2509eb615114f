"""A bundle on the operator's disk: fetched file by file, signed, checked, sent in.

What is in memory is one piece of one file. The links by which files are read and written are made
by the tenant's own function; the operator's credentials open nothing.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ops.live import LiveTenant

MANIFEST, SIGNATURE, SEALED_KEY = "manifest.json", "manifest.sig", "sealed/key.json"
_PIECE = 1024 * 1024
_LINKS_AT_ONCE = 100

Say = Callable[[str], None]

_REFUSALS = {
    "not-approved": "自治体がデータの引渡しを認めていません。自治体の管理者が、設定の"
    "「データの引渡し」に、認める最後の日と自治体の公開鍵を入れてください。",
    "no-key": "自治体の公開鍵が使えません。設定の「データの引渡し」に、RSA 3072ビット以上の"
    "公開鍵を入れてください。",
    "not-finished": "引渡し用データがまだできていません。export をやり直してください。",
    "bad-name": "ファイルの名前が正しくありません。",
    "no-manifest": "目録(manifest.json)がありません。export をやり直してください。",
    "bad-manifest": "目録(manifest.json)の形が正しくありません。",
    "version": "このソフトウェアより新しい版の引渡し用データです。ソフトウェアを更新してください。",
    "foreign": "別の自治体の引渡し用データです。設定ファイルを確かめてください。",
    "missing": "ファイルがありません。",
    "changed": "ファイルが、作られたときと違います。",
    "cut": "ファイルが途中で切れています。",
    "counts": "件数か要約が、目録と合いません。",
    "bad-line": "行の形が正しくありません。",
    "form-version": "このソフトウェアにない様式の版です。ソフトウェアを更新してください。",
    "event": "監査の記録が書き換えられています。",
    "chain": "変更の記録のつながりが切れています。",
    "content": "様式の内容が、変更の記録と合いません。",
    "not-empty": "取り込む先に、すでに記録があります。取り込めるのは、"
    "だれも使っていない環境だけです。",
    "restore-left-over": "ほかの復元の表が残っています。soudan drill list で確かめ、要らなければ "
    "soudan drill clear で消してから、やり直してください。",
    "restore-in-use": "保護された表です。使うために復元したものなので、消しません。",
    "restore-time": "その時点には戻せません。35日前から数分前までの時点を、時差つきで"
    "(2026-12-01T10:00:00+09:00 のように)指定してください。",
    "restore-no-table": "表がありません。復元を始めからやり直してください。",
    "restore-gap": "監査の記録が、戻した時点から続いていません。監査の表を調べてください。",
    "sealed-closed": "秘匿区画を開けません。自治体が soudan tenant hand-over で作った"
    "ファイルを --handed に指定してください。",
}


class ExchangeError(Exception):
    """A bundle that could not be made or brought in; the text says why (Japanese)."""


def new_bundle_id(lg_code: str) -> str:
    return f"{lg_code}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"


def ask(tenant: LiveTenant, task: Mapping[str, Any]) -> dict[str, Any]:
    """Runs a task of the tenant's exchange function. Raises ExchangeError."""
    answer = tenant.client("lambda").invoke(
        FunctionName=tenant.outputs["ExchangeFunction"], Payload=json.dumps(task).encode()
    )
    content: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        kind = content.get("errorType", "Error")
        raise ExchangeError(
            f"処理 {task['task']} が失敗しました({kind})。同じコマンドで続きから行えます。"
        )
    if "refused" in content:
        where = f"({content['where']})" if content["where"] else ""
        raise ExchangeError(_REFUSALS[content["refused"]] + where)
    return content


def run_to_end(tenant: LiveTenant, task: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Asks again until the task is done. Raises ExchangeError."""
    while True:
        answer = ask(tenant, task)
        say(f"{answer['phase']}: {sum(answer['counts'].values())} 件")
        if answer["done"]:
            return answer


def fetch(tenant: LiveTenant, bundle_id: str, directory: Path) -> str:
    """Brings a finished bundle to `directory`; what is there already and right stays. Hash of its
    manifest. Raises ExchangeError."""
    directory.mkdir(parents=True, exist_ok=True)
    after = ""
    with httpx.Client(timeout=120) as http:
        while True:
            answer = ask(tenant, {"task": "export-links", "bundleId": bundle_id, "after": after})
            links = answer["links"] or answer["attachments"]
            if not links:
                break
            for name, link in links.items():
                _download(http, link, directory / name.removeprefix("~"))
            after = max(links)
    check_files(directory)
    return sha256_of(directory / MANIFEST)


def check_files(directory: Path) -> Mapping[str, Any]:
    """The manifest of a bundle whose files are as it says. Raises ExchangeError."""
    try:
        manifest: dict[str, Any] = json.loads((directory / MANIFEST).read_bytes())
        about = [(str(f["path"]), int(f["bytes"]), str(f["sha256"])) for f in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExchangeError(_REFUSALS["no-manifest"]) from error
    for path, size, digest in about:
        file = directory / path
        if ".." in Path(path).parts or not file.is_file():
            raise ExchangeError(f"{_REFUSALS['missing']}({path})")
        if file.stat().st_size != size or sha256_of(file) != digest:
            raise ExchangeError(f"{_REFUSALS['changed']}({path})")
    return manifest


def sign(directory: Path, kms: Any, key_id: str) -> None:
    """Signs the manifest with the vendor's key (KMS, ECDSA P-256 over SHA-256)."""
    digest = hashlib.sha256((directory / MANIFEST).read_bytes()).digest()
    signed = kms.sign(
        KeyId=key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
    )
    (directory / SIGNATURE).write_bytes(signed["Signature"])


def check_signature(directory: Path, signer: Path) -> None:
    """Whether the manifest was signed by the key in the PEM file. Raises ExchangeError."""
    try:
        key = load_pem_public_key(signer.read_bytes())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise ValueError("not an EC key")
        key.verify(
            (directory / SIGNATURE).read_bytes(),
            (directory / MANIFEST).read_bytes(),
            ec.ECDSA(hashes.SHA256()),
        )
    except (OSError, ValueError, InvalidSignature) as error:
        raise ExchangeError(
            "目録の署名を確かめられません。渡した事業者の公開鍵(--signer)と、"
            "manifest.sig があるかを確かめてください。"
        ) from error


def send(tenant: LiveTenant, directory: Path, bundle_id: str) -> str:
    """Puts a bundle into the new tenant's bucket; hash of its manifest. Raises ExchangeError."""
    names = iter(_names(directory))
    with httpx.Client(timeout=120) as http:
        while chunk := list(islice(names, _LINKS_AT_ONCE)):
            task = {"task": "import-links", "bundleId": bundle_id, "names": chunk}
            for name, link in ask(tenant, task)["links"].items():
                _upload(http, link, directory / name)
    return sha256_of(directory / MANIFEST)


def _names(directory: Path) -> Iterator[str]:
    """The files of a bundle, the manifest last: where it is, everything is."""
    files = (p for p in sorted(directory.rglob("*")) if p.is_file())
    kept = [p.relative_to(directory).as_posix() for p in files]
    yield from (n for n in kept if n not in (MANIFEST, SIGNATURE) and not n.startswith("."))
    yield MANIFEST


def _download(http: httpx.Client, link: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with http.stream("GET", link) as answer, part.open("wb") as out:
        if answer.status_code != 200:
            raise ExchangeError(f"{target.name} を受け取れません({answer.status_code})。")
        for piece in answer.iter_raw(_PIECE):
            out.write(piece)
    part.replace(target)


def _upload(http: httpx.Client, link: str, source: Path) -> None:
    size = str(source.stat().st_size)
    answer = http.put(link, content=_pieces(source), headers={"Content-Length": size})
    if answer.status_code != 200:
        raise ExchangeError(f"{source.name} を送れません({answer.status_code})。")


def _pieces(source: Path) -> Iterable[bytes]:
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def sha256_of(file: Path) -> str:
    """Hexadecimal, read piece by piece."""
    digest = hashlib.sha256()
    for piece in _pieces(file):
        digest.update(piece)
    return digest.hexdigest()
