"""Records that every rule lets pass, to be changed one thing at a time, and the registers that
the rules look into."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lambdas.casework import forms, rules
from lambdas.casework.access import Actor, Confinement, MemberKind, Period, Role
from lambdas.casework.clock import to_iso
from lambdas.casework.records import Agency, CaseFile, FormRecord, StaffMember
from tests.unit import casefile
from tests.unit.casefile import (
    AGENCY_NAMES,
    COUNCIL,
    ELDERLY,
    NPO,
    OFFICE,
    SUBJECT,
    actor,
    later,
    member,
)

TODAY = date(2026, 11, 23)
NOW = casefile.noon(TODAY)
PLAN, CONSENT, PROGRESS = "r-plan00000001", "r-consent00001", "r-progress0001"
MEETING = "m-000000000001"
Refused = set[tuple[str, str]]

# Every kind of agency has one in the register, under its code.
AGENCIES = (
    *(
        Agency(
            agency_id=agency_id,
            name=AGENCY_NAMES[agency_id],
            kind=kind,
            member_kind=member_kind,
            contract=contract,
        )
        for agency_id, kind, member_kind, contract in (
            (OFFICE, "30", MemberKind.MUNICIPALITY, None),
            (COUNCIL, "27", MemberKind.COORDINATOR, Period(first=date(2026, 4, 1))),
            (ELDERLY, "01", None, None),
            (NPO, "26", None, None),
        )
    ),
    *(
        Agency(agency_id=f"kind-{code}", name=label, kind=code, member_kind=None)
        for code, label in forms.labels("agency-kind").items()
    ),
)
MANAGER = actor(Role.MANAGER)
OTHER_MANAGER = actor(Role.MANAGER, staff_id="staff-manager-2")
OFFICER = actor(Role.OFFICER)
COORDINATOR = actor(Role.COORDINATOR)
NURSE = actor(Role.AGENCY)
HELPER = actor(Role.AGENCY, NPO, staff_id="staff-npo")
LEFT = actor(Role.AGENCY, staff_id="staff-left", valid_to=date(2026, 10, 31))
STAFF = (
    MANAGER,
    OTHER_MANAGER,
    OFFICER,
    COORDINATOR,
    NURSE,
    HELPER,
    LEFT,
    actor(Role.COMMISSIONER),
)


def refused(
    form: str,
    data: Mapping[str, Any],
    case: CaseFile | None = None,
    *,
    before: FormRecord | None = None,
    by: Actor = MANAGER,
    confined: Confinement | None = None,
    emergency_access: bool = False,
) -> Refused:
    """What the rules say against saving the record, as (pointer, code). What they are given fits
    its form, as it does when the API asks them."""
    current = form_of(form)
    assert not (unfit := forms.check(current, data)), unfit
    found = rules.refusals(
        rules.Context(
            case=case or standing_case(),
            form=current,
            data=data,
            before=before,
            actor=by,
            agencies=lambda: AGENCIES,
            staff=lambda: tuple(
                StaffMember(actor=a, login_id=a.staff_id, sub=a.staff_id, sessions_from=0)
                for a in STAFF
            ),
            now=NOW,
            confined=confined,
            emergency_access=emergency_access,
        )
    )
    assert all(e.code in _messages() for e in found)
    return {(e.pointer, e.code) for e in found}


def form_of(name: str) -> forms.Form:
    """The current version of a form."""
    return forms.form(name, forms.form_versions(name)[-1])


def _messages() -> Mapping[str, str]:
    from lambdas.api.problems import messages

    return messages()


def standing_case(*records: FormRecord, **changes: Any) -> CaseFile:
    """A case with a live consent of the 本人, a plan, a progress record and two more agencies."""
    given = {r.form for r in records} | {r.record_id for r in records}
    preset = (
        casefile.household(birthDate={"y": 1965, "m": 3, "d": 2}),
        casefile.members(member(ELDERLY), member(NPO, to="2026-06-30")),
        casefile.consent(later(NOW, days=-60), record_id=CONSENT),
        casefile.record("plan", plan(), record_id=PLAN, at=later(NOW, days=-30)),
        casefile.record("progress", progress(), record_id=PROGRESS, at=later(NOW, days=-20)),
    )
    kept = (r for r in preset if r.form not in given and r.record_id not in given)
    return casefile.case(*kept, *records, **changes)


def consent(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "personId": SUBJECT,
            "kinds": ["sharing"],
            "agencies": [ELDERLY],
            "agencyRoles": ["municipality", "coordinator"],
            "classes": ["1", "2"],
            "purpose": "支援の方針を一緒に考えるため",
            "explainer": "担当職員",
            "explainedOn": "2026-11-20",
            "method": "01",
            "date": "2026-11-21",
            "from": "2026-11-21",
            "evidence": "同意書の綴り",
        },
        changes,
    )


def by_proxy(data: Mapping[str, Any] | None = None, /, **changes: Any) -> dict[str, Any]:
    """A consent that a proxy gives; `changes` are the proxy's."""
    return {**(data or consent()), "method": "04", "proxy": proxy(**changes)}


