"""An invoice: its lines, its tax, and the computation of passed-on cloud costs beside it.

Tax is rounded once per invoice and rate (消費税法施行令70条の10, not re-read), downwards; the
invoice says so. The cloud's own tax is not passed on: the invoice taxes what it passes on itself.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ops.costs.allocation import UNIT, Allocation, round_to_sum
from ops.costs.estimate import yen
from ops.costs.invoice.tariff import Charge, OfferError, Tariff, charges, passes_the_cloud_on

TEMPLATE = Path(__file__).resolve().parent / "invoice.typ"
UNIT_WORDS = {"flat": "式", "user": "人", "case": "件", "GB": "GB", "agency": "機関"}
_REGISTRATION = re.compile(r"T[0-9]{13}")


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who invoices: as a qualified invoice must name it. `bank` and `contact` are printed."""

    name: str
    registration_number: str
    address: str
    bank: str
    contact: str


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    name: str
    quantity: str
    yen: int


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """`before_tax` + `tax` = `total`, whole yen. `computation`: how a passed-on cost came about."""

    number: str
    issued_on: date
    month: date
    issuer: Issuer
    recipient: str
    lines: tuple[InvoiceLine, ...]
    tax_percent: int
    before_tax: int
    tax: int
    notes: tuple[str, ...]
    computation: tuple[tuple[str, str], ...]

    @property
    def total(self) -> int:
        return self.before_tax + self.tax


def read_issuer(path: Path) -> Issuer:
    """Raises OfferError."""
    try:
        read = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        issuer = Issuer(
            name=str(read["name"]),
            registration_number=str(read["registrationNumber"]),
            address=str(read["address"]),
            bank=str(read["bank"]),
            contact=str(read["contact"]),
        )
    except (OSError, UnicodeDecodeError, YAMLError, KeyError, TypeError) as error:
        raise OfferError(
            f"請求者のファイル {path} を読めません。name、registrationNumber、address、bank、"
            "contact を書いてください。"
        ) from error
    if not _REGISTRATION.fullmatch(issuer.registration_number):
        raise OfferError(
            f"請求者のファイル {path} の registrationNumber は T と13桁の数字で書いてください。"
        )
    return issuer


def make_invoice(
    tariff: Tariff, issuer: Issuer, *, number: str, issued_on: date, month: date, recipient: str,
    counts: Mapping[str, Decimal], periods: Sequence[str], rate: Decimal | None,
    cloud: tuple[int, Sequence[tuple[str, str]]] | None = None,
) -> Invoice:  # fmt: skip
    """`cloud`: the municipality's real cloud cost before tax in yen, with its computation.

    Raises OfferError when the offer passes the cloud on and it is missing, or the other way round.
    """
    passing = passes_the_cloud_on(tariff)
    if passing and cloud is None:
        raise OfferError(
            "この提案はクラウドの実費を請求します。--bill と --fleet と --rate を指定してください。"
        )
    if not passing and cloud is not None:
        raise OfferError(
            "この提案ではクラウドの実費を請求しません"
            f"(請求する者 {tariff.cloud}、為替の負担 {tariff.exchange})。--bill を外してください。"
        )
    lines = [_line(charge, rate) for charge in charges(tariff, counts, periods)]
    if cloud is not None:
        lines.append(
            InvoiceLine(
                name="クラウド利用料(実費、計算は次の頁)",
                quantity="1式",
                yen=_as_listed(cloud[0], tariff),
            )
        )
    listed = sum(line.yen for line in lines)
    percent = Decimal(tariff.tax_percent)
    if tariff.tax_included:
        tax = _down(listed * percent / (100 + percent))
        before = listed - tax
    else:
        tax, before = _down(listed * percent / 100), listed
    return Invoice(
        number=number,
        issued_on=issued_on,
        month=month,
        issuer=issuer,
        recipient=recipient,
        lines=tuple(lines),
        tax_percent=tariff.tax_percent,
        before_tax=before,
        tax=tax,
        notes=tuple(_notes(tariff)),
        computation=tuple(cloud[1]) if cloud else (),
    )


