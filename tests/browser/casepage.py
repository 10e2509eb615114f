"""A case with a household, kin, ties and a plan, made through the API for the screens of a case."""

from typing import Any

from lambdas.casework.forms import form_versions
from tests.browser.desk import Desk

MOTHER, SON, FORMER = "p-00000000000m", "p-00000000000s", "p-00000000000f"


def add(desk: Desk, case_id: str, form: str, data: Any, **more: Any) -> str:
    """Adds a record as the person at the desk; returns its id."""
    sent = {"form": form, "formVersion": form_versions(form)[-1], "data": data, **more}
    made = desk.api("POST", f"cases/{case_id}/records", sent)
    assert made["status"] == 201, made
    return str(made["body"]["recordId"])


def save(desk: Desk, case_id: str, record_id: str, **changes: Any) -> Any:
    """Saves a record with some of its properties changed."""
    path = f"cases/{case_id}/records/{record_id}"
    record = desk.api("GET", path)["body"]
    sent = {"formVersion": record["formVersion"], "data": {**record["data"], **changes}}
    saved = desk.api("PUT", path, sent, f'"{record["revision"]}"')
    assert saved["status"] == 200, saved
    return saved["body"]


def with_family(desk: Desk, case_id: str) -> str:
    """Puts a mother, a son and a former husband into the household; returns the 本人's id."""
    rows = desk.api("GET", f"cases/{case_id}/records/household")["body"]["data"]["persons"]
    subject = str(rows[0]["personId"])
    born = {"y": 1980, "m": 5, "d": None}
    save(
        desk,
        case_id,
        "household",
        persons=[
            {**rows[0], "sex": "2", "birthDate": born},
            {
                "personId": MOTHER,
                "name": "世帯 ハル",
                "relation": "06",
                "sex": "2",
                "cohabitation": "1",
                "birthDate": {"y": 1948, "m": 2, "d": 3},
            },
            {
                "personId": SON,
                "name": "世帯 太一",
                "relation": "04",
                "sex": "1",
                "cohabitation": "1",
                "kinOf": [{"personId": FORMER, "kind": "child"}],
            },
            {
                "personId": FORMER,
                "name": "別世 次郎",
                "relation": "99",
                "sex": "1",
                "cohabitation": "2",
                "kinOf": [{"personId": subject, "kind": "former-spouse"}],
            },
        ],
    )
    return subject


def plan(**changes: Any) -> dict[str, Any]:
    return {
        "programme": "multi-agency",
        "planNumber": 1,
        "createdOn": "2026-06-01",
        "roles": [
            {"itemId": "row-1", "support": "家計の相談をする"},
            {
                "itemId": "row-2",
                "support": "通院に付き添う",
                "due": "2026-06-30",
            },
        ],
        "from": "2026-06-01",
        "to": "2026-12-01",
        "nextEvaluationOn": "2026-09-01",
        **changes,
    }


def progress(facts: str, **changes: Any) -> dict[str, Any]:
    return {
        "date": "2026-06-05",
        "method": "02",
        "counterpart": "subject",
        "facts": facts,
        "sharedWith": "own",
        **changes,
    }
