"""Drawers of strokes: `clipdraw` (Bezier curves in any colour), `line_sketch` (ink) and `dots`.

Convention: places are in picture heights from the middle of the picture, x to the right, y down;
widths in picture heights. They are therefore the same at any size, and a step of the optimiser is
as long across as down. Strokes are drawn in the order of ``order``, which changes when a stroke
that has left the picture begins anew on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.optimiser import Adam
from storyboard.drawers.parameters import load_sized, sized_state
from storyboard.drawers.pixel import clamp_inward
from storyboard.drawers.raster import Strokes, draw_strokes
from storyboard.drawers.stroke_births import Births, covered, sample_at
from storyboard.drawers.stroke_svg import svg_of

_NUDGE = 1e-3
"""How far apart, in normalised coordinates, points lie that give the magnification."""

_FAR = 8.0
"""Picture heights from the middle at which a stroke is lost."""

_FAINT = 0.05
"""Opacity with which a stroke begins on picture that is there already, so that it blurs nothing.
A step of the optimiser is as long for a faint stroke as for any other.
"""

_REFINE = 12
"""Steps that bring strokes that were placed on a picture nearer to it."""


@dataclass(frozen=True)
class Look:
    """The options of a drawer of strokes that may change while it draws.

    Attributes:
        least, most: width of a stroke in picture heights.
        opacity: factor on the opacity of every stroke.
        paper: colour behind the strokes, (3,) in [0, 1].
        rates: change in one step: of a colour in grey levels 0..1, of a point and of a width in
            picture heights.
    """

    least: float
    most: float
    opacity: float
    paper: tuple[float, float, float]
    rates: tuple[float, float, float]

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> Look:
        """Return the look that resolved options ask for; percent of the height become heights."""
        least, most = sorted((chosen["min_width"] / 100, chosen["max_width"] / 100))
        rates = (chosen.get("lr", 0.0), chosen["lr_points"] / 100, chosen["lr_width"] / 100)
        return cls(least, most, chosen["opacity"], chosen["paper"], rates)


_STILL = ("strokes", "segments", "length")
"""Options that make a drawer another one."""


class StrokeDrawer:
    """A `storyboard.drawers.Drawer` of strokes. Options: see `storyboard.drawers.OPTIONS`."""

    NAME: ClassVar[str]
    native = True

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        self.size = size
        self._chosen = drawers.resolve(self.NAME, options)
        self.look = Look.of(self._chosen)
        self._ink = self._chosen.get("ink")
        self._seed = torch.randint(2**31, (1,), generator=generator)
        self._born = torch.zeros(1, dtype=torch.long)
        places, widths, colors, opacities = self._births(0).fresh(self._chosen.get("init", 0.0))
        self.points = places.to(device).requires_grad_()
        self.widths = widths.to(device).requires_grad_()
        self.colors = self._inked(colors).to(device).requires_grad_(self._ink is None)
        opacities = opacities if self._ink is None else torch.ones_like(opacities)
        self.opacities = opacities.to(device).requires_grad_(self._ink is None)
        self._order = torch.arange(len(places), device=device)
        self._limits = torch.tensor([[self.look.least, self.look.most]], device=device)
        self._limits = self._limits.repeat(len(places), 1)

    def _inked(self, colors: Tensor) -> Tensor:
        """Return ``colors``, (N, 3), or the ink in turn where it is set."""
        if self._ink is None:
            return colors
        inks = torch.tensor(self._ink).to(colors)
        return inks[torch.arange(len(colors), device=colors.device) % len(inks)]

    def _births(self, born: int) -> Births:
        """Return the source of strokes that begin when ``born`` strokes have begun before."""
        seed = (int(self._seed) + 7919 * born) % 2**63
        count, segments = self._chosen["strokes"], self._chosen.get("segments", 0)
        height, width = self.size
        return Births(
            torch.Generator().manual_seed(seed),
            count,
            segments,
            self._chosen.get("length", 0) / 100,
            (self.look.least, self.look.most),
            width / height,
        )

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in [0, 1]."""
        return draw_strokes(self.strokes(), self.size)

    def draw_at(self, size: tuple[int, int]) -> Tensor:
        """Return the picture at another size of the same shape, drawn anew, (1, 3, h, w)."""
        return draw_strokes(self.strokes(size), size)

    def strokes(self, size: tuple[int, int] | None = None) -> Strokes:
        """Return what is drawn, in pixels of ``size``, (height, width), the rearmost first."""
        height, width = size or self.size
        middle = torch.tensor([width / 2, height / 2], device=self.points.device)
        paper = torch.tensor(self.look.paper, device=self.points.device)
        order = self._order
        return Strokes(
            self.points[order] * height + middle,
            self.widths[order] * height,
            clamp_inward(self.colors)[order],
            clamp_inward(self.opacities)[order] * self.look.opacity,
            paper,
        )

    def svg(self) -> str:
        """Return the picture as SVG, which is sharp at any size."""
        return svg_of(self.strokes(), self.size)

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Place all strokes anew where ``canvas``, (1, 3, H, W), asks for them, large ones first,
        and bring them nearer to it by some steps.
        """
        canvas = canvas.to(self.points).clamp(0, 1)
        births = self._births(int(self._born))
        self._born += 1
        count = len(self.points)
        self._order.copy_(torch.arange(count))
        self._limits.copy_(torch.tensor([self.look.least, self.look.most]))
        self.widths.zero_()
        self.opacities.zero_()
        for chosen, share in births.layers():
            drawn = self.draw()
            wanted = self._gain(canvas, drawn)
            self._begin(chosen, births.on(canvas, wanted, len(chosen), width=share), canvas)
        self._refine(canvas)

    def _gain(self, canvas: Tensor, drawn: Tensor) -> Tensor:
        """Return how much nearer to ``canvas`` a stroke would bring ``drawn``: (1, 1, H, W)."""
        gain = (canvas - drawn).square().mean(1, keepdim=True)
        if self._ink is not None:
            ink = torch.tensor(self._ink[0]).to(canvas).view(1, 3, 1, 1)
            gain = gain - (canvas - ink).square().mean(1, keepdim=True)
        return gain.clamp_min(0)

    def _begin(self, chosen: Tensor, begun: tuple[Tensor, Tensor], canvas: Tensor) -> None:
        """Set the places and widths of the strokes ``chosen``, (n,); take colours of ``canvas``."""
        places, widths = (values.to(self.points) for values in begun)
        self.points[chosen] = places
        self.widths[chosen] = widths
        self.opacities[chosen] = 1.0
        if self._ink is None:
            self.colors[chosen] = self._colors_on(canvas, places)

    def _colors_on(self, canvas: Tensor, places: Tensor) -> Tensor:
        """Return the mean colour of ``canvas`` along strokes: (n, P, 2) to (n, 3)."""
        return sample_at(canvas, places).mean(1)

    def _refine(self, canvas: Tensor) -> None:
        """Bring the picture nearer to ``canvas`` in steps of half the drawer's rates."""
        optimiser = Adam(self.parameters(), memory=0.9)
        for group in optimiser.param_groups:
            group["lr"] *= 0.5
        for _ in range(_REFINE):
            optimiser.zero_grad()
            with torch.enable_grad():
                loss = (self.draw() - canvas).square().sum()
                loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            self.clamp()
        optimiser.zero_grad()

    @torch.no_grad()
    def carry(self, start: FrameStart) -> None:
        """Move every control point with the camera; begin lost strokes where picture is new."""
        lost = self._move(start)
        revealed = start.revealed
        if self._ink is None:
            self._recolor(start, revealed)
        new = None if revealed is None else self._bare(revealed > 0.99, lost)
        births = self._births(int(self._born))
        chosen = births.chosen(lost, self._visible(), new)
        if len(chosen):
            self._born += 1
            canvas = start.canvas.to(self.points)
            share = 0.0 if self._ink or new is None else births.share_for(new, len(chosen))
            self._begin(chosen, births.on(canvas, new, len(chosen), width=share), canvas)
            if self._ink is None and new is None:
                self.opacities[chosen] = _FAINT
            self._limits[chosen] = torch.tensor([self.look.least, self.look.most]).to(self.widths)
            self._on_top(chosen)

    def _move(self, start: FrameStart) -> Tensor:
        """Move points and widths; return which strokes have no place in the picture: (N,) bool."""
        height, width = self.size
        scale = torch.tensor([2 * height / width, 2.0], device=self.points.device).double()
        count, controls = self.points.shape[:2]
        places = self.points.double() * scale
        middle = places.mean(1)
        aside, below = (middle + torch.tensor(v).to(middle) for v in ((_NUDGE, 0.0), (0.0, _NUDGE)))
        there, seen = start.points(torch.cat([places.flatten(0, 1), middle, aside, below]))
        moved, probes = there[: count * controls], there[count * controls :].view(3, count, 2)
        (ax, ay), (bx, by) = ((p - probes[0]).unbind(1) for p in probes[1:])
        growth = (ax * by - ay * bx).abs().sqrt() / _NUDGE
        places = (moved / scale).view(count, controls, 2)
        held = seen[: count * controls].view(count, controls).all(1)
        held &= seen[count * controls :].view(3, count).all(0)
        held &= (places.abs() < _FAR).flatten(1).all(1) & (growth > 1e-3) & (growth < 1e3)
        self.points.copy_(torch.where(held[:, None, None], places.float(), self.points))
        self.widths.mul_(torch.where(held, growth.float(), torch.ones_like(self.widths)))
        self._limits[:, 0] = self.widths.clamp_max(self.look.least)
        self._limits[:, 1] = self.widths.clamp_min(self.look.most)
        return ~(held & self._inside(margin=0.1))

    def _inside(self, margin: float) -> Tensor:
        """Return which strokes come nearer than ``margin`` heights to the picture: (N,) bool."""
        height, width = self.size
        half = torch.tensor([width / height, 1.0], device=self.points.device) / 2 + margin
        half = half + self.widths[:, None] / 2
        return ((self.points.amin(1) < half) & (self.points.amax(1) > -half)).all(1)

    def _visible(self) -> Tensor:
        """Return how much of the picture every stroke takes at most, 0 for those outside: (N,)."""
        length: Tensor = self.points.diff(dim=1).norm(dim=2).sum(1) + self.widths
        return length * self.widths * self.opacities * self._inside(margin=0.0)

    def _recolor(self, start: FrameStart, revealed: Tensor | None) -> None:
        """Change the colours as the frame's are changed; where it is revealed, to the canvas'."""
        colors = start.recolor(self.colors.T[None, :, None])[0, :, 0].T
        if revealed is not None:
            share = sample_at(revealed.to(colors), self.points.mean(1, keepdim=True))[:, 0]
            there = self._colors_on(start.canvas.to(colors), self.points)
            colors = colors.lerp(there, share.expand_as(there))
        self.colors.copy_(colors.clamp(0, 1))

    def _bare(self, new: Tensor, lost: Tensor) -> Tensor:
        """Return where the ``new`` picture, (1, 1, H, W), is not covered by strokes that stay."""
        s = self.strokes()
        stay = ~lost[self._order]
        return new * (1 - covered(s, s.opacities * stay, self.size))

    def _on_top(self, chosen: Tensor) -> None:
        """Draw the strokes ``chosen`` last, the others in the order they had."""
        late = torch.zeros(len(self._order), dtype=torch.bool, device=self._order.device)
        late[chosen] = True
        late = late[self._order]
        self._order.copy_(torch.cat([self._order[~late], self._order[late]]))

    def parameters(self) -> list[dict[str, Any]]:
        """Return a group of colours, where they change, one of points and one of widths."""
        lr, lr_points, lr_width = self.look.rates
        colors = [{"params": [self.colors, self.opacities], "lr": lr}] if self._ink is None else []
        places = {"params": [self.points], "lr": lr_points}
        return [*colors, places, {"params": [self.widths], "lr": lr_width}]

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring colours into [0, 1] and widths into their bounds, which the camera widens."""
        self.colors.clamp_(0, 1)
        self.opacities.clamp_(0, 1)
        self.widths.copy_(self.widths.clamp(self._limits[:, 0], self._limits[:, 1]))

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over widths, opacity, colours of ink and paper, and rates."""
        chosen = drawers.resolve(self.NAME, options)
        if any(chosen.get(name) != self._chosen.get(name) for name in _STILL):
            return False
        bounds = self.look.least, self.look.most
        self._chosen, self.look, self._ink = chosen, Look.of(chosen), chosen.get("ink")
        with torch.no_grad():
            self.colors.copy_(self._inked(self.colors))
            if bounds != (self.look.least, self.look.most):
                self._limits.copy_(torch.tensor([self.look.least, self.look.most]))
                self.clamp()
        return True

    def _tensors(self) -> dict[str, Tensor]:
        return {
            "points": self.points,
            "widths": self.widths,
            "colors": self.colors,
            "opacities": self.opacities,
            "order": self._order,
            "limits": self._limits,
            "seed": self._seed,
            "born": self._born,
        }

    def state_dict(self) -> dict[str, Tensor]:
        """Return the strokes, their order, and what follows from the past: bounds, births."""
        return sized_state(self._tensors(), self.size)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over strokes of as many, for a picture of the same size."""
        load_sized(self._tensors(), state, self.size)


class ClipDrawer(StrokeDrawer):
    """Bezier strokes whose colours, places and widths are all painted."""

    NAME = "clipdraw"


class LineSketchDrawer(StrokeDrawer):
    """Thin lines of ink on paper; their colours stay."""

    NAME = "line_sketch"


class DotDrawer(StrokeDrawer):
    """Round dots."""

    NAME = "dots"
