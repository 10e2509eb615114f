"""What a municipality sets for itself: names, forms and items it does not use, terms, switches.

A settings document (schemas/settings.schema.json) names a preset (schemas/presets) and what
differs from it. It changes what staff are offered, never what the law asks: the forms that are
checked on saving stay the same for everyone, and what is required, legal (`x-legal`, write-once
forms) or reported (`x-reporting`) is always offered.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import jsonschema_rs

from lambdas.casework import forms, tasks
from lambdas.casework.forms import SCHEMAS, FieldError
from lambdas.casework.life import MULTI_AGENCY
from lambdas.casework.text import has_unstorable_characters

Json = Any
Schema = Mapping[str, Json]

# What is said of the law in these lists is not the municipality's to rename.
_LEGAL_LISTS = frozenset({"sharing-basis", "meeting-basis", "report-law", "data-class"})
_MEETING_KINDS = "urn:soudan:codes:meeting-kind:"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Terms in the unit of their name; their bounds are in schemas/settings.schema.json."""

    screening_days: int
    evaluation_months: int
    watching_months: int
    review_months: int
    minutes_days: int
    answer_days: int
    emergency_review_days: int
    notice_days: int
    item_notice_days: int
    contract_notice_days: int
    paper_days_before: int
    paper_days_after: int
    disclosure_days: int
    idle_minutes: int
    draft_days: int
    similar_closed_cases: int

    @property
    def of_tasks(self) -> tasks.Terms:
        """Those that make tasks fall due."""
        return tasks.Terms(**{f.name: getattr(self, f.name) for f in fields(tasks.Terms)})


@dataclass(frozen=True, kw_only=True)
class Switches:
    """What a municipality turns on. The first two are off unless it does (DOMAIN L8, L12); the
    others are the screens that a small town does without (§4.10, defaults)."""

    emergency_access: bool
    deceased_rule: bool
    projector_view: bool
    tablet_signature: bool


@dataclass(frozen=True, kw_only=True)
class FormSettings:
    """What differs in one form. `hidden`, and the keys of `fields`: paths like `/roles/goal`."""

    shown: bool
    title: str | None
    sections: Mapping[str, str]
    fields: Mapping[str, str]
    hidden: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A preset with what the municipality set over it. `meetings`: code of the list meeting-kind →
    name. `retention_years`: retention class (`x-retention`) → years."""

    preset: str
    forms: Mapping[str, FormSettings]
    meetings: Mapping[str, str]
    programmes: frozenset[str]
    terms: Terms
    retention_years: Mapping[str, int]
    switches: Switches

    @property
    def shown_forms(self) -> tuple[str, ...]:
        """Forms that are offered. Records of the others stay readable."""
        return tuple(name for name in forms.form_names() if self.forms[name].shown)


@cache
def preset_names() -> tuple[str, ...]:
    return tuple(sorted(p.stem for p in (SCHEMAS / "presets").glob("*.json")))


@cache
def preset(name: str) -> Mapping[str, Json]:
    """A preset with its roles and first agencies, as schemas/presets has it."""
    content: Mapping[str, Json] = json.loads(
        (SCHEMAS / "presets" / f"{name}.json").read_text("utf-8")
    )
    return content


def problems(document: Json) -> tuple[FieldError, ...]:
    """Everything wrong with a settings document, in order of its pointers."""
    found = {e.pointer: e for e in (*_schema_problems(document), *_text_problems(document))}
    if not found:
        found = {e.pointer: e for e in _form_problems(document)}
    return tuple(found[pointer] for pointer in sorted(found))


def settings(document: Mapping[str, Json]) -> Settings:
    """The settings of a document without problems."""
    base = preset(document["preset"])

    def merged(part: str) -> dict[str, Json]:
        return {**base[part], **document.get(part, {})}

    chosen, switches = document.get("forms", {}), merged("switches")

    def shown(name: str) -> bool:
        schema = _current(name).schema
        if "x-switch" in schema:
            return bool(switches[schema["x-switch"]])
        return base["forms"] == "all" or _is_needed(schema)

    return Settings(
        preset=document["preset"],
        forms={
            name: _form_settings(chosen.get(name, {}), shown=shown(name))
            for name in forms.form_names()
        },
        meetings=document.get("meetings", {}),
        programmes=frozenset(document.get("programmes", base["programmes"])),
        terms=Terms(**_snake(merged("terms"))),
        retention_years=merged("retentionYears"),
        switches=Switches(**_snake(switches)),
    )


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item of a form as the settings may treat it. `path` like `/roles/goal`; `kept`: why it is
    always offered (a code of schemas/messages.json), None where it may be hidden."""

    path: str
    title: str
    kept: str | None
    renamable: bool


