"""The form of an offer, to be filled in: every item of the schema with its words as comments."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from infra.manifest import SCHEMAS
from ops.offers.functions import function_list

_HEAD = """\
# 提案の用紙です。「:」の後に書き、要らない行は消してください。
# 書いたら soudan offer check このファイル で確かめてください。
"""


@cache
def _schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / "offer.schema.json").read_text("utf-8"))
    return loaded


def form_text() -> str:
    """YAML with every item, required ones marked, one empty row for each list."""
    return _HEAD + "".join(f"{line}\n" for line in _object(_schema(), 0))


def _object(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for key, written in node["properties"].items():
        rule = _resolved(written)
        needed = "必須" if key in node.get("required", ()) else "任意"
        title = rule.get("title", key)
        yield f"{pad}# {title}({needed}){_more(rule)}"
        if key == "functions":
            yield f"{pad}{key}:"
            for number, function in function_list().functions.items():
                yield f"{pad}  {number}: unknown  # {function.title}"
        elif rule.get("type") == "object":
            yield f"{pad}{key}:"
            yield from _object(rule, depth + 1)
        elif rule.get("type") == "array" and "properties" in _resolved(rule["items"]):
            yield f"{pad}{key}:"
            first, *others = _object(_resolved(rule["items"]), depth + 2)
            yield f"{pad}  -"
            yield from (first, *others)
        else:
            yield f"{pad}{key}:"


def _resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """A `$ref` counts as part of the object that holds it."""
    if "$ref" not in node:
        return node
    target: Mapping[str, Any] = _schema()["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _more(rule: Mapping[str, Any]) -> str:
    words = [rule.get("description", ""), rule.get("x-write", "")]
    return "".join(f" {word}" for word in words if word)
