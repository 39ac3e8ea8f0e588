"""Draw the picture of docs/drawers/scenes.md: ``python docs/draw_scenes.py``."""

from __future__ import annotations

from pathlib import Path

import torch

from storyboard.world.ask import read
from storyboard.world.compose import Scene
from storyboard.world.view import Camera
from training.sheet import sheet

OUT = Path(__file__).parent / "images" / "scenes.jpg"

PROMPTS = {
    "a boat on the sea at sunset": 40,
    "a castle on green hills under a rainbow": 41,
    "a forest at night with a full moon": 42,
    "a city at night": 3,
    "snowy mountains under a starry sky": 44,
    "a lighthouse on the sea in a storm": 3,
    "a purple forest at dawn": 45,
    "a hot air balloon over hills": 57,
    "underwater with fish": 58,
    "a volcano at night": 55,
    "aurora over a lake": 65,
    "a windmill in a field of yellow flowers": 73,
    "a red rose": 12,
    "an owl": 16,
    "a galaxy": 5,
    "a candle in the dark": 20,
    "fireworks over the city": 74,
    "a neon city": 11,
    "a watercolor of mountains at sunset": 12,
    "yellow stars on purple": 70,
}
"""Prompts and seeds."""


def main() -> None:
    """Draw every prompt once and write the sheet."""
    pictures = [
        Scene(read(text), seed).draw((108, 192), Camera())[0] for text, seed in PROMPTS.items()
    ]
    OUT.parent.mkdir(exist_ok=True)
    sheet(torch.stack(pictures), 4).save(OUT, quality=88)


if __name__ == "__main__":
    main()
