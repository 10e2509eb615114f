"""What a hostile or unlucky client tries at the edges of the API."""

from typing import Any

import pytest

from lambdas.api.call import parse_json
from lambdas.api.problems import Problem
from lambdas.store import sign_in as steps
from tests.running import body, intake
from tests.unit.in_process import InProcess, new_key

NUMBER = "123456789018"
ADDRESS = {"full": "千葉県船橋市本町9999番地"}


def test_claims_come_as_the_gateway_hands_them_on_with_dates_as_text(here: InProcess) -> None:
    assert here.request("kanri1", "GET", "/me").status == 200
    for wrong in ("", "Mon Nov 23 03:00:00 UTC 2026", "-1"):
        claims = {"sub": "sub-kanri1", "token_use": "id", "aud": "client", "auth_time": wrong}
        answer = here.request(None, "GET", "/me", claims=claims)
        assert answer.problem == "sign-in-required"


def test_a_key_used_on_another_case_is_another_request(here: InProcess) -> None:
    first, second = here.create(), here.create()
    key = new_key()
    for case_id in (first, second):
        answer = here.request(
            "kanri1",
            "PUT",
            f"/cases/{case_id}/records/intake",
            json_body=body(intake(wishes="同じ内容")),
            headers={"if-match": '"1"', **key},
        )
        assert answer.status == 200
        assert here.read(case_id).json["data"]["wishes"] == "同じ内容"


def test_once_protected_an_address_never_comes_back_from_the_past(here: InProcess) -> None:
    case_id = here.create(addressProtection="no", address=ADDRESS)
    key = new_key()
    replayed = {
        "json_body": body(intake(addressProtection="no", address=ADDRESS, wishes="前")),
        "headers": {"if-match": '"1"', **key},
    }
    path = f"/cases/{case_id}/records/intake"
    assert here.request("kanri1", "PUT", path, **replayed).status == 200
    assert here.save(case_id, 2, addressProtection="yes").status == 200
    again = here.request("kanri1", "PUT", path, **replayed)
    assert again.status == 200
    assert "9999" not in again.text
    # A contractor's or an agency's word does not end the protection; the municipality's does.
    refused = here.save(case_id, 3, login="chousei1", addressProtection="no")
    assert refused.problem == "invalid-record"
    assert refused.json["errors"][0]["code"] == "municipality-only"
    assert here.save(case_id, 3, login="tantou1", addressProtection="no").status == 200
    for number in (1, 2):
        for login in ("kanri1", "chousei1"):
            earlier = here.request(login, "GET", f"{path}/revisions/{number}")
            assert earlier.status == 200
            assert "9999" not in earlier.text


@pytest.mark.parametrize(
    "more",
    [
        {"notMyNumber": [{"pointer": "/wishes", "reason": f"個人番号は {NUMBER} です"}]},
        {"source": {"system": "x", "id": NUMBER, "contentSha256": "a" * 64}},
        {
            "source": {"system": "x", "id": "1", "contentSha256": "a" * 64},
            "notMyNumber": [{"pointer": "/chiefComplaint", "reason": "契約番号"}],
        },
    ],
)
def test_a_my_number_gets_in_by_no_side_door(here: InProcess, more: dict[str, Any]) -> None:
    answer = here.request(
        "kanri1", "POST", "/cases", json_body=body(intake(), **more), headers=new_key()
    )
    assert answer.problem == "invalid-record"
    assert NUMBER not in answer.text
    assert here.request("kanri1", "GET", "/cases").json["items"] == []


def test_a_missing_case_and_a_refused_one_cost_the_same_calls(here: InProcess) -> None:
    hidden = here.create(receivingAgencyId="elderly")
    here.request("komorebi1", "GET", f"/cases/{hidden}")
    refused = list(here.calls)
    missing = hidden[:12] + "000000-" + _check(hidden[:12] + "000000")
    here.request("komorebi1", "GET", f"/cases/{missing}")
    assert here.calls == refused


def _check(stem: str) -> str:
    from lambdas.casework.case_id import _check_character

    return _check_character(stem)


def test_of_many_tries_at_once_a_few_reach_the_password(here: InProcess) -> None:
    """Each is stopped between its look at the counter and its count, as others come in between."""
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    inside: list[int] = []
    depth = 0

    def others_come_in_between(operation: str) -> None:
        nonlocal depth
        if operation == "UpdateItem" and depth < 20:
            depth += 1
            inside.append(steps.take_turn("kanri1", now))

    here.before_call = others_come_in_between
    inside.append(steps.take_turn("kanri1", now))
    assert inside.count(0) == 1


@pytest.mark.parametrize("limit", ["9" * 5000, "５", "0", "-1", "1e2", " 5"])
def test_any_limit_is_answered(here: InProcess, limit: str) -> None:
    answer = here.request("kanri1", "GET", "/cases", query={"limit": limit})
    assert answer.problem == "bad-query"


@pytest.mark.parametrize("cursor", ["", "x", "２０２６-01-01#122041-2026-000000-0", "a" * 5000])
@pytest.mark.parametrize("where", ["/cases", "audit"])
def test_any_cursor_is_answered(here: InProcess, cursor: str, where: str) -> None:
    path = "/cases" if where == "/cases" else f"/cases/{here.create()}/audit"
    answer = here.request("kanri1", "GET", path, query={"cursor": cursor})
    assert answer.problem == "bad-query"


@pytest.mark.parametrize("depth", [40, 300, 900, 5000])
def test_deep_nesting_is_malformed(depth: int) -> None:
    with pytest.raises(Problem, match="malformed"):
        parse_json(b'{"a":' * depth + b"1" + b"}" * depth)


@pytest.mark.parametrize(
    "origin", ["http://[", "null", "https://soudan.example.evil", "soudan.example", "//", ""]
)
def test_any_origin_is_answered(here: InProcess, origin: str) -> None:
    answer = here.request(None, "POST", "/auth/refresh", json_body={}, headers={"origin": origin})
    assert (answer.status, answer.problem) == (403, "wrong-origin")


def test_a_case_says_what_may_be_done_with_it(here: InProcess) -> None:
    case_id = here.create("houkatsu1", receivingAgencyId="elderly")

    def told(login: str) -> tuple[bool, set[str], set[str]]:
        """Whether they read the trail; forms they may add; records they may go on writing."""
        case = here.request(login, "GET", f"/cases/{case_id}").json
        writable = {r["recordId"] for r in case["records"] if r["mayWrite"]}
        return case["can"]["readAudit"], set(case["can"]["addForms"]), writable

    audit, add, write = told("kanri1")
    assert audit
    assert {"decision", "progress", "sealed-holders"} <= add
    # What has routes of its own, or is there already and only once, is not offered.
    assert not add & {"transition", "attachment", "sealed", "conference", "household", "intake"}
    assert {"intake", "household", "members"} <= write
    audit, add, write = told("houkatsu1")
    assert not audit
    assert "progress" in add
    assert not add & {"decision", "sealed-holders", "release"}
    assert "intake" in write
    assert "members" not in write
    # Without the person's consent the case is not even known to the commissioner of that agency.
    assert here.request("minsei1", "GET", f"/cases/{case_id}").problem == "nothing-to-show"
