"""What a film's expressions hear of its soundtrack, listened to only when it is asked for.

::

    ear = Ear(audio, stems, bands, beats_per_bar=4, fps=fps)
    ear.song                                the analysis of the soundtrack, made once
    ear.grid(first_beat) -> Grid            its beats in film seconds, as they are played
    sound_of(clock, ear, Beats(first, end)) -> Sound

The seconds of a sound file become those of the film by `AudioPlan`; what is outside of the part
that the film plays is not heard: signals are 0 there, and there are no events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from storyboard.audio import SIGNALS, Analysis, Band
from storyboard.curves.beat_grid import Grid, exact
from storyboard.curves.clock import NEAR_FRAME, Clock, frame_of, frames_of
from storyboard.curves.sound import Events, Signal, Sound
from storyboard.errors import BadValue
from storyboard.plan import AudioPlan, Floats

#: Signals that are no loudness, whose largest value within a frame would mean nothing.
_PLAIN = frozenset({"centroid", "pitch"})

HEARD_S = Fraction(1, 1000)
"""How exactly a beat can be heard, in seconds."""

T = TypeVar("T")


class Beats(NamedTuple):
    """From when to when the film has beats that can be heard, in film seconds."""

    start: Fraction
    stop: Fraction


class Lazy(Mapping[str, T]):
    """A mapping whose names are known before its values; each is made once, when asked for."""

    def __init__(self, names: Sequence[str], make: Callable[[str], T]) -> None:
        self._names = dict.fromkeys(names)
        self._make = make
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Hits:
    """Events, and the strongest weight of those that belong to a frame: ``frames`` ascend."""

    events: Events
    frames: npt.NDArray[np.int64]
    strongest: Floats

    @classmethod
    def of(cls, events: Events, fps: Fraction) -> Hits:
        """The events on the frames of a film."""
        frames, places = np.unique(frames_of(events.times, fps), return_inverse=True)
        strongest = np.zeros(len(frames))
        np.maximum.at(strongest, places, events.weights)
        return cls(events, frames, strongest)

    def at(self, frames: npt.NDArray[np.int64]) -> Floats:
        """The strongest weight at each of ``frames``, 0 where there is no event."""
        found = np.searchsorted(self.frames, frames)
        padded = np.append(self.strongest, 0.0)
        return np.where(np.isin(frames, self.frames), padded[found], 0.0)


@dataclass(frozen=True)
class Ear:
    """The soundtrack of a film, with its stems and the story's own bands."""

    audio: AudioPlan
    fps: Fraction
    stems: Mapping[str, Path] = field(default_factory=dict)
    bands: Mapping[str, Band] = field(default_factory=dict)
    beats_per_bar: int = 4
    _heard: dict[str, Analysis] = field(default_factory=dict, repr=False, compare=False)
    _hits: dict[str, Hits] = field(default_factory=dict, repr=False, compare=False)

    @property
    def song(self) -> Analysis:
        """The analysis of the soundtrack's file."""
        return self.analysis("")

    @property
    def signals(self) -> list[str]:
        """The name of every signal: ``bass``, ``drums.bass``, the story's bands."""
        own = [*SIGNALS, *self.bands]
        return [*own, *(f"{stem}.{name}" for stem in self.stems for name in own)]

    @property
    def shift(self) -> Fraction:
        """What makes seconds of the file those of the film."""
        return self.audio.film_start - self.audio.source_start

    def analysis(self, stem: str) -> Analysis:
        """The analysis of a stem, or of the whole where ``stem`` is empty."""
        if stem not in self._heard:
            from storyboard.audio import analyse

            audio, bands = self.audio, self.bands
            used = (audio.source_start, audio.source_start + audio.film_end - audio.film_start)
            self._heard[stem] = analyse(
                self.stems[stem] if stem else audio.file,
                bands=bands,
                used=(float(used[0]), float(used[1])),
                beats_per_bar=self.beats_per_bar,
            )
        return self._heard[stem]

    def grid(self, first_beat: Fraction | None) -> Grid:
        """The beats as they are played. Beat 0 is the one nearest to ``first_beat`` (film seconds)
        or else the first of a bar; where that is before the film, the first of a bar within it.
        A beat that is heard within `HEARD_S` of a frame is on it.

        Raises `BadValue` where no beat can be heard.
        """
        song = self.song
        if len(song.beats) < 2:
            hint = "write the number of beats a minute, such as bpm: 120"
            raise BadValue(f"no beat can be heard in {self.audio.file.name}", hint=hint)
        times = tuple(self._on_frame(beat) for beat in self.moments(song.beats))
        wanted = self.moments(song.bars[:1])[0] if first_beat is None else first_beat
        zero = min(range(len(times)), key=lambda n: abs(times[n] - wanted))
        grid = Grid(times, zero)
        while grid.first_beat < 0:
            grid = Grid(times, grid.zero + self.beats_per_bar)
        return grid

    def _on_frame(self, moment: Fraction) -> Fraction:
        """``moment``, or the film's frame that it cannot be told from.

        A hair after the frame, the beat would show in `beat` one frame late.
        """
        nearest = Fraction(frame_of(moment, self.fps)) / self.fps
        return nearest if abs(nearest - moment) <= HEARD_S else moment

    def onsets(self, stem: str = "") -> Events:
        """Where something sets in within the part that is played, and how strongly."""
        return self._onsets(stem).events

    def _onsets(self, stem: str) -> Hits:
        if stem not in self._hits:
            analysis = self.analysis(stem)
            events = self._played(analysis.onsets, analysis.onset_strengths)
            self._hits[stem] = Hits.of(events, self.fps)
        return self._hits[stem]

    def sections(self) -> Events:
        """Where sections start; the one that the film begins in starts with the soundtrack."""
        starts = self.song.sections
        begun = np.maximum(starts, float(self.audio.source_start))
        return self._played(np.unique(begun))

    def signal(self, name: str) -> Signal:
        """A signal over film seconds.

        At the time of a frame a loudness is the largest within the frame, half a frame to either
        side, so that no hit falls between two; elsewhere it is that of the very instant, so that
        what adds up over time does not depend on the fps.
        """
        stem, _, own = name.rpartition(".")
        if own == "onset":
            return lambda seconds: self._onsets(stem).at(frames_of(seconds, self.fps))
        width = 0.0 if own in _PLAIN else float(1 / self.fps)

        def heard(seconds: Floats) -> Floats:
            analysis, within = self.analysis(stem), seconds - float(self.shift)
            values = analysis.sample(own, within, width=width)
            between = ~_on_frames(seconds, self.fps)
            values[between] = analysis.sample(own, within[between])
            return np.where(self._is_played(seconds), values, 0.0)

        return heard

    def moments(self, file_seconds: Floats) -> list[Fraction]:
        """Seconds of the file as moments of the film, exact."""
        return [second + self.shift for second in exact(file_seconds)]

    def _played(self, file_seconds: Floats, weights: Floats | None = None) -> Events:
        """The events of the file that fall into the part that is played."""
        weights = np.ones(len(file_seconds)) if weights is None else weights
        moments, audio = self.moments(file_seconds), self.audio
        inside = np.array([audio.film_start <= m < audio.film_end for m in moments], dtype=bool)
        return Events(np.array([float(m) for m in moments])[inside], weights[inside])

    def _is_played(self, seconds: Floats) -> npt.NDArray[np.bool_]:
        """Whether the frame at ``seconds`` is one of the soundtrack's."""
        edges = (self.audio.film_start, self.audio.film_end)
        first, stop = (frame_of(edge, self.fps) for edge in edges)
        frames = frames_of(seconds, self.fps)
        return (frames >= first) & (frames < stop)

    @property
    def events(self) -> Mapping[str, Callable[[], Events]]:
        """What makes ``onset``, ``section`` and the onsets of the stems."""
        stems = {f"{stem}.onset": partial(self.onsets, stem) for stem in self.stems}
        return {"onset": self.onsets, "section": self.sections, **stems}


