"""PDF (ISO 32000-1): every object of the file is read, whichever revision it belongs to.

Readers repair what is broken in many ways, so nothing is followed from the cross-reference table:
the file is read from its first byte to its last, and an object that hides inside a stream, a
string or a comment is refused. Text is taken from the operators that show it, with the fonts'
ToUnicode tables; from forms, notes and properties; not from pictures.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lambdas.casework.files.outcome import Budget, Piece, RefusedError, rows_of_boxes
from lambdas.casework.files.pdf_objects import Document, Stored, refuse_broken_ends
from lambdas.casework.files.pdf_syntax import Name, Parser, Reference, Word, from_hex, is_word

# Streams without text or instructions.
_OPAQUE_SUBTYPES = frozenset({"Image", "Type1C", "CIDFontType0C", "OpenType"})
_OPAQUE_KEYS = frozenset({"Length1", "FunctionType", "ShadingType", "Alternate"})
_PROPERTIES = "入力欄、注釈、文書の情報"
_OTHER_PAGES = "ページの部品"
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DEEPEST_PAGE = 64


def examine_pdf(content: bytes, budget: Budget) -> Iterator[Piece]:
    """The texts of a PDF. Raises RefusedError."""
    refuse_broken_ends(content)
    document = Document(budget)
    document.read(content)
    yield from _pieces(document)


def _pieces(document: Document) -> Iterator[Piece]:
    fonts = _Fonts(document)
    numbers = {number: n for n, number in enumerate(_page_order(document), start=1)}
    paged: set[int] = set()
    for page in [s for s in document.stored if s.name("Type") == "Page"]:
        contents = [s for c in _contents(document, page) if (s := document.stream(c))]
        paged |= {id(stored) for stored in contents}
        # Streams of one page are one text for a reader, fonts and positions included.
        body = b"\n".join(document.decoded(stored) for stored in contents)
        resources = _inherited(document, page.entries, "Resources")
        place = f"{numbers[page.number]}ページ" if page.number in numbers else _OTHER_PAGES
        yield from _Shown(body, fonts.of(resources), document.budget).pieces(place)
    for stored in document.stored:
        if stored.raw is None or id(stored) in paged or _is_opaque(stored):
            continue
        body = document.decoded(stored)
        if stored.name("Type") == "Metadata" or body.lstrip()[:1] == b"<":
            text = body.decode("utf-8", "replace")
            yield Piece(place=_PROPERTIES, text=_UUID.sub(" ", text))
        else:
            known = fonts.of(stored.entries.get("Resources"))
            yield from _Shown(body, known, document.budget).pieces(_OTHER_PAGES)
    for string in document.strings:
        yield Piece(place=_PROPERTIES, text=_UUID.sub(" ", _text_string(string)))


def _is_opaque(stored: Stored) -> bool:
    return (
        stored.name("Subtype") in _OPAQUE_SUBTYPES
        or stored.name("Type") in ("XRef", "ObjStm")
        or not _OPAQUE_KEYS.isdisjoint(stored.entries)
    )


def _contents(document: Document, page: Stored) -> Sequence[Any]:
    contents = page.entries.get("Contents")
    return [contents] if document.stream(contents) else document.array(contents)


def _inherited(document: Document, entries: Mapping[str, Any], key: str) -> Any:
    for _ in range(_DEEPEST_PAGE):
        if key in entries:
            return entries[key]
        entries = document.dictionary(entries.get("Parent"))
    return None


def _page_order(document: Document) -> list[int]:
    """Numbers of the page objects in the order of the page tree."""
    roots = [s for s in document.stored if s.name("Type") == "Catalog"]
    order: list[int] = []
    pending: list[Any] = [roots[-1].entries.get("Pages")] if roots else []
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if not isinstance(node, Reference) or node.number in seen:
            continue
        seen.add(node.number)
        entries = document.dictionary(node)
        if entries.get("Type") == "Page":
            order.append(node.number)
        pending.extend(reversed(document.array(entries.get("Kids"))))
    return order


def _text_string(text: bytes) -> str:
    """A text string outside of pages (7.9.2.2); PDFDocEncoding is Latin-1 where digits are."""
    if text.startswith(b"\xfe\xff"):
        return text[2:].decode("utf-16-be", "replace")
    if text.startswith(b"\xff\xfe"):
        return text[2:].decode("utf-16-le", "replace")
    return text.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


# --- fonts -------------------------------------------------------------------------------------

Decode = Callable[[bytes], str]

_CODECS = {
    **dict.fromkeys(("UniJIS-UTF16-H", "UniJIS-UTF16-V", "UniJIS2004-UTF16-H"), "utf-16-be"),
    **dict.fromkeys(("UniJIS-UCS2-H", "UniJIS-UCS2-V", "UniJIS-UCS2-HW-H"), "utf-16-be"),
    **dict.fromkeys(("90ms-RKSJ-H", "90ms-RKSJ-V", "90msp-RKSJ-H", "90msp-RKSJ-V"), "cp932"),
    **dict.fromkeys(("EUC-H", "EUC-V"), "euc_jp"),
    **dict.fromkeys(("UniJIS-UTF8-H", "UniJIS-UTF8-V"), "utf-8"),
}
# Glyphs of the digits in Adobe-Japan1: proportional, half-width, full-width.
_JAPANESE_DIGITS = {first + digit: str(digit) for first in (17, 247, 780) for digit in range(10)}
_GLYPHS = {
    name: str(digit)
    for digit, name in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
}
_CMAP_ITEM = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])")
_MAX_CODES = 70_000
_LONGEST_CODE = 4


class _Fonts:
    """How the strings shown in each font read; every font is looked at once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[int, Decode] = {}
        self._everywhere: dict[str, Any] | None = None

    def of(self, resources: Any) -> Callable[[str], Decode]:
        """Name of a font in the resources → how its strings read."""
        fonts = self._fonts(resources) or self._all()
        return lambda name: self._decoder(fonts[name]) if name in fonts else _latin

    def _fonts(self, resources: Any) -> Mapping[str, Any]:
        return self._document.dictionary(self._document.dictionary(resources).get("Font"))

    def _all(self) -> Mapping[str, Any]:
        """For parts of pages without resources of their own: the fonts of all others."""
        if self._everywhere is None:
            # Pages share their fonts: each dictionary is taken once.
            named = (self._fonts(s.entries.get("Resources")) for s in self._document.stored)
            different = {id(fonts): fonts for fonts in named}
            self._everywhere = {n: f for fonts in different.values() for n, f in fonts.items()}
        return self._everywhere

    def _decoder(self, font: Any) -> Decode:
        if not isinstance(font, Reference):
            return self._made(self._document.dictionary(font))
        if font.number not in self._known:
            self._known[font.number] = self._made(self._document.dictionary(font))
        return self._known[font.number]

    def _made(self, font: Mapping[str, Any]) -> Decode:
        document = self._document
        encoding = document.resolve(font.get("Encoding"))
        composite = font.get("Subtype") == "Type0"
        if table := document.stream(font.get("ToUnicode")):
            codes = _to_unicode(document.decoded(table), document.budget)
            return _by_table(codes, 2 if composite else 1)
        if composite:
            codec = _CODECS.get(encoding) if isinstance(encoding, str) else None
            if codec:
                return lambda text: text.decode(codec, "replace")
            return _by_table({n.to_bytes(2, "big"): d for n, d in _JAPANESE_DIGITS.items()}, 2)
        differences = document.array(document.dictionary(encoding).get("Differences"))
        return _by_table(_differences(differences), 1)


