"""What an examination comes to: a kind and its texts, or a refusal."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MB = 1024 * 1024
MAX_BYTES = 20 * MB


class Kind(StrEnum):
    """The kinds of files that are taken; the value is the extension of their names."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpg"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_OFFICE = "application/vnd.openxmlformats-officedocument"
_MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
    Kind.DOCX: f"{_OFFICE}.wordprocessingml.document",
    Kind.XLSX: f"{_OFFICE}.spreadsheetml.sheet",
    Kind.PPTX: f"{_OFFICE}.presentationml.presentation",
}


class RefusedError(Exception):
    """A file that is not taken. `code` keys the Japanese advice in schemas/messages.json."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A text of a file and, for people, where it stands in it (「3ページ」)."""

    place: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What a file is and every text found in it. Text in pictures is not found."""

    kind: Kind
    pieces: tuple[Piece, ...]


# What the test string for virus scanners must be found by. Put together here, since some
# scanners take any file that holds it in one piece for infected.
_TEST_MARK = b"".join((b"EICAR-STANDARD", b"-ANTIVIRUS", b"-TEST-FILE!$H+H*"))


def refuse_malware(part: bytes) -> None:
    """The built-in judge: finds the EICAR test string in a decoded part of a file, so that the
    way of an infected file can be tried. Real malware is for the municipality's scanner.

    Raises RefusedError.
    """
    if _TEST_MARK in part:
        raise RefusedError("file-malware")


class Budget:
    """How much work one file may cause. What asks for more is refused, not half examined."""

    def __init__(self, *, bytes_: int, steps: int) -> None:
        self._bytes = bytes_
        self._steps = steps

    @property
    def bytes_left(self) -> int:
        return self._bytes

    def spend_bytes(self, count: int) -> None:
        """Raises RefusedError."""
        self._bytes -= count
        if self._bytes < 0:
            raise RefusedError("file-too-complex")

    def spend_steps(self, count: int = 1) -> None:
        """Raises RefusedError."""
        self._steps -= count
        if self._steps < 0:
            raise RefusedError("file-too-complex")


def rows_of_boxes(pieces: list[Piece]) -> Iterator[Piece]:
    """Each row of pieces of one digit as one text: a form with a box per digit has a number in
    twelve cells."""
    row: list[Piece] = []
    for piece in [*pieces, Piece(place="", text="")]:
        text = piece.text.strip()
        if len(text) == 1 and text.isdecimal():
            row.append(piece)
            continue
        if len(row) > 1:
            yield Piece(place=row[0].place, text="".join(p.text.strip() for p in row))
        row = []
