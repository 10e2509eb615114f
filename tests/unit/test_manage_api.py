"""What managers do beside casework: registers, stocktaking, the first day, the guide to settings,
the open uses of 緊急閲覧, the matrix, and where a request for disclosure stands."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.api import auth, staff
from lambdas.api.cognito import Cognito
from lambdas.casework import policy_matrix, presets
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.forms import form_versions
from tests.good_requests import build, day
from tests.running import body, intake
from tests.unit.in_process import Answer, InProcess, new_key
from tests.unit.test_every_route import caller
from tests.unit.test_sign_in import Pool, refusal

TOMORROW, YESTERDAY = day(1), day(-1)


class FreePool(Pool):
    """A pool that has no login but those it makes."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, str] = {}

    @property
    def exceptions(self) -> Any:
        class Names:
            UserNotFoundException = LookupError

        return Names

    def admin_get_user(self, **parameters: Any) -> Any:
        if parameters["Username"] not in self.made:
            raise refusal("UserNotFoundException")
        return {"UserAttributes": [{"Name": "sub", "Value": self.made[parameters["Username"]]}]}

    def admin_delete_user(self, **parameters: Any) -> None:
        if self.made.pop(parameters["Username"], None) is None:
            raise LookupError

    def admin_create_user(self, **parameters: Any) -> Any:
        sub = f"sub-new-{len(self.calls)}"
        self.calls.append(("admin_create_user", parameters))
        self.made[parameters["Username"]] = sub
        return {"User": {"Attributes": [{"Name": "sub", "Value": sub}]}}


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> FreePool:
    made = FreePool()
    client = Cognito(region="ap-northeast-1", user_pool_id="p", client_id="c")
    client.__dict__["_idp"] = made
    for module in (auth, staff):
        monkeypatch.setattr(module, "cognito", lambda: client)
    return made


def new_person(**changes: Any) -> dict[str, Any]:
    return {
        "displayName": "新任 太郎",
        "loginId": "shinnin1",
        "role": "officer",
        "agencyId": "municipality",
        "validFrom": day(),
        "validTo": None,
        **changes,
    }


def invite(here: InProcess, key: dict[str, str] | None = None, **changes: Any) -> Answer:
    return here.request(
        "kanri1", "POST", "/staff", json_body=new_person(**changes), headers=key or new_key()
    )


def register(here: InProcess) -> dict[str, Any]:
    items = here.request("kanri1", "GET", "/staff").json["items"]
    return {item["staffId"]: item for item in items}


def change(here: InProcess, *changes: Any, preview: bool = False, login: str = "kanri1") -> Answer:
    body = {"preview": preview, "changes": list(changes)}
    return here.request(login, "POST", "/staff-changes", json_body=body, headers=new_key())


def outcomes(answer: Answer) -> list[tuple[str, str | None]]:
    assert answer.status == 200, answer.text
    return [(item["outcome"], item["code"]) for item in answer.json["items"]]


def events(here: InProcess, action: str) -> list[dict[str, Any]]:
    from lambdas.store import trail

    return [dict(kept.event) for kept in trail.all_events() if kept.event["action"] == action]


def test_an_invitation_makes_a_login_and_an_entry(here: InProcess, pool: FreePool) -> None:
    answer = invite(here)
    assert answer.status == 201, answer.text
    entry = register(here)[answer.json["staffId"]]
    assert entry["loginId"] == "shinnin1"
    assert entry["lastSignInOn"] is None
    assert pool.calls[-1][1]["TemporaryPassword"] == answer.json["temporaryPassword"]
    (told,) = events(here, "invite-staff")
    assert told["staffId"] == answer.json["staffId"]
    assert "新任" not in json.dumps(told, ensure_ascii=False)


def test_a_lost_answer_is_asked_for_again_and_nobody_is_there_twice(
    here: InProcess, pool: FreePool
) -> None:
    key = new_key()
    first, second = invite(here, key), invite(here, key)
    assert second.json["staffId"] == first.json["staffId"]
    assert second.json["temporaryPassword"] != first.json["temporaryPassword"]
    assert [i["loginId"] for i in register(here).values()].count("shinnin1") == 1
    other = invite(here, key, displayName="別人")
    assert (other.status, other.problem) == (422, "idempotency-key-reused")


