"""Shapers of signals: exact where they can be, the same at every fps, and never in the way.

Keys, easings and curves put elsewhere in time, within expressions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from storyboard.curves.curves import integrate, read_curve
from storyboard.curves.expressions.scope import Cache
from storyboard.curves.instants import ShotScope


class CountingCache(Cache):
    def __init__(self) -> None:
        super().__init__()
        self.made: list[Hashable] = []

    def recall(self, key: Hashable, make: Callable[[], Any]) -> Any:
        def counted() -> Any:
            self.made.append(key)
            return make()

        return super().recall(key, counted)


def values(text: str, scope: ShotScope, seconds: float = 8) -> np.ndarray:
    at = scope.frames(0, int(seconds * scope.clock.fps))
    return read_curve(text, names=scope.names).sample(at)


def bass(t: float) -> float:
    return 0.5 + 0.5 * math.sin(t)


def sum_of_bass(t: float) -> float:
    return 0.5 * t + 0.5 * (1 - math.cos(t))


EXACT = [
    ("integral(bass)", [0, sum_of_bass(1), sum_of_bass(4)]),
    ("integral(2)", [0, 2, 8]),
    ("integral(t**3)", [0, 0.25, 64]),
    ("integral(beat_phase)", [0, 0.5, 2]),
    ("integral(1 if t < 2 else 0)", [0, 1, 2]),
    ("smooth(bass, 2)", [0.5, sum_of_bass(2) / 2, (sum_of_bass(5) - sum_of_bass(3)) / 2]),
    ("smooth(3*t - 1, 5)", [-1, 2, 11]),
    ("smooth(beat_phase, 1b)", [0, 0.5, 0.5]),
    ("smooth(t**2, 0)", [0, 1, 16]),
    ("delay(bass, 0.5)", [0.5, bass(0.5), bass(3.5)]),
    ("delay(t, 2b)", [0, 0, 3]),
    ("delay(t, 0-1)", [1, 2, 5]),
    ("delay(t, t/2)", [0, 0.5, 2]),
    ("prev(t)", [0, 23 / 24, 95 / 24]),
    ("prev(prev(f))", [0, 22, 94]),
    ("gate(bass, 0.6)", [0, bass(1), 0]),
    ("env(2, 1, 1)", [2, 2, 2]),
    ("env(t, 0, 0)", [0, 1, 4]),
    ("integral(bass) - integral(bass)", [0, 0, 0]),
    ("integral(delay(1, 1))", [0, 1, 4]),
    ("0 if t < 9 else smooth(bass, 1)", [0, 0, 0]),
]


@pytest.mark.parametrize(("text", "expected"), EXACT)
def test_values(sample: object, text: str, expected: list[float]) -> None:
    assert sample(text, 0, 1, 4) == pytest.approx(expected, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("text", ["integral(bass)", "integral(bass*t)", "integral(exp(-t))"])
def test_an_integral_is_that_of_a_rate(scope: ShotScope, text: str) -> None:
    at = scope.frames(0, 192)
    rate = read_curve(text[len("integral(") : -1], names=scope.names)
    np.testing.assert_allclose(values(text, scope), integrate(rate, at), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("signal", ["bass", "onset", "gate(bass, 0.7)", "decay(onset, 9)", "t*t"])
def test_an_integral_of_what_is_never_below_zero_never_falls(scope: ShotScope, signal: str) -> None:
    fine = scope.from_shot_start(np.linspace(0, 8, 20_001))
    integral = read_curve(f"integral({signal})", names=scope.names).sample(fine)
    assert (np.diff(integral) >= -1e-12).all()


@pytest.mark.parametrize(
    "text",
    [
        "integral(bass)",
        "smooth(bass, 0.7)",
        "smooth(smooth(bass, 1), 1)",
        "env(bass, 0.1, 0.5)",
        "delay(env(bass, 0.1, 1), 0.3)",
        "integral(gate(bass, 0.8))",
        "sine(3)",
        "wiggle(2, 1)",
    ],
)
def test_another_fps_gives_the_same_path(hear: object, text: str) -> None:
    slow, quick = (values(text, hear(fps=fps)) for fps in (12, 60))
    np.testing.assert_allclose(slow, quick[::5], rtol=1e-4, atol=1e-4)


def test_an_envelope_rises_and_falls_with_its_time_constants(sample: object) -> None:
    gate = "1 if 1 <= t < 4 else 0"
    rising = sample(f"env({gate}, 0.5, 2)", 0.9, 1.5, 2)
    assert rising == pytest.approx([0, 1 - math.exp(-1), 1 - math.exp(-2)], abs=0.01)
    falling = sample(f"env({gate}, 0, 2)", 3.9, 6, 8)
    assert falling == pytest.approx([1, math.exp(-1), math.exp(-2)], abs=0.01)


@pytest.mark.parametrize("fps", [12, 24, 60])
def test_an_envelope_without_attack_misses_no_hit(hear: object, fps: int) -> None:
    scope = hear(fps=fps)
    follows = values("env(onset, 0, 0.3) >= onset - 1e-12", scope)
    assert follows.all()
    assert values("env(onset, 0, 0.3)", scope).max() == 1.0


def test_smooth_is_symmetric(hear: object) -> None:
    scope = hear(end=6)
    forward = values("smooth((t - 3)**3, 1.5)", scope, 6)
    np.testing.assert_allclose(forward[1:], -forward[1:][::-1], atol=1e-9)


def test_shots_of_one_film_work_it_out_once(hear: object) -> None:
    asked: list[int] = []
    scope = hear()
    signals = {"loud": lambda t: (asked.append(len(t)), np.abs(np.sin(t)))[1]}
    film = ShotScope(scope.clock, scope.start, scope.end, sound=type(scope.sound)(signals, {}))
    first = ShotScope(film.clock, 0, 4, sound=film.sound, film_end=8, cache=film.cache)
    second = ShotScope(film.clock, 4, 8, sound=film.sound, film_end=8, cache=film.cache)
    before = read_curve("integral(loud)", names=first.names).sample(first.exact([4]))
    count = len(asked)
    after = read_curve("integral( loud )", names=second.names).sample(second.exact([4]))
    assert before == after
    assert len(asked) == count == 1


def test_what_differs_between_shots_is_not_shared(hear: object) -> None:
    one, other = hear(start=0, end=4), hear(start=4, end=8)
    other = ShotScope(**{**vars(other), "cache": one.cache})
    text = "integral(u)"
    first = read_curve(text, names=one.names).sample(one.exact([4]))
    second = read_curve(text, names=other.names).sample(other.exact([8]))
    assert (first[0], second[0]) == (pytest.approx(2), pytest.approx(2))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("env(bass, t, 1)", 11, "attack has to be the same at all times"),
        ("env(bass, 0.1, 0-1)", 16, "release is -1, below zero"),
        ("smooth(bass, 0-1)", 14, "the window is below zero"),
        ("smooth(log(3 - t), 1)", 8, "log(-"),
        ("env(bass)", 1, "env takes other arguments than these 1"),
        ("env(bass, release=1)", 1, "env takes other arguments than these 2"),
    ],
)
def test_errors(refused: object, text: str, column: int, message: str) -> None:
    refused(text, column, message)


NESTED = [
    "smooth(" * 30 + "bass" + ", 1)" * 30,
    "env(" * 30 + "bass" + ", 0.1, 1)" * 30,
    "env(" * 15 + "delay(" * 15 + "bass" + ", 0.1)" * 15 + ", 0.1, 1)" * 15,
    "integral(" * 30 + "bass" + ")" * 30,
    "since(" * 30 + "bass" + ")" * 30,
    "prev(" * 30 + "bass" + ")" * 30,
    "loop(" * 30 + "bass" + ", 1)" * 30,
    "decay(" * 30 + "bass" + ", 3)" * 30,
    "+".join(f"smooth(bass, {n}/9)" for n in range(80)),
]


@pytest.mark.parametrize("text", NESTED, ids=[text[:8] for text in NESTED])
def test_nested_ones_are_bounded(scope: ShotScope, text: str) -> None:
    cache = CountingCache()
    assert np.isfinite(values(text, replace(scope, cache=cache), 1)).all()
    assert len(cache.made) <= 91
    assert len(set(cache.made)) == len(cache.made)


VALUES = [
    ('keys("0: 0, 2s: 1")', [0, 0.5, 1, 1]),
    ("keys('0: 0, 2s: 1')", [0, 0.5, 1, 1]),
    ('keys("2s: 1, 0: 0, 3s: 5")', [0, 0.5, 1, 5]),
    ('keys("0: 0, drop: 4, end: 20")', [0, 2, 4, 4 + 16 / 6]),
    ('keys("0: 0, 50%: 4")', [0, 1, 2, 3]),
    ('keys("0: 0 hold, 2s: 1")', [0, 0, 1, 1]),
    ('keys("0: 0 steps(2), 2s: 1")', [0, 0.5, 1, 1]),
    ('keys("0: 0 cubic-bezier(0, 0, 1, 1), 2s: 1")', [0, 0.5, 1, 1]),
    ('keys("0: t, 2s: 1 - t")', [0, 0.5, -1, -2]),
    ('keys("0:00: 0, 0:02: min(1, 2)")', [0, 0.5, 1, 1]),
    ('2*keys("0: 1") + t', [2, 3, 4, 5]),
    ('ease("smooth", t/2)', [0, 0.5, 1, 1]),
    ('ease("hold", t)', [0, 1, 1, 1]),
    ('ease("steps(2)", t/2)', [0, 0.5, 1, 1]),
    ('ease("steps(2, start)", t/2)', [0, 1, 1, 1]),
    ('ease("linear", u=0.5)', [0.5, 0.5, 0.5, 0.5]),
    ('loop(keys("0: 0, 2s: 1"), 2s)', [0, 0.5, 0, 0.5]),
    ("loop(t, 1.5)", [0, 1, 0.5, 0]),
    ("loop(t, 3b)", [0, 1, 0.5, 0]),
    ("loop(t, 1 bar)", [0, 1, 0, 1]),
    ("pingpong(t, 2)", [0, 1, 2, 1]),
    ("pingpong(t, 4b)", [0, 1, 2, 1]),
    ("pingpong(curve=t, length=1.5)", [0, 1, 1, 0]),
    ("after(drop, 5*t)", [0, 0, 0, 5]),
    ("after(drop, shot_t + f + b)", [0, 0, 0, 27]),
    ('after(drop, keys("0: 3, 2s: 1"))', [3, 3, 3, 2]),
    ("after(drop, count(drop))", [1, 1, 1, 1]),
    ("after(drop, integral(1))", [0, 0, 0, 1]),
    ("after(drop, u)", [0, 0, 0, 1 / 6]),
    ("after(t > 1.5, t)", [0, 0, 0.5 - 1 / 24 + 1 / 24, 1.5]),
    ("loop(after(drop, t), 3)", [0, 0, 0, 0]),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_values_elsewhere_in_time(sample: object, text: str, expected: list[float]) -> None:
    assert sample(text, 0, 1, 2, 3) == pytest.approx(expected, abs=1e-9)


def test_keys_and_loops_count_from_the_shot(sample: object) -> None:
    assert sample('keys("0: 0, 2s: 1")', 2, 3, 4, start=2) == [0, 0.5, 1]
    assert sample('loop(keys("0: 0, 1s: 1"), 1s)', 2, 2.5, 3, 3.5, start=2) == [0, 0.5, 0, 0.5]


def test_a_mark_after_the_shot_holds_the_curves_beginning(sample: object) -> None:
    assert sample('after(drop, keys("0: 7, 100%: 9"))', 0, 1, end=1) == [7, 7]


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ('1 + keys("0: 0, 2x: 1")', 17, "'2x': unknown unit 'x'", "write 2.5s"),
        ('keys("0: 0, 2s: sni(t)")', 17, "unknown function 'sni'", "did you mean 'sin'"),
        ('keys("0: 0, 2s")', 13, "'2s' is not a key", "write keys("),
        ('keys("")', 7, "'' is not a key", "write keys("),
        ('keys("0: 0, dorp: 1")', 6, "in keys(...): unknown mark 'dorp'", "did you mean 'drop'"),
        ('keys("0: 0, 0s: 1")', 6, "duplicate keyframe time: '0' and '0s'", "leave one out"),
        ('keys("0: log(0-1)")', 6, "in keys(...): log(-1) is not a real number", None),
        ("keys(1)", 6, "keys takes a text in quotes first", 'write keys("0:0, 2s:1")'),
        ('keys("0: 0", 2)', 12, "expected ')' behind the keys", None),
        ('ease("bonce", t)', 7, "unknown easing 'bonce'", "did you mean 'bounce"),
        ('ease("steps(0)", t)', 7, "invalid easing 'steps(0)'", "write steps(4)"),
        ("ease(t, 1)", 6, "ease takes a text in quotes first", 'write ease("bounce-out", u)'),
        ('ease("smooth")', 14, "expected ','", None),
        ('1 + "a"', 5, "a text is not a number", "keys("),
        ("loop(t, 0)", 9, "the length is 0, not above zero", None),
    ],
)
def test_errors_elsewhere_in_time(
    refused: object, text: str, column: int, message: str, hint: str | None
) -> None:
    refused(text, column, message, hint)
