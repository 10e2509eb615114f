"""The index through the API and the store: up to date after every write, whole after every fault,
and nothing in it that the records do not say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.api import tenant
from lambdas.casework.search.query import Query, search, words_of
from lambdas.jobs.reindex import reindex
from lambdas.store import index, models
from tests.unit.casefile import actor
from tests.unit.in_process import REGION, Answer, InProcess


def find(here: InProcess, q: str = "", login: str = "kanri1", **asked: Any) -> Answer:
    sent = {**({"q": q} if q else {}), **{k.rstrip("_"): v for k, v in asked.items()}}
    answer = here.request(login, "POST", "/search", json_body=sent)
    assert answer.status == 200, answer.text
    return answer


def ids(answer: Answer) -> list[str]:
    return [item["caseId"] for item in answer.json["items"]]


def test_a_case_is_found_by_the_next_search(here: InProcess) -> None:
    assert ids(find(here, "家賃滞納")) == []
    first = here.create(chiefComplaint="家賃滞納が続く")
    found = find(here, "家賃滞納")
    assert (ids(found), found.json["total"]) == ([first], 1)
    (record,) = found.json["items"][0]["records"]
    (snippet,) = record["snippets"]
    (mark,) = snippet["marks"]
    assert snippet["text"][mark["start"] : mark["end"]] == "家賃滞納"
    second = here.create(chiefComplaint="家賃の相談")
    assert set(ids(find(here, "家賃"))) == {first, second}
    assert here.save(first, 1, chiefComplaint="解決した").status == 200
    assert ids(find(here, "家賃")) == [second]


def test_a_search_asks_the_store_little(here: InProcess) -> None:
    for _ in range(3):
        here.create(chiefComplaint="家賃滞納")
    find(here, "家賃")
    find(here, "家賃")
    # Within a minute of midnight (UTC) the marks of two days are asked for.
    assert here.calls in (
        ["GetItem", "Query", "BatchGetItem", "PutItem"],
        ["GetItem", "Query", "Query", "BatchGetItem", "PutItem"],
    )


def test_codes_states_days_and_pages(here: InProcess) -> None:
    cases = [here.create(receivedAt=f"2026-06-{day:02d}", topConcern="03") for day in range(1, 6)]
    assert len(ids(find(here, concern="03"))) == 5
    assert ids(find(here, concern="14")) == []
    assert set(ids(find(here, from_="2026-06-02", to="2026-06-03"))) == {cases[1], cases[2]}
    assert len(ids(find(here, state="received"))) == 5
    assert ids(find(here, state="closed")) == []
    assert len(ids(find(here, agency="municipality"))) == 5
    read: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = find(here, limit=2, **cursor)
        assert page.json["total"] == 5
        read += ids(page)
        if page.json["nextCursor"] is None:
            break
        cursor = {"cursor": page.json["nextCursor"]}
    assert sorted(read) == sorted(cases)


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"q": "あ" * 61}, "invalid-record"),
        ({"q": "一 二 三 四 五 六 七 八 九"}, "invalid-record"),
        ({"q": "123456789018"}, "invalid-record"),
        ({"issue": "77"}, "invalid-record"),
        ({"state": "gone"}, "invalid-record"),
        ({"from": "2026-13-01"}, "invalid-record"),
        ({"cursor": "AAAA"}, "bad-query"),
        ({"cursor": "e30="}, "bad-query"),
        ({"cursor": "WzEsMl0="}, "bad-query"),
        ({"words": "x"}, "invalid-record"),
    ],
)
def test_a_bad_search_says_so(here: InProcess, sent: dict[str, Any], problem: str) -> None:
    answer = here.request("kanri1", "POST", "/search", json_body=sent)
    assert (answer.status < 500, answer.problem) == (True, problem)


def test_the_trail_holds_no_word_that_was_looked_for(here: InProcess) -> None:
    case_id = here.create(name="髙橋花子", chiefComplaint="家賃滞納")
    find(here, "家賃滞納 髙橋")
    here.request("kanri1", "POST", "/persons/candidates", json_body={"name": "髙橋花子"})
    kept = [item.event for item in models.AuditItem.query("LIST")]
    assert len(kept) == 2
    assert all(case_id in event for event in kept)
    assert not any("家賃" in event or "高橋" in event or "髙橋" in event for event in kept)
    assert here.verify()["problems"] == []


def test_others_find_nothing_and_are_told_nothing(here: InProcess) -> None:
    here.create(chiefComplaint="家賃滞納")
    nothing = {"total": 0, "totalIsLeast": False, "items": [], "nextCursor": None}
    assert find(here, "家賃滞納", "komorebi1").json == nothing
    assert here.request("kansa1", "POST", "/search", json_body={}).problem == "not-permitted"


def test_similar_cases_need_enough_closed_ones_and_a_visible_case(here: InProcess) -> None:
    case_id = here.create()
    answer = here.request("kanri1", "GET", f"/cases/{case_id}/similar")
    assert answer.json == {"enough": False, "closedCasesNeeded": 30, "items": []}
    hidden = here.request("komorebi1", "GET", f"/cases/{case_id}/similar")
    assert hidden.problem == "nothing-to-show"


def test_candidates_their_cases_and_the_genogram(here: InProcess) -> None:
    case_id = here.create(
        name="髙橋花子", nameKana="たかはしはなこ", birthDate={"y": 1950, "m": 3, "d": 2}
    )
    described = {"nameKana": "タカハシハナコ", "birthDate": {"y": 1950, "m": 3, "d": None}}
    answer = here.request("kanri1", "POST", "/persons/candidates", json_body=described)
    (candidate,) = answer.json["items"]
    assert candidate["cases"] == [case_id]
    assert candidate["person"]["name"] == "髙橋花子"
    assert [r["reason"] for r in candidate["reasons"]] == ["kana", "birth-part"]
    person = candidate["personId"]
    listed = here.request("kanri1", "GET", f"/persons/{person}/cases")
    assert [row["caseId"] for row in listed.json["items"]] == [case_id]
    for unknown in ("p-000000000000", "nobody"):
        missing = here.request("kanri1", "GET", f"/persons/{unknown}/cases")
        assert missing.problem == "nothing-to-show"
    assert here.request("komorebi1", "GET", f"/persons/{person}/cases").problem == "nothing-to-show"
    drawn = here.request("kanri1", "GET", f"/cases/{case_id}/genogram").json
    assert [n["relation"] for n in drawn["nodes"]] == ["本人"]
    assert drawn["edges"] == []


def test_each_write_puts_as_much_whatever_there_is(here: InProcess) -> None:
    """Items and size of what one write puts into the index, in an empty tenant and a full one."""

    def put_by_one_save(case_id: str) -> list[tuple[str, int]]:
        before = {(i.pk, i.sk): i.attribute_values for i in models.Record.scan()}
        assert here.save(case_id, 1, wishes="変わらない").status == 200
        return sorted(
            (type(i).__name__, len(getattr(i, "content", b"")) // 100)
            for i in models.Record.scan()
            if isinstance(i, index.IndexPart | index.IndexChange)
            and before.get((i.pk, i.sk)) != i.attribute_values
        )

    first = put_by_one_save(here.create())
    for _ in range(15):
        here.create()
    assert [name for name, _ in first] == ["IndexChange", "IndexPart", "IndexPart"]
    assert put_by_one_save(here.create()) == first


# Commits that land out of the order of their clocks


def own_index() -> index.SearchIndex:
    return index.SearchIndex(region=REGION, open_case=tenant.repository().open_case)


def fresh(own: index.SearchIndex, now: datetime, word: str) -> int:
    view = own.fresh(now).view(actor(), now)
    return search(view, Query(words=words_of(word)), limit=50).total


def test_a_write_that_lands_late_is_found(here: InProcess) -> None:
    """Its mark bears the time at which its request began, before marks that were read already."""
    here.create(chiefComplaint="初め")
    now = datetime.now(UTC)
    own = own_index()
    assert fresh(own, now, "家賃") == 0
    late = here.create(chiefComplaint="家賃")
    here.create(chiefComplaint="配食")
    (mark,) = [m for m in index.IndexChange.scan() if m.case_id == late]
    mark.delete()
    assert fresh(own, now + timedelta(seconds=5), "配食") == 1
    # The late one lands: begun 50 seconds before the last search, which did not see it.
    index.change(late, now - timedelta(seconds=45), 0).save()
    assert fresh(own, now + timedelta(seconds=6), "家賃") == 1


def test_a_mark_is_acted_on_once(here: InProcess) -> None:
    case_id = here.create(chiefComplaint="家賃")
    noon = datetime.now(UTC).replace(hour=12)
    own = own_index()
    fresh(own, noon, "家賃")
    index.change(case_id, noon, 1).save()
    here.calls.clear()
    assert fresh(own, noon + timedelta(seconds=1), "家賃") == 1
    assert here.calls == ["Query", "Query"]  # the marks, and the case of the new one
    here.calls.clear()
    assert fresh(own, noon + timedelta(seconds=2), "家賃") == 1
    assert here.calls == ["Query"]


def test_marks_are_found_across_midnight_and_a_long_sleep(here: InProcess) -> None:
    case_id = here.create(chiefComplaint="初め")
    evening = datetime(2026, 6, 1, 23, 59, 50, tzinfo=UTC)
    own = own_index()
    fresh(own, evening, "初め")
    put: list[str] = []
    own.catalogue.put = lambda facts, _: put.append(facts.case_id)  # type: ignore[method-assign]
    for count, seconds in enumerate((5, 20), start=1):
        when = evening + timedelta(seconds=seconds)
        index.change(case_id, when, 0).save()
        own.fresh(when)
        assert put == [case_id] * count
    again = own.catalogue
    own.fresh(evening + timedelta(days=2))
    assert own.catalogue is not again


def test_a_case_caught_between_two_writes_is_read_again(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = here.create(chiefComplaint="家賃")
    before = {i.sk: i for i in index._stored(case_id)}
    here.save(case_id, 1, chiefComplaint="家賃と配食")
    after = {i.sk: i for i in index._stored(case_id)}
    torn = [before[sk] if sk.endswith("facts.00") else after[sk] for sk in sorted(after)]
    answers = [torn, list(after.values())]
    monkeypatch.setattr(index, "_stored", lambda _: answers.pop(0))
    assert own_index()._consistent(case_id) is not None
    assert answers == []


def test_a_case_that_the_index_tells_wrongly_is_made_of_its_records(here: InProcess) -> None:
    case_id, other = here.create(chiefComplaint="家賃"), here.create(chiefComplaint="家賃")
    for item in index.items_of(case_id):
        item.update(actions=[index.IndexPart.content.set(b"x")])
    assert set(ids(find(here, "家賃"))) == {case_id, other}


def test_a_long_case_lies_in_parts(here: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_PART_BYTES", 200)
    case_id = here.create(chiefComplaint="家賃" + "あいうえおかきくけこ" * 90)
    assert len(index._stored(case_id)) > 3
    assert ids(find(here, "家賃")) == [case_id]
    # It shrinks, and what it leaves behind is not read.
    parts = len(index._stored(case_id))
    monkeypatch.setattr(index, "_PART_BYTES", 100_000)
    here.save(case_id, 1, chiefComplaint="配食")
    assert len(index._stored(case_id)) == parts
    assert ids(find(here, "家賃")) == []
    assert ids(find(here, "配食")) == [case_id]
    assert reindex(now=datetime.now(UTC), region=REGION)["repaired"] == []


# Repair


def test_reindex_finds_nothing_after_ordinary_writes(here: InProcess) -> None:
    case_id = here.create(chiefComplaint="家賃")
    here.save(case_id, 1, chiefComplaint="配食", addressProtection="yes", address=None)
    here.create()
    assert reindex(now=datetime.now(UTC), region=REGION) == {
        "cases": 2,
        "repairedCount": 0,
        "repaired": [],
        "busy": [],
    }


def test_reindex_mends_what_is_missing_changed_or_left_over(here: InProcess) -> None:
    missing, changed, whole = (here.create(chiefComplaint="家賃") for _ in range(3))
    find(here, "家賃")
    for item in index.items_of(missing):
        item.delete()
    page = next(i for i in index.items_of(changed) if "facts" not in i.sk)
    page.update(actions=[index.IndexPart.content.set(b"x")])
    gone = "122041-2026-GONE00-X"
    for item in list(index.items_of(whole)):
        copy = index.IndexPart(
            index._partition(gone),
            item.sk.replace(whole, gone),
            parts=item.parts,
            content=item.content,
        )
        copy.save()
    now = datetime.now(UTC)
    done = reindex(now=now, region=REGION)
    assert done["repaired"] == sorted([missing, changed, gone])
    assert reindex(now=now, region=REGION)["repaired"] == []
    found = find(here, "家賃")
    assert sorted(ids(found)) == sorted([missing, changed, whole])


def test_reindex_never_overwrites_a_write_in_between(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = here.create(chiefComplaint="家賃")
    for item in index.items_of(case_id):
        item.delete()
    real, saved = index.repair, []

    def interrupted(*args: Any, **named: Any) -> None:
        if not saved:
            saved.append(here.save(case_id, 1, chiefComplaint="配食").status)
        real(*args, **named)

    monkeypatch.setattr(index, "repair", interrupted)
    done = reindex(now=datetime.now(UTC), region=REGION)
    assert saved == [200]
    assert done["busy"] == []
    assert ids(find(here, "配食")) == [case_id]
    assert ids(find(here, "家賃")) == []


def test_a_disposed_case_leaves_warm_processes(here: InProcess) -> None:
    case_id = here.create(chiefComplaint="家賃")
    assert ids(find(here, "家賃")) == [case_id]
    for item in index.items_of(case_id):
        item.delete()
    index.change(case_id, datetime.now(UTC), 9).save()
    assert ids(find(here, "家賃")) == []
