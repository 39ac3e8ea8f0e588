"""How close a film comes to its budget of time: ``python -m benchmarks.budget``.

A film is timed whole by a trial; then budgets of shares of that time choose an effort each, and the
film is rendered with it. With ``--processor`` all clocks count this process's processor seconds:
on one thread these are the seconds of a machine that does nothing else, the encoder left out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storyboard.plan import Plan

STORY: dict[str, Any] = {
    "output": {"size": "128x72", "fps": 12},
    "drawer": "fft",
    "steps": 10,
    "steps_first": 30,
    "cuts": 16,
    "motion": {"zoom_per_s": 1.06},
    "prompts": ["a sunset over the sea", "a starry night sky"],
}


def planned(frames: int, effort: Mapping[str, float]) -> Plan:
    """Return the plan of the film with an effort."""
    from storyboard import load_story, make_plan

    story = {**STORY, "duration": f"{frames}f"}
    return make_plan(load_story({**story, "effort": dict(effort)} if effort else story))


def measure(frames: int, share: float, whole_s: float) -> dict[str, Any]:
    """Return what a budget of a ``share`` of ``whole_s`` seconds chose, and how long it took."""
    from storyboard import render
    from storyboard.render.budget import choose_effort
    from storyboard.render.trial import trial

    budget_s, began = share * whole_s, time.monotonic()
    chosen = choose_effort(
        budget_s,
        lambda effort: planned(frames, effort),
        lambda plan: trial(plan, "cpu"),
        device="cpu",
        clock=time.monotonic,
    )
    with tempfile.TemporaryDirectory() as folder:
        render(planned(frames, chosen.effort), out=Path(folder, "film.mp4"), device="cpu")
    took_s = time.monotonic() - began
    return {"budget": budget_s, "effort": chosen.effort, "took": took_s, "used": took_s / budget_s}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.budget", description=__doc__)
    parser.add_argument("--frames", type=int, default=96)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.7, 0.4, 0.2])
    parser.add_argument("--processor", action="store_true", help="count processor seconds")
    asked = parser.parse_args(arguments)
    if asked.processor:
        time.monotonic = time.perf_counter = time.process_time
    from storyboard.errors import UsageError
    from storyboard.render.trial import trial
    from storyboard.timeline.pace import estimate

    with tempfile.TemporaryDirectory() as cache:
        os.environ["STORYBOARD_CACHE"] = cache
        plan = planned(asked.frames, {})
        whole_s = estimate(plan, "cpu", trial(plan, "cpu")).seconds or 0.0
        print(f"{asked.frames} frames, {whole_s:.0f} s expected with all of the effort")
        for share in asked.shares:
            try:
                row = measure(asked.frames, share, whole_s)
            except UsageError as error:
                print(f"budget {share * whole_s:.0f} s: {error}")
                continue
            effort = ", ".join(f"{name} {one:g}" for name, one in row["effort"].items())
            used = f"{row['took']:.0f} s, {100 * row['used']:.0f} %"
            print(f"budget {row['budget']:.0f} s: {effort or 'all'}; took {used}")


if __name__ == "__main__":
    main()
