"""Depth as a model sees it: a depth-estimation pipeline of the `transformers` package (an extra).

The scale is fixed: the first picture of a scene says what counts as near and far, and it stays so.
Scaled picture by picture, as is often done, the scene would breathe with whatever comes into view.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from storyboard.errors import MissingWeights, UsageError
from storyboard.motion.depth.scene import Scene, map_of, span_of
from storyboard.motion.depth.surface import Surface, crisp
from storyboard.plan import DepthPlan

Pipeline = Callable[[Any], Any]
"""Takes a PIL picture; answers a mapping whose ``predicted_depth`` is a tensor (.., h, w)."""

NO_EXTRA = "depth from a model needs the transformers package: pip install 'storyboard-film[depth]'"

_OUTER = 0.02
"""Share of a picture's pixels left out at either end when its scale is fixed."""


@dataclass(frozen=True)
class DepthScale:
    """Range of a model's numbers: ``low`` is the farthest, ``high`` the nearest."""

    low: float
    high: float


def load_pipeline(name: str, device: torch.device) -> Pipeline:
    """Return the depth-estimation pipeline ``name``: a model of the hub or a folder.

    Raises `UsageError` without the extra, `MissingWeights` where the model cannot be had.
    """
    try:
        from transformers import pipeline
    except ImportError as error:
        raise UsageError(NO_EXTRA) from error
    try:
        made: Pipeline = pipeline("depth-estimation", model=name, device=device)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().partition("\n")[0]
        raise MissingWeights(f"the depth model {name!r} cannot be loaded: {first}") from error
    return made


def predict(pipeline: Pipeline, picture: Tensor, *, gives: str) -> Tensor:
    """Predict the depth of ``picture``, (1, 3, H, W) in [0, 1]: (H, W) float64, larger is nearer.

    ``gives`` is ``inverse_depth`` where the model's numbers grow towards the camera, ``distance``
    where they are depths. Raises `UsageError` if the numbers are not finite.
    """
    from PIL import Image

    levels = (picture[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0)
    answer = pipeline(Image.fromarray(np.ascontiguousarray(levels.cpu().numpy())))
    raw = torch.as_tensor(answer["predicted_depth"]).detach().to("cpu", torch.float64)
    raw = raw.reshape(1, 1, *raw.shape[-2:])
    if not torch.isfinite(raw).all():
        raise UsageError("the depth model returned non-finite values")
    if gives == "distance":
        raw = 1 / raw.clamp(min=1e-6)
    size = picture.shape[-2:]
    fitted = torch.nn.functional.interpolate(raw, size, mode="bilinear", align_corners=False)
    return fitted[0, 0].to(picture.device)


def scale_of(estimate: Tensor) -> DepthScale:
    """Return the scale of a first estimate, (H, W): nearly all of it lies between its two ends."""
    ends = torch.quantile(
        estimate.cpu().flatten()[:: max(1, estimate.numel() // 100_000)],
        torch.tensor([_OUTER, 1 - _OUTER], dtype=estimate.dtype),
    )
    low, high = ends.tolist()
    return DepthScale(low, high)


def seen(
    scene: Scene, estimate: Tensor, scale: DepthScale, depth: DepthPlan, *, passed_s: float
) -> Scene:
    """Return ``scene`` updated with a model's ``estimate`` of its picture, (H, W).

    The older estimate, carried along with the picture, counts for exp(-passed / smooth): the faster
    the pictures come, the less each changes. A model that sees no difference in depth says that the
    scene is flat.
    """
    width = scale.high - scale.low
    grey = (estimate - scale.low) / width if width > 1e-9 else torch.full_like(estimate, 0.5)
    fresh = map_of(grey, depth)
    if scene.surface is not None and depth.smooth > 0:
        share = math.exp(-passed_s / float(depth.smooth))
        fresh = fresh + share * (scene.surface.inverse_depth - fresh)
    span = span_of(depth)
    return Scene(surface=Surface.of(crisp(fresh, span), span))
