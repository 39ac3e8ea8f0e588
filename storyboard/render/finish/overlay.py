"""Overlays and captions: pictures and words over the film, drawn in its own size by Pillow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from storyboard.media.fonts import open_font
from storyboard.media.picture_files import read_clear_picture
from storyboard.plan import PLACES, CaptionPlan, OverlayPlan, Plan
from storyboard.render.finish.shown import Pictures, Shown, each_eye

MARGIN = 0.05
"""What is left free around words, in heights of the film; a picture goes to the edge."""

_OUTLINE = 0.08
"""Width of the dark rim of letters, in their heights."""

_ROOM = 0.9
"""Longest line of words, in widths of the film."""


@dataclass(frozen=True)
class OverlayLayer:
    """An overlay at ``top`` and ``left``, in pixels: colour (1, 3, h, w) and cover (1, 1, h, w)."""

    color: Tensor
    cover: Tensor
    top: int
    left: int

    def over(self, picture: Tensor, alpha: float) -> Tensor:
        """Return ``picture`` with the layer on it, as opaque as ``alpha``."""
        height, width = self.cover.shape[2:]
        rows, columns = slice(self.top, self.top + height), slice(self.left, self.left + width)
        result = picture.clone()
        part = result[:, :, rows, columns]
        part.lerp_(self.color, self.cover * alpha)
        return result


def overlaid(pictures: Pictures, plan: Plan) -> Pictures:
    """Return the pictures with the story's overlays, then its captions, in the story's order."""
    finish = plan.finish
    things: tuple[OverlayPlan | CaptionPlan, ...] = (*finish.overlays, *finish.captions)
    return _each_overlaid(pictures, plan, things) if things else pictures


def _each_overlaid(
    pictures: Pictures, plan: Plan, things: tuple[OverlayPlan | CaptionPlan, ...]
) -> Pictures:
    size = plan.finish.size or (plan.width, plan.height)
    layers: dict[tuple[int, int], OverlayLayer] = {}
    for one in pictures:
        picture, shown = one.picture, dict[tuple[int, int], OverlayLayer]()
        for index, thing in enumerate(things):
            if thing.first <= one.number < thing.stop:
                sung = thing.words_sung(one.number) if isinstance(thing, CaptionPlan) else 0
                key = (index, sung)
                shown[key] = layers.get(key) or drawn(thing, size, sung=sung)
                alpha = float(thing.alpha[one.number - thing.first])
                picture = _laid(picture, plan, shown[key], alpha)
        layers = shown
        yield Shown(one.number, picture)


def _laid(picture: Tensor, plan: Plan, layer: OverlayLayer, alpha: float) -> Tensor:
    if alpha <= 0:
        return picture
    return each_eye(picture, plan.stereo, lambda half: layer.over(half, alpha))


def drawn(
    thing: OverlayPlan | CaptionPlan, size: tuple[int, int], *, sung: int = 0
) -> OverlayLayer:
    """Return the layer of ``thing`` for a film of ``size``, (width, height) in pixels; of a caption
    the first ``sung`` words are in the colour of what has been sung.

    What does not fit into the film is cut off.
    """
    if isinstance(thing, CaptionPlan):
        return _placed(_words(thing, size, sung), thing.at, size, margin=round(MARGIN * size[1]))
    return _placed(_image(thing, size), thing.at, size, margin=0)


def _image(thing: OverlayPlan, size: tuple[int, int]) -> Image.Image:
    """Return the overlay's picture in the size that it has in the film, RGBA."""
    picture = read_clear_picture(thing.file)
    width = max(1, round(thing.scale * size[0]))
    height = max(1, round(width * picture.height / picture.width))
    # Pillow resamples colours weighed by their opacity, so no rim shows what lies behind
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _words(thing: CaptionPlan, size: tuple[int, int], sung: int = 0) -> Image.Image:
    """Return the caption's text on nothing, with a dark rim so that it is read on any ground,
    RGBA.
    """
    height = max(1, round(thing.size * size[1]))
    font, rim = open_font(thing.font, height), max(1, round(_OUTLINE * height))
    text = wrapped(thing.text, font, round(_ROOM * size[0]))
    side = {0.0: "left", 0.5: "center", 1.0: "right"}[PLACES[thing.at][0]]
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    box = pen.multiline_textbbox((0, 0), text, font=font, align=side, stroke_width=rim)
    left, top, right, bottom = (round(edge) for edge in box)
    color = tuple(round(255 * part) for part in thing.color)
    ground = tuple(round(255 * part) for part in _contrast(thing.color))
    picture = Image.new("RGBA", (right - left + 2, bottom - top + 2), (*ground, 0))

    def write(ink: tuple[int, ...]) -> Image.Image:
        written = picture.copy()
        ImageDraw.Draw(written).multiline_text(
            (1 - left, 1 - top),
            text,
            font=font,
            align=side,
            fill=ink,
            stroke_width=rim,
            stroke_fill=ground,
        )
        return written

    if not sung:
        return write(color)
    mask = Image.new("L", picture.size, 0)
    for area in sung_areas(text, font, sung, share=PLACES[thing.at][0], rim=rim):
        x, y, right_x, low = (a + b for a, b in zip(area, (1 - left, 1 - top) * 2, strict=True))
        ImageDraw.Draw(mask).rectangle((x - rim, y, right_x - 1, low - 1), fill=255)
    sung_ink = tuple(round(255 * part) for part in thing.sung_color)
    return Image.composite(write(sung_ink), write(color), mask)


