"""A canvas draws many pictures of one kind at once; every random number comes from its seed.

Convention: pictures are ``(B, 3, H, W)`` in [0, 1]; masks and fields are ``(B, H, W)``; ``x``
grows to the right and ``y`` grows DOWN; parameters of one picture have the shape ``(B, 1, 1)``.
Pixels are square. On a square canvas both coordinates are in [-1, 1]; on any other the frame
covers the same area of the plane, so that a wide one sees more to the sides and less above and
below (16:9: ``x`` to 1.33, ``y`` to 0.75).
"""

import copy
import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

COLORS: dict[str, tuple[float, float, float]] = {
    "red": (0.87, 0.10, 0.10),
    "orange": (0.97, 0.52, 0.08),
    "yellow": (0.97, 0.87, 0.12),
    "green": (0.13, 0.62, 0.18),
    "turquoise": (0.15, 0.78, 0.72),
    "blue": (0.12, 0.28, 0.85),
    "purple": (0.50, 0.14, 0.68),
    "pink": (0.97, 0.50, 0.70),
    "brown": (0.46, 0.27, 0.12),
    "black": (0.04, 0.04, 0.05),
    "white": (0.96, 0.96, 0.95),
    "grey": (0.52, 0.52, 0.54),
    "golden": (0.86, 0.66, 0.20),
}


Drift = tuple[float, float]
"""How far something moves along x and y in a second."""

STILL: Drift = (0.0, 0.0)

Region = tuple[slice, slice]
"""Rows and columns."""


