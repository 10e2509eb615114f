"""The fonts of the papers: TTF files of npm packages, with their licences and a table of what they
can print.

The table spares the function the font files' own tables at each request: which characters, and
which of their variants (異体字, by variation selector), a font has a glyph for.
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools.ttLib import TTFont

from ops.paths import ROOT

PACKAGES = ROOT / "node_modules" / "@expo-google-fonts"
# In the order in which a glyph is looked for. BIZ UDGothic is easy to read and has the characters
# of JIS; Noto Sans JP the rarer kanji and more variants; the last two names of other scripts.
FAMILIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("BIZ UDGothic", "biz-udgothic", ("400Regular", "700Bold")),
    ("Noto Sans JP", "noto-sans-jp", ("400Regular",)),
    ("Noto Sans", "noto-sans", ("400Regular",)),
    ("Noto Emoji", "noto-emoji", ("400Regular",)),
)
# What a font draws there is its maker's own idea, not the 外字 that somebody meant.
_PRIVATE_USE = (range(0xE000, 0xF900), range(0xF0000, 0x10FFFE))


def write_fonts(target: Path) -> None:
    """Puts fonts, licences and `coverage.json` into an empty directory. Raises FileNotFoundError
    when the packages are not installed."""
    target.mkdir(parents=True)
    table = []
    for family, package, weights in FAMILIES:
        home = PACKAGES / package
        for weight in weights:
            (file,) = (home / weight).glob("*.ttf")
            shutil.copy(file, target)
        shutil.copy(home / "LICENSE_FONT", target / f"{package}.LICENSE.txt")
        (regular,) = (home / weights[0]).glob("*.ttf")
        table.append({"family": family, **_coverage(regular)})
    (target / "coverage.json").write_text(json.dumps(table), encoding="utf-8")


def _coverage(file: Path) -> dict[str, object]:
    """Ranges of characters (first, last), and variation selector → characters it may follow."""
    with TTFont(file, lazy=True) as font:
        cmap = font["cmap"]
        characters = [c for c in cmap.getBestCmap() if not any(c in r for r in _PRIVATE_USE)]
        variants = {
            str(selector): sorted(base for base, _ in pairs)
            for table in cmap.tables
            if table.format == 14
            for selector, pairs in table.uvsDict.items()
        }
    return {"ranges": list(_ranges(characters)), "variants": variants}


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for number in sorted(numbers):
        if first is None or last is None:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield first, last
            first = last = number
    if first is not None and last is not None:
        yield first, last
