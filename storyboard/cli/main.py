"""The ``storyboard`` command: which commands there are, and how every run of one ends.

Exit codes: 0 done, 1 a shot failed, 2 wrong usage or a wrong story, 3 a tool, weights or a device
are missing, 130 stopped by the user with everything finished saved.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from storyboard import __version__
from storyboard.cli import console
from storyboard.cli.check import check
from storyboard.cli.completion import completion
from storyboard.cli.doctor import doctor
from storyboard.cli.listing import list_names
from storyboard.cli.motion import motion
from storyboard.cli.new import new
from storyboard.cli.plan import plan
from storyboard.cli.render import render
from storyboard.cli.schema import schema
from storyboard.cli.show import show
from storyboard.cli.still import still
from storyboard.errors import Interrupted, StoryboardError, UsageError

COMMANDS = (
    render,
    check,
    plan,
    motion,
    still,
    new,
    list_names,
    show,
    schema,
    doctor,
    completion,
)


class Commands(click.Group):
    """The commands; a story in the place of one is understood as ``render`` of it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order in which a film is made, not in that of the alphabet."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names."""
        if args[0] not in self.commands and args[0].lower().endswith((".yaml", ".yml")):
            args = ["render", *args]
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    commands={command.name or "": command for command in COMMANDS},
    epilog="`storyboard story.yaml` is short for `storyboard render story.yaml`.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "--version", message="storyboard %(version)s")
def program() -> None:
    """A YAML storyboard becomes a film: timed prompts, a moving camera, a soundtrack."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and answer its exit code; every error ends as one block."""
    console.voice.level = 0
    try:
        code = program(list(arguments), prog_name="storyboard", standalone_mode=False)
    except StoryboardError as error:
        console.fail(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:  # no command at all: the help answers
        console.out(error.format_message())
        return error.exit_code
    except click.ClickException as error:
        return _fail_usage(error)
    except (KeyboardInterrupt, click.Abort):
        return Interrupted.exit_code
    except BrokenPipeError:  # the reader of our results has gone, as `head` does
        return 0
    except Exception as error:
        console.fail_unexpectedly(error)
        return 1
    return code if isinstance(code, int) else 0


def _fail_usage(error: click.ClickException) -> int:
    """Say what is wrong with the command line, and where its help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "storyboard"
    hint = f"`{command} --help` lists what there is"
    console.fail(UsageError(f"{error.format_message()}\n  hint: {hint}"))
    return UsageError.exit_code


def main() -> NoReturn:
    """The entry point of the ``storyboard`` program."""
    sys.exit(run(sys.argv[1:]))