def _by_table(codes: Mapping[bytes, str], preset: int) -> Decode:
    """Reads codes of the lengths that the table has; what it lacks reads as Latin-1, or as
    unreadable in fonts with two bytes to a code."""
    lengths = sorted({len(code) for code in codes} or {preset})

    def decode(text: bytes) -> str:
        out, position = [], 0
        while position < len(text):
            for length in lengths:
                found = codes.get(text[position : position + length])
                if found is not None:
                    break
            else:
                length = lengths[0]
                found = text[position : position + 1].decode("latin-1") if length == 1 else "\ufffd"
            out.append(found)
            position += length
        return "".join(out)

    return decode


def _differences(listed: Sequence[Any]) -> dict[bytes, str]:
    """Codes whose glyphs are digits by their name (9.6.6.2)."""
    codes, code = {}, 0
    for item in listed:
        if isinstance(item, int):
            code = item
        elif isinstance(item, Name):
            if 0 <= code < 256 and (character := _glyph(item)):
                codes[bytes([code])] = character
            code += 1
    return codes


def _glyph(name: str) -> str:
    if re.fullmatch(r"uni[0-9A-F]{4}", name):
        return chr(int(name[3:], 16))
    return _GLYPHS.get(name.partition(".")[0], "")


def _to_unicode(table: bytes, budget: Budget) -> dict[bytes, str]:
    """Code → text of a ToUnicode table (9.10.3)."""
    codes: dict[bytes, str] = {}
    budget.spend_steps(table.count(b"beginbf"))
    for block in table.split(b"beginbf")[1:]:
        kind, body = block[:4], block.partition(b"endbf")[0]
        items = [
            from_hex(m[1]) if m[1] is not None else Word(m[0]) for m in _CMAP_ITEM.finditer(body)
        ]
        budget.spend_steps(len(items))
        if kind == b"char":
            codes.update(zip(items[::2], map(_utf16, items[1::2]), strict=False))
        else:
            for first, texts in _ranges(items):
                budget.spend_steps(len(texts))
                start = int.from_bytes(first, "big")
                codes.update((_code(start + n, len(first)), t) for n, t in enumerate(texts))
    # A code has one to four bytes; no font has more of them.
    if len(codes) > _MAX_CODES:
        raise RefusedError("file-too-complex")
    return {code: text for code, text in codes.items() if 1 <= len(code) <= _LONGEST_CODE}


