"""What a story says of its music: the soundtrack, marks taken from it, lyrics, and snapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from storyboard.story.kinds import MapOf, Part, said
from storyboard.story.scalars import BPM, GAIN, NUMBER, SHIFT, TEXT, TIME, WHOLE, one_of

SNAPS = ("beat", "bar", "onset", "none")
EACH = ("line", "word")


@dataclass(frozen=True, kw_only=True)
class BandSpec:
    """A stretch of the spectrum, as {center, width} or {low, high}, in Hz."""

    center: float | None = said(NUMBER, "Its middle, in Hz.")
    width: float | None = said(NUMBER, "From its lowest tone to its highest, in Hz.")
    low: float | None = said(NUMBER, "Its lowest tone, in Hz.")
    high: float | None = said(NUMBER, "Its highest tone, in Hz.")


@dataclass(frozen=True, kw_only=True)
class AudioSpec:
    """The soundtrack, and the beat grid on which times in beats and bars count."""

    file: str | None = said(TEXT, "A sound file, or a video's sound, relative to the story.")
    offset: Any = said(TIME, "When the soundtrack sets in, from the start of the film.")
    start: Any = said(TIME, "Where in the file the soundtrack starts.")
    end: Any = said(TIME, "Where in the file it ends; at its own end if not said.")
    bpm: float | Literal["auto"] | None = said(
        BPM, "Beats a minute; auto takes the beats as they are played."
    )
    first_beat: Any = said(TIME, "When the first beat of a bar falls, from the start of the file.")
    beats_per_bar: int | None = said(WHOLE, "Beats in a bar; 4 if not said.")
    gain: float | None = said(GAIN, "Decibels louder, or quieter if negative.")
    stems: Mapping[str, str] | None = said(
        MapOf(TEXT, "{drums: drums.wav}"),
        "Parts of the music as files of their own, as long as the whole: drums.onset, drums.rms.",
    )
    bands: Mapping[str, BandSpec] | None = said(
        MapOf(Part(BandSpec), "{kick: {center: 60, width: 40}}"),
        "Signals of your own: the loudness of a stretch of the spectrum, by name.",
    )


@dataclass(frozen=True, kw_only=True)
class MarkSet:
    """Marks that are taken from the music: one for a section, a numbered row for all else."""

    section: int | None = said(WHOLE, "The start of the section of that number, from 1.")
    every: Any = said(TIME, "A mark as often as this: every: 4 bars.")
    from_: Any = said(TIME, "When the first of them is; the first beat, or 0s.", key="from")
    to: Any = said(TIME, "Before when they end; the end if not said.")
    lyrics: str | None = said(TEXT, "A file of lyrics: .lrc or .srt.")
    each: str | None = said(one_of("part of lyrics", EACH), "A mark for each line, or word.")
    file: str | None = said(TEXT, "A file of times: Audacity labels (.txt), .csv, .srt or .lrc.")
    offset: Any = said(SHIFT, "How much later than in its file each of them is; -0.2s is earlier.")


@dataclass(frozen=True, kw_only=True)
class SnapSpec:
    """What the start of a shot is moved to."""

    to: str = said(one_of("thing to snap to", SNAPS), "beat, bar, onset, or none.", needed=True)
    within: Any = said(TIME, "How far it may move; half a beat if not said, and 100ms to an onset.")
