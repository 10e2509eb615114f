"""Passwords handed over on paper meet the pool's policy and are not misread."""

import random
import string

from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework.passwords import temporary_password


@given(st.randoms(use_true_random=False))
def test_every_kind_that_the_policy_asks_for_and_no_look_alikes(rng: random.Random) -> None:
    password = temporary_password(rng.choice)
    assert len(password) == 16
    for kind in (string.ascii_uppercase, string.ascii_lowercase, string.digits, "-+=#%"):
        assert set(password) & set(kind)
    assert not set(password) & set("Il1Oo0")
