"""The names with which deforum-studio's schedules read beats and events, frame by frame.

Beats count from ``beat_offset``; an event's frame is cut off, as there. Where the source has no
next event it counts on to the end of the film; here nothing lies ahead (infinity), so that a test
such as ``frames_until_next_event < 1`` holds at events only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from storyboard.curves.clock import frame_of
from storyboard.errors import BadValue, did_you_mean
from storyboard.plan import Floats

Names = dict[str, Any]


def rhythm_names(context: Mapping[str, Any]) -> Names:
    """Every such name with its values, from ``max_frames``, ``fps``, ``bpm`` (120),
    ``beat_offset`` and ``schedule_events`` (``[{"time": seconds}, ...]``).
    """
    frames = np.arange(int(context["max_frames"]), dtype=np.float64)
    fps = float(context.get("fps") or 12)
    bpm = float(context.get("bpm") or 120)
    names: Names = {"f": frames, "fps": fps, "bpm": bpm, "sec": frames / fps}
    names |= _beats(frames, fps, bpm=bpm, offset=float(context.get("beat_offset") or 0))
    times = [float(event["time"]) for event in context.get("schedule_events") or ()]
    names |= _events(frames, [int(time * fps) for time in times])
    left = frames[-1] - frames
    names |= {"frames_to_go": left, "seconds_to_go": left / fps}
    per_beat = fps * 60 / bpm
    for name in ("until_next_event", "since_prev_event"):
        names[f"seconds_{name}"] = names[f"frames_{name}"] / fps
        names[f"beats_{name}"] = names[f"frames_{name}"] / per_beat
    return names | {"beats_to_go": left / per_beat}


def _beats(frames: Floats, fps: float, *, bpm: float, offset: float) -> Names:
    per_beat = fps * 60 / bpm
    beat = frames / per_beat - offset
    whole = np.floor(np.round(beat, 9))
    since = np.maximum(beat - whole, 0.0)
    return {
        "beat": beat,
        "whole_beat": whole,
        "progress_until_beat": since,
        "frames_since_beat": since * per_beat,
        "seconds_since_beat": since * per_beat / fps,
        "frames_until_beat": (1 - since) * per_beat,
        "seconds_until_beat": (1 - since) * per_beat / fps,
        "beat_offset_s": offset * 60 / bpm,
        "beat_offset_f": offset * per_beat,
    }


def _events(frames: Floats, events: Sequence[int]) -> Names:
    """What lies between a frame, the last event before it and the next one at or after it."""
    order = np.array(sorted(events), dtype=np.float64)
    passed = np.searchsorted(order, frames, side="left")
    before = np.concatenate([[0.0], order])[passed]
    after = np.concatenate([order, [np.inf]])[passed]
    since, until = frames - before, after - frames
    with np.errstate(invalid="ignore"):
        progress = np.where(np.isinf(until), 0.0, since / np.maximum(since + until, 1e-300))
    return {
        "events_passed": passed.astype(np.float64),
        "events_total": float(len(order)),
        "events_to_go": float(len(order)) - passed,
        "frames_since_prev_event": since,
        "frames_until_next_event": until,
        "progress_until_next_event": progress,
    }


def _exact(number: Any) -> Fraction:
    return Fraction(str(number))


RHYTHM: dict[str, Callable[..., float]] = {
    "frame_to_beat": lambda frame, fps, bpm: float(frame / (fps * Fraction(60) / bpm)),
    "beat_to_frame": lambda beat, fps, bpm: frame_of(beat * 60 / bpm, fps),
    "beat_to_sec": lambda beat, bpm: float(beat * 60 / bpm),
    "sec_to_beat": lambda second, bpm: float(second * bpm / 60),
    "sec_to_frame": lambda second, fps: frame_of(second, fps),
    "frame_to_sec": lambda frame, fps: float(frame / fps),
}
"""Conversions by name, exact; a second belongs to the nearest frame, halves to the later one."""


def convert(function: str, arguments: Sequence[Any]) -> float:
    """One of `RHYTHM` applied to numbers. Raises `BadValue` for an unknown one."""
    if function not in RHYTHM:
        hint = did_you_mean(function, RHYTHM) or "known: " + ", ".join(RHYTHM)
        raise BadValue(f"unknown conversion {function!r}", hint=hint)
    return RHYTHM[function](*map(_exact, arguments))
