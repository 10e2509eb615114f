"""Faults of files written by hand, shown to the person at the command line."""

from rich.console import Console

from infra.written import WrittenError


def print_problems(console: Console, error: WrittenError) -> None:
    """Place, fault and cure of each, in the order of the file."""
    for problem in error.problems:
        place = f"{problem.file}:{problem.line}:{problem.column}"
        console.print(place, style="bold", soft_wrap=True, markup=False)
        console.print(f"  {problem.wrong}", soft_wrap=True, markup=False)
        console.print(f"  → {problem.write}", soft_wrap=True, markup=False)
