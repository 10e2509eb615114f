"""The deployed API over HTTP with real tokens: a case from its receipt to its history."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.running import body, intake

DIFFICULT_NAMES = (
    "髙橋 太郎",  # U+9AD9
    "山﨑 花子",  # U+FA11
    "葛\U000e0100城 凛",  # a variation selector
    "𠮷田 一",  # U+20BB7, outside the BMP
    "神\ufa19谷 誠",  # a compatibility character that NFC would change
    "\ue000外字 次郎",  # private use
    "マリア・クリスティーナ・デ・ラ・クルス・サントス・オリベイラ",
    "e\u0301lodie",  # decomposed: must not be composed
)


def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def manager(tenant):
    return tenant.client("kanri1")


@pytest.fixture
def case(manager):
    made = manager.create_case(body(intake()), key())
    assert made.status_code == 201, made.text
    return made.json()


def problem(answer, status: int, slug: str) -> dict:
    """Asserts the problem and returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    details = answer.json()
    assert details["type"] == f"urn:soudan:problem:{slug}"
    assert details["status"] == status
    return details


def test_a_new_case_is_found_again_with_everything_in_it(manager):
    data = intake("保存 花子", chiefComplaint="家賃が払えない。\n電気も止まりそう。")
    made = manager.create_case(body(data), key())
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    case_id = made.json()["caseId"]
    assert made.headers["location"].endswith(f"cases/{case_id}")

    read = manager.request("GET", f"cases/{case_id}/records/intake")
    assert read.status_code == 200
    assert read.json()["data"] == data
    assert read.headers["etag"] == '"1"'
    assert read.headers["cache-control"] == "no-store"
    listed = manager.request("GET", "cases", params={"limit": 100}).json()["items"]
    row = next(r for r in listed if r["caseId"] == case_id)
    assert row["name"] == "保存 花子"
    assert row["stateLabel"] == "受付済"


@pytest.mark.parametrize("name", DIFFICULT_NAMES)
def test_a_name_comes_back_byte_for_byte(manager, name):
    made = manager.create_case(body(intake(name)), key())
    assert made.status_code == 201, made.text
    case_id = made.json()["caseId"]
    read = manager.request("GET", f"cases/{case_id}/records/intake").json()["data"]["name"]
    assert read.encode() == name.encode()
    rows = manager.request("GET", "cases", params={"limit": 100}).json()["items"]
    assert name in {r.get("name") for r in rows}


def test_saving_needs_the_revision_that_was_read(manager, case):
    path = f"cases/{case['caseId']}/records/intake"
    without = manager.request("PUT", path, json=body(intake(wishes="働きたい")))
    problem(without, 428, "if-match-required")
    first = manager.save_intake(case["caseId"], body(intake(wishes="働きたい")), revision=1)
    assert first.status_code == 200
    assert first.json()["revision"] == 2
    stale = manager.save_intake(case["caseId"], body(intake(wishes="休みたい")), revision=1)
    details = problem(stale, 412, "changed-by-other")
    assert details["currentRevision"] == 2
    assert stale.headers["etag"] == '"2"'
    assert manager.request("GET", path).json()["data"]["wishes"] == "働きたい"


def test_every_revision_stays_readable_and_names_what_changed(manager, case):
    case_id = case["caseId"]
    manager.save_intake(case_id, body(intake(wishes="働きたい")), revision=1)
    manager.save_intake(case_id, body(intake(wishes="休みたい", sex="2")), revision=2)
    items = manager.request("GET", f"cases/{case_id}/records/intake/revisions").json()["items"]
    assert [i["revision"] for i in items] == [3, 2, 1]
    assert items[0]["changed"] == ["/sex", "/wishes"]
    assert items[1]["changed"] == ["/wishes"]
    assert items[0]["savedBy"]["displayName"] == "管理 一子"
    second = manager.request("GET", f"cases/{case_id}/records/intake/revisions/2").json()
    assert second["data"]["wishes"] == "働きたい"
    for wrong in ("0", "4", "x", "99999999999"):
        problem(
            manager.request("GET", f"cases/{case_id}/records/intake/revisions/{wrong}"),
            404,
            "nothing-to-show",
        )


def test_the_same_request_sent_twice_is_done_once(manager):
    attempt, data = key(), body(intake("二度 送信"))
    first = manager.create_case(data, attempt)
    again = manager.create_case(data, attempt)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["caseId"] == again.json()["caseId"]
    assert first.headers["etag"] == again.headers["etag"]
    problem(manager.create_case(body(intake("別の 内容")), attempt), 422, "idempotency-key-reused")


