"""Candidates for the same person, the rule of linking, and genograms."""

from typing import Any

import pytest

from lambdas.casework.access import Role
from lambdas.casework.persons import (
    Edge,
    Reason,
    candidates,
    cases_of,
    compare,
    genogram,
    link_refusals,
)
from lambdas.casework.records import CaseFile
from lambdas.casework.search.content import facets_of
from tests.unit.casefile import (
    MOTHER,
    NPO,
    SUBJECT,
    actor,
    case,
    household,
    member,
    members,
    record,
)
from tests.unit.search_model import NOW, catalogue_of

BORN = {"y": 1950, "m": 3, "d": 2}
HANAKO = {"name": "髙橋　花子", "nameKana": "たかはし はなこ", "birthDate": BORN}
OTHER = "p-0000000000zz"


def of(number: int, person_id: str = SUBJECT, **row: Any) -> CaseFile:
    """A case of one person."""
    rows = {"persons": [{"personId": person_id, "isSubject": True, **row}]}
    return case(record("household", rows, about={"": ()}), case_id=f"C{number}")


def found(described: dict[str, Any], *cases: CaseFile) -> list[tuple[str, tuple[Reason, ...]]]:
    view = catalogue_of(cases).view(actor(), NOW)
    return [(c.person_id, c.reasons) for c in candidates(view, described)]


@pytest.mark.parametrize(
    ("described", "reasons"),
    [
        (HANAKO, (Reason.NAME, Reason.KANA, Reason.BIRTH)),
        ({"name": "高橋花子"}, (Reason.NAME,)),
        ({"nameKana": "ﾀｶﾊｼ ﾊﾅｺ"}, (Reason.KANA,)),
        ({"nameKana": "タカハシハナ", "birthDate": BORN}, (Reason.KANA_NEAR, Reason.BIRTH)),
        (
            {"nameKana": "たかはしはなえ", "birthDate": {"y": 1950, "m": 3, "d": None}},
            (Reason.KANA_NEAR, Reason.BIRTH_PART),
        ),
        (
            {"nameKana": "たかはしはなこ", "birthDate": {"y": 1950, "m": 2, "d": 3}},
            (Reason.KANA, Reason.BIRTH_NEAR),
        ),
        (
            {
                "nameKana": "たかはしはなこ",
                "birthDate": {"y": 1951, "m": 3, "d": 2},
            },
            (Reason.KANA, Reason.BIRTH_NEAR),
        ),
    ],
)
def test_who_may_be_the_same_and_why(
    described: dict[str, Any], reasons: tuple[Reason, ...]
) -> None:
    assert found(described, of(1, **HANAKO)) == [(SUBJECT, reasons)]


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"name": "佐藤一"},
        {"nameKana": "たかはしはなえ"},
        {"birthDate": {"y": 1950, "m": None, "d": None}},
        {"name": "高橋花子", "birthDate": {"y": 1990, "m": 11, "d": 30}},
    ],
)
def test_who_is_not_shown(described: dict[str, Any]) -> None:
    assert found(described, of(1, **HANAKO)) == []


def test_an_address_counts_and_a_protected_one_is_not_known() -> None:
    intake = {
        "consentVersion": "consent",
        "receivedAt": "2026-04-01",
        "receivingAgencyId": "municipality",
        "name": "高橋花子",
        "address": {"full": "船橋市湊町二丁目10番25号"},
    }
    described = {"name": "髙橋花子", "address": {"full": "船橋市湊町2-10-25"}}
    assert found(described, case(record("intake", intake))) == [
        (SUBJECT, (Reason.NAME, Reason.ADDRESS))
    ]
    protected = case(record("intake", {**intake, "addressProtection": "yes"}))
    assert found(described, protected) == [(SUBJECT, (Reason.NAME,))]


def test_what_several_cases_say_of_one_person_is_taken_together() -> None:
    cases = (of(1, name="高橋花子"), of(2, birthDate=BORN))
    assert found(HANAKO, *cases) == [(SUBJECT, (Reason.NAME, Reason.BIRTH))]
    view = catalogue_of(cases).view(actor(), NOW)
    assert cases_of(view, SUBJECT) == ("C1", "C2")
    assert cases_of(view, OTHER) == ()


