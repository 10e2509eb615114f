"""A real browser before a deployed tenant: people at desks, and what no page may do.

Every page opened here is watched: a breach of its content policy, a script error, or a request to
any other place fails the test that opened it.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ops.local.browser import installed
from tests.browser.desk import Desk, Watch

_QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


# Functions start cold, and the machine may be busy with another test.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Chromium refuses its sandbox to root.
    args = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    # None lets Playwright use its own download.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=installed(), args=args)
        yield running
        running.close()


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
    opened: list[tuple[BrowserContext, Watch]] = []

    def make(**options: Any) -> Desk:
        room = new_room(browser, **options)
        desk, watch = new_desk(room, tenant)
        opened.append((room, watch))
        return desk

    yield make
    for room, watch in opened:
        room.close()
        watch.verify()


@pytest.fixture
def desk_of(
    browser: Browser, tenant: Any, _rooms: dict[str, BrowserContext]
) -> Iterator[Callable[[str], Desk]]:
    """A page of somebody with a role who is signed in already."""
    opened: list[tuple[Page, Watch]] = []

    def make(role: str) -> Desk:
        room = _rooms.get(role) or new_room(browser)
        desk, watch = new_desk(room, tenant)
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


def new_room(browser: Browser, **options: Any) -> BrowserContext:
    """A browser of its own: nobody's cookies, nobody's storage."""
    wanted = {"locale": "ja-JP", "viewport": {"width": 1280, "height": 900}, **options}
    room = browser.new_context(**wanted)
    room.set_default_timeout(20_000)
    return room


def new_desk(room: BrowserContext, tenant: Any) -> tuple[Desk, Watch]:
    """A page of a browser, watched."""
    page = room.new_page()
    watch = Watch(page, own=tenant.url)
    return Desk(page=page, tenant=tenant), watch
