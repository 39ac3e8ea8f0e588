"""The arguments and flags that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.console import voice

QUALITIES = ("sketch", "draft", "normal", "better", "best", "supreme")


def _set_voice(change: int) -> None:
    voice.level = change


def _quiet(on: bool) -> None:
    if on:
        _set_voice(-1)


def _verbose(on: bool) -> None:
    if on:
        _set_voice(1)


StoryFile = Annotated[
    Path, typer.Argument(metavar="STORY", help="The story, a YAML file.", show_default=False)
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", callback=_quiet, help="Say nothing but errors.")
]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", callback=_verbose, help="Say more; trace of an error.")
]
Json = Annotated[bool, typer.Option("--json", help="For programs: JSON on stdout.")]
Seed = Annotated[
    int | None, typer.Option("--seed", help="Seed of the film.", show_default="the story's")
]
Quality = Annotated[
    str | None,
    typer.Option(
        "--quality",
        metavar="NAME",
        help=f"One of {', '.join(QUALITIES)}.",
        show_default="the story's",
        autocompletion=lambda: list(QUALITIES),
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change the story: shots.intro.duration=4b. Repeatable; the value is YAML.",
        show_default=False,
    ),
]
Device = Annotated[
    str,
    typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:0 or mps."),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file that is there already.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        metavar="FILE",
        help="The film; its suffix says the format (.mp4 .webm .mov .gif, none: PNGs).",
        show_default="out/STORY/STORY.mp4",
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Throw away what is there of these shots; begin again.")
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for another render in the same folder to end.")
]
