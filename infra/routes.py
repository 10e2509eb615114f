"""The routes of the API, as the gateway must know them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Route:
    """`path` as Chalice writes it ("/cases/{caseId}"); a public route asks for no token."""

    path: str
    method: str
    public: bool


Routes = tuple[Route, ...]


def routes_of_the_api() -> Routes:
    """Every route of the Chalice app, sorted. Importing the app reads no environment."""
    from lambdas.api.app import app
    from lambdas.api.public import PUBLIC_ROUTES

    return tuple(
        sorted(
            Route(path=path, method=method, public=(method, path) in PUBLIC_ROUTES)
            for path, methods in app.routes.items()
            for method in methods
        )
    )


def under(routes: Iterable[Route], prefix: str) -> Routes:
    return tuple(route for route in routes if route.path.startswith(prefix))
