"""A protected person and the 相手方 meet in the records: the holders notice, nobody else does, and
whoever types learns nothing."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from lambdas.store import trail
from tests.running import body, intake
from tests.unit.in_process import RECORDS, REGION, Answer, InProcess, new_key
from tests.unit.test_sealed_api import (
    BORN,
    ENEMY,
    ENEMY_KANA,
    HOLDER,
    OTHERS,
    name_holders,
    person_of,
    put,
)

WIFE = "夜船 澪"
STRANGER = "甲野 一郎"


@pytest.fixture
def case_id(here: InProcess) -> str:
    """A protected person's case with one holder and one 相手方."""
    created = here.create(addressProtection="yes", name=WIFE)
    assert name_holders(here, created, HOLDER).status == 201
    assert put(here, created, person_of(here, created)).status == 200
    return created


def notices(here: InProcess, login: str = HOLDER) -> list[dict[str, Any]]:
    answer = here.request(login, "GET", "/notices")
    assert answer.status == 200
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def kinds(here: InProcess, login: str = HOLDER) -> dict[str | None, str]:
    return {n["otherCaseId"]: n["kind"] for n in notices(here, login)}


def add_to_ledger(
    here: InProcess, case_id: str, name: str, login: str = "kanri1", **row: Any
) -> Answer:
    path = f"/cases/{case_id}/records/household"
    ledger = here.request(login, "GET", path)
    rows = [
        *ledger.json["data"]["persons"],
        {"personId": _new_person(), "relation": "02", "name": name, **row},
    ]
    headers = {"if-match": ledger.headers["etag"], **new_key()}
    return here.request(
        login,
        "PUT",
        path,
        json_body=body({**ledger.json["data"], "persons": rows}),
        headers=headers,
    )


_persons = iter(f"p-new{number:09d}" for number in range(1, 1000))


def _new_person() -> str:
    return next(_persons)


def test_without_a_meeting_there_is_no_notice(here: InProcess, case_id: str) -> None:
    here.create(name=STRANGER)
    here.create(name=ENEMY, birthDate=BORN | {"d": 29})
    assert notices(here) == []


def test_another_case_of_the_municipality(here: InProcess, case_id: str) -> None:
    other = here.create(name=ENEMY, birthDate=BORN)
    (notice,) = notices(here)
    assert notice["kind"] == "conflict-municipality"
    assert (notice["caseId"], notice["otherCaseId"]) == (case_id, other)
    # What was there before the compartment was filled in is found as well.
    later = here.create(addressProtection="yes", name="夜船 渚")
    name_holders(here, later, HOLDER)
    put(here, later, person_of(here, later))
    assert {(n["caseId"], n["otherCaseId"]) for n in notices(here)} == {
        (case_id, other),
        (later, other),
    }


def test_one_household_and_one_case(here: InProcess, case_id: str) -> None:
    answer = add_to_ledger(here, case_id, "湊川　竜之介", birthDate=BORN)
    assert answer.status == 200, answer.text
    assert kinds(here) == {None: "conflict-household"}


def test_a_visitor_of_the_case(here: InProcess, case_id: str) -> None:
    saved = here.save(case_id, 1, addressProtection="yes", name=WIFE, visitor={"name": ENEMY})
    assert saved.status == 200
    assert kinds(here) == {None: "conflict-case-possible"}


def test_his_own_case_names_her(here: InProcess, case_id: str) -> None:
    other = here.create(name=ENEMY, birthDate=BORN, household=[{"name": "夜船　澪"}])
    assert kinds(here) == {other: "conflict-case"}
    add_to_ledger(here, other, WIFE)
    assert kinds(here) == {other: "conflict-household"}


def test_an_unknown_birth_date_is_a_possibility(here: InProcess, case_id: str) -> None:
    other = here.create(name="みなとがわ りゅうのすけ")
    assert kinds(here) == {other: "conflict-municipality-possible"}


def test_a_notice_holds_no_personal_data(here: InProcess, case_id: str) -> None:
    here.create(name=ENEMY, birthDate=BORN)
    text = here.request(HOLDER, "GET", "/notices").text
    for secret in (ENEMY, ENEMY_KANA, WIFE, "湊川", "夜船", "1979"):
        assert secret not in text
    assert "保護対象の方の相手方が、市町村内の別のケースに記録されています。" in text


