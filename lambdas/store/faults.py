"""What the store cannot do at the moment, told apart from what it will never do."""

from collections.abc import Iterator
from contextlib import contextmanager

from pynamodb.exceptions import PynamoDBException

from lambdas.store.repository import StoreBusyError

# Turned away at the door: nothing was read or written, and asking again later may well do. An
# answer that only got lost is not among them: nobody knows what became of that request.
_TURNED_AWAY = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "LimitExceededException",
        "TransactionInProgressException",
    }
)


@contextmanager
def busy_when_turned_away() -> Iterator[None]:
    """Raises StoreBusyError for a request that the tables turned away."""
    try:
        yield
    except PynamoDBException as error:
        if error.cause_response_code in _TURNED_AWAY:
            raise StoreBusyError from error
        raise
