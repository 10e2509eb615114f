"""Where a bill's files lie: on disk or in S3; Parquet or CSV, plain or gzipped."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ops.costs.bill.findings import BillError, Finding, Place, whole_file

ENDINGS = (".parquet", ".csv", ".csv.gz")


@dataclass(frozen=True, kw_only=True)
class BillFile:
    """A file to read: `path` on disk, `name` as given (an S3 address keeps its own)."""

    path: Path
    name: str

    @property
    def is_parquet(self) -> bool:
        return ".parquet" in self.path.name


def collect(
    sources: Iterable[str], cache: Path, *, s3: Callable[[], Any] | None = None
) -> list[BillFile]:
    """Every bill file under the sources (files, directories, `s3://bucket/prefix`), by name.

    `s3` makes a boto3 client; objects are put into `cache`. Raises BillError.
    """
    found: dict[str, BillFile] = {}
    findings = []
    for source in sources:
        there = _from_s3(source, cache, s3) if source.startswith("s3://") else _from_disk(source)
        if not there:
            findings.append(
                whole_file(
                    "no-files",
                    f"読める請求のファイル({'、'.join(ENDINGS)})がありません。場所を確かめてください。",
                    source,
                )
            )
        found |= {file.name: file for file in there}
    if findings:
        raise BillError(findings)
    files = [found[name] for name in sorted(found)]
    if same := _same_content(files):
        raise BillError(same)
    return files


def _from_disk(source: str) -> list[BillFile]:
    path = Path(source)
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [
        BillFile(path=p, name=str(p)) for p in paths if p.is_file() and p.name.endswith(ENDINGS)
    ]


def _from_s3(source: str, cache: Path, s3: Callable[[], Any] | None) -> list[BillFile]:
    if s3 is None:
        import boto3

        client: Any = boto3.client("s3")
    else:
        client = s3()
    parts = urlsplit(source)
    bucket, prefix = parts.netloc, parts.path.lstrip("/")
    files = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            key = item["Key"]
            if not key.endswith(ENDINGS):
                continue
            # The name on disk says nothing of the key but its end: keys may hold anything.
            name = hashlib.sha256(f"{bucket}/{key}".encode()).hexdigest()[:32]
            ending = next(e for e in reversed(ENDINGS) if key.endswith(e))
            path = cache / f"{name}{ending}"
            client.download_file(bucket, key, str(path))
            files.append(BillFile(path=path, name=f"s3://{bucket}/{key}"))
    return files


def _same_content(files: Sequence[BillFile]) -> list[Finding]:
    """The same file twice would charge everybody twice."""
    by_size: dict[int, list[BillFile]] = {}
    for file in files:
        by_size.setdefault(file.path.stat().st_size, []).append(file)
    seen: dict[str, BillFile] = {}
    findings = []
    for same_size in by_size.values():
        for file in same_size if len(same_size) > 1 else ():
            with file.path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            if digest in seen:
                findings.append(
                    Finding(
                        code="duplicate-file",
                        text="同じ中身のファイルが2つあります。片方を外してください。",
                        count=2,
                        places=(
                            Place(file=seen[digest].name, row=0),
                            Place(file=file.name, row=0),
                        ),
                    )
                )
            seen.setdefault(digest, file)
    return findings
