"""What several kinds of tests share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def tenants() -> Iterator[dict[str, object]]:
    """Two running tenants: `funabashi` and `katori`."""
    from tests.running import run_tenants

    yield from run_tenants()


@pytest.fixture(scope="session")
def tenant(tenants):
    """The running tenant that most tests use."""
    return tenants["funabashi"]
