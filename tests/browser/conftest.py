"""A real browser before a deployed tenant: people at desks, and what no page may do.

Every page opened here is watched: a breach of its content policy, a script error, or a request to
any other place fails the test that opened it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.desk import Desk, Watch
from tests.browser.rooms import PATIENCE_MS, Desks, a_browser, a_desk, a_room

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with a_browser() as running:
        yield running


@pytest.fixture(scope="session")
def _rooms(browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """Contexts kept for the session: a role signs in once, later pages use its cookie."""
    rooms: dict[str, BrowserContext] = {}
    yield rooms
    for room in rooms.values():
        room.close()


@pytest.fixture
def open_desk(browser: Browser, tenant: Any) -> Iterator[Callable[..., Desk]]:
    """Opens a page in a browser of its own, nobody signed in."""
    desks = Desks(browser, tenant)
    yield desks.open
    desks.close()


@pytest.fixture
def desk_of(
    browser: Browser, tenant: Any, _rooms: dict[str, BrowserContext]
) -> Iterator[Callable[[str], Desk]]:
    """A page of somebody with a role who is signed in already."""
    opened: list[tuple[Page, Watch]] = []

    def make(role: str) -> Desk:
        room = _rooms.get(role) or a_room(browser)
        desk, watch = a_desk(room, tenant)
        opened.append((desk.page, watch))
        desk.open()
        if role not in _rooms:
            desk.sign_in(tenant.account(role))
        desk.at_list()
        _rooms[role] = room
        return desk

    yield make
    for page, watch in opened:
        page.close(run_before_unload=False)
        watch.verify()
