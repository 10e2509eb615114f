"""A made-up year of 200 municipalities, by one command each: shared out, reported, reconciled,
invoiced; and what each of them says."""

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ops.cli import app as soudan
from ops.costs.estimate import yen
from ops.costs.report.figures import forecast
from ops.costs.report.files import inert
from ops.costs.synthetic import make
from tests.unit.bills import OCTOBER

RATE = "150.25"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(
        soudan, ["cost", *map(str, arguments)], env={"COLUMNS": "200"}, catch_exceptions=False
    )
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("year")
    assert run("example", directory)[0] == 0
    return directory


def inputs(directory: Path) -> list[object]:
    return [
        "--bill", directory / "bills", "--fleet", directory / "fleet.csv",
        "--ledger", directory / "ledger.jsonl", "--rate", RATE,
    ]  # fmt: skip


def ask(sql: str) -> list[Any]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def billed(directory: Path, month: str) -> Decimal:
    path = directory / "bills" / f"focus-{month}.parquet"
    ((amount,),) = ask(f"SELECT sum(BilledCost::DECIMAL(18, 10)) FROM '{path}'")
    return Decimal(amount)


def test_a_year_is_shared_out_as_focus(year: Path, tmp_path: Path) -> None:
    out = tmp_path / "allocated.parquet"
    code, said = run("allocate", *inputs(year), "--to", out, "--json")
    assert code == 0, said
    told = json.loads(said)
    months = [f"2026-{n:02}" for n in range(4, 13)] + [f"2027-{n:02}" for n in range(1, 4)]
    total = sum((billed(year, month) for month in months), Decimal(0))
    assert Decimal(told["total"]) == total
    assert sum(Decimal(part["amount"]) for part in told["partition"]) == total
    for month in months:
        assert sum(told["yen"][month].values()) == yen(billed(year, month) * Decimal(RATE))
        assert len(told["yen"][month]) == 200
    assert {part["category"] for part in told["partition"]} == {"usage", "tax", "credit", "refund"}
    assert told["findings"] == []
    written = ask(
        "SELECT sum(BilledCost::DECIMAL(18, 10)), count(*), count(DISTINCT SubAccountId)"
        f" FROM '{out}'"
    )
    assert written == [(total, told["rows"], 200)]


# Column → whether it may be null (FOCUS 1.2, columns of every dataset).
FOCUS_1_2 = {
    "BilledCost": False, "BillingAccountId": False, "BillingAccountName": True,
    "BillingAccountType": True, "BillingCurrency": False, "BillingPeriodEnd": False,
    "BillingPeriodStart": False, "ChargeCategory": False, "ChargeClass": True,
    "ChargeDescription": True, "ChargeFrequency": False, "ChargePeriodEnd": False,
    "ChargePeriodStart": False, "ContractedCost": False, "EffectiveCost": False,
    "InvoiceIssuerName": False, "ListCost": False, "PricingQuantity": True, "PricingUnit": True,
    "ProviderName": False, "PublisherName": False, "ServiceCategory": False, "ServiceName": False,
    "SubAccountId": True, "Tags": True,
}  # fmt: skip
WORDS = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "ChargeClass": {None, "Correction"},
    "ServiceCategory": {
        "AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases",
        "Developer Tools", "Multicloud", "Identity", "Integration", "Internet of Things",
        "Management and Governance", "Media", "Migration", "Mobile", "Networking", "Security",
        "Storage", "Web", "Other",
    },
}  # fmt: skip


def test_the_shared_out_bill_holds_to_focus(year: Path, tmp_path: Path) -> None:
    out = tmp_path / "allocated.parquet"
    assert run("allocate", *inputs(year), "--to", out)[0] == 0
    columns = {row[0] for row in ask(f"DESCRIBE SELECT * FROM '{out}'")}
    assert FOCUS_1_2.keys() <= columns
    for column, nullable in FOCUS_1_2.items():
        if not nullable:
            found = ask(f"SELECT count(*) FROM '{out}' WHERE {column} IS NULL")
            assert found == [(0,)], column
    for column, words in WORDS.items():
        found_words = ask(f"SELECT DISTINCT {column} FROM '{out}'")
        assert {word for (word,) in found_words} <= words, column
    # Our own columns are custom ones; those of 1.3 among them.
    known = {c for c in columns if c.startswith("x_")}
    assert known == {
        f"x_Allocated{name}"
        for name in ("MethodId", "MethodDetails", "ResourceId", "ResourceName", "Tags")
    }
    tags = ask(f"SELECT DISTINCT Tags, x_AllocatedTags FROM '{out}'")
    assert all(isinstance(json.loads(text), dict) for pair in tags for text in pair)
    # What we write we read ourselves.
    code, said = run("allocate", "--bill", out, *inputs(year)[2:], "--to", tmp_path / "b.parquet")
    assert code == 0, said
    assert "一致" in said


