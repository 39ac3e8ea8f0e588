"""The camera's path: absolute curves, integrated rates, and no dependence on the frame rate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from storyboard.plan import POSE_FIELDS, Pose, ShotPlan
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.poses import net_motion


def shot_of(motion: str, *, fps: str = "10", before: str = "") -> ShotPlan:
    text = (
        f"perceptors: tiny\noutput: {{fps: {fps}}}\nmotion: {{{motion}}}\n"
        f"shots:\n{before}  - {{prompt: a, duration: 2s}}\n"
    )
    return make_plan(load_story_text(text)).shots[-1]


def column(shot: ShotPlan, name: str) -> np.ndarray:
    return shot.poses[:, POSE_FIELDS.index(name)]


T = np.arange(20) / 10
PATHS = [
    ("", "zoom", np.ones(20)),
    ("rotate: 3", "rotate", np.full(20, 3.0)),
    ("pan_x: {0s: 0, 100%: 0.2}", "pan_x", 0.1 * T),
    ("pan_x: {0s: 0, 1s: 0.2, 2s: 0}", "pan_x", 0.2 - 0.2 * abs(T - 1)),
    ("pan_y: t*t", "pan_y", T * T),
    ("pan_y_per_s: 2*t", "pan_y", T * T),
    ("rotate_per_s: {0s: 0, 2s: 20}", "rotate", 5 * T**2),
    ("rotate_per_s: 10, rotate: 5", "rotate", 5 + 10 * T),
    ("zoom_per_s: 2", "zoom", 2**T),
    ("zoom_per_s: 2, zoom: 3", "zoom", 3 * 2**T),
    ("zoom_per_s: exp(t)", "zoom", np.exp(T * T / 2)),
    ("shear_x_per_s: 0.1", "shear_x", 0.1 * T),
    ("shear_y: 0.1*u", "shear_y", 0.05 * T),
    ("pivot: [0.25, t/4]", "pivot_x", np.full(20, 0.25)),
    ("pivot: [0.25, t/4]", "pivot_y", T / 4),
    ("pan_x: {0s: 0, 2s: 1}, ease: smooth", "pan_x", (T / 2) ** 2 * (3 - T)),
    ("pan_x: {0s: 0, 2s: 1}, ease: hold", "pan_x", np.zeros(20)),
]


@pytest.mark.parametrize(("motion", "name", "expected"), PATHS)
def test_the_path_at_every_frame(motion: str, name: str, expected: np.ndarray) -> None:
    shot = shot_of(motion)
    np.testing.assert_allclose(column(shot, name), expected, atol=1e-9)
    others = [field for field in POSE_FIELDS if field.split("_")[0] != name.split("_")[0]]
    still = Pose()
    for field in others if len(motion.split(",")) == 1 else ():
        assert (column(shot, field) == getattr(still, field)).all()


def test_rates_start_anew_in_every_shot_and_entry_and_exit_are_exact() -> None:
    shot = shot_of("zoom_per_s: 2, rotate: 90*u", before="  - {prompt: a, duration: 1.26s}\n")
    assert (shot.entry.zoom, shot.entry.rotate) == (1, 0)
    assert shot.exit.zoom == pytest.approx(4)
    assert shot.exit.rotate == 90
    # the first frame lies 0.04 s after the exact start
    assert column(shot, "zoom")[0] == pytest.approx(2**0.04)
    assert net_motion(shot) == (pytest.approx(4), 90)


@pytest.mark.parametrize("fps", ["12", "30000/1001", "60"])
def test_another_frame_rate_keeps_the_look(fps: str) -> None:
    motion = "zoom_per_s: 1 + 0.5*sin(9*t), rotate_per_s: 40*noise(3*t), pan_x: sin(t)"
    slow, fast = shot_of(motion), shot_of(motion, fps=fps)
    for one, other in zip(vars(slow.exit).values(), vars(fast.exit).values(), strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12)
    rate = fast.frame_count / 2
    at_one_second = np.interp(1.0, np.arange(fast.frame_count) / rate, column(fast, "rotate"))
    assert at_one_second == pytest.approx(column(slow, "rotate")[10], abs=2)


def test_a_compound_zoom_is_a_product() -> None:
    shot = shot_of("zoom_per_s: 1.05")
    assert math.prod([1.05 ** (1 / 10)] * 20) == pytest.approx(shot.exit.zoom)
