"""Drafts: kept for the person who typed them, sealed, and shown only as long as the case is."""

import json
import time
import uuid
from typing import Any

import pytest

from lambdas.api.tenant import keys
from lambdas.casework.forms import form_versions
from lambdas.store import drafts, models
from lambdas.store.keys import UnreadableError
from tests.unit.in_process import Answer, InProcess

FACTS = "玄関先で長男と話した。\n仕事を探したいと言う。"


def draft(case_id: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "caseId": case_id,
        "form": "progress",
        "recordId": None,
        "formVersion": form_versions("progress")[-1],
        "baseRevision": None,
        "data": {"facts": FACTS},
        "removed": [],
        "about": None,
        **changes,
    }


def keep(here: InProcess, body: dict[str, Any], *, login: str = "kanri1", at: str = "") -> Answer:
    return here.request(login, "PUT", f"/drafts/{at or uuid.uuid4()}", json_body=body)


def listed(here: InProcess, login: str = "kanri1") -> list[dict[str, Any]]:
    answer = here.request(login, "GET", "/drafts")
    assert answer.status == 200
    return list(answer.json["items"])


def test_a_draft_comes_back_as_it_was_typed_and_ends_when_it_is_dropped(here: InProcess) -> None:
    case_id, at = here.create(), str(uuid.uuid4())
    assert keep(here, draft(case_id, data={"facts": "玄"}), at=at).status == 200
    kept = keep(here, draft(case_id, removed=["opinion"], about=[]), at=at)
    assert kept.status == 200
    assert here.calls.count("PutItem") == 1
    assert [d["draftId"] for d in listed(here)] == [at]
    assert set(listed(here)[0]) == {"draftId", "caseId", "form", "recordId", "savedAt"}
    again = here.request("kanri1", "GET", f"/drafts/{at}").json
    assert again["data"] == {"facts": FACTS}
    # None of the household named is the household as a whole, and not the same as nothing said.
    assert (again["removed"], again["about"]) == (["opinion"], [])
    for _ in range(2):
        assert here.request("kanri1", "DELETE", f"/drafts/{at}").status == 204
    assert listed(here) == []
    assert here.request("kanri1", "GET", f"/drafts/{at}").status == 404


def test_nobody_else_is_shown_it_and_it_opens_under_no_other_name(here: InProcess) -> None:
    case_id = here.create()
    at = keep(here, draft(case_id)).json["draftId"]
    assert listed(here, "kanri2") == []
    assert here.request("kanri2", "GET", f"/drafts/{at}").status == 404
    assert here.request("kanri2", "DELETE", f"/drafts/{at}").status == 204
    assert [d["draftId"] for d in listed(here)] == [at]
    item = next(models.Draft.query("DRAFTS#staff-kanri1"))
    assert not any(part in str(item.serialize()) for part in ("玄関", "長男", "facts"))
    for context in (
        {"lgCode": "122041", "staffId": "staff-kanri2", "purpose": drafts.PURPOSE},
        {"lgCode": "122360", "staffId": "staff-kanri1", "purpose": drafts.PURPOSE},
    ):
        with pytest.raises(UnreadableError):
            keys().opened(item.wrapped, context)


def test_it_goes_with_the_right_to_see_the_case(here: InProcess) -> None:
    """What somebody read in a case may stand in their draft: with the case it is out of sight."""
    case_id = here.create()
    at = keep(here, draft(case_id), login="houkatsu1").json["draftId"]
    # The agency is no member of this case.
    assert listed(here, "houkatsu1") == []
    assert here.request("houkatsu1", "GET", f"/drafts/{at}").status == 404
    outside = keep(here, draft(None, form="phone-memo"), login="houkatsu1").json["draftId"]
    assert [d["draftId"] for d in listed(here, "houkatsu1")] == [outside]


def test_an_expired_draft_is_not_shown_before_the_table_deletes_it(here: InProcess) -> None:
    at = keep(here, draft(None, form="phone-memo")).json["draftId"]
    item = models.Draft.get("DRAFTS#staff-kanri1", at)
    assert item.expires_at > 0
    item.expires_at = 1
    item.save()
    assert listed(here) == []
    assert here.request("kanri1", "GET", f"/drafts/{at}").status == 404


def test_the_town_says_how_long_a_draft_is_kept(here: InProcess) -> None:
    def days() -> float:
        at = keep(here, draft(None, form="phone-memo")).json["draftId"]
        return (models.Draft.get("DRAFTS#staff-kanri1", at).expires_at - time.time()) / 86_400

    assert days() == pytest.approx(14, abs=0.01)
    answer = here.request(
        "kanri1",
        "PUT",
        "/settings",
        json_body={"document": {"preset": "minimal", "terms": {"draftDays": 3}}},
        headers={"if-match": '"0"', "idempotency-key": str(uuid.uuid4())},
    )
    assert answer.status == 200, answer.text
    assert days() == pytest.approx(3, abs=0.01)


def test_opening_one_is_told_in_the_log_of_its_case(here: InProcess) -> None:
    case_id = here.create()
    at = keep(here, draft(case_id)).json["draftId"]
    here.request("kanri1", "GET", f"/drafts/{at}")
    told = here.request("kanri1", "GET", f"/cases/{case_id}/audit").json["items"]
    assert [e["actionLabel"] for e in told if e["action"] == "read-draft"] == [
        "自分の書きかけを開いた"
    ]
    assert "玄関" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"data": {"facts": "番号は 1234-5678-9018 です"}}, 422),
        ({"form": "sealed"}, 404),
        ({"form": "nothing"}, 404),
        ({"data": "text"}, 422),
        ({"data": {"facts": "あ" * 300_000}}, 413),
    ],
    ids=["my-number", "sealed", "unknown-form", "no-object", "too-large"],
)
def test_what_may_not_be_kept_is_refused(
    here: InProcess, changes: dict[str, Any], status: int
) -> None:
    answer = keep(here, draft(here.create(), **changes))
    assert answer.status == status, answer.text
    assert listed(here) == []


@pytest.mark.parametrize("at", ["x", "..", "0" * 36, "00000000-0000-4000-8000-00000000000G"])
def test_an_id_that_is_none_leads_nowhere(here: InProcess, at: str) -> None:
    assert keep(here, draft(None), at=at).status == 404
    assert here.request("kanri1", "GET", f"/drafts/{at}").status == 404
    assert here.request("kanri1", "DELETE", f"/drafts/{at}").status == 404
