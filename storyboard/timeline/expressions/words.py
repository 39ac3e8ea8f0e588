"""The names that every expression may read, and what other tools call things."""

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

_NO_PREFIX = "functions need no prefix: write sin(x)"
_EASE = 'write ease("quad-in-out", u)'

ELSEWHERE = {
    "where": "write a if condition else b",
    "iff": "write a if condition else b",
    "mix": "write lerp(a, b, u)",
    "linear": "write lerp(a, b, u), or keys(...)",
    "interp": 'write keys("0:0, 2s:1")',
    "ln": "write log(x)",
    "log10": "write log(x) / log(10)",
    "log2": "write log(x) / log(2)",
    "sinh": "write (exp(x) - exp(-x)) / 2",
    "cosh": "write (exp(x) + exp(-x)) / 2",
    "tanh": "write 1 - 2/(exp(2*x) + 1)",
    "arcsin": "write asin(x)",
    "arccos": "write acos(x)",
    "arctan": "write atan(x)",
    "arctan2": "write atan2(y, x)",
    "frac": "write fract(x)",
    "clip": "write clamp(x, low, high)",
    "constrain": "write clamp(x, low, high)",
    "random": "write rand(x, seed)",
    "smrand": "write simplex(x, seed)",
    "vibe": "write wiggle(freq, amp)",
    "shake": "write wiggle(freq, amp)",
    "sq": "write square(period)",
    "triangle": "write tri(period)",
    "sawtooth": "write saw(period)",
    "osc": "write sine(period)",
    "bez": _EASE,
    "easein": _EASE,
    "easeout": _EASE,
    "easeinout": _EASE,
    "cubic_bezier": 'write ease("cubic-bezier(0.4, 0, 0.2, 1)", u)',
    "steps": 'write ease("steps(4)", u)',
    "slide": 'write keys("0:0, 2s:1")',
    "envelope": "write env(signal, attack, release)",
    "follow": "write env(signal, attack, release)",
    "lowpass": "write smooth(signal, window)",
    "average": "write smooth(signal, window)",
    "pulse_decay": "write decay(event, per_s)",
    "hawkes": "write decay(event, per_s)",
    "kick": "write decay(beat, 6), or a signal such as bass",
    "cumsum": "write integral(signal)",
    "accumulate": "write integral(signal)",
    "previous": "write prev(signal)",
    "time_since": "write since(event)",
    "time_until": "write until(event)",
    "loopout": "write loop(curve, length)",
    "bounce": 'write pingpong(curve, length), or ease("bounce-out", u)',
    "math": _NO_PREFIX,
    "np": _NO_PREFIX,
    "time": "write t for seconds of the film, shot_t for those of the shot",
    "sec": "write t",
    "frame": "write f",
    "max_f": "write duration*fps, or u for 0 to 1 over the shot",
    "progress": "write u",
    "whole_beat": "write floor(b)",
    "wb": "write floor(b)",
    "amplitude": "write rms",
    "volume": "write rms",
    "loudness": "write rms",
    "treble": "write high",
    "seconds_since_beat": "write since(beat)",
    "frames_since_beat": "write since(beat)*fps",
    "seconds_until_beat": "write until(beat)",
    "frames_until_beat": "write until(beat)*fps",
    "progress_until_beat": "write beat_phase",
}
"""What other tools call things, and what to write here."""
