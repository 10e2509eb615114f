"""What the functions are made of: packages for their platform, our code, the forms, the screens.

    python -m ops.local.assets host aarch64

makes `.build/lambda-host` and `.build/lambda-aarch64`, each with a directory per function. Nothing
is done again while lock file, sources and screens are the same.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.local.fonts import FAMILIES, PACKAGES, write_fonts
from ops.paths import BIN, BUILD, ROOT

LOCK = ROOT / "requirements" / "lambda.txt"

PLATFORMS: dict[str, tuple[str, ...]] = {
    # The emulator runs functions under its own interpreter, which is this one.
    "host": ("--python", sys.executable),
    # AWS: arm64, Python 3.14. The 2014 tag would silently give an old jsonschema-rs.
    "aarch64": ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.14"),
}


@dataclass(frozen=True, kw_only=True)
class Function:
    """What goes into one function beside casework and store."""

    name: str
    packages: tuple[str, ...]
    schemas: tuple[str, ...]
    screens: bool
    drop: tuple[str, ...]
    # botocore carries the descriptions of all services, 16 MB packed; a function needs its own.
    services: tuple[str, ...]
    fonts: bool = False
    # Parts of packages that other functions do without.
    keep: tuple[str, ...] = ()


# What sets papers and fills workbooks, 85 MB, is packed with the function that does it alone.
_FOR_PAPERS = ("typst", "openpyxl", "et_xmlfile")
_SCHEMAS_OF_THE_RULES = (
    *("forms", "codes", "presets", "settings.schema.json", "tasks.json", "transitions.json"),
)
_SCHEMAS_OF_THE_API = (
    *_SCHEMAS_OF_THE_RULES,
    *("statistics/indicators", "api.json", "problems.json", "messages.json"),
)

FUNCTIONS = (
    Function(
        name="api",
        packages=("casework", "store", "api"),
        schemas=_SCHEMAS_OF_THE_API,
        screens=True,
        # `cryptography` calls cffi's compiled part alone.
        drop=("cffi", *_FOR_PAPERS),
        services=("dynamodb", "cognito-idp", "kms", "lambda", "s3"),
    ),
    Function(
        name="jobs",
        packages=("casework", "store", "jobs"),
        schemas=_SCHEMAS_OF_THE_RULES,
        screens=False,
        drop=("chalice", "cryptography", "cffi", "_cffi_backend", *_FOR_PAPERS),
        services=("dynamodb", "s3", "sesv2"),
    ),
    Function(
        name="papers",
        packages=("casework", "store", "api", "papers"),
        schemas=(*_SCHEMAS_OF_THE_API, "statistics/layout"),
        screens=False,
        # It opens no compartment.
        drop=("cryptography", "cffi", "_cffi_backend"),
        services=("dynamodb",),
        fonts=True,
    ),
    Function(
        name="exchange",
        packages=("casework", "store", "exchange"),
        # A case that is taken back in time is saved as the api saves it.
        schemas=(*_SCHEMAS_OF_THE_RULES, "exchange"),
        screens=False,
        drop=("chalice", "cffi", *_FOR_PAPERS),
        services=("dynamodb", "kms", "s3"),
        # Keys of the municipality are RSA, and are read as files of the usual form.
        keep=(
            "cryptography/hazmat/primitives/asymmetric",
            "cryptography/hazmat/primitives/serialization",
        ),
    ),
)

# Of Chalice only the router runs in a function; the rest is its command line.
_CHALICE_RUNTIME = frozenset({"__init__.py", "app.py", "local.py", "config.py", "constants.py"})
# Of `cryptography` only AES-GCM runs; dates are told in UTC and Japanese time, without tables.
_UNUSED = (
    "cryptography/x509",
    "cryptography/hazmat/asn1",
    "cryptography/hazmat/primitives/asymmetric",
    "cryptography/hazmat/primitives/serialization",
    "dateutil/zoneinfo",
)
_BOTOCORE_COMMON = frozenset(
    {"_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"}
)


def release() -> str:
    """Which source a deployment is made from: a digest of all that goes into a tenant."""
    roots = [LOCK, ROOT / "lambdas", ROOT / "schemas", ROOT / "infra", ROOT / "web" / "dist"]
    return _digest(roots)[:12]


def build(platform: str) -> Path:
    """Makes the directories of all functions for a platform; where they are."""
    target = BUILD / f"lambda-{platform}"
    stamp = target / "stamp"
    digest = _digest(
        [
            *(LOCK, ROOT / "lambdas", ROOT / "schemas", ROOT / "web" / "dist", Path(__file__)),
            *_font_sources(),
        ]
    )
    if stamp.is_file() and stamp.read_text() == digest:
        return target
    installed = packages(platform)
    fresh = BUILD / f"lambda-{platform}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    for function in FUNCTIONS:
        _assemble(function, installed, fresh / function.name)
        _compile(platform, fresh / function.name)
    (fresh / "stamp").write_text(digest)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return target


def packages(platform: str) -> Path:
    """The locked packages for a platform, installed once per lock file."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    target = BUILD / "packages" / f"{platform}-{lock}"
    if target.is_dir():
        return target
    part = target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    command = [
        str(BIN / "uv"), "pip", "install", "--quiet", "--no-deps", "--require-hashes",
        "--only-binary", ":all:", "--target", str(part), *PLATFORMS[platform],
        "--requirement", str(LOCK),
    ]  # fmt: skip
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603  # fixed words and our own paths
    part.rename(target)
    return target


