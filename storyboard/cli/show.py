"""``storyboard show``: the story, seeds and versions inside a film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.console import out, out_json, table
from storyboard.cli.options import Json


def show(
    video: Annotated[
        Path,
        typer.Argument(
            metavar="VIDEO", help="A film, or a picture or folder of pictures.", show_default=False
        ),
    ],
    story: Annotated[
        bool, typer.Option("--story", help="Print only the YAML; it renders the film again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the story, the seeds and the versions that a film holds."""
    from storyboard.render.embed import read_embedded

    held = read_embedded(video)
    if as_json:
        out_json(held)
        return
    if story:
        out(held["story"].rstrip("\n"))
        return
    seeds = ", ".join(f"{name} {seed}" for name, seed in held.get("shot_seeds", {}).items())
    versions = ", ".join(f"{name} {version}" for name, version in held["versions"].items())
    rows = [
        ("quality", str(held.get("quality"))),
        ("seed", f"{held.get('seed')}   ({seeds})"),
        ("versions", versions),
    ]
    out(table(rows) + "\n\n" + held["story"].rstrip("\n"))
