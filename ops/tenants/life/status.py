"""What a municipality sees of its own tenant: asked of the tenant, told in plain Japanese, without
names of resources and without anything of any case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.manifest import Manifest
from infra.names import PITR_DAYS
from lambdas.casework.clock import JST
from ops.live import LiveTenant
from ops.registers.register import RegistrationError, invoke_job
from ops.reports.html import page
from ops.tenants.life.engine import STATES
from ops.tenants.life.probes import verify
from ops.tenants.life.registry import Entry

# By probe: what it is about, and what is told when it is well and when it is not.
_LINES: Mapping[str, tuple[str, str, str]] = {
    "door": (
        "画面",
        "開きます。許可されていない要求は断ります。",
        "開けないか、守りが働いていません。",
    ),
    "sign-in": ("サインイン", "本人確認の守りが働いています。", "本人確認の守りが弱まっています。"),
    "functions": ("記録の書き込み", "できます。", "できません。"),
    "key": (
        "暗号の鍵",
        "使えます。自動で更新されます。",
        "止まっているか、自動で更新されません。",
    ),
    "backup": ("控え", "", "控えの守りの一部が切れています。"),
    "alarms": (
        "異常の知らせ",
        "異常があれば事業者に知らせが届きます。",
        "知らせの一部が止まっています。",
    ),
}  # fmt: skip
# Without these nobody can work.
_NEEDED = frozenset({"door", "functions", "key"})
_RECOVERY = f"{PITR_DAYS}日前までの、どの時点にも戻せます。誤って消されないようにしてあります。"
_NO_RECOVERY = (
    "誤って消されないようにしてあります。試用の環境なので、以前の時点に戻せるかは確かめていません。"
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row: what it is about, whether it is well (None: not asked), and what is told."""

    title: str
    well: bool | None
    text: str


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    begins: datetime
    ends: datetime
    text: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """`summary`: "works", "partly" (works, something is being repaired), "down" or "stopped" (on
    purpose). `asked_at` is when the tenant was asked, which is now. `last_seal`: the last day whose
    trail is sealed; None where there is none yet or the trail could not be asked."""

    municipality: str
    code: str
    environment: str
    vendor: str
    summary: str
    state: str
    asked_at: datetime
    deployed_at: datetime | None
    version: str | None
    last_seal: date | None
    lines: Sequence[Line]
    maintenance: Sequence[Maintenance]

    @property
    def sentence(self) -> str:
        return {
            "works": "使えます。異常はありません。",
            "partly": "使えます。ただし、直しているところがあります。",
            "down": "使えないところがあります。事業者が直しています。",
            "stopped": f"止めてあります({self.state})。",
        }[self.summary]


def status_of(
    manifest: Manifest, entry: Entry, tenant: LiveTenant | None, *, now: datetime
) -> Status:
    """Asks the tenant; `tenant` None where none is deployed."""
    stopped = entry.state not in ("active", "new")
    lines: list[Line] = []
    last_seal: date | None = None
    if tenant is not None:
        lines, last_seal = _asked(tenant)
    broken = {line.title for line in lines if line.well is False}
    needed = {_LINES[name][0] for name in _NEEDED}
    if stopped:
        summary = "stopped"
    elif tenant is None or broken & needed:
        summary = "down"
    else:
        summary = "partly" if broken else "works"
    return Status(
        municipality=manifest.municipality,
        code=manifest.lg_code,
        environment=manifest.environment,
        vendor=manifest.vendor,
        summary=summary,
        state=STATES[entry.state],
        asked_at=now,
        deployed_at=_instant(entry.facts.get("deployedAt")),
        version=tenant.outputs.get("Version") if tenant else None,
        last_seal=last_seal,
        lines=lines,
        maintenance=planned_maintenance(entry, now),
    )


def _asked(tenant: LiveTenant) -> tuple[list[Line], date | None]:
    _, faults = verify(tenant, _LINES)
    faulty = {fault.probe for fault in faults}
    lines = [
        Line(title=title, well=name not in faulty, text=ill if name in faulty else well)
        for name, (title, well, ill) in _LINES.items()
        if name != "backup"
    ]
    local = tenant.cloud is not None
    well = None if local else True
    text = _NO_RECOVERY if local else _RECOVERY
    if "backup" in faulty:
        well, text = False, _LINES["backup"][2]
    lines.append(Line(title=_LINES["backup"][0], well=well, text=text))
    trail = "閲覧・変更の記録"
    try:
        answer = invoke_job(tenant, {"task": "verify"})
    except (ClientError, BotoCoreError, RegistrationError):
        lines.append(Line(title=trail, well=False, text="いま確かめられません。"))
        return lines, None
    sound = not answer["problemCount"]
    text = "欠けも書き換えもありません。" if sound else "異常があります。事業者が知らせます。"
    lines.append(Line(title=trail, well=sound, text=text))
    last = answer["lastSeal"]
    return lines, date.fromisoformat(last) if last else None


def planned_maintenance(entry: Entry, now: datetime) -> list[Maintenance]:
    """What was announced and is not over, by its beginning."""
    found = [
        Maintenance(
            begins=datetime.fromisoformat(one["begins"]),
            ends=datetime.fromisoformat(one["ends"]),
            text=one["text"],
        )
        for one in entry.facts.get("maintenance", ())
    ]
    return sorted((one for one in found if one.ends > now), key=lambda one: one.begins)


def as_html(status: Status) -> str:
    """One page that stands alone."""
    return page("tenants/life/status.html.j2", status=status, clock=_clock, day=_day)


def as_json(status: Status) -> dict[str, Any]:
    return {
        "municipality": status.municipality,
        "summary": status.summary,
        "state": status.state,
        "askedAt": status.asked_at.isoformat(timespec="seconds"),
        "deployedAt": status.deployed_at and status.deployed_at.isoformat(timespec="seconds"),
        "version": status.version,
        "lastSeal": status.last_seal and status.last_seal.isoformat(),
        "lines": [{"title": x.title, "well": x.well, "text": x.text} for x in status.lines],
        "maintenance": [
            {"begins": m.begins.isoformat(), "ends": m.ends.isoformat(), "text": m.text}
            for m in status.maintenance
        ],
    }


def _instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _clock(instant: datetime) -> str:
    """「2026年12月1日 9時05分」in Japanese time."""
    at = instant.astimezone(JST)
    return f"{_day(at.date())} {at.hour}時{at.minute:02}分"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
