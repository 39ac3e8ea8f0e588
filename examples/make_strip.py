"""Lay frames of a film side by side, as the README shows them::

    python examples/make_strip.py out/first_light/first_light.mp4 docs/images/first_light.png
    python examples/make_strip.py out/ignition/ignition.mp4 docs/images/ignition.png \\
        0 40 48 60 80 95

The numbers are frames, from 0; without them it is six of them, evenly apart.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from storyboard.media import ffmpeg

COUNT, WIDTH, GAP = 6, 213, 4


def make_strip(film: Path, numbers: Sequence[int] = ()) -> Image.Image:
    """Return the frames called ``numbers``, or `COUNT` from the first to the last, `WIDTH` pixels
    wide.
    """
    frames = list(ffmpeg.decode_frames(film))
    numbers = numbers or np.linspace(0, len(frames) - 1, COUNT).round().astype(int).tolist()
    chosen = [frames[number] for number in numbers]
    height = round(WIDTH * chosen[0].shape[0] / chosen[0].shape[1])
    strip = Image.new("RGB", (len(chosen) * (WIDTH + GAP) - GAP, height), "white")
    for place, frame in enumerate(chosen):
        small = Image.fromarray(frame).resize((WIDTH, height), Image.Resampling.LANCZOS)
        strip.paste(small, (place * (WIDTH + GAP), 0))
    return strip


if __name__ == "__main__":
    strip = make_strip(Path(sys.argv[1]), [int(number) for number in sys.argv[3:]])
    strip.save(sys.argv[2], optimize=True)
