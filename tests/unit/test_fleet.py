"""Waves: one first, no further after a failure, and the rest when it is repaired."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.manifest import municipalities
from ops.fleet.japan import all_japan
from ops.fleet.quotas import accounts_forced, quotas
from ops.fleet.waves import Turn, roll_out, waves


def run(
    tenants: Sequence[int], broken: set[int], done: set[int], *, size: int = 5
) -> tuple[Any, list[int]]:
    """One run over what is not done yet; what it came to, and the waves' sizes."""
    heard: list[int] = []

    def act(tenant: int) -> str | None:
        if tenant in broken:
            return "broken"
        done.add(tenant)
        return None

    def say(number: int, count: int, turns: Sequence[Turn[int]]) -> None:
        assert number == len(heard) + 1 <= count
        heard.append(len(turns))

    open_ = [tenant for tenant in tenants if tenant not in done]
    return roll_out(open_, act, size=size, at_once=2, say=say), heard


def test_twenty_tenants_one_broken_and_repaired() -> None:
    done: set[int] = set()
    rollout, heard = run(range(20), {19}, done)
    assert heard == [1, 5, 5, 5, 4]
    assert len(done) == 19 and [t.tenant for t in rollout.failed] == [19]
    rollout, heard = run(range(20), set(), done)
    assert heard == [1] and done == set(range(20)) and not rollout.failed


def test_a_canary_that_fails_keeps_all_others_as_they_are() -> None:
    done: set[int] = set()
    rollout, heard = run(range(20), {0}, done)
    assert heard == [1] and done == set() and rollout.waiting == tuple(range(1, 20))


@given(
    count=st.integers(0, 40),
    size=st.integers(1, 12),
    broken=st.sets(st.integers(0, 40), max_size=4),
)
def test_nobody_is_left_out_or_begun_after_a_failure(
    count: int, size: int, broken: set[int]
) -> None:
    tenants = range(count)
    assert [t for wave in waves(tenants, size=size) for t in wave] == list(tenants)
    done: set[int] = set()
    rollout, _ = run(tenants, broken, done, size=size)
    told = [t.tenant for t in rollout.turns] + list(rollout.waiting)
    assert sorted(told) == list(tenants)
    if not rollout.failed:
        assert done == set(tenants)
    else:
        # Only the last wave that was begun holds failures.
        first = min(t.tenant for t in rollout.failed)
        begun = [t.tenant for t in rollout.turns]
        assert begun.index(first) >= len(begun) - size
    run(tenants, set(), done, size=size)
    assert done == set(tenants)


def test_every_municipality_has_a_manifest_that_is_right() -> None:
    made = all_japan()
    assert len(made) == len(municipalities()) == 1741
    assert len({m.lg_code for m in made}) == 1741
    assert {(m.internet is None, m.private is None) for m in made} == {
        (False, True), (True, False), (False, False),
    }  # fmt: skip
    assert (
        max(sum(m.account == a for m in made[:300]) for a in {m.account for m in made[:300]}) <= 100
    )


def test_the_tightest_quota_forces_the_accounts() -> None:
    from collections import Counter

    from ops.fleet.synthesis import Outcome

    one = Outcome(
        compared=None,  # type: ignore[arg-type]  # not looked at
        kinds=Counter({"AWS::Events::Rule": 2, "AWS::DynamoDB::Table": 2}),
        doors=Counter({"AWS::ApiGateway::RestApi/REGIONAL": 1}),
        open=(),
    )
    found = quotas([dataclasses.replace(one) for _ in range(301)])
    assert [(q.service, q.tenants) for q in found][:2] == [
        ("EventBridge", 150), ("API Gateway", 600),
    ]  # fmt: skip
    assert accounts_forced(found) == 3
    assert {q.confidence for q in found} == {"要確認"}
