"""The daily e-mail that says how many things wait, and nothing else: no name, no case number, no
municipality, no address of a screen. A mailbox is read by others too."""

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from lambdas.casework import presets
from lambdas.casework.access import Actor, is_registered
from lambdas.store import digests
from lambdas.store.repository import Repository
from lambdas.store.settings import settings
from lambdas.store.tasks import Listed, list_tasks, visible_of

SUBJECT = "相談記録：確かめることがあります"
_TEXT = """確かめることが{count}件あります。
サインインして「今日」の画面を開いてください。

このメールには件数のほかは書いていません。
受け取るのをやめるときは、「今日」の画面の下で止められます。
"""
_PAGE = 100

_log = logging.getLogger("soudan")


def send_digests(
    *, sender: str, region: str, repository: Repository, now: datetime
) -> dict[str, int]:
    """Writes to everybody who asked for it and for whom something waits.

    Returns `{sent, nothing, ended, failed}`: how many people were written to, had nothing to do,
    are no longer registered, could not be written to.
    """
    counted_by = presets.settings(settings().document).terms.of_tasks
    counts = dict.fromkeys(("sent", "nothing", "ended", "failed"), 0)

    @cache
    def rows(agency_id: str) -> tuple[Listed, ...]:
        return tuple(_rows(agency_id))

    for digest in digests.all_of_the_tenant():
        member = repository.staff_by_sub(digest.sub)
        if member is None or not is_registered(member.actor, now):
            counts["ended"] += 1
            continue
        actor: Actor = member.actor
        waiting = sum(
            len(visible_of(repository, row, actor, now, counted_by))
            for row in rows(actor.agency_id)
        )
        if waiting == 0:
            counts["nothing"] += 1
        elif _sent(region, sender, digest.address, waiting):
            counts["sent"] += 1
        else:
            counts["failed"] += 1
    return counts


def _rows(agency_id: str) -> Iterator[Listed]:
    after = None
    while page := list_tasks(agency_id, limit=_PAGE, after=after):
        yield from page.items
        after = page.next_cursor
        if after is None:
            return


def _sent(region: str, sender: str, address: str, count: int) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        _ses(region).send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [address]},
            Content={
                "Simple": {
                    "Subject": {"Data": SUBJECT, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": _TEXT.format(count=count), "Charset": "UTF-8"}},
                }
            },
        )
    except (ClientError, BotoCoreError) as error:
        # One address that fails keeps nobody else from being told; the text may hold the address.
        _log.warning("digest not sent: %s", type(error).__name__)
        return False
    return True


@cache
def _ses(region: str) -> Any:
    import botocore.session

    return botocore.session.get_session().create_client("sesv2", region_name=region)
