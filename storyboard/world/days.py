"""Skies of the day: blue, sunny, sunset, sunrise, a rainbow, any colour."""

import torch
from torch import Tensor

from storyboard.world.canvas import COLORS, Canvas, smooth
from storyboard.world.shapes import pick_names
from storyboard.world.sky import Sky, cloud_cover, land_light, upward


def day(canvas: Canvas, horizon: Tensor) -> Sky:
    up = upward(canvas, horizon)
    top, low = canvas.color((0.16, 0.42, 0.88), 0.06), canvas.color((0.66, 0.85, 0.97), 0.04)
    picture = canvas.ramp(low, top, up)
    facts = [["sky:day", "color-sky:blue"] for _ in range(canvas.count)]
    if canvas.coin(0.5, "clouds"):
        mask = cloud_cover(canvas, canvas.rand(0.45, 0.62))
        picture = canvas.lay(picture, canvas.color((0.98, 0.98, 0.98), 0.02), mask * 0.95)
        facts = [[*f, "clouds"] for f in facts]
    return Sky(picture, facts, land_light(canvas, (1, 1, 1)), horizon, low)


def sunny(canvas: Canvas, horizon: Tensor) -> Sky:
    sky = day(canvas, horizon)
    cx, cy = canvas.rand(-0.6, 0.6), canvas.rand(-0.75, -0.35)
    radius = canvas.rand(0.16, 0.3)
    cy = cy.clamp(min=canvas.top + 0.8 * radius)
    px, py = canvas.x - cx, canvas.y - cy
    yellow = canvas.color((1.0, 0.86, 0.15), 0.04)
    picture = canvas.lay(sky.picture, canvas.color((1, 0.95, 0.7), 0.02),
                         0.75 * canvas.glow(cx, cy, radius * 1.6))  # fmt: skip
    if canvas.coin(0.6):
        angle = torch.atan2(py, px)
        reach = radius * (1.35 + 0.45 * torch.cos(angle * 12 + canvas.rand(0, 6)))
        picture = canvas.lay(picture, yellow, canvas.cover(torch.hypot(px, py) - reach) * 0.8)
    picture = canvas.lay(picture, yellow, canvas.cover(torch.hypot(px, py) - radius))
    facts = [["sun", "sky:sunny", *f] for f in sky.facts]
    return Sky(picture, facts, land_light(canvas, (1.06, 1.04, 0.95)), horizon, sky.haze, cx)


def _low_sun(
    canvas: Canvas, horizon: Tensor, stops: list[tuple[float, float, float]], name: str
) -> Sky:
    """Draw sun near the horizon: three colours from the horizon up, lit streaks of cloud."""
    up = upward(canvas, horizon)
    low, middle, top = (canvas.color(c, 0.05) for c in stops)
    picture = canvas.ramp(low, middle, up * 2)
    picture = canvas.lay(picture, top, smooth(0.35, 1.05, up))
    streaks = smooth(0.45, 0.8, canvas.noise(5, 4, stretch=0.25, drift=(0.02, 0.0))) * smooth(
        0.02, 0.3, up
    )
    picture = canvas.lay(picture, canvas.ramp(low, middle * 0.75, up * 1.3), 0.7 * streaks)
    cx, cy = canvas.rand(-0.5, 0.5), horizon - canvas.rand(-0.06, 0.22)
    radius = canvas.rand(0.13, 0.26)
    bright = canvas.color((1.0, 0.93, 0.55), 0.04)
    picture = canvas.lay(picture, canvas.color((1.0, 0.75, 0.3), 0.04),
                         0.75 * canvas.glow(cx, cy, radius * 2))  # fmt: skip
    disc = canvas.cover(torch.hypot(canvas.x - cx, canvas.y - cy) - radius)
    picture = canvas.lay(picture, bright, disc)
    facts = [[f"sky:{name}", "sun"] for _ in range(canvas.count)]
    return Sky(picture, facts, land_light(canvas, (0.62, 0.42, 0.38)), horizon, low, cx)


def sunset(canvas: Canvas, horizon: Tensor) -> Sky:
    stops = [(1.0, 0.55, 0.12), (0.93, 0.28, 0.22), (0.28, 0.13, 0.38)]
    if canvas.coin(0.3):
        stops = [(1.0, 0.62, 0.15), (0.98, 0.40, 0.10), (0.62, 0.14, 0.14)]
    return _low_sun(canvas, horizon, stops, "sunset")


def sunrise(canvas: Canvas, horizon: Tensor) -> Sky:
    stops = [(1.0, 0.82, 0.45), (0.98, 0.68, 0.66), (0.45, 0.62, 0.90)]
    sky = _low_sun(canvas, horizon, stops, "sunrise")
    sky.light = land_light(canvas, (0.85, 0.72, 0.72))
    return sky


def rainbow(canvas: Canvas, horizon: Tensor) -> Sky:
    sky = day(canvas, horizon)
    cx, radius = canvas.rand(-0.3, 0.3), canvas.rand(0.75, 1.1)
    width = canvas.rand(0.28, 0.42)
    distance = torch.hypot(canvas.x - cx, canvas.y - (horizon + 0.1))
    band = ((distance - radius) / width + 0.5).clamp(0, 1)
    stripes = torch.tensor([COLORS[c] for c in
                            ("purple", "blue", "green", "yellow", "orange", "red")])  # fmt: skip
    place = band * 5
    weights = (1 - (place.unsqueeze(-1) - torch.arange(6)).abs()).clamp(0, 1)
    arc = (weights @ stripes).permute(0, 3, 1, 2)
    edge = canvas.cover((distance - radius).abs() - width / 2)
    picture = canvas.lay(sky.picture, arc, 0.9 * edge)
    facts = [["rainbow", *f] for f in sky.facts]
    return Sky(picture, facts, sky.light, horizon, sky.haze)


def coloured(canvas: Canvas, horizon: Tensor) -> Sky:
    """Return a sky of any colour, for "a purple sky"."""
    names = pick_names(canvas, [n for n in COLORS if n not in ("white", "black", "brown", "grey")],
                       of="sky color")  # fmt: skip
    color = canvas.named(names)
    low = (color * 0.6 + 0.4).clamp(0, 1)
    picture = canvas.ramp(low, color, upward(canvas, horizon))
    if canvas.coin(0.4):
        picture = canvas.lay(picture, low * 0.5 + 0.5, cloud_cover(canvas, 0.5) * 0.8)
    facts = [[f"color-sky:{name}"] for name in names]
    return Sky(picture, facts, 0.55 + 0.45 * low, horizon, low)
