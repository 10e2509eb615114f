"""The price book: what a unit of something costs, from which day, by which source.

Prices, exchange rates, consumption tax and free tiers are dated rows of CSV files. A row says where
it comes from and how sure it is; whoever shows a figure shows the rows that are not sure or old.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

PRICES = Path(__file__).resolve().parent / "prices"
# Confidence of a row that was quoted from, or read in, the provider's own price list.
VERIFIED = frozenset({"price-list quote", "provider price list"})
# A row that nobody has looked at for this long is named in every report that uses it.
OLD_AFTER_DAYS = 365
UNKNOWN_DAY = date.min

Row = tuple[str, str]
"""Service and item, e.g. `("AWSKMS", "customer managed key")`."""


class BookError(Exception):
    """A price is missing or a row is wrong; the text names file and row (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """Where a figure comes from. `as_of`: when it was read, as written there, "" when unknown."""

    as_of: str
    confidence: str
    source: str

    @property
    def verified(self) -> bool:
        return self.confidence in VERIFIED


@dataclass(frozen=True, kw_only=True)
class Price(Sourced):
    """A row of the price book: `usd` per `unit`, which is `unit_size` of what a bill counts
    (`usage_type`, "" when unknown)."""

    service: str
    item: str
    unit: str
    unit_size: int
    usd: Decimal
    valid_from: date
    usage_type: str
    note: str

    @property
    def row(self) -> Row:
        return self.service, self.item

    @property
    def each(self) -> Decimal:
        """USD for one of what is counted: a request, a GB-month, a key-month."""
        return self.usd / self.unit_size


@dataclass(frozen=True, kw_only=True)
class Rate(Sourced):
    """Yen for one unit of a currency."""

    currency: str
    jpy: Decimal
    valid_from: date
    note: str


@dataclass(frozen=True, kw_only=True)
class Tax(Sourced):
    """Consumption tax, national and local together, in percent."""

    percent: Decimal
    valid_from: date
    note: str


@dataclass(frozen=True, kw_only=True)
class FreeTier(Sourced):
    """What an account gets free each month; `quantity` in what a bill counts."""

    service: str
    item: str
    quantity: Decimal
    unit: str


Dated = TypeVar("Dated", Price, Rate, Tax)
Read = TypeVar("Read")


def all_prices(path: Path) -> tuple[Price, ...]:
    """Every row of a price book file. Raises BookError with file and row."""
    return _rows(path, _price)


def price_book(region: str, on: date | None = None) -> dict[Row, Price]:
    """The prices of a region as they hold on a day (None: the latest).

    Raises BookError when there is no book for the region.
    """
    path = PRICES / f"aws_{region}.csv"
    if not path.is_file():
        raise BookError(
            f"{region} の価格表がありません。{path.name} を用意してから見積もってください。"
        )
    return holding(all_prices(path), on, key=lambda price: price.row)


def holding(
    rows: Iterable[Dated], on: date | None, *, key: Callable[[Dated], Row]
) -> dict[Row, Dated]:
    """Of rows with the same key, the latest that holds on the day."""
    found: dict[Row, Dated] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        if on is None or row.valid_from <= on:
            found[key(row)] = row
    return found


def exchange_rate(on: date, currency: str = "USD") -> Rate:
    """The rate that holds on a day. Raises BookError."""
    found = holding(
        _rows(PRICES / "exchange_rates.csv", _rate), on, key=lambda rate: ("", rate.currency)
    )
    if ("", currency) not in found:
        raise BookError(f"{on} の {currency} の為替の行が exchange_rates.csv にありません。")
    return found["", currency]


def consumption_tax(on: date) -> Tax:
    """The tax that holds on a day. Raises BookError."""
    found = holding(_rows(PRICES / "consumption_tax.csv", _tax), on, key=lambda _: ("", ""))
    if not found:
        raise BookError(f"{on} の消費税率の行が consumption_tax.csv にありません。")
    return found["", ""]


def free_tiers() -> dict[Row, FreeTier]:
    """What an account gets free each month."""
    rows = _rows(PRICES / "free_tiers.csv", _free_tier)
    return {(row.service, row.item): row for row in rows}


def warnings(rows: Iterable[Price | Rate | Tax], today: date) -> list[str]:
    """One line for each row that is not verified or was not looked at for a year (Japanese)."""
    said = set()
    for row in rows:
        name = _name(row)
        if not row.verified:
            said.add(f"要確認: {name}(出典: {row.source})")
        elif row.as_of and (today - _day(row.as_of)).days > OLD_AFTER_DAYS:
            said.add(f"古い行: {name}({row.as_of} に確認したまま)")
    return sorted(said)


def _name(row: Price | Rate | Tax) -> str:
    match row:
        case Price():
            return f"{row.service} / {row.item}"
        case Rate():
            return f"為替 {row.currency} = {row.jpy} 円"
        case Tax():
            return f"消費税 {row.percent}%"


@dataclass(frozen=True, kw_only=True)
class Change:
    """How two books differ in one row; None where a book has no such row."""

    row: Row
    before: Price | None
    after: Price | None

    @property
    def percent(self) -> Decimal | None:
        """Change of the price; None when a side is missing or was free."""
        if self.before is None or self.after is None or not self.before.each:
            return None
        return (self.after.each - self.before.each) / self.before.each * 100


def diff(before: Mapping[Row, Price], after: Mapping[Row, Price]) -> list[Change]:
    """Rows that are in one book only, or whose price for the same quantity differs."""
    return [
        Change(row=row, before=before.get(row), after=after.get(row))
        for row in sorted(before.keys() | after.keys())
        if (old := before.get(row)) is None
        or (new := after.get(row)) is None
        or old.each != new.each
    ]


def write_prices(path: Path, prices: Sequence[Price]) -> None:
    """Writes a price book file that `all_prices` reads back the same."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_PRICE_COLUMNS)
        for price in prices:
            day = "" if price.valid_from == UNKNOWN_DAY else price.valid_from.isoformat()
            writer.writerow(
                [day if c == "valid_from" else str(getattr(price, c)) for c in _PRICE_COLUMNS]
            )


_PRICE_COLUMNS = (
    "service",
    "item",
    "unit",
    "unit_size",
    "usd",
    "valid_from",
    "as_of",
    "confidence",
    "source",
    "usage_type",
    "note",
)


def _rows(path: Path, make: Callable[[Mapping[str, str]], Read]) -> tuple[Read, ...]:
    found = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                try:
                    if None in row or None in row.values():
                        raise ValueError("number of columns")
                    found.append(make(row))
                except (KeyError, ValueError, InvalidOperation) as error:
                    raise BookError(
                        f"{path.name} の {number} 行目を読めません({error})。"
                        "列の数、数字、日付(2026-04-01)を確かめてください。"
                    ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(f"{path} を読めません。UTF-8 の CSV を指定してください。") from error
    return tuple(found)


def _price(row: Mapping[str, str]) -> Price:
    size = int(row["unit_size"])
    if size < 1:
        raise ValueError("unit_size")
    return Price(
        service=row["service"],
        item=row["item"],
        unit=row["unit"],
        unit_size=size,
        usd=_amount(row["usd"]),
        valid_from=_valid_from(row),
        as_of=_as_of(row),
        confidence=row["confidence"],
        source=row["source"],
        usage_type=row["usage_type"],
        note=row["note"],
    )


def _rate(row: Mapping[str, str]) -> Rate:
    return Rate(
        currency=row["currency"],
        jpy=_amount(row["jpy"]),
        valid_from=_valid_from(row),
        as_of=_as_of(row),
        confidence=row["confidence"],
        source=row["source"],
        note=row["note"],
    )


def _tax(row: Mapping[str, str]) -> Tax:
    return Tax(
        percent=_amount(row["percent"]),
        valid_from=_valid_from(row),
        as_of=_as_of(row),
        confidence=row["confidence"],
        source=row["source"],
        note=row["note"],
    )


def _free_tier(row: Mapping[str, str]) -> FreeTier:
    return FreeTier(
        service=row["service"],
        item=row["item"],
        quantity=_amount(row["quantity"]),
        unit=row["unit"],
        as_of=_as_of(row),
        confidence=row["confidence"],
        source=row["source"],
    )


def _amount(text: str) -> Decimal:
    amount = Decimal(text)
    if not amount.is_finite() or amount < 0:
        raise ValueError(text)
    return amount


def _valid_from(row: Mapping[str, str]) -> date:
    return date.fromisoformat(row["valid_from"]) if row["valid_from"] else UNKNOWN_DAY


def _as_of(row: Mapping[str, str]) -> str:
    if row["as_of"]:
        _day(row["as_of"])
    return row["as_of"]


def _day(text: str) -> date:
    """The first day of what is written as a year, a month or a day."""
    return date.fromisoformat({4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text))
