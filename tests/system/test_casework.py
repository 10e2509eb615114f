"""One household and three agencies, from the first call to the hand-over, on the deployed tenant.

What is shown here: an unconsented case is seen by the meeting's members alone; consent opens the
consented part and nothing of the conference, withdrawal closes it on the next request; the
protected address is in no response, list, file or log; the year's statistics equal a count over
the raw table; the trail verifies, and a single changed byte is found.
"""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.casework.clock import japanese_day
from lambdas.casework.forms import form_versions
from ops.registers.register import invoke_job
from tests.running import HOME, RunningTenant, body, intake
from tests.system.raw import cases_of, scan
from tests.unit.statistics_brute import by_hand

TODAY = japanese_day(datetime.now(UTC))
# Nowhere else in this repository, so that finding it anywhere is a leak.
ADDRESS = "みなと町秘匿ヶ丘九丁目9999番地88号"
LOGINS = ("kanri1", "tantou1", "chousei1", "houkatsu1", "komorebi1", "minsei1", "kansa1")


def day(days: int = 0) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


class Case:
    """One case of the tenant, worked on by several people; keeps every text it was answered."""

    def __init__(self, tenant: RunningTenant, case_id: str) -> None:
        self.tenant = tenant
        self.case_id = case_id
        self.heard: list[tuple[str, str, str]] = []

    def call(self, login: str, method: str, path: str, **more: Any) -> Any:
        answer = self.tenant.client(login).request(method, path, **more)
        self.heard.append((login, path, answer.text))
        return answer

    def post(self, login: str, path: str, sent: Any) -> Any:
        return self.call(
            login, "POST", path, json=sent, headers={"Idempotency-Key": str(uuid.uuid4())}
        )

    def add(self, login: str, form: str, data: dict[str, Any], **more: Any) -> str:
        sent = {"form": form, "formVersion": form_versions(form)[-1], "data": data, **more}
        answer = self.post(login, f"cases/{self.case_id}/records", sent)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["recordId"])

    def status(self, login: str, record_id: str) -> int:
        return self.call(login, "GET", f"cases/{self.case_id}/records/{record_id}").status_code

    def data(self, login: str, record_id: str) -> dict[str, Any]:
        answer = self.call(login, "GET", f"cases/{self.case_id}/records/{record_id}")
        assert answer.status_code == 200, answer.text
        kept: dict[str, Any] = answer.json()["data"]
        return kept

    def change(self, login: str, record_id: str, **changes: Any) -> None:
        kept = self.call(login, "GET", f"cases/{self.case_id}/records/{record_id}").json()
        answer = self.call(
            login,
            "PUT",
            f"cases/{self.case_id}/records/{record_id}",
            json={"formVersion": kept["formVersion"], "data": kept["data"] | changes},
            headers={"If-Match": f'"{kept["revision"]}"'},
        )
        assert answer.status_code == 200, answer.text

    def move(self, login: str, to: str, **more: Any) -> Any:
        return self.post(login, f"cases/{self.case_id}/transitions", {"to": to, **more})

    def moved(self, login: str, to: str, **more: Any) -> None:
        answer = self.move(login, to, **more)
        assert answer.status_code == 201, answer.text

    def meeting(self, login: str, kind: str, data: dict[str, Any]) -> tuple[str, str]:
        """A meeting with this case on its agenda: ids of the meeting and of the record."""
        head = {"title": "会議", "date": day(), "kinds": [kind]}
        made = self.post(
            login, "meetings", {"formVersion": form_versions("meeting")[-1], "data": head}
        )
        assert made.status_code == 201, made.text
        meeting_id = made.json()["meetingId"]
        sent = {
            "caseId": self.case_id,
            "formVersion": form_versions("conference")[-1],
            "data": {"meetingId": meeting_id, "kind": kind, "date": day(), **data},
        }
        laid = self.post(login, f"meetings/{meeting_id}/cases", sent)
        assert laid.status_code == 201, laid.text
        return meeting_id, laid.json()["recordId"]


