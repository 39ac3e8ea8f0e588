"""Easings: ends, known values in between, symmetry, names."""

from __future__ import annotations

import numpy as np
import pytest

from storyboard.curves.easings import easing, easings
from storyboard.errors import BadValue, UnknownName

FAMILIES = ["sine", "quad", "cubic", "quart", "quint", "expo", "circ", "back", "elastic", "bounce"]
U = np.linspace(0, 1, 101)


def at(name: str, u: float) -> float:
    return float(easing(name)(np.array([u]))[0])


@pytest.mark.parametrize("name", easings.names())
def test_ends(name: str) -> None:
    np.testing.assert_allclose(easing(name)(np.array([0.0, 1.0])), [0.0, 1.0], atol=1e-12)


@pytest.mark.parametrize("name", easings.names())
def test_any_shape_is_kept_and_all_values_are_finite(name: str) -> None:
    grid = U.reshape(1, -1)
    values = easing(name)(grid)
    assert values.shape == grid.shape
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(grid.ravel(), np.linspace(0, 1, 101))


KNOWN = [
    ("linear", 0.3, 0.3),
    ("hold", 0.999, 0.0),
    ("step", 0.999, 0.0),
    ("smooth", 0.25, 0.15625),
    ("ease", 0.5, 0.8024033877399112),
    ("ease-in", 0.5, 0.3153568125725393),
    ("ease-out", 0.5, 0.6846431874274607),
    ("ease-in-out", 0.25, 0.12916193123147742),
    ("sine-in", 0.5, 1 - np.sqrt(0.5)),
    ("sine-in-out", 0.25, (1 - np.sqrt(0.5)) / 2),
    ("quad-in", 0.5, 0.25),
    ("quad-out", 0.5, 0.75),
    ("quad-in-out", 0.25, 0.125),
    ("cubic-in", 0.5, 0.125),
    ("quart-in", 0.5, 0.0625),
    ("quint-out", 0.5, 0.96875),
    ("quint-in-out", 0.25, 0.015625),
    ("expo-in", 0.5, 0.03125),
    ("expo-out", 0.5, 0.96875),
    ("expo-in-out", 0.25, 0.015625),
    ("circ-in", 0.6, 0.2),
    ("circ-out", 0.4, 0.8),
    ("back-in", 0.5, -0.0876975),
    ("back-out", 0.5, 1.0876975),
    ("back-in-out", 0.25, -0.09968184375),
    ("elastic-in", 0.5, -0.015625),
    ("elastic-out", 0.5, 1.015625),
    ("elastic-in-out", 0.25, 0.01196944400),
    ("bounce-in", 0.5, 0.234375),
    ("bounce-out", 0.5, 0.765625),
    ("bounce-out", 0.2, 0.3025),
    ("bounce-out", 0.8, 0.94),
    ("bounce-out", 0.95, 0.98453125),
    ("bounce-in-out", 0.25, 0.1171875),
]


@pytest.mark.parametrize(("name", "u", "value"), KNOWN)
def test_known_values(name: str, u: float, value: float) -> None:
    assert at(name, u) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_out_is_in_turned_around(family: str) -> None:
    turned = 1 - easing(f"{family}-in")(1 - U)
    np.testing.assert_allclose(easing(f"{family}-out")(U), turned, atol=1e-12)


@pytest.mark.parametrize("name", [*(f"{f}-in-out" for f in FAMILIES), "smooth", "ease-in-out"])
def test_symmetric_about_the_middle(name: str) -> None:
    values = easing(name)(U)
    np.testing.assert_allclose(values, 1 - values[::-1], atol=1e-9)


@pytest.mark.parametrize("family", [f for f in FAMILIES if f not in ("back", "elastic", "bounce")])
@pytest.mark.parametrize("end", ["in", "out", "in-out"])
def test_the_others_never_go_back(family: str, end: str) -> None:
    assert (np.diff(easing(f"{family}-{end}")(U)) >= 0).all()


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("easeInOutQuad", "quad-in-out"),
        ("easeOutBounce", "bounce-out"),
        ("easeInSine", "sine-in"),
        ("ease-in-out-quad", "quad-in-out"),
        ("ease_in_cubic", "cubic-in"),
        ("in-out-expo", "expo-in-out"),
        ("QuadInOut", "quad-in-out"),
    ],
)
def test_other_spellings(alias: str, name: str) -> None:
    assert easing(alias) is easings.get(name)


@pytest.mark.parametrize("name", ["", "smoth", "ease-quad", "easeInOut", "quad-out-in", "quad"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(UnknownName):
        easing(name)


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="'smooth'"):
        easing("smoth")


def test_a_curve_of_ones_own() -> None:
    np.testing.assert_allclose(
        easing("cubic-bezier(.42, 0, 1, 1)")(U), easing("ease-in")(U), atol=1e-12
    )
    assert at("cubic-bezier(0.5, -0.5, 0.5, 1.5)", 0.15) < 0


MALFORMED = ["", "()", "(1,2,3)", "(2,0,1,1)"]


@pytest.mark.parametrize("name", [f"cubic-bezier{given}" for given in MALFORMED])
def test_a_malformed_curve(name: str) -> None:
    with pytest.raises(BadValue, match="cubic-bezier"):
        easing(name)


def test_both_spellings_of_a_bezier_are_one() -> None:
    ours = easing("cubic_bezier(0.1, 0.7, 0.2, 1)")(U)
    np.testing.assert_array_equal(ours, easing("cubic-bezier(0.1, 0.7, 0.2, 1)")(U))


STEPS = [
    ("steps(1)", [0, 0, 0, 0, 1]),
    ("steps(2)", [0, 0, 0.5, 0.5, 1]),
    ("steps(4)", [0, 0.25, 0.5, 0.75, 1]),
    ("steps(4, end)", [0, 0.25, 0.5, 0.75, 1]),
    ("steps(2, start)", [0, 0.5, 1, 1, 1]),
    ("steps( 2 , jump-start )", [0, 0.5, 1, 1, 1]),
]


@pytest.mark.parametrize(("name", "expected"), STEPS)
def test_steps(name: str, expected: list[float]) -> None:
    assert easing(name)(np.linspace(0, 1, 5)).tolist() == expected


def test_a_step_is_one_also_where_rounding_left_it_short() -> None:
    thirds = np.array([0.1 + 0.2 + 0.0333333333333333, 1 / 3, 2 / 3])
    assert easing("steps(3)")(thirds).tolist() == [1 / 3, 1 / 3, 2 / 3]


@pytest.mark.parametrize("name", ["steps", "steps()", "steps(0)", "steps(2.5)", "steps(3, middle)"])
def test_malformed_steps(name: str) -> None:
    with pytest.raises(BadValue, match="write steps"):
        easing(name)


def test_every_easing_has_a_summary() -> None:
    assert all(entry.summary for entry in easings.entries().values())
