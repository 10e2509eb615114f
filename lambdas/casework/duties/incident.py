"""What a leak has touched: from the audit trail, who saw or took what in a period (DOMAIN §4.3:
速報 within three to five days, 確報 within thirty [要確認], so that minutes count)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lambdas.casework.access import DataClass

# 規則43条: 要配慮個人情報 of one person suffices; otherwise more than a hundred (public sector).
REPORT_FROM_PERSONS = 100
FIRST_REPORT_DAYS = 5
FULL_REPORT_DAYS = 30
FULL_REPORT_DAYS_ABUSE = 60

Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Touched:
    """What of one case was touched: how often, when first and last (UTC), which records and data
    classes, by which acts."""

    case_id: str
    events: int
    first: str
    last: str
    records: tuple[str, ...]
    classes: tuple[int, ...]
    actions: tuple[str, ...]


def touched(
    events: Iterable[Event],
    *,
    staff_ids: frozenset[str] = frozenset(),
    agency_ids: frozenset[str] = frozenset(),
) -> tuple[Touched, ...]:
    """The cases that the named staff or agencies saw or changed, from events of the trail; without
    any name, all cases of the events. Refused attempts have shown nothing."""
    kept: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        actor = event.get("actor") or {}
        named = actor.get("staffId") in staff_ids or actor.get("agencyId") in agency_ids
        if event.get("result") != "done" or not (named or not (staff_ids or agency_ids)):
            continue
        for case_id in _cases(event):
            kept[case_id].append(event)
    return tuple(_touched(case_id, kept[case_id]) for case_id in sorted(kept))


def _cases(event: Event) -> tuple[str, ...]:
    """A page of a list or of search results shows many cases; a read shows one."""
    one = event.get("case")
    return (one,) if one else tuple(event.get("cases") or ())


def _touched(case_id: str, events: list[Event]) -> Touched:
    times = sorted(event["at"] for event in events)
    records = {r for event in events for r in event.get("records") or ()}
    records |= {
        event["record"]["recordId"]
        for event in events
        if event.get("record") and "recordId" in event["record"]
    }
    records |= {w["recordId"] for event in events for w in event.get("written") or ()}
    return Touched(
        case_id=case_id,
        events=len(events),
        first=times[0],
        last=times[-1],
        records=tuple(sorted(records)),
        classes=tuple(sorted({c for event in events for c in event.get("classes") or ()})),
        actions=tuple(sorted({event["action"] for event in events})),
    )


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Whether the leak is to be reported [要確認], and by when, from the day it was learned of."""

    report: bool
    reason: str
    first_report_by: date
    full_report_by: date


def duty(found: Iterable[Touched], persons: int, learned_on: date, *, abuse: bool) -> Duty:
    """The duty to report. `persons`: people of the cases touched; `abuse`: 不正の目的."""
    special = any(DataClass.SPECIAL_CARE in t.classes for t in found)
    reasons = [
        text
        for applies, text in (
            (special, "要配慮個人情報が含まれます(1人でも報告の対象)"),
            (abuse, "不正の目的によるおそれがあります"),
            (persons > REPORT_FROM_PERSONS, "100人を超えます"),
        )
        if applies
    ]
    days = FULL_REPORT_DAYS_ABUSE if abuse else FULL_REPORT_DAYS
    return Duty(
        report=bool(reasons),
        reason="、".join(reasons) or "報告の対象にあたる事情は見つかりません",
        first_report_by=learned_on + timedelta(days=FIRST_REPORT_DAYS),
        full_report_by=learned_on + timedelta(days=days),
    )
