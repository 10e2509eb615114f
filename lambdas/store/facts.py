"""The facts of cases by which it is judged who may see them, without opening the cases."""

from collections.abc import Iterable

from lambdas.casework.access import Actor, Situation
from lambdas.casework.situation import load
from lambdas.store import models


def facts_of(actor: Actor, case_ids: Iterable[str]) -> dict[str, Situation]:
    """The facts as the list rows of the actor's agency hold them, by case: one BatchGetItem for
    each hundred. Cases in which the agency has no row are left out."""
    keys = [(f"CASE#{case_id}", f"MEMBER#{actor.agency_id}") for case_id in case_ids]
    rows = models.CaseMember.batch_get(keys, consistent_read=True)
    return {row.pk.removeprefix("CASE#"): load(row.situation) for row in rows}
