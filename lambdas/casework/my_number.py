"""Finding a My Number (個人番号) in text, so that it is never stored.

This programme is not one of the uses the My Number Act allows, and a stored number would move the
whole system into the network zone of such uses (DOMAIN §4.3). A random 12-digit number passes the
check about once in ten, so a hit is a suspicion that a person may overrule with a reason (L19).
"""

from collections.abc import Iterator
from itertools import groupby

_HYPHENS = frozenset("-‐‑‒–—―−﹣－ー・.．\u200b\u200c\u200d\u2060\ufeff")
_SPACES = frozenset(" \u3000\u00a0\u2009\u202f\t")
_BREAKS = frozenset("\r\n")

# A number may be split by hyphens, spaces or line breaks. Each set is tried on its own, so that a
# telephone number on the line above does not hide a number by making the run longer than twelve.
_JOINERS = (_HYPHENS, _HYPHENS | _SPACES, _HYPHENS | _BREAKS, _HYPHENS | _SPACES | _BREAKS)

LENGTH = 12


def check_digit(first_eleven: str) -> int:
    """The 12th digit that belongs to eleven digits (番号法施行令8条の算式, DOMAIN §4.3)."""
    total = sum(
        int(digit) * (n + 1 if n <= 6 else n - 5)
        for n, digit in enumerate(reversed(first_eleven), start=1)
    )
    remainder = total % 11
    return 0 if remainder <= 1 else 11 - remainder


def is_my_number(digits: str) -> bool:
    """True when `digits` are twelve ASCII digits with a valid check digit."""
    return len(digits) == LENGTH and check_digit(digits[:11]) == int(digits[11])


def contains_my_number(text: str) -> bool:
    """True when a run of exactly twelve digits in `text` passes the check.

    Full-width and other decimal digits count as digits; hyphens, spaces and line breaks between
    digits are looked through. Runs of thirteen and more digits are not matched (DOMAIN L19).
    """
    if sum(character.isdecimal() for character in text) < LENGTH:
        return False
    return any(is_my_number(run) for joiners in _JOINERS for run in _runs(text, joiners))


def _runs(text: str, joiners: frozenset[str]) -> Iterator[str]:
    """The digit runs of `text`, with `joiners` between digits left out."""

    def part_of_run(character: str) -> bool:
        return character.isdecimal() or character in joiners

    for belongs, characters in groupby(text, key=part_of_run):
        if belongs:
            yield "".join(str(int(c)) for c in characters if c.isdecimal())
