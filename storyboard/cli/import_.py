"""``storyboard import``: another tool's file as a story."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.cli.console import note, out
from storyboard.cli.new_files import refuse_existing, write_new
from storyboard.cli.shared_options import FILE, overwrite, quiet, verbose

if TYPE_CHECKING:
    from storyboard.interchange.importers import Imported


def _tools(_context: click.Context, _argument: click.Parameter, incomplete: str) -> list[str]:
    from storyboard.interchange.importers.tools import TOOLS

    return [name for name in TOOLS.names() if name.startswith(incomplete)]


@click.command("import")
@click.argument("source", type=FILE, metavar="FILE")
@click.option(
    *("-o", "--out", "story"),
    type=FILE,
    metavar="STORY",
    help="The story to write.  [default: beside FILE, with .yaml]",
)
@click.option(
    *("--from", "tool"),
    metavar="TOOL",
    shell_complete=_tools,
    help="The tool that wrote it; detected from its keys by default.",
)
@click.option("--fps", metavar="NUMBER", help="Frames a second, where the file does not say.")
@click.option(
    "--allow-outside", is_flag=True, help="Take files that FILE names outside its folder, too."
)
@overwrite
@quiet
@verbose
def import_(
    source: Path,
    story: Path | None,
    tool: str | None,
    fps: str | None,
    allow_outside: bool,
    overwrite: bool,
) -> None:
    """Write another tool's file as a story.

    Deforum, Disco Diffusion, PyTTI, Pixray and clipit, Parseq, ComfyUI, keyframed,
    VQGAN-CLIP animations.
    What was mended and what has no counterpart is reported, and stands in the story as comments.
    """
    from storyboard.interchange.importers import import_file

    file = story or _beside(source)
    refuse_existing(file, overwrite=overwrite)
    imported = import_file(source, tool, fps=fps, allow_outside=allow_outside)
    write_new(file, imported.text, overwrite=overwrite)
    _print_notes(imported)
    out(str(file))


def _beside(source: Path) -> Path:
    """Return the story's file where none is set: never the source itself."""
    taken = source.suffix in (".yaml", ".yml")
    return source.with_name(f"{source.stem}.story.yaml") if taken else source.with_suffix(".yaml")


def _print_notes(imported: Imported) -> None:
    """Print the notes of an import, on stderr."""
    note(f"read as {imported.tool}")
    for heading, texts in imported.headed.items():
        note(f"{heading}:")
        for text in texts:
            note(f"  {text}")
