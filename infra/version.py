"""Which release of the software this is: the number in the project's file."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


@cache
def version() -> str:
    return str(tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["version"])