@pytest.mark.parametrize("by", ["tenant", "vendor", "service", "case"])
def test_a_month_is_reported(year: Path, tmp_path: Path, by: str) -> None:
    files = [tmp_path / f"r.{kind}" for kind in ("csv", "xlsx", "json", "html")]
    arguments = [a for file in files for a in ("--to", file)]
    code, said = run("report", "--month", "2026-10", "--by", by, *inputs(year), *arguments)
    assert code == 0, said
    total = yen(billed(year, "2026-10") * Decimal(RATE))
    told = json.loads(files[2].read_text("utf-8"))
    assert told["yen"] == sum(row["yen"] for row in told["rows"]) == total
    assert sum(Decimal(row["amount"]) for row in told["rows"]) == billed(year, "2026-10")
    assert "一致" in told["checks"][0]
    for month in told["trend"]:
        assert month["yen"] == sum(month[part] for part in ("fixed", "variable", "credits", "tax"))
    rows = list(csv.reader(io.StringIO(files[0].read_text("utf-8-sig"))))
    assert rows[-1][3] == str(total)
    sheet = load_workbook(files[1]).worksheets[0]
    assert sheet.cell(row=sheet.max_row, column=4).value == total
    page = files[3].read_text("utf-8")
    assert f"{total:,} 円" in page
    assert not re.search(r"(src|href)=|https?:|<script|@import", page)


def test_a_case_is_an_average_of_its_municipality(year: Path) -> None:
    _, said = run("report", "--month", "2026-10", "--by", "case", *inputs(year), "--json")
    rows = json.loads(said)["rows"]
    assert len(rows) == 200
    for row in rows:
        assert row["yen_per_case"] == yen(Decimal(row["yen"]) / row["cases"])


def test_an_unusual_month_is_named_with_its_reason(tmp_path: Path) -> None:
    make(tmp_path, tenants=4, first=OCTOBER.replace(month=5), months=6)
    last = tmp_path / "bills" / "focus-2026-10.parquet"
    moved = tmp_path / "moved.parquet"
    last.rename(moved)
    ask(
        f"COPY (SELECT * REPLACE (CASE WHEN ResourceId LIKE '%011002'"
        f" AND x_ServiceCode = 'AWSLambda' THEN BilledCost * 200 ELSE BilledCost END"
        f" AS BilledCost) FROM '{moved}') TO '{last}' (FORMAT parquet)"
    )
    _, said = run("report", "--month", "2026-10", *inputs(tmp_path), "--json")
    (one,) = json.loads(said)["anomalies"]
    assert one["name"] == "札幌市"
    assert one["reasons"][0].startswith("AWS Lambda +")


def test_the_year_is_reconciled(year: Path) -> None:
    code, said = run("reconcile", "--month", "2026-10", *inputs(year), "--json")
    assert code == 0, said
    found = json.loads(said)
    assert len(found) == 200
    for one in found:
        assert one["explained"]
        assert sum(step["amount"] for step in one["steps"]) == pytest.approx(
            one["billed"], abs=1e-9
        )


def test_each_kind_of_difference_has_its_line(tmp_path: Path) -> None:
    """Free tier, price change, an unmetered type: as much as was put in comes out."""
    make(tmp_path, tenants=3, first=OCTOBER, months=1)
    last = tmp_path / "bills" / "focus-2026-10.parquet"
    moved = tmp_path / "moved.parquet"
    last.rename(moved)
    ask(
        f"COPY (SELECT * REPLACE (CASE WHEN x_UsageType = 'APN1-Request-ARM' THEN 0"
        f" WHEN x_UsageType = 'APN1-ApiGatewayRequest' THEN BilledCost * 1.1"
        f" ELSE BilledCost END AS BilledCost, CASE WHEN x_UsageType = 'APN1-Requests-Tier1'"
        f" THEN 'APN1-New-Thing' ELSE x_UsageType END AS x_UsageType)"
        f" FROM '{moved}') TO '{last}' (FORMAT parquet)"
    )
    code, said = run("reconcile", "--month", "2026-10", *inputs(tmp_path), "--json")
    entry = json.loads((tmp_path / "ledger.jsonl").read_text("utf-8").splitlines()[0])
    used = entry["quantities"]
    (one,) = [one for one in json.loads(said) if one["code"] == entry["code"]]
    steps = {step["id"]: step for step in one["steps"]}
    assert steps["free-tier"]["amount"] == pytest.approx(-used["AWSLambda/requests"] * 2e-7)
    rise = used["AmazonApiGateway/REST requests"] * 4.25e-6 * 0.1
    assert steps["price-change"]["amount"] == pytest.approx(rise, rel=1e-3)
    assert "REST requests" in steps["price-change"]["note"]
    assert steps["not-metered"]["note"] == "AmazonS3 APN1-New-Thing"
    assert code == 0
    assert one["restPercent"] < 1


