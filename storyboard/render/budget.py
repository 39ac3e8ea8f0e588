"""Choosing how much effort a film gets so that it is done in time.

At each level a few frames are painted and timed; the share of the steps follows from these. When
even a third of the steps would take too long, the next level has fewer cutouts or a smaller
picture, and is timed as well.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from storyboard.errors import UsageError
from storyboard.plan import Plan
from storyboard.timeline.pace import Line, estimate

Effort = Mapping[str, float]

LEVELS = ((1.0, 1.0), (0.5, 1.0), (0.5, 0.75), (0.5, 0.5), (0.25, 0.5), (0.25, 0.35))
"""Shares of the cutouts and of the painted sides, the best first."""

SHARES = tuple(n / 20 for n in range(20, 0, -1))
"""Shares of the steps, the best first."""

LEAST_SHARE = 0.35
"""The share of the steps below which the next level is looked at."""

MARGIN = 0.95
"""The part of the budget that is planned for."""

_BUDGET = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def budget_seconds(written: str) -> float:
    """Return the seconds of a budget: ``90s``, ``10m``, ``1h30m``. Raises `UsageError`.

    >>> budget_seconds("1h30m"), budget_seconds("90s")
    (5400.0, 90.0)
    """
    found = _BUDGET.fullmatch(written.strip())
    parts = [float(one or 0) for one in found.groups()] if found else [0.0]
    seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if not 0 < seconds <= 1e8:
        raise UsageError(f"--budget {written}: expected a time such as 90s, 10m or 1h30m")
    return seconds


@dataclass(frozen=True)
class Chosen:
    """The ``effort`` that was chosen, and the ``seconds`` that the film is expected to take from
    then on.
    """

    effort: Effort
    seconds: float

    def to_json(self, budget: str) -> dict[str, Any]:
        """Return the choice as ``run.json`` holds it."""
        return {"effort": dict(self.effort), "budget": budget, "expected_s": round(self.seconds, 1)}


def choose_effort(
    budget_s: float,
    planned: Callable[[Effort], Plan],
    measure: Callable[[Plan], Mapping[str, Line]],
    *,
    device: str = "auto",
    clock: Callable[[], float] = time.monotonic,
) -> Chosen:
    """Return the most effort with which the film is done ``budget_s`` seconds from now.

    ``planned`` gives the film's plan with an effort, ``measure`` paints some of its frames and
    returns their times (`storyboard.render.trial.trial`). What is measured on the way counts.
    Raises `UsageError` where the least effort takes longer; it names the time.
    """
    began, spent, tried = clock(), 0.0, (1.0, 1.0)
    shortest = 0.0
    for cuts, size in LEVELS:
        gain = cuts / tried[0] * (size / tried[1]) ** 2
        last = (cuts, size) == LEVELS[-1]
        if not last and shortest * gain > budget_s - spent:
            continue  # a frame can take no less than its share of views and pixels
        own = {name: one for name, one in (("cuts", cuts), ("size", size)) if one < 1}
        plan = planned(own)
        measured = measure(plan)
        spent, tried = clock() - began, (cuts, size)
        share, seconds = _share(plan, measured, device, MARGIN * (budget_s - spent))
        if share is not None and (share >= LEAST_SHARE or last):
            return Chosen({**({} if share == 1 else {"steps": share}), **own}, seconds)
        shortest = _time(plan, measured, device, LEAST_SHARE)
    least = spent + _time(plan, measured, device, SHARES[-1])
    raise UsageError(
        f"the film takes about {_words(least / MARGIN)} on this machine at the least: "
        f"--budget {_words(budget_s)} is too short for it"
    )


def _share(
    plan: Plan, measured: Mapping[str, Line], device: str, left_s: float
) -> tuple[float | None, float]:
    """Return the largest share of the steps that fits into ``left_s``, and the seconds it takes."""
    for share in SHARES:
        seconds = _time(plan, measured, device, share)
        if seconds <= left_s:
            return share, seconds
    return None, 0.0


def _time(plan: Plan, measured: Mapping[str, Line], device: str, share: float) -> float:
    seconds = estimate(plan, device, measured, share=share).seconds
    return float("inf") if seconds is None else seconds


def _words(seconds: float) -> str:
    """Return a budget in words.

    >>> _words(45), _words(601), _words(7300)
    ('45s', '10m1s', '2h1m')
    """
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (0 if hours else rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
