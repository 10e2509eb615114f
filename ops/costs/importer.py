"""The provider's public price list file (bulk JSON or CSV) → rows of our price book.

Only rows that our book already knows by their usage type are taken: a list has thousands. What the
book knows and the list does not is named, and keeps its old row.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import dropwhile
from pathlib import Path
from typing import Any

from ops.costs.book import BookError, Price

CONFIDENCE = "provider price list"


@dataclass(frozen=True, kw_only=True)
class Offered:
    """An on-demand price of the list: USD for one of `unit`, from `begin` units a month on."""

    service: str
    usage_type: str
    unit: str
    usd: Decimal
    valid_from: date
    begin: Decimal
    sku: str


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The book with the list's prices added; `missing`: usage types that the list lacks;
    `ambiguous`: those it has at several prices, which are left for a person to decide."""

    prices: tuple[Price, ...]
    added: tuple[Price, ...]
    missing: tuple[str, ...]
    ambiguous: tuple[str, ...]


def import_list(path: Path, book: Sequence[Price], *, read_on: date) -> Imported:
    """Adds a dated row for every price that changed or was not verified. Raises BookError."""
    offered = list(_json(path) if path.suffix.lower() == ".json" else _csv(path))
    services = {one.service for one in offered}
    by_type: dict[tuple[str, str], list[Offered]] = {}
    for one in offered:
        # The tiers of a price: the first that costs anything is the list price; what comes before
        # it is a free tier, what comes after a rebate that no tenant reaches.
        by_type.setdefault((one.service, one.usage_type), []).append(one)
    latest = {price.row: price for price in sorted(book, key=lambda price: price.valid_from)}
    added, missing, ambiguous = [], [], []
    for price in latest.values():
        if not price.usage_type or price.service not in services:
            continue
        found = [o for o in by_type.get((price.service, price.usage_type), ()) if o.usd]
        if not found:
            missing.append(price.usage_type)
            continue
        start = min(o.begin for o in found)
        first = {(o.usd, o.valid_from) for o in found if o.begin == start}
        if len(first) > 1:
            ambiguous.append(price.usage_type)
            continue
        ((usd, valid_from),) = first
        new = replace(
            price,
            usd=usd * price.unit_size,
            valid_from=max(valid_from, price.valid_from),
            as_of=read_on.isoformat(),
            confidence=CONFIDENCE,
            source=f"提供者の料金表ファイル {path.name}",
        )
        if new.each != price.each or not price.verified:
            added.append(new)
    replaced = {(price.row, price.valid_from) for price in added}
    kept = [price for price in book if (price.row, price.valid_from) not in replaced]
    return Imported(
        prices=(*kept, *added),
        added=tuple(added),
        missing=tuple(sorted(missing)),
        ambiguous=tuple(sorted(ambiguous)),
    )


def _json(path: Path) -> Iterator[Offered]:
    try:
        listed: Mapping[str, Any] = json.loads(path.read_text("utf-8"), parse_float=Decimal)
        products = listed["products"]
        for sku, terms in listed["terms"]["OnDemand"].items():
            attributes = products[sku]["attributes"]
            for term in terms.values():
                for dimension in term["priceDimensions"].values():
                    yield _offered(
                        service=attributes.get("servicecode") or listed["offerCode"],
                        usage_type=attributes["usagetype"],
                        unit=dimension["unit"],
                        usd=dimension["pricePerUnit"]["USD"],
                        valid_from=term["effectiveDate"],
                        begin=dimension.get("beginRange", "0"),
                        sku=sku,
                    )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise BookError(
            f"{path} は料金表ファイル(products と terms.OnDemand を持つ JSON)として"
            f"読めません({type(error).__name__}: {error})。"
        ) from error


def _csv(path: Path) -> Iterator[Offered]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            # A few lines about the file stand before the headings.
            table = csv.DictReader(dropwhile(lambda line: not line.startswith('"SKU"'), lines))
            if table.fieldnames is None:
                raise ValueError("SKU")
            for row in table:
                if row["TermType"] != "OnDemand" or row["Currency"] != "USD":
                    continue
                yield _offered(
                    service=row["serviceCode"],
                    usage_type=row["usageType"],
                    unit=row["Unit"],
                    usd=row["PricePerUnit"],
                    valid_from=row["EffectiveDate"],
                    begin=row.get("StartingRange") or "0",
                    sku=row["SKU"],
                )
    except (OSError, ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise BookError(
            f"{path} は料金表ファイル(SKU で始まる見出しを持つ CSV)として"
            f"読めません({type(error).__name__}: {error})。"
        ) from error


def _offered(
    *, service: str, usage_type: str, unit: str, usd: str, valid_from: str, begin: str, sku: str
) -> Offered:
    return Offered(
        service=service,
        usage_type=usage_type,
        unit=unit,
        usd=Decimal(usd),
        valid_from=date.fromisoformat(valid_from[:10]),
        begin=Decimal(begin),
        sku=sku,
    )
