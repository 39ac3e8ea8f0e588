"""The picture as waves, wavelets or pixels in decorrelated colours.

Neighbouring pixels and the three colours of a natural picture rise and fall together. Waves whose
amplitude is divided by their frequency, in colour axes that do not, are numbers of about the same
size that an optimiser can turn independently: the parametrisation of Olah, Mordvintsev and
Schubert, "Feature Visualization", Distill 2017, and of Mordvintsev et al., "Differentiable Image
Parameterizations", Distill 2018.

It works as a preconditioner: Adam gives every wave a step of the same size, and the wave's scale
makes of it a large step for coarse waves and a small one for fine. The scale is normalised, so that
the learning rate is the change of the picture in one step at any size and decay. The same holds for
a pyramid of wavelets, whose coefficients are waves in one place (`storyboard.drawers.bases`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.bases import Basis, Pixels, Wavelets, Waves
from storyboard.drawers.parameters import load_into
from storyboard.drawers.tone import Tone

KNEE = 0.1
"""Where the soft clip bends: between the knees the picture is what the waves sum up to."""

WAY_BACK = 0.5
"""The least slope of the soft clip, for a gradient that leads back inside: see `_SoftClip`."""

INSIDE = 1 / 1024
"""How near to 0 and 1 a picture is held. Smaller than half a level of 8 bits."""

WAVE = "cdf97"
"""The wavelet where the story names none."""

COLOR_AXES = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Square root of the covariance of the colours of photographs (rows R, G, B; columns light, warm
against cold, green against magenta), as measured on ImageNet by the first paper cited above."""


class FFTDrawer:
    """A `storyboard.drawers.Drawer`. Options: see `storyboard.drawers.catalogue`."""

    native = False

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        chosen = drawers.resolve("fft", options)
        self.size, self._device = size, torch.device(device)
        self._tune(chosen)
        noise = torch.randn(self._basis.shape, generator=generator)
        start = (chosen["init"] * noise).to(self._device)
        if self._kind[0] == "pixels" or chosen["detail"] != 0:
            start = self._basis.values(self._based(chosen["decay"]).planes(start))
        self.spectrum = start.requires_grad_()

    def _tune(self, chosen: Mapping[str, Any]) -> None:
        """Set what depends on the options."""
        self.lr = chosen["lr"]
        self._kind: tuple[str, str] = (chosen["basis"], chosen["wave"] or WAVE)
        self._rolloff = -chosen["detail"]
        if self._kind[0] != "pixels":
            self._rolloff += chosen["decay"]
        self._basis = self._based(self._rolloff)
        self._axes = color_axes(chosen["colors"]).to(self._device)
        self._back = torch.linalg.inv(self._axes.double()).float()
        self._tone = Tone(chosen["contrast"], chosen["saturation"], chosen["sharpness"])

    def _based(self, rolloff: float) -> Basis:
        """Return the drawer's kind of basis for coefficients that fall with the frequency."""
        kind, wave = self._kind
        if kind == "dwt":
            return Wavelets(self.size, rolloff, self._device, wave=wave)
        return (Waves if kind == "fft" else Pixels)(self.size, rolloff, self._device)

    @torch.no_grad()
    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over ``options`` and keep the picture. False where the basis is another one.

        The coefficients are converted: ``axes' @ planes' = axes @ planes``. The optimiser's
        averages stay those of the old ones, which a rate that moves slowly leaves nearly true.
        """
        kind, rolloff, basis, axes = self._kind, self._rolloff, self._basis, self._axes
        self._tune(drawers.resolve("fft", options))
        if kind != self._kind:
            return False
        if rolloff != self._rolloff or not torch.equal(axes, self._axes):
            turned = torch.einsum("dc,bchw->bdhw", self._back @ axes, basis.planes(self.spectrum))
            self.spectrum.copy_(self._basis.values(turned))
        return True

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in (0, 1)."""
        planes = self._basis.planes(self.spectrum)
        return bend(0.5 + torch.einsum("rc,bchw->brhw", self._axes, planes))

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Set the coefficients of ``canvas``, (1, 3, H, W); exact within [INSIDE, 1 - INSIDE]."""
        light = soft_clip_inverse(canvas.to(self.spectrum).clamp(INSIDE, 1 - INSIDE)) - 0.5
        planes = torch.einsum("cr,brhw->bchw", self._back, light)
        self.spectrum.copy_(self._basis.values(planes))

    def parameters(self) -> list[dict[str, Any]]:
        """Return one group: the coefficients."""
        return [{"params": [self.spectrum], "lr": self.lr}]

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring contrast, saturation and sharpness nearer to what they are held to, if anything."""
        if self._tone.holds:
            planes = self._tone.nearer(self._basis.planes(self.spectrum), self._axes)
            self.spectrum.copy_(self._basis.values(planes))

    def carry(self, start: FrameStart) -> None:
        """Encode the canvas: a wave fills the whole picture, so it is the picture that is moved."""
        self.encode(start.canvas)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the coefficients under the name of their basis."""
        return {self._basis.key: self.spectrum.detach().clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over coefficients of the same size and basis."""
        load_into({self._basis.key: self.spectrum}, state)


def color_axes(colors: float) -> Tensor:
    """Return the (3, 3) matrix from decorrelated planes to red, green, blue.

    ``colors`` divides the axis of light, so that the colour axes move more beside it. The longest
    axis has length 1.
    """
    axes = torch.tensor(COLOR_AXES)
    axes[:, 0] /= colors
    longest: Tensor = axes.norm(dim=0).max()
    return axes / longest


def soft_clip(light: Tensor) -> Tensor:
    """Return bend any number into (0, 1): straight between the knees, exponential beyond, smooth.

    The inverse is `soft_clip_inverse`. Against a sigmoid it leaves the colours straight where they
    are, and pictures with much black and white keep a gradient there.
    """
    bent = _slope(light) * KNEE
    beyond = torch.where(light < 0.5, bent, 1 - bent)
    return torch.where((light - 0.5).abs() <= 0.5 - KNEE, light, beyond)


def _slope(light: Tensor) -> Tensor:
    """Return the slope of `soft_clip`: 1 between the knees, falling towards 0 beyond."""
    return torch.exp((torch.minimum(light, 1 - light).clamp(max=KNEE) - KNEE) / KNEE)


class _SoftClip(torch.autograd.Function):
    """`soft_clip`, from whose ends there is a way back.

    Near black and white the map is flat, and what a prompt once drove there would stay there when
    the next one asks for something else. So a gradient that leads back inside finds a slope of at
    least `WAY_BACK`; one that leads further out finds the true one.
    """

    @staticmethod
    def forward(ctx: Any, light: Tensor) -> Tensor:
        ctx.save_for_backward(light)
        return soft_clip(light)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (light,) = ctx.saved_tensors
        slope = _slope(light)
        back = torch.where(light < 0.5, gradient < 0, gradient > 0)
        return gradient * torch.where(back, slope.clamp(min=WAY_BACK), slope)


def bend(light: Tensor) -> Tensor:
    """Return `soft_clip` of ``light``, differentiable with a way back from both ends."""
    picture: Tensor = _SoftClip.apply(light)
    return picture


def soft_clip_inverse(picture: Tensor) -> Tensor:
    """Return the inverse of `soft_clip` on (0, 1)."""
    near = torch.minimum(picture, 1 - picture)
    beyond = KNEE + KNEE * torch.log(near.clamp(max=KNEE) / KNEE)
    beyond = torch.where(picture < 0.5, beyond, 1 - beyond)
    return torch.where(near >= KNEE, picture, beyond)
