"""A contact sheet of the world, to look at: ``python -m training.sheet out.png``."""

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from storyboard.world.canvas import Canvas
from storyboard.world.closeups import CLOSEUPS
from storyboard.world.lands import LANDS
from storyboard.world.picture_batch import SHORT, draw
from storyboard.world.skies import SKIES
from storyboard.world.styles import STYLES
from storyboard.world.things import THINGS
from storyboard.world.weather import fall


def sheet(pictures: Tensor, columns: int, *, gap: int = 2) -> Image.Image:
    """Tile ``(N, 3, H, W)`` pictures (uint8, or float in [0, 1]) row by row on white."""
    if pictures.dtype != torch.uint8:
        pictures = (pictures.clamp(0, 1) * 255).round().to(torch.uint8)
    count, _, height, width = pictures.shape
    rows = -(-count // columns)
    out = np.full((rows * (height + gap), columns * (width + gap), 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        out[top : top + height, left : left + width] = picture.permute(1, 2, 0).numpy()
    return Image.fromarray(out)


def _every(what: str, seed: int, size: tuple[int, int]) -> Tensor:
    """Return one picture of each sky, land, thing, closeup or style."""
    rows = []
    for i, name in enumerate({"skies": SKIES, "lands": LANDS, "things": THINGS, "styles": STYLES,
                              "closeups": CLOSEUPS}[what]):  # fmt: skip
        canvas = Canvas(2, size, seed + i)
        group = "closeup" if what == "closeups" else "landscape"
        canvas.frame(short=SHORT[group], middle=0.06 if group == "landscape" else 0.0)
        horizon = canvas.rand(0.0, 0.35)
        sky = SKIES[name if what == "skies" else ("day", "sunset", "full moon")[i % 3]][0](
            canvas, horizon
        )
        if what == "closeups":
            rows.append(CLOSEUPS[name][0](canvas)[0])
            continue
        land = name if what == "lands" else THINGS[name][1][0] if what == "things" else "hills"
        picture = LANDS[land][0](canvas, sky)[0]
        if what == "things":
            picture = THINGS[name][0](canvas, sky, picture)[0]
        if what == "styles":
            picture = STYLES[name][0](canvas, picture)
        rows.append(fall(canvas, picture, sky))
    return torch.cat(rows)


def frame_size(text: str) -> tuple[int, int]:
    """Return ``(height, width)`` of ``256x144`` (width first, as users write it) or of ``96``."""
    width, _, height = text.partition("x")
    return int(height or width), int(width)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument(
        "--what",
        default="world",
        choices=("world", "skies", "lands", "things", "styles", "closeups"),
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=frame_size, default=(96, 96), help="96, or 256x144")
    options = parser.parse_args(arguments)
    if options.what == "world":
        pictures = torch.cat(
            [draw(options.seed * 1000 + i, count=1, size=options.size)[0] for i in range(72)]
        )
    else:
        pictures = _every(options.what, options.seed, options.size)
    sheet(pictures, max(4, 1200 // options.size[1])).save(options.out)


if __name__ == "__main__":
    main()
