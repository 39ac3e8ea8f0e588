"""Stills and films that show themselves in a notebook."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

MOST_EMBEDDED = 20 << 20
"""Bytes of a film that is put into a notebook; of a larger one only the name is shown."""

_KINDS = {".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime"}


class Still(np.ndarray[Any, np.dtype[np.uint8]]):
    """A picture, (H, W, 3) uint8 RGB: an array like any other, but that a notebook shows it."""

    def __repr__(self) -> str:
        """Return one line for a picture, the numbers of anything else."""
        if not self._is_picture():
            return repr(np.asarray(self))
        return f"Still({self.shape[1]}x{self.shape[0]})"

    def _repr_png_(self) -> bytes | None:
        """Return the picture as PNG; None for a part of it that is none."""
        from storyboard.render.output.embed import png_bytes

        return png_bytes(np.asarray(self)) if self._is_picture() else None

    def _is_picture(self) -> bool:
        return self.ndim == 3 and self.shape[2] == 3 and self.size > 0 and self.dtype == np.uint8


def film_html(film: Path, title: str) -> str:
    """Return HTML that plays ``film`` and needs no other file; a line with its name where it is a
    folder of pictures, not there any more, or larger than `MOST_EMBEDDED`.
    """
    suffix = film.suffix.lower()
    plays = suffix in _KINDS or suffix == ".gif"
    if not plays or not film.is_file() or film.stat().st_size > MOST_EMBEDDED:
        return f"<p>{escape(title)}</p>"
    data = b64encode(film.read_bytes()).decode()
    if suffix == ".gif":
        return f'<img src="data:image/gif;base64,{data}" alt="{escape(title)}">'
    source = f"data:{_KINDS[suffix]};base64,{data}"
    return f'<video controls loop src="{source}" title="{escape(title)}"></video>'
