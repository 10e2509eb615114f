"""Who may consent and for whom; on what the municipality may share without (DOMAIN §4.10 L1–L8)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.access import (
    CONFERENCE_BASES,
    GRANT_BASES,
    Action,
    Basis,
    Confinement,
    DataClass,
    Matter,
    MemberKind,
    Role,
    decide_case,
    has_live_consent,
    may_read,
)
from lambdas.casework.forms import FieldError, check, labels
from lambdas.casework.records import CaseFile
from lambdas.casework.situation import situation
from tests.unit import casefile
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    MOTHER,
    NPO,
    OFFICE,
    SUBJECT,
    actor,
    household,
    later,
    members,
    record,
)
from tests.unit.rulebook import (
    CONSENT,
    COORDINATOR,
    MEETING,
    NOW,
    OFFICER,
    PROGRESS,
    TODAY,
    by_proxy,
    consent,
    form_of,
    grant,
    proxy,
    refused,
    standing_case,
)

STRANGER = "p-00000000000z"


def born(years_ago: int, **changes: Any) -> CaseFile:
    """A case whose 本人 had a birthday yesterday."""
    day = TODAY - timedelta(days=1)
    return standing_case(
        household(birthDate={"y": day.year - years_ago, "m": day.month, "d": day.day}, **changes)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"to": "2027-03-31", "taxData": True},
        {"date": "2026-11-23", "explainedOn": "2026-11-23", "from": "2026-12-01"},
        {"agencies": None},
        {"agencyRoles": None},
        {"kinds": ["application"], "agencies": None, "agencyRoles": None},
        {"classes": ["1", "2", "3", "4", "5"]},
        {"personId": MOTHER},
        by_proxy(),
        by_proxy(kind="04", evidence="代理権目録"),
        # The age of a mother of whom no birth date is known is no obstacle to her own consent.
        {"personId": MOTHER, "method": "04", "proxy": proxy(kind="06")},
    ],
)
def test_what_the_law_takes_as_a_consent(changes: dict[str, Any]) -> None:
    assert refused("consent", consent(**changes)) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"personId": STRANGER}, ("/personId", "unknown-person")),
        ({"date": "2026-11-24", "from": "2026-11-24"}, ("/date", "future-date")),
        ({"explainedOn": "2026-11-24"}, ("/explainedOn", "future-date")),
        ({"explainedOn": "2026-11-22"}, ("/date", "out-of-order")),
        ({"from": "2026-11-20"}, ("/from", "out-of-order")),
        ({"to": "2026-11-20"}, ("/to", "out-of-order")),
        ({"agencies": [ELDERLY, "nobody"]}, ("/agencies/1", "unknown-agency")),
        ({"agencies": None, "agencyRoles": None}, ("/agencies", "recipient-required")),
        (
            {"kinds": ["meeting"], "agencies": None, "agencyRoles": None},
            ("/agencies", "recipient-required"),
        ),
        (by_proxy(evidence="　"), ("/proxy/evidence", "proxy-evidence")),
        (by_proxy(personStatement=None), ("/proxy/personStatement", "own-words")),
        (by_proxy(personStatement=" "), ("/proxy/personStatement", "own-words")),
        (by_proxy(kind="01"), ("/proxy/kind", "proxy-of-adult")),
        (by_proxy(kind="02"), ("/proxy/kind", "proxy-of-adult")),
    ],
)
def test_what_is_no_consent(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in refused("consent", consent(**changes))


@pytest.mark.parametrize("kind", ["04", "05", "06"])
def test_curator_assistant_and_voluntary_guardian_only_with_power_of_representation(
    kind: str,
) -> None:
    blank = by_proxy(kind=kind, evidence=" ")
    assert refused("consent", blank) == {("/proxy/evidence", "representation")}


@pytest.mark.parametrize("question", ["isCounterpart", "conflictOfInterest"])
@pytest.mark.parametrize("answer", ["yes", "unknown"])
@pytest.mark.parametrize("kind", list(labels("proxy-kind")))
def test_nobody_consents_for_a_person_against_whom_they_stand_or_may_stand(
    question: str, answer: str, kind: str
) -> None:
    against = by_proxy(kind=kind, **{question: answer})
    assert (f"/proxy/{question}", "proxy-against") in refused("consent", against)


def test_all_proxies_that_the_list_offers_are_known_to_the_rule() -> None:
    """Family, 世帯主 and spouse are not on the list; nobody else may be either (L6)."""
    for kind in labels("proxy-kind"):
        case = born(8)
        assert refused("consent", by_proxy(kind=kind), case) == set()


@pytest.mark.parametrize("kind", ["01", "02"])
@pytest.mark.parametrize(
    ("years", "capacity_note", "expected"),
    [
        (3, None, set()),
        (15, None, set()),
        (16, None, {("/proxy/kind", "young-person-alone")}),
        (17, None, {("/proxy/kind", "young-person-alone")}),
        (17, "重い知的障害があり、説明を理解することが難しい。", set()),
        (18, "同上", {("/proxy/kind", "proxy-of-adult")}),
    ],
)
def test_parents_consent_until_about_sixteen(
    kind: str, years: int, capacity_note: str | None, expected: set[tuple[str, str]]
) -> None:
    today = {"date": "2026-11-23", "from": "2026-11-23"}
    data = by_proxy(consent(**today, capacityNote=capacity_note), kind=kind)
    assert refused("consent", data, born(years)) == expected


@pytest.mark.parametrize(
    ("years", "capacity_note", "expected"),
    [
        (3, "自分で分かる", {("/proxy", "child-needs-proxy")}),
        (11, "自分で分かる", {("/proxy", "child-needs-proxy")}),
        (12, None, {("/capacityNote", "child-ability")}),
        (15, None, {("/capacityNote", "child-ability")}),
        (15, "説明を自分の言葉で言い直せた。", set()),
        (16, None, set()),
        (17, None, set()),
    ],
)
def test_a_young_person_consents_alone_from_about_sixteen(
    years: int, capacity_note: str | None, expected: set[tuple[str, str]]
) -> None:
    today = {"date": "2026-11-23", "from": "2026-11-23"}
    data = consent(**today, capacityNote=capacity_note)
    assert refused("consent", data, born(years)) == expected


@given(st.dates(date(1900, 1, 1), TODAY), st.sampled_from(["01", "02"]))
def test_every_birthday_falls_on_one_side_of_sixteen_and_eighteen(day: date, kind: str) -> None:
    """Said by the calendar: who is 16 today, or would be in a year without a 29 February."""
    case = standing_case(household(birthDate={"y": day.year, "m": day.month, "d": day.day}))
    age = TODAY.year - day.year - ((TODAY.month, TODAY.day) < (day.month, day.day))
    today = TODAY.isoformat()
    data = by_proxy(consent(date=today) | {"from": today}, kind=kind)
    expected = "proxy-of-adult" if age >= 18 else "young-person-alone" if age >= 16 else None
    assert refused("consent", data, case) == ({("/proxy/kind", expected)} if expected else set())


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        # Where the ledger does not say, a parent's consent needs a word on the person's judgement.
        (None, {("/proxy/kind", "young-person-alone")}),
        ({"y": None, "m": None, "d": None}, {("/proxy/kind", "young-person-alone")}),
        ({"y": 2010, "m": None, "d": None}, {("/proxy/kind", "young-person-alone")}),
        ({"y": 2012, "m": None, "d": None}, set()),
        ({"y": 2007, "m": 3, "d": None}, {("/proxy/kind", "proxy-of-adult")}),
        # No day of the calendar: as good as unknown, and no failure.
        ({"y": 2015, "m": 2, "d": 29}, {("/proxy/kind", "young-person-alone")}),
    ],
)
def test_age_of_a_person_whose_birth_date_is_known_in_part(
    birth: Mapping[str, int | None] | None, expected: set[tuple[str, str]]
) -> None:
    case = standing_case(household(**({"birthDate": birth} if birth else {})))
    assert refused("consent", by_proxy(kind="01"), case) == expected


@pytest.mark.parametrize(
    ("died", "expected"),
    [("2026-11-20", {("/date", "after-death")}), ("2026-11-21", set()), ("2026-11-22", set())],
)
@pytest.mark.parametrize("data", [consent(), by_proxy()])
def test_nobody_consents_for_the_dead(
    died: str, expected: set[tuple[str, str]], data: dict[str, Any]
) -> None:
    """A consent that was given in life may be entered afterwards (L8)."""
    assert refused("consent", data, standing_case(household(deceasedOn=died))) == expected


def test_the_terms_of_a_consent_never_change() -> None:
    before = record("consent", consent(), record_id="r-consent00002")
    case = standing_case(before)
    assert ("", "terms-fixed") in refused("consent", consent(to="2030-03-31"), case, before=before)


@pytest.mark.parametrize("what", ["purpose", "explainer", "date", "method", "evidence", "kinds"])
def test_an_imported_consent_without_date_explainer_or_evidence_is_no_consent(what: str) -> None:
    """What an import brings without them fits no form of a consent (§4.10)."""
    missing = FieldError(pointer=f"/{what}", code="required")
    assert missing in check(form_of("consent"), consent(**{what: None}))


@pytest.mark.parametrize("kind", ["spouse", "07", "99", "世帯主"])
def test_family_head_of_household_and_spouse_are_no_proxies(kind: str) -> None:
    """Not on the list of the form, and known to no rule either (L6)."""
    found = check(form_of("consent"), by_proxy(kind=kind))
    assert [e.pointer for e in found] == ["/proxy/kind"]


@pytest.mark.parametrize("class_", ["0", "6", "7"])
def test_nobody_consents_to_opening_the_compartment(class_: str) -> None:
    found = check(form_of("consent"), consent(classes=[class_]))
    assert [e.pointer for e in found] == ["/classes/0"]


# Withdrawal


def withdrawal(**changes: Any) -> dict[str, Any]:
    return {
        "consentId": CONSENT,
        "date": "2026-11-23",
        "reason": "気が変わった",
        "receivedBy": "担当職員",
        "method": "03",
    } | changes


@pytest.mark.parametrize("role", [Role.MANAGER, Role.OFFICER, Role.COORDINATOR, Role.AGENCY])
def test_whoever_hears_a_withdrawal_records_it(role: Role) -> None:
    assert refused("consent-withdrawal", withdrawal(), by=actor(role)) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"consentId": PROGRESS}, ("/consentId", "unknown-record")),
        ({"consentId": "r-000000000000"}, ("/consentId", "unknown-record")),
        ({"date": "2026-11-24"}, ("/date", "future-date")),
        ({"date": "2026-09-23"}, ("/date", "out-of-order")),
    ],
)
def test_what_withdraws_nothing(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert refused("consent-withdrawal", withdrawal(**changes)) == {expected}


def test_a_consent_is_withdrawn_once() -> None:
    case = standing_case(record("consent-withdrawal", withdrawal(), at=later(NOW, hours=-1)))
    expected = {("/consentId", "already-done")}
    assert refused("consent-withdrawal", withdrawal(), case) == expected


# Sharing on a basis of law


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"basis": "appi-69-2-2", "legalNote": "市が直接運営している。"},
        {"basis": "appi-69-2-3", "legalNote": "市が直接運営している。"},
        {"basis": "appi-69-2-4"},
        {"basis": "appi-within-purpose", "legalNote": None},
        {"personIds": None},
        {"recordIds": [PROGRESS], "classes": ["4"]},
        {"agencyId": COUNCIL, "basis": "appi-69-2-4"},
        # To the day before the same day of the next year.
        {"to": "2027-11-22"},
        # The agency joins later, within the period.
        {"from": "2026-06-01", "to": "2026-07-31", "agencyId": NPO, "basis": "appi-69-2-4"},
    ],
)
def test_what_the_municipality_may_decide_to_share(changes: dict[str, Any]) -> None:
    assert refused("sharing-grant", grant(**changes), by=OFFICER) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"personIds": [STRANGER]}, ("/personIds/0", "unknown-person")),
        ({"agencyId": "nobody"}, ("/agencyId", "unknown-agency")),
        ({"agencyId": "kind-07"}, ("/agencyId", "not-a-member")),
        ({"agencyId": NPO}, ("/agencyId", "not-a-member")),
        ({"to": "2026-11-22"}, ("/to", "out-of-order")),
        ({"to": "2027-11-23"}, ("/to", "grant-too-long")),
        ({"legalNote": None}, ("/legalNote", "legal-note")),
        ({"basis": "appi-69-2-4", "legalNote": " "}, ("/legalNote", "legal-note")),
        ({"recordIds": ["r-000000000000"]}, ("/recordIds/0", "unknown-record")),
    ],
)
def test_what_the_municipality_may_not_decide(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in refused("sharing-grant", grant(**changes))


def test_an_end_is_needed_in_leap_years_too() -> None:
    assert refused("sharing-grant", grant(**{"from": "2028-02-29"}, to="2029-02-28")) == set()
    too_long = grant(**{"from": "2028-02-29"}, to="2029-03-01")
    assert refused("sharing-grant", too_long) == {("/to", "grant-too-long")}


def test_a_contractor_decides_no_sharing() -> None:
    expected = {("", "municipality-decides")}
    assert refused("sharing-grant", grant(), by=COORDINATOR) == expected


@pytest.mark.parametrize("basis", sorted(set(labels("sharing-basis")) - GRANT_BASES))
def test_conferences_consent_and_contract_are_no_bases_of_a_grant(basis: str) -> None:
    """Conferences share by attendance, consents by themselves (L5)."""
    assert ("/basis", "not-a-grant-basis") in refused("sharing-grant", grant(basis=basis))


def test_an_emergency_is_no_basis_at_all() -> None:
    for basis in ("emergency", "emergency-access", "EMERGENCY"):
        found = check(form_of("sharing-grant"), grant(basis=basis))
        assert [e.pointer for e in found] == ["/basis"]


def test_minutes_and_the_compartment_are_not_granted() -> None:
    found = refused("sharing-grant", grant(classes=["1", "5"]))
    assert found == {("/classes/1", "class-not-granted")}
    found_by_form = check(form_of("sharing-grant"), grant(classes=["6"]))
    assert [e.pointer for e in found_by_form] == ["/classes/0"]


# Read off the law by hand: who never is the same 機関, who never is a public body.
OTHER_BODY = {"02", "04", "05", "08", "11", "14", "15", "16", "17", "19", "20", "26", "28", "29"}
PRIVATE = {"02", "04", "05", "11", "15", "26", "29"}


@pytest.mark.parametrize("kind", list(labels("agency-kind")))
@pytest.mark.parametrize(
    ("basis", "never"), [("appi-69-2-2", OTHER_BODY), ("appi-69-2-3", PRIVATE)]
)
def test_article_69_2_items_2_and_3_for_every_kind_of_agency(
    kind: str, basis: str, never: set[str]
) -> None:
    """2号: the same 機関 alone, a 教育委員会 being another; 3号: public bodies, never a 社協 or an
    NPO. Where the kind does not say who runs it, the note must."""
    case = standing_case(members(casefile.member(f"kind-{kind}")))
    agency = {"agencyId": f"kind-{kind}", "basis": basis}
    noted = refused("sharing-grant", grant(**agency, legalNote="市が直接運営する。"), case)
    bare = refused("sharing-grant", grant(**agency, legalNote=None), case)
    if kind in never:
        assert noted == bare == {("/agencyId", "basis-not-for-agency")}
    else:
        assert noted == set()
        assert bare <= {("/legalNote", "public-body-note")}


@pytest.mark.parametrize("basis", ["appi-69-2-2", "appi-69-2-3"])
def test_a_contractor_is_no_public_body_whatever_the_note_says(basis: str) -> None:
    data = grant(agencyId=COUNCIL, basis=basis, legalNote="市の委託による。")
    assert refused("sharing-grant", data) == {("/agencyId", "basis-not-for-agency")}


@pytest.mark.parametrize("kind", ["11", "26"])
@pytest.mark.parametrize("basis", ["appi-69-1", "appi-69-2-4"])
def test_article_69_1_and_69_2_item_4_are_open_to_private_bodies_with_a_reason(
    kind: str, basis: str
) -> None:
    case = standing_case(members(casefile.member(f"kind-{kind}")))
    assert refused("sharing-grant", grant(agencyId=f"kind-{kind}", basis=basis), case) == set()


def test_the_purpose_never_stands_in_for_the_consent() -> None:
    """It may add a recipient to what a person consented to: never a person, never a class, and
    nothing after a withdrawal (L5)."""
    narrow = casefile.consent(later(NOW, days=-60), record_id=CONSENT, classes=["1", "2"])
    case = standing_case(narrow)

    def judged(at: CaseFile = case, **changes: Any) -> set[tuple[str, str]]:
        return refused("sharing-grant", grant(basis="appi-within-purpose", **changes), at)

    expected = {("/basis", "within-purpose")}
    assert judged() == set()
    assert judged(classes=["1", "3"]) == expected
    assert judged(personIds=[SUBJECT, MOTHER]) == expected
    assert judged(standing_case(narrow, casefile.consent(NOW, MOTHER)), personIds=None) == set()
    withdrawn = case.with_records(record("consent-withdrawal", withdrawal()))
    assert judged(withdrawn) == expected
    ended = casefile.consent(later(NOW, days=-60), record_id=CONSENT, to="2026-11-22")
    assert judged(standing_case(ended)) == expected


def test_a_withdrawal_ends_a_sharing_within_the_purpose_at_the_next_look() -> None:
    """Whatever end its decision bears (L1, L5); a sharing on another basis of law goes on."""
    named = casefile.consent(
        later(NOW, days=-60), record_id=CONSENT, agencies=[NPO], agencyRoles=["municipality"]
    )
    nurse = actor(Role.AGENCY)
    matter = Matter(
        record_id="r-sheet0000001",
        data_class=DataClass.HOUSEHOLD,
        persons=frozenset({SUBJECT}),
        contributors=frozenset({OFFICE}),
    )
    for basis, after in ((Basis.APPI_WITHIN_PURPOSE, None), (Basis.APPI_69_1, Basis.APPI_69_1)):
        case = standing_case(named, record("sharing-grant", grant(basis=basis.value)))
        assert may_read(nurse, situation(case), matter, NOW) is basis
        withdrawn = situation(case.with_records(record("consent-withdrawal", withdrawal())))
        assert may_read(nurse, withdrawn, matter, NOW) is after
        known = decide_case(nurse, Action.READ_CASE, withdrawn, NOW)
        assert known.basis is after


@pytest.mark.parametrize("basis", sorted(CONFERENCE_BASES))
def test_what_a_conference_keeps_is_not_granted(basis: Basis) -> None:
    kept = record(
        "progress", {}, record_id=PROGRESS, confined=Confinement(basis=basis, meeting_id=None)
    )
    case = standing_case(kept)
    data = grant(recordIds=[PROGRESS], classes=["4"])
    assert refused("sharing-grant", data, case) == {("/recordIds/0", "kept-by-conference")}


def test_a_grant_is_revoked_once() -> None:
    given_ = record("sharing-grant", grant(), record_id="r-grant0000001")
    data = {"grantId": "r-grant0000001", "date": "2026-11-23", "reason": "必要がなくなった"}
    assert refused("grant-revocation", data, standing_case(given_)) == set()
    revoked = standing_case(given_, record("grant-revocation", data))
    assert refused("grant-revocation", data, revoked) == {("/grantId", "already-done")}
    unknown = data | {"grantId": CONSENT}
    assert refused("grant-revocation", unknown) == {("/grantId", "unknown-record")}


# Release of what was given at a 支援会議


def release(**changes: Any) -> dict[str, Any]:
    return {
        "meetingId": MEETING,
        "recordId": PROGRESS,
        "reason": "本人の支援に要る部分に限る",
        "decidedBy": "地域福祉課長",
        "date": "2026-11-23",
    } | changes


def kept_at(meeting_id: str | None, basis: Basis = Basis.SHIEN_KAIGI) -> CaseFile:
    confined = Confinement(basis=basis, meeting_id=meeting_id)
    return standing_case(record("progress", {}, record_id=PROGRESS, confined=confined))


def test_the_municipality_releases_by_name_what_was_given_at_its_shien_kaigi() -> None:
    case = kept_at(MEETING)
    assert refused("release", release(), case, by=OFFICER) == set()
    released = case.with_records(record("release", release()))
    assert PROGRESS in situation(released).released
    assert refused("release", release(), released) == {("/recordId", "already-done")}


@pytest.mark.parametrize(
    ("case", "changes", "expected"),
    [
        (kept_at(MEETING), {"meetingId": "m-other"}, ("/meetingId", "other-meeting")),
        (kept_at(MEETING), {"recordId": CONSENT}, ("/recordId", "not-kept-here")),
        (kept_at(MEETING), {"recordId": "r-000000000000"}, ("/recordId", "not-kept-here")),
        (kept_at(MEETING), {"date": "2026-11-24"}, ("/date", "future-date")),
        (standing_case(), {}, ("/recordId", "not-kept-here")),
        *(
            (kept_at(MEETING, basis), {}, ("/recordId", "not-kept-here"))
            for basis in sorted(CONFERENCE_BASES - {Basis.SHIEN_KAIGI})
        ),
    ],
)
def test_what_cannot_be_released(
    case: CaseFile, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    """Least of all what another conference gave (L2)."""
    assert refused("release", release(**changes), case) == {expected}


def test_a_contractor_releases_nothing() -> None:
    found = refused("release", release(), kept_at(MEETING), by=COORDINATOR)
    assert found == {("", "municipality-decides")}


# The rules let through only what the decision function takes as a consent.

CONSENTS = st.fixed_dictionaries(
    {
        "kinds": st.lists(st.sampled_from(["application", "sharing", "meeting"]), min_size=1),
        "classes": st.lists(st.sampled_from("12345"), min_size=1, unique=True),
        "date": st.sampled_from(["2026-11-01", "2026-11-21", "2026-11-23", "2026-12-01"]),
        "explainedOn": st.sampled_from(["2026-10-01", "2026-11-21", "2026-12-01"]),
        "from": st.sampled_from(["2026-10-01", "2026-11-21", "2026-11-23", "2026-12-24"]),
        "to": st.sampled_from([None, "2026-11-22", "2026-11-23", "2027-03-31"]),
        "agencies": st.lists(st.sampled_from([ELDERLY, NPO, OFFICE, "nobody"]), unique=True),
    },
    optional={
        "proxy": st.builds(
            proxy,
            kind=st.sampled_from(["01", "03", "04"]),
            isCounterpart=st.sampled_from(["yes", "no", "unknown"]),
            conflictOfInterest=st.sampled_from(["yes", "no", "unknown"]),
        )
    },
)


@given(CONSENTS)
def test_what_is_let_through_stands_only_in_its_period_and_never_by_a_conflicting_proxy(
    changes: dict[str, Any],
) -> None:
    method = "04" if "proxy" in changes else "01"
    data = consent(**changes | {"kinds": sorted(set(changes["kinds"])), "method": method})
    case = standing_case(
        casefile.record("consent", {**data, "kinds": ["application"]}, record_id=CONSENT)
    )
    if refused("consent", data, case):
        return
    facts = situation(case.with_records(record("consent", data, at=NOW)))
    stands = has_live_consent(facts, SUBJECT, TODAY)
    assert stands is (
        "sharing" in data["kinds"]
        and data["from"] <= "2026-11-23"
        and data.get("to", "9") >= "2026-11-23"
    )
    assert not stands or data["explainedOn"] <= data["date"] <= "2026-11-23"
    against = {data.get("proxy", {}).get(q, "no") for q in ("isCounterpart", "conflictOfInterest")}
    assert against == {"no"}
    assert "nobody" not in data["agencies"]


def test_kinds_of_members_that_a_consent_may_name_are_those_of_the_case() -> None:
    for kind in MemberKind:
        case = standing_case(
            casefile.consent(later(NOW, days=-1), agencyRoles=[kind.value], record_id=CONSENT)
        )
        assert situation(case).consents[0].agency_kinds == {kind}
    assert DataClass.SEALED not in situation(standing_case()).consents[0].classes
