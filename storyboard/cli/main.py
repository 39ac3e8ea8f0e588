"""The ``storyboard`` command: which commands there are, and how every run of one ends.

Exit codes: 0 done, 1 a shot failed, 2 wrong usage or a wrong story, 3 a tool, weights or a device
are missing, 130 stopped by the user with everything finished saved.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

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
from storyboard.errors import StoryboardError, did_you_mean

INTERRUPTED = 130


class Commands(TyperGroup):
    """The commands; a story in the place of one is understood as ``render`` of it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first argument names; a story stands for ``render``."""
        if args[0] not in self.commands and args[0].lower().endswith((".yaml", ".yml")):
            args = ["render", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Commands,
    name="storyboard",
    help="A YAML storyboard becomes a film: timed prompts, a moving camera, a soundtrack.",
    epilog="`storyboard story.yaml` is short for `storyboard render story.yaml`.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _function, _name in (
    (render, "render"),
    (check, "check"),
    (plan, "plan"),
    (motion, "motion"),
    (still, "still"),
    (new, "new"),
    (list_names, "list"),
    (show, "show"),
    (schema, "schema"),
    (doctor, "doctor"),
    (completion, "completion"),
):
    app.command(_name)(_function)


def _say_version(wanted: bool) -> None:
    if wanted:
        console.out(f"storyboard {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Flags of the program itself."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and answer its exit code; every error ends as one block."""
    console.voice.level = 0
    try:
        code = app(list(arguments), standalone_mode=False, prog_name="storyboard")
    except StoryboardError as error:
        console.fail(error)
        return error.exit_code
    except typer.TyperException as error:
        return _fail_usage(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our results has gone, as `head` does
        return 0
    except Exception as error:
        console.fail_unexpectedly(error)
        return 1
    return code if isinstance(code, int) else 0


def _fail_usage(error: typer.TyperException) -> int:
    """Say what is wrong with the command line, and where its help is."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if not message:  # no command at all: the help is the answer
        console.out(context.get_help() if context else "")
        return error.exit_code
    if near := did_you_mean(*_option_and_known(error)):
        message = f"{getattr(error, 'message', message)}; {near}"
    command = context.command_path if context else "storyboard"
    console.fail(StoryboardError(f"{message}\n  hint: `{command} --help` lists what there is"))
    return error.exit_code


def _option_and_known(error: typer.TyperException) -> tuple[str, list[str]]:
    """The flag that is not known, and those that are; nothing for any other mistake."""
    context, name = getattr(error, "ctx", None), getattr(error, "option_name", None)
    if context is None or not isinstance(name, str):
        return "", []
    return name, [flag for p in context.command.params for flag in p.opts if flag != name]


def main() -> NoReturn:
    """The entry point of the ``storyboard`` program."""
    sys.exit(run(sys.argv[1:]))
