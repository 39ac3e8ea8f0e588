"""The picture as 2D Gaussians: places, deviations along two axes, an angle, colours, opacities.

The camera moves the splats: a place goes where the camera takes it, a covariance C becomes
``J C J'`` with the move's Jacobian J there. Nothing is resampled.

Convention: places are in picture heights from the middle of the picture, x to the right, y down;
deviations are natural logarithms of picture heights; angles in radians from x towards y.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.optimiser import Adam
from storyboard.drawers.parameters import load_sized, sized_state
from storyboard.drawers.pixel import clamp_inward
from storyboard.drawers.splat_raster import draw_splats
from storyboard.drawers.stroke_births import sample_at

_SOFT = 0.3
"""Variance added to every splat, in square pixels, so that none falls between the pixels."""

_NUDGE = 1e-3
"""How far apart, in normalised coordinates, points lie that give the Jacobian."""

_MARGIN = 2.0
"""Deviations that a splat may lie outside the picture before it is lost."""

_WIDEST = 8.0
"""Greatest deviation of a splat, in units of the even spacing."""

_FAINT = 0.1
"""Opacity with which a splat begins on picture that is there already."""

_MOST_ANEW = 8
"""At most one in so many visible splats begins anew in a frame."""

_EVERYWHERE = 0.3
"""Share of the splats placed on a picture that begin anywhere, the rest where it has edges."""


class GaussianDrawer:
    """A `storyboard.drawers.Drawer`. Options: see `storyboard.drawers.catalogue`."""

    native = True

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        self.size, self._device = size, torch.device(device)
        self._chosen = drawers.resolve("gaussians", options)
        self._seed = torch.randint(2**31, (1,), generator=generator)
        self._born = torch.zeros(1, dtype=torch.long)
        count, chance = self._chosen["splats"], self._chance()
        self._half = torch.tensor([size[1] / size[0], 1.0], device=self._device) / 2
        self._spacing = (size[1] / size[0] / count) ** 0.5
        begun = {
            "points": (2 * torch.rand(count, 2, generator=chance) - 1) * self._half.cpu(),
            "scales": torch.full((count, 2), 0.7 * self._spacing).log(),
            "angles": torch.pi * torch.rand(count, generator=chance),
            "colors": 0.5 + self._chosen["init"] * (torch.rand(count, 3, generator=chance) - 0.5),
            "opacities": 0.3 + 0.7 * torch.rand(count, generator=chance),
        }
        self._splats = {name: t.to(self._device).requires_grad_() for name, t in begun.items()}

    def _chance(self) -> torch.Generator:
        """Return the next source of chance, on the CPU."""
        self._born += 1
        seed = (int(self._seed) + 7919 * int(self._born)) % 2**63
        return torch.Generator().manual_seed(seed)

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in [0, 1]."""
        return self.draw_at(self.size)

    def draw_at(self, size: tuple[int, int]) -> Tensor:
        """Return the picture at another size of the same shape, drawn anew, (1, 3, h, w)."""
        height, width = size
        splats = self._splats
        middle = torch.tensor([width / 2, height / 2], device=self._device)
        along, across = ((2 * splats["scales"]).exp() * height**2 + _SOFT).reciprocal().unbind(1)
        cos, sin = splats["angles"].cos(), splats["angles"].sin()
        precisions = [
            cos**2 * along + sin**2 * across,
            cos * sin * (along - across),
            sin**2 * along + cos**2 * across,
        ]
        return draw_splats(
            splats["points"] * height + middle,
            torch.stack(precisions, 1),
            clamp_inward(splats["colors"]),
            clamp_inward(splats["opacities"]),
            torch.tensor(self._chosen["paper"], device=self._device),
            size=size,
        )

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Place all splats on ``canvas``, (1, 3, H, W), densely at its edges, and fit them."""
        canvas = canvas.to(self._device)
        everything = torch.arange(self._chosen["splats"], device=self._device)
        self._begin(everything, _edges(canvas), canvas, opacity=1.0, deviation=0.7)
        optimiser = Adam(self.parameters(), memory=0.95)
        rates, steps = [g["lr"] for g in optimiser.param_groups], self._chosen["fit"]
        for step in range(steps):
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * (1 - step / steps)
            optimiser.zero_grad()
            with torch.enable_grad():
                loss = (self.draw() - canvas).square().sum()
                loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            self.clamp()
        optimiser.zero_grad()

    def _begin(
        self, chosen: Tensor, wanted: Tensor, canvas: Tensor, *, opacity: float, deviation: float
    ) -> None:
        """Begin the splats ``chosen``, (n,) long, anew as round ones in the canvas' colours.

        Args:
            chosen: which.
            wanted: (1, 1, H, W): how readily they begin there.
            canvas: (1, 3, H, W).
            opacity: from 0 to 1.
            deviation: in units of the even spacing of all splats.
        """
        chance, (height, width) = self._chance(), self.size
        weight = wanted.detach().cpu().flatten().double()
        weight = weight / weight.sum().clamp(min=1e-12)
        marks = torch.rand(len(chosen), generator=chance, dtype=torch.float64)
        pixel = torch.searchsorted(weight.cumsum(0), marks).clamp_max(height * width - 1)
        cells = torch.stack([pixel % width, torch.div(pixel, width, rounding_mode="floor")], 1)
        places = (cells + torch.rand(len(chosen), 2, generator=chance)) / height
        places = places.to(self._device) - self._half
        splats = self._splats
        splats["points"][chosen] = places
        splats["scales"][chosen] = torch.tensor(
            deviation * self._spacing, device=self._device
        ).log()
        splats["angles"][chosen] = 0.0
        splats["colors"][chosen] = sample_at(canvas, places[:, None])[:, 0]
        splats["opacities"][chosen] = opacity

    @torch.no_grad()
    def carry(self, start: FrameStart) -> None:
        """Move every splat with the camera; begin lost ones where picture is new, or at edges."""
        lost = self._move(start)
        splats, revealed = self._splats, start.revealed
        colors = start.recolor(splats["colors"].detach().T[None, :, None])[0, :, 0].T
        splats["colors"].copy_(colors.clamp(0, 1))
        if revealed is not None:
            new = revealed.to(self._device)
            wanted = round(float(new.mean()) * len(lost))
            begins = self._most_useless(
                lost, min(wanted, int(lost.sum()) + len(lost) // _MOST_ANEW)
            )
            if len(begins):
                canvas = start.unbroken.to(self._device)
                self._begin(begins, new, canvas, opacity=1.0, deviation=0.7)
                lost[begins] = False
        begins = lost.nonzero()[:, 0]
        if len(begins):
            canvas = start.unbroken.to(self._device)
            self._begin(begins, _edges(canvas), canvas, opacity=_FAINT, deviation=0.35)
        self.clamp()

    def _most_useless(self, lost: Tensor, count: int) -> Tensor:
        """Return the ``count`` splats that show least, the lost first: (n,) long, ascending."""
        splats = self._splats
        shown = splats["opacities"] * splats["scales"].sum(1).exp()
        order = torch.sort(shown.masked_fill(lost, -1), stable=True).indices
        return order[:count].sort().values

    def _move(self, start: FrameStart) -> Tensor:
        """Move places and covariances; return which have no place in the picture: (N,) bool."""
        splats = self._splats
        count, unit = len(splats["points"]), 1 / self._half.double()
        places = splats["points"].double() * unit
        aside, below = (places + torch.tensor(v).to(places) for v in ((_NUDGE, 0), (0, _NUDGE)))
        there, seen = start.points(torch.cat([places, aside, below]))
        there = (there / unit).view(3, count, 2)
        jacobian = torch.stack([there[1] - there[0], there[2] - there[0]], 2) / (_NUDGE / unit)
        held = seen.view(3, count).all(0) & there[0].isfinite().all(1)
        held &= jacobian.isfinite().flatten(1).all(1)
        held &= torch.linalg.det(jacobian).abs() > 1e-6
        jacobian = torch.where(held[:, None, None], jacobian, torch.eye(2).to(jacobian))
        if not torch.equal(jacobian, torch.eye(2).to(jacobian).expand_as(jacobian)):
            self._shape(jacobian)
        splats["points"].copy_(torch.where(held[:, None], there[0].float(), splats["points"]))
        widest = _WIDEST * self._spacing
        margin = _MARGIN * splats["scales"].amax(1, keepdim=True).exp().clamp(max=widest)
        inside: Tensor = (splats["points"].abs() < self._half + margin).all(1)
        return ~(held & inside)

    def _shape(self, jacobian: Tensor) -> None:
        """Turn and stretch every splat by its Jacobian, (N, 2, 2) float64."""
        scales, angles = self._splats["scales"].double(), self._splats["angles"].double()
        axes = torch.stack([angles.cos(), -angles.sin(), angles.sin(), angles.cos()], 1)
        root = jacobian @ axes.view(-1, 2, 2) * scales.exp()[:, None]
        covariance = root @ root.transpose(1, 2)
        a, b, c = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
        middle, apart = (a + c) / 2, (((a - c) / 2).square() + b.square()).sqrt()
        great = middle + apart
        small = ((a * c - b * b) / great).clamp(min=1e-16)
        self._splats["scales"].copy_(torch.stack([great, small], 1).log() / 2)
        self._splats["angles"].copy_(0.5 * torch.atan2(2 * b, a - c))

    def parameters(self) -> list[dict[str, Any]]:
        """Return a group of colours and opacities, one of places, one of shapes."""
        splats, chosen = self._splats, self._chosen
        return [
            {"params": [splats["colors"], splats["opacities"]], "lr": chosen["lr"]},
            {"params": [splats["points"]], "lr": chosen["lr_points"] / 100},
            {"params": [splats["scales"], splats["angles"]], "lr": chosen["lr_shape"]},
        ]

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring colours and opacities into [0, 1] and deviations between their bounds."""
        self._splats["colors"].clamp_(0, 1)
        self._splats["opacities"].clamp_(0.01, 1)
        widest = torch.tensor(_WIDEST * self._spacing).log().item()
        self._splats["scales"].clamp_(torch.tensor(0.3 / self.size[0]).log().item(), widest)

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over rates, paper and steps of a fit. False for another number of splats."""
        chosen = drawers.resolve("gaussians", options)
        if chosen["splats"] != self._chosen["splats"]:
            return False
        self._chosen = chosen
        return True

    def _tensors(self) -> dict[str, Tensor]:
        return self._splats | {"seed": self._seed, "born": self._born}

    def state_dict(self) -> dict[str, Tensor]:
        """Return the splats and the state of chance."""
        return sized_state(self._tensors(), self.size)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over as many splats, for a picture of the same size."""
        load_sized(self._tensors(), state, self.size)


def _edges(canvas: Tensor) -> Tensor:
    """Return how steep ``canvas``, (1, 3, H, W), is, with a share everywhere: (1, 1, H, W)."""
    if min(canvas.shape[2:]) < 2:
        return torch.ones_like(canvas[:, :1])
    down, across = torch.gradient(canvas.mean(1, keepdim=True), dim=(2, 3))
    steep = (down.square() + across.square()).sqrt()
    mean = steep.mean()
    return steep + _EVERYWHERE / (1 - _EVERYWHERE) * mean + 1e-6
