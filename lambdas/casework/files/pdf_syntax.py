"""Tokens and values of PDF syntax (ISO 32000-1, 7.2 and 7.3)."""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from lambdas.casework.files.outcome import Budget, RefusedError

_TOKEN = re.compile(
    rb"[\x00\t\n\x0c\r ]+"
    rb"|(?P<comment>%[^\r\n]*)"
    rb"|(?P<name>/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*)"
    rb"|(?P<mark><<|>>|[\[\]{}])"
    rb"|(?P<hex><[0-9A-Fa-f\x00\t\n\x0c\r ]*>)"
    rb"|(?P<open>\()"
    rb"|(?P<word>[^\x00\t\n\x0c\r ()<>\[\]{}/%]+)"
)
_IN_STRING = re.compile(rb"[()\\]")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\x00-\xff]))")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_NAME_CODE = re.compile(rb"#([0-9A-Fa-f]{2})")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_MAX_DEPTH = 64

# Names that make a document do something, hold another file, or keep it from being judged.
_REFUSED_NAMES = {
    **dict.fromkeys(("JavaScript", "JS", "Launch", "ImportData", "SubmitForm"), "file-script"),
    **dict.fromkeys(("RichMedia", "Rendition", "Movie", "3D", "XFA"), "file-script"),
    **dict.fromkeys(("EmbeddedFile", "EmbeddedFiles"), "file-embedded"),
    **dict.fromkeys(("GoToE", "GoToR"), "file-external"),
    **dict.fromkeys(("Encrypt", "Crypt"), "file-encrypted"),
}


class Name(str):
    """A PDF name, decoded."""

    __slots__ = ()


class Word(bytes):
    """An operator or keyword."""

    __slots__ = ()


@dataclass(frozen=True)
class Reference:
    number: int


