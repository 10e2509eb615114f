"""Case numbers: `122041-2026-7KQ3XV-M`.

Municipality code, fiscal year of receipt, six random characters, one check character. Random and
not counted, because a gap in a sequence would tell an agency how many cases it may not see
(DOMAIN L4), and because a counter would make all who create wait for each other.
"""

import re
from collections.abc import Callable
from datetime import date

# No I, L, O, U and Z, so that a number survives being read out on the telephone; 31 symbols, a
# prime, so that the check character finds every single wrong character and every swapped pair.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXY"
_RANDOM_LENGTH = 6
_PATTERN = re.compile(rf"[0-9]{{6}}-[0-9]{{4}}-[{ALPHABET}]{{{_RANDOM_LENGTH}}}-[{ALPHABET}]")


def new_case_id(*, lg_code: str, received_on: date, pick: Callable[[str], str]) -> str:
    """A new number. `pick` returns one random character of the alphabet it is given."""
    stem = f"{lg_code}-{fiscal_year(received_on)}-" + "".join(
        pick(ALPHABET) for _ in range(_RANDOM_LENGTH)
    )
    return f"{stem}-{_check_character(stem)}"


def is_case_id(text: str) -> bool:
    """True when `text` has the form of a case number and its check character fits."""
    return bool(_PATTERN.fullmatch(text)) and _check_character(text[:-2]) == text[-1]


def fiscal_year(day: date) -> int:
    """The Japanese fiscal year (April to March) that `day` lies in."""
    return day.year if day.month >= 4 else day.year - 1


def _check_character(stem: str) -> str:
    """Position-weighted sum modulo 31, which is prime and larger than any position."""
    total = sum(
        position * ALPHABET.index(character)
        for position, character in enumerate(stem.replace("-", ""), start=1)
    )
    return ALPHABET[total % len(ALPHABET)]
