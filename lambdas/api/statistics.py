"""Statistics: the published version for those who work on cases, true numbers for the
municipality's own report (DOMAIN L17). They cover all cases of the municipality, as numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework.access import Action, decide
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.statistics import (
    CaseFacts,
    Figures,
    Measuring,
    NotAPeriodError,
    Period,
    Report,
    Volume,
    count,
    published,
    true_report,
)
from lambdas.casework.statistics.definitions import Definitions, Measure, definitions
from lambdas.casework.statistics.periods import fiscal_year
from lambdas.casework.statistics.publication import Mark, Row
from lambdas.casework.statistics.text import MARKS, NOTES, csv_text, names
from lambdas.store.statistics import all_facts, book_entries

routes = Blueprint(__name__)

CSV = "text/csv; charset=utf-8"
_ACTIONS = {"publication": Action.READ_STATISTICS, "report": Action.REPORT_STATISTICS}
_UNCHANGING = {"Cache-Control": "private, max-age=86400"}


@operation(
    routes,
    Operation(
        method="GET",
        path="/statistics",
        summary="実績の集計(公表用、または報告用の実数)",
        status=200,
        reply="Statistics",
        query=("period", "for", "format"),
        media=("text/csv",),
        problems=("bad-period", "not-permitted"),
    ),
)
def read_statistics(call: Call) -> Reply:
    form = call.query("format") or "json"
    if form not in ("json", "csv"):
        raise Problem("bad-period")
    counted = counted_for(call, form)
    if form == "csv":
        name = f"jisseki-{counted.period.text}-{counted.use}.csv"
        headers = {
            "Content-Type": CSV,
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Reply(body=csv_text(counted.report, counted.volumes), headers=headers)
    return Reply(body=counted.body(call))


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What was counted for somebody who may know it. `volumes`, `since`: None where they are not
    for publication."""

    use: str
    period: Period
    report: Report
    volumes: tuple[Volume, ...] | None
    since: str | None

    def body(self, call: Call) -> dict[str, Any]:
        """As the API answers with it (`Statistics` in schemas/api.json)."""
        return _body(call, self.report, self.volumes, self.since)


def counted_for(call: Call, form: str, *, yearly: bool = False) -> Counted:
    """The numbers of the period and for the use that the query names; the event of reading them
    as `form` is put. `yearly`: fiscal years alone. Raises Problem."""
    use = call.query("for") or "publication"
    period = _period(call)
    if use not in _ACTIONS or (yearly and not period.is_year):
        raise Problem("bad-period")
    decision = decide(call.actor, _ACTIONS[use], call.now)
    repository().record_event(
        subject="STATISTICS",
        event=event(
            call,
            "read-statistics",
            decision,
            extra={"period": period.text, "for": use, "format": form},
        ),
    )
    if not decision.allowed:
        raise Problem("not-permitted")
    measuring = Measuring(period)
    cases = measuring.passing(all_facts(repository()))
    report = _report(call, cases, period, publication=use == "publication")
    return Counted(
        use=use,
        period=period,
        report=report,
        volumes=None if report.publication else measuring.volumes(),
        since=None if report.publication else measuring.since,
    )


@operation(
    routes,
    Operation(
        method="GET",
        path="/statistics/definitions",
        summary="実績の集計項目とその定義",
        status=200,
        reply="StatisticsDefinitions",
    ),
)
def read_definitions(call: Call) -> Reply:
    return Reply(body=_defined(definitions()), headers=_UNCHANGING)


def _period(call: Call) -> Period:
    """The period asked for, or the fiscal year of today. Raises Problem."""
    try:
        return Period(call.query("period") or str(fiscal_year(japanese_day(call.now))))
    except NotAPeriodError:
        raise Problem("bad-period") from None


def _report(call: Call, facts: Iterable[CaseFacts], period: Period, *, publication: bool) -> Report:
    today = japanese_day(call.now)
    counted = count(
        facts,
        # What is published of a month follows from its whole fiscal year.
        period.year if publication else period,
        today=today,
        agency_kinds={a.agency_id: a.kind for a in repository().agencies()},
        advice=sorted(entry["date"] for entry in book_entries("advice")),
        figures=Figures.of(book_entries("manual-figures")),
    )
    if publication:
        return published(counted, period=period, today=today)
    return true_report(counted)


def _body(
    call: Call, report: Report, measured: tuple[Volume, ...] | None, since: str | None
) -> dict[str, Any]:
    return {
        "period": report.period.text,
        "for": "publication" if report.publication else "report",
        "definitions": definitions().version,
        "madeAt": to_iso(call.now),
        "periods": [{"period": p, "label": Period(p).label} for p in report.periods],
        "rows": [row_body(row) for row in report.rows],
        "notes": {m.value: {"sign": MARKS[m], "text": NOTES[m]} for m in Mark},
        "volumes": None if measured is None else [volume_body(v) for v in measured],
        "firstRecordOn": since,
    }


def row_body(row: Row) -> dict[str, Any]:
    """A row of a report as the API answers with it."""
    group, _, title, breakdown, _, code, unit = names(row.key)
    return {
        "indicator": row.key.indicator,
        "breakdown": row.key.breakdown,
        "code": row.key.code,
        "group": group,
        "title": title,
        "breakdownTitle": breakdown,
        "codeTitle": code,
        "unit": unit,
        "values": {p: value.number for p, value in row.values.items()},
        "marks": {p: value.mark.value for p, value in row.values.items() if value.mark},
    }


def volume_body(volume: Volume) -> dict[str, Any]:
    """A measured volume as the API answers with it."""
    found = volume.spread
    return {
        "id": volume.group.id,
        "title": volume.group.title,
        "counted": volume.group.counted,
        "tooFewStaff": volume.too_few_staff,
        "perCase": volume.per_case,
        "spread": found
        and {
            "records": found.records,
            "total": found.total,
            "least": found.least,
            "lower": found.lower,
            "median": found.median,
            "upper": found.upper,
            "most": found.most,
        },
    }


def _defined(known: Definitions) -> Mapping[str, Any]:
    return {
        "version": known.version,
        "groups": [{"id": key, "title": title} for key, title in known.groups.items()],
        "indicators": [
            {
                "id": indicator.id,
                "group": indicator.group,
                "title": indicator.title,
                "unit": indicator.unit,
                "definition": indicator.definition,
                "breakdowns": list(indicator.breakdowns),
                "manual": indicator.measure is Measure.MANUAL,
                "confidence": indicator.source,
            }
            for indicator in known.indicators.values()
        ],
        "breakdowns": [
            {"id": b.id, "title": b.title, "multiple": b.multiple, "codes": dict(b.codes)}
            for b in known.breakdowns.values()
        ],
    }
