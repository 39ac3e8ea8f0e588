"""``storyboard audio song.mid``: what a MIDI file holds, by the names that a story reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.console import count, table
from storyboard.errors import UsageError
from storyboard.times import minutes

if TYPE_CHECKING:
    from storyboard.audio import MidiParts, MidiSong


def refuse_flags(ctx: click.Context) -> None:
    """Raise `UsageError` for a flag that says how to listen, which nobody does to a MIDI file."""
    for name in (
        "start",
        "end",
        "beats_per_bar",
        "bands",
        "plot",
        "stems",
        "tracker",
        "lyrics",
        "whisper",
    ):
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            flag = next(p.opts[-1] for p in ctx.command.params if p.name == name)
            raise UsageError(f"{flag} is for sound files; a MIDI file is shown as it is written")


def midi_text(parts: MidiParts, file: Path) -> str:
    """Return length, tempo and bars, and a row for each part that a story can name."""
    song = parts.song
    lines = [f"{file.name}: {minutes(float(song.duration), 2)}", *_tempo_lines(song)]
    rows = [_row(parts, name) for name in parts.masks]
    header = ("name", "notes", "first", "velocity")
    blocks = ["\n".join(lines)]
    blocks += [table(rows, header=header)] if rows else ["no notes"]
    if parts.controls:
        blocks.append("held: " + ", ".join(f"midi.{name}" for name in parts.controls))
    return "\n\n".join([*blocks, _suggestion(parts, file)])


def midi_data(parts: MidiParts, file: Path) -> dict[str, Any]:
    """Return the same for a program: times in seconds of the file."""
    song = parts.song
    return {
        "file": str(file),
        "duration_s": float(song.duration),
        "beats_s": [float(beat) for beat in song.beats],
        "bars_in_beats": [float(bar) for bar in song.bars] if song.beats else [],
        "tempo": [[float(song.tempo.seconds(c.tick)), bpm] for c, bpm in _tempos(song)],
        "markers": [[float(song.tempo.seconds(tick)), text] for tick, text in song.markers],
        "notes": {
            f"midi.{name}": song.tempo.floats(parts.notes(name).start).tolist()
            for name in parts.masks
        },
        "held": [f"midi.{name}" for name in parts.held],
    }


def _tempos(song: MidiSong) -> list[tuple[Any, float]]:
    if not song.tempo.per_beat:
        return []
    return [(change, float(song.tempo.bpm(change))) for change in song.tempo.changes]


def _tempo_lines(song: MidiSong) -> list[str]:
    if not song.beats:
        return ["counts in SMPTE frames: no tempo and no beats"]
    usual = float(song.tempo.usual_bpm(song.end))
    changes = len(song.tempo.changes) - 1
    tempo = f"{usual:.3f}".rstrip("0").rstrip(".") + " beats a minute"
    tempo += f", {count(changes, 'change')} of tempo" if changes else ", steady"
    meters = ", ".join(dict.fromkeys(f"{float(length):g}" for _, length in song.meters))
    bars = count(len(song.bars) - 1, "bar")
    lines = [tempo, f"{count(len(song.beats) - 1, 'beat')}, {bars} of {meters} beats"]
    named = [f"{text} {minutes(float(song.tempo.seconds(at)), 2)}" for at, text in song.markers]
    return [*lines, f"markers: {', '.join(named)}"] if named else lines


def _row(parts: MidiParts, name: str) -> tuple[str, ...]:
    notes = parts.notes(name)
    low, high = int(notes.velocity.min()), int(notes.velocity.max())
    first = minutes(float(parts.song.tempo.seconds(int(notes.start[0]))), 2)
    return f"midi.{name}", str(len(notes.start)), first, f"{low}-{high}" if low < high else str(low)


def _suggestion(parts: MidiParts, file: Path) -> str:
    """Return YAML for a story: the file, and the marks of its markers or of its first part."""
    part = "markers" if parts.song.markers else next(iter(parts.masks), None)
    lines = ["a story could say:", "", f"audio: {{midi: {file.name}}}"]
    return "\n".join([*lines, *([f"marks: {{hits: {{midi: {part}}}}}"] if part else [])])
