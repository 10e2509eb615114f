"""Writing a tenant's bundle, piece by piece: `exports/<bundleId>/…` of the tenant's bucket.

A run goes as far as its time lets it and keeps where it stands; the next one goes on from there.
What is in memory at once does not depend on how much there is.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.casework import forms
from lambdas.casework.audit import canonical, sha256_hex
from lambdas.casework.clock import to_iso
from lambdas.casework.sealed import shielded
from lambdas.exchange import sealing
from lambdas.exchange.lines import (
    ATTACHMENT,
    DERIVED,
    NOT_MOVED,
    SEAL,
    WRAPPED_TYPES,
    Line,
    Tally,
    encode,
    is_sealed,
    line_of,
)
from lambdas.exchange.objects import Objects
from lambdas.exchange.sealing import TenantKey
from lambdas.exchange.tables import Tables
from lambdas.exchange.twins import Twins

FORMAT = "urn:soudan:exchange:1.0.0"
MANIFEST, SEALED_KEY = "manifest.json", "sealed/key.json"
STATE = "state.json"
# One file of one type; and all that is held back at once.
_FILE_BYTES = 4 * 1024 * 1024
_HELD_BYTES = 24 * 1024 * 1024
# After so much the place is kept, so that a run that was cut off does not begin anew.
_KEPT_BYTES = 64 * 1024 * 1024
_LISTED_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Source:
    """The tenant that is written out. `public_key`: the municipality's, if it has named one."""

    tables: Tables
    files: Objects
    seals: Objects
    out: Objects
    key: TenantKey
    public_key: str | None
    lg_code: str
    municipality: str
    frozen: bool


