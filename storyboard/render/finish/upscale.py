"""Upscaling: pictures that are painted small become as large as the film."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from storyboard.files import file_digest, sha256
from storyboard.plan import Plan
from storyboard.render.finish.network import enlarged, load_network
from storyboard.render.finish.shown import Pictures, Shown, each_eye
from storyboard.render.finish.stretches import Keep, unkept
from storyboard.render.pictures import from_8_bit, to_8_bit

ALGORITHM = "storyboard-upscale-1"
"""Raised by one when the same picture would be enlarged differently."""


def upscaled(
    pictures: Pictures, plan: Plan, *, keep: Keep = unkept, device: str = "cpu"
) -> Pictures:
    """Return the pictures in the film's size, both eyes' halves each by itself.

    Those of a network, on ``device``, go through ``keep`` in eight bits.
    """
    size = plan.finish.size
    if size is None:
        return pictures
    if plan.finish.upscale is not None:
        return _by_network(pictures, plan, size, keep=keep, device=device)
    return (
        Shown(one.number, each_eye(one.picture, plan.stereo, lambda half: lanczos(half, size)))
        for one in pictures
    )


def _by_network(
    pictures: Pictures, plan: Plan, size: tuple[int, int], *, keep: Keep, device: str
) -> Pictures:
    chosen = plan.finish.upscale
    if chosen is None:
        return
    settings = (ALGORITHM, file_digest(chosen.file), chosen.tile, chosen.overlap, size, plan.stereo)

    def large(half: Tensor) -> Tensor:
        network = load_network(chosen.file, device)
        whole = enlarged(half, network, tile=chosen.tile, overlap=chosen.overlap)
        return whole if whole.shape[2:] == size[::-1] else lanczos(whole, size)

    for one in pictures:
        key = sha256(repr(settings).encode() + to_8_bit(one.picture).tobytes())
        made = keep(key, lambda p=one.picture: to_8_bit(each_eye(p, plan.stereo, large)))  # type: ignore[misc]
        yield Shown(one.number, from_8_bit(made))


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