def _ranges(items: list[bytes]) -> Iterator[tuple[bytes, Sequence[str]]]:
    """First code → texts, of `<first> <last> <text>` and `<first> <last> [<text> …]`."""
    position = 0
    while position + 2 < len(items):
        first, last, target = items[position : position + 3]
        position += 3
        if isinstance(target, Word):
            end = position
            while end < len(items) and not isinstance(items[end], Word):
                end += 1
            yield first, [_utf16(item) for item in items[position:end]]
            position = end + 1
        else:
            count = int.from_bytes(last, "big") - int.from_bytes(first, "big") + 1
            base = int.from_bytes(target, "big")
            counted = range(min(count, _MAX_CODES))
            yield first, [_utf16(_code(base + n, len(target))) for n in counted]


def _code(number: int, length: int) -> bytes:
    """A number as a code; one that is too large begins again, and so means nothing."""
    return (number % 256**length).to_bytes(length, "big") if length <= _LONGEST_CODE else b""


def _utf16(text: bytes) -> str:
    return text.decode("utf-16-be", "replace")


# --- pages -------------------------------------------------------------------------------------

_FONT_SET = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]+)\s+[-+.0-9]+\s+Tf")
_TEXT_START = re.compile(rb"(?<![^\x00\t\n\x0c\r >\])])BT(?![^\x00\t\n\x0c\r /<\[(%])")
_BRACKETS = (b"[", b"]", b"<<", b">>")
# In thousandths of the text size: wider is the space between two words.
_WORD_GAP = -200
_LINE_STEP = 0.5
# As many bytes are read in a font as one token costs.
_BYTES_A_STEP = 10


class _Shown:
    """What one content stream shows (9.4): only text objects are read, drawing is skipped."""

    def __init__(self, body: bytes, font_of: Callable[[str], Decode], budget: Budget) -> None:
        self._body = body
        self._font_of = font_of
        self._budget = budget
        self._decode: Decode = _latin
        self._lines: list[str] = [""]
        # Height of the current text line, and of what was shown last; None begins a line.
        self._height = 0.0
        self._shown_at: float | None = None
        self._moved = False

    def pieces(self, place: str) -> Iterator[Piece]:
        """The whole text, since a number may go on in the next line, and rows of boxes."""
        position = 0
        while start := _TEXT_START.search(self._body, position):
            before = self._body[position : start.start()]
            for name in _FONT_SET.findall(before):
                self._font(name.decode("latin-1"))
            if b"cm" in before:
                self._shown_at = None
            position = self._text_object(start.end())
        lines = [Piece(place=place, text=line) for line in self._lines if line]
        yield Piece(place=place, text="\n".join(line.text for line in lines))
        yield from rows_of_boxes(lines)

    def _text_object(self, position: int) -> int:
        """Reads up to ET; where it ends."""
        parser = Parser(self._body, self._budget)
        parser.position = position
        operands: list[Any] = []
        self._move(0.0)
        while (token := parser.next()) is not None and not is_word(token, b"ET"):
            if isinstance(token, Word) and token not in _BRACKETS:
                self._operate(bytes(token), operands)
                operands.clear()
            else:
                operands.append(token)
        return parser.position

    def _operate(self, operator: bytes, operands: list[Any]) -> None:
        match operator:
            case b"Tf" if len(operands) >= 2 and isinstance(operands[-2], Name):
                self._font(operands[-2])
            case b"Tj" | b"TJ":
                self._show(operands)
            case b"'" | b'"':
                self._shown_at = None
                self._show(operands)
            case b"Td" | b"TD" if len(operands) >= 2:
                self._move(self._height + _number(operands[-1]))
            case b"Tm" if len(operands) >= 6:
                self._move(_number(operands[-1]))
            case b"T*":
                self._shown_at = None
            case _:
                pass

    def _font(self, name: str) -> None:
        self._decode = self._font_of(name)

    def _move(self, height: float) -> None:
        self._height, self._moved = height, True

    def _show(self, operands: list[Any]) -> None:
        if self._shown_at is None or abs(self._height - self._shown_at) > _LINE_STEP:
            self._lines.append("")
        elif self._moved:
            self._lines[-1] += " "
        self._shown_at, self._moved = self._height, False
        shown = []
        for item in operands:
            if isinstance(item, bytes) and not isinstance(item, Word):
                self._budget.spend_steps(len(item) // _BYTES_A_STEP)
                shown.append(self._decode(item))
            elif isinstance(item, int | float) and item < _WORD_GAP:
                shown.append(" ")
        self._lines[-1] += "".join(shown)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _latin(text: bytes) -> str:
    return text.decode("latin-1")
