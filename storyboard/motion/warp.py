"""Move a picture: one resample, in float, whatever the move and the border.

Convention, everywhere below: pictures are ``(B, C, H, W)``; points are (x, y), y down. *Normalised*
coordinates run from -1 to 1 between the outer edges of the border pixels; *pixel* coordinates are
0 at the centre of the first pixel (``align_corners=False``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.errors import UnknownName, UsageError
from storyboard.motion import BORDERS, RESAMPLES
from storyboard.motion.moves import Matrix, Move, pixel_centres, pixel_grid, project
from storyboard.motion.noise_border import noise_around
from storyboard.motion.sample import blur, sample
from storyboard.motion.shrink import VISIBLE, deviation, sample_unevenly

STILL = 1e-9
"""A matrix nearer to the identity than this moves no pixel of any picture by a visible amount."""


def warp(
    picture: Tensor,
    m: Move | Tensor,
    *,
    border: str = "reflect",
    resample: str = "bicubic",
    color: Sequence[float] | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Move the picture by ``m``: ``out(m p) = picture(p)``.

    Convention: ``m`` leads from normalised coordinates of ``picture`` to those of the result, as
    `storyboard.motion.path.move` makes it; the result has the picture's own size. The identity
    returns ``picture`` itself. Where the result is smaller than the source, the source is smoothed
    first, each part as much as it shrinks, so that it does not alias. See
    `storyboard.motion.sample.sample` for what lies between the pixels.

    Args:
        picture: (B, C, H, W), floating point, on any device.
        m: a `Move`, or a (3, 3) matrix with an inverse, whose third row is positive for what lies
            in front of the camera.
        border: one of `storyboard.motion.BORDERS`. ``reflect`` mirrors about the outer edge (the
            border pixel is seen twice), ``replicate`` draws it out, ``wrap`` repeats the picture,
            ``zeros`` and ``color`` show one colour, ``noise`` shows soft random cells with the mean
            and the covariance of the picture's own colours, which lie still in the picture's space.
            Where the move leads back to no place at all, as beyond a horizon, there is nothing to
            mirror or repeat: all borders but ``zeros`` and ``color`` show the picture's mean there.
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
    _check(picture, border=border, resample=resample, color=color)
    move = _as_move(m)
    if _is_still(move):
        return picture
    origin = _origin(move, picture)
    edge = border if border in ("reflect", "wrap") else "replicate"
    if origin.matrix is not None and origin.is_affine:
        source = _smooth(picture, origin.matrix, edge)
        moved = sample(source, origin.points, border=edge, resample=resample)
    else:
        moved = sample_unevenly(
            picture, origin.points, valid=origin.valid, border=edge, resample=resample
        )
    if border in ("zeros", "color", "noise"):
        covered = _cover(origin, picture.shape[-2:]).to(picture.dtype)
        fill = _fill(picture, origin, border, color=color, generator=generator)
        moved = fill + covered * (moved - fill)
    if origin.valid is not None and border not in ("zeros", "color"):
        moved = torch.where(origin.valid, moved, picture.mean((-2, -1), keepdim=True))
    return moved


def revealed(m: Move | Tensor, size: tuple[int, int], *, feather: float = 0.0) -> Tensor:
    """Return a mask of what the move brought in from outside the picture.

    Convention: ``m`` as in `warp`; 1 where the result shows what lay outside the picture, or comes
    from no place at all, else 0.

    Args:
        m: a `Move` or a (3, 3) matrix.
        size: (height, width) of the result in pixels.
        feather: width of the soft rim, which lies *inside* the picture, in picture heights.

    Returns:
        (1, 1, H, W) float32 on the CPU.

    >>> import torch
    >>> right = torch.eye(3, dtype=torch.float64)
    >>> right[0, 2] = 1.0
    >>> revealed(right, (1, 4)).flatten().tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    height, width = size
    origin = _origin(_as_move(m), torch.empty(1, 1, height, width))
    x = (origin.points[0] - (width - 1) / 2).abs() - width / 2
    y = (origin.points[1] - (height - 1) / 2).abs() - height / 2
    outside = torch.maximum(x, y) / height
    if origin.valid is not None:
        outside = torch.where(origin.valid, outside, torch.inf)
    if feather <= 0:
        return (outside > 1e-6).to(torch.float32)[None, None]
    rim = (1 + outside / feather).clamp(0, 1)
    return (rim * rim * (3 - 2 * rim)).to(torch.float32)[None, None]


