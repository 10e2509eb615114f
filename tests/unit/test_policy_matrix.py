"""The published matrix is what the running rules answer."""

from pathlib import Path

from typer.testing import CliRunner

from lambdas.casework.access import DataClass, Role
from lambdas.casework.policy_matrix import CLASSES, NONE, SIGNS, Section, legend, sections
from ops.cli import app
from ops.policy.cli import RENEW

PAGE = Path(__file__).resolve().parents[2] / "docs/policy-matrix.md"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["policy", "matrix", *arguments], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    return result.output


def test_the_committed_page_is_what_the_rules_say() -> None:
    page, now = PAGE.read_text(encoding="utf-8"), run("--markdown")
    assert page == now, (
        f"見られる範囲を決める規則が変わりました。意図した変更なら `{RENEW}` で作り直し、"
        "docs/decisions/0011-sharing-law.md に理由を書いてください。"
    )


def test_the_table_shows_every_section() -> None:
    shown = run()
    for section in sections():
        assert section.title in shown


def rows(title: str) -> dict[str, dict[Role, str]]:
    (section,) = (s for s in sections() if s.title == title)
    assert len(section.columns) == 1 + len(Role)
    return {label: dict(zip(Role, cells, strict=True)) for label, cells in section.rows}


def test_the_matrix_holds_the_rows_of_the_law() -> None:
    """A few cells by hand, so that the page cannot be empty of meaning."""
    consent = rows("読む:同意")
    assert consent["同意が撤回された"][Role.AGENCY] == NONE
    assert consent["区分1・2だけの同意"][Role.AGENCY] == "同 12"
    assert consent["区分1・2だけの同意"][Role.COMMISSIONER] == "同 1"
    meeting = rows("読む:支援会議(同意のいらない会議)")
    later = meeting["会議で出された記録。出席していない。あとから本人が同意"]
    assert later[Role.AGENCY] == "存在" and later[Role.OFFICER] == "職 12345"
    exceptions = rows("読む:例外")
    conflict = exceptions["利益相反の申告がある。加わっており、本人が同意"]
    assert set(conflict.values()) == {NONE}
    assert (
        rows("読む:加わり方と担当")["委託契約が終わった(契約のある役割だけに関わる)"][
            Role.COORDINATOR
        ]
        == NONE
    )
    for section in sections():
        if section.title.startswith("読む"):
            assert {cells[-1] for _, cells in section.rows} == {NONE}, "監査は記録を読まない"


def test_every_sign_of_a_cell_is_in_the_legend() -> None:
    signs = {sign for sign, _ in legend()}
    assert len(signs) == len(legend())
    assert {str(c) for c in CLASSES} <= signs and len(set(SIGNS.values())) == len(SIGNS)
    assert set(CLASSES) == {
        DataClass.CONTACT,
        DataClass.HOUSEHOLD,
        DataClass.SPECIAL_CARE,
        DataClass.PROGRESS,
        DataClass.CONFERENCE,
        DataClass.SEALED,
    }
    for section in sections():
        for cell in cells_of(section):
            assert {part.split(" ")[0] for part in cell.split("・")} <= signs | {"○"}, cell
            assert set("".join(p.split(" ")[1] for p in cell.split("・") if " " in p)) <= signs


def cells_of(section: Section) -> set[str]:
    return {cell for _, cells in section.rows for cell in cells}
