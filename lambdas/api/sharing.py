"""Who sees what of a case, on which basis and until when; and what a withdrawal would end."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.identity import with_contract
from lambdas.api.opened import form_of, open_case, record_read, visible_record
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository
from lambdas.casework import forms
from lambdas.casework.access import CORE_ROLES, Actor, Basis, is_live
from lambdas.casework.clock import japanese_day
from lambdas.casework.records import is_record_id
from lambdas.casework.sights import Sight, lost, sights

routes = Blueprint(__name__)


@operation(
    routes,
    Operation(
        method="GET",
        path="/cases/{case_id}/sharing",
        summary="だれが、何を、どの根拠で、いつまで見られるか(without: 撤回で見えなくなるもの)",
        status=200,
        reply="Sharing",
        query=("without",),
        problems=("nothing-to-show", "bad-query"),
    ),
)
def read_sharing(call: Call, case_id: str) -> Reply:
    """Told out of the records that the actor may read, by the rules that decide each look."""
    consent_id = call.query("without")
    if consent_id is not None and not is_record_id(consent_id):
        raise Problem("bad-query")
    here = open_case(call, case_id)
    register = {agency.agency_id: agency for agency in repository().agencies()}
    agencies = {agency_id: agency.name for agency_id, agency in register.items()}
    staff = [
        with_contract(member.actor, register.get(member.actor.agency_id))
        for member in repository().staff()
    ]
    body: dict[str, Any] = {
        "items": _bodies(call, sights(here.case, staff, here.reader), staff, agencies),
        # Of those that the actor may read; whether one stands is the law's to say.
        "liveConsents": [
            c.consent_id
            for c in here.situation.consents
            if is_live(c, here.situation, japanese_day(call.now))
            and here.reader.may_see(
                form_of(here.case.records[c.consent_id]), here.case.records[c.consent_id]
            )
        ],
    }
    if consent_id is not None:
        consent, _ = visible_record(call, here, consent_id)
        if consent.form != "consent":
            raise Problem("bad-query")
        gone, forgetting = lost(here.case, staff, here.reader, consent_id)
        body["lost"] = _bodies(call, gone, staff, agencies)
        body["lostCase"] = [
            {"agencyId": agency_id, "agencyName": agencies.get(agency_id, "")}
            for agency_id in sorted(forgetting)
        ]
    record_read(call, here, "read-sharing", {})
    return Reply(body=body)


def _bodies(
    call: Call, found: Iterable[Sight], staff: Iterable[Actor], agencies: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Sights as the API tells them: one line for all roles and people who see the same."""
    names = {actor.staff_id: actor.display_name for actor in staff}
    roles = forms.labels("role")
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for sight in sorted(found, key=_order):
        same = (sight.who.agency_id, bool(sight.who.staff_id), *_what(sight))
        line = lines.setdefault(
            same,
            {
                "agencyId": sight.who.agency_id,
                "agencyName": agencies.get(sight.who.agency_id, ""),
                "roleLabels": [],
                "staff": [],
                **_told(sight),
            },
        )
        if (label := roles[sight.who.role.value]) not in line["roleLabels"]:
            line["roleLabels"].append(label)
        # Who sees a case in person is known to those who run it, and to who sat with them.
        named = call.actor.role in CORE_ROLES or sight.basis is Basis.SHIEN_KAIGI
        if named and sight.who.staff_id:
            name = names.get(sight.who.staff_id, "")
            line["staff"].append({"staffId": sight.who.staff_id, "displayName": name})
    return list(lines.values())


def _what(sight: Sight) -> tuple[Any, ...]:
    return (
        sight.basis,
        sight.persons,
        sight.classes,
        sight.tax,
        sight.first,
        sight.last,
        sight.task,
    )


def _told(sight: Sight) -> dict[str, Any]:
    return {
        "basis": sight.basis.value,
        "basisLabel": forms.labels("access-basis")[sight.basis.value],
        "personIds": sorted(sight.persons),
        "classes": sorted(sight.classes),
        "taxData": sight.tax,
        "task": sight.task,
        "from": sight.first and sight.first.isoformat(),
        "to": sight.last and sight.last.isoformat(),
    }


def _order(sight: Sight) -> tuple[Any, ...]:
    """The municipality and the programme first, then by agency; a stable order for the reader."""
    duty = (Basis.MUNICIPAL_DUTY, Basis.OUTSOURCING)
    return (
        duty.index(sight.basis) if sight.basis in duty else len(duty),
        sight.who.agency_id,
        sight.basis.value,
        sight.who.staff_id or "",
        sight.who.role.value,
        sorted(sight.persons),
        sorted(sight.classes),
    )
