"""Views of pictures as painting will show them: crops of several scales, tilted, framed, noisy.

Convention: uint8 ``(B, 3, H, W)`` in, float ``(B, 3, size, size)`` in [0, 1] out. Never flipped:
up and down, left and right are part of what a caption says.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def _homography(count: int, scale: Tensor, wide: Tensor, dice: torch.Generator) -> Tensor:
    """Matrices from view to picture coordinates: place, size, turn, tilt, ``(B, 3, 3)``."""

    def draw(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=dice) * (high - low) + low

    room = (1 - scale).clamp(min=0)
    slack = torch.where(wide, (scale - 1).clamp(min=0), room)
    angle = draw(-0.12, 0.12) * (torch.rand(count, generator=dice) < 0.6)
    aspect = torch.exp(draw(-0.12, 0.12))
    matrix = torch.zeros(count, 3, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = scale * aspect * torch.cos(angle), -scale * torch.sin(angle)
    matrix[:, 1, 0], matrix[:, 1, 1] = scale * torch.sin(angle), scale / aspect * torch.cos(angle)
    matrix[:, 0, 2], matrix[:, 1, 2] = draw(-1, 1) * slack, draw(-1, 1) * slack
    tilted = torch.rand(count, generator=dice) < 0.5
    matrix[:, 2, 0], matrix[:, 2, 1] = draw(-0.12, 0.12) * tilted, draw(-0.12, 0.12) * tilted
    matrix[:, 2, 2] = 1
    return matrix


def sample_views(
    pictures: Tensor, smallest: Tensor, size: int, dice: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return one view of each picture, and whether it shows the whole.

    Some show more than the whole, in a frame of any pale colour or mirrored at the edge. (A frame
    that is always the same grey teaches the model to accept pictures that are painted in the
    middle only, with grey around.)

    ``smallest`` is the least share of the side that a crop of each picture may keep.
    """
    count = pictures.shape[0]
    roll = torch.rand(count, generator=dice)
    area = torch.rand(count, generator=dice)
    crop = smallest + (0.95 - smallest) * area
    scale = torch.where(
        roll < 0.38, 0.92 + 0.1 * area, torch.where(roll < 0.52, 1.05 + 0.5 * area, crop)
    )
    wide = (roll >= 0.38) & (roll < 0.52)
    matrix = _homography(count, scale, wide, dice)
    axis = (torch.arange(size) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).view(1, -1, 3) @ matrix.transpose(1, 2)
    grid = (points[..., :2] / points[..., 2:]).view(count, size, size, 2)
    floats = pictures.float() / 255
    seen = torch.empty(count, 3, size, size)
    framed = wide & (roll < 0.46)
    filling = torch.rand(count, 3, 1, 1, generator=dice) * 0.2 + torch.rand(
        count, 1, 1, 1, generator=dice
    )
    fill = filling.clamp(0, 1)[framed]
    seen[framed] = F.grid_sample(floats[framed] - fill, grid[framed], align_corners=False) + fill
    seen[~framed] = F.grid_sample(
        floats[~framed], grid[~framed], padding_mode="reflection", align_corners=False
    )
    return seen, roll < 0.52


def disturb(views: Tensor, noise: float, dice: torch.Generator) -> Tensor:
    """Slight changes of light and colour, blur on some, noise on most."""
    count = views.shape[0]

    def draw(low: float, high: float) -> Tensor:
        return torch.rand(count, 1, 1, 1, generator=dice) * (high - low) + low

    grey = views.mean(1, keepdim=True)
    middle = grey.mean((2, 3), keepdim=True)
    out = grey + (views - grey) * draw(0.75, 1.25)
    out = middle + (out - middle) * draw(0.75, 1.2) + draw(-0.1, 0.1)
    out = out * (1 + 0.06 * torch.randn(count, 3, 1, 1, generator=dice))
    strength, chosen = draw(0, 1), draw(0, 1).flatten() < 0.35
    soft = F.avg_pool2d(F.pad(out[chosen], (2, 2, 2, 2), mode="reflect"), 5, 1)
    out[chosen] = torch.lerp(out[chosen], soft, strength[chosen])
    level = noise * draw(0, 1) ** 2 * (draw(0, 1) < 0.8)
    return (out + level * torch.randn(out.shape, generator=dice)).clamp(0, 1)
