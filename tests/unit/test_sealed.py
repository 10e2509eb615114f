"""The compartment's rules: who is protected, and what may then stand nowhere else."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework import forms, sealed
from lambdas.casework.access import Role
from lambdas.casework.forms import Form
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.showing import Reader
from lambdas.casework.situation import dump, load, situation
from tests.unit.casefile import (
    MOTHER,
    NPO,
    START,
    SUBJECT,
    actor,
    case,
    consent,
    later,
    member,
    members,
    record,
)
from tests.unit.casefile import household as household_of

INTAKE = {"consentVersion": "consent", "receivedAt": "2026-04-01"}
ADDRESS = {"full": "本町9999番地"}
NOW = later(START, days=3)


def intake(**changes: Any) -> FormRecord:
    return record("intake", INTAKE | changes)


def form(name: str) -> Form:
    return forms.form(name, forms.form_versions(name)[-1])


def codes(found: tuple[forms.FieldError, ...]) -> dict[str, str]:
    return {error.pointer: error.code for error in found}


SAFE = case()
BY_INTAKE = case(intake(addressProtection="yes"))
BY_LEDGER = case(household_of(protection="yes"))


def mother_protected() -> CaseFile:
    ledger = household_of()
    rows = [
        p | ({"protection": "yes"} if p["personId"] == MOTHER else {})
        for p in ledger.data["persons"]
    ]
    return case(replace(ledger, data={"persons": rows}))


def test_protection_is_said_by_the_intake_form_and_the_ledger() -> None:
    assert SAFE.protected_persons == frozenset()
    assert BY_INTAKE.protected_persons == BY_LEDGER.protected_persons == {SUBJECT}
    assert mother_protected().protected_persons == {MOTHER}
    for answer in ("no", "unknown"):
        assert case(intake(addressProtection=answer)).protected_persons == frozenset()


@pytest.mark.parametrize("protected", [BY_INTAKE, BY_LEDGER, mother_protected()])
def test_a_protected_case_takes_no_address_outside_the_compartment(protected: CaseFile) -> None:
    found = sealed.refusals(protected, form("intake"), INTAKE | {"address": ADDRESS})
    assert codes(found) == {"/address": "protected-here"}
    assert sealed.refusals(SAFE, form("intake"), INTAKE | {"address": ADDRESS}) == ()
    family = {"household": [{"name": "花子", "occupationOrSchool": "第三小学校"}]}
    found = sealed.refusals(protected, form("intake"), INTAKE | family)
    assert codes(found) == {"/household/0/occupationOrSchool": "protected-here"}


def test_a_new_case_that_says_yes_takes_none_either() -> None:
    data = INTAKE | {"addressProtection": "yes", "chiefComplaint": "湊町二丁目から逃げてきた"}
    assert codes(sealed.refusals(None, form("intake"), data)) == {"/chiefComplaint": "address-here"}
    assert sealed.refusals(None, form("intake"), data | {"addressProtection": "no"}) == ()


def test_what_is_carried_over_unchanged_does_not_stop_a_writer_who_cannot_see_it() -> None:
    before = intake(address=ADDRESS, chiefComplaint="本町3丁目に住む")
    data = dict(before.data) | {"wishes": "転居したい"}
    assert sealed.refusals(BY_LEDGER, form("intake"), data, before=before) == ()
    moved = data | {"address": {"full": "湊町1番地"}}
    assert codes(sealed.refusals(BY_LEDGER, form("intake"), moved, before=before)) == {
        "/address": "protected-here"
    }


def test_the_compartment_itself_takes_addresses() -> None:
    data = {"personId": SUBJECT, "addresses": [{"full": "湊町2-10-25"}]}
    assert sealed.refusals(BY_INTAKE, form("sealed"), data) == ()


def _inside(schema: Any, root: Any) -> Any:
    """The schema that a local `$ref` names."""
    reference = schema.get("$ref", "")
    return root["$defs"][reference.rpartition("/")[2]] if reference.startswith("#/") else schema


def _marked(schema: Any, root: Any) -> bool:
    inner = _inside(schema, root)
    below = (*inner.get("properties", {}).values(), inner.get("items", {}))
    return bool(schema.get("x-protected")) or any(_marked(s, root) for s in below if s)


def _filled(schema: Any, root: Any) -> Any:
    """Something at every place of a schema, whether or not it is valid there."""
    inner = _inside(schema, root)
    if inner.get("type") == "object":
        return {n: _filled(s, root) for n, s in inner.get("properties", {}).items()}
    return [_filled(inner["items"], root)] if "items" in inner else "1"


@pytest.mark.parametrize("name", forms.form_names())
def test_every_marked_property_of_every_form_is_refused_and_shown_to_nobody(name: str) -> None:
    schema = form(name).schema
    data = _filled(schema, schema)
    marked = {n for n, inner in schema["properties"].items() if _marked(inner, schema)}
    found = sealed.refusals(BY_INTAKE, form(name), data)
    assert {forms.top_level(e.pointer) for e in found if e.code == "protected-here"} == marked
    assert form(name).protects is bool(marked)
    reader = Reader(actor=actor(), situation=situation(BY_INTAKE), now=NOW)
    kept = record(name, data, record_id="r-000000000001")
    assert {
        e.pointer
        for e in sealed.refusals(BY_INTAKE, form(name), reader.show(form(name), kept).data)
    } == set()


@pytest.mark.parametrize(
    "text",
    [
        "船橋市湊町二丁目10番25号に転居",
        "本町9999番地",
        "〒273-8501",
        "〒2738501",
        "湊町２－１０－２５",
        "みなと町2ー10ー25",
        "1丁目2番地3号",
        "12番5号室",
        "丸山荘3-12-8 201号",
    ],
)
def test_addresses_are_recognised_in_free_text(text: str) -> None:
    assert sealed.reads_like_an_address(text)
    note = {"chiefComplaint": f"先週、{text}へ移った。"}
    assert codes(sealed.refusals(BY_INTAKE, form("intake"), note)) == {
        "/chiefComplaint": "address-here"
    }
    assert sealed.refusals(SAFE, form("intake"), note) == ()


@pytest.mark.parametrize(
    "text",
    [
        "令和8-4-1に面談した",
        "2026-04-01",
        "047-436-2111に電話",
        "電話は047-436-2111",
        "2番窓口で会った",
        "第3-2-1回の会議",
        "一番困っていること",
        "110番通報",
        "要介護3、小学3年1組",
        "受付番号 12-34-56",
        "様式2-1",
    ],
)
def test_other_numbers_are_let_pass(text: str) -> None:
    assert not sealed.reads_like_an_address(text)


@given(st.text(max_size=60))
def test_any_text_is_judged_by_itself_alone(text: str) -> None:
    """The refusal cannot depend on what is sealed: it is given nothing of it."""
    verdict = sealed.reads_like_an_address(text)
    note = {"chiefComplaint": text}
    assert bool(sealed.refusals(BY_INTAKE, form("intake"), note)) is verdict


def test_only_the_municipality_ends_a_protection() -> None:
    before = BY_LEDGER.records["household"]
    ended = {"persons": [p | {"protection": "no"} for p in before.data["persons"]]}
    gone = {"persons": [p for p in before.data["persons"] if p["personId"] != SUBJECT]}
    for role, refused in ((Role.MANAGER, False), (Role.OFFICER, False), (Role.COORDINATOR, True)):
        for data, pointer in ((ended, "/persons/0/protection"), (gone, "/persons")):
            found = sealed.refusals(
                BY_LEDGER, form("household"), data, before=before, actor=actor(role)
            )
            assert codes(found) == ({pointer: "municipality-only"} if refused else {})
    kept = sealed.refusals(
        BY_LEDGER, form("household"), before.data, before=before, actor=actor(Role.COORDINATOR)
    )
    assert kept == ()


def test_an_address_from_before_is_shown_to_nobody_while_protection_lasts() -> None:
    address = {
        "address": ADDRESS,
        "household": [{"name": "花子", "occupationOrSchool": "第三小学校"}],
    }
    saved = intake(**address)
    protected = case(saved, household_of(protection="yes"))
    for role in Role:
        reader = Reader(actor=actor(role), situation=situation(protected), now=NOW)
        shown = reader.show(form("intake"), saved).data
        assert "address" not in shown
        assert "第三小学校" not in str(shown)
    open_case = case(saved)
    reader = Reader(actor=actor(), situation=situation(open_case), now=NOW)
    assert reader.show(form("intake"), saved).data["address"] == ADDRESS


def test_no_reader_is_shown_a_sealed_record_whatever_their_part() -> None:
    text = record("sealed", {"sealed": "c2VhbGVk"}, record_id=sealed.record_id(SUBJECT))
    classes = [str(n) for n in range(1, 7)]
    everyone = case(
        members(member(NPO)),
        intake(addressProtection="yes"),
        record("sealed-holders", {"staffIds": ["staff-manager"]}),
        consent(START, classes=classes),
        consent(START, MOTHER, classes=classes),
        text,
    )
    for role in Role:
        for agency in (None, NPO):
            reader = Reader(actor=actor(role, agency), situation=situation(everyone), now=NOW)
            assert not reader.may_see(form("sealed"), text)
            assert reader.show(form("sealed"), text).data == {}


def test_earlier_revisions_lose_their_addresses_sentence_by_sentence() -> None:
    data = {
        "address": ADDRESS,
        "chiefComplaint": "夫から逃げている。今は本町3丁目にいる。眠れない。",
    }
    shown = sealed.shielded(form("intake"), data)
    assert shown == {"chiefComplaint": f"夫から逃げている。{sealed.MASK}眠れない。"}


def test_once_protected_a_case_stays_marked() -> None:
    assert not SAFE.was_protected
    assert BY_INTAKE.was_protected
    assert BY_LEDGER.was_protected
    assert BY_LEDGER.with_records(household_of(protection="no")).was_protected


def test_the_facts_on_list_rows_know_of_the_protection() -> None:
    for protected in (SAFE, BY_INTAKE, BY_LEDGER):
        facts = situation(protected)
        assert facts.protected is bool(protected.protected_persons)
        assert load(dump(facts)) == facts


def test_a_ciphertext_is_bound_to_its_place() -> None:
    context = sealed.key_context(lg_code="122041", case_id="c", person_id=SUBJECT)
    assert context == {"lgCode": "122041", "caseId": "c", "personId": SUBJECT, "purpose": "sealed"}
    other = sealed.key_context(lg_code="122041", case_id="c", person_id=MOTHER)
    bound = {
        sealed.bound_to(c, revision=n, version=v)
        for c in (context, other)
        for n in (1, 2)
        for v in ("1.0.0", "1.1.0")
    }
    assert len(bound) == 8
