"""Draw the pictures of docs/drawers/scenes.md: ``python docs/draw_scenes.py``."""

from __future__ import annotations

from pathlib import Path

import torch

from storyboard.world.ask import read
from storyboard.world.compose import WorldScene
from storyboard.world.view import Camera
from training.sheet import sheet

OUT = Path(__file__).parent / "images"

SCENES = {
    "a boat on the sea at sunset": 41,
    "snowy mountains on a sunny day": 3,
    "tokyo at night in the rain": 3,
    "a forest at night with a full moon": 44,
    "a castle under a rainbow": 41,
    "waves": 1,
    "a highway through the desert at twilight": 3,
    "fire": 2,
    "an aurora over a lake": 65,
    "a purple galaxy": 2,
    "a waterfall": 7,
    "a lighthouse on the sea in a storm": 3,
    "a volcano at night": 55,
    "misty forest at sunrise": 12,
    "a hot air balloon over hills": 57,
    "underwater with fish and coral": 58,
    "a red rose": 12,
    "a blue eye": 3,
    "a neon city": 11,
    "a watercolor of mountains at sunset": 12,
}
"""Prompts and seeds."""

THINGS = {
    "a fox in a snowy forest at night": 11,
    "an elephant in the desert at sunset": 12,
    "a dragon flying over the mountains": 13,
    "a guitar": 13,
    "two robots in a city at night": 12,
    "a whale in the sea": 16,
    "a wizard and a dragon in the forest": 21,
    "a rocket in space": 16,
    "five penguins": 15,
    "a unicorn under a rainbow": 28,
    "three wolves under a full moon": 26,
    "a pink elephant": 30,
}


def main() -> None:
    """Draw every prompt once and write the sheets."""
    OUT.mkdir(exist_ok=True)
    for name, prompts, columns in (("scenes", SCENES, 5), ("things", THINGS, 4)):
        pictures = [
            WorldScene(read(text), seed).draw((108, 192), Camera())[0]
            for text, seed in prompts.items()
        ]
        sheet(torch.stack(pictures), columns).save(OUT / f"{name}.jpg", quality=88)


if __name__ == "__main__":
    main()