class Export:
    """One export; `go_on` until it is `done`."""

    def __init__(self, source: Source, *, bundle_id: str, now: datetime) -> None:
        self._source = source
        kept = source.out.get_json(STATE) or {
            "bundleId": bundle_id,
            "createdAt": to_iso(now),
            "phase": "protected",
            "cursor": None,
            "protected": [],
            "forms": [],
            "files": [],
            "types": {},
            "contentKey": None,
        }
        self._state: dict[str, Any] = kept
        self._protected = set(kept["protected"])
        self._forms = {(name, version) for name, version in kept["forms"]}
        self._tallies = {kind: Tally(tally) for kind, tally in kept["types"].items()}
        self._held: dict[str, list[bytes]] = defaultdict(list)
        self._held_bytes: dict[str, int] = defaultdict(int)
        self._put_bytes = 0
        self._content_key: bytes | None = None
        self._twins = Twins(self._put_twin, kept.get("twins", {}))
        self._phases: dict[str, Callable[[Any], Iterator[Any]]] = {
            "protected": self._find_protected,
            "records": self._lines_of(source.tables.records),
            "audit": self._lines_of(source.tables.audit),
            "seals": self._seals,
            "attachments": self._attachments,
            "twins": self._write_twins,
            "schemas": self._schemas,
            "manifest": self._manifest,
        }

    @property
    def done(self) -> bool:
        return bool(self._state["phase"] == "done")

    @property
    def progress(self) -> dict[str, Any]:
        """Where it stands: phase, and lines so far by type."""
        return {
            "bundleId": self._state["bundleId"],
            "phase": self._state["phase"],
            "done": self.done,
            "counts": {kind: tally.count for kind, tally in sorted(self._tallies.items())},
            "manifestSha256": self._state.get("manifestSha256"),
        }

    def go_on(self, more_time: Callable[[], bool]) -> None:
        """Works while there is time, at least one step."""
        while not self.done:
            for cursor in self._phases[self._state["phase"]](self._state["cursor"]):
                self._state["cursor"] = cursor
                if cursor is None:  # the phase has ended
                    break
                if not more_time():
                    self._keep()
                    return
                if self._put_bytes >= _KEPT_BYTES:
                    self._keep()
            self._next_phase()
            if not more_time():
                return

    # Phases: each yields where it stands after a step

    def _find_protected(self, cursor: Any) -> Iterator[Any]:
        """What would reveal an address travels sealed, wherever it was once written."""
        for items, after in self._source.tables.pages(self._source.tables.records, cursor):
            for item in items:
                if item.get("wasProtected", {}).get("BOOL"):
                    self._protected.add(item["pk"]["S"].removeprefix("CASE#"))
            yield after

    def _lines_of(self, table: str) -> Callable[[Any], Iterator[Any]]:
        def phase(cursor: Any) -> Iterator[Any]:
            for items, after in self._source.tables.pages(table, cursor):
                for item in items:
                    if line := line_of(item):
                        self._add(line)
                yield after

        return phase

    def _seals(self, cursor: Any) -> Iterator[Any]:
        while names := self._source.seals.names(cursor or "", _LISTED_AT_ONCE):
            for name in names:
                content = self._source.seals.get(name)
                if content is not None:
                    day = name.removesuffix(".json")
                    self._add({"type": SEAL, "day": day, "seal": content.decode()})
            cursor = names[-1]
            yield cursor

    def _attachments(self, cursor: Any) -> Iterator[Any]:
        while names := self._source.files.names(cursor or "", _LISTED_AT_ONCE):
            for name in names:
                measured = self._source.files.measure(name)
                if measured is not None:
                    size, digest = measured
                    about = {"type": ATTACHMENT, "path": name, "bytes": size, "sha256": digest}
                    if name.partition("/")[0] in self._protected:
                        about["sealed"] = True
                        path = f"sealed/files/{name}.bin"
                        content = self._source.files.get(name) or b""
                        self._put_file(path, sealing.seal(self._sealing_key(), content, path))
                    self._add(about)
                cursor = name
                yield cursor

    def _write_twins(self, cursor: Any) -> Iterator[Any]:
        for items, after in self._source.tables.pages(self._source.tables.records, cursor):
            for item in items:
                if item.get("cls", {}).get("S") == "record" and (line := line_of(item)):
                    self._add_twin(line)
            yield after

    def _schemas(self, cursor: Any) -> Iterator[Any]:
        """The forms that the records name, each with its code lists, so that it stands alone."""
        for name, version in sorted(self._forms):
            self._put_file(
                f"schemas/forms/{name}/{version}.json", canonical(forms.bundled(name, version))
            )
        yield None

    def _manifest(self, cursor: Any) -> Iterator[Any]:
        key = self._state["contentKey"]
        if key is not None and self._source.public_key is not None:
            wrapped = {
                "algorithm": sealing.ALGORITHM,
                "publicKeySha256": sha256_hex(self._source.public_key.encode()),
                "wrapped": sealing.wrap_for(
                    self._source.public_key, self._source.key.content_key(key)
                ),
            }
            self._put_file(SEALED_KEY, canonical(wrapped))
        manifest = {
            "format": FORMAT,
            "bundleId": self._state["bundleId"],
            "municipality": {"code": self._source.lg_code, "name": self._source.municipality},
            "createdAt": self._state["createdAt"],
            "frozen": self._source.frozen,
            "sealed": key is not None,
            "types": {kind: tally.kept() for kind, tally in sorted(self._tallies.items())},
            "files": sorted(self._state["files"], key=lambda f: str(f["path"])),
            "derived": sorted(DERIVED & self._tallies.keys()),
            "notMoved": sorted(NOT_MOVED),
        }
        content = canonical(manifest)
        self._source.out.put(MANIFEST, content)
        self._state["manifestSha256"] = sha256_hex(content)
        yield None

    # Inside

    def _add(self, line: Line) -> None:
        """Counts a line and holds it back until its file is full."""
        sealed = is_sealed(line) or self._reveals(line)
        if line["type"] in WRAPPED_TYPES:
            line = self._source.key.unwrap(line)
        if "formVersion" in line:
            self._forms.add((line["form"], line["formVersion"]))
        encoded = encode(line)
        kind = line["type"]
        self._tallies.setdefault(kind, Tally()).add(encoded)
        folder = "sealed" if sealed else f"lines/{kind}"
        self._held[folder].append(encoded)
        self._held_bytes[folder] += len(encoded) + 1
        if self._held_bytes[folder] >= _FILE_BYTES:
            self._flush(folder)
        elif sum(self._held_bytes.values()) >= _HELD_BYTES:
            self._flush(max(self._held_bytes, key=self._held_bytes.__getitem__))

    def _reveals(self, line: Line) -> bool:
        """Whether a line of a case with a protected person may hold where that person lives."""
        if line["type"] == ATTACHMENT:
            return "sealed" in line
        if not self._protected:
            return False
        kind, (partition, place) = line["type"], line.get("at", ("", ""))
        case_id = next((c for c in self._protected if c in partition or c in place), None)
        if case_id is None or kind not in {"record", "revision", *DERIVED}:
            return False
        if kind in DERIVED or not isinstance(line["data"], dict):
            return True
        form = forms.form(line["form"], line["formVersion"])
        return shielded(form, line["data"]) != line["data"]

    def _add_twin(self, line: Line) -> None:
        if is_sealed(line) or not isinstance(line["data"], dict):
            return
        form = forms.form(line["form"], line["formVersion"])
        data = line["data"]
        if line["at"][0].removeprefix("CASE#") in self._protected:
            data = shielded(form, data)
        self._twins.add(line, form, data)

    def _put_twin(self, name: str, content: bytes) -> None:
        self._put_file(f"twins/{name}", content)

    def _flush(self, folder: str) -> None:
        held = self._held.pop(folder, None)
        self._held_bytes.pop(folder, None)
        if not held:
            return
        number = sum("lines" in f for f in self._state["files"] if _folder(f) == folder) + 1
        content = b"".join(line + b"\n" for line in held)
        if folder == "sealed":
            path = f"{folder}/{number:06d}.bin"
            self._put_file(path, sealing.seal(self._sealing_key(), content, path), lines=len(held))
        else:
            self._put_file(f"{folder}/{number:06d}.jsonl", content, lines=len(held))

    def _sealing_key(self) -> bytes:
        if self._state["contentKey"] is None:
            if self._source.public_key is None:
                raise sealing.SealError("no public key of the municipality")
            self._state["contentKey"] = self._source.key.new_content_key()
        if self._content_key is None:
            self._content_key = self._source.key.content_key(self._state["contentKey"])
        return self._content_key

    def _put_file(self, path: str, content: bytes, **more: int) -> None:
        self._source.out.put(path, content)
        self._put_bytes += len(content)
        about = {"path": path, "bytes": len(content), "sha256": sha256_hex(content), **more}
        self._state["files"].append(about)

    def _next_phase(self) -> None:
        names = [*self._phases, "done"]
        self._state["phase"] = names[names.index(self._state["phase"]) + 1]
        self._state["cursor"] = None
        self._keep()

    def _keep(self) -> None:
        """Writes what is held back and then where this stands: a run that ends in between begins
        again from the last such place and puts the same files again."""
        for folder in list(self._held):
            self._flush(folder)
        self._state["twins"] = self._twins.kept()
        self._state["protected"] = sorted(self._protected)
        self._state["forms"] = sorted(self._forms)
        self._state["types"] = {kind: tally.kept() for kind, tally in self._tallies.items()}
        self._source.out.put(STATE, json.dumps(self._state).encode())
        self._put_bytes = 0


def _folder(file: Mapping[str, Any]) -> str:
    return str(file["path"]).rpartition("/")[0]


def manifest_of(out: Objects) -> Mapping[str, Any] | None:
    """The manifest of a finished export."""
    return out.get_json(MANIFEST)
