"""Move a picture by a matrix: one resample, in float, whatever the border.

Convention, everywhere below: pictures are ``(B, C, H, W)``; points are (x, y), y down. *Normalised*
coordinates run from -1 to 1 between the outer edges of the border pixels; *pixel* coordinates are
0 at the centre of the first pixel (``align_corners=False``).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from storyboard.errors import UnknownName, UsageError
from storyboard.motion import BORDERS, RESAMPLES
from storyboard.motion.noise import noise_around
from storyboard.motion.sample import blur, sample

STILL = 1e-9
"""A matrix nearer to the identity than this moves no pixel of any picture by a visible amount."""


def warp(
    picture: Tensor,
    m: Tensor,
    *,
    border: str = "reflect",
    resample: str = "bicubic",
    color: Sequence[float] | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Move the picture by ``m``: ``out(m p) = picture(p)``.

    Convention: ``m`` maps normalised coordinates of ``picture`` to those of the result, as
    `storyboard.motion.matrices.matrix` makes it; the result has the picture's own size. The
    identity returns ``picture`` itself. Where the result is smaller than the source, the source is
    smoothed first, so that it does not alias. See `storyboard.motion.sample.sample` for what lies
    between the pixels.

    Args:
        picture: (B, C, H, W), floating point, on any device.
        m: (3, 3) with an inverse.
        border: one of `storyboard.motion.BORDERS`. ``reflect`` mirrors about the outer edge (the
            border pixel is seen twice), ``replicate`` draws it out, ``wrap`` repeats the picture,
            ``zeros`` and ``color`` show one colour, ``noise`` shows soft random cells with the mean
            and the covariance of the picture's own colours, which lie still in the picture's space.
        resample: one of `storyboard.motion.RESAMPLES`.
        color: C numbers, for ``border="color"``.
        generator: where ``noise`` takes its random numbers from, on the CPU; without one, always
            the same noise.

    Returns:
        (B, C, H, W), dtype and device of ``picture``.

    Raises:
        UnknownName: no such border or resample.
        UsageError: wrong shapes, no inverse, or ``color`` missing or given in vain.
    """
    _check(picture, m, border=border, resample=resample, color=color)
    m = m.to("cpu", torch.float64)
    if torch.allclose(m / m[2, 2], torch.eye(3, dtype=torch.float64), rtol=0, atol=STILL):
        return picture
    back = torch.linalg.inv(m)
    points = _points(back, picture)
    edge = border if border in ("reflect", "wrap") else "replicate"
    moved = sample(_smooth(picture, back, edge), points, border=edge, resample=resample)
    if border in ("zeros", "color", "noise"):
        covered = _cover(points, picture.shape[-2:]).to(picture.dtype)
        fill = _fill(picture, points, border, color=color, generator=generator)
        moved = fill + covered * (moved - fill)
    return moved


def revealed(m: Tensor, size: tuple[int, int], *, feather: float = 0.0) -> Tensor:
    """Where the camera uncovered what the picture did not hold.

    Convention: ``m`` as in `warp`; 1 where the result shows what lay outside the picture, else 0.

    Args:
        m: (3, 3).
        size: (height, width) of the result in pixels.
        feather: width of the soft rim, which lies *inside* the picture, in picture heights.

    Returns:
        (1, 1, H, W) float32.
    """
    height, width = size
    back = torch.linalg.inv(m.to("cpu", torch.float64))
    points = _points(back, torch.empty(1, 1, height, width))
    x = (points[0] - (width - 1) / 2).abs() - width / 2
    y = (points[1] - (height - 1) / 2).abs() - height / 2
    outside = torch.maximum(x, y) / height
    if feather <= 0:
        return (outside > 1e-6).to(torch.float32)[None, None]
    rim = (1 + outside / feather).clamp(0, 1)
    return (rim * rim * (3 - 2 * rim)).to(torch.float32)[None, None]


