"""What is known against the packages of a bill of materials, from advisories in the OSV form.

Advisories come as files: no address is asked here. What was not given is not found; so what comes
of it always names how many advisories there were for each ecosystem, and when the latest changed.
"""

import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from packageurl import PackageURL
from packaging.version import InvalidVersion, Version

# The ecosystems of OSV, by type of package URL.
ECOSYSTEMS: Mapping[str, str] = {"pypi": "PyPI", "npm": "npm"}

Advisory = Mapping[str, Any]


class AdvisoryError(Exception):
    """Advisories that cannot be read; the text says which (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """An advisory that tells of a version that ships, or (`sure` False) may tell of it."""

    advisory: str
    aliases: tuple[str, ...]
    package: str
    version: str
    summary: str
    fixed: tuple[str, ...]
    where: tuple[str, ...]
    sure: bool


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What came of it. `read`: advisories by ecosystem; `judged`: packages by ecosystem."""

    hits: tuple[Hit, ...]
    read: Mapping[str, int]
    judged: Mapping[str, int]
    latest: str | None

    @property
    def without_data(self) -> list[str]:
        """Ecosystems of which packages ship and nothing was given."""
        return sorted(name for name in self.judged if not self.read.get(name))

    @property
    def verdict(self) -> str:
        """ "affected", "unknown" where data lack or do not tell, or "nothing-found"."""
        if any(hit.sure for hit in self.hits):
            return "affected"
        return "unknown" if self.hits or self.without_data else "nothing-found"


@dataclass
class _Package:
    name: str
    version: str
    where: tuple[str, ...] = ()
    ecosystem: str = ""


@dataclass
class _Count:
    read: Counter[str] = field(default_factory=Counter)
    latest: str | None = None


def judge(bill: Mapping[str, Any], places: Sequence[Path]) -> Judged:
    """Every package of a bill against every advisory. Raises AdvisoryError."""
    packages: dict[tuple[str, str], list[_Package]] = {}
    for one in _packages(bill):
        packages.setdefault((one.ecosystem, _plain(one.ecosystem, one.name)), []).append(one)
    count = _Count()
    hits: dict[tuple[str, str, str], Hit] = {}
    for advisory in read_all(places):
        ecosystems = {_ecosystem(one) for one in advisory.get("affected", ())}
        count.read.update(ecosystems & set(ECOSYSTEMS.values()))
        count.latest = max(filter(None, (count.latest, advisory.get("modified"))), default=None)
        if advisory.get("withdrawn"):
            continue
        for affected in advisory.get("affected", ()):
            ecosystem = _ecosystem(affected)
            name = _plain(ecosystem, str(affected.get("package", {}).get("name", "")))
            for one in packages.get((ecosystem, name), ()):
                sure = _tells_of(affected, ecosystem, one.version)
                key = (advisory["id"], one.name, one.version)
                # Of several entries for one package, the sure one counts.
                if sure is False or (key in hits and hits[key].sure):
                    continue
                hits[key] = _hit(advisory, affected, one, sure=sure is True)
    return Judged(
        hits=tuple(hits[key] for key in sorted(hits)),
        read=dict(sorted(count.read.items())),
        judged=dict(sorted(Counter(one.ecosystem for one in _packages(bill)).items())),
        latest=count.latest,
    )


def _packages(bill: Mapping[str, Any]) -> Iterator[_Package]:
    for component in bill["components"]:
        if component["type"] == "file":  # a font: no program
            continue
        url = PackageURL.from_string(component["purl"])
        yield _Package(
            name=f"{url.namespace}/{url.name}" if url.namespace else url.name,
            version=str(url.version),
            ecosystem=ECOSYSTEMS[url.type],
            where=tuple(
                p["value"] for p in component.get("properties", ()) if p["name"] == "soudan:in"
            ),
        )


def _hit(advisory: Advisory, affected: Mapping[str, Any], one: _Package, *, sure: bool) -> Hit:
    events = [e for r in affected.get("ranges", ()) for e in r.get("events", ())]
    return Hit(
        advisory=advisory["id"],
        aliases=tuple(advisory.get("aliases", ())),
        package=one.name,
        version=one.version,
        summary=str(advisory.get("summary") or advisory.get("details", "")).split("\n")[0][:200],
        fixed=tuple(dict.fromkeys(e["fixed"] for e in events if "fixed" in e)),
        where=one.where,
        sure=sure,
    )


