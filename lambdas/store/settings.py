"""The municipality's settings document, as it was last saved."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.casework.audit import canonical
from lambdas.store import models
from lambdas.store.repository import NEW, Event, Put, Repository, event_item


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The document and its revision; 0 where nobody has set anything."""

    document: Mapping[str, Any]
    revision: int


_NONE = Kept(document={"preset": "minimal"}, revision=0)


def settings() -> Kept:
    """The settings document (one consistent GetItem)."""
    try:
        item = models.SettingsEntry.get("SETTINGS", "SETTINGS", consistent_read=True)
    except models.SettingsEntry.DoesNotExist:
        return _NONE
    return Kept(document=json.loads(item.document), revision=int(item.revision))


def keep_settings(
    repository: Repository, document: Mapping[str, Any], *, expected: int, event: Event
) -> bool:
    """Puts the next revision with its event; False when somebody else was first."""
    item = models.SettingsEntry(
        "SETTINGS",
        "SETTINGS",
        document=canonical(document).decode(),
        revision=expected + 1,
    )
    when = models.SettingsEntry.revision == expected if expected else NEW
    failed = repository.commit(
        [Put("settings", item, when), Put("event", event_item("REGISTER", event))]
    )
    return not failed
