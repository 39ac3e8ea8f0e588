"""The seam of a loop: the film's first frames dissolve from those painted behind its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan

Read = Callable[[int], Picture]


def share(local: int, count: int) -> float:
    """Return the share of what was painted at the start in frame ``local`` of ``count`` that
    dissolve: 3 x^2 - 2 x^3 of the way, 0 in the first of them.

    >>> [round(share(n, 4), 3) for n in range(5)]
    [0.0, 0.156, 0.5, 0.844, 1.0]
    """
    x = local / count
    return x * x * (3 - 2 * x)


def seamless(plan: Plan, read: Read) -> Read:
    """Return what reads the pictures of ``plan`` as its loop shows them, by way of ``read``, which
    knows the painted frames behind the film's end too.
    """
    loop = plan.loop
    if loop is None:
        return read
    count = loop.frame_count

    def read_dissolved(number: int) -> Picture:
        if number >= count:
            return read(number)
        again = read(loop.first + number)
        part = share(number, count)
        if not part:
            return again
        mixed = (1 - part) * again.astype(np.float64) + part * read(number).astype(np.float64)
        return (mixed + 0.5).astype(np.uint8)

    return read_dissolved


def with_loop(plan: Plan, numbers: Iterable[int]) -> frozenset[int]:
    """Return the painted frames ``numbers``, and those that dissolve into them."""
    own = frozenset(numbers)
    if plan.loop is None:
        return own
    count, first = plan.loop.frame_count, plan.loop.first
    return own | {first + number for number in own if number < count}