def items(name: str) -> tuple[Item, ...]:
    """Every item of the current version of a form, outer ones before those within them."""
    form = _current(name)

    def within(owner: Schema, path: str) -> Iterator[Item]:
        for key, property_ in owner.get("properties", {}).items():
            at = f"{path}/{key}"
            yield Item(
                path=at,
                title=property_["title"],
                kept=_kept(form, owner, key, property_),
                renamable=_list_of(property_) not in _LEGAL_LISTS,
            )
            yield from within(property_.get("items", property_), at)

    return tuple(within(form.schema, ""))


def form_kept(name: str) -> str | None:
    """Why a form is always offered, as a code; None where it may be put away."""
    schema = _current(name).schema
    if "x-switch" in schema:
        return "switch-decides"
    return "form-needed" if _is_needed(schema) else None


def document_schema() -> dict[str, Json]:
    """The schema of a settings document: titles and bounds of what may be set."""
    schema: dict[str, Json] = json.loads((SCHEMAS / "settings.schema.json").read_text("utf-8"))
    return schema


def form_as_configured(bundled: Schema, settings: Settings, data: Json = None) -> dict[str, Json]:
    """A bundled form (`forms.bundled`) as this municipality's staff are offered it: renamed,
    without what it does not use. What `data`, a record of the form, already holds stays."""
    chosen = settings.forms[_name(bundled)]
    shaped = _shaped(bundled, "", settings, chosen, data)
    shaped["title"] = chosen.title or bundled["title"]
    sections = (
        {
            **section,
            "title": chosen.sections.get(section["key"], section["title"]),
            "properties": [n for n in section["properties"] if n in shaped["properties"]],
        }
        for section in bundled["x-sections"]
    )
    shaped["x-sections"] = [section for section in sections if section["properties"]]
    shaped["$defs"] = {
        key: _meetings_renamed(part, settings) if key.startswith(_MEETING_KINDS) else part
        for key, part in bundled.get("$defs", {}).items()
    }
    return shaped


def _shaped(
    schema: Schema, path: str, settings: Settings, chosen: FormSettings, data: Json
) -> dict[str, Json]:
    """An object or the rows of a list with the properties that are offered."""
    shaped = dict(schema)
    if "items" in schema:
        shaped["items"] = _shaped(schema["items"], path, settings, chosen, data)
    if "properties" in schema:
        shaped["properties"] = {}
        for name, property_ in schema["properties"].items():
            at = f"{path}/{name}"
            held = _held(data, name)
            unused = property_.get("x-programme", MULTI_AGENCY) not in settings.programmes
            if (unused or at in chosen.hidden) and held in (None, []):
                continue
            part = _shaped(property_, at, settings, chosen, held)
            part["title"] = chosen.fields.get(at, property_["title"])
            shaped["properties"][name] = part
    return shaped


def _held(data: Json, name: str) -> Json:
    """What a record, or any row of a list, holds at a property; nothing where it holds nothing."""
    if isinstance(data, list):
        return [row[name] for row in data if isinstance(row, Mapping) and name in row]
    return data.get(name) if isinstance(data, Mapping) else None


def _meetings_renamed(kinds: Schema, settings: Settings) -> dict[str, Json]:
    return {
        **kinds,
        "oneOf": [
            {**kind, "title": settings.meetings.get(kind["const"], kind["title"])}
            for kind in kinds["oneOf"]
        ],
    }


def _form_settings(chosen: Mapping[str, Json], *, shown: bool) -> FormSettings:
    items = chosen.get("fields", {})
    return FormSettings(
        shown=chosen.get("shown", shown),
        title=chosen.get("title"),
        sections=chosen.get("sections", {}),
        fields={path: item["title"] for path, item in items.items() if "title" in item},
        hidden=frozenset(path for path, item in items.items() if item.get("shown") is False),
    )


