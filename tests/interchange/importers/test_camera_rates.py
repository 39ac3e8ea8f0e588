"""The imported camera goes where the source's own matrices go, frame by frame.

Theirs, from the formula that all of them share: every frame the picture is shifted by (tx, ty)
pixels, then turned by angle degrees counter-clockwise and magnified by zoom about the pivot.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from storyboard.interchange.importers import import_settings
from storyboard.motion.matrices import relative
from storyboard.motion.path import legs
from storyboard.plan import Floats, Plan
from storyboard.timeline import load_story_text, make_plan

WIDTH, HEIGHT, FRAMES = 512, 288, 101
SETTINGS: dict[str, Any] = {
    "W": WIDTH,
    "H": HEIGHT,
    "fps": 12,
    "max_frames": FRAMES,
    "animation_mode": "2D",
    "seed": 1,
    "prompts": {"0": "a forest"},
}


def numbers(text: Any, default: float) -> Floats:
    """The values of a schedule whose keys are numbers, or of a lambda of the frame."""
    frames = np.arange(FRAMES)
    if callable(text):
        return np.array([text(n) for n in frames], dtype=np.float64)
    if text is None:
        return np.full(FRAMES, default)
    keys = sorted(
        (int(k), float(v.strip("()"))) for k, v in (p.split(":") for p in text.split(","))
    )
    return np.interp(frames, *zip(*keys, strict=True))


def shift(x: float, y: float) -> Floats:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)


def one_frame(
    zoom: float, angle: float, tx: float, ty: float, *, pivot: tuple[float, float]
) -> Floats:
    a, (x, y) = math.radians(angle), pivot
    cos, sin = zoom * math.cos(a), zoom * math.sin(a)
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    return shift(x, y) @ turn @ shift(-x, -y) @ shift(tx, ty)


def theirs(moves: dict[str, Any], *, literal: bool = False) -> list[Floats]:
    """The product of the matrices up to every frame, in pixels; about the true centre of pixels
    (x + 0.5 is the distance from the left edge), or literally about W/2, H/2."""
    zoom, angle, tx, ty = (
        numbers(moves.get(name), default)
        for name, default in (
            ("zoom", 1.0),
            ("angle", 0.0),
            ("translation_x", 0.0),
            ("translation_y", 0.0),
        )
    )
    cx, cy = (numbers(moves.get(f"transform_center_{axis}"), 0.5) for axis in "xy")
    half = 0.0 if literal else 0.5
    total, products = np.eye(3), [np.eye(3)]
    for n in range(1, FRAMES):
        pivot = (cx[n] * WIDTH - half, cy[n] * HEIGHT - half)
        total = one_frame(zoom[n], angle[n], tx[n], ty[n], pivot=pivot) @ total
        products.append(total)
    return products


def way(plan: Plan, start: int, end: int) -> Floats:
    """The product of our matrices, (3, 3), between outer edges of -1..1."""
    total = np.eye(3)
    for here, there in legs(plan, start, end):
        total = relative(here, there, plan.width / plan.height).numpy() @ total
    return total


def in_pixels(matrix: Floats) -> Floats:
    """Our matrix as one between centres of pixels."""
    to = np.array([[2 / WIDTH, 0, 1 / WIDTH - 1], [0, 2 / HEIGHT, 1 / HEIGHT - 1], [0, 0, 1]])
    found: Floats = np.linalg.inv(to) @ matrix @ to
    return found


def furthest(plan: Plan, products: list[Floats]) -> float:
    """By how many pixels a point that is in view is elsewhere, at the most, over all frames."""
    x, y = np.meshgrid(np.linspace(0, WIDTH - 1, 5), np.linspace(0, HEIGHT - 1, 5))
    seen = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    off = 0.0
    for frame in range(0, FRAMES, 5):
        product = products[frame]
        moved = in_pixels(way(plan, 0, frame)) @ np.linalg.inv(product) @ seen
        off = max(off, float(np.max(np.hypot(*(moved[:2] / moved[2] - seen[:2])))))
    return off


def planned(moves: dict[str, Any], **more: Any) -> Plan:
    texts = {name: text for name, text in {**SETTINGS, **more, **moves}.items()}
    return make_plan(load_story_text(import_settings(texts, "deforum").text))


NUMERIC: dict[str, dict[str, str]] = {
    "zoom": {"zoom": "0:(1.04)"},
    "zoom out": {"zoom": "0:(0.985)"},
    "shift": {"translation_x": "0:(3)", "translation_y": "0:(-2)"},
    "turn": {"angle": "0:(1.5)"},
    "zoom and shift": {"zoom": "0:(1.02)", "translation_x": "0:(3)", "translation_y": "0:(1)"},
    "turn and shift": {"angle": "0:(-2)", "translation_x": "0:(3)", "translation_y": "0:(1)"},
    "all": {
        "zoom": "0:(1.01)",
        "angle": "0:(0.7)",
        "translation_x": "0:(4)",
        "translation_y": "0:(-3)",
    },
    "keyed zoom": {"zoom": "0:(1.0), 60:(1.02), 100:(0.98)"},
    "keyed shift": {"translation_x": "0:(0), 30:(10), 60:(-10)", "translation_y": "10:(0), 50:(4)"},
    "keyed all": {
        "zoom": "0:(1.0), 40:(1.02)",
        "angle": "0:(0), 50:(2), 100:(-2)",
        "translation_x": "0:(0), 30:(6)",
    },
    "pivot": {
        "zoom": "0:(1.02)",
        "transform_center_x": "0:(0.25)",
        "transform_center_y": "0:(0.8)",
    },
    "pivot that moves": {
        "zoom": "0:(1.02)",
        "angle": "0:(0.5)",
        "transform_center_x": "0:(0.2), 100:(0.8)",
    },
    "one frame's jerk": {"translation_x": "0:(0), 39:(0), 40:(30), 41:(0)"},
}


@pytest.mark.parametrize("moves", NUMERIC.values(), ids=NUMERIC.keys())
def test_points_stay_together_over_a_hundred_frames(moves: dict[str, str]) -> None:
    assert furthest(planned(moves), theirs(moves)) < 0.5


@pytest.mark.parametrize("name", ["all", "zoom and shift", "keyed all", "pivot that moves"])
def test_shots_do_not_part_the_way(name: str) -> None:
    moves = NUMERIC[name]
    prompts = {"0": "a forest", "37": "a city", "80": "a sea"}
    plan = planned(moves, prompts=prompts)
    assert len(plan.shots) == 3
    assert furthest(plan, theirs(moves)) < 0.5


FORMULAS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "sway": (
        {"angle": "0:(2*sin(2*3.14*t/40))"},
        {"angle": lambda t: 2 * math.sin(2 * 3.14 * t / 40)},
    ),
    "breath": (
        {"zoom": "0:(1.0025+0.002*sin(1.25*3.14*t/30))"},
        {"zoom": lambda t: 1.0025 + 0.002 * math.sin(1.25 * 3.14 * t / 30)},
    ),
    "saw, which jumps": (
        {"translation_x": "0:(t%15)"},
        {"translation_x": lambda t: t % 15},
    ),
    "switch": (
        {"translation_y": "0:(where(t<50, 2, -2))"},
        {"translation_y": lambda t: 2 if t < 50 else -2},
    ),
    "number, then formula, then number": (
        {"translation_x": "0:(0), 20:(3*cos(t/9)), 70:(1)"},
        {
            "translation_x": lambda t: (
                t / 20 * 3 * math.cos(20 / 9) if t < 20 else 3 * math.cos(t / 9) if t < 70 else 1
            )
        },
    ),
    "shift under a zoom that breathes": (
        {"zoom": "0:(1+0.01*cos(t/20))", "translation_x": "0:(2)"},
        {"zoom": lambda t: 1 + 0.01 * math.cos(t / 20), "translation_x": lambda t: 2},
    ),
    "shift by formula under a zoom": (
        {"zoom": "0:(1.01)", "translation_x": "0:(4*sin(t/12))"},
        {"zoom": "0:1.01", "translation_x": lambda t: 4 * math.sin(t / 12)},
    ),
}


@pytest.mark.parametrize(("written", "meant"), FORMULAS.values(), ids=FORMULAS.keys())
def test_formulas_lead_the_same_way(written: dict[str, str], meant: dict[str, Any]) -> None:
    assert furthest(planned(written), theirs(meant)) < 0.5


def test_literally_the_pivot_is_half_a_pixel_off() -> None:
    moves = {"zoom": "0:(1.004)", "translation_x": "0:(2)"}
    assert furthest(planned(moves), theirs(moves, literal=True)) < 0.5


def test_another_fps_of_the_film_keeps_the_way() -> None:
    moves = NUMERIC["keyed all"]
    text = import_settings({**SETTINGS, **moves}, "deforum").text
    slow, quick = (
        make_plan(load_story_text(text, overrides={"output.fps": fps})) for fps in ("12", "24")
    )
    for frame in (1, 40, 100):
        there = in_pixels(way(slow, 0, frame)), in_pixels(way(quick, 0, 2 * frame))
        assert np.allclose(*there, atol=1e-6)


SPACE = {"animation_mode": "3D", "fov_schedule": "0:(40)"}


@pytest.mark.parametrize(
    ("moves", "point"),
    [
        ({"translation_x": "0:(10)"}, (-35.1677, 0)),
        ({"translation_y": "0:(10)"}, (0, 35.1677)),
        ({"rotation_3d_y": "0:(1)"}, (-12.3, 0)),
        ({"rotation_3d_x": "0:(1)"}, (0, 12.3)),
    ],
    ids=["x", "y", "yaw", "tilt"],
)
def test_in_space_the_content_goes_where_the_sources_goes(
    moves: dict[str, str], point: tuple[float, float]
) -> None:
    settings = {**SETTINGS, **SPACE, "W": 512, "H": 512, **moves}
    plan = make_plan(load_story_text(import_settings(settings, "deforum").text))
    went = way(plan, 0, 1) @ [0, 0, 1]
    assert went[:2] * 256 == pytest.approx(point, abs=0.05)


def test_in_space_nearing_magnifies_and_roll_is_the_angle() -> None:
    moves = {"translation_z": "0:(10)", "rotation_3d_z": "0:(10)"}
    matrix = way(planned(moves, **SPACE), 0, 1)
    assert math.degrees(math.atan2(matrix[0, 1] / (HEIGHT / WIDTH), matrix[0, 0])) == pytest.approx(
        10, abs=1e-3
    )
    assert math.sqrt(np.linalg.det(matrix)) == pytest.approx(1.169, abs=1e-3)


def test_what_moves_by_numbers_is_said_in_few_words() -> None:
    text = import_settings({**SETTINGS, **NUMERIC["keyed zoom"]}, "deforum").text
    motion = text[text.index("motion:") : text.index("shots:")]
    assert motion.count("\n") == 2
    assert 'keys("0s: 1.000167, 4.9583s: 1.02, 8.2916s: 0.98")**12' in motion
