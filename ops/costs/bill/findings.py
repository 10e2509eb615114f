"""What a bill has that a person must know of: named with file and row, never guessed away."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_PLACES = 5


@dataclass(frozen=True, kw_only=True)
class Place:
    """`row` counts from 1 as in the file without headings; 0 is the whole file."""

    file: str
    row: int

    def __str__(self) -> str:
        return f"{self.file} の {self.row} 行目" if self.row else self.file


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`code` is stable, `text` Japanese; `count` rows, the first of which are `places`."""

    code: str
    text: str
    count: int
    places: tuple[Place, ...]

    def __str__(self) -> str:
        where = "、".join(str(place) for place in self.places)
        more = f" ほか(全 {self.count} 行)" if self.count > len(self.places) else ""
        return f"{self.text}({where}{more})"


class BillError(Exception):
    """The bill cannot be used as it is; its text names every fault with file and row."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in findings))


def whole_file(code: str, text: str, file: str) -> Finding:
    return Finding(code=code, text=text, count=1, places=(Place(file=file, row=0),))
