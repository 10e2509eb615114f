"""What the law and common sense ask of a record beyond its form: one module per group of forms."""

from collections.abc import Callable, Mapping

from lambdas.casework import counterparts, sealed
from lambdas.casework.forms import FieldError
from lambdas.casework.rules import conferences, exceptional, household, sharing, support
from lambdas.casework.rules.common import common
from lambdas.casework.rules.context import Context, Found
from lambdas.casework.rules.household import about_refusals

__all__ = ["Context", "about_refusals", "refusals"]

_RULES: Mapping[str, Callable[[Context], Found]] = {
    "household": household.household,
    "members": household.members,
    "assignment": household.assignment,
    "consent": sharing.consent,
    "consent-withdrawal": sharing.consent_withdrawal,
    "sharing-grant": sharing.sharing_grant,
    "release": sharing.release,
    "conference": conferences.conference,
    "information-request": conferences.information_request,
    "meeting": conferences.meeting,
    "issues": support.issues,
    "plan": support.plan,
    "progress": support.progress,
    "decision": support.decision,
    "evaluation": support.evaluation,
    "closure": support.closure,
    "emergency-report": support.emergency_report,
    "emergency-access": exceptional.emergency_access,
    "emergency-review": exceptional.emergency_review,
    "conflict-of-interest": exceptional.conflict_of_interest,
    "conflict-end": exceptional.conflict_end,
}


def refusals(context: Context) -> tuple[FieldError, ...]:
    """Everything against saving this record, each at the pointer of the field at fault. The data
    fit their form already."""
    rule = _RULES.get(context.form.form)
    protected = sealed.refusals(
        context.case, context.form, context.data, before=context.before, actor=context.actor
    )
    names = counterparts.refusals(context.form.form, context.data, context.before)
    found = [*protected, *names, *common(context), *(rule(context) if rule else ())]
    return tuple(dict.fromkeys(found))
