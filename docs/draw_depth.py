"""Draws docs/figures/depth: flights through scenes with depth, with the real warp on a grid.

python docs/draw_depth.py [FOLDER]
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path

from draw_camera import AROUND, FRAMES, grid, image
from PIL import Image, ImageDraw
from torch import Tensor

from storyboard.motion.depth.scene import scene_of
from storyboard.motion.moves import IDENTITY, Move
from storyboard.motion.warp import warp
from storyboard.plan import DepthPlan, Pose

FOLDER = Path(__file__).parent / "figures" / "depth"
SIZE = WIDTH, HEIGHT = 160, 90
STEPS = 6
"""Frames from one picture of a strip to the next."""

WAYS = {
    "tunnel": (DepthPlan("tunnel"), Pose(dolly=1.5)),
    "sphere": (DepthPlan("sphere"), Pose(yaw=30)),
    "picture": (DepthPlan("image"), Pose(pan_x=0.25)),
}
"""The depth of every figure, and where the camera gets to."""


def relief() -> Image.Image:
    """A grey picture: a near box and a ball before a far wall."""
    grey = Image.new("L", SIZE, 0)
    pen = ImageDraw.Draw(grey)
    pen.rectangle([(60, 35), (100, 75)], fill=255)
    pen.ellipse([(112, 8), (142, 38)], fill=150)
    return grey


def seen(depth: DepthPlan, end: Pose) -> list[Tensor]:
    """The grid from rest to ``end``; moved once for each, so that nothing is blurred."""
    scene = scene_of(depth, (HEIGHT, WIDTH), 1 / math.tan(math.radians(end.fov) / 2))
    count, total, pictures = STEPS * (FRAMES - 1), IDENTITY, [grid(SIZE)]
    poses = [
        Pose(dolly=end.dolly * n / count, yaw=end.yaw * n / count, pan_x=end.pan_x * n / count)
        for n in range(count + 1)
    ]
    for n in range(count):
        move, scene = scene.travel([(poses[n], poses[n + 1])], WIDTH / HEIGHT)
        total = Move((*total.steps, *move.steps))
        if (n + 1) % STEPS == 0:
            pictures.append(warp(grid(SIZE), total, border="color", color=AROUND))
    return pictures


def strip(pictures: list[Image.Image]) -> Image.Image:
    """Pictures side by side."""
    joined = Image.new("RGB", ((WIDTH + 4) * len(pictures) - 4, HEIGHT), "white")
    for n, picture in enumerate(pictures):
        joined.paste(picture, ((WIDTH + 4) * n, 0))
    return joined


def main(folder: Path = FOLDER) -> None:
    """Write every figure."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        relief().save(Path(place) / "depth.png")
        for name, (depth, end) in WAYS.items():
            if depth.kind == "image":
                depth = DepthPlan("image", file=Path(place) / "depth.png")
            pictures = [image(picture) for picture in seen(depth, end)]
            before = [relief().convert("RGB")] if depth.kind == "image" else []
            strip([*before, *pictures]).save(folder / f"{name}.webp", quality=70, method=6)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
