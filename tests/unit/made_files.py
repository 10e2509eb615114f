"""Small files of every kind, built by hand so that a test can make each part of them wrong."""

import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO

MY_NUMBER = "123456789018"
_MAIN = "application/vnd.openxmlformats-officedocument"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def eicar() -> bytes:
    """The test string for scanners, put together here so that no file of ours holds it."""
    return b"".join(
        (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTI", b"VIRUS-TEST-FILE!$H+H*")
    )


# --- PDF -----------------------------------------------------------------------------------------


def stream(body: bytes, entries: bytes = b"", *, packed: bool = True) -> bytes:
    """A stream object's content."""
    if packed:
        body, entries = zlib.compress(body), entries + b" /Filter /FlateDecode"
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(body), body)


def pdf_of(objects: Sequence[bytes], *, trailer: bytes = b"", head: bytes = b"%PDF-1.7\n") -> bytes:
    """A PDF of numbered objects; the first one is the catalog."""
    out, offsets = bytearray(head), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def pdf(
    content: bytes = b"BT /F1 12 Tf (Hello) Tj ET",
    *,
    font: bytes = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    more: Sequence[bytes] = (),
    catalog: bytes = b"",
    page: bytes = b"",
    packed: bool = True,
    trailer: bytes = b"",
) -> bytes:
    """A PDF of one page; `more` are its objects from number 6 on."""
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> %s >>" % page,
            stream(content, packed=packed),
            font,
            *more,
        ],
        trailer=trailer,
    )


# --- Office --------------------------------------------------------------------------------------


def archive(parts: Mapping[str, bytes | str], *, packed: bool = True) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return out.getvalue()


def relations(*rows: tuple[str, str, str]) -> str:
    """A `.rels` part of (type, target, mode)."""
    written = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{target}"'
        f"{f' TargetMode={chr(34)}{mode}{chr(34)}' if mode else ''}/>"
        for n, (kind, target, mode) in enumerate(rows, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{written}</Relationships>'


def types(main: str, type_: str, *more: tuple[str, str]) -> str:
    rows = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>'
        for name, kind in ((main, type_), *more)
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{_PACKAGE.split("//")[1]}.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{rows}</Types>'
    )


def docx_parts(*paragraphs: str) -> dict[str, bytes | str]:
    body = "".join(
        p if p.startswith("<w:p") else f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in paragraphs
    )
    return {
        "[Content_Types].xml": types(
            "word/document.xml", f"{_MAIN}.wordprocessingml.document.main+xml"
        ),
        "_rels/.rels": relations(("officeDocument", "word/document.xml", "")),
        "word/document.xml": f'<w:document xmlns:w="w"><w:body>{body}</w:body></w:document>',
    }


def docx(*paragraphs: str, **parts: bytes | str) -> bytes:
    """A Word document; a paragraph may be given as XML. `parts`: by name, `__` for `/`."""
    named = {name.replace("__", "/"): part for name, part in parts.items()}
    return archive({**docx_parts(*paragraphs), **named})


def xlsx(rows: str, *, strings: Sequence[str] = (), **parts: bytes | str) -> bytes:
    """An Excel workbook of two sheets; `rows` is the XML of the second one's rows."""
    sheet = '<worksheet xmlns="s"><sheetData>{}</sheetData></worksheet>'
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    named = {name.replace("__", "/"): part for name, part in parts.items()}
    return archive(
        {
            "[Content_Types].xml": types(
                "xl/workbook.xml", f"{_MAIN}.spreadsheetml.sheet.main+xml"
            ),
            "_rels/.rels": relations(("officeDocument", "xl/workbook.xml", "")),
            "xl/workbook.xml": f'<workbook xmlns="s" xmlns:r="{_RELATIONS}"><sheets>'
            '<sheet name="a" sheetId="1" r:id="rId1"/><sheet name="b" sheetId="2" r:id="rId2"/>'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": relations(
                ("worksheet", "worksheets/sheet9.xml", ""),
                ("worksheet", "worksheets/sheet1.xml", ""),
            ),
            "xl/worksheets/sheet9.xml": sheet.format(""),
            "xl/worksheets/sheet1.xml": sheet.format(rows),
            "xl/sharedStrings.xml": f'<sst xmlns="s">{shared}</sst>',
            **named,
        }
    )


def pptx(text: str) -> bytes:
    """A presentation of one slide."""
    return archive(
        {
            "[Content_Types].xml": types(
                "ppt/presentation.xml", f"{_MAIN}.presentationml.presentation.main+xml"
            ),
            "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml", "")),
            "ppt/presentation.xml": f'<p:presentation xmlns:p="p" xmlns:r="{_RELATIONS}">'
            '<p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(("slide", "slides/slide7.xml", "")),
            "ppt/slides/slide7.xml": '<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>'
            f"{text}</a:t></a:r></a:p></p:sld>",
        }
    )


# --- images --------------------------------------------------------------------------------------


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 2, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *chunks,
            chunk(b"IDAT", zlib.compress(b"\x00\x00\x00" * 2)),
            chunk(b"IEND", b""),
        )
    )


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(width: int = 8, height: int = 8, *segments: bytes) -> bytes:
    frame = b"\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00"
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            *segments,
            segment(0xC0, frame),
            segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            b"\x12\x34\xff\x00\x56\xff\xd0\x78",
            b"\xff\xd9",
        )
    )
