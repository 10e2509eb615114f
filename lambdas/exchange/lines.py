"""Items of the tables as the lines of a bundle, and back, byte for byte.

A line is an item with its attributes in plain JSON. `type` says what it is, `at` where it lies,
`listed` in which list. What DynamoDB holds as canonical JSON text stands as JSON in the line.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pynamodb.attributes import Attribute, DiscriminatorAttribute

from lambdas.casework.audit import canonical
from lambdas.casework.sealed import FORM as SEALED_FORM
from lambdas.store import models
from lambdas.store.index import IndexPart  # noqa: F401  # its items are known by its class

Line = dict[str, Any]
Item = Mapping[str, Mapping[str, Any]]

EVENT = "event"
SEAL = "seal"
ATTACHMENT = "attachment"
# What belongs to a login, a session, a person's habits or a moment: it has no meaning in another
# tenant.
NOT_MOVED = frozenset(
    {
        "digest",
        "draft",
        "filters",
        "idempotency",
        "index-change",
        # What this tenant has cost its vendor.
        "meter-day",
        "recovery",
        "sign-in-step",
        "sign-in-tries",
        "upload",
        "used-code",
    }
)
# What can be made again from the records; another system may leave it out.
DERIVED = frozenset({"facts", "index", "member", "tasks"})
# What leaves under the municipality's own key only.
SEALED_TYPES = frozenset({"counterparts", "holder", "sealed-key", "secret", "trace"})
# These hold a data key wrapped by the tenant's key, which no other tenant can open.
WRAPPED_TYPES = frozenset({"sealed-key", "secret"})

JSON_TEXTS = frozenset({"contractTerms", "data", "document", "envelope", "event"})
_PLACE = ("pk", "sk", "cls", "agencyKey", "listKey")
_LIST_KEYS = ("agencyKey", "listKey")
_DIGEST_BYTES = 32


class UnknownItemError(Exception):
    """An item of the tables that no line describes; the text names its kind only."""


@cache
def kinds() -> Mapping[str, Mapping[str, str]]:
    """Of each type of line: its attributes by stored name, with DynamoDB's type of each."""
    found = {EVENT: _attributes(models.AuditItem)}
    for model in _subclasses(models.Record):
        name = models.Record.cls.get_discriminator(model)
        if name is not None and name not in NOT_MOVED:
            found[name] = _attributes(model)
    return found


@cache
def required(kind: str) -> frozenset[str]:
    """Attributes that every line of a type has."""
    discriminator = models.Record.cls.get_discriminator
    model: Any = next(
        (m for m in _subclasses(models.Record) if discriminator(m) == kind), models.AuditItem
    )
    return frozenset(
        a.attr_name
        for a in model.get_attributes().values()
        if not a.null and a.attr_name not in _PLACE
    )


def line_of(item: Item) -> Line | None:
    """The line of an item; None for what is not moved. Raises UnknownItemError."""
    kind = item["cls"]["S"] if "cls" in item else EVENT
    if kind in NOT_MOVED:
        return None
    known = kinds().get(kind)
    if known is None:
        raise UnknownItemError(kind)
    line: Line = {"type": kind, "at": [item["pk"]["S"], item["sk"]["S"]]}
    if "agencyKey" in item:
        line["listed"] = [item[name]["S"] for name in _LIST_KEYS]
    for name, value in item.items():
        if name in _PLACE:
            continue
        if name not in known:
            raise UnknownItemError(f"{kind}.{name}")
        line[name] = _plain(name, value)
    if kind == "staff":
        # Logins stay behind: the register goes under the person's own number.
        line["at"][0] = f"STAFF#{line['staffId']}"
    return line


def item_of(line: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The item of a line, in DynamoDB's notation. The line is valid by its schema."""
    kind = line["type"]
    item: dict[str, dict[str, Any]] = {"pk": {"S": line["at"][0]}, "sk": {"S": line["at"][1]}}
    if kind != EVENT:
        item["cls"] = {"S": kind}
    for name, value in zip(_LIST_KEYS, line.get("listed", ()), strict=False):
        item[name] = {"S": value}
    for name, stored_as in kinds()[kind].items():
        if name in line:
            item[name] = {stored_as: _stored(stored_as, line[name])}
    return item


def is_sealed(line: Mapping[str, Any]) -> bool:
    """Whether a line belongs to the confidential compartment."""
    return line["type"] in SEALED_TYPES or line.get("form") == SEALED_FORM


def encode(line: Mapping[str, Any]) -> bytes:
    """A line as it stands in its file, without the line break."""
    return canonical(line)


class Tally:
    """Count and digest of lines, in whatever order they come: the sum of their SHA-256 modulo
    2^256."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self.count = int(kept["count"]) if kept else 0
        self._sum = int(kept["digest"], 16) if kept else 0

    def add(self, encoded: bytes) -> None:
        self.count += 1
        digest = int.from_bytes(hashlib.sha256(encoded).digest())
        self._sum = (self._sum + digest) % 2 ** (8 * _DIGEST_BYTES)

    def kept(self) -> dict[str, Any]:
        """`{count, digest}`, from which the tally goes on."""
        return {"count": self.count, "digest": f"{self._sum:064x}"}


def _subclasses(model: type[models.Record]) -> Iterator[type[models.Record]]:
    for below in model.__subclasses__():
        yield below
        yield from _subclasses(below)


def _attributes(model: Any) -> dict[str, str]:
    return {
        a.attr_name: _dynamodb_type(a)
        for a in model.get_attributes().values()
        if a.attr_name not in _PLACE
    }


def _dynamodb_type(attribute: Attribute[Any]) -> str:
    assert not isinstance(attribute, DiscriminatorAttribute)
    return attribute.attr_type


def _plain(name: str, value: Mapping[str, Any]) -> Any:
    ((stored_as, content),) = value.items()
    match stored_as:
        case "N":
            return json.loads(content)
        case "B":
            return base64.b64encode(content).decode()
        case "SS":
            return sorted(content)
    if name in JSON_TEXTS:
        # Only what comes back as the same bytes may stand as JSON.
        read = json.loads(content)
        if canonical(read).decode() == content and isinstance(read, dict):
            return read
    return content


def _stored(stored_as: str, value: Any) -> Any:
    match stored_as:
        case "N":
            return json.dumps(value)
        case "B":
            return base64.b64decode(value)
        case "S" if isinstance(value, dict):
            return canonical(value).decode()
    return value
