"""What a layout or a workbook gets of a paper: one dict of texts, worked out from records by what
the person who prints may see.

    paper, title, municipality   name and title of the paper, name of the municipality
    printed                      agency, name and time of whoever prints, or None on a blank form
    watermark, sample, copies    whether it bears a watermark or is a 参考例; how many copies
    case, heading                case number or None; [[label, text], …] under the title
    sheets                       [{title, sections: [{key, title, items}]}]; items: sheets.py
    notes                        sentences at the end
    fonts, variants              families in order; characters that only a later family has

and what a single paper needs beside these (`list`, `letter`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.api.call import Call
from lambdas.api.opened import Opened, form_of
from lambdas.api.settings import settings
from lambdas.api.tenant import repository, tenant
from lambdas.casework import forms, presets
from lambdas.casework.access import CORE_ROLES, Action, Actor, Decision, decide
from lambdas.casework.records import FormRecord
from lambdas.casework.showing import Shown
from lambdas.papers.catalogue import Paper, Part
from lambdas.papers.names import Names
from lambdas.papers.sheets import Item, sheet_items, told
from lambdas.papers.values import moment

# A contractor or an agency outside may see a part of a record only; so may others.
_PARTLY = (
    "この紙には、印刷した人が見ることのできる項目だけを載せています。"
    "空欄は、記入がないとは限りません。"
)
_MODELLED = "項目は国の参考帳票に準じた本システムの案で、公式の様式ではありません。"
_LIST_COLUMNS = (
    "日時",
    "機関・対応者",
    "方法・相手",
    "内容・本人の発言",
    "判断・所見",
    "今後の対応",
)


@dataclass
class Printed:
    """A paper as it comes together. For the trail: `shown`, what it tells of each record of a
    case; `subject` and `decision`, of what else it is and why it may be printed."""

    data: dict[str, Any]
    shown: dict[str, Shown] = field(default_factory=dict)
    subject: str = ""
    decision: Decision = field(default_factory=lambda: Decision(basis=None))


def blank(call: Call, paper: Paper) -> Printed:
    """A form to be filled in by hand, or a text of the start kit. It holds no personal data."""
    data = _common(call, paper, printed=False)
    names = _names(call, None)
    if paper.layout == "list":
        data["list"] = {"columns": list(_LIST_COLUMNS), "rows": [[""] * len(_LIST_COLUMNS)] * 10}
    data["sheets"] = [
        {
            "title": sheet.title,
            "sections": [
                section
                for part in sheet.parts
                for section in _sections(part, _configured(part.form, None, None), None, names)
            ],
        }
        for sheet in paper.sheets
    ]
    if paper.form:
        data["notes"] = [_MODELLED]
    return Printed(data=data)


def of_case(
    call: Call, paper: Paper, here: Opened, main: FormRecord, *, person_id: str | None
) -> Printed:
    """A paper of a case's records. `person_id`: whom the sheets about one person are for, the 本人
    where nobody is named."""
    data = _common(call, paper, printed=True)
    made = Printed(data=data)
    names = _names(call, here)
    person = person_id or main.data.get("personId") or here.case.subject
    data["case"] = here.case.case_id
    data["heading"] = _heading(here, names, person, made)
    data["notes"] = [_PARTLY, _MODELLED]
    if paper.layout == "list":
        data["list"] = _progress(call, here, names, made)
        return made
    for sheet in paper.sheets:
        sections: list[dict[str, Any]] = []
        for part in sheet.parts:
            record = _record(here, paper, part, main, person)
            shown = _shown(call, here, record, made)
            version = record.version if record else None
            form = _configured(part.form, version, shown)
            sections += _sections(part, form, shown, names)
        data["sheets"].append({"title": sheet.title, "sections": sections})
    return made


def letter(
    call: Call, paper: Paper, texts: Mapping[str, Any], *, subject: str, decision: Decision
) -> Printed:
    """A paper whose layout knows its few texts by name."""
    data = {**_common(call, paper, printed=True), "letter": dict(texts)}
    return Printed(data=data, subject=subject, decision=decision)


def may_print(call: Call, record: FormRecord) -> bool:
    """What was given at a conference with a secrecy of its own is read there and collected again:
    only those who run the case print it (DOMAIN §4.10 L2, L9)."""
    return record.confined is None or call.actor.role in CORE_ROLES


def _names(call: Call, here: Opened | None) -> Names:
    def staff() -> Iterable[Actor]:
        # The register of staff is the managers' to read; others are named by what was written.
        if decide(call.actor, Action.MANAGE_STAFF, call.now).allowed:
            return (member.actor for member in repository().staff())
        return (call.actor,)

    return Names(here=here, agencies=repository().agencies, staff=staff)


def _common(call: Call, paper: Paper, *, printed: bool) -> dict[str, Any]:
    actor = call.actor
    by = {"agency": actor.agency_name, "name": actor.display_name, "at": moment(call.now)}
    return {
        "paper": paper.name,
        "title": paper.title,
        "municipality": tenant().municipality,
        "printed": by if printed else None,
        "watermark": printed and paper.watermark,
        "sample": paper.sample,
        "copies": 1,
        "case": None,
        "heading": [],
        "sheets": [],
        "notes": [],
    }


def _heading(here: Opened, names: Names, person: str, made: Printed) -> list[list[str]]:
    """Whose paper it is, as far as the reader may name them."""
    household = here.case.records["household"]
    shown = here.reader.show(form_of(household), household)
    rows = shown.data.get("persons", ())
    if not any(row["personId"] == person for row in rows):
        return []
    made.shown[household.record_id] = shown
    return [["氏名", names.name("persons", person)]]


def _record(
    here: Opened, paper: Paper, part: Part, main: FormRecord, person: str
) -> FormRecord | None:
    if part.form == main.form:
        return main
    found = [
        r
        for r in here.case.of(part.form)
        if (not part.person or r.data.get("personId") == person)
        and (part.refers is None or r.data.get(part.refers) == main.record_id)
    ]
    return found[-1] if found else None


def _shown(call: Call, here: Opened, record: FormRecord | None, made: Printed) -> Mapping[str, Any]:
    if record is None or not may_print(call, record):
        return {}
    shown = here.reader.show(form_of(record), record)
    if shown.bases:
        made.shown[record.record_id] = shown
    return shown.data


def _configured(form: str, version: str | None, data: Mapping[str, Any] | None) -> dict[str, Any]:
    """The form under the municipality's own names and without the items it does not use."""
    bundled = forms.bundled(form, version or forms.form_versions(form)[-1])
    return presets.form_as_configured(bundled, settings(), data)


