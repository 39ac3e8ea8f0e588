"""Small rules of the sources, each a formula: seeds, cadence, blends, cues, time warps.

The importers need some of them to say what a setting did; all of them stand here so that
`storyboard.interchange.importers.evaluate` answers for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from storyboard.curves.clock import frame_of
from storyboard.errors import BadValue
from storyboard.interchange.exporters.captions import srt_time
from storyboard.plan import Floats


def seeds(behaviour: str, seed: int, *, count: int, every: int = 1) -> list[int]:
    """Deforum's seeds of ``count`` frames: ``iter`` goes up by one every ``every`` frames after
    the first, ``ladder`` up by two and down by one, ``alternate`` up and down by one.

    Raises `BadValue` for ``random`` and ``schedule``, which no rule foretells.
    """
    steps: dict[str, Callable[[int], int]] = {
        "iter": lambda n: int(n % every == 0),
        "fixed": lambda n: 0,
        "ladder": lambda n: 2 if n % 2 == 0 else -1,
        "alternate": lambda n: 1 if n % 2 == 0 else -1,
    }
    if behaviour not in steps:
        raise BadValue(f"no rule foretells seeds of the behaviour {behaviour!r}")
    made = [seed]
    for n in range(count - 1):
        made.append(made[-1] + steps[behaviour](n))
    return made


def guided_blend(given: Mapping[str, Any], frame: int) -> float:
    """Deforum's blend factor of guided images. Its argument is in radians of 0 to 2, no full
    period, so it jumps where the next image begins.
    """
    period = float(given["tweening_frames"])
    phase = (frame % period) / (period / 2)
    return float(given["blendFactorMax"]) - float(given["blendFactorSlope"]) * math.cos(phase)


def cue(frame: int, fps: Any) -> str:
    """The SRT times of one frame, to the nearest millisecond."""
    return (
        f"{srt_time(frame / Fraction(str(fps)))} --> {srt_time((frame + 1) / Fraction(str(fps)))}"
    )


def cadence_frames(max_frames: int, cadence: int) -> dict[str, Any]:
    """What of a film with a cadence is optimised and what lies between: every frame is written."""
    diffused = list(range(0, max_frames, cadence))
    between = [n for n in range(max_frames) if n % cadence]
    return {"diffused": diffused, "interpolated": between, "video_frames": max_frames}


def cadence_weight(given: Mapping[str, Any]) -> float:
    """Deforum's weight of the newer of two optimised pictures at a frame between."""
    return float((given["frame"] - given["next_diffused"] + 1) / given["cadence"])


def turbo_weight(given: Mapping[str, Any]) -> float:
    """Disco Diffusion's weight of the newest picture in turbo mode."""
    return float((given["frame_mod_steps"] + 1) / given["turbo_steps"])


def video_properties(given: Mapping[str, Any]) -> dict[str, str]:
    """How upscaling and interpolating (``x4``) change a film, in terms of what it was."""
    said = {mark: [given[k] for k in given if mark in k] for mark in ("upscale", "interp")}
    larger, more = (str(found[0] if found else 1).lstrip("x") for found in said.values())
    size = "[W,H]" if larger == "1" else f"[{larger}W,{larger}H]"
    many = "" if more == "1" else f"{more}*"
    return {"size": size, "fps": f"{many}fps", "frames": f"{many}max_frames"}


def time_warp(energies: Sequence[float], frames: int, *, smooth: float = 0.0) -> Floats:
    """stable-diffusion-videos: how far the film has come at each frame, by the energy so far.

    ``smooth`` mixes with an even pace. Values from 0 to 1.
    """
    total = np.cumsum(np.asarray(energies, dtype=np.float64))
    even = np.linspace(0.0, 1.0, frames)
    share = total / total[-1] if total[-1] else np.linspace(0.0, 1.0, len(total))
    warped = np.interp(even, np.linspace(0.0, 1.0, len(share)), share)
    return (1.0 - smooth) * warped + smooth * even


def exact_rate(given: Mapping[str, Any]) -> dict[str, float]:
    """Samples from one frame to the next and frames a second: as asked for, never rounded."""
    return {"hop": given["sr"] / given["fps"], "real_fps": float(given["fps"])}


def segment_frames(offsets: Sequence[Any], fps: Any) -> list[int]:
    """Frames of the segments between moments in seconds; moments are rounded, never lengths."""
    rate = Fraction(str(fps))
    places = [frame_of(Fraction(str(offset)), rate) for offset in offsets]
    return [after - before for before, after in pairwise(places)]


def slerp(t: float, start: Sequence[float], end: Sequence[float]) -> list[float]:
    """stable-diffusion-videos: along the great circle; straight where both nearly agree."""
    a, b = (np.asarray(vector, dtype=np.float64) for vector in (start, end))
    cosine = float(np.sum(a * b / (np.linalg.norm(a) * np.linalg.norm(b))))
    if abs(cosine) > 0.9995:
        return [float(x) for x in (1 - t) * a + t * b]
    angle = math.acos(cosine)
    turned = (math.sin((1 - t) * angle) * a + math.sin(t * angle) * b) / math.sin(angle)
    return [float(x) for x in turned]
