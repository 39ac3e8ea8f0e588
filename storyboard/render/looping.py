"""The seam of a loop: the film's first frames dissolve from those painted behind its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan

Read = Callable[[int], Picture]

STEPS = 16
"""Parts of the way to the middle in which the first picture is drawn there."""


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
    count, last = loop.frame_count, plan.frame_count - 1

    def read_dissolved(number: int) -> Picture:
        if number >= count:
            return read(number)
        again = read(loop.first + number)
        part = share(number, count)
        if not part:
            return again
        mixed = (1 - part) * again.astype(np.float64) + part * read(number).astype(np.float64)
        return (mixed + 0.5).astype(np.uint8)

    def read_closed(number: int) -> Picture:
        if number or last < 2:
            return read_dissolved(number)
        near = (read_dissolved(n) for n in (last - 1, last, 0, 1))
        return closed(*near)

    return read_closed


def closed(third: Picture, before: Picture, first: Picture, after: Picture) -> Picture:
    """Return ``first``, the picture that follows ``before`` at the seam, so that it is no further
    from it than the larger of its neighbours: ``third`` to ``before``, and itself to ``after``.

    Further away it is drawn towards the middle of ``before`` and ``after``, as little as is enough;
    the middle itself, rounded towards ``before``, always is.
    """
    lead = _distance(third, before)

    def fits(picture: Picture) -> bool:
        return _distance(before, picture) <= max(lead, _distance(picture, after))

    if fits(first):
        return first
    ends = [one.astype(np.int64) for one in (before, after)]
    middle = ends[0] + np.sign(ends[1] - ends[0]) * (np.abs(ends[1] - ends[0]) // 2)
    own = first.astype(np.int64)
    mixes = (((STEPS - n) * own + n * middle) / STEPS for n in range(1, STEPS))
    drawn = ((mix + 0.5).astype(np.uint8) for mix in mixes)
    return next((one for one in drawn if fits(one)), middle.astype(np.uint8))


def _distance(one: Picture, other: Picture) -> float:
    """Return the mean difference of two pictures, in levels of 255."""
    return float(np.abs(one.astype(np.int64) - other.astype(np.int64)).mean())


def with_loop(plan: Plan, numbers: Iterable[int]) -> frozenset[int]:
    """Return the painted frames ``numbers``, and those that dissolve into them; with the first
    those beside it, which it is measured by.
    """
    own = frozenset(numbers)
    if plan.loop is None:
        return own
    count, first = plan.loop.frame_count, plan.loop.first
    if 0 in own and plan.frame_count > 2:
        own |= {1, plan.frame_count - 2, plan.frame_count - 1}
    return own | {first + number for number in own if number < count}
