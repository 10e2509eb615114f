"""Bills as they come: whatever is wrong with them is named with file and row."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from moto import mock_aws

from ops.costs.bill.athena import grouping
from ops.costs.bill.files import collect
from ops.costs.bill.findings import BillError
from ops.costs.bill.layouts import CUR_2, FOCUS
from ops.costs.synthetic import make
from tests.unit.bills import OCTOBER, TAGS, BillLine, member, read, read_files, share, write_csv


def _refused(*paths: Path) -> str:
    with pytest.raises(BillError) as caught:
        read_files(*paths)
    return str(caught.value)


def _rows(*lines: BillLine) -> list[dict[str, str]]:
    return [line.row() for line in lines]


def test_parquet_csv_and_gzip_say_the_same(tmp_path: Path) -> None:
    rows = _rows(BillLine(cost="1.0000000001", code="122041"), BillLine(cost="2", region=""))
    plain, zipped = (write_csv(tmp_path / name, rows) for name in ("a.csv", "b.csv.gz"))
    tables = tmp_path / "c.parquet", tmp_path / "d.parquet"
    for path, tags in zip(
        tables, ("Tags", "from_json(Tags, '\"MAP(VARCHAR, VARCHAR)\"')"), strict=True
    ):
        duckdb.sql(
            f"COPY (SELECT * REPLACE (BilledCost::DECIMAL(20,10) AS BilledCost, {tags} AS Tags)"
            f" FROM read_csv('{plain}', all_varchar = true)) TO '{path}' (FORMAT parquet)"
        )
    for path in (plain, zipped, *tables):
        bill = read_files(path)
        assert bill.total == Decimal("3.0000000001"), path
        found = bill.connection.execute(
            "SELECT tenant, amount FROM bill ORDER BY amount"
        ).fetchall()
        assert found == [("122041", Decimal("1.0000000001")), (None, Decimal(2))], path


def test_a_bill_lies_in_s3(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv.gz", _rows(BillLine(cost="7")))
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="exports")
        s3.upload_file(str(path), "exports", "focus/data/2026-10/x.csv.gz")
        s3.put_object(Bucket="exports", Key="focus/manifest.json", Body=b"{}")
        cache = tmp_path / "cache"
        cache.mkdir()
        files = collect(["s3://exports/focus"], cache, s3=lambda: s3)
    assert [file.name for file in files] == ["s3://exports/focus/data/2026-10/x.csv.gz"]
    assert read_files(files[0].path).total == 7


def test_a_bill_of_cur_2(tmp_path: Path) -> None:
    base = {
        "bill_billing_period_start_date": "2026-10-01 00:00:00",
        "bill_billing_period_end_date": "2026-11-01 00:00:00",
        "bill_payer_account_id": "999999999999",
        "line_item_usage_account_id": "122041000001",
        "line_item_usage_start_date": "2026-10-02 00:00:00",
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "AmazonDynamoDB",
        "line_item_unblended_cost": "1.25",
        "line_item_currency_code": "USD",
        "line_item_usage_type": "APN1-WriteRequestUnits",
        "line_item_usage_amount": "10",
        "resource_tags": '{"user_municipality_code": "122041"}',
    }
    kinds = ("Tax", "Credit", "Refund")
    rows = [base] + [
        base
        | {"line_item_line_item_type": kind, "resource_tags": "{}", "line_item_unblended_cost": c}
        for kind, c in zip(kinds, ("0.1", "-0.5", "-0.25"), strict=True)
    ]
    bill = read_files(write_csv(tmp_path / "cur.csv", rows))
    found = bill.connection.execute(
        "SELECT category, tenant, amount FROM bill ORDER BY category"
    ).fetchall()
    assert found == [
        ("credit", None, Decimal("-0.5")),
        ("refund", None, Decimal("-0.25")),
        ("tax", None, Decimal("0.1")),
        ("usage", "122041", Decimal("1.25")),
    ]


def test_broken_files_are_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    whole = tmp_path / "whole.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS BilledCost) TO '{whole}' (FORMAT parquet)")
    broken.write_bytes(whole.read_bytes()[:-20])
    torn = tmp_path / "torn.csv"
    good = write_csv(tmp_path / "good.csv", _rows(BillLine(), BillLine(cost="2"))).read_text(
        "utf-8"
    )
    torn.write_text(good + "1,2,3\n", "utf-8")
    (tmp_path / "good.csv").unlink()
    said = _refused(broken, torn, whole)
    assert f"取り直してください。({broken})" in said
    assert f"{torn} の 3 行目" in said
    assert f"書き出しの形式を確かめてください。({whole})" in said


def test_missing_columns_and_other_versions_are_named(tmp_path: Path) -> None:
    row = BillLine().row()
    without = {k: v for k, v in row.items() if k not in ("BillingCurrency", "Tags")}
    older = {("ChargeType" if k == "ChargeCategory" else k): v for k, v in row.items()}
    said = _refused(
        write_csv(tmp_path / "without.csv", [without]), write_csv(tmp_path / "older.csv", [older])
    )
    assert "列がありません: BillingCurrency、Tags" in said
    assert "列がありません: ChargeCategory。版も確かめてください。" in said
    assert str(tmp_path / "older.csv") in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (BillLine(cost=""), "金額か日付が空か、読めません。({path} の 2 行目)"),
        (BillLine(cost="1,5"), "金額か日付が空か、読めません。({path} の 2 行目)"),
        (BillLine(cost="NaN"), "金額か日付が空か、読めません。({path} の 2 行目)"),
        (
            BillLine(currency="JPY", cost="3"),
            "USD のほかに JPY)。通貨ごとに分けて読み込んでください。({path} の 2 行目)",
        ),
        (BillLine(category="Uasge"), "知らない種類の行です: Uasge({path} の 2 行目)"),
        (BillLine(category=""), "知らない種類の行です: (空)({path} の 2 行目)"),
    ],
)
def test_a_line_that_cannot_be_used_stops_the_reading(
    tmp_path: Path, line: BillLine, says: str
) -> None:
    others = [BillLine(), line, BillLine(cost="9")]
    path = write_csv(tmp_path / "bill.csv", _rows(*others))
    said = _refused(path)
    assert (
        says.format(path=path) in said
        or says.format(path=path).replace("USD のほかに JPY", "JPY のほかに USD") in said
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (BillLine(cost="-2"), "negative-line"),
        (replace(BillLine(cost="5"), tag_key="Municipality-Code", code="122041"), "tag-key-case"),
        (BillLine(code="船橋市"), "unknown-tenant"),
        (BillLine(code="122360"), "unknown-tenant"),
    ],
)
def test_what_is_strange_but_can_be_counted_is_named_and_counted(
    tmp_path: Path, line: BillLine, code: str
) -> None:
    bill = read(tmp_path, BillLine(code="122041"), line)
    made = share(bill, member("122041"))
    (finding,) = [found for found in bill.findings if found.code == code]
    assert str(finding.places[0]) == f"{tmp_path / 'bill.csv'} の 2 行目"
    assert sum(made.amounts(OCTOBER).values()) == bill.total == 1 + Decimal(line.cost)


def test_a_charge_outside_its_period_counts_in_the_month_of_the_bill(tmp_path: Path) -> None:
    row = BillLine().row() | {"ChargePeriodStart": "2026-09-30 23:00:00"}
    bill = read_files(write_csv(tmp_path / "bill.csv", [row]))
    (finding,) = bill.findings
    assert finding.code == "outside-period"
    assert bill.one("SELECT month FROM bill")[0] == OCTOBER


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    rows = _rows(BillLine())
    first, second = (write_csv(tmp_path / name, rows) for name in ("a.csv", "b.csv"))
    said = _refused(first, second)
    assert "同じ中身のファイルが2つあります" in said
    assert str(first) in said
    assert str(second) in said


def test_two_exports_of_one_period_are_refused_but_parts_of_one_are_not(tmp_path: Path) -> None:
    days = [BillLine(day=n, cost=str(n)) for n in range(1, 5)]
    parts = [
        write_csv(tmp_path / "part-1.csv", _rows(*days[:2])),
        write_csv(tmp_path / "part-2.csv", _rows(*days[2:])),
    ]
    assert read_files(*parts).total == 10
    later = write_csv(tmp_path / "later.csv", _rows(*days, BillLine(day=5, cost="5")))
    said = _refused(parts[0], later)
    assert "同じ請求期間の明細が別のファイルにもあり、2 行が同じです" in said
    assert f"{parts[0]} の 1 行目" in said


def test_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BillError, match="読める請求のファイル"):
        collect([str(tmp_path)], tmp_path)
    header = write_csv(tmp_path / "none.csv", _rows(BillLine()))
    header.write_text(header.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    assert "1行もありません" in _refused(header)


# --- Athena --------------------------------------------------------------------------------------


def test_athena_runs_the_same_grouping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SQL for Athena, run here: the few words in which the dialects differ are put back."""
    from ops.costs.bill import athena

    make(tmp_path, tenants=3, first=OCTOBER, months=1)
    path = next((tmp_path / "bills").glob("*.parquet"))
    columns = {
        row[0].lower(): row[1] for row in duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    }
    sql = grouping("bills.focus", columns, TAGS)
    assert "json_extract_scalar(Tags, '$[\"municipality-code\"]')" in sql
    here = (
        sql.replace("json_extract_scalar(", "json_extract_string(")
        .replace("'$[\"", "'$.\"")
        .replace("\"]')", "\"')")
        .replace(', "$path" AS filename', ", 'x' AS filename")
        .replace("bills.focus", f"'{path}'")
    )
    answer = duckdb.sql(here)
    names = answer.columns
    rows = [[None if v is None else str(v) for v in row] for row in answer.fetchall()]
    bill = athena.read_table(
        "bills.focus", TAGS, workgroup="w", client=_Athena(columns, names, rows)
    )
    assert bill.total == read_files(path).total
    made, direct = share(bill, member("011002")), share(read_files(path), member("011002"))
    assert made.yen(OCTOBER) == direct.yen(OCTOBER)


