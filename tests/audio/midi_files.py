"""Small MIDI files, made here with mido."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import mido

PER_BEAT = 480

Row = tuple[int, str, dict[str, Any]]


def note(
    tick: int, number: int, *, lasts: int = 120, velocity: int = 127, channel: int = 1
) -> list[Row]:
    """A note as two rows; ``channel`` counts from 1."""
    own = {"note": number, "channel": channel - 1}
    return [
        (tick, "note_on", {**own, "velocity": velocity}),
        (tick + lasts, "note_off", {**own, "velocity": 0}),
    ]


def midi_bytes(*tracks: Sequence[Row], per_beat: int = PER_BEAT, kind: int = 1) -> bytes:
    """A MIDI file of rows of absolute ticks; those whose type mido knows as meta are that."""
    made = mido.MidiFile(type=kind, ticks_per_beat=per_beat)
    for rows in tracks:
        track, now = mido.MidiTrack(), 0
        for tick, name, values in sorted(rows, key=lambda row: row[0]):
            meta = name in mido.midifiles.meta._META_SPEC_BY_TYPE
            message = (mido.MetaMessage if meta else mido.Message)(name, **values)
            track.append(message.copy(time=tick - now))
            now = tick
        made.tracks.append(track)
    out = BytesIO()
    made.save(file=out)
    return out.getvalue()
