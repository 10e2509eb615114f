"""Errors as RFC 9457 problem details, with texts from schemas/problems.json.

A problem holds no personal data: it names fields by pointer and never repeats what was sent.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from lambdas.casework.forms import SCHEMAS, FieldError, Pointer
from lambdas.casework.my_number import contains_my_number

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818  # RFC 9457's own word
    """An answer that is not a success. `slug` keys schemas/problems.json."""

    def __init__(
        self,
        slug: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extensions = extensions

    @property
    def status(self) -> int:
        return int(texts()[self.slug]["status"])

    def body(self) -> dict[str, Any]:
        """The problem details object."""
        text = texts()[self.slug]
        body = {
            "type": f"urn:soudan:problem:{self.slug}",
            "title": text["title"],
            "status": text["status"],
            "detail": text["detail"],
            **self.extensions,
        }
        return {**body, "errors": self.errors} if self.errors else body


def field_error(error: FieldError, *, below: Pointer) -> dict[str, str]:
    """One entry of `errors`; `below` is where in the request body the record stands."""
    template = messages().get(error.code, messages()["other"])
    return {
        "pointer": f"{below}{error.pointer}",
        "code": error.code,
        "message": error.hint or template.format(limit=error.limit),
    }


def refuse_my_number(texts_by_pointer: Mapping[Pointer, str]) -> None:
    """Refuses a My Number in texts that are no part of a record: reasons, source ids."""
    found = [pointer for pointer, text in texts_by_pointer.items() if contains_my_number(text)]
    if found:
        errors = [FieldError(pointer=pointer, code="my-number") for pointer in found]
        raise Problem("invalid-record", errors=[field_error(e, below="") for e in errors])


@cache
def texts() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads((SCHEMAS / "problems.json").read_text("utf-8"))
    return content


@cache
def messages() -> Mapping[str, str]:
    content: Mapping[str, str] = json.loads((SCHEMAS / "messages.json").read_text("utf-8"))
    return content
