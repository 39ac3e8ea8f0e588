"""Picture files as they are read: upright, on white, eight bits, bounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.media.picture_files import KEPT_SIDE, read_picture

LEFT, RIGHT = (200, 40, 40), (40, 40, 200)


def halves() -> Image.Image:
    """Red on the left, blue on the right, 32x16."""
    picture = Image.new("RGB", (32, 16), LEFT)
    picture.paste(RIGHT, (16, 0, 32, 16))
    return picture


def mean_of(picture: Image.Image, box: tuple[int, int, int, int]) -> list[float]:
    levels = np.asarray(picture.crop(box), dtype=float)
    return levels.mean(axis=(0, 1)).tolist()


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif"])
def test_every_format_gives_the_same_picture(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"halves.{suffix}"
    halves().save(file)
    read = read_picture(file)
    assert (read.mode, read.size) == ("RGB", (32, 16))
    assert mean_of(read, (2, 2, 14, 14)) == pytest.approx(LEFT, abs=8)
    assert mean_of(read, (18, 2, 30, 14)) == pytest.approx(RIGHT, abs=8)


def sixteen_bits(file: Path) -> None:
    Image.fromarray(np.full((4, 4), 0x8080, np.uint16)).save(file)


def transparent(file: Path) -> None:
    Image.new("RGBA", (4, 4), (0, 0, 0, 127)).save(file)


def palette(file: Path) -> None:
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.save(file, transparency=1)


def animated(file: Path) -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("#0a141e", "white")]
    frames[0].save(file, save_all=True, append_images=frames[1:], format="GIF")


@pytest.mark.parametrize(
    ("make", "color"),
    [
        (sixteen_bits, (128, 128, 128)),
        (transparent, (128, 128, 128)),
        (palette, (255, 255, 255)),
        (animated, (10, 20, 30)),
    ],
)
def test_what_is_no_plain_rgb(
    tmp_path: Path, make: Callable[[Path], None], color: tuple[int, int, int]
) -> None:
    make(tmp_path / "x.png")
    read = read_picture(tmp_path / "x.png")
    assert read.mode == "RGB"
    assert mean_of(read, (0, 0, 4, 4)) == pytest.approx(color, abs=1)


def test_a_photo_is_turned_as_its_camera_was(tmp_path: Path) -> None:
    """EXIF orientation 6: the camera was turned, and the first column is the top row."""
    exif = Image.Exif()
    exif[0x0112] = 6
    halves().save(tmp_path / "x.jpg", exif=exif)
    read = read_picture(tmp_path / "x.jpg")
    assert read.size == (16, 32)
    assert mean_of(read, (2, 2, 14, 14)) == pytest.approx(LEFT, abs=8)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_large_pictures_are_made_smaller(tmp_path: Path, suffix: str) -> None:
    halves().resize((3 * KEPT_SIDE, 30)).save(tmp_path / f"x.{suffix}")
    read = read_picture(tmp_path / f"x.{suffix}")
    assert read.size == (KEPT_SIDE, 10)
    assert mean_of(read, (0, 0, 500, 10)) == pytest.approx(LEFT, abs=8)
