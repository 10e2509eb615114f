"""The ledger of a deployed tenant: metered inside it, fetched from outside, twice the same."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lambdas.casework.clock import japanese_day
from ops.costs.ledger import keep, read_ledger, write_ledger
from ops.costs.pull import pull
from ops.registers.register import invoke_job

FIXED = {"AWSKMS/customer managed key": Decimal(1)}


def test_the_night_meters_and_the_ledger_fetches_numbers_only(tenant, tmp_path):
    today = japanese_day(datetime.now(UTC))
    yesterday = today - timedelta(days=1)
    metered = invoke_job(tenant.live, {"task": "meter"})["metered"]
    assert yesterday.isoformat() in metered
    assert len(invoke_job(tenant.live, {"task": "meter"})["metered"]) == 3
    # This month's, in which the functions have run, though on its first day no day has ended yet.
    month = today.replace(day=1)
    entry, metrics = pull(tenant.live, month, FIXED)
    assert metrics
    assert entry.code == "122041"
    assert entry.days == today.day - 1
    # The provider's metrics: the functions of this very tenant have run.
    assert entry.quantities["AWSLambda/requests"] > 0
    path = tmp_path / "ledger.jsonl"
    found = read_ledger(None)
    keep(found, entry)
    write_ledger(path, found.values())
    once = path.read_text("utf-8")
    again = read_ledger(path)
    keep(again, pull(tenant.live, month, FIXED)[0])
    assert len(again) == 1
    assert "staff-" not in once
    assert "kanri" not in once
