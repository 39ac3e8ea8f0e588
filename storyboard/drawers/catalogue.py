"""The built-in drawers: where each is, what it does, its options and what it needs."""

from __future__ import annotations

from storyboard.catalogue import Record
from storyboard.options import Option

RECORDS = {
    "fft": Record(
        "storyboard.drawers.fft:FFTDrawer",
        "a spectrum of waves in decorrelated colours: soft, painterly, no grid",
        {
            "lr": Option(
                0.05,
                "number",
                "change of the picture in one step",
                1e-5,
                1,
                unit="grey levels 0..1",
            ),
            "decay": Option(1.5, "number", "how much coarse strokes come before fine ones", 0, 4),
            "colors": Option(
                1.5, "number", "how readily colours move, against light and dark", 0.1, 10
            ),
            "init": Option(
                0.05, "number", "strength of the random waves a fresh picture has", 0, 1, still=True
            ),
        },
    ),
    "pixel": Record(
        "storyboard.drawers.pixel:PixelDrawer",
        "a grid of cells with hard edges: pixel art",
        {
            "lr": Option(
                0.03, "number", "change of a cell in one step", 1e-5, 1, unit="grey levels 0..1"
            ),
            "cells": Option(
                None, "grid", "[columns, rows]; without it 45 along the short side", 1, 8192
            ),
            "cell": Option(
                None, "number", "edge of a cell, in place of cells", 1, 8192, "cells", unit="pixels"
            ),
            "init": Option(
                0.1,
                "number",
                "strength of the random colours a fresh picture has",
                0,
                1,
                still=True,
            ),
        },
    ),
}
"""Every built-in drawer, by name."""