def test_only_what_the_caller_sees_is_compared() -> None:
    """An agency sees nobody whom no consent and no grant opens to it, and is told of nobody."""
    hidden = case(household(**HANAKO), members(member(NPO)))
    view = catalogue_of([hidden]).view(actor(Role.AGENCY, NPO), NOW)
    assert candidates(view, HANAKO) == ()
    assert cases_of(view, SUBJECT) == ()


def test_known_others_are_left_out() -> None:
    view = catalogue_of([of(1, **HANAKO)]).view(actor(), NOW)
    assert candidates(view, HANAKO, without=frozenset({SUBJECT})) == ()


def test_names_never_decide_against_somebody() -> None:
    """People marry and are misread; only a date of birth speaks against being the same."""
    one, other = facets_of("a", HANAKO), facets_of("b", {"name": "佐藤花子", "birthDate": BORN})
    assert compare(tuple(one), tuple(other)) == (Reason.BIRTH,)


# Linking


def row(person_id: str, **fields: Any) -> dict[str, Any]:
    return {"personId": person_id, **fields}


def codes(
    before: list[dict[str, Any]], after: list[dict[str, Any]], **known: dict[str, Any]
) -> list[tuple[str, str]]:
    facets = {person_id: tuple(facets_of(person_id, d)) for person_id, d in known.items()}
    found = link_refusals(before, after, facets)
    return [(e.pointer, e.code) for e in found]


def test_a_row_takes_over_somebody_who_is_not_contradicted() -> None:
    known = {OTHER: HANAKO}
    assert codes([row(SUBJECT)], [row(SUBJECT), row(OTHER, name="佐藤")], **known) == []
    clash = row(OTHER, birthDate={"y": 1990, "m": 11, "d": 30})
    assert codes([row(SUBJECT)], [row(SUBJECT), clash], **known) == [
        ("/persons/1/personId", "other-person")
    ]
    # Of somebody whom the caller does not see nothing is said.
    assert codes([row(SUBJECT)], [row(SUBJECT), clash]) == []
    # A date that is put right later is no link.
    assert codes([row(OTHER)], [clash], **known) == []


def test_each_person_stands_in_a_household_once() -> None:
    assert codes([], [row(SUBJECT), row(SUBJECT)]) == [("/persons/1/personId", "person-twice")]
    assert codes([], [row("someone")]) == [("/persons/0/personId", "pattern")]


# Genogram


def test_ties_are_those_said_and_those_to_the_subject() -> None:
    child, former = "p-0000000000ch", "p-0000000000fo"
    drawn = genogram(
        [
            {"personId": SUBJECT, "isSubject": True, "name": "花子", "sex": "female"},
            {"personId": MOTHER, "relation": "06", "deceasedOn": "2020-01-01", "to": "2020-01-01"},
            # The row says what its person is to the other: a child of the spouse who left.
            {
                "personId": child,
                "relation": "04",
                "kinOf": [{"personId": former, "kind": "child"}],
            },
            {
                "personId": former,
                "relation": "99",
                "kinOf": [
                    {"personId": SUBJECT, "kind": "former-spouse"},
                    {"personId": "p-not-shown-00", "kind": "sibling"},
                ],
            },
        ]
    )
    assert [n.relation for n in drawn.nodes] == ["本人", "母", "子", "その他"]
    assert [(n.deceased, n.left) for n in drawn.nodes][1] == (True, True)
    assert set(drawn.edges) == {
        Edge(kind="parent", source=MOTHER, target=SUBJECT, derived=True),
        Edge(kind="parent", source=SUBJECT, target=child, derived=True),
        Edge(kind="parent", source=former, target=child, derived=False),
        Edge(kind="former-spouse", source=SUBJECT, target=former, derived=False),
    }


def test_a_tie_that_was_said_is_not_derived_again() -> None:
    drawn = genogram(
        [
            {"personId": SUBJECT, "isSubject": True},
            {
                "personId": MOTHER,
                "relation": "06",
                "kinOf": [{"personId": SUBJECT, "kind": "parent"}],
            },
        ]
    )
    assert drawn.edges == (Edge(kind="parent", source=MOTHER, target=SUBJECT, derived=False),)
    assert genogram([]).nodes == ()
