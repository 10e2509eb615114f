"""Persons over several cases: who may be the same one, and who belongs to whom.

Nobody is ever merged by machine. A person is named in a second case by a human act: the row of its
household ledger takes over the `personId` that the person has in the first (`link_refusals`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lambdas.casework.forms import FieldError, labels
from lambdas.casework.records import PERSON_ID
from lambdas.casework.search.catalogue import People, View, block_keys
from lambdas.casework.search.content import Facet, facets_of

# What somebody must reach to be shown: a reading that is almost alike alone does not.
_SHOWN_FROM = 0.3
_MOST = 20


class Reason(StrEnum):
    """Why somebody may be the same person, or may not."""

    NAME = "name"
    KANA = "kana"
    KANA_NEAR = "kana-near"
    BIRTH = "birth"
    BIRTH_PART = "birth-part"
    BIRTH_NEAR = "birth-near"
    BIRTH_OTHER = "birth-other"
    ADDRESS = "address"


_WEIGHT: Mapping[Reason, float] = {
    Reason.NAME: 0.35,
    Reason.KANA: 0.30,
    Reason.KANA_NEAR: 0.15,
    Reason.BIRTH: 0.35,
    Reason.BIRTH_PART: 0.15,
    Reason.BIRTH_NEAR: 0.10,
    Reason.BIRTH_OTHER: -0.40,
    Reason.ADDRESS: 0.20,
}
REASON_TEXT: Mapping[Reason, str] = {
    Reason.NAME: "氏名が同じ(旧字体などの違いを除く)",
    Reason.KANA: "ふりがなが同じ",
    Reason.KANA_NEAR: "ふりがなが1字違い",
    Reason.BIRTH: "生年月日が同じ",
    Reason.BIRTH_PART: "生年月日が、分かっているところまで同じ",
    Reason.BIRTH_NEAR: "生年月日が1か所だけ違う",
    Reason.BIRTH_OTHER: "生年月日が違う",
    Reason.ADDRESS: "住所が同じ",
}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who may be the person described. `score`: up to 1; `cases`: the cases that name
    them, as far as the caller sees them."""

    person_id: str
    score: float
    reasons: tuple[Reason, ...]
    cases: tuple[str, ...]


def candidates(
    view: View, described: Mapping[str, Any], *, without: frozenset[str] = frozenset()
) -> tuple[Candidate, ...]:
    """Who among the persons that the caller sees may be the one described, most like first.

    `described` has the properties of the intake form: name, nameAlternative, nameKana, birthDate
    (partial), address. `without`: persons who are known to be others.
    """
    people = view.people
    asked = tuple(facets_of("", described))
    found = []
    for person_id in _blocked(people, asked) - without:
        named = people.facets[person_id]
        known = frozenset(f for facets in named.values() for f in facets)
        reasons = compare(asked, known)
        score = round(sum(_WEIGHT[r] for r in reasons), 2)
        if score >= _SHOWN_FROM:
            found.append(
                Candidate(
                    person_id=person_id,
                    score=min(score, 1.0),
                    reasons=reasons,
                    cases=tuple(sorted(named)),
                )
            )
    return tuple(sorted(found, key=lambda c: (-c.score, c.person_id))[:_MOST])


def cases_of(view: View, person_id: str) -> tuple[str, ...]:
    """The cases whose household ledger names a person to the caller."""
    named = view.people.facets.get(person_id, {})
    return tuple(
        sorted(
            case_id
            for case_id, facets in named.items()
            if any(f.kind == "id" and f.key == person_id for f in facets)
        )
    )


def _blocked(people: People, asked: Iterable[Facet]) -> set[str]:
    """Persons that share a key of look-up with the one described."""
    return {
        person_id
        for facet in asked
        for key in block_keys(facet.kind, facet.key)
        for person_id, _ in people.by_key.get(key, ())
    }


def compare(asked: Iterable[Facet], known: Iterable[Facet]) -> tuple[Reason, ...]:
    """What speaks for two descriptions being of one person, and what against."""
    asked_by, known_by = _by_kind(asked), _by_kind(known)
    reasons: list[Reason] = []
    if asked_by["name"] & known_by["name"]:
        reasons.append(Reason.NAME)
    if asked_by["kana"] & known_by["kana"]:
        reasons.append(Reason.KANA)
    elif any(_one_apart(a, k) for a in asked_by["kana"] for k in known_by["kana"]):
        reasons.append(Reason.KANA_NEAR)
    births = [_compare_births(a, k) for a in asked_by["birth"] for k in known_by["birth"]]
    if births:
        reasons.append(max(births, key=lambda r: _WEIGHT[r]))
    if asked_by["address"] & known_by["address"]:
        reasons.append(Reason.ADDRESS)
    return tuple(reasons)


def _by_kind(facets: Iterable[Facet]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"name": set(), "kana": set(), "birth": set(), "address": set()}
    for facet in facets:
        found.setdefault(facet.kind, set()).add(facet.key)
    return found


