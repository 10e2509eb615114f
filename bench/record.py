"""Keeping a result with what it was measured on."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def keep(name: str, command: str, result: dict[str, Any]) -> None:
    """Writes bench/results/<name>.json and prints it."""
    content = {
        "command": command,
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        **result,
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"== {name}\n{text}", flush=True)
