"""Tables for reading (CSV, UTF-8 with a byte order mark): the current records, one file per form.

They are for people and spreadsheets. Nothing is ever imported from them, nothing sealed is in them.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from lambdas.casework import forms
from lambdas.casework.forms import Form

_FILE_BYTES = 2 * 1024 * 1024
_HELD_BYTES = 12 * 1024 * 1024
_OF_EACH = ("ケース番号など", "記録番号", "版", "様式の版", "保存日時", "機関", "職員")
# A spreadsheet would run what begins so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Twins:
    """Writes rows to files `<form>/<number>.csv` by `put`."""

    def __init__(self, put: Callable[[str, bytes], None], kept: Mapping[str, int]) -> None:
        self._put = put
        self._numbers = dict(kept)
        self._held: dict[str, io.StringIO] = {}

    def add(self, line: Mapping[str, Any], form: Form, data: Mapping[str, Any]) -> None:
        """One record. `data` is what may be read of it."""
        out = self._held.get(form.form)
        if out is None:
            out = self._held[form.form] = io.StringIO(newline="")
            csv.writer(out).writerow([*_OF_EACH, *_titles(form.form).values()])
        place = line["at"][0].partition("#")[2]
        about = (line["recordId"], line["revision"], line["formVersion"], line["savedAt"])
        csv.writer(out).writerow(
            _cell(value)
            for value in (
                *(place, *about, line["agencyName"], line["staffName"]),
                *(_shown(form, name, data.get(name)) for name in _titles(form.form)),
            )
        )
        if out.tell() >= _FILE_BYTES:
            self._flush(form.form)
        elif sum(held.tell() for held in self._held.values()) >= _HELD_BYTES:
            self._flush(max(self._held, key=lambda name: self._held[name].tell()))

    def flush(self) -> None:
        for name in list(self._held):
            self._flush(name)

    def kept(self) -> dict[str, int]:
        """How many files there are of each form, from which the next run goes on."""
        self.flush()
        return dict(self._numbers)

    def _flush(self, name: str) -> None:
        content = self._held.pop(name).getvalue()
        self._numbers[name] = self._numbers.get(name, 0) + 1
        self._put(f"{name}/{self._numbers[name]:06d}.csv", b"\xef\xbb\xbf" + content.encode())


@cache
def _titles(name: str) -> Mapping[str, str]:
    """Columns of a form: the properties of all its versions, the current titles last."""
    titles: dict[str, str] = {}
    for version in forms.form_versions(name):
        for key, schema in forms.form(name, version).schema["properties"].items():
            titles[key] = str(schema.get("title", key))
    return titles


def _shown(form: Form, name: str, value: Any) -> Any:
    if value is None:
        return ""
    labels = _labels(form.form, form.version, name)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "、".join(labels.get(one, one) for one in value)
    if isinstance(value, str):
        return labels.get(value, value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


@cache
def _labels(name: str, version: str, key: str) -> Mapping[str, str]:
    """Codes of a property in words."""
    return dict(_coded(forms.bundled(name, version), key))


def _coded(schema: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    node = schema["properties"].get(key, {})
    for one in (node, node.get("items", {})):
        listed = schema["$defs"].get(one.get("$ref", "").removeprefix("#/$defs/"), one)
        for choice in listed.get("oneOf", ()):
            if isinstance(choice.get("const"), str):
                yield choice["const"], str(choice.get("title", choice["const"]))


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
