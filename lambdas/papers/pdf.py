"""PDF of a paper by Typst: tagged, PDF/UA-1, in Japanese. Texts are data and never markup."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

LAYOUTS = Path(__file__).parent / "layouts"


@cache
def _compiler(fonts: Path) -> typst.Compiler:
    """One compiler for the life of the process; it keeps fonts and parsed layouts."""
    found = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)]
    )
    return typst.Compiler(root=str(LAYOUTS), font_paths=found)


def pdf(layout: Path, data: Mapping[str, Any], *, fonts: Path, now: datetime) -> bytes:
    """The PDF of `layout`, a `.typ` file below LAYOUTS, over `data`.

    Raises typst.TypstError where the layout is wrong, or where a glyph is missing: PDF/UA-1 knows
    no text that cannot be shown.
    """
    made = _compiler(fonts).compile(
        str(layout),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=int(now.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made
