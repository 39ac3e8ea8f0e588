"""Files that a story names, torn and altered: read, or refused with `BadValue`, and nothing else.

``python -m tests.media.test_mutations 50000 [KIND ...]`` runs as many cases of each kind.
"""

from __future__ import annotations

import io
import random
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storyboard.color_lists import read_colors
from storyboard.errors import BadValue
from storyboard.media.cube_file import read_cube
from storyboard.media.picture_files import read_mask, read_picture

CASES = 60

CUBE = b"""TITLE "a look"
# made by hand
DOMAIN_MIN 0 0 0
DOMAIN_MAX 1 1 1
LUT_3D_SIZE 2
0 0 0
1 0 0
0 1 0
1 1 0
0 0 1
1 0 1
0 1 1
1 1 1
"""
GPL = b"GIMP Palette\nName: two\nColumns: 2\n#\n255 0 0 red\n  0   0 255\tblue\n"
ACT = bytes(range(256)) * 3 + struct.pack(">HH", 200, 0)
PALETTE = b"black->#ff8800->[1+0.5+0]\\6; [navy, xkcd:rust]\\5; @photo.png\\4; (255+0+1); teal"

WORDS = (
    b"->", b"\\", b";", b"[", b"]", b"@", b"+", b"(", b")", b",", b"#", b"-1", b"nan", b"inf",
    b"1e999", b"99999999999999999999", b"\xff\xfe", b"\x00", b"\n", b"LUT_1D_SIZE 3\n",
    b"LUT_3D_SIZE 999999\n",
    b"DOMAIN_MAX 0 0 0\n", b"@photo.png", b"@.", b"@/", b"@../..",
    b"256 -1 7\n", "\u0663".encode(),
)  # fmt: skip
"""What parsers stumble over."""


def picture(kind: str, mode: str = "RGBA", side: int = 12) -> bytes:
    """Return a small picture file with noise in it."""
    levels = np.random.default_rng(0).integers(0, 256, (side, side, 4), np.uint8)
    out = io.BytesIO()
    Image.fromarray(levels, "RGBA").convert(mode).save(out, kind)
    return out.getvalue()


KINDS: dict[str, tuple[bytes, Callable[[Path], Any]]] = {
    "cube": (CUBE, read_cube),
    "gpl": (GPL, lambda file: read_colors(f"@{file.name}\\7", file.parent)),
    "act": (ACT, lambda file: read_colors(f"@{file.name}", file.parent)),
    "palette": (
        PALETTE,
        lambda file: read_colors(file.read_bytes().decode("latin-1"), file.parent),
    ),
    "mask.png": (picture("PNG"), read_mask),
    "mask.jpg": (picture("JPEG", "L"), read_mask),
    "mask.gif": (picture("GIF", "P"), read_mask),
    "picture.webp": (picture("WEBP", "RGB"), read_picture),
    "picture.bmp": (picture("BMP", "RGB"), read_picture),
    "picture.png": (picture("PNG", "P"), read_picture),
    "colors.png": (picture("PNG", "RGB"), lambda file: read_colors(f"@{file.name}", file.parent)),
}
"""A whole file of each kind, and what reads it."""


def mutated(whole: bytes, dice: random.Random, words: tuple[bytes, ...] = WORDS) -> bytes:
    """Return ``whole`` after one to four changes: bytes altered, cut, doubled, swapped, put in."""
    raw = bytearray(whole)
    for _ in range(dice.randint(1, 4)):
        at, other = (dice.randrange(len(raw) + 1) for _ in range(2))
        low, high = min(at, other), max(at, other)
        match dice.randrange(6):
            case 0 if raw:
                raw[at % len(raw)] = dice.randrange(256)
            case 1:
                del raw[low : min(high, low + 16)]
            case 2:
                raw[at:at] = dice.choice(words)
            case 3:
                raw[at:at] = raw[low : min(high, low + 64)]
            case 4:
                del raw[at:]
            case _:
                raw[at : at + 4] = dice.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"))
    return bytes(raw)


def with_true_sums(raw: bytes) -> bytes:
    """Return the PNG ``raw`` with the check sum of every chunk that is whole made true, so that
    what reads the chunks is reached.
    """
    out, at = bytearray(raw), 8
    while at + 12 <= len(out):
        size = int.from_bytes(out[at : at + 4])
        if at + 12 + size > len(out):
            break
        out[at + 8 + size : at + 12 + size] = struct.pack(
            ">I", zlib.crc32(out[at + 4 : at + 8 + size])
        )
        at += 12 + size
    return bytes(out)


def run_cases(kind: str, count: int, folder: Path, seed: int = 0) -> tuple[int, int]:
    """Return how many of ``count`` altered files were read and how many refused."""
    whole, reader = KINDS[kind]
    suffix = Path(kind).suffix or f".{kind}"
    file = folder / f"altered{suffix}"
    (folder / "photo.png").write_bytes(picture("PNG", "RGB", 4))
    read = refused = 0
    for number in range(count):
        raw = mutated(whole, random.Random(f"{kind} {seed} {number}"))
        file.write_bytes(with_true_sums(raw) if suffix == ".png" and number % 2 else raw)
        try:
            reader(file)
            read += 1
        except BadValue:
            refused += 1
        except Exception as error:
            raise AssertionError(f"{kind}, case {number} of seed {seed}: {error!r}") from error
    return read, refused


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_file_is_read(kind: str, tmp_path: Path) -> None:
    whole, reader = KINDS[kind]
    file = tmp_path / f"whole{Path(kind).suffix or '.' + kind}"
    file.write_bytes(whole)
    (tmp_path / "photo.png").write_bytes(picture("PNG", "RGB", 4))
    assert reader(file) is not None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_altered_files_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    read, refused = run_cases(kind, CASES, tmp_path)
    assert read + refused == CASES
    assert refused


def main(count: int, kinds: list[str]) -> None:
    """Run ``count`` cases of each of ``kinds``, or of all."""
    for kind in kinds or KINDS:
        with tempfile.TemporaryDirectory() as folder:
            read, refused = run_cases(kind, count, Path(folder), seed=1)
            sys.stdout.write(f"{kind}: {read} read, {refused} refused\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
