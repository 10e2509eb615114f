"""Where in a record the words stand: short extracts of what the caller is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.casework.forms import Form
from lambdas.casework.search.content import texts_of
from lambdas.casework.search.folding import folded_with_origins

_BEFORE, _LENGTH = 16, 72


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """An extract of one property. `marks`: start and end of each hit within `text`, counted in
    code points."""

    property: str
    title: str
    text: str
    marks: tuple[tuple[int, int], ...]


def snippets(
    form: Form, shown: Mapping[str, Any], words: Iterable[str], *, most: int = 2
) -> tuple[Snippet, ...]:
    """Extracts from the visible properties of a record that hold words (search keys); first those
    that hold the most of them, in the order of the form otherwise."""
    wanted = tuple(words)
    found: list[tuple[int, Snippet]] = []
    for name, value in shown.items():
        title = str(form.schema["properties"][name].get("title", name))
        for text in texts_of(form, value, f"/{name}"):
            marks = _marks(text, wanted)
            if marks:
                found.append((-len({word for word, _, _ in marks}), _cut(name, title, text, marks)))
    found.sort(key=lambda f: f[0])
    return tuple(snippet for _, snippet in found[:most])


def _marks(text: str, words: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Each word's places in a text, as it is written there, in order."""
    key, origins = folded_with_origins(text)
    marks = []
    for word in words:
        at = key.find(word)
        while at >= 0:
            marks.append((word, origins[at], origins[at + len(word)]))
            at = key.find(word, at + len(word))
    return sorted(marks, key=lambda m: m[1:])


def _cut(name: str, title: str, text: str, marks: list[tuple[str, int, int]]) -> Snippet:
    start = max(0, marks[0][1] - _BEFORE)
    end = min(len(text), start + max(_LENGTH, marks[0][2] - start))
    before, after = "…" if start else "", "…" if end < len(text) else ""
    inside: list[tuple[int, int]] = []
    for _, first, last in marks:
        if last > end:
            break
        shift = len(before) - start
        if inside and first + shift < inside[-1][1]:
            inside[-1] = (inside[-1][0], max(inside[-1][1], last + shift))
        else:
            inside.append((first + shift, last + shift))
    # Line breaks would tear a list of results; one character for one, so that marks stay right.
    extract = text[start:end].replace("\n", " ").replace("\t", " ")
    return Snippet(
        property=name, title=title, text=f"{before}{extract}{after}", marks=tuple(inside)
    )
