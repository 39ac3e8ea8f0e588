"""Fonts for the words that are written on the film. Pillow is imported when one is opened."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.errors import BadValue

if TYPE_CHECKING:
    from PIL import ImageFont

_BUNDLED = Path("mpl-data", "fonts", "ttf")
_NO_LETTER = "\U0010ffff"
"""A noncharacter: no font has a letter for it."""


def default_font(*, bold: bool = True) -> Path:
    """Return the file of the font that is always there: DejaVu Sans, as matplotlib brings it.

    It has the letters of Latin, Greek, Cyrillic, Arabic and Hebrew scripts.
    """
    spec = find_spec("matplotlib")
    folder = Path(next(iter((spec and spec.submodule_search_locations) or ["."]))) / _BUNDLED
    return folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


def open_font(file: Path, height: int) -> ImageFont.FreeTypeFont:
    """Return the font in ``file`` at ``height`` pixels. Raises `BadValue` where it is none."""
    from PIL import ImageFont

    try:
        return ImageFont.truetype(str(file), height)
    except OSError as error:
        raise BadValue(f"{file} is no font that can be read", hint=str(error)) from None


def missing_letters(text: str, file: Path) -> str:
    """Return the letters of ``text`` that the font in ``file`` lacks, each once."""
    font = open_font(file, 32)
    lacking = bytes(font.getmask(_NO_LETTER))
    letters = dict.fromkeys(letter for letter in text if not letter.isspace())
    return "".join(one for one in letters if bytes(font.getmask(one)) == lacking)
