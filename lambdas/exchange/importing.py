"""Bringing a bundle in: everything is checked before anything is written, and counted afterwards.

    imports/<bundleId>/…           the bundle as it came
    imports/<bundleId>/state.json  how far this is

Phases: `check` (hashes, schemas, the municipality, the chains), `write`, `attachments`, `seals`,
`reconcile`. Like an export, a run goes as far as its time lets it.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

from lambdas.casework import forms
from lambdas.casework.audit import GENESIS, canonical, event_hash, sha256_hex
from lambdas.exchange import sealing
from lambdas.exchange.export import FORMAT, MANIFEST
from lambdas.exchange.lines import (
    ATTACHMENT,
    EVENT,
    SEAL,
    WRAPPED_TYPES,
    Line,
    Tally,
    encode,
    item_of,
    line_of,
)
from lambdas.exchange.objects import Objects
from lambdas.exchange.sealing import TenantKey
from lambdas.exchange.tables import Tables

STATE = "state.json"
_FAMILY = FORMAT.rpartition(":")[0]
_LISTED_AT_ONCE = 500
_FOLDERS_WITH_CODE = ("CASE#", "REV#CASE#", "SEALED#", "DISPOSED#CASE#")


class RefusedBundleError(Exception):
    """A bundle that must not come in. `code` keys the text of the command line; `where` names a
    file, a type or a case number, never what stands in a record."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(code, where)
        self.code = code
        self.where = where


@dataclass(frozen=True, kw_only=True)
class Target:
    """The tenant that receives."""

    tables: Tables
    files: Objects
    seals: Objects
    came: Objects
    receive: Objects
    key: TenantKey
    lg_code: str


