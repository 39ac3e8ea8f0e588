"""Filters: changes made to a picture before it is seen and before it is saved.

``filters.get(name)(options)`` gives a function from picture to picture, (B, 3, H, W) in [0, 1],
through which the gradient reaches the drawer. Every filter has the option ``amount``, which the
story writes as a curve: 0 leaves the picture as it is, 1 is the whole effect. The canvas that flows
on to the next frame is the one *before* the filters: a vignette does not grow darker by the frame.
A filter whose factory has ``SEEN = False`` changes only what is saved: see `is_seen`.

Importing this package does not import torch; `option_table` lets a story be checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from storyboard.options import Option, Options, table_of
from storyboard.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

    Filter = Callable[[Tensor], Tensor]

FilterFactory = Callable[[Mapping[str, Any]], "Filter"]

filters: Registry[FilterFactory] = Registry(
    "filter",
    "storyboard.filters",
    {
        "grayscale": ("storyboard.filters.grayscale:grayscale_filter", "takes the colours away"),
        "kaleidoscope": (
            "storyboard.filters.kaleidoscope:kaleidoscope_filter",
            "one wedge, mirrored from side to side all the way round",
        ),
        "light": (
            "storyboard.filters.light:light_filter",
            "brighter, as a longer exposure would be: a flash on a beat",
        ),
        "lookup": (
            "storyboard.filters.lookup:lookup_filter",
            "every pixel takes the nearest colour of a palette",
        ),
        "mirror": (
            "storyboard.filters.mirror:mirror_filter",
            "the left half, and its mirror image as the right one",
        ),
        "sharpen": ("storyboard.filters.sharpen:sharpen_filter", "crisper edges (unsharp mask)"),
        "vignette": ("storyboard.filters.vignette:vignette_filter", "darker toward the corners"),
    },
)

_AMOUNT = Option(1.0, "number", "how much of the effect, 0 to 1", 0, 1)

#: Sixteen colours that a picture of any subject can be told in.
PALETTE = (
    "#0b0c10", "#f4f1e8", "#8d8f97", "#4a4e5a", "#1d2b53", "#2f6fb7", "#7ec8e3", "#0f7a5a",
    "#5fb04a", "#b7d968", "#f5d547", "#f29b38", "#d8432f", "#7a1f2b", "#8b5a3c", "#8e4fa8",
)  # fmt: skip

OPTIONS: dict[str, Options] = {
    "grayscale": {"amount": _AMOUNT},
    "kaleidoscope": {
        "amount": _AMOUNT,
        "folds": Option(6, "whole", "how many times the wedge and its mirror image fit", 1, 180),
        "angle": Option(0.0, "number", "where the wedge begins: degrees up from the right"),
    },
    "light": {
        "amount": _AMOUNT,
        "stops": Option(1.0, "number", "how much brighter; below 0 darker", -5, 5),
    },
    "lookup": {
        "amount": _AMOUNT,
        "colors": Option(PALETTE, "colors", "the palette, as a list of #rrggbb or [r, g, b]"),
    },
    "mirror": {"amount": _AMOUNT},
    "sharpen": {
        "amount": Option(1.0, "number", "how much of the detail is added once more", 0, 10),
        "radius": Option(
            0.5, "number", "size of the detail, in hundredths of the height", 0.01, 20
        ),
    },
    "vignette": {
        "amount": _AMOUNT,
        "inner": Option(0.4, "number", "where it begins, from centre 0 to corner 1", 0, 0.99),
    },
}
"""The built-in filters' options, by filter."""


def option_table(name: str) -> Options:
    """The options of a filter, without torch where it is built in. Raises `UnknownName`."""
    return table_of(name, OPTIONS, filters)


def is_seen(name: str) -> bool:
    """Whether the picture is painted as it looks through this filter.

    What comes and goes in a few frames must not be: a perceptor that sees a flash paints the
    picture dark against it, and it stays dark when the flash is over. Raises `UnknownName`.
    """
    return bool(getattr(filters.get(name), "SEEN", True))
