"""The statistics through the API: who gets which version, as JSON and as CSV."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.casework.clock import japanese_day
from lambdas.casework.statistics.periods import fiscal_year
from lambdas.store import models
from tests.unit.in_process import Answer, InProcess, new_key
from tests.unit.statistics_brute import by_hand

YEAR = fiscal_year(japanese_day(datetime.now(UTC)))


def ask(here: InProcess, login: str = "kanri1", **query: str) -> Answer:
    return here.request(login, "GET", "/statistics", query=query or None)


def cell(answer: Answer, indicator: str, code: str | None = None, period: str = "") -> Any:
    row = next(r for r in answer.json["rows"] if r["indicator"] == indicator and r["code"] == code)
    key = period or answer.json["period"]
    return row["marks"].get(key) or row["values"][key]


def received(here: InProcess, cases: int, day: str, **changes: Any) -> None:
    for _ in range(cases):
        here.create(receivedAt=day, **changes)


def add(here: InProcess, book: str, data: dict[str, Any]) -> Answer:
    body = {"formVersion": "1.0.0", "data": data}
    return here.request("kanri1", "POST", f"/books/{book}", json_body=body, headers=new_key())


def test_the_report_holds_true_numbers_of_what_was_just_written(here: InProcess) -> None:
    received(here, 3, f"{YEAR}-04-30")
    report = ask(here, **{"for": "report"})
    assert report.status == 200, report.text
    assert report.json["period"] == str(YEAR)
    assert cell(report, "multi.received") == 3
    assert cell(report, "multi.received", period=f"{YEAR}-04") == 3
    assert cell(report, "continuing") == 3
    assert report.json["firstRecordOn"] == japanese_day(datetime.now(UTC)).isoformat()
    month = ask(here, "tantou1", period=f"{YEAR}-04", **{"for": "report"})
    assert cell(month, "multi.received") == 3


@pytest.mark.parametrize("login", ["chousei1", "houkatsu1", "minsei1", "kansa1"])
def test_true_numbers_are_the_municipality_s_alone(here: InProcess, login: str) -> None:
    answer = ask(here, login, **{"for": "report"})
    assert answer.status == 403
    assert answer.problem == "not-permitted"
    assert "rows" not in answer.json


@pytest.mark.parametrize("login", ["kanri1", "tantou1", "chousei1", "houkatsu1", "kansa1"])
def test_the_others_get_the_published_version_of_all_cases(here: InProcess, login: str) -> None:
    """A pattern for all: an agency that is in none of these cases gets the same numbers."""
    received(here, 6, f"{YEAR - 2}-04-10", route="01")
    received(here, 2, f"{YEAR - 2}-05-10", route="06")
    answer = ask(here, login, period=str(YEAR - 2))
    assert answer.status == 200
    assert answer.json["for"] == "publication"
    assert cell(answer, "multi.received") == 8
    assert cell(answer, "multi.received", "01") == "suppressed"
    assert cell(answer, "multi.received", "06") == "suppressed"
    assert cell(answer, "multi.received", "02") == 0
    assert cell(answer, "continuing") == "not-published"
    assert answer.json["volumes"] is None
    assert answer.json["firstRecordOn"] is None


def test_nobody_is_let_in_who_does_not_work_on_cases(here: InProcess) -> None:
    assert ask(here, "minsei1").status == 403


def test_a_year_that_goes_on_is_not_published(here: InProcess) -> None:
    received(here, 6, f"{YEAR}-04-10")
    for period in (str(YEAR), f"{YEAR}-04"):
        answer = ask(here, period=period)
        assert {v for r in answer.json["rows"] for v in r["values"].values()} == {None}


@pytest.mark.parametrize(
    "query",
    [
        {"period": "2026-13"},
        {"period": "1999"},
        {"period": "' OR 1=1"},
        {"for": "everybody"},
        {"format": "xlsx"},
    ],
)
def test_what_cannot_be_asked_for_is_refused(here: InProcess, query: dict[str, str]) -> None:
    answer = ask(here, **query)
    assert answer.status == 400
    assert "2026-05" in answer.json["detail"]


def test_figures_by_hand_and_advice_come_from_the_books(here: InProcess) -> None:
    figures = {"period": f"{YEAR}-04", "community": {"places": 2, "participants": 31}}
    assert add(here, "manual-figures", figures).status == 201
    corrected = {"period": f"{YEAR}-04", "community": {"places": 3, "participants": 31}}
    assert add(here, "manual-figures", corrected).status == 201
    advice = {"date": f"{YEAR}-04-20", "topic": ["31"], "content": "つなぎ先の考え方"}
    assert add(here, "advice", advice).status == 201
    report = ask(here, **{"for": "report"})
    assert cell(report, "community.places") == 3
    assert cell(report, "community.participants") == 31
    assert cell(report, "inclusive.received") == "not-entered"
    assert cell(report, "advice") == 1
    assert cell(report, "advice", "advice") == 1


def test_the_csv_opens_in_excel_and_says_the_same(here: InProcess) -> None:
    received(here, 2, f"{YEAR}-04-30")
    answer = ask(here, format="csv", **{"for": "report"})
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.startswith("\ufeff")
    assert "\n" not in answer.text.replace("\r\n", "")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    head = lines[1]
    row = next(line for line in lines if line[1:2] == ["multi.received"])
    assert row[head.index(f"{YEAR}年度")] == "2"
    assert row[head.index(f"{YEAR}年4月")] == "2"


def test_each_reading_is_in_the_trail(here: InProcess) -> None:
    ask(here, "houkatsu1")
    ask(here, "houkatsu1", **{"for": "report"})
    events = sorted(i.event for i in models.AuditItem.query("STATISTICS"))
    assert len(events) == 2
    assert any('"result":"denied"' in e and '"for":"report"' in e for e in events)
    assert any('"result":"done"' in e and '"for":"publication"' in e for e in events)


def test_definitions_are_told_with_their_confidence(here: InProcess) -> None:
    answer = here.request("houkatsu1", "GET", "/statistics/definitions")
    assert answer.status == 200
    known = {i["id"]: i for i in answer.json["indicators"]}
    assert known["community.places"]["manual"]
    assert "medium" in known["multi.received"]["confidence"]


def test_a_save_that_changes_no_fact_writes_no_row(here: InProcess) -> None:
    case_id = here.create(receivedAt=f"{YEAR}-04-30")

    def row() -> models.StatisticsRow:
        return models.StatisticsRow.get(f"CASE#{case_id}", "FACTS")

    before = row().facts
    assert (
        here.save(case_id, 1, receivedAt=f"{YEAR}-04-30", wishes="ゆっくり話したい").status == 200
    )
    assert row().facts == before
    assert here.save(case_id, 2, receivedAt=f"{YEAR}-05-01").status == 200
    assert row().facts != before


def test_numbers_of_real_records_equal_a_count_over_the_raw_table(here: InProcess) -> None:
    """Records made through the API by the real forms, counted by hand from what lies there."""
    from lambdas.api.tenant import repository

    first, last = f"{YEAR}-04-01", f"{YEAR + 1}-03-31"
    cases = [
        here.create(receivedAt=f"{YEAR}-04-{day:02d}", route=route, screening=screening)
        for day, route, screening in ((1, "01", "6"), (30, "06", "1"), (15, "06", "6"))
    ]
    one = cases[0]

    def write(form: str, data: dict[str, Any]) -> str:
        body = {"form": form, "formVersion": "1.0.0", "data": data}
        answer = here.request(
            "kanri1", "POST", f"/cases/{one}/records", json_body=body, headers=new_key()
        )
        assert answer.status == 201, answer.text
        return str(answer.json["recordId"])

    write("screening", {"date": f"{YEAR}-04-02", "result": "6"})
    for day, method in (("04-03", "02"), ("05-31", "04"), ("06-01", "10")):
        write(
            "progress",
            {
                "date": f"{YEAR}-{day}",
                "method": method,
                "counterpart": "subject",
                "facts": "近況を聞いた",
                "minutes": 40,
                "programme": "outreach",
                "sharedWith": "own",
            },
        )
    kept = [repository().open_case(case_id) for case_id in cases]
    expected = by_hand([case for case in kept if case], first, last, [])
    report = ask(here, **{"for": "report"})
    got = {
        (r["indicator"], r["breakdown"], r["code"]): r["values"][str(YEAR)]
        for r in report.json["rows"]
        if r["values"][str(YEAR)]
    }
    assert got == expected
    assert got["outreach.contacts", None, None] == 3
    assert got["quality.first-response", None, None] == 2
    assert got["multi.screening", "screening", "6"] == 2