def test_what_nobody_metered_is_not_explained_away(tmp_path: Path) -> None:
    make(tmp_path, tenants=2, first=OCTOBER, months=1)
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(ledger.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    code, said = run("reconcile", "--month", "2026-10", *inputs(tmp_path), "--json")
    assert code == 1
    assert [one["explained"] for one in json.loads(said)] == [True, False]


def test_a_month_is_invoiced(year: Path, tmp_path: Path) -> None:
    offer, issuer, out = (tmp_path / name for name in ("offer.yaml", "issuer.yaml", "out.pdf"))
    offer.write_text(
        "vendor: v\nbilling: {cloud: vendor, exchange: municipality}\n"
        "tax: {included: false, rate: 10}\nprices:\n"
        "  - {id: base, item: base, name: 基本料, unit: flat, period: month, amount: 8000}\n",
        "utf-8",
    )
    issuer.write_text(
        "name: 例\nregistrationNumber: T1234567890123\naddress: 東京\nbank: 例\ncontact: 例\n",
        "utf-8",
    )
    arguments = (
        "invoice", "011002", "--month", "2026-10", "--offer", offer, "--issuer", issuer,
        "--number", "1", *inputs(year), "--to", out, "--json",
    )  # fmt: skip
    code, said = run(*arguments)
    assert code == 0, said
    told = json.loads(said)
    assert told["total"] == told["beforeTax"] + told["tax"]
    assert told["lines"][0]["yen"] == 8000
    assert out.read_bytes().startswith(b"%PDF-")
    assert run(*arguments)[0] == 2  # never over a file that is there


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["report", "--month", "2026-13"], "2026-10 のように"),
        (["report", "--month", "2025-01"], "請求に 2025-01 がありません"),
        (["report", "--month", "2026-10", "--to", "x.doc"], "で終わらせて"),
        (["report", "--month", "2026-10", "--to", "no/such/x.csv"], "フォルダーを作って"),
        (["report", "--month", "2026-10", "--rate", "-1"], "正の数"),
        (["report", "--month", "2026-10", "--engine", "athena"], "--table"),
        (["reconcile", "--month", "2025-01"], "請求に 2025-01 がありません"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(year: Path, arguments: list[str], says: str) -> None:
    given = inputs(year)
    if "--rate" in arguments:
        given = given[:-2]
    code, said = run(*arguments, *given)
    assert code == 2
    assert says in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("122040,v,,2026-04-01,", "2 行目の code 122040 は全国地方公共団体コードにありません"),
        ("船橋市,v,,2026-04-01,", "2 行目の code は検査数字を含む6桁"),
        ("122041,v,,4/1,", "2 行目の日付"),
        ("122041,v,,2026-04-01,2026-03-31", "2 行目の to が from より前"),
        ("122041,v,,2026-04-01", "2 行目の列の数"),
        ("122041,v,,2026-04-01,\n122041,v,,2026-04-01,", "122041 が2度"),
    ],
)
def test_a_wrong_line_of_the_fleet_is_named(
    year: Path, tmp_path: Path, line: str, says: str
) -> None:
    fleet = tmp_path / "fleet.csv"
    fleet.write_text(f"code,vendor,account,from,to\n{line}\n", "utf-8")
    given: list[object] = inputs(year)
    given[3] = fleet
    code, said = run("report", "--month", "2026-10", *given)
    assert code == 2
    assert says in said


def test_a_wrong_line_of_the_ledger_is_named(year: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text('{"v": 1}\n', "utf-8")
    given: list[object] = inputs(year)
    given[5] = ledger
    code, said = run("report", "--month", "2026-10", *given)
    assert (code, "1 行目" in said) == (2, True)


def test_the_fuller_line_of_a_month_counts_whatever_the_order(tmp_path: Path) -> None:
    from ops.costs.ledger import read_ledger, write_ledger
    from tests.unit.bills import entry

    early, late = entry("122041", days=20, REST="5"), entry("122041", days=31, REST="9")
    for number, lines in enumerate(([early, late], [late, early], [late, late, early])):
        path = tmp_path / f"{number}.jsonl"
        write_ledger(path, lines)
        assert list(read_ledger(path).values()) == [late]


def test_the_forecast_is_a_line_with_a_range() -> None:
    assert forecast(OCTOBER, [100, 200]) is None
    straight = forecast(OCTOBER, [100, 200, 300, 400])
    assert straight is not None
    assert (straight.yen, straight.low, straight.high) == (500, 500, 500)
    noisy = forecast(OCTOBER, [100, 140, 90, 130, 110])
    assert noisy is not None
    assert noisy.low < noisy.yen < noisy.high


def test_text_of_a_bill_is_no_formula() -> None:
    hostile: Any = "=HYPERLINK(1)"
    assert [inert(v) for v in (hostile, "@x", "普通", -5)] == ["'=HYPERLINK(1)", "'@x", "普通", -5]