def sung_areas(
    text: str, font: ImageFont.FreeTypeFont, sung: int, *, share: float, rim: int = 0
) -> list[tuple[float, float, float, float]]:
    """Return where the first ``sung`` words of ``text`` stand, a box (left, top, right, bottom) in
    pixels for each line of it; shorter lines begin at ``share`` of the room beside them. ``rim`` is
    the width of the letters' outline.
    """
    lines, areas = text.split("\n"), []
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    one, two = (
        pen.multiline_textbbox((0, 0), t, font=font, stroke_width=rim)[3] for t in ("Ag", "Ag\nAg")
    )
    widest, step = max(map(font.getlength, lines)), two - one
    for row, line in enumerate(lines):
        words = line.split(" ")
        count = min(sung, len(words))
        sung -= count
        if count:
            left = share * (widest - font.getlength(line))
            right = left + font.getlength(" ".join([*words[:count], ""]))
            areas.append((left, row * step, right + (count == len(words)) * step, (row + 1) * step))
    return areas


def _contrast(color: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return black around letters that are bright, white around dark ones."""
    luma = 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
    return (0.0, 0.0, 0.0) if luma > 0.3 else (1.0, 1.0, 1.0)


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Return ``text`` with its lines broken between words, to be at most ``width`` pixels wide."""
    lines: list[str] = []
    for line in text.splitlines():
        lines.append("")
        for word in line.split():
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if lines[-1] and font.getlength(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
    return "\n".join(lines)


def _placed(picture: Image.Image, at: str, size: tuple[int, int], *, margin: int) -> OverlayLayer:
    """Return ``picture`` as a layer at the place ``at`` of the film."""
    x, y = PLACES[at]
    left = round(margin + x * (size[0] - 2 * margin - picture.width))
    top = round(margin + y * (size[1] - 2 * margin - picture.height))
    part = picture.crop(
        (
            max(0, -left),
            max(0, -top),
            min(picture.width, size[0] - left),
            min(picture.height, size[1] - top),
        )
    )
    levels = torch.from_numpy(np.asarray(part, dtype=np.float32) / np.float32(255))
    levels = levels.permute(2, 0, 1)[None]
    return OverlayLayer(levels[:, :3], levels[:, 3:], max(0, top), max(0, left))
