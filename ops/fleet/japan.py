"""Made-up manifests of every municipality, as a country's vendors might write them."""

from collections.abc import Sequence
from pathlib import Path

from infra.manifest import Manifest, municipalities, parse
from ops.tenants.template import manifest_text

_CIDR = "203.0.113.0/24"
_ENDPOINT = "vpce-0a1b2c3d4e5f60718"


def all_japan(limit: int | None = None, *, per_account: int = 100) -> list[Manifest]:
    """One production manifest per municipality, `per_account` in an account. Doors take turns:
    the Internet alone, a closed network alone, both. Each goes through the same checks as a
    vendor's own file."""
    made = []
    for number, code in enumerate(list(municipalities())[:limit]):
        doors: Sequence[tuple[list[str], list[str]]] = (
            ([_CIDR], []),
            ([], [_ENDPOINT]),
            ([_CIDR], [_ENDPOINT]),
        )
        cidrs, endpoints = doors[number % len(doors)]
        text = manifest_text(
            code=code,
            vendor=f"vendor-{number % 7}",
            offer="standard",
            environment="production",
            account=f"{number // per_account + 1:012d}",
            region="ap-northeast-1",
            isolation="stack",
            cidrs=cidrs,
            endpoints=endpoints,
            email="operation@example.jp",
        )
        made.append(parse(text.encode(), file=str(Path(f"{code}-production.yaml"))))
    return made
