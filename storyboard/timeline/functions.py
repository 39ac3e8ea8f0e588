"""What expressions may call and read: plain numpy on arrays of one value per instant."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from storyboard.timeline.plan import Floats

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Function:
    """A function of the expression language.

    ``signature`` is what messages show and where the number of arguments comes from: ``seed=0``
    can be left out, ``...`` stands for any number more.
    """

    signature: str
    doc: str
    apply: Callable[..., Floats]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.signature.partition("(")[0]

    @property
    def parameters(self) -> list[str]:
        """The parameters as written in the signature."""
        return self.signature.partition("(")[2].rstrip(")").split(", ")

    @property
    def least(self) -> int:
        """The smallest number of arguments."""
        return sum("=" not in p and p != "..." for p in self.parameters)

    @property
    def most(self) -> int | None:
        """The largest number of arguments; None where there is no limit."""
        return None if "..." in self.parameters else len(self.parameters)


def noise(x: Floats, seed: Floats | float = 0.0) -> Floats:
    """Smooth noise in -1..1 that changes about once per unit of ``x``, twice differentiable.

    Every whole number of ``x`` has a random value and a random slope, hashed from it and ``seed``;
    between two of them both straight lines are blended with the quintic 6u^5 - 15u^4 + 10u^3
    (Perlin, Improving Noise, 2002). Unlike pure gradient noise it is not zero at whole numbers.
    """
    left = np.floor(x)
    u = x - left
    blend = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
    return (1.0 - blend) * _line(left, u, seed) + blend * _line(left + 1.0, u - 1.0, seed)


def rand(x: Floats, seed: Floats | float = 0.0) -> Floats:
    """A number in [0, 1) hashed from ``x`` and ``seed``: equal arguments, equal number."""
    return (_hash(x, seed) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _line(at: Floats, offset: Floats, seed: Floats | float) -> Floats:
    """The straight line of `noise` through the whole number ``at``, within -1..1."""
    word = _hash(at, seed)
    value = (word >> np.uint64(32)).astype(np.float64) * 2.0**-31 - 1.0
    slope = (word & np.uint64(0xFFFFFFFF)).astype(np.float64) * 2.0**-31 - 1.0
    return 0.6 * value + 0.8 * slope * offset


def _hash(x: Floats, seed: Floats | float) -> Words:
    """64 well-mixed bits from two numbers; -0.0 counts as 0.0."""
    one = _mixed(_bits(x))
    return _mixed(one ^ _mixed(_bits(seed) + np.uint64(0x9E3779B97F4A7C15)))


def _bits(x: Floats | float) -> Words:
    return np.ascontiguousarray(np.atleast_1d(x) + 0.0, dtype=np.float64).view(np.uint64)


def _mixed(word: Words) -> Words:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def _smoothstep(low: Floats, high: Floats, x: Floats) -> Floats:
    u = np.clip((x - low) / (high - low), 0.0, 1.0)
    return u * u * (3.0 - 2.0 * u)


FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("sin(x)", "sine of x radians", np.sin),
        Function("cos(x)", "cosine of x radians", np.cos),
        Function("tan(x)", "tangent of x radians", np.tan),
        Function("asin(x)", "the angle in radians whose sine is x", np.arcsin),
        Function("acos(x)", "the angle in radians whose cosine is x", np.arccos),
        Function("atan(x)", "the angle in radians whose tangent is x", np.arctan),
        Function("atan2(y, x)", "the angle in radians of the point (x, y)", np.arctan2),
        Function("exp(x)", "e to the power of x", np.exp),
        Function("log(x)", "natural logarithm", np.log),
        Function("sqrt(x)", "square root", np.sqrt),
        Function("pow(x, y)", "x ** y", np.power),
        Function("abs(x)", "x without its sign", np.abs),
        Function("sign(x)", "-1, 0 or 1", np.sign),
        Function("floor(x)", "the whole number at or below x", np.floor),
        Function("ceil(x)", "the whole number at or above x", np.ceil),
        Function("round(x)", "the nearest whole number; halves go to the even one", np.round),
        Function("min(a, b, ...)", "the smallest", lambda *v: reduce(np.minimum, v)),
        Function("max(a, b, ...)", "the largest", lambda *v: reduce(np.maximum, v)),
        Function(
            "clamp(x, low, high)",
            "x held between low and high",
            lambda x, low, high: np.minimum(np.maximum(x, low), high),
        ),
        Function("lerp(a, b, u)", "from a at u = 0 to b at u = 1", lambda a, b, u: a + (b - a) * u),
        Function("smoothstep(low, high, x)", "0 below low, 1 above high, smooth", _smoothstep),
        Function("step(edge, x)", "0 where x < edge, else 1", lambda e, x: 1.0 * (x >= e)),
        Function("mod(x, y)", "x % y, with the sign of y", np.mod),
        Function("fract(x)", "x - floor(x), a saw tooth from 0 to 1", lambda x: x - np.floor(x)),
        Function("noise(x, seed=0)", "smooth noise in -1..1, about one wiggle per unit", noise),
        Function("rand(x, seed=0)", "a random number in 0..1 for each x and seed", rand),
    )
}
"""Every function by its name."""

OPERATORS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": np.power,
}
"""What the signs between two operands do."""

PREFIXES: dict[str, Callable[[Floats], Floats]] = {
    "-": np.negative,
    "+": np.positive,
    "not": np.logical_not,
}
"""What the signs before an operand do."""

TIME_NAMES = {
    "t": "seconds since the film began",
    "s": "the same as t",
    "f": "number of the frame, from 0 at the film's start",
    "b": "beats since the first beat; whole numbers fall on beats",
    "beat": "the same as b",
    "beat_phase": "0 on a beat, towards 1 until the next",
    "bar": "bars since the first beat",
    "bar_phase": "0 at the start of a bar, towards 1 until the next",
    "beats_per_bar": "beats in a bar",
    "u": "0 at the shot's start, 1 at its end",
    "shot_t": "seconds since the shot began",
    "duration": "seconds that the shot lasts",
    "fps": "frames a second",
    "bpm": "beats a minute",
    "seed": "the story's seed",
}
"""The names that every curve may read, with one line on each."""

CONSTANTS = {"pi": math.pi, "tau": math.tau, "e": math.e}
"""Names with a fixed value."""

ELSEWHERE = {
    "where": "write a if condition else b",
    "mix": "write lerp(a, b, u)",
    "ln": "write log(x)",
    "log10": "write log(x) / log(10)",
    "arcsin": "write asin(x)",
    "arccos": "write acos(x)",
    "arctan": "write atan(x)",
    "arctan2": "write atan2(y, x)",
    "perlin": "write noise(x, seed)",
    "random": "write rand(x, seed)",
    "math": "functions need no prefix: write sin(x)",
    "np": "functions need no prefix: write sin(x)",
    "time": "write t for seconds of the film, shot_t for those of the shot",
    "frame": "write f",
    "progress": "write u",
}
"""What other tools call things, and what to write here."""
