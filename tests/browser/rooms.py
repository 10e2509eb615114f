"""Browsers, rooms in them that share nothing, desks in these: for tests, pictures, benches."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from ops.local.browser import installed
from tests.browser.desk import Desk, Watch

_QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
PATIENCE_MS = 30_000
"""Functions start cold, and the machine may be busy with something else."""


@contextmanager
def a_browser() -> Iterator[Browser]:
    # Chromium refuses its sandbox to root.
    args = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    # None lets Playwright use its own download.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=installed(), args=args)
        yield running
        running.close()


def a_room(browser: Browser, **options: Any) -> BrowserContext:
    wanted = {"locale": "ja-JP", "viewport": {"width": 1280, "height": 900}, **options}
    room = browser.new_context(**wanted)
    room.set_default_timeout(PATIENCE_MS)
    return room


def a_desk(room: BrowserContext, tenant: Any) -> tuple[Desk, Watch]:
    page = room.new_page()
    watch = Watch(page, own=tenant.url)
    return Desk(page=page, tenant=tenant), watch


class Desks:
    """Desks in rooms of their own, nobody signed in; every page is watched."""

    def __init__(self, browser: Browser, tenant: Any) -> None:
        self._browser, self._tenant = browser, tenant
        self._opened: list[tuple[BrowserContext, Watch]] = []

    def open(self, **options: Any) -> Desk:
        room = a_room(self._browser, **options)
        desk, watch = a_desk(room, self._tenant)
        self._opened.append((room, watch))
        return desk

    def close(self) -> None:
        """Closes all. Raises AssertionError when a page did what no page may do."""
        for room, _ in self._opened:
            room.close()
        for _, watch in self._opened:
            watch.verify()