def _compare_births(one: str, other: str) -> Reason:
    """Of two partial dates `1950-03-XX`."""
    parts = list(zip(one.split("-"), other.split("-"), strict=True))
    known = [(a, b) for a, b in parts if "XX" not in (a, b)]
    different = [(a, b) for a, b in known if a != b]
    if not different:
        return Reason.BIRTH if len(known) == len(parts) else Reason.BIRTH_PART
    if len(known) == len(parts) and (
        len(different) == 1 or (parts[0][0] == parts[0][1] and _swapped(one, other))
    ):
        return Reason.BIRTH_NEAR
    return Reason.BIRTH_OTHER


def _swapped(one: str, other: str) -> bool:
    """Month and day in the other order."""
    _, month, day = one.split("-")
    return other[5:] == f"{day}-{month}"


def _one_apart(one: str, other: str) -> bool:
    """One character more, less or another, in readings that are long enough to tell."""
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest_one, rest_other = one[start:], other[start:]
    return (
        rest_one[1:] == rest_other[1:] or rest_one[1:] == rest_other or rest_one == rest_other[1:]
    )


def link_refusals(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    known: Mapping[str, Iterable[Facet]],
) -> tuple[FieldError, ...]:
    """What speaks against a household ledger, as far as it says who somebody is.

    `before`, `after`: its rows; `known`: what the caller sees of persons in other cases. Each
    person stands in it once; a row never becomes another person; and a row that takes over the id
    of somebody must not contradict what the caller sees of them. Of somebody whom the caller does
    not see nothing is asked and nothing said: whoever types learns nothing (L13).
    """
    errors = []
    ids = [str(row.get("personId", "")) for row in after]
    old = {str(row["personId"]): row for row in before}
    for number, (person_id, row) in enumerate(zip(ids, after, strict=True)):
        pointer = f"/persons/{number}/personId"
        if not PERSON_ID.fullmatch(person_id):
            errors.append(FieldError(pointer=pointer, code="pattern"))
        elif ids.index(person_id) != number:
            errors.append(FieldError(pointer=pointer, code="person-twice"))
        elif person_id not in old and person_id in known:
            reasons = compare(facets_of("", row), known[person_id])
            if Reason.BIRTH_OTHER in reasons:
                errors.append(FieldError(pointer=pointer, code="other-person"))
    return tuple(errors)


# Genogram


@dataclass(frozen=True, kw_only=True)
class Node:
    """A person of a genogram. `sex`, `birth`, `deceased` are as the ledger has them, or None."""

    person_id: str
    label: str
    relation: str
    is_subject: bool
    sex: str | None
    birth: Mapping[str, Any] | None
    deceased: bool
    cohabiting: str | None
    left: bool


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A tie, by a code of schemas/codes/kin. `parent` leads from parent to child; the others have
    no direction, the lower id comes first. `derived`: read off the relations to the 本人, not said
    of the two themselves."""

    kind: str
    source: str
    target: str
    derived: bool


@dataclass(frozen=True, kw_only=True)
class Genogram:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


# 続柄 to the 本人 → kind of the edge, seen from the relative.
_EDGE_OF_RELATION: Mapping[str, str] = {
    "02": "spouse",
    "03": "spouse",
    "04": "child",
    "05": "parent",
    "06": "parent",
    "07": "sibling",
    "08": "sibling",
    "09": "sibling",
    "10": "sibling",
}


def genogram(rows: Sequence[Mapping[str, Any]]) -> Genogram:
    """Persons and ties of a household ledger, from the rows that the caller is shown. A tie with
    somebody whose row is not shown is not shown either."""
    relations = labels("relation")
    nodes = tuple(
        Node(
            person_id=row["personId"],
            label=str(row.get("name", "")),
            relation="本人" if row.get("isSubject") else relations.get(row.get("relation", ""), ""),
            is_subject=bool(row.get("isSubject")),
            sex=row.get("sex"),
            birth=row.get("birthDate"),
            deceased="deceasedOn" in row,
            cohabiting=row.get("cohabitation"),
            left="to" in row,
        )
        for row in rows
    )
    shown = {node.person_id for node in nodes}
    said = {
        # As the form asks for it: what the person of the row is to the other.
        _edge(str(kin["kind"]), row["personId"], kin["personId"], derived=False)
        for row in rows
        for kin in row.get("kinOf") or ()
        if kin["personId"] in shown and kin["personId"] != row["personId"]
    }
    pairs = {frozenset((e.source, e.target)) for e in said}
    subject = next((n.person_id for n in nodes if n.is_subject), None)
    derived = {
        _edge(kind, row["personId"], subject, derived=True)
        for row in rows
        if subject is not None
        and (kind := _EDGE_OF_RELATION.get(str(row.get("relation")))) is not None
        and row["personId"] != subject
        and frozenset((row["personId"], subject)) not in pairs
    }
    edges = sorted(said | derived, key=lambda e: (e.kind, e.source, e.target))
    return Genogram(nodes=nodes, edges=tuple(edges))


def _edge(kind: str, source: str, target: str, *, derived: bool) -> Edge:
    """`kind`: what the first person is to the second."""
    if kind == "child":
        kind, source, target = "parent", target, source
    elif kind != "parent":
        source, target = sorted((source, target))
    return Edge(kind=kind, source=source, target=target, derived=derived)
