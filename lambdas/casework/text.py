"""Which characters a record may hold. Nothing is ever normalised: names stay byte for byte."""

import unicodedata

# What a text becomes when it was read in another encoding than it was written in.
_REPLACEMENT = "\ufffd"
# Controls that turn the direction of text can make a record read differently from what it says.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def has_unstorable_characters(text: str, *, multiline: bool) -> bool:
    """True for control characters, lone surrogates, replacement characters, direction overrides.

    Line feed and tab are text in a multi-line field. Variation selectors, compatibility
    characters and private-use characters (外字) are names and always allowed (DOMAIN §4.8).
    """
    allowed = "\n\t" if multiline else ""
    return any(
        (unicodedata.category(c) in ("Cc", "Cs") and c not in allowed)
        or c in _DIRECTION
        or c == _REPLACEMENT
        for c in text
    )
