"""``storyboard completion``: the script that teaches a shell our commands and flags."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]

from storyboard.cli.console import out


class Shell(StrEnum):
    """Shells that can be taught."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell.", show_default=False)],
) -> None:
    """Print the completion script of a shell: `eval "$(storyboard completion bash)"`."""
    variable = "_STORYBOARD_COMPLETE"
    out(get_completion_script(prog_name="storyboard", complete_var=variable, shell=shell.value))
