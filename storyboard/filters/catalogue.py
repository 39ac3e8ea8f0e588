"""The built-in filters: where each is, what it does, its options and what it needs."""

from __future__ import annotations

from storyboard.catalogue import Record
from storyboard.options import Option

_HERE = "storyboard.filters."

_AMOUNT = Option(1.0, "number", "how much of the effect, 0 to 1", 0, 1)

#: Default palette: sixteen colours that suit any subject.
PALETTE = (
    "#0b0c10", "#f4f1e8", "#8d8f97", "#4a4e5a", "#1d2b53", "#2f6fb7", "#7ec8e3", "#0f7a5a",
    "#5fb04a", "#b7d968", "#f5d547", "#f29b38", "#d8432f", "#7a1f2b", "#8b5a3c", "#8e4fa8",
)  # fmt: skip

RECORDS = {
    "grayscale": Record(
        _HERE + "grayscale:grayscale_filter", "takes the colours away", {"amount": _AMOUNT}
    ),
    "kaleidoscope": Record(
        _HERE + "kaleidoscope:kaleidoscope_filter",
        "one wedge, mirrored from side to side all the way round",
        {
            "amount": _AMOUNT,
            "folds": Option(
                6, "whole", "how many times the wedge and its mirror image fit", 1, 180
            ),
            "angle": Option(
                0.0, "number", "where the wedge begins, up from the right", unit="degrees"
            ),
        },
    ),
    "light": Record(
        _HERE + "light:light_filter",
        "brighter, as a longer exposure would be: a flash on a beat",
        {
            "amount": _AMOUNT,
            "stops": Option(
                1.0, "number", "how much brighter; below 0 darker", -5, 5, unit="stops"
            ),
        },
    ),
    "lookup": Record(
        _HERE + "lookup:lookup_filter",
        "every pixel takes the nearest colour of a palette",
        {
            "amount": _AMOUNT,
            "colors": Option(PALETTE, "colors", "the palette, as a list of colours"),
        },
    ),
    "mirror": Record(
        _HERE + "mirror:mirror_filter",
        "the left half, and its mirror image as the right one",
        {"amount": _AMOUNT},
    ),
    "sharpen": Record(
        _HERE + "sharpen:sharpen_filter",
        "crisper edges (unsharp mask)",
        {
            "amount": Option(1.0, "number", "how much of the detail is added once more", 0, 10),
            "radius": Option(
                0.5, "number", "size of the detail", 0.01, 20, unit="hundredths of the height"
            ),
        },
    ),
    "trails": Record(
        _HERE + "trails:trails_filter",
        "what was bright a moment ago glows on, and fades",
        {
            "amount": _AMOUNT,
            "decay_s": Option(0.5, "number", "seconds in which a trail fades to a tenth", 0.01, 60),
        },
    ),
    "vignette": Record(
        _HERE + "vignette:vignette_filter",
        "darker toward the corners",
        {
            "amount": _AMOUNT,
            "inner": Option(0.4, "number", "where it begins, from centre 0 to corner 1", 0, 0.99),
        },
    ),
}
"""Every built-in filter, by name. The amount is a curve beside the options."""

FILM_ONLY = frozenset({"light", "trails"})
"""The filters that change only the finished film."""

WITH_MEMORY = frozenset({"trails"})
"""The filters that depend on the picture before."""
