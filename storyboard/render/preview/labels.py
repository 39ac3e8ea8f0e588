"""Text on pictures, each text drawn once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from storyboard.media.ffmpeg import Picture
from storyboard.media.fonts import default_font, open_font

_GROUND = 0.42
"""What is left of the picture's light behind a text."""


def write(
    picture: Picture, text: str, *, at: tuple[float, float], height: int, strength: float = 1.0
) -> None:
    """Write ``text`` on ``picture``, (H, W, 3) uint8, in place, on a dark ground.

    ``at`` says where: (0, 0) the top left corner, (1, 1) the bottom right, (0.5, 0) the middle of
    the top. ``height`` is that of the font in pixels. What does not fit is cut off.
    """
    if not text or strength <= 0:
        return
    mask = _mask(text, height)
    top, left = (
        max(0, round(place * (room - size)))
        for place, room, size in zip(at[::-1], picture.shape, mask.shape, strict=False)
    )
    part = picture[top : top + mask.shape[0], left : left + mask.shape[1]]
    mask = mask[: part.shape[0], : part.shape[1], None]
    dimmed = part * (1 - strength * (1 - _GROUND))
    part[:] = dimmed + strength * mask * (255 - dimmed)


@lru_cache(maxsize=512)
def _mask(text: str, height: int) -> npt.NDArray[np.float32]:
    """Return the coverage of each pixel by ``text``, with a margin: (h, w) in [0, 1]."""
    font, margin = _font(height), max(2, height // 4)
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = pen.multiline_textbbox((0, 0), text, font=font, spacing=margin)
    size = int(right - left) + 2 * margin + 1, int(bottom - top) + 2 * margin + 1
    picture = Image.new("L", size)
    place = margin - left, margin - top
    ImageDraw.Draw(picture).multiline_text(place, text, font=font, fill=255, spacing=margin)
    return np.asarray(picture, dtype=np.float32) / np.float32(255)


@lru_cache
def _font(height: int) -> ImageFont.FreeTypeFont:
    return open_font(default_font(bold=False), height)


@lru_cache(maxsize=512)
def wrapped(text: str, height: int, width: int) -> str:
    """Return ``text`` broken into lines that are at most ``width`` pixels wide, where words
    allow.
    """
    font, lines = _font(height), [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)
