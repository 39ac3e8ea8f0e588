"""What PyTTI makes of steps, expressions and cross-fades, which no importer asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from storyboard.interchange.importers.foreign import PYTHON, parse, value


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


def crossfade(settings: Mapping[str, Any], step: int) -> dict[str, float]:
    """Weights of the scene before and of its own, so many steps into a scene."""
    length = float(settings["interpolation_steps"])
    done = min(step / length, 1.0) if length else 1.0
    return {"old_scene_weight": 1.0 - done, "new_scene_weight": done}