def test_a_login_left_behind_by_a_broken_attempt_is_made_anew(
    here: InProcess, pool: FreePool
) -> None:
    pool.made["shinnin1"] = "sub-of-nobody"
    assert invite(here).status == 201


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"loginId": "kanri2"}, "/loginId", "login-taken"),
        ({"loginId": "KANRI2"}, "/loginId", "login-taken"),
        ({"agencyId": "nowhere"}, "/agencyId", "unknown-agency"),
        ({"agencyId": "npo"}, "/role", "municipal-role"),
        ({"validTo": YESTERDAY}, "/validTo", "period-over"),
        ({"validFrom": "2026-02-30"}, "/validFrom", "format"),
        ({"displayName": "制御\u0007文字"}, "/displayName", "unstorable-characters"),
        ({"displayName": "123456789018"}, "/displayName", "my-number"),
    ],
)
def test_a_wrong_invitation_makes_nothing(
    here: InProcess, pool: FreePool, changes: dict[str, Any], pointer: str, code: str
) -> None:
    before = register(here)
    answer = invite(here, **changes)
    assert answer.status == 422, answer.text
    assert (answer.json["errors"][0]["pointer"], answer.json["errors"][0]["code"]) == (
        pointer,
        code,
    )
    assert (pool.made, register(here)) == ({}, before)


def test_april_preview_then_one_confirmation_with_a_result_for_each(here: InProcess) -> None:
    people = register(here)
    wanted = [
        {"staffId": "staff-tantou1", "revision": 0, "validTo": "2027-03-31"},
        {"staffId": "staff-houkatsu1", "revision": 0, "role": "officer"},
        {"staffId": "staff-komorebi1", "revision": 0, "agencyId": "elderly"},
        {"staffId": "nobody", "revision": 0},
        {"staffId": "staff-minsei1", "revision": 7, "validTo": "2027-03-31"},
    ]
    expected = [
        ("refused", "municipal-role"),
        ("refused", "unknown-staff"),
        ("refused", "changed-by-other"),
    ]
    seen = outcomes(change(here, *wanted, preview=True))
    assert [o for o in seen if o[0] == "refused"] == expected
    assert seen.count(("would-change", None)) == 2
    assert register(here) == people
    assert events(here, "change-staff") == []
    done = outcomes(change(here, *wanted))
    assert [o for o in done if o[0] == "refused"] == expected
    assert done.count(("changed", None)) == 2
    after = register(here)
    assert after["staff-komorebi1"]["agencyName"] == "地域包括支援センター"
    assert after["staff-tantou1"]["validTo"] == "2027-03-31"
    told = events(here, "change-staff")
    assert [e["changed"] for e in told if e["staffId"] == "staff-komorebi1"] == [
        {"agencyId": ["npo", "elderly"]}
    ]
    # A repeated request finds everything done.
    assert outcomes(change(here, *wanted))[0] == ("same", None)


def test_whoever_moves_office_acts_there_from_the_next_request(here: InProcess) -> None:
    outcomes(change(here, {"staffId": "staff-houkatsu1", "revision": 0, "agencyId": "npo"}))
    assert here.request("houkatsu1", "GET", "/me").json["agencyId"] == "npo"
    outcomes(change(here, {"staffId": "staff-houkatsu1", "revision": 1, "validTo": YESTERDAY}))
    assert here.request("houkatsu1", "GET", "/me").problem == "not-registered"


def test_somebody_can_always_manage_tomorrow(here: InProcess) -> None:
    ends = [
        {"staffId": f"staff-{login}", "revision": 0, "validTo": day()}
        for login in ("kanri1", "kanri2")
    ]
    assert outcomes(change(here, *ends)) == [("changed", None), ("refused", "last-manager")]
    demoted = {"staffId": "staff-kanri2", "revision": 0, "role": "officer"}
    assert outcomes(change(here, demoted)) == [("refused", "last-manager")]


def test_stocktaking_is_recorded(here: InProcess) -> None:
    confirmed = {"staffId": "staff-minsei1", "revision": 0, "confirm": True}
    assert outcomes(change(here, confirmed)) == [("changed", None)]
    assert register(here)["staff-minsei1"]["confirmedOn"] == day()
    (told,) = events(here, "confirm-staff")
    assert (told["staffId"], told["confirmed"]) == ("staff-minsei1", True)


