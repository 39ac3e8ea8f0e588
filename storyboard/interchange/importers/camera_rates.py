"""From moves per frame to our camera: rates and poses as functions of time, and the proof.

A source moves each picture a little: shift it by (right, down) pixels, then turn and magnify it
about the pivot. We say where the camera is. With d the shift and mu = zoom * exp(-i angle) of a
frame, both as complex numbers x + i y with y down, n frames carry a point w (from the pivot) to
M_n (w + p_n), where M is the product of the mu and p_n the sum of d_k / M_(k-1): so our zoom is
the product of theirs, our rotation the sum of theirs, and our pan the sum of their shifts as seen
from the start, turned back and made smaller by all that came before. What lies between the frames
k-1 and k happens at (k - 1/2) / fps. docs/importing.md has it with pictures' signs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from storyboard.interchange.importers.sampled import Curves, ScheduleTrack, Shot
from storyboard.interchange.importers.translate import Untranslatable, knots, short, written
from storyboard.plan import Floats

TOLERANCE_PX = 0.1
"""How far written keys may lead a point of the picture from where the source has it."""

ASTRAY_PX = 0.45
"""How far formulas may lead it, all in all, before keys take the place of the worst."""

POSE_COLUMNS = ("zoom", "rotate", "pan_x", "pan_y")


@dataclass(frozen=True)
class Moves:
    """Changes of a source's picture from frame to frame, in its own pixels.

    Entry k of each track moves the picture of frame k-1 to that of frame k; entry 0 moves nothing.
    ``right`` and ``down`` are where the content goes. ``pivot`` is a share of width and height.
    """

    zoom: ScheduleTrack
    angle: ScheduleTrack
    right: ScheduleTrack
    down: ScheduleTrack
    size: tuple[int, int]
    fps: Fraction
    pivot: tuple[float, float] = (0.5, 0.5)

    @property
    def radius(self) -> float:
        """Return half the diagonal in pixels: as far as a point can be from the centre."""
        return math.hypot(*self.size) / 2


@dataclass
class ShotMotion:
    """The ``motion`` of one shot, where it should lead, and what to write should it not lead there.

    ``exact`` has a row of `POSE_COLUMNS` for each frame of the shot, as the source's own product
    of matrices gives it, counted from the shot's start.
    """

    motion: dict[str, Any]
    exact: Floats
    baked: dict[str, dict[str, Any]]
    weights: Floats
    notes: list[str] = field(default_factory=list)

    def is_baked(self, column: str) -> bool:
        """Return True if ``column`` is written as keys of the exact pose."""
        return column in self.motion and self.motion[column] is self.baked[column].get(column)

    def bake(self, column: str) -> None:
        """Write ``column`` as keys of the pose instead of as its source says it."""
        for name in (column, f"{column}_per_s"):
            self.motion.pop(name, None)
        self.motion |= self.baked[column]


def shot_motion(moves: Moves, shot: Shot) -> ShotMotion:
    """Return the camera over one shot of the story."""
    exact, weights = _poses(moves, shot)
    baked = {name: _baked(exact, weights, n, name, shot) for n, name in enumerate(POSE_COLUMNS)}
    made = ShotMotion({}, exact[: shot.count], baked, weights[: shot.count])
    curves = Curves(shot)
    for name, channel in (("zoom", moves.zoom), ("rotate", moves.angle)):
        _say(made, name, lambda c=channel, n=name: _rate(curves, c, power=n == "zoom"))
    for name in ("pan_x", "pan_y"):
        _say(made, name, lambda n=name: _pan(curves, moves, n))
    if moves.pivot != (0.5, 0.5) and made.motion:
        made.motion["pivot"] = [short(share) for share in moves.pivot]
    return made


def _say(made: ShotMotion, name: str, say: Any) -> None:
    """Put into ``made`` what ``say`` writes for ``name``, or keys where it cannot be written."""
    try:
        rate = say()
    except Untranslatable:
        made.bake(name)
        return
    if rate is not None:
        made.motion[f"{name}_per_s"] = rate


def _rate(curves: Curves, track: ScheduleTrack, *, power: bool) -> Any:
    """Return a channel's rate: zooms multiply and rest at 1, everything else adds up and rests at
    0.
    """
    return curves.power(track) if power else curves.linear(track, curves.shot.fps_number)


def _poses(moves: Moves, shot: Shot) -> tuple[Floats, Floats]:
    """Return the exact pose at every frame of the shot and at its end, and pixels per unit of
    each.
    """
    steps = slice(shot.first + 1, shot.first + shot.count + 1)
    zoom, angle, right, down = (
        _extended(track.values, shot)[steps]
        for track in (moves.zoom, moves.angle, moves.right, moves.down)
    )
    zooms = np.concatenate([[1.0], np.cumprod(zoom)])
    angles = np.concatenate([[0.0], np.cumsum(angle)])
    seen = zooms[:-1] * np.exp(-1j * np.radians(angles[:-1]))
    path = np.concatenate([[0.0], np.cumsum((right + 1j * down) / seen)])
    width, height = moves.size
    poses = np.stack([zooms, angles, -path.real / width, path.imag / height], axis=1)
    radius = np.full(len(zooms), moves.radius)
    weights = [radius / zooms, np.radians(radius), width * zooms, height * zooms]
    return poses, np.stack(weights, axis=1)


def _extended(values: Floats, shot: Shot) -> Floats:
    """Return ``values`` up to one frame behind the shot's end; the last one holds."""
    missing = max(shot.first + shot.count + 1 - len(values), 0)
    return np.concatenate([values, np.repeat(values[-1:], missing)])


