"""Every form takes what people write on it and refuses what does not belong there."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from lambdas.casework import forms
from tests.unit.examples import EXAMPLES, INTAKE_CONSENTED, INTAKE_UNCONSENTED

Json = Any
MY_NUMBER = "番号は123456789018です"
RECORDS = [
    *EXAMPLES.items(),
    ("intake", INTAKE_CONSENTED),
    ("intake", INTAKE_UNCONSENTED),
]
IDS = [*EXAMPLES, "intake-consented", "intake-unconsented"]
every_record = pytest.mark.parametrize(("name", "record"), RECORDS, ids=IDS)


def current(name: str) -> forms.Form:
    return forms.form(name, forms.form_versions(name)[-1])


def values(data: Json, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """Every value of a record, containers too, with its pointer."""
    yield pointer, data
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from values(value, f"{pointer}/{key}")
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from values(value, f"{pointer}/{index}")


def with_value(record: Json, pointer: str, value: Json) -> Json:
    """The record with another value at a pointer."""
    changed = copy.deepcopy(record)
    *steps, last = pointer.split("/")[1:]
    node = changed
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node[step]
    node[int(last) if isinstance(node, list) else last] = value
    return changed


def found(form: forms.Form, record: Json) -> set[tuple[str, str]]:
    return {(error.pointer, error.code) for error in forms.check(form, record)}


def paths(schema: Mapping[str, Json], path: str = "") -> Iterator[str]:
    for name, property_ in schema.get("properties", {}).items():
        yield f"{path}/{name}"
        yield from paths(property_, f"{path}/{name}")
        yield from paths(property_.get("items", {}), f"{path}/{name}")


def generic(pointer: str) -> str:
    return "/".join(step for step in pointer.split("/") if not step.isdigit())


@every_record
def test_a_full_record_is_taken(name: str, record: Json) -> None:
    assert forms.check(current(name), record) == ()
    assert forms.my_number_suspects(current(name), record) == ()


@pytest.mark.parametrize("name", sorted({*EXAMPLES, "intake"}))
def test_the_examples_leave_no_item_out(name: str) -> None:
    filled = {
        generic(pointer)
        for form, record in RECORDS
        if form == name
        for pointer, _ in values(record)
    }
    assert set(paths(current(name).schema)) - filled == set()


@every_record
def test_what_the_form_does_not_have_is_refused_at_every_level(name: str, record: Json) -> None:
    for pointer, value in values(record):
        if isinstance(value, Mapping) and "y" not in value:
            target = with_value({"": record}, f"/{pointer}", {**value, "extra": 1})[""]
            assert found(current(name), target) >= {(f"{pointer}/extra", "unknown-field")}


@every_record
def test_a_code_that_no_list_has_is_refused(name: str, record: Json) -> None:
    form = current(name)
    codes = [p for p, _ in forms.strings(record) if "oneOf" in forms.property_schema(form, p)]
    for pointer in codes:
        assert (pointer, "not-in-list") in found(form, with_value(record, pointer, "no-code"))


@every_record
def test_texts_are_counted_in_code_points(name: str, record: Json) -> None:
    form = current(name)
    for pointer, _ in forms.strings(record):
        schema = forms.property_schema(form, pointer)
        if not forms.is_free_text(schema):
            continue
        longest = schema["maxLength"]
        if schema.get("pattern", "\\S") == "\\S":
            assert found(form, with_value(record, pointer, "𠮷" * longest)) == set()
        too_long = found(form, with_value(record, pointer, "あ" * (longest + 1)))
        assert (pointer in {p for p, _ in too_long}) and too_long != set()


@every_record
def test_a_line_break_belongs_into_long_texts_only(name: str, record: Json) -> None:
    form = current(name)
    for pointer, _ in forms.strings(record):
        schema = forms.property_schema(form, pointer)
        if forms.is_free_text(schema) and schema.get("pattern", "\\S") == "\\S":
            refused = pointer in {p for p, _ in found(form, with_value(record, pointer, "あ\nい"))}
            assert refused is not schema.get("x-multiline", False), pointer
            bell = found(form, with_value(record, pointer, "あ\x07"))
            assert (pointer, "unstorable-characters") in bell


@every_record
def test_a_my_number_is_found_in_every_text(name: str, record: Json) -> None:
    form = current(name)
    for pointer, _ in forms.strings(record):
        schema = forms.property_schema(form, pointer)
        if forms.is_free_text(schema) and schema["maxLength"] >= len(MY_NUMBER):
            changed = with_value(record, pointer, MY_NUMBER)
            assert forms.my_number_suspects(form, changed) == (pointer,)


@every_record
def test_dates_exist_in_the_calendar(name: str, record: Json) -> None:
    form = current(name)
    for pointer, _ in forms.strings(record):
        if forms.property_schema(form, pointer).get("format") == "date":
            for wrong in ("2026-02-30", "令和8年5月1日", "2026/05/01", "26-05-01"):
                assert pointer in {p for p, _ in found(form, with_value(record, pointer, wrong))}


@every_record
def test_nothing_required_can_be_left_out(name: str, record: Json) -> None:
    form = current(name)
    for required in form.schema.get("required", ()):
        shorter = {key: value for key, value in record.items() if key != required}
        assert (f"/{required}", "required") in found(form, shorter)
    assert found(form, "no record") == {("", "type")}


# Conditions


def refused(name: str, record: Json) -> set[str]:
    return {pointer for pointer, _ in found(current(name), record)}


def test_only_the_subject_has_no_relation_to_the_subject() -> None:
    record = EXAMPLES["household"]
    without = with_value(record, "/persons/1", {"personId": record["persons"][1]["personId"]})
    assert refused("household", without) == {"/persons/1/relation"}
    related = with_value(record, "/persons/0/relation", "04")
    assert refused("household", related) == {"/persons/0/relation"}


def test_a_sheet_goes_to_somebody() -> None:
    sheet = EXAMPLES["referral"]
    for name in ("toAgencyId", "toAgencyName"):
        assert refused("referral", {k: v for k, v in sheet.items() if k != name}) == set()
    nobody = {k: v for k, v in sheet.items() if k not in ("toAgencyId", "toAgencyName")}
    assert refused("referral", nobody) == {"/toAgencyId"}


def test_a_consent_by_proxy_names_the_proxy_and_no_other_does() -> None:
    consent = EXAMPLES["consent"]
    alone = {key: value for key, value in consent.items() if key != "proxy"}
    assert refused("consent", alone) == {"/proxy"}
    assert refused("consent", alone | {"method": "01"}) == set()
    assert refused("consent", consent | {"method": "01"}) == {"/proxy"}
    for required in ("kind", "name", "evidence", "isCounterpart", "conflictOfInterest"):
        proxy = {key: value for key, value in consent["proxy"].items() if key != required}
        assert refused("consent", consent | {"proxy": proxy}) == {f"/proxy/{required}"}


def test_a_consent_to_sharing_says_what_may_be_shared() -> None:
    consent = EXAMPLES["consent"] | {"classes": []}
    assert refused("consent", consent | {"kinds": ["sharing"]}) == {"/classes"}
    assert refused("consent", consent | {"kinds": ["application", "meeting"]}) == {"/classes"}
    assert refused("consent", consent | {"kinds": ["application"]}) == set()
    assert refused("consent", consent | {"kinds": ["research"], "classes": ["6"]}) == {"/classes/0"}
