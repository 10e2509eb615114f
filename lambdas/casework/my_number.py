"""Finding a My Number (個人番号) in text, so that it is never stored.

This programme is not one of the uses the My Number Act allows, and a stored number would move the
whole system into the network zone of such uses (DOMAIN §4.3). A random 12-digit number passes the
check about once in ten, so a hit is a suspicion that a person may overrule with a reason (L19).
"""

import re
import unicodedata
from collections.abc import Iterator

LENGTH = 12

# How a number may be split: as one (hyphens, dots, what cannot be seen), by spaces, by lines.
_HYPHEN, _SPACE, _BREAK, _OTHER = "-", " ", "\n", "x"
_KINDS = {"Pd": _HYPHEN, "Cf": _HYPHEN, "Zs": _SPACE, "Zl": _BREAK, "Zp": _BREAK}
_CHARACTERS = {
    **dict.fromkeys("−ー・.．\ufe0e\ufe0f", _HYPHEN),
    "\t": _SPACE,
    "\r": _BREAK,
    "\n": _BREAK,
}
# Each set is tried on its own, so that a telephone number on the line above does not hide a
# number by making the run longer than twelve.
_JOINERS = ("-", "- ", "-\\n", "- \\n")
_RUNS = tuple(re.compile(f"[0-9{joiners}]{{{LENGTH},}}") for joiners in _JOINERS)
_DIGITS = re.compile("[0-9]+")
# As it is printed on the card.
_CARD = (4, 4, 4)


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
    """True when a run of exactly twelve digits in `text` passes the check, or three groups of four
    as on the card that are no part of a longer row of fours.

    Full-width and other decimal digits count as digits; hyphens, spaces, line breaks and invisible
    characters between digits are looked through. Runs of thirteen and more digits are not matched
    otherwise (DOMAIN L19).
    """
    written = text.translate(_LETTERS)
    return any(
        is_my_number(candidate)
        for runs in _RUNS
        for run in runs.findall(written)
        for groups in (_DIGITS.findall(run),)
        for candidate in ("".join(groups), *_as_on_the_card(groups))
    )


def _as_on_the_card(groups: list[str]) -> Iterator[str]:
    lengths = [0, *(len(group) for group in groups), 0]
    for start, length in enumerate(lengths):
        if length != _CARD[0] or tuple(lengths[start : start + 3]) != _CARD:
            continue
        if _CARD[0] not in (lengths[start - 1], lengths[start + 3]):
            yield "".join(groups[start - 1 : start + 2])


# Rarer letters are looked up each time, so that no text makes the table grow without end.
_KEPT_BELOW = 0x10000


class _Letters(dict[int, str]):
    """Characters as they are looked at: digits in ASCII, what may split a number by its kind."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isdecimal():
            looked_at = str(int(character))
        else:
            looked_at = _CHARACTERS.get(character) or _KINDS.get(
                unicodedata.category(character), _OTHER
            )
        if code < _KEPT_BELOW:
            self[code] = looked_at
        return looked_at


_LETTERS = _Letters()
