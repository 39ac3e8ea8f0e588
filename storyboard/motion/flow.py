"""Optical flow: how what is seen in one picture of a clip has moved to the next.

Convention: a flow is (2, H, W) in pixels, x then y, y down: ``flow(p)`` leads from the pixel ``p``
of the picture that it belongs to, to where the same thing is in the other one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.errors import MissingWeights, UnknownName
from storyboard.motion.moves import pixel_grid

LONGEST, SHORTEST = 1024, 480
"""Flow is looked for in pictures whose longer side is between these, in pixels: coarser ones are
enlarged, because patches of eight pixels would see too much of them at once."""

ROUND_TRIP = (0.01, 0.5)
"""How far there and back may end from where it began, squared: this share of the squared lengths of
both ways, and so many squared pixels of a picture 360 high (Sundaram, Brox and Keutzer, "Dense
point trajectories by GPU-accelerated large displacement optical flow", 2010)."""

COLOR = (0.05, 0.15)
"""Mean difference in colour between a pixel and its source along the flow, in grey levels 0..1:
up to the first it is the same thing, from the second on another one."""


@dataclass(frozen=True, eq=False)
class Flow:
    """A `storyboard.motion.moves.Step` from one picture of a clip to another.

    ``backward`` belongs to the later picture and leads to the earlier one, ``forward`` the other
    way.
    """

    backward: Tensor
    forward: Tensor

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Implement `Step.back`: where points of the later picture were in the earlier one."""
        height, width = self.backward.shape[-2:]
        way = _at(self.backward, points).to(points)
        return points + way * way.new_tensor([2 / width, 2 / height])[:, None, None], None

    def inverse(self) -> Flow:
        """Implement `Step.inverse`."""
        return Flow(self.forward, self.backward)


def flow_between(before: Tensor, after: Tensor, *, method: str = "dis") -> Flow:
    """Estimate the optical flow from ``before`` to ``after``.

    Args:
        before: (1, 3, H, W) in [0, 1].
        after: the same shape.
        method: ``dis`` or ``raft``.

    Raises:
        MissingWeights: the weights of ``raft`` are not on this machine.
        UnknownName: no such method.
    """
    if method not in _METHODS:
        raise UnknownName("flow", method, _METHODS)
    height, width = before.shape[-2:]
    longest = max(height, width)
    scale = min(max(longest, SHORTEST), LONGEST) / longest
    size = [max(round(height * scale), 16), max(round(width * scale), 16)]
    pictures = [_resized(picture, size) for picture in (before, after)]
    ways = [_METHODS[method](*pair) for pair in (pictures[::-1], pictures)]
    return Flow(*(_scaled(way, (height, width)) for way in ways))


def trust(flow: Flow, before: Tensor, after: Tensor) -> Tensor:
    """Return a confidence mask of ``flow``: (1, 1, H, W), 1 where reliable, 0 where disoccluded.

    A pixel is reliable if the forward flow from its source leads back to it (`ROUND_TRIP`), if the
    source lies within the picture, and if both have the same colour (`COLOR`): two flat areas agree
    on any flow, and only their colours reveal a cut.

    Args:
        flow: from ``before`` to ``after``.
        before: (1, 3, H, W) in [0, 1].
        after: the same shape.
    """
    height, width = after.shape[-2:]
    here = pixel_grid((height, width)).to(flow.backward)
    there, _ = flow.back(here)
    way = flow.backward
    forth = _at(flow.forward, there)
    share, pixels = ROUND_TRIP
    allowed = share * (way.square() + forth.square()).sum(0) + pixels * max(0.5, height / 360) ** 2
    round_trip = 2 - (way + forth).square().sum(0) / allowed
    same, other = COLOR
    change = F.avg_pool2d((_at(before[0], there) - after[0]).abs().mean(0)[None, None], 3, 1, 1)
    alike = (other - change[0, 0]) / (other - same)
    inside = (there.abs() <= 1).all(0)
    doubt = 1 - torch.minimum(round_trip, alike).clamp(0, 1) * inside
    doubt = F.max_pool2d(doubt[None, None].float(), 3, 1, 1)  # flow smears the outlines of things
    return 1 - F.avg_pool2d(doubt, 3, 1, 1, count_include_pad=False)


def raft_weights() -> Path:
    """Return the file with RAFT's weights, large before small. Raises `MissingWeights`."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    for kind in ("large", "small"):
        for path in sorted(folder.glob(f"raft_{kind}*.pth")):
            return path
    raise MissingWeights(
        f"flow: raft needs its weights, raft_large*.pth or raft_small*.pth, in {folder}; where "
        "there is a network, torchvision's raft_small(weights='DEFAULT') puts them there; "
        "flow: dis needs none"
    )


def _dis(first: Tensor, second: Tensor) -> Tensor:
    """Compute DIS flow (Kroeger et al., "Fast optical flow using dense inverse search", 2016)."""
    import cv2

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # patches learn from their neighbours within a thread's strip of rows
    try:
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        found = search.calc(_grey(first), _grey(second), np.zeros(0, np.float32))
    finally:
        cv2.setNumThreads(threads)
    return torch.from_numpy(np.asarray(found)).permute(2, 0, 1).to(first.device)


def _grey(picture: Tensor) -> Any:
    light = picture.new_tensor([0.299, 0.587, 0.114])
    grey = torch.einsum("c,chw->hw", light, picture[0])
    return np.ascontiguousarray((grey.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy())


@torch.no_grad()
def _raft(first: Tensor, second: Tensor) -> Tensor:
    """Compute RAFT flow (Teed and Deng, "RAFT: Recurrent all-pairs field transforms", 2020)."""
    height, width = first.shape[-2:]
    size = [max(-(-side // 8) * 8, 128) for side in (height, width)]
    pair = [_resized(picture, size) * 2 - 1 for picture in (first, second)]
    found: Tensor = _raft_network(raft_weights(), first.device)(*pair)[-1][0]
    return _scaled(found, (height, width))


@lru_cache(maxsize=1)
def _raft_network(weights: Path, device: torch.device) -> torch.nn.Module:
    from torchvision.models.optical_flow import (  # type: ignore[import-untyped]
        raft_large,
        raft_small,
    )

    network: torch.nn.Module = (raft_large if "large" in weights.name else raft_small)()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return network.eval().to(device)


_METHODS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"dis": _dis, "raft": _raft}


def _resized(picture: Tensor, size: list[int]) -> Tensor:
    if list(picture.shape[-2:]) == size:
        return picture
    return F.interpolate(picture, size, mode="bilinear", align_corners=False, antialias=True)


def _scaled(flow: Tensor, size: tuple[int, int]) -> Tensor:
    """Return a flow (2, h, w) as one of ``size``; its pixels are then other ones."""
    height, width = flow.shape[-2:]
    ratio = flow.new_tensor([size[1] / width, size[0] / height])[:, None, None]
    return _resized(flow[None], list(size))[0] * ratio


def _at(field: Tensor, points: Tensor) -> Tensor:
    """Return the values of ``field`` (C, H, W) at normalised ``points`` (2, h, w): (C, h, w)."""
    grid = points.permute(1, 2, 0)[None].to(field)
    return F.grid_sample(field[None], grid, padding_mode="border", align_corners=False)[0]
