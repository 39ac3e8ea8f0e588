"""The arguments and flags that several commands share, each written once.

``planned`` gives a command the story and what changes it, as one `Request`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from storyboard.cli.console import voice
from storyboard.cli.planning import Request
from storyboard.errors import did_you_mean

FILE = click.Path(path_type=Path)


class OneOf(click.Choice[str]):
    """One of a few words; another one is answered with the nearest."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Return the message for the invalid ``value``."""
        known = [str(choice) for choice in self.choices]
        near = did_you_mean(str(value), known)
        return f"{str(value)!r} is none of {', '.join(known)}" + (f"; {near}" if near else "")


def _hear(level: int) -> Callable[[click.Context, click.Parameter, bool], None]:
    def hear(_context: click.Context, _flag: click.Parameter, given: bool) -> None:
        if given:
            voice.level = level

    return hear


def _qualities(_context: click.Context, _argument: click.Parameter, incomplete: str) -> list[str]:
    from storyboard.story.quality import QUALITIES

    return [name for name in QUALITIES if name.startswith(incomplete)]


def _one_seed(_context: click.Context, _flag: click.Parameter, given: str | None) -> str | None:
    """Return the seed. Several are refused: they are several films."""
    if given is not None and re.fullmatch(r"\s*\d+(\s*([,;\s]|\.\.|-)\s*\d+)+\s*", given):
        message = f"{given!r} is several seeds, which are several films: run it once for each"
        raise click.BadParameter(message)
    return given


quiet = click.option(
    *("-q", "--quiet"),
    is_flag=True,
    expose_value=False,
    callback=_hear(-1),
    help="Say nothing but errors.",
)
verbose = click.option(
    *("-v", "--verbose"),
    is_flag=True,
    expose_value=False,
    callback=_hear(1),
    help="Show the trace behind an error.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="For programs: JSON on stdout.")
out_file = click.option(
    *("-o", "--out", "out_file"),
    type=FILE,
    metavar="FILE",
    help="The film; its suffix says the format (.mp4 .webm .mov .gif, none: PNGs).  "
    "[default: in out/STORY]",
)
overwrite = click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
device = click.option(
    "--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:0 or mps."
)
download = click.option(
    "--download", is_flag=True, help="Fetch weights that are not on this machine."
)
fresh = click.option("--fresh", is_flag=True, help="Throw away what is there of these shots.")
wait = click.option(
    "--wait", is_flag=True, help="Wait for another render of the same shots or film."
)
progress = click.option(
    "--progress",
    type=OneOf(("auto", "plain", "json", "none")),
    default="auto",
    help="How progress is shown, on stderr.",
)

_PAINTERS = (
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        help="So many processes paint at once, a chain of shots each; of several stories of all.",
    ),
    click.option(
        "--executor",
        default="local",
        metavar="NAME",
        help="Where workers are: local (here), ray (its cluster), or one that a package adds.",
    ),
    click.option(
        "--precision",
        type=OneOf(("fp32", "bf16", "fp16")),
        help="Number format of perceptors and networks.  [default: the fastest of this machine]",
    ),
    click.option("--mixed", is_flag=True, help="Accept workers whose device or software differs."),
)

_STORY = (
    click.argument("story", type=FILE),
    click.option(
        "--quality",
        metavar="NAME",
        shell_complete=_qualities,
        help="Another preset than the story's: `storyboard list qualities`.",
    ),
    click.option(
        "--seed", metavar="SEED", callback=_one_seed, help="Another seed: a number or a word."
    ),
    click.option(
        "--output", metavar="NAME", help="One of the story's outputs; the first by default."
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="PATH=VALUE",
        help="Change the story: shots.intro.duration=4b. Repeatable; the value is YAML.",
    ),
    quiet,
    verbose,
)


def planned_several(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` the stories of the command line, files and folders, and a `Request` for
    each, as its first two arguments.
    """

    @wraps(command)
    def wrapped(stories: tuple[Path, ...], settings: tuple[str, ...], **rest: Any) -> Any:
        asked = {name: rest.pop(name) for name in ("quality", "seed", "output")}
        return command(stories, lambda story: Request(story, settings, **asked), **rest)

    several = click.argument("stories", type=FILE, nargs=-1, required=True, metavar="STORY...")
    for decorate in reversed((several, *_STORY[1:])):
        wrapped = decorate(wrapped)
    return wrapped


def planned(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` a `Request` as its first argument, from the story and its flags."""

    @wraps(command)
    def wrapped(story: Path, settings: tuple[str, ...], **rest: Any) -> Any:
        asked = {name: rest.pop(name) for name in ("quality", "seed", "output")}
        return command(Request(story, settings, **asked), **rest)

    for decorate in reversed(_STORY):
        wrapped = decorate(wrapped)
    return wrapped


def painters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` the flags that say who paints and how, as one argument ``painters``: fields
    of `storyboard.render.RenderOptions` by name.
    """

    @wraps(command)
    def wrapped(*given: Any, **rest: Any) -> Any:
        names = ("workers", "executor", "precision", "mixed")
        return command(*given, painters={name: rest.pop(name) for name in names}, **rest)

    for decorate in reversed(_PAINTERS):
        wrapped = decorate(wrapped)
    return wrapped
