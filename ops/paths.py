"""Where things lie in a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build"
LOCAL = ROOT / ".local"
BIN = ROOT / ".venv" / "bin"
