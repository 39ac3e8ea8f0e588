"""The picture as codes of a VQGAN: it can only paint what its decoder has learnt to paint.

The parameters are continuous latents, one vector a cell of 8 or 16 pixels. The nearest code of the
codebook takes the place of each before decoding, and the gradient passes to the latents as if it
had not (Crowson et al., "VQGAN-CLIP", 2022). Latents are kept in standard deviations of the
codebook, channel by channel, so that a learning rate means the same for every model.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.features import answers
from storyboard.drawers.optimiser import MEMORY, Adam
from storyboard.drawers.parameters import load_into
from storyboard.drawers.pixel import clamp_inward
from storyboard.drawers.vqgan_files import Files, check, find
from storyboard.drawers.vqgan_model import VQModel, load
from storyboard.drawers.vqgan_move import at_cells, cells_of, moved, recolored

_FIXED = ("model", "digest", "move", "init")
"""Options that a drawer keeps for its whole life."""

_REVEALED = 0.1
"""Share of a cell that must be new for its latent to be taken from the canvas."""

_OCTAVES = 4
"""Scales of the noise that a fresh picture begins with."""


class VQGANDrawer:
    """A `storyboard.drawers.Drawer`. Options: see `storyboard list drawers --details`.

    Raises `MissingWeights` where the model is not on this machine, `BadValue` where its files are
    not those of a VQGAN.
    """

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        self.size = size
        self._chosen = drawers.resolve("vqgan", options)
        self.lr = self._chosen["lr"]
        self.native = self._chosen["move"] == "latent"
        self._model = _model(find(self._chosen["model"]), self._chosen["digest"], str(device))
        codes = self._model.codebook
        scale, middle = codes.std(0).clamp(min=1e-6), codes.mean(0)
        self._scale, self._middle = scale[:, None, None], middle[:, None, None]
        low, high = codes.amin(0), codes.amax(0)
        self._low, self._high = (self._standard(v[None, :, None, None]) for v in (low, high))
        picture = coloured_noise(size, self._chosen["init"], generator).to(device)
        self.latents = self._encoded(picture).requires_grad_()
        self._average, self._origin = self.latents.detach().clone(), self.latents.detach().clone()
        seed = torch.randint(1 << 48, (2,), generator=generator)
        self._steps = torch.stack([torch.zeros_like(seed[0]), seed[0]])
        self._exploring = False

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in [0, 1].

        Within a step of `LatentAdam` the latents carry noise; elsewhere they are the average.
        """
        latents: Tensor = self.latents
        if self._exploring:
            self._exploring = False
            if self._chosen["noise"]:
                latents = latents + self._noise()
        elif self._chosen["average"]:
            latents = latents + (self._average - latents).detach()
        codes = self._model.straight_through(self._raw(latents))
        return clamp_inward(self._model.decode(codes, self.size))

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Set the latents to the encoding of ``canvas``, (1, 3, H, W)."""
        latents = self._encoded(canvas)
        self._begin(latents, latents)

    @torch.no_grad()
    def carry(self, start: FrameStart) -> None:
        """Move the latents and change their colours, and encode the canvas where something is new;
        with ``move: picture`` encode the canvas always. The encoder is run at most once.
        """
        if not self.native:
            self.encode(start.canvas)
            return
        factor, change = self._model.factor, start.color_matrix()
        latents, average = self.latents.detach(), self._average
        if change is not None:
            shift = recolored(latents, cells_of(self.draw(), factor), change)
            latents, average = latents + shift, average + shift
        places = moved(start, self.size, factor, device=latents.device)
        latents, average = (at_cells(p, places, factor) for p in (latents, average))
        if start.revealed is not None:
            canvas = self._encoded(start.canvas)
            new = cells_of(start.revealed.to(canvas), factor) > _REVEALED
            latents, average = (torch.where(new, canvas, p) for p in (latents, average))
        self._begin(latents, average)

    def parameters(self) -> list[dict[str, Any]]:
        """Return one group: the latents."""
        return [{"params": [self.latents], "lr": self.lr}]

    def optimiser(self) -> LatentAdam:
        """Return the optimiser of the latents."""
        return LatentAdam(self)

    def explore(self) -> None:
        """Let the next `draw` be that of a step: of the latents themselves, with noise."""
        self._exploring = True

    @torch.no_grad()
    def clamp(self) -> None:
        """End a step: pull the latents to the start, clip them, take them into the average."""
        age = float(self._steps[0])
        pull = self._chosen["pull"] * 0.5 ** (age / self._chosen["pull_steps"])
        self.latents.lerp_(self._origin, pull)
        self.latents.copy_(self.latents.clamp(self._low, self._high))
        self._average.lerp_(self.latents, 1 - self._chosen["average"])
        self._steps += 1

    def latents_now(self) -> Tensor:
        """Return the latents, (1, D, h, w) in standard deviations of the codebook."""
        latents: Tensor = self.latents
        return latents

    def latents_of(self, picture: Tensor) -> Tensor:
        """Return the latents of ``picture``, (1, 3, H, W)."""
        return self._encoded(picture)

    def features_of(self, picture: Tensor) -> Mapping[str, Tensor]:
        """Return the answers of the encoder's levels, as `storyboard.drawers.HasLatents`."""
        levels = {f"level{n}": one.block for n, one in enumerate(self._model.encoder.down)}
        last = {name: blocks[-1] for name, blocks in levels.items() if len(blocks)}
        with answers({**last, "middle": self._model.encoder.mid.block_2}) as found:
            self._model.encode(picture)
        return found

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over options that concern steps alone."""
        chosen = drawers.resolve("vqgan", options)
        if any(chosen[name] != self._chosen[name] for name in _FIXED):
            return False
        self._chosen, self.lr = chosen, chosen["lr"]
        return True

    def state_dict(self) -> dict[str, Tensor]:
        """Return latents, average and start, (1, D, h, w) each, and the steps since the start."""
        return {name: value.detach().clone() for name, value in self._state().items()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over latents of the same grid."""
        load_into(self._state(), state)

    def _state(self) -> dict[str, Tensor]:
        return {
            "latents": self.latents,
            "average": self._average,
            "origin": self._origin,
            "steps": self._steps,
        }

    def _begin(self, latents: Tensor, average: Tensor) -> None:
        """Go on from ``latents``: they are the start that steps are pulled to."""
        self.latents.copy_(latents.clamp(self._low, self._high))
        self._average.copy_(average.clamp(self._low, self._high))
        self._origin.copy_(self.latents)
        self._steps[0] = 0

    def _noise(self) -> Tensor:
        generator = torch.Generator().manual_seed(int(self._steps[1]))
        noise = torch.randn(self.latents.shape, generator=generator)
        return noise.to(self.latents) * float(self._chosen["noise"])

    def _encoded(self, picture: Tensor) -> Tensor:
        with torch.no_grad():
            return self._standard(self._model.encode(picture.to(self._scale).clamp(0, 1)))

    def _standard(self, latents: Tensor) -> Tensor:
        """Return latents (1, D, h, w) in standard deviations of the codebook."""
        return (latents - self._middle) / self._scale

    def _raw(self, standard: Tensor) -> Tensor:
        return standard * self._scale + self._middle


