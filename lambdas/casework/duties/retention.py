"""How long a case is kept, and when it may be disposed of (DOMAIN §4.3 保存期間, §4.10 L16).

The clock starts on 1 April after the fiscal year (JST) in which the case was closed [要確認: each
municipality's 文書管理規程 says so, or otherwise]. A case is disposed of as a whole: the longest
of its records' classes decides, since a case without its conferences would be half a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lambdas.casework import forms
from lambdas.casework.case_id import fiscal_year
from lambdas.casework.records import CLOSED_STATES, CaseFile


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """How long a case is kept. `closed_on` None: it runs, and no clock with it.

    `starts`: first day of the period; `until`: last day on which it must be kept; `holds`: ids of
    the records that stop a disposal (法的な保留, 開示請求, 審査請求, 監査).
    """

    closed_on: date | None
    starts: date | None
    until: date | None
    retention_class: str | None
    holds: tuple[str, ...]

    def due(self, day: date) -> bool:
        """Whether the case may be disposed of on this day."""
        return self.until is not None and day > self.until and not self.holds


def keeping(case: CaseFile, years: Mapping[str, int]) -> Keeping:
    """How long this case is kept. `years`: retention class (`x-retention` of the forms) → years,
    from the tenant's settings; the longest class that the case holds decides."""
    closed_on = closing_day(case)
    if closed_on is None:
        return Keeping(
            closed_on=None, starts=None, until=None, retention_class=None, holds=open_holds(case)
        )
    longest = max(_classes(case) & years.keys(), key=lambda c: (years[c], c))
    starts = date(fiscal_year(closed_on) + 1, 4, 1)
    until = date(starts.year + years[longest], 3, 31)
    return Keeping(
        closed_on=closed_on,
        starts=starts,
        until=until,
        retention_class=longest,
        holds=open_holds(case),
    )


def closing_day(case: CaseFile) -> date | None:
    """The day on which the case was last closed; None while it runs."""
    if case.state not in CLOSED_STATES:
        return None
    last = case.latest("transition")
    if last is None:
        return None
    return date.fromisoformat(last.data["date"])


def open_holds(case: CaseFile) -> tuple[str, ...]:
    """Records that hold the case back: each names a reason and is ended by another record."""
    ended = {r.data["holdId"] for r in case.of("legal-hold-end")}
    return tuple(r.record_id for r in case.of("legal-hold") if r.record_id not in ended)


def _classes(case: CaseFile) -> frozenset[str]:
    """Retention classes of everything the case holds."""
    return frozenset(
        str(property_["x-retention"])
        for record in case.records.values()
        for name, property_ in forms.form(record.form, record.version).schema["properties"].items()
        if name in record.data and "x-retention" in property_
    )
