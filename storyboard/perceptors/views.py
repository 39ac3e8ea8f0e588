"""Random views of the picture for a perceptor, sampled as plain numbers on the CPU."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor

ZOOM_SHARE = 0.6
ZOOM_PERSPECTIVE, WIDE_PERSPECTIVE, PERSPECTIVE_SHARE = 0.4, 0.2, 0.7
CROP_AREA = (0.25, 0.95)
CROP_RATIO = (0.85, 1.2)  # height / width
CROP_TRIES = 10
COLOR_SHARE, HUE_TURNS, SATURATION, BRIGHTNESS = 0.8, 0.1, 0.1, 0.05
NOISE = 0.1

# The columns of the table of random numbers that a set of views is made from.
_COLUMNS = {
    "tilted": 1,
    "corners": 8,
    "crops": 2 * CROP_TRIES,
    "place": 2,
    "scale": 1,
    "colored": 1,
    "color": 3,
    "grey": 1,
    "noise": 2,
}

_CORNERS = torch.tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=torch.float64)
_YIQ = torch.tensor(
    [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]],
    dtype=torch.float64,
)


_Table = dict[str, Tensor]
_Maker = Callable[[_Table, float], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class ViewSeeds:
    """Seeds of one step.

    ``frame`` is the frame's seed, ``hold`` one that neighbouring frames share, ``held`` the share
    (0..1) of the views drawn from it, so that the picture does not shimmer.
    """

    frame: int
    hold: int
    held: float
    step: int


@dataclass(frozen=True)
class Views:
    """Some views of one picture, a row each, float64 on the CPU.

    Convention: ``matrix`` (N, 3, 3) maps a point of the view to the point of the picture seen
    there, both in normalised coordinates (x and y from -1 to 1 between the outer edges, y down,
    ``align_corners=False``). ``color`` (N, 3, 3) and ``shift`` (N, 3) make an RGB ``color @ rgb +
    shift``. ``grey`` (N,) is what a wide view shows beyond the picture, NaN where the view mirrors
    the picture instead. ``noise`` (N,) is the noise's standard deviation, ``offset`` (N,) in [0, 1)
    where in the bank of noise it starts.
    """

    matrix: Tensor
    color: Tensor
    shift: Tensor
    grey: Tensor
    noise: Tensor
    offset: Tensor

    def __len__(self) -> int:
        return len(self.matrix)

    def __getitem__(self, rows: slice) -> Self:
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))


def draw_views(cuts: int, aspect: float, dice: ViewSeeds) -> Views:
    """Return ``cuts`` random views of a picture of width / height ``aspect``: zoom views, then wide
    ones.

    Source: the settings of Pixray's cutouts; hue and saturation are turned and scaled in YIQ, and
    the brightness jitter stands for Pixray's stretch of every batch to [0, 1].
    """
    zoom = int(ZOOM_SHARE * cuts)
    sets = ((_zoom_matrix, "zoom", zoom), (_wide_matrix, "wide", cuts - zoom))
    parts = [_draw_set(make, _table(dice, label, count), aspect) for make, label, count in sets]
    return Views(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Views)))


def fixed_views(aspect: float) -> Views:
    """Return the views of a judge: the whole picture on mid-grey, and five overlapping crops
    of it.
    """
    wide, high = max(aspect, 1.0), max(1 / aspect, 1.0)
    longest = max(wide, high)
    centers = [[0, 0], [-1, -1], [1, -1], [1, 1], [-1, 1]]
    half_w, half_h = (torch.full((5,), 0.8 / side, dtype=torch.float64) for side in (wide, high))
    x, y = torch.tensor(centers, dtype=torch.float64).unbind(1)
    crops = _affine(half_w, half_h, x * (1 - half_w), y * (1 - half_h))
    whole = torch.diag(torch.tensor([longest / wide, longest / high, 1.0], dtype=torch.float64))
    grey = torch.tensor([0.5] + [torch.nan] * 5, dtype=torch.float64)
    return _uncolored(torch.cat([whole[None], crops]), grey)


def plain_views(views: Views) -> Views:
    """Return the same views without changes of colour and without noise, black beside the
    picture.
    """
    return _uncolored(views.matrix, 0 * views.grey)


def window_views(aspect: float, side: float) -> tuple[Views, tuple[int, int]]:
    """Return square windows of ``side`` short sides that cover a picture of width / height
    ``aspect``, overlapping by half, row by row; and the numbers of rows and columns.
    """
    wide, high = max(aspect, 1.0), max(1 / aspect, 1.0)
    rows, columns = (max(2, round(2 * (length - side) / side) + 1) for length in (high, wide))
    half_w, half_h = side / wide, side / high
    x = torch.linspace(half_w - 1, 1 - half_w, columns, dtype=torch.float64)
    y = torch.linspace(half_h - 1, 1 - half_h, rows, dtype=torch.float64)
    down, right = (grid.flatten() for grid in torch.meshgrid(y, x, indexing="ij"))
    across, along = torch.full_like(down, half_w), torch.full_like(down, half_h)
    grey = torch.full_like(down, torch.nan)
    return _uncolored(_affine(across, along, right, down), grey), (rows, columns)


def _uncolored(matrix: Tensor, grey: Tensor) -> Views:
    """Return views by ``matrix`` (N, 3, 3) and ``grey`` (N,) that change no colour."""
    count, nil = len(matrix), torch.zeros(len(matrix), dtype=torch.float64)
    color = torch.eye(3, dtype=torch.float64).expand(count, 3, 3)
    return Views(matrix, color, torch.zeros(count, 3, dtype=torch.float64), grey, nil, nil)


def seed_of(*parts: int | str) -> int:
    """Return a seed of 63 bits that depends on every one of ``parts``."""
    text = "\0".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) >> 1


def _table(dice: ViewSeeds, label: str, count: int) -> _Table:
    """Return uniform numbers in [0, 1), ``(count, columns)`` by name; the first rows are the held
    ones.
    """
    width = sum(_COLUMNS.values())
    held = min(count, round(dice.held * count))
    rows = []
    for source, seed in (("hold", dice.hold), ("frame", dice.frame)):
        generator = torch.Generator().manual_seed(seed_of(source, seed, dice.step, label))
        rows.append(torch.rand(count, width, generator=generator, dtype=torch.float64))
    table = torch.cat([rows[0][:held], rows[1][held:]])
    columns = torch.split(table, list(_COLUMNS.values()), dim=1)
    return dict(zip(_COLUMNS, columns, strict=True))


def _draw_set(make: _Maker, table: _Table, aspect: float) -> Views:
    matrix, grey = make(table, aspect)
    color, shift = _color(table)
    noise, offset = table["noise"].unbind(1)
    return Views(matrix, color, shift, grey, NOISE * noise, offset)


def _zoom_matrix(table: _Table, aspect: float) -> tuple[Tensor, Tensor]:
    """Return part of the tilted picture: ``(N, 3, 3)`` and no grey."""
    crop = _crop(table, aspect)
    matrix = _tilt(table, ZOOM_PERSPECTIVE) @ crop
    return matrix, torch.full((len(matrix),), torch.nan, dtype=torch.float64)


def _wide_matrix(table: _Table, aspect: float) -> tuple[Tensor, Tensor]:
    """Return the whole picture in a square, moved where there is room, then tilted: matrix and
    grey.

    In the square the picture is ``(wide, high) * scale`` large, with the short side 1.
    """
    wide, high = max(aspect, 1.0), max(1 / aspect, 1.0)
    longest = max(wide, high)
    room = (1 - 1 / longest) if longest > 1 else 0.05
    move = (table["place"] * 2 - 1) * room
    if longest > 1:
        scale = (0.9 + 0.1 * table["scale"][:, 0]) / longest
        move = move * torch.tensor([float(high > 1), float(wide > 1)], dtype=torch.float64)
    else:
        scale = torch.full_like(table["scale"][:, 0], 0.95)
    square = _affine(
        1 / (scale * wide),
        1 / (scale * high),
        -move[:, 0] / (scale * wide),
        -move[:, 1] / (scale * high),
    )
    return square @ _tilt(table, WIDE_PERSPECTIVE), table["grey"][:, 0]


def _crop(table: _Table, aspect: float) -> Tensor:
    """Return a window of a share `CROP_AREA` of the picture and a shape `CROP_RATIO`: ``(N, 3,
    3)``.

    The first of `CROP_TRIES` draws that fits is taken; where none does, the largest window of a
    permitted shape.
    """
    wide, high = max(aspect, 1.0), max(1 / aspect, 1.0)
    area, ratio = table["crops"].view(-1, CROP_TRIES, 2).unbind(-1)
    area = (CROP_AREA[0] + (CROP_AREA[1] - CROP_AREA[0]) * area) * wide * high
    ratio = CROP_RATIO[0] * (CROP_RATIO[1] / CROP_RATIO[0]) ** ratio
    width, height = (area / ratio).sqrt(), (area * ratio).sqrt()
    fits = (width <= wide) & (height <= high)
    shape = min(max(high / wide, CROP_RATIO[0]), CROP_RATIO[1])
    largest = (min(wide, high / shape), min(high, wide * shape))
    first = fits.to(torch.int8).argmax(dim=1, keepdim=True)
    half_w, half_h = (
        torch.where(fits.any(dim=1), drawn.gather(1, first)[:, 0], whole) / side
        for drawn, whole, side in ((width, largest[0], wide), (height, largest[1], high))
    )
    place = table["place"] * 2 - 1
    return _affine(half_w, half_h, place[:, 0] * (1 - half_w), place[:, 1] * (1 - half_h))


def _tilt(table: _Table, distortion: float) -> Tensor:
    """Return a view of the plane from aside: its corners moved inwards, or none: ``(N, 3, 3)``."""
    tilted = (table["tilted"] < PERSPECTIVE_SHARE).unsqueeze(-1)
    inward = table["corners"].view(-1, 4, 2) * distortion * tilted
    corners = _CORNERS.expand_as(inward)
    return homography(corners * (1 - inward), corners)


def homography(source: Tensor, target: Tensor) -> Tensor:
    """Return the matrices ``(N, 3, 3)`` that map four points ``(N, 4, 2)`` of a plane to four
    others.
    """
    x, y = source.unbind(-1)
    one, nil = torch.ones_like(x), torch.zeros_like(x)
    u, v = target.unbind(-1)
    above = torch.stack([x, y, one, nil, nil, nil, -x * u, -y * u], dim=-1)
    below = torch.stack([nil, nil, nil, x, y, one, -x * v, -y * v], dim=-1)
    solved = torch.linalg.solve(torch.cat([above, below], dim=1), torch.cat([u, v], dim=1))
    return torch.cat([solved, one[:, :1]], dim=1).view(-1, 3, 3)


def _affine(scale_x: Tensor, scale_y: Tensor, move_x: Tensor, move_y: Tensor) -> Tensor:
    """Return ``x -> scale * x + move``: ``(N, 3, 3)``."""
    matrix = torch.zeros(len(scale_x), 3, 3, dtype=torch.float64)
    matrix[:, 0, 0], matrix[:, 1, 1], matrix[:, 2, 2] = scale_x, scale_y, 1.0
    matrix[:, 0, 2], matrix[:, 1, 2] = move_x, move_y
    return matrix


def _color(table: _Table) -> tuple[Tensor, Tensor]:
    """Return hue turned, saturation scaled, brightness moved: ``(N, 3, 3)`` and ``(N, 3)``."""
    signed = (table["color"] * 2 - 1) * (table["colored"] < COLOR_SHARE)
    angle = signed[:, 0] * HUE_TURNS * 2 * torch.pi
    scale = 1 + signed[:, 1] * SATURATION
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    turn = torch.zeros(len(angle), 3, 3, dtype=torch.float64)
    turn[:, 0, 0] = 1.0
    turn[:, 1, 1], turn[:, 2, 2] = cosine, cosine
    turn[:, 1, 2], turn[:, 2, 1] = -sine, sine
    matrix = torch.linalg.inv(_YIQ) @ turn @ _YIQ
    return matrix, (signed[:, 2:] * BRIGHTNESS).expand(-1, 3)
