"""Draw the pictures of docs/looks.md: ``python docs/draw_looks.py``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from storyboard.drawers import drawers
from storyboard.filters import Moment, filters, made, remembers
from storyboard.losses import LossContext, losses
from storyboard.perceptors import Guide, load
from storyboard.render.painter import make_optimiser
from storyboard.world.ask import read
from storyboard.world.compose import WorldScene
from storyboard.world.view import Camera
from training.sheet import sheet

OUT = Path(__file__).parent / "images" / "looks"
SIZE = (108, 192)
CUBE = OUT / "teal.cube"
QUALITY = 82

FILTERS: dict[str, dict[str, Any]] = {
    "aberration": {"shift": 3},
    "blur": {"radius": 2},
    "frame": {"aspect": 2.39, "width": 3},
    "glitch": {},
    "glow": {},
    "grain": {"strength": 0.15},
    "hue": {"angle": 120},
    "light": {},
    "lut": {"file": CUBE},
    "scanlines": {"period": 2.5},
    "duotone": {},
    "grayscale": {},
    "kaleidoscope": {},
    "lookup": {"dither": 1},
    "mirror": {},
    "pixelate": {},
    "posterize": {},
    "sharpen": {"amount": 3},
    "tile": {"mirror": True},
    "vignette": {},
    "wallpaper": {"group": "p6m"},
}
"""Every filter but `trails`, with the options that its picture has."""

LOSSES: dict[str, dict[str, Any]] = {
    "contrast": {},
    "detail": {},
    "dream": {},
    "edge": {"color": "#d8432f", "thickness": 8},
    "exposure": {"brightness": 0.2},
    "gaussian": {"color": "#000000"},
    "histogram": {"image": "picture"},
    "palette": {},
    "saturation": {},
    "smoothness": {"scale": 1},
    "style": {"image": "picture"},
    "symmetry": {"axis": "rotation", "folds": 2},
    "target": {"image": "picture"},
    "tileable": {},
}
"""The losses that a still shows, with the options that their picture has."""

STEPS = 30


def scene(text: str, seed: int) -> Tensor:
    """Return the picture of a prompt, (1, 3, *SIZE) in [0, 1]."""
    return WorldScene(read(text), seed).draw(SIZE, Camera())


def teal() -> str:
    """Return a look-up table that makes shadows teal and lights orange."""
    rows = []
    for blue in range(5):
        for green in range(5):
            for red in range(5):
                light = (red + green + blue) / 12
                warm = (0.25 * (light - 0.5), 0.05, 0.25 * (0.5 - light))
                shares = ((c / 4 + w) for c, w in zip((red, green, blue), warm, strict=True))
                rows.append(" ".join(f"{min(1, max(0, share)):.4f}" for share in shares))
    return "\n".join(["LUT_3D_SIZE 5", *rows]) + "\n"


def filter_pictures() -> list[Tensor]:
    """Return the picture before, then through every filter of `FILTERS`."""
    before = scene("a city at night", 3)
    moment = Moment(seed=3, frame_seed=4, time_s=0.5)
    return [before, *(made(name, given, moment)(before) for name, given in FILTERS.items())]


def beat_pictures() -> list[Tensor]:
    """Return six frames for each of four looks whose amount falls after a beat, and for trails."""
    rows: list[Tensor] = []
    moving: Mapping[str, dict[str, Any]] = {
        "glitch": {},
        "aberration": {"shift": 5},
        "glow": {},
        "hue": {"angle": 180},
    }
    place = scene("a neon city", 11)
    for name, given in moving.items():
        for frame in range(6):
            amount = math.exp(-6 * (frame % 3) / 6)
            moment = Moment(seed=3, frame_seed=frame, time_s=frame / 12)
            rows.append(made(name, {**given, "amount": amount}, moment)(place))
    return rows + _trails(place)


def _trails(place: Tensor) -> list[Tensor]:
    show: Any = filters.get("trails")({"decay_s": 1.0})
    rows, kept = [], None
    for frame in range(6):
        shown, kept = show(place.roll(12 * frame, 3), kept, 1 / 6)
        rows.append(shown)
    return rows


def loss_pictures() -> list[Tensor]:
    """Return the picture before, the one behind ``image``, then one painted for every loss."""
    before, other = scene("snowy mountains under a starry sky", 44), scene("a red rose", 12)
    return [before, other, *(painted(name, given, before, other) for name, given in LOSSES.items())]


def painted(name: str, given: Mapping[str, Any], before: Tensor, other: Tensor) -> Tensor:
    """Return ``before`` after `STEPS` steps of the fft drawer for one loss alone."""
    guide = Guide([(load("sketch", device="cpu"), 1.0)])
    drawer = drawers.get("fft")(SIZE, {}, generator=torch.Generator().manual_seed(0))
    drawer.encode(before)
    context = LossContext(
        size=SIZE, options=given, image=lambda _: other, embed=guide.embed, layers=guide.layers
    )
    objective: Callable[[Tensor], Tensor] = losses.get(name)(context)
    optimiser = make_optimiser(drawer)
    for _ in range(STEPS):
        optimiser.zero_grad()
        objective(drawer.draw()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        drawer.clamp()
    return drawer.draw().detach().clamp(0, 1)


def save(name: str, pictures: list[Tensor], columns: int) -> None:
    """Write a strip of ``pictures``, each (1, 3, H, W), as a JPEG."""
    picture: Image.Image = sheet(torch.cat([one.float() for one in pictures]), columns)
    picture.save(OUT / f"{name}.jpg", quality=QUALITY)


def main() -> None:
    """Draw all strips."""
    missing = {n for n in filters.names() if not remembers(n)} - FILTERS.keys()
    if missing:
        raise SystemExit(f"no picture of {', '.join(sorted(missing))}")
    OUT.mkdir(parents=True, exist_ok=True)
    CUBE.write_text(teal(), encoding="utf-8")
    save("filters", filter_pictures(), 5)
    save("beat", beat_pictures(), 6)
    save("losses", loss_pictures(), 5)
    CUBE.unlink()


if __name__ == "__main__":
    main()
