"""The tenant's files bucket: parts on their way in quarantine, and the files that were taken.

    quarantine/<uploadId>/<n>      a part as it came; expires after a day by the bucket's rule
    quarantine/<uploadId>/whole    the joined file, while the municipality's scanner looks at it
    files/<caseId>/<fileId>        a file that was judged clean

Nothing here says who may see a file: only the record `attachment` of the case leads to it, and no
route reads from quarantine.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PutError

from lambdas.casework.audit import sha256_hex
from lambdas.store import models
from lambdas.store.repository import KeyReusedError, StoreBusyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

FILES, QUARANTINE = "files", "quarantine"
# As long as the bucket keeps the parts at least.
UPLOAD_HOURS = 20
# Below the 28 seconds of the function, with time left to join, to judge and to save.
SCANNER_SECONDS = 12
_LINK_SECONDS = 60


class MalwareError(Exception):
    """The municipality's scanner found something."""


class NotJudgedError(Exception):
    """The scanner has not answered; the file stays in quarantine."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file on its way. `declared`: what the sender said of it, as the API checked it."""

    upload_id: str
    case_id: str
    staff_id: str
    declared: Mapping[str, Any]
    expires_at: int


def begin(upload: Upload, *, request_sha256: str) -> None:
    """Keeps a new upload; the same request again changes nothing. Raises KeyReusedError."""
    item = models.Upload(
        f"UPLOAD#{upload.upload_id}",
        "UPLOAD",
        case_id=upload.case_id,
        staff_id=upload.staff_id,
        request_sha256=request_sha256,
        declared=json.dumps(upload.declared, ensure_ascii=False),
        expires_at=upload.expires_at,
    )
    try:
        item.save(condition=models.Record.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        before = models.Upload.get(item.pk, item.sk, consistent_read=True)
        if before.request_sha256 != request_sha256:
            raise KeyReusedError from error


def find(upload_id: str, *, staff_id: str, now: datetime) -> Upload | None:
    """The upload, while it lasts and if this person began it."""
    try:
        item = models.Upload.get(f"UPLOAD#{upload_id}", "UPLOAD", consistent_read=True)
    except models.Upload.DoesNotExist:
        return None
    # DynamoDB removes what has expired within days, not at once.
    if item.staff_id != staff_id or item.expires_at <= now.timestamp():
        return None
    return Upload(
        upload_id=upload_id,
        case_id=item.case_id,
        staff_id=item.staff_id,
        declared=json.loads(item.declared),
        expires_at=int(item.expires_at),
    )


def expiry(now: datetime) -> int:
    return int((now + timedelta(hours=UPLOAD_HOURS)).timestamp())


class FileStore:
    """One tenant's files."""

    def __init__(self, *, bucket: str, region: str) -> None:
        session: Any = botocore.session.get_session()
        config = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3})
        self._s3: S3Client = session.create_client("s3", region_name=region, config=config)
        self._bucket = bucket

    def put_part(self, upload_id: str, number: int, content: bytes) -> None:
        """Keeps a part; the same number again replaces it."""
        self._put(f"{QUARANTINE}/{upload_id}/{number}", content)

    def parts(self, upload_id: str) -> dict[int, int]:
        """Number → bytes of the parts that have come."""
        prefix = f"{QUARANTINE}/{upload_id}/"
        with _store_errors():
            found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix)
        named = ((o["Key"].removeprefix(prefix), o["Size"]) for o in found.get("Contents", ()))
        return {int(name): size for name, size in named if name.isdecimal()}

    def joined(self, upload_id: str, count: int) -> bytes:
        """Parts 1 to `count`, one behind the other."""
        return b"".join(
            self._get(f"{QUARANTINE}/{upload_id}/{number}") for number in range(1, count + 1)
        )

    def put_whole(self, upload_id: str, content: bytes) -> str:
        """Puts the joined file into quarantine; a link by which it can be read for a minute."""
        key = f"{QUARANTINE}/{upload_id}/whole"
        self._put(key, content)
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=_LINK_SECONDS
        )

    def discard(self, upload_id: str) -> None:
        """Removes what is in quarantine of an upload. What a failure leaves, expires."""
        self._remove(f"{QUARANTINE}/{upload_id}/")

    def put(self, case_id: str, file_id: str, content: bytes) -> None:
        """Keeps a file that was judged clean."""
        self._put(f"{FILES}/{case_id}/{file_id}", content)

    def read(self, case_id: str, file_id: str, first: int, last: int) -> bytes:
        """Bytes `first` to `last` of a file, both included."""
        return self._get(f"{FILES}/{case_id}/{file_id}", f"bytes={first}-{last}")

    def erase_case(self, case_id: str) -> int:
        """Removes every file of a case; how many there were. Earlier versions stay for the days
        of the bucket's rule, which a certificate of disposal names."""
        return self._remove(f"{FILES}/{case_id}/")

    def _put(self, key: str, content: bytes) -> None:
        with _store_errors():
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType="application/octet-stream"
            )

    def _get(self, key: str, span: str = "bytes=0-") -> bytes:
        with _store_errors():
            return self._s3.get_object(Bucket=self._bucket, Key=key, Range=span)["Body"].read()

    def _remove(self, prefix: str) -> int:
        removed = 0
        with _store_errors():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            )
            for key in [o["Key"] for page in pages for o in page.get("Contents", ())]:
                self._s3.delete_object(Bucket=self._bucket, Key=key)
                removed += 1
        return removed


class Judge(Protocol):
    """What decides whether a file that the built-in examination took is free of malware."""

    def __call__(self, store: FileStore, upload_id: str, content: bytes) -> None:
        """Raises MalwareError, NotJudgedError."""


def no_scanner(store: FileStore, upload_id: str, content: bytes) -> None:
    """Where the municipality has named no scanner, the built-in examination decides alone."""


class Scanner:
    """The municipality's scanner: a Lambda function that the manifest names.

    It is invoked with `{"url", "bytes", "sha256"}`, reads the file at the link (no right on the
    bucket or the key is needed, and it sees this one file for a minute), and answers
    `{"verdict": "clean" | "infected", "sha256": of what it read}`. Any other answer, and none in
    time, leaves the file in quarantine.
    """

    def __init__(self, *, function: str, region: str) -> None:
        session: Any = botocore.session.get_session()
        config = Config(
            connect_timeout=3, read_timeout=SCANNER_SECONDS, retries={"total_max_attempts": 1}
        )
        self._lambda: LambdaClient = session.create_client(
            "lambda", region_name=region, config=config
        )
        self._function = function

    def __call__(self, store: FileStore, upload_id: str, content: bytes) -> None:
        digest = sha256_hex(content)
        asked = {
            "url": store.put_whole(upload_id, content),
            "bytes": len(content),
            "sha256": digest,
        }
        match self._answer(asked):
            case {"verdict": "clean", "sha256": read} if read == digest:
                return
            case {"verdict": "infected"}:
                raise MalwareError
            case _:
                raise NotJudgedError

    def _answer(self, asked: Mapping[str, Any]) -> Any:
        try:
            answer = self._lambda.invoke(
                FunctionName=self._function, Payload=json.dumps(asked).encode()
            )
            return None if "FunctionError" in answer else json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            raise NotJudgedError from error


@contextmanager
def _store_errors() -> Iterator[None]:
    """What S3 cannot do at the moment, as the error that every route answers alike."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if status >= 500 or status == 429:
            raise StoreBusyError from error
        raise
    except BotoCoreError as error:
        raise StoreBusyError from error
