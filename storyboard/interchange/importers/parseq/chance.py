"""Chance as Parseq has it: one number after another from a seed, and noise in the plane.

``rand`` draws from RC4 keyed with the seed's digits, its first 256 bytes dropped, 52 bits at a time
(D. Bau, Random seeds, coded hints, and quintillions, 2010). ``perlin`` and ``smrand`` are gradient
noise and simplex noise (Perlin, Improving Noise, 2002; Gustavson, Simplex noise demystified, 2005)
over Perlin's own permutation, every other number of it crossed with each half of a 16-bit seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

_WIDTH = 256
_BITS = 2**52


def draws(seed: str, count: int) -> float:
    """The ``count``-th number, from 0, in [0, 1) that the seed gives."""
    found = _drawn(seed, (count // 64 + 1) * 64)
    return found[count]


@lru_cache(maxsize=64)
def _drawn(seed: str, count: int) -> tuple[float, ...]:
    source = _Stream(seed)
    return tuple(source.number() for _ in range(count))


class _Stream:
    """RC4 as a source of numbers."""

    def __init__(self, seed: str) -> None:
        key = [ord(letter) for letter in seed] or [0]
        self.state, self.i, self.j = _scheduled(_mixed(key)), 0, 0
        self.take(_WIDTH)

    def take(self, count: int) -> int:
        """The next bytes as one whole number, the first of them the highest."""
        found, state = 0, self.state
        for _ in range(count):
            self.i = (self.i + 1) % _WIDTH
            self.j = (self.j + state[self.i]) % _WIDTH
            state[self.i], state[self.j] = state[self.j], state[self.i]
            found = found * _WIDTH + state[(state[self.i] + state[self.j]) % _WIDTH]
        return found

    def number(self) -> float:
        """53 bits of the stream as a number in [0, 1)."""
        top, below, extra = self.take(6), _WIDTH**6, 0
        while top < _BITS:
            top, below, extra = (top + extra) * _WIDTH, below * _WIDTH, self.take(1)
        while top >= 2 * _BITS:
            top, below, extra = top // 2, below // 2, extra // 2
        return (top + extra) / below


def _mixed(letters: Sequence[int]) -> list[int]:
    """Key bytes of a seed: each letter crossed with what it lands on, 19 times over."""
    key: list[int] = []
    smear = 0
    for place, letter in enumerate(letters):
        if place < _WIDTH:
            key.append(0)
        smear ^= key[place % _WIDTH] * 19
        key[place % _WIDTH] = (smear + letter) % _WIDTH
    return key


def _scheduled(key: Sequence[int]) -> list[int]:
    """RC4's state after its key."""
    state, j = list(range(_WIDTH)), 0
    for i in range(_WIDTH):
        j = (j + key[i % len(key)] + state[i]) % _WIDTH
        state[i], state[j] = state[j], state[i]
    return state


def perlin(x: float, y: float, seed: float) -> float:
    """Gradient noise, about -0.7..0.7."""
    left, low = math.floor(x), math.floor(y)
    u, v = x - left, y - low
    corners = [_push(left + i, low + j, seed, (u - i, v - j)) for i in (0, 1) for j in (0, 1)]
    here, above, right, across = corners
    blend, rise = _fade(u), _fade(v)
    lower, upper = here + blend * (right - here), above + blend * (across - above)
    return lower + rise * (upper - lower)


def simplex(x: float, y: float, seed: float) -> float:
    """Simplex noise, -1..1."""
    skew = (x + y) * (math.sqrt(3) - 1) / 2
    i, j = math.floor(x + skew), math.floor(y + skew)
    back = (3 - math.sqrt(3)) / 6
    u, v = x - i + (i + j) * back, y - j + (i + j) * back
    step = (1, 0) if u > v else (0, 1)
    total = 0.0
    for (di, dj), many in (((0, 0), 0), (step, 1), ((1, 1), 2)):
        at = (u - di + many * back, v - dj + many * back)
        reach = 0.5 - at[0] ** 2 - at[1] ** 2
        if reach > 0:
            total += reach**4 * _push(i + di, j + dj, seed, at)
    return 70.0 * total


def _fade(u: float) -> float:
    return u * u * u * (u * (u * 6.0 - 15.0) + 10.0)


def _push(i: int, j: int, seed: float, at: tuple[float, float]) -> float:
    """What a corner adds: its slope, one of twelve, times how far away it is."""
    crossed = _crossed(seed)
    slope = _SLOPES[crossed[(i % _WIDTH + crossed[j % _WIDTH]) % _WIDTH] % 12]
    return slope[0] * at[0] + slope[1] * at[1]


@lru_cache(maxsize=64)
def _crossed(seed: float) -> tuple[int, ...]:
    whole = math.floor(seed * 65536 if 0 < seed < 1 else seed)
    whole |= whole << 8 if whole < _WIDTH else 0
    halves = whole >> 8 & 255, whole & 255
    return tuple(number ^ halves[place % 2] for place, number in enumerate(_PERMUTATION))


_SLOPES = (
    *((1, 1), (-1, 1), (1, -1), (-1, -1)),
    *((1, 0), (-1, 0), (1, 0), (-1, 0)),
    *((0, 1), (0, -1), (0, 1), (0, -1)),
)
"""The middles of a cube's edges, seen from above."""

_PERMUTATION = bytes.fromhex(
    "97a0895b5a0f830dc95f6035c2e907e18c24671e458e086325f0150a17be0694f778ea4b001ac53e5efcdbcb"
    "75230b2039b12158ed953857ae147d88aba844af4aa547868b301ba64d929ee7536fe57a3cd385e6dc695c29"
    "372ef528f4668f3641193fa101d85049d14c84bbd05912a9c8c4878274bc9f56a4646dc6adba034034d9e2fa"
    "7c7b05ca2693767eff5255d4cfce3be32f103a11b6bd1c2adfb7aad577f898022c9aa346dd99659ba72bac09"
    "811627fd13626c6e4f71e0e8b2b97068daf661e4fb22f2c1eed2900cbfb3a2f1513391ebf90eef6b31c0d61f"
    "b5c76a9db854ccb07379322d7f0496fe8aeccd5dde72431d1848f38d80c34e42d73d9cb4"
)
"""The numbers 0 to 255 in the order of Perlin's reference implementation (2002)."""
