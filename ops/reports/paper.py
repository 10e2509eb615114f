"""A paper of blocks: one content, written as an HTML page or set as a tagged PDF."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import typst

from ops.paths import ROOT
from ops.reports.html import page

FONTS = ROOT / "node_modules" / "@expo-google-fonts" / "biz-udgothic"


class FontsMissingError(Exception):
    """The fonts are not installed; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    text: str
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph; `note` in smaller type."""

    text: str
    note: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list."""

    items: Sequence[str]
    kind: ClassVar[str] = "items"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer of a paper, in a frame, with what it rests on."""

    label: str
    text: str
    reasons: Sequence[str]
    kind: ClassVar[str] = "answer"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of texts; all columns but the first `texts` ones are numbers, set to the right.
    `widths`: of the columns of text on paper, in proportion; `small`: in small type there."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1
    widths: Sequence[int] = ()
    small: bool = False
    kind: ClassVar[str] = "table"


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Bars from `low` to `high` around nought; `told` says the same in words."""

    caption: str
    rows: Sequence[tuple[str, float, float, str]]
    kind: ClassVar[str] = "bars"

    @property
    def span(self) -> tuple[float, float]:
        """The least and the most that is drawn, nought among them."""
        ends = [end for _, low, high, _ in self.rows for end in (low, high)]
        return min(0.0, *ends), max(0.0, *ends)


Block = Heading | Text | Items | Answer | Table | Bars


@dataclass(frozen=True, kw_only=True)
class Paper:
    """`pages`: what begins on a new page each. `foot` stands at the bottom of every page."""

    title: str
    subtitle: str
    day: date
    pages: Sequence[Sequence[Block]]
    foot: str


def as_html(paper: Paper) -> str:
    """A page that needs nothing else."""
    return page("reports/paper.html.j2", paper=paper)


def as_pdf(paper: Paper) -> bytes:
    """A tagged PDF (PDF/UA-1). Raises FontsMissingError."""
    if not FONTS.is_dir():
        raise FontsMissingError("文字の部品がありません。`make setup` を実行してください。")
    content = {
        "title": paper.title,
        "subtitle": paper.subtitle,
        "day": paper.day.isoformat(),
        "foot": paper.foot,
        "pages": [[_block(block) for block in blocks] for blocks in paper.pages],
    }
    made: bytes = typst.compile(
        str(Path(__file__).with_name("paper.typ")),
        format="pdf",
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(content, ensure_ascii=False)},
        pdf_standards=["ua-1"],
    )
    return made


def _block(block: Block) -> dict[str, Any]:
    made = {"kind": block.kind, **asdict(block)}
    if isinstance(block, Bars):
        made["span"] = block.span
    return made
