"""Golden frames: what was looked at once and found right.

A change that may alter pictures alters these; then look at them, and with ``SET_GOLDEN=1`` in the
environment the test writes the new ones. Rounding differs between processors, so a few pixels may
be off by more than one grey level.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storyboard.plan import Plan, ShotPlan
from storyboard.render import render

GOLDEN = Path(__file__).parent / "golden"
LEVELS, MISMATCHES = 1, 0.03

STORIES: dict[str, dict[str, Any]] = {
    "waves": {"values": {"steps": 8, "cuts": 8}},
    "cells": {
        "drawer": "pixel",
        "drawer_options": {"cells": [16, 9]},
        "prompt": "purple",
        "values": {"steps": 8, "cuts": 8},
    },
    "effects": {
        "border": "zeros",
        "values": {"filters.vignette": 0.8, "losses.symmetry": 0.5, "steps": 8, "hold": 1},
    },
}


def strip(folder: Path) -> np.ndarray:
    frames = [np.asarray(Image.open(path)) for path in sorted(folder.glob("shots/*/*.png"))]
    return np.concatenate(frames, axis=1)


@pytest.mark.parametrize("name", STORIES)
def test_the_frames_are_as_they_were(
    tmp_path: Path, shot: Callable[..., ShotPlan], film: Callable[..., Plan], name: str
) -> None:
    render(film(shot(name, 0, 3, **STORIES[name])), out=tmp_path / "film.gif")
    made, path = strip(tmp_path), GOLDEN / f"{name}.png"
    if os.environ.get("SET_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(made).save(path)
    golden = np.asarray(Image.open(path))
    assert made.shape == golden.shape == (18, 96, 3)
    off = (np.abs(made.astype(int) - golden.astype(int)) > LEVELS).any(-1).mean()
    if off > MISMATCHES:
        seen = tmp_path / f"{name}-golden-above-made.png"
        Image.fromarray(np.concatenate([golden, made])).save(seen)
        pytest.fail(f"{off:.1%} of the pixels differ; look at {seen}")
