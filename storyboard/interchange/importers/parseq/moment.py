"""What a Parseq formula is asked at: a frame of a field, its keys, and what came before."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from storyboard.interchange.importers.parseq.arithmetic import Value
from storyboard.interchange.importers.parseq.series import Series


@dataclass(frozen=True)
class Film:
    """What holds for all fields. ``labels`` are the keyframes in order, each with what its row
    is called, or ``None``.
    """

    fps: float = 20.0
    bpm: float = 140.0
    cadence: float = 1.0
    labels: tuple[tuple[int, str | None], ...] = ()
    last: int = 0
    series: Mapping[str, Series] = field(default_factory=dict)
    even: bool = False
    """Square waves are high for exactly half their period, whatever the sine rounds to."""

    @property
    def beat(self) -> float:
        """Frames of a beat."""
        return self.fps * 60.0 / self.bpm


@dataclass(frozen=True)
class Keys:
    """The frames at which a field has a value, ascending, and those values."""

    frames: tuple[int, ...]
    values: tuple[float, ...]

    def active(self, frame: int) -> int:
        """Which of them counts at ``frame``: the last one, or the first before all."""
        return max(bisect_right(self.frames, frame) - 1, 0)

    def following(self, frame: int) -> int:
        """Which of them is next behind ``frame``, or the last."""
        return min(bisect_right(self.frames, frame), len(self.frames) - 1)

    def straight(self, frame: int) -> float:
        """From key to key in straight lines."""
        return float(np.interp(frame, self.frames, self.values))

    def spline(self, frame: int) -> float:
        """The natural cubic spline through all keys."""
        k = self.active(min(frame, self.frames[-1] - 1))
        if len(self.frames) < 2:
            return self.values[0]
        bends = _bends(self.frames, self.values)
        (x0, x1), (y0, y1) = self.frames[k : k + 2], self.values[k : k + 2]
        a, b = (x1 - frame) / (x1 - x0), (frame - x0) / (x1 - x0)
        bend = (a**3 - a) * bends[k] + (b**3 - b) * bends[k + 1]
        return float(a * y0 + b * y1 + bend * (x1 - x0) ** 2 / 6.0)

    def polynomial(self, frame: int) -> float:
        """The one polynomial through all keys (Newton)."""
        found = 0.0
        factors = _divided(self.frames, self.values)
        for place, factor in zip(reversed(self.frames), reversed(factors), strict=True):
            found = found * (frame - place) + factor
        return found


@lru_cache(maxsize=64)
def _divided(frames: tuple[int, ...], values: tuple[float, ...]) -> tuple[float, ...]:
    """Newton's divided differences: the factors of 1, (x - x0), (x - x0)(x - x1) ..."""
    found = list(values)
    for reach in range(1, len(found)):
        for k in reversed(range(reach, len(found))):
            found[k] = (found[k] - found[k - 1]) / (frames[k] - frames[k - reach])
    return tuple(found)


@lru_cache(maxsize=64)
def _bends(frames: tuple[int, ...], values: tuple[float, ...]) -> tuple[float, ...]:
    """Second derivatives of the natural spline at its keys: none at both ends."""
    x, y = np.asarray(frames, dtype=np.float64), np.asarray(values, dtype=np.float64)
    count, steps = len(x), np.diff(x)
    matrix, right = np.eye(count), np.zeros(count)
    for k in range(1, count - 1):
        matrix[k, k - 1 : k + 2] = steps[k - 1], 2 * (steps[k - 1] + steps[k]), steps[k]
        right[k] = 6 * ((y[k + 1] - y[k]) / steps[k] - (y[k] - y[k - 1]) / steps[k - 1])
    return tuple(map(float, np.linalg.solve(matrix, right)))


@dataclass(frozen=True)
class Moment:
    """One frame of one field.

    ``active`` is the frame of the key that counts, ``names`` what else may be read, ``done`` the
    field's values so far, ``others`` those of all fields, frame by frame. ``memory`` keeps what
    functions remember from frame to frame, by where they stand. ``positive`` says which of a
    prompt's two texts is made, and is None outside of prompts.
    """

    frame: int
    keys: Keys
    active: int
    film: Film
    names: Mapping[str, Value] = field(default_factory=dict)
    done: Sequence[Value] = ()
    others: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    memory: dict[int, dict[str, float]] = field(default_factory=dict)
    positive: bool | None = None
    default: float = 0.0

    @property
    def active_value(self) -> float:
        """The value of the key that counts."""
        return self.keys.values[self.keys.active(self.frame)]

    @property
    def next_value(self) -> float:
        """The value of the next key."""
        return self.keys.values[self.keys.following(self.frame)]

    @property
    def next_frame(self) -> int:
        """The frame of the next key."""
        return self.keys.frames[self.keys.following(self.frame)]

    @property
    def span(self) -> float:
        """Frames from the key that counts to the next."""
        return float(self.next_frame - self.active)

    @property
    def beats(self) -> float:
        """Beats since the first frame."""
        return self.frame / self.film.beat


VARIABLES: Mapping[str, Callable[[Moment], float]] = {
    "L": lambda at: at.keys.straight(at.frame),
    "S": lambda at: at.active_value,
    "C": lambda at: at.keys.spline(at.frame),
    "P": lambda at: at.keys.polynomial(at.frame),
    "f": lambda at: float(at.frame),
    "k": lambda at: float(at.frame - at.active),
    "s": lambda at: at.frame / at.film.fps,
    "b": lambda at: at.beats,
    "wb": lambda at: float(math.floor(at.beats)),
    "fps": lambda at: at.film.fps,
    "bpm": lambda at: at.film.bpm,
    "cadence": lambda at: at.film.cadence,
    "last_frame": lambda at: float(at.film.last),
    "final_frame": lambda at: float(at.film.last),
    "active_keyframe": lambda at: float(at.active),
    "prev_keyframe": lambda at: float(at.active),
    "next_keyframe": lambda at: float(at.next_frame),
    "active_keyframe_value": lambda at: at.active_value,
    "prev_keyframe_value": lambda at: at.active_value,
    "next_keyframe_value": lambda at: at.next_value,
    "PI": lambda at: math.pi,
    "E": lambda at: math.e,
    "SQRT2": lambda at: math.sqrt(2),
    "SQRT1_2": lambda at: math.sqrt(0.5),
    "LN2": lambda at: math.log(2),
    "LN10": lambda at: math.log(10),
    "LOG2E": lambda at: 1 / math.log(2),
    "LOG10E": lambda at: 1 / math.log(10),
}
"""What a formula may read by name, from a `Moment`; beside it, the fields of the document."""
