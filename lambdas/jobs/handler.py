"""Lambda's handler for a tenant's own work.

`{"task": "seal"}` and `{"task": "meter"}` every night, `{"task": "digest"}` every morning where the
manifest says so; `{"task": "verify"}`, `{"task": "reindex"}`, `{"task": "ledger", "month": …}` and
`{"task": "register", …}` on the vendor's order, who may invoke this function but cannot read the
tables.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.casework.clock import japanese_day, to_iso
from lambdas.jobs.digest import send_digests
from lambdas.jobs.metering import ledger, meter_until
from lambdas.jobs.register import register
from lambdas.jobs.reindex import reindex
from lambdas.jobs.seals import Seals, seal_until
from lambdas.store import models, trail
from lambdas.store.repository import Repository
from lambdas.store.verification import Records, verify


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Runs one task. Raises ValueError for an unknown one."""
    env = os.environ
    region = env["AWS_REGION"]
    models.bind(
        records_table=env["SOUDAN_RECORDS_TABLE"],
        audit_table=env["SOUDAN_AUDIT_TABLE"],
        region=region,
    )
    seals = Seals(bucket=env["SOUDAN_SEALS_BUCKET"], region=region)
    now = datetime.now(UTC)
    match event.get("task"):
        case "seal":
            # The day is over in Japan; requests that began in it have ended.
            yesterday = japanese_day(now) - timedelta(days=1)
            return {"sealed": seal_until(seals, yesterday)}
        case "meter":
            yesterday = japanese_day(now) - timedelta(days=1)
            return {"metered": meter_until(yesterday, region=region)}
        case "ledger":
            return ledger(str(event["month"]), region=region)
        case "verify":
            records = Records(read_at=to_iso(now), items=list(trail.records()))
            return verify(records=records, events=trail.all_events(), seals=seals.all())
        case "digest":
            return send_digests(
                sender=env["SOUDAN_DIGEST_SENDER"],
                region=region,
                repository=Repository(region=region),
                now=now,
            )
        case "reindex":
            return reindex(now=now, region=region)
        case "register":
            return register(
                agencies=event.get("agencies", ()),
                staff=event.get("staff", ()),
                ordered_by=str(event["orderedBy"]),
                now=now,
                region=region,
                dry_run=bool(event.get("dryRun")),
            )
        case task:
            raise ValueError(f"unknown task {task!r}")
