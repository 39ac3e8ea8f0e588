"""The MIDI file of a soundtrack on the film's clock: its tempo map, and what expressions read.

::

    midi = MidiFeatures(file, midi_parts(read_midi(file)), shift, start, stop, fps)
    midi.on_clock(clock, first_beat, bars) -> Clock     with the beats and bars of the file
    midi.signal("midi.kick.held"), midi.events          as those of `SoundtrackFeatures`
    midi.moments("kick")                                the moments of a set of marks

A note belongs to the frame nearest to its start, and so does every change of what is held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from storyboard.audio import MidiParts, mark_name
from storyboard.curves.beat_grid import BeatGrid
from storyboard.curves.clock import NEAR_FRAME, Clock, frames_of
from storyboard.curves.sound import Events, Signal
from storyboard.errors import BadValue, did_you_mean
from storyboard.plan import Floats
from storyboard.timeline.audio_features import EventsPerFrame

PREFIX = "midi."
"""What every name of a MIDI file begins with in expressions."""

MARKERS = "markers"
"""The name of the file's own markers, as a set of marks."""

_NAMED = re.compile(r"\bmidi(?:\.[A-Za-z0-9_]+)+")


def names_in(lines: Iterable[str]) -> list[str]:
    """Return every name of a MIDI file that is written in ``lines``, known or not.

    >>> names_in(["zoom: 1 + 0.1*decay(midi.kick, 6) + midi.lead.held"])
    ['midi.kick', 'midi.lead.held']
    """
    return sorted({name for line in lines for name in _NAMED.findall(line)})


@dataclass(frozen=True)
class MidiFeatures:
    """A MIDI file in the film. ``shift`` are the seconds to add to a time of the file to get film
    time; what is outside of [``start``, ``stop``) of the film is ignored.
    """

    file: Path
    parts: MidiParts
    shift: Fraction
    start: Fraction
    stop: Fraction
    fps: Fraction

    @property
    def signals(self) -> list[str]:
        """Return the name of every signal: ``midi.kick``, ``midi.kick.held``, ``midi.cc1``."""
        return [PREFIX + name for name in (*self.parts.masks, *self.parts.held)]

    @property
    def events(self) -> Mapping[str, Callable[[], Events]]:
        """Return the starts of the notes of each part, weighed by their velocity of 127."""
        return {PREFIX + name: partial(self._events, name) for name in self.parts.masks}

    def signal(self, name: str) -> Signal:
        """Return a signal over film seconds.

        A part is the largest velocity of the notes that begin in a frame, else 0. What is held
        changes at the frame nearest to its change; the loudest note that sounds at any time of the
        frame counts.
        """
        own = name.removeprefix(PREFIX)
        if own in self.parts.masks:
            struck = EventsPerFrame.of(self._events(own), self.fps)
            return lambda seconds: struck.at(frames_of(seconds, self.fps))
        steps, width = self.parts.steps(own), float(1 / self.fps)

        def sampled_at(seconds: Floats) -> Floats:
            places = seconds * float(self.fps)
            on_frame = np.abs(places - np.rint(places)) < NEAR_FRAME
            within = seconds - float(self.shift)
            if own.endswith(".held"):
                values = np.where(on_frame, steps.largest(within, width), steps.at(within))
            else:
                values = steps.at(within + np.where(on_frame, width / 2, 0.0))
            played = (seconds >= float(self.start) - width / 2) & (seconds < float(self.stop))
            return np.where(played, values, 0.0)

        return sampled_at

    def moments(self, name: str) -> tuple[list[Fraction], dict[str, Fraction]]:
        """Return the film seconds of a part's notes, or of the `MARKERS`, which have names too.

        Raises `BadValue` for a name that the file does not have.
        """
        tempo = self.parts.song.tempo
        if name == MARKERS:
            markers = self.parts.song.markers
            named = [(mark_name(text), tempo.seconds(tick)) for tick, text in markers]
            found = {title: moment + self.shift for title, moment in reversed(named)}
            return self._played(moment + self.shift for _, moment in named), found
        if name not in self.parts.masks:
            known = [*self.parts.masks, MARKERS]
            hint = did_you_mean(name, known) or f"known: {', '.join(known[:20])}"
            raise BadValue(f"{self.file.name} has no notes called {name!r}", hint=hint)
        ticks = np.unique(self.parts.notes(name).start).tolist()
        return self._played(tempo.seconds(tick) + self.shift for tick in ticks), {}

    def on_clock(self, clock: Clock, first_beat: Fraction | None, bars: int | None) -> Clock:
        """Return ``clock`` with the beats and bars of the file; ``bars`` are the beats of a bar if
        the story sets them. Beat 0 is the one nearest to ``first_beat`` (film seconds), or the
        first; where that is before the film, the first of a bar within it.

        Raises `BadValue` for a file without beats.
        """
        song = self.parts.song
        times = tuple(second + self.shift for second in song.beats)
        if not times:
            message = f"{self.file.name} counts in SMPTE frames and has no tempo"
            raise BadValue(message, hint="write the number of beats a minute, such as bpm: 120")
        zero = 0
        if first_beat is not None:
            zero = min(range(len(times)), key=lambda n: abs(times[n] - first_beat))
        grid = BeatGrid(times)
        meter = BeatGrid(song.bars if bars is None else (Fraction(zero), Fraction(zero + bars)))
        bar = round(meter.beat(Fraction(zero)))
        while grid.moment(meter.moment(bar)) < 0:
            bar += 1
            zero = round(meter.moment(bar))
        counted = tuple(start - zero for start in meter.times)
        return replace(
            clock,
            bpm=song.tempo.usual_bpm(song.end),
            beats_per_bar=bars or max(1, round(song.meters[0][1])),
            first_beat=grid.moment(zero),
            grid=replace(grid, zero=zero),
            meter=BeatGrid(counted, bar) if bars is None else None,
        )

    def _events(self, name: str) -> Events:
        """Return the notes of a part that begin while the film plays them."""
        notes = self.parts.notes(name)
        times = self.parts.song.tempo.floats(notes.start) + float(self.shift)
        inside = (times >= float(self.start)) & (times < float(self.stop))
        return Events(times[inside], notes.velocity[inside] / 127)

    def _played(self, moments: Iterable[Fraction]) -> list[Fraction]:
        return [moment for moment in moments if self.start <= moment < self.stop]
