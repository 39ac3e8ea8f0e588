"""A depth map carried along with the picture: what hides what, and what comes to light.

Convention: as in `storyboard.motion.depth`; a map is an inverse depth for each pixel, (H, W).

A step of the camera asks, for each pixel of the new view, which point of the old one is seen there.
The answer is a fixed point: a source has an inverse depth, the inverse depth says where the source
must be. It is sought from the nearest and from the farthest surface round about, and the nearer
answer hides the other. Where there is none, something came to light that the old view did not hold:
such pixels are marked, and filled from the surface behind, mirrored at the edge. No value is ever
taken *between* two surfaces, so nothing is stretched across an edge like rubber.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from storyboard.motion.depth import Shift, leap
from storyboard.motion.depth.surface import Surface, extremes, mixed
from storyboard.motion.moves import Move, pixel_grid

_ROUNDS = 6
"""Rounds of the fixed point: its error shrinks by the slope of the surface, which is below 1."""

_NEAR_ENOUGH = 0.3
"""Pixels that the fixed point may be off."""


@dataclass(frozen=True, eq=False)
class MapStep:
    """A step of a scene with a depth map, solved for each pixel of the view after it.

    ``before`` and ``after`` are the surfaces of the two views; ``source`` (2, H, W) says where each
    pixel comes from; ``hidden`` (H, W) is True where that is only a filling, for nothing was seen
    there before.
    """

    move: Shift
    before: Surface
    after: Surface
    source: Tensor
    hidden: Tensor

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Implement `storyboard.motion.moves.Step.back`. What came to light is filled, so all has a
        source.
        """
        return points + self.after.take(self.source - self.after.grid, points), None

    def disoccluded(self, points: Tensor) -> Tensor:
        """Return the disocclusion mask (h, w), bool, at points (2, h, w) of the new view."""
        return self.after.take_nearest(self.hidden, points)

    def inverse(self) -> MapStep:
        """Implement `storyboard.motion.moves.Step.inverse`."""
        return solve(self.after, self.move.inverse())


def disoccluded(move: Move, size: tuple[int, int]) -> Tensor:
    """Return the disocclusion mask of ``move``: what the surfaces of the scene hid before it.

    `storyboard.motion.warp.revealed` returns the mask of what came in over the picture's border.

    Returns:
        (1, 1, H, W) float32 on the CPU: 1 where disoccluded, else 0.
    """
    maps = [step for step in move.steps if isinstance(step, MapStep)]
    new = torch.zeros(size, dtype=torch.bool)
    if maps:
        points = pixel_grid(size, maps[0].source.device)
        for step in reversed(move.steps):
            if isinstance(step, MapStep):
                new |= step.disoccluded(points).cpu()
            points, _ = step.back(points)
    return new.to(torch.float32)[None, None]


def _whole(position: Tensor) -> Tensor:
    return (position + 0.5).floor().long()


def solve(before: Surface, move: Shift) -> MapStep:
    """Return the step from the view whose surface is ``before`` by ``move``.

    Convention: ``move`` as in `storyboard.motion.depth.Shift`, a small one: see `steps_needed`.
    """
    height, width = before.size
    grid = before.grid.flatten(1)
    search = _Search(before, move, move.inverse())
    reach = math.ceil(leap(move, float(before.inverse_depth.max()), width / height) * width) + 1
    high, low = (extreme.flatten() for extreme in extremes(before.inverse_depth, reach))
    own = before.inverse_depth.flatten()
    source, inverse_depth = search.agreed(grid, own, rounds=2)
    edges = torch.nonzero((high - low > before.span.edge) | (inverse_depth < 0))[:, 0]
    for start in (high, low, own):
        found, near = search.agreed(grid[:, edges], start[edges])
        wins = near > inverse_depth[edges]
        source[:, edges] = torch.where(wins, found, source[:, edges])
        inverse_depth[edges] = torch.where(wins, near, inverse_depth[edges])
    return _settled(before, move, source.view(2, height, width), inverse_depth.view(height, width))


