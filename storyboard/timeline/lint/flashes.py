"""Flashes that a plan shows before anything is drawn.

What is known without pixels: when the picture begins anew, and how filters change the light. A cut
may turn dark to bright, so many within a second may flash; of filters that change the light it is
worked out what they do to a middle grey. What clips, prompts and painting do to the light is not
known: that is for the finished film to show (`storyboard.render.output.flash_watch`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from storyboard.media.flash_counter import MOST_A_SECOND, FlashCounter
from storyboard.plan import Floats, ShotPlan
from storyboard.timeline.lint.camera import Finding

GREY = 0.5
"""The value of the pixel whose light is followed."""

_HINT = "more than three flashes a second can set off seizures; WCAG 2.3.1 has the measure"


def _vignette(value: Floats, amount: Floats, options: Mapping[str, Any]) -> Floats:
    """Return the light at the rim of the quarter of the picture that gets darkest, 0.69 of the way
    to the corner.
    """
    inner = options["inner"]
    out = np.clip((0.69 - inner) / (1 - inner), 0, 1)
    darker: Floats = value * (1 - amount * out * out * (3 - 2 * out))
    return darker


def _light(value: Floats, amount: Floats, options: Mapping[str, Any]) -> Floats:
    stops = np.asarray(options["stops"], dtype=np.float64)
    lit = np.where(stops < 0, value ** (2.0**-stops), 1 - (1 - value) ** (2.0**stops))
    mixed: Floats = value + amount * (lit - value)
    return mixed


LIGHTS: dict[str, Callable[[Floats, Floats, Mapping[str, Any]], Floats]] = {
    "light": _light,
    "vignette": _vignette,
}
"""What filters do to a pixel of a given value, (n,), by amounts (n,) and with their options, which
are numbers or, where they move, (n,)."""


def flash_findings(shots: Sequence[ShotPlan], fps: Fraction) -> Iterator[tuple[ShotPlan, Finding]]:
    """Return what flashes, each with the shot in which it begins."""
    yield from _cuts(shots, fps)
    if any(f"filters.{name}" in shot.values for shot in shots for name in LIGHTS):
        yield from _lights(shots, fps)


def _cuts(shots: Sequence[ShotPlan], fps: Fraction) -> Iterator[tuple[ShotPlan, Finding]]:
    """Find where a second has more cuts than twice the flashes allowed, once."""
    fresh = [shot for shot in shots if shot.fresh and shot.index and shot.frame_count]
    for first, last in zip(fresh, fresh[2 * MOST_A_SECOND :], strict=False):
        if last.first - first.first < int(fps):
            many = sum(0 <= shot.first - first.first < int(fps) for shot in fresh)
            message = (
                f"{many} cuts within a second, from shot {first.name!r} on, at "
                f"{float(first.start):.4g}s: the picture may flash"
            )
            yield first, Finding("cuts", message, _HINT, 0.0, float(many))
            return


def _lights(shots: Sequence[ShotPlan], fps: Fraction) -> Iterator[tuple[ShotPlan, Finding]]:
    """Find where the filters make the light go up and down, once a shot."""
    counter = FlashCounter(fps)
    for shot in shots:
        light = _luminance(_filtered(shot))
        counts = np.array([float(counter.see(light[n : n + 1])[0]) for n in range(len(light))])
        if not np.any(counts > MOST_A_SECOND):
            continue
        first, most = int(np.argmax(counts > MOST_A_SECOND)), counts.max()
        at = max(0.0, (shot.first + first) / float(fps) - float(shot.start))
        message = (
            f"filters make the picture flash {most:.2g} times a second, at {at:.3g}s of shot "
            f"{shot.name!r}"
        )
        yield shot, Finding("flashes", message, _HINT, at, float(most))


def _filtered(shot: ShotPlan) -> Floats:
    """Return a middle grey after all filters of the shot whose light is known, at every frame."""
    value = np.full(shot.frame_count, GREY)
    for name, options in shot.filter_options.items():
        if name in LIGHTS:
            head = f"filters.{name}."
            moving = {k.removeprefix(head): v for k, v in shot.moving.items() if k.startswith(head)}
            amount = shot.values[f"filters.{name}"]
            value = LIGHTS[name](value, amount, {**options, **moving})
    return value


def _luminance(value: Floats) -> Floats:
    """Return the relative luminance of grey pixels (IEC 61966-2-1)."""
    dark = value <= 0.04045
    linear: Floats = np.where(dark, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear
