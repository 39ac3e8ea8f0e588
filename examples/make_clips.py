"""Draw the clip of the example that starts from one.

A boat sails by in front of a lighthouse, a balloon rises, clouds and waves drift: things that move
in different directions in front of each other. Everything is computed, also its sound (surf, and a
bell that the boat carries); the same run gives the same pictures. Writes the film beside the
stories::

    python examples/make_clips.py
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
from PIL import Image, ImageDraw, ImageFilter

from storyboard.media import ffmpeg

WIDTH, HEIGHT, FPS, SECONDS = 320, 180, 25, 6
FINE = 3  # drawn so many times larger, then reduced: soft edges, and movement by parts of a pixel
RATE = 44100
Floats = npt.NDArray[np.float64]
Color = tuple[int, int, int]


class Pen:
    """Draws in pixels of the film, on a picture that is `FINE` times as large."""

    def __init__(self) -> None:
        self.picture = Image.fromarray(sky())
        self.draw = ImageDraw.Draw(self.picture)

    def shape(self, points: list[tuple[float, float]], color: Color) -> None:
        """A filled polygon."""
        self.draw.polygon([(x * FINE, y * FINE) for x, y in points], fill=color)

    def disc(self, x: float, y: float, rx: float, ry: float, color: Color) -> None:
        """A filled ellipse about (x, y)."""
        self.draw.ellipse(
            [(x - rx) * FINE, (y - ry) * FINE, (x + rx) * FINE, (y + ry) * FINE], color
        )

    def finished(self) -> npt.NDArray[np.uint8]:
        """Return the picture in the film's size, (H, W, 3)."""
        soft = self.picture.filter(ImageFilter.GaussianBlur(FINE / 3))
        return np.asarray(soft.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def sky() -> npt.NDArray[np.uint8]:
    """Return a clear morning: blue above, nearly white at the horizon."""
    down = np.linspace(0, 1, HEIGHT * FINE)[:, None, None] / 0.62
    top, low = np.array([70, 130, 205]), np.array([250, 228, 200])
    rows = top + (low - top) * np.clip(down, 0, 1) ** 1.5
    return np.broadcast_to(rows, (HEIGHT * FINE, WIDTH * FINE, 3)).round().astype(np.uint8)


def picture(t: float) -> npt.NDArray[np.uint8]:
    """Draw the picture at second ``t``."""
    pen = Pen()
    pen.disc(262, 42, 15, 15, (255, 244, 190))
    for x, y, size in ((40, 30, 17), (150, 20, 13), (230, 62, 11), (340, 36, 15)):
        cloud(pen, (x + 5 * t) % (WIDTH + 80) - 40, y, size)
    pen.shape([(0, 112), (30, 96), (70, 100), (118, 112)], (92, 128, 110))
    pen.shape([(210, 112), (262, 100), (300, 103), (320, 98), (320, 112)], (112, 146, 128))
    lighthouse(pen, 52, 97)
    balloon(pen, 196 + 7 * np.sin(t), 96 - 11 * t)
    for row, (y, color) in enumerate(WATER):
        waves(pen, y, color, t * (10 + 6 * row), 1.2 + 0.8 * row)
        if row == 2:
            boat(pen, 20 + 41 * t, 132 + 2 * np.sin(2.6 * t), 5 * np.sin(2.6 * t + 1))
    return pen.finished()


WATER: tuple[tuple[float, Color], ...] = (
    (111, (96, 152, 184)),
    (119, (74, 134, 172)),
    (128, (56, 114, 158)),
    (140, (42, 96, 142)),
    (156, (32, 80, 126)),
)


def cloud(pen: Pen, x: float, y: float, size: float) -> None:
    """Five discs on a line."""
    for step, share in enumerate((0.5, 0.8, 1.0, 0.75, 0.45)):
        at = x + (step - 2) * size * 0.8
        pen.disc(at, y - size * share * 0.3, size * share, size * share * 0.6, (252, 250, 246))


def lighthouse(pen: Pen, x: float, y: float) -> None:
    """A white tower with red bands."""
    for step, (low, high) in enumerate(pairwise(range(0, 61, 10))):
        left, right = 7 - low / 20, 7 - high / 20
        corners = [(x - left, y - low), (x + left, y - low), (x + right, y - high)]
        color = (206, 60, 52) if step % 2 else (245, 240, 232)
        pen.shape([*corners, (x - right, y - high)], color)
    pen.disc(x, y - 63, 4, 4, (255, 222, 120))
    pen.shape([(x - 5, y - 66), (x + 5, y - 66), (x, y - 73)], (120, 40, 40))


def balloon(pen: Pen, x: float, y: float) -> None:
    """Striped, with a basket."""
    for wide, color in ((17, (222, 88, 64)), (11, (250, 202, 92)), (4.5, (222, 88, 64))):
        pen.disc(x, y, wide, 20, color)
    pen.shape([(x - 10, y + 15), (x + 10, y + 15), (x + 3, y + 29), (x - 3, y + 29)], (196, 96, 70))
    pen.shape([(x - 4, y + 29), (x + 4, y + 29), (x + 3, y + 35), (x - 3, y + 35)], (104, 72, 48))


def boat(pen: Pen, x: float, y: float, tilt: float) -> None:
    """Two sails on a red hull that rolls by ``tilt`` degrees."""
    angle = np.radians(tilt)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))

    def turned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in points]

    pen.shape(turned([(-1, 0), (1, 0), (1, -62), (-1, -62)]), (96, 66, 44))
    pen.shape(turned([(2, -60), (2, -6), (34, -6)]), (252, 248, 238))
    pen.shape(turned([(-3, -54), (-3, -6), (-24, -6)]), (240, 190, 96))
    pen.shape(turned([(-34, -3), (38, -3), (26, 13), (-25, 13)]), (176, 44, 48))
    pen.shape(turned([(-34, -3), (38, -3), (36, 0), (-33, 0)]), (248, 236, 220))


def waves(pen: Pen, y: float, color: Color, shift: float, height: float) -> None:
    """The sea from a wavy line at ``y`` down, with crests that catch the light."""
    xs = np.linspace(0, WIDTH, 161)
    phase = 2 * np.pi * (xs + shift)
    line = y + height * (np.sin(phase / 47) + 0.5 * np.sin(phase / 19 + 1))
    edge = list(zip(xs.tolist(), line.tolist(), strict=True))
    pen.shape([*edge, (WIDTH, HEIGHT), (0, HEIGHT)], color)
    light = tuple(min(255, part + 60) for part in color)
    for start in np.arange(-60, WIDTH + 60, 37.0):
        at = (start - shift) % (WIDTH + 60) - 30
        top = y + 3 + height * 1.5
        pen.disc(at, top, 6 + height, 0.6 + height / 5, light)


def sound() -> Floats:
    """Surf that comes and goes, and a bell at every second."""
    t = np.arange(RATE * SECONDS) / RATE
    noise = np.cumsum(np.random.default_rng(8).standard_normal(t.size))
    noise -= np.convolve(noise, np.full(400, 1 / 400), mode="same")
    surf = noise / np.abs(noise).max() * (0.5 - 0.5 * np.cos(2 * np.pi * t / 3)) * 0.3
    since = t % 1
    bell = sum(np.sin(2 * np.pi * 880 * k * since) / k for k in (1, 2.76, 5.4))
    return np.asarray(surf + 0.12 * bell * np.exp(-5 * since))


def pictures() -> Iterator[bytes]:
    """Yield the raw pictures of the film, in order."""
    for number in range(FPS * SECONDS):
        yield picture(number / FPS).tobytes()


def write(path: Path) -> None:
    """Draw the film and encode it with its sound."""
    with tempfile.TemporaryDirectory() as folder:
        audio = Path(folder, "sound.wav")
        sf.write(audio, sound().astype(np.float32), RATE)
        source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS)]
        film = ["-c:v", "libx264", "-crf", "24", "-preset", "veryslow", "-pix_fmt", "yuv420p"]
        tags = ["-c:a", "aac", "-b:a", "48k", "-ac", "1", "-fflags", "+bitexact"]
        flags = ["-flags:v", "+bitexact", "-flags:a", "+bitexact", "-movflags", "+faststart", "-y"]
        arguments = [*source, "-i", "-", "-i", str(audio), *film, *tags, *flags, str(path)]
        ffmpeg.run(arguments, doing=f"write {path}", given=b"".join(pictures()))


if __name__ == "__main__":
    write(Path(__file__).parent / "stories" / "regatta.mp4")
