"""Case numbers: random, checkable, in the right fiscal year."""

import random
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.case_id import ALPHABET, fiscal_year, is_case_id, new_case_id

draws = st.randoms(use_true_random=False)


def number(rng: random.Random) -> str:
    return new_case_id(lg_code="122041", received_on=date(2026, 11, 23), pick=rng.choice)


@given(draws)
def test_a_new_number_is_one(rng: random.Random) -> None:
    case_id = number(rng)
    assert case_id.startswith("122041-2026-")
    assert is_case_id(case_id)


@given(draws, st.data())
def test_every_single_wrong_character_is_noticed(rng: random.Random, data: st.DataObject) -> None:
    case_id = number(rng)
    places = [i for i, c in enumerate(case_id) if c != "-"]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from(ALPHABET.replace(case_id[place], "")))
    assert not is_case_id(case_id[:place] + other + case_id[place + 1 :])


@given(draws, st.integers(12, 16))
def test_two_neighbours_swapped_are_noticed(rng: random.Random, place: int) -> None:
    case_id = number(rng)
    a, b = case_id[place], case_id[place + 1]
    swapped = case_id[:place] + b + a + case_id[place + 2 :]
    assert is_case_id(swapped) == (a == b)


def test_the_fiscal_year_begins_in_april() -> None:
    assert fiscal_year(date(2026, 3, 31)) == 2025
    assert fiscal_year(date(2026, 4, 1)) == 2026