@dataclass(frozen=True)
class _Origin:
    """Source of each pixel of a result.

    ``points`` are (2, H, W) pixel coordinates x, y in the source, on its device; ``valid`` (H, W)
    bool is False where there is no source, None where all are valid; ``matrix`` is the move,
    normalised to normalised, if it is a single matrix.
    """

    points: Tensor
    valid: Tensor | None
    matrix: Tensor | None

    @property
    def is_affine(self) -> bool:
        """Return True where every part of the picture shrinks alike."""
        m = self.matrix
        return m is not None and bool(m[2, :2].abs().max() <= 1e-12 * m[2, 2].abs())


def _as_move(m: Move | Tensor) -> Move:
    """Return ``m`` as a move. Raises `UsageError` if a tensor is not an invertible matrix."""
    if isinstance(m, Move):
        return m
    if m.shape != (3, 3):
        raise UsageError(f"a move is a (3, 3) matrix, not {_kind(m)}")
    if not torch.isfinite(m).all() or abs(float(torch.linalg.det(m.double()))) < 1e-12:
        raise UsageError(f"the matrix is not invertible: {m.tolist()}")
    return Move((Matrix(m.to("cpu", torch.float64)),))


def _is_still(move: Move) -> bool:
    if not move.is_matrix:
        return False
    m = move.matrix
    return torch.allclose(m / m[2, 2], torch.eye(3, dtype=torch.float64), rtol=0, atol=STILL)


def _origin(move: Move, picture: Tensor) -> _Origin:
    """Return the source of each pixel of the moved ``picture``, computed in float64.

    For a matrix it needs no (H, W) products but sums of a row and a column, without rounding errors
    that a long pan could accumulate.
    """
    height, width = picture.shape[-2:]
    back = torch.linalg.inv(move.matrix) if move.is_matrix else None
    device = picture.device if back is None and picture.device.type != "mps" else "cpu"
    to_pixels = torch.tensor(
        [[width / 2, 0, (width - 1) / 2], [0, height / 2, (height - 1) / 2], [0, 0, 1]],
        dtype=torch.float64,
    )
    if back is not None:
        x, y = pixel_centres(width), pixel_centres(height)
        points, valid = project(to_pixels @ back, x[None, :], y[:, None])
    else:
        points, valid = move.back(pixel_grid((height, width), device))
        points, _ = project(to_pixels, points[0], points[1])
    dtype = torch.float64 if picture.dtype == torch.float64 else torch.float32
    return _Origin(
        points.to(picture.device, dtype), valid if valid is None else valid.to(picture.device), back
    )


def _check(picture: Tensor, *, border: str, resample: str, color: Sequence[float] | None) -> None:
    if border not in BORDERS:
        raise UnknownName("border", border, BORDERS)
    if resample not in RESAMPLES:
        raise UnknownName("resample", resample, RESAMPLES)
    if picture.ndim != 4 or not picture.is_floating_point():
        raise UsageError(f"a picture is (B, C, H, W) in float, not {_kind(picture)}")
    if (color is not None) != (border == "color"):
        raise UsageError("color belongs to border='color', and that border needs it")
    if color is not None and len(color) != picture.shape[1]:
        raise UsageError(f"{len(color)} numbers of colour for {picture.shape[1]} channels")


def _kind(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} in {str(tensor.dtype).removeprefix('torch.')}"


def _smooth(picture: Tensor, back: Tensor, border: str) -> Tensor:
    """Return the picture, blurred as much as the affine ``back`` is about to shrink it."""
    height, width = picture.shape[-2:]
    jacobian = (back / back[2, 2])[:2, :2]
    half = torch.tensor([width, height], dtype=torch.float64) / 2
    strides = (jacobian * half[:, None] / half).norm(dim=1)
    for axis, amount in zip((-1, -2), deviation(strides).tolist(), strict=True):
        if amount > VISIBLE:
            picture = blur(picture, axis, amount, border)
    return picture


def _cover(origin: _Origin, size: torch.Size) -> Tensor:
    """Return the coverage of each sample by the picture: 1 inside, a ramp of one pixel at
    its edge.
    """
    height, width = size
    x = torch.minimum(origin.points[0] + 1, width - origin.points[0])
    y = torch.minimum(origin.points[1] + 1, height - origin.points[1])
    covered = torch.minimum(x, y).clamp(0, 1)
    return covered if origin.valid is None else covered * origin.valid


def _fill(
    picture: Tensor,
    origin: _Origin,
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
    places = (origin.points + 0.5) * scale - 0.5
    if origin.is_affine:
        return sample(cells, places, border="wrap", resample="bilinear")
    return sample_unevenly(cells, places, valid=origin.valid, border="wrap", resample="bilinear")
