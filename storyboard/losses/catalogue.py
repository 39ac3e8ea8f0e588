"""The built-in losses: where each is, what it does, its options and what it needs."""

from __future__ import annotations

from storyboard.catalogue import Record
from storyboard.options import Option

_HERE = "storyboard.losses."

RECORDS = {
    "exposure": Record(
        _HERE + "exposure:exposure_loss",
        "keeps brightness and contrast in a middle range, against burning in",
        {
            "brightness": Option(0.45, "number", "the mean that the picture tends to", 0, 1),
            "contrast": Option(
                0.2, "number", "the deviation around it that the picture tends to", 0, 0.5
            ),
        },
    ),
    "hold": Record(
        _HERE + "hold:hold_loss",
        "keeps the picture near the previous one as the camera moved it",
        {
            "scale": Option(
                1.0, "number", "finest detail that is held", 0, 50, unit="hundredths of the height"
            ),
        },
    ),
    "saturation": Record(
        _HERE + "saturation:saturation_loss", "more colour; with a negative weight less"
    ),
    "smoothness": Record(
        _HERE + "smoothness:smoothness_loss",
        "less noise and fewer edges (total variation); with a negative weight more",
    ),
    "symmetry": Record(_HERE + "symmetry:symmetry_loss", "left and right mirror each other"),
}
"""Every built-in loss, by name. The weight is a curve beside the options."""
