"""The staff guide is true: whoever follows it comes from the first sign-in to the hand-over of a
case, and the pictures on the way are the ones that it shows."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.browser.rooms import Desks
from tests.guide.camera import GUIDE, Camera, named_in
from tests.guide.walk import Walk


def test_the_guide_can_be_followed_and_shows_what_is_met(
    browser: Browser, tenants: Any, tmp_path: Path
) -> None:
    # The other tenant: the walk turns on all forms, and other tests count on those of a small town.
    tenant = tenants["katori"]
    camera = Camera(folder=tmp_path)
    desks = Desks(browser, tenant)
    Walk(open_desk=desks.open, tenant=tenant, camera=camera).go()
    desks.close()
    assert sorted(camera.taken) == sorted(named_in(GUIDE.read_text("utf-8")))
    assert {file.name for file in tmp_path.iterdir()} == set(camera.taken)
