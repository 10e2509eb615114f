"""Verification and repair of the search index: what it holds of each case must be what the records
of the case make of it, and of cases that are not there it must hold nothing.

The answer holds case numbers only, as that of `verify` does.
"""

from datetime import datetime
from typing import Any

from pynamodb.exceptions import TransactWriteError

from lambdas.store import index
from lambdas.store.repository import Repository

_MOST_TOLD = 1000
_TRIES = 3


def reindex(*, now: datetime, region: str) -> dict[str, Any]:
    """Compares every case and repairs what differs.

    `{cases, repairedCount, repaired: [case], busy: [case]}`; `busy` were written to each time and
    are to be looked at again.
    """
    repository = Repository(region=region)
    cases = index.case_ids()
    known = cases | index.indexed_cases(region=region)
    repaired, busy = [], []
    for case_id in sorted(known):
        match _mend(repository, case_id, now, region):
            case True:
                repaired.append(case_id)
            case None:
                busy.append(case_id)
    return {
        "cases": len(cases),
        "repairedCount": len(repaired),
        "repaired": repaired[:_MOST_TOLD],
        "busy": busy[:_MOST_TOLD],
    }


def _mend(repository: Repository, case_id: str, now: datetime, region: str) -> bool | None:
    """Whether a case had to be repaired; None when others wrote to it at each try."""
    for _ in range(_TRIES):
        case = repository.open_case(case_id)
        try:
            if case is None:
                index.remove_orphan(case_id, now, region=region)
                return True
            if not index.differs(case):
                return False
            index.repair(case, now, region=region)
        except TransactWriteError:
            continue
        return True
    return None