def sound_of(clock: Clock, ear: Ear | None, beats: Beats) -> Sound:
    """All that expressions may hear: the signals and events of the soundtrack, where there is one,
    the beats of the clock between ``beats``, and the marks.
    """
    makers: dict[str, Callable[[], Events]] = dict(ear.events) if ear else {}
    if clock.beats is not None:
        makers["beat"] = partial(_beats, clock, beats, every=1)
        makers["bar"] = partial(_beats, clock, beats, every=clock.beats_per_bar)
    makers |= {name: partial(events_at, [moment]) for name, moment in clock.marks.items()}
    makers |= {name: partial(events_at, moments) for name, moments in clock.sets.items()}
    signals: Mapping[str, Signal] = Lazy(ear.signals, ear.signal) if ear else {}
    return Sound(signals, Lazy(list(makers), lambda name: makers[name]()))


def events_at(moments: Sequence[Fraction]) -> Events:
    """Events of weight 1 at exact moments of the film."""
    times = np.array([float(moment) for moment in sorted(moments)], dtype=np.float64)
    return Events(times, np.ones(len(times)))


def _beats(clock: Clock, beats: Beats, *, every: int) -> Events:
    grid = clock.beats
    return events_at(grid.between(beats.start, beats.stop, every=every) if grid else ())


def _on_frames(seconds: Floats, fps: Fraction) -> npt.NDArray[np.bool_]:
    places = seconds * float(fps)
    return np.abs(places - np.rint(places)) < NEAR_FRAME
