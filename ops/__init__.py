"""Operations: the `soudan` command line and what it is made of."""

from ops import japanese as japanese  # before anything of ours imports Typer
