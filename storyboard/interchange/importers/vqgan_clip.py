"""VQGAN-CLIP animation dictionaries: prompts with weights by frame, and keyframe strings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from storyboard.errors import BadValue
from storyboard.interchange.importers.camera_rates import Moves
from storyboard.interchange.importers.frame_schedules import ScheduleContext
from storyboard.interchange.importers.sampled import Shot, seconds
from storyboard.interchange.importers.setting_values import add_motion, at, frame_count, rate, track
from storyboard.interchange.importers.story_writer import (
    Draft,
    Source,
    even_size,
    prompt_value,
    report_unused,
)
from storyboard.interchange.importers.translate import short

FPS = 24
_KEYED_TEXT = re.compile(r"(\d+)\s*:\s*\(([^()]*)\)")
USED = {
    *("text_prompts", "max_frames", "width", "height", "fps", "seed", "angle", "zoom"),
    *("translation_x", "translation_y", "key_frames", "iterations_per_frame"),
}


def import_vqgan_clip(settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the story of such a dictionary. Raises `BadValue` with the setting's name."""
    draft = Draft(source, rate(settings, "fps", FPS), (400, 400))
    size = (settings.get("width") or 400, settings.get("height") or 400)
    draft.size = even_size(size, draft.notes)
    weights = at("text_prompts", lambda: _weights(settings.get("text_prompts")))
    last = max((int(frame) for keys in weights.values() for frame in keys), default=0)
    frames = frame_count(settings, last + 1)
    if "max_frames" not in settings:
        draft.notes.add("carried", f"no length is set; {frames} frames, to the last key")
    setting = ScheduleContext(frames)
    prompts = [_prompt(text, keys, draft.fps) for text, keys in weights.items()]
    draft.add_shot(0, frames, prompt_value(prompts), name="film")
    draft.spans.append(Shot(0, frames, draft.fps))
    zoom, angle, right, down = (
        track(settings, name, default, setting, draft.notes)
        for name, default in (("zoom", 1.0), ("angle", 0.0), *_SHIFTS)
    )
    add_motion(draft, Moves(zoom, angle, right, down, draft.size, draft.fps))
    _look(draft, settings)
    return draft


_SHIFTS = (("translation_x", 0.0), ("translation_y", 0.0))


def _weights(given: Any) -> dict[str, dict[float, float]]:
    """Return weights by frame of every text, from any of the ways in which they are written."""
    if isinstance(given, Mapping):
        return {str(text): _keys(text, keys) for text, keys in given.items()}
    if not isinstance(given, str) or not given.strip():
        raise BadValue("there are no prompts", hint="{'an apple': {10: 1, 20: 0}}")
    keyed = _KEYED_TEXT.findall(given)
    if not keyed:
        return {text: {0: weight} for text, weight in _parts(given)}
    found: dict[str, dict[float, float]] = {}
    for frame, texts in keyed:
        for text, weight in _parts(texts):
            found.setdefault(text, {})[float(frame)] = weight
    return found


def _keys(text: Any, keys: Any) -> dict[float, float]:
    try:
        if isinstance(keys, Mapping):
            return {float(frame): float(weight) for frame, weight in keys.items()}
        return {0.0: float(keys)}
    except (TypeError, ValueError):
        raise BadValue(f"the weights of {text!r} are no numbers by frame") from None


def _parts(texts: str) -> list[tuple[str, float]]:
    found = []
    for part in filter(None, (part.strip() for part in texts.split("|"))):
        text, _, weight = part.rpartition(":")
        try:
            found.append((text.strip(), float(weight)) if text else (part, 1.0))
        except ValueError:
            found.append((part, 1.0))
    return found


def _prompt(text: str, keys: Mapping[float, float], fps: Fraction) -> dict[str, Any]:
    values = set(keys.values())
    if len(values) == 1:
        (weight,) = values
        return {"text": text} if weight == 1 else {"text": text, "weight": short(weight)}
    ordered = sorted(keys)
    return {
        "text": text,
        "weight": {seconds(Fraction(k) / fps): short(keys[k]) for k in ordered},
    }


def _look(draft: Draft, settings: Mapping[str, Any]) -> None:
    draft.settings["border"] = "wrap"
    if str(settings.get("seed")).isdigit():
        draft.settings["seed"] = int(str(settings["seed"]))
    steps = settings.get("iterations_per_frame")
    if isinstance(steps, int) and steps > 0:
        draft.settings["steps"] = steps
    if "fps" not in settings:
        draft.notes.add("carried", f"no fps is set; {FPS} as in the notebook")
    draft.notes.add(
        "corrected", "the pivot is the picture's true centre, half a pixel from the source's"
    )
    report_unused(draft.notes, settings, USED)
