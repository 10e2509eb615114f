"""The objects of a PDF: all of them, whichever revision they belong to (7.3.10, 7.5)."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lambdas.casework.files.images import inflate
from lambdas.casework.files.outcome import Budget, RefusedError, refuse_malware
from lambdas.casework.files.pdf_syntax import Name, Parser, Reference, from_hex, is_word

_SPACE = rb"[\x00\t\n\x0c\r ]"
# What may stand between two tokens: bounded, so that no file makes a search slow.
_GAP = rb"(?:[\x00\t\n\x0c\r ]|%[^\r\n]{0,40}[\r\n]){0,8}"
_HEADER = re.compile(rb"%PDF-[12]\.[0-9]")
_HEAD = rb"(?<![0-9])[0-9]{1,10}(?![0-9])" + _GAP + rb"[0-9]{1,5}(?![0-9])" + _GAP
_OBJECT = re.compile(_HEAD + rb"obj")
_OBJECT_BEFORE = re.compile(_HEAD + rb"\Z")
_OBJECT_WORD = re.compile(rb"(?<![A-Za-z])obj(?![A-Za-z0-9])")
# Two numbers and what may stand between them are never longer.
_HEAD_BYTES = 400
_STREAM_START = re.compile(rb"[ \t]*(?:\r\n|\n|\r)")
_STREAM_END = re.compile(_SPACE + rb"{0,8}endstream")
_LAST_LINES = re.compile(
    rb"startxref" + _GAP + rb"([0-9]{1,10})" + _GAP + rb"%%EOF" + _SPACE + rb"*\Z"
)
_XREF = re.compile(_GAP + rb"xref")
_WHITE = b"\x00\t\n\x0c\r "
_MOST_FILTERS = 4


@dataclass
class Stored:
    """An indirect object: its value, and its stream as it lies in the file."""

    number: int
    value: Any
    raw: bytes | None = None

    @property
    def entries(self) -> Mapping[str, Any]:
        return self.value if isinstance(self.value, dict) else {}

    def name(self, key: str) -> str:
        """The entry when it is a name."""
        value = self.entries.get(key)
        return value if isinstance(value, Name) else ""


def refuse_broken_ends(content: bytes) -> None:
    """Refuses what does not begin and end as a PDF. Raises RefusedError."""
    end = _LAST_LINES.search(content, max(0, len(content) - 4096))
    if not _HEADER.match(content):
        raise RefusedError("file-broken")
    if end is None:
        raise RefusedError("file-trailing" if b"%%EOF" in content else "file-broken")
    table = int(end[1])
    if not _XREF.match(content, table) and not _OBJECT.match(content, table):
        raise RefusedError("file-broken")


@dataclass
class Document:
    """All objects of a file. Where a number was used again, the later object is the one meant;
    the earlier ones are read as well."""

    budget: Budget
    stored: list[Stored] = field(default_factory=list)
    by_number: dict[int, Stored] = field(default_factory=dict)
    strings: list[bytes] = field(default_factory=list)

    def read(self, content: bytes) -> None:
        """Reads every object of a file. Raises RefusedError."""
        found = self._read_file(content)
        for match in _OBJECT_WORD.finditer(content):
            at = match.start()
            if at in found:
                continue
            self.budget.spend_steps(10)
            if _OBJECT_BEFORE.search(content[max(0, at - _HEAD_BYTES) : at]):
                raise RefusedError("file-two-kinds")
        for container in list(self.stored):
            if container.name("Type") == "ObjStm":
                self._read_packed(container)

    def _read_file(self, content: bytes) -> set[int]:
        """Reads every object that lies in the file itself; where their word `obj` stands."""
        starts, parser = set(), Parser(content, self.budget, self.strings)
        while (token := parser.next()) is not None:
            if not is_word(token, b"obj"):
                continue
            number = parser.object_number()
            starts.add(parser.position - len(b"obj"))
            stored = Stored(number=number, value=parser.value_until(b"endobj", b"stream"))
            if parser.last_word == b"stream":
                stored.raw = self._stream(content, parser, stored.entries)
            self._keep(stored)
        return starts

    def _stream(self, content: bytes, parser: Parser, entries: Mapping[str, Any]) -> bytes:
        match = _STREAM_START.match(content, parser.position)
        start = match.end() if match else parser.position
        length = entries.get("Length")
        end = start + length if isinstance(length, int) and length >= 0 else -1
        if end < 0 or not _STREAM_END.match(content, end):
            end = content.find(b"endstream", start)
            if end < 0:
                raise RefusedError("file-broken")
        raw = content[start:end]
        parser.position = end
        return raw

    def _read_packed(self, container: Stored) -> None:
        """Objects in an object stream (7.5.7)."""
        first = container.entries.get("First")
        if not isinstance(first, int) or first < 0 or container.raw is None:
            raise RefusedError("file-broken")
        body = self.decoded(container)
        numbers = [int(n) for n in re.findall(rb"[0-9]+", body[:first]) if len(n) <= 10]
        parser = Parser(body[first:], self.budget, self.strings)
        for number, offset in zip(numbers[::2], numbers[1::2], strict=False):
            # One behind the other: an object may not begin inside another one.
            if parser.data[parser.position : offset].strip(_WHITE) or offset < parser.position:
                raise RefusedError("file-two-kinds")
            parser.position = offset
            self._keep(Stored(number=number, value=parser.value()))
        while parser.next() is not None:
            pass

    def _keep(self, stored: Stored) -> None:
        self.stored.append(stored)
        self.by_number[stored.number] = stored

    def resolve(self, value: Any) -> Any:
        """The value that a reference leads to."""
        for _ in range(8):
            if not isinstance(value, Reference):
                return value
            found = self.by_number.get(value.number)
            value = found.value if found else None
        return None

    def stream(self, value: Any) -> Stored | None:
        """The stream that a reference leads to."""
        found = self.by_number.get(value.number) if isinstance(value, Reference) else None
        return found if found and found.raw is not None else None

    def dictionary(self, value: Any) -> Mapping[str, Any]:
        resolved = self.resolve(value)
        return resolved if isinstance(resolved, dict) else {}

    def array(self, value: Any) -> Sequence[Any]:
        """The values of an array, or one value as one. Many may share a long array, so that each
        look at it has its price."""
        resolved = self.resolve(value)
        if not isinstance(resolved, list):
            return [resolved]
        self.budget.spend_steps(len(resolved))
        return resolved

    def decoded(self, stored: Stored) -> bytes:
        """A stream without its filters. Raises RefusedError for filters that are not known."""
        data = stored.raw or b""
        filters = [f for f in self.array(stored.entries.get("Filter")) if f is not None]
        parameters = self.array(stored.entries.get("DecodeParms"))
        if len(filters) > _MOST_FILTERS or len(parameters) > _MOST_FILTERS:
            raise RefusedError("file-too-complex")
        if any(self.dictionary(p).get("Predictor", 1) != 1 for p in parameters):
            raise RefusedError("file-unreadable")
        for name in filters:
            data = self._unfiltered(self.resolve(name), data)
        refuse_malware(data)
        return data

    def _unfiltered(self, name: Any, data: bytes) -> bytes:
        match name:
            case "FlateDecode" | "Fl":
                return inflate(data.lstrip(b"\r\n"), self.budget)
            case "ASCIIHexDecode" | "AHx":
                self.budget.spend_bytes(len(data))
                return from_hex(data.partition(b">")[0])
            case "ASCII85Decode" | "A85":
                # At most four bytes for each letter.
                self.budget.spend_bytes(4 * len(data))
                text = b"".join(data.partition(b"~>")[0].split())
                try:
                    return base64.a85decode(text.removeprefix(b"<~"))
                except ValueError:
                    raise RefusedError("file-broken") from None
            case _:
                raise RefusedError("file-unreadable")
