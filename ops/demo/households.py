"""The demo municipality: its agencies, its staff and 24 invented households, from a fixed seed."""

import calendar
import copy
import csv
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ops.demo.stories import STORIES, Story

DEMO_DATE = date(2026, 9, 30)
"""The day up to which the demo's records are received, unless told otherwise."""

MUNICIPALITIES = Path(__file__).resolve().parents[2] / "schemas" / "municipalities.csv"
PRACTICE_MARK = "(練習用の架空の記録です)"

FUNABASHI = "122041"
# Real 町字 of 船橋市, joined with block numbers that no 町字 reaches.
FUNABASHI_TOWNS = (
    *("本町", "上山町", "丸山", "藤原", "古和釜町", "小室町", "豊富町", "馬込町"),
    *("二和東", "三咲", "大穴町", "神保町", "車方町", "高根町", "米ケ崎町", "印内町"),
    *("古作町", "旭町", "楠が山町", "鈴身町", "金堀町", "大神保町", "飯山満町", "金杉町"),
)
OTHER_TOWNS = ("本町", "中央", "東町", "西町", "南町", "北町")


@dataclass(frozen=True, kw_only=True)
class DemoAgency:
    """kind: a code of the list agency-kind."""

    agency_id: str
    name: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class DemoStaff:
    """role: manager, officer, coordinator, agency, commissioner or auditor."""

    staff_id: str
    display_name: str
    login_id: str
    role: str
    agency_id: str


@dataclass(frozen=True, kw_only=True)
class DemoIntake:
    """control_number: 管理番号 on paper. data: an intake sheet, form version 1.0.0."""

    control_number: str
    archetype: str
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DemoTenant:
    lg_code: str
    municipality: str
    agencies: tuple[DemoAgency, ...]
    staff: tuple[DemoStaff, ...]
    intakes: tuple[DemoIntake, ...]


AGENCIES = {
    "municipality": DemoAgency(agency_id="municipality", name="地域福祉課(練習用)", kind="30"),
    "council": DemoAgency(agency_id="council", name="みなと社会福祉協議会(練習用)", kind="27"),
    "elderly": DemoAgency(
        agency_id="elderly", name="なぎさ地域包括支援センター(練習用)", kind="01"
    ),
    "npo": DemoAgency(agency_id="npo", name="NPO法人こもれび(練習用)", kind="26"),
}

STAFF = tuple(
    DemoStaff(staff_id=f"staff-{login}", display_name=name, login_id=login, role=role, agency_id=at)
    for login, name, role, at in (
        ("kanri1", "管理 一子", "manager", "municipality"),
        ("kanri2", "管理 二郎", "manager", "municipality"),
        ("tantou1", "担当 三奈", "officer", "municipality"),
        ("chousei1", "調整 四郎", "coordinator", "council"),
        ("houkatsu1", "包括 五月", "agency", "elderly"),
        ("komorebi1", "木漏 六実", "agency", "npo"),
        ("minsei1", "民生 七海", "commissioner", "elderly"),
        ("kansa1", "監査 八重", "auditor", "municipality"),
    )
)
_RECEIVERS = {
    "municipality": "担当 三奈",
    "council": "調整 四郎",
    "elderly": "包括 五月",
    "npo": "木漏 六実",
}


def demo_tenant(*, lg_code: str, seed: int = 2026, today: date) -> DemoTenant:
    """The same municipality for the same arguments, byte for byte.

    Records are received on weekdays from the start of the fiscal year up to `today`.
    Raises KeyError when no municipality has this code (6 digits with the check digit).
    """
    prefecture, municipality = _municipality(lg_code)
    rng = random.Random(seed)  # noqa: S311 - invented data, nothing secret
    days = _received_days(rng, today=today, count=len(STORIES))
    towns = FUNABASHI_TOWNS if lg_code == FUNABASHI else OTHER_TOWNS
    intakes = tuple(
        DemoIntake(
            control_number=f"練習-{number:02d}",
            archetype=story.archetype,
            data=_intake(
                story,
                number=number,
                received=received,
                place=f"{prefecture}{municipality}{towns[number % len(towns)]}",
                rng=rng,
            ),
        )
        for number, (story, received) in enumerate(zip(STORIES, days, strict=True), 1)
    )
    return DemoTenant(
        lg_code=lg_code,
        municipality=municipality,
        agencies=tuple(AGENCIES.values()),
        staff=STAFF,
        intakes=intakes,
    )


def _municipality(lg_code: str) -> tuple[str, str]:
    with MUNICIPALITIES.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["lgcode"] == lg_code:
                return row["prefecture"], row["municipality"]
    raise KeyError(lg_code)


def _received_days(rng: random.Random, *, today: date, count: int) -> list[date]:
    start = date(today.year if today.month >= 4 else today.year - 1, 4, 1)
    span = [start + timedelta(days=n) for n in range((today - start).days + 1)]
    weekdays = [day for day in span if day.weekday() < 5] or span
    return [rng.choice(weekdays) for _ in range(count)]


def _intake(
    story: Story, *, number: int, received: date, place: str, rng: random.Random
) -> dict[str, Any]:
    data = copy.deepcopy(story.data)
    receiver = _RECEIVERS[story.agency]
    minutes = rng.randrange(9 * 60, 17 * 60, 5)
    data |= {
        "consentVersion": "consent" if "consent" in data else "no-consent",
        "receivedAt": received.isoformat(),
        "receivedTime": f"{minutes // 60:02d}:{minutes % 60:02d}",
        "receivingAgencyId": AGENCIES[story.agency].agency_id,
        "receivedBy": receiver,
        "concernsNote": data.get("concernsNote", "") + PRACTICE_MARK,
    }
    born = _birth_date(story, received=received, rng=rng)
    if born:
        data["birthDate"] = born
    if story.lives:
        data.setdefault("addressProtection", "no")
        data["address"] = {"full": f"{place}{9999 - number}番地"}
        if story.building:
            data["address"]["building"] = story.building
    if story.phone:
        # 000 is no exchange: the numbers can reach nobody.
        prefix = {"01": "047-000", "02": "090-0000"}[story.phone]
        data["phones"] = [{"kind": story.phone, "number": f"{prefix}-{number:04d}"}]
    if "consent" in data:
        data["consent"] |= {
            "explainer": receiver,
            "date": received.isoformat(),
            "evidence": f"同意書つづり(練習用) {number:02d}番",
        }
    return data


def _birth_date(
    story: Story, *, received: date, rng: random.Random
) -> dict[str, int | None] | None:
    """A date on which the person is as old at receipt as the story says."""
    if story.age is None:
        return None
    if story.birth == "none":
        return {"y": None, "m": None, "d": None}
    month = rng.randint(1, 12)
    day = rng.randint(1, calendar.monthrange(2026, month)[1])
    year = received.year - story.age - ((month, day) > (received.month, received.day))
    return {
        "y": year,
        "m": month if story.birth in ("month", "day") else None,
        "d": day if story.birth == "day" else None,
    }


def agency_names(agencies: Iterable[DemoAgency]) -> dict[str, str]:
    """Agency id → name, as the writer of the sheet wants it."""
    return {agency.agency_id: agency.name for agency in agencies}