def read_all(places: Iterable[Path]) -> Iterator[Advisory]:
    """Advisories of files, of folders and of archives (`all.zip` of an ecosystem)."""
    for place in places:
        if place.is_dir():
            yield from read_all(sorted(p for p in place.rglob("*") if p.suffix in _READ))
        elif place.suffix in _READ:
            yield from _READ[place.suffix](place)
        else:
            raise AdvisoryError(f"{place} は、OSV の JSON か zip ではありません。")


def _read_json(place: Path) -> Iterator[Advisory]:
    try:
        yield from _checked(json.loads(place.read_text("utf-8")), str(place))
    except (OSError, ValueError) as error:
        raise AdvisoryError(f"{place} を読めません。") from error


def _read_zip(place: Path) -> Iterator[Advisory]:
    try:
        with zipfile.ZipFile(place) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield from _checked(json.loads(archive.read(name)), f"{place} の {name}")
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise AdvisoryError(f"{place} を読めません。") from error


_READ: Mapping[str, Callable[[Path], Iterator[Advisory]]] = {".json": _read_json, ".zip": _read_zip}


def _checked(content: Any, place: str) -> Iterator[Advisory]:
    """One advisory, a list of them, or the answer of OSV's API (`vulns`)."""
    found = content.get("vulns", [content]) if isinstance(content, dict) else content
    for one in found if isinstance(found, list) else [None]:
        if not isinstance(one, dict) or "id" not in one or "modified" not in one:
            raise AdvisoryError(f"{place} は、OSV の形ではありません。")
        yield one


def _ecosystem(affected: Mapping[str, Any]) -> str:
    return str(affected.get("package", {}).get("ecosystem", "")).partition(":")[0]


def _plain(ecosystem: str, name: str) -> str:
    """A name as its ecosystem compares it."""
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name


def _tells_of(affected: Mapping[str, Any], ecosystem: str, version: str) -> bool | None:
    """Whether an entry tells of a version; None where it does not say in a way we can compare."""
    if version in affected.get("versions", ()):
        return True
    told: list[bool | None] = [
        _in_range(r.get("events", ()), ecosystem, version)
        if r.get("type") in ("ECOSYSTEM", "SEMVER")
        else None
        for r in affected.get("ranges", ())
    ]
    if True in told:
        return True
    # A list of versions is complete where it stands beside ranges of another kind.
    unclear = None in told or not (told or affected.get("versions"))
    return None if unclear and not affected.get("versions") else False


def _in_range(events: Iterable[Mapping[str, str]], ecosystem: str, version: str) -> bool | None:
    """By the algorithm of the OSV form: the last event at or before the version decides."""
    try:
        this = _ordered(ecosystem, version)
        inside = False
        for kind, at in sorted(
            ((kind, _ordered(ecosystem, at)) for e in events for kind, at in e.items()),
            key=lambda event: (event[1], event[0] != "introduced"),
        ):
            if kind == "introduced" and this >= at:
                inside = True
            elif (kind in ("fixed", "limit") and this >= at) or (
                kind == "last_affected" and this > at
            ):
                inside = False
    except (InvalidVersion, ValueError):
        return None
    return inside


def _ordered(ecosystem: str, version: str) -> Any:
    """A version as something that compares; "0" is before all."""
    if ecosystem == "PyPI":
        return Version("0.dev0") if version == "0" else Version(version)
    return _Semver((0, 0, 0), ("",)) if version == "0" else _semver(version)


@dataclass(frozen=True)
class _Semver:
    """Precedence of semver.org: a version before its release is smaller than the release."""

    numbers: tuple[int, int, int]
    before: tuple[str, ...] = ()

    def __lt__(self, other: "_Semver") -> bool:
        if self.numbers != other.numbers:
            return self.numbers < other.numbers
        if not self.before or not other.before:
            return bool(self.before) and not other.before
        for mine, theirs in zip_longest(self.before, other.before):
            if mine != theirs:
                if mine is None or theirs is None:
                    return mine is None
                if mine.isdigit() and theirs.isdigit():
                    return int(mine) < int(theirs)
                if mine.isdigit() or theirs.isdigit():
                    # The empty text stands for "before all".
                    return theirs != "" if mine.isdigit() else mine == ""
                return bool(mine < theirs)
        return False

    def __gt__(self, other: "_Semver") -> bool:
        return other < self

    def __ge__(self, other: "_Semver") -> bool:
        return not self < other


_SEMVER = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$")


def _semver(version: str) -> _Semver:
    found = _SEMVER.match(version)
    if found is None:
        raise ValueError(version)
    major, minor, patch, before = found.groups()
    return _Semver(
        (int(major), int(minor), int(patch)), tuple((before or "").split(".")) if before else ()
    )
