"""Takes the pictures of the staff guide."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from playwright.sync_api import Locator, Page, expect

from ops.paths import ROOT
from tests.guide.png import smaller

GUIDE = ROOT / "docs" / "guides" / "staff.md"
PICTURES = GUIDE.parent / "pictures"
WIDTH, HEIGHT = 1280, 860

# Nothing of the page is touched by it but a ring: what the text of the guide speaks of.
_RING = """(one, on) => {
  one.style.outline = on ? '4px solid #c4166c' : '';
  one.style.outlineOffset = on ? '3px' : '';
}"""
_TEXT = "(one, text) => { one.firstChild.data = text; }"
_END = """() => Math.ceil(Math.max(...[...document.querySelectorAll(
    'header, main, footer, main *, footer *')].map((one) => one.getBoundingClientRect().bottom)))"""


def named_in(guide: str) -> list[str]:
    """File names of the pictures that a text shows, in its order."""
    return re.findall(r"!\[[^\]]+\]\(pictures/([a-z0-9-]+\.png)\)", guide)


@dataclass(kw_only=True)
class Camera:
    """Keeps pictures in `folder`; `taken` has their file names in the order of the walk."""

    folder: Path
    taken: list[str] = field(default_factory=list)

    def take(
        self,
        page: Page,
        name: str,
        *,
        at: Locator | None = None,
        ring: Locator | None = None,
        below: int = 24,
        instead: Mapping[Locator, str] = MappingProxyType({}),
    ) -> None:
        """The window as it stands once nothing is on its way. `at` is scrolled to, `below` pixels
        under the upper edge; a ring is drawn round `ring`; where `instead` says so, the picture
        shows another text than the page."""
        expect(page.get_by_text("読み込んでいます")).to_have_count(0)
        page.mouse.move(0, 0)
        page.evaluate("document.fonts.ready.then(() => undefined)")
        if at is None:
            page.evaluate("scrollTo(0, 0)")
        else:
            expect(at).to_be_visible()
            at.evaluate(
                "(one, below) => scrollBy(0, one.getBoundingClientRect().top - below)", below
            )
        if ring is not None:
            expect(ring).to_be_visible()
            ring.evaluate(_RING, True)
        end = HEIGHT
        # Under a short page there is nothing to see.
        if page.locator("dialog[open]").count() == 0:
            end = min(HEIGHT, int(page.evaluate(_END)) + 8)
        real = {place: place.inner_text() for place in instead}
        for place, text in instead.items():
            place.evaluate(_TEXT, text)
        picture = page.screenshot(
            animations="disabled",
            scale="css",
            clip={"x": 0, "y": 0, "width": page.viewport_size["width"], "height": end},  # type: ignore[index]
        )
        for place, text in real.items():
            place.evaluate(_TEXT, text)
        if ring is not None:
            ring.evaluate(_RING, False)
        file = f"{name}.png"
        if file in self.taken:
            raise ValueError(f"two pictures are named {file}")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_bytes(smaller(picture))
        self.taken.append(file)
