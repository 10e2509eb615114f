"""The routes of the API, as the gateway must know them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Route:
    """`path` as Chalice writes it ("/cases/{caseId}"); a public route asks for no token.
    `function`: which of the functions answers."""

    path: str
    method: str
    public: bool
    function: str = "api"


Routes = tuple[Route, ...]


def routes_of_the_api() -> Routes:
    """Every route of the Chalice apps, sorted. Importing them reads no environment."""
    from lambdas.api.app import app
    from lambdas.api.public import PUBLIC_ROUTES
    from lambdas.papers.app import app as papers

    return tuple(
        sorted(
            Route(
                path=path,
                method=method,
                public=(method, path) in PUBLIC_ROUTES,
                function=function,
            )
            for function, application in (("api", app), ("papers", papers))
            for path, methods in application.routes.items()
            for method in methods
        )
    )


def under(routes: Iterable[Route], prefix: str) -> Routes:
    return tuple(route for route in routes if route.path.startswith(prefix))
