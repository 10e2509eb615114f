"""The pictures of the staff guide: each is there, each is shown, none is large."""

import struct
import zlib

import numpy as np
import pytest

from tests.guide import png
from tests.guide.camera import GUIDE, PICTURES, WIDTH, named_in

TEXT = GUIDE.read_text("utf-8")
MOST_BYTES = 3_000_000


def test_each_picture_is_shown_once_and_none_is_missing() -> None:
    named = named_in(TEXT)
    assert len(named) == len(set(named)) == TEXT.count("![")
    assert sorted(named) == sorted(file.name for file in PICTURES.iterdir())


def test_the_pictures_are_small() -> None:
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) <= MOST_BYTES
    for file in PICTURES.iterdir():
        width, height = png.size(file.read_bytes())
        assert width == WIDTH
        assert 100 < height <= 1000, file.name
        # A window that shows something has more than a few colours.
        assert len(np.unique(png.read(file.read_bytes()).reshape(-1, 3), axis=0)) > 8, file.name


def test_links_of_the_guide_lead_somewhere() -> None:
    for line in TEXT.splitlines():
        for target in _links(line):
            assert (GUIDE.parent / target).is_file(), target


def _links(line: str) -> list[str]:
    parts = line.split("](")[1:]
    return [part.partition(")")[0] for part in parts]


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("step", [3, 4])
def test_a_picture_stays_the_same_in_fewer_bytes(kind: int, step: int) -> None:
    rng = np.random.default_rng(kind * 10 + step)
    pixels = rng.integers(0, 256, (9, 1, step), np.uint8).repeat(11, axis=1)
    pixels[:, 3:5] = 200
    small = png.smaller(_written(pixels, kind))
    assert png.size(small) == (11, 9)
    assert np.array_equal(png.read(small), pixels[:, :, :3])


def test_many_colours_become_the_nearest_of_those_that_are_most() -> None:
    ramp = np.arange(3 * 1024, dtype=np.uint32).reshape(32, 32, 3) * 7 % 256
    small = png.smaller(_written(ramp.astype(np.uint8), 0))
    again = png.read(small).astype(int)
    assert len(np.unique(again.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(again - ramp.astype(int)).max() < 64


def test_what_is_no_such_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no PNG"):
        png.smaller(b"GIF89a")


def _filtered(row: np.ndarray, above: np.ndarray, kind: int, step: int) -> bytes:
    """A line as a writer of the format filters it (RFC 2083, 6)."""
    done = bytearray()
    for at in range(len(row)):
        left = int(row[at - step]) if at >= step else 0
        corner = int(above[at - step]) if at >= step else 0
        over = int(above[at])
        near = min((left, over, corner), key=lambda one: abs(left + over - corner - one))
        guess = (0, left, over, (left + over) // 2, near)[kind]
        done.append((int(row[at]) - guess) % 256)
    return bytes([kind]) + bytes(done)


def _written(pixels: np.ndarray, kind: int) -> bytes:
    height, width, step = pixels.shape
    lines = pixels.reshape(height, width * step)
    above = np.vstack([np.zeros((1, width * step), np.uint8), lines[:-1]])
    raw = b"".join(_filtered(row, up, kind, step) for row, up in zip(lines, above, strict=True))
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if step == 3 else 6, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )
