"""Picture files that a story names: read with bounds, upright, as eight bits of RGB.

Pillow is imported by the first picture, so that a story without pictures is checked without it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.errors import BadValue
from storyboard.files import is_file, missing_hint

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
"""What is read; of an animation its first frame."""

DEEP_FORMATS = (*FORMATS, "TIFF", "PPM")
"""What is read where sixteen bits of grey count. Never EPS, which Pillow gives to Ghostscript."""

MAX_SIDE = 8192
"""Pixels that a side may have: more than any frame of a film has."""

KEPT_SIDE = 2048
"""Pixels of the longest side that are kept: many times what a perceptor sees of it."""

_WHITE = (255, 255, 255)
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")


def existing(file: Path) -> Path:
    """Return ``file`` itself. Raises `BadValue`, with the nearest names, where there is no such
    file.
    """
    if is_file(file):
        return file
    hint = "the path is relative to the story"
    if os.path.isdir(file):
        raise BadValue(f"{file} is a folder, not a file", hint=hint)
    raise BadValue(f"{file} does not exist", hint=missing_hint(file) or hint)


def read_picture(file: Path) -> Image:
    """Return the picture in ``file``: mode RGB, turned as its EXIF orientation says, transparent
    parts over white, sides of at most `KEPT_SIDE` pixels.

    Raises `BadValue` for a file that does not exist, that is no whole picture in one of `FORMATS`,
    or that has a side of more than `MAX_SIDE` pixels.
    """
    from PIL import Image, ImageOps

    with _reported(existing(file)), Image.open(file, formats=FORMATS) as opened:
        _check_size(file, opened.size)
        opened.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # a JPEG decodes to a fraction of its size
        opened.load()
        picture = _flattened(ImageOps.exif_transpose(opened))
        picture.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
        return picture


def read_clear_picture(file: Path) -> Image:
    """Return the picture in ``file`` with what is transparent in it: mode RGBA, upright, in its own
    size. Raises `BadValue` as `read_picture`.
    """
    from PIL import Image, ImageOps

    with _reported(existing(file)), Image.open(file, formats=FORMATS) as opened:
        _check_size(file, opened.size)
        opened.load()
        picture = ImageOps.exif_transpose(opened)
        clear = picture.mode not in _DEEP and picture.has_transparency_data
        return (picture if clear else _flattened(picture)).convert("RGBA")


def read_mask(file: Path) -> Image:
    """Return the picture in ``file`` as a mask: mode L, 255 where it is white and nothing of it is
    clear, sides of at most `KEPT_SIDE` pixels. Raises `BadValue` as `read_picture`.
    """
    from PIL import Image

    clear = read_clear_picture(file)
    black = Image.new("RGBA", clear.size, (0, 0, 0, 255))
    mask = Image.alpha_composite(black, clear).convert("L")
    mask.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    return mask


@contextmanager
def open_picture(file: Path) -> Iterator[Image]:
    """Give the picture in ``file`` as it is, decoded, with every bit of its channels.

    Raises as `read_picture`, but reads `DEEP_FORMATS`.
    """
    from PIL import Image

    with (
        _reported(existing(file), DEEP_FORMATS),
        Image.open(file, formats=DEEP_FORMATS) as opened,
    ):
        _check_size(file, opened.size)
        opened.load()
        yield opened


@contextmanager
def _reported(file: Path, formats: Sequence[str] = FORMATS) -> Iterator[None]:
    """Convert whatever Pillow raises within the block to a `BadValue` for ``file``."""
    from PIL.Image import DecompressionBombError, DecompressionBombWarning

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DecompressionBombWarning)  # `_check_size` is stricter
            yield
    except BadValue:
        raise
    except DecompressionBombError as error:
        raise BadValue(f"{file} is too large: {error}", hint=_smaller()) from None
    except PermissionError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror}") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # SyntaxError: a torn PNG
        message = f"{file} is not a picture that can be read"
        hint = f"{', '.join(formats)} are read"
        whole = str(error).startswith("cannot identify")
        raise BadValue(message if whole else f"{message}: {error}", hint=hint) from None


def _check_size(file: Path, size: tuple[int, int]) -> None:
    """Raise `BadValue` for a picture with a side of more than `MAX_SIDE` pixels."""
    if max(size) > MAX_SIDE:
        raise BadValue(f"{file} has {size[0]}x{size[1]} pixels, too many", hint=_smaller())


def _smaller() -> str:
    return f"save it with sides of at most {MAX_SIDE} pixels"


def _flattened(picture: Image) -> Image:
    """Return ``picture`` as RGB, its transparent parts over white, sixteen bits as eight."""
    import numpy as np
    from PIL import Image

    if picture.mode in _DEEP:
        levels = np.asarray(picture).astype(np.float64)
        scale = 257.0 if levels.max(initial=0.0) > 255 else 1.0
        return Image.fromarray(np.rint(levels / scale).clip(0, 255).astype(np.uint8)).convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    colored = picture.convert("RGBA")
    ground = Image.new("RGBA", colored.size, (*_WHITE, 255))
    return Image.alpha_composite(ground, colored).convert("RGB")
