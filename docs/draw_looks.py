"""Draw the pictures of docs/looks.md: ``python docs/draw_looks.py [NAME ...]``.

The names are those of the pictures: film, painted, beat, losses, kept, losses_beat.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from safetensors.torch import save_file
from torch import Tensor

from storyboard.drawers import drawers
from storyboard.filters import Moment, filters, made, remembers
from storyboard.losses import LossContext, losses
from storyboard.media import ffmpeg
from storyboard.perceptors import Guide, load
from storyboard.render import render
from storyboard.render.painter import make_optimiser
from storyboard.timeline import load_story_text, make_plan
from storyboard.world.ask import read
from storyboard.world.compose import WorldScene
from storyboard.world.view import Camera

OUT = Path(__file__).parent / "images" / "looks"
SIZE = (126, 224)
QUALITY = 84
LABEL_PX, GAP_PX = 18, 4
MOMENT = Moment(seed=3, frame_seed=4, time_s=0.5)

FILM: dict[str, dict[str, Any]] = {
    "aberration": {"shift": 3},
    "blur": {},
    "frame": {"aspect": 2.39},
    "glitch": {},
    "glow": {},
    "grain": {},
    "hue": {"angle": -60},
    "light": {},
    "lut": {"file": "teal.cube"},
    "scanlines": {"period": 2.5},
}
"""The filters without a memory that only the film shows, with the options of their picture."""

PAINTED: dict[str, dict[str, Any]] = {
    "duotone": {},
    "grayscale": {},
    "kaleidoscope": {},
    "lookup": {},
    "lookup, dither 1": {"dither": 1, "colors": "black->#b5287a->white\\6"},
    "mirror": {},
    "pixelate": {},
    "posterize": {},
    "sharpen": {"amount": 2},
    "tile": {"mirror": True},
    "vignette": {},
    "wallpaper": {"group": "p6m"},
}
"""The filters through which a picture is seen while it is painted."""

BEAT: dict[str, dict[str, Any]] = {
    "aberration": {"shift": 6},
    "blur": {"radius": 3},
    "duotone": {},
    "glitch": {},
    "glow": {},
    "hue": {"angle": 120},
    "kaleidoscope": {"folds": 3},
    "light": {"stops": 1.5},
    "pixelate": {"across": 32},
    "scanlines": {"period": 4},
    "trails": {"decay_s": 1.0},
}
"""Filters whose amount falls after a beat."""

PULL = 1.0
"""Weight of the loss `target` that holds the picture beside the loss that is shown."""


@dataclass(frozen=True)
class Shown:
    """A loss, its weight and its options, as its picture has them."""

    name: str
    weight: float
    options: dict[str, Any] = field(default_factory=dict)


LOSSES = (
    Shown("aesthetic", 3, {"model": "head"}),
    Shown("contrast", 0.6),
    Shown("detail", 0.25),
    Shown("dream", 0.2),
    Shown("edge", 20, {"color": "#f4f1e8"}),
    Shown("exposure", 6, {"brightness": 0.25}),
    Shown("gaussian", 2, {"color": "#000000"}),
    Shown("histogram", 10, {"image": "other"}),
    Shown("memorability", 3, {"model": "head"}),
    Shown("palette", 2),
    Shown("saturation", 0.3),
    Shown("saturation", -1),
    Shown("smoothness", 1.5, {"scale": 1}),
    Shown("style", 0.12, {"image": "other"}),
    Shown("symmetry", 10),
    Shown("tileable", 10),
)
"""The losses that a still shows."""

STEPS = 60


def scene(text: str, seed: int, size: tuple[int, int] = SIZE) -> Tensor:
    """Return the picture of a prompt, (1, 3, *size) in [0, 1]."""
    return WorldScene(read(text), seed).draw(size, Camera()).float()


def castle(size: tuple[int, int] = SIZE) -> Tensor:
    """Return the picture that painted looks begin with."""
    return scene("a castle on green hills under a rainbow", 2, size)


def sail(size: tuple[int, int] = SIZE) -> Tensor:
    """Return the picture behind the option ``image``."""
    return scene("a sailing boat on the sea at sunset", 4, size)


def teal() -> str:
    """Return a look-up table that makes shadows teal and lights orange."""
    rows = []
    for blue in range(9):
        for green in range(9):
            for red in range(9):
                light = (red + green + blue) / 24
                warm = (0.5 * (light - 0.45), 0.06, 0.5 * (0.45 - light))
                shares = ((c / 8 + w) for c, w in zip((red, green, blue), warm, strict=True))
                rows.append(" ".join(f"{min(1, max(0, share)):.4f}" for share in shares))
    return "\n".join(["LUT_3D_SIZE 9", *rows]) + "\n"


def filter_pictures(before: Tensor, chosen: dict[str, dict[str, Any]]) -> dict[str, Tensor]:
    """Return the picture before, then through every filter of ``chosen``, by their labels."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "teal.cube")
        table.write_text(teal(), encoding="utf-8")
        shown = {"before": before}
        for label, options in chosen.items():
            given = {**options, "file": table} if "file" in options else options
            shown[label] = made(label.partition(",")[0], given, MOMENT)(before)
        return shown


