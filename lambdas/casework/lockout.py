"""How long a login waits after failed tries, beside Cognito's own limit (Ruling 3)."""

FREE_TRIES = 5
_FIRST_WAIT = 60
_LONGEST_WAIT = 15 * 60


def wait_seconds(failures: int) -> int:
    """Seconds to wait after `failures` failed tries in a row: none up to five, then doubling."""
    if failures < FREE_TRIES:
        return 0
    return int(min(_FIRST_WAIT * 2 ** min(failures - FREE_TRIES, 10), _LONGEST_WAIT))
