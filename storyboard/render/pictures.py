"""Pictures in float, which are worked with, and in eight bits, which are stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from storyboard.media.ffmpeg import Picture
from storyboard.media.picture_files import read_picture


def to_8_bit(picture: Tensor) -> Picture:
    """Convert (1, 3, H, W) in [0, 1] to (H, W, 3) uint8, rounded: truncating darkens frame by
    frame.
    """
    levels = (picture[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 0).cpu().numpy())


def from_8_bit(picture: Picture) -> Tensor:
    """Convert (H, W, 3) uint8 to (1, 3, H, W) float32 in [0, 1]; `to_8_bit` gives the same bytes
    again.
    """
    levels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    return levels.to(torch.float32).div_(255)[None]


def covering(file: Path, size: tuple[int, int]) -> Tensor:
    """Return the picture in ``file`` as (1, 3, H, W) in [0, 1], scaled to cover ``size``, (height,
    width), and cropped about its centre. Raises `BadValue` where it cannot be read.
    """
    fitted = ImageOps.fit(read_picture(file), size[::-1], Image.Resampling.LANCZOS)
    return from_8_bit(np.asarray(fitted))
