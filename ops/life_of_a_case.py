"""docs/life-of-a-case.md, generated from the table of transitions.

    python -m ops.life_of_a_case

writes it; a test fails when the committed file is not what this makes.
"""

from lambdas.casework.access import MUNICIPAL_ROLES
from lambdas.casework.forms import labels
from lambdas.casework.life import TRANSITIONS, Transition
from lambdas.casework.records import CLOSED_STATES, FIRST_STATE
from ops.paths import ROOT

FILE = ROOT / "docs" / "life-of-a-case.md"

_INTRODUCTION = """\
# ケースの状態と進め方

この文書は `lambdas/casework/life.py` の表から作っています(`python -m ops.life_of_a_case`)。
状態の区分は本システムの案です。法令にかかわる説明は要確認です。

* 状態は、担当者が「進める」操作をしたときだけ変わります。同意の撤回や本人の死亡では変わりません。
* 足りないものがあるときは進めません。何が足りないかを画面に表示します。
* 終えたケースを再び受け付けると、新しい回(エピソード)が始まります。ケース番号は変わりません。
  前の回のスクリーニングや会議の記録は、新しい回の条件を満たしません。
  期限を定めない同意は、ケースを終えたときに終わります。
* 進める条件は、今の回の記録で確かめます。確かめた記録は、進めた記録に残ります。
"""


def document() -> str:
    """The whole file."""
    return "\n".join([_INTRODUCTION, _diagram(), "", _table(), ""])


def _diagram() -> str:
    names = labels("case-state")
    lines = [
        "```mermaid",
        "stateDiagram-v2",
        *(f'  state "{name}" as {_id(state)}' for state, name in names.items()),
        f"  [*] --> {_id(FIRST_STATE)}",
        *(f"  {_id(t.before)} --> {_id(t.to)}" for t in TRANSITIONS),
        *(f"  {_id(state)} --> [*]" for state in sorted(CLOSED_STATES)),
        "```",
    ]
    return "\n".join(lines)


def _table() -> str:
    rows = ["| 今の状態 | 操作 | 次の状態 | できる人 | 必要なもの |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *(_row(t) for t in TRANSITIONS)])


def _row(transition: Transition) -> str:
    names = labels("case-state")
    who = "主管課" if transition.roles == MUNICIPAL_ROLES else "主管課、多機関協働事業者"
    needs = "<br>".join(guard.description for guard in transition.guards) or "—"
    before, to = names[transition.before], names[transition.to]
    return f"| {before} | {transition.label} | {to} | {who} | {needs} |"


def _id(state: str) -> str:
    return state.replace("-", "_")


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
