"""The check of a bundle that a system has exported (F43), on the disk of whoever runs the suite.

It is judged as an import would judge it: hashes, the published schemas of every line, counts and
digests, the chains of the trail. On top comes what an import does not need and a reader does: the
forms and the tables for reading. What is sealed for the municipality stays closed.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lambdas.exchange.importing import (
    RefusedBundleError,
    Trail,
    checked_line,
    checked_manifest,
)
from lambdas.exchange.lines import ATTACHMENT, Line, Tally
from ops.exchange.bundle import MANIFEST, ExchangeError, check_files, sha256_of
from ops.offers.conformance.story import FailedError, expect

_TOLD = {
    "bad-manifest": "目録が公開された形でない",
    "version": "この試験より新しい版の束",
    "foreign": "目録と違う自治体の行がある",
    "bad-line": "公開された形でない行がある",
    "cut": "途中で切れたファイルがある",
    "form-version": "公開されていない様式の版の行がある",
    "event": "監査の記録が書き換えられている",
    "chain": "変更の記録のつながりが切れている",
    "content": "様式の内容が、変更の記録と合わない",
}


def bundle(directory: Path) -> None:
    """Raises FailedError with what is wrong, in words that name no person."""
    try:
        check_files(directory)
        raw = (directory / MANIFEST).read_bytes()
        manifest = checked_manifest(raw, json.loads(raw)["municipality"]["code"])
        _lines(directory, manifest)
    except ExchangeError as error:
        raise FailedError(str(error)) from error
    except RefusedBundleError as error:
        raise FailedError(_TOLD[error.code]) from error


def _lines(directory: Path, manifest: dict[str, object]) -> None:
    municipality, files, types = (manifest[n] for n in ("municipality", "files", "types"))
    assert isinstance(municipality, dict) and isinstance(files, list) and isinstance(types, dict)
    closed = any(str(file["path"]).startswith("sealed/") for file in files)
    tallies: dict[str, Tally] = {}
    trail, forms, rows = Trail(), set(), Counter[str]()
    for line, encoded in _open_lines(directory, files, str(municipality["code"])):
        tallies.setdefault(line["type"], Tally()).add(encoded)
        trail.add(line)
        if line["type"] == ATTACHMENT:
            _attached(directory, line)
        if "formVersion" in line:
            forms.add((line["form"], line["formVersion"]))
        if line["type"] == "record" and isinstance(line["data"], dict):
            rows[line["form"]] += 1
    expect(bool(rows), "束に記録が1件もない。記録のある環境から作った束を指定する")
    for kind, wanted in types.items():
        found = tallies.get(kind, Tally())
        # What is sealed cannot be counted here; where nothing is, everything is counted.
        right = found.count <= wanted["count"] if closed else found.kept() == wanted
        expect(right, f"種類 {kind} の件数か要約が、目録と合わない")
    expect(tallies.keys() <= types.keys(), "目録にない種類の行がある")
    counted = sum(tally.count for tally in tallies.values())
    sealed = sum(f["lines"] for f in files if "lines" in f and f["path"].startswith("sealed/"))
    expect(
        counted + sealed == sum(wanted["count"] for wanted in types.values()),
        "行の数が、目録と合わない",
    )
    trail.check(contents=not closed)
    paths = {str(file["path"]) for file in files}
    for name, version in sorted(forms):
        expect(f"schemas/forms/{name}/{version}.json" in paths, f"様式 {name} {version} が束にない")
    for name, count in sorted(rows.items()):
        there = _rows(directory, paths, name)
        # The tables also show, without its address, what a protected person's case has sealed.
        right = there >= count if closed else there == count
        expect(right, f"様式 {name} のCSVの行数が記録の数と合わない")


def _open_lines(
    directory: Path, files: list[dict[str, object]], code: str
) -> Iterator[tuple[Line, bytes]]:
    for file in files:
        path = str(file["path"])
        if "lines" not in file or path.startswith("sealed/"):
            continue
        count = 0
        with (directory / path).open("rb") as lines:
            for ended in lines:
                encoded = ended.removesuffix(b"\n")
                count += 1
                yield checked_line(encoded, path, code), encoded
        if count != file["lines"]:
            raise RefusedBundleError("cut", path)


def _attached(directory: Path, line: Line) -> None:
    if "sealed" in line:
        return
    file = directory / "files" / str(line["path"])
    expect(".." not in file.parts and file.is_file(), "添付ファイルが束にない")
    expect(
        file.stat().st_size == line["bytes"] and sha256_of(file) == line["sha256"],
        "添付ファイルが、束の行と違う",
    )


def _rows(directory: Path, paths: set[str], form: str) -> int:
    """Records in the tables for reading; the first row of each file has the titles."""
    rows = 0
    for path in sorted(p for p in paths if p.startswith(f"twins/{form}/")):
        with (directory / path).open(encoding="utf-8-sig", newline="") as table:
            rows += sum(1 for _ in csv.reader(table)) - 1
    return rows