class Canvas:
    """The coordinates, the dice and the brushes for ``count`` pictures of ``size`` pixels.

    ``size`` is the side of a square or ``(height, width)``. ``wanted`` settles what the dice would
    choose otherwise: by the name of a choice, the colour or the kind; what may be there or not is
    there if its name is in it. The dice are thrown all the same. Pictures are of one instant,
    ``time_s``; fire, water and weather that drift are where they are then.
    """

    time_s = 0.0
    variety = 1.0
    """How often a land has another colour than its own, as a share of what its recipe says."""

    def __init__(
        self,
        count: int,
        size: int | tuple[int, int],
        seed: int,
        *,
        wanted: Mapping[str, str] | None = None,
    ) -> None:
        self.height, self.width = (size, size) if isinstance(size, int) else size
        self.count = count
        self.wanted = wanted or {}
        self.generator = torch.Generator().manual_seed(seed)
        self.frame()

    def frame(self, *, short: float = 0.0, middle: float = 0.0) -> None:
        """Choose what the frame covers: at least ``short`` from the middle to the nearer edges,
        with ``y = middle`` in the middle. A square canvas always covers [-1, 1].
        """
        wide = math.sqrt(self.width / self.height)
        scale = max(1.0, short / min(wide, 1 / wide))
        self.reach_x, self.reach_y = wide * scale, scale / wide
        self.middle = middle if self.height < self.width else 0.0
        self.x = self._axis(self.width, self.reach_x).view(1, 1, -1)
        self.y = self._axis(self.height, self.reach_y).view(1, -1, 1) + self.middle
        self.top, self.bottom = self.middle - self.reach_y, self.middle + self.reach_y
        self.pixel: float | Tensor = 2 * self.reach_x / self.width
        self.level = self.y

    def mirror(self, shore: Tensor, ripple: Tensor | float = 0.0) -> None:
        """Show below ``shore``, a height, what is above it, until `unmirror`; ``ripple`` moves
        what is seen up and down.
        """
        self.y = torch.minimum(self.level, 2 * shore - self.level + ripple)

    def unmirror(self) -> None:
        """Show below the shore what is there."""
        self.y = self.level

    @staticmethod
    def _axis(size: int, reach: float) -> Tensor:
        return ((torch.arange(size) + 0.5) / size * 2 - 1) * reach

    def grid(self, x: Tensor, y: Tensor) -> Tensor:
        """Return points of the plane as `grid_sample` wants them, ``(..., 2)``, x first, the frame
        in [-1, 1], ``align_corners=False``.
        """
        return torch.stack([x / self.reach_x, (y - self.middle) / self.reach_y], -1)

    def sideways(self) -> "Canvas":
        """Return the canvas with height and width exchanged, drawing from the same dice: fields
        drawn on it fit this one when they are transposed.
        """
        turned = copy.copy(self)
        turned.height, turned.width = self.width, self.height
        turned.reach_x, turned.reach_y, turned.middle = self.reach_y, self.reach_x, 0.0
        turned.x = (self.y - self.middle).transpose(1, 2)
        turned.y = turned.level = self.x.transpose(1, 2)
        return turned

    def part(self, within: Tensor) -> tuple["Canvas", Region]:
        """Return a canvas that draws at least where the mask ``within`` is not 0, from the same
        dice, and where that is: rows and columns. Here it is all of it.
        """
        return self, (slice(None), slice(None))

    def rand(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return one uniform number a picture, ``(B, 1, 1)``."""
        return torch.rand(self.count, 1, 1, generator=self.generator) * (high - low) + low

    def integers(self, low: int, high: int) -> Tensor:
        """Return one integer a picture in ``[low, high)``, ``(B, 1, 1)``."""
        return torch.randint(low, high, (self.count, 1, 1), generator=self.generator)

    def coin(self, probability: float, of: str = "") -> bool:
        """Return one throw for the whole batch; true where ``of`` is wanted."""
        thrown = bool(torch.rand((), generator=self.generator) < probability)
        return thrown or of in self.wanted

    def kind(self, names: Sequence[str], of: str) -> str:
        """Return one of the names for the whole batch, the one that is wanted of ``of`` if any."""
        thrown = names[self.choice(len(names))]
        return self.wanted.get(of, thrown)

    def settled(self, value: Tensor) -> Tensor:
        """Return a mean over the whole picture; a view of a part asks for that of the whole."""
        return value

    def choice(self, count: int) -> int:
        """Return one index in ``[0, count)`` for the whole batch."""
        return int(torch.randint(0, count, (), generator=self.generator))

    def color(self, rgb: tuple[float, float, float], spread: float = 0.07) -> Tensor:
        """Return a colour near ``rgb`` for every picture, ``(B, 3, 1, 1)``."""
        jitter = torch.randn(self.count, 3, 1, 1, generator=self.generator) * spread
        return (torch.tensor(rgb).view(1, 3, 1, 1) + jitter).clamp(0, 1)

    def named(self, names: list[str], spread: float = 0.04) -> Tensor:
        """Return the colour of each name, a little varied, ``(B, 3, 1, 1)``."""
        base = torch.tensor([COLORS[name] for name in names]).view(-1, 3, 1, 1)
        jitter = torch.randn(len(names), 3, 1, 1, generator=self.generator) * spread
        return (base + jitter).clamp(0, 1)

    def ramp(self, top: Tensor, bottom: Tensor, position: Tensor) -> Tensor:
        """Return a gradient between two colours where ``position`` goes from 0 to 1."""
        return top + (bottom - top) * position.clamp(0, 1).unsqueeze(1)

    def plain(self, color: Tensor) -> Tensor:
        """Return a picture of one colour."""
        return color.expand(self.count, 3, self.height, self.width).clone()

    def field(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return white noise, ``(B, H, W)``."""
        shape = (self.count, self.height, self.width)
        return torch.rand(shape, generator=self.generator) * (high - low) + low

    def lattices(self, cells: float, octaves: int = 3, stretch: float = 1.0) -> list[Tensor]:
        """Return the random numbers of a noise, a grid an octave, for `noise_at`."""
        grids = []
        for octave in range(octaves):
            fine = cells * 2**octave
            rows = max(2, round(fine * self.reach_y))
            columns = max(2, round(fine * stretch * self.reach_x))
            size = (self.count, 1, rows + 1, columns + 1)
            grids.append(torch.rand(size, generator=self.generator))
        return grids

    def noise_at(self, lattices: Sequence[Tensor], x: Tensor, y: Tensor) -> Tensor:
        """Return value noise in [0, 1] at places of the plane, ``(B, H, W)``; beyond the reach of
        the canvas it goes on as its mirror image.
        """
        x, y = x / self.reach_x, (y - self.middle) / self.reach_y
        places = torch.stack([x + 0 * y, y + 0 * x], -1).expand(self.count, -1, -1, -1)
        total = torch.zeros(self.count, 1, *places.shape[1:3])
        weight, norm = 1.0, 0.0
        for octave, grid in enumerate(lattices):
            if places.numel():
                total += weight * _sampled(grid, places, "bicubic" if octave < 2 else "bilinear")
            norm += weight
            weight *= 0.5
        return ((total[:, 0] / norm - 0.5) * 1.5 + 0.5).clamp(0, 1)

    def noise(
        self,
        cells: float,
        octaves: int = 3,
        stretch: float = 1.0,
        *,
        drift: Drift = STILL,
    ) -> Tensor:
        """Return value noise in [0, 1], ``(B, H, W)``; ``stretch`` > 1 draws it out along y, < 1
        along x. It moves by ``drift`` in a second.
        """
        x, y = self.x - drift[0] * self.time_s, self.y - drift[1] * self.time_s
        return self.noise_at(self.lattices(cells, octaves, stretch), x, y)

    def marbled(
        self,
        cells: float,
        octaves: int = 4,
        stretch: float = 1.0,
        *,
        amount: float = 0.5,
        drift: Drift = STILL,
    ) -> Tensor:
        """Return noise whose places other noise has moved by up to ``amount`` / 2, as smoke and
        nebulas are, in [0, 1], ``(B, H, W)``.
        """
        across, down = (self.noise(cells * 0.7, 2, stretch, drift=drift) - 0.5 for _ in range(2))
        x, y = self.x - drift[0] * self.time_s, self.y - drift[1] * self.time_s
        lattices = self.lattices(cells, octaves, stretch)
        return self.noise_at(lattices, x + amount * across, y + amount * down)

    def ridge(
        self, cells: float, octaves: int = 4, *, drift: float = 0.0, rounded: bool = False
    ) -> Tensor:
        """Return a line of hills in [-1, 1] as a function of x, ``(B, 1 or H, W)``: straight
        between its corners, or ``rounded``.
        """
        x = ((self.x - drift * self.time_s) / self.reach_x).expand(self.count, -1, -1)
        places = torch.stack([x, torch.zeros_like(x)], -1)
        total = torch.zeros(self.count, 1, *x.shape[1:])
        weight, norm = 1.0, 0.0
        for octave in range(octaves):
            columns = max(2, round(cells * 2**octave * self.reach_x))
            line = torch.rand(self.count, 1, 1, columns + 1, generator=self.generator)
            if places.numel():
                total += weight * _sampled(line, places, "bicubic" if rounded else "bilinear")
            norm += weight
            weight *= 0.5
        return (total[:, 0] / norm - 0.5) * 2.6

    def cover(self, distance: Tensor) -> Tensor:
        """Return the coverage of each pixel by a shape, in 0..1, from its signed distance (negative
        inside).
        """
        return (0.5 - distance / self.pixel).clamp(0, 1)

    def lay(self, picture: Tensor, color: Tensor, mask: Tensor) -> Tensor:
        """Lay a colour (or a picture) over a picture where the mask is 1."""
        return picture + mask.unsqueeze(1) * (color - picture)

    def glow(self, cx: Tensor, cy: Tensor, radius: Tensor | float) -> Tensor:
        """Light that fades around a point: 1 in the middle, ``(B, H, W)``."""
        square = (self.x - cx) ** 2 + (self.y - cy) ** 2
        return 1 / (1 + square / radius**2) ** 1.5

    def specks(self, density: float, softness: float = 0.35, *, drift: Drift = STILL) -> Tensor:
        """Return single bright points, as stars are, ``(B, H, W)`` in [0, 1]."""
        seeds = (self.field() < density).float() * self.field(0.4, 1.0)
        side = torch.tensor([[0.3, 0.6, 0.3], [0.6, 0.0, 0.6], [0.3, 0.6, 0.3]]) * softness
        near = F.conv2d(seeds.unsqueeze(1), side.view(1, 1, 3, 3), padding=1)[:, 0]
        return (seeds + near).clamp(0, 1)


def _sampled(grid: Tensor, places: Tensor, mode: str) -> Tensor:
    return F.grid_sample(grid, places, mode=mode, padding_mode="reflection", align_corners=True)


def smooth(low: float, high: float, value: Tensor) -> Tensor:
    """Return Hermite step from 0 at ``low`` to 1 at ``high`` (``low`` may be the larger)."""
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def turn(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Return coordinates turned by ``angle`` radians."""
    c, s = torch.cos(angle), torch.sin(angle)
    return c * x + s * y, c * y - s * x


def tau() -> float:
    """Return a whole turn in radians."""
    return 2 * math.pi
