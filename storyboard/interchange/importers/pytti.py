"""PyTTI's own texts: scenes, prompts with weight, mask and stop, and expressions in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import Node, names_in, parse
from storyboard.interchange.importers.foreign_values import PYTHON, value

CUTOFF = "0.5000873264"
"""The share of a mask that PyTTI takes where none is written."""

MASKS = {
    "a": "everywhere",
    "r": "the right half",
    "l": "the left half",
    "d": "the lower half",
    "u": "the upper half",
    "n": "what is near",
    "f": "what is far",
}


@dataclass(frozen=True)
class ScenePrompt:
    """A prompt as PyTTI reads it, every part as text: weight, cutoff and stop may move."""

    text: str
    weight: str = "1"
    mask: str = "a"
    cutoff: str = CUTOFF
    stop: str = "-inf"


def read_prompt(text: str) -> ScenePrompt:
    """``text:weight_mask_cutoff:stop``; what stands in square brackets is not split."""
    parts = [part.strip() for part in _split(text, ":")]
    weight, stop = (*parts[1:3], "1", "-inf")[:2] if len(parts) > 1 else ("1", "-inf")
    if len(parts) == 2:
        stop = "-inf"
    words = [part.strip() for part in _split(weight, "_")]
    mask = words[1] if len(words) > 1 and words[1] else "a"
    cutoff = words[2] if len(words) > 2 and words[2] else CUTOFF
    return ScenePrompt(parts[0], words[0] or "1", mask, cutoff, stop or "-inf")


def read_scenes(settings: Mapping[str, Any]) -> list[list[ScenePrompt]]:
    """Every scene's prompts, with prefix and suffix put around its text."""
    prefix, suffix = (str(settings.get(f"scene_{end}") or "") for end in ("prefix", "suffix"))
    written = str(settings.get("scenes") or "")
    scenes = [part for part in _split(written, "||") if part.strip()]
    if not scenes:
        raise BadValue(
            "there are no scenes", hint="scenes: a cat | rain || a dog", path=("scenes",)
        )
    whole = (prefix + scene + suffix for scene in scenes)
    return [[read_prompt(p) for p in _split(scene, "|") if p.strip()] for scene in whole]


def _split(text: str, sign: str) -> Iterator[str]:
    """The parts of ``text`` between ``sign`` outside square and round brackets."""
    depth, start, place = 0, 0, 0
    while place < len(text):
        letter = text[place]
        depth += (letter in "[(") - (letter in "])")
        if depth <= 0 and text.startswith(sign, place):
            yield text[start:place]
            place = start = place + len(sign)
        else:
            place += 1
    yield text[start:]


def seconds(settings: Mapping[str, Any], step: float) -> float:
    """The second that an optimiser step counts as: negative before the film moves."""
    per_second = float(settings["steps_per_frame"]) * float(settings["frames_per_second"])
    return (step - float(settings.get("pre_animation_steps") or 0)) / per_second


def evaluate_expression(text: str, context: Mapping[str, Any]) -> Any:
    """An expression at one moment: ``t`` in seconds; a band is a list with a value per frame.

    ``NAME_prev`` is the band's value of the frame before, as PyTTI means it to be; ``step`` says
    which frame it is.
    """
    step = int(context.get("step") or 0)
    names: dict[str, Any] = {"t": 0.0}
    for name, given in context.items():
        if isinstance(given, list):
            names[name] = float(given[step])
            names[f"{name}_prev"] = float(given[max(step - 1, 0)])
        elif isinstance(given, int | float):
            names[name] = float(given)
    found = value(parse(text), PYTHON, names)
    return [float(np.ravel(part)[0]) for part in found] if isinstance(found, list) else found


def names_of(tree: Node) -> set[str]:
    """What an expression reads beside Python's constants: ``t`` and the bands."""
    return {PYTHON.bare(name) for name in names_in(tree)} - set(PYTHON.constants)


def crossfade(settings: Mapping[str, Any], step: int) -> dict[str, float]:
    """Weights of the scene before and of its own, so many steps into a scene."""
    length = float(settings["interpolation_steps"])
    done = min(step / length, 1.0) if length else 1.0
    return {"old_scene_weight": 1.0 - done, "new_scene_weight": done}
