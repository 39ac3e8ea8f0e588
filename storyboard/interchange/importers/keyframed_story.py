"""Curves of the ``keyframed`` library as a story: a prompt for each, or a move of the camera."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.curves import seconds
from storyboard.interchange.importers.keyframed import Curve, Function, operate
from storyboard.interchange.importers.settings import rate
from storyboard.interchange.importers.simplify import knots, short
from storyboard.interchange.importers.writing import Draft, Source, checked_frames, prompt_value
from storyboard.plan import POSE_FIELDS, Floats

FPS = 12
_EASES = {"previous": "hold", "linear": "linear", "eased_lerp": "sine-in-out", "sin": "sine-out"}
_TOLERANCE = 1e-3


def import_keyframed(settings: Mapping[str, Any], source: Source) -> Draft:
    """The story of a curve or of a group of curves. Raises `BadValue`.

    A member of the group that is called as a camera's value (``zoom``, ``rotate``, ``pan_x`` ...)
    moves the camera; any other one is a prompt, and its name is what to show.
    """
    draft = Draft(source, rate(settings, "fps", FPS), (512, 288))
    members = _members(settings)
    frames = checked_frames(math.ceil(max(map(_length, members.values())) + 1))
    weight = operate(settings.get("weight", 1))
    camera: dict[str, Any] = {}
    prompts = []
    for name, member in members.items():
        curve = _written(draft, name, (operate(member), weight), count=frames)
        if name in POSE_FIELDS:
            camera[name] = curve
        else:
            prompts.append({"text": name} if curve == 1 else {"text": name, "weight": curve})
    if not prompts:
        prompts = [{"text": "a landscape"}]
        draft.notes.left(["prompts"], "these are curves alone; 'a landscape' stands for a prompt")
    draft.add_shot(0, frames, prompt_value(prompts), name="film")
    if camera:
        draft.shots[0]["motion"] = camera
    if "fps" not in settings:
        draft.notes.add("carried", f"a frame is 1/{FPS} s; the source does not say (--fps)")
    return draft


def _members(settings: Mapping[str, Any]) -> dict[str, Any]:
    if "parameters" not in settings:
        return {str(settings.get("label") or "a landscape"): dict(settings)}
    members = settings["parameters"]
    if not isinstance(members, Mapping) or not members:
        raise BadValue("parameters: a mapping of names to curves is expected")
    return {str(name): member for name, member in members.items()}


def _length(member: Any) -> float:
    """The last key of a curve, or of all that it is made of."""
    if isinstance(member, Mapping):
        if "parameters" in member:
            return max(map(_length, member["parameters"].values()), default=0.0)
        curve = operate(member)
        return curve.length if isinstance(curve, Curve) else 0.0
    return 0.0


def _written(draft: Draft, name: str, parts: tuple[Function, Function], *, count: int) -> Any:
    """The product of curve and weight as a number or keys; baked where no keys of ours say it."""
    curve, weight = parts
    heavy = weight.values[0] if isinstance(weight, Curve) and len(weight.times) == 1 else None
    plain = isinstance(curve, Curve) and not (curve.loop or curve.bounce)
    if plain and heavy is not None and isinstance(curve, Curve) and "next" not in curve.methods:
        return _keys(curve, heavy, draft.fps)
    values = _sampled(parts, count)
    draft.notes.add("baked", f"{name}: what it is at the source's frames")
    places = knots(values, _TOLERANCE * max(float(np.ptp(values)), 1e-9))
    return {seconds(Fraction(n) / draft.fps): short(float(values[n])) for n in places}


def _sampled(parts: tuple[Function, Function], count: int) -> Floats:
    curve, weight = parts
    values = [curve(n) * weight(n) for n in range(count)]
    if any(np.ndim(v) for v in values):
        raise BadValue("a curve of lists has no counterpart")
    return np.asarray(values, dtype=np.float64)


def _keys(curve: Curve, weight: float, fps: Fraction) -> Any:
    if any(np.ndim(value) for value in curve.values):
        raise BadValue("a curve of lists has no counterpart")
    values = [short(float(value) * weight) for value in curve.values]
    if len(set(values)) == 1:
        return values[0]
    keys: dict[str, Any] = {}
    ease = "linear"
    for time, value, method in zip(curve.times, values, curve.methods, strict=True):
        own = _EASES[method]
        keys[seconds(Fraction(time) / fps)] = value if own == ease else [value, own]
        ease = own
    return keys
