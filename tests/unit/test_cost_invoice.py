"""Invoices: whole yen, tax once, and no yen charged twice whoever bills the cloud."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ops.costs.estimate import yen
from ops.costs.invoice.invoice import (
    Invoice,
    Issuer,
    cloud_cost,
    make_invoice,
    read_issuer,
    write_pdf,
)
from ops.costs.invoice.tariff import OfferError, Tariff, charges, read_tariff
from tests.unit.bills import OCTOBER, BillLine, member, read, share

ISSUER = Issuer(
    name="株式会社例示", registration_number="T1234567890123", address="千代田区", bank="銀行",
    contact="経理",
)  # fmt: skip
_MONTHLY = {"unit": "flat", "period": "month"}
ROWS = (
    {"id": "base", "item": "base", "name": "基本", "amount": 999, **_MONTHLY},
    {"id": "cloud", "item": "cloud", "name": "クラウド", "amount": 500, **_MONTHLY},
)


def tariff(**changes: Any) -> Tariff:
    return Tariff(
        **{
            "vendor": "v", "cloud": "vendor", "exchange": "vendor", "tax_included": False,
            "tax_percent": 10, "rows": ROWS, **changes,
        }
    )  # fmt: skip


def bill_of(made: Tariff, **more: Any) -> Invoice:
    return make_invoice(
        made, ISSUER, number="1", issued_on=date(2026, 11, 1), month=OCTOBER, recipient="町",
        **{"counts": {}, "periods": ["month"], "rate": None, **more},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cloud", "exchange", "passed_on", "lines"),
    [
        # Who bills it, who bears the rate, the real cost, what the invoice then charges.
        ("state", "municipality", None, [999]),
        ("none", "none", None, [999]),
        ("vendor", "vendor", None, [999, 500]),
        ("vendor", "municipality", 660, [999, 660]),
    ],
)
def test_the_cloud_is_charged_once_or_not_at_all(
    cloud: str, exchange: str, passed_on: int | None, lines: list[int]
) -> None:
    cost = None if passed_on is None else (passed_on, [("計算", "")])
    made = bill_of(tariff(cloud=cloud, exchange=exchange), cloud=cost)
    assert [line.yen for line in made.lines] == lines
    assert made.before_tax == sum(lines)
    wrong = (660, []) if passed_on is None else None
    with pytest.raises(OfferError):
        bill_of(tariff(cloud=cloud, exchange=exchange), cloud=wrong)


@given(st.lists(st.integers(0, 10**7), min_size=1), st.booleans())
def test_tax_is_rounded_once_and_the_parts_sum(amounts: list[int], included: bool) -> None:
    rows = [ROWS[0] | {"id": str(n), "amount": amount} for n, amount in enumerate(amounts)]
    made = bill_of(tariff(rows=rows, tax_included=included))
    assert made.before_tax + made.tax == made.total
    assert (made.total if included else made.before_tax) == sum(amounts)
    exact = Decimal(sum(amounts)) * 10 / (110 if included else 100)
    assert exact - 1 < made.tax <= exact


def test_what_is_passed_on_sums_to_the_bill_before_its_tax(tmp_path: Path) -> None:
    codes = ("122041", "122360", "232386")
    bill = read(
        tmp_path,
        *(BillLine(cost=f"1.{n}3", code=code) for n, code in enumerate(codes)),
        BillLine(cost="10"),
        BillLine(cost="1.34", category="Tax"),
    )
    made = share(bill, *(member(code) for code in codes), rate="150.25")
    parts = [cloud_cost(made, code, OCTOBER) for code in codes]
    assert sum(amount for amount, _ in parts) == yen((bill.total - Decimal("1.34")) * made.rate)
    assert all("Tax" not in name for _, steps in parts for name, _ in steps)
    with pytest.raises(OfferError, match="費用がありません"):
        cloud_cost(made, "011002", OCTOBER)


@pytest.mark.parametrize(
    ("mode", "amount"), [("graduated", 10 * 100 + 5 * 50), ("volume", 15 * 50), ("package", 50)]
)
def test_tiers(mode: str, amount: int) -> None:
    steps = [{"upTo": 10, "amount": 100}, {"upTo": 20, "amount": 50}]
    row = {"id": "u", "item": "user", "name": "人", "unit": "user", "period": "month"}
    listed = tariff(rows=[row | {"tiers": {"mode": mode, "steps": steps}}])
    (found,) = charges(listed, {"user": Decimal(15)}, ["month"])
    assert found.amount == amount
    with pytest.raises(OfferError, match="段階がありません"):
        charges(listed, {"user": Decimal(21)}, ["month"])


def test_what_the_list_leaves_open_is_not_guessed() -> None:
    user = ROWS[0] | {"unit": "user", "included": 5, "minimum": 10}
    (found,) = charges(tariff(rows=[user]), {"user": Decimal(2)}, ["month"])
    assert found.quantity == 5
    for row, says in (
        (user, "user の数が要ります"),
        (ROWS[0] | {"amount": None}, "決まっていません"),
        (ROWS[0] | {"amount": {"low": 1, "mid": 2, "high": 3}}, "決まっていません"),
        ({"id": "x", "period": "month"}, "料金の行 x を読めません"),
    ):
        with pytest.raises(OfferError, match=says):
            charges(tariff(rows=[row]), {}, ["month"])
    dollars = ROWS[0] | {"currency": "USD", "amount": "1.5"}
    with pytest.raises(OfferError, match="ドル建て"):
        bill_of(tariff(rows=[dollars]))
    assert bill_of(tariff(rows=[dollars]), rate=Decimal(151)).before_tax == 227


def test_files_of_offer_and_issuer(tmp_path: Path) -> None:
    offer, issuer = tmp_path / "offer.yaml", tmp_path / "issuer.yaml"
    written = {
        "vendor": "v", "billing": {"cloud": "state", "exchange": "municipality"},
        "tax": {"included": True, "rate": 10}, "prices": [dict(row) for row in ROWS],
    }  # fmt: skip
    with offer.open("w", encoding="utf-8") as file:
        YAML().dump(written, file)
    assert read_tariff(offer).cloud == "state"
    with offer.open("w", encoding="utf-8") as file:
        YAML().dump(written | {"discounts": [{"id": "d"}]}, file)
    with pytest.raises(OfferError, match="割引"):
        read_tariff(offer)
    issuer.write_text(
        "name: a\nregistrationNumber: T123\naddress: b\nbank: c\ncontact: d\n", "utf-8"
    )
    with pytest.raises(OfferError, match="T と13桁"):
        read_issuer(issuer)


def test_the_paper_is_a_pdf(tmp_path: Path) -> None:
    path = tmp_path / "invoice.pdf"
    write_pdf(path, bill_of(tariff(exchange="municipality"), cloud=(660, [("小計", "4.39 USD")])))
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(content) > 5000
    assert list(tmp_path.iterdir()) == [path]
