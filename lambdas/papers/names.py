"""What the ids in a record are called on paper. Whoever prints may know each name it gives."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from lambdas.api.opened import Opened, form_of
from lambdas.casework import forms
from lambdas.casework.access import Actor
from lambdas.casework.records import Agency, FormRecord
from lambdas.papers.values import wareki


class Names:
    """Names by what a field chooses from (`x-choices`). An id that nobody may name is left out:
    an internal number means nothing on paper."""

    def __init__(
        self,
        *,
        here: Opened | None,
        agencies: Callable[[], tuple[Agency, ...]],
        staff: Callable[[], Iterable[Actor]],
    ) -> None:
        self._here = here
        self._read_agencies, self._read_staff = agencies, staff

    def name(self, choices: str, value: str) -> str:
        """The name of an id; empty where there is none to give."""
        match choices:
            case "agencies":
                return self._agencies.get(value, "")
            case "staff":
                return self._staff.get(value, "")
            case "persons":
                return self._persons.get(value, "世帯の人")
            case "issues":
                return self._rows("issues", "issues", "issueId", ("code",), value)
            case "plan-items":
                return self._rows("plan", "roles", "itemId", ("support", "goal"), value)
            case "plans" | "records":
                return self._record(value)
            case "meetings":
                return self._meeting(value)
            case "cases":
                return value
            case _:
                return ""

    @cached_property
    def _agencies(self) -> Mapping[str, str]:
        return {a.agency_id: a.name for a in self._read_agencies()}

    @cached_property
    def _staff(self) -> Mapping[str, str]:
        return {actor.staff_id: actor.display_name for actor in self._read_staff()}

    @cached_property
    def _persons(self) -> Mapping[str, str]:
        named = {}
        for row in self._shown("household").get("persons", ()):
            name = row.get("name") or "氏名の記入なし"
            named[row["personId"]] = f"{name}(本人)" if row.get("isSubject") else name
        return named

    def _rows(self, form: str, rows: str, key: str, texts: tuple[str, ...], value: str) -> str:
        for place, row in enumerate(self._shown(form).get(rows, ())):
            if row.get(key) == value:
                labels = forms.labels("issue")
                words = [labels.get(row[t], row[t]) for t in texts if row.get(t)]
                return f"{place + 1} {'・'.join(map(str, words))}".strip()
        return ""

    def _record(self, record_id: str) -> str:
        record = self._here.case.records.get(record_id) if self._here else None
        if record is None or not self._show(record):
            return ""
        shown = self._show(record)
        on, title = shown.get("createdOn") or shown.get("date"), form_of(record).title
        return f"{title}({wareki(on)})" if on else title

    def _meeting(self, meeting_id: str) -> str:
        for record in self._here.case.of("conference") if self._here else ():
            shown = self._show(record)
            if shown.get("meetingId") == meeting_id and shown.get("date"):
                return f"{wareki(shown['date'])}の会議"
        return ""

    def _shown(self, form: str) -> Mapping[str, Any]:
        record = self._here.case.latest(form) if self._here else None
        return self._show(record) if record else {}

    def _show(self, record: FormRecord) -> Mapping[str, Any]:
        if self._here is None:
            return {}
        return self._here.reader.show(form_of(record), record).data