def test_only_holders_are_told_and_only_while_they_are(here: InProcess, case_id: str) -> None:
    here.create(name=ENEMY, birthDate=BORN)
    assert all(notices(here, login) == [] for login in OTHERS)
    assert name_holders(here, case_id, "kanri2").status == 200
    assert notices(here) == []
    assert len(notices(here, "kanri2")) == 1
    declared = {"staffId": "staff-kanri2", "declaredBy": "self", "date": "2026-06-01"}
    answer = here.request(
        "kanri1",
        "POST",
        f"/cases/{case_id}/records",
        json_body={"form": "conflict-of-interest", **body(declared | {"declaredBy": "manager"})},
        headers=new_key(),
    )
    assert answer.status == 201, answer.text
    assert notices(here, "kanri2") == []


def test_a_case_that_the_holder_may_not_know_of_is_not_named(here: InProcess, case_id: str) -> None:
    other = here.create(name=ENEMY, birthDate=BORN)
    assert kinds(here) == {other: "conflict-municipality"}
    declared = {"staffId": f"staff-{HOLDER}", "declaredBy": "manager", "date": "2026-06-01"}
    here.request(
        "kanri1",
        "POST",
        f"/cases/{other}/records",
        json_body={"form": "conflict-of-interest", **body(declared)},
        headers=new_key(),
    )
    assert kinds(here) == {None: "conflict-municipality"}
    assert other not in here.request(HOLDER, "GET", "/notices").text


def test_a_corrected_counterpart_ends_the_notice_and_a_corrected_ledger_does_not(
    here: InProcess, case_id: str
) -> None:
    other = here.create(name=ENEMY, birthDate=BORN)
    assert here.save(other, 1, name=STRANGER).status == 200
    assert kinds(here) == {other: "conflict-municipality"}
    person_id = person_of(here, case_id)
    assert put(here, case_id, person_id, revision=1, counterparts=[{"name": "別人"}]).status == 200
    assert notices(here) == []


def test_a_notice_is_marked_as_read(here: InProcess, case_id: str) -> None:
    here.create(name=ENEMY, birthDate=BORN)
    (notice,) = notices(here)
    assert notice["readAt"] is None
    path = f"/notices/{notice['noticeId']}/read"
    for login in OTHERS:
        refused = here.request(login, "POST", path, json_body={}, headers=new_key())
        assert (refused.status, refused.problem) == (404, "nothing-to-show")
    assert here.request(HOLDER, "POST", path, json_body={}).status == 400
    assert here.request(HOLDER, "POST", path, json_body={}, headers=new_key()).status == 204
    (read,) = notices(here)
    assert read["readAt"] and {**read, "readAt": None} == notice
    unknown = here.request(HOLDER, "POST", "/notices/abc/read", json_body={}, headers=new_key())
    assert unknown.problem == "nothing-to-show"
    # What comes nearer is a new notice.
    add_to_ledger(here, notice["otherCaseId"], WIFE)
    (nearer,) = notices(here)
    assert (nearer["kind"], nearer["readAt"]) == ("conflict-household", None)
    assert here.verify()["problems"] == []


# --- whoever types learns nothing ----------------------------------------------------------------


Write = Callable[[InProcess, str], Answer]


def _create(here: InProcess, name: str) -> Answer:
    sent = body(intake(name=name, birthDate=BORN))
    return here.request(
        "houkatsu1", "POST", "/cases", json_body=sent | _own(sent), headers=new_key()
    )


def _own(sent: dict[str, Any]) -> dict[str, Any]:
    return {"data": sent["data"] | {"receivingAgencyId": "elderly"}}


def _correct(here: InProcess, name: str) -> Answer:
    created = here.create(login="houkatsu1", receivingAgencyId="elderly")
    return here.save(created, 1, login="houkatsu1", receivingAgencyId="elderly", name=name)


def _enter(here: InProcess, name: str) -> Answer:
    return add_to_ledger(here, here.create(), name, birthDate=BORN)


def _visit(here: InProcess, name: str) -> Answer:
    created = here.create()
    return here.save(created, 1, visitor={"name": name}, household=[{"name": name}])


