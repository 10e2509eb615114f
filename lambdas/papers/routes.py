"""What is printed: forms to fill in by hand, records of a case, letters and certificates. A paper
shows what its reader may see, by the same decisions as the screen."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import typst
from chalice.app import Blueprint

from lambdas.api.call import MAX_CONTENT_BYTES, Call, Operation, Reply, operation
from lambdas.api.opened import Opened, form_of, open_case, record_read, visible_record
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework.access import CORE_ROLES, Action, decide
from lambdas.casework.records import PERSON_ID, FormRecord, is_record_id
from lambdas.papers import glyphs
from lambdas.papers.catalogue import Paper, fitting, papers
from lambdas.papers.letters import (
    certificate_of,
    extract_of,
    invitation_to,
    letter_on,
    sign_up_of,
)
from lambdas.papers.paper import Printed, blank, may_print, of_case
from lambdas.papers.pdf import pdf
from lambdas.papers.statistics import statistics_book

routes = Blueprint(__name__)

_log = logging.getLogger("soudan")

_MOST_COPIES = 40
_ACTION = "print-paper"
# What a paper of each kind is asked for by.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "case": ("case",),
    "meeting": ("meeting",),
    "disclosure": ("request",),
    "disclosure-case": ("request", "case"),
    "disposal": ("disposal",),
    "staff": ("staff",),
}

Extra = Mapping[str, Any]


@operation(
    routes,
    Operation(
        method="GET",
        path="/prints",
        summary="印刷できる紙の一覧",
        status=200,
        reply="PrintList",
    ),
)
def list_prints(call: Call) -> Reply:
    return Reply(
        body={
            "items": [
                {
                    "paper": p.name,
                    "title": p.title,
                    "of": p.of,
                    "forms": sorted(p.forms),
                    **({"when": dict(p.when)} if p.when else {}),
                    "blank": p.blank,
                    "sample": p.sample,
                    "excel": _gives_workbook(call, p),
                    "copies": p.copies,
                }
                for p in papers().values()
                if _is_offered(call, p)
            ]
        }
    )


@operation(
    routes,
    Operation(
        method="GET",
        path="/prints/{paper}",
        summary=(
            "紙(PDF または Excel)。何も指定しなければ記入していない様式や参考例、"
            "ケース・会議・開示請求・廃棄・利用者を指定すれば、見ることのできる項目を記したもの"
        ),
        status=200,
        reply=None,
        gives_file=True,
        query=(
            *("as", "unprintable", "case", "record", "person", "copies"),
            *("meeting", "request", "grounds", "disposal", "staff"),
            *("period", "for"),
        ),
        problems=(
            *("not-found", "bad-query", "nothing-to-show", "not-permitted", "not-decided"),
            *("glyph-missing", "too-long-to-print", "bad-period"),
        ),
    ),
)
def print_paper(call: Call, paper: str) -> Reply:
    """One route for all papers: a resource of the gateway for each would outgrow the stack."""
    wanted = papers().get(paper)
    if wanted is None:
        raise Problem("not-found")
    _check_query(call, wanted)
    given: Mapping[str, str] = call.request.query_params or {}
    named = {key for keys in _KEYS.values() for key in keys if key in given}
    if wanted.of == "statistics" and not named:
        return statistics_book(call, wanted)
    if not named:
        if not wanted.blank:
            raise Problem("bad-query")
        return _file(call, wanted, blank(call, wanted), name=wanted.name)
    # A paper is printed of what it is of, and of nothing else.
    if named != set(_KEYS.get(wanted.of, ())):
        raise Problem("bad-query")
    if wanted.core and call.actor.role not in CORE_ROLES:
        raise Problem("not-permitted")
    match wanted.of:
        case "case":
            return _of_case(call, wanted)
        case "meeting":
            made = invitation_to(call, wanted, _id(call, "meeting"))
        case "disclosure":
            made = letter_on(call, wanted, _id(call, "request"))
        case "disclosure-case":
            made = extract_of(call, wanted, _id(call, "request"), _id(call, "case"))
        case "disposal":
            made = certificate_of(call, wanted, _id(call, "disposal"))
        case _:
            made = sign_up_of(call, wanted, _id(call, "staff"))

    def told(extra: Extra) -> None:
        happened = event(call, _ACTION, made.decision, case_id=made.data["case"], extra=extra)
        repository().record_event(subject=made.subject, event=happened)

    return _file(call, wanted, made, name=wanted.name, told=told)


def _of_case(call: Call, wanted: Paper) -> Reply:
    record_id, person_id, copies = call.query("record"), call.query("person"), _copies(call)
    if record_id is not None and not is_record_id(record_id):
        raise Problem("bad-query")
    if person_id is not None and not PERSON_ID.fullmatch(person_id):
        raise Problem("bad-query")
    here = open_case(call, _id(call, "case"))
    main = _main(call, here, wanted, record_id)
    wanted = fitting(wanted, main.data)
    made = of_case(call, wanted, here, main, person_id=person_id)
    made.data["copies"] = copies if wanted.copies else 1

    def told(extra: Extra) -> None:
        record_read(call, here, _ACTION, made.shown, extra=extra)

    return _file(call, wanted, made, name=f"{here.case.case_id}-{wanted.name}", told=told)


def _check_query(call: Call, wanted: Paper) -> None:
    """What kind of file is asked for, before anything is read. Raises Problem."""
    kind, unprintable = call.query("as") or "pdf", call.query("unprintable")
    if kind not in ("pdf", "xlsx") or unprintable not in (None, "notation"):
        raise Problem("bad-query")
    if not (wanted.excel if kind == "xlsx" else wanted.pdf):
        raise Problem("bad-query")
    if kind == "xlsx" and not _gives_workbook(call, wanted):
        raise Problem("not-permitted")


def _is_offered(call: Call, paper: Paper) -> bool:
    if paper.of == "statistics":
        return decide(call.actor, Action.READ_STATISTICS, call.now).allowed
    return not paper.core or call.actor.role in CORE_ROLES


def _gives_workbook(call: Call, paper: Paper) -> bool:
    """A workbook is made to be worked on elsewhere: agencies outside take nothing of a case out by
    default. Numbers go to whoever may read them, as they do as text."""
    return paper.excel and (paper.of == "statistics" or call.actor.role in CORE_ROLES)


def _id(call: Call, name: str) -> str:
    return call.query(name) or ""


def _copies(call: Call) -> int:
    text = call.query("copies") or "1"
    if not (
        text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= _MOST_COPIES
    ):
        raise Problem("bad-query")
    return int(text)


def _main(call: Call, here: Opened, wanted: Paper, record_id: str | None) -> FormRecord:
    """The record that the paper is of: the one named, or the latest one that may be printed. One
    that is missing and one that may not be seen answer alike. Raises Problem."""
    listed = sorted(here.case.records.values(), key=lambda r: (r.created_at, r.record_id))
    found = [
        r
        for r in listed
        if r.form in wanted.forms
        and record_id in (None, r.record_id)
        and may_print(call, r)
        and here.reader.may_see(form_of(r), r)
    ]
    record, _ = visible_record(call, here, found[-1].record_id if found else "")
    return record


def _file(
    call: Call,
    wanted: Paper,
    made: Printed,
    *,
    name: str,
    told: Callable[[Extra], None] | None = None,
) -> Reply:
    """The paper as a file, once its event is in the trail. A character without a glyph stops a
    PDF, by the name of its item, until whoever prints asks for a notation in its place."""
    kind = call.query("as") or "pdf"
    checked = glyphs.Check.of(glyphs.FONTS)
    data = checked.texts(made.data) if kind == "pdf" else made.data
    refused = bool(checked.missing) and call.query("unprintable") is None
    if told is not None:
        told(
            {"paper": wanted.name, "as": kind, **({"refused": "glyph-missing"} if refused else {})}
        )
    if refused:
        raise Problem("glyph-missing", errors=_named(checked.missing))
    content = _pdf(call, wanted, data, checked) if kind == "pdf" else _workbook(data)
    if len(content) > MAX_CONTENT_BYTES:
        raise Problem("too-long-to-print")
    # Case number and paper: a file's name stands in lists of downloads.
    return Reply(
        body=content,
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


def _pdf(call: Call, wanted: Paper, data: dict[str, Any], checked: glyphs.Check) -> bytes:
    families = [font.family for font in checked.known]
    notes = [*data["notes"], *([_INSTEAD] if checked.missing else [])]
    filled = {**data, "notes": notes, "fonts": families, "variants": checked.families}
    try:
        return pdf(wanted.file, filled, fonts=glyphs.FONTS, now=call.now)
    except typst.TypstError as error:
        # Its message may repeat what was to be printed; a layout is named by its file.
        _log.error("%s layout %s does not compile", call.request_id, wanted.layout)
        raise RuntimeError("layout") from error


_INSTEAD = "〔U+…〕は、印刷できる字形のない文字の番号です。手書きで補ってください。"


def _workbook(data: Mapping[str, Any]) -> bytes:
    # Loaded by this alone: it takes longer to import than a PDF to set.
    from lambdas.papers.excel import workbook

    return workbook(data)


def _named(missing: Iterable[glyphs.Missing]) -> list[dict[str, str]]:
    """Items and code points, each once: no text of a record."""
    told = dict.fromkeys((m.label, m.notation.rpartition("〔")[2].rstrip("〕")) for m in missing)
    return [
        {
            "pointer": "",
            "code": "glyph-missing",
            "message": f"{label or '印刷した人の名前'}: {number} の字形がありません。",
        }
        for label, number in told
    ]