def test_a_repeated_save_gets_its_first_answer_although_its_if_match_is_stale(manager, case):
    attempt, data = key(), body(intake(wishes="一度だけ"))
    first = manager.save_intake(case["caseId"], data, revision=1, key=attempt)
    manager.save_intake(case["caseId"], body(intake(wishes="あとの人")), revision=2)
    again = manager.save_intake(case["caseId"], data, revision=1, key=attempt)
    assert again.status_code == 200
    assert again.json()["revision"] == first.json()["revision"] == 2
    assert again.json()["data"]["wishes"] == "一度だけ"


def test_a_new_case_needs_an_idempotency_key(manager):
    problem(manager.request("POST", "cases", json=body(intake())), 400, "idempotency-key-required")


def test_of_many_writers_at_once_exactly_one_wins_each_revision(manager, case):
    case_id = case["caseId"]

    def save(number: int) -> int:
        data = body(intake(wishes=f"{number} 番目"))
        return manager.save_intake(case_id, data, revision=1).status_code

    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = sorted(pool.map(save, range(6)))
    assert answers == [200, 412, 412, 412, 412, 412]
    items = manager.request("GET", f"cases/{case_id}/records/intake/revisions").json()["items"]
    assert [i["revision"] for i in items] == [2, 1]


def test_list_pages_join_without_gap_or_repetition(manager):
    for number in range(3):
        manager.create_case(body(intake(f"頁 {number}")), key())
    seen, cursor = [], None
    while True:
        params = {"limit": 5, **({"cursor": cursor} if cursor else {})}
        page = manager.request("GET", "cases", params=params)
        assert page.status_code == 200, page.text
        seen += [r["caseId"] for r in page.json()["items"]]
        cursor = page.json()["nextCursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 24
    for wrong in ("x", "2026-01-01#122041-2026-000000-1", "' OR 1"):
        problem(manager.request("GET", "cases", params={"cursor": wrong}), 400, "bad-query")
    for wrong in ("0", "101", "-1", "x"):
        problem(manager.request("GET", "cases", params={"limit": wrong}), 400, "bad-query")


def test_an_imported_row_comes_in_once_and_a_changed_one_is_told(manager):
    source = {"system": "tsunagu-excel", "id": f"管理-{key()[:8]}", "contentSha256": "a" * 64}
    first = manager.create_case(body(intake("取込 一"), source=source), key())
    assert first.status_code == 201
    again = manager.create_case(body(intake("取込 一"), source=source), key())
    details = problem(again, 409, "already-imported")
    assert details["caseId"] == first.json()["caseId"]
    assert details["sameContent"] is True
    changed = {**source, "contentSha256": "b" * 64}
    assert (
        problem(
            manager.create_case(body(intake("取込 二"), source=changed), key()),
            409,
            "already-imported",
        )["sameContent"]
        is False
    )


def test_forms_and_code_lists_are_served_with_their_versions(manager):
    forms = manager.request("GET", "forms").json()["items"]
    assert {("intake", "1.0.0"), ("intake", "1.1.0")} <= {(f["form"], f["version"]) for f in forms}
    schema = manager.request("GET", "forms/intake/1.0.0").json()
    assert "urn:soudan:codes:route:1.0.0" in schema["$defs"]
    codes = manager.request("GET", "codes").json()["items"]
    assert {"route", "concern", "issue"} <= {c["list"] for c in codes}
    assert manager.request("GET", "codes/route/1.0.0").json()["title"] == "相談経路"
    for missing in ("forms/intake/9.9.9", "forms/none/1.0.0", "codes/route/0.0.1", "codes/x/1.0.0"):
        problem(manager.request("GET", missing), 404, "not-found")


def test_an_address_that_became_one_to_protect_is_gone_from_the_earlier_revisions_too(manager):
    data = intake("避難 中", addressProtection="no", address={"full": "千葉県船橋市本町9999番地"})
    case_id = manager.create_case(body(data), key()).json()["caseId"]
    hidden = intake("避難 中", addressProtection="yes")
    assert manager.save_intake(case_id, body(hidden), revision=1).status_code == 200
    earlier = manager.request("GET", f"cases/{case_id}/records/intake/revisions/1")
    assert "address" not in earlier.json()["data"]
    assert "9999" not in earlier.text
    refused = manager.save_intake(case_id, body({**data, "addressProtection": "yes"}), revision=2)
    errors = problem(refused, 422, "invalid-record")["errors"]
    assert "/data/address" in {e["pointer"] for e in errors}
