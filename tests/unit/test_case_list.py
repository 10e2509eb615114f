"""What the list of cases shows beside the intake form: the lead agency, and the next day."""

from typing import Any

from lambdas.casework.forms import form_versions
from tests.good_requests import day
from tests.unit.in_process import InProcess, new_key


def rows(here: InProcess, login: str = "kanri1", **query: str) -> dict[str, dict[str, Any]]:
    answer = here.request(login, "GET", "/cases", query=query)
    assert answer.status == 200, answer.text
    return {row["caseId"]: row for row in answer.json["items"]}


def add(here: InProcess, case_id: str, form: str, data: dict[str, Any]) -> None:
    body = {"form": form, "formVersion": form_versions(form)[-1], "data": data}
    answer = here.request(
        "kanri1", "POST", f"/cases/{case_id}/records", json_body=body, headers=new_key()
    )
    assert answer.status == 201, answer.text


def test_the_lead_agency_is_shown_to_whoever_may_see_who_is_in_charge(here: InProcess) -> None:
    case_id = here.create()
    assert "leadAgencyName" not in rows(here)[case_id]
    add(here, case_id, "assignment", {"leadAgencyId": "council", "staffIds": ["staff-kanri1"]})
    assert rows(here)[case_id]["leadAgencyName"] == "社会福祉協議会"
    # A case that an agency received and nobody consented to: who is in charge is not for it.
    theirs = here.create("houkatsu1", receivingAgencyId="elderly")
    add(here, theirs, "assignment", {"leadAgencyId": "council", "staffIds": ["staff-kanri1"]})
    assert rows(here)[theirs]["leadAgencyName"] == "社会福祉協議会"
    assert "leadAgencyName" not in rows(here, "houkatsu1").get(theirs, {})


def test_the_next_day_comes_when_it_is_asked_for_and_costs_one_call(here: InProcess) -> None:
    case_id = here.create(receivedAt=day(-1))
    assert "next" not in rows(here)[case_id]
    plain = list(here.calls)
    found = rows(here, tasks="next")[case_id]["next"]
    assert found["due"] == day(6)
    assert "スクリーニング" in found["text"]
    asked = [c for c in here.calls if c != "GetItem"]
    assert sorted(asked) == sorted(["BatchGetItem", *(c for c in plain if c != "GetItem")])
    # The screening is nothing that an agency does.
    assert "next" not in rows(here, "houkatsu1", tasks="next").get(case_id, {})


def test_the_nearest_of_several_days_is_shown(here: InProcess) -> None:
    case_id = here.create(receivedAt=day())
    note = {
        "date": day(),
        "method": "02",
        "counterpart": "subject",
        "facts": "話した。",
        "sharedWith": "own",
        "nextAction": "もう一度訪ねる。",
        "nextDue": day(3),
    }
    add(here, case_id, "progress", note)
    assert rows(here, tasks="next")[case_id]["next"]["due"] == day(3)


def test_what_is_no_answer_to_tasks_is_refused(here: InProcess) -> None:
    assert here.request("kanri1", "GET", "/cases", query={"tasks": "all"}).status == 400
