"""The start of a frame: the anchor warped to the new view, in one visible chain.

The anchor is the canvas of the last frame that was painted to be one. `FrameBegin` is the
`storyboard.drawers.FrameStart` that the drawer is given; nothing in it changes the `ChainState`,
so a frame that does not become the anchor leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from storyboard.filters.color_hold import LabStats, color_change
from storyboard.motion.depth.map import disoccluded
from storyboard.motion.moves import Move, pixel_grid
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Frame
from storyboard.render.carry.clips import ClipLayer, ClipTransition
from storyboard.render.carry.color_memory import HeldColors
from storyboard.render.carry.reveal import add_noise, decay_mask, feather_mask
from storyboard.render.chain_session import Studio
from storyboard.render.state import ChainState, Fading

_VISIBLE = 1 / 255
"""A mask below this everywhere changes no pixel."""

_RIDGE = 1e-3
"""How strongly the fit of a colour matrix tends to the identity, for pictures of few colours."""

_FIT_PIXELS = 4096
"""Pixels that a colour matrix is fitted to."""


@dataclass
class FrameBegin:
    """The anchor of ``state`` as ``frame`` sees it after the move ``m``.

    ``painting`` is False for a frame without steps, which shows the anchor as it is: its colours
    are not held and nothing is broken up.
    """

    studio: Studio
    state: ChainState
    frame: Frame
    m: Move
    transition: ClipTransition | None
    painting: bool = True

    @property
    def fps(self) -> float:
        """Return the frames of the film in a second."""
        return float(self.studio.plan.fps)

    @property
    def passed_s(self) -> float:
        """Return the seconds of the film since the anchor."""
        return (self.frame.number - self.state.anchor_frame) / self.fps

    @cached_property
    def moved(self) -> Tensor:
        """Return the anchor in the new view; the anchor itself where the camera stands still."""
        return self.grid(self.state.anchor)

    @cached_property
    def held(self) -> Tensor:
        """Return the canvas before a clip is mixed in: what ``hold`` refers to."""
        if not self._uncovers:
            return self._recolored
        return add_noise(self._recolored, self._rim, self._reveal, seed=self.frame.seed)

    @cached_property
    def canvas(self) -> Tensor:
        """Implement `storyboard.drawers.FrameStart.canvas`."""
        return self._mixed(self.held)

    @cached_property
    def unbroken(self) -> Tensor:
        """Implement `storyboard.drawers.FrameStart.unbroken`."""
        return self._mixed(self._recolored) if self._uncovers else self.canvas

    @cached_property
    def _recolored(self) -> Tensor:
        return self.moved if self._change is None else self._change(self.moved)

    def _mixed(self, canvas: Tensor) -> Tensor:
        """Return ``canvas`` with the clip and the picture to begin with mixed in, itself without
        them.
        """
        if self.transition is not None:
            canvas = self.transition.mixed(canvas, self.frame.values["video_mix"])
        if self._opening is not None:
            layer, share = self._opening
            canvas = layer.over(canvas, share)
        return canvas

    @cached_property
    def _opening(self) -> tuple[ClipLayer, float] | None:
        """Return the picture that the frame starts from, and its share; None for none."""
        return self.studio.opening(self.frame)

    @property
    def changes(self) -> bool:
        """Return whether the canvas is anything but the anchor itself, bit for bit."""
        still = not self.m.steps and self._change is None and not self.mixes
        return not (still and not self._uncovers)

    @torch.no_grad()
    def faded(self, picture: Tensor) -> Tensor:
        """Return ``picture``, (1, 3, H, W) in the new view, mixed with what still fades into it."""
        fading = self.state.fading
        if fading is None or self.passed_s >= fading.seconds:
            return picture
        old = Fading(self.grid(fading.picture), fading.seconds)
        return old.over(picture, self.passed_s, self.fps)

    @cached_property
    def colors(self) -> HeldColors:
        """Return the colours to hold to, which follow those of a clip."""
        held = self.state.colors
        return held if self.transition is None else self.transition.followed(held)

    @cached_property
    def reveal_mask(self) -> Tensor | None:
        """Return the mask (1, 1, H, W) of what was uncovered lately and still grows; None where
        nothing does, or a clip brings its own picture.
        """
        if not self.painting or self._reveal <= 0:
            return None
        reveal_mask = self._rim
        if self.state.reveal_mask is not None:
            older = warp(self.state.reveal_mask, self.m, border="replicate", resample="bilinear")
            reveal_mask = torch.maximum(reveal_mask, decay_mask(older, self.passed_s))
        return reveal_mask if bool((reveal_mask > _VISIBLE).any()) else None

    @cached_property
    def loose(self) -> Tensor | None:
        """Return the mask (1, 1, H, W) of what must not be held to the anchor; None for nowhere."""
        mask = self._uncovered
        if self.reveal_mask is not None:
            mask = torch.maximum(mask, self.reveal_mask)
        if self.transition is not None:
            mask = self.transition.unreliable(mask)
        return mask if bool(mask.any()) else None

    @cached_property
    def revealed(self) -> Tensor | None:
        """Implement `storyboard.drawers.FrameStart.revealed`."""
        mask = self._rim if self._uncovers else self._uncovered
        if self.transition is not None:
            mask = torch.maximum(mask, self.transition.layer.cover)
        if self._opening is not None:
            mask = torch.ones_like(mask)
        return mask if bool(mask.any()) else None

    @property
    def matrix(self) -> Tensor | None:
        """Implement `storyboard.drawers.FrameStart.matrix`."""
        return self.m.matrix if self.m.is_matrix else None

    @property
    def mixes(self) -> bool:
        """Implement `storyboard.drawers.FrameStart.mixes`."""
        return self.transition is not None or self._opening is not None

    def grid(self, values: Tensor) -> Tensor:
        """Implement `storyboard.drawers.FrameStart.grid`."""
        shot, since = self.frame.shot, self.state.anchor_frame
        return self.studio.moved(values, self.m, shot, since=since)

    def points(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Implement `storyboard.drawers.FrameStart.points`."""
        there, seen = self.m.inverse().back(places.double().T[:, None])
        everywhere = torch.ones(len(places), dtype=torch.bool, device=places.device)
        return there[:, 0].T.to(places), everywhere if seen is None else seen[0]

    def places(self) -> Tensor:
        """Implement `storyboard.drawers.FrameStart.places`."""
        return self.m.back(pixel_grid(self.studio.size))[0]

    def recolor(self, colors: Tensor) -> Tensor:
        """Implement `storyboard.drawers.FrameStart.recolor`."""
        return colors if self._change is None else self._change(colors)

    def color_matrix(self) -> tuple[Tensor, Tensor] | None:
        """Implement `storyboard.drawers.FrameStart.color_matrix`."""
        if self._change is None:
            return None
        return fitted(self._change, self.state.anchor)

    @cached_property
    def _change(self) -> Callable[[Tensor], Tensor] | None:
        """Return what is done to colours so that they stay those of the last seconds."""
        if not self.painting:
            return None
        values = self.frame.values
        hold, novelty = values.get("color_hold", 0.0), values.get("novelty", 0.0)
        amount = self.colors.amount(hold, self.passed_s, novelty)
        if amount <= 0:
            return None
        return color_change(LabStats.of(self.moved), self.colors.stats, amount=amount)

    @property
    def _reveal(self) -> float:
        """Return how much of new picture grows where the camera uncovers; none with a clip."""
        return 0.0 if self.frame.shot.video is not None else self.frame.values.get("reveal", 0.0)

    @cached_property
    def _uncovered(self) -> Tensor:
        """Return the mask (1, 1, H, W) of 0 and 1: what the anchor does not hold of this view."""
        size = self.studio.size
        mask = torch.maximum(revealed(self.m, size), disoccluded(self.m, size))
        return mask.to(self.studio.device)

    @cached_property
    def _rim(self) -> Tensor:
        """Return the mask of what was uncovered, with a soft rim."""
        return feather_mask(self._uncovered)

    @cached_property
    def _uncovers(self) -> bool:
        """Return whether something is to be broken up because this very move uncovered it."""
        return self.painting and self._reveal > 0 and bool(self._uncovered.any())


def fitted(change: Callable[[Tensor], Tensor], picture: Tensor) -> tuple[Tensor, Tensor]:
    """Return the affine map of colours nearest to ``change`` over the pixels of ``picture``.

    ``argmin |A [x, 1] - change(x)|^2 + ridge |A - [I, 0]|^2`` over at most `_FIT_PIXELS` pixels.

    Returns:
        The matrix (3, 3) and the offset (3,): ``rgb' = matrix @ rgb + offset``.
    """
    flat = picture.reshape(1, 3, 1, -1)
    flat = flat[..., :: max(1, flat.shape[-1] // _FIT_PIXELS)]
    before, after = (p[0, :, 0].double() for p in (flat, change(flat)))
    inputs = torch.cat([before, torch.ones_like(before[:1])])
    count = inputs.shape[1]
    gram = inputs @ inputs.T / count + _RIDGE * torch.eye(4).to(inputs)
    step = torch.linalg.solve(gram, inputs @ (after - before).T / count)
    matrix = torch.eye(3).to(step) + step[:3].T
    return matrix.to(picture), step[3].to(picture)
