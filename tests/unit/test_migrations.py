"""Old records stay readable; the way to the current version is listed and keeps what was said."""

import copy
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.casework import forms
from lambdas.casework.migrations import MIGRATIONS, NoMigrationError, migrate, run
from tests.running import body
from tests.unit.generated import records
from tests.unit.in_process import Answer, InProcess, new_key
from tests.unit.test_schemas import consented, unconsented

OLD, NEW = (forms.form("intake", version) for version in ("1.0.0", "1.1.0"))
Json = dict[str, Any]


def test_every_step_between_neighbouring_versions_is_listed_and_no_other() -> None:
    steps = {
        (form, before, after)
        for form in forms.form_names()
        for before, after in pairwise(forms.form_versions(form))
    }
    assert MIGRATIONS.keys() == steps
    assert steps


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_migrated_record_is_valid_and_nothing_written_is_lost(data: st.DataObject) -> None:
    for (form, before, after), _ in MIGRATIONS.items():
        assert form == "intake", "give the form a base of its own"
        for base in (consented(), unconsented()):
            record = data.draw(records(forms.form(form, before), base))
            original = copy.deepcopy(record)
            migrated = migrate(form, record, before, after)
            assert forms.check(forms.form(form, after), migrated) == ()
            assert record == original
            assert _same_words(record, migrated)
            assert migrate(form, record, before, before) == record


def _same_words(before: Json, after: Json) -> bool:
    """Whether everything written before stands somewhere after."""
    written = [text for _, text in forms.strings(after)]
    return all(any(text in found for found in written) for _, text in forms.strings(before))


def full() -> Json:
    sheet = consented() | {
        "household": [
            {"name": "架空 春", "relation": "06", "note": "要介護2"},
            {"relation": "09", "note": "遠方"},
            {"note": "だれか不明の同居人"},
            {"name": "架空 夏", "age": 8},
        ],
        "involvedAgencies": [
            {"agencyName": "架空クリニック", "agencyKind": "14", "note": "通院は中断"},
            {"agencyKind": "25", "note": "月2回の声かけ"},
            {"note": "名称不明"},
            {"agencyKind": "12"},
        ],
    }
    sheet["consent"] |= {"scope": "勤務先には伝えない", "capacityNote": "説明を理解している"}
    return sheet


def test_special_care_leaves_the_lists_of_the_intake_form() -> None:
    sheet = migrate("intake", full(), "1.0.0", "1.1.0")
    assert sheet["household"] == [
        {"name": "架空 春", "relation": "06"},
        {"relation": "09"},
        {"name": "架空 夏", "age": 8},
    ]
    assert sheet["householdNote"] == (
        "架空 春：要介護2\n弟：遠方\n世帯員・家族3：だれか不明の同居人"
    )
    assert sheet["involvedAgencies"][0] == {"agencyName": "架空クリニック", "agencyKind": "14"}
    assert sheet["involvedAgenciesNote"] == (
        "架空クリニック：通院は中断\n民生委員・児童委員：月2回の声かけ\n機関3：名称不明"
    )
    assert sheet["consentScope"] == "勤務先には伝えない"
    assert sheet["capacityNote"] == "説明を理解している"
    assert sheet["consent"] == consented()["consent"]
    assert NEW.classes["householdNote"] == NEW.classes["capacityNote"] == 3
    assert NEW.classes["household"] == NEW.classes["consent"] == 2


def test_the_longest_notes_still_fit() -> None:
    row = {"name": "架" * 100, "note": "あ" * 500}
    sheet = consented() | {
        "household": [row] * 20,
        "involvedAgencies": [{"agencyName": "架" * 100, "note": "あ" * 500}] * 20,
    }
    assert forms.check(OLD, sheet) == ()
    assert forms.check(NEW, migrate("intake", sheet, "1.0.0", "1.1.0")) == ()


def test_a_sheet_without_notes_stays_as_it_is() -> None:
    for sheet in (consented(), unconsented()):
        assert migrate("intake", sheet, "1.0.0", "1.1.0") == sheet


def test_only_forward_and_only_between_versions_that_exist() -> None:
    with pytest.raises(NoMigrationError):
        migrate("intake", consented(), "1.1.0", "1.0.0")
    with pytest.raises(forms.UnknownFormError):
        migrate("intake", consented(), "1.0.0", "9.0.0")
    with pytest.raises(forms.UnknownFormError):
        migrate("no-form", {}, "1.0.0", "1.0.0")


