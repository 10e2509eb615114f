"""A tenant taken back in time, inside the tenant: tables restored beside those in use, re-attached,
verified against the trail, replayed, opened by nobody until the stack names them.

The records go back to the moment asked for; the trail is restored to its latest one, and what it
lacks of the last minutes is taken over from the table in use, if that can still be read. No person
needs a role for it: whoever may restore a table may read it.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.exceptions import ClientError

from lambdas.casework.clock import from_iso, japanese_day, to_iso
from lambdas.store import index, models, restoration, statistics, tasks, trail
from lambdas.store.keys import Keys
from lambdas.store.repository import Repository
from lambdas.store.sealed import Compartment
from lambdas.store.verification import Records, verify

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_TTL = "expiresAt"
_PITR_DAYS = 35
_MOST_TOLD = 20
# What was put in a second before it is still of that second: S3 counts whole ones.
_SLACK = timedelta(seconds=60)
_PIECE = 1024 * 1024


class RefusedRestoreError(Exception):
    """A restoration that may not go on; `code` keys the operator's text."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.where = where


@dataclass(frozen=True, kw_only=True)
class Place:
    """The tenant's tables in use, those beside them, its bucket and key."""

    records: str
    audit: str
    restored_records: str
    restored_audit: str
    bucket: str
    key_arn: str
    lg_code: str
    region: str

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        return ((self.records, self.restored_records), (self.audit, self.restored_audit))


