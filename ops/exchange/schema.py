"""Writes schemas/exchange/1.0.0/lines.schema.json from the items of the tables.

python -m ops.exchange.schema
"""

import json
from typing import Any

from lambdas.exchange.lines import (
    ATTACHMENT,
    JSON_TEXTS,
    SEAL,
    WRAPPED_TYPES,
    kinds,
    required,
)
from ops.paths import ROOT

FILE = ROOT / "schemas" / "exchange" / "1.0.0" / "lines.schema.json"

_WHAT = {
    "agency": "機関の台帳",
    "attachment": "添付ファイル。本体は files/ の下の path にある",
    "counterparts": "秘匿区画: 相手方の印(鍵つきハッシュ)",
    "disclosure-link": "開示請求のために開いたケースの印",
    "disposed": "廃棄したケースの、変更の記録の終わり",
    "lost": "過去の時点に戻したとき失われたもの(変更の記録がどこで終わったかだけ)",
    "event": "監査の記録(だれが何を見て、何を変えたか)。hash は event の SHA-256",
    "facts": "集計用の写し(記録から作り直せる)",
    "head": "ケースや会議などのまとまりの現在: 状態と、変更の記録の終わり",
    "holder": "秘匿区画: 見られる職員に指定されたことがある印",
    "index": "検索の索引(記録から作り直せる)",
    "member": "機関ごとの一覧の行(記録から作り直せる)",
    "notice-read": "お知らせを確かめた印",
    "record": "様式の記録の現在の版",
    "revision": "様式の記録の1つの版(書き換えられない)",
    "seal": "監査の記録の日ごとの封印。書かれたとおりの文字列",
    "sealed-key": "秘匿区画: 人ごとの鍵",
    "secret": "秘匿区画: 印を作る秘密",
    "settings": "自治体の設定",
    "source": "ほかのシステムから取り込んだ行の控え",
    "staff": "職員の台帳。サインインの情報は含まない",
    "tasks": "やることの一覧(記録から作り直せる)",
    "trace": "秘匿区画: 記録に現れる名前の印(鍵つきハッシュ)",
}
_TYPES: dict[str, Any] = {
    "S": {"type": "string"},
    "N": {"type": "number"},
    "BOOL": {"type": "boolean"},
    "SS": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    "B": {"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/]*={0,2}$"},
}
_JSON_TEXT = {"type": ["string", "object"]}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_OWN: dict[str, dict[str, Any]] = {
    SEAL: {"day": {"type": "string", "format": "date"}, "seal": {"type": "string"}},
    ATTACHMENT: {
        "path": {"type": "string", "pattern": "^[A-Za-z0-9_-]+/[A-Za-z0-9_-]+$"},
        "bytes": {"type": "integer", "minimum": 0},
        "sha256": _SHA256,
    },
}


def schema() -> dict[str, Any]:
    """One definition for each type of line."""
    defined = {kind: _item(kind, attributes) for kind, attributes in sorted(kinds().items())}
    for kind, properties in _OWN.items():
        defined[kind] = _object(kind, properties, sorted(properties))
    defined[ATTACHMENT]["properties"]["sealed"] = {"const": True}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:soudan:exchange:1.0.0:lines",
        "title": "引渡し用データの行",
        "description": "lines/<種別>/*.jsonl と、開いた sealed/*.bin の1行の形。"
        "1行は、キーを並べ替え、空白を入れない UTF-8 の JSON です。"
        "at は置き場所、listed は一覧での並び。"
        "様式の記録の data は schemas/forms/<form>/<formVersion>.json に従います。"
        "プロジェクトの案で、国の標準ではありません。",
        "type": "object",
        "required": ["type"],
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in sorted(defined)],
        "$defs": defined,
    }


def _item(kind: str, attributes: dict[str, str] | Any) -> dict[str, Any]:
    needed = set(required(kind))
    properties: dict[str, Any] = {
        "at": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
        "listed": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
        **{
            name: _JSON_TEXT if name in JSON_TEXTS else _TYPES[stored]
            for name, stored in sorted(attributes.items())
        },
    }
    if kind in WRAPPED_TYPES:
        properties["key"] = _TYPES["B"]
        del properties["wrapped"]
        needed = (needed - {"wrapped"}) | {"key"}
    if kind == "event":
        properties["hash"] = _SHA256
        properties["event"] = {"type": "object", "required": ["id", "at", "action"]}
    return _object(kind, properties, sorted({"at", *needed}))


def _object(kind: str, properties: dict[str, Any], needed: list[str]) -> dict[str, Any]:
    return {
        "description": _WHAT[kind],
        "type": "object",
        "additionalProperties": False,
        "required": ["type", *needed],
        "properties": {"type": {"const": kind}, **properties},
    }


def main() -> None:
    FILE.write_text(json.dumps(schema(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