def _settled(before: Surface, move: Shift, source: Tensor, found: Tensor) -> MapStep:
    """Return the step whose pixels come from ``source`` (2, H, W), with the holes in it filled.

    ``found`` (H, W) is the inverse depth that goes with each source, negative where there is none.
    One look at the sources gives all that is known of them, so that no pixel can be of two
    surfaces.
    """
    at, share, lost = before.look(source)
    values = torch.cat([before.inverse_depth[None], before.place - before.grid])
    here = mixed(values, at, share)
    inverse_depth = move.see(source, here[0])[1]
    hidden = lost | (found < 0) | ((inverse_depth - found).abs() > before.span.edge)
    all_of_it = torch.cat([source, source + here[1:], inverse_depth[None]])
    if bool(hidden.any()):
        _fill(all_of_it, hidden, move, float(before.inverse_depth.max()))
    inverse_depth = all_of_it[4].clamp(before.span.far, before.span.near)
    after = replace(before, inverse_depth=inverse_depth, place=all_of_it[2:4])
    return MapStep(move, before, after, all_of_it[:2], hidden)


@dataclass(frozen=True)
class _Search:
    """Seeks what is seen at points of the new view."""

    surface: Surface
    move: Shift
    back: Shift

    def agreed(
        self, grid: Tensor, start: Tensor, *, rounds: int = _ROUNDS
    ) -> tuple[Tensor, Tensor]:
        """Return sources (2, n) of the points ``grid`` (2, n), and their inverse depth in the new
        view.

        ``start`` (n,) is the inverse depth that each point is first taken to have. An inverse depth
        of -1 marks points whose fixed-point iteration did not converge.
        """
        views, inverse_depth = grid[:, None], start[None]
        height, width = self.surface.size
        points, _ = self.back.see(views, inverse_depth)
        for _ in range(rounds):
            at, share, lost = self.surface.look(points)
            here = mixed(self.surface.inverse_depth[None], at, share)[0]
            inverse_depth = self.move.see(points, here)[1]
            before, points = points, self.back.see(views, inverse_depth)[0]
        across, down = points - before
        off = torch.hypot(across * width / 2, down * height / 2)
        found = torch.where((off < _NEAR_ENOUGH) & ~lost, inverse_depth, -1.0)
        return points[:, 0], found[0]


def _fill(values: Tensor, hidden: Tensor, move: Shift, nearest: float) -> None:
    """Fill ``values`` (C, H, W) where they are ``hidden`` (H, W) from the surface behind, mirrored
    at the edge of the hole.

    What is near, ``nearest`` at most, moves ahead along ``shift``, so the surface behind lies the
    other way. Where none is found so near, the values stay as they are.
    """
    height, width = hidden.shape
    reach = math.ceil(leap(move, nearest, width / height) * width) + 1
    y, x = (axis.to(values.dtype) for axis in torch.nonzero(hidden, as_tuple=True))
    way = _ahead(x, y, (height, width), move)
    first = torch.zeros_like(x)
    for distance in range(1, 2 * reach + 2):
        free = ~_at(hidden, x - distance * way[0], y - distance * way[1])
        first = torch.where((first == 0) & free, float(distance), first)
    twice = ~_at(hidden, x - 2 * first * way[0], y - 2 * first * way[1])
    first = torch.where(twice, 2 * first, first)
    from_x = _whole(x - first * way[0]).clamp(0, width - 1)
    from_y = _whole(y - first * way[1]).clamp(0, height - 1)
    values[:, hidden] = values[:, from_y, from_x]


def _ahead(x: Tensor, y: Tensor, size: tuple[int, int], move: Shift) -> Tensor:
    """Return the direction in pixels in which inverse depth moves the points (x, y): (2, n) of unit
    length.
    """
    height, width = size
    points = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1])
    forward = move.shift[:2, None].to(points) - points * float(move.shift[2])
    pixels = (
        forward * torch.tensor([width, height], dtype=points.dtype, device=points.device)[:, None]
    )
    unit: Tensor = pixels / pixels.norm(dim=0).clamp(min=1e-12)
    return unit


def _at(mask: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the mask at the pixels nearest to (x, y); those of the border beyond it."""
    height, width = mask.shape
    return mask[_whole(y).clamp(0, height - 1), _whole(x).clamp(0, width - 1)]
