"""Lay frames of a film side by side, as the README shows them::

python examples/make_strip.py out/first_light/first_light.mp4 docs/images/first_light.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from storyboard import ffmpeg

COUNT, WIDTH, GAP = 6, 213, 4


def make_strip(film: Path, count: int = COUNT) -> Image.Image:
    """``count`` frames from the first to the last, evenly apart, each `WIDTH` pixels wide."""
    frames = list(ffmpeg.decode_frames(film))
    chosen = [frames[round(n)] for n in np.linspace(0, len(frames) - 1, count)]
    height = round(WIDTH * chosen[0].shape[0] / chosen[0].shape[1])
    strip = Image.new("RGB", (count * (WIDTH + GAP) - GAP, height), "white")
    for place, frame in enumerate(chosen):
        small = Image.fromarray(frame).resize((WIDTH, height), Image.Resampling.LANCZOS)
        strip.paste(small, (place * (WIDTH + GAP), 0))
    return strip


if __name__ == "__main__":
    make_strip(Path(sys.argv[1])).save(sys.argv[2], optimize=True)
