"""A file is what its content says; what could do harm, hide or burst is refused with advice."""

import json
import struct
import zipfile
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.files.judgement import examine, my_number_places
from lambdas.casework.files.names import is_file_name, name_for
from lambdas.casework.files.outcome import MAX_BYTES, Kind, RefusedError
from lambdas.casework.forms import SCHEMAS
from tests.unit.made_files import (
    MY_NUMBER,
    archive,
    chunk,
    docx,
    docx_parts,
    eicar,
    jpeg,
    pdf,
    pdf_of,
    png,
    pptx,
    relations,
    segment,
    stream,
    types,
    xlsx,
)

GROUPS = f"{MY_NUMBER[:4]}-{MY_NUMBER[4:8]}-{MY_NUMBER[8:]}"
CARD = f'<c r="B3"><v>{MY_NUMBER}</v></c>'


def refusal(content: bytes) -> str:
    with pytest.raises(RefusedError) as refused:
        examine(content)
    return refused.value.code


def places(content: bytes) -> tuple[str, ...]:
    return my_number_places(examine(content).pieces)


def text_of(content: bytes) -> str:
    return "\n".join(piece.text for piece in examine(content).pieces)


# --- what is taken -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf(), Kind.PDF),
        (png(), Kind.PNG),
        (jpeg(), Kind.JPEG),
        (docx("こんにちは"), Kind.DOCX),
        (xlsx('<row><c r="A1"><v>1</v></c></row>'), Kind.XLSX),
        (pptx("こんにちは"), Kind.PPTX),
    ],
)
def test_each_kind_is_known_by_its_content(content: bytes, kind: Kind) -> None:
    examined = examine(content)
    assert examined.kind is kind
    assert my_number_places(examined.pieces) == ()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"MZ\x90\x00\x03", "file-program"),
        (b"\x7fELF\x02\x01", "file-program"),
        (b"#!/bin/sh\nexit", "file-program"),
        (b"\xcf\xfa\xed\xfe\x07", "file-program"),
        (b"L\x00\x00\x00\x01\x14\x02\x00", "file-program"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "file-old-office"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "file-encrypted",
        ),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "file-heic"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00", "file-media"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "file-other-image"),
        (b"GIF89a\x01\x00\x01\x00", "file-other-image"),
        (b"  <!DOCTYPE html><html>", "file-web"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg xmlns='x'/>", "file-web"),
        ("<html>".encode("utf-16"), "file-web"),
        (b"<?php echo 1;", "file-web"),
        (b"PK\x05\x06" + b"\x00" * 18, "file-archive"),
        (b"Rar!\x1a\x07\x00", "file-archive"),
        ("氏名,住所\n".encode(), "file-text"),
        (b"\x01\x02\x03\x04\x05", "file-unknown"),
        (b"\x00" * (MAX_BYTES + 1), "file-too-large"),
    ],
)
def test_what_is_not_taken_says_what_to_do(content: bytes, code: str) -> None:
    assert refusal(content) == code


def test_every_refusal_has_its_japanese_advice() -> None:
    """Every code that the examination can raise is in schemas/messages.json."""
    import re

    sources = (SCHEMAS.parent / "lambdas" / "casework" / "files").glob("*.py")
    codes = {c for s in sources for c in re.findall(r'"(file-[a-z-]+)"', s.read_text("utf-8"))}
    messages = json.loads((SCHEMAS / "messages.json").read_text("utf-8"))
    assert len(codes) > 15
    assert {c for c in codes if c not in messages} == set()
    assert all(messages[c].endswith("。") for c in codes)


@pytest.mark.parametrize(
    ("content", "kind"), [(pdf(), "pdf"), (png(), "png"), (jpeg(), "jpg"), (docx("x"), "docx")]
)
@given(data=st.data())
def test_a_damaged_file_is_judged_or_refused_and_never_an_error(
    content: bytes, kind: str, data: Any
) -> None:
    at = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(at, len(content)))
    damaged = content[:at] + data.draw(st.binary(max_size=8)) + content[end:]
    try:
        assert examine(damaged).kind.value == kind
    except RefusedError as refused:
        assert refused.code.startswith("file-")


