"""A YAML file that somebody writes by hand, read without trust, with the place of every value.

A form (JSON Schema 2020-12) judges it; its keyword `x-write` says what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import jsonschema_rs
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES = 64 * 1024
MAX_DEPTH = 10


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault in a manifest. `line` and `column` count from 1; `write` says what to do."""

    file: str
    line: int
    column: int
    wrong: str
    write: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.wrong} → {self.write}"


class WrittenError(Exception):
    """Raised with every problem found; its text is for people."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


# --- reading ---


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a file says (`values`, plain types only) and the nodes that know where it says it."""

    file: str
    values: dict[str, Any]
    root: MappingNode

    def at(self, path: Sequence[str | int], wrong: str, write: str) -> Problem:
        """A problem at the key or item at `path`, or at its nearest ancestor that is there."""
        place: Node = self.root
        node: Node = self.root
        for step in path:
            if isinstance(node, MappingNode):
                found = [(key, value) for key, value in node.value if key.value == step]
                if not found:
                    break
                place, node = found[0]
            elif isinstance(node, SequenceNode) and isinstance(step, int):
                place = node = node.value[step]
            else:
                break
        return _at_mark(self.file, place.start_mark, wrong, write)


def read_yaml(raw: bytes, *, file: str, empty: str) -> Written:
    """The file's content. `empty`: what to do when it holds nothing. Raises WrittenError."""
    if len(raw) > MAX_BYTES:
        raise WrittenError(
            [whole(file, "大きすぎます。", "64KBまでの設定ファイルを渡してください。")]
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WrittenError(
            [whole(file, "UTF-8で読めません。", "UTF-8で保存し直してください。")]
        ) from error
    try:
        # Refused before anything is built: nested references multiply without bound, and deep
        # nesting exhausts the reader.
        depth = 0
        for event in _yaml().parse(text):
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if isinstance(event, AliasEvent) or depth > MAX_DEPTH:
                wrong, write = "参照(*)や深い入れ子は使えません。", "値をそのまま書いてください。"
                raise WrittenError([_at_mark(file, event.start_mark, wrong, write)])
        root = _yaml().compose(text)
    except YAMLError as error:
        wrong = "YAMLとして読めません。"
        write = "字下げ、引用符、コロンの後の空白を確かめてください。"
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        raise WrittenError([_at_mark(file, mark, wrong, write)]) from error
    if not isinstance(root, MappingNode):
        raise WrittenError([whole(file, "設定が書かれていません。", empty)])
    problems: list[Problem] = []
    values = _plain(root, file=file, problems=problems)
    if problems:
        raise WrittenError(problems)
    return Written(file=file, values=values, root=root)


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _plain(node: Node, *, file: str, problems: list[Problem]) -> Any:
    """The node as dict, list, str, int, float, bool or None; what is none of these is a problem."""
    if isinstance(node, SequenceNode):
        return [_plain(item, file=file, problems=problems) for item in node.value]
    if isinstance(node, MappingNode):
        values: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                wrong, write = "項目の名前が文字ではありません。", "名前: 値 の形で書いてください。"
                problems.append(_at_mark(file, key.start_mark, wrong, write))
            elif key.value in values:
                wrong = f"項目「{key.value}」が2度書かれています。"
                problems.append(
                    _at_mark(file, key.start_mark, wrong, "どちらか一方を消してください。")
                )
            else:
                values[key.value] = _plain(value, file=file, problems=problems)
        return values
    kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
    if kind.startswith("!"):
        wrong, write = f"型の指定 {kind} は使えません。", "値だけを書いてください。"
        problems.append(_at_mark(file, node.start_mark, wrong, write))
    if kind == "int" and str(node.value).isdecimal():
        return int(node.value)
    if kind == "bool":
        return node.value.lower() == "true"
    return None if kind == "null" else node.value


def whole(file: str, wrong: str, write: str) -> Problem:
    """A problem of the file as a whole."""
    return Problem(file=file, line=1, column=1, wrong=wrong, write=write)


def _at_mark(file: str, mark: Any, wrong: str, write: str) -> Problem:
    if mark is None:
        return whole(file, wrong, write)
    return Problem(file=file, line=mark.line + 1, column=mark.column + 1, wrong=wrong, write=write)


# --- the form ---


def shape_problems(
    written: Written, validator: jsonschema_rs.Draft202012Validator, schema: Mapping[str, Any]
) -> Iterator[Problem]:
    """What the form has against the file."""
    for error in validator.iter_errors(written.values):
        path = list(error.instance_path)
        kind = error.kind
        match kind:
            case jsonschema_rs.ValidationErrorKind.AdditionalProperties():
                for key in kind.unexpected:
                    yield written.at(
                        [*path, key],
                        f"知らない項目「{key}」があります。",
                        "消すか、次のどれかに直してください: "
                        f"{_known(schema, error.schema_path, instead_of=key)}",
                    )
            case jsonschema_rs.ValidationErrorKind.Required():
                yield written.at(
                    path,
                    f"「{_dotted([*path, kind.property])}」がありません。",
                    _hint(schema, [*error.schema_path[:-1], "properties", kind.property]),
                )
            case _:
                yield written.at(
                    path,
                    f"「{_dotted(path)}」の値が正しくありません。",
                    _hint(schema, error.schema_path),
                )


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(str(step) for step in path)


def _nodes(
    schema: Mapping[str, Any], schema_path: Sequence[str | int]
) -> Iterator[Mapping[str, Any]]:
    """The schema's objects along a path; a `$ref` counts as part of the object that holds it."""
    node: Any = schema
    yield node
    for step in schema_path:
        if step != "$ref":
            node = node[step]
        if isinstance(node, dict):
            if "$ref" in node:
                node = schema["$defs"][node["$ref"].removeprefix("#/$defs/")] | node
            yield node


def _hint(schema: Mapping[str, Any], schema_path: Sequence[str | int]) -> str:
    hints = [node["x-write"] for node in _nodes(schema, schema_path) if "x-write" in node]
    return hints[-1] if hints else "説明書の例を見て書き直してください。"


def _known(schema: Mapping[str, Any], schema_path: Sequence[str | int], *, instead_of: str) -> str:
    """The keys that may stand there, the likeliest first."""
    *_, place = _nodes(schema, schema_path[:-1])
    names = list(place.get("properties", ()))
    close = get_close_matches(instead_of, names)
    return ", ".join([*close, *(name for name in names if name not in close)])