def cloud_cost(allocation: Allocation, code: str, month: date) -> tuple[int, list[tuple[str, str]]]:
    """A municipality's cloud cost of a month before tax, in whole yen, and how it came about.

    All municipalities' amounts sum to the bill before tax. Raises OfferError.
    """
    rows = allocation.bill.connection.execute(
        "SELECT tenant, sum(units) FROM allocated WHERE month = ? AND category <> 'tax'"
        " GROUP BY 1 ORDER BY 1",
        [month],
    ).fetchall()
    if code not in {tenant for tenant, _ in rows}:
        raise OfferError(f"{month:%Y-%m} の請求に {code} の費用がありません。")
    scale = 10**6
    rate = int(allocation.rate * scale)
    parts = [int(units) * rate for _, units in rows]
    total = yen(Decimal(sum(parts)) / (UNIT * scale))
    whole = dict(zip((t for t, _ in rows), round_to_sum(parts, UNIT * scale, total), strict=True))
    kinds = {"direct": "直接", "shared": "共用の配分", "proportional": "割合の配分"}
    currency = allocation.bill.currency
    steps = [
        (f"{service}({kinds.get(kind, kind)})", f"{amount:,.10f} {currency}")
        for kind, service, category, amount in allocation.components(code, month)
        if category != "tax"
    ]
    exact = Decimal(int(dict(rows)[code])) / UNIT
    return whole[code], [
        *steps,
        ("小計", f"{exact:,.10f} {currency}"),
        (f"1{currency} = {allocation.rate} 円", f"{exact * allocation.rate:,.4f} 円"),
        ("端数の調整(最大剰余方式。全団体の合計が請求と一致)", f"{whole[code]:,} 円"),
        ("配分の決まり", f"{allocation.rule.title}({allocation.rule.id})"),
    ]


def write_pdf(path: Path, invoice: Invoice) -> None:
    """Typesets the invoice."""
    import typst

    beside = path.with_name(f".{path.name}.new")
    typst.compile(
        str(TEMPLATE),
        output=str(beside),
        format="pdf",
        sys_inputs={"invoice": json.dumps(plain(invoice))},
    )
    beside.replace(path)


def plain(invoice: Invoice) -> dict[str, Any]:
    """The invoice as JSON: numbers as numbers, days as Japanese text."""
    return {
        "number": invoice.number,
        "issuedOn": _japanese(invoice.issued_on),
        "month": f"{invoice.month.year}年{invoice.month.month}月分",
        "issuer": vars(invoice.issuer),
        "recipient": invoice.recipient,
        "lines": [vars(line) for line in invoice.lines],
        "taxPercent": invoice.tax_percent,
        "beforeTax": invoice.before_tax,
        "tax": invoice.tax,
        "total": invoice.total,
        "notes": list(invoice.notes),
        "computation": [list(step) for step in invoice.computation],
    }


def _line(charge: Charge, rate: Decimal | None) -> InvoiceLine:
    amount = charge.amount
    if charge.currency != "JPY":
        if rate is None:
            raise OfferError(f"「{charge.name}」はドル建てです。--rate を指定してください。")
        amount *= rate
    return InvoiceLine(
        name=charge.name,
        quantity=f"{charge.quantity.normalize():f}{UNIT_WORDS[charge.unit]}",
        yen=yen(amount),
    )


def _as_listed(amount: int, tariff: Tariff) -> int:
    """An amount before tax in the way the offer writes its prices."""
    if not tariff.tax_included:
        return amount
    return yen(amount * (100 + Decimal(tariff.tax_percent)) / 100)


def _notes(tariff: Tariff) -> list[str]:
    cloud = {
        "state": "クラウド利用料は国が請求します。この請求書には含みません。",
        "none": "クラウドは使いません。",
        "vendor": "クラウド利用料は利用料に含みます。為替の変動は事業者が負担します。",
    }[tariff.cloud]
    if passes_the_cloud_on(tariff):
        cloud = "クラウド利用料は実費です。為替の変動は市区町村が負担します。"
    return [cloud, "消費税額の1円未満は、税率ごとに1回、切り捨てています。"]


def _down(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_FLOOR))


def _japanese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
