"""The objects of a bundle in the tenant's own bucket, under the tenant's key."""

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXPORTS, IMPORTS = "exports", "imports"
LINK_SECONDS = 900
_READ_BYTES = 1024 * 1024


class Objects:
    """Reads and writes below one prefix of a bucket."""

    def __init__(self, *, bucket: str, prefix: str, region: str) -> None:
        session: Any = botocore.session.get_session()
        self._s3: S3Client = session.create_client("s3", region_name=region)
        self._bucket = bucket
        self._prefix = prefix

    def put(self, name: str, content: bytes) -> None:
        self._s3.put_object(
            Bucket=self._bucket,
            Key=self._key(name),
            Body=content,
            ContentType="application/octet-stream",
        )

    def get(self, name: str) -> bytes | None:
        """The whole object; None when there is none."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404", "AccessDenied"):
                return None
            raise

    def get_json(self, name: str) -> dict[str, Any] | None:
        content = self.get(name)
        if content is None:
            return None
        read: dict[str, Any] = json.loads(content)
        return read

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of an object, without their line breaks."""
        body = self._s3.get_object(Bucket=self._bucket, Key=self._key(name))["Body"]
        yield from body.iter_lines(chunk_size=_READ_BYTES)

    def measure(self, name: str) -> tuple[int, str] | None:
        """Bytes and SHA-256 of an object, read piece by piece; None when there is none."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=self._key(name))["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404", "AccessDenied"):
                return None
            raise
        size, digest = 0, hashlib.sha256()
        for piece in body.iter_chunks(_READ_BYTES):
            size += len(piece)
            digest.update(piece)
        return size, digest.hexdigest()

    def names(self, after: str, most: int) -> list[str]:
        """Names below the prefix, in order, that come behind `after`."""
        found = self._s3.list_objects_v2(
            Bucket=self._bucket,
            Prefix=self._key(""),
            StartAfter=self._key(after),
            MaxKeys=most,
        )
        return [o["Key"].removeprefix(self._key("")) for o in found.get("Contents", ())]

    def take(self, name: str, source: "Objects", source_name: str) -> None:
        """Copies an object of the same bucket, without reading it."""
        self._s3.copy_object(
            Bucket=self._bucket,
            Key=self._key(name),
            CopySource={"Bucket": self._bucket, "Key": source._key(source_name)},
            ContentType="application/octet-stream",
            MetadataDirective="REPLACE",
        )

    def link(self, name: str, method: str) -> str:
        """An address by which one object can be read ("get_object") or written ("put_object") for
        a quarter of an hour, with this function's rights and nothing more."""
        return self._s3.generate_presigned_url(
            method,
            Params={"Bucket": self._bucket, "Key": self._key(name)},
            ExpiresIn=LINK_SECONDS,
        )

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}"
