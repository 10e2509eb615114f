"""A release brought to many tenants: one first, then in waves, and no further once one fails.

What a tenant's turn comes to stands in the vendor's registry. Whoever starts again goes on with
those that are not there yet.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Turn(Generic[T]):
    """One tenant's turn: `error` None when it went well."""

    tenant: T
    error: str | None


@dataclass(frozen=True, kw_only=True)
class Rollout(Generic[T]):
    """What a run came to; `waiting` were not begun because others failed before."""

    turns: tuple[Turn[T], ...]
    waiting: tuple[T, ...]

    @property
    def failed(self) -> tuple[Turn[T], ...]:
        return tuple(turn for turn in self.turns if turn.error is not None)


def waves(tenants: Sequence[T], *, size: int) -> list[list[T]]:
    """The first tenant alone, the canary; the rest `size` at a time, in the order given."""
    rest = [list(tenants[at : at + size]) for at in range(1, len(tenants), size)]
    return [list(tenants[:1]), *rest] if tenants else []


def roll_out(
    tenants: Sequence[T],
    act: Callable[[T], str | None],
    *,
    size: int,
    at_once: int,
    say: Callable[[int, int, Sequence[Turn[T]]], None],
    prepare: Callable[[Sequence[T]], None] = lambda _: None,
) -> Rollout[T]:
    """Takes each tenant's turn by `act`, which gives its error or None, `at_once` side by side.

    `prepare` does for a whole wave what need not be done for each of it. A wave is finished before
    it is judged; after one with a failure no other is begun. `say` hears each wave's number, how
    many there are, and its turns.
    """
    planned = waves(tenants, size=size)
    turns: list[Turn[T]] = []
    for number, wave in enumerate(planned, start=1):
        prepare(wave)
        with ThreadPoolExecutor(at_once) as pool:
            done = [
                Turn(tenant=tenant, error=error)
                for tenant, error in zip(wave, pool.map(act, wave), strict=True)
            ]
        turns += done
        say(number, len(planned), done)
        if any(turn.error is not None for turn in done):
            waiting = [tenant for later in planned[number:] for tenant in later]
            return Rollout(turns=tuple(turns), waiting=tuple(waiting))
    return Rollout(turns=tuple(turns), waiting=())
