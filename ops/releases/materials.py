"""What ships to a tenant, from the locks: packages of the functions, of the screens, and fonts.

What the operator's machine alone needs (the CDK, this command line, tests) is not in it, nor is
what AWS provides (the Python of the functions), nor what is compiled into a wheel.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from ops.local import assets
from ops.local.fonts import FAMILIES, PACKAGES
from ops.paths import ROOT

_LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)")
_HASH = re.compile(r"--hash=sha256:(?P<sha256>[0-9a-f]{64})")
# What packages write where an SPDX expression is wanted.
_SPDX: Mapping[str, str] = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
}


class MaterialsError(Exception):
    """What ships cannot be told; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """One package that ships. `kind`: "pypi", "npm" or "font"; `licence` an SPDX expression;
    `hashes` "sha256:…" or "sha512:…" as the lock has them, of each file that may be installed;
    `where`: the functions it is in, "screens" for the user interface."""

    kind: str
    name: str
    version: str
    licence: str
    hashes: tuple[str, ...]
    where: tuple[str, ...]


def materials() -> list[Material]:
    """Everything that ships, by kind and name. Raises MaterialsError when packages are not
    installed or do not tell their licence."""
    found = [*_of_the_functions(), *_of_the_screens(), *_fonts()]
    return sorted(found, key=lambda one: (one.kind, one.name))


def _of_the_functions() -> Iterator[Material]:
    installed = assets.packages("aarch64")
    for name, version, hashes in locked(assets.LOCK.read_text("utf-8")):
        home = _dist_info(installed, name, version)
        files = [
            line.split(",")[0] for line in (home / "RECORD").read_text("utf-8").splitlines() if line
        ]
        tops = {file.split("/")[0] for file in files} - {"..", "bin", home.name}
        where = tuple(
            function.name
            for function in assets.FUNCTIONS
            if any(not top.startswith(tuple(function.drop)) for top in tops)
        )
        if where:
            about = HeaderParser().parsestr((home / "METADATA").read_text("utf-8"))
            yield Material(
                kind="pypi", name=name, version=version, licence=_licence_of(name, about),
                hashes=hashes, where=where,
            )  # fmt: skip


def locked(text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, version and hashes of each package of a lock file of requirements."""
    name, version = "", ""
    hashes: list[str] = []
    for line in text.splitlines():
        if begun := _LOCKED.match(line):
            if name:
                yield name, version, tuple(hashes)
            name, version, hashes = begun["name"], begun["version"], []
        if found := _HASH.search(line):
            hashes.append(f"sha256:{found['sha256']}")
    if name:
        yield name, version, tuple(hashes)


def _dist_info(installed: Path, name: str, version: str) -> Path:
    home = installed / f"{name.replace('-', '_')}-{version}.dist-info"
    if not home.is_dir():
        raise MaterialsError(
            f"部品 {name} が用意されていません。先に `make assets` を実行してください。"
        )
    return home


def _licence_of(name: str, about: Message) -> str:
    """As an SPDX expression, from what the package says of itself."""
    if expression := about.get("License-Expression"):
        return str(expression)
    classified = [
        str(value).rpartition(" :: ")[2]
        for value in about.get_all("Classifier", [])
        if str(value).startswith("License ::")
    ]
    told = classified or [str(about.get("License", ""))]
    known = sorted({_SPDX.get(one, one) for one in told})
    if not all(known):
        raise MaterialsError(f"部品 {name} の使用許諾が分かりません。")
    return " OR ".join(known)


def _of_the_screens() -> Iterator[Material]:
    lock: dict[str, Any] = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    for path, package in lock["packages"].items():
        # The entry without a path is the user interface itself.
        if not path or package.get("dev"):
            continue
        yield _from_npm(path, package, kind="npm", where=("screens",))


def _fonts() -> Iterator[Material]:
    lock: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    for _, package, _ in FAMILIES:
        path = f"node_modules/@expo-google-fonts/{package}"
        # The package's own program, under the other licence, does not ship.
        text = (PACKAGES / package / "LICENSE_FONT").read_text("utf-8")
        if "SIL Open Font License, Version 1.1" not in text:
            raise MaterialsError(f"字形 {package} の使用許諾が変わっています。")
        entry = {**lock["packages"][path], "license": "OFL-1.1"}
        yield _from_npm(path, entry, kind="font", where=("papers",))


def _from_npm(
    path: str, package: Mapping[str, Any], *, kind: str, where: tuple[str, ...]
) -> Material:
    name = path.rpartition("node_modules/")[2]
    if not (licence := package.get("license")):
        raise MaterialsError(f"部品 {name} の使用許諾が分かりません。")
    kind_of_hash, _, digest = package["integrity"].partition("-")
    return Material(
        kind=kind,
        name=name,
        version=package["version"],
        licence=licence,
        hashes=(f"{kind_of_hash}:{base64.b64decode(digest).hex()}",),
        where=where,
    )
