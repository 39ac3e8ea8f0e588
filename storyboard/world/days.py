"""Skies of the day: blue, sunny, sunset, sunrise, a rainbow, any colour."""

from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.world.canvas import COLORS, Canvas
from storyboard.world.clouds import Tones, banks, heaps
from storyboard.world.ground import RGB
from storyboard.world.shapes import pick_names
from storyboard.world.sky import Sky, Sun, disc, land_light, layered, shine, upward

WHITE: RGB = (0.99, 0.99, 0.99)
BLUES: tuple[RGB, ...] = ((0.82, 0.92, 0.97), (0.47, 0.72, 0.95), (0.15, 0.40, 0.83))
"""Colours of a clear sky from the horizon up."""


def day(canvas: Canvas, horizon: Tensor) -> Sky:
    stops = [canvas.color(rgb, 0.03) for rgb in BLUES]
    picture = layered(canvas, stops, upward(canvas, horizon))
    facts = [["sky:day", "color-sky:blue"] for _ in range(canvas.count)]
    if canvas.coin(0.6, "clouds"):
        tones = Tones(canvas.color(WHITE, 0.01), stops[0] * 0.55 + stops[1] * 0.3)
        picture = heaps(canvas, picture, tones, amount=canvas.rand(0.4, 0.55))
        facts = [[*f, "clouds"] for f in facts]
    return Sky(picture, facts, land_light(canvas, (1, 1, 1)), horizon, stops[0])


def sunny(canvas: Canvas, horizon: Tensor) -> Sky:
    sky = day(canvas, horizon)
    radius = canvas.rand(0.1, 0.15)
    cx, cy = canvas.rand(-0.7, 0.7), canvas.rand(-0.6, -0.3)
    cy = cy.clamp(min=canvas.top + 1.3 * radius)
    sun = Sun(cx, cy, radius, canvas.color((1.0, 0.92, 0.55), 0.02))
    rays = 0.5 + 0.5 * torch.cos(
        torch.atan2(canvas.y - cy, canvas.x - cx) * 14 + 0.1 * canvas.time_s
    )
    fan = 0.16 * rays * sun.glare(canvas, 2.5)
    picture = disc(canvas, canvas.lay(shine(canvas, sky.picture, sun, 1.0), sun.color, fan), sun)
    facts = [["sun", "sky:sunny", *f] for f in sky.facts]
    light = land_light(canvas, (1.06, 1.04, 0.95))
    return Sky(picture, facts, light, horizon, sky.haze, sun, 0.25)


@dataclass(frozen=True)
class _Low:
    """Colours of a sky with a low sun: from the horizon up, of the sun, of clouds in shade."""

    stops: tuple[RGB, ...]
    sun: RGB
    shade: RGB
    light: RGB


SUNSETS = (
    _Low(((1.0, 0.66, 0.28), (0.96, 0.42, 0.27), (0.62, 0.24, 0.42), (0.20, 0.14, 0.38)),
         (1.0, 0.80, 0.42), (0.38, 0.17, 0.34), (0.62, 0.42, 0.38)),
    _Low(((1.0, 0.74, 0.30), (1.0, 0.50, 0.20), (0.86, 0.26, 0.22), (0.42, 0.12, 0.24)),
         (1.0, 0.84, 0.45), (0.48, 0.14, 0.18), (0.64, 0.40, 0.32)),
    _Low(((1.0, 0.72, 0.52), (0.97, 0.50, 0.50), (0.60, 0.34, 0.60), (0.22, 0.22, 0.50)),
         (1.0, 0.86, 0.62), (0.40, 0.24, 0.48), (0.64, 0.46, 0.48)),
)  # fmt: skip
SUNRISE = _Low(((1.0, 0.90, 0.66), (1.0, 0.76, 0.64), (0.78, 0.72, 0.86), (0.42, 0.60, 0.88)),
               (1.0, 0.93, 0.66), (0.66, 0.56, 0.74), (0.85, 0.72, 0.72))  # fmt: skip


def _low_sun(canvas: Canvas, horizon: Tensor, low: _Low, name: str) -> Sky:
    """Return a sky with the sun near the horizon, and banks of cloud that it lights from below."""
    stops = [canvas.color(rgb, 0.03) for rgb in low.stops]
    picture = layered(canvas, stops, upward(canvas, horizon))
    radius = canvas.rand(0.12, 0.22)
    sun = Sun(canvas.rand(-0.5, 0.5), horizon - canvas.rand(-0.05, 0.2), radius,
              canvas.color(low.sun, 0.02))  # fmt: skip
    near = sun.glare(canvas, 5.0).unsqueeze(1)
    lit = stops[1] * 0.4 + stops[0] * 0.6
    tones = Tones(lit + (sun.color - lit) * near, canvas.color(low.shade, 0.03) + 0.25 * near)
    picture = banks(canvas, picture, tones, amount=canvas.rand(0.42, 0.56))
    picture = shine(canvas, disc(canvas, picture, sun), sun, 0.8)
    facts = [[f"sky:{name}", "sun"] for _ in range(canvas.count)]
    return Sky(picture, facts, land_light(canvas, low.light), horizon, stops[0], sun, 0.5)


def sunset(canvas: Canvas, horizon: Tensor) -> Sky:
    return _low_sun(canvas, horizon, SUNSETS[canvas.choice(len(SUNSETS))], "sunset")


def sunrise(canvas: Canvas, horizon: Tensor) -> Sky:
    return _low_sun(canvas, horizon, SUNRISE, "sunrise")


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
        picture = heaps(canvas, picture, Tones(low * 0.4 + 0.6, low * 0.8), amount=0.48)
    facts = [[f"color-sky:{name}"] for name in names]
    return Sky(picture, facts, 0.55 + 0.45 * low, horizon, low)
