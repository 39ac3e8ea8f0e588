"""The loop to beat: what Pixray's `normal` quality does in an iteration, with today's kornia.

Written from its description, so that both loops can run in one process on the same model: the whole
picture pooled anew for every cut, augmentations one after the other, each a resampling of its own,
the batch stretched to [0, 1], one batch for all cuts, weights frozen. 60 % of the cuts are *zoom*,
40 % *wide*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import kornia.augmentation as K
import torch
import torch.nn.functional as F
from kornia.geometry.transform import warp_perspective
from torch import Tensor, nn

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


class PaddedPerspective(K.RandomPerspective):
    """kornia's random perspective, with a choice of what lies beyond the border."""

    padding = "reflection"
    fill: Tensor | None = None

    def apply_transform(
        self, input: Tensor, params: Any, flags: Any, transform: Tensor | None = None
    ) -> Tensor:
        """Warp ``input`` by ``transform``."""
        return warp_perspective(
            input,
            transform,
            input.shape[-2:],
            mode="bilinear",
            align_corners=False,
            padding_mode=self.padding,
            fill_value=self.fill,
        )


class ReferenceLoop:
    """``cuts`` views of a drawer's picture, seen by the image tower ``visual`` all at once."""

    def __init__(self, drawer: Any, visual: nn.Module, target: Tensor, cuts: int) -> None:
        self.drawer, self.visual, self.target, self.cuts = drawer, visual, target, cuts
        self.side = int(
            visual.image_size[0] if isinstance(visual.image_size, tuple) else visual.image_size
        )
        self.optimizer = torch.optim.Adam(drawer.parameters())
        height, width = drawer.size
        self.aspect = width / height
        self.iteration = 0
        self._zoom_tilt = PaddedPerspective(distortion_scale=0.4, p=0.7)
        self._wide_tilt = PaddedPerspective(distortion_scale=0.2, p=0.7)
        self._wide_tilt.padding = "fill"
        self._crop = K.RandomResizedCrop(
            (self.side, self.side), (0.25, 0.95), (0.85, 1.2), cropping_mode="resample", p=1.0
        )
        self._jitter = K.ColorJitter(hue=0.1, saturation=0.1, p=0.8)

    def draw(self) -> Tensor:
        """Return the drawer's picture."""
        return self.drawer.draw()

    def batches(self) -> Sequence[slice]:
        """Return all cuts in one batch."""
        return [slice(0, self.cuts)]

    def cutouts(self, picture: Tensor, rows: slice) -> Tensor:
        """Return every view of the step, normalised."""
        pooled = torch.cat([self._pool(picture) for _ in range(self.cuts)])
        zoom = int(0.6 * self.cuts)
        grey = torch.rand(3, 1, 1)[:1].expand(3, 1, 1).flatten().to(picture.device)
        views = torch.cat([self._zoom(pooled[:zoom]), self._wide(pooled[zoom:], grey)])
        amount = torch.empty(self.cuts, 1, 1, 1).uniform_(0, 0.1).to(picture.device)
        views = views + amount * torch.randn_like(views)
        views = (views - views.min()) / (views.max() - views.min())
        mean, std = (torch.tensor(v, device=views.device).view(3, 1, 1) for v in (MEAN, STD))
        return (views - mean) / std

    def loss(self, views: Tensor) -> Tensor:
        """Squared spherical distance, averaged over the cuts."""
        apart = (F.normalize(self.visual(views), dim=-1) - self.target).norm(dim=-1)
        return (apart / 2).arcsin().pow(2).mul(2).mean()

    def update(self) -> None:
        """One step of Adam."""
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.drawer.clamp()
        self.iteration += 1

    def _pool(self, picture: Tensor) -> Tensor:
        """Return the whole picture, squashed to a square, then stretched to its aspect again."""
        square = (self.side, self.side)
        pooled = (
            F.adaptive_avg_pool2d(picture, square) + F.adaptive_max_pool2d(picture, square)
        ) / 2
        if self.aspect == 1:
            return pooled
        wide, high = max(self.aspect, 1.0), max(1 / self.aspect, 1.0)
        return F.interpolate(
            pooled, (int(self.side * high), int(self.side * wide)), mode="bilinear"
        )

    def _zoom(self, views: Tensor) -> Tensor:
        self._zoom_tilt.padding = "border" if self.iteration % 2 else "reflection"
        return self._jitter(self._crop(self._zoom_tilt(views)))

    def _wide(self, views: Tensor, grey: Tensor) -> Tensor:
        self._wide_tilt.fill = grey
        shrink = K.RandomAffine(
            degrees=0,
            translate=self._room(),
            scale=self._shrink(),
            padding_mode="fill",
            fill_value=grey,
            p=1.0,
        )
        center = K.CenterCrop((self.side, self.side), cropping_mode="resample")
        return self._jitter(self._wide_tilt(center(shrink(views))))

    def _shrink(self) -> tuple[float, float]:
        """Return the range of scales that make the whole picture fit the square."""
        longest = max(self.aspect, 1 / self.aspect)
        return (0.95, 0.95) if longest == 1 else (0.9 / longest, 1 / longest)

    def _room(self) -> tuple[float, float]:
        """Return the range by which the shrunk picture may move, as shares of width and height."""
        longest = max(self.aspect, 1 / self.aspect)
        if longest == 1:
            return 0.025, 0.025
        room = (1 - 1 / longest) / 2
        return (0.0, room) if self.aspect > 1 else (room, 0.0)
