"""Letters and certificates: papers with a few texts of their own, which are no record's sheet."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lambdas.api.call import Call
from lambdas.api.disclosures import decided_extract, decision_letter
from lambdas.api.meetings import open_meeting
from lambdas.api.problems import Problem
from lambdas.api.retention import opened_disposal
from lambdas.api.tenant import repository
from lambdas.casework import forms, meetings
from lambdas.casework.access import Action, Basis, Decision, decide
from lambdas.casework.clock import from_iso
from lambdas.papers.catalogue import Paper
from lambdas.papers.paper import Printed, letter
from lambdas.papers.values import moment, wareki

_WEEKDAYS = "月火水木金土日"


def invitation_to(call: Call, paper: Paper, meeting_id: str) -> Printed:
    """The invitation to a meeting: when, where, who convenes it; no case and no person (DOMAIN
    §2.9). Raises Problem."""
    folder, basis = open_meeting(call, meeting_id)
    data = meetings.told(call.actor, folder.records[meetings.MEETING], call.now)
    day = date.fromisoformat(str(data["date"]))
    ways = forms.labels("meeting-way")
    times = [str(data[k]) for k in ("from", "to") if k in data]
    return letter(
        call,
        paper,
        {
            "title": str(data.get("title", "会議")),
            "date": f"{wareki(day.isoformat())}({_WEEKDAYS[day.weekday()]})",
            "time": " から ".join(times),
            "place": str(data.get("place", "")),
            "way": ways.get(str(data.get("online", "")), ""),
            "convenedBy": str(data.get("convenedBy", "")),
        },
        subject=folder.key,
        decision=Decision(basis=basis),
    )


def letter_on(call: Call, paper: Paper, request_id: str) -> Printed:
    """The letter with the decision on a request for disclosure. Raises Problem."""
    found = decision_letter(call, request_id)
    asked = found.asked
    return letter(
        call,
        paper,
        {
            "to": str(asked.get("representativeName") or asked.get("name", "")),
            "receivedOn": wareki(asked["receivedOn"]),
            "decidedOn": wareki(asked["decidedOn"]) if "decidedOn" in asked else "",
            "ringi": str(asked.get("ringi", "")),
            "scope": str(asked.get("scope", "")),
            "sentences": list(found.sentences),
            "correctUntil": _day(found.times.correct_until),
        },
        subject=found.subject,
        decision=Decision(basis=Basis.MUNICIPAL_DUTY),
    )


def extract_of(call: Call, paper: Paper, request_id: str, case_id: str) -> Printed:
    """The copy that leaves: every mask is the same three squares. Raises Problem."""
    here, body = decided_extract(call, request_id, case_id)
    decision = Decision(basis=Basis.DISCLOSURE_DUTY)
    made = letter(call, paper, body, subject=here.case.key, decision=decision)
    made.data["case"] = here.case.case_id
    return made


def certificate_of(call: Call, paper: Paper, disposal_id: str) -> Printed:
    """What was erased, when, on whose decision, and until when backups keep it (DOMAIN L16).
    Raises Problem."""
    folder, decision = opened_disposal(call, disposal_id)
    data = folder.records["record"].data
    done = data.get("done", ())
    if not done:
        raise Problem("nothing-to-show")
    staff = {m.actor.staff_id: m.actor.display_name for m in repository().staff()}
    return letter(
        call,
        paper,
        {
            "proposed": _by(staff, data, "proposed"),
            "approved": _by(staff, data, "approved"),
            "ringi": str(data.get("ringi", "")),
            "rows": [
                [
                    entry["caseId"],
                    moment(from_iso(entry["at"])),
                    str(entry["records"]),
                    wareki(entry["backupsUntil"]),
                ]
                for entry in done
            ],
        },
        subject=folder.key,
        decision=decision,
    )


def sign_up_of(call: Call, paper: Paper, staff_id: str) -> Printed:
    """What a new user needs for the first sign-in, without the password. Raises Problem."""
    decision = decide(call.actor, Action.MANAGE_STAFF, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    member = next((m for m in repository().staff() if m.actor.staff_id == staff_id), None)
    if member is None:
        raise Problem("nothing-to-show")
    until = member.actor.valid_to
    return letter(
        call,
        paper,
        {
            "address": _address(call),
            "login": member.login_id,
            "name": member.actor.display_name,
            "agency": member.actor.agency_name,
            "role": forms.labels("role")[member.actor.role.value],
            "until": _day(until) or "期限なし",
        },
        subject=f"STAFF#{staff_id}",
        decision=decision,
    )


def _address(call: Call) -> str:
    """Of the screens: where this request came to, up to the stage."""
    path = str(call.request.context.get("path", "/"))
    base = path[: path.find("/prints/")]
    return f"https://{call.request.headers.get('host', '')}{base}/"


def _by(staff: Mapping[str, str], data: Mapping[str, Any], what: str) -> str:
    return f"{wareki(data[f'{what}On'])} {staff.get(data[f'{what}By'], '')}".strip()


def _day(day: date | None) -> str:
    return wareki(day.isoformat()) if day else ""
