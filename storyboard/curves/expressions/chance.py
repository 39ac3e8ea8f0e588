"""Chance: noise and random numbers, all hashed from their arguments, so every run has the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from storyboard.curves.expressions.functions import Function
from storyboard.curves.expressions.nodes import Environment, Node
from storyboard.curves.expressions.pointwise import turns
from storyboard.errors import BadValue
from storyboard.plan import Floats

Words = npt.NDArray[np.uint64]


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
    """Return a number in [0, 1) hashed from ``x`` and ``seed``: equal arguments, equal number."""
    return (_hash(x, seed) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _line(at: Floats, offset: Floats, seed: Floats | float) -> Floats:
    """Return the straight line of `noise` through the whole number ``at``, within -1..1."""
    word = _hash(at, seed)
    value = (word >> np.uint64(32)).astype(np.float64) * 2.0**-31 - 1.0
    slope = (word & np.uint64(0xFFFFFFFF)).astype(np.float64) * 2.0**-31 - 1.0
    return 0.6 * value + 0.8 * slope * offset


def _hash(x: Floats, seed: Floats | float) -> Words:
    """Return 64 well-mixed bits of two numbers; -0.0 counts as 0.0."""
    one = _mixed(_bits(x))
    return _mixed(one ^ _mixed(_bits(seed) + np.uint64(0x9E3779B97F4A7C15)))


def _bits(x: Floats | float) -> Words:
    return np.ascontiguousarray(np.atleast_1d(x) + 0.0, dtype=np.float64).view(np.uint64)


def _mixed(word: Words) -> Words:
    """Return the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def perlin(story: Floats, x: Floats, seed: Floats) -> Floats:
    """Return gradient noise in -1..1, zero at whole numbers (Perlin, Improving Noise, 2002)."""
    left, seed = np.floor(x), rand(story, seed)
    u = x - left
    blend = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
    return 2.0 * (
        (1.0 - blend) * u * _slope(left, seed) + blend * (u - 1.0) * _slope(left + 1, seed)
    )


def simplex(story: Floats, x: Floats, seed: Floats) -> Floats:
    """Return simplex noise of one dimension in -1..1, zero at whole numbers: each of the two
    corners pushes with its slope, fading as (1 - d^2)^4 (Gustavson, Simplex noise demystified,
    2005).
    """
    left, seed = np.floor(x), rand(story, seed) + 1.0  # other slopes than perlin has
    total = np.zeros_like(x)
    for corner in (left, left + 1.0):
        distance = x - corner
        total += np.maximum(0.0, 1.0 - distance**2) ** 4 * _slope(corner, seed) * distance
    return total * (256.0 / 81.0)


def wiggle(t: Floats, story: Floats, *given: Floats) -> Floats:
    """Return ``amp`` times `noise`, ``freq`` times a second."""
    freq, amp, seed = given
    if np.ptp(freq) if len(freq) else False:
        hint = "write noise(integral(freq)), which never jumps"
        raise BadValue("freq has to be the same at all times", hint=hint)
    return amp * noise(freq * t, rand(story, seed))


def hold_random(at: Environment, period: Node, *given: Node) -> Floats:
    """Return a random number in low..high, another one in each period."""
    low, high, seed = (node.value(at) for node in given)
    number = rand(np.floor(turns(at, period) + 1e-9), rand(at["seed"], seed))
    return low + (high - low) * number


def _slope(at: Floats, seed: Floats) -> Floats:
    """Return a random slope in -1..1 at the whole number ``at``."""
    return 2.0 * rand(at, seed) - 1.0


FUNCTIONS = (
    Function("noise(x, seed=0)", "smooth noise in -1..1, about one wiggle per unit", noise),
    Function("rand(x, seed=0)", "a random number in 0..1 for each x and seed", rand),
    Function(
        "perlin(x, seed=0)",
        "gradient noise in -1..1, zero at whole numbers; other seeds of the story, other noise",
        perlin,
        reads=("seed",),
    ),
    Function(
        "simplex(x, seed=0)",
        "simplex noise in -1..1, zero at whole numbers; other seeds of the story, other noise",
        simplex,
        reads=("seed",),
    ),
    Function(
        "wiggle(freq, amp=1, seed=0)",
        "wanders in -amp..amp, about freq times a second",
        wiggle,
        reads=("t", "seed"),
    ),
    Function(
        "hold_random(period, low=0, high=1, seed=0)",
        "a random number that is another one in each period",
        hold_random,
        reads=("t", "seed"),
        over_time=True,
    ),
)
"""Noise and random numbers."""
