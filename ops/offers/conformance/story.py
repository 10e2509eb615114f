"""One household that the suite takes from its first call to its hand-over, and what it has learnt
on the way. All people are invented; the protected address stands nowhere else."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lambdas.casework.clock import japanese_day
from ops.offers.conformance.system import PARTS, Reply, System

DENIAL = "表示できる記録がありません"
NAME = "適合󠄀 試験﨑𠮷"
KANA = "てきごう しけん"
ADDRESS = "架空県試験市秘匿ヶ丘九丁目9999番地"
SECRET = "会議だけで共有した話"  # noqa: S105  # what only a meeting may hear


class FailedError(Exception):
    """The function does not do what the check asks; the text says what was seen (Japanese)."""


class NotTestableError(Exception):
    """The check cannot be made; the text says why (Japanese)."""


@dataclass
class Story:
    """`kept`: what one check leaves for a later one, by name; `heard`: every text with who got
    it."""

    system: System
    mark: str
    kept: dict[str, Any] = field(default_factory=dict)
    heard: list[tuple[str | None, str, str]] = field(default_factory=list)

    # --- asking ---------------------------------------------------------------------------------

    def ask(
        self,
        part: str | None,
        method: str,
        path: str,
        sent: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, writing ones with a key of their own."""
        more = dict(headers or {})
        if method in ("POST", "PUT"):
            more.setdefault("Idempotency-Key", str(uuid.uuid4()))
        answer = self.system.request(part, method, path, sent=sent, headers=more)
        self.heard.append((part, path, answer.text))
        return answer

    def get(self, part: str | None, path: str) -> Any:
        """The body of a reading request that must succeed. Raises FailedError."""
        answer = self.ask(part, "GET", path)
        if answer.status != 200:
            raise FailedError(f"GET {_shape(path)} が {answer.status} を返した({_who(part)})")
        return answer.json

    def post(self, part: str, path: str, sent: Any, status: int = 201) -> Any:
        """The body of a writing request that must succeed. Raises FailedError."""
        answer = self.ask(part, "POST", path, sent)
        if answer.status != status:
            raise FailedError(
                f"POST {_shape(path)} が {answer.status} を返した({_who(part)}){_why(answer)}"
            )
        return answer.json

    # --- records --------------------------------------------------------------------------------

    @property
    def case(self) -> str:
        """Path of the household's case. Raises NotTestableError before there is one."""
        return f"/cases/{self.need('case', 'F01')}"

    def need(self, name: str, function: str) -> Any:
        """What an earlier check left. Raises NotTestableError when it did not come so far."""
        if name not in self.kept:
            raise NotTestableError(f"{function} が通らなかったため、試験できない")
        return self.kept[name]

    def version(self, form: str) -> str:
        """The form's current version, as the system publishes it."""
        if "forms" not in self.kept:
            listed = self.get("office", "/forms")["items"]
            self.kept["forms"] = {one["form"]: one["version"] for one in listed if one["current"]}
        known: dict[str, str] = self.kept["forms"]
        if form not in known:
            raise FailedError(f"様式 {form} がない")
        return known[form]

    def add(self, part: str, form: str, data: Mapping[str, Any]) -> str:
        """A new record of the case; its id."""
        made = self.post(
            part,
            f"{self.case}/records",
            {"form": form, "formVersion": self.version(form), "data": dict(data)},
        )
        return str(made["recordId"])

    def record(self, part: str, record_id: str) -> dict[str, Any]:
        """A record that this part must be able to read."""
        found: dict[str, Any] = self.get(part, f"{self.case}/records/{record_id}")
        return found

    def sees(self, part: str, record_id: str) -> bool:
        """Whether this part is shown a record."""
        return self.ask(part, "GET", f"{self.case}/records/{record_id}").status == 200

    def change(self, part: str, record_id: str, **changes: Any) -> None:
        """A new revision of a record."""
        kept = self.record(part, record_id)
        answer = self.ask(
            part,
            "PUT",
            f"{self.case}/records/{record_id}",
            {"formVersion": kept["formVersion"], "data": kept["data"] | changes},
            {"If-Match": f'"{kept["revision"]}"'},
        )
        if answer.status != 200:
            raise FailedError(f"記録の保存が {answer.status} を返した({_who(part)}){_why(answer)}")

    def revisions_kept(self, part: str, record_id: str, pointer: str, old: Any) -> None:
        """That the first revision still says what it said. Raises FailedError."""
        first = self.get(part, f"{self.case}/records/{record_id}/revisions/1")
        expect(first["data"].get(pointer) == old, "書き直すと前の版の内容が変わった")

    def move(self, part: str, to: str, **more: Any) -> Reply:
        """A transition of the case, which may be refused."""
        return self.ask(part, "POST", f"{self.case}/transitions", {"to": to, **more})

    def moved(self, part: str, to: str, **more: Any) -> None:
        """A transition that must succeed."""
        answer = self.move(part, to, **more)
        if answer.status != 201:
            raise FailedError(f"ケースを {to} へ進められない({answer.status}){_why(answer)}")

    def meeting(self, part: str, kind: str, data: Mapping[str, Any]) -> tuple[str, str]:
        """A meeting of today with the case on its agenda: ids of the meeting and of its record."""
        head = {"title": f"適合試験 {self.mark}", "date": day(), "kinds": [kind]}
        made = self.post(part, "/meetings", {"formVersion": self.version("meeting"), "data": head})
        meeting_id = str(made["meetingId"])
        laid = self.post(
            part,
            f"/meetings/{meeting_id}/cases",
            {
                "caseId": self.need("case", "F01"),
                "formVersion": self.version("conference"),
                "data": {"meetingId": meeting_id, "kind": kind, "date": day(), **data},
            },
        )
        return meeting_id, str(laid["recordId"])

    def me(self, part: str) -> dict[str, Any]:
        """Who plays this part."""
        if f"me-{part}" not in self.kept:
            self.kept[f"me-{part}"] = self.get(part, "/me")
        found: dict[str, Any] = self.kept[f"me-{part}"]
        return found

    def attendee(self, part: str) -> dict[str, Any]:
        """A line of a meeting's list of those present."""
        me = self.me(part)
        return {
            "staffId": me["staffId"],
            "agencyId": me["agencyId"],
            "agencyName": me["agencyName"],
            "name": me["displayName"],
            "appointedOn": day(-30),
            "pledgedOn": day(-30),
        }


def expect(holds: bool, otherwise: str) -> None:
    """Raises FailedError with what was seen."""
    if not holds:
        raise FailedError(otherwise)


def denied(answer: Reply, what: str) -> None:
    """That a person without rights learns nothing. Raises FailedError."""
    expect(answer.status in (403, 404), f"{what}に {answer.status} を返した")


def today() -> date:
    """The Japanese day."""
    return japanese_day(datetime.now(UTC))


def day(days: int = 0) -> str:
    """A day from today on, as the API writes it."""
    return (today() + timedelta(days=days)).isoformat()


def _who(part: str | None) -> str:
    return PARTS[part] if part else "サインインなし"


def _shape(path: str) -> str:
    """A path without the numbers in it, which belong in no result."""
    steps = [step if step.isalpha() or ("-" in step and step.islower()) else "…"
             for step in path.split("?")[0].split("/")[1:]]  # fmt: skip
    return "/" + "/".join(steps)


def _why(answer: Reply) -> str:
    problem = answer.json
    if isinstance(problem, dict) and "title" in problem:
        return f": {json.dumps(problem['title'], ensure_ascii=False)}"
    return ""
