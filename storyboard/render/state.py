"""What one frame leaves to the next, and how it is kept in a checkpoint."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import Drawer, drawers
from storyboard.errors import StoryboardError
from storyboard.filters.color_hold import LabStats
from storyboard.render.colors import HeldColors
from storyboard.render.depths import HeldDepth
from storyboard.render.optimiser import Optimiser
from storyboard.render.painter import make_optimiser
from storyboard.timeline.plan import ShotPlan


@dataclass
class ChainState:
    """A chain of shots between two frames.

    ``anchor`` is the canvas of the last optimised frame, (1, 3, H, W) in [0, 1], as drawn and
    before the filters; ``anchor_frame`` is that frame's number in the film. The drawer's parameters
    and the optimiser belong to the anchor too. ``colors`` are those of the last seconds, which new
    frames are held to. ``depth`` is how far away the anchor's picture is, None for a plane;
    ``ahead`` the same in the view of the frame that is being made. ``grown`` is what of the anchor
    the camera uncovered lately, (1, 1, H, W) from 0 to 1, None for nothing.
    """

    drawer: Drawer
    drawer_key: str
    optimiser: Optimiser
    anchor: Tensor
    anchor_frame: int
    colors: HeldColors
    depth: HeldDepth | None = None
    ahead: HeldDepth | None = None
    grown: Tensor | None = None

    def to_bytes(self, frame: int) -> bytes:
        """Everything that the frames after film frame ``frame`` depend on."""
        content = {
            "drawer": self.drawer.state_dict(),
            "drawer_key": self.drawer_key,
            "optimiser": self.optimiser.state_dict(),
            "anchor": self.anchor,
            # counted back, so that it holds for a shot that an edit has moved in time
            "anchor_age": frame - self.anchor_frame,
            "colors": self.colors.to_plain(),
            "depth": self.depth and self.depth.to_plain(),
            "grown": self.grown,
        }
        file = io.BytesIO()
        torch.save(content, file)
        return file.getvalue()


def drawer_key(shot: ShotPlan) -> str:
    """Equal for shots that can go on with one another's drawer."""
    return f"{shot.drawer} {sorted(shot.drawer_options.items())}"


def make_drawer(shot: ShotPlan, size: tuple[int, int], device: torch.device) -> Drawer:
    """The drawer of ``shot`` for (height, width), with the picture that its seed begins with."""
    generator = torch.Generator().manual_seed(shot.seed)
    factory = drawers.get(shot.drawer)
    return factory(size, shot.drawer_options, device=device, generator=generator)


def fresh_state(
    shot: ShotPlan, size: tuple[int, int], device: torch.device, *, frame: int
) -> ChainState:
    """The state before the first frame of a chain, whose number is ``frame``."""
    drawer = make_drawer(shot, size, device)
    anchor = drawer.draw().detach().clone()
    optimiser = make_optimiser(drawer)
    colors = HeldColors(LabStats.of(anchor))
    return ChainState(drawer, drawer_key(shot), optimiser, anchor, frame, colors)


def load_state(
    data: bytes, shot: ShotPlan, size: tuple[int, int], device: torch.device, *, frame: int
) -> ChainState:
    """The state that `ChainState.to_bytes` wrote after film frame ``frame`` of ``shot``.

    Raises `StoryboardError` where it was written for another drawer.
    """
    content: Mapping[str, Any] = torch.load(
        io.BytesIO(data), map_location=device, weights_only=True
    )
    if content["drawer_key"] != drawer_key(shot):
        raise StoryboardError(f"a checkpoint of shot {shot.name!r} is of another drawer")
    drawer = make_drawer(shot, size, device)
    drawer.load_state_dict(content["drawer"])
    optimiser = make_optimiser(drawer)
    optimiser.load_state_dict(content["optimiser"])
    return ChainState(
        drawer,
        content["drawer_key"],
        optimiser,
        content["anchor"],
        frame - content["anchor_age"],
        HeldColors.from_plain(content["colors"]),
        content["depth"] and HeldDepth.from_plain(content["depth"], shot.depth),
        grown=content["grown"],
    )
