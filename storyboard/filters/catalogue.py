"""The built-in filters: where each is, what it does, its options and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard.catalogue import Need, Record
from storyboard.options import Option

_HERE = "storyboard.filters."

_AMOUNT = Option(1.0, "number", "how much of the effect, 0 to 1", 0, 1)

_TONES = ("#1b0f3b", "#b5287a", "#ff9e64", "#fff3d6")

#: Default palette: sixteen colours that suit any subject.
PALETTE = (
    "#0b0c10", "#f4f1e8", "#8d8f97", "#4a4e5a", "#1d2b53", "#2f6fb7", "#7ec8e3", "#0f7a5a",
    "#5fb04a", "#b7d968", "#f5d547", "#f29b38", "#d8432f", "#7a1f2b", "#8b5a3c", "#8e4fa8",
)  # fmt: skip

WALLPAPERS = (
    "p1", "p2", "pm", "pg", "cm", "pmm", "pmg", "pgg", "cmm",
    "p4", "p4m", "p4g", "p3", "p3m1", "p31m", "p6", "p6m",
)  # fmt: skip
"""The wallpaper groups by their names in crystallography."""

_HEIGHT = "hundredths of the height"

RECORDS = {
    "aberration": Record(
        _HERE + "aberration:aberration_filter",
        "red and blue fringes that grow toward the corners",
        {
            "amount": _AMOUNT,
            "shift": Option(1.5, "number", "displacement in the corners", -20, 20, unit=_HEIGHT),
        },
    ),
    "blur": Record(
        _HERE + "blur:blur_filter",
        "out of focus (Gaussian blur)",
        {
            "amount": _AMOUNT,
            "radius": Option(1.0, "number", "standard deviation at amount 1", 0, 50, unit=_HEIGHT),
        },
    ),
    "duotone": Record(
        _HERE + "duotone:duotone_filter",
        "brightness turned into colours, from the first for black to the last for white",
        {
            "amount": _AMOUNT,
            "colors": Option(_TONES, "colors", "the colours, dark to light"),
        },
    ),
    "frame": Record(
        _HERE + "frame:frame_filter",
        "a border, or the bars of a letterbox",
        {
            "amount": _AMOUNT,
            "aspect": Option(
                None, "number", "width by height of the window that bars leave", 0.1, 10, still=True
            ),
            "width": Option(
                0.0, "number", "width of the border", 0, 50, unit="hundredths of the shorter side"
            ),
            "color": Option("#000000", "color", "colour of the border"),
        },
    ),
    "glitch": Record(
        _HERE + "glitch:glitch_filter",
        "bands of rows torn sideways, their colours apart",
        {
            "amount": _AMOUNT,
            "bands": Option(6, "whole", "how many bands are torn", 1, 100),
            "shift": Option(
                8.0, "number", "farthest that a band is torn", 0, 50, unit="hundredths of the width"
            ),
            "split": Option(
                1.0, "number", "distance of the colours", 0, 50, unit="hundredths of the width"
            ),
            "rate": Option(12.0, "number", "new bands a second", 0.01, 60, still=True),
        },
    ),
    "glow": Record(
        _HERE + "glow:glow_filter",
        "light that spreads from the bright parts (bloom)",
        {
            "amount": _AMOUNT,
            "threshold": Option(0.6, "number", "value from which a pixel gives light", 0, 0.99),
            "radius": Option(3.0, "number", "how far the light spreads", 0.01, 50, unit=_HEIGHT),
        },
    ),
    "grain": Record(
        _HERE + "grain:grain_filter",
        "film grain, new in every frame",
        {
            "amount": _AMOUNT,
            "strength": Option(0.035, "number", "deviation of the grain on a middle grey", 0, 1),
            "size": Option(0.25, "number", "size of a grain", 0, 10, unit=_HEIGHT),
            "colored": Option(False, "flag", "whether each channel has grain of its own"),
        },
    ),
    "grayscale": Record(
        _HERE + "grayscale:grayscale_filter", "takes the colours away", {"amount": _AMOUNT}
    ),
    "hue": Record(
        _HERE + "hue:hue_filter",
        "every colour turned round the grey axis",
        {
            "amount": _AMOUNT,
            "angle": Option(90.0, "number", "how far the hue is turned", unit="degrees"),
            "saturation": Option(1.0, "number", "0 for grey, 2 for twice the colour", 0, 10),
        },
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
            "dither": Option(0.0, "number", "how far colours between two are mixed of dots", 0, 1),
            "dot": Option(0.0, "number", "size of a dot, at least a pixel", 0, 10, unit=_HEIGHT),
        },
    ),
    "lut": Record(
        _HERE + "lut:lut_filter",
        "colours as a look-up table of a grading program has them",
        {
            "amount": _AMOUNT,
            "file": Option(None, "cube", "a .cube file, of one or three dimensions"),
        },
        needs=_HERE + "catalogue:lut_needs",
    ),
    "mirror": Record(
        _HERE + "mirror:mirror_filter",
        "the left half, and its mirror image as the right one",
        {"amount": _AMOUNT},
    ),
    "pixelate": Record(
        _HERE + "pixelate:pixelate_filter",
        "large square pixels",
        {
            "amount": _AMOUNT,
            "across": Option(40, "whole", "pixels along the width", 1, 8192),
        },
    ),
    "posterize": Record(
        _HERE + "posterize:posterize_filter",
        "a few levels in each channel",
        {
            "amount": _AMOUNT,
            "levels": Option(5, "whole", "how many levels", 2, 256),
        },
    ),
    "scanlines": Record(
        _HERE + "scanlines:scanlines_filter",
        "dark lines across, as on a tube",
        {
            "amount": _AMOUNT,
            "depth": Option(0.6, "number", "how dark the lines are", 0, 1),
            "period": Option(
                1.2, "number", "from line to line, at least 2 pixels", 0, 50, unit=_HEIGHT
            ),
            "roll": Option(0.0, "number", "how far down the lines are moved", unit="lines"),
        },
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
    "tile": Record(
        _HERE + "tile:tile_filter",
        "several copies of the picture beside each other",
        {
            "amount": _AMOUNT,
            "count": Option(2, "whole", "copies along each side", 1, 64),
            "mirror": Option(False, "flag", "whether copies mirror each other, without a seam"),
            "shift_x": Option(0.0, "number", "how far right they are moved", unit="copies"),
            "shift_y": Option(0.0, "number", "how far down they are moved", unit="copies"),
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
            "amount": Option(0.7, "number", "how dark the corners are, 1 for black", 0, 1),
            "inner": Option(0.4, "number", "where it begins, from centre 0 to corner 1", 0, 0.99),
        },
    ),
    "wallpaper": Record(
        _HERE + "wallpaper:wallpaper_filter",
        "the picture repeated, turned and mirrored by one of the 17 wallpaper groups",
        {
            "amount": _AMOUNT,
            "group": Option("p4m", "choice", "the symmetry", words=WALLPAPERS),
            "count": Option(2.0, "number", "cells along the height", 0.1, 64),
            "angle": Option(
                0.0, "number", "how far the picture is turned in its cell", unit="degrees"
            ),
        },
    ),
}
"""Every built-in filter, by name. The amount is a curve beside the options."""

FILM_ONLY = frozenset({
    "aberration", "blur", "frame", "glitch", "glow", "grain", "hue", "light", "lut", "scanlines",
    "trails",
})  # fmt: skip
"""The filters that change only the finished film."""

WITH_MEMORY = frozenset({"trails"})
"""The filters that depend on the picture before."""

TIMED = frozenset({"glitch", "grain"})
"""The filters that depend on the moment."""


def lut_needs(options: Mapping[str, Any]) -> list[Need]:
    """Return the need of a file where a look-up table has none."""
    if options["file"] is not None:
        return []
    fault = "it needs a file"
    return [Need("a .cube file", Path(), todo="write {file: look.cube}", fault=fault)]
