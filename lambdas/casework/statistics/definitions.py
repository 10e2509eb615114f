"""The indicators: what is counted, by which codes, what may be published; data, not code
(schemas/statistics/indicators)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from lambdas.casework.forms import SCHEMAS, labels

VERSION = "1.0.0"

Code = str


class Measure(StrEnum):
    """How the things counted become a number."""

    COUNT = "count"
    """Each thing is one more; a year is the sum of its months."""
    DISTINCT = "distinct"
    """Each key is one, however often it comes in the period."""
    PERSONS = "persons"
    """Each person is one, in the code of the last thing of the period."""
    AVERAGE = "average"
    """Mean of the days."""
    SHARE = "share"
    """Percentage of those with the first code of the breakdown."""
    STOCK = "stock"
    """How many there are on the last day; a year has the number of its last month."""
    STOCK_PERSONS = "stock-persons"
    MANUAL = "manual"
    """Entered by hand."""


class Publish(StrEnum):
    """What of an indicator may leave the municipality, after suppression."""

    NO = "no"
    YEAR = "year"
    MONTHS = "months"


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """One way to divide an indicator.

    `codes`: code → Japanese label, in order. `missing`: the code of what has none of them. With
    `multiple`, one thing may have several codes, and the parts do not add up to the whole.
    `source`: the breakdown whose codes it regroups by `mapping`, keeping `only` these.
    """

    id: str
    title: str
    codes: Mapping[Code, str]
    missing: Code | None
    multiple: bool
    source: str | None
    mapping: Mapping[Code, Code]

    def place(self, given: tuple[Code, ...]) -> tuple[Code, ...]:
        """The codes as this breakdown counts them: mapped, known, each once."""
        found = tuple(dict.fromkeys(self.mapping.get(code, code) for code in given))
        known = tuple(code for code in found if code in self.codes)
        if known or self.missing is None:
            return known
        return (self.missing,)


@dataclass(frozen=True, kw_only=True)
class ManualEntry:
    """Where a figure entered by hand stands in the form `manual-figures`, and how months become a
    year: `sum`, `latest`, or `own` (only what was entered for the year)."""

    property: str
    field: str
    year: str


@dataclass(frozen=True, kw_only=True)
class Indicator:
    id: str
    group: str
    title: str
    unit: str
    definition: str
    measure: Measure
    breakdowns: tuple[str, ...]
    publish: Publish
    unpublished: frozenset[str]
    source: str
    manual: ManualEntry | None


@dataclass(frozen=True, kw_only=True)
class VolumeGroup:
    """Records whose minutes are described together. `methods`: codes of `method` in it."""

    id: str
    title: str
    counted: str
    methods: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Definitions:
    version: str
    groups: Mapping[str, str]
    units: Mapping[str, str]
    breakdowns: Mapping[str, Breakdown]
    indicators: Mapping[str, Indicator]
    volumes: tuple[VolumeGroup, ...]


@cache
def definitions() -> Definitions:
    """The current definitions."""
    path = SCHEMAS / "statistics" / "indicators" / f"{VERSION}.json"
    plain = json.loads(path.read_text("utf-8"))
    return Definitions(
        version=plain["version"],
        groups={g["id"]: g["title"] for g in plain["groups"]},
        units=plain["units"],
        breakdowns={key: _breakdown(key, b) for key, b in plain["breakdowns"].items()},
        indicators={i["id"]: _indicator(i, plain["manual"]) for i in plain["indicators"]},
        volumes=tuple(
            VolumeGroup(
                id=v["id"],
                title=v["title"],
                counted=v["counted"],
                methods=frozenset(v.get("methods", ())),
            )
            for v in plain["volumes"]
        ),
    )


def _breakdown(key: str, plain: Mapping[str, Any]) -> Breakdown:
    listed = labels(plain["list"]) if "list" in plain else {}
    only = plain.get("only")
    codes = {
        code: label
        for code, label in {**listed, **plain.get("codes", {})}.items()
        if only is None or code in only
    }
    return Breakdown(
        id=key,
        title=plain["title"],
        codes=codes,
        missing=plain.get("missing"),
        multiple=plain.get("multiple", False),
        source=plain.get("from"),
        mapping=plain.get("map", {}),
    )


def _indicator(plain: Mapping[str, Any], manual: Mapping[str, Mapping[str, str]]) -> Indicator:
    entry = manual.get(plain["id"])
    return Indicator(
        id=plain["id"],
        group=plain["group"],
        title=plain["title"],
        unit=plain["unit"],
        definition=plain["definition"],
        measure=Measure(plain["measure"]),
        breakdowns=tuple(plain.get("breakdowns", ())),
        publish=Publish(plain["publish"]),
        unpublished=frozenset(plain.get("unpublishedBreakdowns", ())),
        source=plain["x-source"],
        manual=ManualEntry(**entry) if entry else None,
    )
