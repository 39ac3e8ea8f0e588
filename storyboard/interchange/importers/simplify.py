"""Few keys for many values: as few straight lines as stay within a tolerance."""

from __future__ import annotations

import numpy as np

from storyboard.plan import Floats


def knots(values: Floats, tolerance: float, weights: Floats | None = None) -> list[int]:
    """Places of ``values`` (n,) that straight lines may join, first and last included.

    No value lies further from its line than ``tolerance`` over its weight (Ramer, 1972; Douglas
    and Peucker, 1973, with distances taken upwards).
    """
    last = len(values) - 1
    if last <= 0:
        return [0]
    heavy = np.ones(len(values)) if weights is None else weights
    kept, todo = {0, last}, [(0, last)]
    while todo:
        start, stop = todo.pop()
        if stop - start < 2:
            continue
        inner = np.arange(start + 1, stop)
        line = np.interp(inner, [start, stop], [values[start], values[stop]])
        off = np.abs(values[inner] - line) * heavy[inner]
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            middle = int(inner[worst])
            kept.add(middle)
            todo += [(start, middle), (middle, stop)]
    return sorted(kept)


def short(number: float, digits: int = 7) -> float:
    """``number`` as written with so many digits: 0.1 + 0.2 is 0.3."""
    return float(f"{number:.{digits}g}") + 0.0
