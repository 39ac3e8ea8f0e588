"""The music sections of a story: the soundtrack, marks taken from it, lyrics, and snapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from storyboard.story.kinds import Either, MapOf, RecordOf, spec_field
from storyboard.story.scalars import BPM, GAIN, NUMBER, SHIFT, TEXT, TIME, WHOLE, one_of

SNAPS = ("beat", "bar", "onset", "none")
EACH = ("line", "word")


@dataclass(frozen=True, kw_only=True)
class BandSpec:
    """A stretch of the spectrum, as {center, width} or {low, high}, in Hz."""

    center: float | None = spec_field(NUMBER, "Its middle, in Hz.")
    width: float | None = spec_field(NUMBER, "From its lowest tone to its highest, in Hz.")
    low: float | None = spec_field(NUMBER, "Its lowest tone, in Hz.")
    high: float | None = spec_field(NUMBER, "Its highest tone, in Hz.")


@dataclass(frozen=True, kw_only=True)
class MidiSpec:
    """A MIDI file beside the soundtrack, or in its place."""

    file: str = spec_field(TEXT, "The .mid file, relative to the story.", required=True)
    offset: Any = spec_field(
        SHIFT, "How much later than in its file a note sounds in the sound file; -0.2s: earlier."
    )


@dataclass(frozen=True, kw_only=True)
class AudioSpec:
    """The soundtrack, and the beat grid on which times in beats and bars count."""

    file: str | None = spec_field(TEXT, "A sound file, or a video's sound, relative to the story.")
    offset: Any = spec_field(TIME, "When the soundtrack sets in, from the start of the film.")
    start: Any = spec_field(TIME, "Where in the file the soundtrack starts.")
    end: Any = spec_field(TIME, "Where in the file it ends; at its own end if not set.")
    midi: MidiSpec | None = spec_field(
        RecordOf(MidiSpec, short="file"),
        "A MIDI file: its notes and controllers as midi.kick, midi.cc1; its tempo unless bpm is.",
    )
    bpm: float | Literal["auto"] | None = spec_field(
        BPM, "Beats a minute; auto takes the beats as they are played."
    )
    first_beat: Any = spec_field(
        TIME, "When the first beat of a bar falls, from the start of the file."
    )
    beats_per_bar: int | None = spec_field(WHOLE, "Beats in a bar; 4 if not set.")
    tracker: str | None = spec_field(
        TEXT,
        "Weights of beat-this (.ckpt), which finds beats and bars instead of what is built in.",
    )
    gain: float | None = spec_field(GAIN, "Decibels louder, or quieter if negative.")
    stems: Mapping[str, str] | str | None = spec_field(
        Either(TEXT, MapOf(TEXT, "{drums: drums.wav}")),
        "Parts of the music, as drums.onset: files as long as the whole, by name; auto makes them; "
        "a folder has the weights of Demucs that make them.",
    )
    bands: Mapping[str, BandSpec] | None = spec_field(
        MapOf(RecordOf(BandSpec), "{kick: {center: 60, width: 40}}"),
        "Signals of your own: the loudness of a stretch of the spectrum, by name.",
    )


@dataclass(frozen=True, kw_only=True)
class MarkSet:
    """Marks that are taken from the music: one for a section, a numbered row for all else."""

    section: int | None = spec_field(WHOLE, "The start of the section of that number, from 1.")
    every: Any = spec_field(TIME, "A mark as often as this: every: 4 bars.")
    from_: Any = spec_field(TIME, "When the first of them is; the first beat, or 0s.", key="from")
    to: Any = spec_field(TIME, "Before when they end; the end if not set.")
    lyrics: str | None = spec_field(TEXT, "A file of lyrics: .lrc or .srt.")
    each: str | None = spec_field(one_of("part of lyrics", EACH), "A mark for each line, or word.")
    midi: str | None = spec_field(
        TEXT, "Notes of the MIDI file: kick, note60, the name of a track; or its markers."
    )
    file: str | None = spec_field(
        TEXT, "A file of times: Audacity labels (.txt), .csv, .srt or .lrc."
    )
    named: str | None = spec_field(TEXT, "Only those of this name in the file.")
    offset: Any = spec_field(
        SHIFT, "How much later than in its file each of them is; -0.2s is earlier."
    )


@dataclass(frozen=True, kw_only=True)
class SnapSpec:
    """The events that the start of a shot is moved to."""

    to: str = spec_field(
        one_of("thing to snap to", SNAPS), "beat, bar, onset, or none.", required=True
    )
    within: Any = spec_field(
        TIME, "How far it may move; half a beat if not set, and 100ms to an onset."
    )