def _sections(
    part: Part, form: Mapping[str, Any], data: Mapping[str, Any] | None, names: Names
) -> list[dict[str, Any]]:
    found = sheet_items(
        form, data, names, wanted=part.properties, omit=part.omit, columns=part.columns
    )
    found = [s for s in found if part.sections is None or s[0] in part.sections]
    if part.title is not None:
        # One heading of the paper's own over what the form has under several.
        items = [item for _, _, inner in found for item in inner]
        return [{"key": part.form, "title": part.title, "items": items}] if items else []
    return [{"key": key, "title": title, "items": items} for key, title, items in found]


def _progress(call: Call, here: Opened, names: Names, made: Printed) -> dict[str, Any]:
    """The course of support, oldest first: what of each record the reader may see."""
    rows = []
    for record in sorted(
        here.case.of("progress"), key=lambda r: (r.data["date"], r.data.get("from", ""))
    ):
        data = _shown(call, here, record, made)
        if record.record_id not in made.shown:
            continue
        form = forms.bundled(record.form, record.version)
        items = {i["key"]: i for _, _, found in sheet_items(form, data, names) for i in found}

        def joined(keys: Iterable[str], items: Mapping[str, Item] = items) -> str:
            return "\n".join(text for key in keys if (text := told(items[key])))

        times = " – ".join(str(data[k]) for k in ("from", "to") if k in data)
        who = str(data.get("staffNames", "")) or record.staff_name
        rows.append(
            [
                "\n".join(t for t in (told(items["date"]), times) if t),
                f"{record.agency_name}\n{who}",
                joined(("method", "counterpart", "counterpartNote", "place")),
                joined(("facts", "statements")),
                joined(("opinion",)),
                joined(("nextAction", "nextDue", "nextBy")),
            ]
        )
    return {"columns": list(_LIST_COLUMNS), "rows": rows}
