"""The story that ``storyboard new --lyrics`` writes: the shots of a song, line by line, to edit."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli import templates
from storyboard.errors import UsageError
from storyboard.files import missing_hint

if TYPE_CHECKING:
    from storyboard.timeline.lyric_shots import Sung

FIRST_GAP, GAP = "nothing is sung yet", "nothing is sung; the picture goes on"
LAST_LINE = Fraction(4)
"""Seconds that the last line lasts where nothing says how long."""


@dataclass(frozen=True)
class Song:
    """The files that the story is made from; both exist."""

    lyrics: Path
    audio: Path | None
    template: str = "{line}"


def song(lyrics: str, audio: str | None, template: str | None) -> Song:
    """Return the song that the flags name. Raises `UsageError` where a file is not there."""
    return Song(existing(lyrics), existing(audio) if audio else None, template or "{line}")


def existing(written: str) -> Path:
    """Return the file itself. Raises `UsageError` with the nearest name where there is none."""
    file = Path(written)
    if file.is_file():
        return file
    hint = missing_hint(file)
    raise UsageError(f"file not found: {file}" + (f"\n  hint: {hint}" if hint else ""))


def story_of(made_from: Song, title: str, file: Path) -> str:
    """Return the story as YAML, to be written to ``file``. Raises `BadValue` for lyrics that cannot
    be read, and for a template with unknown braces.
    """
    from storyboard.audio import audio_duration
    from storyboard.story.guidance import PromptSpec
    from storyboard.timeline.lyric_shots import Cut, sung, wants_words
    from storyboard.timeline.marks import read_sung

    by_word = wants_words([PromptSpec(text=made_from.template)])
    lines = read_sung(made_from.lyrics, by_word=by_word)
    last = lines[-1].end or lines[-1].start + LAST_LINE
    end = audio_duration(made_from.audio) if made_from.audio else last
    rows = sung(lines, Cut(Fraction(0), end), by_word=by_word, gaps=True)
    ends = [clock_time(row.start) for row in rows[1:]]
    ends.append("end" if made_from.audio else clock_time(end))
    audio = "# audio: song.mp3"
    if made_from.audio:
        entry = f"audio: {{file: {quoted(relative(made_from.audio, file))}}}"
        audio = f"{entry}   # bpm: auto in here makes beats: 4b, snap: bar, fract(b)"
    what = "word" if by_word else "line"
    head = templates.SONG.format(
        title=title, file=file.name, what=what, lyrics=made_from.lyrics.name, audio=audio
    )
    return head + "\n".join(_shots(rows, ends, made_from.template))


def relative(file: Path, story: Path) -> str:
    """Return the path of ``file`` from the folder of ``story``, with forward slashes."""
    return Path(os.path.relpath(file, story.parent)).as_posix()


def quoted(text: str) -> str:
    """Return ``text`` between double quotes, as YAML reads it in every place."""
    return json.dumps(text, ensure_ascii=False)


def clock_time(moment: Fraction) -> str:
    """Return ``m:ss.mmm``, to the millisecond, without needless zeros."""
    minutes, rest = divmod(round(moment * 1000), 60_000)
    text = f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"
    return text.rstrip("0").rstrip(".")


def _shots(rows: list[Sung], ends: list[str], template: str) -> list[str]:
    """Return a shot for each row, with what is sung, and when, as a comment."""
    first = next(row for row in rows if not row.is_gap)
    sung, shots = first, []
    for row, end in zip(rows, ends, strict=True):
        sung = sung if row.is_gap else row
        words = row.word or row.line or (GAP if row.start else FIRST_GAP)
        shots.append(
            f"  # {clock_time(row.start)}  {words}\n"
            f"  - name: {row.name}\n    until: {end}\n    prompt: {_prompts(template, sung)}\n"
        )
    return shots


def _prompts(template: str, row: Sung) -> str:
    """Return the prompts of the template as YAML; what is sung stays text, also with ``:`` or
    ``|``.
    """
    from storyboard.story.prompts import parse_prompts
    from storyboard.timeline.lyric_shots import filled

    written = []
    for prompt in parse_prompts(template):
        text = filled(prompt.text, row)
        if prompt.weight == 1 and not set(":|") & set(text):
            written.append(quoted(text))
        else:
            weight = "" if prompt.weight == 1 else f", weight: {prompt.weight:g}"
            written.append(f"{{text: {quoted(text)}{weight}}}")
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"
