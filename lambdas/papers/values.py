"""Values of records as they are written on paper: dates of the Japanese era, labels of codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas.casework.clock import JST, from_iso
from lambdas.casework.wareki import PartialDate, format_wareki

Schema = Mapping[str, Any]


def wareki(text: str) -> str:
    """令和8年4月1日, of a day as ISO 8601."""
    year, month, day = (int(part) for part in text.split("-"))
    return format_wareki(PartialDate(y=year, m=month, d=day))


def moment(instant: datetime) -> str:
    """令和8年4月1日 9時05分, in Japan."""
    here = instant.astimezone(JST)
    return f"{wareki(here.date().isoformat())} {here.hour}時{here.minute:02}分"


def followed(schema: Schema, root: Schema) -> Schema:
    """A schema, or what its `$ref` names: a definition of the form or a code list."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Schema = root["$defs"][str(reference).removeprefix("#/$defs/")]
    return found


def options(schema: Schema) -> list[tuple[str, str]] | None:
    """Codes and labels that a property is chosen from; None for one that is written."""
    if "oneOf" not in schema:
        return None
    return [(str(item["const"]), str(item["title"])) for item in schema["oneOf"]]


def is_partial_date(schema: Schema) -> bool:
    """A date of which only a part may be known: {y, m, d}."""
    return set(schema.get("properties", {})) == {"y", "m", "d"}


def written(value: Any, schema: Schema) -> str:
    """A plain value as text. Nothing is normalised: names stay byte for byte."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, int):
        return f"{value:,}" if value >= 10_000 else str(value)
    if isinstance(value, Mapping):
        return format_wareki(PartialDate(**{k: value.get(k) for k in ("y", "m", "d")}))
    if schema.get("format") == "date":
        return wareki(value)
    if schema.get("format") == "date-time":
        return moment(from_iso(value))
    return str(value)
