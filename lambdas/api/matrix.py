"""Who may see and do what, asked of the running rules."""

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem
from lambdas.casework import policy_matrix
from lambdas.casework.access import Action, decide

routes = Blueprint(__name__)


@operation(
    routes,
    Operation(
        method="GET",
        path="/policy-matrix",
        summary="だれが、いつ、何を見られるか(動いている規則から作る。主管課・監査)",
        status=200,
        reply="PolicyMatrix",
        problems=("not-permitted",),
    ),
)
def read_matrix(call: Call) -> Reply:
    if not decide(call.actor, Action.READ_MATRIX, call.now).allowed:
        raise Problem("not-permitted")
    return Reply(
        body={
            "legend": [{"sign": sign, "text": text} for sign, text in policy_matrix.legend()],
            "sections": [
                {
                    "title": section.title,
                    "columns": list(section.columns),
                    "rows": [
                        {"label": label, "cells": list(cells)} for label, cells in section.rows
                    ],
                }
                for section in policy_matrix.sections()
            ],
        }
    )