def test_agencies_are_entered_and_renamed_with_their_staff(here: InProcess) -> None:
    body = {"name": "障害者相談センター", "kind": "03", "runsProgramme": False}
    key = new_key()
    first, second = (
        here.request("kanri1", "POST", "/agencies", json_body=body, headers=key) for _ in "ab"
    )
    assert first.status == 201
    assert first.json == second.json
    taken = here.request("kanri1", "POST", "/agencies", json_body=body, headers=new_key())
    assert taken.json["errors"][0]["code"] == "agency-name-taken"
    unknown = here.request(
        "kanri1",
        "POST",
        "/agencies",
        json_body={**body, "name": "ほか", "kind": "77"},
        headers=new_key(),
    )
    assert unknown.json["errors"][0]["code"] == "not-in-list"
    renamed = {"name": "社協", "kind": "11", "runsProgramme": True}

    def put(revision: int) -> Answer:
        headers = {"if-match": f'"{revision}"'}
        return here.request(
            "kanri1", "PUT", "/agencies/council", json_body=renamed, headers=headers
        )

    assert put(3).status == 412
    assert put(0).status == 200
    assert here.request("chousei1", "GET", "/me").json["agencyName"] == "社協"
    found = here.request("kanri1", "GET", "/agencies").json["items"]
    council = next(a for a in found if a["agencyId"] == "council")
    assert (council["name"], council["memberKind"], council["revision"]) == (
        "社協",
        "coordinator",
        1,
    )
    assert council["contract"] == {"from": "2026-04-01", "to": None}


def test_the_office_stays_the_office(here: InProcess) -> None:
    headers = {"if-match": '"0"'}
    body = {"name": "福祉総務課", "kind": "30", "runsProgramme": False}
    here.request("kanri1", "PUT", "/agencies/municipality", json_body=body, headers=headers)
    assert here.request("kanri1", "GET", "/me").json["can"]["manageStaff"]
    assert here.request("kanri1", "GET", "/me").json["agencyName"] == "福祉総務課"


def end(here: InProcess, agency_id: str, to: str | None) -> Answer:
    """Asks for an agency to end with a day, as it stands else."""
    found = here.request("kanri1", "GET", "/agencies").json["items"]
    one = next(a for a in found if a["agencyId"] == agency_id)
    body = {
        "name": one["name"],
        "kind": one["kind"],
        "runsProgramme": one["memberKind"] == "coordinator",
        "to": to,
    }
    headers = {"if-match": f'"{one["revision"]}"'}
    return here.request("kanri1", "PUT", f"/agencies/{agency_id}", json_body=body, headers=headers)


def code(answer: Answer) -> str:
    (error,) = answer.json["errors"]
    return str(error["code"])


def members(here: InProcess, case_id: str, *rows: dict[str, Any]) -> None:
    path = f"/cases/{case_id}/records/members"
    before = here.request("kanri1", "GET", path).json
    standing = [r for r in before["data"]["members"] if r["agencyId"] != "npo"]
    saved = here.request(
        "kanri1",
        "PUT",
        path,
        json_body={
            "formVersion": form_versions("members")[-1],
            "data": {"members": [*standing, *rows]},
        },
        headers={"if-match": f'"{before["revision"]}"'},
    )
    assert saved.status == 200, saved.text


def test_an_agency_ends_once_nobody_works_there_and_no_case_counts_on_it(
    here: InProcess, pool: FreePool
) -> None:
    created = here.request("kanri1", "POST", "/cases", json_body=body(intake()), headers=new_key())
    case_id = created.json["caseId"]
    part = {"agencyId": "npo", "kind": "participant", "from": day(-9)}
    members(here, case_id, part)
    assert code(end(here, "municipality", day())) == "office-stays"
    assert code(end(here, "npo", "yesterday")) == "format"
    assert code(end(here, "npo", YESTERDAY)) == "agency-has-staff"
    gone = {"staffId": "staff-komorebi1", "revision": 0, "validTo": YESTERDAY}
    assert outcomes(change(here, gone)) == [("changed", None)]
    assert code(end(here, "npo", YESTERDAY)) == "agency-has-cases"
    members(here, case_id, {**part, "to": YESTERDAY})
    assert end(here, "npo", YESTERDAY).status == 200
    found = here.request("kanri1", "GET", "/agencies").json["items"]
    assert {a["agencyId"]: a["to"] for a in found if a["to"]} == {"npo": YESTERDAY}
    # A client that knows no ends takes none away.
    kept = {"name": "こもれび", "kind": "26", "runsProgramme": False}
    headers = {"if-match": '"1"'}
    assert (
        here.request("kanri1", "PUT", "/agencies/npo", json_body=kept, headers=headers).status
        == 200
    )
    found = here.request("kanri1", "GET", "/agencies").json["items"]
    assert next(a for a in found if a["agencyId"] == "npo")["to"] == YESTERDAY

    # From then on nobody and nothing new is theirs.
    assert code(invite(here, role="agency", agencyId="npo")) == "agency-ends-first"
    back = {"staffId": "staff-houkatsu1", "revision": 0, "agencyId": "npo"}
    assert outcomes(change(here, back)) == [("refused", "agency-ends-first")]
    late = body(intake(receivingAgencyId="npo", receivedAt=day()))
    refused = here.request("kanri1", "POST", "/cases", json_body=late, headers=new_key())
    assert code(refused) == "agency-over"
    sent = {
        "form": "referral",
        "formVersion": form_versions("referral")[-1],
        "data": {"date": day(), "toAgencyId": "npo", "reason": "居場所につなぐ。"},
    }
    named = here.request(
        "kanri1", "POST", f"/cases/{case_id}/records", json_body=sent, headers=new_key()
    )
    assert code(named) == "agency-over"
    # An end that was a mistake is taken back.
    assert end(here, "npo", None).status == 200
    named = here.request(
        "kanri1", "POST", f"/cases/{case_id}/records", json_body=sent, headers=new_key()
    )
    assert named.status == 201, named.text


