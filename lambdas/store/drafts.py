"""What somebody has typed and not saved yet, kept for that person alone.

A draft is no record: nobody else sees it, it has no revisions and ends by itself. Its text is
sealed under a data key whose encryption context names the person (`store/keys.py`), so that it
opens for nobody else, whoever reads the table.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.casework.access import Action, Actor, decide_case
from lambdas.casework.clock import to_iso
from lambdas.store import models
from lambdas.store.facts import facts_of
from lambdas.store.keys import Keys

PURPOSE = "draft"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the text was being typed. `case_id` None: a new case, or a record outside cases;
    `record_id` None: a new record."""

    case_id: str | None
    form: str
    record_id: str | None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A draft without its text. `saved_at`: UTC ISO text."""

    draft_id: str
    place: Place
    saved_at: str


def keep(
    keys: Keys,
    actor: Actor,
    draft_id: str,
    place: Place,
    content: Mapping[str, Any],
    *,
    lg_code: str,
    now: datetime,
    until: datetime,
) -> Draft:
    """Keeps `content` until then, in place of what the person's draft of this id held before."""
    context = _context(lg_code, actor)
    key = keys.new(context)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    item = models.Draft(
        _partition(actor),
        draft_id,
        case_id=place.case_id,
        form=place.form,
        record_id=place.record_id,
        wrapped=key.wrapped,
        sealed=key.encrypt(zlib.compress(text), draft_id.encode()),
        saved_at=to_iso(now),
        expires_at=int(until.timestamp()),
    )
    item.save()
    return _draft(item)


def of(actor: Actor, now: datetime) -> tuple[Draft, ...]:
    """The person's drafts, the latest first, without those of cases that they may not see now."""
    found = models.Draft.query(
        _partition(actor),
        consistent_read=True,
        attributes_to_get=[
            *("pk", "sk", "cls", "caseId", "form", "recordId", "savedAt", "expiresAt")
        ],
    )
    # Expired items are deleted within days, not at once.
    drafts = [_draft(item) for item in found if item.expires_at > now.timestamp()]
    known = facts_of(actor, {d.place.case_id for d in drafts if d.place.case_id})
    shown = [d for d in drafts if _may_see(actor, d.place, known, now)]
    return tuple(sorted(shown, key=lambda d: (d.saved_at, d.draft_id), reverse=True))


def opened(
    keys: Keys, actor: Actor, draft_id: str, *, lg_code: str, now: datetime
) -> tuple[Draft, Any] | None:
    """A draft of the person with its text; None where there is none to show."""
    try:
        item = models.Draft.get(_partition(actor), draft_id, consistent_read=True)
    except models.Draft.DoesNotExist:
        return None
    draft = _draft(item)
    known = facts_of(actor, [draft.place.case_id] if draft.place.case_id else [])
    if item.expires_at <= now.timestamp() or not _may_see(actor, draft.place, known, now):
        return None
    key = keys.opened(item.wrapped, _context(lg_code, actor))
    return draft, json.loads(zlib.decompress(key.decrypt(item.sealed, draft_id.encode())))


def drop(actor: Actor, draft_id: str) -> None:
    """Ends a draft of the person; it need not be there."""
    models.Draft(_partition(actor), draft_id).delete()


def _may_see(actor: Actor, place: Place, known: Mapping[str, Any], now: datetime) -> bool:
    """A text holds what its writer read in the case: it goes with the right to see that."""
    if place.case_id is None:
        return True
    return decide_case(actor, Action.READ_CASE, known.get(place.case_id), now).allowed


def _context(lg_code: str, actor: Actor) -> dict[str, str]:
    return {"lgCode": lg_code, "staffId": actor.staff_id, "purpose": PURPOSE}


def _partition(actor: Actor) -> str:
    return f"DRAFTS#{actor.staff_id}"


def _draft(item: models.Draft) -> Draft:
    return Draft(
        draft_id=item.sk,
        place=Place(case_id=item.case_id, form=item.form, record_id=item.record_id),
        saved_at=item.saved_at,
    )
