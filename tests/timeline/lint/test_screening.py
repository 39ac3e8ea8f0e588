"""Screening passes over no camera that has a finding."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from storyboard.plan import POSE_FIELDS, ShotPlan
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.lint.camera import _findings, camera_findings
from storyboard.timeline.lint.screening import suspects

FPS, ASPECT = Fraction(12), 16 / 9
HEAD = "version: 1\noutput: {size: 64x36, fps: 12}\nshots:\n"
SHAPES = ("{v}", "{{0s: {w}, 100%: {v}}}", "{w} + ({v} - {w})*abs(sin({k}*t))")
RANGES = {  # the values between which each field goes, from calm to much too fast
    "zoom": (0.3, 4.0),
    "zoom_x": (0.5, 2.0),
    "rotate": (-1500.0, 1500.0),
    "pan_x": (-8.0, 8.0),
    "pan_y": (-8.0, 8.0),
    "shear_x": (-0.6, 0.6),
    "dolly": (-1.0, 0.6),
    "yaw": (-20.0, 20.0),
}


_REST = {name: 1.0 if name.startswith("zoom") else 0.0 for name in RANGES}


def films(seed: int, count: int) -> tuple[ShotPlan, ...]:
    """Shots with one to three random curves, some with a pivot off the middle."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        names = rng.choice(list(RANGES), size=rng.integers(1, 4), replace=False)
        curves = [f"pivot: [{rng.uniform(0, 1):.2f}, {rng.uniform(0, 1):.2f}]"]
        for name in names:
            low, high = RANGES[name]
            middle, share = _REST[name], rng.choice([0.05, 0.3, 1.0])
            v, w = (middle + share * (rng.uniform(low, high) - middle) for _ in range(2))
            text = str(rng.choice(SHAPES)).format(v=f"{v:.3f}", w=f"{w:.3f}", k=rng.integers(1, 9))
            curves.append(f"{name}: {text}")
        length = rng.choice(["0.25s", "1s", "2.5s"])
        rows.append(
            f"  - {{name: s{number}, duration: {length}, prompt: fire, cut: true, "
            f"motion: {{{', '.join(curves)}}}}}\n"
        )
    return make_plan(load_story_text(HEAD + "".join(rows))).shots


def test_no_finding_is_screened_away() -> None:
    kinds = set()
    for seed in range(4):
        shots = films(seed, 60)
        exact = [(shot.name, one) for shot in shots for one in _findings(shot, FPS, ASPECT)]
        screened = [(shot.name, one) for shot, one in camera_findings(shots, FPS, ASPECT)]
        assert exact == screened
        kinds |= {found.kind for _, found in exact}
    assert kinds == {"zoom", "turn", "pan", "new"}


def test_calm_cameras_are_not_measured() -> None:
    calm = "  - {duration: 2s, prompt: fire, motion: {zoom_per_s: 1.05, rotate: 3*sin(t)}}\n"
    fast = "  - {duration: 2s, prompt: fire, motion: {zoom_per_s: 3}}\n"
    shots = make_plan(load_story_text(HEAD + calm + fast + calm)).shots
    assert [shot.index for shot in suspects(shots, ASPECT)] == [1]
    assert all(len(shot.poses[0]) == len(POSE_FIELDS) for shot in shots)
