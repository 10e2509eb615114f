"""Who sees what, through the API: what is told agrees with what each then really reads."""

from typing import Any

import pytest

from tests.unit.in_process import InProcess, new_key
from tests.unit.test_api import validator
from tests.unit.test_meetings_api import Table, day, version


@pytest.fixture
def table(here: InProcess) -> Table:
    return Table(here)


def sharing(table: Table, login: str, case: str, **query: str) -> Any:
    answer = table.here.request(login, "GET", f"/cases/{case}/sharing", query=query or None)
    assert answer.status == 200, answer.text
    assert not list(validator("Sharing").iter_errors(answer.json))
    return answer.json


def shared(table: Table, case: str) -> str:
    """A case that an agency shares by the consent of the 本人; the consent's number."""
    household = table.call("kanri1", "GET", f"/cases/{case}/records/household").json["data"]
    members = table.call("kanri1", "GET", f"/cases/{case}/records/members")
    rows = [
        *members.json["data"]["members"],
        {"agencyId": "npo", "kind": "participant", "from": day()},
    ]
    saved = table.call(
        "kanri1",
        "PUT",
        f"/cases/{case}/records/members",
        {"formVersion": version("members"), "data": {"members": rows}},
        **{"if-match": members.headers["etag"], **new_key()},
    )
    assert saved.status == 200, saved.text
    return table.add(
        case,
        "consent",
        {
            "personId": household["persons"][0]["personId"],
            "kinds": ["sharing"],
            "agencies": ["npo"],
            "classes": ["1", "2"],
            "purpose": "支援のため",
            "explainer": "職員",
            "explainedOn": day(),
            "method": "01",
            "date": day(),
            "from": day(),
            "to": day(90),
            "evidence": "同意書の綴り",
        },
    )


def lines(items: Any, agency: str) -> list[tuple[str, list[int], str | None]]:
    return [(i["basis"], i["classes"], i["to"]) for i in items if i["agencyId"] == agency]


def test_what_is_told_is_what_each_then_reads_until_the_withdrawal(table: Table) -> None:
    case = table.here.create()
    assert lines(sharing(table, "kanri1", case)["items"], "npo") == []
    assert table.call("komorebi1", "GET", f"/cases/{case}").status == 404
    consent = shared(table, case)
    told = sharing(table, "kanri1", case, without=consent)
    assert lines(told["items"], "npo") == [("consent", [1, 2], day(90))]
    assert told["liveConsents"] == [consent]
    assert lines(told["lost"], "npo") == [("consent", [1, 2], day(90))]
    assert [row["agencyId"] for row in told["lostCase"]] == ["npo"]
    assert table.call("komorebi1", "GET", f"/cases/{case}").status == 200
    # The agency is told its own line; names of who runs the case are not among it.
    own = sharing(table, "komorebi1", case)
    assert lines(own["items"], "npo") == [("consent", [1, 2], day(90))]
    assert all(not row["staff"] for row in own["items"])

    table.add(
        case, "consent-withdrawal", {"consentId": consent, "date": day(), "receivedBy": "職員"}
    )
    after = sharing(table, "kanri1", case)
    assert (lines(after["items"], "npo"), after["liveConsents"]) == ([], [])
    assert table.call("komorebi1", "GET", f"/cases/{case}").status == 404
    assert table.here.verify()["problems"] == []


def test_a_shien_kaigi_is_told_to_who_sat_there_and_to_the_office(table: Table) -> None:
    case = table.here.create()
    meeting = table.convene(kinds=["shien"])
    assert table.lay(meeting, case, ("houkatsu1", "elderly")).status == 201
    told = sharing(table, "kanri1", case)["items"]
    (line,) = [row for row in told if row["agencyId"] == "elderly"]
    assert (line["basis"], line["classes"], line["to"]) == ("shien-kaigi-106-6", [5], day(17))
    assert [who["staffId"] for who in line["staff"]] == ["staff-houkatsu1"]
    assert "支援会議" in line["basisLabel"]
    # The programme, which was not there, is told nothing of it.
    assert lines(sharing(table, "chousei1", case)["items"], "elderly") == []


def test_the_programme_sees_by_its_contract_and_until_it_ends(table: Table) -> None:
    case = table.here.create()
    for login in ("kanri1", "chousei1"):
        (line,) = [i for i in sharing(table, login, case)["items"] if i["agencyId"] == "council"]
        assert (line["basis"], line["to"]) == ("outsourcing", None)
        assert line["classes"] == [1, 2, 3, 4]
    terms = {
        "from": "2026-04-01",
        "to": day(40),
        "scope": "多機関協働事業",
        "number": "委7-12",
        "subcontracting": "forbidden",
    }
    assert table.call("kanri1", "PUT", "/agencies/council/contract", terms).status == 200
    (line,) = [i for i in sharing(table, "kanri1", case)["items"] if i["agencyId"] == "council"]
    assert line["to"] == day(40)


def test_questions_that_lead_nowhere(table: Table) -> None:
    case = table.here.create()
    for without in ("x", "intake"):
        answer = table.here.request(
            "kanri1", "GET", f"/cases/{case}/sharing", query={"without": without}
        )
        assert answer.problem == "bad-query"
    missing = {"without": "r-000000000000"}
    answer = table.here.request("kanri1", "GET", f"/cases/{case}/sharing", query=missing)
    assert answer.problem == "nothing-to-show"
    for login in ("komorebi1", "kansa1"):
        answer = table.here.request(login, "GET", f"/cases/{case}/sharing")
        assert answer.problem == "nothing-to-show"