class LatentAdam(Adam):
    """The painter's Adam, whose steps see latents with noise."""

    def __init__(self, drawer: VQGANDrawer) -> None:
        super().__init__(drawer.parameters(), memory=MEMORY)
        self._drawer = drawer

    def zero_grad(self) -> None:
        """Forget the gradients; a step begins."""
        super().zero_grad()
        self._drawer.explore()


@lru_cache(maxsize=2)
def _model(files: Files, digest: str | None, device: str) -> VQModel:
    """Return a model, shared by all drawers of it in this process."""
    check(files, digest)
    return load(files).to(device)


def coloured_noise(
    size: tuple[int, int], strength: float, generator: torch.Generator | None
) -> Tensor:
    """Return grey with clouds of colour, (1, 3, H, W) in [0, 1].

    Noise at `_OCTAVES` scales, each twice as fine and half as strong as the last;
    ``strength`` is the standard deviation of the coarsest.
    """
    picture = torch.full((1, 3, *size), 0.5)
    for octave in range(_OCTAVES):
        grid = [max(2, min(side, 3 * 2**octave * side // min(size))) for side in size]
        noise = torch.randn(1, 3, *grid, generator=generator)
        smooth = F.interpolate(noise, size=size, mode="bicubic", align_corners=False)
        picture += strength * 0.5**octave * smooth
    return picture.clamp(0, 1)