def test_a_path_runs_step_by_step_and_stops_where_one_is_missing() -> None:
    steps = {
        ("f", "1.0.0", "1.1.0"): lambda data: {**data, "b": 1},
        ("f", "1.1.0", "2.0.0"): lambda data: {"c": data["b"] + 1},
    }
    assert run(steps, "f", {"a": 0}, ("1.0.0", "1.1.0", "2.0.0")) == {"c": 2}
    assert run(steps, "f", {"a": 0}, ("1.0.0",)) == {"a": 0}
    with pytest.raises(NoMigrationError, match=r"f 2\.0\.0 3\.0\.0"):
        run(steps, "f", {"a": 0}, ("1.0.0", "1.1.0", "2.0.0", "3.0.0"))


def test_a_record_of_the_old_version_is_read_by_its_own_schema() -> None:
    """Its lists hold notes of class 3, so that whoever may see class 2 alone is shown none."""
    assert forms.check(OLD, full()) == ()
    assert {p.split("/")[1] for p in (e.pointer for e in forms.check(NEW, full()))} == {
        "household",
        "involvedAgencies",
        "consent",
    }
    assert OLD.classes["household"] == OLD.classes["consent"] == 3


def test_who_goes_on_writing_finds_the_record_under_the_newer_version(here: InProcess) -> None:
    data = full() | {"receivingAgencyId": "municipality", "consentVersion": "no-consent"}
    data |= {"noConsentReason": "まだ説明していない。", "receivedAt": "2026-06-01"}
    del data["consent"]
    made = here.request("kanri1", "POST", "/cases", json_body=body(data), headers=new_key())
    assert made.status == 201, made.text
    path = f"/cases/{made.json['caseId']}/records/intake"
    as_written = here.request("kanri1", "GET", path).json
    assert as_written["formVersion"] == "1.0.0"
    brought = here.request("kanri1", "GET", path, query={"formVersion": "1.1.0"}).json
    assert brought["formVersion"] == "1.1.0"
    assert "要介護2" in brought["data"]["householdNote"]

    sent = {**brought["data"], "wishes": "働きたい"}

    def save(version: str, revision: int) -> Answer:
        return here.request(
            "kanri1",
            "PUT",
            path,
            json_body={"formVersion": version, "data": sent},
            headers={"if-match": f'"{revision}"', **new_key()},
        )

    saved = save("1.1.0", 1)
    assert saved.status == 200, saved.text
    assert saved.json["data"] == sent
    # The earlier revision is what it was; back to the older version leads no way.
    assert here.request("kanri1", "GET", f"{path}/revisions/1").json["data"] == as_written["data"]
    refused = save("1.0.0", 2)
    assert [e["code"] for e in refused.json["errors"]] == ["older-version"]
    for version in ("1.0.0", "9.9.9"):
        answer = here.request("kanri1", "GET", path, query={"formVersion": version})
        assert answer.problem == "bad-query"
    assert here.verify()["problems"] == []


def test_what_the_writer_does_not_see_is_brought_along(here: InProcess) -> None:
    """The officer who is not in charge sees no class 3: under the newer version the notes are
    that, and stay when this officer saves."""
    case_id = here.create(household=full()["household"])
    charge = {"form": "assignment", "data": {"staffIds": ["staff-kanri2"]}}
    charge["formVersion"] = forms.form_versions("assignment")[-1]
    path = f"/cases/{case_id}/records"
    made = here.request("kanri1", "POST", path, json_body=charge, headers=new_key())
    assert made.status == 201, made.text
    path, query = f"{path}/intake", {"formVersion": "1.1.0"}
    seen = here.request("tantou1", "GET", path, query=query).json["data"]
    assert "householdNote" not in seen
    saved = here.request(
        "tantou1",
        "PUT",
        path,
        json_body={"formVersion": "1.1.0", "data": {**seen, "receivedBy": "担当 三奈(訂正)"}},
        headers={"if-match": '"1"', **new_key()},
    )
    assert saved.status == 200, saved.text
    kept = here.request("kanri1", "GET", path).json
    assert kept["formVersion"] == "1.1.0"
    assert kept["data"]["receivedBy"] == "担当 三奈(訂正)"
    assert "要介護2" in kept["data"]["householdNote"]
