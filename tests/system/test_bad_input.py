"""What is hostile or mistaken is refused with words, and nothing is stored."""

import json
import uuid

import pytest

from tests.running import body, intake
from tests.system.test_cases import problem

VALID_NUMBER = "123456789018"  # a published test vector of the check digit


def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def manager(tenant):
    return tenant.client("kanri1")


@pytest.fixture(scope="module")
def count(manager):
    def cases() -> int:
        found, cursor = 0, None
        while True:
            params = {"limit": 100, **({"cursor": cursor} if cursor else {})}
            page = manager.request("GET", "cases", params=params).json()
            found, cursor = found + len(page["items"]), page["nextCursor"]
            if cursor is None:
                return found

    return cases


def send(manager, raw: bytes, content_type: str = "application/json"):
    return manager.request(
        "POST",
        "cases",
        content=raw,
        headers={"Idempotency-Key": key(), "Content-Type": content_type},
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"formVersion": NaN}',
        b'{"formVersion": 1e999}',
        b'{"formVersion": "1.0.0", "formVersion": "1.0.0", "data": {}}',
        b'{"data": "\\ud800"}',
        b"[" * 5000,
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b'{"data": {"householdSize": ' + b"9" * 400 + b"}}",
    ],
)
def test_what_is_no_clean_json_object_is_malformed(manager, raw):
    problem(send(manager, raw), 400, "malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_media_type_is_refused(manager, kind):
    answer = send(manager, json.dumps(body(intake())).encode(), kind)
    problem(answer, 415, "unsupported-media-type")


def test_too_large_a_body_is_refused(manager, count):
    before = count()
    data = intake(chiefComplaint="長" * 100_000)
    problem(send(manager, json.dumps(body(data)).encode()), 413, "too-large")
    assert count() == before


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"route": "zz"}, "/data/route", "not-in-list"),
        ({"route": None}, "/data/route", "required"),
        ({"receivedAt": "2026-02-30"}, "/data/receivedAt", "format"),
        ({"receivedAt": "2099-01-01"}, "/data/receivedAt", "future-date"),
        ({"receivingAgencyId": "nobody"}, "/data/receivingAgencyId", "unknown-agency"),
        ({"surprise": 1}, "/data/surprise", "unknown-field"),
        ({"wishes": "長" * 5001}, "/data/wishes", "maxLength"),
        ({"wishes": "a\x00b"}, "/data/wishes", "unstorable-characters"),
        ({"name": "改\n行"}, "/data/name", "unstorable-characters"),
        ({"name": "\u202e逆向き"}, "/data/name", "unstorable-characters"),
        ({"noConsentReason": None}, "/data/noConsentReason", "required"),
        ({"concerns": ["03", "03"]}, "/data/concerns", "uniqueItems"),
        ({"householdSize": "3"}, "/data/householdSize", "type"),
    ],
)
def test_a_fault_in_a_field_is_told_at_its_pointer_in_japanese(
    manager, count, change, pointer, code
):
    before = count()
    answer = manager.create_case(body(intake(**change)), key())
    errors = problem(answer, 422, "invalid-record")["errors"]
    found = {e["pointer"]: e for e in errors}
    assert found[pointer]["code"] == code
    assert any("ぁ" <= c <= "ん" for c in found[pointer]["message"])
    assert count() == before


def test_an_error_never_repeats_what_was_sent(manager):
    answer = manager.create_case(body(intake("秘密 の名前", route="秘密の経路")), key())
    assert answer.status_code == 422
    assert "秘密" not in answer.text


@pytest.mark.parametrize(
    "text",
    [
        f"番号は{VALID_NUMBER}です",
        "1234-5678-9018",
        "1234 5678 9018",
        "１２３４５６７８９０１８",
        "1234\n5678\n9018",
        "電話 0474362111\n1234-5678-9018",
    ],
)
def test_a_my_number_is_refused_wherever_it_stands(manager, count, text):
    before = count()
    answer = manager.create_case(body(intake(chiefComplaint=text)), key())
    details = problem(answer, 422, "my-number-suspected")
    assert [e["pointer"] for e in details["errors"]] == ["/data/chiefComplaint"]
    assert VALID_NUMBER not in answer.text
    assert count() == before


def test_who_states_that_it_is_no_my_number_gives_a_reason_and_is_recorded(manager):
    data = body(
        intake(chiefComplaint=f"契約番号 {VALID_NUMBER}"),
        notMyNumber=[{"pointer": "/chiefComplaint", "reason": "携帯電話の契約番号"}],
    )
    made = manager.create_case(data, key())
    assert made.status_code == 201, made.text
    empty = body(
        intake(chiefComplaint=f"契約番号 {VALID_NUMBER}"),
        notMyNumber=[{"pointer": "/chiefComplaint", "reason": "  "}],
    )
    problem(manager.create_case(empty, key()), 422, "invalid-record")


def test_longer_runs_and_other_numbers_pass(manager):
    data = intake(
        chiefComplaint=f"1{VALID_NUMBER} と 123456789012 と 090-1234-5678 と 2026年4月1日"
    )
    assert manager.create_case(body(data), key()).status_code == 201


def test_an_unknown_form_version_is_refused(manager):
    answer = manager.create_case({**body(intake()), "formVersion": "9.0.0"}, key())
    errors = problem(answer, 422, "invalid-record")["errors"]
    assert errors[0]["pointer"] == "/formVersion"


def test_a_path_that_is_not_there_and_a_method_that_is_not_offered_answer_as_problems(manager):
    for method, path in (("GET", "nowhere"), ("DELETE", "cases"), ("POST", "me")):
        answer = manager.request(method, path, **({"json": {}} if method == "POST" else {}))
        assert answer.status_code in (404, 405)
        assert answer.headers["content-type"].startswith("application/problem+json")
