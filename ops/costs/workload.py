"""How a tenant is used: the published model that turns cases and staff into quantities.

The model is `workload.json`; each assumption names its source and confidence. Nothing here knows a
price.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

MODEL = Path(__file__).resolve().parent / "workload.json"
GIGABYTE = Decimal(2**30)
MONTHS_PER_YEAR = 12
# Kinds of requests: share of all, and which assumptions say what one takes.
_KINDS = (
    ("shareMe", "readUnitsMe", None, None),
    ("shareList", "readUnitsList", "auditWriteUnitsList", "auditBytesList"),
    ("shareTasks", "readUnitsTasks", "auditWriteUnitsList", "auditBytesList"),
    ("shareOpen", "readUnitsOpen", "auditWriteUnitsRead", "auditBytesRead"),
    ("shareSave", "readUnitsSave", "auditWriteUnitsSave", "auditBytesRead"),
)


class WorkloadError(Exception):
    """The model cannot be used; the text says why (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """The workload model. `assumptions`: name → `{value, unit, confidence, source}`."""

    id: str
    profiles: Mapping[str, Mapping[str, int]]
    assumptions: Mapping[str, Mapping[str, Any]]

    def __getitem__(self, name: str) -> Decimal:
        value: Decimal = self.assumptions[name]["value"]
        return value

    @property
    def unverified(self) -> list[str]:
        """Names of the assumptions that nobody measured."""
        return [n for n, a in self.assumptions.items() if a["confidence"] == "unverified"]


def read_model(path: Path = MODEL) -> Model:
    """Raises WorkloadError."""
    try:
        read = json.loads(path.read_text("utf-8"), parse_float=Decimal, parse_int=Decimal)
        model = Model(
            id=read["id"],
            profiles={
                name: {key: int(value) for key, value in profile.items()}
                for name, profile in read["profiles"].items()
            },
            assumptions=read["assumptions"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkloadError(f"使い方の想定 {path} を読めません({error})。") from error
    shares = [model[share] for share, *_ in _KINDS] + [model["shareWithoutRecords"]]
    if sum(shares) != 1:
        raise WorkloadError(f"使い方の想定 {path} の要求の割合(share…)の合計が1になりません。")
    for name, assumption in model.assumptions.items():
        if not {"value", "unit", "confidence", "source"} <= assumption.keys():
            raise WorkloadError(f"使い方の想定 {path} の {name} に単位・確かさ・出典がありません。")
    return model


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a month looks like: `cases` new ones a year, `staff` who use it, `requests` a month,
    and how long it has been so (`month` 0, 1, … since the start). An idle month has the storage of
    those before it and no use."""

    model: Model
    cases: int
    staff: int
    requests: int
    month: int = 0
    idle: bool = False

    @classmethod
    def of(cls, model: Model, *, cases: int, staff: int, requests: int | None) -> "Workload":
        """A workload whose requests, when not given, follow from cases and staff."""
        if requests is None:
            per_month = Decimal(cases) / MONTHS_PER_YEAR
            requests = int(model["requestsPerStaff"] * staff + model["requestsPerCase"] * per_month)
        return cls(model=model, cases=cases, staff=staff, requests=requests)

    @property
    def requests_made(self) -> Decimal:
        return Decimal(0 if self.idle else self.requests)

    @property
    def active_staff(self) -> Decimal:
        return Decimal(0) if self.idle else self.staff * self.model["staffActiveShare"]

    @property
    def read_units(self) -> Decimal:
        return self._of_requests(1)

    @property
    def record_write_units(self) -> Decimal:
        model = self.model
        return self.requests_made * model["shareSave"] * model["recordWriteUnitsSave"]

    @property
    def audit_write_units(self) -> Decimal:
        return self._of_requests(2)

    @property
    def record_gigabytes(self) -> Decimal:
        """Kept by the middle of the month; nothing is disposed of in the first five years."""
        cases = Decimal(self.cases) / MONTHS_PER_YEAR * self._months
        return cases * self.model["keptBytesPerCase"] / GIGABYTE

    @property
    def audit_gigabytes(self) -> Decimal:
        each = sum(
            self.model[share] * self.model[bytes_] for share, _, _, bytes_ in _KINDS if bytes_
        )
        return self.requests * each * self._months / GIGABYTE

    @property
    def file_gigabytes(self) -> Decimal:
        cases = Decimal(self.cases) / MONTHS_PER_YEAR * self._months
        megabytes = cases * self.model["filesPerCase"] * self.model["fileMegabytes"]
        return megabytes * 2**20 / GIGABYTE

    @property
    def files_written(self) -> Decimal:
        """Objects put in a month: parts and the file itself."""
        if self.idle:
            return Decimal(0)
        return Decimal(self.cases) / MONTHS_PER_YEAR * self.model["filesPerCase"] * 2

    @property
    def reply_gigabytes(self) -> Decimal:
        return self.requests_made * self.model["replyBytes"] / GIGABYTE

    @property
    def api_seconds(self) -> Decimal:
        model = self.model
        cold = model["coldStartShare"] * model["coldStartMilliseconds"]
        return self.requests_made * (model["apiMilliseconds"] + cold) / 1000

    @property
    def papers(self) -> Decimal:
        """Papers printed in a month."""
        if self.idle:
            return Decimal(0)
        return Decimal(self.cases) / MONTHS_PER_YEAR * self.model["papersPerCase"]

    @property
    def nights(self) -> Decimal:
        return self.model["daysPerMonth"]

    @property
    def key_requests(self) -> Decimal:
        """Calls of the key: one per table, function and while of use, one per draft that is kept,
        and those of the night."""
        windows = Decimal(0) if self.idle else self.model["activeWindowsPerMonth"] * 2
        drafts = self.requests_made * self.model["shareSave"] * self.model["draftsPerSave"]
        return windows + drafts + self.nights * 6

    def log_gigabytes(self, per_request: str) -> Decimal:
        return self.requests_made * self.model[per_request] / GIGABYTE

    def kept_log_gigabytes(self, per_request: str, retention_days: int) -> Decimal:
        """Compressed logs kept by the middle of the month."""
        months = min(self._months, retention_days / self.model["daysPerMonth"])
        written = self.requests * self.model[per_request] / GIGABYTE
        return written * months * self.model["logCompression"]

    @cached_property
    def _months(self) -> Decimal:
        return self.month + Decimal("0.5")

    def _of_requests(self, column: int) -> Decimal:
        each = sum(
            (
                self.model[kind[0]] * self.model[str(kind[column])]
                for kind in _KINDS
                if kind[column]
            ),
            Decimal(0),
        )
        return self.requests_made * each
