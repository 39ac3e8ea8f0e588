"""``storyboard show``: the story, seeds and versions inside a film."""

from __future__ import annotations

from pathlib import Path

import click

from storyboard.cli.console import out, out_as_it_is, out_json, table
from storyboard.cli.shared_options import FILE, as_json, verbose


@click.command()
@click.argument("video", type=FILE)
@click.option("--story", is_flag=True, help="Print only the YAML; it renders the film again.")
@as_json
@verbose
def show(video: Path, story: bool, as_json: bool) -> None:
    """Show the story, seeds and versions inside a film.

    VIDEO is a film, a picture, or a folder of pictures.
    """
    from storyboard.render.output.embed import read_embedded

    held = read_embedded(video)
    if as_json:
        out_json(held)
        return
    if story:
        out_as_it_is(held["story"].rstrip("\n"))
        return
    seeds = ", ".join(f"{name} {seed}" for name, seed in held.get("shot_seeds", {}).items())
    versions = ", ".join(f"{name} {version}" for name, version in held["versions"].items())
    rows = [
        ("quality", str(held.get("quality"))),
        ("seed", f"{held.get('seed')}   ({seeds})"),
        ("versions", versions),
    ]
    out(table(rows) + "\n\n" + held["story"].rstrip("\n"))