# --- polyglots and what hangs behind -------------------------------------------------------------


@pytest.mark.parametrize("content", [pdf(), png(), jpeg(), docx("x")])
def test_nothing_may_hang_behind(content: bytes) -> None:
    assert refusal(content + b"<script>alert(1)</script>") in ("file-trailing", "file-broken")
    assert refusal(content + archive({"evil.exe": b"MZ"})) in (
        "file-trailing",
        "file-two-kinds",
        "file-broken",
    )


@pytest.mark.parametrize("content", [pdf(), png(), jpeg()])
def test_nothing_may_stand_before(content: bytes) -> None:
    assert refusal(b"MZ" + content) == "file-program"
    assert refusal(b"\x00" + content) == "file-unknown"


def _end_of_archive(comment: bytes) -> bytes:
    return b"PK\x05\x06" + b"\x00" * 16 + struct.pack("<H", len(comment))


def test_an_archive_inside_a_picture_is_found() -> None:
    """The end of the picture as the archive's comment: both programs would open it."""
    tail = chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    hidden = chunk(b"teSt", archive({"a": b"a"})[:-22] + _end_of_archive(b"x" * (4 + len(tail))))
    picture = png()
    body = picture[: picture.index(b"IDAT") - 4] + hidden + tail
    assert refusal(body) == "file-two-kinds"


def test_a_pdf_inside_another_kind_is_found() -> None:
    assert refusal(jpeg(8, 8, segment(0xFE, pdf()[:900]))) == "file-two-kinds"
    assert refusal(archive({"%PDF-1.7": b"x", **docx_parts("x")})) == "file-two-kinds"


def test_an_object_hidden_where_readers_by_offset_find_it_is_refused() -> None:
    hidden = b"9 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj"
    for content in (
        pdf(b"BT (x) Tj ET\n" + hidden, packed=False),
        pdf(catalog=b"/Note (" + hidden.replace(b"(", b"").replace(b")", b"") + b")"),
        pdf(more=[b"%" + hidden + b"\nnull"]),
    ):
        assert refusal(content) == "file-two-kinds"


# --- PDF -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("catalog", "code"),
    [
        (b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>", "file-script"),
        (b"/OpenAction << /S /J#61vaScript /J#53 (app.alert(1)) >>", "file-script"),
        (b"/OpenAction << /S /Launch /F (cmd.exe) >>", "file-script"),
        (b"/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>", "file-embedded"),
        (b"/AcroForm << /XFA 5 0 R >>", "file-script"),
        (b"/OpenAction << /S /GoToE >>", "file-external"),
        (b"/AA << /O << /S /SubmitForm /F (http://x) >> >>", "file-script"),
    ],
)
def test_a_pdf_that_acts_or_carries_is_refused(catalog: bytes, code: str) -> None:
    assert refusal(pdf(catalog=catalog)) == code


def test_links_and_destinations_are_no_reason_to_refuse() -> None:
    links = b"/OpenAction [3 0 R /Fit] /A << /S /URI /URI (https://example.jp/JavaScript) >>"
    assert examine(pdf(catalog=links)).kind is Kind.PDF


def test_an_encrypted_pdf_is_refused() -> None:
    assert refusal(pdf(trailer=b"/Encrypt 5 0 R")) == "file-encrypted"


def _packed(body: bytes, *, first: int, count: int = 1) -> bytes:
    return stream(body, b"/Type /ObjStm /N %d /First %d" % (count, first))


def test_what_a_pdf_packs_into_object_streams_is_read() -> None:
    script = b"<< /S /JavaScript /JS (x) >>"
    assert refusal(pdf(more=[_packed(b"9 0 " + script, first=4)])) == "file-script"
    # Behind the objects that its header names, or in the middle of another object.
    assert refusal(pdf(more=[_packed(b"9 0 null " + script, first=4)])) == "file-script"
    inside = b"9 0 10 1 (" + script.replace(b"(x)", b"1") + b")"
    assert refusal(pdf(more=[_packed(inside, first=9, count=2)])) == "file-two-kinds"


