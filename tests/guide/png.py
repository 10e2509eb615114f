"""PNG files made small: pictures of screens have few colours that matter."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 256
_RGB, _PALETTE, _RGBA = 2, 3, 6
_CHANNELS = {_RGB: 3, _PALETTE: 1, _RGBA: 4}

Pixels = NDArray[np.uint8]


def smaller(png: bytes) -> bytes:
    """The same picture with at most 256 colours, as one palette. Raises ValueError as `read`."""
    pixels = read(png)
    height, width, _ = pixels.shape
    indices, palette = _indexed(pixels)
    # No filter: flat areas and repeated letters are what zlib finds by itself.
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = indices
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, 0)),
            _chunk(b"PLTE", palette.tobytes()),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def read(png: bytes) -> Pixels:
    """Pixels as height × width × RGB. Takes 8 bits a channel without interlacing, as browsers write
    it; transparency is dropped. Raises ValueError for others."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    chunks = _chunks(png)
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth != 8 or kind not in _CHANNELS or interlaced:
        raise ValueError(f"depth {depth}, kind {kind}, interlaced {interlaced}")
    step = _CHANNELS[kind]
    raw = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8)
    lines = raw.reshape(height, width * step + 1)
    above = np.zeros(width * step, np.uint8)
    pixels = np.empty((height, width * step), np.uint8)
    for y, line in enumerate(lines):
        above = pixels[y] = _unfiltered(int(line[0]), line[1:], above, step)
    if kind == _PALETTE:
        return np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)[pixels]
    return pixels.reshape(height, width, step)[:, :, :3]


def _unfiltered(kind: int, line: Pixels, above: Pixels, step: int) -> Pixels:
    if kind == 0:
        return line
    if kind == 1:
        columns = line.reshape(-1, step).astype(np.uint64)
        return np.cumsum(columns, axis=0).astype(np.uint8).ravel()
    if kind == 2:
        return line + above
    # The two that depend on the pixel before in more than a sum, byte by byte.
    done = bytearray(step) + bytearray(len(line))
    up = bytes(step) + above.tobytes()
    for at, value in enumerate(line.tobytes(), step):
        left, over, corner = done[at - step], up[at], up[at - step]
        guess = (left + over) // 2 if kind == 3 else _paeth(left, over, corner)
        done[at] = (value + guess) & 255
    return np.frombuffer(bytes(done[step:]), np.uint8)


def _paeth(left: int, over: int, corner: int) -> int:
    straight = left + over - corner
    return min((left, over, corner), key=lambda near: abs(straight - near))


def _indexed(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """Every pixel as its place in a palette: the most frequent colours, the others as the
    nearest of these."""
    wide = pixels.reshape(-1, 3).astype(np.uint32)
    codes = (wide[:, 0] << 16) | (wide[:, 1] << 8) | wide[:, 2]
    colours, at, count = np.unique(codes, return_inverse=True, return_counts=True)
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.int32)
    kept = np.sort(np.argsort(-count, kind="stable")[:_COLOURS])
    nearest = np.concatenate(
        [
            np.argmin(((part[:, None] - rgb[None, kept]) ** 2).sum(axis=2), axis=1)
            for part in np.array_split(rgb, len(rgb) // 4096 + 1)
        ]
    ).astype(np.uint8)
    return nearest[at].reshape(pixels.shape[:2]), rgb[kept].astype(np.uint8)


def _chunks(png: bytes) -> dict[bytes, bytes]:
    """Content by kind, that of the same kind joined."""
    found: dict[bytes, bytes] = {}
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind = png[at + 4 : at + 8]
        found[kind] = found.get(kind, b"") + png[at + 8 : at + 8 + length]
        at += length + 12
    return found


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
