"""Draws the small pictures of docs/expressions.md: ``python docs/draw_functions.py``.

Every expression of the page with ``![](figures/functions/name.svg)`` behind it is drawn over four
seconds at 60 beats a minute: blue the expression, grey the signal that it hears, ticks the events.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np

from storyboard.curves.clock import Clock
from storyboard.curves.curves import read_curve
from storyboard.curves.instants import ShotScope
from storyboard.curves.sound import Events, Sound
from storyboard.plan import Floats

DOCS = Path(__file__).parent
PICTURE = re.compile(r"`([^`]+)` !\[\]\((figures/functions/[a-z_0-9]+\.svg)\)")
ONSETS = Events(np.array([0.5, 1.25, 1.5, 3.0]), np.array([1.0, 0.6, 0.8, 1.0]))
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "storyboard", "path.simplify_threshold": 0.2}


def bass(t: Floats) -> Floats:
    """A made-up signal with hits at the onsets."""
    age = t[:, None] - ONSETS.times
    hits = np.where(age >= 0, ONSETS.weights * np.exp(-5 * np.maximum(age, 0)), 0)
    ripple: Floats = 0.06 * (np.sin(23 * t) + np.sin(31 * t) + 2)
    return ripple + 0.75 * np.minimum(hits.sum(axis=1), 1)


def scope() -> ShotScope:
    """Four seconds that hear the bass and the onsets, with a mark at the second second."""
    clock = Clock(Fraction(60), bpm=Fraction(60), marks={"drop": Fraction(2)})
    sound = Sound({"bass": bass, "rms": bass}, {"onset": ONSETS})
    return ShotScope(clock, Fraction(0), Fraction(4), seed=1, sound=sound)


def draw(text: str, path: Path) -> None:
    """The picture of one expression."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    film = scope()
    at = film.frames(0, 241)
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=(1.8, 0.5))
        axes = figure.add_axes((0.01, 0.04, 0.98, 0.92))
        axes.set_axis_off()
        events = [name for name in ("onset", "beat", "drop") if name in text]
        for moment in film.events(events[0]).times if events else ():
            axes.axvline(moment, color="#bbbbbb", linewidth=0.8)
        if "bass" in text:
            axes.plot(at.t, bass(at.t), color="#aaaaaa", linewidth=0.8)
        values = read_curve(text, names=film.names).sample(at)
        axes.plot(at.t, values, color="#3a76b5", linewidth=1.4)
        axes.set_xlim(0, 4)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})
        plt.close(figure)


def main() -> None:
    """Draw all of them."""
    for text, file in PICTURE.findall((DOCS / "expressions.md").read_text(encoding="utf-8")):
        draw(text, DOCS / file)


if __name__ == "__main__":
    main()
