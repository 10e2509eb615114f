"""Japanese-era dates (和暦) and dates of which only a part is known.

Borders of the eras: DOMAIN §4.8 (大正 from 1912-07-30, 昭和 from 1926-12-25, 平成 from 1989-01-08,
令和 from 2019-05-01). 明治 is taken from 1868-01-25 on, all of it in the Gregorian calendar.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

EARLIEST, LATEST = 1868, 2200


class NotADateError(ValueError):
    """The text cannot be read as a date; the message is Japanese and never repeats the text."""


@dataclass(frozen=True, kw_only=True)
class PartialDate:
    """A Gregorian date known down to the day, the month, the year, or not at all (不詳)."""

    y: int | None = None
    m: int | None = None
    d: int | None = None

    def __post_init__(self) -> None:
        if (self.y is None and self.m is not None) or (self.m is None and self.d is not None):
            raise NotADateError(
                "年が分からないときは月と日も、月が分からないときは日も空けてください。"
            )
        if self.y is not None and not EARLIEST <= self.y <= LATEST:
            raise NotADateError(f"年は西暦{EARLIEST}年から{LATEST}年までで記入してください。")
        if self.y is not None and self.m is not None:
            try:
                date(self.y, self.m, self.d or 1)
            except ValueError:
                raise NotADateError("暦にない日付です。") from None

    def exact(self) -> date | None:
        """The day, when it is known."""
        if self.y is None or self.m is None or self.d is None:
            return None
        return date(self.y, self.m, self.d)


UNKNOWN = PartialDate()


@dataclass(frozen=True, kw_only=True)
class Era:
    name: str
    letter: str
    first: date
    last: date


ERAS = (
    Era(name="明治", letter="M", first=date(1868, 1, 25), last=date(1912, 7, 29)),
    Era(name="大正", letter="T", first=date(1912, 7, 30), last=date(1926, 12, 24)),
    Era(name="昭和", letter="S", first=date(1926, 12, 25), last=date(1989, 1, 7)),
    Era(name="平成", letter="H", first=date(1989, 1, 8), last=date(2019, 4, 30)),
    Era(name="令和", letter="R", first=date(2019, 5, 1), last=date(LATEST, 12, 31)),
)
_BY_MARK = {mark: era for era in ERAS for mark in (era.name, era.letter)}

_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WRITTEN = re.compile(
    r"(?P<era>明治|大正|昭和|平成|令和|[MTSHR])?(?P<year>元|\d{1,4})"
    r"(?:(?:年|[./・-])(?:(?P<month>\d{1,2})(?:(?:月|[./・-])(?:(?P<day>\d{1,2})日?)?)?)?)?"
)
_UNKNOWN_TAIL = re.compile(r"(?:月日|日)?(?:不詳|不明)$|(?:-XX){1,2}$")


def parse(text: str) -> PartialDate:
    """Read 昭和40年3月2日, S40.3.2, 1965-03-02, 19650302, 昭和40年, 昭和40年3月日不詳, 不詳.

    Raises NotADateError. Full-width digits and letters are read as half-width ones.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    known = _UNKNOWN_TAIL.sub("", plain)
    if not known and plain:
        return UNKNOWN
    if compact := _COMPACT.fullmatch(known):
        y, m, d = map(int, compact.groups())
        return PartialDate(y=y, m=m, d=d)
    written = _WRITTEN.fullmatch(known)
    if not written or (written["era"] is None and len(written["year"]) != 4):
        raise NotADateError(
            "日付として読めません。昭和40年3月2日、S40.3.2、1965-03-02 のように書きます。"
        )
    year = 1 if written["year"] == "元" else int(written["year"])
    month = int(written["month"]) if written["month"] else None
    day = int(written["day"]) if written["day"] else None
    if written["era"] is None:
        return PartialDate(y=year, m=month, d=day)
    era = _BY_MARK[written["era"]]
    if year < 1:
        raise NotADateError("元号の年は元年(1年)からです。")
    found = PartialDate(y=era.first.year + year - 1, m=month, d=day)
    if era not in _eras_of(found):
        raise NotADateError("その元号の期間にない日付です。元号と年を確かめてください。")
    return found


def format_wareki(value: PartialDate) -> str:
    """As 昭和40年3月2日, as far as known; the year as 西暦 where it may belong to two eras."""
    if value.y is None:
        return "不詳"
    possible = _eras_of(value)
    if len(possible) == 1:
        number = value.y - possible[0].first.year + 1
        text = f"{possible[0].name}{'元' if number == 1 else number}年"
    else:
        text = f"{value.y}年"
    if value.m is not None:
        text += f"{value.m}月"
    if value.d is not None:
        text += f"{value.d}日"
    return text


def _eras_of(value: PartialDate) -> list[Era]:
    """The eras that overlap what is known of the date (its year or month may span two)."""
    if value.y is None:
        return []
    first = date(value.y, value.m or 1, value.d or 1)
    # The 31st stands for the end of any month: only the order of the parts is compared.
    end = (value.y, value.m or 12, value.d or 31)
    return [e for e in ERAS if e.first.timetuple()[:3] <= end and first <= e.last]
