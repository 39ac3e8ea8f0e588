"""The names that every expression may read."""

from __future__ import annotations

import math

TIME_NAMES = {
    "t": "seconds since the film began",
    "s": "the same as t",
    "f": "number of the frame, from 0 at the film's start",
    "b": "beats since the first beat; whole numbers fall on beats",
    "beat": "the same as b",
    "beat_phase": "0 on a beat, towards 1 until the next",
    "bar": "bars since the first beat",
    "bar_phase": "0 at the start of a bar, towards 1 until the next",
    "beats_per_bar": "beats in a bar",
    "u": "0 at the shot's start, 1 at its end",
    "shot_t": "seconds since the shot began",
    "duration": "seconds that the shot lasts",
    "fps": "frames a second",
    "bpm": "beats a minute",
    "seed": "the story's seed",
}
"""The names that every curve may read, with one line on each."""

BEAT_NAMES = frozenset({"b", "beat", "beat_phase", "bar", "bar_phase", "bpm"})
"""Those that need a bpm."""

SHOT_NAMES = frozenset({"u", "shot_t", "duration", "seed"})
"""Those that differ from shot to shot at one moment of the film."""

CONSTANTS = {"pi": math.pi, "tau": math.tau, "e": math.e}
"""Names with a fixed value."""
