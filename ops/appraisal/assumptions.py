"""What an appraisal takes for granted: rows with low, mid and high, each with source and
confidence."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

HERE = Path(__file__).parent
MEASURED, STATED = "measured", "stated"
CONFIDENCES = {"unverified": "要確認", MEASURED: "実測", STATED: "入力した値"}
_COLUMNS = ("id", "name", "low", "mid", "high", "unit", "source", "confidence")
_MOST = Decimal(1_000_000_000)


class AssumptionError(Exception):
    """A file of assumptions that cannot be used; the text says row and cure (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """One row; low ≤ mid ≤ high, in `unit`."""

    id: str
    name: str
    low: Decimal
    mid: Decimal
    high: Decimal
    unit: str
    source: str
    confidence: str

    def at(self, level: str) -> Decimal:
        """The value at "low", "mid" or "high"."""
        return {"low": self.low, "mid": self.mid, "high": self.high}[level]

    def known(self, value: Decimal, source: str, confidence: str) -> "Assumption":
        """The same row with a value that leaves no band."""
        return replace(self, low=value, mid=value, high=value, source=source, confidence=confidence)


Assumptions = Mapping[str, Assumption]


def read(name: str, own: Path | None = None) -> Assumptions:
    """The rows of a file beside this one; rows of `own` (same columns) take the place of those
    with their ids. Raises AssumptionError."""
    rows = _rows(HERE / name)
    if own is not None:
        changed = _rows(own)
        unknown = [key for key in changed if key not in rows]
        if unknown:
            raise AssumptionError(
                f"{own}: {unknown[0]} という仮定はありません。次のどれかです: {'、'.join(rows)}"
            )
        rows = {**rows, **changed}
    return rows


def _rows(path: Path) -> dict[str, Assumption]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if tuple(reader.fieldnames or ()) != _COLUMNS:
                raise AssumptionError(f"{path}: 1行目を {','.join(_COLUMNS)} にしてください。")
            return {row["id"]: _row(path, number, row) for number, row in enumerate(reader, 2)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AssumptionError(f"{path} を読めません。UTF-8 の CSV を指定してください。") from error


def _row(path: Path, number: int, row: Mapping[str, str]) -> Assumption:
    try:
        low, mid, high = (Decimal(row[level]) for level in ("low", "mid", "high"))
        ordered = Decimal(0) <= low <= mid <= high <= _MOST
    except (InvalidOperation, TypeError):
        ordered = False
    if not ordered:
        raise AssumptionError(
            f"{path}:{number}: low、mid、high は、0以上の数を小さい順に書いてください。"
        )
    if row["unit"] == "割合" and high > 1:
        raise AssumptionError(f"{path}:{number}: 割合は 0 から 1 までの数で書いてください。")
    if not row["source"] or not row["confidence"]:
        raise AssumptionError(f"{path}:{number}: source(出典)と confidence を書いてください。")
    return Assumption(
        id=row["id"],
        name=row["name"],
        low=low,
        mid=mid,
        high=high,
        unit=row["unit"],
        source=row["source"],
        confidence=row["confidence"],
    )
