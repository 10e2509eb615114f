"""What holds for many forms alike, as tables: days, persons, agencies, records they name."""

from collections.abc import Iterator, Mapping

from lambdas.casework.forms import Form, Pointer, property_schema, strings
from lambdas.casework.records import FormRecord
from lambdas.casework.rules.context import Context, Found, error, in_order, not_future

# Days of what has happened: never after today.
_PAST: Mapping[str, tuple[str, ...]] = {
    "referral": ("date",),
    "screening": ("date",),
    "assessment-household": ("date",),
    "assessment-living": ("date",),
    "assessment-income": ("date",),
    "assessment-issues": ("date",),
    "plan": ("createdOn",),
    "pledge": ("pledgedOn",),
    "progress": ("date",),
    "decision": ("date",),
    "evaluation": ("date",),
    "closure": ("date",),
    "handover": ("date", "explainedOn"),
    "consent": ("date", "explainedOn"),
    "consent-withdrawal": ("date",),
    "grant-revocation": ("date",),
    "release": ("date",),
    "conflict-of-interest": ("date",),
    "conflict-end": ("date",),
    "information-request": ("date", "answeredOn"),
    "emergency-report": ("date",),
}

# The second is never before the first.
_ORDER: Mapping[str, tuple[tuple[str, str], ...]] = {
    "pledge": (("pledgedOn", "until"),),
    "plan": (("from", "to"), ("from", "nextEvaluationOn")),
    "progress": (("date", "nextDue"),),
    "conference": (("from", "to"), ("date", "nextOn"), ("papersFrom", "papersTo")),
    "meeting": (("from", "to"),),
    "closure": (("date", "followUpOn"),),
    "consent": (("explainedOn", "date"), ("from", "to")),
    "sharing-grant": (("from", "to"),),
    "information-request": (("date", "dueOn"), ("date", "answeredOn")),
}

# Properties that name another record of the same case, and its form.
_RECORD: Mapping[str, tuple[str, str]] = {
    "consent-withdrawal": ("consentId", "consent"),
    "grant-revocation": ("grantId", "sharing-grant"),
    "conflict-end": ("conflictId", "conflict-of-interest"),
    "emergency-review": ("accessId", "emergency-access"),
    "decision": ("planId", "plan"),
    "evaluation": ("planId", "plan"),
    "conference": ("planId", "plan"),
}
# … of which there is only one for each record they name.
_ONCE = frozenset({"consent-withdrawal", "grant-revocation", "conflict-end", "emergency-review"})


def common(context: Context) -> Found:
    form, data = context.form.form, context.data
    if context.form.write_once and context.before is not None:
        yield error("", "terms-fixed")
    yield from not_future(context, data, *_PAST.get(form, ()))
    yield from in_order(data, *_ORDER.get(form, ()))
    for pointer, agency_id in _newly_chosen(context, "agencies"):
        agency = context.agency_register.get(agency_id)
        if agency is None:
            yield error(pointer, "unknown-agency")
        elif agency.is_over(context.today):
            yield error(pointer, "agency-over")
    # The ledger is where persons are entered; its own rule looks at them.
    if context.case is not None and form != "household":
        for pointer, person_id in _newly_chosen(context, "persons"):
            if person_id not in context.persons:
                yield error(pointer, "unknown-person")
    yield from _record(context)


def _newly_chosen(context: Context, register: str) -> Iterator[tuple[Pointer, str]]:
    """What the form has chosen from a register (`x-choices`) and its revision before had not."""
    known = {value for _, value in _chosen(context.form, context.before, register)}
    for pointer, value in _chosen(context.form, context, register):
        if value not in known:
            yield pointer, value


def _chosen(
    form: Form, holder: Context | FormRecord | None, register: str
) -> Iterator[tuple[Pointer, str]]:
    for pointer, value in strings(holder.data if holder else {}):
        # Of a list of ids, the list itself bears the mark.
        for at in (pointer, pointer.rpartition("/")[0]):
            if property_schema(form, at).get("x-choices") == register:
                yield pointer, value
                break


def _record(context: Context) -> Found:
    name, form = _RECORD.get(context.form.form, ("", ""))
    named = context.data.get(name)
    if named is None:
        return
    if context.named(name, form) is None:
        yield error(f"/{name}", "unknown-record")
    elif context.form.form in _ONCE and any(
        other.data[name] == named
        for other in context.file.of(context.form.form)
        if context.before is None or other.record_id != context.before.record_id
    ):
        yield error(f"/{name}", "already-done")
