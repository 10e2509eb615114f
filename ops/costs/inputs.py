"""Numbers that are typed in: months, amounts, and what they must look like."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation


class InputError(Exception):
    """What was given cannot be used; the text says what to write (Japanese)."""


def month_of(text: str, option: str) -> date:
    """The first day of `2026-10`. Raises InputError."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise InputError(f"{option} は 2026-10 のように年と月で書いてください。")
    return date(int(text[:4]), int(text[5:]), 1)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months_before(month: date, count: int) -> list[date]:
    """The month and those before it, the earliest first."""
    first = month.year * 12 + month.month - count
    return [date(m // 12, m % 12 + 1, 1) for m in range(first, first + count)]


def amount_of(text: str, option: str) -> Decimal:
    """A positive number. Raises InputError."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0:
        raise InputError(f"{option} は 152.34 のように正の数で書いてください。")
    return amount
