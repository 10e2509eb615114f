"""What a file is, by its first bytes; what it is not taken as, with the advice for it."""

import re

from lambdas.casework.files.outcome import Kind, RefusedError

ZIP = b"PK\x03\x04"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22

# First bytes → why such a file is refused.
_REFUSED = (
    (b"MZ", "file-program"),
    (b"\x7fELF", "file-program"),
    (b"\xfe\xed\xfa\xce", "file-program"),
    (b"\xfe\xed\xfa\xcf", "file-program"),
    (b"\xce\xfa\xed\xfe", "file-program"),
    (b"\xcf\xfa\xed\xfe", "file-program"),
    (b"\xca\xfe\xba\xbe", "file-program"),
    (b"\x00asm", "file-program"),
    (b"#!", "file-program"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "file-program"),
    (b"[InternetShortcut]", "file-program"),
    (b"PK", "file-archive"),
    (b"7z\xbc\xaf\x27\x1c", "file-archive"),
    (b"Rar!\x1a\x07", "file-archive"),
    (b"\x1f\x8b", "file-archive"),
    (b"BZh", "file-archive"),
    (b"\xfd7zXZ\x00", "file-archive"),
    (b"MSCF", "file-archive"),
    (b"GIF8", "file-other-image"),
    (b"BM", "file-other-image"),
    (b"II*\x00", "file-other-image"),
    (b"MM\x00*", "file-other-image"),
    (b"{\\rtf", "file-old-office"),
    (b"OggS", "file-media"),
    (b"ID3", "file-media"),
    (b"fLaC", "file-media"),
    (b"\x1aE\xdf\xa3", "file-media"),
)
_RIFF = {b"WEBP": "file-other-image", b"WAVE": "file-media", b"AVI ": "file-media"}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1", b"avif"})
_MARKUP = re.compile(
    rb"(?i)(?:<\?xml|<!doctype|<html|<head|<body|<script|<svg|<\?php|mime-version:)"
)


def kind_of(content: bytes) -> Kind | None:
    """PDF, PNG or JPEG; None for a ZIP archive, which may be an Office document.

    Raises RefusedError with the advice for everything else.
    """
    if not content:
        raise RefusedError("file-empty")
    if content.startswith(b"%PDF-"):
        return Kind.PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if content.startswith(ZIP):
        return None
    raise RefusedError(_why(content))


def refuse_program(part: bytes) -> None:
    """Refuses a part of a file that is a program or an old Office document, which may hold one.

    Raises RefusedError.
    """
    if part.startswith(OLE2):
        raise RefusedError("file-embedded")
    for mark, code in _REFUSED:
        if code == "file-program" and part.startswith(mark):
            raise RefusedError("file-program")


def refuse_second_kind(content: bytes, kind: Kind) -> None:
    """Refuses a file that another program would read as another kind (a polyglot).

    Raises RefusedError.
    """
    if kind is not Kind.PDF and b"%PDF-" in content[:1024]:
        raise RefusedError("file-two-kinds")
    if kind in (Kind.PDF, Kind.PNG, Kind.JPEG) and _ends_as_zip(content):
        raise RefusedError("file-two-kinds")


def _ends_as_zip(content: bytes) -> bool:
    """Whether an archive's directory ends exactly where the file ends."""
    start = max(0, len(content) - _ZIP_END_BYTES - 0xFFFF)
    at = content.find(_ZIP_END, start)
    while at >= 0:
        comment = int.from_bytes(content[at + 20 : at + 22], "little")
        if at + _ZIP_END_BYTES + comment == len(content):
            return True
        at = content.find(_ZIP_END, at + 1)
    return False


def _why(content: bytes) -> str:
    if content.startswith(OLE2):
        # Encrypted Office documents lie in the old container, under this name in UTF-16.
        encrypted = "EncryptedPackage".encode("utf-16-le") in content
        return "file-encrypted" if encrypted else "file-old-office"
    if content[4:8] == b"ftyp":
        return "file-heic" if content[8:12] in _HEIC_BRANDS else "file-media"
    if content.startswith(b"RIFF"):
        return _RIFF.get(content[8:12], "file-unknown")
    if content[2:7] in (b"-lh0-", b"-lh5-", b"-lh6-", b"-lh7-"):
        return "file-archive"
    for mark, code in _REFUSED:
        if content.startswith(mark):
            return code
    start = content[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00").replace(b"\x00", b"")
    if _MARKUP.match(start):
        return "file-web"
    return "file-text" if _is_text(content[:4096]) else "file-unknown"


def _is_text(start: bytes) -> bool:
    return not re.search(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]", start)
