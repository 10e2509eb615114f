"""Word, Excel and PowerPoint documents (OOXML, ISO/IEC 29500): a ZIP archive of XML parts.

Every part is unpacked, looked at and, where it is XML, read. Refused are macros, embedded programs
and old documents, contents fetched from elsewhere, and archives made to hide or to burst.
"""

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from io import BytesIO
from xml.parsers import expat

from lambdas.casework.files.kinds import ZIP, refuse_program
from lambdas.casework.files.outcome import (
    MB,
    Budget,
    Examined,
    Kind,
    Piece,
    RefusedError,
    refuse_malware,
    rows_of_boxes,
)

MAX_ENTRIES = 4_000
# A part above the first size must not be packed tighter than the ratio: sheets reach about 60.
BOMB_BYTES, BOMB_RATIO = 1 * MB, 250
MAX_DEPTH = 2
# What an element of XML costs, beside a token of PDF.
_ELEMENT_STEPS = 2
# What a byte of XML costs, beside one that is only unpacked.
_XML_BYTES = 3

_END = b"PK\x05\x06"
_END_BYTES = 22
_LOCAL_BYTES = 30
_DESCRIPTOR_BYTES = 24
_ENCRYPTED = 0x1

# What the libraries raise on archives and XML that are not whole.
_BROKEN = (
    EOFError,
    NotImplementedError,
    ValueError,
    expat.ExpatError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)

_MAIN_TYPES = {
    "wordprocessingml.document.main+xml": Kind.DOCX,
    "spreadsheetml.sheet.main+xml": Kind.XLSX,
    "presentationml.presentation.main+xml": Kind.PPTX,
}
_MACRO_TYPES = ("macroenabled", "vbaproject", "vbadata", "macrosheet")
# Relationships (their last step) that bring in another document or a program.
_EMBEDDING = frozenset({"afchunk", "oleobject", "control", "activexcontrolbinary", "subdocument"})
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_DDE = re.compile(r"(?i)\bdde(?:auto)?\b")

# Elements whose characters are one text: paragraphs, shared strings, cells.
_TEXT_BLOCKS = frozenset({"p", "si", "c"})
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n"}
_WORD_PLACES = {
    "document": "本文",
    "comments": "コメント",
    "footnotes": "脚注",
    "endnotes": "文末脚注",
}


def examine_office(content: bytes, budget: Budget, depth: int = 0) -> Examined:
    """Kind and texts of an Office document. Raises RefusedError."""
    try:
        return _Document(_parts(content, budget), budget, depth).examined()
    except _BROKEN:
        raise RefusedError("file-broken") from None


# --- the archive -------------------------------------------------------------------------------


def _parts(content: bytes, budget: Budget) -> dict[str, bytes]:
    """Name → content of every part, after the archive has been judged."""
    _refuse_odd_directory(content)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        entries = archive.infolist()
        for entry in entries:
            _refuse_odd_entry(entry)
        names = [entry.filename.lower() for entry in entries]
        if len(set(names)) != len(names):
            raise RefusedError("file-broken")
        _refuse_gaps(content, entries, archive.start_dir)
        parts = {}
        for entry in entries:
            if not entry.is_dir():
                budget.spend_bytes(entry.file_size)
                # Checked against its stated size and sum, so a lie about the size ends here.
                parts[entry.filename] = archive.read(entry)
    return parts


def _refuse_odd_directory(content: bytes) -> None:
    """Before anything is built: the directory ends the file and is of a sane size."""
    end = len(content) - _END_BYTES
    if end < 0 or content[end : end + 4] != _END:
        raise RefusedError("file-broken" if _END not in content[-0xFFFF:] else "file-trailing")
    count = int.from_bytes(content[end + 10 : end + 12], "little")
    size = int.from_bytes(content[end + 12 : end + 16], "little")
    start = int.from_bytes(content[end + 16 : end + 20], "little")
    if count > MAX_ENTRIES:
        raise RefusedError("file-too-complex")
    if start + size != end or not count:
        raise RefusedError("file-trailing")