class Import:
    """One import; `go_on` until it is `done`. Raises RefusedBundleError."""

    def __init__(self, target: Target, *, manifest_sha256: str, handed: str | None) -> None:
        self._target = target
        raw = target.came.get(MANIFEST)
        if raw is None:
            raise RefusedBundleError("no-manifest")
        if sha256_hex(raw) != manifest_sha256:
            raise RefusedBundleError("changed", MANIFEST)
        self._manifest = checked_manifest(raw, target.lg_code)
        self._files = [f for f in self._manifest["files"] if "lines" in f]
        self._handed = handed
        self._content_key: bytes | None = None
        self._state: dict[str, Any] = target.came.get_json(STATE) or {
            "manifestSha256": manifest_sha256,
            "phase": "check",
            "cursor": 0,
        }
        self._phases: dict[str, Callable[[Any], Iterator[Any]]] = {
            "check": self._check,
            "write": self._write,
            "attachments": self._attachments,
            "seals": self._seals,
            "reconcile": self._reconcile,
        }

    @property
    def done(self) -> bool:
        return bool(self._state["phase"] == "done")

    @property
    def progress(self) -> dict[str, Any]:
        return {
            "bundleId": self._manifest["bundleId"],
            "phase": self._state["phase"],
            "done": self.done,
            "counts": {k: t["count"] for k, t in sorted(self._manifest["types"].items())},
            "differences": self._state.get("differences"),
        }

    def go_on(self, more_time: Callable[[], bool]) -> None:
        while not self.done:
            for cursor in self._phases[self._state["phase"]](self._state["cursor"]):
                if cursor is None:
                    break
                self._state["cursor"] = cursor
                self._keep()
                if not more_time():
                    return
            names = [*self._phases, "done"]
            self._state["phase"] = names[names.index(self._state["phase"]) + 1]
            self._state["cursor"] = 0
            self._keep()
            if not more_time():
                return

    # Phases

    def _check(self, _cursor: Any) -> Iterator[Any]:
        """Nothing is written in this phase, so it is done in one go or again from the start."""
        self._check_target_is_empty()
        for file in self._manifest["files"]:
            measured = self._target.came.measure(file["path"])
            if measured is None:
                raise RefusedBundleError("missing", file["path"])
            if measured != (file["bytes"], file["sha256"]):
                raise RefusedBundleError("changed", file["path"])
        tallies: dict[str, Tally] = {}
        trail = Trail()
        for file in self._files:
            count = 0
            for encoded in self._lines(file):
                count += 1
                line = checked_line(encoded, file["path"], self._target.lg_code)
                tallies.setdefault(line["type"], Tally()).add(encoded)
                trail.add(line)
                if line["type"] == ATTACHMENT:
                    self._check_attachment(line)
            if count != file["lines"]:
                raise RefusedBundleError("cut", file["path"])
        found = {kind: tally.kept() for kind, tally in tallies.items()}
        for kind in sorted(found.keys() | self._manifest["types"].keys()):
            if found.get(kind) != self._manifest["types"].get(kind):
                raise RefusedBundleError("counts", kind)
        trail.check()
        yield None

    def _write(self, cursor: int) -> Iterator[Any]:
        for number in range(cursor, len(self._files)):
            lines = [json.loads(encoded) for encoded in self._lines(self._files[number])]
            events = [line for line in lines if line["type"] == EVENT]
            others = [line for line in lines if line["type"] not in (EVENT, SEAL, ATTACHMENT)]
            tables = self._target.tables
            tables.put(tables.records, map(self._item, others))
            tables.put(tables.audit, map(self._item, events))
            yield number + 1

    def _attachments(self, cursor: int) -> Iterator[Any]:
        for number in range(cursor, len(self._files)):
            for line in self._of(self._files[number], ATTACHMENT):
                path = line["path"]
                if "sealed" in line:
                    name = f"sealed/files/{path}.bin"
                    sealed = self._target.came.get(name) or b""
                    content = sealing.unseal(self._key(), sealed, name)
                    self._target.files.put(path, content)
                else:
                    self._target.files.take(path, self._target.came, f"files/{path}")
            yield number + 1

    def _seals(self, cursor: int) -> Iterator[Any]:
        """Seals come in once: the bucket lets nobody take one back."""
        for number in range(cursor, len(self._files)):
            for line in sorted(self._of(self._files[number], SEAL), key=lambda s: str(s["day"])):
                name, content = f"{line['day']}.json", line["seal"].encode()
                there = self._target.seals.get(name)
                if there is None:
                    self._target.seals.put(name, content)
                elif there != content:
                    raise RefusedBundleError("not-empty", SEAL)
            yield number + 1

    def _reconcile(self, _cursor: Any) -> Iterator[Any]:
        """Counts and digests of what the tenant now holds, against the manifest."""
        tallies: dict[str, Tally] = {}
        for line in self._held():
            tallies.setdefault(line["type"], Tally()).add(encode(line))
        wanted = self._manifest["types"]
        self._state["differences"] = [
            {
                "type": kind,
                "bundle": wanted.get(kind, {"count": 0})["count"],
                "tenant": tallies[kind].count if kind in tallies else 0,
            }
            for kind in sorted(wanted.keys() | tallies.keys())
            if kind not in tallies or tallies[kind].kept() != wanted.get(kind)
        ]
        yield None

    # Inside

    def _held(self) -> Iterator[Line]:
        target = self._target
        sealed = {
            line["path"]
            for file in self._files
            for line in self._of(file, ATTACHMENT)
            if "sealed" in line
        }
        for table in (target.tables.records, target.tables.audit):
            for items, _ in target.tables.pages(table):
                for item in items:
                    line = line_of(item)
                    if line is None:
                        continue
                    yield target.key.unwrap(line) if line["type"] in WRAPPED_TYPES else line
        for name in _all_names(target.seals):
            content = target.seals.get(name) or b""
            yield {"type": SEAL, "day": name.removesuffix(".json"), "seal": content.decode()}
        for name in _all_names(target.files):
            size, digest = target.files.measure(name) or (0, "")
            more = {"sealed": True} if name in sealed else {}
            yield {"type": ATTACHMENT, "path": name, "bytes": size, "sha256": digest, **more}

    def _check_target_is_empty(self) -> None:
        """Only a tenant that nobody has worked in takes a bundle."""
        for table in (self._target.tables.records, self._target.tables.audit):
            for items, _ in self._target.tables.pages(table):
                if any(line_of(item) is not None for item in items):
                    raise RefusedBundleError("not-empty")
        if next(_all_names(self._target.seals), None) or next(_all_names(self._target.files), None):
            raise RefusedBundleError("not-empty")

    def _check_attachment(self, line: Line) -> None:
        if "sealed" in line:
            name = f"sealed/files/{line['path']}.bin"
            content = sealing.unseal(self._key(), self._target.came.get(name) or b"", name)
            measured: Any = (len(content), hashlib.sha256(content).hexdigest())
        else:
            measured = self._target.came.measure(f"files/{line['path']}")
        if measured is None:
            raise RefusedBundleError("missing", f"files/{line['path']}")
        if measured != (line["bytes"], line["sha256"]):
            raise RefusedBundleError("changed", f"files/{line['path']}")

    def _lines(self, file: Mapping[str, Any]) -> Iterable[bytes]:
        path = file["path"]
        if not path.startswith("sealed/"):
            return self._target.came.lines(path)
        sealed = self._target.came.get(path) or b""
        return sealing.unseal(self._key(), sealed, path).splitlines()

    def _of(self, file: Mapping[str, Any], kind: str) -> Iterator[Line]:
        if file["path"].startswith((f"lines/{kind}/", "sealed/")):
            for encoded in self._lines(file):
                line: Line = json.loads(encoded)
                if line["type"] == kind:
                    yield line

    def _key(self) -> bytes:
        """The content key, as the municipality has handed it over. Raises RefusedBundleError."""
        if self._content_key is None:
            if self._handed is None:
                raise RefusedBundleError("sealed-closed")
            try:
                self._content_key = sealing.received(
                    self._target.receive, self._target.key, self._handed
                )
            except sealing.SealError as error:
                raise RefusedBundleError("sealed-closed") from error
        return self._content_key

    def _item(self, line: Line) -> tuple[Mapping[str, Any], int]:
        size = len(encode(line))
        wrapped = self._target.key.wrap(line) if line["type"] in WRAPPED_TYPES else line
        return item_of(wrapped), size

    def _keep(self) -> None:
        self._target.came.put(STATE, json.dumps(self._state).encode())


