"""Beats and downbeats from a network, with weights by path: beat-this (Foscarin, Schlüter and
Widmer, "Beat this! Accurate beat tracking without DBN postprocessing", ISMIR 2024).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from storyboard.audio.analysis import SAMPLE_RATE, Floats
from storyboard.audio.bands import Samples
from storyboard.errors import BadValue, MissingTool

VERSION = 1
"""Version of what is cached of its results."""


def track(samples: Samples, weights: Path) -> dict[str, Floats]:
    """Return ``beats`` and ``downbeats`` of samples (n,) at `SAMPLE_RATE` Hz, in seconds,
    ascending, to a fiftieth of a second. ``weights`` is a checkpoint (.ckpt).

    Raises `MissingTool` without beat-this, `BadValue` for a file that holds none of its weights.
    """
    try:
        from beat_this.inference import Audio2Beats
    except ImportError as error:
        hint = 'pip install "storyboard-film[beats]"'
        raise MissingTool(f"beat-this is not installed ({error})\n  hint: {hint}") from None
    try:
        tracker = Audio2Beats(str(weights))
    except Exception as error:  # whatever torch and the model raise for a file of another kind
        reason = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise BadValue(f"{weights} holds no weights of beat-this: {reason}") from error
    beats, downbeats = tracker(samples, SAMPLE_RATE)
    return {"beats": np.asarray(beats, np.float64), "downbeats": np.asarray(downbeats, np.float64)}


def nearest_beats(downbeats: Floats, beats: Floats) -> Floats:
    """Return the ``beats`` that are nearest to the ``downbeats``, each once, ascending; a downbeat
    further than half a beat from any is left out.

    >>> nearest_beats(np.array([0.02, 1.98, 9.0]), np.arange(0, 4.5, 0.5))
    array([0., 2.])
    """
    if len(beats) < 2 or not len(downbeats):
        return beats[:1]
    near = np.abs(beats[None, :] - downbeats[:, None]).argmin(axis=1)
    close = np.abs(beats[near] - downbeats) <= np.median(np.diff(beats)) / 2
    bars: Floats = beats[np.unique(near[close])]
    return bars
