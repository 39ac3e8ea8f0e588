"""Curves: written forms, keys, easings, exact instants, and rates that do not know the fps."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.curves.clock import Clock
from storyboard.curves.curves import integrate, integrate_zoom, read_curve
from storyboard.curves.instants import ShotScope
from storyboard.curves.keys import MOST_KEYS
from storyboard.curves.sound import Sound
from storyboard.errors import BadValue

CLOCK = Clock(Fraction(24), bpm=Fraction(120), marks={"drop": Fraction(13)}, end=Fraction(60))
SOUND = Sound({"bass": lambda t: t / 10, "drums.onset": np.sqrt}, {})
SPAN = ShotScope(CLOCK, Fraction(10), Fraction(14), seed=7, sound=SOUND)
"""Four seconds, from second 10 to 14 of the film."""


def sample(written: object, *after: float, ease: str = "linear") -> list[float]:
    instants = SPAN.exact([SPAN.start + Fraction(a) for a in after])
    return read_curve(written, names=SPAN.names, ease=ease).sample(instants).tolist()


VALUES = [
    (3, [3, 3, 3, 3, 3]),
    (-0.5, [-0.5] * 5),
    ("1 + 1", [2] * 5),
    ("t", [10, 11, 12, 13, 14]),
    ("s", [10, 11, 12, 13, 14]),
    ("shot_t", [0, 1, 2, 3, 4]),
    ("u", [0, 0.25, 0.5, 0.75, 1]),
    ("f", [240, 264, 288, 312, 336]),
    ("b", [20, 22, 24, 26, 28]),
    ("duration + fps + bpm + seed", [4 + 24 + 120 + 7] * 5),
    ("bass", [1, 1.1, 1.2, 1.3, 1.4]),
    ("drums.onset**2", [10, 11, 12, 13, 14]),
    ("beat", [20, 22, 24, 26, 28]),
    ("bar + beats_per_bar", [9, 9.5, 10, 10.5, 11]),
    ("bar_phase + 10*beat_phase", [0, 0.5, 0, 0.5, 0]),
    ({"0s": 0, "4s": 8}, [0, 2, 4, 6, 8]),
    ({"0s": 0, "100%": 8}, [0, 2, 4, 6, 8]),
    ({0: 0, 4: 8}, [0, 2, 4, 6, 8]),
    ({"0:00": 0, "0:04": 8}, [0, 2, 4, 6, 8]),
    ({"0f": 0, "96f": 8}, [0, 2, 4, 6, 8]),
    ({"0b": 0, "8b": 8}, [0, 2, 4, 6, 8]),
    ({"0": 0, "2 bars": 8}, [0, 2, 4, 6, 8]),
    ({"0": 0, "end": 8}, [0, 2, 4, 6, 8]),
    ({"0": 0, "end - 2s": 8}, [0, 4, 8, 8, 8]),
    ({"drop": 1, "0": 0}, [0, 1 / 3, 2 / 3, 1, 1]),
    ({"drop - 4s": 0, "drop": 4}, [1, 2, 3, 4, 4]),
    ({"2s": 5}, [5] * 5),
    ({"1s": 1, "3s": 3}, [1, 1, 2, 3, 3]),
    ({"3s": 3, "1s": 1}, [1, 1, 2, 3, 3]),
    ({"0s": [0, "hold"], "2s": 1, "4s": 2}, [0, 0, 1, 1, 2]),
    ({"0s": [0, "hold"], "2s": [1, "linear"], "4s": 2}, [0, 0, 1, 1.5, 2]),
    ({"2s": [1, "linear"], "0s": [0, "hold"], "4s": 2}, [0, 0, 1, 1.5, 2]),
    ({"0s": {"value": 0, "ease": "quad-in"}, "4s": 1}, [0, 0.0625, 0.25, 0.5625, 1]),
    ({"0s": {"value": 0}, "4s": [1]}, [0, 0.25, 0.5, 0.75, 1]),
    ({"0s": 0, "4s": 1, "ease": "quad-in"}, [0, 0.0625, 0.25, 0.5625, 1]),
    ({"0s": "shot_t", "4s": "10 + shot_t"}, [0, 3.5, 7, 10.5, 14]),
    ({"0s": "2*shot_t", "2s": "10"}, [0, 6, 10, 10, 10]),
    ({"0s": 0, "2s": "shot_t"}, [0, 0.5, 2, 3, 4]),
]


@pytest.mark.parametrize(("written", "expected"), VALUES, ids=[str(v[0]) for v in VALUES])
def test_values(written: object, expected: list[float]) -> None:
    assert sample(written, 0, 1, 2, 3, 4) == pytest.approx(expected, abs=1e-12)


def test_an_easing_for_the_whole_curve_is_carried_until_a_key_names_another() -> None:
    keys = {"0s": 0, "2s": [1, "hold"], "4s": 2}
    assert sample(keys, 0.5, 1.5, 2.5, 3.5, ease="smooth") == [0.15625, 0.84375, 1, 1]


def test_a_curve_of_numbers_is_what_it_is_of_expressions() -> None:
    """Numbers with one easing are interpolated all at once."""
    keys = {f"{n / 7}s": math.sin(5 * n) for n in range(2, 20)}
    times = [n / 16 for n in range(65)]
    told = {time: str(value) for time, value in keys.items()}
    for ease in ("linear", "smooth", "hold", "bounce-out"):
        assert sample(keys, *times, ease=ease) == sample(told, *times, ease=ease)


def test_a_curve_has_so_many_keys() -> None:
    with pytest.raises(BadValue, match=f"at most {MOST_KEYS}"):
        read_curve({n / 100: n for n in range(MOST_KEYS + 1)}, names=SPAN.names)


def test_an_expression_is_only_evaluated_where_its_key_counts() -> None:
    assert sample({"0s": 0, "1s": 0, "2s": "log(shot_t)"}, 0, 1, 4) == [0, 0, math.log(4)]


@pytest.mark.parametrize(
    ("written", "path", "message", "column"),
    [
        ("sni(t)", (), "unknown function 'sni'", 1),
        ("1 + bas", (), "unknown name 'bas'", 5),
        ({"0s": "1 + sni(t)"}, ("0s",), "unknown function 'sni'", 5),
        ({"0s": ["sni(t)", "hold"]}, ("0s", 0), "unknown function 'sni'", 1),
        ({"0x": 1}, ("0x",), "unknown unit 'x'", None),
        ({"1:99": 1}, ("1:99",), "invalid time", None),
        ({"0s": {"value": 1, "eas": "hold"}}, ("0s", "eas"), "unknown 'eas'", None),
        ({"0s": {"ease": "hold"}}, ("0s",), "no value", None),
        ({"0s": [1, "smoth"]}, ("0s", 1), "unknown easing 'smoth'", None),
        ({"0.5s": {"value": "sni(t)"}}, ("0.5s", "value"), "unknown function 'sni'", 1),
        ({"0s": {"value": 1, "ease": "smoth"}}, ("0s", "ease"), "easing 'smoth'", None),
        ({"0s": [[1], "hold"]}, ("0s", 0), "invalid value", None),
        ({"0s": [1, "hold", 2]}, ("0s",), "[value, ease]", None),
        ({"0s": 1, "ease": "smoth"}, ("ease",), "unknown easing 'smoth'", None),
        ({}, (), "at least one key", None),
        ({"ease": "hold"}, (), "at least one key", None),
        ([1, 2], (), "invalid value", None),
        (True, (), "invalid value", None),
        (None, (), "invalid value", None),
        (float("nan"), (), "no number", None),
        (float("inf"), (), "no number", None),
        (10**400, (), "too large", None),
    ],
)
def test_errors_name_the_key(
    written: object, path: tuple, message: str, column: int | None
) -> None:
    with pytest.raises(BadValue) as caught:
        read_curve(written)
    assert message in caught.value.message
    assert (caught.value.path, caught.value.column) == (path, column)
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"0s": 1, "0%": 2}, ("0%",), "duplicate keyframe time: '0s' and '0%'"),
        ({"2b": 1, "1s": 2}, ("1s",), "duplicate keyframe time: '2b' and '1s'"),
        ({"0s": 1, "drp": 2}, ("drp",), "unknown mark 'drp'"),
        ({"0s": "log(shot_t)", "2s": 1}, ("0s",), "log(0) is infinite at frame 240, t = 10s"),
        (
            {"0.5s": ["1/(shot_t - 1)"], "9s": 1},
            ("0.5s", 0),
            "1 / 0 is infinite at frame 264, t = 11s",
        ),
        ("1/(shot_t - 1)", (), "1 / 0 is infinite at frame 264, t = 11s"),
    ],
)
def test_errors_that_only_time_shows(written: object, path: tuple, message: str) -> None:
    with pytest.raises(BadValue) as caught:
        read_curve(written).sample(SPAN.frames(240, 336))
    assert (caught.value.path, caught.value.message) == (path, message)


@pytest.mark.parametrize("text", ["b", "bpm", "{0s: 1, 4b: 2}"])
def test_beats_need_a_bpm(text: str) -> None:
    scope = ShotScope(Clock(Fraction(24)), Fraction(0), Fraction(4))
    curve = read_curve({"0s": 1, "4b": 2} if text.startswith("{") else text)
    with pytest.raises(BadValue, match="needs a tempo"):
        curve.sample(scope.frames(0, 96))


@pytest.mark.parametrize(
    ("written", "constant"),
    [(3, 3), ("1+1", 2), ({"0s": 1, "2s": 1}, 1), ("t", None), ({"0s": 1, "2s": 2}, None)],
)
def test_constants_are_known(written: object, constant: float | None) -> None:
    assert read_curve(written).constant == constant


def test_names_used() -> None:
    curve = read_curve({"0s": "t", "2s": ["b + pi", "hold"], "3s": 1})
    assert curve.names_used == {"t", "b"}
    assert read_curve(1).names_used == set()


NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -(10**400), True, None]))
TEXTS = st.sampled_from(
    ["t", "1/shot_t", "1s", "0:01", "drop", "50%", "b", (), "hold", "ease", "x"]
)
WRITTEN = st.recursive(
    NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NUMBERS | TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(WRITTEN)
def test_whatever_is_written_has_finite_values_or_is_a_bad_value(written: object) -> None:
    try:
        values = read_curve(written).sample(SPAN.frames(240, 250))
    except BadValue:
        return
    assert values.shape == (10,)
    assert np.isfinite(values).all()


class TestInstants:
    def test_beats_and_frames_are_whole_where_they_should_be(self) -> None:
        """In floats, 24000/1001 fps and 140 bpm miss the whole beat by a rounding error."""
        clock = Clock(Fraction(24000, 1001), bpm=Fraction(140), first_beat=Fraction(1, 3))
        scope = ShotScope(clock, Fraction(0), Fraction(600))
        beats = [Fraction(1, 3) + n * Fraction(60, 140) for n in range(1000)]
        np.testing.assert_array_equal(scope.exact(beats).b, np.arange(1000))
        np.testing.assert_array_equal(scope.frames(0, 9000).f, np.arange(9000))

    @pytest.mark.parametrize(
        ("fps", "bpm", "first_beat", "start"),
        [
            ("24", "120", "0", "10"),
            ("24000/1001", "92.35", "0.3517", "10/3"),
            ("60000/1001", "173.000001", "1/7", "0.001"),
            ("30", "120.000000000000001", "1/999999937", "1/1000003"),
        ],
    )
    def test_frames_are_as_exact_as_fractions(
        self, fps: str, bpm: str, first_beat: str, start: str
    ) -> None:
        clock = Clock(Fraction(fps), bpm=Fraction(bpm), first_beat=Fraction(first_beat))
        scope = ShotScope(clock, Fraction(start), Fraction(600))
        quick, exact = scope.frames(5, 3000), scope.exact([n / clock.fps for n in range(5, 3000)])
        for name in ("t", "after", "f", "b"):
            np.testing.assert_array_equal(getattr(quick, name), getattr(exact, name))

    def test_a_frame_before_the_exact_start_reads_the_start(self) -> None:
        scope = ShotScope(CLOCK, Fraction(1, 100), Fraction(1))
        first = scope.frames(0, 1)
        env = {name: first.read(name) for name in ("shot_t", "u", "t")}
        assert first.after.tolist() == [-0.01]
        assert [env["shot_t"], env["u"], env["t"]] == [0, 0, 0]
        assert read_curve("sqrt(shot_t)").sample(first).tolist() == [0]

    def test_a_shot_of_no_length(self) -> None:
        scope = ShotScope(CLOCK, Fraction(1), Fraction(1))
        assert len(scope.frames(24, 24)) == 0
        assert read_curve({"0s": 1, "1s": "u"}).sample(scope.frames(24, 24)).tolist() == []
        assert read_curve("u").sample(scope.exact([scope.start])).tolist() == [0]

    def test_after_agrees_with_the_exact_instants(self) -> None:
        exact = SPAN.frames(240, 336)
        rough = SPAN.from_shot_start(exact.after)
        for name in ("t", "after", "f", "b"):
            np.testing.assert_allclose(getattr(rough, name), getattr(exact, name), rtol=1e-14)


class TestRates:
    end = SPAN.exact([SPAN.end])

    @pytest.mark.parametrize(
        ("rate", "way"),
        [
            (2, 8),
            ("shot_t", 8),
            ("shot_t**2", 64 / 3),
            ("cos(shot_t)", math.sin(4)),
            ("exp(-shot_t)", 1 - math.exp(-4)),
            ({"0s": 0, "4s": 3}, 6),
            ({"0s": 0, "1.01s": 3, "4s": -1}, 1.515 + 2.99),
            ({"0s": [1, "hold"], "1.013s": 5}, 1.013 + 5 * 2.987),
            ({"0s": [0, "quint-in"], "3s": 6}, 3 + 6),
            ("floor(b) - 20", 0.5 * sum(range(8))),
            ("fract(b)", 2),
        ],
    )
    def test_known_integrals(self, rate: object, way: float) -> None:
        assert integrate(read_curve(rate), self.end)[0] == pytest.approx(way, rel=1e-12)

    @pytest.mark.parametrize(
        ("rate", "tolerance"),
        [
            (0.3, 0),
            ({"0s": 0, "1.7s": 3, "3s": -2}, 1e-12),
            ("sin(7*t) + 0.2*shot_t", 1e-12),
            ("noise(3*t, 2)", 1e-12),
            ("1 if sin(9*t) > 0 else -1", 1e-9),
        ],
    )
    def test_the_fps_does_not_matter(self, rate: object, tolerance: float) -> None:
        curve, common = read_curve(rate), SPAN.exact([10 + Fraction(n, 12) for n in range(48)])
        slow = integrate(curve, common)
        fast = integrate(curve, SPAN.exact([10 + Fraction(n, 60) for n in range(240)]))[::5]
        np.testing.assert_allclose(slow, fast, rtol=0, atol=tolerance)

    def test_a_smooth_rate_agrees_with_its_primitive_at_every_frame(self) -> None:
        frames = SPAN.frames(240, 336)
        way = integrate(read_curve("3*sin(2*pi*shot_t)"), frames)
        exact = 3 / (2 * np.pi) * (1 - np.cos(2 * np.pi * frames.after))
        np.testing.assert_allclose(way, exact, atol=1e-12)

    def test_a_jump_inside_a_cell_costs_little(self) -> None:
        way = integrate(read_curve("1 if shot_t > 1.00001 else 0"), self.end)
        assert way[0] == pytest.approx(2.99999, abs=2e-3)

    def test_the_way_before_the_start_is_negative(self) -> None:
        scope = ShotScope(CLOCK, Fraction(1, 100), Fraction(1))
        for rate in (2, "2 + 0*t"):
            assert integrate(read_curve(rate), scope.frames(0, 1))[0] == pytest.approx(-0.02)

    @pytest.mark.parametrize(
        ("rate", "zoom"),
        [
            (1, 1),
            (2, 16),
            (0.5, 0.0625),
            ("1.1", 1.1**4),
            ("exp(shot_t)", math.exp(8)),
            ({"0s": [2, "hold"], "2s": 3}, 4 * 9),
        ],
    )
    def test_zoom_multiplies(self, rate: object, zoom: float) -> None:
        assert integrate_zoom(read_curve(rate), self.end)[0] == pytest.approx(zoom, rel=1e-12)

    @pytest.mark.parametrize("rate", [0, -1, "2 - shot_t", {"0s": 1, "2s": -1}])
    def test_a_zoom_rate_that_is_not_above_zero(self, rate: object) -> None:
        with pytest.raises(BadValue, match="zoom_per_s is") as caught:
            integrate_zoom(read_curve(rate), self.end)
        assert "multiplies" in str(caught.value.hint)

    def test_a_rate_is_not_asked_for_outside_its_instants(self) -> None:
        """Past the film's last moment, or before its first, it may have no value."""
        way = integrate(read_curve("sqrt(14 - t) * sqrt(t - 10)"), self.end)
        assert way[0] == pytest.approx(2 * math.pi, rel=1e-4)

    def test_no_instants_no_way(self) -> None:
        assert integrate(read_curve("t"), SPAN.frames(240, 240)).tolist() == []

    def test_a_long_film_is_exact(self) -> None:
        scope = ShotScope(CLOCK, Fraction(0), Fraction(240))
        way = integrate(read_curve("1 + 0*noise(t)"), scope.frames(0, 5760))
        np.testing.assert_allclose(way, np.arange(5760) / 24, rtol=1e-12)
