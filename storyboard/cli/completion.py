"""``storyboard completion``: the script that teaches a shell our commands and flags."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from storyboard.cli.console import out
from storyboard.cli.shared_options import OneOf

VARIABLE = "_STORYBOARD_COMPLETE"
"""Where click looks for a request of the script."""


@click.command()
@click.argument("shell", type=OneOf(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    Put `eval "$(storyboard completion bash)"` into ~/.bashrc, likewise for zsh; for fish put
    `storyboard completion fish | source` into config.fish.
    """
    kind = get_completion_class(shell)
    if kind is not None:
        out(kind(context.find_root().command, {}, "storyboard", VARIABLE).source())
