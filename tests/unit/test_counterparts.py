"""Meeting the 相手方 in the records: names folded, marks keyed, findings as near as they are."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.counterparts import (
    Found,
    Meeting,
    Trace,
    counterparts,
    fold,
    found,
    refusals,
    traces,
)
from lambdas.casework.records import FormRecord
from tests.unit.casefile import MOTHER, SUBJECT, record

SECRET = bytes(range(32))
HUSBAND = "p-000000000009"
HERE, THERE, ELSEWHERE = "122041-2026-AAAAAA-A", "122041-2026-BBBBBB-B", "122041-2026-CCCCCC-C"
BORN = {"y": 1980, "m": 5, "d": 11}
SINCE = "2026-04-01T00:00:00.000000Z"


def ledger(*rows: dict[str, Any]) -> FormRecord:
    return record("household", {"persons": list(rows)})


def row(
    person_id: str, name: str, birth: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    born = {"birthDate": birth} if birth else {}
    return {"personId": person_id, "name": name, **born, **more}


WIFE = row(SUBJECT, "湊 花子", {"y": 1984, "m": 1, "d": 2})
ENEMY = {"name": "湊 太郎", "nameKana": "みなと たろう", "birthDate": BORN}


def noticed(
    *saved: tuple[str, FormRecord], counterpart: dict[str, Any] = ENEMY
) -> tuple[Found, ...]:
    """What the holders of the wife's case find, with these records in the municipality."""
    known = [
        t
        for case_id, r in saved
        for t in traces(SECRET, case_id, r, SUBJECT if case_id == HERE else "-")
    ]
    return found(
        case_id=HERE,
        person_id=SUBJECT,
        counterparts=counterparts(SECRET, {"counterparts": [counterpart]}),
        since=SINCE,
        traces=known,
    )


def meetings(*saved: tuple[str, FormRecord], **more: Any) -> dict[str, tuple[str, bool]]:
    return {f.case_id: (f.meeting.value, f.certain) for f in noticed(*saved, **more)}


HOME = (HERE, ledger(WIFE))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙﨑 𠮷󠄀次", "高崎吉次"),
        ("渡邉 太郎", "渡辺　太郎"),
        ("みなと たろう", "ﾐﾅﾄ ﾀﾛｳ"),
        ("キョウコ", "キヨウコ"),
        ("大塚", "大塚"),
        ("SMITH, John", "John Smith"),
        ("José Núñez", "JOSE NUNEZ"),
        ("ジョー・スミス", "ジョスミス"),
    ],
)
def test_ways_to_write_one_name_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("かな", "がな"), ("はな", "ぱな"), ("太郎", "太朗"), ("John", "Joan"), ("𠮷田", "古田")],
)
def test_other_names_stay_others(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_the_folding_that_kept_marks_rest_on_is_unchanged() -> None:
    """Marks are kept as hashes of folded names: a name that is folded otherwise is not met again.

    Whoever changes the folding makes the marks of all cases anew (docs/decisions/0017) and puts
    the new sum here.
    """
    letters = [*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), *range(0x4E00, 0x9FA6)]
    folded = "\n".join(fold(chr(code)) for code in letters)
    assert hashlib.sha256(folded.encode()).hexdigest()[:16] == "f02d381910a20093"


def test_more_new_names_than_one_transaction_takes_are_refused() -> None:
    rows = [row(f"p-{n:012d}", f"氏名{n}", nameKana=f"しめい{n}") for n in range(31)]
    (refused,) = refusals("household", {"persons": rows}, None)
    assert (refused.pointer, refused.code, refused.limit) == ("/persons", "too-many-names", 60)
    half = ledger(*rows[:15])
    assert refusals("household", {"persons": rows}, half) == ()
    assert refusals("household", {"persons": rows[:30]}, None) == ()
    assert refusals("progress", {}, None) == ()


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)


def test_marks_show_nothing_without_the_secret() -> None:
    marks = counterparts(SECRET, {"counterparts": [ENEMY]})
    other = counterparts(bytes(32), {"counterparts": [ENEMY]})
    assert not {m.key for m in marks} & {m.key for m in other}
    text = repr(sorted(marks))
    assert all(part not in text for part in ("湊", "太郎", "ミナト", "1980"))
    # One birth date under two names, or in two people, looks like two.
    assert len({m.birth for m in marks}) == len(marks) == 2