@pytest.mark.parametrize(
    "content",
    [
        pdf()[:200],
        pdf().replace(b"%%EOF", b""),
        pdf().replace(b"startxref\n", b"startxref\n7"),
        pdf().replace(b"%PDF-1.7", b"%PDF-x.y"),
        pdf().replace(b"/Kids [3 0 R]", b"/Kids [3 0 R"),
        pdf(catalog=b"/A << " * 100 + b">> " * 100),
        pdf(more=[b"(" * 50]),
    ],
)
def test_a_broken_pdf_is_refused(content: bytes) -> None:
    assert refusal(content) in ("file-broken", "file-trailing", "file-too-complex")


@pytest.mark.parametrize("lie", [b"3", b"999999", b"-4", b"5 0 R", b"(x)"])
def test_a_length_that_lies_hides_nothing(lie: bytes) -> None:
    shown = b"BT (%s) Tj ET" % MY_NUMBER.encode()
    object_ = b"<< /Length %s >>\nstream\n%s\nendstream" % (lie, shown)
    page = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>"
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    content = pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", pages, page, object_])
    assert places(content) == ("1ページ",)


PDF_TEXTS = {
    "plain": pdf(b"BT (No. %s) Tj ET" % MY_NUMBER.encode()),
    "unpacked": pdf(b"BT (%s) Tj ET" % MY_NUMBER.encode(), packed=False),
    "hex": pdf(b"BT <%s> Tj ET" % MY_NUMBER.encode().hex().encode()),
    "octal": pdf(b"BT (%s) Tj ET" % b"".join(b"\\%03o" % c for c in MY_NUMBER.encode())),
    "kerned": pdf(b"BT [(1234) -20 (5678) 15 (9018)] TJ ET"),
    "letter by letter": pdf(
        b"BT " + b" ".join(b"7 0 Td (%c) Tj" % c for c in MY_NUMBER.encode()) + b" ET"
    ),
    "over two lines": pdf(b"BT (123456) Tj T* (789018) Tj ET"),
    "quotes": pdf(b"BT (123456) ' 0 0 (789018) \" ET"),
    "a box to a digit, each a text of its own": pdf(
        b"(x) Tj "
        + b" ".join(
            b"q 1 0 0 1 %d 0 cm BT (%c) Tj ET Q" % (n * 20, c)
            for n, c in enumerate(MY_NUMBER.encode())
        )
    ),
    "a form field": pdf(more=[b"<< /FT /Tx /V (%s) >>" % MY_NUMBER.encode()]),
    "a note in UTF-16": pdf(
        more=[b"<< /Contents <FEFF%s> >>" % MY_NUMBER.encode("utf-16-be").hex().encode()]
    ),
    "the title": pdf(trailer=b"/Info << /Title (%s) >>" % GROUPS.encode()),
    "XMP": pdf(more=[stream(b"<x:d>%s</x:d>" % GROUPS.encode(), b"/Type /Metadata")]),
    "glyph names": pdf(
        b"BT /F1 9 Tf (ABCDEFGHIJAH) Tj ET",
        font=b"<< /Subtype /Type1 /Encoding << /Differences [65 /one /two /three /four /five "
        b"/six /seven /eight /nine /zero] >> >>",
    ),
    "a drawing in the page": pdf(
        more=[stream(b"BT (%s) Tj ET" % MY_NUMBER.encode(), b"/Type /XObject /Subtype /Form")]
    ),
    "two filters": pdf(
        more=[
            b"<< /Filter [/ASCIIHexDecode /FlateDecode] /Length 999 >>\nstream\n%s>\nendstream"
            % zlib.compress(b"BT (%s) Tj ET" % MY_NUMBER.encode()).hex().encode()
        ]
    ),
}


def test_glyph_names_are_read_as_what_they_name() -> None:
    assert "1234567890" in text_of(PDF_TEXTS["glyph names"])


@pytest.mark.parametrize("name", sorted(PDF_TEXTS.keys() - {"glyph names"}))
def test_a_my_number_in_a_pdf_is_found(name: str) -> None:
    assert len(places(PDF_TEXTS[name])) >= 1


