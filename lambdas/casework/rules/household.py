"""Persons of the household, agencies of the case, persons in charge; whom a record is about."""

from collections.abc import Mapping, Sequence
from datetime import date

from lambdas.casework.access import CORE_ROLES, MemberKind, is_registered
from lambdas.casework.age import born_between
from lambdas.casework.forms import FieldError, Form
from lambdas.casework.records import CaseFile
from lambdas.casework.rules.context import (
    Context,
    Data,
    Found,
    day,
    error,
    in_order,
    is_member,
    not_future,
    unique,
)
from lambdas.casework.wareki import PartialDate

_RUNNING = frozenset({MemberKind.MUNICIPALITY, MemberKind.COORDINATOR})


def household(context: Context) -> Found:
    """One 本人, who stays the same; nobody is struck off: whoever leaves gets an end (L8)."""
    yield from unique(context, "persons", "personId")
    ids = [row["personId"] for _, row in context.rows("persons")]
    subjects = [(at, row["personId"]) for at, row in context.rows("persons") if _is_subject(row)]
    before = {row["personId"]: row for row in context.old("persons") or ()}
    if len(subjects) != 1:
        yield error("/persons", "one-subject")
    elif before and not _is_subject(before.get(subjects[0][1], {})):
        yield error(f"{subjects[0][0]}/isSubject", "subject-fixed")
    if not before.keys() <= set(ids):
        yield error("/persons", "person-removed")
    for at, row in context.rows("persons"):
        yield from not_future(context, row, "deceasedOn", at=at)
        yield from in_order(row, ("from", "to"), at=at)
        yield from _birth(context, row, at)
        for index, kin in enumerate(row.get("kinOf") or ()):
            if kin["personId"] not in ids or kin["personId"] == row["personId"]:
                yield error(f"{at}/kinOf/{index}/personId", "unknown-person")
    for at, row in context.rows("conditions"):
        if row["personId"] not in ids:
            yield error(f"{at}/personId", "unknown-person")


def _is_subject(row: Data) -> bool:
    return row.get("isSubject") is True


def _birth(context: Context, row: Data, at: str) -> Found:
    try:
        born = born_on(row)
    except ValueError:
        yield error(f"{at}/birthDate", "no-such-day")
        return
    if born is None:
        return
    died = day(row, "deceasedOn")
    if born[0] > context.today:
        yield error(f"{at}/birthDate", "future-date")
    if died is not None and died < born[0]:
        yield error(f"{at}/deceasedOn", "out-of-order")


def born_on(row: Data) -> tuple[date, date] | None:
    """The first and the last day that the birth date of a ledger's row may mean; None: not even
    the year is known. Raises ValueError for a day that is in no calendar, which the form cannot
    tell."""
    birth = row.get("birthDate")
    return born_between(PartialDate(**birth)) if birth else None


def members(context: Context) -> Found:
    """Agencies of the case. Rows are never deleted or rewritten, they end: who belonged when is
    what every look at the case rests on (L3)."""
    for at, row in context.rows("members"):
        yield from in_order(row, ("from", "to"), at=at)
        yield from _overlaps(context, at, row)
    before = {_key(row): row for row in context.old("members") or ()}
    if not before.keys() <= {_key(row) for _, row in context.rows("members")}:
        yield error("/members", "member-removed")
    for at, row in context.new_rows("members"):
        known = before.get(_key(row))
        yield from _added(context, at, row) if known is None else _ended(context, at, row, known)


def _key(row: Data) -> tuple[str, str, str]:
    return row["agencyId"], row["kind"], row["from"]


def _overlaps(context: Context, at: str, row: Data) -> Found:
    """Two periods of one agency in the same capacity that share a day."""
    for other_at, other in context.rows("members"):
        if other_at == at:
            return
        same = (other["agencyId"], other["kind"]) == (row["agencyId"], row["kind"])
        if same and other["from"] <= _last(row) and row["from"] <= _last(other):
            yield error(f"{at}/from", "period-overlap")
            return


def _last(row: Data) -> str:
    return row.get("to") or "9999-12-31"


def _added(context: Context, at: str, row: Data) -> Found:
    """The office and the programme join participants; only the office brings in another agency of
    the programme, when the contract passes on (L10)."""
    agency = context.agency_register.get(row["agencyId"])
    match row["kind"]:
        case MemberKind.PARTICIPANT:
            pass
        case MemberKind.COORDINATOR if context.by_municipality:
            if agency is None or agency.member_kind is not MemberKind.COORDINATOR:
                yield error(f"{at}/agencyId", "not-the-programme")
        case _:
            yield error(f"{at}/kind", "member-kind-fixed")


def _ended(context: Context, at: str, row: Data, before: Data) -> Found:
    fixed = (row.keys() | before.keys()) - {"to", "reason"}
    if any(row.get(name) != before.get(name) for name in fixed):
        yield error(at, "member-fixed")
        return
    if row.get("to") == before.get("to"):
        return
    kind = row["kind"]
    participant = kind == MemberKind.PARTICIPANT
    if kind == MemberKind.MUNICIPALITY or not (participant or context.by_municipality):
        yield error(f"{at}/to", "member-fixed")
    ended = day(before, "to")
    if ended is not None and ended < context.today:
        yield error(f"{at}/to", "member-ended")


def assignment(context: Context) -> Found:
    """Who is in charge works for the office or the programme of this case now."""
    for pointer, staff_id in context.new_items("staffIds"):
        actor = context.staff_register.get(staff_id)
        if actor is None or not is_registered(actor, context.now):
            yield error(pointer, "unknown-staff")
        elif actor.role not in CORE_ROLES or actor.agency_id not in running_agencies(context):
            yield error(pointer, "staff-not-in-charge")
    lead = context.data.get("leadAgencyId")
    stays = lead == context.old("leadAgencyId")
    if lead and not stays and not is_member(context.facts, lead, context.today):
        yield error("/leadAgencyId", "not-a-member")


def running_agencies(context: Context) -> frozenset[str]:
    """The office and the agency of the programme, as they belong to the case today."""
    return frozenset(
        m.agency_id
        for m in context.facts.memberships
        if m.kind in _RUNNING
        and m.valid_from <= context.today
        and (m.valid_to is None or context.today <= m.valid_to)
    )


def about_refusals(
    case: CaseFile, form: Form, data: Data, about: Mapping[str, Sequence[str]]
) -> tuple[FieldError, ...]:
    """What is wrong with the persons that a record says it is about (L4), at pointers below
    `about`: names of properties (`""` for the rest), persons of the ledger; what a form holds on
    one person is about this person, whoever else it is about."""
    return tuple(_about(case, form, data, about))


def _about(case: CaseFile, form: Form, data: Data, about: Mapping[str, Sequence[str]]) -> Found:
    known = {p["personId"] for p in case.persons}
    own = data.get("personId")
    for name, persons in about.items():
        at = f"/{name.replace('~', '~0').replace('/', '~1')}"
        if name and name not in form.classes:
            yield error(at, "unknown-field")
        for index, person in enumerate(persons):
            if person not in known:
                yield error(f"{at}/{index}", "unknown-person")
        if own is not None and persons and own not in persons:
            yield error(at, "about-own-person")