class Parser:
    """Tokens and values of PDF syntax (7.2, 7.3) from `position` on."""

    def __init__(self, data: bytes, budget: Budget, strings: list[bytes] | None = None) -> None:
        """`strings` takes every string outside of pages, where names are judged too; without it
        the data are those of a page, read past what is broken as readers do."""
        self.data = data
        self.position = 0
        self.last_word = b""
        self._budget = budget
        self._strings = strings
        self._recent: deque[Any] = deque(maxlen=3)

    def next(self) -> Any:
        """The next token: Name, Word, number, string (bytes) or a mark as Word; None at the end."""
        while True:
            if self.position >= len(self.data):
                return None
            match = _TOKEN.match(self.data, self.position)
            if match is None:
                self._refuse_broken()
                self._budget.spend_steps()
                self.position += 1
                continue
            self.position = match.end()
            kind = match.lastgroup
            if kind is None:
                continue
            self._budget.spend_steps()
            if kind == "comment":
                continue
            token = self._token(kind, match[0])
            self._recent.append(token)
            return token

    def _refuse_broken(self) -> None:
        if self._strings is not None:
            raise RefusedError("file-broken")

    def _token(self, kind: str, text: bytes) -> Any:
        match kind:
            case "name":
                return self._name(text)
            case "hex":
                return self._string(from_hex(text[1:-1]))
            case "open":
                return self._string(self._literal())
            case "word" if _NUMBER.fullmatch(text):
                return int(text) if text.isdigit() and len(text) < 16 else float(text)
            case _:
                return Word(text)

    def _name(self, text: bytes) -> Name:
        decoded = _NAME_CODE.sub(lambda m: bytes([int(m[1], 16)]), text[1:])
        name = Name(decoded.decode("latin-1"))
        if self._strings is not None and name in _REFUSED_NAMES:
            raise RefusedError(_REFUSED_NAMES[name])
        return name

    def _string(self, text: bytes) -> bytes:
        if self._strings is not None and len(text) >= _SHORTEST_TEXT:
            self._strings.append(text)
        return text

    def _literal(self) -> bytes:
        """The string whose opening bracket has just passed."""
        start, level = self.position, 1
        while level:
            match = _IN_STRING.search(self.data, self.position)
            if match is None:
                self._refuse_broken()
                self.position = len(self.data) + 1
                break
            self.position = match.end()
            match match[0]:
                case b"(":
                    level += 1
                case b")":
                    level -= 1
                case _:
                    self.position += 1
        return _ESCAPE.sub(_unescaped, self.data[start : self.position - 1])

    def object_number(self) -> int:
        """Number of the object whose `obj` has just been read."""
        numbers = [token for token in self._recent if isinstance(token, int)]
        if len(numbers) != 2:
            raise RefusedError("file-broken")
        return numbers[0]

    def value_until(self, *ends: bytes) -> Any:
        """The value of an indirect object, up to one of the words that end it."""
        value = None
        while True:
            token = self.next()
            if token is None:
                raise RefusedError("file-broken")
            if is_word(token, *ends):
                self.last_word = bytes(token)
                return value
            if is_word(token, b"obj"):
                raise RefusedError("file-broken")
            value = self._built(token)

    def value(self) -> Any:
        """One value; a reference is two numbers and `R`, so numbers are looked at twice."""
        token = self.next()
        value = self._built(token)
        if isinstance(token, int):
            before = self.position
            second, third = self.next(), self.next()
            if isinstance(second, int) and is_word(third, b"R"):
                return Reference(token)
            self.position = before
        return value

    def _built(self, token: Any) -> Any:
        if is_word(token, b"<<", b"["):
            return self._collection(token)
        if is_word(token, b"R") and len(self._recent) == 3:
            return Reference(self._recent[0]) if isinstance(self._recent[0], int) else None
        return token

    def _collection(self, opening: Word) -> Any:
        """A dictionary or array, built without recursion: depth is the file's to choose."""
        stack: list[tuple[bytes, list[Any]]] = [(bytes(opening), [])]
        while True:
            token = self.next()
            if token is None or (isinstance(token, Word) and token in _NEVER_INSIDE):
                raise RefusedError("file-broken")
            items = stack[-1][1]
            if not isinstance(token, Word):
                items.append(token)
            elif token in (b"<<", b"["):
                if len(stack) == _MAX_DEPTH:
                    raise RefusedError("file-too-complex")
                stack.append((bytes(token), []))
            elif token in (b">>", b"]"):
                kind, items = stack.pop()
                if (kind == b"<<") != (token == b">>"):
                    raise RefusedError("file-broken")
                value = _dictionary(items) if kind == b"<<" else items
                if not stack:
                    return value
                stack[-1][1].append(value)
            elif token == b"R" and len(items) >= 2 and isinstance(items[-2], int):
                items[-2:] = [Reference(items[-2])]
            else:
                items.append(_WORDS.get(bytes(token)))


_NEVER_INSIDE = frozenset({b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer"})
_WORDS: dict[bytes, Any] = {b"true": True, b"false": False}
# Shorter strings cannot hold twelve digits.
_SHORTEST_TEXT = 12


def is_word(token: Any, *words: bytes) -> bool:
    """Whether a token is one of these words, not a string of the same letters."""
    return isinstance(token, Word) and token in words


def _dictionary(items: list[Any]) -> dict[str, Any]:
    """Keys and values; what has no name for its key is left out."""
    return {
        str(key): value
        for key, value in zip(items[::2], items[1::2], strict=False)
        if isinstance(key, Name)
    }


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 0xFF])
    if match[2] in (b"\n", b"\r", b"\r\n"):
        return b""
    return _ESCAPED.get(match[2], match[2])


def from_hex(text: bytes) -> bytes:
    """The bytes of a hexadecimal string; a missing last digit is 0. Raises RefusedError."""
    digits = b"".join(text.split()).replace(b"\x00", b"")
    try:
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    except ValueError:
        raise RefusedError("file-broken") from None