class Trail:
    """Whether events, chains and contents fit together, with a few numbers per folder in memory:
    in whatever order lines come, the sums must meet.

    The events of a chain are its links: with its start, what they are is what they and its head
    name as the one before. `verify` looks at each event afterwards.
    """

    def __init__(self) -> None:
        self._links: dict[str, list[int]] = {}
        self._heads: dict[str, tuple[int, str]] = {}
        self._disposed: set[str] = set()
        self._written: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._current: dict[str, int] = {}
        self._revisions: dict[str, int] = {}

    def add(self, line: Line) -> None:
        match line["type"]:
            case "event":
                self._event(line)
            case "head":
                self._heads.setdefault(line["at"][0], (line["chainSeq"], line["chainHash"]))
            case "disposed":
                subject = line["at"][0].removeprefix("DISPOSED#")
                self._heads[subject] = (line["chainSeq"], line["chainHash"])
                self._disposed.add(subject)
            case "lost":
                subject = line["at"][0].removeprefix("LOST#")
                self._heads[subject] = (line["chainSeq"], line["chainHash"])
                self._disposed.add(subject)
            case "revision":
                subject = line["at"][0].removeprefix("REV#").removesuffix(f"#{line['recordId']}")
                self._sum(self._kept, subject, _content(line, line["revision"]))
                self._revisions[subject] = self._revisions.get(subject, 0) + 1
            case "record":
                # Its revisions are numbered from one: their count is the sum of the last numbers.
                subject = line["at"][0]
                self._current[subject] = self._current.get(subject, 0) + line["revision"]

    def check(self, *, contents: bool = True) -> None:
        """Raises RefusedBundleError. Without `contents` the chains alone: revisions may be sealed,
        events never are."""
        for subject in sorted(self._heads.keys() | self._links.keys()):
            seq, digest = self._heads.get(subject, (0, GENESIS))
            count, numbers, balance = self._links.get(subject, [0, 0, 0])
            expected = int(digest, 16) - int(GENESIS, 16)
            if (count, numbers) != (seq, seq * (seq + 1) // 2) or balance != expected:
                raise RefusedBundleError("chain", _told(subject))
        if not contents:
            return
        for subject in sorted(self._written.keys() | self._kept.keys()):
            if subject in self._disposed:
                continue
            if self._written.get(subject) != self._kept.get(subject):
                raise RefusedBundleError("content", _told(subject))
            if self._current.get(subject) != self._revisions.get(subject):
                raise RefusedBundleError("content", _told(subject))

    def _event(self, line: Line) -> None:
        event, subject = line["event"], line["at"][0]
        if not isinstance(event, dict) or event_hash(event) != line["hash"]:
            raise RefusedBundleError("event", _told(subject))
        if line["at"][1] != line["dayKey"] or line["dayKey"] != f"{event['at']}#{event['id']}":
            raise RefusedBundleError("event", _told(subject))
        if "seq" not in event:
            return
        link = self._links.setdefault(subject, [0, 0, 0])
        link[0] += 1
        link[1] += int(event["seq"])
        link[2] += int(line["hash"], 16) - int(event["prev"], 16)
        for written in event["written"]:
            key = f"{written['recordId']}|{written['revision']}|{written['contentSha256']}"
            self._sum(self._written, subject, key)
        # What was lost when the tenant was taken back in time is written in no table any more.
        for gone in event.get("lost", ()):
            key = f"{gone['recordId']}|{gone['revision']}|{gone['contentSha256']}"
            self._sum(self._written, subject, key, -1)

    @staticmethod
    def _sum(sums: dict[str, int], subject: str, text: str, sign: int = 1) -> None:
        digest = int.from_bytes(hashlib.sha256(text.encode()).digest())
        sums[subject] = (sums.get(subject, 0) + sign * digest) % 2**256


def _content(line: Line, revision: int) -> str:
    data, envelope = (
        value if isinstance(value, str) else canonical(value).decode()
        for value in (line["data"], line["envelope"])
    )
    digest = sha256_hex(f"{data}\n{envelope}".encode())
    return f"{line['recordId']}|{revision}|{digest}"


def _told(subject: str) -> str:
    """A folder as it may be told: a case number, or only its kind."""
    kind, _, folder_id = subject.partition("#")
    return folder_id if kind == "CASE" else kind


def checked_manifest(raw: bytes, lg_code: str) -> dict[str, Any]:
    """The manifest of a municipality's bundle, as published. Raises RefusedBundleError."""
    try:
        manifest = json.loads(raw)
    except ValueError as error:
        raise RefusedBundleError("bad-manifest") from error
    stated = manifest.get("format") if isinstance(manifest, dict) else None
    if isinstance(stated, str) and stated.rpartition(":")[0] == _FAMILY and stated != FORMAT:
        raise RefusedBundleError("version", stated.rpartition(":")[2][:20])
    validator = jsonschema_rs.Draft202012Validator(_schema("manifest"))
    if not validator.is_valid(manifest):
        raise RefusedBundleError("bad-manifest")
    if manifest["municipality"]["code"] != lg_code:
        raise RefusedBundleError("foreign", manifest["municipality"]["code"])
    checked: dict[str, Any] = manifest
    return checked


def checked_line(encoded: bytes, path: str, lg_code: str) -> Line:
    """A line of the bundle's file `path`, as published. Raises RefusedBundleError."""
    try:
        line: Line = json.loads(encoded)
    except ValueError as error:
        raise RefusedBundleError("cut", path) from error
    kind = line.get("type") if isinstance(line, dict) else None
    validator = _line_schemas().get(str(kind))
    if validator is None or not validator.is_valid(line) or canonical(line) != encoded:
        raise RefusedBundleError("bad-line", path)
    if path.startswith("lines/") and path.split("/")[1] != line["type"]:
        raise RefusedBundleError("bad-line", path)
    partition = line.get("at", [""])[0]
    for prefix in _FOLDERS_WITH_CODE:
        if partition.startswith(prefix) and not partition.startswith(f"{prefix}{lg_code}-"):
            raise RefusedBundleError("foreign", path)
    if line["type"] in ("record", "revision"):
        try:
            forms.form(line["form"], line["formVersion"])
        except forms.UnknownFormError as error:
            raise RefusedBundleError("form-version", f"{line['form']} {line['formVersion']}") from (
                error
            )
    return line


def _all_names(objects: Objects) -> Iterator[str]:
    after = ""
    while names := objects.names(after, _LISTED_AT_ONCE):
        yield from names
        after = names[-1]


def _schema(name: str) -> dict[str, Any]:
    path = forms.SCHEMAS / "exchange" / "1.0.0" / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


@cache
def _line_schemas() -> Mapping[str, jsonschema_rs.Draft202012Validator]:
    """By type: asking one schema is faster than looking for the one of all that fits."""
    defined = _schema("lines")["$defs"]
    return {kind: jsonschema_rs.Draft202012Validator(one) for kind, one in defined.items()}
