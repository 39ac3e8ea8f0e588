"""The picture as a spectrum of waves in decorrelated colours.

Neighbouring pixels and the three colours of a natural picture rise and fall together. Waves whose
amplitude is divided by their frequency, in colour axes that do not, are numbers of about the same
size that an optimiser can turn independently: the parametrisation of Olah, Mordvintsev and
Schubert, "Feature Visualization", Distill 2017, and of Mordvintsev et al., "Differentiable Image
Parameterizations", Distill 2018.

It works as a preconditioner: Adam gives every wave a step of the same size, and the wave's scale
makes of it a large step for coarse waves and a small one for fine. The scale is normalised, so that
the learning rate is the change of the picture in one step at any size and decay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.parameters import load_into

KNEE = 0.1
"""Where the soft clip bends: between the knees the picture is what the waves sum up to."""

WAY_BACK = 0.5
"""The least slope of the soft clip, for a gradient that leads back inside: see `_SoftClip`."""

INSIDE = 1 / 1024
"""How near to 0 and 1 a picture is held. Smaller than half a level of 8 bits."""

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
        self.size = size
        height, width = size
        self._tune(chosen, torch.device(device))
        start = torch.randn(1, 3, height, width // 2 + 1, 2, generator=generator)
        self.spectrum = (chosen["init"] * start).to(device).requires_grad_()

    def _tune(self, chosen: Mapping[str, Any], device: torch.device) -> None:
        """Set what depends on the options."""
        self.lr = chosen["lr"]
        self._scale = wave_scale(self.size, chosen["decay"]).to(device)
        axes = color_axes(chosen["colors"])
        self._axes = axes.to(device)
        self._back = torch.linalg.inv(axes.double()).float().to(device)

    @torch.no_grad()
    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over ``options`` and keep the picture: the spectrum is rescaled, linearly.

        ``axes' @ (scale' * spectrum') = axes @ (scale * spectrum)`` for every wave. The optimiser's
        averages stay those of the old scale, which a rate that moves slowly leaves nearly true.
        """
        scale, axes = self._scale, self._axes
        self._tune(drawers.resolve("fft", options), self.spectrum.device)
        if not (torch.equal(scale, self._scale) and torch.equal(axes, self._axes)):
            waves = torch.view_as_complex(self.spectrum) * (scale / self._scale)
            turn = (self._back @ axes).to(waves)
            self.spectrum.copy_(torch.view_as_real(torch.einsum("dc,bchw->bdhw", turn, waves)))
        return True

    def draw(self) -> Tensor:
        """The picture, (1, 3, H, W) in (0, 1)."""
        waves = torch.view_as_complex(self.spectrum) * self._scale
        planes = torch.fft.irfft2(waves, s=self.size, norm="ortho")
        picture: Tensor = _SoftClip.apply(0.5 + torch.einsum("rc,bchw->brhw", self._axes, planes))
        return picture

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Set the spectrum of ``canvas``, (1, 3, H, W); exact within [INSIDE, 1 - INSIDE]."""
        light = soft_clip_inverse(canvas.to(self.spectrum).clamp(INSIDE, 1 - INSIDE)) - 0.5
        planes = torch.einsum("cr,brhw->bchw", self._back, light)
        waves = torch.fft.rfft2(planes, norm="ortho") / self._scale
        self.spectrum.copy_(torch.view_as_real(waves))

    def parameters(self) -> list[dict[str, Any]]:
        """One group: the spectrum."""
        return [{"params": [self.spectrum], "lr": self.lr}]

    def clamp(self) -> None:
        """Nothing to do: every spectrum is a picture."""

    def carry(self, start: FrameStart) -> None:
        """Encode the canvas: a wave fills the whole picture, so it is the picture that is moved."""
        self.encode(start.canvas)

    def state_dict(self) -> dict[str, Tensor]:
        """The spectrum, (1, 3, H, W // 2 + 1, 2)."""
        return {"spectrum": self.spectrum.detach().clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over a spectrum of the same size."""
        load_into({"spectrum": self.spectrum}, state)


def wave_scale(size: tuple[int, int], decay: float) -> Tensor:
    """What every wave's coefficient is multiplied with: (H, W // 2 + 1).

    ``frequency ** -decay`` in waves along the short side, level below one, and normalised to a
    mean square of 1 over the whole spectrum: coefficients of size 1 give a picture with a standard
    deviation of about 1 at every size and decay.
    """
    height, width = size
    short = min(size)
    down = torch.fft.fftfreq(height, dtype=torch.float64)[:, None] * short
    across = torch.fft.rfftfreq(width, dtype=torch.float64)[None, :] * short
    scale = (down**2 + across**2).sqrt().clamp(min=1) ** -decay
    normal: Tensor = scale / scale.square().mean().sqrt()
    return normal.float()


def color_axes(colors: float) -> Tensor:
    """The (3, 3) matrix from decorrelated planes to red, green, blue.

    ``colors`` divides the axis of light, so that the colour axes move more beside it. The longest
    axis has length 1.
    """
    axes = torch.tensor(COLOR_AXES)
    axes[:, 0] /= colors
    longest: Tensor = axes.norm(dim=0).max()
    return axes / longest


def soft_clip(light: Tensor) -> Tensor:
    """Bend any number into (0, 1): straight between the knees, exponential beyond, smooth.

    The inverse is `soft_clip_inverse`. Against a sigmoid it leaves the colours straight where they
    are, and pictures with much black and white keep a gradient there.
    """
    bent = _slope(light) * KNEE
    beyond = torch.where(light < 0.5, bent, 1 - bent)
    return torch.where((light - 0.5).abs() <= 0.5 - KNEE, light, beyond)


def _slope(light: Tensor) -> Tensor:
    """The slope of `soft_clip`: 1 between the knees, falling towards 0 beyond."""
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


def soft_clip_inverse(picture: Tensor) -> Tensor:
    """The inverse of `soft_clip` on (0, 1)."""
    near = torch.minimum(picture, 1 - picture)
    beyond = KNEE + KNEE * torch.log(near.clamp(max=KNEE) / KNEE)
    beyond = torch.where(picture < 0.5, beyond, 1 - beyond)
    return torch.where(near >= KNEE, picture, beyond)
