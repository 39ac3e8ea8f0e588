"""``storyboard schema``: what an editor needs to complete and check a story while it is typed."""

from __future__ import annotations

from pathlib import Path

import click

from storyboard.cli.console import out
from storyboard.cli.new_files import write_new
from storyboard.cli.shared_options import FILE, overwrite, verbose


@click.command()
@click.option(
    *("-o", "--out", "file"), type=FILE, metavar="FILE", help="Write it here, not to stdout."
)
@overwrite
@verbose
def schema(file: Path | None, overwrite: bool) -> None:
    """Print the JSON Schema of a story, for editors."""
    from storyboard.story import schema_json

    text = schema_json()
    if file is None:
        out(text)
        return
    write_new(file, text + "\n", overwrite=overwrite)
    out(str(file))
