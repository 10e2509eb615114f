"""HTML pages that stand alone: one file, no script, nothing fetched from anywhere."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ops.paths import ROOT

GAP = "不明"


def page(template: str, **values: Any) -> str:
    """A template below ops/ (`offers/comparison.html.j2`) filled in; every value is escaped."""
    return _environment().get_template(template).render(**values)


def yen(value: Decimal | int | None, gap: str = GAP) -> str:
    """「12,345円」; what is not known says so and is never nought."""
    return gap if value is None else f"{int(value):,}円".replace("-", "△")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / "ops"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["yen"] = yen
    made.globals["styles"] = Markup(Path(__file__).with_name("page.css").read_text("utf-8"))  # noqa: S704  # our own file
    return made
