"""The needs survey of a municipality: a sheet that is written, filled in and read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ops.cases.workbook import open_workbook
from ops.offers.functions import function_list
from ops.sheets import put

SHEET, MARK_SHEET = "調査票", "様式"
MARK = "soudan-survey 1"
FEES = (10_000, 30_000, 50_000, 100_000)
_FIRST_ROW = 5
_WANTS = ("利用したい", "条件による", "利用しない")
_NETWORKS = ("閉域(LGWAN)だけ", "インターネットだけ", "両方", "分からない")
_MEANS = ("紙・表計算", "市販のローコード", "専用パッケージ", "連携サービス", "その他")
_YES_NO = ("はい", "いいえ")
_RANKED = 5


class SurveyError(Exception):
    """A sheet that cannot be taken; `faults` name the cells, and say what to write (Japanese)."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, kw_only=True)
class Question:
    """One row. `kind`: whole (a number from `least` to `most`), choice, function or text."""

    id: str
    text: str
    kind: str
    least: int = 0
    most: int = 0
    choices: tuple[str, ...] = ()
    needed: bool = False


QUESTIONS = (
    Question(id="code", text="全国地方公共団体コード(6桁)", kind="text", needed=True),
    Question(id="population", text="人口", kind="whole", most=20_000_000),
    Question(
        id="running", text="重層的支援体制整備事業を実施していますか", kind="choice",
        choices=_YES_NO,
    ),
    Question(
        id="cases",
        text="多機関協働事業の新規ケース(年間の件数)",
        kind="whole",
        most=10_000,
        needed=True,
    ),
    Question(
        id="users", text="記録や共有に関わる職員(人。外部の機関を含む)", kind="whole", least=1,
        most=10_000, needed=True,
    ),
    Question(id="agencies", text="関わる機関の数", kind="whole", least=1, most=1_000),
    Question(id="means", text="今の記録のしかた", kind="choice", choices=_MEANS),
    Question(
        id="ended", text="導入するとなくなる支払い(年額、税込み、円)", kind="whole",
        most=1_000_000_000,
    ),
    Question(
        id="wider", text="対象を広げた場合の新規ケース(年間の件数)", kind="whole", most=100_000
    ),
    *(
        Question(
            id=f"fee-{fee}", text=f"月額 {fee:,}円(税込み)なら利用しますか", kind="choice",
            choices=_WANTS,
        )
        for fee in FEES
    ),
    *(
        Question(id=f"need-{n}", text=f"必要な機能 {n}番目(F01からF66の番号)", kind="function")
        for n in range(1, _RANKED + 1)
    ),
    Question(id="network", text="使える通信", kind="choice", choices=_NETWORKS),
    Question(id="blockers", text="導入の妨げになること", kind="text"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Answers:
    """A valid sheet. What was left empty is None; `wants`: fee → answer; `needs`: best first."""

    code: str
    cases: int
    users: int
    agencies: int | None
    ended: Decimal | None
    wider: int | None
    wants: Mapping[int, str]
    needs: tuple[str, ...]
    others: Mapping[str, str]


def write(path: Path, code: str, name: str) -> None:
    """An empty sheet for one municipality. Raises OSError."""
    book = Workbook()
    sheet: Worksheet = book.worksheets[0]
    sheet.title = SHEET
    for row, text in enumerate(
        (
            f"相談記録プラットフォームの利用の意向の調査({name})",
            "B列の色のついた欄に書きます。分からないものは空けておきます(0と書きません)。",
            "個人の氏名や相談の内容は書きません。見出しは変えず、数式は使いません。",
        ),
        1,
    ):
        put(sheet.cell(row=row, column=1), text)
    sheet["A1"].font = Font(bold=True, size=14)
    for number, question in enumerate(QUESTIONS):
        row = _FIRST_ROW + number
        put(sheet.cell(row=row, column=1), question.text + ("(必須)" if question.needed else ""))
        cell = sheet.cell(row=row, column=2)
        cell.fill = PatternFill("solid", fgColor="FFF7D6")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if question.id == "code":
            put(cell, code)
        if question.choices:
            rule = DataValidation(type="list", formula1=f'"{",".join(question.choices)}"')
            sheet.add_data_validation(rule)
            rule.add(cell)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 52, 36
    functions = book.create_sheet("機能の一覧")
    for row, function in enumerate(function_list().functions.values(), 1):
        put(functions.cell(row=row, column=1), function.id)
        put(functions.cell(row=row, column=2), function.title)
    functions.column_dimensions["B"].width = 60
    mark = book.create_sheet(MARK_SHEET)
    mark.sheet_state = "hidden"
    put(mark.cell(row=1, column=1), MARK)
    book.save(path)


def read(path: Path, code: str) -> Answers:
    """The sheet of the municipality `code`, filled in. Raises SurveyError and UnreadableError."""
    book = open_workbook(path)
    if SHEET not in book.sheetnames or MARK_SHEET not in book.sheetnames:
        raise SurveyError([f"シート「{SHEET}」がありません。配られた調査票に書いてください。"])
    if book[MARK_SHEET]["A1"].value != MARK:
        raise SurveyError(["調査票の版が違います。--survey で作り直した調査票に書いてください。"])
    sheet = book[SHEET]
    faults: list[str] = []
    found: dict[str, Any] = {}
    for number, question in enumerate(QUESTIONS):
        place = f"B{_FIRST_ROW + number}"
        try:
            found[question.id] = _answer(question, sheet[place].value)
        except ValueError as error:
            faults.append(f"{SHEET}!{place}({question.text}): {error}")
    if not faults and found["code"] != code:
        faults.append(
            f"{SHEET}!B{_FIRST_ROW}: この調査票は {found['code']} のもので、{code} と違います。"
            "調査票を選び直してください。"
        )
    needs = [found.get(f"need-{n}") for n in range(1, _RANKED + 1)]
    chosen = [need for need in needs if need]
    if len(set(chosen)) < len(chosen):
        faults.append(f"{SHEET}: 同じ機能が2度選ばれています。順位ごとに違う番号を書いてください。")
    if faults:
        raise SurveyError(faults)
    ended = found["ended"]
    return Answers(
        code=found["code"],
        cases=found["cases"],
        users=found["users"],
        agencies=found["agencies"],
        ended=None if ended is None else Decimal(ended),
        wider=found["wider"],
        wants={fee: found[f"fee-{fee}"] for fee in FEES if found[f"fee-{fee}"]},
        needs=tuple(chosen),
        others={
            key: found[key] for key in ("running", "means", "network", "blockers") if found[key]
        },
    )


def _answer(question: Question, value: Any) -> Any:
    if value is None or str(value).strip() == "":
        if question.needed:
            raise ValueError("必ず書いてください。")
        return None
    text = str(value).strip()
    if text.startswith("="):
        raise ValueError("数式でなく、値を書いてください。")
    if question.kind == "whole":
        plain = text.removesuffix(".0").replace(",", "")
        if not (plain.isascii() and plain.isdecimal()) or not (
            question.least <= int(plain) <= question.most
        ):
            raise ValueError(
                f"{question.least} から {question.most:,} までの整数で書いてください。"
            )
        return int(plain)
    if question.kind == "choice" and text not in question.choices:
        raise ValueError(f"次のどれかを選んでください: {'、'.join(question.choices)}")
    if question.kind == "function" and text not in function_list().functions:
        raise ValueError("F01 から F66 までの番号を書いてください。")
    if len(text) > 500:
        raise ValueError("500字までで書いてください。")
    return text
