"""Memory and time of a bundle written and brought in: bench/results/exchange.json.

python -m bench.exchange [RECORDS]        (default: 100000)

Tables and bucket are made up (items are made as they are read, objects are files), so that what is
measured is the exchange itself and not an emulator in the same process.
"""

import hashlib
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.record import keep
from lambdas.casework import audit
from lambdas.exchange.export import Export, Source
from lambdas.exchange.importing import Import, Target
from lambdas.exchange.objects import Objects
from lambdas.exchange.tables import Tables

LG_CODE = "122041"
PER_CASE = 10
PAGE = 200
_TEXT = "自宅を訪ね、本人と話した。先月から仕事を探しているが、体調が続かないという。" * 6


class MadeTables(Tables):
    """Tables of so many records, ten to a case, each with its event."""

    def __init__(self, records: int, *, empty: bool = False) -> None:
        self.records, self.audit = "records", "audit"
        self._cases = 0 if empty else records // PER_CASE
        self._filled = records // PER_CASE

    def pages(
        self, table: str, cursor: Any = None
    ) -> Iterator[tuple[list[Any], Mapping[str, Any] | None]]:
        for first in range(int(cursor["n"]) if cursor else 0, max(self._cases, 1), PAGE):
            last = min(first + PAGE, self._cases)
            items = [item for case in range(first, last) for item in _items(case, table)]
            yield items, {"n": last} if last < self._cases else None

    def put(self, table: str, items: Iterable[tuple[Mapping[str, Any], int]]) -> None:
        for _ in items:
            self._cases = self._filled


class DiskObjects(Objects):
    """A prefix of a bucket as a directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def get(self, name: str) -> bytes | None:
        path = self._root / name
        return path.read_bytes() if path.is_file() else None

    def lines(self, name: str) -> Iterator[bytes]:
        with (self._root / name).open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n")

    def measure(self, name: str) -> tuple[int, str] | None:
        path = self._root / name
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()

    def names(self, after: str, most: int) -> list[str]:
        return []


def _items(case: int, table: str) -> Iterator[dict[str, Any]]:
    case_id = f"{LG_CODE}-2026-{case:06d}-0"
    previous, at = audit.GENESIS, "2026-04-01T00:00:00.000000Z"
    for number in range(1, PER_CASE + 1):
        record_id = f"r-{number:012d}"
        data = audit.canonical({"facts": _TEXT, "number": number}).decode()
        envelope = audit.canonical({"about": {}, "contributors": ["municipality"]}).decode()
        digest = audit.sha256_hex(f"{data}\n{envelope}".encode())
        event = {
            "id": f"{number:032d}",
            "at": at,
            "action": "write-form",
            "seq": number,
            "prev": previous,
            "written": [{"recordId": record_id, "revision": 1, "contentSha256": digest}],
        }
        previous = audit.event_hash(event)
        if table == "audit":
            key = f"{at}#{event['id']}"
            yield _item(
                {"pk": f"CASE#{case_id}", "sk": key, "day": "2026-04-01", "dayKey": key}
                | {"hash": previous, "event": audit.canonical(event).decode()}
            )
            continue
        common = {
            "form": "progress",
            "recordId": record_id,
            "formVersion": "1.0.0",
            "data": data,
            "envelope": envelope,
            "savedAt": at,
            "staffId": "staff-1",
            "staffName": "担当",
            "agencyId": "municipality",
            "agencyName": "地域福祉課",
        }
        places = (
            ("record", f"CASE#{case_id}", f"REC#{record_id}"),
            ("revision", f"REV#CASE#{case_id}#{record_id}", "00000001"),
        )
        for kind, pk, sk in places:
            yield _item({"pk": pk, "sk": sk, "cls": kind, **common}) | {"revision": {"N": "1"}}
    if table == "records":
        head = {"pk": f"CASE#{case_id}", "sk": "HEAD", "cls": "head", "folderId": case_id}
        yield _item({**head, "createdAt": at, "chainHash": previous}) | {
            "chainSeq": {"N": str(PER_CASE)}
        }


def _item(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"S": value} for name, value in texts.items()}


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    before = _rss_mb()
    with tempfile.TemporaryDirectory() as directory:
        out = DiskObjects(Path(directory))
        none: Any = DiskObjects(Path(directory) / "none")
        source = Source(
            tables=MadeTables(records),
            files=none,
            seals=none,
            out=out,
            key=None,  # type: ignore[arg-type]  # nothing is sealed here
            public_key=None,
            lg_code=LG_CODE,
            municipality="船橋市",
            frozen=True,
        )
        made = Export(
            source, bundle_id=f"{LG_CODE}-20260401T000000Z-00000000", now=datetime.now(UTC)
        )
        written = _timed(lambda: made.go_on(lambda: True))
        after_export = _rss_mb()
        # State of its own: both would keep it under one name.
        (Path(directory) / "state.json").unlink()
        target = Target(
            tables=MadeTables(records, empty=True),
            files=none,
            seals=none,
            came=out,
            receive=none,
            key=None,  # type: ignore[arg-type]
            lg_code=LG_CODE,
        )
        taken = Import(target, manifest_sha256=made.progress["manifestSha256"], handed=None)
        read = _timed(lambda: taken.go_on(lambda: True))
        if taken.progress["differences"]:
            sys.exit(f"not equal: {taken.progress['differences']}")
        size = sum(p.stat().st_size for p in Path(directory).rglob("*") if p.is_file())
    keep(
        "exchange",
        f"python -m bench.exchange {records}",
        {
            "records": records,
            "lines": sum(made.progress["counts"].values()),
            "bundle_mb": round(size / 1e6, 1),
            "start_rss_mb": round(before),
            "export_cpu_seconds": written,
            "export_max_rss_mb": round(after_export),
            "import_cpu_seconds": read,
            "import_max_rss_mb": round(_rss_mb()),
            "differences": 0,
        },
    )


def _timed(act: Any) -> float:
    started = time.process_time()
    act()
    return round(time.process_time() - started, 1)


def _rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
