"""Keys, easings and curves put elsewhere in time, within expressions."""

from __future__ import annotations

import pytest

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
def test_values(sample: object, text: str, expected: list[float]) -> None:
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
        ('keys("0: 0, 2s")', 13, "'2s' is no key", "write keys("),
        ('keys("")', 7, "'' is no key", "write keys("),
        ('keys("0: 0, dorp: 1")', 6, "in keys(...): unknown mark 'dorp'", "did you mean 'drop'"),
        ('keys("0: 0, 0s: 1")', 6, "keys '0' and '0s' are at the same time", "leave one out"),
        ('keys("0: log(0-1)")', 6, "in keys(...): log(-1) is not a real number", None),
        ("keys(1)", 6, "keys takes a text in quotes first", 'write keys("0:0, 2s:1")'),
        ('keys("0: 0", 2)', 12, "expected ')' behind the keys", None),
        ('ease("bonce", t)', 7, "unknown easing 'bonce'", "did you mean 'bounce"),
        ('ease("steps(0)", t)', 7, "'steps(0)' is no easing", "write steps(4)"),
        ("ease(t, 1)", 6, "ease takes a text in quotes first", 'write ease("bounce-out", u)'),
        ('ease("smooth")', 14, "expected ','", None),
        ('1 + "a"', 5, "a text is no number", "keys("),
        ("loop(t, 0)", 9, "the length is 0, not above zero", None),
    ],
)
def test_mistakes(refused: object, text: str, column: int, message: str, hint: str | None) -> None:
    refused(text, column, message, hint)
