"""Which cases were opened for a request for disclosure: a mark beside the record in the case."""

from lambdas.store import models
from lambdas.store.repository import ANY, Put


def link_put(request_id: str, case_id: str) -> Put:
    """Keeps that a case was opened for a request; it names nothing but the two numbers."""
    return Put("link", models.DisclosureLink(_key(request_id), case_id), ANY)


def linked_cases(request_id: str) -> tuple[str, ...]:
    """The cases that were opened for a request, disposed ones too."""
    found = models.DisclosureLink.query(_key(request_id), consistent_read=True)
    return tuple(item.sk for item in found)


def _key(request_id: str) -> str:
    return f"DISCLOSURE#{request_id}"
