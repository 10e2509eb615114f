"""Cost Explorer: one query for all municipalities, read page by page."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import boto3
import pytest
import requests
from moto import mock_aws

from ops.costs.bill.cost_explorer import ask
from ops.costs.bill.findings import BillError
from tests.unit.bills import OCTOBER, TAGS, member, share


def _group(tag: str, kind: str, amount: str, unit: str = "USD") -> dict[str, Any]:
    return {
        "Keys": [f"municipality-code${tag}", kind],
        "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": unit}},
    }


def _period(*groups: dict[str, Any], estimated: bool = False) -> dict[str, Any]:
    period = {"Start": "2026-10-01", "End": "2026-11-01"}
    return {"TimePeriod": period, "Groups": list(groups), "Total": {}, "Estimated": estimated}


class _Paged:
    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages, self.asked = pages, []

    def get_cost_and_usage(self, **query: Any) -> dict[str, Any]:
        self.asked.append(query)
        number = int(query.get("NextPageToken", "0"))
        more = {"NextPageToken": str(number + 1)} if number + 1 < len(self.pages) else {}
        return {"ResultsByTime": self.pages[number], **more}


def test_one_query_for_all_with_tax_credit_and_refund_apart() -> None:
    client = _Paged(
        [_period(_group("122041", "Usage", "2.00000000004"), _group("", "Usage", "1"))],
        [_period(_group("", "Tax", "0.3"), _group("122360", "Refund", "-0.1"), estimated=True)],
    )
    asked = ask(OCTOBER, OCTOBER, TAGS, client=client)
    assert asked.pages == 2
    assert {json.dumps(q["GroupBy"]) for q in client.asked} == {
        json.dumps(
            [
                {"Type": "TAG", "Key": "municipality-code"},
                {"Type": "DIMENSION", "Key": "RECORD_TYPE"},
            ]
        )
    }
    made = share(asked.bill, member("122041"), member("122360"))
    assert sum(made.amounts(OCTOBER).values()) == asked.bill.total == Decimal("3.2")
    assert [finding.code for finding in asked.bill.findings] == ["estimated"]


def test_it_speaks_the_real_api() -> None:
    with mock_aws():
        client = boto3.client("ce", region_name="us-east-1")

        requests.post(
            "http://motoapi.amazonaws.com/moto-api/static/ce/cost-and-usage-results",
            json={"results": [{"ResultsByTime": [_period(_group("122041", "Usage", "5"))]}]},
            timeout=5,
        )
        asked = ask(date(2026, 9, 1), OCTOBER, TAGS, client=client)
    assert asked.bill.total == 5
    assert asked.pages == 1


@pytest.mark.parametrize(
    "groups",
    [(), (_group("1", "Usage", "x"),), (_group("1", "Usage", "1"), _group("1", "Tax", "1", "JPY"))],
)
def test_an_answer_that_cannot_be_used_is_refused(groups: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(BillError):
        ask(OCTOBER, OCTOBER, TAGS, client=_Paged([_period(*groups)]))
