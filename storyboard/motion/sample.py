"""The values of a picture between its pixels and beyond its border.

Convention: pictures are ``(B, C, H, W)``; points are pixel coordinates x, y with 0 at the centre
of the first pixel, y down (``align_corners=False``). The borders here are ``reflect`` (mirrored
about the outer edge, the border pixel seen twice), ``wrap`` and ``replicate``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_MARGIN = 2  # the bicubic kernel reaches two pixels past the one it stands on
_MEMORY = 14  # pixels after which a pixel's share in a spline coefficient is below 1e-8


def sample(picture: Tensor, points: Tensor, *, border: str, resample: str) -> Tensor:
    """Return the picture's values at ``points``: (B, C, H', W').

    ``bilinear``, or ``bicubic``: the cubic spline through the pixels, held within the range of the
    four pixels around each point, so that it neither rings nor leaves [0, 1].

    The usual bicubic kernel (a = -0.75) would not do. Its slope is half as much again as the
    picture's, so a shift by a small part of a pixel moves the picture half as far again, and a
    loop that moves its picture a little in every frame runs ahead of its camera. The spline moves
    it right, and stays sharper.

    Args:
        picture: (B, C, H, W).
        points: (2, H', W'), x then y.
        border: ``reflect``, ``wrap`` or ``replicate``.
        resample: ``bicubic`` or ``bilinear``.
    """
    # Points are folded into the picture and the picture is padded by the kernel's reach, so one
    # path serves every border and no seam is off by one.
    height, width = picture.shape[-2:]
    x = fold(points[0], width, border) + _MARGIN
    y = fold(points[1], height, border) + _MARGIN
    padded = pad(picture, (_MARGIN, _MARGIN), border)
    if resample == "bilinear":
        return _take(padded, x, y, "bilinear")
    values = _spline(_coefficients(picture, border), x, y)
    # Cell (i, j) of these holds the range of the four pixels i..i+1, j..j+1.
    ranges = [_of_four(padded, pick) for pick in (torch.maximum, torch.minimum)]
    around = _take(torch.cat(ranges, dim=1), x - 0.5, y - 0.5, "nearest")
    top, bottom = around.chunk(2, dim=1)
    return torch.minimum(torch.maximum(values, bottom), top)


def fold(position: Tensor, size: int, border: str) -> Tensor:
    """Bring positions along an axis of ``size`` pixels back into [-0.5, size - 0.5].

    >>> fold(torch.tensor([-1.0, 4.0]), 4, "reflect").tolist()
    [0.0, 3.0]
    >>> fold(torch.tensor([-1.0, 4.0]), 4, "wrap").tolist()
    [3.0, 0.0]
    """
    if border == "replicate":
        return position.clamp(0, size - 1)
    edge = position + 0.5
    if border == "wrap":
        return edge.remainder(size) - 0.5
    edge = edge.remainder(2 * size)
    return torch.minimum(edge, 2 * size - edge) - 0.5


def pad(picture: Tensor, margins: tuple[int, int], border: str) -> Tensor:
    """Return the picture with ``margins`` (rows, columns) more on either side, of any width."""
    for axis, margin in zip((-2, -1), margins, strict=True):
        size = picture.shape[axis]
        around = torch.arange(-margin, size + margin, dtype=torch.float64)
        index = fold(around, size, border).round().long()
        picture = picture.index_select(axis, index.to(picture.device))
    return picture


def blur(picture: Tensor, axis: int, deviation: float, border: str) -> Tensor:
    """Apply a Gaussian blur of ``deviation`` pixels along one axis (-1 or -2)."""
    reach = min(round(4 * deviation) + 1, 4 * picture.shape[axis])
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float64)
    return _convolve(picture, axis, torch.exp(-0.5 * (offsets / deviation) ** 2), border)


def _coefficients(picture: Tensor, border: str) -> Tensor:
    """Return the B-spline coefficients of the picture, (B, C, H + 4, W + 4), padded by the margin.

    Unser, Aldroubi and Eden, "B-spline signal processing", 1993: the inverse of the filter
    (1, 4, 1) / 6 along each axis, whose response falls by its pole sqrt(3) - 2 from pixel to pixel.
    """
    offsets = torch.arange(-_MEMORY, _MEMORY + 1, dtype=torch.float64)
    response = (3**0.5 - 2) ** offsets.abs()
    columns = _convolve(picture, -1, response, border, margin=_MARGIN)
    return _convolve(columns, -2, response, border, margin=_MARGIN)


def _convolve(
    picture: Tensor, axis: int, weights: Tensor, border: str, *, margin: int = 0
) -> Tensor:
    """Filter along one axis by an odd number of weights, brought to a sum of 1.

    As a product with the matrix that does it: however far the weights reach and however often the
    border repeats within them, the cost is the same, and on a CPU less than that of a convolution.
    """
    size, reach = picture.shape[axis], len(weights) // 2
    places = torch.arange(-margin, size + margin, dtype=torch.float64)
    around = places[:, None] + torch.arange(-reach, reach + 1, dtype=torch.float64)
    index = fold(around, size, border).round().long()
    matrix = torch.zeros(len(places), size, dtype=torch.float64)
    matrix.scatter_add_(1, index, (weights / weights.sum()).repeat(len(places), 1))
    matrix = matrix.to(picture.device, picture.dtype)
    return picture @ matrix.T if axis == -1 else matrix @ picture


def _of_four(picture: Tensor, pick: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Return the largest or smallest of every four pixels that touch: (B, C, H - 1, W - 1)."""
    rows = pick(picture[..., 1:, :], picture[..., :-1, :])
    return pick(rows[..., 1:], rows[..., :-1])


def _spline(coefficients: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the cubic B-spline with these coefficients at x, y.

    All its weights are positive, so two neighbours are one bilinear look-up between them: four in
    place of sixteen (Sigg and Hadwiger, "Fast third-order texture filtering", 2005).
    """
    lower_x, left, upper_x, right = _pairs(x)
    lower_y, above, upper_y, below = _pairs(y)

    def row(at_y: Tensor) -> Tensor:
        first = _take(coefficients, lower_x, at_y, "bilinear")
        return left * first + right * _take(coefficients, upper_x, at_y, "bilinear")

    return above * row(lower_y) + below * row(upper_y)


def _pairs(position: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return positions and weights of two bilinear look-ups that replace four coefficients.

    As (lower place, lower weight, upper place, upper weight).
    """
    whole = position.floor()
    t = position - whole
    outer_low, outer_high = (1 - t) ** 3 / 6, t**3 / 6
    inner_low = 2 / 3 - t * t * (2 - t) / 2
    low = outer_low + inner_low
    high = 1 - low
    return whole - 1 + inner_low / low, low, whole + 1 + outer_high / high, high


def _take(source: Tensor, x: Tensor, y: Tensor, mode: str) -> Tensor:
    """Return ``source`` (B, C, H, W) at the points ``x``, ``y`` (H', W'): (B, C, H', W').

    ``mode`` is ``bilinear`` or ``nearest``; beyond the edge the border pixels go on. Points are
    normalised to -1..1 in their own float64, so that float32 rounds them once: by at most 2e-4 of a
    pixel in a picture 8192 wide.
    """
    from kornia.geometry.transform import remap  # takes longer to import than `motion` may

    height, width = source.shape[-2:]
    map_x, map_y = (2 * x + 1) / width - 1, (2 * y + 1) / height - 1
    taken: Tensor = remap(
        source,
        map_x.to(source.dtype)[None],
        map_y.to(source.dtype)[None],
        mode,
        padding_mode="border",
        align_corners=False,
        normalized_coordinates=True,
    )
    return taken