OFFICE_ATTENDS = {
    "staffId": "staff-kanri1",
    "agencyId": "municipality",
    "agencyName": "地域福祉課",
    "name": "管理 一子",
}
COUNCIL_ATTENDS = {
    "staffId": "staff-chousei1",
    "agencyId": "council",
    "agencyName": "社会福祉協議会",
    "name": "調整 四郎",
    "appointedOn": "2026-04-01",
    "pledgedOn": "2026-04-01",
}
NPO_ATTENDS = {
    "staffId": "staff-komorebi1",
    "agencyId": "npo",
    "agencyName": "NPO法人",
    "name": "木漏 六実",
    "appointedOn": "2026-04-01",
    "pledgedOn": "2026-04-01",
}


@pytest.fixture(scope="module")
def case(tenant: RunningTenant) -> Case:
    """The household as the elderly centre receives it, without the person's consent."""
    made = tenant.client("houkatsu1").create_case(
        body(
            intake(
                "八〇 五〇郎",
                receivingAgencyId="elderly",
                receivedAt=day(),
                addressProtection="yes",
                chiefComplaint="母と二人暮らしで外に出られない",
            )
        ),
        str(uuid.uuid4()),
    )
    assert made.status_code == 201, made.text
    return Case(tenant, made.json()["caseId"])


