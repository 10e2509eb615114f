"""Passwords to hand over on paper."""

from collections.abc import Callable

# None of them is read as another: no I, l, 1, O, o, 0.
_UPPER, _LOWER, _DIGITS, _SIGNS = (
    "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "abcdefghijkmnpqrstuvwxyz",
    "23456789",
    "-+=#%",
)
_LENGTH = 16


def temporary_password(pick: Callable[[str], str]) -> str:
    """16 characters with one of each kind that the pool's policy asks for.

    `pick` returns one random character of the text that it is given.
    """
    kinds = [pick(kind) for kind in (_UPPER, _LOWER, _DIGITS, _SIGNS)]
    rest = [pick(_UPPER + _LOWER + _DIGITS) for _ in range(_LENGTH - len(kinds))]
    # The kinds at places that tell nothing: the policy is no secret, and the rest is 12 characters.
    return "".join(rest[:6] + kinds + rest[6:])
