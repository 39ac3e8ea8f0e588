"""Draws docs/figures/camera: every key and every movement, with the real warp on a grid.

python docs/draw_camera.py [FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from storyboard.motion.path import between, move
from storyboard.motion.warp import warp
from storyboard.plan import Pose
from storyboard.timeline import load_story_text, make_plan

FOLDER = Path(__file__).parent / "figures" / "camera"
SIZE = WIDTH, HEIGHT = 240, 136
GROUND, AROUND = (44, 62, 96), (0.93, 0.91, 0.87)
LINE, BRIGHT, MARK = (96, 120, 164), (236, 232, 220), (240, 180, 60)
FRAMES = 5

FIELDS: dict[str, dict[str, float]] = {
    "zoom": {"zoom": 1.5},
    "zoom_x": {"zoom_x": 1.5},
    "zoom_y": {"zoom_y": 1.5},
    "rotate": {"rotate": 20},
    "pan_x": {"pan_x": 0.2},
    "pan_y": {"pan_y": 0.2},
    "shear_x": {"shear_x": 0.3},
    "shear_y": {"shear_y": 0.3},
    "pivot": {"rotate": 20, "pivot_x": 0.1, "pivot_y": 0.9},
    "orbit_x": {"orbit_x": 40},
    "orbit_y": {"orbit_y": 40},
    "dolly": {"dolly": 0.4},
    "yaw": {"yaw": 12},
    "tilt": {"tilt": 8},
    "roll": {"roll": 20},
    "fov": {"orbit_x": 40, "fov": 90},
    "swirl": {"swirl": 120},
    "swirl_radius": {"swirl": 120, "swirl_radius": 0.25},
    "ripple": {"ripple": 0.03},
    "ripple_length": {"ripple": 0.03, "ripple_length": 0.5},
    "ripple_phase": {"ripple": 0.03, "ripple_phase": 0.5},
    "lens": {"lens": 0.4},
    "lens_negative": {"lens": -0.4},
}
"""The pose of every figure of a key."""

MOVEMENTS: dict[str, tuple[str, float]] = {
    "dolly_in": ("dolly_in", 2),
    "dolly_zoom": ("{dolly_zoom: {amount: 1}}", 2),
    "drift": ("{drift: {amount: 2}}", 20),
    "handheld": ("{handheld: {amount: 4}}", 3),
    "heartbeat": ("{heartbeat: {amount: 0.3}}", 0.5),
    "orbit": ("{orbit: {angle: 35}}", 8),
    "shake_on": ("{shake_on: {signal: 1 - u, amount: 0.1}}", 0.5),
    "spin": ("spin", 2),
    "swing": ("{swing: {angle: 15}}", 4),
    "tunnel": ("tunnel", 2.5),
    "whip_pan": ("{whip_pan: {length: 1, x: 0.6}}", 2),
}
"""How every figure of a movement is written, and over how many seconds it goes."""


def grid(size: tuple[int, int] = SIZE) -> Tensor:
    """Cells, circles, an arrow up and an F, so that every turn and mirror image shows."""
    scale = 4
    width, height = (side * scale for side in size)
    picture = Image.new("RGB", (width, height), GROUND)
    pen = ImageDraw.Draw(picture)
    cell, x0, y0 = height / 8, width / 2, height / 2
    for n in range(-8, 9):
        colour = BRIGHT if n == 0 else LINE
        pen.line([(x0 + n * cell, 0), (x0 + n * cell, height)], fill=colour, width=scale)
        pen.line([(0, y0 + n * cell), (width, y0 + n * cell)], fill=colour, width=scale)
    for cells in (1, 2, 3):
        pen.circle((x0, y0), cells * cell, outline=BRIGHT, width=scale)
    tip, base = y0 - 3.2 * cell, y0 - 2.4 * cell
    pen.polygon([(x0, tip), (x0 - cell / 2, base), (x0 + cell / 2, base)], fill=MARK)
    for stroke in ((4, 1, 4, 3), (4, 1, 5.2, 1), (4, 2, 5, 2)):
        ends = [(x0 + stroke[n] * cell, y0 - 4 * cell + stroke[n + 1] * cell) for n in (0, 2)]
        pen.line(ends, fill=MARK, width=3 * scale)
    pen.rectangle([(0, 0), (width - 1, height - 1)], outline=BRIGHT, width=2 * scale)
    small = np.asarray(picture.resize(size, Image.Resampling.LANCZOS))
    return torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 255


def field(pose: Mapping[str, float]) -> Image.Image:
    """The grid as a camera at rest sees it once it takes ``pose``."""
    moved = between(Pose(), Pose(**pose), WIDTH / HEIGHT)
    return image(warp(grid(), moved, border="color", color=AROUND))


def movement(written: str, seconds: float) -> Image.Image:
    """A strip of frames, evenly over the time."""
    width, height = size = (WIDTH * 2 // 3, HEIGHT * 2 // 3)
    text = (
        f"output: {{size: {width}x{height - height % 2}, fps: 60}}\n"
        f"shots: [{{prompt: a, duration: {seconds + 0.1}, motion: {{moves: [{written}]}}}}]"
    )
    plan = make_plan(load_story_text(text))
    strip = Image.new("RGB", ((width + 4) * FRAMES - 4, height), "white")
    for n in range(FRAMES):
        there = move(plan, 0, round(n * seconds * 60 / (FRAMES - 1)))
        seen = warp(grid(size), there, border="color", color=AROUND)
        strip.paste(image(seen), ((width + 4) * n, 0))
    return strip


def image(picture: Tensor) -> Image.Image:
    """(1, 3, H, W) in [0, 1] as a picture of 8 bits."""
    return Image.fromarray((picture[0].permute(1, 2, 0) * 255).round().byte().numpy())


def main(folder: Path = FOLDER) -> None:
    """Write every figure."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pose in FIELDS.items():
        field(pose).save(folder / f"{name}.webp", quality=70, method=6)
    for name, (written, seconds) in MOVEMENTS.items():
        movement(written, seconds).save(folder / f"moves_{name}.webp", quality=70, method=6)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
