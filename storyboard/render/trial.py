"""Painting a few frames of a film to measure how long it takes here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from storyboard.drawers import drawers
from storyboard.plan import Plan, ShotPlan
from storyboard.render import render
from storyboard.render.pace_meter import PaceMeter
from storyboard.timeline.pace import Kinds, Line

FRAMES = 5
"""Frames painted of each kind of shot: one for the start, the others with two numbers of steps."""


def trial(
    plan: Plan,
    device: str = "auto",
    *,
    download: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Line]:
    """Paint and finish a few frames of every kind of shot of ``plan``, in a folder that is thrown
    away; return the time of each, by the names of `Kinds`, which is kept too.

    Raises as `storyboard.render.render`.
    """
    apart, measured = _apart(plan), dict[str, Line]()
    with TemporaryDirectory(prefix="storyboard-trial-") as folder:
        for number, shot in enumerate(_one_of_each(apart, Kinds.of(plan, device).frames)):
            meter = PaceMeter(apart, device)
            suffix = "" if plan.format == "png" else f".{plan.format}"
            render(
                apart,
                out=Path(folder, str(number), f"film{suffix}"),
                on_event=meter,
                device=device,
                first=shot.first,
                last=min(shot.first + FRAMES, shot.stop),
                download=download,
                embed=False,
                stop=stop,
            )
            meter.add_start()
            measured = {**meter.measured, **measured}
    return measured


def _one_of_each(plan: Plan, kinds: Sequence[str]) -> list[ShotPlan]:
    """Return for each of the ``kinds`` the first shot of it that has `FRAMES`, or the longest."""
    found: dict[str, ShotPlan] = {}
    for shot, kind in zip(plan.shots, kinds, strict=True):
        known = found.get(kind)
        if known is None or known.frame_count < min(FRAMES, shot.frame_count):
            found[kind] = shot
    return [shot for shot in found.values() if shot.frame_count]


def _apart(plan: Plan) -> Plan:
    """Return ``plan`` with every shot a chain of its own, that begun for a loop too. Its first
    frame takes one step, every other one after it a third of what the story says.
    """
    whole = plan.painted
    shots = tuple(
        replace(shot, chain=place, fresh=True, values={**shot.values, "steps": _steps(shot)})
        for place, shot in enumerate(whole.shots)
    )
    shown = [replace(one, chain=n, fresh=True) for n, one in enumerate(plan.finish.shots)]
    return replace(whole, shots=shots, finish=replace(plan.finish, shots=tuple(shown)))


def _steps(shot: ShotPlan) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return how many steps each frame of the shot takes in a trial."""
    steps = np.array(shot.values["steps"])
    if drawers.record(shot.drawer).paints or not len(steps):
        return steps
    usual = max(round(float(np.median(steps))), 1)
    few = max(round(usual / 3), 1)
    steps[:FRAMES] = np.array([1, usual, few, usual, few])[: len(steps)]
    return steps
