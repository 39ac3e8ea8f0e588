"""Movements by name: what they add to, what they are told, per second and seeded, and plug-ins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from storyboard.errors import StoryError
from storyboard.motion import movements as ways
from storyboard.motion import path
from storyboard.motion.catalogue import RECORDS
from storyboard.motion.movements import movements
from storyboard.options import Option
from storyboard.plan import POSE_FIELDS, Pose, ShotPlan
from storyboard.timeline import load_story_text, make_plan

TOLD = {"shake_on": "{shake_on: {signal: u}}"}
BUILT_IN = [TOLD.get(name, name) for name in sorted(RECORDS)]


def shot_of(motion: str, *, fps: str = "10", head: str = "") -> ShotPlan:
    text = (
        f"perceptors: tiny\noutput: {{fps: {fps}}}\n{head}"
        f"shots: [{{name: a, prompt: a, duration: 2s, motion: {{{motion}}}}}]\n"
    )
    return make_plan(load_story_text(text)).shots[0]


def column(shot: ShotPlan, name: str) -> np.ndarray:
    return shot.poses[:, POSE_FIELDS.index(name)]


T = np.arange(20) / 10
SOFT = (T / 2) ** 2 * (3 - T)
WHIP = np.clip(T - 0.5, 0, 1) ** 2 * (3 - 2 * np.clip(T - 0.5, 0, 1))
PATHS = [
    ("moves: dolly_in", "dolly", 0.4 * SOFT),
    ("moves: [{dolly_in: {amount: 0.2}}]", "dolly", 0.2 * SOFT),
    ("moves: {dolly_in: {amount: 0.1*t}}", "dolly", 0.1 * T * SOFT),
    ("moves: {spin: {per_s: {0s: 0, 2s: 20}}}", "rotate", 5 * T**2),
    ("moves: spin, rotate: 5", "rotate", 5 + 20 * T),
    ("moves: [spin, spin], rotate_per_s: 1", "rotate", 41 * T),
    ("moves: orbit, orbit_x: 2", "orbit_x", 2 + 15 * np.sin(2 * np.pi * T / 8)),
    ("moves: {orbit: {period: 2, height: 3}}", "orbit_y", 3 * np.cos(np.pi * T)),
    ("moves: {tunnel: {speed: 2}}, zoom: 3", "zoom", 3 * 2**T),
    ("moves: {swing: {angle: 3, above: 0.5}}", "pivot_y", np.zeros(20)),
    ("moves: {swing: {angle: 3}}", "rotate", 3 * np.sin(np.pi * T / 2)),
    ("moves: {whip_pan: {length: 1}}", "pan_x", WHIP),
    ("moves: dolly_zoom", "lens", -0.25 * SOFT),
]


@pytest.mark.parametrize(("motion", "name", "expected"), PATHS)
def test_they_add_to_what_is_written(motion: str, name: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(column(shot_of(motion), name), expected, atol=1e-9)


@pytest.mark.parametrize("move", BUILT_IN)
def test_every_one_moves_by_the_second_and_not_by_the_frame(move: str) -> None:
    slow, fast = shot_of(f"moves: [{move}]"), shot_of(f"moves: [{move}]", fps="30")
    np.testing.assert_allclose(slow.poses, fast.poses[::3], rtol=1e-7, atol=1e-9)
    assert np.ptp(slow.poses, axis=0).max() > 1e-3
    assert slow.exit != slow.entry or "beat" in move


@pytest.mark.parametrize("move", ["handheld", "drift", "tunnel", "{shake_on: {signal: 1"])
def test_chance_is_seeded(move: str) -> None:
    end = "}}" if move[0] == "{" else ""
    named = f"{move}, seed: 3}}}}" if end else f"{{{move}: {{seed: 3}}}}"
    one = shot_of(f"moves: [{move}{end}]")
    again, other, told = (
        shot_of(f"moves: [{move}{end}]"),
        shot_of(f"moves: [{move}{end}]", head="seed: 5\n"),
        shot_of(f"moves: [{named}]"),
    )
    assert np.array_equal(one.poses, again.poses)
    assert not np.allclose(one.poses, other.poses) and not np.allclose(one.poses, told.poses)


def test_a_heart_beats_twice_with_every_count() -> None:
    zoom = column(shot_of("moves: {heartbeat: {amount: 0.1}}", fps="100"), "zoom")
    peaks = [n for n in range(1, 199) if zoom[n - 1] < zoom[n] >= zoom[n + 1] and zoom[n] > 1.03]
    assert len(peaks) in (3, 4) and zoom.min() >= 1
    assert zoom.max() == pytest.approx(1.1, abs=0.002)
    beats = shot_of("moves: {heartbeat: {count: beat}}", head="audio: {bpm: 120}\n")
    np.testing.assert_allclose(column(beats, "zoom")[:5], column(beats, "zoom")[5:10], atol=1e-9)


def test_a_shot_without_movements_stands_still_and_defaults_are_replaced_whole() -> None:
    head = "defaults: {motion: {moves: [spin, orbit]}}\n"
    assert np.ptp(column(shot_of("moves: []", head=head), "rotate")) == 0
    shot = shot_of("moves: drift, zoom: 1", head=head)
    assert np.ptp(column(shot, "orbit_x")) == 0 and np.ptp(column(shot, "pan_x")) > 0


WRONG = [
    ("moves: orbot", "moves: unknown movement 'orbot'.*did you mean 'orbit'"),
    ("moves: [{orbit: {angel: 3}}]", r"moves\[0\].orbit.angel: .*did you mean 'angle'"),
    ("moves: {swing: {angle: sin(foo)}}", r"moves.swing.angle: unknown name 'foo'"),
    ("moves: {swing: {period: 0}}", "period: 0 must be between"),
    ("moves: {swing: {period: t}}", "period: expected a number"),
    ("moves: {swing: {angle: [1]}}", "angle: a number, an expression or keys are expected"),
    ("moves: {swing: {angle: 1/(u - u)}}", "moves.swing.angle"),
    ("moves: {swing: 3}", "expected a mapping of the movement's parameters"),
    ("moves: {a: 1, b: 2}", "each movement is an item of its own"),
    ("moves: [3]", "expected a movement's name"),
    ("moves: shake_on", "shake_on needs a signal"),
    ("moves: swing, pivot: [0, 0]", "movement 'swing' sets pivot, and so does the story"),
    ("moves: [swing, swing]", "'swing' sets pivot, and so does movement 'swing'"),
    ("moves: {dolly_in: {amount: 2}}", "from its edge or from behind: .* at 1.* of shot 'a'"),
    ("moves: dolly_zoom, fov: 50", "sets fov, and so does the story"),
    ("orbit_x: 100*u", "from its edge or from behind: orbit_x is 90, .*, at 1.8s of shot 'a'"),
    ("yaw: 50, tilt: {0s: 0, 2s: 100}", "picture is not in view: yaw is 50"),
    ("fov: 0", "fov is 0, at 0s of shot 'a'.*between 1 and 170"),
    ("ripple: 0.05*t", "ripple is 0.04 with rings 0.25 apart, which folds the picture"),
    ("swirl: 9, swirl_radius: 0", "swirl_radius is 0"),
    ("lens: 11", "lens is 11"),
    ("zoom_x: 0", "zoom_x is 0 at 0s"),
    ("roll_per_s: 1e300*exp(700*t)", "roll"),
    ("dolly_per_s: 0.6", "at 1.7s of shot 'a'"),
    ("shear_x: 2, shear_y: t/2", "folds the picture flat, at 1s of shot 'a'"),
]


@pytest.mark.parametrize(("motion", "said"), WRONG)
def test_what_cannot_be_is_told_with_place_and_hint(motion: str, said: str) -> None:
    with pytest.raises(StoryError, match=f"(?s){said}"):
        shot_of(motion)


def test_a_plug_in_is_a_function_that_gives_curves() -> None:
    def sway(*, far: str, every: float) -> dict[str, Any]:
        return {"pan_x": f"{far}*sin(tau*t/{every})", "rotate": {"0s": 0, "100%": 2}, "zoom": 2}

    sway.OPTIONS = {  # type: ignore[attr-defined]
        "far": Option(0.1, "curve", "how far"),
        "every": Option(2.0, "number", "seconds"),
    }
    with movements.temporary(sway=sway):
        shot = shot_of("moves: {sway: {far: 0.1 + 0.1}}, zoom: 2")
        np.testing.assert_allclose(column(shot, "pan_x"), 0.2 * np.sin(np.pi * T), atol=1e-9)
        np.testing.assert_allclose(column(shot, "rotate"), T, atol=1e-9)
        assert (column(shot, "zoom") == 4).all()


@pytest.mark.parametrize(
    ("curves", "said"),
    [
        ({"zom": 1}, "movement 'odd' returns an unknown camera key 'zom'.*'zoom'"),
        ({"zoom": "sin("}, "movement 'odd', zoom: "),
        ({"moves": ["spin"]}, "returns an unknown camera key 'moves'"),
    ],
)
def test_a_plug_in_that_gives_what_is_none_is_named(curves: dict, said: str) -> None:
    with movements.temporary(odd=lambda: curves), pytest.raises(StoryError, match=f"(?s){said}"):
        shot_of("moves: odd")


def test_every_parameter_is_used_and_every_movement_has_a_line() -> None:
    assert sorted(RECORDS) == movements.names()
    for name, entry in movements.entries().items():
        assert entry.summary and hasattr(ways, name)
        code = movements.get(name).__code__  # type: ignore[attr-defined]
        assert set(RECORDS[name].options) == set(code.co_varnames[: code.co_kwonlyargcount])


def test_the_pose_has_a_key_or_two_in_the_story() -> None:
    from storyboard.story.kinds import declared
    from storyboard.story.motion import MotionSpec

    keys = {key.removesuffix("_per_s") for key in declared(MotionSpec)} - {"moves", "ease", "pivot"}
    assert keys | {"pivot_x", "pivot_y"} == set(POSE_FIELDS) == set(vars(Pose()))


def test_a_long_flight_through_a_tunnel_moves_as_little_from_frame_to_frame_as_a_short_one() -> (
    None
):
    text = "output: {fps: 24}\nshots: [{prompt: a, duration: 40s, motion: {moves: tunnel}}]"
    plan = make_plan(load_story_text(text))
    corner = np.array([0.9, 0.9, 1])
    for frame in (10, 200, 424, 950):
        x, y, w = path.move(plan, frame, frame + 1).matrix.numpy() @ corner
        assert np.hypot(x / w - 0.9, y / w - 0.9) < 0.05
