"""Styles: what a picture becomes as a watercolour, in pixels, as a line drawing, in neon.

Convention: pictures ``(B, 3, H, W)`` in [0, 1] in and out.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth


def _grey(picture: Tensor) -> Tensor:
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return (picture * weights).sum(1)


def _blur(picture: Tensor, radius: int) -> Tensor:
    kernel = 2 * radius + 1
    padded = F.pad(picture, (radius,) * 4, mode="reflect")
    once = F.avg_pool2d(padded, kernel, 1)
    return F.avg_pool2d(F.pad(once, (radius,) * 4, mode="reflect"), kernel, 1)


def _edges(picture: Tensor) -> Tensor:
    """Draw length of the colour gradient, ``(B, H, W)``."""
    soft = _blur(picture, 1)
    dx = F.pad(soft[..., :, 2:] - soft[..., :, :-2], (1, 1, 0, 0))
    dy = F.pad(soft[..., 2:, :] - soft[..., :-2, :], (0, 0, 1, 1))
    return (dx * dx + dy * dy).sum(1).sqrt()


def _displaced(canvas: Canvas, picture: Tensor, amount: float, cells: float) -> Tensor:
    dx, dy = canvas.noise(cells, 2) - 0.5, canvas.noise(cells, 2) - 0.5
    grid = canvas.grid(canvas.x + amount * dx, canvas.y + amount * dy)
    return F.grid_sample(picture, grid, padding_mode="reflection", align_corners=False)


def watercolor(canvas: Canvas, picture: Tensor) -> Tensor:
    """Draw wobbly washes, paler, darker at their edges, on paper."""
    wash = _blur(_displaced(canvas, picture, 0.16, 7), 2)
    steps = (wash * 6).round() / 6 * 0.5 + wash * 0.5
    edge = smooth(0.05, 0.3, _edges(steps)).unsqueeze(1)
    pale = 1 - (1 - steps) * (0.62 + 0.3 * canvas.noise(6, 3)).unsqueeze(1)
    paper = 1 - 0.06 * canvas.field().unsqueeze(1)
    vignette = canvas.grid(canvas.x + 0 * canvas.y, canvas.y + 0 * canvas.x).abs().amax(-1)
    rim = smooth(0.84, 0.98, vignette + 0.3 * (canvas.noise(8, 2) - 0.5)).unsqueeze(1)
    toned = (pale * (1 - 0.28 * edge) * paper).clamp(0, 1)
    return toned + rim * (0.97 * paper - toned)


def oil(canvas: Canvas, picture: Tensor) -> Tensor:
    """Draw short thick strokes: colours picked at random near by, with relief."""
    rough = _displaced(canvas, picture, 0.13, 22)
    near = _blur(rough, 1)
    strokes = canvas.noise(26, 1, stretch=0.4) - 0.5
    relief = strokes + 0.5 * torch.roll(strokes, 1, 2) - 1.5 * torch.roll(strokes, (1, 1), (1, 2))
    rich = (near - near.mean((2, 3), keepdim=True)) * 1.15 + near.mean((2, 3), keepdim=True)
    return (rich * (1 + 0.3 * relief.unsqueeze(1))).clamp(0, 1)


def pixels(canvas: Canvas, picture: Tensor) -> Tensor:
    cells = (12, 16, 24)[canvas.choice(3)] / min(canvas.height, canvas.width)
    size = (round(cells * canvas.height), round(cells * canvas.width))
    small = F.interpolate(picture, size, mode="area")
    levels = (small * 5).round() / 5
    return F.interpolate(levels, picture.shape[-2:], mode="nearest")


def lines(canvas: Canvas, picture: Tensor) -> Tensor:
    """Draw dark pencil lines on white paper."""
    ink = smooth(0.04, 0.22, _edges(picture)).unsqueeze(1)
    grain = 1 - 0.08 * canvas.field().unsqueeze(1)
    shade = 1 - 0.25 * (1 - _blur(_grey(picture).unsqueeze(1), 2)) * canvas.rand(0, 1).unsqueeze(1)
    return ((1 - 0.9 * ink) * shade * grain).expand(-1, 3, -1, -1).clamp(0, 1)


def neon(canvas: Canvas, picture: Tensor) -> Tensor:
    """Draw glowing coloured outlines on black."""
    edge = smooth(0.05, 0.3, _edges(picture)).unsqueeze(1)
    peak = picture.amax(1, keepdim=True)
    vivid = ((picture - picture.amin(1, keepdim=True)) / (peak + 0.02)).clamp(0, 1) ** 0.7
    hue = vivid / (vivid.amax(1, keepdim=True) + 1e-3)
    halo = _blur(edge * hue, 3) * 1.3
    return (0.02 + halo + edge * (hue * 0.8 + 0.25)).clamp(0, 1)


def grey(canvas: Canvas, picture: Tensor) -> Tensor:
    value = _grey(picture).unsqueeze(1)
    low, high = value.amin((2, 3), keepdim=True), value.amax((2, 3), keepdim=True)
    return ((value - low) / (high - low + 0.05)).expand(-1, 3, -1, -1).clamp(0, 1)


def pastel(canvas: Canvas, picture: Tensor) -> Tensor:
    soft = 0.45 + 0.55 * _blur(picture, 1)
    middle = _grey(soft).unsqueeze(1)
    return (middle + (soft - middle) * 0.95 + 0.05 * (canvas.field() - 0.5).unsqueeze(1)).clamp(
        0, 1
    )


def mosaic(canvas: Canvas, picture: Tensor) -> Tensor:
    """Draw irregular tiles of one colour each, with dark joints."""
    cells = 11 + canvas.choice(5)
    step = 2.0 / cells
    warp = 0.5 * step
    gx = canvas.x + warp * (canvas.noise(cells / 2, 1) - 0.5)
    gy = canvas.y + warp * (canvas.noise(cells / 2, 1) - 0.5)
    tx, ty = (gx / step).floor(), (gy / step).floor()
    grid = canvas.grid((tx + 0.5) * step, (ty + 0.5) * step)
    tiles = F.grid_sample(_blur(picture, 2), grid, padding_mode="border", align_corners=False)
    joint = torch.maximum((gx / step - tx - 0.5).abs(), (gy / step - ty - 0.5).abs())
    tint = 0.85 + 0.3 * torch.sin(tx * 12.9 + ty * 78.2).unsqueeze(1) ** 2
    return canvas.lay(
        (tiles * tint).clamp(0, 1), torch.full((1, 3, 1, 1), 0.12), smooth(0.36, 0.46, joint)
    )


def blurry(canvas: Canvas, picture: Tensor) -> Tensor:
    return _blur(picture, 4)


def vintage(canvas: Canvas, picture: Tensor) -> Tensor:
    """Draw sepia with dark corners."""
    tone = torch.tensor([1.0, 0.82, 0.58]).view(1, 3, 1, 1)
    far = (canvas.grid(canvas.x + 0 * canvas.y, canvas.y + 0 * canvas.x) ** 2).sum(-1).unsqueeze(1)
    base = 0.08 + 0.9 * _grey(picture).unsqueeze(1)
    return (base * tone * (1.05 - 0.25 * far)).clamp(0, 1)


def poster(canvas: Canvas, picture: Tensor) -> Tensor:
    """Draw flat strong colours with black outlines, as comics are printed."""
    soft = _blur(picture, 1)
    middle = _grey(soft).unsqueeze(1)
    strong = (middle + (soft - middle) * 1.6).clamp(0, 1)
    flat = (strong * 3).round() / 3
    ink = smooth(0.12, 0.35, _edges(picture)).unsqueeze(1)
    return (flat * (1 - 0.9 * ink)).clamp(0, 1)


STYLES: dict[str, tuple[Callable[[Canvas, Tensor], Tensor], float]] = {
    "watercolor": (watercolor, 1.4), "oil painting": (oil, 1.4), "pixel art": (pixels, 1.0),
    "line drawing": (lines, 1.0), "neon": (neon, 1.1), "black and white": (grey, 0.9),
    "pastel": (pastel, 0.8), "mosaic": (mosaic, 0.8), "blurry": (blurry, 0.4),
    "vintage": (vintage, 0.6), "comic": (poster, 0.8),
}  # fmt: skip
