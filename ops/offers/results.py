"""The signed result of a conformance run: a document that says which functions passed.

The signature (Ed25519) is over the canonical JSON of everything but itself. A result counts only
when its key is among those trusted (offers/conformance/*.pem, or named by the reader).
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ops.offers.definition import OFFERS
from ops.offers.functions import function_list

TRUSTED = OFFERS / "conformance"
PASSED, FAILED, NOT_TESTABLE = "passed", "failed", "not-testable"
OUTCOMES = {PASSED: "合格", FAILED: "不合格", NOT_TESTABLE: "試験できない"}
SUITE_VERSION = "1.0.0"
_MOST_BYTES = 256 * 1024


class ResultError(Exception):
    """A result that cannot be taken; the text says why and what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`detail` says in Japanese what went wrong, or why nothing could be tested."""

    outcome: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """A run. `environment`: where it was made, in words. `outcomes`: one per function."""

    suite: str
    functions: str
    offer: str
    version: str
    day: date
    environment: str
    outcomes: Mapping[str, Outcome]

    def count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.outcomes.values())


def new_key(path: Path) -> Path:
    """Makes a signing key for its owner alone, and the public half beside it (.pub.pem), whose
    path is returned. Raises OSError, FileExistsError for a key that is there."""
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = path.with_suffix(".pub.pem")
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return public


def signed(result: Result, key_file: Path) -> str:
    """The document as text. Raises ResultError when the key cannot be used."""
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ResultError(
            "署名の鍵を読めません。`soudan offer key` で作った鍵のファイルを指定してください。"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ResultError("署名の鍵は Ed25519 にしてください。`soudan offer key` で作れます。")
    tree = {
        "suite": result.suite,
        "functions": result.functions,
        "offer": result.offer,
        "version": result.version,
        "date": result.day.isoformat(),
        "environment": result.environment,
        "outcomes": {
            number: {"outcome": one.outcome, "detail": one.detail}
            for number, one in sorted(result.outcomes.items())
        },
        "publicKey": _encoded(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
    }
    tree["signature"] = _encoded(key.sign(_canonical(tree)))
    return json.dumps(tree, ensure_ascii=False, indent=1) + "\n"


def read(path: Path, trusted: Iterable[Path]) -> Result:
    """A result whose signature is right and whose key is trusted. Raises ResultError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ResultError(f"{path} を読めません。場所を確かめてください。") from error
    try:
        if len(raw) > _MOST_BYTES:
            raise ValueError
        tree = json.loads(raw)
        signature = base64.b64decode(tree["signature"], validate=True)
        public = base64.b64decode(tree["publicKey"], validate=True)
        result = _parsed(tree)
        key = Ed25519PublicKey.from_public_bytes(public)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(
            f"{path} は適合試験の結果として読めません。"
            "`soudan offer conformance` が書いたファイルを指定してください。"
        ) from error
    try:
        key.verify(signature, _canonical(tree))
    except InvalidSignature as error:
        raise ResultError(
            f"{path} は署名の後に書き換えられています。結果を作り直すか、元のファイルを"
            "受け取り直してください。"
        ) from error
    if public not in [_raw_key(one) for one in trusted]:
        raise ResultError(
            f"{path} の署名の鍵は、信頼する鍵にありません。試験をした者から公開鍵を受け取り、"
            "--trust で指定してください。"
        )
    if result.suite != SUITE_VERSION or result.functions != function_list().version:
        raise ResultError(
            f"{path} は別の版の試験({result.suite}、機能の一覧 {result.functions})の結果です。"
            "今の版で試験をやり直してください。"
        )
    return result


def _parsed(tree: Mapping[str, Any]) -> Result:
    outcomes = {
        number: Outcome(outcome=one["outcome"], detail=str(one["detail"]))
        for number, one in tree["outcomes"].items()
    }
    if set(outcomes) != set(function_list().functions) or any(
        one.outcome not in OUTCOMES for one in outcomes.values()
    ):
        raise ValueError("functions")
    return Result(
        suite=str(tree["suite"]),
        functions=str(tree["functions"]),
        offer=str(tree["offer"]),
        version=str(tree["version"]),
        day=date.fromisoformat(tree["date"]),
        environment=str(tree["environment"]),
        outcomes=outcomes,
    )


def _raw_key(path: Path) -> bytes:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ResultError(f"公開鍵 {path} を読めません。.pub.pem を指定してください。") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ResultError(f"公開鍵 {path} は Ed25519 ではありません。")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _canonical(tree: Mapping[str, Any]) -> bytes:
    unsigned = {key: value for key, value in tree.items() if key != "signature"}
    return json.dumps(unsigned, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
