"""Forms and code lists: loading, checking a record against its form, reading marks off the schema.

A form is a JSON Schema 2020-12 file in schemas/forms/<form>/<version>.json, a code list one in
schemas/codes/<list>/<version>.json; forms name lists by their `$id` (`urn:soudan:codes:…`).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from lambdas.casework.access import DataClass
from lambdas.casework.my_number import contains_my_number
from lambdas.casework.text import has_unstorable_characters
from lambdas.casework.wareki import EARLIEST, LATEST

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"

Json = Any
Pointer = str


class UnknownFormError(KeyError):
    """No such form, code list or version."""


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One thing wrong with a record.

    `code` keys the Japanese message in schemas/messages.json; `hint` is the form's own message
    (`x-message`) for a text of the wrong pattern.
    """

    pointer: Pointer
    code: str
    limit: int | None = None
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """One version of a form."""

    form: str
    version: str
    schema: Mapping[str, Json]
    validator: jsonschema_rs.Draft202012Validator
    # Top-level property → sensitivity class; one without a mark is in none that is shown.
    classes: Mapping[str, int]
    # The property by which each record says its class itself (`x-sensitivity-from`).
    class_from: str | None
    # Property → "row" (its rows name their person) or "household" (about everyone), `x-about`.
    about: Mapping[str, str]
    # Properties that come from tax records (`x-tax`): a consent must name them (DOMAIN L5).
    tax: frozenset[str]
    # Whether anything of it is marked `x-protected`.
    protects: bool
    write_once: bool
    singleton: bool
    # Whether it belongs to a case or to the municipality as a whole.
    of_case: bool

    @property
    def title(self) -> str:
        return str(self.schema["title"])

    def class_of(self, name: str, data: Mapping[str, Json]) -> int:
        """The sensitivity class of a property of a record."""
        stated = data.get(self.class_from) if self.class_from else None
        return int(stated) if stated else self.classes.get(name, DataClass.SEALED)


@cache
def form_names() -> tuple[str, ...]:
    return tuple(sorted(p.name for p in (SCHEMAS / "forms").iterdir() if p.is_dir()))


@cache
def form_versions(form: str) -> tuple[str, ...]:
    """Versions of a form, oldest first; the last one is current.

    Raises UnknownFormError.
    """
    if form not in form_names():
        raise UnknownFormError(form)
    return _versions(SCHEMAS / "forms" / form)


@cache
def code_lists() -> Mapping[str, tuple[str, ...]]:
    """Versions of every code list, oldest first."""
    return {p.name: _versions(p) for p in sorted((SCHEMAS / "codes").iterdir()) if p.is_dir()}


@cache
def code_list(name: str, version: str) -> Mapping[str, Json]:
    """The schema of a code list. Raises UnknownFormError."""
    if version not in code_lists().get(name, ()):
        raise UnknownFormError(name)
    return _read(SCHEMAS / "codes" / name / f"{version}.json")


@cache
def labels(name: str) -> Mapping[str, str]:
    """Code → Japanese label, from the current version of a list."""
    schema = code_list(name, code_lists()[name][-1])
    return {item["const"]: item["title"] for item in schema["oneOf"]}


@cache
def form(name: str, version: str) -> Form:
    """A form with its compiled validator. Raises UnknownFormError."""
    if version not in form_versions(name):
        raise UnknownFormError(f"{name} {version}")
    schema = _read(SCHEMAS / "forms" / name / f"{version}.json")
    registry = jsonschema_rs.Registry(
        [(urn, dict(referenced)) for urn, referenced in _referenced(schema).items()]
    )
    validator = jsonschema_rs.Draft202012Validator(
        dict(schema), registry=registry, validate_formats=True
    )
    classes = {
        key: int(property_.get("x-sensitivity", DataClass.SEALED))
        for key, property_ in schema["properties"].items()
    }
    properties = schema["properties"].items()
    return Form(
        form=name,
        version=version,
        schema=schema,
        validator=validator,
        classes=classes,
        class_from=schema.get("x-sensitivity-from"),
        about={key: p["x-about"] for key, p in properties if "x-about" in p},
        tax=frozenset(key for key, p in properties if p.get("x-tax")),
        protects='"x-protected": true' in json.dumps(schema),
        write_once=bool(schema.get("x-write-once")),
        # The intake form is one per case by its name alone in its first version.
        singleton=bool(schema.get("x-singleton", name == "intake")),
        of_case=schema.get("x-scope", "case") == "case",
    )


@cache
def bundled(name: str, version: str) -> Mapping[str, Json]:
    """The form with every code list it names under `$defs`, so that it stands alone.

    Raises UnknownFormError.
    """
    schema = form(name, version).schema
    return {**schema, "$defs": {**schema.get("$defs", {}), **_referenced(schema)}}


def check(form: Form, data: Json) -> tuple[FieldError, ...]:
    """Everything wrong with `data` as a record of `form`, in order of its pointers."""
    errors = {
        error.pointer: error
        for error in [
            *_record_errors(form, data),
            *_date_errors(form, data),
            *_character_errors(form, data),
        ]
    }
    return tuple(errors[pointer] for pointer in sorted(errors))


def my_number_suspects(form: Form, data: Json) -> tuple[Pointer, ...]:
    """Pointers of the texts that hold what may be a My Number (codes and dates are no texts)."""
    return tuple(
        pointer
        for pointer, text in strings(data)
        if is_free_text(property_schema(form, pointer)) and contains_my_number(text)
    )


