"""Valid records of any form, drawn from its schema."""

import functools
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from lambdas.casework import forms

Json = Any

# What people write, with what breaks careless code: old kanji, IVS, kana, spaces, long words.
_TEXT = st.text(
    alphabet=st.sampled_from("架空の記録をつけるため髙﨑葛\U000e0100𠮷ァー12 abc、。"), min_size=1
)
# By pattern: everything else a pattern allows is tried in test_forms.py.
_PATTERNED: Mapping[str, st.SearchStrategy[str]] = {
    r"\S": st.builds("架{}".format, _TEXT),
    "^([01][0-9]|2[0-3]):[0-5][0-9]$": st.times().map(lambda t: t.strftime("%H:%M")),
    "^[0-9]{3}-?[0-9]{4}$": st.from_regex(r"\A[0-9]{3}-?[0-9]{4}\Z"),
    r"^[0-9+()# -]{3,25}$": st.from_regex(r"\A0[0-9]{1,3}-[0-9]{3}-[0-9]{4}\Z"),
    r"^[^\s@]+@[^\s@]+$": st.just("a@example.jp"),
    r"^https?://\S+$": st.just("https://example.jp/"),
    "^p-[0-9a-z]{12}$": st.from_regex(r"\Ap-[0-9a-z]{12}\Z"),
    "^r-[0-9a-z]{12}$": st.from_regex(r"\Ar-[0-9a-z]{12}\Z"),
    "^(r-[0-9a-z]{12}|[a-z][a-z-]{2,39})$": st.from_regex(r"\Ar-[0-9a-z]{12}\Z"),
    "^[0-9A-Za-z-]+$": st.from_regex(r"\A[0-9A-Za-z]{1,12}\Z"),
}


def records(form: forms.Form, base: Mapping[str, Json]) -> st.SearchStrategy[dict[str, Json]]:
    """Valid records of a form: any of its properties, with those of `base`, a valid record, in
    place of what does not fit together with the rest."""
    properties = form.schema["properties"].items()
    drawn = {name: _value(form, schema) for name, schema in properties}
    return st.fixed_dictionaries({}, optional=drawn).map(
        functools.partial(_repaired, form, base=base)
    )


def _repaired(form: forms.Form, drawn: Json, *, base: Mapping[str, Json]) -> dict[str, Json]:
    data = {**base, **drawn}
    for _ in range(20):
        errors = forms.check(form, data)
        if not errors:
            return data
        for error in errors:
            name = forms.top_level(error.pointer)
            if not _delete(data, error.pointer):
                data = {k: v for k, v in data.items() if k != name}
                data |= {name: base[name]} if name in base else {}
    return dict(base)


def _delete(data: Json, pointer: str) -> bool:
    """Takes away what a pointer names; False where nothing is there."""
    *steps, last = pointer.split("/")[1:]
    try:
        for step in steps:
            data = data[int(step)] if isinstance(data, list) else data[step]
        del data[int(last) if isinstance(data, list) else last]
    except (KeyError, IndexError):
        return False
    return True


def _object(form: forms.Form, schema: Mapping[str, Json]) -> st.SearchStrategy[dict[str, Json]]:
    required = set(schema.get("required", ()))
    drawn = {name: _value(form, prop) for name, prop in schema["properties"].items()}
    fixed = {name: drawn.pop(name) for name in sorted(required)}
    rows = st.fixed_dictionaries(fixed, optional=drawn)
    return rows if fixed else rows.filter(bool)


def _value(form: forms.Form, schema: Mapping[str, Json]) -> st.SearchStrategy[Json]:
    schema = _followed(form, schema)
    if "oneOf" in schema:
        return st.sampled_from([item["const"] for item in schema["oneOf"]])
    match schema["type"]:
        case "object" if {"y", "m", "d"} <= schema["properties"].keys():
            return _partial_date()
        case "object":
            return _object(form, schema)
        case "array":
            return st.lists(
                _value(form, schema["items"]),
                min_size=schema.get("minItems", 0),
                max_size=min(3, schema["maxItems"]),
                unique_by=repr if schema.get("uniqueItems") else None,
            )
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "boolean":
            return st.booleans()
        case _:
            return _string(schema)


def _followed(form: forms.Form, schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """The schema, or what its `$ref` names."""
    if "$ref" not in schema:
        return schema
    named: Mapping[str, Json] = forms.bundled(form.form, form.version)["$defs"]
    return named[schema["$ref"].split("/")[-1]]  # type: ignore[no-any-return]  # JSON


def _string(schema: Mapping[str, Json]) -> st.SearchStrategy[str]:
    match schema.get("format"):
        case "date":
            return st.dates().map(lambda day: f"{day:%Y}-{day:%m}-{day:%d}".zfill(10))
        case "date-time":
            return st.datetimes().map(lambda at: at.isoformat().zfill(19) + "Z")
    drawn = _PATTERNED[schema["pattern"]] if "pattern" in schema else _TEXT
    return drawn.map(lambda text: text[: schema["maxLength"]])


def _partial_date() -> st.SearchStrategy[Json]:
    def cut(parts: tuple[int, int, int, int]) -> Json:
        year, month, day, known = parts
        values = [year, month, day]
        return dict(
            zip("ymd", [v if i < known else None for i, v in enumerate(values)], strict=True)
        )

    return st.tuples(
        st.integers(1868, 2200), st.integers(1, 12), st.integers(1, 28), st.integers(0, 3)
    ).map(cut)
