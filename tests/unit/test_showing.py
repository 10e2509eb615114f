"""What of a record is shown: property by property, row by row, revision by revision."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest

from lambdas.casework.access import Basis, Confinement, Matter, Role
from lambdas.casework.forms import form, form_versions
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.showing import Reader, Shown, changed_properties, may_change
from lambdas.casework.situation import situation
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    MOTHER,
    NPO,
    OFFICE,
    START,
    SUBJECT,
    actor,
    case,
    consent,
    member,
    members,
    record,
)

NOW = START + timedelta(days=9)
WORKER = actor(Role.AGENCY)
MANAGER = actor(Role.MANAGER)
OURS = Confinement(basis=Basis.SHIEN_KAIGI, meeting_id="m-1")


def file(*records: FormRecord) -> CaseFile:
    return case(members(member(ELDERLY), member(NPO)), *records)


def shown(
    opened: CaseFile, what: FormRecord, who: Any = WORKER, current: FormRecord | None = None
) -> Shown:
    reader = Reader(actor=who, situation=situation(opened), now=NOW)
    answer = reader.show(form(what.form, what.version), what, current=current)
    if current is None:
        assert reader.may_see(form(what.form, what.version), what) == bool(answer.bases)
    return answer


def household(*rows: Mapping[str, Any]) -> FormRecord:
    return record("household", {"persons": list(rows)})


def living(about: tuple[str, ...] = (SUBJECT,), **data: Any) -> FormRecord:
    content = {"personId": SUBJECT, "date": "2026-04-01", "rent": 40000, **data}
    return record("assessment-living", content, about={"": about})


def progress(**data: Any) -> FormRecord:
    preset = {"date": "2026-04-01", "facts": "訪問した", "sharedWith": "own"}
    return record("progress", {**preset, **data})


LEDGER = household(
    {"personId": SUBJECT, "isSubject": True, "name": "髙﨑 𠮷󠄀次"},
    {"personId": MOTHER, "relation": "06", "name": "髙﨑 ハナ"},
)


def test_rows_are_shown_person_by_person_without_gaps() -> None:
    opened = file(LEDGER, consent(START, MOTHER))
    answer = shown(opened, LEDGER)
    assert [row["personId"] for row in answer.data["persons"]] == [MOTHER]
    assert answer.bases == {Basis.CONSENT} and answer.classes == {2}
    assert len(shown(opened, LEDGER, MANAGER).data["persons"]) == 2


def test_without_any_row_to_show_the_property_is_not_there() -> None:
    opened = file(LEDGER, consent(START, MOTHER, classes=["1"]))
    assert shown(opened, LEDGER) == Shown(data={}, classes=frozenset(), bases=frozenset())


def test_a_row_that_names_nobody_is_about_the_whole_household() -> None:
    issues = record(
        "issues", {"issues": [{"issueId": "1", "code": "07"}, {"issueId": "2", "personId": MOTHER}]}
    )
    opened = file(LEDGER, issues, consent(START, MOTHER))
    assert [r["issueId"] for r in shown(opened, issues).data["issues"]] == ["2"]
    opened = file(LEDGER, issues, consent(START, MOTHER), consent(START, SUBJECT))
    assert [r["issueId"] for r in shown(opened, issues).data["issues"]] == ["1", "2"]


def test_whom_the_author_names_for_the_property_every_row_is_about() -> None:
    ties = record(
        "assessment-household",
        {"date": "2026-04-01", "relations": [{"personId": MOTHER, "note": "本人をたたいた"}]},
        about={"": (SUBJECT,), "relations": (SUBJECT,)},
    )
    opened = file(LEDGER, ties, consent(START, MOTHER))
    assert not shown(opened, ties).data
    opened = file(LEDGER, ties, consent(START, MOTHER), consent(START, SUBJECT))
    assert len(shown(opened, ties).data["relations"]) == 1


def test_the_bases_of_all_rows_are_named() -> None:
    grant = record(
        "sharing-grant",
        {
            "basis": "appi-69-2-4",
            "agencyId": ELDERLY,
            "personIds": [SUBJECT],
            "classes": ["2"],
            "from": "2026-04-01",
            "to": "2026-12-31",
        },
    )
    answer = shown(file(LEDGER, grant, consent(START, MOTHER)), LEDGER)
    assert answer.bases == {Basis.CONSENT, Basis.APPI_69_2_4}


def test_a_property_about_the_whole_household_needs_everybody() -> None:
    issues = record(
        "assessment-issues",
        {"personId": SUBJECT, "date": "2026-04-01", "familyWishes": "施設へ", "wishes": "自宅で"},
    )
    opened = file(LEDGER, issues, consent(START, SUBJECT))
    assert set(shown(opened, issues).data) == {"personId", "date", "wishes"}
    opened = file(LEDGER, issues, consent(START, SUBJECT), consent(START, MOTHER))
    assert set(shown(opened, issues).data) == {"personId", "date", "wishes", "familyWishes"}


def test_tax_data_need_a_consent_that_names_them() -> None:
    income = record(
        "assessment-income", {"personId": SUBJECT, "date": "2026-04-01", "arrears": "住民税"}
    )
    assert "arrears" not in shown(file(income, consent(START)), income).data
    assert "arrears" in shown(file(income, consent(START, taxData=True)), income).data


@pytest.mark.parametrize(
    ("sharing", "seen"),
    [
        ({"sharedWith": "own"}, False),
        ({"sharedWith": "members"}, True),
        ({"sharedWith": "list", "sharedAgencies": [ELDERLY]}, True),
        ({"sharedWith": "list", "sharedAgencies": [NPO]}, False),
        ({"sharedWith": None}, False),
    ],
)
def test_a_progress_record_goes_where_its_author_shared_it(
    sharing: dict[str, Any], seen: bool
) -> None:
    written = progress(**sharing)
    assert bool(shown(file(written, consent(START)), written).data) == seen
    assert not shown(file(written), written).data


def test_who_wrote_part_of_a_progress_record_is_not_kept_from_it_by_its_sharing() -> None:
    written = replace(progress(), contributors=frozenset({OFFICE, ELDERLY}))
    assert shown(file(written, consent(START)), written).data
    assert not shown(file(written), written).data


def test_a_hand_over_is_for_its_recipient() -> None:
    handover = record("handover", {"agencyId": ELDERLY, "date": "2026-04-01", "summary": "要約"})
    opened = file(handover, consent(START))
    assert "summary" in shown(opened, handover).data
    assert not shown(opened, handover, actor(Role.AGENCY, NPO)).data
    assert not shown(file(handover), handover).data


def test_an_earlier_revision_is_closed_by_what_was_put_right_later() -> None:
    first = living()
    opened = file(LEDGER, first, consent(START))
    assert shown(opened, first, current=first).data
    # It turned out to be about the mother as well.
    later = replace(first, revision=2, about={"": (SUBJECT, MOTHER)})
    assert not shown(file(LEDGER, later, consent(START)), first, current=later).data
    whole = replace(first, revision=2, about={"": ()})
    assert not shown(file(LEDGER, whole, consent(START)), first, current=whole).data
    # And what was about both stays so, whatever a later revision says.
    both = replace(first, about={"": (SUBJECT, MOTHER)})
    alone = replace(first, revision=2)
    assert not shown(file(LEDGER, alone, consent(START)), both, current=alone).data
    # An author who takes the sharing back takes it back for every revision.
    shared, own = progress(sharedWith="members"), progress()
    own = replace(own, record_id=shared.record_id, revision=2)
    assert not shown(file(own, consent(START)), shared, current=own).data
    # What proves to have been given at a conference was so from the start.
    given = replace(first, revision=2, confined=OURS)
    assert not shown(file(LEDGER, given, consent(START)), first, current=given).data


def test_an_earlier_revision_is_never_less_sensitive_than_it_was() -> None:
    """A class that a record states of itself, when it is stated lower later."""
    attachment = form("attachment", form_versions("attachment")[-1])
    assert attachment.class_from is not None
    stated = {attachment.class_from: "3", "title": "診断書"}
    first = replace(record("attachment", stated), version=attachment.version)
    later = replace(first, revision=2, data={**stated, attachment.class_from: "2"})
    opened = file(later, consent(START, classes=["1", "2"]))
    assert "title" in shown(opened, later).data
    assert not shown(opened, first, current=later).data
    assert "title" in shown(file(later, consent(START)), first, current=later).data


def test_a_revision_is_not_own_once_somebody_else_wrote() -> None:
    mine = replace(living(), contributors=frozenset({ELDERLY}), agency_id=ELDERLY)
    assert shown(file(mine), mine).bases == {Basis.OWN_RECORD}
    theirs = replace(mine, revision=2, contributors=frozenset({ELDERLY, COUNCIL}))
    assert not shown(file(theirs), mine, current=theirs).data


def minutes(held: date, **changes: Any) -> FormRecord:
    data = {
        "meetingId": "m-1",
        "kind": "shien",
        "basis": "106-6",
        "date": held.isoformat(),
        "attendees": [{"staffId": WORKER.staff_id, "agencyId": ELDERLY}],
        "policy": "見守りを続ける",
        "roles": [
            {"itemId": "1", "agencyId": ELDERLY, "task": "週に1回訪問する", "due": "2026-05-01"},
            {"itemId": "2", "agencyId": NPO, "task": "配食", "due": "2026-05-01"},
        ],
        **changes,
    }
    return record("conference", data, record_id="r-000000000c0f", confined=OURS)


HELD = date(2026, 4, 8)
LONG_AGO = date(2026, 3, 1)


def test_a_task_given_at_a_meeting_outlives_its_papers() -> None:
    assert set(shown(file(minutes(HELD)), minutes(HELD)).data) == set(minutes(HELD).data)
    after = minutes(LONG_AGO)
    answer = shown(file(after), after)
    assert answer.data == {"roles": [after.data["roles"][0]]}
    assert answer.bases == {Basis.SHIEN_KAIGI}
    done = minutes(LONG_AGO, roles=[{**after.data["roles"][0], "done": "2026-04-02"}])
    assert not shown(file(done), done).data
    # In person: a colleague of the same agency who was not there sees nothing.
    colleague = replace(WORKER, staff_id="colleague")
    assert not shown(file(after), after, colleague).data


def test_who_attended_and_moves_to_another_agency_keeps_the_window_and_loses_the_task() -> None:
    moved = replace(WORKER, agency_id=NPO)
    assert "policy" in shown(file(minutes(HELD)), minutes(HELD), moved).data
    roles = [{"itemId": "1", "agencyId": ELDERLY, "task": "訪問", "due": "2026-05-01"}]
    after = minutes(LONG_AGO, roles=roles)
    assert not shown(file(after), after, moved).data


def test_a_deputy_named_on_the_day_reads_and_the_one_they_stand_for_does_not() -> None:
    deputy = replace(WORKER, staff_id="deputy")
    attendees = [{"staffId": "deputy", "agencyId": ELDERLY, "deputyFor": WORKER.display_name}]
    held = minutes(HELD, attendees=attendees)
    assert "policy" in shown(file(held), held, deputy).data
    assert not shown(file(held), held).data


def test_a_consented_meeting_opens_nothing_about_who_did_not_consent() -> None:
    juso = replace(minutes(HELD, kind="juso", basis="consent"), confined=None)
    both = replace(juso, about={"": (SUBJECT, MOTHER)})
    assert shown(file(LEDGER, juso, consent(START)), juso).bases == {Basis.CONSENT}
    assert not shown(file(LEDGER, both, consent(START)), both).data
    # Nor does calling it a 支援会議 afterwards.
    renamed = replace(both, data={**both.data, "basis": "106-6"}, revision=2)
    assert not shown(file(LEDGER, renamed, consent(START)), renamed).data


def test_the_consent_of_somebody_who_died_goes_on_and_covers_nobody_else() -> None:
    dead = household(
        {"personId": SUBJECT, "isSubject": True, "deceasedOn": "2026-04-02"},
        {"personId": MOTHER, "relation": "06"},
    )
    text, of_both = living(), living(about=(SUBJECT, MOTHER))
    opened = file(dead, text, of_both, consent(START))
    assert shown(opened, text).bases == {Basis.CONSENT}
    assert not shown(opened, of_both).data


def test_somebody_who_left_or_was_struck_off_still_counts_for_the_whole_household() -> None:
    left = household(
        {"personId": SUBJECT, "isSubject": True},
        {"personId": MOTHER, "relation": "06", "to": "2026-04-02"},
    )
    alone = household({"personId": SUBJECT, "isSubject": True})
    text = living(about=())
    assert not shown(file(left, text, consent(START)), text).data
    assert shown(file(alone, text, consent(START)), text).data
    hers = living(about=(MOTHER,))
    assert not shown(file(alone, text, hers, consent(START)), text).data


@pytest.mark.parametrize("how", ["laid", "released", "granted"])
@pytest.mark.parametrize("named_first", [True, False])
def test_a_reader_does_not_take_one_record_for_another(how: str, named_first: bool) -> None:
    """Two records alike in everything but that a paper, a release or a grant names the one."""
    confined = OURS if how == "released" else None
    named, other = (replace(living(), confined=confined) for _ in range(2))
    attendees = [{"staffId": WORKER.staff_id}] if how == "laid" else [{"name": "だれか"}]
    papers = [{"recordId": named.record_id, "classes": ["2"]}]
    grant = {
        "basis": "appi-69-2-4",
        "agencyId": ELDERLY,
        "classes": ["2"],
        "recordIds": [named.record_id],
        "from": "2026-04-01",
        "to": "2026-12-31",
    }
    held = minutes(HELD, attendees=attendees, papers=papers if how == "laid" else [])
    grounds = {
        "laid": (held,),
        "released": (
            held,
            consent(START),
            record("release", {"meetingId": "m-1", "recordId": named.record_id}),
        ),
        "granted": (record("sharing-grant", grant),),
    }
    facts = situation(file(named, other, *grounds[how]))
    reader = Reader(actor=WORKER, situation=facts, now=NOW)
    for what in (named, other) if named_first else (other, named):
        seen = reader.show(form("assessment-living", "1.0.0"), what).data
        assert ("rent" in seen) == (what is named)


def test_a_reader_tells_matters_apart_by_everything_they_hold() -> None:
    """A new property of a matter must be part of what a reader remembers a decision by."""
    matter = Matter(
        record_id="r-1", data_class=2, persons=frozenset({SUBJECT}), contributors=frozenset({NPO})
    )
    others: dict[str, Any] = {
        "data_class": 3,
        "persons": frozenset({MOTHER}),
        "contributors": frozenset({ELDERLY}),
        "confined": OURS,
        "shared": frozenset({NPO}),
        "tax_data": True,
        "task": True,
    }
    assert {f.name for f in fields(Matter)} == others.keys() | {"record_id"}
    reader = Reader(actor=WORKER, situation=situation(file()), now=NOW)
    reader.basis(matter)
    for count, (name, value) in enumerate(others.items(), start=2):
        reader.basis(replace(matter, **{name: value}))
        assert len(reader._decided) == count, name


def test_changes_of_whom_a_text_is_about_are_changes_of_it() -> None:
    before = living(about=(SUBJECT, MOTHER))
    narrowed = replace(before, revision=2, about={"": (SUBJECT,)})
    assert changed_properties(before, narrowed) == set(before.data)
    one = replace(before, revision=2, about={"": (SUBJECT, MOTHER), "rent": (SUBJECT,)})
    assert changed_properties(before, one) == {"rent"}
    assert changed_properties(before, replace(before, revision=2)) == frozenset()
    more = replace(before, data={**before.data, "rent": 50000, "insurance": "01"})
    assert changed_properties(before, more) == {"rent", "insurance"}
    # Who may read it by consent may not.
    opened = file(LEDGER, before, consent(START), consent(START, MOTHER))
    asked = (form("assessment-living", "1.0.0"), before, "rent", NOW)
    assert may_change(WORKER, situation(opened), *asked, new=False) is None
    assert may_change(MANAGER, situation(opened), *asked, new=False) is Basis.MUNICIPAL_DUTY


def test_nothing_of_the_compartment_is_shown_here() -> None:
    sealed = record("sealed", {"personId": SUBJECT, "note": "転居先"})
    holders = record("sealed-holders", {"staffIds": [MANAGER.staff_id]})
    assert not shown(file(sealed, holders), sealed, MANAGER).data
