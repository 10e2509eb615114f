"""One transaction per write, nothing without its event, counted calls, failures in turn."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambdas.casework.case_id import ALPHABET
from lambdas.store import models
from lambdas.store.index import IndexChange
from tests.running import body, intake
from tests.unit.in_process import InProcess, new_key


def test_opening_a_case_is_one_query_one_staff_read_one_audit_put(here: InProcess) -> None:
    case_id = here.create()
    for path in (f"/cases/{case_id}", f"/cases/{case_id}/records/intake"):
        here.request("kanri1", "GET", path)
        assert here.calls == ["GetItem", "Query", "PutItem"]


def test_saving_a_form_is_one_read_and_one_transaction_beside_the_staff_read(
    here: InProcess,
) -> None:
    case_id = here.create()
    assert here.save(case_id, 1, wishes="働きたい").status == 200
    assert here.calls == ["GetItem", "Query", "TransactWriteItems"]


def test_a_list_page_is_one_query_one_staff_read_one_audit_put(here: InProcess) -> None:
    for _ in range(3):
        here.create()
    page = here.request("kanri1", "GET", "/cases")
    assert len(page.json["items"]) == 3
    assert here.calls == ["GetItem", "Query", "PutItem"]


def test_one_page_event_names_every_case_it_showed(here: InProcess) -> None:
    ids = {here.create() for _ in range(3)}
    here.request("kanri1", "GET", "/cases")
    import json

    events = [json.loads(i.event) for i in models.AuditItem.query("LIST")]
    assert len(events) == 1
    assert set(events[0]["cases"]) == ids


def test_a_refused_read_stays_refused_when_its_event_cannot_be_written(here: InProcess) -> None:
    """No body leaves before the event of its reading is kept."""
    case_id = here.create()

    def fail(operation: str) -> None:
        if operation == "PutItem":
            raise EndpointConnectionError(endpoint_url="x")

    here.before_call = fail
    answer = here.read(case_id)
    assert answer.status == 500
    assert "試験 太郎" not in answer.text


@pytest.mark.parametrize("failing", range(1, 5))
@pytest.mark.parametrize("what", ["create", "save"])
def test_a_crash_before_any_call_leaves_all_or_nothing(
    here: InProcess, failing: int, what: str
) -> None:
    case_id = here.create()
    rows = here.request("kanri1", "GET", "/cases").json["items"]
    count = 0

    def fail(_operation: str) -> None:
        nonlocal count
        count += 1
        if count == failing:
            raise EndpointConnectionError(endpoint_url="x")

    here.before_call = fail
    if what == "create":
        answer = here.request(
            "kanri1", "POST", "/cases", json_body=body(intake("新しい 人")), headers=new_key()
        )
    else:
        answer = here.save(case_id, 1, wishes="変更後")
    here.before_call = lambda _: None
    done = answer.status in (200, 201)
    assert done == (count < failing)
    after = here.request("kanri1", "GET", "/cases").json["items"]
    assert len(after) == len(rows) + (1 if done and what == "create" else 0)
    wishes = here.read(case_id).json["data"].get("wishes")
    assert wishes == ("変更後" if done and what == "save" else None)
    assert here.verify()["problems"] == []


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code, "Message": ""} for code in codes]
    return ClientError(
        {
            "Error": {"Code": "TransactionCanceledException", "Message": ""},
            "CancellationReasons": reasons,
        },
        "TransactWriteItems",
    )


def test_a_conflict_in_flight_is_tried_again(here: InProcess) -> None:
    case_id = here.create()
    conflicts = iter([True, True, False])

    def fail(operation: str) -> None:
        if operation == "TransactWriteItems" and next(conflicts):
            raise cancelled("None", "TransactionConflict", "None")

    here.before_call = fail
    assert here.save(case_id, 1, wishes="働きたい").status == 200
    here.before_call = lambda _: None
    assert here.verify()["problems"] == []


def test_endless_conflicts_end_in_try_again_with_nothing_stored(here: InProcess) -> None:
    case_id = here.create()

    def fail(operation: str) -> None:
        if operation == "TransactWriteItems":
            raise cancelled("TransactionConflict")

    here.before_call = fail
    answer = here.save(case_id, 1, wishes="働きたい")
    assert (answer.status, answer.problem) == (503, "try-again")
    assert answer.headers["retry-after"]
    here.before_call = lambda _: None
    assert here.read(case_id).json["revision"] == 1


def test_a_write_that_meets_another_on_the_same_case_joins_the_chain_behind_it(
    here: InProcess,
) -> None:
    """Another form of the case was saved between our read and our write."""
    case_id = here.create()
    moved = False

    def move_chain_on(operation: str) -> None:
        nonlocal moved
        if operation == "TransactWriteItems" and not moved:
            moved = True
            here.save(case_id, 1, login="tantou1", wishes="先の人")

    here.before_call = move_chain_on
    answer = here.save(case_id, 1, wishes="後の人")
    here.before_call = lambda _: None
    assert (answer.status, answer.problem) == (412, "changed-by-other")
    assert here.read(case_id).json["data"]["wishes"] == "先の人"
    assert here.verify()["problems"] == []


def test_a_case_number_that_is_taken_is_drawn_again(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = here.create()
    letters = iter(taken[12:18] + "ABCDEF")
    # Only case numbers are drawn from this alphabet; other ids stay random.
    monkeypatch.setattr(
        "secrets.choice", lambda text: next(letters) if text == ALPHABET else text[-1]
    )
    fresh = here.create()
    assert fresh != taken
    assert here.read(taken).json["revision"] == here.read(fresh).json["revision"] == 1


def test_no_revision_is_ever_overwritten(here: InProcess) -> None:
    case_id = here.create()
    before = models.Revision.get(f"REV#CASE#{case_id}#intake", "00000001").data
    # As if the head had been set back: the transaction must fail on the revision that exists.
    head = models.RecordHead.get(f"CASE#{case_id}", "REC#intake")
    head.revision = 0
    head.save()
    assert here.save(case_id, 0, wishes="上書き").status != 200
    assert models.Revision.get(f"REV#CASE#{case_id}#intake", "00000001").data == before


def test_records_have_no_time_to_live(here: InProcess) -> None:
    case_id = here.create()
    here.save(case_id, 1, wishes="働きたい")
    for item in models.Record.scan():
        # Who asked what, and which case the index has to look at again: no content of either.
        transient = isinstance(item, models.Idempotency | IndexChange)
        assert ("expiresAt" in item.serialize()) == transient
