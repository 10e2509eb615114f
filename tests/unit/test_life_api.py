"""The life of a case and its tasks through the API."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import form_versions
from lambdas.casework.records import CLOSED_STATES, CaseFile
from lambdas.casework.tasks import load
from lambdas.store import models
from lambdas.store.tasks import TaskRows
from tests.unit.casefile import case, record
from tests.unit.in_process import Answer, InProcess, new_key
from tests.unit.test_api import validator

TODAY = japanese_day(datetime.now(UTC))
ELDERLY = {"agencyId": "elderly", "kind": "participant", "from": "2026-04-01"}


def day(days: int = 0) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


@dataclass
class Desk:
    """One case and the people who work on it."""

    here: InProcess
    case_id: str
    login: str = "kanri1"

    def add(self, form: str, data: dict[str, Any], login: str | None = None) -> str:
        """Saves a record; its id."""
        sent = {"form": form, "formVersion": form_versions(form)[-1], "data": data}
        answer = self.here.request(
            login or self.login,
            "POST",
            f"/cases/{self.case_id}/records",
            json_body=sent,
            headers=new_key(),
        )
        assert answer.status == 201, answer.text
        return str(answer.json["recordId"])

    def read(self, record_id: str) -> Answer:
        return self.here.request("kanri1", "GET", f"/cases/{self.case_id}/records/{record_id}")

    def change(self, record_id: str, **changes: Any) -> None:
        kept = self.read(record_id).json
        answer = self.here.request(
            "kanri1",
            "PUT",
            f"/cases/{self.case_id}/records/{record_id}",
            json_body={"formVersion": kept["formVersion"], "data": kept["data"] | changes},
            headers={"if-match": f'"{kept["revision"]}"', **new_key()},
        )
        assert answer.status == 200, answer.text

    def move(
        self, to: str, login: str | None = None, key: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        return self.here.request(
            login or self.login,
            "POST",
            f"/cases/{self.case_id}/transitions",
            json_body={"to": to, **more},
            headers=key or new_key(),
        )

    def moved(self, to: str, login: str | None = None, **more: Any) -> str:
        """Leads the case on; the id of the transition."""
        answer = self.move(to, login, **more)
        assert answer.status == 201, answer.text
        assert self.state == to
        return str(answer.json["recordId"])

    def ways(self, login: str | None = None) -> Answer:
        return self.here.request(login or self.login, "GET", f"/cases/{self.case_id}/transitions")

    def tasks(self, login: str | None = None) -> list[dict[str, Any]]:
        answer = self.here.request(login or self.login, "GET", f"/cases/{self.case_id}/tasks")
        assert answer.status == 200, answer.text
        assert not list(validator("TaskList").iter_errors(answer.json))
        items: list[dict[str, Any]] = answer.json["items"]
        return items

    @property
    def state(self) -> str:
        return str(self.ways("kanri1").json["state"])

    @property
    def subject(self) -> str:
        persons = self.read("household").json["data"]["persons"]
        return str(next(p["personId"] for p in persons if p.get("isSubject")))

    def screen(self, result: str) -> None:
        self.add("screening", {"date": day(), "result": result})
        self.moved("screened")

    def consent(self, **changes: Any) -> str:
        data = {
            "personId": self.subject,
            "kinds": ["application", "sharing", "meeting"],
            "agencyRoles": ["municipality", "coordinator", "participant"],
            "classes": ["1", "2", "3", "4", "5"],
            "purpose": "支援のため",
            "explainer": "相談 花子",
            "explainedOn": day(),
            "method": "01",
            "date": day(),
            "from": day(),
            "evidence": "同意書 2026-001",
        }
        return self.add("consent", data | changes)

    def withdraw(self, consent_id: str) -> None:
        data = {"consentId": consent_id, "date": day(), "receivedBy": "相談 花子"}
        self.add("consent-withdrawal", data | {"method": "01"})

    def plan(self, *roles: dict[str, Any], **changes: Any) -> str:
        data = {
            "programme": "multi-agency",
            "planNumber": 1,
            "createdOn": day(),
            "roles": list(roles) or [{"itemId": "i-1", "support": "見守りの訪問"}],
            "leadAgencyId": "council",
            "from": day(),
            "to": day(180),
            "nextEvaluationOn": day(20),
        }
        return self.add("plan", data | changes)

    def conference(self, kind: str, *, meeting: str = "r-meeting00001", **changes: Any) -> str:
        data = {
            "meetingId": meeting,
            "kind": kind,
            "basis": "106-6" if kind == "shien" else "consent",
            "date": day(),
            "attendees": [
                {
                    "staffId": "staff-kanri1",
                    "agencyId": "municipality",
                    "agencyName": "地域福祉課",
                    "name": "氏名 kanri1",
                }
            ],
        }
        return self.add("conference", data | changes)

    def to_support(self, *roles: dict[str, Any]) -> str:
        """Leads a new case to support in the usual way; the id of its plan."""
        self.screen("6")
        self.consent()
        self.moved("assessing")
        self.moved("plan-draft")
        plan_id = self.plan(*roles)
        self.moved("in-conference")
        self.conference("juso", planId=plan_id, planJudgement="appropriate")
        decided = {"planId": plan_id, "result": "decided", "date": day(), "decidedBy": "課長"}
        self.add("decision", decided | {"ringi": "地福第12号"})
        self.moved("decided", approvedBy="地福第12号")
        self.moved("supporting")
        return plan_id


@pytest.fixture
def desk(here: InProcess) -> Desk:
    return Desk(here=here, case_id=here.create())


def codes(answer: Answer) -> list[str]:
    assert answer.status == 409, answer.text
    assert answer.problem == "transition-not-possible"
    assert not list(validator("Problem").iter_errors(answer.json))
    return [missing["code"] for missing in answer.json["missing"]]


def events(desk: Desk, action: str) -> list[dict[str, Any]]:
    answer = desk.here.request("kanri1", "GET", f"/cases/{desk.case_id}/audit")
    return [e for e in answer.json["items"] if e["action"] == action]


# Transitions


def test_a_case_goes_from_receipt_to_its_end_and_begins_anew(desk: Desk) -> None:
    plan_id = desk.to_support()
    desk.moved("evaluating")
    desk.conference("juso", meeting="r-meeting00002")
    judged = {"date": day(), "planId": plan_id, "achievement": "achieved", "judgement": "closing"}
    ended = {"endReason": "02", "confirmedAtMeetingId": "r-meeting00002"}
    desk.add("evaluation", judged | ended)
    desk.add("closure", {"date": day(), "reason": "02", "leadAgencyId": "council"})
    record_id = desk.moved("closed")
    assert desk.read(record_id).json["data"]["from"] == "evaluating"
    desk.moved("received", reason="本人から再び相談があったため")
    ways = desk.ways().json
    assert (ways["episode"], ways["episodeFrom"]) == (2, day())
    assert codes(desk.move("screened")) == ["screening"]
    assert desk.here.verify()["problems"] == []


def test_an_impossible_transition_says_what_is_missing_and_changes_nothing(desk: Desk) -> None:
    answer = desk.move("screened")
    assert codes(answer) == ["screening"]
    assert answer.json["missing"][0]["text"].startswith("スクリーニングの記録がありません")
    assert codes(desk.move("decided")) == ["no-such-transition"]
    assert desk.state == "received"
    assert events(desk, "make-transition") == []
    desk.screen("6")
    desk.moved("assessing")
    desk.moved("plan-draft")
    assert codes(desk.move("in-conference")) == ["consent", "plan"]


def test_withdrawal_moves_no_state_and_stands_in_the_way(desk: Desk) -> None:
    desk.screen("6")
    consent_id = desk.consent()
    desk.moved("assessing")
    desk.moved("plan-draft")
    desk.plan()
    for found in [consent_id, *(c for c in desk_consents(desk) if c != consent_id)]:
        desk.withdraw(found)
    assert desk.state == "plan-draft"
    assert codes(desk.move("in-conference")) == ["consent"]
    desk.consent()
    desk.moved("in-conference")


def desk_consents(desk: Desk) -> list[str]:
    answer = desk.here.request(
        "kanri1", "GET", f"/cases/{desk.case_id}/records", query={"form": "consent"}
    )
    return [r["recordId"] for r in answer.json["items"]]


def test_the_contractor_neither_decides_nor_opens_the_watch(desk: Desk) -> None:
    desk.screen("5")
    assert codes(desk.move("watching", "chousei1")) == ["role-municipality"]
    desk.conference("shien")
    record_id = desk.moved("watching", "tantou1")
    # What a 支援会議 proved stays with it: the contractor was not there.
    answer = desk.here.request("chousei1", "GET", f"/cases/{desk.case_id}/records/{record_id}")
    assert answer.problem == "nothing-to-show"
    desk.consent()
    desk.moved("assessing", "chousei1")
    desk.moved("plan-draft", "chousei1")
    plan_id = desk.plan()
    desk.moved("in-conference", "chousei1")
    desk.conference("juso", planId=plan_id, planJudgement="appropriate")
    decided = {"planId": plan_id, "result": "decided", "date": day(), "decidedBy": "課長"}
    desk.add("decision", decided)
    assert codes(desk.move("decided", "chousei1")) == ["role-municipality"]
    desk.moved("decided", "tantou1")


def test_options_name_every_way_and_what_it_lacks(desk: Desk) -> None:
    desk.screen("6")
    ways = desk.ways()
    assert ways.status == 200
    assert not list(validator("TransitionList").iter_errors(ways.json))
    assert (ways.json["stateLabel"], ways.json["episode"]) == ("スクリーニング済", 1)
    items = {item["to"]: item for item in ways.json["items"]}
    assert set(items) == {"watching", "assessing", "closed", *(CLOSED_STATES - {"closed"})}
    assert items["assessing"] == {
        "to": "assessing",
        "toLabel": "アセスメント中",
        "label": "アセスメントを始める",
        "needsReason": False,
        "missing": [],
    }
    assert [m["code"] for m in items["watching"]["missing"]] == [
        "screening-result",
        "shien-meeting",
    ]
    seen = events(desk, "read-transitions")
    assert seen and all(e["actionLabel"] != e["action"] for e in seen)


@pytest.mark.parametrize("login", ["houkatsu1", "komorebi1", "minsei1", "kansa1"])
def test_those_who_lead_no_case_on_are_told_nothing(desk: Desk, login: str) -> None:
    for answer in (desk.ways(login), desk.move("screened", login)):
        assert answer.problem in {"nothing-to-show", "not-permitted"}
        assert desk.case_id not in answer.text
    hidden = desk.ways(login)
    missing = desk.here.request(login, "GET", "/cases/0000-0000-0000/transitions")
    if hidden.status == 404:
        assert hidden.json == missing.json


def test_an_agency_of_the_case_reads_it_and_leads_it_nowhere(desk: Desk) -> None:
    members = desk.read("members").json["data"]["members"]
    desk.change("members", members=[*members, ELDERLY])
    desk.consent()
    assert desk.here.request("houkatsu1", "GET", f"/cases/{desk.case_id}").status == 200
    assert desk.ways("houkatsu1").problem == "not-permitted"
    assert desk.move("screened", "houkatsu1").problem == "not-permitted"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"to": "nowhere"}, "/to", "not-in-list"),
        ({"to": "../x"}, "/to", "pattern"),
        ({"to": "screened", "date": day(1)}, "/date", "future-date"),
        ({"to": "screened", "date": "2026-02-30"}, "/date", "format"),
        ({"to": "screened", "date": "0000-01-01"}, "/date", "format"),
        ({"to": "screened", "date": "1990-01-01"}, "/date", "before-last-transition"),
        ({"to": "screened", "reason": "あ" * 1001}, "/reason", "maxLength"),
        ({"to": "screened", "reason": "番号は123456789018です"}, "/reason", "my-number"),
        ({"to": "screened", "approvedBy": "123456789018"}, "/approvedBy", "my-number"),
        ({"to": "screened", "other": 1}, "/other", "unknown-field"),
        ({}, "/to", "required"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    desk: Desk, body: dict[str, Any], pointer: str, code: str
) -> None:
    desk.add("screening", {"date": day(), "result": "6"})
    answer = desk.here.request(
        *("kanri1", "POST", f"/cases/{desk.case_id}/transitions"),
        json_body=body,
        headers=new_key(),
    )
    assert answer.problem == "invalid-record", answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(pointer, code)]
    assert desk.state == "received"


def test_a_repeated_request_moves_the_case_once(desk: Desk) -> None:
    desk.add("screening", {"date": day(), "result": "6"})
    key = new_key()
    first, again = desk.move("screened", key=key), desk.move("screened", key=key)
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert desk.move("screened", key=key, reason="別の内容").problem == "idempotency-key-reused"
    assert len(events(desk, "make-transition")) == 1
    no_key = desk.move("assessing", key={"x-none": "1"})
    assert no_key.problem == "idempotency-key-required"


def test_of_two_who_move_a_case_at_once_one_is_told_that_it_has_moved(desk: Desk) -> None:
    desk.add("screening", {"date": day(), "result": "6"})
    other: list[Answer] = []

    def between(operation: str) -> None:
        if operation == "TransactWriteItems" and not other:
            desk.here.before_call = lambda _: None
            other.append(desk.move("screened", "tantou1"))

    desk.here.before_call = between
    answer = desk.move("screened", "kanri2")
    assert other[0].status == 201
    assert codes(answer) == ["no-such-transition"]
    assert len(events(desk, "make-transition")) == 1


def test_transitions_are_not_written_through_the_general_routes(desk: Desk) -> None:
    sent = {"form": "transition", "formVersion": form_versions("transition")[-1]}
    data = {"from": "received", "to": "closed", "date": day()}
    answer = desk.here.request(
        *("kanri1", "POST", f"/cases/{desk.case_id}/records"),
        json_body=sent | {"data": data},
        headers=new_key(),
    )
    assert answer.problem == "not-permitted"
    assert desk.state == "received"


# Tasks


def listed(here: InProcess, login: str, **query: str) -> Any:
    answer = here.request(login, "GET", "/tasks", query=query or None)
    assert answer.status == 200, answer.text
    assert not list(validator("TaskPage").iter_errors(answer.json))
    return answer.json


def kinds(tasks: list[dict[str, Any]]) -> list[str]:
    return [task["kind"] for task in tasks]


def test_the_list_says_what_the_case_says_in_one_query(desk: Desk) -> None:
    desk.to_support({"itemId": "i-1", "support": "見守り", "agencyId": "council", "due": day(3)})
    for login in ("kanri1", "tantou1", "chousei1"):
        (row,) = listed(desk.here, login)["items"]
        reads = [call for call in desk.here.calls if call in {"Query", "Scan", "BatchGetItem"}]
        assert row == {"caseId": desk.case_id, "tasks": desk.tasks(login)}
        # One Query of the list; the municipality is told of contracts as well.
        assert reads == ["Query"] * (1 if login == "chousei1" else 2)
    assert set(kinds(row["tasks"])) >= {"plan-item", "evaluation"}
    assert row["tasks"][0]["due"] == min(task["due"] for task in row["tasks"])
    assert "見守り" not in str(row)


def test_a_task_ends_with_the_record_that_ends_it(desk: Desk) -> None:
    assert kinds(desk.tasks()) == ["screening"]
    desk.screen("1")
    assert listed(desk.here, "kanri1")["items"] == []
    desk.moved("closed-info")
    desk.moved("received", reason="再び相談")
    assert kinds(listed(desk.here, "kanri1")["items"][0]["tasks"]) == ["rescreening"]


def test_an_agency_is_told_of_its_own_items_while_the_person_consents(desk: Desk) -> None:
    members = desk.read("members").json["data"]["members"]
    desk.change("members", members=[*members, ELDERLY])
    items = [
        {"itemId": f"i-{n}", "support": "訪問", "agencyId": agency, "due": day(n)}
        for n, agency in enumerate(("elderly", "council"), start=1)
    ]
    desk.to_support(*items)
    (row,) = listed(desk.here, "houkatsu1")["items"]
    assert [(t["kind"], t["itemId"]) for t in row["tasks"]] == [("plan-item", "i-1")]
    assert listed(desk.here, "houkatsu1")["general"] == []
    # Nothing but its own is kept in its list, so that not even the order tells of the rest.
    kept = models.TaskRow.get(f"CASE#{desk.case_id}", "TASKS#elderly")
    assert [e.task.agency_id for e in load(kept.tasks)] == ["elderly"]
    assert kept.list_key == f"{day(1)}#{desk.case_id}"
    assert listed(desk.here, "komorebi1")["items"] == []
    for consent_id in desk_consents(desk):
        desk.withdraw(consent_id)
    # At once, on the next request.
    assert listed(desk.here, "houkatsu1")["items"] == []


def test_pages_go_by_urgency_and_their_cursors_name_only_what_was_shown(here: InProcess) -> None:
    hidden, shown = [], []
    for n in range(6):
        desk = Desk(here=here, case_id=here.create(receivedAt=day(-n)))
        if n % 2:
            declared = {"staffId": "staff-tantou1", "declaredBy": "self", "date": day()}
            desk.add("conflict-of-interest", declared, "tantou1")
            hidden.append(desk.case_id)
        else:
            shown.append(desk.case_id)
    seen, cursor = [], None
    while True:
        page = listed(here, "tantou1", limit="1", **({"cursor": cursor} if cursor else {}))
        assert not any(case_id in str(page) for case_id in hidden)
        seen += [item["caseId"] for item in page["items"]]
        if (cursor := page["nextCursor"]) is None:
            break
    assert seen == list(reversed(shown))


def test_rows_are_put_when_they_change_and_emptied_when_nothing_is_left(desk: Desk) -> None:
    """`desk`: the tables must have their names before an item is built."""
    own = {"date": "2026-09-01", "sharedWith": "own"}
    at_once = record("progress", own, agency_id="npo")
    step = record("progress", own | {"nextDue": "2026-09-20"}, agency_id="npo")
    done = record("progress", own | {"date": "2026-09-02"}, agency_id="npo")

    beside = TaskRows().beside

    def rows(before: CaseFile | None, after: CaseFile) -> dict[str, str | None]:
        return {put.name: put.item.list_key for put in beside(before, after)}

    new = case(state="assessing")
    assert rows(None, new) == {}
    busy = new.with_records(at_once, step)
    assert set(rows(new, busy)) == {"TASKS#municipality", "TASKS#council", "TASKS#npo"}
    assert set(rows(new, busy).values()) == {f"2026-09-20#{new.case_id}"}
    assert rows(busy, busy.with_records(record("issues", {"issues": []}, agency_id="npo"))) == {}
    assert rows(busy, busy.with_records(done)) == dict.fromkeys(rows(new, busy))


def set_terms(here: InProcess, **terms: int) -> None:
    """As a manager saves them."""
    found = here.request("kanri1", "GET", "/settings")
    answer = here.request(
        *("kanri1", "PUT", "/settings"),
        json_body={"document": {"preset": "minimal", "terms": terms}},
        headers={"if-match": found.headers["etag"], **new_key()},
    )
    assert answer.status == 200, answer.text


def test_terms_that_were_just_changed_count_at_once(desk: Desk) -> None:
    received = desk.here.create(receivedAt=day(-1))
    before = {row["caseId"]: row["tasks"] for row in listed(desk.here, "kanri1")["items"]}
    assert before[received][0]["due"] == day(6)
    set_terms(desk.here, screeningDays=3)
    after = {row["caseId"]: row["tasks"] for row in listed(desk.here, "kanri1")["items"]}
    assert after[received][0]["due"] == day(2)
    assert after[desk.case_id] == desk.tasks()


@pytest.mark.parametrize("received", ["0000-01-01", "0001-12-31", "1867-12-31", "9999-12-31"])
def test_a_day_from_which_no_term_can_be_counted_is_refused(desk: Desk, received: str) -> None:
    sent = {"form": "screening", "formVersion": form_versions("screening")[-1]}
    answer = desk.here.request(
        *("kanri1", "POST", f"/cases/{desk.case_id}/records"),
        json_body=sent | {"data": {"date": received, "result": "6"}},
        headers=new_key(),
    )
    assert answer.problem == "invalid-record"
    assert {"date-range", "future-date"} & {e["code"] for e in answer.json["errors"]}
    assert desk.tasks()


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"cursor": "K7QM-2T9X-4RBD"}, {"limit": "0"}])
def test_a_bad_cursor_is_refused(desk: Desk, query: dict[str, str]) -> None:
    assert desk.here.request("kanri1", "GET", "/tasks", query=query).problem == "bad-query"


def test_an_auditor_has_no_tasks(desk: Desk) -> None:
    assert desk.here.request("kansa1", "GET", "/tasks").problem == "not-permitted"
    answer = desk.here.request("kansa1", "GET", f"/cases/{desk.case_id}/tasks")
    assert answer.problem == "nothing-to-show"


def test_lists_of_tasks_are_in_the_trail(desk: Desk) -> None:
    desk.tasks()
    (happened,) = events(desk, "read-tasks")
    assert happened["actionLabel"] != "read-tasks"
    assert happened["classes"] == [1]