def test_an_ended_agency_of_the_programme_joins_no_new_case(here: InProcess) -> None:
    gone = {"staffId": "staff-chousei1", "revision": 0, "validTo": YESTERDAY}
    assert outcomes(change(here, gone)) == [("changed", None)]
    assert end(here, "council", YESTERDAY).status == 200
    created = here.request("kanri1", "POST", "/cases", json_body=body(intake()), headers=new_key())
    case = here.request("kanri1", "GET", f"/cases/{created.json['caseId']}").json
    assert "council" not in {m["agencyId"] for m in case["members"]}


@pytest.mark.parametrize("login", ["tantou1", "chousei1", "houkatsu1", "minsei1", "kansa1"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/staff", new_person()),
        ("POST", "/staff-changes", {"preview": True, "changes": [{"staffId": "x", "revision": 0}]}),
        ("POST", "/agencies", {"name": "x", "kind": "03", "runsProgramme": False}),
        ("PUT", "/agencies/npo", {"name": "x", "kind": "03", "runsProgramme": False}),
        ("GET", "/first-day", None),
        ("POST", "/first-day", {}),
        ("GET", "/disposals", None),
        ("GET", "/emergency-uses", None),
    ],
)
def test_only_managers(here: InProcess, login: str, method: str, path: str, body: Any) -> None:
    headers = {"if-match": '"0"', **new_key()}
    answer = here.request(login, method, path, json_body=body, headers=headers)
    assert (answer.status, answer.problem) == (403, "not-permitted")


def test_the_first_day_is_read_off_the_data(here: InProcess) -> None:
    def steps() -> dict[str, bool]:
        answer = here.request("kanri1", "GET", "/first-day")
        return {item["step"]: item["done"] for item in answer.json["steps"]}

    assert steps() == {
        "agencies": True,
        "contract": True,
        "second-manager": True,
        "staff": True,
        "settings": False,
        "first-case": False,
    }
    here.create()
    headers = {"if-match": '"0"'}
    document = {"document": {"preset": "minimal"}}
    here.request("kanri1", "PUT", "/settings", json_body=document, headers=headers)
    assert all(steps().values())
    runs = {"name": "新しい受託者", "kind": "27", "runsProgramme": True}
    here.request("kanri1", "POST", "/agencies", json_body=runs, headers=new_key())
    assert not steps()["contract"]
    dismissed = here.request("kanri1", "POST", "/first-day", json_body={}, headers=new_key())
    assert dismissed.status == 204
    assert here.request("kanri1", "GET", "/first-day").json["dismissed"]
    assert not here.request("kanri2", "GET", "/first-day").json["dismissed"]