class Restore:
    """One restoration, by its id: it goes on where it stopped."""

    def __init__(self, place: Place, *, restore_id: str, now: datetime) -> None:
        session: Any = botocore.session.get_session()
        self._dynamodb: DynamoDBClient = session.create_client("dynamodb", region_name=place.region)
        self._s3: S3Client = session.create_client("s3", region_name=place.region)
        self._place = place
        self._id = restore_id
        self._now = now

    # Tables

    def begin(self, to: datetime | None) -> dict[str, Any]:
        """Has both tables restored beside those in use: the records to a moment (None: the latest),
        the trail to its latest. Raises RefusedRestoreError where tables are left from another
        restoration."""
        there = [t for _, t in self._place.pairs if self._table(t) is not None]
        if not self._is_mine():
            if there:
                raise RefusedRestoreError("restore-left-over")
            self._put_mark({"id": self._id, "at": to_iso(self._now)})
        moment: Any = {"RestoreDateTime": to} if to else {"UseLatestRestorableTime": True}
        latest: Any = {"UseLatestRestorableTime": True}
        for (source, target), when in zip(self._place.pairs, (moment, latest), strict=True):
            if target in there:
                continue
            try:
                self._dynamodb.restore_table_to_point_in_time(
                    SourceTableName=source,
                    TargetTableName=target,
                    BillingModeOverride="PAY_PER_REQUEST",
                    # Named, or the copy would lie under AWS's own key.
                    SSESpecificationOverride={
                        "Enabled": True,
                        "SSEType": "KMS",
                        "KMSMasterKeyId": self._place.key_arn,
                    },
                    **when,
                )
            except ClientError as error:
                if error.response["Error"]["Code"] == "InvalidRestoreTimeException":
                    raise RefusedRestoreError("restore-time") from error
                raise
        return self.state()

    def state(self) -> dict[str, Any]:
        """`{ready, tables: name → status}`."""
        tables = {t: self._status(t) for _, t in self._place.pairs}
        return {"ready": set(tables.values()) == {"ACTIVE"}, "tables": tables}

    def attach(self) -> dict[str, Any]:
        """Gives the restored tables what a restoration leaves out: tags, expiry, recovery, class
        and protection, each as at the table in use. `{differences: [...]}` that are left."""
        self._must_be_mine()
        differences = []
        for source, target in self._place.pairs:
            before, after = self._described(source), self._described(target)
            arn = after["TableArn"]
            tags = self._tags(before["TableArn"])
            if self._tags(arn) != tags and tags:
                self._dynamodb.tag_resource(
                    ResourceArn=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
                )
            if source == self._place.records and not self._expires(target):
                self._dynamodb.update_time_to_live(
                    TableName=target,
                    TimeToLiveSpecification={"Enabled": True, "AttributeName": _TTL},
                )
            if not self._recovers(target):
                self._dynamodb.update_continuous_backups(
                    TableName=target,
                    PointInTimeRecoverySpecification={
                        "PointInTimeRecoveryEnabled": True,
                        "RecoveryPeriodInDays": _PITR_DAYS,
                    },
                )
            wanted = _class(before)
            if wanted != _class(after):
                self._dynamodb.update_table(TableName=target, TableClass=wanted)
            if not after.get("DeletionProtectionEnabled"):
                self._dynamodb.update_table(TableName=target, DeletionProtectionEnabled=True)
            differences += self._differences(source, target, tags)
        return {"differences": differences}

    def clear(self, *, protected: bool) -> dict[str, Any]:
        """Takes the restored tables away again. `protected`: even those that stand under deletion
        protection, which is said for the tables of a drill alone. Those of another restoration
        stay."""
        if self._marked() not in (None, self._id):
            return {"cleared": []}
        gone = []
        for _, target in self._place.pairs:
            table = self._table(target)
            if table is None:
                continue
            if table.get("DeletionProtectionEnabled"):
                if not protected:
                    raise RefusedRestoreError("restore-in-use", target)
                self._dynamodb.update_table(TableName=target, DeletionProtectionEnabled=False)
            self._dynamodb.delete_table(TableName=target)
            gone.append(target)
        return {"cleared": gone}

    def cleared(self) -> dict[str, Any]:
        """Whether nothing is left; then another restoration may begin."""
        left = [t for _, t in self._place.pairs if self._table(t) is not None]
        if not left:
            self._s3.delete_object(Bucket=self._place.bucket, Key=_MARK)
        return {"left": left}

    # Contents

    def verify(self, read_at: datetime, seals: Mapping[str, bytes]) -> dict[str, Any]:
        """Whether the restored records are what the trail says they were at `read_at`."""
        self._must_be_mine()
        self._bind()
        records = Records(read_at=to_iso(read_at), items=list(trail.records()))
        answer = verify(records=records, events=trail.all_events(), seals=seals)
        return {**answer, "problems": answer["problems"][:_MOST_TOLD]}

    def replay(self, to: datetime, ordered_by: str, *, for_use: bool) -> dict[str, Any]:
        """Brings the trail up to its end and puts back what must not be undone. In a drill the
        bucket, which is the tenant's own, is left alone."""
        self._must_be_mine()
        taken = self._top_up(to)
        self._bind()
        files = _Files(self._s3, self._place.bucket) if for_use else _NoFiles()
        keys = Keys(region=self._place.region, key_arn=self._place.key_arn)
        repository = Repository(
            region=self._place.region,
            beside=[
                Compartment(keys=keys, lg_code=self._place.lg_code).beside_records,
                tasks.TaskRows().beside,
                statistics.beside,
                index.beside,
            ],
        )
        try:
            report = restoration.replay(
                repository=repository,
                region=self._place.region,
                files=files,
                restored_to=to,
                restore_id=self._id,
                ordered_by=ordered_by,
                now=self._now,
            )
        except restoration.RestorationError as error:
            raise RefusedRestoreError("restore-gap", str(error)) from error
        return {**asdict(report), "eventsTakenOver": taken}

    def files(
        self, to: datetime, after: str, *, for_use: bool, goes_on: Callable[[], bool]
    ) -> dict[str, Any]:
        """Looks for every attached file of the restored records, in the version of the moment, by
        its hash; `for_use` puts it back where the bucket no longer has it. Asked again with the
        last name until `done`."""
        self._must_be_mine()
        self._bind()
        answer: dict[str, Any] = {"checked": 0, "putBack": 0, "missing": [], "done": True}
        for key, digest in _attachments():
            if key <= after:
                continue
            if not goes_on():
                answer["done"] = False
                break
            answer["after"] = key
            answer["checked"] += 1
            if self._is(key, digest, None):
                continue
            version = next((v for v in self._versions(key, to) if self._is(key, digest, v)), None)
            if version is None:
                answer["missing"].append(key)
            elif for_use:
                self._s3.copy_object(
                    Bucket=self._place.bucket,
                    Key=key,
                    CopySource={"Bucket": self._place.bucket, "Key": key, "VersionId": version},
                    ContentType="application/octet-stream",
                    MetadataDirective="REPLACE",
                )
                answer["putBack"] += 1
        return answer

    # Inside

    def _bind(self) -> None:
        models.bind(
            records_table=self._place.restored_records,
            audit_table=self._place.restored_audit,
            region=self._place.region,
        )

    def _top_up(self, to: datetime) -> int:
        """Events of the days since that stand in the trail in use and not in the restored one.
        An event is never put over another."""
        source, target = self._place.audit, self._place.restored_audit
        if self._table(source) is None:
            return 0
        taken = 0
        day, last = japanese_day(to - _SLACK), japanese_day(self._now)
        while day <= last:
            there = {k["dayKey"]["S"] for k in self._keys_of_day(target, day.isoformat())}
            for key in self._keys_of_day(source, day.isoformat()):
                if key["dayKey"]["S"] in there:
                    continue
                place = {"pk": key["pk"], "sk": key["sk"]}
                item = self._dynamodb.get_item(TableName=source, Key=place)["Item"]
                self._dynamodb.put_item(
                    TableName=target,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk) OR #hash = :hash",
                    ExpressionAttributeNames={"#hash": "hash"},
                    ExpressionAttributeValues={":hash": item["hash"]},
                )
                taken += 1
            day += timedelta(days=1)
        return taken

    def _keys_of_day(self, table: str, day: str) -> Iterator[Mapping[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=table,
            IndexName="byDay",
            KeyConditionExpression="#day = :day",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues={":day": {"S": day}},
        )
        for page in pages:
            yield from page["Items"]

    def _versions(self, key: str, to: datetime) -> list[str]:
        """Ids of the versions that there were at the moment, the latest first."""
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self._place.bucket, Prefix=key
        )
        found = [
            v
            for page in pages
            for v in page.get("Versions", ())
            if v["Key"] == key and v["LastModified"] <= to + _SLACK
        ]
        found.sort(key=lambda v: v["LastModified"], reverse=True)
        return [v["VersionId"] for v in found]

    def _is(self, key: str, digest: str, version: str | None) -> bool:
        which: Any = {"VersionId": version} if version else {}
        try:
            body = self._s3.get_object(Bucket=self._place.bucket, Key=key, **which)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404", "MethodNotAllowed"):
                return False
            raise
        found = hashlib.sha256()
        for piece in body.iter_chunks(_PIECE):
            found.update(piece)
        return found.hexdigest() == digest

    def _must_be_mine(self) -> None:
        if not self._is_mine():
            raise RefusedRestoreError("restore-left-over")

    def _is_mine(self) -> bool:
        return self._marked() == self._id

    def _marked(self) -> str | None:
        """Whose the restored tables are. It expires with the exports, long after a drill."""
        try:
            body = self._s3.get_object(Bucket=self._place.bucket, Key=_MARK)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404", "AccessDenied"):
                return None
            raise
        return str(json.loads(body)["id"])

    def _put_mark(self, mark: Mapping[str, Any]) -> None:
        self._s3.put_object(
            Bucket=self._place.bucket,
            Key=_MARK,
            Body=json.dumps(mark).encode(),
            ContentType="application/json",
        )

    def _table(self, name: str) -> Mapping[str, Any] | None:
        try:
            table: Any = self._dynamodb.describe_table(TableName=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return dict(table)

    def _described(self, name: str) -> Mapping[str, Any]:
        table = self._table(name)
        if table is None:
            raise RefusedRestoreError("restore-no-table", name)
        return table

    def _status(self, name: str) -> str:
        table = self._table(name)
        if table is None:
            return "MISSING"
        indexes = {i.get("IndexStatus", "ACTIVE") for i in table.get("GlobalSecondaryIndexes", ())}
        return str(table["TableStatus"]) if indexes <= {"ACTIVE"} else "CREATING"

    def _tags(self, arn: str) -> dict[str, str]:
        tags = self._dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
        # Those that CloudFormation has put belong to its own resources.
        return {t["Key"]: t["Value"] for t in tags if not t["Key"].startswith("aws:")}

    def _expires(self, table: str) -> bool:
        found = self._dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        return found.get("AttributeName") == _TTL

    def _recovers(self, table: str) -> bool:
        kept = self._dynamodb.describe_continuous_backups(TableName=table)
        found = kept["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        return found["PointInTimeRecoveryStatus"] == "ENABLED"

    def _differences(self, source: str, target: str, tags: Mapping[str, str]) -> list[str]:
        before, after = self._described(source), self._described(target)
        key = after.get("SSEDescription", {}).get("KMSMasterKeyArn")
        found = {
            "protection": bool(after.get("DeletionProtectionEnabled")),
            "tags": self._tags(after["TableArn"]) == dict(tags),
            "recovery": self._recovers(target),
            "expiry": source != self._place.records or self._expires(target),
            "class": _class(before) == _class(after),
            "indexes": _indexes(before) == _indexes(after),
            # The emulators do not say under which key a restored table lies.
            "key": key in (None, self._place.key_arn),
        }
        return [f"{target}: {name}" for name, right in found.items() if not right]


_MARK = "exports/restore.json"


class _NoFiles:
    def erase_case(self, case_id: str) -> int:
        return 0


class _Files:
    """The files of cases that are erased again."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def erase_case(self, case_id: str) -> int:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"files/{case_id}/"
        )
        keys = [o["Key"] for page in pages for o in page.get("Contents", ())]
        for key in keys:
            self._s3.delete_object(Bucket=self._bucket, Key=key)
        return len(keys)


def _attachments() -> list[tuple[str, str]]:
    """Key and SHA-256 of every attached file that the bound records name, by key."""
    found = []
    for item in models.Record.scan(consistent_read=True):
        if isinstance(item, models.RecordHead) and item.form == "attachment":
            data = json.loads(item.data)
            case_id = item.pk.removeprefix("CASE#")
            found.append((f"files/{case_id}/{data['fileId']}", str(data["sha256"])))
    return sorted(found)


def _class(table: Mapping[str, Any]) -> Any:
    return table.get("TableClassSummary", {}).get("TableClass", "STANDARD")


def _indexes(table: Mapping[str, Any]) -> list[str]:
    return sorted(i["IndexName"] for i in table.get("GlobalSecondaryIndexes", ()))


def seals_of(objects: Any) -> dict[str, bytes]:
    """Day → seal, from the tenant's seals."""
    names: list[str] = []
    while more := objects.names(names[-1] if names else "", 1000):
        names += more
    return {name.removesuffix(".json"): objects.get(name) or b"" for name in names}


def moment(text: Any) -> datetime | None:
    """A moment of the task; None for the latest. Raises RefusedRestoreError."""
    if text is None:
        return None
    try:
        found = from_iso(str(text))
    except ValueError as error:
        raise RefusedRestoreError("restore-time") from error
    if found.tzinfo is None:
        raise RefusedRestoreError("restore-time")
    return found