def beat_rows() -> dict[str, list[Tensor]]:
    """Return for every filter of `BEAT` a frame before a beat, the one on it and four after it."""
    place = F.interpolate(scene("a neon city", 11, (168, 300)), (84, 150), mode="area")
    rows = {name: _after_a_beat(name, BEAT[name], place) for name in BEAT if not remembers(name)}
    return {**rows, "trails": _trails(place)}


def _after_a_beat(name: str, given: dict[str, Any], place: Tensor) -> list[Tensor]:
    row = []
    for frame in range(-1, 5):
        amount = math.exp(-6 * frame / 12) if frame >= 0 else 0.0
        moment = Moment(seed=3, frame_seed=frame + 1, time_s=1 + frame / 12)
        row.append(made(name, {**given, "amount": amount}, moment)(place))
    return row


def _trails(place: Tensor) -> list[Tensor]:
    show: Any = filters.get("trails")(BEAT["trails"])
    row, kept = [], None
    for frame in range(6):
        shown, kept = show(place.roll(7 * frame, 3), kept, 1 / 12)
        row.append(shown)
    return row


PLACES = ("hills", "the sea", "a forest", "a desert", "snowy mountains", "a city")


def write_head(file: Path, guide: Guide, *, top: float) -> None:
    """Write a linear model that scores colourful pictures ``top`` and greyish ones a third of it.

    Ridge regression on drawn pairs; it stands for the models of beauty and memorability that a user
    brings.
    """
    drawn = [scene(f"a sunset over {place}", 9 + n, (90, 160)) for n, place in enumerate(PLACES)]
    drawn += [scene(f"a rainbow over {place}", 30 + n, (90, 160)) for n, place in enumerate(PLACES)]
    dull = [0.3 + 0.4 * one.mean(1, keepdim=True) + 0.1 * (one - 0.5) for one in drawn]
    with torch.no_grad():
        seen = torch.stack([guide.embed(one.clamp(0, 1))[0] for one in drawn + dull]).double()
    scores = torch.tensor([top] * len(drawn) + [top / 3] * len(dull)).double()
    away = seen - seen.mean(0)
    inverse = torch.linalg.inv(away.T @ away + 0.1 * torch.eye(seen.shape[1]).double())
    weight = inverse @ away.T @ (scores - scores.mean())
    bias = scores.mean() - seen.mean(0) @ weight
    save_file({"weight": weight[None].float(), "bias": bias[None].float()}, file)


def loss_pictures() -> dict[str, Tensor]:
    """Return the picture before, the one behind ``image``, then one painted for every loss."""
    shown = {"before": castle(), "the picture behind image": sail()}
    guide = Guide([(load("sketch", device="cpu"), 1.0)])
    with tempfile.TemporaryDirectory() as folder:
        for one in LOSSES:
            options = dict(one.options)
            if "model" in options:
                options["model"] = Path(folder, f"{one.name}.safetensors")
                write_head(options["model"], guide, top=9.0 if one.name == "aesthetic" else 0.9)
            shown[f"{one.name} {one.weight:g}"] = painted(replace(one, options=options), guide)
    return shown


def painted(shown: Shown, guide: Guide) -> Tensor:
    """Return `castle` after `STEPS` steps of the fft drawer for one loss beside a target."""
    drawer = drawers.get("fft")(SIZE, {}, generator=torch.Generator().manual_seed(0))
    before = castle()
    drawer.encode(before)
    context = LossContext(
        size=SIZE,
        options=shown.options,
        image=lambda _: sail(),
        embed=guide.embed,
        layers=guide.layers,
    )
    held = LossContext(size=SIZE, options={"image": "before"}, image=lambda _: before)
    pull: Callable[[Tensor], Tensor] = losses.get("target")(held)
    aim: Callable[[Tensor], Tensor] = losses.get(shown.name)(context)
    optimiser = make_optimiser(drawer)
    for _ in range(STEPS):
        optimiser.zero_grad()
        picture = drawer.draw()
        (PULL * pull(picture) + shown.weight * aim(picture)).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        drawer.clamp()
    return drawer.draw().detach().clamp(0, 1)


KEPT = {
    "neither": "hold: 0",
    "hold: 5": "hold: 5",
    "steady 1": "hold: 0\nlosses: {steady: 1}",
}
"""What keeps a film of two prompts as it was, by the label of its row."""

KEPT_STORY = """
output: {size: 160x90, fps: 6}
quality: sketch
seed: 3
drawer: fft
steps_first: 2
steps: 6
cuts: 12
init: before.png
motion: {zoom_per_s: 1.03}
prompts: {0:00: a castle on green hills under a rainbow, 0:00.5: a sunset over the sea}
duration: 2s
"""

