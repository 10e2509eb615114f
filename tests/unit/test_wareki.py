"""和暦 is read and written so that no date changes on the way."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.wareki import (
    ERAS,
    UNKNOWN,
    Era,
    NotADateError,
    PartialDate,
    format_wareki,
    parse,
)

DAYS = st.dates(min_value=date(1868, 1, 25), max_value=date(2199, 12, 31))


def on(day: date) -> PartialDate:
    return PartialDate(y=day.year, m=day.month, d=day.day)


@given(DAYS)
def test_every_day_survives_writing_and_reading(day: date) -> None:
    assert parse(format_wareki(on(day))) == on(day)
    assert parse(day.isoformat()) == on(day)
    assert parse(f"{day:%Y%m%d}") == on(day)
    assert on(day).exact() == day


@given(DAYS, st.booleans())
def test_what_is_known_in_part_survives_as_it_is(day: date, month_known: bool) -> None:
    partial = PartialDate(y=day.year, m=day.month if month_known else None)
    assert parse(format_wareki(partial)) == partial
    assert partial.exact() is None


@given(DAYS)
def test_letters_and_signs_mean_the_same_as_the_long_form(day: date) -> None:
    era = next(e for e in ERAS if e.first <= day <= e.last)
    year = day.year - era.first.year + 1
    for text in (
        f"{era.letter}{year}.{day.month}.{day.day}",
        f"{era.letter.lower()}{year}/{day.month}/{day.day}",
        f"{era.name} {year}年 {day.month}月 {day.day}日",
        f"{era.name}{year}-{day.month:02}-{day.day:02}",
    ):
        assert parse(text) == on(day)
        assert parse(text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})) == on(day)


@given(st.text(max_size=30))
def test_any_other_text_is_refused_without_repeating_it(text: str) -> None:
    try:
        parse(text)
    except NotADateError as refusal:
        assert len(text) < 4 or text not in str(refusal)


@pytest.mark.parametrize(("before", "after"), list(pairwise(ERAS)))
def test_eras_meet_without_gap_and_neither_reaches_into_the_other(before: Era, after: Era) -> None:
    assert after.first - before.last == timedelta(days=1)
    assert format_wareki(on(after.first)).startswith(f"{after.name}元年")
    year = after.first.year - before.first.year + 1
    with pytest.raises(NotADateError):
        parse(f"{before.name}{year}年{after.first.month}月{after.first.day}日")
    last = before.last
    with pytest.raises(NotADateError):
        parse(f"{after.name}{last.year - after.first.year + 1}年{last.month}月{last.day}日")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("昭和40年3月2日", PartialDate(y=1965, m=3, d=2)),
        ("S40.3.2", PartialDate(y=1965, m=3, d=2)),
        ("㍼40年3月2日", PartialDate(y=1965, m=3, d=2)),
        ("昭和40年", PartialDate(y=1965)),
        ("昭和40年3月", PartialDate(y=1965, m=3)),
        ("昭和40年月日不詳", PartialDate(y=1965)),
        ("昭和40年3月日不詳", PartialDate(y=1965, m=3)),
        ("1965-XX-XX", PartialDate(y=1965)),
        ("1965-03-XX", PartialDate(y=1965, m=3)),
        ("平成元年", PartialDate(y=1989)),
        ("昭和64年", PartialDate(y=1989)),
        ("昭和64年1月", PartialDate(y=1989, m=1)),
        ("令和元年5月1日", PartialDate(y=2019, m=5, d=1)),
        ("明治45年7月29日", PartialDate(y=1912, m=7, d=29)),
        ("不詳", UNKNOWN),
        ("不明", UNKNOWN),
    ],
)
def test_the_ways_clerks_write_dates_are_read(text: str, value: PartialDate) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "40年3月2日",
        "昭和65年",
        "昭和64年2月",
        "平成31年5月1日",
        "令和0年",
        "2026-02-30",
        "昭和40年13月",
        "昭和40年頃",
        "65/3/2",
        "23803",
        "1800-01-01",
        "昭和40年3月2日生まれ",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(NotADateError):
        parse(text)


def test_a_year_of_two_eras_is_written_in_the_western_way() -> None:
    assert format_wareki(PartialDate(y=1989)) == "1989年"
    assert format_wareki(PartialDate(y=1989, m=1)) == "1989年1月"
    assert format_wareki(PartialDate(y=2019, m=5)) == "令和元年5月"
    assert format_wareki(UNKNOWN) == "不詳"


@pytest.mark.parametrize("parts", [{"m": 3}, {"d": 2}, {"y": 1965, "d": 2}, {"y": 2026, "m": 0}])
def test_a_date_has_no_holes(parts: dict[str, int]) -> None:
    with pytest.raises(NotADateError):
        PartialDate(**parts)