def _composite(encoding: bytes, unicode_map: bytes | None) -> bytes:
    """A font with two bytes to a code, as Word and browsers write it."""
    table = b"/ToUnicode 6 0 R" if unicode_map else b""
    return b"<< /Type /Font /Subtype /Type0 /Encoding /%s %s >>" % (encoding, table)


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (
            b"1 beginbfrange <0010> <0019> <0030> endbfrange",
            [0x10 + int(d) for d in MY_NUMBER],
        ),
        (
            b"1 beginbfrange <0010> <0019> [%s] endbfrange"
            % b" ".join(b"<003%d>" % d for d in range(10)),
            [0x10 + int(d) for d in MY_NUMBER],
        ),
        (
            b"10 beginbfchar %s endbfchar"
            % b"\n".join(b"<%04X> <FF1%d>" % (0x200 + 7 * d, d) for d in range(10)),
            [0x200 + 7 * int(d) for d in MY_NUMBER],
        ),
    ],
)
def test_fonts_with_a_table_are_read_by_it(table: bytes, codes: list[int]) -> None:
    shown = b"".join(b"%04X" % code for code in codes)
    content = pdf(
        b"BT /F1 9 Tf <%s> Tj ET" % shown,
        font=_composite(b"Identity-H", table),
        more=[stream(b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange " + table)],
    )
    assert places(content) == ("1ページ",)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        (b"UniJIS-UTF16-H", MY_NUMBER.encode("utf-16-be")),
        (b"90ms-RKSJ-H", "番号".encode("cp932") + MY_NUMBER.encode()),
        (b"EUC-H", "番号".encode("euc_jp") + MY_NUMBER.encode()),
        # The digits of Adobe-Japan1 by their glyph numbers.
        (b"Identity-H", b"".join((17 + int(d)).to_bytes(2, "big") for d in MY_NUMBER)),
    ],
)
def test_japanese_fonts_without_a_table_are_read_by_their_encoding(
    encoding: bytes, shown: bytes
) -> None:
    content = pdf(b"BT /F1 9 Tf <%s> Tj ET" % shown.hex().encode(), font=_composite(encoding, None))
    assert places(content) == ("1ページ",)


def test_a_number_in_a_replaced_revision_of_a_page_is_found() -> None:
    old = stream(b"BT (%s) Tj ET" % MY_NUMBER.encode())
    content = pdf()
    table = content.index(b"xref\n0")
    with_old = content[:table] + b"4 0 obj\n" + old + b"\nendobj\n"
    again = with_old + b"4 0 obj\n" + stream(b"BT (gone) Tj ET") + b"\nendobj\n"
    rest = content[table:].replace(b"startxref\n%d" % table, b"startxref\n%d" % len(again))
    assert len(places(again + rest)) == 1


def test_a_stream_that_cannot_be_read_is_refused() -> None:
    body = b"<< /Filter /LZWDecode /Length 3 >>\nstream\nabc\nendstream"
    assert refusal(pdf(more=[body])) == "file-unreadable"
    image = body.replace(b"<<", b"<< /Subtype /Image")
    assert examine(pdf(more=[image])).kind is Kind.PDF


# --- Office --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (docx(f"番号は{MY_NUMBER}です"), "本文"),
        (docx(*MY_NUMBER), "本文"),
        (
            docx(
                "<w:p><w:r><w:t>1234</w:t></w:r><w:r><w:tab/><w:t>5678</w:t></w:r>"
                "<w:r><w:t>9018</w:t></w:r></w:p>"
            ),
            "本文",
        ),
        (docx("x", **{"word/comments.xml": f"<x><p><t>{GROUPS}</t></p></x>"}), "コメント"),
        (
            docx("x", **{"docProps/core.xml": f"<c><title>{GROUPS}</title></c>"}),
            "文書の情報(プロパティ)",
        ),
        (docx("x", **{"word/header1.xml": f"<h><p>{MY_NUMBER}</p></h>"}), "ヘッダー・フッター"),
        (pptx(f"番号 {GROUPS}"), "1枚目のスライド"),
        (xlsx(f'<row r="3">{CARD}</row>'), "2枚目のシートのB3"),
        (xlsx('<row><c r="A1"><v>1.23456789018E11</v></c></row>'), "2枚目のシートのA1"),
        (
            xlsx('<row><c r="A1" t="s"><v>1</v></c></row>', strings=["x", GROUPS]),
            "2枚目のシートのA1",
        ),
        (
            xlsx(f'<row><c r="A1" t="inlineStr"><is><t>{MY_NUMBER}</t></is></c></row>'),
            "2枚目のシートのA1",
        ),
        (
            xlsx(
                "<row>"
                + "".join(f'<c r="{chr(65 + n)}2"><v>{d}</v></c>' for n, d in enumerate(MY_NUMBER))
                + '</row><row><c r="A3"><v>7</v></c></row>'
            ),
            "2枚目のシートのA2",
        ),
    ],
)
def test_a_my_number_in_an_office_document_is_found_with_its_place(
    content: bytes, place: str
) -> None:
    assert places(content)[0] == place


