"""Whether somebody has put the guide of the first day away."""

from datetime import datetime

from lambdas.casework.clock import to_iso
from lambdas.store import models
from lambdas.store.repository import ANY, Put

_ID = "first-day"


def is_dismissed(staff_id: str) -> bool:
    """One GetItem."""
    try:
        models.NoticeRead.get(f"NOTICE#{staff_id}", _ID)
    except models.NoticeRead.DoesNotExist:
        return False
    return True


def dismissal_put(staff_id: str, now: datetime) -> Put:
    """Keeps that the guide was put away."""
    item = models.NoticeRead(f"NOTICE#{staff_id}", _ID, read_at=to_iso(now))
    return Put("dismissal", item, ANY)