BEAT_STORY = """
output: {size: 160x90, fps: 12}
audio: {bpm: 60}
perceptors: tiny
seed: 3
drawer: fft
hold: 0
steps_first: 2
steps: 6
cuts: 1
init: before.png
prompt: {text: a castle, weight: 0.001}
duration: 1.5s
"""

BEAT_LOSSES = {
    "saturation": "saturation: '4*decay(beat, 8)'",
    "contrast": "contrast: '3*decay(beat, 8)'",
    "palette": "palette: {weight: '10*decay(beat, 8)', colors: 'black->#b5287a->white\\5'}",
    "symmetry": "symmetry: '40*decay(beat, 8)'",
    "edge": "edge: {weight: '20*decay(beat, 8)', color: gold}",
}
"""Losses whose weight falls after a beat."""


def film_frames(text: str, numbers: Sequence[int]) -> list[Tensor]:
    """Return frames of a story's film, (1, 3, H, W); ``before.png`` is `castle`."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        as_image(castle((180, 320))).save(place / "before.png")
        plan = make_plan(load_story_text(text, folder=place))
        frames = list(ffmpeg.decode_frames(render(plan, out=place / "film.mp4").path))
    chosen = (np.array(frames[number], np.float32) / 255 for number in numbers)
    return [torch.from_numpy(frame).permute(2, 0, 1)[None] for frame in chosen]


def kept_rows() -> dict[str, list[Tensor]]:
    """Return six frames of each film of `KEPT`."""
    return {
        label: film_frames(f"{KEPT_STORY}{line}\n", (0, 3, 5, 7, 9, 11))
        for label, line in KEPT.items()
    }


def loss_beat_rows() -> dict[str, list[Tensor]]:
    """Return for every loss of `BEAT_LOSSES` a frame before a beat, on it, and four after."""
    pull = "target: {image: before.png, weight: 2}"
    return {
        label: film_frames(f"{BEAT_STORY}losses: {{{pull}, {line}}}\n", (11, 12, 13, 14, 15, 17))
        for label, line in BEAT_LOSSES.items()
    }


def as_image(picture: Tensor) -> Image.Image:
    """Return the first of (B, 3, H, W) as a picture of eight bits."""
    levels = (picture[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).contiguous().numpy())


def labelled(pictures: dict[str, Tensor], columns: int) -> Image.Image:
    """Return the pictures, row by row, each with its label below it."""
    cells = [(label, as_image(one)) for label, one in pictures.items()]
    width, height = cells[0][1].width + GAP_PX, cells[0][1].height + LABEL_PX
    out = Image.new("RGB", (columns * width - GAP_PX, -(-len(cells) // columns) * height), "white")
    pen, font = ImageDraw.Draw(out), ImageFont.load_default(12)
    for number, (label, cell) in enumerate(cells):
        left, top = number % columns * width, number // columns * height
        out.paste(cell, (left, top))
        pen.text((left + 2, top + cell.height + 1), label, "#333333", font=font)
    return out


def in_rows(rows: dict[str, list[Tensor]]) -> Image.Image:
    """Return rows of pictures, each row with its label at its left."""
    side = 84
    cell = as_image(next(iter(rows.values()))[0])
    width, height = cell.width + 2, cell.height + 2
    count = max(map(len, rows.values()))
    out = Image.new("RGB", (side + count * width - 2, len(rows) * height - 2), "white")
    pen, font = ImageDraw.Draw(out), ImageFont.load_default(12)
    for top, (label, pictures) in enumerate(rows.items()):
        pen.text((0, top * height + cell.height // 2 - 8), label, "#333333", font=font)
        for number, one in enumerate(pictures):
            out.paste(as_image(one), (side + number * width, top * height))
    return out


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "film": lambda: labelled(
        filter_pictures(scene("a lighthouse on a cliff by the sea at sunset", 1), FILM), 4
    ),
    "painted": lambda: labelled(filter_pictures(castle(), PAINTED), 4),
    "beat": lambda: in_rows(beat_rows()),
    "losses": lambda: labelled(loss_pictures(), 4),
    "kept": lambda: in_rows(kept_rows()),
    "losses_beat": lambda: in_rows(loss_beat_rows()),
}


def missing() -> Iterator[str]:
    """Yield the filters and losses that no picture shows."""
    shown = {label.partition(",")[0] for label in (*FILM, *PAINTED, *BEAT)}
    yield from sorted(set(filters.names()) - shown)
    seen = {one.name for one in LOSSES} | {"hold", "steady", "target", "textoff"}
    yield from sorted(set(losses.names()) - seen)


def main(names: Sequence[str]) -> None:
    """Draw the pictures called ``names``, or all. Raises `SystemExit` where a look has none."""
    if unshown := list(missing()):
        raise SystemExit(f"no picture of {', '.join(unshown)}")
    OUT.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        PICTURES[name]().save(OUT / f"{name}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