def test_athena_refuses_names_and_tables_that_are_none() -> None:
    from ops.costs.bill import athena

    with pytest.raises(BillError, match=r"データベース\.表"):
        athena.read_table("a.b; DROP TABLE c", TAGS, workgroup="w", client=object())
    with pytest.raises(BillError, match="明細の表ではありません"):
        grouping("a.b", {"x": "string"}, TAGS)


class _Athena:
    """Answers as the service does: state, then pages of text with the headings first."""

    def __init__(self, columns: dict[str, str], names: list[str], rows: list[list[Any]]) -> None:
        self._columns, self._names, self._rows = columns, names, rows

    def get_table_metadata(self, **_: Any) -> dict[str, Any]:
        kinds = [{"Name": n, "Type": t} for n, t in self._columns.items()]
        return {"TableMetadata": {"Columns": kinds}}

    def start_query_execution(self, **_: Any) -> dict[str, Any]:
        return {"QueryExecutionId": "q"}

    def get_query_execution(self, **_: Any) -> dict[str, Any]:
        return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}

    def get_paginator(self, _: str) -> "_Athena":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        def cells(row: list[Any]) -> dict[str, Any]:
            return {"Data": [{} if v is None else {"VarCharValue": v} for v in row]}

        half = len(self._rows) // 2
        pages = ([self._names, *self._rows[:half]], self._rows[half:])
        return [{"ResultSet": {"Rows": [cells(row) for row in page]}} for page in pages]


def test_layouts_name_each_column_once() -> None:
    for layout in (FOCUS, CUR_2):
        assert not set(layout.required) & set(layout.optional)
    assert json.dumps(date(2026, 1, 1).isoformat())