def proxy(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "kind": "03",
            "name": "代理人",
            "evidence": "登記事項証明書を確認",
            "isCounterpart": "no",
            "conflictOfInterest": "no",
            "personStatement": "「お願いします」とうなずいた。",
        },
        changes,
    )


def grant(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "basis": "appi-69-1",
            "agencyId": ELDERLY,
            "personIds": [SUBJECT],
            "classes": ["1", "2"],
            "purpose": "安否の確認のため",
            "legalNote": "法令の条項",
            "decidedBy": "地域福祉課長",
            "from": "2026-11-23",
            "to": "2027-03-31",
        },
        changes,
    )


def attendee(who: Actor, **changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "staffId": who.staff_id,
            "agencyId": who.agency_id,
            "agencyName": who.agency_name,
            "name": who.display_name,
            "position": "相談員",
        },
        changes,
    )


def shien(**changes: Any) -> dict[str, Any]:
    """The case's part of a 支援会議 to be held in three days."""
    return _changed(
        {
            "meetingId": MEETING,
            "kind": "shien",
            "basis": "106-6",
            "date": "2026-11-26",
            "attendees": [attendee(MANAGER), attendee(NURSE, pledgedOn="2026-04-01")],
            "papers": [{"recordId": PROGRESS, "classes": ["4"]}],
        },
        changes,
    )


def juso(**changes: Any) -> dict[str, Any]:
    """The case's part of a 重層的支援会議 that was held yesterday."""
    held = {
        "kind": "juso",
        "basis": "consent",
        "date": "2026-11-22",
        "attendees": [attendee(COORDINATOR), attendee(NURSE)],
        "planId": PLAN,
        "planJudgement": "appropriate",
        "roles": [
            {"itemId": "i1", "agencyId": ELDERLY, "task": "週1回の訪問", "due": "2026-12-31"}
        ],
    }
    return shien(**{**held, **changes})


def plan(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "programme": "multi-agency",
            "planNumber": 1,
            "createdOn": "2026-10-20",
            "from": "2026-10-20",
            "to": "2027-03-31",
            "nextEvaluationOn": "2027-01-20",
            "roles": [
                {"itemId": "a1", "agencyId": ELDERLY, "support": "訪問", "due": "2026-12-31"}
            ],
        },
        changes,
    )


def progress(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "date": "2026-11-03",
            "minutes": 45,
            "method": "02",
            "counterpart": "subject",
            "facts": "自宅を訪ね、玄関先で話した。",
            "sharedWith": "own",
        },
        changes,
    )


def emergency(**changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "staffId": MANAGER.staff_id,
            "reason": "安否の確認のため",
            "from": to_iso(NOW),
            "to": to_iso(later(NOW, hours=3)),
        },
        changes,
    )


def _changed(data: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with the changes; None takes a property away."""
    return {key: value for key, value in {**data, **changes}.items() if value is not None}
