"""Every command in the operations guides is one that there is: its words, options and arguments
are read by the command line itself. tests/system/test_guides.py runs them as they are written, but
for those in ELSEWHERE, which other tests run."""

import re
import shlex
from pathlib import Path

import click
import pytest
import typer

from ops.cli import app

ROOT = Path(__file__).resolve().parents[2]
_COMMAND = re.compile(r"^ {4,}\.venv/bin/soudan (.+?)$", re.MULTILINE)
# What stands for something of the reader's own.
_OWN = {"FILE": "tenants/122041-demo.yaml", "signer.pem": "README.md", "town.pem": "README.md"}
_OWN |= {"handed": "README.md"}

# By path of a command: the test that runs it and what stands there, as it takes a municipality's
# part, days, or a moment of the past.
ELSEWHERE = {
    "tenant export": ("tests/system/test_move.py", '"tenant", "export"'),
    "tenant receive-key": ("tests/system/test_move.py", '"tenant", "receive-key"'),
    "tenant hand-over": ("tests/system/test_move.py", '"tenant", "hand-over"'),
    "tenant import": ("tests/system/test_move.py", '"tenant", "import"'),
    "tenant re-enrol": ("tests/system/test_move.py", '"tenant", "re-enrol"'),
    "tenant offboard": ("tests/system/test_move.py", '"tenant", "offboard"'),
    "drill restore": ("tests/system/test_drill.py", '"drill", "restore"'),
    "drill list": ("tests/system/test_drill.py", '"drill", "list"'),
    "drill clear": ("tests/unit/test_drill.py", "give_up("),
}


def path_of(line: str) -> str:
    """The two words that name a command."""
    return " ".join(shlex.split(line)[:2])


def commands() -> list[tuple[str, str]]:
    found = []
    for guide in sorted((ROOT / "docs" / "operations").glob("*.md")):
        text = guide.read_text("utf-8").replace("\\\n", " ")
        found += [(guide.name, line) for line in _COMMAND.findall(text)]
    return found


def test_the_guides_hold_commands() -> None:
    assert {name for name, _ in commands()} >= {"deploy.md", "runbooks.md", "tenant-life.md"}
    assert len(commands()) > 30


@pytest.mark.parametrize(("guide", "line"), commands())
def test_a_command_of_the_guides_is_understood(
    guide: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = [_OWN.get(word, word) for word in shlex.split(line)]
    command: click.Command = typer.main.get_command(app)
    context = click.Context(command)
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        name = words.pop(0)
        below = command.commands.get(name)  # type: ignore[union-attr]
        assert below is not None, f"{guide}: {line}: there is no {name}"
        command = below
        context = click.Context(command, parent=context)
    # Raises when an option is unknown, missing, or no value of its kind.
    command.make_context(command.name, words, parent=context.parent)


def test_what_the_walk_leaves_out_another_test_runs() -> None:
    for path in {path_of(line) for _, line in commands()} & ELSEWHERE.keys():
        test, words = ELSEWHERE[path]
        text = " ".join((ROOT / test).read_text("utf-8").split())
        assert words in text.replace("( ", "("), f"{test} does not run {path}"


def test_every_runbook_that_a_probe_names_is_there() -> None:
    from ops.tenants.life.probes import _PROBES

    text = (ROOT / "docs" / "operations" / "runbooks.md").read_text("utf-8")
    headings = set(re.findall(r"^## (.+)$", text, re.MULTILINE))
    for _, runbook in _PROBES.values():
        file, _, heading = runbook.partition("#")
        assert file == "docs/operations/runbooks.md" and heading in headings
