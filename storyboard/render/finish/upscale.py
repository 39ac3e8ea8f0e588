"""Upscaling: pictures that are painted small become as large as the film."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from storyboard.plan import Plan
from storyboard.render.finish.shown import Pictures, Shown, each_eye


def upscaled(pictures: Pictures, plan: Plan) -> Pictures:
    """Return the pictures in the film's size, both eyes' halves each by itself."""
    size = plan.finish.size
    if size is None:
        return pictures
    return (
        Shown(one.number, each_eye(one.picture, plan.stereo, lambda half: lanczos(half, size)))
        for one in pictures
    )


def lanczos(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample by Lanczos with three lobes, in float; also down, without aliasing.

    Args:
        picture: (1, 3, H, W) float32 in [0, 1].
        size: (width, height) of the result in pixels.

    Returns:
        (1, 3, height, width) in [0, 1]: what overshoots at an edge is cut off.
    """
    channels = (Image.fromarray(channel.numpy()) for channel in picture[0])
    resized = [np.asarray(one.resize(size, Image.Resampling.LANCZOS)) for one in channels]
    return torch.from_numpy(np.stack(resized)).clamp_(0, 1)[None]