def test_numbers_that_are_no_whole_numbers_are_not_taken_for_one() -> None:
    rows = '<row><c r="A1"><v>0.23456789018</v></c><c r="B1"><v>1.23456789018</v></c></row>'
    assert places(xlsx(rows)) == ()
    assert places(xlsx(f'<row><c r="A1"><f>{MY_NUMBER}+1</f><v>2</v></c></row>')) == ()


def test_a_table_inside_a_presentation_is_read_too() -> None:
    inner = xlsx(f"<row>{CARD}</row>")
    assert places(docx("x", **{"word/embeddings/a.xlsx": inner})) == ("埋め込まれた表",)
    nested = docx("x", a=docx("x", b=docx("x", c=docx("x"))))
    assert refusal(nested) == "file-embedded"


def _with_type(name: str, kind: str) -> bytes:
    parts = docx_parts("x")
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts["[Content_Types].xml"] = types("word/document.xml", main, (name, kind))
    return archive({**parts, name: b"x"})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (docx("x", **{"word/vbaProject.bin": b"x"}), "file-macro"),
        (_with_type("word/any.bin", "application/vnd.ms-office.vbaProject"), "file-macro"),
        (_with_type("xl/a.xml", "application/vnd.ms-excel.macrosheet+xml"), "file-macro"),
        (docx("x", **{"word/a.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}), "file-embedded"),
        (docx("x", **{"word/media/image1.png": b"MZ\x90"}), "file-program"),
        (docx("x", **{"word/a.pdf": pdf()}), "file-embedded"),
        (archive({"a.txt": b"x"}), "file-archive"),
        (archive({"mimetype": b"application/vnd.oasis.opendocument.text"}), "file-archive"),
        (docx("x", a=archive({"a.exe": b"x"})), "file-archive"),
        (
            docx(
                "<w:p><w:r><w:instrText>DDE</w:instrText></w:r>"
                "<w:r><w:instrText>AUTO cmd</w:instrText></w:r></w:p>"
            ),
            "file-external",
        ),
        (docx('<w:p><w:fldSimple w:instr="DDEAUTO c:\\x"/></w:p>'), "file-external"),
        (docx("x", **{"word/a.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}), "file-broken"),
        (docx("x", **{"word/a.xml": "<a><b></a>"}), "file-broken"),
        (docx("x", **{"word/a.xml": b"\xff\xfe<\x00"}), "file-broken"),
        (docx("x", **{"word/a.xml": "<a>" * 300 + "</a>" * 300}), "file-too-complex"),
    ],
)
def test_office_documents_that_do_or_hide_more_are_refused(content: bytes, code: str) -> None:
    assert refusal(content) == code


def _linked(*rows: tuple[str, str, str]) -> bytes:
    return docx("x", **{"word/_rels/document.xml.rels": relations(*rows)})


@pytest.mark.parametrize(
    ("kind", "target", "code"),
    [
        ("attachedTemplate", "http://evil.example/a.dotm", "file-external"),
        ("image", "http://evil.example/a.png", "file-external"),
        ("externalLinkPath", "book.xlsx", "file-external"),
        ("hyperlink", "file:///c:/x.exe", "file-external"),
        ("hyperlink", "\\\\evil\\share", "file-external"),
        ("hyperlink", " javascript:alert(1)", "file-external"),
        ("oleObject", "embeddings/a.bin", "file-embedded"),
        ("aFChunk", "a.html", "file-embedded"),
    ],
)
def test_what_is_fetched_from_elsewhere_is_refused(kind: str, target: str, code: str) -> None:
    assert refusal(_linked((kind, target, "External"))) == code


@pytest.mark.parametrize("target", ["https://example.jp/", "mailto:a@example.jp", "#a", "b.docx"])
def test_ordinary_links_are_taken(target: str) -> None:
    assert examine(_linked(("hyperlink", target, "External"))).kind is Kind.DOCX


# --- archives made to harm -----------------------------------------------------------------------


def _renamed(old: bytes, new: bytes) -> bytes:
    """An archive with a name changed in both of its places."""
    assert len(old) == len(new)
    return docx("x", **{old.decode(): b"x"}).replace(old, new)


@pytest.mark.parametrize(
    "content",
    [
        _renamed(b"aa/bb.bin", b"../bb.bin"),
        _renamed(b"aa/bb.bin", b"/a/bb.bin"),
        _renamed(b"aa/bb.bin", b"aa\\bb.bin"),
        _renamed(b"aa/bb.bin", b"c:/bb.bin"),
        _renamed(b"aa/bb.xml\x20exe", b"aa/bb.xml\x00exe"),
        _renamed(b"word/Document.xml", b"word/document.xml"),
    ],
)
def test_odd_names_in_an_archive_are_refused(content: bytes) -> None:
    assert refusal(content) == "file-broken"


def test_archives_that_burst_are_refused_before_they_do() -> None:
    assert refusal(docx("x", **{"a.bin": bytes(30_000_000)})) == "file-too-complex"
    many = {f"a{n}": b"" for n in range(4_001)}
    assert refusal(archive({**docx_parts("x"), **many})) == "file-too-complex"
    # Below the ratio one by one, too much together.
    part = b"".join(struct.pack(">I", n % 50_000) * 15 for n in range(600_000))
    assert len(zlib.compress(part)) * 200 > len(part)
    assert refusal(docx("x", a=part, b=part, c=part)) == "file-too-complex"


def test_an_archive_that_lies_about_sizes_is_refused() -> None:
    content = docx("x", **{"word/a.bin": b"y" * 5_000})
    with zipfile.ZipFile(BytesIO(content)) as opened:
        entry = opened.getinfo("word/a.bin")
    said = struct.pack("<II", entry.compress_size, entry.file_size)
    lie = struct.pack("<II", entry.compress_size, 10)
    assert said in content
    assert refusal(content.replace(said, lie)) == "file-broken"


def test_parts_used_twice_and_gaps_between_parts_are_refused() -> None:
    content = docx("x", **{"word/a.bin": b"first", "word/b.bin": b"other"})
    with zipfile.ZipFile(BytesIO(content)) as opened:
        first, second = opened.getinfo("word/a.bin"), opened.getinfo("word/b.bin")
    directory = content.rindex(b"word/b.bin") - 46
    overlapping = bytearray(content)
    overlapping[directory + 42 : directory + 46] = struct.pack("<I", first.header_offset)
    assert second.header_offset > first.header_offset
    assert refusal(bytes(overlapping)) in ("file-trailing", "file-broken")
    assert refusal(b"MZ" + content) == "file-program"


def test_an_encrypted_part_is_refused() -> None:
    content = bytearray(docx("x"))
    for at in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[at] |= 1
    assert refusal(bytes(content)) == "file-encrypted"


def test_a_pdf_that_bursts_is_refused() -> None:
    once = zlib.compress(bytes(120_000_000), 9)
    assert (
        refusal(
            pdf(
                more=[
                    b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
                    % (len(once), once)
                ]
            )
        )
        == "file-too-complex"
    )


# --- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [png, jpeg])
def test_a_picture_too_large_to_show_is_refused(make: Any) -> None:
    assert refusal(make(40_000, 10)) == "file-dimensions"
    assert refusal(make(20_000, 20_000)) == "file-dimensions"
    assert refusal(make(0, 10)) == "file-dimensions"


def test_a_picture_is_whole() -> None:
    for content in (png(), jpeg()):
        assert refusal(content[:-3]) == "file-broken"
    damaged = bytearray(png())
    damaged[20] ^= 1
    assert refusal(bytes(damaged)) == "file-broken"
    assert refusal(b"\xff\xd8\xff\xd9") == "file-broken"


def test_previews_behind_a_photograph_are_pictures_too() -> None:
    assert examine(jpeg() + jpeg() + b"\x00" * 9).kind is Kind.JPEG
    assert refusal(jpeg() + b"\x00\x00\x00\x18ftypmp42") == "file-trailing"


@pytest.mark.parametrize(
    "content",
    [
        png(2, 2, chunk(b"tEXt", b"Comment\x00" + GROUPS.encode())),
        png(2, 2, chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(GROUPS.encode()))),
        png(2, 2, chunk(b"iTXt", b"Comment\x00\x00\x00ja\x00\x00" + GROUPS.encode())),
        png(2, 2, chunk(b"eXIf", b"MM\x00*" + GROUPS.encode())),
        jpeg(8, 8, segment(0xFE, GROUPS.encode())),
        jpeg(8, 8, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00<x>" + GROUPS.encode())),
    ],
)
def test_texts_that_come_with_a_picture_are_read(content: bytes) -> None:
    assert places(content) == ("画像の情報",)


# --- the test string for scanners ----------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        eicar(),
        png(2, 2, chunk(b"tEXt", b"a\x00" + eicar())),
        jpeg(8, 8, segment(0xFE, eicar())),
        docx("x", **{"word/a.bin": eicar()}),
        docx(eicar().decode()),
        docx("<w:p>" + "".join(f"<w:r><w:t>{c}</w:t></w:r>" for c in eicar().decode()) + "</w:p>"),
        docx("x", **{"word/a.xlsx": xlsx("", **{"xl/a.bin": eicar()})}),
        pdf(
            b"BT (%s) Tj ET"
            % eicar().replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        ),
        pdf(more=[stream(eicar())]),
        pdf(more=[stream(eicar(), b"/Type /Any")]),
    ],
)
def test_the_test_string_is_found_wherever_it_is_packed(content: bytes) -> None:
    assert refusal(content) == "file-malware"


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a" * 151,
        "../../etc/passwd",
        "a/b.pdf",
        "a\\b.pdf",
        "c:b.pdf",
        "a\x00.pdf",
        "a\r\nSet-Cookie: x.pdf",
        "報告\u202egnp.exe",
        "報告\u200b.pdf",
        "CON.pdf",
        "nul",
        "a.pdf.",
        ".",
        "..",
        "a\ud800.pdf",
        'a".pdf',
        "a|b.pdf",
    ],
)
def test_names_that_deceive_or_do_not_fit_a_disk_are_refused(name: str) -> None:
    assert not is_file_name(name)


