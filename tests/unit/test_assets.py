"""What the functions read is packed with them."""

import re
from pathlib import Path

import pytest

from ops.local.assets import FUNCTIONS, Function

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_every_schema_that_a_function_reads_is_packed_with_it(function: Function) -> None:
    # The jobs read no settings and offer no forms, which casework would read more for.
    packages = function.packages if function.name == "api" else (function.packages[-1],)
    read = set()
    for package in packages:
        for source in (ROOT / "lambdas" / package).rglob("*.py"):
            for steps in re.findall(r'SCHEMAS((?: / "[a-z.-]+")+)', source.read_text("utf-8")):
                read.add("/".join(re.findall(r'"([a-z.-]+)"', steps)))
    if function.name == "api":
        assert {"forms", "codes", "api.json", "tasks.json", "presets"} <= read
    for path in read:
        packed = function.schemas
        assert any(path == name or path.startswith(f"{name}/") for name in packed), path
