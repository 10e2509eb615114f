"""The seals of the audit trail: one object a day, in a bucket under Object Lock."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.casework import audit
from lambdas.store import trail

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PREFIX = "seals/"


class Seals:
    """The seals of one tenant. Reads and writes; nothing here can overwrite or delete."""

    def __init__(self, *, bucket: str, region: str) -> None:
        import botocore.session

        session: Any = botocore.session.get_session()
        self._s3: S3Client = session.create_client("s3", region_name=region)
        self._bucket = bucket

    def all(self) -> dict[str, bytes]:
        """Day → seal as written, oldest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=_PREFIX
        )
        keys = sorted(item["Key"] for page in pages for item in page.get("Contents", []))
        return {self._day(key): self._read(key) for key in keys}

    def latest(self) -> tuple[date, bytes] | None:
        """The last sealed day and its seal."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=_PREFIX
        )
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        if not keys:
            return None
        last = max(keys)
        return date.fromisoformat(self._day(last)), self._read(last)

    def put(self, seal: Mapping[str, Any]) -> bytes:
        """Writes the seal of a day that has none (`If-None-Match`); the bytes written."""
        content = audit.canonical(seal)
        self._s3.put_object(
            Bucket=self._bucket,
            Key=f"{_PREFIX}{seal['day']}.json",
            Body=content,
            ContentType="application/json",
            IfNoneMatch="*",
        )
        return content

    def _day(self, key: str) -> str:
        return key.removeprefix(_PREFIX).removesuffix(".json")

    def _read(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()


def seal_until(seals: Seals, last: date) -> list[str]:
    """Seals every day up to `last` that has no seal yet; the days sealed.

    A day that a run missed is made up for by the next one. The first seal starts at `last`: what
    came before it is in the chains alone.
    """
    latest = seals.latest()
    if latest is None:
        day, previous = last, audit.GENESIS
    else:
        day, previous = latest[0] + timedelta(days=1), audit.sha256_hex(latest[1])
    sealed = []
    while day <= last:
        seal = audit.make_seal(
            day=day.isoformat(), hashes=trail.hashes_of_day(day), previous_seal=previous
        )
        previous = audit.sha256_hex(seals.put(seal))
        sealed.append(day.isoformat())
        day += timedelta(days=1)
    return sealed
