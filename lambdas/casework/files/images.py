"""PNG and JPEG: every byte belongs to the picture, and it is not larger than a viewer can show."""

import re
import struct
import zlib
from collections.abc import Iterator

from lambdas.casework.files.outcome import Budget, Piece, RefusedError

MAX_SIDE = 30_000
MAX_PIXELS = 150_000_000

_PLACE = "画像の情報"
_PNG_HEADER = b"\x89PNG\r\n\x1a\n"
_PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
# Start of frame: baseline to arithmetic, without DHT (C4), JPG (C8) and DAC (CC).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
# The next marker in coded data: not a stuffed FF 00, no restart, no fill byte.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PRINTABLE = re.compile(rb"[\t\n\r\x20-\x7e]{12,}")


def examine_png(content: bytes, budget: Budget) -> Iterator[Piece]:
    """The texts in a PNG. Raises RefusedError."""
    position, first = len(_PNG_HEADER), True
    while True:
        if position + 12 > len(content):
            raise RefusedError("file-broken")
        length, kind = struct.unpack_from(">I4s", content, position)
        body = content[position + 8 : position + 8 + length]
        position += 12 + length
        budget.spend_steps()
        if position > len(content):
            raise RefusedError("file-broken")
        if zlib.crc32(kind + body) != int.from_bytes(content[position - 4 : position], "big"):
            raise RefusedError("file-broken")
        if first != (kind == b"IHDR") or (first and length != 13):
            raise RefusedError("file-broken")
        if first:
            _refuse_size(*struct.unpack_from(">II", body))
            first = False
        if kind == b"IEND":
            break
        if kind in _PNG_TEXTS:
            yield Piece(place=_PLACE, text=_png_text(kind, body, budget))
        elif kind == b"eXIf":
            yield from _printable(body)
    if position != len(content):
        raise RefusedError("file-trailing")


def examine_jpeg(content: bytes, budget: Budget) -> Iterator[Piece]:
    """The texts in a JPEG. Behind the picture only further complete pictures may follow, as
    telephones store previews. Raises RefusedError."""
    position = 0
    while position < len(content):
        if content[position : position + 2] != b"\xff\xd8":
            if not content[position:].strip(b"\x00"):
                return
            raise RefusedError("file-trailing" if position else "file-broken")
        framed = False
        position += 2
        while True:
            budget.spend_steps()
            position, marker = _marker(content, position)
            if marker == 0xD9:
                break
            if marker in _STANDALONE:
                continue
            body = _segment(content, position)
            position += 2 + len(body)
            if marker in _FRAMES:
                if len(body) < 6:
                    raise RefusedError("file-broken")
                height, width = struct.unpack_from(">HH", body, 1)
                _refuse_size(width, height)
                framed = True
            elif marker == 0xDA:
                found = _NEXT_MARKER.search(content, position)
                if found is None:
                    raise RefusedError("file-broken")
                position = found.start()
            elif marker == 0xFE or 0xE1 <= marker <= 0xEF:
                yield from _printable(body)
        if not framed:
            raise RefusedError("file-broken")


def _marker(content: bytes, position: int) -> tuple[int, int]:
    """The marker at `position` (after fill bytes) and where it ends."""
    if content[position : position + 1] != b"\xff":
        raise RefusedError("file-broken")
    while position < len(content) and content[position] == 0xFF:
        position += 1
    if position >= len(content):
        raise RefusedError("file-broken")
    return position + 1, content[position]


def _segment(content: bytes, position: int) -> bytes:
    length = int.from_bytes(content[position : position + 2], "big")
    body = content[position + 2 : position + length]
    if length < 2 or len(body) != length - 2:
        raise RefusedError("file-broken")
    return body


def _refuse_size(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise RefusedError("file-dimensions")


def _png_text(kind: bytes, body: bytes, budget: Budget) -> str:
    """Keyword and text of a text chunk (PNG specification, 11.3.3)."""
    keyword, _, rest = body.partition(b"\x00")
    packed = False
    if kind == b"zTXt":
        packed, rest = True, rest[1:]
    elif kind == b"iTXt":
        packed = rest[:1] == b"\x01"
        _, _, rest = rest[2:].partition(b"\x00")
        _, _, rest = rest.partition(b"\x00")
    if packed:
        rest = inflate(rest, budget)
    text = rest.decode("utf-8" if kind == b"iTXt" else "latin-1", "replace")
    return _UUID.sub(" ", f"{keyword.decode('latin-1')} {text}")


def inflate(packed: bytes, budget: Budget) -> bytes:
    """What a zlib stream holds, within the budget. Raises RefusedError."""
    engine = zlib.decompressobj()
    try:
        plain = engine.decompress(packed, budget.bytes_left + 1)
    except zlib.error:
        raise RefusedError("file-broken") from None
    budget.spend_bytes(len(plain))
    return plain


def _printable(body: bytes) -> Iterator[Piece]:
    """Runs of letters in data whose form is not followed further (EXIF, XMP, comments)."""
    for run in _PRINTABLE.findall(body):
        yield Piece(place=_PLACE, text=_UUID.sub(" ", run.decode("ascii")))
