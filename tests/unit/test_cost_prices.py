"""The price book: dated rows, what differs, what the provider's list says, what is not sure."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ops.costs.book import (
    PRICES,
    BookError,
    all_prices,
    consumption_tax,
    diff,
    exchange_rate,
    free_tiers,
    price_book,
    warnings,
    write_prices,
)
from ops.costs.importer import import_list

TOKYO = PRICES / "aws_ap-northeast-1.csv"
WRITES = ("AmazonDynamoDB", "on-demand write request unit")
DAY = date(2026, 11, 28)


def test_a_row_holds_from_its_day(tmp_path: Path) -> None:
    assert price_book("ap-northeast-1", date(2024, 10, 31))[WRITES].usd == Decimal("1.4269")
    assert price_book("ap-northeast-1", date(2024, 11, 1))[WRITES].usd == Decimal("0.715")
    assert consumption_tax(date(2019, 9, 30)).percent == 8
    assert consumption_tax(DAY).percent == 10
    assert exchange_rate(DAY).jpy == 150
    with pytest.raises(BookError, match="為替の行"):
        exchange_rate(DAY, "EUR")


def test_a_book_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    book = all_prices(TOKYO)
    write_prices(tmp_path / "book.csv", book)
    assert all_prices(tmp_path / "book.csv") == book
    for price in book:
        assert price.source
        assert price.confidence
    assert set(free_tiers()) <= {price.row for price in book}


def test_rows_that_are_not_sure_or_old_are_named() -> None:
    book = price_book("ap-northeast-1")
    alarm = book["AmazonCloudWatch", "standard alarm"]
    assert warnings([alarm], DAY) == []
    (old,) = warnings([alarm], date(2027, 12, 1))
    assert "2026-07-01 に確認したまま" in old
    (unsure,) = warnings([book["AmazonApiGateway", "REST requests"]], DAY)
    assert unsure.startswith("要確認: AmazonApiGateway / REST requests")
    assert warnings([exchange_rate(DAY)], DAY)


@pytest.mark.parametrize(
    ("old", "new"), [("1.00", "one"), ("1.00", "-1"), ("1.00", "NaN"), (",1,1.00", ",0,1.00")]
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "book.csv"
    path.write_text(TOKYO.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(BookError, match=r"book\.csv の 2 行目"):
        all_prices(path)


def _list(*products: dict[str, Any]) -> dict[str, Any]:
    listed: dict[str, Any] = {
        "offerCode": "AmazonDynamoDB", "products": {}, "terms": {"OnDemand": {}}
    }  # fmt: skip
    for n, product in enumerate(products):
        sku = f"SKU{n}"
        listed["products"][sku] = {
            "attributes": {"servicecode": "AmazonDynamoDB", "usagetype": product["type"]}
        }
        listed["terms"]["OnDemand"][sku] = {
            f"{sku}.T": {
                "effectiveDate": product.get("from", "2026-11-01T00:00:00Z"),
                "priceDimensions": {
                    f"{sku}.T.{m}": {
                        "unit": "u",
                        "beginRange": begin,
                        "pricePerUnit": {"USD": usd},
                    }
                    for m, (begin, usd) in enumerate(product["prices"])
                },
            }
        }
    return listed


def test_the_providers_list_becomes_dated_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(
        json.dumps(
            _list(
                {"type": "APN1-WriteRequestUnits", "prices": [("0", "0.0000008")]},
                # A free tier first: the list price is the first that costs anything.
                {"type": "APN1-TimedStorage-ByteHrs", "prices": [("0", "0"), ("25", "0.285")]},
                {"type": "APN1-TimedPITRStorage-ByteHrs", "prices": [("0", "0.24")]},
                {"type": "APN1-ReadRequestUnits", "prices": [("0", "0.1"), ("0", "0.2")]},
            )
        ),
        "utf-8",
    )
    book = all_prices(TOKYO)
    taken = import_list(path, book, read_on=DAY)
    assert {price.item: (price.usd, price.valid_from) for price in taken.added} == {
        "on-demand write request unit": (Decimal("0.8"), date(2026, 11, 1)),
        "point-in-time recovery": (Decimal("0.24"), date(2026, 11, 1)),
    }
    assert taken.ambiguous == ("APN1-ReadRequestUnits",)
    assert "APN1-IA-WriteRequestUnits" in taken.missing
    # Other services are left alone; what held before still holds before.
    assert all(price.verified for price in taken.added)
    write_prices(tmp_path / "new.csv", taken.prices)
    again = import_list(path, all_prices(tmp_path / "new.csv"), read_on=DAY)
    assert again.added == ()
    before, after = ({price.row: price for price in prices} for prices in (book, taken.prices))
    (change,) = [c for c in diff(before, after) if c.row == WRITES]
    assert change.percent is not None
    assert round(change.percent, 1) == Decimal("11.9")


def test_the_list_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        '"FormatVersion","v1.0"\n"Disclaimer","x"\n'
        '"SKU","TermType","StartingRange","EffectiveDate","Unit","PricePerUnit","Currency",'
        '"serviceCode","usageType"\n'
        '"A","OnDemand","0","2026-10-01","GB-Mo","0.3000000000","USD","AmazonDynamoDB",'
        '"APN1-TimedStorage-ByteHrs"\n'
        '"A","Reserved","0","2026-10-01","GB-Mo","0.1","USD","AmazonDynamoDB",'
        '"APN1-TimedStorage-ByteHrs"\n',
        "utf-8",
    )
    (price,) = import_list(path, all_prices(TOKYO), read_on=DAY).added
    assert (price.item, price.usd) == ("standard storage", Decimal("0.3"))


@pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"products": {}, "terms": 1}'])
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(text, "utf-8")
    with pytest.raises(BookError, match="料金表ファイル"):
        import_list(path, all_prices(TOKYO), read_on=DAY)