def test_nobody_else_nothing_found() -> None:
    assert noticed(HOME) == ()
    assert noticed(HOME, (THERE, ledger(row(HUSBAND, "湊 次郎", BORN)))) == ()
    other_day = BORN | {"d": 12}
    assert noticed(HOME, (THERE, ledger(row(HUSBAND, "湊 太郎", other_day)))) == ()


def test_one_household_one_case_one_municipality() -> None:
    there = row(HUSBAND, "湊　太郎", BORN)
    assert meetings((HERE, ledger(WIFE, there))) == {HERE: ("household", True)}
    visitor = record("intake", {"name": "湊 花子", "visitor": {"name": "湊太郎"}})
    assert meetings(HOME, (HERE, visitor)) == {HERE: ("case", False)}
    assert meetings(HOME, (THERE, ledger(there))) == {THERE: ("municipality", True)}


def test_his_own_case_that_names_her_is_one_household() -> None:
    his = ledger(row(HUSBAND, "湊 太郎", BORN), row("p-000000000008", "湊花子"))
    assert meetings(HOME, (THERE, his)) == {THERE: ("household", True)}
    only_called = record("intake", {"name": "湊 太郎", "household": [{"name": "湊 花子"}]})
    assert meetings(HOME, (THERE, only_called)) == {THERE: ("case", False)}


def test_the_nearest_comes_first_and_each_case_once() -> None:
    there = row(HUSBAND, "湊 太郎", BORN, nameKana="みなと たろう")
    saved = (
        (HERE, ledger(WIFE, there)),
        (THERE, ledger(there)),
        (THERE, record("intake", {"name": "湊 太郎"})),
        (ELSEWHERE, record("intake", {"name": "湊 太郎"})),
    )
    assert list(meetings(*saved).items()) == [
        (HERE, ("household", True)),
        (THERE, ("municipality", True)),
        (ELSEWHERE, ("municipality", False)),
    ]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, False),
        ({"y": 1980, "m": None, "d": None}, False),
        ({"y": 1980, "m": 5, "d": None}, False),
        (BORN, True),
    ],
)
def test_what_is_not_known_of_a_birth_date_rules_nobody_out(known: Any, expected: bool) -> None:
    assert meetings(HOME, (THERE, ledger(row(HUSBAND, "湊太郎", known)))) == {
        THERE: ("municipality", expected)
    }


def test_a_known_year_that_differs_rules_out() -> None:
    known = {"y": 1979, "m": None, "d": None}
    assert noticed(HOME, (THERE, ledger(row(HUSBAND, "湊太郎", known)))) == ()


def test_a_name_known_by_sound_alone_is_found() -> None:
    assert meetings(HOME, (THERE, ledger(row(HUSBAND, "ミナトタロウ")))) == {
        THERE: ("municipality", False)
    }
    called = record("intake", {"name": "Taro", "nameAlternative": "湊 太郎"})
    assert meetings(HOME, (THERE, called)) == {THERE: ("municipality", False)}


def test_whoever_bears_the_name_of_their_own_counterpart_has_not_met_them() -> None:
    same = {"name": "湊 花子"}
    assert noticed(HOME, counterpart=same) == ()
    assert meetings(HOME, (THERE, ledger(row(MOTHER, "湊花子"))), counterpart=same) == {
        THERE: ("municipality", False)
    }


def test_the_day_of_a_finding_is_that_of_its_last_part() -> None:
    (first,) = noticed((HERE, ledger(WIFE, row(HUSBAND, "湊 太郎"))))
    assert first.at == max(SINCE, "2026-04-01T00:00:00.000000Z")
    late = "2026-06-01T00:00:00.000000Z"
    moved = [
        Trace(case_id=t.case_id, form=t.form, person_id=t.person_id, mark=t.mark, at=late)
        for t in traces(SECRET, THERE, ledger(row(HUSBAND, "湊 太郎")), "-")
    ]
    (second,) = found(
        case_id=HERE,
        person_id=SUBJECT,
        counterparts=counterparts(SECRET, {"counterparts": [ENEMY]}),
        since=SINCE,
        traces=moved,
    )
    assert (second.meeting, second.at) == (Meeting.MUNICIPALITY, late)


def test_other_forms_name_nobody() -> None:
    assert (
        traces(SECRET, HERE, record("progress", {"facts": "湊 太郎が来た"}), SUBJECT) == frozenset()
    )
