"""A border round the picture, and the bars of a letterbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from storyboard.filters import filters
from storyboard.margins import opening


def letterbox(size: tuple[int, int], aspect: float) -> tuple[float, float]:
    """Return the margins in pixels (top and bottom, sides) that leave a window of ``aspect``.

    ``size`` is (height, width); bars stand above and below where the window is wider than the
    picture, else at the sides.
    """
    height, width = size
    return max(0.0, (height - width / aspect) / 2), max(0.0, (width - height * aspect) / 2)


def frame_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Cover the border with ``color``: ``out = color + opening (picture - color)``.

    The border is ``amount`` times as wide as ``width`` and ``aspect`` make it together.
    """
    chosen = filters.resolve("frame", options)

    def frame(picture: Tensor) -> Tensor:
        height, width = size = (picture.shape[-2], picture.shape[-1])
        bars = (0.0, 0.0) if chosen["aspect"] is None else letterbox(size, chosen["aspect"])
        edge = chosen["width"] / 100 * min(height, width)
        upright, sides = (chosen["amount"] * (bar + edge) for bar in bars)
        free = opening(size, (sides, sides, upright, upright)).to(picture)
        color = picture.new_tensor(chosen["color"])[:, None, None]
        return picture * free + color * (1 - free)

    return frame


frame_filter.SEEN = False  # type: ignore[attr-defined]