def test_one_household_from_intake_to_hand_over(tenant: RunningTenant, case: Case) -> None:
    # 受付: only those who received it, the office and the programme's agency know of it.
    for login, status in (
        ("houkatsu1", 200),
        ("kanri1", 200),
        ("tantou1", 200),
        ("chousei1", 200),
        ("komorebi1", 404),
        ("minsei1", 404),
        ("kansa1", 404),
    ):
        assert case.call(login, "GET", f"cases/{case.case_id}").status_code == status, login

    # 秘匿: the address goes into the compartment, for named holders alone.
    subject = case.data("kanri1", "household")["persons"][0]["personId"]
    case.add("kanri1", "sealed-holders", {"staffIds": ["staff-tantou1"]})
    sealed = f"cases/{case.case_id}/sealed/{subject}"
    put = case.call(
        "tantou1",
        "PUT",
        sealed,
        json={
            "formVersion": form_versions("sealed")[-1],
            "data": {"personId": subject, "addresses": [{"full": ADDRESS}]},
        },
        headers={"If-Match": '"0"', "Idempotency-Key": str(uuid.uuid4())},
    )
    assert put.status_code == 200, put.text
    assert ADDRESS in case.call("tantou1", "GET", sealed).text
    for login in LOGINS:
        if login != "tantou1":
            assert case.call(login, "GET", sealed).status_code in (403, 404)

    # スクリーニング → 支援会議(106条の6): the office opens it, not the contractor.
    case.add("chousei1", "screening", {"date": day(), "result": "4"})
    case.moved("chousei1", "screened")
    assert case.move("chousei1", "watching").status_code == 409
    note = case.add(
        "kanri1",
        "progress",
        {
            "date": day(),
            "method": "04",
            "counterpart": "agency",
            "facts": "近隣から心配の声があった。",
            "sharedWith": "own",
        },
    )
    meeting_id, secret = case.meeting(
        "kanri1",
        "shien",
        {
            "basis": "106-6",
            "attendees": [OFFICE_ATTENDS, NPO_ATTENDS],
            "sharedInformation": "会議だけの話",
            "papers": [{"recordId": note, "classes": ["4"]}],
        },
    )
    # The member who attends sees the case, the minutes and the papers; nobody else of outside.
    assert case.status("komorebi1", secret) == 200
    assert case.status("komorebi1", note) == 200
    assert case.status("komorebi1", "intake") == 404
    assert case.data("komorebi1", secret)["sharedInformation"] == "会議だけの話"
    for login in ("houkatsu1", "chousei1", "minsei1", "kansa1"):
        assert case.status(login, secret) == 404, login
    papers = case.call("komorebi1", "GET", f"meetings/{meeting_id}/cases/{case.case_id}/papers")
    assert "近隣から心配の声" in papers.text
    case.moved("kanri1", "watching")

    # 同意: opens the consented part and nothing of the conference.
    members = case.data("kanri1", "members")["members"]
    case.change(
        "kanri1",
        "members",
        members=[*members, {"agencyId": "npo", "kind": "participant", "from": day()}],
    )
    assert case.status("komorebi1", "household") == 404
    consent = case.add(
        "kanri1",
        "consent",
        {
            "personId": subject,
            "kinds": ["application", "sharing", "meeting"],
            "agencyRoles": ["municipality", "coordinator", "receiving", "participant"],
            "classes": ["1", "2", "4", "5"],
            "purpose": "世帯の支援のため",
            "explainer": "担当 三奈",
            "explainedOn": day(),
            "method": "01",
            "date": day(),
            "from": day(),
            "evidence": "同意書 2026-001",
        },
    )
    case.moved("kanri1", "assessing")
    assert case.data("komorebi1", "intake")["name"] == "八〇 五〇郎"
    # Class 3 was not named in the consent.
    assert "chiefComplaint" not in case.data("komorebi1", "intake")
    assert case.status("houkatsu1", secret) == 404
    assert "会議だけの話" not in case.call("houkatsu1", "GET", f"cases/{case.case_id}/records").text

    # プラン → 重層的支援会議 → 支援決定(市町村) → 支援
    assessed = {"personId": subject, "date": day()}
    case.add("chousei1", "assessment-living", {**assessed, "housing": "01"})
    case.moved("chousei1", "plan-draft")
    plan = case.add(
        "chousei1",
        "plan",
        {
            "programme": "multi-agency",
            "planNumber": 1,
            "createdOn": day(),
            "roles": [
                {"itemId": "i-1", "support": "週一回の訪問", "agencyId": "elderly", "due": day(30)},
                {"itemId": "i-2", "support": "居場所への同行", "agencyId": "npo", "due": day(60)},
            ],
            "leadAgencyId": "council",
            "from": day(),
            "to": day(180),
            "nextEvaluationOn": day(90),
        },
    )
    case.moved("chousei1", "in-conference")
    case.meeting(
        "chousei1",
        "juso",
        {
            "basis": "consent",
            "attendees": [OFFICE_ATTENDS, COUNCIL_ATTENDS],
            "planId": plan,
            "planJudgement": "appropriate",
        },
    )
    refused = case.post(
        "chousei1",
        f"cases/{case.case_id}/records",
        {
            "form": "decision",
            "formVersion": form_versions("decision")[-1],
            "data": {"planId": plan, "result": "decided", "date": day(), "decidedBy": "調整"},
        },
    )
    assert refused.status_code == 403
    decided = {"planId": plan, "result": "decided", "date": day(), "decidedBy": "課長"}
    case.add("tantou1", "decision", decided)
    case.moved("tantou1", "decided", approvedBy="地福第1号")
    case.moved("chousei1", "supporting")
    visit = {
        "date": day(),
        "minutes": 40,
        "method": "02",
        "counterpart": "subject",
        "facts": "玄関先で話した。居場所の話に笑顔が見られた。",
        "sharedWith": "members",
    }
    shared = case.add("komorebi1", "progress", visit)
    assert case.status("houkatsu1", shared) == 200
    tasks = case.call("chousei1", "GET", f"cases/{case.case_id}/tasks").json()["items"]
    assert tasks

    # 検索: within what each may see; the protected address finds nothing for anyone.
    for login in ("kanri1", "komorebi1", "houkatsu1"):
        found = case.call(login, "POST", "search", json={"q": "居場所"}).json()
        assert case.case_id in {i["caseId"] for i in found["items"]}, login
    for login in LOGINS[:-1]:
        hidden = case.call(login, "POST", "search", json={"q": "秘匿ヶ丘"})
        assert hidden.status_code != 200 or hidden.json()["total"] == 0, login
    assert case.call("minsei1", "POST", "search", json={"q": "居場所"}).json()["total"] == 0

    # 撤回: closes on the next request, moves no state, deletes nothing.
    case.add(
        "houkatsu1",
        "consent-withdrawal",
        {"consentId": consent, "date": day(), "receivedBy": "包括 五月"},
    )
    assert case.status("houkatsu1", shared) == 404
    assert case.status("komorebi1", "household") == 404
    assert case.status("komorebi1", shared) == 200  # its own record
    assert case.call("kanri1", "GET", f"cases/{case.case_id}").json()["state"] == "supporting"
    again = {**case.data("kanri1", consent), "evidence": "同意書 2026-002"}
    case.add("kanri1", "consent", again)
    assert case.status("houkatsu1", shared) == 200

    # 評価 → 終結 → 引継ぎ
    case.moved("chousei1", "evaluating")
    last_id, _ = case.meeting(
        "chousei1",
        "juso",
        {"basis": "consent", "attendees": [OFFICE_ATTENDS, COUNCIL_ATTENDS]},
    )
    case.add(
        "chousei1",
        "evaluation",
        {
            "date": day(),
            "planId": plan,
            "achievement": "achieved",
            "judgement": "closing",
            "endReason": "02",
            "confirmedAtMeetingId": last_id,
        },
    )
    case.add("chousei1", "closure", {"date": day(), "reason": "02", "leadAgencyId": "elderly"})
    case.add(
        "chousei1",
        "handover",
        {"agencyId": "elderly", "date": day(), "summary": "訪問と居場所の利用が続いている。"},
    )
    case.moved("tantou1", "closed")
    # Consent without an end ends with the case (L7).
    assert case.status("houkatsu1", shared) == 404
    assert case.call("kanri1", "GET", f"cases/{case.case_id}").json()["state"] == "closed"


