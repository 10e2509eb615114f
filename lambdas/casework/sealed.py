"""The confidential compartment (DV等支援措置, DOMAIN §4.3): who is protected, what may then not
stand anywhere else, and what binds a sealed text to its place.

What would reveal where a protected person lives, works or learns is kept in the form `sealed`,
encrypted, for named holders alone. Whether somebody is protected is said by the records `intake`
(`addressProtection`) and `household` (`protection`) and nowhere else. While anyone of a case is,
nothing marked `x-protected` is written in any of its records or shown from one: people of one
household live at one address.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from lambdas.casework.access import Actor, may_lift_protection
from lambdas.casework.audit import canonical
from lambdas.casework.forms import (
    FieldError,
    Form,
    is_free_text,
    property_schema,
    without_protected,
)
from lambdas.casework.records import CaseFile, FormRecord, is_protected, protects

FORM = "sealed"
HOLDERS_FORM = "sealed-holders"
PURPOSE = "sealed"
# What a sentence with an address is replaced by in earlier revisions.
MASK = "〔秘匿〕"

_COUNT = r"[0-9一二三四五六七八九十百]{1,4}"
# NFKC leaves the long vowel mark, which people type for a dash.
_DASH = r"[-ー]"
# An address as people type it. Judged by the text alone and never by what is sealed, so that
# whoever types learns nothing from a refusal (DOMAIN L13).
_ADDRESS = re.compile(
    rf"〒\s*\d{{3}}{_DASH}?\d{{4}}"
    rf"|{_COUNT}(?:丁目|番地)"
    rf"|\d{{1,4}}番(?:[のノ]?\d{{1,4}}号|\d{{1,4}}{_DASH}\d{{1,4}})"
    rf"|(?<=[町村字条台丘区市])(?!0)\d{{1,4}}{_DASH}\d{{1,4}}(?![\d])"
    # Three numbers after a letter: not a date of an era, not a telephone number.
    r"|(?<=[ぁ-んァ-ヺ一-龥々])(?<!令和)(?<!平成)(?<!昭和)(?<!大正)(?<!第)(?!0)"
    rf"\d{{1,4}}{_DASH}\d{{1,4}}{_DASH}\d{{1,4}}(?![\d-])"
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))


def record_id(person_id: str) -> str:
    """Id of the sealed record of a person; of a form that no general route takes."""
    return f"s-{person_id.removeprefix('p-')}"


def key_context(*, lg_code: str, case_id: str, person_id: str) -> dict[str, str]:
    """The KMS encryption context of a person's data key: it opens nothing else."""
    return {"lgCode": lg_code, "caseId": case_id, "personId": person_id, "purpose": PURPOSE}


def bound_to(context: Mapping[str, str], *, revision: int, version: str) -> bytes:
    """What a ciphertext is authenticated with: its place, so that it can't be moved to another
    person or passed off as another revision."""
    return canonical({**context, "revision": revision, "formVersion": version})


def refusals(
    case: CaseFile | None,
    form: Form,
    data: Mapping[str, Any],
    *,
    before: FormRecord | None = None,
    actor: Actor | None = None,
) -> tuple[FieldError, ...]:
    """What must not be written because somebody of the case is protected: properties marked
    `x-protected`, and texts that read like an address. What `before` holds already is let stand.

    Also refuses to end a protection to anyone but the municipality. `case` None: a new case.
    """
    found: list[FieldError] = []
    if before is not None and actor is not None and not may_lift_protection(actor):
        found += _lifted(form, before.data, data)
    if form.form != FORM and (protects(form.form, data) or (case and case.protected_persons)):
        kept = before.data if before else {}
        changed = {name: value for name, value in data.items() if kept.get(name) != value}
        found += revealing(form, changed)
        found += _addresses(form, changed)
    return tuple(found)


def revealing(form: Form, data: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """The properties marked `x-protected` that `data` fills."""
    return tuple(
        FieldError(pointer=pointer, code="protected-here")
        for pointer, schema, _ in _places(form, data)
        if schema.get("x-protected")
    )


def shielded(form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier revision as it is shown once an address had to be protected: without what is
    marked `x-protected`, and without the sentences that read like an address."""
    kept = without_protected(form, data)
    return {name: _masked(value) for name, value in kept.items()}


def reads_like_an_address(text: str) -> bool:
    """True when a part of `text` looks like a Japanese street address or postal code."""
    return _ADDRESS.search(unicodedata.normalize("NFKC", text).translate(_DASHES)) is not None


def _addresses(form: Form, data: Mapping[str, Any]) -> Iterator[FieldError]:
    for pointer, schema, value in _places(form, data):
        if (
            isinstance(value, str)
            and not schema.get("x-protected")
            and is_free_text(schema)
            and reads_like_an_address(value)
        ):
            yield FieldError(pointer=pointer, code="address-here")


def _places(
    form: Form, value: Any, pointer: str = ""
) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Every value with its pointer and schema; nothing below one marked `x-protected`."""
    schema = property_schema(form, pointer) if pointer else {}
    yield pointer, schema, value
    if schema.get("x-protected"):
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _places(form, inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(form, inner, f"{pointer}/{number}")


def _lifted(form: Form, before: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[FieldError]:
    if form.form == "intake" and is_protected(before) and not is_protected(data):
        yield FieldError(pointer="/addressProtection", code="municipality-only")
    if form.form != "household":
        return
    protected = {p["personId"] for p in before["persons"] if p.get("protection") == "yes"}
    for number, person in enumerate(data["persons"]):
        if person["personId"] in protected and person.get("protection") != "yes":
            yield FieldError(pointer=f"/persons/{number}/protection", code="municipality-only")
    if not protected <= {p["personId"] for p in data["persons"]}:
        yield FieldError(pointer="/persons", code="municipality-only")


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        sentences = re.split(r"(?<=[。\n])", value)
        return "".join(MASK if reads_like_an_address(s) else s for s in sentences)
    if isinstance(value, Mapping):
        return {key: _masked(inner) for key, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
