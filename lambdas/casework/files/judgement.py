"""One file, judged: what it is, whether it is taken, and where it may hold a My Number."""

from collections.abc import Iterator

from lambdas.casework.files.images import examine_jpeg, examine_png
from lambdas.casework.files.kinds import kind_of, refuse_second_kind
from lambdas.casework.files.office import examine_office
from lambdas.casework.files.outcome import (
    MAX_BYTES,
    MB,
    Budget,
    Examined,
    Kind,
    Piece,
    RefusedError,
    refuse_malware,
)
from lambdas.casework.files.pdf import examine_pdf
from lambdas.casework.my_number import contains_my_number

# Unpacked bytes and tokens or elements: what one file may cost (docs/decisions/0016).
MAX_UNPACKED = 96 * MB
MAX_STEPS = 1_200_000
MAX_TEXT = 12_000_000
MOST_PLACES = 10


def examine(content: bytes) -> Examined:
    """Kind and texts of a file. Raises RefusedError with the code of the advice."""
    if len(content) > MAX_BYTES:
        raise RefusedError("file-too-large")
    refuse_malware(content)
    kind = kind_of(content)
    budget = Budget(bytes_=MAX_UNPACKED, steps=MAX_STEPS)
    if kind is None:
        examined = examine_office(content, budget)
    else:
        examined = Examined(kind=kind, pieces=tuple(_PIECES[kind](content, budget)))
    refuse_second_kind(content, examined.kind)
    if sum(len(piece.text) for piece in examined.pieces) > MAX_TEXT:
        raise RefusedError("file-too-complex")
    for piece in examined.pieces:
        refuse_malware("".join(piece.text.split()).encode("utf-8", "replace"))
    return examined


_PIECES = {Kind.PDF: examine_pdf, Kind.PNG: examine_png, Kind.JPEG: examine_jpeg}


def my_number_places(pieces: tuple[Piece, ...]) -> tuple[str, ...]:
    """Where in a file a My Number is suspected, for people; the first few, each once."""
    return tuple(_distinct(p.place for p in pieces if contains_my_number(p.text)))


def _distinct(places: Iterator[str]) -> list[str]:
    found: dict[str, None] = {}
    for place in places:
        found[place] = None
        if len(found) == MOST_PLACES:
            break
    return list(found)