def _check(
    picture: Tensor, m: Tensor, *, border: str, resample: str, color: Sequence[float] | None
) -> None:
    if border not in BORDERS:
        raise UnknownName("border", border, BORDERS)
    if resample not in RESAMPLES:
        raise UnknownName("resample", resample, RESAMPLES)
    if picture.ndim != 4 or not picture.is_floating_point():
        raise UsageError(f"a picture is (B, C, H, W) in float, not {_kind(picture)}")
    if m.shape != (3, 3):
        raise UsageError(f"a move is a (3, 3) matrix, not {_kind(m)}")
    if not torch.isfinite(m).all() or abs(float(torch.linalg.det(m.double()))) < 1e-12:
        raise UsageError(f"the move cannot be undone: {m.tolist()}")
    if (color is not None) != (border == "color"):
        raise UsageError("color belongs to border='color', and that border needs it")
    if color is not None and len(color) != picture.shape[1]:
        raise UsageError(f"{len(color)} numbers of colour for {picture.shape[1]} channels")


def _kind(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} in {str(tensor.dtype).removeprefix('torch.')}"


def _points(back: Tensor, picture: Tensor) -> Tensor:
    """Where each pixel of the result comes from: (2, H, W) pixel coordinates x, y.

    Convention: ``back`` maps normalised result to normalised source. Sums of a row and a column
    vector made in float64: no (H, W, 3) product, and no rounding that a long pan could collect.
    """
    height, width = picture.shape[-2:]
    x = (2 * torch.arange(width, dtype=torch.float64) + 1) / width - 1
    y = (2 * torch.arange(height, dtype=torch.float64) + 1) / height - 1
    to_pixels = torch.tensor(
        [[width / 2, 0, (width - 1) / 2], [0, height / 2, (height - 1) / 2], [0, 0, 1]],
        dtype=torch.float64,
    )
    rows = (to_pixels @ back).tolist()
    sums = [(a * x)[None, :] + (b * y + c)[:, None] for a, b, c in rows]
    flat = torch.stack(sums[:2]) if rows[2] == [0, 0, 1] else torch.stack(sums[:2]) / sums[2]
    dtype = torch.float64 if picture.dtype == torch.float64 else torch.float32
    return flat.to(picture.device, dtype)


def _smooth(picture: Tensor, back: Tensor, border: str) -> Tensor:
    """The picture, blurred as much as it is about to shrink.

    A step of one pixel of the result goes ``s`` pixels far in the source; the blur that takes a
    picture sampled at 1 to one sampled at s > 1 has a standard deviation of sqrt(s^2 - 1) / 2.
    """
    height, width = picture.shape[-2:]
    jacobian = (back / back[2, 2])[:2, :2]
    half = torch.tensor([width, height], dtype=torch.float64) / 2
    strides = (jacobian * half[:, None] / half).norm(dim=1)
    deviations = ((strides**2 - 1).clamp(min=0).sqrt() / 2).tolist()
    for axis, deviation in ((-1, deviations[0]), (-2, deviations[1])):
        if deviation > 0.15:  # below, the neighbours' share is under 1e-9
            picture = blur(picture, axis, deviation, border)
    return picture


def _cover(points: Tensor, size: torch.Size) -> Tensor:
    """How much of each sample the picture covers: 1 inside, a ramp of one pixel across its edge."""
    height, width = size
    x = torch.minimum(points[0] + 1, width - points[0])
    y = torch.minimum(points[1] + 1, height - points[1])
    return torch.minimum(x, y).clamp(0, 1)


def _fill(
    picture: Tensor,
    points: Tensor,
    border: str,
    *,
    color: Sequence[float] | None,
    generator: torch.Generator | None,
) -> Tensor:
    if border == "zeros":
        return picture.new_zeros(())
    if color is not None:
        return picture.new_tensor(list(color))[:, None, None]
    cells, scale = noise_around(picture, generator)
    places = (points + 0.5) * scale - 0.5
    return sample(cells, places, border="wrap", resample="bilinear")