@pytest.mark.parametrize("write", [_create, _correct, _enter, _visit])
def test_a_write_is_the_same_with_and_without_a_match(
    here: InProcess, case_id: str, write: Write
) -> None:
    seen = []
    for name in (STRANGER, ENEMY):
        answer = write(here, name)
        assert answer.status in (200, 201)
        calls, headers = list(here.calls), sorted(answer.headers)
        shape = json.dumps(_shape(answer.json), sort_keys=True)
        seen.append((answer.status, shape, headers, calls, len(_items_of(_case_of(answer, here)))))
    assert seen[0] == seen[1]
    assert len(notices(here)) == 1


def _shape(value: Any) -> Any:
    """The structure of an answer without what differs from case to case."""
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return type(value).__name__


def _case_of(answer: Answer, here: InProcess) -> str:
    found = here.request("kanri1", "GET", "/cases").json["items"]
    return str(max(found, key=lambda row: row["updatedAt"])["caseId"])


def _items_of(case_id: str) -> list[dict[str, Any]]:
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    items = dynamodb.scan(TableName=RECORDS)["Items"]
    return [i for i in items if case_id in i["pk"]["S"]]


def test_the_other_case_bears_no_sign_of_it(here: InProcess, case_id: str) -> None:
    """Neither its records, its list row, its trail nor what its members are told."""
    before = here.create(login="houkatsu1", receivingAgencyId="elderly", name=STRANGER)
    met = here.create(login="houkatsu1", receivingAgencyId="elderly", name=ENEMY, birthDate=BORN)
    assert len(notices(here)) == 1

    def views(of: str) -> Iterator[str]:
        for path in ("", "/records", "/audit", "/records/intake", "/records/household"):
            for login in ("houkatsu1", "kanri1", "kansa1", "chousei1"):
                yield here.request(login, "GET", f"/cases/{of}{path}").text

    for text in views(met):
        assert case_id not in text
        # The forms that may be added to any case are no sign of anything.
        assert "conflict-" not in re.sub(r'"conflict-(of-interest|end)"', "", text)
    statuses = [
        [
            here.request("houkatsu1", "GET", f"/cases/{c}{p}").status
            for p in ("", "/records", "/audit")
        ]
        for c in (before, met)
    ]
    assert statuses[0] == statuses[1]


def test_looking_at_notices_leaves_its_event_with_the_reader_alone(
    here: InProcess, case_id: str
) -> None:
    other = here.create(name=ENEMY, birthDate=BORN)
    notices(here)
    events = [e for e in trail.all_events() if e.event["action"] == "read-notices"]
    assert [(e.subject, sorted(e.event["cases"])) for e in events] == [
        (f"STAFF#staff-{HOLDER}", sorted((case_id, other)))
    ]


def test_nothing_is_kept_of_a_name_that_can_be_tried_without_the_key(
    here: InProcess, case_id: str
) -> None:
    here.create(name=ENEMY, birthDate=BORN)
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    items = dynamodb.scan(TableName=RECORDS)["Items"]
    marks = [
        i
        for i in items
        if i.get("cls", {}).get("S") in ("trace", "counterparts", "sealed-key", "holder")
    ]
    text = json.dumps(marks, ensure_ascii=False)
    assert marks
    for name in (ENEMY, ENEMY_KANA, "湊川竜之介", "みなとがわりゅうのすけ", "1979"):
        assert name not in text
        assert hashlib.sha256(name.encode()).hexdigest()[:16] not in text


def test_as_many_names_as_the_form_takes_at_once_are_saved(here: InProcess) -> None:
    case_id = here.create()
    path = f"/cases/{case_id}/records/household"
    ledger = here.request("kanri1", "GET", path)
    many = [
        {"personId": _new_person(), "relation": "07", "name": f"氏名{n}", "nameKana": f"しめい{n}"}
        for n in range(30)
    ]
    data = {**ledger.json["data"], "persons": [*ledger.json["data"]["persons"], *many]}
    headers = {"if-match": ledger.headers["etag"], **new_key()}
    saved = here.request("kanri1", "PUT", path, json_body=body(data), headers=headers)
    assert saved.status == 200, saved.text
    family = [{"name": f"家族{n}", "nameKana": f"かぞく{n}"} for n in range(20)]
    assert here.create(household=family, visitor={"name": "来談者"})