def _baked(exact: Floats, weights: Floats, n: int, name: str, shot: Shot) -> dict[str, Any]:
    """Return ``{name: keys}`` of a column of the poses, with as few keys as keep within the
    tolerance.
    """
    column = exact[:, n]
    if np.all(np.abs(column - column[0]) * weights[:, n] < 1e-3):
        return {}
    places = knots(column, TOLERANCE_PX, weights[:, n])
    return {name: {shot.time(Fraction(k)): short(round(column[k], 6), 5) for k in places}}


def _pan(curves: Curves, moves: Moves, name: str) -> Any:
    """Return the rate of a pan, None where turning or zooming bends it."""
    shot, fps = curves.shot, curves.shot.fps_number
    zoom, angle = (shot.constant(track) for track in (moves.zoom, moves.angle))
    right, down = (shot.constant(track) for track in (moves.right, moves.down))
    across = name == "pan_x"
    track, share = (moves.right, -1 / moves.size[0]) if across else (moves.down, 1 / moves.size[1])
    if zoom == 1 and angle == 0:
        return curves.linear(track, fps * share)
    if right == 0 and down == 0:
        return None
    if zoom is None or angle is None:
        raise Untranslatable("a pan under a zoom or turn that changes")
    back = 1 / (zoom * np.exp(-1j * math.radians(angle)))
    fit = np.log(back) / (back - 1)  # what is added in steps, spread over each step
    shrink = "" if zoom == 1 else f"*{written(zoom)}**(-{written(fps)}*shot_t)"
    if angle == 0:
        scaled = curves.linear(track, fps * share * float(fit.real))
        return _times(scaled, shrink)
    if right is None or down is None:
        raise Untranslatable("a pan that changes under a turn")
    start = fit * complex(right, down)
    turned = f"{written(math.radians(angle) * fps)}*shot_t"
    phase = float(np.angle(start))
    argument = f"{turned} + {written(phase)}" if phase >= 0 else f"{turned} - {written(-phase)}"
    size = written(abs(start) * fps * share)
    return f"{size}*{'cos' if across else 'sin'}({argument}){shrink}"


def _times(rate: Any, factor: str) -> Any:
    """Return ``rate`` times the text ``factor``, which starts with ``*`` or is empty."""
    if rate is None or not factor:
        return rate
    if isinstance(rate, dict):
        raise Untranslatable("keys of a pan under a zoom")
    text = written(rate) if isinstance(rate, int | float) else f"({rate})"
    return text + factor


def worst(motion: ShotMotion, poses: Floats) -> dict[str, float]:
    """Return pixels by which planned ``poses`` (n, 4) are off, at the most, column by column."""
    off = np.abs(poses - motion.exact) * motion.weights
    most = np.max(off, axis=0, initial=0.0)
    return dict(zip(POSE_COLUMNS, map(float, most), strict=True))
