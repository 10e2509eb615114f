"""Opening a workbook that somebody sends, without trusting it. Only plain .xlsx files get in."""

import io
import re
import warnings
import zipfile
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 20 * 1024 * 1024
MOST_PARTS = 1000
MOST_ROWS = 5000
MOST_COLUMNS = 200

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell [^>]*ref=\"([A-Z0-9:$]+)\"")
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE_AS = "Excel で開き、「Excel ブック(.xlsx)」として保存し直してください。"


class UnreadableError(Exception):
    """The file as a whole cannot be taken; the text says in Japanese why and what to do."""


def open_workbook(path: Path) -> Workbook:
    """The workbook at `path`, formulas unevaluated. Raises UnreadableError for anything else."""
    content = _read(path)
    _refuse_other_formats(content)
    try:
        _refuse_bombs(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), keep_links=False)
    except UnreadableError:
        raise
    except Exception as error:  # a broken file makes zipfile and openpyxl raise nearly anything
        raise UnreadableError(f"ファイルが壊れていて読めません。{_SAVE_AS}") from error
    for sheet in book.worksheets:
        if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
            raise UnreadableError(
                f"シートが大きすぎます({MOST_ROWS}行・{MOST_COLUMNS}列まで)。"
                "使っていない行と列を削除するか、ファイルを分けてください。"
            )
    return book


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableError("ファイルを開けません。場所と名前を確かめてください。") from error
    if len(content) > MOST_BYTES:
        raise UnreadableError(
            f"ファイルが大きすぎます({MOST_BYTES // 2**20} MB まで)。分けて取り込んでください。"
        )
    return content


def _refuse_other_formats(content: bytes) -> None:
    if not content:
        raise UnreadableError("ファイルが空です。")
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise UnreadableError(
                "パスワードで保護されたファイルは読めません。パスワードを外して保存し直してください。"
            )
        raise UnreadableError(f"古い形式(.xls など)のファイルは読めません。{_SAVE_AS}")
    if not content.startswith(b"PK"):
        raise UnreadableError(f"Excel ブック(.xlsx)ではありません(CSV は読めません)。{_SAVE_AS}")


def _refuse_bombs(content: bytes) -> None:
    """Refuse what would unpack, or unfold while it is read, to too much."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = package.infolist()
        if len(parts) > MOST_PARTS or sum(p.file_size for p in parts) > MOST_UNPACKED:
            raise UnreadableError(
                "ファイルの中身が大きすぎます。画像などを消すか、分けて取り込んでください。"
            )
        if "xl/workbook.xml" not in package.namelist():
            raise UnreadableError(f"Excel ブック(.xlsx)ではありません。{_SAVE_AS}")
        for part in parts:
            _refuse_part(package.read(part))


def _refuse_part(part: bytes) -> None:
    """Entities of a file's own and endless merged areas would keep the reader busy for ever."""
    if b"<!DOCTYPE" in part:
        raise UnreadableError(f"ふつうの Excel ブックにない記述があります。{_SAVE_AS}")
    for area in _MERGED.findall(part):
        _, _, last_column, last_row = range_boundaries(area.decode("ascii"))
        if (last_row or MOST_ROWS + 1) > MOST_ROWS or (last_column or 0) > MOST_COLUMNS:
            raise UnreadableError("結合されたセルの範囲が大きすぎます。結合を解除してください。")
