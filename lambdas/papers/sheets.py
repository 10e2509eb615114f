"""A record as the items of a sheet of paper, in the order and under the names of its form.

An item is a dict that layouts and workbooks read alike:

    {"key", "label", "kind": "text",   "text", "long": bool}
    {"key", "label", "kind": "choice", "options": [[label, chosen], …], "text": the chosen labels}
    {"key", "label", "kind": "table",  "columns": [label, …], "rows": [[text, …], …]}
    {"key", "label", "kind": "group",  "items": [item, …]}
    {"key", "label", "kind": "cards",  "cards": [[item, …], …]}

Items that hold nothing are there as well, and are blank: what was not written and what may not be
shown look alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from lambdas.papers.names import Names
from lambdas.papers.values import Schema, followed, is_partial_date, options, written

Item = dict[str, Any]
# Property → columns of its table, each a heading and the properties of a row that it tells.
Columns = Mapping[str, Sequence[Sequence[str]]]
_NO_COLUMNS: Columns = MappingProxyType({})

# A list with more columns than fit across a page is written one row after the other.
_MOST_COLUMNS = 6
_BLANK_ROWS, _BLANK_CARDS = 3, 2
# Numbers of rows, which connect records and mean nothing to a reader.
_INTERNAL = frozenset({"itemId", "personId", "issueId"})


def sheet_items(
    form: Schema,
    data: Mapping[str, Any] | None,
    names: Names,
    *,
    wanted: Iterable[str] | None = None,
    omit: Iterable[str] = (),
    columns: Columns = _NO_COLUMNS,
) -> list[tuple[str, str, list[Item]]]:
    """Sections (key, title, items) of a bundled form, filled with `data`, or blank with None.
    `wanted`: these properties only; `omit`: all but these; `columns`: how lists are laid out."""
    left_out = set(omit)
    chosen = None if wanted is None else set(wanted)
    found = []
    for section in form["x-sections"]:
        items = [
            _listed(form["properties"][name], name, data, form, names, columns[name])
            if name in columns
            else _item(name, form["properties"][name], data, form, names)
            for name in section["properties"]
            if name in form["properties"]
            and name not in left_out
            and (chosen is None or name in chosen)
        ]
        if items:
            found.append((section["key"], section["title"], items))
    return found


def _item(
    name: str, property_: Schema, data: Mapping[str, Any] | None, root: Schema, names: Names
) -> Item:
    schema = {**followed(property_, root), "title": property_["title"]}
    value = None if data is None else data.get(name)
    head = {"key": name, "label": schema["title"]}
    if is_partial_date(schema):
        return {**head, "kind": "text", "text": written(value, schema), "long": False}
    if "properties" in schema and data is not None and not value:
        return {**head, "kind": "text", "text": "", "long": False}
    if "properties" in schema:
        return {**head, "kind": "group", "items": _inner(schema, value, root, names)}
    rows = followed(schema["items"], root) if "items" in schema else None
    if rows is not None and "properties" in rows:
        return {**head, **_rows(rows, value, root, names)}
    codes = options(rows if rows is not None else schema)
    if codes is not None:
        return {**head, **_choice(codes, value)}
    if rows is not None:
        choices = {k: schema[k] for k in ("x-choices",) if k in schema}
        texts = [_text(v, {**rows, **choices}, names) for v in value or ()]
        text = "、".join(t for t in texts if t)
        return {**head, "kind": "text", "text": text, "long": False}
    long = bool(schema.get("x-multiline"))
    return {**head, "kind": "text", "text": _text(value, schema, names), "long": long}


def _inner(schema: Schema, value: Any, root: Schema, names: Names) -> list[Item]:
    return [
        _item(name, property_, value, root, names)
        for name, property_ in schema["properties"].items()
    ]


def _choice(codes: list[tuple[str, str]], value: Any) -> Item:
    chosen = set(value) if isinstance(value, list) else {value}
    marked = [[label, code in chosen] for code, label in codes]
    text = "、".join(label for code, label in codes if code in chosen)
    return {"kind": "choice", "options": marked, "text": text}


def _rows(rows: Schema, value: Any, root: Schema, names: Names) -> Item:
    """A list of objects, as a table where it fits; columns that no row fills are left out."""
    columns = {
        name: property_
        for name, property_ in rows["properties"].items()
        if (name not in _INTERNAL or "x-choices" in property_)
        and name != "isSubject"
        and (value is None or any(name in row for row in value))
    }
    filled = value if value is not None else [{}] * _BLANK_ROWS
    nested = any(
        not is_partial_date(schema := followed(p, root))
        and ("properties" in schema or "properties" in schema.get("items", {}))
        for p in columns.values()
    )
    if nested or len(columns) > _MOST_COLUMNS:
        cards = filled if value is not None else [{}] * _BLANK_CARDS
        return {
            "kind": "cards",
            "cards": [
                [_item(name, p, row, root, names) for name, p in columns.items()] for row in cards
            ],
        }
    return {
        "kind": "table",
        "columns": [property_["title"] for property_ in columns.values()],
        "rows": [
            [told(_item(name, p, row, root, names)) for name, p in columns.items()]
            for row in filled
        ],
    }


def _listed(
    property_: Schema,
    name: str,
    data: Mapping[str, Any] | None,
    root: Schema,
    names: Names,
    columns: Sequence[Sequence[str]],
) -> Item:
    """A list of objects as a table whose columns the paper names; several properties share one."""
    rows = followed(property_["items"], root)["properties"]
    filled = [{}] * _BLANK_ROWS if data is None else data.get(name) or ()
    return {
        "key": name,
        "label": property_["title"],
        "kind": "table",
        "columns": [heading for heading, *_ in columns],
        "rows": [
            [
                "\n".join(
                    # A name may stand both in the register and as it was written.
                    dict.fromkeys(
                        text
                        for key in keys
                        if key in rows and (text := told(_item(key, rows[key], row, root, names)))
                    )
                )
                for _, *keys in columns
            ]
            for row in filled
        ],
    }


def _text(value: Any, schema: Schema, names: Names) -> str:
    if value is not None and "x-choices" in schema:
        return names.name(schema["x-choices"], str(value))
    return written(value, schema)


def told(item: Item) -> str:
    """An item in one text: what a cell of a table says."""
    match item["kind"]:
        case "group":
            inner = [(str(i["label"]), told(i)) for i in item["items"]]
            return "、".join(f"{label}: {text}" for label, text in inner if text)
        case "table":
            return "\n".join("・".join(c for c in row if c) for row in item["rows"])
        case "cards":
            return "\n".join("、".join(told(i) for i in card if told(i)) for card in item["cards"])
        case _:
            return str(item["text"])
