"""Bills from their files into one small table of sums, with everything wrong named.

DuckDB reads each line once and groups it; whatever is asked later is asked of the groups. Lines are
looked at again only to say where a fault stands.
"""

import csv
import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ops.costs.bill.files import BillFile
from ops.costs.bill.findings import MOST_PLACES, BillError, Finding, Place, whole_file
from ops.costs.bill.layouts import (
    DUCKDB,
    LAYOUTS,
    Layout,
    grouped_sql,
    layout_of,
    lines_sql,
    tag_sql,
)

THREADS, MEMORY = 2, "1600MB"
# Files of one period of which at least this share of lines is the same are two exports of it.
OVERLAP = 0.5
_PLACES = ("filename", "file_row_number")


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Files of one layout and kind of tags, as one source of SQL."""

    layout: Layout
    source: str
    columns: Mapping[str, str]

    @property
    def tags_are_map(self) -> bool:
        return self.columns[self.layout.tags].upper().startswith("MAP")

    def lines(self, tag_keys: Mapping[str, str], *, keep_tags: bool = False) -> str:
        return lines_sql(
            self.layout,
            self.source,
            there=list(self.columns),
            tag_keys=tag_keys,
            tags_are_map=self.tags_are_map,
            dialect=DUCKDB,
            keep_tags=keep_tags,
        )


@dataclass
class Bill:
    """Read bills: the table `bill` of `connection`, one row per group of like lines.

    Columns: `month` (DATE), `payer`, `account`, `region`, `service`, `service_code`, `usage_type`,
    `category` (usage, tax, credit, refund, adjustment), `currency`, one per tag key, `amount`,
    `quantity`, `free_quantity`, `line_count`. `findings`: what a person must know.
    """

    connection: duckdb.DuckDBPyConnection
    tag_keys: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        return str(self.one("SELECT min(currency) FROM bill")[0])

    @property
    def total(self) -> Decimal:
        return Decimal(self.one("SELECT coalesce(sum(amount), 0) FROM bill")[0])

    @property
    def line_count(self) -> int:
        return int(self.one("SELECT coalesce(sum(line_count), 0) FROM bill")[0])

    def one(self, sql: str, values: Any = None) -> tuple[Any, ...]:
        row = self.connection.execute(sql, values).fetchone()
        assert row is not None
        return row

    def places(self, condition: str, values: Sequence[Any] = ()) -> tuple[int, tuple[Place, ...]]:
        """How many lines meet a condition over our columns, and where the first ones stand."""
        count, places = 0, []
        for part in self.parts:
            found = self.connection.execute(
                f"SELECT filename, file_row_number, count(*) OVER ()"
                f" FROM ({part.lines(self.tag_keys)}) AS line WHERE {condition}"
                f" ORDER BY filename, file_row_number LIMIT {MOST_PLACES}",
                list(values),
            ).fetchall()
            count += found[0][2] if found else 0
            places += [self.place(name, row) for name, row, _ in found]
        return count, tuple(places[:MOST_PLACES])

    def place(self, path: str, row: int) -> Place:
        return Place(file=self.names.get(path, path), row=int(row) + 1)

    def find(self, code: str, text: str, condition: str, values: Sequence[Any] = ()) -> None:
        """Adds a finding for the lines that meet a condition, if there are any."""
        count, places = self.places(condition, values)
        if count:
            self.findings.append(Finding(code=code, text=text, count=count, places=places))


def open_connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY})


def read_bills(files: Sequence[BillFile], tag_keys: Mapping[str, str]) -> Bill:
    """Reads and groups all lines. Raises BillError with every fault that forbids the use."""
    connection = open_connection()
    bill = Bill(
        connection=connection, tag_keys=tag_keys, names={str(f.path): f.name for f in files}
    )
    bill.parts = _parts(connection, files)
    grouped = [
        _grouped(connection, number, part, tag_keys) for number, part in enumerate(bill.parts)
    ]
    make_table(connection, " UNION ALL BY NAME ".join(grouped))
    _check(bill)
    return bill


def make_table(
    connection: duckdb.DuckDBPyConnection, grouped: str, values: Mapping[str, Any] | None = None
) -> None:
    """The table `bill` from grouped lines."""
    connection.execute(
        f"CREATE TABLE bill AS SELECT CAST(date_trunc('month', period_start) AS DATE) AS month, *"
        f" FROM ({grouped})",
        values or {},
    )


def _parts(connection: duckdb.DuckDBPyConnection, files: Sequence[BillFile]) -> list[_Part]:
    findings: list[Finding] = []
    parquet: dict[tuple[str, bool], list[BillFile]] = {}
    columns_of: dict[tuple[str, bool], dict[str, str]] = {}
    parts = []
    for number, file in enumerate(files):
        try:
            if file.is_parquet:
                columns = _describe(connection, f"read_parquet({_text(file.path)})")
            else:
                columns = _load_csv(connection, file, f"csv_{number}")
        except (duckdb.Error, OSError, UnicodeDecodeError, csv.Error) as error:
            findings.append(_broken(file, error))
            continue
        layout = layout_of(list(columns))
        if layout is None:
            known = "、".join(one.name for one in LAYOUTS)
            text = f"請求の明細の形式({known})ではありません。書き出しの形式を確かめてください。"
            findings.append(whole_file("unknown-form", text, file.name))
            continue
        missing = [name for name in layout.required if name not in columns]
        if missing:
            text = f"{layout.name} の列がありません: {'、'.join(missing)}。版も確かめてください。"
            findings.append(whole_file("missing-columns", text, file.name))
            continue
        if not file.is_parquet:
            parts.append(_Part(layout=layout, source=f"csv_{number}", columns=columns))
            continue
        is_map = columns[layout.tags].upper().startswith("MAP")
        parquet.setdefault((layout.name, is_map), []).append(file)
        columns_of.setdefault((layout.name, is_map), {}).update(columns)
    if findings:
        raise BillError(findings)
    layouts = {layout.name: layout for layout in LAYOUTS}
    for key, same in parquet.items():
        listed = ", ".join(_text(file.path) for file in same)
        source = (
            f"read_parquet([{listed}], filename = true, file_row_number = true,"
            " union_by_name = true)"
        )
        parts.append(_Part(layout=layouts[key[0]], source=source, columns=columns_of[key]))
    return parts


def _describe(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    return {
        row[0]: str(row[1])
        for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    }


def _load_csv(connection: duckdb.DuckDBPyConnection, file: BillFile, table: str) -> dict[str, str]:
    """A CSV as text, its rows numbered as they stand: nothing is guessed of its form."""
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in _headings(file))
    connection.execute(
        f"CREATE TEMP TABLE {table} AS SELECT *, {_text(file.path)} AS filename,"
        " row_number() OVER () - 1 AS file_row_number"
        f" FROM read_csv({_text(file.path)}, auto_detect = false, header = true, parallel = false,"
        f" columns = {{{columns}}}, delim = ',',"
        " quote = '\"', escape = '\"', nullstr = '', strict_mode = true)"
    )
    found = _describe(connection, table)
    return {name: kind for name, kind in found.items() if name not in _PLACES}


def _headings(file: BillFile) -> list[str]:
    opened = gzip.open if file.path.name.endswith(".gz") else open
    with opened(file.path, "rt", encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines), [])


def _text(path: Path) -> str:
    return _literal(str(path))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _broken(file: BillFile, error: Exception) -> Finding:
    line = re.search(r"[Ll]ine:?\s+(\d+)", str(error))
    return Finding(
        code="broken-file",
        text=f"壊れているか、途中で切れています({type(error).__name__})。取り直してください。",
        count=1,
        places=(Place(file=file.name, row=max(0, int(line[1]) - 1) if line else 0),),
    )


def _grouped(
    connection: duckdb.DuckDBPyConnection, number: int, part: _Part, tag_keys: Mapping[str, str]
) -> str:
    if part.tags_are_map:
        return grouped_sql(part.lines(tag_keys), list(tag_keys))
    # JSON tags repeat by the thousand: grouped as text, taken apart once per group.
    table = f"grouped_{number}"
    lines = part.lines(tag_keys, keep_tags=True)
    connection.execute(f"CREATE TEMP TABLE {table} AS {grouped_sql(lines, ['tags'])}")
    taken = ", ".join(
        f"{tag_sql(part.layout, key, 'safe', is_map=False, dialect=DUCKDB)} AS {name}"
        for name, key in tag_keys.items()
    )
    return (
        f"SELECT * EXCLUDE (tags, safe), {taken} FROM (SELECT *,"
        f" CASE WHEN json_valid(tags) THEN tags END AS safe FROM {table})"
    )


# --- checks --------------------------------------------------------------------------------------


def _check(bill: Bill) -> None:
    found = bill.connection.execute(
        "SELECT sum(broken), sum(negative), sum(outside), count(DISTINCT currency),"
        " count(*) FILTER (currency IS NULL), sum(line_count) FROM bill"
    ).fetchone()
    assert found is not None
    broken, negative, outside, currencies, without_currency, lines = found
    if not lines:
        raise BillError([whole_file("empty", "明細が1行もありません。", "請求のファイル")])
    if broken:
        bill.find(
            "broken-amount",
            "金額か日付が空か、読めません。",
            "amount IS NULL OR period_start IS NULL OR charge_start IS NULL",
        )
    allowed = sorted({name for part in bill.parts for name in part.layout.known_categories})
    strange = bill.connection.execute(
        "SELECT DISTINCT raw_category FROM bill WHERE raw_category IS NULL"
        " OR NOT list_contains($allowed, raw_category)",
        {"allowed": allowed},
    ).fetchall()
    for (category,) in strange:
        bill.find(
            "unknown-category",
            f"知らない種類の行です: {category or '(空)'}",
            "raw_category IS NOT DISTINCT FROM ?",
            [category],
        )
    if currencies > 1 or without_currency:
        _mixed_currencies(bill)
    bill.findings += _overlaps(bill)
    if bill.findings:
        raise BillError(bill.findings)
    if negative:
        bill.find(
            "negative-line",
            "使用の行が負の金額です。そのまま数えています。",
            "amount < 0 AND category = 'usage'",
        )
    if outside:
        bill.find(
            "outside-period",
            "使った日が請求の月の外です。請求の月に数えています。",
            "charge_start < period_start OR charge_start >= period_end",
        )
    _tag_case(bill)
    _check_sum(bill)


def check_groups(bill: Bill) -> None:
    """The checks that need no lines, for a bill that was grouped elsewhere. Raises BillError."""
    faults = {
        "broken": ("broken-amount", "金額か日付が空か、読めない行があります。", True),
        "negative": ("negative-line", "使用の行が負の金額です。そのまま数えています。", False),
        "outside": (
            "outside-period",
            "使った日が請求の月の外です。請求の月に数えています。",
            False,
        ),
    }
    if not bill.line_count:
        raise BillError([whole_file("empty", "明細が1行もありません。", "請求の表")])
    for column, (code, text, fatal) in faults.items():
        rows = bill.connection.execute(
            f"SELECT filename, sum({column}) AS faults FROM bill GROUP BY 1"
            " HAVING faults > 0 ORDER BY 1"
        ).fetchall()
        if not rows:
            continue
        places = tuple(Place(file=name, row=0) for name, _ in rows[:MOST_PLACES])
        count = sum(int(n) for _, n in rows)
        finding = Finding(code=code, text=text, count=count, places=places)
        if fatal:
            raise BillError([finding])
        bill.findings.append(finding)
    if bill.one("SELECT count(DISTINCT coalesce(currency, '')) FROM bill")[0] > 1:
        raise BillError([whole_file("mixed-currency", "通貨が混ざっています。", "請求の表")])
    _check_sum(bill)


def _mixed_currencies(bill: Bill) -> None:
    rows = bill.connection.execute(
        "SELECT currency, sum(line_count) FROM bill GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    for currency, _ in rows[1:] or rows:
        bill.find(
            "mixed-currency",
            f"通貨が混ざっています({rows[0][0]} のほかに {currency or '空'})。"
            "通貨ごとに分けて読み込んでください。",
            "currency IS NOT DISTINCT FROM ?",
            [currency],
        )


def _overlaps(bill: Bill) -> list[Finding]:
    """Two exports of one period: their lines would be counted twice."""
    shared = bill.connection.execute(
        "SELECT list(DISTINCT filename) FROM bill GROUP BY payer, month"
        " HAVING count(DISTINCT filename) > 1"
    ).fetchall()
    suspects = sorted({name for (names,) in shared for name in names})
    if not suspects:
        return []
    lines = " UNION ALL BY NAME ".join(
        f"SELECT filename, file_row_number, hash(charge_start, account, region, resource, service,"
        f" usage_type, raw_category, amount, quantity) AS id, CAST(period_start AS DATE) AS period"
        f" FROM ({part.lines({}, keep_tags=False)})"
        for part in bill.parts
    )
    rows = bill.connection.execute(
        f"WITH line AS (SELECT * FROM ({lines}) WHERE list_contains($suspects, filename)),"
        " twice AS (SELECT id FROM line GROUP BY id HAVING count(DISTINCT filename) > 1)"
        " SELECT filename, count(*), count(*) FILTER (id IN (FROM twice)),"
        "   min(file_row_number) FILTER (id IN (FROM twice))"
        " FROM line GROUP BY filename ORDER BY filename",
        {"suspects": suspects},
    ).fetchall()
    return [
        Finding(
            code="overlapping-period",
            text=f"同じ請求期間の明細が別のファイルにもあり、{same} 行が同じです。"
            "新しい方だけを残してください。",
            count=same,
            places=(bill.place(name, row),),
        )
        for name, count, same, row in rows
        if same and same >= OVERLAP * count
    ]


def _tag_case(bill: Bill) -> None:
    """Tag keys that differ from ours in case only: a person meant ours, the bill does not."""
    for part in bill.parts:
        keys = (
            f"map_keys({part.layout.tags})"
            if part.tags_are_map
            else f"CASE WHEN json_valid({part.layout.tags}) THEN json_keys({part.layout.tags}) END"
        )
        if not _may_differ(bill):
            continue
        written = bill.connection.execute(
            "SELECT key, sum(n)::BIGINT, min(filename), min(row) FROM"
            f" (SELECT unnest({keys}) AS key,"
            f" count(*) AS n, min(filename) AS filename, min(file_row_number) AS row"
            f" FROM {part.source} GROUP BY {part.layout.tags}) GROUP BY key"
        ).fetchall()
        for key, count, name, row in written:
            for ours in bill.tag_keys.values():
                spelled = {p + ours for p in part.layout.tag_prefixes}
                if key not in spelled and key.lower() in {name.lower() for name in spelled}:
                    bill.findings.append(
                        Finding(
                            code="tag-key-case",
                            text=f"タグのキー {key} は {ours} と大文字・小文字が違います。"
                            "タグなしとして扱います。",
                            count=int(count),
                            places=(bill.place(name, row),),
                        )
                    )


def _may_differ(bill: Bill) -> bool:
    """Only lines without our tag can carry it in another case: mostly there are few of them."""
    first = next(iter(bill.tag_keys), None)
    if first is None:
        return False
    found = bill.one(f"SELECT count(*) FROM bill WHERE {first} IS NULL AND category = 'usage'")
    return bool(found[0])


def _check_sum(bill: Bill) -> None:
    """What the files say, summed as they say it, against our sum."""
    ours, written, lines = bill.one(
        "SELECT sum(amount), sum(written_amount), sum(line_count) FROM bill"
    )
    # A line is kept with ten decimals; floating point loses a little of a long sum.
    allowed = max(1e-6, abs(float(ours)) * 1e-9) + float(lines) * 1e-10
    if written is None or abs(float(ours) - float(written)) > allowed:
        raise BillError(
            [whole_file("sum", f"合計が合いません({ours} と {written})。", "請求のファイル")]
        )
