"""Patterns that fill the picture: stripes, checks, dots, gradients, plain colour, spirals,
tunnels.
"""

import torch
from torch import Tensor

from storyboard.world.canvas import COLORS, Canvas, smooth, tau, turn
from storyboard.world.shapes import Facts, pick_names

PATTERNS = (
    "vertical stripes", "horizontal stripes", "diagonal stripes", "checks", "dots", "gradient",
    "plain", "spiral", "waves pattern", "rings", "grid", "marble", "rays",
)  # fmt: skip


MOVING = {"spiral": 0.25, "waves pattern": 0.25, "rings": 0.25, "rays": 0.05}
"""Patterns that go on by themselves, and how far in a second."""


def _soft(canvas: Canvas, kind: str) -> Tensor:
    if kind == "gradient":
        return smooth(-1, 1, canvas.y + 0.0 * canvas.x + 0.1 * (canvas.noise(2, 1) - 0.5))
    return 0.25 * canvas.noise(3, 4)


def _field(canvas: Canvas, kind: str) -> Tensor:
    """Return the share of the second colour, in 0..1, ``(B, S, S)``."""
    x, y = canvas.x, canvas.y
    rate = canvas.rand(2.5, 6.0)
    phase = canvas.rand(0, 1) - MOVING.get(kind, 0.0) * canvas.time_s
    radius = torch.hypot(x, y)
    soft = canvas.pixel * rate * 2

    def bands(t: Tensor) -> Tensor:
        wave = ((t * rate + phase) % 1 - 0.5).abs() - 0.25
        return (0.5 - wave / soft).clamp(0, 1)

    angle = torch.atan2(y, x) / tau()
    jitter = canvas.rand(-0.06, 0.06)
    if kind in ("gradient", "plain"):
        return _soft(canvas, kind)
    if kind == "checks":
        px, py = turn(x, y, jitter)
        a, b = bands(px * 0.5), bands(py * 0.5)
        return a + b - 2 * a * b
    if kind == "dots":
        px, py = ((x * rate * 0.6 + phase) % 1) - 0.5, ((y * rate * 0.6) % 1) - 0.5
        return ((0.3 - torch.hypot(px, py)) / (soft * 0.4) + 0.5).clamp(0, 1)
    if kind == "grid":
        px, py = (x * rate * 0.6 + phase) % 1 - 0.5, (y * rate * 0.6) % 1 - 0.5
        line = torch.minimum(px.abs(), py.abs())
        return ((0.09 - line) / (soft * 0.4) + 0.5).clamp(0, 1)
    if kind == "marble":
        warped = x + y * 0.6 + 1.6 * (canvas.noise(3, 4) - 0.5)
        return 0.5 + 0.5 * torch.sin(warped * rate * 2)
    if kind == "rays":
        return (0.5 + torch.sin((angle + phase) * tau() * (4 + (rate * 2).round())) * 3).clamp(0, 1)
    sources = {
        "vertical stripes": turn(x + 0 * y, y + 0 * x, jitter)[0],
        "horizontal stripes": turn(x + 0 * y, y + 0 * x, jitter)[1],
        "diagonal stripes": (x + y) * 0.7,
        "spiral": radius * 0.7 + angle * (1 / rate),
        "waves pattern": y + 0.12 * torch.sin(x * 6 + phase * tau()),
        "rings": radius,
    }
    return bands(sources[kind])


def draw_pattern(canvas: Canvas) -> tuple[Tensor, list[Facts]]:
    """Return one pattern in two colours."""
    kind = canvas.kind(PATTERNS, "pattern")
    wanted = canvas.wanted.get("color")
    second = pick_names(canvas, [c for c in COLORS if c != wanted], of="other color")
    first = pick_names(canvas, list(COLORS), second, of="color")
    mask = _field(canvas, kind)
    if kind == "plain":
        base = canvas.named(first)
        picture = base * (1.08 - 0.6 * mask.unsqueeze(1) * 0.5)
        return picture.clamp(0, 1), [[f"pattern:plain:{name}"] for name in first]
    picture = canvas.lay(canvas.plain(canvas.named(first)), canvas.named(second), mask)
    return picture, [[f"pattern:{kind}:{a}:{b}"] for a, b in zip(first, second, strict=True)]
