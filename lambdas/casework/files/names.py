"""The name of a file: what it may be, and that its extension says what the content is."""

import re
import unicodedata

from lambdas.casework.files.outcome import Kind
from lambdas.casework.text import has_unstorable_characters

MAX_NAME = 150

# What Windows refuses in a name, and with it every folder that staff save the file to.
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
# Extensions that are replaced when the content is another of the kinds that are taken.
_KNOWN = {
    **{kind.value: kind for kind in Kind},
    "jpeg": Kind.JPEG,
    "jpe": Kind.JPEG,
    "jfif": Kind.JPEG,
}


def is_file_name(name: str) -> bool:
    """True when staff may keep a file under this name: no path, no control, invisible or
    direction-turning characters, nothing that Windows refuses."""
    return (
        0 < len(name) <= MAX_NAME
        and name == name.strip(" .\u3000")
        and not _FORBIDDEN.search(name)
        and not _DEVICES.fullmatch(name)
        and not has_unstorable_characters(name, multiline=False)
        and all(unicodedata.category(c) not in ("Cf", "Zl", "Zp") for c in name)
    )


def name_for(name: str, kind: Kind) -> str:
    """The name with the extension of its content: a PNG called `.jpg` becomes `.png`, one with a
    foreign extension gets the right one behind it."""
    stem, dot, extension = name.rpartition(".")
    known = _KNOWN.get(extension.lower()) if dot and stem else None
    if known is kind:
        return name
    return f"{stem if known else name}.{kind.value}"
