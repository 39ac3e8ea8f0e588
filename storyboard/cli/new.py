"""``storyboard new``: a story to start from, with what an editor needs to help while typing."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from storyboard.cli import examples, songs, templates
from storyboard.cli.console import note, out
from storyboard.cli.new_files import refuse_existing, write_new
from storyboard.cli.shared_options import verbose
from storyboard.errors import UsageError

SCHEMA = Path(".storyboard") / "story-1.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA.as_posix()}\n"


@click.command()
@click.argument("name")
@click.option(
    *("--from", "source"),
    metavar="EXAMPLE",
    help="Start from an example: `storyboard list examples`.",
    shell_complete=lambda _context, _flag, start: [
        name for name in examples.names() if name.startswith(start)
    ],
)
@click.option(
    "--lyrics", metavar="FILE", help="A shot for each line of these lyrics: .lrc or .srt."
)
@click.option("--audio", metavar="FILE", help="The soundtrack.")
@click.option(
    *("--prompt", "template"),
    metavar="TEXT",
    help='What each line shows, such as "{line}, oil painting"; with {word} a shot a word.',
)
@verbose
def new(
    name: str, source: str | None, lyrics: str | None, audio: str | None, template: str | None
) -> None:
    """Write a story to start from.

    With its schema for editors beside it. Nothing is ever overwritten.
    """
    if source and (lyrics or audio):
        raise UsageError("--from brings its own soundtrack: leave out --lyrics and --audio")
    if template and not lyrics:
        raise UsageError("--prompt needs --lyrics")
    file = Path(name)
    if file.suffix not in (".yaml", ".yml"):
        file = file.with_name(file.name + ".yaml")
    if not file.stem.strip("."):
        raise UsageError(f"invalid story name {name!r}")
    refuse_existing(file, hint="choose another name: nothing is ever overwritten")
    title = file.stem.replace("_", " ").replace("-", " ").capitalize()
    if source is not None:
        text = _copy_example(source, file.parent)
    elif lyrics is not None:
        text = songs.story_of(songs.song(lyrics, audio, template), title, file)
    else:
        text = templates.STORY.format(title=title, file=file.name, audio=_audio(audio, file))
    write_new(file, MODELINE + text)
    _write_schema(file.parent / SCHEMA)
    out(str(file))
    note(f"next: storyboard {file}")


def _audio(written: str | None, story: Path) -> str:
    """Return the line of the soundtrack."""
    if written is None:
        return "# audio: song.mp3                    # the soundtrack; then `until: end` is its end"
    file = songs.quoted(songs.relative(songs.existing(written), story))
    return (
        f"audio: {{file: {file}, bpm: auto}}   # beats as they are played; `until: end` is its end"
    )


def _copy_example(name: str, folder: Path) -> str:
    """Put the soundtrack of an example into ``folder`` and answer the example's text."""
    story = examples.find(name)
    folder.mkdir(parents=True, exist_ok=True)
    for sound in story.parent.glob(f"{name}.*"):
        if sound != story and not (folder / sound.name).exists():
            shutil.copyfile(sound, folder / sound.name)
    return story.read_text(encoding="utf-8")


def _write_schema(file: Path) -> None:
    """Write the schema of this version over that of an earlier one."""
    from storyboard.story import schema_json

    write_new(file, schema_json() + "\n", overwrite=True)
