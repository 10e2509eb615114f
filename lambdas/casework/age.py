"""When a person attains an age, by law and with birth dates of which only a part is known.

年齢計算ニ関スル法律 counts from the day of birth by 民法143条: an age is attained at the end of the
day before the birthday. Who was born on 29 February attains it at the end of 28 February, in leap
years and in others [H: 要確認 where it is shown].
"""

from calendar import isleap, monthrange
from datetime import date, timedelta

from lambdas.casework.wareki import PartialDate

ADULT = 18


def attained(birth: date, years: int) -> date:
    """The day at whose end a person born on `birth` attains the age."""
    year = birth.year + years
    if (birth.month, birth.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return birth.replace(year=year) - timedelta(days=1)


def born_between(birth: PartialDate) -> tuple[date, date] | None:
    """The first and the last day that a birth date may mean; None where no year is known."""
    if birth.y is None:
        return None
    last_month = birth.m or 12
    last_day = birth.d or monthrange(birth.y, last_month)[1]
    first = date(birth.y, birth.m or 1, birth.d or 1)
    return first, date(birth.y, last_month, last_day)
