"""The router over a function's routes, and Lambda's handler."""

from typing import Any

from chalice.app import Blueprint, Chalice

from lambdas.api.call import problem_response
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository

# Chalice's own refusals, before a route of ours is reached, by status.
_OWN_REFUSALS = {
    400: "malformed",
    404: "not-found",
    405: "method-not-allowed",
    415: "unsupported-media-type",
}


class Api(Chalice):
    """Chalice, with its own `{Code, Message}` errors turned into problem details."""

    def __call__(self, event: Any, context: Any) -> Any:
        repository()  # names the tables for every model, before a route uses one
        try:
            answer = super().__call__(event, context)
        except KeyError:
            # A path that the gateway does not route; only a mistaken deployment sends one.
            return problem_response(Problem("not-found")).to_dict()
        headers = answer.get("headers", {})
        if answer["statusCode"] >= 400 and headers.get("Content-Type") == "application/json":
            slug = _OWN_REFUSALS.get(answer["statusCode"], "internal")
            return problem_response(Problem(slug)).to_dict()
        return answer


def application(*blueprints: Blueprint) -> Api:
    """The application of one function."""
    app = Api(app_name="soudan", configure_logs=False)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app
