"""Who pays: the municipalities of a bill, with vendor, account, and from when to when."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from infra.manifest import SCHEMAS, check_digit, load_all
from ops.costs.inputs import next_month

COLUMNS = ("code", "vendor", "account", "from", "to")


class FleetError(Exception):
    """The list of municipalities cannot be used; the text names file and row (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """`account`: a cloud account of its own, "" when it shares one; `last`: the last day, or None
    while it lasts."""

    code: str
    name: str
    vendor: str
    account: str
    first: date
    last: date | None
    population: int

    def days_in(self, month: date) -> int:
        """Days of a month on which it was there."""
        start = max(month, self.first)
        end = next_month(month)
        if self.last is not None:
            end = min(end, date.fromordinal(self.last.toordinal() + 1))
        return max(0, (end - start).days)


@cache
def _municipalities() -> dict[str, tuple[str, int]]:
    """Code → name and residents (1 January 2025, see schemas/municipalities.SOURCES.md)."""
    with (SCHEMAS / "municipalities.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["lgcode"]: (row["municipality"], int(row["population"] or 0))
            for row in csv.DictReader(lines)
        }


def municipality_name(code: str) -> str:
    """Raises FleetError for a code that is none."""
    if code not in _municipalities():
        raise FleetError(f"{code} は全国地方公共団体コードにありません。")
    return _municipalities()[code][0]


def read_fleet(path: Path) -> list[Member]:
    """A CSV (code, vendor, account, from, to) or a directory of manifests. Raises FleetError,
    ManifestError."""
    members = _from_manifests(path) if path.is_dir() else _from_csv(path)
    if not members:
        raise FleetError(f"{path} に団体がありません。")
    codes: dict[str, str] = {}
    accounts: dict[str, str] = {}
    for member in members:
        if member.code in codes:
            raise FleetError(f"{path} に {member.code} が2度あります。")
        codes[member.code] = member.name
        if member.account and accounts.setdefault(member.account, member.code) != member.code:
            raise FleetError(
                f"{path} のアカウント {member.account} が2つの団体にあります。"
                "共用のアカウントは空にしてください。"
            )
    return sorted(members, key=lambda member: member.code)


def _from_csv(path: Path) -> list[Member]:
    members = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            if tuple(table.fieldnames or ()) != COLUMNS:
                raise FleetError(f"{path} の見出しを {','.join(COLUMNS)} にしてください。")
            for number, row in enumerate(table, start=2):
                members.append(_member(row, f"{path} の {number} 行目"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FleetError(f"{path} を読めません。UTF-8 の CSV を指定してください。") from error
    return members


def _member(row: dict[str, str], where: str) -> Member:
    if None in row or None in row.values():
        raise FleetError(f"{where}の列の数が違います。")
    code = row["code"]
    if not (code.isascii() and code.isdecimal() and len(code) == 6):
        raise FleetError(f"{where}の code は検査数字を含む6桁の数字にしてください。")
    if code[5] != check_digit(code[:5]) or code not in _municipalities():
        raise FleetError(f"{where}の code {code} は全国地方公共団体コードにありません。")
    try:
        first = date.fromisoformat(row["from"])
        last = date.fromisoformat(row["to"]) if row["to"] else None
    except ValueError as error:
        raise FleetError(f"{where}の日付は 2026-04-01 のように書いてください。") from error
    if last is not None and last < first:
        raise FleetError(f"{where}の to が from より前です。")
    name, population = _municipalities()[code]
    return Member(
        code=code,
        name=name,
        vendor=row["vendor"],
        account=row["account"],
        first=first,
        last=last,
        population=population,
    )


def _from_manifests(path: Path) -> list[Member]:
    manifests = load_all(sorted(path.glob("*.yaml")))
    return [
        Member(
            code=manifest.lg_code,
            name=manifest.municipality,
            vendor=manifest.vendor,
            account=manifest.account if manifest.isolation == "account" else "",
            first=date.min,
            last=None,
            population=_municipalities()[manifest.lg_code][1],
        )
        for manifest in manifests
    ]


def present(members: Sequence[Member], month: date) -> list[Member]:
    """Those who were there on at least one day of a month."""
    return [member for member in members if member.days_in(month)]
