"""The papers there are, and what goes on each: `layouts/papers.json`. A municipality's own layouts
lie in `layouts/own/`, put there when the function is built."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from lambdas.papers.pdf import LAYOUTS

OWN = LAYOUTS / "own"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Part of a sheet: properties of a form's record.

    `sections`, `properties`: these alone; `omit`: all but these. `person`: the record about the
    person the paper is for; `refers`: the record that names the main one by this property;
    `columns`: the tables of lists, property → [heading, property of a row, …] for each column.
    """

    form: str
    title: str | None = None
    sections: tuple[str, ...] | None = None
    properties: tuple[str, ...] | None = None
    omit: tuple[str, ...] = ()
    person: bool = False
    refers: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper. `of`: what it is printed of (case, meeting, disclosure, …); `form`: of which form
    its main record is; `when`: values of that record by which it is this paper and not its twin.
    `blank`: also to be filled in by hand; `sample`: an example for the municipality to work on;
    `core`: not for agencies outside, whatever they may read. `pdf`: set by a layout; a paper that
    is not is a workbook alone."""

    name: str
    title: str
    of: str
    layout: str
    form: str | None = None
    when: Mapping[str, str] = field(default_factory=dict)
    sheets: tuple[Sheet, ...] = ()
    excel: bool = False
    blank: bool = False
    sample: bool = False
    watermark: bool = False
    copies: bool = False
    core: bool = False
    pdf: bool = True

    @property
    def forms(self) -> frozenset[str]:
        """Forms whose record it may be printed of: its own, and those of its sheets about one
        person."""
        parts = (part for sheet in self.sheets for part in sheet.parts)
        own = frozenset({self.form} if self.form else ())
        return own.union(part.form for part in parts if part.person)

    @property
    def file(self) -> Path:
        """The layout: the municipality's own where there is one."""
        own = OWN / f"{self.layout}.typ"
        return own if own.is_file() else LAYOUTS / f"{self.layout}.typ"


@cache
def papers() -> Mapping[str, Paper]:
    """By name. What the municipality's own `papers.json` says of a paper replaces ours."""
    entries: dict[str, dict[str, Any]] = {}
    for directory in (LAYOUTS, OWN):
        file = directory / "papers.json"
        listed = json.loads(file.read_text("utf-8"))["papers"] if file.is_file() else ()
        for entry in listed:
            entries[entry["name"]] = {**entries.get(entry["name"], {}), **entry}
    return {name: _paper(entry) for name, entry in entries.items()}


def fitting(paper: Paper, data: Mapping[str, Any]) -> Paper:
    """The paper, or its twin that the record asks for: the intake form has two versions."""
    twins = (p for p in papers().values() if p.form == paper.form and p.when)
    if not paper.when:
        return paper
    return next((p for p in twins if all(data.get(k) == v for k, v in p.when.items())), paper)


def _paper(entry: Mapping[str, Any]) -> Paper:
    sheets = tuple(
        Sheet(title=s["title"], parts=tuple(_part(p) for p in s["parts"]))
        for s in entry.get("sheets", ())
    )
    return Paper(**{**entry, "sheets": sheets})


def _part(entry: Mapping[str, Any]) -> Part:
    listed: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
    return Part(**listed)
