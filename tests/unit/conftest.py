"""A tenant in one process: moto for AWS, the Chalice application called as Lambda calls it."""

from collections.abc import Iterator

import pytest

from tests.unit.in_process import InProcess, start


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """A fresh tenant with two agencies and a person of each role."""
    yield from start(monkeypatch)