def test_the_protected_address_is_nowhere_but_with_its_holder(
    tenant: RunningTenant, case: Case
) -> None:
    paths = (
        *("cases", "meetings", "tasks", "notices", "statistics?period=2026", "ledger"),
        f"cases/{case.case_id}",
        f"cases/{case.case_id}/records?limit=100",
        f"cases/{case.case_id}/audit?limit=100",
        f"cases/{case.case_id}/transitions",
        f"cases/{case.case_id}/genogram",
        f"cases/{case.case_id}/similar",
    )
    for login in LOGINS:
        for path in paths:
            case.call(login, "GET", path)
    own = f"/sealed/{case.data('kanri1', 'household')['persons'][0]['personId']}"
    for login, path, text in case.heard:
        if not (login == "tantou1" and path.endswith(own)):
            assert "秘匿ヶ丘" not in text, (login, path)
    for table in ("RecordsTable", "AuditTable"):
        for item in scan(tenant, table):
            assert "秘匿ヶ丘" not in json.dumps(item, ensure_ascii=False, default=str)
    for log in HOME.rglob("*log*"):
        if log.is_file():
            assert "秘匿ヶ丘" not in log.read_text("utf-8", errors="replace"), log


def test_the_years_statistics_equal_a_count_over_the_raw_table(
    tenant: RunningTenant, case: Case
) -> None:
    """Every indicator the report holds, against counters written a second time."""
    year = TODAY.year if TODAY.month >= 4 else TODAY.year - 1
    answer = case.call("kanri1", "GET", f"statistics?period={year}&for=report")
    assert answer.status_code == 200, answer.text
    told = {
        (r["indicator"], r["breakdown"], r["code"]): r["values"][str(year)]
        for r in answer.json()["rows"]
    }
    counted = by_hand(cases_of(tenant), f"{year}-04-01", min(day(), f"{year + 1}-03-31"), advice=[])
    # The report has a row for each code, the clerk writes down what there is.
    assert {row: number for row, number in told.items() if number} == {
        row: number for row, number in counted.items() if number
    }
    assert all(told[row] == number for row, number in counted.items())
    assert counted


def test_the_trail_of_all_this_verifies_and_one_changed_byte_is_found(
    tenant: RunningTenant, case: Case
) -> None:
    assert invoke_job(tenant.live, {"task": "verify"})["problems"] == []
    dynamodb, table = tenant.live.client("dynamodb"), tenant.live.outputs["RecordsTable"]
    item = next(
        i
        for i in scan(tenant, "RecordsTable")
        if i["pk"]["S"] == f"CASE#{case.case_id}" and i.get("form", {}).get("S") == "closure"
    )
    changed = {**item, "data": {"S": item["data"]["S"].replace('"02"', '"03"')}}
    assert changed != item
    dynamodb.put_item(TableName=table, Item=changed)
    try:
        found = invoke_job(tenant.live, {"task": "verify"})["problems"]
        assert [p["where"] for p in found] == [f"CASE#{case.case_id}"]
    finally:
        dynamodb.put_item(TableName=table, Item=item)
    assert invoke_job(tenant.live, {"task": "verify"})["problems"] == []
