"""My Number: found however it is written, never inside longer runs (DOMAIN §4.3, L19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.my_number import check_digit, contains_my_number, is_my_number

VECTOR = "123456789018"
elevens = st.text("0123456789", min_size=11, max_size=11)


def test_the_published_vector() -> None:
    assert check_digit("12345678901") == 8
    assert is_my_number(VECTOR)


@given(elevens)
def test_every_valid_number_is_found_and_each_single_wrong_digit_of_the_check_is_not(
    first: str,
) -> None:
    good = check_digit(first)
    assert contains_my_number(f"番号{first}{good}です")
    for digit in range(10):
        assert contains_my_number(f"{first}{digit}") == (digit == good)


@given(
    elevens,
    st.sampled_from(["-", " ", "\u3000", "\n", "ー", "‐", "−", "\u200b", "\t", "・"]),
    st.integers(1, 11),
    st.booleans(),
)
def test_one_separator_anywhere_and_full_width_digits_hide_nothing(
    first: str, separator: str, place: int, wide: bool
) -> None:
    number = f"{first}{check_digit(first)}"
    written = number[:place] + separator + number[place:]
    if wide:
        written = written.translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert contains_my_number(f"あ{written}い")


@given(elevens, st.text("0123456789", min_size=1, max_size=8), st.booleans())
def test_runs_of_thirteen_and_more_digits_are_not_matched(
    first: str, more: str, before: bool
) -> None:
    number = f"{first}{check_digit(first)}"
    assert not contains_my_number(more + number if before else number + more)


@pytest.mark.parametrize(
    "text",
    ["", "あいう", "090-1234-5678", "2026-11-23 10:30", "〒273-8501", "1234567890123456", "12345"],
)
def test_other_numbers_pass(text: str) -> None:
    assert not contains_my_number(text)


@pytest.mark.parametrize(
    "text",
    [f"0474362111\n{VECTOR}", "0474362111 1234-5678-9018", f"{VECTOR}\n09012345678"],
)
def test_a_number_beside_another_number_is_found(text: str) -> None:
    assert contains_my_number(text)


def test_letters_that_are_digits_of_other_scripts_count() -> None:
    assert contains_my_number("".join(chr(0x0660 + int(d)) for d in VECTOR))