def schema_errors(
    validator: jsonschema_rs.Draft202012Validator, data: Json
) -> Iterator[FieldError]:
    """What a JSON Schema says against `data`, each at the pointer of the field at fault."""
    for error in validator.iter_errors(data):
        pointer = "".join(f"/{_escape(str(step))}" for step in error.instance_path)
        kind = error.kind.as_dict()
        match error.kind.name:
            case "required":
                yield FieldError(pointer=f"{pointer}/{_escape(kind['property'])}", code="required")
            case "additionalProperties":
                for name in kind["unexpected"]:
                    yield FieldError(pointer=f"{pointer}/{_escape(name)}", code="unknown-field")
            case "oneOf" | "anyOf" | "enum" | "const":
                yield FieldError(pointer=pointer, code="not-in-list")
            case "falseSchema" | "not":
                yield FieldError(pointer=pointer, code="not-allowed-here")
            case code:
                yield FieldError(pointer=pointer, code=code, limit=kind.get("limit"))


def strings(data: Json, pointer: Pointer = "") -> Iterator[tuple[Pointer, str]]:
    """Every string in a JSON value with its pointer (RFC 6901)."""
    if isinstance(data, str):
        yield pointer, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from strings(value, f"{pointer}/{_escape(key)}")
    elif isinstance(data, Sequence):
        for index, value in enumerate(data):
            yield from strings(value, f"{pointer}/{index}")


def property_schema(form: Form, pointer: Pointer) -> Mapping[str, Json]:
    """The schema of the property at `pointer`; empty when the form has none there."""
    node: Mapping[str, Json] = form.schema
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        node = node.get("properties", {}).get(name) or node.get("items") or {}
        node = _follow(form, node)
    return node


def classes_of(form: Form, data: Mapping[str, Json]) -> frozenset[int]:
    """The sensitivity classes of the properties that `data` fills."""
    return frozenset(form.class_of(key, data) for key in data)


def without_protected(form: Form, data: Json, pointer: Pointer = "") -> Json:
    """`data` without what would reveal where a protected person lives, works or learns
    (`x-protected` in the schema, DOMAIN §4.3 on DV等支援措置)."""
    if not form.protects:
        return data
    if isinstance(data, Mapping):
        return {
            key: without_protected(form, value, below)
            for key, value in data.items()
            if not property_schema(form, below := f"{pointer}/{_escape(key)}").get("x-protected")
        }
    if isinstance(data, list):
        return [without_protected(form, v, f"{pointer}/{i}") for i, v in enumerate(data)]
    return data


def changed_pointers(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[Pointer, ...]:
    """Top-level properties that differ between two revisions of a record."""
    return tuple(
        f"/{_escape(key)}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    )


def top_level(pointer: Pointer) -> str:
    """The property of the record that a pointer lies in."""
    return pointer.split("/")[1].replace("~1", "/").replace("~0", "~")


def is_free_text(schema: Mapping[str, Json]) -> bool:
    """True for a property that is no code, date or constant."""
    return "oneOf" not in schema and "format" not in schema and "const" not in schema


def _record_errors(form: Form, data: Json) -> Iterator[FieldError]:
    for error in schema_errors(form.validator, data):
        schema = property_schema(form, error.pointer)
        if error.code == "pattern":
            error = replace(error, hint=schema.get("x-message"))
        elif error.code == "not-allowed-here" and schema.get("x-protected"):
            error = replace(error, code="protected-here")
        yield error


def _character_errors(form: Form, data: Json) -> Iterator[FieldError]:
    for pointer, text in strings(data):
        multiline = bool(property_schema(form, pointer).get("x-multiline"))
        if has_unstorable_characters(text, multiline=multiline):
            yield FieldError(pointer=pointer, code="unstorable-characters")


def _date_errors(form: Form, data: Json) -> Iterator[FieldError]:
    """Days from which no term could be counted: years that the calendar here does not have."""
    for pointer, text in strings(data):
        year = text[:4]
        if (
            property_schema(form, pointer).get("format") == "date"
            and year.isascii()
            and year.isdigit()
            and not EARLIEST <= int(year) <= LATEST
        ):
            yield FieldError(pointer=pointer, code="date-range")


def _follow(form: Form, node: Mapping[str, Json]) -> Mapping[str, Json]:
    """`node`, or what its `$ref` names: a local definition or a code list."""
    reference = node.get("$ref")
    if reference is None:
        return node
    if reference.startswith("#/$defs/"):
        return form.schema["$defs"][reference.removeprefix("#/$defs/")]  # type: ignore[no-any-return]  # JSON
    _, _, _, name, version = reference.split(":")
    return code_list(name, version)


def _referenced(schema: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """Every code list a schema names, by `$id`."""
    found = sorted(set(re.findall(r'"(urn:soudan:codes:[a-z0-9-]+:[0-9.]+)"', json.dumps(schema))))
    return {urn: code_list(urn.split(":")[3], urn.split(":")[4]) for urn in found}


def _versions(folder: Path) -> tuple[str, ...]:
    versions = (p.stem for p in folder.glob("*.json"))
    return tuple(sorted(versions, key=lambda v: tuple(map(int, v.split(".")))))


def _read(path: Path) -> Mapping[str, Json]:
    content: Mapping[str, Json] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
