"""A source's schedule as a curve of a shot: a number, keys, or an expression in seconds.

::

    curves = Curves(Shot(first=30, count=60, fps=Fraction(12)))
    curves.linear(track, 12) -> 1.5 | {"0s": 0, "2.46s": 1.5} | "1.5*sin(12*t + 0.5)" | None
    curves.power(track) -> "1.04**12" | ...          for zooms, which multiply

``None`` stands for "does not move". The rate at film second t is that of frame 12 t + 1/2: what
happens between two frames happens half-way between them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from storyboard.interchange.importers.foreign import Node
from storyboard.interchange.importers.frame_schedules import FrameSchedule, ScheduleKey
from storyboard.interchange.importers.translate import (
    Untranslatable,
    in_our_words,
    knots,
    short,
    within,
    written,
)
from storyboard.plan import Floats

MAX_LINES = 40
"""More straight lines than this are no schedule that a person would read."""


@dataclass(frozen=True)
class ScheduleTrack:
    """A number per frame, and the schedule that it was written as, where there is one.

    ``values`` are ``scale`` times the schedule's. ``names`` are what its expressions read beside
    the frame; ``rate`` is how many frames its ``t`` goes up by one in.
    """

    values: Floats
    schedule: FrameSchedule | None = None
    scale: float = 1.0
    names: Mapping[str, Any] = field(default_factory=dict)
    rate: float = 1.0


def still(value: float, frames: int) -> ScheduleTrack:
    """Return a track that does not change."""
    return ScheduleTrack(np.full(frames, float(value)))


@dataclass(frozen=True)
class Shot:
    """A stretch of the source's frames: its first one, and how many."""

    first: int
    count: int
    fps: Fraction

    @property
    def fps_number(self) -> float:
        """Return frames a second."""
        return float(self.fps)

    def time(self, frame: Fraction) -> str:
        """Return the time of a frame of the shot, as a story writes it: exact, or cut off to 0.1
        ms.
        """
        return seconds(frame / self.fps)

    def part(self, track: ScheduleTrack) -> Floats:
        """Return the values from the shot's first frame to the one behind its last."""
        places = np.arange(self.first, self.first + self.count + 1)
        return track.values[np.minimum(places, len(track.values) - 1)]

    def constant(self, track: ScheduleTrack) -> float | None:
        """Return the value that holds over all moves of the shot, if one does."""
        moves = self.part(track)[1:]
        if len(moves) == 0 or np.ptp(moves) <= 1e-9 * max(1.0, abs(float(moves[0]))):
            return float(moves[0]) if len(moves) else 0.0
        return None


def seconds(time: Fraction) -> str:
    """Return ``2.5s``; a time without an end to its digits is cut off at 0.1 ms, so that a key is
    never behind its frame.
    """
    rounded = Decimal(math.floor(time * 10_000)) / 10_000
    return f"{rounded.normalize():f}s"


@dataclass(frozen=True)
class _Piece:
    """From ``start`` (frames into the shot) on: a line from ``value`` with ``slope``, or a tree."""

    start: float
    value: float = 0.0
    slope: float = 0.0
    tree: Node | None = None


