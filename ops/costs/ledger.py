"""The ledger: what each tenant itself counted, a month a line, without anything of a person.

One JSON object a line: `{v, code, month, days, requests, cases, openCases, staff, minutes,
quantities}`. `requests` are those the tenant's own trail knows of; `minutes` null where they would
be those of one or two people.
`quantities`: "service/item" of the price book → what a bill would count. `days`: days counted.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ops.costs.inputs import next_month

VERSION = 1


class LedgerError(Exception):
    """The ledger cannot be used; the text names file and line (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A tenant's month. `cases`: new ones; `staff`: people who were active; `minutes`: of support,
    None where too few people worked to say so."""

    code: str
    month: date
    days: int
    requests: int
    cases: int
    open_cases: int
    staff: int
    minutes: int | None
    quantities: Mapping[str, Decimal]

    @property
    def complete(self) -> bool:
        return self.days >= (next_month(self.month) - self.month).days


Ledger = Mapping[tuple[str, date], Entry]


def read_ledger(path: Path | None) -> dict[tuple[str, date], Entry]:
    """Code and month → entry. Of a month pulled more than once the fuller line counts: counting
    again adds nothing. Raises LedgerError."""
    if path is None:
        return {}
    found: dict[tuple[str, date], Entry] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path} を読めません。") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = _entry(json.loads(line, parse_float=Decimal, parse_int=Decimal))
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise LedgerError(f"{path} の {number} 行目を計量の記録として読めません。") from error
        keep(found, entry)
    return found


def keep(found: dict[tuple[str, date], Entry], entry: Entry) -> None:
    """Adds an entry unless a fuller one is there; the order does not matter."""
    key = (entry.code, entry.month)
    there = found.get(key)
    if there is None or _rank(entry) > _rank(there):
        found[key] = entry


def write_ledger(path: Path, entries: Iterable[Entry]) -> None:
    """Writes entries by month and code, whole or not at all."""
    ordered = sorted(entries, key=lambda entry: (entry.month, entry.code))
    beside = path.with_name(f".{path.name}.new")
    beside.write_text("".join(f"{_line(entry)}\n" for entry in ordered), "utf-8")
    beside.replace(path)


def parse_entry(value: Mapping[str, Any]) -> Entry:
    """An entry as a tenant gives it. Raises LedgerError."""
    try:
        return _entry(json.loads(json.dumps(value), parse_float=Decimal, parse_int=Decimal))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise LedgerError("環境が返した計量の記録を読めません。") from error


def of_months(ledger: Ledger, code: str, months: Sequence[date]) -> list[Entry]:
    return [ledger[code, month] for month in months if (code, month) in ledger]


def _rank(entry: Entry) -> tuple[Any, ...]:
    sizes = (entry.days, entry.requests, entry.staff, entry.cases, entry.open_cases)
    return *sizes, entry.minutes or 0, sorted(entry.quantities.items())


def _entry(value: Mapping[str, Any]) -> Entry:
    if value["v"] != VERSION:
        raise ValueError("version")
    names = ("days", "requests", "cases", "openCases", "staff")
    numbers = {name: value[name] for name in names}
    minutes = value["minutes"]
    quantities = dict(value["quantities"])
    for number in [*numbers.values(), *quantities.values(), minutes or Decimal(0)]:
        if not isinstance(number, Decimal) or not number.is_finite() or number < 0:
            raise ValueError("number")
    return Entry(
        code=str(value["code"]),
        month=date.fromisoformat(f"{value['month']}-01"),
        days=int(numbers["days"]),
        requests=int(numbers["requests"]),
        cases=int(numbers["cases"]),
        open_cases=int(numbers["openCases"]),
        staff=int(numbers["staff"]),
        minutes=None if minutes is None else int(minutes),
        quantities=quantities,
    )


def _line(entry: Entry) -> str:
    value = asdict(entry)
    return json.dumps(
        {
            "v": VERSION,
            "code": entry.code,
            "month": f"{entry.month:%Y-%m}",
            "days": entry.days,
            "requests": entry.requests,
            "cases": entry.cases,
            "openCases": entry.open_cases,
            "staff": entry.staff,
            "minutes": entry.minutes,
            "quantities": {k: float(v) for k, v in sorted(value["quantities"].items())},
        },
        ensure_ascii=False,
    )
