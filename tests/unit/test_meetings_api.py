"""Meetings through the API: who finds one, what each finds on its agenda, and the papers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import form_versions
from tests.unit.in_process import Answer, InProcess, new_key
from tests.unit.test_api import validator

OUTSIDERS = ("houkatsu1", "komorebi1", "minsei1", "kansa1")


def day(offset: int = 0) -> str:
    return (japanese_day(datetime.now(UTC)) + timedelta(days=offset)).isoformat()


def version(form: str) -> str:
    return form_versions(form)[-1]


@dataclass
class Table:
    """A meeting room: calls as one of the staff."""

    here: InProcess

    def call(self, login: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = headers or ({} if method == "GET" else new_key())
        return self.here.request(login, method, path, json_body=body, headers=sent)

    def convene(self, login: str = "tantou1", **changes: Any) -> str:
        data = {"title": "定例会議", "date": day(3), "kinds": ["juso"], **changes}
        body = {"formVersion": version("meeting"), "data": data}
        answer = self.call(login, "POST", "/meetings", body)
        assert answer.status == 201, answer.text
        assert not list(validator("Meeting").iter_errors(answer.json))
        return str(answer.json["meetingId"])

    def lay(
        self,
        meeting: str,
        case: str,
        *guests: tuple[str, str],
        login: str = "tantou1",
        key: dict[str, str] | None = None,
        **changes: Any,
    ) -> Answer:
        """Lays a case before a 支援会議 that these people attend with the manager."""
        people = (("kanri1", "municipality"), *guests)
        data = {
            "kind": "shien",
            "basis": "106-6",
            "attendees": [
                {
                    "staffId": f"staff-{who}",
                    "agencyId": agency,
                    "agencyName": agency,
                    "name": who,
                    "pledgedOn": "2026-04-01",
                }
                for who, agency in people
            ],
            **changes,
        }
        body = {"caseId": case, "formVersion": version("conference"), "data": data}
        path = f"/meetings/{meeting}/cases"
        return self.here.request(login, "POST", path, json_body=body, headers=key or new_key())

    def read(self, login: str, meeting: str) -> Answer:
        answer = self.call(login, "GET", f"/meetings/{meeting}")
        if answer.status == 200:
            assert not list(validator("Meeting").iter_errors(answer.json))
        return answer

    def agenda(self, login: str, meeting: str) -> list[str]:
        return [row["caseId"] for row in self.read(login, meeting).json["agenda"]]

    def listed(self, login: str, **query: str) -> list[str]:
        answer = self.here.request(login, "GET", "/meetings", query=query or None)
        assert answer.status == 200, answer.text
        assert not list(validator("MeetingPage").iter_errors(answer.json))
        assert answer.json["nextCursor"] is None
        return [row["meetingId"] for row in answer.json["items"]]

    def papers(self, login: str, meeting: str, case: str) -> Answer:
        return self.call(login, "GET", f"/meetings/{meeting}/cases/{case}/papers")

    def add(self, case: str, form: str, data: dict[str, Any], login: str = "kanri1") -> str:
        body = {"form": form, "formVersion": version(form), "data": data}
        answer = self.call(login, "POST", f"/cases/{case}/records", body)
        assert answer.status == 201, answer.text
        return str(answer.json["recordId"])

    def progress(self, case: str) -> str:
        data = {
            "date": day(),
            "method": "02",
            "counterpart": "subject",
            "facts": "玄関先で話した。",
            "sharedWith": "own",
        }
        return self.add(case, "progress", data)


@pytest.fixture
def table(here: InProcess) -> Table:
    return Table(here)


def test_who_attends_finds_the_meeting_their_case_and_its_papers_and_nothing_else(
    table: Table,
) -> None:
    mine, other = table.here.create(), table.here.create()
    paper = table.progress(mine)
    meeting = table.convene(kinds=["shien"])
    laid = table.lay(
        meeting,
        mine,
        ("houkatsu1", "elderly"),
        papers=[{"recordId": paper, "classes": ["4"]}],
    )
    assert laid.status == 201, laid.text
    assert laid.json["form"] == "conference"
    assert laid.json["data"]["meetingId"] == meeting
    assert laid.json["data"]["date"] == day(3)
    assert table.lay(meeting, other, ("komorebi1", "npo")).status == 201

    assert table.agenda("tantou1", meeting) == [mine, other]
    assert table.agenda("houkatsu1", meeting) == [mine]
    assert table.agenda("komorebi1", meeting) == [other]
    for login in ("kanri1", "kanri2", "tantou1", "houkatsu1", "komorebi1"):
        assert table.listed(login) == [meeting]

    guest = table.read("houkatsu1", meeting)
    assert "etag" not in guest.headers
    assert guest.json["convening"] is False
    assert guest.json["data"] == {"title": "定例会議", "date": day(3)}
    assert other not in guest.text
    (laid_before,) = guest.json["agenda"]
    assert laid_before["recordId"] == laid.json["recordId"]
    assert (laid_before["caseId"], laid_before["attends"]) == (mine, True)
    assert (laid_before["data"]["kind"], laid_before["data"]["basis"]) == ("shien", "106-6")
    # Who attends a 支援会議 need not know whose case it is: the name was not laid before them.
    assert "name" not in laid_before
    assert laid_before["mayWrite"] is False
    (first, _) = table.read("tantou1", meeting).json["agenda"]
    assert (first["name"], first["mayWrite"]) == ("試験 太郎", True)

    papers = table.papers("houkatsu1", meeting, mine)
    assert papers.status == 200, papers.text
    assert not list(validator("PaperList").iter_errors(papers.json))
    assert [(p["recordId"], p["data"]["facts"]) for p in papers.json["items"]] == [
        (paper, "玄関先で話した。")
    ]
    for login, case in (
        ("komorebi1", mine),
        ("houkatsu1", other),
        ("chousei1", mine),
        ("tantou1", mine),
        ("minsei1", mine),
        ("kansa1", mine),
    ):
        refused = table.papers(login, meeting, case)
        assert (refused.status, refused.problem) == (404, "nothing-to-show")
    # Attended, but nothing was laid before them.
    assert table.papers("komorebi1", meeting, other).status == 404
    assert table.here.verify()["problems"] == []


@pytest.mark.parametrize("login", ["chousei1", *OUTSIDERS])
def test_nobody_else_learns_that_there_is_a_meeting(table: Table, login: str) -> None:
    case = table.here.create()
    meeting = table.convene(kinds=["shien"])
    table.lay(meeting, case)
    hidden = table.read(login, meeting)
    missing = table.read(login, "m-000000000000")
    assert hidden.status == missing.status == 404
    assert hidden.json == missing.json
    if login == "kansa1":
        assert table.call(login, "GET", "/meetings").problem == "not-permitted"
    else:
        assert table.listed(login) == []
    body = {"formVersion": version("meeting"), "data": {"date": day(), "kinds": ["juso"]}}
    path, headers = f"/meetings/{meeting}", {"if-match": '"1"', **new_key()}
    assert table.call(login, "PUT", path, body, **headers).problem == "nothing-to-show"
    assert table.lay(meeting, case, login=login).problem == "nothing-to-show"


def test_a_conference_of_the_programme_on_consent(table: Table) -> None:
    case = table.here.create()
    meeting = table.convene("chousei1")
    attending = {"kind": "juso", "basis": "consent"}
    refused = table.lay(meeting, case, login="chousei1", **attending)
    assert refused.problem == "invalid-record"
    assert [e["pointer"] for e in refused.json["errors"]] == ["/data/basis"]

    persons = table.call("kanri1", "GET", f"/cases/{case}/records/household").json["data"]
    consent = {
        "personId": persons["persons"][0]["personId"],
        "kinds": ["sharing"],
        "agencyRoles": ["participant"],
        "classes": ["1", "2", "3", "4", "5"],
        "purpose": "支援のため",
        "explainer": "職員",
        "explainedOn": day(),
        "method": "01",
        "date": day(),
        "from": day(),
        "evidence": "同意書の綴り",
    }
    consent_id = table.add(case, "consent", consent)
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

    laid = table.lay(meeting, case, ("komorebi1", "npo"), login="chousei1", **attending)
    assert laid.status == 201, laid.text
    assert table.listed("chousei1") == table.listed("kanri1") == [meeting]
    # An officer who did not convene it reads the case's part of it in the case.
    assert table.read("tantou1", meeting).status == 404
    assert table.agenda("komorebi1", meeting) == [case]
    withdrawal = {"consentId": consent_id, "date": day(), "receivedBy": "職員"}
    table.add(case, "consent-withdrawal", withdrawal)
    assert table.read("komorebi1", meeting).status == 404
    assert table.listed("komorebi1") == []


def test_an_invitation_shows_the_meeting_and_no_case(table: Table) -> None:
    case = table.here.create()
    meeting = table.convene(invited=[{"staffId": "staff-komorebi1", "agencyId": "npo"}])
    before = table.read("komorebi1", meeting)
    assert table.lay(meeting, case, ("houkatsu1", "elderly")).status == 201
    after = table.read("komorebi1", meeting)
    # Not even by a revision or a count does it show that a case came on the agenda.
    assert before.status == after.status == 200
    assert before.json == after.json
    assert before.json["agenda"] == []
    assert before.headers.keys() == after.headers.keys()
    assert table.listed("komorebi1") == [meeting]


def test_a_conflict_of_interest_hides_the_case_and_its_number_from_those_who_convene(
    table: Table,
) -> None:
    first, second = table.here.create(), table.here.create()
    meeting = table.convene()
    assert table.lay(meeting, first).status == 201
    before = table.read("tantou1", meeting)
    declared = {"staffId": "staff-tantou1", "declaredBy": "manager", "date": day()}
    table.add(second, "conflict-of-interest", declared)
    assert table.lay(meeting, second, login="kanri1").status == 201
    after = table.read("tantou1", meeting)
    assert before.json == after.json
    assert before.headers["etag"] == after.headers["etag"]
    assert table.agenda("kanri1", meeting) == [first, second]


def test_a_case_is_laid_once_and_a_repeated_request_gets_its_first_answer(table: Table) -> None:
    case, meeting, key = table.here.create(), table.convene(), new_key()
    first = table.lay(meeting, case, key=key)
    assert first.status == 201, first.text
    again = table.lay(meeting, case, key=key)
    assert (again.status, again.json["recordId"]) == (201, first.json["recordId"])
    other = table.lay(meeting, case, key=key, agenda="別の議題")
    assert other.problem == "idempotency-key-reused"
    assert table.lay(meeting, case).problem == "already-on-agenda"
    assert table.agenda("tantou1", meeting) == [case]
    later = table.convene()
    assert table.lay(later, case).status == 201
    assert table.listed("tantou1") == [later, meeting]


def test_case_and_agenda_are_written_together_or_not_at_all(table: Table) -> None:
    """Fails each call of the way in turn."""
    case, meeting = table.here.create(), table.convene()
    counted: list[str] = []
    table.here.before_call = counted.append
    table.lay(meeting, table.here.create())
    table.here.before_call = lambda _: None
    writes = len(counted)
    for failing in range(writes):
        made = iter(range(10_000))

        def fail(_: str, failing: int = failing, made: Any = made) -> None:
            if next(made) == failing:
                raise ConnectionError

        table.here.before_call = fail
        table.lay(meeting, case)
        table.here.before_call = lambda _: None
        records = table.call("kanri1", "GET", f"/cases/{case}").json["records"]
        conferences = [r for r in records if r["form"] == "conference"]
        assert len(conferences) == table.agenda("kanri1", meeting).count(case)
        if conferences:
            break
    assert table.here.verify()["problems"] == []


def test_a_meeting_is_changed_by_those_who_convene_it(table: Table) -> None:
    meeting = table.convene(invited=[{"staffId": "staff-komorebi1", "agencyId": "npo"}])
    etag = table.read("kanri2", meeting).headers["etag"]
    data = {"title": "延期した会議", "date": day(10), "kinds": ["juso"]}
    body = {"formVersion": version("meeting"), "data": data}

    def save(login: str, match: str = etag, **changes: Any) -> Answer:
        sent = {**body, "data": data | changes}
        return table.call(
            login, "PUT", f"/meetings/{meeting}", sent, **{"if-match": match, **new_key()}
        )

    assert save("komorebi1").problem == "not-permitted"
    assert save("chousei1").problem == "nothing-to-show"
    assert save("tantou1", cases=["K7QM-2T9X-4RBD"]).problem == "invalid-record"
    assert save("tantou1", place="個人番号 123456789018").problem == "my-number-suspected"
    changed = save("tantou1")
    assert changed.status == 200, changed.text
    assert changed.json["data"] == data
    assert save("kanri1").problem == "changed-by-other"
    # Who is no longer invited and attends nothing finds it no more.
    assert table.listed("komorebi1") == []
    assert table.here.verify()["problems"] == []


def test_a_short_list_fills_its_pages(table: Table) -> None:
    """Meetings one may not know of leave no gap and no cursor."""
    mine = [
        table.convene(invited=[{"staffId": "staff-komorebi1", "agencyId": "npo"}])
        for _ in range(3)
        if table.convene()
    ]
    found, cursor = [], None
    for _ in range(3):
        query = {"limit": "1", **({"cursor": cursor} if cursor else {})}
        answer = table.here.request("komorebi1", "GET", "/meetings", query=query)
        found += [row["meetingId"] for row in answer.json["items"]]
        cursor = answer.json["nextCursor"]
    assert found == mine[::-1]
    assert cursor is None
    bad = table.here.request("komorebi1", "GET", "/meetings", query={"cursor": "x#y"})
    assert bad.problem == "bad-query"


@pytest.mark.parametrize(
    ("login", "changes", "pointer"),
    [
        ("chousei1", {"kinds": ["shien"]}, "/data/kinds"),
        ("tantou1", {"from": "15:00", "to": "14:00"}, "/data/to"),
        ("tantou1", {"invited": [{"staffId": "staff-nobody"}]}, "/data/invited/0/staffId"),
        ("tantou1", {"date": "2026-02-30"}, "/data/date"),
    ],
)
def test_what_is_no_meeting(
    table: Table, login: str, changes: dict[str, Any], pointer: str
) -> None:
    data = {"title": "会議", "date": day(), "kinds": ["juso"], **changes}
    body = {"formVersion": version("meeting"), "data": data}
    answer = table.call(login, "POST", "/meetings", body)
    assert answer.problem == "invalid-record"
    assert [e["pointer"] for e in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize("login", OUTSIDERS)
def test_agencies_convene_nothing(table: Table, login: str) -> None:
    body = {"formVersion": version("meeting"), "data": {"date": day(), "kinds": ["juso"]}}
    assert table.call(login, "POST", "/meetings", body).problem == "not-permitted"


def test_every_look_at_a_case_of_the_meeting_is_in_the_log_of_the_case(table: Table) -> None:
    case, meeting = table.here.create(), table.convene(kinds=["shien"])
    paper = table.progress(case)
    table.lay(
        meeting,
        case,
        ("houkatsu1", "elderly"),
        papers=[{"recordId": paper, "classes": ["4"]}],
    )
    table.read("houkatsu1", meeting)
    table.papers("houkatsu1", meeting, case)
    table.papers("tantou1", meeting, case)
    log = table.call("kanri1", "GET", f"/cases/{case}/audit").json["items"]
    looked = [
        (row["action"], row["basis"], row["result"])
        for row in log
        if row["action"] in ("read-meeting", "read-papers")
    ]
    assert looked == [
        ("read-papers", None, "denied"),
        ("read-papers", "shien-kaigi-106-6", "done"),
        ("read-meeting", "shien-kaigi-106-6", "done"),
    ]
    assert all(row["actionLabel"] != row["action"] for row in log)


def test_papers_are_closed_15_days_after_the_meeting(table: Table) -> None:
    case, meeting = table.here.create(), table.convene(kinds=["shien"])
    paper = [{"recordId": table.progress(case), "classes": ["4"]}]
    guest = ("houkatsu1", "elderly")
    assert table.lay(meeting, case, guest, papers=paper, date=day(-14)).status == 201
    assert table.papers("houkatsu1", meeting, case).status == 200
    over = table.convene(kinds=["shien"])
    assert table.lay(over, case, guest, papers=paper, date=day(-15)).status == 201
    assert table.papers("houkatsu1", over, case).status == 404


def test_papers_lie_open_as_long_as_the_town_says_and_move_with_the_meeting(table: Table) -> None:
    terms = {"paperDaysBefore": 2, "paperDaysAfter": 5}
    document: dict[str, Any] = {"preset": "minimal", "terms": terms}
    kept = table.call(
        "kanri1", "PUT", "/settings", {"document": document}, **{"if-match": '"0"'}, **new_key()
    )
    assert kept.status == 200, kept.text
    meeting, case = table.convene(kinds=["shien"]), table.here.create()
    laid = table.lay(meeting, case)
    assert (laid.json["data"]["papersFrom"], laid.json["data"]["papersTo"]) == (day(1), day(8))
    path = f"/cases/{case}/records/{laid.json['recordId']}"
    moved = {**laid.json["data"], "date": day(10)}
    answer = table.call(
        "kanri1",
        "PUT",
        path,
        {"formVersion": version("conference"), "data": moved},
        **{"if-match": '"1"'},
        **new_key(),
    )
    assert answer.status == 200, answer.text
    assert (answer.json["data"]["papersFrom"], answer.json["data"]["papersTo"]) == (day(8), day(15))
    # A day that somebody chose stays.
    chosen = {**answer.json["data"], "papersTo": day(11), "date": day(9)}
    answer = table.call(
        "kanri1",
        "PUT",
        path,
        {"formVersion": version("conference"), "data": chosen},
        **{"if-match": '"2"'},
        **new_key(),
    )
    assert (answer.json["data"]["papersFrom"], answer.json["data"]["papersTo"]) == (day(7), day(11))
    refused = table.call(
        "kanri1",
        "PUT",
        path,
        {"formVersion": version("conference"), "data": {**chosen, "papersTo": day(15)}},
        **{"if-match": '"3"'},
        **new_key(),
    )
    assert [e["code"] for e in refused.json["errors"]] == ["papers-too-long"]
    # A term that becomes shorter later keeps nobody from writing the minutes of an earlier meeting.
    document["terms"]["paperDaysAfter"] = 1
    shorter = table.call(
        "kanri1", "PUT", "/settings", {"document": document}, **{"if-match": '"1"'}, **new_key()
    )
    assert shorter.status == 200, shorter.text
    written = {**answer.json["data"], "sharedInformation": "暮らしの様子"}
    answer = table.call(
        "kanri1",
        "PUT",
        path,
        {"formVersion": version("conference"), "data": written},
        **{"if-match": '"3"'},
        **new_key(),
    )
    assert answer.status == 200, answer.text
    assert answer.json["data"]["papersTo"] == day(11)


def test_meetings_stand_in_the_list_under_their_days(table: Table) -> None:
    soon, past, late = (table.convene(date=day(d)) for d in (2, -30, 20))
    today = table.convene(date=day(), **{"from": "14:00"})
    morning = table.convene(date=day(), **{"from": "09:30"})
    assert table.listed("tantou1") == [late, soon, today, morning, past]
    assert table.listed("tantou1", when="coming") == [morning, today, soon, late]
    assert table.listed("tantou1", when="held") == [past]
    # A meeting that is put off moves.
    body = {
        "formVersion": version("meeting"),
        "data": {"title": "定例会議", "date": day(9), "kinds": ["juso"]},
    }
    path = f"/meetings/{past}"
    moved = table.call("tantou1", "PUT", path, body, **{"if-match": '"1"', **new_key()})
    assert moved.status == 200, moved.text
    assert moved.json["updatedBy"]["displayName"]
    assert table.listed("tantou1", when="held") == []
    assert table.listed("tantou1", when="coming") == [morning, today, soon, past, late]
    answer = table.here.request("tantou1", "GET", "/meetings", query={"when": "never"})
    assert answer.problem == "bad-query"
    pages, cursor = [], None
    while True:
        query = {"when": "coming", "limit": "2", **({"cursor": cursor} if cursor else {})}
        page = table.here.request("tantou1", "GET", "/meetings", query=query).json
        pages.append([row["meetingId"] for row in page["items"]])
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert pages == [[morning, today], [soon, past], [late]]


def test_whoever_convenes_may_name_colleagues_and_nobody_else(table: Table) -> None:
    answer = table.call("chousei1", "GET", "/colleagues")
    assert answer.status == 200
    assert not list(validator("ColleagueList").iter_errors(answer.json))
    assert {row["staffId"] for row in answer.json["items"]} >= {"staff-komorebi1", "staff-kanri1"}
    # Neither how they sign in nor what they may do.
    assert all(
        row.keys() == {"staffId", "displayName", "agencyId", "agencyName"}
        for row in answer.json["items"]
    )
    for login in OUTSIDERS:
        assert table.call(login, "GET", "/colleagues").problem == "not-permitted"
        assert table.call(login, "GET", "/me").json["can"]["convene"] is False
    assert table.call("chousei1", "GET", "/me").json["can"]["convene"] is True


def test_pledges_of_secrecy_are_kept_by_whoever_convenes(table: Table) -> None:
    data = {"staffId": "staff-komorebi1", "agencyId": "npo", "name": "氏名", "pledgedOn": day()}
    body = {"formVersion": version("pledge"), "data": {**data, "until": day(365)}}
    made = table.call("chousei1", "POST", "/books/pledge", body)
    assert made.status == 201, made.text
    assert [row["data"]["until"] for row in _pledges(table, "tantou1")] == [day(365)]
    for login in OUTSIDERS:
        assert table.call(login, "POST", "/books/pledge", body).problem == "not-permitted"
        assert _pledges(table, login) == []
    for changes, pointer in (
        ({"pledgedOn": day(1)}, "/data/pledgedOn"),
        ({"until": day(-1)}, "/data/until"),
        ({"agencyId": "nobody"}, "/data/agencyId"),
    ):
        wrong = {"formVersion": version("pledge"), "data": {**data, **changes}}
        refused = table.call("tantou1", "POST", "/books/pledge", wrong)
        assert refused.problem == "invalid-record"
        assert [e["pointer"] for e in refused.json["errors"]] == [pointer]


def _pledges(table: Table, login: str) -> list[Any]:
    answer = table.call(login, "GET", "/books/pledge")
    assert answer.status == 200, answer.text
    return list(answer.json["items"])
