"""A film's camera and prompts as settings of Deforum's 2D mode.

Convention: the reverse of docs/importing.md. Between two frames the view changes by one
similarity, w -> mu (w + d) with w = x + i y in pixels from the centre, y down: ``zoom`` is |mu|,
``angle`` the degrees counter-clockwise, ``translation_x`` and ``_y`` are d.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from storyboard.interchange.exporters import Exported
from storyboard.interchange.exporters.captions import Cue, cues
from storyboard.interchange.importers.translate import knots, short
from storyboard.plan import POSE_FIELDS, Floats, Plan, Pose, ShotPlan, TextPrompt

BORDERS = {"replicate": "replicate", "wrap": "wrap"}
_SAID = frozenset(("zoom", "rotate", "pan_x", "pan_y", "pivot_x", "pivot_y"))
_TOLERANCES = {"zoom": 2e-7, "angle": 1e-5, "translation_x": 1e-4, "translation_y": 1e-4}
"""How far a schedule may be from the values of single frames: it adds up over thousands."""


@dataclass(frozen=True)
class _View:
    """A pose as w -> mu w + b, and its rotation in degrees, which mu knows only within a turn."""

    mu: complex
    b: complex
    turn: float

    @classmethod
    def of(cls, pose: Pose, width: int, height: int) -> _View:
        """Return the view of a pose in pixels of the film."""
        mu = pose.zoom * np.exp(-1j * np.radians(pose.rotate))
        pan = complex(-pose.pan_x * width, pose.pan_y * height)
        pivot = complex((pose.pivot_x - 0.5) * width, (pose.pivot_y - 0.5) * height)
        return cls(complex(mu), complex(pivot + mu * (pan - pivot)), pose.rotate)

    def then(self, other: _View) -> _View:
        """Return the product: this move, then the other."""
        return _View(self.mu * other.mu, other.mu * self.b + other.b, self.turn + other.turn)

    def to(self, other: _View) -> _View:
        """Return the move from this view to the other."""
        mu = other.mu / self.mu
        return _View(mu, other.b - mu * self.b, other.turn - self.turn)


_STAY = _View(1, 0, 0.0)


def to_deforum(plan: Plan) -> Exported:
    """Return settings that `storyboard import` reads back to the same camera."""
    moves = np.array([(_number(m), m.turn, *_shift(m)) for m in _moves(plan)])
    names = ("zoom", "angle", "translation_x", "translation_y")
    schedules = {name: _schedule(moves[:, n], _TOLERANCES[name]) for n, name in enumerate(names)}
    settings = {
        "W": plan.width,
        "H": plan.height,
        "seed": plan.seed,
        "seed_behavior": "iter",
        "batch_name": plan.title,
        "animation_mode": "2D",
        "max_frames": plan.frame_count,
        "fps": _fps(plan),
        "border": BORDERS.get(plan.shots[0].border, "replicate"),
        **schedules,
        "transform_center_x": "0:(0.5)",
        "transform_center_y": "0:(0.5)",
        "diffusion_cadence": 1,
        "prompts": _prompts(plan),
        **_sound(plan),
    }
    return Exported(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", _left(plan))


def _moves(plan: Plan) -> Iterator[_View]:
    """Yield the move to every frame from the one before it; the first one, and one after a cut,
    stay.
    """
    yield _STAY
    before = plan.shots[0]
    for number in range(1, plan.frame_count):
        shot = plan.shot_at(number)
        local = number - shot.first
        if local:
            legs = [(_pose(shot, local - 1), _pose(shot, local))]
        elif shot.chain != before.chain:
            legs = []
        else:
            between = plan.shots[before.index + 1 : shot.index]
            legs = [
                (_pose(before, before.frame_count - 1), before.exit),
                *((other.entry, other.exit) for other in between),
                (shot.entry, _pose(shot, 0)),
            ]
        total = _STAY
        for start, end in legs:
            total = total.then(_view(plan, start).to(_view(plan, end)))
        yield total
        before = shot


def _view(plan: Plan, pose: Pose) -> _View:
    return _View.of(pose, plan.width, plan.height)


def _pose(shot: ShotPlan, local: int) -> Pose:
    return Pose(*(float(value) for value in shot.poses[local]))


def _number(move: _View) -> float:
    return abs(move.mu)


def _shift(move: _View) -> tuple[float, float]:
    d = move.b / move.mu
    return d.real, d.imag


def _schedule(values: Floats, tolerance: float) -> str:
    """Return keys of straight lines through the values; the first frame moves nothing."""
    moved = np.concatenate([values[1:2], values[1:]]) if len(values) > 1 else values
    places = knots(moved, tolerance)
    rounded = [(n, short(round(float(moved[n]), 9), 9)) for n in places]
    kept = [key for n, key in enumerate(rounded) if n == 0 or not _flat(rounded, n)]
    return ", ".join(f"{frame}:({value:.9g})" for frame, value in kept)


def _flat(keys: list[tuple[int, float]], n: int) -> bool:
    """Return True for a last key that says what the one before it says."""
    return n == len(keys) - 1 and keys[n][1] == keys[n - 1][1]


def _prompts(plan: Plan) -> dict[str, str]:
    """Return prompts as the web UI writes them: weights in brackets, what is unwanted behind
    ``--neg``.
    """
    found = [cue for cue in cues(plan) if cue.sources]
    stops = [*(cue.first for cue in found[1:]), plan.frame_count]
    return {
        str(cue.first): _prompt(plan, cue, stop)
        for cue, stop in zip(found, stops, strict=True)
        if _texts(cue)
    }


def _texts(cue: Cue) -> list[str]:
    """Return what leads in words."""
    return [source.text for source in cue.sources if isinstance(source, TextPrompt)]


def _prompt(plan: Plan, cue: Cue, stop: int) -> str:
    """Return what leads, each with its greatest weight before frame ``stop``."""
    weights: dict[str, float] = {}
    for number in range(cue.first, stop):
        for prompt in plan.frames[number].prompts:
            if isinstance(prompt.source, TextPrompt):
                text = prompt.source.text
                weights[text] = max(weights.get(text, 0.0), prompt.weight, key=abs)
    wanted = [_weighed(text, weights.get(text, 1.0)) for text in _texts(cue)]
    away = [text for text, weight in weights.items() if weight < 0]
    return ", ".join(wanted) + (f" --neg {', '.join(away)}" if away else "")


def _weighed(text: str, weight: float) -> str:
    return text if weight == 1 else f"({text}:{weight:.3g})"


def _fps(plan: Plan) -> Any:
    return int(plan.fps) if plan.fps.denominator == 1 else round(float(plan.fps), 3)


def _sound(plan: Plan) -> dict[str, str]:
    if plan.audio is None:
        return {"add_soundtrack": "None"}
    return {"add_soundtrack": "File", "soundtrack_path": plan.audio.file.name}


def _left(plan: Plan) -> list[str]:
    """Return what 2D settings cannot express of this film."""
    still, left = Pose(), []
    for n, name in enumerate(POSE_FIELDS):
        if name not in _SAID:
            usual = getattr(still, name)
            if any(np.any(np.abs(shot.poses[:, n] - usual) > 1e-9) for shot in plan.shots):
                left.append(f"{name}: 2D settings have no such move")
    odd = sorted({shot.border for shot in plan.shots} - set(BORDERS))
    left += [f"border {name}: replicate" for name in odd]
    if any(one.chain != other.chain for one, other in pairwise(plan.shots)):
        left.append("cuts: the picture flows on")
    named = dict.fromkeys(source for shot in plan.shots for source in shot.sources)
    files = [source.label for source in named if not isinstance(source, TextPrompt)]
    left += [f"prompt {name}: its prompts are words" for name in files]
    if plan.audio is not None and plan.audio.film_start != plan.audio.source_start:
        left.append("where the soundtrack starts: it plays from its beginning")
    return left
