"""A live picture in a notebook: the newest frame, while a film is painted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from storyboard.errors import MissingTool


class LivePicture:
    """Shows the newest frame in the cell that renders, in place of the one before it.

    Given to `storyboard.render` as ``on_event``, and to the calls of `storyboard.compat` as
    ``on_picture``. ``every_s`` is how many seconds lie between two pictures at the least.

    Raises `MissingTool` outside of IPython.
    """

    def __init__(
        self, every_s: float = 1.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        try:
            from IPython.display import DisplayHandle
        except ImportError:
            raise MissingTool("a live picture needs a notebook: pip install ipykernel") from None
        self._handle: Any = DisplayHandle()
        self._every_s, self._clock = every_s, clock
        self._shown_at: float | None = None

    def __call__(self, event: Any) -> None:
        """Show the picture of a ``frame`` event, unless one was shown just now."""
        if event.kind != "frame" or not event.file:
            return
        now = self._clock()
        if self._shown_at is not None and now - self._shown_at < self._every_s:
            return
        from IPython.display import Image

        picture = Image(filename=event.file)
        if self._shown_at is None:
            self._handle.display(picture)
        else:
            self._handle.update(picture)
        self._shown_at = now