def test_the_day_of_the_last_sign_in_is_kept(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lambdas.api.tenant import repository
    from lambdas.store.registers import signed_in

    member = repository().staff_by_sub("sub-tantou1")
    assert member is not None
    today = japanese_day(datetime.now(UTC))
    signed_in(member, today)
    assert register(here)["staff-tantou1"]["lastSignInOn"] == today.isoformat()
    again = repository().staff_by_sub("sub-tantou1")
    assert again is not None
    here.calls.clear()
    signed_in(again, today)
    assert here.calls == []


def test_the_guide_to_settings_says_what_the_settings_accept(here: InProcess) -> None:
    """Every item that is said to be hideable can be hidden, every other one is refused."""
    choices = here.request("kanri1", "GET", "/settings/choices").json
    assert {t["name"]: t["most"] for t in choices["terms"]}["disclosureDays"] == 30
    for entry in choices["forms"]:
        form = entry["form"]
        hidden: Any = {"preset": "standard", "forms": {form: {"shown": False}}}
        assert bool(presets.problems(hidden)) == (entry["kept"] is not None), entry
        assert entry["items"]
        for item in entry["items"]:
            fields: Any = {item["path"]: {"shown": False}}
            hidden = {"preset": "standard", "forms": {form: {"fields": fields}}}
            assert bool(presets.problems(hidden)) == (item["kept"] is not None), item
            fields = {item["path"]: {"title": "呼び名"}}
            named = {"preset": "standard", "forms": {form: {"fields": fields}}}
            assert bool(presets.problems(named)) != item["renamable"], item


def test_the_matrix_is_that_of_the_running_rules(here: InProcess) -> None:
    for login in ("kanri1", "tantou1", "kansa1"):
        body = here.request(login, "GET", "/policy-matrix").json
        assert [
            (s["title"], [(r["label"], tuple(r["cells"])) for r in s["rows"]])
            for s in body["sections"]
        ] == [(s.title, list(s.rows)) for s in policy_matrix.sections()]
    assert here.request("houkatsu1", "GET", "/policy-matrix").status == 403


def test_an_open_emergency_use_is_listed_until_it_is_reviewed(here: InProcess) -> None:
    document = {"document": {"preset": "minimal", "switches": {"emergencyAccess": True}}}
    headers = {"if-match": '"0"'}
    here.request("kanri1", "PUT", "/settings", json_body=document, headers=headers)
    case_id = here.create()
    now = datetime.now(UTC)

    def record(login: str, form: str, data: Any) -> Answer:
        body = {"form": form, "formVersion": form_versions(form)[-1], "data": data}
        path = f"/cases/{case_id}/records"
        answer = here.request(login, "POST", path, json_body=body, headers=new_key())
        assert answer.status == 201, answer.text
        return answer

    used = record(
        "tantou1",
        "emergency-access",
        {
            "staffId": "staff-tantou1",
            "reason": "夜間に連絡が取れず、安否を確かめるため",
            "from": to_iso(now),
            "to": to_iso(now + timedelta(hours=1)),
        },
    ).json["recordId"]
    (item,) = here.request("kanri1", "GET", "/emergency-uses").json["items"]
    assert (item["caseId"], item["accessId"], item["staffId"]) == (case_id, used, "staff-tantou1")
    review = {"accessId": used, "reviewedBy": "氏名 kanri1", "date": day(), "result": "proper"}
    record("kanri1", "emergency-review", review)
    assert here.request("kanri1", "GET", "/emergency-uses").json["items"] == []


def test_a_request_for_disclosure_knows_the_cases_opened_for_it(here: InProcess) -> None:
    world = build(caller(here))
    path = f"/disclosures/{world.request_id}"
    state = here.request("kanri1", "GET", path).json
    assert state["decideBy"] == day(30)
    (case,) = state["cases"]
    assert (case["caseId"], case["open"], case["decided"]) == (world.case_id, True, False)
    here.request(
        "kanri1",
        "PUT",
        f"{path}/cases/{world.case_id}/masks",
        json_body={"passages": list(world.passages)},
        headers={"if-match": '"0"'},
    )
    assert here.request("tantou1", "GET", path).json["cases"][0]["decided"]
    assert here.request("houkatsu1", "GET", path).problem == "nothing-to-show"
    assert here.verify()["problems"] == []


def test_disposals_are_listed_newest_first(here: InProcess) -> None:
    assert here.request("kanri1", "GET", "/disposals").json == {"items": [], "nextCursor": None}
    bad = here.request("kanri1", "GET", "/disposals", query={"cursor": "x"})
    assert bad.problem == "bad-query"


def test_what_me_may_do_follows_the_rules(here: InProcess) -> None:
    seen: Callable[[str], set[str]] = lambda login: {  # noqa: E731
        name for name, may in here.request(login, "GET", "/me").json["can"].items() if may
    }
    assert seen("kansa1") == {"readLedger", "readStatistics", "readMatrix"}
    assert "manageSettings" not in seen("tantou1")
    assert {"handleDisclosure", "reportStatistics", "readMatrix"} <= seen("tantou1")
    assert {"handleRetention", "reviewEmergencies", "manageSettings"} <= seen("kanri1")
