"""Pictures that finishing made with a network, kept so that none is made twice.

::

    finished/FILM/        a folder a film
        KEY.png           a picture; its key covers all that it was made from, by contents

They are written whole or not at all, so a killed render loses at most the picture it was making.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from storyboard.media.ffmpeg import Picture
from storyboard.render.output.embed import png_bytes
from storyboard.render.store.records import write_whole


@dataclass(frozen=True)
class KeptPictures:
    """The kept pictures in ``folder``, which is made with the first; ``used`` are the keys asked
    for.
    """

    folder: Path
    used: set[str] = field(default_factory=set)

    def __call__(self, key: str, make: Callable[[], Picture]) -> Picture:
        """Return the picture ``key``, (H, W, 3) uint8, from its file; else make and keep it."""
        self.used.add(key)
        path = self.folder / f"{key}.png"
        try:
            with Image.open(path, formats=("PNG",)) as file:
                return np.asarray(file.convert("RGB"))
        except OSError:
            picture = make()
            write_whole(path, png_bytes(picture))
            return picture

    def tidy(self) -> None:
        """Delete the pictures that were not asked for: a whole film needs them no more."""
        for path in self.folder.glob("*.png"):
            if path.stem not in self.used:
                path.unlink(missing_ok=True)