def _schema_problems(document: Json) -> Iterator[FieldError]:
    yield from forms.schema_errors(_validator(), document)


def _text_problems(document: Json) -> Iterator[FieldError]:
    for pointer, text in forms.strings(document):
        if has_unstorable_characters(text, multiline=False):
            yield FieldError(pointer=pointer, code="unstorable-characters")


def _form_problems(document: Mapping[str, Json]) -> Iterator[FieldError]:
    for name, chosen in document.get("forms", {}).items():
        at = f"/forms/{_escape(name)}"
        if name not in forms.form_names():
            yield FieldError(pointer=at, code="unknown-form")
            continue
        form = _current(name)
        if "shown" in chosen and "x-switch" in form.schema:
            yield FieldError(pointer=f"{at}/shown", code="switch-decides")
        elif chosen.get("shown") is False and _is_needed(form.schema):
            yield FieldError(pointer=f"{at}/shown", code="form-needed")
        known = {section["key"] for section in form.schema["x-sections"]}
        for key in chosen.get("sections", {}):
            if key not in known:
                yield FieldError(pointer=f"{at}/sections/{_escape(key)}", code="unknown-section")
        for path, item in chosen.get("fields", {}).items():
            yield from _item_problems(form, path, item, f"{at}/fields/{_escape(path)}")


def _item_problems(
    form: forms.Form, path: str, item: Mapping[str, Json], at: str
) -> Iterator[FieldError]:
    owner, property_ = _find(form, path)
    if owner is None or property_ is None:
        yield FieldError(pointer=at, code="unknown-field")
        return
    code = _kept(form, owner, path.rsplit("/", 1)[-1], property_)
    if item.get("shown") is False and code:
        yield FieldError(pointer=f"{at}/shown", code=code)
    if "title" in item and _list_of(property_) in _LEGAL_LISTS:
        yield FieldError(pointer=f"{at}/title", code="label-legal")


def _kept(form: forms.Form, owner: Schema, name: str, property_: Schema) -> str | None:
    """Why an item is always offered; None where it need not be."""
    if name in _required_in(owner):
        return "item-required"
    parts = tuple(_parts(property_))
    if form.write_once or any(p.get("x-legal") for p in parts):
        return "item-legal"
    if any(p.get("x-reporting") for p in parts):
        return "item-reported"
    return None


def _required_in(schema: Schema) -> frozenset[str]:
    """Names that an object requires, always or on a condition, or that a condition asks for."""
    conditions = [schema, *schema.get("allOf", ())]
    found = frozenset[str]()
    for condition in conditions:
        found |= frozenset(condition.get("required", ()))
        for key in ("if", "then", "else", "not"):
            if isinstance(condition.get(key), Mapping):
                found |= _required_in(condition[key])
    return found


def _parts(property_: Schema) -> Iterator[Schema]:
    """A property and everything within it."""
    yield property_
    for part in property_.get("properties", {}).values():
        yield from _parts(part)
    if "items" in property_:
        yield from _parts(property_["items"])


def _find(form: forms.Form, path: str) -> tuple[Schema | None, Schema | None]:
    """The object that holds the property at a path, and the property; None where there is none."""
    owner: Schema | None = None
    node: Schema | None = form.schema
    first, *steps = path.split("/")
    if first or not steps:
        return None, None
    for step in steps:
        owner = node.get("items", node) if node else None
        node = owner.get("properties", {}).get(step) if owner else None
    return owner, node


def _list_of(property_: Schema) -> str | None:
    """The code list of a property, or of its rows."""
    reference = str(property_.get("$ref") or property_.get("items", {}).get("$ref") or "")
    return reference.split(":")[3] if reference.startswith("urn:soudan:codes:") else None


def _is_needed(schema: Schema) -> bool:
    """Whether the law or the report needs the form; one that does not say so is."""
    return bool(schema.get("x-minimal", True))


def _current(name: str) -> forms.Form:
    return forms.form(name, forms.form_versions(name)[-1])


def _name(bundled: Schema) -> str:
    return str(bundled["$id"]).split(":")[3]


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(document_schema())


def _snake(values: Mapping[str, Json]) -> dict[str, Json]:
    return {re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", key): v for key, v in values.items()}


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