def _refuse_odd_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise RefusedError("file-encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError("file-broken")
    if entry.file_size > max(BOMB_BYTES, BOMB_RATIO * entry.compress_size):
        raise RefusedError("file-too-complex")
    # As written in the archive: the library ends a name at its first NUL.
    name = entry.orig_filename
    steps = name.rstrip("/").split("/")
    if re.search(r"[\\:\x00]", name) or any(step in ("", ".", "..") for step in steps):
        raise RefusedError("file-broken")


def _refuse_gaps(content: bytes, entries: list[zipfile.ZipInfo], directory: int) -> None:
    """Parts lie one behind the other from the first byte to the directory: nothing is hidden
    between them and none is used twice."""
    position = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        start = entry.header_offset
        if not position <= start <= position + _DESCRIPTOR_BYTES or (not position and start):
            raise RefusedError("file-trailing")
        header = content[start : start + _LOCAL_BYTES]
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        position = start + _LOCAL_BYTES + names + entry.compress_size
    if not position <= directory <= position + _DESCRIPTOR_BYTES:
        raise RefusedError("file-trailing")


# --- the document ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Relation:
    id: str
    kind: str
    target: str
    external: bool


@dataclass
class _Document:
    """One document: its parts by name, judged and read one by one."""

    parts: Mapping[str, bytes]
    budget: Budget
    depth: int
    _shared: list[str] = field(default_factory=list)
    _types: dict[str, str] = field(default_factory=dict)

    def examined(self) -> Examined:
        if "[Content_Types].xml" not in self.parts:
            raise RefusedError("file-archive")
        main, kind = self._main()
        for name, part in self.parts.items():
            refuse_malware(part)
            self._refuse_part(name, part)
        return Examined(kind=kind, pieces=tuple(self._pieces(main, kind)))

    def _main(self) -> tuple[str, Kind]:
        """The main part and what its content type says the document is."""
        self._read_types()
        if any(word in one for one in self._types.values() for word in _MACRO_TYPES):
            raise RefusedError("file-macro")
        roots = [r for r in self._relations("_rels/.rels") if r.kind == "officedocument"]
        if len(roots) != 1 or roots[0].external:
            raise RefusedError("file-archive")
        main = roots[0].target
        type_ = self._type(main)
        kind = next((k for end, k in _MAIN_TYPES.items() if type_.endswith(end)), None)
        if kind is None:
            raise RefusedError("file-other-office")
        if main not in self.parts:
            raise RefusedError("file-broken")
        return main, kind

    def _read_types(self) -> None:
        """Content types by name of part (`/…`) and by extension, in small letters."""
        types = _read(self.parts["[Content_Types].xml"], self.budget)
        for element, key in (("Default", "Extension"), ("Override", "PartName")):
            for row in types.of(element):
                self._types[row.get(key, "").lower()] = row.get("ContentType", "").lower()

    def _type(self, name: str) -> str:
        lowered = name.lower()
        extension = lowered.rpartition(".")[2]
        return self._types.get(f"/{lowered}") or self._types.get(extension, "")

    def _is_xml(self, name: str) -> bool:
        return name.lower().endswith((".xml", ".rels")) or self._type(name).endswith("xml")

    def _relations(self, name: str) -> tuple[_Relation, ...]:
        """The relations written in a `.rels` part; targets as names of parts."""
        if name not in self.parts:
            return ()
        folder = posixpath.dirname(posixpath.dirname(name))
        return tuple(
            _Relation(
                id=a.get("Id", ""),
                kind=a.get("Type", "").rpartition("/")[2].lower(),
                target=a.get("Target", "")
                if (external := a.get("TargetMode", "").lower() == "external")
                else posixpath.normpath(posixpath.join("/", folder, a.get("Target", ""))).lstrip(
                    "/"
                ),
                external=external,
            )
            for a in _read(self.parts[name], self.budget).of("Relationship")
        )

    def _refuse_part(self, name: str, part: bytes) -> None:
        lowered = name.lower()
        if "vbaproject" in lowered or "/macrosheets/" in lowered:
            raise RefusedError("file-macro")
        if part.startswith(ZIP):
            # The table behind a chart is a document of its own.
            if self.depth == MAX_DEPTH:
                raise RefusedError("file-embedded")
            return
        refuse_program(part)
        if part.startswith(b"%PDF-"):
            raise RefusedError("file-embedded")
        if lowered.endswith(".rels"):
            for relation in self._relations(name):
                _refuse_relation(relation)

    def _pieces(self, main: str, kind: Kind) -> Iterator[Piece]:
        numbers = {} if kind is Kind.DOCX else self._numbers(main)
        strings = posixpath.join(posixpath.dirname(main), "sharedStrings.xml")
        if kind is Kind.XLSX and strings in self.parts:
            self._shared = _read(self.parts[strings], self.budget).texts()
        for name, part in self.parts.items():
            if part.startswith(ZIP):
                inner = examine_office(part, self.budget, self.depth + 1)
                yield from (Piece(place="埋め込まれた表", text=p.text) for p in inner.pieces)
            elif self._is_xml(name):
                found = list(self._texts(name, part, numbers))
                yield from found
                yield from rows_of_boxes(found)
            elif name.lower().endswith(".vml"):
                # Not always well-formed; its text boxes are read without its elements.
                marked = part.decode("utf-8", "replace").split("<")
                text = " ".join(chunk.rpartition(">")[2] for chunk in marked)
                yield Piece(place="図形", text=text)

    def _texts(self, name: str, part: bytes, numbers: Mapping[str, int]) -> Iterator[Piece]:
        read = _read(part, self.budget)
        if "svg" in self._type(name) and read.of("script"):
            raise RefusedError("file-embedded")
        fields = [code for a in read.of("fldSimple") for code in a.values()]
        fields += ["".join(block.codes) for block in read.blocks]
        if read.of("ddeLink") or any(_DDE.search(code) for code in fields):
            raise RefusedError("file-external")
        place, row = _place(name, numbers), ""
        for block in read.blocks:
            if (here := block.cell.lstrip(_LETTERS)) != row:
                # An empty piece ends a row of boxes.
                row = here
                yield Piece(place=place, text="")
            text = self._cell_text(block) if block.element == "c" else block.text
            if text:
                yield Piece(place=f"{place}の{block.cell}" if block.cell else place, text=text)

    def _cell_text(self, cell: "_Block") -> str:
        """What a cell shows: a shared string, a text, or a whole number (fractions and dates are
        no numbers of persons)."""
        value = cell.value
        if cell.kind == "s":
            index = int(value) if value.isdecimal() and len(value) < 10 else -1
            return self._shared[index] if 0 <= index < len(self._shared) else ""
        if not value or cell.kind in ("str", "d", "e"):
            return value or cell.text
        try:
            number = Decimal(value)
        except InvalidOperation:
            return ""
        whole = number.is_finite() and abs(number.adjusted()) < 30 and number == int(number)
        return str(int(number)) if whole else ""

    def _numbers(self, main: str) -> dict[str, int]:
        """Sheets and slides → their number in the order in which they are shown."""
        folder, name = posixpath.split(main)
        relations = {r.id: r.target for r in self._relations(f"{folder}/_rels/{name}.rels")}
        order = _read(self.parts[main], self.budget)
        shown = [*order.of("sheet"), *order.of("sldId")]
        # The attribute's prefix is the document's to choose.
        found = [next((relations[v] for v in a.values() if v in relations), "") for a in shown]
        return {target: n for n, target in enumerate(found, start=1)}


def _refuse_relation(relation: _Relation) -> None:
    if relation.kind in _EMBEDDING:
        raise RefusedError("file-embedded")
    if not relation.external:
        return
    scheme = _SCHEME.match(relation.target)
    unc = relation.target.lstrip().startswith(("\\\\", "//"))
    if relation.kind != "hyperlink" or unc or (scheme and scheme[1].lower() not in _SCHEMES):
        raise RefusedError("file-external")


def _place(name: str, numbers: Mapping[str, int]) -> str:
    if name in numbers:
        return f"{numbers[name]}枚目の{'シート' if '/worksheets/' in name else 'スライド'}"
    stem = re.sub(r"\d*\.\w+$", "", posixpath.basename(name))
    if name.startswith(("docProps/", "customXml/")):
        return "文書の情報(プロパティ)"
    if stem in ("header", "footer"):
        return "ヘッダー・フッター"
    if stem.startswith("comment") or "/threadedComments/" in name:
        return "コメント"
    if stem == "notesSlide":
        return "スライドのノート"
    return _WORD_PLACES.get(stem, "図表など")


# --- XML ---------------------------------------------------------------------------------------


@dataclass
class _Block:
    """The characters of one text, and of the field codes in it; `cell`, `kind` and `values`
    are those of a spreadsheet cell."""

    element: str
    cell: str = ""
    kind: str = ""
    values: list[str] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    @property
    def value(self) -> str:
        return "".join(self.values).strip()

    @property
    def text(self) -> str:
        return "".join(self.chunks).strip()


class _Reading:
    """One XML part: its texts in order, and the attributes of the elements asked for."""

    _KEPT = frozenset(
        {
            "Default",
            "Override",
            "Relationship",
            "ddeLink",
            "fldSimple",
            "script",
            "sheet",
            "sldId",
        }
    )

    def __init__(self, budget: Budget) -> None:
        self.blocks: list[_Block] = []
        self._budget = budget
        self._kept: dict[str, list[dict[str, str]]] = {}
        self._open: list[_Block] = []
        self._loose = _Block(element="")
        self._path: list[str] = []

    def of(self, element: str) -> list[dict[str, str]]:
        """The attributes of every element of a name (without its prefix)."""
        return self._kept.get(element, [])

    def texts(self) -> list[str]:
        return [block.text for block in self.blocks if block.element == "si"]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._budget.spend_steps(_ELEMENT_STEPS)
        local = name.rpartition(":")[2]
        self._path.append(local)
        if len(self._path) > 256:
            raise RefusedError("file-too-complex")
        if local in self._KEPT:
            self._kept.setdefault(local, []).append(attributes)
        if local in _TEXT_BLOCKS:
            block = _Block(element=local)
            if local == "c":
                block.cell, block.kind = attributes.get("r", ""), attributes.get("t", "n")
            self._open.append(block)
        elif self._open and local in _BREAKS:
            self._open[-1].chunks.append(_BREAKS[local])

    def characters(self, text: str) -> None:
        local = self._path[-1] if self._path else ""
        if not self._open:
            self._loose.chunks.append(text)
        elif local == "v":
            self._open[-1].values.append(text)
        elif local == "instrText":
            self._open[-1].codes.append(text)
            self._open[-1].chunks.append(text)
        elif local != "f":
            self._open[-1].chunks.append(text)

    def end(self, name: str) -> None:
        local = self._path.pop()
        if local in _TEXT_BLOCKS:
            self.blocks.append(self._open.pop())
        elif not self._open and self._loose.chunks:
            self.blocks.append(self._loose)
            self._loose = _Block(element="")

    def refuse_doctype(self, *_: object) -> None:
        raise RefusedError("file-broken")


def _read(part: bytes, budget: Budget) -> _Reading:
    """One pass over an XML part. Raises RefusedError, ExpatError."""
    budget.spend_bytes(_XML_BYTES * len(part))
    reading = _Reading(budget)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reading.refuse_doctype
    parser.StartElementHandler = reading.start
    parser.CharacterDataHandler = reading.characters
    parser.EndElementHandler = reading.end
    parser.Parse(part, True)
    return reading
