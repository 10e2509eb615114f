"""Who is told by e-mail, once a day, how many things wait for them."""

from dataclasses import dataclass

from lambdas.store import models

_SK = "DIGEST"
_LIST = "DIGESTS"


@dataclass(frozen=True, kw_only=True)
class Digest:
    """One of the staff, by the `sub` of their login, and the address they gave."""

    sub: str
    address: str


def address_of(sub: str) -> str | None:
    """Where this person is told; None: nowhere."""
    try:
        return models.Digest.get(f"STAFF#{sub}", _SK, consistent_read=True).address
    except models.Digest.DoesNotExist:
        return None


def keep(sub: str, staff_id: str, address: str | None) -> None:
    """Tells this person there from now on; None ends it."""
    if address is None:
        models.Digest(f"STAFF#{sub}", _SK).delete()
        return
    models.Digest(f"STAFF#{sub}", _SK, agency_key=_LIST, list_key=staff_id, address=address).save()


def all_of_the_tenant() -> tuple[Digest, ...]:
    """Everybody who is told."""
    items = models.Record.by_agency.query(_LIST)
    return tuple(
        Digest(sub=item.pk.removeprefix("STAFF#"), address=item.address)
        for item in items
        if isinstance(item, models.Digest)
    )
