"""Soundtrack features for a film's expressions, analysed only when they are asked for.

::

    features = SoundtrackFeatures(audio, stems, bands, beats_per_bar=4, fps=fps)
    features.song                            the analysis of the soundtrack, made once
    features.grid(first_beat) -> BeatGrid       its beats in film seconds, as they are played
    features.signals, .signal(name), .events    by name

The seconds of a sound file become those of the film by `AudioPlan`; what is outside of the part
that the film plays is ignored: signals are 0 there, and there are no events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from storyboard.audio import SIGNALS, Analysis, Band
from storyboard.curves.beat_grid import BeatGrid, exact
from storyboard.curves.clock import NEAR_FRAME, frame_of, frames_of
from storyboard.curves.sound import Events, Signal
from storyboard.errors import BadValue
from storyboard.plan import AudioPlan, Floats

#: Signals that are no loudness, whose largest value within a frame would mean nothing.
_PLAIN = frozenset({"centroid", "pitch"})

HEARD_S = Fraction(1, 1000)
"""Precision of a detected beat, in seconds."""


@dataclass(frozen=True)
class EventsPerFrame:
    """Events, and the strongest weight of those that belong to a frame: ``frames`` ascend."""

    events: Events
    frames: npt.NDArray[np.int64]
    strongest: Floats

    @classmethod
    def of(cls, events: Events, fps: Fraction) -> EventsPerFrame:
        """Return the events on the frames of a film."""
        frames, places = np.unique(frames_of(events.times, fps), return_inverse=True)
        strongest = np.zeros(len(frames))
        np.maximum.at(strongest, places, events.weights)
        return cls(events, frames, strongest)

    def at(self, frames: npt.NDArray[np.int64]) -> Floats:
        """Return the strongest weight at each of ``frames``, 0 where there is no event."""
        found = np.searchsorted(self.frames, frames)
        padded = np.append(self.strongest, 0.0)
        return np.where(np.isin(frames, self.frames), padded[found], 0.0)


@dataclass(frozen=True)
class SoundtrackFeatures:
    """The soundtrack of a film, with its stems and the story's own bands."""

    audio: AudioPlan
    fps: Fraction
    stems: Mapping[str, Path] = field(default_factory=dict)
    bands: Mapping[str, Band] = field(default_factory=dict)
    beats_per_bar: int = 4
    tracker: Path | None = None
    _heard: dict[str, Analysis] = field(default_factory=dict, repr=False, compare=False)
    _hits: dict[str, EventsPerFrame] = field(default_factory=dict, repr=False, compare=False)

    @property
    def song(self) -> Analysis:
        """Return the analysis of the soundtrack's file."""
        return self.analysis("")

    @property
    def signals(self) -> list[str]:
        """Return the name of every signal: ``bass``, ``drums.bass``, the story's bands."""
        own = [*SIGNALS, *self.bands]
        return [*own, *(f"{stem}.{name}" for stem in self.stems for name in own)]

    @property
    def shift(self) -> Fraction:
        """Return the seconds to add to a time in the file to get film time."""
        return self.audio.film_start - self.audio.source_start

    def analysis(self, stem: str) -> Analysis:
        """Return the analysis of a stem, or of the whole where ``stem`` is empty."""
        if stem not in self._heard:
            from storyboard.audio import analyse

            audio, bands = self.audio, self.bands
            used = (audio.source_start, audio.source_start + audio.film_end - audio.film_start)
            self._heard[stem] = analyse(
                self.stems[stem] if stem else audio.file,
                bands=bands,
                used=(float(used[0]), float(used[1])),
                beats_per_bar=self.beats_per_bar,
                tracker=None if stem else self.tracker,
            )
        return self._heard[stem]

    def grid(self, first_beat: Fraction | None) -> BeatGrid:
        """Return the beats as they are played. Beat 0 is the one nearest to ``first_beat`` (film
        seconds) or else the first of a bar; where that is before the film, the first of a bar
        within it. A beat that is audible within `HEARD_S` of a frame is on it.

        Raises `BadValue` if no beat is detected.
        """
        song = self.song
        if len(song.beats) < 2:
            hint = "write the number of beats a minute, such as bpm: 120"
            raise BadValue(f"no beats detected in {self.audio.file.name}", hint=hint)
        times = tuple(self._on_frame(beat) for beat in self.moments(song.beats))
        wanted = self.moments(song.bars[:1])[0] if first_beat is None else first_beat
        zero = min(range(len(times)), key=lambda n: abs(times[n] - wanted))
        grid = BeatGrid(times, zero)
        while grid.first_beat < 0:
            grid = BeatGrid(times, grid.zero + self.beats_per_bar)
        return grid

    def meter(self, grid: BeatGrid) -> BeatGrid | None:
        """Return the starts of the bars in beats of ``grid`` where they differ from every
        `beats_per_bar`-th beat: those that a tracker hears. None where they do not.
        """
        numbers = np.searchsorted(self.song.beats, self.song.bars) - grid.zero
        if (
            self.tracker is None
            or len(numbers) < 2
            or set(np.diff(numbers)) == {self.beats_per_bar}
        ):
            return None
        zero = int(np.abs(numbers).argmin())
        return BeatGrid(tuple(Fraction(int(number)) for number in numbers), zero)

    def _on_frame(self, moment: Fraction) -> Fraction:
        """Return ``moment``, or the time of the film's frame where both differ by rounding alone.

        A hair after the frame, the beat would show in `beat` one frame late.
        """
        nearest = Fraction(frame_of(moment, self.fps)) / self.fps
        return nearest if abs(nearest - moment) <= HEARD_S else moment

    def onsets(self, stem: str = "") -> Events:
        """Return the onsets within the part that is played, and their strengths."""
        return self._onsets(stem).events

    def _onsets(self, stem: str) -> EventsPerFrame:
        if stem not in self._hits:
            analysis = self.analysis(stem)
            events = self._played(analysis.onsets, analysis.onset_strengths)
            self._hits[stem] = EventsPerFrame.of(events, self.fps)
        return self._hits[stem]

    def sections(self) -> Events:
        """Return the section starts; the film's first section starts with the soundtrack."""
        starts = self.song.sections
        begun = np.maximum(starts, float(self.audio.source_start))
        return self._played(np.unique(begun))

    def signal(self, name: str) -> Signal:
        """Return a signal over film seconds.

        At the time of a frame a loudness is the largest within the frame, half a frame to either
        side, so that no hit falls between two; elsewhere it is that of the very instant, so that
        what adds up over time does not depend on the fps.
        """
        stem, _, own = name.rpartition(".")
        if own == "onset":
            return lambda seconds: self._onsets(stem).at(frames_of(seconds, self.fps))
        width = 0.0 if own in _PLAIN else float(1 / self.fps)

        def sampled_at(seconds: Floats) -> Floats:
            analysis, within = self.analysis(stem), seconds - float(self.shift)
            values = analysis.sample(own, within, width=width)
            between = ~_on_frames(seconds, self.fps)
            values[between] = analysis.sample(own, within[between])
            return np.where(self._is_played(seconds), values, 0.0)

        return sampled_at

    def moments(self, file_seconds: Floats) -> list[Fraction]:
        """Return seconds of the file as moments of the film, exact."""
        return [second + self.shift for second in exact(file_seconds)]

    def _played(self, file_seconds: Floats, weights: Floats | None = None) -> Events:
        """Return the events of the file that fall into the part that is played."""
        weights = np.ones(len(file_seconds)) if weights is None else weights
        moments, audio = self.moments(file_seconds), self.audio
        inside = np.array([audio.film_start <= m < audio.film_end for m in moments], dtype=bool)
        return Events(np.array([float(m) for m in moments])[inside], weights[inside])

    def _is_played(self, seconds: Floats) -> npt.NDArray[np.bool_]:
        """Return True if the frame at ``seconds`` is one of the soundtrack's."""
        edges = (self.audio.film_start, self.audio.film_end)
        first, stop = (frame_of(edge, self.fps) for edge in edges)
        frames = frames_of(seconds, self.fps)
        return (frames >= first) & (frames < stop)

    @property
    def events(self) -> Mapping[str, Callable[[], Events]]:
        """Return the events behind ``onset``, ``section`` and the onsets of the stems."""
        stems = {f"{stem}.onset": partial(self.onsets, stem) for stem in self.stems}
        return {"onset": self.onsets, "section": self.sections, **stems}


def _on_frames(seconds: Floats, fps: Fraction) -> npt.NDArray[np.bool_]:
    places = seconds * float(fps)
    return np.abs(places - np.rint(places)) < NEAR_FRAME
