"""A store that is full, throttled or at a limit: nothing is half written, nothing written twice,
and the answer says that it is worth trying again."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.store import models
from tests.good_requests import versioned
from tests.running import body, intake
from tests.unit.in_process import InProcess

# As DynamoDB names them: no capacity left, too many requests, a limit of the account.
_TURNED_AWAY = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "LimitExceededException",
)
_MOST_CALLS = 30
_TABLES = ("Query", "GetItem", "BatchGetItem", "PutItem", "TransactWriteItems", "UpdateItem")

PROGRESS = {
    "date": "2026-06-02",
    "method": "02",
    "counterpart": "subject",
    "facts": "一度だけ残る文",
    "sharedWith": "own",
}


def turned_away(operation: str, code: str) -> ClientError:
    said: Any = {
        "Error": {"Code": code, "Message": "table t-records 試験 太郎"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return ClientError(said, operation)


def requests_of(here: InProcess, what: str, case_id: str) -> tuple[str, str, dict[str, Any], Any]:
    """Method, path, body and further headers of something that a person saves."""
    match what:
        case "case":
            return "POST", "/cases", body(intake("試験 花子")), {}
        case "record":
            sent = {"form": "progress", **versioned("progress", PROGRESS)}
            return "POST", f"/cases/{case_id}/records", sent, {}
        case "revision":
            sent = body(intake("試験 太郎", wishes="一度だけ残る文"))
            return "PUT", f"/cases/{case_id}/records/intake", sent, {"if-match": '"1"'}
        case _:
            place = {"caseId": case_id, "form": "progress", "recordId": None}
            text = {**place, "formVersion": "1.0.0", "baseRevision": None}
            kept = {**text, "data": PROGRESS, "removed": [], "about": None}
            return "PUT", f"/drafts/{uuid.uuid4()}", kept, {}


def stored() -> list[str]:
    return sorted(f"{i.pk} {i.sk} {i.serialize()}" for i in models.Record.scan())


@pytest.mark.parametrize("code", _TURNED_AWAY)
@pytest.mark.parametrize("what", ["case", "record", "revision", "draft"])
def test_a_table_that_turns_a_request_away_is_worth_another_try(
    here: InProcess, what: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    case_id = here.create()
    method, path, sent, more = requests_of(here, what, case_id)
    key = {"idempotency-key": str(uuid.uuid4()), **more}
    turned = 0
    for broken in range(1, _MOST_CALLS):
        made = 0

        def fail(operation: str, broken: int = broken) -> None:
            nonlocal made
            made += operation in _TABLES
            if made == broken and operation in _TABLES:
                raise turned_away(operation, code)

        before = stored()
        here.before_call = fail
        answer = here.request("kanri1", method, path, json_body=sent, headers=key)
        here.before_call = lambda _: None
        if made < broken:
            break
        turned += 1
        assert answer.problem == "try-again", answer.text
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "試験" not in answer.text
        assert stored() == before
    assert turned >= 2
    assert "試験" not in caplog.text
    # The attempt that got through at last, asked once more under its key, is the same one.
    assert answer.status in (200, 201), answer.text
    after = stored()
    again = here.request("kanri1", method, path, json_body=sent, headers=key)
    assert again.status in (200, 201), again.text
    if what != "draft":
        assert stored() == after
    assert here.verify()["problems"] == []
