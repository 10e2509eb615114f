"""An offer's price list, as far as an invoice needs it.

Read of an offer file: `billing.cloud` (vendor, state, none), `billing.exchange` (vendor,
municipality, none), `tax.included`, `tax.rate`, and of each row of `prices`: `id`, `item`, `name`,
`unit`, `period`, `amount` or `tiers`, `currency`, `included`, `minimum`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

CLOUD = "cloud"
# What a unit of the list counts; "flat" is one.
UNITS = ("flat", "user", "case", "GB", "agency")


class OfferError(Exception):
    """The offer cannot be invoiced by; the text says which row and why (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """`rows` as written. `cloud`: who bills the cloud usage; `exchange`: who bears the rate."""

    vendor: str
    cloud: str
    exchange: str
    tax_included: bool
    tax_percent: int
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A line of an invoice before tax is looked at. `amount` in `currency`."""

    name: str
    quantity: Decimal
    unit: str
    amount: Decimal
    currency: str


def read_tariff(path: Path) -> Tariff:
    """Raises OfferError."""
    try:
        read = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        tariff = Tariff(
            vendor=str(read["vendor"]),
            cloud=str(read["billing"]["cloud"]),
            exchange=str(read["billing"]["exchange"]),
            tax_included=bool(read["tax"]["included"]),
            tax_percent=int(read["tax"]["rate"]),
            rows=list(read["prices"]),
        )
    except (OSError, UnicodeDecodeError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise OfferError(f"提案のファイル {path} を読めません({type(error).__name__})。") from error
    if read.get("discounts"):
        raise OfferError(
            f"提案のファイル {path} に割引があります。条件に当たるかを確かめ、"
            "割引後の金額を書いた提案で請求してください。"
        )
    if tariff.cloud not in ("vendor", "state", "none"):
        raise OfferError(f"提案のファイル {path} の billing.cloud が正しくありません。")
    if tariff.exchange not in ("vendor", "municipality", "none"):
        raise OfferError(f"提案のファイル {path} の billing.exchange が正しくありません。")
    return tariff


def passes_the_cloud_on(tariff: Tariff) -> bool:
    """Whether the invoice carries the cloud's real cost as a line of its own."""
    return tariff.cloud == "vendor" and tariff.exchange == "municipality"


def charges(tariff: Tariff, counts: Mapping[str, Decimal], periods: Sequence[str]) -> list[Charge]:
    """What the list says for these counts (unit → number) and periods (once, month, year).

    Cloud rows are left out where the State bills the cloud or its real cost is passed on: no yen is
    charged twice. Raises OfferError.
    """
    found = []
    for row in tariff.rows:
        try:
            if row["period"] not in periods:
                continue
            if row["item"] == CLOUD and (tariff.cloud != "vendor" or passes_the_cloud_on(tariff)):
                continue
            found.append(_charge(row, counts))
        except (KeyError, TypeError, InvalidOperation) as error:
            raise OfferError(
                f"提案の料金の行 {row.get('id', '?')} を読めません({error})。"
            ) from error
    return found


def _charge(row: Mapping[str, Any], counts: Mapping[str, Decimal]) -> Charge:
    unit = str(row["unit"])
    if unit != "flat" and unit not in counts:
        raise OfferError(
            f"提案の料金の行 {row['id']} には {unit} の数が要ります(--count {unit}=数)。"
        )
    quantity = Decimal(1) if unit == "flat" else counts[unit]
    quantity = max(quantity, Decimal(row.get("minimum", 0)))
    quantity = max(Decimal(0), quantity - Decimal(row.get("included", 0)))
    tiered = "tiers" in row
    amount = _tiered(row, quantity) if tiered else _one(row, row["amount"]) * quantity
    return Charge(
        name=str(row["name"]),
        quantity=quantity,
        unit=unit,
        amount=amount,
        currency=str(row.get("currency", "JPY")),
    )


def _tiered(row: Mapping[str, Any], quantity: Decimal) -> Decimal:
    """graduated: each part at its own price; volume: all at the price reached; package: the sum."""
    mode, before, total = row["tiers"]["mode"], Decimal(0), Decimal(0)
    for step in row["tiers"]["steps"]:
        last = step["upTo"] is None or quantity <= step["upTo"]
        price = _one(row, step["amount"])
        if mode == "graduated":
            total += price * ((quantity if last else Decimal(step["upTo"])) - before)
            before = quantity if last else Decimal(step["upTo"])
        if last:
            return {"graduated": total, "volume": price * quantity, "package": price}[mode]
    raise OfferError(f"提案の料金の行 {row['id']} に {quantity} までの段階がありません。")


def _one(row: Mapping[str, Any], amount: Any) -> Decimal:
    """An amount one can invoice: a number, not a range and not unknown."""
    if amount is None or isinstance(amount, Mapping):
        raise OfferError(f"提案の料金の行 {row['id']} の金額が1つに決まっていません。")
    return Decimal(str(amount))
