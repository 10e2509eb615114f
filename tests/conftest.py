"""What several kinds of tests share."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes says nothing here: performance is measured in bench/.
settings.register_profile("soudan", deadline=None)
settings.load_profile("soudan")


@pytest.fixture(scope="session")
def tenants() -> Iterator[dict[str, object]]:
    """Two running tenants: `funabashi` and `katori`."""
    from tests.running import run_tenants

    yield from run_tenants()


@pytest.fixture(scope="session")
def tenant(tenants):
    """The running tenant that most tests use."""
    return tenants["funabashi"]
