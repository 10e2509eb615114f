"""Which characters the fonts of the papers can print. What they cannot is found and named before
anything is printed, and is never a box on paper."""

import json
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

# Beside `lambdas` in the function, as the build puts them there.
FONTS = Path(__file__).resolve().parents[2] / "fonts"

_JOINER = "\u200d"
_TEXT_STYLE, _EMOJI_STYLE = "\ufe0e", "\ufe0f"


@dataclass(frozen=True, kw_only=True)
class Font:
    """What one font has: first and last of its ranges, and variants by selector."""

    family: str
    ranges: tuple[tuple[int, int], ...]
    variants: Mapping[str, frozenset[int]]

    @cached_property
    def _firsts(self) -> tuple[int, ...]:
        return tuple(first for first, _ in self.ranges)

    def has(self, character: str) -> bool:
        at = bisect_right(self._firsts, ord(character)) - 1
        return at >= 0 and ord(character) <= self.ranges[at][1]

    def has_variant(self, base: str, selector: str) -> bool:
        return ord(base) in self.variants.get(str(ord(selector)), frozenset())


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A character that no font can print, where it stands (label of the item) and how it is
    written instead."""

    label: str
    character: str
    notation: str


def fonts(directory: Path) -> tuple[Font, ...]:
    """The fonts of a directory, in the order in which a glyph is looked for."""
    return _fonts(directory)


@cache
def _fonts(directory: Path) -> tuple[Font, ...]:
    table = json.loads((directory / "coverage.json").read_text("utf-8"))
    return tuple(
        Font(
            family=entry["family"],
            ranges=tuple((first, last) for first, last in entry["ranges"]),
            variants={s: frozenset(bases) for s, bases in entry["variants"].items()},
        )
        for entry in table
    )


def is_selector(character: str) -> bool:
    """A variation selector: it chooses a variant of the character before it."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def clusters(text: str) -> Iterator[str]:
    """Characters with the variation selector that follows them."""
    at = 0
    while at < len(text):
        end = at + 1
        if end < len(text) and is_selector(text[end]) and not is_selector(text[at]):
            end += 1
        yield text[at:end]
        at = end


@dataclass
class Check:
    """Goes through the texts of a paper; collects what cannot be printed, and for variants that
    the first font lacks the font that has them."""

    known: tuple[Font, ...]
    missing: list[Missing]
    families: dict[str, str]

    @classmethod
    def of(cls, directory: Path) -> "Check":
        return cls(known=fonts(directory), missing=[], families={})

    def texts(self, node: Any, label: str = "") -> Any:
        """The same data, with a notation in place of every character that cannot be printed."""
        if isinstance(node, str):
            return self._text(node, label)
        if isinstance(node, Mapping):
            inner = str(node.get("label") or node.get("title") or label)
            return {key: self.texts(value, inner) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return [self.texts(value, label) for value in node]
        return node

    def _text(self, text: str, label: str) -> str:
        if text.isascii():
            return text
        return "".join(self._cluster(cluster, label) for cluster in clusters(text))

    def _cluster(self, cluster: str, label: str) -> str:
        base, selector = cluster[0], cluster[1:]
        if not self._prints(base):
            return self._instead(cluster, _notation(cluster), label)
        if selector and selector not in (_TEXT_STYLE, _EMOJI_STYLE):
            family = next((f.family for f in self.known if f.has_variant(base, selector)), None)
            if family is None:
                return self._instead(cluster, f"{base}{_notation(selector)}", label)
            if family != self.known[0].family:
                self.families[cluster] = family
        return cluster

    def _prints(self, base: str) -> bool:
        if base in "\n\t" or base == _JOINER:
            return True
        if unicodedata.category(base) == "Co":
            # A 外字 of somebody's own font: another font draws something else there.
            return False
        return any(font.has(base) for font in self.known)

    def _instead(self, character: str, notation: str, label: str) -> str:
        self.missing.append(Missing(label=label, character=character, notation=notation))
        return notation


def _notation(characters: str) -> str:
    """〔U+2C09B〕: which character is meant, for whoever writes it in by hand."""
    return "〔" + " ".join(f"U+{ord(c):04X}" for c in characters) + "〕"
