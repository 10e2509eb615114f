"""From what a cell holds to a value of the intake sheet. No message repeats what was written."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from lambdas.casework import my_number, wareki
from ops.cases.sheet import Kind, plain

LONGEST_CONTROL_NUMBER = 100


class CellError(ValueError):
    """A cell that cannot be read; the message is Japanese."""


def text(content: Any) -> str:
    """A text as it stands; numbers as Excel shows them."""
    match content:
        case str():
            return content.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
        case bool():
            raise CellError("文字ではなく TRUE / FALSE になっています。")
        case int():
            return str(content)
        case float():
            return str(int(content)) if content.is_integer() else str(content)
        case _:
            raise CellError("日付や時刻に変わっています。セルの書式を「文字列」にします。")


def control_number(content: Any) -> str:
    """管理番号, in half width."""
    number = _half_width(content)
    # The server judges records, not the number of a row: it is judged here, before it is sent.
    if my_number.contains_my_number(number):
        raise CellError("個人番号(マイナンバー)と思われる12桁の数字です。")
    if len(number) > LONGEST_CONTROL_NUMBER or not number.isprintable():
        raise CellError(f"管理番号は1行で{LONGEST_CONTROL_NUMBER}文字までです。")
    return number


def partial_date(content: Any) -> dict[str, int | None]:
    """A date as far as it is known, in the form's own shape."""
    value = _partial_date(content)
    return {"y": value.y, "m": value.m, "d": value.d}


def full_date(content: Any) -> str:
    """ISO 8601."""
    exact = _partial_date(content).exact()
    if exact is None:
        raise CellError("年月日がそろっていません。")
    return exact.isoformat()


def integer(content: Any) -> int:
    """A small number, with or without its counter."""
    digits = re.fullmatch(r"([0-9]{1,3})[人名歳才]?", _half_width(content))
    if not digits:
        raise CellError("数として読めません。")
    return int(digits[1])


def postal_code(content: Any) -> str:
    """273-0000; a zero that Excel dropped is put back."""
    digits = re.sub(r"[〒\s-]", "", _with_hyphens(_half_width(content)))
    if isinstance(content, int | float):
        digits = digits.zfill(7)
    if not re.fullmatch(r"[0-9]{7}", digits):
        raise CellError("郵便番号は7桁の数字です。")
    return f"{digits[:3]}-{digits[3:]}"


def phone(content: Any) -> tuple[str, bool]:
    """The number, and whether its leading zero had to be put back (every domestic one has it)."""
    number = _with_hyphens(_half_width(content))
    lost_zero = re.fullmatch(r"[1-9][0-9]{8,9}", number) is not None
    if lost_zero:
        number = f"0{number}"
    if not 6 <= sum(c.isdigit() for c in number) <= 15:
        raise CellError("電話番号の桁数が合いません。")
    return number, lost_zero


def mark(content: Any) -> str:
    """「○」, 「◎」 or nothing."""
    if isinstance(content, bool):
        return "○" if content else ""
    written = _half_width(content)
    if written in ("□", "☐", "×", "-", "0", "無"):
        return ""
    if written == "◎":
        return "◎"
    if written in ("○", "◯", "〇", "O", "o", "1", "✓", "✔", "☑", "レ", "有"):
        return "○"
    raise CellError("印として読めません。")


def one_of(content: Any, values: Mapping[str, str]) -> str:
    """The value whose label (as `plain` gives it) was written."""
    found = values.get(plain(text(content)))
    if found is None:
        raise CellError("一覧にない書き方です。")
    return found


READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: text,
    Kind.DATE: full_date,
    Kind.PARTIAL_DATE: partial_date,
    Kind.INTEGER: integer,
    Kind.POSTAL_CODE: postal_code,
}
"""Kinds that need nothing but the cell."""


def _half_width(content: Any) -> str:
    return unicodedata.normalize("NFKC", text(content)).strip()


def _with_hyphens(written: str) -> str:
    return re.sub(r"[‐‑‒–—―−ーｰ]", "-", written)


def _partial_date(content: Any) -> wareki.PartialDate:
    try:
        if isinstance(content, date):  # datetime is one, too
            return wareki.PartialDate(y=content.year, m=content.month, d=content.day)
        return wareki.parse(text(content))
    except wareki.NotADateError as error:
        raise CellError(str(error)) from error
