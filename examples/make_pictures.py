"""Draw the pictures of the example that is steered by pictures and masks.

A coast with a hill, a house and the sun; and the mask of its hill. Both are computed, so every run
gives the same files. Writes them beside the stories::

    python examples/make_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 320, 180
FINE = 3
"""Drawn so many times larger, then reduced, for soft edges."""

HILL = [(0.0, 0.62), (0.1, 0.46), (0.22, 0.34), (0.3, 0.36), (0.42, 0.52), (0.52, 0.62)]
"""The outline of the hill, in shares of the frame, from left to right."""

Point = tuple[float, float]


def placed(points: list[Point]) -> list[Point]:
    """Return points given in shares of the frame in pixels of the large picture."""
    return [(x * WIDTH * FINE, y * HEIGHT * FINE) for x, y in points]


def ground() -> npt.NDArray[np.uint8]:
    """Return a sky that brightens downwards, above the sea."""
    y = np.linspace(0, 1, HEIGHT * FINE)[:, None]
    sky = np.array([70, 110, 190]) * (1 - y / 0.62) + np.array([250, 205, 160]) * y / 0.62
    sea = np.array([40, 110, 130]) * (1.6 - y)
    levels = np.where(y < 0.62, sky, sea).clip(0, 255).astype(np.uint8)
    return np.broadcast_to(levels[:, None], (HEIGHT * FINE, WIDTH * FINE, 3)).copy()


def coast() -> Image.Image:
    """Return the picture of the coast."""
    picture = Image.fromarray(ground())
    pen = ImageDraw.Draw(picture)
    (x, y), radius = placed([(0.76, 0.3)])[0], 0.11 * HEIGHT * FINE
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(255, 236, 170))
    pen.polygon(placed([*HILL, (0.52, 0.63), (0.0, 0.63)]), fill=(70, 120, 70))
    pen.polygon(placed([(0.0, 0.62), (0.56, 0.62), (0.44, 1.0), (0.0, 1.0)]), fill=(205, 180, 125))
    walls, roof = [(0.2, 0.25), (0.29, 0.25), (0.29, 0.38), (0.2, 0.38)], (0.245, 0.16)
    pen.polygon(placed(walls), fill=(235, 225, 210))
    pen.polygon(placed([(0.185, 0.25), roof, (0.305, 0.25)]), fill=(170, 60, 45))
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def hill() -> Image.Image:
    """Return the mask of the hill and its house: white on black, with a soft rim."""
    mask = Image.new("L", (WIDTH * FINE, HEIGHT * FINE))
    pen = ImageDraw.Draw(mask)
    pen.polygon(placed([*HILL, (0.52, 0.63), (0.0, 0.63)]), fill=255)
    pen.rectangle([*placed([(0.185, 0.15)])[0], *placed([(0.305, 0.4)])[0]], fill=255)
    small = mask.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return small.filter(ImageFilter.GaussianBlur(2))


def main() -> None:
    """Write the pictures."""
    stories = Path(__file__).parent / "stories"
    coast().save(stories / "coast.jpg", quality=88)
    hill().save(stories / "coast.hill.png", optimize=True)


if __name__ == "__main__":
    main()