def fonts() -> Path:
    """The directory of the fonts, made anew when the packages or the program changed."""
    target = BUILD / "fonts"
    digest = _digest(_font_sources())
    stamp = target / "stamp"
    if stamp.is_file() and stamp.read_text() == digest:
        return target
    fresh = BUILD / "fonts.new"
    shutil.rmtree(fresh, ignore_errors=True)
    write_fonts(fresh)
    (fresh / "stamp").write_text(digest)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return target


def _font_sources() -> list[Path]:
    packages = [PACKAGES / package / "package.json" for _, package, _ in FAMILIES]
    return [Path(__file__).with_name("fonts.py"), *packages]


def _assemble(function: Function, packages: Path, target: Path) -> None:
    leave_out = shutil.ignore_patterns("__pycache__", "*.pyc", "bin", "tests", ".lock")
    dropped = [path.name for name in function.drop for path in packages.glob(f"{name}*")]

    def unneeded(directory: str, names: list[str]) -> set[str]:
        top = dropped if Path(directory) == packages else []
        return {*leave_out(directory, names), *top}

    shutil.copytree(packages, target, ignore=unneeded)
    for unused in _UNUSED:
        if unused not in function.keep:
            shutil.rmtree(target / unused, ignore_errors=True)
    _prune_botocore(target / "botocore" / "data", function.services)
    if "chalice" not in function.drop:
        for path in (target / "chalice").iterdir():
            if path.name not in _CHALICE_RUNTIME:
                _remove(path)
    for package in function.packages:
        shutil.copytree(ROOT / "lambdas" / package, target / "lambdas" / package, ignore=leave_out)
    shutil.copy(ROOT / "lambdas" / "__init__.py", target / "lambdas")
    for schema in function.schemas:
        source, copy = ROOT / "schemas" / schema, target / "schemas" / schema
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            shutil.copy(source, copy)
    if function.screens:
        dist = ROOT / "web" / "dist"
        if not (dist / "index.html").is_file():
            raise FileNotFoundError("web/dist がありません。先に `make web` を実行してください。")
        shutil.copytree(dist, target / "static")
    if function.fonts:
        shutil.copytree(fonts(), target / "fonts", ignore=shutil.ignore_patterns("stamp"))


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _compile(platform: str, directory: Path) -> None:
    """Byte code beside every source, taken as it is: what lies there never changes."""
    if platform == "host":
        command = [
            sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
            "-s", str(directory), "-p", "/var/task", str(directory),
        ]  # fmt: skip
    else:
        command = [str(BIN / "node"), str(Path(__file__).with_name("compile.mjs")), str(directory)]
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603  # fixed words and our own paths


def _prune_botocore(data: Path, services: Sequence[str]) -> None:
    keep = _BOTOCORE_COMMON | set(services)
    for path in data.iterdir():
        if path.name not in keep:
            _remove(path)
    # The list of all services' addresses, 1.2 MB of JSON, is read when the first client is made.
    endpoints = data / "endpoints.json"
    listed = json.loads(endpoints.read_text("utf-8"))
    for partition in listed["partitions"]:
        every = partition["services"]
        partition["services"] = {name: every[name] for name in services if name in every}
    endpoints.write_text(json.dumps(listed), encoding="utf-8")


def _digest(roots: Iterable[Path]) -> str:
    """Digest of names and contents below `roots`."""
    entries = []
    for root in roots:
        paths = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
        entries += [
            (str(p.relative_to(ROOT)), hashlib.sha256(p.read_bytes()).hexdigest())
            for p in paths
            if "__pycache__" not in p.parts
        ]
    return hashlib.sha256(json.dumps(entries).encode()).hexdigest()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        build(name)