@dataclass(frozen=True)
class Curves:
    """Writes tracks as rates over one shot."""

    shot: Shot

    def linear(self, track: ScheduleTrack, scale: float) -> Any:
        """Return ``scale`` times the track, a second. Raises `Untranslatable`."""
        constant = self.shot.constant(track)
        if constant is not None:
            return short(constant * scale) if constant else None
        pieces = self._pieces(track)
        if all(piece.tree is None for piece in pieces):
            return self._keys(track, scale)
        factor = scale * track.scale
        return self._written(track, pieces, lambda text: _scaled(text, factor))

    def power(self, track: ScheduleTrack) -> Any:
        """Return the track to the power of the frames in a second. Raises `Untranslatable`."""
        constant = self.shot.constant(track)
        power = written(self.shot.fps_number)
        if constant is not None:
            return None if constant == 1 else f"{written(constant)}**{power}"
        pieces = self._pieces(track)
        if all(piece.tree is None for piece in pieces):
            keys = ", ".join(f"{k}: {written(v)}" for k, v in self._keys(track, 1.0).items())
            return f'keys("{keys}")**{power}'
        return self._written(track, pieces, lambda text: f"({text})**{power}")

    def _keys(self, track: ScheduleTrack, scale: float) -> dict[str, float]:
        """Return the knots of a track of straight lines as keys, half a frame before their
        frames.
        """
        values, places = self.shot.part(track), self._knots(track)
        half = float(np.interp(0.5, np.arange(len(values)), values))
        inner = [k for k in places[1:] if k < len(values) - 1 or values[k] != values[k - 1]]
        keys = {"0s": short(half * scale)}
        for k in inner:
            keys[self.shot.time(Fraction(2 * k - 1, 2))] = short(float(values[k]) * scale)
        return keys

    def _knots(self, track: ScheduleTrack) -> list[int]:
        """Find where straight lines meet: at the schedule's keys, or near what is no schedule."""
        values = self.shot.part(track)
        for share in (1e-4, 1e-3) if track.schedule is None else (1e-6,):
            places = knots(values, share * float(np.ptp(values)))
            if len(places) <= MAX_LINES:
                return places
        raise Untranslatable("too many lines")

    def _pieces(self, track: ScheduleTrack) -> list[_Piece]:
        """Return the track over the shot, piece by piece."""
        schedule = track.schedule
        if schedule is None or schedule.numeric:
            return list(self._lines(track))
        pieces = list(self._mixed(track, schedule.entries))
        starts = [n for n, piece in enumerate(pieces) if piece.start <= 0]
        return pieces[starts[-1] if starts else 0 :]

    def _lines(self, track: ScheduleTrack) -> Iterator[_Piece]:
        values, places = self.shot.part(track), self._knots(track)
        for k, after in pairwise(places):
            slope = (values[after] - values[k]) / (after - k)
            yield _Piece(max(k - 0.5, 0.0), float(values[k] - slope * (k - 0.5)), float(slope))

    def _mixed(self, track: ScheduleTrack, entries: tuple[ScheduleKey, ...]) -> Iterator[_Piece]:
        """Yield lines and expressions in turn; one that starts with a jump starts a whole frame
        early.
        """
        values, first = track.values / track.scale, self.shot.first
        last = first + self.shot.count
        for n, entry in enumerate(entries):
            start = entry.frame - 1 - first if n else -first
            if start > self.shot.count:
                return
            if not isinstance(entry.value, float):
                yield _Piece(start, tree=entry.value)
                continue
            stop = entries[n + 1].frame if n + 1 < len(entries) else last
            stop = min(stop, len(values) - 1)
            rise = values[stop] - entry.value if stop > entry.frame else 0.0
            slope = float(rise / max(stop - entry.frame, 1)) if n + 1 < len(entries) else 0.0
            at_zero = entry.value - slope * (entry.frame - first - 0.5)
            yield _Piece(start, float(at_zero), slope)

    def _written(
        self, track: ScheduleTrack, pieces: list[_Piece], finish: Callable[[str], str]
    ) -> Any:
        """Return pieces as one expression, or as keys that hold, each an expression."""
        names = frame_names(self.shot.fps, track.names, between=True, rate=track.rate)
        texts = [finish(self._text(piece, names)) for piece in pieces]
        if len(pieces) == 1:
            return texts[0]
        keys: dict[str, Any] = {}
        for piece, text in zip(pieces, texts, strict=True):
            keys[self.shot.time(Fraction(max(piece.start, 0.0)))] = [text, "hold"]
        return keys

    def _text(self, piece: _Piece, names: Mapping[str, str]) -> str:
        if piece.tree is not None:
            return in_our_words(piece.tree, names)
        slope = piece.slope * self.shot.fps_number
        if abs(slope) < 1e-12:
            return written(piece.value)
        sign = "+" if slope > 0 else "-"
        return f"{written(piece.value)} {sign} {written(abs(slope))}*shot_t"


def frame_names(
    fps: Fraction, names: Mapping[str, Any], *, between: bool = False, rate: float = 1.0
) -> dict[str, str]:
    """Return the source's names in our expressions; ``t`` and ``f`` count its frames there.

    ``between``: half-way to the next frame, where rates are taken. ``rate``: frames to a step of
    the source's ``t``.
    """
    pace = float(fps) / rate
    frame = "t" if pace == 1 else f"{written(pace)}*t"
    frame += f" + {written(0.5 / rate)}" if between else ""
    known = {name: written(value) for name, value in names.items() if np.ndim(value) == 0}
    return {**known, "t": frame, "f": frame}


def weight_text(tree: Node, fps: Fraction, names: Mapping[str, Any]) -> str:
    """Return an expression of frames as one of film seconds. Raises `Untranslatable`."""
    return in_our_words(tree, frame_names(fps, names))


def _scaled(text: str, factor: float) -> str:
    if abs(factor - 1) < 1e-12:
        return text
    bare = text if text.replace("_", "").isalnum() else f"({text})"
    return f"{written(factor)}*{bare}"


__all__ = [
    "Curves",
    "ScheduleTrack",
    "Shot",
    "frame_names",
    "seconds",
    "still",
    "weight_text",
    "within",
]
