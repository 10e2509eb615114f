"""A bill shared out: the parts sum to the whole, to the last fraction and to the yen, whatever the
lines, in whatever order they come."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ops.costs.allocation import STANDARD, RuleError, apportion, partition, read_rule, round_to_sum
from ops.costs.bill.findings import BillError
from ops.costs.estimate import yen
from tests.unit.bills import OCTOBER, BillLine, entry, member, read, share

CODES = ("122041", "122360", "232386")
MEMBERS = tuple(member(code, population=1000 * n) for n, code in enumerate(CODES, start=1))

amounts = st.decimals(min_value=-1000, max_value=100_000, places=10, allow_nan=False)
lines = st.lists(
    st.builds(
        BillLine,
        cost=amounts.map(str),
        code=st.sampled_from([*CODES, None, "船橋市", "999999"]),
        category=st.sampled_from(["Usage", "Purchase", "Tax", "Credit", "Adjustment"]),
        klass=st.sampled_from(["", "", "Correction"]),
        service=st.sampled_from(["A", "B"]),
        region=st.sampled_from(["ap-northeast-1", ""]),
        month=st.sampled_from([OCTOBER, date(2026, 11, 1)]),
    ),
    min_size=1,
    max_size=12,
)


@given(st.lists(st.integers(0, 10**15), min_size=1).filter(any), st.integers(-(10**20), 10**20))
def test_parts_of_a_whole_sum_to_it_and_lie_within_one_of_their_share(
    weights: list[int], total: int
) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)


def test_a_total_that_is_not_the_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="rounded"):
        round_to_sum([1, 1], 2, 5)


@given(lines, st.decimals(min_value="0.5", max_value=400, places=4), st.randoms())
@settings(
    max_examples=25,
    deadline=None,
    # Each example reads two files: making a failing one smaller would take minutes.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_yen_of_the_bill_is_given_once_in_whatever_order_the_lines_come(
    tmp_path: Path, drawn: list[BillLine], rate: Decimal, rng: random.Random
) -> None:
    bill = read(tmp_path, *drawn)
    made = share(bill, *MEMBERS, rate=str(rate))
    for month in {line.month for line in drawn}:
        total = sum((Decimal(line.cost) for line in drawn if line.month == month), Decimal(0))
        assert sum(made.amounts(month).values(), Decimal(0)) == total
        assert sum(made.yen(month).values()) == _half_up(total * rate)
        assert sum(part["amount"] for part in partition(bill, month)) == total
        for code, amount in made.amounts(month).items():
            assert abs(made.yen(month)[code] - amount * rate) <= 1
    shuffled = list(drawn)
    rng.shuffle(shuffled)
    again = share(read(tmp_path, *shuffled), *reversed(MEMBERS), rate=str(rate))
    for month in {line.month for line in drawn}:
        assert again.amounts(month) == made.amounts(month)
        assert again.yen(month) == made.yen(month)


def _half_up(amount: Decimal) -> int:
    """Halves go up, on either side of nothing: a bill of −0.5 yen is 0."""
    return int((amount + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))


def test_sharing_out_again_changes_nothing(tmp_path: Path) -> None:
    bill = read(tmp_path, BillLine(cost="10"), BillLine(cost="3.3333333333", code=CODES[0]))
    first = share(bill, *MEMBERS).yen(OCTOBER)
    assert share(bill, *MEMBERS).yen(OCTOBER) == first


def test_untagged_costs_credits_and_tax_go_where_the_rule_says(tmp_path: Path) -> None:
    bill = read(
        tmp_path,
        BillLine(cost="6", code=CODES[0]),
        BillLine(cost="2", code=CODES[1]),
        BillLine(cost="3"),
        BillLine(cost="-1.5", category="Credit"),
        BillLine(cost="1", category="Tax"),
        BillLine(cost="0.5", code="船橋市"),
    )
    made = share(bill, *MEMBERS)
    # 3 − 1.5 shared equally among three; tax by what each bears before it, nobody included.
    before = [Decimal("6.5"), Decimal("2.5"), Decimal("0.5"), Decimal("0.5")]
    found = made.amounts(OCTOBER)
    assert [found[code] for code in (*CODES, "")] == [b + b / 10 for b in before]
    assert ("unallocated", "Amazon DynamoDB", "usage", Decimal("0.5")) in made.components(
        "", OCTOBER
    )


def test_weights_are_those_of_the_published_rule(tmp_path: Path) -> None:
    ledger = [entry(code, REST=str(n)) for code, n in zip(CODES, (1, 1, 2), strict=True)]
    made = share(
        read(tmp_path, BillLine(cost="100")), *MEMBERS, rule=read_rule(STANDARD), ledger=ledger
    )
    # 30 equally, 30 by 1000 : 2000 : 3000 residents, 40 by 1 : 1 : 2 requests.
    assert {code: round(amount, 6) for code, amount in made.amounts(OCTOBER).items()} == {
        CODES[0]: Decimal(25),
        CODES[1]: Decimal(30),
        CODES[2]: Decimal(45),
    }


def test_a_rule_that_weighs_what_was_not_metered_is_no_guess(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="計量の記録"):
        share(read(tmp_path, BillLine()), *MEMBERS, rule=read_rule(STANDARD))


def test_who_came_or_left_within_the_month_bears_its_days(tmp_path: Path) -> None:
    came = replace(MEMBERS[0], first=date(2026, 10, 22))  # 10 of 31 days
    left = replace(MEMBERS[1], last=date(2026, 10, 10))  # 10 of 31 days
    gone = replace(MEMBERS[2], last=date(2026, 9, 30))
    bill = read(tmp_path, BillLine(cost="30"), BillLine(cost="1", code=CODES[2]))
    found = share(bill, came, left, gone).amounts(OCTOBER)
    assert found == {CODES[0]: Decimal(15), CODES[1]: Decimal(15), CODES[2]: Decimal(1)}
    (finding,) = [f for f in bill.findings if f.code == "outside-membership"]
    assert "232386 は 2026-10" in str(finding)
    assert "bill.csv の 2 行目" in str(finding)


def test_an_account_of_its_own_places_what_no_tag_does(tmp_path: Path) -> None:
    owner = replace(MEMBERS[0], account="122041000001")
    bill = read(
        tmp_path,
        BillLine(cost="4", account="122041000001"),
        BillLine(cost="1", account="122041000001", code="知らない町"),
    )
    found = share(bill, owner, MEMBERS[1]).amounts(OCTOBER)
    assert found == {CODES[0]: Decimal(4), "": Decimal(1)}


def test_nobody_there_leaves_the_bill_with_nobody(tmp_path: Path) -> None:
    later = replace(MEMBERS[0], first=date(2027, 1, 1))
    bill = read(tmp_path, BillLine(cost="5"), BillLine(cost="0.5", category="Tax"))
    assert share(bill, later).amounts(OCTOBER) == {"": Decimal("5.5")}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("equal: 100", "equal: 90", "合計を100"),
        ("unknown: unallocated", "unknown: everybody", "から選んで"),
        ("direct: [tag, account]", "direct: [name]", "direct"),
        ("tax: proportional", "", "読めません"),
    ],
)
def test_a_wrong_rule_says_what_is_wrong(tmp_path: Path, old: str, new: str, says: str) -> None:
    from tests.unit.bills import EQUAL

    path = tmp_path / "rule.yaml"
    path.write_text(EQUAL.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(RuleError, match=says):
        read_rule(path)


def test_a_bill_in_yen_needs_no_rate(tmp_path: Path) -> None:
    bill = read(tmp_path, BillLine(cost="1000", currency="JPY"))
    assert sum(share(bill, *MEMBERS, rate="1").yen(OCTOBER).values()) == 1000
    assert yen(Decimal("0.5")) == 1
    with pytest.raises(BillError):
        read(tmp_path, BillLine(currency="JPY"), BillLine())