@pytest.mark.parametrize(
    "name", ["a.pdf", "支援計画(第2回)　最終.docx", "神\ufa19.png", "a b.c.d", "\ue000.pdf"]
)
def test_names_that_people_give_are_taken(name: str) -> None:
    assert is_file_name(name)


@pytest.mark.parametrize(
    ("name", "kind", "stored"),
    [
        ("a.pdf", Kind.PDF, "a.pdf"),
        ("a.PDF", Kind.PDF, "a.PDF"),
        ("a.jpeg", Kind.JPEG, "a.jpeg"),
        ("a.jpg", Kind.PNG, "a.png"),
        ("a.docx", Kind.PDF, "a.pdf"),
        ("a", Kind.PDF, "a.pdf"),
        (".pdf", Kind.PDF, ".pdf.pdf"),
        ("a.exe", Kind.PDF, "a.exe.pdf"),
        ("a.pdf.exe", Kind.PDF, "a.pdf.exe.pdf"),
        ("令和8.4.1 面接", Kind.DOCX, "令和8.4.1 面接.docx"),
    ],
)
def test_the_extension_says_what_the_content_is(name: str, kind: Kind, stored: str) -> None:
    assert name_for(name, kind) == stored


@given(st.binary(max_size=64))
def test_any_bytes_end_in_a_refusal(content: bytes) -> None:
    assert refusal(content).startswith("file-")


def test_a_pdf_of_nothing_but_objects_is_read() -> None:
    assert examine(pdf_of([b"<< /Type /Catalog >>"])).kind is Kind.PDF
