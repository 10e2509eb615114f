"""A tenant that prints, a case full of records, and a PDF read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from tests.good_requests import OCTETS, day, match, versioned
from tests.running import body, intake
from tests.unit.in_process import Answer, InProcess, new_key

# Names and texts that break careless systems: rare kanji, variants, markup of every kind.
NAME = "\u9ad9\ufa11 \U00020bb7\ufa19 葛\U000e0100"
HOSTILE = (
    '#import "x": * *太字* $x^2$ @ref <label> \\ `code` // = 見出し #panic("x") [a](b) <script>'
)


@dataclass(frozen=True, kw_only=True)
class Printer:
    """Papers of one tenant in this process."""

    here: InProcess

    def get(self, login: str, paper: str, **query: str) -> Answer:
        return self.here.request(
            login, "GET", f"/prints/{paper}", headers={"accept": OCTETS}, query=query or None
        )

    def pdf(self, login: str, paper: str, **query: str) -> "Read":
        answer = self.get(login, paper, **query)
        assert answer.status == 200, answer.text
        return Read.of(answer.content)


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a reader finds in a PDF."""

    pages: tuple[str, ...]
    catalog: Mapping[str, Any]
    title: str
    fonts: frozenset[str]
    xmp: str

    @classmethod
    def of(cls, content: bytes) -> "Read":
        reader = PdfReader(BytesIO(content))
        root = reader.trailer["/Root"]
        fonts = {
            str(font["/BaseFont"]).partition("+")[2]
            for page in reader.pages
            for font in (f.get_object() for f in page["/Resources"].get("/Font", {}).values())
        }
        return cls(
            pages=tuple(page.extract_text() for page in reader.pages),
            catalog=root,
            title=str(reader.metadata.title if reader.metadata else ""),
            fonts=frozenset(fonts),
            xmp=root["/Metadata"].get_data().decode(),
        )

    @property
    def text(self) -> str:
        """All its text without spaces and line breaks, which layout adds and takes away."""
        return squeezed("".join(self.pages))

    def says(self, text: str) -> bool:
        return squeezed(text) in self.text


def squeezed(text: str) -> str:
    return "".join(text.split())


def full_case(here: InProcess) -> tuple[str, str, dict[str, str]]:
    """A consented case with a record of every form that is printed: its number, the id of the
    本人, and form → record."""
    sent = intake(
        NAME,
        consentVersion="consent",
        noConsentReason=None,
        chiefComplaint=HOSTILE,
        birthDate={"y": 1965, "m": 3, "d": 2},
        sex="2",
        phones=[{"kind": "02", "number": "090-0000-0000"}],
        householdSize=2,
        household=[{"name": "葛\U000e0100西 一郎", "relation": "04", "age": 53}],
        consent={
            "application": "yes",
            "explainer": "担当 三奈",
            "date": "2026-06-01",
            "method": "01",
            "evidence": "書庫A-1",
        },
        addressProtection="no",
        address={"full": ADDRESS},
    )
    made = here.request("kanri1", "POST", "/cases", json_body=body(sent), headers=new_key())
    assert made.status == 201, made.text
    case_id = str(made.json["caseId"])
    household = here.request("kanri1", "GET", f"/cases/{case_id}/records/household").json
    person = str(household["data"]["persons"][0]["personId"])
    records: dict[str, str] = {}

    def add(form: str, data: Mapping[str, Any]) -> str:
        records[form] = add_record(here, case_id, form, data)
        return records[form]

    add("referral", {"date": day(), "toAgencyId": "npo", "reason": "居場所につなぐ。" + HOSTILE})
    add("assessment-household", {"date": day(), "householdType": "04", "assessedBy": "担当 三奈"})
    add("assessment-living", {"personId": person, "date": day(), "housing": "01"})
    add("assessment-income", {"personId": person, "date": day(), "qualifications": "簿記"})
    add("assessment-issues", {"personId": person, "date": day(), "summary": "家計から整える。"})
    add(
        "progress",
        {
            "date": day(-1),
            "method": "02",
            "counterpart": "subject",
            "facts": "玄関先で話した。\n" + HOSTILE,
            "opinion": "落ち着いている。",
            "sharedWith": "members",
        },
    )
    plan = add(
        "plan",
        {
            "programme": "multi-agency",
            "planNumber": 1,
            "createdOn": day(),
            "goals": "安心して暮らす。",
            "roles": [{"itemId": "a1", "goal": "家計", "support": "家計相談", "agencyId": "npo"}],
            "from": day(),
            "to": day(90),
            "nextEvaluationOn": day(80),
        },
    )
    add(
        "evaluation",
        {
            "date": day(),
            "planId": plan,
            "achievement": "partly",
            "judgement": "continue",
            "remaining": "就労の準備",
        },
    )
    add("handover", {"agencyId": "npo", "date": day(), "summary": "経過の要約。"})
    add(
        "consent",
        {
            "personId": person,
            "kinds": ["sharing"],
            "agencies": ["npo"],
            "classes": ["1", "2", "3", "4"],
            "purpose": "支援のため",
            "explainer": "担当 三奈",
            "explainedOn": day(),
            "method": "01",
            "date": day(),
            "from": day(),
            "evidence": "書庫A-2",
        },
    )
    return case_id, person, records


def add_record(here: InProcess, case_id: str, form: str, data: Mapping[str, Any]) -> str:
    """Id of a new record of a case."""
    answer = here.request(
        "kanri1",
        "POST",
        f"/cases/{case_id}/records",
        json_body={"form": form, **versioned(form, data)},
        headers=new_key(),
    )
    assert answer.status == 201, (form, answer.text)
    return str(answer.json["recordId"])


ADDRESS = "試験町一丁目999番地"


def change(here: InProcess, case_id: str, record_id: str, **data: Any) -> None:
    """Saves properties of a record anew."""
    before = here.request("kanri1", "GET", f"/cases/{case_id}/records/{record_id}").json
    answer = here.request(
        "kanri1",
        "PUT",
        f"/cases/{case_id}/records/{record_id}",
        json_body={
            "formVersion": before["formVersion"],
            "data": {k: v for k, v in {**before["data"], **data}.items() if v is not None},
        },
        headers={k.lower(): v for k, v in match(before["revision"]).items()},
    )
    assert answer.status == 200, answer.text
