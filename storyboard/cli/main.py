"""The ``storyboard`` command: which commands there are, and how every run of one ends.

Exit codes: 0 done, 1 a shot failed, 2 wrong usage or a wrong story, 3 a tool, weights or a device
are missing, 130 stopped by the user with everything finished saved.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from storyboard import __version__
from storyboard.cli import console, streams
from storyboard.errors import Interrupted, StoryboardError, UsageError, did_you_mean

COMMANDS = {
    "render": "render:render",
    "open": "open:open_",
    "check": "check:check",
    "plan": "plan:plan",
    "motion": "motion:motion",
    "still": "still:still",
    "pick": "pick:pick",
    "compare": "compare:compare",
    "audio": "audio:audio",
    "tap": "tap:tap",
    "new": "new:new",
    "import": "import_:import_",
    "list": "listing:list_names",
    "show": "show:show",
    "export": "export:export",
    "schema": "schema:schema",
    "doctor": "doctor:doctor",
    "completion": "completion:completion",
}
"""Every command, in the order in which a film is made, and its module and name in this room."""


class Commands(click.Group):
    """The commands; a story in the place of one is understood as ``render`` of it.

    Only the command that is called is imported.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"storyboard.cli.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names."""
        name = args[0]
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        if name.lower().endswith((".yaml", ".yml")):
            return super().resolve_command(ctx, ["render", *args])
        near = did_you_mean(name, COMMANDS) or "commands: " + ", ".join(COMMANDS)
        raise click.UsageError(f"unknown command {name!r}; {near}", ctx)


@click.group(
    cls=Commands,
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
        return _fail_unexpectedly(error)
    return code if isinstance(code, int) else 0


_MACHINE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR)
"""What a machine may refuse to any program that writes."""


def _fail_unexpectedly(error: Exception) -> int:
    """Report an error that no command handles: of the machine, or else an internal one."""
    if isinstance(error, OSError) and error.errno in _MACHINE:
        console.fail(StoryboardError(f"{error.filename or 'a file'}: {error.strerror}"))
    elif isinstance(error, FileNotFoundError) and not _is_in_a_folder():
        console.fail(StoryboardError("the folder that this was started in has been deleted"))
    else:
        console.fail_unexpectedly(error)
    return StoryboardError.exit_code


def _is_in_a_folder() -> bool:
    """Return True if the current folder still exists."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def _fail_usage(error: click.ClickException) -> int:
    """Say what is wrong with the command line, and where its help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "storyboard"
    hint = f"run `{command} --help` for the options"
    console.fail(UsageError(f"{error.format_message()}\n  hint: {hint}"))
    return UsageError.exit_code


def main() -> NoReturn:
    """The entry point of the ``storyboard`` program.

    Threads of torch that wait for each other sleep instead of spinning: beside other work on two
    cores a spinning one takes ten times as long. OpenMP reads this when torch is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    streams.prepare()
    code = run(sys.argv[1:])
    streams.finish()
    sys.exit(code)
